//! The fonts of a sheet: which of its `@font-face` rules make a browser fetch one.
//!
//! A browser fetches a face when a text of its family has a character of its range. Of a sheet is known which families its rules name.
//! What rules for `body` or `h1` name is on every page; what only rules for classes name may be on none. Where a sheet uses
//! some of its fonts by the former, the others are rare: the captions of a campaign, say. A sheet that uses fonts by classes alone
//! is for pages that have these classes: a sheet of icons.
//!
//! A sheet that has fonts and no rule that uses any leaves that to other sheets of the page. So what these name is kept, and the
//! learner weighs the fonts of the one by the rules of the others ([`KnownSheet::has_rare_fonts`](super::super::sheet::KnownSheet)).
//!
//! Which faces a page really uses, its visitors' browsers tell by their [names](crate::learn::face). So each face has its font named, those
//! for other scripts as well, unless the font may come from the visitor's own machine.

use super::{Kind, MAX_REFERENCES, Outcome, Property, Reference, Value, is_fetched, push, read_rest, url};
use crate::learn::face::Descriptors;
use crate::sorting::map::{SortedMap, SortedSet};
use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserState, QualifiedRuleParser,
    RuleBodyItemParser, RuleBodyParser, Token,
};

/// The most names of families in use that are kept.
pub(super) const MAX_FAMILIES: usize = 4000;

/// The most families that are told to other sheets.
const MAX_NAMED: usize = 100;

/// The families that rules use.
#[derive(Default)]
pub(super) struct Families {
    /// Whether there is a declaration of `font-family` or `font`.
    pub(super) are_declared: bool,
    /// The families that are named in such declarations and in custom properties, lower-case; and whether a rule that is for no class
    /// names them.
    names: SortedMap<String, bool>,
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
pub(super) struct Face {
    family: Option<String>,
    /// The URL that every browser picks of its sources.
    url: Option<String>,
    /// Whether a font of the visitor's own machine may take its place, which nobody fetches.
    may_be_local: bool,
    /// Whether it stands under a condition that most browsers do not meet.
    is_doubtful: bool,
    /// Whether its `unicode-range` has no letter of ASCII, which every page has.
    is_for_others: bool,
    /// Its [name](Descriptors::name).
    name: u64,
}

impl Face {
    /// Reads the block of the rule. `is_doubtful` says that most browsers do not meet the condition under which it stands.
    pub(super) fn read(input: &mut Parser<'_, '_>, is_doubtful: bool) -> Self {
        let mut block = Block::default();
        for _ in RuleBodyParser::<_, (), ()>::new(input, &mut block) {}
        let Block { family, url, may_be_local, descriptors } = block;
        let name = descriptors.name(family.as_deref().unwrap_or_default());
        let is_for_others = !descriptors.has_any('A', 'z');
        Self { family, url, may_be_local, is_doubtful, is_for_others, name }
    }

    /// Whether a browser that has it in use has fetched its font.
    fn is_told(&self) -> bool {
        // Under a condition another face stands for the same, of another file: one for browsers without variable fonts, say.
        !self.may_be_local && !self.is_doubtful
    }
}

/// The fonts among `faces` that are fetched, the certain ones first. Of a family that is cut by characters those for other scripts
/// are left out: their texts may be on no page, and where they are, the family's other files are most likely at the same origin.
pub(super) fn fonts(faces: &[Face], families: &Families) -> Vec<Reference> {
    let with_letters: SortedSet<&String> =
        faces.iter().filter(|face| !face.is_for_others).filter_map(|face| face.family.as_ref()).collect();
    let used = faces.iter().filter_map(|face| {
        let family = face.family.as_ref()?;
        let is_left_out = face.is_for_others && with_letters.contains(family);
        let is_certain = families.use_of(family).filter(|_| !is_left_out)?;
        Some((face.url.as_ref()?, is_certain, face.is_doubtful))
    });
    let used: Vec<(&String, bool, bool)> = used.collect();
    let has_certain = used.iter().any(|(_, is_certain, is_doubtful)| *is_certain && !is_doubtful);
    let (mut fonts, mut rare) = (Vec::new(), Vec::new());
    for (url, is_certain, is_doubtful) in used {
        if !is_doubtful && (is_certain || !has_certain) {
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
    let faces = faces.iter().filter(|face| !families.are_declared && !face.is_doubtful);
    faces.filter_map(|face| Some((face.url.clone()?, face.family.clone()?))).collect()
}

/// A font, as a browser tells that a page uses it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedFont {
    /// Its URL, as it is written.
    pub url: String,
    /// The name of the face: see [`face`](crate::learn::face).
    pub face: u64,
}

/// Each face with the font that every browser fetches for it, those with letters of ASCII first.
pub(super) fn named(faces: &[Face]) -> Vec<NamedFont> {
    let of = |is_for_others: bool| {
        let faces = faces.iter().filter(move |face| face.is_for_others == is_for_others && face.is_told());
        faces.filter_map(|face| {
            let url = face.url.clone().filter(|url| face.family.is_some() && is_fetched(url))?;
            Some(NamedFont { url, face: face.name })
        })
    };
    of(false).chain(of(true)).take(MAX_REFERENCES).collect()
}

/// The names of the faces for which no browser fetches a font: of `local()` alone, say, as frameworks have them for the time until the
/// font is there; and of `data:`. And of those of which none is ever preloaded, since engines fetch
/// different ones.
pub(super) fn bare(faces: &[Face]) -> Vec<u64> {
    let is_bare = |face: &&Face| {
        face.family.is_some() && !face.is_doubtful && !face.url.as_deref().is_some_and(is_fetched)
    };
    faces.iter().filter(is_bare).map(|face| face.name).take(MAX_REFERENCES).collect()
}

/// What is read of a rule's block.
#[derive(Default)]
struct Block {
    family: Option<String>,
    url: Option<String>,
    may_be_local: bool,
    descriptors: Descriptors,
}

impl<'i> DeclarationParser<'i> for Block {
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
            let sources = input.parse_comma_separated_ignoring_errors(source);
            // A descriptor without a usable source is void, and leaves an earlier one in force.
            if let Some(first) = sources.first() {
                self.may_be_local = matches!(first, Source::Local);
            }
            match sources.iter().find(|source| !matches!(source, Source::Local)) {
                Some(Source::File(url)) => self.url = Some(url.as_ref().to_owned()),
                Some(Source::OfSome) => self.url = None,
                Some(Source::Local) | None => {}
            }
        } else if !self.descriptors.read(&name, input)? {
            read_rest(input);
        }
        Ok(())
    }
}

