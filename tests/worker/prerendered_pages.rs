//! A page that is rendered ahead is the origin's, but for one script that says when it is activated.

use crate::support::http;
use crate::support::origin::{Origin, ok};
use crate::support::wrangler::Workerd;
use crate::visitor::{
    BODY, BROWSER, KEY, answer_slowly, assert_full, page, prefetch, prerender, reached, speculation, start,
};
use std::sync::atomic::Ordering;

#[test]
fn a_prerendered_page_is_the_origins_but_for_one_script() {
    let site = start(&[]);
    let tag_in = |answer: &[u8], body: &[u8]| {
        site.origin.say(answer);
        let rendered = prerender(&site, "/a", &[]);
        assert_eq!(rendered.status(), 200, "{}", body.escape_ascii());
        assert_eq!(rendered.head.all("set-cookie"), [""; 0]);
        let bytes = rendered.body.0;
        let (start, end) = (
            b"<noscript><meta http-equiv=refresh content=\"0;url=http://shop.test/_headstart/unscripted?page=%2Fa\">\
              </noscript><script>{let e=document.currentScript,o=e.previousSibling;/\\/_headstart\\/[^*]/.test(o&&o.outerHTML)&&o.remove();e.remove()}</script>\
              <script async src=\"http://shop.test/_headstart/activate.js\" data-ticket=\"",
            b"\"></script><script>{let e=document.currentScript,o=e.previousSibling;/\\/_headstart\\/[^*]/.test(o&&o.outerHTML)&&o.remove();e.remove()}</script>",
        );
        let find = |needle: &[u8], from: usize| {
            bytes[from..].windows(needle.len()).position(|window| window == needle).map(|at| at + from)
        };
        let at = find(start, 0).unwrap_or_else(|| panic!("no script in {}", bytes.escape_ascii()));
        let behind = find(end, at).unwrap() + end.len();
        assert!(find(start, behind).is_none(), "once");
        assert_eq!([&bytes[..at], &bytes[behind..]].concat(), body, "{}", body.escape_ascii());
        rendered.head
    };
    let with = |charset: &str, body: &[u8]| {
        ok(
            &format!("Content-Type: text/html{charset}\r\nSet-Cookie: visits=1; Path=/\r\nETag: \"a\"\r\n"),
            body,
        )
    };
    for body in [
        BODY.as_bytes(),
        b"<p>no head",
        b"<head></head><head><title>two</title></head>",
        b"<head><script>var a = '</' + 'script'; var b = \"<script>\";</script></head>",
        b"<head><script>document.write('<\\/script>')</script></head>",
        b"just text",
        b"",
    ] {
        let head = tag_in(&with("; charset=utf-8", body), body);
        assert_eq!(
            (head.get("etag"), head.get("cache-control").as_deref()),
            (None, Some("private, no-cache"))
        );
    }
    tag_in(&with("; charset=iso-8859-1", b"<head></head>Gr\xfc\xdfe"), b"<head></head>Gr\xfc\xdfe");
    // Where our script may not run, the page is not rendered, and not asked for again.
    let strict = ok(
        "Content-Type: text/html; charset=utf-8\r\nSet-Cookie: visits=1; Path=/\r\n\
         Content-Security-Policy: default-src 'none'\r\n",
        BODY.as_bytes(),
    );
    site.origin.say(&strict);
    assert_eq!(prerender(&site, "/strict", &[]).status(), 503);
    reached(&site);
    let refused = prerender(&site, "/strict", &[]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("quarantine;why=prerender"));
    assert!(reached(&site).is_empty());
    assert_eq!(prefetch(&site, "/strict", &[]).status(), 200, "it can be fetched");
}

#[test]
fn markup_that_a_browser_may_parse_in_another_way_is_not_touched() {
    // Without the development server, whose own rewriter dies of such pages.
    let origin = Origin::start();
    let workerd = Workerd::start(&origin.url(), &[("SEAL_KEY", KEY)]);
    let rendered = |path: &str| http::get(workerd.headstart, path, &speculation("prefetch;prerender", &[]));
    for ambiguous in [
        &b"<select><xmp><script>"[..],
        b"<p><frameset></frameset><noframes><p>",
        b"<svg/><script>'<p>'</script>",
    ] {
        let text = ambiguous.escape_ascii();
        origin.say(&ok("Content-Type: text/html\r\n", ambiguous));
        let page = rendered("/plain");
        assert_eq!(
            (page.status(), &page.body.0[..]),
            (200, ambiguous),
            "{text}: with nothing deferred as it is"
        );
        origin.say(&ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", ambiguous));
        let refused = rendered("/deferred");
        assert_eq!((refused.status(), refused.head.all("set-cookie")), (503, vec![]), "{text}");
    }
}

#[test]
fn analytics_wait_in_a_prerendered_page_and_nowhere_else() {
    let site = start(&[("GATE_SCRIPTS", "stats.example")]);
    let body = "<head><script src=\"https://stats.example/count.js\"></script><script>own()</script></head>";
    site.origin.say(&page(&[], body));
    assert_eq!(prefetch(&site, "/a", &[]).text(), body);
    assert_eq!(site.get("/a", &BROWSER).text(), body);
    let rendered = prerender(&site, "/a", &[]).text();
    assert!(
        rendered.contains("text/headstart-gated-") && rendered.contains("<script>own()</script>"),
        "{rendered}"
    );
    assert_eq!(rendered.matches("/_headstart/activate.js").count(), 1);
    let script = site.get("/_headstart/activate.js", &[]);
    assert_eq!(script.get("content-type").as_deref(), Some("text/javascript; charset=utf-8"));
    assert_eq!(script.text(), include_str!("../../assets/activate.js"));
}

#[test]
fn slow_pages_that_fill_the_isolate_are_not_held_against_others() {
    let site = start(&[]);
    let is_over = answer_slowly(&site);
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| prerender(&site, "/slow", &[]));
        }
        assert_full(&site);
        is_over.store(true, Ordering::SeqCst);
    });
    assert_eq!(prerender(&site, "/quick", &[]).status(), 200, "it was not the page's doing");
}

/// Whoever clicks while it is rendered waits for its last byte, which they would not if it were loaded, or had been prefetched.
#[test]
fn a_page_that_is_streamed_is_prefetched_and_not_rendered() {
    let site = start(&[]);
    let is_over = answer_slowly(&site);
    let refused =
        |response: http::Response| (response.status(), response.get("headstart-refused").unwrap_or_default());
    assert_eq!(refused(prerender(&site, "/slow", &[])), (503, "prerender;slow".to_owned()));
    assert_eq!(reached(&site).len(), 1);
    assert_eq!(refused(prerender(&site, "/slow", &[])), (503, "quarantine;why=prerender".to_owned()));
    assert_eq!(reached(&site), [], "the origin is not asked again");
    is_over.store(true, Ordering::SeqCst);
    let page = prefetch(&site, "/slow", &[]);
    assert_eq!((page.status(), page.body.0.len()), (200, 100));
}
