//! How fast the pages of a route were there, as visitors' browsers report it: a histogram for each figure, kind of navigation and
//! class of viewport.
//!
//! A record is of one route; of a page that has none it is the page's own. Pages that few visitors know are counted under an empty
//! name, all together. Counts fade as everything that a learner knows, and a record of which nothing was heard for four weeks is
//! removed. [`Summary`] is the shape in which they are read.

use super::comparison::{Compared, Comparison, compare};
use super::learner::{put, read, weeks};
use super::names::{LIFE_MS, is_hidden};
use super::page::HALF_LIFE_MS;
use super::report::{NavigationKind, Report, Viewport};
use crate::sorting::map::SortedMap;
use crate::store::{Kind, Store};
use crate::urls::route_templates::templates;
use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

/// The most records that one learner keeps.
pub const MAX_RECORDS: usize = 200;

/// The buckets of a histogram for each doubling, and how many there are: from 16 to 2^20 milliseconds.
const PER_DOUBLING: f64 = 4.0;
const FIRST: f64 = 16.0;
const BUCKETS: u8 = 64;

/// The count below which a bucket is empty.
const LEAST: f64 = 0.05;

/// The figures, in the order of [`Vitals`](super::report::Vitals).
pub const FIGURES: [&str; 5] = ["ttfb", "fcp", "lcp", "inp", "cls"];

/// How often a figure was how large: logarithmic buckets, each a fifth wider than the one before.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Histogram(SortedMap<u8, f64>);

impl Histogram {
    /// Counts a figure, in milliseconds or thousandths.
    pub fn add(&mut self, figure: u32) {
        *self.0.entry(bucket(figure)).or_default() += 1.0;
    }

    /// How many were counted; those of long ago count less.
    #[must_use]
    pub fn count(&self) -> f64 {
        self.0.values().sum()
    }

    /// The figure under which this part of those counted lies, from 0 to 1, to a fifth of it; `None` where there are none.
    #[must_use]
    pub fn quantile(&self, part: f64) -> Option<u32> {
        let wanted = self.count() * part.clamp(0.0, 1.0);
        let mut sum = 0.0;
        let reached = self.0.iter().find(|(_, count)| {
            sum += **count;
            sum >= wanted
        });
        reached.or(self.0.iter().next_back()).map(|(bucket, _)| middle(*bucket))
    }

    /// The same as if those in a bucket were spread evenly over it.
    #[must_use]
    pub fn quantile_between(&self, part: f64) -> Option<f64> {
        let wanted = self.count() * part.clamp(0.0, 1.0);
        let mut sum = 0.0;
        for (bucket, count) in &self.0 {
            if sum + count >= wanted || self.0.iter().next_back().is_some_and(|(last, _)| last == bucket) {
                let within = ((wanted - sum) / count).clamp(0.0, 1.0);
                let [start, end] = [*bucket, bucket.saturating_add(1)].map(start);
                return Some(start + (end - start) * within);
            }
            sum += count;
        }
        None
    }

    /// Adds what another one has counted.
    pub fn absorb(&mut self, other: &Self) {
        for (bucket, count) in &other.0 {
            *self.0.entry((*bucket).min(BUCKETS - 1)).or_default() += count;
        }
    }

    fn scale(&mut self, factor: f64) {
        self.0.retain(|_, count| {
            *count *= factor;
            *count >= LEAST
        });
    }
}

/// The bucket of a figure: 0 for what is below the first.
fn bucket(figure: u32) -> u8 {
    let place = (f64::from(figure) / FIRST).log2() * PER_DOUBLING;
    // In range, so that nothing is cut off but the fraction; the logarithm of 0 is below everything.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let place = (place + 1.0).clamp(0.0, f64::from(BUCKETS - 1)) as u8;
    place
}

/// Where a bucket begins.
fn start(bucket: u8) -> f64 {
    if bucket == 0 { 0.0 } else { FIRST * ((f64::from(bucket) - 1.0) / PER_DOUBLING).exp2() }
}

/// The figure in the middle of a bucket.
fn middle(bucket: u8) -> u32 {
    if bucket == 0 {
        // Layouts that do not shift at all are most of these.
        return 0;
    }
    let figure = FIRST * ((f64::from(bucket) - 0.5) / PER_DOUBLING).exp2();
    // In range, so that nothing is cut off but the fraction.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let figure = figure.round() as u32;
    figure
}

