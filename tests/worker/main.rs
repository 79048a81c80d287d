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

mod beacons;
mod blamed_pages;
mod chunked_pages;
mod cleared_speculations;
mod configuration;
mod cut_connections;
mod decision_log;
mod deferred_cookies;
mod deferred_visits;
mod doctor;
mod edited_pages;
mod erasing;
mod examples;
mod failing_open;
mod faults;
mod health;
mod held_memory;
mod holdout;
mod imported;
mod kept_answers;
mod leading_on;
mod learned_hints;
mod link_words;
mod made_up_hosts;
mod make_dev;
mod next_pages;
mod origins;
mod package;
mod pass_through;
mod prerendered_pages;
mod proposed_effects;
mod redirects;
mod refused_speculations;
mod renewed_sessions;
mod replayed_decisions;
mod report;
mod revealing_answers;
mod robots;
mod rules_file;
mod self_regulation;
mod selfhosted;
mod switches;
mod third_party_sheets;
mod tickets;
mod visitor;
mod worker_log;
