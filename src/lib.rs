//! Headstart is an edge worker that stands in front of a website and gives every page a head start.
//!
//! # What happens to a request
//!
//! ```text
//! request ─▶ Visit ─▶ admit ─▶ origin fetch ∥ model read ─▶ plan(Visit, Head, hints, Config) ─▶ Plan ─▶ response
//!                                                                                                └──▶ observe
//! ```
//!
//! 1. [`visit`] turns the request into plain data: a [`Visit`](visit::Visit). `Sec-Purpose` says whether
//!    somebody is looking or a browser is only guessing.
//! 2. [`plan::admit`] answers what needs no origin: our own rules files, and the refusal of a speculative
//!    navigation to an unsafe URL ([`effects::unsafe_url`]).
//! 3. The origin is asked; at the same time a cold isolate reads what has been learned.
//! 4. [`plan::plan`] looks at the origin's [`Head`](head::Head), never at its body, and decides: which headers to
//!    add, which cookies a speculation must not set ([`effects::set_cookie`]), whether to learn from the page, and
//!    whether to ask the browser what it loaded ([`tail`]).
//! 5. `edge` carries the [`Plan`](plan::Plan) out. The body stays a native stream and never enters wasm.
//! 6. For a few pages and stylesheets a copy of the body is read after the fact ([`learn::html`], [`learn::css`]). Their
//!    third-party origins go in batches to the learner ([`learn::learner`]), which chooses what each page is hinted
//!    ([`hints::rank`]) and publishes a snapshot ([`learn::snapshot`]) that step 3 reads.
//!
//! 7. Where visitors go ([`learn::next`]): clicks, speculations and the fetches of rules files that tell which of them were
//!    used go to the site's navigator, which publishes each page's next pages. Pages then name a learned rule set
//!    ([`rules::learned`]) beside the baseline ([`rules::delivery`]).
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

pub mod config;
pub mod csp;
#[cfg(target_arch = "wasm32")]
// What the platform's macros write is unsafe code; we write none.
#[allow(unsafe_code)]
mod edge;
pub mod effects;
pub mod head;
pub mod hints;
pub mod learn;
pub mod plan;
pub mod rules;
pub mod structured;
pub mod tail;
pub mod visit;

/// Everything below this path is ours; the origin never sees it.
pub const OWN_PREFIX: &str = "/_headstart/";
