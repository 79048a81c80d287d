//! Predicts what a site's visitors do next: where they go from each page, each route and the site, and the links of pages.
//!
//! # What is expected before anything was seen
//!
//! A page that nobody has left yet gets what pages with paths like it do (`/product/*`), those what the site does. Where
//! the page was read, its links say more: how often visitors follow a link that says it is the next page, one at the top
//! of the content, in the navigation or the footer is counted for the site as a whole ([`Places`]), and shared among the
//! links that stand there.
//!
//! Pages and routes are bounded in number and in bytes; those that are visited least leave.

use super::baseline_eagerness::{self, Evidence, Regulation};
use super::change_detector::{ChangeDetector, Votes};
use super::hidden_pages::Fate;
use super::navigation_batch::{GuessCounts, Link, NavigationBatch, Place};
use super::record::{MAX_NEXTS, Record, by_importance};
use super::sizes::Sizes;
use super::transition_counts::{Estimate, Expected, TransitionCounts};
use super::visitor::{Day, day_of};
use crate::ineligible::Ineligible;
use crate::learn::names::{LIFE_DAYS, LIFE_MS, is_hidden, is_secret};
use crate::limits::SEVERAL;
use crate::sorting;
use crate::sorting::map::SortedSet;
use crate::urls::route_templates;
use serde::{Deserialize, Serialize};
use std::collections::HashMap;

/// The most pages that are remembered.
pub const MAX_PAGES: usize = 2000;

/// The most bytes that the records of pages take as they are stored, and those of routes. Two thousand usual pages, of some six
/// thousand bytes each, stay below that.
/// An isolate has 128 MB for all its objects, of which one holds a record as text and as data when it reads it
/// ([`loaded_learners`](super::loaded_learners)).
pub(super) const MAX_PAGE_BYTES: usize = 16 * 1024 * 1024;
pub(super) const MAX_ROUTE_BYTES: usize = 4 * 1024 * 1024;

/// The most pages that are remembered for the harm they do, however seldom they are visited.
const MAX_HARMFUL: usize = 100;

/// The most routes that are remembered.
pub const MAX_ROUTES: usize = 300;

/// The most next pages that are remembered of the site as a whole.
const MAX_SITE_NEXTS: usize = 64;

/// How many of a route's, of the site's and of a page's links are looked at besides the pages that were seen to follow.
const ROUTE_CANDIDATES: usize = 8;
const SITE_CANDIDATES: usize = 4;
const LINK_CANDIDATES: usize = 8;

/// The most next pages that are remembered of one route.
const MAX_ROUTE_NEXTS: usize = 64;

/// What is expected of a page on a site of which nothing is known.
const UNKNOWN: Expected = Expected { rate: 0.4, share: 0.0 };

/// The least rate that shares are taken of.
const LEAST_RATE: f64 = 0.05;

/// How much of what is expected is what links say, where a page was read.
const LINKS_SHARE: f64 = 0.5;

/// See the module's description.
#[derive(Clone, Debug, Default)]
pub struct Model {
    /// Each page, by path.
    pages: HashMap<String, Record>,
    /// Each route, by template.
    routes: HashMap<String, TransitionCounts>,
    /// The site as a whole.
    pub(super) site: Site,
    /// The pages and routes that have changed.
    changed: Changed,
    /// What the stored ones take.
    pub(super) page_sizes: Sizes,
    pub(super) route_sizes: Sizes,
}

/// What is remembered of the site as a whole.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Site {
    /// Where visitors go from anywhere.
    #[serde(rename = "departures")]
    pub(super) transitions: TransitionCounts,
    /// Whether it has changed as a whole.
    #[serde(default, rename = "surprise")]
    pub(super) change: ChangeDetector,
    /// How links are followed.
    pub(super) places: Places,
    /// The speculations on the site as a whole.
    pub(super) budget: super::eagerness_thresholds::Budget,
    /// Its robots.txt, as earlier versions have stored it.
    #[serde(default, skip_serializing)]
    pub(super) robots: String,
    /// Since when the key is given out by which pages are hidden now.
    #[serde(default)]
    pub(super) hidden_since: Day,
    /// How many visitors are several: no more than have to be given a page before it is named.
    #[serde(default = "several")]
    pub(super) several: u32,
    /// How eager the baseline is, where that regulates itself.
    #[serde(default)]
    pub(super) eagerness: Regulation,
}

