//! What the next-page learner remembers of one page: where its visitors go, whether others may know of it, and whether
//! speculations on its next pages were used.

use super::baseline_eagerness::PageTallies;
use super::hidden_pages::{Fate, revise};
use super::navigation_batch::{Link, MAX_BODIES, MAX_LINKS, Outline, PageStats, Place};
use super::navigation_buffer::MAX_LED_BACK;
use super::speculation_outcomes::SpeculationOutcomes;
use super::transition_counts::TransitionCounts;
use super::visitor::{Day, Visitors, day_of};
use crate::ineligible::Ineligible;
use crate::learn::is_default;
use crate::limits::SEVERAL;
use serde::{Deserialize, Serialize};
use std::cmp::Ordering;

/// The most next pages that are remembered of one page.
pub const MAX_NEXTS: usize = 24;

/// How long a page that was private or harmful once is named in no rule, in milliseconds: two weeks.
const INELIGIBLE_MS: u64 = 14 * 24 * 3600 * 1000;

/// How many readings in a row have to show that a page says nothing against search engines any more.
const READINGS: u8 = 3;

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
    /// All that makes it ineligible for speculations.
    #[serde(default, rename = "concerns", skip_serializing_if = "Vec::is_empty")]
    ineligible: Vec<Concern>,
    /// Who was given it without a session, and free for anybody to keep, since it first said that it is not.
    #[serde(default, skip_serializing_if = "Visitors::is_none")]
    open: Visitors,
    /// How many times it has to be read without a word against search engines before that word counts no more.
    #[serde(default, skip_serializing_if = "is_default")]
    noindex: u8,
    /// What tells apart the pages to which it led back.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    led_back: Vec<u16>,
    /// Which visitors with a session were given it since it first did harm, and nothing of theirs has changed.
    #[serde(default, skip_serializing_if = "Visitors::is_none")]
    harmless: Visitors,
    /// Which visitors, with a session or without, were given it since it first did what no guess may, and it did not.
    #[serde(default, skip_serializing_if = "Visitors::is_none")]
    passed: Visitors,
    /// For which visitors it was prerendered, or could have been.
    #[serde(default, skip_serializing_if = "Visitors::is_none")]
    rendered: Visitors,
    /// What visitors without a session were given alike, though it says that it is for one of them alone, and who they are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    shared: Vec<(u32, Visitors)>,
    /// What its HTML says, since it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outline: Option<Outline>,
    /// How many comparisons in a row have shown that inert parameters change nothing.
    #[serde(default)]
    same: u8,
    /// The day on which anything of it was last heard of.
    #[serde(default)]
    seen: Day,
    /// What became of speculations on its next pages.
    #[serde(default, rename = "trips", skip_serializing_if = "Vec::is_empty")]
    outcomes: Vec<SpeculationOutcomes>,
    /// What became of speculations that were made from it by the baseline, where that regulates itself.
    #[serde(default, skip_serializing_if = "PageTallies::is_none")]
    pub(super) guesses: PageTallies,
}

/// Something that makes a page ineligible for speculations.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct Concern {
    why: Ineligible,
    /// When it was last met, in milliseconds since the epoch.
    seen: u64,
    /// Who has met it.
    #[serde(default)]
    by: Visitors,
}

impl Concern {
    fn is_recent(&self, now: u64) -> bool {
        now.saturating_sub(self.seen) < INELIGIBLE_MS
    }

    /// How many visitors have met it on one day, as long as it is remembered.
    fn met(&self, now: u64) -> u32 {
        if self.is_recent(now) { self.by.latest() } else { 0 }
    }
}

impl Record {
    /// Takes in what was seen of the page, but its views.
    pub fn absorb(&mut self, stats: &PageStats, day: Day, now: u64) {
        self.hear(now);
        self.visitors.add(day, &stats.visitors);
        self.ineligible.retain(|concern| concern.is_recent(now));
        for met in &stats.ineligible {
            let known = self.ineligible.iter().position(|concern| concern.why == met.why);
            let mut concern = known.map_or_else(
                || Concern { why: met.why.clone(), seen: now, by: Visitors::default() },
                |at| self.ineligible.remove(at),
            );
            concern.seen = now;
            concern.by.add(day, &met.by);
            self.ineligible.push(concern);
        }
        let has = |is: fn(&Ineligible) -> bool| self.ineligible.iter().any(|concern| is(&concern.why));
        if !has(|why| *why == Ineligible::RedirectsBack) {
            self.led_back.clear();
        }
        let (is_harmful, is_closed) = (has(Ineligible::is_harmful), has(Ineligible::is_of_caches));
        let is_undeferrable = has(|why| matches!(why, Ineligible::Undeferrable | Ineligible::ClearsSiteData));
        let room = MAX_LED_BACK.saturating_sub(self.led_back.len());
        let new = stats.led_back.iter().filter(|to| !self.led_back.contains(to)).take(room).copied();
        self.led_back.extend(new.collect::<Vec<_>>());
        if is_harmful {
            self.harmless.add(day, &stats.harmless);
        }
        if is_undeferrable {
            let given = stats.visitors.iter().chain(&stats.harmless);
            let passed = given.filter(|visitor| !stats.undeferrable.contains(visitor)).copied();
            self.passed.add(day, &passed.collect::<Vec<_>>());
        } else {
            self.passed = Visitors::default();
        }
        if !stats.rendered.is_empty() {
            self.rendered.add(day, &stats.rendered);
        }
        if is_closed {
            self.open.add(day, &stats.visitors);
        } else {
            self.open = Visitors::default();
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
            // Another visitor's HTML may not say so.
            self.noindex = if outline.noindex { READINGS } else { self.noindex.saturating_sub(1) };
            self.outline = Some(outline);
        }
        match stats.varies {
            Some(true) => self.same = 0,
            Some(false) => self.same = self.same.saturating_add(1).min(MIN_SAME),
            None => {}
        }
    }

