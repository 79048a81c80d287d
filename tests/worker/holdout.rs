//! Pages that are held out, so that the others can be compared with them.

use crate::support;
use crate::support::http;
use crate::support::origin::html;
use crate::support::site::Site;
use headstart::switches::holdout::is_held_out;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

/// What a learner publishes of pages that each name an origin, and of whose views all are asked.
fn snapshot(pages: usize, compares: bool) -> String {
    let all = |of: &str| (0..pages).map(|n| format!("\"/p/{n}\":{of}")).collect::<Vec<_>>().join(",");
    let compares = if compares { "\"compares\":true," } else { "" };
    format!(
        "{{\"version\":2,{compares}\"pages\":{{{}}},\"routes\":{{}},\"site\":null,\"asks\":{{{}}}}}",
        all("[[\"https://cdn.example\",1]]"),
        all("0")
    )
}

fn now() -> u64 {
    SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64
}

/// Whether a page has its hint, its rules, and whose script it has.
fn given(site: &Site, path: &str, referer: &str) -> (bool, bool, String) {
    let fields = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Referer", referer)];
    let page = site.get(path, &fields);
    let text = page.text();
    let script = text.split("src=\"").nth(1).and_then(|rest| rest.split('"').next()).unwrap_or_default();
    // Whatever `<base>` the page has.
    let script = script.strip_prefix("http://shop.test").unwrap_or("of another origin");
    (page.get("link").is_some(), page.get("speculation-rules").is_some(), script.to_owned())
}

fn site(variables: &[(&str, &str)]) -> Site {
    // Nothing that is learned here takes the place of what is published before.
    let own = [("BEACON", "auto"), ("BATCH_SECONDS", "25"), ("PUBLISH_SECONDS", "86400")];
    let site = Site::start(&[&own[..], variables].concat());
    site.origin.say(&html("<!doctype html><head><title>x</title></head><p>x"));
    site
}

#[test]
fn a_page_that_is_held_out_is_given_nothing_and_asked_like_any_other() {
    const PAGES: usize = 40;
    let site = site(&[("HOLDOUT", "50")]);
    let held = |path: &str| is_held_out("shop.test", path, 50, now());
    let day = now() / 86_400_000;
    site.worker.store("shop.test/0", Some(&snapshot(PAGES, true)));
    let paths: Vec<String> = (0..PAGES).map(|number| format!("/p/{number}")).collect();
    let (out, others): (Vec<_>, Vec<_>) = paths.iter().partition(|path| held(path));
    assert!(out.len() > 5 && others.len() > 5);
    support::eventually("the snapshot is read", Duration::from_secs(20), || {
        given(&site, others[0], "").0.then_some(())
    });
    let url = |path: &str| format!("http://shop.test{path}");
    for (referer, source) in [(String::new(), 'n'), (url(others[0]), 'g'), (url(out[0]), 'h')] {
        for (pages, is_given, arm) in [(&out, false, 'h'), (&others, true, 'g')] {
            for path in pages {
                let script = format!("/_headstart/held/{arm}{source}/beacon.js");
                let seen = given(&site, path, &referer);
                // At midnight other pages are held out.
                assert!(
                    seen == (is_given, is_given, script) || now() / 86_400_000 != day,
                    "{path}: {seen:?}"
                );
            }
        }
    }
    // The script, and where it sends what it has to tell.
    let script = site.get("/_headstart/held/hg/beacon.js", &[]);
    assert_eq!((script.status(), script.text()), (200, site.get("/_headstart/beacon.js", &[]).text()));
    let body = br#"["/p/1",2,"navigate","",[null,100,200,300,null,0],["",null,null],null,[],[],[]]"#;
    let fields = [("Origin", "http://shop.test"), ("Sec-Fetch-Site", "same-origin")];
    let beacon = |arms: &str| {
        let path = format!("/_headstart/held/{arms}/beacon");
        http::raw(site.worker.port, &http::request("POST", &path, &fields, body)).status()
    };
    assert_eq!([beacon("hg"), beacon("xx"), beacon("h")], [204, 404, 404]);
}

#[test]
fn without_traffic_enough_no_page_is_held_out() {
    let site = site(&[("HOLDOUT", "50")]);
    site.worker.store("shop.test/0", Some(&snapshot(40, false)));
    support::eventually("the snapshot is read", Duration::from_secs(20), || {
        given(&site, "/p/0", "").0.then_some(())
    });
    for number in 0..40 {
        let seen = given(&site, &format!("/p/{number}"), "");
        assert_eq!(seen, (true, true, "/_headstart/beacon.js".to_owned()), "{number}");
    }
}
