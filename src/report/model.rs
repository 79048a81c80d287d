//! The report as data, and what it follows from.

use super::controls::{self, OfSwitch};
use super::health::{self, Check};
use super::subjects::{self, LeftOut, Subject};
use super::words;
use crate::config::Config;
use crate::effects::quarantine::SeenRoute;
use crate::hints::rank::Evidence;
use crate::learn::comparison::Comparison;
use crate::learn::figures::{Figures, Kept};
use crate::learn::next::visitor::{Day, day_of};
use crate::learn::report::NavigationKind;
use crate::learn::vitals::{self, FIGURES, Summary, Totals};
use crate::published::baseline_eagerness::BaselineEagerness;
use crate::published::hint_snapshot::{self, HintSnapshot};
use crate::published::next_page_snapshot::NextPageSnapshot;
use crate::sorting;
use crate::sorting::map::SortedMap;
use crate::speculation::Speculation;
use crate::switches::Switches;
use crate::tally::{Counted, Deferred, Engine, Fate, Rule, Tally, View};
use serde::Serialize;

/// How many pages and routes are shown at once.
pub const PAGES_AT_ONCE: usize = 25;

/// The most paths that are shown as left out, and the most routes whose speeds are.
const MAX_LEFT_OUT: usize = 200;
const MAX_ROUTES: usize = 50;

/// What was published by a hint learner.
#[derive(Clone, Debug, Default)]
pub struct Known {
    /// What it says.
    pub snapshot: HintSnapshot,
    /// Why each hint is given.
    pub why: SortedMap<String, Vec<Evidence>>,
    /// What views of pages that are held out tell.
    pub comparisons: Vec<Comparison>,
}

impl Known {
    /// Reads a published value.
    ///
    /// # Errors
    /// Why it cannot be read.
    pub fn read(value: &str) -> Result<Self, String> {
        let snapshot = HintSnapshot::parse(value).map_err(|fault| fault.message)?;
        let why = hint_snapshot::evidence(value).map_err(|fault| fault.message)?;
        let gains = hint_snapshot::gains(value).and_then(|gains| serde_json::from_value(gains).ok());
        Ok(Self { snapshot, why, comparisons: gains.unwrap_or_default() })
    }
}

/// What was published of next pages, if anything was.
#[derive(Clone, Debug, Default)]
pub struct Next {
    /// What it says.
    pub snapshot: Option<NextPageSnapshot>,
}

/// What one learner has published and says.
#[derive(Clone, Debug, Default)]
pub struct Learner {
    /// Its name, which is the key in KV as well.
    pub name: String,
    /// How many bytes it has published.
    pub published_bytes: Option<usize>,
    /// What it says.
    pub figures: Figures,
    /// What could not be read of it.
    pub faults: Vec<String>,
}

/// What an isolate says of itself.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
pub struct Isolate {
    /// How many views of pages it has served.
    pub views: u64,
    /// Of how many pages it remembers that they are ineligible for somebody.
    pub quarantined_pages: usize,
    /// The routes of which it has met enough pages that are.
    pub quarantined_routes: Vec<QuarantinedRoute>,
}

/// A route of which an isolate has met enough pages that are ineligible.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct QuarantinedRoute {
    /// Its template.
    pub route: String,
    /// Why, in a word.
    pub why: &'static str,
    /// Whom that affects.
    pub whom: String,
    /// How many of its pages were met, and from how many networks.
    pub pages: usize,
    /// See [`pages`](Self::pages).
    pub networks: usize,
}

impl From<&SeenRoute> for QuarantinedRoute {
    fn from(SeenRoute { template, affected, pages, networks }: &SeenRoute) -> Self {
        Self {
            route: template.clone(),
            why: affected.as_str(),
            whom: words::whom(affected),
            pages: *pages,
            networks: *networks,
        }
    }
}

/// What the report is asked for.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Query {
    /// The page that is looked at, by its path.
    pub page: Option<String>,
    /// What the names of pages must contain.
    pub filter: String,
    /// How many of them were shown before.
    pub from: usize,
}

/// What the report follows from.
#[derive(Debug)]
pub struct Inputs<'a> {
    /// Host and port.
    pub site: &'a str,
    /// The time, in milliseconds since the epoch.
    pub now: u64,
    /// The configuration.
    pub config: &'a Config,
    /// The switches that hold; `None` where they cannot be read.
    pub switches: Option<Switches>,
    /// The variables that are set, as their values are written; of secrets no value is given.
    pub variables: Vec<(String, String)>,
    /// The mistakes in them.
    pub mistakes: Vec<String>,
    /// The bindings that are missing.
    pub missing: Vec<&'static str>,
    /// What hint learners have published.
    pub hints: Vec<Known>,
    /// What was published of next pages.
    pub next: Next,
    /// The learners.
    pub learners: Vec<Learner>,
    /// This isolate.
    pub isolate: Isolate,
    /// What is asked for.
    pub query: Query,
}

