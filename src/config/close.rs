//! Variables that nobody knows, but that are spelled nearly like one that is known.

/// The bindings that Headstart uses, and a variable of the platform's own kind may be called like: none of them is a
/// misspelled variable.
const BINDINGS: &[&str] = &["MODEL", "LEARNER", "LEDGER", "ORIGIN_SERVICE", "ASSETS", "ANALYTICS"];

/// Names that others' variables have, and that are spelled nearly like one of ours.
const OTHERS: &[&str] = &["API_TOKEN", "APP_TOKEN"];

/// The longest name that is looked at, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The known name that `name` is a misspelling of, if it is likely one. `known` are all of them.
pub(super) fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > MAX_NAME_BYTES
        || known.contains(&name)
        || BINDINGS.contains(&name)
        || OTHERS.contains(&name)
    {
        return None;
    }
    let written = name.strip_prefix("HEADSTART_").unwrap_or(name);
    let close = known.iter().filter_map(|known| {
        // One letter in a short name, and in a long one as many as make another word of one of its words.
        let most = match written.len().max(known.len()) {
            0..8 => 1,
            8..11 => 2,
            11 => 3,
            _ => 4,
        };
        Some((distance(written, known), *known)).filter(|(distance, _)| *distance <= most)
    });
    close.min().map(|(_, known)| known)
}

/// How many letters must be added, removed or changed to make one text the other (Levenshtein). Upper and lower case are
/// the same, and so are `-` and `_`.
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, letter) in from.bytes().enumerate() {
        let letter = if letter == b'-' { b'_' } else { letter.to_ascii_uppercase() };
        let (mut diagonal, mut left) = (at, at + 1);
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = left;
        }
        for (above, other) in cells.zip(to.bytes()) {
            let changed = diagonal + usize::from(letter != other);
            diagonal = *above;
            left = changed.min(left + 1).min(diagonal + 1);
            *above = left;
        }
    }
    row.last().copied().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::table::NAMES;

    #[test]
    fn a_distance_counts_what_was_changed() {
        for (from, to, expected) in [
            ("", "", 0),
            ("", "ABC", 3),
            ("ABC", "", 3),
            ("a-c", "A_C", 0),
            ("ABC", "ABD", 1),
            ("ABC", "AC", 1),
            ("kitten", "SITTING", 3),
        ] {
            assert_eq!(distance(from, to), expected, "{from} {to}");
        }
    }

    #[test]
    fn a_misspelled_variable_is_told_from_one_of_somebody_elses() {
        for (name, meant) in [
            ("UNSAFE_URL", "UNSAFE_URLS"),
            ("UNSAFE_PATHS", "UNSAFE_URLS"),
            ("unsafe_urls", "UNSAFE_URLS"),
            ("UNSAFE-URLS", "UNSAFE_URLS"),
            ("UNSAFEURLS", "UNSAFE_URLS"),
            ("HEADSTART_UNSAFE_URLS", "UNSAFE_URLS"),
            ("SAFE_URL", "SAFE_URLS"),
            ("SESSION_COOKIE", "SESSION_COOKIES"),
            ("INERT_PARAMS", "INERT_PARAMETERS"),
            ("INTERT_COOKIES", "INERT_COOKIES"),
            ("CRSF_COOKIES", "CSRF_COOKIES"),
            ("EFFECT_URLS", "EFFECT_PATHS"),
            ("EFFECTS_PATHS", "EFFECT_PATHS"),
            ("DENY_HOST", "DENY_HOSTS"),
            ("DENIED_HOSTS", "DENY_HOSTS"),
            ("HINT", "HINTS"),
            ("RULE", "RULES"),
            ("SEALKEY", "SEAL_KEY"),
            ("MIN_VISITS", "MIN_VISITORS"),
        ] {
            assert_eq!(closest(name, NAMES), Some(meant), "{name}");
        }
        for name in [
            "ANALYTICS",
            "API_TOKEN",
            "ASSETS",
            "CF_VERSION_METADATA",
            "COOKIE_SECRET",
            "DATABASE_URL",
            "DEBUG",
            "ENVIRONMENT",
            "LEARNER",
            "LEDGER",
            "LOG_LEVEL",
            "MODEL",
            "ORIGIN_SERVICE",
            "SENTRY_DSN",
            "SESSION_SECRET",
            "VERSION",
            "",
            "\u{e4}",
        ] {
            assert_eq!(closest(name, NAMES), None, "{name}");
        }
        for name in NAMES {
            assert_eq!(closest(name, NAMES), None, "{name}");
        }
        assert_eq!(closest(&"UNSAFE_URL".repeat(10), NAMES), None);
    }
}
