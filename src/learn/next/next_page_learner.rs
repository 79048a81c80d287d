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
//! ([`harmful_routes`]). So is a page whose links say that it does something, when as many visitors were shown one, until it is
//! seen to do nothing: see [`super::suspects`].
//!
//! # Levels of eagerness
//!
//! A next page stays on its level until it is clearly below it, so that rule sets do not change all the time.

use super::baseline_eagerness::Circumstances;
use super::change_detector::Votes;
use super::eagerness_thresholds::{EagernessThresholds, Prospect, immediate_from};
use super::harmful_routes::{self, Blamed, Harm};
use super::hidden_pages::{self, Fate, Named};
use super::model::{Model, NextCandidate};
use super::navigation_batch::NavigationBatch;
use super::record::Record;
use super::speculation_outcomes::{OPEN_MS, Settled, SpeculationOutcomes};
use super::suspects::Suspects;
use super::visitor::{DAY_MS, day_of};
use crate::ineligible::Ineligible;
use crate::learn::learner::Publication;
use crate::learn::names::{NameKey, is_hidden};
use crate::limits::SEVERAL;
use crate::navigation::source;
use crate::next_page_preferences::NextPagePreferences;
use crate::published::next_page_snapshot::{
    Entry, Excluded, MAX_EXCLUDED, MAX_NEXTS, NextPage, NextPageChoice, NextPageSnapshot, Tally,
    next_page_learner_name,
};
use crate::sorting;
use crate::speculation::{Action, Eagerness};
use crate::store::{Kind, Store};
use crate::urls::private_path::looks_private;
use crate::urls::robots::{self, Robots};
use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet, HashMap};
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
    /// What the site's robots.txt said to everybody when it could last be read; `None` before it was read once.
    robots: Option<String>,
    has_robots_changed: bool,
    /// What was published last, and when.
    published: NextPageSnapshot,
    published_rules: u64,
    published_at: u64,
    has_published: bool,
    /// Whether anything came in since.
    has_news: bool,
    /// Why stored records are lost, if any are.
    begun_anew: Option<String>,
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
            let robots = Some(robots::for_everybody(robots.as_bytes()));
            self.has_robots_changed |= self.robots != robots;
            self.robots = robots;
        }
        let known =
            hidden_pages::Known { robots: self.robots.as_deref(), several: self.model.site.several, now };
        let is_refused = |path: &str| self.published.is_refused(path);
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
        let rules = crate::hash::fnv1a(choice.rules().as_bytes());
        let is_due =
            now.saturating_sub(self.published_at) >= REPUBLISH.saturating_mul(preferences.publish_ms);
        if self.has_published && rules == self.published_rules && !is_due {
            return None;
        }
        (self.published_rules, self.published_at, self.has_published) = (rules, now, true);
        self.has_news = false;
        let value = choice.to_value();
        self.published = NextPageSnapshot::parse(&value).unwrap_or_default();
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
        (self.has_published, self.has_news) = (false, true);
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

    /// The pages of which so many visitors have met that they do harm when they are fetched, each with what it does.
    fn harmful(&self, least: u32, now: u64) -> BTreeMap<&str, &Ineligible> {
        let all_rotate = self.do_all_rotate(least, now);
        let harmful = self.model.pages().filter_map(|(path, record)| {
            let mut harm = record.ineligible(least, now).filter(|why| why.is_harmful());
            Some((path, harm.find(|why| !(all_rotate && why.is_of_session()))?))
        });
        harmful.collect()
    }

    /// What the log says of the pages that are refused from now on, since they do harm: not before so many visitors have
    /// met that, so that no single one's own URL is in a log.
    pub fn told_harmful(&self, min_visitors: u32, now: u64) -> impl Iterator<Item = String> {
        let told = self.refused(min_visitors, now).into_iter();
        told.map(move |Refused { path, why, .. }| {
            let [does, seen] = if why.is_no_page_here() {
                ["no page of the site is shown there", "a page is"]
            } else {
                ["it does something when it is fetched", "it is seen to do nothing"]
            };
            format!(
                "speculations on {}{path} are refused for two weeks, since {does} ({}); they come back sooner if {seen}",
                self.site,
                why.as_str()
            )
        })
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

    /// What is refused to everybody, each with what it does: routes of which several pages do it, and other pages where so
    /// many visitors have met it that it is nobody's secret.
    fn refused(&self, min_visitors: u32, now: u64) -> Vec<Refused<'_>> {
        let until = |path: &str, why: &Ineligible| {
            self.model.page(path).and_then(|record| record.ineligible_until(why)).unwrap_or_default()
        };
        let is_told = |path: &str| {
            let bare = path.split('?').next().unwrap_or_default();
            // In a pattern a `*` would stand for anything.
            !looks_private(bare) && !is_hidden(path) && !path.contains('*')
        };
        let harmful = self.harmful(SEVERAL.min(min_visitors), now);
        let routes = self.harmful_routes(&harmful, min_visitors, now);
        let is_covered = |path: &str| routes.iter().any(|route| route.pages.contains(&path));
        // That so many have met it makes it nobody's secret.
        let harmful = self.harmful(min_visitors, now);
        let pages = harmful.iter().filter(|(path, _)| is_told(path) && !is_covered(path));
        let pages =
            pages.map(|(path, why)| Refused { path: Cow::Borrowed(*path), why, until: until(path, why) });
        let pages: Vec<Refused<'_>> = pages.collect();
        let routes = routes.into_iter().map(|Blamed { template, why, pages }| Refused {
            until: pages.iter().map(|path| until(path, why)).max().unwrap_or_default(),
            path: Cow::Owned(template),
            why,
        });
        routes.chain(pages).take(MAX_EXCLUDED / 2).collect()
    }

    /// The routes that are blamed for what several of their pages do.
    fn harmful_routes<'a>(
        &'a self,
        harmful: &BTreeMap<&'a str, &'a Ineligible>,
        min_visitors: u32,
        now: u64,
    ) -> Vec<Blamed<'a>> {
        let (today, takers) = (day_of(now), SEVERAL.min(min_visitors));
        let mut harms: Vec<Harm<'_>> = Vec::new();
        let mut harmless: Vec<&str> = Vec::new();
        for (path, record) in self.model.pages().filter(|(path, _)| !is_hidden(path)) {
            let led_back = record.led_back(now);
            let why = match harmful.get(path) {
                Some(why) => why,
                // One page alone may lead on; siblings show whether it leads back.
                None if !led_back.is_empty() => &Ineligible::RedirectsBack,
                None => {
                    if record.is_given_to(takers, today) {
                        harmless.push(path);
                    }
                    continue;
                }
            };
            // That a visitor's session is another one may be their own affair, and says nothing of siblings.
            if !why.is_of_session() {
                let led_back = if *why == Ineligible::RedirectsBack { led_back } else { &[] };
                harms.push(Harm { path, why, met: record.met_by(why, now), led_back });
            }
        }
        harmful_routes::blame(&harms, &harmless, takers, min_visitors)
    }

    /// Whether so many pages give visitors another session, or take an old one away, that it is how the site's sessions are,
    /// and no single page's doing.
    fn do_all_rotate(&self, least: u32, now: u64) -> bool {
        let is_rotating = |record: &Record| record.ineligible(least, now).any(Ineligible::is_of_session);
        let rotating = self.model.pages().filter(|(_, record)| is_rotating(record)).count();
        rotating > 3 && 5 * rotating > self.model.pages().count()
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
        let robots = Robots::parse(self.robots.as_deref().unwrap_or_default());
        // A site that no robot may read at all says nothing of its single pages.
        let robots = if robots.disallows("/") { Robots::default() } else { robots };
        let (excluded, cleared) = self.excluded(&robots, preferences, now);
        if self.robots.is_none() {
            return NextPageChoice { excluded, cleared, ..NextPageChoice::default() };
        }
        let all_rotate = self.do_all_rotate(SEVERAL.min(preferences.min_visitors), now);
        let gate = Gate { preferences, robots: &robots, suspects: &self.suspects, all_rotate, now };
        // Each page that may have next pages, with those that it may have.
        let mut pages: Vec<(f64, String, Vec<Ranked>)> = Vec::new();
        let public: BTreeSet<&str> = self
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
    ) -> BTreeMap<String, Entry> {
        let mut common: HashMap<String, HashMap<&str, usize>> = HashMap::new();
        for (_, path, ranked) in pages {
            let Some(route) = super::model::route_of(path) else { continue };
            let route = common.entry(route).or_default();
            for ranked in ranked.iter().filter(|ranked| ranked.is_taken) {
                *route.entry(ranked.path.as_str()).or_default() += 1;
            }
        }
        let mut routes = BTreeMap::new();
        for (template, counts) in self.model.routes() {
            let Some(common) = common.get(template).filter(|_| counts.views_at(now) >= MIN_ROUTE_VIEWS)
            else {
                continue;
            };
            let candidates = self.model.route_candidates(template, CANDIDATES).into_iter();
            let ranked: Vec<Ranked> = candidates
                .filter(|candidate| {
                    common.get(candidate.path.as_str()).is_some_and(|pages| *pages >= MIN_ROUTE_PAGES)
                })
                .map(|candidate| Ranked::new(candidate, true, Tally::default()))
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

    /// What no rule may name: pages that do harm, pages whose links say that they do, and what robots.txt keeps robots from. The
    /// baseline says it to everybody, so that a page of the first two kinds is held to the same as one that rules name: it is
    /// nobody's secret. And of the second kind those that do nothing.
    fn excluded(
        &self,
        robots: &Robots,
        preferences: &NextPagePreferences<'_>,
        now: u64,
    ) -> (Vec<Excluded>, Vec<String>) {
        let min_visitors = preferences.min_visitors;
        let refused = |Refused { path, why, until }: Refused<'_>| Excluded {
            why: Some((why.as_str().to_owned(), until / 1000)),
            ..Excluded::of(&path, true)
        };
        let mut excluded: Vec<Excluded> = self.refused(min_visitors, now).into_iter().map(refused).collect();
        let is_met = |page: &str| excluded.iter().any(|it| it.path == page);
        // In a pattern a `*` would stand for anything, and what its name tells need not be said.
        let is_named = |page: &str| {
            !page.contains('*')
                && !is_hidden(page)
                && !is_met(page)
                && url_of(page).is_some_and(|url| {
                    let urls = preferences.unsafe_urls;
                    !urls.is_nameless(&url) && !urls.is_exempt(&url)
                })
        };
        let (suspects, cleared) = self.suspects.published(min_visitors, is_named, now);
        excluded.extend(suspects);
        // Where nearly everything is disallowed, single pages are allowed.
        let globs = robots.globs().filter(|glob| !matches!(glob.as_str(), "*" | "/*"));
        let globs = globs.take(MAX_EXCLUDED - excluded.len());
        excluded.extend(globs.map(|path| Excluded::of(&path, false)));
        (excluded, cleared)
    }
}

