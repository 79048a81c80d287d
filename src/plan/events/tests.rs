use super::*;
use crate::effects::seal::NONCE_BYTES;
use crate::effects::source_token;
use crate::head::Head;
use crate::plan::tests::{KEY, config, page, visit};
use crate::speculation::{Guess, Pointer};
use NavigationEvent as Event;

const CLICK: [(&str, &str); 6] = [
    ("sec-fetch-mode", "navigate"),
    ("sec-fetch-dest", "document"),
    ("sec-fetch-site", "same-origin"),
    ("sec-fetch-user", "?1"),
    ("referer", "https://shop.example/a"),
    (":visitor-address", "192.0.2.1"),
];

const NOW: u64 = 1_800_000_000_000;

fn key() -> SourceKey {
    SourceKey::new(7).unwrap()
}

/// These fields in front of a click's; an empty value takes one away.
fn click(changes: &[(&'static str, &'static str)]) -> Vec<(&'static str, &'static str)> {
    let kept = CLICK.iter().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name));
    changes.iter().filter(|(_, value)| !value.is_empty()).chain(kept).copied().collect()
}

/// What a request and its answer were. The visitor's sessions were given out lately.
struct Case<'a> {
    method: &'a str,
    path: &'a str,
    headers: Vec<(&'static str, &'static str)>,
    head: Head,
    answered: &'a [(&'a str, &'a str)],
    set_cookies: &'a [&'a str],
    cookies: &'a str,
    is_next: bool,
    guess: Option<Guess>,
    is_timed: bool,
    is_refused: bool,
    is_deferred: bool,
    is_witness: bool,
    took_ms: f64,
    variables: &'a [(&'a str, &'a str)],
}

impl Case<'_> {
    fn get(path: &str, changes: &[(&'static str, &'static str)], head: Head) -> Case<'static> {
        Case {
            method: "GET",
            path: Box::leak(path.to_owned().into_boxed_str()),
            headers: click(changes),
            head,
            answered: &[],
            set_cookies: &[],
            cookies: "",
            is_next: false,
            guess: None,
            is_timed: false,
            is_refused: false,
            is_deferred: false,
            is_witness: true,
            took_ms: 20.0,
            variables: &[],
        }
    }

    fn all(&self) -> Option<NavigationEvents> {
        let config = config(self.variables);
        let answered = |name: &str| {
            self.answered.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        };
        let cookies = Some(("cookie", self.cookies)).filter(|_| !self.cookies.is_empty());
        let headers: Vec<_> = self.headers.iter().copied().chain(cookies).collect();
        let visit = visit(self.method, self.path, &headers);
        let exchange = Exchange {
            is_next: self.is_next,
            guess: self.guess,
            is_timed: self.is_timed,
            ..Exchange::read(&visit, &self.head, &config)
        };
        let how = Answered {
            is_refused: self.is_refused,
            is_deferred: self.is_deferred,
            is_excluded: false,
            is_witness: self.is_witness,
            took_ms: self.took_ms,
            at: 1_800_000_000_000,
        };
        let lines = || self.set_cookies.iter().map(|line| (*line).to_owned()).collect();
        of_exchange(&exchange, how, answered, lines, &config)
    }

    fn events(&self) -> Vec<Event> {
        self.all().map(|all| all.events).unwrap_or_default()
    }
}

fn view(path: &str) -> Event {
    Event::View { path: path.to_owned() }
}

fn given(path: &str) -> Event {
    Event::GivenWithoutSession { path: path.to_owned() }
}

fn clicked(from: &str, to: &str) -> Event {
    Event::Click { from: from.to_owned(), to: to.to_owned() }
}

fn activation(from: Option<&str>, page: &str) -> Event {
    Event::Activation { from: from.map(str::to_owned), page: page.to_owned() }
}

fn harmless(path: &str) -> Event {
    Event::Harmless { path: path.to_owned(), is_sought: false }
}

fn ineligible(path: &str, why: Ineligible) -> Event {
    Event::Ineligible { path: path.to_owned(), why }
}

fn status(status: u16, content: Content) -> Head {
    Head { status, content, ..Head::default() }
}

#[test]
fn a_click_shows_the_page_that_was_left_and_the_one_that_came() {
    let all = Case::get("/b", &[], page()).all().unwrap();
    assert_eq!((all.site.as_str(), all.address.as_deref()), ("shop.example", Some("192.0.2.1")));
    assert_eq!(all.events, [activation(None, "/a"), view("/b"), clicked("/a", "/b"), given("/b")]);
    assert_eq!((all.ineligible(), all.rotates_session()), (None, false));
}

#[test]
fn what_is_no_navigation_to_a_document_tells_nothing() {
    for changes in [("sec-fetch-mode", ""), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "iframe")] {
        assert_eq!(Case::get("/b", &[changes], page()).all(), None, "{changes:?}");
    }
}

#[test]
fn who_comes_without_a_click_has_a_view_and_no_way() {
    let seen = |changes: &[(&'static str, &'static str)]| Case::get("/b", changes, page()).events();
    // From elsewhere, by a typed address, from a page that only its query makes, or again.
    for referer in ["", "https://other.example/a", "https://shop.example/a?q=1", "https://shop.example/b"] {
        assert_eq!(seen(&[("referer", referer)]), [view("/b"), given("/b")], "{referer}");
    }
    // A script, a reload: the page from which it comes is shown all the same.
    for change in [("sec-fetch-user", ""), ("cache-control", "max-age=0"), ("sec-fetch-site", "same-site")] {
        assert_eq!(seen(&[change]), [activation(None, "/a"), view("/b"), given("/b")], "{change:?}");
    }
}