/// Before it is known what the site has configured.
fn several() -> u32 {
    SEVERAL
}

impl Default for Site {
    fn default() -> Self {
        Self {
            transitions: TransitionCounts::default(),
            change: ChangeDetector::default(),
            places: Places::default(),
            budget: super::eagerness_thresholds::Budget::default(),
            robots: String::new(),
            hidden_since: 0,
            several: several(),
            eagerness: Regulation::default(),
        }
    }
}

/// Names of what is to be written or removed.
#[derive(Clone, Debug, Default)]
pub(super) struct Changed {
    pub(super) pages: SortedSet<String>,
    pub(super) routes: SortedSet<String>,
}

/// A page that may follow, and how probably.
#[derive(Clone, Debug, PartialEq)]
pub struct NextCandidate {
    /// Its path.
    pub path: String,
    /// The probability that it follows a view.
    pub estimate: Estimate,
}

/// How often links are followed, by their place.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Places {
    /// The views of pages that have such links.
    offered: [f64; Place::COUNT],
    /// How often one of them was followed.
    followed: [f64; Place::COUNT],
}

/// What is usual, as followed in so many views of pages that offer such links.
const USUAL: [f64; Place::COUNT] = [0.3, 0.03, 0.25, 0.15, 0.1, 0.01];
const USUAL_VIEWS: f64 = 30.0;

/// The views after which what is known of places has halved.
const PLACES_HALF_LIFE: f64 = 2000.0;

impl Default for Places {
    fn default() -> Self {
        Self { offered: [USUAL_VIEWS; Place::COUNT], followed: USUAL.map(|share| share * USUAL_VIEWS) }
    }
}

impl Places {
    fn view(&mut self, links: &[Link], number: f64) {
        let fade = (-number / PLACES_HALF_LIFE).exp2();
        for (at, (offered, followed)) in self.offered.iter_mut().zip(&mut self.followed).enumerate() {
            if links.iter().any(|link| link.place as usize == at) {
                *offered = *offered * fade + number;
                *followed *= fade;
            }
        }
    }

    fn follow(&mut self, place: Place, number: f64) {
        if let Some(followed) = self.followed.get_mut(place as usize) {
            *followed += number;
        }
    }

    /// The probability that one link is followed from a page with these links.
    fn expect(&self, links: &[Link], path: &str) -> f64 {
        let Some(link) = links.iter().find(|link| link.path == path) else { return 0.0 };
        let at = link.place as usize;
        let alike = links.iter().filter(|other| other.place == link.place).count();
        let (Some(offered), Some(followed)) = (self.offered.get(at), self.followed.get(at)) else {
            return 0.0;
        };
        // At least one: the link itself.
        #[allow(clippy::cast_precision_loss)]
        let alike = alike as f64;
        (followed / offered.max(1.0)).min(1.0) / alike
    }
}

/// The route that a page belongs to: its path with the last segment open.
pub(super) fn route_of(path: &str) -> Option<String> {
    if is_hidden(path) {
        return None;
    }
    route_templates::templates(path).into_iter().next()
}

impl Model {
    /// Counts views of a page at `now` (milliseconds since the epoch).
    pub fn view(&mut self, path: &str, number: f64, now: u64) {
        let record = self.pages.entry(path.to_owned()).or_default();
        record.transitions.view(number, now);
        if let Some(links) = record.links() {
            self.site.places.view(links, number);
        }
        self.changed.pages.insert(path.to_owned());
        if let Some(route) = route_of(path) {
            self.routes.entry(route.clone()).or_default().view(number, now);
            self.changed.routes.insert(route);
        }
        self.site.transitions.view(number, now);
    }

