//! An isolate's copies of published values of one kind: which of them is fetched when.
//!
//! A copy that is missing is fetched at once. One that is old is fetched anew, but however many values a site has, an isolate
//! refreshes one copy of each kind at a time: once each copy is there, KV is read once in `REFRESH_SECONDS`. Nothing is
//! fetched twice at the same time, unless the first fetch takes so long that it is taken for lost.

use crate::clock::has_passed;
use crate::fault::Fault;
use std::collections::HashMap;

/// The most copies of a kind that an isolate keeps: one site with as many learners as it may have, or many sites with few.
const MAX_COPIES: usize = 512;

/// How long a fetch may take before another request tries again, in milliseconds.
const FETCH_TIMEOUT_MS: u64 = 10_000;

/// All copies of a kind in an isolate, by the name under which each is published.
#[derive(Debug)]
pub struct SnapshotCache<T> {
    by_name: HashMap<String, Copy<T>>,
    /// When a copy was last refreshed.
    refreshed: u64,
}

/// One published value as this isolate has it.
#[derive(Debug)]
struct Copy<T> {
    value: Option<T>,
    /// When it was last fetched; 0 before the first time.
    fetched: u64,
    /// When that last went well; 0 before the first time.
    read: u64,
    /// When the fetch that is under way began.
    fetching_since: Option<u64>,
}

impl<T> Default for SnapshotCache<T> {
    fn default() -> Self {
        Self { by_name: HashMap::new(), refreshed: 0 }
    }
}

impl<T> Default for Copy<T> {
    fn default() -> Self {
        Self { value: None, fetched: 0, read: 0, fetching_since: None }
    }
}

