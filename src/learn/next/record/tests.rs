use super::*;
use crate::learn::next::navigation_batch::{Concern, Shared};

const NOW: u64 = 1_800_000_000_000;
const DAY_MS: u64 = 24 * 3600 * 1000;

fn today() -> Day {
    day_of(NOW)
}

fn absorbed(stats_of_days: &[(u64, PageStats)]) -> Record {
    let mut record = Record::default();
    for (at, stats) in stats_of_days {
        record.absorb(stats, day_of(*at), *at);
    }
    record
}

fn read_by(visitors: u8) -> PageStats {
    let outline = Some(Outline::default());
    PageStats { visitors: (0..visitors).collect(), outline, ..PageStats::default() }
}

/// What three visitors have met.
fn ineligible(why: &[Ineligible]) -> PageStats {
    let ineligible = why.iter().map(|why| Concern::met(why.clone(), 3)).collect();
    PageStats { ineligible, ..PageStats::default() }
}

#[test]
fn a_page_is_public_when_it_was_read_and_enough_visitors_were_given_it_on_one_day() {
    let is_public = |record: &Record, min| record.is_public(min, today());
    assert!(is_public(&absorbed(&[(NOW, read_by(10))]), 10));
    assert!(!is_public(&absorbed(&[(NOW, read_by(9))]), 10));
    assert!(!is_public(&absorbed(&[(NOW, read_by(0))]), 0), "nobody is not enough, whatever is configured");
    let unread = PageStats { outline: None, ..read_by(10) };
    assert!(!is_public(&absorbed(&[(NOW, unread)]), 10));
    let days: Vec<_> = (0..5).map(|day| (NOW + day * DAY_MS, read_by(5))).collect();
    assert!(!absorbed(&days).is_public(6, day_of(NOW + 4 * DAY_MS)), "days do not add up");
}

/// What only members get today may have been open to all once. Those without a session are sent to sign in, and leave no
/// trace at this path; members look at it every day.
#[test]
fn a_page_that_is_given_to_nobody_without_a_session_any_more_is_not_public_for_long() {
    let mut record = absorbed(&[(NOW, read_by(50))]);
    for day in 1..=14 {
        let at = NOW + day * DAY_MS;
        record.absorb(&PageStats { views: 100, ..read_by(0) }, day_of(at), at);
        assert!(day > 7 || record.is_public(10, day_of(at)), "{day}");
    }
    assert!(!record.is_public(10, day_of(NOW + 14 * DAY_MS)));
    let untouched = absorbed(&[(NOW, read_by(50))]);
    assert!(!untouched.is_public(10, day_of(NOW + 14 * DAY_MS)), "nor when nobody comes at all");
}

#[test]
fn what_speaks_against_a_page_does_so_for_two_weeks() {
    let fortnight = 14 * DAY_MS;
    let record = absorbed(&[(NOW, ineligible(&[Ineligible::Private])), (NOW + 5, PageStats::default())]);
    assert_eq!(record.ineligible(1, NOW + fortnight - 1).cloned().collect::<Vec<_>>(), [Ineligible::Private]);
    assert_eq!(record.ineligible(1, NOW + fortnight).count(), 0);
    let again =
        absorbed(&[(NOW, ineligible(&[Ineligible::Private])), (NOW + 5, ineligible(&[Ineligible::Private]))]);
    assert_eq!(again.ineligible(1, NOW + fortnight + 4).cloned().collect::<Vec<_>>(), [Ineligible::Private]);
    assert_eq!(again.ineligible(1, NOW + fortnight + 5).count(), 0);
}

#[test]
fn a_page_whose_html_hides_it_from_search_engines_once_is_not_for_all() {
    let noindex = Outline { noindex: true, ..Outline::default() };
    let hidden = PageStats { outline: Some(noindex), ..read_by(10) };
    let shown = |times: usize| {
        let mut days = vec![(NOW, hidden.clone())];
        days.extend(vec![(NOW + 1, read_by(10)); times]);
        absorbed(&days).ineligible(12, NOW + 1).cloned().collect::<Vec<_>>()
    };
    assert_eq!(shown(0), [Ineligible::Noindex]);
    assert_eq!(shown(2), [Ineligible::Noindex], "whatever the next visitors get");
    assert_eq!(shown(3), [], "its HTML says so no more");
}

