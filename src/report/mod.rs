//! The report at `/_headstart/`: what Headstart has learned and done on a site, for whoever runs it.
//!
//! Everything here is pure. `edge` gathers the [`Inputs`](model::Inputs) when somebody opens the report, and only then: the published values,
//! what each learner says ([`crate::learn::figures`]), and the variables. [`model::Report`] is what follows from them, and is shown in
//! three ways: as a page ([`page`]), as JSON, and as text for Prometheus ([`metrics`]).
//!
//! - [`access`]: who may see it.
//! - [`html`]: the one way in which HTML is written: whatever is not part of this program is escaped.
//! - [`answers`]: the answers with their header fields, and the page to sign in.
//! - [`model`]: the report as data.
//! - [`subjects`]: what is known of a page or a route.
//! - [`controls`]: the switches that are set, and what its forms ask for.
//! - [`health`]: whether it works, and what is in its way.
//! - [`words`]: what the names of reasons mean.
//! - [`page`], [`chart`]: the report as a page.
//! - [`metrics`]: the figures for Prometheus.
//! - [`why`], [`speculation`], [`why_page`]: why one page is given what it is given, and what would become of a speculation on it.
//! - [`timing`]: the same in a word, for `Server-Timing`.

pub mod access;
pub mod answers;
pub mod chart;
pub mod controls;
pub mod health;
pub mod html;
pub mod metrics;
pub mod model;
pub mod page;
pub mod speculation;
pub mod subjects;
pub mod timing;
pub mod why;
pub mod why_page;
pub mod words;
