//! KV does not take what alarms publish, or alarms themselves fail: it is published all the same, and the objects go on.

use super::batches::{self, NAVIGATION, counted};
use super::{RECOVERY, hits, order, order_none, serve, third_party};
use crate::support;
use crate::support::log::{assert_said, times};
use crate::support::site::Site;
use serde_json::{Value, json};

/// A fault of what an alarm does.
struct Row {
    /// What is wrong.
    what: &'static str,
    fault: Value,
    /// What the log says of it, once.
    said: &'static str,
}

fn rows() -> Vec<Row> {
    let row = |what, fault, said| Row { what, fault, said };
    let put = |how: Value| {
        let mut fault = json!({ "at": "kv.put", "key": "shop.test/0" });
        fault.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        fault
    };
    vec![
        row(
            "KV takes nothing",
            put(json!({ "how": "throw", "value": "KV PUT failed: 429 Too Many Requests", "times": 2 })),
            "platform: what was learned could not be published, and is tried again: KV could not be written: KV PUT failed: 429 Too Many Requests; nothing is to be done",
        ),
        row(
            "KV hangs",
            put(json!({ "how": "hang", "times": 1 })),
            "tried again: KV could not be written: no answer within 5 seconds",
        ),
        row(
            "KV has taken it and does not say so",
            put(json!({ "how": "lost", "times": 1 })),
            "tried again: KV could not be written: Network connection lost.",
        ),
    ]
}

#[test]
fn what_was_learned_is_published_once_kv_takes_it() {
    let site = Site::start_faulty(&[]);
    serve(&site.origin);
    site.learned("/known");
    let published = || site.worker.published("shop.test/0").unwrap_or_default();
    for (number, Row { what, fault, said }) in rows().into_iter().enumerate() {
        // The first fault only tells how many batches have come.
        let batches = json!({ "at": "learner.fetch", "key": "/observations", "how": "slow", "ms": 1 });
        order(site.worker.port, &json!([batches, fault]));
        let path = format!("/page-{number}");
        let host = third_party(&path);
        support::eventually(what, RECOVERY, || {
            site.get(&path, &[]);
            let hits = hits(site.worker.port);
            (hits[0] >= 2 && hits[1] > 0).then_some(())
        });
        // It was met, and what was learned meanwhile comes out by itself: nobody else comes to the site.
        support::eventually(what, RECOVERY, || published().contains(&host).then_some(()));
        assert_said(site.worker.printed(), said, 1);
        order_none(site.worker.port);
        let all = published();
        for known in 0..=number {
            assert!(all.contains(&third_party(&format!("/page-{known}"))), "{what}: page {known} of {all}");
        }
    }
    assert!(site.learned("/page-0").contains(&third_party("/page-0")));
}

/// A fault of the alarm of a learner, which is made of one fault or several.
struct Ringing {
    /// What is wrong.
    what: &'static str,
    faults: Vec<Value>,
    /// What Headstart's log says of it, once; nothing where the platform alone can say it.
    said: &'static str,
}

fn ringing() -> Vec<Ringing> {
    let alarm = |how: &str, times: u64| json!({ "at": "learner.alarm", "key": "shop.test/0", "how": how, "times": times });
    let evicted = |value: &str| json!({ "at": "kv.put", "key": "shop.test/0", "how": "evict", "value": value, "times": 1 });
    // What an alarm alone reads, and what it alone writes, after KV has taken it.
    let sql = |statement: &str, name: &str, times: u64| {
        let name = format!(",\"{name}\"");
        json!({ "at": "learner.sql", "key": [statement, name], "how": "throw", "value": "SQLITE_IOERR", "times": times })
    };
    let unset = json!({ "at": "learner.setAlarm", "key": "5 s", "how": "throw", "value": "it cannot be set", "times": 1 });
    let failed = "platform: what was learned could not be published, and is tried again: Error: SQLITE_IOERR";
    let row = |what, faults, said| Ringing { what, faults, said };
    vec![
        row("it throws", vec![alarm("throw", 1)], ""),
        row("it throws twice", vec![alarm("throw", 2)], ""),
        row("it rings twice", vec![alarm("twice", 1)], ""),
        row("it rings twice at the same time", vec![alarm("together", 1)], ""),
        row("it has done it, and throws", vec![alarm("lost", 1)], ""),
        row("the object is evicted before", vec![alarm("abort", 1)], ""),
        row("the object is evicted before KV has it", vec![evicted("")], ""),
        row("the object is evicted once KV has it", vec![evicted("done")], ""),
        row("its storage fails", vec![sql("SELECT", "published", 2)], failed),
        row("its storage fails once KV has it", vec![sql("INSERT", "published-at", 1)], failed),
        row(
            "its storage fails, and it cannot be set anew",
            vec![sql("SELECT", "published", 1), unset],
            failed,
        ),
    ]
}

#[test]
fn what_was_learned_is_published_and_counted_once_whatever_becomes_of_an_alarm() {
    let site = batches::start();
    site.worker.allows("it cannot be set");
    site.learned("/known");
    let published = || site.worker.published("shop.test/0").unwrap_or_default();
    let mut said_before = 0;
    for (number, Ringing { what, faults, said }) in ringing().into_iter().enumerate() {
        let before = counted(&site);
        let batches = json!({ "at": "learner.fetch", "key": "/observations", "how": "slow", "ms": 1 });
        let expected: Vec<u64> = faults.iter().map(|fault| fault["times"].as_u64().unwrap()).collect();
        order(site.worker.port, &json!([vec![batches], faults].concat()));
        let path = format!("/page-{number}");
        assert_eq!(site.get(&path, &NAVIGATION).text(), super::body(&path), "{what}");
        // What one view shows is not published: until the learner has several, in a batch each, and its alarm has met the fault. These
        // are no browser's, and not counted.
        support::eventually(what, RECOVERY, || {
            site.get(&path, &[]);
            let hits = hits(site.worker.port);
            (hits[0] >= 6 && hits[1] > 0).then_some(())
        });
        // Nobody else comes to the site.
        let host = third_party(&path);
        support::eventually(what, RECOVERY, || {
            let is_met = hits(site.worker.port)[1..] == expected;
            (is_met && published().contains(&host)).then_some(())
        });
        order_none(site.worker.port);
        let all = published();
        for known in 0..=number {
            assert!(all.contains(&third_party(&format!("/page-{known}"))), "{what}: page {known} of {all}");
        }
        // The view may have been in a batch that waits for the next one.
        support::eventually(what, RECOVERY, || {
            site.get("/known", &[]);
            let counted = counted(&site);
            assert!(counted <= before + 1, "{what}: {counted} views are counted, of {}", before + 1);
            (counted == before + 1).then_some(())
        });
        if !said.is_empty() {
            assert_said(site.worker.printed(), said, 1);
        }
        // What only the platform can say, Headstart does not.
        let all_said = times(site.worker.printed(), "could not be published");
        assert!(!said.is_empty() || all_said == said_before, "{what}: {:?}", site.worker.log());
        said_before = all_said;
    }
    assert!(site.learned("/page-0").contains(&third_party("/page-0")));
}
