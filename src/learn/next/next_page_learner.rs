//! The next-page learner of a site, over any store: it takes batches of navigations in, and chooses which next pages are
//! published.
//!
//! # Which pages are named to others
//!
//! A page is named to others only when enough different visitors without a session were given it on one of the latest
//! days, when it was read, and when nothing speaks against it: it is private or not for search engines, its path looks
//! like a secret, its URL does something, robots.txt keeps robots out, or it does harm when it is fetched. Before robots.txt
//! could be read once no page is named (RFC 9309, section 2.3.1.4); when it cannot be read later, what it said last holds. A
//! transition from one page to another counts only when several visitors have taken it, or when the page links there; in
//! the second case a browser fetches the page only at a sign of the visitor, such as a hover. That a page does harm is
//! published when as many visitors have met it, and that all pages of its route do when several were met to
//! ([`super::harmful_routes`]). So is a page whose links say that it does something, when as many visitors were shown one, until it is
//! seen to do nothing: see [`super::suspects`].
//!
//! # Levels of eagerness
//!
//! A next page stays on its level until it is clearly below it, so that rule sets do not change all the time.

use super::baseline_eagerness::Circumstances;
use super::change_detector::Votes;
use super::eagerness_thresholds::{EagernessThresholds, Prospect, immediate_from};
use super::hidden_pages::{self, Fate, Named};
use super::model::Model;
use super::navigation_batch::{NavigationBatch, Transition};
use super::record::Record;
use super::sizes::Sizes;
use super::speculation_outcomes::{OPEN_MS, Settled, SpeculationOutcomes};
use super::suspects::Suspects;
use super::visitor::DAY_MS;
use crate::clock::has_passed;
use crate::hash::fnv1a;
use crate::learn::learner::Publication;
use crate::learn::names::{NameKey, is_hidden};
use crate::limits::SEVERAL;
use crate::next_page_preferences::NextPagePreferences;
use crate::published::next_page_snapshot::{
    Entry, NextPageChoice, NextPageSnapshot, Spellings, Tally, next_page_learner_name,
};
use crate::sorting;
use crate::sorting::map::{SortedMap, SortedSet};
use crate::store::{Kind, Store};
use crate::urls::private_path::looks_private;
use crate::urls::robots::{self, Said};
use naming::{Gate, Ranked, place};
use std::borrow::Cow;
use std::collections::HashMap;
use std::rc::Rc;
use url::Url;

/// How many standard errors below the estimate the lower bound lies that decides.
pub const CAUTION: f64 = 1.0;

/// How many next pages of a page are fetched at once, and how many more on a sign of the visitor. Chromium keeps two of
/// the second kind.
pub const MOST_IMMEDIATE: usize = 3;
const MOST_OTHER: usize = 2;

/// How many next pages of a page are considered.
const CANDIDATES: usize = 10;

/// The views of a page, decayed, before it gets next pages of its own.
const MIN_VIEWS: f64 = 2.9;

/// The views of a route before its pages get next pages by it, and how many pages must agree.
const MIN_ROUTE_VIEWS: f64 = 20.0;
const MIN_ROUTE_PAGES: usize = 2;

/// The lower bound from which a page is rendered ahead where a site allows that.
const PRERENDER_FROM: f64 = 0.4;

/// How many views of a batch are counted before the navigations that belong to them, and into how many such turns a batch
/// are divided at the most.
const VIEWS_OF_A_TURN: u64 = 10;
const MAX_TURNS: u64 = 200;

/// How many publications may be left out, while the rules stay the same and only their probabilities move.
const REPUBLISH: u64 = 10;

/// From how many private pages on it is said that they stand in the way.
const MANY_PRIVATE: usize = 5;

