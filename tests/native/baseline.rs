//! The baseline rule set names the links that may be speculated on, as the URL Pattern crate reads it. Chromium's own
//! reading of it stands beside the tests in a browser.

use crate::support::rule_sets::{BASELINE, Table, predicate, rule_sets, table};
use headstart::endpoints::RulesFile;
use serde_json::Value;
use speculation_rules::UrlPattern;
use url::Url;

/// Whether a predicate holds for a link without `rel` and other marks, as a function of the link.
fn compile(predicate: &Value, base: &Url) -> Box<dyn Fn(&Url) -> bool> {
    let (kind, value) = predicate.as_object().unwrap().iter().next().unwrap();
    let clauses =
        || -> Vec<_> { value.as_array().unwrap().iter().map(|clause| compile(clause, base)).collect() };
    match kind.as_str() {
        "and" => {
            let clauses = clauses();
            Box::new(move |url| clauses.iter().all(|clause| clause(url)))
        }
        "or" => {
            let clauses = clauses();
            Box::new(move |url| clauses.iter().any(|clause| clause(url)))
        }
        "not" => {
            let clause = compile(value, base);
            Box::new(move |url| !clause(url))
        }
        "href_matches" => {
            let patterns = value.as_array().cloned().unwrap_or_else(|| vec![value.clone()]);
            let compiled = patterns.iter().map(|pattern| {
                UrlPattern::parse(pattern, base).unwrap_or_else(|| panic!("no pattern: {pattern}"))
            });
            let compiled: Vec<_> = compiled.collect();
            Box::new(move |url| compiled.iter().any(|pattern| pattern.matches(url)))
        }
        "selector_matches" => Box::new(|_| false),
        other => panic!("{other}"),
    }
}

#[test]
fn the_baseline_names_the_links_that_may_be_fetched_ahead() {
    let Table { variables, links } = table();
    let base = Url::parse("https://shop.example").unwrap().join(BASELINE).unwrap();
    let holds = compile(&predicate(&rule_sets(&variables).get(RulesFile::Baseline).body), &base);
    for (href, may) in links {
        assert_eq!(holds(&base.join(href).unwrap()), may, "{href}");
    }
}
