//! `headstart learn` on logs: each format gives the same, what is broken is said, and what is of no format is refused.

use crate::headstart;
use crate::scratch::{self, Request, Scratch, combined, visits};
use serde_json::Value;
use std::io::Write as _;
use std::process::{Output, Stdio};

/// Learns from a log into a folder.
fn learn(scratch: &Scratch, logs: &str) -> Output {
    learn_with(scratch, &format!("--robots none {logs}"))
}

fn learn_with(scratch: &Scratch, arguments: &str) -> Output {
    let out = scratch.path("out");
    headstart("learn", &format!("--site https://www.shop.example --out {out} {arguments}")).output().unwrap()
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// The value of a key in the file for wrangler.
fn value(scratch: &Scratch, key: &str) -> Option<Value> {
    let pairs: Value = serde_json::from_str(&scratch::read(scratch.path("out/kv.json"))).unwrap();
    let pair = pairs.as_array().unwrap().iter().find(|pair| pair["key"] == key)?;
    assert_eq!(pair["expiration_ttl"], 28 * 24 * 3600);
    serde_json::from_str(pair["value"].as_str().unwrap()).ok()
}

/// The next pages of a page, in order.
fn nexts(scratch: &Scratch, path: &str) -> Vec<String> {
    let snapshot = value(scratch, "www.shop.example/next").unwrap();
    let mut nexts: Vec<String> = snapshot["pages"][path]["next"]
        .as_array()
        .into_iter()
        .flatten()
        .map(|next| next[0].as_str().unwrap().to_owned())
        .collect();
    nexts.sort();
    nexts
}

#[test]
fn every_format_teaches_the_same() {
    let requests = visits(40);
    let text = combined(&requests);
    for (name, bytes) in [
        ("combined.log", text.clone().into_bytes()),
        ("nginx.log", scratch::of_nginx(&requests).into_bytes()),
        ("common.log", scratch::common(&requests).into_bytes()),
        ("logpush.json", scratch::logpush(&requests).into_bytes()),
        ("caddy.json", scratch::caddy(&requests).into_bytes()),
        ("combined.log.gz", scratch::gzip(&text)),
        ("combined.log.zst", scratch::zstandard(&text)),
        ("windows.log", text.replace('\n', "\r\n").into_bytes()),
    ] {
        let scratch = Scratch::new();
        let output = learn(&scratch, &scratch.write(name, bytes));
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert_eq!(nexts(&scratch, "/"), ["/lamps"], "{name}: {}", said(&output));
        assert_eq!(nexts(&scratch, "/lamps"), ["/lamps/1", "/lamps/2"], "{name}");
        // The address of nobody is in it.
        assert!(!scratch::read(scratch.path("out/kv.json")).contains("203.0.113"), "{name}");
        let command = String::from_utf8(output.stdout).unwrap();
        let file = scratch.path("out/kv.json");
        assert_eq!(command, format!("npx wrangler kv bulk put {file} --binding MODEL --remote\n"), "{name}");
    }
}

#[test]
fn logs_without_browsers_and_referers_teach_what_the_common_format_does() {
    let requests = visits(40);
    let silent = |text: String, nothing: &str| -> String {
        let line = |line: &str| {
            let end =
                line.find(" \"").and_then(|at| line[at + 2..].find('"').map(|end| at + 2 + end)).unwrap();
            format!("{} 512 \"{nothing}\" \"{nothing}\" 1 \"web@docker\"\n", &line[..end + 5])
        };
        text.lines().map(line).collect()
    };
    let bare = |field: &str, text: String| -> String {
        let line = |line: &str| {
            let mut line: Value = serde_json::from_str(line).unwrap();
            line.as_object_mut().unwrap().remove(field);
            format!("{line}\n")
        };
        text.lines().map(line).collect()
    };
    let logpush = scratch::logpush(&requests);
    let no_agent = bare("ClientRequestUserAgent", logpush.clone());
    let without = "it has no Referer, so the page before counts for it, for half an hour\n";
    let nameless = "no line says its browser (User-Agent), so robots are not told from visitors, but by asking for robots.txt\n";
    for (name, text, has_referers, has_agents) in [
        ("common.log", scratch::common(&requests), false, false),
        ("haproxy.log", silent(combined(&requests), ""), false, false),
        ("traefik.log", silent(combined(&requests), "-"), false, false),
        ("logpush.json", bare("ClientRequestReferer", no_agent.clone()), false, false),
        ("no-agent.json", no_agent, true, false),
        ("no-referer.json", bare("ClientRequestReferer", logpush), false, true),
    ] {
        let scratch = Scratch::new();
        let file = scratch.write(name, text);
        let output = learn(&scratch, &file);
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert_eq!(nexts(&scratch, "/"), ["/lamps"], "{name}: {}", said(&output));
        assert_eq!(nexts(&scratch, "/lamps"), ["/lamps/1", "/lamps/2"], "{name}");
        assert_eq!(
            said(&output).contains(&format!("{file}: {without}")),
            !has_referers,
            "{name}: {}",
            said(&output)
        );
        assert_eq!(
            said(&output).contains(&format!("{file}: {nameless}")),
            !has_agents,
            "{name}: {}",
            said(&output)
        );
        let arguments = format!("--site https://www.shop.example {file}");
        let output = headstart("rehearse", &arguments).output().unwrap();
        let printed = String::from_utf8(output.stdout).unwrap();
        assert!(
            printed.contains("120 views of pages, 80 of them by a link of the site"),
            "{name}: {printed}"
        );
        assert_eq!(printed.contains(nameless), !has_agents, "{name}: {printed}");
    }
}

#[test]
fn a_log_without_referers_has_them_where_another_that_is_like_it_does() {
    let direct: Vec<Request> =
        visits(40).into_iter().map(|request| Request { from: String::new(), ..request }).collect();
    let without = "it has no Referer, so the page before counts for it, for half an hour\n";
    let scratch = Scratch::new();
    let file = scratch.write("direct.log", combined(&direct));
    assert!(said(&learn(&scratch, &file)).contains(&format!("{file}: {without}")));
    let output = learn(&scratch, &format!("{file} {}", scratch.write("access.log", combined(&visits(40)))));
    assert!(!said(&output).contains(without), "{}", said(&output));
    assert!(
        said(&output).contains("240 views of pages, 80 of them by a link of the site"),
        "{}",
        said(&output)
    );
    // Another server may be told to say less.
    let output =
        learn(&scratch, &format!("{file} {}", scratch.write("common.log", scratch::common(&visits(40)))));
    assert!(said(&output).contains(&format!("{file}: {without}")), "{}", said(&output));
}

#[test]
fn several_files_are_read_in_the_order_of_time_and_standard_input_is() {
    let requests = visits(40);
    let text = combined(&requests);
    let lines: Vec<&str> = text.lines().collect();
    let (older, newer) = lines.split_at(lines.len() / 2);
    let scratch = Scratch::new();
    let files = [("a.log", newer), ("z.log.gz", older)].map(|(name, lines)| {
        let text = lines.join("\n");
        let bytes = if name.ends_with(".gz") { scratch::gzip(&text) } else { text.into_bytes() };
        scratch.write(name, bytes)
    });
    let output = learn(&scratch, &files.join(" "));
    let place = |name: &str| said(&output).find(name).unwrap();
    assert!(place("z.log.gz") < place("a.log"), "{}", said(&output));
    assert_eq!(nexts(&scratch, "/"), ["/lamps"]);
    let scratch = Scratch::new();
    let out = scratch.path("out");
    let arguments = format!("--site https://www.shop.example --out {out} --robots none -");
    let mut child = headstart("learn", &arguments)
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    child.stdin.take().unwrap().write_all(&scratch::gzip(&text)).unwrap();
    assert!(child.wait().unwrap().success());
    assert_eq!(nexts(&scratch, "/"), ["/lamps"]);
}

/// Two weeks of a shop, of which a page of somebody's own is visited by one on each day.
fn two_weeks() -> Vec<Request> {
    let mut requests = Vec::new();
    for day in 0..14 {
        for visitor in 0..24 {
            for (at, (target, from)) in (0..).zip([("/", ""), ("/lamps", "/")]) {
                let (target, from) = (target.to_owned(), from.to_owned());
                requests.push(Request {
                    visitor,
                    minute: day * 1440 + visitor * 30 + at,
                    target,
                    from,
                    status: 200,
                });
            }
            if visitor == day {
                let (target, from) = ("/orders/ada-lovelace".to_owned(), "/lamps".to_owned());
                requests.push(Request {
                    visitor,
                    minute: day * 1440 + visitor * 30 + 3,
                    target,
                    from,
                    status: 200,
                });
            }
        }
    }
    requests
}

#[test]
fn logs_of_two_servers_teach_what_one_sorted_log_does() {
    let requests = two_weeks();
    let text = combined(&requests);
    let of = |server: usize| -> String {
        text.lines()
            .enumerate()
            .filter(|(at, _)| at % 5 % 2 == server)
            .flat_map(|(_, line)| [line, "\n"])
            .collect()
    };
    let (scratch, both) = (Scratch::new(), Scratch::new());
    assert!(learn(&scratch, &scratch.write("sorted.log", &text)).status.success());
    let logs = [("a.log", of(0)), ("b.log", of(1))].map(|(name, text)| both.write(name, text));
    let output = learn(&both, &logs.join(" "));
    assert_eq!((nexts(&both, "/"), nexts(&both, "/lamps")), (vec!["/lamps".to_owned()], Vec::new()));
    let pages = |scratch: &Scratch| value(scratch, "www.shop.example/next").unwrap()["pages"].clone();
    assert_eq!(pages(&both), pages(&scratch));
    assert!(
        said(&output).contains("686 lines: 686 views of pages, 350 of them by a link of the site\n"),
        "{}",
        said(&output)
    );
    // One behind the other in one file, what is of a day that is over counts for nobody.
    let joined = Scratch::new();
    let output = learn(&joined, &joined.write("joined.log", of(0) + &of(1)));
    assert_eq!(nexts(&joined, "/lamps"), Vec::<String>::new());
    assert!(said(&output).contains(" of a day that was over\n"), "{}", said(&output));
    assert!(
        said(&output).contains(" requests come after such as are of a later day, and count for nobody"),
        "{}",
        said(&output)
    );
}

#[test]
fn one_line_with_a_wrong_clock_does_not_void_a_log() {
    let text = combined(&two_weeks());
    let (sorted, wrong) = (Scratch::new(), Scratch::new());
    assert!(learn(&sorted, &sorted.write("sorted.log", &text)).status.success());
    let first = text.lines().next().unwrap().replace("01/Jun/2026", "02/Dec/2026");
    let output = learn(&wrong, &wrong.write("wrong.log", format!("{first}\n{text}")));
    let pages = |scratch: &Scratch| value(scratch, "www.shop.example/next").unwrap()["pages"].clone();
    assert_eq!(pages(&wrong), pages(&sorted));
    assert_eq!((nexts(&wrong, "/"), nexts(&wrong, "/lamps")), (vec!["/lamps".to_owned()], Vec::new()));
    assert!(
        said(&output).contains("1 of 687 line is later than most of those that follow, as of a clock that was ahead, and left out"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_page_that_turned_one_visitor_away_is_still_everybodys() {
    for status in [302, 401, 403] {
        let mut requests = visits(40);
        let (target, from) = ("/lamps".to_owned(), String::new());
        requests.insert(0, Request { visitor: 200, minute: 0, target, from, status });
        let scratch = Scratch::new();
        assert!(learn(&scratch, &scratch.write("access.log", combined(&requests))).status.success());
        assert_eq!(nexts(&scratch, "/"), ["/lamps"], "{status}");
        for visitor in 201..206 {
            let (target, from) = ("/lamps".to_owned(), String::new());
            requests.insert(0, Request { visitor, minute: 0, target, from, status });
        }
        let scratch = Scratch::new();
        assert!(learn(&scratch, &scratch.write("access.log", combined(&requests))).status.success());
        assert_eq!(nexts(&scratch, "/"), Vec::<String>::new(), "{status}");
    }
}

#[test]
fn a_few_broken_lines_are_counted_and_many_end_it() {
    let text = combined(&visits(40));
    let with = |broken: usize| {
        let mut lines: Vec<&str> = text.lines().collect();
        for at in 0..broken {
            lines.insert(2 * at + 3, "203.0.113.9 - - [01/Jun/2026:00:0");
        }
        lines.join("\n")
    };
    let scratch = Scratch::new();
    let output = learn(&scratch, &scratch.write("few.log", with(5)));
    assert!(output.status.success(), "{}", said(&output));
    assert!(
        said(&output).contains("5 of 205 lines are broken and left out; the first: "),
        "{}",
        said(&output)
    );
    assert!(
        said(&output).contains("few.log, line 4: 203.0.113.9 - - [01/Jun/2026:00:0\n"),
        "{}",
        said(&output)
    );
    let scratch = Scratch::new();
    let log = scratch.write("many.log", with(20));
    let output = learn(&scratch, &log);
    assert_eq!(output.status.code(), Some(1));
    assert!(
        said(&output).contains("20 of 220 lines are broken, more than 1 % (--max-broken)"),
        "{}",
        said(&output)
    );
    assert!(said(&output).contains("many.log, line 4: "), "{}", said(&output));
    assert!(!scratch.0.join("out").exists(), "nothing is written");
    assert!(learn(&scratch, &format!("--max-broken 10 {log}")).status.success());
}

#[test]
fn a_log_of_another_format_is_refused_with_its_first_line() {
    for (name, text, line) in [
        (
            "iis.log",
            "#Software: IIS\n2026-06-01 00:00:00 GET / 200\n",
            "line 1: its format is not known: #Software: IIS",
        ),
        (
            "syslog",
            "\nJun  1 00:00:00 web nginx: up\n",
            "line 2: its format is not known: Jun  1 00:00:00 web nginx: up",
        ),
        ("other.json", "{\"message\":\"up\"}\n", "line 1: its format is not known: {\"message\":\"up\"}"),
        ("binary", "\u{1b}[2J\0\n", "line 1: its format is not known: \u{fffd}[2J\u{fffd}"),
    ] {
        let scratch = Scratch::new();
        let output = learn(&scratch, &scratch.write(name, text));
        assert_eq!(output.status.code(), Some(1), "{name}");
        assert!(
            said(&output).contains(line) && said(&output).contains("expected is a line"),
            "{name}: {}",
            said(&output)
        );
    }
    let scratch = Scratch::new();
    let log = scratch.write("access.log.1.xz", b"\xfd7zXZ\0\0\x04\xe6\xd6");
    let output = learn(&scratch, &log);
    let expected = format!(
        "{log}: it is compressed with xz, which is not read here; unpack it in front, and name standard input in its place: xzcat FILE | \
         headstart learn … -\n"
    );
    assert!(said(&output).ends_with(&expected), "{}", said(&output));
    let scratch = Scratch::new();
    let output = learn(&scratch, &scratch.write("empty.log", "\n"));
    assert!(said(&output).contains("there is no line in "), "{}", said(&output));
    let output = learn(&scratch, scratch.0.to_str().unwrap());
    assert!(
        said(&output).contains("a folder is no log; saved pages are read with --pages"),
        "{}",
        said(&output)
    );
}

#[test]
fn a_log_without_its_ending_is_read_as_far_as_it_goes() {
    let text = combined(&visits(200));
    for (name, bytes) in [("cut.log.gz", scratch::gzip(&text)), ("cut.log.zst", scratch::zstandard(&text))] {
        let scratch = Scratch::new();
        let output = learn(&scratch, &scratch.write(name, &bytes[..bytes.len() - bytes.len() / 8]));
        assert!(output.status.success(), "{name}: {}", said(&output));
        assert!(
            said(&output).contains(": its end is missing; it was read as far as it goes"),
            "{}",
            said(&output)
        );
    }
}

#[test]
fn thresholds_are_the_workers_and_what_robots_say_has_to_be_known() {
    let log = combined(&visits(6));
    let scratch = Scratch::new();
    let file = scratch.write("few.log", log);
    let output = learn(&scratch, &file);
    let few = "no next page is named: no page had 10 visitors on one day. The page with the most had 6; headstart rehearse says what \
               fewer would give (MIN_VISITORS)\n";
    assert!(said(&output).contains(few), "{}", said(&output));
    assert_eq!(nexts(&scratch, "/"), Vec::<String>::new());
    assert!(learn(&scratch, &format!("--min-visitors 3 {file}")).status.success());
    assert_eq!(nexts(&scratch, "/"), ["/lamps"]);
    let output = learn(&scratch, &format!("--var MIN_VISITOR=3 {file}"));
    assert!(!output.status.success() && said(&output).contains("MIN_VISITORS"), "{}", said(&output));
    let output = learn_with(&scratch, &file);
    assert!(!output.status.success() && said(&output).contains("--robots none"), "{}", said(&output));
    let robots = scratch.write("robots.txt", "User-agent: *\nDisallow: /lamps\n");
    assert!(learn_with(&scratch, &format!("--robots {robots} --min-visitors 3 {file}")).status.success());
    assert_eq!(nexts(&scratch, "/"), Vec::<String>::new());
    let out = scratch.path("other");
    let arguments = format!("--site https://other.example --robots none --out {out} {file}");
    let output = headstart("learn", &arguments).output().unwrap();
    // Its referrers are another site's, so nobody followed a link.
    assert!(said(&output).contains("0 of them by a link of the site"), "{}", said(&output));
    let other = "no next page is named: no view came by a link of the site, since no Referer names a page of it; --site has to be the \
                 host that visitors see\n";
    assert!(said(&output).contains(other) && !said(&output).contains("MIN_VISITORS"), "{}", said(&output));
    let direct: Vec<Request> =
        visits(3).into_iter().map(|request| Request { from: String::new(), ..request }).collect();
    let output = learn(&scratch, &scratch.write("direct.log", combined(&direct)));
    let none = "no next page is named: no view came by a link of the site, and none says where its visitor came from; let the server \
                log the Referer\n";
    assert!(said(&output).contains(none) && !said(&output).contains("MIN_VISITORS"), "{}", said(&output));
}

#[test]
fn saved_pages_give_hints_and_combine_with_a_log() {
    let scratch = Scratch::new();
    let log = scratch.write("access.log", combined(&visits(6)));
    let page = "<!doctype html><script src=https://cdn.example/a.js></script><a href=/lamps/1>one</a>";
    scratch.write("saved/index.html", page);
    scratch.write("saved/lamps/1", "no page");
    scratch.write("saved/about/index.html", "<!doctype html><p>x");
    let pages = scratch.path("saved");
    let output = learn(&scratch, &format!("{log} --pages {pages}"));
    assert!(output.status.success(), "{}", said(&output));
    let hints = value(&scratch, "www.shop.example/0").unwrap();
    assert_eq!(hints["pages"]["/"], serde_json::json!([["https://cdn.example", 1]]));
    assert_eq!(hints["pages"]["/about/"], serde_json::json!([]));
    assert_eq!(hints["pages"].as_object().unwrap().len(), 2);
    assert!(value(&scratch, "import/www.shop.example/0").is_some());
    assert!(value(&scratch, "import/www.shop.example/next").is_some());
}
