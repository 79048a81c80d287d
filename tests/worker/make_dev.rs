//! `make dev`, as a newcomer runs it: one line when the site answers, and nothing left after Ctrl-C.

use crate::support;
use crate::support::http;
use crate::support::log;
use nix::sys::signal::{Signal, killpg};
use nix::unistd::Pid;
use std::io::{BufRead, BufReader, Read};
use std::net::TcpListener;
use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};
use std::sync::mpsc::Receiver;
use std::time::Duration;

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

/// Starts a command in a process group of its own, marked, as a terminal would.
fn start(command: &mut Command, mark: &str) -> Child {
    command
        .current_dir(support::root())
        // What runs these tests may itself be make.
        .env_remove("MAKEFLAGS")
        .env_remove("MAKELEVEL")
        .env_remove("ORIGIN")
        .env(MARK, mark)
        .stdin(Stdio::null())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .process_group(0)
        .spawn()
        .expect("it starts")
}

/// The lines that a program prints, as they come.
fn lines_of(output: impl Read + Send + 'static) -> Receiver<String> {
    let (sender, lines) = std::sync::mpsc::channel();
    std::thread::spawn(move || {
        for line in BufReader::new(output).lines().map_while(Result::ok) {
            let _ = sender.send(line);
        }
    });
    lines
}

#[test]
fn it_prints_one_line_when_the_site_answers_and_ends_cleanly_on_ctrl_c() {
    let port = support::free_port();
    let mark = format!("{}-{port}", std::process::id());
    let mut make = Command::new("make");
    make.arg("dev").arg(format!("PORT={port}"));
    let mut make = start(&mut make, &mark);
    let group = Pid::from_raw(i32::try_from(make.id()).unwrap());
    let lines = lines_of(make.stdout.take().unwrap());
    let said = lines_of(make.stderr.take().unwrap());

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
    for lines in [&printed, &said.try_iter().collect()] {
        assert_eq!(log::errors(lines, &[]), Vec::<String>::new());
    }
    assert!(!printed.iter().any(|line| line.contains("(hidden)")), "{printed:#?}");
    assert!(printed.iter().any(|line| line.contains("curl -s -o /dev/null -D - http")), "{printed:#?}");
    assert_eq!(printed.iter().filter(|line| line.starts_with("Headstart ready")).count(), 1, "{printed:#?}");
}

#[test]
fn two_run_in_one_folder_and_a_port_that_the_demo_misses_is_named() {
    let (first, second) = (support::free_port(), support::free_port());
    // Where the second one's shop would answer.
    let taken = TcpListener::bind(("127.0.0.1", second + 1));
    let mark = format!("{}-{first}-{second}", std::process::id());
    let mut runs: Vec<(u16, Child)> = Vec::new();
    for port in [first, second] {
        let mut command = Command::new("node");
        command.arg("tools/dev.mjs").env("PORT", port.to_string());
        runs.push((port, start(&mut command, &mark)));
    }
    let mut said = Vec::new();
    for (port, run) in &mut runs {
        let lines = lines_of(run.stdout.take().unwrap());
        said.push(lines_of(run.stderr.take().unwrap()));
        let ready = format!("Headstart ready on http://127.0.0.1:{port}");
        while lines.recv_timeout(Duration::from_secs(120)).expect("it gets ready") != ready {}
    }
    for (port, _) in &runs {
        assert!(http::get(*port, "/", &[]).text().contains("The Lamp Shop"));
    }
    let said: Vec<String> = said[1].try_iter().collect();
    assert!(said.iter().any(|line| line.contains(&format!("in use: port {}", second + 1))), "{said:#?}");
    drop(taken);
    for (_, run) in &mut runs {
        killpg(Pid::from_raw(i32::try_from(run.id()).unwrap()), Signal::SIGINT).unwrap();
    }
    for (port, run) in &mut runs {
        support::eventually("it has ended", Duration::from_secs(20), || run.try_wait().unwrap());
        std::fs::remove_dir_all(support::root().join(format!(".dev/{port}"))).unwrap();
    }
    assert_eq!(marked(&mark), Vec::<String>::new(), "left running");
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
