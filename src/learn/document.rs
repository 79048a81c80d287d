//! A page while it is read: what its markup makes a browser fetch, from which origins.
//!
//! [`super::html`] finds the elements; here each reference is resolved as a browser would (base URL, mixed content,
//! Content-Security-Policy) and added to the use of its origin.

use super::awaited_pictures::AwaitedPictures;
use super::css::faces::NamedFont;
use super::css::{self, Kind, Reference};
use super::link_reader::{LinkReader, SuspectLink};
use super::next::navigation_batch::Outline;
use super::observation::{
    Families, MAX_ORIGINS, MAX_SHEETS, MAX_THIRD_PARTY_SHEETS, Observation, OriginUse, SheetObservation,
    Withheld,
};
use super::outline::Sketch;
use super::third_party_sheet;
use crate::csp::{Destination, OwnScript, Policies};
use crate::endpoints;
use crate::hash::hash16;
use crate::hints::usage::{CrossOrigin, Demand, Found, Usage};
use crate::hints::{Origin, Pools};
use crate::limits::MAX_PATH_BYTES;
use crate::urls::path_and_query;
use encoding_rs::{Encoding, UTF_8};
use insecure::Initiator;
use resources::{Resources, UsedBy};
use std::cell::Cell;
use url::Url;

pub(super) mod encoding;
pub(super) mod insecure;
pub(super) mod pictures;
pub mod resources;

/// How much of a page is on its way together with the header that carries our hints, in bytes.
const START_BYTES: usize = 1024;

/// The most URLs of the site itself that are kept of one page.
const MAX_OWN_URLS: usize = 400;

/// The most references that are resolved of one page, wherever in it they stand; and the longest of them in bytes, `data:` URLs
/// among those that are longer. Each is compared with what a policy allows.
pub(super) const MAX_REFERENCES: u32 = 30_000;
const MAX_REFERENCE_BYTES: usize = 8 * 1024;

/// The families of fonts of one origin, below which a stylesheet tells which they are.
const MAX_FAMILIES: usize = 20;

/// What the reading of a page has found.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct PageFindings {
    /// What goes to the learner.
    pub observation: Observation,
    /// The URLs of the site itself that it names. They stay in the isolate, which may know that they redirect.
    pub own_urls: Vec<OwnUrl>,
    /// Its links to possible next pages, for the next-page learner.
    pub outline: Outline,
    /// Other origins to which it links, in their order: [`MAX_ORIGINS`] at the most. They stay in the isolate.
    pub linked: Vec<Origin>,
    /// The URLs of the site whose links say that they do something: [`MAX_SUSPECTS`](super::link_reader::MAX_SUSPECTS) at
    /// the most.
    pub suspects: Vec<SuspectLink>,
}

impl PageFindings {
    /// Whether the page names an origin, in a link or in what it fetches.
    #[must_use]
    pub fn names(&self, origin: &Origin) -> bool {
        self.linked.contains(origin) || self.observation.uses.iter().any(|used| used.origin == *origin)
    }
}

/// A URL of the site itself that a page names.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct OwnUrl {
    /// See [`path_and_query`].
    pub name: String,
    /// How the page fetches it; `None` for a hyperlink, which only a click follows.
    pub usage: Option<Usage>,
}

