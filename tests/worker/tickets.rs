//! A ticket is redeemed once, on the page that it was issued for, by the browser that it was issued to.

use crate::support;
use crate::support::http;
use crate::visitor::{
    BODY, BROWSER, activate, activating, all, follow, page, prefetch, prerender, reached, speculation, start,
    ticket_of, ticketed,
};
use std::time::Duration;

#[test]
fn a_ticket_of_another_page_or_browser_does_nothing_and_says_nothing() {
    let site = start(&[("EFFECT_PATHS", "/a")]);
    site.origin.say(&page(&["session=abc; Path=/; HttpOnly"], BODY));
    let file = ticketed(&prefetch(&site, "/a", &[]));
    let other = ticketed(&prefetch(&site, "/a", &[("User-Agent", "Other/1")]));
    reached(&site);
    let right = activating("http://shop.test/a", &[]);
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
        ("another site", but("Sec-Fetch-Site", Some("cross-site"))),
        ("a sibling", but("Sec-Fetch-Site", Some("same-site"))),
        ("an address bar", but("Sec-Fetch-Site", Some("none"))),
        ("a speculation", but("Sec-Purpose", Some("prefetch"))),
    ] {
        let answer = site.get(&file, &headers);
        assert_eq!((answer.status(), answer.head.all("set-cookie")), (200, vec![]), "{what}");
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
        assert_eq!((answer.status(), answer.head.all("set-cookie")), (200, vec![]), "{wrong}");
    }
    // A browser that prerenders the page is given the rule that brings the ticket back, and nothing else.
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
    let rules = site.get(&file, &activating("http://shop.test/a", &[]));
    assert_eq!(rules.head.all("set-cookie"), long);
    assert!(site.get(&file, &activating("http://shop.test/b", &[])).head.all("set-cookie").is_empty());
}

#[test]
fn one_network_has_no_more_tickets_than_its_share_gets_what_it_was_promised_and_others_have_theirs() {
    let site = start(&[("LEDGER_SHARDS", "1")]);
    let long: Vec<String> = (0..3).map(|n| format!("c{n}={}; Path=/", "x".repeat(1000))).collect();
    let long: Vec<&str> = long.iter().map(String::as_str).collect();
    site.origin.say(&page(&long, BODY));
    let at = |address: &'static str, headers: Vec<(&'static str, &'static str)>| -> Vec<(&str, &str)> {
        let others = headers.into_iter().filter(|(name, _)| *name != "CF-Connecting-IP");
        others.chain([("CF-Connecting-IP", address)]).collect()
    };
    let prefetched = |address: &'static str, number: u32| {
        site.get(&format!("/p/{number}"), &at(address, speculation("prefetch", &[])))
    };
    const ONE: &str = "2001:db8:7:1::1";
    const OTHER: &str = "2001:db8:7:ffff::1";
    let first = ticketed(&prefetched(ONE, 0));
    let of_one_network = (1..510).filter(|number| prefetched(OTHER, *number).status() == 200);
    assert_eq!(of_one_network.count(), 499);
    // A ticket that stands in its URL needs no room yet, but would when it comes back.
    for (cookies, number) in [(&long[..], 1000), (&long[..1], 1001)] {
        site.origin.say(&page(cookies, BODY));
        let refused = prefetched(OTHER, number);
        assert_eq!((refused.status(), refused.get("headstart-refused").as_deref()), (503, Some("effect")));
    }
    // What the network was promised it gets, beyond its share.
    let rules = site.get(&first, &at(ONE, activating("http://shop.test/p/0", &[])));
    assert_eq!(rules.head.all("set-cookie"), long);
    site.origin.say(&page(&long, BODY));
    let file = ticketed(&prefetch(&site, "/a", &[]));
    let rules = site.get(&file, &activating("http://shop.test/a", &[]));
    assert_eq!(rules.head.all("set-cookie"), long, "another visitor");
}

#[test]
fn a_prerendered_page_with_nothing_to_defer_takes_nothing_of_a_share_and_is_not_told_as_deferred() {
    let site = start(&[]);
    let rendered =
        |number: u32| site.get(&format!("/p/{number}"), &speculation("prefetch;prerender", &[])).status();
    site.origin.say(&page(&[], BODY));
    assert_eq!((0..510).filter(|number| rendered(*number) != 200).count(), 0);
    let told = |reason: &str| {
        let is_it = |line: &String| line.contains("\"event\":\"deferred\"") && line.contains(reason);
        site.worker.output().iter().any(is_it)
    };
    site.origin.say(&page(&["visits=1; Path=/"], BODY));
    assert_eq!(rendered(600), 200, "there is room");
    support::eventually("what is deferred is told", Duration::from_secs(10), || {
        told("\"reason\":\"cookies\"").then_some(())
    });
    assert!(!told("\"reason\":\"visit\""));
}

#[test]
fn a_prefetched_page_that_is_prerendered_redeems_its_ticket_by_a_rule() {
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
    let rules = site.get(&file, &activating("http://shop.test/a", &[("Sec-Purpose", "prefetch;prerender")]));
    assert_eq!((rules.status(), rules.head.all("set-cookie")), (200, vec![]));
    assert_eq!(rules.get("cache-control").as_deref(), Some("no-store"));
    assert_eq!(reached(&site), [("GET".to_owned(), "/a".to_owned(), true)], "a speculation alone");
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
    let visits = [("GET", "/a"), ("POST", "/seen")];
    assert_eq!(seen, visits.map(|(method, path)| (method.to_owned(), path.to_owned(), false)));
}

#[test]
fn a_page_prerendered_for_a_session_that_is_over_is_not_redeemed_but_stale() {
    let site = start(&[]);
    site.origin.say(&page(&["visits=4; Path=/"], BODY));
    let ticket = ticket_of(&prerender(&site, "/a", &[("Cookie", "session=ada; visits=3")]));
    let shown = |cookies: &str| activate(&site, "http://shop.test/a", &ticket, &[("Cookie", cookies)]);
    for cookies in ["", "visits=3", "session=bob; visits=3", "session=ada; cart=1; visits=3"] {
        let stale = shown(cookies);
        assert_eq!((stale.status(), stale.head.all("set-cookie")), (409, vec![]), "{cookies}");
    }
    // Stale, nothing was done, so the ticket is still good for the session that it was for.
    let fresh = shown("visits=3; session=ada");
    assert_eq!((fresh.status(), fresh.head.all("set-cookie")), (204, vec!["visits=4; Path=/".to_owned()]));
}
