//! What fails a test by its Worker's log, and what does not.

use crate::support;
use crate::support::http;
use crate::support::log::{self, is_error};
use crate::support::shared::Shared;
use crate::support::site::Site;
use crate::support::worker::Worker;
use crate::support::wrangler::{Config, Workerd, Wrangler};
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::process::Command;
use std::time::Duration;

fn failing() -> Wrangler {
    Wrangler::start(&[Config::script("failing", &support::root().join("tests/data/failing.mjs"), &[])])
}

fn fail(worker: &Wrangler, kind: &str) {
    http::post_unchecked(worker.port, &format!("/{kind}"));
}

/// What fails a test with this, as it ends.
fn complaint<T>(worker: T) -> Option<String> {
    let ended = catch_unwind(AssertUnwindSafe(|| drop(worker)));
    ended.err().map(|panic| panic.downcast_ref::<String>().expect("a text").clone())
}

#[test]
fn lines_that_tell_of_an_error_are_told_from_others() {
    let mut kinds = [0, 0];
    for line in include_str!("../data/worker_logs.txt").lines() {
        let (kind, line) = match line.split_once(' ') {
            Some(("error", line)) => (1, line),
            Some(("fine", line)) => (0, line),
            _ => {
                assert!(line.is_empty() || line.starts_with('#'), "{line}");
                continue;
            }
        };
        let line = line.replace("\\e", "\u{1b}");
        assert_eq!(is_error(&line), kind == 1, "{line}");
        kinds[kind] += 1;
    }
    assert!(kinds[0] > 8 && kinds[1] > 20, "{kinds:?}");
}

#[test]
fn an_error_is_shown_with_the_stack_below_it_and_without_colours() {
    let lines = [
        "[wrangler:info] GET / 200 OK (2ms)",
        "\u{1b}[31m✘ \u{1b}[41;31m[\u{1b}[41;97mERROR\u{1b}[41;31m]\u{1b}[0m \u{1b}[1mUncaught Error: x\u{1b}[0m",
        "",
        "      at fetch (file:///worker.mjs:1:2)",
        "",
        "[wrangler:info] GET / 200 OK (3ms)",
    ]
    .map(str::to_owned);
    let shown = ["✘ [ERROR] Uncaught Error: x", "      at fetch (file:///worker.mjs:1:2)"];
    assert_eq!(log::errors(&lines, &[]), shown);
    assert_eq!(log::errors(&lines, &["Error: x".to_owned()]), [""; 0]);
    assert_eq!(log::errors(&lines, &["Error: y".to_owned()]), shown);
}

#[test]
fn every_failure_of_a_worker_fails_the_test() {
    let worker = failing();
    let told = [
        ("throw", "TypeError: it throws"),
        ("hang", "had hung and would never generate a response"),
        ("later", "Uncaught Error: it throws after the answer"),
        ("timer", "Uncaught Error: it throws by a timer"),
        ("error", "Headstart: it says so"),
        ("unreachable", "RuntimeError: unreachable"),
        ("beyond", "memory access out of bounds"),
        // The last, since it breaks the connection that the development server would send the next request on.
        ("stream", "its body breaks off"),
    ];
    for (kind, text) in told {
        fail(&worker, kind);
        support::eventually(kind, Duration::from_secs(10), || {
            worker.program.output().iter().any(|line| line.contains(text)).then_some(())
        });
    }
    let complaint = complaint(worker).expect("a complaint");
    for (kind, text) in told {
        assert!(complaint.contains(text), "{kind}: {complaint}");
    }
}

#[test]
fn a_worker_that_does_not_fail_fails_no_test_and_neither_does_an_error_that_is_expected() {
    let worker = failing();
    for kind in ["none", "warning", "log", "throw"] {
        fail(&worker, kind);
    }
    worker.expects("TypeError: it throws");
    assert_eq!(complaint(worker), None);
}

#[test]
fn an_expected_error_that_does_not_come_fails_the_test_and_so_does_another() {
    let worker = failing();
    worker.expects("TypeError: it throws");
    let missing = complaint(worker).expect("a complaint");
    assert!(missing.contains("does not tell of") && missing.contains("it throws"), "{missing}");

    let worker = failing();
    worker.expects("TypeError: it throws");
    fail(&worker, "throw");
    fail(&worker, "error");
    let other = complaint(worker).expect("a complaint");
    assert!(other.contains("it says so") && !other.contains("it throws"), "{other}");
}

