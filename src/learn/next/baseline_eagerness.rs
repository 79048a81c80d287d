//! How eager the baseline is to be on a site where that regulates itself (`EAGERNESS=auto`).
//!
//! Under the conservative rule nearly every speculation is used, since it is made when the link is pressed. That tells
//! nothing of the moderate rule. So the moderate one is tried, on a third of the pages ([`Step`]), and rises to all of them
//! when enough of its speculations were used there. It never rises further.
//!
//! # What decides
//!
//! - **Waste.** Each page's speculations are counted, and how many of them were used. Those that are still open count as
//!   wasted until they are used, so that nothing has to be waited for. Which rule a speculation was made by, its tag says,
//!   whatever the page would be given by now. More waste than `WASTE_BUDGET` takes a step back.
//! - **The origin.** Guesses that it answers more slowly than visits, anything that it answers more slowly than usual,
//!   errors, and many speculations that are refused or have something deferred: each takes a step back.
//! - **Forms.** Where those are refused more often after whose page another one was fetched ahead ([`forms`]), steps are taken
//!   back for a week at least.
//! - **What is pressed.** Where hardly a page is shown that was fetched as its link was pressed, the baseline rests
//!   ([`rest`]): a script takes the clicks there. What visitors with a session press counts for that, and for nothing else
//!   ([`in_sessions`]).
//! - **Pages.** A page or a route that wastes much more than the budget stays conservative by itself, and what happens there
//!   is not held against the others.
//!
//! A mouse and a finger are judged apart: under one rule browsers take quite different links for pointed at.
//!
//! # Nobody alone
//!
//! One visitor is counted a few times a day ([`TOLD_BY_ONE`]). What [`SEVERAL`] visitors may have said is left out of
//! whatever is judged, in favour of how things are ([`Track::told_by_few`]). And nothing rises before `MIN_VISITORS` were
//! seen on one day.
//!
//! # No flapping
//!
//! A step down takes as long as it takes to see; one in a row of several is a step of the same fall. After a fall nothing
//! rises for six hours, and each time for twice as long, up to a week. What is held is held for a day at first.

use super::hidden_pages::Fate;
use super::navigation_batch::{GuessCount, GuessCounts, OriginStats};
use super::visitor::{DAY_MS, Day, Visitors, day_of};
use crate::learn::names::LIFE_MS;
use crate::limits::{SEVERAL, TOLD_BY_ONE};
use crate::published::baseline_eagerness::{
    BaselineEagerness, OriginFigures, Reason, Step, Track as Published, is_tried,
};
use crate::sorting::map::SortedMap;
use crate::speculation::{Guess, Pointer};
use crate::urls::route_templates;
use forms::Forms;
use holds::Holds;
use in_sessions::InSessions;
use origin_answers::OriginAnswers;
use rest::Rest;
use serde::{Deserialize, Serialize};
pub use tally::PageTallies;
use tally::{HALF_LIFE, Tally};

mod forms;
mod holds;
mod in_sessions;
mod origin_answers;
mod rest;
mod tally;
mod term;

/// In how many milliseconds what was counted halves, however little comes in.
const WEEK_MS: f64 = 7.0 * 24.0 * 3600.0 * 1000.0;

/// How many speculations under the conservative rule it takes to begin a trial.
const MIN_PRESSED: f64 = 24.0;

/// The share of what was pressed that is wasted where a script takes the clicks. Of other sites nearly all of it is used.
const UNUSED: f64 = 0.9;

/// How many speculations are enough to judge, beside those that are left out.
const MIN_MADE: f64 = 12.0;

/// How far above the budget the waste of a page or a route may be.
const MARGIN: f64 = 0.15;

/// How far above the budget the waste of the site may be before it falls, so that it does not rise and fall at one figure.
const SLACK: f64 = 0.05;

/// The share of speculations with something refused or deferred that is too much.
const MOST_WITHHELD: f64 = 0.25;

/// After how many speculations what was withheld of them has halved.
const WITHHELD_HALF_LIFE: f64 = 200.0;

/// How many publications a trial lasts at least.
const TRIAL_PUBLICATIONS: u64 = 3;

/// How long a trial lasts at least that comes after a fall, in milliseconds.
const CAREFUL_TRIAL_MS: u64 = 3600 * 1000;

