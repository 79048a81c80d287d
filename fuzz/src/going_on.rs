//! Pages that lead their visitor on by themselves.
//!
//! An input is the page.
//!
//! - Blanks behind a page change nothing, up to the length of a short one; and what stands behind that length is not looked at.
//! - A long page leads on by what its head says alone. Then it does so as a short one as well.
//! - Nothing within a comment, or within a text field, leads on.

use headstart::rewrite::going_on::{SHORT_BYTES, goes_on};

pub fn run(html: &[u8]) {
    let short = goes_on(html);
    assert_eq!(goes_on(&padded(html, SHORT_BYTES, b' ')), short, "with blanks behind it");
    let long = goes_on(&padded(html, SHORT_BYTES + 1, b' '));
    assert!(short || !long, "a long one alone");
    assert_eq!(
        goes_on(&padded(html, 2 * SHORT_BYTES, b'>')),
        goes_on(&padded(&padded(html, SHORT_BYTES, b'>'), SHORT_BYTES + 1, b' '))
    );
    let has = |text: &[u8]| html.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text));
    if !has(b"--") {
        assert!(!goes_on(&[b"<!-- ", html].concat()), "within a comment");
    }
    if !has(b"</textarea") {
        assert!(!goes_on(&[b"<textarea>", html].concat()), "within a text field");
    }
}

/// A page, and so many bytes behind it that it is as long.
fn padded(html: &[u8], length: usize, byte: u8) -> Vec<u8> {
    let mut page = html.to_vec();
    page.resize(length.max(html.len()), byte);
    page
}
