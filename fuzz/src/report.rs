//! The report's pages, where names are hostile: whoever asks for a page, sets a cookie or names a host has a say in what they show.
//!
//! An input is the query of `/_headstart/why` (a line), and lines of names, which stand wherever a name can.
//!
//! - A page has no element that runs, loads or leads anywhere but to the report, and no attribute that does.
//! - No name is markup: it stands in the page only with everything escaped that means something.
//! - The figures for Prometheus are lines of its format, whatever labels hold, and JSON is JSON.

use crate::input::Input;
use crate::site::{CONFIG, DAY_MS, NOW, SITE};
use headstart::effects::quarantine::SeenRoute;
use headstart::fault::{Blame, Fault};
use headstart::ineligible::Affected;
use headstart::learn::figures::{Figures, Kept};
use headstart::learn::next::visitor::day_of;
use headstart::plan::own_answers::OwnAnswer;
use headstart::plan::rules_delivery;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::report::model::{Inputs, Isolate, Known, Learner, Next, QuarantinedRoute, Query, Report};
use headstart::report::why::{Asked, Context, explain};
use headstart::report::{answers, metrics, page, why_page};
use headstart::rewrite::testing::elements;
use headstart::rules::served::RuleSets;
use headstart::switches::Switches;
use headstart::tally::{CookieTally, Counted, Fate, Tally, View};
use serde_json::json;
use std::sync::LazyLock;
use url::Url;

static RULE_SETS: LazyLock<RuleSets> = LazyLock::new(|| rules_delivery::rule_sets(&CONFIG, &[]));

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let query = input.line();
    let names: Vec<String> = input.lines().take(6).map(std::borrow::Cow::into_owned).collect();
    let name = |at: usize| names.get(at % names.len().max(1)).cloned().unwrap_or_default();
    let (hints, next) = published(&name);
    let known = Known::read(&hints).unwrap();
    let next = Next { snapshot: Some(NextPageSnapshot::parse(&next).unwrap()) };
    let inputs = Inputs {
        site: SITE,
        now: NOW,
        config: &CONFIG,
        switches: Switches::parse(
            &json!({ "paths": { format!("/{}", name(0).replace(['?', '#'], "")): "off" } }).to_string(),
        )
        .ok(),
        variables: vec![("ORIGIN".to_owned(), name(1))],
        mistakes: vec![name(2)],
        missing: Vec::new(),
        hints: vec![known],
        next,
        learners: vec![learner(&name)],
        isolate: isolate(&name),
        query: Query { page: None, filter: String::new(), from: 0 },
    };
    let mut report = Report::of(&inputs);
    report.filter = name(5);
    serde_json::to_string(&report).unwrap();
    check_page(&page::report(&report, "mark").into_string(), &names);
    check_metrics(&metrics::text(&report, &inputs));
    // What went wrong is said in plain text, which no browser takes for anything else.
    let OwnAnswer { lines, .. } = answers::undone(&Fault::new(Blame::Visitor, name(3)));
    for line in [("Content-Type", "text/plain; charset=utf-8"), ("X-Content-Type-Options", "nosniff")] {
        assert!(lines.iter().any(|(name, value)| (*name, value.as_ref()) == line), "{lines:?}");
    }
    why(&query, &inputs, &names);
}

/// What is published of pages that are called so.
fn published(name: &dyn Fn(usize) -> String) -> (String, String) {
    let path = |at: usize| format!("/{}", name(at));
    let hints = json!({
        "version": 2,
        "pages": { path(0): [["https://a.example", 1]], path(1): [] },
        "routes": { path(2): [] },
        "preloads": { path(0): [{ "u": path(3), "as": "image", "s": name(4), "m": name(5) }] },
        "largest": { path(0): name(1) },
        "asks": { path(0): 3 },
        "why": { path(0): [[97, 310, 2, 0], [50, 20, 1, 3]] },
    });
    let next = json!({
        "version": 1,
        "pages": { path(0): { "next": [[path(1), 0.5, 3, 0, 0, [1, 2, 3]]], "own": 1 } },
        "out": [name(2), name(3), name(4)],
        "harmful": 2,
        "suspects": 1,
        "why": [[name(4), 1], [name(5), 2]],
        "cleared": [name(0)],
    });
    (hints.to_string(), next.to_string())
}

fn learner(name: &dyn Fn(usize) -> String) -> Learner {
    let mut tally = Tally::default();
    let mut cookie = CookieTally::default();
    cookie.add(&name(1), Fate::Deferred);
    tally.add_cookies(name(0), &cookie);
    tally.add(Counted::View(View::Plain), 7);
    tally.add(Counted::Why(&name(2), Some(&name(3))), 1);
    let kept = vec![Kept { kind: name(4), records: 2, bytes: 1500 }];
    let days = [(day_of(NOW), tally.clone()), (day_of(NOW - DAY_MS), tally)].into();
    let figures = Figures { days, kept, published_at: Some(NOW - 90_000), ..Figures::default() };
    Learner { name: name(5), published_bytes: Some(7), figures, faults: vec![name(0)] }
}