/// What is remembered of a route. A key has the kind of navigation and the class of viewport.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct RouteVitals {
    /// The time that the counts stand for, in milliseconds since the epoch.
    pub at: u64,
    of: SortedMap<String, [Histogram; 5]>,
    /// The same of views that are compared with others, whatever kind they are of: by arm and viewport.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    arms: SortedMap<String, [Histogram; 5]>,
}

impl RouteVitals {
    /// Counts a report at `now` (milliseconds since the epoch).
    pub fn absorb(&mut self, report: &Report, now: u64) {
        self.decay_to(now);
        let figures: [Option<u32>; 5] = report.vitals.into();
        let count = |histograms: &mut [Histogram; 5]| {
            for (histogram, figure) in histograms.iter_mut().zip(figures) {
                if let Some(figure) = figure {
                    histogram.add(figure);
                }
            }
        };
        count(self.of.entry(name(report.navigation, report.viewport)).or_default());
        // What has been loaded before says nothing of how fast it is loaded.
        let is_first = !matches!(report.navigation, NavigationKind::BackForward | NavigationKind::Reloaded);
        if let Some(arms) = report.arms.filter(|_| is_first) {
            let of_source = arms.source.map(|is_held_out| Compared::Rules.arm(is_held_out));
            for arm in of_source.into_iter().chain([Compared::Hints.arm(arms.is_held_out)]) {
                count(self.arms.entry(arm_name(arm, report.viewport)).or_default());
            }
        }
    }

    /// The histogram of a figure, by its place in [`FIGURES`], of one arm of what is compared.
    #[must_use]
    pub fn arm(
        &self,
        of: Compared,
        is_held_out: bool,
        viewport: Viewport,
        figure: usize,
    ) -> Option<&Histogram> {
        self.arms.get(&arm_name(of.arm(is_held_out), viewport))?.get(figure)
    }

    /// Lets the time since `at` pass.
    pub fn decay_to(&mut self, now: u64) {
        let elapsed = now.saturating_sub(self.at);
        if self.at > 0 && elapsed > 0 {
            // Milliseconds of any real clock fit the 52 bits of an f64.
            #[allow(clippy::cast_precision_loss)]
            let factor = (-(elapsed as f64) / HALF_LIFE_MS).exp2();
            for counts in [&mut self.of, &mut self.arms] {
                counts.values_mut().flatten().for_each(|histogram| histogram.scale(factor));
                counts.retain(|_, histograms| histograms.iter().any(|histogram| histogram.count() > 0.0));
            }
        }
        self.at = self.at.max(now);
    }

    /// Whether nothing was heard for so long that it is forgotten.
    #[must_use]
    pub fn is_over(&self, now: u64) -> bool {
        now.saturating_sub(self.at) > LIFE_MS
    }

    /// The histogram of a figure, by its place in [`FIGURES`].
    #[must_use]
    pub fn histogram(
        &self,
        navigation: NavigationKind,
        viewport: Viewport,
        figure: usize,
    ) -> Option<&Histogram> {
        self.of.get(&name(navigation, viewport))?.get(figure)
    }

    /// What it says, a summary for each figure of each kind and class of which anything is known.
    #[must_use]
    pub fn summaries(&self, route: &str) -> Vec<Summary> {
        let mut summaries = Vec::new();
        for navigation in NavigationKind::ALL {
            for viewport in Viewport::ALL {
                for (at, figure) in FIGURES.into_iter().enumerate() {
                    let Some(histogram) = self.histogram(navigation, viewport, at) else { continue };
                    let quantiles = [0.5, 0.75, 0.95].map(|part| histogram.quantile(part));
                    let [Some(p50), Some(p75), Some(p95)] = quantiles else { continue };
                    let (route, count) = (route.to_owned(), histogram.count());
                    let figure = figure.to_owned();
                    summaries.push(Summary { route, navigation, viewport, figure, count, p50, p75, p95 });
                }
            }
        }
        summaries
    }
}