#[test]
fn a_page_that_only_its_query_makes_is_none_by_its_path() {
    let seen = |path: &str| Case::get(path, &[], page()).events();
    assert_eq!(seen("/b?q=1"), [activation(None, "/a")]);
    assert_eq!(
        seen("/b?utm_source=x"),
        [activation(None, "/a"), view("/b"), clicked("/a", "/b"), given("/b")]
    );
    assert_eq!(seen(&format!("/{}", "x".repeat(512))), [activation(None, "/a")]);
}

#[test]
fn only_what_anybody_may_keep_is_given() {
    let shown = [activation(None, "/a"), view("/b"), clicked("/a", "/b")];
    let seen = |head: Head, changes: &[(&'static str, &'static str)], cookies: &'static str| {
        Case { cookies, ..Case::get("/b", changes, head) }.events()
    };
    assert_eq!(seen(page(), &[("authorization", "Basic YQ==")], ""), shown, "a password");
    let with_session = [&shown[..], &[harmless("/b")]].concat();
    assert_eq!(seen(page(), &[], "session=1"), with_session, "a session");
    let private = Head { is_private: true, ..page() };
    let expected = [&[ineligible("/b", Ineligible::Private)][..], &shown].concat();
    assert_eq!(seen(private.clone(), &[], ""), expected);
    assert_eq!(seen(private, &[], "session=1"), with_session, "with a session every page may be private");
    let noindex = Head { is_noindex: true, ..page() };
    let expected = [&[ineligible("/b", Ineligible::Noindex)][..], &shown].concat();
    assert_eq!(seen(noindex, &[], ""), expected);
}

#[test]
fn where_pages_hide_their_paths_nobody_is_known_to_come_from_the_root() {
    let hidden = Head { referrer_policy: Some("strict-origin".to_owned()), ..page() };
    let root = ("referer", "https://shop.example/");
    assert_eq!(Case::get("/b", &[root], hidden.clone()).events(), [view("/b"), given("/b")]);
    assert_eq!(
        Case::get("/b", &[root], page()).events(),
        [activation(None, "/"), view("/b"), clicked("/", "/b"), given("/b")]
    );
    // Nor does a speculation count of which no activation will tell.
    let prefetch = ("sec-purpose", "prefetch");
    assert_eq!(Case::get("/b", &[root, prefetch], hidden.clone()).events(), [given("/b")]);
    let arrived = |head| {
        let guess = Guess::at(1);
        let events = Case { guess, ..Case::get("/b", &[prefetch], head) }.events();
        events.into_iter().find_map(|event| match event {
            Event::SpeculationArrived { how, .. } => Some((how.is_silent, how.guess.is_some())),
            _ => None,
        })
    };
    assert_eq!(arrived(hidden), Some((true, false)));
    assert_eq!(arrived(page()), Some((false, true)));
}

#[test]
fn a_speculation_arrives_and_is_no_view() {
    let prefetch = ("sec-purpose", "prefetch");
    let prerender = ("sec-purpose", "prefetch;prerender");
    let arrived = |how| Event::SpeculationArrived { from: "/a".to_owned(), to: "/b".to_owned(), how };
    let how = |is_ours, is_strained, is_silent| Arrived { is_ours, is_strained, is_silent, guess: None };
    let get = |purpose, head| Case::get("/b", &[purpose], head);
    assert_eq!(get(prefetch, page()).events(), [arrived(how(false, false, false)), given("/b")]);
    let ours = |case: Case<'static>| Case { is_next: true, ..case }.events();
    assert_eq!(ours(get(prefetch, page())), [arrived(how(true, false, false)), given("/b")]);
    assert_eq!(ours(get(prerender, page())), [arrived(how(true, false, true)), given("/b")]);
    for variables in [&[("ACTIVATION_SIGNAL", "off")], &[("RULES_DELIVERY", "inline")]] {
        let silent = Case { variables, ..get(prefetch, page()) };
        assert_eq!(silent.events(), [arrived(how(false, false, true)), given("/b")], "{variables:?}");
    }
    // What names no source is told of by something else.
    let with_session = Case { cookies: "session=1", ..get(prefetch, page()) };
    assert_eq!(with_session.events(), [arrived(how(false, false, true))]);
    // A strain: an error, a slow answer, or one that is thrown away.
    let error = status(500, Content::Other);
    assert_eq!(ours(get(prefetch, error)), [arrived(how(true, true, false))]);
    let slow = |took_ms| ours(Case { took_ms, ..get(prefetch, page()) });
    assert_eq!(slow(2000.0), [arrived(how(true, false, false)), given("/b")]);
    assert_eq!(slow(2001.0), [arrived(how(true, true, false)), given("/b")]);
    let refused = Case { is_refused: true, ..get(prefetch, page()) };
    assert_eq!(refused.events(), [arrived(how(false, true, false))]);
    // What is neither a page nor an error has not arrived as one; nor has what comes from no page.
    assert_eq!(get(prefetch, status(200, Content::Other)).events(), []);
    assert_eq!(get(prefetch, status(302, Content::Html)).events(), []);
    let unknown = Case::get("/b", &[prefetch, ("referer", "https://other.example/")], page());
    assert_eq!(unknown.events(), [given("/b")]);
}

