//! What visitors with a session have pressed, and how much of it was used. It decides about the [rest](super::rest) alone: nothing
//! tells from which pages it came, and so nothing could be tried or held by it.
//!
//! It fades by a clock of its own. Where nearly everybody has a session, what the others press would fade too quickly by theirs to be
//! enough for anything.

use super::super::navigation_batch::PressedCounts;
use super::tally::Tally;
use crate::speculation::Pointer;
use serde::{Deserialize, Serialize};

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct InSessions {
    clock: f64,
    tallies: [Tally; Pointer::ALL.len()],
}

impl InSessions {
    /// Whether there were none, nor any to remember.
    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Adds what was counted.
    pub(super) fn add(&mut self, counts: &PressedCounts) {
        self.clock += counts.iter().map(|count| f64::from(count.0)).sum::<f64>();
        for (tally, count) in self.tallies.iter_mut().zip(counts) {
            if count.0 > 0 || count.1 > 0 {
                tally.add(f64::from(count.0), f64::from(count.1), self.clock, 0.0);
            }
        }
    }

    /// Lets time pass, as if so many speculations had been made.
    pub(super) fn pass(&mut self, speculations: f64) {
        if !self.are_none() {
            self.clock += speculations;
        }
    }

    /// What is remembered, by what visitors point with.
    pub(super) fn tallies(&self) -> [Tally; Pointer::ALL.len()] {
        self.tallies.map(|tally| tally.at(self.clock, 0.0))
    }
}
