//! What a piece of CSS makes a browser fetch: imported stylesheets, fonts, pictures.
//!
//! The CSS is parsed and not searched, so comments, strings and broken rules are passed over as browsers do it. What
//! cannot be told from the CSS alone is whether a rule matches anything. A picture is therefore a maybe, while a font
//! counts when the same sheet uses its family, or when the sheet only declares fonts for others to use (css/faces.rs).

use crate::hash::{FNV1A, fnv1a_on};
use crate::hints::media;
use cssparser::{
    AtRuleParser, CowRcStr, DeclarationParser, ParseError, Parser, ParserInput, ParserState,
    QualifiedRuleParser, RuleBodyItemParser, RuleBodyParser, StyleSheetParser, Token,
};
use faces::{Face, Families, NamedFont};
use windows::Windows;

pub mod faces;
mod windows;

/// The most bytes of a sheet that are read. The text beyond is not.
pub const MAX_CSS_BYTES: usize = 512 * 1024;

/// The most references that are given of one sheet.
const MAX_REFERENCES: usize = 200;

/// The most `@font-face` rules that are kept until the sheet has been read and the families in use are known. Sheets
/// of fonts that are split by script have hundreds.
const MAX_FACES: usize = 1000;

/// The longest name of a family in use, in bytes.
const MAX_FAMILY_BYTES: usize = 100;

/// The most words of an unquoted family name.
const MAX_FAMILY_WORDS: usize = 8;

/// The most lists of classes and IDs that are kept of a picture, and the most names in one.
const MAX_NEEDS: usize = 8;

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

/// Under what conditions rules stand, by what is known of the browsers that meet them.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
enum Condition {
    /// None: they count.
    None,
    /// Some may meet them.
    Some,
    /// Most do not: `@supports not`, by which sheets care for browsers that cannot do what most can.
    Negated,
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

/// What a property's value is read for.
#[derive(Clone, Copy)]
enum Property {
    /// `--x`: anything, since it may stand in for any other value.
    Custom,
    /// `font-family`, or `font`, where the family follows other words.
    Family {
        is_shorthand: bool,
    },
    Picture(Kind),
    Other,
}

impl Property {
    fn of(name: &str) -> Self {
        if name.starts_with("--") {
            return Self::Custom;
        }
        let name = name.to_ascii_lowercase();
        match name.strip_prefix("-webkit-").unwrap_or(&name) {
            "font" => Self::Family { is_shorthand: true },
            "font-family" => Self::Family { is_shorthand: false },
            "background"
            | "background-image"
            | "border-image"
            | "border-image-source"
            | "box-reflect"
            | "content"
            | "cursor"
            | "list-style"
            | "list-style-image" => Self::Picture(Kind::Image),
            "mask"
            | "mask-image"
            | "mask-border"
            | "mask-border-source"
            | "mask-box-image"
            | "mask-box-image-source"
            | "clip-path"
            | "shape-outside"
            | "filter"
            | "backdrop-filter" => Self::Picture(Kind::CorsImage),
            _ => Self::Other,
        }
    }
}

/// A URL in a value, with the type and the resolution that `image-set()` says beside it.
struct Picture<'i> {
    url: CowRcStr<'i>,
    media_type: Option<CowRcStr<'i>>,
    resolution: Option<f32>,
    /// At which densities it is taken of its set: a media query, empty where it is at all.
    densities: String,
}

/// What has been read of a declaration's value.
struct Value<'i> {
    property: Property,
    pictures: Vec<Picture<'i>>,
    families: Vec<String>,
    /// The words of what may be a family's name, up to here.
    words: Vec<CowRcStr<'i>>,
}

impl<'i> Value<'i> {
    fn new(property: Property) -> Self {
        Self { property, pictures: Vec::new(), families: Vec::new(), words: Vec::new() }
    }

