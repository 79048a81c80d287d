//! The parts of a page that might be preloaded, as its markup and its stylesheets name them: each with everything on which it
//! depends whether a browser takes what was preloaded for it.
//!
//! Named is not used: what a page really loads, and late enough, its visitors' browsers tell
//! ([`reports`](super::super::reports)). But nothing else is ever preloaded.

use super::Document;
use super::encoding::ReadAs;
use super::pictures::Source;
use crate::csp::Destination as Fetched;
use crate::hash::{fnv1a, fnv1a_on};
use crate::hints::Origin;
use crate::hints::resource::{Destination, MAX_SIZES_BYTES, Resource};
use crate::hints::usage::{CrossOrigin, Found};
use crate::learn::css::{Kind, Reference};
use crate::learn::is_default;
use crate::learn::report::key;
use crate::sorting;
use crate::urls::asset::is_shareable;
use crate::urls::hosts::are_of_one_site;
use crate::urls::path_and_query;
use serde::{Deserialize, Serialize};
use url::Url;

/// The most parts that are kept of one page or stylesheet, and their bytes, without what JSON adds.
pub const MAX_RESOURCES: usize = 48;
const MAX_RESOURCES_BYTES: usize = 12 * 1024;

/// The most fonts of a page's own `<style>`s that keep their place where there is no room for others.
const MAX_FIRM_FONTS: usize = 12;

/// The most faces of one stylesheet that are known to have no font to preload.
const MAX_BARE_FACES: usize = 40;

/// The most faces of one font: the weights of a variable one, say.
const MAX_FACES: usize = 12;

/// A part of a page that its markup or a stylesheet names.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct Named {
    /// How it is asked for.
    #[serde(rename = "r")]
    pub resource: Resource,
    /// Whether the page preloads it by itself.
    #[serde(rename = "o", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_preloaded: bool,
    /// Whether the first bytes of the page name it, with which a browser asks for it at once.
    #[serde(rename = "s", default, skip_serializing_if = "std::ops::Not::not")]
    pub is_at_start: bool,
    /// Of the picture of an `<img>`, its [form](crate::picture_form::form); else 0.
    #[serde(rename = "f", default, skip_serializing_if = "is_default")]
    pub form: u64,
    /// Of the picture of an `<img>`, what its tag says.
    #[serde(rename = "i", default, skip_serializing_if = "Option::is_none")]
    pub tag: Option<PictureTag>,
    /// Of a `<source>`'s picture, the `src` of its `<img>`, in the form of the resource's URL.
    #[serde(rename = "p", default, skip_serializing_if = "String::is_empty")]
    pub src: String,
    /// Of a font, the names of the faces for which a browser fetches it ([`face`](crate::learn::face)).
    #[serde(rename = "n", default, skip_serializing_if = "Vec::is_empty")]
    pub faces: Vec<u64>,
}

/// What the tag of an `<img>` says.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct PictureTag {
    /// Whether it is marked with `loading=lazy`.
    pub is_lazy: bool,
    /// Whether it is marked with `fetchpriority=high`.
    pub is_high: bool,
}

impl Named {
    /// One that is no picture of an `<img>`.
    #[must_use]
    pub fn new(resource: Resource) -> Self {
        Self {
            resource,
            is_preloaded: false,
            is_at_start: false,
            form: 0,
            tag: None,
            src: String::new(),
            faces: Vec::new(),
        }
    }

    /// Of the picture of an `<img>`, the `src` by which its tag is found.
    #[must_use]
    pub fn src(&self) -> &str {
        if self.src.is_empty() { &self.resource.url } else { &self.src }
    }

    /// Whether it is a font of a face that another one is a font of as well.
    #[must_use]
    pub fn shares_face(&self, other: &Self) -> bool {
        self.faces.iter().any(|face| other.faces.contains(face))
    }

    /// How many bytes its texts have.
    fn bytes(&self) -> usize {
        let Resource { url, srcset, sizes, media, media_type, .. } = &self.resource;
        [url, srcset, sizes, media, media_type, &self.src].map(String::len).iter().sum()
    }

    /// By what it is known from one build to the next. The fonts of a service have names that tell nothing, and several of one family
    /// would look alike; their faces stay.
    #[must_use]
    pub fn key(&self) -> u64 {
        let face = self.faces.iter().min();
        face.map_or_else(|| key(&self.resource), |face| fnv1a_on(fnv1a(b"face\n"), &face.to_le_bytes()))
    }
}

/// A part that was found.
#[derive(Debug)]
struct Entry {
    named: Named,
    /// Whether it gives way to others where there is no room: a picture that is not to be fetched yet, or that the page preloads, and
    /// fonts of a `<style>` beyond the first ones.
    gives_way: bool,
    read_as: ReadAs,
}

