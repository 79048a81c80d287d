//! What the next-page learner publishes and the request path reads: the next pages of each page and of each route.
//!
//! One KV value for each site, compact JSON:
//!
//! ```text
//! {"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]],"own":1,"same":1}},"routes":{…},"out":["/x"]}
//! ```
//!
//! A next page is an array: its path, its probability, its eagerness (1 moderate, 2 eager, 3 immediate), what is done (0
//! prefetch, 1 prerender, 2 prerender until script), whether inert parameters are known to change nothing of it, and how
//! many speculations were used lately, were wasted, and are open. `own` says that the page has document rules of its own,
//! `same` that inert parameters change nothing. `out` are the paths (with `*`) that no rule may name. The first of them,
//! `harmful` in number, paths and templates of routes, do harm when they are fetched; in code each has that as a flag
//! ([`Excluded`]). The last `suspects` of these have not been met: their links say so. A version that does not know of suspects
//! takes them for harmful as well, and refuses them. `cleared` are paths whose links say so too, and that plain views have
//! shown to do nothing. `baseline` says how eager the baseline is, where that regulates itself
//! ([`baseline_eagerness`](super::baseline_eagerness)).

use super::baseline_eagerness::BaselineEagerness;
use crate::fault::Fault;
use crate::limits::{MAX_PAGES, MAX_PUBLISHED_BYTES};
use crate::sorting::map::SortedMap;
use crate::speculation::{Action, Eagerness};
use crate::urls::route_templates;
use crate::urls::spelling;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The version of the published form. A value with another one is ignored.
const VERSION: u32 = 1;

/// The most routes in one snapshot.
const MAX_ROUTES: usize = 200;

/// The most next pages of one page.
pub const MAX_NEXTS: usize = 5;

/// The most paths that are kept out of every rule set.
pub const MAX_EXCLUDED: usize = 200;

/// The most of them that are out since links say that they do something, and the most of which plain views have shown otherwise.
pub const MAX_SUSPECTS: usize = 100;

/// A next page.
#[derive(Clone, Debug, PartialEq)]
pub struct NextPage {
    /// Its path.
    pub path: String,
    /// How probably it follows a view: what Resource Hints once called `pr`.
    pub pr: f64,
    /// When it is speculated on.
    pub eagerness: Eagerness,
    /// How.
    pub action: Action,
    /// Whether inert parameters are known to change nothing of it.
    pub is_unvarying: bool,
    /// How links spell it that it does not spell so itself.
    pub spellings: Spellings,
    /// What became of speculations on it.
    pub tally: Tally,
}

impl NextPage {
    /// The other paths of links that lead there.
    pub fn other_paths(&self) -> impl Iterator<Item = String> {
        self.spellings.among(&self.path)
    }
}

/// Some of the [other spellings](spelling::others) of a path.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Spellings(u8);

impl Spellings {
    /// Those of which it is said that they are among them, in their order.
    pub fn of(are_meant: impl IntoIterator<Item = bool>) -> Self {
        let bits = are_meant.into_iter().take(spelling::MAX_OTHERS).enumerate();
        Self(bits.fold(0, |bits, (at, is_meant)| bits | (u8::from(is_meant) << at)))
    }

    fn are_none(self) -> bool {
        self.0 == 0
    }

    /// Both.
    #[must_use]
    pub fn with(self, others: Self) -> Self {
        Self(self.0 | others.0)
    }

    /// Those of a path of which this is true.
    #[must_use]
    pub fn filter(self, path: &str, is_meant: impl Fn(&str) -> bool) -> Self {
        if self.are_none() {
            return self;
        }
        let others = spelling::others(path);
        Self::of(others.iter().enumerate().map(|(at, other)| self.has(at) && is_meant(other)))
    }

    /// Those of a path.
    fn among(self, path: &str) -> impl Iterator<Item = String> {
        let others = if self.are_none() { Vec::new() } else { spelling::others(path) };
        others.into_iter().enumerate().filter(move |(at, _)| self.has(*at)).map(|(_, other)| other)
    }

