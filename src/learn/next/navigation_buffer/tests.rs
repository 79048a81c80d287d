use super::*;
use crate::learn::next::navigation_batch::{
    Answers, Concern, FormCounts, GuessCount, GuessCounts, Link, Place, PressedCounts, SuspectStats,
    TIME_SLOTS,
};
use crate::learn::next::visitor::Visitors;
use crate::urls::robots;

const NOW: u64 = 1_800_000_000_000;
const OURS: Arrived = Arrived { is_ours: true, is_strained: false, is_silent: false, guess: None };
const SILENT: Arrived = Arrived { is_silent: true, ..OURS };

fn salt(day: u32) -> Salt {
    Salt::new(day, 0x5eed_0000_0000_0000_0000_0000_0000_0000 + u128::from(day))
}

fn buffer() -> NavigationBuffer {
    let mut buffer = NavigationBuffer::default();
    buffer.set_salt(salt(7));
    buffer
}

fn visitor(buffer: &NavigationBuffer, host: u32) -> Visitor {
    buffer.visitor(Some(&format!("10.{}.{}.{}", host >> 16, host >> 8 & 255, host & 255))).unwrap()
}

/// The batch of the one site there is.
fn taken(buffer: &mut NavigationBuffer) -> NavigationBatch {
    let mut all = buffer.take(|_| true);
    assert!(all.len() <= 1, "{all:?}");
    all.pop().unwrap_or_default()
}

/// How often each way was taken, speculated on, and speculated on with success.
fn transitions(buffer: &mut NavigationBuffer) -> Vec<(String, u32, u32, u32)> {
    let transitions = taken(buffer).transitions.into_iter();
    transitions
        .map(|transition| {
            (
                format!("{} {}", transition.from, transition.to),
                transition.taken,
                transition.speculated,
                transition.used,
            )
        })
        .collect()
}

fn transition(way: &str, taken: u32, speculated: u32, used: u32) -> (String, u32, u32, u32) {
    (way.to_owned(), taken, speculated, used)
}

#[test]
fn without_the_days_key_nobody_is_counted() {
    let mut buffer = NavigationBuffer::default();
    assert_eq!(buffer.visitor(Some("192.0.2.1")), None);
    assert_eq!(buffer.salt(7), None);
    // A visitor of a key that another isolate had.
    let other = visitor(&self::buffer(), 1);
    buffer.given("shop", "/a", other);
    assert_eq!(buffer.take(|_| true), []);
    buffer.set_salt(salt(7));
    assert_eq!((buffer.salt(7), buffer.salt(8)), (Some(salt(7)), None));
    assert_eq!(buffer.visitor(None), None);
    assert_eq!(buffer.visitor(Some("unknown")), None);
}

#[test]
fn who_comes_on_both_sides_of_midnight_is_one_visitor() {
    let mut buffer = buffer();
    let before = visitor(&buffer, 1);
    buffer.given("shop", "/a", before);
    buffer.click("shop", "/a", "/b", before, NOW);
    buffer.set_salt(salt(8));
    let after = visitor(&buffer, 1);
    buffer.given("shop", "/a", after);
    buffer.click("shop", "/a", "/b", after, NOW);
    let batch = taken(&mut buffer);
    assert_eq!(batch.day, 8);
    assert_eq!(batch.pages["/a"].visitors, [salt(8).bucket(after, "/a")]);
    assert_eq!(batch.transitions[0].visitors, [salt(8).bucket(after, "/a\n/b")]);
    assert_eq!(batch.transitions[0].taken, 2, "what was counted stays counted");
}

#[test]
fn a_new_day_forgets_what_visitors_did() {
    let mut buffer = buffer();
    let before = visitor(&buffer, 1);
    buffer.speculated("shop", "/a", "/b", before, SILENT, NOW);
    buffer.set_salt(salt(7));
    assert!(buffer.has_open(), "the same key");
    buffer.set_salt(salt(8));
    assert!(!buffer.has_open());
}

#[test]
fn one_visitor_counts_five_times_on_a_way_and_on_two_hundred_in_all() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    for _ in 0..1000 {
        buffer.click("shop", "/a", "/b", one, NOW);
    }
    assert_eq!(transitions(&mut buffer), [transition("/a /b", 5, 0, 0)]);
    buffer.click("shop", "/a", "/b", one, NOW);
    assert_eq!(transitions(&mut buffer), [], "nor after a batch was sent");
    let two = visitor(&buffer, 2);
    buffer.click("shop", "/a", "/b", two, NOW);
    for number in 0..300 {
        buffer.click("shop", "/a", &format!("/{number}"), one, NOW);
    }
    assert_eq!(transitions(&mut buffer).len(), 1 + 195);
}

#[test]
fn a_flood_of_ways_of_one_visitor_neither_counts_on_nor_wipes_what_others_have_spent() {
    let mut buffer = buffer();
    let (one, other) = (visitor(&buffer, 1), visitor(&buffer, 2));
    for _ in 0..5 {
        buffer.click("shop", "/a", "/b", other, NOW);
    }
    let mut counted = 0;
    for number in 0..100_000 {
        buffer.click("shop", "/a", &format!("/{number}"), one, NOW);
        counted += if number % 500 == 0 {
            transitions(&mut buffer).iter().map(|transition| transition.1).sum()
        } else {
            0
        };
    }
    counted += transitions(&mut buffer).iter().map(|transition| transition.1).sum::<u32>();
    assert_eq!(counted, 5 + 200);
    assert!(buffer.times.len() <= 201, "{}", buffer.times.len());
    buffer.click("shop", "/a", "/b", other, NOW);
    assert_eq!(transitions(&mut buffer), []);
}