/// The parts that were found.
#[derive(Debug, Default)]
pub(in crate::learn) struct Resources {
    named: Vec<Entry>,
    bytes: usize,
    /// The sources of the `<picture>` that is open.
    pub(super) sources: Vec<Source>,
    /// Whether one of them is too long to be looked at.
    pub(super) has_long_source: bool,
}

impl Resources {
    /// Adds a part. The same named twice is one. `gives_way` says that any other that does not has its place where there is no room.
    pub(super) fn add(&mut self, named: Named, gives_way: bool) {
        self.add_read(named, gives_way, ReadAs::Page);
    }

    /// The same of a text, with the encoding in which it is read.
    fn add_read(&mut self, named: Named, gives_way: bool, read_as: ReadAs) {
        let is_same = |known: &&mut Entry| known.named.resource == named.resource;
        if let Some(entry) = self.named.iter_mut().find(is_same) {
            entry.gives_way &= gives_way;
            entry.read_as = entry.read_as.max(read_as);
            let known = &mut entry.named;
            let before = known.bytes();
            known.is_preloaded |= named.is_preloaded;
            known.is_at_start |= named.is_at_start;
            if known.form == 0 {
                (known.form, known.tag, known.src) = (named.form, named.tag, named.src);
            }
            self.bytes = self.bytes.saturating_sub(before).saturating_add(known.bytes());
            for face in named.faces {
                if known.faces.len() < MAX_FACES && !known.faces.contains(&face) {
                    known.faces.push(face);
                }
            }
            return;
        }
        let bytes = named.bytes();
        let has_room =
            |all: &Self| all.named.len() < MAX_RESOURCES && all.bytes + bytes <= MAX_RESOURCES_BYTES;
        // A menu with pictures, say, must not keep those of the page out: of what is lazy hardly any is the largest.
        while !has_room(self) && !gives_way {
            let Some(other) = self.named.iter().rposition(|entry| entry.gives_way) else { return };
            self.bytes = self.bytes.saturating_sub(self.named.remove(other).named.bytes());
        }
        if has_room(self) {
            self.bytes += bytes;
            self.named.push(Entry { named, gives_way, read_as });
        }
    }

    /// Adds what CSS on the page names. It may have dozens of fonts, each in several formats: those beyond the first ones give way.
    fn add_of_css(&mut self, named: Named) {
        let is_font = |named: &Named| named.resource.destination == Destination::Font;
        let fonts = || self.named.iter().filter(|entry| is_font(&entry.named)).count();
        let gives_way = is_font(&named) && fonts() >= MAX_FIRM_FONTS;
        self.add(named, gives_way);
    }

    /// Hands out all that was named, but what the page, which is in UTF-8 or is not, has read in another encoding; nothing is left. What it
    /// preloads by itself stays: nobody else does.
    pub(super) fn finish(&mut self, is_page_utf_8: bool) -> Vec<Named> {
        let is_kept = |Entry { named, read_as, .. }: &Entry| {
            let is_text = named.resource.destination.is_text();
            !is_text || named.is_preloaded || read_as.is_utf_8(is_page_utf_8)
        };
        let named = std::mem::take(&mut self.named).into_iter().filter(is_kept);
        named.map(|entry| entry.named).collect()
    }
}

/// How a URL is named on pages of this origin: by its path and query, or as a whole; `None` for what nobody else may be told.
fn name(url: &Url, own: Option<&Origin>) -> Option<String> {
    let page = own.and_then(|own| Url::parse(own.as_str()).ok());
    name_on(url, own, page.as_ref())
}

/// The same on pages of the site of `page`, where that is known; by its path and query on those of the origin `own`.
fn name_on(url: &Url, own: Option<&Origin>, page: Option<&Url>) -> Option<String> {
    let mut url = url.clone();
    url.set_fragment(None);
    let origin = Origin::of(&url)?;
    let is_elsewhere = |url: &Url| page.is_some_and(|page| !are_of_one_site(page, url));
    let is_told = is_shareable(&url, &is_elsewhere);
    is_told.then(|| if Some(&origin) == own { path_and_query(&url) } else { url.into() })
}

/// What a reference in CSS might be preloaded as, by the name of its URL.
fn of_css(url: String, reference: &Reference) -> Option<Named> {
    let resource = match reference.kind {
        // Whether it is used, browsers tell.
        Kind::Font | Kind::RareFont => Resource::font(url)?,
        Kind::Import { blocks_rendering: true } => Resource::new(url, Destination::Style),
        // Where CSS says no type no ending tells either: the same picture of an `<img>` would be another one.
        Kind::Image | Kind::RootImage => {
            let media = reference.media.clone().filter(|media| media.len() <= MAX_SIZES_BYTES)?;
            let media_type = reference.media_type.clone();
            Resource { media_type, media, ..Resource::new(url, Destination::Image) }
        }
        // Hardly ever the largest of a page.
        Kind::Import { .. } | Kind::CorsImage => return None,
    };
    Some(Named::new(resource))
}

