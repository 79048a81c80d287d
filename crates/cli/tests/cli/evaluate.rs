//! `headstart evaluate`: that the next page is predicted as well as is promised, on three made-up sites with 100,000
//! navigations each, and on an access log where one lies beside the checkout.

use crate::headstart;
use serde_json::Value;
use std::io::Write as _;
use std::process::Output;

fn evaluate(arguments: &str) -> Output {
    headstart("evaluate", arguments).output().unwrap()
}

/// What is printed, and the figures in its last line.
fn figures(arguments: &str) -> (String, Value) {
    let output = evaluate(arguments);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let figures = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    (text, figures)
}

fn number(figures: &Value, path: &str) -> f64 {
    figures.pointer(path).and_then(Value::as_f64).unwrap_or_else(|| panic!("{path}: {figures}"))
}

/// Ours' recall as a multiple of Guess.js', at the same number of speculations.
fn ratio(figures: &Value) -> f64 {
    let spent = |policy: &str| number(figures, &format!("/{policy}/speculations_per_navigation"));
    assert_eq!(spent("ours"), spent("guess"));
    number(figures, "/ours/recall") / number(figures, "/guess/recall")
}

/// Holds a made-up site against what is promised.
fn check(kind: &str) {
    let (text, figures) = figures(&format!("--generate {kind}"));
    assert!(number(&figures, "/navigations") >= 100_000.0);
    assert!(ratio(&figures) >= 1.05, "{text}");
    assert!(number(&figures, "/ours/calibration_error") < 0.03, "{text}");
    let at_two = "/ours_at_two_most_followed";
    let spent = number(&figures, &format!("{at_two}/speculations_per_navigation"));
    assert_eq!(spent, number(&figures, "/two_most_followed/speculations_per_navigation"), "{text}");
    assert!(
        number(&figures, &format!("{at_two}/recall")) >= number(&figures, "/two_most_followed/recall"),
        "{text}"
    );
    for (name, budget) in [("0.4", 0.4), ("0.6", 0.6), ("0.8", 0.8)] {
        let outcome = &figures["waste_budget"][name];
        // Where hardly anything is probable enough, hardly anything is fetched, and a share of that says nothing.
        if outcome["few"] == true {
            assert!(number(outcome, "/speculations_per_navigation") < 0.002, "{text}");
        } else {
            assert!((number(outcome, "/waste") - budget).abs() <= 0.05, "{name}: {text}");
        }
    }
}

/// Lets a made-up site change overnight, and says how many navigations later the predictions are back.
fn recovery(kind: &str) -> f64 {
    let (text, figures) = figures(&format!("--generate {kind} --overnight 50000"));
    assert_eq!(figures["recovery"]["at"], 50_000);
    assert!(ratio(&figures) >= 1.05, "{text}");
    number(&figures, "/recovery/navigations")
}

#[test]
fn a_shop() {
    check("shop");
}

#[test]
fn a_newspaper() {
    check("news");
}

#[test]
fn documentation() {
    check("docs");
}

#[test]
fn a_shop_that_changes_overnight() {
    assert!(recovery("shop") <= 2_000.0);
}

#[test]
fn a_newspaper_that_changes_overnight() {
    assert!(recovery("news") <= 2_000.0);
}

#[test]
fn documentation_that_changes_overnight() {
    assert!(recovery("docs") <= 2_000.0);
}

#[test]
fn a_real_log() {
    let Some(log) = crate::beside("corpus/access.log") else {
        // What is asserted of logs is asserted of the small one below.
        writeln!(std::io::stderr(), "no access log lies beside the checkout").unwrap();
        return;
    };
    let (text, figures) = figures(log.to_str().unwrap());
    assert!(number(&figures, "/navigations") >= 200.0, "{text}");
    assert!(ratio(&figures) >= 1.0, "{text}");
}

#[test]
fn a_log_is_read_line_by_line() {
    let output = evaluate("tests/data/access.log --waste-budget 0.5 --overnight 6");
    // One line is cut off.
    assert_eq!(String::from_utf8_lossy(&output.stderr), "headstart evaluate: lines that cannot be read: 1\n");
    let text = String::from_utf8(output.stdout).unwrap();
    let figures: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    assert_eq!(figures["views"], 20, "{text}");
    assert_eq!(figures["navigations"], 13, "{text}");
    // What both say of thirteen navigations: eleven pages, five rightly.
    assert_eq!(figures["guess"]["speculations_per_navigation"], 0.8462, "{text}");
    assert_eq!(figures["guess"]["precision"], 0.4545, "{text}");
    assert_eq!(figures["two_most_followed"]["recall"], 0.3846, "{text}");
    assert_eq!(figures["waste_budget"]["0.5"]["few"], true, "{text}");
    assert_eq!(figures["recovery"]["navigations"], Value::Null, "{text}");
}

#[test]
fn sessions_come_from_a_pipe_as_well() {
    let sessions = tempfile("sessions", "/a /b\n/a /b\n/a /c\n");
    let file = std::fs::File::open(&sessions).unwrap();
    let output = headstart("evaluate", "-").stdin(file).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    let (of_file, _) = figures(&sessions);
    assert_eq!(text, of_file);
    assert!(text.starts_with("6 views, 3 navigations\n"), "{text}");
    assert_eq!(String::from_utf8_lossy(&output.stderr), "");
}

fn tempfile(name: &str, text: &str) -> String {
    let path = format!("{}/{name}", env!("CARGO_TARGET_TMPDIR"));
    std::fs::write(&path, text).unwrap();
    path
}

#[test]
fn what_cannot_be_evaluated_is_said() {
    let empty = tempfile("empty", "\n");
    for (arguments, message) in [
        ("tests/data/nowhere", "headstart evaluate: tests/data/nowhere: "),
        (empty.as_str(), "headstart evaluate: /"),
        ("tests/data/access.log --overnight 14", "headstart evaluate: --overnight 14: there are 13"),
    ] {
        let output = evaluate(arguments);
        assert_eq!(output.status.code(), Some(1), "{arguments}");
        let said = String::from_utf8_lossy(&output.stderr).into_owned();
        assert!(said.lines().any(|line| line.starts_with(message)), "{arguments}: {said}");
        assert!(output.stdout.is_empty());
    }
}
