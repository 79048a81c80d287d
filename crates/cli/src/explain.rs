//! `headstart explain`: why a page is speculated on, by the next-page snapshot that was published of its site; and why it is given its
//! hints, by a hint snapshot (`explain_hints`).

use crate::explain_hints;
use crate::pipe;
use crate::table::Table;
use anyhow::{Context as _, bail};
use headstart::endpoints::RulesFile;
use headstart::published::baseline_eagerness::{
    BaselineEagerness, Guesses, Held, OriginFigures, Reason, Rest, Step, Track,
};
use headstart::published::next_page_snapshot::{Entry, Excluded, NextPage, NextPageSnapshot, Tally};
use headstart::rules::{learned, served};
use headstart::sorting::map::SortedMap;
use headstart::urls::pattern;
use jiff::Timestamp;
use jiff::tz::TimeZone;
use serde_json::{Value, json};
use speculation_rules::UrlPattern;
use std::fmt::Write as _;
use std::path::PathBuf;
use url::Url;

/// Where the paths are taken to be. The rules are the same on every site.
const SITE: &str = "https://www.site.example";

const EXAMPLE: &str = "Example:
  npx wrangler kv key get \"www.example.org/next\" --binding MODEL --remote | headstart explain - /pricing
  npx wrangler kv key get \"www.example.org/0\" --binding MODEL --remote | headstart explain - /pricing";

/// Print what was published of a site's next pages or hints, and what browsers are told of it
///
/// Reads a site's next-page snapshot: the value of "HOST/next" in the KV namespace MODEL, with the port behind the host
/// unless it is the usual one. Prints for each page and route its next pages: how probably each follows a view (pr), when
/// and how browsers fetch it, how many such speculations were lately used or wasted, and how many are open; then which
/// rule files the page names, and which paths are kept out of all rules. Of those that are refused to speculations as well it
/// says why, and until which day (UTC) if nothing new is seen. Where the baseline's eagerness regulates itself, the figures follow
/// that decided.
///
/// The value of "HOST/0" (or "HOST/1" and so on, where a site has several learners) has the hints: what each page has its visitors connect to and load
/// early, for which share of the views, what that gains, and why.
#[derive(Debug, PartialEq, clap::Args)]
#[command(after_long_help = EXAMPLE)]
pub struct Arguments {
    /// Print a line of JSON for each page, and one for the baseline's eagerness, in place of tables
    #[arg(long = "json")]
    is_json: bool,
    /// A file with the snapshot; - is standard input
    #[arg(value_name = "SNAPSHOT")]
    snapshot: PathBuf,
    /// Pages by their paths; all pages and routes where none is named
    #[arg(value_name = "PATH", value_parser = path_of)]
    paths: Vec<String>,
}

/// A path as the URL standard writes it, without a query: as the Worker looks it up.
fn path_of(text: &str) -> Result<String, String> {
    let url = text.starts_with('/').then(|| Url::parse(&format!("{SITE}{text}")).ok()).flatten();
    url.map(|url| url.path().to_owned()).ok_or_else(|| "a path begins with /".to_owned())
}

/// Reads the snapshot and prints what it says.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let Arguments { snapshot: file, paths, is_json } = arguments;
    let bytes = pipe::read(file)?;
    let of_hints = std::str::from_utf8(&bytes).ok().filter(|value| explain_hints::is_of_hints(value));
    let text = match of_hints {
        Some(value) => explain_hints::explain(value, paths, *is_json),
        None => read(&bytes).map(|snapshot| explain(&snapshot, paths, *is_json)),
    };
    pipe::print(&text.with_context(|| file.display().to_string())?)
}

fn read(bytes: &[u8]) -> anyhow::Result<NextPageSnapshot> {
    let value = std::str::from_utf8(bytes)?;
    // wrangler prints the latter where there is no such key.
    if matches!(value.trim(), "" | "Value not found") {
        bail!("there is no snapshot; was one published, and under this key?");
    }
    NextPageSnapshot::parse(value).map_err(anyhow::Error::msg)
}

