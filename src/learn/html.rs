//! One page's third-party origins, read from a copy of its HTML.
//!
//! lol_html runs here with `strict(false)`: nothing is written back, so a misread tag costs a wrong hint at worst, and
//! ambiguous markup must not end the reading. Memory and bytes are capped; at the cap the reading ends and what was
//! seen so far counts.
//!
//! The same pass collects the page's links to possible next pages: `landmarks` and [`super::outline`]; and what links say that they
//! do: `words` and [`super::link_reader`].
//!
//! Not counted: the page's own origin, hyperlinks, text in scripts, `<noscript>` (raw text to lol_html), scripts of a
//! type that browsers do not fetch, and the content of `<template>`, which is inert unless it is a declarative shadow
//! root.
//!
//! How urgent a request is follows what Chromium does with it ("Fetch priority" of web.dev, and seen with `make
//! oracle`): stylesheets and blocking scripts that stand before the first picture, fonts, and the pictures that are in
//! view at once are fetched with high priority; everything else waits. Which pictures those are is estimated from how
//! much stands before them.

use super::css::MAX_CSS_BYTES;
use super::document::encoding::{self, ReadAs};
use super::document::insecure::Initiator;
use super::document::{Document, PageFindings};
use super::link_reader::LinkReader;
use super::outline::Sketch;
use crate::amp::is_amp;
use crate::character_references;
use crate::csp::Destination;
use crate::head::{Head, ask_for_widths};
use crate::hints::Pools;
use crate::hints::media;
use crate::hints::resource::{self, MAX_CANDIDATES};
use crate::hints::srcset;
use crate::hints::usage::{CrossOrigin, Demand, Usage};
use crate::limits::{MAX_PATH_BYTES, MAX_READ_BYTES};
use crate::page_encoding::{MARK_BYTES, PRESCAN_BYTES, declared_encoding};
use crate::rules::links::marked_links;
use crate::speculation::Speculation;
use crate::text_elements::{self, WithoutValue};
use crate::urls::inert_parameters::InertParameters;
use lol_html::html_content::{Element, EndTag, TextChunk};
use lol_html::{AsciiCompatibleEncoding, HtmlRewriter, MemorySettings, Settings, element, text};
use std::cell::RefCell;
use std::rc::Rc;
use url::Url;

mod landmarks;
mod pictures;
mod types;
mod words;

/// The most bytes of a page that are read.
pub const MAX_PAGE_BYTES: usize = MAX_READ_BYTES as usize;

/// How often elements of a page are looked at: ten times as often as large pages need, where a link counts twice.
pub const MAX_ELEMENTS: u32 = 40_000;

/// The most memory that the parser may take.
const MAX_MEMORY_BYTES: usize = 512 * 1024;

/// How high a line of text is, of which there is one for each link, in CSS pixels.
const LINE_HEIGHT: u32 = 15;

/// The elements that make a browser fetch something, and those that change what a URL or an element means.
const SELECTOR: &str = "html, base[href], body, template, script[src], link[href], link[imagesrcset], meta[http-equiv], \
                        meta[charset], style, picture, img, source, video, audio, track[src], input[src], image, \
                        iframe[src], frame[src], embed[src], object[data], a[href], area[href], [style*=\"(\"]";

/// How much of a `<style>` is kept beyond what counts of it, in bytes: more than a byte order mark, and a character that is cut.
const BEYOND_CSS: usize = 8;

/// By what a stylesheet that is for print is known to count later: a script of its own, or one of the page's (Angular's, under a policy
/// with a nonce).
const LATER_MEDIA: [&str; 2] = ["onload", "ngcspmedia"];

/// The elements that rules of a `<style>` may be for.
const NAMED_SELECTOR: &str = "[class], [id]";

/// With the same kind of sink as in `rewrite`, so that lol_html is compiled once.
type Parser = HtmlRewriter<'static, Box<dyn FnMut(&[u8])>>;

/// Reads a page piece by piece. How it is cut into pieces makes no difference.
pub struct Observer {
    stage: Stage,
    /// The label that the page's `Content-Type` has.
    charset: Option<String>,
    page: Rc<RefCell<ParserState>>,
    bytes_left: usize,
}

/// How far the reading of a page has got.
enum Stage {
    /// Its first bytes, as long as they do not tell its encoding.
    Start(Vec<u8>),
    Markup(Box<Parser>),
    Over,
}

