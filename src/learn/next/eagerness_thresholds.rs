//! Turns a probability into an eagerness: how sure Headstart must be before a browser fetches a page by itself.
//!
//! The thresholds follow from the waste budget: the share of speculations that may never be used. Fetched at once are
//! those next pages of all that rank highest, as many as fit the budget together: on a site where the next page is
//! obvious, the rare doubtful one is affordable; on one where nothing is, nothing is fetched at once. What does not make
//! it there still has a chance when a visitor points at its link, which says much: the lower levels follow at a third and
//! an eighth of the probability.
//!
//! What was expected and what came of it differ. So the waste that was measured moves the budget that is planned with
//! ([`Budget`]).

use crate::sorting;
use serde::{Deserialize, Serialize};

/// The least lower bound of a probability with which anything is fetched at once, whatever the budget.
const LEAST_IMMEDIATE: f64 = 0.03;

/// The number of settled speculations after which what was measured has halved.
const HALF_LIFE: f64 = 1000.0;

/// How many settled speculations it takes to believe a measurement.
const MIN_SETTLED: f64 = 50.0;

/// How far the planned budget may stray from the configured one.
const MOST_CORRECTION: f64 = 0.25;

/// How much of a deviation is taken into the plan at each publication.
const GAIN: f64 = 0.1;

/// The least lower bound with which anything is published.
const LEAST: f64 = 0.02;

/// What is left of a level's threshold for what is on that level already.
const STAY: f64 = 0.75;

/// A next page that may be speculated on, as the thresholds see it.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Prospect {
    /// The views of the page that it follows, by any measure that is the same for all.
    pub views: f64,
    /// The lower bound of the probability that it is used.
    pub lower: f64,
}

/// The least lower bound of what is fetched at once, so that of all that is, no more than `budget` is expected to be
/// wasted.
#[must_use]
pub fn immediate_from(prospects: &mut [Prospect], budget: f64) -> f64 {
    sorting::sort_by(prospects, |a, b| b.lower.total_cmp(&a.lower));
    let (mut wasted, mut all) = (0.0, 0.0);
    let mut least = 1.1;
    for prospect in prospects.iter().take_while(|prospect| prospect.lower >= LEAST_IMMEDIATE) {
        wasted += prospect.views * (1.0 - prospect.lower);
        all += prospect.views;
        if wasted <= budget * all {
            least = prospect.lower;
        }
    }
    least
}

/// The least lower bound for each level: 1 moderate, 2 eager, 3 immediate.
#[derive(Debug)]
pub struct EagernessThresholds([f64; 4]);

impl EagernessThresholds {
    /// The thresholds whose highest level begins at `immediate`.
    #[must_use]
    pub fn new(immediate: f64) -> Self {
        // Where nothing is sure enough to be fetched at once, a sign of the visitor still says much.
        let base = immediate.min(0.4);
        Self([f64::MAX, (base / 8.0).max(LEAST), (base / 3.0).max(LEAST), immediate])
    }

    /// The level of a lower bound, for what was on `before`.
    #[must_use]
    pub fn level(&self, lower: f64, before: u8) -> u8 {
        let Self([_, moderate, eager, immediate]) = self;
        for (level, least) in [(3, *immediate), (2, *eager), (1, *moderate)] {
            let least = if before >= level { least * STAY } else { least };
            if lower >= least {
                return level;
            }
        }
        0
    }
}

/// The waste that was measured, and the budget that follows.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Budget {
    used: f64,
    wasted: f64,
    correction: f64,
}

impl Budget {
    /// Counts settled speculations.
    pub fn settle(&mut self, used: f64, wasted: f64) {
        let fade = (-(used + wasted) / HALF_LIFE).exp2();
        self.used = self.used * fade + used;
        self.wasted = self.wasted * fade + wasted;
    }

    /// The share of the latest speculations that were wasted; `None` while there are too few.
    #[must_use]
    pub fn waste(&self) -> Option<f64> {
        let all = self.used + self.wasted;
        (all >= MIN_SETTLED).then(|| self.wasted / all)
    }

