//! Fonts that no list shows which a page may read, natively: from the faces that browsers tell of to what is preloaded.

use super::third_party_sheets::{DAY, FONTS, PAGE, SITE, World};
use headstart::learn::beacon;
use headstart::learn::learner;
use headstart::learn::observation_buffer::{Observed, Pace};
use headstart::store::{Kind, Store};
use url::Url;

const LATIN: &str = "U+0000-00FF, U+0131, U+0152-0153";
const CYRILLIC: &str = "U+0301, U+0400-045F, U+0490-0491";

/// The faces that browsers tell of, each as another one writes it.
const BOLD: &str = "normal|700|normal|U+0-FF, U+131, U+152-153|Inter";
const BOLD_TOO: &str = "normal|bold|100%|u+0-ff,u+131,u+152-153|\"Inter\"";
const BOLD_CYRILLIC: &str = "normal|700|normal|U+301, U+400-45F, U+490-491|Inter";

/// A font of a service: of its name nothing can be told, and all of a family look alike.
fn url(weight: u32, characters: &str, version: &str) -> String {
    let script = if characters == LATIN { "Lat1nQ" } else { "Cyr1lQ" };
    format!("https://files.fonts.example/s/inter/{version}/UcCO3FwrK3iL{weight}Te{script}HuS.woff2")
}

/// The sheet as the service has it: each weight cut by characters, what is for most pages last.
fn sheet(version: &str) -> String {
    let face = |weight: u32, characters: &str| {
        let url = url(weight, characters, version);
        format!(
            "@font-face {{ font-family: 'Inter'; font-style: normal; font-weight: {weight}; font-display: swap; \
             src: url({url}) format('woff2'); unicode-range: {characters}; }}"
        )
    };
    [400, 700].map(|weight| face(weight, CYRILLIC) + &face(weight, LATIN)).concat()
}

fn world() -> World {
    let mut world = World::new(&[(FONTS, &sheet("v18"))]);
    world.preferences.preload = 2;
    world.show("/", PAGE, 1..=4);
    world.alarm();
    world
}

/// Browsers of visitors of these numbers tell of faces in use, and of fonts that were preloaded.
fn tell(world: &mut World, visitors: impl IntoIterator<Item = u32>, faces: &[&str], preloaded: &[String]) {
    tell_of(world, "/", visitors, faces, preloaded);
}

