//! Reads the body of a response for learning, piece by piece: a page, a stylesheet, or nothing but the hash of a page. How it is
//! cut into pieces makes no difference.

use super::css::{self, MAX_CSS_BYTES};
use super::document::{self, PageFindings, encoding};
use super::html::{MAX_PAGE_BYTES, Observer};
use super::link_reader::SuspectLink;
use super::next::navigation_buffer::NavigationBuffer;
use super::next::visitor::Visitor;
use super::observation::{Observation, SheetObservation, are_named_by};
use super::site_url_cache::SiteUrlCache;
use super::stable_hash::StableHash;
use crate::hash::{FNV1A, fnv1a_on};
use crate::head::{Content, Head};
use crate::limits::MAX_PATH_BYTES;
use crate::urls::inert_parameters::InertParameters;
use crate::urls::path_and_query;
use crate::visit::Visit;
use encoding_rs::UTF_8;
use url::Url;

/// The most bytes of a body that are read for its hash: more than of any page that is read for its content.
const MAX_COMPARED_BYTES: usize = 4 * 1024 * 1024;

/// Reads one body.
pub struct BodyReader {
    path: String,
    content: Reader,
    /// The hash of what came; `None` once something was left unread.
    hash: Option<u64>,
    /// How many bytes may still come before nothing is compared any more.
    bytes_left: usize,
    /// For a page that others are given as well, perhaps: what tells it from theirs.
    shared: Option<StableHash>,
}

/// What reads the bytes.
enum Reader {
    /// Nothing but the hash.
    Hash,
    /// A page, of which at most so many bytes are read.
    Page(Box<Observer>, usize),
    Sheet(SheetReader),
}

/// A stylesheet's bytes, which are read as a whole: what a face of a font is needed for may stand anywhere.
struct SheetReader {
    url: Url,
    /// The label that its `Content-Type` has.
    charset: Option<String>,
    /// How many are read.
    most: usize,
    bytes: Vec<u8>,
}

/// What was read of a body.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum BodyRead {
    /// A page that is compared with what it is without inert parameters.
    Compared {
        /// Its path.
        path: String,
        /// The hash of the whole body; `None` where it is too large.
        hash: Option<u64>,
    },
    /// A page.
    Page {
        /// Its path.
        path: String,
        /// The hash of the whole body; `None` where not all of it was read.
        hash: Option<u64>,
        /// What was found on it.
        findings: PageFindings,
        /// What tells it from what others are given ([`BodyReader::comparing_visitors`]).
        shared: Option<u32>,
    },
    /// A stylesheet.
    Sheet {
        /// See [`path_and_query`].
        name: String,
        /// What was found in it.
        sheet: SheetObservation,
    },
}

impl BodyReader {
    /// Starts on the body of an answer to `visit` with this `head`. Links of a page that differ by `inert` parameters are links
    /// to the same page. `None` for what cannot be learned from: see [`Observer::new`], and a stylesheet whose path and query
    /// are too long.
    #[must_use]
    pub fn new(visit: &Visit, head: &Head, inert: &InertParameters) -> Option<Self> {
        let content = if head.content == Content::Page {
            Reader::Page(Box::new(Observer::new(&visit.url, head, inert)?), MAX_PAGE_BYTES)
        } else {
            Reader::Sheet(SheetReader::new(&visit.url, head)?)
        };
        Some(Self::with(visit, content))
    }

    /// Starts on a page of which only the hash is needed.
    #[must_use]
    pub fn comparing(visit: &Visit) -> Self {
        Self::with(visit, Reader::Hash)
    }

    fn with(visit: &Visit, content: Reader) -> Self {
        let path = visit.url.path().to_owned();
        Self { path, content, hash: Some(FNV1A), bytes_left: MAX_COMPARED_BYTES, shared: None }
    }

    /// The same for a page that says it is for one visitor alone, and was given to somebody who is nobody to the site: whether it
    /// is the same for all of them shows by a [`StableHash`].
    #[must_use]
    pub fn comparing_visitors(self) -> Self {
        Self { shared: Some(StableHash::default()), ..self }
    }

    /// The same, which reads at most so many bytes of a page or of a stylesheet for what is in it, if that is less: a page that has more
    /// is read as one is that has more than any that is read.
    #[must_use]
    pub fn reading_at_most(self, bytes: usize) -> Self {
        let content = match self.content {
            Reader::Hash => Reader::Hash,
            Reader::Page(observer, most) => {
                Reader::Page(Box::new(observer.reading_at_most(bytes)), most.min(bytes))
            }
            Reader::Sheet(sheet) => Reader::Sheet(SheetReader { most: sheet.most.min(bytes), ..sheet }),
        };
        Self { content, ..self }
    }

    /// How many bytes of the body are wanted at the most, for what takes time to read: it is held until the visitor has all of
    /// theirs. `None` for what does not, and is read as it comes.
    #[must_use]
    pub fn held_bytes(&self) -> Option<usize> {
        match &self.content {
            Reader::Hash => None,
            Reader::Page(_, most) => Some(*most),
            // One more tells that the text has been cut.
            Reader::Sheet(sheet) => Some(sheet.most + 1),
        }
    }

