//! Whether Headstart works on a site, and what is in its way: each thing that is looked at, in a sentence.

use super::model::{Inputs, Report};
use super::words;
use crate::config::Config;
use crate::limits::SEVERAL;
use crate::switches::{Feature, Mode, State};
use serde::Serialize;

/// How many views it takes before something that is missing is a sign.
const ENOUGH_VIEWS: u64 = 200;

/// How many views it takes before it is a sign that nothing was learned of them.
const ENOUGH_TO_LEARN: u64 = 1000;

/// How many speculations it takes before their waste is judged.
const ENOUGH_TOLD: u64 = 50;

/// How something is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "snake_case")]
pub enum Verdict {
    /// As it should be.
    Good,
    /// It cannot be told yet, or is as it was configured.
    Open,
    /// It is in the way.
    Bad,
}

/// Something that was looked at.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Check {
    /// How it is.
    pub verdict: Verdict,
    /// What was seen, and what to do.
    pub text: String,
}

fn check(verdict: Verdict, text: impl Into<String>) -> Check {
    Check { verdict, text: text.into() }
}

/// Whether Headstart is on, by `MODE`, the switches, and what is configured.
#[must_use]
pub fn state(inputs: &Inputs<'_>) -> &'static str {
    let Config { hints, rules, .. } = inputs.config;
    if hints.is_on || rules.is_on { switched(inputs).mode().as_str() } else { "off" }
}

/// What `MODE` and the switches say of the site.
fn switched(inputs: &Inputs<'_>) -> State {
    let mode = inputs.config.mode;
    inputs
        .switches
        .as_ref()
        .map_or_else(|| State::all(mode), |switches| switches.state_of_site(inputs.site, mode))
}

/// All that is looked at.
#[must_use]
pub fn checks(report: &Report, inputs: &Inputs<'_>) -> Vec<Check> {
    let config = inputs.config;
    let mut checks = Vec::new();
    for binding in &inputs.missing {
        checks.push(check(
            Verdict::Bad,
            format!("The binding {binding} does not exist; add it to wrangler.toml."),
        ));
    }
    checks.push(match report.mistakes.len() {
        0 => check(Verdict::Good, "The configuration has no mistakes."),
        1 => check(Verdict::Bad, "The configuration has a mistake, which stands below."),
        number => check(Verdict::Bad, format!("The configuration has {number} mistakes, which stand below.")),
    });
    checks.push(if config.effects.seal.is_some() {
        check(Verdict::Good, "SEAL_KEY is set, so cookies and visits can be deferred.")
    } else {
        let text = "SEAL_KEY is not set: nothing can be deferred, and speculations that would need it are refused. Set one \
                    with npx wrangler secret put SEAL_KEY.";
        check(Verdict::Bad, text)
    });
    checks.extend(
        report
            .learners
            .iter()
            .flat_map(|learner| &learner.faults)
            .map(|fault| check(Verdict::Bad, fault.clone())),
    );
    let switched = switched(inputs);
    checks.push(published(report, config, switched));
    checks.extend(speculated(report, config, switched));
    checks.extend(wasted(report, config));
    checks.push(compared(report, config));
    checks
}

/// Whether anything is learned.
fn published(report: &Report, config: &Config, switched: State) -> Check {
    let age = report.learners.iter().filter_map(|learner| learner.age_ms).min();
    let views = report.all_views();
    match age {
        _ if !switched.learns() => {
            check(Verdict::Open, "Headstart is switched off, by MODE or by a switch, so nothing is learned.")
        }
        _ if report.state == "off" => {
            check(Verdict::Open, "HINTS and RULES are off, so nothing is added to pages.")
        }
        Some(age) => {
            check(Verdict::Good, format!("What was learned was published last {} ago.", words::span(age)))
        }
        None if !config.hints.is_on && !config.learns_next_pages() => {
            check(Verdict::Open, "HINTS and NEXT_PAGES are off, so nothing is learned.")
        }
        None if views >= ENOUGH_TO_LEARN => check(
            Verdict::Open,
            format!(
                "Nothing is published after {views} views that were counted. Has no page {SEVERAL} visitors on one day, or is Headstart not \
                 told their addresses? Without these no visitor is told from another. On Cloudflare, turn off the Managed Transform \
                 \"Remove visitor IP headers\"; elsewhere VISITOR_ADDRESS names the field that has them."
            ),
        ),
        None => check(
            Verdict::Open,
            format!(
                "Nothing is published yet. A page's hints are, once {SEVERAL} visitors were given it on one day; a next page, once \
                 {} visitors were.",
                config.next_pages.min_visitors
            ),
        ),
    }
}

/// Whether browsers speculate.
fn speculated(report: &Report, config: &Config, switched: State) -> Option<Check> {
    if !config.rules.is_on {
        return Some(check(Verdict::Open, "RULES is off, so pages name no rules."));
    }
    let mode = switched.of(Feature::Rules);
    if mode != Mode::On {
        let how = if mode == Mode::Shadow { "in shadow" } else { "switched off" };
        let text = format!("Rules are {how}, by MODE or by a switch, so pages name none.");
        return Some(check(Verdict::Open, text));
    }
    let arrived: u64 = report.speculations.iter().map(|rule| rule.prefetches + rule.prerenders).sum();
    let views = report.all_views();
    if arrived > 0 {
        let text =
            format!("Browsers fetch pages ahead: {arrived} times for {views} views that were counted.");
        return Some(check(Verdict::Good, text));
    }
    (views >= ENOUGH_VIEWS).then(|| {
        let text = format!(
            "No browser has fetched a page ahead in {views} views. Is Speed Brain on (Cloudflare answers prefetches itself then; \
             turn it off under Speed), does a Content-Security-Policy block the rules, or are none of the visitors' browsers built \
             on Chromium?"
        );
        check(Verdict::Bad, text)
    })
}

/// How much is wasted.
fn wasted(report: &Report, config: &Config) -> Option<Check> {
    let told: u64 = report.speculations.iter().map(|rule| rule.told).sum();
    let unused: u64 = report.speculations.iter().map(|rule| rule.unused).sum();
    if told < ENOUGH_TOLD {
        return None;
    }
    // A percentage.
    #[allow(clippy::cast_precision_loss)]
    let share = unused as f64 / told as f64;
    let text = format!(
        "{} of the speculations of which that is told were not used; WASTE_BUDGET is {}.",
        words::percent(unused, told),
        config.next_pages.waste_budget
    );
    let is_within = share <= config.next_pages.waste_budget;
    Some(check(if is_within { Verdict::Good } else { Verdict::Open }, text))
}

/// Whether it can be told what was gained.
fn compared(report: &Report, config: &Config) -> Check {
    if !config.hints.preferences.asks {
        return check(
            Verdict::Open,
            "BEACON is off, so browsers are not asked how fast pages were, and nobody can tell the gain.",
        );
    }
    let kinds = report.speeds.iter().filter(|speed| speed.figure == "lcp").count();
    if kinds > 1 {
        check(
            Verdict::Good,
            "Browsers have told how fast pages were, of plain views and of such as were fetched ahead.",
        )
    } else {
        check(Verdict::Open, "Too few browsers have told how fast pages were to compare views.")
    }
}
