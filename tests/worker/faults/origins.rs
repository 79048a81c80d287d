//! The origin breaks off, hangs and lies: a visitor gets what a plain Worker gives them, or is told that there is no origin, and of a
//! speculation nothing is handed over that was to wait.

use super::{ADDED, RECOVERY, Stand, view};
use crate::support;
use crate::support::http::{self, Connection};
use crate::support::log::times;
use crate::support::origin::{After, html, ok, write};
use crate::support::worker::QUICK;
use crate::visitor::{KEY, speculation};
use std::collections::HashSet;
use std::io::Write;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// What becomes of a plain view.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Given {
    /// What a plain Worker gives, byte for byte, however that ends.
    Same,
    /// 502, and why: there is no answer that could be handed on. A plain Worker throws.
    NoOrigin,
}

use Given::{NoOrigin, Same};

/// What an origin says, what it then does with the connection, and what follows.
type Row = (&'static str, Vec<u8>, After, Given);

const PAGE: &str = "Content-Type: text/html; charset=utf-8\r\nSet-Cookie: visits=1; Path=/\r\n";

fn head(fields: &str) -> String {
    format!("HTTP/1.1 200 OK\r\n{PAGE}{fields}\r\n\r\n")
}

fn said(fields: &str, body: &[u8]) -> Vec<u8> {
    [head(fields).as_bytes(), body].concat()
}

/// The first bytes of a large page.
fn large(length: usize) -> Vec<u8> {
    let page = format!(
        "<!doctype html><html><head><title>x</title></head><body>{}",
        "<p>0123456789</p>".repeat(25_000)
    );
    page.as_bytes()[..length].to_vec()
}

fn rows() -> Vec<Row> {
    let gzip = include_bytes!("../../data/page.html.gz");
    let brotli = include_bytes!("../../data/page.html.br");
    let half = |bytes: &[u8]| bytes[..bytes.len() / 2].to_vec();
    let coded = |coding: &str, body: &[u8]| {
        said(&format!("Content-Encoding: {coding}\r\nContent-Length: {}", body.len()), body)
    };
    vec![
        // It breaks off.
        ("nothing at all", vec![], After::Close, NoOrigin),
        ("nothing at all, and a reset", vec![], After::Reset, NoOrigin),
        ("half a head", b"HTTP/1.1 200 OK\r\nContent-Type: text/ht".to_vec(), After::Close, NoOrigin),
        (
            "half a head, and a reset",
            b"HTTP/1.1 200 OK\r\nContent-Type: text/ht".to_vec(),
            After::Reset,
            NoOrigin,
        ),
        ("a head without a body", said("Content-Length: 50", b""), After::Close, Same),
        ("half a body", said("Content-Length: 50", b"<!doctype html><p>x"), After::Close, Same),
        ("an empty page", said("Content-Length: 0", b""), After::Keep, Same),
        ("half a large page", said("Content-Length: 400000", &large(200_000)), After::Close, Same),
        (
            "half a large page in the coding that is none",
            said("Content-Encoding: identity\r\nContent-Length: 400000", &large(200_000)),
            After::Close,
            Same,
        ),
        (
            "all of a large page but its end",
            said("Content-Length: 400000", &large(399_999)),
            After::Close,
            Same,
        ),
        (
            "gzip that breaks off at once",
            said("Content-Encoding: gzip\r\nContent-Length: 500", b""),
            After::Close,
            Same,
        ),
        (
            "half a chunk",
            said("Transfer-Encoding: chunked", b"20\r\n<!doctype html><p>x"),
            After::Close,
            Same,
        ),
        (
            "no last chunk",
            said("Transfer-Encoding: chunked", b"13\r\n<!doctype html><p>x\r\n"),
            After::Close,
            Same,
        ),
        // It lies about the length.
        (
            "fewer bytes than there are",
            said("Connection: close\r\nContent-Length: 19", b"<!doctype html><p>x</p>and more"),
            After::Close,
            Same,
        ),
        ("a length that is no number", said("Content-Length: many", b"<p>x"), After::Close, NoOrigin),
        ("a length below nothing", said("Content-Length: -4", b"<p>x"), After::Close, NoOrigin),
        (
            "a chunk of no size",
            said("Transfer-Encoding: chunked", b"zz\r\n<p>x\r\n0\r\n\r\n"),
            After::Close,
            Same,
        ),
        (
            "a body to the end of the connection",
            said("Connection: close", b"<!doctype html><p>x"),
            After::Close,
            Same,
        ),
        // It lies about the coding.
        ("gzip that is none", coded("gzip", b"<!doctype html><p>x"), After::Keep, Same),
        ("half of a gzip", coded("gzip", &half(gzip)), After::Keep, Same),
        ("gzip with something behind it", coded("gzip", &[&gzip[..], b"more"].concat()), After::Keep, Same),
        ("br that is none", coded("br", b"<!doctype html><p>x"), After::Keep, Same),
        ("half of a br", coded("br", &half(brotli)), After::Keep, Same),
        ("gzip that is br", coded("gzip", brotli), After::Keep, Same),
        ("twice", coded("gzip, gzip", gzip), After::Keep, Same),
        ("a coding that nobody knows", coded("x-none", b"<!doctype html><p>x"), After::Keep, Same),
        // It lies about the charset, and the type.
        ("UTF-8 that is none", said("Content-Length: 8", b"<p>\xff\xfe\x80\xc3("), After::Keep, Same),
        ("UTF-16 behind a BOM", said("Content-Length: 10", b"\xff\xfe<\0p\0>\0x\0"), After::Keep, Same),
        ("a page of zeros", said("Content-Length: 64", &[0; 64]), After::Keep, Same),
        // It says what is no HTTP.
        ("no HTTP", b"\x16\x03\x01\x02\x00\x01\x00\x01".to_vec(), After::Close, NoOrigin),
        ("another protocol", b"220 mail.example ESMTP\r\n".to_vec(), After::Close, NoOrigin),
        ("a field without a name", said(": x\r\nContent-Length: 0", b""), After::Close, NoOrigin),
        (
            "a head of a megabyte",
            said(&format!("X-Long: {}\r\nContent-Length: 0", "x".repeat(1_000_000)), b""),
            After::Close,
            NoOrigin,
        ),
        (
            "an odd status",
            b"HTTP/1.1 799 Odd\r\nContent-Type: text/html\r\nContent-Length: 4\r\n\r\n<p>x".to_vec(),
            After::Keep,
            Same,
        ),
        (
            "a body where none may be",
            b"HTTP/1.1 204 No Content\r\nConnection: close\r\nX-A: 1\r\n\r\n<p>x".to_vec(),
            After::Close,
            Same,
        ),
    ]
}

fn start(variables: &[(&str, &str)]) -> Stand {
    let stand = Stand::start(&[&QUICK[..], &[("SEAL_KEY", KEY)], variables].concat());
    // What a plain Worker throws where the origin says no HTTP.
    for leaving in [
        "Network connection lost",
        "internal error",
        "Uncaught (in response)",
        "HttpException",
        "Premature",
        "invalid Content-Length header value",
        "invalid HTTP chunk size",
        "protocolError.description",
    ] {
        stand.log().allow(leaving);
    }
    stand
}

#[test]
fn whatever_the_origin_says_a_visitor_gets_what_a_plain_worker_gives() {
    let stand = start(&[]);
    for (number, (what, bytes, after, given)) in rows().into_iter().enumerate() {
        stand.origin.answer(move |received, stream| {
            if received.target() == "/robots.txt" {
                write(stream, b"HTTP/1.1 404 No\r\nContent-Length: 0\r\n\r\n");
                return After::Keep;
            }
            write(stream, &bytes);
            after
        });
        let path = format!("/page-{number}");
        match given {
            Same => {
                stand.same(what, &view(&path));
            }
            NoOrigin => {
                // A plain Worker throws, and workerd answers with a 500, or with nothing.
                let mut plain = Connection::to(stand.both.plain);
                plain.send(&view(&path));
                let thrown = plain.head().is_none_or(|head| head.start.starts_with("HTTP/1.1 500 "));
                assert!(thrown, "{what}: a plain Worker");
                let told = http::raw(stand.port(), &view(&path));
                assert_eq!(
                    (told.status(), told.get("cache-control").as_deref()),
                    (502, Some("no-store")),
                    "{what}"
                );
                assert!(told.text().starts_with("the origin cannot be reached: "), "{what}: {}", told.text());
            }
        }
        // A guess is told less, or nothing: no cookie is set before it is activated.
        for purpose in ["prefetch", "prefetch;prerender"] {
            let guess = http::get(stand.port(), &format!("/{purpose}-{number}"), &speculation(purpose, &[]));
            assert!(guess.head.all("set-cookie").is_empty(), "{what}: {guess:?}");
            assert!(given == Same || matches!(guess.status(), 502 | 503), "{what}: {guess:?}");
        }
        // The next one has an origin that is well.
        stand.origin.say(&ok(PAGE, b"<!doctype html><p>well"));
        stand.same(what, &view(&format!("/well-{number}")));
    }
    let said = [
        "origin: the origin cannot be reached: ",
        "origin: a response could not be read to its end, so it teaches nothing: ",
    ];
    for said in said {
        support::eventually(said, RECOVERY, || (times(stand.log(), said) > 0).then_some(()));
    }
    let log = stand.log().of_headstart();
    let mut lines: Vec<&String> = log.iter().filter(|line| line.contains("origin: ")).collect();
    let all = lines.len();
    lines.sort_unstable();
    lines.dedup();
    assert_eq!(lines.len(), all, "each is said once: {log:?}");
}

/// With rules in it the page is another one, but for the rules it is not.
#[test]
fn whatever_the_origin_says_an_edited_page_is_the_same_but_for_the_edit() {
    const START: &str = "<script type=\"speculationrules\">";
    let stand = start(&[("RULES_DELIVERY", "inline")]);
    for (number, (what, bytes, after, given)) in rows().into_iter().enumerate() {
        // A page that is coded is decoded by the platform first, and a lie about that ends it.
        let head = String::from_utf8_lossy(&bytes).replace("Content-Encoding: identity", "");
        if given == NoOrigin || head.contains("Content-Encoding: ") {
            continue;
        }
        stand.origin.answer(move |_, stream| {
            write(stream, &bytes);
            after
        });
        let path = format!("/page-{number}");
        let plain = http::raw(stand.both.plain, &view(&path));
        // The first is decided by wasm, the next one by what it has decided.
        for turn in ["first", "next"] {
            let edited = http::raw(stand.port(), &view(&path));
            let text = edited.text();
            let without = text
                .split_once(START)
                .and_then(|(before, rest)| Some((before, rest.split_once("</script>")?.1)));
            let body = without
                .map_or(edited.body.0.clone(), |(before, after)| format!("{before}{after}").into_bytes());
            assert_eq!(edited.head.start, plain.head.start, "{what}, {turn}");
            assert!(body == plain.body.0, "{what}, {turn}: {} bytes, not {}", body.len(), plain.body.0.len());
            assert_eq!(edited.complete, plain.complete, "{what}, {turn}");
        }
    }
}

/// Whoever asks for no body, or has it, is not told of one that is edited.
#[test]
fn what_has_no_body_is_the_same_where_pages_are_edited() {
    let stand = start(&[("RULES_DELIVERY", "inline")]);
    super::serve(&stand.origin);
    let page = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    for number in 0..2 {
        let path = format!("/page-{number}");
        for _ in 0..2 {
            assert!(
                http::raw(stand.port(), &view(&path)).text().contains("<script type=\"speculationrules\">")
            );
            stand.same("HEAD", &http::request("HEAD", &path, &page, b""));
            let known = [&page[..], &[("If-None-Match", "\"a\"")]].concat();
            stand.same("304", &http::request("GET", &path, &known, b""));
        }
    }
}

/// A page may take as long as it likes, and its head is not held back meanwhile.
#[test]
fn the_head_of_an_edited_page_comes_before_a_body_that_does_not_come() {
    let stand = start(&[("RULES_DELIVERY", "inline")]);
    let goes_on = Arc::new(AtomicBool::new(false));
    let waits_for = Arc::clone(&goes_on);
    stand.origin.answer(move |received, stream| {
        if received.target() == "/page" {
            write(stream, &said("Content-Length: 400000", b""));
            while !waits_for.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(5));
            }
            write(stream, &large(400_000));
        } else {
            write(stream, &html("<p>others"));
        }
        After::Keep
    });
    for turn in ["first", "next"] {
        goes_on.store(false, Ordering::SeqCst);
        let mut connection = Connection::to(stand.port());
        connection.send(&view("/page"));
        let head = connection.head().expect("a head");
        assert_eq!(
            head.get("transfer-encoding").as_deref(),
            Some("chunked"),
            "{turn}: nobody knows its length"
        );
        goes_on.store(true, Ordering::SeqCst);
        let (body, complete) = connection.body(&head, true);
        let text = String::from_utf8_lossy(&body);
        let (before, rest) = text.split_once("<script type=\"speculationrules\">").expect("rules");
        let (_, after) = rest.split_once("</script>").expect("their end");
        assert!(complete && format!("{before}{after}").as_bytes() == large(400_000), "{turn}");
    }
}

