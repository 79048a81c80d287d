//! Reads the HTML of a page that is prerendered, and edits it: puts a script of ours in, and makes some scripts and
//! pictures inert.
//!
//! Nobody waits for a prerendered page, so it is read as a whole before it is answered: what is found at its end may still be why it
//! is refused. lol_html reads it, in one pass and strictly: where the markup is ambiguous it cannot tell text from tags, and an
//! edit there could turn one into the other, so none is made. It says at which bytes things stand, and [`ParsedPage::edit`]
//! puts the bytes in there as they are put into every page ([`splice`]); so nothing else can differ.
//!
//! # Where the script goes
//!
//! Before every script of the page: directly behind the document's own `<head>`. That is one before which nothing but
//! comments, the doctype and `<html>` stands, since everything else opens a head that is not written, and browsers then ignore
//! the one that is. Without it, the script goes in front of the first element, or to the end of the text of a page that
//! has none. In all these places a browser is between two tokens, and in none in front of a doctype, which would be
//! ignored there.
//!
//! Browsers look for `<meta charset>` in the first 1024 bytes. If it were pushed out of them, the script goes behind it.
//!
//! # How a script is made inert
//!
//! Its `type` becomes [`GATED_TYPE`], which browsers take for data. Scripts in a `<template>` are left alone, where they do not run.
//! So are those within SVG and `MathML`, where lol_html does not always know which scripts are HTML's.
//!
//! A `<template>` that declares a shadow root is none: what stands there runs and loads, and what looks for the gated ones in the
//! document does not find it. So nothing is made inert there, and a page that would need it says so
//! ([`ParsedPage::counts_in_shadow`]).
//!
//! # How a picture is made inert
//!
//! Its `src` gets another name, [`SRC_ATTRIBUTE`] and the mark; its value stays where it is. Nothing is loaded without it,
//! unless there is a `srcset`, and then the picture is left alone. Pictures in a `<noscript>` are text to a browser that runs
//! scripts, and others are not given such a page.

use super::analytics::{Analytics, MAX_INLINE_BYTES};
use super::markup::{
    HTML_NAMESPACE, attribute, is_ascii_compatible, is_blank, is_of_head, is_policy, is_space, meta_encoding,
    runs_as_module,
};
use super::splice::{Splice, splice};
use super::{Parser, Sink};
use crate::amp::is_amp;
use crate::ineligible::Ineligible;
use crate::page_encoding::{PRESCAN_BYTES, UTF_8_MARK, declared_encoding};
use crate::sorting;
use crate::text_elements;
use encoding_rs::Encoding;
use lol_html::errors::RewritingError;
use lol_html::html_content::{Comment, Doctype, Element, EndTag};
use lol_html::{AsciiCompatibleEncoding, MemorySettings, Settings, doc_comments, doctype, element};
use std::cell::RefCell;
use std::ops::Range;
use std::rc::Rc;

/// The most bytes of a page that is edited.
pub const MAX_BYTES: usize = 1024 * 1024;

/// The longest tag that is put in, in bytes: with a ticket in it.
pub const MAX_TAG_BYTES: usize = 3456;

/// How the `type` of a script that is deferred begins; a mark follows.
pub const GATED_TYPE: &str = "text/headstart-gated-";

/// How many characters that mark has. It is random for each answer: our script starts what carries it, and no markup that
/// somebody has brought into the page before, to have it started by a script that the page trusts.
pub const MARK_CHARS: usize = 16;

/// How the attribute begins that keeps the `src` of a picture that is deferred; a mark follows.
pub const SRC_ATTRIBUTE: &str = "data-headstart-src-";

/// The attribute that keeps the type of a script that is deferred, if it is `module`; without it the script is classic.
pub const TYPE_ATTRIBUTE: &str = "data-headstart-type";

/// The most memory that the parser may take: for one token as long as the page, and for some ten thousand open elements.
const MAX_MEMORY_BYTES: usize = 2 * MAX_BYTES;

