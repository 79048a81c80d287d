//! What holds in workerd, with its own KV and Durable Objects.
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

mod configuration;
mod dev;
mod effects;
mod examples;
mod hints;
mod learning;
mod next_pages;
mod origins;
mod pass_through;
mod replay;
mod saved_pages;
mod worker_log;
