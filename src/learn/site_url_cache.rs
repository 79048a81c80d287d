//! What an isolate remembers of the site's own URLs: what its stylesheets fetch, and which URLs redirected to another
//! origin. Pages that name such a URL are then counted as users of those origins.
//!
//! Both are known by path and query. A page counts with what it names in its own markup, so nobody can bring an origin
//! into a page's hints by asking for a URL that the page does not name.

use super::document::{OwnUrl, PageFindings, merge};
use super::observation::{Observation, SheetObservation};
use super::sheet;
use crate::clock::has_passed;
use crate::hints::Origin;
use crate::hints::usage::Usage;
use crate::sorting::map::SortedMap;
use std::collections::HashMap;

/// The most stylesheets and redirects that an isolate remembers. When there are more, it begins anew.
const MAX_SHEETS: usize = 200;
const MAX_REDIRECTS: usize = 500;

/// The most pages whose bodies are remembered, and for how long, in milliseconds.
const MAX_BODIES: usize = 200;
const BODY_MS: u64 = 60_000;

/// How often in a row a URL must have redirected to the same origin. What one visitor is given may be theirs alone.
const MIN_TIMES: u32 = 3;

/// See the module's description.
#[derive(Debug, Default)]
pub struct SiteUrlCache {
    sheets: HashMap<(String, String), SheetObservation>,
    redirects: HashMap<(String, String), Redirect>,
    /// Hashes of pages as they were without a query, and when.
    bodies: HashMap<(String, String), (u64, u64)>,
}

/// Where a URL has redirected to, and how often in a row.
#[derive(Debug)]
struct Redirect {
    origin: Origin,
    times: u32,
}

impl SiteUrlCache {
    /// Whether a stylesheet has been read.
    #[must_use]
    pub fn has_sheet(&self, site: &str, name: &str) -> bool {
        self.sheets.contains_key(&(site.to_owned(), name.to_owned()))
    }

    /// Remembers a stylesheet of `site` by its path and query.
    pub fn put_sheet(&mut self, site: &str, name: &str, sheet: SheetObservation) {
        let key = (site.to_owned(), name.to_owned());
        if self.sheets.len() >= MAX_SHEETS && !self.sheets.contains_key(&key) {
            self.sheets.clear();
        }
        self.sheets.insert(key, sheet);
    }

    /// Remembers where a URL of `site` (its path and query) has just led: to another origin, or to nothing of the kind.
    pub fn put_redirect(&mut self, site: &str, name: &str, target: Option<Origin>) {
        let key = (site.to_owned(), name.to_owned());
        let Some(origin) = target else {
            self.redirects.remove(&key);
            return;
        };
        if self.redirects.len() >= MAX_REDIRECTS && !self.redirects.contains_key(&key) {
            self.redirects.clear();
        }
        let redirect =
            self.redirects.entry(key).or_insert_with(|| Redirect { origin: origin.clone(), times: 0 });
        if redirect.origin != origin {
            *redirect = Redirect { origin, times: 0 };
        }
        redirect.times = redirect.times.saturating_add(1);
    }

    /// Remembers the hash of a page of `site` as it was without a query, at `now`.
    pub fn put_body(&mut self, site: &str, path: &str, hash: u64, now: u64) {
        let key = (site.to_owned(), path.to_owned());
        if self.bodies.len() >= MAX_BODIES && !self.bodies.contains_key(&key) {
            self.bodies.clear();
        }
        self.bodies.insert(key, (hash, now));
    }

    /// Whether a page with inert parameters is another than without; `None` where that was not seen lately.
    #[must_use]
    pub fn differs(&self, site: &str, path: &str, hash: u64, now: u64) -> Option<bool> {
        let (known, at) = self.bodies.get(&(site.to_owned(), path.to_owned()))?;
        (!has_passed(BODY_MS, *at, now)).then_some(*known != hash)
    }

    /// Whether any URL is known to redirect.
    #[must_use]
    pub fn has_redirects(&self) -> bool {
        !self.redirects.is_empty()
    }

    /// Adds to what was seen on a page of `site` where its own URLs are known to redirect.
    #[must_use]
    pub fn follow(&self, site: &str, seen: PageFindings) -> Observation {
        let PageFindings { mut observation, own_urls, .. } = seen;
        if !self.has_redirects() {
            return observation;
        }
        for OwnUrl { name, usage } in own_urls {
            let redirect = self.redirects.get(&(site.to_owned(), name));
            if let Some(redirect) = redirect.filter(|redirect| redirect.times >= MIN_TIMES) {
                let usage = usage.unwrap_or(Usage { is_linked: true, ..Usage::LOOKUP });
                merge(&mut observation.uses, redirect.origin.clone(), usage);
            }
        }
        observation
    }

