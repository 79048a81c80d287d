//! The reader against tables of input and expected output: our own in tests/data, and a larger collection from public
//! test suites where one lies beside the checkout.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use proptest::prelude::*;
use serde_json::{Value, json};
use speculation_rules::{Engine, UrlPattern, parse, parse_as};
use std::path::Path;
use url::Url;

/// The cases of a section: our own, then the public ones where they are. Our own must never be missing.
fn cases(section: &str) -> Vec<Value> {
    let package = Path::new(env!("CARGO_MANIFEST_DIR"));
    let of = |path: &Path| {
        let text =
            std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
        let sections: Value = serde_json::from_str(&text).unwrap();
        sections[section].as_array().cloned().unwrap_or_else(|| panic!("no {section} in {}", path.display()))
    };
    let mut cases = of(&package.join("tests/data/conformance.json"));
    let public = package.join("../../../shared/conformance/cases.json");
    if public.exists() {
        cases.extend(of(&public));
    }
    cases
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("no {key} in {case}"))
}

#[test]
fn rule_sets() {
    for case in cases("speculation_rule_sets") {
        let base = Url::parse(text(&case, "ruleset_base_url")).unwrap();
        let parsed = parse(text(&case, "input"), &base);
        let expect = &case["expect"];
        let Ok(set) = parsed else {
            assert_eq!(expect["set"], "dropped", "{case}: {parsed:?}");
            continue;
        };
        assert_eq!(expect["set"], "ok", "{case}");
        let lists = [
            ("prefetch", &set.prefetch),
            ("prerender", &set.prerender),
            ("prerender_until_script", &set.prerender_until_script),
        ];
        for (key, rules) in lists {
            if expect[key].is_array() {
                let kept: Vec<usize> = rules.iter().map(|rule| rule.index).collect();
                assert_eq!(json!(kept), expect[key], "{key} of {case}");
            }
        }
        if let Some(eagerness) = case["effective_eagerness"].as_array() {
            let found: Vec<&str> = set.prefetch.iter().map(|rule| rule.eagerness.as_str()).collect();
            assert_eq!(json!(found), json!(eagerness), "{case}");
        }
        if let Some(urls) = case["resolved_urls"].as_array() {
            let found: Vec<&str> =
                set.prefetch.iter().flat_map(|rule| rule.urls.iter().flatten()).map(Url::as_str).collect();
            assert_eq!(json!(found), json!(urls), "{case}");
        }
    }
}

#[test]
fn url_patterns() {
    for case in cases("href_matches") {
        let base = match case["base_url"].as_str() {
            Some(base) => Url::parse(base).ok(),
            // Its base stands in the pattern.
            None => case["href_matches"]["baseURL"].as_str().and_then(|base| Url::parse(base).ok()),
        };
        // A rule set always has a URL; the public cases without one are about other uses of patterns.
        let Some(base) = base else { continue };
        let pattern = UrlPattern::parse(&case["href_matches"], &base);
        if case["pattern_error"] == true {
            assert!(pattern.is_none(), "{case}");
            continue;
        }
        let pattern = pattern.unwrap_or_else(|| panic!("no pattern: {case}"));
        let url = Url::parse(text(&case, "url")).unwrap();
        assert_eq!(json!(pattern.matches(&url)), case["match"], "{case}");
    }
}

proptest! {
    #[test]
    fn any_text_is_survived(text in "\\PC{0,200}") {
        let base = Url::parse("https://page.test/").unwrap();
        let _ = parse(&text, &base);
        let _ = parse(&format!("{{\"prefetch\":[{text}]}}"), &base);
    }
}

/// What an engine keeps of a prefetch rule with this predicate.
fn keeps(engine: Engine, predicate: &Value) -> bool {
    let base = Url::parse("https://shop.example/rules.json").unwrap();
    let text = json!({ "prefetch": [{ "where": predicate }] }).to_string();
    parse_as(engine, &text, &base).unwrap().prefetch.len() == 1
}

#[test]
fn webkit_reads_patterns_and_selectors_that_are_strings_and_nothing_else() {
    for (predicate, standard, webkit) in [
        (json!({ "href_matches": "/a" }), true, true),
        (json!({ "href_matches": ["/a", "/b"] }), true, true),
        (json!({ "href_matches": { "pathname": "/a" } }), true, false),
        (json!({ "href_matches": ["/a", { "pathname": "/b" }] }), true, false),
        (json!({ "not": { "href_matches": { "pathname": "/a" } } }), true, false),
        (json!({ "and": [{ "href_matches": "/a" }, { "selector_matches": [".a"] }] }), true, true),
        (json!({ "and": [{ "href_matches": "/a" }, { "selector_matches": 1 }] }), false, false),
        (json!({ "or": [] }), true, true),
        (json!({ "href_matches": "/a", "unknown": 1 }), false, true),
        (json!({ "href_matches": "/a", "relative_to": "document" }), true, true),
        (json!({ "url_matches": "/a" }), false, true),
        (json!({ "and": "/a", "href_matches": "/a" }), false, true),
        (json!({ "href_matches": "/scope:0" }), false, false),
        (json!({}), false, false),
    ] {
        assert_eq!(keeps(Engine::Standard, &predicate), standard, "{predicate}");
        assert_eq!(keeps(Engine::Chromium, &predicate), standard, "{predicate}");
        assert_eq!(keeps(Engine::WebKit, &predicate), webkit, "{predicate}");
    }
}

#[test]
fn webkit_takes_a_pattern_and_a_selector_beside_each_other_for_both() {
    let base = Url::parse("https://shop.example/rules.json").unwrap();
    let text = r#"{ "prefetch": [{ "where": { "href_matches": "/a", "selector_matches": ".a" } }] }"#;
    let set = parse_as(Engine::WebKit, text, &base).unwrap();
    let predicate = set.prefetch[0].predicate.as_ref().unwrap();
    let holds = |path: &str, is_marked: bool| predicate.matches(&base.join(path).unwrap(), &|_| is_marked);
    assert!(holds("/a", true) && !holds("/a", false) && !holds("/b", true));
}

#[test]
fn engines_differ_in_what_a_rule_may_have_besides() {
    let base = Url::parse("https://shop.example/rules.json").unwrap();
    let kept = |text: &str| {
        Engine::ALL.map(|engine| {
            parse_as(engine, text, &base).map_or(0, |set| set.prefetch.len() + set.prerender.len())
        })
    };
    assert_eq!(kept(r#"{ "tag": null, "prefetch": [{ "urls": ["/a"] }] }"#), [1, 0, 0]);
    assert_eq!(kept(r#"{ "prefetch": [{ "urls": ["/a"], "target_hint": "_blank" }] }"#), [1, 0, 1]);
    assert_eq!(kept(r#"{ "prefetch": [{ "urls": ["/a"], "unknown": 1 }] }"#), [0, 0, 0]);
    assert_eq!(kept(r#"{ "prefetch": [1, { "urls": ["/a"] }] }"#), [1, 1, 0]);
    assert_eq!(kept(r#"{ "prerender": [{ "urls": ["/a"] }] }"#), [1, 1, 0]);
}
