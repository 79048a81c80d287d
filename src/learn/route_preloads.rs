//! What the pages of a route preload alike: fonts, stylesheets and scripts, for pages of which too few views have told.
//!
//! A shop's product pages have the same fonts, and most of them are seldom viewed. So what nearly all pages of a route preload that
//! have told enough, the others are given as well: those that are known where their own stylesheets name it, and those that nobody
//! has read yet. A picture is always a page's own.

use crate::hints::preload::Preload;
use crate::hints::resource::{Destination, Resource};
use crate::sorting;
use crate::urls::route_templates::{min_pages, templates};
use std::collections::BTreeMap;

/// The share of a route's pages that must preload something.
const ALIKE: f64 = 0.8;

/// A page, and what it preloads.
#[derive(Clone, Debug, PartialEq)]
pub struct PagePreloads {
    /// Its path.
    pub path: String,
    /// What was chosen for it by what its own visitors' browsers have told.
    pub own: Vec<Preload>,
    /// Whether enough of them have told anything.
    pub is_evident: bool,
    /// What its stylesheets name.
    pub named: Vec<Resource>,
}

/// The pages of a route that have told enough, and what they preload: each with how many of them do.
type Told<'a> = (usize, Vec<(&'a Preload, usize)>);

/// What the pages of each of these routes preload alike, `most` at the most, by template.
#[must_use]
pub fn generalise<'a>(
    pages: &[PagePreloads],
    routes: impl Iterator<Item = &'a str>,
    most: usize,
) -> BTreeMap<String, Vec<Preload>> {
    let mut of_routes: BTreeMap<&str, Told<'_>> =
        routes.map(|template| (template, (0, Vec::new()))).collect();
    for page in pages.iter().filter(|page| page.is_evident) {
        for template in templates(&page.path) {
            let Some((count, preloads)) = of_routes.get_mut(template.as_str()) else { continue };
            *count += 1;
            for preload in page.own.iter().filter(|own| own.resource.destination != Destination::Image) {
                match preloads.iter_mut().find(|(known, _)| known.resource == preload.resource) {
                    Some((_, times)) => *times += 1,
                    None => preloads.push((preload, 1)),
                }
            }
        }
    }
    let mut alike = BTreeMap::new();
    for (template, (count, mut preloads)) in of_routes {
        if count < min_pages(template) {
            continue;
        }
        // A few pages, all of one learner.
        #[allow(clippy::cast_precision_loss)]
        preloads.retain(|(_, times)| *times as f64 >= ALIKE * count as f64);
        sorting::sort_by(&mut preloads, |a, b| {
            b.1.cmp(&a.1).then_with(|| a.0.resource.url.cmp(&b.0.resource.url))
        });
        let chosen: Vec<Preload> =
            preloads.into_iter().take(most).map(|(preload, _)| preload.clone()).collect();
        if !chosen.is_empty() {
            alike.insert(template.to_owned(), chosen);
        }
    }
    alike
}

impl PagePreloads {
    /// What the page is given: its own, or, where too few have told, what its route has and its stylesheets name.
    #[must_use]
    pub fn given(&self, alike: &BTreeMap<String, Vec<Preload>>) -> Vec<Preload> {
        if self.is_evident || !self.own.is_empty() {
            return self.own.clone();
        }
        let route = templates(&self.path).into_iter().find_map(|template| alike.get(&template));
        let of_route = route.map(Vec::as_slice).unwrap_or_default().iter();
        of_route.filter(|preload| self.named.contains(&preload.resource)).cloned().collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::rank::Evidence;

    fn preload(url: &str) -> Preload {
        let resource = Resource::font(url.to_owned())
            .unwrap_or_else(|| Resource::new(url.to_owned(), Destination::Image));
        Preload { resource, evidence: Evidence { share: 100, gain_ms: 200, found: 3, blocking: 0 } }
    }

    fn page(path: &str, own: &[&str], is_evident: bool, named: &[&str]) -> PagePreloads {
        PagePreloads {
            path: path.to_owned(),
            own: own.iter().map(|url| preload(url)).collect(),
            is_evident,
            named: named.iter().map(|url| preload(url).resource).collect(),
        }
    }

    #[test]
    fn what_nearly_all_pages_of_a_route_preload_the_others_are_given_that_name_it() {
        let mut pages = vec![
            page("/p/1", &["/a.woff2", "/1.jpg"], true, &[]),
            page("/p/2", &["/a.woff2", "/1.jpg"], true, &[]),
            page("/p/new", &[], false, &["/a.woff2"]),
            page("/p/other", &[], false, &["/b.woff2"]),
            page("/p/plain", &[], true, &["/a.woff2"]),
        ];
        let alike = |pages: &[PagePreloads]| generalise(pages, ["/p/*"].into_iter(), 2);
        assert!(alike(&pages).is_empty(), "one of three that have told does not");
        pages.pop();
        assert!(alike(&pages).is_empty(), "two are too few");
        pages.push(page("/p/3", &["/b.woff2", "/a.woff2"], true, &[]));
        let found = alike(&pages);
        assert_eq!(found, BTreeMap::from([("/p/*".to_owned(), vec![preload("/a.woff2")])]));
        let given: Vec<Vec<Preload>> = pages.iter().map(|page| page.given(&found)).collect();
        assert_eq!(given[2], [preload("/a.woff2")]);
        assert_eq!(given[3], []);
        assert_eq!(given[0], pages[0].own);
    }
}
