//! The pictures of a page that might be preloaded: `<img>`, and the sources of the `<picture>` around it.
//!
//! A preload must have a browser choose what the element has it choose (HTML, "update the source set"): the first source whose media
//! and type fit, of its candidates the one for the window and the screen. What a link cannot say exactly is not named, for then both
//! would be fetched.

use super::Document;
use super::insecure::Initiator;
use super::resources::{Named, PictureTag};
use crate::auto_sizes::has_auto;
use crate::csp::Destination as Fetched;
use crate::hints::media;
use crate::hints::resource::{Destination, MAX_CANDIDATES, MAX_SIZES_BYTES, MAX_SRCSET_BYTES, Resource};
use crate::hints::srcset::{self, Descriptor};
use crate::hints::usage::CrossOrigin;
use crate::picture_form::form;
use url::Url;

/// The most sources of one `<picture>` that are known. What stands behind more is not named.
const MAX_SOURCES: usize = 10;

/// A `<source>` of a `<picture>`.
#[derive(Clone, Debug, Default)]
pub(in crate::learn) struct Source {
    pub(in crate::learn) srcset: String,
    pub(in crate::learn) sizes: String,
    pub(in crate::learn) media: String,
    pub(in crate::learn) media_type: String,
    /// Whether a script is to give it these candidates.
    pub(in crate::learn) is_deferred: bool,
}

/// The longest attribute of a `<source>` that is looked at, in bytes. What a longer one says, and what stands behind it, is not named.
const MAX_SOURCE_BYTES: usize = 4 * MAX_SRCSET_BYTES;

/// An `<img>`.
#[derive(Clone, Debug)]
pub(in crate::learn) struct Picture {
    /// What has its `src` fetched.
    pub(in crate::learn) initiator: Initiator,
    pub(in crate::learn) src: String,
    pub(in crate::learn) srcset: String,
    pub(in crate::learn) sizes: String,
    pub(in crate::learn) is_lazy: bool,
    pub(in crate::learn) is_high: bool,
    /// Whether a script is to give these to the element, which does not have them yet.
    pub(in crate::learn) is_deferred: bool,
    /// Whether the element is this picture now and another one later, or the other way round. Each has its own of the sources then:
    /// those of which a browser knows the candidates now are for what is shown now.
    pub(in crate::learn) is_one_of_two: bool,
}

/// Of what a browser chooses one.
struct Choice {
    /// The candidates, as a link has them.
    srcset: String,
    /// The URL that stands beside them.
    url: String,
    /// Whether the size of the picture decides.
    is_by_size: bool,
}

impl Source {
    /// The media queries under which a browser takes it, behind the sources `before`; `None` where it never does, or where no media
    /// query says it.
    fn media_behind(&self, before: &[&Source]) -> Option<String> {
        let trimmed =
            |source: &Source| [source.media.trim(), source.media_type.trim()].map(str::to_ascii_lowercase);
        let [own_media, own_type] = trimmed(self);
        let is_chosen_by_media = |source: &&&Source| {
            let [media, media_type] = trimmed(source);
            // Where the type alone decides, a browser leaves preloads of a type alone that it does not know.
            let is_by_type = !media_type.is_empty() && media_type != own_type;
            !(is_by_type && (media.is_empty() || media == own_media))
        };
        let before: Vec<&str> =
            before.iter().filter(is_chosen_by_media).map(|source| source.media.as_str()).collect();
        media::without(&self.media, &before)
    }
}

impl Document {
    /// Opens a `<picture>`.
    pub(in crate::learn) fn open_picture(&mut self) {
        self.resources.sources.clear();
        self.resources.has_long_source = false;
    }

    /// Notes a `<source>` of the `<picture>` that is open. One without candidates browsers pass over.
    pub(in crate::learn) fn add_source(&mut self, mut source: Source) {
        if self.resources.sources.len() > MAX_SOURCES || srcset::urls(&source.srcset).next().is_none() {
            return;
        }
        // Each `<img>` looks at all of them again.
        let words = [&source.sizes, &source.media, &source.media_type];
        self.resources.has_long_source |= words.iter().any(|text| text.len() > MAX_SOURCE_BYTES);
        if source.srcset.len() > MAX_SOURCE_BYTES {
            // Which is not named.
            source.srcset.clear();
        }
        if !self.resources.has_long_source {
            self.resources.sources.push(source);
        }
    }

