//! What the next-page learner remembers of one page: where its visitors go, whether others may know of it, and whether
//! speculations on its next pages were used.

use super::navigation_batch::{Link, MAX_BODIES, MAX_LINKS, Outline, PageStats, Place};
use super::navigation_buffer::MAX_LED_BACK;
use super::speculation_outcomes::SpeculationOutcomes;
use super::transition_counts::TransitionCounts;
use super::visitor::{Day, Visitors, day_of};
use crate::ineligible::Ineligible;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The most next pages that are remembered of one page.
pub const MAX_NEXTS: usize = 24;

/// How long a page that was private or harmful once is named in no rule, in milliseconds: two weeks.
const INELIGIBLE_MS: u64 = 14 * 24 * 3600 * 1000;

/// How many visitors are several.
pub const SEVERAL: u32 = 3;

/// How many comparisons in a row must show that inert parameters change nothing.
const MIN_SAME: u8 = 3;

/// How many visitors with a session, on one day, show that a page does no harm: so many, and twice as many as have met some. A
/// session that has expired is taken away on whatever page its visitor comes to.
const HARMLESS: u32 = 10;

/// To how many pages one has to lead back. One that leads to the same page wherever a visitor comes from leads on.
const LEADS_BACK: usize = 2;

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where its visitors go.
    #[serde(default, rename = "departures")]
    pub transitions: TransitionCounts,
    /// Who was given it without a session.
    #[serde(default)]
    visitors: Visitors,
    /// All that makes it ineligible for speculations, and when that was last seen.
    #[serde(default, rename = "unfit", skip_serializing_if = "Vec::is_empty")]
    ineligible: Vec<(Ineligible, u64)>,
    /// Who has met that.
    #[serde(default)]
    met: Visitors,
    /// What tells apart the pages to which it led back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    led_back: Vec<u16>,
    /// Which visitors with a session were given it since it first did harm, and nothing of theirs has changed.
    #[serde(default, skip_serializing_if = "is_none")]
    harmless: Visitors,
    /// What visitors without a session were given alike, though it says that it is for one of them alone, and who they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shared: Vec<(u32, Visitors)>,
    /// What its HTML says, since it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outline: Option<Outline>,
    /// How many comparisons in a row have shown that inert parameters change nothing.
    #[serde(default)]
    same: u8,
    /// What became of speculations on its next pages.
    #[serde(default, rename = "trips", skip_serializing_if = "Vec::is_empty")]
    outcomes: Vec<SpeculationOutcomes>,
}

impl Record {
    /// Takes in what was seen of the page, but its views.
    pub fn absorb(&mut self, stats: &PageStats, day: Day, now: u64) {
        self.visitors.add(day, &stats.visitors);
        self.met.add(day, &stats.met);
        // Another visitor's HTML may not say so.
        let is_noindex = stats.outline.as_ref().is_some_and(|outline| outline.noindex);
        for why in stats.ineligible.iter().cloned().chain(is_noindex.then_some(Ineligible::Noindex)) {
            self.ineligible
                .retain(|(known, seen)| *known != why && now.saturating_sub(*seen) < INELIGIBLE_MS);
            self.ineligible.push((why, now));
        }
        if !self.ineligible.iter().any(|(why, _)| *why == Ineligible::RedirectsBack) {
            self.led_back.clear();
        }
        let room = MAX_LED_BACK.saturating_sub(self.led_back.len());
        let new = stats.led_back.iter().filter(|to| !self.led_back.contains(to)).take(room).copied();
        self.led_back.extend(new.collect::<Vec<_>>());
        if self.ineligible.iter().any(|(why, _)| why.is_harmful()) {
            self.harmless.add(day, &stats.harmless);
        }
        for shared in &stats.shared {
            let at = self.shared.iter().position(|(body, _)| *body == shared.body);
            let (body, mut visitors) =
                at.map_or_else(|| (shared.body, Visitors::default()), |at| self.shared.remove(at));
            visitors.add(day, &shared.visitors);
            // The latest first. One visitor's own body pushes out one that nobody has been given for longest.
            self.shared.insert(0, (body, visitors));
            self.shared.truncate(MAX_BODIES);
        }
        if let Some(outline) = &stats.outline {
            let mut outline = outline.clone();
            outline.links.truncate(MAX_LINKS);
            outline.ruled.truncate(MAX_LINKS);
            self.outline = Some(outline);
        }
        match stats.varies {
            Some(true) => self.same = 0,
            Some(false) => self.same = self.same.saturating_add(1).min(MIN_SAME),
            None => {}
        }
    }

