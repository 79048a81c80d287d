//! The report: who may see it, what it says, and that a site without one has none.

use crate::support;
use crate::support::http::{self, Response};
use crate::support::log::assert_said;
use crate::support::origin::{html, ok};
use crate::support::site::Site;
use serde_json::Value;
use std::time::Duration;

const TOKEN: &str = "a token of the tests, forty characters ";
const BEARER: (&str, &str) = ("Authorization", "Bearer a token of the tests, forty characters");
const NAVIGATION: [(&str, &str); 3] =
    [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "same-origin")];

fn site(variables: &[(&str, &str)]) -> Site {
    let site = Site::start(&[&[("ADMIN_TOKEN", TOKEN.trim())], variables].concat());
    site.origin.say(&html("<img src=https://pictures.example/x.png><a href=/b>b</a>"));
    site
}

fn post(site: &Site, path: &str, headers: &[(&str, &str)], body: &str) -> Response {
    let form = [("Content-Type", "application/x-www-form-urlencoded")];
    let headers = [&form, headers].concat();
    http::raw(site.worker.port, &http::request("POST", path, &headers, body.as_bytes()))
}

/// What every answer of the report says of itself.
fn is_closed_to_others(answer: &Response) {
    assert_eq!(answer.get("cache-control").as_deref(), Some("no-store"));
    assert_eq!(answer.get("x-robots-tag").as_deref(), Some("noindex, nofollow"));
    assert_eq!(answer.get("x-content-type-options").as_deref(), Some("nosniff"));
    assert_eq!(answer.get("x-frame-options").as_deref(), Some("DENY"));
    let policy = answer.get("content-security-policy").unwrap();
    assert!(policy.contains("default-src 'none'") && policy.contains("frame-ancestors 'none'"), "{policy}");
    assert!(!policy.contains("script") && !policy.contains("unsafe"), "{policy}");
    for added in ["link", "speculation-rules"] {
        assert_eq!(answer.get(added), None);
    }
}

#[test]
fn without_a_token_there_is_only_the_page_that_says_how_to_turn_it_on() {
    for (variables, is_short) in [(&[][..], false), (&[("ADMIN_TOKEN", "short")], true)] {
        let site = Site::start(variables);
        site.origin.say(&ok("", b"the origin's"));
        let page = site.get("/_headstart/", &[]);
        assert_eq!(page.status(), 200);
        is_closed_to_others(&page);
        assert!(page.text().contains("npx wrangler secret put ADMIN_TOKEN"));
        for path in ["/_headstart/metrics", "/_headstart/why?url=/"] {
            assert_eq!(site.get(path, &[("Authorization", "Bearer short")]).status(), 404, "{path}");
        }
        assert_eq!(post(&site, "/_headstart/sign-in", &[NAVIGATION[2]], "token=short").status(), 404);
        assert_said(
            site.worker.printed(),
            "ADMIN_TOKEN is too short; it must have at least 32 characters",
            usize::from(is_short),
        );
        assert!(site.origin.take().is_empty(), "the origin has seen none of it");
    }
}

#[test]
fn only_the_token_opens_the_report_and_the_origin_never_sees_it() {
    let site = site(&[]);
    for path in ["/_headstart/", "/_headstart/?format=json", "/_headstart/metrics", "/_headstart/why?url=/"] {
        let visitors = site.get(path, &[("Cookie", "headstart-report=x; __Host-headstart-report=y")]);
        assert_eq!(
            (visitors.status(), visitors.get("www-authenticate").as_deref()),
            (401, Some("Bearer")),
            "{path}"
        );
        is_closed_to_others(&visitors);
        assert!(!visitors.text().contains("SEAL_KEY"), "a visitor learns nothing");
        assert_eq!(
            site.get(path, &[("Authorization", "Bearer another token of forty characters, or so")]).status(),
            403
        );
        let open = site.get(path, &[BEARER]);
        assert_eq!(open.status(), 200, "{path}: {}", open.text());
        is_closed_to_others(&open);
        assert_eq!(site.get(path, &[BEARER, ("Sec-Purpose", "prefetch")]).status(), 503, "never on a guess");
    }
    assert_eq!(site.get("/_headstart/sign-in", &[BEARER]).status(), 405);
    assert!(site.origin.take().is_empty());
    // Ten wrong ones in all, and nobody of that network is listened to any more.
    for _ in 0..6 {
        assert_eq!(site.get("/_headstart/", &[("Headstart-Token", "wrong")]).status(), 403);
    }
    let limited = site.get("/_headstart/", &[BEARER]);
    assert_eq!((limited.status(), limited.get("retry-after").as_deref()), (429, Some("900")));
}

