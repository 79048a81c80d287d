//! How much faster pages are that are given hints and rules, by the views of pages that are held out
//! ([`holdout`](crate::switches::holdout)).
//!
//! Pages of one route in windows of one class are alike; so each route and class is a stratum, in which the medians of the two arms
//! are compared. What is told is the mean of the strata's differences, each weighed by how much it tells: the harmonic mean of its
//! arms' views. The interval is one of 95 percent: a median's error follows from the quantiles around it (Woodruff, 1952), of all
//! kinds of navigation together, since which kind a view is follows from what it was given. Views count as independent of each
//! other, so that what single pages have by chance makes the true interval a little wider. A difference whose interval has 0 in it
//! cannot be told from none.

use super::learner::put;
use super::report::Viewport;
use super::vitals::{FIGURES, Histogram, RouteVitals};
use crate::store::{Kind, Store};
use serde::{Deserialize, Serialize};

/// How many pages a learner must know, and how many views they must have had together on the day before, before any is held out.
pub const LEAST_PAGES: usize = 20;
/// See [`LEAST_PAGES`].
pub const LEAST_VIEWS_A_DAY: f64 = 1000.0;

/// Of how much of either it goes on, once it has begun.
const GOES_ON: f64 = 0.5;

/// The name of the fact that it has begun.
const FACT: &str = "compares";

/// How many views each arm must have before a difference is told, and how many in a stratum.
pub const LEAST_VIEWS: f64 = 100.0;
const LEAST_IN_STRATUM: f64 = 5.0;

/// How many standard errors an interval of 95 percent has on each side.
const WIDTH: f64 = 1.96;

/// What is compared.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Compared {
    /// A page's own hints and preloads.
    Hints,
    /// The rules of the page from which a visitor has come.
    Rules,
}

impl Compared {
    /// Both.
    pub const ALL: [Self; 2] = [Self::Hints, Self::Rules];

    /// What it is, for people.
    #[must_use]
    pub fn in_words(self) -> &'static str {
        match self {
            Self::Hints => "a page's own hints and preloads",
            Self::Rules => "rules of the page before",
        }
    }

    /// The name of an arm in a record.
    pub(super) fn arm(self, is_held_out: bool) -> &'static str {
        match (self, is_held_out) {
            (Self::Hints, false) => "page given",
            (Self::Hints, true) => "page held out",
            (Self::Rules, false) => "source given",
            (Self::Rules, true) => "source held out",
        }
    }
}

/// What one figure says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Comparison {
    /// What is compared.
    pub of: Compared,
    /// One of [`FIGURES`].
    pub figure: String,
    /// How many views of those that were given it have told; those of a week ago count half.
    pub given: f64,
    /// How many of those that were held out.
    pub held_out: f64,
    /// The difference; `None` where it cannot be told yet.
    pub gain: Option<Gain>,
}

impl Comparison {
    /// By how much the median is smaller where it is given, for people.
    #[must_use]
    pub fn in_words(&self) -> String {
        let unit = if self.figure == "cls" { "thousandths" } else { "ms" };
        let Some(gain) = self.gain else {
            return format!("cannot tell yet: each takes {LEAST_VIEWS} views");
        };
        let doubt = if gain.is_certain() { "" } else { ", so it may be nothing" };
        format!("{:.0} {unit} ({:.0} to {:.0}{doubt})", gain.by, gain.from, gain.to)
    }
}

/// By how much the median is smaller where it is given, in milliseconds; of `cls` in thousandths. Negative where it is larger.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
pub struct Gain {
    /// The estimate.
    pub by: f64,
    /// The ends of the interval.
    pub from: f64,
    /// See [`from`](Self::from).
    pub to: f64,
}

impl Gain {
    /// Whether the difference can be told from none.
    #[must_use]
    pub fn is_certain(&self) -> bool {
        self.from > 0.0 || self.to < 0.0
    }
}

/// Whether there is traffic enough to hold pages out: so many pages with so many views on the day before. Remembers the answer.
///
/// # Errors
/// The store's own.
pub(super) fn has_traffic<S: Store>(store: &mut S, pages: usize, views: f64) -> Result<bool, S::Error> {
    let has_begun = store.get(Kind::Fact, FACT)?.is_some();
    let part = if has_begun { GOES_ON } else { 1.0 };
    #[allow(clippy::cast_precision_loss)] // some thousands
    let is_enough = pages as f64 >= LEAST_PAGES as f64 * part && views >= LEAST_VIEWS_A_DAY * part;
    if is_enough && !has_begun {
        put(store, Kind::Fact, FACT, &true, 0.0)?;
    } else if !is_enough && has_begun {
        store.remove(Kind::Fact, FACT)?;
    }
    Ok(is_enough)
}

