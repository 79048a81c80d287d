//! Tests of how one build follows another one, and of several that are alive at once.

use super::*;

/// One name of a part in each of two builds.
const HASHED: [&str; 2] = ["/hero.9f86d081.jpg", "/hero.0a1b2c3d.jpg"];
const VERSIONED: [&str; 2] = ["/hero.jpg?v=12", "/hero.jpg?v=13"];

fn shown(url: &str) -> Report {
    report(Some((url, form("", ""))), &[(url, 400, false, false)])
}

impl World {
    /// As [`World::view`], on a page that ages with its views.
    fn view_of(&mut self, url: &str) {
        self.reports.scale((-1.0_f64 / 100.0).exp2());
        self.view(&[img(url)], &shown(url));
        // Enough visitors for a day.
        if self.next_visitor == 0 {
            self.now += DAY_MS;
        }
    }

    /// Views of two builds, of which a share in percent has the second one. Answers with what was preloaded, each time it changed.
    fn roll_out(&mut self, times: usize, percent: u64, urls: [&str; 2], seed: &mut u64) -> Vec<String> {
        let mut changes: Vec<String> = Vec::new();
        for _ in 0..times {
            *seed = seed.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
            let [old, new] = urls;
            self.view_of(if (*seed >> 33) % 100 < percent { new } else { old });
            let preloads = self.preloads();
            if changes.last() != Some(&preloads) {
                changes.push(preloads);
            }
        }
        changes
    }
}

/// A page of which the first of two builds is preloaded.
fn of_old(urls: [&str; 2]) -> World {
    let mut world = World::default();
    (0..20).for_each(|_| world.view_of(urls[0]));
    assert_eq!(world.preloads(), urls[0]);
    world
}

#[test]
fn a_build_that_one_view_in_ten_is_given_takes_nothing_from_the_other_one() {
    for urls in [HASHED, VERSIONED] {
        let mut world = of_old(urls);
        for number in 0..400 {
            world.view_of(urls[usize::from(number % 10 == 0)]);
            assert_eq!(world.preloads(), urls[0], "{number}");
        }
    }
}

#[test]
fn of_two_builds_by_chance_the_preload_of_the_one_that_most_views_use_stays() {
    for percent in [1, 3, 10, 25] {
        for mut seed in 0..5 {
            let mut world = of_old(HASHED);
            // Whoever is given the second one first is followed by others than of that.
            world.view_of(HASHED[1]);
            world.view_of(HASHED[0]);
            let changes = world.roll_out(400, percent, HASHED, &mut seed);
            assert_eq!(changes, [HASHED[0]], "{percent} {seed}");
        }
    }
}

#[test]
fn of_two_builds_that_are_given_to_as_many_none_is_preloaded_and_the_last_one_is_at_its_end() {
    for mut seed in 0..5 {
        let mut world = of_old(VERSIONED);
        world.view_of(VERSIONED[1]);
        world.view_of(VERSIONED[0]);
        let mut changes = Vec::new();
        for percent in [10, 25, 50, 75, 90, 100] {
            changes.extend(world.roll_out(300, percent, VERSIONED, &mut seed));
        }
        changes.dedup();
        let (first, last) = (changes.first().unwrap(), changes.last().unwrap());
        assert_eq!([first, last], VERSIONED, "{seed}");
        assert!(changes.len() <= 4, "{changes:?}");
        world.roll_out(300, 50, VERSIONED, &mut seed);
        assert_eq!(world.roll_out(1500, 50, VERSIONED, &mut seed), [""], "{seed}");
    }
}

#[test]
fn after_a_build_that_few_were_given_the_whole_is_followed_within_some_views() {
    let mut world = of_old(HASHED);
    world.roll_out(300, 10, HASHED, &mut 1);
    let preloads: Vec<String> = (0..14)
        .map(|_| {
            world.view_of(HASHED[1]);
            world.preloads()
        })
        .collect();
    let place = preloads.iter().position(|preloads| preloads == HASHED[1]).unwrap();
    assert!(place <= 10 && preloads[place..].iter().all(|preloads| preloads == HASHED[1]), "{preloads:?}");
    // And so is the way back, as long as either may be the one that is rolled out.
    let back: Vec<String> = (0..40)
        .map(|_| {
            world.view_of(HASHED[0]);
            world.preloads()
        })
        .collect();
    let place = back.iter().position(|preloads| preloads == HASHED[0]).unwrap();
    assert!(place <= 16 && back[place..].iter().all(|preloads| preloads == HASHED[0]), "{place} {back:?}");
}

