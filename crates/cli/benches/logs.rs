//! How fast `headstart learn` reads an access log, and in how much memory: on one that is made here, `MB` megabytes of it (1000 where
//! nothing is said), in the combined format and as much of JSON lines, and of gzip. The last line is JSON.
//!
//! Of the lines 12 in a hundred are views of pages by browsers, over a week, on 5,000 pages; the others are files, robots, redirects
//! and searches, as in logs of shops. `VIEWS=100` makes every line a view.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

use flate2::Compression;
use flate2::write::GzEncoder;
use nix::sys::resource::{UsageWho, getrusage};
use std::fs::File;
use std::io::{BufWriter, Write};
use std::path::Path;
use std::process::{Command, Stdio};
use std::time::Instant;

const PAGES: u64 = 5000;
const VISITORS: u64 = 60_000;
const AGENTS: [&str; 4] = [
    "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Safari/537.36",
    "Mozilla/5.0 (iPhone; CPU iPhone OS 19_1 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/19.1 Mobile/15E148 Safari/604.1",
    "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0",
    "Mozilla/5.0 (Linux; Android 16; Pixel 9) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/146.0.0.0 Mobile Safari/537.36",
];
const ROBOT: &str = "Mozilla/5.0 (compatible; bingbot/2.0; +http://www.bing.com/bingbot.htm)";

/// xorshift64: the same numbers in each run.
struct Chance(u64);

impl Chance {
    fn below(&mut self, most: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % most
    }
}

/// A request of the log.
struct Line {
    visitor: u64,
    second: u64,
    target: String,
    status: u16,
    from: String,
    agent: &'static str,
}

fn page(number: u64) -> String {
    match number {
        0 => "/".to_owned(),
        1..=60 => format!("/category/{number}"),
        _ => format!("/product/a-lamp-with-a-name-{number}"),
    }
}

/// Where most visitors go from a page, and where others do.
fn next(from: u64, chance: &mut Chance) -> u64 {
    match chance.below(10) {
        0..=4 => (from * 31 + 7) % PAGES,
        5..=7 => (from * 17 + 3) % 60 + 1,
        _ => chance.below(PAGES),
    }
}

fn line(number: u64, views: u64, at: &mut [u64], chance: &mut Chance, lines: u64) -> Line {
    let visitor = chance.below(VISITORS);
    let kind = chance.below(100);
    let mut line = Line {
        visitor,
        second: number * 7 * 86_400 / lines,
        target: String::new(),
        status: 200,
        from: String::new(),
        agent: AGENTS[(visitor % 4) as usize],
    };
    let before = at[visitor as usize];
    line.from = if before == u64::MAX { String::new() } else { page(before) };
    if kind < views {
        let to = if before == u64::MAX { chance.below(61) } else { next(before, chance) };
        at[visitor as usize] = to;
        line.target = page(to);
    } else if kind < 88 {
        line.target = format!(
            "/assets/build/chunk-{}.{}",
            chance.below(400),
            ["js", "css", "webp", "woff2"][(kind % 4) as usize]
        );
    } else if kind < 94 {
        (line.target, line.agent) = (page(chance.below(PAGES)), ROBOT);
    } else if kind < 97 {
        line.target = format!("/search?q=lamp{}", chance.below(100_000));
    } else {
        (line.target, line.status) = ("/cart".to_owned(), 302);
    }
    line
}

fn combined(line: &Line, out: &mut Vec<u8>) {
    let (day, rest) = (line.second / 86_400 + 1, line.second % 86_400);
    let from =
        if line.from.is_empty() { "-".to_owned() } else { format!("https://www.site.example{}", line.from) };
    let v = line.visitor;
    writeln!(
        out,
        "10.{}.{}.{} - - [{day:02}/Jun/2026:{:02}:{:02}:{:02} +0000] \"GET {} HTTP/2.0\" {} 18342 \"{from}\" \"{}\"",
        v >> 16, v >> 8 & 255, v & 255, rest / 3600, rest / 60 % 60, rest % 60, line.target, line.status, line.agent
    )
    .unwrap();
}

