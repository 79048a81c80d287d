//! What a learner takes up that another one has learned, with other keys: it publishes the same, and goes on learning.

use headstart::config::Config;
use headstart::hints::rank::HintPreferences;
use headstart::hints::usage::{Demand, Found, Usage};
use headstart::hints::{Origin, Pools};
use headstart::learn::import::{self, Outcome};
use headstart::learn::learner;
use headstart::learn::names::NameKey;
use headstart::learn::next::navigation_batch::Outline;
use headstart::learn::next::navigation_buffer::NavigationBuffer;
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::next::visitor::{Salt, day_of};
use headstart::learn::observation::{Batch, Observation, OriginUse, Shown, ShownSheet};
use headstart::next_page_preferences::NextPagePreferences;
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::store::{Kind, Memory, Store};

const START: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 3600 * 1000;
const SITE: &str = "shop.example";

fn preferences(config: &Config) -> NextPagePreferences<'_> {
    NextPagePreferences { prerender: None, regulates_eagerness: false, ..config.next_page_preferences() }
}

/// So many visitors go from one page to another, and one visitor to a page of their own. `since` is the day of the key by which
/// that is hidden.
fn visit(learner: &mut NextPageLearner, (from, to): (&str, &str), visitors: u8, since: u32, now: u64) {
    let mut isolate = NavigationBuffer::default();
    let mut salt = Salt::new(day_of(now), 7);
    salt.names = NameKey::new(since, u128::from(since));
    isolate.set_salt(salt);
    isolate.robots(SITE, String::new());
    for number in 0..visitors {
        let visitor = isolate.visitor(Some(&format!("192.0.2.{number}"))).unwrap();
        for path in [from, to] {
            isolate.view(SITE, path, visitor, 1);
            isolate.given(SITE, path, visitor);
            isolate.outline(SITE, path, Outline::default());
        }
        isolate.click(SITE, from, to, visitor, now);
        if number == 0 {
            isolate.click(SITE, to, "/only/mine", visitor, now);
            isolate.view(SITE, "/only/mine", visitor, 1);
        }
    }
    for batch in isolate.take(|_| true) {
        learner.merge(&batch, now);
    }
}

fn nexts(learner: &mut NextPageLearner, config: &Config, path: &str, now: u64) -> Vec<String> {
    learner.was_not_published();
    let publication = learner.choose(&preferences(config), now).expect("something is published");
    let snapshot = NextPageSnapshot::parse(&publication.value).unwrap();
    let entry = snapshot.known(path).map(|(_, entry)| entry.nexts.clone()).unwrap_or_default();
    entry.into_iter().map(|next| next.path).collect()
}

#[test]
fn a_learner_publishes_what_it_has_taken_up_and_goes_on_from_there() {
    let config = Config::default();
    let today = day_of(START);
    let mut learner = NextPageLearner::default();
    visit(&mut learner, ("/", "/a"), 14, today, START);
    let mut learned = Memory::default();
    learner.forget_hidden();
    let Ok(()) = learner.save(&mut learned);
    let value = import::write(&learned).value;
    assert!(!value.contains("mine") && !value.contains('#'), "what few know is not in it: {value}");

    let mut store = Memory::default();
    assert!(matches!(import::take_up(&mut store, &value, today), Ok(Outcome::Taken(_))));
    let Ok(mut other) = NextPageLearner::load(&mut store);
    let now = START + DAY;
    assert_eq!(nexts(&mut other, &config, "/", now), ["/a"]);
    // Its own key for names is older than that of the import, and hides new pages all the same.
    visit(&mut other, ("/a", "/b"), 2, today - 9, now);
    visit(&mut other, ("/a", "/b"), 14, today - 9, now);
    assert_eq!(nexts(&mut other, &config, "/a", now), ["/b"]);
    assert_eq!(nexts(&mut other, &config, "/", now), ["/a"], "what was imported is not lost");
    // It fades like anything else.
    let later = now + 29 * DAY;
    other.choose(&preferences(&config), later);
    let Ok(()) = other.save(&mut store);
    assert_eq!(store.count(Kind::Next), Ok(0));
}

