//! What the benchmarks share: an origin that costs as little as possible, and visitors who ask two Workers by turns.
#![allow(dead_code)] // Each benchmark uses a part of it.

use std::io::{Read, Write};
use std::net::{TcpListener, TcpStream};
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::{Duration, Instant};

/// A page: its path, and its HTML.
pub struct Page {
    pub path: String,
    pub html: String,
}

/// How long is measured.
pub struct Times {
    pub rounds: usize,
    pub connections: usize,
    pub warm_up: Duration,
    /// How many slices each Worker has in a round, and how long one lasts.
    pub slices: usize,
    pub slice: Duration,
}

impl std::fmt::Display for Times {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let Self { rounds, connections, slices, slice, .. } = self;
        write!(
            formatter,
            "{rounds} rounds, in each {slices} slices of {slice:?} for each Worker by turns, {connections} connections"
        )
    }
}

/// What one Worker did in one round.
pub struct Round {
    /// Requests per second.
    pub rate: f64,
    /// CPU milliseconds of workerd for each request; not a number where the platform does not tell.
    pub cpu_ms: f64,
}

/// Loads some Workers of one workerd in turns, forwards and backwards. `check` looks at each answer: its head, in lower case, and how
/// many bytes came behind it.
pub fn measure<const WORKERS: usize>(
    pid: Option<u32>,
    ports: [u16; WORKERS],
    path: &str,
    times: &Times,
    check: fn(&str, usize),
) -> [Vec<Round>; WORKERS] {
    for port in ports {
        load(port, path, times.connections, times.warm_up, check);
    }
    let mut rounds = ports.map(|_| Vec::new());
    for _ in 0..times.rounds {
        let (mut requests, mut seconds, mut cpu) = ([0_u64; WORKERS], [0.0; WORKERS], [0.0; WORKERS]);
        for slice in 0..WORKERS * times.slices {
            // Plain, ours, ours, plain: a machine that gets slower and slower favours neither.
            let (turn, at) = (slice / WORKERS, slice % WORKERS);
            let which = if turn % 2 == 0 { at } else { WORKERS - 1 - at };
            let before = cpu_ms(pid);
            let start = Instant::now();
            requests[which] += load(ports[which], path, times.connections, times.slice, check);
            seconds[which] += start.elapsed().as_secs_f64();
            cpu[which] += cpu_ms(pid) - before;
        }
        for which in 0..WORKERS {
            #[allow(clippy::cast_precision_loss)] // a few ten thousand requests
            let requests = requests[which] as f64;
            rounds[which].push(Round { rate: requests / seconds[which], cpu_ms: cpu[which] / requests });
        }
    }
    rounds
}

/// The header field with the visitor's address, which `VISITOR_ADDRESS` has to name.
pub const VISITOR: &str = "X-Visitor";

/// The address of a visitor who has not come yet, or not for long.
pub fn address() -> String {
    static NUMBER: AtomicU64 = AtomicU64::new(0);
    let [.., a, b, c] = NUMBER.fetch_add(1, Ordering::Relaxed).to_be_bytes();
    format!("10.{a}.{b}.{c}")
}

