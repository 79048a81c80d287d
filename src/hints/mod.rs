//! Connection hints: which third-party origins a page's visitors should connect to early, and how.
//!
//! - [`origin`]: an origin in the form in which hints name it.
//! - [`usage`]: how a page uses an origin, hence which socket pool a hint must warm.
//! - [`rank`]: which of the origins seen are worth a hint.
//! - [`resource`]: a part of a page that may be preloaded, and how it is asked for.
//! - [`srcset`]: the candidates of a picture.
//! - [`media`]: media queries, and which windows meet them.
//! - [`preload`]: which of them are worth a preload.
//! - [`link`]: the `Link` header field, read (RFC 8288) and written.
//!
//! A hint depends on the path alone, never on the visitor, the query or a cookie: an edge cache may replay a page's
//! `Link` to anybody as 103 Early Hints, before the Worker runs.

pub mod link;
pub mod media;
pub mod origin;
pub mod preload;
pub mod rank;
pub mod resource;
pub mod srcset;
pub mod usage;

pub use origin::Origin;
pub use usage::Pools;

/// One origin that a page's visitors should connect to early.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Hint {
    /// The origin.
    pub origin: Origin,
    /// What the browser is asked to do.
    pub action: HintAction,
}

/// What a hint asks for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum HintAction {
    /// Open a socket in each of these pools. Never empty.
    Preconnect(Pools),
    /// Only look the name up: for the less likely origins, and for those used by frames alone, whose sockets are
    /// partitioned by the frame's site.
    DnsPrefetch,
}

impl HintAction {
    /// The action as bits, as it is stored and published: the pools of a preconnect (see [`Pools::bits`]), or 0.
    #[must_use]
    pub fn bits(self) -> u8 {
        match self {
            Self::DnsPrefetch => 0,
            Self::Preconnect(pools) => pools.bits(),
        }
    }

    /// Reads the action back.
    #[must_use]
    pub fn from_bits(bits: u8) -> Self {
        let pools = Pools::from_bits(bits);
        if pools.is_empty() { Self::DnsPrefetch } else { Self::Preconnect(pools) }
    }
}
