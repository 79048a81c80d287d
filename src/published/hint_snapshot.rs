//! What a hint learner publishes and the request path reads: the hints of each page, of each route, and of the site.
//!
//! One KV value for each learner, compact JSON:
//! `{"version":2,"pages":{"/":[["https://cdn.example",1]],"/about":[]},"routes":{"/product/*":[]},"site":[]}`. The
//! number is a set of bits: 1 preconnect in the credentialed pool, 2 in the anonymous pool; 0 is a DNS prefetch. A page
//! without hints is listed as well: the request path then knows that the page has been learned.
//!
//! What else there may be, each under the names of pages and routes; older versions have none of it, and leave it alone:
//!
//! | | |
//! |---|---|
//! | `preloads` | parts of the page to load early, as [`Resource`]s |
//! | `largest`, `forms` | of the picture that is largest nearly always, where its tag does not say how urgent it is, the `src` and the [form](crate::picture_form) |
//! | `redirects` | by path: the other origin to which it always redirects |
//! | `asks` | how often the share of the views is halved whose browsers are asked how they went; none is where it is missing |
//! | `compares` | whether pages are held out, to be compared with others (`HOLDOUT`) |
//! | `gains` | what that has told so far, for people: a [`Comparison`](crate::learn::comparison::Comparison) each, as JSON |
//! | `why` | for each hint, preloads first: the share of the views in percent, the gain in milliseconds, where it is found, the share of the views that wait for it. For people: the request path does not read it |

use crate::fault::Fault;
use crate::hash::fnv1a;
use crate::hints::preload::Preload;
use crate::hints::rank::Evidence;
pub use crate::hints::resource::Resource;
use crate::hints::{Hint, HintAction, Origin};
use crate::json;
use crate::limits::{MAX_LEARNERS, MAX_PAGES, MAX_PUBLISHED_BYTES};
use crate::sorting;
use crate::sorting::map::SortedMap;
use crate::urls::route_templates;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The version of the published form. A value with another one is ignored.
const VERSION: u32 = 2;

/// The most preloads of a page: as many as `MAX_PRELOAD` may say, for each class of windows.
pub const MAX_PRELOADS: usize = 3 * 6;

/// What has been learned for the pages of one learner.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct HintSnapshot {
    pages: HashMap<String, Vec<Hint>>,
    routes: HashMap<String, Vec<Hint>>,
    site: Option<Vec<Hint>>,
    preloads: HashMap<String, Vec<Resource>>,
    largest: HashMap<String, Img>,
    asks: HashMap<String, u8>,
    redirects: HashMap<String, Origin>,
    compares: bool,
}

/// What tells an `<img>` of a page from others.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Img {
    /// Its `src`, as a preload would name it.
    pub src: String,
    /// Its [form](crate::picture_form::form).
    pub form: u64,
}

/// What is known of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct KnownHints<'a> {
    /// The hints that follow from it.
    pub hints: &'a [Hint],
    /// The parts of it that are loaded early.
    pub preloads: &'a [Resource],
    /// The picture that is largest nearly always, where its tag does not say how urgent it is.
    pub largest: Option<&'a Img>,
    /// How often the share of its views is halved whose browsers are asked how they went; `None` where none is.
    pub ask: Option<u8>,
    /// From what.
    pub basis: Basis,
}

impl<'a> KnownHints<'a> {
    /// These hints and nothing else.
    #[must_use]
    pub fn new(hints: &'a [Hint], basis: Basis) -> Self {
        Self { hints, preloads: &[], largest: None, ask: None, basis }
    }
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

impl<'a> Knowledge<'a> {
    /// What is known, if anything is.
    #[must_use]
    pub fn known(self) -> Option<KnownHints<'a>> {
        match self {
            Self::Known(known) => Some(known),
            Self::NotLoaded | Self::Unknown => None,
        }
    }
}

/// How well a page is known, the best first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
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
    pub routes: SortedMap<String, Vec<Hint>>,
    /// The hints for pages of which nothing else is known.
    pub site: Option<Vec<Hint>>,
    /// What pages and routes preload, by path and template.
    pub preloads: SortedMap<String, Vec<Preload>>,
    /// The pictures that are largest nearly always, by the page's path.
    pub largest: SortedMap<String, Img>,
    /// How often the share of views that are asked is halved, by the page's path.
    pub asks: SortedMap<String, u8>,
    /// Why each hint is given, in the order of the hints, by path and template; the site's under an empty name.
    pub why: SortedMap<String, Vec<Evidence>>,
    /// The paths that always redirect to another origin, and that origin.
    pub redirects: SortedMap<String, Origin>,
    /// Whether there is traffic enough to hold pages out.
    pub compares: bool,
    /// What was told so far by those that are held out, as JSON; empty for nothing.
    pub gains: String,
}

