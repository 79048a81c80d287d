//! Which third parties' stylesheets a learner asks for by itself, and when; and what is remembered of those that were read.
//!
//! A learner asks, and no isolate does: of a busy site there are hundreds of isolates, and one learner, which knows what all of them
//! have seen. It asks from its alarm, when no visitor's request is at hand, so that neither the time nor the place of the question tells
//! of a visitor. Each sheet is asked for once in a day, whatever becomes of it, and so many in a day ([`MAX_A_DAY`]): a page that names
//! a thousand sheets has Headstart ask for no more than one that names a few.
//!
//! A site with several learners has one that asks, the first; the others ask that one, which answers by what it has read.
//!
//! What a sheet has a browser fetch counts for the pages that use the sheet, as what the site's own sheets do
//! ([`Page::candidates`](super::page::Page::candidates)). Sheets that it imports are asked for in their turn, up to a depth.

use super::learner::{put, read, weeks};
use super::next::visitor::DAY_MS;
use super::observation::SheetObservation;
use super::sheet::KnownSheet;
use super::third_party_sheet;
use crate::sorting;
use crate::sorting::map::SortedMap;
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};

/// The most sheets that are wanted at a time: those that most views use.
const MAX_WANTED: usize = 50;

/// The most that are asked for within 24 hours.
pub const MAX_A_DAY: usize = 50;

/// The most that are asked for one after the other, before what was read is published.
pub const MAX_AT_ONCE: usize = 8;

/// After how long another learner is asked again that did not know, in milliseconds.
const AGAIN_MS: u64 = 3600 * 1000;

/// The most sheets that are remembered.
const MAX_REMEMBERED: usize = 100;

/// The fact that holds the list.
const FACT: &str = "reading";

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct ReadingList {
    /// The names of the sheets that known pages use, those that most views use first.
    wanted: Vec<String>,
    /// Which were asked for within 24 hours, and when, in milliseconds since the epoch.
    asked: Vec<(String, u64)>,
}

impl ReadingList {
    /// Takes in which sheets are wanted, and how many views use each.
    fn want(&mut self, wanted: SortedMap<String, f64>) {
        let mut wanted: Vec<(String, f64)> = wanted.into_iter().collect();
        sorting::sort_by(&mut wanted, |(_, a), (_, b)| b.total_cmp(a));
        self.wanted = wanted.into_iter().take(MAX_WANTED).map(|(name, _)| name).collect();
    }

    /// Forgets what was asked for more than 24 hours ago.
    fn expire(&mut self, now: u64) {
        self.asked.retain(|(_, at)| now.saturating_sub(*at) < DAY_MS);
    }

    /// Takes those that are to be asked for now. They are noted as asked for, whatever becomes of it.
    fn take_due(&mut self, now: u64) -> Vec<String> {
        let wanted = std::mem::take(&mut self.wanted);
        let due = wanted.iter().filter(|name| self.take(name, now)).take(MAX_AT_ONCE).cloned().collect();
        self.wanted = wanted;
        due
    }

    /// Takes one of any name, if it may be asked for now.
    fn take(&mut self, name: &str, now: u64) -> bool {
        self.expire(now);
        let may_be = self.asked.len() < MAX_A_DAY && !self.asked.iter().any(|(asked, _)| asked == name);
        if may_be {
            self.asked.push((name.to_owned(), now));
        }
        may_be
    }

    /// Has one be asked for again in a while, and not tomorrow.
    fn ask_again(&mut self, name: &str, now: u64) {
        if let Some((_, at)) = self.asked.iter_mut().find(|(asked, _)| asked == name) {
            *at = now.saturating_sub(DAY_MS - AGAIN_MS);
        }
    }
}

fn list<S: Store>(store: &S) -> Result<ReadingList, S::Error> {
    Ok(store.get(Kind::Fact, FACT)?.map(|list| read(&list)).unwrap_or_default())
}

