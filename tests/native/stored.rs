//! What lies in the learners' records, natively: no path that only few visitors know, no secret, and nothing for ever; and what is
//! erased is gone.

use headstart::hints::rank::HintPreferences;
use headstart::hints::resource::Resource;
use headstart::hints::usage::{Demand, Found, Usage};
use headstart::hints::{Origin, Pools};
use headstart::ineligible::Ineligible;
use headstart::learn::document::resources::Named;
use headstart::learn::ending;
use headstart::learn::erased;
use headstart::learn::learner;
use headstart::learn::names::{LIFE_DAYS, NameKey};
use headstart::learn::next::navigation_batch::{Link, NavigationBatch, Outline, Place};
use headstart::learn::next::navigation_buffer::NavigationBuffer;
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::next::visitor::{Salt, Visitor, day_of};
use headstart::learn::observation::{
    Batch, Confirmation, Families, Loaded, Observation, OriginUse, SheetObservation,
};
use headstart::learn::observation_buffer::{ObservationBuffer, Observed, Pace};
use headstart::learn::reading_list;
use headstart::learn::report::{self, Name, Report};
use headstart::learn::site_url_cache::SiteUrlCache;
use headstart::learn::tallies;
use headstart::limits::SEVERAL;
use headstart::next_page_preferences::NextPagePreferences;
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::store::{Kind, Memory, Store};
use headstart::tally::{Counted, Tally, View};
use headstart::urls::unsafe_urls::UnsafeUrls;

const START: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 3600 * 1000;
const SITE: &str = "shop.example";

/// What everybody visits.
const PUBLIC: [&str; 3] = ["/", "/p/a", "/p/b"];

/// What one visitor alone knows, or only visitors with a session.
const ORDER: &str = "/orders/for-ada";
const LETTER: &str = "/letters/xavier";
const MEMBERS: &str = "/members/board";

/// What looks like a secret, whoever visits it.
const SECRETS: [&str; 3] =
    ["/reset/dGhpcyBpcyBhIHNlY3JldDE", "/u/9f86d081884c7d659a2feaa0c55ad015", "/unsubscribe/ada@example.org"];

/// The keys of a day.
fn salt(day: u32) -> Salt {
    let mut salt = Salt::new(day, 0xfeed_f00d + u128::from(day));
    let since = day - day % 14;
    salt.names = NameKey::new(since, 0xdead_beef + u128::from(since));
    salt
}

/// All that a store holds.
fn stored(store: &Memory) -> String {
    let hints = [Kind::Page, Kind::Sheet, Kind::ThirdPartySheet, Kind::Redirect, Kind::Vitals, Kind::Fact];
    let kinds = hints.into_iter().chain([Kind::Next, Kind::Route, Kind::Suspect]);
    let records = kinds.flat_map(|kind| store.all(kind).unwrap());
    records.map(|(name, value)| format!("{name}\n{value}\n")).collect()
}

/// An isolate, and the next-page learner to which it sends.
struct World {
    isolate: NavigationBuffer,
    learner: NextPageLearner,
    store: Memory,
    now: u64,
}

impl World {
    fn new() -> Self {
        let mut isolate = NavigationBuffer::default();
        isolate.set_salt(salt(day_of(START)));
        isolate.robots(SITE, String::new());
        Self { isolate, learner: NextPageLearner::default(), store: Memory::default(), now: START }
    }

    fn pass(&mut self, days: u32) {
        self.now += u64::from(days) * DAY;
        self.isolate.set_salt(salt(day_of(self.now)));
    }

    fn visitor(&self, host: u32) -> Visitor {
        self.isolate.visitor(Some(&format!("192.0.2.{host}"))).unwrap()
    }

    /// A visitor comes to a page from another, reads it, and goes back. `is_given` says that they have no session.
    fn visit(&mut self, host: u32, from: &str, to: &str, is_given: bool) {
        let (visitor, now) = (self.visitor(host), self.now);
        self.isolate.view(SITE, to, visitor, 1);
        self.isolate.click(SITE, from, to, visitor, now);
        self.isolate.click(SITE, to, from, visitor, now);
        if is_given {
            self.isolate.given(SITE, to, visitor);
        }
        let link = |path: &str| Link { path: path.to_owned(), place: Place::Main };
        let links = PUBLIC.into_iter().chain([ORDER, LETTER, MEMBERS]).chain(SECRETS).map(link).collect();
        let outline = Outline { links, ruled: vec![ORDER.to_owned()], ..Outline::default() };
        self.isolate.outline(SITE, to, outline);
    }

