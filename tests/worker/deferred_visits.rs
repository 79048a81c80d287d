//! Paths that count visits count a speculation once it is activated, and once only: the visit is deferred, and so is what
//! a prerendering page sends.

use crate::support;
use crate::support::http;
use crate::support::origin::{After, Received, html, write};
use crate::support::site::Site;
use crate::visitor::{
    BODY, KEY, activate, activating, all, page, prefetch, prerender, reached, start, ticket_of, ticketed,
};
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

/// Counts what reaches the origin as a visit of `/count`, and answers it with a status, after a while.
fn counting(site: &Site, status: &Arc<AtomicU16>, wait: Duration) {
    let status = Arc::clone(status);
    site.origin.answer(move |request, stream| {
        let is_visit = request.target() == "/count" && request.head.get("sec-purpose").is_none();
        if is_visit {
            std::thread::sleep(wait);
            let status = status.load(Ordering::SeqCst);
            write(stream, format!("HTTP/1.1 {status} X\r\nContent-Length: 0\r\n\r\n").as_bytes());
        } else {
            write(stream, &html(BODY));
        }
        After::Keep
    });
}

/// How many visits of `/count` reached the origin since it was last asked.
fn visits(received: &[Received]) -> usize {
    received
        .iter()
        .filter(|request| request.target() == "/count" && request.head.get("sec-purpose").is_none())
        .count()
}

/// Redeems a ticket a hundred times at once, of a page that counts its visits as this variable says.
fn redeem_a_hundred_times(paths: &str) {
    let site = start(&[(paths, "/count")]);
    counting(&site, &Arc::new(AtomicU16::new(200)), Duration::from_millis(300));
    let file = ticketed(&prefetch(&site, "/count", &[]));
    site.origin.take();
    std::thread::scope(|scope| {
        for _ in 0..100 {
            scope.spawn(|| {
                let rules = site.get(&file, &activating("http://shop.test/count", &[("Cookie", "a=1")]));
                assert_eq!(rules.status(), 200);
            });
        }
    });
    let received = site.origin.take();
    assert_eq!(visits(&received), 1, "{paths}");
    let visit = received.iter().find(|request| request.target() == "/count").unwrap();
    let get = |name: &str| visit.head.get(name);
    assert_eq!(get("sec-fetch-dest").as_deref(), Some("document"), "as a visit");
    assert_eq!(get("referer").as_deref(), Some("http://shop.test/"));
    assert_eq!((get("cookie").as_deref(), get("headstart-purpose")), (Some("a=1"), None));
}

#[test]
fn a_hundred_redemptions_at_once_reach_the_origin_once() {
    redeem_a_hundred_times("EFFECT_PATHS");
}

#[test]
fn a_hundred_redemptions_at_once_reach_the_origin_once_where_it_must_not_be_lost() {
    redeem_a_hundred_times("EFFECT_PATHS_AT_LEAST_ONCE");
}

#[test]
fn a_deferred_visit_is_the_visitors_own_and_what_it_sets_fits_the_page() {
    let site = start(&[("EFFECT_PATHS", "/shop/count")]);
    site.origin.answer(|request, stream| {
        let is_speculation = request.head.get("sec-purpose").is_some();
        let cookies = request.head.get("cookie").unwrap_or_default();
        // A newcomer is given a session, and each answer a form token of its own.
        let session =
            if cookies.contains("sid=") { "renewed=1; Path=/" } else { "sid=abc; Path=/; HttpOnly" };
        let (token, visits) =
            if is_speculation { ("csrftoken=shown", "visits=1") } else { ("csrftoken=other", "visits=2") };
        let path = if is_speculation { "; Path=/" } else { "" };
        write(stream, &page(&[session, &format!("{token}; Path=/"), &format!("{visits}{path}")], BODY));
        After::Keep
    });
    let file = ticketed(&prefetch(&site, "/shop/count", &[]));
    let rules = site.get(&file, &activating("http://shop.test/shop/count", &[("Cookie", "a=1")]));
    assert_eq!(
        rules.head.all("set-cookie"),
        ["sid=abc; Path=/; HttpOnly", "csrftoken=shown; Path=/", "renewed=1; Path=/", "visits=2; Path=/shop"]
    );
    let received = site.origin.take();
    let visit = received.iter().rfind(|request| request.target() == "/shop/count").unwrap();
    assert_eq!(visit.head.get("cookie").as_deref(), Some("a=1; sid=abc; csrftoken=shown"));
}