/// Notes which sheets the known pages of a learner use, and how many views each, at `now` (milliseconds since the epoch).
///
/// # Errors
/// The store's own.
pub(super) fn want<S: Store>(
    store: &mut S,
    wanted: SortedMap<String, f64>,
    now: u64,
) -> Result<(), S::Error> {
    change(store, |list| {
        list.want(wanted);
        list.expire(now);
    })
}

/// Changes the list, and stores it where it has changed.
fn change<S: Store, T>(store: &mut S, change: impl FnOnce(&mut ReadingList) -> T) -> Result<T, S::Error> {
    let before = list(store)?;
    let mut list = before.clone();
    let changed = change(&mut list);
    if list != before {
        put(store, Kind::Fact, FACT, &list, 0.0)?;
    }
    Ok(changed)
}

/// Takes the sheets that are to be asked for at `now` (milliseconds since the epoch): each once in 24 hours.
///
/// # Errors
/// The store's own.
pub fn take_due<S: Store>(store: &mut S, now: u64) -> Result<Vec<String>, S::Error> {
    change(store, |list| list.take_due(now))
}

/// Whether a sheet of any name is to be asked for at `now` (milliseconds since the epoch), for another learner of the site.
///
/// # Errors
/// The store's own.
pub fn take<S: Store>(store: &mut S, name: &str, now: u64) -> Result<bool, S::Error> {
    change(store, |list| list.take(name, now))
}

/// Has a sheet be asked for again in a while: the learner that asks for it did not know it yet.
///
/// # Errors
/// The store's own.
pub fn ask_again<S: Store>(store: &mut S, name: &str, now: u64) -> Result<(), S::Error> {
    change(store, |list| list.ask_again(name, now))
}

/// What is remembered of a sheet, as it was read last.
///
/// # Errors
/// The store's own.
pub fn latest<S: Store>(store: &S, name: &str) -> Result<Option<SheetObservation>, S::Error> {
    let record = store.get(Kind::ThirdPartySheet, name)?;
    Ok(record.map(|record| read::<KnownSheet>(&record).latest()))
}

/// Remembers what a sheet was found to have a browser fetch, at `now` (milliseconds since the epoch).
///
/// # Errors
/// The store's own.
pub fn was_read<S: Store>(
    store: &mut S,
    name: &str,
    sheet: &SheetObservation,
    now: u64,
) -> Result<(), S::Error> {
    let known = store.get(Kind::ThirdPartySheet, name)?;
    let mut known: KnownSheet = known.map(|record| read(&record)).unwrap_or_default();
    // It is read for pages that are known.
    if known.absorb(sheet, true) {
        put(store, Kind::ThirdPartySheet, name, &known, weeks(now))?;
        store.truncate(Kind::ThirdPartySheet, MAX_REMEMBERED)?;
    }
    Ok(())
}

/// What is remembered of third parties' sheets, by their names.
///
/// # Errors
/// The store's own.
pub(super) fn known<S: Store>(store: &S) -> Result<SortedMap<String, KnownSheet>, S::Error> {
    let all = store.all(Kind::ThirdPartySheet)?.into_iter();
    // Should a record of another kind be read for one of these, it would be credited to no page of the site.
    Ok(all
        .filter(|(name, _)| third_party_sheet::is_name(name))
        .map(|(name, record)| (name, read(&record)))
        .collect())
}

