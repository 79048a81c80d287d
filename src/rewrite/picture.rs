//! Finds the tag of a page's largest picture while the page goes by, and says how it is changed.
//!
//! `loading=lazy` becomes `loading=eager`, and `fetchpriority=high` is put in where the tag says nothing of the kind. What its author
//! says of its priority is left alone. Only letters, a blank and a `=` are put in: should the parser have taken for a tag what is text to
//! a browser, they can end neither a string nor an attribute nor anything else there.

use super::edit::LargestPicture;
use super::head_place::{MAX_MEMORY_BYTES, Output, Stop};
use super::markup::{HTML_NAMESPACE, attribute, is_policy};
use super::splice::Splice;
use super::{Parser, Sink};
use crate::auto_sizes::has_auto;
use crate::csp::Policies;
use crate::picture_form::form;
use crate::text_elements;
use lol_html::errors::RewritingError;
use lol_html::html_content::{Element, EndTag};
use lol_html::{AsciiCompatibleEncoding, MemorySettings, Settings, element};
use std::cell::RefCell;
use std::rc::Rc;
use url::Url;

/// What a tag is given, with a space behind it: what comes next in a tag may be a slash, which would belong to the value.
const HIGH: &str = " fetchpriority=high ";

/// The most pictures that are looked at.
const MAX_PICTURES: u32 = 500;

/// The search for the tag.
pub(super) struct PictureSearch {
    parser: Parser<'static>,
    seen: Rc<RefCell<Seen>>,
}

/// What the search has seen.
struct Seen {
    src: Url,
    form: u64,
    page: Url,
    policies: Policies,
    /// The base URL, once a `<base>` has set it.
    base: Option<Url>,
    /// How many `<template>`s are open, in which nothing is shown.
    templates: u32,
    pictures: u32,
    /// How the tag is changed, in bytes from where the search has begun.
    splices: Vec<Splice>,
}

impl PictureSearch {
    /// Begins the search at a place in a page's head, between two tags. `encoding` is the page's.
    pub(super) fn new(
        LargestPicture { page, policies, src, form }: LargestPicture,
        encoding: AsciiCompatibleEncoding,
        output: &Output,
    ) -> Self {
        let seen = Rc::new(RefCell::new(Seen {
            src: without_fragment(src),
            form,
            page,
            policies: *policies,
            base: None,
            templates: 0,
            pictures: 0,
            splices: Vec::new(),
        }));
        let share = || Rc::clone(&seen);
        let (of_bases, of_policies, of_templates, of_pictures) = (share(), share(), share(), share());
        let settings = Settings::new()
            .with_strict(true)
            .with_encoding(encoding)
            .with_memory_settings(MemorySettings::new().with_max_allowed_memory_usage(MAX_MEMORY_BYTES))
            // For the parser's sake: see the module of that.
            .append_element_content_handler(element!(text_elements::SELECTOR, |_: &mut Element<'_, '_>| Ok(
                ()
            )))
            .append_element_content_handler(element!("base[href]", move |element: &mut Element<'_, '_>| {
                of_bases.try_borrow_mut()?.see_base(element);
                Ok(())
            }))
            .append_element_content_handler(element!("meta[http-equiv]", move |element: &mut Element<
                '_,
                '_,
            >| {
                of_policies.try_borrow_mut()?.see_meta(element);
                Ok(())
            }))
            .append_element_content_handler(element!("template", move |element: &mut Element<'_, '_>| {
                let seen = Rc::clone(&of_templates);
                let closes = element.on_end_tag(Box::new(move |_: &mut EndTag<'_>| {
                    let mut seen = seen.try_borrow_mut()?;
                    seen.templates = seen.templates.saturating_sub(1);
                    Ok(())
                }));
                if closes.is_ok() {
                    let mut seen = of_templates.try_borrow_mut()?;
                    seen.templates = seen.templates.saturating_add(1);
                }
                Ok(())
            }))
            .append_element_content_handler(element!("img[src]", move |element: &mut Element<'_, '_>| {
                let is_over = of_pictures.try_borrow_mut()?.see_picture(element);
                if is_over { Err(Box::new(Stop).into()) } else { Ok(()) }
            }));
        let output = Rc::clone(output);
        let sink: Sink<'static> = Box::new(move |bytes| {
            if let Ok(mut output) = output.try_borrow_mut() {
                output.extend_from_slice(bytes);
            }
        });
        Self { parser: Parser::new(settings, sink), seen }
    }

    /// Reads the next bytes, and writes what has been read completely.
    ///
    /// # Errors
    /// When the search is over. Nothing may be read then any more.
    pub(super) fn write(&mut self, bytes: &[u8]) -> Result<(), RewritingError> {
        self.parser.write(bytes)
    }

    /// How the tag is changed, once the search is over, in a page in which the search has begun at `start`.
    pub(super) fn splices(&self, start: usize) -> Vec<Splice> {
        let Ok(seen) = self.seen.try_borrow() else { return Vec::new() };
        let moved = |splice: &Splice| {
            let range = splice.range.start.checked_add(start)?..splice.range.end.checked_add(start)?;
            Some(Splice { range, text: splice.text.clone() })
        };
        seen.splices.iter().filter_map(moved).collect()
    }
}