/// A path, or the template of a route, that is refused to everybody.
struct Refused<'a> {
    path: Cow<'a, str>,
    /// What it does.
    why: &'a Ineligible,
    /// Until when, if it is not seen to do it again, in milliseconds since the epoch.
    until: u64,
}

/// A URL with this path and these names of parameters, whatever its host.
fn url_of(page: &str) -> Option<Url> {
    Url::parse("https://site.invalid").and_then(|base| base.join(page)).ok()
}

/// A next page as it is ranked.
struct Ranked {
    path: String,
    pr: f64,
    lower: f64,
    /// Whether several visitors have navigated there.
    is_taken: bool,
    /// What became of speculations on it.
    tally: Tally,
}

impl Ranked {
    fn new(candidate: NextCandidate, is_taken: bool, tally: Tally) -> Self {
        let NextCandidate { path, estimate } = candidate;
        Self { path, pr: estimate.probability, lower: estimate.lower(CAUTION), is_taken, tally }
    }
}

/// What decides whether a page is named to others.
struct Gate<'a> {
    preferences: &'a NextPagePreferences<'a>,
    robots: &'a Robots,
    suspects: &'a Suspects,
    /// Whether a session that is given anew says nothing about the page.
    all_rotate: bool,
    now: u64,
}

impl Gate<'_> {
    /// Whether a page may be named.
    fn is_named(&self, path: &str, record: &Record) -> bool {
        // What one visitor alone has met may be their own affair: their session had expired, say.
        let least = SEVERAL.min(self.preferences.min_visitors);
        record.is_public(self.preferences.min_visitors, day_of(self.now))
            && !record.is_private(least, self.preferences.min_visitors, self.now)
            && record.ineligible(least, self.now).all(|why| {
                why.is_of_prerendering()
                    || (why.is_of_session() && self.all_rotate)
                    || *why == Ineligible::Private
            })
            && !looks_private(path)
            && !is_hidden(path)
            && !self.robots.disallows(path)
            && !self.is_unsafe(path)
            && !self.is_suspect(path)
    }

    /// Whether links say of a page that it does something, unless the site knows better.
    fn is_suspect(&self, path: &str) -> bool {
        let is_exempt = || url_of(path).is_some_and(|url| self.preferences.unsafe_urls.is_exempt(&url));
        self.suspects.is_suspect(path, self.now) && !is_exempt()
    }

    fn is_unsafe(&self, path: &str) -> bool {
        // The patterns look at the path alone.
        source::url_at(path).is_none_or(|url| self.preferences.unsafe_urls.is_nameless(&url))
    }

    /// The candidates of a page that may be named, those of the highest lower bound first.
    fn rank(&self, record: &Record, candidates: Vec<NextCandidate>, public: &BTreeSet<&str>) -> Vec<Ranked> {
        let takers = SEVERAL.min(self.preferences.min_visitors);
        let today = day_of(self.now);
        let mut ranked: Vec<Ranked> = candidates
            .into_iter()
            .filter(|candidate| public.contains(candidate.path.as_str()) && !record.rules_on(&candidate.path))
            .filter_map(|candidate| {
                let visitors =
                    record.outcomes(&candidate.path).map_or(0, |outcomes| outcomes.visitors(today));
                let is_taken = visitors >= takers.max(1);
                let is_linked = record.place(&candidate.path).is_some();
                let tally =
                    record.outcomes(&candidate.path).map(SpeculationOutcomes::tally).unwrap_or_default();
                (is_taken || is_linked).then(|| Ranked::new(candidate, is_taken, tally))
            })
            .collect();
        sorting::sort_by(&mut ranked, |a, b| b.lower.total_cmp(&a.lower).then_with(|| a.path.cmp(&b.path)));
        ranked
    }
}