/// See the module's description.
#[derive(Debug, Default)]
pub struct NextPageLearner {
    model: Model,
    site: String,
    /// What it is stored as.
    stored_site: String,
    suspects: Suspects,
    /// How many bytes they take as they are stored.
    suspect_sizes: Sizes,
    /// What the site's robots.txt said to everybody when it could last be read; `None` before it was read once.
    robots: Option<Said>,
    has_robots_changed: bool,
    /// What was published last, how many bytes that had, and when.
    published: NextPageSnapshot,
    published_bytes: usize,
    published_mark: Mark,
    published_at: u64,
    has_published: bool,
    /// Whether what is stored of that is not written yet.
    has_mark_changed: bool,
    /// Whether anything came in since.
    has_news: bool,
    /// Why stored records are lost, if any are.
    begun_anew: Option<String>,
}

/// What a published value is told from others by.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Mark {
    /// The hash of its rules, without what changes nothing for a browser.
    rules: u64,
    /// The hash of all of it.
    value: u64,
}

impl NextPageLearner {
    /// What is known of the site.
    #[must_use]
    pub fn model(&self) -> &Model {
        &self.model
    }

    /// Takes a batch in, at `now` (milliseconds since the epoch).
    pub fn merge(&mut self, batch: &NavigationBatch, now: u64) {
        self.site.clone_from(&batch.site);
        self.has_news = true;
        if let Some(robots) = &batch.robots {
            // Other versions may send the whole file.
            let robots = robots::for_everybody(robots.as_bytes());
            if self.robots.as_ref().is_none_or(|known| known.text() != robots) {
                self.has_robots_changed = true;
                self.robots = Some(Said::new(robots));
            }
        }
        let known =
            hidden_pages::Known { robots: self.robots.as_ref(), several: self.model.site.several, now };
        let is_refused = |path: &str| self.published.is_refused(path);
        let batch = &spelled_as_published(batch, &self.published, &self.model);
        let (model, suspects) = (&mut self.model, &mut self.suspects);
        let Named { batch, sought } = &hidden_pages::named(batch, is_refused, &known, model, suspects);
        for (path, stats) in &batch.pages {
            let is_sought = sought.contains(path);
            let record = self.model.page_mut(path);
            record.absorb(stats, batch.day, now);
            if is_sought {
                record.clear(&stats.harmless, batch.day);
            }
        }
        self.learn(batch, now);
        let mut settled = Settled::default();
        for transition in &batch.transitions {
            let record = self.model.page_mut(&transition.from);
            record.hear(now);
            let outcomes = record.outcomes_mut(&transition.to);
            outcomes.visit(batch.day, &transition.visitors);
            outcomes.spell(batch.day, &transition.spelled);
            outcomes.open(transition.speculated, transition.strained, now);
            settled += outcomes.settle(transition.used, now);
        }
        self.model.site.budget.settle(settled.used, settled.wasted);
        self.model.hear_of_baseline(batch, now);
        self.model.keep_bounds(now);
        self.suspects.merge(&batch.suspects, batch.day, now);
    }

    /// Counts views and navigations in turns, as they came: many views fade among themselves, and navigations that were
    /// all counted behind them would seem to be more than they were.
    fn learn(&mut self, batch: &NavigationBatch, now: u64) {
        let views: u64 = batch.pages.values().map(|page| u64::from(page.views)).sum();
        let turns = views.div_ceil(VIEWS_OF_A_TURN).clamp(1, MAX_TURNS);
        // The share of a number that falls into a turn; what is rare falls into different ones.
        let share = |number: u32, at: usize, turn: u64| {
            let offset = at as u64 * 7919 % turns;
            let until = |turn: u64| (u64::from(number) * turn + offset) / turns;
            // Not above `number`, which is a u32.
            u32::try_from(until(turn + 1) - until(turn)).unwrap_or(number)
        };
        for turn in 0..turns {
            for (at, (path, stats)) in batch.pages.iter().enumerate() {
                let number = share(stats.views, at, turn);
                if number > 0 {
                    self.model.view(path, f64::from(number), now);
                }
            }
            for (at, transition) in batch.transitions.iter().enumerate() {
                let number = share(transition.taken, at, turn);
                if number > 0 {
                    let votes = share(transition.votes.min(transition.taken), at, turn);
                    let votes = Votes { number: f64::from(votes), visitors: &transition.voters };
                    self.model.follow_with(&transition.from, &transition.to, f64::from(number), votes);
                }
            }
        }
    }

