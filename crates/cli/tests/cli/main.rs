//! The command line as it is run: what it prints, to whom, and with which exit code.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod arguments;
mod crawl;
mod doctor;
mod evaluate;
mod explain;
mod learn;
mod oracle;
mod output;
mod rehearse;
mod scratch;
mod server;
#[path = "../../../../tests/support/told.rs"]
mod told;

use std::path::{Path, PathBuf};
use std::process::Command;

/// The project's folder.
fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// Material that may lie beside the checkout and is too large, or not ours, to be part of it.
fn beside(path: &str) -> Option<PathBuf> {
    let path = root().join("../shared").join(path);
    path.exists().then_some(path)
}

/// A command of the program, to be run in the project's folder.
fn headstart(command: &str, arguments: &str) -> Command {
    let mut program = Command::new(env!("CARGO_BIN_EXE_headstart"));
    program.args(command.split_whitespace()).args(arguments.split_whitespace()).current_dir(root());
    program
}
