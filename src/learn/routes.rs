//! Finds routes, and what the pages of each have in common: pages whose paths look alike.
//!
//! A template is a path in which some segments are `*` (`/product/*`, `/user/*/reviews`). Nobody configures them: each
//! page speaks for all templates that it fits, and a template counts when enough different pages speak for it. How many
//! are enough grows with the number of `*`. A page that was never seen gets the hints of the most specific template it
//! fits, and else those of the whole site.
//!
//! Every page has the same weight once it was read a few times, so that a popular one does not speak for all.

use super::page::Page;
use crate::hints::Pools;
use crate::hints::rank::{Candidate, Thresholds};
use crate::sorting;
use crate::sorting::map::SortedMap;
use crate::urls::route_templates::{MAX_ROUTES, min_pages, templates};
use std::collections::HashMap;

/// The share of a route's pages that must need an origin.
pub const ROUTE: Thresholds = Thresholds { enter: 0.6, stay: 0.4 };

/// The share of a site's pages that must need an origin, for pages of which nothing else is known.
pub const SITE: Thresholds = Thresholds { enter: 0.8, stay: 0.6 };

/// The least number of pages that speak for a site.
const MIN_SITE_PAGES: usize = 5;

/// The views after which a page's voice has its full weight.
const FULL_VIEWS: f64 = 3.0;

/// The most origins that are weighed for one route.
const MAX_CANDIDATES: usize = 100;

/// What the pages of one route, or of the whole site, have in common.
#[derive(Debug, Default)]
struct Group {
    weight: f64,
    candidates: Vec<Candidate>,
    /// For each candidate, the weight of the pages that preconnect to its credentialed pool by themselves, to its anonymous
    /// pool, and that look its name up.
    own: Vec<[f64; 3]>,
}

impl Group {
    fn add(&mut self, weight: f64, candidates: &[Candidate]) {
        self.weight += weight;
        for candidate in candidates {
            if self.candidates.len() < MAX_CANDIDATES
                && !self.candidates.iter().any(|known| known.origin == candidate.origin)
            {
                self.candidates.push(Candidate::new(candidate.origin.clone()));
                self.own.push([0.0; 3]);
            }
            let mut all = self.candidates.iter_mut().zip(&mut self.own);
            let Some((known, own)) = all.find(|(known, _)| known.origin == candidate.origin) else {
                continue;
            };
            let Pools { credentialed, anonymous } = candidate.preconnected;
            for (sum, is_set) in own.iter_mut().zip([credentialed, anonymous, candidate.looked_up]) {
                *sum += if is_set { weight } else { 0.0 };
            }
            known.share += candidate.share * weight;
            for (sum, need) in [
                (&mut known.credentialed, candidate.credentialed),
                (&mut known.anonymous, candidate.anonymous),
            ] {
                sum.share += need.share * weight;
                sum.urgent += need.urgent * weight;
            }
            known.blocking += candidate.blocking * weight;
            known.found = known.found.min(candidate.found);
            known.order = known.order.min(candidate.order);
            known.connect_ms = known.connect_ms.max(candidate.connect_ms);
            known.start_ms = known.start_ms.max(candidate.start_ms);
        }
    }

    /// The averages. What one page in many links to is not counted: it is the page's own.
    fn finish(mut self) -> Vec<Candidate> {
        for (candidate, own) in self.candidates.iter_mut().zip(&self.own) {
            let [credentialed, anonymous, looked_up] =
                own.map(|weight| weight > 0.0 && weight >= self.weight / 2.0);
            candidate.preconnected = Pools { credentialed, anonymous };
            candidate.looked_up = looked_up;
            candidate.share /= self.weight;
            for need in [&mut candidate.credentialed, &mut candidate.anonymous] {
                need.share /= self.weight;
                need.urgent /= self.weight;
            }
            candidate.blocking /= self.weight;
        }
        self.candidates
    }
}

/// What routes and site have in common.
#[derive(Debug, Default)]
pub struct Common {
    /// For each template with enough pages.
    pub routes: SortedMap<String, Vec<Candidate>>,
    /// For the whole site, once enough pages are known.
    pub site: Option<Vec<Candidate>>,
}

/// A page, by its path, and what speaks for and against hinting its origins.
pub type Weighed = (String, Page, Vec<Candidate>);

