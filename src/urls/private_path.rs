//! Paths that only one person should know: a reset link's token, a private document's id, somebody's e-mail address.
//!
//! A rule set is published to everybody, so a path with a secret in it must never get into one. A miss publishes a
//! secret; a false alarm costs one page a little speed. So what is in doubt is refused. The test cannot be
//! complete: a short token, or one made of words, looks like any name.
//!
//! What people name things with must pass, or whole sites get nothing: slugs, dates, catalogue numbers, and the short
//! public ids of videos (11 characters) and of posts (12 hexadecimal digits). Those are too short to be secrets that
//! nobody can guess, which is where the limits below come from.

use percent_encoding::percent_decode;
use std::borrow::Cow;

/// From 64 bits on, hexadecimal digits are hard to guess. Shorter ones are public ids.
const MIN_HEX: usize = 16;

/// From here on hexadecimal digits need not be mixed: no word has only these letters and this length.
const MIN_ANY_HEX: usize = 32;

/// The length of telephone, card and order numbers.
const MIN_DIGITS: usize = 12;

/// 15 random bytes as Base64.
const MIN_TOKEN: usize = 20;

/// How often a token with capitals, small letters and digits at least changes between them. A slug with some model
/// numbers in it does so two or three times.
const MIXED_CHANGES: usize = 4;

/// The same for one word of two kinds, such as Base32.
const WORD_CHANGES: usize = 6;

/// How many times a path may be percent-encoded.
const MAX_ENCODINGS: usize = 3;

/// Whether a URL's path, as the URL standard serialises it, holds what looks like a token, an id that only one person
/// should know, or an e-mail address.
#[must_use]
pub fn looks_private(path: &str) -> bool {
    // Decoded one by one: an encoded slash is a character of Base64, and no border.
    path.split('/').any(|segment| {
        let segment = decode(segment.as_bytes());
        has_address(&segment)
            || has_parameter(&segment)
            || has_uuid(&segment)
            || has_hex(&segment)
            || has_number(&segment)
            || has_token(&segment)
    })
}

/// Whether a segment of a path, or a parameter's value, holds an e-mail address, a session, or a JSON Web Token, whatever else it
/// looks like.
#[must_use]
pub fn names_a_person(segment: &str) -> bool {
    let segment = decode(segment.as_bytes());
    let has_web_token = segment
        .split(|byte| !byte.is_ascii_alphanumeric() && !is_joint(*byte))
        .any(|run| run.len() >= MIN_HEX && run.starts_with(b"eyJ"));
    has_address(&segment) || has_parameter(&segment) || has_web_token
}

fn decode(segment: &[u8]) -> Cow<'_, [u8]> {
    let mut decoded = Cow::Borrowed(segment);
    for _ in 0..MAX_ENCODINGS {
        if !decoded.contains(&b'%') {
            break;
        }
        decoded = Cow::Owned(percent_decode(&decoded).collect());
    }
    decoded
}

/// An `@` with something on both sides. `/@name` is a public profile, `/name@1.2.3` a version.
fn has_address(segment: &[u8]) -> bool {
    let mut parts = segment.split(|byte| *byte == b'@');
    let mut before = parts.next().unwrap_or_default();
    for after in parts {
        let version = after.strip_prefix(b"v").unwrap_or(after);
        let is_version = version.iter().all(|byte| byte.is_ascii_digit() || *byte == b'.');
        if !before.is_empty() && !after.is_empty() && !is_version {
            return true;
        }
        before = after;
    }
    false
}

/// `;jsessionid=…` and the like.
fn has_parameter(segment: &[u8]) -> bool {
    segment.split(|byte| b";,&".contains(byte)).any(|parameter| {
        let mut parts = parameter.splitn(2, |byte| *byte == b'=');
        let name = parts.next().unwrap_or_default().to_ascii_lowercase();
        let is_set = parts.next().is_some_and(|value| !value.is_empty());
        let mut words = [&b"sess"[..], b"token", b"auth", b"secret", b"passw"].into_iter();
        is_set && (name.ends_with(b"sid") || words.any(|word| contains(&name, word)))
    })
}

fn contains(text: &[u8], word: &[u8]) -> bool {
    text.windows(word.len()).any(|window| window == word)
}