#[test]
fn speculations_are_counted_only_where_they_are_ours() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    buffer.speculated("shop", "/a", "/b", one, OURS, NOW);
    buffer.speculated("shop", "/a", "/b", one, Arrived { is_strained: true, ..OURS }, NOW);
    buffer.speculated("shop", "/a", "/b", one, Arrived { is_ours: false, ..SILENT }, NOW);
    let batch = taken(&mut buffer);
    let transition = &batch.transitions[0];
    assert_eq!((transition.taken, transition.speculated, transition.strained, transition.used), (0, 2, 1, 0));
    assert!(transition.visitors.is_empty(), "nobody has gone there yet");
    assert!(batch.pages.is_empty(), "and nobody has looked at it");
    for _ in 0..10 {
        buffer.speculated("shop", "/a", "/b", one, OURS, NOW);
    }
    assert_eq!(transitions(&mut buffer), [self::transition("/a /b", 0, 3, 0)], "five of one visitor");
}

#[test]
fn an_activation_is_a_view_a_click_and_a_success() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    buffer.speculated("shop", "/a", "/b", one, OURS, NOW);
    assert!(buffer.activated("shop", Some("/a"), "/b", one, NOW + 1));
    let batch = taken(&mut buffer);
    assert_eq!(batch.pages["/b"], PageStats { views: 1, ..PageStats::default() });
    let transition = &batch.transitions[0];
    assert_eq!((transition.taken, transition.speculated, transition.used), (1, 1, 1));
    assert_eq!(transition.visitors, [salt(7).bucket(one, "/a\n/b")]);
    assert!(!buffer.activated("shop", Some("/b"), "/b", one, NOW), "a page does not lead to itself");
}

#[test]
fn a_silent_speculation_is_settled_by_what_follows_within_five_minutes() {
    let mut buffer = buffer();
    let (one, other) = (visitor(&buffer, 1), visitor(&buffer, 2));
    let wait = 5 * 60 * 1000;
    for (later, who, site, is_settled) in [
        (0, one, "shop", true),
        (wait - 1, one, "shop", true),
        (wait, one, "shop", false),
        (0, other, "shop", false),
        (0, one, "blog", false),
    ] {
        buffer.speculated("shop", "/a", "/b", one, SILENT, NOW);
        assert_eq!(buffer.activated(site, None, "/b", who, NOW + later), is_settled, "{later} {site}");
        assert!(!buffer.activated(site, None, "/b", who, NOW + later), "once");
        buffer.open.clear();
    }
    let all = transitions(&mut buffer);
    let sum = |count: fn(&(String, u32, u32, u32)) -> u32| all.iter().map(count).sum::<u32>();
    let (taken, speculated, used) =
        (sum(|transition| transition.1), sum(|transition| transition.2), sum(|transition| transition.3));
    assert_eq!((taken, speculated, used), (2, 0, 0), "it teaches, and says nothing of waste either way");
    // One that a signal tells of is not remembered.
    buffer.speculated("shop", "/a", "/c", one, OURS, NOW);
    assert!(!buffer.has_open());
}

#[test]
fn the_result_of_a_form_or_of_a_redirect_is_no_click_once_and_for_ten_seconds() {
    let mut buffer = buffer();
    let (one, other) = (visitor(&buffer, 1), visitor(&buffer, 2));
    buffer.expect_result("shop", "/b", None, one, NOW);
    buffer.click("shop", "/a", "/b", other, NOW);
    buffer.click("blog", "/a", "/b", one, NOW);
    assert_eq!(buffer.take(|_| true).len(), 2, "another visitor's click, and one on another site");
    buffer.click("shop", "/a", "/b", one, NOW + 9_999);
    assert_eq!(transitions(&mut buffer), []);
    buffer.click("shop", "/a", "/b", one, NOW + 9_999);
    assert_eq!(transitions(&mut buffer), [transition("/a /b", 1, 0, 0)], "only once");
    buffer.expect_result("shop", "/b", None, one, NOW);
    buffer.click("shop", "/a", "/b", one, NOW + 10_000);
    assert_eq!(transitions(&mut buffer), [transition("/a /b", 1, 0, 0)], "too late to be that");
}

#[test]
fn a_link_that_a_redirect_only_respells_is_one_to_the_page_where_it_leads() {
    let mut buffer = buffer();
    let respelled = |path: &str, through: &str| NavigationEvent::Respelled {
        path: path.to_owned(),
        through: through.to_owned(),
        ahead_from: None,
    };
    let led = |path: &str, through: Option<&str>| NavigationEvent::ResultExpected {
        path: path.to_owned(),
        through: through.map(str::to_owned),
    };
    let click = || NavigationEvent::Click { from: "/a".to_owned(), to: "/b/".to_owned() };
    let mut seen = |events: Vec<NavigationEvent>| {
        let address = Some("192.0.2.1".to_owned());
        buffer.apply(&NavigationEvents { site: "shop".to_owned(), address, events }, NOW);
        let batches = buffer.take(|_| true);
        let all = batches.into_iter().flat_map(|batch| batch.transitions);
        all.map(|Transition { to, taken, spelled, visitors, .. }| {
            let at = spelled.iter().map(|spelled| {
                assert_eq!(spelled.visitors, visitors);
                spelled.at
            });
            (to, taken, at.collect::<Vec<u8>>())
        })
        .collect::<Vec<_>>()
    };
    let to = |spelled: &[u8]| vec![("/b/".to_owned(), 1, spelled.to_vec())];
    assert_eq!(seen(vec![respelled("/b/", "/b"), click()]), to(&[0]));
    assert_eq!(seen(vec![click()]), to(&[]), "once");
    assert_eq!(seen(vec![respelled("/b/", "/b/index.php"), click()]), to(&[2]));
    assert_eq!(seen(vec![respelled("/b/", "/B/"), click()]), to(&[]), "no rule names that");
    assert_eq!(
        seen(vec![respelled("/B", "/b"), respelled("/b/", "/B"), click()]),
        to(&[0]),
        "the link counts"
    );
    for (why, led_by) in [
        ("a form has led there", vec![led("/b", None), respelled("/b/", "/b")]),
        ("another page has led there", vec![led("/b", Some("/out")), respelled("/b/", "/b")]),
        ("the page leads on", vec![respelled("/c/", "/c"), led("/b/", Some("/c/"))]),
    ] {
        assert_eq!(seen([led_by, vec![click()]].concat()), vec![], "{why}");
    }
}