/// The most scripts and pictures that are deferred, the most inline scripts that are looked at, and the most pictures.
const MAX_GATED: usize = 1000;
const MAX_INLINE: usize = 10_000;
const MAX_PICTURES: usize = 10_000;

/// The most policies that a page may set itself, and the longest of them in bytes. One that was left out could be the one
/// that forbids our script, and then nothing would start what is deferred.
const MAX_POLICIES: usize = 16;
const MAX_POLICY_BYTES: usize = 32 * 1024;

/// A prerendered page's HTML, parsed: what it says that matters before it is edited, and where it is edited.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ParsedPage {
    /// How many bytes the page has.
    length: usize,
    /// Where the script goes.
    place: usize,
    /// In the order of the page.
    gated: Vec<Gate>,
    policies: Vec<String>,
    /// How many of them stand before the script.
    policies_before: usize,
    /// Whether something stands in a shadow root that would have to be made inert.
    counts_in_shadow: bool,
}

/// How a start tag is made inert.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Gate {
    /// The bytes that are replaced: those of a script's `type` attribute, or none, behind the tag's name; those of the name of
    /// a picture's `src`.
    range: Range<usize>,
    what: Gated,
}

/// What is made inert.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Gated {
    Classic,
    Module,
    Picture,
}

/// A script whose text stands in the page.
struct Inline {
    gate: Gate,
    /// Where its text stands.
    text: Range<usize>,
    /// Whether it stands in a shadow root.
    in_shadow: bool,
}

/// What the parser's handlers have found so far.
struct Reading {
    /// The end of the last token after which the script may go in, as long as there is no element but `<html>`.
    clear: usize,
    /// Whether nothing but whitespace stood between those tokens.
    is_bare: bool,
    /// Where the script goes.
    place: Option<usize>,
    /// Whether all elements so far are of those that a head consists of.
    in_head: bool,
    /// Whether a script behind any of the elements so far would be one of the document's.
    is_open: bool,
    /// How many elements are open in which scripts are left alone.
    enclosures: u32,
    /// How many of them are shadow roots that stand in nothing else of these: they come first.
    shadow_roots: u32,
    /// Whether the page's encoding is to be found in the page.
    is_undeclared: bool,
    /// The encoding that the page declares.
    encoding: Option<&'static Encoding>,
    /// The end of the tag that does so where browsers look for it, and whether a script may go in there.
    declaration: Option<(usize, bool)>,
    gated: Vec<Gate>,
    /// How many pictures have been looked at.
    pictures: usize,
    /// How many inline scripts have been seen that would run.
    scripts: usize,
    /// Those of the current step.
    inline: Vec<Inline>,
    /// With where they stand.
    policies: Vec<(usize, String)>,
    /// Whether something that counts stands in a shadow root.
    counts_in_shadow: bool,
    /// Whether there is more of something than is held.
    is_full: bool,
    /// Whether there is something that lol_html lets pass.
    is_ambiguous: bool,
    /// Whether it is an AMP document.
    is_amp: bool,
}

/// Reads the whole HTML of a page. `charset` is the label that its `Content-Type` has, if any.
///
/// # Errors
///
/// If the page should not be edited.
pub fn read(html: &[u8], charset: Option<&str>, analytics: &Analytics) -> Result<ParsedPage, Ineligible> {
    let mut reader = PageReader::new(html, charset, analytics)?;
    while reader.advance(html.len().max(1))? {}
    reader.finish()
}

/// Reads the HTML of a page in steps, so that others have their turn in between. How it is cut makes no difference.
pub struct PageReader<'a> {
    html: &'a [u8],
    analytics: &'a Analytics,
    reading: Rc<RefCell<Reading>>,
    parser: Parser<'a>,
    /// How much of the page has been read.
    at: usize,
}

