//! What the elements of pictures have a browser fetch: `<img>`, and the `<source>`s of a `<picture>`.

use super::{attribute, cross_origin, demand, has_value, is_for_screen, priority, types};
use crate::csp::Destination;
use crate::hints::srcset;
use crate::hints::usage::{Demand, Usage};
use crate::hints::{Origin, Pools};
use crate::learn::document::Document;
use crate::learn::document::insecure::Initiator;
use crate::learn::document::pictures::{Picture, Source};
use lol_html::html_content::Element;

/// The elements that mean something to a `<picture>`: of those deeper in it browsers take no notice.
pub(super) const CHILDREN: &str = "picture > source, picture > img";

/// The most URLs that are looked at of one picture, with those of its `<picture>`.
const MAX_SOURCES: usize = 50;

/// Where scripts that load pictures late find their candidates.
const LATER_SRCSET: [&str; 2] = ["data-srcset", "data-lazy-srcset"];

/// And how wide the picture is then.
const LATER_SIZES: [&str; 2] = ["data-sizes", "data-lazy-sizes"];

/// Down to where pictures may be in view, in CSS pixels: for sure at the top, then less and less.
const VIEW_HEIGHT: u32 = 1500;

/// How high a picture is that does not say so.
const PICTURE_HEIGHT: u32 = 120;

/// How many pictures at the top of a page are fetched although they are marked as lazy.
const LAZY_PICTURES_IN_REACH: u32 = 2;

impl Document {
    /// `img`, with the sources of the `<picture>` that it stands in.
    pub(super) fn see_picture(&mut self, element: &Element<'_, '_>) {
        let pools = self.pools_of(cross_origin(element));
        let is_lazy = has_value(element, "loading", "lazy");
        let of_sources = if self.is_in_picture { self.picture.take() } else { None };
        let mut urls = of_sources.unwrap_or_default();
        let sources = attribute(element, "srcset").unwrap_or_default();
        let mut candidates = srcset::urls(&sources).peekable();
        if candidates.peek().is_none() {
            urls.extend(attribute(element, "src"));
        }
        let room = MAX_SOURCES.saturating_sub(urls.len());
        urls.extend(candidates.take(room).map(str::to_owned));
        let initiator = Initiator::of_picture(self.is_in_picture || element.has_attribute("srcset"));
        // Of all of these a browser fetches one, most likely of the first origin; the others may not be needed.
        let usage = self.picture_usage(pools, is_lazy, priority(element));
        self.see_origins(urls.iter().map(String::as_str), initiator, usage);
        let pictures = pictures(element, self.is_in_picture);
        for Picture { src, srcset, initiator, .. } in pictures.iter().filter(|picture| picture.is_deferred) {
            self.see_later([src.as_str()].into_iter().chain(srcset::urls(srcset)), *initiator);
        }
        if !element.has_attribute("referrerpolicy") {
            // A link has no such policy that all browsers heed.
            for picture in pictures {
                self.name_picture(&picture, cross_origin(element), self.is_in_picture);
            }
        }
        let height = attribute(element, "height").and_then(|height| height.trim().parse().ok());
        self.height = self.height.saturating_add(height.unwrap_or(PICTURE_HEIGHT));
        self.pictures = self.pictures.saturating_add(1);
    }