#[test]
fn a_link_that_a_redirect_only_respells_counts_once_the_page_is_shown_that_it_fetched_ahead() {
    let ahead = |from: &str, path: &str, through: &str| NavigationEvent::Respelled {
        path: path.to_owned(),
        through: through.to_owned(),
        ahead_from: Some(from.to_owned()),
    };
    let followed =
        || NavigationEvent::Followed { from: "/a".to_owned(), page: "/b/".to_owned(), guess: None };
    let told = || NavigationEvent::Activation { from: Some("/a".to_owned()), page: "/b/".to_owned() };
    let shown = || NavigationEvent::Activation { from: None, page: "/b/".to_owned() };
    let arrived = || NavigationEvent::SpeculationArrived {
        from: "/a".to_owned(),
        to: "/b/".to_owned(),
        how: Arrived { is_silent: true, ..Arrived::default() },
    };
    let seen = |events: Vec<(u64, NavigationEvent)>| {
        let mut buffer = buffer();
        for (at, event) in events {
            let address = Some("192.0.2.1".to_owned());
            buffer
                .apply(&NavigationEvents { site: "shop".to_owned(), address, events: vec![event] }, NOW + at);
        }
        let all = buffer.take(|_| true).into_iter().flat_map(|batch| batch.transitions);
        all.map(|Transition { to, taken, spelled, .. }| {
            (to, taken, spelled.iter().map(|spelled| spelled.at).collect::<Vec<u8>>())
        })
        .collect::<Vec<_>>()
    };
    let to = |taken, spelled: &[u8]| vec![("/b/".to_owned(), taken, spelled.to_vec())];
    let redirected = (0, ahead("/a", "/b/", "/b"));
    assert_eq!(seen(vec![redirected.clone()]), [], "not shown");
    for (why, shown) in [("by any rule", followed()), ("by a learned rule", told())] {
        assert_eq!(seen(vec![redirected.clone(), (OPEN_MS - 1, shown.clone())]), to(1, &[0]), "{why}");
        assert_eq!(seen(vec![redirected.clone(), (OPEN_MS, shown)]), to(1, &[]), "{why}, of another time");
    }
    assert_eq!(seen(vec![redirected.clone(), (1, arrived()), (2, shown())]), to(1, &[0]), "untold");
    assert_eq!(seen(vec![redirected.clone(), (1, followed()), (2, followed())]), to(2, &[0]), "once");
    let (elsewhere, chain) = (ahead("/c", "/b/", "/b"), ahead("/a", "/b/", "/b/index.html"));
    assert_eq!(seen(vec![(0, elsewhere), (1, followed())]), to(1, &[]), "from another page");
    let to_chain = ahead("/a", "/b/index.html", "/b");
    assert_eq!(seen(vec![(0, to_chain), (0, chain), (1, followed())]), to(1, &[0]), "the link counts");
}

#[test]
fn what_a_form_has_changed_is_not_held_against_the_page_to_which_it_leads() {
    let mut buffer = buffer();
    let event = |events: Vec<NavigationEvent>| NavigationEvents {
        site: "shop".to_owned(),
        address: Some("192.0.2.1".to_owned()),
        events,
    };
    let led = |path: &str, through: Option<&str>| {
        let through = through.map(str::to_owned);
        NavigationEvent::ResultExpected { path: path.to_owned(), through }
    };
    let changed = |path: &str, why| NavigationEvent::Ineligible { path: path.to_owned(), why };
    // Signed in; the form leads to the account, and that to the profile.
    buffer.apply(&event(vec![led("/account/", None)]), NOW);
    buffer.apply(
        &event(vec![changed("/account/", Ineligible::CartChanged), led("/profile/", Some("/account/"))]),
        NOW + 1,
    );
    buffer.apply(&event(vec![changed("/profile/?next=", Ineligible::CartChanged)]), NOW + 2);
    assert!(
        buffer.take(|_| true).iter().all(|batch| batch.pages.values().all(|page| page.ineligible.is_empty()))
    );
    // A redirect alone excuses nothing, nor a form of long ago, nor another reason.
    buffer.apply(&event(vec![led("/gift/", Some("/out"))]), NOW);
    for (path, why, at) in [
        ("/gift/", Ineligible::CartChanged, NOW + 1),
        ("/profile/", Ineligible::CartChanged, NOW + 60_000),
        ("/account/", Ineligible::SessionDeleted, NOW + 1),
    ] {
        buffer.apply(&event(vec![changed(path, why.clone())]), at);
        assert_eq!(buffer.take(|_| true)[0].pages[path].ineligible[0].why, why, "{path}");
    }
}

#[test]
fn all_that_speaks_against_a_page_is_told_and_one_varying_answer_outdoes_the_others() {
    let mut buffer = buffer();
    let (one, other) = (visitor(&buffer, 1), visitor(&buffer, 2));
    for (why, who) in [
        (Ineligible::Private, Some(one)),
        (Ineligible::CartChanged, Some(one)),
        (Ineligible::Private, None),
        (Ineligible::SessionRotated, Some(other)),
    ] {
        buffer.ineligible("shop", "/a", &why, who);
    }
    for varies in [false, true, false] {
        buffer.varies("shop", "/a", varies);
    }
    buffer.varies("shop", "/b", false);
    let pages = taken(&mut buffer).pages;
    let a = &pages["/a"];
    let [one, other] = [one, other].map(|who| salt(7).bucket(who, "/a"));
    let concern = |why, by| Concern { why, by: vec![by] };
    assert_eq!(
        a.ineligible,
        [
            concern(Ineligible::Private, one),
            concern(Ineligible::CartChanged, one),
            concern(Ineligible::SessionRotated, other)
        ]
    );
    assert_eq!((a.varies, pages["/b"].varies, pages["/b"].ineligible.len()), (Some(true), Some(false), 0));
    assert!(a.visitors.is_empty(), "nobody was given it");
}

