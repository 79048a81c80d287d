//! Third parties' stylesheets, natively: from the pages that name them to what a learner asks for, and from what is read to hints.

use headstart::head::{Content, Head};
use headstart::hints::rank::HintPreferences;
use headstart::learn::css::MAX_CSS_BYTES;
use headstart::learn::document;
use headstart::learn::html::Observer;
use headstart::learn::names::{LIFE_DAYS, NameKey};
use headstart::learn::next::visitor::{Salt, day_of};
use headstart::learn::observation_buffer::{ObservationBuffer, Observed, Pace};
use headstart::learn::reading_list::{self, MAX_A_DAY};
use headstart::learn::site_url_cache::SiteUrlCache;
use headstart::learn::{learner, third_party_sheet};
use headstart::limits::SEVERAL;
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::store::{Kind, Memory, Store};
use headstart::urls::inert_parameters::InertParameters;
use std::collections::BTreeMap;
use url::Url;

pub const SITE: &str = "shop.example";
const START: u64 = 1_800_000_000_000;
pub const DAY: u64 = 24 * 3600 * 1000;

/// As the services have it whose fonts most sites use: the sheet on one host, the fonts on another.
pub const FONTS: &str = "https://api.fonts.example/css2?family=Inter:wght@400;700&display=swap";
const FONTS_SHEET: &str =
    "@font-face { font-family: 'Inter'; src: url(https://files.fonts.example/inter.woff2) format('woff2') }";
pub const PAGE: &str = "<!doctype html><html><head><link rel=stylesheet \
    href='https://api.fonts.example/css2?family=Inter:wght@400;700&amp;display=swap'></head><body><p>x";

fn preferences() -> HintPreferences {
    HintPreferences {
        preconnect: 3,
        dns_prefetch: 6,
        several: SEVERAL,
        reads_third_parties: true,
        ..HintPreferences::default()
    }
}

/// An isolate and a learner, and the third parties, each of which answers for one URL.
pub struct World {
    pub buffer: ObservationBuffer,
    pub site_urls: SiteUrlCache,
    pub store: Memory,
    pub preferences: HintPreferences,
    pub now: u64,
    pub sheets: BTreeMap<String, String>,
    /// Everything that was asked for, in its order.
    asked: Vec<String>,
    /// What was published last.
    pub snapshot: HintSnapshot,
}

impl World {
    pub fn new(sheets: &[(&str, &str)]) -> Self {
        Self {
            buffer: ObservationBuffer::default(),
            site_urls: SiteUrlCache::default(),
            store: Memory::default(),
            preferences: preferences(),
            now: START,
            sheets: sheets.iter().map(|(url, text)| ((*url).to_owned(), (*text).to_owned())).collect(),
            asked: Vec::new(),
            snapshot: HintSnapshot::default(),
        }
    }

    /// The keys of the day.
    pub fn salt(&self) -> Salt {
        let day = day_of(self.now);
        let mut salt = Salt::new(day, 7);
        salt.names = NameKey::new(day, u128::from(day));
        salt
    }

    /// The page at a path is shown to visitors of these numbers.
    pub fn show(&mut self, path: &str, page: &str, visitors: impl IntoIterator<Item = u32>) {
        let url = Url::parse(&format!("https://{SITE}{path}")).unwrap();
        let head = Head { content: Content::Page, ..Head::default() };
        let salt = self.salt();
        for visitor in visitors {
            let mut observer = Observer::new(&url, &head, &InertParameters::default()).unwrap();
            observer.write(page.as_bytes());
            let observation = observer.end().observation;
            let visitor = salt.visitor(&format!("192.0.2.{visitor}"));
            let pace = Pace::new(0, 0);
            self.buffer.add(SITE, Observed::View(observation, visitor), true, pace, self.now, 1);
        }
        self.send(&salt);
    }

