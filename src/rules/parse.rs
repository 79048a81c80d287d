//! What a browser makes of a rule set: the parsing algorithms of HTML, "Speculative loading", as a strict reader.
//!
//! Host only. The tests hold the rule sets that Headstart emits against it, and it against public test suites.
//! Three things follow Chromium where it is stricter than the text: a top-level `"tag": null` voids the set, a
//! `target_hint` must name a navigable and is dropped from prefetch rules, and `requires` voids prerender rules.

use serde_json::{Map, Value};
use url::Url;
use urlpattern::{UrlPattern, UrlPatternInit, UrlPatternOptions};

/// A rule set, and which rules were dropped.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct RuleSet {
    /// The `prefetch` rules.
    pub prefetch: Vec<Rule>,
    /// The `prerender` rules.
    pub prerender: Vec<Rule>,
    /// The `prerender_until_script` rules.
    pub prerender_until_script: Vec<Rule>,
}

/// One rule that was kept.
#[derive(Clone, Debug, PartialEq)]
pub struct Rule {
    /// Its place in the array.
    pub index: usize,
    /// The URLs of a list rule, resolved; `None` for a document rule.
    pub urls: Option<Vec<Url>>,
    /// The standard's word for its eagerness.
    pub eagerness: String,
    /// The tags of the rule and its set; empty when there is none.
    pub tags: Vec<String>,
}

/// What a rule does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Kind {
    Prefetch,
    Prerender,
}

/// Parses a rule set whose relative URLs are resolved against `base`.
///
/// # Errors
/// Why the whole set is dropped. A bad rule is only left out.
pub fn parse(text: &str, base: &Url) -> Result<RuleSet, String> {
    let json: Value = serde_json::from_str(text).map_err(|error| format!("not JSON: {error}"))?;
    let Value::Object(top) = json else { return Err("the top level is not an object".to_owned()) };
    let set_tag = match top.get("tag") {
        None => None,
        Some(Value::String(tag)) if is_tag(tag) => Some(tag.clone()),
        Some(other) => return Err(format!("invalid tag: {other}")),
    };
    let rules = |key: &str, kind: Kind| {
        let Some(Value::Array(entries)) = top.get(key) else { return Vec::new() };
        let parsed = entries.iter().enumerate().filter_map(|(index, entry)| {
            let mut rule = parse_rule(entry.as_object()?, kind, base)?;
            rule.index = index;
            rule.tags.extend(set_tag.clone());
            Some(rule)
        });
        parsed.collect()
    };
    Ok(RuleSet {
        prefetch: rules("prefetch", Kind::Prefetch),
        prerender: rules("prerender", Kind::Prerender),
        prerender_until_script: rules("prerender_until_script", Kind::Prerender),
    })
}

/// "Parse a speculation rule". `None` drops the rule.
fn parse_rule(rule: &Map<String, Value>, kind: Kind, base: &Url) -> Option<Rule> {
    const KEYS: [&str; 10] = [
        "source",
        "urls",
        "where",
        "relative_to",
        "eagerness",
        "referrer_policy",
        "tag",
        "requires",
        "expects_no_vary_search",
        "target_hint",
    ];
    if !rule.keys().all(|key| KEYS.contains(&key.as_str())) {
        return None;
    }
    let is_list = match rule.get("source") {
        Some(Value::String(source)) if source == "list" => true,
        Some(Value::String(source)) if source == "document" => false,
        Some(_) => return None,
        None => match (rule.get("urls"), rule.get("where")) {
            (Some(_), None) => true,
            (None, Some(_)) => false,
            _ => return None,
        },
    };
    let urls = if is_list { Some(parse_urls(rule, base)?) } else { None };
    if !is_list {
        if rule.contains_key("urls") || rule.contains_key("relative_to") {
            return None;
        }
        if let Some(predicate) = rule.get("where") {
            check_predicate(predicate, base)?;
        }
    }
    let eagerness = match rule.get("eagerness") {
        None if is_list => "immediate",
        None => "conservative",
        Some(value) => {
            value.as_str().filter(|word| ["immediate", "eager", "moderate", "conservative"].contains(word))?
        }
    };
    if let Some(policy) = rule.get("referrer_policy") {
        let policy = policy.as_str()?;
        let known = [
            "",
            "no-referrer",
            "no-referrer-when-downgrade",
            "same-origin",
            "origin",
            "strict-origin",
            "origin-when-cross-origin",
            "strict-origin-when-cross-origin",
            "unsafe-url",
        ];
        known.contains(&policy).then_some(())?;
    }
    if let Some(requires) = rule.get("requires") {
        let known = |value: &Value| value == "anonymous-client-ip-when-cross-origin";
        (requires.as_array()?.iter().all(known) && kind == Kind::Prefetch).then_some(())?;
    }
    if let Some(hint) = rule.get("expects_no_vary_search") {
        hint.as_str()?;
    }
    if let Some(target) = rule.get("target_hint") {
        let target = target.as_str()?;
        let is_keyword =
            ["_self", "_blank", "_parent", "_top"].iter().any(|keyword| target.eq_ignore_ascii_case(keyword));
        (kind == Kind::Prerender && (is_keyword || (!target.is_empty() && !target.starts_with('_'))))
            .then_some(())?;
    }
    let tags = match rule.get("tag") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(tag)) if is_tag(tag) => vec![tag.clone()],
        Some(_) => return None,
    };
    Some(Rule { index: 0, urls, eagerness: eagerness.to_owned(), tags })
}

