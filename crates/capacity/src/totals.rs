//! What a run counts.

use crate::bill::{AWAKE_SECONDS, CPU_MS_OF_A_VIEW, OBJECT_GB, Used};
use crate::object::Done;
use crate::run::to_f64;

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
        let (all, a, b) = (self, self.all_hints, before.all_hints);
        Self {
            passed_ms: all.passed_ms - before.passed_ms,
            views: all.views - before.views,
            requests: all.requests - before.requests,
            speculations: all.speculations - before.speculations,
            used: all.used - before.used,
            kv_reads: all.kv_reads - before.kv_reads,
            kv_writes: all.kv_writes - before.kv_writes,
            salt_calls: all.salt_calls - before.salt_calls,
            next_pages: done_since(&all.next_pages, &before.next_pages),
            hints: done_since(&all.hints, &before.hints),
            all_hints: (a.0 - b.0, a.1 - b.1, a.2 - b.2, a.3 - b.3),
            objects: all.objects,
        }
    }

    /// What of it is billed, with the ledgers' calls for a view.
    #[must_use]
    pub fn used(&self, ledger_calls_of_a_view: f64) -> Used {
        let (batches, alarms, written, read) = self.all_hints;
        let ledgers = to_f64(self.views) * ledger_calls_of_a_view;
        let learners = batches + alarms + self.next_pages.batches + self.next_pages.alarms + self.salt_calls;
        let seconds = to_f64(self.passed_ms) / 1000.0;
        // The learners that are called, and the keeper of the key.
        let objects = to_f64(self.objects + 1);
        let awake = (to_f64(learners) * AWAKE_SECONDS).min(seconds * objects);
        Used {
            requests: to_f64(self.requests) + ledgers,
            cpu_ms: to_f64(self.views) * CPU_MS_OF_A_VIEW,
            kv_reads: to_f64(self.kv_reads),
            kv_writes: to_f64(self.kv_writes),
            object_requests: to_f64(learners) + ledgers,
            object_gb_seconds: awake * OBJECT_GB,
            // A ledger writes a record with its place in the index, and removes both.
            rows_written: to_f64(written + self.next_pages.written) + ledgers * 4.0,
            rows_read: to_f64(read + self.next_pages.read) + ledgers,
        }
    }

    /// How many of something come in a second.
    #[must_use]
    pub fn a_second(&self, number: u64) -> f64 {
        to_f64(number) * 1000.0 / to_f64(self.passed_ms.max(1))
    }
}

fn done_since(all: &Done, before: &Done) -> Done {
    Done {
        batches: all.batches - before.batches,
        bytes: all.bytes - before.bytes,
        refused: all.refused - before.refused,
        too_many: all.too_many - before.too_many,
        records: all.records - before.records,
        alarms: all.alarms - before.alarms,
        written: all.written - before.written,
        read: all.read - before.read,
        taking: all.taking.saturating_sub(before.taking),
        choosing: all.choosing.saturating_sub(before.choosing),
        // Of all of the time.
        most_bytes: all.most_bytes,
        longest: all.longest,
    }
}
