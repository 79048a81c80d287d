//! An isolate's copies of published values of one kind: which of them is fetched when, and how many there may be.
//!
//! A copy that is missing is fetched at once, and one that is as old as `REFRESH_SECONDS` with the next visit that needs it, whatever
//! becomes of others: so none that is used grows older. That is one read of KV in `REFRESH_SECONDS` for each name, and no more than two
//! for a request, which needs one name of each kind. A name under which nothing is published is looked for less and less often.
//! Nothing is fetched twice at the same time, unless the first fetch takes so long that it is taken for lost.
//!
//! An isolate has 128 MB. The copies are bounded in what they take of that: the one that was used least lately makes room first, and is
//! fetched again no sooner than it would have been. What must not be missed meanwhile stays of it, as far as there is room for that.
//! The names are bounded as well, of which little more than a time is kept where there is no room for a value. One that is published
//! leaves only once its time is up, so that KV is read no more often than once in that time for each name there is room for; names
//! beyond that wait until one does.

use crate::clock::has_passed;
use crate::fault::Fault;
use std::collections::HashMap;

/// The most names of a kind that an isolate keeps: some sites with as many learners as they may have, or thousands with few.
const MAX_NAMES: usize = 4096;

/// How much memory all copies of a kind may take, in bytes: both kinds together no more than half of an isolate's.
pub const MAX_BYTES: usize = 32_000_000;

/// How long a fetch may take before another request tries again, in milliseconds.
const FETCH_TIMEOUT_MS: u64 = 10_000;

/// How often a name under which nothing is published is looked for as often as others: a new site may be about to publish.
const PATIENCE: u32 = 5;

/// How often its wait is doubled then: up to eight times that of others.
const MAX_DOUBLINGS: u32 = 3;

/// All copies of a kind in an isolate, by the name under which each is published.
#[derive(Debug)]
pub struct SnapshotCache<T> {
    by_name: HashMap<String, Copy<T>>,
    shrink: Shrink<T>,
}

/// Has a value let go what can be missed for a while, and answers how many bytes of memory the rest takes; `None` where all of it can.
pub type Shrink<T> = fn(&mut T) -> Option<usize>;

/// One published value as this isolate has it.
#[derive(Debug)]
struct Copy<T> {
    /// In a place of its own, since most names may have none.
    value: Option<Box<T>>,
    /// How much memory the value takes.
    bytes: usize,
    /// When it was last needed.
    used: u64,
    /// When it was last fetched; 0 before the first time.
    fetched: u64,
    /// When that last went well; 0 before the first time.
    read: u64,
    /// How often in a row nothing was published.
    misses: u32,
    /// Whether the value, or most of it, had to leave since others took its room.
    has_left: bool,
    /// When the fetch that is under way began.
    fetching_since: Option<u64>,
}

impl<T> Copy<T> {
    /// For how long it is good, in milliseconds.
    fn good_for_ms(&self, refresh_ms: u64) -> u64 {
        refresh_ms << self.misses.saturating_sub(PATIENCE).min(MAX_DOUBLINGS)
    }

    /// Whether it is to be fetched with the next visit: no fetch is under way, and the last one was long enough ago.
    fn is_due(&self, refresh_ms: u64, now: u64) -> bool {
        let is_under_way = |since| !has_passed(FETCH_TIMEOUT_MS, since, now);
        let is_good = self.fetched > 0 && !has_passed(self.good_for_ms(refresh_ms), self.fetched, now);
        !is_good && !self.fetching_since.is_some_and(is_under_way)
    }

    /// Whether something is published under its name, as far as is known.
    fn is_published(&self) -> bool {
        self.value.is_some() || self.has_left
    }
}

impl<T> Default for SnapshotCache<T> {
    fn default() -> Self {
        Self::shrinking(|_| None)
    }
}

impl<T> Default for Copy<T> {
    fn default() -> Self {
        Self {
            value: None,
            bytes: 0,
            used: 0,
            fetched: 0,
            read: 0,
            misses: 0,
            has_left: false,
            fetching_since: None,
        }
    }
}

impl<T> SnapshotCache<T> {
    /// No copies, whose values make room in this way.
    #[must_use]
    pub fn shrinking(shrink: Shrink<T>) -> Self {
        Self { by_name: HashMap::new(), shrink }
    }

