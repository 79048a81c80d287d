//! The baseline rule set names the links that may be speculated on, as the URL Pattern crate reads it. Chromium's own
//! reading of it stands beside the tests in a browser.

use crate::support::rule_sets::{BASELINE, Table, predicate, rule_sets, table};
use headstart::endpoints::RulesFile;
use serde_json::Value;
use speculation_rules::UrlPattern;
use url::Url;

/// Whether a predicate holds for a link that nobody marked.
fn holds(predicate: &Value, url: &Url, base: &Url) -> bool {
    let (kind, value) = predicate.as_object().unwrap().iter().next().unwrap();
    match kind.as_str() {
        "and" => value.as_array().unwrap().iter().all(|clause| holds(clause, url, base)),
        "or" => value.as_array().unwrap().iter().any(|clause| holds(clause, url, base)),
        "not" => !holds(value, url, base),
        "href_matches" => {
            let patterns = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            patterns.iter().any(|pattern| {
                let pattern =
                    UrlPattern::parse(pattern, base).unwrap_or_else(|| panic!("no pattern: {pattern}"));
                pattern.matches(url)
            })
        }
        "selector_matches" => false,
        other => panic!("{other}"),
    }
}

#[test]
fn the_baseline_names_the_links_that_may_be_fetched_ahead() {
    let Table { variables, links } = table();
    let base = Url::parse("https://shop.example").unwrap().join(BASELINE).unwrap();
    let predicate = predicate(&rule_sets(&variables).get(RulesFile::Baseline).body);
    for (href, may) in links {
        assert_eq!(holds(&predicate, &base.join(href).unwrap(), &base), may, "{href}");
    }
}