/// What is known of a page while it is read.
pub(super) struct Document {
    url: Url,
    own_origin: Option<Origin>,
    /// The document base URL, once a `<base href>` has set it. Only the first one counts.
    base: Option<Url>,
    policies: Policies,
    /// The pools of what is asked for without CORS: without credentials where the page's embedder policy says so.
    pub(super) no_cors: Pools,
    /// Those of them that may stand before what is put into its head.
    policies_before: Policies,
    /// How many bytes of the page came before the element that is looked at.
    pub(super) offset: usize,
    /// Whether the body has begun.
    pub(super) in_body: bool,
    /// How many declarative shadow roots are open around it.
    pub(super) shadows: u32,
    /// Whether it is an AMP document.
    pub(super) is_amp: bool,
    /// Whether what says the page's encoding has come, behind which elements are put into its head at the latest.
    pub(super) is_encoding_known: bool,
    /// The page's encoding, once something has said it.
    pub(super) encoding: Option<&'static Encoding>,
    /// Whether a stylesheet may be read in another encoding than UTF-8 whatever the page's is, and what it imports as well.
    pub(super) reads_sheets_otherwise: bool,
    /// Whether a `<meta>` asks browsers how wide pictures or the window are.
    pub(super) asks_for_widths: bool,
    /// How many pictures came before, and how high all that came before may be, in CSS pixels.
    pub(super) pictures: u32,
    pub(super) height: u32,
    /// The URLs of the sources of the `<picture>` that is open.
    pub(super) picture: Option<Vec<String>>,
    /// Whether the element stands in a `<picture>`, as its child.
    pub(super) is_in_picture: bool,
    /// Whether the page keeps from other origins that it is what asks them.
    withholds_referrer: bool,
    /// The pools of the `<video>` or `<audio>` that is open, and whether its sources are left alone.
    pub(super) media: Option<(Pools, bool)>,
    /// Whether the author of the element keeps it from being fetched ahead.
    pub(super) is_marked: bool,
    /// Its links to possible next pages.
    pub(super) sketch: Sketch,
    /// What its links say of themselves.
    pub(super) links: LinkReader,
    /// How many references may still be resolved.
    references_left: Cell<u32>,
    /// The pictures of `<style>` elements whose classes and IDs have not all been seen yet.
    pub(super) awaited: AwaitedPictures,
    uses: Vec<OriginUse>,
    sheets: Vec<String>,
    own_urls: Vec<OwnUrl>,
    linked: Vec<Origin>,
    /// What it names that might be preloaded.
    resources: Resources,
}

impl Document {
    /// A document of which nothing is read yet.
    pub(super) fn new(url: &Url, policies: Policies, sketch: Sketch, links: LinkReader) -> Self {
        Self {
            url: url.clone(),
            own_origin: Origin::of(url),
            base: None,
            policies_before: policies.clone(),
            policies,
            no_cors: Pools::CREDENTIALED,
            offset: 0,
            in_body: false,
            shadows: 0,
            is_amp: false,
            is_encoding_known: false,
            encoding: None,
            reads_sheets_otherwise: false,
            asks_for_widths: false,
            pictures: 0,
            height: 0,
            picture: None,
            is_in_picture: false,
            withholds_referrer: false,
            media: None,
            is_marked: false,
            sketch,
            links,
            references_left: Cell::new(MAX_REFERENCES),
            awaited: AwaitedPictures::default(),
            uses: Vec::new(),
            sheets: Vec::new(),
            own_urls: Vec::new(),
            linked: Vec::new(),
            resources: Resources::default(),
        }
    }

    /// Ends the reading, and gives what it has found.
    pub(super) fn finish(&mut self) -> PageFindings {
        // Without a word browsers take it for an encoding of before.
        let is_utf_8 = self.encoding == Some(UTF_8);
        let withheld = Withheld {
            pictures: self.asks_for_widths,
            imports: !self.sheets.is_empty() && (self.reads_sheets_otherwise || !is_utf_8),
        };
        let observation = Observation {
            path: self.url.path().to_owned(),
            served: 1,
            uses: std::mem::take(&mut self.uses),
            sheets: std::mem::take(&mut self.sheets),
            sources: self.policies.host_sources(),
            by: None,
            resources: self.resources.finish(is_utf_8),
            is_mute: self.is_mute(),
            withheld,
        };
        let own_urls = std::mem::take(&mut self.own_urls);
        let linked = std::mem::take(&mut self.linked);
        let (outline, suspects) = (self.sketch.finish(), self.links.finish());
        PageFindings { observation, own_urls, outline, linked, suspects }
    }

