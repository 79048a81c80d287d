//! `make oracle` itself: that it measures, and says so in the form that is documented.

use serde_json::Value;
use std::process::Command;

fn oracle(arguments: &[&str]) -> std::process::Output {
    Command::new("node")
        .arg("oracle/run.mjs")
        .args(arguments)
        .current_dir(crate::root())
        .env("HEADSTART", env!("CARGO_BIN_EXE_headstart"))
        .output()
        .expect("node runs")
}

#[test]
fn pages_are_measured_and_the_last_line_holds_the_figures() {
    let output = oracle(&["tests/data/oracle"]);
    let text = String::from_utf8(output.stdout).unwrap();
    assert!(output.status.success(), "{text}{}", String::from_utf8_lossy(&output.stderr));
    let figures: Value = serde_json::from_str(text.lines().last().unwrap()).unwrap();
    // A page written for this, with each kind of socket once.
    assert_eq!(figures["pages"], 1);
    assert_eq!(figures["preconnects"], 4, "{text}");
    assert_eq!(figures["preconnect_precision"], 1.0, "{text}");
    assert_eq!(figures["top3_pairs"], 3, "{text}");
    assert_eq!(figures["top3_coverage"], 1.0, "{text}");
    let peers = &figures["peers"];
    assert_eq!(peers["mod_pagespeed"]["preconnects"], 0, "{text}");
    assert_eq!(peers["mod_pagespeed"]["top3_coverage"], 0.0, "{text}");
    // Everything crossorigin, the frame as well: right for the module alone.
    assert_eq!(peers["wp_rocket"]["preconnects"], 3, "{text}");
    assert_eq!(peers["wp_rocket"]["preconnect_precision"], 0.3333, "{text}");
    // The pages whose stylesheets and scripts are there, which are measured with any.
    let styled = &figures["styled"];
    assert_eq!((&styled["pages"], &styled["failed"]), (&Value::from(29), &Value::from(0)), "{text}");
    let at_least = |figure: &str, least: f64| {
        assert!(styled[figure].as_f64().is_some_and(|share| share >= least), "{figure}: {text}");
    };
    at_least("preconnect_precision", 0.95);
    at_least("top3_coverage", 0.85);
}

#[test]
fn what_cannot_be_measured_is_said() {
    let output = oracle(&["tests/data/nowhere"]);
    assert_eq!(output.status.code(), Some(1));
    assert!(String::from_utf8_lossy(&output.stderr).starts_with("oracle: "));
}
