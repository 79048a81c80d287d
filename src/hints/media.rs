//! Media queries, as far as the reading of a page needs them: what can never match on a screen, and which of the sources of a
//! `<picture>` a window has.
//!
//! A browser takes the first source that matches, and a preload is by itself. So the media of each preload excludes those of the
//! sources before it. What differs by the width of the window can be said exactly; of the rest, a little; and what cannot be said is
//! not preloaded.

mod exclusion;

pub use exclusion::exclude_each_other;

use super::srcset::is_digits;
use std::borrow::Cow;

/// Whether a list of media queries may match on a screen. What stands for nothing but print, speech or the like does not.
#[must_use]
pub fn may_match_screen(list: &str) -> bool {
    // What stands between comments or behind escapes is not looked at.
    list.trim().is_empty()
        || list.contains("/*")
        || list.contains('\\')
        || list.split(',').any(|query| may_query_match_screen(&normal(query)))
}

fn may_query_match_screen(query: &str) -> bool {
    let (is_negated, query) = match query.strip_prefix("not ") {
        Some(query) => (true, query),
        None => (false, query.strip_prefix("only ").unwrap_or(query)),
    };
    if query.starts_with('(') {
        return true;
    }
    let is_of_name = |character: char| character.is_ascii_alphanumeric() || character == '-';
    let kind = query.split(|character: char| !is_of_name(character)).next().unwrap_or_default();
    match kind {
        "" => false,
        // Negated with a condition, it matches where that does not.
        "all" | "screen" => !is_negated || query.len() > kind.len(),
        _ => is_negated,
    }
}

/// A list with one blank between its words, so that it can stand in a header.
#[must_use]
pub fn one_line(text: &str) -> String {
    text.split_ascii_whitespace().collect::<Vec<_>>().join(" ")
}

/// A query in lower case, with one blank between its words.
fn normal(query: &str) -> String {
    one_line(&query.to_ascii_lowercase())
}

/// The media queries under which a browser takes a source of a `<picture>` whose own are `own` and before which others stand, with
/// `before`; empty where it always does. `None` where it never does, or where no media query says it.
#[must_use]
pub fn without(own: &str, before: &[&str]) -> Option<String> {
    let own = one_line(own);
    let own_widths = Widths::of(&own);
    if own_widths.as_ref().is_some_and(Widths::is_empty) {
        return None;
    }
    if before.is_empty() {
        return Some(own);
    }
    match (own_widths, Widths::without(before)) {
        (Some(own_widths), Some(left)) => match own_widths.and(&left) {
            Some(both) => (!both.is_empty()).then(|| both.text()),
            // Of other units it is the same, in more words.
            None => left.within(&own),
        },
        (None, Some(left)) => left.within(&own),
        (Some(own_widths), None) if own_widths.is_all() => match before {
            [media] => negated(media),
            _ => None,
        },
        _ => None,
    }
}

/// Whether other lists of media queries leave nothing of one, as far as widths say it.
#[must_use]
pub fn is_covered(own: &str, others: &[&str]) -> bool {
    let common = Widths::of(own).zip(Widths::without(others)).and_then(|(own, left)| own.and(&left));
    common.is_some_and(|common| common.is_empty())
}

/// The classes of windows by which browsers tell what they show (`assets/beacon.js`), in thousandths of CSS pixels: narrower than 600,
/// then narrower than 1,024, and wider. Of each as it is for most: tablets are 768 wide and more, where many sites have their border.
const WINDOWS: [Range; 3] = [(0, 590_000), (768_000, 1_000_000), (1_100_000, u32::MAX)];

/// How wide an `em` is in a media query, in CSS pixels, unless the visitor has set another size of text.
const EM_PX: u32 = 16;

/// Which classes of windows may meet a list of media queries: narrow, middling and wide ones.
#[must_use]
pub fn windows(list: &str) -> [bool; 3] {
    let Some(widths) = Widths::of(list) else { return [true; 3] };
    let px = |width: u32| if widths.unit == Unit::Em { width.saturating_mul(EM_PX) } else { width };
    let windows = WINDOWS
        .map(|(from, to)| widths.ranges.iter().any(|(least, most)| px(*least) <= to && from <= px(*most)));
    // Of widths in between nobody knows.
    if windows == [false; 3] && !widths.is_empty() { [true; 3] } else { windows }
}

/// A window that is narrower than this, in thousandths of CSS pixels, hardly anybody has.
const NARROWEST: u32 = 240_000;

