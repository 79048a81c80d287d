//! Side effects of a speculative request: what must not happen because a browser guessed.
//!
//! Refuse before the origin is asked; after it, lose nothing that it did.
//!
//! What must not happen on a guess is refused before the origin is asked; browsers then do the real navigation when
//! somebody clicks. What the origin has done by the time it answers is withheld, in a ticket, and handed over when somebody
//! looks. Classification is here, [`plan`](crate::plan) decides, and nothing else knows.
//!
//! - [`collect`]: URLs whose requests count something.
//! - [`cookie`] reads cookies, [`class`] tells what they are, and [`set_cookie`] what becomes of those that an answer sets.
//! - [`session`]: whether a visitor has a session, and what takes it away.
//! - [`ticket`]: what is withheld, [`seal`]ed, and due when somebody looks.
//! - [`ledger`]: what must reach the origin once, and [`errand`]: the requests that do.
//! - [`quarantine`]: pages that turned out unfit for speculations.

pub mod class;
pub mod collect;
pub mod cookie;
pub mod errand;
pub mod ledger;
pub mod quarantine;
pub mod seal;
pub mod session;
pub mod set_cookie;
pub mod ticket;

/// Why a speculation is refused: the value of `Headstart-Refused`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// A structured field item: a token for the kind, parameters for the detail.
    pub reason: String,
}

impl Refusal {
    /// The URL does something when it is fetched; `rule` names the pattern.
    #[must_use]
    pub fn unsafe_url(rule: &str) -> Self {
        Self { reason: format!("unsafe-url;rule={rule}") }
    }

    /// The response sets a cookie that the visitor does not have and that cannot be handed over later, or it takes away one
    /// that may be a session.
    #[must_use]
    pub fn set_cookie(name: &str) -> Self {
        let is_plain = name.bytes().all(|byte| byte.is_ascii_graphic() && !matches!(byte, b'"' | b'\\'));
        let detail = if is_plain { format!(";name=\"{name}\"") } else { String::new() };
        Self { reason: format!("set-cookie{detail}") }
    }

    /// The response clears what the visitor's browser has stored for the site.
    #[must_use]
    pub fn clear_site_data() -> Self {
        Self { reason: "clear-site-data".to_owned() }
    }

    /// The URL counts something, and no ticket can have it counted later.
    #[must_use]
    pub fn effect() -> Self {
        Self { reason: "effect".to_owned() }
    }

    /// Whether a ticket might have helped.
    #[must_use]
    pub fn is_for_want_of_a_ticket(&self) -> bool {
        self.reason.starts_with("set-cookie") || self.reason == "effect"
    }

    /// More was to be held for a page than is held.
    #[must_use]
    pub fn too_much() -> Self {
        Self { reason: "effect;too-much".to_owned() }
    }

    /// The page has to be changed to be rendered on a guess, and must not or cannot be.
    #[must_use]
    pub fn unchangeable(why: &'static str) -> Self {
        Self { reason: format!("prerender;{why}") }
    }

    /// The page turned out unfit for speculations before.
    #[must_use]
    pub fn quarantined(why: &'static str) -> Self {
        Self { reason: format!("quarantine;why={why}") }
    }
}
