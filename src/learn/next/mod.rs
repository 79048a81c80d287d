//! Learning of next pages: to which page visitors navigate from a page, and with what probability.
//!
//! ```text
//! NavigationEvent ─▶ NavigationBuffer (isolate) ─▶ NavigationBatch ─▶ NextPageLearner: Record ─▶ thresholds ─▶ NextPageSnapshot (KV)
//! ```
//!
//! One learner has all of a site's pages, since any page may lead to any other.
//!
//! - [`visitor`]: counts different visitors within a day, without identifying them.
//! - [`navigation_buffer`]: what an isolate counts; [`navigation_batch`]: the form in which it is sent.
//! - [`transition_counts`]: how often each next page followed, and with what probability it will.
//! - [`change_detector`]: whether the site as a whole has changed.
//! - [`record`]: all that is remembered of a page; [`speculation_outcomes`]: which speculations were used or wasted.
//! - [`suspects`]: pages of which links say that they do something.
//! - [`model`]: the pages, routes and links of a site, and what they make probable.
//! - [`eagerness_thresholds`]: from probability and waste to eagerness.
//! - [`baseline_eagerness`]: how eager the baseline is, where that regulates itself.
//! - [`harmful_routes`]: routes of which several pages do harm, so that their siblings are taken to do it as well.
//! - `hidden_pages`: which of them keep their paths, and which are remembered by a hash.
//! - [`next_page_learner`]: batches in, a choice out, over any store; [`loaded_learners`]: which of them an isolate holds.
//!
//! What is published is a [`next_page_snapshot`](crate::published::next_page_snapshot).

pub mod baseline_eagerness;
pub mod change_detector;
pub mod eagerness_thresholds;
pub mod harmful_routes;
mod hidden_pages;
pub mod loaded_learners;
pub mod model;
pub mod navigation_batch;
pub mod navigation_buffer;
pub mod next_page_learner;
pub mod record;
mod sizes;
pub mod speculation_outcomes;
pub mod suspects;
pub mod transition_counts;
pub mod visitor;