    /// Counts navigations from a page to another.
    pub fn follow(&mut self, from: &str, to: &str, number: f64) {
        self.follow_with(from, to, number, Votes::default());
    }

    /// The same, with what counts for whether the site has changed.
    pub fn follow_with(&mut self, from: &str, to: &str, number: f64, votes: Votes<'_>) {
        let own = self.pages.get(from);
        let route = route_of(from);
        let of_route = route.as_ref().and_then(|route| self.routes.get(route));
        let (site, expected) = (self.site_expectation(to), self.expect(own, of_route, to));
        let predicted =
            own.map_or(expected.probability(), |own| own.transitions.estimate(to, expected).probability);
        if let Some(place) = own.and_then(|own| own.place(to)) {
            self.site.places.follow(place, number);
        }
        if let Some(route) = route {
            self.routes.entry(route.clone()).or_default().follow(to, number, site, MAX_ROUTE_NEXTS);
            self.changed.routes.insert(route);
        }
        let record = self.pages.entry(from.to_owned()).or_default();
        record.transitions.follow(to, number, expected, MAX_NEXTS);
        self.changed.pages.insert(from.to_owned());
        self.site.transitions.follow(to, number, UNKNOWN, MAX_SITE_NEXTS);
        if self.site.change.follow(from, predicted, votes) {
            self.forget();
        }
    }

    /// Lets what was counted hardly count any more: the site is another one.
    fn forget(&mut self) {
        for (path, record) in &mut self.pages {
            record.transitions.forget();
            self.changed.pages.insert(path.clone());
        }
        for (template, route) in &mut self.routes {
            route.forget();
            self.changed.routes.insert(template.clone());
        }
        self.site.transitions.forget();
    }

    fn site_expectation(&self, to: &str) -> Expected {
        self.site.transitions.expectation(to, UNKNOWN)
    }

    /// What is expected of a next page before it was seen to follow.
    fn expect(&self, own: Option<&Record>, route: Option<&TransitionCounts>, to: &str) -> Expected {
        let site = self.site_expectation(to);
        let routed = route.map_or(site, |route| route.expectation(to, site));
        let Some(links) = own.and_then(Record::links) else { return routed };
        let linked = self.site.places.expect(links, to) / routed.rate.max(LEAST_RATE);
        Expected { share: ((1.0 - LINKS_SHARE) * routed.share + LINKS_SHARE * linked).min(1.0), ..routed }
    }

    /// The `most` pages that follow most probably, the likeliest first.
    #[must_use]
    pub fn candidates(&self, path: &str, most: usize) -> Vec<NextCandidate> {
        let own = self.pages.get(path);
        let route = route_of(path).and_then(|route| self.routes.get(&route));
        let mut paths: Vec<&str> = own.map(|own| own.transitions.nexts().collect()).unwrap_or_default();
        let routed = route.map(|route| route.best(ROUTE_CANDIDATES)).unwrap_or_default();
        let linked = own.and_then(Record::links).unwrap_or_default().iter().take(LINK_CANDIDATES);
        let others = routed
            .into_iter()
            .chain(self.site.transitions.best(SITE_CANDIDATES))
            .chain(linked.map(|link| link.path.as_str()));
        for other in others {
            if !paths.contains(&other) {
                paths.push(other);
            }
        }
        let mut candidates: Vec<NextCandidate> = paths
            .into_iter()
            .filter(|to| *to != path)
            .map(|to| {
                let expected = self.expect(own, route, to);
                let estimate = own.map_or_else(
                    || TransitionCounts::default().estimate(to, expected),
                    |own| own.transitions.estimate(to, expected),
                );
                NextCandidate { path: to.to_owned(), estimate }
            })
            .collect();
        sorting::sort_by(&mut candidates, |a, b| {
            b.estimate.probability.total_cmp(&a.estimate.probability).then_with(|| a.path.cmp(&b.path))
        });
        candidates.truncate(most);
        candidates
    }

