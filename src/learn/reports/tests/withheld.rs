//! Tests of what is not preloaded, whoever uses it.

use super::*;
use crate::learn::observation::Withheld;

impl World {
    /// Views that withhold something, each by a visitor of their own, of whose browsers nothing is told.
    fn withhold(&mut self, times: usize, named: &[Named], withheld: Withheld) {
        for _ in 0..times {
            let by = Some(self.next_visitor);
            self.next_visitor = self.next_visitor.wrapping_add(1);
            let view = Observation { withheld, ..given(named, by) };
            self.reports.absorb_view(&view, self.day(), self.several);
        }
    }
}

const PICTURES: Withheld = Withheld { pictures: true, imports: false };
const IMPORTS: Withheld = Withheld { pictures: false, imports: true };
const NOTHING: Withheld = Withheld { pictures: false, imports: false };

#[test]
fn no_picture_is_preloaded_of_a_page_that_asks_for_widths_but_its_tag_may_be_hurried() {
    let hero = |url: &str| report(Some((url, form("", ""))), &[(url, 400, false, false)]);
    let mut world = World::default();
    let page = [img("/hero.jpg")];
    world.views(20, &page, &hero("/hero.jpg"));
    assert_eq!(world.preloads(), "/hero.jpg");
    world.withhold(1, &page, PICTURES);
    assert_eq!((world.preloads().as_str(), world.chosen().largest), ("", Some(tag("/hero.jpg"))));
    world.withhold(1, &page, IMPORTS);
    assert_eq!(world.preloads(), "", "another visitor may be told another thing");
    world.withhold(8, &page, NOTHING);
    assert_eq!(world.preloads(), "");
    world.withhold(1, &page, NOTHING);
    assert_eq!(world.preloads(), "/hero.jpg");
    // Of a stylesheet as well, and nothing but pictures.
    let mut world = World::default();
    let picture = of(Resource::new("/bg.jpg".to_owned(), Destination::Image));
    world.sheet.resources = vec![picture, font("/a.woff2")];
    let told =
        report(Some(("/bg.jpg", 0)), &[("/bg.jpg", 400, false, false), ("/a.woff2", 500, false, false)]);
    world.views(20, &[], &told);
    assert_eq!(world.preloads(), "/bg.jpg, /a.woff2");
    world.withhold(1, &[], PICTURES);
    assert_eq!(world.preloads(), "/a.woff2");
}

#[test]
fn what_stylesheets_import_is_not_preloaded_where_one_of_them_may_be_in_another_encoding() {
    let style = |url: &str| of(Resource::new(url.to_owned(), Destination::Style));
    let told = report(
        None,
        &[
            ("/page.css", 500, false, false),
            ("/import.css", 500, false, false),
            ("/a.woff2", 600, false, false),
        ],
    );
    let mut world = World::default();
    world.sheet.resources = vec![style("/import.css"), font("/a.woff2")];
    world.views(20, &[style("/page.css")], &told);
    let mut both: Vec<String> = world.preloads().split(", ").map(str::to_owned).collect();
    both.sort_unstable();
    assert_eq!(both, ["/import.css", "/page.css"]);
    world.withhold(1, &[style("/page.css")], IMPORTS);
    assert_eq!(world.preloads(), "/page.css, /a.woff2", "of its own parts the page tells by itself");
    world.withhold(10, &[style("/page.css")], NOTHING);
    assert!(world.preloads().contains("/import.css"));
    // Another sheet may import the one that imports it.
    world.other_sheet.is_encoded_otherwise = true;
    assert_eq!(world.preloads(), "/page.css, /a.woff2");
}

#[test]
fn what_is_withheld_is_written_down_and_a_record_without_it_withholds_nothing() {
    let mut world = World::default();
    world.withhold(1, &[], NOTHING);
    let record = |world: &World| serde_json::to_string(&world.reports).unwrap();
    assert!(!record(&world).contains("withheld"));
    world.withhold(1, &[], PICTURES);
    assert!(record(&world).contains(r#""withheld":{"p":10,"i":0}"#), "{}", record(&world));
    let read: Reports = serde_json::from_str(&record(&world)).unwrap();
    assert_eq!(read.withheld(&[]), PICTURES);
    assert_eq!(serde_json::from_str::<Observation>(r#"{"path":"/","uses":[]}"#).unwrap().withheld, NOTHING);
}
