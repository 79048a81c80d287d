//! HTML that is edited while it goes by.
//!
//! An input is the sizes of the pieces in which the page comes (a line of bytes), its charset (a byte), which edits are made (a byte), and
//! the page.
//!
//! - What goes out is what came in, but for the edits that were planned, in whatever pieces it comes.
//! - Where the encoding is known the pieces make no difference at all.
//! - Elements go where the rewriter says that they went.
//! - The edited page has the same elements with the same attributes, and ours.

use crate::input::{Input, pieces};
use crate::site::PAGE;
use headstart::picture_form::form;
use headstart::rewrite::edit::{HtmlEdit, LargestPicture};
use headstart::rewrite::rewriter::may_edit;
use headstart::rewrite::testing::{Parsed, elements, through};

const CHARSETS: [Option<&str>; 6] =
    [Some("utf-8"), None, Some("iso-8859-1"), Some("shift_jis"), Some("gb18030"), Some("utf-16")];

/// What is put into heads: browsers take notice of nothing in it but its name.
pub const TAG: &str = "<script id=\"ours\"></script>";

const HIGH: &str = " fetchpriority=high ";

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let sizes = input.raw_line();
    let charset = input.one_of(&CHARSETS);
    let which = input.byte();
    let html = input.rest();
    // What cannot be told from an edit.
    let has =
        |text: &str| html.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
    if has("ours") || has("fetchpriority=high") || has("eager") {
        return;
    }
    let src = PAGE.join("hero.jpg?a&b").unwrap();
    let picture = LargestPicture { src, form: form("", ""), policies: Box::default(), page: PAGE.clone() };
    let edits = match which % 3 {
        0 => vec![HtmlEdit::IntoHead(TAG.to_owned())],
        1 => vec![HtmlEdit::HurryPicture(picture)],
        _ => vec![HtmlEdit::IntoHead(TAG.to_owned()), HtmlEdit::HurryPicture(picture)],
    };
    let (whole, place) = through(edits.clone(), charset, [html]);
    let (cut, cut_place) = through(edits, charset, pieces(html, sizes));
    for (edited, place) in [(&whole, place), (&cut, cut_place)] {
        assert_eq!(undone(edited, place, html).escape_ascii().to_string(), html.escape_ascii().to_string());
        assert_eq!(elements_of(edited), elements_of(html), "{}", edited.escape_ascii());
    }
    if charset.is_some() {
        assert_eq!(
            cut.escape_ascii().to_string(),
            whole.escape_ascii().to_string(),
            "in pieces of {sizes:?}"
        );
    }
    // A byte order mark says more than `Content-Type` (the HTML standard, "determining the character encoding").
    if !may_edit(charset) && !html.starts_with(b"\xef\xbb\xbf") {
        assert!(whole == html && place.is_none());
    }
}

/// A page without our edits. Elements stand where the rewriter says; of the picture's `loading` the page says what it was.
fn undone(edited: &[u8], place: Option<usize>, html: &[u8]) -> Vec<u8> {
    let mut page = edited.to_vec();
    let position =
        |page: &[u8], text: &str| page.windows(text.len()).position(|window| window == text.as_bytes());
    if let Some(at) = place {
        let put_in: Vec<u8> = page.drain(at..at + TAG.len()).collect();
        assert_eq!(put_in, TAG.as_bytes());
    }
    if let Some(at) = position(&page, HIGH) {
        page.drain(at..at + HIGH.len());
    }
    if let Some(at) = position(&page, "eager") {
        let behind = page.len() - at - "eager".len();
        let value = html.get(at..html.len().saturating_sub(behind)).unwrap_or_default();
        assert!(!value.contains(&b'>'));
        page.splice(at..at + "eager".len(), value.iter().copied());
    }
    page
}

/// All elements of a page with their attributes, but for what is put in.
fn elements_of(html: &[u8]) -> Vec<Parsed> {
    let ours: Parsed = ("script".to_owned(), vec![("id".to_owned(), "ours".to_owned())]);
    let without = |(name, attributes): Parsed| {
        // How lazy was written is compared byte by byte.
        let value_of = |name: &str, value: String| if name == "loading" { String::new() } else { value };
        let attributes = attributes.into_iter().map(|(name, value)| (name.clone(), value_of(&name, value)));
        (name, attributes.filter(|(name, value)| !(name == "fetchpriority" && value == "high")).collect())
    };
    elements(html, |_| {}).into_iter().map(without).filter(|element| *element != ours).collect()
}