    /// Sends everything, stores it, and reads it again.
    fn send(&mut self) {
        for batch in self.isolate.take(|_| true) {
            let json = serde_json::to_string(&batch).unwrap();
            for secret in SECRETS {
                let outside_links = json.replace(&format!("\"path\":\"{secret}\""), "");
                assert!(!outside_links.contains(secret), "{secret} is not even sent");
            }
            let batch: NavigationBatch = serde_json::from_str(&json).unwrap();
            self.learner.merge(&batch, self.now);
        }
        let Ok(()) = self.learner.save(&mut self.store);
        let Ok(loaded) = NextPageLearner::load(&mut self.store);
        self.learner = loaded;
    }

    fn choose(&mut self) -> Option<NextPageSnapshot> {
        let unsafe_urls = UnsafeUrls::new(Vec::new(), Vec::new());
        let preferences = NextPagePreferences {
            min_visitors: 10,
            waste_budget: 0.9,
            prerender: None,
            publish_ms: 1000,
            unsafe_urls: &unsafe_urls,
            regulates_eagerness: true,
        };
        let chosen = self.learner.choose(&preferences, self.now);
        let Ok(()) = self.learner.save(&mut self.store);
        chosen.map(|publication| NextPageSnapshot::parse(&publication.value).unwrap())
    }

    /// How many pages are remembered.
    fn pages(&self) -> usize {
        self.store.count(Kind::Next).unwrap()
    }
}

/// Twenty visitors of what is public, two of what few know, and forty with a session of what is for members; all of them have
/// met something at a secret.
fn visited() -> World {
    let mut world = World::new();
    for host in 1..=20 {
        for (from, to) in [("/p/b", "/"), ("/", "/p/a"), ("/p/a", "/p/b")] {
            world.visit(host, from, to, true);
        }
    }
    for host in 1..=2 {
        world.visit(host, "/", ORDER, true);
        world.visit(host, ORDER, LETTER, true);
        let visitor = world.visitor(host);
        world.isolate.suspect(SITE, ORDER, "delete", visitor);
    }
    for host in 1..=40 {
        world.visit(host, "/", MEMBERS, false);
        let visitor = world.visitor(host);
        for secret in SECRETS {
            world.visit(host, "/", secret, true);
            world.isolate.suspect(SITE, secret, "delete", visitor);
            world.isolate.ineligible(SITE, secret, &Ineligible::CartChanged, Some(visitor));
        }
        world.isolate.ineligible(
            SITE,
            &format!("/x?{}", &SECRETS[1][3..]),
            &Ineligible::CartChanged,
            Some(visitor),
        );
    }
    world.send();
    world
}

#[test]
fn what_few_visitors_know_is_stored_under_no_name_that_can_be_read() {
    let mut world = visited();
    for _ in 0..2 {
        let text = stored(&world.store);
        for path in PUBLIC {
            assert!(text.contains(&format!("{path}\n")), "{path}");
        }
        for path in [ORDER, LETTER, MEMBERS, "/orders/", "/members/"].into_iter().chain(SECRETS) {
            assert!(!text.contains(path), "{path}: {text}");
        }
        assert!(!text.contains(&SECRETS[1][3..]));
        _ = world.choose();
        world.send();
    }
}

#[test]
fn what_several_visitors_know_is_remembered_with_all_that_was_counted_before() {
    let mut world = visited();
    world.visit(3, "/", ORDER, true);
    world.send();
    let record = world.learner.model().page(ORDER).expect("three visitors were given it");
    assert!((2.9..=3.0).contains(&record.transitions.views()), "{}", record.transitions.views());
    assert!(record.transitions.nexts().any(|next| next == "/"));
    assert!(world.learner.model().page("/").unwrap().transitions.nexts().any(|next| next == ORDER));
    assert!(world.learner.model().page("/").unwrap().place(ORDER).is_some());
    let text = stored(&world.store);
    assert!(text.contains(ORDER) && !text.contains(LETTER) && !text.contains(MEMBERS), "{text}");
}

