//! What pages need late of servers that nobody has named yet: a font behind a third party's stylesheet, and where a redirect leads.

use crate::support;
use crate::support::browser;
use crate::support::http;
use crate::support::origin::{After, Origin, html, write};
use crate::support::process::Program;
use crate::support::worker::{QUICK, Worker};
use serde_json::{Value, json};
use std::time::Duration;

/// Starts one of the servers of tests/support, and answers with it and its ports.
fn server(command: &[&str]) -> (Program, Value) {
    let mut program = Program::start(command, &[]);
    let line = program.line("it is ready", Duration::from_secs(20), |line| line.starts_with('{'));
    (program, serde_json::from_str(&line).unwrap())
}

fn port(ports: &Value, name: &str) -> u16 {
    ports[name].as_u64().and_then(|port| u16::try_from(port).ok()).unwrap()
}

/// The switches by which hosts are at ports of this machine, whatever their certificates say.
fn switches(hosts: &[(&str, u16)]) -> Vec<String> {
    let maps: Vec<String> =
        hosts.iter().map(|(host, port)| format!("MAP {host}:443 127.0.0.1:{port}")).collect();
    vec![format!("--host-resolver-rules={}", maps.join(",")), "--ignore-certificate-errors".to_owned()]
}

#[test]
fn a_font_behind_a_third_partys_sheet_has_its_socket_before_the_sheet_arrives() {
    let (_service, ports) = server(&["node", "tests/support/font_service.mjs"]);
    let (internet, tls) = (port(&ports, "internet"), port(&ports, "tls"));
    let worker = Worker::start_in(internet, &[&QUICK[..], &[("ORIGIN", "http://origin.example")]].concat());
    let page = format!("http://127.0.0.1:{}/", worker.port);
    let log = || -> Value { serde_json::from_str(&http::get(internet, "/log", &[]).text()).unwrap() };
    let switches = switches(&[("api.fonts.example", tls), ("files.fonts.example", tls)]);
    let view = || {
        let mut done = json!(null);
        let switches: Vec<&str> = switches.iter().map(String::as_str).collect();
        // A browser of its own each time: a socket that is still open would be used again.
        browser::with_switches(&switches, |browser| {
            let (done, page, log) = (&mut done, &page, &log);
            async move {
                browser.goto(page).await;
                browser.run("return document.fonts.ready.then(() => document.fonts.size)").await;
                *done = log();
            }
        });
        done
    };
    assert_eq!(view(), json!({ "sheets": [false], "sockets": 1, "fonts": 1 }), "nothing is known");
    let link = support::eventually("the fonts are learned", Duration::from_secs(40), || {
        let link = get(worker.port, "/").get("link")?;
        link.contains("files.fonts.example").then_some(link)
    });
    assert!(link.contains("<https://files.fonts.example>; rel=preconnect; crossorigin"), "{link}");
    log();
    assert_eq!(
        view(),
        json!({ "sheets": [true], "sockets": 1, "fonts": 1 }),
        "the socket was there when the sheet came, and was the one that the font came by"
    );
}

/// The page's preloads, as they are published.
fn published(worker: &Worker, path: &str) -> Value {
    let value = worker.published(&format!("127.0.0.1:{}/0", worker.port)).unwrap_or_default();
    let value: Value = serde_json::from_str(&value).unwrap_or_default();
    value["preloads"][path].clone()
}

