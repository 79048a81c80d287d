//! Ledgers fail while something is deferred, redeemed or sent: what is not safe is refused, nothing is sent twice that must not be, and
//! nothing is lost that a page was told is taken in.

use super::{RECOVERY, hits, order, order_none};
use crate::support;
use crate::support::http;
use crate::support::log::{assert_said, times};
use crate::support::origin::{After, html, write};
use crate::support::site::Site;
use crate::visitor::{
    BODY, KEY, activate, activating, all, page, prefetch, prerender, reached, ticket_of, ticketed,
};
use serde_json::{Value, json};

fn start(variables: &[(&str, &str)]) -> Site {
    let site = Site::start_faulty(&[&[("SEAL_KEY", KEY)], variables].concat());
    for leaving in [
        "a failure that a test wants",
        "a test ends it",
        "Network connection lost",
        "SQLITE_IOERR",
        "internal error",
    ] {
        site.worker.allows(leaving);
    }
    site
}

/// Each way in which a ledger cannot be reached, and what the log says of it.
fn unreachable() -> Vec<(Value, &'static str)> {
    let call = |more: Value| {
        let mut fault = json!({ "at": "ledger.call" });
        fault.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        json!([fault])
    };
    vec![
        (call(json!({ "how": "throw", "value": "it cannot be reached" })), "Error: it cannot be reached"),
        (call(json!({ "how": "overloaded" })), "Durable Object is overloaded"),
        (call(json!({ "how": "hang" })), "no answer within 3 seconds"),
        (call(json!({ "how": "answer", "value": "no", "status": 500 })), "the ledger answered 500"),
        (call(json!({ "how": "answer", "value": "no JSON" })), "JSON serialization error"),
        (json!([{ "at": "ledger.fetch", "how": "abort" }]), "Error: a test ends it"),
        (json!([{ "at": "ledger.sql", "how": "throw", "value": "SQLITE_IOERR" }]), "Error: SQLITE_IOERR"),
    ]
}

#[test]
fn a_prefetch_whose_ticket_cannot_be_kept_is_refused_and_the_click_is_the_origins() {
    let site = start(&[]);
    let long: Vec<String> = (0..8).map(|n| format!("c{n}={}; Path=/", "x".repeat(1000))).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    site.origin.say(&page(&long, BODY));
    for (number, (faults, said)) in unreachable().into_iter().enumerate() {
        order(site.worker.port, &faults);
        let path = format!("/a{number}");
        let refused = prefetch(&site, &path, &[]);
        assert_eq!(
            (refused.status(), refused.get("headstart-refused").as_deref()),
            (503, Some("effect")),
            "{said}"
        );
        assert!(refused.head.all("set-cookie").is_empty() && hits(site.worker.port)[0] > 0, "{said}");
        let clicked =
            site.get(&path, &all(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], &[]));
        assert_eq!((clicked.status(), clicked.text().as_str()), (200, BODY), "{said}");
        assert_eq!(clicked.head.all("set-cookie"), long, "{said}: a view waits for no ledger");
        order_none(site.worker.port);
        support::eventually(said, RECOVERY, || (times(site.worker.printed(), said) == 1).then_some(()));
        let file = ticketed(&prefetch(&site, &format!("/b{number}"), &[]));
        let shown = format!("http://shop.test/b{number}");
        assert_eq!(
            site.get(&file, &activating(&shown, &[])).head.all("set-cookie"),
            long,
            "{said}: it is well again"
        );
    }
    for line in site.worker.log().iter().filter(|line| line.contains("platform: ")) {
        assert!(
            line.contains(" (the speculation is refused); nothing is to be done unless it lasts"),
            "{line}"
        );
    }
}

/// The ticket's cookies are handed over where nobody can write down that they were: each is compared with what the visitor has.
#[test]
fn cookies_are_handed_over_though_the_ledger_fails_and_never_over_newer_ones() {
    let site = start(&[]);
    site.origin.say(&page(&["visits=1; Path=/"], BODY));
    for (number, (faults, said)) in unreachable().into_iter().enumerate() {
        let (path, shown) = (format!("/a{number}"), format!("http://shop.test/a{number}"));
        let file = ticketed(&prefetch(&site, &path, &[]));
        order(site.worker.port, &faults);
        let rules = site.get(&file, &activating(&shown, &[]));
        assert_eq!(
            (rules.status(), rules.head.all("set-cookie")),
            (200, vec!["visits=1; Path=/".to_owned()]),
            "{said}"
        );
        order_none(site.worker.port);
        let newer = site.get(&file, &activating(&shown, &[("Cookie", "visits=2")]));
        assert_eq!((newer.status(), newer.head.all("set-cookie")), (200, vec![]), "{said}");
    }
}

