//! A speculation changes nothing until somebody looks, and then everything that was put off happens, once: from end to end,
//! in workerd with its own Durable Objects.

use crate::support;
use crate::support::http::{self, Response};
use crate::support::origin::{After, Origin, Received, html, ok, write};
use crate::support::site::Site;
use crate::support::wrangler::Workerd;
use std::sync::Arc;
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

const KEY: &str = "a key of the tests, forty characters long";
const BROWSER: [(&str, &str); 3] =
    [("User-Agent", "Test/1"), ("Accept-Language", "en"), ("CF-Connecting-IP", "192.0.2.7")];
const REDEEM: &str = "/_headstart/activate";

fn start(variables: &[(&str, &str)]) -> Site {
    let mut all = vec![("SEAL_KEY", KEY)];
    all.extend(variables);
    Site::start(&all)
}

fn all<'a>(headers: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&BROWSER[..], headers, more].concat()
}

fn speculation<'a>(purpose: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let navigation = [
        ("Sec-Purpose", purpose),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Site", "none"),
        ("Referer", "http://shop.test/"),
    ];
    all(&navigation, more)
}

fn prefetch(site: &Site, path: &str, more: &[(&str, &str)]) -> Response {
    site.get(path, &speculation("prefetch", more))
}

fn prerender(site: &Site, path: &str, more: &[(&str, &str)]) -> Response {
    site.get(path, &speculation("prefetch;prerender", more))
}

/// The rules file that a page names with its ticket.
fn ticketed(page: &Response) -> String {
    let field = page.get("speculation-rules").unwrap_or_default();
    let file = field.split(", ").map(|url| url.trim_matches('"')).find(|url| url.contains("t="));
    file.unwrap_or_else(|| panic!("no ticket in {field:?} of {page:?}")).to_owned()
}

/// The headers of a browser that fetches the rules file of a page at which somebody looks.
fn look<'a>(page: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let fetch = [
        ("Sec-Fetch-Dest", "speculationrules"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", page),
    ];
    all(&fetch, more)
}

/// What a browser fetches by the rule that such a file is given while its page is rendered, when somebody looks.
fn follow(site: &Site, rules: &Response, headers: &[(&str, &str)]) -> Response {
    let rules = rules.text();
    let (_, rest) =
        rules.split_once("\"/_headstart/activate?t=").unwrap_or_else(|| panic!("no rule in {rules}"));
    let url = format!("/_headstart/activate?t={}", rest.split('"').next().unwrap());
    let navigation = [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Site", "none"),
        ("Sec-Speculation-Tags", "\"headstart\", \"headstart-ticket\""),
    ];
    site.get(&url, &[headers, &navigation].concat())
}

/// The ticket in a prerendered page's script.
fn ticket_of(page: &Response) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("data-ticket=\"").unwrap_or_else(|| panic!("no ticket in {text}"));
    rest.split('"').next().unwrap().to_owned()
}

/// What the script of a prerendered page sends when somebody looks.
fn activate(site: &Site, page: &str, ticket: &str, more: &[(&str, &str)]) -> Response {
    let fetch = [
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", page),
        ("Content-Type", "text/plain;charset=UTF-8"),
    ];
    let request = http::request("POST", REDEEM, &all(&fetch, more), ticket.as_bytes());
    http::raw(site.worker.port, &request)
}

/// What reached the origin since it was last asked, as method, target and whether it says that nobody looks.
fn reached(site: &Site) -> Vec<(String, String, bool)> {
    let taken = site.origin.take();
    let all = taken.iter().filter(|request| request.target() != "/robots.txt");
    all.map(|request| {
        (request.method().to_owned(), request.target().to_owned(), request.head.get("sec-purpose").is_some())
    })
    .collect()
}

fn page(set_cookies: &[&str], body: &str) -> Vec<u8> {
    let lines: String = set_cookies.iter().map(|line| format!("Set-Cookie: {line}\r\n")).collect();
    ok(&format!("Content-Type: text/html; charset=utf-8\r\n{lines}"), body.as_bytes())
}

