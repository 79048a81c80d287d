//! What a declaration's value makes a browser fetch: pictures, and fonts by their families.

use super::{Kind, MAX_DEPTH, MAX_REFERENCES, Outcome, faces, is_url, quoted_url};
use cssparser::{CowRcStr, Parser, Token};

/// The longest name of a family in use, in bytes.
const MAX_FAMILY_BYTES: usize = 100;

/// The most words of an unquoted family name.
const MAX_FAMILY_WORDS: usize = 8;

/// What a property's value is read for.
#[derive(Clone, Copy)]
pub enum Property {
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
    pub fn of(name: &str) -> Self {
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
pub struct Picture<'i> {
    pub url: CowRcStr<'i>,
    pub media_type: Option<CowRcStr<'i>>,
    pub resolution: Option<f32>,
    /// At which densities it is taken of its set: a media query, empty where it is at all.
    pub densities: String,
}

/// What has been read of a declaration's value.
pub struct Value<'i> {
    pub property: Property,
    pub pictures: Vec<Picture<'i>>,
    pub families: Vec<String>,
    /// The words of what may be a family's name, up to here.
    words: Vec<CowRcStr<'i>>,
}

impl<'i> Value<'i> {
    pub fn new(property: Property) -> Self {
        Self { property, pictures: Vec::new(), families: Vec::new(), words: Vec::new() }
    }

    /// Reads a value, or the content of a function in it. `in_image_set` says that strings in it are URLs.
    pub fn read(&mut self, input: &mut Parser<'i, '_>, depth: usize, in_image_set: bool) -> Outcome<'i, ()> {
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

/// Reads the content of `type("…")`.
fn media_type<'i>(input: &mut Parser<'i, '_>) -> Outcome<'i, CowRcStr<'i>> {
    Ok(input.expect_string()?.clone())
}
