//! Whether a page's HTML may be changed, and what is no longer said of a page that is.

use crate::head::{Content, Head};
use crate::rewrite::rewriter;

/// The fields of an answer that say something of the very bytes of its body. What is said of a page is untrue of it once it is
/// edited; and a part of it, asked for by itself, would not fit (RFC 9110, section 14.3).
///
/// `Content-Encoding` is among them: what is read of a compressed page is not compressed any more. The platform would compress it again
/// where that still said so, but workerd then gives nothing away before the page's end. Without it, what compresses any answer for
/// its visitor does so in front of the Worker. (A strong `ETag` becomes a weak one, and a length is
/// said that is the edited page's, where it is known: `rewriting.js`.)
pub const OF_EXACT_BYTES: [&str; 8] = [
    "content-length",
    "content-encoding",
    "content-md5",
    "digest",
    "content-digest",
    "repr-digest",
    "unencoded-digest",
    "accept-ranges",
];

/// The same, and those by which a body is known again: an answer loses them all where it is given another body.
pub fn of_bytes() -> impl Iterator<Item = &'static str> {
    OF_EXACT_BYTES.into_iter().chain(["etag", "last-modified"])
}

/// Whether a page may be changed: its bytes can be read, they are a superset of ASCII, and nothing forbids it.
#[must_use]
pub fn may_be_edited(head: &Head) -> bool {
    head.content == Content::Page
        && head.is_readable
        && !head.no_transform
        && rewriter::may_edit(head.charset.as_deref())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_pages_that_can_be_read_and_may_be_changed_are_edited() {
        let page = || Head { content: Content::Page, is_readable: true, ..Head::default() };
        assert!(may_be_edited(&page()));
        for charset in ["utf-8", "Windows-1252", "shift_jis", "unknown"] {
            assert!(may_be_edited(&Head { charset: Some(charset.to_owned()), ..page() }), "{charset}");
        }
        for charset in ["utf-16", "UTF-16BE", "iso-2022-jp"] {
            assert!(!may_be_edited(&Head { charset: Some(charset.to_owned()), ..page() }), "{charset}");
        }
        assert!(!may_be_edited(&Head { content: Content::Html, ..page() }));
        assert!(!may_be_edited(&Head { is_readable: false, ..page() }));
        assert!(!may_be_edited(&Head { no_transform: true, ..page() }));
    }
}
