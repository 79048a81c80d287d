//! Third parties' stylesheets: what the edge asks for by itself, and what it makes of whatever is answered.

use crate::support;
use crate::support::http;
use crate::support::origin::{After, Origin, Received, html, ok, write};
use crate::support::worker::{QUICK, Worker};
use headstart::learn::third_party_sheet::AGENTS;
use std::io::Write;
use std::net::TcpStream;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

const FONTS: &str = "https://api.fonts.example/css2?family=Inter:wght@400;700&display=swap";
const FONTS_SHEET: &[u8] =
    b"@font-face { font-family: 'Inter'; src: url(https://files.fonts.example/inter.woff2) format('woff2') }";
const LINK: &str =
    "<https://api.fonts.example>; rel=preconnect, <https://files.fonts.example>; rel=preconnect; crossorigin";

/// A site whose pages and third parties are one server, which is asked as a proxy is.
struct World {
    internet: Origin,
    worker: Worker,
}

impl World {
    /// Starts with what a URL is answered. What `answer` does not know is answered with 404.
    fn start(
        variables: &[(&str, &str)],
        answer: impl Fn(&Received, &mut TcpStream) -> Option<After> + Send + Sync + 'static,
    ) -> Self {
        let internet = Origin::start();
        internet.answer(move |received, stream| {
            answer(received, stream).unwrap_or_else(|| {
                write(stream, b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n");
                After::Keep
            })
        });
        let own = [("ORIGIN", "http://origin.example"), ("MIN_VISITORS", "3")];
        let worker = Worker::start_in(internet.port, &[&QUICK[..], &own, variables].concat());
        Self { internet, worker }
    }

    fn link(&self, path: &str, visitor: usize) -> Option<String> {
        let address = format!("198.51.100.{}", visitor % 250);
        let headers = [
            ("CF-Connecting-IP", address.as_str()),
            ("Cookie", "_ga=GA1.2.3"),
            ("Referer", "http://shop.test/secret"),
            ("Accept-Language", "de-AT"),
            ("User-Agent", "a visitor's own"),
        ];
        http::get(self.worker.port, path, &headers).get("link")
    }

    /// Lets one visitor after the other view a page until its `Link` is there, and as `is_right` says.
    fn learns(&self, path: &str, is_right: impl Fn(&str) -> bool) -> String {
        let mut visitor = 0;
        support::eventually(path, Duration::from_secs(40), || {
            visitor += 1;
            std::thread::sleep(Duration::from_millis(50));
            self.link(path, visitor).filter(|link| is_right(link))
        })
    }

    /// What anybody but the site's origin was asked for.
    fn asked(&self) -> Vec<Received> {
        let all = self.internet.take().into_iter();
        all.filter(|received| !received.target().starts_with("http://origin.example/")).collect()
    }
}

/// The entries of a `Link` line in one order: what is known when they are chosen says which of them comes first.
fn entries(link: &str) -> Vec<&str> {
    let mut entries: Vec<&str> = link.split(", ").collect();
    entries.sort_unstable();
    entries
}

fn targets(asked: &[Received]) -> Vec<&str> {
    let mut targets: Vec<&str> = asked.iter().map(Received::target).collect();
    targets.sort_unstable();
    targets
}

fn page(sheets: &[&str]) -> Vec<u8> {
    let links =
        sheets.iter().map(|sheet| format!("<link rel=stylesheet href=\"{}\">", sheet.replace('&', "&amp;")));
    html(&format!("<!doctype html><html><head>{}</head><body><p>x", links.collect::<String>()))
}

fn css(body: &[u8]) -> Vec<u8> {
    ok("Content-Type: text/css; charset=utf-8\r\n", body)
}

#[test]
fn a_sheet_is_asked_for_once_by_nobody_and_its_origins_are_hinted() {
    let world = World::start(&[], |received, stream| {
        let bytes = match received.target() {
            "http://origin.example/" => page(&[FONTS]),
            FONTS => css(FONTS_SHEET),
            _ => return None,
        };
        write(stream, &bytes);
        Some(After::Keep)
    });
    assert_eq!(world.learns("/", |link| link.contains("files.fonts.example")), LINK);
    // Whoever comes later makes no difference.
    for visitor in 0..30 {
        let _ = world.link("/", visitor);
    }
    assert_eq!(world.learns("/", |_| true), LINK);
    let asked = world.asked();
    // It has fonts, which may be others for another browser.
    assert_eq!(targets(&asked), [FONTS; 2]);
    for (asked, agent) in asked.iter().zip(AGENTS) {
        assert_eq!(asked.method(), "GET");
        assert!(asked.body.0.is_empty());
        let mut fields: Vec<(String, String)> = asked
            .head
            .lines
            .iter()
            .map(|(name, value)| (name.to_ascii_lowercase(), String::from_utf8_lossy(&value.0).into_owned()))
            .collect();
        fields.sort_unstable();
        let fields: Vec<(&str, &str)> =
            fields.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
        // By the second one the platform says which Worker asks.
        assert_eq!(
            fields,
            [("accept", "text/css"), ("cf-worker", "headstart.example.com"), ("user-agent", agent)]
        );
    }
}

#[test]
fn one_visitor_alone_has_nobody_asked_for_anything() {
    let world = World::start(&[], |received, stream| {
        let bytes = match received.target() {
            "http://origin.example/" => page(&[FONTS]),
            "http://origin.example/odd" => page(&["https://victim.example/expensive"]),
            FONTS => css(FONTS_SHEET),
            _ => return None,
        };
        write(stream, &bytes);
        Some(After::Keep)
    });
    for _ in 0..10 {
        let _ = world.link("/odd", 7);
        std::thread::sleep(Duration::from_millis(100));
    }
    assert_eq!(world.learns("/", |link| link.contains("files.fonts.example")), LINK);
    assert_eq!(targets(&world.asked()), [FONTS; 2]);
}

#[test]
fn whatever_is_answered_nothing_is_asked_for_that_leads_elsewhere_and_pages_are_learned() {
    let sent = Arc::new(AtomicU64::new(0));
    let sending = Arc::clone(&sent);
    let sheet = |name: &str| format!("https://{name}.example/a.css");
    let odd: Vec<String> = ["endless", "page", "address", "elsewhere", "insecure", "turns", "ring", "broken"]
        .map(sheet)
        .to_vec();
    let pages: Vec<Vec<u8>> = odd
        .iter()
        .map(|sheet| page(&[sheet, FONTS]))
        .chain([page(&["https://moved.example/a.css", FONTS])])
        .collect();
    let world = World::start(&[], move |received, stream| {
        let target = received.target();
        let moved = |to: &str| {
            format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
        };
        let import = |to: &str| css(format!("@import 'https://{to}.example/a.css';").as_bytes());
        if let Some(number) = target.strip_prefix("http://origin.example/") {
            write(stream, pages.get(number.parse::<usize>().ok()?)?);
            return Some(After::Keep);
        }
        let bytes = match target {
            FONTS => css(FONTS_SHEET),
            "https://endless.example/a.css" => {
                write(stream, b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\n\r\n");
                let rules = b"p { color: red }\n".repeat(10_000);
                while sending.load(Ordering::Relaxed) < 331_000_000 && stream.write_all(&rules).is_ok() {
                    sending.fetch_add(rules.len() as u64, Ordering::Relaxed);
                }
                return Some(After::Close);
            }
            "https://page.example/a.css" => html("@font-face{font-family:a;src:url(https://evil.example/f)}"),
            "https://address.example/a.css" => moved("http://169.254.169.254/latest/meta-data/"),
            "https://elsewhere.example/a.css" => moved("https://evil.example/a.css"),
            "https://insecure.example/a.css" => moved("http://insecure.example/a.css"),
            "https://turns.example/a.css" => moved("/a.css"),
            "https://ring.example/a.css" => import("ring2"),
            "https://ring2.example/a.css" => import("ring"),
            "https://broken.example/a.css" => {
                write(stream, b"HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: 99\r\n\r\np{}");
                return Some(After::Close);
            }
            "https://moved.example/a.css" => moved("/css/b.css"),
            "https://moved.example/css/b.css" => {
                css(b"@font-face{font-family:a;src:url(https://of-moved.example/f)}")
            }
            _ => return None,
        };
        write(stream, &bytes);
        Some(After::Keep)
    });
    // A page may be given what other pages have in common before it is known itself, so each is viewed until its own sheet is asked for.
    let (mut asked, mut visitor) = (Vec::new(), 0);
    support::eventually("each sheet is asked for", Duration::from_secs(90), || {
        visitor += 1;
        for number in 0..=odd.len() {
            let _ = world.link(&format!("/{number}"), visitor);
        }
        asked.extend(world.asked());
        let is_asked = |sheet: &str| asked.iter().any(|received| received.target() == sheet);
        let others = ["https://ring2.example/a.css", "https://moved.example/css/b.css", FONTS];
        (odd.iter().map(String::as_str).chain(others).all(is_asked)).then_some(())
    });
    for number in 0..odd.len() {
        let link = world.learns(&format!("/{number}"), |link| link.contains("files.fonts.example"));
        assert!(!link.contains("evil.example"), "{link}");
    }
    let link = world.learns(&format!("/{}", odd.len()), |link| link.contains("of-moved.example"));
    assert!(!link.contains("evil.example"), "{link}");
    asked.extend(world.asked());
    let others = [
        "https://moved.example/a.css",
        "https://moved.example/css/b.css",
        "https://ring2.example/a.css",
        // Its font may be another one for another browser.
        FONTS,
        FONTS,
    ];
    let mut expected: Vec<&str> = odd.iter().map(String::as_str).chain(others).collect();
    // Of a server that leads in a ring so many redirects are followed.
    expected.extend(["https://turns.example/a.css"; 3]);
    expected.sort_unstable();
    assert_eq!(targets(&asked), expected);
    let sent = sent.load(Ordering::Relaxed);
    // What is on its way lies in sockets, of which each side has some megabytes.
    assert!(sent < 20_000_000, "{sent} bytes were taken of a sheet without end");
}

#[test]
fn of_a_sheet_of_fifty_megabytes_the_start_counts_and_little_more_is_taken() {
    const LARGE: &str = "https://large.example/a.css";
    const BYTES: usize = 50_000_000;
    let sent = Arc::new(AtomicU64::new(0));
    let sending = Arc::clone(&sent);
    let world = World::start(&[], move |received, stream| {
        match received.target() {
            "http://origin.example/" => write(stream, &page(&[LARGE])),
            LARGE => {
                let first = b"@font-face{font-family:a;src:url(https://of-large.example/f)}\n";
                let head =
                    format!("HTTP/1.1 200 OK\r\nContent-Type: text/css\r\nContent-Length: {BYTES}\r\n\r\n");
                write(stream, &[head.as_bytes(), first].concat());
                let mut rest = b"p { color: red }\n".repeat(BYTES / 17 + 1);
                rest.truncate(BYTES - first.len());
                for rules in rest.chunks(100_000) {
                    if stream.write_all(rules).is_err() {
                        break;
                    }
                    sending.fetch_add(rules.len() as u64, Ordering::Relaxed);
                }
                return Some(After::Close);
            }
            _ => return None,
        }
        Some(After::Keep)
    });
    let link = world.learns("/", |link| link.contains("of-large.example"));
    assert_eq!(
        entries(&link),
        [
            "<https://large.example>; rel=preconnect",
            "<https://of-large.example>; rel=preconnect; crossorigin",
        ]
    );
    assert_eq!(targets(&world.asked()), [LARGE]);
    let sent = sent.load(Ordering::Relaxed);
    // What is on its way lies in sockets, of which each side has some megabytes.
    assert!(sent < 20_000_000, "{sent} bytes were taken");
}

#[test]
fn the_owner_may_have_the_sites_own_sheets_read_alone_or_none() {
    let own = "@font-face{font-family:a;src:url(https://own.example/f)}";
    for (setting, expected) in [
        (
            "site",
            "<https://api.fonts.example>; rel=preconnect, <https://own.example>; rel=preconnect; crossorigin",
        ),
        ("off", "<https://api.fonts.example>; rel=preconnect"),
    ] {
        let world = World::start(&[("READ_STYLESHEETS", setting)], move |received, stream| {
            let bytes = match received.target() {
                "http://origin.example/" | "http://origin.example/later" => page(&[FONTS, "/site.css"]),
                "http://origin.example/site.css" => css(own.as_bytes()),
                _ => return None,
            };
            write(stream, &bytes);
            Some(After::Keep)
        });
        for path in ["/", "/later"] {
            let link = world.learns(path, |link| {
                let _ = http::get(world.worker.port, "/site.css", &[]);
                setting == "off" || link.contains("own.example")
            });
            assert_eq!(entries(&link), entries(expected), "{setting}");
        }
        assert!(world.asked().is_empty());
    }
}

#[test]
fn a_site_with_several_learners_asks_once_as_well() {
    let world = World::start(&[("LEARNER_SHARDS", "4")], |received, stream| {
        let bytes = match received.target() {
            FONTS => css(FONTS_SHEET),
            target if target.starts_with("http://origin.example/") => page(&[FONTS]),
            _ => return None,
        };
        write(stream, &bytes);
        Some(After::Keep)
    });
    // Their paths belong to different learners, the first one among them.
    for path in ["/1", "/2", "/3", "/4", "/5", "/6"] {
        let link = world.learns(path, |link| link.contains("files.fonts.example"));
        assert_eq!(entries(&link), entries(LINK), "{path}");
    }
    assert_eq!(targets(&world.asked()), [FONTS; 2]);
}
