//! `EAGERNESS=auto`, under made-up visitors: the baseline rises to moderate where that keeps to the budget, stays
//! conservative or falls back where it does not, does not flap, and nobody alone moves it.
//!
//! The tests go the whole way of each request: its page's `Speculation-Rules`, the speculations that a browser makes by what
//! the named file says, the token that comes back, buffers (one for each isolate), batches as JSON, a next-page learner over
//! a store in memory, and the snapshot as an isolate reads it, as late as isolates do.

use headstart::config::Config;
use headstart::effects::seal::NONCE_BYTES;
use headstart::effects::source_token::{SourceKey, UsedTokens};
use headstart::endpoints::RulesFile;
use headstart::head::{Content, Head};
use headstart::learn::next::navigation_batch::NavigationBatch;
use headstart::learn::next::navigation_buffer::NavigationBuffer;
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::next::visitor::{Salt, day_of};
use headstart::next_page_preferences::NextPagePreferences;
use headstart::plan::events::{self, Answered};
use headstart::plan::exchange::Exchange;
use headstart::plan::snapshots::SiteNextPages;
use headstart::plan::{self, Ambient, Learned, Plan, Sampling, Seen, rules_delivery};
use headstart::published::baseline_eagerness::Step;
use headstart::published::hint_snapshot::Knowledge;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::rules::header;
use headstart::rules::served::RuleSets;
use headstart::speculation::Pointer;
use headstart::store::Memory;
use headstart::visit::Visit;
use headstart_simulate::{SiteKind, sessions};
use std::rc::Rc;
use url::Url;

const START: u64 = 1_800_000_000_000;
const SECOND: u64 = 1000;
const MINUTE: u64 = 60 * SECOND;
const HOUR: u64 = 60 * MINUTE;
const SITE: &str = "https://shop.example";
const ISOLATES: usize = 2;
const SALT: u128 = 0xfeed_f00d_dead_beef;

/// Chance, from a seed.
struct Numbers(u64);

impl Numbers {
    fn below(&mut self, most: usize) -> usize {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        ((self.0 >> 33) % most as u64) as usize
    }

    fn chance(&mut self, share: f64) -> bool {
        (self.below(10_000) as f64) < share * 10_000.0
    }
}

/// What an isolate's decisions take from around them.
struct Around {
    now: u64,
    nonce: u64,
    key: Option<SourceKey>,
}

impl Ambient for Around {
    fn samples(&mut self, _: Sampling) -> bool {
        false
    }

    fn now(&self) -> u64 {
        self.now
    }

    fn nonce(&mut self) -> [u8; NONCE_BYTES] {
        self.nonce += 1;
        let mut nonce = [0; NONCE_BYTES];
        nonce[..8].copy_from_slice(&self.nonce.to_le_bytes());
        nonce
    }

    fn source_key(&self) -> Option<SourceKey> {
        self.key.clone()
    }
}

/// Who visits, and with what.
#[derive(Clone, Copy)]
struct Visitor {
    address: u32,
    pointer: Pointer,
    /// Which isolate answers them.
    isolate: usize,
    has_session: bool,
}

impl Visitor {
    fn mouse(address: u32) -> Self {
        Self { address, pointer: Pointer::Mouse, isolate: address as usize % ISOLATES, has_session: false }
    }

    fn with_session(self) -> Self {
        Self { has_session: true, ..self }
    }

    fn touch(address: u32) -> Self {
        Self { pointer: Pointer::Touch, ..Self::mouse(address) }
    }
}

/// A site behind Headstart: isolates, a learner, what it has published, and what the isolates have read of that.
struct World {
    config: Config,
    isolates: Vec<(NavigationBuffer, UsedTokens)>,
    learner: NextPageLearner,
    store: Memory,
    around: Around,
    published: Option<String>,
    baseline: Rc<RuleSets>,
    rule_sets: Rc<RuleSets>,
    chosen_at: u64,
    refreshed_at: u64,
    /// How long the origin takes, in milliseconds, and what it says.
    took_ms: f64,
    status: u16,
    /// Speculations that were made, and used.
    made: u32,
    used: u32,
    /// The steps of each pointer, as they were published, each with its time.
    steps: Vec<(u64, [Step; 2])>,
}

