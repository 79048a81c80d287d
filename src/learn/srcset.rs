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
        let of = "a.png  480w , b.png, c.png 1x (a,b),d.png\t2x";
        let expected = [("a.png", "480w"), ("b.png", ""), ("c.png", "1x (a,b)"), ("d.png", "2x")];
        assert_eq!(candidates(of).collect::<Vec<_>>(), expected);
    }
}