/// A session that is given anew may tell nothing, on sites where all pages do so: it must not hide that one is private.
#[test]
fn one_thing_that_speaks_against_a_page_does_not_hide_another() {
    let record = absorbed(&[
        (NOW, ineligible(&[Ineligible::Private])),
        (NOW, ineligible(&[Ineligible::SessionDeleted, Ineligible::SessionRotated])),
    ]);
    let all: Vec<Ineligible> = record.ineligible(1, NOW).cloned().collect();
    assert_eq!(all, [Ineligible::Private, Ineligible::SessionDeleted, Ineligible::SessionRotated]);
    let much = vec![(NOW, ineligible(&all)); 50];
    assert_eq!(absorbed(&much).ineligible.len(), 3);
}

#[test]
fn who_meets_harm_is_counted_apart_from_who_is_given_the_page() {
    let met =
        |why: &Ineligible, now| absorbed(&[(NOW, ineligible(&[Ineligible::CartChanged]))]).met_by(why, now);
    assert_eq!(met(&Ineligible::CartChanged, NOW + 14 * DAY_MS - 1), 3);
    assert_eq!(met(&Ineligible::CartChanged, NOW + 14 * DAY_MS), 0);
    assert_eq!(met(&Ineligible::SessionDeleted, NOW), 0, "of each by itself");
    let record = absorbed(&[(NOW, ineligible(&[Ineligible::CartChanged]))]);
    assert!(!record.is_public(1, today()));
}

#[test]
fn three_comparisons_in_a_row_show_that_nothing_varies() {
    let varies = |varies| (NOW, PageStats { varies, ..PageStats::default() });
    let same = varies(Some(false));
    let is_unvarying = |more: &[(u64, PageStats)]| absorbed(more).is_unvarying();
    assert!(!is_unvarying(&[same.clone(), same.clone(), varies(None)]));
    assert!(is_unvarying(&[same.clone(), same.clone(), varies(None), same.clone()]));
    let after = [same.clone(), same.clone(), same.clone(), varies(Some(true)), same.clone(), same.clone()];
    assert!(!is_unvarying(&after));
}

#[test]
fn an_outline_is_the_last_one_and_bounded() {
    let link = |number: usize| Link { path: format!("/{number}"), place: Place::Main };
    let outline = Outline {
        links: (0..100).map(link).collect(),
        has_rules: true,
        ruled: (0..100).map(|number| format!("/{number}")).collect(),
        noindex: false,
    };
    let record = absorbed(&[(NOW, PageStats { outline: Some(outline), ..PageStats::default() })]);
    assert_eq!((record.links().unwrap().len(), record.place("/39")), (MAX_LINKS, Some(Place::Main)));
    assert_eq!((record.place("/40"), record.rules_on("/39"), record.rules_on("/40")), (None, true, false));
    assert!(record.has_rules());
    let later = absorbed(&[(NOW, read_by(1)), (NOW, PageStats::default())]);
    assert_eq!((later.links(), later.has_rules()), (Some(&[][..]), false));
    assert_eq!(Record::default().links(), None);
}

#[test]
fn ways_that_one_visitor_makes_up_do_not_push_out_what_several_took() {
    let mut record = Record::default();
    let known: Vec<String> = (0..MAX_NEXTS - 1).map(|number| format!("/known/{number}")).collect();
    for path in &known {
        record.outcomes_mut(path).visit(today(), &[1, 2, 3]);
    }
    for number in 0..1000 {
        let outcomes = record.outcomes_mut(&format!("/{number}"));
        outcomes.visit(today(), &[1]);
        outcomes.open(1000, 0, NOW);
    }
    assert_eq!(record.outcomes.len(), MAX_NEXTS);
    for path in &known {
        assert_eq!(record.outcomes(path).map(|outcomes| outcomes.visitors(today())), Some(3), "{path}");
    }
}

