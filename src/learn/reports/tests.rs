//! Tests of `reports.rs`.

use super::builds::{MAX_BUILDS, MAX_NAMED};
use super::*;
use crate::head::Head;
use crate::hints::resource::Destination;
use crate::hints::usage::CrossOrigin;
use crate::learn::html::Observer;
use crate::learn::report::{Largest, Loaded, Viewport, Vitals};
use crate::picture_form::form;
use crate::urls::inert_parameters::InertParameters;
use proptest::prelude::*;
use url::Url;

mod builds;
mod withheld;

const SEVERAL: u32 = 3;
const DAY: Day = 20_833;
const NOON: u64 = DAY as u64 * DAY_MS + DAY_MS / 2;

/// A page that is viewed and whose visitors' browsers report.
struct World {
    reports: Reports,
    sheet: KnownSheet,
    /// That of another build, unless both are in the latest view.
    other_sheet: KnownSheet,
    are_in_one_view: bool,
    now: u64,
    several: u32,
    next_visitor: u8,
    early_hints: bool,
}

impl Default for World {
    fn default() -> Self {
        Self {
            reports: Reports::default(),
            sheet: KnownSheet::default(),
            other_sheet: KnownSheet::default(),
            are_in_one_view: false,
            now: NOON,
            several: SEVERAL,
            next_visitor: 0,
            early_hints: false,
        }
    }
}

fn font(url: &str) -> Named {
    of(Resource::font(url.to_owned()).unwrap())
}

fn of(resource: Resource) -> Named {
    Named::new(resource)
}

/// The picture of an `<img>` without candidates.
fn img(url: &str) -> Named {
    let tag = Some(PictureTag { is_lazy: true, is_high: false });
    Named { form: form("", ""), tag, ..of(Resource::new(url.to_owned(), Destination::Image)) }
}

/// What tells an `<img>` without candidates.
fn tag(src: &str) -> Img {
    Img { src: src.to_owned(), form: form("", "") }
}

/// A view of 1280 pixels in which this was largest and these were loaded: when, whether by a preload, whether nothing used that.
fn report(largest: Option<(&str, u64)>, loaded: &[(&str, u32, bool, bool)]) -> Report {
    let largest = largest.map(|(url, form)| Largest { name: Name::of(url), form: Some(form) });
    let loaded = loaded
        .iter()
        .map(|(url, start_ms, is_preloaded, is_wasted)| Loaded {
            start_ms: Some(*start_ms),
            is_preloaded: *is_preloaded,
            is_wasted: *is_wasted,
            ..Loaded::new(Name::of(url))
        })
        .collect();
    let vitals = Vitals { ttfb: Some(100), ..Vitals::default() };
    Report { viewport: Viewport::Wide, vitals, largest, loaded, ..Report::default() }
}

/// A view that one of the day's visitors was given.
fn given(named: &[Named], by: Option<u8>) -> Observation {
    Observation { resources: named.to_vec(), served: 1, by, ..Observation::default() }
}

impl World {
    fn day(&self) -> Day {
        Day::try_from(self.now / DAY_MS).unwrap()
    }

    /// A visitor of their own views the page, and their browser reports.
    fn view(&mut self, named: &[Named], report: &Report) {
        let by = Some(self.next_visitor);
        self.next_visitor = self.next_visitor.wrapping_add(1);
        self.reports.absorb_view(&given(named, by), self.day(), self.several);
        self.tell(report, by);
    }

    /// One of the day's visitors reports.
    fn tell(&mut self, report: &Report, by: Option<u8>) {
        if self.reports.admit(self.day(), by, self.several) {
            let day = self.day();
            let sheets = [(&self.sheet, true), (&self.other_sheet, self.are_in_one_view)];
            let sheets = sheets.map(|(sheet, is_of_latest_view)| SheetOfBuild { sheet, is_of_latest_view });
            self.reports.absorb(report, &sheets, day, by);
        }
    }

    fn views(&mut self, times: usize, named: &[Named], report: &Report) {
        for _ in 0..times {
            self.view(named, report);
        }
    }

    fn chosen(&mut self) -> Chosen {
        let preferences = HintPreferences {
            preload: 2,
            several: self.several,
            early_hints: self.early_hints,
            ..HintPreferences::default()
        };
        let circumstances = Circumstances {
            preferences: &preferences,
            sheets: &[(1.0, &self.sheet), (1.0, &self.other_sheet)],
            is_shown: &|_| true,
            now: self.now,
            today: self.day(),
        };
        // It is stored in between.
        let stored = serde_json::to_string(&self.reports).unwrap();
        self.reports = serde_json::from_str(&stored).unwrap();
        self.reports.choose(&circumstances)
    }

