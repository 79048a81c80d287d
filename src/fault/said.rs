//! What an isolate has said in the log, so that each thing is said once, however often it happens.
//!
//! Two faults are one where their words are the same but for what differs each time: a reference of the platform's, the line and column
//! of a parser, what stood in a value. And there is a bound for each kind of thing that may go wrong, so that one that is new each time
//! does not keep the others from being said.
//!
//! The same rule stands in `src/edge/host.js` for what is said without wasm: `sameWords`.

use super::Fault;
use std::collections::{HashMap, HashSet};

/// The most things of a kind that are said.
const MAX_OF_KIND: usize = 20;

/// The most bytes of a message by which it is told from others.
const MAX_TOLD_BYTES: usize = 1000;

/// See the module's description. Its kinds stand in the program, so they are few.
#[derive(Debug, Default)]
pub struct Said(HashMap<(&'static str, &'static str), HashSet<String>>);

impl Said {
    /// Whether a message of a kind is to be said: it was not yet, and there is room for it. It then counts as said. What stands in it is
    /// what whoever runs the site has to know, and two that differ are two.
    pub fn is_new(&mut self, kind: &'static str, message: &str) -> bool {
        self.takes(("", kind), told_by(message).to_owned())
    }

    /// The same of a fault: its kind is whose fault it is, and what failed by it.
    pub fn is_new_fault(&mut self, fault: &Fault) -> bool {
        self.takes((fault.blame.as_str(), fault.failed), same(&fault.message))
    }

    fn takes(&mut self, kind: (&'static str, &'static str), message: String) -> bool {
        let of_kind = self.0.entry(kind).or_default();
        of_kind.len() < MAX_OF_KIND && of_kind.insert(message)
    }
}

/// As much of a message as it is told from others by.
fn told_by(message: &str) -> &str {
    message.get(..message.floor_char_boundary(MAX_TOLD_BYTES)).unwrap_or_default()
}

/// The words of a message that are the same each time: without words that have a digit (numbers, hashes, references), without what
/// stands in quotes, and without what is called a reference.
fn same(message: &str) -> String {
    let mut same = String::new();
    let mut rest = told_by(message);
    let mut is_reference = false;
    while let Some(first) = rest.chars().next() {
        let (word, after) = if is_of_word(first) {
            rest.split_at(rest.find(|character| !is_of_word(character)).unwrap_or(rest.len()))
        } else if let Some(end) = end_of_quoted(rest, first) {
            rest.split_at(end)
        } else {
            rest.split_at(first.len_utf8())
        };
        rest = after;
        if !is_of_word(first) {
            same.push_str(if word.len() > first.len_utf8() { "#" } else { word });
            is_reference &= matches!(first, ' ' | '=' | ':' | '#');
        } else if is_reference || word.bytes().any(|byte| byte.is_ascii_digit()) {
            same.push('#');
            is_reference = false;
        } else {
            same.push_str(word);
            is_reference = word.eq_ignore_ascii_case("reference");
        }
    }
    same
}

fn is_of_word(character: char) -> bool {
    character.is_alphanumeric() || matches!(character, '-' | '_')
}

/// Where what stands in quotes ends that begins a text, if it does so.
fn end_of_quoted(text: &str, first: char) -> Option<usize> {
    let inner = matches!(first, '"' | '`').then(|| text.get(1..))??;
    inner.find(first).map(|end| end + 2)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::fault::Blame;

    #[test]
    fn what_differs_each_time_is_left_out_and_words_are_not() {
        // tests/js/failing_open.test.mjs holds `sameWords` of src/edge/host.js to the same.
        let rows: Vec<(String, String)> =
            serde_json::from_str(include_str!("../../tests/data/same_words.json")).unwrap();
        for (message, expected) in &rows {
            assert_eq!(same(message), *expected, "{message}");
        }
        assert!(same(&"\u{e9}".repeat(MAX_TOLD_BYTES)).len() <= MAX_TOLD_BYTES);
    }

    fn fault(blame: Blame, failed: &'static str, message: &str) -> Fault {
        Fault::new(blame, message).during(failed)
    }

    #[test]
    fn a_fault_is_said_once_whatever_its_reference() {
        let mut said = Said::default();
        let new: Vec<bool> = ["8h3k2", "99zz1", "qqqqq"]
            .iter()
            .map(|reference| {
                let message = format!("Error: internal error; reference = {reference}");
                said.is_new_fault(&fault(Blame::Platform, "KV could not be read", &message))
            })
            .collect();
        assert_eq!(new, [true, false, false]);
        let message = "Error: internal error; reference = a1";
        assert!(said.is_new_fault(&fault(Blame::Platform, "KV could not be written", message)));
        assert!(said.is_new_fault(&fault(Blame::Origin, "KV could not be read", message)));
        assert!(said.is_new_fault(&fault(Blame::Platform, "KV could not be read", "it is gone")));
    }

    /// Letters alone: nothing of them is left out.
    fn letters(mut number: usize) -> String {
        let mut letters = String::new();
        while number > 0 {
            letters.push(char::from(b'a' + u8::try_from(number % 26).unwrap()));
            number /= 26;
        }
        letters
    }

    #[test]
    fn one_kind_that_is_new_each_time_silences_no_other() {
        let mut said = Said::default();
        let many = (1..10_000).filter(|number| {
            said.is_new_fault(&fault(Blame::Platform, "KV could not be read", &letters(*number)))
        });
        assert_eq!(many.count(), MAX_OF_KIND);
        assert!(said.is_new_fault(&fault(Blame::Platform, "KV could not be written", "x")));
        assert!(said.is_new_fault(&Fault::new(Blame::Platform, "x")));
        assert_eq!(said.0.values().map(HashSet::len).sum::<usize>(), MAX_OF_KIND + 2, "nothing else is kept");
    }

    #[test]
    fn messages_that_tell_of_different_things_are_said_each() {
        let mut said = Said::default();
        let (first, second) = ("/page?1 does something", "/page?2 does something");
        assert!(said.is_new("pages", first) && said.is_new("pages", second) && !said.is_new("pages", first));
        assert!(said.is_new("links", first), "another kind");
    }
}