/// Compares the arms of these routes: for each thing that is compared, each figure of which anything was heard.
#[must_use]
pub fn compare(routes: &[RouteVitals]) -> Vec<Comparison> {
    let mut comparisons = Vec::new();
    for of in Compared::ALL {
        for (at, figure) in FIGURES.into_iter().enumerate() {
            let strata: Vec<[&Histogram; 2]> = routes
                .iter()
                .flat_map(|route| {
                    Viewport::ALL.into_iter().filter_map(move |viewport| {
                        let arm = |is_held_out| route.arm(of, is_held_out, viewport, at);
                        Some([arm(false)?, arm(true)?])
                    })
                })
                .collect();
            let count =
                |arm: usize| strata.iter().filter_map(|arms| arms.get(arm)).map(|arm| arm.count()).sum();
            let (given, held_out): (f64, f64) = (count(0), count(1));
            if given > 0.0 || held_out > 0.0 {
                let is_enough = given.min(held_out) >= LEAST_VIEWS;
                let gain = is_enough.then(|| gain(&strata)).flatten();
                comparisons.push(Comparison { of, figure: figure.to_owned(), given, held_out, gain });
            }
        }
    }
    comparisons
}

/// The mean of the strata's differences, and its interval.
fn gain(strata: &[[&Histogram; 2]]) -> Option<Gain> {
    let (mut weights, mut sum, mut variance) = (0.0, 0.0, 0.0);
    for [given, held_out] in strata {
        let (n, m) = (given.count(), held_out.count());
        if n.min(m) < LEAST_IN_STRATUM {
            continue;
        }
        let ((given, error), (held_out, other)) = (median(given)?, median(held_out)?);
        let weight = n * m / (n + m);
        weights += weight;
        sum += weight * (held_out - given);
        variance += weight * weight * (error * error + other * other);
    }
    if weights <= 0.0 {
        return None;
    }
    let (by, error) = (sum / weights, variance.sqrt() / weights);
    Some(Gain { by, from: by - WIDTH * error, to: by + WIDTH * error })
}

