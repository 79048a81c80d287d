//! Our rule sets as files: which there are, their text, which of them a page names, and how long a browser may keep them.
//!
//! A prefetched page asks for the rule set that it names at its activation, a prerendered one when it is rendered. Where
//! the file has to be asked for anew each time, that request tells which prefetches were used: `ACTIVATION_SIGNAL`. For a page
//! that is not to get rules of ours there is a second file without any.
//!
//! Where the baseline's eagerness regulates itself, a page on which it has risen names another file, by the page's path alone, so
//! that caches may keep the answer. Whether a visitor points with a mouse or a finger decides only what such a file says, to a
//! browser that asks for it anew each time. When no page is moderate any more, all files say the same: an old answer in a cache
//! names nothing that has been withdrawn. Where the baseline rests, the file of all pages is the one that names nothing.

use crate::endpoints::RulesFile;
use crate::hash::fnv1a;
use crate::published::baseline_eagerness::{BaselineEagerness, Step};
use crate::speculation::Pointer;
use serde_json::{Map, Value, json};

/// The tag of our rule sets, sent back to us in `Sec-Speculation-Tags`.
pub const TAG: &str = "headstart";

/// The tag of the moderate baseline where it regulates itself: what became of its speculations is counted apart, whatever the page
/// would be given by now.
pub const MODERATE_TAG: &str = "headstart-moderate";

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

    /// A rule set that names nothing: a browser that asks for it anew tells of an activation by that.
    #[must_use]
    pub fn empty() -> Self {
        Self::new(json!({ "tag": TAG }).to_string())
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

    /// The text with the rules of another set in front. Each rule says by its own tag of which set it is. Of two rules that mean the same
    /// link browsers keep the first.
    #[must_use]
    pub fn behind(&self, other: &Self) -> Option<String> {
        let mut all = Map::new();
        for set in [other, self] {
            let set: Map<String, Value> = serde_json::from_str(&set.body).ok()?;
            let tag = set.get("tag").cloned();
            for (key, rules) in set {
                let Value::Array(rules) = rules else { continue };
                let together = all.entry(key).or_insert_with(|| json!([]));
                for mut rule in rules {
                    if let (Some(rule), Some(tag)) = (rule.as_object_mut(), &tag) {
                        rule.entry("tag").or_insert_with(|| tag.clone());
                    }
                    together.as_array_mut()?.push(rule);
                }
            }
        }
        Some(Value::Object(all).to_string())
    }

    /// The text as it stands in a page of this origin. The patterns of a file mean the file's own site; in a page they would mean that
    /// of its `<base>`, whose links were never asked for. So each rule says besides which site it means: where a `<base>` leads to
    /// another one, it names no link.
    #[must_use]
    pub fn in_page(&self, origin: &str) -> Option<String> {
        let mut set: Value = serde_json::from_str(&self.body).ok()?;
        for rule in set.as_object_mut()?.values_mut().filter_map(Value::as_array_mut).flatten() {
            let clauses = rule.pointer_mut("/where/and").and_then(Value::as_array_mut)?;
            clauses.push(json!({ "href_matches": format!("{origin}/*") }));
        }
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
    /// The moderate baseline, and where it is in place of the other one.
    moderate: Option<(RuleSet, BaselineEagerness)>,
    /// The `Cache-Control` of all of them.
    pub cache_control: &'static str,
}

impl RuleSets {
    /// The rule sets around this baseline. `activation_signal` says whether browsers are to ask for them with each page.
    #[must_use]
    pub fn new(baseline: RuleSet, activation_signal: bool) -> Self {
        Self {
            baseline,
            signal: RuleSet::empty(),
            moderate: None,
            cache_control: if activation_signal {
                // Asked for anew with every page, and answered by a few bytes while it is the same.
                "no-cache"
            } else {
                "public, max-age=3600"
            },
        }
    }

    /// The same, with this moderate baseline where the eagerness has risen.
    #[must_use]
    pub fn with_moderate(self, moderate: RuleSet, eagerness: BaselineEagerness) -> Self {
        Self { moderate: Some((moderate, eagerness)), ..self }
    }

    /// The baseline's file for the page at a path.
    #[must_use]
    pub fn baseline_of(&self, path: &str) -> RulesFile {
        self.moderate.as_ref().map_or(RulesFile::Baseline, |(_, eagerness)| baseline_of(eagerness, path))
    }

    /// The file that says what one that was asked for says to a visitor: the baseline, the moderate one, or the one without rules.
    #[must_use]
    pub fn answering(&self, file: RulesFile, pointer: Pointer) -> RulesFile {
        let is_moderate = match file {
            RulesFile::Signal => return file,
            RulesFile::Baseline => false,
            RulesFile::Moderate => true,
            RulesFile::ModerateByMouse => pointer == Pointer::Mouse,
            RulesFile::ModerateByTouch => pointer == Pointer::Touch,
        };
        // A cache may still name it to those for whom it has fallen.
        let has_risen =
            |(_, eagerness): &(RuleSet, BaselineEagerness)| eagerness.step(pointer) > Step::Conservative;
        let is_moderate = is_moderate && self.moderate.as_ref().is_some_and(has_risen);
        if is_moderate { RulesFile::Moderate } else { RulesFile::Baseline }
    }

    /// The fields of the request on which it depends what a file says, and how.
    #[must_use]
    pub fn vary(&self) -> &'static str {
        if self.moderate.is_some() { "Accept-Encoding, Sec-CH-UA-Mobile" } else { "Accept-Encoding" }
    }

    /// One of those that [`Self::answering`] names.
    #[must_use]
    pub fn get(&self, file: RulesFile) -> &RuleSet {
        match file {
            RulesFile::Signal => &self.signal,
            RulesFile::Moderate => self.moderate.as_ref().map_or(&self.baseline, |(moderate, _)| moderate),
            RulesFile::Baseline | RulesFile::ModerateByMouse | RulesFile::ModerateByTouch => &self.baseline,
        }
    }
}

