//! Reads `robots.txt` (RFC 9309): what a site does not want robots to fetch it may not want browsers to fetch on
//! speculation.
//!
//! It is taken as a suspicion, never as a permission: what it disallows to everybody is kept out of rule sets, what it
//! allows is judged like everything else. It decides nothing for visitors.
//!
//! Our own reader, because there was no crate to take: one panics on a long line that is not ASCII, the other brings a
//! regular-expression engine with its Unicode tables, and neither has had a release for years.

/// The most that is read. RFC 9309 asks crawlers for 500 KiB; a suspicion need not be complete.
pub const MAX_BYTES: usize = 64 * 1024;

/// The most rules that are kept, and the longest of them.
const MAX_RULES: usize = 500;
const MAX_PATTERN_BYTES: usize = 1_000;

/// The most `*` in a rule: what matching costs grows with them.
const MAX_STARS: usize = 10;

/// The longest path that is looked at. What is longer is disallowed: nobody can tell.
const MAX_PATH_BYTES: usize = 4_000;

/// What an answer to a request for `robots.txt` tells by its head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Answered {
    /// Its body is the file.
    File,
    /// There is no such file, which is the same as an empty one (section 2.3.1.3).
    Nothing,
    /// Nobody can tell what the file says.
    Unknown,
}

impl Answered {
    /// What an answer with this status and this `Content-Length` tells. A file that is larger than what is read of it is not
    /// asked for: it would be held in memory as a whole.
    #[must_use]
    pub fn of(status: u16, content_length: Option<&str>) -> Self {
        let length = content_length.and_then(|length| length.parse::<u64>().ok());
        match status {
            200 if length.is_some_and(|length| length > MAX_BYTES as u64) => Self::Unknown,
            200 => Self::File,
            400..=499 => Self::Nothing,
            _ => Self::Unknown,
        }
    }
}

/// As much of a file's text as is read.
#[must_use]
pub fn kept(text: &str) -> &str {
    text.get(..text.floor_char_boundary(MAX_BYTES)).unwrap_or(text)
}

/// The rules for everybody (`User-agent: *`).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Robots {
    rules: Vec<Rule>,
}

#[derive(Clone, Debug, PartialEq, Eq)]
struct Rule {
    is_allowed: bool,
    /// What the rule weighs: the bytes of its pattern (section 2.2.2).
    length: usize,
    /// What stands between its `*`.
    parts: Vec<Vec<u8>>,
    /// Whether the path must end with the last part: `$`.
    is_anchored: bool,
}

impl Robots {
    /// Reads a `robots.txt`. What cannot be read is skipped, as the standard says.
    #[must_use]
    pub fn parse(text: &str) -> Self {
        let text = text.strip_prefix('\u{feff}').unwrap_or(text);
        let text = match text.get(..text.floor_char_boundary(MAX_BYTES)) {
            // Not the line that is cut: half a rule is another rule.
            Some(begin) if begin.len() < text.len() => {
                begin.rsplit_once(['\r', '\n']).map_or("", |(lines, _)| lines)
            }
            _ => text,
        };
        let mut rules = Vec::new();
        // Lines of user agents that follow each other are the head of one group, and groups of one name are one group
        // (section 2.2.1).
        let mut is_ours = false;
        let mut is_head = false;
        for line in text.split(['\r', '\n']) {
            let line = line.split('#').next().unwrap_or_default();
            let Some((key, value)) = line.split_once(':') else { continue };
            let (key, value) = (key.trim().to_ascii_lowercase(), value.trim());
            if key == "user-agent" {
                // Crawlers read no further than to the first blank.
                let is_everybody = value == "*" || value.starts_with("* ");
                is_ours = is_everybody || is_head && is_ours;
                is_head = true;
            } else if key == "allow" || key == "disallow" {
                is_head = false;
                if is_ours && rules.len() < MAX_RULES {
                    rules.extend(Rule::parse(value, key == "allow"));
                }
            }
        }
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
        let matching = self.rules.iter().filter(|rule| rule.matches(&path));
        matching.max_by_key(|rule| (rule.length, rule.is_allowed)).is_some_and(|rule| !rule.is_allowed)
    }
}