    /// All that makes the page ineligible, as far as it was seen lately.
    pub fn ineligible(&self, now: u64) -> impl Iterator<Item = &Ineligible> {
        let lately =
            self.ineligible.iter().filter(move |(_, seen)| now.saturating_sub(*seen) < INELIGIBLE_MS);
        let leads_on = self.led_back.len() < LEADS_BACK;
        let day = day_of(now);
        let [harmless, met] = [&self.harmless, &self.met].map(|visitors| visitors.most(day));
        let is_harmless = harmless >= HARMLESS && about(harmless) >= 2.0 * about(met);
        // A page that is shown is one, whoever looks at it.
        let shown = harmless.max(self.visitors.most(day));
        let is_shown = shown >= SEVERAL && about(shown) >= 2.0 * about(met);
        lately.map(|(why, _)| why).filter(move |why| {
            !(is_harmless && why.is_harmful()
                || is_shown && why.is_no_page_here()
                || leads_on && **why == Ineligible::RedirectsBack)
        })
    }

    /// Takes in who was given the page, and of whom nothing has changed, where its route is taken to do harm.
    pub fn clear(&mut self, harmless: &[u8], day: Day) {
        self.harmless.add(day, harmless);
    }

    /// Whether so many visitors were given the page on one day lately, with or without a session.
    #[must_use]
    pub fn is_given_to(&self, min_visitors: u32, today: Day) -> bool {
        self.visitors.most(today).max(self.harmless.most(today)) >= min_visitors.max(1)
    }

    /// How many visitors have met on one day lately what speaks against the page.
    #[must_use]
    pub fn met_by(&self, today: Day) -> u32 {
        self.met.most(today)
    }

    /// To which pages it was lately seen to lead back, be it to a single one, by what tells them apart.
    #[must_use]
    pub fn led_back(&self, now: u64) -> &[u16] {
        let is_recent = |(why, seen): &(Ineligible, u64)| {
            *why == Ineligible::RedirectsBack && now.saturating_sub(*seen) < INELIGIBLE_MS
        };
        if self.ineligible.iter().any(is_recent) { &self.led_back } else { &[] }
    }

    /// Until when something stands against the page if it is not seen again, in milliseconds since the epoch.
    #[must_use]
    pub fn ineligible_until(&self, why: &Ineligible) -> Option<u64> {
        let seen = self.ineligible.iter().find(|(known, _)| known == why);
        seen.map(|(_, seen)| seen.saturating_add(INELIGIBLE_MS))
    }

    /// Whether so many different visitors without a session were given the page on one day lately, and it was read.
    #[must_use]
    pub fn is_public(&self, min_visitors: u32, today: Day) -> bool {
        let is_given = self.visitors.most(today) >= min_visitors.max(1);
        (is_given || self.is_shared(min_visitors, today)) && self.outline.is_some()
    }

    /// Whether it says that it is for one visitor alone, but so many different visitors without a session were given the same on
    /// one day lately: an application that says so of every page.
    #[must_use]
    pub fn is_shared(&self, min_visitors: u32, today: Day) -> bool {
        self.shared.iter().any(|(_, visitors)| visitors.most(today) >= min_visitors.max(1))
    }

    /// Whether so many different visitors have met on one day lately what speaks against the page: then its path is no
    /// secret of one of them.
    #[must_use]
    pub fn is_met_by(&self, min_visitors: u32, today: Day) -> bool {
        self.met.most(today) >= min_visitors.max(1)
    }

