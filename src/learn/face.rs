//! What names a face of a font: what `@font-face` says of it, however it is written.
//!
//! Browsers leave out of Resource Timing whatever a stylesheet of another origin has them fetch that was asked for without CORS. But
//! their `document.fonts` has the faces of all stylesheets, and tells which of them were loaded, by their descriptors alone: no URL.
//! So a face is known by a hash of its descriptors on both sides: where a stylesheet is read, which has the URL
//! ([`css::faces`](super::css)), and where a browser tells of one ([`told`]).
//!
//! Browsers write descriptors each in its own way: a family with quotes or without, 400 or `normal`, `U+0025-00FF` or `U+25-FF`. Here
//! both are read by the same code, to numbers (CSS Fonts, level 4, sections 4.2, 4.4 and 4.5; CSS Font Loading, section 2).

use crate::hash::{fnv1a, fnv1a_on};
use crate::sorting;
use cssparser::{ParseError, Parser, ParserInput, Token, UnicodeRange};

/// The longest text by which a browser tells of a face, in bytes. What is as long was cut.
pub const MAX_TOLD_BYTES: usize = 512;

/// Every character: what a face is for that does not say it.
const ALL: (u32, u32) = (0, 0x0010_FFFF);

/// The weight of `normal`, that of `bold`, and the width of `normal`, all in hundredths.
const NORMAL_WEIGHT: i32 = 40_000;
const BOLD: i32 = 70_000;
const NORMAL_WIDTH: i32 = 10_000;

/// The slant of `oblique` without an angle, in hundredths of a degree.
const SLANT: i32 = 1_400;

/// How an error of cssparser is told here: not at all.
type Read<'i, T> = Result<T, ParseError<'i, ()>>;

/// Two ends of a range, the lower one first, in hundredths.
type Span = (i32, i32);

/// The descriptors that tell one face of a family from another.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Descriptors {
    style: Style,
    weight: Span,
    width: Span,
    /// The characters that it is for, in order, with a gap between any two ranges.
    characters: Vec<(u32, u32)>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Style {
    Upright,
    Italic,
    /// Degrees.
    Oblique(Span),
}

impl Default for Descriptors {
    fn default() -> Self {
        let weight = (NORMAL_WEIGHT, NORMAL_WEIGHT);
        let width = (NORMAL_WIDTH, NORMAL_WIDTH);
        Self { style: Style::Upright, weight, width, characters: vec![ALL] }
    }
}

impl Descriptors {
    /// Reads the value of a descriptor. Answers whether it is one of these.
    ///
    /// # Errors
    /// Where a browser does not understand the value: then the descriptor counts as not there.
    pub fn read<'i>(&mut self, name: &str, input: &mut Parser<'i, '_>) -> Read<'i, bool> {
        match name.to_ascii_lowercase().as_str() {
            "font-style" => self.style = whole(input, style)?,
            "font-weight" => self.weight = whole(input, |input| span(input, weight))?,
            "font-stretch" | "font-width" => self.width = whole(input, |input| span(input, width))?,
            "unicode-range" => self.characters = whole(input, characters)?,
            _ => return Ok(false),
        }
        Ok(true)
    }

    /// Whether it is for any character between these two.
    #[must_use]
    pub fn has_any(&self, first: char, last: char) -> bool {
        self.characters.iter().any(|(start, end)| *start <= u32::from(last) && *end >= u32::from(first))
    }

    /// The name of the face of this family, whose letters are of either case.
    #[must_use]
    pub fn name(&self, family: &str) -> u64 {
        let Self { style, weight, width, characters } = self;
        let hash = fnv1a(family.to_lowercase().as_bytes());
        let (kind, slant) = match style {
            Style::Upright => (0, (0, 0)),
            Style::Italic => (1, (0, 0)),
            Style::Oblique(slant) => (2, *slant),
        };
        let numbers = [kind, slant.0, slant.1, weight.0, weight.1, width.0, width.1];
        let hash = numbers.iter().fold(hash, |hash, number| fnv1a_on(hash, &number.to_le_bytes()));
        characters.iter().fold(hash, |hash, (start, end)| {
            fnv1a_on(fnv1a_on(hash, &start.to_le_bytes()), &end.to_le_bytes())
        })
    }
}

