//! The table of links with which our baseline rule set is tested, natively and in Chromium.

use headstart::config::Config;
use headstart::plan::rules_delivery;
use headstart::rules::served::RuleSets;
use serde_json::Value;

/// Where the baseline is served.
pub const BASELINE: &str = "/_headstart/rules/site.json";

/// The table of links.
pub struct Table {
    /// The configuration that it is about.
    pub variables: Vec<(&'static str, &'static str)>,
    /// Each link, and whether it may be fetched ahead.
    pub links: Vec<(&'static str, bool)>,
}

pub fn table() -> Table {
    let (mut variables, mut links) = (Vec::new(), Vec::new());
    for line in include_str!("../data/rule_set_links.txt").lines() {
        match line.split_once(' ') {
            Some(("set", variable)) => variables.push(variable.split_once(' ').unwrap()),
            Some((verdict @ ("may" | "not"), href)) => links.push((href, verdict == "may")),
            _ => assert!(line.is_empty() || line.starts_with('#'), "{line}"),
        }
    }
    Table { variables, links }
}

pub fn rule_sets(variables: &[(&str, &str)]) -> RuleSets {
    rules_delivery::rule_sets(&Config::read(variables.iter().copied()).0, &[])
}

/// The predicate of the only rule.
pub fn predicate(rule_set: &str) -> Value {
    let mut json: Value = serde_json::from_str(rule_set).unwrap();
    assert_eq!(json["prefetch"].as_array().unwrap().len(), 1);
    json["prefetch"][0]["where"].take()
}
