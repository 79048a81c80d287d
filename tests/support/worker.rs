//! Headstart in workerd, with its own KV and Durable Objects, configured by wrangler.toml: what `wrangler dev` runs,
//! without wrangler around it.

use super::folder::Folder;
use super::log::Log;
use super::process::Program;
use super::{free_port, http, root};
use serde_json::{Value, json};
use std::collections::{BTreeMap, HashMap};
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, LazyLock, Mutex};
use std::time::Duration;

/// What keeps the learning loop from waiting: a view is published within seconds.
/// No browser is asked how a view went, so that pages are byte for byte what the origin says, unless a test wants to know.
pub const QUICK: [(&str, &str); 7] = [
    ("BATCH_SECONDS", "0"),
    ("BATCH_VIEWS", "0"),
    ("PUBLISH_SECONDS", "1"),
    ("REFRESH_SECONDS", "1"),
    ("LEARN_SAMPLE", "1"),
    ("MIN_VISITORS", "1"),
    ("BEACON", "off"),
];

/// The logs of the Workers that run, by their ids.
static LOGS: LazyLock<Mutex<HashMap<u32, Arc<Log>>>> = LazyLock::new(Mutex::default);

/// The last line of a Worker that has ended as it was told.
const STOPPED: &str = "stopped";

/// Adds a line to the log of the Worker that it is of: its id stands in front, with a tab.
fn forward(line: &str) -> bool {
    let Some((id, line)) = line.split_once('\t') else { return false };
    let Some(log) = id.parse().ok().and_then(|id| LOGS.lock().unwrap().get(&id).map(Arc::clone)) else {
        return false;
    };
    log.add(line.to_owned());
    true
}

/// The program that starts Workers. It prints what they log.
struct Starter {
    program: Mutex<Program>,
    control: u16,
}

impl Starter {
    fn start() -> Self {
        let built = root().join("build/index.js");
        assert!(built.exists(), "{} does not exist; `make test` builds it", built.display());
        let mut program = Program::start_workers(&["node", "tests/support/serve.mjs"], &[], forward);
        let is_ready = |line: &str| line.starts_with("{\"control\":");
        let line = program.line("Workers can be started", Duration::from_secs(60), is_ready);
        let ready: Value = serde_json::from_str(&line).expect("a line of JSON");
        let control = ready["control"].as_u64().and_then(|port| u16::try_from(port).ok()).expect("a port");
        Self { program: Mutex::new(program), control }
    }

    fn call(&self, path: &str, body: &Value) -> http::Response {
        let mut connection = http::Connection::to(self.control);
        // Many may be starting at once.
        connection.stream.set_read_timeout(Some(Duration::from_secs(90))).unwrap();
        connection.send(&http::request("POST", path, &[], body.to_string().as_bytes()));
        connection.response("POST")
    }

    fn program(&self) -> std::sync::MutexGuard<'_, Program> {
        self.program.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
    }
}

/// The one that all tests share, but those that end it.
static SHARED: LazyLock<Arc<Starter>> = LazyLock::new(|| Arc::new(Starter::start()));

pub struct Worker {
    pub port: u16,
    starter: Arc<Starter>,
    id: u32,
    printed: Arc<Log>,
    variables: Value,
    script: Option<&'static str>,
    around: Option<&'static str>,
    internet: Option<u16>,
    folder: Folder,
}

