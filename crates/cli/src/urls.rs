//! `headstart urls`: what is refused to speculations on URLs by what they are called, and which of them the baseline names.

mod links;

use crate::learn;
use crate::log::format::{EXPECTED, Format};
use crate::log::input::Lines;
use crate::log::reader::shown;
use crate::pipe;
use crate::table::Table;
use anyhow::{Context as _, bail};
use headstart::config::Config;
use headstart::endpoints::RulesFile;
use headstart::plan::rules_delivery::rule_sets;
use headstart::urls::inert_parameters::InertParameters;
use headstart::urls::unsafe_urls::{Entry, UnsafeUrls, UrlGlob};
use serde_json::{Map, Value, json};
use speculation_rules::{Predicate, parse};
use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use url::Url;

/// By how many lines it is told whether a file is an access log.
const FIRST_LINES: usize = 300;

/// Where paths are taken to be.
const SITE: &str = "https://www.site.example";

const EXAMPLE: &str = "Examples:
  headstart urls urls.txt
  zcat access.log.*.gz | headstart urls -
  headstart urls --links saved-pages
  headstart urls --safe '/help/*' --json urls.tsv";

/// Tell which URLs are refused to speculations, by what they are called
///
/// Reads URLs or paths, one a line, or an access log in any format that headstart learn reads, or with --links the links of saved
/// pages; plain or compressed with gzip or Zstandard. Prints for each what Headstart would do with a speculation on it, which entry of its table says so, and whether the baseline rule
/// set has browsers fetch it. Of logs and pages it prints what is refused, with how often it occurs. Hosts do not matter: a
/// saved page does not say where it came from.
///
/// Columns behind a tab are ignored. Where the first line names them and one is called "expected" ("safe", "unsafe"), it
/// prints how often that agrees, and ends with a line of JSON; rows that expect anything else count in no figure.
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct Arguments {
    /// Print a line of JSON for each URL in place of a table
    #[arg(long = "json")]
    is_json: bool,
    /// A pattern of the site's own, as the Worker's variable for unsafe URLs has it; may be given several times
    #[arg(long = "unsafe", value_name = "PATTERN", value_parser = pattern)]
    added: Vec<String>,
    /// A pattern that exempts, as the variable for safe URLs has it; may be given several times
    #[arg(long = "safe", value_name = "PATTERN", value_parser = pattern)]
    exempt: Vec<String>,
    /// A saved page, or a folder of them (*.html, *.htm), whose links are looked at; may be given several times
    #[arg(long, value_name = "FILE|FOLDER", conflicts_with = "file")]
    links: Vec<PathBuf>,
    /// A file of URLs or an access log; - is standard input
    #[arg(value_name = "FILE", required_unless_present = "links")]
    file: Option<PathBuf>,
}

/// A pattern as the Worker's variables have it.
fn pattern(text: &str) -> Result<String, String> {
    UrlGlob::parse(text).map(|_| text.to_owned())
}

/// Reads the URLs and prints what becomes of each.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let judge = Judge::new(&arguments.added, &arguments.exempt)?;
    let text = if let Some(file) = &arguments.file {
        listed(&judge, file, arguments.is_json)?
    } else {
        let links = links::of(&judge.site, &learn::saved::files(&arguments.links)?)?;
        let judge = judge.suspecting(links.suspects);
        counted(&judge, &links.counts, arguments.is_json)
    };
    pipe::print(&text)
}

/// What decides, as the Worker does.
pub struct Judge {
    site: Url,
    urls: UnsafeUrls,
    baseline: Predicate,
    /// What links say of pages, by path and names of parameters.
    suspects: BTreeMap<String, &'static str>,
}

/// What becomes of a speculation on a URL.
pub struct Fate {
    /// The rule by which it is refused, if it is.
    pub rule: Option<&'static str>,
    /// Whether only visitors with a session are refused.
    pub is_for_editors: bool,
    /// What says so.
    pub by: String,
    /// Whether the baseline has browsers fetch it.
    is_named: bool,
}

impl Judge {
    /// One that has the site's own patterns, as its variables for unsafe and safe URLs have them.
    pub fn new(added: &[String], exempt: &[String]) -> anyhow::Result<Self> {
        let (added, exempt) = (added.join(" "), exempt.join(" "));
        let variables = [("UNSAFE_URLS", added.as_str()), ("SAFE_URLS", exempt.as_str())];
        let (config, _) = Config::read(variables.into_iter().filter(|(_, value)| !value.is_empty()));
        Self::of(config)
    }

    /// What a configuration decides.
    pub fn of(config: Config) -> anyhow::Result<Self> {
        let site = Url::parse(SITE)?;
        let set = parse(&rule_sets(&config, &[]).get(RulesFile::Baseline).body, &site).ok();
        let rule = set.and_then(|set| set.prefetch.into_iter().next());
        let baseline = rule.and_then(|rule| rule.predicate).context("the baseline has no rule")?;
        Ok(Self { site, urls: config.urls.unsafe_urls, baseline, suspects: BTreeMap::new() })
    }

