//! What a page's links say of themselves: their words and marks make a URL a suspect before anybody has met it.
//!
//! A URL like `/k/17` tells nothing; its link says "Abmelden". [`super::html`] finds the elements; here it is decided what a
//! link is called, and whether that makes the URL a suspect.
//!
//! # What a link is called
//!
//! Its `aria-label`, its text (with the names of pictures in it, and without what is hidden), or its `title`: the first of
//! them that is a phrase of [`rule_for_words`]. An `aria-label` does not hide the text, since shops say "Add to cart: Cap" in
//! the one and "Add to cart" in the other.
//!
//! A mark says that a script sends something else than a `GET`, or asks before it does: `data-method`, `hx-post`,
//! `data-confirm`, `onclick` with `confirm(`. These tell nothing: `role=button` and a form around the link, which many links to
//! plain pages have, and `rel=nofollow`, which keeps a link out of our rules anyhow.
//!
//! # Links that tell against each other
//!
//! What does something is named by what it does; a page is also named by its title. So a link with other words takes the
//! suspicion from its URL, as far as this page goes: "Lamp" and "Buy now" both lead to the page of a lamp, and
//! `<a data-method=delete>` stands beside the link to what is shown there. The same holds for a query's names, of which
//! a front controller has the same for all its pages. Only the same page has a say: what a visitor writes on another one
//! cannot make the site's sign-out harmless. Links that visitors wrote (`rel=ugc`) say nothing at all.

use crate::character_references;
use crate::endpoints;
use crate::hash::fnv1a;
use crate::limits::MAX_PATH_BYTES;
use crate::urls::files::is_file;
use crate::urls::inert_parameters::InertParameters;
use crate::urls::unsafe_urls::{self, rule_for_words};
use url::Url;

/// The most suspects of one page.
pub const MAX_SUSPECTS: usize = 50;

/// The most that are held while a page is read: some are still taken back.
const MAX_HELD: usize = 200;

/// The most links of a page with other words that are remembered.
const MAX_NAMED: usize = 2000;

/// The longest phrase, in words and in bytes.
const MAX_WORDS: usize = 6;
const MAX_PHRASE_BYTES: usize = 100;

/// How much of a link's text is kept, in bytes. Longer ones are no phrase whatever comes.
const MAX_TEXT_BYTES: usize = 400;

/// A URL of the site whose links say that it does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SuspectLink {
    /// Its path, and the names of its parameters.
    pub shape: String,
    /// The name of the rule: what its links say.
    pub rule: &'static str,
}

/// What a link's own tag says.
#[derive(Clone, Debug, Default)]
pub(super) struct Tag {
    /// `aria-label`.
    pub(super) label: Option<String>,
    /// `title`.
    pub(super) title: Option<String>,
    /// Its relation types.
    pub(super) rel: String,
    /// The rule that its marks make.
    pub(super) mark: Option<&'static str>,
}

/// A link whose end has not come yet.
struct OpenLink {
    number: u32,
    shape: String,
    tag: Tag,
    /// How many elements are open in it whose text does not count.
    hidden: u32,
    /// The piece of text that is being read, with its character references.
    source: String,
    text: String,
    is_too_long: bool,
}

/// See the module's description.
pub(super) struct LinkReader {
    /// The path of the page itself.
    own: String,
    inert: InertParameters,
    open: Option<OpenLink>,
    links: u32,
    suspects: Vec<SuspectLink>,
    /// The hashes of URLs with other words, each as often as it was found.
    named: Vec<u64>,
}

impl LinkReader {
    /// A reader of a page's links that has read none yet.
    pub(super) fn new(url: &Url, inert: &InertParameters) -> Self {
        Self {
            own: inert.shape(url),
            inert: inert.clone(),
            open: None,
            links: 0,
            suspects: Vec::new(),
            named: Vec::new(),
        }
    }

    /// Opens a link to a URL of the page's own origin; `None` for another one, which only closes what was open. Answers the
    /// number by which to close it.
    pub(super) fn open(&mut self, url: Option<&Url>, tag: Tag) -> Option<u32> {
        // A link in a link is none: without an end tag one ends where the next begins.
        self.finish_open();
        let url = url?;
        let shape = self.inert.shape(url);
        let is_written_by_visitors =
            tag.rel.split_ascii_whitespace().any(|kind| kind.eq_ignore_ascii_case("ugc"));
        let path = url.path();
        if is_written_by_visitors
            || shape == self.own
            || url.path() == "/"
            || unsafe_urls::is_front_controller(url)
            || shape.len() > MAX_PATH_BYTES
            || endpoints::is_own(path)
            || is_file(path)
        {
            return None;
        }
        self.links = self.links.saturating_add(1);
        let number = self.links;
        let (source, text) = (String::new(), String::new());
        self.open = Some(OpenLink { number, shape, tag, hidden: 0, source, text, is_too_long: false });
        Some(number)
    }

    /// Takes a piece of text in, as it is written. `is_last` says that it ends here.
    pub(super) fn read(&mut self, source: &str, is_last: bool) {
        let Some(link) = self.open.as_mut().filter(|link| link.hidden == 0) else { return };
        if link.source.len() + source.len() > MAX_TEXT_BYTES {
            link.is_too_long = true;
        } else {
            link.source.push_str(source);
        }
        if is_last {
            // A character reference may be cut in two. The rules for attributes differ from those for text in what has no
            // semicolon, and are there already.
            let text = std::mem::take(&mut link.source);
            link.add(&character_references::decoded(&text));
        }
    }

