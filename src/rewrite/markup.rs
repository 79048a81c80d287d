//! What the readers of a page's HTML share: what it says of its encoding, its whitespace, its attributes, its scripts.

use crate::character_references;
use encoding_rs::Encoding;
use lol_html::html_content::Element;

/// The namespace of HTML's own elements.
pub const HTML_NAMESPACE: &str = "http://www.w3.org/1999/xhtml";

/// The encoding that a `<meta>` declares, if it is one that does.
#[must_use]
pub fn meta_encoding(meta: &Element<'_, '_>) -> Option<&'static Encoding> {
    let label = attribute(meta, "charset").or_else(|| {
        let equivalent = attribute(meta, "http-equiv")?;
        let is_type = equivalent.eq_ignore_ascii_case("content-type");
        is_type.then(|| charset_of(&attribute(meta, "content").unwrap_or_default()).to_owned())
    });
    Encoding::for_label(label?.as_bytes())
}

/// Whether a page is ASCII and more that declares this encoding by ASCII bytes. UTF-16 cannot be declared so, and browsers take it
/// for UTF-8.
#[must_use]
pub fn is_ascii_compatible(declared: &'static Encoding) -> bool {
    declared.is_ascii_compatible() || declared == encoding_rs::UTF_16BE || declared == encoding_rs::UTF_16LE
}

/// The charset of a `Content-Type` in a `<meta>` (HTML, "extract a character encoding from a meta element"); empty if it
/// has none.
#[must_use]
pub fn charset_of(content: &str) -> &str {
    const NAME: &str = "charset";
    let lower = content.to_ascii_lowercase();
    let values = lower.match_indices(NAME).filter_map(|(start, _)| {
        content.get(start + NAME.len()..)?.trim_ascii_start().strip_prefix('=').map(str::trim_ascii_start)
    });
    let Some(value) = values.into_iter().next() else { return "" };
    let end = |character: char| character.is_ascii_whitespace() || character == ';';
    match value.chars().next() {
        Some(quote @ ('"' | '\'')) => value.split(quote).nth(1).unwrap_or_default(),
        _ => value.split(end).next().unwrap_or_default(),
    }
}

/// An attribute's value with its character references decoded: lol_html gives the source text.
#[must_use]
pub fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    element.get_attribute(name).map(|value| character_references::decoded(&value).into_owned())
}

/// Whether a `<meta>` sets a policy of the page (`Content-Security-Policy`).
#[must_use]
pub fn is_policy(meta: &Element<'_, '_>) -> bool {
    let equivalent = attribute(meta, "http-equiv");
    equivalent.is_some_and(|equivalent| equivalent.eq_ignore_ascii_case("content-security-policy"))
}

/// Whether an element of this lower-case name may stand in a head.
#[must_use]
pub fn is_of_head(name: &str) -> bool {
    matches!(name, "html" | "head" | "meta" | "link" | "base" | "title" | "style" | "script" | "noscript")
}

/// Whether there is nothing but whitespace.
#[must_use]
pub fn is_blank(text: &[u8]) -> bool {
    text.iter().copied().all(is_space)
}

/// HTML's whitespace.
#[must_use]
pub fn is_space(byte: u8) -> bool {
    matches!(byte, b'\t' | b'\n' | b'\x0C' | b'\r' | b' ')
}

/// Whether a script runs as a module; `None` if it does not run at all (HTML, "prepare the script element").
#[must_use]
pub fn runs_as_module(element: &Element<'_, '_>) -> Option<bool> {
    let kind = match (attribute(element, "type"), attribute(element, "language")) {
        (Some(kind), _) if kind.is_empty() => "text/javascript".to_owned(),
        (Some(kind), _) => {
            kind.trim_matches(|character: char| character.is_ascii_whitespace()).to_ascii_lowercase()
        }
        (None, Some(language)) if !language.is_empty() => format!("text/{}", language.to_ascii_lowercase()),
        (None, _) => "text/javascript".to_owned(),
    };
    if kind == "module" {
        return Some(true);
    }
    // Neither a fallback for old browsers nor an event handler of Internet Explorer's kind runs.
    let is_other =
        element.has_attribute("nomodule") || (element.has_attribute("for") && element.has_attribute("event"));
    (is_javascript(&kind) && !is_other).then_some(false)
}

/// Whether a lower-case type is a "JavaScript MIME type essence" (MIME Sniffing). Parameters are not allowed.
fn is_javascript(kind: &str) -> bool {
    matches!(
        kind,
        "application/ecmascript"
            | "application/javascript"
            | "application/x-ecmascript"
            | "application/x-javascript"
            | "text/ecmascript"
            | "text/javascript"
            | "text/javascript1.0"
            | "text/javascript1.1"
            | "text/javascript1.2"
            | "text/javascript1.3"
            | "text/javascript1.4"
            | "text/javascript1.5"
            | "text/jscript"
            | "text/livescript"
            | "text/x-ecmascript"
            | "text/x-javascript"
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_charset_of_a_content_type_is_found() {
        for (content, charset) in [
            ("text/html; charset=utf-8", "utf-8"),
            ("text/html;CHARSET=\"a b\"", "a b"),
            ("charset = 'x';", "x"),
            ("charset charset=a;b", "a"),
            ("charset=", ""),
            ("charset='x", "x"),
            ("text/html", ""),
        ] {
            assert_eq!(charset_of(content), charset, "{content}");
        }
    }
}
