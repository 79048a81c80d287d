//! What Headstart costs beside a plain JavaScript pass-through Worker: requests per second, and CPU time of workerd for
//! each request, side by side in one workerd run. `make bench`.
//!
//! Both Workers stand in front of the same origin in this process. Each round loads them by turns, in short slices, for
//! the same time altogether; the figures are medians over the rounds, the ratios medians of each round's ratio, since the
//! machine may be shared and its speed may change from one second to the next. The pages are learned ones: Headstart adds its headers, and the body never enters wasm.
//!
//! Ends with one line of JSON.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod load;
#[path = "../tests/support/mod.rs"]
mod support;

use load::{Length, Page, Round, Times, each, measure, median, of};
use std::fmt::Write as _;
use std::time::Duration;
use support::wrangler::Workerd;

const TIMES: Times = Times {
    rounds: 5,
    connections: 2,
    warm_up: Duration::from_secs(2),
    slices: 15,
    slice: Duration::from_millis(200),
};

/// What an answer's head and the length of its body are checked by.
type Check = fn(&str, usize);

/// The pages: name in the figures, path, size in bytes, and what each answer must be.
const PAGES: [(&str, &str, usize, Check); 2] = [
    ("250 kB", "/250k", 250_000, |head, length| check(head, length, 250_000)),
    ("10 kB", "/10k", 10_000, |head, length| check(head, length, 10_000)),
];

/// The body never enters wasm, so that its length is said: that of the page, or with the script of the few views that are asked how
/// they went.
fn check(head: &str, length: usize, size: usize) {
    assert!(head.starts_with("http/1.1 200"), "{head}");
    let said = head.lines().find_map(|line| line.strip_prefix("content-length: "));
    if let Some(said) = said {
        assert_eq!(said.trim(), length.to_string(), "{head}");
    } else {
        // With what says how long its chunks are.
        assert!(head.contains("transfer-encoding: chunked"), "{head}");
    }
    assert!((size..size + 1000).contains(&length), "{length}: {head}");
}

fn main() {
    let pages = PAGES.map(|(_, path, size, _)| Page { path: path.to_owned(), html: page(size) });
    let origin = load::serve(&pages, Length::Said);
    // The defaults, but for shorter waits until the pages are learned.
    let variables = [
        ("BATCH_SECONDS", "1"),
        ("PUBLISH_SECONDS", "1"),
        ("REFRESH_SECONDS", "5"),
        ("VISITOR_ADDRESS", load::VISITOR),
    ];
    let workerd = Workerd::start_uninspected(&format!("http://127.0.0.1:{origin}"), &variables);
    // By turns: an isolate's first calls are soon used up, and then it calls a learner once for so many views.
    support::eventually("the pages are learned", Duration::from_secs(120), || {
        let link = |path| {
            support::http::get(workerd.headstart, path, &[(load::VISITOR, &load::address())]).get("link")
        };
        PAGES.map(|(_, path, ..)| link(path)).iter().all(Option::is_some).then_some(())
    });
    println!("{TIMES}, learned pages\n");
    println!(
        "{:<8} {:<12} {:>12} {:>16} {:>10} {:>10}",
        "page", "Worker", "requests/s", "CPU ms/request", "ratio", "CPU ratio"
    );
    let mut figures = serde_json::Map::new();
    for (name, path, _, check) in PAGES {
        let [plain, headstart] =
            measure(workerd.pid, [workerd.plain, workerd.headstart], path, &TIMES, check);
        let ratio = median(&each(&headstart, &plain, |ours, theirs| ours.rate / theirs.rate));
        let cpu_ratio = median(&each(&headstart, &plain, |ours, theirs| ours.cpu_ms / theirs.cpu_ms));
        let row = |worker: &str, rounds: &[Round], ratios: &str| {
            let (rate, cpu) = (of(rounds, |round| round.rate), of(rounds, |round| round.cpu_ms));
            println!("{name:<8} {worker:<12} {rate:>12.0} {cpu:>16.3} {ratios}");
        };
        row("plain", &plain, "");
        row("Headstart", &headstart, &format!("{ratio:>10.3} {cpu_ratio:>10.3}"));
        let suffix = if path == "/10k" { "_10k" } else { "" };
        let mut figure = |key: &str, value: f64| {
            figures.insert(format!("{key}{suffix}"), serde_json::json!((value * 1000.0).round() / 1000.0));
        };
        figure("headers_only_ratio", ratio);
        figure("cpu_ratio", cpu_ratio);
        figure("plain_requests_per_second", of(&plain, |round| round.rate));
        figure("headstart_requests_per_second", of(&headstart, |round| round.rate));
        figure("plain_cpu_ms", of(&plain, |round| round.cpu_ms));
        figure("headstart_cpu_ms", of(&headstart, |round| round.cpu_ms));
    }
    println!("\n{}", serde_json::Value::Object(figures));
}

/// An HTML page of `size` bytes that uses four third parties.
fn page(size: usize) -> String {
    let mut body = String::from(
        "<!doctype html><html><head><title>Page</title><link rel=stylesheet href=https://cdn.example/site.css>\
         <link rel=preload as=font crossorigin href=https://fonts.example/f.woff2>\
         <script defer src=https://cdn.example/site.js></script></head><body><img src=https://pictures.example/1.png>\
         <iframe src=https://video.example/></iframe>",
    );
    for line in 0.. {
        if body.len() >= size {
            break;
        }
        writeln!(
            body,
            "<p class=\"line\">Line {line} of a page as long as real ones, with <a href=\"/x\">links</a>.</p>"
        )
        .unwrap();
    }
    body.truncate(size);
    body
}
