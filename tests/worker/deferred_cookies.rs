//! A speculation sets no cookie before its page is activated: cookies are deferred, or the speculation is refused.

use crate::support::http;
use crate::support::origin::{After, ok, write};
use crate::support::site::Site;
use crate::visitor::{
    BODY, BROWSER, activate, activating, all, page, prefetch, prerender, reached, start, ticket_of, ticketed,
};
use std::sync::atomic::{AtomicU16, Ordering};
use std::time::Duration;

#[test]
fn a_prefetched_page_is_the_origins_and_its_cookies_are_set_on_activation() {
    let site = start(&[]);
    let cookies = ["session=abc; Path=/; HttpOnly", "visits=4; Path=/; Max-Age=60", "theme=dark; Path=/"];
    site.origin.say(&page(&cookies, BODY));
    let fetched = prefetch(&site, "/a?q=1&utm_source=x", &[("Cookie", "visits=3")]);
    assert_eq!(fetched.body.0, BODY.as_bytes(), "byte for byte");
    assert_eq!((fetched.status(), fetched.head.all("set-cookie")), (200, vec![]));
    assert_eq!(fetched.get("cache-control").as_deref(), Some("private, no-cache"));
    assert_eq!(fetched.head.all("vary").join(", "), "Sec-Purpose, Cookie");
    assert_eq!(fetched.get("cookie-indices").as_deref(), Some("\"session\""));
    let received = site.origin.take();
    let received = received.iter().find(|request| request.target() != "/robots.txt").unwrap();
    assert_eq!(received.target(), "/a?q=1", "no campaign for a speculation");
    assert_eq!(received.head.get("headstart-purpose").as_deref(), Some("prefetch"));
    assert_eq!(received.head.get("sec-purpose").as_deref(), Some("prefetch"));

    let file = ticketed(&fetched);
    let shown = "http://shop.test/a?q=1&utm_source=y";
    let rules = site.get(&file, &activating(shown, &[("Cookie", "visits=3")]));
    assert_eq!(rules.status(), 200);
    assert_eq!(rules.get("content-type").as_deref(), Some("application/speculationrules+json"));
    assert_eq!(rules.get("cache-control").as_deref(), Some("no-store"));
    assert_eq!(rules.head.all("set-cookie"), cookies);
    assert_eq!(rules.get("clear-site-data").as_deref(), Some("\"prefetchCache\", \"prerenderCache\""));
    assert!(rules.text().contains("\"prefetch\""), "it is the rule set all the same");
    // The URL stands on the page, and is of no use to whoever reads it there.
    let again = site.get(&file, &activating(shown, &[("Cookie", "visits=3")]));
    assert_eq!((again.status(), again.head.all("set-cookie")), (200, vec![]));
    assert_eq!(again.text(), rules.text());
    // What has changed meanwhile stays.
    let file = ticketed(&prefetch(&site, "/a?q=1", &[("Cookie", "visits=3")]));
    reached(&site);
    let changed = site.get(&file, &activating(shown, &[("Cookie", "visits=9; session=mine")]));
    assert_eq!(changed.head.all("set-cookie"), ["theme=dark; Path=/"]);
    assert!(reached(&site).is_empty(), "cookies need no origin");
}

#[test]
fn a_page_that_the_browser_has_kept_is_asked_for_anew_where_something_must_be_deferred() {
    let site = start(&[("EFFECT_PATHS", "/count")]);
    let analytics = "<script src=/matomo/matomo.js></script>";
    let page = format!("<!doctype html><title>A</title>{analytics}<p>a");
    let whole =
        ok("Content-Type: text/html\r\nETag: \"1\"\r\nSet-Cookie: visits=2; Path=/\r\n", page.as_bytes());
    site.origin.answer(move |request, stream| {
        let is_kept = request.head.get("if-none-match").is_some();
        let not_modified =
            b"HTTP/1.1 304 Not Modified\r\nETag: \"1\"\r\nSet-Cookie: visits=2; Path=/\r\n\r\n";
        write(stream, if is_kept { not_modified } else { &whole });
        After::Keep
    });
    let kept = [("If-None-Match", "\"1\""), ("Cookie", "visits=1")];
    assert_eq!(site.get("/a", &all(&[], &kept)).status(), 304, "a visit is as it is");
    for path in ["/a", "/count"] {
        let fetched = prefetch(&site, path, &kept);
        assert_eq!((fetched.status(), fetched.head.all("set-cookie")), (200, vec![]), "{path}: {fetched:?}");
        assert_eq!(fetched.text(), page);
        let opened =
            site.get(&ticketed(&fetched), &activating(&format!("http://shop.test{path}"), &[kept[1]]));
        assert_eq!(opened.head.all("set-cookie"), ["visits=2; Path=/"], "{path}");
        let rendered = prerender(&site, path, &kept);
        assert_eq!(
            (rendered.status(), rendered.head.all("set-cookie")),
            (200, vec![]),
            "{path}: {rendered:?}"
        );
        assert!(rendered.text().contains("data-gate"), "its analytics wait: {}", rendered.text());
    }
}

