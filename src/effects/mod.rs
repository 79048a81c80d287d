//! Side effects of a speculative request: what must not happen because a browser guessed.
//!
//! Refuse before the origin is asked; after it, lose nothing that it did.
//!
//! What must not happen on a guess is refused before the origin is asked; browsers then do the real navigation when
//! somebody clicks. What the origin has done by the time it answers is withheld, in a ticket, and handed over when somebody
//! looks. Classification is here, [`plan`](crate::plan) decides, and nothing else knows.
//!
//! - [`effect_paths`]: URLs whose requests count something.
//! - [`cookie`] reads cookies, [`class`] tells what they are, and [`set_cookie`] what becomes of those that an answer sets.
//! - [`session`]: whether a visitor has a session, and what takes it away.
//! - [`ticket`]: what is withheld, [`seal`]ed, and due when somebody looks.
//! - [`ledger`]: what must reach the origin once, and [`deferred_request`]: the requests that do.
//! - [`quarantine`]: pages that turned out ineligible for speculations.

pub mod class;
pub mod cookie;
pub mod deferred_request;
pub mod effect_paths;
pub mod ledger;
pub mod quarantine;
pub mod seal;
pub mod session;
pub mod set_cookie;
pub mod ticket;
