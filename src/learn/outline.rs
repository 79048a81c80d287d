//! A page's outline, collected while the page is read: its links to possible next pages and where they stand, whether
//! search engines may index it, and which speculation rules it has of its own.
//!
//! [`super::html`] finds the elements, [`super::document`] resolves what they refer to. Here it is decided what a link is
//! worth, in bounded memory: of any number of links only those are held that will stay, since a link can only become
//! more prominent by being seen again.
//!
//! Where a link stands is read from the landmarks of HTML and ARIA that are open around it:
//!
//! - A footer makes everything in it part of the footer, also that of an article: it holds tags and authors.
//! - A navigation or an aside is chrome, with all in it, also within the content: a table of contents, a teaser.
//! - A header is chrome, unless it is that of the content: it has the headline, which in a list is the link.
//!
//! A missing end tag must not make a whole page chrome. What the parser does not close with the parent ends where
//! something begins that cannot stand in it: see [`Sketch::open`] and [`Sketch::see_headline`].

use super::next::navigation_batch::{Link, MAX_LINKS, Outline, Place};
use crate::endpoints;
use crate::hints::{Origin, link};
use crate::limits::MAX_PATH_BYTES;
use crate::sorting;
use crate::urls::files::is_file;
use crate::urls::inert_parameters::InertParameters;
use serde_json::Value;
use url::Url;

/// The longest rule set of a page's own that is read, in bytes.
const MAX_RULES_BYTES: usize = 64 * 1024;

/// The most paths that are kept of a page's own rules.
const MAX_RULED: usize = 100;

/// How many links of the content are among its first.
const TOP_LINKS: usize = 5;

/// A landmark, from which follows what the links in it are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Region {
    /// `main`: the content.
    Main,
    /// `article`: the content, or one of many things in it.
    Article,
    /// `header`, of the page or of its content.
    Header,
    /// `nav`.
    Navigation,
    /// `aside`.
    Aside,
    /// `footer`, of the page or of something in it.
    Footer,
}

/// Where a link stands as far as can be told before the page ends, the most prominent first.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Rank {
    Next,
    Prev,
    /// In the main part or an article.
    Content,
    /// In no landmark.
    Body,
    Chrome,
    Footer,
}

/// A landmark that has not ended yet.
struct Open {
    region: Region,
    number: u32,
    has_links: bool,
}

/// A path that is linked, and where it is most prominent.
struct FoundLink {
    rank: Rank,
    /// The how manieth link it is.
    order: u32,
    path: String,
}

/// An outline while it is collected.
pub(super) struct Sketch {
    /// The path of the page itself.
    path: String,
    inert: InertParameters,
    /// The landmarks around what is looked at; none twice.
    open: Vec<Open>,
    /// How many landmarks have been opened, by which they are known.
    regions: u32,
    /// Whether the page marks its content.
    has_content: bool,
    /// The links that will stay as things are, in no order; at most [`MAX_LINKS`].
    found: Vec<FoundLink>,
    links: u32,
    /// The text of the rule set that is being read; `None` as well when there was too much of it.
    script: Option<String>,
    noindex: bool,
    has_rules: bool,
    ruled: Vec<String>,
}

impl Region {
    /// The landmark that an element of this lower-case name is. A role outdoes the name.
    pub(super) fn of(name: &str, role: Option<&str>) -> Option<Self> {
        let role = role.map(|role| role.trim().to_ascii_lowercase());
        match role.as_deref() {
            Some("main") => Some(Self::Main),
            Some("article") => Some(Self::Article),
            Some("banner") => Some(Self::Header),
            Some("navigation") => Some(Self::Navigation),
            Some("complementary") => Some(Self::Aside),
            Some("contentinfo") => Some(Self::Footer),
            _ => match name {
                "main" => Some(Self::Main),
                "article" => Some(Self::Article),
                "header" => Some(Self::Header),
                "nav" => Some(Self::Navigation),
                "aside" => Some(Self::Aside),
                "footer" => Some(Self::Footer),
                _ => None,
            },
        }
    }
}

