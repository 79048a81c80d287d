//! What browsers send when they speculate and when a speculation is activated, and what a site answers, for the tests of
//! deferred effects.

use crate::support;
use crate::support::http::{self, Response};
use crate::support::origin::{After, ok, write};
use crate::support::site::Site;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

pub const KEY: &str = "a key of the tests, forty characters long";

pub const BROWSER: [(&str, &str); 3] =
    [("User-Agent", "Test/1"), ("Accept-Language", "en"), ("CF-Connecting-IP", "192.0.2.7")];

pub const REDEEM: &str = "/_headstart/activate";

pub fn start(variables: &[(&str, &str)]) -> Site {
    let mut all = vec![("SEAL_KEY", KEY)];
    all.extend(variables);
    Site::start(&all)
}

pub fn all<'a>(headers: &[(&'a str, &'a str)], more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    [&BROWSER[..], headers, more].concat()
}

pub fn speculation<'a>(purpose: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let navigation = [
        ("Sec-Purpose", purpose),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Site", "none"),
        ("Referer", "http://shop.test/"),
    ];
    all(&navigation, more)
}

pub fn prefetch(site: &Site, path: &str, more: &[(&str, &str)]) -> Response {
    site.get(path, &speculation("prefetch", more))
}

pub fn prerender(site: &Site, path: &str, more: &[(&str, &str)]) -> Response {
    site.get(path, &speculation("prefetch;prerender", more))
}

/// Has the site's pages set a cookie, and those below `/slow` end only when what this answers is set.
pub fn answer_slowly(site: &Site) -> Arc<AtomicBool> {
    let is_over = Arc::new(AtomicBool::new(false));
    let waits_for = Arc::clone(&is_over);
    site.origin.answer(move |request, stream| {
        let set = "Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n";
        if request.target().starts_with("/slow") {
            write(stream, format!("HTTP/1.1 200 OK\r\n{set}Content-Length: 100\r\n\r\n<p>").as_bytes());
            while !waits_for.load(Ordering::SeqCst) {
                std::thread::sleep(Duration::from_millis(10));
            }
            write(stream, &[b' '; 97]);
            return After::Keep;
        }
        write(stream, &ok(set, BODY.as_bytes()));
        After::Keep
    });
    is_over
}

/// As many pages are under way as are read at once, so that no other is prerendered.
pub fn assert_full(site: &Site) {
    let mut seen = Vec::new();
    support::eventually("all are under way", Duration::from_secs(20), || {
        seen.extend(reached(site));
        (seen.len() == 4).then_some(())
    });
    let busy = prerender(site, "/quick", &[]);
    assert_eq!(busy.get("headstart-refused").as_deref(), Some("prerender;busy"));
}

/// The rules file that a page names with its ticket.
pub fn ticketed(page: &Response) -> String {
    let field = page.get("speculation-rules").unwrap_or_default();
    let file = field.split(", ").map(|url| url.trim_matches('"')).find(|url| url.contains("t="));
    file.unwrap_or_else(|| panic!("no ticket in {field:?} of {page:?}")).to_owned()
}

/// The headers of a browser that fetches the rules file of a page that is activated.
pub fn activating<'a>(page: &'a str, more: &[(&'a str, &'a str)]) -> Vec<(&'a str, &'a str)> {
    let fetch = [
        ("Sec-Fetch-Dest", "speculationrules"),
        ("Sec-Fetch-Mode", "cors"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", page),
    ];
    all(&fetch, more)
}

/// What a browser fetches on activation by the rule that the rules file has got while its page was prerendered.
pub fn follow(site: &Site, rules: &Response, headers: &[(&str, &str)]) -> Response {
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
pub fn ticket_of(page: &Response) -> String {
    let text = page.text();
    let (_, rest) = text.split_once("data-ticket=\"").unwrap_or_else(|| panic!("no ticket in {text}"));
    rest.split('"').next().unwrap().to_owned()
}

/// What the script of a prerendered page sends on activation.
pub fn activate(site: &Site, page: &str, ticket: &str, more: &[(&str, &str)]) -> Response {
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

/// What reached the origin since it was last asked, as method, target and whether it says that it is a speculation.
pub fn reached(site: &Site) -> Vec<(String, String, bool)> {
    let taken = site.origin.take();
    let all = taken.iter().filter(|request| request.target() != "/robots.txt");
    all.map(|request| {
        (request.method().to_owned(), request.target().to_owned(), request.head.get("sec-purpose").is_some())
    })
    .collect()
}

pub fn page(set_cookies: &[&str], body: &str) -> Vec<u8> {
    let lines: String = set_cookies.iter().map(|line| format!("Set-Cookie: {line}\r\n")).collect();
    ok(&format!("Content-Type: text/html; charset=utf-8\r\n{lines}"), body.as_bytes())
}

pub const BODY: &str = "<!doctype html><html><head><title>A</title></head><body><p>x</body></html>";
