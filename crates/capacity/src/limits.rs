//! The platform's limits: each with its source, and what moves what Headstart takes of it.
//!
//! They were looked up in November 2026. Prices stand in `bench/cost/prices.json`, as everywhere.

/// One limit.
#[derive(Debug, PartialEq)]
pub struct Limit {
    /// What is limited.
    pub name: &'static str,
    /// How much of it there is.
    pub most: f64,
    /// In what it is counted.
    pub unit: &'static str,
    /// Where the platform says so.
    pub source: &'static str,
    /// The variable that moves what is taken, or why there is none.
    pub moved_by: &'static str,
}

const OBJECTS: &str = "https://developers.cloudflare.com/durable-objects/platform/limits/";
const OBJECTS_FAQ: &str = "https://developers.cloudflare.com/durable-objects/reference/faq/";
const KV: &str = "https://developers.cloudflare.com/kv/platform/limits/";
const WORKERS: &str = "https://developers.cloudflare.com/workers/platform/limits/";

/// Requests that one object takes in: the platform's own estimate for simple ones. Beyond, it answers that it is overloaded.
const REQUESTS_OF_AN_OBJECT: f64 = 1_000.0;

/// The memory of an isolate and of an object, in bytes.
const MEMORY: f64 = 128e6;

/// A row of an object's SQLite with its key, in bytes.
const ROW: f64 = 2e6;

/// A value in KV, in bytes.
const KV_VALUE: f64 = 25.0 * 1024.0 * 1024.0;

/// The records with which a ledger is nearly full, so that no more tickets are given: a bound of Headstart's own.
#[allow(clippy::cast_precision_loss)] // some thousands
const LEDGER_ROOM: f64 = headstart::effects::ledger::NEARLY_FULL as f64;

macro_rules! limits {
    ($($constant:ident: $name:literal, $most:expr, $unit:literal, $source:expr, $moved_by:literal;)*) => {
        $(#[doc = $name] pub const $constant: Limit = Limit {
            name: $name, most: $most, unit: $unit, source: $source, moved_by: $moved_by,
        };)*
    };
}

limits! {
    NEXT_CALLS: "calls of the next-page learner", REQUESTS_OF_AN_OBJECT, "a second", OBJECTS_FAQ,
        "turns (src/learn/turns.rs); BATCH_SECONDS, BATCH_VIEWS";
    NEXT_CPU: "CPU of the next-page learner", 1_000.0, "ms a second", OBJECTS_FAQ, "turns; BATCH_VIEWS";
    NEXT_MEMORY: "memory of the next-page learner", MEMORY, "bytes", WORKERS, "bounded by its code (16 MB of records)";
    HINT_CALLS: "calls of a hint learner", REQUESTS_OF_AN_OBJECT, "a second", OBJECTS_FAQ,
        "turns; BATCH_SECONDS, BATCH_VIEWS";
    HINT_CPU: "CPU of a hint learner", 1_000.0, "ms a second", OBJECTS_FAQ, "turns; LEARNER_SHARDS, LEARN_SAMPLE";
    SALT_CALLS: "calls of the keeper of the day's key, in its busiest second", REQUESTS_OF_AN_OBJECT, "a second",
        OBJECTS_FAQ, "nothing: isolates ask one after the other at midnight, and at once where all start at once";
    LEDGER_CALLS: "calls of a ledger", REQUESTS_OF_AN_OBJECT, "a second", OBJECTS_FAQ, "LEDGER_SHARDS";
    LEDGER_RECORDS: "records of a ledger", LEDGER_ROOM, "records",
        "src/effects/ledger/load.rs", "LEDGER_SHARDS";
    COPIES: "memory of an isolate's copies of what is published", MEMORY, "bytes", WORKERS,
        "bounded by its code (32 MB of each kind); LEARNER_SHARDS, the number of sites";
    PUBLISHED: "published value, as a row of its learner", ROW, "bytes", OBJECTS, "bounded by its code (1.9 MB)";
    VALUE: "published value, in KV", KV_VALUE, "bytes", KV, "bounded by its code (1.9 MB)";
    KEY_WRITES: "writes to one key of KV", 1.0, "a second", KV, "PUBLISH_SECONDS";
    MESSAGE: "bytes of one batch", 4.0 * 1024.0 * 1024.0, "bytes", "src/learn/message.rs", "bounded by its code";
    SUBREQUESTS: "subrequests of the request that sends", 10_000.0, "a request", WORKERS,
        "bounded by its code (40 learners); LEARNER_SHARDS";
    FREE_SUBREQUESTS: "subrequests of the request that sends, on the Free plan", 50.0, "a request", WORKERS,
        "bounded by its code (40 learners); LEARNER_SHARDS";
    FREE_CPU: "CPU to put together what is sent, natively, on the Free plan", 10.0, "ms a request", WORKERS,
        "bounded by its code; BATCH_VIEWS, LEARNER_SHARDS";
}