#[test]
fn a_page_that_the_browser_has_kept_is_viewed_and_clicked_like_any_other_and_given_to_nobody() {
    let kept = status(304, Content::Other);
    let html = Head { media_type: Some("text/html".to_owned()), ..status(304, Content::Html) };
    for head in [kept.clone(), html] {
        assert_eq!(
            Case::get("/b", &[], head).events(),
            [activation(None, "/a"), view("/b"), clicked("/a", "/b")]
        );
    }
    let pdf = Head { media_type: Some("application/pdf".to_owned()), ..kept.clone() };
    for (path, fields, head) in
        [("/b.pdf", &[][..], kept.clone()), ("/b", &[], pdf), ("/b?q=1", &[], kept.clone())]
    {
        assert_eq!(Case::get(path, fields, head).events(), [activation(None, "/a")], "{path}");
    }
    assert_eq!(Case::get("/b", &[("sec-purpose", "prefetch")], kept).events(), [], "a guess shows nothing");
}

#[test]
fn a_form_or_a_redirect_leads_to_a_result() {
    let expected = |path: &str, through: Option<&str>| {
        let through = through.map(str::to_owned);
        [activation(None, "/a"), Event::ResultExpected { path: path.to_owned(), through }]
    };
    let answered = |method, code, location: &'static str| {
        let answered: &[(&str, &str)] = Box::leak(Box::new([("location", location)]));
        Case { method, answered, ..Case::get("/form", &[], status(code, Content::Html)) }.events()
    };
    for code in [301, 302, 303, 307, 308] {
        assert_eq!(answered("POST", code, "done?x=1"), expected("/done", None), "{code}");
    }
    assert_eq!(answered("GET", 302, "https://shop.example/done"), expected("/done", Some("/form")));
    let respelled = |ahead_from: Option<&str>| Event::Respelled {
        path: "/form/".to_owned(),
        through: "/form".to_owned(),
        ahead_from: ahead_from.map(str::to_owned),
    };
    assert_eq!(answered("GET", 301, "/form/"), [activation(None, "/a"), respelled(None)]);
    let ahead = |location: &'static str, is_refused| {
        let answered: &[(&str, &str)] = Box::leak(Box::new([("location", location)]));
        let head = status(301, Content::Html);
        Case { answered, is_refused, ..Case::get("/form", &[("sec-purpose", "prefetch")], head) }.events()
    };
    assert_eq!(ahead("/form/", false), [respelled(Some("/a"))], "it waits for the page to be shown");
    for (location, is_refused) in [("/done", false), ("/form/?sent=1", false), ("/form/", true)] {
        assert_eq!(ahead(location, is_refused), [], "{location} {is_refused}");
    }
    assert_eq!(answered("GET", 301, "/form/?sent=1"), expected("/form/", Some("/form")));
    assert_eq!(answered("POST", 301, "/form/"), expected("/form/", None));
    let nothing = [activation(None, "/a")];
    assert_eq!(answered("POST", 302, "https://pay.example/done"), nothing, "another origin");
    assert_eq!(answered("POST", 201, "/done"), nothing, "no redirect");
    assert_eq!(answered("POST", 304, "/done"), nothing, "no redirect either");
}

#[test]
fn a_page_that_names_where_it_leads_is_not_counted_as_leading_back() {
    let led_back = |to: &str| {
        let answered: &[(&str, &str)] = &[("location", "/a?x=1")];
        let all = Case { answered, ..Case::get(to, &[], status(302, Content::Html)) }.all().unwrap();
        assert_eq!(all.ineligible(), Some(&Ineligible::RedirectsBack));
        all.events.into_iter().any(|event| matches!(event, NavigationEvent::LedBack { .. }))
    };
    assert!(led_back("/b?vote=1"));
    assert!(!led_back("/b?next=/a"));
}

#[test]
fn a_link_of_a_page_to_itself_that_is_only_spelled_anew_speaks_against_nothing() {
    let why = |path: &str, location: &'static str| {
        let answered: &[(&str, &str)] = Box::leak(Box::new([("location", location)]));
        let redirect = Head { location: Some(location.to_owned()), ..status(301, Content::Html) };
        let referer = ("referer", "https://shop.example/kb/a/");
        let all = Case { answered, ..Case::get(path, &[referer], redirect) }.all().unwrap();
        let is_led_back = all.events.iter().any(|event| matches!(event, Event::LedBack { .. }));
        assert_eq!(is_led_back, all.ineligible().is_some(), "{path}");
        all.ineligible().cloned()
    };
    for path in ["/kb/a", "/KB/a/", "/kb/a/index.html", "/kb/a.html", "/kb//a/"] {
        assert_eq!(why(path, "/kb/a/"), None, "{path}");
    }
    for path in ["/kb/a/vote", "/kb/a?vote=1", "/kb/b"] {
        assert_eq!(why(path, "/kb/a/"), Some(Ineligible::RedirectsBack), "{path}");
    }
    assert_eq!(why("/kb/a/vote", "/kb/a"), Some(Ineligible::RedirectsBack), "in another spelling");
}

