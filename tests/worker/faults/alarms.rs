//! KV does not take what alarms publish: it is published all the same, and the objects go on.

use super::{RECOVERY, hits, order, order_none, serve, third_party, times};
use crate::support;
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
        assert_eq!(times(site.worker.printed(), said), 1, "{what}: {:?}", site.worker.log());
        order_none(site.worker.port);
        let all = published();
        for known in 0..=number {
            assert!(all.contains(&third_party(&format!("/page-{known}"))), "{what}: page {known} of {all}");
        }
    }
    assert!(site.learned("/page-0").contains(&third_party("/page-0")));
}
