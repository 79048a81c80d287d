//! The four ways to the site's own responses, and what happens when configuration or bindings are wrong.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use std::time::Duration;
use support::http::{self, Response};
use support::origin::{Origin, html};
use support::wrangler::{Config, QUICK, Wrangler};

const RULES: &str = "\"/_headstart/rules/site.json\"";

fn assert_page(what: &str, response: &Response, body: &str) {
    assert_eq!((response.status(), response.text().as_str()), (200, body), "{what}");
    assert_eq!(response.get("speculation-rules").as_deref(), Some(RULES), "{what}");
}

/// Waits for a message in the Worker's log.
fn logged(worker: &Wrangler, part: &str) -> String {
    support::eventually(part, Duration::from_secs(20), || {
        worker.log().into_iter().find(|line| line.contains(part))
    })
}

#[test]
fn the_zones_own_origin_gets_the_request_as_it_is() {
    let origin = Origin::start();
    origin.say(&html("<p>zone"));
    let host = format!("127.0.0.1:{}", origin.port);
    let worker = Wrangler::start_with(
        &[Config::headstart(&[])],
        &["--local-upstream", &host, "--upstream-protocol", "http"],
    );
    assert_page("zone", &http::get(worker.port, "/a?b=%20c", &[("X-A", "1")]), "<p>zone");
    let received = origin.take();
    assert_eq!(received.last().unwrap().target(), "/a?b=%20c");
    assert_eq!(received.last().unwrap().head.all("x-a"), ["1"]);
    assert_eq!(received.last().unwrap().head.all("host"), [host]);
}

/// Asks under the address that the Worker really has, several times: what is replayed must not loop either.
fn assert_told(port: u16) {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAccept-Encoding: identity\r\n\r\n"
    );
    for _ in 0..3 {
        let response = http::raw(port, request.as_bytes());
        assert_eq!(response.status(), 508);
        assert!(response.text().contains("set ORIGIN to the site's URL"), "{}", response.text());
    }
}

#[test]
fn without_any_origin_a_development_machine_is_told_so_and_does_not_loop() {
    let worker = Wrangler::start(&[Config::headstart(&[])]);
    assert_told(worker.port);
    let lines = worker.program.output();
    let answers = lines.iter().filter(|line| line.contains("GET / 508")).count();
    assert!(answers <= 6, "each request comes back once: {answers} answers");
}

#[test]
fn an_origin_that_is_headstart_itself_does_not_loop() {
    let port = support::free_port();
    let own = format!("http://127.0.0.1:{port}");
    let worker = Wrangler::start_at(port, &[Config::headstart(&[("ORIGIN", &own)])], &[]);
    assert_told(worker.port);
}

#[test]
fn a_service_binding_is_an_origin() {
    let script = support::root().join("tests/data/service.mjs");
    let headstart = Config::headstart(&[("ORIGIN", "service")]).edit(|text| {
        text.push_str("[[services]]\nbinding = \"ORIGIN_SERVICE\"\nservice = \"site\"\n");
    });
    let site =
        Config::script("site", &script, &[]).edit(|text| *text = text.replace("\"headstart\"", "\"site\""));
    let worker = Wrangler::start(&[headstart, site]);
    let response = http::raw(worker.port, &http::request("POST", "/x?y", &[], b"sent"));
    assert_page_text(&response, 200, "POST /x?y sent");
    let redirect = http::get(worker.port, "/redirect", &[]);
    assert_eq!((redirect.status(), redirect.get("location").as_deref()), (302, Some("/elsewhere")));
    assert_page("service", &http::get(worker.port, "/", &[]), "<p>service");
}

fn assert_page_text(response: &Response, status: u16, body: &str) {
    assert_eq!((response.status(), response.text().as_str()), (status, body));
}

#[test]
fn static_assets_are_an_origin() {
    let folder = support::root().join("tests/data/assets");
    let headstart = Config::headstart(&[("ORIGIN", "assets")]).edit(|text| {
        text.push_str(&format!(
            "[assets]\ndirectory = {folder:?}\nbinding = \"ASSETS\"\nrun_worker_first = true\n"
        ));
    });
    let worker = Wrangler::start(&[headstart]);
    assert_page("assets", &http::get(worker.port, "/", &[]), "<!doctype html><p>asset\n");
    let text = http::get(worker.port, "/note.txt", &[]);
    assert_page_text(&text, 200, "a note\n");
    assert_eq!(text.get("speculation-rules"), None);
    assert_eq!(http::get(worker.port, "/nothing", &[]).status(), 404);
    let refused = http::get(worker.port, "/logout", &[("Sec-Purpose", "prefetch")]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("unsafe-url;rule=sign-out"));
}

#[test]
fn a_missing_origin_binding_is_named() {
    let worker = Wrangler::start(&[Config::headstart(&[("ORIGIN", "service")])]);
    let response = http::get(worker.port, "/", &[]);
    assert_eq!(response.status(), 502);
    assert!(response.text().contains("the binding ORIGIN_SERVICE"), "{}", response.text());
    logged(&worker, "add it to [[services]] in wrangler.toml");
}

#[test]
fn without_kv_and_durable_objects_the_site_is_served_and_the_log_says_what_is_missing() {
    let origin = Origin::start();
    origin.say(&html("<script src=https://cdn.example/x.js></script>"));
    let url = origin.url();
    let mut variables = QUICK.to_vec();
    variables.push(("ORIGIN", &url));
    let bare = Config::headstart(&variables).edit(|text| {
        let vars = text.find("[vars]").unwrap();
        let start = text.find("[[kv_namespaces]]").unwrap();
        text.replace_range(start..vars, "");
    });
    let worker = Wrangler::start(&[bare]);
    for _ in 0..5 {
        let response = http::get(worker.port, "/", &[]);
        assert_page("bare", &response, "<script src=https://cdn.example/x.js></script>");
        assert_eq!(response.get("link"), None);
    }
    logged(&worker, "the KV binding MODEL does not exist");
    logged(&worker, "the Durable Object binding LEARNER does not exist");
    let log = worker.log();
    assert_eq!(log.iter().filter(|line| line.contains("binding MODEL")).count(), 1, "{log:?}");
    assert_eq!(log.iter().filter(|line| line.contains("binding LEARNER")).count(), 1, "{log:?}");
}
