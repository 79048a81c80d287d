//! Clocks that are not right: one that jumps ahead and comes back, and those of two machines.
//!
//! Whoever notes when something is next to be done notes it by the clock of that moment. Should that have been an hour ahead, nothing
//! would be done for an hour. So what lies further ahead than it can have been set counts as due: once too often, and never too late.
//! What is remembered so that nothing unsafe is done is remembered for longer then.
//! The same rule stands in `src/edge/kept_decisions.js` for what is decided without wasm: `isDue`.

/// How far apart two clocks may be that are right, in milliseconds: those of two machines, and those of two requests of an isolate, of
/// which each sees the time of what it has waited for last (Workers, "Performance and timers").
pub const APART_MS: u64 = 10_000;

/// Whether a time that is noted as past lies ahead of `now`, so that the clock by which it was noted was not right; both in milliseconds.
#[must_use]
pub fn is_ahead(at: u64, now: u64) -> bool {
    at > now.saturating_add(APART_MS)
}

/// Whether it is time at `now` for what was put off until `at`, by no more than `most_ms`; all in milliseconds.
#[must_use]
pub fn is_due(at: u64, most_ms: u64, now: u64) -> bool {
    now >= at || is_ahead(at, now.saturating_add(most_ms))
}

/// Whether `wait_ms` have passed at `now` since something was done, at `since`; all in milliseconds.
#[must_use]
pub fn has_passed(wait_ms: u64, since: u64, now: u64) -> bool {
    now >= since.saturating_add(wait_ms) || is_ahead(since, now)
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    #[test]
    fn it_is_time_when_that_has_come_and_where_it_lies_further_ahead_than_it_can() {
        for (at, expected) in [
            (0, true),
            (NOW - 1, true),
            (NOW, true),
            (NOW + 1, false),
            (NOW + 60_000, false),
            (NOW + 60_000 + APART_MS, false),
            (NOW + 60_001 + APART_MS, true),
            (u64::MAX, true),
        ] {
            assert_eq!(is_due(at, 60_000, NOW), expected, "{at}");
        }
        assert!(!is_due(u64::MAX, 60_000, u64::MAX - 1), "no sum overflows");
    }

    #[test]
    fn a_wait_has_passed_by_any_clock_that_went_on_and_where_it_has_come_back() {
        for (since, expected) in [
            (0, true),
            (NOW - 60_000, true),
            (NOW - 59_999, false),
            (NOW, false),
            (NOW + APART_MS, false),
            (NOW + APART_MS + 1, true),
        ] {
            assert_eq!(has_passed(60_000, since, NOW), expected, "{since}");
        }
        assert!(has_passed(0, NOW, NOW) && has_passed(u64::MAX, NOW, u64::MAX));
    }
}
