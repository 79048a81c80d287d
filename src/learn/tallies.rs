//! The tallies of the report ([`Tally`]): gathered in an isolate ([`TallyBuffer`]), and kept by a learner, one for each day.
//!
//! They go with batches that go anyway, to any learner of the site; whoever reads them adds up those of all learners. After
//! four weeks a day is forgotten.

use super::learner::{put, read, weeks};
use super::names::LIFE_MS;
use super::next::navigation_batch::NavigationBatch;
use super::next::visitor::{DAY_MS, Day, day_of};
use super::observation::Batch;
use crate::sorting::map::SortedMap;
use crate::store::{Kind, Store};
use crate::tally::{CookieTally, Counted, Fate, MAX_COOKIES, Tally};

/// The most days that are kept: those of four weeks, and today.
pub const MAX_DAYS: usize = 29;

/// The most sites of which an isolate counts at once, until something is sent to their learners.
const MAX_SITES: usize = 200;

/// A cookie that the site has set.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MetCookie {
    /// Its name.
    pub name: String,
    /// What it is taken for.
    pub class: &'static str,
    /// What became of it.
    pub fate: Fate,
}

/// What is counted of one site.
#[derive(Debug, Default)]
struct Gathered {
    tally: Tally,
    /// Cookies of names that too few visitors were given yet: what was seen, and the visitors' buckets.
    waiting: SortedMap<String, (CookieTally, Vec<u8>)>,
}

/// What an isolate counts until something is sent. A site's place is free again once it was told what was counted of it.
#[derive(Debug, Default)]
pub struct TallyBuffer(SortedMap<String, Gathered>);

impl TallyBuffer {
    /// Counts something that happened on a site.
    pub fn add(&mut self, site: &str, what: Counted<'_>, number: u64) {
        if let Some(gathered) = self.of(site) {
            gathered.tally.add(what, number);
        }
    }

    /// Counts a cookie that a visitor was given, who falls into this bucket of those of its name. Its name is told once
    /// `several` visitors were; with 0, at once.
    pub fn meet(&mut self, site: &str, cookie: MetCookie, bucket: Option<u8>, several: u32) {
        let Some(gathered) = self.of(site) else { return };
        let MetCookie { name, class, fate } = cookie;
        if gathered.waiting.len() >= MAX_COOKIES && !gathered.waiting.contains_key(&name) {
            // The place of a name that the fewest visitors were given: of a site that has a name for each of them, most wait for ever.
            let waits = |(_, by): &(CookieTally, Vec<u8>)| by.len() < several as usize;
            let fewest = gathered.waiting.iter().filter(|(_, known)| waits(known));
            let Some(fewest) = fewest.min_by_key(|(_, (_, by))| by.len()).map(|(name, _)| name.clone())
            else {
                return;
            };
            gathered.waiting.remove(&fewest);
        }
        let (seen, by) = gathered.waiting.entry(name.clone()).or_default();
        seen.add(class, fate);
        if let Some(bucket) = bucket
            && by.len() < several as usize
            && !by.contains(&bucket)
        {
            by.push(bucket);
        }
        // That they were several is remembered: what comes later is told at once.
        if by.len() >= several as usize {
            gathered.tally.add_cookies(name, &std::mem::take(seen));
        }
    }

    /// Forgets what waits of other sites than these.
    pub fn retain_sites(&mut self, is_taught: impl Fn(&str) -> bool) {
        self.0.retain(|site, _| is_taught(site));
    }

    /// Puts what was counted of each site into a batch that goes to one of its learners, if there is one.
    pub fn join(&mut self, batches: &mut [Batch], navigations: &mut [NavigationBatch]) {
        for (site, gathered) in &mut self.0 {
            if let Some(batch) = batches.iter_mut().find(|batch| batch.site == *site) {
                batch.tally = std::mem::take(&mut gathered.tally);
            } else if let Some(batch) = navigations.iter_mut().find(|batch| batch.site == *site) {
                batch.tally = std::mem::take(&mut gathered.tally);
            }
        }
        self.0.retain(|_, gathered| !gathered.tally.is_empty() || !gathered.waiting.is_empty());
    }

    /// Takes back what was counted of a site, and went with a batch that was not taken in. For that there is always a place: no more
    /// sites than were told at once come back.
    pub fn give_back(&mut self, site: &str, tally: &Tally) {
        if !tally.is_empty() {
            self.0.entry(site.to_owned()).or_default().tally.absorb(tally);
        }
    }

