//! Which lists of media queries exclude each other: of two pictures that stand in place of one another, say.

use super::{NOT_ALL, is_conjunction, normal};

/// Features of which one value is so at a time.
const OF_ONE_VALUE: [&str; 3] = ["prefers-color-scheme", "prefers-reduced-motion", "orientation"];

/// What has a query negate a condition.
const NOT: &str = "not ";

/// Whether no window matches both of two lists of media queries, as far as their words say it.
#[must_use]
pub fn exclude_each_other(one: &str, other: &str) -> bool {
    let [one, other] = [one, other].map(normal);
    one.split(',').all(|one| other.split(',').all(|other| do_queries(one.trim(), other.trim())))
}

fn do_queries(one: &str, other: &str) -> bool {
    let denies = |one: &str, other: &str| {
        let denied = one.strip_prefix(NOT_ALL).and_then(conditions);
        denied.zip(conditions(other)).is_some_and(|(denied, of_other)| {
            denied.iter().all(|denied| of_other.iter().any(|condition| condition == denied))
        })
    };
    let contradict = |(one, other): (Vec<Condition<'_>>, Vec<Condition<'_>>)| {
        one.iter().any(|one| other.iter().any(|other| one.contradicts(other)))
    };
    denies(one, other) || denies(other, one) || conditions(one).zip(conditions(other)).is_some_and(contradict)
}

/// A condition of a media query.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Condition<'a> {
    is_negated: bool,
    name: &'a str,
    /// Empty where it asks for any.
    value: &'a str,
}

/// The conditions of a query that must all hold; `None` where it is no such query. What it says of the medium is left out.
fn conditions(query: &str) -> Option<Vec<Condition<'_>>> {
    let parts = query.strip_prefix("only ").unwrap_or(query).split(" and ");
    parts.filter(|part| !matches!(*part, "all" | "screen" | "")).map(Condition::of).collect()
}

impl<'a> Condition<'a> {
    fn of(part: &'a str) -> Option<Self> {
        let within = |part: &'a str| part.strip_prefix('(')?.strip_suffix(')').map(str::trim);
        let inner = within(part)?;
        let denied = inner.strip_prefix(NOT).and_then(|denied| within(denied.trim()));
        let plain = denied.unwrap_or(inner);
        if plain.contains(['(', ')']) || !is_conjunction(plain) {
            return None;
        }
        let (name, value) = plain.split_once(':').unwrap_or((plain, ""));
        Some(Self { is_negated: denied.is_some(), name: name.trim(), value: value.trim() })
    }

    fn contradicts(&self, other: &Self) -> bool {
        let are_same = self.name == other.name && self.value == other.value;
        if self.is_negated || other.is_negated {
            return are_same && self.is_negated != other.is_negated;
        }
        (self.name == other.name && !are_same && OF_ONE_VALUE.contains(&self.name) && self.has_value(other))
            || self.is_above(other)
            || other.is_above(self)
    }

    fn has_value(&self, other: &Self) -> bool {
        !self.value.is_empty() && !other.value.is_empty()
    }

    /// Whether it asks for more of something than the other one lets be.
    fn is_above(&self, other: &Self) -> bool {
        let same = self.name.strip_prefix("min-").zip(other.name.strip_prefix("max-"));
        let numbers = || number(self.value).zip(number(other.value));
        same.is_some_and(|(least, most)| least == most)
            && numbers().is_some_and(|((least, unit), (most, of_most))| unit == of_most && least > most)
    }
}

/// A number, and its unit.
fn number(text: &str) -> Option<(f64, &str)> {
    let end = text.find(|character: char| character.is_ascii_alphabetic()).unwrap_or(text.len());
    let (number, unit) = text.split_at_checked(end)?;
    Some((number.parse().ok()?, unit))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_never_matches_together_is_known_by_its_words() {
        const DARK: &str = "(prefers-color-scheme: dark)";
        const SHARP: &str = "(min-resolution: 1.001dppx)";
        for (one, other, expected) in [
            (DARK, "not all and (prefers-color-scheme:dark)", true),
            (DARK, "(prefers-color-scheme: light)", true),
            (DARK, "(not (prefers-color-scheme: dark)) and (max-width: 599.98px)", true),
            (DARK, "(max-width: 9px)", false),
            (DARK, DARK, false),
            (DARK, "", false),
            (DARK, "(prefers-color-scheme)", false),
            (DARK, "not all and (prefers-color-scheme: light)", false),
            (DARK, "not screen and (prefers-color-scheme: dark)", false),
            (
                "not all and (orientation: portrait) and (hover)",
                "screen and (hover) and (orientation: portrait)",
                true,
            ),
            ("not all and (orientation: portrait) and (hover)", "(orientation: portrait)", false),
            ("(any-pointer: fine)", "(any-pointer: coarse)", false),
            (SHARP, "(max-resolution: 1dppx)", true),
            (SHARP, "(max-resolution: 96dpi)", false),
            (SHARP, "(max-resolution: 2dppx)", false),
            ("Only Screen and (min-width: 600px)", "(max-width: 599.98px) and (hover)", true),
            ("(min-width: 600px)", "(max-width: 600px)", false),
            ("(min-width: 600px)", "(max-height: 9px)", false),
            ("(min-width: 600px), (hover)", "(max-width: 599.98px)", false),
            ("(min-width: 600px), (min-width: 900px)", "(max-width: 599.98px)", true),
            ("(min-width: calc(600px))", "(max-width: 9px)", false),
            ("(hover) or (min-width: 600px)", "(max-width: 9px)", false),
            ("not all", "(max-width: 9px)", false),
        ] {
            assert_eq!(exclude_each_other(one, other), expected, "{one} and {other}");
            assert_eq!(exclude_each_other(other, one), expected, "{other} and {one}");
        }
    }
}
