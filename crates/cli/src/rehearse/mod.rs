//! `headstart rehearse`: what Headstart would have done while an access log was written, and what that would have cost.
//!
//! - [`walk`]: goes through the log and predicts each view before it is learned.
//! - [`refused`]: what would have been refused.
//! - [`prices`]: what Cloudflare asks for it.
//! - [`figures`]: what follows; [`text`] and [`page`] show it.

mod figures;
mod page;
mod prices;
mod refused;
mod text;
mod walk;

use crate::crowd::Crowd;
use crate::learn::teacher::{Counter, Outlines};
use crate::learn::{Variables, said};
use crate::log::format::Format;
use crate::log::input::Lines;
use crate::log::reader::Logs;
use crate::log::views::{Seen, Selector};
use crate::order::site;
use crate::pipe;
use anyhow::{Context as _, bail};
use figures::{Figures, SHOWN, Setting};
use headstart::config::Config;
use headstart::next_page_preferences::NextPagePreferences;
use refused::Refusals;
use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::rc::Rc;
use url::Url;
use walk::Walk;

/// What is tried besides the site's own `MIN_VISITORS`.
const OTHERS: [u32; 2] = [5, 3];

/// By how many lines the site's host is told.
const FIRST_LINES: usize = 2000;

const EXAMPLES: &str = "Examples:
  headstart rehearse --html rehearsal.html /var/log/nginx/access.log*
  headstart rehearse --site https://www.example.org --min-visitors 5 - < access.log";

/// Say what Headstart would have done while an access log was written
///
/// Goes through the log as though Headstart had been there, and predicts each view by what had been learned before it: how many
/// next pages would have been fetched ahead and used, how many wasted, which URLs refused and why, by day; what that costs; and from
/// how many visitors on (`MIN_VISITORS`) the site profits. Prints text with a line of JSON at the end, and writes a page with charts.
/// The formats are those of headstart learn. Links, and what pages say of themselves, are not known from a log, and would help.
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub struct Arguments {
    /// The site as visitors see it; by default the host that most requests and referrers name
    #[arg(long, value_name = "URL", value_parser = site)]
    site: Option<Url>,
    /// Write a page with charts
    #[arg(long, value_name = "FILE")]
    html: Option<PathBuf>,
    /// The site's robots.txt; without it nothing is kept from robots
    #[arg(long, value_name = "FILE")]
    robots: Option<PathBuf>,
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    logs: Logs,
    /// Access logs; - is standard input
    #[arg(value_name = "LOG", required = true)]
    names: Vec<PathBuf>,
}

/// Rehearses, prints and writes.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let host = match &arguments.site {
        Some(site) => site.host_str().context("the site has no host")?.to_owned(),
        None => most_named(&arguments.names)?,
    };
    let figures = rehearse(arguments, &host)?;
    if let Some(file) = &arguments.html {
        std::fs::write(file, page::html(&figures)).with_context(|| file.display().to_string())?;
    }
    pipe::print(&text::text(&figures))
}

fn rehearse(arguments: &Arguments, host: &str) -> anyhow::Result<Figures> {
    let config = arguments.variables.config()?;
    let robots = arguments.robots.as_deref().map(pipe::read).transpose()?.unwrap_or_default();
    let outlines: Rc<Outlines> = Rc::default();
    let own = config.next_page_preferences();
    let others = OTHERS.into_iter().filter(|other| *other < own.min_visitors);
    let mut walks: Vec<Walk<'_>> = std::iter::once(own.min_visitors)
        .chain(others)
        .map(|min_visitors| {
            let counter = Counter::new(host, &robots, Rc::clone(&outlines));
            Walk::new(counter, NextPagePreferences { min_visitors, ..own })
        })
        .collect();
    let mut refusals = Refusals::new(config.clone())?;
    let mut crowd = Crowd::default();
    let mut selector = Selector::new(host, Config::clone(&config).urls.inert_parameters);
    let read =
        arguments.logs.read(&arguments.names, |request, shape| match selector.select(request, shape) {
            Seen::View(view) => {
                refusals.add(request.target);
                crowd.add(&view);
                for walk in &mut walks {
                    walk.view(&view);
                }
            }
            Seen::Guarded(view) => {
                refusals.add(request.target);
                for walk in &mut walks {
                    walk.guarded(&view);
                }
            }
            Seen::Other => refusals.add(request.target),
            Seen::Nothing => {}
        })?;
    walks.iter_mut().for_each(Walk::end);
    let mut remarks: Vec<String> = said(&selector, read.lines);
    remarks.extend(read.remarks());
    if selector.views == 0 {
        bail!(
            "there is no view of a page of {host} in the logs ({}); name the site with --site",
            remarks.join("; ")
        );
    }
    Ok(Figures {
        host: host.to_owned(),
        settings: walks.iter().map(Setting::of).collect(),
        refused: refusals.most(SHOWN),
        requests: (refusals.requests, refusals.refused),
        most_visitors: crowd.most(),
        told: selector.told,
        remarks,
    })
}

/// The host that the first lines of the logs name most often: of requests where they have it, of referrers otherwise.
fn most_named(files: &[PathBuf]) -> anyhow::Result<String> {
    let file = files.first().filter(|file| *file != Path::new("-"));
    let file =
        file.context("of standard input it is not known which site it is: --site https://www.example.org")?;
    let first = Lines::open(file)?.first(FIRST_LINES).with_context(|| file.display().to_string())?;
    let written = first.iter().filter(|line| !line.trim_ascii().is_empty()).map(Vec::as_slice);
    let format = Format::of(&written);
    let mut times: HashMap<String, usize> = HashMap::new();
    for line in written {
        let host = format.and_then(|format| {
            format.read(line, |request| match request.host {
                b"" | b"-" => {
                    let referer = Url::parse(std::str::from_utf8(request.referer).ok()?).ok()?;
                    referer.host_str().map(str::to_owned)
                }
                host => Some(String::from_utf8_lossy(host).split(':').next().unwrap_or_default().to_owned()),
            })
        });
        if let Some(host) = host.flatten() {
            *times.entry(host).or_default() += 1;
        }
    }
    let most = times.into_iter().max_by(|one, other| one.1.cmp(&other.1).then_with(|| other.0.cmp(&one.0)));
    let most = most.map(|(host, _)| host);
    // The reader says what is wrong with a log of no known format.
    most.or_else(|| format.is_none().then(String::new))
        .context("no line names a host: say which site it is, --site https://www.example.org")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::tests::command;

    #[test]
    fn arguments_are_read() {
        let read = |line: &str| -> Result<Arguments, String> {
            match command(&format!("rehearse {line}"))? {
                Command::Rehearse(arguments) => Ok(*arguments),
                other => panic!("{other:?}"),
            }
        };
        let arguments = read("--html r.html --min-visitors 4 a.log b.log").unwrap();
        assert_eq!((arguments.names.len(), arguments.html), (2, Some(PathBuf::from("r.html"))));
        assert_eq!(arguments.variables.config().unwrap().next_pages.min_visitors, 4);
        for line in ["", "--site a.example a", "--html", "--speed 1 a"] {
            assert!(read(line).is_err(), "{line}");
        }
    }
}
