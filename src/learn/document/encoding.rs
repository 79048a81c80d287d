//! In which encoding browsers read the scripts and stylesheets of a page.
//!
//! What a header has it preload Chromium reads as UTF-8, unless the answer itself says otherwise, and gives that to the element which asks
//! for it, whatever encoding this would have it read in: a script in `Shift_JIS` ends with a syntax error. So a script or stylesheet is
//! named where its element would have it read as UTF-8 anyway. Fonts and pictures have no encoding, and modules are always UTF-8.

use crate::page_encoding::PRESCAN_BYTES;
use encoding_rs::{Encoding, UTF_8, UTF_16BE, UTF_16LE};

/// By what a browser reads a script or stylesheet that says nothing of its encoding. Of what several elements ask for the last of these
/// counts that one of them has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(in crate::learn) enum ReadAs {
    /// Its element says UTF-8.
    Utf8,
    /// The encoding of the page.
    Page,
    /// Its element says another one.
    Other,
}

impl ReadAs {
    /// What an element with this `charset` says. Whether a label that nobody knows counts as none, browsers do not agree.
    pub(in crate::learn) fn of(charset: Option<&str>) -> Self {
        match charset {
            None | Some("") => Self::Page,
            Some(label) if Encoding::for_label(label.as_bytes()) == Some(UTF_8) => Self::Utf8,
            Some(_) => Self::Other,
        }
    }

    /// Whether it is read as UTF-8 on a page that is in UTF-8 or is not.
    pub(in crate::learn) fn is_utf_8(self, is_page: bool) -> bool {
        self == Self::Utf8 || (self == Self::Page && is_page)
    }
}

/// The encoding that a `<meta>` says (HTML, "prescan a byte stream to determine its encoding"), by its `charset`, or by its `content` where
/// its `http-equiv` is `content-type`.
pub(in crate::learn) fn of_meta(charset: Option<&str>, content: Option<&str>) -> Option<&'static Encoding> {
    named_in_ascii(charset.or_else(|| label_in(content?))?.as_bytes())
}

/// The encoding that a stylesheet with these first bytes and this label in its `Content-Type` says itself (CSS Syntax, "the input byte
/// stream"). `None` where it has that of what asks for it.
pub(in crate::learn) fn of_sheet(start: &[u8], charset: Option<&str>) -> Option<&'static Encoding> {
    let by_mark = Encoding::for_bom(start).map(|(encoding, _)| encoding);
    let by_label = || Encoding::for_label(charset?.as_bytes());
    let by_rule = || {
        let rule = start.get(..PRESCAN_BYTES).unwrap_or(start).strip_prefix(b"@charset \"")?;
        let (label, rest) = rule.split_at_checked(rule.iter().position(|byte| *byte == b'"')?)?;
        rest.starts_with(b"\";").then(|| named_in_ascii(label)).flatten()
    };
    by_mark.or_else(by_label).or_else(by_rule)
}

/// The encoding of a label that could be read byte by byte: what says so in ASCII is not UTF-16.
fn named_in_ascii(label: &[u8]) -> Option<&'static Encoding> {
    let encoding = Encoding::for_label(label)?;
    Some(if [UTF_16BE, UTF_16LE].contains(&encoding) { UTF_8 } else { encoding })
}

/// The label in a `content` (HTML, "extracting a character encoding from a `meta` element").
fn label_in(content: &str) -> Option<&str> {
    let lower = content.to_ascii_lowercase();
    let mut values = lower.match_indices("charset").filter_map(|(at, word)| {
        content.get(at.saturating_add(word.len())..)?.trim_ascii_start().strip_prefix('=')
    });
    let value = values.next()?.trim_ascii_start();
    match value.chars().next()? {
        quote @ ('"' | '\'') => value.get(1..)?.split_once(quote).map(|(label, _)| label),
        _ => value.split(|character: char| character == ';' || character.is_ascii_whitespace()).next(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_element_says_an_encoding_or_has_that_of_the_page() {
        for (charset, on_utf_8, on_other) in [
            (None, true, false),
            (Some(""), true, false),
            (Some("utf-8"), true, true),
            (Some(" UTF8 "), true, true),
            (Some("unicode-1-1-utf-8"), true, true),
            (Some("Shift_JIS"), false, false),
            (Some("iso-8859-1"), false, false),
            (Some("utf-16"), false, false),
            (Some("utf8mb4"), false, false),
        ] {
            let read_as = ReadAs::of(charset);
            assert_eq!(
                (read_as.is_utf_8(true), read_as.is_utf_8(false)),
                (on_utf_8, on_other),
                "{charset:?}"
            );
        }
    }

    #[test]
    fn a_meta_says_a_label_by_itself_or_in_its_content() {
        for (charset, content, expected) in [
            (Some("utf-8"), None, Some("UTF-8")),
            (Some("Windows-1251"), Some("text/html; charset=utf-8"), Some("windows-1251")),
            (Some("utf-16le"), None, Some("UTF-8")),
            (Some("nonsense"), None, None),
            (None, Some("text/html; charset=Shift_JIS"), Some("Shift_JIS")),
            (None, Some("text/html; CharSet = \"euc-kr\" ; x"), Some("EUC-KR")),
            (None, Some("charset charset='koi8-r'"), Some("KOI8-R")),
            (None, Some("charset=\"utf-8"), None),
            (None, Some("charset="), None),
            (None, Some("text/html"), None),
            (None, None, None),
        ] {
            let found = of_meta(charset, content).map(Encoding::name);
            assert_eq!(found, expected, "{charset:?} {content:?}");
        }
    }

    #[test]
    fn a_stylesheet_says_its_encoding_by_a_mark_a_label_or_a_rule_in_this_order() {
        let rule = b"@charset \"shift_jis\"; p {}".as_slice();
        let marked = [b"\xEF\xBB\xBF".as_slice(), rule].concat();
        let late = [b"@charset \"", " ".repeat(1020).as_bytes(), b"\"; utf-8"].concat();
        for (start, charset, expected) in [
            (b"p {}".as_slice(), None, None),
            (b"p {}", Some("utf-8"), Some("UTF-8")),
            (b"p {}", Some("gbk"), Some("GBK")),
            (rule, None, Some("Shift_JIS")),
            (rule, Some("unknown"), Some("Shift_JIS")),
            (rule, Some("utf-8"), Some("UTF-8")),
            (&marked, Some("gbk"), Some("UTF-8")),
            (b"\xFF\xFEp\0", Some("utf-8"), Some("UTF-16LE")),
            (b"@charset \"utf-16\"; p {}", None, Some("UTF-8")),
            (b"@charset \"gbk\" ; p {}", None, None),
            (b"@charset 'gbk'; p {}", None, None),
            (b" @charset \"gbk\";", None, None),
            (b"@charset \"gbk", None, None),
            (&late, None, None),
            (b"", None, None),
        ] {
            let found = of_sheet(start, charset).map(Encoding::name);
            assert_eq!(found, expected, "{} {charset:?}", String::from_utf8_lossy(start));
        }
    }
}
