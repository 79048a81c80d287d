//! What `idna` asks of Unicode, answered without Unicode's tables (UTS #46).
//!
//! Requests and browsers name hosts in ASCII: `xn--bcher-kva.example`. Of such a label nothing is asked but that it can be decoded.
//! Only what somebody has written can hold other letters: a link in a page, a variable. There
//!
//! - capitals become small letters, as the standard library maps them, and the dots of East Asia become `.`;
//! - what may stand for something else is refused, and with it the URL: signs that join with the letter before them, letters of
//!   another width or form, symbols. Composing and replacing these is what takes tables;
//! - nothing is asked of the direction of letters, nor of what may stand first: so a name may pass that a browser refuses. Whoever
//!   asks for it finds no such host.

#![cfg_attr(not(test), no_std)]

/// What stands in place of what is refused; `idna` takes it for an error.
const REFUSED: char = '\u{fffd}';

/// What `idna` asks of Unicode.
#[derive(Clone, Copy, Debug, Default)]
pub struct Adapter;

impl Adapter {
    /// There is nothing to load.
    #[must_use]
    pub const fn new() -> Self {
        Self
    }

    /// The letters of what somebody has written, as they stand in a name.
    pub fn map_normalize<'a>(
        &'a self,
        letters: impl Iterator<Item = char> + 'a,
    ) -> impl Iterator<Item = char> + 'a {
        letters.flat_map(char::to_lowercase).map(|letter| match letter {
            '\u{3002}' | '\u{ff0e}' | '\u{ff61}' => '.',
            letter if may_stand_for_another(letter) => REFUSED,
            letter => letter,
        })
    }

    /// The letters of a label that was in ASCII, as they are: what the platform calls a host is one.
    pub fn normalize_validate<'a>(
        &'a self,
        letters: impl Iterator<Item = char> + 'a,
    ) -> impl Iterator<Item = char> + 'a {
        letters
    }

    /// Whether a joiner may stand behind this. Behind any: see above.
    #[must_use]
    pub const fn is_virama(&self, _: char) -> bool {
        true
    }

    /// Whether a label must not begin with this.
    #[must_use]
    pub const fn is_mark(&self, _: char) -> bool {
        false
    }

    /// The direction of a letter.
    #[must_use]
    pub const fn bidi_class(&self, _: char) -> LeftToRight {
        LeftToRight
    }

    /// How a letter joins with those beside it.
    #[must_use]
    pub const fn joining_type(&self, _: char) -> Joining {
        Joining
    }
}

/// Whether the standard maps or composes a letter, so that the host's real name may be another one, or refuses it.
#[expect(clippy::match_same_arms, reason = "each has a reason of its own")]
fn may_stand_for_another(letter: char) -> bool {
    match letter {
        // Digits and hyphens are ASCII by then, and so is all else that is allowed below `ß`.
        '\u{80}'..'\u{df}' => true,
        // Signs that join with the letter before them, of Latin, Greek and Cyrillic, and of Japanese.
        '\u{300}'..='\u{36f}' | '\u{3099}'..='\u{309c}' => true,
        // Parts of Korean syllables.
        '\u{1100}'..='\u{11ff}' => true,
        // Punctuation and symbols, but for the two joiners; radicals; letters of other forms and widths; private ones.
        '\u{200c}' | '\u{200d}' => false,
        '\u{2000}'..='\u{2bff}'
        | '\u{2e00}'..='\u{3004}'
        | '\u{3131}'..='\u{318e}'
        | '\u{3200}'..='\u{33ff}' => true,
        '\u{e000}'..='\u{ffff}' | '\u{1d100}'..='\u{1d1ff}' | '\u{1d400}'..='\u{1d7ff}' | '\u{1f000}'.. => {
            true
        }
        // Two letters in one, and letters that are others in old texts, of Latin, Greek, Armenian and Georgian.
        '\u{132}'..='\u{133}' | '\u{13f}'..='\u{140}' | '\u{149}' | '\u{17f}' => true,
        '\u{1c4}'..='\u{1cc}' | '\u{1f1}'..='\u{1f3}' | '\u{374}' | '\u{37e}' | '\u{387}' => true,
        '\u{3d0}'..='\u{3d6}' | '\u{3f0}'..='\u{3f2}' | '\u{3f5}' | '\u{3f9}' | '\u{587}' | '\u{10fc}' => {
            true
        }
        // Greek with two signs, of which one letter has several names.
        '\u{1f71}'..='\u{1fff}' => true,
        // Letters with a dot below, of India, and others that are taken apart: of Thai, Lao and Tibetan.
        '\u{958}'..='\u{95f}' | '\u{9dc}'..='\u{9df}' | '\u{a33}' | '\u{a36}' => true,
        '\u{a59}'..='\u{a5e}' | '\u{b5c}'..='\u{b5d}' => true,
        '\u{e33}' | '\u{eb3}' | '\u{edc}'..='\u{edd}' | '\u{f0c}' | '\u{f43}' | '\u{f4d}' | '\u{f52}' => true,
        '\u{f57}' | '\u{f5c}' | '\u{f69}' | '\u{f73}' | '\u{f75}'..='\u{f79}' | '\u{f81}' | '\u{f93}' => true,
        '\u{f9d}' | '\u{fa2}' | '\u{fa7}' | '\u{fac}' | '\u{fb9}' => true,
        // Cherokee, whose capitals are the ones that names have; signs of Mongolian; old forms of Cyrillic.
        '\u{13a0}'..='\u{13fd}' | '\u{ab70}'..='\u{abbf}' | '\u{180b}'..='\u{180f}' => true,
        '\u{1c80}'..='\u{1c88}' | '\u{a69c}'..='\u{a69d}' | '\u{1e030}'..='\u{1e06d}' => true,
        // Raised and lowered letters, of all alphabets, and strokes of shorthand.
        '\u{2b0}'..='\u{2b8}' | '\u{2e0}'..='\u{2e4}' | '\u{1d2c}'..='\u{1dbf}' | '\u{1e9a}'..='\u{1e9b}' => {
            true
        }
        '\u{2c7c}'..='\u{2c7d}' | '\u{2d6f}' | '\u{a770}' | '\u{a7f2}'..='\u{a7f9}' => true,
        '\u{ab5c}'..='\u{ab5f}' | '\u{ab69}' | '\u{10781}'..='\u{107ba}' | '\u{1bca0}'..='\u{1bca3}' => true,
        // Signs of Japanese and Chinese that stand for several letters.
        '\u{3036}' | '\u{3038}'..='\u{303a}' | '\u{309f}' | '\u{30ff}' | '\u{3192}'..='\u{319f}' => true,
        _ => false,
    }
}

