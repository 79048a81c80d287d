//! Workers under `wrangler dev`, for tests of what wrangler itself does: its configuration file, its bundle, its proxies.

use super::folder::Folder;
use super::log::Log;
use super::process::Program;
use super::shared::HasLogs;
use super::{free_port, root};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::time::Duration;

pub struct Wrangler {
    pub port: u16,
    // Fields are dropped in this order: the program ends before its folder goes.
    pub program: Program,
    _folder: Folder,
}

/// A wrangler configuration file to be.
pub struct Config {
    name: &'static str,
    text: String,
}

impl Config {
    /// The project's own wrangler.toml with these variables. It is the file that is deployed; only the build command
    /// goes, since `make test` has built already.
    pub fn headstart(variables: &[(&str, &str)]) -> Self {
        let shipped = std::fs::read_to_string(root().join("wrangler.toml")).unwrap();
        let built = root().join("build/index.js");
        assert!(built.exists(), "{} does not exist; `make test` builds it", built.display());
        let mut text = String::new();
        let mut skipped = false;
        for line in shipped.lines() {
            if line.starts_with('[') {
                skipped = line == "[build]";
            }
            let name = line.split(" = ").next().unwrap();
            if skipped || variables.iter().any(|(variable, _)| *variable == name) {
                continue;
            }
            if name == "main" {
                writeln!(text, "main = {:?}", root().join("src/edge/worker.mjs")).unwrap();
            } else {
                writeln!(text, "{line}").unwrap();
            }
        }
        // [vars] is the last section.
        for (variable, value) in variables {
            writeln!(text, "{variable} = {value:?}").unwrap();
        }
        Self { name: "headstart", text }
    }

    /// A Worker in JavaScript.
    pub fn script(name: &'static str, script: &Path, variables: &[(&str, &str)]) -> Self {
        let mut text =
            format!("name = \"headstart\"\nmain = {script:?}\ncompatibility_date = \"2026-04-20\"\n[vars]\n");
        for (variable, value) in variables {
            writeln!(text, "{variable} = {value:?}").unwrap();
        }
        Self { name, text }
    }

    /// Changes the file's text.
    pub fn edit(mut self, edit: impl FnOnce(&mut String)) -> Self {
        edit(&mut self.text);
        self
    }
}

impl Wrangler {
    /// Starts the first Worker for the visitors, with the others beside it, and waits until it answers.
    pub fn start(configs: &[Config]) -> Self {
        Self::start_with(configs, &[])
    }

    pub fn start_with(configs: &[Config], arguments: &[&str]) -> Self {
        Self::start_at(free_port(), configs, arguments)
    }

    pub fn start_at(port: u16, configs: &[Config], arguments: &[&str]) -> Self {
        let kept = Folder::new("wrangler");
        let Folder(folder) = &kept;
        let (port_text, state) = (port.to_string(), folder.join("state"));
        let program = root().join("node_modules/.bin/wrangler");
        let mut command = vec![program.to_str().unwrap(), "dev", "--ip", "127.0.0.1", "--port", &port_text];
        command.extend(["--inspector-port", "0", "--show-interactive-dev-session=false"]);
        command.extend(["--persist-to", state.to_str().unwrap()]);
        let files: Vec<PathBuf> =
            configs.iter().map(|config| folder.join(format!("{}.toml", config.name))).collect();
        for (config, file) in configs.iter().zip(&files) {
            std::fs::write(file, &config.text).unwrap();
            command.extend(["--config", file.to_str().unwrap()]);
        }
        command.extend(arguments);
        let environment = [("WRANGLER_SEND_METRICS", "false"), ("CLOUDFLARE_CF_FETCH_ENABLED", "false")];
        let mut program = Program::start_worker(&command, &environment);
        program.line("wrangler is ready", Duration::from_secs(90), |line| line.contains("Ready on"));
        Self { port, program, _folder: kept }
    }

    /// Expects an error in the Worker's log: see [`Program::expects`].
    pub fn expects(&self, text: &str) {
        self.program.expects(text);
    }

    /// What the Worker itself logged, line by line.
    pub fn log(&self) -> Vec<String> {
        self.program.log().of_headstart()
    }

    /// The lines that tell of an error.
    pub fn errors(&self) -> Vec<String> {
        self.program.output().into_iter().filter(|line| super::log::is_error(line)).collect()
    }
}

/// Headstart and the plain pass-through Worker in one workerd, without the development server's proxies.
pub struct Workerd {
    pub headstart: u16,
    pub plain: u16,
    /// The Worker that edits pages with the platform's own rewriter, where it was asked for.
    pub rewriter: Option<u16>,
    /// workerd's process, where the platform tells.
    pub pid: Option<u32>,
    pub program: Program,
}

impl Workerd {
    pub fn start(origin: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_by(origin, variables, &[("INSPECT", "1")])
    }

    /// The same with a record of switches in KV.
    pub fn start_switched(origin: &str, variables: &[(&str, &str)], record: &str) -> Self {
        Self::start_by(origin, variables, &[("INSPECT", "1"), ("SWITCHES", record)])
    }

    /// The same with a script of tests/data around Headstart.
    pub fn start_around(origin: &str, variables: &[(&str, &str)], script: &str) -> Self {
        Self::start_by(origin, variables, &[("INSPECT", "1"), ("AROUND", script)])
    }

    /// Starts what is measured: nobody looks for what it throws beside a request.
    pub fn start_uninspected(origin: &str, variables: &[(&str, &str)]) -> Self {
        Self::start_by(origin, variables, &[])
    }

    /// The same, with a third Worker beside it that puts this into the head of each page.
    pub fn start_beside_rewriter(origin: &str, variables: &[(&str, &str)], into_head: &str) -> Self {
        Self::start_by(origin, variables, &[("INTO_HEAD", into_head)])
    }

    fn start_by(origin: &str, variables: &[(&str, &str)], environment: &[(&str, &str)]) -> Self {
        let assignments: Vec<String> =
            variables.iter().map(|(name, value)| format!("{name}={value}")).collect();
        let mut command = vec!["node", "bench/serve.mjs", origin];
        command.extend(assignments.iter().map(String::as_str));
        let mut program = Program::start_worker(&command, environment);
        let line = program.line("workerd is ready", Duration::from_secs(60), |line| line.starts_with('{'));
        let ports: serde_json::Value = serde_json::from_str(&line).expect("a line of JSON");
        let number = |name: &str| ports[name].as_u64().and_then(|number| u32::try_from(number).ok());
        let port = |name: &str| number(name).map(|number| u16::try_from(number).expect("a port"));
        let (headstart, plain) = (port("headstart").expect("a port"), port("plain").expect("a port"));
        Self { headstart, plain, rewriter: port("rewriter"), pid: number("pid"), program }
    }
}

impl HasLogs for Wrangler {
    fn logs(&self) -> Vec<&Log> {
        vec![self.program.log()]
    }
}

impl HasLogs for Workerd {
    fn logs(&self) -> Vec<&Log> {
        vec![self.program.log()]
    }
}
