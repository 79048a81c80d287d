//! What a piece of CSS makes a browser fetch: imported stylesheets, fonts, pictures.
//!
//! The CSS is parsed and not searched, so comments, strings and broken rules are passed over as browsers do it. What
//! cannot be told from the CSS alone is whether a rule matches anything. A picture is therefore a maybe, while a font
//! counts when the same sheet uses its family, or when the sheet only declares fonts for others to use (css/faces.rs).

use crate::hash::{FNV1A, fnv1a_on};
use crate::hints::media;
use conditions::{Condition, is_for_others, media_list, read_rest, supports_condition};
use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserInput, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser, Token,
};
use faces::{Face, Families, NamedFont};
use selectors::{MAX_NEEDS, Selectors, root_selector};
use value::{Picture, Property, Value};
use windows::Windows;

mod conditions;
pub mod faces;
mod selectors;
mod value;
mod windows;

/// The most bytes of a sheet that are read. The text beyond is not.
pub const MAX_CSS_BYTES: usize = 512 * 1024;

/// The most references that are given of one sheet.
const MAX_REFERENCES: usize = 200;

/// The most `@font-face` rules that are kept until the sheet has been read and the families in use are known. Sheets
/// of fonts that are split by script have hundreds.
const MAX_FACES: usize = 1000;

/// How deep rules in rules are followed, and functions in values. What is deeper is passed over, so that no text can
/// exhaust the stack.
const MAX_DEPTH: usize = 16;

/// Something that CSS refers to and a browser fetches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reference {
    /// The URL as it is written, with CSS escapes resolved; relative to the sheet.
    pub url: String,
    /// What is fetched.
    pub kind: Kind,
    /// The MIME type of a picture, in lower case, where `image-set()` says it: browsers that do not know it do not fetch it.
    pub media_type: String,
    /// Of a picture, what an element or those around it must have for its rule to match: one of these lists of classes (`.x`) and
    /// IDs (`#x`). Empty where that cannot be told.
    pub needs: Vec<Vec<String>>,
    /// Of a picture, in which windows and at which densities its rule has it fetched, of those that meet all else that is asked for: the
    /// media queries around the rule, without those around rules for the same elements that come later, and the resolutions that
    /// `image-set()` leaves to it. Empty where it is all; `None` where no media query says it, or where it is never.
    pub media: Option<String>,
}

/// What a reference fetches.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// `@import`: a stylesheet.
    Import {
        /// Whether rendering waits for it: unless it can match on no screen, for print alone, say, or is for browsers that cannot do what
        /// most can (`supports(not …)`).
        blocks_rendering: bool,
    },
    /// `@font-face` of a family that is in use: fetched without credentials.
    Font,
    /// The same, of a family that only rules for classes name, in a sheet whose other rules use others: the page may have no such
    /// class. And one of `@supports not`.
    RareFont,
    /// A picture of a rule that may or may not match.
    Image,
    /// A picture of a rule for the page as a whole, which matches for sure.
    RootImage,
    /// The same, fetched with CORS and without credentials: `mask`, `clip-path`, `shape-outside`, `filter`.
    CorsImage,
}

/// A stylesheet that was read.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Sheet {
    /// What it refers to, each reference once: imports, then fonts, then pictures, so that the bound leaves out what matters least.
    pub references: Vec<Reference>,
    /// The families of fonts that its rules name, and whether one names it that is for no class.
    pub families: Vec<(String, bool)>,
    /// The URL and the family of each font, where none of its rules says which are used.
    pub fonts: Vec<(String, String)>,
    /// Each face with its font.
    pub faces: Vec<NamedFont>,
    /// The names of the faces for which no browser fetches one, or none that may be preloaded.
    pub bare_faces: Vec<u64>,
}

/// Reads the content of `<style>`, or a whole stylesheet of which nothing is asked but what it refers to.
#[must_use]
pub fn stylesheet(text: &str) -> Vec<Reference> {
    read(text).references
}

