use super::*;
use crate::hints::resource::Resource;
use crate::hints::usage::{Demand, Found, Usage};
use crate::hints::{HintAction, Pools};
use crate::learn::document::resources::Named;
use crate::learn::next::visitor::DAY_MS;
use crate::learn::observation::{
    Click, Confirmation, Loaded, Observation, OriginUse, SheetObservation, Shown,
};
use crate::learn::report::{self, Name, Report, Vitals};
use crate::limits::MAX_PAGES;
use crate::published::hint_snapshot::{Basis, HintSnapshot};
use crate::store::Memory;

const START: u64 = 1_800_000_000_000;

fn preferences() -> HintPreferences {
    HintPreferences { preconnect: 3, dns_prefetch: 6, ..HintPreferences::default() }
}

fn view(path: &str, hosts: &[&str]) -> Observation {
    let usage = Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Body);
    let uses = hosts
        .iter()
        .map(|host| OriginUse { origin: Origin::parse(&format!("https://{host}.example")).unwrap(), usage })
        .collect();
    Observation { path: path.to_owned(), uses, ..Observation::default() }
}

fn batch(observations: Vec<Observation>) -> Batch {
    Batch { site: "shop.example".to_owned(), observations, ..Batch::default() }
}

fn learn(store: &mut Memory, batch: &Batch) {
    let Ok(()) = merge(store, batch, &preferences(), START);
}

fn publish(store: &mut Memory, now: u64) -> Option<Publication> {
    let Ok(publication) = choose(store, &preferences(), now);
    if let Some(publication) = &publication {
        let Ok(()) = published(store, &publication.value);
    }
    publication
}

fn snapshot(store: &mut Memory) -> HintSnapshot {
    let Ok(publication) = choose(store, &preferences(), START);
    HintSnapshot::parse(&publication.expect("something to publish").value).unwrap()
}

/// What is known of a path: on what basis, and the hosts hinted.
fn known(snapshot: &HintSnapshot, path: &str) -> Option<(Basis, String)> {
    let known = snapshot.known(path)?;
    let hosts: Vec<&str> =
        known.hints.iter().map(|hint| hint.origin.host().trim_end_matches(".example")).collect();
    Some((known.basis, hosts.join(" ")))
}

