//! Visitors' browsers may confirm which third parties a page loads from, and nothing else.

use crate::support;
use crate::support::http;
use crate::support::origin::{html, ok};
use crate::support::site::Site;
use std::time::Duration;

/// Sends a beacon, and answers the status.
fn tell(site: &Site, headers: &[(&str, &str)], body: &str) -> u16 {
    let request = http::request("POST", "/_headstart/beacon", headers, body.as_bytes());
    http::raw(site.worker.port, &request).status()
}

const PAGE: &str = "<!doctype html><link rel=stylesheet href=https://cdn.example/x.css><p>x</p></body></html>\n<!-- cached -->\n";

const TAG: &str = "<script async src=\"/_headstart/beacon.js\"></script>";

/// A page with this in its head.
fn with(tag: &str, page: &str) -> String {
    page.replacen("<link", &format!("{tag}<link"), 1)
}

const SAME_ORIGIN: (&str, &str) = ("Sec-Fetch-Site", "same-origin");

fn page(headers: &str) -> Vec<u8> {
    ok(&format!("Content-Type: text/html; charset=utf-8\r\n{headers}"), PAGE.as_bytes())
}

#[test]
fn browsers_are_asked_by_a_script_in_the_head_of_known_pages() {
    let site = Site::start(&[("BEACON_SAMPLE", "1")]);
    site.origin.say(&page("ETag: \"1\"\r\n"));
    assert_eq!(site.get("/", &[]).text(), PAGE, "nothing is known of the page yet");
    let response = support::eventually("the page is asked", Duration::from_secs(30), || {
        let response = site.get("/", &[]);
        (response.text() != PAGE).then_some(response)
    });
    assert_eq!(response.text(), with(TAG, PAGE));
    assert!(response.complete);
    assert_eq!((response.get("etag").as_deref(), response.get("content-length")), (Some("W/\"1\""), None));
    // A speculation is not asked, nor is what may not be changed, or where no script of ours would run.
    let unchanged = |headers: &[(&str, &str)]| assert_eq!(site.get("/", headers).text(), PAGE, "{headers:?}");
    unchanged(&[("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document")]);
    for header in [
        "Cache-Control: public, no-transform",
        "Content-Security-Policy: default-src 'none'",
        "Content-Disposition: attachment",
    ] {
        site.origin.say(&page(&format!("{header}\r\n")));
        unchanged(&[]);
    }
    site.origin.say(&page("Content-Security-Policy: script-src 'nonce-abc'\r\n"));
    let with_nonce = "<script async src=\"/_headstart/beacon.js\" nonce=\"abc\"></script>";
    assert_eq!(site.get("/", &[]).text(), with(with_nonce, PAGE));
    // The last decision not to ask may be replayed for two seconds; then everybody is asked again.
    site.origin.say(&page(""));
    support::eventually("the page is asked", Duration::from_secs(10), || {
        (site.get("/", &[]).text() == with(TAG, PAGE)).then_some(())
    });
    for body in ["", "<p>x", "<!doctype html>x", "<!-- open <head>", "<script>'<head>'</script>"] {
        site.origin.say(&html(body));
        assert_eq!(site.get("/", &[]).text(), body, "no document, or none with an element");
    }
    let gzip: &[u8] = include_bytes!("../data/page.html.gz");
    site.origin.say(&ok("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", gzip));
    assert!(site.get("/", &[("Accept-Encoding", "gzip")]).complete);
    let script = site.get("/_headstart/beacon.js", &[]);
    assert_eq!(script.get("content-type").as_deref(), Some("text/javascript; charset=utf-8"));
    assert_eq!(script.text(), include_str!("../../assets/beacon.js"));
}

#[test]
fn browsers_confirm_what_the_site_names_and_nothing_else() {
    let site = Site::start(&[("BEACON_SAMPLE", "0.000001")]);
    site.origin.say(&page("Content-Security-Policy: default-src *; font-src https://fonts.example\r\n"));
    site.learns("/", "<https://cdn.example>; rel=preconnect", || ());
    let told = |n: usize| {
        format!(
            r#"{{"path":"/","origins":[["https://cdn.example",1,10,0],["https://fonts.example",2,{n},9],["https://evil.example",3,0,0]]}}"#
        )
    };
    // Sent again and again it counts once; so does what a curious person makes up elsewhere.
    for _ in 0..8 {
        assert_eq!(tell(&site, &[SAME_ORIGIN], &told(0)), 204);
    }
    for _ in 0..4 {
        site.get("/", &[]);
    }
    assert_eq!(site.link("/?later", &[]).as_deref(), Some("<https://cdn.example>; rel=preconnect"));
    for (headers, body, status) in [
        (&[][..], told(1), 403),
        (&[("Sec-Fetch-Site", "cross-site")], told(1), 403),
        (&[("Origin", "https://evil.example")], told(1), 403),
        (&[SAME_ORIGIN], "{}".to_owned(), 400),
        (&[SAME_ORIGIN], told(1).replace("evil.example", "evil.example>; rel=preload"), 400),
        (&[SAME_ORIGIN], " ".repeat(5000), 413),
    ] {
        assert_eq!(tell(&site, headers, &body), status, "{headers:?} {body}");
    }
    let endless = format!(
        "POST /_headstart/beacon HTTP/1.1\r\nHost: shop.test\r\n{}: {}\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n0\r\n\r\n",
        SAME_ORIGIN.0, SAME_ORIGIN.1
    );
    assert_eq!(http::raw(site.worker.port, endless.as_bytes()).status(), 411);
    let link = "<https://fonts.example>; rel=preconnect; crossorigin, <https://cdn.example>; rel=preconnect";
    let number = std::cell::Cell::new(1);
    support::eventually("the font is confirmed", Duration::from_secs(60), || {
        number.set(number.get() + 1);
        // Told to wait (429), a browser has nothing more to say; here the next one comes.
        assert!([204, 429].contains(&tell(&site, &[SAME_ORIGIN], &told(number.get()))));
        let seen = site.link("/", &[])?;
        assert!(!seen.contains("evil"), "{seen}");
        let mut entries: Vec<&str> = seen.split(", ").collect();
        entries.sort_unstable();
        let mut expected: Vec<&str> = link.split(", ").collect();
        expected.sort_unstable();
        (entries == expected).then_some(())
    });
    let flood = (0..40).filter(|n| tell(&site, &[SAME_ORIGIN], &told(1000 + n)) == 429).count();
    assert!(flood > 0, "an isolate takes in no more than one a second for long");
    assert_eq!(site.get("/_headstart/beacon", &[SAME_ORIGIN]).status(), 405);
    assert_eq!(
        site.origin.take().iter().filter(|request| request.target().starts_with("/_headstart")).count(),
        0
    );
}

#[test]
fn by_default_nobody_is_asked() {
    let site = Site::start(&[]);
    site.origin.say(&page(""));
    site.learns("/", "<https://cdn.example>; rel=preconnect", || ());
    assert_eq!(site.get("/", &[]).text(), PAGE);
    assert_eq!(site.get("/_headstart/beacon.js", &[]).status(), 404);
    assert_eq!(tell(&site, &[SAME_ORIGIN], "{}"), 404);
}
