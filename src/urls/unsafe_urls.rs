//! URLs whose `GET` does something: signs out, adds to a cart, sends a one-time password, switches the language.
//!
//! What is known of names is a table of text files in `unsafe_urls/table/`: words in many languages, what stands beside them,
//! and what products call things. A wrong guess is a line to edit. A site adds its own URLs with `UNSAFE_URLS` and exempts
//! others with `SAFE_URLS`.
//!
//! A URL is cut into segments, parameters and words ([`words`]). A name acts by itself ("log out"), or beside an id or a noun
//! ("delete" in `/posts/5/delete`): [`act`] tells which, [`path`] and [`query`] look at what stands beside it. Titles hold the same
//! words and do nothing, so a name counts only as a whole.
//!
//! What is said of a page is said of its data, too, which a router fetches in its place ([`page_data`]).

mod act;
mod editing;
mod glob;
mod knowledge;
mod path;
mod query;
mod rule_set;
mod words;

pub use glob::{Compared, UrlGlob};
#[cfg(not(target_arch = "wasm32"))]
pub use knowledge::written as folded_names;
pub use query::is_command;
pub use rule_set::exclusions;
#[cfg(not(target_arch = "wasm32"))]
pub use rule_set::written;

use super::page_data;
use glob::GlobSet;
use knowledge::{KNOWLEDGE, Kind, Rule};
use std::iter;
use std::sync::LazyLock;
use url::Url;
use words::Words;

/// What products call things: sections of patterns.
const PRODUCTS: &str = include_str!("unsafe_urls/table/products.txt");

/// The longest URL that is looked at, in bytes. What a longer one does, nobody can say.
const MAX_URL_BYTES: usize = 16_384;

/// The rule of a URL that is longer than what is looked at.
const TOO_LONG: Rule = "too-long";

static PRODUCT_GLOBS: LazyLock<GlobSet<Rule>> = LazyLock::new(|| products().collect());

/// The patterns of products, each with its rule.
fn products() -> impl Iterator<Item = (Rule, UrlGlob)> {
    let mut rule = "";
    PRODUCTS.lines().filter_map(move |line| {
        if let Some(section) = line.strip_prefix('[') {
            rule = section.trim_end_matches(']');
        }
        // A test reads each of them, so that none is ever left out.
        UrlGlob::parse(line).ok().map(|glob| (rule, glob))
    })
}

/// Why a URL is unsafe to fetch on speculation.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Verdict {
    /// What refusals call it.
    pub rule: Rule,
    /// What says so.
    pub by: Entry,
}

/// What says that a URL does something.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Entry {
    /// A pattern of the site's (`UNSAFE_URLS`).
    Site(String),
    /// A pattern of a product.
    Product(String),
    /// A segment of the path.
    Segment(String),
    /// A parameter.
    Parameter(String),
    /// It is longer than what is looked at.
    Length,
}

/// All that tells which URLs of a site do something.
#[derive(Clone, Debug, Default)]
pub struct UnsafeUrls {
    added: Vec<UrlGlob>,
    counted: Vec<UrlGlob>,
    exempt: Vec<UrlGlob>,
    unguarded: Vec<UrlGlob>,
    guarded: Option<Vec<UrlGlob>>,
}

impl UnsafeUrls {
    /// The built-in table with what a site adds (`UNSAFE_URLS`) and exempts (`SAFE_URLS`).
    #[must_use]
    pub fn new(added: Vec<UrlGlob>, exempt: Vec<UrlGlob>) -> Self {
        Self { added, exempt, ..Self::default() }
    }

    /// The same with pages that their application counts whatever `Sec-Purpose` says (`EFFECT_PATHS_REFUSED`).
    #[must_use]
    pub fn with_counted(self, counted: Vec<UrlGlob>) -> Self {
        Self { counted, ..self }
    }

    /// The same where no rule may name what is `unguarded`, since speculations on it were switched off, nor, where only some pages
    /// are guarded, any other one.
    #[must_use]
    pub fn with_unguarded(self, unguarded: Vec<UrlGlob>, guarded: Option<Vec<UrlGlob>>) -> Self {
        Self { unguarded, guarded, ..self }
    }

    /// The only pages that rules may name, where that are some.
    #[must_use]
    pub fn guarded(&self) -> Option<&[UrlGlob]> {
        self.guarded.as_deref()
    }

    /// Whether speculations on any URL were switched off.
    #[must_use]
    pub fn has_unguarded(&self) -> bool {
        !self.unguarded.is_empty() || self.guarded.is_some()
    }

    /// Whether speculations on a URL were switched off.
    #[must_use]
    pub fn is_unguarded(&self, url: &Url) -> bool {
        self.unguarded.iter().any(|glob| glob.is_match(url))
            || self.guarded.as_ref().is_some_and(|guarded| !guarded.iter().any(|glob| glob.is_match(url)))
    }

    /// What patterns are called that the site added.
    pub const SITE: &str = "site";

    /// The name of the rule that makes `url` unsafe to fetch on speculation; [`SITE`](Self::SITE) for a pattern that the site
    /// added.
    #[must_use]
    pub fn rule_for(&self, url: &Url) -> Option<Rule> {
        self.verdict(url).map(|verdict| verdict.rule)
    }

    /// The same with what says so.
    #[must_use]
    pub fn verdict(&self, url: &Url) -> Option<Verdict> {
        self.judge(url, built_in)
    }

