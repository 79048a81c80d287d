//! Side effects of a speculative request: which it must not have, and which are deferred to the activation.
//!
//! What must not happen on speculation is refused before the origin is asked; the browser then does the real navigation on
//! the click. What the origin has done by the time it answers is not lost: it is deferred, in a ticket, and handed over on
//! activation. These modules classify, and [`plan`](crate::plan) decides.
//!
//! - [`effect_paths`]: URLs whose requests count something.
//! - [`cookie`] reads cookies, [`cookie_parts`] tells which are parts of one, [`class`] what they are, and [`set_cookie`] what becomes of those that an answer sets.
//! - [`session`]: whether a visitor has a session, and what takes it away; [`cookie_session`]: whether it is kept in the cookie
//!   itself; [`session_order`]: which of two answers that renew it is the newer.
//! - [`ticket`]: what is deferred, [`seal`]ed, and due on activation; [`changed_cookies`]: what is newer by the time it is set;
//!   [`first_cookies`]: what takes the place of nothing else.
//! - [`ledger`]: what must reach the origin once, and [`deferred_request`]: the requests that do.
//! - [`routine`]: what pages send by themselves, and [`posted`]: what a request's body says that is done.
//! - [`kept_answer`]: what the origin has answered to a speculation that was refused then, for the click.
//! - [`order`]: orders by whoever has the site's key: [`erasure`], to erase what was learned, and [`switch_order`], to show and to
//!   change switches.
//! - [`source_token`]: the page on which a speculation was made, as only Headstart reads it.
//! - [`last_pages`]: whether a form is sent of a page after which another one was fetched ahead.
//! - [`quarantine`]: pages that turned out ineligible for speculations, and [`suspects`]: those of which links say so.

pub mod changed_cookies;
pub mod class;
pub mod cookie;
pub mod cookie_parts;
pub mod cookie_session;
pub mod deferred_request;
pub mod effect_paths;
pub mod erasure;
pub mod first_cookies;
pub mod full_ledgers;
pub mod kept_answer;
pub mod known_sessions;
pub mod last_pages;
pub mod ledger;
pub mod network;
pub mod order;
pub mod posted;
pub mod quarantine;
pub mod redeemed;
mod room;
pub mod routine;
pub mod seal;
pub mod session;
pub mod session_order;
pub mod set_cookie;
pub mod source_token;
pub mod suspects;
pub mod switch_order;
pub mod ticket;