    /// `<base href>`.
    pub(super) fn set_base(&mut self, href: Option<&str>) {
        if self.base.is_some() {
            return;
        }
        if href.is_some_and(|href| href.len() > MAX_REFERENCE_BYTES) {
            // Each reference would be as long: where they lead is not looked at.
            self.references_left.set(0);
            self.base = Some(self.url.clone());
            return;
        }
        self.base = Some(self.policies.base(&self.url, href));
    }

    /// `<meta http-equiv=content-security-policy>`, which governs what stands behind it.
    pub(super) fn add_policy(&mut self, content: &str) {
        self.policies.add_meta(content);
        if !self.is_encoding_known {
            self.policies_before.add_meta(content);
        }
    }

    /// Whether no browser could be asked how a view of the page went: it is not edited, or a policy of its own keeps the script from
    /// running or from telling, or would report it.
    fn is_mute(&self) -> bool {
        let [script, beacon] = endpoints::beacon_of(None).map(|path| self.url.join(&path).ok());
        let runs = |script: &Url| self.policies_before.own_script(&self.url, script) != OwnScript::Blocked;
        let may_tell =
            |beacon: &Url| self.policies.allows_ours(&self.url, beacon, Destination::Connect, None);
        self.is_amp || !script.as_ref().is_some_and(runs) || !beacon.as_ref().is_some_and(may_tell)
    }

    /// `<meta name=referrer>`, which governs what stands behind it. Of several that differ the strictest counts here.
    pub(super) fn see_referrer_policy(&mut self, content: &str) {
        // `never` is what `no-referrer` was called. All other policies tell other origins at least what a preload does.
        let withholds = |policy: &str| {
            ["no-referrer", "same-origin", "never"]
                .iter()
                .any(|strict| policy.trim().eq_ignore_ascii_case(strict))
        };
        self.withholds_referrer |= content.split(',').any(withholds);
    }

    /// Where an element that stands here is found.
    pub(super) fn found(&self) -> Found {
        if self.in_body {
            Found::Body
        } else if self.offset < START_BYTES {
            Found::Start
        } else {
            Found::Head
        }
    }

    /// The pool of a cross-origin request with this setting, where no attribute means `no-cors`.
    pub(super) fn pools_of(&self, setting: CrossOrigin) -> Pools {
        if setting == CrossOrigin::NoCors { self.no_cors } else { setting.pools() }
    }

    /// Whether as many references were resolved as may be.
    pub(super) fn is_exhausted(&self) -> bool {
        self.references_left.get() == 0
    }

    /// How many references were resolved.
    #[cfg(test)]
    pub(super) fn references_resolved(&self) -> u32 {
        MAX_REFERENCES - self.references_left.get()
    }

    /// Resolves a reference of this page. `None` for what is no URL, or too long, or too much.
    pub(super) fn resolve(&self, reference: &str) -> Option<Url> {
        let left = self.references_left.get().checked_sub(1)?;
        if reference.len() > MAX_REFERENCE_BYTES || reference.trim().is_empty() {
            return None;
        }
        self.references_left.set(left);
        self.base.as_ref().unwrap_or(&self.url).join(reference).ok()
    }

    /// Resolves a reference of this page to a URL of its own origin.
    pub(super) fn resolve_own(&self, reference: &str) -> Option<Url> {
        let own = self.own_origin.as_ref()?;
        self.resolve(reference).filter(|url| Origin::of(url).as_ref() == Some(own))
    }

    /// The URL that a browser asks for where this page names a reference that is fetched for `destination`; `None` where it asks
    /// for none.
    fn requested(&self, reference: &str, destination: Destination, initiator: Initiator) -> Option<Url> {
        let upgrades = self.policies.upgrades_insecure_requests();
        insecure::requested(self.resolve(reference)?, &self.url, upgrades, destination, initiator)
    }

    /// Adds a fetch, if a browser would make it: not of the page's own origin, not blocked as mixed content, let
    /// through by the page's policies. `nonce` is that of the element. Answers the URL that is fetched.
    pub(super) fn add(
        &mut self,
        reference: &str,
        destination: Destination,
        nonce: Option<&str>,
        usage: Usage,
    ) -> Option<Url> {
        self.add_by(Initiator::Other, reference, destination, nonce, usage)
    }

