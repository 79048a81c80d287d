//! The learned rule sets: the next pages of a page, or of the pages of a route.
//!
//! They are document rules, not lists: a browser then speculates on a page only while a link to it is shown, and on none that its
//! author has marked. A file is named after what it says ([`url()`]), so that it may be cached for ever. A request for an
//! old one is answered with the current one, which may be cached for a minute.
//!
//! What a file says depends on its path alone.

use super::links::{left_out, without_query};
use super::served::{NEXT_TAG, RuleSet};
use crate::endpoints::learned_rules_url;
use crate::published::next_page_snapshot::{Entry, NextPage};
use crate::speculation::{Action, Eagerness, Speculation};
use crate::urls::inert_parameters::InertParameters;
use crate::urls::pattern::path_pattern;
use serde_json::{Map, Value, json};
use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

/// The `Cache-Control` of a file that is named after what it says.
pub const IMMUTABLE: &str = "public, max-age=31536000, immutable";

/// The `Cache-Control` of a file that says something else by now.
pub const SHORT_LIVED: &str = "public, max-age=60";

/// The eagernesses of learned rules, the most eager first: of two rules with the same link, browsers keep the first.
const EAGERNESSES: [Eagerness; 3] = [Eagerness::Immediate, Eagerness::Eager, Eagerness::Moderate];

/// The rule set of an entry, if it has a next page.
#[must_use]
pub fn rule_set_of(entry: &Entry) -> Option<RuleSet> {
    (!entry.nexts.is_empty()).then(|| rule_set(&entry.nexts))
}

/// Writes a rule set.
#[must_use]
pub fn rule_set(nexts: &[NextPage]) -> RuleSet {
    let rules = |is_meant: &dyn Fn(&NextPage) -> bool, speculation: Speculation| -> Vec<Value> {
        let mut rules = Vec::new();
        for eagerness in EAGERNESSES {
            for is_unvarying in [false, true] {
                let meant = nexts.iter().filter(|next| {
                    is_meant(next) && next.eagerness == eagerness && next.is_unvarying == is_unvarying
                });
                let patterns: Vec<String> = meant.flat_map(patterns).collect();
                if !patterns.is_empty() {
                    rules.push(rule(&patterns, eagerness, is_unvarying, speculation));
                }
            }
        }
        rules
    };
    // A browser that does not know `prerender_until_script` passes over that key, and should fetch the page at least.
    let is_prefetched = |next: &NextPage| next.action != Action::Prerender;
    let mut set = Map::new();
    set.insert("tag".to_owned(), json!(NEXT_TAG));
    for (key, rules) in [
        ("prefetch", rules(&is_prefetched, Speculation::Prefetch)),
        ("prerender", rules(&|next| next.action == Action::Prerender, Speculation::Prerender)),
        (
            "prerender_until_script",
            rules(&|next| next.action == Action::PrerenderUntilScript, Speculation::Prerender),
        ),
    ] {
        if !rules.is_empty() {
            set.insert(key.to_owned(), Value::Array(rules));
        }
    }
    RuleSet::new(Value::Object(set).to_string())
}

/// The longest path of which other spellings are named, in bytes, so that a rule gets no longer than that of the longest path.
const MAX_RESPELLED_BYTES: usize = 128;

/// The patterns of the links that lead to a next page, where they spell it otherwise in these spellings as well: a browser uses what it has
/// fetched ahead for a link with that very URL alone.
fn patterns(next: &NextPage) -> Vec<String> {
    let others = next.other_paths().filter(|_| next.path.len() <= MAX_RESPELLED_BYTES);
    std::iter::once(path_pattern(&next.path)).chain(others.map(|path| path_pattern(&path))).collect()
}

