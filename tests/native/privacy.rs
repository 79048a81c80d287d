//! What one visitor alone knows stays with them, natively: whatever the traffic and the configuration, no rule set names a
//! secret URL, one behind a session or one that the site keeps to itself, and no visitor alone has a way published.
//!
//! The tests go the whole way: buffers (one for each isolate), batches as JSON, a next-page learner over a store in memory, and
//! the rule sets and `Speculation-Rules` lines of all pages.

use headstart::config::Config;
use headstart::endpoints::RulesFile;
use headstart::head::{Content, Head};
use headstart::ineligible::Ineligible;
use headstart::learn::next::navigation_batch::{Link, NavigationBatch, Outline, Place};
use headstart::learn::next::navigation_buffer::NavigationBuffer;
use headstart::learn::next::next_page_learner::{self, NextPageLearner};
use headstart::learn::next::visitor::{Salt, Visitor, day_of};
use headstart::navigation::event::Arrived;
use headstart::plan::rules_delivery;
use headstart::plan::rules_delivery::{Guidance, deliver};
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::rules::learned::{self, Known};
use headstart::store::{Kind, Memory, Store};
use headstart::visit::Visit;
use proptest::prelude::*;
use std::cell::RefCell;
use std::collections::HashSet;
use url::Url;

const START: u64 = 1_800_000_000_000;
const DAY: u64 = 24 * 3600 * 1000;
const SITE: &str = "shop.example";

/// What everybody may know.
const PUBLIC: [&str; 6] = ["/", "/p/a", "/p/b", "/p/c", "/blog/(x):y", "/about"];

/// What one visitor knows: the first looks like any page.
const ALONE: [&str; 3] = ["/p/for-ada", "/welcome/x7", "/p/for-ada/more"];

/// What everybody visits, but looks like a secret or does something.
const TELLING: [&str; 6] = [
    "/reset/dGhpcyBpcyBhIHNlY3JldDE",
    "/u/9f86d081884c7d659a2feaa0c55ad015",
    "/unsubscribe/ada@example.org",
    "/i/0b7e8d3a-52a4-4c3b-9d3f-6f1d2c3b4a59",
    "/logout",
    "/cart/add/7",
];

/// What the site keeps to itself: from those without a session, from stores, from search engines, from robots.
const MEMBERS: &str = "/members/board";
const PRIVATE: &str = "/mine";
const NOINDEX: &str = "/draft";
const NOINDEX_HTML: &str = "/draft/html";
const DISALLOWED: &str = "/internal/wiki";
const ROBOTS: &str = "User-agent: *\nDisallow: /internal/\n";

fn hidden() -> Vec<&'static str> {
    let kept = [MEMBERS, PRIVATE, NOINDEX, NOINDEX_HTML, DISALLOWED];
    ALONE.into_iter().chain(TELLING).chain(kept).collect()
}

/// Isolates that gather, and the next-page learner that they send to.
struct World {
    isolates: Vec<NavigationBuffer>,
    learner: NextPageLearner,
    store: Memory,
    now: u64,
    published: Option<String>,
}

impl World {
    fn new(isolates: usize) -> Self {
        let isolates = (0..isolates).map(|_| NavigationBuffer::default()).collect();
        let mut world = Self {
            isolates,
            learner: NextPageLearner::default(),
            store: Memory::default(),
            now: START,
            published: None,
        };
        world.pass(0);
        // There is none, which is known: before, nothing would be named.
        world.isolates[0].robots(SITE, String::new());
        world
    }

    fn pass(&mut self, days: u64) {
        self.now += days * DAY;
        let day = day_of(self.now);
        for isolate in &mut self.isolates {
            isolate.set_salt(Salt::new(day, 0xfeed_f00d_dead_beef + u128::from(day)));
        }
    }

    fn visitor(&self, host: u32) -> Visitor {
        self.isolates[0].visitor(Some(&format!("10.0.{}.{}", host >> 8, host & 255))).unwrap()
    }