/// How long nothing rises after the first fall, and after the latest, in milliseconds.
const WAIT_MS: u64 = 6 * 3600 * 1000;
const MOST_WAIT_MS: u64 = 7 * DAY_MS;

/// Within how many milliseconds a further step down belongs to the same fall.
const SAME_FALL_MS: u64 = 3600 * 1000;

/// How many pages speak for their route.
const MIN_ROUTE_PAGES: usize = 2;

/// The share of a site's speculations that a trial is to begin with, and the least with which it would come to anything.
const TRIED: f64 = 1.0 / 3.0;
const LEAST_TRIED: f64 = 0.1;

/// How many choices of pages for a trial are compared.
const SEEDS: u8 = 64;

/// What is known for one pointer.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Track {
    #[serde(default)]
    step: Step,
    #[serde(default)]
    why: Reason,
    /// Since when it is on its step, and until when it does not rise, in milliseconds since the epoch.
    #[serde(default)]
    since: u64,
    #[serde(default)]
    until: u64,
    /// When it fell last, and how often it did.
    #[serde(default)]
    fell: u64,
    #[serde(default)]
    falls: u32,
    /// The reading of the clock from which speculations under the moderate rule count: since a trial began, or a step was
    /// taken down.
    #[serde(default)]
    counts_from: f64,
    /// Speculations under the conservative rule, and under the moderate one on pages that are not held.
    #[serde(default)]
    pressed: Tally,
    #[serde(default)]
    moderate: Tally,
    /// From whom they came, on which day the last of them did, and on how many days before, decayed as they are.
    #[serde(default)]
    visitors: Visitors,
    #[serde(default)]
    day: Day,
    #[serde(default)]
    days: Tally,
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Regulation {
    /// What tallies fade by: it counts the site's speculations, and goes on by itself.
    #[serde(default)]
    clock: f64,
    /// When anything was heard last, in milliseconds since the epoch, and until when time has passed.
    #[serde(default)]
    heard: u64,
    #[serde(default)]
    passed: u64,
    #[serde(default)]
    tracks: [Track; Pointer::ALL.len()],
    #[serde(default)]
    origin: OriginAnswers,
    /// Speculations, and those of which something was refused or deferred, decayed.
    #[serde(default)]
    guesses: f64,
    #[serde(default)]
    withheld: f64,
    #[serde(default, skip_serializing_if = "Forms::are_none")]
    forms: Forms,
    /// Whether the origin was slow when that was looked at last.
    #[serde(default)]
    is_slow: bool,
    #[serde(default)]
    seed: u8,
    #[serde(default, skip_serializing_if = "Holds::are_none")]
    held: Holds,
    #[serde(default, skip_serializing_if = "Rest::is_none")]
    rest: Rest,
    #[serde(default, skip_serializing_if = "InSessions::are_none")]
    in_sessions: InSessions,
}

/// A page from which speculations were made.
pub(super) struct Evidence<'a> {
    /// Its path.
    pub(super) path: &'a str,
    /// Whether so many visitors were given it that its path may be published.
    pub(super) is_named: bool,
    /// What became of them.
    pub(super) tallies: &'a PageTallies,
}

/// What a step depends on besides what was seen.
#[derive(Clone, Copy, Debug)]
pub(super) struct Circumstances {
    /// `MIN_VISITORS`.
    pub(super) min_visitors: u32,
    /// `WASTE_BUDGET`.
    pub(super) waste_budget: f64,
    /// How often is published, in milliseconds.
    pub(super) publish_ms: u64,
    /// Whether it is known what robots.txt says.
    pub(super) has_robots: bool,
    /// Milliseconds since the epoch.
    pub(super) now: u64,
}

impl Circumstances {
    /// How many visitors it takes to say anything.
    fn several(&self) -> u32 {
        SEVERAL.min(self.min_visitors)
    }

    /// How many visitors may say anything: none where one is enough for others to be told.
    fn few(&self) -> f64 {
        if self.min_visitors == 1 { 0.0 } else { f64::from(self.several()) }
    }

    /// How many times these have a say within a short time: around midnight, or where two isolates answer them.
    fn told_by_few(&self) -> f64 {
        2.0 * self.few() * f64::from(TOLD_BY_ONE)
    }
}

