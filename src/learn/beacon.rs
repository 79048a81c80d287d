//! Reads what a visitor's browser reports of a view (`BEACON`).
//!
//! `assets/beacon.js` sends an array of JSON, once, when the page is left or hidden:
//!
//! | | What |
//! |---|---|
//! | 0 | the page's path |
//! | 1 | the class of its width: 0 under 600 CSS pixels, 1 under 1024, 2 |
//! | 2, 3 | `type` and `deliveryType` of its navigation |
//! | 4 | when it was activated, when its first byte came, its first and its largest contentful paint, its slowest interaction, in milliseconds; its layout shift in thousandths |
//! | 5 | the URL of the picture that was largest, and the `srcset` and `sizes` that its element had when it was painted: both `null` for what has none, `null` and `""` where the element had left the page already; no URL for text |
//! | 6 | how many more fonts than faces in use were loaded, three seconds after the page was; less than 0 where fonts are hidden; `null` for a page that was left before |
//! | 7 | of each origin a set of bits (1 and 2 the socket pools that follow from the initiators, 4 frames alone), when its first request began, how long connecting took |
//! | 8 | of what rendering waited for, and of what was preloaded: the URL, when the request began, how long connecting took, when the answer was there, whether it was preloaded (2 where the browser does not know), whether anything uses it |
//! | 9 | the faces of fonts in use: see [`face::told`] |
//! | 10 | 1 where the browser does not say what rendering waits for, so that 8 is about fonts and the largest picture alone; 0 or nothing else |
//!
//! A page that was hidden before the script ran tells nothing: nobody was waiting. What a browser cannot tell is `null`, and counts
//! neither for nor against anything.
//!
//! Anybody can send anything. So no report introduces an origin or a part of a page: [`super::page`] and [`super::reports`] take
//! reports only on what the site itself names, and only many reports count. What is sent twice counts once ([`Recent`]). Nothing is
//! stored that identifies the visitor.

use super::face;
use super::observation::{Confirmation, Loaded, MAX_ORIGINS};
use super::report::{
    self, Largest, MAX_FACES, MAX_RESOURCES, Name, NavigationKind, Report, Viewport, Vitals,
};
use crate::hash::fnv1a;
use crate::hints::Origin;
use crate::json;
use crate::limits::MAX_PATH_BYTES;
use crate::picture_form::form;
use crate::urls::asset::{MAX_ASSET_BYTES, ending};
use crate::urls::path_and_query;
use serde::Deserialize;
use std::collections::HashSet;
use url::Url;

/// The largest body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = 8192;

/// How long a page may have taken at the most, in milliseconds; what says more is made up.
const MAX_MS: f64 = 600_000.0;

/// How long after the navigation a page is prerendered at the most, in milliseconds: a page that waits longer than a day tells
/// nothing.
const MAX_WAIT_MS: f64 = 86_400_000.0;

/// The most bodies that are remembered, so that what is sent again is known.
const MAX_RECENT: usize = 1000;

#[derive(Deserialize)]
struct Told(
    String,
    u8,
    Option<String>,
    Option<String>,
    [Option<f64>; 6],
    [Option<String>; 3],
    Option<i32>,
    Vec<(String, u8, f64, f64)>,
    Vec<(String, f64, f64, f64, u8, u8)>,
    Vec<String>,
    // A script that a browser has kept from before does not say.
    #[serde(default)] u8,
);

/// The status of the answer to a beacon that is taken in, or was before.
pub const TAKEN_IN: u16 = 204;

/// Why a beacon is not taken in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Rejection {
    /// It does not say how long it is, as browsers always do. Without a length, nothing bounds what would be read.
    NoLength,
    /// It is longer than what is read.
    TooLarge,
    /// The isolate has taken in too many lately.
    TooMany,
    /// It could not be read, or `assets/beacon.js` would not have sent it.
    Unreadable,
}

impl Rejection {
    /// The status of the answer.
    #[must_use]
    pub fn status(self) -> u16 {
        match self {
            Self::NoLength => 411,
            Self::TooLarge => 413,
            Self::TooMany => 429,
            Self::Unreadable => 400,
        }
    }
}

