//! What the learners publish and the request path reads: values in KV, as JSON.
//!
//! - [`hint_snapshot`]: the hints of each page, of each route, and of the site.
//! - [`next_page_snapshot`]: the next pages of each page and of each route, and the paths that no rule may name.
//! - [`snapshot_cache`]: an isolate's copies of them, and when each is fetched.

pub mod hint_snapshot;
pub mod next_page_snapshot;
pub mod snapshot_cache;
