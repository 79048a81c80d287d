//! `headstart learn`: what Headstart would learn of a site, before its first visitor comes through the Worker.
//!
//! - [`teacher`]: next pages, from access logs.
//! - [`doors`]: which pages turn visitors away.
//! - [`page_reader`]: hints, from pages.
//! - [`crawl`]: fetches pages.
//! - [`saved`]: reads saved ones, and prints their hints.
//! - [`keys`]: the keys of days.
//! - [`export`]: what goes into KV.

mod crawl;
mod doors;
mod export;
mod keys;
mod page_reader;
pub mod saved;
pub mod teacher;

use crate::answers::Answers;
use crate::crowd::{Crowd, Nothing};
use crate::log::reader::Logs;
use crate::log::time;
use crate::log::views::{LeftOut, Seen, Selector};
use crate::order::site;
use crate::pipe;
use anyhow::{Context as _, bail};
use export::Export;
use headstart::config::Config;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::store::Memory;
use headstart::visit::site_of;
use page_reader::PageReader;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::{SystemTime, UNIX_EPOCH};
use teacher::{Counter, Teacher};
use url::Url;

/// How old a log may be before it is said that it is old, in milliseconds: visitors count for a week at least.
const OLD_MS: u64 = 7 * 24 * 3600 * 1000;

