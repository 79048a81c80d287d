//! Saved pages: their hints, printed or learned.

use super::page_reader::PageReader;
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
use std::path::{Path, PathBuf};
use url::Url;

/// Where pages are taken to come from if nobody says it.
const SITE: &str = "https://www.site.example";

/// How often each page is viewed. A page whose every view is the same is known after three.
const VIEWS: usize = 5;

/// How often a learner chooses anew, and asks for what that has it want: once for each sheet in the longest chain of imports, and once
/// more.
const ROUNDS: u64 = 8;

/// The time between two rounds, in milliseconds.
const ROUND_MS: u64 = 1000;

/// Prints a line for each page, as soon as it is known.
pub fn print(site: Option<&Url>, answers: &Answers, names: &[PathBuf]) -> anyhow::Result<()> {
    let site = site.cloned().map_or_else(|| Url::parse(SITE), Ok)?;
    for (number, file) in files(names)?.into_iter().enumerate() {
        let name = file.file_name().unwrap_or_default().to_string_lossy().into_owned();
        let bytes = std::fs::read(&file).with_context(|| file.display().to_string())?;
        let line = line(&site, answers, number, &name, &bytes);
        let line = line.with_context(|| file.display().to_string())?;
        pipe::print(&format!("{line}\n"))?;
    }
    Ok(())
}

/// Learns from saved pages. Each is at the URL that its place below the folder says: `a/index.html` at `/a/`, `a/b.html` at
/// `/a/b.html`; one that is named itself, at its name.
pub fn read(
    site: &Url,
    answers: &Answers,
    names: &[PathBuf],
    reader: &mut PageReader<'_>,
) -> anyhow::Result<()> {
    for name in names {
        let (folder, files) = if name.is_dir() {
            (name.as_path(), below(name)?)
        } else {
            (name.parent().unwrap_or(Path::new("")), vec![name.clone()])
        };
        for file in files {
            let failed = || file.display().to_string();
            let bytes = std::fs::read(&file).with_context(failed)?;
            let url = url_of(site, file.strip_prefix(folder).unwrap_or(&file)).with_context(failed)?;
            let head = Head { status: 200, is_readable: true, ..Head::default() };
            let read = reader.page(&url, &head, &bytes, |sheets| answers.own_sheets(site, sheets, 1));
            if read.is_none() {
                pipe::complain(&format!("{}: it cannot be learned from, left out", failed()));
            }
        }
    }
    Ok(())
}

/// The URL of a page that is saved at this place.
fn url_of(site: &Url, place: &Path) -> anyhow::Result<Url> {
    let mut url = site.clone();
    let parts: Vec<_> = place.iter().map(|part| part.to_string_lossy()).collect();
    let (file, folders) = parts.split_last().context("it has no name")?;
    let is_of_folder = matches!(file.as_ref(), "index.html" | "index.htm");
    let file = if is_of_folder { "" } else { file };
    let mut segments = url.path_segments_mut().ok().context("the site has no paths")?;
    segments.clear().extend(folders.iter().map(AsRef::as_ref)).push(file);
    drop(segments);
    Ok(url)
}

/// The HTML files below a folder, in the order of their names.
fn below(folder: &Path) -> anyhow::Result<Vec<PathBuf>> {
    let mut found = files(&[folder.to_owned()])?;
    let failed = || folder.display().to_string();
    for entry in std::fs::read_dir(folder).with_context(failed)? {
        let entry = entry.with_context(failed)?;
        // No link is followed: it may lead back.
        if entry.file_type().with_context(failed)?.is_dir() {
            found.extend(below(&entry.path())?);
        }
    }
    found.sort();
    Ok(found)
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

    #[test]
    fn a_saved_page_is_where_its_place_says() {
        let site = Url::parse("https://www.site.example/").unwrap();
        for (place, path) in [
            ("index.html", "/"),
            ("a/index.htm", "/a/"),
            ("a/b.html", "/a/b.html"),
            ("a b/\u{e4}?.html", "/a%20b/%C3%A4%3F.html"),
        ] {
            assert_eq!(url_of(&site, Path::new(place)).unwrap().path(), path, "{place}");
        }
    }
}
