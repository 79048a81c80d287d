//! The next page: which one the visitors of a page look at next, and how sure that is.
//!
//! ```text
//! navigation, prefetch, activation ─▶ Journal (isolate) ─▶ Travels ─▶ Navigator: Record ─▶ ladder ─▶ Guide (KV)
//! ```
//!
//! All of a site's pages are one navigator's affair, since a page and the next one may be anywhere.
//!
//! - [`arrival`]: what a request says of where its visitor comes from.
//! - [`visitor`]: telling visitors apart for a day, without knowing them.
//! - [`journal`]: what an isolate gathers; [`travels`]: how it travels.
//! - [`departures`]: where visitors go from a page, and with what probability.
//! - [`surprise`]: whether the site as a whole has changed.
//! - [`record`]: all that is remembered of a page; [`trips`]: what became of speculations.
//! - [`model`]: the pages, routes and links of a site, and what they make probable.
//! - [`ladder`]: from probability and waste to eagerness.
//! - [`navigator`]: travels in, a choice out, over any store.
//!
//! The compact result is a [`next_page_snapshot`](crate::published::next_page_snapshot).

pub mod arrival;
pub mod departures;
pub mod journal;
pub mod ladder;
pub mod model;
pub mod navigator;
pub mod record;
pub mod surprise;
pub mod travels;
pub mod trips;
pub mod visitor;
