//! How many of the baseline's speculations were used, decayed: of a page, and of the site.
//!
//! All tallies of a site fade by one clock, which counts the site's speculations. So what is remembered of the site is what
//! is remembered of its pages together, and that of a page can be taken out of it.

use super::super::navigation_batch::GuessCounts;
use crate::published::baseline_eagerness::Guesses;
use crate::speculation::{Guess, Pointer};
use serde::{Deserialize, Serialize};

/// After how many of a site's speculations what was counted has halved.
pub(super) const HALF_LIFE: f64 = 500.0;

/// Speculations that were made, and how many of them were used, as of a reading of the site's clock.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Tally {
    #[serde(rename = "m")]
    pub(super) made: f64,
    #[serde(rename = "u")]
    pub(super) used: f64,
    #[serde(rename = "c")]
    clock: f64,
}

impl Tally {
    /// Adds speculations, and uses, at a reading of the clock. What was counted before `since` counts no more.
    pub(super) fn add(&mut self, made: f64, used: f64, clock: f64, since: f64) {
        *self = self.at(clock, since);
        self.made += made;
        // Some uses come in before their speculations do, and some speculations never do.
        self.used += used;
    }

    /// The same as of a later reading of the clock, where nothing counts from before `since`.
    pub(super) fn at(self, clock: f64, since: f64) -> Self {
        if self.clock < since {
            return Self { clock, ..Self::default() };
        }
        let fade = (-(clock - self.clock).max(0.0) / HALF_LIFE).exp2();
        Self { made: self.made * fade, used: self.used * fade, clock }
    }

    /// The same without what is in another one, as of the same reading.
    pub(super) fn without(self, other: Self) -> Self {
        Self { made: (self.made - other.made).max(0.0), used: (self.used - other.used).max(0.0), ..self }
    }

    /// The same with what is in another one.
    pub(super) fn with(self, other: Self) -> Self {
        Self { made: self.made + other.made, used: self.used + other.used, ..self }
    }

    /// How many were wasted.
    pub(super) fn wasted(self) -> f64 {
        (self.made - self.used).max(0.0)
    }

    /// The figures as they are published.
    pub(super) fn rounded(self) -> Guesses {
        // Decayed, they stay far below a u32.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let [made, used] = [self.made, self.used].map(|number| number.round() as u32);
        Guesses(made, used.min(made))
    }
}

/// What became of the speculations that were made from one page, by their kinds.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct PageTallies([Tally; Guess::COUNT]);

impl PageTallies {
    /// Whether there were none.
    #[must_use]
    pub fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Those under one of the rules, for a pointer.
    pub(super) fn get(&self, guess: Guess) -> Tally {
        self.0.get(guess.index()).copied().unwrap_or_default()
    }

    /// Adds what was counted of each rule; `since` says when each pointer's step began.
    pub(super) fn add(&mut self, counts: &GuessCounts, clock: f64, since: [f64; Pointer::ALL.len()]) {
        for (at, (tally, count)) in self.0.iter_mut().zip(counts).enumerate() {
            let Some(guess) = Guess::at(at).filter(|_| count.0 > 0 || count.1 > 0) else { continue };
            // The conservative rule's speculations are judged by no step.
            let since = since.get(guess.pointer.index()).copied().filter(|_| guess.is_moderate);
            tally.add(f64::from(count.0), f64::from(count.1), clock, since.unwrap_or_default());
        }
    }

    /// Forgets those under the moderate rule, for a pointer.
    pub(in super::super) fn clear(&mut self, pointer: Pointer) {
        let moderate = self.0.get_mut(Guess { is_moderate: true, pointer }.index());
        if let Some(moderate) = moderate {
            *moderate = Tally::default();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    proptest! {
        #[test]
        fn the_pages_together_are_the_site(seen in prop::collection::vec((0_usize..5, 0_u32..9, 0_u32..9), 1..80)) {
            let (mut pages, mut site, mut clock) = ([Tally::default(); 5], Tally::default(), 0.0);
            for (page, made, used) in seen {
                let (made, used) = (f64::from(made), f64::from(used));
                clock += made;
                pages[page].add(made, used, clock, 0.0);
                site.add(made, used, clock, 0.0);
            }
            let all = pages.iter().fold(Tally::default(), |all, page| all.with(page.at(clock, 0.0)));
            let left = site.at(clock, 0.0).without(all);
            prop_assert!(left.made < 1e-6 && left.used < 1e-6, "{left:?}");
        }
    }

    #[test]
    fn what_was_counted_fades_by_the_sites_clock_and_before_a_step_it_does_not_count() {
        let mut tally = Tally::default();
        tally.add(8.0, 4.0, 10.0, 0.0);
        let later = tally.at(10.0 + HALF_LIFE, 0.0);
        assert_eq!((later.made, later.used, later.wasted()), (4.0, 2.0, 2.0));
        assert_eq!((tally.at(20.0, 11.0).made, tally.at(20.0, 10.0).made > 7.8), (0.0, true));
        assert_eq!(Tally { made: 3.0, used: 9.0, clock: 0.0 }.rounded(), Guesses(3, 3));
    }
}
