//! `srcset` and `imagesrcset`: the URLs of a list of image candidates.

/// The URLs of a `srcset` value (HTML, "parse a srcset attribute"), without their descriptors.
#[must_use]
pub fn urls(value: &str) -> Vec<&str> {
    let mut urls = Vec::new();
    let mut rest = value;
    loop {
        rest = rest.trim_start_matches(|character: char| character.is_ascii_whitespace() || character == ',');
        if rest.is_empty() {
            return urls;
        }
        let end = rest.find(|character: char| character.is_ascii_whitespace()).unwrap_or(rest.len());
        let (url, after) = rest.split_at(end);
        let bare = url.trim_end_matches(',');
        urls.push(bare);
        rest = after;
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
            rest = end.and_then(|end| rest.get(end..)).unwrap_or_default();
        }
    }
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
            assert_eq!(urls(value), expected, "{value}");
        }
    }
}