#[test]
fn what_a_get_does_makes_a_page_ineligible_the_worst_first() {
    let redirect = status(302, Content::Html);
    let met = |head: &Head, answered, set_cookies, cookies| {
        let case = Case { answered, set_cookies, cookies, ..Case::get("/b", &[], head.clone()) };
        case.all().and_then(|all| all.ineligible().cloned())
    };
    let session = "session=1; cart=1";
    let clear: &[(&str, &str)] = &[("clear-site-data", "\"cookies\""), ("location", "/a")];
    let back: &[(&str, &str)] = &[("location", "/a?x=1")];
    let deleting: &[&str] = &["session=; Max-Age=0", "cart=2"];
    assert_eq!(met(&redirect, clear, deleting, session), Some(Ineligible::ClearsSiteData));
    assert_eq!(met(&redirect, back, deleting, session), Some(Ineligible::RedirectsBack));
    assert_eq!(met(&redirect, &[("location", "/c")], deleting, session), Some(Ineligible::SessionDeleted));
    assert_eq!(met(&page(), &[], deleting, session), Some(Ineligible::SessionDeleted));
    assert_eq!(met(&page(), &[], &["session=2", "cart=2"], session), Some(Ineligible::CartChanged));
    assert_eq!(met(&page(), &[], &["session=2"], session), Some(Ineligible::SessionRotated));
    assert_eq!(met(&page(), &[], &["session=1", "cart=1", "x=1"], session), None, "nothing new");
    assert_eq!(met(&page(), &[], &["session=2"], ""), None, "a newcomer's first session");
}

#[test]
fn a_click_tells_of_a_url_that_it_is_no_page_of_the_site() {
    let met = |head: Head, cookies: &'static str| {
        Case { cookies, ..Case::get("/out", &[], head) }.all().unwrap().ineligible().cloned()
    };
    let away = Head { location: Some("https://partner.example".to_owned()), ..status(302, Content::Other) };
    let pdf = Head { media_type: Some("application/pdf".to_owned()), ..status(200, Content::Other) };
    for cookies in ["", "session=1"] {
        assert_eq!(met(away.clone(), cookies), Some(Ineligible::LeavesSite));
        assert_eq!(met(pdf.clone(), cookies), Some(Ineligible::NoPage));
        assert_eq!(met(Head { is_attachment: true, ..page() }, cookies), Some(Ineligible::Download));
        assert_eq!(met(page(), cookies), None);
    }
    let deleting =
        Case { set_cookies: &["session=; Max-Age=0"], cookies: "session=1", ..Case::get("/out", &[], away) };
    assert_eq!(deleting.all().unwrap().ineligible(), Some(&Ineligible::SessionDeleted), "that is worse");
}

#[test]
fn a_session_that_is_given_anew_is_the_sites_way_only_where_the_visitor_asked() {
    let rotating = |changes: &[(&'static str, &'static str)], head: Head| {
        let case = Case::get("/b", changes, head);
        let all = Case { set_cookies: &["session=2"], cookies: "session=1", ..case }.all().unwrap();
        (all.rotates_session(), all.ineligible().cloned())
    };
    let met = Some(Ineligible::SessionRotated);
    assert_eq!(rotating(&[], page()), (true, met.clone()));
    let head = Head { set_cookies: vec!["session=2".to_owned()], ..page() };
    assert_eq!(rotating(&[("sec-purpose", "prefetch")], head), (false, met));
    // Of a speculation the lines are read from its head.
    assert_eq!(rotating(&[("sec-purpose", "prefetch")], page()), (false, None));
}

#[test]
fn only_a_plain_get_of_a_path_that_is_short_enough_speaks_against_a_page() {
    let clear: &[(&str, &str)] = &[("clear-site-data", "*")];
    let met = |method, path: &str| {
        let case = Case { method, answered: clear, ..Case::get(path, &[], status(200, Content::Other)) };
        case.all().and_then(|all| all.ineligible().cloned())
    };
    let longest = format!("/{}", "x".repeat(MAX_PATH_BYTES - 1));
    assert_eq!(met("GET", &longest), Some(Ineligible::ClearsSiteData));
    assert_eq!(met("GET", &format!("{longest}x")), None);
    assert_eq!(met("GET", "/b?q=1"), Some(Ineligible::ClearsSiteData), "whatever its query");
    assert_eq!((met("POST", "/b"), met("HEAD", "/b")), (None, None));
}

#[test]
fn a_page_that_asks_for_something_is_shown_if_a_speculation_is_open() {
    let config = config(&[]);
    let seen = |changes: &[(&'static str, &'static str)], is_any_open| {
        let headers = click(changes);
        of_subresource(&visit("GET", "/style.css", &headers), is_any_open, &config)
    };
    let shown = NavigationEvents {
        site: "shop.example".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        events: vec![activation(None, "/a")],
    };
    assert_eq!(seen(&[], true), Some(shown));
    assert_eq!(seen(&[], false), None);
    for change in [
        ("sec-purpose", "prefetch;prerender"),
        ("referer", ""),
        ("referer", "https://other.example/a"),
        (":visitor-address", ""),
    ] {
        assert_eq!(seen(&[change], true), None, "{change:?}");
    }
}