/// A server may close a connection that was idle just when it is used again: then nobody has read the request.
#[test]
fn what_a_closing_connection_has_swallowed_is_asked_for_once_more_if_that_does_nothing_twice() {
    let stand = start(&[]);
    let met = Mutex::new(HashSet::new());
    stand.origin.answer(move |received, stream| {
        let target = received.target();
        if target.starts_with("/closed") && met.lock().unwrap().insert(target.to_owned()) {
            // As long as a server takes that has read it.
            std::thread::sleep(Duration::from_millis(if target.ends_with("late") { 1200 } else { 0 }));
            return After::Close;
        }
        if target.starts_with("/broken") {
            return After::Close;
        }
        let answer = ok(PAGE, b"<!doctype html><p>well");
        let head = answer.len() - if received.method() == "HEAD" { 22 } else { 0 };
        write(stream, &answer[..head]);
        After::Keep
    });
    let guess = speculation("prefetch", &[]);
    for (method, path, fields, body, answered, asked) in [
        ("GET", "/closed-1", &[][..], &b""[..], &[200][..], 2),
        ("HEAD", "/closed-2", &[], b"", &[200], 2),
        ("GET", "/broken", &[], b"", &[502], 2),
        ("POST", "/closed-3", &[], b"a=1", &[502], 1),
        ("DELETE", "/closed-4", &[], b"", &[502], 1),
        ("GET", "/closed-5", &guess, b"", &[502, 503], 1),
        ("GET", "/closed-late", &[], b"", &[502], 1),
    ] {
        stand.origin.take();
        let status = http::raw(stand.port(), &http::request(method, path, fields, body)).status();
        let came = stand.origin.take().iter().filter(|received| received.target() == path).count();
        assert!(
            answered.contains(&status) && came == asked,
            "{method} {path}: {status}, asked for {came} times"
        );
    }
}