    /// A visitor comes to a page, by a link on another page or directly. `is_given` says that they have no session, and
    /// that the page is one that anybody may keep.
    fn visit(&mut self, isolate: usize, host: u32, from: Option<&str>, page: &str, is_given: bool) {
        let visitor = self.visitor(host);
        let now = self.now;
        let buffer = &mut self.isolates[isolate];
        buffer.view(SITE, page, visitor, 1);
        if let Some(from) = from.filter(|from| *from != page) {
            buffer.click(SITE, from, page, visitor, now);
        }
        if is_given {
            buffer.given(SITE, page, visitor);
        }
    }

    /// Everybody's page links to all that there is.
    fn read(&mut self, page: &str) {
        let all = PUBLIC.into_iter().chain(hidden());
        let links = all.map(|path| Link { path: path.to_owned(), place: Place::Top }).collect();
        let outline = Outline { links, noindex: page == NOINDEX_HTML, ..Outline::default() };
        self.isolates[0].outline(SITE, page, outline);
    }

    /// Sends everything.
    fn send(&mut self) {
        for isolate in &mut self.isolates {
            for batch in isolate.take(|_| true) {
                let json = serde_json::to_string(&batch).unwrap();
                let batch: NavigationBatch = serde_json::from_str(&json).unwrap();
                self.learner.merge(&batch, self.now);
            }
        }
    }

    fn reload(&mut self) {
        let Ok(()) = self.learner.save(&mut self.store);
        let Ok(loaded) = NextPageLearner::load(&mut self.store);
        self.learner = loaded;
    }