/// A UUID with its dashes. (Without them it is a run of hexadecimal digits.)
fn has_uuid(segment: &[u8]) -> bool {
    segment.windows(36).any(|window| {
        window.iter().enumerate().all(|(at, byte)| match at {
            8 | 13 | 18 | 23 => *byte == b'-',
            _ => byte.is_ascii_hexdigit(),
        })
    })
}

/// A long run of hexadecimal digits, figures and letters.
fn has_hex(segment: &[u8]) -> bool {
    segment.split(|byte| !byte.is_ascii_hexdigit()).any(|run| {
        let is_mixed = run.iter().any(u8::is_ascii_digit) && run.iter().any(u8::is_ascii_alphabetic);
        run.len() >= MIN_ANY_HEX || run.len() >= MIN_HEX && is_mixed
    })
}

/// A long run of figures that is neither a point in time nor the number of a book.
fn has_number(segment: &[u8]) -> bool {
    segment
        .split(|byte| !byte.is_ascii_digit())
        .any(|run| run.len() >= MIN_DIGITS && !is_time(run) && !is_isbn(run))
}

/// `202611221045` or `20261122104500`, as archives have in their paths.
fn is_time(digits: &[u8]) -> bool {
    let number = |run: &[u8]| run.iter().fold(0_u32, |number, digit| number * 10 + u32::from(digit - b'0'));
    let Some((year, rest)) = digits.split_at_checked(4).filter(|_| matches!(digits.len(), 12 | 14)) else {
        return false;
    };
    let limits = [1..=12, 1..=31, 0..=23, 0..=59, 0..=59];
    (1990..2100).contains(&number(year))
        && rest.chunks(2).zip(limits).all(|(run, limit)| limit.contains(&number(run)))
}

/// An ISBN with its right check digit: a bookshop's paths are made of them.
fn is_isbn(digits: &[u8]) -> bool {
    let weighted = digits.iter().zip([1, 3].into_iter().cycle());
    let sum: u32 = weighted.map(|(digit, weight)| u32::from(digit - b'0') * weight).sum();
    digits.len() == 13 && (digits.starts_with(b"978") || digits.starts_with(b"979")) && sum.is_multiple_of(10)
}

/// What separates the words of a slug, and is a character of Base64 or Base64url as well.
fn is_joint(byte: u8) -> bool {
    b"-_+/".contains(&byte)
}

/// Base64 in any of its alphabets, Base32, Base62: long, and no words.
fn has_token(segment: &[u8]) -> bool {
    segment.split(|byte| !byte.is_ascii_alphanumeric() && !is_joint(*byte)).any(|run| {
        if run.len() < MIN_HEX {
            return false;
        }
        // How JSON in Base64 begins: the parts of a JSON Web Token.
        if run.starts_with(b"eyJ") {
            return true;
        }
        let words = || run.split(|byte| is_joint(*byte));
        let has = |class: fn(&u8) -> bool| run.iter().any(class);
        let is_mixed = has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit);
        run.len() >= MIN_TOKEN && is_mixed && words().map(changes).sum::<usize>() >= MIXED_CHANGES
            || words().any(|word| word.len() >= MIN_TOKEN && changes(word) >= WORD_CHANGES)
    })
}

/// How often a word changes between capitals, small letters and figures; 0 if that is how people write:
/// `Word`, `CamelCase`, `HTMLElement`, `Ubuntu22`.
fn changes(word: &[u8]) -> usize {
    let mut pieces = 0;
    let mut is_written = true;
    let mut has_figures = false;
    // A capital and the small letters behind it belong together.
    for chunk in word.chunk_by(|one, other| class(*one) == class(*other) || is_initial(*one, *other)) {
        // Figures are written at the end only.
        is_written &= !has_figures;
        has_figures = chunk.iter().all(u8::is_ascii_digit);
        let capitals = chunk.iter().take_while(|byte| byte.is_ascii_uppercase()).count();
        if has_figures {
            pieces += 1;
        } else if capitals == chunk.len() {
            pieces += 1;
            is_written &= capitals <= MAX_ACRONYM;
        } else {
            // An acronym, and a word that begins with the last of the capitals.
            let acronym = capitals.saturating_sub(1);
            pieces += 1 + usize::from(acronym > 0);
            let name = chunk.get(acronym..).unwrap_or_default();
            let has_vowel = name.iter().any(|byte| b"aeiouyAEIOUY".contains(byte));
            is_written &= acronym <= MAX_ACRONYM && name.len() >= 3 && has_vowel;
        }
    }
    // The words of a name are longer than what chance puts together: three and a half letters on average.
    if is_written && word.len() * 2 >= pieces * 7 { 0 } else { pieces.saturating_sub(1) }
}

