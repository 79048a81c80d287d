//! Speculation rules: which next pages a browser may fetch ahead of the click.
//!
//! - [`baseline`]: the cautious rule set that every page is given.
//! - [`learned`]: the next pages of a page, as they were learned.
//! - [`links`]: the links that no rule of ours may name.
//! - [`served`]: our rule sets as they are served.
//! - [`header`]: the `Speculation-Rules` header field that names them.
//!
//! What a browser makes of a rule set is known to the package `speculation-rules`; the tests hold ours against it.

pub mod baseline;
pub mod header;
pub mod learned;
pub mod links;
pub mod served;
