//! A folder for a test, and logs to put there.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};

/// A folder that goes with its test.
pub struct Scratch(pub PathBuf);

impl Scratch {
    pub fn new() -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let name = format!("headstart-cli-{}-{}", std::process::id(), NUMBER.fetch_add(1, Ordering::Relaxed));
        let folder = std::env::temp_dir().join(name);
        std::fs::create_dir_all(&folder).unwrap();
        Self(folder)
    }

    /// Writes a file, and answers its path.
    pub fn write(&self, name: &str, bytes: impl AsRef<[u8]>) -> String {
        let file = self.0.join(name);
        std::fs::create_dir_all(file.parent().unwrap()).unwrap();
        std::fs::write(&file, bytes).unwrap();
        file.to_str().unwrap().to_owned()
    }

    pub fn path(&self, name: &str) -> String {
        self.0.join(name).to_str().unwrap().to_owned()
    }
}

impl Drop for Scratch {
    fn drop(&mut self) {
        let _ = std::fs::remove_dir_all(&self.0);
    }
}

pub const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0";

/// A request.
pub struct Request {
    pub visitor: u32,
    pub minute: u32,
    pub target: String,
    pub from: String,
    pub status: u16,
}

/// What a shop's visitors do on a day: so many come to `/`, go to `/lamps` and from there to a lamp of their own.
pub fn visits(visitors: u32) -> Vec<Request> {
    let mut requests = Vec::new();
    for visitor in 0..visitors {
        let ways = [
            ("/", ""),
            ("/site.css", "/"),
            ("/lamps", "/"),
            (if visitor % 2 == 0 { "/lamps/1" } else { "/lamps/2" }, "/lamps"),
        ];
        for (at, (target, from)) in (0..).zip(ways) {
            let (target, from) = (target.to_owned(), from.to_owned());
            requests.push(Request { visitor, minute: visitor * 10 + at, target, from, status: 200 });
        }
        let (target, from) = ("/logout".to_owned(), "/lamps".to_owned());
        requests.push(Request { visitor, minute: visitor * 10 + 5, target, from, status: 302 });
    }
    requests
}

const SITE: &str = "https://www.shop.example";

fn referer(request: &Request) -> String {
    if request.from.is_empty() { "-".to_owned() } else { format!("{SITE}{}", request.from) }
}

fn common_part(request: &Request) -> String {
    let Request { visitor, minute, target, status, .. } = request;
    let (day, hour, minute) = (1 + minute / 1440, minute / 60 % 24, minute % 60);
    format!(
        "203.0.113.{visitor} - - [{day:02}/Jun/2026:{hour:02}:{minute:02}:00 +0000] \"GET {target} HTTP/1.1\" {status} 512"
    )
}

pub fn combined(requests: &[Request]) -> String {
    let line = |it: &Request| format!("{} \"{}\" \"{BROWSER}\"\n", common_part(it), referer(it));
    requests.iter().map(line).collect()
}

pub fn common(requests: &[Request]) -> String {
    requests.iter().map(|it| common_part(it) + "\n").collect()
}

/// The host in front, and the time that it took behind.
pub fn of_nginx(requests: &[Request]) -> String {
    let line = |it: &Request| {
        format!(
            "www.shop.example:443 {} \"{}\" \"{BROWSER}\" \"-\" 0.012 0.011 .\n",
            common_part(it),
            referer(it)
        )
    };
    requests.iter().map(line).collect()
}

fn time(request: &Request) -> String {
    let minute = request.minute;
    format!("2026-06-{:02}T{:02}:{:02}:00Z", 1 + minute / 1440, minute / 60 % 24, minute % 60)
}

pub fn logpush(requests: &[Request]) -> String {
    let line = |it: &Request| {
        let from = if it.from.is_empty() { String::new() } else { referer(it) };
        let json = serde_json::json!({
            "ClientIP": format!("203.0.113.{}", it.visitor),
            "ClientRequestHost": "www.shop.example",
            "ClientRequestMethod": "GET",
            "ClientRequestURI": it.target,
            "EdgeStartTimestamp": time(it),
            "EdgeResponseStatus": it.status,
            "EdgeResponseContentType": if it.target.ends_with(".css") { "text/css" } else { "text/html" },
            "ClientRequestReferer": from,
            "ClientRequestUserAgent": BROWSER,
        });
        format!("{json}\n")
    };
    requests.iter().map(line).collect()
}

pub fn caddy(requests: &[Request]) -> String {
    let line = |it: &Request| {
        let json = serde_json::json!({
            "level": "info",
            "ts": time(it),
            "request": {
                "client_ip": format!("203.0.113.{}", it.visitor),
                "method": "GET",
                "host": "www.shop.example",
                "uri": it.target,
                "headers": { "Referer": [referer(it)], "User-Agent": [BROWSER] },
            },
            "status": it.status,
        });
        format!("{json}\n")
    };
    requests.iter().map(line).collect()
}

pub fn gzip(text: &str) -> Vec<u8> {
    use std::io::Write as _;
    let mut encoder = flate2::write::GzEncoder::new(Vec::new(), flate2::Compression::default());
    encoder.write_all(text.as_bytes()).unwrap();
    encoder.finish().unwrap()
}

pub fn zstandard(text: &str) -> Vec<u8> {
    zstd::encode_all(text.as_bytes(), 0).unwrap()
}

/// Whether a text stands in a file.
pub fn read(file: impl AsRef<Path>) -> String {
    std::fs::read_to_string(file).unwrap()
}