/// Says what a snapshot says of pages, or of all pages and routes where none is named.
fn explain(snapshot: &NextPageSnapshot, paths: &[String], is_json: bool) -> String {
    let (pages, routes) = (snapshot.pages(), snapshot.routes());
    let subjects: Vec<Subject> = if paths.is_empty() {
        pages.keys().chain(routes.keys()).map(|name| Subject::of(name, snapshot, &pages)).collect()
    } else {
        paths.iter().map(|path| Subject::of(path, snapshot, &pages)).collect()
    };
    if is_json {
        let baseline = (!snapshot.baseline.is_unknown()).then(|| json!({ "baseline": snapshot.baseline }));
        let lines = subjects.iter().map(Subject::json).chain(baseline);
        return lines.map(|line| line.to_string() + "\n").collect();
    }
    let lines: Vec<String> = snapshot.excluded.iter().map(excluded_line).collect();
    let excluded = match lines.as_slice() {
        [] => "no path is kept out of all rules\n".to_owned(),
        lines => format!("kept out of all rules\n  {}\n", lines.join("\n  ")),
    };
    let baseline = (!snapshot.baseline.is_unknown()).then(|| baseline(&snapshot.baseline));
    subjects.iter().map(Subject::text).chain([excluded]).chain(baseline).collect::<Vec<_>>().join("\n")
}

/// What is said of the baseline's eagerness, where it regulates itself.
fn baseline(BaselineEagerness { tracks, held, rest, origin, .. }: &BaselineEagerness) -> String {
    let mut text = "the baseline's eagerness, which regulates itself\n".to_owned();
    for (pointer, track) in ["mouse", "touch"].into_iter().zip(tracks) {
        let Track { step, why, until, pressed, moderate, visitors } = track;
        let step = match step {
            Step::Conservative => "conservative",
            Step::Trial => "moderate on trial",
            Step::Moderate => "moderate",
        };
        let until = match (*until > 0).then(|| time(*until)).flatten() {
            Some(until) => format!(", and not before {until}"),
            None => String::new(),
        };
        // Writing to a string cannot fail.
        let _ = writeln!(text, "  {pointer}  {step}: {}{until}", Reason::meaning(why));
        let _ = writeln!(
            text,
            "         conservative {}; moderate {}; by {visitors} visitors on a day",
            used(*pressed),
            used(*moderate)
        );
    }
    if let Some(Rest { until, guesses }) = rest {
        let until = time(*until).unwrap_or_default();
        let _ = writeln!(text, "  it names nothing until {until}: {}", used(*guesses));
    }
    let OriginFigures { asked, guessed, usual, errors, withheld, forms } = origin;
    let milliseconds =
        |time: &Option<u32>| time.map_or_else(|| "unknown".to_owned(), |time| format!("{time} ms"));
    let _ = writeln!(
        text,
        "  origin  visits {}, guesses {}, usual {}; {} errors of {}; {} of {} speculations refused or deferred",
        milliseconds(asked),
        milliseconds(guessed),
        milliseconds(usual),
        errors.0,
        errors.1,
        withheld.0,
        withheld.1
    );
    let [alone, after_guess] = forms;
    if after_guess.0 > 0 {
        let _ = writeln!(
            text,
            "  forms   {} of {} seemed to be refused after whose page another one was fetched ahead; {} of {} others",
            after_guess.1, after_guess.0, alone.1, alone.0
        );
    }
    for Held { name, mask, until, guesses } in held {
        let whom = match mask {
            1 => " for a mouse",
            2 => " on touch",
            _ => "",
        };
        let until = time(*until).unwrap_or_default();
        let _ = writeln!(text, "  {name}  conservative{whom} until {until}: {}", used(*guesses));
    }
    text
}

/// How many speculations were used.
fn used(Guesses(made, used): Guesses) -> String {
    format!("{used} of {made} used")
}

