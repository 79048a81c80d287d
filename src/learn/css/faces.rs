//! The fonts of a sheet: which of its `@font-face` rules make a browser fetch one.
//!
//! A browser fetches a face when a text of its family has a character of its range. Of a sheet is known which families its rules name.
//! What rules for `body` or `h1` name is on every page; what only rules for classes name may be on none. Where a sheet uses
//! some of its fonts by the former, the others are rare: the captions of a campaign, say. A sheet that uses fonts by classes alone
//! is for pages that have these classes: a sheet of icons.
//!
//! A sheet that has fonts and no rule that uses any leaves that to other sheets of the page. So what these name is kept, and the
//! learner weighs the fonts of the one by the rules of the others ([`KnownSheet::has_rare_fonts`](super::super::sheet::KnownSheet)).

use super::{Kind, Outcome, Property, Reference, Value, push, read_rest, url};
use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, Token, UnicodeRange,
};
use std::collections::{BTreeMap, BTreeSet};

/// The most names of families in use that are kept.
pub(super) const MAX_FAMILIES: usize = 4000;

/// The most families that are told to other sheets.
const MAX_NAMED: usize = 100;

/// The characters that every page has: the first and the last letter of ASCII.
const LETTERS: (u32, u32) = ('A' as u32, 'z' as u32);

/// The families that rules use.
#[derive(Default)]
pub(super) struct Families {
    /// Whether there is a declaration of `font-family` or `font`.
    pub(super) are_declared: bool,
    /// The families that are named in such declarations and in custom properties, lower-case; and whether a rule that is for no class
    /// names them.
    names: BTreeMap<String, bool>,
}

impl Families {
    /// Adds what one declaration names, in a rule that is for classes alone or not.
    pub(super) fn add(&mut self, names: Vec<String>, is_certain: bool) {
        for name in names {
            if let Some(known) = self.names.get_mut(&name) {
                *known |= is_certain;
            } else if self.names.len() < MAX_FAMILIES {
                self.names.insert(name, is_certain);
            }
        }
    }

    /// The first of them, each with whether a rule that is for no class names it.
    pub(super) fn named(&self) -> Vec<(String, bool)> {
        let named = self.names.iter().take(if self.are_declared { MAX_NAMED } else { 0 });
        named.map(|(name, is_certain)| (name.clone(), *is_certain)).collect()
    }

    /// Whether a family is in use for certain; `None` where it is in no use.
    fn use_of(&self, family: &str) -> Option<bool> {
        if self.are_declared { self.names.get(family).copied() } else { Some(true) }
    }
}

/// An `@font-face`.
#[derive(Default)]
pub(super) struct Face {
    family: Option<String>,
    /// The URL that a browser picks of its sources.
    url: Option<String>,
    /// Whether its `unicode-range` has no letter of ASCII.
    is_for_others: bool,
}

/// The fonts among `faces` that are fetched, the certain ones first. Of a family that is cut by characters those for other scripts
/// are left out: their texts may be on no page, and where they are, the family's other files are most likely at the same origin.
pub(super) fn fonts(faces: &[Face], families: &Families) -> Vec<Reference> {
    let with_letters: BTreeSet<&String> =
        faces.iter().filter(|face| !face.is_for_others).filter_map(|face| face.family.as_ref()).collect();
    let used = faces.iter().filter_map(|face| {
        let family = face.family.as_ref()?;
        let is_left_out = face.is_for_others && with_letters.contains(family);
        let is_certain = families.use_of(family).filter(|_| !is_left_out)?;
        Some((face.url.as_ref()?, is_certain))
    });
    let used: Vec<(&String, bool)> = used.collect();
    let has_certain = used.iter().any(|(_, is_certain)| *is_certain);
    let (mut fonts, mut rare) = (Vec::new(), Vec::new());
    for (url, is_certain) in used {
        if is_certain || !has_certain {
            push(&mut fonts, url, Kind::Font);
        } else {
            push(&mut rare, url, Kind::RareFont);
        }
    }
    fonts.extend(rare);
    fonts
}

/// The URL and the family of each face, where no rule of the sheet uses any: then the rules stand in other sheets.
pub(super) fn unused(faces: &[Face], families: &Families) -> Vec<(String, String)> {
    let faces = faces.iter().filter(|_| !families.are_declared);
    faces.filter_map(|face| Some((face.url.clone()?, face.family.clone()?))).collect()
}

impl<'i> DeclarationParser<'i> for Face {
    type Declaration = ();
    type Error = ();

    fn parse_value<'t>(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
        _start: &ParserState,
    ) -> Outcome<'i, ()> {
        if name.eq_ignore_ascii_case("font-family") {
            let mut value = Value::new(Property::Family { is_shorthand: false });
            value.read(input, 0, false)?;
            self.family = value.families.pop();
        } else if name.eq_ignore_ascii_case("src") {
            let picked = input.parse_comma_separated_ignoring_errors(source).into_iter().next();
            // A descriptor without a usable source is void, and leaves an earlier one in force.
            self.url = picked.map(|url| url.as_ref().to_owned()).or(self.url.take());
        } else if name.eq_ignore_ascii_case("unicode-range") {
            let ranges = input
                .parse_comma_separated(|input| UnicodeRange::parse(input).map_err(ParseError::<()>::from))?;
            let has_letter = |range: &UnicodeRange| range.start <= LETTERS.1 && range.end >= LETTERS.0;
            self.is_for_others = !ranges.iter().any(has_letter);
        } else {
            read_rest(input);
        }
        Ok(())
    }
}

impl AtRuleParser<'_> for Face {
    type Prelude = ();
    type AtRule = ();
    type Error = ();
}

impl QualifiedRuleParser<'_> for Face {
    type Prelude = ();
    type QualifiedRule = ();
    type Error = ();
}

impl RuleBodyItemParser<'_, (), ()> for Face {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// Reads one of the sources of a font, `url(…) format(…) tech(…)`, if it is one that browsers fetch.
fn source<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, CowRcStr<'i>> {
    let url = url(input)?;
    let mut is_usable = !is_embedded_opentype(&url);
    while let Ok(token) = input.next() {
        if let Token::Function(name) = token
            && name.eq_ignore_ascii_case("format")
        {
            is_usable =
                input.parse_nested_block(|input| Ok::<_, ParseError<'i, ()>>(names_usable_format(input)))?;
        }
    }
    if is_usable { Ok(url) } else { Err(input.new_custom_error(())) }
}

fn is_embedded_opentype(url: &str) -> bool {
    let path = url.split(['?', '#']).next().unwrap_or_default();
    path.rsplit_once('.').is_some_and(|(_, extension)| extension.eq_ignore_ascii_case("eot"))
}

/// Reads the content of `format()`: a word or a string, in old sheets a list of strings.
fn names_usable_format(input: &mut Parser<'_, '_>) -> bool {
    let mut is_usable = false;
    while let Ok(token) = input.next() {
        if let Token::Ident(name) | Token::QuotedString(name) = token {
            let name = name.to_ascii_lowercase();
            let name = name.strip_suffix("-variations").unwrap_or(&name);
            is_usable |= matches!(name, "woff2" | "woff" | "truetype" | "opentype" | "collection");
        }
    }
    is_usable
}
