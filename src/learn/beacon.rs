//! Reads what a visitor's browser reports of a page: which third-party origins it has used (`BEACON_SAMPLE`).
//!
//! `assets/beacon.js` sends `{"path":"/","origins":[["https://cdn.example",1,120,35]]}`: for each third-party origin a
//! set of bits (1 and 2 the socket pools that follow from the initiators, 4 frames alone), when its first request began, and how long
//! connecting took, in milliseconds.
//!
//! Anybody can send anything. So no report introduces an origin: [`super::page`] takes reports only on what the site
//! itself names, and only many reports count. What is sent twice counts once ([`Recent`]). Nothing is stored that
//! identifies the visitor.

use super::observation::{Confirmation, Loaded, MAX_ORIGINS};
use crate::hash::fnv1a;
use crate::hints::Origin;
use crate::limits::MAX_PATH_BYTES;
use serde::Deserialize;
use std::collections::HashSet;

/// The largest body that is read, in bytes.
pub const MAX_BODY_BYTES: usize = 4096;

/// How long a page may have taken at the most, in milliseconds; what says more is made up.
const MAX_MS: f64 = 600_000.0;

/// The most bodies that are remembered, so that what is sent again is known.
const MAX_RECENT: usize = 1000;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Told {
    path: String,
    origins: Vec<(String, u8, f64, f64)>,
}

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

/// Reads a body. `None` for anything that `assets/beacon.js` would not have sent.
#[must_use]
pub fn read(body: &str) -> Option<Confirmation> {
    if body.len() > MAX_BODY_BYTES {
        return None;
    }
    let told: Told = serde_json::from_str(body).ok()?;
    let is_path = told.path.starts_with('/')
        && told.path.len() <= MAX_PATH_BYTES
        && told.path.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'?' | b'#'));
    if !is_path || told.origins.len() > MAX_ORIGINS {
        return None;
    }
    let mut origins: Vec<Loaded> = Vec::with_capacity(told.origins.len());
    for (origin, bits, start, connect) in told.origins {
        let origin = Origin::parse(&origin)?;
        let start_ms = milliseconds(start)?;
        let connect_ms = milliseconds(connect)?;
        if bits > 7 || origins.iter().any(|loaded| loaded.origin == origin) {
            return None;
        }
        origins.push(Loaded { origin, pools: bits & 3, is_frame: bits & 4 != 0, start_ms, connect_ms });
    }
    Some(Confirmation { path: told.path, origins })
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
    pub fn take_in(&mut self, body: Option<&str>) -> Result<Option<Confirmation>, Rejection> {
        let body = body.ok_or(Rejection::Unreadable)?;
        let confirmation = read(body).ok_or(Rejection::Unreadable)?;
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

    #[test]
    fn what_the_script_sends_is_read() {
        let body = r#"{"path":"/a","origins":[["https://a.example",1,12.6,0],["https://b.example",6,0,35]]}"#;
        let loaded = |origin: &str, pools, is_frame, start_ms, connect_ms| Loaded {
            origin: Origin::parse(origin).unwrap(),
            pools,
            is_frame,
            start_ms,
            connect_ms,
        };
        assert_eq!(
            read(body).unwrap(),
            Confirmation {
                path: "/a".to_owned(),
                origins: vec![
                    loaded("https://a.example", 1, false, 12, 0),
                    loaded("https://b.example", 2, true, 0, 35)
                ],
            }
        );
        assert!(read(r#"{"path":"/","origins":[]}"#).is_some());
    }

    #[test]
    fn what_the_script_would_not_send_is_refused() {
        let many: Vec<String> =
            (0..=MAX_ORIGINS).map(|n| format!("[\"https://h{n}.example\",1,0,0]")).collect();
        let many = format!(r#"{{"path":"/","origins":[{}]}}"#, many.join(","));
        for body in [
            "",
            "null",
            "[]",
            r#"{"path":"/"}"#,
            r#"{"path":"a","origins":[]}"#,
            r#"{"path":"/?a=1","origins":[]}"#,
            r#"{"path":"/ü","origins":[]}"#,
            r#"{"path":"/\n","origins":[]}"#,
            r#"{"path":"/","origins":[],"visitor":"ada"}"#,
            r#"{"path":"/","origins":[["https://a.example/",1,0,0]]}"#,
            r#"{"path":"/","origins":[["https://a.example>; rel=preload",1,0,0]]}"#,
            r#"{"path":"/","origins":[["javascript:0",1,0,0]]}"#,
            r#"{"path":"/","origins":[["https://a.example",8,0,0]]}"#,
            r#"{"path":"/","origins":[["https://a.example",1,-1,0]]}"#,
            r#"{"path":"/","origins":[["https://a.example",1,0,1e9]]}"#,
            r#"{"path":"/","origins":[["https://a.example",1,0]]}"#,
            r#"{"path":"/","origins":[["https://a.example",1,0,0],["https://a.example",1,0,0]]}"#,
            many.as_str(),
            &format!(r#"{{"path":"/{}","origins":[]}}"#, "x".repeat(600)),
            &" ".repeat(MAX_BODY_BYTES + 1),
        ] {
            assert_eq!(read(body), None, "{body}");
        }
    }

    #[test]
    fn only_a_body_of_a_known_small_length_is_read() {
        assert_eq!(admit(Some("0"), || true), Ok(()));
        assert_eq!(admit(Some("4096"), || true), Ok(()));
        assert_eq!(admit(Some("4096"), || false), Err(Rejection::TooMany));
        // Whether another one is taken in is not asked for what is refused anyway.
        for (length, expected) in [
            (None, Rejection::NoLength),
            (Some(""), Rejection::NoLength),
            (Some("-1"), Rejection::NoLength),
            (Some("12, 12"), Rejection::NoLength),
            (Some("4097"), Rejection::TooLarge),
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
        assert_eq!(recent.take_in(None), Err(Rejection::Unreadable));
        // What is no beacon is refused each time, and not known the second time.
        assert_eq!(recent.take_in(Some("{")), Err(Rejection::Unreadable));
        assert_eq!(recent.take_in(Some("{")), Err(Rejection::Unreadable));
        let body = r#"{"path":"/a","origins":[]}"#;
        let confirmation = Confirmation { path: "/a".to_owned(), origins: Vec::new() };
        assert_eq!(recent.take_in(Some(body)), Ok(Some(confirmation)));
        assert_eq!(recent.take_in(Some(body)), Ok(None));
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
            let _ = read(&body);
        }
    }
}