/// How fast pages were, of one kind of views.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Speed {
    /// How the views came about.
    pub views: NavigationKind,
    /// Which figure: one of [`FIGURES`].
    pub figure: &'static str,
    /// How many browsers told; those of a week ago count half.
    pub count: f64,
    /// The quantiles, in milliseconds; of `cls` in thousandths.
    pub p50: u32,
    /// See [`p50`](Self::p50).
    pub p75: u32,
    /// See [`p50`](Self::p50).
    pub p95: u32,
}

/// What became of the speculations that one rule has asked for.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfRule {
    /// The rule.
    pub rule: &'static str,
    /// How eager it is.
    pub eagerness: &'static str,
    /// How many prefetches and prerenders came in.
    pub prefetches: u64,
    /// See [`prefetches`](Self::prefetches).
    pub prerenders: u64,
    /// How many of them were refused.
    pub refused: u64,
    /// Of how many it would be told that they are used.
    pub told: u64,
    /// How many were told to be used.
    pub used: u64,
    /// How many of the told ones were not used so far.
    pub unused: u64,
    /// How many bytes the answers said that they have.
    pub bytes: u64,
    /// How many of these were for nothing, if the untold were used as often as the told ones.
    pub wasted_bytes: u64,
}

/// What would have been done in shadow, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Would {
    /// What, in a word: a feature whose lines would have been sent, or a refusal with its reason.
    pub what: String,
    /// How often.
    pub times: u64,
    /// What it means.
    pub meaning: &'static str,
}

/// Why speculations were refused, and how often.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Refused {
    /// Why, in a word or two.
    pub why: String,
    /// How often.
    pub times: u64,
    /// What it means.
    pub meaning: &'static str,
}

/// A cookie that the site sets.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Cookie {
    /// Its name.
    pub name: String,
    /// What it is taken for.
    pub class: String,
    /// How often it was set with a plain answer, with that of a speculation, deferred, and in an answer that was refused.
    pub set: u64,
    /// See [`set`](Self::set).
    pub passed: u64,
    /// See [`set`](Self::set).
    pub deferred: u64,
    /// See [`set`](Self::set).
    pub refused: u64,
}

/// One day.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfDay {
    /// Its number since the epoch.
    #[serde(skip)]
    pub number: Day,
    /// Its date (UTC).
    pub day: String,
    /// The views: plain, prefetched, prerendered.
    pub plain: u64,
    /// See [`plain`](Self::plain).
    pub prefetched: u64,
    /// See [`plain`](Self::plain).
    pub prerendered: u64,
    /// The speculations: how many came in, were refused, and were used.
    pub speculations: u64,
    /// See [`speculations`](Self::speculations).
    pub refused: u64,
    /// See [`speculations`](Self::speculations).
    pub used: u64,
}

/// A learner and what it keeps.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct OfLearner {
    /// Its name.
    pub name: String,
    /// When it has published last, in milliseconds since the epoch, and how long ago that is.
    pub published_at: Option<u64>,
    /// See [`published_at`](Self::published_at).
    pub age_ms: Option<u64>,
    /// How many bytes it has published.
    pub published_bytes: Option<usize>,
    /// How much it keeps.
    pub kept: Vec<Kept>,
    /// What could not be read of it.
    pub faults: Vec<String>,
}

/// A variable.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct SetVariable {
    /// Its name.
    pub name: &'static str,
    /// What it says; `None` where it says nothing, so that its default counts.
    pub value: Option<String>,
}

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Report {
    /// Host and port.
    pub site: String,
    /// When this was said, in milliseconds since the epoch.
    pub at: u64,
    /// Whether it is on: `on`, `shadow` or `off`.
    pub state: &'static str,
    /// The switches that are set; `None` where they cannot be read.
    pub switches: Option<Vec<OfSwitch>>,
    /// Whether it works, and what is in its way.
    pub checks: Vec<Check>,
    /// How many days the sums are of.
    pub days_counted: usize,
    /// The views: plain, prefetched, prerendered.
    pub views: SortedMap<&'static str, u64>,
    /// What visitors' browsers are built on, by views that were looked at.
    pub engines: SortedMap<&'static str, u64>,
    /// How fast pages were.
    pub speeds: Vec<Speed>,
    /// The same for routes.
    pub routes: Vec<Summary>,
    /// How much faster pages are that are given hints and rules, by those that are held out; of each learner of hints.
    pub comparisons: Vec<Comparison>,
    /// What became of speculations.
    pub speculations: Vec<OfRule>,
    /// Why some were refused.
    pub refused: Vec<Refused>,
    /// What would have been done where that is in shadow.
    pub would: Vec<Would>,
    /// What was deferred.
    pub deferred: SortedMap<&'static str, u64>,
    /// How often a ticket came back.
    pub redeemed: u64,
    /// The cookies that the site sets.
    pub cookies: Vec<Cookie>,
    /// Day by day.
    pub days: Vec<OfDay>,
    /// How many pages and routes are known that the filter names.
    pub pages_known: usize,
    /// How many of them were passed over.
    pub pages_from: usize,
    /// What the filter is.
    pub filter: String,
    /// The pages.
    pub pages: Vec<Subject>,
    /// Whether one page was asked for.
    pub is_of_one_page: bool,
    /// What no rule names.
    pub left_out: Vec<LeftOut>,
    /// How eager the baseline is, and why.
    pub baseline: Option<BaselineEagerness>,
    /// The variables.
    pub variables: Vec<SetVariable>,
    /// The mistakes in them.
    pub mistakes: Vec<String>,
    /// The learners.
    pub learners: Vec<OfLearner>,
    /// This isolate.
    pub isolate: Isolate,
}

