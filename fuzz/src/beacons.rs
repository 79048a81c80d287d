//! What visitors' browsers tell, or somebody in their name.
//!
//! Each line of an input is a body that is sent for a page whose HTML names two third parties.
//!
//! - What is taken in is what the script of ours could have sent: bounded, of this site, with times in range.
//! - What is sent twice counts once.
//! - However often something is told, pages are given nothing that the site does not name itself, as lines that a strict reader takes.

use crate::input::Input;
use crate::site::{NOW, PAGE, SITE};
use headstart::config::Config;
use headstart::head::Head;
use headstart::hints::rank::HintPreferences;
use headstart::hints::{Origin, link};
use headstart::learn::beacon::{self, Recent};
use headstart::learn::html::Observer;
use headstart::learn::learner;
use headstart::learn::observation::{Batch, Confirmation, MAX_ORIGINS, Observation};
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::store::Memory;
use headstart::urls::inert_parameters::InertParameters;
use std::collections::BTreeSet;
use std::sync::LazyLock;

const HTML: &str = "<!doctype html><head><script src=//a.example/a.js></script><link rel=stylesheet href=/a.css>\
    <link rel=dns-prefetch href=//b.example></head><body><img src=/hero.jpg srcset='/hero.jpg 1x, /hero2.jpg 2x'>";

static VIEW: LazyLock<Observation> = LazyLock::new(|| {
    let mut observer = Observer::new(&PAGE, &Head::default(), &InertParameters::default()).unwrap();
    observer.write(HTML.as_bytes());
    observer.end().observation
});

static PREFERENCES: LazyLock<HintPreferences> = LazyLock::new(|| {
    let config = Config::read([("MAX_PRELOAD", "3"), ("BEACON", "auto")]).0;
    HintPreferences { several: 0, ..config.hints.preferences }
});

pub fn run(input: &[u8]) {
    let mut recent = Recent::default();
    let mut told = Vec::new();
    for body in Input::new(input).lines().take(12) {
        let taken = recent.take_in(Some(&body), &PAGE);
        assert_eq!(taken.is_ok(), beacon::read(&body, &PAGE).is_some());
        let Ok(confirmation) = taken else { continue };
        if let Some(confirmation) = confirmation {
            check(&confirmation);
            told.push(confirmation);
        }
        assert_eq!(recent.take_in(Some(&body), &PAGE), Ok(None), "twice");
    }
    if !told.is_empty() {
        learn(&told);
    }
}

fn check(confirmation: &Confirmation) {
    let Confirmation { path, origins, .. } = confirmation;
    assert!(path.starts_with('/') && path.bytes().all(|byte| byte.is_ascii_graphic()));
    assert!(origins.len() <= MAX_ORIGINS);
    let own = Origin::of(&PAGE);
    assert!(origins.iter().all(|loaded| loaded.pools <= 3 && Some(&loaded.origin) != own.as_ref()));
    assert!(origins.iter().all(|loaded| loaded.start_ms <= 600_000 && loaded.connect_ms <= 600_000));
    let sent = serde_json::to_string(confirmation).unwrap();
    assert_eq!(serde_json::from_str::<Confirmation>(&sent).unwrap(), *confirmation);
}

fn learn(told: &[Confirmation]) {
    let mut store = Memory::default();
    let batch = |confirmations: Vec<Confirmation>| Batch {
        site: SITE.to_owned(),
        observations: vec![VIEW.clone(); 3],
        confirmations,
        ..Batch::default()
    };
    for confirmations in [Vec::new(), told.to_vec(), told.to_vec(), Vec::new()] {
        let Ok(()) = learner::merge(&mut store, &batch(confirmations), &PREFERENCES, NOW);
    }
    let Ok(publication) = learner::choose(&mut store, &PREFERENCES, NOW);
    let value = publication.unwrap().value;
    let snapshot = HintSnapshot::parse(&value).unwrap();
    let known = snapshot.known(PAGE.path()).unwrap();
    let allowed = BTreeSet::from(["a.example", "b.example"]);
    assert!(known.hints.iter().all(|hint| allowed.contains(hint.origin.host())), "{value}");
    let parts = ["/hero.jpg", "/hero2.jpg", "/a.css", "https://a.example/a.js"];
    for preload in known.preloads {
        assert!(preload.urls().all(|url| parts.contains(&url)), "{value}");
        assert!(!link::preloaded(&preload.link().unwrap(), &PAGE).is_empty());
    }
    assert!(known.largest.is_none_or(|img| parts.contains(&img.src.as_str())), "{value}");
}