    /// The URLs that are preloaded, with their media.
    fn preloads(&mut self) -> String {
        let text = |preload: &Preload| format!("{} {}", preload.resource.url, preload.resource.media);
        let preloads: Vec<String> = self.chosen().preloads.iter().map(text).collect();
        preloads.iter().map(|text| text.trim()).collect::<Vec<_>>().join(", ")
    }
}

#[test]
fn a_picture_that_most_browsers_find_late_is_preloaded() {
    let mut world = World::default();
    let plain = report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 400, false, false)]);
    world.views(7, &[img("/hero.jpg")], &plain);
    assert_eq!(world.preloads(), "", "too few have reported");
    world.view(&[img("/hero.jpg")], &plain);
    let chosen = world.chosen();
    let [preload] = &chosen.preloads[..] else { panic!("{chosen:?}") };
    assert_eq!(preload.resource, img("/hero.jpg").resource);
    assert_eq!((preload.evidence.share, preload.evidence.gain_ms), (100, 300));
    assert_eq!(chosen.largest, Some(tag("/hero.jpg")), "its tag is lazy");
    // Once it is preloaded it is early, which is no reason to withdraw it.
    let early = report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 90, true, false)]);
    world.views(200, &[img("/hero.jpg")], &early);
    assert_eq!(world.preloads(), "/hero.jpg");
}

#[test]
fn what_comes_with_the_html_anyway_is_preloaded_only_ahead_of_it() {
    let mut world = World::default();
    let early = report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 120, false, false)]);
    world.views(20, &[img("/hero.jpg")], &early);
    assert_eq!(world.preloads(), "");
    world.early_hints = true;
    assert_eq!(world.preloads(), "/hero.jpg", "a 103 comes 120 ms before it");
    // On a slow machine as well.
    let mut world = World::default();
    let sheet = Named { is_at_start: true, ..of(Resource::new("/site.css".to_owned(), Destination::Style)) };
    world.views(20, &[sheet], &report(None, &[("/site.css", 400, false, false)]));
    assert_eq!(world.preloads(), "");
    world.early_hints = true;
    assert_eq!(world.preloads(), "/site.css");
}

#[test]
fn what_no_103_can_have_fetched_gains_as_much_as_without_one() {
    let chosen = |named: &Named, start_ms: u32| {
        let url = named.resource.urls().next().unwrap().to_owned();
        let mut world = World { early_hints: true, ..World::default() };
        let largest = Some((url.as_str(), named.form));
        world.views(20, std::slice::from_ref(named), &report(largest, &[(&url, start_ms, false, false)]));
        world.chosen().preloads.first().map(|preload| preload.evidence.gain_ms)
    };
    // The page's first byte comes after 100 ms.
    assert_eq!((chosen(&img("/hero.jpg"), 120), chosen(&img("/hero.jpg"), 150)), (Some(120), Some(150)));
    let picture = |srcset: &str, media: &str| {
        let plain = img("/hero.jpg");
        let resource = Resource { srcset: srcset.to_owned(), media: media.to_owned(), ..plain.resource };
        Named { resource, ..plain }
    };
    let style = |media: &str, is_at_start| {
        let resource = Resource::new("/site.css".to_owned(), Destination::Style);
        Named { is_at_start, ..of(Resource { media: media.to_owned(), ..resource }) }
    };
    for (named, late) in [
        (picture("/hero.jpg 480w", ""), Some(50)),
        (picture("", "(min-width: 600px)"), Some(50)),
        (style("(min-width: 600px)", false), Some(50)),
        (style("(min-width: 600px)", true), None),
    ] {
        assert_eq!((chosen(&named, 120), chosen(&named, 150)), (None, late), "{named:?}");
    }
    assert_eq!((chosen(&style("", false), 120), chosen(&style("", true), 120)), (Some(120), Some(120)));
    // The media that browsers have told of as well.
    let shown = |viewport| Report {
        viewport,
        ..report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 120, false, false)])
    };
    let mut world = World { early_hints: true, ..World::default() };
    for _ in 0..10 {
        world.view(&[img("/hero.jpg")], &shown(Viewport::Wide));
        world.view(
            &[img("/hero.jpg")],
            &Report { viewport: Viewport::Narrow, ..report(Some(("/other.jpg", 1)), &[]) },
        );
    }
    assert_eq!(world.preloads(), "");
    world.early_hints = false;
    assert_eq!(world.preloads(), "");
}

