//! What an isolate observes and sends to a hint learner, and the short JSON in which it is sent.
//!
//! A use is `["https://cdn.example", flags, found, [requests, urgent, requests, urgent]]`: the numbers of the
//! credentialed pool, then those of the anonymous one. Flags are bits: 4 blocks rendering, 8 and 16 the pools that the
//! page itself preconnects to (credentialed, anonymous), 32 the page itself looks the name up, 64 only a redirect of
//! this site leads there.

use crate::hints::resource::Resource;
use crate::hints::usage::{Demand, Found};
use crate::hints::{Origin, Pools, usage::Usage};
use crate::learn::document::resources::Named;
use crate::learn::is_default;
use crate::learn::names::NameKey;
use crate::learn::next::visitor::Day;
use crate::learn::report::Report;
use crate::sorting::map::SortedMap;
use crate::tally::Tally;
use percent_encoding::percent_decode_str;
use serde::{Deserialize, Serialize};

/// The most origins that are kept of one view or stylesheet.
pub const MAX_ORIGINS: usize = 40;

/// The most origins of which one batch says to whom they were shown.
pub const MAX_SHOWN: usize = 200;

/// The most stylesheets of the site that are kept of one view, and the most of third parties. Page builders have one for each kind of
/// widget, and behind them the one that has the page's own fonts and pictures.
pub const MAX_SHEETS: usize = 40;
/// See [`MAX_SHEETS`].
pub const MAX_THIRD_PARTY_SHEETS: usize = 10;

/// The most stylesheets of third parties of which one batch says to whom they were shown.
pub const MAX_SHOWN_SHEETS: usize = 100;

/// The third-party origins that one view of a page needed.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The page's path, without its query.
    pub path: String,
    /// Who was given it, as one of 256 buckets of the day's visitors of the page; `None` where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<u8>,
    /// How many views of the page have passed by since one was read, this one included.
    #[serde(default)]
    pub served: u32,
    /// Each origin once, in the order of the document.
    pub uses: Vec<OriginUse>,
    /// The stylesheets of the page's own origin, by path and query, and those of third parties, by their
    /// [`name`](super::third_party_sheet::name).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sheets: Vec<String>,
    /// The hosts that the page's Content-Security-Policy names, as [`crate::csp::Policies::host_sources`] gives them.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub sources: Vec<String>,
    /// What it names that might be preloaded, in the order of the document.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Named>,
    /// Whether no browser could be asked how such a view went: the page is not edited, or its own policy lets nothing be told.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_mute: bool,
    /// What of it is not preloaded.
    #[serde(default, skip_serializing_if = "is_default")]
    pub withheld: Withheld,
}

/// What of a page is not preloaded, whoever uses it, since what a browser makes of it then is not what the page would.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Withheld {
    /// Pictures: it asks browsers how wide they are, which these do not tell by a link.
    #[serde(rename = "p", default, skip_serializing_if = "is_default")]
    pub pictures: bool,
    /// What its stylesheets import: they may read it in another encoding than UTF-8.
    #[serde(rename = "i", default, skip_serializing_if = "is_default")]
    pub imports: bool,
}

impl Withheld {
    /// Whether a part of a stylesheet is imported, and withheld.
    #[must_use]
    pub fn has_import(self, resource: &Resource) -> bool {
        self.imports && resource.destination.is_text()
    }
}

/// To whom an origin was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Shown {
    /// The origin.
    pub origin: Origin,
    /// The buckets of its visitors.
    pub by: Vec<u8>,
}

/// To whom a third party's stylesheet was shown.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct ShownSheet {
    /// Its [`name`](super::third_party_sheet::name).
    pub sheet: String,
    /// The buckets of its visitors.
    pub by: Vec<u8>,
}

/// Whether a `Cookie` field names the host of any of these origins: then a page may name it because the visitor did.
#[must_use]
pub fn are_named_by(cookies: &str, uses: &[OriginUse]) -> bool {
    if cookies.is_empty() || uses.is_empty() {
        return false;
    }
    let said = percent_decode_str(cookies).decode_utf8_lossy().to_ascii_lowercase();
    uses.iter().any(|used| said.contains(used.origin.host()))
}

