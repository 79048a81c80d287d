//! Character references in attribute values, decoded (HTML, "Character reference state"): `&amp;`, `&#38;`, `&#x26;`.
//!
//! The names and what they stand for are a text of sorted lines that is searched as it is: as a table of the program, with a pointer
//! to each name, they would take three times as much of the Worker.

use encoding_rs::WINDOWS_1252;
use std::borrow::Cow;
use std::cmp::Ordering;

/// The standard's named character references (its `entities.json`), sorted by their bytes: the name, `!` where it may come without
/// its semicolon, a space, and what it stands for. The two whose characters would break the lines are [`BLANKS`].
const NAMED: &str = include_str!("character_references/named.txt");

/// The names of the characters that are not in the text.
const BLANKS: [(&str, &str); 2] = [("NewLine", "\n"), ("Tab", "\t")];

/// An attribute's value with its character references decoded.
#[must_use]
pub fn decoded(value: &str) -> Cow<'_, str> {
    let mut rest = value;
    let mut decoded = String::new();
    while let Some((before, reference)) = rest.split_once('&') {
        decoded.push_str(before);
        let behind = if let Some(number) = reference.strip_prefix('#') {
            numeric(number, &mut decoded)
        } else {
            named(reference, &mut decoded)
        };
        rest = behind.unwrap_or_else(|| {
            decoded.push('&');
            reference
        });
    }
    if decoded.is_empty() && rest.len() == value.len() {
        return Cow::Borrowed(value);
    }
    decoded.push_str(rest);
    Cow::Owned(decoded)
}

/// Decodes what stands behind `&#`, and says what is left behind it; `None` where there is no number.
fn numeric<'a>(text: &'a str, decoded: &mut String) -> Option<&'a str> {
    let (digits, radix) = text.strip_prefix(['x', 'X']).map_or((text, 10), |hexadecimal| (hexadecimal, 16));
    let behind = digits.trim_start_matches(|digit: char| digit.is_digit(radix));
    let digits = before(digits, behind).filter(|digits| !digits.is_empty())?;
    // Too large a number is no character either.
    let code = u32::from_str_radix(digits, radix).unwrap_or(u32::MAX);
    match u8::try_from(code) {
        // These are taken for bytes of Windows-1252.
        Ok(byte @ 0x80..=0x9f) => decoded.push_str(&WINDOWS_1252.decode_without_bom_handling(&[byte]).0),
        _ => decoded
            .push(char::from_u32(code).filter(|char| *char != '\0').unwrap_or(char::REPLACEMENT_CHARACTER)),
    }
    Some(behind.strip_prefix(';').unwrap_or(behind))
}

/// Decodes the name that stands behind `&`, and says what is left behind it; `None` where there is none.
fn named<'a>(text: &'a str, decoded: &mut String) -> Option<&'a str> {
    let behind = text.trim_start_matches(|letter: char| letter.is_ascii_alphanumeric());
    let (characters, may_lack_semicolon) = meaning(before(text, behind)?)?;
    let behind = match behind.strip_prefix(';') {
        Some(behind) => behind,
        // In an attribute, a letter or `=` behind it makes it the name of a parameter.
        None if may_lack_semicolon && !behind.starts_with('=') => behind,
        None => return None,
    };
    decoded.push_str(characters);
    Some(behind)
}

/// What stands before `behind`, the end of a text. It is not compared: of a value of references each one would go over all that follow.
fn before<'a>(text: &'a str, behind: &str) -> Option<&'a str> {
    text.get(..text.len().checked_sub(behind.len())?)
}

/// What a name stands for, and whether it may come without its semicolon.
fn meaning(name: &str) -> Option<(&'static str, bool)> {
    if let Some((_, characters)) = BLANKS.iter().find(|(blank, _)| *blank == name) {
        return Some((characters, false));
    }
    let mut lines = NAMED;
    while !lines.is_empty() {
        let half = lines.as_bytes().get(..lines.len() / 2)?;
        let start = half.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
        let (before, from) = lines.split_at_checked(start)?;
        let (line, after) = from.split_once('\n')?;
        let (known, characters) = line.split_once(' ')?;
        let bare = known.strip_suffix('!');
        match name.cmp(bare.unwrap_or(known)) {
            Ordering::Less => lines = before,
            Ordering::Equal => return Some((characters, bare.is_some())),
            Ordering::Greater => lines = after,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_value_of_references_alone_is_decoded() {
        for (reference, character) in
            [("&amp;", "&"), ("&#38;", "&"), ("&#x26", "&"), ("&", "&"), ("&notit;", "&notit;")]
        {
            assert_eq!(decoded(&reference.repeat(60_000)), character.repeat(60_000), "{reference}");
        }
    }

    #[test]
    fn references_are_decoded_as_browsers_do_in_attributes() {
        for (value, expected) in [
            ("/a?b=1&amp;c=2", "/a?b=1&c=2"),
            ("/a?b=1&c=2", "/a?b=1&c=2"),
            ("/a?b&copy=1&copy;=1&copy", "/a?b&copy=1©=1©"),
            ("&notit;&notin;&not in", "&notit;∉¬ in"),
            ("&#38;&#x26;&#X26&#38", "&&&&"),
            ("&#x80;&#128;&#129;", "€€\u{81}"),
            ("&#0;&#xD800;&#x110000;&#99999999999;", "\u{fffd}\u{fffd}\u{fffd}\u{fffd}"),
            ("&#;&#x;&;&", "&#;&#x;&;&"),
            ("&NewLine;&Tab;&NewLine", "\n\t&NewLine"),
            ("&zwnj;&Aacute&zzz;é&eacute;", "\u{200c}Á&zzz;éé"),
            ("&NotEqualTilde;", "≂\u{338}"),
            ("", ""),
        ] {
            assert_eq!(decoded(value), expected, "{value}");
        }
        assert!(matches!(decoded("/a?b=1"), Cow::Borrowed(_)), "nothing is copied where nothing is decoded");
    }

    #[test]
    fn every_name_of_the_standard_is_known() {
        for (reference, characters) in &htmlize::ENTITIES {
            let reference = std::str::from_utf8(reference).unwrap();
            assert_eq!(decoded(reference).as_bytes(), *characters, "{reference}");
            let name = reference.trim_matches(['&', ';']);
            let is_bare = htmlize::ENTITIES.contains_key(format!("&{name}").as_bytes());
            assert_eq!(meaning(name).map(|(_, is_bare)| is_bare), Some(is_bare), "{name}");
        }
        assert_eq!(NAMED.lines().count() + BLANKS.len(), 2125);
    }

    proptest! {
        #[test]
        fn another_reader_decodes_the_same(value in "(?:&|#|x|X|;|=|amp|lt|not|in|copy|[0-9a-zA-Z]{1,5}|é| ){0,12}") {
            prop_assert_eq!(decoded(&value), htmlize::unescape_attribute(value.as_str()));
        }
    }
}