    /// Takes the next piece in. Answers whether more is wanted.
    pub fn write(&mut self, piece: &[u8]) -> bool {
        if let Some(shared) = &mut self.shared {
            shared.write(piece);
        }
        let left = self.bytes_left.checked_sub(piece.len());
        self.bytes_left = left.unwrap_or_default();
        let wants_more = match &mut self.content {
            Reader::Hash => true,
            Reader::Page(observer, _) => observer.write(piece),
            Reader::Sheet(sheet) => return sheet.write(piece),
        };
        let is_whole = left.is_some() && wants_more;
        self.hash = self.hash.filter(|_| is_whole).map(|hash| fnv1a_on(hash, piece));
        self.hash.is_some()
    }

    /// Ends the body, at `now` (milliseconds since the epoch). To be called at its end, or when no more is wanted; half a page
    /// would teach that the other half is not there.
    #[must_use]
    pub fn end(self, now: u64) -> BodyRead {
        let Self { path, hash, shared, .. } = self;
        match self.content {
            Reader::Hash => BodyRead::Compared { path, hash },
            Reader::Page(observer, _) => {
                // Half a page tells nothing.
                let shared = shared.filter(|_| hash.is_some()).map(StableHash::end);
                BodyRead::Page { path, hash, findings: observer.end(), shared }
            }
            Reader::Sheet(sheet) => sheet.end(now),
        }
    }
}

impl SheetReader {
    fn new(url: &Url, head: &Head) -> Option<Self> {
        let is_named = path_and_query(url).len() <= MAX_PATH_BYTES;
        let charset = head.charset.clone();
        is_named.then(|| Self { url: url.clone(), charset, most: MAX_CSS_BYTES, bytes: Vec::new() })
    }

    fn write(&mut self, piece: &[u8]) -> bool {
        // One byte too many tells that the text has been cut.
        let room = (self.most + 1).saturating_sub(self.bytes.len());
        self.bytes.extend_from_slice(piece.get(..room).unwrap_or(piece));
        self.bytes.len() <= self.most
    }

    fn end(self, now: u64) -> BodyRead {
        let said = encoding::of_sheet(&self.bytes, self.charset.as_deref());
        let text = said.unwrap_or(UTF_8).decode(&self.bytes).0;
        let is_whole = self.bytes.len() <= self.most;
        let sheet = document::sheet(&self.url, if is_whole { &text } else { css::whole_blocks(&text) }, now);
        let is_encoded_otherwise = said.is_some_and(|encoding| encoding != UTF_8);
        let sheet = SheetObservation { is_encoded_otherwise, ..sheet };
        BodyRead::Sheet { name: path_and_query(&self.url), sheet }
    }
}

/// Where an isolate keeps what was read.
pub struct Shelves<'a> {
    /// The stylesheets, and the hashes of pages.
    pub site_urls: &'a mut SiteUrlCache,
    /// What goes to the next-page learner; `None` where no next pages are learned.
    pub navigations: Option<&'a mut NavigationBuffer>,
    /// Whether third-party origins are learned.
    pub learns_hints: bool,
    /// The visitor to whom it was given.
    pub visitor: Option<Visitor>,
    /// The `Cookie` field of their request. What it names is not learned: a page may repeat it.
    pub cookies: &'a str,
}

/// What is left to be done with what was read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kept {
    /// Nothing.
    All,
    /// A page has been read, so it may be time to send what waits.
    Page,
    /// The same, and this is to be sent as well.
    Observation(Observation),
}

impl BodyRead {
    /// The pages of the site of which links on this one say that they do something.
    #[must_use]
    pub fn suspects(&self) -> &[SuspectLink] {
        match self {
            Self::Page { findings, .. } => &findings.suspects,
            Self::Compared { .. } | Self::Sheet { .. } => &[],
        }
    }

    /// Keeps what was read of `site` where it belongs, at `now` (milliseconds since the epoch). `served` is the number of views
    /// that it stands for.
    #[must_use]
    pub fn keep(self, site: &str, served: u32, shelves: Shelves<'_>, now: u64) -> Kept {
        let Shelves { site_urls, navigations, learns_hints, visitor, cookies } = shelves;
        match self {
            Self::Compared { path, hash } => {
                let differs = hash.and_then(|hash| site_urls.differs(site, &path, hash, now));
                if let (Some(differs), Some(navigations)) = (differs, navigations) {
                    navigations.varies(site, &path, differs);
                }
                Kept::All
            }
            Self::Page { path, hash, mut findings, shared } => {
                if let Some(hash) = hash {
                    site_urls.put_body(site, &path, hash, now);
                }
                let outline = std::mem::take(&mut findings.outline);
                if let Some(navigations) = navigations {
                    navigations.outline(site, &path, outline);
                    if let Some(visitor) = visitor {
                        if let Some(shared) = shared {
                            navigations.shared(site, &path, shared, visitor);
                        }
                        for suspect in &findings.suspects {
                            navigations.suspect(site, &suspect.shape, suspect.rule, visitor);
                        }
                    }
                }
                if !learns_hints {
                    return Kept::Page;
                }
                let observation = Observation { served, ..site_urls.follow(site, findings) };
                if are_named_by(cookies, &observation.uses) {
                    return Kept::Page;
                }
                Kept::Observation(observation)
            }
            Self::Sheet { name, sheet } => {
                if !are_named_by(cookies, &sheet.uses) {
                    site_urls.put_sheet(site, &name, sheet);
                }
                Kept::All
            }
        }
    }
}

#[cfg(test)]
mod tests;