    /// Chooses at `now`. Answers what to publish, unless the same was published lately.
    pub fn choose(&mut self, preferences: &NextPagePreferences<'_>, now: u64) -> Option<Publication> {
        if self.site.is_empty() {
            return None;
        }
        self.model.site.several = SEVERAL.min(preferences.min_visitors);
        self.settle(now);
        self.model.expire(now);
        self.suspects.expire(now);
        self.model.step(preferences.waste_budget, now);
        let mut choice = self.choice(preferences, now);
        if preferences.regulates_eagerness {
            self.step_baseline(preferences, now);
            choice.baseline = self.model.site.eagerness.published(now);
        }
        let value = choice.to_value();
        let mark = Mark { rules: fnv1a(choice.rules().as_bytes()), value: fnv1a(value.as_bytes()) };
        let is_due = has_passed(REPUBLISH.saturating_mul(preferences.publish_ms), self.published_at, now);
        if self.has_published && mark.rules == self.published_mark.rules && !is_due {
            // Something may have come in before this learner was read from what is stored.
            self.has_news |= mark.value != self.published_mark.value;
            return None;
        }
        (self.published_mark, self.published_at, self.has_published) = (mark, now, true);
        (self.has_mark_changed, self.has_news) = (true, false);
        self.published = NextPageSnapshot::parse(&value).unwrap_or_default();
        self.published_bytes = value.len();
        Some(Publication { key: next_page_learner_name(&self.site), value })
    }

    /// Lets the baseline's eagerness rise or fall, where it regulates itself.
    fn step_baseline(&mut self, preferences: &NextPagePreferences<'_>, now: u64) {
        let circumstances = Circumstances {
            min_visitors: preferences.min_visitors,
            waste_budget: preferences.waste_budget,
            publish_ms: preferences.publish_ms,
            has_robots: self.robots.is_some(),
            now,
        };
        let is_named = |path: &str, record: &Record| {
            !looks_private(path) && record.is_given_to_several(preferences.min_visitors, now)
        };
        self.model.step_baseline(&circumstances, is_named);
    }

    /// Forgets the page at a path, by whichever name it is remembered and wherever it is named. What follows is to be published at
    /// once.
    pub fn forget(&mut self, path: &str, key: &NameKey) {
        let (hidden, with_names) = (key.hide(path), format!("{path}?"));
        let fate = |name: &str| {
            let is_meant = name == path || name == hidden || name.starts_with(&with_names);
            if is_meant { Fate::Forgotten } else { Fate::Kept }
        };
        self.model.revise(&fate);
        self.suspects.revise(&fate);
        // What is published says at which level each page was.
        self.published = NextPageSnapshot::default();
        self.was_not_published();
    }

    /// Forgets all pages that are known by a hash alone, so that a learner may take the records up whose key is another one.
    pub fn forget_hidden(&mut self) {
        let fate = |name: &str| if is_hidden(name) { Fate::Forgotten } else { Fate::Kept };
        self.model.revise(&fate);
        self.suspects.revise(&fate);
        // Any key is as new as the one that there was.
        self.model.site.hidden_since = 0;
    }

    /// Takes back that what was chosen last has been published.
    pub fn was_not_published(&mut self) {
        (self.has_published, self.has_mark_changed, self.has_news) = (false, true, true);
    }

    /// In how many milliseconds to choose again if nothing comes in: when what came in since is to be published, when
    /// speculations that are open must have ended, or when something may have to be forgotten; `None` where nothing is left.
    #[must_use]
    pub fn wait_ms(&self, preferences: &NextPagePreferences<'_>) -> Option<u64> {
        if self.has_news {
            return Some(REPUBLISH.saturating_mul(preferences.publish_ms));
        }
        if self.has_open() {
            return Some(OPEN_MS);
        }
        (!self.is_empty()).then_some(DAY_MS)
    }

