//! The decision: a pure function from what is asked and what the origin answered to what is done.
//!
//! Two steps, because some requests need no origin: [`admit`] before it is asked, [`plan`] after it has answered.

use crate::OWN_PREFIX;
use crate::config::Config;
use crate::csp::Policies;
use crate::effects::Refusal;
use crate::effects::set_cookie::Verdict;
use crate::head::{Content, Head};
use crate::hints::{Hint, Origin, link};
use crate::learn::snapshot::{Basis, Knowledge, Known};
use crate::rules::delivery::{Guidance, deliver};
use crate::rules::file::{RuleFile, RuleSets};
use crate::rules::learned;
use crate::tail;
use crate::visit::{Method, Visit};
use url::Url;

/// The longest `Link` line that is added, in bytes.
pub const MAX_LINK_BYTES: usize = 1000;

/// What to do before the origin is asked.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Admission {
    /// Ask the origin.
    Ask,
    /// Answer with a rule set of ours.
    RuleSet {
        /// Which one.
        file: RuleFile,
        /// Whether the browser has the current one, by its `If-None-Match`: 304.
        fresh: bool,
    },
    /// Answer with a learned rule set, as far as there is one for the pages of a key.
    Learned {
        /// The hash in the URL.
        hash: String,
        /// The path, or the route's template, that it is for.
        key: String,
    },
    /// Answer with the script that asks browsers what they loaded.
    BeaconScript,
    /// Take in what a visitor's browser tells.
    Beacon,
    /// Something that only our own pages may send: 403.
    Forbidden,
    /// Below our prefix, but nothing of ours: 404.
    NotFound,
    /// Something of ours, asked for in a way that it does not answer: 405. These are the methods that it does.
    MethodNotAllowed(&'static str),
    /// A speculation that must not reach the origin: 503.
    Refuse(Refusal),
}

/// Decides whether the origin is asked.
#[must_use]
pub fn admit(visit: &Visit, config: &Config, rule_sets: &RuleSets) -> Admission {
    if visit.url.path().starts_with(OWN_PREFIX) {
        return own(visit, config, rule_sets);
    }
    if visit.is_speculative_navigation()
        && let Some(rule) = config.unsafe_urls.rule_for(&visit.url)
    {
        return Admission::Refuse(Refusal::unsafe_url(rule));
    }
    Admission::Ask
}

/// Decides about a path of ours.
fn own(visit: &Visit, config: &Config, rule_sets: &RuleSets) -> Admission {
    const READ: &str = "GET, HEAD";
    let is_read = matches!(visit.method, Method::Get | Method::Head);
    let asks_browsers = config.hints && config.beacon_sample > 0.0;
    let path = visit.url.path();
    if let Some(file) = RuleFile::at(path) {
        if !is_read {
            return Admission::MethodNotAllowed(READ);
        }
        let given = visit.if_none_match.as_deref();
        let fresh = given.is_some_and(|given| rule_sets.get(file).is_fresh(given));
        return Admission::RuleSet { file, fresh };
    }
    if let Some((hash, key)) = learned::parse_path(path).filter(|_| config.learns_next_pages()) {
        return if is_read {
            Admission::Learned { hash: hash.to_owned(), key: key.to_owned() }
        } else {
            Admission::MethodNotAllowed(READ)
        };
    }
    match path {
        tail::SCRIPT_PATH if asks_browsers && is_read => Admission::BeaconScript,
        tail::SCRIPT_PATH if asks_browsers => Admission::MethodNotAllowed(READ),
        tail::BEACON_PATH if asks_browsers && visit.method != Method::Post => {
            Admission::MethodNotAllowed("POST")
        }
        tail::BEACON_PATH if asks_browsers && visit.is_same_origin => Admission::Beacon,
        tail::BEACON_PATH if asks_browsers => Admission::Forbidden,
        _ => Admission::NotFound,
    }
}

/// What to do with the origin's response. The body is never part of it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Plan {
    /// Hand the origin's response on as it is.
    Pass,
    /// Hand it on with these changes.
    Edit(Edit),
    /// Throw it away and refuse the speculation.
    Refuse(Refusal),
}

/// Changes to a response. At least one of them is one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Edit {
    /// Header lines to append, in order.
    pub append: Vec<(&'static str, String)>,
    /// The `Set-Cookie` lines that replace all those of the origin.
    pub set_cookies: Option<Vec<String>>,
    /// Whether to learn from a copy of the body.
    pub observe: Option<Reading>,
    /// HTML to add behind the end of the document: the script that asks the browser what it loaded, or rules.
    pub tail: Option<String>,
}