const BODY: &str = "<!doctype html><html><head><title>A</title></head><body><p>x</body></html>";

#[test]
fn a_prefetched_page_is_the_origins_and_its_cookies_are_handed_over_when_somebody_looks() {
    let site = start(&[]);
    let cookies = ["session=abc; Path=/; HttpOnly", "visits=4; Path=/; Max-Age=60", "theme=dark; Path=/"];
    site.origin.say(&page(&cookies, BODY));
    let fetched = prefetch(&site, "/a?q=1&utm_source=x", &[("Cookie", "visits=3")]);
    assert_eq!(fetched.body.0, BODY.as_bytes(), "byte for byte");
    assert_eq!((fetched.status(), fetched.head.all("set-cookie")), (200, vec![]));
    assert_eq!(fetched.get("cache-control").as_deref(), Some("no-store"));
    assert_eq!(fetched.head.all("vary").join(", "), "Sec-Purpose, Cookie");
    assert_eq!(fetched.get("cookie-indices").as_deref(), Some("\"session\""));
    let received = site.origin.take();
    let received = received.iter().find(|request| request.target() != "/robots.txt").unwrap();
    assert_eq!(received.target(), "/a?q=1", "no campaign on a guess");
    assert_eq!(received.head.get("headstart-purpose").as_deref(), Some("prefetch"));
    assert_eq!(received.head.get("sec-purpose").as_deref(), Some("prefetch"));

    let file = ticketed(&fetched);
    let shown = "http://shop.test/a?q=1&utm_source=y";
    let rules = site.get(&file, &look(shown, &[("Cookie", "visits=3")]));
    assert_eq!(rules.status(), 200);
    assert_eq!(rules.get("content-type").as_deref(), Some("application/speculationrules+json"));
    assert_eq!(rules.get("cache-control").as_deref(), Some("no-store"));
    assert_eq!(rules.head.all("set-cookie"), cookies);
    assert_eq!(rules.get("clear-site-data").as_deref(), Some("\"prefetchCache\", \"prerenderCache\""));
    assert!(rules.text().contains("\"prefetch\""), "it is the rule set all the same");
    // Whoever has seen the URL on the page has nothing of it.
    let again = site.get(&file, &look(shown, &[("Cookie", "visits=3")]));
    assert_eq!((again.status(), again.head.all("set-cookie")), (403, vec![]));
    // What has changed meanwhile stays.
    let file = ticketed(&prefetch(&site, "/a?q=1", &[("Cookie", "visits=3")]));
    reached(&site);
    let changed = site.get(&file, &look(shown, &[("Cookie", "visits=9; session=mine")]));
    assert_eq!(changed.head.all("set-cookie"), ["theme=dark; Path=/"]);
    assert!(reached(&site).is_empty(), "cookies need no origin");
}