impl Sketch {
    /// The sketch of a page of which nothing is read yet.
    pub(super) fn new(url: &Url, inert: &InertParameters) -> Self {
        Self {
            path: url.path().to_owned(),
            inert: inert.clone(),
            open: Vec::new(),
            regions: 0,
            has_content: false,
            found: Vec::new(),
            links: 0,
            script: None,
            noindex: false,
            has_rules: false,
            ruled: Vec::new(),
        }
    }

    /// Opens a landmark. Answers the number by which to close it, unless nothing changes by it.
    pub(super) fn open(&mut self, region: Region) -> Option<u32> {
        match region {
            // It stands in no other landmark: those that are open have lost their end tags.
            Region::Main => self.open.retain(|open| open.region == Region::Article),
            // Asides and footers have articles.
            Region::Article => {
                self.open.retain(|open| !matches!(open.region, Region::Header | Region::Navigation));
            }
            Region::Header if self.is_in(Region::Main) || self.is_in(Region::Article) => return None,
            _ => {}
        }
        if matches!(region, Region::Main | Region::Article) {
            self.has_content |= !self.is_in(Region::Aside) && !self.is_in(Region::Footer);
        }
        // One within another of its kind ends before that does.
        if self.is_in(region) {
            return None;
        }
        self.regions = self.regions.saturating_add(1);
        self.open.push(Open { region, number: self.regions, has_links: false });
        Some(self.regions)
    }

    /// Closes a landmark, if nothing else has.
    pub(super) fn close(&mut self, number: u32) {
        self.open.retain(|open| open.number != number);
    }

    /// `<h1>`. A navigation may have one as its title; behind its links stands that of the page.
    pub(super) fn see_headline(&mut self) {
        self.open.retain(|open| open.region != Region::Navigation || !open.has_links);
    }

    /// Adds a link to a URL of the page's own origin. `rel` is its relation types.
    pub(super) fn add_link(&mut self, url: &Url, rel: &str) {
        for open in &mut self.open {
            open.has_links = true;
        }
        let rank = related(rel).unwrap_or_else(|| self.rank());
        self.add(url, rank);
    }

    /// Adds a URL of the page's own origin that the page has a relation to, if it is that to the next or to the previous
    /// page.
    pub(super) fn add_relation(&mut self, url: &Url, rel: &str) {
        if let Some(rank) = related(rel) {
            self.add(url, rank);
        }
    }

    /// Adds the relations that the response's `Link` field names.
    pub(super) fn add_field(&mut self, field: &str, page: &Url) {
        let own = Origin::of(page);
        for link in link::parse(field) {
            let has_anchor = link.attributes.iter().any(|attribute| attribute.name == "anchor");
            let url = page.join(link.target.trim()).ok().filter(|url| Origin::of(url) == own);
            if let Some(url) = url.filter(|_| !has_anchor) {
                self.add_relation(&url, &link.rel);
            }
        }
    }

    /// `<meta name>`.
    pub(super) fn see_meta(&mut self, name: &str, content: &str) {
        let is_for_robots =
            ["robots", "googlebot"].iter().any(|robot| name.trim().eq_ignore_ascii_case(robot));
        let mut words = content.split(',').map(str::trim);
        self.noindex |= is_for_robots
            && words.any(|word| word.eq_ignore_ascii_case("noindex") || word.eq_ignore_ascii_case("none"));
    }

    /// Begins a rule set of the page's own, or one that is none.
    pub(super) fn begin_rules(&mut self, counts: bool) {
        self.script = counts.then(String::new);
    }

    /// Takes a piece of the rule set's text in. Half a rule set is none, so one that is too long is dropped.
    pub(super) fn read_rules(&mut self, text: &str) {
        if let Some(script) = &mut self.script {
            if script.len() + text.len() <= MAX_RULES_BYTES {
                script.push_str(text);
            } else {
                self.script = None;
            }
        }
    }