    /// Notes that something was heard of the page at `now`.
    pub fn hear(&mut self, now: u64) {
        self.seen = self.seen.max(day_of(now));
    }

    /// For how many days nothing was heard of it; `None` for a record of an older version, which does not say.
    #[must_use]
    pub fn silent_days(&self, today: Day) -> Option<Day> {
        (self.seen > 0).then(|| today.saturating_sub(self.seen))
    }

    /// Whether several visitors without a session were given it on one day lately, and it may be named some day.
    #[must_use]
    pub fn is_given_to_several(&self, several: u32, now: u64) -> bool {
        let today = day_of(now);
        let is_given = self.visitors.most(today) >= several.max(1) || self.is_shared(several, today);
        is_given && self.noindex == 0
    }

    /// Whether several visitors have met lately that it does harm, be it as one of its route; or, where it `is_sought` because its
    /// route is taken to do harm, that it does not.
    #[must_use]
    pub fn is_met_by_several(&self, several: u32, is_sought: bool, now: u64) -> bool {
        let several = several.max(1);
        let does_harm = |concern: &Concern| concern.why.is_harmful() && concern.met(now) >= several;
        self.ineligible.iter().any(does_harm) || (is_sought && self.harmless.most(day_of(now)) >= several)
    }

    /// Lets each page that is named have the name that it has now. Answers whether that changed anything.
    pub(super) fn revise(&mut self, fate: &dyn Fn(&str) -> Fate) -> bool {
        let mut has_changed = self.transitions.revise(fate);
        has_changed |= revise(&mut self.outcomes, |outcomes| &mut outcomes.to, fate);
        if let Some(outline) = &mut self.outline {
            has_changed |= revise(&mut outline.links, |link| &mut link.path, fate);
            has_changed |= revise(&mut outline.ruled, |path| path, fate);
        }
        has_changed
    }

    /// All that makes the page ineligible, as far as so many visitors have met it on one day lately, and not twice as many the
    /// contrary.
    pub fn ineligible(&self, least: u32, now: u64) -> impl Iterator<Item = &Ineligible> {
        let leads_on = self.led_back.len() < LEADS_BACK;
        let day = day_of(now);
        let [harmless, open, visitors, passed, rendered] =
            [&self.harmless, &self.open, &self.visitors, &self.passed, &self.rendered]
                .map(|visitors| visitors.most(day));
        let concerns = self.ineligible.iter().filter(move |concern| {
            let by = concern.met(now);
            let is_outnumbered =
                |others: u32, least: u32| others >= least && about(others) >= 2.0 * about(by);
            let why = &concern.why;
            let is_contradicted = (why.is_harmful() && is_outnumbered(harmless, HARMLESS))
                // A page that is shown is one, whoever looks at it.
                || (why.is_no_page_here() && is_outnumbered(harmless.max(visitors), SEVERAL))
                || (why.is_of_caches() && is_outnumbered(open, SEVERAL))
                || (*why == Ineligible::ClearsSiteData && is_outnumbered(passed, HARMLESS))
                || (*why == Ineligible::Undeferrable && is_outnumbered(passed, SEVERAL))
                // Views do not show that, and once it is no more prerendered, nobody can: those of before count as well.
                || (*why == Ineligible::Unrenderable && is_outnumbered(rendered, SEVERAL))
                || (leads_on && *why == Ineligible::RedirectsBack);
            by >= least.max(1) && !is_contradicted
        });
        let is_noindex = self.noindex > 0;
        concerns.map(|concern| &concern.why).chain(is_noindex.then_some(&Ineligible::Noindex))
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

    /// How many visitors have met this on one day lately.
    #[must_use]
    pub fn met_by(&self, why: &Ineligible, now: u64) -> u32 {
        self.concern(why).map_or(0, |concern| concern.met(now))
    }

    fn concern(&self, why: &Ineligible) -> Option<&Concern> {
        self.ineligible.iter().find(|concern| concern.why == *why)
    }

    /// To which pages it was lately seen to lead back, be it to a single one, by what tells them apart.
    #[must_use]
    pub fn led_back(&self, now: u64) -> &[u16] {
        let is_recent =
            self.concern(&Ineligible::RedirectsBack).is_some_and(|concern| concern.is_recent(now));
        if is_recent { &self.led_back } else { &[] }
    }

    /// Until when something stands against the page if it is not seen again, in milliseconds since the epoch.
    #[must_use]
    pub fn ineligible_until(&self, why: &Ineligible) -> Option<u64> {
        self.concern(why).map(|concern| concern.seen.saturating_add(INELIGIBLE_MS))
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

    /// Whether it said to so many visitors (`least`) that it is for one of them alone, and was not seen to be the same for
    /// `min_visitors`.
    #[must_use]
    pub fn is_private(&self, least: u32, min_visitors: u32, now: u64) -> bool {
        self.ineligible(least, now).any(|why| *why == Ineligible::Private)
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

/// The order of two records by how much they are worth remembering.
#[must_use]
pub fn by_importance(a: (bool, f64), b: (bool, f64)) -> Ordering {
    a.0.cmp(&b.0).then_with(|| a.1.total_cmp(&b.1))
}

#[cfg(test)]
mod tests;