/// Reads a whole stylesheet.
#[must_use]
pub fn read(text: &str) -> Sheet {
    let mut sheet = SheetParts::default();
    let mut input = ParserInput::new(readable(text));
    let mut parser = Parser::new(&mut input);
    let mut rules = Rules::new(&mut sheet, Place::TopLevel);
    // The parser has put aside what counts; what it yields is empty, and errors are what browsers pass over.
    for _ in StyleSheetParser::new(&mut parser, &mut rules) {}
    let (families, fonts) = (sheet.families.named(), faces::unused(&sheet.faces, &sheet.families));
    let (faces, bare_faces) = (faces::named(&sheet.faces), faces::bare(&sheet.faces));
    Sheet { references: sheet.into_references(), families, fonts, faces, bare_faces }
}

/// What a `style` attribute refers to.
#[must_use]
pub fn declarations(text: &str) -> Vec<Reference> {
    let mut sheet = SheetParts::default();
    let mut input = ParserInput::new(readable(text));
    let mut parser = Parser::new(&mut input);
    let mut rules = Rules::new(&mut sheet, Place::Attribute);
    for _ in RuleBodyParser::<_, (), ()>::new(&mut parser, &mut rules) {}
    sheet.into_references()
}

/// The part of a text that is read: what the bound leaves of it, up to the last whole block, since half a URL may
/// name another host.
fn readable(text: &str) -> &str {
    let text = text.strip_prefix('\u{feff}').unwrap_or(text);
    if text.len() <= MAX_CSS_BYTES {
        return text;
    }
    whole_blocks(text.get(..text.floor_char_boundary(MAX_CSS_BYTES)).unwrap_or_default())
}

/// The start of a sheet that was cut, up to its last whole block.
pub(super) fn whole_blocks(start: &str) -> &str {
    start.get(..start.rfind('}').unwrap_or_default()).unwrap_or_default()
}

/// What has been read so far.
#[derive(Default)]
struct SheetParts {
    /// Whether a rule has stood here before which imports would have had to stand.
    imports_are_over: bool,
    imports: Vec<Reference>,
    faces: Vec<Face>,
    pictures: Vec<Reference>,
    families: Families,
    windows: Windows,
}

impl SheetParts {
    fn into_references(self) -> Vec<Reference> {
        let Self { mut imports, faces, mut pictures, families, windows, .. } = self;
        let of_pictures = windows.of_pictures(pictures.len());
        pictures.iter_mut().zip(of_pictures).for_each(|(picture, media)| picture.media = media);
        imports.extend(faces::fonts(&faces, &families));
        imports.extend(pictures);
        imports.truncate(MAX_REFERENCES);
        imports
    }
}

/// Adds a reference that is not there yet, if it makes a browser fetch anything.
fn push(references: &mut Vec<Reference>, url: &str, kind: Kind) {
    let is_new = || !references.iter().any(|other| other.kind == kind && other.url == url);
    if references.len() < MAX_REFERENCES && is_fetched(url) && is_new() {
        let (url, media_type, media) = (url.to_owned(), String::new(), Some(String::new()));
        references.push(Reference { url, kind, media_type, needs: Vec::new(), media });
    }
}

/// Adds a picture of a rule that needs one of these lists. Answers its place.
fn push_picture(
    references: &mut Vec<Reference>,
    picture: &Picture<'_>,
    kind: Kind,
    needs: &[Vec<String>],
) -> Option<usize> {
    let Picture { url, media_type, .. } = picture;
    push(references, url, kind);
    let at = references.iter().position(|other| other.kind == kind && other.url == **url)?;
    let picture = references.get_mut(at)?;
    if let Some(media_type) = media_type.as_ref().filter(|_| picture.media_type.is_empty()) {
        picture.media_type = media_type.trim().to_ascii_lowercase();
    }
    let room = MAX_NEEDS.saturating_sub(picture.needs.len());
    picture.needs.extend(needs.iter().take(room).cloned());
    Some(at)
}