/// What is known of one figure, for a report: in JSON
/// `{"route":"/product/*","navigation":"plain","viewport":"wide","figure":"lcp","count":41.5,"p50":698,"p75":987,"p95":1660}`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Summary {
    /// The route's template, or a page's path; empty for pages that few visitors know.
    pub route: String,
    /// How the views came about.
    pub navigation: NavigationKind,
    /// How wide the windows are.
    pub viewport: Viewport,
    /// One of [`FIGURES`].
    pub figure: String,
    /// How many reports there were; those of a week ago count half.
    pub count: f64,
    /// The quantiles, in milliseconds; of `cls` in thousandths.
    pub p50: u32,
    /// See [`p50`](Self::p50).
    pub p75: u32,
    /// See [`p50`](Self::p50).
    pub p95: u32,
}

/// Counts how fast the page of a name was there: for its route, if it has one; for all that few visitors know together.
///
/// # Errors
/// The store's own.
pub fn merge<S: Store>(store: &mut S, name: &str, report: &Report, now: u64) -> Result<(), S::Error> {
    // What they list does not matter.
    let listed: SortedMap<String, Vec<IgnoredAny>> =
        store.get(Kind::Fact, "listed")?.map(|record| read(&record)).unwrap_or_default();
    let route = if is_hidden(name) {
        String::new()
    } else {
        templates(name)
            .into_iter()
            .find(|template| listed.contains_key(template))
            .unwrap_or_else(|| name.to_owned())
    };
    let mut vitals: RouteVitals =
        store.get(Kind::Vitals, &route)?.map(|record| read(&record)).unwrap_or_default();
    vitals.absorb(report, now);
    put(store, Kind::Vitals, &route, &vitals, weeks(now))?;
    store.truncate(Kind::Vitals, MAX_RECORDS)
}

/// How fast the pages of the site were there, all routes and windows together: a histogram for each of [`FIGURES`], by the name of
/// the kind of navigation.
pub type Totals = SortedMap<NavigationKind, [Histogram; 5]>;

/// The totals of a learner's pages.
///
/// # Errors
/// The store's own.
pub fn totals<S: Store>(store: &S, now: u64) -> Result<Totals, S::Error> {
    let mut totals = Totals::new();
    for (_, record) in store.all(Kind::Vitals)? {
        let mut known: RouteVitals = read(&record);
        if known.is_over(now) {
            continue;
        }
        known.decay_to(now);
        for navigation in NavigationKind::ALL {
            for viewport in Viewport::ALL {
                if let Some(histograms) = known.of.get(&name(navigation, viewport)) {
                    absorb(totals.entry(navigation).or_default(), histograms);
                }
            }
        }
    }
    Ok(totals)
}

/// Adds histograms to others, figure by figure.
pub fn absorb(sums: &mut [Histogram; 5], others: &[Histogram; 5]) {
    sums.iter_mut().zip(others).for_each(|(sum, other)| sum.absorb(other));
}

/// How fast the pages of the site were there, route by route.
///
/// # Errors
/// The store's own.
pub fn summaries<S: Store>(store: &S, now: u64) -> Result<Vec<Summary>, S::Error> {
    let mut summaries = Vec::new();
    for (route, record) in store.all(Kind::Vitals)? {
        let mut known: RouteVitals = read(&record);
        if !known.is_over(now) {
            known.decay_to(now);
            summaries.extend(known.summaries(&route));
        }
    }
    Ok(summaries)
}

/// What the arms of the site's pages say when they are compared, at `now` (milliseconds since the epoch).
///
/// # Errors
/// The store's own.
pub fn comparisons<S: Store>(store: &S, now: u64) -> Result<Vec<Comparison>, S::Error> {
    let mut routes = Vec::new();
    for (_, record) in store.all(Kind::Vitals)? {
        let mut known: RouteVitals = read(&record);
        if !known.is_over(now) && !known.arms.is_empty() {
            known.decay_to(now);
            routes.push(known);
        }
    }
    Ok(compare(&routes))
}

/// The name of an arm in a class of viewports.
fn arm_name(arm: &str, viewport: Viewport) -> String {
    format!("{arm} {}", class(viewport))
}

/// The name of a kind of navigation in a class of viewports.
fn name(navigation: NavigationKind, viewport: Viewport) -> String {
    let navigation = match navigation {
        NavigationKind::Plain => "plain",
        NavigationKind::Prefetched => "prefetched",
        NavigationKind::Prerendered => "prerendered",
        NavigationKind::BackForward => "back_forward",
        NavigationKind::Reloaded => "reloaded",
    };
    format!("{navigation} {}", class(viewport))
}

