//! Which pages a hint learner goes on remembering when there are more than it may.
//!
//! Most places are for pages that several visitors know: those that are read most often now. How often that is follows from their
//! views, which fade in weeks, and from the time since the last one: after a redesign a record that nobody comes to any more would
//! otherwise hold its place until then. The other places are for whatever was seen last, so that a page that has just come has the time
//! to gather views, and for this alone: made-up pages, of which few visitors know, push out each other and none that several know.
//!
//! More leave than there are too many, so that records are looked through seldom.

use super::learner::read;
use super::names::is_hidden;
use super::page::HALF_LIFE_MS;
use crate::limits::MAX_PAGES;
use crate::sorting;
use crate::store::{Kind, Store};
use serde::Deserialize;

/// For how many pages that several visitors know there are places, whatever else was seen since.
const MAX_OF_SEVERAL: usize = MAX_PAGES / 10 * 8;

/// How many pages stay where there are too many.
const KEPT: usize = MAX_PAGES / 10 * 9;

/// For how long a view counts on average, in milliseconds, as its weight halves each week: so long a page with a weight of one was not
/// viewed on average.
const MEAN_LIFE_MS: f64 = HALF_LIFE_MS / std::f64::consts::LN_2;

/// What a page's record says of how often it is viewed.
#[derive(Clone, Debug, Default, PartialEq, Deserialize)]
#[serde(default)]
struct Viewed {
    /// The views, decayed to `at`.
    views: f64,
    at: u64,
    /// When a view was last read; 0 in a record of an older version. Both in milliseconds since the epoch.
    seen: u64,
}

impl Viewed {
    fn last(&self) -> u64 {
        if self.seen > 0 { self.seen } else { self.at }
    }

    /// How many views it has at `now` at the rate at which it seems to be viewed: no more than one in the time that has passed since
    /// the last.
    fn weight(&self, now: u64) -> f64 {
        // Milliseconds of any real clock fit the 52 bits of an f64.
        #[allow(clippy::cast_precision_loss)]
        let since = |at: u64| now.saturating_sub(at) as f64;
        let views = self.views * (-since(self.at) / HALF_LIFE_MS).exp2();
        views.min(MEAN_LIFE_MS / since(self.last()).max(1.0))
    }
}

/// Has pages leave where there are more than a learner may remember, at `now` (milliseconds since the epoch).
///
/// # Errors
/// The store's own.
pub(super) fn keep_bound<S: Store>(store: &mut S, now: u64) -> Result<(), S::Error> {
    if store.count(Kind::Page)? <= MAX_PAGES {
        return Ok(());
    }
    let all = store.all(Kind::Page)?.into_iter().map(|(name, record)| (name, read(&record))).collect();
    for name in leaving(all, now) {
        store.remove(Kind::Page, &name)?;
    }
    Ok(())
}