fn is_fetched(url: &str) -> bool {
    // As the URL parser strips it.
    let url = url.trim_start_matches(|character| character <= ' ');
    let is_data =
        url.split_at_checked("data:".len()).is_some_and(|(scheme, _)| scheme.eq_ignore_ascii_case("data:"));
    !url.is_empty() && !url.starts_with('#') && !is_data
}

/// Where the parser is, which says what may stand there.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Place {
    /// The sheet itself and conditional rules in it: rules.
    TopLevel,
    /// A style rule: declarations and nested rules.
    Rule,
    /// One whose every selector asks for a class, an ID or an attribute, which a page may not have.
    ClassRule,
    /// A style rule for `html`, `:root` or `body`, under no condition.
    RootRule,
    /// A style attribute: declarations.
    Attribute,
}

/// Reads rules and declarations into a sheet.
struct Rules<'s> {
    sheet: &'s mut SheetParts,
    place: Place,
    depth: usize,
    /// What the style rule here needs: see [`Reference::needs`].
    needs: Vec<Vec<String>>,
    condition: Condition,
    /// For which elements the style rule here is, as a hash of its selectors and of those around it.
    elements: u64,
    /// The media queries around it; `None` where no list says what several of them ask for.
    media: Option<String>,
}

type Outcome<'i, T> = Result<T, ParseError<'i, ()>>;

/// What is known of an at-rule before its `;` or block.
enum AtRule<'i> {
    Import {
        /// `None` for one with modifiers of its request.
        url: Option<CowRcStr<'i>>,
        blocks_rendering: bool,
    },
    /// `@layer`, with names or with a block.
    Layer,
    /// Rules that apply under a condition, or the steps of an animation; and the list of `@media`, which is empty for others.
    Group(Condition, String),
    FontFace,
    /// Valid, but nothing in it is fetched for the screen.
    Other,
}

impl<'s> Rules<'s> {
    /// The outermost ones.
    fn new(sheet: &'s mut SheetParts, place: Place) -> Self {
        let (needs, condition, media) = (Vec::new(), Condition::None, Some(String::new()));
        Self { sheet, place, depth: 0, needs, condition, elements: FNV1A, media }
    }
}

impl Rules<'_> {
    /// Reads the content of a block.
    fn descend<'i>(
        &mut self,
        place: Place,
        needs: Vec<Vec<String>>,
        condition: Condition,
        (elements, media): (u64, Option<String>),
        input: &mut Parser<'i, '_>,
    ) -> Outcome<'i, ()> {
        if self.depth >= MAX_DEPTH {
            return Err(input.new_custom_error(()));
        }
        let depth = self.depth + 1;
        let mut inner = Rules { sheet: self.sheet, place, depth, needs, condition, elements, media };
        for _ in RuleBodyParser::<_, (), ()>::new(input, &mut inner) {}
        Ok(())
    }
}