    /// The same, where links say this of pages, by path and names of parameters.
    pub fn suspecting(self, suspects: BTreeMap<String, &'static str>) -> Self {
        Self { suspects, ..self }
    }

    /// The URL that a line means: a path of the site, or a whole URL, of which the host does not matter.
    pub fn url(&self, text: &str) -> Option<Url> {
        let mut url = self.site.join(text).ok()?;
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        url.set_scheme(self.site.scheme()).ok()?;
        url.set_host(self.site.host_str()).ok()?;
        url.set_port(None).ok()?;
        Some(url)
    }

    /// What becomes of a speculation on a URL that [`Self::url`] has given.
    pub fn fate(&self, url: &Url) -> Fate {
        let is_named = self.baseline.matches(url, &|_| false);
        if let Some(verdict) = self.urls.verdict(url) {
            let by = match verdict.by {
                Entry::Site(glob) => format!("UNSAFE_URLS {glob}"),
                Entry::Product(glob) => format!("product {glob}"),
                Entry::Segment(part) => format!("path {part}"),
                Entry::Parameter(name) => format!("parameter {name}"),
                Entry::Length => "its length".to_owned(),
            };
            return Fate { rule: Some(verdict.rule), is_for_editors: false, by, is_named };
        }
        let shape = InertParameters::default().shape(url);
        if let Some(rule) = self.suspects.get(&shape).filter(|_| !self.urls.is_exempt(url)) {
            let by = "the words of a link".to_owned();
            return Fate { rule: Some(rule), is_for_editors: false, by, is_named };
        }
        let rule = self.urls.rule_for_editors(url);
        let by = if rule.is_some() { "with a session".to_owned() } else { String::new() };
        Fate { rule, is_for_editors: rule.is_some(), by, is_named }
    }
}

impl Fate {
    /// The line of JSON for a URL, with how often it occurs where that is counted.
    fn json(&self, url: &str, count: Option<u64>) -> Value {
        let mut json = Map::from_iter([
            ("url".to_owned(), json!(url)),
            ("refused".to_owned(), json!(self.rule.is_some())),
            ("named".to_owned(), json!(self.is_named)),
        ]);
        if let Some(rule) = self.rule {
            let visitors = if self.is_for_editors { "with a session" } else { "all" };
            json.extend([
                ("rule".to_owned(), json!(rule)),
                ("by".to_owned(), json!(self.by)),
                ("visitors".to_owned(), json!(visitors)),
            ]);
        }
        json.extend(count.map(|count| ("count".to_owned(), json!(count))));
        Value::Object(json)
    }

    /// What a table says: what is done, by what, and whether the baseline names it.
    fn cells(&self) -> [String; 3] {
        let done = self.rule.map_or_else(|| "asked for".to_owned(), |rule| format!("refused: {rule}"));
        let named = if self.is_named { "named" } else { "" };
        [done, self.by.clone(), named.to_owned()]
    }
}

/// What somebody expects of a URL.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Expected {
    Safe,
    Unsafe,
}

/// How often what is expected agrees with what is so.
#[derive(Default)]
struct Confusion {
    unsafe_urls: u32,
    refused: u32,
    safe: u32,
    wrongly_refused: u32,
    named_though_unsafe: u32,
}

impl Confusion {
    fn add(&mut self, expected: Expected, fate: &Fate) {
        let is_refused = u32::from(fate.rule.is_some());
        match expected {
            Expected::Unsafe => {
                self.unsafe_urls += 1;
                self.refused += is_refused;
                self.named_though_unsafe += u32::from(fate.is_named);
            }
            Expected::Safe => {
                self.safe += 1;
                self.wrongly_refused += is_refused;
            }
        }
    }

    /// A share, to four digits; none of nothing.
    fn share(part: u32, whole: u32) -> Option<f64> {
        (whole > 0).then(|| (f64::from(part) / f64::from(whole) * 1e4).round() / 1e4)
    }

    fn text(&self) -> String {
        let mut table = Table::new(&["", "refused", "asked for"]);
        let mut row = |name: &str, refused: u32, all: u32| {
            table.add(vec![name.to_owned(), refused.to_string(), (all - refused).to_string()]);
        };
        row("unsafe", self.refused, self.unsafe_urls);
        row("safe", self.wrongly_refused, self.safe);
        format!("{}\n{}\n", table.text(), self.json())
    }

    fn json(&self) -> Value {
        json!({
            "unsafe": self.unsafe_urls,
            "refused": self.refused,
            "recall": Self::share(self.refused, self.unsafe_urls),
            "safe": self.safe,
            "wrongly_refused": Self::share(self.wrongly_refused, self.safe),
            "named_though_unsafe": self.named_though_unsafe,
        })
    }
}