    /// The `most` pages that follow most probably from the pages of a route.
    #[must_use]
    pub fn route_candidates(&self, template: &str, most: usize) -> Vec<NextCandidate> {
        let Some(route) = self.routes.get(template) else { return Vec::new() };
        route
            .best(most)
            .into_iter()
            .map(|to| {
                let site = self.site_expectation(to);
                NextCandidate { path: to.to_owned(), estimate: route.estimate(to, site) }
            })
            .collect()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.routes.is_empty()
    }

    /// The record of a page.
    #[must_use]
    pub fn page(&self, path: &str) -> Option<&Record> {
        self.pages.get(path)
    }

    /// The same, to be changed; begun where there was none.
    pub fn page_mut(&mut self, path: &str) -> &mut Record {
        self.changed.pages.insert(path.to_owned());
        self.pages.entry(path.to_owned()).or_default()
    }

    /// Counts what the baseline's eagerness depends on.
    pub(super) fn hear_of_baseline(&mut self, batch: &NavigationBatch, now: u64) {
        let guesses = batch.pages.values().flat_map(|page| &page.guesses);
        let guesses = guesses.fold(0_u32, |sum, count| sum.saturating_add(count.0));
        self.site.eagerness.hear(&batch.origin, guesses, batch.day, now);
        for (path, stats) in &batch.pages {
            if stats.guesses == GuessCounts::default() {
                continue;
            }
            self.changed.pages.insert(path.clone());
            let record = self.pages.entry(path.clone()).or_default();
            self.site.eagerness.count(path, &mut record.guesses, &stats.guesses, now);
        }
    }

    /// Lets the baseline's eagerness rise or fall. `is_named` says whether a page's path may be published.
    pub(super) fn step_baseline(
        &mut self,
        circumstances: &baseline_eagerness::Circumstances,
        is_named: impl Fn(&str, &Record) -> bool,
    ) {
        let evidence: Vec<Evidence<'_>> = self
            .pages
            .iter()
            .filter(|(path, record)| !record.guesses.is_none() && !is_hidden(path))
            .map(|(path, record)| Evidence {
                path,
                is_named: is_named(path, record),
                tallies: &record.guesses,
            })
            .collect();
        for (path, pointer) in self.site.eagerness.step(&evidence, circumstances) {
            self.page_mut(&path).guesses.clear(pointer);
        }
    }

    /// Demotes the transitions on which too much was wasted, and raises others again.
    pub(super) fn step(&mut self, budget: f64, now: u64) {
        for (path, record) in &mut self.pages {
            if record.step(budget, now) {
                self.changed.pages.insert(path.clone());
            }
        }
    }

    /// All pages.
    pub fn pages(&self) -> impl Iterator<Item = (&str, &Record)> {
        self.pages.iter().map(|(path, record)| (path.as_str(), record))
    }

    /// All routes.
    pub(super) fn routes(&self) -> impl Iterator<Item = (&str, &TransitionCounts)> {
        self.routes.iter().map(|(template, counts)| (template.as_str(), counts))
    }

    /// Takes stored pages and routes over.
    pub(super) fn restore(
        &mut self,
        pages: HashMap<String, Record>,
        routes: HashMap<String, TransitionCounts>,
        site: Site,
    ) {
        (self.pages, self.routes, self.site) = (pages, routes, site);
        // An older version may have written some down.
        let secret: Vec<String> = self.pages.keys().filter(|path| is_secret(path)).cloned().collect();
        self.remove_pages(secret);
    }

    /// Lets each page have the name that it has now.
    pub(super) fn revise(&mut self, fate: &dyn Fn(&str) -> Fate) {
        let names: Vec<(String, Fate)> = self
            .pages
            .keys()
            .map(|name| (name.clone(), fate(name)))
            .filter(|(_, it)| *it != Fate::Kept)
            .collect();
        for (name, fate) in names {
            let Some(record) = self.pages.remove(&name) else { continue };
            self.changed.pages.insert(name);
            if let Fate::Renamed(path) = fate {
                self.changed.pages.insert(path.clone());
                self.pages.insert(path, record);
            }
        }
        for (path, record) in &mut self.pages {
            if record.revise(fate) {
                self.changed.pages.insert(path.clone());
            }
        }
        for (template, counts) in &mut self.routes {
            if counts.revise(fate) {
                self.changed.routes.insert(template.clone());
            }
        }
        self.site.transitions.revise(fate);
        self.site.eagerness.revise(fate);
    }

