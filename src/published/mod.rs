//! What the learners publish and the request path reads: values in KV, as JSON.
//!
//! - [`baseline_eagerness`]: how eager the baseline is, where that regulates itself.
//! - [`hint_snapshot`]: the hints of each page, of each route, and of the site.
//! - [`hint_lines`]: what a hint snapshot says of a page, for people.
//! - [`names`]: which keys are those of learners.
//! - [`next_page_snapshot`]: the next pages of each page and of each route, and the paths that no rule may name.
//! - [`snapshot_cache`]: an isolate's copies of them, and when each is fetched.

pub mod baseline_eagerness;
pub mod hint_lines;
pub mod hint_snapshot;
pub mod names;
pub mod next_page_snapshot;
pub mod snapshot_cache;

use crate::fault::{Blame, Fault};
use crate::json;
use crate::limits::MAX_PUBLISHED_BYTES;
use serde::de::DeserializeOwned;

/// Reads a published value in the form of this version. `version_of` says which version a value is of.
///
/// # Errors
/// A sentence for the log, when the value is too large, not in this form or of another version.
fn read<T: DeserializeOwned>(value: &str, version: u32, version_of: fn(&T) -> u32) -> Result<T, Fault> {
    let fault = |message: String| Fault::new(Blame::Headstart, message);
    if value.len() > MAX_PUBLISHED_BYTES {
        let bytes = value.len();
        return Err(fault(format!(
            "the snapshot has {bytes} bytes, more than the {MAX_PUBLISHED_BYTES} allowed"
        )));
    }
    let published: T =
        json::read(value).map_err(|error| fault(format!("the snapshot cannot be read: {error}")))?;
    let given = version_of(&published);
    if given != version {
        return Err(fault(format!("the snapshot is of version {given}, not {version}")));
    }
    Ok(published)
}
