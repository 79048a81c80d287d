//! Third-party analytics: which scripts and pictures of a prerendered page count something and do not wait for its
//! activation.
//!
//! They are known by name only, from `analytics.txt`. What is not named there is left alone: an analytics script that
//! runs too early counts a view too many, but a page whose own script is deferred does not work.
//!
//! An external script is recognised by its service's host; one that a site serves itself, by the name of its file or by
//! the attributes of its tag. A name that others may use as well (`script.js`, `data-domain`) tells nothing alone, so it
//! is in the list only together with others. An inline script is recognised by its text. A starter (`fbq('init'`) counts
//! wherever it stands; what is said to a script that is deferred (`fbq('track', …)`) only where the script begins with it,
//! since otherwise it is more likely the page's own, which happens to count a click.

use crate::endpoints;
use std::sync::LazyLock;
use url::Url;

/// The services, one to a line; the file says how.
const LIST: &str = include_str!("analytics.txt");

/// The longest inline script that may be a starter, in bytes. A longer one is the page's own program, whatever it counts.
pub const MAX_INLINE_BYTES: usize = 8 * 1024;

/// The longest `src` that is looked at, in bytes. `data:` URLs are longer, and never an analytics service's.
const MAX_SRC_BYTES: usize = 4096;

/// The longest value of another attribute that is looked at, in bytes.
const MAX_VALUE_BYTES: usize = 1024;

/// The most scripts that a site may add.
pub const MAX_ADDED: usize = 100;

/// The longest of them, in bytes.
const MAX_ADDED_BYTES: usize = 300;

/// The host that relative URLs get, so that they can be told from others. `.invalid` is nobody's (RFC 2606).
const NO_HOST: &str = "relative.invalid";

/// What Adobe's instructions do with the answer of its script, which is empty in every browser that runs ours.
const WRITES_NOTHING: &str = "document.write(s_code)";

/// What the list says. It is read when a page is first prerendered: most requests of an isolate need it not at all.
static LISTED: LazyLock<Services> = LazyLock::new(|| {
    let mut services = Services::default();
    for line in LIST.lines() {
        services.add(line);
    }
    services
});

/// What is known where nothing is held back.
static NONE: LazyLock<Services> = LazyLock::new(Services::default);

/// The scripts and pictures that are deferred until activation.
#[derive(Clone, Debug)]
pub struct Analytics {
    /// The site's own additions.
    added: Vec<ScriptPattern>,
    services: &'static LazyLock<Services>,
}

/// The services that are known.
#[derive(Debug, Default)]
struct Services {
    /// Scripts that wait by themselves.
    aware: Vec<ScriptPattern>,
    gated: Vec<ScriptPattern>,
    /// Scripts that are deferred wherever they come from.
    signs: Vec<Sign>,
    pictures: Vec<PicturePattern>,
    /// Pictures that are deferred wherever they come from.
    picture_files: Vec<FilePattern>,
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

/// What a script is told by that a site serves itself. All of it must be so.
#[derive(Clone, Debug)]
struct Sign {
    /// `None` if the file may have any name.
    file: Option<FilePattern>,
    /// Attributes of the tag, with the shapes of their values where these matter.
    attributes: Vec<(String, Option<Shape>)>,
}

/// A pattern for pictures: their whole URL, without its scheme and query.
#[derive(Clone, Debug)]
struct PicturePattern {
    host: PatternHost,
    path: Shape,
}

/// The last segments of a URL's path.
#[derive(Clone, Debug)]
struct FilePattern(Vec<Shape>);

/// A pattern for a word.
///
/// `*` is anything, `^` an upper-case letter, and `?` a letter or a digit. Where there is more than one `?` they are an
/// identifier that was made by chance, and so are not all lower-case letters: that would be a word. The case of other
/// letters makes no difference.
#[derive(Clone, Debug)]
struct Shape {
    /// What stands before the first `*`.
    first: String,
    /// What stands behind each `*`, in order.
    rest: Vec<String>,
}

/// The URL of a script or picture, in the parts that patterns look at.
struct SourceUrl {
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
        Self { added, services: &LISTED }
    }