#[test]
fn three_views_make_a_page_known_and_the_same_is_published_once() {
    let mut store = Memory::default();
    assert_eq!(publish(&mut store, START), None, "nobody has come");
    learn(&mut store, &batch(vec![view("/", &["a"]); 2]));
    let first = publish(&mut store, START).unwrap();
    assert_eq!(
        (first.key.as_str(), first.value.as_str()),
        ("shop.example/0", r#"{"version":2,"pages":{},"routes":{},"site":null}"#)
    );
    learn(&mut store, &batch(vec![view("/", &["a"])]));
    let second = publish(&mut store, START).unwrap();
    assert_eq!(known(&HintSnapshot::parse(&second.value).unwrap(), "/"), Some((Basis::Page, "a".to_owned())));
    assert_eq!(publish(&mut store, START), None);
    learn(&mut store, &batch(vec![view("/", &["a"])]));
    assert_eq!(publish(&mut store, START), None, "one more view of the same changes nothing");
}

#[test]
fn neither_a_page_nor_an_origin_is_named_before_several_visitors_were_given_it() {
    let several = HintPreferences { several: 3, ..preferences() };
    let (cdn, evil) =
        (Origin::parse("https://cdn.example").unwrap(), Origin::parse("https://evil.example").unwrap());
    let mut store = Memory::default();
    // One visitor, and then two others, on one day; what they send to the page is repeated there.
    let mut named = |by: &[u8], hosts: &[&str]| {
        let view = |by: &u8| Observation { by: Some(*by), ..view("/", hosts) };
        let origins = hosts.iter().map(|host| if *host == "cdn" { cdn.clone() } else { evil.clone() });
        let shown = origins.map(|origin| Shown { origin, by: by.to_vec() }).collect();
        let batch = Batch { day: day_of(START), shown, ..batch(by.iter().map(view).collect()) };
        let Ok(()) = merge(&mut store, &batch, &several, START);
        let Ok(publication) = choose(&mut store, &several, START);
        known(&HintSnapshot::parse(&publication.unwrap().value).unwrap(), "/")
    };
    assert_eq!(named(&[1; 20], &["cdn", "evil"]), None);
    assert_eq!(named(&[1, 2, 2], &["cdn", "evil"]), None);
    assert_eq!(named(&[3], &["cdn"]), Some((Basis::Page, "cdn".to_owned())));
    assert_eq!(named(&[3], &["evil"]), Some((Basis::Page, "cdn evil".to_owned())), "several were shown it");
}

#[test]
fn of_each_visitor_and_day_one_report_counts() {
    let counted = |several, by: &[Option<u8>], days: u64| {
        let preferences = HintPreferences { several, ..preferences() };
        let mut store = Memory::default();
        for day in 0..days {
            let now = START + day * DAY_MS;
            let views = [1, 2, 3].map(|by| Observation { by: Some(by), ..view("/", &["cdn"]) });
            let vitals = Vitals { lcp: Some(300), ..Vitals::default() };
            let report = Some(Report { vitals, ..Report::default() });
            let told = |by: &Option<u8>| Confirmation {
                path: "/".to_owned(),
                by: *by,
                report: report.clone(),
                ..Confirmation::default()
            };
            let confirmations = by.iter().map(told).collect();
            let batch = Batch { day: day_of(now), confirmations, ..batch(views.into()) };
            let Ok(()) = merge(&mut store, &batch, &preferences, now);
        }
        let page = store.get(Kind::Page, "/").unwrap().unwrap();
        let page: Page = read(&page);
        let Ok(summaries) = vitals::summaries(&store, START + (days - 1) * DAY_MS);
        let told: f64 = summaries.iter().map(|summary| summary.count).sum();
        (page.confirmations.round(), told.round())
    };
    assert_eq!(counted(3, &[Some(7); 100], 1), (1.0, 1.0));
    assert_eq!(counted(3, &[Some(7), Some(8), Some(7), Some(9), Some(8)], 1), (3.0, 3.0));
    assert_eq!(counted(3, &[Some(7); 100], 2), (2.0, 2.0), "who comes again on the next day");
    assert_eq!(counted(3, &[None; 100], 1), (0.0, 0.0), "nobody knows whose they are");
    assert_eq!(counted(1, &[Some(7); 3], 1), (3.0, 3.0), "one is enough there");
}

#[test]
fn the_font_of_a_stylesheet_is_followed_through_all_builds_and_withdrawn_in_none() {
    const VIEWS: usize = 12;
    let preferences = HintPreferences { preload: 2, several: 3, ..preferences() };
    let url = |build: u32| format!("/inter.{:08x}.woff2", 0x9f86_d081 + build * 0x1111);
    let (mut store, mut visitor, mut preloaded) = (Memory::default(), 0_u8, String::new());
    let mut views_of = |build: u32| {
        let font = Named { faces: vec![1], ..Named::new(Resource::font(url(build)).unwrap()) };
        let name = format!("/site.{build}.css");
        let mut preloads = Vec::new();
        for _ in 0..VIEWS {
            visitor += 1;
            let now = START + u64::from(visitor) * 1000;
            let by = Some(visitor);
            let own = report::Loaded { start_ms: Some(700), ..report::Loaded::new(Name::of(&url(build))) };
            let stale = report::Loaded::new(Name::of(&preloaded));
            let stale = report::Loaded { is_preloaded: true, is_wasted: true, ..stale };
            let is_stale = !preloaded.is_empty() && preloaded != url(build);
            let own = report::Loaded { is_preloaded: preloaded == url(build), ..own };
            let loaded = [own].into_iter().chain(is_stale.then_some(stale)).collect();
            let vitals = Vitals { ttfb: Some(100), ..Vitals::default() };
            let report = Some(Report { vitals, loaded, ..Report::default() });
            let confirmation = Confirmation { path: "/".to_owned(), by, report, ..Confirmation::default() };
            let sheet =
                SheetObservation { at: now, resources: vec![font.clone()], ..SheetObservation::default() };
            let batch = Batch {
                day: day_of(START),
                sheets: SortedMap::from([(name.clone(), sheet)]),
                confirmations: vec![confirmation],
                ..batch(vec![Observation { by, sheets: vec![name.clone()], ..view("/", &[]) }])
            };
            let Ok(()) = merge(&mut store, &batch, &preferences, now);
            let Ok(publication) = choose(&mut store, &preferences, now);
            let snapshot = HintSnapshot::parse(&publication.unwrap().value).unwrap();
            let known = snapshot.known("/").map(|known| known.preloads.to_vec()).unwrap_or_default();
            preloaded = known.into_iter().map(|resource| resource.url).collect::<Vec<_>>().join(" ");
            preloads.push(preloaded.clone());
        }
        preloads
    };
    assert_eq!(views_of(0).last(), Some(&url(0)));
    for build in 1..6 {
        let preloads = views_of(build);
        let old = preloads.iter().filter(|preloaded| **preloaded == url(build - 1)).count();
        let new = preloads.iter().rev().take_while(|preloaded| **preloaded == url(build)).count();
        assert!(old <= 5 && old + new == VIEWS, "{build}: {preloads:?}");
    }
}

#[test]
fn a_page_that_was_never_seen_gets_its_routes_hints_else_the_sites() {
    let mut store = Memory::default();
    for n in 1..=4 {
        let product = view(&format!("/product/{n}"), &["cdn", "pictures", &format!("own{n}")]);
        learn(&mut store, &batch(vec![product; 3]));
    }
    learn(&mut store, &batch(vec![view("/about", &["cdn"]); 3]));
    learn(&mut store, &batch(vec![view("/once", &["rare"])]));
    let snapshot = snapshot(&mut store);
    let own = known(&snapshot, "/product/1").unwrap();
    assert_eq!(own, (Basis::Page, "cdn pictures own1".to_owned()));
    assert_eq!(known(&snapshot, "/product/999"), Some((Basis::Route, "cdn pictures".to_owned())));
    assert_eq!(known(&snapshot, "/somewhere/else/9"), Some((Basis::Site, "cdn pictures".to_owned())));
    assert_eq!(
        known(&snapshot, "/once"),
        Some((Basis::Site, "cdn pictures".to_owned())),
        "one view is not enough"
    );
    assert_eq!(known(&snapshot, "/about"), Some((Basis::Page, "cdn".to_owned())));
}

#[test]
fn what_nobody_visits_any_more_is_forgotten() {
    let mut store = Memory::default();
    learn(&mut store, &batch(vec![view("/", &["a"]); 3]));
    assert!(publish(&mut store, START).is_some());
    let week = 7 * 24 * 3600 * 1000;
    assert_eq!(publish(&mut store, START + 2 * week), None, "a quiet fortnight changes nothing");
    let later = publish(&mut store, START + 4 * week).unwrap();
    assert_eq!(known(&HintSnapshot::parse(&later.value).unwrap(), "/"), None);
}

#[test]
fn clicks_and_words_count_for_known_pages_alone() {
    let mut store = Memory::default();
    let linked = OriginUse {
        origin: Origin::parse("https://partner.example").unwrap(),
        usage: Usage { is_linked: true, ..Usage::LOOKUP },
    };
    let mut page = view("/", &["a"]);
    page.uses.push(linked.clone());
    let click = Click { path: "/".to_owned(), origin: linked.origin.clone(), times: 1 };
    let stray = Click { path: "/never".to_owned(), origin: linked.origin, times: 100 };
    let loaded = Loaded {
        origin: Origin::parse("https://evil.example").unwrap(),
        pools: 3,
        is_frame: false,
        start_ms: 0,
        connect_ms: 0,
    };
    let told = |path: &str| Confirmation {
        path: path.to_owned(),
        origins: vec![loaded.clone()],
        ..Confirmation::default()
    };
    let mut confirmations = vec![told("/"); 50];
    confirmations.extend(vec![told("/never"); 50]);
    learn(&mut store, &Batch { clicks: vec![click, stray], confirmations, ..batch(vec![page; 4]) });
    let snapshot = snapshot(&mut store);
    assert_eq!(known(&snapshot, "/"), Some((Basis::Page, "a partner".to_owned())));
    assert_eq!(snapshot.known("/").unwrap().hints[1].action, HintAction::DnsPrefetch);
    assert_eq!(known(&snapshot, "/never"), None);
}

#[test]
fn one_page_stays_within_its_bound_whatever_it_names() {
    let mut store = Memory::default();
    for round in 0..125 {
        let hosts: Vec<String> = (0..40).map(|at| format!("{}{}", "h".repeat(50), round * 40 + at)).collect();
        let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
        learn(&mut store, &batch(vec![view("/", &hosts)]));
        // Forty origins, each with a name of some 70 bytes and its numbers.
        assert!(store.size().1 < 40 * 500, "{}", store.size().1);
    }
}

#[test]
fn as_many_full_pages_as_there_may_be_fit_a_learners_memory() {
    let mut store = Memory::default();
    let hosts: Vec<String> = (0..40).map(|at| format!("{}{at}", "h".repeat(50))).collect();
    let hosts: Vec<&str> = hosts.iter().map(String::as_str).collect();
    for page in 0..MAX_PAGES {
        let mut observation = view(&format!("/{page}"), &hosts);
        observation.sheets = (0..10).map(|sheet| format!("/{}{sheet}.css", "s".repeat(500))).collect();
        learn(&mut store, &batch(vec![observation]));
    }
    let (records, bytes) = store.size();
    assert!(records > MAX_PAGES, "{records}");
    // An isolate has 128 MB, and the learner reads all of it to publish.
    assert!(bytes < 24 * 1024 * 1024, "{bytes}");
}

#[test]
fn a_hundred_thousand_paths_and_five_thousand_hostile_origins_stay_within_the_bounds() {
    let mut store = Memory::default();
    for round in 0..1000 {
        let mut all = Batch::default();
        for number in round * 100..(round + 1) * 100 {
            let hosts = [0, 2500].map(|from| format!("h{}", (number + from) % 5000));
            let path = format!("/{}/{number}", number % 97);
            let mut observation = view(&path, &[&hosts[0], &hosts[1]]);
            observation.sheets = vec![format!("/{number}.css")];
            let uses = observation.uses.clone();
            let sheet = SheetObservation { at: START, uses, ..SheetObservation::default() };
            all.sheets.insert(format!("/{number}.css"), sheet);
            all.observations.push(observation);
        }
        all.observations.push(view("/", &["cdn"]));
        learn(&mut store, &all);
        let (records, bytes) = store.size();
        assert!(records <= MAX_PAGES + MAX_SHEETS + 1, "{records}");
        assert!(bytes < 2 * 1024 * 1024, "{bytes}");
    }
    let publication = publish(&mut store, START).unwrap();
    let snapshot = HintSnapshot::parse(&publication.value).unwrap();
    assert_eq!(known(&snapshot, "/"), Some((Basis::Page, "cdn".to_owned())), "what is popular stays");
    assert!(
        publication.value.len() < 1000,
        "nothing is said of what was seen once: {}",
        publication.value.len()
    );
}
