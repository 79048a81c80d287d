//! From probability to eagerness: how sure Headstart must be before a browser fetches a page by itself.
//!
//! What the steps are is set by the waste budget: the share of speculations that may never be used. Fetched at once are
//! those next pages of all that rank highest, as many as fit the budget together: on a site where the next page is
//! obvious, the rare doubtful one is affordable; on one where nothing is, nothing is fetched at once. What does not make
//! it there still has a chance when a visitor points at its link, which says much: the lower rungs follow at a third and
//! an eighth of the probability.
//!
//! What was expected and what came of it differ. So the waste that was measured moves the budget that is planned with
//! ([`Budget`]).

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

/// A next page that may be speculated on, as the ladder sees it.
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
    prospects.sort_by(|a, b| b.lower.total_cmp(&a.lower));
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
