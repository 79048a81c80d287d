//! Navigations, speculations and activations as plain data.
//!
//! - [`source`]: what a request says of where its visitor comes from.
//! - [`event`]: what a request and its answer mean for what is learned of navigations.
//!
//! [`plan::events`](crate::plan::events) turns requests and answers into events, and
//! [`NavigationBuffer::apply`](crate::learn::next::navigation_buffer::NavigationBuffer::apply) counts them.

pub mod event;
pub mod source;
