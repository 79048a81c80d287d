//! Which folders and files of `src/` each of them may use. No two use each other, so that each can be read, tested and
//! moved by itself.
//!
//! The test names a line that breaks the table. Where a new use is right, it is added to the table.

use regex::Regex;
use std::ops::Range;
use std::path::{Path, PathBuf};

/// The rooms that need nothing else of ours.
const GROUND: &[&str] = &[
    "hash",
    "json",
    "clock",
    "alarm",
    "limits",
    "endpoints",
    "fault",
    "sorting",
    "network",
    "speculation",
    "structured",
    "store",
    "amp",
    "character_references",
    "ineligible",
    "text_elements",
    "auto_sizes",
    "page_encoding",
    "refresh",
];

/// Each room above the ground, lowest first, and the rooms that it may use: what it uses today.
const ROOMS: &[(&str, &[&str])] = &[
    ("csp", &["structured"]),
    ("picture_form", &["hash"]),
    ("slots", &["clock"]),
    ("hints", &["sorting"]),
    ("tally", &["sorting", "speculation"]),
    ("urls", &["sorting"]),
    (
        "rewrite",
        &[
            "amp",
            "auto_sizes",
            "character_references",
            "csp",
            "endpoints",
            "ineligible",
            "page_encoding",
            "picture_form",
            "refresh",
            "sorting",
            "text_elements",
        ],
    ),
    ("next_page_preferences", &["speculation", "urls"]),
    ("visit", &["speculation", "structured", "urls"]),
    ("switches", &["fault", "hash", "sorting", "urls"]),
    ("navigation", &["endpoints", "ineligible", "limits", "speculation", "urls", "visit"]),
    ("head", &["csp", "refresh", "visit"]),
    ("published", &["clock", "fault", "hash", "hints", "json", "limits", "sorting", "speculation", "urls"]),
    ("rules", &["endpoints", "hash", "published", "speculation", "structured", "urls"]),
    (
        "effects",
        &[
            "clock",
            "fault",
            "hash",
            "ineligible",
            "json",
            "limits",
            "network",
            "sorting",
            "speculation",
            "store",
            "switches",
            "urls",
        ],
    ),
    (
        "config",
        &[
            "effects",
            "hints",
            "limits",
            "next_page_preferences",
            "rewrite",
            "speculation",
            "switches",
            "urls",
        ],
    ),
    (
        "learn",
        &[
            "amp",
            "auto_sizes",
            "character_references",
            "clock",
            "csp",
            "endpoints",
            "hash",
            "head",
            "hints",
            "ineligible",
            "json",
            "limits",
            "navigation",
            "network",
            "next_page_preferences",
            "page_encoding",
            "picture_form",
            "published",
            "rules",
            "sorting",
            "speculation",
            "store",
            "switches",
            "tally",
            "text_elements",
            "urls",
            "visit",
        ],
    ),
    (
        "plan",
        &[
            "clock",
            "config",
            "csp",
            "effects",
            "endpoints",
            "fault",
            "head",
            "hints",
            "ineligible",
            "limits",
            "navigation",
            "published",
            "rewrite",
            "rules",
            "sorting",
            "speculation",
            "switches",
            "tally",
            "urls",
            "visit",
        ],
    ),
    (
        "report",
        &[
            "config",
            "effects",
            "endpoints",
            "fault",
            "head",
            "hints",
            "ineligible",
            "learn",
            "limits",
            "navigation",
            "plan",
            "published",
            "rules",
            "sorting",
            "speculation",
            "switches",
            "tally",
            "urls",
            "visit",
        ],
    ),
    (
        "edge",
        &[
            "alarm",
            "clock",
            "config",
            "effects",
            "endpoints",
            "fault",
            "hash",
            "head",
            "hints",
            "ineligible",
            "json",
            "learn",
            "limits",
            "navigation",
            "network",
            "plan",
            "published",
            "report",
            "rewrite",
            "rules",
            "slots",
            "speculation",
            "store",
            "switches",
            "tally",
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

/// Blanks everything in these places but the ends of lines, so that all that is left stays where it is.
fn blank(text: &mut [u8], places: impl IntoIterator<Item = Range<usize>>) {
    for place in places {
        text[place].iter_mut().filter(|byte| **byte != b'\n').for_each(|byte| *byte = b' ');
    }
}

/// A text without comments and literals, whose words and braces are no code.
fn code(text: &str) -> String {
    let no_code = Regex::new(concat!(
        r"(?s)//[^\n]*|/\*.*?\*/",
        r##"|\br#+".*?"#+|\br"[^"]*"|"(?:\\.|[^"\\])*""##,
        r"|'(?:\\[^'\n]+|\\'|[^'\\\n])'",
    ))
    .unwrap();
    let mut code = text.as_bytes().to_vec();
    blank(&mut code, no_code.find_iter(text).map(|found| found.range()));
    String::from_utf8(code).unwrap()
}

/// Where the brackets that stand open at the start are closed, or where code ends that is opened and closed before that:
/// behind a block, or a semicolon.
fn end(code: &str, start: usize) -> usize {
    let mut depth = 0_usize;
    for (at, byte) in code.bytes().enumerate().skip(start) {
        match byte {
            b'(' | b'[' | b'{' => depth += 1,
            b')' | b']' | b'}' if depth == 0 => return at,
            b')' | b']' | b'}' => depth -= 1,
            _ => {}
        }
        if depth == 0 && matches!(byte, b'}' | b';') {
            return at + 1;
        }
    }
    code.len()
}

/// A text's code without what only its tests need.
fn without_tests(text: &str) -> String {
    let code = code(text);
    let mut left = code.as_bytes().to_vec();
    let tests = code.match_indices("#[cfg(test)]").map(|(at, found)| at..end(&code, at + found.len()));
    blank(&mut left, tests);
    String::from_utf8(left).unwrap()
}

/// Every `room` that a text names by `crate::room`, with the line on which it does: documentation aside, and what only its
/// tests need.
fn named(text: &str) -> Vec<(usize, String)> {
    let name = Regex::new(r"^\s*(\*|[a-z_]+)").unwrap();
    let code = without_tests(text);
    let mut starts = Vec::new();
    for (at, found) in code.match_indices("crate::") {
        let path = at + found.len();
        starts.push(path);
        if code[path..].starts_with('{') {
            // Of a group, each name that stands first in its own path.
            starts.pop();
            let mut depth = 0_usize;
            for (within, byte) in code.bytes().enumerate().take(end(&code, path)).skip(path) {
                match byte {
                    b'{' => depth += 1,
                    b'}' => depth -= 1,
                    _ => {}
                }
                if depth == 1 && matches!(byte, b'{' | b',') {
                    starts.push(within + 1);
                }
            }
        }
    }
    starts
        .into_iter()
        .filter_map(|start| {
            let name = name.captures(&code[start..])?.get(1)?;
            let line = code[..start + name.start()].matches('\n').count() + 1;
            Some((line, name.as_str().to_owned()))
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
        let allowed = if GROUND.contains(&room) {
            &[]
        } else {
            ROOMS.iter().find(|(name, _)| *name == room).unwrap_or_else(|| panic!("{room} is no room")).1
        };
        let text = std::fs::read_to_string(&file).unwrap();
        read += 1;
        for (line, name) in named(&text) {
            if name != room && !allowed.contains(&name.as_str()) {
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
                GROUND.contains(used) || ROOMS[..at].iter().any(|(below, _)| below == used),
                "{room} uses {used}, which is not below it"
            );
        }
    }
}

#[test]
fn a_use_is_seen_wherever_it_stands() {
    for (text, expected) in [
        ("use crate::plan;", &[(1, "plan")][..]),
        ("fn f() -> crate::learn::X {}", &[(1, "learn")]),
        ("use crate::{head, visit};", &[(1, "head"), (1, "visit")]),
        ("use crate::{\n    head,\n    visit::Visit,\n};", &[(2, "head"), (3, "visit")]),
        ("use crate::{head::{Content, Head}, visit};", &[(1, "head"), (1, "visit")]),
        ("use crate::{\n    rules::{\n        links,\n    },\n    urls,\n};", &[(2, "rules"), (5, "urls")]),
        ("use crate::*;", &[(1, "*")]),
        ("// use crate::edge;\n/* {\n crate::edge */ use crate::plan;", &[(3, "plan")]),
        ("f(\"crate::edge {\", r#\"crate::edge\"#, '{', '\\'', 'a'); crate::plan::g()", &[(1, "plan")]),
        ("fn f<'a, 'b>(a: &'a crate::plan::X) {}", &[(1, "plan")]),
    ] {
        let expected: Vec<(usize, String)> =
            expected.iter().map(|(line, name)| (*line, (*name).to_owned())).collect();
        assert_eq!(named(text), expected, "{text}");
        // What only tests need counts nowhere, and what stands behind it counts.
        for tests in [
            "#[cfg(test)]\nuse crate::edge;\n",
            "#[cfg(test)]\nuse crate::{edge::{a, b}, x};\n",
            "#[cfg(test)]\nfn f(a: [u8; 2]) { crate::edge::g(\"}\") }\n",
            "#[cfg(test)]\nmod tests;\n",
            "#[cfg(test)]\n#[allow(x)]\nmod tests {\nuse crate::edge;\nfn f() { '}' }\n}\n",
        ] {
            let lines = tests.matches('\n').count();
            let expected: Vec<_> = expected.iter().map(|(line, name)| (line + lines, name.clone())).collect();
            assert_eq!(named(&format!("{tests}{text}")), expected, "{tests}{text}");
        }
    }
}
