//! Whether HTML may be added behind a page: only where its last bytes show that the document is over.
//!
//! HTML takes what follows `</html>` into the body, so what is added there is parsed as if it stood at the body's end. But a
//! page may have been cut, or may end inside a comment, a script or a text field; then what is added would be their text.

use regex::bytes::Regex;
use std::sync::LazyLock;

/// How many of a page's last bytes are read. Caches leave a comment behind the end.
pub const END_BYTES: u32 = 1024;

/// The end of a document, with nothing but blanks and whole comments behind it.
const END: &str = r"(?-u)</(?:body|html)\s*>(?:\s|</html\s*>|<!--(?:[^-]|-[^-]|--+[^->])*--+>)*$";

/// Elements whose content is text, or is not part of the page: what follows an open one would be too.
const TEXT_ELEMENTS: [&[u8]; 12] = [
    b"script",
    b"style",
    b"textarea",
    b"title",
    b"xmp",
    b"iframe",
    b"noembed",
    b"noframes",
    b"noscript",
    b"template",
    b"select",
    b"plaintext",
];

/// Whether HTML may follow a page that ends with these bytes, the last [`END_BYTES`] of it or all.
#[must_use]
pub fn may_be_followed(end: &[u8]) -> bool {
    static DOCUMENT_END: LazyLock<Option<Regex>> = LazyLock::new(|| Regex::new(END).ok());
    let end = end.to_ascii_lowercase();
    DOCUMENT_END.as_ref().is_some_and(|document_end| document_end.is_match(&end))
        && !is_open(&end, b"<!--", b"-->", |_| true)
        && !TEXT_ELEMENTS.iter().any(|name| {
            let (start, close) = ([b"<", *name].concat(), [b"</", *name].concat());
            is_open(&end, &start, &close, |next| {
                !next.is_some_and(|byte| byte.is_ascii_alphanumeric() || *byte == b'_')
            })
        })
}

/// Whether the last `start`, behind which the next byte is as it has to be, has no `close` behind it.
fn is_open(text: &[u8], start: &[u8], close: &[u8], is_start: impl Fn(Option<&u8>) -> bool) -> bool {
    let found = |part: &[u8], wanted: &[u8]| part.windows(wanted.len()).any(|window| window == wanted);
    let mut starts = text.windows(start.len()).enumerate().rev();
    let last = starts.find(|(at, window)| *window == start && is_start(text.get(at + start.len())));
    last.is_some_and(|(at, _)| !found(text.get(at..).unwrap_or_default(), close))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_document_is_over_where_only_blanks_and_whole_comments_follow_its_end() {
        for end in [
            "<p>a</body></html>",
            "</BODY >\r\n</HTML\t>\n",
            "</html>",
            "<p></body>",
            "</body><!-- Cached by x, 12 ms --></html>\n<!-- a -- b - c ---->\n",
            "<script>a()</script></body></html>",
            "<textarea></textarea><select><option></select><title>x</title></html>",
            "<selector></body>",
        ] {
            assert!(may_be_followed(end.as_bytes()), "{end}");
        }
    }

    #[test]
    fn where_something_is_open_or_cut_nothing_may_follow() {
        for end in [
            "",
            "<p>a",
            "</body><p>a",
            "</html",
            "</body></html>x",
            "<!-- </body></html>",
            "</body></html><!-- cut",
            "</body><!-- a --> x --></html><!-- b",
            "</body><!-- a --> x -->",
            "<script>document.write('</body></html>",
            "<SCRIPT>a()</body>",
            "<textarea></body></html>",
            "<template><p></body>",
            "</script><script src=a></body></html>",
            "<plaintext></body></html>",
            "</bodyx>",
        ] {
            assert!(!may_be_followed(end.as_bytes()), "{end}");
        }
    }

    #[test]
    fn bytes_that_are_no_text_are_taken_as_they_are() {
        assert!(may_be_followed(b"\xff\xfe</body>\n"));
        // UTF-16: every other byte is zero, and so nothing is added.
        assert!(!may_be_followed(b"<\0/\0b\0o\0d\0y\0>\0"));
        assert!(!may_be_followed(b"</body>\xa0"));
    }
}