    /// Whether `name` is to be fetched at `now`, in milliseconds, since somebody needs it; the fetch then counts as begun. The first one
    /// is due as soon as there is room for the name.
    pub fn start_fetch(&mut self, name: &str, now: u64, refresh_seconds: u32) -> bool {
        let refresh_ms = u64::from(refresh_seconds) * 1000;
        if !self.by_name.contains_key(name) && !self.has_room_for_name(refresh_ms, now) {
            return false;
        }
        let copy = self.by_name.entry(name.to_owned()).or_default();
        copy.used = now;
        if !copy.is_due(refresh_ms, now) {
            return false;
        }
        copy.fetching_since = Some(now);
        true
    }

    /// Has the name that was used least lately make room where there are as many as there may be. Answers whether there is room.
    fn has_room_for_name(&mut self, refresh_ms: u64, now: u64) -> bool {
        if self.by_name.len() < MAX_NAMES {
            return true;
        }
        // Whoever makes names up pushes out no others than such.
        let leaving =
            self.by_name.iter().filter(|(_, copy)| !copy.is_published() || copy.is_due(refresh_ms, now));
        let least = leaving.min_by_key(|(_, copy)| (copy.is_published(), copy.used));
        let Some(name) = least.map(|(name, _)| name.clone()) else { return false };
        self.by_name.remove(&name);
        true
    }

    /// Takes over what was fetched, with how many bytes of memory it takes, or that nothing is published. After a fault the old copy stays
    /// until the next try.
    pub fn finish_fetch(&mut self, name: &str, fetched: Result<Option<(T, usize)>, Fault>, now: u64) {
        // Where other copies have taken its place meanwhile, it is fetched again when it is needed.
        let Some(copy) = self.by_name.get_mut(name) else { return };
        copy.fetched = now;
        copy.fetching_since = None;
        let Ok(fetched) = fetched else { return };
        copy.misses = if fetched.is_some() { 0 } else { copy.misses.saturating_add(1) };
        let (value, bytes) = fetched.unzip();
        copy.value = value.map(Box::new);
        copy.bytes = bytes.unwrap_or_default();
        copy.has_left = false;
        copy.read = now;
        self.make_room(name);
    }

    /// Has values make room until all take no more memory than they may: first each lets go what can be missed, and then all of it.
    /// The one that has just come stays.
    fn make_room(&mut self, latest: &str) {
        let mut bytes = self.bytes();
        while bytes > MAX_BYTES {
            let others =
                self.by_name.iter_mut().filter(|(name, copy)| copy.value.is_some() && *name != latest);
            let Some((_, copy)) = others.min_by_key(|(_, copy)| (copy.has_left, copy.used)) else { return };
            bytes = bytes.saturating_sub(copy.bytes);
            let rest = if copy.has_left { None } else { copy.value.as_deref_mut().and_then(self.shrink) };
            if rest.is_none() {
                copy.value = None;
            }
            // What is estimated of a rest may be more than was counted of all.
            copy.bytes = rest.unwrap_or_default().min(copy.bytes);
            copy.has_left = true;
            bytes = bytes.saturating_add(copy.bytes);
        }
    }

    /// How much memory the values take, in bytes.
    fn bytes(&self) -> usize {
        self.by_name.values().fold(0, |all, copy| all.saturating_add(copy.bytes))
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
        self.by_name.get(name)?.value.as_deref()
    }

    /// Whether there is a copy under any name that begins so.
    #[must_use]
    pub fn has_any(&self, start: &str) -> bool {
        self.by_name.iter().any(|(name, copy)| copy.value.is_some() && name.starts_with(start))
    }