/// Forgets all other sheets than these, and that they were asked for.
///
/// # Errors
/// The store's own.
pub(super) fn retain<S: Store>(store: &mut S, is_kept: impl Fn(&String) -> bool) -> Result<(), S::Error> {
    for (name, _) in store.all(Kind::ThirdPartySheet)?.iter().filter(|(name, _)| !is_kept(name)) {
        store.remove(Kind::ThirdPartySheet, name)?;
    }
    change(store, |list| {
        list.wanted.retain(&is_kept);
        list.asked.retain(|(name, _)| is_kept(name));
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::learner::forget_old;
    use crate::learn::names::LIFE_MS;
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    fn sheet(number: usize) -> String {
        format!("https://fonts.example/{number:04}.css")
    }

    fn wanted(numbers: impl IntoIterator<Item = usize>) -> SortedMap<String, f64> {
        numbers.into_iter().map(|number| (sheet(number), 1.0)).collect()
    }

    #[test]
    fn a_sheet_is_asked_for_once_in_24_hours_whatever_becomes_of_it() {
        let mut list = ReadingList::default();
        list.want(wanted(0..2));
        assert_eq!(list.take_due(START), [sheet(0), sheet(1)]);
        for later in [0, 1, DAY_MS / 2, DAY_MS - 1] {
            assert!(list.take_due(START + later).is_empty(), "{later}");
        }
        list.want(wanted(1..3));
        assert_eq!(list.take_due(START + 5), [sheet(2)], "one that is new need not wait");
        list.want(wanted(0..3));
        assert_eq!(list.take_due(START + DAY_MS), [sheet(0), sheet(1)]);
        assert!(list.take_due(START - DAY_MS).is_empty(), "a clock that runs backwards");
    }

    #[test]
    fn so_many_are_asked_for_in_a_day_and_those_that_most_views_use_come_first() {
        let mut list = ReadingList::default();
        let views = |number: usize| (sheet(number), if number == 777 { 9.0 } else { 1.0 });
        list.want((0..1000).map(views).collect());
        assert!(list.wanted.len() <= MAX_WANTED);
        let first = list.take_due(START);
        assert_eq!((first.len(), first[0].as_str()), (MAX_AT_ONCE, sheet(777).as_str()));
        let mut asked = first.len();
        // Each time others are named.
        for round in 1..100 {
            list.want(wanted(round * 1000..round * 1000 + 500));
            asked += list.take_due(START + round as u64).len();
        }
        assert_eq!(asked, MAX_A_DAY);
        assert!(list.asked.len() <= MAX_A_DAY);
        assert_eq!(list.take_due(START + DAY_MS + 100).len(), MAX_AT_ONCE);
    }

    #[test]
    fn another_learner_is_told_what_was_read_and_asks_again_before_the_next_day() {
        let (mut first, mut other) = (Memory::default(), ReadingList::default());
        assert_eq!(take(&mut first, &sheet(1), START), Ok(true));
        assert_eq!(take(&mut first, &sheet(1), START + 1), Ok(false), "somebody has asked already");
        assert_eq!(latest(&first, &sheet(1)), Ok(None), "and there is no answer yet");
        other.want(wanted(1..2));
        assert_eq!(other.take_due(START), [sheet(1)]);
        other.ask_again(&sheet(1), START);
        assert!(other.take_due(START + AGAIN_MS - 1).is_empty());
        assert_eq!(other.take_due(START + AGAIN_MS), [sheet(1)]);
        let origin = crate::hints::Origin::parse("https://files.example").unwrap();
        let usage = crate::hints::usage::Usage::LOOKUP;
        let read = SheetObservation {
            at: START,
            uses: vec![crate::learn::observation::OriginUse { origin, usage }],
            imports: vec![sheet(2)],
            ..SheetObservation::default()
        };
        let Ok(()) = was_read(&mut first, &sheet(1), &read, START);
        assert_eq!(latest(&first, &sheet(1)), Ok(Some(read)));
    }

    #[test]
    fn what_was_read_is_bounded_and_forgotten_after_four_weeks() {
        let mut store = Memory::default();
        for number in 0..5 * MAX_REMEMBERED {
            let read = SheetObservation { at: START, ..SheetObservation::default() };
            let Ok(()) = was_read(&mut store, &sheet(number), &read, START);
        }
        assert_eq!(known(&store).unwrap().len(), MAX_REMEMBERED);
        let Ok(()) = forget_old(&mut store, Kind::ThirdPartySheet, START + LIFE_MS - 1);
        assert_eq!(known(&store).unwrap().len(), MAX_REMEMBERED);
        let Ok(()) = forget_old(&mut store, Kind::ThirdPartySheet, START + LIFE_MS);
        assert!(known(&store).unwrap().is_empty());
    }
}