/// What the parser's handlers share: the document, and where in it they are.
struct ParserState {
    document: Document,
    /// How many inert `<template>`s are open.
    templates: u32,
    style: Option<Style>,
    /// The offset of the last element that its author, or that of one around it, keeps from being fetched ahead.
    marked: Option<usize>,
    /// Whether that is so for the whole page.
    is_marked: bool,
    /// The offset of the last element that is a child of a `<picture>`.
    picture_child: Option<usize>,
    /// How many elements may still be looked at.
    elements_left: u32,
    /// Where tags end behind which text may be taken for markup.
    without_value: WithoutValue,
}

/// A `<style>` element that is being read.
struct Style {
    nonce: Option<String>,
    text: String,
}

impl Observer {
    /// Starts on a page with this `head`: its `charset`, without which its own `<meta charset>` is followed, its policies, its `Link`,
    /// and whether it is credentialless. Links that differ by `inert` parameters are links to the same page. `None` when the
    /// page cannot be learned from: its path is too long, or its encoding is not a superset of ASCII (UTF-16, ISO-2022-JP).
    #[must_use]
    pub fn new(url: &Url, head: &Head, inert: &InertParameters) -> Option<Self> {
        if url.path().len() > MAX_PATH_BYTES {
            return None;
        }
        declared_encoding(&[], head.charset.as_deref()).ok()?;
        let mut sketch = Sketch::new(url, inert);
        if let Some(field) = &head.link {
            sketch.add_field(field, url);
        }
        let mut document = Document::new(url, head.policies(), sketch, LinkReader::new(url, inert));
        // A page that is not secure has no such policy.
        if head.is_credentialless && url.scheme() == "https" {
            document.no_cors = Pools::ANONYMOUS;
        }
        let page = ParserState {
            document,
            templates: 0,
            style: None,
            marked: None,
            is_marked: false,
            picture_child: None,
            elements_left: MAX_ELEMENTS,
            without_value: WithoutValue::default(),
        };
        Some(Self {
            stage: Stage::Start(Vec::new()),
            charset: head.charset.clone(),
            page: Rc::new(RefCell::new(page)),
            bytes_left: MAX_PAGE_BYTES,
        })
    }

    /// What reads the markup of a page of this encoding; of one that it says itself, if it is not known.
    fn parser(page: &Rc<RefCell<ParserState>>, declared: Option<AsciiCompatibleEncoding>) -> Parser {
        let share = || Rc::clone(page);
        let (for_marks, for_elements, for_text) = (share(), share(), share());
        let (for_landmarks, for_rules, for_ends) = (share(), share(), share());
        let (for_links, for_words, for_names, for_pictures) = (share(), share(), share(), share());
        let settings = Settings::new()
            .with_strict(false)
            .with_encoding(declared.unwrap_or_else(AsciiCompatibleEncoding::utf_8))
            .with_adjust_charset_on_meta_tag(declared.is_none())
            .with_memory_settings(
                MemorySettings::new()
                    .with_max_allowed_memory_usage(MAX_MEMORY_BYTES)
                    .with_graceful_bail_out_on_memory_limit_exceeded(true),
            )
            .with_graceful_bail_out_on_content_handler_error(true)
            .append_element_content_handler(element!(text_elements::SELECTOR, move |element| {
                stop_where_text_is_misread(&for_ends, element);
                Ok(())
            }))
            // Of the handlers of one element the first is called first.
            .append_element_content_handler(element!(
                marked_links(Speculation::Prefetch).join(", "),
                move |element| {
                    mark(&for_marks, element);
                    Ok(())
                }
            ))
            .append_element_content_handler(element!(landmarks::SELECTOR, move |element| {
                landmarks::see(&for_landmarks, element);
                Ok(())
            }))
            .append_element_content_handler(text!(landmarks::RULES_SELECTOR, move |text| {
                landmarks::read(&for_rules, text);
                Ok(())
            }))
            .append_element_content_handler(element!(pictures::CHILDREN, move |element| {
                if let Ok(mut page) = for_pictures.try_borrow_mut() {
                    page.picture_child = Some(element.source_location().bytes().start);
                }
                Ok(())
            }))
            .append_element_content_handler(element!(SELECTOR, move |element| {
                see(&for_elements, element);
                Ok(())
            }))
            .append_element_content_handler(element!(NAMED_SELECTOR, move |element| {
                see_names(&for_names, element);
                Ok(())
            }))
            .append_element_content_handler(element!(words::SELECTOR, move |element| {
                words::see(&for_links, element);
                Ok(())
            }))
            .append_element_content_handler(text!(words::TEXT_SELECTOR, move |text| {
                words::read(&for_words, text);
                Ok(())
            }))
            .append_element_content_handler(text!("style", move |text| {
                // Not held across anything that could call back: handlers run one after another.
                if let Ok(mut page) = for_text.try_borrow_mut() {
                    page.read_style(text);
                }
                Ok(())
            }));
        Parser::new(settings, Box::new(|_| {}))
    }