/// Why a hint is given, as it is published: see [`Evidence`].
type Why = (u8, u32, u8, u8);

/// The published form. What is not to be published anew for its own sake stands last.
#[derive(Serialize, Deserialize)]
struct PublishedHints {
    version: u32,
    #[serde(default, skip_serializing_if = "is_false")]
    compares: bool,
    pages: SortedMap<String, Vec<(String, u8)>>,
    #[serde(default)]
    routes: SortedMap<String, Vec<(String, u8)>>,
    #[serde(default)]
    site: Option<Vec<(String, u8)>>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    redirects: SortedMap<String, String>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    preloads: SortedMap<String, Vec<Resource>>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    largest: SortedMap<String, String>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    forms: SortedMap<String, u64>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    asks: SortedMap<String, u8>,
    #[serde(default, skip_serializing_if = "SortedMap::is_empty", skip_deserializing)]
    why: SortedMap<String, Vec<Why>>,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
fn is_false(is: &bool) -> bool {
    !is
}

/// What is read to explain a snapshot.
#[derive(Deserialize)]
struct PublishedWhy {
    version: u32,
    #[serde(default)]
    why: SortedMap<String, Vec<Why>>,
    #[serde(default)]
    gains: Option<serde_json::Value>,
}

/// What a published value says of the pages that are held out, as JSON; `None` where it says nothing of them.
#[must_use]
pub fn gains(value: &str) -> Option<serde_json::Value> {
    json::read::<PublishedWhy>(value).ok()?.gains
}

/// The parts of a published value: what all pages are given; who is asked; why. The first is all that a page's visitors see of it.
#[must_use]
pub fn parts(value: &str) -> [&str; 3] {
    // No text in JSON has a quotation mark that is not escaped.
    let (before, why) = value.rsplit_once(",\"why\":").unwrap_or((value, ""));
    let (given, asks) = before.rsplit_once(",\"asks\":").unwrap_or((before, ""));
    [given.trim_end_matches('}'), asks.trim_end_matches('}'), why]
}

/// Why each hint of a published value is given, by path and template; the site's under an empty name. The preloads come first.
///
/// # Errors
/// As [`HintSnapshot::parse`].
pub fn evidence(value: &str) -> Result<SortedMap<String, Vec<Evidence>>, Fault> {
    let published: PublishedWhy = super::read(value, VERSION, |published: &PublishedWhy| published.version)?;
    let read = |(share, gain_ms, found, blocking): Why| Evidence { share, gain_ms, found, blocking };
    let all = published.why.into_iter();
    Ok(all.map(|(name, evidence)| (name, evidence.into_iter().map(read).collect())).collect())
}

impl HintSnapshot {
    /// What is known of a page: by itself, else by its route, else by its site.
    #[must_use]
    pub fn known(&self, path: &str) -> Option<KnownHints<'_>> {
        let preloads = |name: &str| self.preloads.get(name).map(Vec::as_slice).unwrap_or_default();
        if let Some(hints) = self.pages.get(path) {
            let (largest, ask) = (self.largest.get(path), self.asks.get(path).copied());
            let basis = Basis::Page;
            return Some(KnownHints { hints, preloads: preloads(path), largest, ask, basis });
        }
        if !self.routes.is_empty() {
            let route = route_templates::templates(path)
                .into_iter()
                .find_map(|template| Some((self.routes.get(&template)?, preloads(&template))));
            if let Some((hints, preloads)) = route {
                return Some(KnownHints { preloads, ..KnownHints::new(hints, Basis::Route) });
            }
        }
        self.site.as_deref().map(|hints| KnownHints::new(hints, Basis::Site))
    }

    /// Under which name a page is known: its path, or its route's template; `None` for what is known of the site alone, or not at all.
    #[must_use]
    pub fn key<'a>(&'a self, path: &str) -> Option<&'a str> {
        let key = self.pages.get_key_value(path).map(|(key, _)| key.as_str());
        let route = || {
            let templates = route_templates::templates(path);
            templates.iter().find_map(|template| Some(self.routes.get_key_value(template)?.0.as_str()))
        };
        // A template is its own route.
        key.or_else(|| self.routes.get_key_value(path).map(|(key, _)| key.as_str())).or_else(route)
    }

    /// The paths of the pages that are known by themselves, and the templates of the routes, in order.
    #[must_use]
    pub fn names(&self) -> Vec<&str> {
        let mut names: Vec<&str> = self.pages.keys().map(String::as_str).collect();
        sorting::sort(&mut names);
        let mut routes: Vec<&str> = self.routes.keys().map(String::as_str).collect();
        sorting::sort(&mut routes);
        names.extend(routes);
        names
    }

    /// Whether a page is compared with others: it is known by itself, and there is traffic enough.
    #[must_use]
    pub fn compares(&self, path: &str) -> bool {
        self.compares && self.pages.contains_key(path)
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
        let read_all = |lists: SortedMap<String, Vec<(String, u8)>>, most| {
            lists.into_iter().take(most).map(|(name, hints)| (name, read(&hints))).collect()
        };
        let redirect = |(path, origin): (String, String)| Some((path, Origin::parse(&origin)?));
        let forms = published.forms;
        let img = |(path, src): (String, String)| {
            let form = *forms.get(&path)?;
            Some((path, Img { src, form }))
        };
        Ok(Self {
            pages: read_all(published.pages, MAX_PAGES),
            routes: read_all(published.routes, route_templates::MAX_ROUTES),
            site: published.site.as_deref().map(read),
            preloads: bounded(published.preloads)
                .map(|(name, preloads)| (name, preloads.into_iter().take(MAX_PRELOADS).collect()))
                .collect(),
            largest: bounded(published.largest).filter_map(img).collect(),
            asks: bounded(published.asks).collect(),
            redirects: published.redirects.into_iter().take(MAX_PAGES).filter_map(redirect).collect(),
            compares: published.compares,
        })
    }
}

