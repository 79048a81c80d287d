//! What the pages of a route preload alike: fonts, stylesheets and scripts, for pages of which too few views have told.
//!
//! A shop's product pages have the same fonts, and most of them are seldom viewed. So what nearly all pages of a route preload that
//! have told enough, the others are given as well: those that are known where their own stylesheets name it, and those that nobody
//! has read yet where nearly all that were read name it. Of a page of which nobody tells, no preload could be taken back. A picture is
//! always a page's own.

use crate::hints::preload::Preload;
use crate::hints::resource::{Destination, Resource};
use crate::sorting;
use crate::sorting::map::SortedMap;
use crate::urls::route_templates::{min_pages, templates};

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

/// What the pages of a route preload alike.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Alike {
    /// All of it: for pages whose stylesheets name it.
    pub of_named: Vec<Preload>,
    /// What nearly all pages that were read name as well: for those that nobody has read.
    pub of_unread: Vec<Preload>,
}

/// The pages of a route that were read, those that have told enough, and what these preload: each with how many of them do.
#[derive(Default)]
struct Told<'a> {
    read: Vec<&'a PagePreloads>,
    evident: usize,
    preloads: Vec<(&'a Preload, usize)>,
}

/// What the pages of each of these routes preload alike, `most` at the most, by template.
#[must_use]
pub fn generalise<'a>(
    pages: &[PagePreloads],
    routes: impl Iterator<Item = &'a str>,
    most: usize,
) -> SortedMap<String, Alike> {
    let mut of_routes: SortedMap<&str, Told<'_>> =
        routes.map(|template| (template, Told::default())).collect();
    for page in pages {
        for template in templates(&page.path) {
            let Some(told) = of_routes.get_mut(template.as_str()) else { continue };
            told.read.push(page);
            if !page.is_evident {
                continue;
            }
            told.evident += 1;
            let preloads = &mut told.preloads;
            for preload in page.own.iter().filter(|own| own.resource.destination != Destination::Image) {
                match preloads.iter_mut().find(|(known, _)| known.resource == preload.resource) {
                    Some((_, times)) => *times += 1,
                    None => preloads.push((preload, 1)),
                }
            }
        }
    }
    let mut alike = SortedMap::new();
    // A few pages, all of one learner.
    #[allow(clippy::cast_precision_loss)]
    let are_nearly_all = |some: usize, all: usize| some as f64 >= ALIKE * all as f64;
    for (template, Told { read, evident, mut preloads }) in of_routes {
        if evident < min_pages(template) {
            continue;
        }
        preloads.retain(|(_, times)| are_nearly_all(*times, evident));
        sorting::sort_by(&mut preloads, |a, b| {
            b.1.cmp(&a.1).then_with(|| a.0.resource.url.cmp(&b.0.resource.url))
        });
        let of_named: Vec<Preload> =
            preloads.into_iter().take(most).map(|(preload, _)| preload.clone()).collect();
        if of_named.is_empty() {
            continue;
        }
        let is_named_by_most = |preload: &&Preload| {
            are_nearly_all(read.iter().filter(|page| page.names(&preload.resource)).count(), read.len())
        };
        let of_unread = of_named.iter().filter(is_named_by_most).cloned().collect();
        alike.insert(template.to_owned(), Alike { of_named, of_unread });
    }
    alike
}

impl PagePreloads {
    /// What the page is given: its own, or, where too few have told, what its route has and its stylesheets name.
    #[must_use]
    pub fn given(&self, alike: &SortedMap<String, Alike>) -> Vec<Preload> {
        if self.is_evident || !self.own.is_empty() {
            return self.own.clone();
        }
        let route = templates(&self.path).into_iter().find_map(|template| alike.get(&template));
        let of_route = route.map(|alike| &alike.of_named[..]).unwrap_or_default().iter();
        of_route.filter(|preload| self.named.contains(&preload.resource)).cloned().collect()
    }

    /// Whether it preloads something, or its stylesheets name it.
    fn names(&self, resource: &Resource) -> bool {
        self.named.contains(resource) || self.own.iter().any(|own| own.resource == *resource)
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
        let (of_named, of_unread) = (vec![preload("/a.woff2")], vec![preload("/a.woff2")]);
        assert_eq!(found, SortedMap::from([("/p/*".to_owned(), Alike { of_named, of_unread })]));
        let given: Vec<Vec<Preload>> = pages.iter().map(|page| page.given(&found)).collect();
        assert_eq!(given[2], [preload("/a.woff2")]);
        assert_eq!(given[3], []);
        assert_eq!(given[0], pages[0].own);
    }

    #[test]
    fn a_page_that_nobody_has_read_is_given_what_nearly_all_that_were_read_name() {
        // Three posts have formulas, and many others have none.
        let mut pages: Vec<PagePreloads> = (0..3)
            .map(|post| page(&format!("/blog/{post}"), &["/formulas.woff2", "/a.woff2"], true, &["/a.woff2"]))
            .collect();
        pages.extend((3..20).map(|post| page(&format!("/blog/{post}"), &[], false, &["/a.woff2"])));
        let found = generalise(&pages, ["/blog/*"].into_iter(), 2);
        assert_eq!(found["/blog/*"].of_named, [preload("/a.woff2"), preload("/formulas.woff2")]);
        assert_eq!(found["/blog/*"].of_unread, [preload("/a.woff2")]);
    }
}