#[test]
fn what_the_site_does_not_name_is_not_preloaded_whatever_is_said() {
    let mut world = World::default();
    let lie =
        report(Some(("/evil.jpg", 0)), &[("/evil.js", 900, false, false), ("/evil.jpg", 900, false, false)]);
    world.views(50, &[img("/hero.jpg")], &lie);
    assert_eq!(world.chosen(), Chosen::default());
}

#[test]
fn one_visitor_alone_decides_nothing() {
    let mut world = World::default();
    let plain = report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 400, false, false)]);
    for _ in 0..50 {
        world.next_visitor = 7;
        world.view(&[img("/hero.jpg")], &plain);
    }
    assert_eq!(world.preloads(), "");
    // Several report, but one alone was given a page that names it.
    let mut world = World::default();
    for visitor in 0..50 {
        world.reports.absorb_view(&given(&[img("/hero.jpg")], Some(7)), DAY, SEVERAL);
        world.tell(&plain, Some(visitor));
    }
    assert_eq!(world.preloads(), "");
}

#[test]
fn one_visitor_decides_no_share_and_keeps_nobody_from_being_asked() {
    let hero = report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 400, false, false)]);
    let other = report(Some(("/other.jpg", form("", ""))), &[("/other.jpg", 400, false, false)]);
    let both = [img("/hero.jpg"), img("/other.jpg")];
    let mut world = World::default();
    world.views(20, &both, &hero);
    assert_eq!(world.preloads(), "/hero.jpg");
    let asked = world.reports.ask(DAY, NOON);
    // What is not there has nothing said for it, what is not largest is said to be, and what is used is said to be for nothing.
    let wasted = report(None, &[("/hero.jpg", 90, true, true)]);
    for lie in [&other, &wasted, &Report { viewport: Viewport::Wide, ..Report::default() }] {
        for _ in 0..100 {
            world.tell(lie, Some(200));
        }
    }
    assert_eq!(world.preloads(), "/hero.jpg");
    assert_eq!(world.reports.ask(DAY, NOON), asked, "others are asked as before");
    // Nor do they come again, day by day, where few others tell.
    for _ in 0..30 {
        world.now += DAY_MS;
        world.next_visitor = 0;
        world.views(5, &both, &hero);
        for _ in 0..100 {
            world.tell(&other, Some(200));
        }
        assert_eq!(world.preloads(), "/hero.jpg");
    }
    // What a few were shown once is not raised by one of them.
    let mut world = World::default();
    world.views(17, &both, &hero);
    world.views(3, &both, &other);
    for _ in 0..100 {
        world.tell(&other, Some(19));
    }
    assert_eq!(world.preloads(), "/hero.jpg");
}

#[test]
fn a_report_of_nobody_known_counts_where_one_visitor_is_enough_alone() {
    let hero = report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 400, false, false)]);
    let mut world = World::default();
    world.views(20, &[img("/hero.jpg")], &hero);
    for _ in 0..100 {
        world.tell(&report(Some(("/other.jpg", 1)), &[]), None);
    }
    assert_eq!(world.preloads(), "/hero.jpg");
    let mut world = World { several: 1, ..World::default() };
    for _ in 0..20 {
        world.next_visitor = 7;
        world.view(&[img("/hero.jpg")], &hero);
    }
    assert_eq!(world.preloads(), "/hero.jpg");
}

#[test]
fn a_view_that_cannot_tell_of_the_largest_picture_says_nothing_of_it() {
    let hero = report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 400, false, false)]);
    let cannot = report(None, &[]);
    let text = Report {
        vitals: Vitals { ttfb: Some(100), lcp: Some(300), ..Vitals::default() },
        ..report(None, &[])
    };
    let chosen = |other: &Report, of_it: usize| {
        let mut world = World::default();
        for _ in 0..12 {
            world.view(&[img("/hero.jpg")], &hero);
            world.views(of_it, &[img("/hero.jpg")], other);
        }
        world.preloads()
    };
    assert_eq!(chosen(&cannot, 2), "/hero.jpg", "two of three are of such browsers");
    assert_eq!(chosen(&text, 1), "", "on half the views it is text");
    let mut world = World::default();
    world.views(6, &[img("/hero.jpg")], &hero);
    world.views(30, &[img("/hero.jpg")], &cannot);
    assert_eq!(world.preloads(), "", "too few have said what is largest");
}

