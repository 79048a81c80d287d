//! Learners fail while they are sent what was seen: no view differs, no batch counts twice, and what comes later is learned.

use super::{RECOVERY, hits, order, order_none, serve, third_party};
use crate::support;
use crate::support::log::{assert_said, times};
use crate::support::site::Site;
use serde_json::{Value, json};

const TOKEN: &str = "a token of the tests, forty characters";
const BEARER: (&str, &str) = ("Authorization", "Bearer a token of the tests, forty characters");
pub(super) const NAVIGATION: [(&str, &str); 3] =
    [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")];

pub(super) fn start() -> Site {
    let site = Site::start_faulty(&[("ADMIN_TOKEN", TOKEN)]);
    serve(&site.origin);
    // What an object throws, the platform logs as well; and it ends one that is aborted.
    for leaving in [
        "a failure that a test wants",
        "SQLITE_IOERR",
        "SQLITE_FULL",
        "it throws",
        "a test ends it",
        "internal error",
        "Network connection lost",
    ] {
        site.worker.allows(leaving);
    }
    site
}

/// How many views the learners have counted.
pub(super) fn counted(site: &Site) -> u64 {
    let report: Value =
        serde_json::from_str(&site.get("/_headstart/?format=json", &[BEARER]).text()).unwrap();
    report["views"]["plain"].as_u64().unwrap_or_default()
}

/// A fault of a learner.
struct Row {
    /// What is wrong.
    what: &'static str,
    fault: Value,
    /// What the log says of it, once.
    said: &'static str,
    /// Whether the batch that meets it is counted.
    counts: bool,
}

fn rows() -> Vec<Row> {
    let row = |what, mut fault: Value, said: &'static str, counts| {
        // Batches of hints, which have what was counted. Once each.
        fault["times"] = json!(1);
        if fault["key"].is_null() {
            fault["key"] = json!(if fault["at"] == "learner.call" { "shop.test/0" } else { "/observations" });
        }
        Row { what, fault, said, counts }
    };
    vec![
        row(
            "it cannot be reached",
            json!({ "at": "learner.call", "how": "throw", "value": "it cannot be reached" }),
            "could not be sent to the learner: Error: it cannot be reached",
            false,
        ),
        row(
            "it is overloaded",
            json!({ "at": "learner.call", "how": "overloaded" }),
            "Durable Object is overloaded. Requests queued for too long.",
            false,
        ),
        row(
            "it has moved",
            json!({ "at": "learner.call", "how": "moved" }),
            "Durable Object reset because its code was updated.",
            false,
        ),
        row("it is slow", json!({ "at": "learner.call", "how": "slow", "ms": 3_000 }), "", true),
        row(
            "it answers with an error",
            json!({ "at": "learner.call", "how": "answer", "value": "no", "status": 500 }),
            "internal: what was seen could not be sent to the learner: it answered 500",
            false,
        ),
        row(
            "it hangs",
            json!({ "at": "learner.call", "how": "hang" }),
            "could not be sent to the learner: no answer within 10 seconds",
            false,
        ),
        row(
            "it throws",
            json!({ "at": "learner.fetch", "how": "throw", "value": "it throws" }),
            "could not be sent to the learner: Error: it throws",
            false,
        ),
        row(
            "its answer is lost",
            json!({ "at": "learner.fetch", "how": "lost" }),
            "could not be sent to the learner: Error: Network connection lost.",
            true,
        ),
        row(
            "it is evicted before",
            json!({ "at": "learner.fetch", "how": "abort" }),
            "could not be sent to the learner: Error: a test ends it",
            false,
        ),
        row(
            "its storage fails in the middle",
            json!({ "at": "learner.sql", "key": "INSERT INTO record", "after": 2, "how": "throw", "value": "SQLITE_IOERR" }),
            "could not be sent to the learner: Error: SQLITE_IOERR",
            false,
        ),
        row(
            "its storage fails",
            json!({ "at": "learner.sql", "key": "INSERT INTO record", "how": "throw", "value": "SQLITE_FULL: it is full" }),
            "could not be sent to the learner: Error: SQLITE_FULL: it is full",
            false,
        ),
    ]
}

