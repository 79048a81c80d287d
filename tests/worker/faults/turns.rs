//! A learner that is called by too many says when to come again, or takes nothing in, and isolates come no sooner. One that gives no
//! answer is left alone, and the others are called as before.

use super::{RECOVERY, hits, last, order, serve};
use crate::support::site::Site;
use crate::support::{self, http};
use headstart::learn::message::NAVIGATIONS;
use headstart::learn::next::navigation_batch::{NavigationBatch, PageStats, SuspectStats};
use headstart::learn::turns;
use headstart::published::next_page_snapshot::next_page_learner_name;
use serde_json::json;

/// The wait that a learner gives in the test, in milliseconds: much longer than isolates wait by themselves there.
const WAIT_MS: u64 = 4_000;

fn of_shop() -> NavigationBatch {
    NavigationBatch { site: "shop.test".to_owned(), ..NavigationBatch::default() }
}

/// Sends a batch to the site's next-page learner.
fn send(site: &Site, batch: &NavigationBatch) -> http::Response {
    let name = next_page_learner_name(&batch.site).replace('/', "%2F");
    let body = serde_json::to_vec(batch).unwrap();
    http::raw(
        site.worker.port,
        &http::request("POST", &format!("/-/learner/{name}?{NAVIGATIONS}"), &[], &body),
    )
}

/// Whether the log says that a learner could not be reached.
fn has_failed(site: &Site) -> bool {
    site.worker.log().iter().any(|line| line.contains("what was seen could not be sent to the learner"))
}

#[test]
fn a_learner_takes_nothing_in_while_it_is_too_far_ahead() {
    let site = Site::start_faulty(&[]);
    // All of one page, so that they are soon taken in.
    let suspect = SuspectStats { page: "/a".to_owned(), ..SuspectStats::default() };
    let many = send(&site, &NavigationBatch { suspects: vec![suspect; 90_000], ..of_shop() });
    assert_eq!((many.status(), many.get(turns::FIELD).as_deref()), (204, Some("90020")));
    // Two thousand a second are made up for: fifteen seconds at least.
    let next = send(
        &site,
        &NavigationBatch { pages: [("/b".to_owned(), PageStats::default())].into(), ..of_shop() },
    );
    assert_eq!((next.status(), next.get(turns::FIELD).as_deref()), (turns::TOO_MANY, Some("90041")));
}

#[test]
fn what_a_learner_does_not_take_in_is_no_failure_and_the_next_batch_is() {
    let site = Site::start_faulty(&[]);
    serve(&site.origin);
    let at = "learner.fetch";
    order(
        site.worker.port,
        &json!([{ "at": at, "key": "/observations", "how": "answer", "status": turns::TOO_MANY, "value": "", "times": 1 }]),
    );
    site.learned("/known");
    assert_eq!(hits(site.worker.port), [1]);
    assert!(!has_failed(&site), "{:?}", site.worker.log());
}

#[test]
fn a_learner_that_gives_no_answer_is_left_alone_and_the_other_is_called_as_before() {
    let site = Site::start_faulty(&[("BATCH_VIEWS", "0")]);
    serve(&site.origin);
    let port = site.worker.port;
    let fails = json!({ "at": "learner.call", "key": "/next", "how": "throw" });
    let counted = json!({ "at": "learner.fetch", "key": "/observations", "how": "slow", "ms": 0 });
    order(port, &json!([fails, counted]));
    let mut number = 0;
    support::eventually("a dozen batches", 2 * RECOVERY, || {
        number += 1;
        site.get(
            &format!("/page/{number}"),
            &[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")],
        );
        (hits(port)[1] >= 12).then_some(())
    });
    let [failed, taken] = hits(port)[..] else { panic!("two faults") };
    // After two seconds, four, eight and so on.
    assert!((1..=6).contains(&failed), "{failed} calls that failed, and {taken} of the other learner");
    support::eventually("that stands in the log", RECOVERY, || has_failed(&site).then_some(()));
}

#[test]
fn a_learner_with_too_many_records_says_when_to_come_again() {
    let site = Site::start_faulty(&[]);
    let waits = (0..6).map(|batch| {
        let pages = (0..1980).map(|page| (format!("/{batch}/{page}"), PageStats::default())).collect();
        let answer = send(&site, &NavigationBatch { pages, ..of_shop() });
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
