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

#[path = "../tests/support/mod.rs"]
mod support;

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};
use support::wrangler::Workerd;

const ROUNDS: usize = 5;
const CONNECTIONS: usize = 2;
const WARM_UP: Duration = Duration::from_secs(2);
/// How many slices each Worker has in a round, and how long one lasts.
const SLICES: usize = 15;
const SLICE: Duration = Duration::from_millis(200);

/// The pages: name in the figures, path, size in bytes.
const PAGES: [(&str, &str, usize); 2] = [("250 kB", "/250k", 250_000), ("10 kB", "/10k", 10_000)];

fn main() {
    let origin = serve();
    // The defaults, but for shorter waits until the pages are learned.
    let variables = [("BATCH_SECONDS", "1"), ("PUBLISH_SECONDS", "1"), ("REFRESH_SECONDS", "5")];
    let workerd = Workerd::start_uninspected(&format!("http://127.0.0.1:{origin}"), &variables);
    for (_, path, _) in PAGES {
        support::eventually("the page is learned", Duration::from_secs(60), || {
            support::http::get(workerd.headstart, path, &[]).get("link")
        });
    }
    println!(
        "{ROUNDS} rounds, in each {SLICES} slices of {SLICE:?} for each Worker by turns, {CONNECTIONS} connections, learned pages\n"
    );
    println!(
        "{:<8} {:<12} {:>12} {:>16} {:>10} {:>10}",
        "page", "Worker", "requests/s", "CPU ms/request", "ratio", "CPU ratio"
    );
    let mut figures = serde_json::Map::new();
    for (name, path, size) in PAGES {
        let [plain, headstart] = measure(&workerd, path, size);
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

/// What one Worker did in one round.
struct Round {
    /// Requests per second.
    rate: f64,
    /// CPU milliseconds of workerd for each request; not a number where the platform does not tell.
    cpu_ms: f64,
}

/// Loads both Workers in turns, the first one alternating.
fn measure(workerd: &Workerd, path: &str, size: usize) -> [Vec<Round>; 2] {
    let ports = [workerd.plain, workerd.headstart];
    for port in ports {
        load(port, path, size, WARM_UP);
    }
    let mut rounds = [Vec::new(), Vec::new()];
    for _ in 0..ROUNDS {
        let (mut requests, mut seconds, mut cpu) = ([0_u64; 2], [0.0; 2], [0.0; 2]);
        for slice in 0..2 * SLICES {
            // Plain, ours, ours, plain: a machine that gets slower and slower favours neither.
            let which = usize::from(matches!(slice % 4, 1 | 2));
            let before = cpu_ms(workerd.pid);
            let start = Instant::now();
            requests[which] += load(ports[which], path, size, SLICE);
            seconds[which] += start.elapsed().as_secs_f64();
            cpu[which] += cpu_ms(workerd.pid) - before;
        }
        for which in 0..2 {
            #[allow(clippy::cast_precision_loss)] // a few ten thousand requests
            let requests = requests[which] as f64;
            rounds[which].push(Round { rate: requests / seconds[which], cpu_ms: cpu[which] / requests });
        }
    }
    rounds
}

/// Sends requests over some connections, each as soon as the last is answered, and counts the answers.
fn load(port: u16, path: &str, size: usize, time: Duration) -> u64 {
    let answered = Arc::new(AtomicU64::new(0));
    let deadline = Instant::now() + time;
    let request = format!("GET {path} HTTP/1.1\r\nHost: shop.test\r\nAccept-Encoding: identity\r\n\r\n");
    let clients: Vec<_> = (0..CONNECTIONS)
        .map(|_| {
            let (answered, request) = (Arc::clone(&answered), request.clone());
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                let mut buffer = vec![0; 256 * 1024];
                while Instant::now() < deadline {
                    stream.write_all(request.as_bytes()).unwrap();
                    read_answer(&mut stream, &mut buffer, size);
                    answered.fetch_add(1, Ordering::Relaxed);
                }
            })
        })
        .collect();
    for client in clients {
        client.join().expect("a client fails");
    }
    answered.load(Ordering::Relaxed)
}

/// Reads one answer, whose body has `size` bytes and a `Content-Length` that says so.
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8], size: usize) {
    let mut filled = 0;
    let mut whole = None;
    while whole.is_none_or(|whole| filled < whole) {
        // What lies behind a long body is overwritten; only its length counts.
        let from = if whole.is_some() { 0 } else { filled };
        let read = stream.read(&mut buffer[from..]).unwrap();
        assert!(read > 0, "the connection ended after {filled} bytes");
        filled += read;
        if whole.is_none()
            && let Some(end) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n")
        {
            let head = String::from_utf8_lossy(&buffer[..end]).to_ascii_lowercase();
            assert!(head.starts_with("http/1.1 200"), "{head}");
            assert!(head.contains(&format!("content-length: {size}")), "{head}");
            whole = Some(end + 4 + size);
        }
    }
    assert_eq!(Some(filled), whole, "more than one answer");
}

/// An origin that costs as little as possible: each page is one write.
fn serve() -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let pages: Arc<Vec<(String, Vec<u8>)>> =
        Arc::new(PAGES.iter().map(|(_, path, size)| (format!("GET {path} "), page(*size))).collect());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let pages = Arc::clone(&pages);
            std::thread::spawn(move || answer(stream, &pages));
        }
    });
    port
}

fn answer(mut stream: TcpStream, pages: &[(String, Vec<u8>)]) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 8192];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return,
            Ok(read) => filled += read,
        }
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            let found = pages.iter().find(|(start, _)| buffer.starts_with(start.as_bytes()));
            let (_, bytes) = found.expect("a page of the benchmark");
            if stream.write_all(bytes).is_err() {
                return;
            }
            filled = 0;
        }
    }
}

/// A response with an HTML page of `size` bytes that uses four third parties.
fn page(size: usize) -> Vec<u8> {
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
        body.push_str(&format!("<p class=\"line\">Line {line} of a page as long as real ones, with <a href=\"/x\">links</a>.</p>\n"));
    }
    body.truncate(size);
    let mut bytes = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\nContent-Length: {size}\r\n\r\n"
    )
    .into_bytes();
    bytes.extend_from_slice(body.as_bytes());
    bytes
}

/// The CPU time of a process so far, user and system, all threads.
fn cpu_ms(pid: Option<u32>) -> f64 {
    /// `USER_HZ`, which Linux fixes at 100 on every architecture that workerd runs on.
    const TICK_MS: f64 = 10.0;
    let ticks = || {
        let stat = std::fs::read_to_string(format!("/proc/{}/stat", pid?)).ok()?;
        // The fields behind the command name, which may hold blanks; utime and stime are the 14th and 15th of all.
        let fields: Vec<&str> = stat.rsplit_once(')')?.1.split_whitespace().collect();
        Some(fields.get(11)?.parse::<f64>().ok()? + fields.get(12)?.parse::<f64>().ok()?)
    };
    ticks().map_or(f64::NAN, |ticks| ticks * TICK_MS)
}

fn each(ours: &[Round], theirs: &[Round], ratio: impl Fn(&Round, &Round) -> f64) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ratio(ours, theirs)).collect()
}

fn of(rounds: &[Round], value: impl Fn(&Round) -> f64) -> f64 {
    median(&rounds.iter().map(value).collect::<Vec<_>>())
}

fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