/// One origin and how the page uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "Wire", from = "Wire")]
pub struct OriginUse {
    /// The origin.
    pub origin: Origin,
    /// How the page uses it.
    pub usage: Usage,
}

/// What the reading of a stylesheet found: what it makes a browser fetch.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct SheetObservation {
    /// When it was read, in milliseconds since the epoch.
    #[serde(default)]
    pub at: u64,
    /// Each third-party origin once.
    #[serde(default)]
    pub uses: Vec<OriginUse>,
    /// The stylesheets that it imports, named as those of a view are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub imports: Vec<String>,
    /// What it names that might be preloaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Named>,
    /// The names of its faces that have no font which could be preloaded.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bare_faces: Vec<u64>,
    /// What it says of families of fonts, for other stylesheets of the same pages.
    #[serde(default, skip_serializing_if = "Families::are_none")]
    pub families: Families,
    /// Whether it says itself that it is in another encoding than UTF-8, in which it has those read that it imports.
    #[serde(default, skip_serializing_if = "is_default")]
    pub is_encoded_otherwise: bool,
}

/// What a stylesheet says of families of fonts. Each is a hash of its name ([`crate::hash::hash16`]).
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Families {
    /// Those that rules name which are for every page.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub certain: Vec<u16>,
    /// Those that rules for classes alone name.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub rare: Vec<u16>,
    /// The origins of its fonts, with the families of each, where none of its own rules uses any.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub of: Vec<(Origin, Vec<u16>)>,
}

impl Families {
    /// Whether it says nothing.
    #[must_use]
    pub fn are_none(&self) -> bool {
        *self == Self::default()
    }
}

/// Visitors of a page followed a link to a URL of this site that redirects to another origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Click {
    /// The path of the page that holds the link.
    pub path: String,
    /// Where the redirect leads.
    pub origin: Origin,
    /// How often that happened.
    pub times: u32,
}

/// Where navigations to a path of the site were led.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Led {
    /// The path.
    pub path: String,
    /// The other origin; `None` for a page, or another URL of the site.
    pub to: Option<Origin>,
    /// Which visitors were, as buckets of the day's visitors of the path.
    pub by: Vec<u8>,
    /// How many they were at least, those included of whom it cannot be told.
    pub times: u32,
}

/// What a visitor's browser reports to have loaded. Nothing in it identifies the visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Confirmation {
    /// The page's path.
    pub path: String,
    /// Whose it is, as one of 256 buckets of the day's visitors of the page; `None` where that cannot be told.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<u8>,
    /// Each third-party origin once.
    pub origins: Vec<Loaded>,
    /// Whether it names all that was loaded: it was made three seconds after the load, and its list was not cut.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_whole: bool,
    /// What else it says; `None` from a script of an older version.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub report: Option<Report>,
}

/// How a visitor's browser loaded things from one origin.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// The origin.
    pub origin: Origin,
    /// The pools that follow from the initiators: fonts, `fetch` and `XMLHttpRequest` are anonymous. Bits of [`Pools`].
    pub pools: u8,
    /// Whether only frames were loaded from it.
    pub is_frame: bool,
    /// When the first request began, in milliseconds since the navigation.
    pub start_ms: u32,
    /// How long connecting took, in milliseconds; 0 where the browser does not expose it.
    pub connect_ms: u32,
}

