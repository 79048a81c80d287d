//! What an origin answers for `robots.txt`, however it answers.

use crate::support;
use crate::support::log::assert_said;
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::site::Site;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::time::Duration;

const FILE: &[u8] = b"User-agent: *\nDisallow: /internal/\n";

/// A site whose pages link to each other, and whose `robots.txt` is answered like this.
fn site(robots: impl Fn(&Received, &mut TcpStream) -> After + Send + Sync + 'static) -> Site {
    let site = Site::start(&[("MIN_VISITORS", "2")]);
    site.origin.answer(move |request, stream| {
        if request.target().contains("robots") {
            return robots(request, stream);
        }
        write(stream, &html("<main><a href=/a>a</a> <a href=/b>b</a></main>"));
        After::Keep
    });
    site
}

/// A visit of `/a` and from there of `/b`, by a visitor of this number. Answers the rule sets of `/a`.
fn visit(site: &Site, visitor: usize) -> String {
    let address = format!("192.0.2.{}", visitor % 250);
    let of_browsers = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    let by = |more: &[(&'static str, &'static str)], path: &str| {
        let mut headers = of_browsers.to_vec();
        headers.push(("CF-Connecting-IP", &address));
        headers.extend(more);
        site.get(path, &headers)
    };
    by(
        &[("Sec-Fetch-Site", "same-origin"), ("Sec-Fetch-User", "?1"), ("Referer", "http://shop.test/a")],
        "/b",
    );
    by(&[("Sec-Fetch-Site", "none")], "/a").get("speculation-rules").unwrap_or_default()
}

/// Visits until the baseline keeps clear of what the file disallows, and a page is named.
fn learned(site: &Site) {
    let mut visitor = 0;
    support::eventually("learned rules without /internal/", Duration::from_secs(40), || {
        visitor += 1;
        let sets = visit(site, visitor);
        std::thread::sleep(Duration::from_millis(200));
        let baseline = site.get("/_headstart/rules/site.json", &[]).text();
        (sets.contains("/rules/next/") && baseline.contains("\"/internal/*\"")).then_some(())
    });
}

#[test]
fn a_file_without_end_is_read_no_further_than_it_counts() {
    let (sent, ended) = (Arc::new(AtomicU64::new(0)), Arc::new(AtomicUsize::new(0)));
    let (sending, ending) = (Arc::clone(&sent), Arc::clone(&ended));
    let site = site(move |_, stream| {
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\n\r\n");
        write(stream, FILE);
        let comment = b"# nothing\n".repeat(10_000);
        // A third of a gigabyte, as far as anybody takes it.
        while sending.load(Ordering::Relaxed) < 331_000_000 && stream.write_all(&comment).is_ok() {
            sending.fetch_add(comment.len() as u64, Ordering::Relaxed);
        }
        ending.fetch_add(1, Ordering::Relaxed);
        After::Close
    });
    learned(&site);
    support::eventually("the origin may stop", Duration::from_secs(10), || {
        (ended.load(Ordering::Relaxed) > 0).then_some(())
    });
    let (sent, times) = (sent.load(Ordering::Relaxed), ended.load(Ordering::Relaxed) as u64);
    // What is on its way lies in sockets, of which each side has some megabytes.
    assert!(sent < times * 20_000_000, "{sent} bytes were taken in {times} times");
}

#[test]
fn redirects_are_followed_within_the_site_and_a_large_file_counts() {
    let site = site(|request, stream| {
        let to =
            |target: &str| format!("HTTP/1.1 302 Found\r\nLocation: {target}\r\nContent-Length: 0\r\n\r\n");
        match request.target() {
            "/robots.txt" => write(stream, to("/seo/robots").as_bytes()),
            "/seo/robots" => write(stream, to("http://shop.test/robots?format=txt").as_bytes()),
            _ => {
                let body = [b"# nothing\n".repeat(30_000).as_slice(), FILE].concat();
                write(stream, &ok("Content-Type: text/plain\r\n", &body));
            }
        }
        After::Keep
    });
    learned(&site);
}

#[test]
fn no_page_is_named_while_the_file_cannot_be_read_and_the_log_says_so() {
    let site = site(|_, stream| {
        write(stream, b"HTTP/1.1 503 Service Unavailable\r\nContent-Length: 0\r\n\r\n");
        After::Keep
    });
    let mut visitor = 0;
    support::eventually("what is learned is published", Duration::from_secs(40), || {
        visitor += 1;
        let sets = visit(&site, visitor);
        assert!(!sets.contains("/rules/next/"), "{sets}");
        std::thread::sleep(Duration::from_millis(100));
        // The same views as name a page where the file is there.
        (visitor > 80).then_some(())
    });
    assert_said(site.worker.printed(), "robots.txt cannot be read at http://shop.test/robots.txt", 1);
}