    /// The stylesheets among `names`, and those that they import, as far as they have been read.
    #[must_use]
    pub fn sheets<'a>(
        &'a self,
        site: &str,
        names: impl Iterator<Item = &'a String>,
    ) -> SortedMap<String, SheetObservation> {
        let find = |name: &str| self.sheets.get(&(site.to_owned(), name.to_owned()));
        let found = sheet::with_imports(names.map(String::as_str), find, |sheet| &sheet.imports);
        found.into_iter().map(|(name, sheet)| (name.to_owned(), sheet.clone())).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::Pools;
    use crate::hints::usage::{Demand, Found};

    fn origin(text: &str) -> Origin {
        Origin::parse(text).unwrap()
    }

    fn hosts(observation: &Observation) -> Vec<(&str, Usage)> {
        observation.uses.iter().map(|used| (used.origin.host(), used.usage)).collect()
    }

    #[test]
    fn only_urls_that_a_page_names_lead_it_anywhere() {
        let mut local = SiteUrlCache::default();
        for _ in 0..MIN_TIMES {
            local.put_redirect("shop.example", "/out?1", Some(origin("https://partner.example")));
            local.put_redirect("shop.example", "/picture", Some(origin("https://pictures.example")));
            local.put_redirect("shop.example", "/out?evil", Some(origin("https://evil.example")));
            local.put_redirect("other.example", "/4", Some(origin("https://evil.example")));
        }
        let picture = Usage::of(Pools::CREDENTIALED, Demand::ONE, Found::Body);
        let own_urls = [("/out?1", None), ("/picture", Some(picture)), ("/4", None)]
            .map(|(name, usage)| OwnUrl { name: name.to_owned(), usage });
        let seen = PageFindings { own_urls: own_urls.to_vec(), ..PageFindings::default() };
        let linked = Usage { is_linked: true, ..Usage::LOOKUP };
        let observation = local.follow("shop.example", seen);
        assert_eq!(hosts(&observation), [("partner.example", linked), ("pictures.example", picture)]);
    }

    #[test]
    fn a_redirect_counts_when_it_has_led_there_often_and_until_it_no_longer_does() {
        let mut local = SiteUrlCache::default();
        let seen = || {
            let own_urls = vec![OwnUrl { name: "/out".to_owned(), usage: None }];
            PageFindings { own_urls, ..PageFindings::default() }
        };
        let leads = |local: &SiteUrlCache| {
            let observation = local.follow("a", seen());
            observation.uses.first().map(|used| used.origin.host().to_owned())
        };
        for host in ["x", "x", "y", "x", "x"] {
            local.put_redirect("a", "/out", Some(origin(&format!("https://{host}.example"))));
            assert_eq!(leads(&local), None, "each visitor may be led elsewhere");
        }
        local.put_redirect("a", "/out", Some(origin("https://x.example")));
        assert_eq!(leads(&local).as_deref(), Some("x.example"));
        local.put_redirect("a", "/out", None);
        assert_eq!(leads(&local), None);
    }

    #[test]
    fn stylesheets_bring_those_that_they_import_and_a_circle_ends() {
        let mut local = SiteUrlCache::default();
        let sheet = |imports: &[&str]| SheetObservation {
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
            ..SheetObservation::default()
        };
        local.put_sheet("a", "/1.css", sheet(&["/2.css"]));
        local.put_sheet("a", "/2.css", sheet(&["/1.css", "/3.css"]));
        local.put_sheet("b", "/3.css", sheet(&[]));
        let names = ["/1.css".to_owned(), "/4.css".to_owned()];
        let found = local.sheets("a", names.iter());
        assert_eq!(found.keys().collect::<Vec<_>>(), ["/1.css", "/2.css"]);
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut local = SiteUrlCache::default();
        for n in 0..10_000 {
            local.put_sheet("a", &format!("/{n}.css"), SheetObservation::default());
            local.put_redirect("a", &format!("/{n}"), Some(origin("https://b.example")));
        }
        assert!(local.sheets.len() <= MAX_SHEETS && local.redirects.len() <= MAX_REDIRECTS);
        assert!(local.has_sheet("a", "/9999.css") && !local.has_sheet("b", "/9999.css"));
    }

    #[test]
    fn a_page_is_compared_with_itself_for_a_minute() {
        let mut local = SiteUrlCache::default();
        assert_eq!(local.differs("shop", "/a", 1, 0), None);
        local.put_body("shop", "/a", 1, 1000);
        assert_eq!(local.differs("shop", "/a", 1, 60_999), Some(false));
        assert_eq!(local.differs("shop", "/a", 2, 60_999), Some(true));
        assert_eq!(local.differs("shop", "/a", 1, 61_000), None);
        assert_eq!(local.differs("other", "/a", 1, 1000), None);
        for page in 0..1000 {
            local.put_body("shop", &format!("/{page}"), 1, 1000);
        }
        assert!(local.bodies.len() <= MAX_BODIES);
    }
}