    /// What the isolate has gathered goes to the learner.
    pub fn send(&mut self, salt: &Salt) {
        for batch in self.buffer.take(1, &self.site_urls, salt, |_, _| true) {
            let json = serde_json::to_string(&batch).unwrap();
            let batch = serde_json::from_str(&json).unwrap();
            let Ok(()) = learner::merge(&mut self.store, &batch, &self.preferences, self.now);
        }
    }

    /// What a learner's alarm does: publishes, and asks for what is due. Answers whether anything was published.
    pub fn alarm(&mut self) -> bool {
        let Ok(publication) = learner::choose(&mut self.store, &self.preferences, self.now);
        let is_new = publication.is_some();
        if let Some(publication) = publication {
            self.snapshot = HintSnapshot::parse(&publication.value).unwrap();
            let Ok(()) = learner::published(&mut self.store, &publication.value);
        }
        let Ok(due) = reading_list::take_due(&mut self.store, self.now);
        for name in due {
            self.asked.push(name.clone());
            let Some(url) = third_party_sheet::url(&name, SITE) else { continue };
            let Some(text) = self.sheets.get(&name) else { continue };
            let sheet = third_party_sheet::read(&url, text.as_bytes(), encoding_rs::UTF_8, SITE, self.now);
            let Ok(()) = reading_list::was_read(&mut self.store, &name, &sheet, self.now);
        }
        is_new
    }

    /// Lets time pass.
    pub fn pass(&mut self, milliseconds: u64) {
        self.now += milliseconds;
    }

    /// The `Link` line of a page after some alarms.
    fn link(&mut self, path: &str) -> String {
        for _ in 0..8 {
            self.alarm();
            self.pass(1000);
        }
        let hints = self.snapshot.known(path).map(|known| known.hints.to_vec()).unwrap_or_default();
        headstart::hints::link::serialise(&hints, 1000)
    }
}

const LINK: &str =
    "<https://api.fonts.example>; rel=preconnect, <https://files.fonts.example>; rel=preconnect; crossorigin";

#[test]
fn a_page_is_given_the_origins_that_a_third_partys_sheet_names() {
    let mut world = World::new(&[(FONTS, FONTS_SHEET)]);
    world.show("/", PAGE, 1..=4);
    assert_eq!(world.link("/"), LINK);
    assert_eq!(world.asked, [FONTS]);
}

#[test]
fn it_is_asked_for_once_a_day_and_followed_when_it_changes() {
    let mut world = World::new(&[(FONTS, FONTS_SHEET)]);
    for day in 0..6 {
        for _ in 0..48 {
            world.show("/", PAGE, 1..=4);
            world.alarm();
            world.pass(DAY / 48);
        }
        assert_eq!(world.asked.len(), 1 + day, "day {day}");
    }
    world.sheets.insert(FONTS.to_owned(), FONTS_SHEET.replace("files.", "new."));
    for _ in 0..4 {
        world.show("/", PAGE, 1..=4);
        world.alarm();
        world.pass(DAY);
    }
    world.show("/", PAGE, 1..=4);
    let link = world.link("/");
    assert!(link.contains("new.fonts.example") && !link.contains("files.fonts.example"), "{link}");
}

#[test]
fn a_new_key_for_names_forgets_no_sheet_that_is_known() {
    let mut world = World::new(&[(FONTS, FONTS_SHEET)]);
    world.show("/", PAGE, 1..=4);
    assert_eq!(world.link("/"), LINK);
    // One view a day, so that none of these days has several visitors. Each day has a key of its own here.
    for _ in 0..10 {
        world.pass(DAY);
        world.show("/", PAGE, [1]);
        assert!(!world.alarm(), "nothing changes");
    }
    assert_eq!(world.asked.len(), 11);
}

