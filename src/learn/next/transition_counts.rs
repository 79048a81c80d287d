//! Counts where visitors go from a page: its views, and how often each next page followed.
//!
//! # Three memories
//!
//! A news site's front page is another one every day, the chapters of a manual stay for years. So everything is counted
//! three times over, with memories that halve after [`HALF_LIVES`] views, and the one that has predicted the
//! latest navigations best has the most weight: what changes overnight is followed within some tens of views of the page, and what
//! does not change is known with the certainty of thousands. All of them halve each week as well.
//!
//! # Shrinkage
//!
//! Little evidence says little. How many of its visitors a page sends on, and where those go, are each pulled towards
//! what was expected before anything was seen ([`Expected`]), with the weight of so many views and so many navigations.
//! For a page that is what its route does, for a route what the site does.

use super::change_detector;
use super::hidden_pages::{Fate, revise};
use crate::learn::page::HALF_LIFE_MS;
use crate::sorting;
use serde::{Deserialize, Serialize};
use std::sync::LazyLock;

/// How many memories there are.
const MEMORIES: usize = 3;

/// The number of views of a page after which each memory has halved.
pub const HALF_LIVES: Counts = [50.0, 500.0, 5000.0];

/// Their square roots, which are asked for with each view of each next page.
static ROOTS: LazyLock<Counts> = LazyLock::new(|| HALF_LIVES.map(f64::sqrt));

/// How many views the expected rate weighs, and how many navigations the expected share. Found by experiment: with half
/// or twice as much, a few thousandths fewer navigations are predicted.
const RATE_STRENGTH: f64 = 15.0;
const SHARE_STRENGTH: f64 = 5.0;

/// The number of navigations after which the memories' merits have halved.
const MERIT_HALF_LIFE: f64 = 60.0;

/// The least probability that a memory is taken to have given to what came; one improbable navigation must not decide everything.
const LEAST: f64 = 0.002;

/// How far a memory's merit may fall behind the best one's, so that it can come back.
const MOST_BEHIND: f64 = 12.0;

/// The weight below which a next page is forgotten.
const LEAST_WEIGHT: f64 = 0.01;

/// A number in each memory.
pub type Counts = [f64; MEMORIES];

/// Where visitors go from a page, from the pages of a route, or from anywhere on the site.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct TransitionCounts {
    /// The time that the counts stand for, in milliseconds since the epoch.
    at: u64,
    /// The views.
    views: Counts,
    /// The navigations, to whichever page.
    left: Counts,
    /// The logarithm of how likely each memory found the latest navigations, decayed; that of the best is 0.
    merits: Counts,
    /// The next pages, in no order.
    nexts: Vec<FollowedPage>,
}

/// A next page, and how often it followed.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
struct FollowedPage {
    path: String,
    counts: Counts,
}

/// What is expected before anything was seen.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Expected {
    /// The probability that a view is followed by a navigation.
    pub rate: f64,
    /// The share of the navigations that lead to the page in question.
    pub share: f64,
}

impl Expected {
    /// The probability that a view is followed by the page in question.
    #[must_use]
    pub fn probability(self) -> f64 {
        self.rate * self.share
    }
}

/// A probability, and how many views it rests on.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Estimate {
    /// The probability that a view of the one page is followed by the other.
    pub probability: f64,
    /// The views that it rests on, those of the expectation included.
    pub views: f64,
}

impl Estimate {
    /// The lower bound of Wilson's interval, `z` standard errors below. What rests on little is far below its estimate.
    #[must_use]
    pub fn lower(self, z: f64) -> f64 {
        let Self { probability, views } = self;
        if views <= 0.0 {
            return 0.0;
        }
        let square = z * z / views;
        let centre = probability + square / 2.0;
        let width = z * (probability * (1.0 - probability) / views + square / (4.0 * views)).max(0.0).sqrt();
        ((centre - width) / (1.0 + square)).clamp(0.0, 1.0)
    }
}

