//! Scripts as npm has them, for the origins of the tests.

use super::origin::ok;
use std::io::Write;
use std::process::{Command, Stdio};

/// The answer with a script of a package, by its path in `node_modules`; nothing where the path names none.
pub fn file(path: &str) -> Option<Vec<u8>> {
    let script = std::fs::read(super::root().join("node_modules").join(path.strip_prefix('/')?)).ok()?;
    path.ends_with(".js").then(|| ok("Content-Type: text/javascript; charset=utf-8\r\n", &script))
}

/// The answer with a script and all that it imports from packages, as a site would build it.
pub fn bundle(script: &str) -> Vec<u8> {
    let mut esbuild = Command::new(super::root().join("node_modules/.bin/esbuild"))
        .args(["--bundle", "--format=iife", "--log-level=error"])
        .current_dir(super::root())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .spawn()
        .expect("esbuild starts");
    esbuild.stdin.take().unwrap().write_all(script.as_bytes()).unwrap();
    let built = esbuild.wait_with_output().unwrap();
    assert!(built.status.success(), "the script is built");
    ok("Content-Type: text/javascript; charset=utf-8\r\n", &built.stdout)
}