#[test]
fn caches_on_the_way_are_told_nothing_of_a_page_with_a_ticket() {
    let site = start(&[]);
    let fields = ["cdn-cache-control", "cloudflare-cdn-cache-control", "surrogate-control"];
    let said: String = fields.iter().map(|field| format!("{field}: max-age=600\r\n")).collect();
    let head = format!("Content-Type: text/html; charset=utf-8\r\n{said}Set-Cookie: visits=1; Path=/\r\n");
    site.origin.say(&ok(&head, BODY.as_bytes()));
    for field in fields {
        assert_eq!(site.get("/a", &BROWSER).get(field).as_deref(), Some("max-age=600"), "a visit");
        for guess in [prefetch(&site, "/a", &[]), prerender(&site, "/a", &[])] {
            assert_eq!((guess.status(), guess.get(field)), (200, None), "{field}");
            assert_eq!(guess.get("cache-control").as_deref(), Some("private, no-cache"));
        }
    }
}

#[test]
fn a_cookie_that_cannot_be_deferred_is_refused_and_then_refused_at_once() {
    let site = start(&[]);
    let moved =
        b"HTTP/1.1 302 Found\r\nLocation: /b\r\nSet-Cookie: token=1; Path=/\r\nContent-Length: 0\r\n\r\n";
    site.origin.answer(move |request, stream| {
        // Its redirect would be followed.
        let is_robots = request.target() == "/robots.txt";
        let nothing = b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n";
        write(stream, if is_robots { &nothing[..] } else { &moved[..] });
        After::Keep
    });
    let refused = prefetch(&site, "/a", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("set-cookie;name=\"token\""));
    assert_eq!((refused.status(), refused.head.all("set-cookie")), (503, vec![]));
    assert_eq!(reached(&site).len(), 1);
    let refused = prefetch(&site, "/a", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("quarantine;why=set-cookie"));
    assert!(reached(&site).is_empty(), "not asked again");
    // A visitor who has the cookie may go on speculating, once; and a visit is never refused.
    assert_eq!(prefetch(&site, "/a", &[("Cookie", "token=0")]).status(), 302);
    assert_eq!(prefetch(&site, "/a", &[("Cookie", "token=0")]).status(), 503);
    assert_eq!(site.get("/a", &BROWSER).head.all("set-cookie"), ["token=1; Path=/"]);
}

#[test]
fn without_a_key_nothing_is_deferred_and_nothing_is_lost() {
    let site = Site::start(&[("EFFECT_PATHS", "/count")]);
    site.origin.say(&page(&["visits=1; Path=/"], BODY));
    assert_eq!(prefetch(&site, "/a", &[]).status(), 503);
    assert_eq!(prefetch(&site, "/a", &[("Cookie", "visits=0")]).status(), 503);
    assert_eq!(prefetch(&site, "/a", &[("Cookie", "visits=1")]).head.all("set-cookie"), ["visits=1; Path=/"]);
    reached(&site);
    let refused = prefetch(&site, "/count", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("effect"));
    assert!(reached(&site).is_empty());
    crate::support::eventually("the log names SEAL_KEY", Duration::from_secs(10), || {
        site.worker.log().iter().any(|line| line.contains("SEAL_KEY")).then_some(())
    });
}

