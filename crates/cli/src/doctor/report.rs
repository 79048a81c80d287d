//! What is printed: sentences for people, or the same as data.

use super::checks;
use super::finding::{Finding, Verdict, number, printable};
use super::seen::{End, Seen};
use serde_json::json;
use std::fmt::Write as _;

/// The width of the text, in columns.
const WIDTH: usize = 100;

/// What stands before a finding's first line, in columns, and so before its other lines.
const INDENT: usize = 10;

/// The URL at which the way ended.
fn landed(seen: &Seen) -> Option<String> {
    match &seen.end {
        End::Answer(answer) => Some(checks::place(&answer.url)),
        End::Failure(url, _) | End::Ring(url) | End::TooMany(url) => Some(checks::place(url)),
        End::Astray(_) => None,
    }
}

/// The findings as data: one line.
pub fn json(seen: &Seen, findings: &[Finding]) -> String {
    let worst = findings.iter().map(|finding| finding.verdict).min().unwrap_or(Verdict::Unknown);
    let pages: Vec<String> = seen.pages.iter().map(|page| printable(page.url().as_str())).collect();
    let line = json!({
        "asked": printable(seen.asked.as_str()),
        "reached": landed(seen).map(|url| printable(&url)),
        "green": !findings.iter().any(|finding| finding.verdict.is_wrong()),
        "worst": worst,
        "pages": pages,
        "findings": findings,
    });
    format!("{line}\n")
}

/// The findings as sentences.
pub fn text(seen: &Seen, findings: &[Finding]) -> String {
    let mut text = String::new();
    let pages = match seen.pages.len() {
        0 => String::new(),
        pages => format!(", {}", number(pages, "page")),
    };
    // Writing to a string cannot fail.
    let _ =
        writeln!(text, "{}{pages}\n", printable(&landed(seen).unwrap_or_else(|| checks::place(&seen.asked))));
    for finding in findings {
        let verdict = finding.verdict.as_str();
        write_wrapped(&mut text, &format!("{verdict:<INDENT$}"), &finding.says);
        if let Some(advice) = &finding.advice {
            write_wrapped(&mut text, &" ".repeat(INDENT), &format!("→ {advice}"));
        }
    }
    let _ = writeln!(text, "\n{}", summary(findings));
    text
}

/// The last line: how it is, in one sentence.
fn summary(findings: &[Finding]) -> String {
    let count = |verdict: Verdict| findings.iter().filter(|finding| finding.verdict == verdict).count();
    let well = number(count(Verdict::Ok), "check");
    match (count(Verdict::Problem), count(Verdict::Warning)) {
        (0, 0) => format!("Nothing is wrong: {well} passed."),
        (0, warnings) => format!("{} to look at; {well} passed.", number(warnings, "warning")),
        (problems, 0) => format!("{} to solve; {well} passed.", number(problems, "problem")),
        (problems, warnings) => {
            format!(
                "{} to solve, {} to look at; {well} passed.",
                number(problems, "problem"),
                number(warnings, "warning")
            )
        }
    }
}

/// Writes words in lines of [`WIDTH`] columns, the first of which begins with `start`. A longer word has a line of its own.
fn write_wrapped(text: &mut String, start: &str, words: &str) {
    let mut line = start.to_owned();
    let mut width = start.chars().count();
    let mut is_empty = true;
    for word in words.split(' ') {
        let more = word.chars().count();
        if !is_empty && width + 1 + more > WIDTH {
            let _ = writeln!(text, "{}", line.trim_end());
            line = " ".repeat(INDENT);
            width = INDENT;
            is_empty = true;
        }
        if !is_empty {
            line.push(' ');
            width += 1;
        }
        line.push_str(word);
        width += more;
        is_empty = false;
    }
    let _ = writeln!(text, "{}", line.trim_end());
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_broken_between_words_and_begin_below_the_first() {
        let mut text = String::new();
        write_wrapped(&mut text, "note      ", &"words ".repeat(20));
        let lines: Vec<&str> = text.lines().collect();
        assert_eq!(lines.len(), 2);
        assert!(lines[0].starts_with("note      words") && lines[1].starts_with("          words"));
        assert!(lines.iter().all(|line| line.chars().count() <= WIDTH));
        let mut text = String::new();
        write_wrapped(&mut text, "", &"x".repeat(300));
        assert_eq!(text.lines().count(), 1, "what has no blank is left whole, so that it can be copied");
    }

    #[test]
    fn the_last_line_says_how_it_is() {
        let finding = |verdict| Finding::new("x", verdict, "");
        let of = |verdicts: &[Verdict]| summary(&verdicts.iter().copied().map(finding).collect::<Vec<_>>());
        assert_eq!(of(&[Verdict::Ok, Verdict::Note, Verdict::Unknown]), "Nothing is wrong: 1 check passed.");
        assert_eq!(
            of(&[Verdict::Warning, Verdict::Ok, Verdict::Ok]),
            "1 warning to look at; 2 checks passed."
        );
        assert_eq!(of(&[Verdict::Problem, Verdict::Problem]), "2 problems to solve; 0 checks passed.");
        assert_eq!(
            of(&[Verdict::Problem, Verdict::Warning]),
            "1 problem to solve, 1 warning to look at; 0 checks passed."
        );
    }
}