#[test]
fn records_and_batches_of_an_earlier_release_are_read_and_keep_their_words() {
    let mut stored = serde_json::to_value(Record::default()).unwrap();
    stored["trips"] = serde_json::json!([{ "to": "/b", "down": 2, "used": 1.5, "wasted": 3.0, "since": 7 }]);
    let record: Record = serde_json::from_value(stored).unwrap();
    assert_eq!(record.outcomes("/b").map(SpeculationOutcomes::demotion), Some(2));
    let again = serde_json::to_value(&record).unwrap();
    assert_eq!((again["trips"][0]["to"].as_str(), again["trips"][0]["down"].as_u64()), (Some("/b"), Some(2)));
    let sent = r#"{"site":"shop.example","day":3,"pages":{},"legs":[{"from":"/a","to":"/b","taken":2}]}"#;
    let batch: crate::learn::next::navigation_batch::NavigationBatch = serde_json::from_str(sent).unwrap();
    assert_eq!((batch.transitions.len(), batch.transitions[0].taken), (1, 2));
    assert!(serde_json::to_value(&batch).unwrap()["legs"].is_array());
}

#[test]
fn a_page_that_leads_to_the_same_page_wherever_one_comes_from_leads_on() {
    let led_back =
        |to: &[u16]| PageStats { led_back: to.to_vec(), ..ineligible(&[Ineligible::RedirectsBack]) };
    let count = |stats: &[PageStats]| {
        let days: Vec<_> = stats.iter().map(|stats| (NOW, stats.clone())).collect();
        absorbed(&days).ineligible(1, NOW).count()
    };
    assert_eq!(count(&[led_back(&[1]), led_back(&[1])]), 0);
    assert_eq!(count(&[led_back(&[1]), led_back(&[2])]), 1);
    assert_eq!(count(&[led_back(&[1, 2, 3, 4, 5, 6])]), 1);
    let many = absorbed(&[(NOW, led_back(&[1, 2, 3])), (NOW, led_back(&[4, 5, 6]))]);
    assert_eq!(many.led_back, [1, 2, 3, 4]);
}

#[test]
fn a_page_comes_back_when_plain_views_show_nothing() {
    let met = |visitors: u8| PageStats {
        ineligible: vec![Concern::met(Ineligible::SessionDeleted, visitors)],
        ..PageStats::default()
    };
    let harmless = |visitors: u8| PageStats { harmless: (0..visitors).collect(), ..PageStats::default() };
    let count = |stats: &[PageStats], at: u64| {
        let days: Vec<_> = stats.iter().map(|stats| (NOW, stats.clone())).collect();
        absorbed(&days).ineligible(1, at).count()
    };
    assert_eq!(count(&[met(3), harmless(9)], NOW), 1);
    assert_eq!(count(&[met(3), harmless(10)], NOW), 0);
    assert_eq!(count(&[met(6), harmless(11)], NOW), 1);
    assert_eq!(count(&[met(6), harmless(12)], NOW), 0);
    assert_eq!(count(&[harmless(10), met(3)], NOW), 1, "it did nothing before");
    let private = ineligible(&[Ineligible::Private]);
    assert_eq!(count(&[private, harmless(30)], NOW), 1, "what is private stays so");
}