    fn has(self, at: usize) -> bool {
        self.0 >> at & 1 == 1
    }
}

/// How many speculations on a transition were used lately, how many were wasted, and how many are open.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Tally(pub u32, pub u32, pub u32);

/// What is said of one page, or of the pages of one route.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Entry {
    /// The next pages, the likeliest first.
    pub nexts: Vec<NextPage>,
    /// Whether the page has document rules of its own.
    pub has_rules: bool,
    /// Whether inert parameters change nothing of it.
    pub is_unvarying: bool,
}

impl Entry {
    /// An entry.
    #[must_use]
    pub fn new(nexts: Vec<NextPage>, has_rules: bool, is_unvarying: bool) -> Self {
        Self { nexts, has_rules, is_unvarying }
    }

    /// The next page to which a link with this path leads.
    #[must_use]
    pub fn next_at(&self, path: &str) -> Option<&NextPage> {
        let exactly = self.nexts.iter().find(|next| next.path == path);
        exactly.or_else(|| self.nexts.iter().find(|next| next.other_paths().any(|other| other == path)))
    }

    /// Whether it says nothing.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.nexts.is_empty() && !self.has_rules && !self.is_unvarying
    }
}

/// What has been learned of a site's next pages.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NextPageSnapshot {
    pages: HashMap<String, Entry>,
    routes: HashMap<String, Entry>,
    /// What no rule may name.
    pub excluded: Vec<Excluded>,
    /// Paths whose links say that they do something, and that do nothing.
    cleared: Vec<String>,
    /// How eager the baseline is, where that regulates itself.
    pub baseline: BaselineEagerness,
}

/// A path, with `*` for anything, that no rule may name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Excluded {
    /// The path.
    pub path: String,
    /// Whether a speculation on it is refused as well, since fetching it does harm.
    pub is_refused: bool,
    /// What it does, and until when it is out if nothing new is seen, in seconds since the epoch. Only whoever asks what was
    /// published is told, and of a suspect whoever is refused.
    pub why: Option<(String, u64)>,
    /// Whether nobody was seen to meet that, and only its links say so: then `why` has the name of the rule.
    pub is_suspect: bool,
}

impl Excluded {
    /// A path that is kept out of rules.
    #[must_use]
    pub fn of(path: &str, is_refused: bool) -> Self {
        Self { path: path.to_owned(), is_refused, why: None, is_suspect: false }
    }

    /// Whether a path is the one that is refused, or of the route.
    #[must_use]
    pub fn refuses(&self, path: &str) -> bool {
        let is_of_route = || self.path.contains('*') && route_templates::names(&self.path, path).is_some();
        self.is_refused && (self.path == path || is_of_route())
    }

    /// A path whose links say by this rule that it does something. It is out until then, in seconds since the epoch, if none
    /// is seen again.
    #[must_use]
    pub fn suspect(path: &str, rule: &str, until: u64) -> Self {
        Self { why: Some((rule.to_owned(), until)), is_suspect: true, ..Self::of(path, true) }
    }
}

/// What a next-page learner has chosen, to be published.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct NextPageChoice {
    /// Each page with its entry, the most viewed first.
    pub pages: Vec<(String, Entry)>,
    /// Each template with its entry.
    pub routes: SortedMap<String, Entry>,
    /// What no rule may name.
    pub excluded: Vec<Excluded>,
    /// Paths whose links say that they do something, and that do nothing.
    pub cleared: Vec<String>,
    /// How eager the baseline is, where that regulates itself.
    pub baseline: BaselineEagerness,
}