    /// Whether it says that it is for one visitor alone, and was not seen to be the same for so many.
    #[must_use]
    pub fn is_private(&self, min_visitors: u32, now: u64) -> bool {
        self.ineligible(now).any(|why| *why == Ineligible::Private)
            && !self.is_shared(min_visitors, day_of(now))
    }

    /// How much it is worth remembering at `now`: what several visitors were given more than anything that one alone can
    /// make up, and of each kind what is looked at most.
    #[must_use]
    pub fn importance(&self, now: u64) -> (bool, f64) {
        let today = day_of(now);
        let is_given = self.visitors.most(today) >= SEVERAL || self.is_shared(SEVERAL, today);
        (is_given, self.transitions.views_at(now))
    }

    /// Whether inert parameters are known to change nothing.
    #[must_use]
    pub fn is_unvarying(&self) -> bool {
        self.same >= MIN_SAME
    }

    /// Whether it brings document rules of its own.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        self.outline.as_ref().is_some_and(|outline| outline.has_rules)
    }

    /// Whether its own rules speculate on a path already.
    #[must_use]
    pub fn rules_on(&self, path: &str) -> bool {
        self.outline.as_ref().is_some_and(|outline| outline.ruled.iter().any(|ruled| ruled == path))
    }

    /// Its links, if it was read.
    #[must_use]
    pub fn links(&self) -> Option<&[Link]> {
        self.outline.as_ref().map(|outline| outline.links.as_slice())
    }

    /// Where the link to a path stands.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<Place> {
        self.links()?.iter().find(|link| link.path == path).map(|link| link.place)
    }

    /// What became of speculations on a next page, if there were any.
    #[must_use]
    pub fn outcomes(&self, to: &str) -> Option<&SpeculationOutcomes> {
        self.outcomes.iter().find(|outcomes| outcomes.to == to)
    }

    /// The same, to be changed; begun where there were none.
    pub fn outcomes_mut(&mut self, to: &str) -> &mut SpeculationOutcomes {
        let at = self.outcomes.iter().position(|outcomes| outcomes.to == to).unwrap_or_else(|| {
            if self.outcomes.len() >= MAX_NEXTS {
                let least = self
                    .outcomes
                    .iter()
                    .enumerate()
                    .min_by(|(_, a), (_, b)| by_importance(a.importance(), b.importance()));
                if let Some((at, _)) = least {
                    self.outcomes.swap_remove(at);
                }
            }
            self.outcomes.push(SpeculationOutcomes::to(to));
            self.outcomes.len() - 1
        });
        // The place was found, or made, just now.
        #[allow(clippy::indexing_slicing)]
        &mut self.outcomes[at]
    }

    /// Demotes the transitions, at `now`, on which more than `budget` was wasted, and raises others again. Answers whether
    /// any has changed.
    pub fn step(&mut self, budget: f64, now: u64) -> bool {
        let mut has_changed = false;
        for outcomes in &mut self.outcomes {
            has_changed |= outcomes.step(budget, now);
        }
        has_changed
    }

    /// Whether any speculation is open.
    #[must_use]
    pub fn has_open(&self) -> bool {
        self.outcomes.iter().any(SpeculationOutcomes::has_open)
    }

    /// Whether the time of any open speculation is over.
    #[must_use]
    pub fn has_due(&self, now: u64) -> bool {
        self.outcomes.iter().any(|outcomes| outcomes.has_due(now))
    }

    /// All transitions on which there were speculations.
    pub fn all_outcomes_mut(&mut self) -> impl Iterator<Item = &mut SpeculationOutcomes> {
        self.outcomes.iter_mut()
    }
}

/// How many visitors there were about, by the number of buckets in which they were put: the more are full, the more share one.
fn about(buckets: u32) -> f64 {
    const BUCKETS: f64 = 256.0;
    -BUCKETS * (1.0 - f64::from(buckets) / BUCKETS).max(f64::MIN_POSITIVE).ln()
}

fn is_none(visitors: &Visitors) -> bool {
    *visitors == Visitors::default()
}

/// The order of two records by how much they are worth remembering.
#[must_use]
pub fn by_importance(a: (bool, f64), b: (bool, f64)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests;