#[test]
fn a_page_that_says_it_is_one_visitors_is_shared_when_enough_of_them_were_given_the_same() {
    let given = |body, visitors: std::ops::Range<u8>| PageStats {
        shared: vec![Shared { body, visitors: visitors.collect() }],
        outline: Some(Outline::default()),
        ..ineligible(&[Ineligible::Private])
    };
    let record = |stats: &[PageStats]| {
        let days: Vec<_> = stats.iter().map(|stats| (NOW, stats.clone())).collect();
        absorbed(&days)
    };
    let is_shared = |stats: &[PageStats]| record(stats).is_shared(10, today());
    assert!(is_shared(&[given(1, 0..6), given(1, 6..10)]));
    assert!(!is_shared(&[given(1, 0..6), given(1, 3..9)]));
    assert!(!is_shared(&[given(1, 0..9), given(2, 9..10)]), "each has a body of its own");
    assert!(is_shared(&[given(1, 0..9), given(2, 0..10)]), "the page has changed");
    assert!(is_shared(&[given(1, 0..6), given(2, 20..24), given(1, 6..10)]), "in two languages");
    let own: Vec<PageStats> =
        (0..12).map(|visitor| given(u32::from(visitor), visitor..visitor + 1)).collect();
    assert!(!is_shared(&own));
    assert_eq!(record(&own).shared.len(), MAX_BODIES);
    assert!(record(&[given(1, 0..10)]).is_public(10, today()));
    assert!(!record(&[given(1, 0..10)]).is_shared(10, day_of(NOW + 14 * DAY_MS)));
    let text = serde_json::to_string(&record(&[given(1, 0..3)])).unwrap();
    assert_eq!(serde_json::from_str::<Record>(&text).unwrap(), record(&[given(1, 0..3)]));
}

#[test]
fn that_no_page_is_shown_is_contradicted_by_visitors_who_were_shown_one() {
    for why in [Ineligible::LeavesSite, Ineligible::Download, Ineligible::NoPage] {
        let left = |met: u8, given: u8, harmless: u8| {
            let stats = PageStats {
                ineligible: vec![Concern::met(why.clone(), met)],
                visitors: (0..given).collect(),
                harmless: (0..harmless).collect(),
                ..PageStats::default()
            };
            absorbed(&[(NOW, stats)]).ineligible(1, NOW).count()
        };
        assert_eq!(left(3, 0, 0), 1);
        assert_eq!(left(1, 2, 0), 1, "one or two may be anybody");
        assert_eq!(left(1, 3, 0), 0);
        assert_eq!(left(1, 0, 3), 0, "those with a session count as well");
        assert_eq!(left(10, 15, 0), 1, "not twice as many");
        assert_eq!(left(10, 21, 0), 0);
    }
    let cart = PageStats { visitors: (0..9).collect(), ..ineligible(&[Ineligible::CartChanged]) };
    assert_eq!(
        absorbed(&[(NOW, cart)]).ineligible(1, NOW).count(),
        1,
        "what does something shows a page as well"
    );
}

#[test]
fn what_one_visitor_has_met_is_no_doing_of_the_page() {
    for why in
        [Ineligible::Private, Ineligible::SessionRotated, Ineligible::ClearsSiteData, Ineligible::NoPage]
    {
        let met = |by: &[u8]| {
            let concern = Concern { why: why.clone(), by: by.to_vec() };
            (NOW, PageStats { ineligible: vec![concern], ..PageStats::default() })
        };
        let count = |days: &[(u64, PageStats)]| absorbed(days).ineligible(3, NOW).count();
        assert_eq!(count(&[met(&[1]), met(&[1]), met(&[1, 2]), met(&[])]), 0, "{why:?}");
        assert_eq!(count(&[met(&[1]), met(&[2]), met(&[3])]), 1, "{why:?}");
        let days = absorbed(&[met(&[1, 2]), (NOW + DAY_MS, met(&[3, 4]).1)]);
        assert_eq!(days.ineligible(3, NOW + DAY_MS).count(), 0, "{why:?}: days do not add up");
    }
}

#[test]
fn a_page_that_is_open_to_twice_as_many_is_not_private() {
    let open = |visitors: u8| (NOW, PageStats { visitors: (0..visitors).collect(), ..PageStats::default() });
    for why in [Ineligible::Private, Ineligible::Noindex] {
        let closed = || (NOW, ineligible(std::slice::from_ref(&why)));
        let count = |days: &[(u64, PageStats)]| absorbed(days).ineligible(3, NOW).count();
        assert_eq!(count(&[closed(), open(5)]), 1);
        assert_eq!(count(&[closed(), open(6)]), 0);
        assert_eq!(count(&[open(90), closed()]), 1, "it was open before");
    }
    let cart = ineligible(&[Ineligible::CartChanged]);
    assert_eq!(absorbed(&[(NOW, cart), open(90)]).ineligible(3, NOW).count(), 1);
}

