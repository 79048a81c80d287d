//! `headstart learn`: the hints of saved pages.

use headstart::head::Head;
use headstart::hints::rank::Preferences;
use headstart::hints::{Action, Hint};
use headstart::learn::html::Observer;
use headstart::learn::learner;
use headstart::learn::observation::{Batch, Observation};
use headstart::published::hint_snapshot::Snapshot;
use headstart::store::Memory;
use headstart::urls::inert_parameters::InertParameters;
use serde_json::{Value, json};
use std::path::{Path, PathBuf};
use url::Url;

/// How often each page is viewed. A page whose every view is the same is known after three.
const VIEWS: usize = 5;

/// Reads the arguments and prints a line for each page.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let (origin, names) = match arguments {
        [flag, origin, names @ ..] if flag == "--origin" => (origin.as_str(), names),
        names => ("https://www.site.example", names),
    };
    let origin = Url::parse(origin).map_err(|error| format!("--origin {origin}: {error}"))?;
    if names.is_empty() {
        return Err("headstart learn: name saved pages, or folders of them".to_owned());
    }
    for (number, file) in files(names)?.into_iter().enumerate() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).map_err(|error| format!("{}: {error}", file.display()))?;
        println!("{}", line(&origin, number, &name, &bytes)?);
    }
    Ok(())
}

/// The pages among the arguments; of a folder, its HTML files in the order of their names.
fn files(names: &[String]) -> Result<Vec<PathBuf>, String> {
    let mut files = Vec::new();
    for name in names {
        let path = Path::new(name);
        if !path.is_dir() {
            files.push(path.to_owned());
            continue;
        }
        let failed = |error: std::io::Error| format!("{name}: {error}");
        let mut found = Vec::new();
        for entry in std::fs::read_dir(path).map_err(failed)? {
            let file = entry.map_err(failed)?.path();
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
fn line(origin: &Url, number: usize, name: &str, bytes: &[u8]) -> Result<Value, String> {
    // Its place, not its name: a file may have a name that no URL would have.
    let url = origin.join(&format!("/{number}.html")).map_err(|error| format!("{name}: {error}"))?;
    let mut observer = Observer::new(&url, &Head::default(), &InertParameters::default())
        .ok_or_else(|| format!("{name}: the path is too long"))?;
    observer.write(bytes);
    let observation = observer.end().observation;
    let own = own_hints(&observation);
    let hints = learned(observation, url.path())?;
    Ok(json!({ "page": name, "link": entries(&hints), "own": entries(&own) }))
}

/// The hints that follow from some views of the same page.
fn learned(observation: Observation, path: &str) -> Result<Vec<Hint>, String> {
    let mut store = Memory::default();
    let batch = Batch { site: "site".to_owned(), observations: vec![observation; VIEWS], ..Batch::default() };
    let preferences = Preferences { preconnect: 3, dns_prefetch: 6, ..Preferences::default() };
    let Ok(()) = learner::merge(&mut store, &batch, 1);
    let Ok(published) = learner::choose(&mut store, &preferences, 1);
    let snapshot = Snapshot::parse(&published.map(|publication| publication.value).unwrap_or_default())?;
    Ok(snapshot.known(path).map(|known| known.hints.to_vec()).unwrap_or_default())
}

fn own_hints(observation: &Observation) -> Vec<Hint> {
    let own = observation.uses.iter().filter(|used| used.usage.looked_up);
    own.map(|used| Hint {
        origin: used.origin.clone(),
        action: Action::from_bits(used.usage.preconnected.bits()),
    })
    .collect()
}

/// Hints as the entries of a `Link` field: origin, and what stands behind it.
fn entries(hints: &[Hint]) -> Vec<[&str; 2]> {
    let mut entries = Vec::new();
    for hint in hints {
        let origin = hint.origin.as_str();
        match hint.action {
            Action::DnsPrefetch => entries.push([origin, "dns-prefetch"]),
            Action::Preconnect(pools) => {
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