#[test]
fn of_a_font_that_no_list_shows_the_file_that_browsers_use_is_asked_for_before_its_sheet_is_there() {
    let (_service, ports) = server(&["node", "tests/support/font_service.mjs"]);
    let (internet, tls) = (port(&ports, "internet"), port(&ports, "tls"));
    let own = [("ORIGIN", "http://origin.example"), ("BEACON", "auto"), ("EARLY_HINTS", "off")];
    let worker = Worker::start_in(internet, &[&QUICK[..], &own].concat());
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", worker.port);
    let log = || -> Value { serde_json::from_str(&http::get(internet, "/log", &[]).text()).unwrap() };
    // Where certificates are ignored as a whole, Chromium fetches twice what was preloaded.
    let mut switches = switches(&[("api.fonts.example", tls), ("files.fonts.example", tls)]);
    switches[1] = ports["trust"].as_str().unwrap().to_owned();
    let switches: Vec<&str> = switches.iter().map(String::as_str).collect();
    let file = "/s/bitter/v40/raxhHiqOu8IVPmnRc6SY1KXhnF_Y700latin.woff2";
    let font = format!("https://files.fonts.example{file}");
    browser::with_switches(&switches, |browser| {
        let (url, log, worker, font) = (&url, &log, &worker, &font);
        async move {
            // The fonts of an origin whose sheet was asked for without CORS are in no list that the page may read.
            browser.goto(&url("/subsets")).await;
            let names = "return document.fonts.ready.then(() => performance.getEntriesByType('resource').map(({ name }) => name).join())";
            let names = browser.run(names).await;
            assert!(!names.as_str().unwrap().contains("woff2"), "{names}");
            assert_eq!(log()["files"], json!([file]));
            for _ in 0..60 {
                browser.goto(&url("/subsets")).await;
                browser.run("return document.fonts.ready.then(() => document.fonts.size)").await;
                browser.goto(&url("/away")).await;
                if published(worker, "/subsets").is_array() {
                    break;
                }
            }
            let only = json!([{ "u": font, "as": "font", "c": 1, "t": "font/woff2" }]);
            assert_eq!(published(worker, "/subsets"), only, "the file that is used, and no other");
        }
    });
    let preload = format!("<{font}>; rel=preload; as=font; crossorigin; type=\"font/woff2\"");
    let link = support::eventually("it is preloaded", Duration::from_secs(20), || {
        std::thread::sleep(Duration::from_millis(200));
        get(worker.port, "/subsets").get("link").filter(|link| link.contains("rel=preload"))
    });
    assert!(link.contains(&preload) && link.matches("rel=preload;").count() == 1, "{link}");
    http::get(internet, "/patient", &[]);
    log();
    browser::with_switches(&switches, |browser| {
        let (url, log) = (&url, &log);
        async move {
            browser.goto(&url("/subsets")).await;
            let loaded = "return document.fonts.ready.then(() => [...document.fonts].filter(({ status }) => status == 'loaded').length)";
            assert_eq!(browser.run(loaded).await, 1);
            let log = log();
            assert_eq!(
                (&log["sheets"], &log["files"]),
                (&json!([true]), &json!([file])),
                "{log}: once, and early"
            );
        }
    });
}

/// Asks for something as a browser would, by the Worker's address.
fn get(port: u16, path: &str) -> http::Response {
    let request = format!(
        "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n"
    );
    http::raw(port, request.as_bytes())
}

/// What becomes of the sockets of a navigation that is redirected, once an edge has been told where the path leads: how many are
/// opened, how many of them are used, and whether one was open before the answer.
fn redirected(variables: &[(&str, &str)], path: &str, host: &str) -> Value {
    let origin = Origin::start();
    let location = format!("https://{host}/there");
    let redirected_path = path.to_owned();
    origin.answer(move |received, stream| {
        let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {location}\r\nContent-Length: 0\r\n\r\n");
        let page = || html("<title>Shop</title><link rel=icon href=data:,><h1>Shop</h1>");
        write(stream, &if received.target() == redirected_path { redirect.into_bytes() } else { page() });
        After::Keep
    });
    let url = origin.url();
    let worker = Worker::start(&[&QUICK[..], &[("ORIGIN", url.as_str())], variables].concat());
    let link = support::eventually("the redirect is learned", Duration::from_secs(40), || {
        let get = |path: &str| {
            let fields = "Host: shop.example\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\nConnection: close";
            http::raw(worker.port, format!("GET {path} HTTP/1.1\r\n{fields}\r\n\r\n").as_bytes())
        };
        get("/");
        get(path).get("link")
    });
    assert_eq!(link, format!("<https://{host}>; rel=preconnect"));
    let (_edge, ports) = server(&["node", "tests/support/early_hints.mjs", &worker.port.to_string()]);
    let (edge, others) = (port(&ports, "edge"), port(&ports, "others"));
    let switches = switches(&[("shop.example", edge), (host, others)]);
    let switches: Vec<&str> = switches.iter().map(String::as_str).collect();
    let mut log = json!(null);
    // The edge sends ahead what it was told before. A browser of its own each time: a socket that is still open would be used
    // again. A busy Chromium was seen to leave a socket out that it was told to open.
    for _ in 0..5 {
        browser::with_switches(&switches, |browser| {
            let log = &mut log;
            async move {
                browser.goto(&format!("https://shop.example{path}")).await;
                assert_eq!(browser.text("h1").await, "There");
                browser.goto("https://shop.example/log").await;
                let text = browser.text("body").await;
                *log = serde_json::from_str::<Value>(&text).unwrap()[host].take();
            }
        });
        if log["told"] == true && log["early"] == true {
            break;
        }
    }
    log
}

#[test]
fn a_redirect_within_the_site_has_its_socket_before_the_answer() {
    let log = redirected(&[], "/enter", "id.shop.example");
    assert_eq!(log, json!({ "sockets": 1, "used": 1, "told": true, "early": true }));
}

#[test]
fn a_redirect_to_another_site_has_a_socket_that_is_not_used_which_is_why_none_is_asked_for_by_default() {
    let log = redirected(&[("HINT_REDIRECTS", "all")], "/out", "partner.example");
    assert_eq!(log, json!({ "sockets": 2, "used": 1, "told": true, "early": true }));
}