impl<'i> AtRuleParser<'i> for Rules<'_> {
    type Prelude = AtRule<'i>;
    type AtRule = ();
    type Error = ();

    fn parse_prelude<'t>(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
    ) -> Outcome<'i, AtRule<'i>> {
        let rule = match name.to_ascii_lowercase().as_str() {
            _ if self.place == Place::Attribute => None,
            "import" if self.depth == 0 && !self.sheet.imports_are_over => Some(import(input)?),
            "layer" => Some(AtRule::Layer),
            "media" => {
                let list = media_list(input);
                Some(if !media::may_match_screen(&list) || media::is_for_old_browsers(&list) {
                    AtRule::Other
                } else {
                    AtRule::Group(Condition::Some, list)
                })
            }
            "supports" => Some(AtRule::Group(supports_condition(input, 0), String::new())),
            "container" | "scope" | "starting-style" | "keyframes" | "-webkit-keyframes" => {
                Some(AtRule::Group(Condition::Some, String::new()))
            }
            "font-face" if self.place == Place::TopLevel => Some(AtRule::FontFace),
            "namespace"
            | "page"
            | "property"
            | "counter-style"
            | "font-feature-values"
            | "font-palette-values"
            | "position-try"
            | "view-transition" => Some(AtRule::Other),
            _ => None,
        };
        read_rest(input);
        rule.ok_or_else(|| input.new_custom_error(()))
    }

    fn rule_without_block(&mut self, rule: AtRule<'i>, _start: &ParserState) -> Result<(), ()> {
        match rule {
            AtRule::Import { url, blocks_rendering } => {
                if let Some(url) = url {
                    push(&mut self.sheet.imports, &url, Kind::Import { blocks_rendering });
                }
            }
            AtRule::Layer => {}
            // `@namespace`
            AtRule::Other => self.sheet.imports_are_over = true,
            AtRule::Group(..) | AtRule::FontFace => return Err(()),
        }
        Ok(())
    }

    fn parse_block<'t>(
        &mut self,
        rule: AtRule<'i>,
        _start: &ParserState,
        input: &mut Parser<'i, 't>,
    ) -> Outcome<'i, ()> {
        if !matches!(rule, AtRule::Import { .. }) {
            self.sheet.imports_are_over = true;
        }
        match rule {
            AtRule::Group(condition, list) => {
                let place = if self.place == Place::RootRule { Place::Rule } else { self.place };
                let media = if media::is_for_all(&list) {
                    self.media.clone()
                } else {
                    self.media.as_deref().and_then(|around| media::both(around, &list))
                };
                let of = (self.elements, media);
                self.descend(place, Vec::new(), self.condition.max(condition), of, input)?;
            }
            AtRule::Layer => {
                let of = (self.elements, self.media.clone());
                self.descend(self.place, self.needs.clone(), self.condition, of, input)?;
            }
            AtRule::FontFace => {
                let face = Face::read(input, self.condition == Condition::Negated);
                if self.sheet.faces.len() < MAX_FACES {
                    self.sheet.faces.push(face);
                }
            }
            AtRule::Import { .. } | AtRule::Other => read_rest(input),
        }
        Ok(())
    }
}

impl<'i> QualifiedRuleParser<'i> for Rules<'_> {
    type Prelude = (Place, Vec<Vec<String>>, u64);
    type QualifiedRule = ();
    type Error = ();

    fn parse_prelude<'t>(&mut self, input: &mut Parser<'i, 't>) -> Outcome<'i, Self::Prelude> {
        let start = input.state();
        let is_root = self.depth == 0 && input.try_parse(root_selector).is_ok();
        input.reset(&start);
        // No rule is without a selector.
        input.next()?;
        input.reset(&start);
        let from = input.position();
        let Selectors { has_plain, mut needs } = Selectors::read(input, 0);
        let selectors = media::one_line(input.slice_from(from));
        let elements = fnv1a_on(fnv1a_on(self.elements, b"{"), selectors.as_bytes());
        // A nested rule needs what the rules around it do, too.
        if self.condition != Condition::None || self.place != Place::TopLevel {
            needs.clear();
        }
        let place = match self.place {
            _ if is_root => Place::RootRule,
            Place::ClassRule => Place::ClassRule,
            _ if has_plain => Place::Rule,
            _ => Place::ClassRule,
        };
        Ok((place, needs, elements))
    }

    fn parse_block<'t>(
        &mut self,
        (place, needs, elements): Self::Prelude,
        _start: &ParserState,
        input: &mut Parser<'i, 't>,
    ) -> Outcome<'i, ()> {
        self.sheet.imports_are_over = true;
        self.descend(place, needs, self.condition, (elements, self.media.clone()), input)
    }
}