#[test]
fn nobody_alone_has_a_sheet_asked_for_or_written_down() {
    let mut world = World::new(&[]);
    let evil = "https://victim.example/expensive?secret=7";
    let repeating =
        PAGE.replace("https://api.fonts.example/css2", "https://victim.example/expensive?secret=7&");
    world.show("/", PAGE, 1..=4);
    // As often as they like, on as many pages as they like, each day.
    for day in 0..4 {
        for number in 0..20 {
            world.show(&format!("/{day}/{number}"), &repeating, [9]);
            world.show("/", &repeating, [9, 9]);
            world.alarm();
        }
        world.pass(DAY);
    }
    assert!(world.asked.iter().all(|asked| asked == FONTS) && !world.asked.is_empty(), "{:?}", world.asked);
    let all = [Kind::Page, Kind::Sheet, Kind::ThirdPartySheet, Kind::Fact]
        .map(|kind| world.store.all(kind).unwrap());
    let text = format!("{all:?}");
    assert!(!text.contains("expensive") && !text.contains("secret=7"), "{text}");
    // Three of one day are several.
    world.show("/three", &repeating, [9, 10, 11]);
    world.alarm();
    assert!(world.asked.iter().any(|asked| asked.starts_with(evil)), "{:?}", world.asked);
}

#[test]
fn no_page_has_anything_asked_for_but_a_public_name_over_tls() {
    let hosts = [
        "http://cdn.example/a.css",
        "//169.254.169.254/latest/meta-data/",
        "https://2852039166/a.css",
        "https://[::ffff:169.254.169.254]/a.css",
        "https://0xa9.0xfe.0xa9.0xfe/a.css",
        "https://metadata.google.internal/computeMetadata/v1/",
        "https://localhost/a.css",
        "https://127.0.0.1.nip.io/a.css",
        "https://intranet/a.css",
        "https://printer.local/a.css",
        "https://user:secret@cdn.example/a.css",
        "https://cdn.example:8443/a.css",
        "https://shop.example/a.css",
        "https://SHOP.example:443/a.css",
        "data:text/css,@import'https://cdn.example/a.css'",
        "ftp://cdn.example/a.css",
        "javascript:alert(1)",
    ];
    let mut world = World::new(&[]);
    for (number, host) in hosts.iter().enumerate() {
        let page = format!("<link rel=stylesheet href=\"{host}\"><style>@import \"{host}\";</style>");
        world.show(&format!("/{number}"), &page, 1..=6);
        world.alarm();
    }
    assert!(world.asked.is_empty(), "{:?}", world.asked);
    // The same where another sheet imports them.
    let imports: String = hosts.iter().map(|host| format!("@import \"{host}\";")).collect();
    world.sheets.insert(FONTS.to_owned(), imports);
    world.show("/", PAGE, 1..=6);
    world.link("/");
    assert_eq!(world.asked, [FONTS]);
}

#[test]
fn imports_are_followed_to_a_depth_and_a_ring_ends() {
    let name = |number: usize| format!("https://a{number}.example/a.css");
    let import = |number: usize| format!("@import '{}';", name(number));
    let mut world = World::new(&[]);
    // A ring of three.
    for number in 0..3 {
        world.sheets.insert(name(number), import((number + 1) % 3));
    }
    let page = |number: usize| format!("<link rel=stylesheet href={}>", name(number));
    world.show("/ring", &page(0), 1..=4);
    world.link("/ring");
    assert_eq!(world.asked, [name(0), name(1), name(2)]);
    // A chain without end.
    for number in 10..100 {
        world.sheets.insert(name(number), import(number + 1));
    }
    world.show("/chain", &page(10), 1..=4);
    world.link("/chain");
    assert_eq!(world.asked[3..], [name(10), name(11), name(12), name(13), name(14)]);
    // One with more imports than anybody reads.
    world.sheets.insert(name(200), (1000..3000).map(import).collect());
    world.show("/many", &page(200), 1..=4);
    let before = world.asked.len();
    world.link("/many");
    assert!(world.asked.len() - before <= 11, "{}", world.asked.len() - before);
}