#[test]
fn a_browser_signs_in_by_the_form_of_this_site_alone() {
    let site = site(&[]);
    let body = format!("token={}", TOKEN.trim().replace(' ', "+"));
    for foreign in [
        &[("Sec-Fetch-Site", "cross-site")][..],
        &[("Sec-Fetch-Site", "same-site")],
        &[("Origin", "https://evil.example")],
        &[],
    ] {
        let answer = post(&site, "/_headstart/sign-in", foreign, &body);
        assert_eq!((answer.status(), answer.get("set-cookie")), (403, None), "{foreign:?}");
    }
    let own = [("Sec-Fetch-Site", "same-origin")];
    assert_eq!(post(&site, "/_headstart/sign-in", &own, "token=wrong").status(), 403);
    assert_eq!(post(&site, "/_headstart/sign-in", &own, "x=1").status(), 400);
    assert_eq!(post(&site, "/_headstart/sign-in", &own, &"x".repeat(5000)).status(), 400);
    let signed_in = post(&site, "/_headstart/sign-in", &own, &body);
    assert_eq!(
        (signed_in.status(), signed_in.get("location").as_deref()),
        (303, Some("/_headstart/?signed-in"))
    );
    let line = signed_in.get("set-cookie").unwrap();
    // The tests' Host is a name, and no machine of ours.
    assert!(line.starts_with("__Host-headstart-report="), "{line}");
    for part in ["; Path=/", "; Secure", "; HttpOnly", "; SameSite=Strict", "; Max-Age=7200"] {
        assert!(line.contains(part), "{line}");
    }
    assert!(!line.contains("token"));
    let cookie = line.split(';').next().unwrap().to_owned();
    let report = site.get("/_headstart/", &[("Cookie", &cookie)]);
    assert_eq!(report.status(), 200);
    assert!(report.text().contains("<h2 id=state>At a glance</h2>"));
    let without = site.get("/_headstart/?signed-in", &[]);
    assert!(without.status() == 401 && without.text().contains("has not kept the cookie"));

    // Pages are given to whoever has signed in as to anybody, and the origin is told nothing of it.
    site.get("/a", &[("Cookie", &format!("a=1; {cookie}; b=2")), ("Headstart-Token", TOKEN.trim())]);
    site.get("/a", &[("Cookie", &cookie)]);
    let asked = site.origin.take();
    assert_eq!(asked.len(), 2);
    assert_eq!(asked[0].head.get("cookie").as_deref(), Some("a=1; b=2"));
    assert_eq!((asked[0].head.get("headstart-token"), asked[1].head.get("cookie")), (None, None));

    let foreign = post(&site, "/_headstart/sign-out", &[("Sec-Fetch-Site", "cross-site")], "");
    assert_eq!((foreign.status(), foreign.get("set-cookie")), (403, None));
    let signed_out = post(&site, "/_headstart/sign-out", &own, "");
    assert!(
        signed_out.get("set-cookie").unwrap().starts_with("__Host-headstart-report=; ")
            && signed_out.status() == 303
    );
}

#[test]
fn whoever_sends_the_token_with_a_page_is_told_what_was_decided() {
    let site = site(&[]);
    site.learned("/a");
    let told = |token: Option<&str>| {
        let fields: Vec<(&str, &str)> = token.map(|token| ("Headstart-Token", token)).into_iter().collect();
        site.get("/a", &fields).get("server-timing")
    };
    let line = told(Some(TOKEN.trim())).expect("a line");
    assert!(
        line.starts_with("headstart;desc=\"") && line.contains("hints and 0 preloads by page, +Link"),
        "{line}"
    );
    assert_eq!([told(None), told(Some("wrong")), told(None)], [None, None, None], "nobody else");
}

#[test]
fn what_is_learned_and_done_is_told_and_explained() {
    let site = site(&[("SEAL_KEY", "0123456789abcdef0123456789abcdef")]);
    site.learned("/a");
    let prefetch = [&NAVIGATION[..], &[("Sec-Purpose", "prefetch")]].concat();
    for _ in 0..3 {
        assert_eq!(site.get("/a", &NAVIGATION).status(), 200);
    }
    assert_eq!(site.get("/logout", &prefetch).status(), 503);
    let json = || -> Value {
        serde_json::from_str(&site.get("/_headstart/?format=json", &[BEARER]).text()).unwrap()
    };
    let report = support::eventually("what was counted has come in", Duration::from_secs(30), || {
        site.get("/a", &[]);
        let report = json();
        (report["views"]["plain"] == 3 && report["refused"] != serde_json::json!([])).then_some(report)
    });
    assert_eq!(report["refused"][0]["why"], "unsafe-url sign-out");
    assert_eq!(report["speculations"][0]["refused"], 1);
    assert_eq!(report["pages"][0]["name"], "/a");
    assert_eq!(report["pages"][0]["hints"][0]["hint"], "https://pictures.example");
    assert_eq!(report["learners"][0]["faults"], serde_json::json!([]));
    assert!(report["learners"][0]["published_at"].is_u64() && report["state"] == "on");
    let secret = report["variables"].as_array().unwrap().iter().find(|it| it["name"] == "SEAL_KEY").unwrap();
    assert_eq!(secret["value"], "set");
    let metrics = site.get("/_headstart/metrics", &[BEARER]);
    assert_eq!(metrics.get("content-type").as_deref(), Some("text/plain; version=0.0.4; charset=utf-8"));
    assert!(metrics.text().contains("\nheadstart_views_total{views=\"plain\"} 3\n"), "{}", metrics.text());
    let why = |query: &str| site.get(&format!("/_headstart/why?{query}"), &[BEARER]);
    let page = why("url=/a").text();
    assert!(page.contains("https://pictures.example: preconnect") && page.contains("Link: "), "{page}");
    let refused: Value = serde_json::from_str(&why("url=/logout&speculate=1&format=json").text()).unwrap();
    assert!(refused["outcome"].as_str().unwrap().contains("unsafe-url;rule=sign-out"), "{refused}");
    assert_eq!((why("").status(), why("url=https://evil.example/").status()), (400, 400));
}

