//! What the learners publish and the request path reads: values in KV, as JSON.
//!
//! - [`hint_snapshot`]: the hints of each page, of each route, and of the site.
//! - [`next_page_snapshot`]: the next pages of each page and of each route, and the paths that no rule may name.

pub mod hint_snapshot;
pub mod next_page_snapshot;