    /// Names the picture of an `<img>`, and, where it stands in the `<picture>` that is open, those of its sources, of which a browser
    /// fetches one.
    pub(in crate::learn) fn name_picture(
        &mut self,
        picture: &Picture,
        cross_origin: CrossOrigin,
        is_in_picture: bool,
    ) {
        if is_in_picture && self.resources.has_long_source {
            return;
        }
        let of_picture = std::mem::take(&mut self.resources.sources);
        let sources: &[Source] = if is_in_picture { &of_picture } else { &[] };
        let Picture { src, srcset, sizes, is_lazy, is_high, is_deferred, is_one_of_two, initiator } = picture;
        let form = form(srcset, sizes);
        let img = Source { srcset: srcset.clone(), sizes: sizes.clone(), ..Source::default() };
        let src = self.picture_name(src, *initiator);
        // What a script moves to where it counts, no markup can hurry; and what is not lazy any more has no use for `auto`.
        let is_fixed = !sources.iter().chain([&img]).any(|source| has_auto(&source.sizes));
        let tag = (!is_deferred && is_fixed && src.is_some())
            .then_some(PictureTag { is_lazy: *is_lazy, is_high: *is_high });
        // Hardly any of what is not to be fetched yet is the largest.
        let gives_way = *is_lazy || *is_deferred;
        let mut before: Vec<&Source> = Vec::new();
        for source in sources.iter().take(MAX_SOURCES) {
            let is_its = !is_one_of_two || source.is_deferred == *is_deferred;
            let resource = if is_its { self.of_source(source, &before, None, cross_origin) } else { None };
            if let Some(resource) = resource {
                let src = src.clone().unwrap_or_default();
                self.resources.add(Named { form, tag, src, ..Named::new(resource) }, gives_way);
            }
            // What a browser does not know yet keeps it from nothing.
            if is_its || *is_deferred {
                before.push(source);
            }
        }
        if sources.len() <= MAX_SOURCES
            && let Some(resource) =
                self.of_source(&img, &before, Some((&picture.src, src.as_deref())), cross_origin)
        {
            self.resources.add(Named { form, tag, ..Named::new(resource) }, gives_way);
        }
        // Another `<img>` of the same `<picture>` has them, too.
        self.resources.sources = of_picture;
    }

    /// A picture as one of its sources has it, behind others. `src` is that of an `<img>`, and its name, where it may be told. `None`
    /// where it has too many candidates, or one that nobody else may be told, or where a link would have a browser choose another.
    fn of_source(
        &self,
        source: &Source,
        before: &[&Source],
        src: Option<(&str, Option<&str>)>,
        cross_origin: CrossOrigin,
    ) -> Option<Resource> {
        let media = source.media_behind(before)?;
        let Choice { srcset, url, is_by_size } = self.choice(&source.srcset, src)?;
        let sizes = if srcset.is_empty() { String::new() } else { media::one_line(&source.sizes) };
        if sizes.len() > MAX_SIZES_BYTES || media.len() > MAX_SIZES_BYTES || (is_by_size && has_auto(&sizes))
        {
            return None;
        }
        let media_type = source.media_type.trim().to_ascii_lowercase();
        let resource = Resource::new(url, Destination::Image);
        Some(Resource { cross_origin, media_type, srcset, sizes, media, ..resource })
    }

    /// Of what a browser chooses one, for a `srcset` and perhaps a `src`.
    fn choice(&self, srcset: &str, src: Option<(&str, Option<&str>)>) -> Option<Choice> {
        if srcset.len() > MAX_SOURCE_BYTES {
            return None;
        }
        let mut candidates: Vec<(Descriptor, String, String)> = Vec::new();
        for (count, (url, text)) in srcset::candidates(srcset).enumerate() {
            let descriptor = srcset::descriptor(text).filter(|_| count < MAX_CANDIDATES)?;
            let name = self.picture_name(url, Initiator::ImageSet)?;
            // Of two with the same descriptor the first one counts.
            if !candidates.iter().any(|(known, ..)| *known == descriptor) {
                let text = text.split_ascii_whitespace().next().unwrap_or_default();
                let line = if text.is_empty() { name.clone() } else { format!("{name} {text}") };
                candidates.push((descriptor, name, line));
            }
        }
        let widths = candidates.iter().filter(|(known, ..)| matches!(known, Descriptor::Width(_))).count();
        if widths > 0 && widths < candidates.len() {
            // Browsers tell which is meant, but not all of them the same.
            return None;
        }
        let is_by_size = widths > 0;
        let lowest = candidates.iter().min_by(|(one, ..), (other, ..)| one.value().total_cmp(&other.value()));
        let lowest = lowest.map(|(descriptor, name, _)| (descriptor.value(), name.clone()));
        // Where an `<img>` would choose its `src`, a link has it as a candidate for a density of 1.
        let leaves_src = srcset::leaves_src(candidates.iter().map(|(known, ..)| *known));
        let named = src.and_then(|(_, name)| name).map(str::to_owned);
        let is_without = src.is_none_or(|(src, _)| src.trim().is_empty());
        let url = match lowest {
            Some((_, lowest)) if !leaves_src => named.unwrap_or(lowest),
            // Which has to be one that a browser would take for that density anyway.
            Some((density, lowest)) if is_without => Some(lowest).filter(|_| density > 1.0)?,
            None | Some(_) => named?,
        };
        let lines: Vec<String> = candidates.into_iter().map(|(.., line)| line).collect();
        let srcset = lines.join(", ");
        (srcset.len() <= MAX_SRCSET_BYTES).then_some(Choice { srcset, url, is_by_size })
    }

    /// How the URL of a picture is named that the page fetches.
    fn picture_name(&self, reference: &str, initiator: Initiator) -> Option<String> {
        self.picture_url(reference, initiator).and_then(|url| self.name_of(&url))
    }

    /// The URL of a picture that the page fetches.
    pub(in crate::learn) fn picture_url(&self, reference: &str, initiator: Initiator) -> Option<Url> {
        let url = self.requested(reference, Fetched::Image, initiator)?;
        self.policies.allows(&self.url, &url, Fetched::Image, None).then_some(url)
    }
}
