//! Learning: from what goes by to a snapshot that the request path reads.
//!
//! ```text
//! copy of a page, sheet ─┐
//! redirect, beacon ──────┴▶ batch (isolate) ─▶ learner: Page, Sheet ─▶ routes ─▶ HintSnapshot (KV) ─▶ isolate
//! ```
//!
//! Nothing here is in the response path. Each stage is bounded: bytes read of a page, origins of a page, observations
//! in a batch, pages of a learner, pages in a snapshot.
//!
//! - [`sample`]: which views are read at all.
//! - [`html`], [`document`], [`srcset`]: one page's third-party origins and how it uses them.
//! - [`outline`]: what one page says of next pages.
//! - [`css`]: what a piece of CSS fetches.
//! - [`beacon`]: what a visitor's browser tells.
//! - [`observation`]: what one view taught, and how it travels.
//! - [`batch`]: observations gathered in an isolate.
//! - [`local`]: the stylesheets and redirects that an isolate has seen.
//! - [`page`], [`sheet`]: the decayed records of one page and of one stylesheet.
//! - [`routes`]: what pages with paths that look alike have in common.
//! - [`learner`]: batches in, a choice out, over any store.
//!
//! The compact result is a [`hint_snapshot`](crate::published::hint_snapshot).

pub mod beacon;
pub mod css;
pub mod document;
pub mod html;
pub mod learner;
pub mod next;
pub mod observation;
pub mod observation_buffer;
pub mod outline;
pub mod page;
pub mod routes;
pub mod sheet;
pub mod site_url_cache;
pub mod srcset;
pub mod token_bucket;