/// The published form.
#[derive(Serialize, Deserialize)]
struct PublishedNextPages {
    version: u32,
    pages: SortedMap<String, PublishedEntry>,
    #[serde(default)]
    routes: SortedMap<String, PublishedEntry>,
    #[serde(default)]
    out: Vec<String>,
    #[serde(default, skip_serializing_if = "is_nothing")]
    harmful: usize,
    #[serde(default, skip_serializing_if = "is_nothing")]
    suspects: usize,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    why: Vec<(String, u64)>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    cleared: Vec<String>,
    #[serde(default, skip_serializing_if = "BaselineEagerness::is_unknown")]
    baseline: BaselineEagerness,
}

/// An entry in the published form.
#[derive(Default, Serialize, Deserialize)]
struct PublishedEntry {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    next: Vec<(String, f64, u8, u8, u8, Tally)>,
    #[serde(default, skip_serializing_if = "is_unset")]
    own: u8,
    #[serde(default, skip_serializing_if = "is_unset")]
    same: u8,
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
fn is_unset(flag: &u8) -> bool {
    *flag == 0
}

#[allow(clippy::trivially_copy_pass_by_ref)] // serde asks for it
fn is_nothing(number: &usize) -> bool {
    *number == 0
}

/// How long a published value is at the most, in bytes, but for its pages and routes. An escaped character takes six bytes at the most.
fn bytes_besides(excluded: &[Excluded], cleared: &[String], baseline: &BaselineEagerness) -> usize {
    let excluded: usize = excluded.iter().map(|excluded| 6 * excluded.path.len() + 100).sum();
    let cleared: usize = cleared.iter().map(|path| 6 * path.len() + 4).sum();
    200 + excluded + cleared + baseline.most_bytes()
}

impl NextPageSnapshot {
    /// Whether a speculation on a path is refused, since fetching it was met to do harm.
    #[must_use]
    pub fn is_refused(&self, path: &str) -> bool {
        self.refused(path).is_some()
    }

    /// What says that a speculation on a path is refused: the path itself, or the template of its route.
    #[must_use]
    pub fn refused(&self, path: &str) -> Option<&Excluded> {
        let mut harmful = self.excluded.iter().filter(|excluded| excluded.is_refused && !excluded.is_suspect);
        harmful.find(|excluded| excluded.refuses(path))
    }

    /// The rule by which a speculation on a path is refused, since its links say that it does something.
    #[must_use]
    pub fn suspected(&self, path: &str) -> Option<&str> {
        let mut suspects = self.excluded.iter().filter(|excluded| excluded.is_suspect);
        let suspect = suspects.find(|excluded| excluded.path == path)?;
        let rule = suspect.why.as_ref().map(|(rule, _)| rule.as_str());
        Some(rule.filter(|rule| is_rule(rule)).unwrap_or(UNNAMED_RULE))
    }

    /// Whether a path's links say that it does something, and plain views have shown that it does nothing.
    #[must_use]
    pub fn is_cleared(&self, path: &str) -> bool {
        self.cleared.iter().any(|cleared| cleared == path)
    }

    /// What is known of a page, by itself or by its route, and under which key: its path or the route's template.
    #[must_use]
    pub fn known(&self, path: &str) -> Option<(&str, &Entry)> {
        if let Some((key, entry)) = self.pages.get_key_value(path) {
            return Some((key, entry));
        }
        if self.routes.is_empty() {
            return None;
        }
        let template = route_templates::templates(path).into_iter().next()?;
        self.routes.get_key_value(&template).map(|(key, entry)| (key.as_str(), entry))
    }

    /// The entry of a key.
    #[must_use]
    pub fn at(&self, key: &str) -> Option<&Entry> {
        self.pages.get(key).or_else(|| self.routes.get(key))
    }

    /// All pages, in the order of their paths.
    #[must_use]
    pub fn pages(&self) -> SortedMap<&str, &Entry> {
        self.pages.iter().map(|(path, entry)| (path.as_str(), entry)).collect()
    }

    /// All routes, in the order of their templates.
    #[must_use]
    pub fn routes(&self) -> SortedMap<&str, &Entry> {
        self.routes.iter().map(|(template, entry)| (template.as_str(), entry)).collect()
    }