impl HintChoice {
    /// Adds what a page or the pages of a route preload. Why stands in front of why its hints are given.
    pub fn add_preloads(&mut self, name: String, preloads: Vec<Preload>) {
        if preloads.is_empty() {
            return;
        }
        let why = preloads.iter().map(|preload| preload.evidence);
        self.why.entry(name.clone()).or_default().splice(..0, why);
        self.preloads.insert(name, preloads);
    }

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
        // What is left of the room.
        let mut has_room = |more: usize| {
            bytes += more;
            bytes < MAX_PUBLISHED_BYTES
        };
        let preloads = self
            .preloads
            .iter()
            .take_while(|(name, preloads)| {
                has_room(6 * name.len() + preloads.iter().map(length).sum::<usize>())
            })
            .map(|(name, preloads)| {
                (name.clone(), preloads.iter().map(|preload| preload.resource.clone()).collect())
            })
            .collect();
        // A form has twenty digits at the most.
        let pictures = self.largest.iter();
        let pictures: Vec<_> =
            pictures.take_while(|(name, img)| has_room(6 * (2 * name.len() + img.src.len()) + 36)).collect();
        let largest = pictures.iter().map(|(name, img)| ((*name).clone(), img.src.clone())).collect();
        let forms = pictures.iter().map(|(name, img)| ((*name).clone(), img.form)).collect();
        let asks = self.asks.iter().take_while(|(name, _)| has_room(6 * name.len() + 8));
        let asks = asks.map(|(name, halvings)| (name.clone(), *halvings)).collect();
        let write_why = |why: &Evidence| (why.share, why.gain_ms, why.found, why.blocking);
        let why = self.why.iter().take_while(|(name, why)| has_room(6 * name.len() + 24 * why.len() + 8));
        let why = why.map(|(name, why)| (name.clone(), why.iter().map(write_why).collect())).collect();
        let compares = self.compares;
        let published = PublishedHints {
            version: VERSION,
            compares,
            pages,
            routes,
            site,
            redirects,
            preloads,
            largest,
            forms,
            asks,
            why,
        };
        let mut value = serde_json::to_string(&published).unwrap_or_default();
        if !self.gains.is_empty() && has_room(self.gains.len()) {
            // Behind why: what it says is no news either.
            let why = if published.why.is_empty() { ",\"why\":{}" } else { "" };
            value.truncate(value.len().saturating_sub(1));
            value.extend([why, ",\"gains\":", &self.gains, "}"]);
        }
        value
    }
}

/// As many of these as pages and routes there may be.
fn bounded<T>(of: SortedMap<String, T>) -> impl Iterator<Item = (String, T)> {
    of.into_iter().take(MAX_PAGES + route_templates::MAX_ROUTES)
}

