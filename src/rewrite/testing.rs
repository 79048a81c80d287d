//! How the tests of this room, and the fuzz targets of the whole, look at an edited page. Not in the Worker.

use super::edit::HtmlEdit;
use super::rewriter::{Rewriter, Written};
use lol_html::html_content::Element;
use lol_html::{HtmlRewriter, Settings, element};
use std::cell::RefCell;

/// A page that has gone through in these pieces, as `edge` hands it on, and where elements went into its head.
#[must_use]
pub fn through<'a>(
    edits: Vec<HtmlEdit>,
    charset: Option<&str>,
    pieces: impl IntoIterator<Item = &'a [u8]>,
) -> (Vec<u8>, Option<usize>) {
    let is_in_head = edits.iter().any(|edit| matches!(edit, HtmlEdit::IntoHead(_)));
    let mut rewriter = Rewriter::new(edits, charset);
    let (mut out, mut given, mut missing, mut is_over) = (Vec::new(), Vec::new(), 0, false);
    for piece in pieces {
        given.extend_from_slice(piece);
        if is_over {
            out.extend_from_slice(piece);
            continue;
        }
        match rewriter.write(piece) {
            Written::Same => out.extend_from_slice(piece),
            Written::Some { bytes, held } => {
                out.extend_from_slice(&bytes);
                missing = held;
                continue;
            }
            Written::Last(bytes) => {
                out.extend_from_slice(&bytes);
                is_over = true;
            }
        }
        missing = 0;
    }
    let held = given.len().checked_sub(missing).and_then(|from| given.get(from..));
    out.extend_from_slice(held.unwrap_or_default());
    (out, rewriter.place().filter(|_| is_in_head))
}

/// An element's name, and the names and values of its attributes.
pub type Parsed = (String, Vec<(String, String)>);

/// All elements of a page with their attributes, by lol_html; those before the fault, where it gives up. The page goes into `sink`: its
/// type has lol_html compiled for whoever calls, so that a fuzzer sees which way the parser goes.
#[must_use]
pub fn elements(html: &[u8], sink: impl FnMut(&[u8])) -> Vec<Parsed> {
    let elements = RefCell::new(Vec::new());
    let settings = Settings::new().with_strict(false).append_element_content_handler(element!(
        "*",
        |element: &mut Element<'_, '_>| {
            let attributes = element.attributes().iter();
            let attributes = attributes.map(|attribute| (attribute.name(), attribute.value())).collect();
            elements.borrow_mut().push((element.tag_name(), attributes));
            Ok(())
        }
    ));
    let mut parser = HtmlRewriter::new(settings, sink);
    if parser.write(html).is_ok() {
        let _ = parser.end();
    }
    elements.take()
}
