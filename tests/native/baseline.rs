//! The baseline rule set names the links that may be speculated on, as each engine reads it. Chromium's own reading of it stands
//! beside the tests in a browser.

use crate::support::rule_sets::{BASELINE, Table, rule_sets, table};
use headstart::endpoints::RulesFile;
use speculation_rules::{Engine, parse_as};
use url::Url;

#[test]
fn the_baseline_names_the_links_that_may_be_fetched_ahead_in_every_engine() {
    let Table { variables, links } = table();
    let base = Url::parse("https://shop.example").unwrap().join(BASELINE).unwrap();
    let sets = rule_sets(&variables);
    for engine in Engine::ALL {
        let set = parse_as(engine, &sets.get(RulesFile::Baseline).body, &base).unwrap();
        let [rule] = set.prefetch.as_slice() else { panic!("{engine:?}: {set:?}") };
        let predicate = rule.predicate.as_ref().unwrap();
        for (href, may) in &links {
            // A link without `rel` and other marks.
            assert_eq!(predicate.matches(&base.join(href).unwrap(), &|_| false), *may, "{engine:?} {href}");
            assert!(!predicate.matches(&base.join(href).unwrap(), &|_| true), "{engine:?} {href}, marked");
        }
    }
}