#[test]
fn each_site_has_navigations_of_its_own() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    buffer.view("shop", "/a", one, 1);
    buffer.click("blog", "/a", "/b", one, NOW);
    buffer.robots("wiki", "User-agent: *".to_owned());
    let all = buffer.take(|_| true);
    assert_eq!(all.iter().map(|batch| batch.site.as_str()).collect::<Vec<_>>(), ["blog", "shop", "wiki"]);
    assert_eq!((all[0].transitions.len(), all[0].pages.len(), all[0].robots.as_deref()), (1, 0, None));
    assert_eq!((all[1].transitions.len(), all[1].pages["/a"].views), (0, 1));
    assert_eq!(all[2].robots.as_deref(), Some("User-agent: *"));
    assert!(all.iter().all(|batch| batch.day == 7));
    assert_eq!(buffer.take(|_| true), []);
}

#[test]
fn everything_that_waits_or_is_remembered_is_bounded() {
    let mut buffer = buffer();
    for number in 0..30_000 {
        let (one, path) = (visitor(&buffer, number), format!("/{number}"));
        buffer.view("shop", &path, one, 1);
        buffer.given("shop", "/a", one);
        buffer.click("shop", "/a", &path, one, NOW);
        buffer.click("shop", "/a", "/b", one, NOW);
        buffer.speculated("shop", "/a", &path, one, SILENT, NOW);
        buffer.expect_result("shop", &path, None, one, NOW);
        buffer.robots(&path, String::new());
    }
    assert!(buffer.times.len() <= MAX_KNOWN && buffer.spent.len() <= MAX_KNOWN);
    assert_eq!((buffer.open.len(), buffer.results.len()), (2000, 500));
    // Robots.txt comes from 499 others.
    let all = buffer.waiting.lengths();
    assert_eq!((all.len(), all[MAX_SITES - 1]), (MAX_SITES, ("shop", MAX_WAITING, MAX_WAITING)));
    let all = buffer.take(|site| site == "shop");
    assert_eq!(all[0].pages["/a"].visitors.len(), MAX_BUCKETS);
    // What is over makes room for what comes.
    let one = visitor(&buffer, 1);
    buffer.speculated("shop", "/a", "/new", one, SILENT, NOW + OPEN_MS);
    buffer.expect_result("shop", "/new", None, one, NOW + RESULT_MS);
    assert_eq!((buffer.open.len(), buffer.results.len()), (1, 1));
}

#[test]
fn views_of_one_visitor_are_bounded_as_their_clicks_are() {
    let mut buffer = buffer();
    let [one, two] = [1, 2].map(|host| visitor(&buffer, host));
    for _ in 0..30 {
        buffer.view("shop", "/a", one, 1);
        buffer.click("shop", "/a", "/b", one, NOW);
    }
    buffer.view("shop", "/a", two, 3);
    buffer.view("shop", "/c", two, 1000);
    let batch = taken(&mut buffer);
    assert_eq!(batch.transitions[0].taken, u32::from(MAX_TIMES));
    assert_eq!(batch.pages["/a"].views, u32::from(MAX_TIMES) + 3);
    assert_eq!(batch.pages["/c"].views, u32::from(MAX_TIMES));
    buffer.view("shop", "/a", one, 1);
    assert_eq!(buffer.take(|_| true), [], "nor after a batch was sent");
    for number in 0..1000 {
        buffer.view("shop", &format!("/{number}"), one, 1);
    }
    let left = usize::from(MAX_VIEWS_OF_ONE - u16::from(MAX_TIMES));
    assert_eq!(taken(&mut buffer).pages.len(), left);
    // Clicks have a share of their own.
    buffer.click("shop", "/c", "/d", one, NOW);
    assert_eq!(taken(&mut buffer).transitions.len(), 1);
}

#[test]
fn of_one_visitor_as_many_speculations_are_used_as_were_made() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    for _ in 0..30 {
        buffer.click("shop", "/a", "/b", one, NOW);
        buffer.speculated("shop", "/a", "/b", one, OURS, NOW);
        assert!(buffer.activated("shop", Some("/a"), "/b", one, NOW));
    }
    let Transition { speculated, used, .. } = taken(&mut buffer).transitions[0].clone();
    assert_eq!((speculated, used), (5, 5));
}

#[test]
fn one_visitor_has_one_say_in_whether_the_site_has_changed() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    for number in 0..9 {
        buffer.speculated("shop", "/a", &format!("/{number}"), one, OURS, NOW);
        buffer.click("shop", "/a", &format!("/{number}"), one, NOW);
    }
    let batch = taken(&mut buffer);
    assert_eq!(batch.transitions.iter().map(|way| way.votes).sum::<u32>(), 1);
    let voters: Vec<u8> = batch.transitions.iter().flat_map(|way| way.voters.clone()).collect();
    assert_eq!(voters, [salt(7).bucket(one, "shop")], "the same from every isolate");
}

#[test]
fn isolates_with_one_key_see_one_visitor() {
    let mut visitors = Visitors::default();
    for _ in 0..20 {
        let mut buffer = buffer();
        let one = visitor(&buffer, 1);
        buffer.given("shop", "/a", one);
        let batch = taken(&mut buffer);
        visitors.add(batch.day, &batch.pages["/a"].visitors);
    }
    assert_eq!(visitors.most(7), 1);
}

/// What a visitor at this address did.
fn happened(address: Option<&str>, events: Vec<NavigationEvent>) -> NavigationEvents {
    NavigationEvents { site: "shop".to_owned(), address: address.map(str::to_owned), events }
}

const ADDRESS: Option<&str> = Some("10.0.0.1");