/// The URLs of a list rule. One that does not parse, or is not HTTP(S), is skipped; one that is no string drops the
/// rule.
fn parse_urls(rule: &Map<String, Value>, base: &Url) -> Option<Vec<Url>> {
    if rule.contains_key("where") {
        return None;
    }
    if let Some(relative_to) = rule.get("relative_to") {
        ["ruleset", "document"].contains(&relative_to.as_str()?).then_some(())?;
    }
    let mut urls = Vec::new();
    for url in rule.get("urls")?.as_array()? {
        let url = base.join(url.as_str()?).ok();
        urls.extend(url.filter(|url| matches!(url.scheme(), "http" | "https")));
    }
    Some(urls)
}

/// "Parse a document rule predicate". `None` drops the rule.
fn check_predicate(predicate: &Value, base: &Url) -> Option<()> {
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
            each(value, |pattern| check_pattern(pattern, base))
        }
        _ if others().next().is_some() => None,
        "not" => check_predicate(value, base),
        "selector_matches" => each(value, |selector| check_selector(selector.as_str()?)),
        _ => value.as_array()?.iter().try_for_each(|clause| check_predicate(clause, base)),
    }
}

/// Applies a check to a value, or to each member of an array of them.
fn each(value: &Value, check: impl Fn(&Value) -> Option<()>) -> Option<()> {
    match value {
        Value::Array(values) => values.iter().try_for_each(check),
        value => check(value),
    }
}

/// "Build a URL pattern from an Infra value".
fn check_pattern(pattern: &Value, base: &Url) -> Option<()> {
    url_pattern(pattern, base).map(|_| ())
}

/// Builds the URL pattern that a member of `href_matches` stands for; `None` when it is none.
#[must_use]
pub fn url_pattern(pattern: &Value, base: &Url) -> Option<UrlPattern> {
    let init = match pattern {
        Value::String(text) => {
            UrlPatternInit::parse_constructor_string::<regex::Regex>(text, Some(base.clone())).ok()?
        }
        Value::Object(fields) => {
            let mut init = UrlPatternInit { base_url: Some(base.clone()), ..UrlPatternInit::default() };
            for (key, value) in fields {
                let value = Some(value.as_str()?.to_owned());
                match key.as_str() {
                    "protocol" => init.protocol = value,
                    "username" => init.username = value,
                    "password" => init.password = value,
                    "hostname" => init.hostname = value,
                    "port" => init.port = value,
                    "pathname" => init.pathname = value,
                    "search" => init.search = value,
                    "hash" => init.hash = value,
                    "baseURL" => init.base_url = Some(Url::parse(value.as_deref()?).ok()?),
                    _ => return None,
                }
            }
            init
        }
        _ => return None,
    };
    UrlPattern::parse(init, UrlPatternOptions::default()).ok()
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

/// A tag: printable ASCII, possibly empty.
fn is_tag(tag: &str) -> bool {
    tag.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}
