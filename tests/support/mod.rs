//! What the end to end tests share: a raw HTTP client, an origin that records what it got, and the programs that they
//! start. Everything is real: workerd, with and without `wrangler dev`, TCP, Chromium.
#![allow(
    dead_code,
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

pub mod browser;
pub mod devtools;
pub mod folder;
pub mod guesses;
pub mod http;
pub mod log;
pub mod numbers;
pub mod origin;
pub mod packages;
pub mod pages;
pub mod process;
pub mod rule_sets;
pub mod shared;
pub mod shop;
pub mod site;
pub mod told;
pub mod worker;
pub mod wrangler;

use std::net::TcpListener;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::{Duration, Instant};

/// The project's folder.
pub fn root() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR"))
}

/// The command line, which `cargo test --workspace` builds beside the tests, to be run in the project's folder.
pub fn command_line() -> Command {
    let tests = std::env::current_exe().unwrap();
    let program = tests.parent().and_then(Path::parent).unwrap().join("headstart");
    assert!(
        program.exists(),
        "{} does not exist; `cargo build -p headstart-cli` builds it",
        program.display()
    );
    let mut command = Command::new(program);
    command.current_dir(root());
    command
}

/// Material that may lie beside the checkout and is too large, or not ours, to be part of it.
pub fn beside(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(path);
    path.exists().then_some(path)
}

/// A port of 127.0.0.1 that is free, and stays so until somebody listens there: each is given once, from below those that
/// systems give to connections by themselves (from 32768, or from 49152).
pub fn free_port() -> u16 {
    const FIRST: u32 = 20_000;
    const MANY: u32 = 12_000;
    static NEXT: AtomicU32 = AtomicU32::new(0);
    loop {
        // Another run of the tests begins somewhere else.
        // Some programs take the ports behind theirs as well.
        const APART: u32 = 8;
        let number = NEXT.fetch_add(1, Ordering::Relaxed);
        let at = std::process::id().wrapping_mul(977).wrapping_add(number.wrapping_mul(APART));
        let port = u16::try_from(FIRST + at % MANY).unwrap();
        if TcpListener::bind(("127.0.0.1", port)).is_ok() {
            return port;
        }
    }
}

/// Calls `probe` until it gives something, and panics with `what` when it has not within the time.
pub fn eventually<T>(what: &str, within: Duration, mut probe: impl FnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = probe() {
            return found;
        }
        assert!(start.elapsed() < within, "not within {within:?}: {what}");
        std::thread::sleep(Duration::from_millis(50));
    }
}
