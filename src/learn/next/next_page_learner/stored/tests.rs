use super::*;
use crate::learn::next::navigation_batch::{NavigationBatch, PageStats, SuspectStats, Transition};
use crate::limits::MAX_PATH_BYTES;
use crate::store::Memory;

const NOW: u64 = 1_800_000_000_000;
const DAY: u32 = 20_833;

fn batch(transitions: Vec<Transition>) -> NavigationBatch {
    let page = PageStats { views: 30, visitors: (0..10).collect(), ..PageStats::default() };
    NavigationBatch {
        site: "shop".to_owned(),
        day: DAY,
        pages: [("/a".to_owned(), page)].into(),
        transitions,
        suspects: vec![SuspectStats {
            page: "/k/17".to_owned(),
            rule: "delete".to_owned(),
            shown: vec![1],
            ..SuspectStats::default()
        }],
        robots: Some("User-agent:*\nDisallow:/x\n".to_owned()),
        ..NavigationBatch::default()
    }
}

fn transition(from: &str, to: &str) -> Transition {
    Transition {
        from: from.to_owned(),
        to: to.to_owned(),
        taken: 3,
        visitors: vec![1, 2],
        ..Transition::default()
    }
}

/// A path of the longest kind that is learned of, of which no two are alike.
fn long(number: usize) -> String {
    let path = format!("/{number}-");
    let rest = MAX_PATH_BYTES - path.len();
    path + &"x".repeat(rest)
}

fn load(store: &mut Memory) -> NextPageLearner {
    let Ok(learner) = NextPageLearner::load(store);
    learner
}

fn bytes(store: &Memory, kind: Kind) -> usize {
    let Ok(bytes) = store.bytes(kind);
    bytes
}

fn count(store: &Memory, kind: Kind) -> usize {
    let Ok(count) = store.count(kind);
    count
}

/// Clicks that somebody makes up, with the longest paths: some sixty megabytes, were they all kept.
#[test]
fn whatever_is_clicked_the_state_stays_within_its_bytes_and_can_be_read_again() {
    let (mut store, mut learner) = (Memory::default(), NextPageLearner::default());
    let (mut most, mut least_left) = ([0; 2], usize::MAX);
    for round in 0..100 {
        let ways = (0..20).flat_map(|from| (0..24).map(move |to| (20 * round + from, to)));
        let made_up = ways.map(|(from, to)| transition(&long(from), &long(1_000_000 + 24 * from + to)));
        learner.merge(&batch(made_up.collect()), NOW);
        let Ok(()) = learner.save(&mut store);
        for (most, kind) in most.iter_mut().zip([Kind::Next, Kind::Route]) {
            *most = bytes(&store, kind).max(*most);
        }
        if round > 60 {
            least_left = least_left.min(count(&store, Kind::Next));
        }
    }
    // What one batch brings is counted with the next one.
    let one_batch = 2 * 1024 * 1024;
    assert!(most[0] <= MAX_PAGE_BYTES + one_batch && most[1] <= MAX_ROUTE_BYTES + one_batch, "{most:?}");
    assert!(least_left > 300, "{least_left}: as many stay as there is room for");
    let mut read = load(&mut store);
    assert_eq!(read.take_begun_anew(), None);
    assert_eq!(read.model.pages().count(), learner.model.pages().count());
    assert_eq!(read.model.page_sizes.total(), bytes(&store, Kind::Next));
    let given = read.model.page("/a").expect("what several visitors were given stays");
    assert!(given.is_given_to(10, DAY));
}

#[test]
fn all_that_it_holds_counts_as_what_it_takes() {
    let (mut store, mut learner) = (Memory::default(), NextPageLearner::default());
    let rules: Vec<String> = (0..500).map(|number| format!("Disallow:/hidden-{number}")).collect();
    let robots = Some(format!("User-agent:*\n{}\n", rules.join("\n")));
    learner.merge(&NavigationBatch { robots, ..batch(vec![transition("/a", "/b")]) }, NOW);
    let Ok(()) = learner.save(&mut store);
    let Ok(Some(robots)) = store.get(Kind::Fact, "robots") else { panic!("robots.txt is stored") };
    assert!(robots.len() > 5000);
    let records = [Kind::Next, Kind::Route, Kind::Suspect].map(|kind| bytes(&store, kind));
    assert!(records[0] > 0 && records[2] > 0, "{records:?}");
    let held = robots.len() + records.iter().sum::<usize>();
    assert_eq!(learner.bytes(), held);
    // What is published stands there a second time.
    let Ok(()) = store.put(Kind::Fact, "guide", &"x".repeat(3000), 0.0);
    assert_eq!(load(&mut store).bytes(), held + 3000);
    let Ok(stored) = super::bytes(&store);
    assert!(stored > held + 3000, "with the names and the other facts: {stored}");
}