#[test]
fn views_of_another_build_say_nothing_against_what_is_preloaded_for_those_of_this_one() {
    let [old, new] = HASHED;
    let mut world = of_old(HASHED);
    let used = report(Some((old, form("", ""))), &[(old, 90, true, false)]);
    let vain = report(Some((new, form("", ""))), &[(new, 400, false, false), (old, 90, true, true)]);
    for _ in 0..30 {
        world.views(2, &[img(old)], &used);
        world.view(&[img(new)], &vain);
    }
    assert_eq!((world.preloads().as_str(), world.reports.out.len()), (old, 0));
    // What those do not use who were given it is withdrawn, whoever else is given another one.
    let wasted = report(None, &[(old, 90, true, true)]);
    for _ in 0..8 {
        world.views(3, &[img(old)], &wasted);
        world.view(&[img(new)], &vain);
    }
    assert_eq!((world.preloads().as_str(), world.reports.out.len()), ("", 1));
}

/// A font of a face.
fn of_face(url: &str, face: u64) -> Named {
    Named { faces: vec![face], ..font(url) }
}

#[test]
fn who_was_given_another_builds_stylesheet_says_nothing_of_the_fonts_and_pictures_of_this_one() {
    let picture = |url: &str| of(Resource::new(url.to_owned(), Destination::Image));
    let import = |url: &str| of(Resource::new(url.to_owned(), Destination::Style));
    for (old, new, is_build) in [
        // Nothing stays of the names of a service but their shape, which others have as well.
        (of_face("/s/7f3a9c2e1b.woff2", 1), of_face("/s/9b8c7d6e5f.woff2", 1), true),
        (of_face("/s/7f3a9c2e1b.woff2", 1), of_face("/s/9b8c7d6e5f.woff2", 2), false),
        (of_face("/inter.woff2", 1), of_face("/lora.woff2", 1), true),
        (font("/inter.9f86d081.woff2"), font("/inter.0a1b2c3d.woff2"), true),
        (font("/inter.woff2"), font("/lora.woff2"), false),
        (picture("/bg.9f86d081.jpg"), picture("/bg.0a1b2c3d.jpg"), true),
        (picture("/bg.jpg"), picture("/other.jpg"), false),
        (import("/base.9f86d081.css"), import("/base.0a1b2c3d.css"), true),
    ] {
        let [url, next] = [&old, &new].map(|named| named.resource.url.as_str());
        let used = report(Some((url, 0)), &[(url, 500, false, false)]);
        let vain = report(Some((next, 0)), &[(next, 500, false, false), (url, 90, true, true)]);
        for (is_of_one_sheet, are_in_one_view) in [(false, false), (true, false), (false, true)] {
            let mut world = World { are_in_one_view, ..World::default() };
            world.sheet.resources = vec![old.clone()];
            world.views(20, &[], &used);
            assert_eq!(world.preloads(), url);
            if is_of_one_sheet {
                world.sheet.resources.push(new.clone());
            } else {
                world.other_sheet.resources = vec![new.clone()];
            }
            world.views(4, &[], &vain);
            world.chosen();
            let is_out = !is_build || is_of_one_sheet || are_in_one_view;
            let how = (is_of_one_sheet, are_in_one_view);
            assert_eq!(world.reports.out.len(), usize::from(is_out), "{url} {next} {how:?}");
        }
    }
}