/// The name of a face as `assets/beacon.js` tells of it: its style, weight, width and characters, and last its family, with `|`
/// between them. `None` for what is no such text, or was cut.
#[must_use]
pub fn told(text: &str) -> Option<u64> {
    if text.len() >= MAX_TOLD_BYTES {
        return None;
    }
    let mut parts = text.splitn(5, '|');
    let mut descriptors = Descriptors::default();
    for name in ["font-style", "font-weight", "font-stretch", "unicode-range"] {
        let mut input = ParserInput::new(parts.next()?);
        descriptors.read(name, &mut Parser::new(&mut input)).ok()?;
    }
    let family = family(parts.next()?);
    (!family.is_empty()).then(|| descriptors.name(&family))
}

/// A family as it is, which some browsers write as CSS has it.
fn family(written: &str) -> String {
    let written = written.trim();
    let as_css = || {
        let mut input = ParserInput::new(written);
        let mut input = Parser::new(&mut input);
        let quoted = input.try_parse(|input| {
            let family = input.expect_string()?.as_ref().to_owned();
            input.expect_exhausted().map(|()| family)
        });
        quoted.ok().or_else(|| {
            let mut words = Vec::new();
            while let Ok(word) = input.expect_ident() {
                words.push(word.as_ref().to_owned());
            }
            input.is_exhausted().then(|| words.join(" "))
        })
    };
    // Without these it is what it is: `Font Awesome 5 Free` could not stand in CSS without quotes.
    let is_css = written.starts_with(['"', '\'']) || written.contains('\\');
    let read = is_css.then(as_css).flatten();
    read.unwrap_or_else(|| written.to_owned())
}

/// Reads a value to its end.
fn whole<'i, T>(
    input: &mut Parser<'i, '_>,
    read: impl FnOnce(&mut Parser<'i, '_>) -> Read<'i, T>,
) -> Read<'i, T> {
    let value = read(input)?;
    input.expect_exhausted()?;
    Ok(value)
}

/// Reads one number or two, in any order.
fn span<'i>(
    input: &mut Parser<'i, '_>,
    read: impl Fn(&mut Parser<'i, '_>) -> Read<'i, i32>,
) -> Read<'i, Span> {
    let first = read(input)?;
    let second = if input.is_exhausted() { first } else { read(input)? };
    Ok((first.min(second), first.max(second)))
}

fn hundredths(number: f32) -> i32 {
    // It saturates, and what is no number is 0.
    #[allow(clippy::cast_possible_truncation)]
    let hundredths = (number * 100.0).round() as i32;
    hundredths
}

fn style<'i>(input: &mut Parser<'i, '_>) -> Read<'i, Style> {
    let word = input.expect_ident()?.clone();
    match word.to_ascii_lowercase().as_str() {
        "normal" | "auto" => Ok(Style::Upright),
        "italic" => Ok(Style::Italic),
        "oblique" => {
            let slant = if input.is_exhausted() { (SLANT, SLANT) } else { span(input, angle)? };
            // As upright as upright is: browsers write it so.
            Ok(if slant == (0, 0) { Style::Upright } else { Style::Oblique(slant) })
        }
        _ => Err(input.new_custom_error(())),
    }
}

/// An angle in degrees.
fn angle<'i>(input: &mut Parser<'i, '_>) -> Read<'i, i32> {
    let Token::Dimension { value, ref unit, .. } = *input.next()? else {
        return Err(input.new_custom_error(()));
    };
    let degrees = match unit.to_ascii_lowercase().as_str() {
        "deg" => value,
        "grad" => value * 0.9,
        "rad" => value.to_degrees(),
        "turn" => value * 360.0,
        _ => return Err(input.new_custom_error(())),
    };
    Ok(hundredths(degrees))
}

fn weight<'i>(input: &mut Parser<'i, '_>) -> Read<'i, i32> {
    match input.next()? {
        Token::Number { value, .. } if (1.0..=1000.0).contains(value) => Ok(hundredths(*value)),
        Token::Ident(word) if word.eq_ignore_ascii_case("bold") => Ok(BOLD),
        Token::Ident(word) if is_normal(word) => Ok(NORMAL_WEIGHT),
        _ => Err(input.new_custom_error(())),
    }
}

fn width<'i>(input: &mut Parser<'i, '_>) -> Read<'i, i32> {
    match input.next()? {
        Token::Percentage { unit_value, .. } if *unit_value >= 0.0 => Ok(hundredths(unit_value * 100.0)),
        Token::Ident(word) if is_normal(word) => Ok(NORMAL_WIDTH),
        Token::Ident(word) => {
            let width = match word.to_ascii_lowercase().as_str() {
                "ultra-condensed" => 5_000,
                "extra-condensed" => 6_250,
                "condensed" => 7_500,
                "semi-condensed" => 8_750,
                "semi-expanded" => 11_250,
                "expanded" => 12_500,
                "extra-expanded" => 15_000,
                "ultra-expanded" => 20_000,
                _ => return Err(input.new_custom_error(())),
            };
            Ok(width)
        }
        _ => Err(input.new_custom_error(())),
    }
}

