//! Whether what a learner of hints would publish is news.

use super::figures;
use crate::clock::has_passed;
use crate::hash::fnv1a;
use crate::published::hint_snapshot::parts;
use crate::store::{Kind, Store};

/// How long nothing is published for the sole reason that other views are to be asked, in milliseconds.
const ASKS_MS: u64 = 15 * 60 * 1000;

/// After how long what has not changed is published again, in milliseconds: what was published may be gone from KV, be another
/// version's by now, or stand in a namespace that is another one since the last deploy. A little less than a day, since the alarm rings
/// once a day where nothing comes in.
const AGAIN_MS: u64 = 22 * 60 * 60 * 1000;

/// Whether a value says something new: to pages, or, but not too often, of which views are asked. Why hints are given is no news.
///
/// # Errors
/// The store's own.
pub fn is_new<S: Store>(store: &mut S, value: &str, now: u64) -> Result<bool, S::Error> {
    let [given, asks, _] = parts(value);
    if store.get(Kind::Fact, "published")? != Some(hash(given)) {
        return Ok(true);
    }
    if figures::published_at(store)?.is_some_and(|at| has_passed(AGAIN_MS, at, now)) {
        return Ok(true);
    }
    if store.get(Kind::Fact, "asked")? == Some(hash(asks)) {
        return Ok(false);
    }
    let last = store.get(Kind::Fact, "asked-at")?.and_then(|at| at.parse::<u64>().ok()).unwrap_or_default();
    if !has_passed(ASKS_MS, last, now) {
        return Ok(false);
    }
    store.put(Kind::Fact, "asked-at", &now.to_string(), 0.0)?;
    Ok(true)
}

/// Remembers that a value has been published.
///
/// # Errors
/// The store's own.
pub fn published<S: Store>(store: &mut S, value: &str) -> Result<(), S::Error> {
    let [given, asks, _] = parts(value);
    store.put(Kind::Fact, "asked", &hash(asks), 0.0)?;
    store.put(Kind::Fact, "published", &hash(given), 0.0)
}

/// Takes back that anything has been published: what is chosen next is news.
///
/// # Errors
/// The store's own.
pub fn was_not_published<S: Store>(store: &mut S) -> Result<(), S::Error> {
    store.remove(Kind::Fact, "published")
}

fn hash(value: &str) -> String {
    format!("{:016x}", fnv1a(value.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    #[test]
    fn pages_are_told_at_once_who_is_asked_now_and_then_and_why_never() {
        let value = |page: &str, asks: u8, share: u8| {
            format!(
                r#"{{"version":2,"pages":{{"{page}":[]}},"asks":{{"/":{asks}}},"why":{{"/":[[{share},0,0,0]]}}}}"#
            )
        };
        let mut store = Memory::default();
        let mut news = |value: String, now: u64| {
            let Ok(is_new) = is_new(&mut store, &value, now);
            if is_new {
                let Ok(()) = published(&mut store, &value);
            }
            is_new
        };
        assert!(news(value("/", 1, 90), ASKS_MS));
        assert!(!news(value("/", 1, 80), ASKS_MS), "another share");
        assert!(news(value("/", 2, 80), ASKS_MS));
        assert!(!news(value("/", 3, 80), 2 * ASKS_MS - 1));
        assert!(news(value("/", 3, 80), 2 * ASKS_MS));
        assert!(news(value("/a", 3, 80), 2 * ASKS_MS));
    }

    #[test]
    fn what_was_taken_back_is_news() {
        let value = r#"{"version":2,"pages":{"/":[]},"asks":{},"why":{}}"#;
        let mut store = Memory::default();
        let Ok(()) = published(&mut store, value);
        assert_eq!(is_new(&mut store, value, ASKS_MS), Ok(false));
        let Ok(()) = was_not_published(&mut store);
        assert_eq!(is_new(&mut store, value, ASKS_MS), Ok(true));
    }

    #[test]
    fn what_has_not_changed_is_published_again_each_day() {
        const START: u64 = 1_800_000_000_000;
        let value = r#"{"version":2,"pages":{"/":[]},"asks":{},"why":{}}"#;
        let mut store = Memory::default();
        let mut news = |now: u64| {
            let Ok(is_new) = is_new(&mut store, value, now);
            if is_new {
                let (Ok(()), Ok(())) = (published(&mut store, value), figures::published(&mut store, now));
            }
            is_new
        };
        assert!(news(START));
        assert!(!news(START + AGAIN_MS - 1));
        assert!(news(START + AGAIN_MS));
        assert!(!news(START + AGAIN_MS + 1) && news(START + 2 * AGAIN_MS));
    }
}