/// Decides by its `Content-Length` whether a beacon's body is read at all. `admits_more` says whether the isolate takes in
/// another one, and counts it; it is asked last, so that what is refused anyway does not count.
///
/// # Errors
/// Why it is not read.
pub fn admit(content_length: Option<&str>, admits_more: impl FnOnce() -> bool) -> Result<(), Rejection> {
    let length = content_length.and_then(|length| length.parse::<usize>().ok());
    match length {
        None => Err(Rejection::NoLength),
        Some(length) if length > MAX_BODY_BYTES => Err(Rejection::TooLarge),
        Some(_) if !admits_more() => Err(Rejection::TooMany),
        Some(_) => Ok(()),
    }
}

/// Reads a body that a page of the origin of `site` has sent. `None` for anything that `assets/beacon.js` would not have sent.
#[must_use]
pub fn read(body: &str, site: &Url) -> Option<Confirmation> {
    if body.len() > MAX_BODY_BYTES {
        return None;
    }
    let Told(path, viewport, kind, delivery, times, largest, surplus, origins, loaded, faces, silent) =
        json::read(body).ok()?;
    let is_path = path.starts_with('/')
        && path.len() <= MAX_PATH_BYTES
        && path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'));
    if !is_path
        || origins.len() > MAX_ORIGINS
        || loaded.len() > MAX_RESOURCES
        || faces.len() > MAX_FACES
        || silent > 1
    {
        return None;
    }
    let is_cut = origins.len() >= MAX_ORIGINS;
    // When the page's first own part was asked for: it is named for its script's sake, at the least.
    let mut own_start = None;
    let own = Origin::of(site);
    let mut told: Vec<Loaded> = Vec::with_capacity(origins.len());
    for (origin, bits, start, connect) in origins {
        let origin = Origin::parse(&origin)?;
        let start_ms = milliseconds(start)?;
        let connect_ms = milliseconds(connect)?;
        if bits > 7 || told.iter().any(|loaded| loaded.origin == origin) {
            return None;
        }
        // Frames tell nothing where the page itself has asked as well.
        let pools = bits & 3;
        if Some(&origin) == own.as_ref() {
            own_start = Some(start_ms);
        } else {
            told.push(Loaded { origin, pools, is_frame: pools == 0 && bits & 4 != 0, start_ms, connect_ms });
        }
    }
    // Where a page is left sooner, what has not ended yet is not named; and where a script has cleared what the browser had noted, nothing
    // that came before the first paint.
    let [_, _, first_paint, ..] = times;
    let reaches_back =
        own_start.is_some_and(|start| first_paint.is_some_and(|paint| f64::from(start) <= paint));
    let is_whole = surplus.is_some() && !is_cut && reaches_back;
    let (vitals, is_activated) = vitals(times)?;
    let navigation = match (delivery.as_deref(), kind.as_deref()) {
        _ if is_activated => NavigationKind::Prerendered,
        (Some("navigational-prefetch"), _) => NavigationKind::Prefetched,
        (_, Some("back_forward")) => NavigationKind::BackForward,
        (_, Some("reload")) => NavigationKind::Reloaded,
        _ => NavigationKind::Plain,
    };
    let [url, srcset, sizes] = largest;
    let largest = url.and_then(|url| {
        let form = match (srcset, sizes) {
            (Some(srcset), sizes) => Some(form(&srcset, &sizes.unwrap_or_default())),
            (None, None) => Some(0),
            (None, Some(_)) => None,
        };
        Some(Largest { name: name(&url, own.as_ref())?, form })
    });
    let hides_blocking = silent == 1;
    let mut parts = Vec::with_capacity(loaded.len());
    for (url, start, connect, end, is_preloaded, is_used) in loaded {
        let (start_ms, end_ms) = (milliseconds(start)?, milliseconds(end)?);
        let connect_ms = milliseconds(connect)?;
        if is_preloaded > 2 || is_used > 1 {
            return None;
        }
        let Some(name) = name(&url, own.as_ref()) else { continue };
        let is_font = matches!(
            ending(url.split('?').next().unwrap_or_default()),
            Some("woff2" | "woff" | "ttf" | "otf")
        );
        // When a preload began does not tell when the page would have asked for it. And Firefox has what a 103 preloaded end before it begins.
        let is_timed = is_preloaded < 2 && start_ms <= end_ms;
        let is_preloaded = is_preloaded == 1;
        let is_largest = largest.is_some_and(|largest: Largest| largest.name.0 == name.0);
        // A stylesheet looks like a preload, or a picture of a stylesheet like one that nothing uses.
        let is_unsure = hides_blocking || (is_preloaded && vitals.lcp.is_none());
        if is_unsure && !is_font && !is_largest {
            continue;
        }
        let is_unused = surplus.is_some_and(|surplus| if is_font { surplus > 0 } else { is_used == 0 });
        // What was painted was used, whatever had happened by the time at which the script looked.
        let is_wasted = is_preloaded && is_unused && !is_largest;
        let [start_ms, end_ms] = [start_ms, end_ms].map(|time| is_timed.then_some(time));
        let loaded = report::Loaded::new(name);
        parts.push(report::Loaded { start_ms, end_ms, connect_ms, is_preloaded, is_wasted, ..loaded });
    }
    let names: Vec<u64> = faces.iter().filter_map(|face| face::told(face)).collect();
    let are_all_faces = surplus.is_some() && faces.len() < MAX_FACES && names.len() == faces.len();
    let viewport = *Viewport::ALL.get(usize::from(viewport))?;
    let report = Report {
        navigation,
        viewport,
        vitals,
        arms: None,
        largest,
        loaded: parts,
        faces: names,
        are_all_faces,
        hides_blocking,
    };
    Some(Confirmation { path, by: None, origins: told, is_whole, report: Some(report) })
}