impl World {
    fn new(variables: &[(&str, &str)]) -> Self {
        let (config, mistakes) = Config::read(variables.iter().copied());
        assert_eq!(mistakes, []);
        let baseline = Rc::new(rules_delivery::rule_sets(&config, &[]));
        let mut world = Self {
            isolates: (0..ISOLATES).map(|_| Default::default()).collect(),
            learner: NextPageLearner::default(),
            store: Memory::default(),
            around: Around { now: START, nonce: 0, key: None },
            published: None,
            rule_sets: Rc::clone(&baseline),
            baseline,
            chosen_at: START,
            refreshed_at: START,
            took_ms: 120.0,
            status: 200,
            made: 0,
            used: 0,
            steps: vec![(START, [Step::Conservative; 2])],
            config,
        };
        world.pass(0);
        world.isolates[0].0.robots("shop.example", String::new());
        world
    }

    /// Time passes: what isolates have seen is sent every ten seconds at least, the learner publishes every two minutes, and
    /// isolates read that anew once a minute.
    fn pass(&mut self, milliseconds: u64) {
        let until = self.around.now + milliseconds;
        loop {
            let now = self.around.now;
            let salt = Salt::new(day_of(now), SALT + u128::from(day_of(now)));
            self.around.key = SourceKey::new(salt.secret("source"));
            self.isolates.iter_mut().for_each(|(buffer, _)| buffer.set_salt(salt));
            for batch in self.isolates.iter_mut().flat_map(|(buffer, _)| buffer.take(|_| true)) {
                let json = serde_json::to_string(&batch).unwrap();
                let batch: NavigationBatch = serde_json::from_str(&json).unwrap();
                self.learner.merge(&batch, now);
            }
            if now - self.chosen_at >= 2 * MINUTE {
                self.chosen_at = now;
                self.choose();
            }
            if now - self.refreshed_at >= MINUTE
                && let Some(published) = &self.published
            {
                self.refreshed_at = now;
                let read = SiteNextPages::parse(published, &self.config, &self.baseline).unwrap();
                self.rule_sets = read.rule_sets();
            }
            if now >= until {
                return;
            }
            self.around.now = until.min(now + 10 * SECOND);
        }
    }

    fn choose(&mut self) {
        // What is stored is what counts: an object may be gone between two alarms.
        let Ok(()) = self.learner.save(&mut self.store);
        let Ok(loaded) = NextPageLearner::load(&mut self.store);
        self.learner = loaded;
        let preferences = NextPagePreferences { prerender: None, ..self.config.next_page_preferences() };
        let Some(publication) = self.learner.choose(&preferences, self.around.now) else { return };
        let snapshot = NextPageSnapshot::parse(&publication.value).unwrap();
        let steps = Pointer::ALL.map(|pointer| snapshot.baseline.step(pointer));
        if self.steps.last().unwrap().1 != steps {
            self.steps.push((self.around.now, steps));
        }
        self.published = Some(publication.value);
    }

