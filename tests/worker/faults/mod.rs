//! What happens when the platform or the origin fails. Faults are put between Headstart and the real bindings, objects and origin, as
//! the tests order them (`tests/data/faults.mjs`), and what a visitor gets is held against what a plain Worker gives them.
//!
//! The tables here are those of `docs/reliability.md`.

mod alarms;
mod batches;
mod bindings;
mod ledgers;
mod origins;
mod turns;

use crate::support;
use crate::support::http::{self, Response};
use crate::support::log::Log;
use crate::support::origin::{After, Origin, ok, write};
use crate::support::shared::HasLogs;
use crate::support::wrangler::Workerd;
use serde_json::{Value, json};
use std::time::Duration;

/// How long a Worker may take to do what it does again once a fault has ended: some seconds, on a machine that has others to run.
const RECOVERY: Duration = Duration::from_secs(60);

/// The fields that Headstart adds to a page.
const ADDED: [&str; 2] = ["link", "speculation-rules"];

/// Orders faults of the Worker at a port, in place of those before.
fn order(port: u16, faults: &Value) {
    let request = http::request("POST", "/-/faults", &[], faults.to_string().as_bytes());
    let answer = http::raw(port, &request);
    assert_eq!(answer.status(), 200, "{}", answer.text());
}

/// Ends all faults.
fn order_none(port: u16) {
    order(port, &json!([]));
}

/// How often each fault has happened.
fn hits(port: u16) -> Vec<u64> {
    become_of(port, "hits")
}

/// When each fault has happened last, in milliseconds since the epoch; 0 where it has not.
fn last(port: u16) -> Vec<u64> {
    become_of(port, "last")
}

fn become_of(port: u16, what: &str) -> Vec<u64> {
    let state: Value = serde_json::from_str(&http::get(port, "/-/faults", &[]).text()).unwrap();
    state[what].as_array().unwrap().iter().map(|number| number.as_u64().unwrap()).collect()
}

/// Headstart among faults, and a plain Worker in front of the same origin.
struct Stand {
    origin: Origin,
    both: Workerd,
}

impl Stand {
    fn start(variables: &[(&str, &str)]) -> Self {
        let origin = Origin::start();
        let both = Workerd::start_around(&origin.url(), variables, "faulty_headstart.mjs");
        Self { origin, both }
    }

    fn port(&self) -> u16 {
        self.both.headstart
    }

    fn log(&self) -> &Log {
        self.both.logs()[0]
    }

    /// Sends a request through both Workers. Panics where what comes back differs in more than the fields that Headstart adds, or
    /// where the origin was asked more or less often. Answers with what came through Headstart.
    fn same(&self, what: &str, request: &[u8]) -> Response {
        let through = |port| {
            self.origin.take();
            let response = http::raw(port, request);
            // What Headstart asks for of its own accord is nobody's request.
            let asked = self.origin.take().into_iter().filter(|request| request.target() != "/robots.txt");
            (response, asked.map(|request| (request.head.start, request.body)).collect::<Vec<_>>())
        };
        let (expected, expected_asked) = through(self.both.plain);
        let (response, asked) = through(self.both.headstart);
        assert_eq!(asked, expected_asked, "{what}: what the origin is asked");
        assert_eq!(response.head.start, expected.head.start, "{what}: the status line");
        assert_eq!(response.head.without(&ADDED), expected.head.without(&ADDED), "{what}: the fields");
        assert_eq!(response.body, expected.body, "{what}: the body");
        assert_eq!(response.complete, expected.complete, "{what}: how the body ends");
        response
    }

    /// Views pages, each of which nobody has viewed before, until `is_over`: none of them may differ.
    fn views_until<T>(&self, what: &str, mut is_over: impl FnMut() -> Option<T>) -> T {
        let mut number = 0;
        support::eventually(what, RECOVERY, || {
            number += 1;
            let path = format!(
                "/{}/{number}",
                what.replace(|character: char| !character.is_ascii_alphanumeric(), "-")
            );
            self.same(what, &view(&path));
            is_over()
        })
    }
}

/// A view of a page by somebody who is nobody.
fn view(path: &str) -> Vec<u8> {
    http::request("GET", path, &[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")], b"")
}

/// Has an origin give pages, each of which needs a third party of its own, and answer forms with what they sent.
fn serve(origin: &Origin) {
    origin.answer(|received, stream| {
        let target = received.target();
        let page = "Content-Type: text/html; charset=utf-8\r\nX-Origin: yes\r\nSet-Cookie: seen=1; Path=/\r\nETag: \"a\"\r\n";
        let answer = match received.method() {
            "POST" => ok("Content-Type: text/plain\r\nX-Origin: yes\r\n", &received.body.0),
            "HEAD" => format!("HTTP/1.1 200 OK\r\n{page}Content-Length: 300\r\n\r\n").into_bytes(),
            _ if target == "/robots.txt" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
            _ if received.head.get("range").is_some() => {
                b"HTTP/1.1 206 Partial Content\r\nContent-Type: text/html\r\nContent-Range: bytes 2-5/10\r\nContent-Length: 4\r\n\r\n<p>x"
                    .to_vec()
            }
            _ if received.head.get("if-none-match").is_some() => {
                b"HTTP/1.1 304 Not Modified\r\nETag: \"a\"\r\n\r\n".to_vec()
            }
            _ => ok(page, body(target).as_bytes()),
        };
        write(stream, &answer);
        After::Keep
    });
}

/// The page at a path.
fn body(path: &str) -> String {
    format!(
        "<!doctype html><html><head><title>x</title><script src=https://{}/x.js></script></head><body><p>x</body></html>",
        third_party(path)
    )
}

/// The third party that the page at a path needs.
fn third_party(path: &str) -> String {
    let name = path.replace(|character: char| !character.is_ascii_alphanumeric(), "-");
    format!("of{name}.example")
}