/// The direction of every letter, as far as is known here.
#[derive(Clone, Copy, Debug)]
pub struct LeftToRight;

impl LeftToRight {
    /// Itself, to be compared.
    #[must_use]
    pub const fn to_mask(self) -> Directions {
        Directions { left_to_right: true }
    }

    /// Always.
    #[must_use]
    pub const fn is_ltr(self) -> bool {
        true
    }

    /// Never.
    #[must_use]
    pub const fn is_nonspacing_mark(self) -> bool {
        false
    }

    /// Never.
    #[must_use]
    pub const fn is_european_number(self) -> bool {
        false
    }

    /// Never.
    #[must_use]
    pub const fn is_arabic_number(self) -> bool {
        false
    }
}

/// Directions that are compared.
#[derive(Clone, Copy, Debug)]
pub struct Directions {
    left_to_right: bool,
}

impl Directions {
    /// Whether two have one in common.
    #[must_use]
    pub const fn intersects(self, other: Self) -> bool {
        self.left_to_right && other.left_to_right
    }
}

/// What makes a name one that is read from right to left: nothing that is known here.
pub const RTL_MASK: Directions = Directions { left_to_right: false };
/// What a label may begin with.
pub const FIRST_BC_MASK: Directions = Directions { left_to_right: true };
/// What may stand in a label.
pub const MIDDLE_LTR_MASK: Directions = FIRST_BC_MASK;
/// The same, from right to left.
pub const MIDDLE_RTL_MASK: Directions = FIRST_BC_MASK;
/// What a label may end with.
pub const LAST_LTR_MASK: Directions = FIRST_BC_MASK;
/// The same, from right to left.
pub const LAST_RTL_MASK: Directions = FIRST_BC_MASK;

/// How letters join, as far as is known here: all do.
#[derive(Clone, Copy, Debug)]
pub struct Joining;

impl Joining {
    /// Itself, to be compared.
    #[must_use]
    pub const fn to_mask(self) -> Self {
        self
    }

    /// Always.
    #[must_use]
    pub const fn intersects(self, _: Self) -> bool {
        true
    }

    /// Never.
    #[must_use]
    pub const fn is_transparent(self) -> bool {
        false
    }
}

/// The ways of joining that are asked for, by the name that `idna` has for them.
pub type JoiningTypeMask = Joining;

/// What must stand on the left of a joiner.
pub const LEFT_OR_DUAL_JOINING_MASK: Joining = Joining;
/// What must stand on its right.
pub const RIGHT_OR_DUAL_JOINING_MASK: Joining = Joining;

#[cfg(test)]
mod tests {
    use super::{Adapter, REFUSED};

    fn mapped(text: &str) -> String {
        Adapter::new().map_normalize(text.chars()).collect()
    }

    #[test]
    fn letters_that_are_themselves_stay_and_capitals_become_small() {
        for name in [
            "bücher",
            "straße",
            "пример",
            "παράδειγμα",
            "例え",
            "测试",
            "한국",
            "உதாரணம்",
            "ไทย",
            "العربية",
            "ישראל",
        ] {
            assert_eq!(mapped(name), name);
        }
        assert_eq!(mapped("BÜCHER.Example"), "bücher.example");
        assert_eq!(mapped("例え。テスト"), "例え.テスト");
    }

    #[test]
    fn what_the_standard_maps_to_other_letters_is_refused() {
        for name in [
            "\u{e33}",
            "\u{eb3}",
            "\u{9dc}",
            "\u{958}",
            "\u{95b}",
            "\u{a36}",
            "\u{b5c}",
            "\u{fb9}",
            "\u{1f71}",
            "\u{1f80}",
            "\u{13a0}",
            "\u{ab70}",
            "\u{17f}",
            "\u{1c4}",
            "\u{1c6}",
            "\u{133}",
            "\u{149}",
            "\u{140}",
            "\u{2b0}",
            "\u{1d43}",
            "\u{587}",
            "\u{309f}",
            "u\u{308}",
            "\u{ff46}",
            "\u{fb01}",
            "\u{2460}",
            "\u{338f}",
            "\u{180b}",
            "\u{1d400}",
        ] {
            assert!(mapped(name).contains(REFUSED), "{name}: {}", mapped(name));
        }
    }
}