#[test]
fn a_view_that_cannot_tell_what_is_waited_for_says_nothing_of_stylesheets_and_scripts() {
    let mut world = World::default();
    let [style, script] = [("/late.css", Destination::Style), ("/late.js", Destination::Script)]
        .map(|(url, destination)| of(Resource::new(url.to_owned(), destination)));
    world.sheet.resources = vec![style, script, font("/a.woff2")];
    let parts = [("/late.css", 500, false, false), ("/late.js", 600, false, false)];
    let silent = Report { hides_blocking: true, ..report(None, &[]) };
    for _ in 0..12 {
        world.view(&[], &report(None, &parts));
        world.views(2, &[], &silent);
    }
    assert_eq!(world.preloads(), "/late.js, /late.css");
    // Of fonts every browser tells.
    let mut world = World::default();
    world.sheet.resources = vec![font("/a.woff2")];
    for _ in 0..12 {
        world.view(&[], &report(None, &[("/a.woff2", 500, false, false)]));
        world.views(2, &[], &silent);
    }
    assert_eq!(world.preloads(), "");
}

#[test]
fn a_view_that_cannot_tell_of_waste_speaks_for_no_preload() {
    let mut world = World::default();
    let hero =
        |is_preloaded| report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 400, is_preloaded, false)]);
    world.views(20, &[img("/hero.jpg")], &hero(false));
    assert_eq!(world.preloads(), "/hero.jpg");
    world.views(20, &[img("/hero.jpg")], &Report { hides_blocking: true, ..hero(true) });
    world.views(3, &[img("/hero.jpg")], &report(None, &[("/hero.jpg", 90, true, true)]));
    assert_eq!(world.preloads(), "", "all who could tell say that it was for nothing");
}

#[test]
fn what_an_older_version_has_stored_is_read() {
    let mut world = World::default();
    world.views(
        20,
        &[img("/hero.jpg")],
        &report(Some(("/hero.jpg", form("", ""))), &[("/hero.jpg", 400, false, false)]),
    );
    let stored = serde_json::to_value(&world.reports).unwrap();
    assert_eq!(stored["votes"][0].get("b"), None, "as it wrote it");
    world.reports = serde_json::from_value(stored).unwrap();
    assert_eq!(world.preloads(), "/hero.jpg");
}

#[test]
fn a_picture_of_each_visitors_own_is_never_preloaded() {
    let mut world = World::default();
    for visitor in 0..200_u32 {
        // As like as two builds are.
        let url = format!("/face.{:08x}.jpg", visitor.wrapping_mul(0x9e37_79b9) | 0x1000_0001);
        let plain = report(Some((&url, form("", ""))), &[(&url, 400, false, false)]);
        world.view(&[img(&url)], &plain);
        assert_eq!(world.preloads(), "", "{url}");
    }
}

#[test]
fn a_font_of_a_stylesheet_is_preloaded_in_its_own_pool() {
    let mut world = World::default();
    world.sheet.resources = vec![font("/a.woff2"), font("/b.woff2")];
    let plain = report(None, &[("/a.woff2", 500, false, false)]);
    world.views(10, &[], &plain);
    let chosen = world.chosen();
    let [preload] = &chosen.preloads[..] else { panic!("{chosen:?}") };
    assert_eq!(
        (preload.resource.url.as_str(), preload.resource.cross_origin),
        ("/a.woff2", CrossOrigin::Anonymous)
    );
    // A new build: another stylesheet names another file.
    world.sheet.resources = vec![font("/a.woff2"), font("/c.woff2")];
    assert_eq!(world.preloads(), "/a.woff2");
    world.sheet.resources = vec![font("/c.woff2")];
    assert_eq!(world.preloads(), "", "nothing names it any more");
}

#[test]
fn a_preload_that_browsers_do_not_tell_of_stays_timed_by_those_that_were_not_given_it() {
    use crate::switches::holdout::Arms;
    let mut world = World::default();
    world.sheet.resources = vec![font("/a.woff2")];
    world.views(10, &[], &report(None, &[("/a.woff2", 600, false, false)]));
    let gain = |world: &mut World| world.chosen().preloads.first().map(|preload| preload.evidence.gain_ms);
    assert_eq!(gain(&mut world), Some(500));
    // The preload's own fetch, of which its browser does not say that it is one: nobody has found the font early.
    let early = report(None, &[("/a.woff2", 110, false, false)]);
    world.views(30, &[], &early);
    assert_eq!(gain(&mut world), Some(500));
    // It was used, as much as where the browser says so.
    let wasted = report(None, &[("/a.woff2", 90, true, true)]);
    world.views(3, &[], &wasted);
    assert_eq!(gain(&mut world), Some(500));
    // A view that was not given it tells when the page itself asks for it.
    let arms = |is_held_out| Some(Arms { is_held_out, source: None });
    world.view(&[], &Report { arms: arms(false), ..early.clone() });
    assert_eq!(gain(&mut world), Some(500));
    world.view(&[], &Report { arms: arms(true), ..early.clone() });
    assert_eq!(gain(&mut world), Some(402), "a fifth of the way to 10");
}

