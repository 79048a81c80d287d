//! What one view of a page taught, and how observations travel to the learner.
//!
//! The wire form is short JSON: `{"site":"…","observations":[{"path":"/","uses":[["https://cdn.example",5]]}]}`. The
//! number is a set of bits: 1 credentialed pool, 2 anonymous pool, 4 blocks rendering.

use crate::hints::{Origin, Pools, usage::Usage};
use serde::{Deserialize, Serialize};

/// The longest path that is learned, in bytes. Longer ones are rarely visited twice.
pub const MAX_PATH_BYTES: usize = 512;

/// The most origins that are kept of one view.
pub const MAX_ORIGINS: usize = 40;

/// The third-party origins that one view of a page needed.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Observation {
    /// The page's path, without its query.
    pub path: String,
    /// Each origin once, in the order of the document.
    pub uses: Vec<OriginUse>,
}

/// One origin and how the page uses it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(into = "(String, u8)", try_from = "(String, u8)")]
pub struct OriginUse {
    /// The origin.
    pub origin: Origin,
    /// How the page uses it.
    pub usage: Usage,
}

/// What an isolate sends to a learner.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Batch {
    /// The site, as in the snapshot's key.
    pub site: String,
    /// The learner's number among those of the site.
    pub shard: u32,
    /// What was seen, oldest first.
    pub observations: Vec<Observation>,
}

impl From<OriginUse> for (String, u8) {
    fn from(value: OriginUse) -> Self {
        let Usage { pools, blocks_rendering } = value.usage;
        let bits = pools.bits() | u8::from(blocks_rendering) << 2;
        (value.origin.as_str().to_owned(), bits)
    }
}

impl TryFrom<(String, u8)> for OriginUse {
    type Error = String;

    fn try_from((origin, bits): (String, u8)) -> Result<Self, Self::Error> {
        let origin = Origin::parse(&origin).ok_or_else(|| format!("not an origin: {origin:?}"))?;
        let pools = Pools::from_bits(bits);
        Ok(Self { origin, usage: Usage { pools, blocks_rendering: bits & 4 != 0 } })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_wire_form_is_short_and_reads_back() {
        let uses = [
            ("https://a.example", Usage { pools: Pools::CREDENTIALED, blocks_rendering: true }),
            ("https://b.example", Usage { pools: Pools::ANONYMOUS, blocks_rendering: false }),
            ("https://c.example", Usage::FRAME),
        ]
        .map(|(origin, usage)| OriginUse { origin: Origin::parse(origin).unwrap(), usage })
        .to_vec();
        let observation = Observation { path: "/".to_owned(), uses };
        let json = serde_json::to_string(&observation).unwrap();
        assert_eq!(
            json,
            r#"{"path":"/","uses":[["https://a.example",5],["https://b.example",2],["https://c.example",0]]}"#
        );
        assert_eq!(serde_json::from_str::<Observation>(&json).unwrap(), observation);
    }

    #[test]
    fn an_origin_that_is_none_is_refused() {
        let json = r#"{"path":"/","uses":[["https://a.example/>; rel=preload",1]]}"#;
        assert!(serde_json::from_str::<Observation>(json).is_err());
    }
}