#[test]
fn a_ticket_in_wrong_hands_does_nothing_and_says_nothing() {
    let site = start(&[("EFFECT_PATHS", "/a")]);
    site.origin.say(&page(&["session=abc; Path=/; HttpOnly"], BODY));
    let file = ticketed(&prefetch(&site, "/a", &[]));
    let other = ticketed(&prefetch(&site, "/a", &[("User-Agent", "Other/1")]));
    reached(&site);
    let right = look("http://shop.test/a", &[]);
    let but = |name: &str, value: Option<&'static str>| -> Vec<(&str, &str)> {
        let mut headers: Vec<(&str, &str)> =
            right.iter().copied().filter(|(other, _)| *other != name).collect();
        headers.extend(value.map(|value| {
            (
                match name {
                    "Referer" => "Referer",
                    "User-Agent" => "User-Agent",
                    "CF-Connecting-IP" => "CF-Connecting-IP",
                    "Accept-Language" => "Accept-Language",
                    "Sec-Fetch-Dest" => "Sec-Fetch-Dest",
                    "Sec-Fetch-Site" => "Sec-Fetch-Site",
                    _ => "Sec-Purpose",
                },
                value,
            )
        }));
        headers
    };
    let mut answers = Vec::new();
    for (what, headers) in [
        ("another page", but("Referer", Some("http://shop.test/b"))),
        ("another site's page", but("Referer", Some("http://evil.test/a"))),
        ("no page", but("Referer", None)),
        ("another network", but("CF-Connecting-IP", Some("192.0.2.8"))),
        ("another browser", but("User-Agent", Some("Test/2"))),
        ("another language", but("Accept-Language", Some("de"))),
        ("a picture", but("Sec-Fetch-Dest", Some("image"))),
        ("a frame", but("Sec-Fetch-Dest", Some("iframe"))),
        ("a link", but("Sec-Fetch-Dest", Some("document"))),
        ("a script", but("Sec-Fetch-Dest", Some("empty"))),
        ("another site", but("Sec-Fetch-Site", Some("cross-site"))),
        ("a sibling", but("Sec-Fetch-Site", Some("same-site"))),
        ("an address bar", but("Sec-Fetch-Site", Some("none"))),
        ("a guess", but("Sec-Purpose", Some("prefetch"))),
    ] {
        let answer = site.get(&file, &headers);
        assert_eq!((answer.status(), answer.head.all("set-cookie")), (403, vec![]), "{what}");
        answers.push((what, answer));
    }
    let half = &file[..file.len() - 20];
    let flipped = format!("{}{}", &file[..file.len() - 1], if file.ends_with('A') { "B" } else { "A" });
    let named = format!("{}~{}", &file[..file.find("t=").unwrap() + 2], "a".repeat(32));
    for wrong in [
        half,
        &flipped,
        &other,
        &named,
        "/_headstart/rules/site.json?t=",
        "/_headstart/rules/site.json?t=%00",
    ] {
        let answer = site.get(wrong, &right);
        assert_eq!((answer.status(), answer.head.all("set-cookie")), (403, vec![]), "{wrong}");
    }
    // Whoever renders it is given the rule that brings it back, and nothing else.
    let early = site.get(&file, &but("Sec-Purpose", Some("prefetch;prerender")));
    assert_eq!((early.status(), early.head.all("set-cookie")), (200, vec![]));
    let (own, network) = ("http://shop.test/a", BROWSER[2].1);
    for (page, user_agent, network) in [
        ("http://shop.test/b", "Test/1", network),
        ("http://evil.test/a", "Test/1", network),
        (own, "Test/2", network),
        (own, "Test/1", "192.0.2.8"),
    ] {
        let headers =
            [("Referer", page), ("User-Agent", user_agent), BROWSER[1], ("CF-Connecting-IP", network)];
        let wrong = follow(&site, &early, &headers);
        assert_eq!((wrong.status(), wrong.head.all("set-cookie")), (403, vec![]));
    }
    let forged = activate(&site, "http://shop.test/a", "AAAA", &[]);
    assert_eq!((forged.status(), forged.head.all("set-cookie")), (403, vec![]));
    assert!(reached(&site).is_empty());
    // And it is still good in the right ones.
    assert_eq!(site.get(&file, &right).head.all("set-cookie"), ["session=abc; Path=/; HttpOnly"]);
    assert_eq!(reached(&site), [("GET".to_owned(), "/a".to_owned(), false)]);
}

#[test]
fn a_ticket_too_long_for_a_url_is_kept_under_a_name() {
    let site = start(&[]);
    let long: Vec<String> = (0..8).map(|n| format!("c{n}={}; Path=/", "x".repeat(1000))).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    site.origin.say(&page(&long, BODY));
    let file = ticketed(&prefetch(&site, "/a", &[]));
    assert!(file.contains("t=~") && file.len() < 130, "{file}");
    let rules = site.get(&file, &look("http://shop.test/a", &[]));
    assert_eq!(rules.head.all("set-cookie"), long);
    assert_eq!(site.get(&file, &look("http://shop.test/b", &[])).status(), 403);
}