#[test]
fn an_event_counts_as_what_it_is() {
    let path = |path: &str| path.to_owned();
    let one = visitor(&buffer(), 1);
    let applied = |events: Vec<NavigationEvent>| {
        let mut buffer = buffer();
        let is_new = buffer.apply(&happened(ADDRESS, events), NOW);
        (is_new, taken(&mut buffer))
    };
    let (is_new, batch) = applied(vec![
        NavigationEvent::View { path: path("/b") },
        NavigationEvent::Click { from: path("/a"), to: path("/b") },
        NavigationEvent::GivenWithoutSession { path: path("/b") },
    ]);
    assert!(is_new);
    let visitors = vec![salt(7).bucket(one, "/b")];
    assert_eq!(batch.pages["/b"], PageStats { views: 1, visitors, ..PageStats::default() });
    let visitors = vec![salt(7).bucket(one, "/a\n/b")];
    let voters = vec![salt(7).bucket(one, "shop")];
    let way = Transition { from: path("/a"), to: path("/b"), visitors, ..Transition::default() };
    assert_eq!(batch.transitions, [Transition { taken: 1, votes: 1, voters: voters.clone(), ..way.clone() }]);
    // A speculation of ours, and the signal that it was used.
    let (is_new, batch) = applied(vec![
        NavigationEvent::SpeculationArrived { from: path("/a"), to: path("/b"), how: OURS },
        NavigationEvent::Activation { from: Some(path("/a")), page: path("/b") },
    ]);
    assert!(is_new);
    assert_eq!(batch.pages["/b"], PageStats { views: 1, ..PageStats::default() });
    assert_eq!(
        batch.transitions,
        [Transition { taken: 1, votes: 1, voters: voters.clone(), speculated: 1, used: 1, ..way.clone() }]
    );
    // One of which no signal tells.
    let (_, batch) = applied(vec![
        NavigationEvent::SpeculationArrived { from: path("/a"), to: path("/b"), how: SILENT },
        NavigationEvent::Activation { from: None, page: path("/b") },
    ]);
    assert_eq!(batch.transitions, [Transition { taken: 1, votes: 1, voters: voters.clone(), ..way.clone() }]);
    let (_, batch) =
        applied(vec![NavigationEvent::Followed { from: path("/a"), page: path("/b"), guess: None }]);
    assert_eq!(batch.transitions, [Transition { taken: 1, votes: 1, voters: voters.clone(), ..way }]);
    assert_eq!(batch.pages["/b"].views, 1);
    // The result of a form is no click.
    let (is_new, batch) = applied(vec![
        NavigationEvent::ResultExpected { path: path("/b"), through: None },
        NavigationEvent::Click { from: path("/a"), to: path("/b") },
    ]);
    assert_eq!((is_new, batch), (false, NavigationBatch::default()));
    let (is_new, batch) = applied(vec![NavigationEvent::SessionRotated]);
    assert_eq!((is_new, batch), (false, NavigationBatch::default()), "no matter of navigations");
}

fn guess(is_moderate: bool) -> Guess {
    Guess { is_moderate, pointer: crate::speculation::Pointer::Mouse }
}

#[test]
fn the_baselines_speculations_are_counted_at_the_page_they_were_made_from() {
    let mut buffer = buffer();
    let path = |path: &str| path.to_owned();
    let asked = |guess, took_ms, is_error, is_withheld| {
        NavigationEvent::OriginAsked(OriginAsked { guess, took_ms, is_error, is_withheld })
    };
    let moderate = Some(guess(true));
    let how = Arrived { guess: moderate, ..Arrived::default() };
    let events = vec![
        NavigationEvent::SpeculationArrived { from: path("/a"), to: path("/b"), how },
        asked(moderate, Some(40), false, true),
        NavigationEvent::SpeculationArrived { from: path("/a"), to: path("/c"), how: Arrived::default() },
        asked(Some(guess(false)), None, false, true),
        asked(None, Some(700), false, false),
        asked(None, Some(9), true, false),
        asked(moderate, None, true, false),
        NavigationEvent::Followed { from: path("/a"), page: path("/b"), guess: moderate },
    ];
    let address = Some("192.0.2.1".to_owned());
    buffer.apply(&NavigationEvents { site: path("shop"), address, events }, NOW);
    let bucket = salt(7).bucket(buffer.visitor(Some("192.0.2.1")).unwrap(), "baseline");
    let batch = taken(&mut buffer);
    let mut counts = GuessCounts::default();
    counts[guess(true).index()] = GuessCount(1, 1);
    assert_eq!((batch.pages["/a"].guesses, batch.pages.len()), (counts, 2));
    let origin = batch.origin;
    assert_eq!((origin.guesses, origin.withheld, origin.visitors), (3, 2, [vec![bucket], vec![]]));
    let times = |slots: &[usize]| {
        let mut times = [0; TIME_SLOTS];
        for slot in slots {
            times[*slot] += 1;
        }
        times
    };
    assert_eq!(origin.guessed, Answers { times: times(&[2]), all: 2, errors: 1 });
    assert_eq!(origin.asked, Answers { times: times(&[6]), all: 2, errors: 1 });
    assert_eq!(buffer.take(|_| true), []);
}

#[test]
fn what_is_pressed_in_a_session_is_counted_at_no_page_and_nothing_else_is() {
    let mut buffer = buffer();
    let pressed = |pointer, is_used| NavigationEvent::PressedInSession { pointer, is_used };
    let mut apply = |host: u32, events| {
        let happened = happened(Some(&format!("10.0.0.{host}")), events);
        assert!(!buffer.apply(&happened, NOW), "it waits for what is sent anyhow");
    };
    apply(1, vec![pressed(Pointer::Mouse, false); 3]);
    apply(1, vec![pressed(Pointer::Touch, false), pressed(Pointer::Touch, true)]);
    // A signal that is sent again at another isolate settles no more than was told, whatever they point with.
    apply(1, vec![pressed(Pointer::Mouse, true); 9]);
    apply(2, vec![pressed(Pointer::Mouse, true)]);
    assert!(!buffer.has_open());
    let batch = taken(&mut buffer);
    let in_sessions: PressedCounts = [GuessCount(3, 4), GuessCount(1, 1)];
    let origin = OriginStats { in_sessions, ..OriginStats::default() };
    let nothing_else = NavigationBatch {
        site: batch.site.clone(),
        day: batch.day,
        names: batch.names,
        origin,
        ..NavigationBatch::default()
    };
    assert_eq!(batch, nothing_else);
}