#[test]
fn what_the_page_preloads_itself_is_left_out() {
    let mut world = World::default();
    world.sheet.resources = vec![font("/a.woff2")];
    let own = Named { is_preloaded: true, ..of(Resource::new("/a.woff2".to_owned(), Destination::Font)) };
    world.views(20, &[own], &report(None, &[("/a.woff2", 500, false, false)]));
    assert_eq!(world.preloads(), "");
}

#[test]
fn a_new_build_is_followed_as_soon_as_several_were_given_it() {
    let mut world = World::default();
    let shown = |url: &str| report(Some((url, form("", ""))), &[(url, 400, false, false)]);
    world.views(20, &[img("/hero.9f86d081.jpg")], &shown("/hero.9f86d081.jpg"));
    assert_eq!(world.preloads(), "/hero.9f86d081.jpg");
    // Views are read, and nobody has reported yet.
    for (visitor, expected) in [(101, "/hero.9f86d081.jpg"), (102, ""), (103, "/hero.0a1b2c3d.jpg")] {
        world.reports.absorb_view(&given(&[img("/hero.0a1b2c3d.jpg")], Some(visitor)), DAY, SEVERAL);
        assert_eq!(world.preloads(), expected, "{visitor}");
    }
    assert!(is_renewed(&[img("/hero.9f86d081.jpg").resource], &[img("/hero.0a1b2c3d.jpg")]));
    assert!(!is_renewed(&[img("/hero.9f86d081.jpg").resource], &[img("/hero.9f86d081.jpg")]));
    // Another name altogether is no next build: the old picture goes, the new one has to be told of.
    world.views(2, &[img("/autumn.jpg")], &shown("/autumn.jpg"));
    assert_eq!(world.preloads(), "");
    world.views(8, &[img("/autumn.jpg")], &shown("/autumn.jpg"));
    assert_eq!(world.preloads(), "/autumn.jpg");
}

#[test]
fn what_two_parts_of_a_page_have_in_common_is_no_build() {
    let mut world = World::default();
    let (one, other) = (img("/p/9f86d081.jpg"), img("/p/0a1b2c3d.jpg"));
    let shown = report(Some(("/p/9f86d081.jpg", form("", ""))), &[("/p/9f86d081.jpg", 400, false, false)]);
    world.views(20, &[one, other], &shown);
    assert_eq!(world.preloads(), "/p/9f86d081.jpg");
    for visitor in 100..110 {
        world.reports.absorb_view(
            &given(&[img("/p/11111111.jpg"), img("/p/22222222.jpg")], Some(visitor)),
            DAY,
            SEVERAL,
        );
    }
    assert_eq!(world.preloads(), "");
}

#[test]
fn a_preload_that_browsers_do_not_use_goes_and_stays_out() {
    let mut world = World::default();
    world.sheet.resources = vec![font("/a.woff2")];
    let used = report(None, &[("/a.woff2", 500, false, false)]);
    world.views(20, &[], &used);
    assert_eq!(world.preloads(), "/a.woff2");
    let wasted = report(None, &[("/a.woff2", 90, true, true)]);
    world.views(2, &[], &wasted);
    assert_eq!(world.preloads(), "/a.woff2", "two may be chance");
    world.views(2, &[], &wasted);
    assert_eq!(world.preloads(), "");
    world.views(50, &[], &used);
    assert_eq!(world.preloads(), "", "it stays out");
    world.now += 3 * DAY_MS + 1;
    world.views(10, &[], &used);
    assert_eq!(world.preloads(), "/a.woff2");
    world.views(4, &[], &wasted);
    assert_eq!(world.preloads(), "");
    world.now += 3 * DAY_MS + 1;
    world.views(50, &[], &used);
    assert_eq!(world.preloads(), "", "twice as long the second time");
}

#[test]
fn one_visitor_withdraws_no_preload() {
    let mut world = World::default();
    world.sheet.resources = vec![font("/a.woff2")];
    world.views(20, &[], &report(None, &[("/a.woff2", 500, false, false)]));
    assert_eq!(world.preloads(), "/a.woff2");
    for _ in 0..10 {
        world.next_visitor = 7;
        world.view(&[], &report(None, &[("/a.woff2", 90, true, true)]));
    }
    assert_eq!(world.preloads(), "/a.woff2");
}

