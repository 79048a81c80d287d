//! The table as a URL pattern: what the rule sets of ours keep browsers from.
//!
//! A pattern is no program: it knows neither what stands beside a name nor all that is called so. So it is coarser than
//! [`super::UnsafeUrls`]: it leaves out what that refuses, as far as a path tells, and harmless paths as well, which costs
//! them a little speed. Titles of many words stay in. One expression says it all, since a browser compares every link of a page with
//! each pattern.

#[cfg(not(target_arch = "wasm32"))]
mod making;

#[cfg(not(target_arch = "wasm32"))]
pub use making::written;

/// The patterns, one a line, as `written` has made them of the table. To make them takes as long as everything else that an
/// isolate does when it starts, so that is done ahead: `make configuration`.
const WRITTEN: &str = include_str!("table/rule_set.txt");

/// The patterns that no link of ours may match: one for the words, and one for each product whose names do not tell.
pub fn exclusions() -> impl Iterator<Item = &'static str> {
    WRITTEN.lines()
}
