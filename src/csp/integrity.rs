//! `Integrity-Policy` and `Integrity-Policy-Report-Only` (Subresource Integrity, "Integrity-Policy"): which fetches of a page are
//! blocked, or reported, unless they say by integrity metadata which bytes they expect.

use super::Destination;
use crate::structured;

/// The two fields, lower-case.
pub const FIELDS: [&str; 2] = ["integrity-policy", "integrity-policy-report-only"];

/// The destinations that a page's integrity policies name. One that only reports counts like one that is enforced: its owner
/// would read of violations that are ours.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct IntegrityPolicy {
    scripts: bool,
    styles: bool,
}

impl IntegrityPolicy {
    /// Reads both fields. `header` looks a field up by its lower-case name, all its lines joined by commas.
    pub fn read(header: impl Fn(&str) -> Option<String>) -> Self {
        let mut policy = Self::default();
        for field in FIELDS.iter().filter_map(|name| header(name)) {
            policy.add(&field);
        }
        policy
    }

    /// Reads the field of those that are enforced alone: what a browser blocks.
    pub fn read_enforced(header: impl Fn(&str) -> Option<String>) -> Self {
        Self::read(|name| if name == FIELDS[0] { header(name) } else { None })
    }

    /// Adds what one field says (Subresource Integrity, "parse Integrity-Policy headers").
    fn add(&mut self, field: &str) {
        let Some(dictionary) = structured::dictionary(field) else { return };
        // Where `sources` is no list, some browsers take the default for it, which is `inline`.
        if structured::inner_list_has(&dictionary, "sources", "inline") == Some(false) {
            return;
        }
        let names = |token| {
            structured::inner_list_has(&dictionary, "blocked-destinations", token).unwrap_or_default()
        };
        self.scripts |= names("script");
        self.styles |= names("style");
    }

    /// Whether a fetch for `destination` must have integrity metadata, and must not be made in the mode `no-cors`.
    #[must_use]
    pub fn names(self, destination: Destination) -> bool {
        match destination {
            Destination::Script => self.scripts,
            Destination::Style => self.styles,
            Destination::Image
            | Destination::Font
            | Destination::Media
            | Destination::Frame
            | Destination::Object
            | Destination::Manifest
            | Destination::Connect => false,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Whether scripts and styles are named by a page with these fields.
    fn named(fields: [Option<&str>; 2]) -> (bool, bool) {
        let policy = IntegrityPolicy::read(|name| {
            let at = FIELDS.iter().position(|field| *field == name)?;
            fields[at].map(str::to_owned)
        });
        (policy.names(Destination::Script), policy.names(Destination::Style))
    }

    #[test]
    fn a_policy_names_the_destinations_of_its_list() {
        for (field, expected) in [
            ("blocked-destinations=(script style), sources=(inline), endpoints=(x)", (true, true)),
            ("blocked-destinations=(script)", (true, false)),
            ("endpoints=(x y), blocked-destinations=( style )", (false, true)),
            ("blocked-destinations=(image script;a=1);b, sources=(other inline)", (true, false)),
            // Of lines that say the same the last one counts.
            ("blocked-destinations=(script), blocked-destinations=(style)", (false, true)),
            ("blocked-destinations=(script), sources=(other)", (false, false)),
            ("blocked-destinations=(script), sources=()", (false, false)),
            ("blocked-destinations=(script), sources=(\"inline\")", (false, false)),
            ("blocked-destinations=(script), sources=other", (true, false)),
            ("blocked-destinations=(script), sources", (true, false)),
            ("blocked-destinations=()", (false, false)),
            ("blocked-destinations=script", (false, false)),
            ("blocked-destinations=(\"script\" Style SCRIPT)", (false, false)),
            ("blocked-destinations", (false, false)),
            ("sources=(inline), endpoints=(script)", (false, false)),
            // What is no dictionary is no policy.
            ("blocked-destinations=[script]", (false, false)),
            ("blocked-destinations=(script), Sources=(inline)", (false, false)),
            ("blocked-destinations=(script),", (false, false)),
            ("", (false, false)),
        ] {
            assert_eq!(named([Some(field), None]), expected, "{field}");
            assert_eq!(named([None, Some(field)]), expected, "{field}, to be reported");
        }
    }

    #[test]
    fn both_fields_count() {
        let (scripts, styles) = ("blocked-destinations=(script)", "blocked-destinations=(style)");
        assert_eq!(named([None, None]), (false, false));
        assert_eq!(named([Some(scripts), Some(styles)]), (true, true));
        assert_eq!(named([Some("("), Some(styles)]), (false, true));
    }
}
