//! Changes a page while it goes by.
//!
//! lol_html reads the page's bytes as they come and writes each of them on as soon as it is read, but for a tag or comment whose end
//! is not there yet. Where an edit belongs is told by where lol_html has got to, and the bytes are put in there. So every byte that is no
//! edit is the origin's, whatever its encoding, and in the order in which it came.
//!
//! It reads strictly: where the markup is ambiguous it cannot tell text from tags, and an edit there could turn one into the other
//! (`ambiguity_guard.rs` in lol_html). From there on nothing is edited. The same follows from a token that is longer than the parser may
//! hold. lol_html forgets what it holds when it fails, so the bytes that it has not written yet are kept here as well.
//!
//! When the last edit is done, or no other can be made, the rewriter [is over](Written::Last), and whoever gives it bytes hands the rest of
//! the page on without it. Elements go [into the head](super::head_place), so that most pages are over within their first kilobyte or
//! two; the [largest picture](super::picture) stands near the top of its page. The two are found one after the other, each by a parser of its
//! own: the second one begins at the place in the head, where no element is open that matters to it, and looks at pictures alone.
//!
//! A page whose first bytes are not there yet is held until there are [three](MARK_BYTES), since a byte order mark is as long.

use super::edit::{HtmlEdit, LargestPicture};
use super::head_place::{HeadPlace, Output, Place};
use super::picture::PictureSearch;
use super::splice::splice;
use crate::page_encoding::{MARK_BYTES, PRESCAN_BYTES, declared_encoding};

/// Down to where the head is looked for, in bytes. No page has comments that long before its first element.
const MAX_HEAD_BYTES: usize = 64 * 1024;

/// Down to where the largest picture is looked for, in bytes.
const MAX_PICTURE_BYTES: usize = 1024 * 1024;

/// Changes one page.
pub struct Rewriter {
    /// What is put into the head.
    into_head: String,
    /// The picture that is looked for.
    picture: Option<LargestPicture>,
    /// The label that the page's `Content-Type` has.
    charset: Option<String>,
    stage: Stage,
    /// The bytes that have been given and not been written.
    held: Vec<u8>,
    /// Where they stand in the page.
    at: usize,
    /// How many of them the parser has.
    read: usize,
    /// Where elements go into the head, once that is known, in bytes from the page's beginning.
    place: Option<usize>,
    output: Output,
}

/// What is looked for.
enum Stage {
    /// The page's encoding, as far as its first bytes tell.
    Start,
    Head(HeadPlace),
    /// With where in the page that search has begun.
    Picture(PictureSearch, usize),
    /// Nothing any more.
    Over,
}

/// What is to be handed on of what has been given.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Written {
    /// The bytes that were just given, and nothing else.
    Same,
    /// These bytes. So many of the last ones that were given are not among them yet: in case that nothing follows them, they are to be
    /// handed on as they are.
    Some {
        /// What is to be handed on.
        bytes: Vec<u8>,
        /// How many are not.
        held: usize,
    },
    /// These bytes, in which nothing is missing. The rest of the page is to be handed on as it is.
    Last(Vec<u8>),
}

/// Whether a page may be edited whose `Content-Type` has this charset label: not if that names an encoding that is no superset of
/// ASCII.
#[must_use]
pub fn may_edit(charset: Option<&str>) -> bool {
    declared_encoding(&[], charset).is_ok()
}

impl Rewriter {
    /// A page with these edits. `charset` is the label that its `Content-Type` has, if any.
    #[must_use]
    pub fn new(edits: Vec<HtmlEdit>, charset: Option<&str>) -> Self {
        let mut rewriter = Self {
            into_head: String::new(),
            picture: None,
            charset: charset.map(str::to_owned),
            stage: Stage::Start,
            held: Vec::new(),
            at: 0,
            read: 0,
            place: None,
            output: Output::default(),
        };
        for edit in edits {
            match edit {
                // What is not ASCII could be something else in the page's encoding.
                HtmlEdit::IntoHead(html) if html.is_ascii() => rewriter.into_head.push_str(&html),
                HtmlEdit::IntoHead(_) => {}
                HtmlEdit::HurryPicture(picture) => rewriter.picture = Some(picture),
            }
        }
        rewriter
    }

