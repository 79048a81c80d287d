//! What holds without a Worker and without a browser: the library's parts together, against tables, generated input and
//! simulated days.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

#[path = "../support/mod.rs"]
mod support;

mod baseline;
mod conformance;
mod copies;
mod hidden_fonts;
mod hostile_input;
mod imported;
mod layers;
mod nginx;
mod page_reading;
mod privacy;
mod self_regulation;
mod stable_hints;
mod stored;
mod third_party_sheets;
mod unsafe_urls;