#[test]
fn one_visitor_says_a_few_things_a_day_about_the_baseline() {
    let mut buffer = buffer();
    let told = |buffer: &mut NavigationBuffer, address, is_moderate, most| {
        (0..20).filter(|_| buffer.may_tell(address, is_moderate, most)).count()
    };
    assert_eq!(told(&mut buffer, "192.0.2.1", true, TOLD_BY_ONE), 4);
    assert_eq!(told(&mut buffer, "192.0.2.1", false, TOLD_BY_ONE), 4);
    assert_eq!(told(&mut buffer, "192.0.2.2", true, TOLD_BY_ONE), 4);
    assert_eq!(told(&mut buffer, "192.0.2.2", false, u16::MAX), 20);
    assert_eq!(told(&mut buffer, "nobody", true, u16::MAX), 0);
    buffer.set_salt(salt(8));
    assert_eq!(told(&mut buffer, "192.0.2.1", true, TOLD_BY_ONE), 4, "the next day");
    // A signal that is sent again, here and at another isolate, settles no more than was told.
    let mut buffer = self::buffer();
    let one = visitor(&buffer, 1);
    for _ in 0..20 {
        buffer.followed("shop", "/a", "/b", Some(guess(true)), one, NOW);
    }
    assert_eq!(taken(&mut buffer).pages["/a"].guesses[guess(true).index()], GuessCount(0, 4));
    let mut unasked = NavigationBuffer::default();
    assert!(!unasked.may_tell("192.0.2.1", true, u16::MAX), "without the day's key");
}

#[test]
fn forms_are_counted_by_kind_and_of_one_visitor_a_few() {
    let mut buffer = buffer();
    let mut send = |address: &str, kind, is_after_guess, is_refused, times| {
        let events = vec![NavigationEvent::FormSent { kind, is_after_guess, is_refused }; times];
        let address = Some(address.to_owned());
        buffer.apply(&NavigationEvents { site: "shop".to_owned(), address, events }, NOW);
    };
    send("192.0.2.1", 7, false, false, 3);
    send("192.0.2.1", 7, false, true, 1);
    send("192.0.2.1", 7, true, true, 100);
    send("192.0.2.2", 7, true, false, 2);
    for kind in 100..200 {
        send(&format!("192.0.3.{kind}"), kind, false, false, 1);
    }
    let bucket = salt(7).bucket(buffer.visitor(Some("192.0.2.1")).unwrap(), "forms");
    let forms = taken(&mut buffer).origin.forms;
    let expected = FormCounts { alone: FormCount(4, 1), after_guess: FormCount(18, 16) };
    assert_eq!((forms.kinds[&7], forms.kinds.len(), forms.refused_to), (expected, MAX_FORMS, vec![bucket]));
}

#[test]
fn of_how_many_sites_it_is_counted_how_their_origins_answer_is_bounded() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    let asked = OriginAsked { guess: None, took_ms: Some(9), is_error: false, is_withheld: false };
    for site in 0..2 * MAX_SITES {
        buffer.origin_asked(&site.to_string(), asked, one);
    }
    assert_eq!(buffer.take(|_| true).len(), MAX_SITES);
}

#[test]
fn of_visitors_who_are_not_told_apart_only_what_is_about_pages_counts() {
    let path = |path: &str| path.to_owned();
    let events = vec![
        NavigationEvent::View { path: path("/b") },
        NavigationEvent::Click { from: path("/a"), to: path("/b") },
        NavigationEvent::GivenWithoutSession { path: path("/b") },
        NavigationEvent::ReplayedViews { path: path("/c"), number: 3 },
        NavigationEvent::Ineligible { path: path("/d"), why: Ineligible::Private },
    ];
    let without_key = NavigationBuffer::default();
    for (mut buffer, address) in [(without_key, ADDRESS), (buffer(), None), (buffer(), Some("unknown"))] {
        assert!(!buffer.apply(&happened(address, events.clone()), NOW));
        let pages = taken(&mut buffer).pages;
        assert_eq!(pages.keys().map(String::as_str).collect::<Vec<_>>(), ["/d"]);
        assert_eq!(pages["/d"].ineligible, [Concern::met(Ineligible::Private, 0)]);
    }
}

#[test]
fn a_reason_that_the_learner_is_not_told_is_not_sent() {
    let mut buffer = buffer();
    for why in [Ineligible::Busy, Ineligible::cookie("a", false), Ineligible::Harmful] {
        buffer.ineligible("shop", "/a", &why, None);
    }
    assert_eq!(buffer.take(|_| true), []);
    buffer.ineligible("shop", "/a", &Ineligible::Undeferrable, None);
    let json = serde_json::to_string(&taken(&mut buffer)).unwrap();
    assert!(json.contains("\"/a\":{\"concerns\":[{\"why\":\"undeferrable\"}]}"), "{json}");
}

#[test]
fn the_days_key_is_asked_for_until_it_is_there_and_not_too_often() {
    let midnight = u64::from(day_of(NOW) + 1) * 24 * 3600 * 1000;
    let mut buffer = NavigationBuffer::default();
    assert!(buffer.wants_salt(NOW));
    assert!(!buffer.wants_salt(NOW) && !buffer.wants_salt(NOW + 9_999));
    assert!(buffer.wants_salt(NOW + 10_000), "the answer got lost");
    buffer.set_salt(salt(day_of(NOW)));
    assert!(!buffer.wants_salt(NOW + 30_000) && !buffer.wants_salt(midnight - 1));
    assert!(buffer.wants_salt(midnight + SALT_SPREAD_MS));
}