    /// Chooses. Answers the snapshot that is out after that.
    fn snapshot(&mut self, config: &Config) -> NextPageSnapshot {
        let preferences = config.next_page_preferences();
        if let Some(publication) = self.learner.choose(&preferences, self.now) {
            let Ok(()) = next_page_learner::published(&mut self.store, &publication.value);
            self.published = Some(publication.value);
        }
        NextPageSnapshot::parse(self.published.as_deref().unwrap_or(r#"{"version":1,"pages":{}}"#)).unwrap()
    }
}

/// All that goes out to visitors: each rule set, and the header fields and the HTML of each public page. Panics when a
/// browser would drop a rule.
fn public_texts(snapshot: &NextPageSnapshot, config: &Config) -> Vec<String> {
    let rule_sets = rules_delivery::rule_sets(config, &snapshot.excluded);
    let mut texts =
        vec![rule_sets.get(RulesFile::Signal).body.clone(), rule_sets.get(RulesFile::Baseline).body.clone()];
    let keys = snapshot.pages().into_iter().chain(snapshot.routes());
    for (key, entry) in keys {
        texts.extend(learned::rule_set_of(entry).map(|rule_set| rule_set.body));
        let url = Url::parse("https://shop.example").unwrap().join(&key.replace('*', "new")).unwrap();
        let head = Head { status: 200, content: Content::Page, is_readable: true, ..Head::default() };
        // Pages are edited for what shows them.
        let shown = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        for more in [&[][..], &[("sec-purpose", "prefetch")]] {
            let visit = Visit::with("GET", url.clone(), &[&shown[..], more].concat());
            let rule_set = learned::rule_set_of(entry);
            let known = Known { key, entry, rule_set: rule_set.as_ref() };
            let guidance = Guidance { known: Some(known), ..Guidance::default() };
            let delivered = deliver(&visit, &head, guidance, &rule_sets, config);
            texts.extend(delivered.lines.into_iter().map(|(_, value)| value));
            texts.extend(delivered.into_head);
        }
    }
    for text in texts.iter().filter(|text| text.starts_with('{')) {
        check_rules(text);
    }
    texts
}

thread_local! {
    /// The rule sets that were checked: most of them come again and again.
    static CHECKED: RefCell<HashSet<String>> = RefCell::default();
}

/// Panics when a browser would drop a rule.
fn check_rules(text: &str) {
    if !CHECKED.with_borrow_mut(|checked| checked.insert(text.to_owned())) {
        return;
    }
    let base = Url::parse("https://shop.example/_headstart/rules/site.json").unwrap();
    let json: serde_json::Value = serde_json::from_str(text).unwrap();
    let parsed = speculation_rules::parse(text, &base).unwrap();
    for (key, rules) in [
        ("prefetch", parsed.prefetch),
        ("prerender", parsed.prerender),
        ("prerender_until_script", parsed.prerender_until_script),
    ] {
        assert_eq!(json.get(key).map_or(0, |rules| rules.as_array().unwrap().len()), rules.len(), "{text}");
    }
}

/// Whether any text names a path, as it is or escaped for a URL pattern. A path may be the beginning of another one.
fn names(texts: &[String], path: &str) -> bool {
    let escaped = path.replace('+', "\\\\+").replace(':', "\\\\:");
    texts.iter().any(|text| {
        [path, &escaped].iter().any(|path| {
            text.match_indices(path).any(|(at, _)| {
                let next = text[at + path.len()..].chars().next();
                next.is_none_or(|next| !(next.is_ascii_alphanumeric() || "/-*".contains(next)))
            })
        })
    })
}

fn configured(min_visitors: u32, budget: &str, prerender: &str, delivery: &str) -> Config {
    let (config, mistakes) = Config::read([
        ("MIN_VISITORS", min_visitors.to_string().as_str()),
        ("WASTE_BUDGET", budget),
        ("PRERENDER", prerender),
        ("RULES_DELIVERY", delivery),
    ]);
    assert_eq!(mistakes, []);
    config
}

fn any_config() -> impl Strategy<Value = (u32, &'static str, &'static str, &'static str)> {
    (
        prop_oneof![Just(1_u32), Just(2), Just(3), Just(10)],
        prop::sample::select(vec!["0", "0.6", "1"]),
        prop::sample::select(vec!["off", "on", "until-script"]),
        prop::sample::select(vec!["header", "inline"]),
    )
}

/// One day of traffic: everybody's visits as (visitor, from, to), and how often one visitor goes to their own pages.
type Traffic = (Vec<(u32, usize, usize)>, usize);

fn any_day() -> impl Strategy<Value = Traffic> {
    let visits = prop::collection::vec((0_u32..40, 0..PUBLIC.len() + 11, 0..PUBLIC.len() + 11), 0..250);
    (visits, 0_usize..40)
}

/// Lives through days of traffic and tells what each has led to. `reloads` says after which days the next-page learner is
/// stored and read again.
fn live(days: &[Traffic], reloads: &[bool], config: &Config) -> Vec<NextPageSnapshot> {
    let mut world = World::new(3);
    world.isolates[0].robots(SITE, ROBOTS.to_owned());
    let shared: Vec<&str> = PUBLIC.into_iter().chain(hidden().into_iter().skip(ALONE.len())).collect();
    let mut told = Vec::new();
    for (day, (visits, alone)) in days.iter().enumerate() {
        world.pass(1);
        for page in PUBLIC.into_iter().chain(hidden()) {
            world.read(page);
        }
        for (number, (host, from, to)) in visits.iter().enumerate() {
            let (from, to) = (shared[*from], shared[*to]);
            let isolate = number % 3;
            let is_given = ![MEMBERS, PRIVATE, NOINDEX].contains(&to);
            world.visit(isolate, *host, Some(from), to, is_given);
            let visitor = world.visitor(*host);
            match to {
                PRIVATE => world.isolates[isolate].ineligible(SITE, to, &Ineligible::Private, Some(visitor)),
                NOINDEX => world.isolates[isolate].ineligible(SITE, to, &Ineligible::Noindex, Some(visitor)),
                _ => {}
            }
        }
        for number in 0..*alone {
            let page = ALONE[number % ALONE.len()];
            for isolate in 0..3 {
                world.visit(isolate, 77, Some("/"), page, true);
                let visitor = world.visitor(77);
                let now = world.now;
                let buffer = &mut world.isolates[isolate];
                let how = Arrived { is_ours: true, ..Arrived::default() };
                buffer.speculated(SITE, page, "/p/a", visitor, how, now);
                buffer.activated(SITE, Some("/p/b"), page, visitor, now);
                buffer.activated(SITE, Some(page), "/p/a", visitor, now);
                // Their link signs them in, which is harm to a session that was there before.
                buffer.ineligible(SITE, ALONE[1], &Ineligible::SessionRotated, Some(visitor));
            }
        }
        world.send();
        let snapshot = world.snapshot(config);
        told.push(snapshot);
        if reloads[day] {
            world.reload();
        }
    }
    told
}

/// Everything but the probabilities, of which the last digits may change when they are stored.
fn rules(snapshot: &NextPageSnapshot) -> Vec<String> {
    let keys = snapshot.pages().into_iter().chain(snapshot.routes());
    let entry = |(key, entry): (&str, &headstart::published::next_page_snapshot::Entry)| {
        format!("{key} {}", learned::rule_set_of(entry).map_or(String::new(), |rule_set| rule_set.body))
    };
    keys.map(entry).chain(snapshot.excluded.iter().map(|excluded| excluded.path.clone())).collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 32, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_traffic_publishes_what_is_not_for_everybody(
        days in prop::collection::vec(any_day(), 1..4),
        reloads in any::<[bool; 3]>(),
        (min_visitors, budget, prerender, delivery) in any_config(),
    ) {
        let config = configured(min_visitors, budget, prerender, delivery);
        let told = live(&days, &reloads, &config);
        for snapshot in &told {
            let texts = &public_texts(snapshot, &config);
            let nexts = snapshot.pages().into_iter().chain(snapshot.routes());
            let nexts: Vec<&str> =
                nexts.flat_map(|(_, entry)| &entry.nexts).map(|next| next.path.as_str()).collect();
            // Where one visitor is enough, what they were given is everybody's.
            let hidden = hidden().into_iter().filter(|path| min_visitors > 1 || !ALONE.contains(path));
            for path in hidden {
                // The baseline's own patterns name some words.
                let is_built_in = path == "/logout" || path.starts_with("/cart");
                prop_assert!(is_built_in || !names(texts, path), "{} in {:?}", path, texts);
                prop_assert!(!nexts.contains(&path) && !snapshot.excluded.iter().any(|excluded| excluded.path == path), "{}", path);
                prop_assert!(snapshot.at(path).is_none(), "{}", path);
            }
            prop_assert!(texts.iter().all(|text| !text.contains("10.0.")), "an address");
        }
        let stayed = live(&days, &[false; 3], &config);
        for (snapshot, other) in told.iter().zip(&stayed) {
            prop_assert_eq!(rules(snapshot), rules(other));
        }
    }
}

/// The site as everybody else uses it: twenty visitors go from the front page to two others.
fn known_site() -> World {
    let mut world = World::new(2);
    for page in PUBLIC {
        world.read(page);
    }
    for host in 0..20 {
        for page in PUBLIC {
            world.visit(0, 100 + host, None, page, true);
        }
        world.visit(1, 100 + host, Some("/"), "/p/a", true);
        world.visit(1, 100 + host, Some("/p/a"), "/p/b", true);
    }
    world.send();
    world
}

fn next_of<'a>(snapshot: &'a NextPageSnapshot, page: &str) -> Vec<&'a str> {
    snapshot
        .at(page)
        .map(|entry| entry.nexts.iter().map(|next| next.path.as_str()).collect())
        .unwrap_or_default()
}

