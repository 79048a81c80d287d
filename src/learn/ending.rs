//! When nothing is left of a site, its learner ends: what is published is removed, and so is everything that is stored.
//!
//! Not at once: what is left then is that there was a site, and what its robots.txt says, which isolates ask for once a day.

use super::next::visitor::DAY_MS;
use crate::store::{Kind, Store};

/// The fact that says since when a learner has nothing left, in milliseconds since the epoch.
const SINCE: &str = "empty";

/// Whether nothing was left for a day. To be asked at each alarm, with whether nothing is left at `now`.
///
/// # Errors
/// The store's own.
pub fn is_over<S: Store>(store: &mut S, is_empty: bool, now: u64) -> Result<bool, S::Error> {
    let since = store.get(Kind::Fact, SINCE)?;
    if !is_empty {
        if since.is_some() {
            store.remove(Kind::Fact, SINCE)?;
        }
        return Ok(false);
    }
    if let Some(since) = since.and_then(|since| since.parse::<u64>().ok()) {
        return Ok(now >= since.saturating_add(DAY_MS));
    }
    store.put(Kind::Fact, SINCE, &now.to_string(), 0.0)?;
    Ok(false)
}

/// Has a learner that has nothing left be over in so many milliseconds, and not only in a day.
///
/// # Errors
/// The store's own.
pub fn end_in<S: Store>(store: &mut S, milliseconds: u64, now: u64) -> Result<(), S::Error> {
    let since = now.saturating_add(milliseconds).saturating_sub(DAY_MS);
    store.put(Kind::Fact, SINCE, &since.to_string(), 0.0)
}

/// Removes what is left of a learner that [is over](is_over).
///
/// # Errors
/// The store's own.
pub fn end<S: Store>(store: &mut S) -> Result<(), S::Error> {
    store.truncate(Kind::Fact, 0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    #[test]
    fn a_learner_ends_a_day_after_nothing_was_left() {
        let mut store = Memory::default();
        let mut is_over = |is_empty, now| super::is_over(&mut store, is_empty, now) == Ok(true);
        assert!(!is_over(false, 1) && !is_over(true, 2) && !is_over(true, DAY_MS + 1));
        assert!(!is_over(false, DAY_MS + 2), "somebody has come");
        assert!(!is_over(true, 3 * DAY_MS) && !is_over(true, 4 * DAY_MS - 1));
        assert!(is_over(true, 4 * DAY_MS));
        let Ok(()) = end(&mut store);
        assert_eq!(store.size(), (0, 0));
    }

    #[test]
    fn one_that_was_told_to_ends_sooner_unless_somebody_comes() {
        let mut store = Memory::default();
        let now = 30 * DAY_MS;
        for somebody_comes in [false, true] {
            let Ok(()) = end_in(&mut store, 1000, now);
            assert_eq!(is_over(&mut store, true, now + 999), Ok(false));
            if somebody_comes {
                assert_eq!(is_over(&mut store, false, now + 999), Ok(false));
            }
            assert_eq!(is_over(&mut store, true, now + 1000), Ok(!somebody_comes));
        }
    }
}
