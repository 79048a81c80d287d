//! The sites of which an isolate knows that a ledger is nearly full: nothing more is promised there for a while, so that what was
//! promised finds its room.

use crate::clock::is_due;
use std::collections::HashMap;

/// How long it is known, in milliseconds.
const KNOWN_MS: u64 = 60_000;

/// The most sites that are remembered.
const MAX_SITES: usize = 500;

/// See the module's description.
#[derive(Debug, Default)]
pub struct FullLedgers {
    until: HashMap<String, u64>,
}

impl FullLedgers {
    /// Notes that a ledger of a site has said so at `now`.
    pub fn note(&mut self, site: &str, now: u64) {
        if self.until.len() >= MAX_SITES {
            self.until.retain(|_, until| !is_due(*until, KNOWN_MS, now));
        }
        if self.until.len() < MAX_SITES || self.until.contains_key(site) {
            self.until.insert(site.to_owned(), now.saturating_add(KNOWN_MS));
        }
    }

    /// Whether nothing more is promised on a site at `now`.
    #[must_use]
    pub fn is_full(&self, site: &str, now: u64) -> bool {
        self.until.get(site).is_some_and(|until| !is_due(*until, KNOWN_MS, now))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_a_ledger_has_said_is_known_for_a_minute_and_of_so_many_sites() {
        let mut full = FullLedgers::default();
        assert!(!full.is_full("a", 0));
        full.note("a", 0);
        assert!(full.is_full("a", KNOWN_MS - 1) && !full.is_full("a", KNOWN_MS) && !full.is_full("b", 0));
        for number in 0..3 * MAX_SITES {
            full.note(&number.to_string(), 1);
        }
        assert_eq!(full.until.len(), MAX_SITES);
        full.note("a", 2);
        assert!(full.is_full("a", KNOWN_MS + 1), "what is known already is known longer");
        full.note("a", 3_600_000);
        assert!(!full.is_full("a", KNOWN_MS + 1), "the clock was an hour ahead");
        full.note("new", KNOWN_MS + 1);
        assert!(full.is_full("new", KNOWN_MS + 1), "what is over makes room");
    }
}
