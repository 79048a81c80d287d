//! Third-party analytics: which scripts of a prerendered page count something and do not wait for its activation.
//!
//! They are known by name only, from `analytics.txt`. What is not named there is left alone: an analytics script that
//! runs too early counts a view too many, but a page whose own script is deferred does not work.
//!
//! An inline script is recognised by its text. A starter (`fbq('init'`) counts wherever it stands; what is said to a
//! script that is deferred (`fbq('track', …)`) only where the script begins with it, since otherwise it is more likely the
//! page's own, which happens to count a click.

use crate::endpoints;
use url::Url;

/// The services, one to a line; the file says how.
const LIST: &str = include_str!("analytics.txt");

/// The longest inline script that may be a starter, in bytes. A longer one is the page's own program, whatever it counts.
pub const MAX_INLINE_BYTES: usize = 8 * 1024;

/// The longest `src` that is looked at, in bytes. `data:` URLs are longer, and never an analytics service's.
const MAX_SRC_BYTES: usize = 4096;

/// The most scripts that a site may add.
pub const MAX_ADDED: usize = 100;

/// The longest of them, in bytes.
const MAX_ADDED_BYTES: usize = 300;

/// The host that relative URLs get, so that they can be told from others. `.invalid` is nobody's (RFC 2606).
const NO_HOST: &str = "relative.invalid";

/// The scripts that are deferred until activation.
#[derive(Clone, Debug)]
pub struct Analytics {
    /// The site's own additions.
    added: Vec<ScriptPattern>,
    /// Scripts that wait by themselves.
    aware: Vec<ScriptPattern>,
    gated: Vec<ScriptPattern>,
    /// Normalised by [`normalise`], as are the calls.
    starters: Vec<String>,
    calls: Vec<String>,
}

/// A pattern for scripts: the beginning of their URL, without its scheme.
#[derive(Clone, Debug, PartialEq, Eq)]
struct ScriptPattern {
    host: PatternHost,
    path: String,
}

#[derive(Clone, Debug, PartialEq, Eq)]
enum PatternHost {
    /// `*`
    Any,
    /// `*.example`, as `.example`.
    Below(String),
    /// With a port if there is one.
    Exactly(String),
    /// None: the script's URL is relative.
    Own,
}

/// A script's URL in the parts that patterns look at.
struct ScriptUrl {
    /// `None` if the URL is relative.
    host: Option<String>,
    /// The host and its port, if that is not the scheme's.
    authority: Option<String>,
    path: String,
}

impl Analytics {
    /// The services that are known, and the scripts that a site adds by the beginnings of their URLs: `host/path`, with a
    /// scheme or without, or `/path` for those that the site's pages name by relative URLs. `*.host` is every host below,
    /// a segment `*` of a path is any. What cannot be read is left out.
    #[must_use]
    pub fn new(added: &[String]) -> Self {
        let added = added.iter().take(MAX_ADDED).filter(|prefix| prefix.len() <= MAX_ADDED_BYTES);
        let added = added.filter_map(|prefix| ScriptPattern::parse(prefix)).collect();
        let mut analytics = Self { added, ..Self::none() };
        for line in LIST.lines() {
            analytics.add(line);
        }
        analytics
    }

    /// What holds nothing back.
    #[must_use]
    pub fn none() -> Self {
        Self {
            added: Vec::new(),
            aware: Vec::new(),
            gated: Vec::new(),
            starters: Vec::new(),
            calls: Vec::new(),
        }
    }

    /// Takes a line of the list in. Answers whether it could be read.
    fn add(&mut self, line: &str) -> bool {
        let line = line.trim();
        if line.is_empty() || line.starts_with('#') {
            return true;
        }
        let mut words = line.splitn(3, ' ');
        let (Some(verb), Some(kind), Some(rest)) = (words.next(), words.next(), words.next()) else {
            return false;
        };
        let prefixes = match (verb, kind) {
            ("gate", "src") => &mut self.gated,
            ("aware", "src") => &mut self.aware,
            ("gate", "inline") => {
                self.starters.push(normalise(rest));
                return true;
            }
            ("gate", "call") => {
                self.calls.push(normalise(rest));
                return true;
            }
            _ => return false,
        };
        let Some(prefix) = ScriptPattern::parse(rest) else { return false };
        prefixes.push(prefix);
        true
    }

    /// Whether an external script is deferred: `src` as its attribute has it, character references decoded. A site's own
    /// additions win over everything but our own scripts; a relative URL is one of theirs or none.
    #[must_use]
    pub fn gates_src(&self, src: &str) -> bool {
        let Some(source) = ScriptUrl::parse(src) else { return false };
        if endpoints::is_own(&source.path) {
            return false;
        }
        let is_among = |prefixes: &[ScriptPattern]| prefixes.iter().any(|prefix| prefix.matches(&source));
        is_among(&self.added) || (source.host.is_some() && !is_among(&self.aware) && is_among(&self.gated))
    }