/// A time in seconds since the epoch, as people read it (UTC).
fn time(seconds: u64) -> Option<String> {
    let at = Timestamp::from_second(i64::try_from(seconds).ok()?).ok()?;
    Some(at.to_zoned(TimeZone::UTC).strftime("%Y-%m-%d %H:%M").to_string())
}

/// What is said of a path that no rule may name.
fn excluded_line(Excluded { path, is_refused, why, is_suspect }: &Excluded) -> String {
    let day = |seconds: &u64| {
        let at = Timestamp::from_second(i64::try_from(*seconds).ok()?).ok()?;
        Some(at.to_zoned(TimeZone::UTC).date())
    };
    let by_links = if *is_suspect { ", by what its links say" } else { "" };
    match why.as_ref().map(|(why, until)| (why, day(until))) {
        Some((why, Some(day))) => format!("{path}  refused until {day}: {why}{by_links}"),
        Some((why, None)) => format!("{path}  refused: {why}{by_links}"),
        None if *is_refused => format!("{path}  refused"),
        None => path.clone(),
    }
}

/// The paths, with `*` for anything, that no rule may name.
fn excluded(snapshot: &NextPageSnapshot) -> impl Iterator<Item = &str> {
    snapshot.excluded.iter().map(|excluded| excluded.path.as_str())
}

/// A page, or a route, and what is known of it.
struct Subject<'a> {
    /// The page's path, or the route's template.
    name: &'a str,
    /// The route by which it is known, if it is not by itself.
    route: Option<&'a str>,
    entry: Option<&'a Entry>,
    /// The file that it names besides the learned one.
    file: RulesFile,
    rule_set: Option<String>,
    /// Which of the paths that are kept out of all rules match it.
    excluded: Vec<&'a str>,
}

impl<'a> Subject<'a> {
    fn of(name: &'a str, snapshot: &'a NextPageSnapshot, pages: &SortedMap<&str, &Entry>) -> Self {
        let known = snapshot.known(name);
        Self {
            name,
            route: known.map(|(key, _)| key).filter(|key| !pages.contains_key(key)),
            entry: known.map(|(_, entry)| entry),
            file: if known.is_some_and(|(_, entry)| entry.has_rules) {
                RulesFile::Signal
            } else {
                served::baseline_of(&snapshot.baseline, name)
            },
            rule_set: known.and_then(|(key, entry)| Some(learned::url(&learned::rule_set_of(entry)?, key))),
            excluded: excluded(snapshot).filter(|glob| is_matched(name, glob)).collect(),
        }
    }

    fn is_route(&self) -> bool {
        self.route == Some(self.name)
    }

    fn file(&self) -> &'static str {
        self.file.path()
    }

    fn has_rules(&self) -> bool {
        self.entry.is_some_and(|entry| entry.has_rules)
    }

    fn text(&self) -> String {
        let mut text = format!("{}\n", self.name);
        let mut say = |line: &str| {
            // Writing to a string cannot fail.
            let _ = writeln!(text, "  {line}");
        };
        match self.route {
            Some(_) if self.is_route() => say("a route: its pages of which nothing is known by themselves"),
            Some(route) => say(&format!("known only by its route: {route}")),
            None => {}
        }
        match self.entry {
            None => say("nothing is known of it"),
            Some(entry) if entry.nexts.is_empty() => say("no next pages"),
            Some(entry) => table(&entry.nexts).lines().for_each(&mut say),
        }
        let file = self.file();
        say(&if self.has_rules() {
            format!("document rules: its own, so {file} in place of the baseline")
        } else {
            format!("document rules: the baseline {file}")
        });
        if let Some(url) = &self.rule_set {
            say(&format!("learned rules: {url}"));
        }
        if let Some(entry) = self.entry {
            say(&format!("inert parameters: {}", effect(entry.is_unvarying)));
        }
        if !self.excluded.is_empty() {
            say(&format!("kept out of all rules: {}", self.excluded.join(" ")));
        }
        text
    }

    fn json(&self) -> Value {
        let next = |next: &NextPage| {
            let Tally(used, wasted, open) = next.tally;
            json!({
                "path": next.path,
                "pr": next.pr,
                "eagerness": next.eagerness.as_str(),
                "action": next.action.as_str(),
                "used": used,
                "wasted": wasted,
                "open": open,
                "is_unvarying": next.is_unvarying,
                "other_paths": next.other_paths().collect::<Vec<_>>(),
            })
        };
        let nexts = self.entry.map(|entry| entry.nexts.as_slice()).unwrap_or_default();
        json!({
            "page": (!self.is_route()).then_some(self.name),
            "route": self.route,
            "is_known": self.entry.is_some(),
            "next": nexts.iter().map(next).collect::<Vec<_>>(),
            "has_rules": self.has_rules(),
            "is_unvarying": self.entry.is_some_and(|entry| entry.is_unvarying),
            "file": self.file(),
            "rule_set": self.rule_set,
            "kept_out": self.excluded,
        })
    }
}