#[test]
fn what_the_baseline_asked_for_tells_how_the_origin_answered_and_whether_its_use_will_be_told() {
    let guess = Guess::at(1);
    let case = |head| Case { guess, ..Case::get("/b", &[("sec-purpose", "prefetch")], head) };
    let told = |case: Case<'_>| {
        let mut told = (None, None);
        for event in case.events() {
            match event {
                Event::SpeculationArrived { how, .. } => told.0 = how.guess,
                Event::OriginAsked(asked) => told.1 = Some(asked),
                _ => {}
            }
        }
        told
    };
    let asked = OriginAsked { guess, took_ms: Some(20), is_error: false, is_withheld: false };
    assert_eq!(told(case(page())), (guess, Some(asked)));
    let withheld = OriginAsked { is_withheld: true, ..asked };
    assert_eq!(told(Case { is_deferred: true, ..case(page()) }), (guess, Some(withheld)));
    assert_eq!(told(Case { is_refused: true, ..case(page()) }), (None, Some(withheld)));
    // Where no signal will come, its use is not counted, and neither is it.
    assert_eq!(told(Case { cookies: "session=1", ..case(page()) }), (None, Some(asked)));
    let inline = &[("RULES_DELIVERY", "inline")];
    assert_eq!(told(Case { variables: inline, ..case(page()) }), (None, Some(asked)));
    let broken = Head { speculation_rules: Some("\"/theirs.json".to_owned()), ..page() };
    assert_eq!(told(case(broken)), (None, Some(asked)));
    for (code, is_error) in [(404, false), (429, true), (500, true), (503, true)] {
        let failed = OriginAsked { is_error, ..asked };
        assert_eq!(told(case(status(code, Content::Other))), (None, Some(failed)), "{code}");
    }
    // What a visitor asked for, as far as it is known how long it took.
    let visit = |took_ms| told(Case { is_timed: true, took_ms, ..Case::get("/b", &[], page()) });
    assert_eq!(visit(20.0), (None, Some(OriginAsked { guess: None, ..asked })));
    assert_eq!(visit(-1.0), (None, None));
    assert_eq!(told(Case::get("/b", &[], page())), (None, None), "it does not count");
}

#[test]
fn what_a_visitor_with_a_session_pressed_is_told_without_a_page() {
    let prefetch = ("sec-purpose", "prefetch");
    let case = |guess: usize, head| Case {
        guess: Guess::at(guess),
        cookies: "session=1",
        ..Case::get("/b", &[prefetch], head)
    };
    let told = |case: Case<'_>| {
        let mut told = (None, None);
        for event in case.events() {
            match event {
                Event::SpeculationArrived { how, .. } => told.0 = Some((how.is_silent, how.guess)),
                Event::PressedInSession { pointer, is_used } => told.1 = Some((pointer, is_used)),
                _ => {}
            }
        }
        told
    };
    // Which way was taken is remembered here, as before.
    let silent = Some((true, None));
    assert_eq!(told(case(0, page())), (silent, Some((Pointer::Mouse, false))));
    assert_eq!(told(case(2, page())), (silent, Some((Pointer::Touch, false))));
    assert_eq!(told(case(1, page())), (silent, None), "the moderate rule");
    assert_eq!(told(Case { guess: None, ..case(0, page()) }), (silent, None));
    assert_eq!(told(Case { cookies: "", ..case(0, page()) }), (Some((false, Guess::at(0))), None));
    // Where its use would not be told.
    assert_eq!(told(Case { is_refused: true, ..case(0, page()) }), (silent, None));
    let broken = Head { speculation_rules: Some("\"/theirs.json".to_owned()), ..page() };
    assert_eq!(told(case(0, broken)), (silent, None));
    assert_eq!(told(case(0, status(500, Content::Other))), (silent, None));
    let inline = &[("RULES_DELIVERY", "inline")];
    for variables in [inline, &[("ACTIVATION_SIGNAL", "off")], &[("SESSION_RULES", "none")]] {
        assert_eq!(told(Case { variables, ..case(0, page()) }), (silent, None), "{variables:?}");
    }
}

#[test]
fn the_signal_of_what_a_visitor_with_a_session_pressed_names_no_page_and_counts_once() {
    let by = AskedBy::PressedInSession(Pointer::Touch);
    let token = key().seal(by, "/from", ("shop.example", "/a"), NOW, [1; NONCE_BYTES]).unwrap();
    let path = format!("/_headstart/rules/site.json?s={token}");
    let (config, mut used) = (config(&[]), UsedTokens::default());
    let mut signal = |referer| {
        let headers = click(&[("sec-fetch-dest", "speculationrules"), ("referer", referer)]);
        let happened = of_signal(&visit("GET", &path, &headers), &config, Some(&key()), &mut used, NOW)?;
        assert_eq!(happened.views().count(), 0);
        Some(happened.events)
    };
    assert_eq!(signal("https://shop.example/b"), None, "another page's");
    let pressed = Event::PressedInSession { pointer: Pointer::Touch, is_used: true };
    assert_eq!(signal("https://shop.example/a"), Some(vec![pressed]));
    assert_eq!(signal("https://shop.example/a"), None);
}

