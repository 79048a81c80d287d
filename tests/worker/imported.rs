//! What `headstart learn` writes, imported by the command that it prints: the first visitor is given it, and the learners go on from
//! there.

use crate::erasing::{given, order};
use crate::support;
use crate::support::folder::Folder;
use crate::support::http;
use crate::support::origin::{After, Origin, html, ok, write};
use crate::support::worker::{QUICK, Worker};
use headstart::effects::erasure::Erased;
use std::path::Path;
use std::process::{Command, Output};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const SITE: &str = "shop.test";
const KEY: &str = "0123456789abcdef0123456789abcdef";
const BROWSER: &str = "Mozilla/5.0 (X11; Linux x86_64; rv:147.0) Gecko/20100101 Firefox/147.0";

fn succeeded(output: Output) -> String {
    let said = String::from_utf8_lossy(&output.stderr).into_owned();
    assert!(output.status.success(), "{said}{}", String::from_utf8_lossy(&output.stdout));
    String::from_utf8(output.stdout).unwrap()
}

/// A log of yesterday: twenty visitors go from `/` to `/lamps`.
fn yesterday() -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_secs();
    let noon = now / 86_400 * 86_400 - 43_200;
    let line = |visitor: u64, second: u64, target: &str, referer: &str| {
        let json = serde_json::json!({
            "ClientIP": format!("203.0.113.{visitor}"),
            "ClientRequestHost": SITE,
            "ClientRequestMethod": "GET",
            "ClientRequestURI": target,
            "EdgeStartTimestamp": noon + 60 * visitor + second,
            "EdgeResponseStatus": 200,
            "ClientRequestReferer": referer,
            "ClientRequestUserAgent": BROWSER,
        });
        format!("{json}\n")
    };
    let of = |visitor| line(visitor, 0, "/", "") + &line(visitor, 5, "/lamps", &format!("http://{SITE}/"));
    (0..20).map(of).collect()
}

/// A shop with four pages, which takes its time.
fn shop() -> Origin {
    let origin = Origin::start();
    origin.answer(|request, stream| {
        let page = |third_party: &str| {
            html(&format!(
                "<!doctype html><script src=https://{third_party}/a.js></script><a href=/lamps>lamps</a>"
            ))
        };
        let answer = match request.target() {
            "/" => page("cdn.example"),
            "/lamps" => page("pictures.example"),
            "/about" => page("about.example"),
            "/robots.txt" => ok("Content-Type: text/plain\r\n", b""),
            _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        };
        std::thread::sleep(Duration::from_millis(300));
        write(stream, &answer);
        After::Keep
    });
    origin
}

/// Learns from the log and the shop's pages, and runs the command that is printed, for a local Worker.
fn import(origin: &Origin, kv: &Path) {
    let folder = Folder::new("learned");
    let log = folder.0.join("access.json");
    std::fs::write(&log, yesterday()).unwrap();
    let learned = folder.0.join("learned");
    let mut learn = support::command_line();
    learn.args([
        "learn",
        "--rate",
        "1000",
        "--site",
        &format!("http://{SITE}"),
        "--crawl",
        &format!("{}/", origin.url()),
    ]);
    let command = succeeded(learn.arg("--out").arg(&learned).arg(&log).output().unwrap());
    let command = command.trim().replace("npx wrangler", "node_modules/.bin/wrangler");
    let state = folder.0.join("state");
    let local = command.replace("--remote", &format!("--local --persist-to {}", state.display()));
    assert_ne!(local, command);
    let mut shell = Command::new("sh");
    shell.args(["-c", &local]).current_dir(support::root()).env("WRANGLER_SEND_METRICS", "false");
    succeeded(shell.output().unwrap());
    let mut copy = Command::new("cp");
    succeeded(copy.arg("-r").arg(state.join("v3/kv")).arg(kv).output().unwrap());
}

