//! How often isolates call a learner, however many of them there are: with each answer it says when to come again.
//!
//! # Why
//!
//! A learner is one object, and an object has one thread. What an isolate sends is bounded; how many isolates there are depends on
//! the traffic, and nobody knows it but who is called. So the learner counts what it takes in, in records that it has to write. As
//! long as that is less than [`RECORDS_A_SECOND`], isolates come as they like (`BATCH_SECONDS`, `BATCH_VIEWS`). Above, each is given a
//! turn, and gathers until then; what it gathers has the same bounds. So of busy sites a sample is taken, and of others everything.
//!
//! # The rule
//!
//! Time is cut in rounds, each as long as the wait that was given out in the one before. Whoever comes is told to come again when all
//! that has come in this round, its own included, would be taken in at the bound: the first thousand isolates of a deployment, which
//! come at once, are spread by that. Nobody is told a shorter wait than what the round before has shown to be needed. Since each
//! isolate comes once in a round from then on, what one round brings is what all of them send.
//!
//! Isolates that begin have been given no turn yet, and a deployment has thousands begin at once. So a learner takes in no more than
//! [`AHEAD`] records at a time, and [`MOST_A_SECOND`] after that. Of what comes on top it answers [`TOO_MANY`], with the turn: it was
//! not taken in.

/// The field of an answer that says in how many milliseconds its isolate is to send the next batch.
pub const FIELD: &str = "headstart-turn";

/// How many records a learner is to take in a second, at most: what it writes, and what it computes, follow from that.
pub const RECORDS_A_SECOND: u64 = 1_000;

/// The most records that it takes in a second, whether or not isolates have been given turns.
const MOST_A_SECOND: u64 = 2 * RECORDS_A_SECOND;

/// How many records may be taken in at once: those of 25 of the largest batches.
const AHEAD: u64 = 60_000;

/// The status of an answer to a batch that was not taken in, since too many come (RFC 6585, section 4).
pub const TOO_MANY: u16 = 429;

/// What a batch costs besides its records, as a number of them.
const RECORDS_OF_A_BATCH: u64 = 20;

/// The shortest round, in milliseconds. Waits below it are not worth a word: isolates gather as long by themselves.
pub const SHORTEST_MS: u64 = 10_000;

/// The longest wait, in milliseconds: one hour. An isolate seldom lives longer, and what it has gathered is lost with it.
pub const LONGEST_MS: u64 = 3_600_000;

/// What a learner has taken in of late. It is kept in memory: an object that begins anew gives turns anew.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Turns {
    /// When this round began, in milliseconds since the epoch.
    since: u64,
    /// What it has brought, in records.
    records: u64,
    /// The wait that the round before has shown to be needed, in milliseconds.
    wait_ms: u64,
    /// How many records were taken in that have not been made up for yet, and at which time.
    ahead: (u64, u64),
}

/// What a learner does with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Turn {
    /// Whether it takes it in.
    pub is_taken: bool,
    /// How many milliseconds the batch's isolate is to wait before the next one; 0 where it may come when it likes.
    pub wait_ms: u64,
}

impl Turns {
    /// Counts a batch of so many records that comes in at `now`.
    pub fn next(&mut self, records: usize, now: u64) -> Turn {
        let records = cost(records);
        Turn { is_taken: self.has_room(records, now), wait_ms: self.wait(records, now) }
    }

    /// Makes the room free again of a batch of so many records that was not taken in after all. It comes again, so that its turn stays.
    pub fn give_back(&mut self, records: usize) {
        self.ahead.0 = self.ahead.0.saturating_sub(cost(records));
    }

    /// Whether so many records can be taken in. They are.
    fn has_room(&mut self, records: u64, now: u64) -> bool {
        let (ahead, since) = self.ahead;
        let made_up = now.saturating_sub(since).saturating_mul(MOST_A_SECOND) / 1000;
        let ahead = ahead.saturating_sub(made_up);
        let has_room = ahead < AHEAD;
        self.ahead = (if has_room { ahead.saturating_add(records) } else { ahead }, now);
        has_room
    }

    /// How many milliseconds whoever brings so many records is to wait.
    fn wait(&mut self, records: u64, now: u64) -> u64 {
        if now < self.since {
            // The clock has gone back: this round would not end before it is there again.
            (self.since, self.records) = (now, 0);
        }
        let (round_ms, passed_ms) = (self.wait_ms.max(SHORTEST_MS), now.saturating_sub(self.since));
        if passed_ms >= round_ms {
            // What has come, as in a round of its length. After a round in which nobody came nothing is known any more.
            let brought = self.records.saturating_mul(round_ms) / passed_ms.max(1);
            self.wait_ms = if passed_ms < 2 * round_ms { wait_of(brought) } else { 0 };
            (self.since, self.records) = (now, 0);
        }
        self.records = self.records.saturating_add(records);
        let wait_ms = wait_of(self.records).max(self.wait_ms);
        if wait_ms > SHORTEST_MS { wait_ms } else { 0 }
    }
}

/// What a batch of so many records costs, as a number of them.
fn cost(records: usize) -> u64 {
    u64::try_from(records).unwrap_or(u64::MAX).saturating_add(RECORDS_OF_A_BATCH)
}

