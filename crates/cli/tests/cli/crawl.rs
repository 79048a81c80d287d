//! `headstart learn --crawl` and `--sitemap`: what is asked for, how often, and what is not.

use crate::headstart;
use crate::scratch::{self, Scratch};
use serde_json::Value;
use std::collections::BTreeMap;
use std::io::{BufRead as _, BufReader, Write as _};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex};

/// What is answered at a target: status, further fields, body.
type Answers = BTreeMap<String, (u16, String, String)>;

/// A server on this machine that records what it is asked for.
struct Server {
    url: String,
    asked: Arc<Mutex<Vec<String>>>,
}

impl Server {
    fn start(answers: impl FnOnce(&str) -> Answers) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let url = format!("http://{}", listener.local_addr().unwrap());
        let answers = answers(&url);
        let asked = Arc::new(Mutex::new(Vec::new()));
        let record = Arc::clone(&asked);
        std::thread::spawn(move || {
            for stream in listener.incoming().flatten() {
                let (answers, record) = (answers.clone(), Arc::clone(&record));
                std::thread::spawn(move || serve(stream, &answers, &record));
            }
        });
        Self { url, asked }
    }

    /// The targets that were asked for, in order.
    fn asked(&self) -> Vec<String> {
        self.asked.lock().unwrap().clone()
    }
}

fn serve(stream: TcpStream, answers: &Answers, asked: &Mutex<Vec<String>>) {
    let mut reader = BufReader::new(stream.try_clone().unwrap());
    let mut stream = stream;
    loop {
        let mut first = String::new();
        if reader.read_line(&mut first).unwrap_or(0) == 0 {
            return;
        }
        loop {
            let mut line = String::new();
            reader.read_line(&mut line).unwrap();
            assert!(!line.to_ascii_lowercase().starts_with("cookie:"), "a cookie");
            if line.trim().is_empty() {
                break;
            }
        }
        let target = first.split(' ').nth(1).unwrap().to_owned();
        asked.lock().unwrap().push(target.clone());
        let missing = (404, String::new(), String::new());
        let (status, fields, body) = answers.get(&target).unwrap_or(&missing);
        let length = body.len();
        let answer = format!("HTTP/1.1 {status} X\r\n{fields}Content-Length: {length}\r\n\r\n{body}");
        if stream.write_all(answer.as_bytes()).is_err() {
            return;
        }
    }
}

fn answers(pages: &[(&str, u16, &str, &str)]) -> Answers {
    let of = |(target, status, fields, body): &(&str, u16, &str, &str)| {
        ((*target).to_owned(), (*status, (*fields).to_owned(), (*body).to_owned()))
    };
    pages.iter().map(of).collect()
}

const HTML: &str = "Content-Type: text/html\r\n";

fn learn(scratch: &Scratch, arguments: &str) -> (bool, String) {
    let out = scratch.path("out");
    let output = headstart("learn", &format!("--out {out} --rate 1000 {arguments}")).output().unwrap();
    (output.status.success(), String::from_utf8_lossy(&output.stderr).into_owned())
}

fn hints(scratch: &Scratch, key: &str) -> Value {
    let pairs: Value = serde_json::from_str(&scratch::read(scratch.path("out/kv.json"))).unwrap();
    let pair = pairs.as_array().unwrap().iter().find(|pair| pair["key"] == key).unwrap();
    serde_json::from_str(pair["value"].as_str().unwrap()).unwrap()
}

#[test]
fn links_are_followed_on_the_site_alone_and_what_does_something_is_left_alone() {
    let server = Server::start(|_| {
        answers(&[
            ("/robots.txt", 200, "Content-Type: text/plain\r\n", "User-agent: *\nDisallow: /private\n"),
            (
                "/",
                200,
                HTML,
                "<!doctype html><link rel=stylesheet href=/site.css><script src=https://cdn.example/a.js></script>\
                 <a href=/a>a</a><a href=/private/x>x</a><a href=/logout>out</a><a href=/moved>m</a>\
                 <a href=https://other.example/>other</a><a href=/a#b>a</a><a href=/file.pdf>f</a><a href=/mine>mine</a>",
            ),
            (
                "/site.css",
                200,
                "Content-Type: text/css\r\n",
                "@font-face{font-family:X;src:url(https://fonts.example/x.woff2)}body{font-family:X}",
            ),
            ("/a", 200, HTML, "<!doctype html><a href=/b>b</a>"),
            ("/b", 200, HTML, "<!doctype html><a href=/c>c</a>"),
            ("/moved", 301, "Location: /new\r\n", ""),
            ("/new", 200, HTML, "<!doctype html><p>new"),
            ("/mine", 200, "Content-Type: text/html\r\nCache-Control: private\r\n", "<!doctype html><p>mine"),
            ("/c", 200, HTML, "<!doctype html><p>c"),
        ])
    });
    let scratch = Scratch::new();
    let (is_well, said) = learn(&scratch, &format!("--crawl {}/ --max-depth 2", server.url));
    assert!(is_well, "{said}");
    let mut asked = server.asked();
    asked.sort();
    assert_eq!(asked, ["/", "/a", "/b", "/mine", "/moved", "/new", "/robots.txt", "/site.css"], "{said}");
    let site = server.url.strip_prefix("http://").unwrap();
    let hints = hints(&scratch, &format!("{site}/0"));
    assert_eq!(
        hints["pages"]["/"],
        serde_json::json!([["https://fonts.example", 2], ["https://cdn.example", 1]])
    );
    let pages: Vec<&String> = hints["pages"].as_object().unwrap().keys().collect();
    assert_eq!(pages, ["/", "/a", "/b", "/new"], "what is private is nobody else's");
}