    /// What a script is to move to where it counts. Whether it does, browsers tell; so it may come from these origins.
    fn see_later<'u>(&mut self, urls: impl Iterator<Item = &'u str>, initiator: Initiator) {
        let usage = Usage { found: self.found(), ..Usage::LOOKUP };
        self.see_origins(urls.take(MAX_SOURCES), initiator, usage);
    }

    /// Adds each origin of these URLs once, the first one with this usage, and the others as those that may not be needed.
    fn see_origins<'u>(&mut self, urls: impl Iterator<Item = &'u str>, initiator: Initiator, first: Usage) {
        let mut origins = Vec::new();
        for url in urls {
            let origin = self.resolve(url).and_then(|url| Origin::of(&url));
            if origin.is_some() && !origins.contains(&origin) {
                let others = || Usage { found: self.found(), ..Usage::LOOKUP };
                let usage = if origins.is_empty() { first } else { others() };
                self.add_by(initiator, url, Destination::Image, None, usage);
                origins.push(origin);
            }
        }
    }

    /// `source`, which means nothing by itself.
    pub(super) fn see_source(&mut self, element: &Element<'_, '_>) {
        let kind = if self.is_in_picture { Destination::Image } else { Destination::Media };
        if !is_for_screen(element) || !types::may_be(element, kind) {
            // Browsers go on to the next one.
            return;
        }
        if self.is_in_picture {
            let of = |name: &str| attribute(element, name).filter(|value| !value.is_empty());
            let now = of("srcset");
            if let Some(urls) = &mut self.picture {
                let room = MAX_SOURCES.saturating_sub(urls.len());
                urls.extend(srcset::urls(now.as_deref().unwrap_or_default()).take(room).map(str::to_owned));
            }
            // As for an `<img>`: those that a script is to move to where they count.
            let later = |names: &[&str]| names.iter().find_map(|name| of(name)).filter(|_| now.is_none());
            let sizes = of("sizes").or_else(|| later(&LATER_SIZES)).unwrap_or_default();
            let [media, media_type] = ["media", "type"].map(|name| of(name).unwrap_or_default());
            let is_deferred = now.is_none();
            let srcset = later(&LATER_SRCSET).or(now).unwrap_or_default();
            if is_deferred {
                self.see_later(srcset::urls(&srcset), Initiator::ImageSet);
            }
            self.add_source(Source { srcset, sizes, media, media_type, is_deferred });
        } else if let Some((pools, false)) = self.media
            && let Some(src) = attribute(element, "src")
        {
            self.add(&src, Destination::Media, None, Usage::of(pools, Demand::ONE, self.found()));
        }
    }

    /// Adds a picture that stands here, with what it asks of its origin.
    pub(super) fn add_picture(
        &mut self,
        reference: &str,
        pools: Pools,
        is_lazy: bool,
        priority: Option<bool>,
    ) {
        let usage = self.picture_usage(pools, is_lazy, priority);
        self.add(reference, Destination::Image, None, usage);
    }

    fn picture_usage(&self, pools: Pools, is_lazy: bool, priority: Option<bool>) -> Usage {
        let found = self.found();
        self.picture_demand(is_lazy, priority)
            .map_or(Usage { found, ..Usage::LOOKUP }, |demand| Usage::of(pools, demand, found))
    }

    /// What a picture that stands here asks of its origin; `None` when it may never be fetched.
    pub(super) fn picture_demand(&self, is_lazy: bool, priority: Option<bool>) -> Option<Demand> {
        if is_lazy && self.pictures >= LAZY_PICTURES_IN_REACH {
            return None;
        }
        if priority.is_some() {
            return Some(demand(priority, false));
        }
        let left = VIEW_HEIGHT.saturating_sub(self.height);
        if is_lazy && left == 0 {
            return None;
        }
        let tenths = (10 * left + VIEW_HEIGHT / 2) / VIEW_HEIGHT;
        Some(Demand { requests: 1, urgent: u8::try_from(tenths).unwrap_or_default() })
    }
}

/// An `<img>`: as those of its attributes say, if there are any, that a script may move to where they count; and as it is now. A
/// script that loads pictures late shows the former, one that opens a larger picture (`data-src` in a shop's gallery) the latter.
/// Which it is, browsers tell.
fn pictures(element: &Element<'_, '_>, is_in_picture: bool) -> Vec<Picture> {
    let of = |name: &str| attribute(element, name).filter(|value| !value.is_empty());
    let either = |names: &[&str]| names.iter().find_map(|name| of(name));
    let [src, srcset, sizes] = ["src", "srcset", "sizes"].map(|name| of(name).unwrap_or_default());
    let is_lazy = has_value(element, "loading", "lazy");
    let is_high = priority(element) == Some(true);
    let is_of_set = is_in_picture || element.has_attribute("srcset");
    let now = Picture {
        src,
        srcset,
        sizes,
        is_lazy,
        is_high,
        is_deferred: false,
        is_one_of_two: false,
        initiator: Initiator::of_picture(is_of_set),
    };
    // What says the same as the element has nothing moved.
    let later_src = either(&["data-src", "data-lazy-src"]).filter(|later| *later != now.src);
    let later_srcset = either(&LATER_SRCSET);
    if !now.srcset.is_empty() || (later_src.is_none() && later_srcset.is_none()) {
        return vec![now];
    }
    let sizes = Some(now.sizes.clone()).filter(|sizes| !sizes.is_empty());
    let later = Picture {
        initiator: Initiator::of_picture(is_of_set || later_srcset.is_some()),
        src: later_src.unwrap_or_else(|| now.src.clone()),
        srcset: later_srcset.unwrap_or_default(),
        sizes: sizes.or_else(|| either(&LATER_SIZES)).unwrap_or_default(),
        is_deferred: true,
        ..now.clone()
    };
    if now.src.is_empty() {
        return vec![later];
    }
    [later, now].map(|picture| Picture { is_one_of_two: true, ..picture }).into()
}
