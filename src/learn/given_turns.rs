//! When an isolate may send to each learner again: when the learner has said so ([`super::turns`]), and later each time where one
//! gives no answer.

use super::turns;
use crate::clock::is_due;
use crate::published::hint_snapshot::learner_name;
use crate::published::next_page_snapshot::next_page_learner_name;
use crate::sorting::map::SortedMap;

/// The most learners of which it is remembered.
const MAX_LEARNERS: usize = 1000;

/// How long a learner takes to answer at most that has nothing else to do, in milliseconds.
const ANSWER_MS: u64 = 1000;

/// How long is waited at most after a learner has given no answer, in milliseconds: ten minutes.
const LONGEST_RETRY_MS: u64 = 600_000;

/// What one learner has said last.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Given {
    /// Nothing is sent before this time, in milliseconds since the epoch.
    until: u64,
    /// How many times in a row it gave no answer.
    unanswered: u32,
    /// Since when it owes an answer, and until when that is waited for.
    owes: Option<(u64, u64)>,
}

impl Given {
    /// Until when it says anything.
    fn end(&self) -> u64 {
        self.owes.map_or(self.until, |(_, until)| until.max(self.until))
    }

    /// Whether it has owed an answer for longer than one takes.
    fn is_awaited(&self, now: u64) -> bool {
        self.owes.is_some_and(|(since, until)| now >= since.saturating_add(ANSWER_MS) && now < until)
    }
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct GivenTurns(SortedMap<String, Given>);

impl GivenTurns {
    /// Whether the learner of this name may be sent something at `now`.
    #[must_use]
    pub fn is_due(&self, learner: &str, now: u64) -> bool {
        let is_its_turn =
            |given: &Given| is_due(given.until, turns::LONGEST_MS, now) && !given.is_awaited(now);
        self.0.get(learner).is_none_or(is_its_turn)
    }

    /// The same of the hint learner of this number among those of a site.
    #[must_use]
    pub fn is_due_for_hints(&self, site: &str, shard: u32, now: u64) -> bool {
        self.is_due(&learner_name(site, shard), now)
    }

    /// The same of a site's next-page learner.
    #[must_use]
    pub fn is_due_for_next_pages(&self, site: &str, now: u64) -> bool {
        self.is_due(&next_page_learner_name(site), now)
    }

    /// Takes in that a learner is asked something, and has until a time in milliseconds since the epoch to answer. One that has not after
    /// a second hangs, and is asked nothing else meanwhile.
    pub fn asked(&mut self, learner: &str, until: u64, now: u64) {
        let given = self.0.get(learner).copied().unwrap_or_default();
        let since = given.owes.filter(|(_, until)| now < *until).map_or(now, |(since, _)| since);
        self.give(learner, Given { owes: Some((since, until)), ..given }, now);
    }

    /// Takes in that a learner has answered, and told its isolate to wait so many milliseconds; 0 where it may come when it likes.
    pub fn answered(&mut self, learner: &str, wait_ms: u64, now: u64) {
        if wait_ms == 0 {
            self.0.remove(learner);
        } else {
            let until = now.saturating_add(wait_ms.min(turns::LONGEST_MS));
            self.give(learner, Given { until, ..Given::default() }, now);
        }
    }

    /// Takes in that a learner gave no answer. It is left alone for twice as long as batches gather (`gather_ms`), and twice as long
    /// as that the next time.
    pub fn unanswered(&mut self, learner: &str, gather_ms: u64, now: u64) {
        let unanswered = self.0.get(learner).map_or(0, |given| given.unanswered).saturating_add(1);
        let times = 2_u64.saturating_pow(unanswered);
        let wait_ms = gather_ms.max(1000).saturating_mul(times).min(LONGEST_RETRY_MS);
        self.give(learner, Given { until: now.saturating_add(wait_ms), unanswered, owes: None }, now);
    }

