use super::*;
use crate::learn::next::visitor::Visitors;

const NOW: u64 = 1_800_000_000_000;
const OURS: Arrived = Arrived { is_ours: true, is_strained: false, is_silent: false };
const SILENT: Arrived = Arrived { is_silent: true, ..OURS };

fn salt(day: u32) -> Salt {
    Salt::new(day, 0x5eed_0000_0000_0000_0000_0000_0000_0000 + u128::from(day))
}

fn journal() -> Journal {
    let mut journal = Journal::default();
    journal.set_salt(salt(7));
    journal
}

fn visitor(journal: &Journal, host: u32) -> Visitor {
    journal.visitor(Some(&format!("10.{}.{}.{}", host >> 16, host >> 8 & 255, host & 255))).unwrap()
}

/// The travels of the one site there is.
fn taken(journal: &mut Journal) -> Travels {
    let mut all = journal.take();
    assert!(all.len() <= 1, "{all:?}");
    all.pop().unwrap_or_default()
}

/// How often each way was taken, speculated on, and speculated on with success.
fn legs(journal: &mut Journal) -> Vec<(String, u32, u32, u32)> {
    let legs = taken(journal).legs.into_iter();
    legs.map(|leg| (format!("{} {}", leg.from, leg.to), leg.taken, leg.speculated, leg.used)).collect()
}

fn leg(way: &str, taken: u32, speculated: u32, used: u32) -> (String, u32, u32, u32) {
    (way.to_owned(), taken, speculated, used)
}

#[test]
fn without_the_days_key_nobody_is_counted() {
    let mut journal = Journal::default();
    assert_eq!(journal.visitor(Some("192.0.2.1")), None);
    assert_eq!(journal.salt(7), None);
    // A visitor of a key that another isolate had.
    let other = visitor(&self::journal(), 1);
    journal.given("shop", "/a", other);
    assert_eq!(journal.take(), []);
    journal.view("shop", "/a", 2);
    let travels = taken(&mut journal);
    assert_eq!((travels.day, travels.pages["/a"].views), (0, 2));
    journal.set_salt(salt(7));
    assert_eq!((journal.salt(7), journal.salt(8)), (Some(salt(7)), None));
    assert_eq!(journal.visitor(None), None);
    assert_eq!(journal.visitor(Some("unknown")), None);
}

#[test]
fn who_comes_on_both_sides_of_midnight_is_one_visitor() {
    let mut journal = journal();
    let before = visitor(&journal, 1);
    journal.given("shop", "/a", before);
    journal.click("shop", "/a", "/b", before, NOW);
    journal.set_salt(salt(8));
    let after = visitor(&journal, 1);
    journal.given("shop", "/a", after);
    journal.click("shop", "/a", "/b", after, NOW);
    let travels = taken(&mut journal);
    assert_eq!(travels.day, 8);
    assert_eq!(travels.pages["/a"].visitors, [salt(8).bucket(after, "/a")]);
    assert_eq!(travels.legs[0].visitors, [salt(8).bucket(after, "/a\n/b")]);
    assert_eq!(travels.legs[0].taken, 2, "what was counted stays counted");
}

#[test]
fn a_new_day_forgets_what_visitors_did() {
    let mut journal = journal();
    let before = visitor(&journal, 1);
    journal.speculated("shop", "/a", "/b", before, SILENT, NOW);
    journal.set_salt(salt(7));
    assert!(journal.has_open(), "the same key");
    journal.set_salt(salt(8));
    assert!(!journal.has_open());
}

#[test]
fn one_visitor_counts_five_times_on_a_way_and_on_two_hundred_in_all() {
    let mut journal = journal();
    let one = visitor(&journal, 1);
    for _ in 0..1000 {
        journal.click("shop", "/a", "/b", one, NOW);
    }
    assert_eq!(legs(&mut journal), [leg("/a /b", 5, 0, 0)]);
    journal.click("shop", "/a", "/b", one, NOW);
    assert_eq!(legs(&mut journal), [], "nor after a batch was sent");
    let two = visitor(&journal, 2);
    journal.click("shop", "/a", "/b", two, NOW);
    for number in 0..300 {
        journal.click("shop", "/a", &format!("/{number}"), one, NOW);
    }
    assert_eq!(legs(&mut journal).len(), 1 + 195);
}