#[test]
fn an_origin_that_fails_is_asked_at_most_once_or_until_it_answers() {
    let site = start(&[("EFFECT_PATHS", "/count"), ("EFFECT_PATHS_AT_LEAST_ONCE", "/sure")]);
    site.origin.answer(|request, stream| {
        if request.head.get("sec-purpose").is_some() {
            write(stream, &html(BODY));
        } else {
            write(stream, b"HTTP/1.1 500 No\r\nContent-Length: 0\r\n\r\n");
        }
        After::Keep
    });
    let files = ["/count", "/sure"].map(|path| (path, ticketed(&prefetch(&site, path, &[]))));
    site.origin.take();
    for (path, file) in &files {
        let shown = format!("http://shop.test{path}");
        for _ in 0..3 {
            assert_eq!(site.get(file, &activating(&shown, &[])).status(), 200);
        }
    }
    let mut asked: Vec<String> = reached(&site).into_iter().map(|(_, target, _)| target).collect();
    asked.sort();
    assert_eq!(asked, ["/count", "/sure"], "each once for now");
    site.origin.say(&html(BODY));
    let mut again = Vec::new();
    support::eventually("it is asked again", Duration::from_secs(60), || {
        again.extend(reached(&site));
        (!again.is_empty()).then_some(())
    });
    assert_eq!(again, [("GET".to_owned(), "/sure".to_owned(), false)]);
}

#[test]
fn after_a_crash_at_most_once_is_not_doubled_and_at_least_once_is_not_lost() {
    let variables = [("SEAL_KEY", KEY), ("EFFECT_PATHS", "/count"), ("EFFECT_PATHS_AT_LEAST_ONCE", "/sure")];
    let mut site = Site::start_alone(&variables);
    // The visit hangs at the origin: it is written down, and it is not known what became of it.
    site.origin.answer(|request, stream| {
        if request.head.get("sec-purpose").is_some() {
            write(stream, &html(BODY));
            After::Keep
        } else {
            std::thread::sleep(Duration::from_secs(3));
            After::Close
        }
    });
    let files = ["/count", "/sure"].map(|path| (path, ticketed(&prefetch(&site, path, &[]))));
    site.origin.take();
    std::thread::scope(|scope| {
        for (path, file) in &files {
            let shown = format!("http://shop.test{path}");
            let port = site.worker.port;
            scope.spawn(move || {
                let headers = activating(&shown, &[]);
                let mut connection = http::Connection::to(port);
                connection.send(&http::request("GET", file, &headers, b""));
                // It ends without an answer, or with an error of the development server.
                let _ = connection.head();
            });
        }
        let mut seen = Vec::new();
        support::eventually("both are under way", Duration::from_secs(20), || {
            seen.extend(reached(&site));
            (seen.len() == 2).then_some(())
        });
        site.worker.kill();
    });
    site.origin.say(&html(BODY));
    site.worker.restart();
    // The tickets are redeemed, and that was written down.
    for (path, file) in &files {
        let rules = site.get(file, &activating(&format!("http://shop.test{path}"), &[]));
        assert_eq!((rules.status(), rules.head.all("set-cookie")), (200, vec![]));
    }
    let mut again = Vec::new();
    support::eventually("what must not be lost is sent", Duration::from_secs(60), || {
        again.extend(reached(&site));
        (!again.is_empty()).then_some(())
    });
    // Nothing else follows once the ledger has nothing left to do.
    std::thread::sleep(Duration::from_millis(500));
    again.extend(reached(&site));
    assert_eq!(again, [("GET".to_owned(), "/sure".to_owned(), false)]);
}

