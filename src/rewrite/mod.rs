//! What is changed in the HTML of a page that a browser prerenders, and of no other page.
//!
//! A prerendered page runs its scripts before anybody looks at it, and perhaps nobody ever will. Two edits see to it that
//! nothing is counted until somebody does: a script of ours is put in, once, and third-party analytics that do not wait by
//! themselves ([`analytics`]) are made inert until that script starts them at activation. Nothing else differs by a byte.
//!
//! - [`prerender`]: reads a whole page and edits it.
//! - [`analytics`]: which scripts are held back.

pub mod analytics;
pub mod prerender;
