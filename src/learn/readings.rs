//! How many bytes of bodies an isolate holds that wait to be read. A copy of a body is held until the visitor has all of theirs,
//! so that reading it costs them nothing.
//!
//! A future that the platform drops gives nothing back, so what is held is taken for gone after a while.

use crate::clock::is_due;

/// The most bytes that are held at once. An isolate has 128 MB for everything.
pub const MAX_HELD_BYTES: usize = 16 * 1024 * 1024;

/// How long a body may take until all of it is there, in milliseconds.
pub const WITHIN_MS: u64 = 20_000;

/// How long room is kept for a body, in milliseconds: until it is there, and then until it was read.
const ROOM_MS: u64 = WITHIN_MS + 10_000;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Readings {
    /// Until when room is kept, and for how many bytes.
    open: Vec<(u64, usize)>,
}

impl Readings {
    /// Keeps room for a body of at most so many bytes, at `now` (milliseconds since the epoch). Answers by what to give it back;
    /// `None` where there is none.
    pub fn begin(&mut self, bytes: usize, now: u64) -> Option<(u64, usize)> {
        self.open.retain(|(until, _)| !is_due(*until, ROOM_MS, now));
        let held: usize = self.open.iter().map(|(_, bytes)| bytes).sum();
        let room = (now.saturating_add(ROOM_MS), bytes);
        (held + bytes <= MAX_HELD_BYTES).then(|| self.open.push(room))?;
        Some(room)
    }

    /// Gives room back.
    pub fn end(&mut self, room: (u64, usize)) {
        if let Some(at) = self.open.iter().position(|open| *open == room) {
            self.open.swap_remove(at);
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn there_is_room_for_so_many_bytes_and_what_is_not_given_back_ends_by_itself() {
        let mut readings = Readings::default();
        let half = MAX_HELD_BYTES / 2;
        let first = readings.begin(half, NOW).expect("room");
        assert!(readings.begin(half, NOW + 1).is_some());
        assert_eq!(readings.begin(1, NOW + 1), None);
        readings.end(first);
        readings.end(first);
        assert_eq!(readings.begin(half + 1, NOW + 1), None);
        assert!(readings.begin(half, NOW + 1).is_some());
        assert_eq!(readings.begin(1, NOW + ROOM_MS), None);
        assert!(readings.begin(MAX_HELD_BYTES, NOW + 1 + ROOM_MS).is_some());
        assert_eq!(readings.begin(MAX_HELD_BYTES + 1, NOW + 3 * ROOM_MS), None);
    }
}
