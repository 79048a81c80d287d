//! What comes in to a learner: any JSON, from isolates of any version.
//!
//! An input is lines, each a path's number and a body for it, which come one day after the other: batches of observations, of
//! navigations, and orders to forget.
//!
//! - What is no batch is refused with a status, and changes nothing.
//! - Whatever came in, what is published can be read, names only http(s) origins, and a second choice at once gives the same.
//! - What is kept is bounded by what came in, and all of it can be saved, loaded and published again.
//! - What is forgotten is in no record any more.

use crate::input::Input;
use crate::site::{CONFIG, DAY_MS, NOW};
use headstart::hints::rank::HintPreferences;
use headstart::learn::message::{self, Erasure, Message};
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::{ending, figures, forgotten_origin, learner, reading_list, tallies};
use headstart::limits::{MAX_PAGES, MAX_PUBLISHED_BYTES};
use headstart::next_page_preferences::NextPagePreferences;
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::published::next_page_snapshot::NextPageSnapshot;
use headstart::store::{Kind, Memory, Store};

const PATHS: [&str; 5] =
    [message::OBSERVATIONS, message::NAVIGATIONS, message::ERASE, message::SHEET, message::FIGURES];

pub fn next_page_preferences() -> NextPagePreferences<'static> {
    NextPagePreferences { regulates_eagerness: true, ..CONFIG.next_page_preferences() }
}

pub fn run(input: &[u8]) {
    let mut store = Memory::default();
    let mut next_pages = NextPageLearner::default();
    // Who comes first is enough to be told of.
    let preferences = HintPreferences { several: 1, ..CONFIG.hints.preferences.clone() };
    let mut now = NOW;
    for line in Input::new(input).lines().take(8) {
        let mut words = Input::new(line.as_bytes());
        let path = words.one_of(&PATHS);
        let body = words.text();
        let before = store.size();
        match message::read(path, &body) {
            Err(rejection) => assert!(matches!(rejection.status, 400 | 413) && store.size() == before),
            Ok(Message::Observations(batch)) => {
                let Ok(()) = learner::merge(&mut store, &batch, &preferences, now);
                let Ok(()) = tallies::merge(&mut store, &batch.tally, now);
            }
            Ok(Message::Navigations(batch)) => {
                next_pages.merge(&batch, now);
                let Ok(()) = tallies::merge(&mut store, &batch.tally, now);
                let Ok(()) = next_pages.save(&mut store);
            }
            Ok(Message::Erasure(erasure)) => forget(&mut store, &mut next_pages, &erasure),
            Ok(Message::Sheet(wanted)) => {
                let Ok(_) = reading_list::take(&mut store, &wanted.name, now);
                let Ok(_) = reading_list::latest(&store, &wanted.name);
            }
        }
        publish(&mut store, &mut next_pages, &preferences, now);
        now += DAY_MS / 2;
    }
    check_size(&store, input.len());
    // An object that was evicted reads what it has saved.
    let Ok(mut loaded) = NextPageLearner::load(&mut store);
    assert_eq!(loaded.take_begun_anew(), None);
    publish(&mut store, &mut loaded, &preferences, now);
    // What nobody comes to any more is forgotten.
    publish(&mut store, &mut loaded, &preferences, now + 60 * DAY_MS);
    publish(&mut store, &mut loaded, &preferences, now + 120 * DAY_MS);
    let Ok(wait) = learner::wait_ms(&store);
    let is_empty = wait.is_none() && loaded.is_empty();
    assert!(is_empty, "after four months there is {:?} in {store:?}", (wait, loaded.is_empty()));
    let Ok(_) = ending::is_over(&mut store, is_empty, now + 121 * DAY_MS);
}

fn forget(store: &mut Memory, next_pages: &mut NextPageLearner, erasure: &Erasure) {
    if let Some(origin) = &erasure.origin {
        let Ok(()) = forgotten_origin::forget(store, origin);
    } else if let Some(path) = &erasure.path {
        let Ok(()) = learner::forget(store, path, &erasure.names);
        next_pages.forget(path, &erasure.names);
        let Ok(()) = next_pages.save(store);
        for kind in [Kind::Page, Kind::Next, Kind::Redirect] {
            let Ok(record) = store.get(kind, path);
            assert!(record.is_none(), "{kind:?} {path}");
        }
    }
}

fn publish(store: &mut Memory, next_pages: &mut NextPageLearner, preferences: &HintPreferences, now: u64) {
    let Ok(publication) = learner::choose(store, preferences, now);
    if let Some(publication) = publication {
        assert!(publication.value.len() <= MAX_PUBLISHED_BYTES);
        HintSnapshot::parse(&publication.value).unwrap_or_else(|why| panic!("{why}: {}", publication.value));
        let Ok(()) = learner::published(store, &publication.value);
        let Ok(again) = learner::choose(store, preferences, now);
        assert_eq!(again, None, "the same is no news");
    }
    let of_next_pages = next_page_preferences();
    if let Some(publication) = next_pages.choose(&of_next_pages, now) {
        assert!(publication.value.len() <= MAX_PUBLISHED_BYTES);
        NextPageSnapshot::parse(&publication.value)
            .unwrap_or_else(|why| panic!("{why}: {}", publication.value));
    }
    let _ = (next_pages.wait_ms(&of_next_pages), next_pages.told_private(1, now));
    let _ = next_pages.told_harmful(1, now).count();
    let Ok(()) = next_pages.save(store);
    let Ok(figures) = figures::of(store, now);
    serde_json::to_string(&figures).unwrap();
    let Ok(due) = reading_list::take_due(store, now);
    assert!(due.len() <= reading_list::MAX_AT_ONCE);
}

/// What is kept grows no faster than what comes in, and has its bounds.
fn check_size(store: &Memory, came_in: usize) {
    let (records, bytes) = store.size();
    assert!(bytes <= 200 * came_in + 20_000, "{came_in} bytes have become {bytes} in {records} records");
    for (kind, most) in [(Kind::Page, MAX_PAGES), (Kind::Sheet, 200), (Kind::Tally, 29)] {
        let Ok(count) = store.count(kind);
        assert!(count <= most, "{count} of {kind:?}");
    }
}
