//! By what a browser chooses the picture of an `<img>`: its form, which tells it from others with the same `src`.

use crate::hash::{fnv1a, fnv1a_on};

/// How much of `srcset` and `sizes` `assets/beacon.js` tells, in code units of UTF-16.
const MAX_TOLD_UNITS: usize = 999;

/// The form of an `<img>`: a hash of its `srcset` and `sizes`, as the element has them, each as far as a browser tells it. Never 0,
/// which stands for what is no `<img>`.
#[must_use]
pub fn form(srcset: &str, sizes: &str) -> u64 {
    fnv1a_on(fnv1a_on(fnv1a(told(srcset).as_bytes()), b"\n"), told(sizes).as_bytes()).max(1)
}

/// What `assets/beacon.js` tells of a long text. Of a pair of units that is cut in two it could tell nothing.
fn told(text: &str) -> &str {
    let mut units = 0;
    let cut = text.char_indices().find(|(_, character)| {
        units += character.len_utf16();
        units > MAX_TOLD_UNITS
    });
    cut.and_then(|(at, _)| text.get(..at)).unwrap_or(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn candidates_and_sizes_make_the_form() {
        let forms = [form("", ""), form("/a.jpg 1x", ""), form("", "/a.jpg 1x"), form("/a.jpg 1x", "9px")];
        for (at, one) in forms.iter().enumerate() {
            assert!(forms.iter().skip(at + 1).all(|other| one != other), "{at}");
        }
    }

    #[test]
    fn no_more_makes_it_than_a_browser_tells() {
        let long = "x".repeat(998);
        assert_eq!(form(&format!("{long}yz"), ""), form(&format!("{long}y"), ""));
        assert_ne!(form(&format!("{long}y"), ""), form(&long, ""));
        assert_eq!(form("", &format!("{long}\u{1f600}")), form("", &long), "half a character");
    }
}
