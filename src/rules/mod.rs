//! Speculation rules: which next pages a browser may fetch ahead of the click.
//!
//! - [`baseline`]: the cautious rule set that every page is given.
//! - [`learned`]: the next pages of a page, as they were learned.
//! - [`links`]: the links that no rule of ours may name.
//! - [`delivery`]: what of them a page's answer is given.
//! - [`inert`]: query parameters that change nothing about a page.
//! - [`file`]: our rule sets as they are served.
//! - [`field`]: the `Speculation-Rules` header field that names them.
//! - [`pattern`]: text in URL pattern syntax.
//! - [`parse`]: what a browser makes of a rule set, as a strict reader (host only; the tests hold ours against it).
//! - [`robots`]: what a site's `robots.txt` keeps robots from, and is not published either.
//! - [`secret`]: paths that look like a token or an address, and are never published.

pub mod baseline;
pub mod delivery;
pub mod field;
pub mod file;
pub mod inert;
pub mod learned;
pub mod links;
#[cfg(not(target_arch = "wasm32"))]
pub mod parse;
pub mod pattern;
pub mod robots;
pub mod secret;