#[test]
fn what_cannot_be_handed_over_is_refused_and_then_refused_at_once() {
    let site = start(&[]);
    let moved =
        b"HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: token=1; Path=/\r\nContent-Length: 0\r\n\r\n";
    site.origin.say(moved);
    let refused = prefetch(&site, "/a", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("set-cookie;name=\"token\""));
    assert_eq!((refused.status(), refused.head.all("set-cookie")), (503, vec![]));
    assert_eq!(reached(&site).len(), 1);
    let refused = prefetch(&site, "/a", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("quarantine;why=set-cookie"));
    assert!(reached(&site).is_empty(), "not asked again");
    // Whoever has the cookie may speculate on, once, and a visit is a visit.
    assert_eq!(prefetch(&site, "/a", &[("Cookie", "token=0")]).status(), 302);
    assert_eq!(prefetch(&site, "/a", &[("Cookie", "token=0")]).status(), 503);
    assert_eq!(site.get("/a", &BROWSER).head.all("set-cookie"), ["token=1; Path=/"]);
}

#[test]
fn without_a_key_nothing_is_put_off_and_nothing_is_lost() {
    let site = Site::start(&[("EFFECT_PATHS", "/count")]);
    site.origin.say(&page(&["visits=1; Path=/"], BODY));
    assert_eq!(prefetch(&site, "/a", &[]).status(), 503);
    assert_eq!(prefetch(&site, "/a", &[("Cookie", "visits=0")]).head.all("set-cookie"), ["visits=1; Path=/"]);
    reached(&site);
    let refused = prefetch(&site, "/count", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("effect"));
    assert!(reached(&site).is_empty());
    let lines = site.worker.log();
    assert!(lines.iter().any(|line| line.contains("SEAL_KEY")), "{lines:?}");
}

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

#[test]
fn a_hundred_redemptions_at_once_reach_the_origin_once() {
    for paths in ["EFFECT_PATHS", "EFFECT_PATHS_AT_LEAST_ONCE"] {
        let site = start(&[(paths, "/count")]);
        counting(&site, &Arc::new(AtomicU16::new(200)), Duration::from_millis(300));
        let file = ticketed(&prefetch(&site, "/count", &[]));
        site.origin.take();
        let redeemed = AtomicU16::new(0);
        std::thread::scope(|scope| {
            for _ in 0..100 {
                scope.spawn(|| {
                    let rules = site.get(&file, &look("http://shop.test/count", &[("Cookie", "a=1")]));
                    assert!([200, 403].contains(&rules.status()));
                    redeemed.fetch_add(u16::from(rules.status() == 200), Ordering::SeqCst);
                });
            }
        });
        assert_eq!(redeemed.into_inner(), 1, "one of them");
        let received = site.origin.take();
        assert_eq!(visits(&received), 1, "{paths}");
        let visit = received.iter().find(|request| request.target() == "/count").unwrap();
        let get = |name: &str| visit.head.get(name);
        assert_eq!(get("sec-fetch-dest").as_deref(), Some("document"), "as a visit");
        assert_eq!(get("referer").as_deref(), Some("http://shop.test/"));
        assert_eq!((get("cookie").as_deref(), get("headstart-purpose")), (Some("a=1"), None));
    }
}

