//! The baseline rule set: one cautious document rule for every page of the site.
//!
//! Everything same-origin may be prefetched, except what has a query, what an unsafe-URL pattern names, and links that
//! their author marked. It uses only keys that every engine with speculation rules knows: one unknown key in a rule
//! and a browser drops the rule. The `tag` stands at the top level, where older engines ignore it.
//!
//! What the file says depends on the configuration alone.

use crate::effects::unsafe_url::{RULE_SET_EXCLUSIONS, UnsafeUrls};
use serde_json::{Value, json};

/// Where the baseline rule set is served.
pub const PATH: &str = "/_headstart/rules/site.json";

/// The tag of our rule sets, sent back to us in `Sec-Speculation-Tags`.
pub const TAG: &str = "headstart";

/// When a browser acts on a rule (HTML, "speculation rule eagerness").
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Eagerness {
    /// When the visitor presses the link.
    #[default]
    Conservative,
    /// When the visitor hovers for a moment.
    Moderate,
    /// At the slightest sign.
    Eager,
    /// At once, for every link on the page.
    Immediate,
}

impl Eagerness {
    /// Reads the standard's word for it.
    #[must_use]
    pub fn parse(word: &str) -> Option<Self> {
        [Self::Conservative, Self::Moderate, Self::Eager, Self::Immediate]
            .into_iter()
            .find(|eagerness| eagerness.as_str() == word)
    }

    /// The standard's word for it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Conservative => "conservative",
            Self::Moderate => "moderate",
            Self::Eager => "eager",
            Self::Immediate => "immediate",
        }
    }
}

/// Links that their author keeps from being speculated on, by themselves or by an ancestor.
const MARKED_LINKS: [&str; 6] = [
    "a[rel~=\"nofollow\"], area[rel~=\"nofollow\"]",
    "a[download], area[download]",
    ".no-prefetch",
    ".no-prefetch a",
    "[data-no-prefetch]",
    "[data-no-prefetch] a",
];

/// A rule set as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The JSON text.
    pub body: String,
    /// A strong entity tag of the text (RFC 9110, section 8.8.3), with its quotes.
    pub etag: String,
}

/// Writes the baseline rule set.
#[must_use]
pub fn rule_set(eagerness: Eagerness, unsafe_urls: &UnsafeUrls) -> RuleSet {
    // `\\?` and `(.+)`: without them `?` is a modifier of `*`, and an empty query matches.
    let mut excluded: Vec<Value> = vec![json!("/*\\?(.+)"), json!(format!("{}*", crate::OWN_PREFIX))];
    excluded.extend(RULE_SET_EXCLUSIONS.iter().map(|pattern| json!(pattern)));
    // The object form: in a string, a `:` would end a scheme even when it is escaped.
    excluded.extend(
        unsafe_urls.added().iter().filter_map(|glob| Some(json!({ "pathname": glob.pathname_pattern()? }))),
    );
    let body = json!({
        "tag": TAG,
        "prefetch": [{
            "source": "document",
            "where": { "and": [
                { "href_matches": "/*" },
                { "not": { "href_matches": excluded } },
                { "not": { "selector_matches": MARKED_LINKS } },
            ] },
            "eagerness": eagerness.as_str(),
        }],
    })
    .to_string();
    let etag = format!("\"{:016x}\"", crate::learn::snapshot::fnv1a(body.as_bytes()));
    RuleSet { body, etag }
}

/// Whether an `If-None-Match` value names this entity tag (RFC 9110, section 13.1.2; weak comparison).
#[must_use]
pub fn is_fresh(if_none_match: &str, etag: &str) -> bool {
    if_none_match
        .split(',')
        .map(str::trim)
        .any(|given| given == "*" || given.trim_start_matches("W/") == etag)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::unsafe_url::UrlGlob;

    #[test]
    fn the_rule_set_says_what_is_configured() {
        let added = vec![UrlGlob::parse("/poll/*").unwrap(), UrlGlob::parse("/*?x=1").unwrap()];
        let set = rule_set(Eagerness::Moderate, &UnsafeUrls::new(added, Vec::new()));
        let json: Value = serde_json::from_str(&set.body).unwrap();
        assert_eq!(json["tag"], "headstart");
        assert_eq!(json["prefetch"].as_array().unwrap().len(), 1);
        assert_eq!(json["prefetch"][0]["eagerness"], "moderate");
        let excluded = json["prefetch"][0]["where"]["and"][1]["not"]["href_matches"].as_array().unwrap();
        assert_eq!(excluded.len(), 3 + RULE_SET_EXCLUSIONS.len());
        assert_eq!(excluded.last().unwrap(), &json!({ "pathname": "/poll/*" }));
    }

    #[test]
    fn the_entity_tag_follows_the_text() {
        let urls = UnsafeUrls::new(Vec::new(), Vec::new());
        let a = rule_set(Eagerness::Conservative, &urls);
        let b = rule_set(Eagerness::Moderate, &urls);
        assert_eq!(a, rule_set(Eagerness::Conservative, &urls));
        assert_ne!(a.etag, b.etag);
        assert!(is_fresh(&a.etag, &a.etag));
        assert!(is_fresh(&format!("\"x\" , W/{}", a.etag), &a.etag));
        assert!(is_fresh("*", &a.etag));
        assert!(!is_fresh(&b.etag, &a.etag));
        assert!(!is_fresh("", &a.etag));
    }
}
