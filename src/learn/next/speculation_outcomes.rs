//! What became of the speculations on one transition from a page to another, and what follows for its eagerness.
//!
//! A speculation is open when it arrives. It is used when the activation signal comes, and wasted when none has come
//! after [`OPEN_MS`]: a browser keeps a prefetched page for five minutes, and batches take a while. Too much waste, or an
//! origin that answers with errors or slowly, demotes the transition by a level; when a time has passed without that, it
//! is raised again.

use super::navigation_batch::Spelled;
use super::visitor::{Day, Visitors};
use crate::learn::is_default;
use crate::limits::SEVERAL;
use crate::published::next_page_snapshot::{Spellings, Tally};
use crate::urls::spelling::MAX_OTHERS;
use serde::{Deserialize, Serialize};
use std::ops::AddAssign;

/// How long a speculation is open, in milliseconds: the five minutes that a browser keeps it, and as long for a signal
/// to come in.
pub const OPEN_MS: u64 = 10 * 60 * 1000;

/// Speculations that arrive within so many milliseconds are held together, as if they had come with the first of them:
/// no more than [`OPEN_MS`] holds of these are open.
const TOGETHER_MS: u64 = 60 * 1000;

/// How many used speculations may wait for the report of their arrival. For some it never comes: others asked for them.
const MAX_EARLY: u32 = 20;

/// The number of settled speculations after which what was measured has halved.
const HALF_LIFE: f64 = 50.0;

/// How many settled speculations it takes to judge a transition.
const MIN_SETTLED: f64 = 12.0;

/// How far above the budget the waste of one transition may be: its share of the site's waste is planned, but not so much.
const MARGIN: f64 = 0.15;

/// The share of speculations with errors or slow answers that is too much.
const MOST_STRAINED: f64 = 0.2;

/// How long a transition stays demoted, in milliseconds: a day, and longer for each level.
const RAISE_MS: u64 = 24 * 3600 * 1000;

/// By how many levels a transition can be demoted. From there nothing is speculated on at once or on a hover.
pub const MAX_DEMOTION: u8 = 3;

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct SpeculationOutcomes {
    /// The page to which it leads.
    pub to: String,
    /// Who took it.
    #[serde(default)]
    visitors: Visitors,
    /// Who took it by links that spell that page otherwise, for each of its [other spellings](crate::urls::spelling::others).
    #[serde(default, skip_serializing_if = "is_default")]
    spelled: [Visitors; MAX_OTHERS],
    /// Speculations that are open: when they arrived, and how many.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    open: Vec<(u64, u32)>,
    /// Used ones whose arrival was not reported yet.
    #[serde(default)]
    early: u32,
    /// Settled ones, decayed.
    #[serde(default)]
    used: f64,
    #[serde(default)]
    wasted: f64,
    #[serde(default)]
    strained: f64,
    /// By how many levels it is demoted, and since when.
    #[serde(default, rename = "down")]
    demotion: u8,
    #[serde(default)]
    since: u64,
}

/// Speculations that were settled.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Settled {
    /// How many were used.
    pub used: f64,
    /// How many were wasted.
    pub wasted: f64,
}

impl AddAssign for Settled {
    fn add_assign(&mut self, other: Self) {
        self.used += other.used;
        self.wasted += other.wasted;
    }
}

impl SpeculationOutcomes {
    /// The transition to a page, before anything was seen of it.
    #[must_use]
    pub fn to(path: &str) -> Self {
        Self { to: path.to_owned(), ..Self::default() }
    }

    /// Adds visitors who took it.
    pub fn visit(&mut self, day: Day, buckets: &[u8]) {
        self.visitors.add(day, buckets);
    }

    /// Adds visitors who took it by links that spell the page otherwise.
    pub fn spell(&mut self, day: Day, spelled: &[Spelled]) {
        for Spelled { at, visitors } in spelled {
            if let Some(known) = self.spelled.get_mut(usize::from(*at)) {
                known.add(day, visitors);
            }
        }
    }

    /// Which of its other spellings so many different visitors have clicked on one day lately.
    #[must_use]
    pub fn spellings(&self, least: u32, today: Day) -> Spellings {
        Spellings::of(self.spelled.iter().map(|visitors| visitors.most(today) >= least.max(1)))
    }