#[test]
fn a_clock_that_was_an_hour_ahead_keeps_neither_the_days_key_nor_robots_txt_from_being_asked_for() {
    let ahead = NOW + 3_600_000;
    let mut buffer = NavigationBuffer::default();
    assert!(buffer.wants_salt(ahead) && buffer.wants_robots("shop", ahead));
    assert!(buffer.wants_salt(NOW) && buffer.wants_robots("shop", NOW));
    assert!(!buffer.wants_salt(NOW) && !buffer.wants_robots("shop", NOW), "and then as ever");
}

#[test]
fn outlines_that_wait_have_a_bound_and_find_room_again_when_they_were_sent() {
    let mut buffer = buffer();
    let link = |number: usize| Link { path: format!("/{number:0>511}"), place: Place::Main };
    // 40 links of 512 bytes each.
    let outline = Outline { links: (0..40).map(link).collect(), ..Outline::default() };
    for _ in 0..2 {
        for number in 0..100 {
            buffer.outline("shop", &format!("/{number}"), outline.clone());
        }
        let [batch] = &buffer.take(|_| true)[..] else { panic!("one site's") };
        let with_outline = batch.pages.values().filter(|page| page.outline.is_some()).count();
        assert_eq!((batch.pages.len(), with_outline), (51, 51), "a mebibyte");
    }
}

#[test]
fn a_thousand_isolates_ask_for_a_new_days_key_one_after_the_other() {
    let midnight = u64::from(day_of(NOW) + 1) * 24 * 3600 * 1000;
    let mut asking = vec![0; 20];
    for number in 0..1000 {
        let mut buffer = NavigationBuffer::default();
        assert!(buffer.wants_salt(NOW + number));
        buffer.set_salt(salt(day_of(NOW)));
        let asks = (midnight..midnight + SALT_SPREAD_MS).find(|now| buffer.wants_salt(*now));
        asking[usize::try_from((asks.expect("it asks in time") - midnight) / 1000).unwrap()] += 1;
    }
    let most = asking.iter().max();
    assert!(most < Some(&100), "{asking:?} in the seconds after midnight");
}

#[test]
fn each_sites_robots_txt_is_asked_for_until_it_is_read_and_then_once_a_day() {
    let (day, retry) = (24 * 3600 * 1000, 10 * 60 * 1000);
    let mut buffer = NavigationBuffer::default();
    assert!(buffer.wants_robots("shop", NOW) && buffer.wants_robots("blog", NOW));
    buffer.robots("shop", String::new());
    assert!(!buffer.wants_robots("shop", NOW + day - 1));
    buffer.is_untold_of_robots("shop");
    assert!(!buffer.wants_robots("shop", NOW + retry - 1) && buffer.wants_robots("shop", NOW + retry));
    buffer.robots("shop", String::new());
    let day = day + retry;
    assert!(buffer.wants_robots("shop", NOW + day) && !buffer.wants_robots("shop", NOW + day));
    assert!(!buffer.wants_robots("blog", NOW + retry - 1), "it may be on its way");
    assert!(buffer.wants_robots("blog", NOW + retry) && !buffer.wants_robots("blog", NOW + retry));
    assert!(buffer.wants_robots("blog", NOW + 2 * retry));
    for number in 0..3 * MAX_SITES {
        buffer.wants_robots(&number.to_string(), NOW);
    }
    assert!(buffer.robots_asked.len() <= MAX_SITES);
}

#[test]
fn what_finds_no_room_is_asked_for_again_soon() {
    let mut buffer = NavigationBuffer::default();
    let large = "x".repeat(robots::MAX_BYTES);
    for site in ["a", "b", "c"] {
        assert!(buffer.wants_robots(site, NOW));
        buffer.robots(site, large.clone());
    }
    let told: Vec<String> = buffer.take(|_| true).into_iter().map(|batch| batch.site).collect();
    assert_eq!(told, ["a", "b"]);
    let wanted = ["a", "b", "c"].map(|site| buffer.wants_robots(site, NOW + 10 * 60 * 1000));
    assert_eq!(wanted, [false, false, true]);
}

#[test]
fn of_a_visitor_who_comes_often_no_speculation_is_left_as_wasted() {
    let mut buffer = buffer();
    let one = visitor(&buffer, 1);
    // They have clicked the same link before, so often that no more counts.
    for now in 0..10 {
        buffer.click("shop", "/a", "/b", one, NOW + now);
    }
    for now in 10..30 {
        buffer.speculated("shop", "/a", "/b", one, OURS, NOW + now);
        assert!(buffer.activated("shop", Some("/a"), "/b", one, NOW + now));
    }
    let batches = buffer.take(|_| true);
    let [transition] = batches[0].transitions.as_slice() else { panic!("{batches:?}") };
    assert_eq!((transition.taken, transition.speculated, transition.used), (5, 5, 5));
}

#[test]
fn suspects_are_told_with_the_visitors_who_were_shown_their_links_and_with_those_who_were_there() {
    let mut buffer = buffer();
    let visitors: Vec<Visitor> = (0..3).map(|host| visitor(&buffer, host)).collect();
    for visitor in [visitors[0], visitors[0], visitors[1]] {
        buffer.suspect("shop", "/k/17", "sign-out", visitor);
    }
    buffer.viewed_suspect("shop", "/k/18", visitors[0], false, false);
    buffer.viewed_suspect("shop", "/k/18", visitors[1], true, false);
    buffer.viewed_suspect("shop", "/k/18", visitors[2], true, false);
    buffer.viewed_suspect("shop", "/k/19", visitors[0], true, false);
    buffer.viewed_suspect("shop", "/k/19", visitors[1], true, true);
    buffer.viewed_suspect("shop", "/k/19", visitors[2], false, false);
    let suspects = taken(&mut buffer).suspects;
    let told = |page: &str| {
        let suspect = suspects.iter().find(|suspect| suspect.page == page).unwrap();
        let SuspectStats { rule, shown, plain: [without, with], has_acted, .. } = suspect;
        (rule.as_str(), shown.len(), without.len(), with.len(), *has_acted)
    };
    assert_eq!(told("/k/17"), ("sign-out", 2, 0, 0, false));
    assert_eq!(told("/k/18"), ("", 0, 1, 2, false));
    assert_eq!(told("/k/19"), ("", 0, 1, 0, true), "what came before is gone");
    assert_eq!(suspects.len(), 3);
    assert_eq!(buffer.take(|_| true), []);
}