    /// Reads a published value.
    ///
    /// # Errors
    /// A sentence for the log, when the value is too large, not in this form or of another version. What is out of range
    /// in it is left out and is no error.
    pub fn parse(value: &str) -> Result<Self, Fault> {
        let published: PublishedNextPages =
            super::read(value, VERSION, |published: &PublishedNextPages| published.version)?;
        let read_all = |entries: SortedMap<String, PublishedEntry>, most| {
            entries.into_iter().take(most).map(|(name, published)| (name, read(published))).collect()
        };
        let mut why = published.why.into_iter();
        let met = published.harmful.saturating_sub(published.suspects);
        let excluded = published.out.into_iter().take(MAX_EXCLUDED).enumerate().map(|(at, path)| {
            let is_refused = at < published.harmful;
            Excluded { path, is_refused, why: why.next(), is_suspect: is_refused && at >= met }
        });
        let excluded = excluded.collect();
        Ok(Self {
            pages: read_all(published.pages, MAX_PAGES),
            routes: read_all(published.routes, MAX_ROUTES),
            excluded,
            cleared: published.cleared.into_iter().take(MAX_SUSPECTS).collect(),
            baseline: published.baseline.bounded(),
        })
    }

    /// Leaves out what is known of pages and routes by themselves. What no rule may name stays, and how eager the baseline is. Answers
    /// how long the text of that is at the most, in bytes.
    pub fn forget_nexts(&mut self) -> usize {
        self.pages = HashMap::new();
        self.routes = HashMap::new();
        bytes_besides(&self.excluded, &self.cleared, &self.baseline)
    }

    /// Leaves next pages out that are not to be named: `is_named` says which are.
    pub fn retain_nexts(&mut self, is_named: impl Fn(&str) -> bool) {
        for entry in self.pages.values_mut().chain(self.routes.values_mut()) {
            entry.nexts.retain(|next| is_named(&next.path));
            for next in &mut entry.nexts {
                next.spellings = next.spellings.filter(&next.path, &is_named);
            }
        }
    }
}

impl NextPageChoice {
    /// Writes a value to publish. The same choice always gives the same bytes; what no longer fits is left out.
    #[must_use]
    pub fn to_value(&self) -> String {
        let mut bytes = bytes_besides(&self.excluded, &self.cleared, &self.baseline);
        // An escaped character takes six bytes at the most, an entry a few besides.
        let mut fits = |name: &str, entry: &Entry| {
            bytes +=
                6 * name.len() + 40 + entry.nexts.iter().map(|next| 6 * next.path.len() + 60).sum::<usize>();
            bytes < MAX_PUBLISHED_BYTES
        };
        let routes =
            self.routes.iter().take(MAX_ROUTES).take_while(|(template, entry)| fits(template, entry));
        let routes = routes.map(|(template, entry)| (template.clone(), write(entry))).collect();
        let pages = self.pages.iter().take(MAX_PAGES).take_while(|(path, entry)| fits(path, entry));
        let pages = pages.map(|(path, entry)| (path.clone(), write(entry))).collect();
        let (refused, others): (Vec<&Excluded>, Vec<&Excluded>) =
            self.excluded.iter().partition(|excluded| excluded.is_refused);
        let (suspects, mut refused): (Vec<&Excluded>, Vec<&Excluded>) =
            refused.into_iter().partition(|excluded| excluded.is_suspect);
        refused.extend(suspects);
        refused.truncate(MAX_EXCLUDED);
        let harmful = refused.len();
        let suspects = refused.iter().filter(|excluded| excluded.is_suspect).count();
        // One for each of the first paths, as far as it is known of all of them.
        let why = refused.iter().map_while(|excluded| excluded.why.clone()).take(MAX_EXCLUDED).collect();
        let out = refused.into_iter().chain(others).take(MAX_EXCLUDED);
        let out = out.map(|excluded| excluded.path.clone()).collect();
        let cleared = self.cleared.iter().take(MAX_SUSPECTS).cloned().collect();
        let baseline = self.baseline.clone();
        let published = PublishedNextPages {
            version: VERSION,
            pages,
            routes,
            out,
            harmful,
            suspects,
            why,
            cleared,
            baseline,
        };
        serde_json::to_string(&published).unwrap_or_default()
    }

