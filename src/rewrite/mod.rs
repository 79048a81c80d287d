//! Edits the HTML of a page that a browser prerenders, and of no other page.
//!
//! A prerendered page runs its scripts before its activation, which may never come. Two edits see to it that nothing is
//! counted until then: a script of ours is put in, once, and analytics that do not wait by themselves
//! ([`analytics`]) are deferred: made inert until that script starts them at activation. Nothing else differs by a byte.
//!
//! - [`prerender`]: reads a whole page and edits it.
//! - [`analytics`]: which scripts and pictures are deferred.

pub mod analytics;
pub mod prerender;
