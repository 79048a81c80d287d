//! What a learner remembers of one of the stylesheets that pages use, the site's own or a third party's.
//!
//! One URL may give different sheets: after a deployment, or by the visitor's cookie or browser. So the learner does not
//! take the last reading for the truth: an origin's weight moves a part of the way with each reading.

use super::document::resources::Named;
use super::observation::{Families, OriginUse, SheetObservation};
use crate::hints::Origin;
use crate::sorting::map::{SortedMap, SortedSet};
use serde::{Deserialize, Serialize};

/// How far one reading moves the weight of an origin.
const STEP: f64 = 0.3;

/// The weight below which an origin is forgotten.
const LEAST: f64 = 0.05;

/// From which weight an origin is in most of the latest readings.
const MOST: f64 = 0.5;

/// The deepest chain of stylesheets that import each other.
const MAX_IMPORT_DEPTH: usize = 4;

/// What is remembered of a stylesheet.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct KnownSheet {
    /// When the last reading was, in milliseconds since the epoch.
    pub at: u64,
    /// Each origin, and the share of the readings, late ones above all, that had it.
    pub uses: Vec<(OriginUse, f64)>,
    /// The stylesheets that it imported at last.
    #[serde(default)]
    pub imports: Vec<String>,
    /// Whether a page uses it that is remembered by its path.
    #[serde(default)]
    pub is_known: bool,
    /// What it named at last that might be preloaded. Before it is known, that may be one visitor's alone, and is not written down.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub resources: Vec<Named>,
    /// The names of its faces that had no font which could be preloaded, at last; written down as the former are.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub bare_faces: Vec<u64>,
    /// What it said of families of fonts at last.
    #[serde(default, skip_serializing_if = "Families::are_none")]
    pub families: Families,
    /// Whether it said at last that it is in another encoding than UTF-8, in which it has those read that it imports.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub is_encoded_otherwise: bool,
}

/// A stylesheet that a page uses or has used lately: of its present build, or of another one.
#[derive(Clone, Copy)]
pub struct SheetOfBuild<'a> {
    /// What is remembered of it.
    pub sheet: &'a KnownSheet,
    /// Whether the page's latest view had it. Those that one view has are of one build.
    pub is_of_latest_view: bool,
}

impl KnownSheet {
    /// Takes in a reading that came with a page, which may be remembered by its path. One that is no newer than the last tells
    /// nothing but what was not written down before. Answers whether anything has changed.
    pub fn absorb(&mut self, sheet: &SheetObservation, is_of_known_page: bool) -> bool {
        let is_first = is_of_known_page && !self.is_known;
        self.is_known |= is_of_known_page;
        if sheet.at == self.at && is_first {
            self.name(sheet);
        }
        if sheet.at <= self.at {
            return is_first;
        }
        let step = if self.at == 0 { 1.0 } else { STEP };
        self.at = sheet.at;
        for (_, weight) in &mut self.uses {
            *weight *= 1.0 - step;
        }
        for used in &sheet.uses {
            if let Some((known, weight)) = self.uses.iter_mut().find(|(known, _)| known.origin == used.origin)
            {
                known.usage = used.usage;
                *weight += step;
            } else {
                self.uses.push((used.clone(), step));
            }
        }
        self.uses.retain(|(_, weight)| *weight >= LEAST);
        self.imports.clone_from(&sheet.imports);
        if self.is_known {
            self.name(sheet);
        }
        self.families.clone_from(&sheet.families);
        self.is_encoded_otherwise = sheet.is_encoded_otherwise;
        true
    }

    /// Writes down what a reading named, for pages that are remembered by their paths.
    fn name(&mut self, sheet: &SheetObservation) {
        self.resources.clone_from(&sheet.resources);
        self.bare_faces.clone_from(&sheet.bare_faces);
    }

    /// Takes the names of its imports from the last reading, which may have told others before. Answers whether it did.
    pub fn rename_imports(&mut self, sheet: &SheetObservation) -> bool {
        let has_others = sheet.at == self.at && sheet.imports != self.imports;
        if has_others {
            self.imports.clone_from(&sheet.imports);
        }
        has_others
    }

    /// What most of the latest readings found.
    #[must_use]
    pub fn latest(&self) -> SheetObservation {
        let uses = self.uses.iter().filter(|(_, weight)| *weight >= MOST).map(|(used, _)| used.clone());
        let (imports, families) = (self.imports.clone(), self.families.clone());
        let (resources, bare_faces) = (self.resources.clone(), self.bare_faces.clone());
        let (at, is_encoded_otherwise) = (self.at, self.is_encoded_otherwise);
        let uses = uses.collect();
        SheetObservation { at, uses, imports, resources, bare_faces, families, is_encoded_otherwise }
    }

    /// Whether all fonts that it has from an origin are of `rare` families. Its own rules say which are used, if there are any.
    #[must_use]
    pub fn has_rare_fonts(&self, origin: &Origin, rare: &SortedSet<u16>) -> bool {
        let families = self.families.of.iter().find(|(known, _)| known == origin);
        families.is_some_and(|(_, families)| families.iter().all(|family| rare.contains(family)))
    }
}

/// The families that rules of these sheets name for classes alone, where the sheets have fonts that rules for every page use: a page
/// may have none of these classes.
pub fn rare_families<'a>(sheets: impl Iterator<Item = &'a KnownSheet> + Clone) -> SortedSet<u16> {
    let certain: SortedSet<&u16> = sheets.clone().flat_map(|sheet| &sheet.families.certain).collect();
    let mut fonts = sheets.clone().flat_map(|sheet| &sheet.families.of).flat_map(|(_, families)| families);
    if !fonts.any(|family| certain.contains(family)) {
        return SortedSet::new();
    }
    let rare = sheets.flat_map(|sheet| &sheet.families.rare);
    rare.filter(|family| !certain.contains(family)).copied().collect()
}

