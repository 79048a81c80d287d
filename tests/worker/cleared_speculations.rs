//! What changes the pages that a visitor is shown has their browser forget what it fetched and rendered ahead.

use crate::support::http;
use crate::support::origin::ok;
use crate::visitor::{BODY, all, page, start};

#[test]
fn forms_sign_out_and_cart_changes_clear_what_was_fetched_ahead() {
    let site = start(&[]);
    site.origin.say(&page(&[], BODY));
    let clear = "\"prefetchCache\", \"prerenderCache\"";
    let send = |method: &str, path: &str, mode: &str| {
        let headers = all(&[("Sec-Fetch-Mode", mode)], &[]);
        http::raw(site.worker.port, &http::request(method, path, &headers, b"")).get("clear-site-data")
    };
    assert_eq!(send("POST", "/form", "navigate").as_deref(), Some(clear));
    assert_eq!(send("POST", "/beacon", "no-cors"), None);
    assert_eq!(send("GET", "/logout", "navigate").as_deref(), Some(clear));
    assert_eq!(send("GET", "/a", "navigate"), None);
    // A decision that is replayed must not hide it.
    for _ in 0..3 {
        assert_eq!(send("GET", "/a", "navigate"), None);
    }
    site.origin.say(&page(&["session=1; Path=/"], BODY));
    assert_eq!(send("GET", "/a", "navigate").as_deref(), Some(clear), "signed in");
    assert_eq!(send("GET", "/a?action=add&id=1", "navigate").as_deref(), Some(clear));
}

#[test]
fn who_asked_before_does_not_hide_that_a_visitor_signs_out() {
    let site = start(&[]);
    let befores: [&[(&str, &str)]; 4] = [
        &[],
        &[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Dest", "empty")],
        &[("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")],
        &[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "iframe")],
    ];
    let click = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    for (kind, answer) in [("page", page(&[], BODY)), ("text", ok("Content-Type: text/plain\r\n", b"bye"))] {
        site.origin.say(&answer);
        for (number, before) in befores.into_iter().enumerate() {
            let path = format!("/{kind}/{number}/logout");
            for _ in 0..2 {
                assert_eq!(site.get(&path, &all(before, &[])).get("clear-site-data"), None);
            }
            let clicked = site.get(&path, &all(&click, &[]));
            assert!(clicked.get("clear-site-data").is_some(), "{path}: {before:?}");
        }
    }
}

#[test]
fn where_one_url_serves_for_everything_the_body_says_whether_anything_is_done() {
    let site = start(&[]);
    site.origin.say(&page(&[], BODY));
    let send = |path: &str, body: &str| {
        let headers = all(&[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin")], &[]);
        let answer = http::raw(site.worker.port, &http::request("POST", path, &headers, body.as_bytes()));
        let received = site.origin.take().pop().expect("the origin is asked");
        assert_eq!(received.body.0, body.as_bytes(), "{path}");
        assert_eq!(received.head.get("content-length"), Some(body.len().to_string()), "{path}");
        answer.get("clear-site-data").is_some()
    };
    let admin = "/wp-admin/admin-ajax.php";
    assert!(!send(admin, "action=heartbeat&interval=15"));
    assert!(send(admin, "action=add_to_wishlist&id=7"));
    assert!(!send("/?wc-ajax=get_refreshed_fragments", "time=1"));
    assert!(!send("/matomo/collect", "page=1"));
    let refresh = r#"{"components":[{"updates":{},"calls":[{"method":"$refresh"}]}]}"#;
    assert!(!send("/livewire/update", refresh));
    assert!(send("/livewire/update", &refresh.replace("$refresh", "addToCart")));
    assert!(!send("/graphql", r#"{"query":"query Cart { cart { id } }"}"#));
    assert!(send("/graphql", r#"{"query":"mutation AddToCart { add(id: 7) { id } }"}"#));
    let long = format!(r#"{{"query":"{{ cart }} #{}"}}"#, "x".repeat(60_000));
    assert!(!send("/graphql", &long));
    let longer = format!(r#"{{"query":"{{ cart }} #{}"}}"#, "x".repeat(70_000));
    assert!(send("/graphql", &longer), "nobody reads it");
}

#[test]
fn what_most_views_of_a_page_send_is_no_doing_whether_or_not_next_pages_are_learned() {
    for variables in [&[][..], &[("NEXT_PAGES", "off")], &[("RULES", "off")]] {
        let site = start(variables);
        site.origin.say(&page(&[], BODY));
        let navigation = all(
            &[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")],
            &[],
        );
        let visit = [
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Referer", "http://shop.test/a"),
        ];
        let clears: Vec<bool> = (0..7)
            .map(|_| {
                site.get("/a", &navigation);
                let sent = http::request("POST", "/api/greet", &all(&visit, &[]), b"{}");
                http::raw(site.worker.port, &sent).get("clear-site-data").is_some()
            })
            .collect();
        assert_eq!(clears, [true, true, true, true, false, false, false], "{variables:?}");
    }
}

#[test]
fn what_only_reads_clears_nothing_by_whatever_method() {
    let site = start(&[]);
    site.origin.say(&ok("Content-Type: application/xml\r\n", b"<multistatus/>"));
    let headers = all(&[("Sec-Fetch-Mode", "cors"), ("Sec-Fetch-Site", "same-origin")], &[]);
    let clears = |method: &str| {
        let sent = http::request(method, "/remote.php/dav/files/ada/", &headers, b"<propfind/>");
        http::raw(site.worker.port, &sent).get("clear-site-data").is_some()
    };
    assert_eq!(["PROPFIND", "REPORT", "SEARCH"].map(clears), [false; 3]);
    assert_eq!(["PUT", "MKCOL", "DELETE"].map(clears), [true; 3]);
}
