//! What one view's browser reports besides third-party origins: how fast the page was there, what was largest on it, and which parts
//! of it rendering waited for.
//!
//! A report names parts of a page by hashes of their URLs. What is preloaded is named by the site's own HTML and CSS alone; a
//! report only votes for it. So whatever a browser says, nothing of it is ever told to another one.

use crate::hash::fnv1a;
use crate::hints::resource::Resource;
use crate::switches::holdout::Arms;
use crate::urls::asset::shape;
use serde::{Deserialize, Serialize};

/// The most parts of a page that one report names.
pub const MAX_RESOURCES: usize = 16;

/// The most faces of fonts that one report names.
pub const MAX_FACES: usize = 8;

/// How a view came about.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum NavigationKind {
    /// By a link, an address, or a form: the page was loaded when it was wanted.
    #[default]
    Plain,
    /// The same for a page whose HTML had been prefetched.
    Prefetched,
    /// The page had been prerendered.
    Prerendered,
    /// Back or forward in the history, and loaded anew.
    BackForward,
    /// Loaded again.
    Reloaded,
}

impl NavigationKind {
    /// All kinds, in the order in which `assets/beacon.js` numbers them.
    pub const ALL: [Self; 5] =
        [Self::Plain, Self::Prefetched, Self::Prerendered, Self::BackForward, Self::Reloaded];
}

/// How wide the window is, in CSS pixels.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Viewport {
    /// Under 600.
    #[default]
    Narrow,
    /// From 600 to under 1024.
    Middle,
    /// From 1024.
    Wide,
}

impl Viewport {
    /// All classes, in the order in which `assets/beacon.js` numbers them.
    pub const ALL: [Self; 3] = [Self::Narrow, Self::Middle, Self::Wide];
}

/// How fast a page was there, in milliseconds since the navigation, or since the activation of a prerendered page; `None` where
/// the browser does not say, or nothing happened.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "[Option<u32>; 5]", into = "[Option<u32>; 5]")]
pub struct Vitals {
    /// Time to first byte.
    pub ttfb: Option<u32>,
    /// First contentful paint.
    pub fcp: Option<u32>,
    /// Largest contentful paint.
    pub lcp: Option<u32>,
    /// Interaction to next paint: the slowest of the interactions.
    pub inp: Option<u32>,
    /// Cumulative layout shift, in thousandths.
    pub cls: Option<u32>,
}

impl From<[Option<u32>; 5]> for Vitals {
    fn from([ttfb, fcp, lcp, inp, cls]: [Option<u32>; 5]) -> Self {
        Self { ttfb, fcp, lcp, inp, cls }
    }
}

impl From<Vitals> for [Option<u32>; 5] {
    fn from(vitals: Vitals) -> Self {
        [vitals.ttfb, vitals.fcp, vitals.lcp, vitals.inp, vitals.cls]
    }
}

/// What names a part of a page: the hash of its URL, and that of what the URL keeps from one build to the next.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Name(pub u64, pub u64);

impl Name {
    /// The name of a URL, which is the path and query where it is of the page's own origin.
    #[must_use]
    pub fn of(url: &str) -> Self {
        Self(fnv1a(url.as_bytes()), fnv1a(shape(url).as_bytes()))
    }
}

/// By what a preload is known from one build to the next.
#[must_use]
pub fn key(resource: &Resource) -> u64 {
    let parts = [
        resource.destination.as_str(),
        &shape(&resource.url),
        &shape(resource.urls().next().unwrap_or_default()),
        &resource.media,
    ];
    fnv1a(parts.join("\n").as_bytes())
}

/// The picture that was largest.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Largest {
    /// Its name.
    #[serde(rename = "n")]
    pub name: Name,
    /// Its [form](crate::picture_form::form); 0 where no `<img>` shows it, but a stylesheet, say. `None` where its element had left the
    /// page before anybody looked, which speaks for no form and against none.
    #[serde(rename = "f", with = "form_told")]
    pub form: Option<u64>,
}