    /// The same, which reads at most so many bytes of the page, if that is less.
    #[must_use]
    pub fn reading_at_most(self, bytes: usize) -> Self {
        Self { bytes_left: self.bytes_left.min(bytes), ..self }
    }

    /// Reads the next piece. Answers whether more is wanted.
    pub fn write(&mut self, piece: &[u8]) -> bool {
        let piece = piece.get(..self.bytes_left).unwrap_or(piece);
        self.bytes_left = self.bytes_left.saturating_sub(piece.len());
        // An instance that has failed panics when it is used again.
        self.stage = match std::mem::replace(&mut self.stage, Stage::Over) {
            Stage::Start(mut start) => {
                start.extend_from_slice(piece);
                if start.len() < MARK_BYTES { Stage::Start(start) } else { self.begin(&start) }
            }
            Stage::Markup(parser) => self.read(parser, piece),
            Stage::Over => Stage::Over,
        };
        // At a bound the reading ends, and what was seen so far counts.
        if self.bytes_left == 0 || self.page.borrow().is_exhausted() {
            self.stage = Stage::Over;
        }
        !matches!(self.stage, Stage::Over)
    }

    /// Begins to read the markup, of which these are the first bytes, as far as they have come.
    fn begin(&self, start: &[u8]) -> Stage {
        let Ok(declared) = declared_encoding(start, self.charset.as_deref()) else { return Stage::Over };
        if let Ok(mut page) = self.page.try_borrow_mut() {
            page.document.is_encoding_known = declared.is_some();
            page.document.encoding = declared.map(Into::into);
        }
        self.read(Box::new(Self::parser(&self.page, declared)), start)
    }

    fn read(&self, mut parser: Box<Parser>, piece: &[u8]) -> Stage {
        if let Ok(mut page) = self.page.try_borrow_mut() {
            page.without_value.read(piece);
        }
        if parser.write(piece).is_ok() { Stage::Markup(parser) } else { Stage::Over }
    }

    /// Ends the page, and gives what was found.
    #[must_use]
    pub fn end(self) -> PageFindings {
        if let Stage::Markup(parser) = self.stage {
            // A failure at the very end loses at most an unfinished last tag.
            let _ = parser.end();
        }
        self.page.borrow_mut().document.finish()
    }
}

/// Counts an element that is looked at. Answers whether it may be.
fn spend(page: &Rc<RefCell<ParserState>>) -> bool {
    page.try_borrow_mut().is_ok_and(|mut page| {
        let may_be = !page.is_exhausted();
        page.elements_left = page.elements_left.saturating_sub(1);
        may_be
    })
}

/// Ends the reading of a page at a tag behind which text would be taken for markup: what was seen before counts.
fn stop_where_text_is_misread(page: &Rc<RefCell<ParserState>>, element: &Element<'_, '_>) {
    if let Ok(mut page) = page.try_borrow_mut()
        && page.without_value.has(element.source_location().bytes().end)
    {
        page.elements_left = 0;
    }
}

/// Remembers an element whose author keeps it from being fetched ahead. Links in it are found by themselves.
fn mark(page: &Rc<RefCell<ParserState>>, element: &Element<'_, '_>) {
    if let Ok(mut page) = page.try_borrow_mut()
        && page.templates == 0
    {
        page.marked = Some(element.source_location().bytes().start);
        // What stands behind `</body>` is in it all the same.
        page.is_marked |= matches!(element.tag_name().as_str(), "html" | "body");
    }
}