    /// The same, by what has the fetch made.
    pub(super) fn add_by(
        &mut self,
        initiator: Initiator,
        reference: &str,
        destination: Destination,
        nonce: Option<&str>,
        usage: Usage,
    ) -> Option<Url> {
        let url = self.requested(reference, destination, initiator)?;
        let origin = Origin::of(&url)?;
        if !self.policies.allows(&self.url, &url, destination, nonce) {
            return None;
        }
        if Some(&origin) == self.own_origin.as_ref() {
            self.add_own_url(&url, Some(usage));
        } else {
            merge(&mut self.uses, origin, usage);
        }
        Some(url)
    }

    /// Adds a sign of an origin that no policy governs: the page's own hints, and where a navigation may lead.
    pub(super) fn add_sign(&mut self, reference: &str, usage: Usage) {
        let origin = self.resolve(reference).and_then(|url| Origin::of(&url));
        if let Some(origin) = origin.filter(|origin| Some(origin) != self.own_origin.as_ref()) {
            merge(&mut self.uses, origin, usage);
        }
    }

    /// Adds a stylesheet. It is named, so that what it fetches can be credited to this page. Answers its URL, where it is fetched.
    pub(super) fn add_sheet(&mut self, reference: &str, nonce: Option<&str>, usage: Usage) -> Option<Url> {
        let url = self.add(reference, Destination::Style, nonce, usage)?;
        push_name(&mut self.sheets, &url, Origin::of(&url) == self.own_origin);
        Some(url)
    }

    /// Adds what a `<style>` element fetches.
    pub(super) fn add_style(&mut self, text: &str, nonce: Option<&str>) {
        let here = self.found();
        let css::Sheet { references, faces, .. } = css::read(text);
        for reference in references {
            let (destination, usage) = css_usage(reference.kind, self.no_cors, here);
            let url = if is_needed(reference.kind) {
                self.add_sheet(&reference.url, nonce, usage)
            } else {
                self.add(&reference.url, destination, None, usage)
            };
            self.name_css(url.as_ref(), &reference);
            if destination != Destination::Style {
                self.awaited.add(reference);
            }
        }
        // Of a family in several scripts the references have one part; which one a page's text is in, browsers tell.
        for font in faces {
            let url = self.requested(&font.url, Destination::Font, Initiator::Other);
            let url = url.filter(|url| self.policies.allows(&self.url, url, Destination::Font, None));
            self.name_face(url.as_ref(), font.face);
        }
    }

    /// Adds the pictures of `<style>` elements whose rules match, now that an element has these classes and this ID, with `demand`.
    pub(super) fn add_named(&mut self, classes: Option<&str>, id: Option<&str>, demand: Demand) {
        for Reference { url, kind, .. } in self.awaited.see(classes, id) {
            let pools = if kind == Kind::CorsImage { Pools::ANONYMOUS } else { self.no_cors };
            self.add(&url, Destination::Image, None, Usage::of(pools, demand, Found::Css));
        }
    }

    /// Adds what the `style` attribute of an element that is there fetches, with `demand` for a picture.
    pub(super) fn add_declarations(&mut self, text: &str, demand: Demand) {
        for reference in css::declarations(text) {
            let pools = if reference.kind == Kind::CorsImage { Pools::ANONYMOUS } else { self.no_cors };
            let usage = Usage::of(pools, demand, self.found());
            let url = self.add(&reference.url, Destination::Image, None, usage);
            self.name_css(url.as_ref(), &reference);
        }
    }

