//! A learner that is called by too many says when to come again, and isolates come no sooner.

use super::{RECOVERY, hits, last, order, serve};
use crate::support::site::Site;
use crate::support::{self, http};
use headstart::learn::message::NAVIGATIONS;
use headstart::learn::next::navigation_batch::{NavigationBatch, PageStats};
use headstart::learn::turns;
use headstart::published::next_page_snapshot::next_page_learner_name;
use serde_json::json;

/// The wait that a learner gives in the test, in milliseconds: much longer than isolates wait by themselves there.
const WAIT_MS: u64 = 4_000;

#[test]
fn a_learner_with_too_many_records_says_when_to_come_again() {
    let site = Site::start_faulty(&[]);
    let name = next_page_learner_name("shop.test").replace('/', "%2F");
    let waits = (0..6).map(|batch| {
        let pages = (0..1980).map(|page| (format!("/{batch}/{page}"), PageStats::default())).collect();
        let batch = NavigationBatch { site: "shop.test".to_owned(), pages, ..NavigationBatch::default() };
        let body = serde_json::to_vec(&batch).unwrap();
        let request = http::request("POST", &format!("/-/learner/{name}?{NAVIGATIONS}"), &[], &body);
        let answer = http::raw(site.worker.port, &request);
        assert_eq!(answer.status(), 204, "{}", answer.text());
        answer.get(turns::FIELD)
    });
    // Ten seconds have room for five batches of 2,000 records, with what a batch costs.
    let waits: Vec<_> = waits.collect();
    let told = |wait: &str| Some(wait.to_owned());
    assert_eq!(waits, [None, None, None, None, None, told("12000")]);
}

#[test]
fn an_isolate_comes_no_sooner_than_it_is_told_to() {
    let site = Site::start_faulty(&[]);
    serve(&site.origin);
    site.learned("/known");
    let port = site.worker.port;
    let at = "learner.fetch";
    let wait = json!({ "at": at, "key": "/observations", "how": "add", "name": turns::FIELD, "value": WAIT_MS.to_string(), "times": 1 });
    let next = json!({ "at": at, "key": "/observations", "how": "slow", "ms": 0, "times": 1 });
    order(port, &json!([wait, next]));
    let mut number = 0;
    support::eventually("the next batch", RECOVERY, || {
        number += 1;
        site.get(&format!("/page/{number}"), &[]);
        (hits(port) == [1, 1]).then_some(())
    });
    let [told, came] = last(port)[..] else { panic!("two faults") };
    assert!(came - told >= WAIT_MS, "it came {} ms later", came - told);
    assert!(number > 3, "{number} views in {WAIT_MS} ms are too few for a batch that is too early to show");
}
