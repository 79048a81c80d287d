//! Places for what is kept in memory while something is waited for: so many at once, and no more.
//!
//! Whoever takes one gives it back. But the platform drops a request whose visitor is gone, and with it what would have given the
//! place back; so a place that is not is free again after a while.

use crate::clock::is_due;
use std::collections::HashMap;

/// See the module's description.
#[derive(Debug)]
pub struct Slots {
    most: usize,
    life_ms: u64,
    /// Until when each place that is taken is, in milliseconds since the epoch.
    taken: HashMap<u64, u64>,
    next: u64,
}

/// A place that is taken.
#[derive(Debug, PartialEq, Eq)]
pub struct Slot(u64);

impl Slots {
    /// So many places, of which each is free again after so many milliseconds: longer than anybody needs one.
    #[must_use]
    pub fn new(most: usize, life_ms: u64) -> Self {
        Self { most, life_ms, taken: HashMap::new(), next: 0 }
    }

    /// Takes a place; `None` where all are taken.
    pub fn take(&mut self, now: u64) -> Option<Slot> {
        if self.taken.len() >= self.most {
            self.taken.retain(|_, until| !is_due(*until, self.life_ms, now));
        }
        if self.taken.len() >= self.most {
            return None;
        }
        self.next = self.next.wrapping_add(1);
        self.taken.insert(self.next, now.saturating_add(self.life_ms));
        Some(Slot(self.next))
    }

    /// Gives one back. Where it was taken for lost, somebody else may have it by now, and keeps it.
    pub fn give_back(&mut self, slot: &Slot) {
        self.taken.remove(&slot.0);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn there_are_so_many_and_each_is_taken_once() {
        let mut slots = Slots::new(2, 1000);
        let (one, two) = (slots.take(NOW).unwrap(), slots.take(NOW).unwrap());
        assert!(one != two && slots.take(NOW).is_none());
        slots.give_back(&one);
        assert!(slots.take(NOW).is_some() && slots.take(NOW).is_none());
    }

    #[test]
    fn what_nobody_gives_back_is_free_again_and_whoever_has_it_then_keeps_it() {
        let mut slots = Slots::new(2, 1000);
        let (lost, _) = (slots.take(NOW).unwrap(), slots.take(NOW + 500).unwrap());
        assert!(slots.take(NOW + 999).is_none());
        let third = slots.take(NOW + 1000).unwrap();
        assert!(slots.take(NOW + 1000).is_none());
        // It was not lost, but slow.
        slots.give_back(&lost);
        assert!(slots.take(NOW + 1001).is_none(), "the third has its own");
        slots.give_back(&third);
        assert!(slots.take(NOW + 1001).is_some());
        // A clock that was an hour ahead.
        let mut slots = Slots::new(1, 1000);
        assert!(slots.take(NOW + 3_600_000).is_some() && slots.take(NOW).is_some());
        for number in 0..10_000 {
            slots.take(NOW + 10_000 * number);
            assert!(slots.taken.len() <= 2);
        }
    }
}
