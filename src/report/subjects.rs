//! What is known of a page or of a route: its hints, its next pages, and what is left out.

use super::model::{Known, Next};
use super::words;
use crate::endpoints::RulesFile;
use crate::published::hint_lines;
use crate::published::hint_snapshot::Basis;
use crate::published::next_page_snapshot::{Excluded, NextPage, Tally};
use crate::rules::{learned, served};
use crate::sorting::map::SortedSet;
use crate::urls::unsafe_urls::UrlGlob;
use serde::Serialize;
use url::Url;

/// A hint of a page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivenHint {
    /// What it names.
    pub hint: String,
    /// What it asks for, and in which pool of connections.
    #[serde(rename = "for")]
    pub action: String,
    /// The share of the views that use it, in percent.
    pub share: Option<u8>,
    /// What it is expected to gain, in milliseconds, where that is known.
    pub gain_ms: Option<u32>,
    /// Why.
    pub because: String,
}

/// A next page of a page.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct GivenNext {
    /// Its path.
    pub path: String,
    /// The probability that it follows a view.
    pub probability: f64,
    /// When it is fetched ahead.
    pub eagerness: &'static str,
    /// What is done.
    pub action: &'static str,
    /// How many speculations on it were used lately, wasted, and are open.
    pub used: u32,
    /// See [`used`](Self::used).
    pub wasted: u32,
    /// See [`used`](Self::used).
    pub open: u32,
}

/// A path that no rule names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct LeftOut {
    /// The path, with `*` for anything.
    pub path: String,
    /// Why, in a word, where that is known.
    pub why: Option<String>,
    /// What that means.
    pub meaning: Option<&'static str>,
    /// Until when, if nothing new is seen, in seconds since the epoch.
    pub until: Option<u64>,
    /// Whether speculations on it are refused as well.
    pub is_refused: bool,
    /// Whether only its links say so.
    pub is_suspect: bool,
}

impl From<&Excluded> for LeftOut {
    fn from(Excluded { path, is_refused, why, is_suspect }: &Excluded) -> Self {
        let why = why.as_ref();
        Self {
            path: path.clone(),
            why: why.map(|(why, _)| why.clone()),
            meaning: why.filter(|_| !is_suspect).map(|(why, _)| words::meaning(why)),
            until: why.map(|(_, until)| *until),
            is_refused: *is_refused,
            is_suspect: *is_suspect,
        }
    }
}

/// See the module's description.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Subject {
    /// The page's path, or the route's template.
    pub name: String,
    /// From what its hints are known: `page`, `route` or `site`.
    pub hints_by: Option<&'static str>,
    /// Its hints.
    pub hints: Vec<GivenHint>,
    /// The URL of the picture that is its largest nearly always.
    pub largest_picture: Option<String>,
    /// The share of its views whose browsers are asked how they went.
    pub asked: Option<f64>,
    /// The other origin to which it always redirects.
    pub redirects_to: Option<String>,
    /// Under which key its next pages are known: its path, or its route.
    pub next_by: Option<String>,
    /// Its next pages.
    pub next: Vec<GivenNext>,
    /// Whether it has document rules of its own.
    pub has_rules: bool,
    /// The rules files that it names.
    pub rules: Vec<String>,
    /// What is left out that it matches.
    pub left_out: Vec<LeftOut>,
}

fn given_next(next: &NextPage) -> GivenNext {
    let Tally(used, wasted, open) = next.tally;
    GivenNext {
        path: next.path.clone(),
        probability: next.pr,
        eagerness: next.eagerness.as_str(),
        action: next.action.as_str(),
        used,
        wasted,
        open,
    }
}

/// What is known of a page or route of this name.
#[must_use]
pub fn of(name: &str, site: &str, hints: &[Known], next: &Next) -> Subject {
    let mut subject = Subject {
        name: name.to_owned(),
        hints_by: None,
        hints: Vec::new(),
        largest_picture: None,
        asked: None,
        redirects_to: None,
        next_by: None,
        next: Vec::new(),
        has_rules: false,
        rules: Vec::new(),
        left_out: Vec::new(),
    };
    // What is known of the page itself, or else of its route, by whichever learner.
    let best = hints
        .iter()
        .filter_map(|known| Some((known, known.snapshot.known(name)?)))
        .min_by_key(|(_, given)| given.basis);
    if let Some((known, given)) = best {
        subject.hints_by = Some(match given.basis {
            Basis::Page => "page",
            Basis::Route => "route",
            Basis::Site => "site",
        });
        let why = hint_lines::reasons_for(name, &known.snapshot, &known.why);
        subject.hints = hint_lines::lines(given, why)
            .into_iter()
            .map(|line| GivenHint {
                hint: line.name,
                action: line.action,
                share: line.evidence.map(|evidence| evidence.share),
                gain_ms: line.evidence.map(|evidence| evidence.gain_ms).filter(|gain_ms| *gain_ms > 0),
                because: line.reason,
            })
            .collect();
        subject.largest_picture = given.largest.map(|img| img.src.clone());
        subject.asked = given.ask.map(|halvings| (-f64::from(halvings)).exp2());
    }
    let leads_to = hints.iter().find_map(|known| known.snapshot.leads_to(name));
    subject.redirects_to = leads_to.map(ToString::to_string);
    let Some(snapshot) = &next.snapshot else { return subject };
    let known = snapshot.known(name);
    if let Some((key, entry)) = known {
        subject.next_by = Some(key.to_owned());
        subject.next = entry.nexts.iter().map(given_next).collect();
        subject.has_rules = entry.has_rules;
    }
    let file =
        if subject.has_rules { RulesFile::Signal } else { served::baseline_of(&snapshot.baseline, name) };
    subject.rules.push(file.path().to_owned());
    let learned = known.and_then(|(key, entry)| Some(learned::url(&learned::rule_set_of(entry)?, key)));
    subject.rules.extend(learned);
    let url = Url::parse(&format!("https://{site}{name}")).ok();
    let is_meant = |excluded: &&Excluded| {
        let glob = UrlGlob::parse(&excluded.path).ok();
        glob.zip(url.as_ref()).is_some_and(|(glob, url)| glob.is_match(url))
    };
    subject.left_out = snapshot.excluded.iter().filter(is_meant).map(LeftOut::from).collect();
    subject
}

/// The names of all pages and routes of which anything is known, in their order.
#[must_use]
pub fn names<'a>(hints: &'a [Known], next: &'a Next) -> SortedSet<&'a str> {
    let of_hints = hints.iter().flat_map(|known| known.snapshot.names());
    let pages = next
        .snapshot
        .iter()
        .flat_map(|snapshot| snapshot.pages().into_keys().chain(snapshot.routes().into_keys()));
    of_hints.chain(pages).filter(|name| !name.is_empty()).collect()
}
