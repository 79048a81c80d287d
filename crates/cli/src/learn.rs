//! `headstart learn`: the hints of saved pages.

use crate::answers::Answers;
use crate::pipe;
use anyhow::Context as _;
use headstart::head::Head;
use headstart::hints::rank::HintPreferences;
use headstart::hints::{Hint, HintAction};
use headstart::learn::html::Observer;
use headstart::learn::observation::{Batch, Observation};
use headstart::learn::{learner, reading_list};
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::store::Memory;
use headstart::urls::inert_parameters::InertParameters;
use serde_json::{Value, json};
use std::path::PathBuf;
use url::Url;

/// How often each page is viewed. A page whose every view is the same is known after three.
const VIEWS: usize = 5;

/// How often a learner chooses anew, and asks for what that has it want: once for each sheet in the longest chain of imports, and once
/// more.
const ROUNDS: u64 = 8;

/// The time between two rounds, in milliseconds.
const ROUND_MS: u64 = 1000;

/// Print the connection hints that saved pages would get
///
/// Reads HTML files as the Worker would, and prints a line of JSON for each: the hints that its visitors would get
/// (link), and those that the page itself gives (own), which are therefore left out. Of the stylesheets that pages name only those are
/// read that FILE has: a JSON object with the URL of each, and its body, type, status and location. Nothing is asked for.
#[derive(Debug, PartialEq, clap::Args)]
pub struct Arguments {
    /// Where the pages are taken to come from: what they load from other origins is a third party's
    #[arg(long, value_name = "URL", default_value = "https://www.site.example")]
    origin: Url,
    /// What stylesheets answer, the site's own and third parties': {"URL": {"type": "text/css", "body": "…"}}
    #[arg(long, value_name = "FILE")]
    answers: Option<PathBuf>,
    /// Saved pages, or folders of them (*.html, *.htm)
    #[arg(value_name = "FILE|FOLDER", required = true)]
    names: Vec<PathBuf>,
}

/// Prints a line for each page, as soon as it is known.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    let answers = arguments.answers.as_deref().map(Answers::read).transpose()?.unwrap_or_default();
    for (number, file) in files(&arguments.names)?.into_iter().enumerate() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let line = line(&arguments.origin, &answers, number, &name, &bytes);
        let line = line.with_context(|| file.display().to_string())?;
        pipe::print(&format!("{line}\n"))?;
    }
    Ok(())
}

/// The pages among the arguments; of a folder, its HTML files in the order of their names.
pub fn files(names: &[PathBuf]) -> anyhow::Result<Vec<PathBuf>> {
    let mut files = Vec::new();
    for name in names {
        if !name.is_dir() {
            files.push(name.clone());
            continue;
        }
        let failed = || name.display().to_string();
        let mut found = Vec::new();
        for entry in std::fs::read_dir(name).with_context(failed)? {
            let file = entry.with_context(failed)?.path();
            let is_page = file.extension().is_some_and(|ending| ending == "html" || ending == "htm");
            if is_page && file.is_file() {
                found.push(file);
            }
        }
        found.sort();
        files.extend(found);
    }
    Ok(files)
}

/// What one page's visitors would get, as a line of JSON.
fn line(origin: &Url, answers: &Answers, number: usize, name: &str, bytes: &[u8]) -> anyhow::Result<Value> {
    // Its place, not its name: a file may have a name that no URL would have.
    let url = origin.join(&format!("/{number}.html"))?;
    let mut observer =
        Observer::new(&url, &Head::default(), &InertParameters::default()).context("the path is too long")?;
    observer.write(bytes);
    let observation = observer.end().observation;
    let own = own_hints(&observation);
    let hints = learned(observation, &url, answers)?;
    Ok(json!({ "page": name, "link": entries(&hints), "own": entries(&own) }))
}

/// The hints that follow from some views of the same page, once the stylesheets have been read that it names.
fn learned(observation: Observation, url: &Url, answers: &Answers) -> anyhow::Result<Vec<Hint>> {
    let mut store = Memory::default();
    let site = url.authority();
    let sheets = answers.own_sheets(url, &observation.sheets, 1);
    let observations = vec![observation; VIEWS];
    let batch = Batch { site: site.to_owned(), observations, sheets, ..Batch::default() };
    let preferences = HintPreferences {
        preconnect: 3,
        dns_prefetch: 6,
        reads_third_parties: true,
        ..HintPreferences::default()
    };
    let Ok(()) = learner::merge(&mut store, &batch, &preferences, 1);
    let mut snapshot = HintSnapshot::default();
    for round in 0..ROUNDS {
        let now = 1 + round * ROUND_MS;
        // As a learner's alarm does: it publishes, and asks for what is due.
        let Ok(published) = learner::choose(&mut store, &preferences, now);
        if let Some(publication) = published {
            snapshot = HintSnapshot::parse(&publication.value).map_err(anyhow::Error::msg)?;
        }
        let Ok(due) = reading_list::take_due(&mut store, now);
        for name in due {
            if let Some(sheet) = answers.third_partys_sheet(&name, site, now) {
                let Ok(()) = reading_list::was_read(&mut store, &name, &sheet, now);
            }
        }
    }
    Ok(snapshot.known(url.path()).map(|known| known.hints.to_vec()).unwrap_or_default())
}

fn own_hints(observation: &Observation) -> Vec<Hint> {
    let own = observation.uses.iter().filter(|used| used.usage.looked_up);
    own.map(|used| Hint {
        origin: used.origin.clone(),
        action: HintAction::from_bits(used.usage.preconnected.bits()),
    })
    .collect()
}

/// Hints as the entries of a `Link` field: origin, and what stands behind it.
fn entries(hints: &[Hint]) -> Vec<[&str; 2]> {
    let mut entries = Vec::new();
    for hint in hints {
        let origin = hint.origin.as_str();
        match hint.action {
            HintAction::DnsPrefetch => entries.push([origin, "dns-prefetch"]),
            HintAction::Preconnect(pools) => {
                if pools.credentialed {
                    entries.push([origin, "preconnect"]);
                }
                if pools.anonymous {
                    entries.push([origin, "preconnect; crossorigin"]);
                }
            }
        }
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Command;
    use crate::tests::command;

    #[test]
    fn arguments_are_read() {
        let read = |line: &str| match command(line).unwrap() {
            Command::Learn(arguments) => arguments,
            other => panic!("{other:?}"),
        };
        let of = |origin: &str, names: &[&str]| Arguments {
            origin: Url::parse(origin).unwrap(),
            answers: None,
            names: names.iter().map(PathBuf::from).collect(),
        };
        assert_eq!(read("learn a.html b"), of("https://www.site.example", &["a.html", "b"]));
        assert_eq!(read("learn a --origin http://127.0.0.1:8000"), of("http://127.0.0.1:8000", &["a"]));
        for line in [
            "learn",
            "learn --origin",
            "learn --origin https://a.example",
            "learn --origin a b",
            "learn --all a",
        ] {
            assert!(command(line).is_err(), "{line}");
        }
    }
}