impl<'a> PageReader<'a> {
    /// Begins to read.
    ///
    /// # Errors
    ///
    /// If the page should not be edited.
    pub fn new(html: &'a [u8], charset: Option<&str>, analytics: &'a Analytics) -> Result<Self, Ineligible> {
        if html.len() > MAX_BYTES {
            return Err(Ineligible::TooLarge);
        }
        let declared = declared_encoding(html, charset).map_err(|_| Ineligible::Encoding)?;
        let reading = Rc::new(RefCell::new(Reading::new(html, declared.is_none())));
        let parser = parser(html, declared, analytics, &reading);
        Ok(Self { html, analytics, reading, parser, at: 0 })
    }

    /// Reads so many bytes more. Answers whether some are left.
    ///
    /// # Errors
    ///
    /// If the page should not be edited. It must not be read any further then.
    pub fn advance(&mut self, bytes: usize) -> Result<bool, Ineligible> {
        let rest = self.html.get(self.at..).unwrap_or_default();
        let step = rest.get(..bytes).unwrap_or(rest);
        self.parser.write(step).map_err(|error| ineligible(&error))?;
        self.at += step.len();
        if let Ok(mut reading) = self.reading.try_borrow_mut() {
            reading.judge_inline(self.html, self.analytics);
        }
        Ok(self.at < self.html.len())
    }

    /// What the page says, when all of it has been read.
    ///
    /// # Errors
    ///
    /// If the page should not be edited.
    pub fn finish(self) -> Result<ParsedPage, Ineligible> {
        self.parser.end().map_err(|error| ineligible(&error))?;
        let reading = self.reading.replace(Reading::new(&[], false));
        reading.finish(self.html, self.analytics)
    }
}

fn parser<'a>(
    html: &'a [u8],
    encoding: Option<AsciiCompatibleEncoding>,
    analytics: &'a Analytics,
    reading: &Rc<RefCell<Reading>>,
) -> Parser<'a> {
    let [of_doctypes, of_comments, of_elements] = [(); 3].map(|()| Rc::clone(reading));
    let settings = Settings::new()
        .with_strict(true)
        .with_encoding(encoding.unwrap_or_else(AsciiCompatibleEncoding::utf_8))
        .with_adjust_charset_on_meta_tag(encoding.is_none())
        .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MAX_MEMORY_BYTES))
        .append_document_content_handler(doctype!(move |doctype: &mut Doctype<'_>| {
            // A doctype without its end reaches to the end of the page.
            let range = doctype.source_location().bytes();
            if slice(html, &range).ends_with(b">") {
                pass(&of_doctypes, html, &range);
            }
            Ok(())
        }))
        .append_document_content_handler(doc_comments!(move |comment: &mut Comment<'_>| {
            let range = comment.source_location().bytes();
            let text = slice(html, &range);
            if text.starts_with(b"<![CDATA[") {
                note_cdata(&of_comments);
            }
            // As does a comment; but `-->` at the very end may be its end or, in `<!-->`, its beginning.
            if range.end < html.len() || (text.len() >= "<!---->".len() && text.ends_with(b"-->")) {
                pass(&of_comments, html, &range);
            }
            Ok(())
        }))
        .append_element_content_handler(element!("*", move |element| {
            see(&of_elements, html, analytics, element);
            Ok(())
        }));
    // What is read here is edited when all of it has been read.
    let nowhere: Sink<'_> = Box::new(|_| {});
    Parser::new(settings, nowhere)
}

fn ineligible(error: &RewritingError) -> Ineligible {
    match error {
        RewritingError::MemoryLimitExceeded(_) => Ineligible::TooLarge,
        _ => Ineligible::Ambiguous,
    }
}

/// Takes notice of a complete comment or doctype.
fn pass(reading: &Rc<RefCell<Reading>>, html: &[u8], range: &Range<usize>) {
    if let Ok(mut reading) = reading.try_borrow_mut() {
        reading.pass(html, range);
    }
}

/// Takes notice of a CDATA section that lol_html takes for a comment, as it is in HTML. Where HTML begins in SVG and
/// `MathML` the two differ on it, and on where it ends (lol_html 3.0.3: `SetAllowCdata` at integration points).
fn note_cdata(reading: &Rc<RefCell<Reading>>) {
    if let Ok(mut reading) = reading.try_borrow_mut() {
        reading.is_ambiguous |= reading.enclosures > 0;
    }
}