/// How often the origin was asked for a visit, and not ahead.
fn visits(site: &Site) -> Vec<String> {
    reached(site)
        .into_iter()
        .filter(|(_, _, is_speculation)| !is_speculation)
        .map(|(_, target, _)| target)
        .collect()
}

#[test]
fn a_visit_is_sent_once_or_never_where_the_ledger_fails() {
    let site = start(&[("EFFECT_PATHS", "/*")]);
    site.origin.say(&html(BODY));
    let lost = json!([{ "at": "ledger.call", "how": "lost" }]);
    let in_object = json!([{ "at": "ledger.fetch", "how": "lost" }]);
    let none = unreachable().into_iter().map(|(faults, said)| (faults, said, 0));
    let once = [
        (lost, "it was sent, and nobody was told", 1),
        (in_object, "it was sent, and the answer is lost", 1),
    ];
    for (number, (faults, said, times)) in none.chain(once).enumerate() {
        let (path, shown) = (format!("/a{number}"), format!("http://shop.test/a{number}"));
        let file = ticketed(&prefetch(&site, &path, &[]));
        visits(&site);
        order(site.worker.port, &faults);
        assert_eq!(site.get(&file, &activating(&shown, &[])).status(), 200, "{said}: rules come in any case");
        assert!(hits(site.worker.port)[0] > 0, "{said}");
        assert_eq!(visits(&site).len(), times, "{said}");
        order_none(site.worker.port);
        // The browser asks again. What was never sent is sent now.
        for _ in 0..3 {
            assert_eq!(site.get(&file, &activating(&shown, &[])).status(), 200, "{said}");
        }
        assert_eq!(times + visits(&site).len(), 1, "{said}");
    }
}

#[test]
fn a_visit_that_must_not_be_lost_survives_an_evicted_ledger_and_an_alarm_that_fails() {
    let site = start(&[("EFFECT_PATHS", "/count"), ("EFFECT_PATHS_AT_LEAST_ONCE", "/sure")]);
    // A visit takes as long as the object lives, and longer.
    site.origin.answer(|request, stream| {
        if request.head.get("sec-purpose").is_none() {
            std::thread::sleep(std::time::Duration::from_secs(2));
        }
        write(stream, &html(BODY));
        After::Keep
    });
    let files = ["/count", "/sure"].map(|path| (path, ticketed(&prefetch(&site, path, &[]))));
    visits(&site);
    // The object ends in the middle of the visit.
    order(site.worker.port, &json!([{ "at": "ledger.fetch", "how": "abort", "ms": 700 }]));
    let mut asked = Vec::new();
    for (path, file) in &files {
        assert_eq!(site.get(file, &activating(&format!("http://shop.test{path}"), &[])).status(), 200);
        support::eventually(path, RECOVERY, || {
            asked.extend(visits(&site));
            asked.iter().any(|asked| asked == path).then_some(())
        });
    }
    assert_eq!(asked, ["/count", "/sure"]);
    // And then its storage fails when the alarm rings.
    let fault = json!({ "at": "ledger.sql", "key": "standing <= ?", "how": "throw", "value": "SQLITE_IOERR", "times": 2 });
    order(site.worker.port, &json!([fault]));
    // Nobody comes any more: the alarm does it.
    let mut again = Vec::new();
    support::eventually("what must not be lost is sent", 2 * RECOVERY, || {
        again.extend(visits(&site));
        (!again.is_empty()).then_some(())
    });
    let said = "platform: what is due in a ledger could not be done, and is tried again: Error: SQLITE_IOERR";
    assert_eq!(again, ["/sure"]);
    assert_said(site.worker.printed(), said, 1);
    assert_eq!(hits(site.worker.port), [2]);
}

