//! The demo shop with Headstart in front, for the tests in a browser.

use super::http;
use super::process::Program;
use super::worker::{QUICK, Worker};
use serde_json::Value;
use std::time::{Duration, Instant};

/// The demo shop with Headstart in front.
pub struct Shop {
    pub port: u16,
    pub hosts: Value,
    pub worker: Worker,
    _demo: Program,
}

impl Shop {
    pub fn start(variables: &[(&str, &str)]) -> Self {
        let mut demo = Program::start(&["node", "demo/server.mjs"], &[]);
        let line = demo.line("the demo shop is ready", Duration::from_secs(20), |line| line.starts_with('{'));
        let addresses: Value = serde_json::from_str(&line).unwrap();
        let url = addresses["shop"].as_str().unwrap().to_owned();
        let port = url.rsplit(':').next().unwrap().parse().unwrap();
        let mut all = QUICK.to_vec();
        all.push(("ORIGIN", &url));
        all.extend(variables);
        let worker = Worker::start(&all);
        Self { port, hosts: addresses["hosts"].clone(), worker, _demo: demo }
    }

    pub fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.worker.port)
    }

    pub fn host(&self, name: &str) -> &str {
        self.hosts[name].as_str().unwrap()
    }

    /// What reached the shop and its third parties, asked of the shop itself.
    pub fn counters(&self) -> Value {
        serde_json::from_str(&http::get(self.port, "/counters.json", &[]).text()).unwrap()
    }

    pub fn requests(&self, path: &str, kind: &str) -> u64 {
        self.counters()["requests"][path][kind].as_u64().unwrap_or(0)
    }

    pub fn reset(&self) {
        http::raw(self.port, &http::request("POST", "/counters/reset", &[], b"x"));
    }

    /// How often the Worker answered a path with a status, by the development server's request lines.
    pub fn answered(&self, path: &str, status: u16) -> usize {
        let line = format!("GET {path} {status}");
        self.worker.output().iter().filter(|printed| printed.contains(&line)).count()
    }

    /// Asks for something as a browser would, by the Worker's address.
    pub fn get(&self, path: &str) -> http::Response {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
            self.worker.port
        );
        http::raw(self.worker.port, request.as_bytes())
    }

    /// The `Link` of a page.
    pub fn link(&self, path: &str) -> Option<String> {
        self.get(path).get("link")
    }

    /// Lets many visitors, each with an address of their own, go from one page to another.
    pub fn seed(&self, from: &str, to: &str, visitors: std::ops::Range<u8>) {
        let referer = self.url(from);
        for visitor in visitors {
            for (path, site, referer) in
                [(from, "none", None), (to, "same-origin", Some(format!("Referer: {referer}\r\n")))]
            {
                let request = format!(
                    "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept-Encoding: identity\r\nConnection: close\r\n\
                     Sec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nSec-Fetch-User: ?1\r\nSec-Fetch-Site: {site}\r\n\
                     CF-Connecting-IP: 198.51.100.{visitor}\r\n{}\r\n",
                    self.worker.port,
                    referer.unwrap_or_default(),
                );
                http::raw(self.worker.port, request.as_bytes());
            }
        }
    }

    /// What was published of the next pages of a page: path, probability, level, action, whether it is unvarying, tally.
    pub fn nexts(&self, path: &str) -> Vec<Value> {
        let snapshot = self.worker.published(&format!("127.0.0.1:{}/next", self.worker.port));
        let snapshot: Value =
            snapshot.and_then(|snapshot| serde_json::from_str(&snapshot).ok()).unwrap_or_default();
        snapshot["pages"][path]["next"].as_array().cloned().unwrap_or_default()
    }

    /// Lets visitors go from one page to another until that is published with this level (1 moderate, 2 eager, 3
    /// immediate), and until the next visitor is told so.
    pub fn teach(&self, from: &str, to: &str, level: u64) {
        // The first one brings the day's key.
        self.seed(from, to, 1..2);
        let mut visitor = 2;
        let mut seeded = None;
        super::eventually("the next page is published", Duration::from_secs(60), || {
            if visitor < 200 && seeded.is_none_or(|at: Instant| at.elapsed() > Duration::from_millis(500)) {
                self.seed(from, to, visitor..visitor + 5);
                visitor += 5;
                seeded = Some(Instant::now());
            }
            self.nexts(from).iter().any(|next| next[0] == to && next[2] == level).then_some(())
        });
        // Published is not served yet: an isolate's copy may be older, and so may a decision that is replayed.
        let eagerness = ["", "moderate", "eager", "immediate"][usize::try_from(level).unwrap()];
        super::eventually("the next page is served", Duration::from_secs(30), || {
            // Not more often: each question is a view of the page that leads nowhere.
            std::thread::sleep(Duration::from_millis(200));
            self.is_named(from, to, eagerness).then_some(())
        });
    }

    /// Whether the rule sets that a page names now, name another page with this eagerness.
    fn is_named(&self, from: &str, to: &str, eagerness: &str) -> bool {
        let field = self.get(from).get("speculation-rules").unwrap_or_default();
        field.split(", ").map(|url| url.trim_matches('"')).any(|file| {
            let set: Value = serde_json::from_str(&self.get(file).text()).unwrap_or_default();
            let rules = ["prefetch", "prerender"].into_iter().filter_map(|key| set[key].as_array()).flatten();
            rules.filter(|rule| rule["eagerness"] == eagerness).any(|rule| {
                let patterns = rule["where"]["and"][0]["href_matches"].as_array();
                patterns.is_some_and(|patterns| patterns.iter().any(|pattern| pattern == to))
            })
        })
    }

    /// Visits a page as a browser would until its `Link` names all of these.
    pub fn learn(&self, path: &str, parts: &[String]) -> String {
        super::eventually(path, Duration::from_secs(30), || {
            let link = self.link(path)?;
            parts.iter().all(|part| link.contains(part.as_str())).then_some(link)
        })
    }
}
