use super::change::Change;
use super::*;
use proptest::prelude::*;

fn url(path: &str) -> Url {
    Url::parse("https://shop.example").unwrap().join(path).unwrap()
}

fn state(record: &str, path: &str) -> State {
    Switches::parse(record).unwrap().state_of("shop.example", &url(path), Mode::On)
}

fn words(record: &str, path: &str) -> String {
    let state = state(record, path);
    let of = Feature::ALL.map(|feature| state.of(feature).as_str()).join(" ");
    format!("{}: {of}", state.mode().as_str())
}

const ALL_ON: &str = "on: on on on on";
const ALL_OFF: &str = "off: off off off off";

#[test]
fn the_most_special_word_counts() {
    for (record, path, expected) in [
        ("{}", "/", ALL_ON),
        ("off", "/", ALL_OFF),
        (" Shadow\n", "/", "shadow: shadow shadow shadow shadow"),
        (r#"{"mode":"shadow","rules":"off"}"#, "/", "shadow: shadow shadow off shadow"),
        (r#"{"paths":{"/checkout/*":"off"}}"#, "/checkout/a", ALL_OFF),
        (r#"{"paths":{"/checkout/*":"off"}}"#, "/CHECKOUT/%61?x=1", ALL_OFF),
        (r#"{"paths":{"/checkout/*":"off"}}"#, "/checkout", ALL_ON),
        (r#"{"paths":{"/a/*":"off","/a/b/*":"on"}}"#, "/a/b/c", ALL_ON),
        (r#"{"paths":{"/a/*":"off","/a/b/*":"on"}}"#, "/a/c", ALL_OFF),
        (r#"{"mode":"shadow","paths":{"/try/*":"on"}}"#, "/try/a", ALL_ON),
        (r#"{"mode":"off","paths":{"/try/*":"on"}}"#, "/try/a", ALL_OFF),
        (r#"{"rules":"off","paths":{"/a/*":"on"}}"#, "/a/b", "on: on on off on"),
        (r#"{"rules":"off","paths":{"/a/*":{"rules":"shadow"}}}"#, "/a/b", "on: on on shadow on"),
        (
            r#"{"paths":{"/a/*":{"mode":"shadow","hints":"on"}}}"#,
            "/a/b",
            "shadow: shadow shadow shadow shadow",
        ),
        // A long pattern that says nothing of a feature leaves that to a shorter one.
        (
            r#"{"paths":{"/a/*":{"hints":"off"},"/a/bb/*":{"preloads":"off"}}}"#,
            "/a/bb/c",
            "on: off off on on",
        ),
        (r#"{"mode":"off","sites":{"shop.example":{"mode":"on"}}}"#, "/", ALL_ON),
        (r#"{"sites":{"shop.example":{"mode":"off"}}}"#, "/", ALL_OFF),
        (r#"{"sites":{"blog.example":{"mode":"off"}}}"#, "/", ALL_ON),
        (r#"{"paths":{"/a":"off"},"sites":{"shop.example":{"paths":{"/*":"on"}}}}"#, "/a", ALL_ON),
    ] {
        assert_eq!(words(record, path), expected, "{record} {path}");
    }
}

#[test]
fn what_a_deploy_says_holds_where_nothing_is_switched_and_off_whatever_is() {
    let of = |record: &str, mode| {
        Switches::parse(record).unwrap().state_of("shop.example", &url("/a"), mode).mode()
    };
    assert_eq!(
        [Mode::Off, Mode::Shadow, Mode::On].map(|mode| of("{}", mode)),
        [Mode::Off, Mode::Shadow, Mode::On]
    );
    assert_eq!(of("on", Mode::Shadow), Mode::On, "from shadow to on without a deploy");
    assert_eq!(of("on", Mode::Off), Mode::Off);
    assert_eq!(of(r#"{"paths":{"/a":"on"}}"#, Mode::Off), Mode::Off);
}

#[test]
fn what_is_not_understood_is_named_and_off_is_understood_all_the_same() {
    for (record, named) in [
        ("", "no JSON"),
        ("{", "no JSON"),
        ("offf", "no JSON"),
        ("[]", "no object"),
        ("7", "no object"),
        (r#"{"mode":"of"}"#, "\"mode\" is \"of\""),
        (r#"{"mode":false}"#, "\"mode\" is false"),
        (r#"{"hint":"off"}"#, "no \"hint\""),
        (r#"{"paths":{"checkout":"off"}}"#, "\"checkout\""),
        (r#"{"paths":{"/a?b":"off"}}"#, "query"),
        (r#"{"paths":["/a"]}"#, "\"paths\""),
        (r#"{"paths":{"/a":{"paths":{}}}}"#, "no \"paths\""),
        (r#"{"sites":{"a.example":"off"}}"#, "\"a.example\" is no object"),
        (r#"{"version":2,"mode":"shadow"}"#, "version 2, which a newer Headstart has written"),
        (r#"{"version":0}"#, "no version 0"),
        (r#"{"version":"1"}"#, "no version \"1\""),
    ] {
        let why = Switches::parse(record).unwrap_err().message;
        assert!(why.contains(named), "{record}: {why}");
    }
    assert!(Switches::parse(&format!("{{\"mode\":\"on\"{}}}", " ".repeat(record::MAX_BYTES))).is_err());
    for off in [
        r#"{"mode":"off","paths":{"checkout":"off"}}"#,
        r#"{"version":2,"mode":"off","beams":{}}"#,
        r#"{"mode":" OFF ","version":"x"}"#,
    ] {
        assert_eq!(words(off, "/"), ALL_OFF, "{off}");
    }
    // But not what is off for one site alone: nobody could tell which.
    assert!(Switches::parse(r#"{"sites":{"a.example":{"mode":"on"},"A.example":{"mode":"off"}}}"#).is_err());
    assert!(Switches::parse(r#"{"version":2,"sites":{"shop.example":{"mode":"off"}}}"#).is_err());
}

#[test]
fn a_record_has_a_bound() {
    let patterns = |number: usize| {
        let paths: Vec<String> = (0..number).map(|n| format!("\"/{n}\":\"off\"")).collect();
        format!("{{\"paths\":{{{}}}}}", paths.join(","))
    };
    let full = Switches::parse(&patterns(record::MAX_PATTERNS)).unwrap();
    assert!(Switches::parse(&patterns(record::MAX_PATTERNS + 1)).is_err());
    let one_more = Change { path: Some("/x".to_owned()), to: "off".to_owned(), ..Change::default() };
    assert!(full.changed(&one_more).unwrap_err().contains("100 patterns"));
    let known = Change { path: Some("/7".to_owned()), to: "shadow".to_owned(), ..Change::default() };
    assert!(full.changed(&known).is_ok());
}

#[test]
fn a_change_is_made_and_taken_back() {
    let change = |site: &str, path: &str, feature: &str, to: &str| {
        let given = |text: &str| Some(text.to_owned()).filter(|text| !text.is_empty());
        Change { site: given(site), path: given(path), feature: given(feature), to: to.to_owned() }
    };
    let mut switches = Switches::default();
    for made in [
        change("", "", "", "shadow"),
        change("shop.example", "/checkout/*", "", "off"),
        change("shop.example", "/blog/*", "rules", "off"),
        change("shop.example", "", "hints", "shadow"),
    ] {
        switches = switches.changed(&made).unwrap();
    }
    let written: serde_json::Value = serde_json::from_str(&switches.to_json()).unwrap();
    assert_eq!(
        written,
        serde_json::json!({
            "version": 1,
            "mode": "shadow",
            "sites": { "shop.example": {
                "hints": "shadow",
                "paths": { "/checkout/*": "off", "/blog/*": { "rules": "off" } },
            } },
        })
    );
    assert_eq!(Switches::parse(&switches.to_json()).unwrap().to_json(), switches.to_json());
    for undone in [
        change("", "", "", "default"),
        change("shop.example", "/checkout/*", "", "default"),
        change("shop.example", "/blog/*", "rules", "default"),
        change("shop.example", "", "hints", "default"),
        change("other.example", "/never", "rules", "default"),
    ] {
        switches = switches.changed(&undone).unwrap();
    }
    assert!(switches.is_empty());
    for (wrong, why) in [
        (change("", "", "", "of"), "\"of\""),
        (change("", "", "hint", "off"), "hints, preloads, rules, deferral"),
        (change("", "checkout", "", "off"), "\"checkout\""),
        (change("", "/a?b", "", "off"), "query"),
    ] {
        assert!(switches.changed(&wrong).unwrap_err().contains(why), "{wrong:?}");
    }
}

#[test]
fn what_is_not_guarded_is_named_by_no_rule() {
    let unguarded = |record: &str, mode| {
        let texts = |globs: Vec<UrlGlob>| -> Vec<String> {
            globs.iter().map(|glob| glob.text().to_owned()).collect()
        };
        let (unnamed, only) = Switches::parse(record).unwrap().unguarded("shop.example", mode);
        (texts(unnamed), only.map(texts))
    };
    assert_eq!(unguarded("{}", Mode::On), (vec![], None));
    let paths = r#"{"paths":{"/a":"off","/b":"shadow","/c":"on","/d":{"deferral":"shadow"},"/e":{"deferral":"off"},"/f":{"rules":"off"}}}"#;
    assert_eq!(unguarded(paths, Mode::On), (["/a", "/b", "/d"].map(str::to_owned).to_vec(), None));
    let canary = r#"{"mode":"shadow","paths":{"/try/*":"on"}}"#;
    assert_eq!(unguarded(canary, Mode::On), (vec![], Some(vec!["/try/*".to_owned()])));
    assert_eq!(unguarded("{}", Mode::Shadow), (vec![], Some(vec![])));
}

#[test]
fn a_page_is_held_out_only_where_all_is_on() {
    let arms = |is_held_out| Arms { is_held_out, source: None };
    let held_out = State::default().compared(arms(true));
    assert!(held_out.is_held_out() && held_out.asks() && held_out.guards() && held_out.learns());
    assert_eq!(Feature::ALL.map(|feature| held_out.does(feature)), [false, false, false, true]);
    let partly = State::default().with(Feature::Rules, Mode::Off);
    assert_eq!(partly.compared(arms(true)), partly);
    assert_eq!(State::all(Mode::Shadow).compared(arms(true)), State::all(Mode::Shadow));
    let given = State::default().compared(arms(false));
    assert!(Feature::ALL.iter().all(|feature| given.does(*feature)) && !given.is_held_out());
    assert_eq!(given.arms(), Some(arms(false)));
}

#[test]
fn only_a_page_that_is_given_something_is_asked() {
    assert!(State::default().asks() && !State::all(Mode::Shadow).asks());
    let none = State::default().with(Feature::Hints, Mode::Off).with(Feature::Preloads, Mode::Shadow);
    assert!(!none.asks() && none.learns());
}

proptest! {
    #[test]
    fn no_feature_is_more_on_than_its_page(
        words in prop::collection::vec(prop::sample::select(vec!["on", "shadow", "off"]), 6), path in "/[ab]/[ab]",
    ) {
        let record = serde_json::json!({
            "mode": words[0], "rules": words[1],
            "paths": { "/a/*": words[2], "/*/b": { "mode": words[3], "hints": words[4] } },
            "sites": { "shop.example": { "deferral": words[5] } },
        });
        let state = state(&record.to_string(), &path);
        for feature in Feature::ALL {
            prop_assert!(state.of(feature) <= state.mode());
        }
        if words[0] == "off" {
            prop_assert_eq!(state, State::all(Mode::Off));
        }
    }

    #[test]
    fn whatever_is_written_is_read_or_refused(text in ".{0,200}") {
        if let Ok(switches) = Switches::parse(&text) {
            prop_assert_eq!(Switches::parse(&switches.to_json()).unwrap().to_json(), switches.to_json());
        }
    }
}
