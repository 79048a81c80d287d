//! What an erasure leaves to be done.
//!
//! What was chosen before it may be on its way to KV just then, for longer than anybody waits for it, and would stand there
//! afterwards. So once nothing can be on its way any more, what is left is published again, though it be no news. A learner that
//! forgets all remembers nothing but under which key it has published: what stands there is removed again then, and the learner
//! [ends](ending). Where it is taught meanwhile, it publishes what it has learned since.

use super::next::next_page_learner;
use super::{ending, learner};
use crate::clock::has_passed;
use crate::store::{Kind, Store};

/// The fact that says when something was erased last, in milliseconds since the epoch, and under which key of KV it may stand.
const FACT: &str = "erased";

/// How long what is written may be on its way to KV, in milliseconds.
pub const UNDER_WAY_MS: u64 = 60_000;

/// Notes at `now` (milliseconds since the epoch) that something is erased, where it may have been published: under the key `otherwise`
/// by a learner that was taught nothing, and yet had something there.
///
/// # Errors
/// The store's own.
pub fn note<S: Store>(store: &mut S, otherwise: Option<&str>, now: u64) -> Result<(), S::Error> {
    match key(store)?.as_deref().or(otherwise) {
        Some(key) => put(store, key, now),
        None => Ok(()),
    }
}

/// Forgets all that a learner has stored, at `now` (milliseconds since the epoch), but for the key under which it may have
/// published something. Answers whether there is one.
///
/// # Errors
/// The store's own.
pub fn forget_all<S: Store>(store: &mut S, now: u64) -> Result<bool, S::Error> {
    let key = key(store)?;
    for (kind, _) in Kind::OF_LEARNERS {
        store.truncate(kind, 0)?;
    }
    store.truncate(Kind::Fact, 0)?;
    if let Some(key) = &key {
        put(store, key, now)?;
        ending::end_in(store, UNDER_WAY_MS, now)?;
    }
    Ok(key.is_some())
}

/// In how many milliseconds what is left is to be published again, or what is published removed; 0 where it is time for that, and
/// `None` where nothing was erased lately.
///
/// # Errors
/// The store's own.
pub fn wait_ms<S: Store>(store: &S, now: u64) -> Result<Option<u64>, S::Error> {
    Ok(noted(store)?.map(|(at, _)| {
        if has_passed(UNDER_WAY_MS, at, now) {
            0
        } else {
            at.saturating_add(UNDER_WAY_MS).saturating_sub(now)
        }
    }))
}

/// Under which key a learner may have published something that has forgotten all, and was taught nothing since.
///
/// # Errors
/// The store's own.
pub fn forgotten<S: Store>(store: &S) -> Result<Option<String>, S::Error> {
    let is_taught = learner::key(store)?.is_some() || next_page_learner::key(store)?.is_some();
    if is_taught { Ok(None) } else { key(store) }
}

/// Under which key something may be published.
///
/// # Errors
/// The store's own.
pub fn key<S: Store>(store: &S) -> Result<Option<String>, S::Error> {
    let taught = [learner::key(store)?, next_page_learner::key(store)?];
    let noted = noted(store)?.map(|(_, key)| key);
    Ok(taught.into_iter().flatten().next().or(noted))
}

/// Remembers that nothing is to be done any more.
///
/// # Errors
/// The store's own.
pub fn done<S: Store>(store: &mut S) -> Result<(), S::Error> {
    store.remove(Kind::Fact, FACT)
}

fn put<S: Store>(store: &mut S, key: &str, now: u64) -> Result<(), S::Error> {
    store.put(Kind::Fact, FACT, &format!("{now} {key}"), 0.0)
}