/// The same of the page at a path.
fn tell_of(
    world: &mut World,
    path: &str,
    visitors: impl IntoIterator<Item = u32>,
    faces: &[&str],
    preloaded: &[String],
) {
    let salt = world.salt();
    for visitor in visitors {
        let preloaded: String = preloaded.iter().map(|url| format!(r#",["{url}",9,0,60,1,1]"#)).collect();
        // A time of its own, since what is sent again is known.
        let body = format!(
            r#"["{path}",2,"navigate","",[0,80,130,{},null,0],["",null,null],{},[],[["{FONTS}",82,40,213,0,1]{preloaded}],{faces:?}]"#,
            140 + visitor,
            preloaded.len().min(1)
        );
        let site = Url::parse(&format!("https://{SITE}/")).unwrap();
        let told = beacon::read(&body, &site).unwrap();
        let (visitor, now) = (salt.visitor(&format!("192.0.2.{visitor}")), world.now);
        world.buffer.add(SITE, Observed::Confirmation(told, visitor), true, Pace::new(0, 0), now, 1);
    }
    world.send(&salt);
}

/// What the page's visitors are to load early, once that is published.
fn preloads(world: &mut World) -> Vec<String> {
    world.alarm();
    let known = world.snapshot.known("/").unwrap();
    known.preloads.iter().filter_map(headstart::hints::resource::Resource::link).collect()
}

fn link(url: &str) -> String {
    format!("<{url}>; rel=preload; as=font; crossorigin; type=\"font/woff2\"")
}

#[test]
fn the_font_that_browsers_use_is_preloaded_and_no_other_of_its_family() {
    let mut world = world();
    tell(&mut world, 1..=4, &[BOLD], &[]);
    tell(&mut world, 5..=7, &[BOLD_TOO], &[]);
    assert!(preloads(&mut world).is_empty(), "too few have told");
    tell(&mut world, 8..=9, &[BOLD_TOO], &[]);
    assert_eq!(preloads(&mut world), [link(&url(700, LATIN, "v18"))]);
    let why = world.snapshot.known("/").unwrap();
    assert_eq!(why.preloads.len(), 1);
}

#[test]
fn two_fonts_whose_names_look_alike_are_two() {
    let mut world = world();
    tell(&mut world, 1..=12, &[BOLD, BOLD_CYRILLIC], &[]);
    let mut found = preloads(&mut world);
    found.sort_unstable();
    assert_eq!(found, [link(&url(700, CYRILLIC, "v18")), link(&url(700, LATIN, "v18"))]);
}

#[test]
fn one_visitor_alone_has_nothing_preloaded_and_what_no_sheet_names_never_is() {
    let mut world = world();
    for _ in 0..20 {
        tell(&mut world, [1, 2], &[BOLD], &[]);
    }
    assert!(preloads(&mut world).is_empty(), "two are not several");
    let other = "normal|700|normal|U+0-FF, U+131, U+152-154|Inter";
    tell(&mut world, 1..=40, &[other, "normal|400|normal|U+0-10FFFF|Evil"], &[]);
    assert!(preloads(&mut world).is_empty(), "their browsers were given another sheet");
    let stored: String = world.store.all(Kind::Page).unwrap().into_iter().map(|(_, record)| record).collect();
    assert!(!stored.contains("Evil") && !stored.contains("U+"), "{stored}");
}

#[test]
fn a_font_that_another_browser_fetches_elsewhere_or_has_itself_is_not_preloaded() {
    for text in [
        sheet("v18").replace("src: url(", "src: local('Inter'), url("),
        // Two rules for the same face: nobody tells which of them counts.
        sheet("v17") + &sheet("v18"),
    ] {
        let mut world = World::new(&[(FONTS, &text)]);
        world.preferences.preload = 2;
        world.show("/", PAGE, 1..=4);
        world.alarm();
        tell(&mut world, 1..=40, &[BOLD], &[]);
        assert!(preloads(&mut world).is_empty(), "{text}");
    }
}

#[test]
fn a_new_version_of_a_font_takes_the_place_of_the_old_one() {
    let mut world = world();
    tell(&mut world, 1..=12, &[BOLD], &[]);
    assert_eq!(preloads(&mut world), [link(&url(700, LATIN, "v18"))]);
    world.sheets.insert(FONTS.to_owned(), sheet("v19"));
    world.pass(DAY);
    world.show("/", PAGE, 1..=4);
    // The sheet is read behind a publication.
    world.alarm();
    assert!(preloads(&mut world).is_empty(), "nobody has told of it yet");
    tell(&mut world, 1..=3, &[BOLD], &[]);
    assert_eq!(preloads(&mut world), [link(&url(700, LATIN, "v19"))]);
}

#[test]
fn a_font_that_browsers_no_longer_use_is_withdrawn_though_another_hides_that() {
    let mut world = world();
    tell(&mut world, 1..=12, &[BOLD], &[]);
    let preloaded = url(700, LATIN, "v18");
    assert_eq!(preloads(&mut world), [link(&preloaded)]);
    // What is in use is preloaded.
    tell(&mut world, 13..=18, &[BOLD], std::slice::from_ref(&preloaded));
    assert_eq!(preloads(&mut world), [link(&preloaded)]);
    // The page changes its language: as many fonts as faces, as before.
    tell(&mut world, 20..=30, &[BOLD_CYRILLIC], &[preloaded]);
    assert!(!preloads(&mut world).contains(&link(&url(700, LATIN, "v18"))));
    // And in time the other one takes its place.
    tell(&mut world, 31..=60, &[BOLD_CYRILLIC], &[]);
    assert_eq!(preloads(&mut world), [link(&url(700, CYRILLIC, "v18"))]);
}

#[test]
fn pages_of_a_route_of_which_nobody_has_told_are_given_what_the_others_are() {
    let mut world = World::new(&[(FONTS, &sheet("v18"))]);
    world.preferences.preload = 2;
    let other = PAGE.replace("Inter", "Lora");
    let paths = ["/p/1", "/p/2", "/p/3", "/p/4"];
    for path in paths {
        world.show(path, PAGE, 1..=4);
    }
    world.show("/p/5", &other, 1..=4);
    world.alarm();
    for path in &paths[..3] {
        tell_of(&mut world, path, 1..=12, &[BOLD], &[]);
    }
    world.alarm();
    let given = |path: &str| world.snapshot.known(path).map(|known| known.preloads.len());
    assert_eq!(paths.map(given), [Some(1); 4]);
    assert_eq!(given("/p/5"), Some(0), "its own sheet names no such font");
    assert_eq!(given("/p/never-read"), Some(1));
}

#[test]
fn what_an_older_version_has_stored_is_read() {
    let mut world = world();
    tell(&mut world, 1..=12, &[BOLD], &[]);
    let before = preloads(&mut world);
    // As it was before there were faces: none of a sheet's fonts, none of a vote.
    for kind in [Kind::ThirdPartySheet, Kind::Page] {
        for (name, record) in world.store.all(kind).unwrap() {
            let mut value: serde_json::Value = serde_json::from_str(&record).unwrap();
            for list in ["/resources", "/reports/votes"] {
                let list = value.pointer_mut(list).and_then(serde_json::Value::as_array_mut);
                for item in list.into_iter().flatten() {
                    let item = item.as_object_mut().unwrap();
                    item.remove("e");
                    if kind == Kind::ThirdPartySheet {
                        item.remove("n");
                    }
                }
            }
            let Ok(()) = world.store.put(kind, &name, &value.to_string(), 1e9);
        }
    }
    assert_eq!(preloads(&mut world), before, "what was voted for stays");
    let Ok(left) = learner::wait_ms(&world.store);
    assert!(left.is_some());
}