#[test]
fn what_hangs_hangs_as_it_does_without_us_and_comes_when_it_comes() {
    let stand = start(&[]);
    let (goes_on, asked) = (Arc::new(AtomicBool::new(false)), Arc::new(AtomicU64::new(0)));
    let (waits_for, counted) = (Arc::clone(&goes_on), Arc::clone(&asked));
    let wait = move |stream: &mut std::net::TcpStream, bytes: &[u8]| {
        counted.fetch_add(1, Ordering::SeqCst);
        while !waits_for.load(Ordering::SeqCst) {
            std::thread::sleep(Duration::from_millis(5));
        }
        write(stream, bytes);
    };
    stand.origin.answer(move |received, stream| {
        if received.target() == "/before" {
            wait(stream, &ok(PAGE, b"<p>before"));
        } else if received.target() == "/behind" {
            write(stream, &said("Content-Length: 12", b"<p>be"));
            wait(stream, b"hind it");
        } else {
            write(stream, &html("<p>others"));
        }
        After::Keep
    });
    let mut waiting: Vec<(&str, Connection)> = Vec::new();
    for port in [stand.both.plain, stand.port()] {
        for path in ["/before", "/behind"] {
            let mut connection = Connection::to(port);
            connection.send(&view(path));
            waiting.push((path, connection));
        }
    }
    support::eventually("all wait", RECOVERY, || (asked.load(Ordering::SeqCst) == 4).then_some(()));
    // What has come of one is handed on, and others are answered meanwhile.
    let mut heads = Vec::new();
    for (path, connection) in &mut waiting {
        if *path == "/behind" {
            heads.push(connection.head().expect("a head").without(&ADDED));
            assert_eq!(connection.some(), b"<p>be");
        }
    }
    assert_eq!(heads[0], heads[1]);
    assert_eq!(http::raw(stand.port(), &view("/other")).text(), "<p>others");
    goes_on.store(true, Ordering::SeqCst);
    for (path, connection) in &mut waiting {
        if *path == "/behind" {
            assert_eq!(connection.some(), b"hind it");
        } else {
            assert_eq!(connection.response("GET").text(), "<p>before");
        }
    }
}