/// Looks at one element.
fn see(shared: &Rc<RefCell<Reading>>, html: &[u8], analytics: &Analytics, element: &mut Element<'_, '_>) {
    // Not held across anything that could call back: handlers run one after another.
    let Ok(mut reading) = shared.try_borrow_mut() else { return };
    let range = element.source_location().bytes();
    let name = element.tag_name();
    reading.is_amp |= name == "html" && reading.place.is_none() && is_amp(element);
    reading.find_place(html, &name, &range);
    reading.see_name(&name);
    // Where lol_html reads text as markup.
    reading.is_ambiguous |=
        text_elements::is_one(&name) && text_elements::ends_in_no_value(slice(html, &range));
    let is_foreign_root = matches!(name.as_str(), "svg" | "math");
    if is_foreign_root || name == "template" {
        // `<svg/>` is closed already, but not for lol_html 3.0.3, which then takes text for markup.
        reading.is_ambiguous |= is_foreign_root && element.is_self_closing();
        let in_shadow = u32::from(reading.is_live() && declares_shadow_root(element, &name));
        let shared = Rc::clone(shared);
        let closes = element.on_end_tag(Box::new(move |end: &mut EndTag<'_>| {
            // The end tag of an element around it is taken for its own, too; browsers do not end a <template> there.
            if end.name() == name
                && let Ok(mut reading) = shared.try_borrow_mut()
            {
                reading.enclosures = reading.enclosures.saturating_sub(1);
                reading.shadow_roots = reading.shadow_roots.saturating_sub(in_shadow);
            }
            Ok(())
        }));
        // An element that cannot have an end tag has no content either.
        if closes.is_ok() {
            reading.enclosures += 1;
            reading.shadow_roots += in_shadow;
        }
        return;
    }
    if element.namespace_uri() != HTML_NAMESPACE {
        // Something in SVG or MathML with neither of them open: the same misreading, however it came about.
        reading.is_ambiguous |= reading.enclosures == 0;
        return;
    }
    match name.as_str() {
        "meta" => reading.see_meta(element, &range),
        "img" if reading.is_live() => reading.see_picture(element, analytics),
        "script" if reading.is_live() => {
            let Some(gate) = Gate::find(html, element, &range) else { return };
            let in_shadow = reading.is_in_shadow();
            if let Some(src) = attribute(element, "src") {
                if analytics.gates_script(&src, |name| attribute(element, name)) {
                    reading.gate(gate, in_shadow);
                }
                return;
            }
            let shared = Rc::clone(shared);
            // A script without its end tag does not run, and so the handler's never being called is right.
            let _ = element.on_end_tag(Box::new(move |end: &mut EndTag<'_>| {
                if let Ok(mut reading) = shared.try_borrow_mut() {
                    let text = range.end..end.source_location().bytes().start;
                    reading.see_inline(Inline { gate, text, in_shadow });
                }
                Ok(())
            }));
        }
        _ => {}
    }
}

impl Reading {
    fn new(html: &[u8], is_undeclared: bool) -> Self {
        let clear = if html.starts_with(UTF_8_MARK) { UTF_8_MARK.len() } else { 0 };
        Self {
            clear,
            is_bare: true,
            place: None,
            in_head: true,
            is_open: true,
            enclosures: 0,
            shadow_roots: 0,
            is_undeclared,
            encoding: None,
            declaration: None,
            gated: Vec::new(),
            pictures: 0,
            scripts: 0,
            inline: Vec::new(),
            policies: Vec::new(),
            counts_in_shadow: false,
            is_full: false,
            is_ambiguous: false,
            is_amp: false,
        }
    }

    /// Whether scripts run here: in the document, or in a shadow root.
    fn is_live(&self) -> bool {
        self.enclosures == self.shadow_roots
    }