/// `auto` leaves it to the file, which is normal for most.
fn is_normal(word: &str) -> bool {
    word.eq_ignore_ascii_case("normal") || word.eq_ignore_ascii_case("auto")
}

/// Reads ranges of characters, in any order, which may overlap.
fn characters<'i>(input: &mut Parser<'i, '_>) -> Read<'i, Vec<(u32, u32)>> {
    let ranges =
        input.parse_comma_separated(|input| UnicodeRange::parse(input).map_err(ParseError::<()>::from))?;
    let mut ranges: Vec<(u32, u32)> = ranges.iter().map(|range| (range.start, range.end)).collect();
    sorting::sort(&mut ranges);
    ranges.dedup_by(|(start, end), (_, before)| {
        // What touches is one.
        let is_one = *start <= before.saturating_add(1);
        if is_one {
            *before = (*end).max(*before);
        }
        is_one
    });
    Ok(ranges)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    /// The name of a face by the descriptors of its rule.
    fn written(family: &str, declarations: &[(&str, &str)]) -> u64 {
        let mut descriptors = Descriptors::default();
        for (name, value) in declarations {
            let mut input = ParserInput::new(value);
            // What cannot be read counts as not there.
            let _ = descriptors.read(name, &mut Parser::new(&mut input));
        }
        descriptors.name(family)
    }

    #[test]
    fn a_face_has_one_name_however_a_browser_writes_it() {
        let latin = "U+0000-00FF, U+0131, U+0152-0153";
        let of_sheet = written("Open Sans", &[("font-weight", "700"), ("unicode-range", latin)]);
        for text in [
            "normal|bold|normal|U+0-FF, U+131, U+152-153|Open Sans",
            "normal|700|100%|U+0-FF, U+131, U+152-153|\"Open Sans\"",
            "normal|700 700|normal|u+0-ff,u+131,u+152-153|'Open Sans'",
            "auto|bold|auto|U+152-153, U+131, U+80-FF, U+0-7F|open sans",
            "oblique 0deg|700.0|normal|U+??, U+131, U+152-153|Open\\ Sans",
        ] {
            assert_eq!(told(text), Some(of_sheet), "{text}");
        }
        for text in [
            "normal|bold|normal|U+0-FF, U+131, U+152-153|Open  Sans",
            "italic|bold|normal|U+0-FF, U+131, U+152-153|Open Sans",
            "oblique|bold|normal|U+0-FF, U+131, U+152-153|Open Sans",
            "normal|400|normal|U+0-FF, U+131, U+152-153|Open Sans",
            "normal|400 700|normal|U+0-FF, U+131, U+152-153|Open Sans",
            "normal|bold|condensed|U+0-FF, U+131, U+152-153|Open Sans",
            "normal|bold|normal|U+0-FF, U+131|Open Sans",
            "normal|bold|normal|U+0-FF, U+131, U+152-154|Open Sans",
            "normal|bold|normal|U+0-10FFFF|Open Sans",
        ] {
            assert!(told(text).is_some_and(|name| name != of_sheet), "{text}");
        }
    }

    #[test]
    fn what_is_not_said_is_normal_and_for_every_character() {
        let plain = told("normal|normal|normal|U+0-10FFFF|A").unwrap();
        assert_eq!(written("A", &[]), plain);
        for declarations in [
            &[("font-weight", "1001"), ("font-style", "slanted"), ("font-stretch", "wide")][..],
            &[("font-weight", "400 700 900"), ("font-style", "italic 3"), ("font-width", "-1%")],
            &[("unicode-range", "U+50-40"), ("unicode-range", "latin"), ("unicode-range", "U+110000")],
            &[("Font-Weight", "400"), ("font-display", "swap"), ("font-style", "oblique 0")],
        ] {
            assert_eq!(written("A", declarations), plain, "{declarations:?}");
        }
    }

    #[test]
    fn ranges_of_variable_fonts_have_two_ends_in_any_unit_and_order() {
        for (declarations, text) in [
            (&[("font-weight", "900 100")][..], "normal|100 900|normal|U+0-10FFFF|V"),
            (&[("font-weight", "normal bold")], "normal|400 700|normal|U+0-10FFFF|V"),
            (&[("font-weight", "350.5")], "normal|350.5|normal|U+0-10FFFF|V"),
            (&[("font-stretch", "75% expanded")], "normal|400|75% 125%|U+0-10FFFF|V"),
            (&[("font-width", "semi-condensed")], "normal|400|87.5%|U+0-10FFFF|V"),
            (&[("font-style", "oblique -10deg 0.5turn")], "oblique -10deg 180deg|400|normal|U+0-10FFFF|V"),
            (&[("font-style", "oblique 200grad 0rad")], "oblique 0deg 180deg|400|normal|U+0-10FFFF|V"),
            (&[("font-style", "oblique")], "oblique 14deg|400|normal|U+0-10FFFF|V"),
        ] {
            assert_eq!(Some(written("V", declarations)), told(text), "{text}");
        }
    }

    #[test]
    fn a_family_is_what_it_is_with_quotes_or_without() {
        let of = |family: &str| told(&format!("normal|400|normal|U+0-10FFFF|{family}"));
        for (family, tellings) in [
            ("Font Awesome 5 Free", &["Font Awesome 5 Free", "\"Font Awesome 5 Free\""][..]),
            ("A\"B, c", &["A\"B, c", "\"A\\\"B, c\""]),
            ("1942", &["1942", "'1942'", "\\31 942"]),
            ("a|b", &["a|b", "\"a|b\""]),
            ("Ünïcode", &["ÜNÏCODE", "\"ünïcode\""]),
        ] {
            for told in tellings {
                assert_eq!(of(told), Some(written(family, &[])), "{told}");
            }
        }
    }

    #[test]
    fn what_no_browser_would_tell_has_no_name() {
        let long = format!("normal|400|normal|U+0-10FFFF|{}", "x".repeat(MAX_TOLD_BYTES));
        for text in [
            "",
            "A",
            "normal|400|normal|U+0-FF",
            "normal|400|normal|U+0-FF|",
            "normal|400|normal|U+0-FF| ",
            "normal|heavy|normal|U+0-FF|A",
            "normal|400|normal|U+|A",
            "normal|400|normal||A",
            &long,
        ] {
            assert_eq!(told(text), None, "{text}");
        }
        assert!(told(&long[..MAX_TOLD_BYTES - 1]).is_some());
    }

    /// Ranges as one browser or another might write them.
    fn ranges(ranges: &[(u32, u32)], is_padded: bool) -> String {
        let write = |(start, end): &(u32, u32)| match (is_padded, start == end) {
            (true, _) => format!("u+{start:06x}-{end:06x}"),
            (false, true) => format!("U+{start:X}"),
            (false, false) => format!("U+{start:X}-{end:X}"),
        };
        ranges.iter().map(write).collect::<Vec<_>>().join(if is_padded { "," } else { ", " })
    }

    proptest! {
        #[test]
        fn any_spelling_of_the_same_characters_is_the_same(
            starts in prop::collection::vec((0_u32..0x0010_0000, 0_u32..300), 1..20),
            by in any::<prop::sample::Index>(),
        ) {
            let of: Vec<(u32, u32)> = starts.iter().map(|(start, length)| (*start, start + length)).collect();
            let mut turned = of.clone();
            turned.rotate_left(by.index(of.len()));
            // A range in two pieces is the same range.
            let (start, end) = turned[0];
            if end > start {
                let middle = start.midpoint(end);
                turned[0] = (start, middle);
                turned.push((middle + 1, end));
            }
            let first = written("A", &[("unicode-range", &ranges(&of, false))]);
            prop_assert_eq!(first, written("A", &[("unicode-range", &ranges(&turned, true))]));
            let text = format!("normal|400|normal|{}|A", ranges(&turned, false));
            prop_assert_eq!(told(&text), Some(first));
            // Another character is another face.
            let more = of.iter().map(|(_, end)| end + 2).max().unwrap();
            let mut other = of.clone();
            other.push((more, more));
            prop_assert_ne!(first, written("A", &[("unicode-range", &ranges(&other, false))]));
        }

        #[test]
        fn whatever_is_told_is_survived(text in "(normal|bold|oblique|[0-9.%a-z -]{0,10}|U\\+[0-9A-F?-]{0,9}|\\||\"|\\\\|\\PC){0,30}") {
            let _ = told(&text);
        }
    }
}