/// How long it takes to take so many records in, in milliseconds.
fn wait_of(records: u64) -> u64 {
    (records.saturating_mul(1000) / RECORDS_A_SECOND).min(LONGEST_MS)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    const START: u64 = 1_800_000_000_000;
    const AT_ONCE: Turn = Turn { is_taken: true, wait_ms: 0 };

    /// Lets isolates come for `seconds`, each when it is told to, but never sooner than after ten seconds. The first `at_once` come at
    /// the same time. Answers the records that came in the last half, by the second.
    fn come(isolates: usize, records: usize, seconds: u64) -> u64 {
        let mut turns = Turns::default();
        let mut due: Vec<u64> = vec![START; isolates];
        let (half, mut taken) = (START + seconds * 500, 0);
        for second in 0..seconds {
            let now = START + second * 1000;
            for due in due.iter_mut().filter(|due| **due <= now) {
                let turn = turns.next(records, now);
                *due = now + turn.wait_ms.max(10_000);
                taken += if now >= half && turn.is_taken { records as u64 } else { 0 };
            }
        }
        taken / (seconds / 2)
    }

    #[test]
    fn whoever_brings_little_comes_when_they_like() {
        let mut turns = Turns::default();
        // Ten isolates every ten seconds, with 480 records each, are 5,000 in ten seconds with what batches cost.
        for number in 0..1000 {
            assert_eq!(turns.next(480, START + number * 1000), AT_ONCE, "{number}");
        }
    }

    #[test]
    fn those_who_come_at_once_are_told_to_come_one_after_the_other() {
        let mut turns = Turns::default();
        let waits: Vec<u64> = (0..40).map(|_| turns.next(980, START).wait_ms).collect();
        assert_eq!(waits[..10], [0; 10], "as many as ten seconds have room for");
        assert_eq!(waits[10..13], [11_000, 12_000, 13_000]);
        assert_eq!(waits.last(), Some(&40_000));
    }

    #[test]
    fn however_many_there_are_as_much_comes_in_as_was_meant() {
        for (isolates, records) in [(1000, 1980), (1000, 300), (10_000, 100), (200, 1980)] {
            let taken = come(isolates, records, 6000);
            assert!((700..=1050).contains(&taken), "{taken} of {isolates} isolates with {records} records");
        }
        assert_eq!(come(10, 480, 6000), 480, "those of few isolates are all taken in");
    }

    #[test]
    fn of_those_who_have_no_turn_yet_as_many_are_taken_in_as_there_is_room_for() {
        let mut turns = Turns::default();
        let mut taken = |number: u32, now| (0..number).filter(|_| turns.next(1980, now).is_taken).count();
        assert_eq!(taken(1000, START), 30, "a thousand isolates that begin at once");
        assert_eq!(taken(1000, START + 1000), 1, "then two thousand records a second");
        assert_eq!(taken(1000, START + 11_000), 10);
        assert_eq!(taken(1000, START + 3_600_000), 30);
        // Isolates that live for a second each, and never come again.
        let of_seconds: usize = (1..=100).map(|second| taken(17, START + 3_600_000 + second * 1000)).sum();
        assert_eq!(of_seconds, 100);
    }

    #[test]
    fn what_is_not_taken_in_after_all_takes_no_room_and_has_a_turn_all_the_same() {
        let (mut turns, mut others) = (Turns::default(), Turns::default());
        for number in 0..100 {
            let turn = turns.next(1980, START);
            assert!(turn.is_taken, "{number}");
            assert_eq!(turn.wait_ms, others.next(1980, START).wait_ms);
            turns.give_back(1980);
        }
        assert!(!others.next(1980, START).is_taken, "there is no room where all was taken in");
        turns.give_back(usize::MAX);
        assert!(turns.next(1980, START).is_taken);
    }

    #[test]
    fn when_the_crowd_has_gone_the_others_come_when_they_like() {
        let mut turns = Turns::default();
        for _ in 0..1000 {
            turns.next(1980, START);
        }
        assert!(turns.next(100, START + 1000).wait_ms > 1_900_000);
        // The crowd's round is as long as the first one; then its wait is over as well, and nobody of it came.
        assert!(turns.next(100, START + 10_000).wait_ms > 1_900_000);
        assert_eq!(turns.next(100, START + 10_000 + 2 * LONGEST_MS), AT_ONCE);
    }

    #[test]
    fn nobody_waits_for_longer_than_an_hour_and_a_clock_that_goes_back_harms_nobody() {
        let mut turns = Turns::default();
        assert_eq!(turns.next(usize::MAX, START).wait_ms, LONGEST_MS);
        assert_eq!(turns.next(100, START - 1).wait_ms, 0);
        assert_eq!(turns.next(usize::MAX, 0).wait_ms, LONGEST_MS);
        assert_eq!(turns.next(0, u64::MAX).wait_ms, 0);
    }

    proptest! {
        #[test]
        fn a_wait_is_none_or_longer_than_a_round_and_at_most_an_hour(
            batches in prop::collection::vec((0_usize..3000, 0_u64..20_000), 1..300),
        ) {
            let (mut turns, mut now) = (Turns::default(), START);
            for (records, passed) in batches {
                now += passed;
                let wait = turns.next(records, now).wait_ms;
                prop_assert!(wait == 0 || (SHORTEST_MS + 1..=LONGEST_MS).contains(&wait), "{}", wait);
            }
        }
    }
}