fn isolate(name: &dyn Fn(usize) -> String) -> Isolate {
    let affected = [Affected::WithCookie(name(1)), Affected::WithoutCookie(name(2))];
    let routes = affected.map(|affected| {
        QuarantinedRoute::from(&SeenRoute { template: name(0), affected, pages: 3, networks: 4 })
    });
    Isolate { views: 7, quarantined_pages: 4, quarantined_routes: routes.into() }
}

fn why(query: &str, inputs: &Inputs<'_>, names: &[String]) {
    let mut asking = Url::parse("https://shop.example/_headstart/why").unwrap();
    asking.set_query(Some(query));
    let Ok(asked) = Asked::read(&asking) else { return };
    assert_eq!(asked.url.origin(), asking.origin());
    let context = Context {
        site: SITE,
        config: &CONFIG,
        rule_sets: &RULE_SETS,
        hints: &inputs.hints,
        next: &inputs.next,
        site_next: None,
        met: None,
        now: NOW,
    };
    let explanation = explain(&asked, &context);
    serde_json::to_string(&explanation).unwrap();
    let html = why_page::page(&explanation, SITE, &asked.cookies, &asked.set_cookies).into_string();
    let mut names = names.to_vec();
    names.extend([asked.cookies.clone()].into_iter().chain(asked.set_cookies.iter().cloned()));
    check_page(&html, &names);
}

fn check_page(html: &str, names: &[String]) {
    const RUNS: [&str; 12] = [
        "script", "img", "iframe", "object", "embed", "base", "frame", "audio", "video", "textarea",
        "template", "math",
    ];
    for (element, attributes) in elements(html.as_bytes(), |_| {}) {
        assert!(!RUNS.contains(&element.as_str()), "<{element}>");
        for (name, value) in attributes {
            assert!(!name.starts_with("on") && name != "style" && name != "srcdoc", "{element} {name}");
            let leads = matches!(name.as_str(), "href" | "src" | "action" | "formaction" | "xlink:href");
            let is_own = value.starts_with("/_headstart/") || value.starts_with('#') || value == "data:,";
            assert!(!leads || is_own, "{element} {name}={value}");
        }
    }
    // What would be markup is in the page in no other way than escaped.
    let markup = |name: &&String| name.contains('<') && name.len() > 1;
    for name in names.iter().filter(markup) {
        let piece = &name[name.find('<').unwrap()..];
        let is_ours = page_has_by_itself(piece);
        assert!(is_ours || !html.contains(piece), "{piece}");
    }
    assert!(!html.contains(['\0', '\u{202e}', '\u{2066}']));
    for tag in html.split('<').skip(1) {
        let tag = tag.split('>').next().unwrap();
        assert_eq!(tag.matches('"').count() % 2, 0, "{tag}");
    }
}

/// Whether something is the beginning of a tag that the report writes itself.
fn page_has_by_itself(piece: &str) -> bool {
    static ITSELF: LazyLock<String> = LazyLock::new(|| {
        let (hints, next) = published(&|at| format!("name-{at}"));
        let inputs = Inputs {
            site: SITE,
            now: NOW,
            config: &CONFIG,
            switches: Some(Switches::default()),
            variables: Vec::new(),
            mistakes: vec!["a".to_owned()],
            missing: Vec::new(),
            hints: vec![Known::read(&hints).unwrap()],
            next: Next { snapshot: Some(NextPageSnapshot::parse(&next).unwrap()) },
            learners: vec![learner(&|at| format!("name-{at}"))],
            isolate: isolate(&|at| format!("name-{at}")),
            query: Query::default(),
        };
        page::report(&Report::of(&inputs), "mark").into_string()
    });
    // A few letters stand in any page.
    piece.len() <= 4 || ITSELF.contains(piece)
}

/// Lines of Prometheus's text format: comments, and names with labels in quotes and a number.
fn check_metrics(text: &str) {
    for line in text.lines().filter(|line| !line.starts_with("# ")) {
        let is_name = |byte: u8| byte.is_ascii_alphanumeric() || byte == b'_';
        let mut rest = line.trim_start_matches(|letter| u8::try_from(letter).is_ok_and(is_name));
        if let Some(labels) = rest.strip_prefix('{') {
            rest = labels;
            loop {
                let (label, quoted) = rest.split_once("=\"").unwrap_or_else(|| panic!("{line}"));
                assert!(!label.is_empty() && label.bytes().all(is_name), "{line}");
                let mut letters = quoted.char_indices();
                let end = loop {
                    match letters.next().unwrap_or_else(|| panic!("{line}")) {
                        (_, '\\') => assert!(matches!(letters.next(), Some((_, '\\' | '"' | 'n'))), "{line}"),
                        (at, '"') => break at,
                        _ => {}
                    }
                };
                rest = &quoted[end + 1..];
                match rest.strip_prefix(',') {
                    Some(more) => rest = more,
                    None => break,
                }
            }
            rest = rest.strip_prefix('}').unwrap_or_else(|| panic!("{line}"));
        }
        let number = rest.strip_prefix(' ').unwrap_or_else(|| panic!("{line}"));
        assert!(number.parse::<f64>().is_ok_and(f64::is_finite), "{line}");
    }
}
