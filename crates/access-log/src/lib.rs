//! Access logs, of any size: read as they come, in constant memory, and without guessing.
//!
//! - [`input`]: files and standard input, compressed or not, as lines.
//! - [`mod@format`]: which format a log has, by its first lines; it is held to from then on.
//! - [`text`]: a line of the common and the combined format, and what servers make of it.
//! - [`json`]: a line of JSON, as Logpush, nginx and Caddy write it.
//! - [`address`]: the addresses in them.
//! - [`target`]: what was asked for.
//! - [`time`]: the times in them.
//! - [`robots`]: who calls themselves a robot.
//! - [`reader`]: all of it together, with what could not be read.
//! - [`views`]: which requests are views of pages, and where their visitors come from.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

pub mod address;
pub mod format;
pub mod input;
pub mod json;
pub mod reader;
pub mod robots;
pub mod target;
pub mod text;
pub mod time;
pub mod views;

/// A request, as a line of a log tells of it. What the line does not tell is empty.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Request<'a> {
    /// The visitor's address.
    pub address: &'a [u8],
    /// Who the visitor has signed in as, by HTTP authentication.
    pub user: &'a [u8],
    /// When it came, as the line says it.
    pub time: &'a [u8],
    /// The method.
    pub method: &'a [u8],
    /// The host that was asked for, perhaps with a port.
    pub host: &'a [u8],
    /// What was asked for: a path with its query.
    pub target: &'a [u8],
    /// The status of the answer.
    pub status: u16,
    /// The page from which the visitor came.
    pub referer: &'a [u8],
    /// The visitor's browser.
    pub agent: &'a [u8],
    /// The answer's `Content-Type`.
    pub content_type: &'a [u8],
}
