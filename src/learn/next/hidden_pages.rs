//! Gives the pages of a batch the names under which they are remembered ([`crate::learn::names`]).
//!
//! All that the learner is told goes through here first: a page that several visitors have met keeps its path, any other
//! becomes a hash, and a secret is left out. Once enough is known of a page, its name is its path from then on, wherever it
//! stands.

use super::model::Model;
use super::navigation_batch::{Link, NavigationBatch, Outline, SuspectStats, Transition};
use super::record::Record;
use super::suspects::Suspects;
use crate::learn::names::{is_hidden, is_outdated, is_secret};
use crate::limits::MAX_PATH_BYTES;
use crate::sorting::map::{SortedMap, SortedSet};
use crate::tally::Tally;
use crate::urls::robots::Said;
use crate::urls::spelling;
use std::collections::HashMap;

/// What becomes of a name.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It stays.
    Kept,
    /// It is another one now.
    Renamed(String),
    /// Nothing is remembered under it any more.
    Forgotten,
}

/// Lets each of these have the name that it has now. Answers whether that changed anything.
pub(super) fn revise<T>(
    all: &mut Vec<T>,
    name_of: fn(&mut T) -> &mut String,
    fate: &dyn Fn(&str) -> Fate,
) -> bool {
    let mut has_changed = false;
    let mut renamed = Vec::new();
    all.retain_mut(|one| {
        let name = name_of(one);
        let (is_kept, has_other_name) = match fate(name) {
            Fate::Kept => (true, false),
            Fate::Forgotten => (false, true),
            Fate::Renamed(to) => {
                renamed.push(to.clone());
                *name = to;
                (true, true)
            }
        };
        has_changed |= has_other_name;
        is_kept
    });
    // Where a page was known by its path once before, what came first stays.
    for name in renamed {
        let mut seen = false;
        all.retain_mut(|one| *name_of(one) != name || !std::mem::replace(&mut seen, true));
    }
    has_changed
}

/// A batch, its pages by the names under which they are remembered.
pub(super) struct Named {
    pub(super) batch: NavigationBatch,
    /// Those of its pages of which it is to be known whether they do harm.
    pub(super) sought: SortedSet<String>,
}

/// What is known of a site that matters for the names of its pages.
pub(super) struct Known<'a> {
    /// What its robots.txt says to everybody; `None` before it was read once.
    pub(super) robots: Option<&'a Said>,
    /// How many visitors are several.
    pub(super) several: u32,
    /// Milliseconds since the epoch.
    pub(super) now: u64,
}

/// Gives the pages of a batch the names under which they are remembered.
pub(super) fn named(
    batch: &NavigationBatch,
    is_sought: impl Fn(&str) -> bool,
    known: &Known<'_>,
    model: &mut Model,
    suspects: &mut Suspects,
) -> Named {
    let key = &batch.names;
    if key.since > model.site.hidden_since {
        model.site.hidden_since = key.since;
        let fate = |name: &str| if is_outdated(name, key) { Fate::Forgotten } else { Fate::Kept };
        model.revise(&fate);
        suspects.revise(&fate);
    }
    let sought: SortedSet<&str> = batch
        .pages
        .iter()
        .filter(|(path, stats)| !stats.harmless.is_empty() && is_sought(path))
        .map(|(path, _)| path.as_str())
        .collect();
    let told = told(batch, &sought, known, model, suspects);
    if !told.is_empty() {
        let fate = |name: &str| told.get(name).map_or(Fate::Kept, |path| Fate::Renamed(path.clone()));
        model.revise(&fate);
        suspects.revise(&fate);
    }
    let told: SortedSet<String> = told.into_values().collect();
    let suspected: SortedSet<&str> = suspects.names().collect();
    let is_late = key.since < model.site.hidden_since;
    let name = |path: &str| {
        let is_told = || model.page(path).is_some() || told.contains(path) || suspected.contains(path);
        if !is_learned(path) {
            None
        } else if is_told() {
            Some(path.to_owned())
        } else {
            // By a key that is no longer given out nobody would find it again.
            (!is_late).then(|| key.hide(path))
        }
    };
    // The page's own rules may name a page as its links spell it.
    let spelled_name = |path: &str| {
        let is_told = |other: &String| model.page(other).is_some() || told.contains(other);
        let is_spelling = is_learned(path) && spelling::others(path).iter().any(is_told);
        if is_spelling { Some(path.to_owned()) } else { name(path) }
    };
    let outline = |outline: &Outline| Outline {
        links: outline
            .links
            .iter()
            .filter_map(|link| Some(Link { path: name(&link.path)?, ..link.clone() }))
            .collect(),
        ruled: outline.ruled.iter().filter_map(|path| spelled_name(path)).collect(),
        ..outline.clone()
    };
    let pages = batch.pages.iter().filter_map(|(path, stats)| {
        let mut stats = stats.clone();
        stats.outline = stats.outline.as_ref().map(outline);
        Some((name(path)?, stats))
    });
    let transitions = batch.transitions.iter().filter_map(|transition| {
        let (from, to) = (name(&transition.from)?, name(&transition.to)?);
        Some(Transition { from, to, ..transition.clone() })
    });
    let of_links = batch
        .suspects
        .iter()
        .filter_map(|suspect| Some(SuspectStats { page: name(&suspect.page)?, ..suspect.clone() }));
    let named = NavigationBatch {
        site: batch.site.clone(),
        day: batch.day,
        names: batch.names,
        pages: pages.collect(),
        transitions: transitions.collect(),
        suspects: of_links.collect(),
        robots: batch.robots.clone(),
        origin: batch.origin.clone(),
        // It names no page.
        tally: Tally::default(),
    };
    Named { batch: named, sought: sought.into_iter().filter_map(name).collect() }
}

/// Whether a page is one of which anything is remembered. What isolates send is bounded there, and here once more.
fn is_learned(page: &str) -> bool {
    page.len() <= MAX_PATH_BYTES && !is_secret(page) && !is_hidden(page)
}

/// The pages that are remembered by their path from now on, by the hashes under which they were until now.
fn told(
    batch: &NavigationBatch,
    sought: &SortedSet<&str>,
    known: &Known<'_>,
    model: &Model,
    suspects: &Suspects,
) -> HashMap<String, String> {
    let (several, now) = (known.several, known.now);
    let is_open = |path: &str| {
        // One that keeps robots out of everything says nothing of single pages.
        let rules = known.robots.map(Said::rules);
        rules.is_some_and(|rules| rules.disallows("/") || !rules.disallows(path))
    };
    let mut told = HashMap::new();
    let hidden = |path: &str| {
        let is_new = is_learned(path) && model.page(path).is_none();
        is_new.then(|| batch.names.hide(path))
    };
    for (path, stats) in &batch.pages {
        let Some(name) = hidden(path) else { continue };
        let mut record = model.page(&name).cloned().unwrap_or_else(Record::default);
        record.absorb(stats, batch.day, now);
        let is_sought = sought.contains(path.as_str());
        if is_sought {
            record.clear(&stats.harmless, batch.day);
        }
        if record.is_met_by_several(several, is_sought, now)
            || (is_open(path) && record.is_given_to_several(several, now))
        {
            told.insert(name, path.clone());
        }
    }
    let of_links: SortedMap<&str, &SuspectStats> =
        batch.suspects.iter().map(|stats| (stats.page.as_str(), stats)).collect();
    for (page, stats) in of_links {
        let Some(name) = hidden(page).filter(|_| !suspects.has(page)) else { continue };
        if suspects.would_be_shown_to(&name, stats, batch.day, several, now) {
            told.insert(name, page.to_owned());
        }
    }
    told
}
