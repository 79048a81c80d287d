//! What a run counts.

use crate::bill::{AWAKE_SECONDS, CPU_MS_OF_A_VIEW, OBJECT_GB, Used};
use crate::object::Done;
use crate::run::to_f64;
use headstart::effects::ledger::REMOVAL_MS;

/// What was counted up to some moment.
#[derive(Clone, Copy, Debug, Default)]
pub struct Totals {
    /// Milliseconds.
    pub passed_ms: u64,
    /// Views of pages.
    pub views: u64,
    /// Requests of the Worker.
    pub requests: u64,
    /// Speculations by learned rules, and those that were used.
    pub speculations: u64,
    /// See [`speculations`](Self::speculations).
    pub used: u64,
    /// Reads of KV.
    pub kv_reads: u64,
    /// Writes to KV.
    pub kv_writes: u64,
    /// Calls of the keeper of the day's key.
    pub salt_calls: u64,
    /// What the next-page learner has done.
    pub next_pages: Done,
    /// What the first hint learner has done.
    pub hints: Done,
    /// What all hint learners have done, as batches, alarms, and rows.
    pub all_hints: (u64, u64, u64, u64),
    /// How many objects there are that are called.
    pub objects: u64,
}

impl Totals {
    /// What was counted after a moment, at which so much had been.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        let (a, b) = (self.all_hints, before.all_hints);
        Self {
            passed_ms: self.passed_ms - before.passed_ms,
            views: self.views - before.views,
            requests: self.requests - before.requests,
            speculations: self.speculations - before.speculations,
            used: self.used - before.used,
            kv_reads: self.kv_reads - before.kv_reads,
            kv_writes: self.kv_writes - before.kv_writes,
            salt_calls: self.salt_calls - before.salt_calls,
            next_pages: self.next_pages.since(&before.next_pages),
            hints: self.hints.since(&before.hints),
            all_hints: (a.0 - b.0, a.1 - b.1, a.2 - b.2, a.3 - b.3),
            objects: self.objects,
        }
    }

    /// What of it is billed, with the calls of so many ledgers for a view.
    #[must_use]
    pub fn used(&self, ledger_calls_of_a_view: f64, ledgers: u32) -> Used {
        let (batches, alarms, written, read) = self.all_hints;
        let calls = to_f64(self.views) * ledger_calls_of_a_view;
        let learners = batches + alarms + self.next_pages.batches + self.next_pages.alarms + self.salt_calls;
        let seconds = to_f64(self.passed_ms) / 1000.0;
        // They remove what has ended once a minute; what comes in seldom has an alarm of its own.
        let rings = (f64::from(ledgers) * seconds * 1000.0 / to_f64(REMOVAL_MS)).min(calls);
        // The learners that are called, and the keeper of the key.
        let objects = to_f64(self.objects + 1);
        let awake = (to_f64(learners) * AWAKE_SECONDS).min(seconds * objects);
        Used {
            requests: to_f64(self.requests) + calls,
            cpu_ms: to_f64(self.views) * CPU_MS_OF_A_VIEW,
            kv_reads: to_f64(self.kv_reads),
            kv_writes: to_f64(self.kv_writes),
            object_requests: to_f64(learners) + calls + rings,
            object_gb_seconds: awake * OBJECT_GB,
            // A ledger writes a record with its place in the index, and removes both; and it sets its alarm.
            rows_written: to_f64(written + self.next_pages.written) + calls * 4.0 + rings,
            rows_read: to_f64(read + self.next_pages.read) + calls,
        }
    }

    /// How many of something come in a second.
    #[must_use]
    pub fn a_second(&self, number: u64) -> f64 {
        to_f64(number) * 1000.0 / to_f64(self.passed_ms.max(1))
    }
}
