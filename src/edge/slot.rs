//! Places for bodies that are kept in memory: so many at once, and no more.

use std::cell::Cell;
use std::thread::LocalKey;

/// One place that is taken; given back when it goes.
pub(super) struct Slot(&'static LocalKey<Cell<u32>>);

impl Slot {
    /// Takes one of `most` places, of which `taken` counts those that are taken; `None` where all are.
    pub(super) fn take(taken: &'static LocalKey<Cell<u32>>, most: u32) -> Option<Self> {
        let number = taken.get();
        (number < most).then(|| {
            taken.set(number + 1);
            Self(taken)
        })
    }
}

impl Drop for Slot {
    fn drop(&mut self) {
        self.0.set(self.0.get().saturating_sub(1));
    }
}