/// Whether a list of media queries matches in all windows, or in nearly all.
#[must_use]
pub fn is_for_all(list: &str) -> bool {
    let reaches_all = |(least, most): &Range| *least <= NARROWEST && *most == u32::MAX;
    Widths::of(list).is_some_and(|widths| widths.unit != Unit::Em && widths.ranges.iter().any(reaches_all))
}

/// Whether only browsers meet a list of media queries that no site cares for any more: what Internet Explorer alone takes for one.
#[must_use]
pub fn is_for_old_browsers(list: &str) -> bool {
    let list = list.to_ascii_lowercase();
    ["-ms-high-contrast", "\\0", "-ms-viewport"].iter().any(|own| list.contains(own))
}

/// The media queries of which one list or the other matches; empty where that is so in all windows.
#[must_use]
pub fn either(one: &str, other: &str) -> String {
    if one.is_empty() || other.is_empty() {
        return String::new();
    }
    if one == other {
        return one.to_owned();
    }
    let are_all = Widths::without(&[one, other]).is_some_and(|left| left.is_empty());
    if are_all { String::new() } else { format!("{one}, {other}") }
}

/// The media queries that match where a list and a condition do, or another list of a single query; `None` where no list says it.
#[must_use]
pub fn both(list: &str, condition: &str) -> Option<String> {
    if list.is_empty() || condition.is_empty() {
        return Some(format!("{list}{condition}"));
    }
    if let Some((one, other)) = Widths::of(list).zip(Widths::of(condition)) {
        let common = one.and(&other)?;
        return (!common.is_empty()).then(|| common.text());
    }
    let queries = list.split(',').map(str::trim);
    let both: Option<Vec<String>> =
        queries.map(|query| Some(format!("{} and {condition}", conjunction(query)?))).collect();
    both.filter(|_| is_conjunction(condition)).map(|queries| queries.join(", "))
}

/// What stands before conditions that a query excludes.
const NOT_ALL: &str = "not all and ";

/// A media query to which further conditions can be added that must hold as well. What one excludes stands in brackets then (Media
/// Queries 4, `<media-in-parens>`), which browsers know since 2022; older ones match none of it.
fn conjunction(query: &str) -> Option<Cow<'_, str>> {
    if is_conjunction(query) {
        return Some(Cow::Borrowed(query));
    }
    let (not_all, excluded) = query.split_at_checked(NOT_ALL.len())?;
    if !not_all.eq_ignore_ascii_case(NOT_ALL) || !is_conjunction(excluded) {
        return None;
    }
    Some(Cow::Owned(if excluded.contains(") and (") {
        format!("(not ({excluded}))")
    } else {
        format!("(not {excluded})")
    }))
}

/// Whether a media query has nothing but conditions that must all hold, perhaps behind a medium.
fn is_conjunction(query: &str) -> bool {
    let query = query.to_ascii_lowercase();
    !query.contains([',', '"', '\\'])
        && !query
            .split(|character: char| !character.is_ascii_alphanumeric())
            .any(|word| word == "not" || word == "or")
}

/// What a media query excludes.
fn negated(media: &str) -> Option<String> {
    let query = normal(media);
    let query = query.strip_prefix("only ").unwrap_or(&query);
    is_conjunction(query)
        .then(|| if query.starts_with('(') { format!("not all and {query}") } else { format!("not {query}") })
}

/// In what a width is given.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Unit {
    /// None, where there are no borders but 0.
    Any,
    Px,
    /// `em`, and `rem`, which is the same in a media query.
    Em,
}

impl Unit {
    fn as_str(self) -> &'static str {
        match self {
            Self::Any => "",
            Self::Px => "px",
            Self::Em => "em",
        }
    }

    /// What lies between two widths of which one has the source and the other one has not, in thousandths: little enough that no
    /// window is as wide, and enough for engines that round.
    fn gap(self) -> u32 {
        match self {
            Self::Any => 0,
            Self::Px => 20,
            Self::Em => 10,
        }
    }
}

/// The least and the most of a range of widths, in thousandths; [`u32::MAX`] for no end.
type Range = (u32, u32);

/// Widths of windows.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Widths {
    /// The unit of all borders.
    unit: Unit,
    ranges: Vec<Range>,
}

impl Widths {
    fn all() -> Self {
        Self { unit: Unit::Any, ranges: vec![(0, u32::MAX)] }
    }

    fn is_all(&self) -> bool {
        self.ranges.contains(&(0, u32::MAX))
    }

    fn is_empty(&self) -> bool {
        self.ranges.is_empty()
    }