fn start(origin: &Origin, variables: &[(&str, &str)]) -> Worker {
    let url = origin.url();
    let mut all: Vec<(&str, &str)> = QUICK.to_vec();
    all.retain(|(name, _)| *name != "MIN_VISITORS");
    all.extend([("ORIGIN", url.as_str()), ("SEAL_KEY", KEY)]);
    all.extend(variables);
    Worker::start_after(&all, |folder| import(origin, &folder.join("kv")))
}

fn navigation(address: &str) -> [(&str, &str); 5] {
    [
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-User", "?1"),
        ("Sec-Fetch-Site", "none"),
        ("CF-Connecting-IP", address),
    ]
}

const OF_HOME: &str = "<https://cdn.example>; rel=preconnect";

#[test]
fn the_first_request_gets_hints_and_rules_and_the_learners_keep_them() {
    let origin = shop();
    let worker = start(&origin, &[]);
    let first = http::get(worker.port, "/", &navigation("192.0.2.1"));
    assert_eq!(first.get("link").as_deref(), Some(OF_HOME));
    let rules = first.get("speculation-rules").unwrap_or_default();
    let learned = rules.split(", ").map(|url| url.trim_matches('"')).find(|url| url.contains("/rules/next/"));
    let learned = learned.unwrap_or_else(|| panic!("{rules}"));
    let set = http::get(worker.port, learned, &[]).text();
    assert!(set.contains("\"/lamps\""), "{set}");

    let imported = |of: &str| worker.published(&format!("import/{SITE}/{of}"));
    let published = |of: &str| worker.published(&format!("{SITE}/{of}")).unwrap_or_default();
    let (hints, nexts) = (published("0"), published("next"));
    // The first views come to the learners, which take up what waits for them.
    support::eventually("what was imported is taken up", Duration::from_secs(30), || {
        http::get(worker.port, "/about", &navigation("192.0.2.1"));
        (imported("0").is_none() && imported("next").is_none()).then_some(())
    });
    // Three visitors make a new page known. What is published then has what was imported as well.
    let number = std::cell::Cell::new(1);
    support::eventually("a new page is learned", Duration::from_secs(30), || {
        number.set(number.get() % 200 + 1);
        let address = format!("192.0.2.{}", number.get());
        let link = http::get(worker.port, "/about", &navigation(&address)).get("link");
        link.filter(|link| link.contains("about.example"))
    });
    let now = support::eventually("it is published", Duration::from_secs(30), || {
        Some(published("0")).filter(|now| now.contains("about.example") && *now != hints)
    });
    assert!(now.contains("cdn.example") && now.contains("pictures.example"), "{now}");
    let now = support::eventually("next pages are published anew", Duration::from_secs(60), || {
        number.set(number.get() % 200 + 1);
        http::get(worker.port, "/", &navigation(&format!("192.0.2.{}", number.get())));
        Some(published("next")).filter(|now| *now != nexts)
    });
    assert!(now.contains("/lamps"), "{now}");
}

#[test]
fn what_waits_to_be_taken_up_is_erased_as_well() {
    let origin = shop();
    let worker = start(&origin, &[]);
    let erase = |erased: Erased| given(worker.port, &order(erased, SITE, KEY)).0;
    let published = |of: &str| worker.published(of).unwrap_or_default();
    let key = |of: &str| format!("{SITE}/{of}");
    assert!(published(&key("0")).contains("/lamps") && published(&key("next")).contains("/lamps"));
    assert_eq!(erase(Erased::Path("/lamps".to_owned())), 200);
    assert!(!published(&key("0")).contains("/lamps"), "{}", published(&key("0")));
    assert!(published(&key("0")).contains("cdn.example"), "the other page is not erased");
    assert!(!published(&key("next")).contains("/lamps"), "{}", published(&key("next")));
    assert_eq!(erase(Erased::Site), 200);
    for of in ["0", "next"] {
        assert_eq!(worker.published(&key(of)), None);
        assert_eq!(worker.published(&format!("import/{SITE}/{of}")), None);
    }
}