    /// Reads a value, or the content of a function in it. `in_image_set` says that strings in it are URLs.
    fn read(&mut self, input: &mut Parser<'i, '_>, depth: usize, in_image_set: bool) -> Outcome<'i, ()> {
        // Where the pictures of this option of a set begin.
        let mut option = self.pictures.len();
        while let Ok(token) = input.next() {
            let token = token.clone();
            if let Token::Ident(word) = token {
                if self.words.len() < MAX_FAMILY_WORDS {
                    self.words.push(word);
                }
                continue;
            }
            if let Token::QuotedString(text) = token {
                self.words = vec![text.clone()];
                if in_image_set {
                    self.add_url(text);
                }
                continue;
            }
            if let Token::Comma | Token::Delim('!') = token {
                self.end_family();
                option = self.pictures.len();
                continue;
            }
            // What else there is in a `font` stands before the family.
            self.words.clear();
            match token {
                Token::UnquotedUrl(url) => self.add_url(url),
                Token::Function(name) if is_url(&name) => {
                    if let Ok(Some(url)) = input.parse_nested_block(quoted_url) {
                        self.add_url(url);
                    }
                }
                Token::Function(name) if in_image_set && name.eq_ignore_ascii_case("type") => {
                    let said = input.parse_nested_block(media_type).ok();
                    for picture in self.pictures.get_mut(option..).into_iter().flatten() {
                        picture.media_type.clone_from(&said);
                    }
                }
                // Then it is a nested rule, `a:hover { … }`. The answer must come before the block is read: otherwise
                // reading nested rules would take time that doubles with each.
                Token::CurlyBracketBlock if depth == 0 && !matches!(self.property, Property::Custom) => {
                    return Err(input.new_custom_error(()));
                }
                Token::Function(_) | Token::ParenthesisBlock | Token::SquareBracketBlock
                    if depth >= MAX_DEPTH || matches!(self.property, Property::Other) => {}
                Token::Dimension { value, ref unit, .. } if in_image_set => {
                    let said = resolution(value, unit);
                    for picture in self.pictures.get_mut(option..).into_iter().flatten() {
                        picture.resolution = said;
                    }
                }
                Token::Function(name) => {
                    let is_set = name.eq_ignore_ascii_case("image-set")
                        || name.eq_ignore_ascii_case("-webkit-image-set");
                    let from = self.pictures.len();
                    input.parse_nested_block(|input| self.read(input, depth + 1, is_set))?;
                    if is_set {
                        tell_densities(self.pictures.get_mut(from..).unwrap_or_default());
                    }
                }
                Token::ParenthesisBlock | Token::SquareBracketBlock => {
                    input.parse_nested_block(|input| self.read(input, depth + 1, false))?;
                }
                mistake if mistake.is_parse_error() => return Err(input.new_custom_error(())),
                _ => {}
            }
        }
        self.end_family();
        Ok(())
    }

    fn add_url(&mut self, url: CowRcStr<'i>) {
        if self.pictures.len() < MAX_REFERENCES {
            let (media_type, resolution, densities) = (None, None, String::new());
            self.pictures.push(Picture { url, media_type, resolution, densities });
        }
    }

    /// Keeps the words read as a family's name. Where they may be mixed with others, every end of them might be one.
    fn end_family(&mut self) {
        let words = std::mem::take(&mut self.words);
        let every_end = match self.property {
            Property::Custom => true,
            Property::Family { is_shorthand } => is_shorthand,
            Property::Picture(_) | Property::Other => return,
        };
        let mut name = String::new();
        for (count, word) in (1..).zip(words.iter().rev()) {
            if name.len() + word.len() >= MAX_FAMILY_BYTES || self.families.len() >= faces::MAX_FAMILIES {
                return;
            }
            let separator = if name.is_empty() { "" } else { " " };
            name = format!("{word}{separator}{name}");
            if every_end || count == words.len() {
                self.families.push(name.to_lowercase());
            }
        }
    }
}

