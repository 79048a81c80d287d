//! `make dev`, as a newcomer runs it: one line when the site answers, and nothing left after Ctrl-C.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader};
use std::os::unix::process::CommandExt;
use std::process::{Command, Stdio};
use std::time::Duration;
use support::http;

/// Names the run in the environment of everything that it starts, so that leftovers can be found.
const MARK: &str = "HEADSTART_DEV_TEST";

/// The command lines of processes that carry the mark. Without a /proc there is none to see.
fn marked(mark: &str) -> Vec<String> {
    let Ok(entries) = std::fs::read_dir("/proc") else { return Vec::new() };
    let wanted = format!("{MARK}={mark}").into_bytes();
    let marked = entries.flatten().filter(|entry| {
        let environment = std::fs::read(entry.path().join("environ")).unwrap_or_default();
        environment.split(|byte| *byte == 0).any(|variable| variable == wanted)
    });
    marked
        .map(|entry| {
            let line = std::fs::read(entry.path().join("cmdline")).unwrap_or_default();
            String::from_utf8_lossy(&line).replace('\0', " ")
        })
        .filter(|line| !line.is_empty())
        .collect()
}

#[test]
fn it_prints_one_line_when_the_site_answers_and_ends_cleanly_on_ctrl_c() {
    let port = support::free_port();
    let mark = format!("{}-{port}", std::process::id());
    let mut make = Command::new("make")
        .arg("dev")
        .arg(format!("PORT={port}"))
        .current_dir(support::root())
        // What runs these tests may itself be make.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .env(MARK, &mark)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .process_group(0)
        .spawn()
        .expect("make starts");
    let group = Pid::from_raw(i32::try_from(make.id()).unwrap());
    let (sender, lines) = std::sync::mpsc::channel();
    let output = BufReader::new(make.stdout.take().unwrap());
    std::thread::spawn(move || {
        for line in output.lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });

    let ready = format!("Headstart ready on http://127.0.0.1:{port}");
    let mut printed = Vec::new();
    while !printed.contains(&ready) {
        let line = lines.recv_timeout(Duration::from_secs(240));
        printed.push(line.unwrap_or_else(|error| panic!("not ready: {error}; so far: {printed:#?}")));
    }
    let home = http::get(port, "/", &[]);
    assert_eq!(home.status(), 200);
    assert!(home.text().contains("The Lamp Shop"), "{}", home.text());
    assert_eq!(home.head.all("speculation-rules"), ["\"/_headstart/rules/site.json\""]);
    if std::path::Path::new("/proc/self/environ").exists() {
        assert!(marked(&mark).iter().any(|line| line.contains("workerd")), "the search finds what runs");
    }

    // Ctrl-C reaches the whole group that the terminal runs.
    killpg(group, Signal::SIGINT).unwrap();
    support::eventually("make has ended", Duration::from_secs(20), || make.try_wait().unwrap());
    assert_eq!(marked(&mark), Vec::<String>::new(), "left running");
    assert!(std::net::TcpListener::bind(("127.0.0.1", port)).is_ok(), "the port is free again");
    printed.extend(lines.try_iter());
    assert_eq!(printed.iter().filter(|line| line.starts_with("Headstart ready")).count(), 1, "{printed:#?}");
}

#[test]
fn a_port_in_use_and_values_that_are_none_are_named() {
    let taken = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = taken.local_addr().unwrap().port().to_string();
    for (port, message) in [(port.as_str(), "is in use"), ("many", "it must be a number from 1 to 65535")] {
        let run = Command::new("node")
            .arg("tools/dev.mjs")
            .current_dir(support::root())
            .env("PORT", port)
            .env_remove("ORIGIN")
            .output()
            .unwrap();
        assert!(!run.status.success());
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(said.contains(message), "{port}: {said}");
    }
    let port = support::free_port().to_string();
    let own = format!("http://localhost:{port}");
    for (origin, message) in [
        ("example.org", "it must be a URL"),
        ("https://example.org/shop", "it must be a URL"),
        (own.as_str(), "choose another PORT"),
    ] {
        let run = Command::new("node")
            .arg("tools/dev.mjs")
            .current_dir(support::root())
            .env("PORT", &port)
            .env("ORIGIN", origin)
            .output()
            .unwrap();
        assert!(!run.status.success());
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(said.contains(message), "{origin}: {said}");
    }
}
