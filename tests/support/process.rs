//! A program that ends with the test, as does all that it starts, whatever ends the test. A Worker's log is then read to its
//! end, and an error in it that was not expected fails the test.

use super::log::{ENDED, Log};
use std::io::{BufRead, BufReader, Read, Write};
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::{Arc, Mutex, Once, Weak};
use std::thread::JoinHandle;
use std::time::{Duration, Instant};

/// How long the rest of a log may take once the program has ended.
const READ_TIMEOUT: Duration = Duration::from_secs(5);

pub struct Program(Arc<Inner>);

/// What is needed to end a program and to read its log, from wherever that is done.
struct Inner {
    child: Mutex<Child>,
    stdin: Mutex<Option<ChildStdin>>,
    readers: Mutex<Vec<JoinHandle<()>>>,
    log: Log,
    is_worker: bool,
    /// Takes a line that belongs to another log; those that it does not take stand in this one.
    forward: fn(&str) -> bool,
}

/// The Workers that run. Those that several tests share stand in statics, which are never dropped.
static WORKERS: Mutex<Vec<Weak<Inner>>> = Mutex::new(Vec::new());

impl Program {
    /// Starts a command; `environment` is added to the test's own.
    pub fn start(command: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::run(command, environment, false, |_| false)
    }

    /// Starts a command in which a Worker runs, and whose log tells of the Worker's errors.
    pub fn start_worker(command: &[&str], environment: &[(&str, &str)]) -> Self {
        Self::start_workers(command, environment, |_| false)
    }

    /// Starts a command in which several Workers run, each with a log of its own, to which `forward` adds its lines. It
    /// says whether it has.
    pub fn start_workers(command: &[&str], environment: &[(&str, &str)], forward: fn(&str) -> bool) -> Self {
        static AT_EXIT: Once = Once::new();
        AT_EXIT.call_once(check_at_exit);
        let program = Self::run(command, environment, true, forward);
        let mut workers = WORKERS.lock().unwrap();
        workers.retain(|worker| worker.strong_count() > 0);
        workers.push(Arc::downgrade(&program.0));
        program
    }

    fn run(
        command: &[&str],
        environment: &[(&str, &str)],
        is_worker: bool,
        forward: fn(&str) -> bool,
    ) -> Self {
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
        let (stdin, stdout, stderr) = (child.stdin.take(), child.stdout.take(), child.stderr.take());
        let inner = Arc::new(Inner {
            child: Mutex::new(child),
            stdin: Mutex::new(stdin),
            readers: Mutex::default(),
            log: Log::default(),
            is_worker,
            forward,
        });
        let readers = vec![gather(stdout.unwrap(), &inner), gather(stderr.unwrap(), &inner)];
        *inner.readers.lock().unwrap() = readers;
        Self(inner)
    }

    /// Everything printed so far, line by line.
    pub fn output(&self) -> Vec<String> {
        self.0.log.lines()
    }

    /// What it prints, and what of it is expected.
    pub fn log(&self) -> &Log {
        &self.0.log
    }

    /// Expects an error in the Worker's log: a line that tells of one and contains this text. The test fails if it does not
    /// come.
    pub fn expects(&self, text: &str) {
        self.0.log.expect(text);
    }

    /// Waits for a line that `wanted` accepts. When the program ends before, panics with what it printed.
    pub fn line(&mut self, what: &str, within: Duration, wanted: impl Fn(&str) -> bool) -> String {
        super::eventually(what, within, || {
            let found = self.output().into_iter().find(|line| wanted(line));
            if found.is_none() && self.0.child.lock().unwrap().try_wait().unwrap().is_some() {
                panic!("{what}: the program has ended:\n{}", self.output().join("\n"));
            }
            found
        })
    }

    /// Ends it and all that it has started at once, without a chance to finish anything.
    pub fn kill(&mut self) {
        if let Some(mut stdin) = self.0.stdin.lock().unwrap().take() {
            let _ = stdin.write_all(b"!");
            drop(stdin);
        }
        self.0.end();
    }
}

impl Inner {
    /// Ends it, unless it has been, and reads what it still has to say.
    fn end(&self) {
        let mut child = self.child.lock().unwrap();
        if let Some(stdin) = self.stdin.lock().unwrap().take() {
            if let Ok(Some(status)) = child.try_wait() {
                self.log.add(format!("{ENDED} ({status})"));
            }
            drop(stdin);
        }
        let _ = child.wait();
        // The leash has ended everything that holds the other ends, but what has left its process group.
        let deadline = Instant::now() + READ_TIMEOUT;
        let readers = self.readers.lock().unwrap();
        while readers.iter().any(|reader| !reader.is_finished()) && Instant::now() < deadline {
            std::thread::sleep(Duration::from_millis(5));
        }
    }

    fn complaint(&self) -> Option<String> {
        if self.is_worker { self.log.complaint() } else { None }
    }
}

impl Drop for Program {
    fn drop(&mut self) {
        self.0.end();
        let Some(complaint) = self.0.complaint() else { return };
        if std::thread::panicking() {
            // The test has failed already. Perhaps this is why.
            eprintln!("{complaint}");
        } else {
            panic!("{complaint}");
        }
    }
}

fn gather(stream: impl Read + Send + 'static, into: &Arc<Inner>) -> JoinHandle<()> {
    let into = Arc::downgrade(into);
    std::thread::spawn(move || {
        for line in BufReader::new(stream).lines() {
            let (Ok(line), Some(into)) = (line, into.upgrade()) else { return };
            if !(into.forward)(&line) {
                into.log.add(line);
            }
        }
    })
}

/// Has the Workers that are still there when the test binary ends, which several tests have shared, end as well; an error
/// in their logs fails the binary's run.
#[allow(unsafe_code)]
fn check_at_exit() {
    extern "C" fn check() {
        let workers: Vec<Arc<Inner>> = WORKERS.lock().unwrap().iter().filter_map(Weak::upgrade).collect();
        for worker in &workers {
            worker.end();
        }
        let complaints: Vec<String> = workers.iter().filter_map(|worker| worker.complaint()).collect();
        if !complaints.is_empty() {
            eprintln!("\nof a Worker that several tests have used: {}", complaints.join("\n"));
            // SAFETY: it ends the process, as is meant; what else would be done at its end is not needed.
            unsafe { libc::_exit(101) };
        }
    }
    // SAFETY: the function takes and returns nothing, as C demands, and does not unwind: it locks and prints.
    unsafe { libc::atexit(check) };
}
