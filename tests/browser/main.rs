//! What holds in Chromium, with Headstart in front of the demo shop or of an origin that says what it is told.
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

mod activation;
mod analytics;
mod beacons;
mod choices;
mod connection_hints;
mod foot;
mod going_back;
mod hydration;
mod link_words;
mod next_pages;
mod own_requests;
mod prefetchers;
mod prefetching;
mod report;
mod rule_sets;
mod self_regulation;
mod service_workers;
mod sessions;
mod shelf;
mod third_parties;
