//! What a visitor does: which guesses it stands in the way of meanwhile, which cookies it changes, and whether what was fetched ahead shows
//! what is no longer so. See [`effects::session_order`](crate::effects::session_order),
//! [`effects::changed_cookies`](crate::effects::changed_cookies) and [`effects::first_cookies`](crate::effects::first_cookies).

use super::{Plan, askers, deferral, shown};
use crate::config::Config;
use crate::effects::changed_cookies::{ChangedCookies, Owner};
use crate::effects::class::Class;
use crate::effects::cookie::{self, MAX_LINES, Sent, SetCookie};
use crate::effects::cookie_session;
use crate::effects::first_cookies::{FirstCookies, Shown};
use crate::effects::session;
use crate::effects::session_order::{By, Overtaken, SessionOrder};
use crate::head::{Head, is_redirect};
use crate::ineligible::Ineligible;
use crate::urls::spelling::respells;
use crate::urls::unsafe_urls::is_entrance;
use crate::visit::Visit;

/// `Clear-Site-Data` of an answer after which what was fetched ahead shows what is no longer so (Prefetch and Prerendering,
/// "`Clear-Site-Data`").
pub const CLEAR: &str = "\"prefetchCache\", \"prerenderCache\"";

/// Who does something by which a session may be renewed, if anybody does.
fn doer(visit: &Visit) -> Option<By> {
    visit.is_doing().then(|| if visit.is_navigation() { By::Visitor } else { By::Script })
}

/// Notes that the origin is asked for what a visitor does.
pub fn begins(visit: &Visit, config: &Config, order: &mut SessionOrder, now: u64) {
    if let (Some(by), Some(site)) = (doer(visit), visit.site()) {
        order.begins(&site, visit.cookies(), by, &config.effects.cookies, now);
    }
}

/// Notes that it has answered, or never will.
pub fn ends(visit: &Visit, config: &Config, order: &mut SessionOrder) {
    if let (Some(by), Some(site)) = (doer(visit), visit.site()) {
        order.ends(&site, visit.cookies(), by, &config.effects.cookies);
    }
}

/// Notes what becomes of the visitor's sessions by an answer to them, and that a page renews them by itself. Who is no witness may send
/// sessions that nobody has given them ([`witness`](super::witness)).
pub fn answered(
    visit: &Visit,
    head: &Head,
    is_witness: bool,
    config: &Config,
    order: &mut SessionOrder,
    now: u64,
) {
    if head.set_cookies.is_empty() {
        return;
    }
    let Some(site) = visit.site() else { return };
    let classes = &config.effects.cookies;
    let is_by_page = is_by_page(visit);
    // A session that had expired, or was made up, tells nothing.
    if is_by_page
        && is_witness
        && visit.is_same_origin()
        && session::change(&head.set_cookies, visit.cookies(), classes, now)
            == Some(Ineligible::SessionRotated)
    {
        order.renews(&site, now);
    }
    if visit.speculation.is_none() {
        let is_doing = visit.is_doing() && !is_by_page;
        order.answered(&site, visit.cookies(), &head.set_cookies, is_doing, classes, now);
    }
}

/// Whether a page does something by itself, also one that is prerendered: what a script fetches, or a frame loads.
fn is_by_page(visit: &Visit) -> bool {
    visit.is_safe && visit.mode().is_some() && (visit.is_of_frame() || !visit.is_navigation())
}

/// Whether a script sends something that may be of the page's own accord, as a count of views is: to sign in, say, is the visitor's.
fn is_sent_by_script(visit: &Visit, config: &Config) -> bool {
    !visit.is_safe
        && visit.mode().is_some()
        && !visit.is_navigation()
        && config.urls.unsafe_urls.rule_for(&visit.url).is_none()
        && !is_entrance(&visit.url)
}

