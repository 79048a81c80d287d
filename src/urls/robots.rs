//! Reads `robots.txt` (RFC 9309): what a site does not want robots to fetch it may not want browsers to fetch on
//! speculation.
//!
//! It is taken as a suspicion, never as a permission: what it disallows to everybody is kept out of rule sets, what it
//! allows is judged like everything else. It decides nothing for visitors.
//!
//! Our own reader, because there was no crate to take: one panics on a long line that is not ASCII, the other brings a
//! regular-expression engine with its Unicode tables, and neither has had a release for years.

use crate::sorting;
use std::cell::OnceCell;
use std::rc::Rc;

mod access;

pub use access::{Answered, MAX_REDIRECTS};

/// The most bytes that are read of a file, as RFC 9309 asks of crawlers (section 2.5). What stands behind them does not count.
pub const MAX_BYTES: usize = 500 * 1024;

/// The longest pattern: no path that is learned of is longer.
const MAX_PATTERN_BYTES: usize = 1_000;

/// The most `*` in a rule, and the most rules with one: what matching costs grows with them. Other rules are found by their
/// order, and there may be as many as a file holds.
const MAX_STARS: usize = 10;
const MAX_STARRED: usize = 500;

/// The longest path that is looked at. What is longer is disallowed: nobody can tell.
const MAX_PATH_BYTES: usize = 4_000;

/// What a file says to everybody, in as few words as say the same to [`Robots::parse`]: what it says to single robots, and what is
/// no rule, need not be sent or stored.
#[must_use]
pub fn for_everybody(file: &[u8]) -> String {
    let text = String::from_utf8_lossy(file.get(..MAX_BYTES).unwrap_or(file));
    let mut said = String::new();
    for (is_allowed, pattern) in rules_for_everybody(whole_lines(&text, file.len() > MAX_BYTES)) {
        if Rule::parse(pattern, is_allowed).is_none() {
            continue;
        }
        let key = if is_allowed { "Allow:" } else { "Disallow:" };
        let head = if said.is_empty() { HEAD } else { "" };
        // More than the file had: bytes that are no text take more room as the characters that stand for them.
        if said.len() + head.len() + key.len() + pattern.len() >= MAX_BYTES {
            break;
        }
        for part in [head, key, pattern, "\n"] {
            said.push_str(part);
        }
    }
    said
}

/// How a group for everybody begins.
const HEAD: &str = "User-agent:*\n";

/// A text without its last line, where that was cut: half a rule is another rule.
fn whole_lines(text: &str, is_cut: bool) -> &str {
    if is_cut { text.rsplit_once(['\r', '\n']).map_or("", |(lines, _)| lines) } else { text }
}

/// The patterns of the rules for everybody, each with whether it allows.
fn rules_for_everybody(text: &str) -> impl Iterator<Item = (bool, &str)> {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    // Lines of user agents that follow each other are the head of one group, and groups of one name are one group
    // (section 2.2.1).
    let mut is_ours = false;
    let mut is_head = false;
    text.split(['\r', '\n']).filter_map(move |line| {
        let line = line.split('#').next().unwrap_or_default();
        let (key, value) = line.split_once(':')?;
        let (key, value) = (key.trim(), value.trim());
        if key.eq_ignore_ascii_case("user-agent") {
            // Crawlers read no further than to the first blank.
            let is_everybody = value == "*" || value.starts_with("* ");
            is_ours = is_everybody || is_head && is_ours;
            is_head = true;
            return None;
        }
        let is_allowed = key.eq_ignore_ascii_case("allow");
        if !is_allowed && !key.eq_ignore_ascii_case("disallow") {
            return None;
        }
        is_head = false;
        is_ours.then_some((is_allowed, value))
    })
}

/// What a file says to everybody, with its rules, which are read once they are asked for.
#[derive(Clone, Debug, Default)]
pub struct Said {
    text: String,
    rules: OnceCell<Rc<Robots>>,
}

impl Said {
    /// By a text as [`for_everybody`] gives it.
    #[must_use]
    pub fn new(text: String) -> Self {
        Self { text, rules: OnceCell::new() }
    }

    /// The text.
    #[must_use]
    pub fn text(&self) -> &str {
        &self.text
    }

    /// The rules.
    #[must_use]
    pub fn rules(&self) -> Rc<Robots> {
        Rc::clone(self.rules.get_or_init(|| Rc::new(Robots::parse(&self.text))))
    }
}

/// The rules for everybody (`User-agent: *`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    /// In order, each once: those with the same beginning stand together.
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
struct Rule {
    /// What stands between its `*`, in ASCII.
    parts: Vec<String>,
    /// Whether the path must end with the last part: `$`.
    is_anchored: bool,
    is_allowed: bool,
    /// What the rule weighs: the bytes of its pattern (section 2.2.2).
    length: usize,
}

