//! `headstart explain`: what it says of a guide from a pipe, and what of one that is none.
use serde_json::Value;
use std::io::Write as _;
use std::process::{Child, Command, Output, Stdio};

const GUIDE: &str = r#"{"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]]}},"out":["/leave"]}"#;

fn start(arguments: &str) -> Child {
    Command::new(env!("CARGO_BIN_EXE_headstart"))
        .arg("explain")
        .args(arguments.split_whitespace())
        .stdin(Stdio::piped())
        .stdout(Stdio::piped())
        .stderr(Stdio::piped())
        .spawn()
        .unwrap()
}

fn explain(arguments: &str, guide: &[u8]) -> Output {
    let mut child = start(arguments);
    // Where the arguments are wrong, nobody reads it.
    let _ = child.stdin.take().unwrap().write_all(guide);
    child.wait_with_output().unwrap()
}

#[test]
fn a_guide_from_a_pipe_is_explained() {
    // Some ways to fetch it end it with a line break.
    let output = explain("-", format!("{GUIDE}\n").as_bytes());
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(
        text.starts_with(
            "/a\n  next     pr  eagerness    action  used  wasted  open  inert parameters\n  \
            /b    0.420  immediate  prefetch    12       5     1     may change it\n"
        ),
        "{text}"
    );
    assert!(text.ends_with("\nkept out of all rules\n  /leave\n"), "{text}");
    let output = explain("--json - /a", GUIDE.as_bytes());
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["next"][0]["pr"], 0.42);
    assert!(line["rule_set"].as_str().unwrap().starts_with("/_headstart/rules/next/"), "{line}");
}

#[test]
fn who_does_not_listen_to_the_end_is_no_failure() {
    let mut child = start("-");
    drop(child.stdout.take());
    child.stdin.take().unwrap().write_all(GUIDE.as_bytes()).unwrap();
    let output = child.wait_with_output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

#[test]
fn what_is_no_guide_is_said() {
    for (arguments, guide, message) in [
        ("", GUIDE.as_bytes(), "headstart explain: name a guide\n"),
        ("- a", GUIDE.as_bytes(), "headstart explain: a: a path begins with /\n"),
        ("/nowhere/guide.json", b"", "headstart explain: /nowhere/guide.json: No such file"),
        ("-", b"Value not found\n", "headstart explain: -: there is no guide"),
        ("-", b"{}", "headstart explain: -: the guide cannot be read: missing field"),
        ("-", br#"{"version":2,"pages":{}}"#, "headstart explain: -: the guide is of version 2, not 1\n"),
        ("-", b"\xff", "headstart explain: -: invalid utf-8"),
    ] {
        let output = explain(arguments, guide);
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with(message), "{arguments}: {said}");
        assert!(output.stdout.is_empty());
    }
}