impl TransitionCounts {
    /// Counts `number` views at `now`.
    pub fn view(&mut self, number: f64, now: u64) {
        self.decay_to(now);
        self.scale(HALF_LIVES.map(|half_life| (-number / half_life).exp2()));
        for (views, half_life) in self.views.iter_mut().zip(HALF_LIVES) {
            // Views that come together fade among themselves: the sum of a geometric series.
            let fade = (-1.0 / half_life).exp2();
            *views += (1.0 - fade.powf(number)) / (1.0 - fade);
        }
    }

    /// Counts `number` navigations to `path`, of which this was expected. At most `most` next pages are remembered.
    pub fn follow(&mut self, path: &str, number: f64, expected: Expected, most: usize) {
        self.judge(path, number, expected);
        for left in &mut self.left {
            *left += number;
        }
        if let Some(next) = self.nexts.iter_mut().find(|next| next.path == path) {
            for count in &mut next.counts {
                *count += number;
            }
            return;
        }
        if self.nexts.len() >= most {
            let weights = self.nexts.iter().enumerate().map(|(at, next)| (at, next.weight()));
            let Some((weakest, _)) = weights.min_by(|(_, a), (_, b)| a.total_cmp(b)) else { return };
            self.nexts.swap_remove(weakest);
        }
        self.nexts.push(FollowedPage { path: path.to_owned(), counts: [number; MEMORIES] });
    }

    /// Lets each memory's merit follow how well it would have predicted this.
    fn judge(&mut self, path: &str, number: f64, expected: Expected) {
        let predicted = self.each(path, expected);
        let fade = (-number / MERIT_HALF_LIFE).exp2();
        for (merit, probability) in self.merits.iter_mut().zip(predicted) {
            *merit = *merit * fade + number.min(MERIT_HALF_LIFE) * probability.max(LEAST).ln();
        }
        let best = self.merits.iter().copied().fold(f64::MIN, f64::max);
        for merit in &mut self.merits {
            *merit = (*merit - best).max(-MOST_BEHIND);
        }
    }

    /// Lets what was counted hardly count any more.
    pub fn forget(&mut self) {
        self.scale([change_detector::LEFT; MEMORIES]);
        self.merits = Counts::default();
    }

    /// Lets each next page have the name that it has now. Answers whether that changed anything.
    pub(super) fn revise(&mut self, fate: &dyn Fn(&str) -> Fate) -> bool {
        revise(&mut self.nexts, |next| &mut next.path, fate)
    }

    /// For how many milliseconds there was no view.
    #[must_use]
    pub fn silent_ms(&self, now: u64) -> u64 {
        now.saturating_sub(self.at)
    }

    /// The next pages that were seen.
    pub fn nexts(&self) -> impl Iterator<Item = &str> {
        self.nexts.iter().map(|next| next.path.as_str())
    }

