//! Variables that nobody knows, but that are spelled nearly like one that is known.

/// The bindings that Headstart uses, and a variable of the platform's own kind may be called like: none of them is a
/// misspelled variable.
const BINDINGS: &[&str] = &["MODEL", "LEARNER", "LEDGER", "ORIGIN_SERVICE", "ASSETS"];

/// The longest name that is looked at, in bytes.
const MAX_NAME_BYTES: usize = 64;

/// The known name that `name` is a misspelling of, if it is likely one. `known` are all of them.
pub(super) fn closest(name: &str, known: &[&'static str]) -> Option<&'static str> {
    if name.len() > MAX_NAME_BYTES || known.contains(&name) || BINDINGS.contains(&name) {
        return None;
    }
    let written = name.to_ascii_uppercase().replace('-', "_");
    let written = written.strip_prefix("HEADSTART_").unwrap_or(&written);
    let distances = known.iter().map(|known| (distance(written, known), *known));
    let (distance, closest) = distances.min()?;
    // One letter in a short name, and in a long one as many as make another word of one of its words.
    let most = match written.len().max(closest.len()) {
        0..8 => 1,
        8..11 => 2,
        11 => 3,
        _ => 4,
    };
    (distance <= most).then_some(closest)
}

/// How many bytes must be added, removed or changed to make one text the other (Levenshtein).
fn distance(from: &str, to: &str) -> usize {
    let mut row: Vec<usize> = (0..=to.len()).collect();
    for (at, byte) in from.bytes().enumerate() {
        let (mut diagonal, mut left) = (at, at + 1);
        let mut cells = row.iter_mut();
        if let Some(first) = cells.next() {
            *first = left;
        }
        for (above, other) in cells.zip(to.bytes()) {
            let changed = diagonal + usize::from(byte != other);
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
            ("", "abc", 3),
            ("abc", "", 3),
            ("abc", "abc", 0),
            ("abc", "abd", 1),
            ("abc", "ac", 1),
            ("kitten", "sitting", 3),
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
