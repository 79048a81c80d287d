//! The network ([`crate::network`]) that a request comes from, as far as it is counted, and how much each has had lately.

use super::ledger::LIFE_MS;
use super::seal::Seal;
use crate::clock::has_passed;
use crate::network;
use std::collections::HashMap;

/// What stands for the network of an address, for a day and longer the same; `None` for what is no address.
#[must_use]
pub fn of(address: &str, seal: &Seal) -> Option<u64> {
    let network = network::of(address)?;
    Some(seal.digest(&["network", &format!("{network:x?}")]))
}

/// How many records one network may have written down in one ledger within [`LIFE_MS`], and how many tickets an isolate gives it.
pub const MAX_OF_NETWORK: u32 = 500;

/// The most networks that are told apart; then all are forgotten.
const MAX_NETWORKS: usize = 20_000;

/// How much each network has had of its share, [`MAX_OF_NETWORK`] in [`LIFE_MS`]. It is counted in memory alone.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Shares {
    since: u64,
    had: HashMap<u64, u32>,
}

impl Shares {
    /// Whether a network has had less than its share at `now`, in milliseconds since the epoch. One that nobody knows always has.
    pub fn has_left(&mut self, network: Option<u64>, now: u64) -> bool {
        if has_passed(LIFE_MS, self.since, now) {
            self.begin(now);
        }
        let its = network.map(|network| self.had.get(&network).copied().unwrap_or_default());
        its.is_none_or(|its| its < MAX_OF_NETWORK)
    }

    /// Counts one more for a network, be it beyond its share.
    pub fn take(&mut self, network: Option<u64>, now: u64) {
        let Some(network) = network else { return };
        if self.had.len() >= MAX_NETWORKS {
            self.begin(now);
        }
        let its = self.had.entry(network).or_default();
        *its = its.saturating_add(1);
    }

    /// Counts one more for a network, if it has that left.
    pub fn take_if_left(&mut self, network: Option<u64>, now: u64) -> bool {
        let has_left = self.has_left(network, now);
        if has_left {
            self.take(network, now);
        }
        has_left
    }

    fn begin(&mut self, now: u64) {
        self.since = now;
        self.had.clear();
    }

    /// How many networks are told apart.
    #[cfg(test)]
    pub(super) fn networks(&self) -> usize {
        self.had.len()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_network_has_its_share_in_a_while() {
        let mut shares = Shares::default();
        let had = |shares: &mut Shares, network, now| {
            (0..2 * MAX_OF_NETWORK).filter(|_| shares.take_if_left(network, now)).count()
        };
        assert_eq!(had(&mut shares, Some(1), 0), MAX_OF_NETWORK as usize);
        assert_eq!(had(&mut shares, Some(1), LIFE_MS - 1), 0);
        assert_eq!(had(&mut shares, Some(2), LIFE_MS - 1), MAX_OF_NETWORK as usize);
        assert_eq!(had(&mut shares, None, 0), 2 * MAX_OF_NETWORK as usize);
        assert_eq!(had(&mut shares, Some(1), LIFE_MS), MAX_OF_NETWORK as usize);
        for network in 0..3 * MAX_NETWORKS as u64 {
            shares.take_if_left(Some(network), LIFE_MS);
        }
        assert!(shares.networks() <= MAX_NETWORKS);
    }

    #[test]
    fn addresses_of_one_network_are_one() {
        let seal = Seal::new("0123456789abcdef0123456789abcdef", None).unwrap();
        let of = |address| of(address, &seal);
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:ffff:1:2:3:4"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        for other in ["2001:db8:2::3", "192.0.2.2", "::c000:201"] {
            assert!(of(other).is_some() && of(other) != of("192.0.2.1") && of(other) != of("2001:db8:1::"));
        }
        assert_eq!([of(""), of("unknown"), of("192.0.2.1:80")], [None; 3]);
    }
}
