//! Routes of which several pages do harm when they are fetched: what these do, their siblings do.
//!
//! A route is blamed with the evidence that routes need: several of its pages do the same, several visitors have met each of
//! them, and as many in all as have to meet a page before it is published to do harm. One page of the route that several
//! visitors were given, and against which nothing speaks, is enough to take it back.

use crate::ineligible::Ineligible;
use crate::sorting;
use crate::sorting::map::{SortedMap, SortedSet};
use crate::urls::private_path::looks_private;
use crate::urls::route_templates::{are_enough, blamed, names};

/// The most routes that are blamed.
pub const MAX_ROUTES: usize = 20;

/// A page that does harm.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Harm<'a> {
    /// Its path, and perhaps a `?` and the names of its parameters.
    pub path: &'a str,
    /// What it does.
    pub why: &'a Ineligible,
    /// How many visitors have met that.
    pub met: u32,
    /// What tells apart the pages to which it leads back, where that is what it does.
    pub led_back: &'a [u16],
}

/// A route that is blamed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Blamed<'a> {
    /// Its template.
    pub template: String,
    /// What its pages do.
    pub why: &'a Ineligible,
    /// The pages that were met to do it.
    pub pages: Vec<&'a str>,
}

/// Finds the routes to blame, those of the most pages first. `harmless` are the pages that several visitors were given, and
/// against which nothing speaks; `takers` is how many visitors are several, and `min_visitors` how many have to meet what is
/// published.
#[must_use]
pub fn blame<'a>(harmful: &[Harm<'a>], harmless: &[&str], takers: u32, min_visitors: u32) -> Vec<Blamed<'a>> {
    let mut groups: SortedMap<(String, &'a str), Vec<&Harm<'a>>> = SortedMap::new();
    for harm in harmful.iter().filter(|harm| harm.met >= takers.max(1)) {
        for template in blamed(harm.path) {
            groups.entry((template, harm.why.as_str())).or_default().push(harm);
        }
    }
    groups.retain(|(template, _), pages| {
        is_blamed(template, pages, min_visitors)
            && !looks_private(template.split('?').next().unwrap_or_default())
    });
    if groups.is_empty() {
        return Vec::new();
    }
    let innocent: SortedSet<String> = harmless.iter().flat_map(|path| blamed(path)).collect();
    let blamed = groups.into_iter().filter(|((template, _), _)| !innocent.contains(template));
    let mut routes: Vec<Blamed<'a>> = blamed
        .filter_map(|((template, _), pages)| {
            let why = pages.first()?.why;
            Some(Blamed { template, why, pages: pages.iter().map(|harm| harm.path).collect() })
        })
        .collect();
    sorting::sort_by(&mut routes, |a, b| {
        b.pages.len().cmp(&a.pages.len()).then_with(|| a.template.cmp(&b.template))
    });
    routes.truncate(MAX_ROUTES);
    routes
}

