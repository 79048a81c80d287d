//! A site for the tests: an origin that says what it is told, with Headstart in front.

use super::http;
use super::origin::Origin;
use super::worker::{QUICK, Worker};
use std::time::Duration;

pub struct Site {
    pub origin: Origin,
    pub worker: Worker,
}

impl Site {
    /// Starts with the variables of [`QUICK`] and these.
    pub fn start(variables: &[(&str, &str)]) -> Self {
        Self::start_by(Worker::start, variables)
    }

    /// The same, with a Worker that can be killed.
    pub fn start_alone(variables: &[(&str, &str)]) -> Self {
        Self::start_by(Worker::start_alone, variables)
    }

    /// The same, with `faults.mjs` of tests/data between Headstart and the platform.
    pub fn start_faulty(variables: &[(&str, &str)]) -> Self {
        Self::start_by(|variables| Worker::start_failing(variables, "faulty_headstart.mjs"), variables)
    }

    fn start_by(start: fn(&[(&str, &str)]) -> Worker, variables: &[(&str, &str)]) -> Self {
        let origin = Origin::start();
        let url = origin.url();
        let mut all = QUICK.to_vec();
        all.push(("ORIGIN", &url));
        all.extend(variables);
        let worker = start(&all);
        Self { origin, worker }
    }

    pub fn get(&self, path: &str, headers: &[(&str, &str)]) -> http::Response {
        http::get(self.worker.port, path, headers)
    }

    pub fn link(&self, path: &str, headers: &[(&str, &str)]) -> Option<String> {
        self.get(path, headers).get("link")
    }

    /// Visits these pages once, so that all are on their way to be learned before one is waited for.
    pub fn visit(&self, paths: &[&str]) {
        for path in paths {
            self.get(path, &[]);
        }
    }

    /// Visits a page until its `Link` is there.
    pub fn learned(&self, path: &str) -> String {
        super::eventually(path, Duration::from_secs(30), || self.link(path, &[]))
    }

    /// Visits a page until its `Link` is this. `between` is done before each visit.
    pub fn learns(&self, path: &str, link: &str, between: impl Fn()) {
        let what = format!("{path} gets {link}");
        super::eventually(&what, Duration::from_secs(30), || {
            between();
            (self.link(path, &[])? == link).then_some(())
        });
    }
}
