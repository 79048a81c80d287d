//! `headstart evaluate`: how well the next page is predicted, on a site's own history or on a made-up one.
//!
//! A history is replayed in the order of time, and at each view of a page every policy predicts before it learns. Three
//! policies are compared: ours, Guess.js' threshold, and the two most followed links. For each:
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
//! - [`report`]: prints the figures, as tables and as JSON.
//!
//! What this leaves out: a real site names no pages that are private or harmful; links and their places are not known from a log, and
//! would help; and a speculation is counted as one whether or not the browser would have had the page anyway.

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
use anyhow::{Context as _, bail};
use headstart_simulate::{SiteKind, sessions};
use history::History;
use std::path::PathBuf;

/// Judge how well the next page is predicted, on an access log or on a made-up site
///
/// Replays the history in the order of time, predicts at each page view before it learns from it, and compares: Headstart,
/// Guess.js' threshold, and the two most followed links. Prints tables, and a line of JSON at the end.
#[derive(Debug, PartialEq, clap::Args)]
#[command(group = clap::ArgGroup::new("history").required(true).args(["file", "generate"]))]
pub struct Arguments {
    /// An access log, as "headstart learn" reads it, or sessions as "headstart generate" prints them; - is standard input
    #[arg(value_name = "FILE")]
    file: Option<PathBuf>,
    /// Make a site and its visitors up in place of reading a file
    #[arg(long, value_name = "SITE", value_parser = generate::site())]
    generate: Option<SiteKind>,
    /// With --generate: after how many navigations the sessions end
    #[arg(long, value_name = "N", default_value_t = 100_000, requires = "generate", conflicts_with = "file")]
    navigations: usize,
    /// With --generate: what chance is drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 1, requires = "generate", conflicts_with = "file")]
    seed: u64,
    /// After how many navigations the links between the site's pages change at once: the report then says how soon the
    /// predictions are as good as before. With --generate the made-up site changes there
    #[arg(long, value_name = "N")]
    overnight: Option<usize>,
    /// Shares of speculations that may be wasted, from 0 to 1, with commas between them
    #[arg(
        long = "waste-budget",
        value_name = "SHARES",
        default_value = "0.4,0.6,0.8",
        value_delimiter = ',',
        value_parser = Waste::parse
    )]
    budgets: Vec<Waste>,
}

/// A waste budget, as it was asked for.
#[derive(Clone, Debug, PartialEq)]
struct Waste {
    name: String,
    share: f64,
}

impl Waste {
    fn parse(name: &str) -> Result<Self, &'static str> {
        let share = name.parse().ok().filter(|share| (0.0..=1.0).contains(share));
        Ok(Self { name: name.to_owned(), share: share.ok_or("not a share, from 0 to 1")? })
    }
}

/// Replays the history, and prints tables and a line of JSON.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let history = arguments.history()?;
    if history.unreadable > 0 {
        pipe::complain(&format!("headstart evaluate: lines that cannot be read: {}", history.unreadable));
    }
    let navigations = history.views.iter().filter(|view| view.from.is_some()).count();
    if let Some(at) = arguments.overnight.filter(|at| *at > navigations) {
        bail!("--overnight {at}: there are {navigations} navigations only");
    }
    pipe::print(&report::text(&history, &arguments.budgets, arguments.overnight))
}

impl Arguments {
    /// What is replayed.
    fn history(&self) -> anyhow::Result<History> {
        if let Some(kind) = self.generate {
            let sessions = sessions(kind, self.navigations, self.seed, self.overnight);
            return Ok(History { views: history::views(sessions), unreadable: 0 });
        }
        let file = self.file.as_ref().context("name a file, or a site to generate")?;
        History::read(pipe::read(file)?).with_context(|| file.display().to_string())
    }
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
    use crate::Command;
    use crate::tests::command;

    fn read(line: &str) -> Arguments {
        match command(&format!("evaluate {line}")).unwrap() {
            Command::Evaluate(arguments) => arguments,
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn arguments_are_read() {
        let budget = |name: &str, share| Waste { name: name.to_owned(), share };
        let of = |file: Option<&str>, generate| Arguments {
            file: file.map(PathBuf::from),
            generate,
            navigations: 100_000,
            seed: 1,
            overnight: None,
            budgets: vec![budget("0.4", 0.4), budget("0.6", 0.6), budget("0.8", 0.8)],
        };
        assert_eq!(read("access.log"), of(Some("access.log"), None));
        assert_eq!(read("--overnight 7 -"), Arguments { overnight: Some(7), ..of(Some("-"), None) });
        let budgets = vec![budget(".5", 0.5), budget("1", 1.0)];
        assert_eq!(read("a --waste-budget .5,1"), Arguments { budgets, ..of(Some("a"), None) });
        assert_eq!(read("--generate shop"), of(None, Some(SiteKind::Shop)));
        let all = Arguments { navigations: 9, seed: 3, overnight: Some(5), ..of(None, Some(SiteKind::Docs)) };
        assert_eq!(read("--seed 3 --overnight 5 --navigations 9 --generate docs"), all);
    }

    #[test]
    fn what_is_not_understood_is_refused() {
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
            assert!(command(&format!("evaluate {line}")).is_err(), "{line}");
        }
    }
}