fn rule(patterns: &[String], eagerness: Eagerness, is_unvarying: bool, speculation: Speculation) -> Value {
    let mut rule = json!({
        "source": "document",
        "where": { "and": [
            { "href_matches": patterns },
            without_query(),
            { "not": { "selector_matches": left_out(speculation) } },
        ] },
        "eagerness": eagerness.as_str(),
    });
    if is_unvarying && let Some(rule) = rule.as_object_mut() {
        // The built-in names: what a site adds is known to its own responses, and this file to all.
        let expected = InertParameters::default().no_vary_search();
        rule.insert("expects_no_vary_search".to_owned(), json!(expected));
    }
    rule
}

/// What was learned of a page's next pages, under which key, and the rule set that follows.
#[derive(Clone, Copy, Debug)]
pub struct Known<'a> {
    /// The page's path, or its route's template.
    pub key: &'a str,
    /// What was learned.
    pub entry: &'a Entry,
    /// The rule set, if there is a next page.
    pub rule_set: Option<&'a RuleSet>,
}

/// The learned rule sets of one snapshot, by key: each is written when it is first asked for. Those that are kept are thrown away, and
/// written again, when they take too much memory.
#[derive(Debug, Default)]
pub struct LearnedRuleSets(RefCell<Kept>);

#[derive(Debug, Default)]
struct Kept {
    by_key: HashMap<String, Rc<RuleSet>>,
    bytes: usize,
}

/// How much memory the rule sets that are kept of one snapshot may take, in bytes.
const MAX_KEPT_BYTES: usize = 4_000_000;

/// What a rule takes at the most, in bytes: its text names all parameters that are inert. Where pages are prerendered, each stands there
/// twice.
const RULE_BYTES: usize = 4096;

/// What a rule set takes besides its texts, in bytes: its place in a table, and what an allocator puts in front of each piece.
const PLACE_BYTES: usize = 256;

impl LearnedRuleSets {
    /// How many bytes of memory those of so many rules take at the most.
    #[must_use]
    pub fn most_bytes(rules: usize) -> usize {
        rules.saturating_mul(RULE_BYTES).min(MAX_KEPT_BYTES)
    }

    /// The rule set of the entry of a key, if there is a next page.
    #[must_use]
    pub fn get(&self, key: &str, entry: &Entry) -> Option<Rc<RuleSet>> {
        if let Some(rule_set) = self.0.borrow().by_key.get(key) {
            return Some(Rc::clone(rule_set));
        }
        let rule_set = Rc::new(rule_set_of(entry)?);
        let bytes = key.len() + rule_set.body.capacity() + rule_set.etag.capacity() + PLACE_BYTES;
        let mut kept = self.0.borrow_mut();
        if kept.bytes.saturating_add(bytes) > MAX_KEPT_BYTES {
            *kept = Kept::default();
        }
        if bytes <= MAX_KEPT_BYTES {
            kept.bytes += bytes;
            kept.by_key.insert(key.to_owned(), Rc::clone(&rule_set));
        }
        Some(rule_set)
    }
}

/// The URL of a rule set for the pages of `key`: their path, or their route's template.
#[must_use]
pub fn url(rule_set: &RuleSet, key: &str) -> String {
    learned_rules_url(hash(rule_set), key)
}

/// Whether a hash is that of a rule set.
#[must_use]
pub fn is_current(rule_set: &RuleSet, given: &str) -> bool {
    hash(rule_set) == given
}

