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

#![no_std]

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
        '\u{e000}'..='\u{ffff}' | '\u{1d400}'..='\u{1d7ff}' | '\u{1f000}'.. => true,
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