impl<'i> DeclarationParser<'i> for Rules<'_> {
    type Declaration = ();
    type Error = ();

    fn parse_value<'t>(
        &mut self,
        name: CowRcStr<'i>,
        input: &mut Parser<'i, 't>,
        _start: &ParserState,
    ) -> Outcome<'i, ()> {
        let property = Property::of(&name);
        let mut value = Value::new(property);
        // Nothing is put aside before the value has been read: one mistake makes all of it void.
        value.read(input, 0, false)?;
        if let Property::Family { .. } = property {
            self.sheet.families.are_declared = true;
        }
        let is_certain = self.place != Place::ClassRule && self.condition != Condition::Negated;
        self.sheet.families.add(value.families, is_certain);
        if let Property::Custom | Property::Picture(_) = property {
            let kind = match property {
                Property::Picture(Kind::Image) if self.place == Place::RootRule => Kind::RootImage,
                Property::Picture(kind) => kind,
                _ => Kind::Image,
            };
            // A pointer is asked for when it is over the element, and what the whole page has needs no class.
            let needs_none = kind == Kind::RootImage || name.eq_ignore_ascii_case("cursor");
            let needs = if needs_none { Vec::new() } else { self.needs.clone() };
            let is_set = value.pictures.iter().any(|picture| !picture.densities.is_empty());
            let mut places: Vec<(usize, String)> = Vec::new();
            for picture in value.pictures {
                let place = push_picture(&mut self.sheet.pictures, &picture, kind, &needs);
                places.extend(place.map(|place| (place, picture.densities)));
            }
            // `background` says what `background-image` does.
            let lower = name.to_ascii_lowercase();
            let word = lower.split('-').find(|word| !word.is_empty() && *word != "webkit");
            let layer = if lower.starts_with("--") { lower.as_str() } else { word.unwrap_or_default() };
            let layer = fnv1a_on(self.elements, layer.as_bytes());
            self.sheet.windows.declare(layer, self.media.clone(), places, is_set);
        }
        Ok(())
    }
}

impl RuleBodyItemParser<'_, (), ()> for Rules<'_> {
    fn parse_declarations(&self) -> bool {
        self.place != Place::TopLevel
    }

    fn parse_qualified(&self) -> bool {
        self.place != Place::Attribute
    }
}

/// Reads what follows `@import`.
fn import<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, AtRule<'i>> {
    let quoted = input.try_parse(|input| input.expect_string().cloned());
    let url = quoted.map(Some).or_else(|_| url(input))?;
    if input.try_parse(|input| input.expect_ident_matching("layer")).is_err() {
        // Without any, the conditions begin here.
        let _ = input.try_parse(|input| input.expect_function_matching("layer"));
    }
    let condition = if input.try_parse(|input| input.expect_function_matching("supports")).is_ok() {
        input.parse_nested_block(|input| Ok::<_, ParseError<'i, ()>>(supports_condition(input, 0)))?
    } else {
        Condition::None
    };
    let blocks_rendering = !is_for_others(input) && condition != Condition::Negated;
    Ok(AtRule::Import { url, blocks_rendering })
}

/// Reads `url(…)` or `src(…)`; `None` for one with modifiers.
fn url<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, Option<CowRcStr<'i>>> {
    match input.next()?.clone() {
        Token::UnquotedUrl(url) => Ok(Some(url)),
        Token::Function(name) if is_url(&name) => input.parse_nested_block(quoted_url),
        _ => Err(input.new_custom_error(())),
    }
}

fn is_url(function: &str) -> bool {
    function.eq_ignore_ascii_case("url") || function.eq_ignore_ascii_case("src")
}

/// Reads the content of `url("…")`: a string. `None` where modifiers of the request stand behind it (CSS Values 5, "request URL
/// modifiers": its mode and credentials, `integrity`, the referrer's policy). Some engines ask for it so, others pass over the
/// declaration, and no link says all of it.
fn quoted_url<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, Option<CowRcStr<'i>>> {
    let url = input.expect_string()?.clone();
    let mut has_modifiers = false;
    while let Ok(token) = input.next() {
        if !matches!(token, Token::Ident(_) | Token::Function(_)) {
            return Err(input.new_custom_error(()));
        }
        has_modifiers = true;
    }
    Ok(Some(url).filter(|_| !has_modifiers))
}

#[cfg(test)]
mod tests;