    /// Whether it is in a shadow root.
    fn is_in_shadow(&self) -> bool {
        self.shadow_roots > 0
    }

    /// Takes notice of a token in front of the first element, behind which the script may go in.
    fn pass(&mut self, html: &[u8], range: &Range<usize>) {
        if self.place.is_none() {
            self.is_bare &= is_blank(slice(html, &(self.clear..range.start)));
            self.clear = range.end;
        }
    }

    /// Finds the script's place at the first element that is not `<html>`.
    fn find_place(&mut self, html: &[u8], name: &str, range: &Range<usize>) {
        if self.place.is_some() {
            return;
        }
        self.pass(html, range);
        if name != "html" {
            let is_own_head = name == "head" && self.is_bare;
            self.place = Some(if is_own_head { range.end } else { range.start });
        }
    }

    /// Keeps track of where in the document the parser is, as far as the names of elements tell.
    fn see_name(&mut self, name: &str) {
        // A frameset that comes late takes the place of the body, with all that is in it.
        self.is_ambiguous |= name == "frameset" && !(self.in_head && self.is_bare);
        self.in_head &= is_of_head(name);
        self.is_open &= !matches!(name, "template" | "svg" | "math" | "frameset");
    }

    fn see_meta(&mut self, element: &Element<'_, '_>, range: &Range<usize>) {
        if self.is_undeclared && self.encoding.is_none() {
            self.encoding = meta_encoding(element);
            if self.encoding.is_some() && range.end <= PRESCAN_BYTES {
                self.declaration = Some((range.end, self.is_open));
            }
        }
        if is_policy(element) {
            let content = attribute(element, "content").unwrap_or_default();
            if self.policies.len() < MAX_POLICIES && content.len() <= MAX_POLICY_BYTES {
                self.policies.push((range.start, content));
            } else {
                self.is_full = true;
            }
        }
    }

    /// A picture that is one too many is left alone: it counts too early at worst.
    fn see_picture(&mut self, element: &Element<'_, '_>, analytics: &Analytics) {
        self.pictures = self.pictures.saturating_add(1);
        if self.pictures > MAX_PICTURES {
            return;
        }
        let is_gated = || attribute(element, "src").is_some_and(|src| analytics.gates_picture(&src));
        if let Some(gate) = Gate::of_picture(element)
            && is_gated()
        {
            self.gate(gate, self.is_in_shadow());
        }
    }

    fn see_inline(&mut self, script: Inline) {
        if script.text.len() > MAX_INLINE_BYTES {
            return;
        }
        self.scripts = self.scripts.saturating_add(1);
        if self.scripts <= MAX_INLINE {
            self.inline.push(script);
        } else {
            self.is_full = true;
        }
    }

    /// Defers those inline scripts of a step that count something. It takes longer than parsing them.
    fn judge_inline(&mut self, html: &[u8], analytics: &Analytics) {
        for Inline { gate, text, in_shadow } in std::mem::take(&mut self.inline) {
            // What tells a script is ASCII, which every encoding that is read here leaves as it is.
            if analytics.gates_inline(&String::from_utf8_lossy(slice(html, &text))) {
                self.gate(gate, in_shadow);
            }
        }
    }

    fn gate(&mut self, gate: Gate, in_shadow: bool) {
        if in_shadow {
            self.counts_in_shadow = true;
        } else if self.gated.len() < MAX_GATED {
            self.gated.push(gate);
        } else {
            self.is_full = true;
        }
    }