/// The next pages, side by side.
fn table(nexts: &[NextPage]) -> String {
    let titles = ["next", "pr", "eagerness", "action", "used", "wasted", "open", "inert parameters"];
    let mut table = Table::new(&titles);
    for next in nexts {
        let Tally(used, wasted, open) = next.tally;
        table.add(vec![
            path_cell(next),
            format!("{:.3}", next.pr),
            next.eagerness.as_str().to_owned(),
            next.action.as_str().to_owned(),
            used.to_string(),
            wasted.to_string(),
            open.to_string(),
            effect(next.is_unvarying).to_owned(),
        ]);
    }
    table.text()
}

/// A page's path, and the other paths of links that lead there.
fn path_cell(next: &NextPage) -> String {
    let others: Vec<String> = next.other_paths().collect();
    if others.is_empty() { next.path.clone() } else { format!("{} ({})", next.path, others.join(" ")) }
}

/// What inert parameters do.
fn effect(is_unvarying: bool) -> &'static str {
    if is_unvarying { "change nothing" } else { "may change it" }
}

/// Whether a path is one of those that a glob stands for, as a browser sees it.
fn is_matched(path: &str, glob: &str) -> bool {
    let Ok(base) = Url::parse(SITE) else { return false };
    let pattern = UrlPattern::parse(&json!(pattern::path_glob(glob)), &base);
    let url = Url::parse(&format!("{SITE}{path}")).ok();
    pattern.zip(url).is_some_and(|(pattern, url)| pattern.matches(&url))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::tests::command;

    const SNAPSHOT: &str = r#"{"version":1,"pages":{"/a":{"next":[["/b",0.4219,3,1,1,[12,5,1]],["/long/c",0.1,1,2,0,[0,3,0]]],"own":1,"same":1},"/b":{"own":1}},"routes":{"/p/*":{"next":[["/cart",0.2,2,0,2,[7,0,0]]]}},"out":["/leave","/p/9*"]}"#;

    fn said(snapshot: &str, paths: &[&str], is_json: bool) -> String {
        let paths: Vec<String> = paths.iter().map(|path| path_of(path).unwrap()).collect();
        let snapshot = NextPageSnapshot::parse(snapshot).unwrap();
        explain(&snapshot, &paths, is_json)
    }

    /// A learned rule set's URL for the pages of a key.
    fn rules(key: &str) -> String {
        let snapshot = NextPageSnapshot::parse(SNAPSHOT).unwrap();
        learned::url(&learned::rule_set_of(snapshot.at(key).unwrap()).unwrap(), key)
    }

    #[test]
    fn every_page_and_route_is_explained_and_then_what_is_kept_out() {
        let expected = format!(
            "\
/a
  next        pr  eagerness                  action  used  wasted  open  inert parameters
  /b       0.422  immediate               prerender    12       5     1    change nothing
  /long/c  0.100   moderate  prerender until script     0       3     0     may change it
  document rules: its own, so /_headstart/rules/signal.json in place of the baseline
  learned rules: {}
  inert parameters: change nothing

/b
  no next pages
  document rules: its own, so /_headstart/rules/signal.json in place of the baseline
  inert parameters: may change it

/p/*
  a route: its pages of which nothing is known by themselves
  next               pr  eagerness    action  used  wasted  open  inert parameters
  /cart (/cart/)  0.200      eager  prefetch     7       0     0     may change it
  document rules: the baseline /_headstart/rules/site.json
  learned rules: {}
  inert parameters: may change it

kept out of all rules
  /leave
  /p/9*
",
            rules("/a"),
            rules("/p/*"),
        );
        assert_eq!(said(SNAPSHOT, &[], false), expected);
    }

    #[test]
    fn a_page_may_be_known_by_its_route_alone_or_not_at_all() {
        let expected = format!(
            "\
/p/97
  known only by its route: /p/*
  next               pr  eagerness    action  used  wasted  open  inert parameters
  /cart (/cart/)  0.200      eager  prefetch     7       0     0     may change it
  document rules: the baseline /_headstart/rules/site.json
  learned rules: {}
  inert parameters: may change it
  kept out of all rules: /p/9*

/caf%C3%A9
  nothing is known of it
  document rules: the baseline /_headstart/rules/site.json

kept out of all rules
  /leave
  /p/9*
",
            rules("/p/*"),
        );
        assert_eq!(said(SNAPSHOT, &["/p/97?utm_source=x", "/café"], false), expected);
    }

    #[test]
    fn what_is_refused_says_why_and_until_when() {
        let snapshot = r#"{"version":1,"pages":{},"out":["/cart?add=","/leave","/private/*"],"harmful":2,"why":[["cart-changed",1801209600]]}"#;
        let expected = "kept out of all rules\n  /cart?add=  refused until 2027-01-29: cart-changed\n  /leave  refused\n  /private/*\n";
        assert_eq!(said(snapshot, &[], false), expected);
    }

    #[test]
    fn what_links_suspect_says_so() {
        let snapshot = r#"{"version":1,"pages":{},"out":["/k/17"],"harmful":1,"suspects":1,"why":[["sign-out",1801209600]]}"#;
        let expected =
            "kept out of all rules\n  /k/17  refused until 2027-01-29: sign-out, by what its links say\n";
        assert_eq!(said(snapshot, &[], false), expected);
    }

    #[test]
    fn the_baselines_eagerness_says_what_decided() {
        let snapshot = r#"{"version":1,"pages":{"/a":{"same":1}},"baseline":{"tracks":[{"step":2,"why":"within-budget","pressed":[40,38],"moderate":[120,71],"visitors":31},{"step":0,"why":"wasteful","until":1801209600,"pressed":[9,9],"visitors":12}],"seed":7,"held":[{"name":"/list/*","mask":1,"until":1801209600,"guesses":[41,5]},{"name":"/a","mask":3,"until":1801209600,"guesses":[90,7]}],"origin":{"asked":120,"guessed":131,"errors":[0,41],"withheld":[2,60]}}}"#;
        let expected = "\
/b
  nothing is known of it
  document rules: the baseline /_headstart/rules/moderate-mouse.json

/a
  no next pages
  document rules: the baseline /_headstart/rules/site.json
  inert parameters: change nothing

no path is kept out of all rules

the baseline's eagerness, which regulates itself
  mouse  moderate: the waste is within the budget
         conservative 38 of 40 used; moderate 71 of 120 used; by 31 visitors on a day
  touch  conservative: too much was wasted, and not before 2027-01-29 08:00
         conservative 9 of 9 used; moderate 0 of 0 used; by 12 visitors on a day
  origin  visits 120 ms, guesses 131 ms, usual unknown; 0 errors of 41; 2 of 60 speculations refused or deferred
  /list/*  conservative for a mouse until 2027-01-29 08:00: 5 of 41 used
  /a  conservative until 2027-01-29 08:00: 7 of 90 used
";
        assert_eq!(said(snapshot, &["/b", "/a"], false), expected);
        let resting =
            snapshot.replace(r#""seed":7"#, r#""seed":7,"rest":{"until":1801209600,"guesses":[61,2]}"#);
        let resting = said(&resting, &[], false);
        assert!(resting.contains("\n  it names nothing until 2027-01-29 08:00: 2 of 61 used\n"), "{resting}");
        let refused =
            snapshot.replace(r#""withheld":[2,60]"#, r#""withheld":[2,60],"forms":[[40,1],[12,10]]"#);
        let refused = said(&refused, &[], false);
        let line = "\n  forms   10 of 12 seemed to be refused after whose page another one was fetched ahead; 1 of 40 others\n";
        assert!(refused.contains(line), "{refused}");
        let json = said(snapshot, &["/list/7"], true);
        let json: Vec<Value> = json.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
        assert_eq!((json.len(), &json[1]["baseline"]["tracks"][0]["step"]), (2, &json!(2)));
        assert_eq!(json[0]["file"], "/_headstart/rules/site.json", "only on touch it could be more");
    }

    #[test]
    fn an_empty_snapshot_says_so() {
        assert_eq!(said(r#"{"version":1,"pages":{}}"#, &[], false), "no path is kept out of all rules\n");
        assert_eq!(said(r#"{"version":1,"pages":{}}"#, &[], true), "");
    }

    #[test]
    fn as_json_each_page_has_a_line() {
        let expected = format!(
            "{}\n{}\n{}\n",
            r#"{"file":"/_headstart/rules/signal.json","has_rules":true,"is_known":true,"is_unvarying":false,"kept_out":[],"next":[],"page":"/b","route":null,"rule_set":null}"#,
            r#"{"file":"/_headstart/rules/site.json","has_rules":false,"is_known":true,"is_unvarying":false,"kept_out":[],"next":[{"action":"prefetch","eagerness":"eager","is_unvarying":false,"open":0,"other_paths":["/cart/"],"path":"/cart","pr":0.2,"used":7,"wasted":0}],"page":"/p/7","route":"/p/*","rule_set":"RULES"}"#
                .replace("RULES", &rules("/p/*")),
            r#"{"file":"/_headstart/rules/site.json","has_rules":false,"is_known":false,"is_unvarying":false,"kept_out":["/leave"],"next":[],"page":"/leave","route":null,"rule_set":null}"#,
        );
        assert_eq!(said(SNAPSHOT, &["/b", "/p/7", "/leave"], true), expected);
        let all = said(SNAPSHOT, &[], true);
        let pages: Vec<(Value, Value)> = all
            .lines()
            .map(|line| serde_json::from_str::<Value>(line).unwrap())
            .map(|line| (line["page"].clone(), line["route"].clone()))
            .collect();
        let null = Value::Null;
        assert_eq!(pages, [(json!("/a"), null.clone()), (json!("/b"), null.clone()), (null, json!("/p/*"))]);
    }

    #[test]
    fn arguments_are_read() {
        let read = |line: &str| match command(line).unwrap() {
            Command::Explain(arguments) => arguments,
            other => panic!("{other:?}"),
        };
        let of = |file: &str, paths: &[&str], is_json| Arguments {
            snapshot: file.into(),
            paths: paths.iter().map(|path| (*path).to_owned()).collect(),
            is_json,
        };
        assert_eq!(read("explain next.json"), of("next.json", &[], false));
        assert_eq!(read("explain - /a /b#c --json"), of("-", &["/a", "/b"], true));
        assert_eq!(read("explain --json - //x/../y"), of("-", &["//y"], true));
        for line in ["explain", "explain --json", "explain --yaml next.json", "explain next.json a"] {
            assert!(command(line).is_err(), "{line}");
        }
        let mistake = command("explain next.json a").unwrap_err();
        assert_eq!(mistake, "error: invalid value 'a' for '[PATH]...': a path begins with /");
    }
}
