//! How many records a ledger has, and for whom there is room.
//!
//! Whoever asks for a page makes a ledger write something down, so a few could fill it for all. Of its room half is left to what was
//! promised: the redemption of a ticket that somebody has. And each network has a share of it in a while, which is counted in
//! memory alone. What was promised to a network finds room beyond its share as long as half of the ledger is free: many visitors
//! may have one address, and what they were promised is lost if it is turned away. How much is promised to a network is bounded
//! where it is promised.

use crate::effects::network::Shares;
use crate::store::{Kind, Store};

/// The most records in one ledger. What comes then is turned away: to make room, something that was promised would leave.
pub const MAX_RECORDS: usize = 20_000;

/// From how many records on a ledger says that it is nearly full, so that nothing more is promised.
pub const NEARLY_FULL: usize = MAX_RECORDS / 10 * 9;

/// See the module's description. It is counted once in the life of its object.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Load {
    pub(super) records: usize,
    /// The network that asks now, if it is known.
    asker: Option<u64>,
    /// How much each network has had written down.
    shares: Shares,
}

impl Load {
    /// Counts the records.
    ///
    /// # Errors
    /// The store's own.
    pub fn of<S: Store>(store: &S) -> Result<Self, S::Error> {
        let mut records = 0;
        for kind in [Kind::Ticket, Kind::DeferredRequest, Kind::Rendered] {
            records += store.count(kind)?;
        }
        Ok(Self { records, ..Self::default() })
    }

    /// What is written down from now on is for a request of this network.
    pub fn asked_by(&mut self, network: Option<u64>) {
        self.asker = network;
    }

    /// Whether it is time to promise nothing more.
    #[must_use]
    pub fn is_nearly_full(&self) -> bool {
        self.records >= NEARLY_FULL
    }

    /// Whether there is room for one more of what nobody was promised, which then counts as there: half of the room is left to
    /// others.
    pub(super) fn add_unasked(&mut self, now: u64) -> bool {
        self.records < MAX_RECORDS / 2 && self.shares.has_left(self.asker, now) && self.add(now)
    }

    /// Whether there is room for one more, which then counts as there.
    pub(super) fn add(&mut self, now: u64) -> bool {
        let is_within_share = self.shares.has_left(self.asker, now);
        let has_room = self.records < if is_within_share { MAX_RECORDS } else { MAX_RECORDS / 2 };
        if has_room {
            self.records += 1;
            self.shares.take(self.asker, now);
        }
        has_room
    }

    /// One record is there no more.
    pub(super) fn leave(&mut self) {
        self.records = self.records.saturating_sub(1);
    }
}

#[cfg(test)]
mod tests {
    use super::super::LIFE_MS;
    use super::*;
    use crate::effects::network::MAX_OF_NETWORK;

    #[test]
    fn one_network_has_its_share_in_a_while_and_leaves_room_to_others() {
        let mut load = Load::default();
        load.asked_by(Some(1));
        let had = (0..2 * MAX_RECORDS as u64).filter(|now| load.add_unasked(*now % LIFE_MS)).count();
        assert_eq!(had, MAX_OF_NETWORK as usize);
        // What was promised to many visitors behind one address.
        let promised = (0..2 * MAX_RECORDS).filter(|_| load.add(1)).count();
        assert_eq!(promised, MAX_RECORDS / 2 - MAX_OF_NETWORK as usize, "as long as half is free");
        load.asked_by(Some(2));
        assert!(load.add(1), "others find room");
        load.asked_by(None);
        assert!(load.add(1), "whose network nobody knows");
        load.asked_by(Some(1));
        assert!(!load.add(LIFE_MS - 1) && load.add(LIFE_MS));
    }

    #[test]
    fn many_networks_fill_the_half_that_nobody_was_promised_and_no_more() {
        let mut load = Load::default();
        let had = (0..100_000_u64).filter(|network| {
            load.asked_by(Some(*network));
            load.add_unasked(0)
        });
        assert_eq!(had.count(), MAX_RECORDS / 2);
        assert!(!load.is_nearly_full());
        let had = (0..100_000_u64).filter(|network| {
            load.asked_by(Some(*network));
            load.add(0)
        });
        assert_eq!(had.count(), MAX_RECORDS / 2);
        assert!(load.is_nearly_full() && load.shares.networks() <= MAX_RECORDS);
        for _ in 0..=MAX_RECORDS / 10 {
            load.leave();
        }
        assert!(!load.is_nearly_full());
    }
}