#[test]
fn a_body_without_end_is_handed_on_and_ends_with_its_visitor() {
    let stand = start(&[]);
    let open = Arc::new(AtomicU64::new(0));
    let counted = Arc::clone(&open);
    stand.origin.answer(move |received, stream| {
        if received.target() == "/robots.txt" || received.target() == "/other" {
            write(stream, &html("<p>others"));
            return After::Keep;
        }
        counted.fetch_add(1, Ordering::SeqCst);
        write(stream, format!("HTTP/1.1 200 OK\r\n{PAGE}\r\n").as_bytes());
        let piece = "<p>0123456789abcdef</p>\n".repeat(1_000);
        while stream.write_all(piece.as_bytes()).is_ok() {}
        counted.fetch_sub(1, Ordering::SeqCst);
        After::Reset
    });
    for port in [stand.both.plain, stand.port()] {
        let mut connection = Connection::to(port);
        connection.send(&view("/endless"));
        assert_eq!(connection.head().expect("a head").start, "HTTP/1.1 200 OK");
        let mut read = 0;
        while read < 20_000_000 {
            let piece = connection.some();
            assert!(!piece.is_empty(), "it has no end");
            read += piece.len();
        }
        assert_eq!(open.load(Ordering::SeqCst), 1);
        drop(connection);
        support::eventually("the origin is let go", RECOVERY, || {
            (open.load(Ordering::SeqCst) == 0).then_some(())
        });
    }
    // Nobody reads a page without end before it is shown.
    let refused = http::get(stand.port(), "/endless", &speculation("prefetch;prerender", &[]));
    assert_eq!(refused.status(), 503);
    assert!(refused.get("headstart-refused").is_some() && refused.head.all("set-cookie").is_empty());
    support::eventually("and is let go", RECOVERY, || (open.load(Ordering::SeqCst) == 0).then_some(()));
    assert_eq!(http::raw(stand.port(), &view("/other")).text(), "<p>others");
}

#[test]
fn interim_answers_come_as_a_plain_worker_gives_them() {
    let stand = start(&[]);
    for interim in ["100 Continue", "102 Processing", "103 Early Hints"] {
        let bytes = [format!("HTTP/1.1 {interim}\r\n\r\n").as_bytes(), &ok(PAGE, b"<p>x")].concat();
        stand.origin.answer(move |_, stream| {
            write(stream, &bytes);
            After::Close
        });
        let heads = [stand.both.plain, stand.port()].map(|port| {
            let mut connection = Connection::to(port);
            connection.send(&view("/interim"));
            connection.head().map(|head| (head.start.clone(), head.without(&ADDED)))
        });
        assert_eq!(heads[0], heads[1], "{interim}");
    }
}