    /// Whether nothing is left, and nothing came in.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        !self.has_news && self.model.is_empty() && self.suspects.is_empty()
    }

    /// Whether any speculation is still open.
    fn has_open(&self) -> bool {
        self.model.pages().any(|(_, record)| record.has_open())
    }

    /// What stands in the way of learned next pages, where nothing else does: every page that is looked at often enough says
    /// that it is for one visitor alone, and none was seen to be the same for so many.
    #[must_use]
    pub fn told_private(&self, min_visitors: u32, now: u64) -> Option<String> {
        let viewed = self.model.pages().map(|(_, record)| record);
        let viewed: Vec<&Record> =
            viewed.filter(|record| record.transitions.views_at(now) >= MIN_VIEWS).collect();
        // Before so many have come, nothing could have been seen to be the same for them.
        let is_told = viewed.len() >= MANY_PRIVATE
            && viewed.iter().any(|record| record.is_private(min_visitors, min_visitors, now))
            && viewed.iter().all(|record| record.is_private(1, min_visitors, now));
        is_told.then(|| {
            format!(
                "no next pages are named on {}: its pages say Cache-Control: private, and none was seen to be the same for \
                 {min_visitors} visitors without a session; let pages say public that are the same for all",
                self.site
            )
        })
    }

    /// Settles the speculations whose time is over.
    fn settle(&mut self, now: u64) {
        let due: Vec<String> = self
            .model
            .pages()
            .filter(|(_, record)| record.has_due(now))
            .map(|(path, _)| path.to_owned())
            .collect();
        let mut settled = Settled::default();
        for path in due {
            for outcomes in self.model.page_mut(&path).all_outcomes_mut() {
                settled += outcomes.settle(0, now);
            }
        }
        self.model.site.budget.settle(settled.used, settled.wasted);
    }

    fn choice(&mut self, preferences: &NextPagePreferences<'_>, now: u64) -> NextPageChoice {
        let robots = self.robots.as_ref().map(Said::rules).unwrap_or_default();
        // A site that no robot may read at all says nothing of its single pages.
        let robots = if robots.disallows("/") { Rc::default() } else { robots };
        let (excluded, cleared) = self.excluded(&robots, preferences, now);
        if self.robots.is_none() {
            return NextPageChoice { excluded, cleared, ..NextPageChoice::default() };
        }
        let all_rotate = self.do_all_rotate(SEVERAL.min(preferences.min_visitors), now);
        let suspects = &self.suspects;
        let gate = Gate { preferences, robots: &robots, suspects, excluded: &excluded, all_rotate, now };
        // Each page that may have next pages, with those that it may have.
        let mut pages: Vec<(f64, String, Vec<Ranked>)> = Vec::new();
        let public: SortedSet<&str> = self
            .model
            .pages()
            .filter(|(path, record)| gate.is_named(path, record))
            .map(|(path, _)| path)
            .collect();
        for path in &public {
            let Some(record) = self.model.page(path) else { continue };
            let views = record.transitions.views_at(now);
            if views >= MIN_VIEWS {
                let candidates = self.model.candidates(path, CANDIDATES);
                pages.push((views, (*path).to_owned(), gate.rank(record, candidates, &public)));
            }
        }
        let mut prospects: Vec<Prospect> = Vec::new();
        for (views, _, ranked) in &pages {
            let first = ranked.iter().filter(|ranked| ranked.is_taken).take(MOST_IMMEDIATE);
            prospects.extend(first.map(|ranked| Prospect { views: *views, lower: ranked.lower }));
        }
        let budget = self.model.site.budget.plan(preferences.waste_budget);
        let thresholds = EagernessThresholds::new(immediate_from(&mut prospects, budget));
        let routes = self.route_choice(preferences, &thresholds, &pages, now);
        sorting::sort_by(&mut pages, |a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        let mut choice = NextPageChoice { routes, excluded, cleared, ..NextPageChoice::default() };
        for (_, path, ranked) in pages {
            let before = self.published.at(&path);
            let Some(record) = self.model.page(&path) else { continue };
            let demotion =
                |ranked: &Ranked| record.outcomes(&ranked.path).map_or(0, SpeculationOutcomes::demotion);
            let demotions: Vec<u8> = ranked.iter().map(demotion).collect();
            let (has_rules, is_unvarying) = (record.has_rules(), record.is_unvarying());
            let nexts =
                place(&thresholds, &ranked, &demotions, before, preferences.prerender, (&self.model, now));
            let entry = Entry::new(nexts, has_rules, is_unvarying);
            if !entry.is_empty() {
                choice.pages.push((path, entry));
            }
        }
        choice
    }

    /// Chooses for pages that are known by their route alone: what several of its pages have in common.
    fn route_choice(
        &self,
        preferences: &NextPagePreferences<'_>,
        thresholds: &EagernessThresholds,
        pages: &[(f64, String, Vec<Ranked>)],
        now: u64,
    ) -> SortedMap<String, Entry> {
        // How many of its pages each next page follows, and how these spell it.
        let mut common: HashMap<String, HashMap<&str, (usize, Spellings)>> = HashMap::new();
        for (_, path, ranked) in pages {
            let Some(route) = super::model::route_of(path) else { continue };
            let route = common.entry(route).or_default();
            for ranked in ranked.iter().filter(|ranked| ranked.is_taken) {
                let (pages, spellings) = route.entry(ranked.path.as_str()).or_default();
                *pages += 1;
                *spellings = spellings.with(ranked.spellings);
            }
        }
        let mut routes = SortedMap::new();
        for (template, counts) in self.model.routes() {
            let Some(common) = common.get(template).filter(|_| counts.views_at(now) >= MIN_ROUTE_VIEWS)
            else {
                continue;
            };
            let candidates = self.model.route_candidates(template, CANDIDATES).into_iter();
            let ranked: Vec<Ranked> = candidates
                .filter_map(|candidate| {
                    let known = common.get(candidate.path.as_str());
                    let (_, spellings) = *known.filter(|(pages, _)| *pages >= MIN_ROUTE_PAGES)?;
                    let mut ranked = Ranked::new(candidate, true, Tally::default());
                    ranked.spellings = spellings;
                    Some(ranked)
                })
                .collect();
            let nexts = place(
                thresholds,
                &ranked,
                &[],
                self.published.at(template),
                preferences.prerender,
                (&self.model, now),
            );
            if !nexts.is_empty() {
                routes.insert(template.to_owned(), Entry::new(nexts, false, false));
            }
        }
        routes
    }
}