/// A part of a page that rendering waited for, or that was preloaded.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Loaded {
    /// Its name.
    #[serde(rename = "n")]
    pub name: Name,
    /// When the request began, in milliseconds since the navigation, or could have begun at the earliest; `None` where nobody tells, or
    /// the browser does not know whether it was preloaded.
    #[serde(rename = "s", default, skip_serializing_if = "Option::is_none")]
    pub start_ms: Option<u32>,
    /// When the answer was there, in milliseconds since the navigation.
    #[serde(rename = "e", default, skip_serializing_if = "Option::is_none")]
    pub end_ms: Option<u32>,
    /// How long connecting took, in milliseconds; 0 where the browser does not say.
    #[serde(rename = "c", default)]
    pub connect_ms: u32,
    /// Whether it was preloaded, as far as the browser knows.
    #[serde(rename = "a", default)]
    pub is_preloaded: bool,
    /// Whether it was preloaded, and nothing had used it three seconds after the page was loaded.
    #[serde(rename = "w", default)]
    pub is_wasted: bool,
    /// Of a font, the name of a face for which it is fetched; 0 where none is known. The learner finds it.
    #[serde(skip)]
    pub face: u64,
}

impl Loaded {
    /// One of which nothing is known but that it was loaded.
    #[must_use]
    pub fn new(name: Name) -> Self {
        Self {
            name,
            start_ms: None,
            end_ms: None,
            connect_ms: 0,
            is_preloaded: false,
            is_wasted: false,
            face: 0,
        }
    }
}

/// A form as a number, as which learners of before read it too.
mod form_told {
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    /// What stands for one that is not known.
    const UNKNOWN: u64 = u64::MAX;

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // serde asks for it
    pub(super) fn serialize<S: Serializer>(form: &Option<u64>, serializer: S) -> Result<S::Ok, S::Error> {
        form.unwrap_or(UNKNOWN).serialize(serializer)
    }

    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<u64>, D::Error> {
        Ok(Some(u64::deserialize(deserializer)?).filter(|form| *form != UNKNOWN))
    }
}

/// Arms by their word.
mod arms {
    use super::Arms;
    use serde::{Deserialize, Deserializer, Serialize, Serializer};

    #[allow(clippy::ref_option, clippy::trivially_copy_pass_by_ref)] // serde asks for it
    pub(super) fn serialize<S: Serializer>(arms: &Option<Arms>, serializer: S) -> Result<S::Ok, S::Error> {
        arms.map(Arms::as_str).serialize(serializer)
    }

    /// Reads the word; one that is not known is as good as none.
    pub(super) fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Arms>, D::Error> {
        Ok(Option::<String>::deserialize(deserializer)?.and_then(|word| Arms::of(&word)))
    }
}

/// What one view's browser reports. Nothing in it identifies the visitor.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Report {
    /// How the view came about.
    pub navigation: NavigationKind,
    /// How wide the window is.
    pub viewport: Viewport,
    /// How fast the page was there.
    pub vitals: Vitals,
    /// To which arms the view belongs, where it is compared with others. The URL to which it is sent says so.
    #[serde(default, skip_serializing_if = "Option::is_none", with = "arms")]
    pub arms: Option<Arms>,
    /// The picture that was largest; `None` where that was text.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub largest: Option<Largest>,
    /// The parts of the page that rendering waited for.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub loaded: Vec<Loaded>,
    /// The names of the faces of fonts that it uses ([`face`](super::face)).
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub faces: Vec<u64>,
    /// Whether these are all that it used three seconds after it was loaded.
    #[serde(default)]
    pub are_all_faces: bool,
    /// Whether the browser does not say which parts rendering waited for: then fonts and the largest picture are all that is told.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub hides_blocking: bool,
}

impl Report {
    /// Whether the browser says what was largest. Where that was text, it says when it was there.
    #[must_use]
    pub fn tells_largest(&self) -> bool {
        self.vitals.lcp.is_some() || self.largest.is_some()
    }
}