    /// The budget to plan with, where `budget` is configured. Called once for each publication.
    pub fn plan(&mut self, budget: f64) -> f64 {
        if let Some(waste) = self.waste() {
            self.correction =
                (self.correction + GAIN * (budget - waste)).clamp(-MOST_CORRECTION, MOST_CORRECTION);
        }
        (budget + self.correction).clamp(0.0, 0.95)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn from(prospects: &[(f64, f64)], budget: f64) -> f64 {
        let mut prospects: Vec<Prospect> =
            prospects.iter().map(|(views, lower)| Prospect { views: *views, lower: *lower }).collect();
        immediate_from(&mut prospects, budget)
    }

    #[test]
    #[allow(clippy::float_cmp)] // one of the numbers that were given
    fn as_many_are_fetched_at_once_as_the_budget_allows_together() {
        let nothing = 1.1;
        assert_eq!(from(&[], 0.6), nothing);
        assert_eq!(from(&[(10.0, 0.5)], 0.5), 0.5);
        assert_eq!(from(&[(10.0, 0.5)], 0.49), nothing);
        // The sure one pays for the doubtful one, in whichever order they come: (1 + 7) / 20 is two fifths.
        assert_eq!(from(&[(10.0, 0.3), (10.0, 0.9)], 0.41), 0.3);
        assert_eq!(from(&[(10.0, 0.3), (10.0, 0.9)], 0.39), 0.9);
        // But not when that is looked at ten times as often: (1 + 70) / 110.
        assert_eq!(from(&[(10.0, 0.9), (100.0, 0.3)], 0.6), 0.9);
        assert_eq!(from(&[(10.0, 1.0), (10.0, 0.2)], 0.0), 1.0);
        assert_eq!(
            from(&[(10.0, 0.03), (10.0, 0.029)], 1.0),
            0.03,
            "next to nothing is never fetched at once"
        );
    }

    #[test]
    fn the_budget_follows_what_was_measured_step_by_step() {
        let mut budget = Budget::default();
        budget.settle(20.0, 29.0);
        assert_eq!(budget.waste(), None);
        assert!((budget.plan(0.6) - 0.6).abs() < 1e-9);
        let mut budget = Budget::default();
        budget.settle(0.0, 100.0);
        assert_eq!(budget.waste(), Some(1.0));
        // A tenth of the deviation each time, a quarter at the most.
        assert!((budget.plan(0.6) - 0.56).abs() < 1e-9 && (budget.plan(0.6) - 0.52).abs() < 1e-9);
        for _ in 0..20 {
            budget.plan(0.6);
        }
        assert!((budget.plan(0.6) - 0.35).abs() < 1e-9);
        assert!(budget.plan(0.1) < 1e-9, "never below nothing");
        let mut budget = Budget::default();
        budget.settle(1000.0, 0.0);
        for _ in 0..20 {
            budget.plan(0.9);
        }
        assert!((budget.plan(0.9) - 0.95).abs() < 1e-9, "never all");
    }

    #[test]
    fn what_was_measured_halves_after_a_thousand() {
        let mut budget = Budget::default();
        budget.settle(1000.0, 0.0);
        budget.settle(0.0, 1000.0);
        assert!((budget.waste().unwrap() - 2.0 / 3.0).abs() < 1e-9);
    }

    proptest! {
        #[test]
        fn what_is_fetched_at_once_keeps_to_the_budget_and_one_more_would_not(
            prospects in prop::collection::vec((0.1..1000.0_f64, 0.0..1.0_f64), 0..30),
            budget in 0.0..1.0_f64,
        ) {
            let waste = |least: f64| {
                let chosen = || prospects.iter().filter(|(_, lower)| *lower >= least);
                let all: f64 = chosen().map(|(views, _)| views).sum();
                chosen().map(|(views, lower)| views * (1.0 - lower)).sum::<f64>() / all.max(1e-9)
            };
            let least = from(&prospects, budget);
            prop_assert!(waste(least) <= budget + 1e-9);
            let below = prospects.iter().map(|(_, lower)| *lower).filter(|lower| *lower < least && *lower >= 0.03);
            let next = below.fold(f64::MIN, f64::max);
            prop_assert!(next < 0.0 || waste(next) > budget - 1e-9);
        }
    }
}