const EXAMPLES: &str = "Examples:
  headstart learn --site https://www.example.org --crawl https://www.example.org --out learned /var/log/nginx/access.log*
  zcat logpush/*.gz | headstart learn --site https://www.example.org --robots robots.txt --out learned -
  headstart learn --pages saved-pages";

/// Learn from access logs and from pages before the first visitor comes
///
/// From LOGs, next pages: logs in the common or combined format, with the host in front or more fields behind, or JSON lines as
/// Cloudflare's Logpush, nginx and Caddy write them, plain or compressed with gzip or Zstandard. From pages, hints, and which pages
/// may be named: those that --crawl or --sitemap asks for, or saved ones. Learns as the Worker does, by the same thresholds, and
/// writes for the Worker's KV: FOLDER/kv.json, with the command that imports it. The Worker's learners go on from there.
///
/// A log tells a page's visitors by their addresses, so it has to have those of visitors, and not of a proxy. It does not tell who
/// has a session: pages that turned visitors away are not named. With --pages and nothing else it prints a line of JSON for each
/// saved page: the hints that its visitors would get (link), and those that the page gives itself (own).
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLES, arg_required_else_help = true)]
pub struct Arguments {
    /// The site as visitors see it, by its scheme and its host; by default that of --crawl
    #[arg(long, alias = "origin", value_name = "URL", value_parser = site)]
    site: Option<Url>,
    /// Where to write what was learned
    #[arg(long, short, value_name = "FOLDER")]
    out: Option<PathBuf>,
    /// Ask for the site's pages, beginning here, and for those to which they link
    #[arg(long, value_name = "URL", value_parser = crawl::start)]
    crawl: Option<Url>,
    /// Ask for the pages that a sitemap names
    #[arg(long, value_name = "URL", value_parser = crawl::start)]
    sitemap: Option<Url>,
    #[command(flatten)]
    limits: crawl::Limits,
    /// Saved pages, or folders of them (*.html, *.htm), each at the URL that its place in the folder says
    #[arg(long, value_name = "FILE|FOLDER", num_args = 1..)]
    pages: Vec<PathBuf>,
    /// What stylesheets answer, the site's own and third parties': {"URL": {"type": "text/css", "body": "…"}}
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// The site's robots.txt, where no page is asked for; "none" where the site has none
    #[arg(long, value_name = "FILE", conflicts_with_all = ["crawl", "sitemap"])]
    robots: Option<PathBuf>,
    #[command(flatten)]
    variables: Variables,
    #[command(flatten)]
    logs: Logs,
    /// Access logs; - is standard input
    #[arg(value_name = "LOG")]
    names: Vec<PathBuf>,
}

/// The Worker's variables, as far as they matter here.
#[derive(Clone, Debug, PartialEq, clap::Args)]
pub struct Variables {
    /// How many visitors must have been given a page on one day before others are told of it: the Worker's `MIN_VISITORS`
    #[arg(long, value_name = "NUMBER")]
    pub min_visitors: Option<String>,
    /// Any of the Worker's variables, such as `LEARNER_SHARDS=4`; may be given several times
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    pub others: Vec<(String, String)>,
}

impl Variables {
    /// The configuration that follows.
    ///
    /// # Errors
    /// When one of them is not understood.
    pub fn config(&self) -> anyhow::Result<Config> {
        let min_visitors = self.min_visitors.iter().map(|number| ("MIN_VISITORS".to_owned(), number.clone()));
        let variables: Vec<(String, String)> = min_visitors.chain(self.others.iter().cloned()).collect();
        let (config, mistakes) = Config::read(variables);
        match mistakes.first() {
            Some(mistake) => bail!("{}", mistake.message),
            None => Ok(config),
        }
    }
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or_else(|| "a variable is NAME=VALUE".to_owned())?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Learns, and writes what was learned.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let answers = arguments.answers.as_deref().map(Answers::read).transpose()?.unwrap_or_default();
    let is_asking = arguments.crawl.is_some() || arguments.sitemap.is_some();
    let Some(out) = &arguments.out else {
        if arguments.names.is_empty() && !is_asking && !arguments.pages.is_empty() {
            return saved::print(arguments.site.as_ref(), &answers, &arguments.pages);
        }
        bail!("say where to write what is learned: --out FOLDER");
    };
    if arguments.names.is_empty() && !is_asking && arguments.pages.is_empty() {
        bail!("name access logs, or pages: --crawl URL, --sitemap URL or --pages FOLDER");
    }
    let site = arguments.site.as_ref().or(arguments.crawl.as_ref()).or(arguments.sitemap.as_ref());
    let site = site.context("say which site it is: --site https://www.example.org")?.join("/")?;
    let name = site_of(&site).context("the site has no host")?;
    let config = arguments.variables.config()?;
    let now = u64::try_from(SystemTime::now().duration_since(UNIX_EPOCH)?.as_millis())?;
    let mut export = Export::default();
    let mut reader = PageReader::new(&name, &config, now);
    let robots = read_pages(arguments, &site, &answers, &mut reader)?;
    for (publication, records) in reader.end(&answers)? {
        pipe::complain(&format!(
            "{} pages read: hints of learner {}",
            reader_pages(&publication.value),
            publication.key
        ));
        export.add(&publication, records);
    }
    if !arguments.names.is_empty() {
        let robots = robots.context(
            "say what robots are kept from, since no page is named before that is known (RFC 9309): --robots FILE, --robots none \
             where the site has no robots.txt, or --crawl URL",
        )?;
        let outlines = Rc::new(std::mem::take(&mut reader.outlines));
        let asked = std::mem::take(&mut reader.asked);
        learn_from_logs(
            arguments,
            (&site, &name),
            &config,
            Counter::new(&name, &robots, outlines).with_asked(asked),
            now,
            &mut export,
        )?;
    }
    if export.is_empty() {
        bail!("nothing was learned");
    }
    let file = export.write(out)?;
    pipe::complain(
        "To import it (with --local in place of --remote for wrangler dev), in the folder of wrangler.toml:",
    );
    pipe::print(&format!("{}\n", export::command(&file, false)))
}

fn reader_pages(value: &str) -> usize {
    headstart::published::hint_snapshot::HintSnapshot::parse(value)
        .map(|snapshot| snapshot.len())
        .unwrap_or_default()
}

/// Reads the pages that are named or asked for. Answers what robots.txt says, where that is known.
fn read_pages(
    arguments: &Arguments,
    site: &Url,
    answers: &Answers,
    reader: &mut PageReader<'_>,
) -> anyhow::Result<Option<Vec<u8>>> {
    saved::read(site, answers, &arguments.pages, reader)?;
    let asked = crawl::Asked { start: arguments.crawl.as_ref(), sitemap: arguments.sitemap.as_ref() };
    if let Some(robots) = crawl::read(&asked, site, &arguments.limits, reader)? {
        return Ok(Some(robots));
    }
    let Some(file) = &arguments.robots else { return Ok(None) };
    if file.as_os_str() == "none" { Ok(Some(Vec::new())) } else { pipe::read(file).map(Some) }
}

/// Learns next pages from the logs.
fn learn_from_logs(
    arguments: &Arguments,
    (site, name): (&Url, &str),
    config: &Config,
    counter: Counter,
    now: u64,
    export: &mut Export,
) -> anyhow::Result<()> {
    let host = site.host_str().unwrap_or_default();
    let mut selector = Selector::new(host, config.urls.inert_parameters.clone());
    let mut teacher = Teacher::new(counter, config.next_page_preferences());
    let mut crowd = Crowd::default();
    let read =
        arguments.logs.read(&arguments.names, |request, shape| match selector.select(request, shape) {
            Seen::View(view) => {
                crowd.add(&view);
                teacher.view(&view);
            }
            Seen::Guarded(view) => teacher.guarded(&view),
            Seen::Other | Seen::Nothing => {}
        })?;
    for (file, shape) in &read.formats {
        pipe::complain(&format!("{file}: {shape}"));
    }
    for line in read.remarks().into_iter().chain(said(&selector, read.lines)) {
        pipe::complain(&line);
    }
    let Some((_, last)) = selector.period else {
        bail!("there is no view of a page of {name} in the logs; is --site the host that visitors see?");
    };
    if now.saturating_sub(last) > OLD_MS {
        pipe::complain(&format!(
            "the log ends on {}: who visited a page counts for one to two weeks, so the Worker soon names less than is imported",
            time::day(last)
        ));
    }
    // Of a log from tomorrow's clock nothing is older than now.
    let publication = teacher.end(last).context("nothing is published")?;
    let snapshot = NextPageSnapshot::parse(&publication.value).unwrap_or_default();
    pipe::complain(&format!(
        "next pages for {} pages and {} routes",
        snapshot.pages().len(),
        snapshot.routes().len()
    ));
    if snapshot.pages().is_empty() {
        let min_visitors = config.next_pages.min_visitors;
        let why = Nothing::of(selector.navigations, selector.told, crowd.most(), min_visitors);
        let is_small = matches!(why, Nothing::FewVisitors { .. });
        let advice =
            if is_small { "; headstart rehearse says what fewer would give (MIN_VISITORS)" } else { "" };
        pipe::complain(&format!("no next page is named: {why}{advice}"));
    }
    let mut records = Memory::default();
    teacher.learner.forget_hidden();
    let Ok(()) = teacher.learner.save(&mut records);
    export.add(&publication, &records);
    Ok(())
}

/// How many views there are, and why the other requests are none.
pub fn said(selector: &Selector, lines: u64) -> Vec<String> {
    let LeftOut { files, robots, methods, statuses, queries, hosts, unknown, late } = selector.left_out;
    let parts = [
        (files, "files"),
        (robots, "of robots"),
        (methods, "with other methods"),
        (statuses, "with other statuses"),
        (queries, "with parameters"),
        (hosts, "of other hosts"),
        (unknown, "without a time or an address"),
        (late, "of a day that was over"),
    ];
    let parts: Vec<String> = parts
        .into_iter()
        .filter(|(number, _)| *number > 0)
        .map(|(number, what)| format!("{number} {what}"))
        .collect();
    let left_out = if parts.is_empty() { String::new() } else { format!("; left out: {}", parts.join(", ")) };
    let (views, navigations) = (selector.views, selector.navigations);
    let mut said = vec![format!(
        "{lines} lines: {views} views of pages, {navigations} of them by a link of the site{left_out}"
    )];
    if late > 0 {
        said.push(format!(
            "{late} requests come after such as are of a later day, and count for nobody: visitors are told by the day. Several logs \
             that are named are read in the order of time; one that was put together of several is to be sorted first"
        ));
    }
    said
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::tests::command;

    fn read(line: &str) -> Result<Arguments, String> {
        match command(&format!("learn {line}"))? {
            Command::Learn(arguments) => Ok(*arguments),
            other => panic!("{other:?}"),
        }
    }

    #[test]
    fn arguments_are_read() {
        let arguments =
            read("a.log b.gz --site https://a.example --out o --min-visitors 3 --var LEARNER_SHARDS=4")
                .unwrap();
        assert_eq!(arguments.names, ["a.log", "b.gz"].map(PathBuf::from));
        let config = arguments.variables.config().unwrap();
        assert_eq!((config.next_pages.min_visitors, config.learning.shards), (3, 4));
        let printing = read("--origin http://127.0.0.1:8000 --pages a b").unwrap();
        assert_eq!(printing.pages, ["a", "b"].map(PathBuf::from));
        assert_eq!(printing.site.unwrap().port(), Some(8000));
    }

    #[test]
    fn what_is_not_understood_is_refused() {
        for line in [
            "--site a.example a",
            "--site https://a.example/b a",
            "--crawl ftp://a.example",
            "--crawl http://a.example",
            "--var X a",
            "--max-broken 101 a",
            "--robots r --crawl https://a.example a",
        ] {
            assert!(read(line).is_err(), "{line}");
        }
        for variables in
            ["--min-visitors many", "--min-visitors 0", "--var MIN_VISITOR=3", "--var WASTE_BUDGET=2"]
        {
            let arguments = read(&format!("a {variables}")).unwrap();
            assert!(arguments.variables.config().is_err(), "{variables}");
        }
    }
}
