//! What is billed, at the prices of `bench/cost/prices.json`, and what the Free plan has of it on a day.

use serde_json::Value;

/// The milliseconds of CPU of a Worker for one view of a page with all requests that belong to it, at most: `docs/cost.md`, where it
/// was measured (1.5 to 4 ms, of which the least is that of the busiest site).
pub const CPU_MS_OF_A_VIEW: f64 = 2.0;

/// The memory that an object is billed for, in GB, while it works.
pub const OBJECT_GB: f64 = 0.128;

/// How long an object is taken for at work after a call, in seconds, where it may not be put to sleep at once.
pub const AWAKE_SECONDS: f64 = 10.0;

/// What was used of everything that is billed.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Used {
    /// Requests of the Worker.
    pub requests: f64,
    /// Its CPU time.
    pub cpu_ms: f64,
    /// Reads of KV.
    pub kv_reads: f64,
    /// Writes to KV.
    pub kv_writes: f64,
    /// Requests of objects, alarms included.
    pub object_requests: f64,
    /// Their duration.
    pub object_gb_seconds: f64,
    /// The rows that they write.
    pub rows_written: f64,
    /// The rows that they read.
    pub rows_read: f64,
}

impl Used {
    /// Each thing by the name that it has among the prices.
    #[must_use]
    pub fn things(&self) -> [(&'static str, f64); 8] {
        [
            ("requests", self.requests),
            ("cpu_ms", self.cpu_ms),
            ("kv_reads", self.kv_reads),
            ("kv_writes", self.kv_writes),
            ("object_requests", self.object_requests),
            ("object_gb_seconds", self.object_gb_seconds),
            ("rows_written", self.rows_written),
            ("rows_read", self.rows_read),
        ]
    }

    /// So many times as much.
    #[must_use]
    pub fn times(&self, factor: f64) -> Self {
        Self {
            requests: self.requests * factor,
            cpu_ms: self.cpu_ms * factor,
            kv_reads: self.kv_reads * factor,
            kv_writes: self.kv_writes * factor,
            object_requests: self.object_requests * factor,
            object_gb_seconds: self.object_gb_seconds * factor,
            rows_written: self.rows_written * factor,
            rows_read: self.rows_read * factor,
        }
    }
}

/// The prices.
#[derive(Debug)]
pub struct Prices(Value);

impl Prices {
    /// As they were looked up.
    #[must_use]
    pub fn read() -> Self {
        Self(serde_json::from_str(include_str!("../../../bench/cost/prices.json")).unwrap_or_default())
    }

    /// When they were looked up.
    #[must_use]
    pub fn read_on(&self) -> &str {
        self.0.get("read_on").and_then(Value::as_str).unwrap_or_default()
    }

    fn number(&self, thing: &str, of: &str) -> Option<f64> {
        self.0.get("things")?.get(thing)?.get(of)?.as_f64()
    }

    /// Dollars for a million of a thing.
    #[must_use]
    pub fn price(&self, thing: &str) -> f64 {
        self.number(thing, "dollars").unwrap_or_default()
    }

    /// Dollars for what was used, beyond what a plan includes.
    #[must_use]
    pub fn dollars(&self, used: &Used) -> f64 {
        let price = |(thing, number): (&str, f64)| self.price(thing) * number / 1e6;
        used.things().into_iter().map(price).sum()
    }

    /// What the Free plan has of each thing on a day, with what was used of it.
    pub fn free(&self, used: &Used) -> impl Iterator<Item = (&'static str, f64, f64)> {
        let of_day =
            |(thing, number): (&'static str, f64)| Some((thing, number, self.number(thing, "free")?));
        used.things().into_iter().filter_map(of_day)
    }

    /// What of the Free plan is used up on a day, the most crossed first: each with how many times it is used.
    #[must_use]
    pub fn crossed(&self, used: &Used) -> Vec<(&'static str, f64)> {
        let mut crossed: Vec<_> = self.free(used).map(|(thing, used, most)| (thing, used / most)).collect();
        crossed.retain(|(_, times)| *times > 1.0);
        crossed.sort_by(|a, b| b.1.total_cmp(&a.1));
        crossed
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bill_is_the_sum_of_what_each_thing_costs() {
        let prices = Prices::read();
        assert_eq!(prices.read_on().len(), "2026-11-27".len());
        let used = Used { requests: 2e6, rows_written: 3e6, kv_writes: 1e5, ..Used::default() };
        // 2 × 0.30 + 3 × 1.00 + 0.1 × 5.00
        assert!((prices.dollars(&used) - 4.1).abs() < 1e-9, "{}", prices.dollars(&used));
        assert!((prices.dollars(&used.times(2.0)) - 8.2).abs() < 1e-9);
        assert!(prices.dollars(&Used::default()).abs() < 1e-9);
        let each = Used {
            requests: 1e6,
            cpu_ms: 1e6,
            kv_reads: 1e6,
            kv_writes: 1e6,
            object_requests: 1e6,
            object_gb_seconds: 1e6,
            rows_written: 1e6,
            rows_read: 1e6,
        };
        // 0.3 + 0.02 + 0.5 + 5 + 0.15 + 12.5 + 1 + 0.001
        assert!((prices.dollars(&each) - 19.471).abs() < 1e-9);
    }

    #[test]
    fn what_a_free_day_has_not_is_named() {
        let prices = Prices::read();
        let used = Used { requests: 100_000.0, kv_writes: 1_000.0, cpu_ms: 1e12, ..Used::default() };
        assert!(prices.crossed(&used).is_empty(), "all of it is no more than all of it, and CPU has no sum");
        let used = Used { requests: 150_000.0, kv_writes: 3_000.0, ..used };
        assert_eq!(prices.crossed(&used), [("kv_writes", 3.0), ("requests", 1.5)]);
        assert_eq!(prices.free(&used).count(), 7);
    }
}
