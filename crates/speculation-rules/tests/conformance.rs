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
use speculation_rules::{UrlPattern, parse};
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
