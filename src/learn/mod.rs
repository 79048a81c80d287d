//! Learning: from the HTML going by to a snapshot that the request path reads.
//!
//! ```text
//! copy of a page ─▶ html::Observer ─▶ Observation ─▶ batch (isolate) ─▶ page::Page (learner) ─▶ Snapshot (KV) ─▶ isolate
//! ```
//!
//! Nothing here is in the response path. Each stage is bounded: bytes read of a page, origins of a page, observations
//! in a batch, pages of a learner, pages in a snapshot.
//!
//! - [`sample`]: which views are read at all.
//! - [`html`]: one page's third-party origins and how it uses them.
//! - [`observation`]: what one view taught, and how it travels.
//! - [`batch`]: observations gathered in an isolate.
//! - [`page`]: the decayed record of one page.
//! - [`snapshot`]: the compact result, and which learner a page belongs to.

pub mod batch;
pub mod html;
pub mod observation;
pub mod page;
pub mod sample;
pub mod snapshot;