#[test]
fn what_was_known_of_a_font_that_no_stylesheet_names_any_more_tells_its_face() {
    let [old, new] = ["/inter.woff2", "/lora.woff2"];
    let wasted = |face: u64| {
        let mut world = World::default();
        world.sheet.resources = vec![of_face(old, 1)];
        let mut used = report(None, &[(old, 500, false, false)]);
        used.loaded.iter_mut().for_each(|loaded| loaded.face = 1);
        world.views(20, &[], &used);
        world.sheet.resources = vec![of_face(new, face)];
        world.views(4, &[], &report(None, &[(new, 500, false, false), (old, 90, true, true)]));
        world.reports.votes.iter().find(|vote| vote.name == Name::of(old)).unwrap().wasted_by.most(DAY)
    };
    assert_eq!((wasted(1), wasted(2)), (0, 4));
}

#[test]
fn a_font_of_the_pages_own_style_is_known_from_build_to_build_by_its_face() {
    let out = |face: u64| {
        let (old, new) = (of_face("/s/7f3a9c2e1b.woff2", 1), of_face("/t/9b8c7d6e5f.woff2", face));
        let [url, next] = [&old, &new].map(|named| named.resource.url.clone());
        let mut world = World::default();
        let both = [report(None, &[(&url, 500, false, false)]), report(None, &[(&next, 500, false, false)])];
        world.views(9, std::slice::from_ref(&new), &both[1]);
        world.views(20, std::slice::from_ref(&old), &both[0]);
        assert_eq!(world.preloads(), url);
        world.views(1, std::slice::from_ref(&new), &both[1]);
        let vain = report(None, &[(&next, 500, false, false), (&url, 90, true, true)]);
        world.views(4, std::slice::from_ref(&old), &vain);
        world.chosen();
        world.reports.out.len()
    };
    assert_eq!((out(1), out(2)), (0, 1));
}

#[test]
fn a_script_of_another_build_is_not_taken_for_one_that_has_run() {
    let [old, new] = ["/theme.9f86d081.js", "/theme.0a1b2c3d.js"];
    let script = |url: &str| of(Resource::new(url.to_owned(), Destination::Script));
    let mut world = World::default();
    world.views(20, &[script(old)], &report(None, &[(old, 400, false, false)]));
    for _ in 0..3 {
        world.view(&[script(new)], &report(None, &[(new, 400, false, false), (old, 90, true, true)]));
        world.view(&[script(old)], &report(None, &[(old, 90, true, false)]));
    }
    let used = |url: &str| world.reports.votes.iter().find(|vote| vote.name == Name::of(url)).unwrap().used;
    assert!(used(old) < 20.0 && used(new) > 2.5, "{} {}", used(old), used(new));
}

#[test]
fn the_candidates_of_a_new_build_are_followed_like_a_single_picture() {
    let picture = |build: &str| {
        let srcset = format!("/h-1.{build}.jpg 480w, /h-2.{build}.jpg 960w");
        let form = form(&srcset, "50vw");
        let url = format!("/h.{build}.jpg");
        let resource =
            Resource { srcset, sizes: "50vw".to_owned(), ..Resource::new(url, Destination::Image) };
        Named { form, ..of(resource) }
    };
    let (old, new) = (picture("9f86d081"), picture("0a1b2c3d"));
    let mut world = World::default();
    let url = "/h-1.9f86d081.jpg";
    world.views(20, std::slice::from_ref(&old), &report(Some((url, old.form)), &[(url, 400, false, false)]));
    assert_eq!(world.chosen().preloads[0].resource, old.resource);
    for visitor in 101..104 {
        world.reports.absorb_view(&given(std::slice::from_ref(&new), Some(visitor)), DAY, SEVERAL);
    }
    assert_eq!(world.chosen().preloads[0].resource, new.resource);
    // Nor is it lost when the old one is forgotten.
    for build in 1..=MAX_BUILDS {
        let next = picture(&format!("{build}b2c3d4e"));
        for visitor in 110..114 {
            world.reports.absorb_view(&given(std::slice::from_ref(&next), Some(visitor)), DAY, SEVERAL);
        }
        assert_eq!(world.chosen().preloads[0].resource, next.resource);
    }
    assert_eq!(world.reports.named.iter().count(), MAX_BUILDS);
}