/// Tells for each option of an `image-set()` at which densities browsers take it: the first one, by resolution, that is as sharp as the
/// screen, or else the sharpest (CSS Images 4, "resolution negotiation"). That of a `srcset` they choose otherwise, so that one of its
/// candidates is not always the same.
fn tell_densities(options: &mut [Picture<'_>]) {
    // One that says none is for 1x.
    let known: Vec<(Option<String>, f32)> = options
        .iter()
        .map(|option| (option.media_type.as_ref().map(ToString::to_string), option.resolution.unwrap_or(1.0)))
        .collect();
    for (option, (media_type, own)) in options.iter_mut().zip(&known) {
        let alike =
            || known.iter().filter(|(other, _)| other == media_type).map(|(_, resolution)| *resolution);
        let below = alike().filter(|other| other < own).fold(0.0, f32::max);
        let is_sharpest = alike().all(|other| other <= *own);
        let least = (below > 0.0).then(|| format!("(min-resolution: {}dppx)", below + 0.001));
        let most = (!is_sharpest).then(|| format!("(max-resolution: {own}dppx)"));
        option.densities = least.into_iter().chain(most).collect::<Vec<_>>().join(" and ");
    }
}

/// A resolution in dots for each CSS pixel; `None` for what is none.
fn resolution(value: f32, unit: &str) -> Option<f32> {
    let resolution = match unit.to_ascii_lowercase().as_str() {
        "x" | "dppx" => value,
        "dpi" => value / 96.0,
        "dpcm" => value * 2.54 / 96.0,
        _ => return None,
    };
    (resolution > 0.0).then_some(resolution)
}

/// A selector of the whole page, as the first of its rule.
fn root_selector<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, ()> {
    let is_root = match input.next()? {
        Token::Colon => {
            matches!(input.next_including_whitespace()?, Token::Ident(name) if name.eq_ignore_ascii_case("root"))
        }
        Token::Ident(name) => name.eq_ignore_ascii_case("html") || name.eq_ignore_ascii_case("body"),
        _ => false,
    };
    if is_root && (input.is_exhausted() || input.expect_comma().is_ok()) {
        return Ok(());
    }
    Err(input.new_custom_error(()))
}

/// What a list of selectors tells.
#[derive(Default)]
struct Selectors {
    /// Whether one of them asks for no class, ID or attribute.
    has_plain: bool,
    /// The classes and IDs of each of those that ask for nothing else but elements.
    needs: Vec<Vec<String>>,
}

impl Selectors {
    /// Reads a list that stands so many lists deep in others.
    fn read(input: &mut Parser<'_, '_>, depth: usize) -> Self {
        let mut selectors = Self::default();
        // What is empty matches nothing.
        let (mut names, mut is_plain, mut is_told) = (Vec::new(), !input.is_exhausted(), true);
        while let Ok(token) = input.next() {
            match token.clone() {
                Token::Comma => {
                    selectors.end(std::mem::take(&mut names), is_plain, is_told);
                    (is_plain, is_told) = (!input.is_exhausted(), true);
                }
                Token::Delim('.') => {
                    is_plain = false;
                    match input.next_including_whitespace() {
                        Ok(Token::Ident(class)) => names.push(format!(".{class}")),
                        _ => is_told = false,
                    }
                }
                Token::IDHash(id) => {
                    is_plain = false;
                    names.push(format!("#{id}"));
                }
                Token::Hash(_) | Token::SquareBracketBlock => (is_plain, is_told) = (false, false),
                // Some are there with the element, others depend on what somebody does.
                Token::Colon => {
                    let mut next = input.next_including_whitespace();
                    if matches!(next, Ok(Token::Colon)) {
                        next = input.next_including_whitespace();
                    }
                    is_told &= matches!(next, Ok(Token::Ident(name)) if matches!(&**name, "before" | "after" | "root"));
                    if depth < MAX_DEPTH
                        && matches!(next, Ok(Token::Function(name)) if asks_for_members(name))
                    {
                        let read = |inner: &mut Parser<'_, '_>| {
                            Ok::<_, ParseError<'_, ()>>(Self::read(inner, depth + 1))
                        };
                        is_plain &= input.parse_nested_block(read).is_ok_and(|members| members.has_plain);
                    }
                }
                Token::Ident(_) | Token::Delim('*' | '>' | '+' | '~') => {}
                _ => is_told = false,
            }
        }
        selectors.end(names, is_plain, is_told);
        selectors
    }

    fn end(&mut self, names: Vec<String>, is_plain: bool, is_told: bool) {
        self.has_plain |= is_plain;
        if is_told && (1..=MAX_NEEDS).contains(&names.len()) && self.needs.len() < MAX_NEEDS {
            self.needs.push(names);
        }
    }
}

/// Whether a functional pseudo-class, or pseudo-element, of this name asks for one of the selectors in it: for the element itself, one
/// below it, or one around it. (`:not()` asks for none.)
fn asks_for_members(name: &str) -> bool {
    ["is", "where", "has", "host", "host-context", "slotted", "matches", "-webkit-any", "-moz-any"]
        .iter()
        .any(|known| name.eq_ignore_ascii_case(known))
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

/// Reads a condition of `@supports`, in so many parentheses, to its end. It is negated where most browsers do not meet it: of alternatives one may
/// be met, and what is one engine's own the others lack.
fn supports_condition(input: &mut Parser<'_, '_>, depth: usize) -> Condition {
    let condition = match input.next() {
        Ok(Token::Ident(word)) if word.eq_ignore_ascii_case("not") => Condition::Negated,
        Ok(Token::ParenthesisBlock) if depth < MAX_DEPTH => {
            let read = |inner: &mut Parser<'_, '_>| {
                Ok::<_, ParseError<'_, ()>>(supports_condition(inner, depth + 1))
            };
            input.parse_nested_block(read).unwrap_or(Condition::Some)
        }
        _ => Condition::Some,
    };
    let start = input.position();
    read_rest(input);
    let rest = input.slice_from(start).to_ascii_lowercase();
    let is_of_one_engine = ["-webkit-", "-moz-", "-ms-", "-apple-"].iter().any(|own| rest.contains(own));
    let mut words = rest.split(|char: char| !char.is_ascii_alphanumeric() && char != '-');
    if is_of_one_engine || words.any(|word| word == "or" || word == "not") {
        Condition::Some
    } else {
        condition
    }
}

/// Reads a list of media queries. Whether none of them can match on a screen.
fn is_for_others(input: &mut Parser<'_, '_>) -> bool {
    !media::may_match_screen(&media_list(input))
}

/// Reads a list of media queries.
fn media_list(input: &mut Parser<'_, '_>) -> String {
    // And over the rest of what stands before them.
    input.skip_whitespace();
    let start = input.position();
    read_rest(input);
    media::one_line(input.slice_from(start))
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

/// Reads the content of `type("…")`.
fn media_type<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, CowRcStr<'i>> {
    Ok(input.expect_string()?.clone())
}

/// Reads on to the end: cssparser takes for wrong what has not been read to its end.
fn read_rest(input: &mut Parser<'_, '_>) {
    while input.next().is_ok() {}
}

#[cfg(test)]
mod tests;