    /// Takes the next bytes of the page, and gives what is to be handed on. When the page is over nobody needs to say so.
    pub fn write(&mut self, bytes: &[u8]) -> Written {
        let is_fresh = self.held.is_empty();
        self.held.extend_from_slice(bytes);
        let is_unchanged = self.advance();
        let written = self.output.take();
        if matches!(self.stage, Stage::Over) {
            return Written::Last(written);
        }
        if is_unchanged && is_fresh && self.held.is_empty() {
            return Written::Same;
        }
        Written::Some { bytes: written, held: self.held.len() }
    }

    /// Where elements go into the page's head, in bytes from its beginning; `None` as long as that is not known, and where they go
    /// nowhere.
    #[must_use]
    pub fn place(&self) -> Option<usize> {
        self.place
    }

    /// Goes on as far as the bytes reach that are there. Answers whether all that is written is the origin's.
    fn advance(&mut self) -> bool {
        let mut is_unchanged = true;
        loop {
            match std::mem::replace(&mut self.stage, Stage::Over) {
                Stage::Start if self.held.len() < MARK_BYTES => {
                    self.stage = Stage::Start;
                    return is_unchanged;
                }
                Stage::Start => {
                    let Ok(declared) = declared_encoding(&self.held, self.charset.as_deref()) else {
                        break;
                    };
                    self.stage = Stage::Head(HeadPlace::new(&self.held, declared, &self.output));
                }
                Stage::Head(mut search) => {
                    if self.read_with(|bytes| search.write(bytes).is_ok()) {
                        if self.at > MAX_HEAD_BYTES {
                            break;
                        }
                        self.stage = Stage::Head(search);
                        return is_unchanged;
                    }
                    let Some(place) = search.place().filter(|place| self.is_fit(place)) else { break };
                    if !self.put_into_head(&place) {
                        break;
                    }
                    is_unchanged &= self.into_head.is_empty();
                    let Some((picture, encoding)) = self.picture.take().zip(place.encoding) else { break };
                    let search = PictureSearch::new(picture, encoding, &self.output);
                    self.stage = Stage::Picture(search, self.at);
                }
                Stage::Picture(mut search, start) => {
                    if self.read_with(|bytes| search.write(bytes).is_ok()) {
                        if self.at > MAX_PICTURE_BYTES {
                            break;
                        }
                        self.stage = Stage::Picture(search, start);
                        return is_unchanged;
                    }
                    if let Ok(mut output) = self.output.try_borrow_mut() {
                        splice(&self.held, self.at, &search.splices(start), &mut output);
                    }
                    self.held = Vec::new();
                    return false;
                }
                Stage::Over => break,
            }
        }
        // Nothing else is edited, and what is held goes out as it is.
        if let Ok(mut output) = self.output.try_borrow_mut() {
            output.append(&mut self.held);
        }
        self.held = Vec::new();
        is_unchanged
    }

    /// Has a parser read what is held and not read yet, and lets go of what it has written. Answers whether it goes on.
    fn read_with(&mut self, read: impl FnOnce(&[u8]) -> bool) -> bool {
        let written = || self.output.try_borrow().map_or(0, |output| output.len());
        let before = written();
        let goes_on = read(self.held.get(self.read..).unwrap_or_default());
        let written = written().saturating_sub(before).min(self.held.len());
        self.held.drain(..written);
        self.at = self.at.saturating_add(written);
        self.read = self.held.len();
        goes_on
    }

    /// Whether the page does not say its encoding where it would be pushed out of browsers' sight.
    fn is_fit(&self, place: &Place) -> bool {
        const CHARSET: &[u8] = b"charset";
        let left = PRESCAN_BYTES.saturating_sub(self.at).min(self.held.len());
        let rest = self.held.get(..left).unwrap_or_default();
        let declares = || rest.windows(CHARSET.len()).any(|window| window.eq_ignore_ascii_case(CHARSET));
        !(place.may_declare && declares())
    }

    /// Writes what is held up to a place, and what is put in there. Answers whether the place is within what is held.
    fn put_into_head(&mut self, place: &Place) -> bool {
        let Some(length) = place.at.checked_sub(self.at).filter(|length| *length <= self.held.len()) else {
            return false;
        };
        let Ok(mut output) = self.output.try_borrow_mut() else { return false };
        output.extend(self.held.drain(..length));
        output.extend_from_slice(self.into_head.as_bytes());
        self.at = place.at;
        self.place = Some(place.at);
        // The next parser has seen nothing yet.
        self.read = 0;
        true
    }
}

#[cfg(test)]
mod tests;
