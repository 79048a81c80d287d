//! AMP documents: `<html amp>`, `<html ⚡>`, and those of its formats for advertisements and mail.
//!
//! A script that is not AMP's own makes such a document invalid, and so does whatever stands before its `<meta charset>`: caches and
//! search engines then take it for an AMP document no more. So nothing of one is edited.

use lol_html::html_content::Element;

/// Whether this `<html>` is that of an AMP document.
#[must_use]
pub fn is_amp(html: &Element<'_, '_>) -> bool {
    html.attributes().iter().any(|attribute| is_mark(&attribute.name()))
}

/// Whether an attribute of `<html>` with this lower-case name makes its document one of AMP's.
fn is_mark(name: &str) -> bool {
    // The sign may say that it wants to be shown as a picture.
    let format = ["amp", "\u{26a1}\u{fe0f}", "\u{26a1}"].iter().find_map(|sign| name.strip_prefix(sign));
    matches!(format, Some("" | "4ads" | "4email"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_format_is_told_by_its_attribute() {
        for name in
            ["amp", "amp4ads", "amp4email", "⚡", "⚡4ads", "⚡4email", "⚡\u{fe0f}", "⚡\u{fe0f}4ads"]
        {
            assert!(is_mark(name), "{name}");
        }
        for name in ["", "4ads", "amp4", "amp-version", "data-amp", "ampere", "amp-boilerplate", "lang"] {
            assert!(!is_mark(name), "{name}");
        }
    }
}
