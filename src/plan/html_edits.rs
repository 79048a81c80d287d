//! Whether a page's HTML may be changed, and what is no longer said of a page that is.
//!
//! It is for a browser alone that says that it shows the page. What is saved by anything else is to be the origin's, byte by byte: it
//! would ask the site for what is put into it here whenever it is opened.

use crate::config::{Config, RulesDelivery};
use crate::head::{Content, Head};
use crate::rewrite::rewriter;
use crate::visit::Visit;

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

/// Whether a page may be changed: it is shown, its bytes can be read, they are a superset of ASCII, and nothing forbids it.
#[must_use]
pub fn may_be_edited(visit: &Visit, head: &Head) -> bool {
    visit.is_shown_as_document()
        && head.content == Content::Page
        && head.is_readable
        && !head.no_transform
        && rewriter::may_edit(head.charset.as_deref())
}

/// Whether more than a few views of a page may be changed that are shown, so that what is decided about one that is not does not hold
/// for them.
#[must_use]
pub fn are_usual(config: &Config) -> bool {
    let has_rules = config.rules.is_on && config.rules.delivery == RulesDelivery::Inline;
    has_rules || (config.hints.is_on && config.hints.changes_largest_picture)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{DOCUMENT, config, page, visit};

    #[test]
    fn only_pages_that_are_shown_are_edited() {
        let may_be = |fields: &[(&str, &str)]| super::may_be_edited(&visit("GET", "/a", fields), &page());
        assert!(may_be(&DOCUMENT));
        assert!(may_be(&[&DOCUMENT[..], &[("sec-purpose", "prefetch;prerender")]].concat()));
        assert!(!may_be(&[DOCUMENT[0], ("sec-fetch-dest", "iframe")]));
        // As WebKit saves it, and curl.
        for accept in ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*"] {
            assert!(!may_be(&[("accept", accept)]), "{accept}");
        }
    }

    #[test]
    fn pages_are_edited_in_more_than_a_few_views_where_rules_or_the_largest_picture_are() {
        let are_usual = |variables: &[(&str, &str)]| super::are_usual(&config(variables));
        let (inline, largest) = (("RULES_DELIVERY", "inline"), ("LARGEST_PICTURE", "on"));
        assert!(are_usual(&[inline]) && are_usual(&[largest]));
        assert!(!are_usual(&[]));
        assert!(!are_usual(&[inline, ("RULES", "off")]) && !are_usual(&[largest, ("HINTS", "off")]));
    }

    #[test]
    fn only_pages_that_can_be_read_and_may_be_changed_are_edited() {
        let may_be_edited = |head: &Head| super::may_be_edited(&visit("GET", "/a", &DOCUMENT), head);
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
