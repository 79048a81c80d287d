//! The learning loop: pages go by, connection hints come back, the same for every visitor of a path.

use crate::support;
use crate::support::http;
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;
use std::time::Duration;

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
fn what_a_query_or_one_visitor_alone_brings_into_a_page_is_not_learned() {
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

/// A page that repeats what its request says: the hosts of a cookie and of a field, besides its own.
fn repeating(site: &Site) {
    site.origin.answer(|received, stream| {
        let cookie = received.head.get("cookie").and_then(|line| Some(line.split_once("cdn=")?.1.to_owned()));
        let named = cookie.into_iter().chain(received.head.get("x-cdn"));
        let scripts: String =
            named.map(|host| format!("<script src=https://{host}/a.js></script>")).collect();
        write(stream, &html(&format!("{scripts}<img src=https://pictures.example/x.png>")));
        After::Keep
    });
}

#[test]
fn what_one_visitor_has_a_page_repeat_reaches_nobody_else() {
    let site = Site::start(&[("MIN_VISITORS", "3")]);
    repeating(&site);
    let link = |visitor: u32, more: &[(&str, &str)]| {
        let address = format!("198.51.100.{visitor}");
        site.link("/p", &[&[("CF-Connecting-IP", address.as_str())], more].concat())
    };
    // As many as they like.
    for visitor in 1..=5 {
        assert_eq!(link(visitor, &[("Cookie", "cdn=evil.example")]), None);
        assert_eq!(link(visitor, &[("Cookie", "_ga=cdn=evil.example")]), None);
    }
    // One alone, as often as they like.
    for _ in 0..10 {
        assert_eq!(link(9, &[("X-CDN", "odd.example")]), None, "one visitor makes no page known");
        std::thread::sleep(Duration::from_millis(200));
    }
    let number = std::cell::Cell::new(10);
    let seen = support::eventually("the page is learned", Duration::from_secs(30), || {
        number.set(number.get() % 200 + 11);
        link(number.get(), &[])
    });
    assert_eq!(seen, "<https://pictures.example>; rel=preconnect");
}

#[test]
fn what_the_origin_hints_itself_is_not_repeated() {
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
    let paths = ["/gzip", "/br", "/latin-1"];
    site.visit(&paths);
    for path in paths {
        assert_eq!(site.learned(path), "<https://cdn.example>; rel=preconnect", "{path}");
    }
}

#[test]
fn pages_that_are_edited_are_learned_and_what_changes_in_them_is() {
    let page = |scripts: &str| html(&format!("<!doctype html><html><body>{scripts}</body></html>"));
    let old = "<script async src=https://old.example/x.js></script>";
    // The script that asks a browser goes into few views; rules go into every page.
    let site = Site::start(&[("RULES_DELIVERY", "inline")]);
    site.origin.say(&page(old));
    site.visit(&["/page"; 3]);
    // A view with a query teaches nothing, so that what is new soon weighs more than these three.
    let link = support::eventually("/page", Duration::from_secs(30), || site.link("/page?asked", &[]));
    assert_eq!(link, "<https://old.example>; rel=preconnect");
    // What was decided before that may be replayed for some seconds.
    support::eventually("an edit", Duration::from_secs(30), || {
        site.get("/page", &http::DOCUMENT).text().contains("<html><script").then_some(())
    });
    site.origin.say(&page(&format!("{old}<script async src=https://new.example/x.js></script>")));
    for _ in 0..60 {
        let response = site.get("/page", &http::DOCUMENT);
        let text = response.text();
        assert_eq!(response.status(), 200);
        assert!(text.contains("<html><script") && text.ends_with("</html>"), "{text}");
    }
    let link = "<https://old.example>; rel=preconnect, <https://new.example>; rel=preconnect";
    site.learns("/page", link, || ());
}

#[test]
fn pages_are_shared_out_among_learners() {
    let site = Site::start(&[("LEARNER_SHARDS", "4")]);
    site.origin.say(&html("<script src=https://a.example/></script>"));
    let paths = ["/1", "/2", "/3", "/4", "/5", "/6"];
    site.visit(&paths);
    for path in paths {
        assert_eq!(site.learned(path), "<https://a.example>; rel=preconnect", "{path}");
    }
}

#[test]
fn the_sites_limits_on_hints_hold() {
    let site = Site::start(&[("MAX_PRECONNECT", "1"), ("MAX_DNS_PREFETCH", "1")]);
    site.origin.say(&html(PAGE));
    assert_eq!(
        site.learned("/"),
        "<https://cdn.example>; rel=preconnect, <https://fonts.example>; rel=dns-prefetch"
    );
}

#[test]
fn a_page_longer_than_what_is_read_of_it_is_learned_up_to_there_and_passes_whole() {
    let site = Site::start(&[("READ_BYTES", "16384")]);
    let filler = "<p>It is made of brass, and lasts.</p>".repeat(1000);
    let page = format!("<img src=https://near.example/a.png>{filler}<img src=https://far.example/b.png>");
    assert!(page.len() > 2 * 16_384);
    site.origin.say(&html(&page));
    assert_eq!(site.learned("/"), "<https://near.example>; rel=preconnect");
    let answer = site.get("/", &[]);
    assert_eq!((answer.text() == page, answer.complete), (true, true));
    // All of a page that is no longer than that is read.
    let page = "<img src=https://near.example/a.png><img src=https://far.example/b.png>";
    site.origin.say(&html(page));
    site.learns(
        "/short",
        "<https://near.example>; rel=preconnect, <https://far.example>; rel=preconnect",
        || {},
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
fn a_page_that_was_never_seen_gets_its_routes_hints_whatever_the_request() {
    let site = Site::start(&[]);
    site.origin.say(&html("<script src=https://cdn.example/x.js></script>"));
    let link = "<https://cdn.example>; rel=preconnect";
    let products = ["/product/1", "/product/2", "/product/3"];
    site.visit(&products);
    for path in products {
        site.learns(path, link, || ());
    }
    // Other pages of the site speak against it; `/product/*` does not mind.
    site.origin.say(&html("<p>x"));
    for path in ["/about", "/contact", "/jobs"] {
        for _ in 0..4 {
            site.get(path, &[]);
        }
    }
    site.learns("/product/999?teaches=nobody", link, || ());
    for path in ["/product/1000", "/product/1000?", "/product/1000?utm_source=x&a=https://evil.example/"] {
        assert_eq!(site.link(path, &[]).as_deref(), Some(link), "{path}");
        for header in [
            ("Cookie", "session=1; experiment=b"),
            ("Referer", "http://shop.test/evil"),
            ("User-Agent", "a robot"),
            ("Accept-Language", "de"),
            ("Authorization", "Basic YTpi"),
            ("Sec-Purpose", "prefetch"),
            ("Save-Data", "on"),
            ("Purpose", "prefetch"),
            ("X-Forwarded-Host", "evil.example"),
        ] {
            assert_eq!(site.get(path, &[header]).get("link").as_deref(), Some(link), "{path} {header:?}");
        }
    }
    assert_eq!(site.link("/about?teaches=nobody", &[]), None);
}

#[test]
fn a_redirect_teaches_the_pages_that_link_to_it_and_no_others() {
    let site = Site::start(&[]);
    site.origin.answer(|received, stream| {
        let redirect = |to: &str| {
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
        };
        let bytes = match received.target() {
            "/partners" => html("<a href=/out?to=1>x</a><img src=/picture>"),
            "/picture" => redirect("https://pictures.example/1.png"),
            "/out?to=1" => redirect("https://partner.example/"),
            _ => redirect("https://evil.example/"),
        };
        write(stream, &bytes);
        After::Keep
    });
    let referer = "http://shop.test/partners";
    let link = "<https://pictures.example>; rel=preconnect, <https://partner.example>; rel=dns-prefetch";
    site.learns("/partners", link, || {
        let click = [("Referer", referer), ("Sec-Fetch-Dest", "document")];
        for target in ["/out?to=1", "/out?to=evil", "/elsewhere"] {
            assert_eq!(site.get(target, &click).status(), 302);
        }
        site.get("/picture", &[("Referer", referer), ("Sec-Fetch-Dest", "image")]);
    });
}

#[test]
fn denied_hosts_and_what_the_policy_blocks_are_not_hinted() {
    let site = Site::start(&[("DENY_HOSTS", "*.ads.example denied.example")]);
    let body = "<script src=https://cdn.example/></script><script src=https://denied.example/></script>\
                <script src=https://a.ads.example/></script><img src=https://pictures.example/>";
    let with_policy = |policy: &str| {
        let headers = format!("Content-Type: text/html\r\nContent-Security-Policy: {policy}\r\n");
        ok(&headers, body.as_bytes())
    };
    site.origin.say(&with_policy("script-src https://cdn.example"));
    site.learns(
        "/a",
        "<https://cdn.example>; rel=preconnect, <https://pictures.example>; rel=preconnect",
        || (),
    );
    site.origin.say(&with_policy("default-src 'self' https://pictures.example"));
    // A decision may be replayed for two seconds; after that, the answer's own policy counts.
    site.learns("/a?teaches=nobody", "<https://pictures.example>; rel=preconnect", || ());
    site.learns("/b", "<https://pictures.example>; rel=preconnect", || ());
}