/// The median of a histogram, and its standard error.
fn median(histogram: &Histogram) -> Option<(f64, f64)> {
    // So far from the middle the share of those below the median may be by chance.
    let off = WIDTH * 0.5 / histogram.count().sqrt();
    let [low, middle, high] = [0.5 - off, 0.5, 0.5 + off].map(|part| histogram.quantile_between(part));
    Some((middle?, (high? - low?) / (2.0 * WIDTH)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::report::{NavigationKind, Report, Vitals};
    use crate::switches::holdout::Arms;

    const START: u64 = 1_800_000_000_000;

    /// Views of a route, spread around a time.
    fn views(route: &mut RouteVitals, arms: Arms, around: u32, number: u32, navigation: NavigationKind) {
        for at in 0..number {
            let lcp = around / 2 + around * (at * 37 % 100) / 100;
            let vitals = Vitals { lcp: Some(lcp), ..Vitals::default() };
            let arms = Some(arms);
            let report = Report { navigation, viewport: Viewport::Wide, vitals, arms, ..Report::default() };
            route.absorb(&report, START);
        }
    }

    fn arms(is_held_out: bool, source: Option<bool>) -> Arms {
        Arms { is_held_out, source }
    }

    fn of(comparisons: &[Comparison], of: Compared) -> &Comparison {
        comparisons.iter().find(|comparison| comparison.of == of && comparison.figure == "lcp").unwrap()
    }

    #[test]
    fn a_difference_is_told_with_its_interval_and_none_is_told_as_none() {
        let mut routes = [RouteVitals::default(), RouteVitals::default()];
        for (route, base) in routes.iter_mut().zip([800, 4000]) {
            let plain = NavigationKind::Plain;
            views(route, arms(false, Some(false)), base, 2000, plain);
            views(route, arms(true, Some(false)), base + 200, 500, plain);
            views(route, arms(false, Some(true)), base, 500, plain);
        }
        let compared = compare(&routes);
        let hints = of(&compared, Compared::Hints);
        let gain = hints.gain.unwrap();
        assert_eq!((hints.given, hints.held_out), (5000.0, 1000.0));
        assert!((gain.by - 200.0).abs() < 80.0 && gain.from < 200.0 && gain.to > 200.0, "{gain:?}");
        assert!(gain.is_certain(), "{gain:?}");
        // Views that come from pages that were given their rules: 4,000 and the 1,000 that were themselves held out.
        let rules = of(&compared, Compared::Rules);
        assert_eq!((rules.given, rules.held_out), (5000.0, 1000.0));
    }

    #[test]
    fn routes_that_differ_by_nature_do_not_make_a_difference() {
        // The slow route has more of its views held out.
        let mut routes = [RouteVitals::default(), RouteVitals::default()];
        for (route, (base, held_out)) in routes.iter_mut().zip([(500, 100), (5000, 900)]) {
            views(route, arms(false, None), base, 1000, NavigationKind::Plain);
            views(route, arms(true, None), base, held_out, NavigationKind::Plain);
        }
        let compared = compare(&routes);
        let gain = of(&compared, Compared::Hints).gain.unwrap();
        assert!(!gain.is_certain() && gain.by.abs() < 100.0, "{gain:?}");
    }

    #[test]
    fn pages_are_held_out_once_there_is_traffic_enough() {
        let mut store = crate::store::Memory::default();
        let mut enough = |pages, views| {
            let Ok(is_enough) = has_traffic(&mut store, pages, views);
            is_enough
        };
        assert!(!enough(19, 5000.0) && !enough(500, 999.0));
        assert!(enough(20, 1000.0));
        assert!(enough(10, 500.0), "it does not end with the first quiet day");
        assert!(!enough(9, 5000.0) && !enough(19, 5000.0), "but with few pages, and then it begins anew");
    }

    #[test]
    fn a_learner_publishes_that_it_compares_and_what_that_tells() {
        use crate::hints::rank::HintPreferences;
        use crate::learn::learner::{choose, merge};
        use crate::learn::next::visitor::{DAY_MS, day_of};
        use crate::learn::observation::{Batch, Confirmation, Observation};
        use crate::published::hint_snapshot::{HintSnapshot, gains};

        let preferences = HintPreferences { several: 0, ..HintPreferences::default() };
        let mut store = crate::store::Memory::default();
        let path = |number: u32| format!("/p/{number}");
        let observed = |number| Observation { path: path(number), served: 20, ..Observation::default() };
        let confirmed = |number, at: u32| {
            let arms = Some(arms(at.is_multiple_of(2), None));
            let vitals = Vitals { lcp: Some(500 + 100 * (at % 2) + at), ..Vitals::default() };
            let report = Some(Report { vitals, arms, ..Report::default() });
            Confirmation { path: path(number), report, ..Confirmation::default() }
        };
        let batch = |at: u64| Batch {
            site: "shop.example".to_owned(),
            day: day_of(at),
            observations: (0..60).map(|at| observed(at % 20)).collect(),
            confirmations: (0..240).map(|at| confirmed(at / 2 % 20, at)).collect(),
            ..Batch::default()
        };
        let mut published = |batch: &Batch, at: u64| {
            let Ok(()) = merge(&mut store, batch, &preferences, at);
            let Ok(published) = choose(&mut store, &preferences, at);
            published.unwrap().value
        };
        let first = published(&batch(START), START);
        assert!(!HintSnapshot::parse(&first).unwrap().compares("/p/1"), "no whole day is over");
        assert_eq!(gains(&first), None);
        let next = published(&batch(START + DAY_MS), START + DAY_MS);
        assert!(HintSnapshot::parse(&next).unwrap().compares("/p/1"), "{next}");
        let told: Vec<Comparison> = serde_json::from_value(gains(&next).unwrap()).unwrap();
        let [lcp] = told.as_slice() else { panic!("{told:?}") };
        assert!(lcp.of == Compared::Hints && lcp.figure == "lcp" && lcp.given.min(lcp.held_out) > 100.0);
        assert!(lcp.gain.unwrap().by < 0.0, "{lcp:?}: those that were held out were faster");
    }

    #[test]
    fn with_few_views_it_cannot_tell_yet() {
        let mut route = RouteVitals::default();
        views(&mut route, arms(false, None), 500, 1000, NavigationKind::Plain);
        views(&mut route, arms(true, None), 900, 99, NavigationKind::Prefetched);
        assert_eq!(of(&compare(&[route.clone()]), Compared::Hints).gain, None);
        views(&mut route, arms(true, None), 900, 1, NavigationKind::Prerendered);
        assert!(of(&compare(&[route.clone()]), Compared::Hints).gain.is_some(), "whatever kind a view is of");
        let reloaded = route.clone();
        views(&mut route, arms(true, None), 900, 50, NavigationKind::Reloaded);
        assert_eq!(compare(&[route]), compare(&[reloaded]), "but what has been loaded before tells nothing");
        assert_eq!(compare(&[]), []);
    }
}