    /// Draws the conclusions at the end of the page.
    fn finish(mut self, html: &[u8], analytics: &Analytics) -> Result<ParsedPage, Ineligible> {
        // The parser may have held some back until the end.
        self.judge_inline(html, analytics);
        if self.is_amp {
            return Err(Ineligible::NoTransform);
        }
        if self.is_ambiguous {
            return Err(Ineligible::Ambiguous);
        }
        if self.is_full {
            return Err(Ineligible::TooLarge);
        }
        let is_readable = match self.encoding {
            Some(encoding) => is_ascii_compatible(encoding),
            // Of the encodings that browsers guess, ISO-2022-JP is the one that is not; it has escape sequences.
            None => !self.is_undeclared || !html.contains(&0x1B),
        };
        if !is_readable {
            return Err(Ineligible::Encoding);
        }
        sorting::sort_by_key(&mut self.gated, |gate| gate.range.start);
        let place = self.place(html)?;
        let policies_before = self.policies.iter().filter(|(start, _)| *start < place).count();
        Ok(ParsedPage {
            length: html.len(),
            place,
            gated: self.gated,
            policies: self.policies.into_iter().map(|(_, content)| content).collect(),
            policies_before,
            counts_in_shadow: self.counts_in_shadow,
        })
    }

    /// Where the script goes, so that browsers still find the page's encoding.
    fn place(&self, html: &[u8]) -> Result<usize, Ineligible> {
        let place = self.place.unwrap_or_else(|| {
            // A page without elements: what follows its last comment is text up to the next `<`, whatever that begins.
            let rest = slice(html, &(self.clear..html.len()));
            self.clear + rest.iter().position(|byte| *byte == b'<').unwrap_or(rest.len())
        });
        let Some((end, is_open)) = self.declaration else { return Ok(place) };
        let end_then: usize =
            end + self.gated.iter().filter(|gate| gate.range.start < end).map(Gate::growth).sum::<usize>();
        if end_then > PRESCAN_BYTES {
            return Err(Ineligible::Encoding);
        }
        if place >= end || end_then + MAX_TAG_BYTES <= PRESCAN_BYTES {
            return Ok(place);
        }
        if is_open { Ok(end) } else { Err(Ineligible::Encoding) }
    }
}

impl Gate {
    /// How a script is made inert; `None` if it does not run, or is of those that must be left alone.
    fn find(html: &[u8], element: &Element<'_, '_>, tag: &Range<usize>) -> Option<Self> {
        // A page that has the attribute already does something with it that is not known here.
        if element.has_attribute(TYPE_ATTRIBUTE) {
            return None;
        }
        let is_module = runs_as_module(element)?;
        let kind = element.attributes().iter().find(|attribute| attribute.name() == "type");
        let range = if let Some(kind) = kind {
            let name = kind.name_source_location()?.bytes();
            name.start..attribute_end(html.get(..tag.end)?, name.end)
        } else {
            let end = tag.start + "<script".len();
            end..end
        };
        Some(Self { range, what: if is_module { Gated::Module } else { Gated::Classic } })
    }

    /// How a picture is made inert; `None` if it has nothing to load, or would load something all the same.
    fn of_picture(element: &Element<'_, '_>) -> Option<Self> {
        let mut sources = element.attributes().iter().filter(|attribute| attribute.name() == "src");
        let range = sources.next()?.name_source_location()?.bytes();
        // Browsers take no notice of a second one, until the first is gone.
        let is_only = sources.next().is_none() && !element.has_attribute("srcset");
        is_only.then_some(Self { range, what: Gated::Picture })
    }

    /// What stands in the tag then. Space may be missing before it only behind the tag's name.
    fn text(&self, mark: &str) -> String {
        let space = if self.range.is_empty() { " " } else { "" };
        let kept = match self.what {
            Gated::Picture => return format!("{SRC_ATTRIBUTE}{mark}"),
            Gated::Module => format!(" {TYPE_ATTRIBUTE}=\"module\""),
            Gated::Classic => String::new(),
        };
        format!("{space}type=\"{GATED_TYPE}{mark}\"{kept}")
    }

    /// By how many bytes the tag grows.
    fn growth(&self) -> usize {
        (self.text("").len() + MARK_CHARS).saturating_sub(self.range.len())
    }
}

impl ParsedPage {
    /// The contents of the policies that the page sets itself by `<meta http-equiv=content-security-policy>`, in order.
    #[must_use]
    pub fn policies(&self) -> &[String] {
        &self.policies
    }