#[test]
fn a_sitemap_names_pages_of_the_public_site() {
    let server = Server::start(|_| {
        answers(&[
            (
                "/map.xml",
                200,
                "Content-Type: application/xml\r\n",
                "<urlset><url><loc>https://www.shop.example/a</loc></url><url><loc>https://other.example/b</loc></url>\
                 <url><loc>https://www.shop.example/c</loc></url></urlset>",
            ),
            ("/a", 200, HTML, "<!doctype html><img src=https://pictures.example/x.png><a href=/d>d</a>"),
            ("/c", 500, HTML, ""),
        ])
    });
    let scratch = Scratch::new();
    let arguments = format!("--site https://www.shop.example --sitemap {}/map.xml", server.url);
    let (is_well, said) = learn(&scratch, &arguments);
    assert!(is_well, "{said}");
    assert_eq!(server.asked(), ["/robots.txt", "/map.xml", "/a", "/c"], "{said}");
    let hints = hints(&scratch, "www.shop.example/0");
    assert_eq!(hints["pages"], serde_json::json!({ "/a": [["https://pictures.example", 1]] }));
}

#[test]
fn bounds_hold_and_a_site_that_fails_is_left_alone() {
    let server = Server::start(|_| {
        let links: String = (0..50).map(|number| format!("<a href=/{number}>{number}</a>")).collect();
        let page = format!("<!doctype html>{links}");
        let mut all = answers(&[("/", 200, HTML, &page)]);
        for number in 0..9 {
            all.insert(format!("/{number}"), (200, HTML.to_owned(), "<!doctype html><p>x".to_owned()));
        }
        all
    });
    let scratch = Scratch::new();
    let (is_well, said) = learn(&scratch, &format!("--crawl {}/ --max-pages 4", server.url));
    assert!(is_well && said.contains("more pages are known and not asked for: --max-pages 4"), "{said}");
    assert_eq!(server.asked().len(), 5, "{said}");
    let failing = Server::start(|_| answers(&[("/robots.txt", 500, "", ""), ("/", 200, HTML, "<p>x")]));
    let (is_well, said) = learn(&scratch, &format!("--crawl {}/", failing.url));
    assert!(!is_well && said.contains("/robots.txt: status 500, so that it is not known"), "{said}");
    assert_eq!(failing.asked(), ["/robots.txt"]);
    let gone = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    let (is_well, said) = learn(&scratch, &format!("--crawl http://{gone}/"));
    assert!(!is_well && said.contains("/robots.txt: "), "{said}");
}

#[test]
fn a_start_that_is_no_page_is_told_and_others_are_counted() {
    for (answer, expected) in [
        (("/", 403, HTML, "no"), "/: status 403"),
        (("/", 401, "WWW-Authenticate: Basic\r\n", ""), "/: status 401"),
        (
            ("/", 301, "Location: https://www.other.example/\r\n", ""),
            "/: it leads to https://www.other.example,",
        ),
        (("/", 302, "Location: /login\r\n", ""), "/login: status 404"),
        (("/", 302, "Location: /\r\nSet-Cookie: a=1\r\n", ""), "where it came from; it may want a cookie"),
        (
            ("/robots.txt", 200, "Content-Type: text/plain\r\n", "User-agent: *\nDisallow: /\n"),
            "robots are kept from it",
        ),
        (
            ("/", 200, "Content-Type: application/json\r\n", "{}"),
            "no page that can be read (application/json)",
        ),
    ] {
        let server = Server::start(|_| answers(&[answer]));
        let (is_well, said) = learn(&Scratch::new(), &format!("--crawl {}/", server.url));
        assert!(!is_well && said.contains(expected), "{expected}: {said}");
    }
    // A sitemap names pages all the same, also the one to which the start leads.
    for start in [("/", 301, "Location: /en/\r\n", ""), ("/", 403, HTML, "no")] {
        let server = Server::start(|url| {
            let map = format!("<urlset><url><loc>{url}/en/</loc></url></urlset>");
            let en = ("/en/", 200, HTML, "<!doctype html><p>en");
            answers(&[start, en, ("/map.xml", 200, "Content-Type: application/xml\r\n", &map)])
        });
        let arguments = format!("--crawl {}/ --sitemap {}/map.xml", server.url, server.url);
        let (is_well, said) = learn(&Scratch::new(), &arguments);
        assert!(is_well && server.asked().contains(&"/en/".to_owned()), "{said}");
    }
    let links = "<!doctype html><a href=/a>a</a><a href=/gone>x</a><a href=/lost>x</a><a href=/away>x</a>";
    let server = Server::start(|_| {
        answers(&[
            ("/", 200, HTML, links),
            ("/a", 200, HTML, "<!doctype html><p>a"),
            ("/away", 302, "Location: https://other.example/\r\n", ""),
        ])
    });
    let (is_well, said) = learn(&Scratch::new(), &format!("--crawl {}/", server.url));
    let others = "some of them are no pages: 1 × it leads to https://other.example, of which nothing is asked, 2 × status 404";
    assert!(is_well && said.contains(others), "{said}");
}