#[test]
fn what_is_told_of_a_new_build_before_the_old_one_is_forgotten_counts_beside_what_was_known() {
    let mut world = World::default();
    let mut number = 0x9f86_d081_u32;
    for build in 0..2 * MAX_BUILDS {
        let url = format!("/hero.{number:08x}.jpg");
        world.views(if build == 0 { 20 } else { 4 }, &[img(&url)], &shown(&url));
        assert_eq!(world.preloads(), url, "{build}");
        number = number.rotate_left(5) ^ 0x1234_5678;
    }
    let used: f64 = world.reports.votes.iter().map(|vote| vote.used).sum();
    assert!((used - world.reports.heard).abs() < 0.1, "{used} of {}", world.reports.heard);
}

#[test]
fn names_that_each_visitor_is_given_alone_leave_the_one_that_most_are_given() {
    let mut world = of_old(HASHED);
    for number in 0..200_u32 {
        let own = format!("/hero.{:08x}.jpg", number.wrapping_mul(0x9e37_79b9) | 0x1000_0001);
        world.view_of(if number % 4 == 1 { &own } else { HASHED[0] });
        assert_eq!(world.preloads(), HASHED[0], "{number}");
        assert!(world.reports.named.iter().count() <= MAX_BUILDS);
    }
}

#[test]
fn a_page_of_many_parts_keeps_them_while_another_build_has_as_many() {
    let parts = |build: &str| -> Vec<Named> {
        let url = |number: u8| format!("/part-{}.{build}.js", char::from(b'a' + number));
        (0..20).map(|number| of(Resource::new(url(number), Destination::Script))).collect()
    };
    let told = |named: &[Named]| {
        let loaded: Vec<(&str, u32, bool, bool)> =
            named.iter().map(|named| (named.resource.url.as_str(), 400, false, false)).collect();
        report(None, &loaded)
    };
    let (old, new) = (parts("9f86d081"), parts("0a1b2c3d"));
    let mut world = World::default();
    world.views(20, &old, &told(&old));
    let before = world.preloads();
    assert!(before.contains("9f86d081"), "{before}");
    for _ in 0..5 {
        world.view(&new, &told(&new));
        assert_eq!(world.preloads(), before);
        world.views(9, &old, &told(&old));
        assert_eq!(world.preloads(), before);
    }
    world.views(12, &new, &told(&new));
    assert_eq!(world.preloads(), before.replace("9f86d081", "0a1b2c3d"));
}

#[test]
fn of_two_sheets_by_turns_the_font_that_is_preloaded_stays() {
    let fonts = ["/inter.9f86d081.woff2", "/inter.0a1b2c3d.woff2"];
    let mut world = World::default();
    world.sheet.resources = fonts.map(font).to_vec();
    let told = |url: &str| report(None, &[(url, 500, false, false)]);
    world.views(10, &[], &told(fonts[0]));
    assert_eq!(world.preloads(), fonts[0]);
    let mut changes = Vec::new();
    for number in 0..400_usize {
        world.view(&[], &told(fonts[usize::from(number / 3 % 2 == 0)]));
        changes.push(world.preloads());
        world.now += if world.next_visitor == 0 { DAY_MS } else { 0 };
    }
    changes.dedup();
    assert_eq!(changes, [fonts[0], ""], "no view in two uses either for long");
}

#[test]
fn what_an_older_version_has_listed_stays_by_what_is_enough_for_that() {
    let mut world = World::default();
    world.views(20, &[img("/hero.jpg")], &shown("/hero.jpg"));
    assert_eq!(world.preloads(), "/hero.jpg");
    // Enough to stay, not to enter.
    world.views(12, &[img("/hero.jpg")], &shown("/other.jpg"));
    assert_eq!(world.preloads(), "/hero.jpg");
    let mut stored = serde_json::to_value(&world.reports).unwrap();
    let written = stored.as_object_mut().unwrap();
    assert!(written.remove("listed_by").is_some());
    assert_eq!(written["named"][0].get("has_alike"), None, "as it wrote it");
    world.reports = serde_json::from_value(stored).unwrap();
    let ask = world.reports.asking;
    assert_eq!(world.preloads(), "/hero.jpg");
    assert_eq!(world.reports.asking, ask, "nothing has changed");
}
