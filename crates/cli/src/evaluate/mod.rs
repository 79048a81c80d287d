//! `headstart evaluate`: how well the next page is predicted, on a site's own history or on a made-up one.
//!
//! A history is replayed in the order of time, and at each view of a page every policy predicts before it learns. Held
//! against each other are ours, Guess.js' threshold, and the two most followed links. For each:
//!
//! - recall: the share of navigations whose page had been speculated on;
//! - precision: the share of speculations that were used;
//! - speculations per navigation.
//!
//! A policy that speculates more has more recall, so ours is shown at exactly as many speculations as each of the others.
//! Besides: whether ours' probabilities are right, whether it keeps waste budgets, and how fast it is back when the
//! site's navigation has changed.
//!
//! - [`history`], [`log`]: what is replayed.
//! - [`counts`]: the other policies; ours is [`headstart::learn::next`].
//! - [`replay`]: predicts and learns.
//! - [`hindsight`], [`calibration`], [`recovery`]: what follows from the forecasts.
//! - [`report`]: says it, to people and as JSON.
//!
//! What this leaves out: pages that nobody may be told of, since they are private or harmful, are left out on a real
//! site; links and their places are not known from a log, and would help; and a speculation is counted as one whether or
//! not the browser would have had the page anyway.

mod calibration;
mod counts;
mod hindsight;
mod history;
mod log;
mod recovery;
mod replay;
mod report;

use crate::generate;
use crate::pipe;
use headstart_simulate::{SiteKind, sessions};
use history::History;

/// What is replayed.
#[derive(Debug, PartialEq)]
enum Source {
    /// A file; `-` is standard input.
    File(String),
    /// What visitors of a made-up site do.
    Generated { kind: SiteKind, navigations: usize, seed: u64 },
}

/// A waste budget, as it was asked for.
#[derive(Debug, PartialEq)]
struct Waste {
    name: String,
    share: f64,
}

/// What was asked for.
#[derive(Debug, PartialEq)]
struct Order {
    source: Source,
    overnight: Option<usize>,
    budgets: Vec<Waste>,
}

/// The flags and operands of a command line, before they are understood together.
#[derive(Default)]
struct Arguments<'a> {
    file: Option<&'a str>,
    kind: Option<&'a str>,
    navigations: Option<&'a str>,
    seed: Option<&'a str>,
    overnight: Option<&'a str>,
    budgets: Option<&'a str>,
}

impl<'a> Arguments<'a> {
    fn read(mut arguments: &'a [String]) -> Result<Self, String> {
        let mut read = Self::default();
        while let Some((argument, rest)) = arguments.split_first() {
            arguments = rest;
            let place = match argument.as_str() {
                "--generate" => &mut read.kind,
                "--navigations" => &mut read.navigations,
                "--seed" => &mut read.seed,
                "--overnight" => &mut read.overnight,
                "--waste-budget" => &mut read.budgets,
                flag if flag.starts_with("--") => return Err(usage(&format!("{flag} is not known"))),
                file => {
                    if read.file.replace(file).is_some() {
                        return Err(usage("name one file"));
                    }
                    continue;
                }
            };
            let (value, rest) = rest.split_first().ok_or_else(|| usage(&format!("{argument}: what?")))?;
            *place = Some(value);
            arguments = rest;
        }
        Ok(read)
    }
}

impl Order {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let Arguments { file, kind, navigations, seed, overnight, budgets } = Arguments::read(arguments)?;
        let source = match (file, kind) {
            (Some(file), None) if navigations.is_none() && seed.is_none() => Source::File(file.to_owned()),
            (Some(_), None) => return Err(usage("--navigations and --seed belong to --generate")),
            (None, Some(kind)) => Source::Generated {
                kind: generate::site(kind).ok_or_else(|| usage(&format!("no site is called {kind}")))?,
                navigations: number("--navigations", navigations)?.unwrap_or(100_000),
                seed: number("--seed", seed)?.unwrap_or(1),
            },
            _ => return Err(usage("name a file, or a site to generate")),
        };
        let budgets = budgets.unwrap_or("0.4,0.6,0.8").split(',').map(waste).collect::<Result<_, _>>()?;
        Ok(Self { source, overnight: number("--overnight", overnight)?, budgets })
    }

    fn history(&self) -> Result<History, String> {
        match &self.source {
            Source::File(name) => {
                let bytes =
                    pipe::read(name).map_err(|error| format!("headstart evaluate: {name}: {error}"))?;
                // A request may be any bytes.
                History::read(&String::from_utf8_lossy(&bytes))
                    .map_err(|error| format!("headstart evaluate: {name}: {error}"))
            }
            Source::Generated { kind, navigations, seed } => {
                let sessions = sessions(*kind, *navigations, *seed, self.overnight);
                Ok(History { views: history::views(sessions), unreadable: 0 })
            }
        }
    }
}