#[test]
fn what_a_prerendering_page_was_told_is_taken_in_is_sent_once_though_the_ledger_fails() {
    let site = start(&[("EFFECT_PATHS", "/seen")]);
    site.origin.say(&page(&[], BODY));
    let send = |from: &str, number: usize| {
        let referer = format!("http://shop.test{from}");
        let headers = [
            ("Sec-Purpose", "prefetch;prerender"),
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", referer.as_str()),
        ];
        let path = format!("/seen?{number}");
        http::raw(site.worker.port, &http::request("POST", &path, &all(&headers, &[]), b"x")).status()
    };
    // A page that cannot be opened in the ledger is not prerendered.
    for (number, (faults, said)) in unreachable().into_iter().enumerate() {
        order(site.worker.port, &faults);
        let refused = prerender(&site, &format!("/no{number}"), &[]);
        assert_eq!(
            (refused.status(), refused.get("headstart-refused").as_deref()),
            (503, Some("effect")),
            "{said}"
        );
        order_none(site.worker.port);
    }
    let evict = |path: &str| {
        order(site.worker.port, &json!([{ "at": "ledger.fetch", "how": "abort", "times": 1 }]));
        assert_eq!(
            send(path, 0),
            503,
            "the object ends, and what it could not take in nobody is told is taken in"
        );
        order_none(site.worker.port);
    };
    for (number, faults) in [
        json!([]),
        // The first two times it cannot be reached, as in a deploy.
        json!([{ "at": "ledger.call", "how": "moved", "times": 2 }]),
        json!([{ "at": "ledger.fetch", "how": "abort", "times": 1 }]),
        // It is sent, and nobody is told: it is asked for again.
        json!([{ "at": "ledger.fetch", "how": "lost", "times": 1 }]),
    ]
    .into_iter()
    .enumerate()
    {
        let path = format!("/p{number}");
        let ticket = ticket_of(&prerender(&site, &path, &[]));
        reached(&site);
        assert_eq!([send(&path, 1), send(&path, 2)], [204, 204], "{faults}");
        evict(&path);
        assert_eq!(send(&path, 3), 204);
        // The ticket is redeemed first, by a call of its own.
        let mut faults = faults;
        if let Some(fault) = faults.as_array_mut().unwrap().first_mut() {
            let before = json!({ "at": fault["at"], "how": "slow", "ms": 1, "times": 1 });
            faults = json!([before, fault.clone()]);
        }
        order(site.worker.port, &faults);
        assert_eq!(
            activate(&site, &format!("http://shop.test{path}"), &ticket, &[]).status(),
            204,
            "{faults}"
        );
        let mut sent = Vec::new();
        support::eventually("all three are sent", RECOVERY, || {
            sent.extend(visits(&site));
            (sent.len() >= 3).then_some(())
        });
        order_none(site.worker.port);
        // Whoever activates it again has nothing sent a second time.
        assert_eq!(activate(&site, &format!("http://shop.test{path}"), &ticket, &[]).status(), 403);
        sent.extend(visits(&site));
        assert_eq!(sent, ["/seen?1", "/seen?2", "/seen?3"], "{faults}");
    }
}

/// What a ledger has written down is so, whatever becomes of its alarm: whoever is told otherwise would do it once more.
#[test]
fn what_is_written_down_holds_though_no_alarm_can_be_set() {
    let variables = [("EFFECT_PATHS", "/count, /seen"), ("EFFECT_PATHS_AT_LEAST_ONCE", "/sure")];
    let site = start(&variables);
    site.origin.say(&page(&[], BODY));
    let unset = json!([{ "at": "ledger.setAlarm", "how": "throw", "value": "SQLITE_IOERR" }]);
    order(site.worker.port, &unset);
    let ticket = ticket_of(&prerender(&site, "/p", &[]));
    let send = |number: usize| {
        let headers = [
            ("Sec-Purpose", "prefetch;prerender"),
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", "http://shop.test/p"),
        ];
        let path = format!("/seen?{number}");
        http::raw(site.worker.port, &http::request("POST", &path, &all(&headers, &[]), b"x")).status()
    };
    visits(&site);
    assert_eq!([send(1), send(2)], [204, 204], "it is taken in, and the page is told so");
    assert_eq!(activate(&site, "http://shop.test/p", &ticket, &[]).status(), 204);
    let mut sent = Vec::new();
    support::eventually("both are sent", RECOVERY, || {
        sent.extend(visits(&site));
        (sent.len() >= 2).then_some(())
    });
    assert_eq!(sent, ["/seen?1", "/seen?2"]);
    for path in ["/count", "/sure"] {
        let file = ticketed(&prefetch(&site, path, &[]));
        visits(&site);
        let activated = || site.get(&file, &activating(&format!("http://shop.test{path}"), &[])).status();
        assert_eq!([activated(), activated(), activated()], [200; 3], "{path}");
        assert_eq!(visits(&site), [path], "it is sent at once, and once");
    }
    assert!(hits(site.worker.port)[0] >= 5);
    let said = "platform: the alarm of a ledger could not be set, and is set with what comes next: Error: SQLITE_IOERR";
    assert_said(site.worker.printed(), said, 1);
    assert_eq!(times(site.worker.printed(), "cannot be reached"), 0, "{:?}", site.worker.log());
}