    /// Ends the rule set. Answers the references that it lists.
    pub(super) fn end_rules(&mut self) -> Vec<String> {
        let script = self.script.take();
        let Some(Value::Object(set)) = script.and_then(|script| serde_json::from_str(&script).ok()) else {
            return Vec::new();
        };
        let rules = ["prefetch", "prerender", "prerender_until_script"]
            .iter()
            .filter_map(|kind| set.get(*kind)?.as_array())
            .flatten();
        let mut urls = Vec::new();
        for rule in rules {
            let is_document = rule
                .get("source")
                .map_or_else(|| rule.get("where").is_some(), |source| source.as_str() == Some("document"));
            if is_document {
                self.has_rules = true;
            } else if let Some(Value::Array(listed)) = rule.get("urls") {
                urls.extend(listed.iter().filter_map(Value::as_str).map(str::to_owned));
            }
        }
        urls
    }

    /// Adds a URL of the page's own origin that its rules speculate on.
    pub(super) fn add_ruled(&mut self, url: &Url) {
        let path = url.path();
        let is_page = self.inert.are_all_inert(url) && path.len() <= MAX_PATH_BYTES;
        if is_page && self.ruled.len() < MAX_RULED && !self.ruled.iter().any(|known| known == path) {
            self.ruled.push(path.to_owned());
        }
    }

    /// The outline.
    pub(super) fn finish(&mut self) -> Outline {
        sorting::sort_by_key(&mut self.found, |found| (found.rank, found.order));
        let content = if self.has_content { Rank::Content } else { Rank::Body };
        let mut top = TOP_LINKS;
        let links = self.found.drain(..).map(|FoundLink { rank, path, .. }| {
            let is_top = rank == content && top > 0;
            top -= usize::from(is_top);
            let place = match rank {
                Rank::Next => Place::Next,
                Rank::Prev => Place::Prev,
                Rank::Content | Rank::Body if is_top => Place::Top,
                Rank::Content | Rank::Body => Place::Main,
                Rank::Chrome => Place::Chrome,
                Rank::Footer => Place::Footer,
            };
            Link { path, place }
        });
        Outline {
            links: links.collect(),
            noindex: self.noindex,
            has_rules: self.has_rules,
            ruled: std::mem::take(&mut self.ruled),
        }
    }

    fn is_in(&self, region: Region) -> bool {
        self.open.iter().any(|open| open.region == region)
    }

    /// What a link that stands here is.
    fn rank(&self) -> Rank {
        if self.is_in(Region::Footer) {
            Rank::Footer
        } else if self.open.iter().any(|open| !matches!(open.region, Region::Main | Region::Article)) {
            Rank::Chrome
        } else if self.open.is_empty() {
            Rank::Body
        } else {
            Rank::Content
        }
    }

    fn add(&mut self, url: &Url, rank: Rank) {
        let is_full = self.found.len() >= MAX_LINKS;
        // Pages have many links, and most of them end here.
        if is_full && self.found.iter().all(|found| found.rank <= rank) {
            return;
        }
        let path = url.path();
        let is_page = path != self.path
            && path.len() <= MAX_PATH_BYTES
            && !endpoints::is_own(path)
            && self.inert.are_all_inert(url)
            && !is_file(path);
        if !is_page {
            return;
        }
        self.links = self.links.saturating_add(1);
        if let Some(known) = self.found.iter_mut().find(|known| known.path == path) {
            if rank < known.rank {
                (known.rank, known.order) = (rank, self.links);
            }
            return;
        }
        let found = FoundLink { rank, order: self.links, path: path.to_owned() };
        if !is_full {
            self.found.push(found);
        } else if let Some(last) = self.found.iter_mut().max_by_key(|found| (found.rank, found.order)) {
            *last = found;
        }
    }
}

/// What a link is by its relation types.
fn related(rel: &str) -> Option<Rank> {
    let has = |kind: &str| rel.split_ascii_whitespace().any(|token| token.eq_ignore_ascii_case(kind));
    if has("next") {
        Some(Rank::Next)
    } else {
        // HTML takes the longer word for the shorter.
        (has("prev") || has("previous")).then_some(Rank::Prev)
    }
}

#[cfg(test)]
mod tests;
