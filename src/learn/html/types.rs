//! The types that elements say of what they name: of one that no browser knows for its purpose, nothing is fetched. Consent tools hold
//! third parties back by such a type until somebody agrees.

use super::attribute;
use crate::csp::Destination;
use lol_html::html_content::Element;

/// Whether some browser may fetch what an element names for `destination`, by its `type`. Without one, all do.
pub(super) fn may_be(element: &Element<'_, '_>, destination: Destination) -> bool {
    attribute(element, "type").is_none_or(|said| is_known(&said, destination))
}

/// Whether some browser takes a `type` for one of what it fetches for `destination`: by its essence alone (MIME Sniffing, "parse a MIME
/// type"), as a link or a source has it. Where engines differ it is known.
fn is_known(said: &str, destination: Destination) -> bool {
    let essence = said.split(';').next().unwrap_or_default().trim().to_ascii_lowercase();
    let begins = |kinds: &[&str]| kinds.iter().any(|kind| essence.starts_with(kind));
    essence.is_empty()
        || match destination {
            Destination::Style => essence == "text/css",
            Destination::Script => is_javascript(&essence),
            Destination::Image => begins(&["image/"]),
            // `application/font-woff2`, `application/vnd.ms-fontobject`: names from before there was `font/`.
            Destination::Font => {
                begins(&["font/"]) || (begins(&["application/"]) && essence.contains("font"))
            }
            // Those of streams begin with `application/`.
            Destination::Media => begins(&["video/", "audio/", "application/"]) || essence == "text/vtt",
            _ => true,
        }
}

/// Whether a `<style>` is CSS, by its `type` (HTML, "update a style block"): which has to be that, without blanks and parameters.
pub(super) fn is_style(element: &Element<'_, '_>) -> bool {
    attribute(element, "type").is_none_or(|said| said.is_empty() || said.eq_ignore_ascii_case("text/css"))
}

/// Whether a lower-case `type` is one that browsers run as classic JavaScript (MIME Sniffing, "JavaScript MIME type essence match").
pub(super) fn is_javascript(kind: &str) -> bool {
    let Some(subtype) = kind.strip_prefix("text/").or_else(|| kind.strip_prefix("application/")) else {
        return kind.is_empty();
    };
    matches!(
        subtype,
        "javascript" | "ecmascript" | "x-javascript" | "x-ecmascript" | "jscript" | "livescript"
    ) || subtype.strip_prefix("javascript1.").is_some_and(|version| version.len() == 1)
}