fn json(line: &Line, out: &mut Vec<u8>) {
    let from =
        if line.from.is_empty() { String::new() } else { format!("https://www.site.example{}", line.from) };
    let v = line.visitor;
    writeln!(
        out,
        "{{\"ClientIP\":\"10.{}.{}.{}\",\"ClientRequestHost\":\"www.site.example\",\"ClientRequestMethod\":\"GET\",\"ClientRequestURI\":\"{}\",\"EdgeStartTimestamp\":{},\"EdgeResponseStatus\":{},\"EdgeResponseBytes\":18342,\"ClientRequestReferer\":\"{from}\",\"ClientRequestUserAgent\":\"{}\",\"RayID\":\"8f1{v:013x}\"}}",
        v >> 16, v >> 8 & 255, v & 255, line.target, (1_780_272_000 + line.second) * 1_000_000_000, line.status, line.agent
    )
    .unwrap();
}

/// Writes a log of so many bytes, and answers how many it has.
fn write(to: &mut dyn Write, bytes: u64, views: u64, format: fn(&Line, &mut Vec<u8>)) -> u64 {
    let mut chance = Chance(0x9e37_79b9_7f4a_7c15);
    let mut at = vec![u64::MAX; VISITORS as usize];
    let lines = bytes / 230;
    let (mut written, mut text) = (0, Vec::new());
    let mut number = 0;
    while written < bytes {
        text.clear();
        format(&line(number.min(lines - 1), views, &mut at, &mut chance, lines), &mut text);
        to.write_all(&text).unwrap();
        written += text.len() as u64;
        number += 1;
    }
    written
}

/// Megabytes a second of time and of one core's time, and the largest memory of all that has run, in megabytes.
fn measure(log: &Path, out: &Path, bytes: u64) -> (f64, f64, f64) {
    let used = || {
        let usage = getrusage(UsageWho::RUSAGE_CHILDREN).unwrap();
        let seconds = |time: nix::sys::time::TimeVal| time.tv_sec() as f64 + time.tv_usec() as f64 / 1e6;
        (seconds(usage.user_time()) + seconds(usage.system_time()), usage.max_rss() as f64 / 1000.0)
    };
    let (before, start) = (used().0, Instant::now());
    let status = Command::new(env!("CARGO_BIN_EXE_headstart"))
        .args(["learn", "--site", "https://www.site.example", "--robots", "none", "--out"])
        .arg(out)
        .arg(log)
        .stdout(Stdio::null())
        .status()
        .unwrap();
    assert!(status.success());
    let (seconds, (after, memory)) = (start.elapsed().as_secs_f64(), used());
    let megabytes = bytes as f64 / 1e6;
    (megabytes / seconds, megabytes / (after - before), memory)
}

fn number(name: &str, default: u64) -> u64 {
    std::env::var(name).ok().and_then(|text| text.parse().ok()).unwrap_or(default)
}

fn main() {
    let (megabytes, views) = (number("MB", 1000), number("VIEWS", 12));
    let folder = std::env::temp_dir().join(format!("headstart-logs-{}", std::process::id()));
    std::fs::create_dir_all(&folder).unwrap();
    let mut figures = serde_json::Map::new();
    for (name, format, is_packed) in [
        ("combined", combined as fn(&Line, &mut Vec<u8>), false),
        ("json", json, false),
        ("gzip", combined, true),
    ] {
        let log = folder.join(format!("{name}.log"));
        let file = BufWriter::new(File::create(&log).unwrap());
        let bytes = if is_packed {
            let mut packed = GzEncoder::new(file, Compression::fast());
            let bytes = write(&mut packed, megabytes * 1_000_000, views, format);
            packed.finish().unwrap().flush().unwrap();
            bytes
        } else {
            let mut file = file;
            let bytes = write(&mut file, megabytes * 1_000_000, views, format);
            file.flush().unwrap();
            bytes
        };
        let (speed, of_core, memory) = measure(&log, &folder.join("out"), bytes);
        println!("{name}: {speed:.0} MB/s, {of_core:.0} MB for a second of a core, {memory:.0} MB of memory");
        let rounded = |number: f64| serde_json::json!((number * 10.0).round() / 10.0);
        figures.insert(format!("{name}_mb_per_s"), rounded(speed));
        figures.insert(format!("{name}_mb_per_core_second"), rounded(of_core));
        figures.insert("max_memory_mb".to_owned(), rounded(memory));
        std::fs::remove_file(&log).unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
    figures.insert("mb".to_owned(), megabytes.into());
    println!("{}", serde_json::Value::Object(figures));
}
