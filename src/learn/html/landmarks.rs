//! Hands the parser's elements to the outline ([`super::super::outline`]): landmarks, headlines, `<meta>`, rule sets.

use super::{ParserState, attribute};
use crate::learn::outline::Region;
use lol_html::html_content::{Element, EndTag, TextChunk};
use std::cell::RefCell;
use std::rc::Rc;

/// The elements that say where links stand, whether robots may index the page, and which speculation rules it has. Links themselves are
/// found with all else that has a URL.
pub(super) const SELECTOR: &str = "main, article, header, nav, aside, footer, [role], h1, meta[name], \
                                   script[type*=\"speculationrules\" i]";

/// The rule sets among them, for their text.
pub(super) const RULES_SELECTOR: &str = "script[type*=\"speculationrules\" i]";

/// Looks at one of [`SELECTOR`].
pub(super) fn see(page: &Rc<RefCell<ParserState>>, element: &mut Element<'_, '_>) {
    if !super::spend(page) {
        return;
    }
    let name = element.tag_name();
    let number = {
        let Ok(mut page) = page.try_borrow_mut() else { return };
        if page.templates > 0 {
            return;
        }
        let sketch = &mut page.document.sketch;
        match name.as_str() {
            "meta" => {
                let [name, content] =
                    ["name", "content"].map(|key| attribute(element, key).unwrap_or_default());
                sketch.see_meta(&name, &content);
                if name.trim().eq_ignore_ascii_case("referrer") {
                    page.document.see_referrer_policy(&content);
                }
                return;
            }
            "script" => {
                let kind = attribute(element, "type").unwrap_or_default();
                // With a `src` the rules do nothing, neither these nor those.
                let counts = kind.trim().eq_ignore_ascii_case("speculationrules");
                return sketch.begin_rules(counts && !element.has_attribute("src"));
            }
            "h1" => sketch.see_headline(),
            _ => {}
        }
        Region::of(&name, attribute(element, "role").as_deref()).and_then(|region| sketch.open(region))
    };
    let Some(number) = number else { return };
    let close = move |page: &Rc<RefCell<ParserState>>| {
        if let Ok(mut page) = page.try_borrow_mut() {
            page.document.sketch.close(number);
        }
    };
    let shared = Rc::clone(page);
    let closes = element.on_end_tag(Box::new(move |_: &mut EndTag<'_>| {
        close(&shared);
        Ok(())
    }));
    if closes.is_err() {
        // An element that cannot have an end tag has no content either.
        close(page);
    }
}

/// Takes the text of a rule set in.
pub(super) fn read(page: &Rc<RefCell<ParserState>>, chunk: &TextChunk<'_>) {
    let Ok(mut page) = page.try_borrow_mut() else { return };
    if page.templates > 0 || page.is_exhausted() {
        return;
    }
    let document = &mut page.document;
    document.sketch.read_rules(chunk.as_str());
    if chunk.last_in_text_node() {
        for reference in document.sketch.end_rules() {
            if let Some(url) = document.resolve_own(&reference) {
                document.sketch.add_ruled(&url);
            }
        }
    }
}
