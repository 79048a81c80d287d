//! The predicates of document rules.

use crate::{Engine, UrlPattern};
use serde_json::Value;
use url::Url;

/// Which links a document rule means.
#[derive(Clone, Debug, PartialEq)]
pub enum Predicate {
    /// Those that all of these mean.
    And(Vec<Self>),
    /// Those that one of these means.
    Or(Vec<Self>),
    /// Those that this does not mean.
    Not(Box<Self>),
    /// Those whose URL matches one of these patterns.
    Href(Vec<UrlPattern>),
    /// Those that match one of these CSS selectors.
    Selector(Vec<String>),
}

impl Predicate {
    /// Whether a link to `url` is meant; `is_selected` says whether it matches a CSS selector.
    pub fn matches(&self, url: &Url, is_selected: &dyn Fn(&str) -> bool) -> bool {
        match self {
            Self::And(clauses) => clauses.iter().all(|clause| clause.matches(url, is_selected)),
            Self::Or(clauses) => clauses.iter().any(|clause| clause.matches(url, is_selected)),
            Self::Not(clause) => !clause.matches(url, is_selected),
            Self::Href(patterns) => patterns.iter().any(|pattern| pattern.matches(url)),
            Self::Selector(selectors) => selectors.iter().any(|selector| is_selected(selector)),
        }
    }

    /// "Parse a document rule predicate", as an engine does it. `None` drops the rule.
    pub(crate) fn parse(predicate: &Value, base: &Url, engine: Engine) -> Option<Self> {
        match engine {
            Engine::Standard | Engine::Chromium => by_standard(predicate, base, engine),
            Engine::WebKit => by_webkit(predicate, base),
        }
    }
}

fn clauses(value: &Value, base: &Url, engine: Engine) -> Option<Vec<Predicate>> {
    value.as_array()?.iter().map(|clause| Predicate::parse(clause, base, engine)).collect()
}

fn by_standard(predicate: &Value, base: &Url, engine: Engine) -> Option<Predicate> {
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
            each(value, |pattern| UrlPattern::parse(pattern, base)).map(Predicate::Href)
        }
        _ if others().next().is_some() => None,
        "not" => Some(Predicate::Not(Box::new(Predicate::parse(value, base, engine)?))),
        "selector_matches" => each(value, selector).map(Predicate::Selector),
        "and" => clauses(value, base, engine).map(Predicate::And),
        _ => clauses(value, base, engine).map(Predicate::Or),
    }
}

/// As `SpeculationRules.cpp` of `WebKit` has it: the first of `and`, `or` and `not` that has the right type counts, and whatever
/// stands beside it is passed over. A pattern or selector that is no string says nothing; where nothing is left, the rule is
/// dropped. Patterns are compiled only when a link is looked at; one that does not compile drops the rule here, since it would
/// lose an exclusion there.
fn by_webkit(predicate: &Value, base: &Url) -> Option<Predicate> {
    let predicate = predicate.as_object()?;
    for (kind, build) in [("and", Predicate::And as fn(_) -> _), ("or", Predicate::Or)] {
        if let Some(value @ Value::Array(_)) = predicate.get(kind) {
            return clauses(value, base, Engine::WebKit).map(build);
        }
    }
    if let Some(value @ Value::Object(_)) = predicate.get("not") {
        return Some(Predicate::Not(Box::new(by_webkit(value, base)?)));
    }
    let strings = |key: &str| match predicate.get(key) {
        Some(value @ Value::String(_)) => vec![value.clone()],
        Some(Value::Array(values)) if values.iter().all(Value::is_string) => values.clone(),
        _ => Vec::new(),
    };
    let patterns = [strings("url_matches"), strings("href_matches")].concat();
    let patterns: Option<Vec<_>> = patterns.iter().map(|pattern| UrlPattern::parse(pattern, base)).collect();
    let selectors: Option<Vec<_>> = strings("selector_matches").iter().map(selector).collect();
    let (patterns, selectors) = (patterns?, selectors?);
    match (patterns.is_empty(), selectors.is_empty()) {
        (false, false) => {
            Some(Predicate::And(vec![Predicate::Href(patterns), Predicate::Selector(selectors)]))
        }
        (false, true) => Some(Predicate::Href(patterns)),
        (true, false) => Some(Predicate::Selector(selectors)),
        (true, true) => None,
    }
}

/// Reads a value, or each member of an array of them.
fn each<T>(value: &Value, read: impl Fn(&Value) -> Option<T>) -> Option<Vec<T>> {
    match value {
        Value::Array(values) => values.iter().map(read).collect(),
        value => Some(vec![read(value)?]),
    }
}

/// A selector that parses. lol_html knows fewer selectors than a browser; what it only does not support passes.
fn selector(selector: &Value) -> Option<String> {
    use lol_html::errors::SelectorError;
    let selector = selector.as_str()?;
    match selector.parse::<lol_html::Selector>() {
        Ok(_)
        | Err(
            SelectorError::UnsupportedPseudoClassOrElement
            | SelectorError::UnsupportedCombinator(_)
            | SelectorError::UnsupportedSyntax
            | SelectorError::NestedNegation,
        ) => Some(selector.to_owned()),
        Err(_) => None,
    }
}