/// Finds the templates that enough of `pages` speak for, and what they have in common.
#[must_use]
pub fn generalise(pages: &[Weighed]) -> Common {
    let mut counts: HashMap<String, usize> = HashMap::new();
    for (path, ..) in pages {
        for template in templates(path) {
            *counts.entry(template).or_default() += 1;
        }
    }
    let mut templates_kept: Vec<(String, usize)> =
        counts.into_iter().filter(|(template, count)| *count >= min_pages(template)).collect();
    sorting::sort_by(&mut templates_kept, |a, b| b.1.cmp(&a.1).then_with(|| a.0.cmp(&b.0)));
    templates_kept.truncate(MAX_ROUTES);
    let mut routes: SortedMap<String, Group> =
        templates_kept.into_iter().map(|(template, _)| (template, Group::default())).collect();
    let mut site = Group::default();
    for (path, page, candidates) in pages {
        let weight = (page.views / FULL_VIEWS).min(1.0);
        for template in templates(path) {
            if let Some(group) = routes.get_mut(&template) {
                group.add(weight, candidates);
            }
        }
        site.add(weight, candidates);
    }
    Common {
        routes: routes.into_iter().map(|(template, group)| (template, group.finish())).collect(),
        site: (pages.len() >= MIN_SITE_PAGES).then(|| site.finish()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::hints::Origin;
    use crate::hints::usage::{Demand, Found, Usage};
    use crate::learn::observation::{Observation, OriginUse};

    /// A page with these origins; one that begins with `!` is preconnected to by the page itself.
    fn weighed(path: &str, origins: &[&str]) -> Weighed {
        let mut page = Page::default();
        let uses = origins
            .iter()
            .map(|origin| OriginUse {
                origin: Origin::parse(origin.trim_start_matches('!')).unwrap(),
                usage: Usage {
                    preconnected: if origin.starts_with('!') {
                        Pools::CREDENTIALED
                    } else {
                        Pools::default()
                    },
                    looked_up: origin.starts_with('!'),
                    ..Usage::of(Pools::CREDENTIALED, Demand::ONE, Found::Body)
                },
            })
            .collect();
        let observation = Observation { uses, ..Observation::default() };
        for _ in 0..5 {
            page.absorb(&observation, 1);
        }
        let candidates = page.candidates(&SortedMap::new());
        (path.to_owned(), page, candidates)
    }

    fn shares(candidates: &[Candidate]) -> Vec<(String, String)> {
        candidates
            .iter()
            .map(|candidate| (candidate.origin.to_string(), format!("{:.2}", candidate.share)))
            .collect()
    }

    #[test]
    fn three_pages_make_a_route_and_five_a_site() {
        let product = |path: &str, own: &str| weighed(path, &["https://cdn.example", own]);
        let mut pages = vec![
            product("/product/1", "https://a.example"),
            product("/product/2", "https://b.example"),
            weighed("/about", &[]),
        ];
        assert!(generalise(&pages).routes.is_empty());
        pages.push(product("/product/3", "https://c.example"));
        let common = generalise(&pages);
        assert!(common.site.is_none());
        assert_eq!(common.routes.keys().collect::<Vec<_>>(), ["/product/*"]);
        let expected = [("cdn", "1.00"), ("a", "0.33"), ("b", "0.33"), ("c", "0.33")]
            .map(|(host, share)| (format!("https://{host}.example"), share.to_owned()));
        assert_eq!(shares(&common.routes["/product/*"]), expected);
        pages.push(weighed("/contact", &[]));
        let site = generalise(&pages).site.unwrap();
        assert_eq!(shares(&site)[0], ("https://cdn.example".to_owned(), "0.60".to_owned()));
    }

    #[test]
    fn two_wildcards_need_six_pages() {
        let page = |n: usize| weighed(&format!("/{n}/x{n}/edit"), &[]);
        let five: Vec<_> = (0..5).map(page).collect();
        assert!(generalise(&five).routes.is_empty());
        let six: Vec<_> = (0..6).map(page).collect();
        let routes = generalise(&six).routes;
        assert_eq!(routes.keys().collect::<Vec<_>>(), ["/*/*/edit"]);
    }

    #[test]
    fn what_one_page_of_a_route_hints_itself_is_hinted_for_the_others() {
        let mut pages: Vec<Weighed> =
            (0..5).map(|n| weighed(&format!("/p/{n}"), &["https://cdn.example"])).collect();
        pages.push(weighed("/p/own", &["!https://cdn.example"]));
        let cdn = |pages: &[Weighed]| generalise(pages).routes["/p/*"][0].clone();
        assert_eq!((cdn(&pages).preconnected, cdn(&pages).looked_up), (Pools::default(), false));
        pages.extend((0..5).map(|n| weighed(&format!("/p/own{n}"), &["!https://cdn.example"])));
        assert_eq!((cdn(&pages).preconnected, cdn(&pages).looked_up), (Pools::CREDENTIALED, true));
    }
}
