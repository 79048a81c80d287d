//! The demo shop with Headstart in front, for the tests in a browser.

use super::http;
use super::process::Program;
use super::wrangler::{Config, QUICK, Wrangler};
use serde_json::Value;
use std::time::Duration;

/// The demo shop with Headstart in front.
pub struct Shop {
    pub port: u16,
    pub hosts: Value,
    pub worker: Wrangler,
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
        let worker = Wrangler::start(&[Config::headstart(&all)]);
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
        self.worker.program.output().iter().filter(|printed| printed.contains(&line)).count()
    }

    /// Asks for a page as a browser would, by its address, and answers its `Link`.
    pub fn link(&self, path: &str) -> Option<String> {
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n",
            self.worker.port
        );
        http::raw(self.worker.port, request.as_bytes()).get("link")
    }

    /// Lets many visitors, each with an address of his own, go from one page to another.
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

    /// What was published of the next pages of a page: path, probability, rung, action, whether it is unvarying, tally.
    pub fn nexts(&self, path: &str) -> Vec<Value> {
        let guide = self.worker.published(&format!("127.0.0.1:{}/next", self.worker.port));
        let guide: Value = guide.and_then(|guide| serde_json::from_str(&guide).ok()).unwrap_or_default();
        guide["pages"][path]["next"].as_array().cloned().unwrap_or_default()
    }

    /// Lets visitors go from one page to another until that is published with this rung (1 moderate, 2 eager, 3
    /// immediate).
    pub fn teach(&self, from: &str, to: &str, rung: u64) {
        // The first one brings the day's key.
        self.seed(from, to, 1..2);
        let mut visitor = 2;
        super::eventually("the next page is published", Duration::from_secs(60), || {
            if visitor < 200 {
                self.seed(from, to, visitor..visitor + 5);
                visitor += 5;
            }
            std::thread::sleep(Duration::from_millis(1000));
            self.nexts(from).iter().any(|next| next[0] == to && next[2] == rung).then_some(())
        });
    }

    /// Visits a page as a browser would until its `Link` names all of these.
    pub fn learn(&self, path: &str, parts: &[String]) -> String {
        super::eventually(path, Duration::from_secs(30), || {
            let link = self.link(path)?;
            parts.iter().all(|part| link.contains(part.as_str())).then_some(link)
        })
    }
}