#[test]
fn a_path_that_is_too_long_to_be_learned_of_is_not_taken_in() {
    let mut learner = NextPageLearner::default();
    let long = format!("{}x", long(1));
    let mut seen = batch(vec![transition("/a", &long), transition(&long, "/a")]);
    seen.pages.insert(long, PageStats { views: 9, ..PageStats::default() });
    learner.merge(&seen, NOW);
    assert_eq!(learner.model.pages().map(|(path, _)| path).collect::<Vec<_>>(), ["/a"]);
    assert_eq!(learner.model.candidates("/a", 9), []);
}

fn stored() -> Memory {
    let (mut store, mut learner) = (Memory::default(), NextPageLearner::default());
    learner.merge(&batch(vec![transition("/a", "/b")]), NOW);
    let Ok(()) = learner.save(&mut store);
    let Ok(()) = super::super::published(&mut store, "{}");
    store
}

#[test]
fn what_is_too_large_to_be_read_begins_anew_and_says_so() {
    for kind in [Kind::Next, Kind::Route, Kind::Suspect] {
        let mut store = stored();
        let row = "x".repeat(1024 * 1024);
        for number in 0..28 {
            let Ok(()) = store.put(kind, &number.to_string(), &row, 0.0);
        }
        let mut learner = load(&mut store);
        let told = learner.take_begun_anew().expect("a message");
        assert!(told.starts_with("what was learned of next pages begins anew on shop: it had 293"), "{told}");
        assert_eq!(learner.take_begun_anew(), None);
        assert_eq!(RECORDS.map(|kind| count(&store, kind)), [0; 3]);
        assert!(learner.robots.is_some(), "what is not too large stays");
        learner.merge(&batch(vec![transition("/a", "/b")]), NOW);
        let Ok(()) = learner.save(&mut store);
        assert_eq!(load(&mut store).take_begun_anew(), None);
    }
    let mut store = stored();
    let Ok(()) = store.put(Kind::Fact, "guide", &"x".repeat(MAX_FACT_BYTES), 0.0);
    let mut learner = load(&mut store);
    assert!(learner.take_begun_anew().is_some());
    assert_eq!((count(&store, Kind::Fact), count(&store, Kind::Next)), (0, 1));
}

#[test]
fn a_record_that_cannot_be_read_begins_anew_and_the_others_stay() {
    for (kind, name) in
        [(Kind::Next, "/secret"), (Kind::Route, "/*"), (Kind::Suspect, "/k"), (Kind::Fact, "site")]
    {
        for value in ["", "{", "null", "7", "\u{0}"] {
            let mut store = stored();
            let before = count(&store, kind);
            let Ok(()) = store.remove(kind, name);
            let Ok(()) = store.put(kind, name, value, 0.0);
            let mut learner = load(&mut store);
            let told = learner.take_begun_anew().expect("a message");
            assert!(told.ends_with(" cannot be read") && !told.contains("secret"), "{told}");
            assert!(learner.model.page("/a").is_some() && count(&store, kind) <= before);
            let Ok(()) = learner.save(&mut store);
            assert_eq!(load(&mut store).take_begun_anew(), None, "{kind:?} {value:?}");
        }
    }
}

#[test]
fn only_what_has_changed_is_written() {
    let (mut store, mut learner) = (stored(), NextPageLearner::default());
    learner.merge(&batch(vec![transition("/a", "/b")]), NOW);
    let Ok(()) = learner.save(&mut store);
    let mut writes = Memory::default();
    learner.merge(&batch(Vec::new()), NOW);
    let Ok(()) = learner.save(&mut writes);
    let written = [Kind::Next, Kind::Route, Kind::Suspect, Kind::Fact].map(|kind| {
        let Ok(all) = writes.all(kind);
        all.into_iter().map(|(name, _)| name).collect::<Vec<_>>()
    });
    // The page that was viewed, and what is known of the site as a whole.
    assert_eq!(written, [vec!["/a".to_owned()], vec!["/*".to_owned()], vec![], vec!["site".to_owned()]]);
}