#[test]
fn a_suspect_that_looks_like_a_visitors_own_is_told_to_nobody() {
    let mut buffer = buffer();
    let ada = visitor(&buffer, 1);
    for page in [
        "/k/9f86d081884c7d659a2feaa0c55ad015",
        "/u/ada@shop.example/out",
        "/k?9f86d081884c7d659a2feaa0c55ad015",
        "/k?a&9f86d081884c7d659a2feaa0c55ad015",
    ] {
        buffer.suspect("shop", page, "sign-out", ada);
        buffer.viewed_suspect("shop", page, ada, true, false);
    }
    assert_eq!(buffer.take(|_| true), []);
    buffer.suspect("shop", "/k?a&token", "sign-out", ada);
    let told = taken(&mut buffer).suspects.into_iter().map(|suspect| suspect.page);
    assert_eq!(told.collect::<Vec<_>>(), ["/k?a&token"]);
    // And nobody is told apart by another day's key.
    buffer.suspect("shop", "/k/17", "sign-out", ada);
    buffer.set_salt(salt(8));
    let (page, rule) = ("/k/17".to_owned(), "sign-out".to_owned());
    assert_eq!(taken(&mut buffer).suspects, [SuspectStats { page, rule, ..SuspectStats::default() }]);
    let mut without = NavigationBuffer::default();
    without.suspect("shop", "/k/17", "sign-out", ada);
    without.viewed_suspect("shop", "/k/17", ada, true, true);
    assert_eq!(without.take(|_| true), []);
}

#[test]
fn suspects_that_wait_are_bounded_and_their_words_stay() {
    let mut buffer = buffer();
    let ada = visitor(&buffer, 1);
    for number in 0..3 * MAX_SUSPECTS {
        buffer.suspect("shop", &format!("/k/{number}"), "delete", ada);
    }
    let suspects = taken(&mut buffer).suspects;
    assert_eq!(suspects.len(), MAX_SUSPECTS);
    let batch = NavigationBatch {
        site: "shop".to_owned(),
        suspects: vec![SuspectStats {
            page: "/k/17".to_owned(),
            rule: "delete".to_owned(),
            shown: vec![1],
            plain: [vec![2], vec![3]],
            has_acted: true,
        }],
        ..NavigationBatch::default()
    };
    let json = serde_json::to_string(&batch).unwrap();
    assert_eq!(
        json,
        r#"{"site":"shop","day":0,"pages":{},"legs":[],"suspects":[{"page":"/k/17","rule":"delete","shown":[1],"plain":[[2],[3]],"acted":true}]}"#
    );
    assert_eq!(serde_json::from_str::<NavigationBatch>(&json).unwrap(), batch);
}

#[test]
fn for_whom_a_page_was_rendered_and_to_whom_it_did_what_no_guess_may_is_counted_by_visitors() {
    let mut buffer = buffer();
    let events = || {
        let path = || "/a".to_owned();
        vec![
            NavigationEvent::Rendered { path: path() },
            NavigationEvent::Rendered { path: path() },
            NavigationEvent::GivenUndeferrable { path: path() },
        ]
    };
    for address in [Some("192.0.2.1"), Some("192.0.2.2"), Some("192.0.2.2"), None] {
        let address = address.map(str::to_owned);
        let happened = NavigationEvents { site: "shop".to_owned(), address, events: events() };
        buffer.apply(&happened, NOW);
    }
    let page = &taken(&mut buffer).pages["/a"];
    assert_eq!((page.rendered.len(), page.undeferrable.len()), (2, 2));
    buffer.apply(
        &NavigationEvents {
            site: "shop".to_owned(),
            address: Some("192.0.2.1".to_owned()),
            events: events(),
        },
        NOW,
    );
    buffer.set_salt(salt(8));
    assert_eq!(taken(&mut buffer).pages["/a"], PageStats::default(), "tomorrow they are somebody else");
}

#[test]
fn a_site_that_is_not_due_waits_and_takes_no_others_room() {
    let mut buffer = buffer();
    let ada = visitor(&buffer, 1);
    for number in 0..2 * MAX_WAITING {
        buffer.shared("busy", &format!("/{number}"), 1, ada);
    }
    for number in 0..2 * MAX_WAITING {
        buffer.shared("quiet", &format!("/{number}"), 1, ada);
        buffer.shared("small", &format!("/{number}"), 1, ada);
    }
    assert_eq!(
        buffer.waiting.lengths(),
        [("busy", MAX_WAITING, 0), ("quiet", MAX_WAITING / 3, 0), ("small", MAX_WAITING / 3, 0)],
        "what is held stays, and what comes later has an equal part"
    );
    let mut sites = |is_due: fn(&str) -> bool| -> Vec<(String, usize)> {
        buffer.take(is_due).into_iter().map(|batch| (batch.site, batch.pages.len())).collect()
    };
    let of = |site: &str, pages| (site.to_owned(), pages);
    assert_eq!(sites(|site| site != "busy"), [of("quiet", MAX_WAITING / 3), of("small", MAX_WAITING / 3)]);
    assert_eq!(sites(|_| true), [of("busy", MAX_WAITING)], "later, with all that it held");
    assert_eq!(sites(|_| true), []);
    // Of many sites of which little waits none is in another one's way.
    for number in 0..300 {
        buffer.shared(&format!("tiny-{number}"), "/", 1, ada);
    }
    for number in 0..2 * MAX_WAITING {
        buffer.shared("busy", &format!("/{number}"), 1, ada);
    }
    assert_eq!(buffer.waiting.lengths()[0], ("busy", MAX_WAITING - 300, 0));
}