    /// Those of them that stand before the script's place, and so decide whether it may run. The others govern what is
    /// fetched after them: what the script starts or sends later.
    #[must_use]
    pub fn policies_before(&self) -> &[String] {
        self.policies.get(..self.policies_before).unwrap_or_default()
    }

    /// Whether anything is deferred, which our script must then start.
    #[must_use]
    pub fn has_gated(&self) -> bool {
        !self.gated.is_empty()
    }

    /// Whether a script or picture that would be deferred stands in a declarative shadow root (HTML, `shadowrootmode`), where our script
    /// does not find it: it counts the view though nobody has seen the page.
    #[must_use]
    pub fn counts_in_shadow(&self) -> bool {
        self.counts_in_shadow
    }

    /// Whether any script is.
    #[must_use]
    pub fn has_gated_scripts(&self) -> bool {
        self.gated.iter().any(|gate| gate.what != Gated::Picture)
    }

    /// The page with `tag` put in, once, and with scripts and pictures deferred. Its other bytes are the same. `html` is the one that
    /// was read, `tag` is whole elements that may stand in a `<head>`, in ASCII of at most [`MAX_TAG_BYTES`], and `mark` has [`MARK_CHARS`]
    /// letters and digits; where that is not so
    /// nothing is changed. Without a tag nothing would start what is deferred: the caller sees to it that something does.
    #[must_use]
    pub fn edit(&self, html: &[u8], tag: Option<&str>, mark: &str) -> Vec<u8> {
        let is_mark = mark.len() == MARK_CHARS && mark.bytes().all(|byte| byte.is_ascii_alphanumeric());
        let is_fit = is_mark && tag.is_none_or(|tag| tag.is_ascii() && tag.len() <= MAX_TAG_BYTES);
        if html.len() != self.length || !is_fit {
            return html.to_vec();
        }
        let gates = self.gated.iter();
        let mut splices: Vec<Splice> = gates
            .map(|gate| Splice { range: gate.range.clone(), text: gate.text(mark) })
            .chain(tag.map(|tag| Splice::insert(self.place, tag)))
            .collect();
        // The place is between two tags and the others are within some, so none is in another.
        sorting::sort_by_key(&mut splices, |splice| splice.range.start);
        let mut edited = Vec::new();
        splice(html, 0, &splices, &mut edited);
        edited
    }
}

/// The bytes of a range; none if it is not within.
fn slice<'a>(html: &'a [u8], range: &Range<usize>) -> &'a [u8] {
    html.get(range.clone()).unwrap_or_default()
}

/// Where an attribute ends whose name ends at `name_end`, in a page that ends with its tag (HTML, "after attribute name
/// state" and those behind it).
fn attribute_end(html: &[u8], name_end: usize) -> usize {
    let past_spaces = |from: usize| {
        let rest = slice(html, &(from..html.len()));
        from + rest.iter().take_while(|byte| is_space(**byte)).count()
    };
    let equals = past_spaces(name_end);
    if html.get(equals) != Some(&b'=') {
        return name_end;
    }
    let start = past_spaces(equals + 1);
    let value = slice(html, &(start..html.len()));
    match value.first() {
        Some(quote @ (b'"' | b'\'')) => {
            let length = value.iter().skip(1).position(|byte| byte == quote).unwrap_or_default();
            start + length + 2
        }
        _ => start + value.iter().take_while(|byte| !is_space(**byte) && **byte != b'>').count(),
    }
}

/// Whether an element's content is that of a shadow root (HTML, "in head" insertion mode, the start tag `template`). Only the first such
/// `<template>` of its host is one; of others it is assumed, which costs a prerender at worst.
fn declares_shadow_root(element: &Element<'_, '_>, name: &str) -> bool {
    let is_mode = |mode: String| mode.eq_ignore_ascii_case("open") || mode.eq_ignore_ascii_case("closed");
    name == "template" && attribute(element, "shadowrootmode").is_some_and(is_mode)
}

#[cfg(test)]
mod tests;