/// How much of a limit was taken at some load.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Use {
    /// The limit.
    pub limit: &'static Limit,
    /// How much is taken.
    pub taken: f64,
}

impl Use {
    /// Whether more is taken than there is.
    #[must_use]
    pub fn is_crossed(&self) -> bool {
        self.taken > self.limit.most
    }
}

/// At which load a limit is met.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Met {
    /// At so much of what the load is counted in.
    At(f64),
    /// At none: what is taken hardly grows with the load, or is bounded.
    Never,
}

/// At which load a limit is met, by what is taken of it at these loads, the lowest first: between two loads, and beyond the last, by
/// the straight line through both. What is taken hardly grows where a tenfold load takes less than half as much again.
#[must_use]
pub fn met(taken: &[(f64, f64)], most: f64) -> Met {
    let mut before = (0.0, 0.0);
    for &(load, its) in taken {
        if its >= most {
            return Met::At(on_line(before, (load, its), most));
        }
        before = (load, its);
    }
    let [.., (load, its), (last_load, last)] = *taken else {
        // One load alone: in proportion to it.
        return if before.1 > 0.0 { Met::At(on_line((0.0, 0.0), before, most)) } else { Met::Never };
    };
    let tenfolds = (last_load / load).log10();
    if last <= its * 1.5_f64.powf(tenfolds) {
        return Met::Never;
    }
    Met::At(on_line((load, its), (last_load, last), most))
}

/// Where the line through two points is as high as `height`.
fn on_line((x, y): (f64, f64), (other_x, other_y): (f64, f64), height: f64) -> f64 {
    x + (height - y) * (other_x - x) / (other_y - y)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_over_a_limit_is_named_and_what_fills_it_is_not_over() {
        let of = |taken| Use { limit: &KEY_WRITES, taken };
        assert!(of(1.001).is_crossed() && !of(1.0).is_crossed() && !of(0.0).is_crossed());
    }

    #[test]
    fn a_limit_is_met_where_the_line_through_what_was_taken_meets_it() {
        let cases: [(&[(f64, f64)], Met); 9] = [
            (&[], Met::Never),
            (&[(10.0, 0.0)], Met::Never),
            (&[(10.0, 20.0)], Met::At(50.0)),
            (&[(10.0, 200.0)], Met::At(5.0)),
            (&[(10.0, 10.0), (110.0, 110.0)], Met::At(100.0)),
            (&[(10.0, 10.0), (20.0, 40.0)], Met::At(40.0)),
            (&[(10.0, 60.0), (100.0, 80.0)], Met::Never),
            (&[(10.0, 60.0), (100.0, 60.0)], Met::Never),
            (&[(10.0, 60.0), (100.0, 20.0)], Met::Never),
        ];
        for (taken, expected) in cases {
            assert_eq!(met(taken, 100.0), expected, "{taken:?}");
        }
    }

    #[test]
    fn each_limit_has_a_source_and_stands_once() {
        let all = [
            &NEXT_CALLS,
            &NEXT_CPU,
            &NEXT_MEMORY,
            &HINT_CALLS,
            &HINT_CPU,
            &SALT_CALLS,
            &LEDGER_CALLS,
            &LEDGER_RECORDS,
            &COPIES,
            &PUBLISHED,
            &VALUE,
            &KEY_WRITES,
            &MESSAGE,
            &SUBREQUESTS,
            &FREE_SUBREQUESTS,
            &FREE_CPU,
        ];
        for (at, limit) in all.iter().enumerate() {
            assert!(
                limit.source.starts_with("https://developers.cloudflare.com/")
                    || limit.source.starts_with("src/")
            );
            assert!(all.iter().skip(at + 1).all(|other| other.name != limit.name), "{}", limit.name);
        }
    }
}