#[test]
fn a_flood_of_ways_of_one_visitor_neither_counts_on_nor_wipes_what_others_have_spent() {
    let mut journal = journal();
    let (one, other) = (visitor(&journal, 1), visitor(&journal, 2));
    for _ in 0..5 {
        journal.click("shop", "/a", "/b", other, NOW);
    }
    let mut counted = 0;
    for number in 0..100_000 {
        journal.click("shop", "/a", &format!("/{number}"), one, NOW);
        counted += if number % 500 == 0 { legs(&mut journal).iter().map(|leg| leg.1).sum() } else { 0 };
    }
    counted += legs(&mut journal).iter().map(|leg| leg.1).sum::<u32>();
    assert_eq!(counted, 5 + 200);
    assert!(journal.times.len() <= 201, "{}", journal.times.len());
    journal.click("shop", "/a", "/b", other, NOW);
    assert_eq!(legs(&mut journal), []);
}

#[test]
fn speculations_are_counted_only_where_they_are_ours() {
    let mut journal = journal();
    let one = visitor(&journal, 1);
    journal.speculated("shop", "/a", "/b", one, OURS, NOW);
    journal.speculated("shop", "/a", "/b", one, Arrived { is_strained: true, ..OURS }, NOW);
    journal.speculated("shop", "/a", "/b", one, Arrived { is_ours: false, ..SILENT }, NOW);
    let travels = taken(&mut journal);
    let leg = &travels.legs[0];
    assert_eq!((leg.taken, leg.speculated, leg.strained, leg.used), (0, 2, 1, 0));
    assert!(leg.visitors.is_empty(), "nobody has gone there yet");
    assert!(travels.pages.is_empty(), "and nobody has looked at it");
    for _ in 0..10 {
        journal.speculated("shop", "/a", "/b", one, OURS, NOW);
    }
    assert_eq!(legs(&mut journal), [self::leg("/a /b", 0, 3, 0)], "five of one visitor");
}

#[test]
fn an_activation_is_a_view_a_click_and_a_success() {
    let mut journal = journal();
    let one = visitor(&journal, 1);
    journal.speculated("shop", "/a", "/b", one, OURS, NOW);
    assert!(journal.activated("shop", Some("/a"), "/b", one, NOW + 1));
    let travels = taken(&mut journal);
    assert_eq!(travels.pages["/b"], Sighting { views: 1, ..Sighting::default() });
    let leg = &travels.legs[0];
    assert_eq!((leg.taken, leg.speculated, leg.used), (1, 1, 1));
    assert_eq!(leg.visitors, [salt(7).bucket(one, "/a\n/b")]);
    assert!(!journal.activated("shop", Some("/b"), "/b", one, NOW), "a page does not lead to itself");
}

#[test]
fn a_silent_speculation_is_settled_by_what_follows_within_five_minutes() {
    let mut journal = journal();
    let (one, other) = (visitor(&journal, 1), visitor(&journal, 2));
    let wait = 5 * 60 * 1000;
    for (later, who, site, is_settled) in [
        (0, one, "shop", true),
        (wait - 1, one, "shop", true),
        (wait, one, "shop", false),
        (0, other, "shop", false),
        (0, one, "blog", false),
    ] {
        journal.speculated("shop", "/a", "/b", one, SILENT, NOW);
        assert_eq!(journal.activated(site, None, "/b", who, NOW + later), is_settled, "{later} {site}");
        assert!(!journal.activated(site, None, "/b", who, NOW + later), "once");
        journal.open.clear();
    }
    let all = legs(&mut journal);
    let sum = |count: fn(&(String, u32, u32, u32)) -> u32| all.iter().map(count).sum::<u32>();
    let (taken, speculated, used) = (sum(|leg| leg.1), sum(|leg| leg.2), sum(|leg| leg.3));
    assert_eq!((taken, speculated, used), (2, 0, 0), "it teaches, and says nothing of waste either way");
    // One that a signal tells of is not remembered.
    journal.speculated("shop", "/a", "/c", one, OURS, NOW);
    assert!(!journal.has_open());
}

