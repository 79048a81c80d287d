//! What `headstart doctor --json` tells. The tests of the command line have this file as well.

use serde_json::Value;
use std::process::Output;

/// What it told.
pub struct Told {
    /// The line of JSON.
    pub json: Value,
}

impl Told {
    /// What a run told. Panics where that is no JSON, or where the exit code, or the word for it, says something else.
    pub fn by(output: &Output) -> Self {
        let text = String::from_utf8_lossy(&output.stdout);
        let json = serde_json::from_str(&text);
        let json = json.unwrap_or_else(|_| panic!("{text}{}", String::from_utf8_lossy(&output.stderr)));
        let told = Self { json };
        let is_green = told.wrong().is_empty();
        assert_eq!(output.status.code(), Some(if is_green { 0 } else { 1 }), "{:#}", told.json);
        assert_eq!(told.json["green"], is_green);
        told
    }

    /// Each check with something wrong, with its verdict.
    pub fn wrong(&self) -> Vec<(&str, &str)> {
        let findings = self.json["findings"].as_array().unwrap();
        let told = findings
            .iter()
            .map(|finding| (finding["check"].as_str().unwrap(), finding["verdict"].as_str().unwrap()));
        told.filter(|(_, verdict)| matches!(*verdict, "problem" | "warning")).collect()
    }

    /// The finding of a check: its verdict, what it says, and what to do.
    pub fn of(&self, check: &str) -> (&str, &str, &str) {
        let findings = self.json["findings"].as_array().unwrap();
        let finding = findings.iter().find(|finding| finding["check"] == check);
        let finding = finding.unwrap_or_else(|| panic!("nothing of {check}: {:#}", self.json));
        let text = |name: &str| finding[name].as_str().unwrap_or_default();
        (text("verdict"), text("says"), text("advice"))
    }
}