fn see(page: &Rc<RefCell<ParserState>>, element: &mut Element<'_, '_>) {
    if !spend(page) {
        return;
    }
    let name = element.tag_name();
    match name.as_str() {
        "template" => return open_template(page, element),
        "picture" | "video" | "audio" => close_media(page, element),
        _ => {}
    }
    let Ok(mut page) = page.try_borrow_mut() else { return };
    if page.templates > 0 {
        return;
    }
    let ParserState { document, style, marked, is_marked, picture_child, .. } = &mut *page;
    document.offset = element.source_location().bytes().start;
    document.is_marked = *is_marked || *marked == Some(document.offset);
    document.is_in_picture = *picture_child == Some(document.offset);
    if !matches!(name.as_str(), "html" | "base" | "script" | "link" | "meta" | "style") {
        // The first element that cannot stand in a head opens the body.
        document.in_body = true;
    }
    if name == "style" {
        // What an unfinished one before it had is not looked at: no browser would either.
        let is_read = is_for_screen(element) && types::is_style(element);
        *style = is_read.then(|| Style { nonce: attribute(element, "nonce"), text: String::new() });
        return;
    }
    document.see(element, &name);
}

/// Looks for what the rules of `<style>` elements need.
fn see_names(page: &Rc<RefCell<ParserState>>, element: &Element<'_, '_>) {
    if page.try_borrow().map_or(true, |page| page.document.awaited.is_empty() || page.templates > 0)
        || !spend(page)
    {
        return;
    }
    if let Ok(mut page) = page.try_borrow_mut()
        && let Some(demand) = page.document.picture_demand(false, None)
    {
        let (classes, id) = (attribute(element, "class"), attribute(element, "id"));
        page.document.add_named(classes.as_deref(), id.as_deref(), demand);
    }
}

/// Sees to it that what a `<picture>`, `<video>` or `<audio>` means for its sources ends with it.
fn close_media(page: &Rc<RefCell<ParserState>>, element: &mut Element<'_, '_>) {
    let shared = Rc::clone(page);
    // An element without an end tag ends where the next of its kind begins.
    let _ = element.on_end_tag(Box::new(move |_: &mut EndTag<'_>| {
        if let Ok(mut page) = shared.try_borrow_mut() {
            page.document.picture = None;
            page.document.media = None;
        }
        Ok(())
    }));
}

/// A `<template>` hides its content, unless it declares a shadow root.
fn open_template(page: &Rc<RefCell<ParserState>>, element: &mut Element<'_, '_>) {
    let is_shadow = attribute(element, "shadowrootmode")
        .is_some_and(|mode| mode.eq_ignore_ascii_case("open") || mode.eq_ignore_ascii_case("closed"));
    let shared = Rc::clone(page);
    let closes = element.on_end_tag(Box::new(move |_: &mut EndTag<'_>| {
        if let Ok(mut page) = shared.try_borrow_mut() {
            let open = page.templates_of(is_shadow);
            *open = open.saturating_sub(1);
        }
        Ok(())
    }));
    // An element that cannot have an end tag has no content either.
    if closes.is_ok()
        && let Ok(mut page) = page.try_borrow_mut()
    {
        *page.templates_of(is_shadow) += 1;
    }
}

/// An attribute's value as the document has it: with its character references decoded, and before that the ends of lines made `\n` (HTML,
/// "preprocessing the input stream"). lol_html gives the source text.
fn attribute(element: &Element<'_, '_>, name: &str) -> Option<String> {
    let mut value = element.get_attribute(name)?;
    if value.contains('\r') {
        value = value.replace("\r\n", "\n").replace('\r', "\n");
    }
    Some(character_references::decoded(&value).into_owned())
}

fn has_value(element: &Element<'_, '_>, name: &str, value: &str) -> bool {
    attribute(element, name).is_some_and(|given| given.trim().eq_ignore_ascii_case(value))
}

/// `fetchpriority`: whether it is high, or else low.
fn priority(element: &Element<'_, '_>) -> Option<bool> {
    let value = attribute(element, "fetchpriority")?;
    match value.as_str() {
        value if value.eq_ignore_ascii_case("high") => Some(true),
        value if value.eq_ignore_ascii_case("low") => Some(false),
        _ => None,
    }
}

/// One request, urgent unless the element says otherwise.
fn demand(priority: Option<bool>, is_urgent: bool) -> Demand {
    if priority.unwrap_or(is_urgent) { Demand::URGENT } else { Demand::ONE }
}

