use super::*;
use crate::learn::next::navigation_batch::Outline;
use crate::learn::observation::Observation;
use crate::published::next_page_snapshot::next_page_learner_name;
use crate::tally::{Counted, View};

const PACE: Pace = Pace { wait_ms: 5_000, views: 0 };
const NOW: u64 = 7 * 24 * 3600 * 1000;
const SHARDS: u32 = 4;

/// How long learners may take to answer.
const WITHIN: u64 = 29_000;

fn at(passed: u64) -> Moment {
    Moment { now: NOW + passed, views: 1 }
}

fn salt() -> Salt {
    Salt::new(7, 7)
}

/// An outbox with the key of the day.
fn outbox() -> Outbox {
    let mut outbox = Outbox::default();
    outbox.set_salt(salt());
    outbox
}

fn seen(path: &str) -> Observed {
    Observed::View(Observation { path: path.to_owned(), ..Observation::default() }, None)
}

fn observe(outbox: &mut Outbox, site: &str, path: &str, passed: u64) -> bool {
    outbox.observe(site, seen(path), true, SHARDS, PACE, at(passed))
}

/// A page that somebody is shown, of which the next-page learner is to hear.
fn shown(outbox: &mut Outbox, site: &str, path: &str) {
    let visitor = salt().visitor("192.0.2.1").unwrap();
    outbox.navigations.view(site, path, visitor, 1);
    outbox.navigations.outline(site, path, Outline::default());
}

fn take(outbox: &mut Outbox, passed: u64) -> (Vec<Batch>, Vec<NavigationBatch>) {
    let at = at(passed);
    outbox.take(SHARDS, &SiteUrlCache::default(), &salt(), PACE, at, at.now + WITHIN)
}

/// For which learners something is taken out, by their names.
fn learners(outbox: &mut Outbox, passed: u64) -> Vec<String> {
    let (batches, navigations) = take(outbox, passed);
    batches.iter().map(Sending::learner).chain(navigations.iter().map(Sending::learner)).collect()
}

/// A path of this shard's.
fn of_shard(shard: u32, number: u32) -> String {
    let mut paths = (0..).map(|at| format!("/{shard}-{number}-{at}/x"));
    paths.find(|path| shard_of(path, SHARDS) == shard).unwrap()
}

#[test]
fn a_learner_that_hangs_is_sent_nothing_else_until_it_has_answered_or_its_time_is_over() {
    let mut outbox = outbox();
    let path = of_shard(2, 0);
    assert!(observe(&mut outbox, "a", &path, 0));
    let (batches, _) = take(&mut outbox, 5_000);
    assert_eq!(batches.len(), 1);
    assert!(observe(&mut outbox, "a", &path, 5_500));
    assert_eq!(learners(&mut outbox, 5_500), ["a/2"], "it may answer any moment");
    assert!(!observe(&mut outbox, "a", &path, 6_000), "nobody sends on its account");
    let other = of_shard(1, 0);
    assert!(observe(&mut outbox, "a", &other, 30_000), "but on another's");
    assert_eq!(learners(&mut outbox, 34_499), ["a/1"]);
    // Nothing was ever heard of it.
    assert_eq!(learners(&mut outbox, 34_500), ["a/2"]);
    observe(&mut outbox, "a", &path, 35_000);
    outbox.answered(&batches[0], Some(Turn { is_taken: true, wait_ms: 0 }), PACE, NOW + 36_000);
    assert_eq!(learners(&mut outbox, 36_000), ["a/2"], "it has answered");
}

#[test]
fn the_same_of_a_next_page_learner() {
    let mut outbox = outbox();
    shown(&mut outbox, "a", "/");
    assert!(outbox.is_turn("a", true, PACE, at(0)));
    let (_, navigations) = take(&mut outbox, 5_000);
    assert_eq!(navigations.len(), 1);
    shown(&mut outbox, "a", "/");
    assert!(!outbox.is_turn("a", true, PACE, at(30_000)));
    assert_eq!(learners(&mut outbox, 33_999), [""; 0]);
    outbox.answered(&navigations[0], Some(Turn { is_taken: true, wait_ms: 60_000 }), PACE, NOW + 34_000);
    assert!(!outbox.is_turn("a", true, PACE, at(93_999)) && outbox.is_turn("a", true, PACE, at(94_000)));
    assert_eq!(learners(&mut outbox, 94_000), [next_page_learner_name("a")]);
}

#[test]
fn one_that_gives_no_answer_is_left_alone_and_others_are_not() {
    let mut outbox = outbox();
    let (silent, path) = (of_shard(0, 0), of_shard(3, 0));
    observe(&mut outbox, "a", &silent, 0);
    let (batches, _) = take(&mut outbox, 0);
    outbox.answered(&batches[0], None, PACE, NOW + 1_000);
    observe(&mut outbox, "a", &silent, 2_000);
    observe(&mut outbox, "a", &path, 2_000);
    assert_eq!(learners(&mut outbox, 10_999), ["a/3"]);
    assert_eq!(learners(&mut outbox, 11_000), ["a/0"], "twice as long as batches gather");
}