/// How long a preload is in JSON at the most.
fn length(preload: &Preload) -> usize {
    let Resource { url, srcset, sizes, media, media_type, .. } = &preload.resource;
    // No URL holds anything that JSON escapes, and no other text that a header takes but a tabulator.
    [url, srcset, sizes, media, media_type].map(String::len).iter().sum::<usize>() + 80
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
    use crate::hints::resource::Destination;

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
            routes: SortedMap::from([
                ("/a/*".to_owned(), vec![hint("https://a.example", HintAction::DnsPrefetch)]),
                ("/*/*".to_owned(), vec![hint("https://b.example", HintAction::DnsPrefetch)]),
            ]),
            site: Some(vec![hint("https://s.example", HintAction::DnsPrefetch)]),
            redirects: SortedMap::from([("/login".to_owned(), Origin::parse("https://id.example").unwrap())]),
            ..HintChoice::default()
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

    const EVIDENCE: Evidence = Evidence { share: 97, gain_ms: 120, found: 3, blocking: 0 };

    fn img(src: &str) -> Img {
        Img { src: src.to_owned(), form: u64::MAX }
    }

    fn preload(url: &str) -> Preload {
        Preload { resource: Resource::new(url.to_owned(), Destination::Image), evidence: EVIDENCE }
    }

    #[test]
    fn what_else_is_published_reads_back_and_stands_behind_what_pages_are_given() {
        let mut choice = HintChoice {
            pages: vec![("/".to_owned(), vec![]), ("/b".to_owned(), vec![])],
            largest: SortedMap::from([("/".to_owned(), img("/a.jpg"))]),
            asks: SortedMap::from([("/".to_owned(), 3)]),
            ..HintChoice::default()
        };
        choice.add_preloads("/".to_owned(), vec![preload("/a.jpg")]);
        choice.add_preloads("/b".to_owned(), vec![]);
        let value = choice.to_value();
        assert_eq!(
            value,
            r#"{"version":2,"pages":{"/":[],"/b":[]},"routes":{},"site":null,"preloads":{"/":[{"u":"/a.jpg","as":"image"}]},"largest":{"/":"/a.jpg"},"forms":{"/":18446744073709551615},"asks":{"/":3},"why":{"/":[[97,120,3,0]]}}"#
        );
        let snapshot = HintSnapshot::parse(&value).unwrap();
        let known = snapshot.known("/").unwrap();
        assert_eq!(known.preloads, [preload("/a.jpg").resource]);
        assert_eq!((known.largest, known.ask), (Some(&img("/a.jpg")), Some(3)));
        assert_eq!(snapshot.known("/b"), Some(KnownHints::new(&[], Basis::Page)));
        assert_eq!(evidence(&value).unwrap(), SortedMap::from([("/".to_owned(), vec![EVIDENCE])]));
        let [given, asks, why] = parts(&value);
        assert!(
            given.ends_with(r#""forms":{"/":18446744073709551615"#)
                && asks == r#"{"/":3"#
                && why == r#"{"/":[[97,120,3,0]]}}"#
        );
        // As older versions have written it: nobody knows which of the tags with that `src` is meant.
        let formless = r#"{"version":2,"pages":{"/":[]},"largest":{"/":"/a.jpg"}}"#;
        assert_eq!(HintSnapshot::parse(formless).unwrap().known("/").unwrap().largest, None);
        let old = r#"{"version":2,"pages":{"/":[["https://a.example",1]]}}"#;
        assert!(HintSnapshot::parse(old).unwrap().known("/").unwrap().preloads.is_empty());
        assert_eq!(parts(old)[1..], ["", ""]);
        let odd =
            HintChoice { asks: SortedMap::from([(r#","why":"#.to_owned(), 1)]), ..HintChoice::default() };
        assert_eq!(parts(&odd.to_value())[1], r#"{",\"why\":":1"#);
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
            preloads: (0..MAX_PAGES).map(|n| (names(n), vec![preload("/"); 6])).collect(),
            largest: (0..MAX_PAGES).map(|n| (names(n), img(&names(n)))).collect(),
            asks: (0..MAX_PAGES).map(|n| (names(n), 20)).collect(),
            why: (0..MAX_PAGES).map(|n| (names(n), vec![EVIDENCE; 20])).collect(),
            redirects: SortedMap::new(),
            compares: false,
            gains: String::new(),
        };
        let snapshot = HintSnapshot::parse(&choice.to_value()).unwrap();
        assert!(snapshot.len() > 50 && snapshot.routes.len() == route_templates::MAX_ROUTES);
    }

    #[test]
    fn pages_are_compared_where_the_value_says_so_and_what_that_tells_is_for_people() {
        let choice = |compares, gains: &str| HintChoice {
            pages: vec![("/a".to_owned(), Vec::new())],
            compares,
            gains: gains.to_owned(),
            ..HintChoice::default()
        };
        let compares = |value: &str, path: &str| HintSnapshot::parse(value).unwrap().compares(path);
        let (on, off) = (choice(true, "").to_value(), choice(false, "").to_value());
        assert_eq!([compares(&on, "/a"), compares(&on, "/b"), compares(&off, "/a")], [true, false, false]);
        assert_ne!(parts(&on)[0], parts(&off)[0], "it is news");
        let told = choice(true, r#"[{"of":"hints"}]"#);
        assert_eq!(parts(&told.to_value())[..2], parts(&on)[..2], "and this is none");
        assert_eq!(gains(&told.to_value()), Some(serde_json::json!([{ "of": "hints" }])));
        assert_eq!(gains(&on), None);
        let mut why = told;
        why.why.insert("/a".to_owned(), vec![EVIDENCE]);
        assert!(evidence(&why.to_value()).unwrap().contains_key("/a"));
        assert!(gains(&why.to_value()).is_some() && compares(&why.to_value(), "/a"));
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