#[test]
fn what_the_origin_was_not_asked_for_or_did_not_answer_tells_as_well() {
    let tag = ("sec-speculation-tags", "\"headstart\"");
    let prefetch = click(&[("sec-purpose", "prefetch"), tag]);
    let config = config(&[]);
    let asked = |guess, is_error| OriginAsked { guess, took_ms: None, is_error, is_withheld: !is_error };
    let told = |happened: Option<NavigationEvents>| happened.map(|happened| happened.events);
    let speculation = visit("GET", "/b", &prefetch);
    let all =
        |is_moderate: bool| move |address: &str, moderate| address == "192.0.2.1" && moderate == is_moderate;
    let refused = vec![Event::OriginAsked(asked(Guess::at(0), false))];
    assert_eq!(told(of_refused(&speculation, &config, all(false))), Some(refused));
    assert_eq!(told(of_refused(&speculation, &config, |_, _| false)), None, "they have said enough");
    let failed = vec![Event::OriginAsked(asked(Guess::at(0), true))];
    assert_eq!(told(of_unanswered(&speculation, &config, all(false))), Some(failed));
    let plain = visit("GET", "/b", &click(&[]));
    assert_eq!(told(of_refused(&plain, &config, all(false))), None);
    let failed = vec![Event::OriginAsked(asked(None, true))];
    assert_eq!(told(of_unanswered(&plain, &config, all(false))), Some(failed));
    let form = visit("POST", "/b", &click(&[]));
    assert_eq!(told(of_unanswered(&form, &config, all(false))), None, "its visitor may have left");
    for (change, variables) in [
        (&[("sec-fetch-user", "")][..], &[][..]),
        (&[(":visitor-address", "")], &[]),
        (&[], &[("EAGERNESS", "moderate")]),
    ] {
        let config = super::super::tests::config(variables);
        assert_eq!(told(of_unanswered(&visit("GET", "/b", &click(change)), &config, all(false))), None);
    }
}

#[test]
fn the_activation_signal_names_the_page_that_was_left() {
    let seen = |method, path: &str, changes: &[(&'static str, &'static str)], variables| {
        let headers = click(&[changes, &[("sec-fetch-dest", "speculationrules")]].concat());
        let mut used = UsedTokens::default();
        of_signal(&visit(method, path, &headers), &config(variables), Some(&key()), &mut used, NOW)
    };
    let token =
        |by, from, page: &str| key().seal(by, from, ("shop.example", page), NOW, [1; NONCE_BYTES]).unwrap();
    let (next, any) = (token(AskedBy::LearnedRule, "/from", "/a"), token(AskedBy::AnyRule, "/from", "/a"));
    let events = |path: &str| seen("GET", path, &[], &[]).map(|all| all.events);
    let rules = "/_headstart/rules/site.json";
    // The page that asks is shown: it is the one that `Referer` names.
    assert_eq!(events(&format!("{rules}?s={next}")), Some(vec![activation(Some("/from"), "/a")]));
    let followed = Event::Followed { from: "/from".to_owned(), page: "/a".to_owned(), guess: None };
    assert_eq!(events(&format!("{rules}?s={any}")), Some(vec![followed.clone()]));
    let guess = Guess::at(3);
    let token_of_baseline = token(AskedBy::Baseline(guess.unwrap()), "/from", "/a");
    let of_baseline = Event::Followed { from: "/from".to_owned(), page: "/a".to_owned(), guess };
    let moderate = "/_headstart/rules/moderate.json";
    assert_eq!(events(&format!("{moderate}?s={token_of_baseline}")), Some(vec![of_baseline]));
    assert_eq!(events(&format!("{rules}?x=1&s={any}&s={next}")), Some(vec![followed]), "the first");
    for query in ["", "?x=1", "?s=", "?s=from", "?from=%2Ffrom", "?next=%2Ffrom"] {
        assert_eq!(events(&format!("{rules}{query}")), None, "{query}");
    }
    let of_other = token(AskedBy::LearnedRule, "/from", "/b");
    assert_eq!(events(&format!("{rules}?s={of_other}")), None, "another page's");
    let path = &format!("{rules}?s={next}");
    let unknown = seen("GET", path, &[(":visitor-address", "")], &[]).unwrap();
    assert_eq!(unknown.address, None, "it is a signal, though nobody's");
    let by_service_worker =
        seen("GET", path, &[("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")], &[]);
    assert_eq!(by_service_worker.unwrap().events, [activation(Some("/from"), "/a")]);
    assert_eq!(seen("HEAD", path, &[], &[]), None);
    for change in [
        ("sec-fetch-dest", "image"),
        ("sec-fetch-site", "cross-site"),
        ("sec-purpose", "prefetch;prerender"),
        ("referer", ""),
        ("referer", "https://shop.example/_headstart/rules/site.json"),
    ] {
        assert_eq!(seen("GET", path, &[change], &[]), None, "{change:?}");
    }
    for variables in [&[("ACTIVATION_SIGNAL", "off")], &[("NEXT_PAGES", "off")]] {
        assert_eq!(seen("GET", path, &[], variables), None, "{variables:?}");
    }
}

#[test]
fn a_page_from_a_cache_tells_of_no_click() {
    let token = key().seal(AskedBy::LearnedRule, "/from", ("shop.example", "/a"), NOW, [1; NONCE_BYTES]);
    let path = format!("/_headstart/rules/site.json?s={}", token.unwrap());
    let headers = click(&[("sec-fetch-dest", "speculationrules")]);
    let (visit, config, mut used) = (visit("GET", &path, &headers), config(&[]), UsedTokens::default());
    let mut signal = |key: Option<&SourceKey>, now| of_signal(&visit, &config, key, &mut used, now).is_some();
    assert!(!signal(None, NOW), "without the day's key nothing counts");
    assert!(!signal(SourceKey::new(8).as_ref(), NOW), "yesterday's page");
    assert!(!signal(Some(&key()), NOW + source_token::LIFE_MS));
    assert!(signal(Some(&key()), NOW + 1));
    assert!(!signal(Some(&key()), NOW + 2), "shown from the browser's cache");
}

