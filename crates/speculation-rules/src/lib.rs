//! What browsers make of a speculation rule set: the parsing algorithms of the HTML standard, "Speculative loading", and of the
//! engines that differ from it, as strict readers.
//!
//! A browser drops a rule that it cannot read, without a word, and a whole rule set with one mistake at its top. So what
//! emits rule sets is tested by what is left of them:
//!
//! ```
//! use speculation_rules::parse;
//! use url::Url;
//!
//! let file = Url::parse("https://shop.example/rules.json")?;
//! let set = parse(
//!     r#"{
//!         "tag": "shop",
//!         "prefetch": [
//!             { "where": { "href_matches": "/products/*" }, "eagerness": "moderate" },
//!             { "urls": ["/cart"], "eagerness": "at once" }
//!         ]
//!     }"#,
//!     &file,
//! )?;
//! let [rule] = set.prefetch.as_slice() else { panic!("no eagerness is called \"at once\": that rule is dropped") };
//! assert_eq!((rule.index, rule.eagerness.as_str()), (0, "moderate"));
//! assert_eq!(rule.tags, ["shop"]);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! ```
//!
//! [`parse`] reads as Chromium does; [`parse_as`] says for which [`Engine`].
//!
//! It is of no use to the Worker, which emits rule sets and reads none, and it brings regular expressions with Unicode
//! tables: for tests and tools.

mod pattern;
mod predicate;

pub use pattern::UrlPattern;
pub use predicate::Predicate;

use serde_json::{Map, Value};
use std::fmt;
use url::Url;

/// Whose parser reads a rule set.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Engine {
    /// The text of the standard.
    Standard,
    /// Chromium, where it is stricter: a top-level `"tag": null` voids the set, a `target_hint` must name a navigable and is
    /// dropped from prefetch rules, and `requires` voids prerender rules.
    Chromium,
    /// `WebKit`, as its source stood in 2026: it prefetches and does not prerender; what is no string where the standard takes
    /// an object as well says nothing; keys that it does not know are passed over in a predicate, and void a rule; a member of
    /// `prefetch` that is no object voids them all.
    WebKit,
}

impl Engine {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Standard, Self::Chromium, Self::WebKit];
}

/// The rules of a set that are left once a browser has dropped the others.
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
    /// Which links a document rule means; `None` for a list rule, and for a document rule that means every link.
    pub predicate: Option<Predicate>,
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

/// Why a browser drops a whole rule set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Dropped {
    /// The text is not JSON, for this reason.
    NotJson(String),
    /// The top level is no object.
    NotAnObject,
    /// The set's tag is this value, which no tag may be.
    Tag(String),
}

impl fmt::Display for Dropped {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::NotJson(error) => write!(formatter, "not JSON: {error}"),
            Self::NotAnObject => formatter.write_str("the top level is not an object"),
            Self::Tag(tag) => write!(formatter, "invalid tag: {tag}"),
        }
    }
}

impl std::error::Error for Dropped {}

/// Parses a rule set whose relative URLs are resolved against `base`.
///
/// # Errors
/// Why the whole set is dropped. A bad rule is only left out.
pub fn parse(text: &str, base: &Url) -> Result<RuleSet, Dropped> {
    parse_as(Engine::Chromium, text, base)
}

/// The same as an engine does it.
///
/// # Errors
/// Why the whole set is dropped. A bad rule is only left out.
pub fn parse_as(engine: Engine, text: &str, base: &Url) -> Result<RuleSet, Dropped> {
    let json: Value = serde_json::from_str(text).map_err(|error| Dropped::NotJson(error.to_string()))?;
    let Value::Object(top) = json else { return Err(Dropped::NotAnObject) };
    let set_tag = match top.get("tag") {
        None => None,
        Some(Value::Null) if engine == Engine::Standard => None,
        Some(Value::String(tag)) if is_tag(tag) => Some(tag.clone()),
        Some(other) => return Err(Dropped::Tag(other.to_string())),
    };
    let rules = |key: &str, kind: Kind| {
        let Some(Value::Array(entries)) = top.get(key) else { return Vec::new() };
        if engine == Engine::WebKit && (kind != Kind::Prefetch || !entries.iter().all(Value::is_object)) {
            return Vec::new();
        }
        let parsed = entries.iter().enumerate().filter_map(|(index, entry)| {
            let mut rule = parse_rule(entry.as_object()?, kind, base, engine)?;
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
fn parse_rule(rule: &Map<String, Value>, kind: Kind, base: &Url, engine: Engine) -> Option<Rule> {
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
    let mut predicate = None;
    if !is_list {
        if rule.contains_key("urls") || rule.contains_key("relative_to") {
            return None;
        }
        if let Some(meant) = rule.get("where") {
            predicate = Some(Predicate::parse(meant, base, engine)?);
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
        let fits = kind == Kind::Prefetch || engine == Engine::Standard;
        (requires.as_array()?.iter().all(known) && fits).then_some(())?;
    }
    if let Some(hint) = rule.get("expects_no_vary_search") {
        hint.as_str()?;
    }
    if let Some(target) = rule.get("target_hint") {
        let target = target.as_str()?;
        let is_keyword =
            ["_self", "_blank", "_parent", "_top"].iter().any(|keyword| target.eq_ignore_ascii_case(keyword));
        let is_meant = kind == Kind::Prerender || engine != Engine::Chromium;
        (is_meant && (is_keyword || (!target.is_empty() && !target.starts_with('_')))).then_some(())?;
    }
    let tags = match rule.get("tag") {
        None | Some(Value::Null) => Vec::new(),
        Some(Value::String(tag)) if is_tag(tag) => vec![tag.clone()],
        Some(_) => return None,
    };
    Some(Rule { index: 0, urls, predicate, eagerness: eagerness.to_owned(), tags })
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

/// A tag: printable ASCII, possibly empty.
fn is_tag(tag: &str) -> bool {
    tag.bytes().all(|byte| (0x20..=0x7e).contains(&byte))
}