impl Seen {
    /// Of several `<base>`s the first one counts, also where it leads nowhere or a policy forbids it.
    fn see_base(&mut self, element: &Element<'_, '_>) {
        if self.base.is_some() || self.templates > 0 {
            return;
        }
        self.base = Some(self.policies.base(&self.page, attribute(element, "href").as_deref()));
    }

    /// A policy that the page sets itself governs what stands behind it.
    fn see_meta(&mut self, element: &Element<'_, '_>) {
        if self.templates == 0 && is_policy(element) {
            self.policies.add_meta(&attribute(element, "content").unwrap_or_default());
        }
    }

    /// Looks at a picture. Answers whether the search is over.
    fn see_picture(&mut self, element: &Element<'_, '_>) -> bool {
        if self.templates > 0 || element.namespace_uri() != HTML_NAMESPACE {
            return false;
        }
        self.pictures = self.pictures.saturating_add(1);
        let base = self.base.as_ref().unwrap_or(&self.page);
        let src = attribute(element, "src").and_then(|src| base.join(&src).ok());
        let form_of = || {
            let [srcset, sizes] =
                ["srcset", "sizes"].map(|name| attribute(element, name).unwrap_or_default());
            form(&srcset, &sizes)
        };
        if src.map(without_fragment).as_ref() != Some(&self.src) || form_of() != self.form {
            return self.pictures >= MAX_PICTURES;
        }
        self.splices = changes(element).unwrap_or_default();
        true
    }
}

/// What is fetched for a URL.
fn without_fragment(mut url: Url) -> Url {
    url.set_fragment(None);
    url
}

/// How a picture's tag is changed; nothing where its author has given it a low priority, or leaves its size to the layout.
fn changes(element: &Element<'_, '_>) -> Option<Vec<Splice>> {
    let priority = attribute(element, "fetchpriority");
    if priority.as_ref().is_some_and(|said| said.eq_ignore_ascii_case("low")) {
        return None;
    }
    let mut splices = Vec::new();
    // `auto`, nothing and an unknown word say as little as no attribute (HTML, "enumerated attributes"). Of several attributes of a name the
    // first one counts.
    if !priority.is_some_and(|said| said.eq_ignore_ascii_case("high")) {
        let name = element.source_location().bytes().start.checked_add("<img".len())?;
        splices.push(Splice::insert(name, HIGH));
    }
    if attribute(element, "loading").is_some_and(|said| said.eq_ignore_ascii_case("lazy")) {
        // What is not lazy has no use for `auto`, and the layout would not choose any more.
        if attribute(element, "sizes").is_some_and(|sizes| has_auto(&sizes)) {
            return None;
        }
        // Of several attributes of a name the first one counts.
        let loading = element.attributes().iter().find(|attribute| attribute.name() == "loading")?;
        let range = loading.value_source_location()?.bytes();
        splices.push(Splice { range, text: "eager".to_owned() });
    }
    Some(splices)
}
