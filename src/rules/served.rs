//! Our rule sets as files: which there are, their text, and how long a browser may keep them.
//!
//! A prefetched page asks for the rule set that it names at its activation, a prerendered one when it is rendered. Where
//! the file has to be asked for anew each time, that request tells which prefetches were used: `ACTIVATION_SIGNAL`. For a page
//! that is not to get rules of ours there is a second file without any.

use crate::endpoints::RulesFile;
use crate::hash::fnv1a;
use serde_json::{Value, json};

/// The tag of our rule sets, sent back to us in `Sec-Speculation-Tags`.
pub const TAG: &str = "headstart";

/// The tag of learned rule sets: what became of their speculations is counted apart.
pub const NEXT_TAG: &str = "headstart-next";

/// The tag of the rule that brings a ticket back: no link that somebody has planted has it.
pub const TICKET_TAG: &str = "headstart-ticket";

/// A rule set as it is served.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct RuleSet {
    /// The JSON text.
    pub body: String,
    /// A strong entity tag of the text (RFC 9110, section 8.8.3), with its quotes.
    pub etag: String,
}

impl RuleSet {
    /// A rule set with this text.
    #[must_use]
    pub fn new(body: String) -> Self {
        let etag = format!("\"{:016x}\"", fnv1a(body.as_bytes()));
        Self { body, etag }
    }

    /// The text with one more rule: to fetch this URL at once, and to name the page in full, whatever its own policy is by then.
    #[must_use]
    pub fn with_prefetch(&self, url: &str) -> Option<String> {
        let mut set: Value = serde_json::from_str(&self.body).ok()?;
        let rules = set.as_object_mut()?.entry("prefetch").or_insert_with(|| json!([]));
        rules.as_array_mut()?.push(json!({
            "urls": [url],
            "eagerness": "immediate",
            "referrer_policy": "same-origin",
            "tag": TICKET_TAG,
        }));
        Some(set.to_string())
    }

    /// Whether an `If-None-Match` value names this text (RFC 9110, section 13.1.2; weak comparison).
    #[must_use]
    pub fn is_fresh(&self, if_none_match: &str) -> bool {
        if_none_match
            .split(',')
            .map(str::trim)
            .any(|given| given == "*" || given.trim_start_matches("W/") == self.etag)
    }
}

/// The rule sets that all pages of a site share. They follow from the configuration, and from what was learned to do harm.
#[derive(Clone, Debug)]
pub struct RuleSets {
    baseline: RuleSet,
    signal: RuleSet,
    /// The `Cache-Control` of all of them.
    pub cache_control: &'static str,
}

impl RuleSets {
    /// The rule sets around this baseline. `activation_signal` says whether browsers are to ask for them with each page.
    #[must_use]
    pub fn new(baseline: RuleSet, activation_signal: bool) -> Self {
        Self {
            baseline,
            signal: RuleSet::new(json!({ "tag": TAG }).to_string()),
            cache_control: if activation_signal {
                // Asked for anew with every page, and answered by a few bytes while it is the same.
                "no-cache"
            } else {
                "public, max-age=3600"
            },
        }
    }

    /// One of them.
    #[must_use]
    pub fn get(&self, file: RulesFile) -> &RuleSet {
        match file {
            RulesFile::Baseline => &self.baseline,
            RulesFile::Signal => &self.signal,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule_sets(activation_signal: bool) -> RuleSets {
        RuleSets::new(RuleSet::new("{}".to_owned()), activation_signal)
    }

    #[test]
    fn a_rule_comes_on_top_of_those_that_are_there() {
        let added = json!({
            "urls": ["/a?t=1"], "eagerness": "immediate", "referrer_policy": "same-origin", "tag": TICKET_TAG,
        });
        for set in [json!({ "tag": TAG }), json!({ "tag": TAG, "prefetch": [{ "urls": ["/b"] }] })] {
            let text = RuleSet::new(set.to_string()).with_prefetch("/a?t=1").unwrap();
            let mut changed: Value = serde_json::from_str(&text).unwrap();
            assert_eq!(changed["prefetch"].as_array_mut().unwrap().pop().unwrap(), added);
            assert_eq!(changed["prefetch"], set.get("prefetch").cloned().unwrap_or(json!([])));
            assert_eq!(changed["tag"], TAG);
        }
    }

    #[test]
    fn the_entity_tag_follows_the_text() {
        let (a, b) = (RuleSet::new("{}".to_owned()), RuleSet::new("{ }".to_owned()));
        assert_eq!(a, RuleSet::new("{}".to_owned()));
        assert_ne!(a.etag, b.etag);
        assert!(a.is_fresh(&a.etag));
        assert!(a.is_fresh(&format!("\"x\" , W/{}", a.etag)));
        assert!(a.is_fresh("*"));
        assert!(!a.is_fresh(&b.etag));
        assert!(!a.is_fresh(""));
    }

    #[test]
    fn without_the_signal_the_same_files_may_be_kept() {
        let (on, off) = (rule_sets(true), rule_sets(false));
        assert_eq!((on.cache_control, off.cache_control), ("no-cache", "public, max-age=3600"));
        for file in [RulesFile::Baseline, RulesFile::Signal] {
            assert_eq!(on.get(file), off.get(file));
        }
        assert_eq!(on.get(RulesFile::Signal).body, "{\"tag\":\"headstart\"}");
        assert_ne!(on.get(RulesFile::Signal).etag, on.get(RulesFile::Baseline).etag);
    }
}