fn cross_origin(element: &Element<'_, '_>) -> CrossOrigin {
    CrossOrigin::of_attribute(attribute(element, "crossorigin").as_deref())
}

/// Whether the element's `media` may let it count on a screen. What does not match is fetched all the same, but nothing waits for it.
fn is_for_screen(element: &Element<'_, '_>) -> bool {
    media::may_match_screen(&attribute(element, "media").unwrap_or_default())
}

impl ParserState {
    /// How many `<template>`s are open that declare a shadow root, or that do not.
    fn templates_of(&mut self, is_shadow: bool) -> &mut u32 {
        if is_shadow { &mut self.document.shadows } else { &mut self.templates }
    }

    /// Whether as much was looked at as may be.
    fn is_exhausted(&self) -> bool {
        self.elements_left == 0 || self.document.is_exhausted()
    }

    /// Takes the text of a `<style>` in; at its end, what it fetches is added.
    fn read_style(&mut self, chunk: &TextChunk<'_>) {
        if self.templates > 0 || self.is_exhausted() {
            return;
        }
        let Some(style) = &mut self.style else { return };
        // A little more than counts, by which it shows that there was more: then what counts ends with a whole block.
        let text = chunk.as_str();
        let room = (MAX_CSS_BYTES + BEYOND_CSS).saturating_sub(style.text.len());
        style.text.push_str(text.get(..text.floor_char_boundary(room)).unwrap_or_default());
        if chunk.last_in_text_node()
            && let Some(style) = self.style.take()
        {
            self.document.add_style(&style.text, style.nonce.as_deref());
        }
    }
}

impl Document {
    /// Looks at one element.
    fn see(&mut self, element: &Element<'_, '_>, name: &str) {
        let declarations = element.get_attribute("style").filter(|style| style.contains('('));
        if let Some(declarations) = declarations {
            let demand = demand(None, name == "body");
            self.add_declarations(&character_references::decoded(&declarations), demand);
        }
        match name {
            "html" => self.is_amp |= is_amp(element),
            "base" => self.set_base(attribute(element, "href").as_deref()),
            "script" => self.see_script(element),
            "link" => self.see_link(element),
            "meta" => self.see_meta(element),
            "a" | "area" => {
                self.height = self.height.saturating_add(LINE_HEIGHT);
                if let Some(href) = attribute(element, "href") {
                    let rel = attribute(element, "rel").unwrap_or_default();
                    self.add_link(&href, (!self.is_marked).then_some(&rel));
                }
            }
            "iframe" if element.has_attribute("srcdoc") => {}
            "iframe" | "frame" => self.see_frame(attribute(element, "src"), Destination::Frame),
            "embed" => self.see_frame(attribute(element, "src"), Destination::Object),
            "object" => self.see_frame(attribute(element, "data"), Destination::Object),
            "img" => self.see_picture(element),
            "picture" => {
                self.picture = Some(Vec::new());
                self.open_picture();
            }
            "video" | "audio" => self.see_media(element),
            "source" => self.see_source(element),
            "track" => self.see_frame(attribute(element, "src"), Destination::Media),
            "image" => {
                let href = attribute(element, "href").or_else(|| attribute(element, "xlink:href"));
                let pools = self.pools_of(cross_origin(element));
                self.add_picture(&href.unwrap_or_default(), pools, false, None);
            }
            "input" if has_value(element, "type", "image") => {
                if let Some(src) = attribute(element, "src") {
                    self.add_picture(&src, self.no_cors, false, None);
                }
            }
            "body" => {
                if let Some(background) = attribute(element, "background") {
                    self.add_picture(&background, self.no_cors, false, None);
                }
            }
            _ => {}
        }
    }

    fn see_script(&mut self, element: &Element<'_, '_>) {
        let kind =
            attribute(element, "type").map(|kind| kind.trim().to_ascii_lowercase()).unwrap_or_default();
        let is_module = kind == "module";
        if !is_module && (!types::is_javascript(&kind) || element.has_attribute("nomodule")) {
            return;
        }
        let setting = cross_origin(element);
        let pools = if is_module { setting.module_pools() } else { self.pools_of(setting) };
        // Behind the first picture the preload scanner asks for scripts with medium priority, and what is above shows.
        let blocks_rendering = !is_module
            && !element.has_attribute("async")
            && !element.has_attribute("defer")
            && self.pictures == 0;
        let demand = demand(priority(element), blocks_rendering);
        let usage = Usage { blocks_rendering, ..Usage::of(pools, demand, self.found()) };
        if let Some(src) = attribute(element, "src") {
            let nonce = attribute(element, "nonce");
            let url = self.add(&src, Destination::Script, nonce.as_deref(), usage);
            let blocks_parser =
                !is_module && !element.has_attribute("async") && !element.has_attribute("defer");
            if blocks_parser && is_preloadable(element) {
                let read_as = ReadAs::of(attribute(element, "charset").as_deref());
                self.name(url.as_ref(), resource::Destination::Script, setting, "", read_as);
            }
        }
    }

