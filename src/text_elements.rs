//! The elements whose content is text and no markup, and a tag of theirs that `lol_html` misreads.
//!
//! Behind the start tag of such an element a browser reads text until its end tag. `lol_html` 3.0.3 does not where the tag ends in an
//! attribute without its value, as in `<script async=>`: it reads what follows as markup, unless a handler is called for that tag and
//! for nothing else of the page. So whoever only looks at elements has one called for each of [`SELECTOR`], and whoever looks at comments
//! or text as well takes such a page for [ambiguous](ends_in_no_value).

/// Selects all of them, for `lol_html`.
pub const SELECTOR: &str =
    "script, style, title, textarea, xmp, iframe, noembed, noframes, noscript, plaintext";

/// Whether an element of this lower-case name is one.
#[must_use]
pub fn is_one(name: &str) -> bool {
    SELECTOR.split(", ").any(|of| of == name)
}

/// Whether a tag, as it is written, ends in an attribute without its value.
#[must_use]
pub fn ends_in_no_value(tag: &[u8]) -> bool {
    tag.strip_suffix(b">").is_some_and(|tag| tag.trim_ascii_end().ends_with(b"="))
}

/// The most that are remembered before they are asked for. Then the first half of them is forgotten.
const MAX_ENDS: usize = 10_000;

/// Where the tags of a page end that do so, as far as it has been read; and where `=>` stands elsewhere, in scripts.
#[derive(Debug, Default)]
pub struct WithoutValue {
    read: usize,
    is_behind_equals: bool,
    ends: Vec<usize>,
}

impl WithoutValue {
    /// Reads the next bytes.
    pub fn read(&mut self, bytes: &[u8]) {
        for byte in bytes {
            self.read += 1;
            match byte {
                b'=' => self.is_behind_equals = true,
                byte if byte.is_ascii_whitespace() => {}
                byte => {
                    if *byte == b'>' && self.is_behind_equals {
                        self.keep(self.read);
                    }
                    self.is_behind_equals = false;
                }
            }
        }
    }

    fn keep(&mut self, end: usize) {
        if self.ends.len() >= MAX_ENDS {
            self.ends.drain(..MAX_ENDS / 2);
        }
        self.ends.push(end);
    }

    /// Whether a tag that ends here, in bytes from the beginning, is one. Those before it are not asked for any more.
    pub fn has(&mut self, end: usize) -> bool {
        self.ends.retain(|known| *known >= end);
        self.ends.first() == Some(&end)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tag_that_ends_in_no_value_is_told_in_whatever_pieces_it_comes() {
        let tags = [
            ("<script a=>", true),
            ("<script a= \n>", true),
            ("<script a =>", true),
            ("<script a=b c=>", true),
            ("<script>", false),
            ("<script a>", false),
            ("<script a=\"\">", false),
            ("<script a=b>", false),
            ("<script a=b=>", true),
            ("<script a='='>", false),
            ("<script a=/>", false),
            ("<script a=\">\" b=>", true),
        ];
        for (tag, expected) in tags {
            assert_eq!(ends_in_no_value(tag.as_bytes()), expected, "{tag}");
            for size in 1..=tag.len() {
                let mut all = WithoutValue::default();
                all.read(b"x => y");
                tag.as_bytes().chunks(size).for_each(|piece| all.read(piece));
                all.read(b"() =><b c=>");
                assert_eq!(all.has(6 + tag.len()), expected, "{tag} in pieces of {size}");
                assert!(!all.has(6 + tag.len() + 6) && all.has(6 + tag.len() + 11), "{tag}");
            }
        }
        assert!(!ends_in_no_value(b"") && !ends_in_no_value(b"<script a="));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut all = WithoutValue::default();
        (0..30_000).for_each(|_| all.read(b"<a b=>"));
        assert!(all.ends.len() <= MAX_ENDS && all.has(6 * 30_000));
    }

    #[test]
    fn names_are_told() {
        assert!(is_one("script") && is_one("plaintext") && !is_one("scrip") && !is_one("script, style"));
    }
}