    /// The most different visitors who took it on one day lately.
    #[must_use]
    pub fn visitors(&self, today: Day) -> u32 {
        self.visitors.most(today)
    }

    /// Opens speculations that arrived at `now`, of which the origin answered so many badly.
    pub fn open(&mut self, number: u32, strained: u32, now: u64) {
        self.strained += f64::from(strained.min(number));
        // Some uses are reported before the arrival is: each isolate sends at its own time.
        let early = self.early.min(number);
        self.early -= early;
        let number = number - early;
        if number == 0 {
            return;
        }
        match self.open.last_mut() {
            Some((at, last)) if now.saturating_sub(*at) < TOGETHER_MS => *last = last.saturating_add(number),
            _ => self.open.push((now, number)),
        }
    }

    /// Settles: `used` ones, the oldest first, and those whose time is over at `now`.
    pub fn settle(&mut self, used: u32, now: u64) -> Settled {
        let mut left = used;
        for (_, number) in &mut self.open {
            let taken = left.min(*number);
            *number -= taken;
            left -= taken;
        }
        self.early = self.early.saturating_add(left).min(MAX_EARLY);
        let mut wasted = 0_u32;
        self.open.retain(|(at, number)| {
            let is_over = now.saturating_sub(*at) >= OPEN_MS;
            wasted = wasted.saturating_add(if is_over { *number } else { 0 });
            *number > 0 && !is_over
        });
        let settled = Settled { used: f64::from(used), wasted: f64::from(wasted) };
        let fade = (-(settled.used + settled.wasted) / HALF_LIFE).exp2();
        self.used = self.used * fade + settled.used;
        self.wasted = self.wasted * fade + settled.wasted;
        self.strained *= fade;
        settled
    }

    fn number_open(&self) -> u32 {
        self.open.iter().fold(0, |sum, (_, number)| sum.saturating_add(*number))
    }

    /// Whether any speculation is open.
    #[must_use]
    pub fn has_open(&self) -> bool {
        !self.open.is_empty()
    }

    /// Whether the time of any open speculation is over.
    #[must_use]
    pub fn has_due(&self, now: u64) -> bool {
        self.open.iter().any(|(at, _)| now.saturating_sub(*at) >= OPEN_MS)
    }

    /// How many of its speculations were used lately, how many were wasted, and how many are open.
    #[must_use]
    pub fn tally(&self) -> Tally {
        // Decayed, they stay far below a u32.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rounded = |number: f64| number.round() as u32;
        Tally(rounded(self.used), rounded(self.wasted), self.number_open())
    }

    /// By how many levels it is demoted.
    #[must_use]
    pub fn demotion(&self) -> u8 {
        self.demotion
    }

    /// Is demoted by a level at `now` where more than `budget` was wasted or the origin was strained, or raised again where a time
    /// has passed without that. Answers whether anything has changed.
    pub fn step(&mut self, budget: f64, now: u64) -> bool {
        let settled = self.used + self.wasted;
        // Strain shows when a speculation arrives, waste when its time is over.
        let open = f64::from(self.number_open());
        let is_bad = settled >= MIN_SETTLED
            && (self.wasted / settled > (budget + MARGIN).min(0.95)
                || self.strained / (settled + open) > MOST_STRAINED);
        let is_over =
            now.saturating_sub(self.since) >= RAISE_MS.saturating_mul(u64::from(self.demotion.max(1)));
        if is_bad {
            // On the lowest level the time begins anew.
            self.demotion = self.demotion.saturating_add(1).min(MAX_DEMOTION);
        } else if self.demotion > 0 && is_over {
            self.demotion -= 1;
        } else {
            return false;
        }
        // Each level is judged by what happens on it: what is still open began on another.
        self.since = now;
        (self.used, self.wasted, self.strained) = (0.0, 0.0, 0.0);
        self.open.clear();
        true
    }

    /// How much it is worth remembering: what several visitors took more than anything that one alone can make up.
    #[must_use]
    pub fn importance(&self) -> (bool, f64) {
        let open = self.number_open();
        let visitors = self.visitors.latest();
        let importance =
            f64::from(visitors) + f64::from(open) + self.used + self.wasted + 10.0 * f64::from(self.demotion);
        (visitors >= SEVERAL, importance)
    }
}

#[cfg(test)]
mod tests;