#[test]
fn a_worker_that_ends_by_itself_fails_the_test() {
    let site = Site::start(&[]);
    let workerd = Workerd::start(&site.origin.url(), &[]);
    let pid = workerd.pid.expect("a process").to_string();
    assert!(Command::new("kill").args(["-SEGV", &pid]).status().unwrap().success());
    support::eventually("it has ended", Duration::from_secs(10), || {
        workerd.program.output().iter().any(|line| line.contains("Received signal")).then_some(())
    });
    let complaint = complaint(workerd).expect("a complaint");
    assert!(complaint.contains("Received signal"), "{complaint}");
    drop(site);
}

#[test]
fn every_failure_of_a_worker_without_wrangler_fails_the_test_and_no_other() {
    let (failing, other) = (Worker::start_script("failing.mjs"), Worker::start_script("failing.mjs"));
    let told = [
        ("throw", "TypeError: it throws"),
        ("hang", "had hung and would never generate a response"),
        ("later", "Uncaught Error: it throws after the answer"),
        ("timer", "Uncaught Error: it throws by a timer"),
        ("error", "[ERROR] Headstart: it says so"),
        ("unreachable", "unreachable"),
        ("beyond", "memory access out of bounds"),
        ("stream", "its body breaks off"),
    ];
    for (kind, text) in told {
        http::post_unchecked(failing.port, &format!("/{kind}"));
        support::eventually(kind, Duration::from_secs(10), || {
            failing.output().iter().any(|line| line.contains(text)).then_some(())
        });
    }
    for kind in ["none", "warning", "log"] {
        http::post_unchecked(other.port, &format!("/{kind}"));
    }
    assert_eq!(complaint(other), None);
    let complaint = complaint(failing).expect("a complaint");
    for (kind, text) in told {
        assert!(complaint.contains(text), "{kind}: {complaint}");
    }
    let unexpecting = Worker::start_script("failing.mjs");
    unexpecting.expects("TypeError: it throws");
    assert!(self::complaint(unexpecting).expect("a complaint").contains("does not tell of"));
}

#[test]
fn what_fails_in_workerd_without_wrangler_fails_the_test_as_well() {
    let workerd = Workerd::start("nonsense", &[]);
    // The zone's own origin is asked instead, which is nowhere.
    workerd.program.expects("DNS lookup failed");
    // Headstart says what is wrong, which is a warning; the plain Worker throws.
    assert!(http::get(workerd.headstart, "/", &[]).status() >= 500);
    let warned = || workerd.program.output().iter().any(|line| line.contains("Headstart: ")).then_some(());
    support::eventually("a warning", Duration::from_secs(10), warned);
    assert_eq!(workerd.program.log().unexpected(), None);
    assert_eq!(http::get(workerd.plain, "/", &[]).status(), 500);
    let complaint = complaint(workerd).expect("a complaint");
    assert!(complaint.contains("Uncaught exception"), "{complaint}");
}

static SHARED: Shared<Wrangler> = Shared::new(failing);

/// What tells the test below that it is the one that is run by itself.
const ALONE: &str = "HEADSTART_TEST_ALONE";

#[test]
fn every_test_that_uses_a_shared_worker_fails_by_its_log_and_so_does_the_run() {
    if std::env::var_os(ALONE).is_some() {
        let first = SHARED.lease();
        fail(&first, "none");
        assert_eq!(complaint(first), None);
        let second = SHARED.lease();
        second.expects("TypeError: it throws");
        fail(&second, "throw");
        assert_eq!(complaint(second), None);
        let (third, fourth) = (SHARED.lease(), SHARED.lease());
        fail(&third, "error");
        let is_said = || third.program.output().iter().any(|line| line.contains("it says so")).then_some(());
        support::eventually("the error is logged", Duration::from_secs(10), is_said);
        for lease in [third, fourth] {
            let complaint = complaint(lease).expect("a complaint");
            assert!(complaint.contains("it says so") && !complaint.contains("it throws"), "{complaint}");
        }
        return;
    }
    let name = "every_test_that_uses_a_shared_worker_fails_by_its_log_and_so_does_the_run";
    let run = Command::new(std::env::current_exe().unwrap())
        .args([name, "--nocapture"])
        .env(ALONE, "1")
        .output()
        .unwrap();
    let (out, err) = (String::from_utf8_lossy(&run.stdout), String::from_utf8_lossy(&run.stderr));
    assert!(out.contains("1 passed"), "{out}{err}");
    assert_eq!(run.status.code(), Some(101), "{out}{err}");
    assert!(err.contains("several tests have used") && err.contains("it says so"), "{err}");
}
