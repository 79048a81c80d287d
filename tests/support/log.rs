//! The log of a Worker: what it printed, and which lines of it fail the test that caused them.
//!
//! A Worker that throws, hangs or starts anew may answer the next request as if nothing had been. So every line is read, and
//! one that tells of such a thing must have been expected.

use std::sync::Mutex;
use std::time::{Duration, Instant};

/// What tells of an error, in the words of wrangler, of workerd, of `worker` and of Rust.
const SIGNS: [&str; 14] = [
    // What a Worker writes by `console.error`, and what it throws, as wrangler and bench/serve.mjs show it.
    "[ERROR]",
    "[wrangler:error]",
    // What it throws, as workerd and Node do.
    "Uncaught ",
    "uncaughtException",
    "UnhandledPromiseRejection",
    // What ends a wasm instance, and what comes after.
    "RuntimeError",
    "memory access out of bounds",
    "panicked at",
    "Rust panic",
    "Reinitializing Wasm application",
    // A request that nothing would ever have answered.
    "code had hung",
    // The end of workerd itself.
    "*** Received signal",
    "*** Fatal uncaught",
    ENDED,
];

/// What is written as an error where the visitor or the origin has gone away, which both may do: all parts of one of these.
const GONE: [&[&str]; 2] = [
    // By workerd.
    &["kj::getCaughtExceptionAsKj() = ", " disconnected: "],
    // By the inspector, when a browser ends while it is being answered.
    &["Uncaught Error: Network connection lost."],
];

/// What [`Program`](super::process::Program) adds to the log of a Worker that has ended before the test did.
pub const ENDED: &str = "the program has ended by itself";

/// How many of the lines below one that tells of an error are shown with it: the stack.
const SHOWN_BELOW: usize = 12;

/// How long no line has come when a log is quiet, and how long that is waited for.
const QUIET: Duration = Duration::from_millis(50);
const SETTLE_TIMEOUT: Duration = Duration::from_secs(2);

/// How long a line may take to come that must.
const SAID_TIMEOUT: Duration = Duration::from_mins(1);

/// Whether a line tells of an error.
pub fn is_error(line: &str) -> bool {
    let line = plain(line);
    SIGNS.iter().any(|sign| line.contains(sign))
        && !GONE.iter().any(|parts| parts.iter().all(|part| line.contains(part)))
}

/// A line without the escape sequences that colour it.
pub fn plain(line: &str) -> String {
    let mut plain = String::new();
    let mut rest = line;
    while let Some(at) = rest.find("\u{1b}[") {
        plain.push_str(&rest[..at]);
        rest = &rest[at + 2..];
        let end =
            rest.find(|character: char| character.is_ascii_alphabetic()).map_or(rest.len(), |end| end + 1);
        rest = &rest[end..];
    }
    plain + rest
}

/// The lines that tell of errors which are not expected, each with the stack below it.
pub fn errors(lines: &[String], expected: &[String]) -> Vec<String> {
    let mut errors = Vec::new();
    for (at, line) in lines.iter().enumerate() {
        if !is_error(line) || expected.iter().any(|expected| plain(line).contains(expected)) {
            continue;
        }
        let below = lines[at + 1..].iter().take_while(|line| line.starts_with(' ') || line.is_empty());
        let stack = below.take(SHOWN_BELOW).filter(|line| !line.trim().is_empty());
        errors.extend(std::iter::once(line).chain(stack).map(|line| plain(line)));
    }
    errors
}

/// What a program has printed, and what of it is expected.
#[derive(Default)]
pub struct Log {
    lines: Mutex<Vec<String>>,
    expected: Mutex<Vec<String>>,
    allowed: Mutex<Vec<String>>,
}

impl Log {
    pub fn add(&self, line: String) {
        self.lines.lock().unwrap().push(line);
    }

    /// Everything printed so far, line by line.
    pub fn lines(&self) -> Vec<String> {
        self.lines.lock().unwrap().clone()
    }

    /// What Headstart itself logged, line by line.
    pub fn of_headstart(&self) -> Vec<String> {
        self.lines().iter().filter(|line| line.contains("Headstart:")).map(|line| plain(line)).collect()
    }

    /// Expects an error: at least one line that tells of one and contains this text.
    pub fn expect(&self, text: &str) {
        self.expected.lock().unwrap().push(text.to_owned());
    }

    /// Allows an error that may come or not.
    pub fn allow(&self, text: &str) {
        self.allowed.lock().unwrap().push(text.to_owned());
    }

    /// What is wrong with the log: errors that nobody expects. Nothing where there is none.
    pub fn unexpected(&self) -> Option<String> {
        let expected = [&self.expected.lock().unwrap()[..], &self.allowed.lock().unwrap()].concat();
        let errors = errors(&self.lines(), &expected);
        (!errors.is_empty()).then(|| format!("the Worker's log tells of an error:\n{}", errors.join("\n")))
    }

    /// Those of these expected errors that have not come. Nothing where all have.
    pub fn missing(&self, expected: &[String]) -> Option<String> {
        let lines = self.lines();
        let errors: Vec<String> =
            lines.iter().filter(|line| is_error(line)).map(|line| plain(line)).collect();
        let missing: Vec<&String> =
            expected.iter().filter(|text| !errors.iter().any(|line| line.contains(*text))).collect();
        (!missing.is_empty())
            .then(|| format!("the Worker's log does not tell of an error that is expected: {missing:?}"))
    }

    /// What is wrong with the whole log.
    pub fn complaint(&self) -> Option<String> {
        let expected = self.expected.lock().unwrap().clone();
        self.unexpected().or_else(|| self.missing(&expected))
    }
}

/// How many lines that Headstart logged have this text in them, so far.
pub fn times(log: &Log, text: &str) -> usize {
    log.of_headstart().iter().filter(|line| line.contains(text)).count()
}

/// Panics unless Headstart comes to log this many lines with a text in them, and no more. They come later than the answer on which
/// they were printed, so that a test that only looks sees none on a busy machine.
pub fn assert_said(log: &Log, text: &str, expected: usize) {
    super::eventually(text, SAID_TIMEOUT, || (times(log, text) >= expected).then_some(()));
    settle(&[log]);
    assert_eq!(times(log, text), expected, "{text}: {:?}", log.of_headstart());
}

/// Waits until no more lines come: what a Worker prints takes its time from workerd through wrangler to here.
pub fn settle(logs: &[&Log]) {
    let deadline = Instant::now() + SETTLE_TIMEOUT;
    let mut before = usize::MAX;
    loop {
        let now = logs.iter().map(|log| log.lines.lock().unwrap().len()).sum();
        if now == before || Instant::now() > deadline {
            return;
        }
        before = now;
        std::thread::sleep(QUIET);
    }
}