/// How many things speak against a page after each of these, and the day on which they came.
fn left(days: &[(u64, PageStats)]) -> usize {
    let now = days.last().map_or(NOW, |(at, _)| *at);
    absorbed(days).ineligible(3, now).count()
}

#[test]
fn that_a_page_does_what_no_guess_may_is_contradicted_by_twice_as_many_to_whom_it_did_not() {
    let given = |visitors: std::ops::Range<u8>, undeferrable: std::ops::Range<u8>| PageStats {
        visitors: visitors.collect(),
        undeferrable: undeferrable.collect(),
        ..PageStats::default()
    };
    let met = || (NOW, ineligible(&[Ineligible::Undeferrable]));
    assert_eq!(left(&[met()]), 1);
    assert_eq!(left(&[met(), (NOW, given(0..5, 0..0))]), 1);
    assert_eq!(left(&[met(), (NOW, given(0..6, 0..0))]), 0);
    let with_session = PageStats { harmless: (0..6).collect(), ..PageStats::default() };
    assert_eq!(left(&[met(), (NOW, with_session)]), 0);
    assert_eq!(left(&[met(), (NOW, given(0..40, 0..40))]), 1, "it does so to everybody");
    assert_eq!(left(&[met(), (NOW, given(0..40, 5..40))]), 1);
    assert_eq!(left(&[(NOW, given(0..40, 0..0)), met()]), 1, "it was another page before");
    // Three against forty a day.
    let day = |number: u64| (NOW + number * DAY_MS, given(0..40, 0..0));
    assert_eq!((1..=6).map(|last| left(&[&[met()][..], &[day(last)]].concat())).sum::<usize>(), 0);
}

#[test]
fn that_storage_is_cleared_is_contradicted_by_visitors_without_a_session_too() {
    let given = |visitors: u8, undeferrable: u8| {
        let (visitors, undeferrable) = ((0..visitors).collect(), (0..undeferrable).collect());
        (NOW, PageStats { visitors, undeferrable, ..PageStats::default() })
    };
    let met = || (NOW, ineligible(&[Ineligible::ClearsSiteData]));
    assert_eq!([9, 10].map(|visitors| left(&[met(), given(visitors, 0)])), [1, 0]);
    assert_eq!(left(&[met(), given(40, 40)]), 1);
}

#[test]
fn that_a_page_cannot_be_prerendered_is_contradicted_by_twice_as_many_for_whom_it_was() {
    let rendered =
        |visitors: u8| (NOW, PageStats { rendered: (0..visitors).collect(), ..PageStats::default() });
    let met = || (NOW, ineligible(&[Ineligible::Unrenderable]));
    assert_eq!([0, 5, 6].map(|visitors| left(&[met(), rendered(visitors)])), [1, 1, 0]);
    assert_eq!(left(&[rendered(40), met()]), 0, "once it is prerendered no more, nobody else can tell");
    let shown = (NOW, PageStats { visitors: (0..90).collect(), ..PageStats::default() });
    assert_eq!(left(&[met(), shown]), 1, "views do not show that");
}

#[test]
fn one_number_of_visitors_is_enough_for_whatever_is_told() {
    for why in [
        Ineligible::Private,
        Ineligible::Noindex,
        Ineligible::SessionDeleted,
        Ineligible::SessionRotated,
        Ineligible::CartChanged,
        Ineligible::ClearsSiteData,
        Ineligible::LeavesSite,
        Ineligible::Download,
        Ineligible::NoPage,
        Ineligible::Undeferrable,
        Ineligible::Unrenderable,
    ] {
        let met = |visitors| {
            let ineligible = vec![Concern::met(why.clone(), visitors)];
            left(&[(NOW, PageStats { ineligible, ..PageStats::default() })])
        };
        assert_eq!([2, 3].map(met), [0, 1], "{why:?}");
    }
}
