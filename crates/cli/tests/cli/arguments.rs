//! Help, version, and arguments that are wrong.

use crate::headstart;

/// The exit code, and what was said on standard output and on standard error.
fn run(command: &str, arguments: &str) -> (Option<i32>, String, String) {
    let output = headstart(command, arguments).output().unwrap();
    let text = |bytes| String::from_utf8(bytes).unwrap();
    (output.status.code(), text(output.stdout), text(output.stderr))
}

#[test]
fn help_and_version_are_no_failure() {
    for (command, line) in [
        ("--version", concat!("headstart ", env!("CARGO_PKG_VERSION"))),
        ("--help", "Usage: headstart <COMMAND>"),
        ("help", "Usage: headstart <COMMAND>"),
        ("learn --help", "Usage: headstart learn [OPTIONS] [LOG]..."),
        ("generate --help", "Usage: headstart generate [OPTIONS] <SITE>"),
        ("evaluate --help", "Usage: headstart evaluate [OPTIONS] <FILE|--generate <SITE>>"),
        ("doctor --help", "Usage: headstart doctor [OPTIONS] <URL>"),
        ("rehearse --help", "Usage: headstart rehearse [OPTIONS] <LOG>..."),
        ("erase --help", "Usage: headstart erase [OPTIONS] <SITE>"),
        ("explain --help", "Usage: headstart explain [OPTIONS] <SNAPSHOT> [PATH]..."),
    ] {
        let (code, said, complaints) = run(command, "");
        assert_eq!((code, complaints.as_str()), (Some(0), ""), "{command}");
        assert!(said.lines().any(|said| said == line), "{command}: {said}");
    }
    let (_, said, _) = run("--help", "");
    for command in ["learn", "generate", "evaluate", "rehearse", "explain", "doctor", "erase"] {
        assert!(said.lines().any(|line| line.starts_with(&format!("  {command} "))), "{command}: {said}");
    }
}

#[test]
fn wrong_arguments_are_told_from_failures_by_the_exit_code() {
    for (command, arguments, complaint) in [
        ("", "", "Usage: headstart <COMMAND>"),
        ("explore", "", "error: unrecognized subcommand 'explore'"),
        ("--verbose", "", "error: unexpected argument '--verbose' found"),
        ("learn", "", "Usage: headstart learn [OPTIONS] [LOG]..."),
        ("rehearse", "", "error: the following required arguments were not provided:"),
        (
            "learn",
            "--site shop a.log",
            "error: invalid value 'shop' for '--site <URL>': a site is its scheme and its host, such as https://www.example.org",
        ),
        ("generate", "blog", "error: invalid value 'blog' for '<SITE>'"),
        ("evaluate", "", "error: the following required arguments were not provided:"),
        ("evaluate", "a --speed 1", "error: unexpected argument '--speed' found"),
        (
            "evaluate",
            "a --generate shop",
            "error: the argument '[FILE]' cannot be used with '--generate <SITE>'",
        ),
        (
            "evaluate",
            "a --waste-budget 2",
            "error: invalid value '2' for '--waste-budget <SHARES>': not a share, from 0 to 1",
        ),
        ("explain", "- a", "error: invalid value 'a' for '[PATH]...': a path begins with /"),
    ] {
        let (code, said, complaints) = run(command, arguments);
        assert_eq!((code, said.as_str()), (Some(2), ""), "{command} {arguments}: {complaints}");
        assert!(complaints.lines().any(|line| line == complaint), "{command} {arguments}: {complaints}");
    }
    let (code, said, complaints) = run("learn", "--pages tests/data/nowhere.html");
    assert_eq!((code, said.as_str()), (Some(1), ""));
    assert!(complaints.starts_with("headstart learn: tests/data/nowhere.html: No such file"), "{complaints}");
}