    fn snapshot(&self) -> NextPageSnapshot {
        NextPageSnapshot::parse(self.published.as_deref().unwrap_or(r#"{"version":1,"pages":{}}"#)).unwrap()
    }

    fn steps(&self) -> [Step; 2] {
        self.steps.last().unwrap().1
    }

    /// Whether the file that a page names is a moderate one for a pointer.
    fn is_moderate(&self, path: &str, pointer: Pointer) -> bool {
        let file = self.rule_sets.baseline_of(path);
        self.rule_sets.answering(file, pointer) == RulesFile::Moderate
    }

    /// Whether what the file says that a page names has a browser fetch anything.
    fn names_any_link(&self, path: &str, pointer: Pointer) -> bool {
        let file = self.rule_sets.answering(self.rule_sets.baseline_of(path), pointer);
        self.rule_sets.get(file).body.contains("\"prefetch\"")
    }

    /// A request for a page, and its answer. Answers the rules file that the page names, if it is answered.
    fn ask(&mut self, to: &str, from: Option<&str>, visitor: Visitor, tag: Option<&str>) -> Option<String> {
        let url = Url::parse(SITE).unwrap().join(to).unwrap();
        let address = address_of(visitor);
        let referer = from.map(|from| format!("{SITE}{from}"));
        let tags = tag.map(|tag| format!("\"{tag}\""));
        let mut fields = vec![
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-dest", "document"),
            ("sec-ch-ua-mobile", if visitor.pointer == Pointer::Touch { "?1" } else { "?0" }),
            (":visitor-address", &address),
        ];
        fields.extend(referer.as_deref().map(|referer| ("referer", referer)));
        fields.extend(visitor.has_session.then_some(("cookie", "laravel_session=q3v8k1m0")));
        match &tags {
            Some(tags) => fields.extend([("sec-purpose", "prefetch"), ("sec-speculation-tags", tags)]),
            None => fields.extend([("sec-fetch-user", "?1"), ("sec-fetch-site", "same-origin")]),
        }
        let visit = Visit::with("GET", url, &fields);
        let content = if self.status == 200 { Content::Page } else { Content::Html };
        let head = Head { status: self.status, content, is_readable: true, ..Head::default() };
        let most = self.config.next_pages.most_told();
        let buffer = &mut self.isolates[visitor.isolate].0;
        let exchange = Exchange::read(&visit, &head, &self.config)
            .told_by(|address, is_moderate| buffer.may_tell(address, is_moderate, most));
        let learned = Learned {
            knowledge: Knowledge::Unknown,
            leads_to: None,
            guidance: exchange.guidance(None),
            rule_sets: &self.rule_sets,
            seen: Seen::default(),
            is_routine: false,
        };
        let plan = plan::plan(&visit, &head, learned, &self.config, &mut self.around);
        let how = Answered {
            is_refused: matches!(plan, Plan::Refuse(_)),
            is_deferred: matches!(&plan, Plan::Edit(edit) if edit.deferred().is_some()),
            is_excluded: false,
            is_witness: true,
            took_ms: self.took_ms,
            at: self.around.now,
        };
        let happened = events::of_exchange(&exchange, how, |_| None, Vec::new, &self.config);
        if self.config.learns_next_pages() {
            buffer.apply(&happened.unwrap(), self.around.now);
        }
        let Plan::Edit(edit) = plan else { return None };
        let (_, value) = edit.append.into_iter().find(|(name, _)| *name == "Speculation-Rules")?;
        header::parse(&value)?.into_iter().next()
    }

    /// A page is shown that was fetched ahead: its browser asks for the rules file that it names, perhaps at another isolate.
    fn activate(&mut self, page: &str, file: &str, visitor: Visitor, isolate: usize) {
        let url = Url::parse(SITE).unwrap().join(file).unwrap();
        let (address, referer) = (address_of(visitor), format!("{SITE}{page}"));
        let fields = [
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-dest", "speculationrules"),
            ("referer", &referer),
            (":visitor-address", &address),
        ];
        let visit = Visit::with("GET", url, &fields);
        let (buffer, used) = &mut self.isolates[isolate];
        let key = self.around.key.clone();
        let happened = events::of_signal(&visit, &self.config, key.as_ref(), used, self.around.now);
        if let Some(happened) = happened {
            buffer.apply(&happened, self.around.now);
        }
    }

    /// A visitor on a page points at some of its links for long enough, and follows the last one, if it is one. The first
    /// page of a visit is asked for without a link.
    fn look(&mut self, page: &str, pointed_at: &[&str], follows: Option<&str>, visitor: Visitor) {
        let is_moderate = self.is_moderate(page, visitor.pointer);
        let tag = if is_moderate { "headstart-moderate" } else { "headstart" };
        if is_moderate {
            for link in pointed_at {
                self.made += 1;
                self.ask(link, Some(page), visitor, Some(tag));
            }
        }
        let Some(to) = follows else { return };
        if !self.names_any_link(page, visitor.pointer) {
            self.ask(to, Some(page), visitor, None);
            return;
        }
        self.made += 1;
        if let Some(file) = self.ask(to, Some(page), visitor, Some(tag)) {
            self.used += 1;
            self.pass(SECOND);
            self.activate(to, &file, visitor, (visitor.isolate + 1) % ISOLATES);
        }
    }

    /// Visitors of a made-up site: each has an address of their own, points in vain at `in_vain` links on each page on the
    /// average, and a fifth of them have a browser that speculates on nothing. Calls `each` after each navigation, with its
    /// number.
    fn visit(&mut self, all: &[Vec<String>], in_vain: f64, mut each: impl FnMut(&mut Self, usize)) {
        let mut numbers = Numbers(1);
        let paths: Vec<&String> = all.iter().flatten().collect();
        let mut navigations = 0;
        for (address, session) in all.iter().enumerate() {
            let visitor = Visitor::mouse(address as u32);
            self.ask(&session[0], None, visitor, None);
            for step in session.windows(2) {
                self.pass(20 * SECOND);
                if address % 5 == 0 {
                    self.ask(&step[1], Some(&step[0]), visitor, None);
                } else {
                    let number = in_vain as usize + usize::from(numbers.chance(in_vain.fract()));
                    let pointed_at: Vec<&str> =
                        (0..number).map(|_| paths[numbers.below(paths.len())].as_str()).collect();
                    self.look(&step[0], &pointed_at, Some(&step[1]), visitor);
                }
                navigations += 1;
                each(self, navigations);
            }
        }
        self.pass(5 * MINUTE);
    }
}

fn address_of(visitor: Visitor) -> String {
    let [_, a, b, c] = visitor.address.to_be_bytes();
    format!("10.{a}.{b}.{c}")
}

/// Visits of a shop-like site: everybody begins on one of five lists, and goes on to two products.
fn visits(number: usize, list: impl Fn(usize) -> String) -> Vec<Vec<String>> {
    let product = |of: usize| format!("/product/{}", of % 40);
    (0..number).map(|of| vec![list(of % 5), product(of * 7), product(of * 11 + 3)]).collect()
}

fn lists(of: usize) -> String {
    format!("/list/{of}")
}

/// A site whose baseline has risen, and how many visitors it took.
fn risen(variables: &[(&str, &str)]) -> (World, usize) {
    let mut world = World::new(variables);
    let number = 150;
    world.visit(&visits(number, lists), 0.5, |_, _| {});
    assert_eq!(world.steps(), [Step::Moderate, Step::Conservative], "{:?}", world.snapshot().baseline);
    (world, number)
}

#[test]
fn within_three_hundred_navigations_it_is_moderate_where_the_waste_is_within_the_budget() {
    // Links that are pointed at in vain on each page, and within how many navigations it rises: the nearer the waste is to the
    // budget, the more it takes to tell.
    let cases = SiteKind::ALL.map(|kind| (kind, 0.5, 300)).into_iter().chain([(SiteKind::Shop, 1.0, 600)]);
    for (kind, in_vain, within) in cases {
        let all = sessions(kind, within, 1, None);
        let mut world = World::new(&[]);
        let (mut first, mut late) = (0, (0, 0));
        world.visit(&all, in_vain, |world, navigations| {
            if navigations <= 24 {
                assert_eq!(world.steps(), [Step::Conservative; 2], "{kind:?}");
            }
            if first == 0 && world.steps()[0] == Step::Moderate {
                first = navigations;
                late = (world.made, world.used);
            }
        });
        assert!((25..=within).contains(&first), "{kind:?}: {first} {:#?}", world.snapshot().baseline);
        // Nobody has pointed with a finger.
        assert_eq!(world.steps(), [Step::Moderate, Step::Conservative]);
        let is_moderate = |path: &String| world.is_moderate(path, Pointer::Mouse);
        assert!(all.iter().flatten().all(is_moderate), "{kind:?}");
        assert!(all.iter().flatten().all(|path| !world.is_moderate(path, Pointer::Touch)));
        // As the visitors are made.
        let (made, used) = (f64::from(world.made - late.0), f64::from(world.used - late.1));
        let expected = used * (1.0 + in_vain);
        assert!((0.8 * expected - 3.0..=1.2 * expected + 3.0).contains(&made), "{kind:?}: {used} of {made}");
    }
}

#[test]
fn where_everybody_sweeps_over_many_links_it_falls_back_and_stays_there() {
    let mut world = World::new(&[]);
    let (mut moderate, mut all) = (0, 0);
    world.visit(&visits(400, lists), 8.0, |world, _| {
        all += 1;
        moderate += usize::from(world.steps()[0] > Step::Conservative);
    });
    assert_eq!(world.steps(), [Step::Conservative; 2], "{:?}", world.steps);
    assert_eq!(world.steps.len(), 3, "one trial: {:?}", world.steps);
    assert!(moderate > 0 && moderate < all / 5, "{moderate} of {all}");
    assert_eq!(world.snapshot().baseline.tracks[0].why, "wasteful");
}

/// A site whose own script follows each click and fetches data.
fn a_script_takes_the_clicks(visitor: impl Fn(u32) -> Visitor) {
    let mut world = World::new(&[]);
    let mut address = 0;
    let mut press = |world: &mut World| {
        address += 1;
        let (visitor, page) = (visitor(address), lists(address as usize % 5));
        world.ask(&page, None, visitor, None);
        world.pass(20 * SECOND);
        let is_asked = world.names_any_link(&page, visitor.pointer);
        if is_asked {
            world.made += 1;
            world.ask("/product/1", Some(&page), visitor, Some("headstart"));
        } else {
            world.pass(10 * MINUTE);
        }
        is_asked
    };
    let mut rests = Vec::new();
    let mut since = None;
    while world.around.now < START + 100 * HOUR {
        match (press(&mut world), since) {
            (false, None) => since = Some(world.around.now),
            (true, Some(began)) => {
                rests.push((world.around.now - began + HOUR / 2) / HOUR);
                since = None;
            }
            _ => {}
        }
    }
    assert_eq!((rests, since.is_some()), (vec![24, 48], true), "{:?}", world.snapshot().baseline);
    assert!(world.made < 3 * 70, "{} pages were fetched in vain", world.made);
    assert_eq!(world.snapshot().baseline.tracks[0].why, "unused");
    assert_eq!(world.steps(), [Step::Conservative; 2]);
}

#[test]
fn where_a_script_takes_the_clicks_nothing_is_fetched_ahead_any_more_for_a_day_and_then_for_two() {
    a_script_takes_the_clicks(Visitor::mouse);
}

#[test]
fn so_it_is_where_everybody_has_a_session() {
    a_script_takes_the_clicks(|address| Visitor::mouse(address).with_session());
}

#[test]
fn where_everybody_has_a_session_and_what_is_pressed_is_shown_it_stays_as_it_is() {
    let mut world = World::new(&[]);
    for (address, session) in visits(200, lists).iter().enumerate() {
        let visitor = Visitor::mouse(address as u32).with_session();
        world.ask(&session[0], None, visitor, None);
        for step in session.windows(2) {
            world.pass(20 * SECOND);
            world.look(&step[0], &["/product/1"], Some(&step[1]), visitor);
        }
    }
    world.pass(5 * MINUTE);
    let baseline = world.snapshot().baseline;
    assert_eq!((world.made, world.used), (400, 400));
    assert_eq!((baseline.rest, world.steps.len()), (None, 1), "{:?}", world.steps);
    assert_eq!(baseline.tracks[0].why, "too-few-guesses");
    assert!(world.names_any_link("/list/1", Pointer::Mouse));
}

#[test]
fn a_page_of_two_hundred_links_stays_conservative_by_itself() {
    let mut world = World::new(&[]);
    let hub = |_| "/hub".to_owned();
    let links: Vec<String> = (0..200).map(|link| format!("/product/{link}")).collect();
    let mut numbers = Numbers(3);
    for (address, session) in visits(400, hub).iter().enumerate() {
        let visitor = Visitor::mouse(address as u32);
        world.ask("/hub", None, visitor, None);
        world.pass(20 * SECOND);
        let swept: Vec<&str> = (0..10).map(|_| links[numbers.below(200)].as_str()).collect();
        world.look("/hub", &swept, Some(&session[1]), visitor);
        world.pass(20 * SECOND);
        world.look(&session[1], &[], Some(&session[2]), visitor);
    }
    world.pass(5 * MINUTE);
    let baseline = world.snapshot().baseline;
    assert_eq!(world.steps()[0], Step::Moderate, "{:?}", world.steps);
    assert!(!world.is_moderate("/hub", Pointer::Mouse) && world.is_moderate("/product/7", Pointer::Mouse));
    let held: Vec<(&str, u8)> = baseline.held.iter().map(|held| (held.name.as_str(), held.mask)).collect();
    assert_eq!(held, [("/hub", 1)]);
    let guesses = baseline.held[0].guesses;
    assert!(guesses.0 >= 30 && guesses.1 * 4 < guesses.0, "{guesses:?}");
    // It is tried again the next day, found the same, and then held for twice as long.
    let until = baseline.held[0].until * 1000;
    world.pass(until - world.around.now + 5 * MINUTE);
    assert!(world.is_moderate("/hub", Pointer::Mouse));
    for address in 1000..1100 {
        let visitor = Visitor::mouse(address);
        world.pass(20 * SECOND);
        let swept: Vec<&str> = (0..10).map(|_| links[numbers.below(200)].as_str()).collect();
        world.look("/hub", &swept, Some("/product/7"), visitor);
    }
    world.pass(5 * MINUTE);
    assert!(!world.is_moderate("/hub", Pointer::Mouse));
    let again = world.snapshot().baseline.held[0].until * 1000;
    assert!(again > world.around.now + 40 * HOUR, "{again}");
}

#[test]
fn an_origin_that_slows_down_is_relieved_within_a_quarter_of_an_hour_and_not_loaded_again_for_hours() {
    let (mut world, number) = risen(&[]);
    let slows = world.around.now;
    world.took_ms = 900.0;
    let mut relieved = None;
    let mut address = number as u32;
    let mut visit = |world: &mut World| {
        let visitor = Visitor::mouse(address);
        address += 1;
        world.pass(10 * SECOND);
        world.look(&lists(address as usize % 5), &["/product/1"], Some("/product/2"), visitor);
    };
    while relieved.is_none() && world.around.now < slows + HOUR {
        visit(&mut world);
        relieved = (world.steps() == [Step::Conservative; 2]).then_some(world.around.now);
    }
    let relieved = relieved.expect("it falls");
    assert!(relieved < slows + 15 * MINUTE, "after {} s", (relieved - slows) / SECOND);
    assert_eq!(world.snapshot().baseline.tracks[0].why, "slow-origin");
    world.pass(2 * MINUTE);
    for path in ["/list/1", "/product/9", "/"] {
        assert!(!world.is_moderate(path, Pointer::Mouse));
        // What a cache still names says the same.
        let file = world.rule_sets.answering(RulesFile::Moderate, Pointer::Mouse);
        assert_eq!(file, RulesFile::Baseline);
    }
    // It recovers at once, and nothing rises for six hours.
    world.took_ms = 120.0;
    while world.around.now < relieved + 6 * HOUR {
        visit(&mut world);
        assert_eq!(world.steps(), [Step::Conservative; 2]);
    }
    while world.around.now < relieved + 9 * HOUR {
        visit(&mut world);
    }
    assert_eq!(world.steps()[0], Step::Moderate, "{:?}", world.steps);
    // All in all: up twice in two steps, down once.
    assert_eq!(world.steps.len(), 7, "{:?}", world.steps);
}

#[test]
fn an_origin_that_fails_or_refuses_is_no_place_for_guesses() {
    let (mut world, number) = risen(&[]);
    world.status = 503;
    for address in 0..120 {
        world.pass(10 * SECOND);
        world.look("/list/1", &["/product/1"], Some("/product/2"), Visitor::mouse(number as u32 + address));
    }
    world.pass(5 * MINUTE);
    assert_eq!(world.steps(), [Step::Conservative; 2]);
    assert_eq!(world.snapshot().baseline.tracks[0].why, "failing-origin");
}

#[test]
fn a_finger_is_judged_by_itself() {
    let mut world = World::new(&[]);
    let all = visits(600, lists);
    for (address, session) in all.iter().enumerate() {
        let touches = address % 2 == 0;
        let visitor = if touches { Visitor::touch(address as u32) } else { Visitor::mouse(address as u32) };
        // On touch a browser takes for pointed at whatever scrolls by.
        let in_vain: &[&str] = if touches { &["/product/1"; 6] } else { &[] };
        world.ask(&session[0], None, visitor, None);
        for step in session.windows(2) {
            world.pass(10 * SECOND);
            world.look(&step[0], in_vain, Some(&step[1]), visitor);
        }
    }
    world.pass(5 * MINUTE);
    assert_eq!(world.steps(), [Step::Moderate, Step::Conservative], "{:?}", world.steps);
    assert_eq!(world.snapshot().baseline.tracks[1].why, "wasteful");
    assert_eq!(world.rule_sets.baseline_of("/list/1"), RulesFile::ModerateByMouse);
    assert!(world.is_moderate("/list/1", Pointer::Mouse) && !world.is_moderate("/list/1", Pointer::Touch));
}

/// What three visitors do who want to move a site's eagerness: as often as they can, at both isolates.
fn attack(world: &mut World, is_used: bool) {
    for round in 0..20 {
        for host in 0..3 {
            for isolate in 0..ISOLATES {
                let visitor = Visitor { isolate, ..Visitor::mouse(0x00ff_0000 + host) };
                for tag in ["headstart", "headstart-moderate"] {
                    let page = format!("/product/{round}");
                    let file = world.ask(&page, Some("/list/1"), visitor, Some(tag));
                    if let Some(file) = file.filter(|_| is_used) {
                        // The same signal, wherever it is taken.
                        for isolate in 0..ISOLATES {
                            world.activate(&page, &file, visitor, isolate);
                        }
                    }
                }
            }
        }
    }
}

#[test]
fn three_visitors_raise_nothing() {
    // On a site with nobody else.
    let mut world = World::new(&[]);
    for _ in 0..30 {
        attack(&mut world, true);
        world.pass(24 * HOUR);
    }
    assert_eq!(world.steps.len(), 1, "{:?}", world.steps);
    // On one where everybody else sweeps over links.
    let mut world = World::new(&[]);
    let mut steps = 1;
    for day in 0..10 {
        attack(&mut world, true);
        for address in 0..60 {
            world.pass(10 * MINUTE);
            if world.steps.len() > steps {
                steps = world.steps.len();
                attack(&mut world, true);
            }
            let swept = ["/product/1", "/product/2", "/product/3", "/product/4"];
            world.look("/list/1", &swept, Some("/product/5"), Visitor::mouse(day * 100 + address));
        }
        world.pass(14 * HOUR);
    }
    assert!(world.steps.iter().all(|(_, steps)| steps[0] < Step::Moderate), "{:?}", world.steps);
}

#[test]
fn three_visitors_lower_nothing() {
    let (mut world, number) = risen(&[]);
    let before = world.steps.len();
    for day in 0..10 {
        for address in 0..120 {
            world.pass(8 * MINUTE);
            if address == 30 {
                // They waste what they can, ask for what takes long, and for what fails.
                world.took_ms = 30_000.0;
                attack(&mut world, false);
                world.status = 500;
                attack(&mut world, false);
                (world.took_ms, world.status) = (120.0, 200);
            }
            let visitor = Visitor::mouse(number as u32 + day * 200 + address);
            world.look(&lists(address as usize % 5), &[], Some("/product/5"), visitor);
        }
        world.pass(8 * HOUR);
    }
    assert_eq!(world.steps.len(), before, "{:?}", world.steps);
    assert_eq!(world.snapshot().baseline.held, []);
}

#[test]
fn what_the_owner_has_configured_stays() {
    for variables in [
        &[("EAGERNESS", "conservative")][..],
        &[("EAGERNESS", "eager")],
        &[("ACTIVATION_SIGNAL", "off")],
        &[("NEXT_PAGES", "off")],
    ] {
        let mut world = World::new(variables);
        let body = world.baseline.get(RulesFile::Baseline).body.clone();
        for (address, session) in visits(150, lists).iter().enumerate() {
            let visitor = Visitor::mouse(address as u32);
            for step in session.windows(2) {
                world.pass(20 * SECOND);
                world.ask(&step[1], Some(&step[0]), visitor, Some("headstart"));
            }
        }
        world.pass(5 * MINUTE);
        assert_eq!(world.steps.len(), 1, "{variables:?}");
        for path in ["/list/1", "/product/9"] {
            assert_eq!(world.rule_sets.baseline_of(path), RulesFile::Baseline);
        }
        assert_eq!(world.rule_sets.get(RulesFile::Moderate).body, body);
        assert!(world.published.is_none_or(|value| !value.contains("\"tracks\"")), "{variables:?}");
    }
}

#[test]
fn no_budget_is_no_trial_that_rises_and_a_whole_one_always_is() {
    for (budget, step) in [("0", Step::Conservative), ("1", Step::Moderate)] {
        let mut world = World::new(&[("WASTE_BUDGET", budget)]);
        world.visit(&visits(200, lists), 1.0, |_, _| {});
        assert_eq!(world.steps()[0], step, "{budget}: {:?}", world.snapshot().baseline);
    }
}