#[test]
fn the_site_is_published_to_begin_with() {
    let mut world = known_site();
    let config = configured(10, "0.6", "off", "header");
    let snapshot = world.snapshot(&config);
    assert_eq!((next_of(&snapshot, "/")[0], next_of(&snapshot, "/p/a")[0]), ("/p/a", "/p/b"));
    assert!(names(&public_texts(&snapshot, &config), "/p/a"));
}

#[test]
fn a_million_spoofed_clicks_of_one_address_publish_nothing() {
    for min_visitors in [10, 3] {
        let config = configured(min_visitors, "1", "on", "header");
        let mut world = known_site();
        // No links, so that nothing but ways can publish them.
        for page in PUBLIC {
            world.isolates[0].outline(SITE, page, Outline::default());
        }
        world.send();
        let before = rules(&world.snapshot(&config));
        for number in 0..1_000_000_u32 {
            let now = world.now;
            let buffer = &mut world.isolates[number as usize % 2];
            let spoofer = buffer.visitor(Some("203.0.113.9")).unwrap();
            let how = Arrived { is_ours: true, is_silent: number % 3 == 0, ..Arrived::default() };
            match number % 4 {
                0 => buffer.click(SITE, "/about", "/blog/(x):y", spoofer, now),
                1 => _ = buffer.activated(SITE, Some("/p/c"), "/about", spoofer, now),
                2 => buffer.speculated(SITE, "/p/b", "/about", spoofer, how, now),
                _ => buffer.given(SITE, "/p/c", spoofer),
            }
            if number % 50_000 == 0 {
                world.send();
                world.now += 10_000;
            }
        }
        world.send();
        world.now += DAY / 2;
        let snapshot = world.snapshot(&config);
        assert!(!next_of(&snapshot, "/about").contains(&"/blog/(x):y"), "{min_visitors}");
        assert!(!next_of(&snapshot, "/p/c").contains(&"/about"), "{min_visitors}");
        assert!(!next_of(&snapshot, "/p/b").contains(&"/about"), "{min_visitors}");
        assert_eq!(next_of(&snapshot, "/")[0], "/p/a", "{before:?}");
        let Ok(()) = world.learner.save(&mut world.store);
        assert!(world.store.size().0 < 50, "{:?}", world.store.size());
    }
}