impl Report {
    /// How many views were counted, however they came about.
    #[must_use]
    pub fn all_views(&self) -> u64 {
        self.views.values().sum()
    }

    /// What follows from these.
    #[must_use]
    pub fn of(inputs: &Inputs<'_>) -> Self {
        let days = days(&inputs.learners);
        let all = sum(days.values());
        let mut totals = Totals::new();
        for learner in &inputs.learners {
            for (kind, histograms) in &learner.figures.totals {
                vitals::absorb(totals.entry(*kind).or_default(), histograms);
            }
        }
        let snapshot = inputs.next.snapshot.as_ref();
        let left_out = snapshot.into_iter().flat_map(|snapshot| &snapshot.excluded).take(MAX_LEFT_OUT);
        let (pages, pages_known) = pages(inputs);
        let mut routes: Vec<Summary> =
            inputs.learners.iter().flat_map(|learner| &learner.figures.routes).cloned().collect();
        routes.retain(|summary| summary.figure == "lcp");
        sorting::sort_by(&mut routes, |one, other| other.count.total_cmp(&one.count));
        routes.truncate(MAX_ROUTES);
        let mut report = Self {
            site: inputs.site.to_owned(),
            at: inputs.now,
            state: health::state(inputs),
            switches: inputs.switches.as_ref().map(|switches| controls::of(switches, inputs.site)),
            checks: Vec::new(),
            days_counted: days.len(),
            views: View::ALL.into_iter().map(|view| (view.as_str(), all.of(Counted::View(view)))).collect(),
            engines: Engine::ALL
                .into_iter()
                .map(|one| (one.as_str(), all.of(Counted::Engine(one))))
                .collect(),
            speeds: speeds(&totals),
            routes,
            comparisons: inputs.hints.iter().flat_map(|known| &known.comparisons).cloned().collect(),
            speculations: Rule::ALL
                .into_iter()
                .map(|rule| of_rule(&all, rule))
                .filter(OfRule::is_any)
                .collect(),
            refused: refused(&all),
            would: would(&all),
            deferred: Deferred::ALL
                .into_iter()
                .map(|it| (it.as_str(), all.of(Counted::Deferred(it))))
                .collect(),
            redeemed: all.of(Counted::Redeemed),
            cookies: cookies(&all),
            days: days.iter().map(|(day, tally)| of_day(*day, tally)).collect(),
            pages_known,
            pages_from: inputs.query.from,
            filter: inputs.query.filter.clone(),
            pages,
            is_of_one_page: inputs.query.page.is_some(),
            left_out: left_out.map(LeftOut::from).collect(),
            baseline: snapshot.map(|snapshot| snapshot.baseline.clone()).filter(|it| !it.is_unknown()),
            variables: variables(inputs),
            mistakes: inputs.mistakes.clone(),
            learners: inputs.learners.iter().map(|learner| of_learner(learner, inputs.now)).collect(),
            isolate: inputs.isolate.clone(),
        };
        report.checks = health::checks(&report, inputs);
        report
    }

    /// What was counted today.
    #[must_use]
    pub fn today(inputs: &Inputs<'_>) -> Tally {
        days(&inputs.learners).remove(&day_of(inputs.now)).unwrap_or_default()
    }
}

/// What all learners have counted, day by day.
fn days(learners: &[Learner]) -> SortedMap<Day, Tally> {
    let mut days: SortedMap<Day, Tally> = SortedMap::new();
    for (day, tally) in learners.iter().flat_map(|learner| &learner.figures.days) {
        days.entry(*day).or_default().absorb(tally);
    }
    days
}