fn usage(what: &str) -> String {
    format!(
        "headstart evaluate: {what}\n\
        usage: headstart evaluate FILE|- [--overnight N] [--waste-budget 0.4,0.6,0.8]\n\
        usage: headstart evaluate --generate shop|news|docs [--navigations 100000] [--seed 1] [--overnight N] \
        [--waste-budget 0.4,0.6,0.8]"
    )
}

fn number<N: std::str::FromStr<Err = std::num::ParseIntError>>(
    flag: &str,
    value: Option<&str>,
) -> Result<Option<N>, String> {
    let parse = |value: &str| value.parse().map_err(|error| usage(&format!("{flag} {value}: {error}")));
    value.map(parse).transpose()
}

fn waste(name: &str) -> Result<Waste, String> {
    let share = name.parse().ok().filter(|share| (0.0..=1.0).contains(share));
    let share = share.ok_or_else(|| usage(&format!("--waste-budget {name}: not a share, from 0 to 1")))?;
    Ok(Waste { name: name.to_owned(), share })
}

/// Reads the arguments, replays the history, and prints tables and a line of JSON.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let order = Order::read(arguments)?;
    let history = order.history()?;
    if history.unreadable > 0 {
        eprintln!("headstart evaluate: lines that cannot be read: {}", history.unreadable);
    }
    let navigations = history.views.iter().filter(|view| view.from.is_some()).count();
    if let Some(at) = order.overnight.filter(|at| *at > navigations) {
        return Err(format!(
            "headstart evaluate: --overnight {at}: there are {navigations} navigations only"
        ));
    }
    let text = report::text(&history, &order.budgets, order.overnight);
    pipe::print(&text).map_err(|error| format!("headstart evaluate: {error}"))
}

/// A number for arithmetic.
fn float(number: usize) -> f64 {
    // Numbers of things in memory fit the 52 bits of an f64.
    #[allow(clippy::cast_precision_loss)]
    let float = number as f64;
    float
}

/// The share of a part; of nothing there is none.
fn share(part: usize, whole: usize) -> Option<f64> {
    (whole > 0).then(|| float(part) / float(whole))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn order(line: &str) -> Result<Order, String> {
        Order::read(&line.split_whitespace().map(str::to_owned).collect::<Vec<_>>())
    }

    #[test]
    fn arguments_are_read() {
        let budget = |name: &str, share| Waste { name: name.to_owned(), share };
        let usual = || vec![budget("0.4", 0.4), budget("0.6", 0.6), budget("0.8", 0.8)];
        let file = |name: &str, overnight, budgets| Order {
            source: Source::File(name.to_owned()),
            overnight,
            budgets,
        };
        assert_eq!(order("access.log"), Ok(file("access.log", None, usual())));
        assert_eq!(order("--overnight 7 -"), Ok(file("-", Some(7), usual())));
        let budgets = vec![budget(".5", 0.5), budget("1", 1.0)];
        assert_eq!(order("a --waste-budget .5,1"), Ok(file("a", None, budgets)));
        let generated = |kind, navigations, seed, overnight| Order {
            source: Source::Generated { kind, navigations, seed },
            overnight,
            budgets: usual(),
        };
        assert_eq!(order("--generate shop"), Ok(generated(SiteKind::Shop, 100_000, 1, None)));
        let line = "--seed 3 --overnight 5 --navigations 9 --generate docs";
        assert_eq!(order(line), Ok(generated(SiteKind::Docs, 9, 3, Some(5))));
    }

    #[test]
    fn what_is_not_understood_is_said_with_the_usage() {
        for line in [
            "",
            "a b",
            "a --generate shop",
            "--generate",
            "--generate blog",
            "a --seed 1",
            "a --navigations 1",
            "a --speed 1",
            "a --overnight",
            "a --overnight x",
            "a --overnight -1",
            "--generate shop --seed x",
            "a --waste-budget",
            "a --waste-budget 1.1",
            "a --waste-budget 0.4,",
            "a --waste-budget NaN",
        ] {
            let message = order(line).unwrap_err();
            assert!(
                message.starts_with("headstart evaluate: ") && message.contains("usage: "),
                "{line}: {message}"
            );
        }
    }
}