#[test]
fn a_day_of_each_visitor_makes_nobody_several() {
    let mut world = World::new();
    for _ in 0..13 {
        for host in [1, 2] {
            world.visit(host, "/", ORDER, true);
        }
        world.send();
        world.pass(1);
    }
    assert!(!stored(&world.store).contains(ORDER));
}

#[test]
fn when_the_key_is_gone_nothing_is_left_of_what_it_hid() {
    let mut world = visited();
    let hidden = |world: &World| stored(&world.store).matches('#').count();
    assert!(hidden(&world) > 0);
    world.pass(14);
    world.visit(1, "/", "/p/a", true);
    world.send();
    let since = day_of(world.now) - day_of(world.now) % 14;
    let text = stored(&world.store);
    let old = text.split('#').skip(1).filter(|rest| !rest.starts_with(&format!("{since}.")));
    assert_eq!(old.count(), 0, "{text}");
}

#[test]
fn nothing_is_remembered_for_ever() {
    let mut world = visited();
    assert!(world.pages() > 3);
    assert!(!world.choose().unwrap().pages().is_empty());
    world.pass(LIFE_DAYS);
    _ = world.choose();
    assert!(world.pages() >= 3, "four weeks are not over yet");
    world.pass(1);
    assert!(world.choose().is_some_and(|snapshot| snapshot.pages().is_empty()), "and so it is published");
    let left = stored(&world.store);
    assert_eq!(world.pages(), 0);
    for path in PUBLIC.into_iter().skip(1) {
        assert!(!left.contains(path), "{path}: {left}");
    }
    assert!(world.learner.is_empty());
    assert_eq!(ending::is_over(&mut world.store, true, world.now), Ok(false));
    assert_eq!(ending::is_over(&mut world.store, true, world.now + DAY), Ok(true));
    let Ok(()) = ending::end(&mut world.store);
    assert_eq!(world.store.size(), (0, 0), "not even the site's name");
}

#[test]
fn what_is_erased_is_named_nowhere_any_more() {
    let mut world = visited();
    for host in 3..=20 {
        world.visit(host, "/", ORDER, true);
    }
    world.send();
    let names = salt(day_of(START)).names;
    assert!(world.choose().is_some() && stored(&world.store).contains(ORDER));
    for path in [ORDER, LETTER] {
        let hidden = names.hide(path);
        world.learner.forget(path, &names);
        let snapshot = world.choose().expect("what is left is published at once");
        assert!(snapshot.at(path).is_none());
        let text = stored(&world.store);
        assert!(!text.contains(path) && !text.contains(&hidden), "{path}: {text}");
    }
    assert!(world.learner.model().page("/p/a").is_some());
}

#[test]
fn of_a_next_page_learner_that_is_erased_its_name_is_left_for_a_minute() {
    let mut world = visited();
    assert!(world.choose().is_some());
    assert_eq!(erased::forget_all(&mut world.store, world.now), Ok(true));
    assert_eq!((world.pages(), world.store.size().0), (0, 2));
    assert_eq!(erased::forgotten(&world.store), Ok(Some(format!("{SITE}/next"))));
    let Ok(loaded) = NextPageLearner::load(&mut world.store);
    world.learner = loaded;
    assert!(world.learner.is_empty());
    // And it is taught anew.
    world.visit(1, "/", "/p/a", true);
    world.send();
    assert_eq!(erased::forgotten(&world.store), Ok(None));
    assert!(world.choose().is_some());
    assert_eq!(erased::wait_ms(&world.store, world.now + erased::UNDER_WAY_MS), Ok(Some(0)));
}

/// What a hint learner is sent of these views, each by another visitor, from this one on.
fn views(paths: &[&str], first: u32, now: u64) -> Batch {
    let (mut buffer, pace) = (ObservationBuffer::default(), Pace::new(0, 0));
    let salt = salt(day_of(now));
    for (host, path) in (first..).zip(paths) {
        let observation = Observation { path: (*path).to_owned(), ..Observation::default() };
        let visitor = salt.visitor(&format!("192.0.2.{host}"));
        buffer.add(SITE, Observed::View(observation, visitor), true, pace, now, 1);
    }
    buffer.take(1, &SiteUrlCache::default(), &salt, |_, _| true).pop().unwrap_or_default()
}