#[test]
fn what_is_not_known_of_robots_is_not_known_after_it_either() {
    let config = Config::default();
    let mut learner = NextPageLearner::default();
    visit(&mut learner, ("/", "/a"), 14, day_of(START), START);
    let mut learned = Memory::default();
    learner.forget_hidden();
    let Ok(()) = learner.save(&mut learned);
    let Ok(()) = learned.remove(Kind::Fact, "robots");
    let mut store = Memory::default();
    let Ok(_) = import::take_up(&mut store, &import::write(&learned).value, day_of(START));
    let Ok(mut other) = NextPageLearner::load(&mut store);
    assert_eq!(nexts(&mut other, &config, "/", START + DAY), Vec::<String>::new());
}

const SHEET: &str = "https://fonts.example/css2?family=A";

fn hint_preferences() -> HintPreferences {
    let Config { hints, .. } = Config::default();
    HintPreferences { several: 3, reads_third_parties: true, ..hints.preferences }
}

/// So many visitors are given a page that names an origin, by its policy too, and a third party's stylesheet.
fn see(store: &mut Memory, (path, host): (&str, &str), visitors: u8, since: u32, now: u64) {
    let origin = Origin::parse(&format!("https://{host}")).unwrap();
    let usage = Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Body);
    let by: Vec<u8> = (0..visitors).collect();
    let view = |by: u8| Observation {
        path: path.to_owned(),
        uses: vec![OriginUse { origin: origin.clone(), usage }],
        sheets: vec![SHEET.to_owned()],
        sources: vec![format!("https://{host}")],
        by: Some(by),
        ..Observation::default()
    };
    let batch = Batch {
        site: SITE.to_owned(),
        names: NameKey::new(since, u128::from(since)),
        day: day_of(now),
        observations: by.iter().copied().map(view).collect(),
        shown: vec![Shown { origin: origin.clone(), by: by.clone() }],
        shown_sheets: vec![ShownSheet { sheet: SHEET.to_owned(), by }],
        ..Batch::default()
    };
    let Ok(()) = learner::merge(store, &batch, &hint_preferences(), now);
}

/// What is published of a page at `now`, by origins.
fn hints(store: &mut Memory, path: &str, now: u64) -> Vec<String> {
    let Ok(()) = learner::was_not_published(store);
    let Ok(publication) = learner::choose(store, &hint_preferences(), now);
    let snapshot = HintSnapshot::parse(&publication.unwrap().value).unwrap();
    let known = snapshot.known(path);
    known
        .map(|known| known.hints.iter().map(|hint| hint.origin.host().to_owned()).collect())
        .unwrap_or_default()
}

#[test]
fn hints_that_are_imported_into_a_learner_that_runs_stay() {
    let (today, now) = (day_of(START), START + DAY);
    let mut learned = Memory::default();
    see(&mut learned, ("/a", "cdn.example"), 9, today, START);
    see(&mut learned, ("/b", "pictures.example"), 9, today, START);
    let value = import::write(&learned).value;
    let mut store = Memory::default();
    see(&mut store, ("/own", "own.example"), 9, today - 9, now);
    // Few know of this one here.
    see(&mut store, ("/few", "cdn.example"), 1, today - 9, now);
    let Ok(outcome) = import::take_up(&mut store, &value, day_of(now));
    // Two pages, and one record of whom origins were shown; the own one of the stylesheet tells as much.
    assert_eq!(outcome, Outcome::Taken(3));
    // Each alarm tidies up.
    for later in [now, now + DAY] {
        assert_eq!(hints(&mut store, "/own", later), ["own.example"]);
        assert_eq!(hints(&mut store, "/a", later), ["cdn.example"]);
        assert_eq!(hints(&mut store, "/b", later), ["pictures.example"]);
    }
    for (path, host) in [("/a", "cdn.example"), ("/b", "pictures.example")] {
        let Ok(Some(page)) = store.get(Kind::Page, path) else { panic!("{path}") };
        assert!(page.contains(SHEET) && page.contains(&format!("\"https://{host}\"")), "{page}");
    }
    let hidden = NameKey::new(today - 9, u128::from(today - 9)).hide_host("cdn.example");
    let names =
        |store: &Memory| store.records(Kind::Page).filter(|(_, page, _)| page.contains(&hidden)).count();
    assert_eq!(names(&store), 1);
    see(&mut store, ("/few", "cdn.example"), 1, today - 9, now + DAY);
    assert_eq!(names(&store), 0, "what is told is named wherever it was hidden");
}