/// The next pages to publish, among these in their order.
fn place(
    thresholds: &EagernessThresholds,
    ranked: &[Ranked],
    demotions: &[u8],
    before: Option<&Entry>,
    prerender: Option<Action>,
    (model, now): (&Model, u64),
) -> Vec<NextPage> {
    let mut nexts: Vec<NextPage> = Vec::new();
    let mut left = [MOST_OTHER, MOST_IMMEDIATE];
    for (at, ranked) in ranked.iter().enumerate() {
        let known = before.and_then(|entry| entry.nexts.iter().find(|next| next.path == ranked.path));
        let level = thresholds.level(ranked.lower, known.map_or(0, |next| next.eagerness.level()));
        let level = level.saturating_sub(demotions.get(at).copied().unwrap_or_default());
        // Nobody was seen to go there yet.
        let mut level = if ranked.is_taken { level } else { level.min(1) };
        let [others, immediate] = &mut left;
        if level == 3 && *immediate == 0 {
            level = 2;
        }
        let eagerness = match level {
            3 => {
                *immediate -= 1;
                Eagerness::Immediate
            }
            level if level > 0 && *others > 0 => {
                *others -= 1;
                if level == 2 { Eagerness::Eager } else { Eagerness::Moderate }
            }
            _ => continue,
        };
        let is_sure = level == 3 && ranked.lower >= PRERENDER_FROM && nexts.is_empty();
        let record = model.page(&ranked.path);
        // What one visitor alone has met may be their own affair.
        let least = model.site.several;
        let is_renderable =
            record.is_none_or(|record| !record.ineligible(least, now).any(Ineligible::is_of_prerendering));
        let action = prerender.filter(|_| is_sure && is_renderable).unwrap_or_default();
        let is_unvarying = record.is_some_and(Record::is_unvarying);
        nexts.push(NextPage {
            path: ranked.path.clone(),
            pr: ranked.pr,
            tally: ranked.tally,
            eagerness,
            action,
            is_unvarying,
        });
    }
    nexts.truncate(MAX_NEXTS);
    nexts
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

mod stored;

#[cfg(test)]
mod tests;
