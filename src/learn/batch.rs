//! Observations gathered in an isolate until they are worth a call.
//!
//! Plain data in a static of the isolate: it may die at any time, and what it holds is then lost, which a learner that
//! counts shares of views can bear. One request at a time is the sender: its `wait_until` waits a few seconds and
//! then takes everything. Should that request be cancelled, the next one takes over when the wait has passed twice.

use super::observation::{Batch, Observation};
use super::snapshot::shard_of;
use std::collections::BTreeMap;

/// The most observations held. More are dropped, newest first: a burst teaches little that its start did not.
pub const MAX_OBSERVATIONS: usize = 100;

/// Observations waiting to be sent.
#[derive(Debug, Default)]
pub struct Gathering {
    waiting: Vec<(String, Observation)>,
    sender_since: Option<u64>,
}

impl Gathering {
    /// Adds what was seen on `site`, at `now` milliseconds. Answers whether the caller is to be the sender: wait
    /// `wait_ms`, then [`take`](Self::take).
    pub fn add(&mut self, site: &str, observation: Observation, now: u64, wait_ms: u64) -> bool {
        if self.waiting.len() < MAX_OBSERVATIONS {
            self.waiting.push((site.to_owned(), observation));
        }
        let has_sender =
            self.sender_since.is_some_and(|since| now < since.saturating_add(2 * wait_ms + 1000));
        if !has_sender {
            self.sender_since = Some(now);
        }
        !has_sender
    }

    /// Everything that waits, as one batch for each learner.
    pub fn take(&mut self, shards: u32) -> Vec<Batch> {
        self.sender_since = None;
        let mut batches: BTreeMap<(String, u32), Vec<Observation>> = BTreeMap::new();
        for (site, observation) in std::mem::take(&mut self.waiting) {
            let shard = shard_of(&observation.path, shards);
            batches.entry((site, shard)).or_default().push(observation);
        }
        batches.into_iter().map(|((site, shard), observations)| Batch { site, shard, observations }).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn seen(path: &str) -> Observation {
        Observation { path: path.to_owned(), uses: Vec::new() }
    }

    #[test]
    fn one_request_sends_for_all() {
        let mut gathering = Gathering::default();
        assert!(gathering.add("a", seen("/1"), 0, 5000));
        assert!(!gathering.add("a", seen("/2"), 4000, 5000));
        assert!(!gathering.add("b", seen("/1"), 5000, 5000));
        let batches = gathering.take(1);
        let sizes: Vec<_> =
            batches.iter().map(|batch| (batch.site.as_str(), batch.observations.len())).collect();
        assert_eq!(sizes, [("a", 2), ("b", 1)]);
        assert!(gathering.take(1).is_empty());
        assert!(gathering.add("a", seen("/3"), 6000, 5000), "the next burst has its own sender");
    }

    #[test]
    fn a_sender_that_never_came_back_is_replaced() {
        let mut gathering = Gathering::default();
        assert!(gathering.add("a", seen("/1"), 0, 5000));
        assert!(!gathering.add("a", seen("/1"), 10_999, 5000));
        assert!(gathering.add("a", seen("/1"), 11_000, 5000));
    }

    #[test]
    fn a_burst_is_bounded_and_split_by_learner() {
        let mut gathering = Gathering::default();
        for n in 0..10 * MAX_OBSERVATIONS {
            gathering.add("a", seen(&format!("/{n}")), 0, 5000);
        }
        let batches = gathering.take(4);
        assert_eq!(batches.len(), 4);
        assert_eq!(batches.iter().map(|batch| batch.observations.len()).sum::<usize>(), MAX_OBSERVATIONS);
        for batch in batches {
            for observation in batch.observations {
                assert_eq!(shard_of(&observation.path, 4), batch.shard);
            }
        }
    }
}
