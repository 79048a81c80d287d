//! When a learner looks for an [import](super::import), and which batches have to wait until it has.
//!
//! A learner that knows nothing takes in nothing before it has found out whether an import waits for it: it would publish the little
//! that it was told over all that was imported. Batches that come meanwhile, or while KV cannot tell, get 429, and their isolates come
//! again soon. Should KV not tell for an hour, the learner begins without. One that knows something looks every five minutes, and takes in
//! meanwhile what comes: an import only adds to that. When it did so last is stored, and since when KV could not tell: objects begin
//! anew at any time, and one that is seldom called does so each time.

use super::learner;
use super::next::next_page_learner;
use crate::clock::has_passed;
use crate::store::{Kind, Store};

/// How often a learner looks that knows something, in milliseconds. What it publishes meanwhile takes the place of what was imported.
const SEEK_MS: u64 = 5 * 60 * 1000;

/// For how long one that knows nothing waits for KV, in milliseconds.
const WAIT_MS: u64 = 3600 * 1000;

/// For how long a look may be under way, in milliseconds: KV is read and changed, each of which takes five seconds at most. The platform
/// may end a request in the middle of it.
const LOOK_MS: u64 = 30_000;

/// The fact that says when it was last looked for an import, in milliseconds since the epoch.
const SOUGHT: &str = "import-sought";

/// The fact that says since when KV could not tell a learner that knows nothing, likewise.
const UNTOLD: &str = "import-untold";

/// What a learner does with a batch.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    /// It looks for an import first.
    Look,
    /// It takes the batch in.
    TakeIn,
    /// It does not take it in.
    Refuse,
}

/// What an object has done about that in its life.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct ImportSearch {
    /// Since when it looks, if it does, in milliseconds since the epoch.
    looks: Option<u64>,
}

impl ImportSearch {
    /// What to do with a batch that comes at `now`, given whether the learner knows anything, and when it has looked last.
    pub fn next(&mut self, knows: bool, sought: Option<u64>, now: u64) -> Step {
        if self.looks.is_some_and(|since| !has_passed(LOOK_MS, since, now)) {
            return if knows { Step::TakeIn } else { Step::Refuse };
        }
        if knows && sought.is_some_and(|sought| !has_passed(SEEK_MS, sought, now)) {
            return Step::TakeIn;
        }
        self.looks = Some(now);
        Step::Look
    }

    /// A look has ended.
    pub fn ended(&mut self) {
        self.looks = None;
    }
}

/// Whether to take the batch in that has begun a look, which has ended at `now`, given whether KV could tell.
///
/// # Errors
/// The store's own.
pub fn may_take_in<S: Store>(store: &mut S, is_told: bool, now: u64) -> Result<bool, S::Error> {
    let untold = store.get(Kind::Fact, UNTOLD)?;
    if is_told || knows(store)? {
        if untold.is_some() {
            store.remove(Kind::Fact, UNTOLD)?;
        }
        return Ok(true);
    }
    let since = untold.and_then(|since| since.parse().ok());
    if since.is_none() {
        store.put(Kind::Fact, UNTOLD, &now.to_string(), 0.0)?;
    }
    Ok(has_passed(WAIT_MS, since.unwrap_or(now), now))
}

/// Whether a learner has learned anything, or taken anything up.
///
/// # Errors
/// The store's own.
pub fn knows<S: Store>(store: &S) -> Result<bool, S::Error> {
    Ok(learner::key(store)?.is_some() || next_page_learner::key(store)?.is_some())
}

/// When it was last looked for an [import](super::import).
///
/// # Errors
/// The store's own.
pub fn sought<S: Store>(store: &S) -> Result<Option<u64>, S::Error> {
    Ok(store.get(Kind::Fact, SOUGHT)?.and_then(|at| at.parse().ok()))
}

