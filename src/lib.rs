//! Headstart is an edge worker that stands in front of a website and gives every page a head start.
//!
//! # What happens to a request
//!
//! ```text
//! request ─▶ Visit ─▶ admit ─▶ origin fetch ∥ snapshots ─▶ plan(Visit, Head, hints, Config) ─▶ Plan ─▶ response
//!                                                                                                └──▶ observe
//! ```
//!
//! 1. [`visit`] turns the request into plain data: a [`Visit`](visit::Visit). `Sec-Purpose` says whether
//!    the visitor navigates or the browser speculates.
//! 2. [`plan::admit`] answers what needs no origin: our own files, the refusal of a speculative navigation to an unsafe
//!    URL ([`urls::unsafe_urls`]), and what a prerendering page sends to something that counts ([`effects::effect_paths`]).
//! 3. The origin is asked; at the same time a cold isolate reads what has been learned.
//! 4. [`plan::plan`] looks at the origin's [`Head`](head::Head), never at its body, and decides: which headers to
//!    add, what a speculation defers ([`effects::set_cookie`]) in which ticket ([`effects::ticket`]), whether to
//!    learn from the page, and whether to ask the browser what it loaded ([`plan::beacon_tag`]).
//! 5. `edge` carries the [`Plan`](plan::Plan) out. The body stays a native stream and never enters wasm, but for pages
//!    that are edited ([`rewrite`]): those go through up to their last edit, and a prerendered one is read whole, since no
//!    visitor waits for it.
//! 6. For a few pages and stylesheets a copy of the body is read after the fact ([`learn::html`], [`learn::css`]). Their
//!    third-party origins go in batches to the learner ([`learn::learner`]), which chooses what each page is hinted
//!    ([`hints::rank`]) and publishes a snapshot ([`published::hint_snapshot`]) that step 3 reads.
//!
//! 7. Navigations, speculations, and the fetches of rules files that tell which speculations were used, are told to the
//!    site's next-page learner ([`plan::events`], [`learn::next`]), which publishes each page's next pages. Pages then name
//!    a learned rule set ([`rules::learned`]) beside the baseline ([`plan::rules_delivery`]).
//!
//! 8. At the activation of a page that has deferred something, its browser brings the ticket back, and what was deferred
//!    is done: cookies are set, and the origin is asked once for what it has to count ([`effects::ledger`]).
//!
//! What of this is on for a page, in shadow or off follows from `MODE` and from a record in KV ([`switches`]); a share of the
//! pages is given nothing each day, so that it can be told what the others gain ([`switches::holdout`], [`learn::comparison`]).
//!
//! # The wall
//!
//! Everything but `edge` is pure: plain data in, plain data out, tested natively. The `worker` crate is a dependency
//! of the wasm32 target only, so the compiler keeps the wall.
//!
//! # Whatever goes wrong
//!
//! The visitor gets the origin's bytes. Nothing on the request path panics, and everything that grows has a bound.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod alarm;
pub mod amp;
pub mod auto_sizes;
pub mod character_references;
pub mod clock;
pub mod config;
pub mod csp;
#[cfg(target_arch = "wasm32")]
// What the platform's macros write is unsafe code; we write none.
#[allow(unsafe_code)]
mod edge;
pub mod effects;
pub mod endpoints;
pub mod fault;
pub mod hash;
pub mod head;
pub mod hints;
pub mod ineligible;
pub mod json;
pub mod learn;
pub mod limits;
pub mod navigation;
pub mod network;
pub mod next_page_preferences;
pub mod page_encoding;
pub mod picture_form;
pub mod plan;
pub mod published;
pub mod refresh;
pub mod report;
pub mod rewrite;
pub mod rules;
pub mod slots;
pub mod sorting;
pub mod speculation;
pub mod store;
pub mod structured;
pub mod switches;
pub mod tally;
pub mod text_elements;
pub mod urls;
pub mod visit;
