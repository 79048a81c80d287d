//! `sizes` that leave a picture's size to the layout (HTML, "sizes attributes", `auto`).

/// Whether `sizes` begin with `auto`: a browser that knows it, and loads the picture lazily, chooses by the width of the element on
/// the page. A preload has no such width, and what is not lazy has no use for it, so both would choose another candidate.
#[must_use]
pub fn has_auto(sizes: &str) -> bool {
    let first = sizes.split(',').next().unwrap_or_default();
    first.trim().eq_ignore_ascii_case("auto")
}
