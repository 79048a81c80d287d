//! A made-up site of any size: the shop of `crates/simulate` many times over, as a marketplace has many brands, of which few are
//! visited much and most are visited by hardly anybody (Zipf's law).

use headstart_simulate::draw::{Numbers, Table, zipf};
use headstart_simulate::{SiteKind, sessions};
use std::collections::{BTreeMap, BTreeSet};

/// How many navigations of the shop's visitors are drawn from.
const NAVIGATIONS: usize = 60_000;

/// A page that appears while the simulation runs.
pub const NEW_PAGE: &str = "/launch";

/// How many of the visitors who come from then on have come for it.
pub const NEW_SHARE: f64 = 0.02;

/// See the module's description.
#[derive(Debug)]
pub struct Site {
    /// What visitors of the shop looked at, one after the other.
    sessions: Vec<Vec<String>>,
    /// The session of somebody who comes for the new page: the last one.
    launch: usize,
    brands: Table<u32>,
    /// Where the links of each page lead, as far as visitors follow them.
    links: BTreeMap<String, Vec<String>>,
    /// How many different pages there are.
    pages: usize,
}

/// What one visitor looks at.
#[derive(Clone, Copy, Debug, Default)]
pub struct Visit {
    session: usize,
    brand: u32,
}

impl Site {
    /// A site of about so many pages.
    #[must_use]
    pub fn new(pages: usize, seed: u64) -> Self {
        let mut sessions = sessions(SiteKind::Shop, NAVIGATIONS, seed, None);
        let distinct: BTreeSet<&String> = sessions.iter().flatten().collect();
        let (of_shop, product) =
            (distinct.len().max(1), distinct.iter().next_back().map(|path| (*path).clone()));
        let brands = (pages / of_shop).max(1);
        let mut links: BTreeMap<String, Vec<String>> = BTreeMap::new();
        for pair in sessions.iter().flat_map(|session| session.windows(2)) {
            if let [from, to] = pair {
                let led = links.entry(from.clone()).or_default();
                if !led.contains(to) {
                    led.push(to.clone());
                }
            }
        }
        sessions.push(["/".to_owned(), NEW_PAGE.to_owned()].into_iter().chain(product).collect());
        let numbers = 0..u32::try_from(brands).unwrap_or(u32::MAX);
        Self {
            launch: sessions.len() - 1,
            brands: Table::new(numbers.map(|brand| (brand, zipf(brand as usize, 3.0)))),
            sessions,
            links,
            pages: brands * of_shop,
        }
    }

    /// How many different pages there are.
    #[must_use]
    pub fn pages(&self) -> usize {
        self.pages
    }

    /// Somebody comes; `is_launched` says that the new page is there.
    pub fn arrive(&self, is_launched: bool, numbers: &mut Numbers) -> Visit {
        if is_launched && numbers.happens(NEW_SHARE) {
            return Visit { session: self.launch, brand: 0 };
        }
        let session = numbers.below(self.launch);
        Visit { session, brand: self.brands.draw(numbers).unwrap_or_default() }
    }

    /// The page that a visitor looks at as their `at`th; `None` where they have left.
    #[must_use]
    pub fn page(&self, visit: Visit, at: usize) -> Option<String> {
        let path = self.sessions.get(visit.session)?.get(at)?;
        Some(of_brand(visit.brand, path))
    }

    /// Where the links of the page that a visitor looks at lead, at most so many.
    #[must_use]
    pub fn links(&self, visit: Visit, at: usize, most: usize) -> Vec<String> {
        let path = self.sessions.get(visit.session).and_then(|session| session.get(at));
        let led = path.and_then(|path| self.links.get(path)).into_iter().flatten();
        led.take(most).map(|path| of_brand(visit.brand, path)).collect()
    }
}

/// The page of a brand. The first brand has the shop's own paths.
fn of_brand(brand: u32, path: &str) -> String {
    if brand == 0 { path.to_owned() } else { format!("/brand-{brand}{path}") }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_site_has_about_as_many_pages_as_it_is_to_have_and_its_visitors_see_few_of_them() {
        for pages in [1, 10_000, 1_000_000] {
            let site = Site::new(pages, 1);
            assert!((1_000..2_000).contains(&site.pages()) || site.pages().abs_diff(pages) < 2_000);
            let mut numbers = Numbers::new(1, "test");
            let visits: Vec<Visit> = (0..1000).map(|_| site.arrive(false, &mut numbers)).collect();
            let seen: BTreeSet<String> = visits.iter().filter_map(|visit| site.page(*visit, 0)).collect();
            assert!(seen.len() < 1000, "{} landing pages of {pages}", seen.len());
            assert!(seen.iter().all(|path| path.starts_with('/') && path != NEW_PAGE));
        }
    }

    #[test]
    fn the_new_page_has_visitors_once_it_is_there() {
        let (site, mut numbers) = (Site::new(10_000, 1), Numbers::new(1, "test"));
        let mut come = |is_launched| {
            let visits = (0..10_000).map(|_| site.arrive(is_launched, &mut numbers));
            visits.filter(|visit| site.page(*visit, 1).as_deref() == Some(NEW_PAGE)).count()
        };
        assert_eq!(come(false), 0);
        assert!((150..250).contains(&come(true)));
    }

    #[test]
    fn links_lead_to_pages_of_the_same_brand() {
        let site = Site::new(1_000_000, 1);
        let home = (0..site.launch).find(|session| site.sessions[*session][0] == "/").unwrap();
        let links = site.links(Visit { session: home, brand: 7 }, 0, 5);
        assert_eq!(links.len(), 5);
        assert!(links.iter().all(|path| path.starts_with("/brand-7/")), "{links:?}");
    }
}
