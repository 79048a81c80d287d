//! The lines of JSON that say what Headstart has decided, and the data points of Analytics Engine.

use crate::support::http;
use crate::support::origin::{After, Origin, ok, write};
use crate::support::worker::{QUICK, Worker};
use crate::support::{self, log};
use serde_json::{Value, json};
use std::time::Duration;

const KEY: (&str, &str) = ("SEAL_KEY", "a key of the tests, forty characters long");
const PREFETCH: [(&str, &str); 3] =
    [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];

/// A shop whose lamps give a cookie each, and whose door takes the session away.
fn origin() -> Origin {
    let origin = Origin::start();
    origin.answer(|received, stream| {
        let cookie = match received.target() {
            path if path.starts_with("/lamp/") => "Set-Cookie: seen=1; Path=/\r\n",
            path if path.starts_with("/door/") => "Set-Cookie: session=; Max-Age=0; Path=/\r\n",
            _ => "",
        };
        write(stream, &ok(&format!("Content-Type: text/html\r\n{cookie}"), b"<p>a page"));
        After::Keep
    });
    origin
}

/// The lines that begin with a word, as JSON behind it.
fn lines(worker: &Worker, start: &str) -> Vec<Value> {
    let told = worker.output().iter().map(|line| log::plain(line)).collect::<Vec<_>>();
    let json = told.iter().filter_map(|line| line.strip_prefix(start));
    json.filter_map(|json| serde_json::from_str::<Value>(json.trim()).ok()).collect()
}

fn decisions(worker: &Worker) -> Vec<Value> {
    lines(worker, "").into_iter().filter(|line| line["source"] == "headstart").collect()
}

/// Waits until a decision is told.
fn tells(worker: &Worker, event: &str, path: &str, reason: &str) -> Value {
    support::eventually(&format!("{event} {reason}"), Duration::from_secs(10), || {
        let is_it = |line: &Value| line["event"] == event && line["path"] == path && line["reason"] == reason;
        decisions(worker).into_iter().find(is_it)
    })
}

#[test]
fn each_kind_of_decision_is_told_once_and_without_the_url() {
    let origin = origin();
    let url = origin.url();
    let variables = [("ORIGIN", url.as_str()), KEY, ("MAX_PRELOAD", "many")];
    let worker = Worker::start(&[&QUICK[..], &variables].concat());
    for number in 0..5 {
        let address = format!("192.0.2.{number}");
        let visitor = [("Cookie", "session=a-secret-of-ada"), ("CF-Connecting-IP", address.as_str())];
        let get = |path: &str| http::get(worker.port, path, &[&PREFETCH[..], &visitor].concat());
        assert_eq!(get(&format!("/account/{number}/logout?token=hidden")).status(), 503);
        assert_eq!(get(&format!("/lamp/number-{number}")).status(), 200);
        assert_eq!(get(&format!("/door/number-{number}")).status(), 503);
    }
    let refused = tells(&worker, "refused", "/account/*", "unsafe-url;rule=sign-out");
    let told = json!({
        "source": "headstart", "event": "refused", "site": refused["site"], "path": "/account/*",
        "reason": "unsafe-url;rule=sign-out", "times": refused["times"]
    });
    assert_eq!(refused, told);
    assert!(
        decisions(&worker).iter().any(|line| line["path"] == "/*" && line["times"] == 1),
        "few had met it"
    );
    assert!(!refused["site"].as_str().unwrap().is_empty());
    tells(&worker, "deferred", "/lamp/*", "cookies");
    tells(&worker, "refused", "/door/*", "set-cookie");
    tells(&worker, "quarantined", "/door/*", "session");
    tells(&worker, "configuration", "", "MAX_PRELOAD");
    // Plain views are no decisions.
    http::get(worker.port, "/lamp/number-1", &[]);
    let told = decisions(&worker);
    let of = |event: &str| told.iter().filter(|line| line["event"] == event).count();
    assert_eq!(of("deferred"), 2, "as of any path, and then of the folder: {told:?}");
    let text = format!("{told:?}");
    for hidden in ["hidden", "secret", "number-", "ada", "192.0.2"] {
        assert!(!text.contains(hidden), "{hidden}: {text}");
    }
}

#[test]
fn decisions_are_data_points_where_there_is_a_binding() {
    let origin = origin();
    let url = origin.url();
    let variables = [&QUICK[..], &[("ORIGIN", url.as_str()), KEY]].concat();
    let worker = Worker::start_failing(&variables, "measured_headstart.mjs");
    for number in 0..21 {
        http::get(worker.port, &format!("/account/{number}/logout"), &PREFETCH);
        http::get(worker.port, "/", &[]);
    }
    let points = support::eventually("three points", Duration::from_secs(10), || {
        let points = lines(&worker, "point ");
        (points.len() >= 3).then_some(points)
    });
    let numbers: Vec<u64> = points.iter().map(|point| point["doubles"][0].as_u64().unwrap()).collect();
    assert_eq!(numbers, [1, 10, 10]);
    // Nobody knows of how many networks these visitors are.
    assert_eq!(points[0]["blobs"], json!(["refused", "/*", "unsafe-url;rule=sign-out"]));
    assert_eq!(points[0]["indexes"], json!(["shop.test"]));
}

#[test]
fn a_failure_is_told_so_that_it_can_be_counted() {
    let origin = origin();
    let url = origin.url();
    let variables = [&QUICK[..], &[("ORIGIN", url.as_str())]].concat();
    let worker = Worker::start_failing(&variables, "unstarted_headstart.mjs");
    worker.expects("a start that a test refuses");
    assert_eq!(http::get(worker.port, "/a", &[]).status(), 200);
    tells(&worker, "fell-back", "", "wasm");
}