impl AtRuleParser<'_> for Block {
    type Prelude = ();
    type AtRule = ();
    type Error = ();
}

impl QualifiedRuleParser<'_> for Block {
    type Prelude = ();
    type QualifiedRule = ();
    type Error = ();
}

impl RuleBodyItemParser<'_, (), ()> for Block {
    fn parse_declarations(&self) -> bool {
        true
    }

    fn parse_qualified(&self) -> bool {
        false
    }
}

/// What all engines support of what `tech()` may name (CSS Fonts 4, "font-tech"). Chromium has no `color-SVG`, Safari neither
/// `color-COLRv1` nor `color-CBDT`, Gecko has `features-aat` and `color-sbix` on Apple's machines alone, and no other has `features-graphite`.
const TECHNOLOGIES: [&str; 4] = ["features-opentype", "variations", "palettes", "color-COLRv0"];

/// One of the sources of a font.
enum Source<'i> {
    /// `local(…)`
    Local,
    /// A file that browsers fetch.
    File(CowRcStr<'i>),
    /// One that some engines fetch, while others take the next source: with modifiers of its request, or of a technology that not
    /// all support.
    OfSome,
}

/// Reads one of the sources of a font, `url(…) format(…) tech(…)`, if it is one that browsers use.
fn source<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, Source<'i>> {
    if input.try_parse(|input| input.expect_function_matching("local")).is_ok() {
        input.parse_nested_block(|input| {
            read_rest(input);
            Ok::<_, ParseError<'i, ()>>(())
        })?;
        return Ok(Source::Local);
    }
    let url = url(input)?;
    let mut is_usable = !url.as_deref().is_some_and(is_embedded_opentype);
    let mut is_of_all = true;
    while let Ok(token) = input.next() {
        let Token::Function(name) = token else { continue };
        let is_technology = name.eq_ignore_ascii_case("tech");
        if name.eq_ignore_ascii_case("format") {
            is_usable =
                input.parse_nested_block(|input| Ok::<_, ParseError<'i, ()>>(names_usable_format(input)))?;
        } else if is_technology {
            is_of_all &= input
                .parse_nested_block(|input| Ok::<_, ParseError<'i, ()>>(names_technology_of_all(input)))?;
        }
    }
    let source = url.filter(|_| is_of_all).map_or(Source::OfSome, Source::File);
    if is_usable { Ok(source) } else { Err(input.new_custom_error(())) }
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

/// Reads the content of `tech()`, a list of words: whether all engines support all that it names.
fn names_technology_of_all(input: &mut Parser<'_, '_>) -> bool {
    let mut is_of_all = true;
    while let Ok(token) = input.next() {
        is_of_all &= match token {
            Token::Ident(name) => TECHNOLOGIES.iter().any(|known| name.eq_ignore_ascii_case(known)),
            token => matches!(token, Token::Comma),
        };
    }
    is_of_all
}