#[test]
fn its_forms_set_switches_and_have_pages_forgotten_for_whoever_may_see_it() {
    let site = site(&[]);
    let rules = |path: &str| site.get(path, &NAVIGATION).get("speculation-rules");
    let switches = || -> Value {
        let json = site.get("/_headstart/?format=json", &[BEARER]).text();
        serde_json::from_str::<Value>(&json).unwrap()["switches"].clone()
    };
    assert!(rules("/a").is_some() && rules("/b").is_some());
    assert_eq!(switches(), serde_json::json!([]));
    // Neither who has no token, nor a form of another site by whoever has signed in.
    let form = "path=%2Fa&feature=&to=off";
    assert_eq!(post(&site, "/_headstart/switches", &[NAVIGATION[2]], form).status(), 401);
    let signed_in = post(&site, "/_headstart/sign-in", &[NAVIGATION[2]], &format!("token={}", TOKEN.trim()));
    let cookie = signed_in.get("set-cookie").unwrap();
    let cookie = ("Cookie", cookie.split(';').next().unwrap());
    let foreign = post(&site, "/_headstart/switches", &[cookie, ("Sec-Fetch-Site", "cross-site")], form);
    assert_eq!(foreign.status(), 403);
    // Nor a form that a script of the site has made up: it has no mark, and cannot read one.
    let made_up = post(&site, "/_headstart/switches", &[cookie, NAVIGATION[2]], form);
    assert_eq!((made_up.status(), made_up.text().contains("Open the report again")), (403, true));
    assert_eq!(switches(), serde_json::json!([]));
    let report = site.get("/_headstart/", &[cookie]).text();
    let mark = report.split("name=mark value=\"").nth(1).unwrap().split('"').next().unwrap();
    let marked = format!("{form}&mark={mark}");
    let set = post(&site, "/_headstart/switches", &[cookie, NAVIGATION[2]], &marked);
    assert_eq!((set.status(), set.get("location").as_deref()), (303, Some("/_headstart/#switches")));
    let expected =
        serde_json::json!([{ "is_for_all_sites": false, "path": "/a", "feature": null, "to": "off" }]);
    assert_eq!(switches(), expected);
    support::eventually("the path is off", Duration::from_secs(30), || rules("/a").is_none().then_some(()));
    assert!(rules("/b").is_some());
    let page = site.get("/_headstart/", &[cookie]).text();
    assert!(page.contains("<td>/a</td><td>everything</td><td>off</td>"), "{page}");
    assert_eq!(post(&site, "/_headstart/switches", &[BEARER], "path=%2Fa&to=default").status(), 303);
    support::eventually("and on again", Duration::from_secs(30), || rules("/a"));
    for (path, wrong) in [
        ("/_headstart/switches", "path=/a"),
        ("/_headstart/switches", "to=sideways"),
        ("/_headstart/switches", "path=a&to=off"),
        ("/_headstart/forget", "what=cdn"),
        ("/_headstart/forget", "all=yes"),
    ] {
        assert_eq!(post(&site, path, &[BEARER], wrong).status(), 400, "{path} {wrong}");
    }
    for form in ["what=%2Fa", "all=yes&sure=yes"] {
        let mut places = vec!["/_headstart/forget".to_owned()];
        let answer = loop {
            let answer = post(&site, places.last().unwrap(), &[BEARER], form);
            if answer.status() != 307 {
                break answer;
            }
            places.push(answer.get("location").unwrap());
        };
        assert_eq!(answer.status(), 303, "{form}");
        // Browsers send a form on 20 times (Fetch, "HTTP-redirect fetch").
        assert!(places.len() < 20, "{places:?}");
    }
}