    /// Whether what is published under a name is being fetched for the first time.
    #[must_use]
    pub fn is_unread(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|copy| copy.fetched == 0)
    }

    /// Whether a name has been fetched, whether or not anything was published under it, and what was is still there, whole.
    #[must_use]
    pub fn has_fetched(&self, name: &str) -> bool {
        self.by_name.get(name).is_some_and(|copy| copy.fetched > 0 && !copy.has_left)
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
        cache.finish_fetch(name, Ok(Some((value, 1))), now);
        assert!(cache.has_any(name) && !cache.has_any("nothing"));
    }

    #[test]
    fn a_copy_is_fetched_once_and_anew_when_it_is_old() {
        let mut cache = SnapshotCache::default();
        assert!(cache.start_fetch("a", START, REFRESH));
        assert!(!cache.start_fetch("a", START + 1, REFRESH), "it is under way");
        assert!(!cache.has_fetched("a") && cache.get("a").is_none());
        cache.finish_fetch("a", Ok(Some((1, 1))), START + 2);
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
        cache.finish_fetch("a", Ok(Some((2, 1))), START + 5);
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
        cache.finish_fetch("a", Ok(Some((1, 1))), START + 20);
        assert_eq!(cache.state("a", START + 20), (Some(0), false));
        cache.finish_fetch("b", Ok(Some((1, 1))), START);
        assert_eq!(cache.state("b", START), (None, false));
    }

    #[test]
    fn each_copy_is_refreshed_by_its_own_age_whatever_others_are_asked_for() {
        let mut cache = SnapshotCache::default();
        for (at, name) in ["a", "b", "c"].into_iter().enumerate() {
            fetched(&mut cache, name, 1, START + at as u64);
        }
        let later = START + REFRESH_MS;
        // Somebody asks for a host again and again of which nothing is published.
        assert!(cache.start_fetch("nothing", START, REFRESH));
        cache.finish_fetch("nothing", Ok(None), START);
        assert!(cache.start_fetch("nothing", later, REFRESH));
        assert!(cache.start_fetch("a", later, REFRESH));
        assert!(!cache.start_fetch("b", later, REFRESH), "it is a millisecond younger");
        assert!(cache.start_fetch("b", later + 1, REFRESH));
        assert!(cache.start_fetch("c", later + 2, REFRESH) && !cache.start_fetch("c", later + 3, REFRESH));
    }

    /// However often it is asked for.
    #[test]
    fn one_name_is_read_once_in_the_time_for_which_a_copy_is_good() {
        let mut cache = SnapshotCache::default();
        let mut reads = 0;
        for second in 0..3600 {
            if cache.start_fetch("a", START + second * 1000, REFRESH) {
                reads += 1;
                cache.finish_fetch("a", Ok(Some((1, 1))), START + second * 1000);
            }
        }
        assert_eq!(reads, 60);
    }

    #[test]
    fn what_is_not_published_is_looked_for_less_and_less_often_and_as_ever_once_it_is() {
        let mut cache = SnapshotCache::default();
        let mut at = START;
        let mut waits = Vec::new();
        for _ in 0..11 {
            assert!(cache.start_fetch("a", at, REFRESH));
            cache.finish_fetch("a", Ok(None), at);
            let good_for_ms = cache.by_name["a"].good_for_ms(REFRESH_MS);
            assert!(!cache.start_fetch("a", at + good_for_ms - 1, REFRESH));
            waits.push(good_for_ms / REFRESH_MS);
            at += good_for_ms;
        }
        assert_eq!(waits, [1, 1, 1, 1, 1, 2, 4, 8, 8, 8, 8]);
        fetched(&mut cache, "a", 1, at);
        assert!(cache.start_fetch("a", at + REFRESH_MS, REFRESH));
        cache.finish_fetch("a", Ok(None), at + REFRESH_MS);
        assert!(cache.start_fetch("a", at + 2 * REFRESH_MS, REFRESH), "it may come back");
    }

    #[test]
    fn what_the_values_take_is_bounded_and_the_one_used_least_lately_leaves() {
        let mut cache = SnapshotCache::default();
        let of = |cache: &mut SnapshotCache<u32>, name: &str, bytes: usize, now: u64| {
            assert!(cache.start_fetch(name, now, REFRESH));
            cache.finish_fetch(name, Ok(Some((1, bytes))), now);
        };
        of(&mut cache, "a", MAX_BYTES / 2, START);
        of(&mut cache, "b", MAX_BYTES / 2, START + 1);
        assert!(!cache.start_fetch("a", START + 2, REFRESH), "it is used");
        assert_eq!(cache.bytes(), MAX_BYTES);
        of(&mut cache, "c", 1, START + 3);
        assert_eq!(["a", "b", "c"].map(|name| cache.get(name).copied()), [Some(1), None, Some(1)]);
        assert_eq!(cache.bytes(), MAX_BYTES / 2 + 1);
        assert!(!cache.has_fetched("b"), "nobody may take it for unpublished");
        assert!(!cache.is_unread("b"), "nor read it at once");
        assert!(!cache.start_fetch("b", START + 4, REFRESH), "nor is it read for each visit");
        of(&mut cache, "b", MAX_BYTES / 2 + 1, START + 1 + REFRESH_MS);
        assert_eq!(["a", "b", "c"].map(|name| cache.get(name).copied()), [None, Some(1), Some(1)]);
        assert!(cache.has_fetched("b"));
        // A value that takes more than all may is kept, since nothing could be known of its site otherwise.
        of(&mut cache, "d", MAX_BYTES + 1, START + 2 + REFRESH_MS);
        assert_eq!((cache.get("d"), cache.get("b"), cache.bytes()), (Some(&1), None, MAX_BYTES + 1));
    }

    #[test]
    fn what_must_not_be_missed_stays_as_long_as_there_is_room_for_it() {
        // What is left of a value takes as many bytes as its number says.
        let mut cache = SnapshotCache::<usize>::shrinking(|value| {
            *value /= 10;
            Some(*value)
        });
        let of = |cache: &mut SnapshotCache<usize>, name: &str, bytes: usize, now: u64| {
            assert!(cache.start_fetch(name, now, REFRESH));
            cache.finish_fetch(name, Ok(Some((bytes, bytes))), now);
        };
        let half = MAX_BYTES / 2;
        of(&mut cache, "a", half, START);
        of(&mut cache, "b", half, START + 1);
        of(&mut cache, "c", half / 2, START + 2);
        let values = |cache: &SnapshotCache<usize>| ["a", "b", "c", "d"].map(|name| cache.get(name).copied());
        assert_eq!(values(&cache), [Some(half / 10), Some(half), Some(half / 2), None]);
        assert_eq!(cache.bytes(), half / 10 + half + half / 2);
        assert!(!cache.has_fetched("a") && cache.has_any("a"), "it is no whole one");
        of(&mut cache, "d", MAX_BYTES - half / 10, START + 3);
        assert_eq!(values(&cache), [None, None, Some(half / 20), Some(MAX_BYTES - half / 10)], "c came last");
        of(&mut cache, "a", 1, START + REFRESH_MS);
        assert!(cache.has_fetched("a") && cache.get("a") == Some(&1), "and whole again");
    }

    /// Where each is needed by turns, and more than there is memory for.
    #[test]
    fn of_thousands_of_sites_each_is_read_once_in_the_time_for_which_a_copy_is_good() {
        let sites: Vec<String> = (0..2000).map(|number| format!("tenant-{number}.example/next")).collect();
        let mut cache = SnapshotCache::<u64>::shrinking(|_| Some(10_000));
        let (mut reads, mut with_any) = (0, 0);
        // Each is viewed once in ten seconds, for three minutes.
        for view in 0..36_000_u64 {
            let site = &sites[usize::try_from(view).unwrap() % sites.len()];
            let now = START + view * 5;
            if cache.start_fetch(site, now, REFRESH) {
                reads += 1;
                cache.finish_fetch(site, Ok(Some((view, 20_000))), now);
            }
            with_any += u32::from(cache.get(site).is_some());
        }
        assert_eq!((reads, with_any), (3 * 2000, 36_000));
        assert!(cache.bytes() <= MAX_BYTES && cache.by_name.len() == 2000);
    }

    #[test]
    fn names_beyond_those_that_there_is_room_for_wait_until_the_time_of_one_is_up() {
        let mut cache = SnapshotCache::default();
        for number in 0..MAX_NAMES as u64 {
            fetched(&mut cache, &number.to_string(), 1, START + number);
        }
        let (up, refresh) = (START + REFRESH_MS, REFRESH);
        assert!(!cache.start_fetch("one more", up - 1, refresh), "none is read for each visit");
        assert!(!cache.has_fetched("one more") && !cache.is_unread("one more"));
        assert!(cache.start_fetch("0", up, refresh) && cache.has_fetched("0"), "it is used");
        assert!(!cache.start_fetch("one more", up, refresh), "and what is being read stays");
        cache.finish_fetch("0", Ok(Some((2, 1))), up);
        assert!(cache.start_fetch("one more", up + 2, refresh) && cache.is_unread("one more"));
        assert_eq!(cache.by_name.len(), MAX_NAMES);
        assert!(cache.has_fetched("0") && !cache.has_fetched("1") && cache.has_fetched("2"));
        cache.finish_fetch("1", Ok(Some((2, 1))), START);
        assert_eq!((cache.get("1"), cache.by_name.len()), (None, MAX_NAMES), "nobody waits for it any more");
    }

    #[test]
    fn names_under_which_nothing_is_published_push_none_out_under_which_something_is() {
        let mut cache = SnapshotCache::default();
        let of = |cache: &mut SnapshotCache<u32>, name: &str, value: Option<(u32, usize)>, now: u64| {
            assert!(cache.start_fetch(name, now, REFRESH));
            cache.finish_fetch(name, Ok(value), now);
        };
        of(&mut cache, "site", Some((1, MAX_BYTES)), START);
        of(&mut cache, "large site", Some((1, MAX_BYTES)), START + 1);
        for number in 2..MAX_NAMES as u64 + 100 {
            of(&mut cache, &format!("made up {number}"), None, START + number);
        }
        assert_eq!((cache.get("large site"), cache.by_name.len()), (Some(&1), MAX_NAMES));
        assert!(!cache.start_fetch("site", START + REFRESH_MS - 1, REFRESH), "nor has it read sooner again");
    }
}