#[test]
fn the_visit_is_of_who_the_page_was_for_and_what_it_sets_fits_the_page() {
    let site = start(&[("EFFECT_PATHS", "/shop/count")]);
    site.origin.answer(|request, stream| {
        let is_guess = request.head.get("sec-purpose").is_some();
        let cookies = request.head.get("cookie").unwrap_or_default();
        // A newcomer is given a session, and each answer a form token of its own.
        let session =
            if cookies.contains("sid=") { "renewed=1; Path=/" } else { "sid=abc; Path=/; HttpOnly" };
        let (token, visits) =
            if is_guess { ("csrftoken=shown", "visits=1") } else { ("csrftoken=other", "visits=2") };
        let path = if is_guess { "; Path=/" } else { "" };
        write(stream, &page(&[session, &format!("{token}; Path=/"), &format!("{visits}{path}")], BODY));
        After::Keep
    });
    let file = ticketed(&prefetch(&site, "/shop/count", &[]));
    let rules = site.get(&file, &look("http://shop.test/shop/count", &[("Cookie", "a=1")]));
    assert_eq!(
        rules.head.all("set-cookie"),
        ["sid=abc; Path=/; HttpOnly", "csrftoken=shown; Path=/", "renewed=1; Path=/", "visits=2; Path=/shop"]
    );
    let received = site.origin.take();
    let visit = received.iter().rfind(|request| request.target() == "/shop/count").unwrap();
    assert_eq!(visit.head.get("cookie").as_deref(), Some("a=1; sid=abc; csrftoken=shown"));
}