/// What is stored counts, whatever becomes of the alarm: nobody is told that it is not taken in, and it is published later.
#[test]
fn a_batch_that_is_stored_is_taken_in_though_no_alarm_can_be_set() {
    let site = start();
    site.learned("/known");
    for (number, at) in ["learner.setAlarm", "learner.getAlarm"].into_iter().enumerate() {
        let before = counted(&site);
        let batches = json!({ "at": "learner.fetch", "key": "/observations", "how": "slow", "ms": 1 });
        let unset = json!({ "at": at, "how": "throw", "value": "SQLITE_IOERR" });
        order(site.worker.port, &json!([batches, unset]));
        let path = format!("/without/{number}");
        assert_eq!(site.get(&path, &NAVIGATION).text(), super::body(&path), "{at}");
        support::eventually(at, RECOVERY, || {
            site.get(&path, &[]);
            let hits = hits(site.worker.port);
            (hits[0] >= 3 && hits[1] >= 3).then_some(())
        });
        order_none(site.worker.port);
        support::eventually(at, RECOVERY, || {
            site.get("/known", &[]);
            let counted = counted(&site);
            assert!(counted <= before + 1, "{at}: {counted} views are counted, of {}", before + 1);
            (counted == before + 1).then_some(())
        });
        assert!(site.learned(&path).contains(&third_party(&path)), "{at}: the next batch sets it");
    }
    let said = "platform: the alarm of a learner could not be set, and is set with the next batch: Error: SQLITE_IOERR";
    let log = site.worker.printed();
    assert_said(log, said, 1);
    assert_eq!(times(log, "could not be sent to the learner"), 0, "{:?}", site.worker.log());
}

#[test]
fn whatever_a_learner_does_no_batch_counts_twice_and_the_next_one_counts() {
    let site = start();
    site.learned("/known");
    for (number, Row { what, fault, said, counts }) in rows().into_iter().enumerate() {
        let before = counted(&site);
        order(site.worker.port, &json!([fault]));
        let path = format!("/during/{number}");
        assert_eq!(site.get(&path, &NAVIGATION).text(), super::body(&path), "{what}");
        // One of those that follow has its turn to send; they are no browser's, and not counted.
        support::eventually(what, RECOVERY, || {
            site.get("/known", &[]);
            (hits(site.worker.port)[0] == 1).then_some(())
        });
        let log = site.worker.printed();
        if !said.is_empty() {
            support::eventually(said, RECOVERY, || (times(log, said) > 0).then_some(()));
        }
        order_none(site.worker.port);
        // A later view is learned, and counted by the same learner.
        let path = format!("/after-{number}");
        site.get(&path, &NAVIGATION);
        let link = site.learned(&path);
        assert!(link.contains(&third_party(&path)), "{what}: {link}");
        // What waited when the fault came may be of the view before it: then the view itself is in the next batch.
        let least = before + if counts { 2 } else { 1 };
        support::eventually(what, RECOVERY, || {
            site.get("/known", &[]);
            let counted = counted(&site);
            assert!(counted <= before + 2, "{what}: {counted} views are counted, of {}", before + 2);
            (counted >= least).then_some(())
        });
        if !said.is_empty() {
            assert_said(log, said, 1);
        }
    }
}

#[test]
fn without_the_days_key_nothing_is_sent_and_nothing_is_lost() {
    let site = start();
    let fault = |how: Value| {
        let mut fault = json!({ "at": "learner.call", "key": "salt" });
        fault.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        json!([fault])
    };
    let mut views = 0;
    for (fault, said) in [
        (
            fault(json!({ "how": "throw", "value": "no key" })),
            "could not be sent to the learner: Error: no key",
        ),
        (
            fault(json!({ "how": "answer", "value": "no JSON" })),
            "could not be sent to the learner: expected ident",
        ),
        (fault(json!({ "how": "answer", "value": "{}" })), "could not be sent to the learner: missing field"),
        (fault(json!({ "how": "hang" })), "could not be sent to the learner: no answer within 10 seconds"),
    ] {
        order(site.worker.port, &fault);
        support::eventually(said, RECOVERY, || {
            views += 1;
            let path = format!("/page/{views}");
            assert_eq!(site.get(&path, &NAVIGATION).text(), super::body(&path));
            (times(site.worker.printed(), said) > 0).then_some(())
        });
    }
    order_none(site.worker.port);
    support::eventually("all is counted that waited", RECOVERY, || {
        site.get("/last", &[]);
        let counted = counted(&site);
        assert!(counted <= views, "{counted} of {views}");
        (counted == views).then_some(())
    });
}

#[test]
fn a_learner_that_knows_nothing_takes_nothing_in_before_kv_has_told_of_an_import() {
    let site = start();
    let port = site.worker.port;
    let look = |how: &str, times: u64| json!({ "at": "kv.get", "key": "import/shop.test/0", "how": how, "value": "KV is gone", "times": times });
    order(port, &json!([look("throw", 2), look("slow", 9)]));
    support::eventually("it is published", RECOVERY, || {
        site.get("/known", &[]);
        site.worker.published("shop.test/0")
    });
    // The third look told, and no other is made for an hour.
    assert_eq!(hits(port), [2, 1]);
    assert_said(
        site.worker.printed(),
        "what was imported could not be taken up: KV could not be read: KV is gone",
        1,
    );
}
