//! What a hint snapshot says of a page, for people: each hint with what it asks for, and why it is given.

use super::hint_snapshot::{Basis, HintSnapshot, KnownHints};
use crate::hints::rank::Evidence;
use crate::hints::resource::{Destination, Resource};
use crate::hints::usage::Found;
use crate::hints::{Hint, HintAction};
use crate::sorting::map::SortedMap;

/// One hint.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct HintLine {
    /// What it names: a URL, or an origin.
    pub name: String,
    /// What it asks for.
    pub action: String,
    /// What speaks for it, where that is known.
    pub evidence: Option<Evidence>,
    /// Why it is given; empty where nothing is known.
    pub reason: String,
}

/// The reasons for what a page or route of this name is given: a part of what [`evidence`](super::hint_snapshot::evidence) reads.
#[must_use]
pub fn reasons_for<'a>(
    name: &str,
    snapshot: &HintSnapshot,
    why: &'a SortedMap<String, Vec<Evidence>>,
) -> &'a [Evidence] {
    let key = match snapshot.known(name).map(|known| known.basis) {
        Some(Basis::Site) => "",
        _ => snapshot.key(name).unwrap_or(name),
    };
    why.get(key).map(Vec::as_slice).unwrap_or_default()
}

/// Each hint: what it names, what it asks for, and why. Preloads come first, as in the list of reasons.
#[must_use]
pub fn lines(known: KnownHints<'_>, why: &[Evidence]) -> Vec<HintLine> {
    let mut why = why.iter().copied().map(Some).chain(std::iter::repeat(None));
    let mut lines = Vec::new();
    for preload in known.preloads {
        let evidence = why.next().flatten();
        lines.push(HintLine {
            name: preload.url.clone(),
            action: format!("preload as {}", preload.destination.as_str()),
            evidence,
            reason: reason_of_preload(preload),
        });
    }
    for hint in known.hints {
        let evidence = why.next().flatten();
        lines.push(HintLine {
            name: hint.origin.to_string(),
            action: action(hint).to_owned(),
            evidence,
            reason: evidence.map_or_else(String::new, reason_of_hint),
        });
    }
    lines
}

fn action(hint: &Hint) -> &'static str {
    match hint.action {
        HintAction::DnsPrefetch => "dns-prefetch",
        HintAction::Preconnect(pools) => match (pools.credentialed, pools.anonymous) {
            (true, true) => "preconnect, with credentials and without",
            (false, true) => "preconnect, without credentials",
            _ => "preconnect",
        },
    }
}

/// Why a part of a page is preloaded.
fn reason_of_preload(preload: &Resource) -> String {
    match preload.destination {
        Destination::Image => "the page's largest picture, found late",
        Destination::Font => "a font that a stylesheet names",
        Destination::Style => "a stylesheet that rendering waits for, found late",
        Destination::Script => "a script that the parser waits for, found late",
    }
    .to_owned()
}

/// Why an origin is named.
fn reason_of_hint(evidence: Evidence) -> String {
    let found = match Found::from_bits(evidence.found) {
        Found::Start => "named at the start of the page",
        Found::Head => "named in the head",
        Found::Body => "named in the body",
        Found::Css => "named in a stylesheet",
        Found::Script => "used by a script",
    };
    if evidence.blocking > 0 { format!("{found}; rendering waits for it") } else { found.to_owned() }
}