/// Remembers that it was looked for one at `now` (milliseconds since the epoch).
///
/// # Errors
/// The store's own.
pub fn note<S: Store>(store: &mut S, now: u64) -> Result<(), S::Error> {
    store.put(Kind::Fact, SOUGHT, &now.to_string(), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    #[test]
    fn a_learner_that_knows_nothing_takes_in_nothing_before_it_has_looked() {
        let mut search = ImportSearch::default();
        assert_eq!(search.next(false, None, START), Step::Look);
        assert_eq!(search.next(false, None, START + 1), Step::Refuse, "one look for all");
        search.ended();
        assert_eq!(search.next(true, Some(START + 40), START + 50), Step::TakeIn);
        // What it knew may be erased, and imported anew.
        assert_eq!(search.next(false, Some(START + 40), START + 60), Step::Look);
    }

    #[test]
    fn where_kv_cannot_tell_each_batch_has_it_asked_again_and_an_hour_is_enough() {
        let mut store = Memory::default();
        for (at, expected) in [(0, false), (10_000, false), (3_599_999, false), (3_600_000, true)] {
            // An object that is seldom called begins anew each time.
            let mut search = ImportSearch::default();
            assert_eq!(search.next(false, None, START + at), Step::Look, "{at}");
            search.ended();
            assert_eq!(search.next(false, None, START + at), Step::Look, "{at}");
            assert_eq!(may_take_in(&mut store, false, START + at), Ok(expected), "{at}");
        }
        assert_eq!(may_take_in(&mut store, true, START + 3_700_000), Ok(true));
        assert_eq!(may_take_in(&mut store, false, START + 3_800_000), Ok(false), "it begins anew");
        // Whoever knows something waits for nothing, and nothing is left of that it has waited.
        let Ok(()) = store.put(Kind::Fact, "name", "shop.example", 0.0);
        assert_eq!(may_take_in(&mut store, false, START + 3_900_000), Ok(true));
        assert_eq!(store.get(Kind::Fact, UNTOLD), Ok(None));
        // What cannot be read, or is ahead, does not make it wait for ever.
        for noted in ["soon", "1900000000000"] {
            let mut store = Memory::default();
            let Ok(()) = store.put(Kind::Fact, UNTOLD, noted, 0.0);
            let taken = may_take_in(&mut store, false, START);
            assert_eq!(taken, Ok(noted != "soon"), "{noted}");
        }
    }

    #[test]
    fn a_learner_that_knows_something_looks_every_five_minutes_whatever_becomes_of_it() {
        let mut search = ImportSearch::default();
        assert_eq!(search.next(true, None, START), Step::Look);
        assert_eq!(search.next(true, None, START + 1), Step::TakeIn, "what comes meanwhile");
        search.ended();
        let mut search = ImportSearch::default();
        for (sought, expected) in [
            (START, Step::TakeIn),
            (START - 299_999, Step::TakeIn),
            (START + 86_400_000, Step::Look),
            (START - 300_000, Step::Look),
        ] {
            assert_eq!(search.next(true, Some(sought), START), expected, "{sought}");
            search.ended();
        }
    }

    #[test]
    fn a_look_that_was_cut_off_does_not_last_for_ever() {
        let mut search = ImportSearch::default();
        assert_eq!(search.next(false, None, START), Step::Look);
        assert_eq!(search.next(false, None, START + LOOK_MS - 1), Step::Refuse);
        assert_eq!(search.next(false, None, START + LOOK_MS), Step::Look);
    }

    #[test]
    fn it_is_stored_when_it_was_looked_and_a_name_tells_that_something_is_known() {
        let mut store = Memory::default();
        assert_eq!((sought(&store), knows(&store)), (Ok(None), Ok(false)));
        let Ok(()) = note(&mut store, START);
        assert_eq!((sought(&store), knows(&store)), (Ok(Some(START)), Ok(false)));
        let Ok(()) = store.put(Kind::Fact, SOUGHT, "soon", 0.0);
        assert_eq!(sought(&store), Ok(None));
        for (fact, name) in [("key", "shop.example/0"), ("name", "shop.example")] {
            let mut store = Memory::default();
            let Ok(()) = store.put(Kind::Fact, fact, name, 0.0);
            assert_eq!(knows(&store), Ok(true), "{fact}");
        }
    }
}