impl<T> SnapshotCache<T> {
    /// Whether `name` is to be fetched at `now`, in milliseconds; the fetch then counts as begun. The first one is always due,
    /// a refresh only when no copy was refreshed for as long.
    pub fn start_fetch(&mut self, name: &str, now: u64, refresh_seconds: u32) -> bool {
        let refresh_ms = u64::from(refresh_seconds) * 1000;
        if !self.by_name.contains_key(name) && self.by_name.len() >= MAX_COPIES {
            // Whoever makes names up pushes out no others than such.
            let worth =
                |copy: &Copy<T>| (copy.value.is_some(), copy.fetched.max(copy.fetching_since.unwrap_or(0)));
            let least = self.by_name.iter().min_by_key(|(_, copy)| worth(copy));
            let oldest = least.map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.by_name.remove(&oldest));
        }
        let copy = self.by_name.entry(name.to_owned()).or_default();
        if copy.fetching_since.is_some_and(|since| !has_passed(FETCH_TIMEOUT_MS, since, now)) {
            return false;
        }
        if copy.fetched > 0 {
            if !has_passed(refresh_ms, copy.fetched, now) || !has_passed(refresh_ms, self.refreshed, now) {
                return false;
            }
            self.refreshed = now;
        }
        copy.fetching_since = Some(now);
        true
    }

    /// Takes over what was fetched, or that nothing is published. After a fault the old copy stays until the next try.
    pub fn finish_fetch(&mut self, name: &str, fetched: Result<Option<T>, Fault>, now: u64) {
        // Where other copies have taken its place meanwhile, it is fetched again when it is needed.
        let Some(copy) = self.by_name.get_mut(name) else { return };
        copy.fetched = now;
        copy.fetching_since = None;
        if let Ok(value) = fetched {
            copy.value = value;
            copy.read = now;
        }
    }

    /// How many milliseconds ago the value of a name was read, if it was, and whether the last try has failed.
    #[must_use]
    pub fn state(&self, name: &str, now: u64) -> (Option<u64>, bool) {
        let Some(copy) = self.by_name.get(name) else { return (None, false) };
        ((copy.read > 0).then(|| now.saturating_sub(copy.read)), copy.fetched > copy.read)
    }

    /// The copy of a name, if there is one.
    #[must_use]
    pub fn get(&self, name: &str) -> Option<&T> {
        self.by_name.get(name)?.value.as_ref()
    }

    /// Whether there is a copy under any name that begins so.
    #[must_use]
    pub fn has_any(&self, start: &str) -> bool {
        self.by_name.iter().any(|(name, copy)| copy.value.is_some() && name.starts_with(start))
    }

    /// Whether a name has been fetched, whether or not anything was published under it.
    #[must_use]
    pub fn has_fetched(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|copy| copy.fetched > 0)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Blame;

    const START: u64 = 1_800_000_000_000;
    const REFRESH: u32 = 60;
    const REFRESH_MS: u64 = 60_000;

    fn fetched(cache: &mut SnapshotCache<u32>, name: &str, value: u32, now: u64) {
        assert!(cache.start_fetch(name, now, REFRESH));
        cache.finish_fetch(name, Ok(Some(value)), now);
        assert!(cache.has_any(name) && !cache.has_any("nothing"));
    }

    #[test]
    fn a_copy_is_fetched_once_and_anew_when_it_is_old() {
        let mut cache = SnapshotCache::default();
        assert!(cache.start_fetch("a", START, REFRESH));
        assert!(!cache.start_fetch("a", START + 1, REFRESH), "it is under way");
        assert!(!cache.has_fetched("a") && cache.get("a").is_none());
        cache.finish_fetch("a", Ok(Some(1)), START + 2);
        assert_eq!((cache.has_fetched("a"), cache.get("a")), (true, Some(&1)));
        assert!(!cache.start_fetch("a", START + 1 + REFRESH_MS, REFRESH));
        assert!(cache.start_fetch("a", START + 2 + REFRESH_MS, REFRESH));
        assert_eq!(cache.get("a"), Some(&1), "the old copy stays meanwhile");
    }

    #[test]
    fn a_fetch_that_takes_too_long_is_tried_again() {
        let mut cache = SnapshotCache::<u32>::default();
        assert!(cache.start_fetch("a", START, REFRESH));
        assert!(!cache.start_fetch("a", START + FETCH_TIMEOUT_MS - 1, REFRESH));
        assert!(cache.start_fetch("a", START + FETCH_TIMEOUT_MS, REFRESH));
    }

    /// A clock that was an hour ahead, once.
    #[test]
    fn what_was_fetched_by_a_clock_that_was_ahead_is_refreshed_all_the_same() {
        let ahead = START + 3_600_000;
        let mut cache = SnapshotCache::default();
        fetched(&mut cache, "a", 1, ahead);
        assert!(cache.start_fetch("a", START, REFRESH));
        cache.finish_fetch("a", Ok(Some(2)), START + 5);
        assert_eq!(cache.get("a"), Some(&2));
        assert!(!cache.start_fetch("a", START + 5, REFRESH), "and then as ever");
        assert!(cache.start_fetch("b", ahead, REFRESH), "and what is under way since then is lost");
        assert!(cache.start_fetch("b", START, REFRESH) && !cache.start_fetch("b", START + 1, REFRESH));
    }

    #[test]
    fn after_a_failure_the_old_copy_stays_until_the_next_refresh() {
        let mut cache = SnapshotCache::default();
        fetched(&mut cache, "a", 1, START);
        let later = START + REFRESH_MS;
        assert!(cache.start_fetch("a", later, REFRESH));
        cache.finish_fetch("a", Err(Fault::new(Blame::Platform, "gone")), later);
        assert_eq!(cache.get("a"), Some(&1));
        assert!(!cache.start_fetch("a", later + 1, REFRESH));
        assert!(cache.start_fetch("a", later + REFRESH_MS, REFRESH));
        cache.finish_fetch("a", Ok(None), later + REFRESH_MS);
        assert_eq!((cache.has_fetched("a"), cache.get("a")), (true, None), "nothing is published any more");
    }

    #[test]
    fn a_copy_tells_its_age_and_whether_it_could_not_be_refreshed() {
        let mut cache = SnapshotCache::<u32>::default();
        assert_eq!(cache.state("a", START), (None, false));
        assert!(cache.start_fetch("a", START, REFRESH));
        assert_eq!(cache.state("a", START), (None, false));
        cache.finish_fetch("a", Ok(None), START);
        assert_eq!(cache.state("a", START + 5), (Some(5), false));
        cache.finish_fetch("a", Err(Fault::new(Blame::Platform, "gone")), START + 10);
        assert_eq!(cache.state("a", START + 12), (Some(12), true));
        cache.finish_fetch("a", Ok(Some(1)), START + 20);
        assert_eq!(cache.state("a", START + 20), (Some(0), false));
        cache.finish_fetch("b", Ok(Some(1)), START);
        assert_eq!(cache.state("b", START), (None, false));
    }

    #[test]
    fn one_copy_is_refreshed_at_a_time_and_a_new_one_need_not_wait() {
        let mut cache = SnapshotCache::default();
        for name in ["a", "b"] {
            fetched(&mut cache, name, 1, START);
        }
        let later = START + REFRESH_MS;
        assert!(cache.start_fetch("a", later, REFRESH));
        assert!(!cache.start_fetch("b", later, REFRESH));
        assert!(cache.start_fetch("c", later, REFRESH), "the first fetch of each is always due");
        assert!(!cache.start_fetch("b", later + REFRESH_MS - 1, REFRESH));
        assert!(cache.start_fetch("b", later + REFRESH_MS, REFRESH));
    }

    #[test]
    fn the_number_of_copies_is_bounded_and_the_oldest_leaves() {
        let mut cache = SnapshotCache::default();
        for number in 0..MAX_COPIES as u64 {
            fetched(&mut cache, &number.to_string(), 1, START + number);
        }
        assert!(cache.start_fetch("one more", START, REFRESH));
        assert_eq!(cache.by_name.len(), MAX_COPIES);
        assert!(!cache.has_fetched("0") && cache.has_fetched("1"));
        cache.finish_fetch("0", Ok(Some(2)), START);
        assert_eq!((cache.get("0"), cache.by_name.len()), (None, MAX_COPIES), "nobody waits for it any more");
    }

    #[test]
    fn names_under_which_nothing_is_published_push_none_out_under_which_something_is() {
        let mut cache = SnapshotCache::default();
        fetched(&mut cache, "site", 1, START);
        for number in 1..3 * MAX_COPIES as u64 {
            let name = format!("made up {number}");
            assert!(cache.start_fetch(&name, START + number, REFRESH));
            cache.finish_fetch(&name, Ok(None), START + number);
        }
        assert_eq!((cache.get("site"), cache.by_name.len()), (Some(&1), MAX_COPIES));
    }
}