/// Whether pages that do the same speak for all of their route.
fn is_blamed(template: &str, pages: &[&Harm<'_>], min_visitors: u32) -> bool {
    let met: u32 = pages.iter().map(|harm| harm.met).fold(0, u32::saturating_add);
    let names: Vec<Vec<&str>> = pages.iter().filter_map(|harm| names(template, harm.path)).collect();
    // Pages that lead to the same page wherever a visitor comes from lead on.
    let led_back: SortedSet<u16> = pages.iter().flat_map(|harm| harm.led_back).copied().collect();
    let leads_on = pages.iter().any(|harm| !harm.led_back.is_empty()) && led_back.len() < 2;
    met >= min_visitors.max(1) && !leads_on && are_enough(template, &names)
}

#[cfg(test)]
mod tests {
    use super::*;
    use Ineligible::{CartChanged, Download, LeavesSite, RedirectsBack};
    use proptest::prelude::*;

    fn harm<'a>(path: &'a str, why: &'a Ineligible, met: u32) -> Harm<'a> {
        Harm { path, why, met, led_back: &[] }
    }

    /// The templates that are blamed where ten visitors have to meet what is published.
    fn templates(harmful: &[Harm<'_>], harmless: &[&str]) -> Vec<String> {
        blame(harmful, harmless, 3, 10).into_iter().map(|route| route.template).collect()
    }

    #[test]
    fn what_three_pages_do_that_several_visitors_have_met_their_siblings_do() {
        let pages = |met: [u32; 3]| {
            let paths = ["/item/1/vote", "/item/2/vote", "/item/3/vote"];
            paths.into_iter().zip(met).map(|(path, met)| harm(path, &CartChanged, met)).collect::<Vec<_>>()
        };
        let blamed = Blamed {
            template: "/item/*/vote".to_owned(),
            why: &CartChanged,
            pages: vec!["/item/1/vote", "/item/2/vote", "/item/3/vote"],
        };
        assert_eq!(blame(&pages([3, 3, 4]), &[], 3, 10), [blamed]);
        assert!(templates(&pages([3, 3, 3]), &[]).is_empty(), "too few in all");
        assert!(templates(&pages([20, 20, 2]), &[]).is_empty(), "one of them is perhaps somebody's own");
        assert!(templates(&pages([9, 9, 9])[..2], &[]).is_empty(), "two pages are no route");
        assert!(templates(&pages([9, 9, 9]), &["/item/7/vote"]).is_empty(), "a sibling does not do it");
        assert_eq!(templates(&pages([9, 9, 9]), &["/item/7", "/item/7/read", "/"]), ["/item/*/vote"]);
    }

    #[test]
    fn pages_that_do_different_things_are_no_route_nor_are_those_that_have_no_name_in_common() {
        let mixed =
            [harm("/go/a", &LeavesSite, 9), harm("/go/b", &LeavesSite, 9), harm("/go/c", &Download, 9)];
        assert!(templates(&mixed, &[]).is_empty());
        let top = [harm("/a", &LeavesSite, 9), harm("/b", &LeavesSite, 9), harm("/c", &LeavesSite, 9)];
        assert!(templates(&top, &[]).is_empty(), "that would be most of the site");
        let shapes = [
            harm("/p/a?buy", &CartChanged, 9),
            harm("/p/b?buy", &CartChanged, 9),
            harm("/p/c?buy", &CartChanged, 9),
        ];
        assert_eq!(templates(&shapes, &["/p/a", "/p/b?size"]), ["/p/*?buy"]);
        let secret = [
            "/t/9f86d081884c7d659a2feaa0c55ad015/a",
            "/t/9f86d081884c7d659a2feaa0c55ad015/b",
            "/t/9f86d081884c7d659a2feaa0c55ad015/c",
        ];
        let secret: Vec<Harm<'_>> = secret.iter().map(|path| harm(path, &Download, 9)).collect();
        assert!(templates(&secret, &[]).is_empty(), "its name is somebody's secret");
    }

    #[test]
    fn pages_that_lead_back_each_to_its_own_lead_back_and_those_that_lead_to_one_page_lead_on() {
        let back = |led_back: [&'static [u16]; 3]| {
            let paths = ["/item/1/vote", "/item/2/vote", "/item/3/vote"];
            let pages = paths.into_iter().zip(led_back);
            let pages: Vec<Harm<'_>> =
                pages.map(|(path, led_back)| Harm { led_back, ..harm(path, &RedirectsBack, 9) }).collect();
            templates(&pages, &[])
        };
        assert_eq!(back([&[1], &[2], &[3]]), ["/item/*/vote"]);
        assert!(back([&[1], &[1], &[1]]).is_empty());
    }

    #[test]
    fn routes_are_bounded_in_number() {
        let paths: Vec<String> =
            (0..100).flat_map(|route| (0..3).map(move |page| format!("/r{route}/x/{page}"))).collect();
        let harmful: Vec<Harm<'_>> = paths.iter().map(|path| harm(path, &Download, 9)).collect();
        assert_eq!(templates(&harmful, &[]).len(), MAX_ROUTES);
    }

    proptest! {
        #[test]
        fn no_route_is_blamed_of_which_a_page_is_harmless_and_each_with_three_pages_that_do_it(
            paths in prop::collection::btree_map("(/[a-c]{1,2}){1,3}(\\?[ab])?", (0_u8..3, 0_u32..9), 0..60),
        ) {
            let harmful: Vec<Harm<'_>> = paths
                .iter()
                .filter(|(_, (kind, _))| *kind > 0)
                .map(|(path, (kind, met))| harm(path, if *kind == 1 { &Download } else { &LeavesSite }, *met))
                .collect();
            let harmless: Vec<&str> =
                paths.iter().filter(|(_, (kind, _))| *kind == 0).map(|(path, _)| path.as_str()).collect();
            for route in blame(&harmful, &harmless, 3, 10) {
                prop_assert!(harmless.iter().all(|path| names(&route.template, path).is_none()));
                prop_assert!(route.pages.len() >= 3);
                for page in &route.pages {
                    let harm = harmful.iter().find(|harm| harm.path == *page).unwrap();
                    prop_assert!(harm.met >= 3 && harm.why == route.why);
                    prop_assert!(names(&route.template, page).is_some());
                }
            }
        }
    }
}