#[test]
fn what_a_prerendering_page_sends_is_deferred_and_sent_once_on_activation() {
    let site = start(&[("EFFECT_PATHS", "/pixel.gif /seen")]);
    site.origin.say(&page(&[], BODY));
    let rendered = prerender(&site, "/a", &[]);
    let ticket = ticket_of(&rendered);
    reached(&site);
    let early = |method: &str, path: &str, destination: &str, body: &[u8]| {
        let headers = [
            ("Sec-Purpose", "prefetch;prerender"),
            ("Sec-Fetch-Dest", destination),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", "http://shop.test/a"),
            ("Cookie", "a=1"),
        ];
        http::raw(site.worker.port, &http::request(method, path, &all(&headers, &[]), body))
    };
    let picture = early("GET", "/pixel.gif?n=1", "image", b"");
    assert_eq!((picture.status(), picture.get("content-type").as_deref()), (200, Some("image/gif")));
    assert_eq!((&picture.body.0[..6], picture.body.0.len()), (&b"GIF89a"[..], 43));
    assert_eq!(early("POST", "/seen", "empty", b"\x00what").status(), 204);
    let big = early("POST", "/seen", "empty", &vec![b'x'; 70_000]);
    assert_eq!((big.status(), big.get("headstart-refused").as_deref()), (503, Some("effect;too-much")));
    assert!(reached(&site).is_empty(), "a speculation alone");

    let shown = activate(&site, "http://shop.test/a", &ticket, &[]);
    assert_eq!(shown.status(), 204);
    let mut sent = Vec::new();
    support::eventually("both are sent", Duration::from_secs(20), || {
        sent.extend(site.origin.take().into_iter().filter(|request| request.target() != "/robots.txt"));
        (sent.len() == 2).then_some(())
    });
    let lines: Vec<(&str, &str)> = sent.iter().map(|request| (request.method(), request.target())).collect();
    assert_eq!(lines, [("GET", "/pixel.gif?n=1"), ("POST", "/seen")], "in order");
    assert!(sent.iter().all(|request| request.head.get("sec-purpose").is_none()));
    assert_eq!(sent[1].body.0, b"\x00what");
    assert_eq!(sent[1].head.get("cookie").as_deref(), Some("a=1"));
    // What was under way at the activation is sent at once, and nothing a second time.
    assert_eq!(early("POST", "/seen", "empty", b"late").status(), 204);
    assert_eq!(activate(&site, "http://shop.test/a", &ticket, &[]).status(), 403);
    assert_eq!(reached(&site), [("POST".to_owned(), "/seen".to_owned(), false)]);
    // A rendering that is not activated counts for nothing, also where one of the same page was activated before, and
    // where another follows.
    for _ in 0..2 {
        prerender(&site, "/a", &[]);
        early("GET", "/pixel.gif?unseen", "image", b"");
    }
    let ticket = ticket_of(&prerender(&site, "/a", &[]));
    early("GET", "/pixel.gif?seen", "image", b"");
    reached(&site);
    assert_eq!(
        activate(&site, "http://shop.test/b", &ticket, &[]).status(),
        403,
        "the ticket of another page"
    );
    assert_eq!(activate(&site, "http://shop.test/a", &ticket, &[]).status(), 204);
    let mut seen = Vec::new();
    support::eventually("what was seen is counted", Duration::from_secs(20), || {
        seen.extend(reached(&site));
        (!seen.is_empty()).then_some(())
    });
    assert_eq!(seen, [("GET".to_owned(), "/pixel.gif?seen".to_owned(), false)]);
    let headers = [
        ("Sec-Purpose", "prefetch;prerender"),
        ("Sec-Fetch-Dest", "image"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", "http://shop.test/made-up"),
    ];
    // A body without an end is not read to it.
    let endless =
        [("Transfer-Encoding", "chunked"), headers[0], ("Sec-Fetch-Dest", "empty"), headers[2], headers[3]];
    let mut request = http::request("POST", "/seen", &all(&endless, &[]), b"");
    for _ in 0..20 {
        request.extend_from_slice(format!("2710\r\n{}\r\n", "x".repeat(10_000)).as_bytes());
    }
    request.extend_from_slice(b"0\r\n\r\n");
    assert_eq!(http::raw(site.worker.port, &request).status(), 503);
    assert!(reached(&site).is_empty());
}