/// Notes what is set by an answer that a visitor is given at `now` on a guess, which was asked for at `since`: what is given them now, by
/// which their sessions are other ones, and what the page's ticket will give them first.
pub fn given_ahead(
    visit: &Visit,
    head: &Head,
    plan: &Plan,
    config: &Config,
    (order, first): (&mut SessionOrder, &mut FirstCookies),
    (since, now): (u64, u64),
) {
    if !visit.is_guess() || head.set_cookies.is_empty() {
        return;
    }
    let Some(site) = visit.site() else { return };
    let classes = &config.effects.cookies;
    let passed = match plan {
        Plan::Pass => &head.set_cookies,
        Plan::Edit(edit) => {
            let of_rendered = edit.rendering.as_ref().and_then(|rendering| rendering.kept.as_ref());
            of_rendered.or(edit.set_cookies.as_ref()).unwrap_or(&head.set_cookies)
        }
        Plan::Refuse(refusal) => &refusal.renewed,
        Plan::AdviseProxies { .. } => return,
    };
    order.passed(&site, visit.cookies(), passed, since, classes, now);
    if matches!(plan, Plan::Edit(edit) if edit.ticket.is_some()) {
        let page = config.urls.inert_parameters.without(&visit.url);
        let owner = Owner { site: &site, browser: &visit.browser(), cookies: visit.cookies() };
        first.given(Shown { owner, page: &page }, &head.set_cookies, classes, now);
    }
}

/// Whether a page that was fetched ahead has loaded this by itself, and its ticket may not have been back by then: what is set may stand
/// in the way of what the ticket gives.
#[must_use]
pub fn may_be_taken(visit: &Visit, config: &Config, first: &FirstCookies, now: u64) -> bool {
    !first.is_empty()
        && config.switched.guards()
        && visit.speculation.is_none()
        && (is_by_page(visit) || is_sent_by_script(visit, config))
        && of_sender(visit, config, |page| first.is_waited_for(page, now)).unwrap_or_default()
}

/// By what the page is told that has loaded this by itself, where the answer waits until it is known to be shown.
#[must_use]
pub fn awaited(
    visit: &Visit,
    set_cookies: &[String],
    config: &Config,
    first: &FirstCookies,
    now: u64,
) -> Option<u64> {
    let classes = &config.effects.cookies;
    let of = |page: Shown<'_>| first.awaits(page, set_cookies, classes, now).then(|| page.key());
    of_sender(visit, config, of).flatten()
}

/// Notes that a page is shown which was fetched ahead: this request brings its ticket.
pub fn shown(visit: &Visit, config: &Config, first: &mut FirstCookies, now: u64) {
    of_sender(visit, config, |page| first.shown(page, now));
}

