//! Pages that are prerendered: read as a whole, perhaps refused, and edited.
//!
//! An input is the sizes of the steps in which the page is read (a line of bytes), its charset (a byte), a pattern of `ANALYTICS_SCRIPTS`
//! (a line), and the page.
//!
//! - In whatever steps a page is read, it says the same.
//! - The script is put in once, before all others of the page; what else is changed are the scripts and pictures that are deferred.
//! - The edited page has the same elements with the same attributes but for these.
//! - Nothing is deferred that would then not be started, and nothing is changed that was not read.

use crate::input::{Input, pieces};
use headstart::ineligible::Ineligible;
use headstart::rewrite::analytics::Analytics;
use headstart::rewrite::prerender::{
    GATED_TYPE, MARK_CHARS, PageReader, ParsedPage, SRC_ATTRIBUTE, TYPE_ATTRIBUTE, read,
};
use headstart::rewrite::testing::{Parsed, elements};

const CHARSETS: [Option<&str>; 5] =
    [None, Some("utf-8"), Some("iso-8859-1"), Some("shift_jis"), Some("gb18030")];

const TAG: &str = "<script src=\"/_headstart/ours.js\"></script>";

const MARK: &str = "0123456789abcdef";

pub fn run(input: &[u8]) {
    assert_eq!(MARK.len(), MARK_CHARS);
    let mut input = Input::new(input);
    let sizes = input.raw_line();
    let charset = input.one_of(&CHARSETS);
    let analytics = Analytics::new(&[input.line().into_owned()]);
    let html = input.rest();
    let whole = read(html, charset, &analytics);
    assert_eq!(in_steps(html, sizes, charset, &analytics), whole, "in steps of {sizes:?}");
    let Ok(page) = whole else { return };
    assert!(page.policies_before().len() <= page.policies().len() && page.policies().len() <= 16);
    assert!(page.has_gated() || !page.has_gated_scripts());
    let has =
        |text: &str| html.windows(text.len()).any(|window| window.eq_ignore_ascii_case(text.as_bytes()));
    if !has("headstart") {
        edit(&page, html, charset);
    }
    let longer = [html, b"x"].concat();
    assert_eq!(page.edit(&longer, Some(TAG), MARK), longer);
    assert_eq!(page.edit(html, Some("<script>\u{e9}</script>"), MARK), html);
    assert_eq!(page.edit(html, Some(TAG), "\"><script>"), html);
}

fn in_steps(
    html: &[u8],
    sizes: &[u8],
    charset: Option<&str>,
    analytics: &Analytics,
) -> Result<ParsedPage, Ineligible> {
    let mut reader = PageReader::new(html, charset, analytics)?;
    for piece in pieces(html, sizes) {
        reader.advance(piece.len())?;
    }
    reader.finish()
}

fn edit(page: &ParsedPage, html: &[u8], charset: Option<&str>) {
    let edited = page.edit(html, Some(TAG), MARK);
    let places: Vec<usize> =
        (0..edited.len()).filter(|at| edited[*at..].starts_with(TAG.as_bytes())).collect();
    let [at] = places.as_slice() else { panic!("put in {} times: {}", places.len(), edited.escape_ascii()) };
    let without = [&edited[..*at], &edited[at + TAG.len()..]].concat();
    let held = page.edit(html, None, MARK);
    assert_eq!(without.escape_ascii().to_string(), held.escape_ascii().to_string());
    assert_eq!(held != html, page.has_gated());
    let mut after = elements(&edited, |_| {});
    let ours: Parsed = ("script".to_owned(), vec![("src".to_owned(), "/_headstart/ours.js".to_owned())]);
    let at = after.iter().position(|element| *element == ours);
    let at = at.unwrap_or_else(|| panic!("no element: {}", edited.escape_ascii()));
    after.remove(at);
    // Nothing but <html> and <head> stands before it, or what the encoding needs.
    let is_first = after[..at].iter().all(|(name, _)| matches!(name.as_str(), "html" | "head"));
    assert!(is_first || charset.is_none(), "{}", edited.escape_ascii());
    let before = elements(html, |_| {});
    assert_eq!(before.len(), after.len(), "{}", edited.escape_ascii());
    let deferred = before.into_iter().zip(after).filter(|(before, after)| is_deferred(before, after));
    assert_eq!(deferred.count() > 0, page.has_gated(), "{}", edited.escape_ascii());
}

/// Whether an element is deferred; one that is not is as it was.
fn is_deferred(before: &Parsed, after: &Parsed) -> bool {
    let src = format!("{SRC_ATTRIBUTE}{MARK}");
    let gated = format!("{GATED_TYPE}{MARK}");
    if after.0 == "img" && after.1.iter().any(|(name, _)| *name == src) {
        let back = |(name, value): &(String, String)| {
            (if *name == src { "src".to_owned() } else { name.clone() }, value.clone())
        };
        assert_eq!(before.1, after.1.iter().map(back).collect::<Vec<_>>());
        return true;
    }
    if !after.1.iter().any(|(name, value)| name == "type" && *value == gated) {
        assert_eq!(before, after);
        return false;
    }
    assert_eq!(after.0, "script");
    let is_kind = |(name, _): &&(String, String)| name == "type";
    let (mut before, mut after) = (before.1.clone(), after.1.clone());
    // The first attribute of a name counts.
    let kind = before.iter().position(|one| is_kind(&one)).map(|at| before.remove(at).1);
    let at = after.iter().position(|one| is_kind(&one)).unwrap();
    after.remove(at);
    let kept = after.iter().position(|(name, _)| name == TYPE_ATTRIBUTE).map(|at| after.remove(at));
    assert_eq!(before, after);
    // How a type is written may be encoded; a script without any is none of a module.
    assert!(kept.is_none() || kind.is_some());
    true
}
