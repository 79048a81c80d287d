//! The learning loop in workerd, with its own KV and Durable Objects: pages go by, hints come back.

use crate::support::http;
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;

const PAGE: &str = "<!doctype html><html><head><base href=\"https://cdn.example/\">\
    <link rel=stylesheet href=site.css>\
    <link rel=preload as=font crossorigin href=\"https&#58;//fonts.example/f.woff2\">\
    <script async src=\"//statistics.example/x.js?a=1&amp;b=2\"></script></head><body>\
    <template><img src=https://never.example/x.png></template><img src=/own.png><img src=data:,x>\
    <a href=https://elsewhere.example/>x</a><iframe src=https://video.example/></iframe></body></html>";

const LINK: &str = "<https://cdn.example>; rel=preconnect, <https://fonts.example>; rel=preconnect; crossorigin, \
    <https://statistics.example>; rel=preconnect, <https://video.example>; rel=dns-prefetch";

#[test]
fn a_page_is_learned_and_its_link_depends_on_its_path_alone() {
    let site = Site::start(&[]);
    site.origin.say(&html(PAGE));
    assert_eq!(site.link("/shop", &[]), None, "nothing is known at the first view");
    assert_eq!(site.learned("/shop"), LINK);
    for path in ["/shop?", "/shop?utm_source=x", "/shop?a=1&b=2"] {
        assert_eq!(site.link(path, &[]).as_deref(), Some(LINK), "{path}");
    }
    let headers = [
        ("Cookie", "session=1"),
        ("User-Agent", "a robot"),
        ("Accept-Language", "de"),
        ("Authorization", "Basic YTpi"),
        ("Sec-Purpose", "prefetch"),
        ("Accept-Encoding", "gzip"),
        ("Save-Data", "on"),
    ];
    for header in headers {
        assert_eq!(site.link("/shop", &[header]).as_deref(), Some(LINK), "{header:?}");
    }
    assert_eq!(site.link("/shop", &headers).as_deref(), Some(LINK));
    assert_eq!(site.link("/Shop", &[]), None, "another path is another page");
}

#[test]
fn what_only_a_query_or_one_visitor_brings_into_a_page_teaches_nobody() {
    let site = Site::start(&[]);
    site.origin.say(&html("<img src=https://evil.example/x.png>"));
    for _ in 0..4 {
        assert_eq!(site.link("/p?img=https://evil.example/x.png", &[]), None);
        assert_eq!(site.link("/p", &[("Authorization", "Basic YTpi")]), None);
        assert_eq!(site.link("/p", &[("X-Forwarded-Host", "evil.example")]), None);
        assert_eq!(site.link("/p", &[("Forwarded", "for=192.0.2.1;host=\"evil.example\"")]), None);
    }
    site.origin.say(&html("<img src=https://pictures.example/x.png>"));
    assert_eq!(site.learned("/p"), "<https://pictures.example>; rel=preconnect");
}

#[test]
fn what_the_origin_hints_itself_is_not_said_twice() {
    let site = Site::start(&[]);
    site.origin
        .say(&html("<script src=https://a.example/></script><script src=https://b.example/></script>"));
    assert_eq!(site.learned("/"), "<https://a.example>; rel=preconnect, <https://b.example>; rel=preconnect");
    site.origin.say(&ok("Content-Type: text/html\r\nLink: <https://a.example>; rel=preconnect\r\n", b"<p>x"));
    assert_eq!(
        http::get(site.worker.port, "/", &[]).head.all("link").join(", "),
        "<https://a.example>; rel=preconnect, <https://b.example>; rel=preconnect"
    );
}

#[test]
fn encoded_and_latin_1_pages_are_learned_as_well() {
    let site = Site::start(&[]);
    let gzip: &[u8] = include_bytes!("../data/page.html.gz");
    let br: &[u8] = include_bytes!("../data/page.html.br");
    let latin = b"<title>\xfc</title><script src='https://cdn.example/\xe9'></script>";
    site.origin.answer(move |received, stream| {
        let bytes = match received.target() {
            "/gzip" => ok("Content-Type: text/html\r\nContent-Encoding: gzip\r\n", gzip),
            "/br" => ok("Content-Type: text/html\r\nContent-Encoding: br\r\n", br),
            _ => ok("Content-Type: text/html; charset=iso-8859-1\r\n", latin),
        };
        write(stream, &bytes);
        After::Keep
    });
    for path in ["/gzip", "/br", "/latin-1"] {
        assert_eq!(site.learned(path), "<https://cdn.example>; rel=preconnect", "{path}");
    }
}