#[test]
fn where_viewports_show_different_pictures_each_has_its_media() {
    let css = |url: &str| of(Resource::new(url.to_owned(), Destination::Image));
    for [narrow, wide] in [["/narrow.jpg", "/wide.jpg"], ["/u/7f3a9c2e1b.jpg", "/u/9b8c7d6e5f.jpg"]] {
        for is_of_page in [false, true] {
            let mut world = World::default();
            let both = vec![css(narrow), css(wide)];
            let of_page = if is_of_page { both.clone() } else { Vec::new() };
            world.sheet.resources = if is_of_page { Vec::new() } else { both };
            let shown = |url: &str, viewport| Report {
                viewport,
                ..report(Some((url, 0)), &[(url, 400, false, false)])
            };
            for _ in 0..10 {
                world.view(&of_page, &shown(narrow, Viewport::Narrow));
                world.view(&of_page, &shown(wide, Viewport::Wide));
            }
            let mut preloads: Vec<String> = world.preloads().split(", ").map(str::to_owned).collect();
            preloads.sort_unstable();
            let expected = [format!("{narrow} (max-width: 599.98px)"), format!("{wide} (min-width: 1024px)")];
            assert_eq!(preloads, expected, "of the page: {is_of_page}");
            assert_eq!(world.chosen().largest, None);
            // One that is wasted goes, and the other one stays.
            let wasted = report(Some((wide, 0)), &[(wide, 90, true, false), (narrow, 90, true, true)]);
            world.views(12, &of_page, &wasted);
            assert_eq!(world.preloads(), expected[1], "of the page: {is_of_page}");
        }
    }
}

/// Bootstrap's `d-none d-md-block` on one element, and the contrary on the other.
#[test]
fn what_a_rule_has_fetched_in_windows_that_hide_its_element_is_not_preloaded_there() {
    let mut world = World::default();
    let css = |url: &str| {
        let resource = Resource::new(url.to_owned(), Destination::Image);
        of(Resource { media: "(min-width: 300px)".to_owned(), ..resource })
    };
    world.sheet.resources = vec![css("/narrow.jpg"), css("/wide.jpg")];
    let shown =
        |url: &str, viewport| Report { viewport, ..report(Some((url, 0)), &[(url, 400, false, false)]) };
    for _ in 0..10 {
        world.view(&[], &shown("/narrow.jpg", Viewport::Narrow));
        world.view(&[], &shown("/wide.jpg", Viewport::Wide));
    }
    let mut preloads: Vec<String> = world.preloads().split(", ").map(str::to_owned).collect();
    preloads.sort_unstable();
    let expected =
        ["/narrow.jpg (min-width: 300px) and (max-width: 599.98px)", "/wide.jpg (min-width: 1024px)"];
    assert_eq!(preloads, expected);
}

#[test]
fn what_stands_beside_a_picture_in_some_views_alone_takes_nothing_from_it() {
    let hero = "/u/7f3a9c2e1b.jpg";
    let (alone, beside) = ([img(hero)], [img(hero), img("/u/9b8c7d6e5f.jpg")]);
    let shown = report(Some((hero, form("", ""))), &[(hero, 400, false, false)]);
    for first in [&alone[..], &beside[..]] {
        let mut world = World::default();
        world.views(8, first, &shown);
        assert_eq!(world.preloads(), hero);
        let early = report(Some((hero, form("", ""))), &[(hero, 60, true, false)]);
        for named in [&beside[..], &alone[..], &beside[..]] {
            world.views(1, named, &early);
            let listed = world.reports.listed.clone();
            assert_eq!(world.preloads(), hero);
            assert_eq!(world.reports.listed, listed, "by the same key");
        }
        let wasted = report(Some(("/other.jpg", 1)), &[(hero, 60, true, true)]);
        world.views(30, first, &wasted);
        assert_eq!(world.preloads(), "");
        for named in [&beside[..], &alone[..]] {
            world.views(20, named, &shown);
            assert_eq!(world.preloads(), "", "it was withdrawn");
        }
    }
}

#[test]
fn the_candidates_of_one_picture_count_together() {
    let mut world = World::default();
    let resource = Resource {
        srcset: "/h-1.jpg 480w, /h-2.jpg 960w".to_owned(),
        sizes: "50vw".to_owned(),
        ..Resource::new("/h.jpg".to_owned(), Destination::Image)
    };
    let picture = Named { form: form("h-1.jpg 480w, h-2.jpg 960w", "50vw"), ..of(resource.clone()) };
    let shown = |url: &str, form| report(Some((url, form)), &[(url, 400, false, false)]);
    for _ in 0..6 {
        world.view(std::slice::from_ref(&picture), &shown("/h-1.jpg", picture.form));
        world.view(std::slice::from_ref(&picture), &shown("/h-2.jpg", picture.form));
    }
    assert_eq!(world.chosen().preloads[0].resource, resource);
    // A script gives the element another size: the browser chooses another candidate than a preload would.
    world.views(
        20,
        std::slice::from_ref(&picture),
        &shown("/h-1.jpg", form("h-1.jpg 480w, h-2.jpg 960w", "321px")),
    );
    assert_eq!(world.preloads(), "");
}