    /// The widths at which a list of media queries matches on a screen; `None` where more than the width decides.
    fn of(list: &str) -> Option<Self> {
        let list = normal(list);
        if list.is_empty() {
            return Some(Self::all());
        }
        let none = Self { unit: Unit::Any, ranges: Vec::new() };
        list.split(',').try_fold(none, |mut widths, query| {
            let (unit, range) = Self::of_query(query.trim())?;
            widths.unit = one_unit(widths.unit, unit)?;
            widths.ranges.extend(range);
            Some(widths)
        })
    }

    /// The same for one query: a range, or none.
    fn of_query(query: &str) -> Option<(Unit, Option<Range>)> {
        if !may_query_match_screen(query) {
            return Some((Unit::Any, None));
        }
        let (mut unit, mut least, mut most) = (Unit::Any, 0, u32::MAX);
        let conditions = query.strip_prefix("only ").unwrap_or(query).split(" and ");
        for (at, condition) in conditions.enumerate() {
            if at == 0 && matches!(condition, "all" | "screen") {
                continue;
            }
            let (name, value) = condition.strip_prefix('(')?.strip_suffix(')')?.split_once(':')?;
            let (width, of_width) = width(value.trim())?;
            unit = one_unit(unit, of_width)?;
            match name.trim() {
                "min-width" => least = least.max(width),
                "max-width" => most = most.min(width),
                _ => return None,
            }
        }
        Some((unit, (least <= most).then_some((least, most))))
    }

    /// All but those at which one of these lists matches; `None` where more than the width decides, or they are in different units.
    fn without(lists: &[&str]) -> Option<Self> {
        lists.iter().try_fold(Self::all(), |left, list| left.minus(&Self::of(list)?))
    }

    /// These without others; `None` where they are in different units.
    fn minus(&self, others: &Self) -> Option<Self> {
        let unit = one_unit(self.unit, others.unit)?;
        let gap = unit.gap();
        let mut ranges = self.ranges.clone();
        for (least, most) in &others.ranges {
            let cut = |(from, to): Range| {
                let below = least.checked_sub(gap).filter(|_| *least > 0).map(|end| (from, to.min(end)));
                let above =
                    most.checked_add(gap).filter(|_| *most < u32::MAX).map(|start| (from.max(start), to));
                below.into_iter().chain(above).filter(|(from, to)| from <= to)
            };
            ranges = ranges.into_iter().flat_map(cut).collect();
        }
        Some(Self { unit, ranges })
    }

    /// What these and others have in common; `None` where they are in different units.
    fn and(&self, others: &Self) -> Option<Self> {
        let unit = one_unit(self.unit, others.unit)?;
        let common = self.ranges.iter().flat_map(|(from, to)| {
            others.ranges.iter().map(move |(least, most)| (*from.max(least), *to.min(most)))
        });
        Some(Self { unit, ranges: common.filter(|(from, to)| from <= to).collect() })
    }

    /// A list of media queries for these widths.
    fn text(&self) -> String {
        if self.is_all() {
            return String::new();
        }
        let unit = self.unit.as_str();
        let border = |name: &str, width: u32| {
            let digits = format!("{}.{:03}", width / 1000, width % 1000);
            format!("({name}: {}{unit})", digits.trim_end_matches('0').trim_end_matches('.'))
        };
        let range = |(least, most): &Range| {
            let borders = [
                (*least > 0).then(|| border("min-width", *least)),
                (*most < u32::MAX).then(|| border("max-width", *most)),
            ];
            borders.into_iter().flatten().collect::<Vec<_>>().join(" and ")
        };
        self.ranges.iter().map(range).collect::<Vec<_>>().join(", ")
    }

    /// A list of media queries for what matches `own` at these widths; `None` where there are none, or `own` is more than conditions
    /// that must all hold.
    fn within(&self, own: &str) -> Option<String> {
        if self.is_all() {
            return Some(own.to_owned());
        }
        if self.is_empty() {
            return None;
        }
        let (own, ranges) = (conjunction(own)?, self.text());
        Some(ranges.split(", ").map(|range| format!("{own} and {range}")).collect::<Vec<_>>().join(", "))
    }
}

/// The one unit of two; `None` where they differ.
fn one_unit(one: Unit, other: Unit) -> Option<Unit> {
    match (one, other) {
        (Unit::Any, unit) | (unit, Unit::Any) => Some(unit),
        (one, other) => (one == other).then_some(one),
    }
}