#[test]
fn pages_that_are_given_a_tail_are_learned_and_what_changes_in_them_is() {
    let page = |scripts: &str| html(&format!("<!doctype html><html><body>{scripts}</body></html>"));
    let old = "<script async src=https://old.example/x.js></script>";
    // Rules go into every page, the script that asks a browser only into one that is known.
    for tail in [("RULES_DELIVERY", "inline"), ("BEACON_SAMPLE", "1")] {
        let site = Site::start(&[tail]);
        site.origin.say(&page(old));
        assert_eq!(site.learned("/page"), "<https://old.example>; rel=preconnect", "{tail:?}");
        site.origin.say(&page(&format!("{old}<script async src=https://new.example/x.js></script>")));
        for _ in 0..60 {
            let response = site.get("/page", &[]);
            let text = response.text();
            assert_eq!(response.status(), 200, "{tail:?}");
            assert!(text.contains("</html><script") && text.ends_with("</script>"), "{tail:?}: {text}");
        }
        let link = "<https://old.example>; rel=preconnect, <https://new.example>; rel=preconnect";
        site.learns("/page", link, || ());
    }
}

#[test]
fn pages_are_shared_out_among_learners() {
    let site = Site::start(&[("LEARNER_SHARDS", "4")]);
    site.origin.say(&html("<script src=https://a.example/></script>"));
    for path in ["/1", "/2", "/3", "/4", "/5", "/6"] {
        assert_eq!(site.learned(path), "<https://a.example>; rel=preconnect", "{path}");
    }
}

#[test]
fn the_limits_are_the_sites() {
    let site = Site::start(&[("MAX_PRECONNECT", "1"), ("MAX_DNS_PREFETCH", "1")]);
    site.origin.say(&html(PAGE));
    assert_eq!(
        site.learned("/"),
        "<https://cdn.example>; rel=preconnect, <https://fonts.example>; rel=dns-prefetch"
    );
}

#[test]
fn with_hints_off_nothing_is_learned_and_with_rules_off_none_are_named() {
    let site = Site::start(&[("HINTS", "off"), ("RULES", "off")]);
    site.origin.say(&html(PAGE));
    for _ in 0..5 {
        let response = http::get(site.worker.port, "/", &[]);
        assert_eq!((response.get("link"), response.get("speculation-rules")), (None, None));
    }
    let refused = http::get(site.worker.port, "/logout", &[("Sec-Purpose", "prefetch")]);
    assert_eq!(refused.status(), 503, "speculations are safe all the same");
}

#[test]
fn the_rules_file_is_served_and_revalidated() {
    let site = Site::start(&[("EAGERNESS", "moderate")]);
    let path = "/_headstart/rules/site.json";
    let rules = http::get(site.worker.port, path, &[]);
    assert_eq!(rules.status(), 200);
    assert_eq!(rules.get("content-type").as_deref(), Some("application/speculationrules+json"));
    assert_eq!(rules.get("cache-control").as_deref(), Some("no-cache"));
    let base = url::Url::parse("https://shop.example/_headstart/rules/site.json").unwrap();
    let set = speculation_rules::parse(&rules.text(), &base).expect("a browser takes it");
    assert_eq!(set.prefetch.len(), 1);
    assert_eq!(
        (set.prefetch[0].eagerness.as_str(), set.prefetch[0].tags.as_slice()),
        ("moderate", &["headstart".to_owned()][..])
    );
    let etag = rules.get("etag").unwrap();
    let fresh = http::get(site.worker.port, path, &[("If-None-Match", &etag)]);
    assert_eq!((fresh.status(), fresh.body.0.len(), fresh.get("etag")), (304, 0, Some(etag)));
    let head = http::raw(site.worker.port, &http::request("HEAD", path, &[], b""));
    assert_eq!((head.status(), head.get("content-type")), (200, rules.get("content-type")));
    let post = http::raw(site.worker.port, &http::request("POST", path, &[], b"x"));
    assert_eq!((post.status(), post.get("allow").as_deref()), (405, Some("GET, HEAD")));
    assert_eq!(http::get(site.worker.port, "/_headstart/other", &[]).status(), 404);
    assert!(site.origin.take().is_empty(), "none of this is the origin's business");
}