/// The longest run of capitals that is taken for an abbreviation.
const MAX_ACRONYM: usize = 6;

/// Capital, small letter, figure.
fn class(byte: u8) -> (bool, bool) {
    (byte.is_ascii_uppercase(), byte.is_ascii_lowercase())
}

fn is_initial(one: u8, other: u8) -> bool {
    one.is_ascii_uppercase() && other.is_ascii_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use proptest::strategy::ValueTree as _;
    use proptest::test_runner::TestRunner;

    #[test]
    fn the_table_of_paths() {
        let lines = include_str!("../../tests/data/secret_urls.txt").lines();
        let mut count = 0;
        for line in lines.filter(|line| !line.starts_with('#')) {
            let (expected, path) = line.split_once(' ').unwrap();
            assert!(["secret", "plain"].contains(&expected), "{line}");
            assert_eq!(looks_private(path), expected == "secret", "{path}");
            count += 1;
        }
        assert!(count >= 60);
    }

    /// As `url` gives it, at some place in a path.
    fn placed(secret: &str, place: usize) -> String {
        let path = match place {
            0 => format!("/{secret}"),
            1 => format!("/reset/{secret}/"),
            2 => format!("/a/file-{secret}.html"),
            3 => format!("/a/{secret}-and-more/b"),
            4 => format!("/%7Euser/{secret};v=1"),
            _ => {
                format!("/{}", secret.bytes().map(percent_encoding::percent_encode_byte).collect::<String>())
            }
        };
        url::Url::parse("https://site.example").unwrap().join(&path).unwrap().path().to_owned()
    }

    fn base64url(bytes: &[u8]) -> String {
        let alphabet = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
        let groups = bytes.chunks(3).flat_map(|group| {
            let bits = group.iter().fold(0_usize, |bits, byte| bits << 8 | usize::from(*byte));
            [18, 12, 6, 0].map(|shift| alphabet[bits >> shift & 63])
        });
        groups.map(char::from).collect()
    }

    /// Chance writes something that reads like words once in fifty thousand times, so this is no property of every
    /// token, and the tokens are the same each time.
    #[test]
    fn random_tokens_are_found() {
        let mut runner = TestRunner::deterministic();
        let (mut found, mut missed) = (0, 0);
        for place in (0..6).cycle().take(12_000) {
            let bytes = any::<[u8; 24]>().new_tree(&mut runner).unwrap().current();
            let token = base64url(&bytes);
            let has = |class: fn(&u8) -> bool| token.as_bytes().iter().any(class);
            if has(u8::is_ascii_uppercase) && has(u8::is_ascii_lowercase) && has(u8::is_ascii_digit) {
                let is_found = looks_private(&placed(&token, place));
                *if is_found { &mut found } else { &mut missed } += 1;
            }
        }
        assert!(found > 11_000 && missed <= 1, "{found} found, {missed} missed");
    }

    proptest! {
        #[test]
        fn any_uuid_is_found(number: u128, dashes: bool, capitals: bool, place in 0_usize..6) {
            let mut text = format!("{number:032x}");
            if dashes {
                for at in [20, 16, 12, 8] {
                    text.insert(at, '-');
                }
            }
            if capitals {
                text.make_ascii_uppercase();
            }
            prop_assert!(looks_private(&placed(&text, place)), "{}", text);
        }

        #[test]
        fn any_address_is_found(
            local in "[A-Za-z0-9.!#$&'*+=_{|}~-]{1,20}",
            domain in "[a-z0-9-]{1,20}\\.[a-z]{2,6}",
            sign in prop_oneof![Just("@"), Just("%40"), Just("%2540")],
            place in 0_usize..5,
        ) {
            // A number sign would begin the fragment.
            let address = format!("{}{sign}{domain}", local.replace('#', "%23"));
            prop_assert!(looks_private(&placed(&address, place)), "{}", address);
        }

        #[test]
        fn slugs_pass(words in prop::collection::vec("[a-z]{1,12}|[A-Z][a-z]{1,11}|[0-9]{1,4}", 1..12)) {
            let path = format!("/blog/{}.html", words.join("-"));
            prop_assert!(!looks_private(&path));
        }

        #[test]
        fn any_path_is_survived(path in "\\PC{0,300}") {
            let _ = looks_private(&path);
        }
    }
}
