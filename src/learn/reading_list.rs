//! Which third parties' stylesheets a learner asks for by itself, and when; and what is remembered of those that were read.
//!
//! A learner asks, and no isolate does: of a busy site there are hundreds of isolates, and one learner, which knows what all of them
//! have seen. It asks from its alarm, when no visitor's request is at hand, so that neither the time nor the place of the question tells
//! of a visitor. Each sheet is asked for once in a day, whatever becomes of it, and so many in a day ([`MAX_A_DAY`]): a page that names
//! a thousand sheets has Headstart ask for no more than one that names a few.
//!
//! What a sheet has a browser fetch counts for the pages that use the sheet, as what the site's own sheets do
//! ([`Page::candidates`](super::page::Page::candidates)). Sheets that it imports are asked for in their turn, up to a depth.

use super::learner::{put, read, weeks};
use super::names::LIFE_MS;
use super::next::visitor::DAY_MS;
use super::observation::SheetObservation;
use super::sheet::KnownSheet;
use super::third_party_sheet;
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// The most sheets that are wanted at a time: those that most views use.
const MAX_WANTED: usize = 50;

/// The most that are asked for within 24 hours.
pub const MAX_A_DAY: usize = 50;

/// The most that are asked for one after the other, before what was read is published.
pub const MAX_AT_ONCE: usize = 8;

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
    /// Takes in which sheets are wanted, and how many views use each. Answers whether that changed anything.
    fn want(&mut self, wanted: BTreeMap<String, f64>) -> bool {
        let mut wanted: Vec<(String, f64)> = wanted.into_iter().collect();
        wanted.sort_by(|(_, a), (_, b)| b.total_cmp(a));
        let wanted: Vec<String> = wanted.into_iter().take(MAX_WANTED).map(|(name, _)| name).collect();
        let has_changed = self.wanted != wanted;
        self.wanted = wanted;
        has_changed
    }

    /// Takes those that are to be asked for now. They are noted as asked for, whatever becomes of it.
    fn take_due(&mut self, now: u64) -> Vec<String> {
        self.asked.retain(|(_, at)| now.saturating_sub(*at) < DAY_MS);
        let left = MAX_A_DAY.saturating_sub(self.asked.len()).min(MAX_AT_ONCE);
        let is_due = |name: &&String| !self.asked.iter().any(|(asked, _)| asked == *name);
        let due: Vec<String> = self.wanted.iter().filter(is_due).take(left).cloned().collect();
        self.asked.extend(due.iter().map(|name| (name.clone(), now)));
        due
    }
}

fn list<S: Store>(store: &S) -> Result<ReadingList, S::Error> {
    Ok(store.get(Kind::Fact, FACT)?.map(|list| read(&list)).unwrap_or_default())
}

/// Notes which sheets the known pages of a learner use, and how many views each.
///
/// # Errors
/// The store's own.
pub(super) fn want<S: Store>(store: &mut S, wanted: BTreeMap<String, f64>) -> Result<(), S::Error> {
    let mut list = list(store)?;
    if list.want(wanted) { put(store, Kind::Fact, FACT, &list, 0.0) } else { Ok(()) }
}

/// Takes the sheets that are to be asked for at `now` (milliseconds since the epoch): each once in 24 hours.
///
/// # Errors
/// The store's own.
pub fn take_due<S: Store>(store: &mut S, now: u64) -> Result<Vec<String>, S::Error> {
    let mut list = list(store)?;
    let due = list.take_due(now);
    if !due.is_empty() {
        put(store, Kind::Fact, FACT, &list, 0.0)?;
    }
    Ok(due)
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
    if known.absorb(sheet) {
        put(store, Kind::ThirdPartySheet, name, &known, weeks(now))?;
        store.truncate(Kind::ThirdPartySheet, MAX_REMEMBERED)?;
    }
    Ok(())
}

/// What is remembered of third parties' sheets, by their names.
///
/// # Errors
/// The store's own.
pub(super) fn known<S: Store>(store: &S) -> Result<BTreeMap<String, KnownSheet>, S::Error> {
    let all = store.all(Kind::ThirdPartySheet)?.into_iter();
    // Should a record of another kind be read for one of these, it would be credited to no page of the site.
    Ok(all.filter(|(name, _)| third_party_sheet::is_name(name)).map(|(name, record)| (name, read(&record))).collect())
}

/// Forgets the sheets that were not read for four weeks.
///
/// # Errors
/// The store's own.
pub(super) fn forget_old<S: Store>(store: &mut S, now: u64) -> Result<(), S::Error> {
    for name in store.due_before(Kind::ThirdPartySheet, weeks(now.saturating_sub(LIFE_MS)))?.0 {
        store.remove(Kind::ThirdPartySheet, &name)?;
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    fn sheet(number: usize) -> String {
        format!("https://fonts.example/{number:04}.css")
    }

    fn wanted(numbers: impl IntoIterator<Item = usize>) -> BTreeMap<String, f64> {
        numbers.into_iter().map(|number| (sheet(number), 1.0)).collect()
    }

    #[test]
    fn a_sheet_is_asked_for_once_in_24_hours_whatever_becomes_of_it() {
        let mut list = ReadingList::default();
        assert!(list.want(wanted(0..2)) && !list.want(wanted(0..2)));
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
    fn what_was_read_is_bounded_and_forgotten_after_four_weeks() {
        let mut store = Memory::default();
        for number in 0..5 * MAX_REMEMBERED {
            let read = SheetObservation { at: START, ..SheetObservation::default() };
            let Ok(()) = was_read(&mut store, &sheet(number), &read, START);
        }
        assert_eq!(known(&store).unwrap().len(), MAX_REMEMBERED);
        let Ok(()) = forget_old(&mut store, START + LIFE_MS - 1);
        assert_eq!(known(&store).unwrap().len(), MAX_REMEMBERED);
        let Ok(()) = forget_old(&mut store, START + LIFE_MS);
        assert!(known(&store).unwrap().is_empty());
    }
}
