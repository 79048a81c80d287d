//! Side effects of a speculative request: what must not happen because a browser guessed.
//!
//! Refuse before the origin is asked; after it, lose nothing that it did.
//!
//! - [`unsafe_url`]: URLs whose `GET` does something. A speculative navigation there is refused, and browsers then do
//!   the real navigation when somebody clicks.
//! - [`session`]: whether a visitor has a session, and what takes it away.
//! - [`set_cookie`]: what becomes of the cookies that a speculative response sets.

pub mod session;
pub mod set_cookie;
pub mod unsafe_url;

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

    /// The response sets a cookie that the visitor does not have, counts a view in one, or deletes one.
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
}