#[test]
fn without_a_key_a_speculation_sets_no_cookie_that_the_visitor_did_not_have() {
    let site = Site::start(&[("INERT_COOKIES", "theme")]);
    let set = "Set-Cookie: session=new; HttpOnly; Path=/\r\nSet-Cookie: _ga=GA1; Path=/\r\nSet-Cookie: theme=dark; Expires=Wed, 21 Oct 2035 07:28:00 GMT\r\n";
    site.origin.say(&ok(&format!("Content-Type: text/html\r\nVary: Cookie\r\n{set}"), b"<p>x"));
    let get = |headers: &[(&str, &str)]| http::get(site.worker.port, "/", headers);
    let real = get(&[]);
    assert_eq!((real.head.all("set-cookie").len(), real.get("vary").as_deref()), (3, Some("Cookie")));
    let refused = get(&[("Sec-Purpose", "prefetch")]);
    assert_eq!(
        (refused.status(), refused.get("headstart-refused").as_deref()),
        (503, Some("set-cookie;name=\"session\""))
    );
    assert!(refused.head.all("set-cookie").is_empty() && !refused.text().contains("<p>x"));
    // Without a key nothing can be deferred, not even what is inert.
    let inert = get(&[("Sec-Purpose", "prefetch"), ("Cookie", "session=old; theme=light")]);
    assert_eq!(inert.get("headstart-refused").as_deref(), Some("set-cookie;name=\"_ga\""));
    // Their session may be good no more, since the origin has renewed it.
    assert_eq!(inert.head.all("set-cookie"), ["session=new; HttpOnly; Path=/"]);
    let changed = get(&[("Sec-Purpose", "prefetch"), ("Cookie", "session=older; _ga=GA1; theme=light")]);
    assert_eq!(changed.get("headstart-refused").as_deref(), Some("set-cookie;name=\"theme\""));
    let owned = get(&[("Sec-Purpose", "prefetch"), ("Cookie", "session=oldest; _ga=GA1; theme=dark")]);
    assert_eq!((owned.status(), owned.text().as_str()), (200, "<p>x"));
    assert_eq!(
        owned.head.all("set-cookie"),
        real.head.all("set-cookie"),
        "a rotated session reaches its owner"
    );
    // No speculation signs a visitor out, even where the URL looks harmless.
    site.origin.say(
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nSet-Cookie: session=; Max-Age=0\r\nContent-Length: 0\r\n\r\n",
    );
    let kept =
        http::get(site.worker.port, "/abmelden", &[("Sec-Purpose", "prefetch"), ("Cookie", "session=1")]);
    assert_eq!((kept.status(), kept.get("set-cookie")), (503, None));
    assert_eq!(http::get(site.worker.port, "/abmelden", &[("Cookie", "session=1")]).status(), 302);
    // A redirect sets cookies as well as a page does.
    site.origin
        .say(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nSet-Cookie: session=1\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(get(&[("Sec-Purpose", "prefetch")]).status(), 503);
    assert_eq!(get(&[]).status(), 302);
    site.origin.say(&ok("Content-Type: text/html\r\nClear-Site-Data: \"cookies\"\r\n", b"bye"));
    let bye = http::get(site.worker.port, "/bye", &[("Sec-Purpose", "prefetch")]);
    assert_eq!(bye.get("headstart-refused").as_deref(), Some("clear-site-data"));
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
    // The one before may have expired. This is the one that the first view has given them.
    let again = [visit[0], visit[1], ("Cookie", "session=1")];
    assert_eq!(site.get("/a", &all(&again, &[])).head.all("set-cookie").len(), 1);
    let mut session = "session=2".to_owned();
    for _ in 0..3 {
        let fetched = prefetch(&site, "/b", &[("Cookie", &session)]);
        let set = fetched.head.all("set-cookie");
        assert_eq!((fetched.status(), set.len()), (200, 1), "the renewed one passes");
        // Another guess that was on the way with the one before would take its place: the origin may not know that any more.
        let late = prefetch(&site, "/b", &[("Cookie", &session)]);
        assert_eq!((late.status(), late.get("headstart-refused").as_deref()), (503, Some("overtaken")));
        session = set[0].split(';').next().unwrap().to_owned();
    }
    // A session that is merely renewed is still the same visitor's, so the prerendered page is not stale.
    let rendered = prerender(&site, "/c", &[("Cookie", &session)]);
    let set = rendered.head.all("set-cookie");
    assert_eq!(set.len(), 1);
    let shown = activate(&site, "http://shop.test/c", &ticket_of(&rendered), &[("Cookie", "session=99")]);
    assert_eq!(shown.status(), 204);
    let rendered = prerender(&site, "/d", &[("Cookie", set[0].split(';').next().unwrap())]);
    assert_eq!(activate(&site, "http://shop.test/d", &ticket_of(&rendered), &[]).status(), 409, "signed out");
}

#[test]
fn a_page_that_alone_changes_the_session_is_refused_from_then_on_where_there_is_one() {
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
fn a_page_whose_effect_cannot_be_deferred_is_speculated_on_once() {
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
    // What the visitor had is not changed either.
    let partial = html("Set-Cookie: visits=4; Path=/part\r\n");
    once("/part", &partial, &[("Cookie", "visits=3")], 503, "set-cookie");
    once(
        "/varies",
        &html("Set-Cookie: new=1; Path=/\r\nNo-Vary-Search: params=(\"ref\")\r\n"),
        &[],
        503,
        "set-cookie",
    );
}

/// A form of the page holds a token of the page's session, and its picture is asked for before the ticket is back.
#[test]
fn what_a_page_that_was_fetched_ahead_loads_takes_no_place_of_the_pages_session() {
    let site = start(&[]);
    let set = |by: &str| format!("PHPSESSID={by}; Path=/; HttpOnly");
    site.origin.answer(move |request, stream| {
        let (kind, by) = if request.target().starts_with("/captcha") {
            ("image/png", "captcha")
        } else {
            ("text/html", "page")
        };
        let head = format!(
            "Content-Type: {kind}\r\nCache-Control: no-store\r\nSet-Cookie: {}\r\nSet-Cookie: seen={by}\r\n",
            set(by)
        );
        write(stream, &ok(&head, b"<p>"));
        After::Keep
    });
    let by = |address: &'static str| [BROWSER[0], BROWSER[1], ("CF-Connecting-IP", address)];
    let ahead = |address: &'static str| {
        let navigation = [
            ("Sec-Purpose", "prefetch"),
            ("Sec-Fetch-Dest", "document"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Site", "same-origin"),
        ];
        site.get("/contact", &[&by(address)[..], &navigation].concat())
    };
    let part = |address: &'static str, referer: &'static str, cookies: &[(&str, &str)]| {
        let fetch = [
            ("Sec-Fetch-Mode", "no-cors"),
            ("Sec-Fetch-Dest", "image"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", referer),
        ];
        site.get("/captcha.png", &[&by(address)[..], &fetch, cookies].concat()).head.all("set-cookie")
    };
    const CONTACT: &str = "http://shop.test/contact";
    let own = [set("captcha"), "seen=captcha".to_owned()];
    assert_eq!(part("192.0.2.7", CONTACT, &[]), own, "of a page that was not fetched ahead");
    // A browser asks for the picture and with the ticket at the same time; what comes first, the network decides.
    let shown = |address: &'static str| {
        let file = ticketed(&ahead(address));
        std::thread::scope(|scope| {
            let picture = scope.spawn(|| part(address, CONTACT, &[]));
            let activating = [&activating(CONTACT, &[])[BROWSER.len()..], &by(address)].concat();
            let rules = site.get(&file, &activating);
            assert_eq!(
                rules.head.all("set-cookie"),
                [set("page").as_str(), "seen=page; Path=/"],
                "{address}"
            );
            assert_eq!(picture.join().unwrap(), ["seen=captcha"], "{address}");
        });
    };
    shown("192.0.2.7");
    assert_eq!(part("192.0.2.7", CONTACT, &[]), ["seen=captcha"], "it was on the way");
    assert_eq!(part("192.0.2.7", CONTACT, &[("Cookie", "PHPSESSID=other")]), own, "they had one");
    assert_eq!(part("192.0.2.7", "http://shop.test/other", &[]), own, "of another page");
    assert_eq!(part("198.51.100.8", CONTACT, &[]), own, "of another visitor");
    // A script has taken the click, and asks at the URL of a page that is never shown: to sign in, say.
    assert_eq!(ahead("192.0.2.9").status(), 200);
    assert_eq!(part("192.0.2.9", CONTACT, &[]), own);
    assert_eq!(part("192.0.2.9", CONTACT, &[]), own);
    // The word of its captcha is lost with that session. Where several networks have seen it, the click asks for the page.
    shown("198.51.100.7");
    shown("203.0.113.7");
    let next = ahead("192.0.2.7");
    assert_eq!(
        (next.status(), next.get("headstart-refused").as_deref()),
        (503, Some("set-cookie;name=\"PHPSESSID\""))
    );
}

/// The application's own sign-in, good once: the old value is gone.
#[test]
fn what_may_be_a_session_reaches_its_visitor_with_a_ticket_and_without() {
    for variables in [&[][..], &[("SEAL_KEY", "")]] {
        let site = start(variables);
        let line = "bakery=9d2e44c0a1b2c3d4; Path=/; HttpOnly; Max-Age=86400";
        site.origin.say(&page(&[line], BODY));
        let given = prefetch(&site, "/a", &[("Cookie", "bakery=8f3a17c0a1b2c3d4")]);
        assert_eq!(
            (given.status(), given.head.all("set-cookie")),
            (200, vec![line.to_owned()]),
            "{variables:?}"
        );
    }
}
