//! Which encoding a page has, as far as something before its markup says it: the same rule for whoever reads it and for whoever edits it
//! (HTML, "determining the character encoding").

use encoding_rs::Encoding;
use lol_html::AsciiCompatibleEncoding;

/// Where browsers look for a page's encoding (HTML, "prescan a byte stream").
pub const PRESCAN_BYTES: usize = 1024;

/// The byte order mark of UTF-8.
pub const UTF_8_MARK: &[u8] = b"\xEF\xBB\xBF";

/// How many of a page's first bytes tell whether it has a byte order mark.
pub const MARK_BYTES: usize = 3;

/// A page's encoding is not a superset of ASCII, so that tags cannot be found by their bytes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct NotAscii;

/// The encoding that a page has whatever it says itself, by its first bytes and the label in its `Content-Type`; a byte order mark
/// goes before that. `None` where it is to be found in the page.
///
/// # Errors
/// If it is not a superset of ASCII.
pub fn declared_encoding(
    start: &[u8],
    charset: Option<&str>,
) -> Result<Option<AsciiCompatibleEncoding>, NotAscii> {
    if start.starts_with(UTF_8_MARK) {
        return Ok(Some(AsciiCompatibleEncoding::utf_8()));
    }
    // Also without its mark, UTF-16 shows; a page in anything else has no such tag.
    let is_utf_16 = [b"\xFE\xFF", b"\xFF\xFE", b"<\0", b"\0<"].iter().any(|mark| start.starts_with(*mark));
    if is_utf_16 {
        return Err(NotAscii);
    }
    match charset.and_then(|label| Encoding::for_label(label.as_bytes())) {
        Some(encoding) => AsciiCompatibleEncoding::new(encoding).ok_or(NotAscii).map(Some),
        // Browsers take no notice of a label that they do not know.
        None => Ok(None),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_mark_goes_before_a_known_label_and_an_unknown_label_says_nothing() {
        let marked = b"\xEF\xBB\xBF<p>".as_slice();
        for (start, charset, expected) in [
            (b"<p>".as_slice(), None, Ok(None)),
            (b"<p>", Some("utf-8"), Ok(Some("UTF-8"))),
            (b"<p>", Some("ISO-8859-1"), Ok(Some("windows-1252"))),
            (b"<p>", Some(""), Ok(None)),
            (b"<p>", Some("windows1251"), Ok(None)),
            (b"<p>", Some("utf-16le"), Err(NotAscii)),
            (b"<p>", Some("iso-2022-kr"), Err(NotAscii)),
            (marked, None, Ok(Some("UTF-8"))),
            (marked, Some("ISO-8859-1"), Ok(Some("UTF-8"))),
            (marked, Some("utf-16le"), Ok(Some("UTF-8"))),
            (b"\xFF\xFE<\0", Some("utf-8"), Err(NotAscii)),
            (b"\0<\0p", None, Err(NotAscii)),
            (b"", None, Ok(None)),
        ] {
            let found = declared_encoding(start, charset);
            let name = found.map(|encoding| encoding.map(|encoding| <&Encoding>::from(encoding).name()));
            assert_eq!(name, expected, "{start:?} {charset:?}");
        }
    }
}