impl Robots {
    /// Reads a `robots.txt`. What cannot be read is skipped, as the standard says.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let read = text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or_default();
        let text = whole_lines(read, read.len() < text.len());
        let mut starred = 0;
        let mut rules: Vec<Rule> = rules_for_everybody(text)
            .filter_map(|(is_allowed, pattern)| Rule::parse(pattern, is_allowed))
            .filter(|rule| {
                starred += usize::from(rule.has_star());
                !rule.has_star() || starred <= MAX_STARRED
            })
            .collect();
        sorting::sort(&mut rules);
        rules.dedup();
        Self { rules }
    }

    /// Whether a path, as the URL standard serialises it and with its query if it has one, is disallowed to everybody. Of
    /// the rules that match the longest counts, and of two of the same length the one that allows.
    #[must_use]
    pub fn disallows(&self, path: &str) -> bool {
        if self.rules.is_empty() {
            return false;
        }
        // Whatever the rules are, crawlers may fetch this one (section 2.2.2).
        if path == "/robots.txt" {
            return false;
        }
        if path.len() > MAX_PATH_BYTES {
            return true;
        }
        let path = normalise(path);
        let matching = (0..=path.len()).filter_map(|end| path.get(..end));
        let matching =
            matching.flat_map(|start| self.beginning_with(start)).filter(|rule| rule.matches(&path));
        matching.max_by_key(|rule| (rule.length, rule.is_allowed)).is_some_and(|rule| !rule.is_allowed)
    }

    /// The rules with this and nothing else before their first `*`.
    fn beginning_with(&self, start: &str) -> impl Iterator<Item = &Rule> {
        let from = self.rules.partition_point(|rule| rule.start() < start);
        let rules = self.rules.get(from..).unwrap_or_default();
        rules.iter().take_while(move |rule| rule.start() == start)
    }
}

impl Robots {
    /// What is disallowed, as paths in which `*` stands for anything; what looks at queries is left out. What an `Allow`
    /// takes back is still in it.
    pub fn globs(&self) -> impl Iterator<Item = String> {
        let disallowed = self.rules.iter().filter(|rule| !rule.is_allowed);
        disallowed.filter_map(|rule| {
            let glob = rule.parts.join("*");
            let is_path = glob.starts_with('/') && !glob.contains('?');
            is_path.then(|| if rule.is_anchored || glob.ends_with('*') { glob } else { format!("{glob}*") })
        })
    }
}

impl Rule {
    /// `None` for an empty rule, which means nothing, and for one that is too long. Of too many `*` the last are left out where
    /// robots are kept from something: then they are kept from more.
    fn parse(value: &str, is_allowed: bool) -> Option<Self> {
        // A path, or a pattern that may stand for one.
        if !value.starts_with(['/', '*']) || value.len() > MAX_PATTERN_BYTES {
            return None;
        }
        let (pattern, is_anchored) =
            value.strip_suffix('$').map_or((value, false), |pattern| (pattern, true));
        let mut parts: Vec<String> = pattern.split('*').map(normalise).collect();
        let is_cut = parts.len() > MAX_STARS + 1;
        parts.truncate(MAX_STARS + 1);
        let is_anchored = is_anchored && !is_cut;
        let stars = parts.len().saturating_sub(1);
        let length = parts.iter().map(String::len).sum::<usize>() + stars + usize::from(is_anchored);
        (!is_cut || !is_allowed).then_some(Self { parts, is_anchored, is_allowed, length })
    }

    /// What stands before its first `*`.
    fn start(&self) -> &str {
        self.parts.first().map(String::as_str).unwrap_or_default()
    }

    fn has_star(&self) -> bool {
        self.parts.len() > 1
    }

    fn matches(&self, path: &str) -> bool {
        let Some((first, others)) = self.parts.split_first() else { return false };
        let Some(mut rest) = path.strip_prefix(first.as_str()) else { return false };
        let Some((last, between)) = others.split_last() else {
            return !self.is_anchored || rest.is_empty();
        };
        // The earliest place of each part leaves most to the others.
        for part in between {
            let Some((_, behind)) = rest.split_once(part.as_str()) else { return false };
            rest = behind;
        }
        if self.is_anchored { rest.ends_with(last.as_str()) } else { rest.contains(last.as_str()) }
    }
}

/// Brings percent-encoding into one form (section 2.2.2): characters that need none are decoded, all others encoded, with
/// capital digits. An encoded reserved character is not that character, and stays as it is.
fn normalise(text: &str) -> String {
    let mut normal = String::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let encoded = (*byte == b'%').then(|| behind.split_at_checked(2)).flatten();
        let encoded = encoded.and_then(|(digits, behind)| Some((hex(digits)?, behind)));
        let Some((decoded, behind)) = encoded else {
            // Where these two are no signs of a pattern they are written encoded (section 2.2.3).
            if byte.is_ascii_graphic() && !b"*$".contains(byte) {
                normal.push(char::from(*byte));
            } else {
                normal.push_str(percent_encoding::percent_encode_byte(*byte));
            }
            continue;
        };
        rest = behind;
        if decoded.is_ascii_alphanumeric() || b"-._~".contains(&decoded) {
            normal.push(char::from(decoded));
        } else {
            normal.push_str(percent_encoding::percent_encode_byte(decoded));
        }
    }
    normal
}

fn hex(digits: &[u8]) -> Option<u8> {
    digits.iter().try_fold(0_u8, |number, digit| {
        let digit = char::from(*digit).to_digit(16)?;
        Some(number << 4 | u8::try_from(digit).ok()?)
    })
}

#[cfg(test)]
mod tests;
