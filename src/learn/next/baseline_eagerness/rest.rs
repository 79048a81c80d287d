//! A [`Term`] in which the baseline names nothing at all. Behind it the baseline is conservative once more, until enough links were
//! pressed to tell whether that is still in vain.

use super::tally::Tally;
use super::term::Term;
use crate::published::baseline_eagerness::Rest as Published;
use serde::{Deserialize, Serialize};

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Rest {
    term: Term,
    /// The speculations that decided.
    tally: Tally,
}

impl Rest {
    /// Whether there is none, nor one to remember.
    pub(super) fn is_none(&self) -> bool {
        self.term.is_none()
    }

    /// Whether it lasts at `now`.
    pub(super) fn lasts(&self, now: u64) -> bool {
        self.term.lasts(now)
    }

    /// Begins one for the sake of these speculations.
    pub(super) fn begin(&mut self, tally: Tally, now: u64) {
        *self = Self { term: self.term.again(now), tally };
    }

    /// Forgets one that ended long ago.
    pub(super) fn expire(&mut self, now: u64) {
        if self.term.is_forgotten(now) {
            *self = Self::default();
        }
    }

    /// What is published of it at `now`.
    pub(super) fn published(&self, now: u64) -> Option<Published> {
        self.lasts(now).then(|| Published { until: self.term.until_seconds(), guesses: self.tally.rounded() })
    }
}