#[test]
fn a_page_that_brings_its_ticket_back_is_shown() {
    let seen = |variables: &[(&str, &str)], changes: &[(&'static str, &'static str)]| {
        of_redemption(&visit("POST", "/_headstart/activate", &click(changes)), &config(variables))
    };
    let shown = NavigationEvents {
        site: "shop.example".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        events: vec![activation(None, "/a")],
    };
    assert_eq!(seen(&[], &[]), Some(shown));
    assert_eq!(seen(&[("NEXT_PAGES", "off")], &[]), None);
    assert_eq!(seen(&[], &[("referer", "")]), None);
    assert_eq!(seen(&[], &[("referer", "https://shop.example/a?q=1")]), None);
}

/// A navigation of a click, with these changes.
fn replayed(changes: &[(Field, Option<&str>)]) -> ReplayedNavigation {
    let said = [Some("https://shop.example/a"), Some("same-origin"), Some("?1"), None];
    let mut asked = said.map(|value| value.map(str::to_owned));
    for (field, value) in changes {
        asked[NOTED.iter().position(|noted| noted == field).unwrap()] = value.map(str::to_owned);
    }
    ReplayedNavigation {
        url: "https://shop.example/b?utm_source=x".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        asked,
        answered: [Some("max-age=60".to_owned()), None, None],
        ..ReplayedNavigation::default()
    }
}

#[test]
fn a_replayed_navigation_tells_what_one_that_is_decided_on_tells_but_the_view() {
    let inert = InertParameters::default();
    let all = of_replayed_navigation(&replayed(&[]), &inert).unwrap();
    let decided = Case::get("/b?utm_source=x", &[], page()).all().unwrap();
    assert_eq!((&all.site, &all.address), (&decided.site, &decided.address));
    let of = |events: &[Event]| {
        let mut names: Vec<String> = events.iter().map(|event| format!("{event:?}")).collect();
        names.sort();
        names
    };
    let but_view: Vec<Event> = decided.events.into_iter().filter(|event| *event != view("/b")).collect();
    assert_eq!(of(&all.events), of(&but_view));
    let seen = |navigation: ReplayedNavigation| {
        of_replayed_navigation(&navigation, &inert).map(|all| all.events).unwrap_or_default()
    };
    let shown = activation(None, "/a");
    let kept = [shown.clone(), clicked("/a", "/b")];
    let free = [shown.clone(), given("/b"), clicked("/a", "/b")];
    let with_session = [shown.clone(), harmless("/b"), clicked("/a", "/b")];
    assert_eq!(seen(ReplayedNavigation { has_session: true, ..replayed(&[]) }), with_session);
    assert_eq!(seen(ReplayedNavigation { has_password: true, ..replayed(&[]) }), kept);
    for (cache_control, robots, expected) in [
        (Some("private, max-age=0"), None, &kept[..]),
        (None, Some("noindex"), &kept[..]),
        (None, Some("max-image-preview: none"), &free[..]),
        (None, None, &free[..]),
    ] {
        let answered = [cache_control, robots, None].map(|value| value.map(str::to_owned));
        assert_eq!(
            seen(ReplayedNavigation { answered, ..replayed(&[]) }),
            expected,
            "{cache_control:?} {robots:?}"
        );
    }
    let answered = [None, None, Some("strict-origin".to_owned())];
    let of_root = replayed(&[(Field::Referer, Some("https://shop.example/"))]);
    assert_eq!(seen(of_root.clone())[0], activation(None, "/"));
    assert_eq!(seen(ReplayedNavigation { answered, ..of_root }), [], "it may have been any page");
    assert_eq!(seen(replayed(&[(Field::CacheControl, Some("no-cache"))])), [shown.clone(), given("/b")]);
    assert_eq!(seen(replayed(&[(Field::SecFetchUser, None)])), [shown.clone(), given("/b")]);
    let at = |url: &str| ReplayedNavigation { url: url.to_owned(), ..replayed(&[]) };
    assert_eq!(seen(at("https://shop.example/b?q=1")), [shown]);
    for navigation in [
        replayed(&[(Field::Referer, None)]),
        replayed(&[(Field::Referer, Some("https://other.example/"))]),
        at("nonsense"),
        at("https://shop.example/a"),
    ] {
        assert_eq!(seen(navigation.clone()), [], "{navigation:?}");
    }
}

#[test]
fn replayed_views_are_counted_by_site_and_path() {
    let inert = InertParameters::default();
    let seen = |url: &str| of_replayed_views(url, Some("192.0.2.1".to_owned()), 3, &inert);
    let all = seen("https://shop.example:8443/b?fbclid=1").unwrap();
    assert_eq!((all.site.as_str(), all.address), ("shop.example:8443", Some("192.0.2.1".to_owned())));
    assert_eq!(all.events, [Event::ReplayedViews { path: "/b".to_owned(), number: 3 }]);
    assert_eq!(seen("https://shop.example/b?q=1"), None);
    assert_eq!(seen("nonsense"), None);
}

#[test]
fn a_page_that_is_met_to_be_ineligible_is_told_if_its_path_is_short_enough() {
    let prefetch = [("sec-purpose", "prefetch"), (":visitor-address", "192.0.2.1")];
    let inert = InertParameters::default();
    let seen = |path: &str| of_ineligible(&visit("GET", path, &prefetch), Ineligible::Undeferrable, &inert);
    let all = seen("/b?q=1&utm_source=x&a=2&q=3").unwrap();
    assert_eq!((all.site.as_str(), all.address.as_deref()), ("shop.example", Some("192.0.2.1")));
    assert_eq!(all.events, [ineligible("/b?a&q", Ineligible::Undeferrable)]);
    assert_eq!(seen("/b?utm_source=x").unwrap().events, [ineligible("/b", Ineligible::Undeferrable)]);
    assert_eq!(seen(&format!("/{}", "x".repeat(MAX_PATH_BYTES))), None);
}

