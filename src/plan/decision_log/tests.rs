use super::*;
use crate::fault::Blame;
use crate::ineligible::Affected;
use proptest::prelude::*;

const START: u64 = 1_800_000_000_000;

fn visit(path: &str) -> Visit {
    crate::plan::tests::visit("GET", path, &[])
}

/// Takes a decision of which nobody has known more often than is needed.
fn take(log: &mut DecisionLog, kind: Kind, now: u64) -> Option<String> {
    for network in 0..3 {
        log.is_met_by_several(&kind, Some(network));
    }
    log.take(kind, None, now)
}

fn refused(path: &str) -> Kind {
    Kind::refused(&visit(path), &Ineligible::UnsafeUrl { rule: "sign-out".to_owned() })
}

#[test]
fn a_line_says_what_and_where_and_why_and_nothing_of_a_visitor() {
    let mut log = DecisionLog::default();
    let mut line = |kind| take(&mut log, kind, START).unwrap();
    assert_eq!(
        line(refused("/account/4711/logout?token=secret")),
        "{\"source\":\"headstart\",\"event\":\"refused\",\"site\":\"shop.example\",\"path\":\"/account/*\",\
         \"reason\":\"unsafe-url;rule=sign-out\",\"times\":1}"
    );
    let why = Ineligible::cookie("session_of_ada", true);
    let told = line(Kind::refused(&visit("/shelf/3"), &why));
    assert!(told.contains("\"reason\":\"set-cookie\"") && !told.contains("ada"), "{told}");
    let told = line(Kind::refused(&visit("/shelf/3"), &Ineligible::Quarantined(Affected::WithSession)));
    assert!(told.contains("\"reason\":\"quarantine;why=session\""), "{told}");
    let told = line(Kind::deferred(&visit("/shelf/3"), "cookies"));
    assert!(told.contains("\"event\":\"deferred\"") && told.contains("\"reason\":\"cookies\""), "{told}");
    let told = line(Kind::quarantined(&visit("/shelf/3"), "session"));
    assert!(told.contains("\"event\":\"quarantined\""), "{told}");
    let told = line(Kind::configuration("EAGERNESS"));
    assert!(
        told.contains("\"event\":\"configuration\",\"site\":\"\",\"path\":\"\",\"reason\":\"EAGERNESS\""),
        "{told}"
    );
    let told = line(Kind::fault(&Fault::new(Blame::Origin, "https://origin.example/secret is gone")));
    assert!(told.contains("\"event\":\"fault\"") && told.contains("\"reason\":\"origin\""), "{told}");
    assert!(!told.contains("secret"), "{told}");
}

#[test]
fn the_first_is_told_at_once_and_the_others_once_a_minute_with_their_number() {
    let mut log = DecisionLog::default();
    assert!(take(&mut log, refused("/a"), START).is_some());
    for after in 1..50 {
        assert_eq!(take(&mut log, refused("/a"), START + after), None);
    }
    assert!(take(&mut log, Kind::deferred(&visit("/a"), "cookies"), START + 50).is_some(), "another kind");
    let line = take(&mut log, refused("/b"), START + EVERY_MS).unwrap();
    assert!(line.ends_with("\"times\":50}"), "{line}");
    assert_eq!(take(&mut log, refused("/b"), START + 2 * EVERY_MS - 1), None);
}

#[test]
fn a_minute_has_so_many_lines_and_what_is_left_out_is_counted() {
    let mut log = DecisionLog::default();
    let kind = |number: u32| Kind::quarantined(&visit("/a"), &format!("reason-{number}"));
    let told = (0..MAX_LINES + 7).filter(|number| take(&mut log, kind(*number), START).is_some()).count();
    assert_eq!(told, 60);
    let line = take(&mut log, kind(1000), START + EVERY_MS).unwrap();
    assert!(line.ends_with("\"times\":1,\"left_out\":7}"), "{line}");
    let line = take(&mut log, kind(1001), START + EVERY_MS).unwrap();
    assert!(line.ends_with("\"times\":1}"), "{line}");
}

