use super::*;
use crate::hash::fnv1a;
use crate::ineligible::{Affected, Memory, Refusal};
use crate::plan::Plan;
use crate::plan::Seen;
use crate::plan::askers::met_by;
use crate::plan::rules_delivery::Guidance;
use crate::plan::tests::{config, plan_seen, plan_with, visit};
use crate::published::hint_snapshot::Knowledge;

const FROM: (&str, &str) = ("referer", "https://shop.example/item/5?page=2");
const GUESS: [(&str, &str); 4] =
    [("sec-purpose", "prefetch"), ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate"), FROM];
const SESSION: (&str, &str) = ("cookie", "session=0123456789abcdef");

fn redirect(location: &str) -> Head {
    Head { status: 302, location: Some(location.to_owned()), ..Head::default() }
}

fn kind(media_type: &str) -> Head {
    Head { status: 200, media_type: Some(media_type.to_owned()), ..Head::default() }
}

fn page() -> Head {
    Head { content: Content::Page, is_readable: true, ..kind("text/html") }
}

fn shown(path: &str, fields: &[(&str, &str)], head: &Head) -> Option<Shown> {
    of(&visit("GET", path, fields), head, &config(&[]))
}

fn planned(fields: &[(&str, &str)], head: &Head) -> Plan {
    let visit = visit("GET", "/go/hosting", fields);
    plan_with(&visit, head, Knowledge::Unknown, Guidance::default(), &config(&[]), |_| false)
}

fn planned_at(path: &str, location: &str) -> Plan {
    let visit = visit("GET", path, &GUESS);
    plan_with(&visit, &redirect(location), Knowledge::Unknown, Guidance::default(), &config(&[]), |_| false)
}

fn refused(shown: Shown, memory: Memory) -> Plan {
    Plan::Refuse(Refusal::new(Ineligible::Shows(shown), memory))
}

#[test]
fn a_redirect_leads_to_another_site_or_stays_on_it_whatever_its_host() {
    let leads = |location: &str| shown("/go/hosting", &GUESS, &redirect(location));
    let away = Some(Shown::LeavesSite { has_session: false });
    for location in [
        "https://partner.example/?id=7",
        "//partner.example",
        "mailto:a@shop.example",
        "intent://x#Intent;end",
    ] {
        assert_eq!(leads(location), away, "{location}");
    }
    for location in [
        "/b",
        "https://www.shop.example/go/hosting",
        "http://shop.example/",
        "https://pay.shop.example",
        "?a=1",
    ] {
        assert_eq!(leads(location), None, "{location}");
    }
    let with_session = [&GUESS[..], &[SESSION]].concat();
    assert_eq!(
        shown("/go/hosting", &with_session, &redirect("https://partner.example")),
        Some(Shown::LeavesSite { has_session: true })
    );
    let siblings = config(&[("PRERENDER_SIBLINGS", "https://partner.example")]);
    let guess = visit("GET", "/go/hosting", &GUESS);
    assert_eq!(
        of(&guess, &redirect("https://partner.example/a"), &siblings),
        None,
        "the site says that it is its own"
    );
    assert_eq!(of(&guess, &redirect("https://other.example/a"), &siblings), away);
}

#[test]
fn a_redirect_leads_back_to_the_page_on_which_the_visitor_is() {
    let leads = |fields: &[(&str, &str)], location: &str| shown("/item/5/vote", fields, &redirect(location));
    let back = Some(Shown::LeadsBack { from: fnv1a(b"/item/5"), is_named: false });
    // It may do so in another spelling, which a second redirect then corrects.
    for location in
        ["/item/5", "/item/5/", "/item/5?page=2", "/item/5?voted=1#top", "https://shop.example/item/5"]
    {
        assert_eq!(leads(&GUESS, location), back, "{location}");
    }
    for location in ["/item/6", "/", "https://www.shop.example/item/5"] {
        assert_eq!(leads(&GUESS, location), None, "{location}");
    }
    let elsewhere = [GUESS[0], GUESS[1], GUESS[2], ("referer", "https://other.example/item/5")];
    assert_eq!(leads(&elsewhere, "/item/5"), None, "from another site nothing leads back");
    assert_eq!(leads(&GUESS[..3], "/item/5"), None, "nobody knows from where");
}

#[test]
fn a_link_of_a_page_to_itself_that_is_only_spelled_anew_leads_neither_back_nor_on() {
    let at = |path| shown(path, &GUESS, &redirect("/item/5"));
    for path in ["/item/5/", "/Item/5", "/item//5", "/item/5/index.html", "/item/5.html"] {
        assert_eq!(at(path), None, "{path}");
        assert_eq!(planned_at(path, "/item/5"), Plan::Pass, "{path}");
    }
    let back = Some(Shown::LeadsBack { from: fnv1a(b"/item/5"), is_named: false });
    for path in ["/item/5/vote", "/item/5/?vote=1", "/item/5?page=2"] {
        assert_eq!(at(path), back, "{path}: it may have done something");
    }
    // From another page that shows as little of where the path leads from there.
    let config = config(&[]);
    let leads_on = |path: &str, location: &str, referer: &str| {
        let mut quarantine = Quarantine::default();
        let fields = [GUESS[0], GUESS[1], GUESS[2], ("referer", referer)];
        take_back(
            &visit("GET", path, &fields),
            &redirect(location),
            &KnownSessions::default(),
            &config,
            &mut quarantine,
            || None,
            0,
        );
        let shown = Shown::LeadsBack { from: mark_of(location), is_named: false };
        quarantine.does_lead_on("shop.example", path, &Affected::Shown(shown), 1)
    };
    assert!(leads_on("/item/5/vote", "/item/5", "https://shop.example/"));
    assert!(!leads_on("/item/5/vote", "/item/5/vote/", "https://shop.example/"));
    assert!(!leads_on("/item/5/vote", "/item/5", "https://shop.example/item/5/"), "that is where they are");
}

#[test]
fn a_url_may_name_the_page_to_which_it_leads_back() {
    let leads = |path: &str| shown(path, &GUESS, &redirect("/item/5?voted=1"));
    let back = |is_named| Some(Shown::LeadsBack { from: fnv1a(b"/item/5"), is_named });
    for path in [
        "/sign-in?next=/item/5",
        "/sign-in?a=1&next=%2Fitem%2F5%3Fpage%3D2",
        "/sign-in?to=https://shop.example/item/5",
        "/sign-in?to=item/5",
    ] {
        assert_eq!(leads(path), back(true), "{path}");
    }
    for path in
        ["/vote?item=5", "/vote?next=/item/55", "/vote?next=//other.example/item/5", "/vote?next=", "/vote"]
    {
        assert_eq!(leads(path), back(false), "{path}");
    }
}

#[test]
fn who_is_signed_in_is_led_away_from_the_pages_to_sign_in_and_that_is_not_back() {
    let leads = |path: &str, fields: &[(&str, &str)]| shown(path, fields, &redirect("/item/5"));
    let with_session = [&GUESS[..], &[SESSION]].concat();
    for path in [
        "/accounts/login/",
        "/accounts/login/?next=/checkout/",
        "/sign-in",
        "/login.php?a=1",
        "/de/anmelden",
        "/user/register",
        "/index.php?route=account/login",
        "/%E3%83%AD%E3%82%B0%E3%82%A4%E3%83%B3",
    ] {
        assert_eq!(leads(path, &with_session), None, "{path}");
        assert!(leads(path, &GUESS).is_some(), "{path}: nobody is led away without a session");
    }
    let at_login = [GUESS[0], GUESS[1], GUESS[2], ("referer", "https://shop.example/login?next=/a")];
    for path in ["/account", "/item/5/vote"] {
        let to_login = |fields: &[(&str, &str)]| shown(path, fields, &redirect("/login?next=/b"));
        assert_eq!(to_login(&at_login), None, "{path}: from wherever, to sign in");
    }
    for path in ["/login/5/vote", "/item/5/like", "/index.php?title=login-form"] {
        assert!(leads(path, &with_session).is_some(), "{path}");
    }
}

#[test]
fn what_leads_to_a_page_from_another_one_is_not_refused_there() {
    let config = config(&[]);
    let at = |referer| [GUESS[0], GUESS[1], GUESS[2], ("referer", referer)];
    let leads_on = |fields: &[(&str, &str)], path: &str, location: &str| {
        let mut quarantine = Quarantine::default();
        take_back(
            &visit("GET", path, fields),
            &redirect(location),
            &KnownSessions::default(),
            &config,
            &mut quarantine,
            || None,
            0,
        );
        let back = visit("GET", path, &at("https://shop.example/profile"));
        super::leads_on(&back, &redirect("/profile"), &config, &quarantine, 1)
    };
    let elsewhere = at("https://shop.example/");
    assert!(leads_on(&elsewhere, "/account", "/profile?a=1"), "by a guess");
    assert!(leads_on(&elsewhere[1..], "/account", "/profile"), "by a click");
    assert!(!leads_on(&at("https://shop.example/profile?a=2"), "/account", "/profile"), "it leads back");
    assert!(!leads_on(&elsewhere, "/account", "/sign-in"), "for this visitor only");
    assert!(!leads_on(&elsewhere, "/account?next=/profile", "/profile"), "it names where to");
    assert!(!leads_on(&GUESS[..3], "/account", "/profile"), "nobody knows from where");
    assert!(!leads_on(&at("https://other.example/"), "/account", "/profile"));
    let forged = [&elsewhere[..], &[("x-forwarded-host", "evil.example")]].concat();
    assert!(!leads_on(&forged, "/account", "/profile"));
    let seen = Seen { leads_on: true, ..Seen::default() };
    for (location, refused) in [("/item/5", false), ("https://partner.example", true)] {
        let guess = visit("GET", "/item/5/vote", &GUESS);
        let plan = plan_seen(&guess, &redirect(location), seen, &config);
        assert_eq!(matches!(plan, Plan::Refuse(_)), refused, "{location}");
    }
}

#[test]
fn what_is_downloaded_and_what_no_browser_shows_as_a_page_is_none() {
    let guessed = |head: &Head| shown("/report", &GUESS, head);
    assert_eq!(guessed(&Head { is_attachment: true, ..page() }), Some(Shown::Download));
    assert_eq!(guessed(&Head { is_attachment: true, ..kind("text/csv") }), Some(Shown::Download));
    for media_type in ["application/pdf", "application/zip", "text/calendar", "image/png", "application/json"]
    {
        assert_eq!(guessed(&kind(media_type)), Some(Shown::NoPage), "{media_type}");
        for status in [304, 400, 404, 500, 503] {
            assert_eq!(guessed(&Head { status, ..kind(media_type) }), None, "{status}: not what the URL is");
        }
    }
    for status in [204, 205] {
        assert_eq!(guessed(&Head { status, ..Head::default() }), Some(Shown::NoPage), "{status}");
    }
    for media_type in ["multipart/byteranges", "application/pdf", "text/html"] {
        assert_eq!(guessed(&Head { status: 206, ..kind(media_type) }), None, "{media_type}: parts of it");
    }
    for head in
        [page(), kind("text/plain"), kind("application/xhtml+xml"), Head { status: 200, ..Head::default() }]
    {
        assert_eq!(guessed(&head), None, "{head:?}");
    }
}

#[test]
fn only_what_is_asked_for_as_a_page_has_to_be_one() {
    let pdf = kind("application/pdf");
    let asked = |fields: &[(&str, &str)]| shown("/report", fields, &pdf);
    let navigation = [("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")];
    assert_eq!(asked(&navigation), Some(Shown::NoPage), "a visitor's own navigation tells the same");
    for fields in [
        // What a page or its script fetches ahead.
        &[("sec-purpose", "prefetch"), ("sec-fetch-dest", "empty"), ("sec-fetch-mode", "no-cors")][..],
        &[
            ("purpose", "prefetch"),
            ("sec-fetch-dest", "empty"),
            ("sec-fetch-mode", "cors"),
            ("x-inertia", "true"),
        ],
        // What a prerendering page embeds, over plain HTTP as well.
        &[("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "image"), ("sec-fetch-mode", "no-cors")],
        &[("sec-purpose", "prefetch;prerender")],
        &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")],
    ] {
        assert_eq!(asked(fields), None, "{fields:?}");
    }
    let head = visit("HEAD", "/report", &navigation);
    assert_eq!(of(&head, &pdf, &config(&[])), None);
}

#[test]
fn a_guess_at_no_page_of_the_site_is_refused_and_remembered() {
    for (head, shown) in [
        (redirect("https://partner.example"), Shown::LeavesSite { has_session: false }),
        (kind("application/pdf"), Shown::NoPage),
        (Head { is_attachment: true, ..page() }, Shown::Download),
        (redirect("/item/5"), Shown::LeadsBack { from: fnv1a(b"/item/5"), is_named: false }),
    ] {
        assert_eq!(planned(&GUESS, &head), refused(shown, Memory::Page), "{head:?}");
        // Whatever it sets besides, and whoever brings a search engine's results.
        let setting = Head { set_cookies: vec!["seen=1; Path=/".to_owned()], ..head.clone() };
        assert_eq!(planned(&GUESS, &setting), refused(shown, Memory::Page), "{head:?}");
        let click: Vec<_> = GUESS.iter().copied().filter(|(name, _)| *name != "sec-purpose").collect();
        assert!(!matches!(planned(&click, &head), Plan::Refuse(_)), "{head:?}");
    }
    let by_google = [
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-mode", "navigate"),
        ("referer", "https://www.google.com/"),
    ];
    assert_eq!(planned(&by_google, &kind("application/pdf")), refused(Shown::NoPage, Memory::Page));
    for head in [page(), redirect("/b"), Head { status: 404, ..page() }] {
        assert!(!matches!(planned(&by_google, &head), Plan::Refuse(_)), "{head:?}");
    }
    let forged = [&GUESS[..], &[("x-forwarded-host", "evil.example")]].concat();
    assert_eq!(
        planned(&forged, &redirect("https://evil.example")),
        refused(Shown::LeavesSite { has_session: false }, Memory::Forgotten),
        "where to may be what somebody wrote"
    );
}

#[test]
fn an_answer_that_renews_a_session_is_handed_on_once_and_remembered() {
    let renewing = |mut head: Head| {
        head.set_cookies = vec!["session=fedcba9876543210; Path=/; HttpOnly".to_owned()];
        head
    };
    let fields = [&GUESS[..], &[SESSION]].concat();
    for (head, shown) in [
        (redirect("https://partner.example"), Shown::LeavesSite { has_session: true }),
        (kind("application/pdf"), Shown::NoPage),
    ] {
        let Plan::Edit(edit) = planned(&fields, &renewing(head.clone())) else { panic!("{head:?}") };
        assert_eq!((edit.set_cookies, edit.remembered), (None, Some(Ineligible::Shows(shown))));
        assert_eq!(planned(&fields, &head), refused(shown, Memory::Page));
        // What a load balancer sets anew with each answer is no session, and nothing that would be lost.
        let balanced =
            [&fields[..3], &[FROM, ("cookie", "session=0123456789abcdef; AWSALB=v1; TS01a2b3c4=1")]];
        let lines = ["AWSALB=v2; Path=/", "TS01a2b3c4=2; Path=/; HttpOnly"].map(str::to_owned).to_vec();
        let setting = Head { set_cookies: lines, ..head };
        assert_eq!(planned(&balanced.concat(), &setting), refused(shown, Memory::Page));
    }
}

#[test]
fn a_sign_in_elsewhere_is_refused_for_what_it_begins() {
    let sign_in = redirect("https://id.example/authorize?client_id=7&state=x");
    let refusal = Refusal::new(Ineligible::Effect(Affected::Everybody), Memory::Page);
    assert_eq!(planned(&GUESS, &sign_in), Plan::Refuse(refusal));
}

#[test]
fn the_learner_is_told_what_is_no_page_but_of_no_files_and_nothing_that_somebody_wrote() {
    let told = |path: &str, fields: &[(&str, &str)], head: &Head| {
        told(&visit("GET", path, fields), head, &config(&[]))
    };
    let away = redirect("https://partner.example");
    assert_eq!(told("/go/a", &GUESS, &away), Some(Ineligible::LeavesSite));
    assert_eq!(told("/go/a", &GUESS[1..], &away), Some(Ineligible::LeavesSite), "by a click");
    assert_eq!(told("/export", &GUESS, &Head { is_attachment: true, ..page() }), Some(Ineligible::Download));
    assert_eq!(told("/calendar", &GUESS, &kind("text/calendar")), Some(Ineligible::NoPage));
    assert_eq!(told("/report.pdf", &GUESS, &kind("application/pdf")), None, "its name says so");
    assert_eq!(told("/item/5/vote", &GUESS, &redirect("/item/5")), None, "it counts those by itself");
    assert_eq!(told("/a", &GUESS, &page()), None);
    let forged = [&GUESS[..], &[("x-forwarded-host", "evil.example")]].concat();
    assert_eq!(told("/go/a", &forged, &away), None);
    let sign_in = redirect("https://id.example/authorize?client_id=7&state=x");
    assert_eq!(told("/account", &GUESS, &sign_in), None, "another visitor is shown a page");
}

#[test]
fn a_page_that_is_shown_takes_back_that_it_is_none() {
    let config = config(&[]);
    let path = "/go/a";
    let met = |quarantine: &Quarantine, fields: &[(&str, &str)]| {
        super::super::met(&visit("GET", path, fields), &config, quarantine, || false, 1)
    };
    let blamed = |shown| {
        let mut quarantine = Quarantine::default();
        let by = met_by(&visit("GET", path, &GUESS), &Head::default(), true, &config);
        quarantine.add("shop.example", path, Affected::Shown(shown), &by, 0);
        quarantine
    };
    let away = Shown::LeavesSite { has_session: false };
    let back = Shown::LeadsBack { from: fnv1a(b"/item/5"), is_named: false };
    for shown in [away, Shown::NoPage, back] {
        let mut quarantine = blamed(shown);
        let refused = Some(Ineligible::Quarantined(Affected::Shown(shown)));
        assert_eq!(met(&quarantine, &GUESS), refused);
        // What does not show the page says nothing.
        for (fields, head) in [
            (&GUESS[1..], redirect("https://partner.example")),
            (&GUESS[1..], Head { is_attachment: true, ..page() }),
            (&GUESS[1..], Head { status: 404, content: Content::Html, ..page() }),
            (&[("sec-fetch-mode", "cors")][..], page()),
            (&[GUESS[1], GUESS[2], ("x-forwarded-host", "evil.example")][..], page()),
        ] {
            take_back(
                &visit("GET", path, fields),
                &head,
                &KnownSessions::default(),
                &config,
                &mut quarantine,
                || None,
                1,
            );
            assert_eq!(met(&quarantine, &GUESS), refused, "{fields:?} {head:?}");
        }
        take_back(
            &visit("GET", path, &GUESS[1..]),
            &page(),
            &KnownSessions::default(),
            &config,
            &mut quarantine,
            || None,
            1,
        );
        assert_eq!(met(&quarantine, &GUESS), None);
    }
    // Whom others are led to does not tell of those with a session.
    let with_session = [&GUESS[..], &[SESSION]].concat();
    let mut quarantine = blamed(away);
    assert_eq!(met(&quarantine, &with_session), None);
    take_back(
        &visit("GET", path, &with_session[1..]),
        &page(),
        &KnownSessions::default(),
        &config,
        &mut quarantine,
        || None,
        1,
    );
    assert_eq!(met(&quarantine, &GUESS), Some(Ineligible::Quarantined(Affected::Shown(away))));
}