#[test]
fn what_becomes_of_a_session_that_nobody_knows_says_nothing_of_the_page() {
    let met = |set_cookies: &'static [&'static str], cookies: &'static str, is_witness| {
        let case = Case { set_cookies, cookies, is_witness, ..Case::get("/b", &[], page()) };
        let all = case.all().unwrap();
        let is_harmless = all.events.iter().any(|event| matches!(event, Event::Harmless { .. }));
        (all.ineligible().cloned(), all.rotates_session(), is_harmless)
    };
    for (lines, cookies, why, rotates) in [
        (&["session=; Max-Age=0"][..], "session=1", Ineligible::SessionDeleted, false),
        (&["session=2"], "session=1", Ineligible::SessionRotated, true),
        (&["cart=2"], "session=1; cart=1", Ineligible::CartChanged, false),
    ] {
        assert_eq!(met(lines, cookies, true), (Some(why), rotates, false), "{lines:?}");
        assert_eq!(met(lines, cookies, false), (None, false, false), "{lines:?}: it had expired, perhaps");
    }
    assert_eq!(met(&[], "session=1", true), (None, false, true));
    assert_eq!(met(&[], "session=1", false), (None, false, true), "nothing became of it");
}

#[test]
fn that_a_page_is_private_is_said_by_a_page_that_is_asked_for_plainly() {
    let private = || Head { is_private: true, ..page() };
    let met = |changes: &[(&'static str, &'static str)], head: Head| {
        Case::get("/b", changes, head).all().and_then(|all| all.ineligible().cloned())
    };
    assert_eq!(met(&[], private()), Some(Ineligible::Private));
    assert_eq!(met(&[], Head { is_noindex: true, ..page() }), Some(Ineligible::Noindex));
    assert_eq!(met(&[("authorization", "Basic YTpi")], private()), None);
    assert_eq!(met(&[("sec-purpose", "prefetch")], private()), None);
    for status in [203, 206, 400, 404, 500, 503] {
        assert_eq!(met(&[], Head { status, ..private() }), None, "{status}");
    }
}

#[test]
fn a_view_tells_whether_it_did_what_no_guess_may() {
    let key: &[(&str, &str)] = &[("SEAL_KEY", KEY)];
    let counted: &[(&str, &str)] = &[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/b")];
    let hidden: &[(&str, &str)] = &[("referrer-policy", "no-referrer")];
    let tells = |changes: &[(&'static str, &'static str)], case: Case<'_>| {
        let case = Case { headers: click(changes), ..case };
        case.all().unwrap().events.contains(&Event::GivenUndeferrable { path: "/b".to_owned() })
    };
    let view = || Case::get("/b", &[], page());
    for (case, expected) in [
        (view(), false),
        (Case { set_cookies: &["lamp=1"], ..view() }, true),
        (Case { set_cookies: &["lamp=1"], variables: key, ..view() }, false),
        (Case { set_cookies: &["lamp=1"], variables: key, answered: hidden, ..view() }, true),
        (Case { set_cookies: &["lamp=1; Path=/part"], variables: key, ..view() }, true),
        (Case { set_cookies: &["lamp=2"], cookies: "lamp=2; session=1", ..view() }, false),
        (Case { set_cookies: &["lamp=3"], cookies: "lamp=2; session=1", ..view() }, true),
        (Case { answered: &[("clear-site-data", "\"storage\"")], ..view() }, true),
        (Case { variables: counted, ..view() }, false),
        (Case { variables: counted, answered: hidden, ..view() }, true),
    ] {
        let what = format!("{:?} {:?} {:?}", case.set_cookies, case.cookies, case.variables);
        assert_eq!(tells(&[], case), expected, "{what}");
    }
    let head = Head { set_cookies: vec!["lamp=1".to_owned()], ..page() };
    assert!(!tells(&[("sec-purpose", "prefetch")], Case::get("/b", &[], head)), "of guesses others tell");
}

#[test]
fn a_form_tells_whether_it_seemed_to_be_refused() {
    let fields = click(&[]);
    let visit = visit("POST", "/send", &fields);
    let sent = |is_after_guess, status, location: &str| {
        let content = if location.is_empty() { Content::Page } else { Content::Other };
        let head = Head { status, content, ..Head::default() };
        let config = config(&[]);
        let answered = |name: &str| (name == "location").then(|| location.to_owned());
        of_form(&Exchange::read(&visit, &head, &config), is_after_guess, answered, &config)
    };
    let kind = kind_of("/send");
    let form = |is_after_guess, is_refused| Some(Event::FormSent { kind, is_after_guess, is_refused });
    assert_eq!(sent(true, 403, ""), form(true, true));
    assert_eq!(sent(false, 303, "/thanks"), form(false, false));
    assert_eq!(sent(false, 303, "/a"), form(false, true), "back to where it was sent from");
    assert_eq!(sent(false, 303, "https://pay.example/a"), form(false, false));
    assert_eq!(sent(true, 503, ""), None);
}
