//! Hands the parser's elements to the reader of links' words ([`super::super::link_reader`]): links, what stands in them, and
//! what of that is hidden.

use super::{ParserState, attribute};
use crate::learn::link_reader::Tag;
use lol_html::html_content::{Element, EndTag, TextChunk};
use std::cell::RefCell;
use std::rc::Rc;

/// Links, and the elements in them that have a name, are hidden, or end a line. Icon fonts write an icon as a word.
pub(super) const SELECTOR: &str = "a[href], area[href], a img, a [aria-label], a [hidden], a [aria-hidden=\"true\" i], \
                                   a [class*=\"material-icons\"], a [class*=\"material-symbols\"], a script, a style, \
                                   a noscript, a select, a textarea, a br, a div, a p, a li, a td, a h1, a h2, a h3, a h4";

/// The links, for the text in them.
pub(super) const TEXT_SELECTOR: &str = "a[href]";

/// The methods that a script sends in place of a link's `GET`.
const METHODS: &[&str] = &["post", "put", "patch", "delete"];

type Page = Rc<RefCell<ParserState>>;

/// Looks at one of [`SELECTOR`].
pub(super) fn see(page: &Page, element: &mut Element<'_, '_>) {
    if !super::spend(page) {
        return;
    }
    let name = element.tag_name();
    match name.as_str() {
        "a" | "area" => see_link(page, element, &name),
        _ => see_part(page, element, &name),
    }
}

/// Takes the text of a link in.
pub(super) fn read(page: &Page, chunk: &TextChunk<'_>) {
    if let Ok(mut page) = page.try_borrow_mut()
        && page.templates == 0
        && !page.is_exhausted()
    {
        page.document.links.read(chunk.as_str(), chunk.last_in_text_node());
    }
}

fn see_link(page: &Page, element: &mut Element<'_, '_>, name: &str) {
    let number = {
        let Ok(mut page) = page.try_borrow_mut() else { return };
        let Some(href) = attribute(element, "href").filter(|_| page.templates == 0) else { return };
        let document = &mut page.document;
        let url = document.resolve_own(&href);
        let tag = Tag {
            label: attribute(element, "aria-label"),
            title: attribute(element, "title"),
            rel: attribute(element, "rel").unwrap_or_default(),
            mark: mark(element),
        };
        let number = document.links.open(url.as_ref(), tag);
        if name == "area"
            && let Some(number) = number
        {
            document.links.add_name(&attribute(element, "alt").unwrap_or_default());
            document.links.close(number);
        }
        number
    };
    let Some(number) = number else { return };
    let shared = Rc::clone(page);
    // One that cannot have an end tag has no text either, and ends where the next begins.
    let _ = element.on_end_tag(Box::new(move |_: &mut EndTag<'_>| {
        if let Ok(mut page) = shared.try_borrow_mut() {
            page.document.links.close(number);
        }
        Ok(())
    }));
}

/// Looks at something that stands in a link.
fn see_part(page: &Page, element: &mut Element<'_, '_>, name: &str) {
    let label = attribute(element, "aria-label").filter(|label| !label.trim().is_empty());
    let is_hidden = is_hidden(element, name);
    let hides = is_hidden || label.is_some();
    let number = {
        let Ok(mut page) = page.try_borrow_mut() else { return };
        let links = &mut page.document.links;
        match (name, is_hidden) {
            (_, true) => {}
            ("img", _) => links.add_name(&label.or_else(|| attribute(element, "alt")).unwrap_or_default()),
            _ => match label {
                Some(label) => links.add_name(&label),
                None => links.cut(),
            },
        }
        if hides { links.hide() } else { None }
    };
    let shared = Rc::clone(page);
    let closes = element.on_end_tag(Box::new(move |_: &mut EndTag<'_>| {
        if let Ok(mut page) = shared.try_borrow_mut() {
            match number {
                Some(number) => page.document.links.show(number),
                None => page.document.links.cut(),
            }
        }
        Ok(())
    }));
    if closes.is_err()
        && let Some(number) = number
        && let Ok(mut page) = page.try_borrow_mut()
    {
        page.document.links.show(number);
    }
}

/// Whether what stands in an element is not read to anybody, or is no word.
fn is_hidden(element: &Element<'_, '_>, name: &str) -> bool {
    let class = element.get_attribute("class").unwrap_or_default();
    matches!(name, "script" | "style" | "noscript" | "select" | "textarea")
        || element.has_attribute("hidden")
        || super::has_value(element, "aria-hidden", "true")
        || class.contains("material-icons")
        || class.contains("material-symbols")
}

/// The rule that a link's marks make: a script sends something else than a `GET`, or asks before the link is followed.
fn mark(element: &Element<'_, '_>) -> Option<&'static str> {
    let has = |name: &str| attribute(element, name).is_some_and(|value| !value.trim().is_empty());
    let is_method = |name: &str| METHODS.iter().any(|method| super::has_value(element, name, method));
    let sends = |method: &str| has(&format!("hx-{method}")) || has(&format!("data-hx-{method}"));
    if is_method("data-method")
        || is_method("data-turbo-method")
        || METHODS.iter().any(|method| sends(method))
    {
        return Some("method");
    }
    let asks = ["data-confirm", "data-turbo-confirm", "hx-confirm", "data-hx-confirm"].into_iter().any(has);
    let asks = asks || attribute(element, "onclick").is_some_and(|script| script.contains("confirm("));
    asks.then_some("confirm")
}

#[cfg(test)]
mod tests;