#[test]
fn a_hint_learner_stores_no_path_before_it_is_known_and_none_for_ever() {
    let mut store = Memory::default();
    let preferences = HintPreferences { several: SEVERAL, ..HintPreferences::default() };
    let merge = |store: &mut Memory, batch: Batch| {
        let Ok(()) = learner::merge(store, &batch, &preferences, START);
    };
    merge(&mut store, views(&[ORDER, ORDER, SECRETS[0], SECRETS[0], SECRETS[0]], 1, START));
    // However often one visitor comes.
    for _ in 0..5 {
        merge(&mut store, views(&[ORDER, LETTER], 1, START));
    }
    let text = stored(&store);
    assert!(!text.contains(ORDER) && !text.contains(LETTER) && !text.contains(SECRETS[0]), "{text}");
    assert_eq!(store.count(Kind::Page), Ok(2));
    merge(&mut store, views(&[ORDER], 3, START));
    assert!(stored(&store).contains(ORDER) && store.count(Kind::Page) == Ok(2), "it is the same record");
    let choose = |store: &mut Memory, now| {
        let Ok(publication) = learner::choose(store, &preferences, now);
        publication.map(|publication| publication.value)
    };
    assert!(choose(&mut store, START).unwrap().contains(ORDER));
    assert!(learner::wait_ms(&store).unwrap().is_some());
    let later = START + u64::from(LIFE_DAYS) * DAY;
    _ = choose(&mut store, later);
    assert_eq!(store.count(Kind::Page), Ok(2), "four weeks are not over yet");
    assert!(!choose(&mut store, later + 1).unwrap_or_default().contains(ORDER));
    assert_eq!((store.count(Kind::Page), learner::wait_ms(&store)), (Ok(0), Ok(None)));
}

#[test]
fn a_hint_learner_forgets_what_is_erased() {
    let mut store = Memory::default();
    let batch = views(&[ORDER, ORDER, ORDER, LETTER, "/p/a", "/p/a", "/p/a"], 1, START);
    let preferences = HintPreferences { several: SEVERAL, ..HintPreferences::default() };
    let Ok(()) = learner::merge(&mut store, &batch, &preferences, START);
    for path in [ORDER, LETTER] {
        let Ok(()) = learner::forget(&mut store, path, &batch.names);
    }
    assert_eq!(store.count(Kind::Page), Ok(1));
    let Ok(Some(publication)) = learner::choose(&mut store, &preferences, START) else {
        panic!("what is left is published")
    };
    assert!(publication.value.contains("/p/a") && !publication.value.contains(ORDER));
}

#[test]
fn of_a_hint_learner_that_is_erased_its_name_is_left_for_a_minute() {
    let mut store = Memory::default();
    let preferences = HintPreferences { several: SEVERAL, ..HintPreferences::default() };
    let batch = views(&["/p/a", "/p/a", "/p/a"], 1, START);
    let choose = |store: &mut Memory| {
        let Ok(publication) = learner::choose(store, &preferences, START);
        if let Some(publication) = &publication {
            let Ok(()) = learner::published(store, &publication.value);
        }
        publication
    };
    let Ok(()) = learner::merge(&mut store, &batch, &preferences, START);
    let first = choose(&mut store).expect("it is news");
    assert_eq!(choose(&mut store), None);
    let Ok(()) = learner::was_not_published(&mut store);
    assert!(choose(&mut store).is_some(), "it is published again");
    assert_eq!(erased::forget_all(&mut store, START), Ok(true));
    assert_eq!((choose(&mut store), store.size().0), (None, 2));
    assert_eq!(erased::forgotten(&store), Ok(Some(first.key)));
    // And it is taught anew.
    let Ok(()) = learner::merge(&mut store, &batch, &preferences, START);
    assert_eq!(erased::forgotten(&store), Ok(None));
    assert!(choose(&mut store).is_some());
}