#[test]
fn a_picture_whose_element_was_gone_counts_for_no_form_and_against_none() {
    let hero = [img("/hero.jpg")];
    let shown = |form| Report {
        largest: Some(Largest { name: Name::of("/hero.jpg"), form }),
        ..report(None, &[("/hero.jpg", 400, false, false)])
    };
    let (known, other, gone) = (shown(Some(form("", ""))), shown(Some(0)), shown(None));
    let preloads = |counts: [usize; 3]| {
        let mut world = World::default();
        // In turn, as visitors come.
        for at in 0..counts.into_iter().max().unwrap_or_default() {
            for (count, report) in counts.into_iter().zip([&known, &other, &gone]) {
                world.views(usize::from(at < count), &hero, report);
            }
        }
        world.preloads()
    };
    // Of an application of one page most visitors leave another view than the first.
    assert_eq!(preloads([10, 0, 0]), "/hero.jpg");
    assert_eq!(preloads([10, 0, 30]), "/hero.jpg");
    assert_eq!(preloads([0, 0, 20]), "/hero.jpg", "nobody says another form");
    // What another form speaks for weighs as much whoever cannot tell.
    assert_eq!(preloads([10, 10, 0]), "");
    assert_eq!(preloads([10, 10, 30]), "");
    assert_eq!(preloads([0, 10, 30]), "");
}

#[test]
fn a_form_that_is_not_known_is_a_number_for_learners_of_before() {
    for (told, text) in [(Some(7), "7"), (Some(0), "0"), (None, "18446744073709551615")] {
        let largest = Largest { name: Name(1, 2), form: told };
        let json = format!(r#"{{"n":[1,2],"f":{text}}}"#);
        assert_eq!(serde_json::to_string(&largest).unwrap(), json);
        assert_eq!(serde_json::from_str::<Largest>(&json).unwrap(), largest);
    }
}

/// What a page with this markup names.
fn named(html: &str) -> Vec<Named> {
    let url = Url::parse("https://shop.example/").unwrap();
    let mut observer = Observer::new(&url, &Head::default(), &InertParameters::default()).unwrap();
    observer.write(html.as_bytes());
    observer.end().observation.resources
}

#[test]
fn of_a_picture_for_different_windows_each_preloads_what_it_shows() {
    let page = named(
        "<picture><source media='(min-width:1200px)' srcset=/big.jpg><source media='(min-width:600px)' srcset=/mid.jpg>
         <img src=/small.jpg></picture>",
    );
    let shown = |url: &str, viewport| Report {
        viewport,
        ..report(Some((url, form("", ""))), &[(url, 400, false, false)])
    };
    let mut world = World::default();
    for _ in 0..10 {
        world.views(3, &page, &shown("/small.jpg", Viewport::Narrow));
        world.views(2, &page, &shown("/big.jpg", Viewport::Wide));
    }
    let mut preloads: Vec<String> = world.preloads().split(", ").map(str::to_owned).collect();
    preloads.sort_unstable();
    assert_eq!(preloads, ["/big.jpg (min-width:1200px)", "/small.jpg (max-width: 599.98px)"]);
    // Phones alone: what the others would be shown nobody has told, and they are not sent to what a phone shows.
    let mut world = World::default();
    world.views(20, &page, &shown("/small.jpg", Viewport::Narrow));
    assert_eq!(world.preloads(), "/small.jpg (max-width: 599.98px)");
}

#[test]
fn of_a_picture_by_color_scheme_visitors_of_each_scheme_preload_theirs() {
    let of_element = "<picture><source media='(prefers-color-scheme: dark)' srcset=/dark.jpg><img src=/light.jpg></picture>";
    let of_style = "<style>.hero { background: url(/light.jpg) }
        @media (prefers-color-scheme: dark) { .hero { background: url(/dark.jpg) } }</style>";
    for (page, form) in [(of_element, form("", "")), (of_style, 0)] {
        let page = named(page);
        let shown = |url: &str| report(Some((url, form)), &[(url, 400, false, false)]);
        let mut world = World::default();
        for _ in 0..10 {
            world.views(2, &page, &shown("/dark.jpg"));
            world.views(3, &page, &shown("/light.jpg"));
        }
        let mut preloads: Vec<String> = world.preloads().split(", ").map(str::to_owned).collect();
        preloads.sort_unstable();
        let [dark, light] =
            ["/dark.jpg (prefers-color-scheme", "/light.jpg not all and (prefers-color-scheme"];
        assert_eq!(preloads, [dark, light].map(|own| format!("{own}: dark)")));
        // To visitors with dark pages a text is largest, and the picture perhaps below: theirs is fetched early for nobody.
        let of_text = Report { vitals: Vitals { lcp: Some(300), ..Vitals::default() }, ..report(None, &[]) };
        let mut world = World::default();
        for _ in 0..10 {
            world.views(2, &page, &of_text);
            world.views(1, &page, &shown("/dark.jpg"));
            world.views(3, &page, &shown("/light.jpg"));
        }
        assert_eq!(world.preloads(), "");
    }
}

#[test]
fn what_a_picture_falls_back_to_does_not_keep_the_preload_of_a_source() {
    let page = named("<picture><source type=image/avif srcset='/h.avif 2x'><img src=/h.jpg></picture>");
    let mut world = World::default();
    let shown = report(Some(("/h.avif", form("", ""))), &[("/h.avif", 400, false, false)]);
    world.views(20, &page, &shown);
    assert_eq!(world.preloads(), "/h.avif");
    assert_eq!(world.chosen().largest, Some(tag("/h.jpg")), "by which the tag is found");
    let fallen =
        report(Some(("/h.jpg", form("", ""))), &[("/h.jpg", 90, true, false), ("/h.avif", 90, true, true)]);
    world.views(4, &page, &fallen);
    assert_eq!(world.preloads(), "");
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 64, ..ProptestConfig::default() })]

    #[test]
    fn whatever_is_reported_only_what_is_named_is_preloaded_and_all_is_bounded(
        told in prop::collection::vec(("/[a-e]\\.(jpg|css|woff2)", 0_u32..2000, any::<bool>(), any::<bool>(), 0_u8..5), 1..200),
        times in 1_usize..20,
    ) {
        let mut world = World::default();
        let style = of(Resource::new("/b.css".to_owned(), Destination::Style));
        world.sheet.resources = vec![font("/a.woff2"), style];
        for (url, start, is_preloaded, is_wasted, visitor) in &told {
            world.next_visitor = *visitor;
            let largest = url.ends_with("jpg").then_some((url.as_str(), form("", "")));
            for _ in 0..times {
                world.view(&[img("/c.jpg")], &report(largest, &[(url, *start, *is_preloaded, *is_wasted)]));
            }
            let named = ["/a.woff2", "/b.css", "/c.jpg"];
            let chosen = world.chosen();
            prop_assert!(chosen.preloads.iter().all(|preload| named.contains(&preload.resource.url.as_str())));
            prop_assert!(chosen.preloads.len() <= 2);
        }
        for n in 0..500 {
            let url = format!("/made-up-{n}.jpg");
            world.view(&[img(&url)], &report(Some((&url, 1)), &[(&url, 1, true, true)]));
        }
        prop_assert!(world.reports.votes.len() <= MAX_VOTES && world.reports.named.iter().count() <= MAX_NAMED);
        prop_assert!(serde_json::to_string(&world.reports).unwrap().len() < 40_000);
    }
}

