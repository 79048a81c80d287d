//! Detects that a site has changed as a whole: that visitors suddenly navigate where nobody went before, on all pages
//! together.
//!
//! A page that is seldom visited needs weeks to show by itself that its links are others; a relaunch changes all pages
//! in one night. So the surprisal of each navigation (the negative logarithm of its probability) is held against its average for
//! the site, and what is above is summed up (a CUSUM chart, Page 1954). Where the sum rises above what chance would explain, what
//! was known is taken for another site's, and hardly counts any more.
//!
//! Whoever wants a site to forget makes surprising navigations. So each visitor has one say on a day, each adds no more than so
//! much ([`MOST_EXCESS`]), and nobody is heard twice within a while ([`LATELY`]): it takes some thirty visitors who do nothing else,
//! all at once.

use crate::hash::hash16;
use serde::{Deserialize, Serialize};
use std::collections::VecDeque;

/// How many navigations the average surprisal reaches back, and the number of odd ones, about.
const LONG: f64 = 2000.0;
const SHORT: f64 = 60.0;

/// How much surprisal one navigation may have above the average at the most, how much of it is taken for chance, and how high the
/// sum must rise to make a change.
const MOST_EXCESS: f64 = 3.0;
const DRIFT: f64 = 0.3;
const CHANGE: f64 = 100.0;

/// How probable a navigation may have been at the most to be taken for one where nobody went before; and how many of these, of
/// visitors who have one say each, from how many pages, make a change. So a few visitors make none, whatever they do, nor do many
/// on a few pages.
const ODD: f64 = 0.05;
const LEAST_ODD: f64 = 20.0;
const LEAST_PAGES: usize = 5;

/// Of how many of the latest odd navigations it is remembered whose they were. None of these visitors has a say again, however many
/// isolates have let them have one.
const LATELY: usize = 60;

/// How many navigations there must be before a change can be detected, and between two changes.
const MIN_NAVIGATIONS: f64 = 1000.0;

/// The least probability that anything is taken to have had.
const LEAST: f64 = 0.002;

/// What is left of a site's counts after a change.
pub const LEFT: f64 = 0.02;

/// What visitors say of whether a site has changed: one each, on a day.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Votes<'a> {
    /// How many there are.
    pub number: f64,
    /// Whose they are, as buckets of the site's visitors of the day; not all where there are many.
    pub visitors: &'a [u8],
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct ChangeDetector {
    /// The navigations since the last change.
    navigations: f64,
    /// The average surprisal.
    long: f64,
    /// What the latest have had above it, summed up.
    #[serde(default)]
    excess: f64,
    /// How many of the latest navigations were odd, and from which pages they came, by a hash: so many as are needed.
    #[serde(default)]
    odd: f64,
    #[serde(default)]
    pages: [u16; LEAST_PAGES],
    /// The buckets of the visitors whose the latest odd ones were, the oldest first.
    #[serde(default, skip_serializing_if = "VecDeque::is_empty")]
    odd_visitors: VecDeque<u8>,
}

impl ChangeDetector {
    /// Takes in navigations from a page that had this probability. Answers whether the site has changed.
    pub fn follow(&mut self, from: &str, probability: f64, votes: Votes<'_>) -> bool {
        let number = if probability < ODD { self.heard(votes) } else { votes.number };
        if number <= 0.0 {
            return false;
        }
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
        let distance = surprisal - self.long;
        self.long += (number / LONG.min(self.navigations)).min(1.0) * distance;
        let excess = distance.min(MOST_EXCESS) - DRIFT;
        if self.navigations >= MIN_NAVIGATIONS {
            self.excess = (self.excess + number * excess).max(0.0);
        }
        let is_wide = self.odd >= LEAST_ODD && self.pages.iter().all(|page| *page != 0);
        let has_changed = is_wide && self.excess > CHANGE;
        if has_changed {
            *self = Self::default();
        }
        has_changed
    }

    /// How many of these votes for a change are of visitors who have not had one lately.
    fn heard(&mut self, votes: Votes<'_>) -> f64 {
        let mut heard = 0.0;
        for bucket in votes.visitors {
            if heard < votes.number && !self.odd_visitors.contains(bucket) {
                heard += 1.0;
                if self.odd_visitors.len() >= LATELY {
                    self.odd_visitors.pop_front();
                }
                self.odd_visitors.push_back(*bucket);
            }
        }
        heard
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

    /// The vote of one of two hundred visitors.
    fn one(at: u64) -> Votes<'static> {
        static BUCKETS: [u8; 200] = {
            let mut buckets = [0; 200];
            let mut at = 0;
            while at < 200 {
                buckets[at as usize] = at;
                at += 1;
            }
            buckets
        };
        let at = (at % 200) as usize;
        Votes { number: 1.0, visitors: &BUCKETS[at..=at] }
    }

    fn page(at: u64) -> String {
        format!("/{}", at % 12)
    }

    /// A site that five thousand usual navigations were seen of.
    fn known() -> ChangeDetector {
        let mut detector = ChangeDetector::default();
        for at in 0..5000 {
            detector.follow(&page(at), usual(at), one(at));
        }
        detector
    }

    #[test]
    fn a_few_visitors_do_not_make_the_site_another_one() {
        // In one hour nobody else comes.
        let mut detector = known();
        for at in 0..15 {
            assert!(!detector.follow(&page(at), 0.0, one(at)), "{at}");
        }
        // Each is answered by a hundred of other visitors.
        let mut detector = known();
        for at in 0..500 {
            assert!(!detector.follow(&page(at), 0.0, one(at)), "{at}");
            assert!((0..100).all(|other| !detector.follow(&page(other), usual(other), one(other))), "{at}");
        }
    }

    #[test]
    fn twenty_visitors_do_not_make_the_site_another_one_whatever_they_do() {
        for (visitors, has_changed) in [(20, false), (60, true)] {
            let mut detector = known();
            let seen = (0..5000).any(|at| detector.follow(&page(at), 0.0, one(at % visitors)));
            assert_eq!(seen, has_changed, "{visitors}");
        }
    }

    #[test]
    fn a_few_pages_do_not_make_the_site_another_one() {
        let mut detector = known();
        for at in 0..5000 {
            let (page, probability) =
                if at % 4 == 0 { (format!("/{}", at % 16), 0.0) } else { (page(at), usual(at).max(0.1)) };
            assert!(!detector.follow(&page, probability, one(at)), "{at}");
        }
    }

    #[test]
    fn chance_alone_changes_nothing() {
        let mut detector = ChangeDetector::default();
        for at in 0..200_000 {
            assert!(!detector.follow(&page(at), usual(at), one(at)), "{at}");
        }
    }

    #[test]
    fn a_relaunch_is_seen_within_two_hundred_navigations_and_once() {
        let mut detector = ChangeDetector::default();
        for at in 0..5000 {
            assert!(!detector.follow(&page(at), usual(at), one(at)), "{at}");
        }
        let relaunched = |at: u64| if chance(at) < 0.2 { 0.1 } else { 0.0 };
        let seen: Vec<u64> =
            (5000..7000).filter(|at| detector.follow(&page(*at), relaunched(*at), one(*at))).collect();
        assert_eq!(seen.len(), 1, "{seen:?}");
        assert!(seen[0] < 5200, "{seen:?}");
    }

    #[test]
    fn a_new_site_surprises_nobody() {
        let mut detector = ChangeDetector::default();
        for at in 0..999 {
            assert!(!detector.follow(&page(at), if at < 500 { 0.9 } else { 0.0 }, one(at)), "{at}");
        }
    }
}
