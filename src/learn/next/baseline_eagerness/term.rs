//! A time for which something is done without: a day at first, and twice as long each time, up to four weeks.

use super::super::visitor::DAY_MS;
use super::doubled;
use crate::clock::is_due;
use crate::learn::names::LIFE_MS;
use serde::{Deserialize, Serialize};

/// How long the first one lasts, and the longest.
const FIRST_MS: u64 = DAY_MS;
const LONGEST_MS: u64 = 28 * DAY_MS;

/// See the module's description.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub(super) struct Term {
    /// Until when, in milliseconds since the epoch, and how often there was one.
    pub(super) until: u64,
    pub(super) times: u32,
}

impl Term {
    /// Whether there was never one.
    pub(super) fn is_none(self) -> bool {
        self.times == 0
    }

    /// Whether it lasts at `now`.
    pub(super) fn lasts(self, now: u64) -> bool {
        !is_due(self.until, LONGEST_MS, now)
    }

    /// The next one, from `now` on.
    pub(super) fn again(self, now: u64) -> Self {
        let times = self.times.saturating_add(1);
        Self { until: now.saturating_add(doubled(FIRST_MS, times, LONGEST_MS)), times }
    }

    /// Whether it ended so long ago that the next one is a first one.
    pub(super) fn is_forgotten(self, now: u64) -> bool {
        now.saturating_sub(self.until) >= LIFE_MS
    }

    /// When it ends, in seconds since the epoch.
    pub(super) fn until_seconds(self) -> u64 {
        self.until / 1000
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_is_twice_as_long_and_after_four_weeks_it_is_forgotten() {
        let (mut term, mut now) = (Term::default(), 1_800_000_000_000);
        assert!(term.is_none() && !term.lasts(now));
        for days in [1, 2, 4, 8, 16, 28, 28] {
            term = term.again(now);
            let end = now + days * DAY_MS;
            assert_eq!(
                (term.lasts(now), term.lasts(end - 1), term.lasts(end)),
                (true, true, false),
                "{days}"
            );
            assert_eq!(term.until_seconds(), end / 1000);
            now = end;
        }
        assert!(!term.is_forgotten(now + LIFE_MS - 1) && term.is_forgotten(now + LIFE_MS));
        // A clock that was a year ahead.
        assert!(!Term::default().again(now + 365 * DAY_MS).lasts(now));
    }
}