    fn see_link(&mut self, element: &Element<'_, '_>) {
        let rel = attribute(element, "rel").unwrap_or_default().to_ascii_lowercase();
        let has = |kind: &str| rel.split_ascii_whitespace().any(|token| token == kind);
        let setting = cross_origin(element);
        let nonce = attribute(element, "nonce");
        let Some(href) = attribute(element, "href") else {
            // A preload of a picture may have candidates alone.
            if has("preload") {
                self.see_preload(element, "", self.pools_of(setting), nonce.as_deref());
            }
            return;
        };
        let found = self.found();
        if !self.is_marked {
            self.add_relation(&href, &rel);
        }
        if has("preconnect") {
            let usage = Usage { preconnected: setting.pools(), looked_up: true, ..Usage::LOOKUP };
            self.add_sign(&href, usage);
        } else if has("dns-prefetch") {
            self.add_sign(&href, Usage { looked_up: true, ..Usage::LOOKUP });
        }
        if has("stylesheet") && !has("alternate") {
            if element.has_attribute("disabled") || !types::may_be(element, Destination::Style) {
                return;
            }
            // Behind the first picture the preload scanner asks for them later, as for scripts.
            let blocks_rendering = is_for_screen(element) && self.pictures == 0;
            let demand = demand(priority(element), blocks_rendering);
            let usage = Usage { blocks_rendering, ..Usage::of(self.pools_of(setting), demand, found) };
            // Many a sheet is for print until it is there, so that nothing waits for it: then a script of its own lets it count.
            let is_needed =
                is_for_screen(element) || LATER_MEDIA.iter().any(|name| element.has_attribute(name));
            let url = if is_needed {
                self.add_sheet(&href, nonce.as_deref(), usage)
            } else {
                self.add(&href, Destination::Style, nonce.as_deref(), usage)
            };
            let read_as = ReadAs::of(attribute(element, "charset").as_deref());
            self.reads_sheets_otherwise |= read_as == ReadAs::Other;
            if is_for_screen(element) && is_preloadable(element) {
                let media = attribute(element, "media").unwrap_or_default();
                self.name(url.as_ref(), resource::Destination::Style, setting, media.trim(), read_as);
            }
        } else if has("modulepreload") {
            let usage = Usage::of(setting.module_pools(), Demand::URGENT, found);
            self.add(&href, Destination::Script, nonce.as_deref(), usage);
        } else if has("preload") {
            self.see_preload(element, &href, self.pools_of(setting), nonce.as_deref());
        } else if has("icon") || has("manifest") {
            // Fetched after everything else, and not at all where no tab shows it.
            let destination = if has("icon") { Destination::Image } else { Destination::Manifest };
            self.add(&href, destination, None, Usage { found, ..Usage::LOOKUP });
        }
    }

    /// `<link rel=preload>`, whose `as` says what is fetched; without a known one, nothing is. `href` is empty where there is none.
    fn see_preload(&mut self, element: &Element<'_, '_>, href: &str, pools: Pools, nonce: Option<&str>) {
        let kind = attribute(element, "as").unwrap_or_default().to_ascii_lowercase();
        let (destination, is_urgent) = match kind.as_str() {
            "script" => (Destination::Script, true),
            "style" => (Destination::Style, true),
            "font" => (Destination::Font, true),
            "fetch" => (Destination::Connect, true),
            "image" => (Destination::Image, false),
            "track" => (Destination::Media, false),
            _ => return,
        };
        if !is_for_screen(element) || !types::may_be(element, destination) {
            // Unlike a stylesheet, a preload that does not match is not fetched.
            return;
        }
        let usage = Usage::of(pools, demand(priority(element), is_urgent), self.found());
        if destination == Destination::Style {
            // Which is then applied, by a script perhaps.
            let url = self.add_sheet(href, nonce, usage);
            return self.name_preloaded(url.as_ref(), destination);
        }
        let sources = attribute(element, "imagesrcset").filter(|_| destination == Destination::Image);
        let mut candidates = sources.as_deref().map(srcset::urls).into_iter().flatten().take(MAX_CANDIDATES);
        // The candidates are nearly always of one origin; the browser fetches one.
        let url = self.add(candidates.next().unwrap_or(href), destination, nonce, usage);
        self.name_preloaded(url.as_ref(), destination);
        for candidate in candidates {
            let url = self.picture_url(candidate, Initiator::Other);
            self.name_preloaded(url.as_ref(), destination);
        }
    }