/// What is read for learning.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Reading {
    /// A page of which nothing was known, so that its hints wait for it.
    New,
    /// Anything else.
    Known,
    /// A page asked for with inert parameters alone: whether it is the same as without is all that it tells.
    Compared,
}

/// What the isolate is asked to decide by lot.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Draw {
    /// Whether a view of a page is read; of a known one, only a share is.
    Page {
        /// Whether the page, or its route, is known.
        known: bool,
    },
    /// Whether a stylesheet is read.
    Sheet,
    /// Whether a view's browser is asked what it loaded.
    Beacon,
}

/// Decides what becomes of the origin's response. `knowledge` is what has been learned of the path, `guidance` what of its
/// next pages. `draw` decides what is left to the lot.
pub fn plan(
    visit: &Visit,
    head: &Head,
    knowledge: Knowledge<'_>,
    guidance: Guidance<'_>,
    rule_sets: &RuleSets,
    config: &Config,
    mut draw: impl FnMut(Draw) -> bool,
) -> Plan {
    let known = match knowledge {
        Knowledge::Known(known) => Some(known),
        Knowledge::NotLoaded | Knowledge::Unknown => None,
    };
    let mut edit = Edit::default();
    if visit.is_speculative_navigation() {
        if head.clears_site_data {
            return Plan::Refuse(Refusal::clear_site_data());
        }
        match config.set_cookie.judge(&head.set_cookies, &visit.cookies) {
            Verdict::Pass => {}
            Verdict::Refuse(refusal) => return Plan::Refuse(refusal),
            Verdict::Withhold(kept) => {
                // A cache must not give the response without cookies to a real visit.
                edit.append.push(("Vary", "Sec-Purpose".to_owned()));
                edit.set_cookies = Some(kept);
            }
        }
    }
    if head.content == Content::Sheet {
        let is_read = config.hints && visit.is_public && head.is_readable && draw(Draw::Sheet);
        edit.observe = is_read.then_some(Reading::Known);
    }
    if head.content == Content::Page {
        if config.hints {
            let line = link::serialise(&page_hints(visit, head, known, config), MAX_LINK_BYTES);
            if !line.is_empty() {
                edit.append.push(("Link", line));
            }
        }
        let delivered = deliver(visit, head, guidance, rule_sets, config);
        edit.append.extend(delivered.lines);
        edit.tail = delivered.tail;
        let basis = known.map(|known| known.basis);
        let learns = config.hints || config.learns_next_pages();
        let teaches = learns && visit.teaches() && head.is_readable;
        // Only what was read itself can be confirmed, and only somebody who looks can tell.
        if teaches
            && config.hints
            && config.beacon_sample > 0.0
            && basis == Some(Basis::Page)
            && visit.speculation.is_none()
            && let Some(tail) = tail::html(visit, head)
            && draw(Draw::Beacon)
        {
            edit.tail = Some(edit.tail.unwrap_or_default() + &tail);
        }
        // Before the snapshot is there, nearly every page of a busy site would seem to be new.
        let is_known = knowledge == Knowledge::NotLoaded
            || matches!(basis, Some(Basis::Page | Basis::Route))
            || (!config.hints && guidance.known.is_some());
        let is_read = teaches && draw(Draw::Page { known: is_known });
        edit.observe = is_read.then_some(if is_known { Reading::Known } else { Reading::New });
        if !teaches && is_comparable(visit, head, guidance, config) && draw(Draw::Page { known: true }) {
            edit.observe = Some(Reading::Compared);
        }
    }
    if edit == Edit::default() { Plan::Pass } else { Plan::Edit(edit) }
}

/// Whether a view tells whether inert parameters change a page.
fn is_comparable(visit: &Visit, head: &Head, guidance: Guidance<'_>, config: &Config) -> bool {
    config.no_vary_search
        && config.learns_next_pages()
        && visit.is_public
        && head.is_readable
        && !guidance.has_session
        && config.inert_parameters.has_any(&visit.url)
        && config.inert_parameters.are_all_inert(&visit.url)
}