/// A width in thousandths, and its unit, which 0 does without. `None` for what is no plain number, or finer.
fn width(text: &str) -> Option<(u32, Unit)> {
    let (number, unit) = if let Some(number) = text.strip_suffix("px") {
        (number, Unit::Px)
    } else if let Some(number) = text.strip_suffix("em") {
        (number.strip_suffix('r').unwrap_or(number), Unit::Em)
    } else {
        (text, Unit::Any)
    };
    let (whole, fraction) = number.split_once('.').unwrap_or((number, "0"));
    if !is_digits(whole) || !is_digits(fraction) || whole.len() > 6 || fraction.len() > 3 {
        return None;
    }
    let thousandths: u32 = format!("{whole}{fraction:0<3}").parse().ok()?;
    (unit != Unit::Any || thousandths == 0).then_some((thousandths, unit))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn what_widths_decide_is_said_exactly() {
        for (own, before, expected) in [
            ("", vec![], Some("")),
            ("(min-width:\n600px)", vec![], Some("(min-width: 600px)")),
            ("", vec!["(min-width: 600px)"], Some("(max-width: 599.98px)")),
            ("", vec!["(max-width:599.98px)"], Some("(min-width: 600px)")),
            ("", vec!["only screen and (min-width: 48em)"], Some("(max-width: 47.99em)")),
            (
                "(max-width: 60rem)",
                vec!["(max-width: 30em)"],
                Some("(min-width: 30.01em) and (max-width: 60em)"),
            ),
            (
                "",
                vec!["(min-width: 600px) and (max-width: 899px)"],
                Some("(max-width: 599.98px), (min-width: 899.02px)"),
            ),
            (
                "",
                vec!["(max-width: 9px), (min-width: 20px)"],
                Some("(min-width: 9.02px) and (max-width: 19.98px)"),
            ),
            ("(max-width: 500px)", vec!["(min-width: 600px)"], Some("(max-width: 500px)")),
            ("(min-width: 700px)", vec!["(min-width: 600px)"], None),
            ("", vec!["(min-width: 0)"], None),
            ("", vec!["(max-width: 599px)", "(min-width: 599.01px)"], None),
            ("", vec!["all"], None),
            ("", vec!["print"], Some("")),
            ("print", vec![], None),
            ("(min-width: 9px) and (max-width: 8px)", vec![], None),
            (
                "(min-width: 1em)",
                vec!["(min-width: 600px)"],
                Some("(min-width: 1em) and (max-width: 599.98px)"),
            ),
            ("", vec!["(min-width: 600px)", "(min-width: 1em)"], None),
            ("(hover)", vec!["(min-width: 600px)"], Some("(hover) and (max-width: 599.98px)")),
            (
                "not all and (hover)",
                vec!["(min-width: 600px)"],
                Some("(not (hover)) and (max-width: 599.98px)"),
            ),
            (
                "Not All and (hover)",
                vec!["(min-width: 600px)"],
                Some("(not (hover)) and (max-width: 599.98px)"),
            ),
            ("not screen and (hover)", vec!["(min-width: 600px)"], None),
            ("(hover), (min-height: 9px)", vec!["(min-width: 600px)"], None),
            ("(hover) or (min-height: 9px)", vec!["(min-width: 600px)"], None),
            ("", vec!["(hover)"], Some("not all and (hover)")),
            ("", vec!["Only Screen and (hover)"], Some("not screen and (hover)")),
            ("", vec!["not all and (hover)"], None),
            ("", vec!["(hover)", "(min-height: 9px)"], None),
            ("(hover)", vec!["(hover)"], None),
            ("", vec!["(min-width: calc(1px))"], Some("not all and (min-width: calc(1px))")),
        ] {
            assert_eq!(without(own, &before).as_deref(), expected, "{own:?} behind {before:?}");
        }
    }

    #[test]
    fn it_is_known_which_windows_may_meet_a_list() {
        for (list, expected) in [
            ("", [true, true, true]),
            ("(max-width: 599.98px)", [true, false, false]),
            ("(max-width: 1023.98px)", [true, true, false]),
            ("(max-width:1024px)", [true, true, false]),
            ("(min-width: 600px) and (max-width: 1023.98px)", [false, true, false]),
            ("(min-width: 767.02px)", [false, true, true]),
            ("(max-width: 767px)", [true, false, false]),
            ("(min-width: 600px) and (max-width: 767px)", [true, true, true]),
            ("(min-width: 1024px)", [false, false, true]),
            ("(min-width: 64em)", [false, false, true]),
            ("only screen and (max-width: 37.5em)", [true, false, false]),
            ("(max-width: 599.98px), (min-width: 1024px)", [true, false, true]),
            ("(orientation: landscape)", [true, true, true]),
            ("print", [false, false, false]),
        ] {
            assert_eq!(windows(list), expected, "{list}");
        }
    }

    #[test]
    fn lists_are_joined() {
        const SHARP: &str = "(min-resolution: 1.001dppx)";
        for (list, expected) in [
            ("", true),
            ("all", true),
            ("screen", true),
            ("only screen", true),
            ("(min-width: 1px)", true),
            ("print, screen", true),
            ("(min-width: 320px)", false),
            ("(max-width: 9999px)", false),
            ("(hover)", false),
            ("print", false),
        ] {
            assert_eq!(is_for_all(list), expected, "{list}");
        }
        for (one, other, expected) in [
            ("(max-width: 767px)", "(min-width: 767.02px)", ""),
            ("(max-width: 767px)", "", ""),
            ("(max-width: 767px)", "(max-width: 767px)", "(max-width: 767px)"),
            ("(max-width: 9px)", "(min-width: 99px)", "(max-width: 9px), (min-width: 99px)"),
            ("(hover)", "(max-width: 9px)", "(hover), (max-width: 9px)"),
        ] {
            assert_eq!(either(one, other), expected, "{one} or {other}");
        }
        for (one, other, expected) in [
            ("", SHARP, Some(SHARP)),
            ("(max-width: 9px)", "", Some("(max-width: 9px)")),
            ("(max-width: 9px)", SHARP, Some("(max-width: 9px) and (min-resolution: 1.001dppx)")),
            (
                "(max-width: 9px), screen and (min-width: 99px)",
                SHARP,
                Some(
                    "(max-width: 9px) and (min-resolution: 1.001dppx), \
                     screen and (min-width: 99px) and (min-resolution: 1.001dppx)",
                ),
            ),
            ("not all and (hover)", SHARP, Some("(not (hover)) and (min-resolution: 1.001dppx)")),
            (
                "not all and (hover) and (orientation: portrait)",
                SHARP,
                Some("(not ((hover) and (orientation: portrait))) and (min-resolution: 1.001dppx)"),
            ),
            ("not screen and (hover)", SHARP, None),
            (
                "(min-width: 500px)",
                "(max-width: 599.98px)",
                Some("(min-width: 500px) and (max-width: 599.98px)"),
            ),
            ("(min-width: 600px)", "(max-width: 599.98px)", None),
        ] {
            assert_eq!(both(one, other).as_deref(), expected, "{one} and {other}");
        }
        assert!(is_for_old_browsers("all and (-ms-high-contrast:none),(-ms-high-contrast:active)"));
        assert!(is_for_old_browsers("screen and (min-width:0\\0)") && !is_for_old_browsers("screen"));
    }

    /// Whether a list of queries for widths matches, as a browser reads it.
    fn matches(list: &str, width: f64) -> bool {
        let holds = |condition: &str| {
            let (name, value) = condition.trim_matches(['(', ')']).split_once(": ").unwrap();
            let border: f64 = value.strip_suffix("px").unwrap().parse().unwrap();
            if name == "min-width" { width >= border } else { width <= border }
        };
        list.is_empty() || list.split(", ").any(|query| query.split(" and ").all(holds))
    }

    proptest! {
        #[test]
        fn of_the_preloads_of_a_picture_each_window_fetches_the_one_that_it_shows(
            sources in prop::collection::vec((0_u8..4, 1_u16..30, 1_u16..30), 0..6),
            width in 1_u16..40,
        ) {
            let media: Vec<String> = sources.iter().map(|(kind, a, b)| match kind {
                0 => format!("(min-width: {a}px)"),
                1 => format!("(max-width: {a}px)"),
                2 => format!("(min-width: {a}px) and (max-width: {b}px)"),
                _ => format!("(min-width: {a}px), (max-width: {b}px)"),
            }).chain([String::new()]).collect();
            let width = f64::from(width);
            let shown = media.iter().position(|media| matches(media, width)).unwrap();
            for (at, own) in media.iter().enumerate() {
                let before: Vec<&str> = media[..at].iter().map(String::as_str).collect();
                let is_fetched = without(own, &before).is_some_and(|media| matches(&media, width));
                prop_assert_eq!(is_fetched, at == shown, "{} of {:?}", at, &media);
            }
        }

        #[test]
        fn whatever_is_said_is_survived(own in "[ -~]{0,30}", before in prop::collection::vec("[ -~]{0,30}", 0..4)) {
            let before: Vec<&str> = before.iter().map(String::as_str).collect();
            let _ = (without(&own, &before), may_match_screen(&own));
        }
    }
}
