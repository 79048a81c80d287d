//! What the learners publish, as an isolate reads it: whatever another version, or somebody with access to the store, has written.
//!
//! The first byte of an input says what the rest is: a hint snapshot, a next-page snapshot, or an import.
//!
//! - What is read is bounded, and whatever it says, the lines that are added to a page are read by a strict reader.
//! - What is read and written again is read as the same.
//! - A rule set that follows is JSON, and its file is found again by its URL.
//! - What is imported is taken up once, and learners go on from whatever it holds.

use crate::input::Input;
use crate::site::{CONFIG, NOW, PAGE, Still};
use crate::strict_link;
use headstart::head::{Content, Head};
use headstart::learn::import::{self, Outcome};
use headstart::learn::learner;
use headstart::learn::next::next_page_learner::NextPageLearner;
use headstart::learn::next::visitor::day_of;
use headstart::limits::{MAX_PAGES, MAX_PUBLISHED_BYTES};
use headstart::plan::rules_delivery::{self, Guidance};
use headstart::plan::snapshots::SiteNextPages;
use headstart::plan::{self, Learned, MAX_LINK_BYTES, Plan, Seen};
use headstart::published::hint_lines;
use headstart::published::hint_snapshot::{self, HintChoice, HintSnapshot, Knowledge, MAX_PRELOADS};
use headstart::published::next_page_snapshot::{MAX_EXCLUDED, MAX_NEXTS, NextPageChoice, NextPageSnapshot};
use headstart::rules::learned;
use headstart::rules::served::RuleSets;
use headstart::store::Memory;
use headstart::visit::Visit;
use std::rc::Rc;
use std::sync::LazyLock;

static RULE_SETS: LazyLock<RuleSets> = LazyLock::new(|| rules_delivery::rule_sets(&CONFIG, &[]));

pub fn run(input: &[u8]) {
    let mut input = Input::new(input);
    let kind = input.byte();
    let value = input.text();
    match kind % 3 {
        0 => hints(&value),
        1 => next_pages(&value),
        _ => imported(&value),
    }
}

fn hints(value: &str) {
    let _ = (hint_snapshot::parts(value), hint_snapshot::gains(value));
    let why = hint_snapshot::evidence(value);
    let Ok(snapshot) = HintSnapshot::parse(value) else { return };
    assert!(snapshot.len() <= MAX_PAGES);
    let mut choice = HintChoice::default();
    let names: Vec<String> = snapshot.names().into_iter().take(20).map(str::to_owned).collect();
    for name in names.iter().map(String::as_str).chain(["/lamps/"]) {
        let Some(known) = snapshot.known(name) else { continue };
        assert!(known.preloads.len() <= MAX_PRELOADS);
        if let Ok(why) = &why {
            let _ = hint_lines::lines(known, hint_lines::reasons_for(name, &snapshot, why));
        }
        plan_with(Knowledge::Known(known), &snapshot, name);
        if snapshot.key(name) == Some(name) {
            choice.pages.push((name.to_owned(), known.hints.to_vec()));
            choice.largest.extend(known.largest.map(|img| (name.to_owned(), img.clone())));
            choice.asks.extend(known.ask.map(|halvings| (name.to_owned(), halvings)));
        }
    }
    let written = choice.to_value();
    assert!(written.len() <= MAX_PUBLISHED_BYTES);
    let again = HintSnapshot::parse(&written).unwrap();
    for (name, hints) in &choice.pages {
        let known = again.known(name).unwrap();
        assert_eq!(known.hints, hints.as_slice());
        assert_eq!(known.largest, choice.largest.get(name));
        assert_eq!(known.ask, choice.asks.get(name).copied());
    }
}