#[test]
fn a_hundred_thousand_paths_of_one_address_push_nothing_out() {
    let config = configured(10, "0.6", "off", "header");
    let mut world = known_site();
    let before = world.snapshot(&config);
    let spoofer = world.visitor(1);
    for number in 0..100_000 {
        let (path, now) = (format!("/s{number}/x"), world.now);
        let buffer = &mut world.isolates[0];
        buffer.view(SITE, &path, spoofer, 3);
        buffer.given(SITE, &path, spoofer);
        buffer.click(SITE, &path, "/about", spoofer, now);
        buffer.click(SITE, "/", &path, spoofer, now);
        buffer.ineligible(SITE, &format!("/u{number}"), &Ineligible::CartChanged, Some(spoofer));
        if number % 480 == 0 {
            world.send();
        }
    }
    world.send();
    let snapshot = world.snapshot(&config);
    for page in ["/", "/p/a"] {
        assert_eq!(next_of(&snapshot, page), next_of(&before, page), "{page}");
    }
    assert!(snapshot.excluded.is_empty(), "{:?}", snapshot.excluded);
    let Ok(()) = world.learner.save(&mut world.store);
    let (records, bytes) = world.store.size();
    assert!(records <= 2310 && bytes < 4_000_000, "{records} {bytes}");
}

#[test]
fn what_links_say_names_no_secret_and_nothing_that_one_visitor_alone_was_shown() {
    let config = configured(10, "0.6", "off", "header");
    let mut world = known_site();
    for _ in 0..3 {
        for host in 1..40 {
            let visitor = world.visitor(host);
            let isolate = &mut world.isolates[host as usize % 2];
            for page in TELLING.into_iter().chain(["/k/17", "/k?9f86d081884c7d659a2feaa0c55ad015"]) {
                isolate.suspect(SITE, page, "sign-out", visitor);
            }
        }
        let alone = world.visitor(1);
        for page in ALONE {
            for _ in 0..100 {
                world.isolates[0].suspect(SITE, page, "sign-out", alone);
            }
        }
        world.send();
        world.pass(1);
    }
    let snapshot = world.snapshot(&config);
    let out: Vec<&str> = snapshot.excluded.iter().map(|excluded| excluded.path.as_str()).collect();
    assert_eq!(out.iter().filter(|path| snapshot.suspected(path).is_some()).collect::<Vec<_>>(), [&"/k/17"]);
    let texts = public_texts(&snapshot, &config);
    for secret in hidden() {
        assert!(!names(&texts, secret), "{secret}");
    }
    let Ok(()) = world.learner.save(&mut world.store);
    let stored = world.store.all(Kind::Suspect).unwrap();
    assert!(stored.iter().any(|(page, _)| page == "/k/17"));
    let stored = format!("{stored:?}");
    for secret in TELLING.into_iter().filter(|path| !["/logout", "/cart/add/7"].contains(path)) {
        assert!(!stored.contains(secret), "{secret} is not even told to the learner");
    }
}
