//! Finds where elements may be put into a page's head while the page goes by.
//!
//! They go directly behind the document's own `<head>`. That is one before which nothing but comments, the doctype and `<html>`
//! stands, since everything else opens a head that is not written, and browsers then ignore the one that is. Without it, they go in
//! front of the first element. A browser is between two tokens there, and nothing has opened yet in which they would be text.
//!
//! **The encoding.** Browsers look for `<meta charset>` in the first 1024 bytes, and it must not be pushed out of them. So in a
//! page whose encoding neither the `Content-Type` nor a byte order mark tells, they go behind that `<meta>`; or in front of the first tag
//! behind those bytes, or of the first one that cannot stand in a head. A policy that the page sets itself in front of that place would
//! govern what is put there, and nobody has looked whether it allows it: so nothing is.
//!
//! **What is no document.** A script may fetch a piece of HTML without saying that it is one. It begins neither with a doctype nor
//! with an element that only a document has at its beginning, and nothing is put into it. Nor into an [AMP document](crate::amp).

use super::markup::{is_ascii_compatible, is_blank, is_of_head, is_policy, meta_encoding};
use super::{Parser, Sink};
use crate::amp::is_amp;
use crate::page_encoding::{PRESCAN_BYTES, UTF_8_MARK};
use crate::text_elements::{self, WithoutValue};
use lol_html::errors::RewritingError;
use lol_html::html_content::{Comment, Doctype, Element};
use lol_html::{AsciiCompatibleEncoding, MemorySettings, Settings, doc_comments, doctype, element};
use std::cell::RefCell;
use std::fmt;
use std::rc::Rc;

/// Where lol_html's output goes.
pub(super) type Output = Rc<RefCell<Vec<u8>>>;

/// The most memory that a parser may take, in bytes: for one token, and for the open elements.
pub(super) const MAX_MEMORY_BYTES: usize = 256 * 1024;

/// Ends the parsing of a page at a tag, which has not been written by then, nor anything behind it.
#[derive(Debug)]
pub(super) struct Stop;

impl fmt::Display for Stop {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str("nothing else is to be found")
    }
}

impl std::error::Error for Stop {}

/// A place in a page's head.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Place {
    /// Where it is, in bytes from the page's beginning.
    pub(super) at: usize,
    /// The page's encoding; `None` where it says none.
    pub(super) encoding: Option<AsciiCompatibleEncoding>,
    /// Whether the page may still say one behind the place where browsers look for it: in its body, which no page should.
    pub(super) may_declare: bool,
}

/// The search for the place.
pub(super) struct HeadPlace {
    parser: Parser<'static>,
    seen: Rc<RefCell<Seen>>,
}

/// What the search has seen.
struct Seen {
    /// How many bytes have been written.
    written: usize,
    /// The end of the last token before the first element of the document.
    clear: usize,
    /// Whether nothing but whitespace has stood behind that token, and between the ones before.
    is_blank: bool,
    is_bare: bool,
    /// Whether there has been an element other than `<html>`.
    has_begun: bool,
    /// Whether it is a document, by what stands at its beginning.
    is_document: bool,
    /// Whether there has been an escape, by which browsers guess that a page is in ISO-2022-JP.
    has_escape: bool,
    /// The encoding, where it is known from the start.
    declared: Option<AsciiCompatibleEncoding>,
    /// Where tags end behind which text may be taken for markup.
    without_value: WithoutValue,
    place: Option<Place>,
}

