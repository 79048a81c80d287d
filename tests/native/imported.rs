//! What a learner takes up that another one has learned, with other keys: it publishes the same, and goes on learning.

use headstart::config::Config;
use headstart::learn::import::{self, Outcome};
use headstart::learn::names::NameKey;
use headstart::learn::next::navigation_batch::Outline;
use headstart::learn::next::navigation_buffer::NavigationBuffer;
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::next::visitor::{Salt, day_of};
use headstart::next_page_preferences::NextPagePreferences;
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
    let value = import::write(&learned);
    assert!(!value.contains("mine") && !value.contains('#'), "what few know is not in it: {value}");

    let mut store = Memory::default();
    assert!(matches!(import::take_up(&mut store, &value), Ok(Outcome::Taken(_))));
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
    let Ok(_) = import::take_up(&mut store, &import::write(&learned));
    let Ok(mut other) = NextPageLearner::load(&mut store);
    assert_eq!(nexts(&mut other, &config, "/", START + DAY), Vec::<String>::new());
}
