//! `srcset` and `imagesrcset`: the URLs of a list of image candidates.

/// The URLs of a `srcset` value (HTML, "parse a srcset attribute"), without their descriptors. There may be as many as there are
/// bytes: they are looked for one by one.
pub fn urls(value: &str) -> impl Iterator<Item = &str> {
    candidates(value).map(|(url, _)| url)
}

/// The same with their descriptors, which are not checked: `480w`, `2x`, or nothing.
pub fn candidates(value: &str) -> impl Iterator<Item = (&str, &str)> {
    let mut rest = value;
    std::iter::from_fn(move || {
        rest = rest.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == ',');
        if rest.is_empty() {
            return None;
        }
        let end = rest.find(|character: char| character.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        let bare = url.trim_end_matches(',');
        rest = after;
        let mut descriptor = "";
        if bare.len() == url.len() {
            // Descriptors follow, up to the next comma outside parentheses.
            let mut depth = 0_u32;
            let end = rest.find(|character| {
                match character {
                    '(' => depth += 1,
                    ')' => depth = depth.saturating_sub(1),
                    _ => {}
                }
                character == ',' && depth == 0
            });
            (descriptor, rest) = rest.split_at(end.unwrap_or(rest.len()));
        }
        Some((bare, descriptor.trim()))
    })
}

/// By what a browser chooses among candidates.
#[derive(Clone, Copy, Debug, PartialEq)]
pub enum Descriptor {
    /// `480w`: how wide the picture is.
    Width(u32),
    /// `2x`: for how many pixels of the screen in one of CSS. Without a descriptor 1.
    Density(f64),
}

impl Descriptor {
    /// Its number.
    #[must_use]
    pub fn value(self) -> f64 {
        match self {
            Self::Width(width) => f64::from(width),
            Self::Density(density) => density,
        }
    }
}

/// Reads the descriptors of one candidate. `None` for what the standard drops, and for what is so rare that browsers may not all take it
/// alike: `1e1x`.
#[must_use]
pub fn descriptor(text: &str) -> Option<Descriptor> {
    let mut words = text.split_ascii_whitespace();
    let Some(word) = words.next() else { return Some(Descriptor::Density(1.0)) };
    let height = words.next();
    if words.next().is_some() {
        return None;
    }
    if let Some(width) = word.strip_suffix('w') {
        // A height beside a width says nothing.
        let is_height = |text: &str| text.strip_suffix('h').is_some_and(|digits| natural(digits).is_some());
        return natural(width).filter(|_| height.is_none_or(is_height)).map(Descriptor::Width);
    }
    let density = word.strip_suffix('x').filter(|_| height.is_none())?;
    let (whole, fraction) = density.split_once('.').unwrap_or((density, "0"));
    let is_number = (whole.is_empty() || is_digits(whole)) && is_digits(fraction);
    density.parse().ok().filter(|density: &f64| is_number && density.is_finite()).map(Descriptor::Density)
}

/// A number of digits alone, which is not 0.
fn natural(digits: &str) -> Option<u32> {
    digits.parse().ok().filter(|number| is_digits(digits) && *number > 0)
}

/// Whether there are digits, and nothing else.
#[must_use]
pub fn is_digits(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether a browser may choose the `src` beside candidates: where none is for a density of 1, and none by its width (HTML, "create a
/// source set").
pub fn leaves_src(candidates: impl IntoIterator<Item = Descriptor>) -> bool {
    !candidates
        .into_iter()
        .any(|known| matches!(known, Descriptor::Width(_)) || known == Descriptor::Density(1.0))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn srcset_is_split_as_browsers_split_it() {
        for (value, expected) in [
            ("a.png 1x, b.png 2x", vec!["a.png", "b.png"]),
            ("a.png,b.png", vec!["a.png,b.png"]),
            ("a.png, b.png", vec!["a.png", "b.png"]),
            (" ,, a.png ,", vec!["a.png"]),
            ("data:,x 1x, b.png (a,b) 2w, c.png", vec!["data:,x", "b.png", "c.png"]),
            ("", vec![]),
        ] {
            assert_eq!(urls(value).collect::<Vec<_>>(), expected, "{value}");
        }
        for (text, expected) in [
            ("", Some(Descriptor::Density(1.0))),
            ("480w", Some(Descriptor::Width(480))),
            ("480w  9h", Some(Descriptor::Width(480))),
            ("2x", Some(Descriptor::Density(2.0))),
            (".5x", Some(Descriptor::Density(0.5))),
            ("1.50x", Some(Descriptor::Density(1.5))),
            ("480w 0h", None),
            ("9h", None),
            ("2x 9h", None),
            ("+1x", None),
            ("1.x", None),
            ("infx", None),
            ("x", None),
            ("1 x", None),
            ("0w", None),
            ("99999999999w", None),
            ("1w 1w", None),
        ] {
            assert_eq!(descriptor(text), expected, "{text}");
        }
        let of = "a.png  480w , b.png, c.png 1x (a,b),d.png\t2x";
        let expected = [("a.png", "480w"), ("b.png", ""), ("c.png", "1x (a,b)"), ("d.png", "2x")];
        assert_eq!(candidates(of).collect::<Vec<_>>(), expected);
    }

    #[test]
    fn the_src_is_a_candidate_where_none_is_for_a_density_of_1() {
        for (srcset, expected) in [
            ("", true),
            ("/b.jpg 2x, /c.jpg 3x", true),
            ("/b.jpg", false),
            ("/b.jpg, /c.jpg 2x", false),
            ("/b.jpg 1.0x", false),
            ("/b.jpg 480w", false),
        ] {
            let known = candidates(srcset).filter_map(|(_, text)| descriptor(text));
            assert_eq!(leaves_src(known), expected, "{srcset}");
        }
    }
}
