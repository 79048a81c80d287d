//! What a hint learner publishes and the request path reads: the hints of each page, of each route, and of the site.
//!
//! One KV value for each learner, compact JSON:
//! `{"version":2,"pages":{"/":[["https://cdn.example",1]],"/about":[]},"routes":{"/product/*":[]},"site":[]}`. The
//! number is a set of bits: 1 preconnect in the credentialed pool, 2 in the anonymous pool; 0 is a DNS prefetch. A page
//! without hints is listed as well: the request path then knows that the page has been learned. Where there are paths that always
//! redirect to another origin: `"redirects":{"/login":"https://id.example"}`.

use crate::fault::Fault;
use crate::hash::fnv1a;
use crate::hints::{Hint, HintAction, Origin};
use crate::limits::{MAX_LEARNERS, MAX_PAGES, MAX_PUBLISHED_BYTES};
use crate::urls::route_templates;
use serde::{Deserialize, Serialize};
use std::collections::{BTreeMap, HashMap};

/// The version of the published form. A value with another one is ignored.
const VERSION: u32 = 2;

/// What has been learned for the pages of one learner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HintSnapshot {
    pages: HashMap<String, Vec<Hint>>,
    routes: HashMap<String, Vec<Hint>>,
    site: Option<Vec<Hint>>,
    redirects: HashMap<String, Origin>,
}

/// What is known of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHints<'a> {
    /// The hints that follow from it.
    pub hints: &'a [Hint],
    /// From what.
    pub basis: Basis,
}

/// What an isolate can say of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Knowledge<'a> {
    /// It has not read the snapshot yet.
    NotLoaded,
    /// Nothing is known of the page.
    Unknown,
    /// This is known of it.
    Known(KnownHints<'a>),
}

/// How well a page is known.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Basis {
    /// It was read itself.
    Page,
    /// Pages whose paths look alike were.
    Route,
    /// Other pages of the site were.
    Site,
}

/// What a learner has chosen, to be published.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HintChoice {
    /// Each page with its hints, the most viewed first.
    pub pages: Vec<(String, Vec<Hint>)>,
    /// Each template with its hints.
    pub routes: BTreeMap<String, Vec<Hint>>,
    /// The hints for pages of which nothing else is known.
    pub site: Option<Vec<Hint>>,
    /// The paths that always redirect to another origin, and that origin.
    pub redirects: BTreeMap<String, Origin>,
}

/// The published form.
#[derive(Serialize, Deserialize)]
struct PublishedHints {
    version: u32,
    pages: BTreeMap<String, Vec<(String, u8)>>,
    #[serde(default)]
    routes: BTreeMap<String, Vec<(String, u8)>>,
    #[serde(default)]
    site: Option<Vec<(String, u8)>>,
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    redirects: BTreeMap<String, String>,
}

impl HintSnapshot {
    /// What is known of a page: by itself, else by its route, else by its site.
    #[must_use]
    pub fn known(&self, path: &str) -> Option<KnownHints<'_>> {
        if let Some(hints) = self.pages.get(path) {
            return Some(KnownHints { hints, basis: Basis::Page });
        }
        if !self.routes.is_empty() {
            let route =
                route_templates::templates(path).into_iter().find_map(|template| self.routes.get(&template));
            if let Some(hints) = route {
                return Some(KnownHints { hints, basis: Basis::Route });
            }
        }
        self.site.as_deref().map(|hints| KnownHints { hints, basis: Basis::Site })
    }

    /// The other origin to which a path always redirects, if it does.
    #[must_use]
    pub fn leads_to(&self, path: &str) -> Option<&Origin> {
        self.redirects.get(path)
    }

    /// How many pages are known by themselves.
    #[must_use]
    pub fn len(&self) -> usize {
        self.pages.len()
    }

    /// Whether no page is known by itself.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty()
    }

    /// Reads a published value.
    ///
    /// # Errors
    /// A sentence for the log, when the value is too large, not in this form or of another version. A hint that
    /// names no origin is left out and is no error.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        let published: PublishedHints =
            super::read(value, VERSION, |published: &PublishedHints| published.version)?;
        let read_all = |lists: BTreeMap<String, Vec<(String, u8)>>, most| {
            lists.into_iter().take(most).map(|(name, hints)| (name, read(&hints))).collect()
        };
        let redirect = |(path, origin): (String, String)| Some((path, Origin::parse(&origin)?));
        Ok(Self {
            pages: read_all(published.pages, MAX_PAGES),
            routes: read_all(published.routes, route_templates::MAX_ROUTES),
            site: published.site.as_deref().map(read),
            redirects: published.redirects.into_iter().take(MAX_PAGES).filter_map(redirect).collect(),
        })
    }
}