/// The hints of a page, without those that are of no use to this response.
fn page_hints(visit: &Visit, head: &Head, known: Option<Known<'_>>, config: &Config) -> Vec<Hint> {
    // Learned under `http`, the site's own `https` origin is another one; here it may be the page's.
    let own = Origin::of(&visit.url);
    let mut hints = known.map(|known| known.hints.to_vec()).unwrap_or_default();
    hints.retain(|hint| {
        Some(&hint.origin) != own.as_ref() && !config.preferences.denied.contain(&hint.origin)
    });
    if let Some(csp) = head.csp.as_deref().filter(|_| !hints.is_empty()) {
        // Other pages of the route may have another policy, and a stylesheet's fonts are not held against one.
        let policies = Policies::parse(csp);
        hints.retain(|hint| {
            Url::parse(hint.origin.as_str()).is_ok_and(|url| policies.may_reach(&visit.url, &url))
        });
    }
    link::without_existing(hints, head.link.as_deref(), &visit.url)
}

/// Whether a plan is that of every plain visit of the same URL without its query, as long as the answer has the same
/// media type and, for a page, neither a `Link` nor a `Speculation-Rules` of its own.
#[must_use]
pub fn holds_for_others(visit: &Visit, head: &Head, plan: &Plan) -> bool {
    let is_plain = visit.method == Method::Get && visit.speculation.is_none();
    let is_page = head.content == Content::Page;
    let has_own_fields = head.link.is_some() || head.speculation_rules.is_some();
    is_plain
        && match plan {
            // Without hints and rules to name, not even a page is changed; else only another media type tells.
            Plan::Pass => match head.content {
                // Where redirects lead is learned from each of them.
                Content::Other | Content::Sheet => head.location.is_none(),
                Content::Page => !has_own_fields,
                Content::Html => false,
            },
            Plan::Edit(edit) => {
                is_page
                    && !has_own_fields
                    && edit.observe.is_none()
                    && edit.tail.is_none()
                    && edit.set_cookies.is_none()
            }
            Plan::Refuse(_) => false,
        }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::{Action, Pools};
    use crate::rules::file::RuleSets;
    use proptest::prelude::*;
    use url::Url;

    /// Decides where nothing is known of next pages.
    fn plan(
        visit: &Visit,
        head: &Head,
        knowledge: Knowledge<'_>,
        config: &Config,
        draw: impl FnMut(Draw) -> bool,
    ) -> Plan {
        super::plan(visit, head, knowledge, Guidance::default(), &RuleSets::new(config, &[]), config, draw)
    }

    fn visit(method: &str, path: &str, headers: &[(&str, &str)]) -> Visit {
        let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
        Visit::read(method, url, |name| {
            headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    fn config(variables: &[(&str, &str)]) -> Config {
        Config::read(|name| {
            variables.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
        .0
    }

    const PREFETCH: [(&str, &str); 2] = [("sec-purpose", "prefetch"), ("sec-fetch-dest", "document")];

    fn page() -> Head {
        Head { status: 200, content: Content::Page, is_readable: true, ..Head::default() }
    }

    fn hints() -> Vec<Hint> {
        vec![Hint {
            origin: Origin::parse("https://cdn.example").unwrap(),
            action: Action::Preconnect(Pools::CREDENTIALED),
        }]
    }

    fn known(hints: &[Hint]) -> Knowledge<'_> {
        Knowledge::Known(Known { hints, basis: Basis::Page })
    }

    #[test]
    fn our_own_paths_never_reach_the_origin() {
        let config = config(&[]);
        let rule_sets = RuleSets::new(&config, &[]);
        let admit = |method, path, headers: &[(&str, &str)]| {
            admit(&visit(method, path, headers), &config, &rule_sets)
        };
        for (path, file) in [
            ("/_headstart/rules/site.json?t=1", RuleFile::Baseline),
            ("/_headstart/rules/signal.json", RuleFile::Signal),
        ] {
            let current = [("if-none-match", rule_sets.get(file).etag.as_str())];
            let old = [("if-none-match", "\"0123456789abcdef\"")];
            assert_eq!(admit("GET", path, &[]), Admission::RuleSet { file, fresh: false });
            assert_eq!(admit("GET", path, &current), Admission::RuleSet { file, fresh: true });
            assert_eq!(admit("GET", path, &old), Admission::RuleSet { file, fresh: false });
            assert_eq!(admit("HEAD", path, &PREFETCH), Admission::RuleSet { file, fresh: false });
            assert_eq!(admit("POST", path, &[]), Admission::MethodNotAllowed("GET, HEAD"));
        }
        assert_eq!(admit("GET", "/_headstart/", &[]), Admission::NotFound);
        assert_eq!(admit("GET", "/_headstart/x/../../", &[]), Admission::Ask);
        assert_eq!(admit("GET", "/_headstart", &[]), Admission::Ask);
    }

    #[test]
    fn only_a_speculation_is_kept_from_an_unsafe_url() {
        let config = config(&[("UNSAFE_URLS", "/poll"), ("SAFE_URLS", "/help/logout")]);
        let rule_sets = RuleSets::new(&config, &[]);
        let admit = |path, headers: &[(&str, &str)]| admit(&visit("GET", path, headers), &config, &rule_sets);
        assert_eq!(
            admit("/logout", &PREFETCH),
            Admission::Refuse(Refusal { reason: "unsafe-url;rule=sign-out".to_owned() })
        );
        assert_eq!(
            admit("/poll", &PREFETCH),
            Admission::Refuse(Refusal { reason: "unsafe-url;rule=site".to_owned() })
        );
        assert_eq!(admit("/help/logout", &PREFETCH), Admission::Ask);
        assert_eq!(admit("/logout", &[]), Admission::Ask);
        let image = [("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "image")];
        assert_eq!(admit("/logout", &image), Admission::Ask);
    }

    #[test]
    fn a_page_gets_its_hints_and_its_rules() {
        let visit = visit("GET", "/", &[]);
        let Plan::Edit(edit) = plan(&visit, &page(), known(&hints()), &config(&[]), |draw| {
            assert_eq!(draw, Draw::Page { known: true });
            false
        }) else {
            panic!("a page is edited")
        };
        assert_eq!(
            edit,
            Edit {
                append: vec![
                    ("Link", "<https://cdn.example>; rel=preconnect".to_owned()),
                    ("Speculation-Rules", "\"/_headstart/rules/site.json\"".to_owned()),
                ],
                ..Edit::default()
            }
        );
    }

    #[test]
    fn a_view_with_a_query_or_a_password_teaches_nobody() {
        let reads = |path, headers: &[(&str, &str)]| {
            let plan =
                plan(&visit("GET", path, headers), &page(), Knowledge::Unknown, &config(&[]), |_| true);
            matches!(plan, Plan::Edit(Edit { observe: Some(Reading::New), .. }))
        };
        assert!(reads("/", &[]) && reads("/?", &[("cookie", "session=1")]));
        assert!(!reads("/?img=https://evil.example/x.png", &[]));
        assert!(!reads("/", &[("authorization", "Basic YTpi")]));
    }

    #[test]
    fn a_page_is_not_told_to_connect_to_its_own_origin() {
        let mut all = hints();
        all.push(Hint {
            origin: Origin::parse("https://shop.example").unwrap(),
            action: Action::DnsPrefetch,
        });
        let Plan::Edit(edit) = plan(&visit("GET", "/", &[]), &page(), known(&all), &config(&[]), |_| false)
        else {
            panic!("a page is edited")
        };
        assert_eq!(edit.append[0].1, "<https://cdn.example>; rel=preconnect");
    }

    #[test]
    fn what_is_no_page_passes_untouched() {
        let draw = |_| -> bool { panic!("nothing to read") };
        for head in [
            Head::default(),
            Head { status: 206, ..Head::default() },
            Head { status: 304, ..Head::default() },
        ] {
            assert_eq!(plan(&visit("GET", "/", &[]), &head, known(&hints()), &config(&[]), draw), Plan::Pass);
        }
        let off = config(&[("HINTS", "off"), ("RULES", "off")]);
        assert_eq!(plan(&visit("GET", "/", &[]), &page(), known(&hints()), &off, draw), Plan::Pass);
    }

    #[test]
    fn what_cannot_be_read_is_not_observed() {
        let head = Head { is_readable: false, ..page() };
        let Plan::Edit(edit) =
            plan(&visit("GET", "/", &[]), &head, Knowledge::Unknown, &config(&[]), |_| true)
        else {
            panic!("the rules are still named")
        };
        assert_eq!(edit.observe, None);
    }

    #[test]
    fn what_the_pages_policy_blocks_or_the_site_denies_is_not_hinted() {
        let all: Vec<Hint> = ["https://cdn.example", "https://ads.example", "https://blocked.example"]
            .map(|origin| Hint { origin: Origin::parse(origin).unwrap(), action: Action::DnsPrefetch })
            .to_vec();
        let line = |csp: Option<&str>, config: &Config| {
            let head = Head { csp: csp.map(str::to_owned), ..page() };
            match plan(&visit("GET", "/", &[]), &head, known(&all), config, |_| false) {
                Plan::Edit(edit) => edit.append[0].1.clone(),
                other => panic!("{other:?}"),
            }
        };
        let csp = Some("default-src 'self'; img-src https://cdn.example https://ads.example");
        assert_eq!(
            line(csp, &config(&[])),
            "<https://cdn.example>; rel=dns-prefetch, <https://ads.example>; rel=dns-prefetch"
        );
        assert_eq!(
            line(None, &config(&[("DENY_HOSTS", "*.example cdn.example ads.example")])),
            "\"/_headstart/rules/site.json\"",
            "no Link line is left"
        );
    }

    #[test]
    fn only_views_of_known_pages_that_somebody_looks_at_are_asked_what_they_loaded() {
        let config = config(&[("BEACON_SAMPLE", "1")]);
        let tail = |headers: &[(&str, &str)], head: &Head, basis: Option<Basis>| {
            let known =
                basis.map_or(Knowledge::Unknown, |basis| Knowledge::Known(Known { hints: &[], basis }));
            match plan(&visit("GET", "/", headers), head, known, &config, |draw| draw == Draw::Beacon) {
                Plan::Edit(edit) => edit.tail.is_some(),
                _ => false,
            }
        };
        assert!(tail(&[], &page(), Some(Basis::Page)));
        assert!(!tail(&[], &page(), Some(Basis::Route)) && !tail(&[], &page(), None));
        assert!(!tail(&PREFETCH, &page(), Some(Basis::Page)));
        assert!(!tail(&[], &Head { no_transform: true, ..page() }, Some(Basis::Page)));
        assert!(!tail(&[], &Head { is_readable: false, ..page() }, Some(Basis::Page)));
        let strict = Head { csp: Some("script-src 'none'".to_owned()), ..page() };
        assert!(!tail(&[], &strict, Some(Basis::Page)));
        assert!(!holds_for_others(
            &visit("GET", "/", &[]),
            &page(),
            &plan(&visit("GET", "/", &[]), &page(), known(&[]), &config, |draw| draw == Draw::Beacon)
        ));
    }

    #[test]
    fn the_beacon_is_there_only_where_the_site_asks_for_it() {
        let on = config(&[("BEACON_SAMPLE", "0.1")]);
        let same = [("sec-fetch-site", "same-origin")];
        let admit = |config: &Config, method, path, headers: &[(&str, &str)]| {
            admit(&visit(method, path, headers), config, &RuleSets::new(config, &[]))
        };
        let (script, beacon) = ("/_headstart/beacon.js", "/_headstart/beacon");
        assert_eq!(admit(&on, "GET", script, &[]), Admission::BeaconScript);
        assert_eq!(admit(&on, "POST", script, &same), Admission::MethodNotAllowed("GET, HEAD"));
        assert_eq!(admit(&on, "POST", beacon, &same), Admission::Beacon);
        assert_eq!(admit(&on, "POST", beacon, &[]), Admission::Forbidden);
        assert_eq!(admit(&on, "GET", beacon, &same), Admission::MethodNotAllowed("POST"));
        for (method, path) in [("GET", script), ("POST", beacon)] {
            assert_eq!(admit(&config(&[]), method, path, &same), Admission::NotFound);
            let off = config(&[("BEACON_SAMPLE", "1"), ("HINTS", "off")]);
            assert_eq!(admit(&off, method, path, &same), Admission::NotFound);
        }
    }

    #[test]
    fn a_page_is_new_only_to_an_isolate_that_would_know() {
        let draws = |knowledge| {
            let mut drawn = None;
            let plan = plan(&visit("GET", "/", &[]), &page(), knowledge, &config(&[]), |draw| {
                drawn = Some(draw);
                true
            });
            let Plan::Edit(edit) = plan else { panic!("a page is edited") };
            (drawn, edit.observe)
        };
        let known = Some(Draw::Page { known: true });
        assert_eq!(draws(Knowledge::NotLoaded), (known, Some(Reading::Known)));
        assert_eq!(draws(self::known(&[])), (known, Some(Reading::Known)));
        assert_eq!(draws(Knowledge::Unknown), (Some(Draw::Page { known: false }), Some(Reading::New)));
    }

    #[test]
    fn a_stylesheet_is_read_and_else_passes() {
        let sheet = Head { status: 200, content: Content::Sheet, is_readable: true, ..Head::default() };
        let plan = |path, headers: &[(&str, &str)], draw: bool| {
            plan(&visit("GET", path, headers), &sheet, Knowledge::Unknown, &config(&[]), |what| {
                assert_eq!(what, Draw::Sheet);
                draw
            })
        };
        let read = Plan::Edit(Edit { observe: Some(Reading::Known), ..Edit::default() });
        assert_eq!(plan("/a.css?v=1", &[], true), read);
        assert_eq!(plan("/a.css?v=1", &[], false), Plan::Pass);
        assert_eq!(plan("/a.css", &[("authorization", "Basic YTpi")], true), Plan::Pass);
        assert!(holds_for_others(&visit("GET", "/a.css", &[]), &sheet, &Plan::Pass));
        assert!(!holds_for_others(&visit("GET", "/a.css", &[]), &sheet, &read));
    }

    #[test]
    fn a_speculation_is_refused_or_stripped_by_its_cookies() {
        let config = config(&[]);
        let plan = |head: Head, headers: &[(&str, &str)]| {
            plan(&visit("GET", "/", headers), &head, Knowledge::Unknown, &config, |_| false)
        };
        let setting = |cookie: &str| Head { set_cookies: vec![cookie.to_owned()], ..Head::default() };
        let with_session = [PREFETCH[0], PREFETCH[1], ("cookie", "session=1")];
        assert_eq!(
            plan(setting("session=2"), &PREFETCH),
            Plan::Refuse(Refusal { reason: "set-cookie;name=\"session\"".to_owned() })
        );
        assert_eq!(plan(setting("session=2"), &with_session), Plan::Pass);
        assert_eq!(plan(setting("session=2"), &[]), Plan::Pass);
        assert_eq!(
            plan(setting("_ga=2"), &PREFETCH),
            Plan::Edit(Edit {
                append: vec![("Vary", "Sec-Purpose".to_owned())],
                set_cookies: Some(vec![]),
                ..Edit::default()
            })
        );
        assert_eq!(
            plan(Head { clears_site_data: true, ..Head::default() }, &PREFETCH),
            Plan::Refuse(Refusal { reason: "clear-site-data".to_owned() })
        );
    }

    #[test]
    fn a_plan_holds_for_others_only_where_nothing_else_decides() {
        let config = config(&[]);
        let off = self::config(&[("HINTS", "off"), ("RULES", "off")]);
        let holds = |visit: &Visit, head: &Head, config: &Config, draw: bool| {
            holds_for_others(visit, head, &plan(visit, head, known(&hints()), config, |_| draw))
        };
        let plain = visit("GET", "/", &[]);
        let html = Head { content: Content::Html, status: 404, ..Head::default() };
        let linked = Head { link: Some("<a>; rel=b".to_owned()), ..page() };
        let ruled = Head { speculation_rules: Some("\"/a\"".to_owned()), ..page() };
        assert!(holds(&plain, &page(), &config, false));
        assert!(holds(&plain, &page(), &off, false));
        assert!(holds(&plain, &Head::default(), &config, false));
        let redirect = Head { status: 302, location: Some("/x".to_owned()), ..Head::default() };
        for head in [&html, &linked, &ruled, &redirect] {
            assert!(!holds(&plain, head, &config, false), "{head:?}");
            assert!(!holds(&plain, head, &off, false), "{head:?}");
        }
        assert!(!holds(&plain, &page(), &config, true), "a view that is read");
        assert!(!holds(&visit("GET", "/", &PREFETCH), &page(), &config, false));
        assert!(!holds(&visit("GET", "/", &[("x-moz", "prefetch")]), &page(), &config, false));
        assert!(!holds(&visit("HEAD", "/", &[]), &page(), &config, false));
    }

    proptest! {
        #[test]
        fn no_header_of_a_real_visit_changes_the_link_line(
            query in "[a-z=&%]{0,20}",
            cookie in "[ -~]{0,40}",
            accept in "[ -~]{0,40}",
        ) {
            let bare = visit("GET", "/", &[]);
            let mut other = visit("GET", "/", &[("cookie", &cookie), ("accept", &accept), ("referer", &accept)]);
            other.url.set_query(Some(&query));
            let config = config(&[]);
            prop_assert_eq!(
                plan(&bare, &page(), known(&hints()), &config, |_| false),
                plan(&other, &page(), known(&hints()), &config, |_| false)
            );
        }
    }
}