impl Worker {
    /// Starts with these variables, the others being wrangler.toml's, and waits until it answers.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_by(Arc::clone(&SHARED), variables, None, None, None)
    }

    /// Starts Headstart in a world of which a port of this machine is every server: the origin, and whoever else is asked. The
    /// first line of each request has the whole URL.
    pub fn start_in(internet: u16, variables: &[(&str, &str)]) -> Self {
        Self::start_by(Arc::clone(&SHARED), variables, None, None, Some(internet))
    }

    /// Starts Headstart with a script of tests/data around it, which has its wasm fail.
    pub fn start_failing(variables: &[(&str, &str)], script: &'static str) -> Self {
        Self::start_by(Arc::clone(&SHARED), variables, None, Some(script), None)
    }

    /// The same, so that [`kill`](Self::kill) ends it alone.
    pub fn start_alone(variables: &[(&str, &str)]) -> Self {
        Self::start_by(Arc::new(Starter::start()), variables, None, None, None)
    }

    /// Starts a script of tests/data in place of Headstart.
    pub fn start_script(script: &'static str) -> Self {
        Self::start_by(Arc::clone(&SHARED), &[], Some(script), None, None)
    }

    /// Starts Headstart once something was done to the folder in which its KV will be: `kv`.
    pub fn start_after(variables: &[(&str, &str)], before: impl FnOnce(&Path)) -> Self {
        Self::start_in_folder(Arc::clone(&SHARED), variables, [None, None], None, before)
    }

    fn start_by(
        starter: Arc<Starter>,
        variables: &[(&str, &str)],
        script: Option<&'static str>,
        around: Option<&'static str>,
        internet: Option<u16>,
    ) -> Self {
        Self::start_in_folder(starter, variables, [script, around], internet, |_| {})
    }

    fn start_in_folder(
        starter: Arc<Starter>,
        variables: &[(&str, &str)],
        [script, around]: [Option<&'static str>; 2],
        internet: Option<u16>,
        before: impl FnOnce(&Path),
    ) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let id = NUMBER.fetch_add(1, Ordering::Relaxed);
        // Nobody is asked but on this machine.
        let own_sheets = [("READ_STYLESHEETS", "site")];
        let own_sheets = own_sheets.iter().filter(|_| internet.is_none());
        let variables = own_sheets.chain(variables);
        let variables = variables.map(|(name, value)| ((*name).to_owned(), json!(value))).collect();
        let printed = Arc::new(Log::default());
        LOGS.lock().unwrap().insert(id, Arc::clone(&printed));
        let folder = Folder::new("worker");
        before(&folder.0);
        let port = free_port();
        let worker = Self { port, starter, id, printed, variables, script, around, internet, folder };
        worker.run();
        worker
    }

    fn run(&self) {
        let Self { port, id, variables, script, around, internet, folder, .. } = self;
        let start = json!({
            "id": id, "port": port, "folder": folder.0, "variables": variables, "script": script, "around": around,
            "internet": internet,
        });
        let started = self.starter.call("/start", &start);
        assert_eq!(started.status(), 200, "{}{:#?}", started.text(), self.output());
    }

    /// Ends it at once, with everything that it has under way, as a machine that fails does. What is on disk stays.
    pub fn kill(&mut self) {
        assert!(!Arc::ptr_eq(&self.starter, &SHARED), "others are running beside it");
        self.starter.program().kill();
    }

    /// Starts it again after [`kill`](Self::kill), with what was on disk.
    pub fn restart(&mut self) {
        self.starter = Arc::new(Starter::start());
        self.run();
    }

    /// What was published under a key of `MODEL`.
    pub fn published(&self, key: &str) -> Option<String> {
        let stored = self.starter.call("/stored", &json!({ "id": self.id, "key": key }));
        match stored.status() {
            200 => Some(stored.text()),
            404 => None,
            _ => panic!("{key}: {}", stored.text()),
        }
    }

    /// Stores a value under a key of `MODEL`, as `wrangler kv key put` does; `None` deletes what is there.
    pub fn store(&self, key: &str, value: Option<&str>) {
        let stored = self.starter.call("/store", &json!({ "id": self.id, "key": key, "value": value }));
        assert_eq!(stored.status(), 200, "{}", stored.text());
    }

    /// What it holds in memory once V8 has collected what nobody holds: how many objects of JavaScript there are, by the names of what
    /// has made them, and the bytes of its WebAssembly's memory.
    pub fn held(&self) -> (BTreeMap<String, usize>, usize) {
        let held = self.starter.call("/held", &json!({ "id": self.id }));
        assert_eq!(held.status(), 200, "{}", held.text());
        let held: Value = serde_json::from_str(&held.text()).expect("JSON");
        let objects = serde_json::from_value(held["objects"].clone()).expect("numbers by name");
        (objects, held["wasmBytes"].as_u64().and_then(|bytes| bytes.try_into().ok()).expect("a number"))
    }

    /// Everything printed so far, line by line: a line for each request, and what the Worker logged.
    pub fn output(&self) -> Vec<String> {
        self.printed.lines()
    }

    /// How often it was asked for a rules file.
    pub fn rules_asked(&self) -> usize {
        self.output().iter().filter(|line| line.contains("GET /_headstart/rules/")).count()
    }

    /// What it prints, and what of it is expected.
    pub fn printed(&self) -> &Log {
        &self.printed
    }

    /// Expects an error in the Worker's log: see [`Program::expects`].
    pub fn expects(&self, text: &str) {
        self.printed.expect(text);
    }

    /// Allows an error in the Worker's log that may come or not.
    pub fn allows(&self, text: &str) {
        self.printed.allow(text);
    }

    /// What the Worker itself logged, line by line.
    pub fn log(&self) -> Vec<String> {
        self.printed.of_headstart()
    }
}

impl Drop for Worker {
    fn drop(&mut self) {
        if std::thread::panicking() {
            // The test has failed already. Perhaps this is why. What it has left running ends with the others.
            eprintln!("The Worker printed:\n{}", self.output().join("\n"));
            return;
        }
        let stopped = self.starter.call("/stop", &json!({ "id": self.id }));
        assert_eq!(stopped.status(), 200, "{}", stopped.text());
        // Its last line. What it prints goes two ways, and of one of them something may still come behind it.
        super::eventually("the log's end", Duration::from_secs(30), || {
            self.output().iter().any(|line| line == STOPPED).then_some(())
        });
        LOGS.lock().unwrap().remove(&self.id);
        if let Some(complaint) = self.printed.complaint() {
            panic!("{complaint}");
        }
    }
}