#[test]
fn what_was_not_taken_in_is_told_again() {
    let mut outbox = outbox();
    shown(&mut outbox, "a", "/");
    assert!(outbox.navigations.wants_robots("a", NOW));
    outbox.navigations.robots("a", "User-agent: *".to_owned());
    outbox.tallies.add("a", Counted::View(View::Plain), 3);
    let (_, navigations) = take(&mut outbox, 0);
    assert_eq!(
        (navigations[0].robots.as_deref(), navigations[0].tally.is_empty()),
        (Some("User-agent: *"), false)
    );
    outbox.answered(&navigations[0], Some(Turn { is_taken: false, wait_ms: 20_000 }), PACE, NOW);
    shown(&mut outbox, "a", "/");
    let (_, again) = take(&mut outbox, 20_000);
    assert_eq!(again[0].tally, navigations[0].tally);
    let in_minutes = |minutes: u64| NOW + minutes * 60 * 1000;
    assert!(
        !outbox.navigations.wants_robots("a", in_minutes(9))
            && outbox.navigations.wants_robots("a", in_minutes(10))
    );
}

#[test]
fn what_is_forgotten_is_what_was_gathered_and_not_when_learners_are_due() {
    let mut outbox = outbox();
    let path = of_shard(0, 0);
    observe(&mut outbox, "a", &path, 0);
    let (batches, _) = take(&mut outbox, 0);
    outbox.answered(&batches[0], Some(Turn { is_taken: true, wait_ms: 60_000 }), PACE, NOW);
    observe(&mut outbox, "a", &path, 0);
    shown(&mut outbox, "a", "/");
    outbox.tallies.add("a", Counted::View(View::Plain), 3);
    outbox.forget(NOW);
    assert_eq!(outbox.navigations.salt(7), Some(salt()));
    assert_eq!(learners(&mut outbox, 60_000), [""; 0]);
    observe(&mut outbox, "a", &path, 0);
    assert_eq!(learners(&mut outbox, 59_999), [""; 0]);
    let (batches, _) = take(&mut outbox, 60_000);
    assert!(batches.len() == 1 && batches[0].tally.is_empty());
}

#[test]
fn of_sites_that_are_not_taught_nothing_is_sent() {
    let mut outbox = outbox();
    for site in ["a", "b"] {
        observe(&mut outbox, site, "/x", 0);
        shown(&mut outbox, site, "/");
        outbox.tallies.add(site, Counted::View(View::Plain), 3);
    }
    outbox.retain_sites(|site| site == "b");
    let (batches, navigations) = take(&mut outbox, 0);
    let sites: Vec<&str> =
        batches.iter().map(Sending::site).chain(navigations.iter().map(Sending::site)).collect();
    assert_eq!(sites, ["b", "b"]);
}

#[test]
fn no_more_learners_are_called_at_once_than_a_request_may_and_the_others_come_next() {
    let mut outbox = outbox();
    let sites: Vec<String> = (0..50).map(|number| format!("site-{number:02}.example")).collect();
    let fill = |outbox: &mut Outbox, passed: u64| {
        for site in &sites {
            observe(outbox, site, "/x", passed);
            shown(outbox, site, "/");
        }
    };
    fill(&mut outbox, 0);
    let mut times = crate::sorting::map::SortedMap::<String, u32>::new();
    for round in 0..5 {
        let (batches, navigations) = take(&mut outbox, round * 60_000);
        assert_eq!(batches.len() + navigations.len(), MAX_CALLS, "{round}");
        for batch in &batches {
            assert!(batch.observations.iter().all(|observation| observation.path == "/x"));
            outbox.answered(batch, Some(Turn { is_taken: true, wait_ms: 0 }), PACE, NOW + round * 60_000);
            *times.entry(batch.learner()).or_default() += 1;
        }
        for batch in &navigations {
            outbox.answered(batch, Some(Turn { is_taken: true, wait_ms: 0 }), PACE, NOW + round * 60_000);
            *times.entry(batch.learner()).or_default() += 1;
        }
        // Some are always busy: they keep nobody else from being called.
        fill(&mut outbox, round * 60_000 + 1);
    }
    assert_eq!(times.len(), 100);
    assert!(times.values().all(|times| *times == 2), "{times:?}");
}

#[test]
fn what_no_more_than_may_be_called_are_due_for_is_all_taken() {
    let mut outbox = outbox();
    for number in 0..MAX_CALLS {
        observe(&mut outbox, &format!("{number}.example"), "/x", 0);
    }
    assert_eq!(learners(&mut outbox, 5_000).len(), MAX_CALLS);
    assert_eq!(learners(&mut outbox, 5_000), [""; 0]);
}
