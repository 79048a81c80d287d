use super::*;
use crate::learn::next::navigation_batch::{Concern, Outline, PageStats};
use crate::learn::next::visitor::day_of;

const NOW: u64 = 1_800_000_000_000;

/// A page of the site that several visitors were given, with these links.
fn read(model: &mut Model, path: &str, visitors: u8, links: &[(&str, Place)]) {
    let links = links.iter().map(|(path, place)| Link { path: (*path).to_owned(), place: *place }).collect();
    let stats = PageStats {
        visitors: (0..visitors).collect(),
        outline: Some(Outline { links, ..Outline::default() }),
        ..PageStats::default()
    };
    model.page_mut(path).absorb(&stats, day_of(NOW), NOW);
}

fn paths(candidates: &[NextCandidate]) -> Vec<&str> {
    candidates.iter().map(|candidate| candidate.path.as_str()).collect()
}

fn probability(model: &Model, from: &str, to: &str) -> f64 {
    let candidates = model.candidates(from, 100);
    candidates.iter().find(|candidate| candidate.path == to).map_or(0.0, |found| found.estimate.probability)
}

#[test]
fn what_was_seen_to_follow_comes_first_and_a_page_does_not_follow_itself() {
    let mut model = Model::default();
    for _ in 0..100 {
        model.view("/a", 1.0, NOW);
        model.follow("/a", "/b", 1.0);
        model.view("/b", 1.0, NOW);
        model.follow("/b", "/a", 1.0);
    }
    for _ in 0..20 {
        model.follow("/a", "/c", 1.0);
    }
    assert_eq!(paths(&model.candidates("/a", 10)), ["/b", "/c"]);
    assert_eq!(paths(&model.candidates("/a", 1)), ["/b"]);
    assert!(!paths(&model.candidates("/b", 10)).contains(&"/b"));
}

#[test]
fn a_new_page_does_what_pages_like_it_do() {
    let mut model = Model::default();
    for number in 0..30 {
        let path = format!("/p/{number}");
        model.view(&path, 2.0, NOW);
        model.follow(&path, "/cart", 1.0);
    }
    for _ in 0..30 {
        model.view("/blog/a", 2.0, NOW);
        model.follow("/blog/a", "/about", 1.0);
    }
    assert_eq!(model.candidates("/p/new", 1)[0].path, "/cart");
    assert!(probability(&model, "/p/new", "/cart") > 3.0 * probability(&model, "/blog/new", "/cart"));
    assert_eq!(paths(&model.route_candidates("/p/*", 1)), ["/cart"]);
    assert!(model.route_candidates("/x/*", 1).is_empty());
}

#[test]
fn of_links_that_nobody_took_the_prominent_ones_are_expected() {
    let mut model = Model::default();
    model.view("/a", 10.0, NOW);
    read(&mut model, "/a", 10, &[("/next", Place::Next), ("/top", Place::Top), ("/foot", Place::Footer)]);
    assert_eq!(paths(&model.candidates("/a", 10)), ["/next", "/top", "/foot"]);
    // Where readers do otherwise, that is learned for all pages.
    for number in 0..40 {
        let path = format!("/chapter{number}/x");
        read(&mut model, &path, 10, &[("/next", Place::Next), ("/top", Place::Top)]);
        for _ in 0..10 {
            model.view(&path, 1.0, NOW);
            model.follow(&path, "/top", 1.0);
        }
    }
    read(&mut model, "/z", 10, &[("/n", Place::Next), ("/t", Place::Top)]);
    model.view("/z", 10.0, NOW);
    assert!(probability(&model, "/z", "/t") > 2.0 * probability(&model, "/z", "/n"));
}

#[test]
fn ten_links_of_a_kind_share_what_is_expected_of_it() {
    let mut model = Model::default();
    let all: Vec<String> = (0..10).map(|number| format!("/{number}")).collect();
    let links: Vec<(&str, Place)> = all.iter().map(|path| (path.as_str(), Place::Main)).collect();
    read(&mut model, "/many", 10, &links[..8]);
    read(&mut model, "/one", 10, &links[..1]);
    let (many, one) = (probability(&model, "/many", "/0"), probability(&model, "/one", "/0"));
    assert!((one / many - 8.0).abs() < 1e-6, "{one} {many}");
}

#[test]
fn ten_thousand_pages_that_one_visitor_makes_up_push_out_nothing_that_is_known() {
    let mut model = Model::default();
    let known: Vec<String> = (0..500).map(|number| format!("/known/{number}")).collect();
    for path in &known {
        read(&mut model, path, 5, &[]);
        model.view(path, 1.0, NOW);
    }
    let harm =
        PageStats { ineligible: vec![Concern::met(Ineligible::CartChanged, 1)], ..PageStats::default() };
    model.page_mut("/add").absorb(&harm, day_of(NOW), NOW);
    for number in 0..10_000 {
        let path = format!("/r{number}/x");
        read(&mut model, &path, 1, &[]);
        model.view(&path, 1000.0, NOW);
        model.follow(&path, "/b", 1.0);
        if number % 500 == 499 {
            model.keep_bounds(NOW);
            let changed = model.take_changed();
            assert!(changed.pages.contains(&path));
            assert!(model.pages.len() <= MAX_PAGES && model.routes.len() <= MAX_ROUTES);
        }
    }
    assert!(known.iter().all(|path| model.page(path).is_some()));
    assert!(model.page("/add").is_some(), "nobody looks at it, but it does harm");
}

#[test]
fn pages_that_do_harm_do_not_fill_the_memory_either() {
    let mut model = Model::default();
    for number in 0..5000 {
        let harm = PageStats {
            ineligible: vec![Concern::met(Ineligible::SessionDeleted, 1)],
            ..PageStats::default()
        };
        model.page_mut(&format!("/{number}")).absorb(&harm, day_of(NOW), NOW);
        if number % 100 == 0 {
            read(&mut model, &format!("/known/{number}"), 5, &[]);
        }
    }
    model.keep_bounds(NOW);
    assert_eq!(model.pages.len(), MAX_PAGES / 10 * 9);
    assert_eq!(model.pages.keys().filter(|path| path.starts_with("/known/")).count(), 50);
    assert!(model.changed.pages.contains("/999"), "what has left is to be removed from the store");
}

#[test]
fn only_what_has_changed_is_written() {
    let mut model = Model::default();
    model.view("/a/b", 1.0, NOW);
    model.follow("/a/b", "/c", 1.0);
    let changed = model.take_changed();
    assert_eq!(changed.pages.iter().collect::<Vec<_>>(), ["/a/b"]);
    assert_eq!(changed.routes.iter().collect::<Vec<_>>(), ["/a/*"]);
    model.step(0.6, NOW);
    let _ = model.candidates("/a/b", 10);
    let changed = model.take_changed();
    assert!(changed.pages.is_empty() && changed.routes.is_empty());
}