/// Those of all pages that leave.
fn leaving(all: Vec<(String, Viewed)>, now: u64) -> Vec<String> {
    let (mut of_several, mut others): (Vec<_>, Vec<_>) =
        all.into_iter().partition(|(name, _)| !is_hidden(name));
    sorting::sort_by(&mut of_several, |(a_name, a), (b_name, b)| {
        let by_weight = b.weight(now).total_cmp(&a.weight(now));
        by_weight.then_with(|| b.views.total_cmp(&a.views)).then_with(|| a_name.cmp(b_name))
    });
    others.extend(of_several.split_off(of_several.len().min(MAX_OF_SEVERAL)));
    sorting::sort_by(&mut others, |(a_name, a), (b_name, b)| {
        let by_time = b.last().cmp(&a.last()).then_with(|| b.views.total_cmp(&a.views));
        by_time.then_with(|| a_name.cmp(b_name))
    });
    let room = KEPT.saturating_sub(of_several.len());
    others.into_iter().skip(room).map(|(name, _)| name).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::rank::HintPreferences;
    use crate::learn::learner::{Publication, choose, merge, put_page};
    use crate::learn::next::visitor::{DAY_MS, day_of};
    use crate::learn::observation::{Batch, Observation};
    use crate::learn::page::Page;
    use crate::published::hint_snapshot::HintSnapshot;
    use crate::sorting::map::SortedSet;
    use crate::store::Memory;

    const START: u64 = 1_800_000_000_000;

    fn preferences() -> HintPreferences {
        HintPreferences { several: 3, ..HintPreferences::default() }
    }

    /// A learner that remembers as many pages as it may, each of which several visitors know.
    fn full(views: impl Fn(u32) -> f64) -> Memory {
        let mut store = Memory::default();
        for number in 0..u32::try_from(MAX_PAGES).unwrap() {
            let page =
                Page { at: START, seen: START, views: views(number), is_known: true, ..Page::default() };
            let Ok(()) = put_page(&mut store, &format!("/old/{number}"), &page);
        }
        store
    }

    fn learn(store: &mut Memory, views: impl Iterator<Item = (String, u8)>, now: u64) {
        let view = |(path, by)| Observation { path, by: Some(by), ..Observation::default() };
        let observations = views.map(view).collect();
        let batch =
            Batch { site: "shop.example".to_owned(), day: day_of(now), observations, ..Batch::default() };
        let Ok(()) = merge(store, &batch, &preferences(), now);
    }

    fn names(store: &Memory) -> SortedSet<String> {
        store.records(Kind::Page).map(|(name, ..)| name.to_owned()).collect()
    }

    fn count(store: &Memory, start: &str) -> usize {
        names(store).iter().filter(|name| name.starts_with(start)).count()
    }

    #[test]
    fn a_page_that_gets_a_fifth_of_the_views_is_learned_by_a_learner_that_is_full() {
        let mut store = full(|_| 144.0);
        // Ten views a minute, of which two are of one page and the others of pages that are viewed once.
        for minute in 1..=2 {
            let strays = (0..8).map(|stray| (format!("/stray/{minute}/{stray}"), stray));
            let new = [("/new".to_owned(), minute), ("/new".to_owned(), minute + 10)];
            learn(&mut store, strays.chain(new), START + u64::from(minute) * 60_000);
        }
        let Ok(Some(Publication { value, .. })) = choose(&mut store, &preferences(), START + 120_000) else {
            panic!("something to publish")
        };
        assert!(HintSnapshot::parse(&value).unwrap().known("/new").is_some());
        assert_eq!(count(&store, "/old/"), 891, "those of the first batch left with the first cut");
        // It stays, however many others come.
        for minute in 3..=103_u8 {
            let strays = (0..8).map(|stray| (format!("/stray/{minute}/{stray}"), stray));
            let new = [("/new".to_owned(), minute), ("/new".to_owned(), minute)];
            learn(&mut store, strays.chain(new), START + u64::from(minute) * 60_000);
            assert!(names(&store).contains("/new") && names(&store).len() <= MAX_PAGES, "{minute}");
        }
    }

    #[test]
    fn what_one_visitor_makes_up_pushes_out_what_few_know_and_no_more_of_what_several_know() {
        let mut store = full(|number| 3.0 + f64::from(number) / 10.0);
        for round in 1..=100 {
            let made_up = (0..100).map(|stray| (format!("/made-up/{round}/{stray}"), 7));
            learn(&mut store, made_up, START + round * 60_000);
            assert!(names(&store).len() <= MAX_PAGES);
        }
        let expected: SortedSet<String> = (200..1000).map(|number| format!("/old/{number}")).collect();
        let kept: SortedSet<String> = names(&store).into_iter().filter(|name| !is_hidden(name)).collect();
        assert_eq!(kept, expected, "those that are viewed most");
        assert_eq!(count(&store, "#"), 200, "what came last has the other places");
    }

    #[test]
    fn after_a_redesign_what_nobody_comes_to_any_more_makes_room() {
        let mut store = full(|_| 144.0);
        // Each of five hundred new pages is viewed five times a day by different visitors.
        for day in 0..5 {
            for turn in 0..500_u32 {
                let path = |at: u32| format!("/new/{}", (turn + at * 50) % 500);
                let now = START + day * DAY_MS + u64::from(turn) * DAY_MS / 500;
                learn(&mut store, (0..5).map(|at| (path(u32::from(at / 2)), at)), now);
            }
        }
        assert_eq!((count(&store, "/new/"), count(&store, "#")), (500, 0));
    }

    #[test]
    fn what_was_not_viewed_for_long_weighs_less_however_often_it_was_before() {
        let week = 7 * DAY_MS;
        let weight = |views: f64, at: u64, seen: u64| Viewed { views, at, seen }.weight(START + week);
        for (views, days, expected) in [(144.0, 0, 144.0), (144.0, 1, 10.1), (144.0, 5, 2.02), (1.5, 5, 0.91)]
        {
            let at = START + week - days * DAY_MS;
            for weight in [weight(views, at, at), weight(views, at, 0)] {
                assert!((weight - expected).abs() < 0.01, "{views} {days}: {weight}");
            }
        }
        // A clock that was ahead.
        assert!((weight(2.0, START + 2 * week, START + 2 * week) - 2.0).abs() < 1e-9);
    }

    #[test]
    fn those_stay_that_are_viewed_most_and_then_those_that_were_seen_last() {
        let page = |views: f64, at: u64| Viewed { views, at, seen: at };
        let mut all: Vec<(String, Viewed)> =
            (0..800).map(|number| (format!("/{number}"), page(9.0, START))).collect();
        all.extend((0..150).map(|number| (format!("/few/{number:03}"), page(3.0, START - number))));
        all.extend((0..51).map(|number| (format!("#{number:02}"), page(1.0, START + number - 40))));
        let leaving: SortedSet<String> = leaving(all, START + 60_000).into_iter().collect();
        let expected: SortedSet<String> = (49..150).map(|number| format!("/few/{number:03}")).collect();
        assert_eq!(leaving, expected, "ten came later, and then two each time of 41");
    }
}