fn class(viewport: Viewport) -> &'static str {
    match viewport {
        Viewport::Narrow => "narrow",
        Viewport::Middle => "middle",
        Viewport::Wide => "wide",
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::learner::forget_old;
    use crate::learn::report::Vitals;
    use proptest::prelude::*;

    const START: u64 = 1_800_000_000_000;

    fn report(lcp: u32) -> Report {
        let vitals = Vitals { lcp: Some(lcp), cls: Some(0), ..Vitals::default() };
        Report {
            navigation: NavigationKind::Prefetched,
            viewport: Viewport::Wide,
            vitals,
            ..Report::default()
        }
    }

    #[test]
    fn figures_are_summed_up_by_kind_and_viewport() {
        let mut vitals = RouteVitals::default();
        for lcp in [100, 200, 300, 400, 5000] {
            vitals.absorb(&report(lcp), START);
        }
        let summaries = vitals.summaries("/p/*");
        let of: Vec<(&str, u32, u32, u32)> = summaries
            .iter()
            .map(|summary| (summary.figure.as_str(), summary.p50, summary.p75, summary.p95))
            .collect();
        assert_eq!(of, [("lcp", 279, 395, 5312), ("cls", 0, 0, 0)]);
        let json = serde_json::to_string(&summaries[0]).unwrap();
        assert_eq!(
            json,
            r#"{"route":"/p/*","navigation":"prefetched","viewport":"wide","figure":"lcp","count":5.0,"p50":279,"p75":395,"p95":5312}"#
        );
        let stored = serde_json::to_string(&vitals).unwrap();
        assert_eq!(serde_json::from_str::<RouteVitals>(&stored).unwrap(), vitals);
    }

    #[test]
    fn what_is_old_weighs_less_and_ends() {
        let mut vitals = RouteVitals::default();
        vitals.absorb(&report(100), START);
        let week = 7 * 24 * 3600 * 1000;
        vitals.decay_to(START + week);
        let count = |vitals: &RouteVitals| {
            vitals.histogram(NavigationKind::Prefetched, Viewport::Wide, 2).map(Histogram::count)
        };
        assert_eq!(count(&vitals), Some(0.5));
        assert!(!vitals.is_over(START + 2 * week) && vitals.is_over(START + 6 * week));
        vitals.decay_to(START + 6 * week);
        assert_eq!(count(&vitals), None, "nothing is left");
    }

    #[test]
    fn a_page_is_counted_for_its_route_and_by_no_name_that_few_know() {
        let mut store = crate::store::Memory::default();
        let Ok(()) = store.put(Kind::Fact, "listed", r#"{"":[],"/p/*":[["https://a.example",1]]}"#, 0.0);
        for name in ["/p/1", "/p/2", "/about", "#20833.0011223344556677", "#20833.8899aabbccddeeff"] {
            let Ok(()) = merge(&mut store, name, &report(100), START);
        }
        let routes = |store: &crate::store::Memory, now| -> Vec<(String, f64)> {
            let Ok(all) = summaries(store, now);
            all.into_iter().filter(|of| of.figure == "lcp").map(|of| (of.route, of.count)).collect()
        };
        let expected =
            [("", 2.0), ("/about", 1.0), ("/p/*", 2.0)].map(|(route, count)| (route.to_owned(), count));
        assert_eq!(routes(&store, START), expected);
        assert_eq!(routes(&store, START + LIFE_MS + 1), []);
        let Ok(()) = forget_old(&mut store, Kind::Vitals, START + LIFE_MS + 1);
        assert_eq!(store.count(Kind::Vitals), Ok(0));
    }

    proptest! {
        #[test]
        fn a_quantile_is_right_to_a_fifth_and_a_histogram_is_bounded(figures in prop::collection::vec(0_u32..700_000, 1..300)) {
            let mut histogram = Histogram::default();
            for figure in &figures {
                histogram.add(*figure);
            }
            prop_assert!(histogram.0.len() <= usize::from(BUCKETS));
            let mut sorted = figures.clone();
            sorted.sort_unstable();
            let exact = f64::from(sorted[(sorted.len() - 1) / 2]);
            let median = f64::from(histogram.quantile(0.5).unwrap());
            prop_assert!((median - exact).abs() <= (exact * 0.2).max(FIRST), "{median} for {exact}");
        }
    }
}
