//! `headstart explain`: what it says of a next-page snapshot from a pipe, and what of one that is none.

use crate::headstart;
use serde_json::Value;
use std::io::Write as _;
use std::process::{Output, Stdio};

const SNAPSHOT: &str =
    r#"{"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]]}},"out":["/leave"]}"#;

fn explain(arguments: &str, snapshot: &[u8]) -> Output {
    let mut command = headstart("explain", arguments);
    let mut child =
        command.stdin(Stdio::piped()).stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
    // Where the arguments are wrong, nobody reads it.
    let _ = child.stdin.take().unwrap().write_all(snapshot);
    child.wait_with_output().unwrap()
}

#[test]
fn a_snapshot_from_a_pipe_is_explained() {
    // Some ways to fetch it end it with a line break.
    let output = explain("-", format!("{SNAPSHOT}\n").as_bytes());
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
    let output = explain("--json - /a", SNAPSHOT.as_bytes());
    let line: Value = serde_json::from_slice(&output.stdout).unwrap();
    assert_eq!(line["next"][0]["pr"], 0.42);
    assert!(line["rule_set"].as_str().unwrap().starts_with("/_headstart/rules/next/"), "{line}");
}

#[test]
fn what_is_no_snapshot_is_said() {
    for (arguments, snapshot, message) in [
        ("/nowhere/next.json", &b""[..], "headstart explain: /nowhere/next.json: No such file"),
        (
            "-",
            b"Value not found\n",
            "headstart explain: -: there is no snapshot; was one published, and under this key?\n",
        ),
        ("-", b"{}", "headstart explain: -: the snapshot cannot be read: missing field"),
        ("-", br#"{"version":2,"pages":{}}"#, "headstart explain: -: the snapshot is of version 2, not 1\n"),
        ("-", b"\xff", "headstart explain: -: invalid utf-8"),
    ] {
        let output = explain(arguments, snapshot);
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.starts_with(message), "{arguments}: {said}");
        assert!(output.stdout.is_empty());
    }
}