/// What is to be known of the page that sends something, if it is one of this site.
fn of_sender<T>(visit: &Visit, config: &Config, usage: impl FnOnce(Shown<'_>) -> T) -> Option<T> {
    let (site, page) = visit.site().zip(visit.sender(&config.urls.inert_parameters))?;
    let owner = Owner { site: &site, browser: &visit.browser(), cookies: visit.cookies() };
    Some(usage(Shown { owner, page: &page }))
}

/// The lines of an answer to such a part of a page that are handed on, where not all are: those without what the page gives first.
#[must_use]
pub fn left_of_part(
    visit: &Visit,
    set_cookies: &[String],
    config: &Config,
    first: &mut FirstCookies,
    now: u64,
) -> Option<Vec<String>> {
    let network = askers::network(visit);
    let classes = &config.effects.cookies;
    of_sender(visit, config, |page| first.of_part(page, set_cookies, classes, network, now)).flatten()
}

/// Whether what the pages of a visitor's site load was seen to begin sessions lately.
#[must_use]
pub fn do_parts_begin(visit: &Visit, first: &FirstCookies, now: u64) -> bool {
    visit.is_speculative_navigation() && visit.site().is_some_and(|site| first.do_parts_begin(&site, now))
}

/// Notes that the ticket of a page has been redeemed.
pub fn redeemed(visit: &Visit, config: &Config, first: &mut FirstCookies, now: u64) {
    of_sender(visit, config, |page| first.redeemed(page, now));
}

/// Notes which of the visitor's cookies an answer to them changes, be it to a page or to its script, so that nothing older that
/// was deferred is set over them. Without a key nothing is deferred.
pub fn changes(visit: &Visit, head: &Head, config: &Config, changed: &mut ChangedCookies, now: u64) {
    if visit.speculation.is_none()
        && !head.set_cookies.is_empty()
        && config.effects.seal.is_some()
        && let Some(site) = visit.site()
    {
        let owner = Owner { site: &site, browser: &visit.browser(), cookies: visit.cookies() };
        changed.answered(owner, &head.set_cookies, now);
    }
}

/// Whether a visitor's own doing is under way, so that no guess is begun for them. Of what a page's scripts send, pages send much
/// by themselves; that stands in the way only where no ticket compares what the guess would set.
#[must_use]
pub fn is_under_way(visit: &Visit, config: &Config, order: &SessionOrder, now: u64) -> bool {
    let site = visit.site().unwrap_or_default();
    let is_by = |by| order.is_under_way(&site, visit.cookies(), by, &config.effects.cookies, now);
    is_by(By::Visitor) || (!deferral::has_tickets(visit, config) && is_by(By::Script))
}

/// Which of the visitor's sessions the answer to a guess, which was asked for at `since`, comes too late to set.
#[must_use]
pub fn overtaken(visit: &Visit, head: &Head, order: &SessionOrder, since: u64) -> Overtaken {
    let site = visit.speculation.and_then(|_| visit.site());
    let of = |site: String| order.overtaken(&site, visit.cookies(), &head.set_cookies, since);
    site.map(of).unwrap_or_default()
}

/// Whether an answer to what a visitor does changes what they are shown from now on, so that their browser should forget what
/// it fetched ahead: they sent a form, followed a link that does something or leads elsewhere, or a script did something for them; or
/// their session or their cart is another one now. `is_routine` says whether pages send this by themselves ([`routine`](super::routine)).
#[must_use]
pub fn changes_state(visit: &Visit, head: &Head, is_routine: bool, config: &Config, now: u64) -> bool {
    if !config.effects.clear_speculations
        || !visit.is_browsing()
        || head.clears_speculations
        || head.status >= 400
        || config.effects.paths.delivery_of(&visit.url).is_some()
    {
        return false;
    }
    let does_something = || config.urls.unsafe_urls.rule_for(&visit.url).is_some();
    let is_action = if visit.is_safe {
        // A frame may be loaded by each page. And parameters are often called like what they select: there the answer tells.
        let shows = || head.location.is_some() || !head.set_cookies.is_empty();
        visit.is_navigation()
            && matches!(visit.destination(), None | Some("document"))
            && (leads_on(visit, head)
                // To download something changes nothing of what is shown.
                || config.urls.unsafe_urls.rule_for_path(&visit.url).is_some_and(|rule| rule != "download")
                || (shows() && config.urls.unsafe_urls.may_change(&visit.url)))
    } else {
        visit.is_navigation() || does_something() || !is_routine
    };
    if is_action || head.set_cookies.is_empty() {
        return is_action;
    }
    // What the visitor had before is not known where that is not read: any session or cart may be another one.
    let is_unread = cookie::is_too_large(visit.cookies());
    let sent = Sent::read(visit.cookies());
    head.set_cookies.len() > MAX_LINES
        || head.set_cookies.iter().any(|line| {
            let cookie = SetCookie::parse(line).at(now);
            let before = sent.value_of(cookie.name);
            match config.effects.cookies.of(&cookie) {
                Class::Session | Class::Cart if is_unread => true,
                // A session that is merely renewed is still the same visitor's. But a page that was fetched before its content had a
                // form's token has another one.
                Class::Session => {
                    before.is_some() == cookie.is_deletion
                        || before.is_some_and(|before| cookie_session::has_other_parts(before, cookie.value))
                }
                Class::Cart => before != Some(cookie.value),
                // So has a form that was fetched before the first one was given.
                Class::Csrf => before.is_none() && !cookie.is_deletion && !is_unread,
                Class::Sticky
                | Class::SignIn
                | Class::Flash
                | Class::History
                | Class::Inert
                | Class::Unknown => false,
            }
        })
}

/// Whether a page leads on to another one of the site. It may have done something, whatever it is called, and the other one shows that:
/// Chromium would take a copy of it that it has fetched before.
fn leads_on(visit: &Visit, head: &Head) -> bool {
    let target = shown::target(visit, head).filter(|_| is_redirect(head.status));
    target.is_some_and(|target| target.origin() == visit.url.origin() && !respells(&visit.url, &target))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::csp::IntegrityPolicy;
    use crate::effects::ticket::Sealed;
    use crate::plan::Edit;
    use crate::plan::rendering::{Rendering, ScriptNeed};
    use crate::plan::tests::config;
    use crate::switches::{Mode, State};
    use url::Url;

    const NOW: u64 = 1_800_000_000_000;
    const SESSION: (&str, &str) = ("cookie", "session=eyJ2aWV3cyI6MX0=");
    const KEY: (&str, &str) = ("SEAL_KEY", "0123456789abcdef0123456789abcdef");

    fn visit(method: &str, fields: &[(&str, &str)]) -> Visit {
        let fields = [&[SESSION][..], fields].concat();
        Visit::with(method, Url::parse("https://shop.example/a").unwrap(), &fields)
    }

    fn guess() -> Visit {
        visit(
            "GET",
            &[("sec-purpose", "prefetch"), ("sec-fetch-dest", "document"), ("sec-fetch-mode", "navigate")],
        )
    }

    fn setting(line: &str) -> Head {
        Head { set_cookies: vec![line.to_owned()], ..Head::default() }
    }

    /// What a guess that is given a first session notes, and what is left of what the page's picture sets after that.
    #[test]
    fn what_a_page_that_was_fetched_ahead_loads_begins_no_other_session() {
        let config = config(&[KEY]);
        let line = |value: &str| format!("PHPSESSID={value}; Path=/");
        let asked = |fields: &[(&str, &str)]| {
            let url = Url::parse("https://shop.example/a?utm_source=x").unwrap();
            Visit::with("GET", url, fields)
        };
        let guess = asked(&[
            ("sec-purpose", "prefetch"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
        ]);
        let part = |more: &[(&str, &str)]| {
            let fields = [("sec-fetch-mode", "no-cors"), ("sec-fetch-site", "same-origin")];
            asked(&[&fields[..], &[("referer", "https://shop.example/a")], more].concat())
        };
        let ticketed = Plan::Edit(Edit {
            set_cookies: Some(Vec::new()),
            ticket: Some(Box::new(Sealed { token: "t".to_owned(), kept: None })),
            ..Edit::default()
        });
        let head = setting(&line("page"));
        for (plan, visit, is_left) in [
            (&ticketed, part(&[]), false),
            (&ticketed, part(&[("cookie", "PHPSESSID=page")]), true),
            (&Plan::Pass, part(&[]), true),
        ] {
            let (mut order, mut first) = (SessionOrder::default(), FirstCookies::default());
            given_ahead(&guess, &head, plan, &config, (&mut order, &mut first), (NOW, NOW));
            assert_eq!(may_be_taken(&visit, &config, &first, NOW), plan != &Plan::Pass);
            let is_awaited =
                |first: &FirstCookies| awaited(&visit, &[line("part")], &config, first, NOW).is_some();
            assert_eq!(is_awaited(&first), !is_left);
            shown(&part(&[]), &config, &mut first, NOW);
            assert!(!is_awaited(&first));
            let left = left_of_part(&visit, &[line("part")], &config, &mut first, NOW + 1);
            assert_eq!(left, (!is_left).then(Vec::new), "{visit:?}");
            redeemed(&part(&[]), &config, &mut first, NOW);
            assert!(!may_be_taken(&part(&[]), &config, &first, NOW + 60_000), "what is on the way arrives");
        }
        let (mut order, mut first) = (SessionOrder::default(), FirstCookies::default());
        given_ahead(&guess, &head, &ticketed, &config, (&mut order, &mut first), (NOW, NOW));
        for other in [
            part(&[("sec-purpose", "prefetch;prerender")]),
            asked(&[("sec-fetch-mode", "no-cors"), ("referer", "https://shop.example/b")]),
            asked(&[("sec-fetch-mode", "navigate"), ("referer", "https://shop.example/a")]),
        ] {
            assert!(!may_be_taken(&other, &config, &first, NOW), "{other:?}");
        }
        // A script that counts the view sends something of its own accord, and one by which somebody signs in does not.
        let sent = |path: &str| {
            let url = Url::parse("https://shop.example/").unwrap().join(path).unwrap();
            let fields = [("sec-fetch-mode", "cors"), ("referer", "https://shop.example/a")];
            may_be_taken(&Visit::with("POST", url, &fields), &config, &first, NOW)
        };
        assert_eq!(["/hit", "/login", "/api/logout"].map(sent), [true, false, false]);
        let off = Config { switched: State::all(Mode::Off), ..config };
        assert!(!may_be_taken(&part(&[]), &off, &first, NOW));
    }

    #[test]
    fn of_a_rendered_page_only_what_reaches_its_visitor_ends_a_session() {
        let config = config(&[KEY]);
        let guess = guess();
        let rendering = |kept: Option<Vec<String>>| {
            let rendering = Rendering {
                ticket: None,
                need: ScriptNeed::None,
                otherwise: Ok(()),
                kept,
                csp: None,
                csp_report_only: None,
                integrity: IntegrityPolicy::default(),
            };
            Plan::Edit(Edit { rendering: Some(Box::new(rendering)), ..Edit::default() })
        };
        let head = setting("session=8f3a2b1c; Path=/");
        for (kept, is_replaced) in [(None, true), (Some(Vec::new()), false)] {
            let (mut order, mut first) = (SessionOrder::default(), FirstCookies::default());
            given_ahead(&guess, &head, &rendering(kept), &config, (&mut order, &mut first), (NOW, NOW));
            assert_eq!(overtaken(&guess, &head, &order, NOW).is_replaced, is_replaced);
        }
    }

    #[test]
    fn a_form_stands_in_every_guesss_way_and_a_script_where_no_ticket_compares() {
        let form = visit("POST", &[("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")]);
        let script = visit("POST", &[("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")]);
        let unsaid = visit("POST", &[]);
        let poll = visit("GET", &[("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")]);
        for (doing, without_key, with_key) in
            [(&form, true, true), (&script, true, false), (&unsaid, true, false), (&poll, false, false)]
        {
            for (config, stands) in [(config(&[]), without_key), (config(&[KEY]), with_key)] {
                let mut order = SessionOrder::default();
                begins(doing, &config, &mut order, NOW);
                assert_eq!(is_under_way(&guess(), &config, &order, NOW + 1), stands, "{doing:?}");
                ends(doing, &config, &mut order);
                assert!(!is_under_way(&guess(), &config, &order, NOW + 1), "{doing:?}");
            }
        }
    }

    #[test]
    fn what_a_visitor_was_given_overtakes_a_guess_and_a_guess_overtakes_nothing() {
        let config = config(&[]);
        let answer = setting("session=eyJ2aWV3cyI6Mn0=; Path=/");
        let form = visit("POST", &[("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")]);
        let mut order = SessionOrder::default();
        answered(&guess(), &answer, true, &config, &mut order, NOW);
        assert_eq!(overtaken(&guess(), &answer, &order, NOW - 1), Overtaken::default());
        answered(&form, &answer, true, &config, &mut order, NOW);
        assert!(overtaken(&guess(), &answer, &order, NOW - 1).is_replaced);
        assert_eq!(overtaken(&form, &answer, &order, NOW - 1), Overtaken::default());
    }

    #[test]
    fn a_plain_view_makes_pages_untrue_that_were_fetched_before_a_forms_token_was_given() {
        let flask = |content: &str| format!("session={content}.ZUtQ1w.Xk3v9Jb2sQ1dYt7rNq0wLp5uEzA");
        // {"views":2}, {"views":3}, {"csrf_token":"x","views":2}
        let [two, three, more] =
            ["eyJ2aWV3cyI6Mn0", "eyJ2aWV3cyI6M30", "eyJjc3JmX3Rva2VuIjoieCIsInZpZXdzIjoyfQ"].map(flask);
        for (sent, line, expected) in [
            ("theme=a", "csrftoken=a; Path=/", true),
            ("csrftoken=a", "csrftoken=b; Path=/", false),
            ("theme=a", "csrftoken=; Path=/; Max-Age=0", false),
            ("theme=a", "visits=1; Path=/", false),
            (two.as_str(), three.as_str(), false),
            (two.as_str(), more.as_str(), true),
            ("theme=a", two.as_str(), true),
        ] {
            let navigation = [
                ("sec-fetch-mode", "navigate"),
                ("sec-fetch-dest", "document"),
                ("sec-fetch-site", "same-origin"),
                ("cookie", sent),
            ];
            let visit = Visit::with("GET", Url::parse("https://shop.example/a").unwrap(), &navigation);
            assert_eq!(
                changes_state(&visit, &setting(line), false, &config(&[]), NOW),
                expected,
                "{sent}, {line}"
            );
        }
    }

    #[test]
    fn what_leads_on_to_another_page_may_have_changed_it_and_what_only_respells_its_url_has_not() {
        let fields = [
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-site", "same-origin"),
        ];
        let led = |method: &str, status: u16, location: &str, fields: &[(&str, &str)]| {
            let head = Head { status, location: Some(location.to_owned()), ..Head::default() };
            let visit = Visit::with(method, Url::parse("https://shop.example/k/17?view=a").unwrap(), fields);
            changes_state(&visit, &head, false, &config(&[]), NOW)
        };
        for (status, location, expected) in [
            (302, "/k/17", true),
            (303, "/", true),
            (302, "?seen=1", true),
            (302, "https://shop.example/k/17?view=a", true),
            (301, "/k/17/?view=a", false),
            (302, "https://pay.example/", false),
            (302, "http://shop.example/k/17", false),
            (200, "/k/17", false),
            (304, "/", false),
        ] {
            assert_eq!(led("GET", status, location, &fields), expected, "{status} {location}");
        }
        let [mode, destination, site] = fields;
        assert!(
            !led("GET", 302, "/", &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), site]),
            "a script"
        );
        assert!(!led("GET", 302, "/", &[mode, ("sec-fetch-dest", "iframe"), site]), "a frame");
        assert!(
            led("GET", 302, "/", &[mode, destination, ("sec-fetch-site", "cross-site")]),
            "from anywhere"
        );
    }

    /// Auth.js does so with each question for its session, also while a page is prerendered.
    #[test]
    fn pages_that_renew_sessions_by_themselves_are_remembered_and_what_visitors_do_is_not() {
        let config = config(&[]);
        let renewed = "session=b; Path=/; HttpOnly";
        let same_origin = ("sec-fetch-site", "same-origin");
        let of = |mode, destination| {
            [("sec-fetch-mode", mode), ("sec-fetch-dest", destination), same_origin, same_origin]
        };
        let fetch = of("cors", "empty");
        let prerendered = [("sec-purpose", "prefetch;prerender"), fetch[0], fetch[1], same_origin];
        for (method, fields, line, expected) in [
            ("GET", fetch, renewed, true),
            ("GET", prerendered, renewed, true),
            ("GET", of("navigate", "iframe"), renewed, true),
            ("GET", of("navigate", "document"), renewed, false),
            ("POST", fetch, renewed, false),
            ("GET", [same_origin; 4], renewed, false),
            (
                "GET",
                [("sec-fetch-mode", "no-cors"), ("sec-fetch-site", "cross-site"), fetch[1], fetch[1]],
                renewed,
                false,
            ),
            ("GET", fetch, "session=; Path=/; Max-Age=0", false),
            ("GET", fetch, "session=a; Path=/", false),
            ("GET", fetch, "theme=b; Path=/", false),
        ] {
            let fields_sent = [&[("cookie", "session=a; theme=a")], &fields[..]].concat();
            let visit = Visit::with(method, Url::parse("https://shop.example/api").unwrap(), &fields_sent);
            let mut order = SessionOrder::default();
            answered(&visit, &setting(line), true, &config, &mut order, NOW);
            assert_eq!(order.do_pages_renew("shop.example", NOW + 1), expected, "{method} {fields:?} {line}");
            let mut order = SessionOrder::default();
            answered(&visit, &setting(line), false, &config, &mut order, NOW);
            assert!(!order.do_pages_renew("shop.example", NOW + 1), "a session that may be made up");
            answered(&visit, &setting(line), true, &config, &mut order, NOW);
            assert!(!order.do_pages_renew("other.example", NOW + 1));
            assert!(!order.do_pages_renew("shop.example", NOW + 24 * 60 * 60 * 1000));
        }
    }

    #[test]
    fn what_a_page_or_its_frame_fetches_by_itself_renews_a_session_and_what_a_visitor_does_replaces_it() {
        let config = config(&[]);
        let answer = setting("session=eyJ2aWV3cyI6Mn0=; Path=/");
        let same_origin = ("sec-fetch-site", "same-origin");
        let of = |mode, destination| [("sec-fetch-mode", mode), ("sec-fetch-dest", destination), same_origin];
        for (method, fields, is_replaced) in [
            ("GET", of("cors", "empty"), false),
            ("GET", of("no-cors", "image"), false),
            ("GET", of("navigate", "iframe"), false),
            ("GET", of("navigate", "document"), true),
            ("POST", of("navigate", "iframe"), true),
            ("POST", of("cors", "empty"), true),
        ] {
            let mut order = SessionOrder::default();
            answered(&visit(method, &fields), &answer, true, &config, &mut order, NOW);
            let told = overtaken(&guess(), &answer, &order, NOW - 1);
            let left = (!is_replaced).then(Vec::new);
            let is = (told.is_replaced, told.left(&answer.set_cookies));
            assert_eq!(is, (is_replaced, left), "{method} {fields:?}");
        }
    }

    #[test]
    fn what_a_page_or_its_script_is_given_changes_cookies_and_a_guess_changes_none() {
        let answer = setting("session=eyJ2aWV3cyI6Mn0=; Path=/");
        let poll = visit("GET", &[("sec-fetch-mode", "cors"), ("sec-fetch-site", "same-origin")]);
        let page = visit("GET", &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]);
        let form = visit("POST", &[("sec-fetch-mode", "navigate"), ("sec-fetch-site", "same-origin")]);
        for (visit, config, expected) in [
            (&poll, config(&[KEY]), true),
            (&page, config(&[KEY]), true),
            (&form, config(&[KEY]), true),
            (&guess(), config(&[KEY]), false),
            (&form, config(&[]), false),
        ] {
            let mut changed = ChangedCookies::default();
            changes(visit, &answer, &config, &mut changed, NOW);
            let owner = Owner { site: "shop.example", browser: &visit.browser(), cookies: visit.cookies() };
            assert_eq!(changed.outdated(owner, NOW - 2, NOW - 1)("session", false), expected, "{visit:?}");
        }
    }
}