/// The lines that a page is given by this knowledge are what browsers can read.
fn plan_with(knowledge: Knowledge<'_>, snapshot: &HintSnapshot, name: &str) {
    let visit =
        Visit::with("GET", PAGE.clone(), &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]);
    let head = Head {
        status: 200,
        content: Content::Page,
        media_type: Some("text/html".to_owned()),
        is_readable: true,
        ..Head::default()
    };
    let learned = Learned {
        knowledge,
        leads_to: snapshot.leads_to(name),
        guidance: Guidance::default(),
        rule_sets: &RULE_SETS,
        seen: Seen::default(),
        is_routine: false,
    };
    let Plan::Edit(edit) = plan::plan(&visit, &head, learned, &CONFIG, &mut Still) else { return };
    for (field, line) in edit.append {
        assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{field}: {line}");
        if field == "Link" {
            assert!(line.len() <= MAX_LINK_BYTES);
            assert!(strict_link::read(&line).is_some(), "{line}");
        }
    }
}

fn next_pages(value: &str) {
    let Ok(snapshot) = NextPageSnapshot::parse(value) else { return };
    assert!(snapshot.pages().len() <= MAX_PAGES && snapshot.excluded.len() <= MAX_EXCLUDED);
    // Probabilities are rounded when they are first written.
    let first = NextPageSnapshot::parse(&written(&snapshot)).unwrap();
    let second = NextPageSnapshot::parse(&written(&first)).unwrap();
    assert_eq!((first.pages(), first.routes()), (second.pages(), second.routes()));
    assert_eq!(first.excluded, second.excluded);
    assert_eq!(first.baseline, second.baseline);
    let site = SiteNextPages::parse(value, &CONFIG, &Rc::new(RULE_SETS.clone())).unwrap();
    for (key, entry) in snapshot.pages().into_iter().chain(snapshot.routes()).take(20) {
        assert!(entry.nexts.len() <= MAX_NEXTS);
        let _ = (site.is_harmful(key, false), site.is_cleared(key), site.suspected(key));
        if let Some(rule) = site.suspected(key) {
            assert!(rule.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'-'), "{rule}");
        }
        site.with_known(key, |known| {
            let Some(known) = known else { return };
            let Some(set) = known.rule_set else { return };
            let json: serde_json::Value = serde_json::from_str(&set.body).unwrap();
            assert!(json.is_object() && learned::url(set, known.key).ends_with(known.key));
        });
    }
}

/// The snapshot as it would be published again, without what it does not tell of itself.
fn written(snapshot: &NextPageSnapshot) -> String {
    let choice = NextPageChoice {
        pages: snapshot.pages().into_iter().map(|(path, entry)| (path.to_owned(), entry.clone())).collect(),
        routes: snapshot.routes().into_iter().map(|(path, entry)| (path.to_owned(), entry.clone())).collect(),
        excluded: snapshot.excluded.clone(),
        cleared: Vec::new(),
        baseline: snapshot.baseline.clone(),
    };
    let written = choice.to_value();
    assert!(written.len() <= MAX_PUBLISHED_BYTES);
    written
}

fn imported(value: &str) {
    let mut store = Memory::default();
    let Ok(outcome) = import::take_up(&mut store, value, day_of(NOW));
    let Ok(again) = import::take_up(&mut store, value, day_of(NOW));
    assert_eq!(again, Outcome::Known);
    let (records, bytes) = store.size();
    assert!(bytes <= 2 * value.len() + 100 && records <= value.len() / 8 + 1, "{outcome:?}");
    let preferences = &CONFIG.hints.preferences;
    let Ok(publication) = learner::choose(&mut store, preferences, NOW);
    if let Some(publication) = publication {
        HintSnapshot::parse(&publication.value).unwrap();
    }
    let Ok(mut next_pages) = NextPageLearner::load(&mut store);
    let _ = next_pages.take_begun_anew();
    let preferences = crate::batches::next_page_preferences();
    if let Some(publication) = next_pages.choose(&preferences, NOW) {
        NextPageSnapshot::parse(&publication.value).unwrap();
    }
    let Ok(()) = next_pages.save(&mut store);
    // What another learner would be given of it can be taken up as well.
    let mut other = Memory::default();
    let Ok(outcome) = import::take_up(&mut other, &import::write(&store).value, day_of(NOW));
    assert!(matches!(outcome, Outcome::Taken(_)), "{outcome:?}");
}