    fn of(&mut self, site: &str) -> Option<&mut Gathered> {
        if self.0.len() >= MAX_SITES && !self.0.contains_key(site) {
            // The place of one of which nothing but names of cookies waits for more visitors.
            let told = self.0.iter().find(|(_, gathered)| gathered.tally.is_empty());
            let told = told.map(|(site, _)| site.clone())?;
            self.0.remove(&told);
        }
        if !self.0.contains_key(site) {
            self.0.insert(site.to_owned(), Gathered::default());
        }
        self.0.get_mut(site)
    }
}

/// Takes a tally in, at `now` (milliseconds since the epoch).
///
/// # Errors
/// The store's own.
pub fn merge<S: Store>(store: &mut S, tally: &Tally, now: u64) -> Result<(), S::Error> {
    if tally.is_empty() {
        return Ok(());
    }
    let day = day_of(now);
    let name = name_of(day);
    let mut known: Tally = store.get(Kind::Tally, &name)?.map(|record| read(&record)).unwrap_or_default();
    known.absorb(tally);
    put(store, Kind::Tally, &name, &known, weeks((u64::from(day) + 1) * DAY_MS))?;
    store.truncate(Kind::Tally, MAX_DAYS)
}

/// What was counted on each day that is kept, the oldest first.
///
/// # Errors
/// The store's own.
pub fn days<S: Store>(store: &S, now: u64) -> Result<SortedMap<Day, Tally>, S::Error> {
    let first = day_of(now.saturating_sub(LIFE_MS));
    let all = store.all(Kind::Tally)?.into_iter();
    let of_days = all.filter_map(|(name, record)| Some((name.parse().ok()?, read(&record))));
    Ok(of_days.filter(|(day, _)| *day >= first).collect())
}

