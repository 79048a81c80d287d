//! How many tickets an isolate has given to each network lately.
//!
//! A ticket takes room in a ledger when it is redeemed, and then it is too late to refuse: its page is shown already, without the
//! cookies that the ticket has. So whoever has had their share is given none, and their speculations are refused.

use super::ledger::{LIFE_MS, MAX_OF_NETWORK};
use std::collections::HashMap;

/// The most networks that are told apart; then all are forgotten.
const MAX_NETWORKS: usize = 20_000;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Promises {
    since: u64,
    given: HashMap<u64, u32>,
}

impl Promises {
    /// Whether a network may be given one more ticket at `now`, in milliseconds since the epoch, which then counts as given. Whose
    /// network nobody knows may.
    pub fn give(&mut self, network: Option<u64>, now: u64) -> bool {
        let Some(network) = network else { return true };
        if now.saturating_sub(self.since) >= LIFE_MS || self.given.len() >= MAX_NETWORKS {
            self.since = now;
            self.given.clear();
        }
        let given = self.given.entry(network).or_default();
        if *given >= MAX_OF_NETWORK {
            return false;
        }
        *given += 1;
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_is_given_its_share_in_a_while() {
        let mut promises = Promises::default();
        let given = |promises: &mut Promises, network, now| {
            (0..2 * MAX_OF_NETWORK).filter(|_| promises.give(network, now)).count()
        };
        assert_eq!(given(&mut promises, Some(1), 0), MAX_OF_NETWORK as usize);
        assert_eq!(given(&mut promises, Some(1), LIFE_MS - 1), 0);
        assert_eq!(given(&mut promises, Some(2), LIFE_MS - 1), MAX_OF_NETWORK as usize);
        assert_eq!(given(&mut promises, None, 0), 2 * MAX_OF_NETWORK as usize);
        assert_eq!(given(&mut promises, Some(1), LIFE_MS), MAX_OF_NETWORK as usize);
        for network in 0..3 * MAX_NETWORKS as u64 {
            promises.give(Some(network), LIFE_MS);
        }
        assert!(promises.given.len() <= MAX_NETWORKS);
    }
}