impl Track {
    /// How many of the counted speculations a few visitors may have made up: all that they can within a short time, and some
    /// on the days before. Who comes every day is one of a site's visitors, and on a site with few of them counts as much as
    /// they do.
    fn told_by_few(&self, clock: f64, circumstances: &Circumstances) -> f64 {
        let days = self.days.at(clock, 0.0).made;
        circumstances.told_by_few() * (1.0 + (days - 1.0).max(0.0) / 8.0)
    }

    fn rise(&mut self, step: Step, clock: f64, now: u64) {
        if step == Step::Trial {
            self.forget(clock);
        }
        (self.step, self.since) = (step, now);
    }

    /// Lets what was counted of the moderate rule until now count no more.
    fn forget(&mut self, clock: f64) {
        (self.counts_from, self.moderate) = (clock, Tally::default());
    }

    fn fall(&mut self, clock: f64, now: u64) {
        self.step = if self.step == Step::Moderate { Step::Trial } else { Step::Conservative };
        self.since = now;
        if self.falls == 0 || now.saturating_sub(self.fell) >= SAME_FALL_MS {
            self.falls = self.falls.saturating_add(1);
        }
        self.fell = now;
        self.until = now.saturating_add(doubled(WAIT_MS, self.falls, MOST_WAIT_MS));
        self.forget(clock);
    }
}

/// A time that doubles with each time after the first.
fn doubled(first: u64, times: u32, most: u64) -> u64 {
    first.saturating_mul(1_u64.checked_shl(times.saturating_sub(1)).unwrap_or(u64::MAX)).min(most)
}

/// Whether more than a share of speculations was wasted, even if so many were made up to waste them.
fn is_over(tally: Tally, share: f64, left_out: f64) -> bool {
    let made = tally.made - left_out;
    made >= MIN_MADE && tally.wasted() - left_out > share.min(0.95) * made
}

/// Whether so little of what was pressed was used as where a script takes the clicks, whoever has made it up.
fn is_hardly_used(pressed: Tally) -> bool {
    pressed.used < (1.0 - UNUSED) * pressed.made
}

/// Whether no more was, even if so many were made up to be used.
fn is_within(tally: Tally, share: f64, left_out: f64) -> bool {
    let made = tally.made - left_out;
    made >= MIN_MADE && tally.used.min(tally.made) - left_out >= (1.0 - share) * made
}

impl Regulation {
    /// Takes in what an isolate has seen on a day, at `now`: how the origin has answered, and how many speculations were made
    /// from all pages together.
    pub(super) fn hear(&mut self, origin: &OriginStats, guesses: u32, day: Day, now: u64) {
        self.pass(now);
        if origin.is_none() && guesses == 0 {
            return;
        }
        self.heard = now;
        self.clock += f64::from(guesses);
        self.origin.add(&origin.asked, &origin.guessed, self.is_slow);
        let fade = (-f64::from(origin.guesses) / WITHHELD_HALF_LIFE).exp2();
        self.guesses = self.guesses * fade + f64::from(origin.guesses);
        self.withheld = self.withheld * fade + f64::from(origin.withheld.min(origin.guesses));
        self.forms.add(&origin.forms, day);
        self.in_sessions.add(&origin.in_sessions);
        let clock = self.clock;
        for (track, visitors) in self.tracks.iter_mut().zip(&origin.visitors) {
            track.visitors.add(day, visitors);
            if day > track.day && !visitors.is_empty() {
                let before = if track.day > 0 { 1.0 } else { 0.0 };
                track.days.add(before, 0.0, clock, 0.0);
                track.day = day;
            }
        }
    }

    /// Takes in the speculations that were made from the page at a path. Answers the page's tallies with them.
    pub(super) fn count(&mut self, path: &str, tallies: &mut PageTallies, counts: &GuessCounts, now: u64) {
        let mut counts = *counts;
        for pointer in Pointer::ALL {
            let moderate = Guess { is_moderate: true, pointer }.index();
            if self.held.has(path, pointer, now)
                && let Some(count) = counts.get_mut(moderate)
            {
                // By a rules file of before. That was judged.
                *count = GuessCount::default();
            }
        }
        let since = self.tracks.each_ref().map(|track| track.counts_from);
        tallies.add(&counts, self.clock, since);
        for (at, count) in counts.iter().enumerate() {
            let Some(guess) = Guess::at(at) else { continue };
            let Some(track) = self.tracks.get_mut(guess.pointer.index()) else { continue };
            let (tally, since) = if guess.is_moderate {
                (&mut track.moderate, track.counts_from)
            } else {
                (&mut track.pressed, 0.0)
            };
            tally.add(f64::from(count.0), f64::from(count.1), self.clock, since);
        }
    }