#[test]
fn the_result_of_a_form_or_of_a_redirect_is_no_click_once_and_for_ten_seconds() {
    let mut journal = journal();
    let (one, other) = (visitor(&journal, 1), visitor(&journal, 2));
    journal.expect_result("shop", "/b", one, NOW);
    journal.click("shop", "/a", "/b", other, NOW);
    journal.click("blog", "/a", "/b", one, NOW);
    assert_eq!(journal.take().len(), 2, "another visitor's click, and one on another site");
    journal.click("shop", "/a", "/b", one, NOW + 9_999);
    assert_eq!(legs(&mut journal), []);
    journal.click("shop", "/a", "/b", one, NOW + 9_999);
    assert_eq!(legs(&mut journal), [leg("/a /b", 1, 0, 0)], "only once");
    journal.expect_result("shop", "/b", one, NOW);
    journal.click("shop", "/a", "/b", one, NOW + 10_000);
    assert_eq!(legs(&mut journal), [leg("/a /b", 1, 0, 0)], "too late to be that");
}

#[test]
fn all_that_speaks_against_a_page_is_told_and_one_varying_answer_outdoes_the_others() {
    let mut journal = journal();
    let (one, other) = (visitor(&journal, 1), visitor(&journal, 2));
    for (why, who) in [
        (Ineligible::Private, Some(one)),
        (Ineligible::CartChanged, Some(one)),
        (Ineligible::Private, None),
        (Ineligible::SessionRotated, Some(other)),
    ] {
        journal.ineligible("shop", "/a", why, who);
    }
    for varies in [false, true, false] {
        journal.varies("shop", "/a", varies);
    }
    journal.varies("shop", "/b", false);
    let pages = taken(&mut journal).pages;
    let a = &pages["/a"];
    assert_eq!(a.ineligible, [Ineligible::Private, Ineligible::CartChanged, Ineligible::SessionRotated]);
    assert_eq!(a.met, [one, other].map(|who| salt(7).bucket(who, "/a")));
    assert_eq!((a.varies, pages["/b"].varies, pages["/b"].ineligible.len()), (Some(true), Some(false), 0));
    assert!(a.visitors.is_empty(), "nobody was given it");
}

#[test]
fn each_site_has_its_own_travels() {
    let mut journal = journal();
    let one = visitor(&journal, 1);
    journal.view("shop", "/a", 1);
    journal.click("blog", "/a", "/b", one, NOW);
    journal.robots("wiki", "User-agent: *".to_owned());
    let all = journal.take();
    assert_eq!(all.iter().map(|travels| travels.site.as_str()).collect::<Vec<_>>(), ["blog", "shop", "wiki"]);
    assert_eq!((all[0].legs.len(), all[0].pages.len(), all[0].robots.as_deref()), (1, 0, None));
    assert_eq!((all[1].legs.len(), all[1].pages["/a"].views), (0, 1));
    assert_eq!(all[2].robots.as_deref(), Some("User-agent: *"));
    assert!(all.iter().all(|travels| travels.day == 7));
    assert_eq!(journal.take(), []);
}

#[test]
fn everything_that_waits_or_is_remembered_is_bounded() {
    let mut journal = journal();
    for number in 0..30_000 {
        let (one, path) = (visitor(&journal, number), format!("/{number}"));
        journal.view("shop", &path, 1);
        journal.given("shop", "/a", one);
        journal.click("shop", "/a", &path, one, NOW);
        journal.click("shop", "/a", "/b", one, NOW);
        journal.speculated("shop", "/a", &path, one, SILENT, NOW);
        journal.expect_result("shop", &path, one, NOW);
        journal.robots(&path, String::new());
    }
    assert!(journal.times.len() <= MAX_KNOWN && journal.spent.len() <= MAX_KNOWN);
    assert_eq!((journal.open.len(), journal.results.len(), journal.robots.len()), (2000, 500, 500));
    assert_eq!((journal.pages.len(), journal.legs.len()), (MAX_WAITING, MAX_WAITING));
    let a = &journal.pages[&("shop".to_owned(), "/a".to_owned())];
    assert_eq!(a.visitors.len(), MAX_BUCKETS);
    // What is over makes room for what comes.
    let one = visitor(&journal, 1);
    journal.speculated("shop", "/a", "/new", one, SILENT, NOW + OPEN_MS);
    journal.expect_result("shop", "/new", one, NOW + RESULT_MS);
    assert_eq!((journal.open.len(), journal.results.len()), (1, 1));
}

#[test]
fn isolates_with_one_key_see_one_visitor() {
    let mut visitors = Visitors::default();
    for _ in 0..20 {
        let mut journal = journal();
        let one = visitor(&journal, 1);
        journal.given("shop", "/a", one);
        let travels = taken(&mut journal);
        visitors.add(travels.day, &travels.pages["/a"].visitors);
    }
    assert_eq!(visitors.most(7), 1);
}
