//! The next page: which one the visitors of a page look at next, and how sure that is.
//!
//! ```text
//! navigation, prefetch, activation ─▶ Journal (isolate) ─▶ Travels ─▶ NextPageLearner: Record ─▶ thresholds ─▶ NextPageSnapshot (KV)
//! ```
//!
//! All of a site's pages are one navigator's affair, since a page and the next one may be anywhere.
//!
//! - [`arrival`]: what a request says of where its visitor comes from.
//! - [`visitor`]: telling visitors apart for a day, without knowing them.
//! - [`navigation_buffer`]: what an isolate gathers; [`navigation_batch`]: how it travels.
//! - [`departures`]: where visitors go from a page, and with what probability.
//! - [`surprise`]: whether the site as a whole has changed.
//! - [`record`]: all that is remembered of a page; [`outcomes`]: what became of speculations.
//! - [`model`]: the pages, routes and links of a site, and what they make probable.
//! - [`thresholds`]: from probability and waste to eagerness.
//! - [`navigator`]: travels in, a choice out, over any store.
//!
//! The compact result is a [`next_page_snapshot`](crate::published::next_page_snapshot).

pub mod arrival;
pub mod change_detector;
pub mod eagerness_thresholds;
pub mod model;
pub mod navigation_batch;
pub mod navigation_buffer;
pub mod next_page_learner;
pub mod record;
pub mod speculation_outcomes;
pub mod transition_counts;
pub mod visitor;
