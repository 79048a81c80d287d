//! Visitors' browsers may confirm which third parties and which parts a page loads, and nothing else.

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

const TAG: &str = "<script async src=\"http://shop.test/_headstart/beacon.js\"></script>\
                   <script>{let e=document.currentScript,o=e.previousSibling;/\\/_headstart\\/[^*]/.test(o&&o.outerHTML)&&o.remove();e.remove()}</script>";

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
    let site = Site::start(&[("BEACON", "auto")]);
    let view = |more: &[(&str, &str)]| site.get("/", &[&http::DOCUMENT[..], more].concat());
    site.origin.say(&page("ETag: \"1\"\r\n"));
    assert_eq!(view(&[]).text(), PAGE, "nothing is known of the page yet");
    let response = support::eventually("the page is asked", Duration::from_secs(30), || {
        // Not more often: of a page with many views few are asked.
        std::thread::sleep(Duration::from_millis(400));
        let response = view(&[]);
        (response.text() != PAGE).then_some(response)
    });
    assert_eq!(response.text(), with(TAG, PAGE));
    assert!(response.complete);
    let length = response.body.0.len().to_string();
    assert_eq!(response.get("etag").as_deref(), Some("W/\"1\""));
    assert_eq!(response.get("content-length"), Some(length), "that of the edited page");
    // What is prefetched tells once it is shown.
    let prefetched = view(&[("Sec-Purpose", "prefetch")]);
    assert_eq!(prefetched.text(), with(TAG, PAGE));
    // What may be saved is the origin's.
    assert_eq!(site.get("/", &[("Accept", "text/html,*/*;q=0.8")]).text(), PAGE);
    // What may not be changed is not asked, nor is a page on which no script of ours would run, or of a visitor with a session.
    let unchanged = |headers: &[(&str, &str)]| assert_eq!(view(headers).text(), PAGE, "{headers:?}");
    unchanged(&[("Cookie", "sessionid=1")]);
    for header in [
        "Cache-Control: public, no-transform",
        "Content-Security-Policy: default-src 'none'",
        "Content-Disposition: attachment",
    ] {
        site.origin.say(&page(&format!("{header}\r\n")));
        unchanged(&[]);
    }
    site.origin.say(&page("Content-Security-Policy: script-src 'nonce-abc'\r\n"));
    let with_nonce = TAG.replace("></script><script>", " nonce=\"abc\"></script><script nonce=\"abc\">");
    assert_eq!(view(&[]).text(), with(&with_nonce, PAGE));
    // The last decision not to ask may be replayed for two seconds; then everybody is asked again.
    site.origin.say(&page(""));
    support::eventually("the page is asked", Duration::from_secs(30), || {
        std::thread::sleep(Duration::from_millis(400));
        (view(&[]).text() == with(TAG, PAGE)).then_some(())
    });
    for body in ["", "<p>x", "<!doctype html>x", "<!-- open <head>", "<script>'<head>'</script>"] {
        site.origin.say(&html(body));
        assert_eq!(view(&[]).text(), body, "no document, or none with an element");
    }
    let gzip: &[u8] = include_bytes!("../data/page.html.gz");
    site.origin.say(&ok("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", gzip));
    assert!(view(&[("Accept-Encoding", "gzip")]).complete);
    let script = site.get("/_headstart/beacon.js", &[]);
    assert_eq!(script.get("content-type").as_deref(), Some("text/javascript; charset=utf-8"));
    assert_eq!(script.text(), include_str!("../../assets/beacon.min.js"));
}

#[test]
fn browsers_confirm_what_the_site_names_and_nothing_else() {
    let site = Site::start(&[("BEACON", "auto")]);
    site.origin.say(&page("Content-Security-Policy: default-src *; font-src https://fonts.example\r\n"));
    site.learns("/", "<https://cdn.example>; rel=preconnect", || ());
    let told = |n: usize| {
        format!(
            r#"["/",2,"navigate","",[0,80,120,300,null,{n}],["",null,null],0,[["https://cdn.example",1,10,0],["https://fonts.example",2,{n},9],["https://evil.example",3,0,0]],[],[]]"#
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
        (&[SAME_ORIGIN], " ".repeat(9000), 413),
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
fn nobody_is_asked_where_the_site_does_not_want_it() {
    let site = Site::start(&[("BEACON", "off")]);
    site.origin.say(&page(""));
    site.learns("/", "<https://cdn.example>; rel=preconnect", || ());
    assert_eq!(site.get("/", &[]).text(), PAGE);
    assert_eq!(site.get("/_headstart/beacon.js", &[]).status(), 404);
    assert_eq!(tell(&site, &[SAME_ORIGIN], "{}"), 404);
}

/// What a view of `/` tells in which a picture was largest and a font was loaded, both late; `n` makes it another one.
fn late(picture: &str, font: &str, n: usize) -> String {
    let (hero, face) = (format!("http://shop.test{picture}"), format!("http://shop.test{font}"));
    format!(
        r#"["/",2,"navigate","",[0,80,120,700,null,{n}],["{hero}","",""],0,[],[["{hero}",600,0,700,0,1],["{face}",500,0,600,0,1]],[]]"#
    )
}

#[test]
fn what_browsers_find_late_is_preloaded_until_the_page_no_longer_names_it() {
    let site = Site::start(&[("BEACON", "auto")]);
    let page = |picture: &str| {
        html(&format!(
            "<!doctype html><style>@font-face {{ font-family: A; src: url(/a.woff2) }} h1 {{ font-family: A }}</style>\
             <h1>x</h1><img src={picture} loading=lazy></body></html>"
        ))
    };
    site.origin.say(&page("/hero.9f86d081.jpg"));
    let font = "</a.woff2>; rel=preload; as=font; crossorigin; type=\"font/woff2\"";
    let picture = |url: &str| format!("<{url}>; rel=preload; as=image; fetchpriority=high");
    let number = std::cell::Cell::new(0);
    // Told to wait (429), a browser has nothing more to say; here the next one comes.
    let tell = |url: &str| {
        number.set(number.get() + 1);
        let body = late(url, "/a.woff2", number.get());
        assert!([204, 429].contains(&tell(&site, &[SAME_ORIGIN], &body)));
        // Somebody makes up what the page does not name.
        if number.get() % 6 == 1 {
            let evil = late("/evil.jpg", "/evil.woff2", number.get());
            assert!([204, 429].contains(&tell(&site, &[SAME_ORIGIN], &evil)));
        }
    };
    let preloads = |expected: &[&str], told: Option<&str>| {
        support::eventually(&format!("{expected:?}"), Duration::from_secs(60), || {
            told.iter().for_each(|url| tell(url));
            let line = site.link("/", &[]).unwrap_or_default();
            assert!(!line.contains("evil"), "{line}");
            let mut links: Vec<&str> = line.split(", ").filter(|link| !link.is_empty()).collect();
            links.sort_unstable();
            std::thread::sleep(Duration::from_millis(200));
            (links == expected).then_some(())
        });
    };
    preloads(&[font, &picture("/hero.9f86d081.jpg")], Some("/hero.9f86d081.jpg"));
    // Another build, of which no browser has told yet.
    site.origin.say(&page("/hero.0a1b2c3d.jpg"));
    preloads(&[font, &picture("/hero.0a1b2c3d.jpg")], None);
    site.origin.say(&page("/autumn.jpg"));
    preloads(&[font], None);
    site.origin.say(&html("<!doctype html><h1>x</h1></body></html>"));
    preloads(&[], None);
}