/// The stylesheet of a page that one visitor knows, with their token and their address, and one that it imports.
const SHEET: &str =
    "/u/9f86d081884c7d659a2feaa0c55ad015/theme.css?sig=dGhpcyBpcyBhIHNlY3JldDE&mail=ada@example.org";
const IMPORTED: &str = "/ada@example.org/fonts.css";

/// A font of such a page, and of its stylesheets.
const OWN_FONT: &str = "/u/4711.woff2";

/// The hosts that such a page names, its stylesheet, the one that this imports, its policy, and a browser.
const HOSTS: [&str; 5] =
    ["in-page.example", "in-sheet.example", "in-import.example", "in-policy.example", "in-link.example"];

/// Third parties' stylesheets: one that the page names, and one that its stylesheet imports.
const THIRD_PARTYS: [&str; 2] =
    ["https://kit.example/fonts?for=visitor-7", "https://icons.example/visitor-7"];

/// Where the page's path leads others.
const LED_TO: &str = "https://id-of-visitor-7.example";

/// None of them stands in what is stored, nor anything of a stylesheet's name.
fn names_nobody(store: &Memory) -> bool {
    let text = stored(store);
    let hosts = ["in-page", "in-sheet", "in-import", "in-policy", "in-link", "kit.", "icons.", "visitor-7"];
    let secrets = hosts.into_iter().chain([".css", ".woff2", "9f86d0", "dGhp", "ada@"]);
    !secrets.into_iter().any(|secret| text.contains(secret))
}

/// What a hint learner is sent of one view of a page with all that is secret, and of what its browser reports.
fn secret_view(path: &str, host: u32, now: u64) -> Batch {
    let font = |url: String| Named::new(Resource::font(url).unwrap());
    let used = |host: &str| OriginUse {
        origin: Origin::parse(&format!("https://{host}")).unwrap(),
        usage: Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Body),
    };
    let [in_page, in_sheet, in_import, in_policy, in_link] = HOSTS;
    let mut known_urls = SiteUrlCache::default();
    let sheet = |host, imports: &[&str]| SheetObservation {
        at: now,
        uses: vec![used(host)],
        imports: imports.iter().map(|name| (*name).to_owned()).collect(),
        resources: [format!("https://{host}/a.woff2"), OWN_FONT.to_owned()].map(font).to_vec(),
        bare_faces: vec![7],
        families: Families { of: vec![(used(host).origin, vec![7])], ..Families::default() },
        is_encoded_otherwise: true,
    };
    known_urls.put_sheet(SITE, SHEET, sheet(in_sheet, &[IMPORTED, THIRD_PARTYS[1]]));
    known_urls.put_sheet(SITE, IMPORTED, sheet(in_import, &[]));
    let (mut buffer, pace, salt) = (ObservationBuffer::default(), Pace::new(0, 0), salt(day_of(now)));
    let visitor = salt.visitor(&format!("192.0.2.{host}"));
    let view = Observation {
        path: path.to_owned(),
        uses: vec![used(in_page)],
        sheets: vec![SHEET.to_owned(), THIRD_PARTYS[0].to_owned()],
        sources: vec![format!("https://{in_policy}"), in_page.to_owned()],
        resources: [format!("https://{in_page}/b.woff2"), OWN_FONT.to_owned()].map(font).to_vec(),
        ..Observation::default()
    };
    buffer.add(SITE, Observed::View(view, visitor), true, pace, now, 1);
    let loaded = [in_policy, in_page].map(|host| Loaded {
        origin: used(host).origin,
        pools: 1,
        is_frame: false,
        start_ms: 0,
        connect_ms: 0,
    });
    let parts =
        [format!("https://{in_page}/b.woff2"), format!("https://{in_sheet}/a.woff2"), OWN_FONT.to_owned()];
    let parts =
        parts.map(|url| report::Loaded { start_ms: Some(400), ..report::Loaded::new(Name::of(&url)) });
    let report = Some(Report { loaded: parts.to_vec(), ..Report::default() });
    let confirmation =
        Confirmation { path: path.to_owned(), origins: loaded.to_vec(), report, ..Confirmation::default() };
    buffer.add(SITE, Observed::Confirmation(confirmation, visitor), true, pace, now, 1);
    buffer.add_click(SITE, path, used(in_link).origin);
    buffer.add_redirect(SITE, path, Origin::parse(LED_TO), visitor);
    let batch = buffer.take(1, &known_urls, &salt, |_, _| true).pop().unwrap();
    let json = serde_json::to_string(&batch).unwrap();
    assert!(!json.contains(".css") && !json.contains("dGhp") && !json.contains("ada@"), "{json}");
    serde_json::from_str(&json).unwrap()
}