    /// The same without probabilities and reasons, which change all the time and change nothing for a browser.
    #[must_use]
    pub fn rules(&self) -> String {
        let blank = |entry: &Entry| {
            let nexts = entry
                .nexts
                .iter()
                .map(|next| NextPage { pr: 0.0, tally: Tally::default(), ..next.clone() })
                .collect();
            Entry::new(nexts, entry.has_rules, entry.is_unvarying)
        };
        Self {
            pages: self.pages.iter().map(|(path, entry)| (path.clone(), blank(entry))).collect(),
            routes: self.routes.iter().map(|(template, entry)| (template.clone(), blank(entry))).collect(),
            excluded: self.excluded.iter().map(|it| Excluded { why: None, ..it.clone() }).collect(),
            cleared: self.cleared.clone(),
            baseline: self.baseline.rules(),
        }
        .to_value()
    }
}

/// What a rule is called whose name cannot be read.
const UNNAMED_RULE: &str = "link";

/// Whether a text is the name of a rule, which may stand in a header.
fn is_rule(text: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || byte == b'-';
    (1..=40).contains(&text.len()) && text.bytes().all(is_plain)
}

fn write(entry: &Entry) -> PublishedEntry {
    let next = entry.nexts.iter().take(MAX_NEXTS).map(|next| {
        let level = next.eagerness.level();
        let action = match next.action {
            Action::Prefetch => 0,
            Action::Prerender => 1,
            Action::PrerenderUntilScript => 2,
        };
        let pr = (next.pr * 1000.0).round() / 1000.0;
        let said = u8::from(next.is_unvarying) | (next.spellings.0 << 1);
        (next.path.clone(), pr, level, action, said, next.tally)
    });
    PublishedEntry {
        next: next.collect(),
        own: u8::from(entry.has_rules),
        same: u8::from(entry.is_unvarying),
    }
}

fn read(published: PublishedEntry) -> Entry {
    let next = |(path, pr, level, action, said, tally): (String, f64, u8, u8, u8, Tally)| {
        let eagerness = match level {
            1 => Eagerness::Moderate,
            2 => Eagerness::Eager,
            3 => Eagerness::Immediate,
            _ => return None,
        };
        let action = match action {
            0 => Action::Prefetch,
            1 => Action::Prerender,
            2 => Action::PrerenderUntilScript,
            _ => return None,
        };
        let is_path = path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic());
        let (is_unvarying, spellings) = (said & 1 == 1, Spellings::of((1..).map(|at| said >> at & 1 == 1)));
        is_path.then_some(NextPage { path, pr, eagerness, action, is_unvarying, spellings, tally })
    };
    Entry::new(
        published.next.into_iter().filter_map(next).take(MAX_NEXTS).collect(),
        published.own == 1,
        published.same == 1,
    )
}