/// What a file is named after: its entity tag without the quotes.
fn hash(rule_set: &RuleSet) -> &str {
    rule_set.etag.trim_matches('"')
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::endpoints::learned_rules_at;
    use crate::limits::MAX_PATH_BYTES;
    use crate::published::next_page_snapshot::{Spellings, Tally};
    use proptest::prelude::*;
    use url::Url;

    fn next(path: &str, eagerness: Eagerness, action: Action) -> NextPage {
        NextPage {
            path: path.to_owned(),
            pr: 0.5,
            eagerness,
            action,
            is_unvarying: false,
            spellings: Spellings::default(),
            tally: Tally::default(),
        }
    }

    #[test]
    fn each_eagerness_is_a_rule_and_each_page_is_named_exactly() {
        let nexts = [
            next("/b:1", Eagerness::Moderate, Action::Prefetch),
            next("/c", Eagerness::Immediate, Action::Prerender),
        ];
        let marked = json!(left_out(Speculation::Prefetch));
        let prerendered = json!(left_out(Speculation::Prerender));
        let expected = json!({
            "tag": "headstart-next",
            "prefetch": [{
                "source": "document",
                "where": { "and": [
                    { "href_matches": ["{/b\\:1}"] },
                    { "not": { "href_matches": "/*\\?(.+)" } },
                    { "not": { "selector_matches": marked } },
                ] },
                "eagerness": "moderate",
            }],
            "prerender": [{
                "source": "document",
                "where": { "and": [
                    { "href_matches": ["/c"] },
                    { "not": { "href_matches": "/*\\?(.+)" } },
                    { "not": { "selector_matches": prerendered } },
                ] },
                "eagerness": "immediate",
            }],
        });
        let set = rule_set(&nexts);
        assert_eq!(serde_json::from_str::<Value>(&set.body).unwrap(), expected);
    }

    #[test]
    fn links_that_spell_a_page_otherwise_are_named_where_some_do() {
        let matches = |path: &str, spelled: [bool; 3]| {
            let set = rule_set(&[NextPage {
                spellings: Spellings::of(spelled),
                ..next(path, Eagerness::Eager, Action::Prefetch)
            }]);
            let set: Value = serde_json::from_str(&set.body).unwrap();
            set["prefetch"][0]["where"]["and"][0]["href_matches"].clone()
        };
        assert_eq!(
            matches("/b:1/", [true, false, true]),
            json!(["{/b\\:1/}", "{/b\\:1}", "{/b\\:1/index.php}"])
        );
        assert_eq!(matches("/b/", [false; 3]), json!(["/b/"]));
        assert_eq!(matches("/b", [true; 3]), json!(["/b", "/b/", "/b.html", "/b.php"]));
        let long = format!("/{}", "b".repeat(MAX_RESPELLED_BYTES));
        assert_eq!(matches(&long, [true; 3]), json!([long]));
        assert_eq!(matches(&long[..MAX_RESPELLED_BYTES], [true; 3]).as_array().unwrap().len(), 4);
    }

    #[test]
    fn a_rule_with_all_spellings_is_no_longer_than_that_of_the_longest_path() {
        let length = |length: usize, spelled: [bool; 3]| {
            let path = format!("/{}", "a".repeat(length - 1));
            rule_set(&[NextPage {
                spellings: Spellings::of(spelled),
                ..next(&path, Eagerness::Eager, Action::Prefetch)
            }])
            .body
            .len()
        };
        // But for what stands between them, and for their endings.
        let between = ",\"\"".len() * 3 + "/.html.php".len();
        assert_eq!(length(MAX_RESPELLED_BYTES, [true; 3]), length(MAX_PATH_BYTES, [false; 3]) + between);
    }

    #[test]
    fn what_only_some_browsers_can_prerender_until_script_is_prefetched_by_all() {
        let set = rule_set(&[next("/b", Eagerness::Immediate, Action::PrerenderUntilScript)]);
        let set: Value = serde_json::from_str(&set.body).unwrap();
        assert_eq!(
            set["prefetch"][0]["where"]["and"][0],
            set["prerender_until_script"][0]["where"]["and"][0]
        );
        assert_eq!(set.get("prerender"), None);
    }

    #[test]
    fn a_page_that_inert_parameters_do_not_change_says_so() {
        let unvarying = NextPage { is_unvarying: true, ..next("/b", Eagerness::Eager, Action::Prefetch) };
        let set = rule_set(&[unvarying, next("/c", Eagerness::Eager, Action::Prefetch)]);
        let set: Value = serde_json::from_str(&set.body).unwrap();
        assert_eq!(set["prefetch"].as_array().unwrap().len(), 2);
        let expected = set["prefetch"][1]["expects_no_vary_search"].as_str().unwrap();
        assert!(expected.starts_with("params=(\"utm_source\""), "{expected}");
    }

    #[test]
    fn a_file_is_named_after_what_it_says_and_whom_it_is_for() {
        let set = rule_set(&[next("/b", Eagerness::Eager, Action::Prefetch)]);
        let other = rule_set(&[next("/c", Eagerness::Eager, Action::Prefetch)]);
        let path = url(&set, "/p/*");
        let (hash, key) = learned_rules_at(&path).unwrap();
        assert_eq!(key, "/p/*");
        assert!(is_current(&set, hash) && !is_current(&other, hash));
    }

    fn any_next() -> impl Strategy<Value = NextPage> {
        let eagerness = prop::sample::select(&EAGERNESSES[..]);
        let action =
            prop::sample::select(vec![Action::Prefetch, Action::Prerender, Action::PrerenderUntilScript]);
        ("/[!-~]{0,20}", eagerness, action, any::<(bool, [bool; 3])>()).prop_map(
            |(path, eagerness, action, (is_unvarying, spelled))| {
                // As the URL standard would write it.
                let mut url = Url::parse("https://shop.example").unwrap();
                url.set_path(&path);
                NextPage {
                    path: url.path().to_owned(),
                    pr: 0.1,
                    eagerness,
                    action,
                    is_unvarying,
                    spellings: Spellings::of(spelled),
                    tally: Tally::default(),
                }
            },
        )
    }

    proptest! {
        #[test]
        fn whatever_is_learned_no_rule_of_it_is_dropped(nexts in prop::collection::vec(any_next(), 1..6)) {
            let set = rule_set(&nexts);
            let base = Url::parse("https://shop.example/_headstart/rules/next/0/a").unwrap();
            let parsed = speculation_rules::parse(&set.body, &base).unwrap();
            let json: Value = serde_json::from_str(&set.body).unwrap();
            for (key, rules) in [
                ("prefetch", parsed.prefetch),
                ("prerender", parsed.prerender),
                ("prerender_until_script", parsed.prerender_until_script),
            ] {
                prop_assert_eq!(json.get(key).map_or(0, |rules| rules.as_array().unwrap().len()), rules.len());
                for rule in rules {
                    prop_assert_eq!(rule.tags, vec!["headstart-next".to_owned()]);
                }
            }
        }
    }

    #[test]
    fn those_that_are_kept_are_bounded_and_the_others_are_written_again() {
        let kept = LearnedRuleSets::default();
        let entry = |number: usize| {
            let path = format!("/{number}{}", "a".repeat(20_000));
            Entry::new(vec![next(&path, Eagerness::Moderate, Action::Prefetch)], false, false)
        };
        for number in 0..300 {
            let entry = entry(number);
            let rule_set = kept.get(&number.to_string(), &entry).unwrap();
            assert_eq!(*rule_set, rule_set_of(&entry).unwrap(), "{number}");
            let again = kept.get(&number.to_string(), &entry).unwrap();
            assert!(Rc::ptr_eq(&rule_set, &again), "{number}: it is kept");
            let Kept { by_key, bytes } = &*kept.0.borrow();
            let held: usize = by_key.values().map(|rule_set| rule_set.body.len()).sum();
            assert!(held <= *bytes && *bytes <= MAX_KEPT_BYTES, "{number}");
        }
        assert!(!kept.0.borrow().by_key.contains_key("0"));
        assert_eq!(*kept.get("0", &entry(0)).unwrap(), rule_set_of(&entry(0)).unwrap());
        let long = Entry::new(
            vec![next(&format!("/{}", "a".repeat(MAX_KEPT_BYTES)), Eagerness::Eager, Action::Prefetch)],
            false,
            false,
        );
        assert_eq!(*kept.get("long", &long).unwrap(), rule_set_of(&long).unwrap());
        assert!(!kept.0.borrow().by_key.contains_key("long"));
        assert_eq!(
            (LearnedRuleSets::most_bytes(3), LearnedRuleSets::most_bytes(10_000)),
            (12_288, 4_000_000)
        );
    }
}
