//! What a check says: a verdict, a sentence, and what to do.

use serde::Serialize;

/// How a check went, from the worst to the best.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize)]
#[serde(rename_all = "lowercase")]
pub enum Verdict {
    /// It does not work.
    Problem,
    /// It works in part, or does harm to some.
    Warning,
    /// It works, and there is something to know or to gain.
    Note,
    /// It cannot be told from outside.
    Unknown,
    /// It is well.
    Ok,
}

impl Verdict {
    /// Its word.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Problem => "problem",
            Self::Warning => "warning",
            Self::Note => "note",
            Self::Unknown => "unknown",
            Self::Ok => "ok",
        }
    }

    /// Whether something is wrong, so that the exit code says so.
    pub fn is_wrong(self) -> bool {
        matches!(self, Self::Problem | Self::Warning)
    }
}

/// What a check says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Finding {
    /// The check's name, which stays.
    #[serde(rename = "check")]
    pub id: &'static str,
    /// How it went.
    pub verdict: Verdict,
    /// What is so, in one or two sentences.
    pub says: String,
    /// What to do, if anything.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub advice: Option<String>,
}

impl Finding {
    /// A finding. What a site has sent stands in the sentence as it may be printed: see [`printable`].
    pub fn new(id: &'static str, verdict: Verdict, says: impl AsRef<str>) -> Self {
        Self { id, verdict, says: printable(says.as_ref()), advice: None }
    }

    /// A finding that all is well.
    pub fn ok(id: &'static str, says: impl AsRef<str>) -> Self {
        Self::new(id, Verdict::Ok, says)
    }

    /// The same, with what to do.
    pub fn advise(self, advice: impl AsRef<str>) -> Self {
        Self { advice: Some(printable(advice.as_ref())), ..self }
    }
}

/// A text that may be printed to a terminal: what moves its cursor, changes its colours or turns the order of letters around is
/// written as an escape.
pub fn printable(text: &str) -> String {
    let mut plain = String::with_capacity(text.len());
    for character in text.chars() {
        let is_format = matches!(
            character,
            '\u{ad}'
                | '\u{61c}'
                | '\u{180e}'
                | '\u{200b}'..='\u{200f}'
                | '\u{2028}'..='\u{202e}'
                | '\u{2060}'..='\u{206f}'
                | '\u{feff}'
                | '\u{fff9}'..='\u{fffb}'
                | '\u{e0000}'..='\u{e007f}'
        );
        if character.is_control() || is_format {
            plain.extend(character.escape_unicode());
        } else {
            plain.push(character);
        }
    }
    plain
}

/// The most characters of what a site has sent that stand in a sentence.
const MAX_QUOTED: usize = 120;

/// What a site has sent, as it stands in a sentence: cut where it is long.
pub fn cut(text: &str) -> String {
    let text = text.trim();
    let Some((end, _)) = text.char_indices().nth(MAX_QUOTED) else { return text.to_owned() };
    format!("{}…", text.get(..end).unwrap_or_default())
}

/// Some of many things, as they stand in a sentence: `a, b and 3 more`.
pub fn some_of<T: AsRef<str>>(things: &[T], most: usize) -> String {
    let shown: Vec<String> = things.iter().take(most).map(|thing| cut(thing.as_ref())).collect();
    match things.len().saturating_sub(shown.len()) {
        0 => shown.join(", "),
        rest => format!("{} and {rest} more", shown.join(", ")),
    }
}

/// A number with its noun: `1 page`, `2 pages`.
pub fn number(count: usize, noun: &str) -> String {
    if count == 1 { format!("1 {noun}") } else { format!("{count} {noun}s") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_that_a_site_sends_reaches_the_terminal_as_a_command() {
        let hostile = "\u{1b}[2J\u{9b}31m\r\n\u{202e}txt.exe\u{7}\u{200b}é";
        let finding = Finding::ok("x", hostile).advise(hostile);
        let escaped = "\\u{1b}[2J\\u{9b}31m\\u{d}\\u{a}\\u{202e}txt.exe\\u{7}\\u{200b}é";
        assert_eq!(finding.says, escaped);
        assert_eq!(finding.advice.as_deref(), Some(escaped));
    }

    #[test]
    fn what_is_long_is_cut_between_characters() {
        assert_eq!(cut(" a "), "a");
        let long = "é".repeat(1000);
        assert_eq!(cut(&long).chars().count(), 121);
        assert_eq!(some_of(&["a", "b", "c"], 2), "a, b and 1 more");
        assert_eq!(some_of(&["a", "b"], 2), "a, b");
        assert_eq!((number(1, "page"), number(0, "page")), ("1 page".to_owned(), "0 pages".to_owned()));
    }

    #[test]
    fn verdicts_are_ordered_from_the_worst() {
        let all = [Verdict::Problem, Verdict::Warning, Verdict::Note, Verdict::Unknown, Verdict::Ok];
        assert!(all.is_sorted());
        assert_eq!(all.map(Verdict::is_wrong), [true, true, false, false, false]);
        for verdict in all {
            assert_eq!(serde_json::to_value(verdict).unwrap(), verdict.as_str());
        }
    }
}
