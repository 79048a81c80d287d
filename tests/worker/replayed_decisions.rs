//! A decision that is replayed without wasm is never replayed for a request or an answer that differs. Each case visits
//! a page, so that its decision is kept, and then at once changes one thing; what comes back is compared with what the
//! plain Worker answers.

use crate::support;
use crate::support::http::{self, Response};
use crate::support::origin::{Origin, html, ok};
use crate::support::wrangler::Workerd;
use std::time::Duration;

const PAGE: &str = "<script src=https://cdn.example/x.js></script>";
const LINK: &str = "<https://cdn.example>; rel=preconnect";
const RULES: &str = "\"/_headstart/rules/site.json\"";

struct Site {
    origin: Origin,
    workerd: Workerd,
}

impl Site {
    /// A site whose page is known, and is not read any more.
    fn learned() -> Self {
        let origin = Origin::start();
        origin.say(&html(PAGE));
        let variables = [
            ("BATCH_SECONDS", "0"),
            ("PUBLISH_SECONDS", "1"),
            ("REFRESH_SECONDS", "1"),
            ("LEARN_SAMPLE", "0"),
            ("BEACON", "off"),
            ("MIN_VISITORS", "1"),
        ];
        let workerd = Workerd::start(&origin.url(), &variables);
        let site = Self { origin, workerd };
        support::eventually("the page is learned", Duration::from_secs(30), || {
            site.get("GET", &[]).get("link")
        });
        site
    }

    fn get(&self, method: &str, headers: &[(&str, &str)]) -> Response {
        http::raw(self.workerd.headstart, &http::request(method, "/", headers, b""))
    }

    /// Visits the page twice with the usual answer: the second visit is a replay at the latest.
    fn prime(&self) {
        self.origin.say(&html(PAGE));
        for _ in 0..2 {
            let page = self.get("GET", &[]);
            assert_eq!(
                (page.get("link").as_deref(), page.get("speculation-rules").as_deref()),
                (Some(LINK), Some(RULES))
            );
            assert_eq!(page.text(), PAGE);
        }
    }

    /// Primes, lets the origin give this answer, and gives what comes of a request through Headstart, after checking
    /// that without these added lines it is what comes through the plain Worker.
    fn changed(&self, method: &str, headers: &[(&str, &str)], answer: &[u8], added: &[(&str, &str)]) {
        self.prime();
        self.origin.say(answer);
        let request = http::request(method, "/", headers, b"");
        let response = http::raw(self.workerd.headstart, &request);
        let expected = http::raw(self.workerd.plain, &request);
        let what = format!("{method} {headers:?} {}", String::from_utf8_lossy(answer));
        let mut lines = expected.head.lines.clone();
        for (name, value) in added {
            lines.push(((*name).to_owned(), http::Bytes(value.as_bytes().to_vec())));
        }
        let sorted = |mut lines: Vec<(String, http::Bytes)>| {
            lines.sort_by(|a, b| (&a.0, &a.1.0).cmp(&(&b.0, &b.1.0)));
            lines
        };
        assert_eq!(response.head.start, expected.head.start, "{what}");
        assert_eq!(sorted(response.head.lines.clone()), sorted(lines), "{what}");
        assert_eq!(response.body, expected.body, "{what}");
    }
}

#[test]
fn an_answer_that_differs_is_decided_anew() {
    let site = Site::learned();
    let both = [("Link", LINK), ("Speculation-Rules", RULES)];
    let page = |headers: &str| ok(&format!("Content-Type: text/html; charset=utf-8\r\n{headers}"), b"<p>x");
    site.changed("GET", &[], &page(""), &both);
    site.changed("GET", &[], &page("Set-Cookie: a=1\r\nSet-Cookie: b=2\r\nX-A: 1\r\n"), &both);
    site.changed("GET", &[], &ok("Content-Type: text/html\r\n", b"<p>x"), &both);
    site.changed("GET", &[], &ok("Content-Type: application/json\r\n", b"{}"), &[]);
    site.changed("GET", &[], &ok("", b"bare"), &[]);
    site.changed("GET", &[], &page("Speculation-Rules: broken,\r\n"), &[("Link", LINK)]);
    let blocked = page("Content-Security-Policy: default-src 'self'\r\n");
    site.changed("GET", &[], &blocked, &[("Speculation-Rules", RULES)]);
    site.changed("GET", &[], &page("Content-Security-Policy: script-src https://cdn.example\r\n"), &both);
    let not_found =
        b"HTTP/1.1 404 Gone\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 2\r\n\r\nno";
    site.changed("GET", &[], not_found, &[]);
    let part = b"HTTP/1.1 206 Part\r\nContent-Type: text/html; charset=utf-8\r\nContent-Range: bytes 0-1/9\r\nContent-Length: 2\r\n\r\n<p";
    site.changed("GET", &[("Range", "bytes=0-1")], part, &[]);
    let fresh = b"HTTP/1.1 304 Not Modified\r\nContent-Type: text/html; charset=utf-8\r\nETag: \"a\"\r\n\r\n";
    site.changed("GET", &[("If-None-Match", "\"a\"")], fresh, &[]);
    // Our line is folded into that of the origin, so this one is checked by itself.
    site.prime();
    site.origin.say(&page(&format!("Link: {LINK}\r\n")));
    assert_eq!(site.get("GET", &[]).head.all("link"), [LINK]);
}

#[test]
fn a_request_that_differs_is_decided_anew() {
    let site = Site::learned();
    let page = html(PAGE);
    site.changed("POST", &[], &page, &[]);
    site.changed("PROPFIND", &[], &page, &[]);
    site.prime();
    site.origin
        .say(b"HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: 9\r\n\r\n");
    assert_eq!(site.get("HEAD", &[]).get("link"), None);
    // A prefetch right after a plain visit, of a page that now sets cookies.
    for purpose in [
        ("Sec-Purpose", "prefetch"),
        ("Sec-Purpose", "prefetch;prerender"),
        ("X-Moz", "prefetch"),
        ("Purpose", "prefetch"),
    ] {
        site.prime();
        let set = "Content-Type: text/html; charset=utf-8\r\nSet-Cookie: session=1\r\n";
        site.origin.say(&ok(set, PAGE.as_bytes()));
        assert_eq!(site.get("GET", &[]).head.all("set-cookie"), ["session=1"]);
        let refused = site.get("GET", &[purpose]);
        assert_eq!((refused.status(), refused.get("set-cookie")), (503, None), "{purpose:?}");
    }
}

#[test]
fn what_is_no_page_is_replayed_as_it_is() {
    let site = Site::learned();
    let json = ok("Content-Type: application/json\r\n", b"{}");
    for _ in 0..3 {
        site.origin.say(&json);
        let request = http::request("GET", "/data", &[], b"");
        assert_eq!(http::raw(site.workerd.headstart, &request), http::raw(site.workerd.plain, &request));
    }
    // The same URL turns into a page.
    site.origin.say(&html(PAGE));
    let page = http::get(site.workerd.headstart, "/data", &[]);
    assert_eq!(page.get("speculation-rules").as_deref(), Some(RULES));
}