/// The name of a site's next-page learner, and the KV key of its snapshot.
#[must_use]
pub fn next_page_learner_name(site: &str) -> String {
    format!("{site}/next")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn next(path: &str, pr: f64, eagerness: Eagerness) -> NextPage {
        NextPage {
            path: path.to_owned(),
            pr,
            eagerness,
            action: Action::Prefetch,
            is_unvarying: false,
            spellings: Spellings::default(),
            tally: Tally(12, 5, 1),
        }
    }

    fn excluded(path: &str, is_refused: bool) -> Excluded {
        Excluded::of(path, is_refused)
    }

    fn choice() -> NextPageChoice {
        let nexts = vec![
            NextPage {
                action: Action::Prerender,
                is_unvarying: true,
                ..next("/b", 0.4219, Eagerness::Immediate)
            },
            next("/c", 0.1, Eagerness::Moderate),
            NextPage { spellings: Spellings::of([true]), ..next("/d/", 0.1, Eagerness::Moderate) },
            NextPage {
                is_unvarying: true,
                spellings: Spellings::of([false, true, true]),
                ..next("/e/", 0.1, Eagerness::Moderate)
            },
        ];
        NextPageChoice {
            pages: vec![
                ("/a".to_owned(), Entry::new(nexts, true, true)),
                ("/b".to_owned(), Entry::new(vec![], true, false)),
            ],
            routes: [(
                "/p/*".to_owned(),
                Entry::new(vec![next("/cart", 0.2, Eagerness::Eager)], false, false),
            )]
            .into(),
            excluded: vec![excluded("/leave", true), excluded("/private/*", false)],
            cleared: Vec::new(),
            baseline: BaselineEagerness::default(),
        }
    }

    #[test]
    fn a_link_leads_to_the_page_that_it_names_before_one_that_is_also_spelled_so() {
        let spelled = NextPage { spellings: Spellings::of([true]), ..next("/kb/", 0.4, Eagerness::Eager) };
        let entry = Entry::new(vec![spelled, next("/kb", 0.1, Eagerness::Moderate)], false, false);
        assert_eq!(entry.next_at("/kb").map(|next| next.path.as_str()), Some("/kb"));
    }

    #[test]
    fn what_is_not_to_be_named_is_left_out_in_each_spelling() {
        let spelled = |path: &str| NextPage {
            spellings: Spellings::of([true; 3]),
            ..next(path, 0.4, Eagerness::Eager)
        };
        let entry = Entry::new(vec![spelled("/a/"), spelled("/b/")], false, false);
        let choice = NextPageChoice { pages: vec![("/".to_owned(), entry)], ..NextPageChoice::default() };
        let mut snapshot = NextPageSnapshot::parse(&choice.to_value()).unwrap();
        snapshot.retain_nexts(|path| !["/a/index.php", "/b/"].contains(&path));
        let [next] = snapshot.at("/").unwrap().nexts.as_slice() else { panic!("one is left") };
        assert_eq!(next.other_paths().collect::<Vec<_>>(), ["/a", "/a/index.html"]);
    }

    #[test]
    fn the_published_form_is_short_and_reads_back() {
        let value = choice().to_value();
        assert_eq!(
            value,
            r#"{"version":1,"pages":{"/a":{"next":[["/b",0.422,3,1,1,[12,5,1]],["/c",0.1,1,0,0,[12,5,1]],["/d/",0.1,1,0,2,[12,5,1]],["/e/",0.1,1,0,13,[12,5,1]]],"own":1,"same":1},"/b":{"own":1}},"routes":{"/p/*":{"next":[["/cart",0.2,2,0,0,[12,5,1]]]}},"out":["/leave","/private/*"],"harmful":1}"#
        );
        let snapshot = NextPageSnapshot::parse(&value).unwrap();
        let (key, entry) = snapshot.known("/a").unwrap();
        assert_eq!((key, entry.nexts.len(), entry.nexts[0].pr), ("/a", 4, 0.422));
        assert_eq!(
            snapshot.known("/a").map(|(_, entry)| &entry.nexts[2..]),
            Some(&choice().pages[0].1.nexts[2..])
        );
        let at = |path: &str| entry.next_at(path).map(|next| next.path.as_str());
        let paths = ["/c", "/c/", "/d/", "/d", "/D", "/d/index.html", "/e", "/e/index.html", "/e/index.php"];
        let (c, d, e) = (Some("/c"), Some("/d/"), Some("/e/"));
        assert_eq!(paths.map(at), [c, None, d, d, None, None, None, e, e]);
        assert_eq!(snapshot.known("/p/7").map(|(key, _)| key), Some("/p/*"));
        assert_eq!(snapshot.known("/q/7"), None);
        assert!(
            snapshot.at("/b").unwrap().nexts.is_empty() && !snapshot.at("/p/*").unwrap().nexts.is_empty()
        );
        assert_eq!(snapshot.excluded, [excluded("/leave", true), excluded("/private/*", false)]);
        assert!(snapshot.is_refused("/leave") && !snapshot.is_refused("/private/*"));
    }

    #[test]
    fn what_is_refused_is_published_as_the_first_of_the_excluded_paths() {
        let written = |all: &[(&str, bool)]| {
            let excluded = all.iter().map(|(path, is_refused)| excluded(path, *is_refused)).collect();
            NextPageChoice { excluded, ..NextPageChoice::default() }.to_value()
        };
        for (all, value) in [
            (&[][..], r#"{"version":1,"pages":{},"routes":{},"out":[]}"#),
            (&[("/a", false)], r#"{"version":1,"pages":{},"routes":{},"out":["/a"]}"#),
            (
                &[("/a", true), ("/b", true)],
                r#"{"version":1,"pages":{},"routes":{},"out":["/a","/b"],"harmful":2}"#,
            ),
            (
                &[("/a", false), ("/b", true), ("/c", false)],
                r#"{"version":1,"pages":{},"routes":{},"out":["/b","/a","/c"],"harmful":1}"#,
            ),
        ] {
            assert_eq!(written(all), value);
        }
        let paths: Vec<String> = (0..=MAX_EXCLUDED).map(|n| format!("/{n}")).collect();
        let all: Vec<(&str, bool)> = paths.iter().map(|path| (path.as_str(), true)).collect();
        let snapshot = NextPageSnapshot::parse(&written(&all)).unwrap();
        assert_eq!(snapshot.excluded.len(), MAX_EXCLUDED);
        assert!(snapshot.is_refused("/199") && !snapshot.is_refused("/200"));
        let routes = [("/go/*", true), ("/item/*/vote?up", true), ("/private/*", false)];
        let routes = NextPageSnapshot::parse(&written(&routes)).unwrap();
        for (path, is_refused) in [
            ("/go/a", true),
            ("/go/a/b", false),
            ("/go", false),
            ("/item/5/vote?up", true),
            ("/item/5/vote", false),
            ("/private/a", false),
        ] {
            assert_eq!(routes.is_refused(path), is_refused, "{path}");
        }
        // A number that is larger than the list says that all of it is refused.
        let value = r#"{"version":1,"pages":{},"routes":{},"out":["/a"],"harmful":7}"#;
        assert!(NextPageSnapshot::parse(value).unwrap().is_refused("/a"));
    }

    #[test]
    fn what_is_refused_says_why_and_until_when_and_that_makes_no_other_rules() {
        let why = Some(("cart-changed".to_owned(), 1_801_209_600));
        let leave = Excluded { why: why.clone(), ..excluded("/leave", true) };
        let choice =
            NextPageChoice { excluded: vec![leave.clone(), excluded("/private/*", false)], ..choice() };
        let value = choice.to_value();
        assert!(
            value.ends_with(
                r#""out":["/leave","/private/*"],"harmful":1,"why":[["cart-changed",1801209600]]}"#
            ),
            "{value}"
        );
        assert_eq!(NextPageSnapshot::parse(&value).unwrap().excluded, [leave, excluded("/private/*", false)]);
        assert_eq!(choice.rules(), super::tests::choice().rules());
    }

    #[test]
    fn suspects_stand_behind_what_was_met_and_say_by_which_rule() {
        let leave = Excluded { why: Some(("cart-changed".to_owned(), 7)), ..excluded("/leave", true) };
        let suspect = Excluded::suspect("/k/17", "sign-out", 8);
        let private = excluded("/private/*", false);
        let cleared = vec!["/wiki/Delete".to_owned()];
        let choice = NextPageChoice {
            excluded: vec![private.clone(), suspect.clone(), leave.clone()],
            cleared,
            ..NextPageChoice::default()
        };
        let value = choice.to_value();
        assert_eq!(
            value,
            r#"{"version":1,"pages":{},"routes":{},"out":["/leave","/k/17","/private/*"],"harmful":2,"suspects":1,"why":[["cart-changed",7],["sign-out",8]],"cleared":["/wiki/Delete"]}"#
        );
        let snapshot = NextPageSnapshot::parse(&value).unwrap();
        assert_eq!(snapshot.excluded, [leave, suspect.clone(), private]);
        assert!(snapshot.is_refused("/leave") && !snapshot.is_refused("/k/17"));
        assert_eq!(snapshot.suspected("/k/17"), Some("sign-out"));
        assert_eq!([snapshot.suspected("/leave"), snapshot.suspected("/private/*")], [None, None]);
        assert!(snapshot.is_cleared("/wiki/Delete") && !snapshot.is_cleared("/k/17"));
        let without = NextPageChoice { cleared: Vec::new(), ..choice.clone() };
        assert_ne!(without.rules(), choice.rules(), "it changes what is refused");
        // A number that is too large, and names that are none in a header.
        for (value, met, rule) in [
            (r#"{"version":1,"pages":{},"out":["/a"],"harmful":1,"suspects":7}"#, false, Some("link")),
            (
                r#"{"version":1,"pages":{},"out":["/a"],"harmful":1,"suspects":1,"why":[["x;\r\n",1]]}"#,
                false,
                Some("link"),
            ),
            (r#"{"version":1,"pages":{},"out":["/a"],"suspects":1}"#, false, None),
            (r#"{"version":1,"pages":{},"out":["/a"],"harmful":1}"#, true, None),
        ] {
            let snapshot = NextPageSnapshot::parse(value).unwrap();
            assert_eq!((snapshot.is_refused("/a"), snapshot.suspected("/a")), (met, rule), "{value}");
        }
        let many: Vec<Excluded> =
            (0..300).map(|n| Excluded::suspect(&format!("/{n}"), "delete", n)).collect();
        let value = NextPageChoice { excluded: many, ..NextPageChoice::default() }.to_value();
        let snapshot = NextPageSnapshot::parse(&value).unwrap();
        assert_eq!(snapshot.excluded.iter().filter(|it| it.is_suspect).count(), MAX_EXCLUDED);
        assert_eq!(snapshot.suspected("/199"), Some("delete"));
    }

    #[test]
    fn other_probabilities_are_the_same_rules() {
        let mut other = choice();
        other.pages[0].1.nexts[0].pr = 0.5;
        assert_ne!(other.to_value(), choice().to_value());
        assert_eq!(other.rules(), choice().rules());
        other.pages[0].1.nexts[0].eagerness = Eagerness::Eager;
        assert_ne!(other.rules(), choice().rules());
    }

    #[test]
    fn what_is_no_snapshot_is_an_error_and_what_is_out_of_range_is_left_out() {
        for value in
            ["", "{}", r#"{"version":2,"pages":{}}"#, r#"{"version":1,"pages":{"/":{"next":[["/b"]]}}}"#]
        {
            assert!(NextPageSnapshot::parse(value).is_err(), "{value}");
        }
        let odd = r#"{"version":1,"pages":{"/":{"next":[["b",1,3,0,0,[0,0,0]],["/b",1,7,0,0,[0,0,0]],["/c",1,3,9,0,[0,0,0]],["/d\" x",1,3,0,0,[0,0,0]],["/e",1,3,0,0,[0,0,0]]]}}}"#;
        let snapshot = NextPageSnapshot::parse(odd).unwrap();
        let paths: Vec<&str> =
            snapshot.at("/").unwrap().nexts.iter().map(|next| next.path.as_str()).collect();
        assert_eq!(paths, ["/e"]);
    }
}
