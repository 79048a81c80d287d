//! A simulated week of a page: the list of hints changes when something has changed, and only then.
//!
//! The learner is the real one over a store in memory. Views come and go with day and night and a weekend's lull; there is
//! churn (advertising hosts that differ from view to view), an A/B variant that half of the views have, three origins of
//! nearly the same worth, one origin that disappears and one that is new. On Tuesday a stylesheet gets a new name.

use crate::support::numbers::Numbers;
use headstart::hints::rank::HintPreferences;
use headstart::hints::usage::{Demand, Found, Usage};
use headstart::hints::{HintAction, Origin, Pools};
use headstart::learn::learner;
use headstart::learn::observation::{Batch, Observation, OriginUse, SheetObservation};
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::store::Memory;

const START: u64 = 1_800_000_000_000;
const MINUTE: u64 = 60_000;
const DAY: u64 = 24 * 60 * MINUTE;
/// When the stylesheet is deployed anew: Tuesday at ten.
const DEPLOYED: u64 = DAY + 10 * 60 * MINUTE;
/// When the old statistics host disappears: Wednesday at noon.
const OLD_ENDS: u64 = 2 * DAY + DAY / 2;
/// When the new one comes: Thursday at noon.
const NEW_BEGINS: u64 = 3 * DAY + DAY / 2;

/// The views read each minute at this time: many by day, few at night, and a fifth of that at the weekend.
fn rate(at: u64) -> f64 {
    let hour = at % DAY / (60 * MINUTE);
    let by_hour = if (7..23).contains(&hour) { 1.0 } else { 0.1 };
    let by_day = if at / DAY >= 5 { 0.2 } else { 1.0 };
    by_hour * by_day
}

fn used(host: &str, demand: Demand, found: Found) -> OriginUse {
    let origin = Origin::parse(&format!("https://{host}.example")).unwrap();
    OriginUse { origin, usage: Usage::of(Pools::CREDENTIALED, demand, found) }
}

fn view(at: u64, numbers: &mut Numbers) -> Observation {
    let mut uses = vec![used("cdn", Demand::URGENT, Found::Head)];
    // As good as equal: each is in nearly every view.
    for host in ["pictures", "videos", "maps"] {
        if numbers.chance() < 0.95 {
            uses.push(used(host, Demand::ONE, Found::Body));
        }
    }
    if numbers.chance() < 0.5 {
        uses.push(used("variant", Demand::ONE, Found::Body));
    }
    if at < OLD_ENDS {
        uses.push(used("old", Demand::ONE, Found::Body));
    }
    if at >= NEW_BEGINS {
        uses.push(used("new", Demand::ONE, Found::Body));
    }
    for n in 0..30 {
        if numbers.chance() < 0.1 {
            uses.push(used(&format!("ad{n}"), Demand::ONE, Found::Body));
        }
    }
    Observation { path: "/".to_owned(), uses, sheets: vec![sheet(at).to_owned()], ..Observation::default() }
}

/// The name of the stylesheet, which names a font host.
fn sheet(at: u64) -> &'static str {
    if at < DEPLOYED { "/site.1.css" } else { "/site.2.css" }
}

/// What reading the stylesheet gives; one isolate in two has read it at another time.
fn read_sheet(at: u64) -> SheetObservation {
    let origin = Origin::parse("https://fonts.example").unwrap();
    let usage = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
    SheetObservation {
        at: START + at,
        uses: vec![OriginUse { origin, usage }],
        ..SheetObservation::default()
    }
}

/// Lives through a week, and tells each change of the list after the first day: when, and what.
fn week(seed: u64) -> Vec<(u64, String, String)> {
    let mut numbers = Numbers(seed);
    let mut store = Memory::default();
    let preferences = HintPreferences { preconnect: 3, dns_prefetch: 6, ..HintPreferences::default() };
    let mut list = String::new();
    let mut changes = Vec::new();
    for minute in 0..7 * 24 * 60 {
        let at = minute * MINUTE;
        let mut observations = Vec::new();
        // Up to three views in a minute, `rate` on average.
        for _ in 0..3 {
            if numbers.chance() < rate(at) / 3.0 {
                observations.push(view(at, &mut numbers));
            }
        }
        if !observations.is_empty() {
            let sheets = [(sheet(at).to_owned(), read_sheet(at))].into();
            let batch = Batch { site: "shop".to_owned(), observations, sheets, ..Batch::default() };
            let Ok(()) = learner::merge(&mut store, &batch, &preferences, START + at);
        }
        if minute % 2 == 1 {
            continue;
        }
        let Ok(publication) = learner::choose(&mut store, &preferences, START + at);
        let Some(publication) = publication else { continue };
        let Ok(()) = learner::published(&mut store, &publication.value);
        let snapshot = HintSnapshot::parse(&publication.value).unwrap();
        // The header as it is sent: the same hints in another order would be a change as well.
        let hosts: Vec<String> = snapshot
            .known("/")
            .map(|known| known.hints.to_vec())
            .unwrap_or_default()
            .iter()
            .map(|hint| {
                let mark = match hint.action {
                    HintAction::DnsPrefetch => "",
                    HintAction::Preconnect(Pools { credentialed: true, anonymous: false }) => "+",
                    HintAction::Preconnect(Pools { credentialed: false, anonymous: true }) => "*",
                    HintAction::Preconnect(_) => "+*",
                };
                format!("{mark}{}", hint.origin.host().trim_end_matches(".example"))
            })
            .collect();
        let now = hosts.join(" ");
        if now != list && at >= DAY {
            changes.push((at, list.clone(), now.clone()));
        }
        list = now;
    }
    changes
}

#[test]
fn the_list_changes_when_something_has_changed_and_only_then() {
    let mut extra = Vec::new();
    // Weeks side by side, since one takes seconds.
    let weeks: Vec<_> = (1..=6).map(|seed| (seed, std::thread::spawn(move || week(seed)))).collect();
    for (seed, week) in weeks {
        let changes = week.join().unwrap();
        let hour = 60 * MINUTE;
        let within = |from: u64, hours: u64| {
            move |(at, ..): &&(u64, String, String)| (from..from + hours * hour).contains(at)
        };
        // Gone within minutes; what it leaves open is filled at once.
        let leaving: Vec<_> = changes.iter().filter(within(OLD_ENDS, 1)).collect();
        assert_eq!(leaving.len(), 1, "seed {seed}: {changes:?}");
        assert!(leaving[0].1.contains("old") && !leaving[0].2.contains("old"), "seed {seed}: {changes:?}");
        // In once more than half of what counts has it, which takes a hundred views.
        let coming: Vec<_> = changes.iter().filter(within(NEW_BEGINS, 6)).collect();
        assert_eq!(coming.len(), 1, "seed {seed}: {changes:?}");
        assert!(coming[0].2.contains("new") && !coming[0].1.contains("new"), "seed {seed}: {changes:?}");
        extra.extend(
            changes
                .iter()
                .filter(|change| !within(OLD_ENDS, 1)(change) && !within(NEW_BEGINS, 6)(change))
                .map(|change| (seed, change.clone())),
        );
    }
    // The variant, which half of the views have, is as likely below half as above: it may take more than a day to come in.
    // It comes once, and it stays.
    for (seed, (_, before, after)) in &extra {
        assert!(after.contains("variant") && !before.contains("variant"), "seed {seed}: {before} -> {after}");
        assert_eq!(extra.iter().filter(|(other, _)| other == seed).count(), 1, "seed {seed}: {extra:?}");
    }
}
