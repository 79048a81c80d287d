//! A page that is known only by the words of its links, from end to end: refused before anybody has met it, left out of all rules,
//! and fetched again when plain views have shown that nothing happens.

use crate::support;
use crate::support::http;
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;
use std::time::Duration;

const PREFETCH: [(&str, &str); 3] =
    [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];

const HOME: &str = "<main><a href=/k/17>Abmelden</a> <a href=/k/18>Lampe</a> \
                    <a href=/k/19 data-confirm='Wirklich?'><img alt='Ada'></a></main>";

/// A visitor's own navigation.
fn view(site: &Site, path: &str, visitor: u32, cookies: &str) -> http::Response {
    let address = format!("198.51.{}.{}", 100 + visitor / 250, visitor % 250);
    let mut headers = vec![
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Site", "none"),
        ("Sec-Fetch-User", "?1"),
        ("CF-Connecting-IP", &address),
    ];
    headers.extend(Some(("Cookie", cookies)).filter(|(_, cookies)| !cookies.is_empty()));
    site.get(path, &headers)
}

fn refusal(site: &Site, path: &str) -> Option<String> {
    let response = site.get(path, &PREFETCH);
    let refused = response.get("headstart-refused");
    assert_eq!(response.status(), if refused.is_some() { 503 } else { 200 }, "{path}");
    refused
}

/// How often the origin was asked for a path since the last call.
fn asked(site: &Site, path: &str) -> usize {
    site.origin.take().iter().filter(|received| received.target() == path).count()
}

/// Waits until what a link on the first page says has been read: that it signs out.
fn suspected(site: &Site) {
    suspected_by(site, "sign-out");
}

/// The same of another rule.
fn suspected_by(site: &Site, rule: &str) {
    view(site, "/", 1, "session=ada");
    let expected = Some(format!("unsafe-url;rule={rule};by=link"));
    support::eventually("the words of a link are read", Duration::from_secs(30), || {
        (refusal(site, "/k/17") == expected).then_some(())
    });
    site.origin.take();
}

fn names(site: &Site, path: &str) -> bool {
    site.get("/_headstart/rules/site.json", &[]).text().contains(&format!("\"{path}\""))
}