impl HintChoice {
    /// Writes a value to publish. The same choice always gives the same bytes; pages that no longer fit are left out.
    #[must_use]
    pub fn to_value(&self) -> String {
        let mut bytes = 200;
        // An escaped character takes six bytes at the most, an entry a few besides.
        let mut fits = |name: usize, hints: &[Hint]| {
            bytes += 6 * name + hints.iter().map(|hint| hint.origin.as_str().len() + 8).sum::<usize>() + 8;
            bytes < MAX_PUBLISHED_BYTES
        };
        let site = self.site.as_deref().filter(|hints| fits(0, hints)).map(write);
        let redirects = self
            .redirects
            .iter()
            .take_while(|(path, origin)| fits(path.len() + origin.as_str().len(), &[]))
            .map(|(path, origin)| (path.clone(), origin.as_str().to_owned()))
            .collect();
        let routes = self
            .routes
            .iter()
            .take_while(|(template, hints)| fits(template.len(), hints))
            .map(|(template, hints)| (template.clone(), write(hints)))
            .collect();
        let pages = self
            .pages
            .iter()
            .take(MAX_PAGES)
            .take_while(|(path, hints)| fits(path.len(), hints))
            .map(|(path, hints)| (path.clone(), write(hints)))
            .collect();
        serde_json::to_string(&PublishedHints { version: VERSION, pages, routes, site, redirects })
            .unwrap_or_default()
    }
}

fn write(hints: &[Hint]) -> Vec<(String, u8)> {
    hints.iter().map(|hint| (hint.origin.as_str().to_owned(), hint.action.bits())).collect()
}

fn read(hints: &[(String, u8)]) -> Vec<Hint> {
    let hint = |(origin, bits): &(String, u8)| {
        Some(Hint { origin: Origin::parse(origin)?, action: HintAction::from_bits(*bits) })
    };
    hints.iter().filter_map(hint).collect()
}

/// The names of all hint learners that a site may have, whatever their number was when they were made.
pub fn learner_names(site: &str) -> impl Iterator<Item = String> {
    (0..MAX_LEARNERS).map(move |shard| learner_name(site, shard))
}

/// The number of the learner that a page belongs to, of `shards`. All paths that begin with the same segment have the
/// same one, so that a learner sees whole routes. Were it to change, pages would change their learner and what was
/// learned of them would be lost.
#[must_use]
pub fn shard_of(path: &str, shards: u32) -> u32 {
    let first = path.trim_start_matches('/').split('/').next().unwrap_or_default();
    // The remainder is smaller than a u32.
    u32::try_from(fnv1a(first.as_bytes()) % u64::from(shards.max(1))).unwrap_or_default()
}