fn reading() -> HintPreferences {
    HintPreferences {
        preconnect: 3,
        dns_prefetch: 6,
        several: SEVERAL,
        reads_third_parties: true,
        ..HintPreferences::default()
    }
}

/// The stylesheets that are asked for; each is found to have nothing but another one.
fn ask(store: &mut Memory, now: u64) -> Vec<String> {
    let Ok(asked) = reading_list::take_due(store, now);
    for name in &asked {
        let read =
            SheetObservation { at: now, imports: vec![format!("{name}/2")], ..SheetObservation::default() };
        let Ok(()) = reading_list::was_read(store, name, &read, now);
    }
    asked
}

#[test]
fn stylesheets_and_third_parties_of_one_visitor_are_stored_under_no_name_that_can_be_read() {
    let preferences = reading();
    let mut store = Memory::default();
    let visit = |store: &mut Memory, path: &str, host: u32| {
        let Ok(()) = learner::merge(store, &secret_view(path, host, START), &preferences, START);
        let Ok(chosen) = learner::choose(store, &preferences, START);
        chosen.map(|publication| HintSnapshot::parse(&publication.value).unwrap())
    };
    // However often two come.
    for _ in 0..10 {
        visit(&mut store, "/a", 1);
        visit(&mut store, "/a", 2);
        assert!(names_nobody(&store) && ask(&mut store, START).is_empty(), "{}", stored(&store));
    }
    // The third has all of it named, with what was counted before.
    let hosts = |snapshot: &HintSnapshot| {
        let known = snapshot.known("/a").unwrap();
        let mut hosts: Vec<String> = known.hints.iter().map(|hint| hint.origin.host().to_owned()).collect();
        hosts.sort_unstable();
        hosts
    };
    let snapshot = visit(&mut store, "/a", 3).unwrap();
    assert_eq!(hosts(&snapshot), ["in-import.example", "in-page.example", "in-sheet.example"]);
    // What browsers alone tell of needs as many visitors as reports: of each one counts.
    let mut by = |hosts: &[u32], snapshot| {
        hosts.iter().fold(snapshot, |snapshot, host| visit(&mut store, "/a", *host).unwrap_or(snapshot))
    };
    let snapshot = by(&[3; 20], snapshot);
    assert_eq!(hosts(&snapshot), ["in-import.example", "in-page.example", "in-sheet.example"]);
    let snapshot = by(&(4..30).collect::<Vec<_>>(), snapshot);
    assert_eq!(
        hosts(&snapshot),
        ["in-import.example", "in-page.example", "in-policy.example", "in-sheet.example"]
    );
    let text = stored(&store);
    assert!(!text.contains(".css") && !text.contains("dGhp") && !text.contains("hidden.invalid"), "{text}");
    assert!(!text.contains("in-link"), "nobody was shown it");
    let mut asked = ask(&mut store, START);
    asked.sort_unstable();
    assert_eq!(asked, [THIRD_PARTYS[1], THIRD_PARTYS[0]]);
    let Ok(Some(publication)) = learner::choose(&mut store, &preferences, START) else {
        panic!("a redirect")
    };
    assert!(
        publication.value.contains(&format!(r#""redirects":{{"/a":"{LED_TO}"}}"#)),
        "{}",
        publication.value
    );
}

#[test]
fn what_is_read_for_pages_that_few_know_is_asked_of_nobody() {
    let mut store = Memory::default();
    // Several visitors, each on a page of their own.
    for (number, path) in [ORDER, "/b", "/c", "/d"].into_iter().enumerate() {
        let view = secret_view(path, u32::try_from(number).unwrap(), START);
        let Ok(()) = learner::merge(&mut store, &view, &reading(), START);
        let Ok(_) = learner::choose(&mut store, &reading(), START);
    }
    assert!(ask(&mut store, START).is_empty(), "{}", stored(&store));
    assert_eq!(store.count(Kind::ThirdPartySheet), Ok(0));
}

#[test]
fn nothing_of_third_partys_stylesheets_is_written_down_where_they_are_not_read() {
    let mut store = Memory::default();
    let preferences = HintPreferences { reads_third_parties: false, ..reading() };
    let visit = |store: &mut Memory, preferences: &HintPreferences| {
        for host in 1..=4 {
            let Ok(()) = learner::merge(store, &secret_view("/a", host, START), preferences, START);
        }
        let Ok(_) = learner::choose(store, preferences, START);
        stored(store)
    };
    let names = |text: &str| text.contains("kit.example") || text.contains("icons.example");
    assert!(!names(&visit(&mut store, &preferences)));
    assert!(names(&visit(&mut store, &reading())));
    // Nor in the records any more, once they are no longer to be read.
    let pages =
        |store: &Memory| format!("{:?}", [Kind::Page, Kind::Sheet].map(|kind| store.all(kind).unwrap()));
    assert!(names(&pages(&store)));
    visit(&mut store, &preferences);
    assert!(!names(&pages(&store)));
}

#[test]
fn nothing_at_all_is_left_of_a_hint_learner() {
    let preferences = reading();
    let mut store = Memory::default();
    for host in 1..=3 {
        let Ok(()) = learner::merge(&mut store, &secret_view("/a", host, START), &preferences, START);
    }
    let Ok(()) = learner::merge(&mut store, &secret_view(ORDER, 1, START), &preferences, START);
    let mut tally = Tally::default();
    tally.add(Counted::View(View::Plain), 3);
    let Ok(()) = tallies::merge(&mut store, &tally, START);
    let alarm = |store: &mut Memory, now: u64| {
        let Ok(chosen) = learner::choose(store, &preferences, now);
        if let Some(publication) = chosen {
            let Ok(()) = learner::published(store, &publication.value);
        }
        let Ok(wait) = learner::wait_ms(store);
        (wait, ending::is_over(store, wait.is_none(), now).unwrap())
    };
    let life = u64::from(LIFE_DAYS) * DAY;
    assert_eq!(alarm(&mut store, START), (Some(DAY), false));
    assert_eq!(ask(&mut store, START).len(), 2);
    assert_eq!(alarm(&mut store, START + life), (Some(DAY), false));
    assert_eq!(alarm(&mut store, START + life + DAY), (None, false));
    for kind in [Kind::Page, Kind::Sheet, Kind::ThirdPartySheet, Kind::Redirect, Kind::Vitals, Kind::Tally] {
        assert_eq!(store.count(kind), Ok(0), "{kind:?}");
    }
    assert!(names_nobody(&store) && !stored(&store).contains("example\""), "{}", stored(&store));
    assert_eq!(alarm(&mut store, START + life + 2 * DAY), (None, true));
    let Ok(()) = ending::end(&mut store);
    assert_eq!(store.size(), (0, 0));
}

#[test]
fn what_a_page_alone_names_is_erased_with_it() {
    let preferences = reading();
    let mut store = Memory::default();
    for host in 1..=3 {
        for path in ["/a", ORDER] {
            let Ok(()) = learner::merge(&mut store, &secret_view(path, host, START), &preferences, START);
        }
    }
    let Ok(_) = learner::choose(&mut store, &preferences, START);
    assert_eq!(ask(&mut store, START).len(), 2);
    let names = salt(day_of(START)).names;
    let erase = |store: &mut Memory, path: &str| {
        let Ok(()) = learner::forget(store, path, &names);
        let Ok(_) = learner::choose(store, &preferences, START);
    };
    erase(&mut store, ORDER);
    assert!(
        stored(&store).contains("in-sheet.example") && !stored(&store).contains(ORDER),
        "{}",
        stored(&store)
    );
    let counts = |store: &Memory| [Kind::Sheet, Kind::ThirdPartySheet].map(|kind| store.count(kind).unwrap());
    assert_eq!(counts(&store), [2, 2], "the other page has them as well");
    erase(&mut store, "/a");
    assert!(names_nobody(&store), "{}", stored(&store));
    assert_eq!((counts(&store), learner::wait_ms(&store)), ([0, 0], Ok(None)));
}
