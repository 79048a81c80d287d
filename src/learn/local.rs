//! What an isolate remembers of the site's own URLs, so that pages which name them can be credited with what they lead
//! to: stylesheets that went by, and URLs that redirected to another origin.
//!
//! Both are known by path and query. A page counts with what it names in its own markup, so nobody can bring an origin
//! into a page's hints by asking for a URL that the page does not name.

use super::document::{OwnUrl, Seen, merge};
use super::observation::{Observation, Sheet};
use crate::hints::Origin;
use crate::hints::usage::Usage;
use std::collections::{BTreeMap, HashMap};

/// The most stylesheets and redirects that an isolate remembers. When there are more, it begins anew.
const MAX_SHEETS: usize = 100;
const MAX_REDIRECTS: usize = 500;

/// The deepest chain of stylesheets that import each other.
const MAX_IMPORT_DEPTH: usize = 4;

/// See the module's description.
#[derive(Debug, Default)]
pub struct Local {
    sheets: HashMap<(String, String), Sheet>,
    redirects: HashMap<(String, u64), Origin>,
}

impl Local {
    /// Whether a stylesheet has been read.
    #[must_use]
    pub fn has_sheet(&self, site: &str, name: &str) -> bool {
        self.sheets.contains_key(&(site.to_owned(), name.to_owned()))
    }

    /// Remembers a stylesheet of `site` by its path and query.
    pub fn put_sheet(&mut self, site: &str, name: &str, sheet: Sheet) {
        let key = (site.to_owned(), name.to_owned());
        if self.sheets.len() >= MAX_SHEETS && !self.sheets.contains_key(&key) {
            self.sheets.clear();
        }
        self.sheets.insert(key, sheet);
    }

    /// Remembers that the URL of `site` with this key (see [`super::document::url_key`]) redirects to `origin`.
    pub fn put_redirect(&mut self, site: &str, key: u64, origin: Origin) {
        let key = (site.to_owned(), key);
        if self.redirects.len() >= MAX_REDIRECTS && !self.redirects.contains_key(&key) {
            self.redirects.clear();
        }
        self.redirects.insert(key, origin);
    }

    /// Adds to what was seen on a page of `site` where its own URLs are known to redirect.
    #[must_use]
    pub fn follow(&self, site: &str, seen: Seen) -> Observation {
        let Seen { mut observation, own_urls } = seen;
        if self.redirects.is_empty() {
            return observation;
        }
        for OwnUrl { key, usage } in own_urls {
            if let Some(origin) = self.redirects.get(&(site.to_owned(), key)) {
                let usage = usage.unwrap_or(Usage { is_linked: true, ..Usage::LOOKUP });
                merge(&mut observation.uses, origin.clone(), usage);
            }
        }
        observation
    }

    /// The stylesheets among `names`, and those that they import, as far as they have been read.
    #[must_use]
    pub fn sheets<'a>(&self, site: &str, names: impl Iterator<Item = &'a String>) -> BTreeMap<String, Sheet> {
        let mut found: BTreeMap<String, Sheet> = BTreeMap::new();
        let mut wanted: Vec<String> = names.cloned().collect();
        for _ in 0..=MAX_IMPORT_DEPTH {
            let mut imports = Vec::new();
            for name in wanted {
                if found.contains_key(&name) {
                    continue;
                }
                if let Some(sheet) = self.sheets.get(&(site.to_owned(), name.clone())) {
                    imports.extend(sheet.imports.iter().cloned());
                    found.insert(name, sheet.clone());
                }
            }
            wanted = imports;
        }
        found
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

    #[test]
    fn only_urls_that_a_page_names_lead_it_anywhere() {
        let mut local = Local::default();
        local.put_redirect("shop.example", 1, origin("https://partner.example"));
        local.put_redirect("shop.example", 2, origin("https://pictures.example"));
        local.put_redirect("shop.example", 3, origin("https://evil.example"));
        local.put_redirect("other.example", 4, origin("https://evil.example"));
        let picture = Usage::of(Pools::CREDENTIALED, Demand::ONE, Found::Body);
        let own_urls = [(1, None), (2, Some(picture)), (4, None)].map(|(key, usage)| OwnUrl { key, usage });
        let seen = Seen { own_urls: own_urls.to_vec(), ..Seen::default() };
        let uses: Vec<(String, Usage)> = local
            .follow("shop.example", seen)
            .uses
            .into_iter()
            .map(|used| (used.origin.to_string(), used.usage))
            .collect();
        let linked = Usage { is_linked: true, ..Usage::LOOKUP };
        assert_eq!(
            uses,
            [
                ("https://partner.example".to_owned(), linked),
                ("https://pictures.example".to_owned(), picture)
            ]
        );
    }

    #[test]
    fn stylesheets_bring_those_that_they_import_and_a_circle_ends() {
        let mut local = Local::default();
        let sheet = |imports: &[&str]| Sheet {
            imports: imports.iter().map(|name| (*name).to_owned()).collect(),
            ..Sheet::default()
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
        let mut local = Local::default();
        for n in 0..10_000_u64 {
            local.put_sheet("a", &format!("/{n}.css"), Sheet::default());
            local.put_redirect("a", n, origin("https://b.example"));
        }
        assert!(local.sheets.len() <= MAX_SHEETS && local.redirects.len() <= MAX_REDIRECTS);
        assert!(local.has_sheet("a", "/9999.css") && !local.has_sheet("b", "/9999.css"));
    }
}