    fn see_meta(&mut self, element: &Element<'_, '_>) {
        let content = attribute(element, "content").unwrap_or_default();
        let charset = attribute(element, "charset");
        let is_of_type = has_value(element, "http-equiv", "content-type");
        self.is_encoding_known |= charset.is_some() || is_of_type;
        // Behind the first bytes browsers look for it in the head alone.
        if self.encoding.is_none() && (self.offset < PRESCAN_BYTES || !self.in_body) {
            self.encoding = encoding::of_meta(charset.as_deref(), is_of_type.then_some(&content));
        }
        // Only in the head, and before scripts, do browsers heed it; nothing is lost but preloads where they do not.
        let is_of_hints =
            ["accept-ch", "delegate-ch"].iter().any(|name| has_value(element, "http-equiv", name));
        self.asks_for_widths |= is_of_hints && ask_for_widths(&content);
        if has_value(element, "http-equiv", "content-security-policy") {
            self.add_policy(&content);
        } else if has_value(element, "http-equiv", "refresh")
            && let Some(url) = refresh_url(&content)
        {
            // A navigation: its sockets are not the page's.
            self.add_sign(url, Usage { found: self.found(), ..Usage::LOOKUP });
        }
    }

    fn see_frame(&mut self, src: Option<String>, destination: Destination) {
        if let Some(src) = src {
            self.add(&src, destination, None, Usage { found: self.found(), ..Usage::LOOKUP });
        }
    }

    /// `video` and `audio`.
    fn see_media(&mut self, element: &Element<'_, '_>) {
        let setting = cross_origin(element);
        // By the standard the element's `crossorigin` does not govern the poster, by Chromium it does. So where it has one, nobody
        // knows the mode in which the poster is asked for, nor the pool.
        if let Some(poster) = attribute(element, "poster").filter(|_| setting == CrossOrigin::NoCors) {
            let named = self.picture_url(&poster, Initiator::Other);
            self.name_poster(named.as_ref());
            self.add_picture(&poster, self.no_cors, false, None);
        }
        let pools = self.pools_of(setting);
        let is_idle = has_value(element, "preload", "none");
        let src = attribute(element, "src");
        // With a `src` its sources do not count.
        self.media = Some((pools, is_idle || src.is_some()));
        if let Some(src) = src.filter(|_| !is_idle) {
            self.add(&src, Destination::Media, None, Usage::of(pools, Demand::ONE, self.found()));
        }
    }
}

/// Whether a browser takes what was preloaded by a header for what a script or a stylesheet asks for: a preload knows no `integrity`
/// and no `referrerpolicy` of the element's.
fn is_preloadable(element: &Element<'_, '_>) -> bool {
    !element.has_attribute("integrity") && !element.has_attribute("referrerpolicy")
}

/// The URL of a `<meta http-equiv=refresh>` (HTML, "shared declarative refresh steps").
fn refresh_url(content: &str) -> Option<&str> {
    let rest = content
        .trim_start()
        .trim_start_matches(|character: char| character.is_ascii_digit() || character == '.');
    let rest = rest.trim_start().trim_start_matches([';', ',']).trim_start();
    let name = rest.get(..3).filter(|name| name.eq_ignore_ascii_case("url"));
    let rest = match name.and_then(|_| rest.get(3..)?.trim_start().strip_prefix('=')) {
        Some(value) => value.trim_start(),
        None => rest,
    };
    let url = match rest.chars().next()? {
        quote @ ('"' | '\'') => rest.get(1..)?.split(quote).next()?,
        _ => rest.trim_end(),
    };
    (!url.is_empty()).then_some(url)
}

#[cfg(test)]
mod tests;