/// What the font of a face might be preloaded as.
fn of_face(url: String, face: u64) -> Option<Named> {
    Some(Named { faces: vec![face], ..Named::new(Resource::font(url)?) })
}

impl Document {
    /// Names a part that rendering waits for, at a URL that the page fetches. Not one of a shadow root: of those a browser cannot tell
    /// whether anything uses them, since the document's lists of stylesheets and scripts are without them.
    pub(in crate::learn) fn name(
        &mut self,
        url: Option<&Url>,
        destination: Destination,
        cross_origin: CrossOrigin,
        media: &str,
        read_as: ReadAs,
    ) {
        if self.shadows > 0 {
            return;
        }
        let Some(url) = url.and_then(|url| self.name_of(url)) else { return };
        let media = if media.eq_ignore_ascii_case("all") { "" } else { media };
        if media.len() <= MAX_SIZES_BYTES {
            let resource = Resource::new(url, destination);
            let resource = Resource { cross_origin, media: media.to_owned(), ..resource };
            let is_at_start = self.found() == Found::Start;
            self.resources.add_read(Named { is_at_start, ..Named::new(resource) }, false, read_as);
        }
    }

    /// Names what the page preloads by itself.
    pub(in crate::learn) fn name_preloaded(&mut self, url: Option<&Url>, fetched: Fetched) {
        let destination = match fetched {
            Fetched::Font => Destination::Font,
            Fetched::Image => Destination::Image,
            Fetched::Style => Destination::Style,
            Fetched::Script => Destination::Script,
            _ => return,
        };
        if let Some(url) = url.and_then(|url| name(url, self.own_origin.as_ref())) {
            // Of a picture a page may name a dozen candidates.
            let gives_way = destination == Destination::Image;
            let named = Named { is_preloaded: true, ..Named::new(Resource::new(url, destination)) };
            self.resources.add(named, gives_way);
        }
    }

    /// Names what CSS on the page refers to: see [`Reference`].
    pub(in crate::learn) fn name_css(&mut self, url: Option<&Url>, reference: &Reference) {
        let is_untold = self.shadows > 0 && matches!(reference.kind, Kind::Import { .. });
        let url = url.filter(|_| !is_untold).and_then(|url| self.name_of(url));
        if let Some(named) = url.and_then(|url| of_css(url, reference)) {
            self.resources.add_of_css(named);
        }
    }

    /// Names a picture that an element shows without candidates: the poster of a `<video>`.
    pub(in crate::learn) fn name_poster(&mut self, url: Option<&Url>) {
        if let Some(url) = url.and_then(|url| self.name_of(url)) {
            self.resources.add(Named::new(Resource::new(url, Destination::Image)), false);
        }
    }

    /// Names the font of a face of a `<style>`.
    pub(super) fn name_face(&mut self, url: Option<&Url>, face: u64) {
        if let Some(named) = url.and_then(|url| of_face(self.name_of(url)?, face)) {
            self.resources.add_of_css(named);
        }
    }

    /// How a URL is named that the page fetches; `None` for what nobody else may be told, and for another origin's where the page
    /// withholds the referrer from it: a preload that comes with the header is asked for before the page says so.
    pub(super) fn name_of(&self, url: &Url) -> Option<String> {
        let is_told = !self.withholds_referrer || Origin::of(url) == self.own_origin;
        name(url, self.own_origin.as_ref()).filter(|_| is_told)
    }
}

/// Of which pages a stylesheet is.
#[derive(Clone, Copy)]
pub(super) enum UsedBy<'a> {
    /// Those of its own origin.
    Origin(Option<&'a Origin>),
    /// Those of this site, where that is known, of which it is a third party.
    Site(Option<&'a Url>),
}

/// What a stylesheet refers to, and the fonts of its faces, as far as it might be preloaded by the pages that use it. `bare_faces` has the
/// names of the faces without a font, and is given those of the faces whose font is never preloaded.
pub(super) fn of_sheet(
    targets: impl Iterator<Item = (Url, Reference)>,
    faces: impl Iterator<Item = (Url, u64)>,
    bare_faces: &mut Vec<u64>,
    used_by: UsedBy<'_>,
) -> Vec<Named> {
    let name = |url: &Url| match used_by {
        UsedBy::Origin(own) => name(url, own),
        UsedBy::Site(page) => name_on(url, None, page),
    };
    let mut resources = Resources::default();
    let of_target = |(url, reference): (Url, Reference)| of_css(name(&url)?, &reference);
    for named in targets.filter_map(of_target) {
        resources.add(named, false);
    }
    for (url, face) in faces {
        match name(&url).and_then(|url| of_face(url, face)) {
            Some(named) => resources.add(named, false),
            None => bare_faces.push(face),
        }
    }
    sorting::sort(bare_faces);
    bare_faces.dedup();
    bare_faces.truncate(MAX_BARE_FACES);
    // Of what it imports each page tells whether it may be preloaded there.
    resources.finish(true)
}