    /// Adds the name of something that stands in the link: a picture's `alt`, an icon's `aria-label`.
    pub(super) fn add_name(&mut self, name: &str) {
        if let Some(link) = self.open.as_mut().filter(|link| link.hidden == 0) {
            link.add(name);
        }
    }

    /// Cuts words where a line ends.
    pub(super) fn cut(&mut self) {
        self.add_name(" ");
    }

    /// Passes over text from here on, until [`show`](Self::show) is called with the number that is answered.
    pub(super) fn hide(&mut self) -> Option<u32> {
        let link = self.open.as_mut()?;
        link.hidden = link.hidden.saturating_add(1);
        Some(link.number)
    }

    /// Ends what [`hide`](Self::hide) began.
    pub(super) fn show(&mut self, number: u32) {
        if let Some(link) = self.open.as_mut().filter(|link| link.number == number) {
            link.hidden = link.hidden.saturating_sub(1);
        }
    }

    /// Closes a link, if nothing else has.
    pub(super) fn close(&mut self, number: u32) {
        if self.open.as_ref().is_some_and(|link| link.number == number) {
            self.finish_open();
        }
    }

    /// Ends the page: what is suspected on it, in the order of the document.
    pub(super) fn finish(&mut self) -> Vec<SuspectLink> {
        self.finish_open();
        let mut suspects = std::mem::take(&mut self.suspects);
        suspects.retain(|suspect| !self.named.contains(&fnv1a(suspect.shape.as_bytes())));
        suspects.truncate(MAX_SUSPECTS);
        suspects
    }

    fn finish_open(&mut self) {
        let Some(link) = self.open.take() else { return };
        if let Some(rule) = link.rule() {
            let is_new = !self.suspects.iter().any(|known| known.shape == link.shape);
            if is_new && self.suspects.len() < MAX_HELD {
                self.suspects.push(SuspectLink { shape: link.shape, rule });
            }
        } else if link.has_words() && self.named.len() < MAX_NAMED {
            self.named.push(fnv1a(link.shape.as_bytes()));
        }
    }
}

impl OpenLink {
    fn add(&mut self, text: &str) {
        if self.text.len() + text.len() > MAX_TEXT_BYTES {
            self.is_too_long = true;
        } else {
            self.text.push_str(text);
        }
    }

    /// All that it is called, what counts first in front.
    fn names(&self) -> impl Iterator<Item = &str> {
        let text = Some(self.text.as_str()).filter(|_| !self.is_too_long);
        [self.tag.label.as_deref(), text, self.tag.title.as_deref()].into_iter().flatten()
    }

    /// What it says that it does.
    fn rule(&self) -> Option<&'static str> {
        self.names().find_map(phrase).or(self.tag.mark)
    }

    /// Whether it is called anything.
    fn has_words(&self) -> bool {
        self.is_too_long || self.names().any(|name| name.chars().any(char::is_alphabetic))
    }
}

/// What a text says that a link does, if it is a phrase as a whole.
fn phrase(text: &str) -> Option<&'static str> {
    let text = text.trim_matches(is_ornament);
    let is_short = text.len() <= MAX_PHRASE_BYTES && text.split_whitespace().nth(MAX_WORDS).is_none();
    if is_short && !text.is_empty() { rule_for_words(text) } else { None }
}

/// Whether a character around a phrase is no part of it: white space, punctuation, arrows, symbols, and the letters of icon
/// fonts. No letter of a language, nor a sign that belongs to one, is among them.
fn is_ornament(character: char) -> bool {
    character.is_whitespace()
        || character.is_ascii_punctuation()
        || matches!(character, '\u{a1}'..='\u{a9}' | '\u{ab}'..='\u{b4}' | '\u{b6}'..='\u{b9}' | '\u{bb}'..='\u{bf}' | '×' | '÷')
        || matches!(character, '\u{2000}'..='\u{206f}' | '\u{2190}'..='\u{2bff}' | '\u{3000}'..='\u{3003}' | '\u{3008}'..='\u{3020}')
        || matches!(character, '\u{e000}'..='\u{f8ff}' | '\u{fe0e}' | '\u{fe0f}' | '\u{feff}' | '\u{1f000}'..='\u{1faff}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_phrase_is_a_whole_text_but_for_what_adorns_it() {
        for (text, rule) in [
            ("Abmelden", Some("sign-out")),
            ("» Abmelden…", Some("sign-out")),
            ("× Löschen", Some("delete")),
            ("[Delete]", Some("delete")),
            ("\u{f2f5} Log out", Some("sign-out")),
            ("🗑️ Supprimer !", Some("delete")),
            ("¿Eliminar?", Some("delete")),
            ("Delete a b c d e f", None),
            ("Delete 7", None),
            ("»", None),
            ("", None),
        ] {
            assert_eq!(phrase(text), rule, "{text}");
        }
        assert_eq!(phrase(&format!("Delete{}", " ".repeat(MAX_PHRASE_BYTES))), Some("delete"));
        // What a word of Thai ends with is a sign, and no ornament.
        assert!(
            !is_ornament('\u{e49}') && !is_ornament('ß') && !is_ornament('\u{94d}') && !is_ornament('々')
        );
    }
}