/// Whether a line can be one of a list of URLs: text, whose first column is a path, a whole URL, or a single word.
fn may_be_listed(line: &[u8]) -> bool {
    let Ok(line) = std::str::from_utf8(line) else { return false };
    let line = line.trim_start_matches('\u{feff}');
    let cell = line.split('\t').next().unwrap_or_default().trim();
    let is_text = !line.chars().any(|character| character.is_control() && character != '\t');
    let is_object = cell.starts_with(['{', '[']);
    is_text && !is_object && (cell.starts_with('/') || Url::parse(cell).is_ok() || !cell.contains(' '))
}

/// What becomes of the URLs of a file, or of the requests of a log.
fn listed(judge: &Judge, file: &Path, is_json: bool) -> anyhow::Result<String> {
    let name = || file.display().to_string();
    let mut lines = Lines::open(file)?;
    let first = lines.first(FIRST_LINES).with_context(name)?;
    let written = || first.iter().enumerate().filter(|(_, line)| !line.trim_ascii().is_empty());
    let Some((number, first)) = written().next() else { bail!("{}: there is no URL", name()) };
    if let Some(format) = Format::of(&written().map(|(_, line)| line.as_slice())) {
        let mut counts = BTreeMap::new();
        while let Some(line) = lines.next().with_context(name)? {
            let target = format.read(line, |request| String::from_utf8_lossy(request.target).into_owned());
            if let Some(target) = target {
                *counts.entry(target).or_default() += 1;
            }
        }
        return Ok(counted(judge, &counts, is_json));
    }
    if !may_be_listed(first) {
        bail!(
            "{}, line {}: it is neither a URL nor a line of a log: {}\nexpected is a URL or a path, or {EXPECTED}",
            name(),
            number + 1,
            shown(first)
        );
    }
    let first = String::from_utf8_lossy(first).into_owned();
    let column = |name: &str| first.split('\t').position(|title| title.trim() == name);
    let (at, expected_at) = (column("url"), column("expected"));
    // A first line that names the columns holds no URL.
    let has_titles = at.is_some() || expected_at.is_some();
    let mut table = Table::new(&["", "", "", ""]);
    let mut json = String::new();
    let mut confusion = Confusion::default();
    let mut is_title = has_titles;
    while let Some(line) = lines.next().with_context(name)? {
        let line = String::from_utf8_lossy(line);
        if line.trim().is_empty() || std::mem::take(&mut is_title) {
            continue;
        }
        let cell = |at: usize| line.split('\t').nth(at).unwrap_or_default().trim();
        let address = cell(at.unwrap_or_default());
        let Some(url) = judge.url(address) else {
            let address = shown(address.as_bytes());
            pipe::complain(&format!("headstart urls: no URL of a site, left out: {address}"));
            continue;
        };
        let fate = judge.fate(&url);
        let expected = match expected_at.map(cell) {
            Some("unsafe") => Some(Expected::Unsafe),
            Some("safe") => Some(Expected::Safe),
            _ => None,
        };
        if let Some(expected) = expected {
            confusion.add(expected, &fate);
        }
        if is_json {
            json += &fate.json(address, None).to_string();
            json.push('\n');
        } else {
            table.add(std::iter::once(address.to_owned()).chain(fate.cells()).collect());
        }
    }
    let text = if is_json { json } else { table.text().trim_start().to_owned() };
    Ok(match expected_at {
        Some(_) if is_json => format!("{text}{}\n", confusion.json()),
        Some(_) => format!("{text}\n{}", confusion.text()),
        None => text,
    })
}

/// What is refused of URLs that occur this often, the most frequent first; and how many that are.
fn counted(judge: &Judge, counts: &BTreeMap<String, u64>, is_json: bool) -> String {
    let mut refused = Vec::new();
    let (mut all, mut distinct, mut named) = (0, 0_u64, 0_u64);
    for (address, count) in counts {
        let Some(url) = judge.url(address) else { continue };
        let fate = judge.fate(&url);
        all += count;
        distinct += 1;
        named += u64::from(fate.is_named);
        if fate.rule.is_some() {
            refused.push((address, count, fate));
        }
    }
    refused.sort_by(|one, other| other.1.cmp(one.1).then(one.0.cmp(other.0)));
    let of_all: u64 = refused.iter().map(|(_, count, _)| **count).sum();
    let summary = json!({
        "requests": all, "requests_refused": of_all, "urls": distinct, "refused": refused.len(), "named": named,
    });
    let lines: String = if is_json {
        let line = |(address, count, fate): &(&String, &u64, Fate)| {
            format!("{}\n", fate.json(address, Some(**count)))
        };
        refused.iter().map(line).collect()
    } else {
        let mut table = Table::new(&["", "times", "", "", ""]);
        for (address, count, fate) in &refused {
            table.add([(*address).clone(), count.to_string()].into_iter().chain(fate.cells()).collect());
        }
        table.text()
    };
    format!("{lines}{summary}\n")
}

#[cfg(test)]
mod tests;
