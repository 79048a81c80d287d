//! Which folders and files of `src/` each of them may use. No two use each other, so that each can be read, tested and
//! moved by itself.
//!
//! The test names a line that breaks the table. Where a new use is right, it is added to the table.

use regex::Regex;
use std::path::{Path, PathBuf};

/// What needs nothing else of ours, and may be used by every room.
const GROUND: &[&str] = &[
    "hash",
    "limits",
    "endpoints",
    "fault",
    "speculation",
    "structured",
    "store",
    "csp",
    "hints",
    "ineligible",
];

/// Each room above the ground, lowest first, and the rooms that it may use besides the ground.
const ROOMS: &[(&str, &[&str])] = &[
    ("urls", &[]),
    ("rewrite", &[]),
    ("visit", &["urls"]),
    ("navigation", &["urls", "visit"]),
    ("head", &["visit"]),
    ("published", &["urls"]),
    ("rules", &["published", "urls"]),
    ("effects", &["urls"]),
    ("config", &["effects", "rewrite", "urls"]),
    ("learn", &["head", "navigation", "published", "rules", "urls", "visit"]),
    ("plan", &["config", "effects", "head", "navigation", "published", "rewrite", "rules", "urls", "visit"]),
    (
        "edge",
        &[
            "config",
            "effects",
            "head",
            "learn",
            "navigation",
            "plan",
            "published",
            "rewrite",
            "rules",
            "urls",
            "visit",
        ],
    ),
];

/// All Rust files below a folder.
fn files(folder: &Path) -> Vec<PathBuf> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            found.extend(files(&path));
        } else if path.extension().is_some_and(|ending| ending == "rs") {
            found.push(path);
        }
    }
    found.sort();
    found
}

/// Every `room` that a text names by `crate::room`, with the line on which it does: documentation aside, and what only its
/// tests need.
fn named(text: &str) -> Vec<(usize, String)> {
    let path = Regex::new(r"\bcrate::([a-z_]+|\{[^}]*\})").unwrap();
    let word = Regex::new(r"[a-z_]+").unwrap();
    let code = text.split("#[cfg(test)]").next().unwrap();
    let lines = code.lines().enumerate().filter(|(_, line)| !line.trim_start().starts_with("//"));
    lines
        .flat_map(|(at, line)| {
            let names = path.captures_iter(line).flat_map(|found| {
                let all = word.find_iter(found.get(1).unwrap().as_str());
                all.map(|name| name.as_str().to_owned()).collect::<Vec<_>>()
            });
            names.map(move |name| (at + 1, name)).collect::<Vec<_>>()
        })
        .collect()
}

#[test]
fn every_room_uses_only_the_rooms_that_it_may() {
    let src = Path::new(env!("CARGO_MANIFEST_DIR")).join("src");
    let mut wrong = Vec::new();
    let mut read = 0;
    for file in files(&src) {
        let relative = file.strip_prefix(&src).unwrap().to_str().unwrap().to_owned();
        if relative == "lib.rs" || relative.ends_with("tests.rs") {
            continue;
        }
        let room = relative.split('/').next().unwrap().trim_end_matches(".rs");
        let ground: &[&str] = &[];
        let allowed = if GROUND.contains(&room) {
            ground
        } else {
            ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is no room")).1
        };
        let text = std::fs::read_to_string(&file).unwrap();
        read += 1;
        for (line, name) in named(&text) {
            let is_ground = !GROUND.contains(&room) && GROUND.contains(&name.as_str());
            if name != room && !is_ground && !allowed.contains(&name.as_str()) {
                wrong.push(format!("src/{relative}:{line} {}", text.lines().nth(line - 1).unwrap().trim()));
            }
        }
    }
    assert!(read > 60, "only {read} files were read");
    assert!(wrong.is_empty(), "these lines use a room that theirs may not use:\n{}", wrong.join("\n"));
}

#[test]
fn a_room_uses_only_rooms_below_it() {
    for (at, (room, allowed)) in ROOMS.iter().enumerate() {
        for used in *allowed {
            assert!(
                ROOMS[..at].iter().any(|(below, _)| below == used),
                "{room} uses {used}, which is not below it"
            );
        }
    }
}

#[test]
fn a_use_is_seen_wherever_it_stands() {
    let text = "use crate::plan;\n// use crate::edge;\nfn f() -> crate::learn::X {}\nuse crate::{head, visit};\n#[cfg(test)]\nuse crate::edge;";
    let expected = [(1, "plan"), (3, "learn"), (4, "head"), (4, "visit")];
    assert_eq!(named(text), expected.map(|(line, name)| (line, name.to_owned())));
}