/// The name of a part of a page; `None` for what is no part that could be preloaded: `data:` URLs, blobs, what is too long.
fn name(url: &str, own: Option<&Origin>) -> Option<Name> {
    if url.len() > MAX_ASSET_BYTES {
        return None;
    }
    let mut url = Url::parse(url).ok()?;
    url.set_fragment(None);
    let origin = Origin::of(&url)?;
    Some(if Some(&origin) == own { Name::of(&path_and_query(&url)) } else { Name::of(url.as_str()) })
}

/// The times since the navigation, or since the activation, and whether there was one; `None` where one is made up.
fn vitals(times: [Option<f64>; 6]) -> Option<(Vitals, bool)> {
    let [activation, ttfb, fcp, lcp, inp, cls] = times;
    let begin = activation.unwrap_or_default();
    if !(0.0..=MAX_WAIT_MS).contains(&begin) {
        return None;
    }
    // What had happened by the time of the activation took the visitor no time.
    let since = |time: Option<f64>| match time {
        None => Some(None),
        Some(time) => milliseconds((time - begin).max(0.0)).filter(|_| time >= 0.0).map(Some),
    };
    let plain = |number: Option<f64>| number.map_or(Some(None), |number| milliseconds(number).map(Some));
    let vitals =
        Vitals { ttfb: since(ttfb)?, fcp: since(fcp)?, lcp: since(lcp)?, inp: plain(inp)?, cls: plain(cls)? };
    Some((vitals, begin > 0.0))
}

fn milliseconds(number: f64) -> Option<u32> {
    // In range, so that nothing is cut off but the fraction.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    (0.0..=MAX_MS).contains(&number).then_some(number as u32)
}

/// The bodies that came lately.
#[derive(Debug, Default)]
pub struct Recent(HashSet<u64>);

impl Recent {
    /// Takes a beacon's body in, which is `None` where it could not be read. Answers what it reports; nothing where it came
    /// before.
    ///
    /// # Errors
    /// [`Rejection::Unreadable`].
    pub fn take_in(&mut self, body: Option<&str>, site: &Url) -> Result<Option<Confirmation>, Rejection> {
        let body = body.ok_or(Rejection::Unreadable)?;
        let confirmation = read(body, site).ok_or(Rejection::Unreadable)?;
        Ok(self.is_new(body).then_some(confirmation))
    }

    /// Whether a body is a new one.
    fn is_new(&mut self, body: &str) -> bool {
        if self.0.len() >= MAX_RECENT {
            self.0.clear();
        }
        self.0.insert(fnv1a(body.as_bytes()))
    }
}

#[cfg(test)]
mod tests;
