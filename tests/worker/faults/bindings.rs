//! KV and the objects hang, fail, and give what is none: a view of a page never waits for them, and is the origin's.

use super::{RECOVERY, Stand, hits, order, order_none, serve, third_party, view};
use crate::support;
use crate::support::http;
use crate::support::log::{assert_said, times};
use crate::support::site::Site;
use crate::support::worker::QUICK;
use crate::visitor::KEY;
use serde_json::{Value, json};
use std::collections::BTreeSet;

/// What is asked for beside pages.
fn requests(path: &str) -> Vec<Vec<u8>> {
    let request =
        |method: &str, fields: &[(&str, &str)], body: &[u8]| http::request(method, path, fields, body);
    let session = ("Cookie", "session=1; seen=1");
    vec![
        view(path),
        request("GET", &[session, ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], b""),
        request("GET", &[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")], b""),
        request("GET", &[("Range", "bytes=2-5")], b""),
        request("GET", &[("If-None-Match", "\"a\"")], b""),
        request("HEAD", &[], b""),
        request("POST", &[session], b"order=1"),
        request("POST", &[], &vec![b'x'; 300_000]),
    ]
}

#[test]
fn no_view_waits_for_kv_or_an_object() {
    let variables = [&QUICK[..], &[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/count")]].concat();
    let stand = Stand::start(&variables);
    serve(&stand.origin);
    let all = ["kv.get", "kv.put", "kv.delete", "kv.list", "learner.call", "ledger.call"];
    order(stand.port(), &all.iter().map(|at| json!({ "at": at, "how": "hang" })).collect());
    // From the first request of an isolate on.
    stand.same("the first view", &view("/first"));
    let is_waited_for = || times(stand.log(), "no answer within") == 0;
    assert!(is_waited_for(), "whoever had waited had waited until this was said");
    for number in 0..5 {
        for request in requests(&format!("/page/{number}")) {
            stand.same("while everything hangs", &request);
        }
    }
    let what = "each of them hangs";
    support::eventually(what, RECOVERY, || {
        stand.same(what, &view("/others"));
        let hits = hits(stand.port());
        (hits[0] >= 3 && hits[4] >= 1).then_some(())
    });
    for said in [
        "platform: KV could not be read: no answer within 5 seconds; nothing is to be done unless it lasts",
        "the switches cannot be read from KV, so the last ones hold: Error: no answer within 5 seconds",
        "platform: what was seen could not be sent to the learner: no answer within 10 seconds; nothing is to be done",
    ] {
        stand.views_until(said, || (times(stand.log(), said) > 0).then_some(()));
    }
    // What comes back is used again, and each fault was said once.
    order_none(stand.port());
    // By views of one page: an isolate reads so many pages a second, and no more.
    let fresh = support::eventually("what is learned comes back", RECOVERY, || {
        http::get(stand.port(), "/fresh", &[]).get("link")
    });
    assert!(fresh.contains(".example>; rel=preconnect"), "{fresh}");
    for said in ["KV could not be read", "the switches cannot be read", "could not be sent to the learner"] {
        let log = stand.log().of_headstart();
        // What still hung when the faults ended is given another end by them, behind which the first may be said again.
        let of_it = log.iter().filter(|line| line.contains(said) && !line.contains("what hung has ended"));
        assert_eq!(of_it.collect::<BTreeSet<_>>().len(), 1, "{said}: {log:?}");
    }
}

/// A fault of KV, and what follows.
struct Row {
    /// What is wrong.
    what: &'static str,
    fault: Value,
    /// What the log says of it, once; nothing where nothing is wrong.
    said: Option<&'static str>,
    /// Whether what was read before holds.
    holds: bool,
}

/// What is wrong with the value of a key.
fn rows(key: &str) -> Vec<Row> {
    let row = |what, how: Value, said, holds| {
        let mut fault = json!({ "at": "kv.get", "key": key });
        fault.as_object_mut().unwrap().extend(how.as_object().unwrap().clone());
        Row { what, fault, said, holds }
    };
    let give = |value: &str| json!({ "how": "give", "value": value });
    vec![
        row(
            "it fails",
            json!({ "how": "throw", "value": "it fails" }),
            Some("platform: KV could not be read: it fails; nothing is to be done"),
            true,
        ),
        row("it is slow", json!({ "how": "slow", "ms": 2_000 }), None, true),
        row(
            "it hangs",
            json!({ "how": "hang" }),
            Some("platform: KV could not be read: no answer within 5 seconds"),
            true,
        ),
        row(
            "garbage",
            give("\u{0}\u{1}{{"),
            Some("the snapshot cannot be read: expected value at line 1 column 1"),
            true,
        ),
        row(
            "half of it",
            give("{\"version\":"),
            Some("the snapshot cannot be read: EOF while parsing"),
            true,
        ),
        // But for the column the same is wrong with it, and was said.
        row("nothing in it", give(""), None, true),
        row("another kind of thing", give("\"x\""), Some("the snapshot cannot be read: invalid type"), true),
        row(
            "an older version",
            give(r#"{"version":0,"pages":{}}"#),
            Some("the snapshot is of version 0, not"),
            true,
        ),
        row("a newer version", give(r#"{"version":99,"pages":{},"beams":[7]}"#), None, true),
        row("far too much", give(&"x".repeat(2_000_000)), Some("more than the 1900000 bytes allowed"), true),
        row("none", json!({ "how": "give", "value": null }), None, false),
    ]
}

/// Has everything go wrong that can with the value of a key, one after the other. `is_known` tells whether what was learned is used.
fn go_through(stand: &Stand, key: &str, is_known: impl Fn() -> bool) {
    for Row { what, fault, said, holds } in rows(key) {
        order(stand.port(), &json!([fault]));
        stand.views_until(what, || {
            let is_said = said.is_none_or(|said| times(stand.log(), said) > 0);
            // Twice, so that what followed from the first time is seen.
            (is_said && hits(stand.port())[0] >= 2 && is_known() == holds).then_some(())
        });
        order_none(stand.port());
        stand.views_until(what, || is_known().then_some(()));
        if let Some(said) = said {
            assert_said(stand.log(), said, 1);
        }
    }
}

#[test]
fn whatever_kv_gives_for_hints_no_view_differs_and_it_is_said_once() {
    let stand = Stand::start(&QUICK);
    serve(&stand.origin);
    let hint = third_party("/known");
    let is_known =
        || http::get(stand.port(), "/known", &[]).get("link").is_some_and(|link| link.contains(&hint));
    stand.views_until("it is learned", || is_known().then_some(()));
    go_through(&stand, "shop.test/0", is_known);
    let unused = "internal: what is published under shop.test/0 is not used, so what was read before holds until its learner publishes anew";
    assert_said(stand.log(), unused, 5);
}

#[test]
fn whatever_kv_gives_for_next_pages_no_view_differs_and_it_is_said_once() {
    let stand = Stand::start(&QUICK);
    serve(&stand.origin);
    let health = || -> Value {
        let told = http::get(stand.port(), "/_headstart/health", &[]).text();
        serde_json::from_str(&told).unwrap()
    };
    stand.views_until("it is read", || health()["next_pages_age_seconds"].as_u64().map(|_| ()));
    let before = health()["reasons"].clone();
    // What was read before shows in nothing here but that it is not read anew.
    for Row { what, fault, said, .. } in rows("shop.test/next") {
        order(stand.port(), &json!([fault]));
        stand.views_until(what, || {
            let is_said = said.is_none_or(|said| times(stand.log(), said) > 0);
            (is_said && hits(stand.port())[0] >= 2).then_some(())
        });
        order_none(stand.port());
        if let Some(said) = said {
            assert_said(stand.log(), said, 1);
        }
    }
    stand.views_until("it is as well as before", || (health()["reasons"] == before).then_some(()));
}

#[test]
fn switches_that_cannot_be_read_change_nothing_and_are_said_once() {
    let stand = Stand::start(&QUICK);
    serve(&stand.origin);
    let is_on = || http::get(stand.port(), "/a", &[]).get("speculation-rules").is_some();
    let record = r#"{"paths":{"/a":"off"}}"#;
    let give = |value: &str| json!([{ "at": "kv.get", "key": "switches", "how": "give", "value": value }]);
    order(stand.port(), &give(record));
    stand.views_until("it is switched off", || (!is_on()).then_some(()));
    for (fault, said) in [
        (
            json!([{ "at": "kv.get", "key": "switches", "how": "throw", "value": "KV is gone" }]),
            "so the last ones hold: Error: KV is gone",
        ),
        (
            json!([{ "at": "kv.get", "key": "switches", "how": "hang" }]),
            "so the last ones hold: Error: no answer within 5 seconds",
        ),
        (give("{"), "are not understood: they are no JSON"),
        (give(&"x".repeat(40_000)), "have 40000 characters, more than the 32768 allowed"),
    ] {
        order(stand.port(), &fault);
        stand
            .views_until(said, || (times(stand.log(), said) > 0 && hits(stand.port())[0] >= 2).then_some(()));
        assert!(!is_on(), "{said}: the last ones hold");
    }
    order_none(stand.port());
    stand.views_until("it is on again", || is_on().then_some(()));
}

#[test]
fn a_rules_file_comes_though_kv_hangs() {
    let stand = Stand::start(&QUICK);
    serve(&stand.origin);
    order(stand.port(), &json!([{ "at": "kv.get", "how": "hang" }]));
    // Nobody sees a page later for it: it is fetched when the page is there, and what is learned is only more of the same.
    let shared = http::get(stand.port(), "/_headstart/rules/site.json", &[]);
    assert_eq!((shared.status(), times(stand.log(), "no answer within")), (200, 0));
    assert_eq!(
        http::get(stand.port(), "/_headstart/rules/next/1f/a", &[]).status(),
        404,
        "as where nothing is known"
    );
    assert_said(stand.log(), "KV could not be read: no answer within 5 seconds", 1);
}

#[test]
fn an_object_that_is_asked_for_what_it_does_not_have_makes_no_table() {
    let token = "a token of the tests, forty characters";
    let site = Site::start_faulty(&[("ADMIN_TOKEN", token), ("SEAL_KEY", KEY)]);
    order(
        site.worker.port,
        &json!([
            { "at": "learner.sql", "key": "CREATE", "how": "throw" },
            { "at": "learner.fetch", "key": "/figures", "how": "slow", "ms": 0 },
        ]),
    );
    // The report asks each learner for its figures, also of a site that was never taught.
    let report = site.get("/_headstart/?format=json", &[("Authorization", &format!("Bearer {token}"))]);
    assert_eq!(report.status(), 200);
    let [made, asked] = hits(site.worker.port)[..] else { panic!("two faults were ordered") };
    assert_eq!((made, asked > 0), (0, true));
}