fn sum<'a>(tallies: impl Iterator<Item = &'a Tally>) -> Tally {
    tallies.fold(Tally::default(), |mut sum, tally| {
        sum.absorb(tally);
        sum
    })
}

fn speeds(totals: &Totals) -> Vec<Speed> {
    let mut speeds = Vec::new();
    for (views, histograms) in totals {
        for (figure, histogram) in FIGURES.into_iter().zip(histograms) {
            let quantiles = [0.5, 0.75, 0.95].map(|part| histogram.quantile(part));
            let [Some(p50), Some(p75), Some(p95)] = quantiles else { continue };
            speeds.push(Speed { views: *views, figure, count: histogram.count(), p50, p75, p95 });
        }
    }
    speeds
}

impl OfRule {
    fn is_any(&self) -> bool {
        self.prefetches + self.prerenders + self.used > 0
    }
}

fn of_rule(all: &Tally, rule: Rule) -> OfRule {
    let (name, eagerness) = rule.words();
    let [told, used, bytes] =
        [Counted::Told(rule), Counted::Used(rule), Counted::Bytes(rule)].map(|counted| all.of(counted));
    // A use may be told by the batch before the one that tells of its arrival.
    let unused = told.saturating_sub(used);
    let wasted_bytes = u128::from(bytes) * u128::from(unused) / u128::from(told.max(1));
    OfRule {
        rule: name,
        eagerness,
        prefetches: all.of(Counted::Arrived(rule, Speculation::Prefetch)),
        prerenders: all.of(Counted::Arrived(rule, Speculation::Prerender)),
        refused: all.of(Counted::Refused(rule)),
        told,
        used,
        unused,
        bytes,
        wasted_bytes: u64::try_from(wasted_bytes).unwrap_or(u64::MAX),
    }
}

fn refused(all: &Tally) -> Vec<Refused> {
    let mut refused: Vec<Refused> = all
        .reasons()
        .map(|(why, times)| Refused { why: why.to_owned(), times, meaning: words::meaning(why) })
        .collect();
    sorting::sort_by(&mut refused, |one, other| {
        other.times.cmp(&one.times).then_with(|| one.why.cmp(&other.why))
    });
    refused
}

fn would(all: &Tally) -> Vec<Would> {
    let would = all.would().map(|(what, times)| {
        let meaning =
            what.strip_prefix("refused:").map_or_else(|| words::meaning_in_shadow(what), words::meaning);
        Would { what: what.to_owned(), times, meaning }
    });
    would.collect()
}

fn cookies(all: &Tally) -> Vec<Cookie> {
    let cookies = all.cookies().iter().map(|(name, seen)| Cookie {
        name: name.clone(),
        class: seen.class.clone(),
        set: seen.of(Fate::Set),
        passed: seen.of(Fate::Passed),
        deferred: seen.of(Fate::Deferred),
        refused: seen.of(Fate::Refused),
    });
    cookies.collect()
}

fn of_day(number: Day, tally: &Tally) -> OfDay {
    let view = |view| tally.of(Counted::View(view));
    OfDay {
        number,
        day: words::date(number),
        plain: view(View::Plain),
        prefetched: view(View::Prefetched),
        prerendered: view(View::Prerendered),
        speculations: tally.over_rules(Tally::arrived),
        refused: tally.over_rules(|tally, rule| tally.of(Counted::Refused(rule))),
        used: tally.over_rules(|tally, rule| tally.of(Counted::Used(rule))),
    }
}

fn of_learner(learner: &Learner, now: u64) -> OfLearner {
    let published_at = learner.figures.published_at;
    OfLearner {
        name: learner.name.clone(),
        published_at,
        age_ms: published_at.map(|at| now.saturating_sub(at)),
        published_bytes: learner.published_bytes,
        kept: learner.figures.kept.clone(),
        faults: learner.faults.clone(),
    }
}

/// The pages that are asked for, and how many there are.
fn pages(inputs: &Inputs<'_>) -> (Vec<Subject>, usize) {
    let Inputs { site, hints, next, query, .. } = inputs;
    if let Some(page) = &query.page {
        return (vec![subjects::of(page, site, hints, next)], 1);
    }
    let names = subjects::names(hints, next);
    let meant = || names.iter().filter(|name| name.contains(query.filter.as_str()));
    let shown = meant().skip(query.from).take(PAGES_AT_ONCE);
    (shown.map(|name| subjects::of(name, site, hints, next)).collect(), meant().count())
}

fn variables(inputs: &Inputs<'_>) -> Vec<SetVariable> {
    let value =
        |name: &str| inputs.variables.iter().find(|(known, _)| known == name).map(|(_, value)| value.clone());
    let all = Config::VARIABLES.iter();
    all.map(|name| SetVariable { name, value: value(name).filter(|value| !value.is_empty()) }).collect()
}