    /// The same for a visitor who may change something, by the names that are for those alone.
    #[must_use]
    pub fn rule_for_editors(&self, url: &Url) -> Option<Rule> {
        let by_name = |url: &Url, _: &Compared<'_>| {
            let rule = editing::rule(url)?;
            Some(Verdict { rule, by: Entry::Segment(url.path().to_owned()) })
        };
        self.judge(url, by_name).map(|verdict| verdict.rule)
    }

    /// Whether something is written on a page, by the names that say so. What the site names by itself does something else.
    #[must_use]
    pub fn is_editor(&self, url: &Url) -> bool {
        editing::rule(url).is_some() && !self.is_exempt(url)
    }

    /// What the site's own patterns say, or else what is `known` of names, of what is no file: of the URL, and of the page whose data it
    /// is.
    fn judge(&self, url: &Url, known: impl Fn(&Url, &Compared<'_>) -> Option<Verdict>) -> Option<Verdict> {
        let page = page_data::page_of(url);
        let both = [Some(url), page.as_ref()].map(|url| url.map(|url| (url, Compared::new(url))));
        let both = || both.iter().flatten();
        if both().any(|(_, url)| self.exempt.iter().any(|glob| glob.means(url))) {
            return None;
        }
        let glob = both().find_map(|(_, url)| self.added.iter().find(|glob| glob.means(url)));
        let by_site = glob.map(|glob| Verdict { rule: Self::SITE, by: Entry::Site(glob.text().to_owned()) });
        by_site.or_else(|| {
            both().filter(|_| !page_data::is_file(url)).find_map(|(url, compared)| known(url, compared))
        })
    }

    /// The same by the site's own patterns and by the path alone, whatever the parameters are called.
    #[must_use]
    pub fn rule_for_path(&self, url: &Url) -> Option<Rule> {
        self.rule_for(url).filter(|rule| {
            let mut bare = url.clone();
            bare.set_query(None);
            *rule == Self::SITE || self.rule_for(&bare).is_some()
        })
    }

    /// Whether a URL may change what a visitor is shown from now on: it does something, or a parameter is called like what may be
    /// chosen for the whole site, a language or a currency. Where the answer sets nothing, such a one only selects.
    #[must_use]
    pub fn may_change(&self, url: &Url) -> bool {
        self.rule_for(url).is_some() || query::Query::of(url).selects()
    }

    /// Whether the application counts a page each time that it is fetched, so that none is fetched on speculation.
    #[must_use]
    pub fn is_counted(&self, url: &Url) -> bool {
        is_among(&self.counted, url)
    }

    /// Whether a site says of a URL that nothing happens when it is fetched (`SAFE_URLS`).
    #[must_use]
    pub fn is_exempt(&self, url: &Url) -> bool {
        is_among(&self.exempt, url)
    }

    /// Whether no rule may name a URL.
    #[must_use]
    pub fn is_nameless(&self, url: &Url) -> bool {
        self.rule_for(url).is_some() || self.is_counted(url) || self.is_unguarded(url)
    }

    /// The patterns of URLs that no rule may name, which the site added or switched off.
    pub fn added(&self) -> impl Iterator<Item = &UrlGlob> {
        self.added.iter().chain(&self.counted).chain(&self.unguarded)
    }
}

/// Whether one of the patterns means a URL, or the page whose data it is.
fn is_among(globs: &[UrlGlob], url: &Url) -> bool {
    let page = page_data::page_of(url);
    iter::once(url).chain(page.as_ref()).any(|url| globs.iter().any(|glob| glob.is_match(url)))
}

/// What the built-in table says of a URL.
fn built_in(url: &Url, compared: &Compared<'_>) -> Option<Verdict> {
    let query = query::Query::of(url);
    if query.is_too_long || url.as_str().len() > MAX_URL_BYTES {
        return Some(Verdict { rule: TOO_LONG, by: Entry::Length });
    }
    let of_path = query.of_path();
    let by_path =
        || path::rule(url.path(), of_path).map(|(rule, part)| (rule, Entry::Segment(part.to_owned())));
    let by_query =
        || query.rule(of_path.identifies).map(|(rule, name)| (rule, Entry::Parameter(name.to_owned())));
    let by_bare = || {
        query.bare_verbs().find_map(|name| {
            let path = format!("{}/{name}", url.path().trim_end_matches('/'));
            let (rule, _) = path::rule(&path, path::Query::default())?;
            Some((rule, Entry::Parameter(name.to_owned())))
        })
    };
    let product = || {
        let (rule, glob) = PRODUCT_GLOBS.find(compared)?;
        Some((*rule, Entry::Product(glob.text().to_owned())))
    };
    let (rule, by) = by_path().or_else(by_query).or_else(by_bare).or_else(product)?;
    Some(Verdict { rule, by })
}

/// Whether all that tells a URL from others of its path is which page, or which thing, is meant: then what the names of its
/// parameters have in common says nothing.
#[must_use]
pub fn is_front_controller(url: &Url) -> bool {
    query::Query::of(url).only_names()
}

/// Whether a page is called like one for those who have no session yet, to sign in or to register: whoever has one is led away
/// from it.
#[must_use]
pub fn is_entrance(url: &Url) -> bool {
    let is_called = |name: &str| {
        let name = words::decoded(name.split(['.', ';']).next().unwrap_or_default());
        Words::of(&name).is_some_and(|words| KNOWLEDGE.of(words.joined()).is(Kind::Entrance))
    };
    let last = |path: &str| path.trim_end_matches('/').rsplit('/').next().is_some_and(is_called);
    last(url.path()) || query::Query::of(url).pages().any(last)
}

/// The rule by which a link does something, by what it says: its text, its accessible name.
#[must_use]
pub fn rule_for_words(text: &str) -> Option<Rule> {
    act::said(text)
}

#[cfg(test)]
mod tests;