#[test]
fn a_speculation_is_refused_before_the_origin_is_asked_and_a_real_visit_is_not() {
    let site = Site::start(&[("UNSAFE_URLS", "/poll/*/answer"), ("SAFE_URLS", "/help/*")]);
    site.origin.say(&html("<p>x"));
    let prefetch =
        [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    let prerender = [("Sec-Purpose", "prefetch;prerender"), ("Sec-Fetch-Dest", "document")];
    for (path, rule) in [
        ("/logout", "sign-out"),
        ("/cart/add?id=7", "cart"),
        ("/login/send-code", "one-time-password"),
        ("/set-language/de", "language"),
        ("/poll/7/answer", "site"),
    ] {
        for headers in [&prefetch[..], &prerender[..]] {
            let response = http::get(site.worker.port, path, headers);
            assert_eq!(response.status(), 503, "{path}");
            assert_eq!(response.get("headstart-refused"), Some(format!("unsafe-url;rule={rule}")), "{path}");
            assert_eq!(response.get("cache-control").as_deref(), Some("no-store"));
            assert_eq!(response.get("vary").as_deref(), Some("Sec-Purpose"));
        }
        assert!(site.origin.take().is_empty(), "{path}: the origin is not asked");
        assert_eq!(http::get(site.worker.port, path, &[]).text(), "<p>x", "{path}: the click works");
        let image = [("Sec-Purpose", "prefetch;prerender"), ("Sec-Fetch-Dest", "image")];
        assert_eq!(http::get(site.worker.port, path, &image).status(), 200, "{path}: no navigation");
        assert_eq!(site.origin.take().len(), 2, "{path}");
    }
    assert_eq!(http::get(site.worker.port, "/help/logout", &prefetch).status(), 200);
    let received = site.origin.take();
    assert_eq!(received[0].head.all("sec-purpose"), ["prefetch"], "the origin may know");
}

#[test]
fn a_speculation_gives_no_cookie_that_the_visitor_did_not_have() {
    let site = Site::start(&[("INERT_COOKIES", "theme")]);
    let set = "Set-Cookie: session=new; HttpOnly; Path=/\r\nSet-Cookie: _ga=GA1; Path=/\r\nSet-Cookie: theme=dark; Expires=Wed, 21 Oct 2035 07:28:00 GMT\r\n";
    site.origin.say(&ok(&format!("Content-Type: text/html\r\nVary: Cookie\r\n{set}"), b"<p>x"));
    let get = |headers: &[(&str, &str)]| http::get(site.worker.port, "/", headers);
    let real = get(&[]);
    assert_eq!((real.head.all("set-cookie").len(), real.get("vary").as_deref()), (3, Some("Cookie")));
    let refused = get(&[("Sec-Purpose", "prefetch")]);
    assert_eq!(
        (refused.status(), refused.get("headstart-refused").as_deref()),
        (503, Some("set-cookie;name=\"session\""))
    );
    assert!(refused.head.all("set-cookie").is_empty() && refused.body.0.is_empty());
    // Without a key nothing can be put off, not even what is inert.
    let inert = get(&[("Sec-Purpose", "prefetch"), ("Cookie", "session=old; theme=light")]);
    assert_eq!(inert.get("headstart-refused").as_deref(), Some("set-cookie;name=\"_ga\""));
    let owned = get(&[("Sec-Purpose", "prefetch"), ("Cookie", "session=old; _ga=1; theme=light")]);
    assert_eq!((owned.status(), owned.text().as_str()), (200, "<p>x"));
    assert_eq!(
        owned.head.all("set-cookie"),
        real.head.all("set-cookie"),
        "a rotated session reaches its owner"
    );
    // Nobody is signed out by a guess, even where the URL looks harmless.
    site.origin.say(
        b"HTTP/1.1 302 Found\r\nLocation: /\r\nSet-Cookie: session=; Max-Age=0\r\nContent-Length: 0\r\n\r\n",
    );
    let kept =
        http::get(site.worker.port, "/abmelden", &[("Sec-Purpose", "prefetch"), ("Cookie", "session=1")]);
    assert_eq!((kept.status(), kept.get("set-cookie")), (503, None));
    assert_eq!(http::get(site.worker.port, "/abmelden", &[("Cookie", "session=1")]).status(), 302);
    // A redirect sets cookies as well as a page does.
    site.origin
        .say(b"HTTP/1.1 302 Found\r\nLocation: /x\r\nSet-Cookie: session=1\r\nContent-Length: 0\r\n\r\n");
    assert_eq!(get(&[("Sec-Purpose", "prefetch")]).status(), 503);
    assert_eq!(get(&[]).status(), 302);
    site.origin.say(&ok("Content-Type: text/html\r\nClear-Site-Data: \"cookies\"\r\n", b"bye"));
    assert_eq!(
        get(&[("Sec-Purpose", "prefetch")]).get("headstart-refused").as_deref(),
        Some("clear-site-data")
    );
}