/// The name of a day's record: its number, so that names sort as days do.
fn name_of(day: Day) -> String {
    format!("{day:010}")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::learner::forget_old;
    use crate::store::Memory;
    use crate::tally::View;

    const SITE: &str = "shop.example";
    const NOW: u64 = 1_800_000_000_000;
    const PLAIN: Counted<'static> = Counted::View(View::Plain);

    fn cookie(name: &str) -> MetCookie {
        MetCookie { name: name.to_owned(), class: "session", fate: Fate::Deferred }
    }

    fn batch(site: &str) -> Batch {
        Batch { site: site.to_owned(), ..Batch::default() }
    }

    #[test]
    fn what_is_counted_goes_with_a_batch_of_its_site_and_waits_for_one() {
        let mut buffer = TallyBuffer::default();
        buffer.add(SITE, PLAIN, 2);
        buffer.join(&mut [batch("other.example")], &mut []);
        buffer.add(SITE, PLAIN, 3);
        let mut batches = [batch("other.example"), batch(SITE), batch(SITE)];
        let mut navigations = [NavigationBatch { site: SITE.to_owned(), ..NavigationBatch::default() }];
        buffer.join(&mut batches, &mut navigations);
        let counted: Vec<u64> = batches.iter().map(|batch| batch.tally.of(PLAIN)).collect();
        assert_eq!((counted, navigations[0].tally.is_empty()), (vec![0, 5, 0], true));
        buffer.add(SITE, PLAIN, 1);
        buffer.join(&mut [], &mut navigations);
        assert_eq!(navigations[0].tally.of(PLAIN), 1);
        buffer.add(SITE, PLAIN, 1);
        buffer.give_back(SITE, &navigations[0].tally);
        let mut again = [batch(SITE)];
        buffer.join(&mut again, &mut []);
        assert_eq!(again[0].tally.of(PLAIN), 2, "what was not taken in goes along with the next one");
        buffer.add(SITE, PLAIN, 1);
        buffer.retain_sites(|site| site != SITE);
        let mut again = [batch(SITE)];
        buffer.join(&mut again, &mut []);
        assert!(again[0].tally.is_empty());
    }

    #[test]
    fn a_cookies_name_is_told_once_several_visitors_were_given_it() {
        let mut buffer = TallyBuffer::default();
        let mut told = |buckets: &[Option<u8>], several| {
            for bucket in buckets {
                buffer.meet(SITE, cookie("sid"), *bucket, several);
            }
            let mut batches = [batch(SITE)];
            buffer.join(&mut batches, &mut []);
            batches[0].tally.cookies().get("sid").map(|seen| seen.of(Fate::Deferred))
        };
        assert_eq!(told(&[Some(1), Some(1), None, Some(2)], 3), None);
        assert_eq!(told(&[Some(3)], 3), Some(5), "with what was seen before");
        assert_eq!(told(&[Some(3)], 3), Some(1), "it stays told");
        let mut open = TallyBuffer::default();
        open.meet(SITE, cookie("a"), None, 0);
        let mut batches = [batch(SITE)];
        open.join(&mut batches, &mut []);
        assert_eq!(batches[0].tally.cookies().len(), 1);
    }

    #[test]
    fn sites_and_cookies_are_bounded() {
        let mut buffer = TallyBuffer::default();
        for number in 0..2 * MAX_SITES {
            buffer.add(&number.to_string(), PLAIN, 1);
        }
        assert_eq!(buffer.0.len(), MAX_SITES);
        for number in 0..2 * MAX_COOKIES {
            buffer.meet("0", cookie(&number.to_string()), Some(1), 3);
        }
        assert_eq!(buffer.0["0"].waiting.len(), MAX_COOKIES);
    }

    #[test]
    fn a_site_that_was_told_what_was_counted_leaves_its_place_to_another() {
        let mut buffer = TallyBuffer::default();
        for number in 0..2 * MAX_SITES {
            let site = number.to_string();
            buffer.add(&site, PLAIN, 1);
            // Of every other one a name waits for more visitors.
            if number % 2 == 0 {
                buffer.meet(&site, cookie("sid"), Some(1), 3);
            }
            let mut batches = [batch(&site)];
            buffer.join(&mut batches, &mut []);
            assert_eq!(batches[0].tally.of(PLAIN), 1, "{number}");
        }
        assert_eq!(buffer.0.len(), MAX_SITES - 1, "the last one had nothing that waits");
        for number in 0..MAX_SITES {
            buffer.add(&format!("new {number}"), PLAIN, 1);
        }
        buffer.add("one more", PLAIN, 1);
        assert_eq!(buffer.0.len(), MAX_SITES, "what was counted is forgotten for nobody");
        assert!(!buffer.0.contains_key("one more"));
        let mut tally = Tally::default();
        tally.add(PLAIN, 7);
        buffer.give_back("its learner had no room", &tally);
        let mut batches = [batch("its learner had no room")];
        buffer.join(&mut batches, &mut []);
        assert_eq!(batches[0].tally.of(PLAIN), 7);
    }

    #[test]
    fn names_that_are_given_to_one_visitor_each_do_not_keep_out_a_usual_one() {
        let mut buffer = TallyBuffer::default();
        for number in 0..3 * MAX_COOKIES {
            buffer.meet(SITE, cookie(&format!("of-{number}")), Some(1), 3);
        }
        for bucket in 1..=3 {
            buffer.meet(SITE, cookie("sid"), Some(bucket), 3);
        }
        for number in 0..MAX_COOKIES {
            buffer.meet(SITE, cookie(&format!("and-{number}")), Some(1), 3);
        }
        buffer.meet(SITE, cookie("sid"), Some(1), 3);
        let mut batches = [batch(SITE)];
        buffer.join(&mut batches, &mut []);
        let told: Vec<_> = batches[0]
            .tally
            .cookies()
            .iter()
            .map(|(name, seen)| (name.as_str(), seen.of(Fate::Deferred)))
            .collect();
        assert_eq!(told, [("sid", 4)]);
    }

    #[test]
    fn each_day_has_its_tally_and_none_is_kept_for_ever() {
        let mut store = Memory::default();
        let mut tally = Tally::default();
        let Ok(()) = merge(&mut store, &tally, NOW);
        assert_eq!(store.size().0, 0, "nothing was counted");
        tally.add(PLAIN, 4);
        for (at, times) in [(NOW, 2), (NOW + DAY_MS, 1)] {
            for _ in 0..times {
                let Ok(()) = merge(&mut store, &tally, at);
            }
        }
        let Ok(known) = days(&store, NOW + DAY_MS);
        let known: Vec<(Day, u64)> = known.into_iter().map(|(day, tally)| (day, tally.of(PLAIN))).collect();
        assert_eq!(known, [(day_of(NOW), 8), (day_of(NOW) + 1, 4)]);
        let Ok(()) = forget_old(&mut store, Kind::Tally, NOW + LIFE_MS + DAY_MS);
        let Ok(later) = days(&store, NOW + LIFE_MS + DAY_MS);
        assert_eq!((store.size().0, later.len()), (1, 1));
        let Ok(()) = forget_old(&mut store, Kind::Tally, NOW + LIFE_MS + 2 * DAY_MS);
        assert_eq!(store.size().0, 0);
        for day in 0..60 {
            let Ok(()) = merge(&mut store, &tally, NOW + day * DAY_MS);
        }
        assert_eq!(store.size().0, MAX_DAYS);
    }
}