/// What an isolate sends to a learner.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The site, as in the snapshot's key.
    pub site: String,
    /// The learner's number among those of the site.
    pub shard: u32,
    /// The key by which the paths of few views are hidden.
    #[serde(default, skip_serializing_if = "NameKey::is_none")]
    pub names: NameKey,
    /// The day of the visitors.
    #[serde(default)]
    pub day: Day,
    /// To whom each third-party origin was shown, as buckets of the day's visitors of the site.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown: Vec<Shown>,
    /// To whom each third party's stylesheet was shown.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub shown_sheets: Vec<ShownSheet>,
    /// The views that were read, oldest first.
    #[serde(default)]
    pub observations: Vec<Observation>,
    /// The stylesheets that these views use, as far as the isolate has read them.
    #[serde(default, skip_serializing_if = "SortedMap::is_empty")]
    pub sheets: SortedMap<String, SheetObservation>,
    /// Clicks on links that lead to other origins.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub clicks: Vec<Click>,
    /// Where navigations to paths were led that redirect to other origins, those of one path in their order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub redirects: Vec<Led>,
    /// What visitors' browsers have reported.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub confirmations: Vec<Confirmation>,
    /// What was counted for the report.
    #[serde(default, skip_serializing_if = "Tally::is_empty")]
    pub tally: Tally,
}

impl Batch {
    /// How many records a learner changes for it, at most.
    #[must_use]
    pub fn records(&self) -> usize {
        let Self { observations, sheets, clicks, redirects, confirmations, .. } = self;
        observations.len() + sheets.len() + clicks.len() + redirects.len() + confirmations.len()
    }
}

/// A use as it is sent.
#[derive(Serialize, Deserialize)]
struct Wire(Origin, u8, u8, [u8; 4]);

const BLOCKS_RENDERING: u8 = 4;
const LOOKED_UP: u8 = 32;
const IS_LINKED: u8 = 64;

impl From<OriginUse> for Wire {
    fn from(OriginUse { origin, usage }: OriginUse) -> Self {
        let flag = |set: bool, flag: u8| if set { flag } else { 0 };
        let flags = flag(usage.blocks_rendering, BLOCKS_RENDERING)
            | usage.preconnected.bits() << 3
            | flag(usage.looked_up, LOOKED_UP)
            | flag(usage.is_linked, IS_LINKED);
        let Usage { credentialed, anonymous, .. } = usage;
        let demand = [credentialed.requests, credentialed.urgent, anonymous.requests, anonymous.urgent];
        Self(origin, flags, usage.found.bits(), demand)
    }
}

impl From<Wire> for OriginUse {
    fn from(Wire(origin, flags, found, demand): Wire) -> Self {
        let [requests, urgent, anonymous_requests, anonymous_urgent] = demand;
        let usage = Usage {
            credentialed: Demand { requests, urgent },
            anonymous: Demand { requests: anonymous_requests, urgent: anonymous_urgent },
            blocks_rendering: flags & BLOCKS_RENDERING != 0,
            found: Found::from_bits(found),
            preconnected: Pools::from_bits(flags >> 3),
            looked_up: flags & LOOKED_UP != 0,
            is_linked: flags & IS_LINKED != 0,
        };
        Self { origin, usage }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_short_and_reads_back() {
        let both = Usage {
            credentialed: Demand { requests: 7, urgent: 2 },
            anonymous: Demand::URGENT,
            blocks_rendering: true,
            found: Found::Start,
            preconnected: Pools::ANONYMOUS,
            looked_up: true,
            is_linked: false,
        };
        let uses = [
            ("https://a.example", both),
            ("https://b.example", Usage::of(Pools::ANONYMOUS, Demand::ONE, Found::Css)),
            ("https://c.example", Usage { is_linked: true, ..Usage::LOOKUP }),
        ]
        .map(|(origin, usage)| OriginUse { origin: Origin::parse(origin).unwrap(), usage })
        .to_vec();
        let observation = Observation { path: "/".to_owned(), uses, ..Observation::default() };
        let json = serde_json::to_string(&observation).unwrap();
        assert_eq!(
            json,
            r#"{"path":"/","served":0,"uses":[["https://a.example",52,0,[7,2,1,10]],["https://b.example",0,3,[0,0,1,0]],["https://c.example",64,2,[0,0,0,0]]]}"#
        );
        assert_eq!(serde_json::from_str::<Observation>(&json).unwrap(), observation);
    }

    #[test]
    fn an_origin_that_is_none_is_refused() {
        let json = r#"{"path":"/","uses":[["https://a.example/>; rel=preload",1,0,[1,0,0,0]]]}"#;
        assert!(serde_json::from_str::<Observation>(json).is_err());
    }
}
