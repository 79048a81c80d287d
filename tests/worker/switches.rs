//! Switches without a deploy: taken from KV, set by a sealed order, by path and by feature; and what holds when they cannot be
//! read. What is off and in shadow is held against a plain Worker in `pass_through`.

use crate::support;
use crate::support::http::{self, Response};
use crate::support::origin::{Origin, html, ok};
use crate::support::site::Site;
use crate::support::worker::{QUICK, Worker};
use headstart::effects::order::LIFE_MS;
use headstart::effects::seal::Seal;
use headstart::effects::switch_order::{Asked, SwitchOrder};
use headstart::switches::change::Change;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const KEY: &str = "0123456789abcdef0123456789abcdef";

const TOKEN: &str = "fedcba9876543210fedcba9876543210";

const RULES: &str = "speculation-rules";

/// A speculation that is refused where it is guarded.
const GUESS: [(&str, &str); 2] = [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Mode", "navigate")];

fn site(variables: &[(&str, &str)]) -> Site {
    let site = Site::start(&[&[("SEAL_KEY", KEY)], variables].concat());
    site.origin.say(&html("<head><img src=https://pictures.example/x.png>"));
    site
}

/// Gives an order, and answers with what comes back.
fn order(site: &Site, asked: Asked) -> Response {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let order = SwitchOrder { site: "shop.test".to_owned(), asked, until: now + LIFE_MS };
    let order = order.seal(&Seal::new(KEY, None).unwrap(), [5; 24]).unwrap();
    post(site, &order)
}

fn post(site: &Site, authorization: &str) -> Response {
    let fields = [("Authorization", authorization)];
    http::raw(site.worker.port, &http::request("POST", "/_headstart/switch", &fields, b""))
}

fn switch(site: &Site, path: Option<&str>, feature: Option<&str>, to: &str) -> Response {
    let [path, feature] = [path, feature].map(|given| given.map(str::to_owned));
    order(
        site,
        Asked::Change(Change { site: Some("shop.test".to_owned()), path, feature, to: to.to_owned() }),
    )
}

/// Waits until something holds.
fn until(what: &str, holds: impl Fn() -> bool) {
    support::eventually(what, Duration::from_secs(30), || holds().then_some(()));
}

fn has_rules(site: &Site, path: &str) -> bool {
    site.get(path, &[]).get(RULES).is_some()
}

#[test]
fn a_path_is_switched_off_and_on_again_by_who_has_the_key() {
    let site = site(&[]);
    assert!(has_rules(&site, "/checkout/a") && has_rules(&site, "/b"));
    assert_eq!(site.get("/checkout/logout", &GUESS).status(), 503);

    let switched = switch(&site, Some("/checkout/*"), None, "off");
    assert_eq!(switched.status(), 200, "{}", switched.text());
    let record: serde_json::Value = serde_json::from_str(&switched.text()).unwrap();
    assert_eq!(record["sites"]["shop.test"]["paths"]["/checkout/*"], "off");
    until("the path is off", || !has_rules(&site, "/checkout/a"));
    assert!(has_rules(&site, "/b"), "and no other");
    // It is as if Headstart were not there, but for what its own rules ask for.
    site.origin.take();
    assert_eq!(site.get("/checkout/logout", &GUESS).status(), 200);
    assert_eq!(site.origin.take()[0].head.all("headstart-purpose"), [""; 0]);
    assert_eq!(site.get("/logout", &GUESS).status(), 503);
    let by_rule = [&GUESS[..], &[("Sec-Speculation-Tags", "\"headstart\"")]].concat();
    assert_eq!(site.get("/checkout/a", &by_rule).get("headstart-refused").as_deref(), Some("switched-off"));
    let rules = site.get("/_headstart/rules/site.json", &[]).text();
    assert!(rules.contains("\"/checkout/*\""), "no rule names it: {rules}");
    let shown = order(&site, Asked::Show);
    assert_eq!((shown.status(), shown.text()), (200, switched.text()));

    assert_eq!(switch(&site, Some("/checkout/*"), None, "default").status(), 200);
    until("the path is on again", || has_rules(&site, "/checkout/a"));
    assert!(!site.get("/_headstart/rules/site.json", &[]).text().contains("\"/checkout/*\""));
    assert_eq!(site.worker.published("switches"), None, "nothing is switched any more");
}

#[test]
fn only_a_good_order_switches() {
    let site = site(&[]);
    for other in ["", "Bearer x"] {
        assert_eq!(post(&site, other).status(), 401, "{other}");
    }
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let of_other = SwitchOrder { site: "other.test".to_owned(), asked: Asked::Show, until: now + LIFE_MS };
    assert_eq!(post(&site, &of_other.seal(&Seal::new(KEY, None).unwrap(), [5; 24]).unwrap()).status(), 401);
    assert_eq!(site.get("/_headstart/switch", &[]).status(), 405);
    let wrong = switch(&site, Some("checkout"), None, "off");
    assert_eq!(wrong.status(), 400);
    assert!(wrong.text().contains("\"checkout\""), "{}", wrong.text());
    assert_eq!(site.worker.published("switches"), None);
    let keyless = Site::start(&[]);
    assert_eq!(post(&keyless, "Bearer x").status(), 404);
}

#[test]
fn each_feature_is_switched_by_itself() {
    let site = site(&[]);
    site.learned("/a");
    let of = |path: &str| {
        let page = site.get(path, &[]);
        (page.get("link").is_some(), page.get(RULES).is_some())
    };
    assert_eq!(of("/a"), (true, true));
    switch(&site, None, Some("rules"), "off");
    until("no rules", || of("/a") == (true, false));
    assert_eq!(site.get("/_headstart/rules/site.json", &[]).text(), "{\"tag\":\"headstart\"}");
    switch(&site, Some("/a"), Some("rules"), "on");
    switch(&site, Some("/a"), Some("hints"), "shadow");
    until("no hints", || of("/a") == (false, true));
    assert_eq!(of("/b"), (false, false), "what is said of /a is not said of /b");
    // Without deferral what would need it is refused; in shadow nothing is.
    site.origin.say(&ok("Content-Type: text/html\r\nSet-Cookie: _ga=1; Path=/\r\n", b"<p>x"));
    let guess = [&GUESS[..], &[("Cookie", "_ga=0")]].concat();
    assert_eq!(site.get("/c", &guess).head.all("set-cookie"), [""; 0], "it is deferred");
    switch(&site, Some("/c"), Some("deferral"), "off");
    until("it is refused", || site.get("/c", &guess).status() == 503);
    switch(&site, Some("/c"), Some("deferral"), "shadow");
    until("it passes", || site.get("/c", &guess).head.all("set-cookie") == ["_ga=1; Path=/"]);
}

#[test]
fn in_shadow_it_learns_and_logs_what_it_would_do() {
    let site = site(&[("MODE", "shadow"), ("ADMIN_TOKEN", TOKEN)]);
    until("hints are learned", || {
        assert!(site.get("/a", &[]).get("link").is_none() && !has_rules(&site, "/a"));
        site.worker.published("shop.test/0").is_some_and(|value| value.contains("pictures.example"))
    });
    assert_eq!(site.get("/logout", &GUESS).status(), 200);
    // Each minute a line; the first comes with the first page.
    until("it says what it would do", || {
        site.worker
            .output()
            .iter()
            .any(|line| line.contains(r#"{"event":"shadow","site":"shop.test","would":{"rules":1}}"#))
    });
    let token = [("Headstart-Token", TOKEN)];
    until("the report says it, too", || {
        let report: serde_json::Value =
            serde_json::from_str(&site.get("/_headstart/?format=json", &token).text()).unwrap();
        let would = report["would"].as_array().unwrap();
        let times = |what: &str| {
            would.iter().find(|would| would["what"] == what).map(|would| would["times"].as_u64())
        };
        assert!(site.get("/a", &[]).get("link").is_none());
        report["state"] == "shadow"
            && times("hints") >= Some(Some(1))
            && times("rules") >= Some(Some(1))
            && times("refused:unsafe-url") == Some(Some(1))
    });
    // From shadow to on without a deploy.
    site.worker.store("switches", Some("on"));
    until("it is on", || {
        let page = site.get("/a", &[]);
        page.get("link").is_some() && page.get(RULES).is_some()
    });
}

#[test]
fn what_is_not_understood_in_kv_changes_nothing_and_is_said_once() {
    let site = site(&[]);
    site.worker.store("switches", Some(r#"{"paths": {"/checkout/*": "off"}}"#));
    until("the path is off", || !has_rules(&site, "/checkout/a"));
    for (number, garbage) in ["{", r#"{"mode": "of"}"#, r#"{"version": 2, "mode": "on"}"#].iter().enumerate()
    {
        site.worker.store("switches", Some(garbage));
        until("it is said", || {
            has_rules(&site, "/b");
            site.worker.log().iter().filter(|line| line.contains("are not understood")).count() == number + 1
        });
        assert!(
            !has_rules(&site, "/checkout/a") && has_rules(&site, "/b"),
            "{garbage}: the last good ones hold"
        );
    }
    // Off is understood in any version.
    site.worker.store("switches", Some(r#"{"version": 2, "mode": "off", "beams": 7}"#));
    until("all is off", || !has_rules(&site, "/b"));
    // No change is written over what somebody has written, but for the one by which everything is off.
    let of_newer = r#"{"version": 2, "mode": "on", "paths": {}}"#;
    site.worker.store("switches", Some(of_newer));
    until("it is refused", || {
        has_rules(&site, "/b");
        let refused = switch(&site, Some("/b"), None, "on");
        refused.status() == 502 && refused.text().starts_with("nothing was changed: ")
    });
    assert_eq!(site.worker.published("switches").as_deref(), Some(of_newer));
    let off = order(&site, Asked::Change(Change { to: "off".to_owned(), ..Change::default() }));
    assert_eq!(off.status(), 200, "{}", off.text());
    until("all is off again", || !has_rules(&site, "/b"));
}

#[test]
fn what_is_written_by_hand_for_one_site_holds_for_that_alone() {
    let site = site(&[]);
    site.worker.store("switches", Some(r#"{"mode": "off", "sites": {"shop.test": {"mode": "on"}}}"#));
    let of_host = |host: &str| {
        let request = format!("GET /a HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n");
        http::raw(site.worker.port, request.as_bytes()).get(RULES).is_some()
    };
    until("the other site is off", || !of_host("blog.test"));
    assert!(of_host("shop.test"));
    site.worker.store("switches", Some(r#"{"sites": {"shop.test": {"mode": "off"}}}"#));
    until("the site is off", || !of_host("shop.test"));
    assert!(of_host("blog.test"));
}

#[test]
fn off_takes_in_nothing_and_learns_nothing() {
    let site = site(&[("MODE", "off"), ("BEACON", "auto")]);
    for _ in 0..3 {
        assert!(!has_rules(&site, "/a"));
    }
    let fields = [("Sec-Fetch-Site", "same-origin"), ("Origin", "http://shop.test")];
    let beacon = http::request("POST", "/_headstart/beacon", &fields, b"anything");
    assert_eq!(http::raw(site.worker.port, &beacon).status(), 204);
    // No robots.txt either.
    let asked: Vec<String> = site.origin.take().iter().map(|asked| asked.target().to_owned()).collect();
    assert_eq!(asked, ["/a", "/a", "/a"]);
    assert_eq!(site.worker.published("shop.test/0"), None);
}

/// What is off altogether is off before anything enters wasm.
#[test]
fn off_holds_where_wasm_fails() {
    const PAGE: &str = "<!doctype html><p>the origin's";
    let origin = Origin::start();
    origin.say(&ok("Content-Type: text/html\r\nSet-Cookie: session=1\r\n", PAGE.as_bytes()));
    let url = origin.url();
    let variables = |mode| [&QUICK[..], &[("ORIGIN", url.as_str()), ("MODE", mode)]].concat();
    let is_passed = |answer: &Response| answer.status() == 200 && answer.text() == PAGE;

    // The variable, where each call would trap.
    let trapping = Worker::start_failing(&variables("off"), "failing_headstart.mjs");
    for fields in [&[("X-Fail", "trap 1")][..], &[("X-Fail", "trap 1"), GUESS[0], GUESS[1]]] {
        let answer = http::get(trapping.port, "/logout", fields);
        assert!(is_passed(&answer), "{answer:?}");
        assert_eq!(answer.head.all("set-cookie"), ["session=1"]);
        assert_eq!((answer.get("x-failed"), answer.get(RULES)), (None, None), "wasm is not called");
    }

    // The switch, where wasm has not even started: what is no speculation passes anyhow.
    let unstarted = Worker::start_failing(&variables("on"), "unstarted_headstart.mjs");
    unstarted.expects("a start that a test refuses");
    assert_eq!(http::get(unstarted.port, "/a", &GUESS).status(), 503);
    unstarted.store("switches", Some("off"));
    until("a speculation passes as well", || is_passed(&http::get(unstarted.port, "/a", &GUESS)));
    unstarted.store("switches", None);
    until("it is refused again", || http::get(unstarted.port, "/a", &GUESS).status() == 503);
}

#[test]
fn orders_are_carried_out_where_deferral_is_off() {
    let site = site(&[]);
    until("rules", || has_rules(&site, "/a"));
    for feature in ["deferral", "rules"] {
        assert_eq!(switch(&site, None, Some(feature), "off").status(), 200, "{feature}");
    }
    until("what is switched is taken", || !has_rules(&site, "/a"));
    for feature in ["deferral", "rules"] {
        assert_eq!(switch(&site, None, Some(feature), "default").status(), 200, "{feature}");
    }
    until("and taken back", || has_rules(&site, "/a"));
}