    /// Notes a hyperlink to a URL of the site, which may turn out to redirect. `rel` is its relation types; without them
    /// its author keeps it from being fetched ahead.
    pub(super) fn add_link(&mut self, reference: &str, rel: Option<&str>) {
        let Some(url) = self.resolve(reference) else { return };
        let Some(origin) = Origin::of(&url) else { return };
        if Some(&origin) != self.own_origin.as_ref() {
            if self.linked.len() < MAX_ORIGINS && !self.linked.contains(&origin) {
                self.linked.push(origin);
            }
            return;
        }
        self.add_own_url(&url, None);
        if let Some(rel) = rel {
            self.sketch.add_link(&url, rel);
        }
    }

    /// Notes a `<link>` to a page of the site.
    pub(super) fn add_relation(&mut self, reference: &str, rel: &str) {
        if let Some(url) = self.resolve_own(reference) {
            self.sketch.add_relation(&url, rel);
        }
    }

    fn add_own_url(&mut self, url: &Url, usage: Option<Usage>) {
        let name = path_and_query(url);
        let is_kept = self.own_urls.len() < MAX_OWN_URLS && name.len() <= MAX_PATH_BYTES;
        if is_kept && !self.own_urls.iter().any(|known| known.name == name) {
            self.own_urls.push(OwnUrl { name, usage });
        }
    }
}

/// Adds a use to that of the same origin. Beyond [`MAX_ORIGINS`], new origins are passed over.
pub(super) fn merge(uses: &mut Vec<OriginUse>, origin: Origin, usage: Usage) {
    if let Some(used) = uses.iter_mut().find(|used| used.origin == origin) {
        used.usage.merge(usage);
    } else if uses.len() < MAX_ORIGINS {
        uses.push(OriginUse { origin, usage });
    }
}

/// Whether a reference is to a stylesheet whose own references a view needs: not one for print alone.
fn is_needed(kind: Kind) -> bool {
    matches!(kind, Kind::Import { blocks_rendering: true })
}

/// What a reference in CSS is fetched as, and what that asks of its origin. `no_cors` are the pools of what is asked for without CORS,
/// `here` is where the CSS itself stands.
fn css_usage(kind: Kind, no_cors: Pools, here: Found) -> (Destination, Usage) {
    match kind {
        Kind::Import { blocks_rendering } => {
            let demand = if blocks_rendering { Demand::URGENT } else { Demand::ONE };
            let usage = Usage { blocks_rendering, ..Usage::of(no_cors, demand, here) };
            (Destination::Style, usage)
        }
        // Asked for when the text that needs it is laid out.
        Kind::Font => (Destination::Font, Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css)),
        Kind::RootImage => (Destination::Image, Usage::of(no_cors, Demand::URGENT, Found::Css)),
        // The rule may match nothing on the page, or no text.
        Kind::RareFont => (Destination::Font, Usage { found: Found::Css, ..Usage::LOOKUP }),
        Kind::Image | Kind::CorsImage => (Destination::Image, Usage { found: Found::Css, ..Usage::LOOKUP }),
    }
}

/// Reads one of the site's stylesheets, served at `url`, at `now` (milliseconds since the epoch).
#[must_use]
pub fn sheet(url: &Url, text: &str, now: u64) -> SheetObservation {
    let own = Origin::of(url);
    let mut sheet = SheetObservation { at: now, ..SheetObservation::default() };
    let read = css::read(text);
    sheet.families = families(url, &read, |origin| Some(origin) == own.as_ref());
    let faces = faces(url, &read.faces);
    let targets = targets(url, read.references);
    for (target, Reference { kind, .. }) in &targets {
        let (_, usage) = css_usage(*kind, Pools::CREDENTIALED, Found::Css);
        let Some(origin) = Origin::of(target) else { continue };
        let is_own = Some(&origin) == own.as_ref();
        if !is_own {
            merge(&mut sheet.uses, origin, usage);
        }
        if is_needed(*kind) {
            push_name(&mut sheet.imports, target, is_own);
        }
    }
    sheet.bare_faces = read.bare_faces;
    let used_by = UsedBy::Origin(own.as_ref());
    sheet.resources = resources::of_sheet(targets.into_iter(), faces, &mut sheet.bare_faces, used_by);
    sheet
}

