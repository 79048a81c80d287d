//! `headstart learn`: the hints of saved pages.

use crate::pipe;
use anyhow::Context as _;
use headstart::head::Head;
use headstart::hints::rank::HintPreferences;
use headstart::hints::{Hint, HintAction};
use headstart::learn::html::Observer;
use headstart::learn::learner;
use headstart::learn::observation::{Batch, Observation};
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::store::Memory;
use headstart::urls::inert_parameters::InertParameters;
use serde_json::{Value, json};
use std::path::PathBuf;
use url::Url;

/// How often each page is viewed. A page whose every view is the same is known after three.
const VIEWS: usize = 5;

/// Print the connection hints that saved pages would get
///
/// Reads HTML files as the Worker would, and prints a line of JSON for each: the hints that its visitors would get
/// (link), and those that the page itself gives (own), which are therefore left out.
#[derive(Debug, PartialEq, clap::Args)]
pub struct Arguments {
    /// Where the pages are taken to come from: what they load from other origins is a third party's
    #[arg(long, value_name = "URL", default_value = "https://www.site.example")]
    origin: Url,
    /// Saved pages, or folders of them (*.html, *.htm)
    #[arg(value_name = "FILE|FOLDER", required = true)]
    names: Vec<PathBuf>,
}

/// Prints a line for each page, as soon as it is known.
pub fn run(arguments: &Arguments) -> anyhow::Result<()> {
    for (number, file) in files(&arguments.names)?.into_iter().enumerate() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let line =
            line(&arguments.origin, number, &name, &bytes).with_context(|| file.display().to_string())?;
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
fn line(origin: &Url, number: usize, name: &str, bytes: &[u8]) -> anyhow::Result<Value> {
    // Its place, not its name: a file may have a name that no URL would have.
    let url = origin.join(&format!("/{number}.html"))?;
    let mut observer =
        Observer::new(&url, &Head::default(), &InertParameters::default()).context("the path is too long")?;
    observer.write(bytes);
    let observation = observer.end().observation;
    let own = own_hints(&observation);
    let hints = learned(observation, url.path())?;
    Ok(json!({ "page": name, "link": entries(&hints), "own": entries(&own) }))
}

/// The hints that follow from some views of the same page.
fn learned(observation: Observation, path: &str) -> anyhow::Result<Vec<Hint>> {
    let mut store = Memory::default();
    let batch = Batch { site: "site".to_owned(), observations: vec![observation; VIEWS], ..Batch::default() };
    let preferences = HintPreferences { preconnect: 3, dns_prefetch: 6, ..HintPreferences::default() };
    let Ok(()) = learner::merge(&mut store, &batch, &preferences, 1);
    let Ok(published) = learner::choose(&mut store, &preferences, 1);
    let snapshot = HintSnapshot::parse(&published.map(|publication| publication.value).unwrap_or_default())
        .map_err(anyhow::Error::msg)?;
    Ok(snapshot.known(path).map(|known| known.hints.to_vec()).unwrap_or_default())
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