#[test]
fn what_a_link_says_is_refused_and_left_out_until_plain_views_show_that_nothing_happens() {
    let site = Site::start(&[("MIN_VISITORS", "3")]);
    site.origin.answer(|request, stream| {
        let home = HOME.replace("Abmelden", "Löschen");
        write(stream, &html(if request.target() == "/" { &home } else { "<p>A page" }));
        After::Keep
    });
    suspected_by(&site, "delete");
    assert_eq!(refusal(&site, "/k/17?utm_source=x").as_deref(), Some("unsafe-url;rule=delete;by=link"));
    assert_eq!(refusal(&site, "/k/19").as_deref(), Some("unsafe-url;rule=confirm;by=link"));
    let script = site.get("/k/17", &[("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "empty")]);
    assert_eq!(script.status(), 503, "what a script fetches ahead");
    assert_eq!(site.origin.take(), [], "the origin was not asked");
    assert_eq!(refusal(&site, "/k/18"), None);
    assert_eq!(asked(&site, "/k/18"), 1);

    // Others are told when as many visitors were shown the link as must be given a page that is named.
    assert!(!names(&site, "/k/17"), "of one visitor nothing is said");
    let mut visitor = 1;
    support::eventually("the baseline leaves it out", Duration::from_secs(60), || {
        visitor += 1;
        view(&site, "/", visitor, "");
        // An isolate reads no more than a page a second for long.
        std::thread::sleep(Duration::from_millis(300));
        (names(&site, "/k/17") && names(&site, "/k/19")).then_some(())
    });
    assert!(!names(&site, "/k/18"));

    // Views of visitors without a session alone, and two of those with one, are not enough.
    for visitor in 1..=5 {
        assert_eq!(view(&site, "/k/17", visitor, "").text(), "<p>A page", "the click works");
    }
    for visitor in 1..=2 {
        view(&site, "/k/17", visitor, "session=ada");
    }
    assert_eq!(asked(&site, "/k/17"), 7, "each is looked at");
    assert_eq!(refusal(&site, "/k/17").as_deref(), Some("unsafe-url;rule=delete;by=link"));
    view(&site, "/k/17", 3, "session=ada");
    site.origin.take();
    assert_eq!(refusal(&site, "/k/17"), None, "nothing has happened to anybody");
    assert_eq!(asked(&site, "/k/17"), 1);
    assert!(refusal(&site, "/k/19").is_some(), "nobody was there");
    support::eventually("the baseline names it again", Duration::from_secs(60), || {
        visitor += 1;
        view(&site, "/", visitor, "");
        view(&site, "/k/17", visitor, "");
        view(&site, "/k/17", visitor, "session=ada");
        // As above.
        std::thread::sleep(Duration::from_millis(300));
        (!names(&site, "/k/17") && names(&site, "/k/19")).then_some(())
    });
    assert_eq!(refusal(&site, "/k/17"), None);
}

#[test]
fn a_sign_out_that_shows_a_page_and_sets_nothing_stays_refused() {
    let site = Site::start(&[]);
    site.origin.answer(|request, stream| {
        write(stream, &html(if request.target() == "/" { HOME } else { "<p>You are signed out" }));
        After::Keep
    });
    suspected(&site);
    for visitor in 1..=5 {
        for cookies in ["", "session=ada"] {
            view(&site, "/k/17", visitor, cookies);
        }
    }
    site.origin.take();
    assert_eq!(refusal(&site, "/k/17").as_deref(), Some("unsafe-url;rule=sign-out;by=link"));
    assert_eq!(asked(&site, "/k/17"), 0);
}

#[test]
fn what_a_link_says_is_read_in_every_encoding() {
    // "Log out", and a link whose second byte is an ASCII letter, as a careless reader would take it for.
    let pages: [(&str, &[u8]); 6] = [
        ("shift_jis", b"<a href=/k/17>\x83\x8d\x83O\x83A\x83E\x83g</a>"),
        ("euc-jp", b"<a href=/k/17>\xa5\xed\xa5\xb0\xa5\xa2\xa5\xa6\xa5\xc8</a>"),
        ("gbk", b"<a href=/k/17>\xcd\xcb\xb3\xf6\xb5\xc7\xc2\xbc</a>"),
        ("big5", b"<a href=/k/17>\xb5n\xa5X</a>"),
        ("euc-kr", b"<a href=/k/17>\xb7\xce\xb1\xd7\xbe\xc6\xbf\xf4</a>"),
        ("windows-1251", b"<a href=/k/17>\xc2\xfb\xe9\xf2\xe8</a>"),
    ];
    for (charset, page) in pages {
        let site = Site::start(&[]);
        site.origin.answer(move |request, stream| {
            let is_home = request.target() == "/";
            let head = format!("Content-Type: text/html; charset={charset}\r\n");
            write(stream, &ok(&head, if is_home { page } else { b"<p>A page" }));
            After::Keep
        });
        suspected(&site);
    }
}

#[test]
fn what_does_something_stays_refused_however_often_it_is_visited() {
    let site = Site::start(&[]);
    site.origin.answer(|request, stream| {
        let answer = match request.target() {
            "/" => html(HOME),
            // Visitors who are not signed in see a page, and others are signed out.
            "/k/17" if request.head.get("cookie").is_some() => {
                ok("Content-Type: text/html\r\nSet-Cookie: session=; Max-Age=0\r\n", b"<p>Bis bald")
            }
            _ => html("<p>A page"),
        };
        write(stream, &answer);
        After::Keep
    });
    suspected(&site);
    for visitor in 1..=5 {
        view(&site, "/k/17", visitor, "");
        view(&site, "/k/17", visitor, "session=ada");
    }
    assert_eq!(asked(&site, "/k/17"), 10);
    for _ in 0..3 {
        assert!(refusal(&site, "/k/17").is_some());
    }
    assert_eq!(asked(&site, "/k/17"), 0);
}

#[test]
fn a_site_knows_better_than_its_links() {
    let site = Site::start(&[("SAFE_URLS", "/k/19"), ("NEXT_PAGES", "off")]);
    site.origin.answer(|request, stream| {
        let home = HOME.replace("Abmelden", "Löschen");
        write(stream, &html(if request.target() == "/" { &home } else { "<p>A page" }));
        After::Keep
    });
    suspected_by(&site, "delete");
    assert_eq!(refusal(&site, "/k/19"), None);
    // Where no next pages are learned, plain views still show it.
    for visitor in 1..=3 {
        view(&site, "/k/17", visitor, "");
        view(&site, "/k/17", visitor, "session=ada");
    }
    assert_eq!(refusal(&site, "/k/17"), None);
}