/// Reads a third party's stylesheet: see [`read`](super::third_party_sheet::read). Its own origin is a third party of the pages that
/// use it, on `site` where that is known. `is_own` says of a URL whether it is of the host of these pages.
pub(super) fn third_partys_sheet(
    url: &Url,
    text: &str,
    now: u64,
    site: Option<&Url>,
    is_own: impl Fn(&Url) -> bool,
) -> SheetObservation {
    let mut sheet = SheetObservation { at: now, ..SheetObservation::default() };
    let read = css::read(text);
    sheet.families = families(url, &read, |_| false);
    let faces = faces(url, &read.faces).filter(|(font, _)| !is_own(font));
    let targets = targets(url, read.references);
    for (target, Reference { kind, .. }) in &targets {
        let (_, usage) = css_usage(*kind, Pools::CREDENTIALED, Found::Css);
        let Some(origin) = Origin::of(target).filter(|_| !is_own(target)) else { continue };
        merge(&mut sheet.uses, origin, usage);
        if is_needed(*kind) {
            push_name(&mut sheet.imports, target, false);
        }
    }
    // Rules of a third party's sheet that name pictures are of its own widgets, and hardly ever match what is largest on a page.
    let fonts = targets.into_iter().filter(|(target, reference)| {
        matches!(reference.kind, Kind::Font | Kind::RareFont) && !is_own(target)
    });
    sheet.bare_faces = read.bare_faces;
    sheet.resources = resources::of_sheet(fonts, faces, &mut sheet.bare_faces, UsedBy::Site(site));
    sheet
}

/// What a stylesheet at `url` says of families of fonts. `is_own` says of an origin that it is the site's.
fn families(url: &Url, sheet: &css::Sheet, is_own: impl Fn(&Origin) -> bool) -> Families {
    let mut families = Families::default();
    for (name, is_certain) in &sheet.families {
        let list = if *is_certain { &mut families.certain } else { &mut families.rare };
        list.push(hash16(name.as_bytes()));
    }
    for (font, family) in &sheet.fonts {
        let origin = url.join(font).ok().and_then(|font| Origin::of(&font));
        let Some(origin) = origin.filter(|origin| !is_own(origin)) else { continue };
        let hash = hash16(family.as_bytes());
        if let Some((_, of_origin)) = families.of.iter_mut().find(|(known, _)| *known == origin) {
            if of_origin.len() < MAX_FAMILIES && !of_origin.contains(&hash) {
                of_origin.push(hash);
            }
        } else if families.of.len() < MAX_ORIGINS {
            families.of.push((origin, vec![hash]));
        }
    }
    // One of which not all families are known may have others that are used.
    families.of.retain(|(_, of_origin)| of_origin.len() < MAX_FAMILIES);
    families
}

/// What a stylesheet at `url` has a browser fetch.
fn targets(url: &Url, references: Vec<Reference>) -> Vec<(Url, Reference)> {
    let resolved = references.into_iter().filter_map(|reference| {
        let (destination, _) = css_usage(reference.kind, Pools::CREDENTIALED, Found::Css);
        Some((target(url, &reference.url, destination)?, reference))
    });
    resolved.collect()
}

/// The fonts of a stylesheet at `url`, each with the name of a face.
fn faces(url: &Url, fonts: &[NamedFont]) -> impl Iterator<Item = (Url, u64)> {
    fonts.iter().filter_map(|font| Some((target(url, &font.url, Destination::Font)?, font.face)))
}

/// What a reference of a stylesheet at `url` leads to, if all pages fetch it that use the sheet and are as secure as it is. Their
/// policies are not known here: those that have requests upgraded have fonts and imports fetched by `https`, and without they are
/// blocked; pictures are upgraded with or without.
fn target(url: &Url, reference: &str, destination: Destination) -> Option<Url> {
    insecure::requested(url.join(reference).ok()?, url, false, destination, Initiator::Other)
}