    /// Forgets the pages and routes of which nothing was heard for so long.
    pub(super) fn expire(&mut self, now: u64) {
        let today = day_of(now);
        let mut silent = Vec::new();
        for (path, record) in &mut self.pages {
            match record.silent_days(today) {
                Some(days) if days > LIFE_DAYS => silent.push(path.clone()),
                Some(_) => {}
                None => {
                    record.hear(now);
                    self.changed.pages.insert(path.clone());
                }
            }
        }
        self.remove_pages(silent);
        let silent = self.routes.iter().filter(|(_, counts)| counts.silent_ms(now) > LIFE_MS);
        for template in silent.map(|(template, _)| template.clone()).collect::<Vec<_>>() {
            self.routes.remove(&template);
            self.changed.routes.insert(template);
        }
        if self.site.transitions.silent_ms(now) > LIFE_MS {
            self.site.transitions = TransitionCounts::default();
        }
    }

    fn remove_pages(&mut self, names: Vec<String>) {
        for name in names {
            self.pages.remove(&name);
            self.changed.pages.insert(name);
        }
    }

    /// What has changed since the last call.
    pub(super) fn take_changed(&mut self) -> Changed {
        std::mem::take(&mut self.changed)
    }

    /// Where the visitors of one route go.
    pub(super) fn route(&self, template: &str) -> Option<&TransitionCounts> {
        self.routes.get(template)
    }

    /// Removes what is worth least where there is too much; a tenth at a time, so that it is done seldom. Some pages that do
    /// harm always stay: they have hardly any views.
    pub(super) fn keep_bounds(&mut self, now: u64) {
        if self.pages.len() > MAX_PAGES || self.page_sizes.total() > MAX_PAGE_BYTES {
            let is_harmful = |record: &Record| record.ineligible(1, now).any(Ineligible::is_harmful);
            let ranked = |is_meant: bool| {
                let meant = self.pages.iter().filter(move |(_, record)| is_harmful(record) == is_meant);
                meant.map(|(path, record)| (record.importance(now), path))
            };
            let mut kept = sorted(ranked(true));
            let others = kept.split_off(kept.len().min(MAX_HARMFUL));
            let others = sorted(others.into_iter().chain(ranked(false)));
            let paths = kept.into_iter().chain(others).map(|(_, path)| path);
            for path in self.page_sizes.leaving(paths, MAX_PAGES / 10 * 9, MAX_PAGE_BYTES / 10 * 9) {
                self.pages.remove(&path);
                self.changed.pages.insert(path);
            }
        }
        if self.routes.len() > MAX_ROUTES || self.route_sizes.total() > MAX_ROUTE_BYTES {
            let ranked = self.routes.iter().map(|(name, counts)| ((true, counts.views_at(now)), name));
            let names = sorted(ranked).into_iter().map(|(_, name)| name);
            for name in self.route_sizes.leaving(names, MAX_ROUTES / 10 * 9, MAX_ROUTE_BYTES / 10 * 9) {
                self.routes.remove(&name);
                self.changed.routes.insert(name);
            }
        }
    }
}

/// Names by how much they are worth remembering, the most valuable first.
fn sorted<'a>(ranked: impl Iterator<Item = ((bool, f64), &'a String)>) -> Vec<((bool, f64), &'a String)> {
    let mut all: Vec<_> = ranked.collect();
    sorting::sort_by(&mut all, |a, b| by_importance(b.0, a.0).then_with(|| a.1.cmp(b.1)));
    all
}

#[cfg(test)]
mod tests;