    /// What holds nothing back.
    #[must_use]
    pub fn none() -> Self {
        Self { added: Vec::new(), services: &NONE }
    }

    /// Whether an external script is deferred: `src` as its attribute has it, and its other attributes by their names, character
    /// references decoded. A site's own additions win over everything but our own scripts. What waits by itself is known by
    /// its service's host, and is left alone whatever its file and attributes are.
    #[must_use]
    pub fn gates_script(&self, src: &str, attribute: impl Fn(&str) -> Option<String>) -> bool {
        let Some(source) = SourceUrl::parse(src) else { return false };
        if endpoints::is_own(&source.path) {
            return false;
        }
        let is_among = |prefixes: &[ScriptPattern]| prefixes.iter().any(|prefix| prefix.matches(&source));
        let services: &Services = self.services;
        let has_sign = || services.signs.iter().any(|sign| sign.matches(&source, &attribute));
        is_among(&self.added) || (!is_among(&services.aware) && (is_among(&services.gated) || has_sign()))
    }

    /// Whether a picture is deferred: `src` as its attribute has it, character references decoded. None waits by itself.
    #[must_use]
    pub fn gates_picture(&self, src: &str) -> bool {
        let Some(source) = SourceUrl::parse(src) else { return false };
        self.services.pictures.iter().any(|picture| picture.matches(&source))
            || self.services.picture_files.iter().any(|file| file.matches(&source))
    }

    /// Whether an inline script is deferred. One that writes into the document is not: after the page has been parsed, that
    /// would take the place of the page.
    #[must_use]
    pub fn gates_inline(&self, text: &str) -> bool {
        if text.len() > MAX_INLINE_BYTES {
            return false;
        }
        let script = normalise(text);
        if script.replace(WRITES_NOTHING, "").contains("document.write") {
            return false;
        }
        if self.services.starters.iter().any(|starter| script.contains(starter.as_str())) {
            return true;
        }
        let script = normalise(without_leading_comments(text));
        let script = script.strip_prefix("window.").unwrap_or(&script);
        self.services.calls.iter().any(|call| script.starts_with(call.as_str()))
    }
}

impl Services {
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
        match (verb, kind) {
            ("gate", "src") => push(&mut self.gated, ScriptPattern::parse(rest)),
            ("aware", "src") => push(&mut self.aware, ScriptPattern::parse(rest)),
            ("gate", "file") => {
                let (file, attributes) = rest.split_once(' ').unwrap_or((rest, ""));
                push(&mut self.signs, FilePattern::parse(file).map(|file| Sign::new(Some(file), attributes)))
            }
            ("gate", "attribute") => push(&mut self.signs, Some(Sign::new(None, rest))),
            ("gate", "picture") => push(&mut self.pictures, PicturePattern::parse(rest)),
            ("gate", "picture-file") => push(&mut self.picture_files, FilePattern::parse(rest)),
            ("gate", "inline") => push(&mut self.starters, Some(normalise(rest))),
            ("gate", "call") => push(&mut self.calls, Some(normalise(rest))),
            _ => false,
        }
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

    fn matches(&self, source: &SourceUrl) -> bool {
        self.host.matches(source) && begins_with(&source.path, &self.path)
    }
}

impl PatternHost {
    fn matches(&self, source: &SourceUrl) -> bool {
        match (self, source.host.as_deref()) {
            (Self::Own, None) | (Self::Any, Some(_)) => true,
            (Self::Below(below), Some(host)) => host.ends_with(below.as_str()),
            (Self::Exactly(name), Some(host)) => name == host || source.authority.as_ref() == Some(name),
            _ => false,
        }
    }
}

