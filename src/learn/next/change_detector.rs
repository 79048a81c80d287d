//! Detects that a site has changed as a whole: that visitors suddenly navigate where nobody went before, on all pages
//! together.
//!
//! A page that is seldom visited needs weeks to show by itself that its links are others; a relaunch changes all pages
//! in one night. So the surprisal of each navigation (the negative logarithm of its probability) is averaged for the site,
//! over a long and over a short while. Where the short average rises far above what chance would explain, what was known
//! is taken for another site's, and hardly counts any more.

use crate::hash::hash16;
use serde::{Deserialize, Serialize};

/// How many navigations the two averages reach back, about.
const LONG: f64 = 2000.0;
const SHORT: f64 = 60.0;

/// How many standard errors of the short average, and how much surprisal at least, make a change.
const STANDARD_ERRORS: f64 = 5.0;
const LEAST_RISE: f64 = 0.6;

/// How probable a navigation may have been at the most to be taken for one where nobody went before; and how many of these, of
/// visitors who have one say each, from how many pages, make a change. So a few visitors make none, whatever they do, nor do many
/// on a few pages.
const ODD: f64 = 0.05;
const LEAST_ODD: f64 = 20.0;
const LEAST_PAGES: usize = 5;

/// How many navigations there must be before a change can be detected, and between two changes.
const MIN_NAVIGATIONS: f64 = 1000.0;

/// The least probability that anything is taken to have had.
const LEAST: f64 = 0.002;

/// What is left of a site's counts after a change.
pub const LEFT: f64 = 0.02;

/// See the module's description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangeDetector {
    /// The navigations since the last change.
    navigations: f64,
    /// The averages.
    long: f64,
    short: f64,
    /// How far single surprisals stray from the long average, squared.
    variance: f64,
    /// How many of the latest navigations were odd, and from which pages they came, by a hash: so many as are needed.
    #[serde(default)]
    odd: f64,
    #[serde(default)]
    pages: [u16; LEAST_PAGES],
}

impl ChangeDetector {
    /// Takes in `number` navigations from a page that had this probability. Answers whether the site has changed.
    pub fn follow(&mut self, from: &str, probability: f64, number: f64) -> bool {
        self.odd *= (-number / SHORT).exp();
        if self.odd < 1.0 {
            self.pages = [0; LEAST_PAGES];
        }
        if probability < ODD {
            self.odd += number;
            // Not 0, which stands for none.
            let page = hash16(from.as_bytes()).max(1);
            if !self.pages.contains(&page)
                && let Some(free) = self.pages.iter_mut().find(|known| **known == 0)
            {
                *free = page;
            }
        }
        let surprisal = -probability.max(LEAST).ln();
        self.navigations += number;
        let share = |reach: f64| (number / reach.min(self.navigations)).min(1.0);
        let (long, short) = (share(LONG), share(SHORT));
        let distance = surprisal - self.long;
        self.long += long * distance;
        self.variance += long * (distance * distance - self.variance);
        self.short += short * (surprisal - self.short);
        let rise = self.short - self.long;
        // An exponential average over so many has the error of one over twice as many.
        let error = (self.variance / (2.0 * SHORT)).sqrt();
        let is_wide = self.odd >= LEAST_ODD && self.pages.iter().all(|page| *page != 0);
        let has_changed = is_wide
            && self.navigations >= MIN_NAVIGATIONS
            && rise > LEAST_RISE
            && rise > STANDARD_ERRORS * error;
        if has_changed {
            *self = Self::default();
        }
        has_changed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A number from 0 to 1 that follows from another (`SplitMix64`).
    fn chance(at: u64) -> f64 {
        let mut number = at.wrapping_mul(0x9e37_79b9_7f4a_7c15).wrapping_add(0x1234_5678);
        number = (number ^ (number >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        number = (number ^ (number >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        f64::from(u32::try_from((number ^ (number >> 31)) >> 32).unwrap()) / f64::from(u32::MAX)
    }

    /// One navigation in three had the probability 0.5, the others 0.1 and, now and then, none.
    fn usual(at: u64) -> f64 {
        match chance(at) {
            number if number < 0.33 => 0.5,
            number if number < 0.8 => 0.1,
            _ => 0.0,
        }
    }

    fn page(at: u64) -> String {
        format!("/{}", at % 12)
    }

    /// A site that five thousand usual navigations were seen of.
    fn known() -> ChangeDetector {
        let mut detector = ChangeDetector::default();
        for at in 0..5000 {
            detector.follow(&page(at), usual(at), 1.0);
        }
        detector
    }

    #[test]
    fn a_few_visitors_do_not_make_the_site_another_one() {
        // In one hour nobody else comes.
        let mut detector = known();
        for at in 0..15 {
            assert!(!detector.follow(&page(at), 0.0, 1.0), "{at}");
        }
        // Each is answered by a hundred of other visitors.
        let mut detector = known();
        for at in 0..500 {
            assert!(!detector.follow(&page(at), 0.0, 1.0), "{at}");
            assert!((0..100).all(|other| !detector.follow(&page(other), usual(other), 1.0)), "{at}");
        }
    }

    #[test]
    fn a_few_pages_do_not_make_the_site_another_one() {
        let mut detector = known();
        for at in 0..5000 {
            let (page, probability) =
                if at % 4 == 0 { (format!("/{}", at % 16), 0.0) } else { (page(at), usual(at).max(0.1)) };
            assert!(!detector.follow(&page, probability, 1.0), "{at}");
        }
    }

    #[test]
    fn chance_alone_changes_nothing() {
        let mut detector = ChangeDetector::default();
        for at in 0..200_000 {
            assert!(!detector.follow(&page(at), usual(at), 1.0), "{at}");
        }
    }

    #[test]
    fn a_relaunch_is_seen_within_two_hundred_navigations_and_once() {
        let mut detector = ChangeDetector::default();
        for at in 0..5000 {
            assert!(!detector.follow(&page(at), usual(at), 1.0), "{at}");
        }
        let relaunched = |at: u64| if chance(at) < 0.2 { 0.1 } else { 0.0 };
        let seen: Vec<u64> =
            (5000..7000).filter(|at| detector.follow(&page(*at), relaunched(*at), 1.0)).collect();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(seen[0] < 5200, "{seen:?}");
    }

    #[test]
    fn a_new_site_surprises_nobody() {
        let mut detector = ChangeDetector::default();
        for at in 0..999 {
            assert!(!detector.follow(&page(at), if at < 500 { 0.9 } else { 0.0 }, 1.0), "{at}");
        }
    }
}