#[test]
fn an_origin_that_fails_is_asked_once_or_until_it_answers() {
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
        for status in [200, 403, 403] {
            assert_eq!(site.get(file, &look(&shown, &[])).status(), status);
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
fn whatever_dies_in_between_nothing_is_doubled_and_nothing_is_lost_that_must_not_be() {
    let variables = [("EFFECT_PATHS", "/count"), ("EFFECT_PATHS_AT_LEAST_ONCE", "/sure")];
    let mut site = start(&variables);
    // The visit hangs at the origin: it is written down, and nobody knows what became of it.
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
                let headers = look(&shown, &[]);
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
        let rules = site.get(file, &look(&format!("http://shop.test{path}"), &[]));
        assert_eq!(rules.status(), 403);
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
fn what_a_prerendering_page_sends_is_held_and_sent_once_when_somebody_looks() {
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
    assert!(reached(&site).is_empty(), "nobody looks");

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
    // What was under way when somebody looked is sent at once, and nothing a second time.
    assert_eq!(early("POST", "/seen", "empty", b"late").status(), 204);
    assert_eq!(activate(&site, "http://shop.test/a", &ticket, &[]).status(), 403);
    assert_eq!(reached(&site), [("POST".to_owned(), "/seen".to_owned(), false)]);
    // A rendering at which nobody looks counts for nothing, also where one of the same page was looked at before, and
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

#[test]
fn a_fetched_page_that_is_rendered_brings_its_ticket_back_by_a_rule() {
    let site = start(&[("EFFECT_PATHS", "/a /seen")]);
    site.origin.say(&page(&["visits=1; Path=/"], BODY));
    let file = ticketed(&prefetch(&site, "/a", &[]));
    let early = [
        ("Sec-Purpose", "prefetch;prerender"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", "http://shop.test/a"),
        ("Sec-Fetch-Dest", "empty"),
    ];
    let sent = http::request("POST", "/seen", &all(&early, &[]), b"");
    assert_eq!(http::raw(site.worker.port, &sent).status(), 204);
    let rules = site.get(&file, &look("http://shop.test/a", &[("Sec-Purpose", "prefetch;prerender")]));
    assert_eq!((rules.status(), rules.head.all("set-cookie")), (200, vec![]));
    assert_eq!(rules.get("cache-control").as_deref(), Some("no-store"));
    assert_eq!(reached(&site), [("GET".to_owned(), "/a".to_owned(), true)], "nobody looks");
    let headers = all(&[("Referer", "http://shop.test/a")], &[]);
    let shown = follow(&site, &rules, &headers);
    assert_eq!((shown.status(), shown.head.all("set-cookie")), (204, vec!["visits=1; Path=/".to_owned()]));
    let again = follow(&site, &rules, &headers);
    assert_eq!((again.status(), again.head.all("set-cookie")), (403, vec![]));
    let mut seen = Vec::new();
    support::eventually("both are sent", Duration::from_secs(20), || {
        seen.extend(reached(&site));
        (seen.len() == 2).then_some(())
    });
    let looks = [("GET", "/a"), ("POST", "/seen")];
    assert_eq!(seen, looks.map(|(method, path)| (method.to_owned(), path.to_owned(), false)));
}

#[test]
fn a_page_rendered_for_who_the_visitor_no_longer_is_says_so() {
    let site = start(&[]);
    site.origin.say(&page(&["visits=4; Path=/"], BODY));
    let ticket = ticket_of(&prerender(&site, "/a", &[("Cookie", "session=ada; visits=3")]));
    let shown = |cookies: &str| activate(&site, "http://shop.test/a", &ticket, &[("Cookie", cookies)]);
    for cookies in ["", "visits=3", "session=bob; visits=3", "session=ada; cart=1; visits=3"] {
        let stale = shown(cookies);
        assert_eq!((stale.status(), stale.head.all("set-cookie")), (409, vec![]), "{cookies}");
    }
    // Stale, nothing was done, so the ticket is still good for who he was.
    let fresh = shown("visits=3; session=ada");
    assert_eq!((fresh.status(), fresh.head.all("set-cookie")), (204, vec!["visits=4; Path=/".to_owned()]));
}

#[test]
fn a_rendered_page_is_the_origins_but_for_one_script() {
    let site = start(&[]);
    let tag_in = |answer: &[u8], body: &[u8]| {
        site.origin.say(answer);
        let rendered = prerender(&site, "/a", &[]);
        assert_eq!(rendered.status(), 200, "{}", body.escape_ascii());
        assert_eq!(rendered.head.all("set-cookie"), [""; 0]);
        let bytes = rendered.body.0;
        let (start, end) = (
            b"<noscript><meta http-equiv=refresh content=\"0;url=http://shop.test/_headstart/unscripted?page=%2Fa\">\
              </noscript><script async src=\"http://shop.test/_headstart/activate.js\" data-ticket=\"",
            b"\"></script>",
        );
        let find = |needle: &[u8], from: usize| {
            bytes[from..].windows(needle.len()).position(|window| window == needle).map(|at| at + from)
        };
        let at = find(start, 0).unwrap_or_else(|| panic!("no script in {}", bytes.escape_ascii()));
        let behind = find(end, at).unwrap() + end.len();
        assert!(find(start, behind).is_none(), "once");
        assert_eq!([&bytes[..at], &bytes[behind..]].concat(), body, "{}", body.escape_ascii());
        rendered.head
    };
    let with = |charset: &str, body: &[u8]| {
        ok(
            &format!("Content-Type: text/html{charset}\r\nSet-Cookie: visits=1; Path=/\r\nETag: \"a\"\r\n"),
            body,
        )
    };
    for body in [
        BODY.as_bytes(),
        b"<p>no head",
        b"<head></head><head><title>two</title></head>",
        b"<head><script>var a = '</' + 'script'; var b = \"<script>\";</script></head>",
        b"<head><script>document.write('<\\/script>')</script></head>",
        b"just text",
        b"",
    ] {
        let head = tag_in(&with("; charset=utf-8", body), body);
        assert_eq!((head.get("etag"), head.get("cache-control").as_deref()), (None, Some("no-store")));
    }
    tag_in(&with("; charset=iso-8859-1", b"<head></head>Gr\xfc\xdfe"), b"<head></head>Gr\xfc\xdfe");
    // Where our script may not run, the page is not rendered, and not asked for again.
    let strict = ok(
        "Content-Type: text/html; charset=utf-8\r\nSet-Cookie: visits=1; Path=/\r\n\
         Content-Security-Policy: default-src 'none'\r\n",
        BODY.as_bytes(),
    );
    site.origin.say(&strict);
    assert_eq!(prerender(&site, "/strict", &[]).status(), 503);
    reached(&site);
    let refused = prerender(&site, "/strict", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("quarantine;why=prerender"));
    assert!(reached(&site).is_empty());
    assert_eq!(prefetch(&site, "/strict", &[]).status(), 200, "it can be fetched");
}

#[test]
fn markup_that_a_browser_may_parse_in_another_way_is_not_touched() {
    // Without the development server, whose own rewriter dies of such pages.
    let origin = Origin::start();
    let workerd = Workerd::start(&origin.url(), &[("SEAL_KEY", KEY)]);
    let rendered = |path: &str| http::get(workerd.headstart, path, &speculation("prefetch;prerender", &[]));
    for ambiguous in [
        &b"<select><xmp><script>"[..],
        b"<p><frameset></frameset><noframes><p>",
        b"<svg/><script>'<p>'</script>",
    ] {
        let text = ambiguous.escape_ascii();
        origin.say(&ok("Content-Type: text/html\r\n", ambiguous));
        let page = rendered("/plain");
        assert_eq!(
            (page.status(), &page.body.0[..]),
            (200, ambiguous),
            "{text}: with nothing withheld as it is"
        );
        origin.say(&ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", ambiguous));
        let refused = rendered("/withheld");
        assert_eq!((refused.status(), refused.head.all("set-cookie")), (503, vec![]), "{text}");
    }
}

#[test]
fn analytics_wait_in_a_rendered_page_and_nowhere_else() {
    let site = start(&[("GATE_SCRIPTS", "stats.example")]);
    let body = "<head><script src=\"https://stats.example/count.js\"></script><script>own()</script></head>";
    site.origin.say(&page(&[], body));
    assert_eq!(prefetch(&site, "/a", &[]).text(), body);
    assert_eq!(site.get("/a", &BROWSER).text(), body);
    let rendered = prerender(&site, "/a", &[]).text();
    assert!(
        rendered.contains("text/headstart-gated-") && rendered.contains("<script>own()</script>"),
        "{rendered}"
    );
    assert_eq!(rendered.matches("/_headstart/activate.js").count(), 1);
    let script = site.get("/_headstart/activate.js", &[]);
    assert_eq!(script.get("content-type").as_deref(), Some("text/javascript; charset=utf-8"));
    assert!(script.body.0.len() < 1500);
}

#[test]
fn where_every_view_renews_the_session_speculations_go_on() {
    let site = start(&[]);
    let next = AtomicU16::new(1);
    site.origin.answer(move |_, stream| {
        let number = next.fetch_add(1, Ordering::SeqCst);
        write(stream, &page(&[&format!("session={number}; Path=/; HttpOnly")], BODY));
        After::Keep
    });
    let visit = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate"), ("Cookie", "session=0")];
    assert_eq!(site.get("/a", &all(&visit, &[])).head.all("set-cookie").len(), 1);
    for _ in 0..3 {
        let fetched = prefetch(&site, "/b", &[("Cookie", "session=0")]);
        assert_eq!(
            (fetched.status(), fetched.head.all("set-cookie").len()),
            (200, 1),
            "the renewed one passes"
        );
    }
    // A session that is merely renewed leaves a rendered page's visitor who he is.
    let rendered = prerender(&site, "/c", &[("Cookie", "session=0")]);
    assert_eq!(rendered.head.all("set-cookie").len(), 1);
    let shown = activate(&site, "http://shop.test/c", &ticket_of(&rendered), &[("Cookie", "session=99")]);
    assert_eq!(shown.status(), 204);
    let rendered = prerender(&site, "/d", &[("Cookie", "session=0")]);
    assert_eq!(activate(&site, "http://shop.test/d", &ticket_of(&rendered), &[]).status(), 409, "signed out");
}

#[test]
fn what_a_page_does_on_a_guess_without_a_ticket_it_does_once() {
    let site = start(&[("EFFECT_PATHS", "/hidden")]);
    let once = |path: &str, answer: &[u8], cookies: &[(&str, &str)], status: u16, why: &str| {
        site.origin.say(answer);
        assert_eq!(prefetch(&site, path, cookies).status(), status, "{path}");
        assert_eq!(reached(&site).len(), 1, "{path}");
        let refused = prefetch(&site, path, cookies);
        assert_eq!(refused.get("headstart-refused"), Some(format!("quarantine;why={why}")), "{path}");
        assert!(reached(&site).is_empty(), "{path}");
    };
    let html = |lines: &str| ok(&format!("Content-Type: text/html\r\n{lines}"), BODY.as_bytes());
    once("/hidden", &html("Referrer-Policy: no-referrer\r\n"), &[], 503, "effect");
    once("/clear", &html("Clear-Site-Data: \"cookies\"\r\n"), &[], 503, "effect");
    // What the visitor had passes, and is then refused.
    let partial = html("Set-Cookie: visits=4; Path=/part\r\n");
    once("/part", &partial, &[("Cookie", "visits=3")], 200, "set-cookie");
    once(
        "/varies",
        &html("Set-Cookie: new=1; Path=/\r\nNo-Vary-Search: params=(\"ref\")\r\n"),
        &[],
        503,
        "set-cookie",
    );
}

#[test]
fn pages_that_keep_us_waiting_are_not_held_against_others() {
    let site = start(&[]);
    site.origin.answer(|request, stream| {
        let set = "Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n";
        if request.target() == "/slow" {
            write(stream, format!("HTTP/1.1 200 OK\r\n{set}Content-Length: 100\r\n\r\n<p>").as_bytes());
            std::thread::sleep(Duration::from_secs(6));
            write(stream, &[b' '; 97]);
        } else {
            write(stream, &ok(set, BODY.as_bytes()));
        }
        After::Keep
    });
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| prerender(&site, "/slow", &[]));
        }
        let mut seen = Vec::new();
        support::eventually("all are under way", Duration::from_secs(20), || {
            seen.extend(reached(&site));
            (seen.len() == 4).then_some(())
        });
        let busy = prerender(&site, "/quick", &[]);
        assert_eq!(busy.get("headstart-refused").as_deref(), Some("prerender;busy"));
    });
    assert_eq!(prerender(&site, "/quick", &[]).status(), 200, "it was not the page's doing");
}

#[test]
fn a_page_that_alone_changes_the_session_is_refused_from_then_on_to_who_has_one() {
    let site = start(&[]);
    site.origin.say(&page(&["session=new; Path=/; HttpOnly"], BODY));
    let fetched = prefetch(&site, "/a", &[("Cookie", "session=old")]);
    assert_eq!(
        fetched.head.all("set-cookie"),
        ["session=new; Path=/; HttpOnly"],
        "dropped, it would sign out"
    );
    let refused = prefetch(&site, "/a", &[("Cookie", "session=new")]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("quarantine;why=session"));
    assert_eq!(prefetch(&site, "/a", &[]).status(), 200, "who has none loses none");
}

#[test]
fn what_a_visitor_does_clears_what_was_fetched_ahead() {
    let site = start(&[]);
    site.origin.say(&page(&[], BODY));
    let clear = "\"prefetchCache\", \"prerenderCache\"";
    let send = |method: &str, path: &str, mode: &str| {
        let headers = all(&[("Sec-Fetch-Mode", mode)], &[]);
        http::raw(site.worker.port, &http::request(method, path, &headers, b"")).get("clear-site-data")
    };
    assert_eq!(send("POST", "/form", "navigate").as_deref(), Some(clear));
    assert_eq!(send("POST", "/beacon", "no-cors"), None);
    assert_eq!(send("GET", "/logout", "navigate").as_deref(), Some(clear));
    assert_eq!(send("GET", "/a", "navigate"), None);
    // A decision that is replayed must not hide it.
    for _ in 0..3 {
        assert_eq!(send("GET", "/a", "navigate"), None);
    }
    site.origin.say(&page(&["session=1; Path=/"], BODY));
    assert_eq!(send("GET", "/a", "navigate").as_deref(), Some(clear), "signed in");
    assert_eq!(send("GET", "/a?action=add&id=1", "navigate").as_deref(), Some(clear));
}
