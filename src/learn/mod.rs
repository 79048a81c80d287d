//! Learning: isolates observe the site's pages, a Durable Object adds up what they send, and publishes a snapshot in KV
//! that the request path reads.
//!
//! ```text
//! copy of a page, stylesheet ─┐
//! redirect, beacon ───────────┴▶ ObservationBuffer (isolate) ─▶ Batch ─▶ learner: Page, KnownSheet ─▶ routes ─▶ HintSnapshot (KV)
//! ```
//!
//! No response waits for any of this. Each stage is bounded: bytes read of a page, origins of a page, observations in a
//! batch, pages of a learner, pages in a snapshot.
//!
//! - [`token_bucket`]: which views are read at all.
//! - [`readings`]: how many bytes wait to be read.
//! - [`body_reader`]: reads a body piece by piece, and keeps what was read where it belongs.
//! - [`html`], [`document`]: one page's third-party origins and how it uses them.
//! - [`outline`]: a page's links to possible next pages, and what it says to robots.
//! - [`link_reader`]: which of a page's links say that they do something.
//! - [`stable_hash`]: whether two visitors were given the same page.
//! - [`css`]: what a piece of CSS fetches.
//! - [`awaited_pictures`]: which pictures of a page's own CSS its elements need.
//! - [`beacon`]: what a visitor's browser reports.
//! - [`report`]: what else it reports: how fast the page was, what was largest, what rendering waited for.
//! - [`reports`]: what many reports say of one page, and what is worth a preload on it.
//! - [`route_preloads`]: what the pages of a route preload alike.
//! - [`vitals`]: how fast the pages of a route were, as histograms.
//! - [`observation`]: what one view of a page showed, and the JSON in which it is sent.
//! - [`observation_buffer`]: observations that wait in an isolate to be sent.
//! - [`outbox`]: all that waits in an isolate for learners, and who is sent what when.
//! - [`site_url_cache`]: the stylesheets and redirects that an isolate has seen.
//! - [`page`], [`sheet`]: the decayed records of one page and of one stylesheet.
//! - `places`: which pages are remembered where there are too many.
//! - [`third_party_sheet`], [`reading_list`]: third parties' stylesheets, which a learner asks for by itself.
//! - [`redirects`]: which URLs of the site always redirect to the same other origin.
//! - [`shown_to`]: which origins and stylesheets several visitors were shown.
//! - [`routes`]: what pages whose paths look alike have in common.
//! - [`names`]: under which name a page is remembered, so that none is by its path that only few visitors know.
//! - [`hidden_names`]: what a hint learner writes down of third parties and stylesheets, likewise.
//! - [`tallies`], [`figures`]: what is counted for the report, and what a learner says for it.
//! - [`taught_sites`]: of which sites an isolate tells learners.
//! - [`ending`]: when nothing is left of a site.
//! - [`erasing`]: the way of an erasure through learners and KV; [`erased`]: what it leaves to be done.
//! - [`message`]: what a learner is asked for, and what it refuses to read.
//! - [`turns`]: how often it is called, however many isolates there are; [`given_turns`]: when an isolate may call each.
//! - [`equal_parts`]: how much an isolate may hold of each site.
//! - [`sending`]: a batch as a body that a learner reads.
//! - [`news`]: whether what it would publish is news.
//! - [`import`]: what was learned before the first visitor came; [`import_search`]: when a learner looks for it.
//! - [`learner`]: takes batches in and chooses hints, over any store.
//! - [`comparison`]: what hints and rules are worth, by the pages that are held out.
//! - [`forgotten_origin`]: forgets one origin.
//! - [`next`]: the same for next pages.
//!
//! What is published is a [`hint_snapshot`](crate::published::hint_snapshot).

pub mod awaited_pictures;
pub mod beacon;
pub mod body_reader;
pub mod comparison;
pub mod css;
pub mod document;
pub mod ending;
pub mod equal_parts;
pub mod erased;
pub mod erasing;
pub mod face;
pub mod figures;
pub mod forgotten_origin;
pub mod given_turns;
pub mod hidden_names;
pub mod html;
pub mod import;
pub mod import_search;
pub mod learner;
pub mod link_reader;
pub mod message;
pub mod names;
pub mod news;
pub mod next;
pub mod observation;
pub mod observation_buffer;
pub mod outbox;
pub mod outline;
pub mod page;
mod places;
pub mod reading_list;
pub mod readings;
pub mod redirects;
pub mod report;
pub mod reports;
pub mod route_preloads;
pub mod routes;
pub mod sending;
pub mod sheet;
pub mod shown_to;
pub mod site_url_cache;
pub mod stable_hash;
pub mod tallies;
pub mod taught_sites;
pub mod third_party_sheet;
pub mod token_bucket;
pub mod turns;
pub mod vitals;

/// Whether a field of a record says nothing, so that it need not be written down.
fn is_default<T: Default + PartialEq>(value: &T) -> bool {
    *value == T::default()
}