    /// The `most` next pages that were followed most.
    #[must_use]
    pub fn best(&self, most: usize) -> Vec<&str> {
        let weights = self.weights();
        let share = |next: &FollowedPage| -> f64 {
            let shares = next.counts.iter().zip(&self.views).zip(weights);
            shares.map(|((count, views), weight)| weight * count / views.max(1.0)).sum()
        };
        let mut all: Vec<(f64, &str)> =
            self.nexts.iter().map(|next| (share(next), next.path.as_str())).collect();
        sorting::sort_by(&mut all, |a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(b.1)));
        all.into_iter().take(most).map(|(_, path)| path).collect()
    }

    /// The views in the longest memory.
    #[must_use]
    pub fn views(&self) -> f64 {
        self.views.iter().copied().fold(0.0, f64::max)
    }

    /// The same, as of `now`.
    #[must_use]
    pub fn views_at(&self, now: u64) -> f64 {
        self.views() * fading(now.saturating_sub(self.at))
    }

    /// How probable it is that a view is followed by `path`, where so much was expected.
    #[must_use]
    pub fn estimate(&self, path: &str, expected: Expected) -> Estimate {
        let weights = self.weights();
        let each = self.each(path, expected);
        let probability = each.iter().zip(weights).map(|(probability, weight)| probability * weight).sum();
        let views = self.views.iter().zip(weights);
        let views = views.map(|(views, weight)| (views + RATE_STRENGTH) * weight).sum();
        Estimate { probability, views }
    }

    /// How probable it is that a view is followed by any navigation, where `expected` was expected.
    #[must_use]
    pub fn rate(&self, expected: f64) -> f64 {
        let rates = self.views.iter().zip(self.left).map(|(views, left)| rate(*views, left, expected));
        rates.zip(self.weights()).map(|(rate, weight)| rate * weight).sum()
    }

    /// What this lets expect of a next page elsewhere, where `expected` was expected of it here.
    #[must_use]
    pub fn expectation(&self, path: &str, expected: Expected) -> Expected {
        let rate = self.rate(expected.rate);
        let probability = self.estimate(path, expected).probability;
        Expected { rate, share: if rate > 0.0 { (probability / rate).min(1.0) } else { 0.0 } }
    }

    /// The probability by each memory.
    fn each(&self, path: &str, expected: Expected) -> Counts {
        let counts = self.nexts.iter().find(|next| next.path == path).map_or([0.0; MEMORIES], |n| n.counts);
        let mut predicted = [0.0; MEMORIES];
        for (((predicted, count), left), views) in
            predicted.iter_mut().zip(counts).zip(self.left).zip(self.views)
        {
            let share = (count + SHARE_STRENGTH * expected.share) / (left.max(count) + SHARE_STRENGTH);
            *predicted = (rate(views, left, expected.rate) * share).min(1.0);
        }
        predicted
    }

    /// The weight of each memory; they sum to one.
    fn weights(&self) -> Counts {
        // The best one's merit is 0, so that the sum is at least one.
        let shares = self.merits.map(f64::exp);
        let sum: f64 = shares.iter().sum();
        shares.map(|share| share / sum)
    }

    /// Lets the time since the counts were current pass.
    fn decay_to(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.at);
        let is_first = self.at == 0;
        self.at = self.at.max(now);
        if elapsed > 0 && !is_first {
            self.scale([fading(elapsed); MEMORIES]);
        }
    }

    fn scale(&mut self, factors: Counts) {
        let scale = |counts: &mut Counts| {
            for (count, factor) in counts.iter_mut().zip(factors) {
                *count *= factor;
            }
        };
        scale(&mut self.views);
        scale(&mut self.left);
        for next in &mut self.nexts {
            scale(&mut next.counts);
        }
        self.nexts.retain(|next| next.weight() >= LEAST_WEIGHT);
    }
}

impl FollowedPage {
    /// Everything that speaks for remembering it: what was seen lately weighs more.
    fn weight(&self) -> f64 {
        self.counts.iter().zip(&*ROOTS).map(|(count, root)| count / root).sum()
    }
}

/// The share of views that were followed by a navigation. There may be more navigations than views, which are counted
/// elsewhere.
fn rate(views: f64, left: f64, expected: f64) -> f64 {
    (left + RATE_STRENGTH * expected) / (views.max(left) + RATE_STRENGTH)
}

