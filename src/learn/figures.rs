//! What a learner says for the report: what was counted, how fast pages were, and how much it keeps.

use super::next::visitor::Day;
use super::tallies;
use super::vitals::{self, Summary, Totals};
use crate::sorting;
use crate::sorting::map::SortedMap;
use crate::store::{Kind, Store};
use crate::tally::Tally;
use serde::{Deserialize, Serialize};

/// The most routes whose speeds are said: those of which most was heard.
const MAX_ROUTES: usize = 100;

/// The fact under which it is remembered when something was published last.
const PUBLISHED_AT: &str = "published-at";

/// How much a learner keeps of a kind.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Kept {
    /// Of what.
    pub kind: String,
    /// How many records.
    pub records: usize,
    /// How many bytes they have.
    pub bytes: usize,
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub struct Figures {
    /// What was counted on each day.
    pub days: SortedMap<Day, Tally>,
    /// How fast pages were, all together.
    pub totals: Totals,
    /// The same for the routes of which most was heard.
    pub routes: Vec<Summary>,
    /// How much is kept.
    pub kept: Vec<Kept>,
    /// When something was published last, in milliseconds since the epoch.
    pub published_at: Option<u64>,
}

/// What a learner says at `now`, in milliseconds since the epoch.
///
/// # Errors
/// The store's own.
pub fn of<S: Store>(store: &S, now: u64) -> Result<Figures, S::Error> {
    let mut heard: SortedMap<String, f64> = SortedMap::new();
    let mut routes = vitals::summaries(store, now)?;
    for summary in &routes {
        *heard.entry(summary.route.clone()).or_default() += summary.count;
    }
    let mut most: Vec<(f64, String)> = heard.into_iter().map(|(route, count)| (count, route)).collect();
    sorting::sort_by(&mut most, |one, other| other.0.total_cmp(&one.0));
    most.truncate(MAX_ROUTES);
    routes.retain(|summary| most.iter().any(|(_, route)| *route == summary.route));
    let mut kept = Vec::new();
    for (kind, name) in Kind::OF_LEARNERS {
        let records = store.count(kind)?;
        if records > 0 {
            kept.push(Kept { kind: name.to_owned(), records, bytes: store.bytes(kind)? });
        }
    }
    Ok(Figures {
        days: tallies::days(store, now)?,
        totals: vitals::totals(store, now)?,
        routes,
        kept,
        published_at: published_at(store)?,
    })
}

/// When something was published last, in milliseconds since the epoch; `None` where nothing ever was.
///
/// # Errors
/// The store's own.
pub fn published_at<S: Store>(store: &S) -> Result<Option<u64>, S::Error> {
    Ok(store.get(Kind::Fact, PUBLISHED_AT)?.and_then(|at| at.parse().ok()))
}

/// Remembers that something was published at `now`.
///
/// # Errors
/// The store's own.
pub fn published<S: Store>(store: &mut S, now: u64) -> Result<(), S::Error> {
    store.put(Kind::Fact, PUBLISHED_AT, &now.to_string(), 0.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::report::{NavigationKind, Report, Vitals};
    use crate::store::Memory;
    use crate::tally::{Counted, View};

    const NOW: u64 = 1_800_000_000_000;

    fn report(navigation: NavigationKind, lcp: u32) -> Report {
        let vitals = Vitals { lcp: Some(lcp), ..Vitals::default() };
        Report { navigation, vitals, ..Report::default() }
    }

    #[test]
    fn a_learner_says_what_it_has_counted_and_keeps() {
        let mut store = Memory::default();
        assert_eq!(of(&store, NOW), Ok(Figures::default()));
        let mut tally = Tally::default();
        tally.add(Counted::View(View::Plain), 7);
        let Ok(()) = tallies::merge(&mut store, &tally, NOW);
        for path in ["/a", "/b"] {
            for lcp in [500, 1000, 2000] {
                let Ok(()) = vitals::merge(&mut store, path, &report(NavigationKind::Plain, lcp), NOW);
            }
            let Ok(()) = vitals::merge(&mut store, path, &report(NavigationKind::Prefetched, 100), NOW);
        }
        let Ok(()) = published(&mut store, NOW);
        let Ok(figures) = of(&store, NOW);
        assert_eq!(figures.days.values().map(|tally| tally.of(Counted::View(View::Plain))).sum::<u64>(), 7);
        let [_, _, lcp, ..] = &figures.totals[&NavigationKind::Plain];
        assert_eq!((lcp.count(), figures.totals.len()), (6.0, 2), "of both pages");
        assert!(lcp.quantile(0.5).is_some_and(|lcp| (900..1100).contains(&lcp)));
        assert_eq!((figures.routes.len(), figures.published_at), (4, Some(NOW)));
        let kept: Vec<(&str, usize)> =
            figures.kept.iter().map(|kept| (kept.kind.as_str(), kept.records)).collect();
        assert_eq!(kept, [("speeds of routes", 2), ("days of counts", 1)]);
        let read: Figures = serde_json::from_str(&serde_json::to_string(&figures).unwrap()).unwrap();
        assert_eq!(read, figures);
    }

    #[test]
    fn of_many_routes_those_are_said_of_which_most_was_heard() {
        let mut store = Memory::default();
        for route in 0..150 {
            let path = format!("/{route}");
            for _ in 0..=route % 3 {
                let Ok(()) = vitals::merge(&mut store, &path, &report(NavigationKind::Plain, 100), NOW);
            }
        }
        let Ok(figures) = of(&store, NOW);
        assert_eq!(figures.routes.len(), MAX_ROUTES);
        assert!(
            figures.routes.iter().filter(|summary| summary.count > 1.5).count() == 100,
            "the others left room"
        );
    }
}