/// Adds the name of a stylesheet, of the site or of a third party, if it has one and there is room.
fn push_name(names: &mut Vec<String>, url: &Url, is_own: bool) {
    let name = if is_own {
        Some(path_and_query(url)).filter(|name| name.len() <= MAX_PATH_BYTES)
    } else {
        third_party_sheet::name(url)
    };
    let Some(name) = name.filter(|name| !names.contains(name)) else { return };
    let most = if is_own { MAX_SHEETS } else { MAX_THIRD_PARTY_SHEETS };
    if names.iter().filter(|name| third_party_sheet::is_name(name) != is_own).count() < most {
        names.push(name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn faces_that_have_no_font_to_preload_are_known_as_such() {
        let url = Url::parse("https://shop.example/site.css").unwrap();
        let of = |src: &str| {
            let sheet = sheet(&url, &format!("@font-face {{ font-family: A; src: {src} }}"), 7);
            (sheet.bare_faces.len(), sheet.resources.iter().any(|named| !named.faces.is_empty()))
        };
        let (bare, of_font, unknown) = ((1, false), (0, true), (0, false));
        for (src, expected) in [
            ("local('Arial')", bare),
            ("url(data:font/woff2;base64,AAAA)", bare),
            ("url(https://use.kit.example/af/1/l?primer=2) format('woff2')", bare),
            ("url(/a.woff2?token=1)", bare),
            ("url('/a.woff2' integrity('sha256-x'))", bare),
            ("url('/a.woff2' cross-origin(use-credentials)), url(/b.woff2)", bare),
            ("url(/a.woff2) tech(color-SVG), url(/b.woff2)", bare),
            ("url(/a.woff2)", of_font),
            ("url(/a.woff2) tech(variations)", of_font),
            // The visitor's own machine may have it, or it is fetched.
            ("local('A'), url(/a.woff2)", unknown),
        ] {
            assert_eq!(of(src), expected, "{src}");
        }
        let many = (1..=100).map(|n| format!("@font-face {{ font-family: A{n}; src: local(B) }}"));
        let many = many.collect::<Vec<_>>().concat();
        assert_eq!(sheet(&url, &many, 7).bare_faces.len(), 40);
    }

    #[test]
    fn a_stylesheet_is_read_for_what_the_pages_that_use_it_will_fetch() {
        let url = Url::parse("https://shop.example/css/site.css?ver=2").unwrap();
        let text = "@import 'base.css'; @import url(//cdn.example/x.css); @import 'base.css'; \
                    @font-face { font-family: A; src: url(https://fonts.example/a.woff2) } \
                    h1 { font-family: A; background: url(//pictures.example/x.png) } \
                    @font-face { font-family: B; src: url(http://old-fonts.example/b.woff2) } \
                    h2 { font-family: B; background: url(/own.png), url(http://old.example/y.png) }";
        let sheet = sheet(&url, text, 7);
        assert_eq!(sheet.at, 7);
        assert_eq!(sheet.imports, ["/css/base.css", "https://cdn.example/x.css"]);
        let uses: Vec<(&str, Usage)> =
            sheet.uses.iter().map(|used| (used.origin.as_str(), used.usage)).collect();
        let import =
            Usage { blocks_rendering: true, ..Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Css) };
        assert_eq!(
            uses,
            [
                ("https://cdn.example", import),
                ("https://fonts.example", Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css)),
                ("https://pictures.example", Usage { found: Found::Css, ..Usage::LOOKUP }),
                // Pictures are upgraded, and fonts blocked.
                ("https://old.example", Usage { found: Found::Css, ..Usage::LOOKUP }),
            ]
        );
        let named: Vec<&str> = sheet.resources.iter().map(|named| named.resource.url.as_str()).collect();
        assert_eq!(
            named,
            [
                "/css/base.css",
                "https://cdn.example/x.css",
                "https://fonts.example/a.woff2",
                "https://pictures.example/x.png",
                "/own.png",
                "https://old.example/y.png",
            ]
        );
    }
}