/// What is left of a number after so many milliseconds.
fn fading(elapsed: u64) -> f64 {
    // Milliseconds of any real clock fit the 52 bits of an f64.
    #[allow(clippy::cast_precision_loss)]
    let elapsed = elapsed as f64;
    (-elapsed / HALF_LIFE_MS).exp2()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: u64 = 1_800_000_000_000;
    const NOTHING: Expected = Expected { rate: 0.5, share: 0.0 };

    /// `rounds` times a view, after each of which one of `nexts` follows in turn.
    fn lead(counts: &mut TransitionCounts, rounds: usize, nexts: &[&str]) {
        for round in 0..rounds {
            counts.view(1.0, START);
            if let Some(next) = nexts.get(round % nexts.len()).filter(|next| !next.is_empty()) {
                counts.follow(next, 1.0, NOTHING, 24);
            }
        }
    }

    fn probability(counts: &TransitionCounts, path: &str) -> f64 {
        counts.estimate(path, NOTHING).probability
    }

    #[test]
    fn much_evidence_tells_the_share_of_views() {
        let mut counts = TransitionCounts::default();
        lead(&mut counts, 4000, &["/a", "/b", "/a", ""]);
        assert!((probability(&counts, "/a") - 0.5).abs() < 0.02, "{counts:?}");
        assert!((probability(&counts, "/b") - 0.25).abs() < 0.02, "{counts:?}");
        assert_eq!(counts.best(1), ["/a"]);
        assert!(probability(&counts, "/c") < 1e-9);
    }

    #[test]
    fn little_evidence_stays_near_what_was_expected() {
        let mut counts = TransitionCounts::default();
        let expected = Expected { rate: 0.5, share: 0.2 };
        let before = counts.estimate("/a", expected);
        assert!((before.probability - 0.1).abs() < 1e-9);
        lead(&mut counts, 1, &["/b"]);
        let after = counts.estimate("/a", expected).probability;
        assert!(after < 0.1 && after > 0.08, "{after}");
        let once = counts.estimate("/b", expected);
        assert!(once.probability < 0.3 && once.lower(1.0) < once.probability - 0.05, "{once:?}");
    }

    #[test]
    fn what_changes_overnight_is_followed_within_some_tens_of_views() {
        let mut counts = TransitionCounts::default();
        lead(&mut counts, 3000, &["/old"]);
        lead(&mut counts, 40, &["/new"]);
        let (new, old) = (probability(&counts, "/new"), probability(&counts, "/old"));
        assert!(new > 0.35 && old < 0.6, "{new} {old}");
        lead(&mut counts, 60, &["/new"]);
        let (new, old) = (probability(&counts, "/new"), probability(&counts, "/old"));
        assert!(new > 0.6 && old < 0.3, "{new} {old}");
    }

    #[test]
    fn views_together_count_as_views_one_by_one() {
        let (mut together, mut one_by_one) = (TransitionCounts::default(), TransitionCounts::default());
        together.view(30.0, START);
        for _ in 0..30 {
            one_by_one.view(1.0, START);
        }
        for (a, b) in together.views.iter().zip(one_by_one.views) {
            assert!((a - b).abs() < 1e-6, "{a} {b}");
        }
    }

    #[test]
    fn a_week_halves_everything() {
        let mut counts = TransitionCounts::default();
        lead(&mut counts, 100, &["/a"]);
        let before = counts.views();
        let week = 7 * 24 * 3600 * 1000;
        assert!((counts.views_at(START + week) - before / 2.0).abs() < 1e-6);
        counts.view(0.0, START + week);
        assert!((counts.views() - before / 2.0).abs() < 1e-6);
        counts.view(0.0, START + 30 * week);
        assert_eq!(counts.nexts().count(), 0, "what nobody follows any more is forgotten");
    }

    #[test]
    fn the_lower_bound_is_wilsons() {
        let lower = |probability, views| Estimate { probability, views }.lower(1.96);
        // Wilson 1927: 8 of 10 gives 0.490.
        assert!((lower(0.8, 10.0) - 0.490).abs() < 0.001);
        assert!(lower(0.0, 10.0).abs() < 1e-9 && lower(0.5, 0.0) == 0.0);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(32))]

        #[test]
        fn whatever_happens_probabilities_are_probabilities_and_the_record_is_bounded(
            events in prop::collection::vec((0_u8..40, 0_u32..300, 0_u32..60, 0_u64..1_000_000_000), 0..200),
        ) {
            let mut counts = TransitionCounts::default();
            let mut now = START;
            for (page, views, navigations, elapsed) in events {
                now += elapsed;
                counts.view(f64::from(views), now);
                if navigations > 0 {
                    let expected = Expected { rate: 0.9, share: 0.9 };
                    counts.follow(&format!("/{page}"), f64::from(navigations), expected, 24);
                }
                prop_assert!(counts.nexts().count() <= 24);
                let sum: f64 = counts.weights().iter().sum();
                prop_assert!((sum - 1.0).abs() < 1e-9);
                for page in 0..40 {
                    let estimate = counts.estimate(&format!("/{page}"), Expected { rate: 0.9, share: 0.9 });
                    prop_assert!((0.0..=1.0).contains(&estimate.probability), "{estimate:?}");
                    let lower = estimate.lower(1.0);
                    prop_assert!(lower >= 0.0 && lower <= estimate.probability + 1e-9, "{estimate:?}");
                }
            }
        }
    }
}
