//! The next page: which one the visitors of a page look at next, and how sure that is.
//!
//! ```text
//! NavigationEvent ─▶ NavigationBuffer (isolate) ─▶ NavigationBatch ─▶ NextPageLearner: Record ─▶ thresholds ─▶ NextPageSnapshot (KV)
//! ```
//!
//! All of a site's pages are one learner's affair, since a page and the next one may be anywhere.
//!
//! - [`visitor`]: telling visitors apart for a day, without knowing them.
//! - [`navigation_buffer`]: what an isolate counts; [`navigation_batch`]: how it is sent.
//! - [`transition_counts`]: where visitors go from a page, and with what probability.
//! - [`change_detector`]: whether the site as a whole has changed.
//! - [`record`]: all that is remembered of a page; [`speculation_outcomes`]: what became of speculations.
//! - [`model`]: the pages, routes and links of a site, and what they make probable.
//! - [`eagerness_thresholds`]: from probability and waste to eagerness.
//! - [`next_page_learner`]: batches in, a choice out, over any store.
//!
//! The compact result is a [`next_page_snapshot`](crate::published::next_page_snapshot).

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
