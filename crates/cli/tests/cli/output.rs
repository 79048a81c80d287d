//! Output that nobody reads to the end, as with `headstart … | head`.

use crate::headstart;
use std::io::Write as _;
use std::process::Stdio;

const SNAPSHOT: &str = r#"{"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]]}}}"#;

/// A pipe of which the other end is closed already.
fn closed() -> std::io::PipeWriter {
    let (reader, writer) = std::io::pipe().unwrap();
    drop(reader);
    writer
}

#[test]
fn every_command_ends_quietly_when_its_output_is_closed() {
    for (command, arguments) in [
        ("--help", ""),
        ("--version", ""),
        ("learn", "--pages tests/data/pages"),
        ("generate", "docs --navigations 1000"),
        ("evaluate", "tests/data/access.log --waste-budget 0.5"),
        ("explain", "-"),
        ("explain", "- --json"),
    ] {
        let mut program = headstart(command, arguments);
        let program = program.stdin(Stdio::piped()).stdout(closed()).stderr(Stdio::piped());
        let mut child = program.spawn().unwrap();
        // Most of them do not read it.
        let _ = child.stdin.take().unwrap().write_all(SNAPSHOT.as_bytes());
        let output = child.wait_with_output().unwrap();
        let complaints: Vec<String> =
            String::from_utf8(output.stderr).unwrap().lines().map(str::to_owned).collect();
        let expected: &[&str] =
            if command == "evaluate" { &["headstart evaluate: lines that cannot be read: 1"] } else { &[] };
        assert_eq!(complaints, expected, "{command} {arguments}");
        assert_eq!(output.status.code(), Some(0), "{command} {arguments}");
    }
}

#[test]
fn complaints_that_nobody_reads_change_nothing() {
    let output = headstart("learn", "--pages tests/data/nowhere").stderr(closed()).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let output = headstart("learn", "").stderr(closed()).output().unwrap();
    assert_eq!(output.status.code(), Some(2));
}
