//! What Cloudflare asks for what Headstart uses. All of its prices are in `bench/cost/prices.json`, to which a test holds these.
//!
//! From <https://developers.cloudflare.com/workers/platform/pricing/> and
//! <https://developers.cloudflare.com/durable-objects/platform/pricing/>, as they were in August 2026: the plan "Workers Paid", beyond
//! what it includes.

/// When the prices were looked up.
pub const AS_OF: &str = "August 2026";

/// Dollars for a million requests to a Worker.
pub const REQUESTS: f64 = 0.30;

/// Dollars for a million requests to Durable Objects.
pub const OBJECT_REQUESTS: f64 = 0.15;

/// The requests of a day that the Free plan has.
pub const FREE_REQUESTS: f64 = 100_000.0;

/// The calls of learners for each view, at the most: see the operators' manual.
pub const CALLS_OF_A_VIEW: f64 = 0.005;

/// The requests that each view makes besides its own: that for the rules file (`ACTIVATION_SIGNAL`).
pub const RULES_OF_A_VIEW: f64 = 1.0;

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    #[test]
    fn they_are_those_that_costs_are_computed_with() {
        let known: Value = serde_json::from_str(include_str!("../../../../bench/cost/prices.json")).unwrap();
        let things = &known["things"];
        assert_eq!(things["requests"]["dollars"], json!(REQUESTS));
        assert_eq!(things["object_requests"]["dollars"], json!(OBJECT_REQUESTS));
        assert_eq!(things["requests"]["free"].as_f64(), Some(FREE_REQUESTS));
    }
}