    /// Whether an inline script is deferred.
    #[must_use]
    pub fn gates_inline(&self, text: &str) -> bool {
        if text.len() > MAX_INLINE_BYTES {
            return false;
        }
        let script = normalise(text);
        if self.starters.iter().any(|starter| script.contains(starter.as_str())) {
            return true;
        }
        let script = normalise(without_leading_comments(text));
        let script = script.strip_prefix("window.").unwrap_or(&script);
        self.calls.iter().any(|call| script.starts_with(call.as_str()))
    }
}

impl ScriptPattern {
    fn parse(text: &str) -> Option<Self> {
        let text = text.trim();
        let text = ["https://", "http://", "//"]
            .into_iter()
            .find_map(|scheme| text.strip_prefix(scheme))
            .unwrap_or(text);
        let (host, path) = text.find('/').map_or((text, "/"), |slash| text.split_at(slash));
        let host = host.to_ascii_lowercase();
        let is_name = |name: &str| {
            !name.is_empty()
                && name.bytes().all(|byte| {
                    byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'[' | b']')
                })
        };
        let host = match host.strip_prefix('*') {
            None if host.is_empty() => PatternHost::Own,
            None if is_name(&host) => PatternHost::Exactly(host),
            // Everything on any host, or every relative URL, is more than anybody means.
            Some("") if path.len() > 1 => PatternHost::Any,
            Some(below) if below.starts_with('.') && is_name(below) => PatternHost::Below(below.to_owned()),
            _ => return None,
        };
        if host == PatternHost::Own && path.len() < 2 {
            return None;
        }
        Some(Self { host, path: path.to_owned() })
    }

    fn matches(&self, source: &ScriptUrl) -> bool {
        let host_matches = match (&self.host, source.host.as_deref()) {
            (PatternHost::Own, None) | (PatternHost::Any, Some(_)) => true,
            (PatternHost::Below(below), Some(host)) => host.ends_with(below.as_str()),
            (PatternHost::Exactly(name), Some(host)) => {
                name == host || source.authority.as_ref() == Some(name)
            }
            _ => false,
        };
        host_matches && begins_with(&source.path, &self.path)
    }
}

impl ScriptUrl {
    fn parse(src: &str) -> Option<Self> {
        if src.len() > MAX_SRC_BYTES {
            return None;
        }
        // The URL standard's parser: browsers take spaces, tabs and backslashes where nobody else does.
        let base = Url::parse(&format!("https://{NO_HOST}/")).ok()?;
        let url = base.join(src).ok()?;
        if !matches!(url.scheme(), "https" | "http") {
            return None;
        }
        let host = url.host_str()?;
        let is_relative = host == NO_HOST;
        Some(Self {
            host: (!is_relative).then(|| host.to_owned()),
            authority: url.port().map(|port| format!("{host}:{port}")),
            path: url.path().to_owned(),
        })
    }
}

/// Whether a path begins with a pattern whose segments may be `*`.
fn begins_with(path: &str, pattern: &str) -> bool {
    let Some((head, tail)) = pattern.split_once("/*/") else { return path.starts_with(pattern) };
    let Some(rest) = path.strip_prefix(head).and_then(|rest| rest.strip_prefix('/')) else { return false };
    let Some(slash) = rest.find('/') else { return false };
    // Each step takes a segment off both, so this ends.
    begins_with(rest.get(slash..).unwrap_or_default(), &format!("/{tail}"))
}

/// The text without whitespace and with one kind of quotes: minifiers and authors differ in little else.
fn normalise(text: &str) -> String {
    text.chars()
        .filter(|character| !character.is_ascii_whitespace())
        .map(|character| if matches!(character, '"' | '`') { '\'' } else { character })
        .collect()
}

/// A script's text from its first statement on.
fn without_leading_comments(text: &str) -> &str {
    let mut text = text;
    loop {
        text = text.trim_start_matches(|character: char| character.is_whitespace() || character == ';');
        let end = if text.starts_with("//") || text.starts_with("<!--") {
            text.find('\n')
        } else if text.starts_with("/*") {
            text.find("*/").map(|end| end + 2)
        } else {
            return text;
        };
        // An unfinished comment is all that there is.
        let Some(rest) = end.and_then(|end| text.get(end..)) else { return "" };
        text = rest;
    }
}

/// Whether a site may add this beginning of a script's URL.
#[must_use]
pub fn is_prefix(word: &str) -> bool {
    word.len() <= MAX_ADDED_BYTES && ScriptPattern::parse(word).is_some()
}

#[cfg(test)]
mod tests;