    fn give(&mut self, learner: &str, given: Given, now: u64) {
        if self.0.len() >= MAX_LEARNERS && !self.0.contains_key(learner) {
            self.0.retain(|_, given| now < given.end());
            if self.0.len() >= MAX_LEARNERS {
                // Whoever would come first may be called too early once.
                let first = self.0.iter().min_by_key(|(_, given)| given.end()).map(|(name, _)| name.clone());
                first.map(|name| self.0.remove(&name));
            }
        }
        self.0.insert(learner.to_owned(), given);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn a_learner_is_due_when_it_has_said_and_others_at_once() {
        let mut turns = GivenTurns::default();
        assert!(turns.is_due("busy", NOW) && turns.is_due("busy", 0));
        turns.answered("busy", 12_000, NOW);
        assert!(!turns.is_due("busy", NOW + 11_999) && turns.is_due("busy", NOW + 12_000));
        assert!(turns.is_due("quiet", NOW));
        assert!(turns.is_due("busy", NOW - turns::LONGEST_MS), "a clock that goes back");
        turns.answered("busy", u64::MAX, NOW);
        assert!(!turns.is_due("busy", NOW + turns::LONGEST_MS - 1));
        assert!(turns.is_due("busy", NOW + turns::LONGEST_MS), "whatever it says");
        turns.answered("busy", 0, NOW);
        assert!(turns.is_due("busy", NOW), "what it said last counts");
    }

    #[test]
    fn one_that_gives_no_answer_is_left_alone_for_twice_as_long_each_time_until_it_does() {
        let mut turns = GivenTurns::default();
        let waits: Vec<u64> = (0..8)
            .map(|_| {
                turns.unanswered("a", 10_000, NOW);
                (0..1000).find(|second| turns.is_due("a", NOW + second * 1000)).unwrap()
            })
            .collect();
        assert_eq!(waits, [20, 40, 80, 160, 320, 600, 600, 600]);
        turns.answered("a", 12_000, NOW);
        turns.unanswered("a", 0, NOW);
        assert!(
            !turns.is_due("a", NOW + 1999) && turns.is_due("a", NOW + 2000),
            "begins anew, with a second"
        );
        for _ in 0..100 {
            turns.unanswered("a", u64::MAX, u64::MAX);
        }
        assert!(turns.is_due("a", u64::MAX));
    }

    #[test]
    fn one_that_hangs_is_asked_nothing_else_until_it_answers_or_its_time_is_over() {
        let mut turns = GivenTurns::default();
        turns.asked("a", NOW + 29_000, NOW);
        assert!(turns.is_due("a", NOW + 999) && !turns.is_due("a", NOW + 1000));
        turns.asked("a", NOW + 29_500, NOW + 500);
        assert!(!turns.is_due("a", NOW + 1000), "the first is not answered either");
        assert!(!turns.is_due("a", NOW + 29_499) && turns.is_due("a", NOW + 29_500));
        assert!(turns.is_due("a", NOW - 1), "a clock that goes back");
        turns.asked("a", NOW + 60_000, NOW + 30_000);
        assert!(turns.is_due("a", NOW + 30_999) && !turns.is_due("a", NOW + 31_000), "another one");
        turns.answered("a", 0, NOW + 31_000);
        assert!(turns.is_due("a", NOW + 31_000));
        turns.answered("a", 12_000, NOW);
        turns.asked("a", NOW + 5_000, NOW);
        assert!(!turns.is_due("a", NOW + 5_000), "what it has said holds meanwhile");
        turns.unanswered("a", 10_000, NOW);
        turns.asked("a", NOW + 29_000, NOW + 20_000);
        turns.unanswered("a", 10_000, NOW + 30_000);
        assert!(!turns.is_due("a", NOW + 69_999) && turns.is_due("a", NOW + 70_000), "the second in a row");
    }

    #[test]
    fn learners_that_are_remembered_are_bounded() {
        let mut turns = GivenTurns::default();
        for number in 0..2 * MAX_LEARNERS as u64 {
            turns.answered(&number.to_string(), 20_000 + number, NOW);
        }
        assert_eq!(turns.0.len(), MAX_LEARNERS);
        assert!(
            turns.is_due("0", NOW) && !turns.is_due("1999", NOW),
            "those that would come first are forgotten"
        );
        turns.answered("new", 1, NOW + 100_000);
        assert_eq!(turns.0.len(), 1, "and those that are due");
    }
}