/// When something was erased last, and the key.
fn noted<S: Store>(store: &S) -> Result<Option<(u64, String)>, S::Error> {
    Ok(store.get(Kind::Fact, FACT)?.and_then(|noted| {
        let (at, key) = noted.split_once(' ')?;
        Some((at.parse().ok()?, key.to_owned()))
    }))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    const NOW: u64 = 1_800_000_000_000;

    /// A learner that was taught, by the fact and the value that say so, and the key that follows.
    const TAUGHT: [(&str, &str, &str); 2] =
        [("key", "shop.example/3", "shop.example/3"), ("name", "shop.example", "shop.example/next")];

    fn taught(fact: &str, value: &str) -> Memory {
        let mut store = Memory::default();
        for (kind, _) in Kind::OF_LEARNERS {
            let Ok(()) = store.put(kind, "/a", "{}", 1.0);
        }
        teach(&mut store, fact, value);
        store
    }

    fn teach(store: &mut Memory, fact: &str, value: &str) {
        let Ok(()) = store.put(Kind::Fact, fact, value, 0.0);
    }

    #[test]
    fn what_is_left_is_published_again_once_nothing_can_be_on_its_way() {
        for (fact, value, _) in TAUGHT {
            let mut store = taught(fact, value);
            assert_eq!(wait_ms(&store, NOW), Ok(None), "nothing was erased");
            let Ok(()) = note(&mut store, None, NOW);
            for (passed, expected) in [(0, UNDER_WAY_MS), (59_999, 1), (60_000, 0), (3_600_000, 0)] {
                assert_eq!(wait_ms(&store, NOW + passed), Ok(Some(expected)), "{passed}");
            }
            assert_eq!(wait_ms(&store, NOW - 3_600_000), Ok(Some(0)), "the clock was ahead");
            assert_eq!(forgotten(&store), Ok(None), "something is left");
            let Ok(()) = note(&mut store, None, NOW + 30_000);
            assert_eq!(wait_ms(&store, NOW + 60_000), Ok(Some(30_000)), "more was erased");
            let Ok(()) = done(&mut store);
            assert_eq!(wait_ms(&store, NOW + 90_000), Ok(None));
        }
    }

    #[test]
    fn a_learner_that_forgets_all_remembers_nothing_but_its_key_and_that_for_a_minute() {
        for (fact, value, expected) in TAUGHT {
            let mut store = taught(fact, value);
            assert_eq!(forget_all(&mut store, NOW), Ok(true));
            let facts: Vec<&str> = store.records(Kind::Fact).map(|(name, _, _)| name).collect();
            assert_eq!((facts, store.size().0), (vec!["empty", FACT], 2));
            assert_eq!(forgotten(&store), Ok(Some(expected.to_owned())));
            // An alarm may ring before.
            let at = |store: &mut Memory, now| (wait_ms(store, now), ending::is_over(store, true, now));
            assert_eq!(at(&mut store, NOW + 30_000), (Ok(Some(30_000)), Ok(false)));
            assert_eq!(at(&mut store, NOW + UNDER_WAY_MS), (Ok(Some(0)), Ok(true)));
            let Ok(()) = done(&mut store);
            assert_eq!((key(&store), forgotten(&store)), (Ok(None), Ok(None)));
            assert_eq!(ending::is_over(&mut store, true, NOW + UNDER_WAY_MS), Ok(true));
            let Ok(()) = ending::end(&mut store);
            assert_eq!(store.size(), (0, 0), "not even the site's name");
        }
    }

    #[test]
    fn what_has_forgotten_all_may_be_erased_again() {
        for (fact, value, expected) in TAUGHT {
            let mut store = taught(fact, value);
            assert_eq!(forget_all(&mut store, NOW), Ok(true));
            let Ok(()) = note(&mut store, None, NOW + 10_000);
            assert_eq!(wait_ms(&store, NOW + 60_000), Ok(Some(10_000)));
            assert_eq!(forget_all(&mut store, NOW + 20_000), Ok(true));
            assert_eq!(forgotten(&store), Ok(Some(expected.to_owned())));
            assert_eq!(wait_ms(&store, NOW + 60_000), Ok(Some(20_000)));
        }
    }

    #[test]
    fn what_is_taught_again_is_not_removed() {
        for (fact, value, _) in TAUGHT {
            let mut store = taught(fact, value);
            assert_eq!(forget_all(&mut store, NOW), Ok(true));
            teach(&mut store, fact, value);
            assert_eq!(forgotten(&store), Ok(None));
            assert_eq!(wait_ms(&store, NOW + UNDER_WAY_MS), Ok(Some(0)), "it is published again");
            assert_eq!(ending::is_over(&mut store, false, NOW + UNDER_WAY_MS), Ok(false));
            assert_eq!(ending::is_over(&mut store, true, NOW + UNDER_WAY_MS + 1), Ok(false), "not for a day");
        }
    }

    #[test]
    fn of_a_learner_that_was_taught_nothing_nothing_is_noted() {
        let mut store = Memory::default();
        let Ok(()) = store.put(Kind::ThirdPartySheet, "https://cdn.example/a.css", "{}", 0.0);
        let Ok(()) = note(&mut store, None, NOW);
        assert_eq!((wait_ms(&store, NOW), store.size().0), (Ok(None), 1));
        assert_eq!(forget_all(&mut store, NOW), Ok(false));
        assert_eq!(store.size(), (0, 0));
        // It had an import before it, which KV may still give.
        let Ok(()) = note(&mut store, Some("shop.example/0"), NOW);
        assert_eq!(forget_all(&mut store, NOW), Ok(true));
        assert_eq!(forgotten(&store), Ok(Some("shop.example/0".to_owned())));
        assert_eq!(wait_ms(&store, NOW), Ok(Some(UNDER_WAY_MS)));
    }
}