impl Sign {
    /// `attributes` is `NAME` or `NAME=SHAPE`, with blanks between.
    fn new(file: Option<FilePattern>, attributes: &str) -> Self {
        let attributes =
            attributes.split_ascii_whitespace().map(|attribute| match attribute.split_once('=') {
                Some((name, value)) => (name.to_owned(), Some(Shape::new(value))),
                None => (attribute.to_owned(), None),
            });
        Self { file, attributes: attributes.collect() }
    }

    fn matches(&self, source: &SourceUrl, attribute: impl Fn(&str) -> Option<String>) -> bool {
        self.file.as_ref().is_none_or(|file| file.matches(source))
            && self.attributes.iter().all(|(name, shape)| {
                let Some(value) = attribute(name) else { return false };
                shape.as_ref().is_none_or(|shape| value.len() <= MAX_VALUE_BYTES && shape.matches(&value))
            })
    }
}

impl PicturePattern {
    fn parse(text: &str) -> Option<Self> {
        let ScriptPattern { host, path } = ScriptPattern::parse(text)?;
        Some(Self { host, path: Shape::new(&path) })
    }

    fn matches(&self, source: &SourceUrl) -> bool {
        // Services take a slash at the end, and do without it.
        let path = source.path.strip_suffix('/').unwrap_or(&source.path);
        self.host.matches(source) && self.path.matches(path)
    }
}

impl FilePattern {
    fn parse(text: &str) -> Option<Self> {
        // Any file is more than anybody means.
        let is_name =
            !text.is_empty() && text.split('/').all(|segment| !segment.is_empty()) && !text.ends_with('*');
        is_name.then(|| Self(text.split('/').map(Shape::new).collect()))
    }

    fn matches(&self, source: &SourceUrl) -> bool {
        // What stands before the first slash is no segment.
        let (_, path) = source.path.split_once('/').unwrap_or_default();
        let mut segments = path.rsplit('/');
        self.0.iter().rev().all(|shape| segments.next().is_some_and(|segment| shape.matches(segment)))
    }
}

impl Shape {
    fn new(text: &str) -> Self {
        let mut pieces = text.split('*').map(str::to_owned);
        Self { first: pieces.next().unwrap_or_default(), rest: pieces.collect() }
    }

    fn matches(&self, word: &str) -> bool {
        let word = word.as_bytes();
        let Some((last, between)) = self.rest.split_last() else { return fits(&self.first, word) };
        let Some((head, word)) = word.split_at_checked(self.first.len()) else { return false };
        let Some((mut word, tail)) =
            word.len().checked_sub(last.len()).and_then(|end| word.split_at_checked(end))
        else {
            return false;
        };
        fits(&self.first, head)
            && fits(last, tail)
            && between.iter().all(|piece| {
                // The first place where it fits leaves the most for the others.
                let ends = (0..=word.len()).filter_map(|start| Some(start..start.checked_add(piece.len())?));
                let found = ends
                    .into_iter()
                    .find(|range| word.get(range.clone()).is_some_and(|part| fits(piece, part)));
                word = found.as_ref().and_then(|range| word.get(range.end..)).unwrap_or_default();
                found.is_some()
            })
    }
}

impl SourceUrl {
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

/// Adds what could be read. Answers whether it could.
fn push<T>(list: &mut Vec<T>, item: Option<T>) -> bool {
    let is_read = item.is_some();
    list.extend(item);
    is_read
}

/// Whether a text fits a piece of a [`Shape`], which has no `*`.
fn fits(piece: &str, text: &[u8]) -> bool {
    if piece.len() != text.len() {
        return false;
    }
    let pairs = || piece.bytes().zip(text.iter().copied());
    let is_fit = pairs().all(|(shape, byte)| match shape {
        b'?' => byte.is_ascii_alphanumeric(),
        b'^' => byte.is_ascii_uppercase(),
        _ => shape.eq_ignore_ascii_case(&byte),
    });
    let identifier = || pairs().filter(|(shape, _)| *shape == b'?').map(|(_, byte)| byte);
    let is_word = identifier().count() > 1 && identifier().all(|byte| byte.is_ascii_lowercase());
    is_fit && !is_word
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
