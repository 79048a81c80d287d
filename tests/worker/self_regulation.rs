//! `EAGERNESS=auto` from end to end, in workerd: the baseline rises to moderate when what was tried is used, by its own KV
//! and Durable Objects, falls back when it is wasted, and rests where nothing that is pressed is shown.

use crate::support;
use crate::support::guesses::{Visitor, eagerness, file, page, raise, serve};
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;
use serde_json::Value;
use std::collections::HashMap;
use std::sync::Mutex;
use std::time::Duration;
use url::Url;

#[test]
fn it_rises_where_what_is_tried_is_used_and_falls_back_where_it_is_wasted() {
    let site = Site::start(&[("MIN_VISITORS", "5")]);
    serve(&site);
    // Each visitor points at a link, and follows it.
    let mut number = raise(|number| Visitor::new(&site, number));
    assert!(number > 24, "it was conservative at first: {number}");
    assert_eq!(Visitor::new(&site, 0).view("/p/1")["tag"], "headstart-moderate");
    // Nobody points with a finger. Those who do are given the same file by the page's path, and it says something else to
    // them.
    let touch = Visitor::new(&site, 0).on_touch();
    let named = file(&touch.get("/p/1", &[]));
    assert_eq!(named, "/_headstart/rules/moderate-mouse.json");
    assert_eq!(eagerness(&touch.view("/p/1")), "conservative");
    let answer = touch.get(&named, &[]);
    assert_eq!(answer.get("vary").as_deref(), Some("Accept-Encoding, Sec-CH-UA-Mobile"));
    assert_eq!(answer.get("cache-control").as_deref(), Some("no-cache"));
    let etag = answer.get("etag").unwrap();
    let fresh = |visitor: &Visitor<'_>| visitor.get(&named, &[("If-None-Match", &etag)]).status();
    assert_eq!((fresh(&touch), fresh(&Visitor::new(&site, 0))), (304, 200));

    // Now each points at links and follows none.
    support::eventually("it has fallen back", Duration::from_secs(120), || {
        for _ in 0..6 {
            number += 1;
            let visitor = Visitor::new(&site, number);
            let from = page(number);
            let rule_set = visitor.view(&from);
            for other in 1..4 {
                visitor.speculate(&from, &page(number + other), &rule_set);
            }
        }
        let visitor = Visitor::new(&site, 0);
        let is_conservative = |number| eagerness(&visitor.view(&page(number))) == "conservative";
        (0..9).all(is_conservative).then_some(())
    });
}

/// Nine pages with a form, whose token is that of the page which its session was given last.
fn serve_forms(site: &Site) {
    let last = Mutex::new(HashMap::new());
    site.origin.answer(move |request, stream| {
        let session = request.head.get("cookie").unwrap_or_default();
        let sender =
            request.head.get("referer").map(|referer| Url::parse(&referer).unwrap().path().to_owned());
        let mut last = last.lock().unwrap();
        match (request.method(), request.target()) {
            (_, "/robots.txt") => {
                write(stream, &ok("Content-Type: text/plain\r\n", b"User-agent: *\nDisallow:\n"))
            }
            ("POST", _) if last.get(&session) == sender.as_ref() => {
                write(stream, b"HTTP/1.1 303 See Other\r\nLocation: /thanks\r\nContent-Length: 0\r\n\r\n");
            }
            ("POST", _) => write(stream, b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n"),
            (_, page) => {
                last.insert(session, page.to_owned());
                write(stream, &html("<main><form method=post action=/send></form><a href=/p/1>1</a></main>"));
            }
        }
        After::Keep
    });
}

#[test]
fn it_falls_back_where_a_page_that_is_pointed_at_takes_the_token_of_a_form() {
    let site = Site::start(&[("MIN_VISITORS", "5")]);
    serve_forms(&site);
    let visitor = |number| Visitor::new(&site, number).with_cookies(&format!("PHPSESSID=q3v8k1m0{number}"));
    // What visitors with a session do has nothing rise, so others have it rise.
    let mut number = raise(|number| Visitor::new(&site, number));
    support::eventually("it has fallen back", Duration::from_secs(120), || {
        for points in [false, true].repeat(4) {
            number += 1;
            let (visitor, from, to) = (visitor(number), page(number), page(number + 4));
            let rule_set = visitor.view(&from);
            if points {
                visitor.speculate(&from, &to, &rule_set);
                assert_eq!(visitor.post(&from, "/send").status(), 403);
            } else {
                assert_eq!(visitor.post(&from, "/send").status(), 303);
            }
        }
        let visitor = visitor(0);
        (0..9).all(|number| eagerness(&visitor.view(&page(number))) == "conservative").then_some(())
    });
}

#[test]
fn it_rests_where_nothing_is_shown_that_visitors_with_a_session_press() {
    let site = Site::start(&[("MIN_VISITORS", "5")]);
    serve(&site);
    let visitor = |number| Visitor::new(&site, number).with_cookies(&format!("PHPSESSID=q3v8k1m0{number}"));
    let mut number = 0;
    let rule_set = support::eventually("it rests", Duration::from_secs(120), || {
        for _ in 0..6 {
            number += 1;
            let (visitor, from) = (visitor(number), page(number));
            let rule_set = visitor.view(&from);
            if rule_set.get("prefetch").is_none() {
                return Some(rule_set);
            }
            visitor.speculate(&from, &page(number + 4), &rule_set);
        }
        None
    });
    assert_eq!(rule_set, serde_json::json!({ "tag": "headstart" }));
    assert!(number > 48, "a few visitors may have said so: {number}");
}

#[test]
fn what_the_owner_has_configured_is_kept() {
    let site = Site::start(&[("EAGERNESS", "conservative")]);
    serve(&site);
    for number in 0..60 {
        let visitor = Visitor::new(&site, number);
        let (from, to) = (page(number), page(number + 4));
        let rule_set = visitor.view(&from);
        assert_eq!((eagerness(&rule_set), &rule_set["tag"]), ("conservative", &Value::from("headstart")));
        let named = visitor.speculate(&from, &to, &rule_set);
        visitor.activate(&to, &named);
    }
    let moderate = site.get("/_headstart/rules/moderate.json", &[]);
    assert_eq!(moderate.text(), site.get("/_headstart/rules/site.json", &[]).text());
    assert_eq!(moderate.get("vary").as_deref(), Some("Accept-Encoding"));
}