#[test]
fn a_data_point_stands_for_so_many_decisions_and_there_is_none_without_a_binding() {
    let mut log = DecisionLog::default();
    take(&mut log, refused("/shelf/3"), START);
    assert_eq!(log.take_points(), []);
    log.measure();
    let point = |times| Point {
        indexes: ["shop.example".to_owned()],
        blobs: ["refused".to_owned(), "/shelf/*".to_owned(), "unsafe-url;rule=sign-out".to_owned()],
        doubles: [times],
    };
    take(&mut log, refused("/shelf/3"), START);
    assert_eq!(log.take_points(), [point(2)]);
    for _ in 0..25 {
        take(&mut log, refused("/shelf/3"), START + 1);
    }
    assert_eq!(log.take_points(), [point(10), point(10)]);
    take(&mut log, refused("/shelf/3"), START + 1 + EVERY_MS);
    assert_eq!(log.take_points(), [point(6)], "the rest, after a minute");
    assert_eq!(
        serde_json::to_string(&point(6)).unwrap(),
        "{\"indexes\":[\"shop.example\"],\"blobs\":[\"refused\",\"/shelf/*\",\"unsafe-url;rule=sign-out\"],\"doubles\":[6]}"
    );
}

#[test]
fn a_folder_is_told_once_visitors_of_three_networks_have_met_it() {
    let mut log = DecisionLog::default();
    let mut path = |folder: &str, network, now| {
        let line = log.take(refused(&format!("/{folder}/x")), network, START + now).unwrap_or_default();
        serde_json::from_str::<serde_json::Value>(&line)
            .ok()
            .map(|line| line["path"].as_str().unwrap().to_owned())
    };
    assert_eq!(path("ada", Some(1), 0).as_deref(), Some("/*"));
    for minute in 1..5 {
        assert_eq!(path("ada", Some(minute % 2), minute * EVERY_MS).as_deref(), Some("/*"), "two networks");
    }
    assert_eq!(path("ada", None, 6 * EVERY_MS).as_deref(), Some("/*"), "one that is not known is none");
    assert_eq!(path("ada", Some(7), 7 * EVERY_MS).as_deref(), Some("/ada/*"));
    assert_eq!(path("ada", Some(1), 8 * EVERY_MS).as_deref(), Some("/ada/*"));
    assert_eq!(path("eve", Some(1), 9 * EVERY_MS).as_deref(), Some("/*"));
    let root = Kind::deferred(&visit("/"), "cookies");
    assert!(log.take(root, None, START).unwrap().contains("\"path\":\"/\""));
    for number in 0..1000 {
        log.take(
            refused(&format!(
                "/{}/x",
                "abcdefghij".chars().cycle().skip(number % 10).take(number / 10 % 20 + 1).collect::<String>()
            )),
            Some(1),
            START,
        );
    }
    assert!(log.met.len() <= MAX_CLASSES);
}

#[test]
fn the_index_is_as_long_as_it_may_be() {
    let mut kind = refused("/a");
    kind.site = "\u{e4}".repeat(60);
    assert_eq!(Point::of(&kind, 1).indexes[0].len(), 96);
}

proptest! {
    #[test]
    fn whatever_comes_what_is_kept_and_written_is_bounded_and_each_decision_is_counted_once(
        decisions in proptest::collection::vec((0_u32..500, 0_u64..1000), 0..1500),
    ) {
        let mut log = DecisionLog::default();
        log.measure();
        let (mut now, mut told) = (START, 0_u64);
        let mut lines: HashMap<u64, u32> = HashMap::new();
        for (number, wait) in &decisions {
            now += wait;
            if let Some(line) = take(&mut log, Kind::quarantined(&visit("/a"), &number.to_string()), now) {
                *lines.entry(now / EVERY_MS).or_default() += 1;
                let line: serde_json::Value = serde_json::from_str(&line).unwrap();
                told += line["times"].as_u64().unwrap() + line["left_out"].as_u64().unwrap_or(0);
            }
            prop_assert!(log.kinds.len() <= MAX_KINDS && log.points.len() <= MAX_POINTS);
        }
        prop_assert!(lines.values().all(|lines| *lines <= MAX_LINES));
        prop_assert!(told <= decisions.len() as u64);
    }
}