/// Sends requests over some connections, each as soon as the last is answered, and counts the answers.
fn load(port: u16, path: &str, connections: usize, time: Duration, check: fn(&str, usize)) -> u64 {
    let answered = Arc::new(AtomicU64::new(0));
    let deadline = Instant::now() + time;
    // Navigations of visitors who differ, as usual ones are: each counts as a view and as a click.
    let start = format!(
        "GET {path} HTTP/1.1\r\nHost: shop.test\r\nAccept-Encoding: identity\r\nSec-Fetch-Mode: navigate\r\n\
         Sec-Fetch-Dest: document\r\nSec-Fetch-Site: same-origin\r\nReferer: http://shop.test/\r\n{VISITOR}: "
    );
    let clients: Vec<_> = (0..connections)
        .map(|_| {
            let (answered, start) = (Arc::clone(&answered), start.clone());
            std::thread::spawn(move || {
                let mut stream = TcpStream::connect(("127.0.0.1", port)).unwrap();
                stream.set_nodelay(true).unwrap();
                stream.set_read_timeout(Some(Duration::from_secs(20))).unwrap();
                let mut buffer = vec![0; 256 * 1024];
                while Instant::now() < deadline {
                    stream.write_all(format!("{start}{}\r\n\r\n", address()).as_bytes()).unwrap();
                    let (head, length) = read_answer(&mut stream, &mut buffer);
                    check(&head, length);
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

/// Reads one answer, whose length its head says, or which comes in chunks. Answers with its head in lower case, and with how many bytes
/// came behind it.
fn read_answer(stream: &mut TcpStream, buffer: &mut [u8]) -> (String, usize) {
    const LAST_CHUNK: &[u8] = b"\r\n0\r\n\r\n";
    let (mut filled, mut head, mut length) = (0, None, 0);
    // The last bytes that came.
    let mut end = Vec::new();
    loop {
        // What lies behind a long body is overwritten; only its length counts.
        let from = if head.is_some() { 0 } else { filled };
        let read = stream.read(&mut buffer[from..]).unwrap();
        assert!(read > 0, "the connection ended after {filled} bytes");
        filled += read;
        let came = &buffer[from..from + read];
        end.extend_from_slice(&came[came.len().saturating_sub(LAST_CHUNK.len())..]);
        end.drain(..end.len().saturating_sub(LAST_CHUNK.len()));
        if head.is_none()
            && let Some(at) = buffer[..filled].windows(4).position(|window| window == b"\r\n\r\n")
        {
            head = Some(String::from_utf8_lossy(&buffer[..at]).to_ascii_lowercase());
            length = at + 4;
        }
        let Some(head) = &head else { continue };
        let said = head.split("content-length: ").nth(1).map(|rest| rest.split('\r').next().unwrap());
        match said.map(|said| length + said.parse::<usize>().unwrap()) {
            Some(whole) if filled == whole => break,
            Some(whole) => assert!(filled < whole, "more than one answer"),
            None if end == LAST_CHUNK => break,
            None => {}
        }
    }
    (head.unwrap(), filled - length)
}

/// Whether an origin says how long a page is, or sends it as one that does not know: in chunks.
#[derive(Clone, Copy)]
pub enum Length {
    Said,
    Unknown,
}

/// The longest chunk of a page whose length is not said.
const CHUNK_BYTES: usize = 16 * 1024;

/// An origin that has these pages: each is one write.
pub fn serve(pages: &[Page], length: Length) -> u16 {
    let listener = TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    let answers = pages.iter().map(|page| {
        let html = page.html.as_bytes();
        let (field, body) = match length {
            Length::Said => (format!("Content-Length: {}", html.len()), html.to_vec()),
            Length::Unknown => ("Transfer-Encoding: chunked".to_owned(), chunked(html)),
        };
        let head = format!("HTTP/1.1 200 OK\r\nContent-Type: text/html; charset=utf-8\r\n{field}\r\n\r\n");
        (format!("GET {} ", page.path), [head.into_bytes(), body].concat())
    });
    let answers: Arc<Vec<(String, Vec<u8>)>> = Arc::new(answers.collect());
    std::thread::spawn(move || {
        for stream in listener.incoming().flatten() {
            let answers = Arc::clone(&answers);
            std::thread::spawn(move || answer(stream, &answers));
        }
    });
    port
}

fn chunked(html: &[u8]) -> Vec<u8> {
    let chunk = |chunk: &[u8]| [format!("{:x}\r\n", chunk.len()).as_bytes(), chunk, b"\r\n"].concat();
    let mut body: Vec<u8> = html.chunks(CHUNK_BYTES).flat_map(chunk).collect();
    body.extend_from_slice(b"0\r\n\r\n");
    body
}

fn answer(mut stream: TcpStream, answers: &[(String, Vec<u8>)]) {
    stream.set_nodelay(true).unwrap();
    let mut buffer = [0; 8192];
    let mut filled = 0;
    loop {
        match stream.read(&mut buffer[filled..]) {
            Ok(0) | Err(_) => return,
            Ok(read) => filled += read,
        }
        if buffer[..filled].ends_with(b"\r\n\r\n") {
            let found = answers.iter().find(|(start, _)| buffer.starts_with(start.as_bytes()));
            // What else is asked for is robots.txt.
            let bytes =
                found.map_or(&b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n"[..], |(_, bytes)| bytes);
            if stream.write_all(bytes).is_err() {
                return;
            }
            filled = 0;
        }
    }
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

pub fn each(ours: &[Round], theirs: &[Round], ratio: impl Fn(&Round, &Round) -> f64) -> Vec<f64> {
    ours.iter().zip(theirs).map(|(ours, theirs)| ratio(ours, theirs)).collect()
}

pub fn of(rounds: &[Round], value: impl Fn(&Round) -> f64) -> f64 {
    median(&rounds.iter().map(value).collect::<Vec<_>>())
}

pub fn median(values: &[f64]) -> f64 {
    let mut sorted = values.to_vec();
    sorted.sort_by(f64::total_cmp);
    sorted[sorted.len() / 2]
}