#[test]
fn a_script_that_has_taken_its_own_element_away_is_not_taken_for_an_unused_one() {
    let mut world = World::default();
    let script = || vec![of(Resource::new("/theme.js".to_owned(), Destination::Script))];
    let waited_for = report(None, &[("/theme.js", 400, false, false)]);
    world.views(20, &script(), &waited_for);
    assert_eq!(world.preloads(), "/theme.js");
    world.views(300, &script(), &report(None, &[("/theme.js", 90, true, true)]));
    assert_eq!(world.preloads(), "/theme.js", "nothing in the page says that it ran");
    world.views(5, &[], &report(None, &[("/theme.js", 90, true, true)]));
    assert_eq!(world.preloads(), "", "the page names it no more");
    // Of a stylesheet it is told.
    let mut world = World::default();
    let sheet = vec![of(Resource::new("/theme.css".to_owned(), Destination::Style))];
    world.views(20, &sheet, &report(None, &[("/theme.css", 400, false, false)]));
    assert_eq!(world.preloads(), "/theme.css");
    world.views(4, &sheet, &report(None, &[("/theme.css", 90, true, true)]));
    assert_eq!(world.preloads(), "");
}

#[test]
fn a_page_that_lets_no_browser_tell_is_not_asked() {
    let mut world = World::default();
    for (is_mute, ask) in [(false, Some(0)), (true, None), (false, Some(0))] {
        let view = Observation { is_mute, ..given(&[], Some(1)) };
        world.reports.absorb_view(&view, DAY, SEVERAL);
        assert_eq!(world.reports.ask(DAY, NOON), ask);
    }
}