impl HeadPlace {
    /// Begins the search in a page that begins with `start`. `declared` is its encoding, where that is known without looking into it.
    pub(super) fn new(start: &[u8], declared: Option<AsciiCompatibleEncoding>, output: &Output) -> Self {
        let seen = Rc::new(RefCell::new(Seen {
            written: 0,
            clear: if start.starts_with(UTF_8_MARK) { UTF_8_MARK.len() } else { 0 },
            is_blank: true,
            is_bare: true,
            has_begun: false,
            is_document: false,
            has_escape: false,
            declared,
            without_value: WithoutValue::default(),
            place: None,
        }));
        let share = || Rc::clone(&seen);
        let (of_doctypes, of_comments, of_elements, of_bytes) = (share(), share(), share(), share());
        let settings = Settings::new()
            .with_strict(true)
            .with_encoding(declared.unwrap_or_else(AsciiCompatibleEncoding::utf_8))
            .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MAX_MEMORY_BYTES))
            .append_document_content_handler(doctype!(move |doctype: &mut Doctype<'_>| {
                let mut seen = of_doctypes.try_borrow_mut()?;
                seen.is_document |= !seen.has_begun;
                seen.pass(doctype.source_location().bytes().end);
                Ok(())
            }))
            .append_document_content_handler(doc_comments!(move |comment: &mut Comment<'_>| {
                of_comments.try_borrow_mut()?.pass(comment.source_location().bytes().end);
                Ok(())
            }))
            .append_element_content_handler(element!("*", move |element: &mut Element<'_, '_>| {
                let is_over = of_elements.try_borrow_mut()?.see(element);
                if is_over { Err(Box::new(Stop).into()) } else { Ok(()) }
            }));
        let output = Rc::clone(output);
        let sink: Sink<'static> = Box::new(move |bytes| {
            // Neither is held across anything that could call back.
            if let Ok(mut output) = output.try_borrow_mut() {
                output.extend_from_slice(bytes);
            }
            if let Ok(mut seen) = of_bytes.try_borrow_mut() {
                seen.write(bytes);
            }
        });
        Self { parser: Parser::new(settings, sink), seen }
    }

    /// Reads the next bytes, and writes what has been read completely.
    ///
    /// # Errors
    /// When the search is over, because the place was found or because there is none. Nothing may be read then any more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), RewritingError> {
        // Where the encoding is known, the search is over at the first element.
        if let Ok(mut seen) = self.seen.try_borrow_mut()
            && seen.declared.is_none()
        {
            seen.without_value.read(bytes);
        }
        self.parser.write(bytes)
    }

    /// The place, once the search is over, at the tag before which the writing has ended or directly behind it.
    pub(super) fn place(&self) -> Option<Place> {
        self.seen.try_borrow().ok()?.place
    }
}

impl Seen {
    /// Takes notice of bytes that are written. Those before a token are written before it is seen.
    fn write(&mut self, bytes: &[u8]) {
        let known = self.clear.saturating_sub(self.written).min(bytes.len());
        self.is_blank &= self.has_begun || is_blank(bytes.get(known..).unwrap_or_default());
        self.has_escape |= bytes.contains(&0x1B);
        self.written = self.written.saturating_add(bytes.len());
    }

    /// Takes notice of a token that ends here, before which and behind which the head has not opened.
    fn pass(&mut self, end: usize) {
        self.is_bare &= self.is_blank;
        self.is_blank = true;
        self.clear = end;
    }

    /// Looks at a start tag. Answers whether the search is over.
    fn see(&mut self, element: &Element<'_, '_>) -> bool {
        let tag = element.source_location().bytes();
        let name = element.tag_name();
        if !self.has_begun {
            self.pass(tag.end);
            if name == "html" {
                self.is_document = true;
                return is_amp(element);
            }
            self.has_begun = true;
            self.is_document |=
                matches!(name.as_str(), "head" | "title" | "meta" | "base" | "body" | "frameset");
            if !self.is_document {
                return true;
            }
            let is_own_head = name == "head" && self.is_bare;
            if let Some(encoding) = self.declared {
                let at = if is_own_head { tag.end } else { tag.start };
                self.place = Some(Place { at, encoding: Some(encoding), may_declare: false });
                return true;
            }
        }
        if name == "meta"
            && let Some(said) = meta_encoding(element)
        {
            if is_ascii_compatible(said) {
                let at = if tag.end <= PRESCAN_BYTES { tag.end } else { tag.start };
                let encoding = AsciiCompatibleEncoding::new(said);
                let encoding = encoding.or_else(|| Some(AsciiCompatibleEncoding::utf_8()));
                self.place = Some(Place { at, encoding, may_declare: false });
            }
            return true;
        }
        if name == "meta" && is_policy(element) {
            return true;
        }
        let may_declare = tag.start < PRESCAN_BYTES;
        if may_declare && is_of_head(&name) {
            // Behind such a tag the next element may be none.
            return text_elements::is_one(&name) && self.without_value.has(tag.end);
        }
        if !self.has_escape {
            self.place = Some(Place { at: tag.start, encoding: None, may_declare });
        }
        true
    }
}
