//! When the alarm of a learner, or of a ledger, rings.

/// How long an alarm may be overdue that still rings, in milliseconds. One that has failed the platform rings six times more, within some
/// two minutes, and says meanwhile that it is set to when it was to ring first.
const OVERDUE_MS: i64 = 15 * 60 * 1000;

/// To what an alarm is set so that it rings `milliseconds` after `now`, given when it rings otherwise, both in
/// milliseconds since the epoch; `None` where it rings by then anyway. One that is overdue for long never rings again, whatever the
/// platform says of it.
#[must_use]
pub fn earlier(set: Option<i64>, now: u64, milliseconds: i64) -> Option<i64> {
    let now = i64::try_from(now).unwrap_or(i64::MAX);
    let rings = |set: i64| set <= now.saturating_add(milliseconds) && now.saturating_sub(set) <= OVERDUE_MS;
    set.is_none_or(|set| !rings(set)).then_some(milliseconds)
}

/// The soonest that what has failed is tried again, in milliseconds: KV takes one write a second under each key.
pub const LEAST_RETRY_MS: u64 = 5_000;

/// In how many milliseconds an alarm rings again that could not do what it was for, where a learner gathers for so many seconds
/// before it publishes.
#[must_use]
pub fn retry_ms(publish_seconds: u32) -> u64 {
    // An owner may have it gather for a day.
    const MOST_RETRY_MS: u64 = 120_000;
    (u64::from(publish_seconds) * 1000).clamp(LEAST_RETRY_MS, MOST_RETRY_MS)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_alarm_is_set_unless_it_rings_earlier() {
        for (set, expected) in [
            (None, Some(500)),
            (Some(1_501), Some(500)),
            (Some(i64::MAX), Some(500)),
            (Some(1_500), None),
            (Some(1_499), None),
            (Some(0), None),
        ] {
            assert_eq!(earlier(set, 1_000, 500), expected, "{set:?}");
        }
    }

    #[test]
    fn an_alarm_that_has_not_rung_for_long_is_set_anew() {
        let due = 1_000_000;
        for (late, expected) in [(0, None), (126_000, None), (900_000, None), (900_001, Some(500))] {
            assert_eq!(earlier(Some(due), 1_000_000 + late, 500), expected, "{late}");
        }
    }

    #[test]
    fn what_has_failed_is_tried_again_soon_and_not_at_once() {
        for (publish_seconds, expected) in [(1, 5_000), (30, 30_000), (120, 120_000), (86_400, 120_000)] {
            assert_eq!(retry_ms(publish_seconds), expected);
        }
    }

    #[test]
    fn no_time_is_too_late_to_be_told_from_another() {
        assert_eq!(earlier(Some(i64::MAX), u64::MAX, 1), None);
        assert_eq!(earlier(Some(i64::MIN), u64::MAX, 1), Some(1));
        assert_eq!(earlier(None, u64::MAX, i64::MAX), Some(i64::MAX));
    }
}
