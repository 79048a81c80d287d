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
//! | 5 | the URL of the picture that was largest, and the `srcset` and `sizes` of its element; nothing for text |
//! | 6 | how many more fonts than faces in use were loaded, three seconds after the page was; less than 0 where fonts are hidden; `null` for a page that was left before |
//! | 7 | of each origin a set of bits (1 and 2 the socket pools that follow from the initiators, 4 frames alone), when its first request began, how long connecting took |
//! | 8 | of what rendering waited for, and of what was preloaded: the URL, when the request began, how long connecting took, when the answer was there, whether it was preloaded, whether anything uses it |
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
    self, Largest, MAX_FACES, MAX_RESOURCES, Name, NavigationKind, Report, Viewport, Vitals, form,
};
use crate::hash::fnv1a;
use crate::hints::Origin;
use crate::limits::MAX_PATH_BYTES;
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
        serde_json::from_str(body).ok()?;
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
        if Some(&origin) != own.as_ref() {
            told.push(Loaded { origin, pools, is_frame: pools == 0 && bits & 4 != 0, start_ms, connect_ms });
        }
    }
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
        let form = srcset.map_or(0, |srcset| form(&srcset, &sizes.unwrap_or_default()));
        Some(Largest { name: name(&url, own.as_ref())?, form })
    });
    let hides_blocking = silent == 1;
    let mut parts = Vec::with_capacity(loaded.len());
    for (url, start, connect, end, is_preloaded, is_used) in loaded {
        let (start_ms, end_ms) = (Some(milliseconds(start)?), Some(milliseconds(end)?));
        let connect_ms = milliseconds(connect)?;
        if is_preloaded > 1 || is_used > 1 {
            return None;
        }
        let Some(name) = name(&url, own.as_ref()) else { continue };
        let is_font = matches!(
            ending(url.split('?').next().unwrap_or_default()),
            Some("woff2" | "woff" | "ttf" | "otf")
        );
        let is_preloaded = is_preloaded == 1;
        let is_largest = largest.is_some_and(|largest: Largest| largest.name.0 == name.0);
        // A stylesheet looks like a preload, or a picture of a stylesheet like one that nothing uses.
        let is_unsure = hides_blocking || (is_preloaded && vitals.lcp.is_none());
        if is_unsure && !is_font && !is_largest {
            continue;
        }
        let is_unused = surplus.is_some_and(|surplus| if is_font { surplus > 0 } else { is_used == 0 });
        let is_wasted = is_preloaded && is_unused;
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
    Some(Confirmation { path, by: None, origins: told, report: Some(report) })
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
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn site() -> Url {
        Url::parse("https://shop.example/_headstart/beacon").unwrap()
    }

    /// What a browser tells of a page whose largest content is text.
    const NO_PICTURE: &str = r#"["",null,null]"#;

    /// A body with these in place of what a plain view of `/a` tells.
    fn body(changes: &[(usize, &str)]) -> String {
        let mut parts = [
            "\"/a\"",
            "2",
            "\"navigate\"",
            "\"\"",
            "[0,80,120,300,null,12]",
            NO_PICTURE,
            "0",
            "[]",
            "[]",
            "[]",
        ]
        .map(str::to_owned);
        for (at, part) in changes {
            parts[*at] = (*part).to_owned();
        }
        format!("[{}]", parts.join(","))
    }

    fn report(changes: &[(usize, &str)]) -> Report {
        read(&body(changes), &site()).unwrap().report.unwrap()
    }

    #[test]
    fn what_the_script_sends_is_read() {
        let told = read(
            &body(&[(
                7,
                r#"[["https://a.example",1,12.6,0],["https://b.example",6,0,35],["https://f.example",4,0,35],["https://shop.example",1,0,0]]"#,
            )]),
            &site(),
        )
        .unwrap();
        let loaded = |origin: &str, pools, is_frame, start_ms, connect_ms| Loaded {
            origin: Origin::parse(origin).unwrap(),
            pools,
            is_frame,
            start_ms,
            connect_ms,
        };
        assert_eq!(
            told.origins,
            [
                loaded("https://a.example", 1, false, 12, 0),
                loaded("https://b.example", 2, false, 0, 35),
                loaded("https://f.example", 0, true, 0, 35)
            ]
        );
        let vitals = Vitals { ttfb: Some(80), fcp: Some(120), lcp: Some(300), inp: None, cls: Some(12) };
        let expected = Report { viewport: Viewport::Wide, vitals, are_all_faces: true, ..Report::default() };
        assert_eq!((told.path.as_str(), told.report), ("/a", Some(expected)));
    }

    #[test]
    fn each_kind_of_navigation_is_told_and_a_prerendered_page_counts_from_its_activation() {
        use NavigationKind::{BackForward, Plain, Prefetched, Prerendered, Reloaded};
        for (kind, delivery, activation, expected) in [
            ("navigate", "", "0", Plain),
            ("navigate", "cache", "0", Plain),
            ("navigate", "navigational-prefetch", "0", Prefetched),
            ("navigate", "navigational-prefetch", "900", Prerendered),
            ("back_forward", "", "0", BackForward),
            ("reload", "", "0", Reloaded),
        ] {
            let (kind, delivery) = (format!("{kind:?}"), format!("{delivery:?}"));
            let times = format!("[{activation},80,120,1300,24,0]");
            let report = report(&[(2, &kind), (3, &delivery), (4, &times)]);
            assert_eq!(report.navigation, expected, "{kind} {delivery}");
            let vitals = if activation == "0" { [80, 120, 1300, 24, 0] } else { [0, 0, 400, 24, 0] };
            assert_eq!(<[Option<u32>; 5]>::from(report.vitals), vitals.map(Some));
        }
        assert_eq!(
            report(&[(2, "null"), (3, "null"), (4, "[null,null,null,null,null,null]")]).vitals,
            Vitals::default()
        );
    }

    #[test]
    fn the_largest_picture_is_named_by_hashes_alone() {
        let largest = |told: &str| report(&[(5, told)]).largest;
        let name = Name::of("/hero.jpg?w=1");
        let form = form("/hero.jpg 1x", "");
        let of_img = r#"["https://shop.example/hero.jpg?w=1#x","/hero.jpg 1x",""]"#;
        assert_eq!(largest(of_img), Some(Largest { name, form }));
        let of_css = r#"["https://cdn.example/hero.jpg",null,null]"#;
        assert_eq!(
            largest(of_css),
            Some(Largest { name: Name::of("https://cdn.example/hero.jpg"), form: 0 })
        );
        for nothing in [
            "data:image/png;base64,AAAA",
            "blob:https://shop.example/1",
            &format!("https://shop.example/{}", "x".repeat(600)),
            "",
            "hero.jpg",
        ] {
            assert_eq!(largest(&format!("[{nothing:?},null,null]")), None, "{nothing}");
        }
        assert_eq!(largest("[null,null,null]"), None);
    }

    #[test]
    fn a_preload_is_wasted_that_nothing_uses_after_a_while() {
        let parts = r#"[["https://shop.example/a.woff2",5,0,9,1,1],["https://shop.example/a.css",5,2,8,1,0],["https://shop.example/b.css",9,0,9,1,1],["https://shop.example/c.css",200,0,201.5,0,0]]"#;
        let wasted = |surplus: &str| -> Vec<bool> {
            report(&[(6, surplus), (8, parts)]).loaded.iter().map(|loaded| loaded.is_wasted).collect()
        };
        assert_eq!(wasted("null"), [false; 4], "it was left before");
        assert_eq!(wasted("0"), [false, true, false, false]);
        assert_eq!(wasted("-1"), [false, true, false, false], "there are hidden fonts");
        assert_eq!(wasted("1"), [true, true, false, false]);
        let loaded = report(&[(8, parts)]).loaded;
        let expected = report::Loaded {
            start_ms: Some(5),
            end_ms: Some(8),
            connect_ms: 2,
            is_preloaded: true,
            is_wasted: true,
            ..report::Loaded::new(Name::of("/a.css"))
        };
        assert_eq!((loaded[1], loaded[3].end_ms), (expected, Some(201)));
    }

    #[test]
    fn what_a_browser_cannot_know_of_a_part_is_not_believed() {
        let parts = r#"[["https://shop.example/a.woff2",5,0,9,1,1],["https://shop.example/a.css",5,2,8,1,0],["https://shop.example/hero.jpg",9,0,9,1,1]]"#;
        let hero = r#"["https://shop.example/hero.jpg",null,null]"#;
        let names =
            |report: &Report| -> Vec<Name> { report.loaded.iter().map(|loaded| loaded.name).collect() };
        let [font, style, picture] = ["/a.woff2", "/a.css", "/hero.jpg"].map(Name::of);
        // As an older script has it, which does not say.
        let before = report(&[(5, hero), (8, parts)]);
        assert_eq!((names(&before), before.hides_blocking), (vec![font, style, picture], false));
        let with = |silent: &str, changes: &[(usize, &str)]| {
            let body = body(&[&[(5, hero), (8, parts)], changes].concat());
            read(&format!("{},{silent}]", body.strip_suffix(']').unwrap()), &site())
        };
        let tells = |silent: &str| with(silent, &[]).unwrap().report.unwrap();
        assert_eq!(tells("0"), before);
        assert_eq!((names(&tells("1")), tells("1").hides_blocking), (vec![font, picture], true));
        assert_eq!(with("2", &[]), None);
        assert_eq!(with("\"\"", &[]), None);
        assert_eq!(with("0,0", &[]), None);
        // Without a largest paint, nothing says that the picture of a stylesheet was used.
        let blind = report(&[(4, "[0,80,120,null,null,0]"), (8, parts)]);
        assert_eq!((names(&blind), blind.tells_largest()), (vec![font], false));
        assert!(report(&[]).tells_largest(), "it was text");
    }

    #[test]
    fn faces_are_named_by_hashes_and_are_all_where_none_is_missing() {
        let faces = |surplus: &str, faces: &str| {
            let report = report(&[(6, surplus), (9, faces)]);
            (report.faces, report.are_all_faces)
        };
        let (inter, bold) = ("normal|400|normal|U+0-FF|Inter", "normal|bold|normal|U+0-FF|\"Inter\"");
        let names = [inter, bold].map(|face| face::told(face).unwrap()).to_vec();
        let both = format!("{:?}", [inter, bold]);
        assert_eq!(faces("0", &both), (names.clone(), true));
        assert_eq!(faces("null", &both), (names.clone(), false), "it was left before");
        assert_eq!(faces("0", &format!("{:?}", [inter, "?", bold])), (names, false), "one cannot be read");
        let many = format!("{:?}", vec![inter; MAX_FACES]);
        assert_eq!(
            faces("0", &many),
            (vec![face::told(inter).unwrap(); MAX_FACES], false),
            "there may be more"
        );
    }

    #[test]
    fn what_the_script_would_not_send_is_refused() {
        let many: Vec<String> =
            (0..=MAX_ORIGINS).map(|n| format!("[\"https://h{n}.example\",1,0,0]")).collect();
        let parts: Vec<String> =
            (0..=MAX_RESOURCES).map(|n| format!("[\"https://h.example/{n}\",1,0,2,0,0]")).collect();
        let long = format!("\"/{}\"", "x".repeat(600));
        for changes in [
            (0, "\"a\""),
            (0, "\"/?a=1\""),
            (0, "\"/\u{fc}\""),
            (0, "\"/\\n\""),
            (0, "7"),
            (0, &long),
            (1, "3"),
            (1, "-1"),
            (4, "[0]"),
            (4, "[-1,0,0,0,0,0]"),
            (4, "[1e9,0,0,0,0,0]"),
            (4, "[0,1e9,0,0,0,0]"),
            (4, "[0,0,-1,0,0,0]"),
            (5, "\"https://a.example/\""),
            (5, "null"),
            (6, "1.5"),
            (7, "null"),
            (7, r#"[["https://a.example/",1,0,0]]"#),
            (7, r#"[["https://a.example>; rel=preload",1,0,0]]"#),
            (7, r#"[["javascript:0",1,0,0]]"#),
            (7, r#"[["https://a.example",8,0,0]]"#),
            (7, r#"[["https://a.example",1,-1,0]]"#),
            (7, r#"[["https://a.example",1,0,1e9]]"#),
            (7, r#"[["https://a.example",1,0]]"#),
            (7, r#"[["https://a.example",1,0,0],["https://a.example",1,0,0]]"#),
            (7, &format!("[{}]", many.join(","))),
            (8, r#"[["https://a.example/x",-1,0,0,0,0]]"#),
            (8, r#"[["https://a.example/x",1,0,-1,0,0]]"#),
            (8, r#"[["https://a.example/x",1,0,0,2,0]]"#),
            (8, r#"[["https://a.example/x",1,0,0,0]]"#),
            (9, "null"),
            (9, "[7]"),
            (9, &format!("{:?}", vec!["normal|400|normal|U+0-FF|A"; MAX_FACES + 1])),
            (8, &format!("[{}]", parts.join(","))),
        ] {
            assert_eq!(read(&body(&[changes]), &site()), None, "{changes:?}");
        }
        let whole = body(&[]);
        for body in [
            "",
            "null",
            "[]",
            "{}",
            &whole.replace(",[],[]]", ",[],[],1,1]"),
            &" ".repeat(MAX_BODY_BYTES + 1),
        ] {
            assert_eq!(read(body, &site()), None, "{body}");
        }
    }

    #[test]
    fn only_a_body_of_a_known_small_length_is_read() {
        assert_eq!(admit(Some("0"), || true), Ok(()));
        assert_eq!(admit(Some("8192"), || true), Ok(()));
        assert_eq!(admit(Some("8192"), || false), Err(Rejection::TooMany));
        // Whether another one is taken in is not asked for what is refused anyway.
        for (length, expected) in [
            (None, Rejection::NoLength),
            (Some(""), Rejection::NoLength),
            (Some("-1"), Rejection::NoLength),
            (Some("12, 12"), Rejection::NoLength),
            (Some("8193"), Rejection::TooLarge),
            (Some("1000000000"), Rejection::TooLarge),
        ] {
            let admitted = admit(length, || unreachable!("{length:?} was counted"));
            assert_eq!(admitted, Err(expected), "{length:?}");
        }
    }

    #[test]
    fn each_rejection_has_its_status() {
        use Rejection::{NoLength, TooLarge, TooMany, Unreadable};
        let statuses = [NoLength, TooLarge, TooMany, Unreadable].map(Rejection::status);
        assert_eq!(statuses, [411, 413, 429, 400]);
        assert_eq!(TAKEN_IN, 204);
    }

    #[test]
    fn a_body_is_taken_in_once_and_what_cannot_be_read_never() {
        let mut recent = Recent::default();
        assert_eq!(recent.take_in(None, &site()), Err(Rejection::Unreadable));
        // What is no beacon is refused each time, and not known the second time.
        assert_eq!(recent.take_in(Some("{"), &site()), Err(Rejection::Unreadable));
        assert_eq!(recent.take_in(Some("{"), &site()), Err(Rejection::Unreadable));
        let body = body(&[]);
        assert_eq!(recent.take_in(Some(&body), &site()), Ok(read(&body, &site())));
        assert_eq!(recent.take_in(Some(&body), &site()), Ok(None));
    }

    #[test]
    fn what_is_sent_again_is_known() {
        let mut recent = Recent::default();
        assert!(recent.is_new("a") && !recent.is_new("a") && recent.is_new("b"));
        for n in 0..5 * MAX_RECENT {
            recent.is_new(&n.to_string());
        }
        assert!(recent.0.len() <= MAX_RECENT);
    }

    proptest! {
        #[test]
        fn any_body_is_survived(body in "\\PC{0,200}") {
            let _ = read(&body, &site());
        }
    }
}