/// A batch that books on each page what came of links that a rule names for it, too: what was refused there, say. A path of which something
/// is known by itself is its own.
fn spelled_as_published<'a>(
    batch: &'a NavigationBatch,
    published: &NextPageSnapshot,
    model: &Model,
) -> Cow<'a, NavigationBatch> {
    let other = |transition: &Transition| {
        let (_, entry) = published.known(&transition.from)?;
        let next = entry.next_at(&transition.to).filter(|next| next.path != transition.to)?;
        model.page(&transition.to).is_none().then(|| next.path.clone())
    };
    let others: Vec<Option<String>> = batch.transitions.iter().map(other).collect();
    if others.iter().all(Option::is_none) {
        return Cow::Borrowed(batch);
    }
    let mut batch = batch.clone();
    for (transition, other) in batch.transitions.iter_mut().zip(others) {
        transition.to = other.unwrap_or_else(|| std::mem::take(&mut transition.to));
    }
    Cow::Owned(batch)
}

/// A URL with this path and these names of parameters, whatever its host.
fn url_of(page: &str) -> Option<Url> {
    Url::parse("https://site.invalid").and_then(|base| base.join(page)).ok()
}

/// Under which key something may be published, if this is a next-page learner that was sent anything.
///
/// # Errors
/// The store's own.
pub fn key<S: Store>(store: &S) -> Result<Option<String>, S::Error> {
    Ok(store.get(Kind::Fact, "name")?.map(|site| next_page_learner_name(&site)))
}

/// Remembers what was published.
///
/// # Errors
/// The store's own.
pub fn published<S: Store>(store: &mut S, value: &str) -> Result<(), S::Error> {
    store.put(Kind::Fact, "guide", value, 0.0)
}

mod naming;
mod refused;
mod stored;

pub use stored::bytes;

#[cfg(test)]
mod tests;