/// The name of a learner, and the KV key of its snapshot.
#[must_use]
pub fn learner_name(site: &str, shard: u32) -> String {
    format!("{site}/{shard}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::Pools;

    fn hint(origin: &str, action: HintAction) -> Hint {
        Hint { origin: Origin::parse(origin).unwrap(), action }
    }

    #[test]
    fn whatever_their_number_is_the_names_of_all_learners_are_known() {
        let names: Vec<String> = learner_names("shop.example").collect();
        for shards in [1, 3, MAX_LEARNERS] {
            for page in 0..1000 {
                assert!(names.contains(&learner_name("shop.example", shard_of(&format!("/{page}"), shards))));
            }
        }
        assert_eq!(names.len(), 256);
    }

    #[test]
    fn what_is_published_reads_back_and_the_closest_knowledge_counts() {
        let both = HintAction::Preconnect(Pools { credentialed: true, anonymous: true });
        let choice = HintChoice {
            pages: vec![
                (
                    "/".to_owned(),
                    vec![hint("https://a.example", both), hint("https://f.example", HintAction::DnsPrefetch)],
                ),
                ("/about".to_owned(), vec![]),
            ],
            routes: BTreeMap::from([
                ("/a/*".to_owned(), vec![hint("https://a.example", HintAction::DnsPrefetch)]),
                ("/*/*".to_owned(), vec![hint("https://b.example", HintAction::DnsPrefetch)]),
            ]),
            site: Some(vec![hint("https://s.example", HintAction::DnsPrefetch)]),
            redirects: BTreeMap::from([("/login".to_owned(), Origin::parse("https://id.example").unwrap())]),
        };
        let value = choice.to_value();
        assert_eq!(
            value,
            r#"{"version":2,"pages":{"/":[["https://a.example",3],["https://f.example",0]],"/about":[]},"routes":{"/*/*":[["https://b.example",0]],"/a/*":[["https://a.example",0]]},"site":[["https://s.example",0]],"redirects":{"/login":"https://id.example"}}"#
        );
        let snapshot = HintSnapshot::parse(&value).unwrap();
        assert_eq!(snapshot.len(), 2);
        assert_eq!(snapshot.leads_to("/login").map(Origin::as_str), Some("https://id.example"));
        assert_eq!(snapshot.leads_to("/"), None);
        let known = |path: &str| {
            let known = snapshot.known(path).unwrap();
            (
                known.basis,
                known.hints.iter().map(|hint| hint.origin.to_string()).collect::<Vec<_>>().join(" "),
            )
        };
        assert_eq!(known("/"), (Basis::Page, "https://a.example https://f.example".to_owned()));
        assert_eq!(known("/about"), (Basis::Page, String::new()));
        assert_eq!(known("/a/x"), (Basis::Route, "https://a.example".to_owned()));
        assert_eq!(known("/b/x"), (Basis::Route, "https://b.example".to_owned()));
        assert_eq!(known("/x/y/z"), (Basis::Site, "https://s.example".to_owned()));
        assert_eq!(HintSnapshot::parse(r#"{"version":2,"pages":{}}"#).unwrap().known("/"), None);
    }

    #[test]
    fn a_damaged_value_is_refused_and_a_damaged_hint_left_out() {
        for value in ["", "{", "[]", r#"{"version":1,"pages":{}}"#, r#"{"version":2}"#] {
            assert!(HintSnapshot::parse(value).is_err(), "{value}");
        }
        assert!(HintSnapshot::parse(&" ".repeat(MAX_PUBLISHED_BYTES + 1)).is_err());
        let value =
            r#"{"version":2,"pages":{"/":[["https://a.example\r\nX: y",1],["https://b.example",1]]}}"#;
        assert_eq!(HintSnapshot::parse(value).unwrap().known("/").unwrap().hints.len(), 1);
    }

    #[test]
    fn a_snapshot_holds_a_bounded_number_of_pages_and_keeps_the_first() {
        let pages = (0..=MAX_PAGES).map(|n| (format!("/{n}"), vec![])).collect();
        let snapshot =
            HintSnapshot::parse(&HintChoice { pages, ..HintChoice::default() }.to_value()).unwrap();
        assert_eq!(snapshot.len(), MAX_PAGES);
        assert!(snapshot.known("/0").is_some() && snapshot.known(&format!("/{MAX_PAGES}")).is_none());
    }

    #[test]
    fn whatever_is_published_can_be_read_back() {
        let hints: Vec<Hint> = (0..30)
            .map(|n| hint(&format!("https://{}{n}.example", "a".repeat(60)), HintAction::DnsPrefetch))
            .collect();
        let names = |n: usize| format!("/{n}{}", "\u{1}".repeat(500));
        let choice = HintChoice {
            pages: (0..MAX_PAGES).map(|n| (names(n), hints.clone())).collect(),
            routes: (0..route_templates::MAX_ROUTES).map(|n| (names(n), hints.clone())).collect(),
            site: Some(hints.clone()),
            redirects: BTreeMap::new(),
        };
        let snapshot = HintSnapshot::parse(&choice.to_value()).unwrap();
        assert!(snapshot.len() > 50 && snapshot.routes.len() == route_templates::MAX_ROUTES);
    }

    #[test]
    fn a_page_keeps_its_learner_and_a_route_has_one() {
        assert_eq!(shard_of("/product/1", 1), 0);
        assert_eq!(shard_of("/product/1", 0), 0);
        // FNV-1a of "a" is af63dc4c8601ec8c.
        assert_eq!(shard_of("/a", 16), 0xc);
        assert_eq!(shard_of("/a/b/c", 16), 0xc);
        assert_eq!(learner_name("shop.example", 3), "shop.example/3");
    }
}
