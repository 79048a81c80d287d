//! The predicates of document rules.

use crate::UrlPattern;
use serde_json::Value;
use url::Url;

/// "Parse a document rule predicate". `None` drops the rule.
pub fn check(predicate: &Value, base: &Url) -> Option<()> {
    let predicate = predicate.as_object()?;
    let kinds = ["and", "or", "not", "href_matches", "selector_matches"];
    let mut found = kinds.iter().filter_map(|kind| Some((*kind, predicate.get(*kind)?)));
    let (kind, value) = found.next()?;
    if found.next().is_some() {
        return None;
    }
    let others = || predicate.keys().filter(|key| *key != kind);
    match kind {
        "href_matches" => {
            others().all(|key| key == "relative_to").then_some(())?;
            if let Some(relative_to) = predicate.get("relative_to") {
                ["ruleset", "document"].contains(&relative_to.as_str()?).then_some(())?;
            }
            each(value, |pattern| UrlPattern::parse(pattern, base).map(|_| ()))
        }
        _ if others().next().is_some() => None,
        "not" => check(value, base),
        "selector_matches" => each(value, |selector| check_selector(selector.as_str()?)),
        _ => value.as_array()?.iter().try_for_each(|clause| check(clause, base)),
    }
}

/// Applies a check to a value, or to each member of an array of them.
fn each(value: &Value, check: impl Fn(&Value) -> Option<()>) -> Option<()> {
    match value {
        Value::Array(values) => values.iter().try_for_each(check),
        value => check(value),
    }
}

/// Whether a selector parses. lol_html knows fewer selectors than a browser; what it only does not support passes.
fn check_selector(selector: &str) -> Option<()> {
    use lol_html::errors::SelectorError;
    match selector.parse::<lol_html::Selector>() {
        Ok(_)
        | Err(
            SelectorError::UnsupportedPseudoClassOrElement
            | SelectorError::UnsupportedCombinator(_)
            | SelectorError::UnsupportedSyntax
            | SelectorError::NestedNegation,
        ) => Some(()),
        Err(_) => None,
    }
}