/// The baseline's file for the page at a path, where the baseline has risen so far.
#[must_use]
pub fn baseline_of(eagerness: &BaselineEagerness, path: &str) -> RulesFile {
    match eagerness.moderate_at(path) {
        [false, false] => RulesFile::Baseline,
        [true, true] => RulesFile::Moderate,
        [true, false] => RulesFile::ModerateByMouse,
        [false, true] => RulesFile::ModerateByTouch,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn rule_sets(activation_signal: bool) -> RuleSets {
        RuleSets::new(RuleSet::new("{}".to_owned()), activation_signal)
    }

    #[test]
    fn two_sets_are_one_and_each_rule_says_of_which_it_is() {
        let set = |value: Value| RuleSet::new(value.to_string());
        let baseline = set(json!({ "tag": TAG, "prefetch": [{ "where": 1 }, { "where": 2, "tag": "own" }] }));
        let learned =
            set(json!({ "tag": NEXT_TAG, "prefetch": [{ "where": 3 }], "prerender": [{ "where": 4 }] }));
        let both: Value = serde_json::from_str(&baseline.behind(&learned).unwrap()).unwrap();
        assert_eq!(
            both,
            json!({
                "prefetch": [
                    { "where": 3, "tag": NEXT_TAG },
                    { "where": 1, "tag": TAG },
                    { "where": 2, "tag": "own" },
                ],
                "prerender": [{ "where": 4, "tag": NEXT_TAG }],
            })
        );
        let of_signal: Value = serde_json::from_str(&RuleSet::empty().behind(&learned).unwrap()).unwrap();
        assert_eq!(of_signal["prefetch"], json!([{ "where": 3, "tag": NEXT_TAG }]));
        assert_eq!(set(json!([])).behind(&learned), None);
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
    fn in_a_page_each_rule_says_which_site_it_means() {
        let rule = |clauses: Value| json!({ "source": "document", "where": { "and": clauses }, "eagerness": "moderate" });
        let (own, site) =
            (json!({ "href_matches": "/*" }), json!({ "href_matches": "https://shop.example/*" }));
        let set = json!({ "tag": TAG, "prefetch": [rule(json!([own])), rule(json!([own]))], "prerender": [rule(json!([]))] });
        let text = RuleSet::new(set.to_string()).in_page("https://shop.example").unwrap();
        let both = rule(json!([own, site]));
        let expected = json!({ "tag": TAG, "prefetch": [both, both], "prerender": [rule(json!([site]))] });
        assert_eq!(serde_json::from_str::<Value>(&text).unwrap(), expected);
        let other = json!({ "prefetch": [{ "urls": ["/b"] }] });
        assert_eq!(RuleSet::new(other.to_string()).in_page("https://shop.example"), None);
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
    fn a_page_names_its_file_by_its_path_and_the_pointer_decides_what_that_says() {
        use crate::published::baseline_eagerness::{Held, Track};
        let of = |steps: [Step; 2]| {
            let held = vec![Held { name: "/hub".to_owned(), mask: 3, ..Held::default() }];
            let tracks = steps.map(|step| Track { step, ..Track::default() });
            let eagerness = BaselineEagerness { tracks, held, ..BaselineEagerness::default() };
            rule_sets(true).with_moderate(RuleSet::new("[]".to_owned()), eagerness)
        };
        let none = Step::Conservative;
        for (steps, file, mouse, touch) in [
            ([none, none], RulesFile::Baseline, "{}", "{}"),
            ([Step::Moderate, none], RulesFile::ModerateByMouse, "[]", "{}"),
            ([none, Step::Moderate], RulesFile::ModerateByTouch, "{}", "[]"),
            ([Step::Moderate, Step::Moderate], RulesFile::Moderate, "[]", "[]"),
        ] {
            let sets = of(steps);
            assert_eq!((sets.baseline_of("/a"), sets.baseline_of("/hub")), (file, RulesFile::Baseline));
            let said = |file, pointer| sets.get(sets.answering(file, pointer)).body.as_str();
            assert_eq!([said(file, Pointer::Mouse), said(file, Pointer::Touch)], [mouse, touch]);
            // What an old answer names for both.
            assert_eq!(Pointer::ALL.map(|pointer| said(RulesFile::Moderate, pointer)), [mouse, touch]);
            for pointer in Pointer::ALL {
                assert_eq!(said(RulesFile::Baseline, pointer), "{}");
                assert_eq!(sets.answering(RulesFile::Signal, pointer), RulesFile::Signal);
            }
        }
        let plain = rule_sets(true);
        assert_eq!(plain.answering(RulesFile::Moderate, Pointer::Mouse), RulesFile::Baseline);
        assert_eq!(plain.get(RulesFile::Moderate), plain.get(RulesFile::Baseline));
        assert_eq!(
            (plain.vary(), of([none, none]).vary()),
            ("Accept-Encoding", "Accept-Encoding, Sec-CH-UA-Mobile")
        );
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
