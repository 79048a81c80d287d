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
    /// Whether a body is a new one.
    pub fn is_new(&mut self, body: &str) -> bool {
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
