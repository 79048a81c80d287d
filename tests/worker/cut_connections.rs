//! Visitors go away in the middle of what they have asked for: their browsers give speculations up, and reset connections. What
//! was taken for them is given back.

use crate::support;
use crate::support::http;
use crate::support::origin::{After, ok};
use crate::visitor::{all, answer_slowly, assert_full, prerender, reached, speculation, start};
use std::io::Write;
use std::net::TcpStream;
use std::sync::atomic::Ordering;
use std::time::Duration;

/// Sends these bytes, and leaves the connection open.
fn send(port: u16, bytes: &[u8]) -> TcpStream {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(bytes).unwrap();
    stream
}

/// Resets a connection, as a browser does that waits no longer.
fn cut(stream: TcpStream) {
    let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    nix::sys::socket::setsockopt(&stream, nix::sys::socket::sockopt::Linger, &at_once).unwrap();
}

#[test]
fn prerenders_that_are_cut_leave_no_place_taken() {
    let site = start(&[]);
    let is_over = answer_slowly(&site);
    let headers = speculation("prefetch;prerender", &[]);
    // As many as there are places, three times over.
    for round in 0..3 {
        is_over.store(false, Ordering::SeqCst);
        let slow = |number: usize| {
            let path = format!("/slow/{round}/{number}");
            send(site.worker.port, &http::request("GET", &path, &headers, b""))
        };
        let streams: Vec<TcpStream> = (0..4).map(slow).collect();
        assert_full(&site);
        streams.into_iter().for_each(cut);
        is_over.store(true, Ordering::SeqCst);
        support::eventually("a place is free", Duration::from_secs(30), || {
            (prerender(&site, "/quick", &[]).status() == 200).then_some(())
        });
        reached(&site);
    }
}

/// Mobile visitors leave forms and uploads all the time, and an origin that is gone is to be told from that.
#[test]
fn an_upload_that_is_cut_is_not_said_to_be_the_origins_fault() {
    let site = start(&[]);
    site.worker.allows("Network connection lost");
    let says = |said: &str| site.worker.log().iter().any(|line| line.contains(said));
    let headers = all(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], &[]);
    let request = http::request("POST", "/upload", &headers, &[b'x'; 2_000]);
    const LEFT: &str = "visitor: a visitor, or the origin, broke off while a body was sent";
    // Each leaves when the next one comes, so that the origin is asked by then.
    let mut left = None;
    support::eventually(LEFT, Duration::from_secs(20), || {
        drop(left.replace(send(site.worker.port, &request[..request.len() - 1000])));
        says(LEFT).then_some(())
    });
    assert!(!says("origin: the origin cannot be reached"), "{:?}", site.worker.log());
    site.origin.answer(|_, _| After::Close);
    assert_eq!(site.get("/", &headers).status(), 502);
    const GONE: &str = "origin: the origin cannot be reached";
    support::eventually(GONE, Duration::from_secs(10), || says(GONE).then_some(()));
}

#[test]
fn forms_of_prerendering_pages_that_are_cut_leave_no_place_taken() {
    let site = start(&[("EFFECT_PATHS", "/count")]);
    site.origin.say(&ok("Content-Type: text/plain\r\n", b"counted"));
    let headers = all(
        &[
            ("Sec-Purpose", "prefetch;prerender"),
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", "http://shop.test/a"),
        ],
        &[],
    );
    let request = http::request("POST", "/count", &headers, &[b'x'; 60_000]);
    // Far more than are taken in at once.
    for _ in 0..4 {
        let streams: Vec<TcpStream> =
            (0..100).map(|_| send(site.worker.port, &request[..request.len() - 1000])).collect();
        streams.into_iter().for_each(cut);
    }
    let whole = http::request("POST", "/count", &headers, b"x");
    support::eventually("one is taken in", Duration::from_secs(60), || {
        (http::raw(site.worker.port, &whole).status() == 204).then_some(())
    });
    assert!(reached(&site).is_empty(), "nothing is sent before the page is shown");
}
