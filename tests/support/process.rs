//! A program on a leash: it and all that it starts end with the test, whatever ends the test.

use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex};
use std::time::Duration;

pub struct Program {
    child: Child,
    output: Arc<Mutex<Vec<String>>>,
}

impl Program {
    /// Starts a command; `environment` is added to the test's own.
    pub fn start(command: &[&str], environment: &[(&str, &str)]) -> Self {
        let mut child = Command::new("node")
            .arg(super::root().join("tests/support/leash.mjs"))
            .args(command)
            .current_dir(super::root())
            .envs(environment.iter().copied())
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .expect("node starts");
        let output = Arc::new(Mutex::new(Vec::new()));
        gather(child.stdout.take().unwrap(), &output);
        gather(child.stderr.take().unwrap(), &output);
        Self { child, output }
    }

    /// Everything printed so far, line by line.
    pub fn output(&self) -> Vec<String> {
        self.output.lock().unwrap().clone()
    }

    /// Waits for a line that `wanted` accepts. When the program ends before, panics with what it printed.
    pub fn line(&mut self, what: &str, within: Duration, wanted: impl Fn(&str) -> bool) -> String {
        super::eventually(what, within, || {
            let found = self.output().into_iter().find(|line| wanted(line));
            if found.is_none() && self.child.try_wait().unwrap().is_some() {
                panic!("{what}: the program has ended:\n{}", self.output().join("\n"));
            }
            found
        })
    }
}

impl Program {
    /// Ends it and all that it has started at once, without a chance to finish anything.
    pub fn kill(&mut self) {
        if let Some(mut stdin) = self.child.stdin.take() {
            let _ = stdin.write_all(b"!");
        }
        let _ = self.child.wait();
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        drop(self.child.stdin.take());
        let _ = self.child.wait();
    }
}

fn gather(stream: impl Read + Send + 'static, into: &Arc<Mutex<Vec<String>>>) {
    let into = Arc::clone(into);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let Ok(line) = line else { return };
            into.lock().unwrap().push(line);
        }
    });
}
