//! What one visitor meets on a guess is theirs: their own next guess is refused before the origin is asked, and nobody else's.
//! What visitors of several networks meet is held against the page, for those like them, until a view shows otherwise.

use crate::support::http::{self, Response};
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;
use crate::visitor::{BODY, KEY, REDEEM, ticket_of};
use std::sync::atomic::{AtomicUsize, Ordering};

/// Somebody: the last part of their address, and the cookies that they have.
type Visitor = (u8, &'static str);

const GOOD: Visitor = (50, "session=good");
const NOBODY: Visitor = (51, "");

fn redirect(to: &str, more: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\n{more}Content-Length: 0\r\n\r\n").into_bytes()
}

fn page(lines: &str) -> Vec<u8> {
    ok(&format!("Content-Type: text/html; charset=utf-8\r\n{lines}"), BODY.as_bytes())
}

/// A site whose answers depend on what a request brings.
fn start() -> Site {
    // What the learner publishes in the end is another matter: here it never hears of enough visitors.
    let site = Site::start(&[("SEAL_KEY", KEY), ("SAFE_URLS", "/*"), ("MIN_VISITORS", "100")]);
    let fresh = AtomicUsize::new(0);
    site.origin.answer(move |received, stream| {
        let (target, cookies) = (received.target(), received.head.get("cookie").unwrap_or_default());
        let new = || {
            format!("Set-Cookie: session=fresh{}; HttpOnly; Path=/\r\n", fresh.fetch_add(1, Ordering::SeqCst))
        };
        let is_good = cookies.contains("session=good");
        let lines = match target.split(['/', '?']).nth(1).unwrap_or_default() {
            "login" => new(),
            "account" if !is_good => {
                write(stream, &redirect("/login", &new()));
                return After::Keep;
            }
            "panel" if !is_good => {
                write(stream, &redirect("https://id.example/authorize?client_id=a&state=7", ""));
                return After::Keep;
            }
            "del" if cookies.contains("session=forged") => {
                "Set-Cookie: session=; Max-Age=0; Path=/; HttpOnly\r\n".to_owned()
            }
            "dx" if cookies.contains("zork=forged") => {
                "Set-Cookie: zork=; Max-Age=0; Path=/; HttpOnly\r\n".to_owned()
            }
            "csd" if cookies.contains("x=forged") => "Clear-Site-Data: \"storage\"\r\n".to_owned(),
            "skin" if cookies.contains("skin=forged") => {
                "Content-Security-Policy: default-src 'none'\r\nSet-Cookie: visits=1; Path=/\r\n".to_owned()
            }
            "see" if target.ends_with("to=away") => {
                write(stream, &redirect("https://partner.example/", ""));
                return After::Keep;
            }
            "data" if received.head.get("accept").as_deref() == Some("application/json") => {
                write(stream, &ok("Content-Type: application/json\r\n", b"{}"));
                return After::Keep;
            }
            "robots.txt" => {
                write(stream, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                return After::Keep;
            }
            _ => String::new(),
        };
        write(stream, &page(&lines));
        After::Keep
    });
    site
}

fn ask(site: &Site, path: &str, (host, cookies): Visitor, more: &[(&str, &str)]) -> Response {
    let address = format!("203.0.113.{host}");
    let mut fields = vec![
        ("User-Agent", "Test/1"),
        ("Accept-Language", "en"),
        ("CF-Connecting-IP", address.as_str()),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", "http://shop.test/"),
    ];
    fields.extend(more);
    if !cookies.is_empty() {
        fields.push(("Cookie", cookies));
    }
    site.get(path, &fields)
}

const PREFETCH: &[(&str, &str)] = &[("Sec-Purpose", "prefetch")];
const PRERENDER: &[(&str, &str)] = &[("Sec-Purpose", "prefetch;prerender")];
const FOR_DATA: &[(&str, &str)] = &[("Sec-Purpose", "prefetch"), ("Accept", "application/json")];

/// Whether the origin is asked for a guess, and how that is answered.
fn guess(site: &Site, path: &str, visitor: Visitor, how: &[(&str, &str)]) -> (bool, u16, Option<String>) {
    site.origin.take();
    let answer = ask(site, path, visitor, how);
    let is_asked = site.origin.take().iter().any(|received| received.target() == path);
    (is_asked, answer.status(), answer.get("headstart-refused"))
}

fn refused(why: &str) -> (bool, u16, Option<String>) {
    (false, 503, Some(why.to_owned()))
}

const GIVEN: (bool, u16, Option<String>) = (true, 200, None);

#[test]
fn one_request_of_one_visitor_takes_a_page_from_nobody_but_themselves() {
    let site = start();
    let forged = (9, "session=forged");
    let here = (50, "session=made-up");
    // What somebody asks for, how, what the next one of theirs is refused for, and who else asks.
    type Row =
        (&'static str, Visitor, &'static [(&'static str, &'static str)], &'static str, &'static [Visitor]);
    let rows: [Row; 10] = [
        ("/account", forged, PREFETCH, "session", &[GOOD, (9, "session=good")]),
        ("/account/here", here, PREFETCH, "session", &[GOOD]),
        ("/del", forged, PREFETCH, "session", &[GOOD, NOBODY]),
        (
            "/dx/2",
            (50, "zork=forged"),
            PREFETCH,
            "set-cookie",
            &[(50, "zork=real"), (60, "zork=real"), NOBODY],
        ),
        ("/panel", (9, ""), PREFETCH, "effect", &[GOOD, (9, "session=good")]),
        ("/csd", (50, "x=forged"), PREFETCH, "effect", &[GOOD, NOBODY, (50, "")]),
        ("/csd/in", (9, "session=mine; x=forged"), PREFETCH, "effect", &[GOOD, NOBODY]),
        ("/see?to=away", (9, ""), PREFETCH, "leaves-site", &[]),
        ("/data", (9, ""), FOR_DATA, "no-page", &[GOOD, NOBODY]),
        ("/skin", (9, "skin=forged"), PRERENDER, "prerender", &[]),
    ];
    for (path, visitor, how, why, others) in rows {
        let (is_asked, ..) = guess(&site, path, visitor, how);
        assert!(is_asked, "{path}");
        let again = refused(&format!("quarantine;why={why}"));
        assert_eq!(guess(&site, path, visitor, how), again, "{path}: the same visitor");
        for other in others {
            assert_eq!(guess(&site, path, *other, PREFETCH), GIVEN, "{path} {other:?}");
        }
    }
    assert_eq!(
        guess(&site, "/see?to=here", NOBODY, PREFETCH),
        GIVEN,
        "what a query did is not the page's doing"
    );
    assert_eq!(guess(&site, "/skin", NOBODY, PRERENDER), GIVEN);
    // Nor are its siblings taken.
    for number in 0..3 {
        guess(&site, &format!("/panel/u/{number}"), (9, ""), PREFETCH);
    }
    assert_eq!(guess(&site, "/panel/u/9", (9, ""), PREFETCH), refused("quarantine;why=effect;route"));
    assert_eq!(guess(&site, "/panel/u/9", GOOD, PREFETCH), GIVEN);
    assert_eq!(guess(&site, "/panel/u/8", NOBODY, PREFETCH), (true, 503, Some("effect".to_owned())));
}

#[test]
fn whoever_brings_their_ticket_back_as_somebody_else_takes_prerendering_from_nobody_else() {
    let site = start();
    let rendered = ask(&site, "/a1", (9, "session=aaaaaaaaaaaaaaaaaaaa"), PRERENDER);
    let fields = [
        ("User-Agent", "Test/1"),
        ("Accept-Language", "en"),
        ("CF-Connecting-IP", "203.0.113.9"),
        ("Sec-Fetch-Dest", "empty"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", "http://shop.test/a1"),
        ("Content-Type", "text/plain;charset=UTF-8"),
        ("Cookie", "session=bbbbbbbbbbbbbbbbbbbb"),
    ];
    let request = http::request("POST", REDEEM, &fields, ticket_of(&rendered).as_bytes());
    assert_eq!(http::raw(site.worker.port, &request).status(), 409);
    for other in [(9, "session=cccccccccccccccccccc"), GOOD, NOBODY, (9, "")] {
        assert_eq!(guess(&site, "/a1", other, PRERENDER), GIVEN, "{other:?}");
    }
    let own = (9, "session=aaaaaaaaaaaaaaaaaaaa");
    assert_eq!(guess(&site, "/a1", own, PRERENDER), refused("quarantine;why=prerender"));
    assert_eq!(guess(&site, "/a1", own, PREFETCH), GIVEN);
}

#[test]
fn what_three_networks_have_met_is_refused_to_those_like_them_until_a_view_shows_otherwise() {
    let site = start();
    type Row =
        (&'static str, &'static str, &'static [(&'static str, &'static str)], &'static str, Visitor, Visitor);
    // Where, with which cookies, what that is called, somebody like them, and somebody who is not.
    let rows: [Row; 4] = [
        ("/csd", "x=forged", PREFETCH, "effect", NOBODY, GOOD),
        ("/csd/in", "session=mine; x=forged", PREFETCH, "effect", GOOD, NOBODY),
        ("/dx/2", "zork=forged", PREFETCH, "set-cookie", (60, "zork=real"), NOBODY),
        ("/data", "", FOR_DATA, "no-page", NOBODY, GOOD),
    ];
    for (path, cookies, how, why, like_them, unlike_them) in rows {
        for host in 1..=3 {
            let (is_asked, ..) = guess(&site, path, (host, cookies), how);
            assert!(is_asked, "{path}: {host}");
        }
        let refused = refused(&format!("quarantine;why={why}"));
        assert_eq!(guess(&site, path, like_them, PREFETCH), refused, "{path}");
        assert_eq!(guess(&site, path, unlike_them, PREFETCH), GIVEN, "{path}");
        assert_eq!(ask(&site, path, unlike_them, &[]).status(), 200, "{path}");
        assert_eq!(guess(&site, path, like_them, PREFETCH), refused, "{path}: a view of somebody else's");
        assert_eq!(ask(&site, path, (70, like_them.1), &[]).status(), 200, "{path}");
        assert_eq!(guess(&site, path, like_them, PREFETCH), GIVEN, "{path}");
        assert_eq!(guess(&site, path, (3, cookies), how), refused, "{path}: whoever has met it");
    }
}

#[test]
fn what_becomes_of_sessions_is_told_by_whoever_was_given_one_and_contradicted_by_whoever_keeps_theirs() {
    let site = start();
    // Sessions that nobody has seen given out say nothing, however many.
    for host in 1..=6 {
        guess(&site, "/account", (host, "session=forged"), PREFETCH);
        guess(&site, "/del", (host, "session=forged"), PREFETCH);
    }
    for path in ["/account", "/del"] {
        assert_eq!(guess(&site, path, GOOD, PREFETCH), GIVEN, "{path}");
    }
    for host in 1..=3 {
        let given = ask(&site, "/login", (host, ""), &[]);
        let line = given.get("set-cookie").unwrap();
        let cookie: &'static str = line.split(';').next().unwrap().to_owned().leak();
        guess(&site, "/account", (host, cookie), PREFETCH);
    }
    let refused = refused("quarantine;why=session");
    assert_eq!(guess(&site, "/account", GOOD, PREFETCH), refused);
    // Twice as many as have lost one: whether these are sessions still, nobody has seen.
    for host in 61..=66 {
        assert_eq!(guess(&site, "/account", GOOD, PREFETCH), refused, "{host}");
        assert_eq!(ask(&site, "/account", (host, "session=good"), &[]).status(), 200);
    }
    assert_eq!(guess(&site, "/account", GOOD, PREFETCH), GIVEN);
}

#[test]
fn a_page_that_does_something_to_everybody_is_asked_for_three_times() {
    let site = Site::start(&[("SEAL_KEY", KEY), ("SAFE_URLS", "/*")]);
    site.origin.answer(|received, stream| {
        let target = received.target();
        let moved = redirect("/b", "Set-Cookie: token=1; Path=/\r\n");
        write(stream, &if target.starts_with("/add") { moved } else { html("<p>x") });
        After::Keep
    });
    let asked = |path: &str| (1..=9).filter(|host| guess(&site, path, (*host, ""), PREFETCH).0).count();
    assert_eq!(asked("/add"), 3);
    let siblings: usize = (1..=9).map(|number| asked(&format!("/add/{number}/now"))).sum();
    assert_eq!(siblings, 7, "two siblings by three, and one that makes it a route");
}
