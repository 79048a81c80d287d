//! What Headstart reads from others, each as a target of a fuzzer: a function that takes any bytes, and asserts what must be so whatever
//! they are. That nothing panics is the least of it; the first comment of each target says what else.
//!
//! `make fuzz` has libFuzzer look for bytes that break one. What it has found so far, and what leads it there, stands in
//! `fuzz/corpus/`; `cargo test` gives each target its files, so that no finding comes back.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing)] // what fails is a finding

mod batches;
mod beacons;
mod cookies;
mod csp;
mod css;
mod going_on;
mod html;
mod input;
mod link;
mod logs;
mod prerender;
mod report;
mod request;
mod rewriting;
mod rules;
mod seals;
mod site;
mod snapshots;
mod strict_link;
mod switches;
mod urls;

/// Something that reads what others send.
#[derive(Clone, Copy, Debug)]
pub struct Target {
    /// What it is called.
    pub name: &'static str,
    /// The longest input that it is given, in bytes.
    pub max_bytes: usize,
    /// The most time that one may cost, in milliseconds of a processor on which all code counts what it covers.
    pub max_ms: u64,
    /// Reads an input. Panics where something is not as it must be.
    pub run: fn(&[u8]),
}

/// All of them, by name.
pub const TARGETS: &[Target] = &[
    target("batches", 8192, 200, batches::run),
    target("beacons", 4096, 100, beacons::run),
    target("cookies", 4096, 100, cookies::run),
    target("csp", 4096, 50, csp::run),
    target("css", 8192, 100, css::run),
    target("going_on", 4096, 50, going_on::run),
    target("html", 8192, 200, html::run),
    target("link", 4096, 50, link::run),
    target("logs", 4096, 50, logs::run),
    target("prerender", 8192, 200, prerender::run),
    target("report", 4096, 200, report::run),
    target("request", 4096, 100, request::run),
    target("rewriting", 8192, 200, rewriting::run),
    target("rules", 2048, 200, rules::run),
    target("seals", 4096, 50, seals::run),
    target("snapshots", 8192, 100, snapshots::run),
    target("switches", 4096, 100, switches::run),
    target("urls", 4096, 100, urls::run),
];

const fn target(name: &'static str, max_bytes: usize, max_ms: u64, run: fn(&[u8])) -> Target {
    Target { name, max_bytes, max_ms, run }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::fs;
    use std::path::Path;

    fn folder(name: &str) -> std::path::PathBuf {
        Path::new(env!("CARGO_MANIFEST_DIR")).join("corpus").join(name)
    }

    #[test]
    fn what_was_found_once_is_not_found_again() {
        let mut found = Vec::new();
        for target in TARGETS {
            let files = fs::read_dir(folder(target.name)).unwrap().map(|file| file.unwrap().path());
            let files: Vec<_> = files.collect();
            assert!(files.len() >= 3, "{} has no corpus", target.name);
            for file in files {
                let input = fs::read(&file).unwrap();
                if std::panic::catch_unwind(|| (target.run)(&input)).is_err() {
                    found.push(file);
                }
            }
            (target.run)(b"");
        }
        assert!(found.is_empty(), "{found:?}");
    }

    #[test]
    fn the_corpora_are_small_and_each_is_of_a_target() {
        let mut bytes = 0;
        for corpus in fs::read_dir(folder("")).unwrap() {
            let corpus = corpus.unwrap();
            let name = corpus.file_name().into_string().unwrap();
            let target = TARGETS.iter().find(|target| target.name == name);
            let target = target.unwrap_or_else(|| panic!("there is no target {name}"));
            for file in fs::read_dir(corpus.path()).unwrap() {
                let length = usize::try_from(file.unwrap().metadata().unwrap().len()).unwrap();
                assert!(length <= target.max_bytes, "{name} has a file of {length} bytes");
                bytes += length;
            }
        }
        assert!(bytes < 300_000, "{bytes} bytes");
    }

    #[test]
    fn targets_stand_in_order() {
        assert!(TARGETS.is_sorted_by_key(|target| target.name));
    }
}