impl Robots {
    /// What is disallowed, as paths in which `*` stands for anything; what looks at queries is left out. What an `Allow`
    /// takes back is still in it.
    pub fn globs(&self) -> impl Iterator<Item = String> {
        let disallowed = self.rules.iter().filter(|rule| !rule.is_allowed);
        disallowed.filter_map(|rule| {
            let parts: Option<Vec<&str>> =
                rule.parts.iter().map(|part| std::str::from_utf8(part).ok()).collect();
            let glob = parts?.join("*");
            let is_path = glob.starts_with('/') && !glob.contains('?');
            is_path.then(|| if rule.is_anchored || glob.ends_with('*') { glob } else { format!("{glob}*") })
        })
    }
}

impl Rule {
    /// `None` for an empty rule, which means nothing, and for one that is too long.
    fn parse(value: &str, is_allowed: bool) -> Option<Self> {
        // A path, or a pattern that may stand for one.
        if !value.starts_with(['/', '*']) || value.len() > MAX_PATTERN_BYTES {
            return None;
        }
        let (pattern, is_anchored) =
            value.strip_suffix('$').map_or((value, false), |pattern| (pattern, true));
        let parts: Vec<Vec<u8>> = pattern.split('*').map(normalise).collect();
        let stars = parts.len().saturating_sub(1);
        let length = parts.iter().map(Vec::len).sum::<usize>() + stars + usize::from(is_anchored);
        (stars <= MAX_STARS).then_some(Self { is_allowed, length, parts, is_anchored })
    }

    fn matches(&self, path: &[u8]) -> bool {
        let Some((first, others)) = self.parts.split_first() else { return false };
        let Some(mut rest) = path.strip_prefix(first.as_slice()) else { return false };
        let Some((last, between)) = others.split_last() else {
            return !self.is_anchored || rest.is_empty();
        };
        // The earliest place of each part leaves most to the others.
        for part in between {
            let Some(behind) = after(rest, part) else { return false };
            rest = behind;
        }
        if self.is_anchored { rest.ends_with(last) } else { after(rest, last).is_some() }
    }
}

/// What stands behind the first place of a part.
fn after<'a>(text: &'a [u8], part: &[u8]) -> Option<&'a [u8]> {
    if part.is_empty() {
        return Some(text);
    }
    let at = text.windows(part.len()).position(|window| window == part)?;
    text.get(at + part.len()..)
}

/// Brings percent-encoding into one form (section 2.2.2): characters that need none are decoded, all others encoded, with
/// capital digits. An encoded reserved character is not that character, and stays as it is.
fn normalise(text: &str) -> Vec<u8> {
    let mut normal = Vec::with_capacity(text.len());
    let mut rest = text.as_bytes();
    while let Some((byte, behind)) = rest.split_first() {
        rest = behind;
        let encoded = (*byte == b'%').then(|| behind.split_at_checked(2)).flatten();
        let encoded = encoded.and_then(|(digits, behind)| Some((hex(digits)?, behind)));
        let Some((decoded, behind)) = encoded else {
            // Where these two are no signs of a pattern they are written encoded (section 2.2.3).
            if byte.is_ascii_graphic() && !b"*$".contains(byte) {
                normal.push(*byte);
            } else {
                normal.extend(percent_encoding::percent_encode_byte(*byte).bytes());
            }
            continue;
        };
        rest = behind;
        if decoded.is_ascii_alphanumeric() || b"-._~".contains(&decoded) {
            normal.push(decoded);
        } else {
            normal.extend(percent_encoding::percent_encode_byte(decoded).bytes());
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
