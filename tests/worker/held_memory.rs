//! What was answered is held by nobody: neither objects of JavaScript, which hold bodies, connections and timers, nor memory of
//! WebAssembly, which never becomes less.

use crate::support::http;
use crate::support::origin::{After, ok, write};
use crate::support::site::Site;
use crate::visitor::{KEY, activate, activating, all, page, speculation, start, ticket_of, ticketed};
use serde_json::json;
use std::collections::BTreeMap;
use std::io::Write;
use std::net::TcpStream;
use std::time::{Duration, Instant};

/// How often each request is sent before what is held is counted, and again after that; and the latter where each waits for seconds.
const BEFORE: usize = 12;
const ROUNDS: usize = 60;
const SLOW_ROUNDS: usize = 12;

/// How many objects more of one name there may be after that: of what happens by chance, and of what is under way by itself.
const MORE_OBJECTS: usize = 20;

/// How much larger the memory of WebAssembly may be: far less than the bodies of [`ROUNDS`] of any one request.
const MORE_BYTES: usize = 1024 * 1024;

/// The length of a body, in bytes.
const LENGTH: usize = 60_000;

fn html() -> String {
    let links = (0..20).map(|number| format!("<a href=\"/{number}\">{number}</a>")).collect::<String>();
    let text = "<p>It is made of brass, and lasts.".repeat(LENGTH / 34);
    format!("<!doctype html><html><head><title>A</title></head><body>{links}{text}</body></html>")
}

/// Has the origin answer what [`Round`] asks for.
fn serve(site: &Site) {
    let shown = page(&["seen=1; Path=/"], &html());
    site.origin.answer(move |request, stream| {
        match request.target() {
            _ if request.method() == "HEAD" => {
                write(stream, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 9\r\n\r\n");
            }
            "/robots.txt" => write(stream, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"),
            "/data" => write(stream, &ok("Content-Type: application/json\r\n", &[b' '; LENGTH])),
            "/form" => write(stream, &ok("Content-Type: text/plain\r\n", b"taken")),
            "/broken" => {
                write(stream, &shown[..shown.len() / 2]);
                return After::Close;
            }
            _ => write(stream, &shown),
        }
        After::Keep
    });
}

/// Sends a request, or the beginning of one, and resets the connection.
fn cut(port: u16, bytes: &[u8]) {
    let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
    stream.write_all(bytes).unwrap();
    let at_once = nix::libc::linger { l_onoff: 1, l_linger: 0 };
    nix::sys::socket::setsockopt(&stream, nix::sys::socket::sockopt::Linger, &at_once).unwrap();
}

/// Sends one request of each kind. What is answered matters in other tests.
fn round(site: &Site) {
    let port = site.worker.port;
    let scripted =
        [("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Site", "same-origin")];
    let navigation = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    let view = all(&navigation, &[]);
    for path in ["/a", "/a?utm_source=x", "/b"] {
        site.get(path, &view);
    }
    site.get("/a", &all(&navigation, &[("Cookie", "session=1")]));
    site.get("/data", &all(&scripted, &[("Referer", "http://shop.test/a")]));
    http::raw(port, &http::request("HEAD", "/a", &view, b""));
    let form = all(&scripted, &[("Content-Type", "application/x-www-form-urlencoded")]);
    let form = http::request("POST", "/form", &form, &[b'x'; LENGTH]);
    http::raw(port, &form);
    let prefetched = site.get("/count", &speculation("prefetch", &[]));
    if prefetched.status() == 200 {
        site.get(&ticketed(&prefetched), &activating("http://shop.test/count", &[]));
    }
    let prerendered = site.get("/p", &speculation("prefetch;prerender", &[]));
    if prerendered.status() == 200 {
        activate(site, "http://shop.test/p", &ticket_of(&prerendered), &[]);
    }
    site.get("/_headstart/rules/site.json", &activating("http://shop.test/a", &[]));
    site.get("/_headstart/health", &[]);
    // Whoever goes away in the middle, and an origin that does.
    let of = |path: &str, headers: &[(&str, &str)]| http::request("GET", path, headers, b"");
    cut(port, &of("/a", &view));
    cut(port, &of("/data", &scripted));
    cut(port, &of("/count", &speculation("prefetch", &[])));
    cut(port, &of("/p", &speculation("prefetch;prerender", &[])));
    cut(port, &form[..form.len() / 2]);
    http::post_unchecked(port, "/broken");
}

fn rounds(site: &Site, number: usize) {
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..number / 4).for_each(|_| round(site)));
        }
    });
}

/// Which objects there are many more of.
fn more(before: &BTreeMap<String, usize>, after: &BTreeMap<String, usize>) -> Vec<String> {
    let more = after.iter().filter_map(|(name, number)| {
        let more = number.saturating_sub(before.get(name).copied().unwrap_or_default());
        (more > MORE_OBJECTS).then(|| format!("{more} of {name}"))
    });
    more.collect()
}

/// Lets so many rounds come and go, and holds what is held after them against what was before.
fn assert_nothing_is_held(site: &Site, number: usize, before: impl Fn(), after: impl Fn()) {
    serve(site);
    // workerd says of each connection that ends in the middle that it does.
    ["Network connection lost", "disconnected"].iter().for_each(|line| site.worker.allows(line));
    rounds(site, BEFORE);
    let (objects, bytes) = site.worker.held();
    before();
    rounds(site, number);
    after();
    let since = Instant::now();
    loop {
        // What is under way is held until it is over.
        let (now, _) = site.worker.held();
        let more = more(&objects, &now);
        if more.is_empty() {
            break;
        }
        assert!(
            since.elapsed() < Duration::from_secs(60),
            "after {number} rounds there are {}",
            more.join(", ")
        );
        std::thread::sleep(Duration::from_millis(200));
    }
    let (_, now) = site.worker.held();
    assert!(now <= bytes + MORE_BYTES, "WebAssembly has {now} bytes, and had {bytes}");
}

#[test]
fn what_was_answered_is_not_held() {
    let site = start(&[("EFFECT_PATHS", "/count")]);
    assert_nothing_is_held(&site, ROUNDS, || {}, || {});
}

#[test]
fn what_was_edited_is_not_held() {
    let site = start(&[("EFFECT_PATHS", "/count"), ("RULES_DELIVERY", "inline"), ("BEACON", "auto")]);
    assert_nothing_is_held(&site, ROUNDS, || {}, || {});
}

#[test]
fn what_waited_for_a_platform_that_hangs_is_not_held() {
    let site = Site::start_faulty(&[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/count")]);
    let order = |faults: serde_json::Value| {
        let request = http::request("POST", "/-/faults", &[], faults.to_string().as_bytes());
        assert_eq!(http::raw(site.worker.port, &request).status(), 200);
    };
    let hang = |at: &str| json!({ "at": at, "how": "hang" });
    assert_nothing_is_held(
        &site,
        SLOW_ROUNDS,
        || order(json!(["kv.get", "kv.put", "learner.call", "ledger.call"].map(hang))),
        || order(json!([])),
    );
}