    /// Takes a step up or down for each pointer, if anything calls for one. Answers whose tallies under the moderate rule are
    /// to be forgotten, since what they say has been acted on.
    pub(super) fn step(
        &mut self,
        pages: &[Evidence<'_>],
        circumstances: &Circumstances,
    ) -> Vec<(String, Pointer)> {
        let now = circumstances.now;
        self.pass(now);
        if self.heard > 0 && now.saturating_sub(self.heard) > LIFE_MS {
            // The clock goes on: pages may remember more than is remembered of them here.
            *self = Self { clock: self.clock, passed: self.passed, ..Self::default() };
            self.tracks.iter_mut().for_each(|track| track.counts_from = self.clock);
        }
        let left_out = circumstances.told_by_few();
        self.is_slow = self.origin.is_slow(left_out);
        self.held.expire(now);
        self.rest_if_unused(circumstances);
        let mut acted_on = Vec::new();
        for pointer in Pointer::ALL {
            acted_on.extend(self.hold(pointer, pages, circumstances));
            self.step_for(pointer, pages, circumstances);
        }
        acted_on
    }

    /// Why nothing must be more eager than conservative, by how the origin answers.
    fn strain(&self, circumstances: &Circumstances) -> Option<Reason> {
        let left_out = circumstances.told_by_few();
        let withheld = self.guesses - left_out;
        if self.forms.are_refused(circumstances.several(), day_of(circumstances.now)) {
            Some(Reason::RefusedForms)
        } else if self.origin.is_failing(left_out) {
            Some(Reason::FailingOrigin)
        } else if self.is_slow {
            Some(Reason::SlowOrigin)
        } else if withheld >= MIN_MADE && self.withheld - left_out > MOST_WITHHELD * withheld {
            Some(Reason::Withheld)
        } else {
            None
        }
    }

    /// Lets the baseline rest where hardly a page is shown whose link was pressed, by any pointer of which enough is known. While it
    /// rests nothing of what is pressed counts: it was asked for by a file of before.
    fn rest_if_unused(&mut self, circumstances: &Circumstances) {
        let (clock, now) = (self.clock, circumstances.now);
        let mut pressed = self.tracks.each_ref().map(|track| track.pressed.at(clock, 0.0));
        let says_used = |pressed: &Tally| pressed.made >= MIN_MADE && !is_hardly_used(*pressed);
        // An application behind a sign-in does not speak for the pages in front of it.
        let is_used_without = pressed.iter().any(says_used);
        for (pressed, in_sessions) in pressed.iter_mut().zip(self.in_sessions.tallies()) {
            *pressed = pressed.with(in_sessions);
        }
        let left_out = self.tracks.each_ref().map(|track| track.told_by_few(clock, circumstances));
        // What rested once is soon known again.
        let enough = if self.rest.is_none() { MIN_PRESSED } else { MIN_MADE };
        let known: Vec<(Tally, f64)> = pressed
            .into_iter()
            .zip(left_out)
            .filter(|(pressed, left_out)| pressed.made - left_out >= enough)
            .collect();
        // Of a pointer of which less is known, its few figures must not say the contrary.
        let is_used = is_used_without || pressed.iter().any(says_used);
        let is_unused = !known.is_empty()
            && !is_used
            && known.iter().all(|(pressed, left_out)| is_over(*pressed, UNUSED, *left_out));
        let is_low = self.tracks.iter().all(|track| track.step == Step::Conservative);
        if is_low && is_unused && !self.rest.lasts(now) {
            let pressed = known.iter().fold(Tally::default(), |all, (pressed, _)| all.with(*pressed));
            self.rest.begin(pressed, now);
        }
        if self.rest.lasts(now) {
            self.tracks.iter_mut().for_each(|track| track.pressed = Tally::default());
            self.in_sessions = InSessions::default();
        }
        self.rest.expire(now);
    }

    fn step_for(&mut self, pointer: Pointer, pages: &[Evidence<'_>], circumstances: &Circumstances) {
        let Circumstances { min_visitors, waste_budget, publish_ms, has_robots, now } = *circumstances;
        let (clock, strain) = (self.clock, self.strain(circumstances));
        let is_usual_known = self.origin.is_known();
        let is_on_trial = self.tracks.iter().any(|track| track.step == Step::Trial);
        let Some(track) = self.tracks.get_mut(pointer.index()) else { return };
        if track.falls > 0 && now.saturating_sub(track.fell) > LIFE_MS {
            track.falls = 0;
        }
        let left_out = track.told_by_few(clock, circumstances);
        let [pressed, moderate] = [track.pressed.at(clock, 0.0), track.moderate.at(clock, track.counts_from)];
        let is_wasteful = is_over(moderate, waste_budget + SLACK, left_out);
        if self.rest.lasts(now) {
            track.why = Reason::Unused;
            return;
        }
        if let Some(reason) = strain.or(is_wasteful.then_some(Reason::Wasteful)) {
            if track.step > Step::Conservative {
                track.fall(clock, now);
                if reason == Reason::RefusedForms {
                    track.until = now.saturating_add(MOST_WAIT_MS);
                }
            }
            track.why = reason;
            return;
        }
        let is_early = now < track.until;
        let lasted = now.saturating_sub(track.since);
        match track.step {
            Step::Conservative => {
                let is_enough = pressed.made >= MIN_PRESSED
                    && is_usual_known
                    && track.visitors.most(day_of(now)) >= min_visitors;
                if is_over(pressed, waste_budget, left_out) || (is_enough && is_hardly_used(pressed)) {
                    // Even of links that are pressed too few are opened; or nothing tells that they are.
                    track.why = Reason::Wasteful;
                } else if !is_enough {
                    track.why = Reason::TooFewGuesses;
                } else if !has_robots {
                    track.why = Reason::NoRobots;
                } else if is_early {
                    // What it fell for says more.
                    let is_told = matches!(
                        track.why,
                        Reason::Wasteful
                            | Reason::SlowOrigin
                            | Reason::FailingOrigin
                            | Reason::Withheld
                            | Reason::RefusedForms
                    );
                    track.why = if is_told { track.why } else { Reason::Waits };
                } else {
                    track.rise(Step::Trial, clock, now);
                    track.why = Reason::Trial;
                    if !is_on_trial {
                        self.seed = seed(pages, clock);
                    }
                }
            }
            Step::Trial => {
                let long_enough = TRIAL_PUBLICATIONS.saturating_mul(publish_ms);
                let long_enough =
                    if track.falls > 0 { long_enough.max(CAREFUL_TRIAL_MS) } else { long_enough };
                let is_good = is_within(moderate, waste_budget, left_out);
                if is_good && lasted >= long_enough && !is_early {
                    track.rise(Step::Moderate, clock, now);
                    track.why = Reason::WithinBudget;
                } else {
                    track.why = if is_early { Reason::Waits } else { Reason::Trial };
                }
            }
            Step::Moderate => track.why = Reason::WithinBudget,
        }
    }

    /// Holds the pages and the routes that waste far more than the budget allows. Answers the pages whose tallies say that no
    /// more.
    fn hold(
        &mut self,
        pointer: Pointer,
        pages: &[Evidence<'_>],
        circumstances: &Circumstances,
    ) -> Vec<(String, Pointer)> {
        let Circumstances { waste_budget, now, .. } = *circumstances;
        let Some(track) = self.tracks.get(pointer.index()) else { return Vec::new() };
        let (clock, since) = (self.clock, track.counts_from);
        let left_out = track.told_by_few(clock, circumstances);
        let is_bad = |tally: Tally| is_over(tally, waste_budget + MARGIN, left_out);
        let mut bad: Vec<(String, Tally, Vec<&str>)> = Vec::new();
        let mut routes: SortedMap<String, (Tally, bool, Vec<&str>)> = SortedMap::new();
        for page in pages {
            let tally = page.tallies.get(Guess { is_moderate: true, pointer }).at(clock, since);
            if tally.made <= 0.0 || self.held.has(page.path, pointer, now) {
                continue;
            }
            // In a name a `*` would stand for anything.
            if page.is_named && is_bad(tally) && !page.path.contains('*') {
                bad.push((page.path.to_owned(), tally, vec![page.path]));
            } else if let Some(route) = route_templates::templates(page.path).into_iter().next() {
                let (of_route, is_named, paths) = routes.entry(route).or_default();
                *of_route = of_route.with(tally);
                *is_named |= page.is_named;
                paths.push(page.path);
            }
        }
        let routes = routes.into_iter().filter(|(_, (tally, is_named, paths))| {
            *is_named && paths.len() >= MIN_ROUTE_PAGES && is_bad(*tally)
        });
        bad.extend(routes.map(|(route, (tally, _, paths))| (route, tally, paths)));
        let mut acted_on = Vec::new();
        for (name, tally, paths) in bad {
            if !self.held.add(name, pointer, tally, now) {
                break;
            }
            if let Some(track) = self.tracks.get_mut(pointer.index()) {
                track.moderate = track.moderate.at(clock, since).without(tally);
            }
            acted_on.extend(paths.into_iter().map(|path| (path.to_owned(), pointer)));
        }
        acted_on
    }

    /// Lets time pass: what was counted fades, however little comes in.
    fn pass(&mut self, now: u64) {
        if self.passed > 0 {
            // Not more than some centuries.
            #[allow(clippy::cast_precision_loss)]
            let milliseconds = now.saturating_sub(self.passed) as f64;
            let speculations = HALF_LIFE * milliseconds / WEEK_MS;
            self.clock += speculations;
            self.in_sessions.pass(speculations);
            self.origin.pass(milliseconds);
            self.forms.fade((-milliseconds / WEEK_MS).exp2());
        }
        self.passed = self.passed.max(now);
    }

    /// Lets each page have the name that it has now.
    pub(super) fn revise(&mut self, fate: &dyn Fn(&str) -> Fate) {
        self.held.revise(fate);
    }

    /// What is published at `now`.
    pub(super) fn published(&self, now: u64) -> BaselineEagerness {
        // Their clocks fit what is read as seconds.
        let seconds = |milliseconds: u64| milliseconds / 1000;
        let tracks = self.tracks.each_ref().map(|track| {
            let pressed = track.pressed.at(self.clock, 0.0).rounded();
            let moderate = track.moderate.at(self.clock, track.counts_from).rounded();
            let until = if now < track.until { seconds(track.until) } else { 0 };
            let visitors = track.visitors.most(day_of(now));
            Published {
                step: track.step,
                why: track.why.as_str().to_owned(),
                until,
                pressed,
                moderate,
                visitors,
            }
        });
        BaselineEagerness {
            tracks,
            seed: self.seed,
            held: self.held.published(now),
            rest: self.rest.published(now),
            origin: self.origin_figures(),
        }
    }

    fn origin_figures(&self) -> OriginFigures {
        // Milliseconds of a request, and numbers that decay.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let rounded = |number: f64| number.round() as u32;
        let OriginAnswers { asked, guessed, usual } = &self.origin;
        OriginFigures {
            asked: asked.times.median(0.0).map(rounded),
            guessed: guessed.times.median(0.0).map(rounded),
            usual: usual.median(0.0).map(rounded),
            errors: (rounded(asked.errors + guessed.errors), rounded(asked.all + guessed.all)),
            withheld: (rounded(self.withheld), rounded(self.guesses)),
            forms: self.forms.rounded(),
        }
    }
}

/// Chooses the pages of a trial: those from which about a third of the speculations were made so far, and some in any case.
fn seed(pages: &[Evidence<'_>], clock: f64) -> u8 {
    let weights: Vec<(&str, f64)> = pages
        .iter()
        .map(|page| {
            let pressed = Pointer::ALL
                .map(|pointer| page.tallies.get(Guess { is_moderate: false, pointer }).at(clock, 0.0).made);
            (page.path, pressed.iter().sum())
        })
        .collect();
    let all: f64 = weights.iter().map(|(_, weight)| weight).sum();
    let distance = |seed: u8| {
        let tried = weights.iter().filter(|(path, _)| is_tried(seed, path)).map(|(_, weight)| weight);
        let share = tried.sum::<f64>() / all.max(1.0);
        if share < LEAST_TRIED { 1.0 } else { (share - TRIED).abs() }
    };
    (0..SEEDS).min_by(|a, b| distance(*a).total_cmp(&distance(*b))).unwrap_or_default()
}

#[cfg(test)]
mod tests;