/// The stylesheets of these names that `find` knows, with those that they import, each once.
pub fn with_imports<'a, S>(
    names: impl Iterator<Item = &'a str>,
    find: impl Fn(&str) -> Option<&'a S>,
    imports: impl Fn(&'a S) -> &'a [String],
) -> SortedMap<&'a str, &'a S> {
    reached(names, find, imports).into_iter().filter_map(|(name, sheet)| Some((name, sheet?))).collect()
}

/// The same with those that `find` does not know.
pub fn reached<'a, S>(
    names: impl Iterator<Item = &'a str>,
    find: impl Fn(&str) -> Option<&'a S>,
    imports: impl Fn(&'a S) -> &'a [String],
) -> SortedMap<&'a str, Option<&'a S>> {
    let mut reached = SortedMap::new();
    let mut wanted: Vec<&str> = names.collect();
    for _ in 0..=MAX_IMPORT_DEPTH {
        let mut next = Vec::new();
        for name in wanted {
            if reached.contains_key(name) {
                continue;
            }
            let sheet = find(name);
            reached.insert(name, sheet);
            next.extend(sheet.map(&imports).into_iter().flatten().map(String::as_str));
        }
        wanted = next;
    }
    reached
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::usage::Usage;

    fn sheet(at: u64, hosts: &[&str]) -> SheetObservation {
        let uses = hosts
            .iter()
            .map(|host| OriginUse {
                origin: Origin::parse(&format!("https://{host}.example")).unwrap(),
                usage: Usage::LOOKUP,
            })
            .collect();
        SheetObservation { at, uses, ..SheetObservation::default() }
    }

    fn weights(known: &KnownSheet) -> Vec<String> {
        known.uses.iter().map(|(used, weight)| format!("{} {weight:.2}", used.origin.host())).collect()
    }

    #[test]
    fn the_first_reading_is_the_truth_and_the_next_ones_move_it() {
        let mut known = KnownSheet::default();
        assert!(known.absorb(&sheet(10, &["a"]), true));
        assert_eq!(weights(&known), ["a.example 1.00"]);
        assert!(known.absorb(&sheet(20, &["b"]), true));
        assert_eq!(weights(&known), ["a.example 0.70", "b.example 0.30"]);
        assert!(
            !known.absorb(&sheet(20, &["c"]), true) && !known.absorb(&sheet(15, &["c"]), true),
            "an older copy says nothing"
        );
        for at in 21..30 {
            known.absorb(&sheet(at, &["b"]), true);
        }
        assert_eq!(weights(&known), ["b.example 0.97"]);
    }

    #[test]
    fn faces_without_a_font_are_written_down_of_known_pages_alone() {
        let with = |at, face| SheetObservation { bare_faces: vec![face], ..sheet(at, &[]) };
        let mut known = KnownSheet::default();
        known.absorb(&with(10, 1), false);
        assert_eq!(known.bare_faces, [0; 0]);
        assert!(known.absorb(&with(10, 1), true), "a page is known now");
        assert_eq!(known.bare_faces, [1]);
        known.absorb(&with(20, 2), false);
        assert_eq!((&known.bare_faces, known.latest().bare_faces), (&vec![2], vec![2]));
    }

    #[test]
    fn a_sheet_is_in_the_encoding_that_it_said_at_last() {
        let with = |at, is_encoded_otherwise| SheetObservation { is_encoded_otherwise, ..sheet(at, &[]) };
        let mut known = KnownSheet::default();
        for (at, said, expected) in
            [(10, true, true), (20, false, false), (15, true, false), (30, true, true)]
        {
            known.absorb(&with(at, said), false);
            assert_eq!(
                (known.is_encoded_otherwise, known.latest().is_encoded_otherwise),
                (expected, expected)
            );
        }
        let before = r#"{"at":1,"uses":[]}"#;
        let known: KnownSheet = serde_json::from_str(before).unwrap();
        assert!(!known.is_encoded_otherwise && !serde_json::to_string(&known).unwrap().contains("encoded"));
    }

    #[test]
    fn imports_are_followed_and_a_circle_ends() {
        let sheets = SortedMap::from([
            ("/1.css", vec!["/2.css".to_owned()]),
            ("/2.css", vec!["/1.css".to_owned(), "/3.css".to_owned(), "/unread.css".to_owned()]),
            ("/3.css", vec![]),
            ("/4.css", vec![]),
        ]);
        let found = with_imports(["/1.css"].into_iter(), |name| sheets.get(name), |imports| imports);
        assert_eq!(found.into_keys().collect::<Vec<_>>(), ["/1.css", "/2.css", "/3.css"]);
        let all = reached(["/1.css"].into_iter(), |name| sheets.get(name), |imports| imports);
        assert_eq!(all.into_keys().collect::<Vec<_>>(), ["/1.css", "/2.css", "/3.css", "/unread.css"]);
    }

    #[test]
    fn imports_are_followed_to_a_depth() {
        let name = |number: usize| format!("/{number}.css");
        let sheets: SortedMap<String, Vec<String>> =
            (0..100).map(|number| (name(number), vec![name(number + 1)])).collect();
        let all = reached(["/0.css"].into_iter(), |name| sheets.get(name), |imports| imports);
        assert_eq!(all.into_keys().collect::<Vec<_>>(), ["/0.css", "/1.css", "/2.css", "/3.css", "/4.css"]);
    }
}
