//! A hash of a page that is the same for all who are given the same page, though each answer has tokens of its own in it: nonces,
//! form tokens, names of requests, times in comments and in scripts.
//!
//! What stands in scripts and comments is left out, and long words that look random count as one. Whatever else a visitor reads,
//! and nearly each link, makes a difference.

use crate::hash::{FNV1A, fnv1a_on};

/// From how many characters a word may be a token, in both cases and in hexadecimal digits.
const MIN_TOKEN: u32 = 16;
const MIN_HEX: u32 = 10;

/// Reads a page in pieces; how it is cut makes no difference.
#[derive(Clone, Debug)]
pub struct StableHash {
    hash: u64,
    /// The hash with the word that is being read.
    with_word: u64,
    word: Word,
    place: Place,
    /// The latest bytes, in lower case, the last one lowest.
    latest: u64,
}

/// Where in the page the next byte stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Place {
    Text,
    Comment,
    Script,
}

/// What is known of the word that is being read.
#[derive(Clone, Copy, Debug, Default)]
struct Word {
    length: u32,
    has_digit: bool,
    has_lower: bool,
    has_upper: bool,
    /// Whether a letter is in it that no hexadecimal number has.
    is_beyond_hex: bool,
}

impl Word {
    fn add(&mut self, byte: u8) {
        self.length = self.length.saturating_add(1);
        self.has_digit |= byte.is_ascii_digit();
        self.has_lower |= byte.is_ascii_lowercase();
        self.has_upper |= byte.is_ascii_uppercase();
        self.is_beyond_hex |= byte.is_ascii_alphabetic() && !byte.is_ascii_hexdigit();
    }

    /// Whether it looks random: long, with digits, and in both cases or hexadecimal.
    fn is_token(self) -> bool {
        let is_mixed = self.has_lower && self.has_upper && self.length >= MIN_TOKEN;
        let has_letter = self.has_lower || self.has_upper;
        let is_hex = has_letter && !self.is_beyond_hex && self.length >= MIN_HEX;
        self.has_digit && (is_mixed || is_hex)
    }
}

impl Default for StableHash {
    fn default() -> Self {
        Self { hash: FNV1A, with_word: FNV1A, word: Word::default(), place: Place::Text, latest: 0 }
    }
}

impl StableHash {
    /// Takes the next piece in.
    pub fn write(&mut self, piece: &[u8]) {
        for byte in piece {
            self.byte(*byte);
        }
    }

    /// The hash of what came, in 32 bits.
    #[must_use]
    pub fn end(mut self) -> u32 {
        self.end_word();
        let [a, b, c, d, ..] = self.hash.to_le_bytes();
        u32::from_le_bytes([a, b, c, d])
    }

    fn byte(&mut self, byte: u8) {
        self.latest = self.latest << 8 | u64::from(byte.to_ascii_lowercase());
        let ends_with = |text: &[u8]| {
            let wanted = text.iter().fold(0_u64, |wanted, byte| wanted << 8 | u64::from(*byte));
            let mask = u64::MAX >> (64 - 8 * text.len().min(8));
            self.latest & mask == wanted
        };
        match self.place {
            Place::Text if ends_with(b"<script") => self.place = Place::Script,
            Place::Text if ends_with(b"<!--") => self.place = Place::Comment,
            Place::Script if ends_with(b"</script") => return self.place = Place::Text,
            Place::Comment if ends_with(b"-->") => return self.place = Place::Text,
            Place::Script | Place::Comment => return,
            Place::Text => {}
        }
        if byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_' | b'+' | b'=' | b'/') {
            self.word.add(byte);
            self.with_word = fnv1a_on(self.with_word, &[byte]);
        } else {
            self.end_word();
            self.hash = fnv1a_on(self.hash, &[byte]);
            self.with_word = self.hash;
        }
    }

    fn end_word(&mut self) {
        self.hash = if self.word.is_token() { fnv1a_on(self.hash, b"\0") } else { self.with_word };
        self.with_word = self.hash;
        self.word = Word::default();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn hash(page: &str) -> u32 {
        let mut hash = StableHash::default();
        hash.write(page.as_bytes());
        hash.end()
    }

    #[test]
    fn tokens_scripts_and_comments_make_no_difference() {
        for (one, other) in [
            // Rails, MediaWiki, Django, and a policy's nonce.
            (
                "<meta name=csrf-token content=\"q1w2E3r4T5y6U7i8O9p0==\"><p>x",
                "<meta name=csrf-token content=\"A9s8D7f6G5h4J3k2L1z0==\"><p>x",
            ),
            (
                "<p>x<script>RLCONF={\"wgRequestId\":\"8d6f0e1c2b3a4d5e6f708192\",\"wgBackendResponseTime\":312};</script>",
                "<p>x<script>RLCONF={\"wgRequestId\":\"0a1b2c3d4e5f60718293a4b5\",\"wgBackendResponseTime\":7};</SCRIPT>",
            ),
            ("<p>x<!-- 12 ms, 7 queries -->", "<p>x<!-- 9 ms, 12 queries -->"),
            ("<style nonce=\"3f2504e0-4f89-11d3-9a0c\">", "<style nonce=\"0a1b2c3d-4e5f-6071-8293\">"),
            // Redmine's masked tokens in plain base64, and a nonce of WordPress.
            ("<input value=\"Ab/3c+D9/eFgH1iJkL==\">", "<input value=\"z9Y8/x7W6v5/U4t3S2r1==\">"),
            ("<input value=\"a1b2c3d4e5\">", "<input value=\"0f9e8d7c6b\">"),
        ] {
            assert_eq!(hash(one), hash(other), "{one}");
        }
    }

    #[test]
    fn what_a_visitor_reads_and_where_links_lead_makes_one() {
        let page = "<p>Hello<a href=/products/7>7</a><a href=/a-long-name-of-a-product-42>x</a>";
        for other in [
            "<p>Hello Ann<a href=/products/7>7</a><a href=/a-long-name-of-a-product-42>x</a>",
            "<p>Hello<a href=/products/8>7</a><a href=/a-long-name-of-a-product-42>x</a>",
            "<p>Hello<a href=/products/7>8</a><a href=/a-long-name-of-a-product-42>x</a>",
            "<p>Hello<a href=/products/7>7</a><a href=/a-long-name-of-a-product-43>x</a>",
            "<p>Hello<a href=/products/7>7</a><a href=/a-long-name-of-a-product-42>x</a><p>",
            "",
        ] {
            assert_ne!(hash(page), hash(other), "{other}");
        }
        // A script's attributes are left out, what stands behind it is not.
        assert_ne!(hash("<script src=a></script>x"), hash("<script src=a></script>y"));
        assert_ne!(hash("<!-- a -->x"), hash("<!-- a -->y"));
    }

    proptest! {
        #[test]
        fn how_a_page_is_cut_makes_no_difference(page in "(?s)(<script>|</script>|<!--|-->|[a-zA-Z0-9<> =\"-]){0,80}", at in 0_usize..200) {
            let cut = at.min(page.len());
            let mut hash = StableHash::default();
            hash.write(&page.as_bytes()[..cut]);
            hash.write(&page.as_bytes()[cut..]);
            prop_assert_eq!(hash.end(), super::tests::hash(&page));
        }
    }
}