#[test]
fn so_many_are_asked_for_in_a_day_whatever_pages_name() {
    let mut world = World::new(&[]);
    for number in 0..500 {
        let page = format!("<link rel=stylesheet href=https://a{number}.example/a.css>");
        world.show(&format!("/{number}"), &page, 1..=4);
        world.alarm();
        world.pass(DAY / 500 - 1);
    }
    assert_eq!(world.asked.len(), MAX_A_DAY);
}

#[test]
fn a_sheet_that_the_sites_own_sheet_imports_counts_as_well() {
    let mut world = World::new(&[(FONTS, FONTS_SHEET)]);
    let url = Url::parse("https://shop.example/site.css").unwrap();
    let own = document::sheet(&url, &format!("@import url('{FONTS}'); p {{ color: red }}"), START);
    world.site_urls.put_sheet(SITE, "/site.css", own);
    let page = "<link rel=stylesheet href=/site.css>";
    world.show("/", page, 1..=2);
    world.link("/");
    assert!(world.asked.is_empty(), "two are not several");
    world.show("/", page, 3..=4);
    assert_eq!(world.link("/"), LINK);
    assert_eq!(world.asked, [FONTS]);
}

#[test]
fn what_is_not_to_be_read_is_not_asked_for_and_no_longer_counts() {
    let mut world = World::new(&[(FONTS, FONTS_SHEET)]);
    world.show("/", PAGE, 1..=4);
    assert_eq!(world.link("/"), LINK);
    world.preferences.reads_third_parties = false;
    world.pass(DAY);
    world.show("/", PAGE, 1..=4);
    assert_eq!(world.link("/"), "<https://api.fonts.example>; rel=preconnect");
    assert_eq!(world.asked, [FONTS]);
}

#[test]
fn what_no_page_names_any_more_is_forgotten() {
    let mut world = World::new(&[(FONTS, FONTS_SHEET)]);
    world.show("/", PAGE, 1..=4);
    assert_eq!(world.link("/"), LINK);
    assert_eq!(world.store.count(Kind::ThirdPartySheet), Ok(1));
    for _ in 0..2 * LIFE_DAYS {
        world.pass(DAY);
        world.alarm();
    }
    assert_eq!(world.store.count(Kind::ThirdPartySheet), Ok(0));
    assert_eq!(learner::wait_ms(&world.store), Ok(None), "nothing is left to be done");
    assert!(world.asked.len() < LIFE_DAYS as usize, "{}", world.asked.len());
}

#[test]
fn whatever_a_third_party_answers_is_read_within_bounds() {
    let url = third_party_sheet::url(FONTS, SITE).unwrap();
    let read = |bytes: &[u8]| third_party_sheet::read(&url, bytes, encoding_rs::UTF_8, SITE, START);
    let html = read(include_bytes!("../data/page.html.br"));
    assert!(html.uses.is_empty() && html.imports.is_empty(), "{html:?}");
    for bytes in [
        b"<!doctype html><link rel=stylesheet href=https://evil.example/>".repeat(1000),
        b"{".repeat(MAX_CSS_BYTES),
        b"@import '".repeat(MAX_CSS_BYTES / 9),
        b"@media x{".repeat(MAX_CSS_BYTES / 9),
        b"a{b:url(url(url(".repeat(MAX_CSS_BYTES / 16),
        vec![0; MAX_CSS_BYTES],
        vec![0xff; MAX_CSS_BYTES],
    ] {
        let sheet = read(&bytes);
        assert!(sheet.uses.len() <= 40 && sheet.imports.len() <= 5);
        assert!(sheet.uses.iter().all(|used| used.origin.host() != "evil.example"));
    }
    let many: String = (0..5000)
        .map(|number| format!("@font-face{{font-family:a;src:url(https://a{number}.example/f)}}"))
        .collect();
    assert_eq!(read(many.as_bytes()).uses.len(), 40);
}
