//! What is decided where something is switched off or to shadow.

use super::*;
use crate::plan::replay;
use crate::plan::rules_delivery::is_by_own_rules;
use crate::plan::shadow::Would;
use crate::sorting::map::SortedMap;
use crate::switches::holdout::Arms;
use crate::switches::{State, Switches};
use serde::Deserialize;

#[derive(Deserialize)]
struct Cases {
    records: Vec<Record>,
    garbage: Vec<String>,
    own_rules: Vec<Tags>,
}

#[derive(Deserialize)]
struct Record {
    record: Option<String>,
    off: SortedMap<String, bool>,
}

#[derive(Deserialize)]
struct Tags {
    tags: String,
    own: bool,
}

fn cases() -> Cases {
    serde_json::from_str(include_str!("../../../tests/data/switch_cases.json")).unwrap()
}

#[test]
fn javascript_and_wasm_agree_on_what_is_off_and_on_what_our_rules_ask_for() {
    let cases = cases();
    for Record { record, off } in cases.records {
        let switches =
            record.as_deref().map_or_else(Switches::default, |text| Switches::parse(text).unwrap());
        for (site, is_off) in off {
            let mode = switches.state_of_site(&site, Mode::On).mode();
            assert_eq!(mode == Mode::Off, is_off, "{record:?} {site}");
        }
    }
    for garbage in cases.garbage {
        assert!(Switches::parse(&garbage).is_err(), "{garbage}");
    }
    for Tags { tags, own } in cases.own_rules {
        let visit = visit("GET", "/a", &[PREFETCH[0], PREFETCH[1], ("sec-speculation-tags", &tags)]);
        assert_eq!(is_by_own_rules(&visit), own, "{tags}");
    }
}

fn held_out() -> State {
    State::default().compared(Arms { is_held_out: true, source: Some(false) })
}

fn in_state(variables: &[(&str, &str)], state: State) -> Config {
    let key = [("SEAL_KEY", KEY)];
    config(&[&key[..], variables].concat()).in_state(state)
}

fn with(feature: Feature, mode: Mode) -> State {
    State::default().with(feature, mode)
}

fn admitted(path: &str, fields: &[(&str, &str)], state: State) -> Admission {
    let config = in_state(&[("EFFECT_PATHS", "/pixel")], state);
    let visit = visit(
        "GET",
        path,
        &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")]
            .iter()
            .chain(fields)
            .copied()
            .collect::<Vec<_>>(),
    );
    admit(&visit, &config, &rule_sets(&config, &[]), || Some(Ineligible::Harmful))
}

#[test]
fn what_is_not_guarded_reaches_the_origin_unless_our_own_rules_alone_ask() {
    let own = ("sec-speculation-tags", "\"headstart\"");
    let both = ("sec-speculation-tags", "\"headstart\", \"theirs\"");
    let guess = ("sec-purpose", "prefetch");
    let states = [State::all(Mode::Off), State::all(Mode::Shadow), with(Feature::Deferral, Mode::Shadow)];
    for state in states {
        for path in ["/logout", "/a", "/pixel"] {
            assert_eq!(admitted(path, &[guess], state), Admission::Ask, "{path}");
            assert_eq!(admitted(path, &[guess, both], state), Admission::Ask, "{path}");
            let refused = Admission::Refuse(Ineligible::SwitchedOff);
            assert_eq!(admitted(path, &[guess, own], state), refused, "{path}");
            assert_eq!(admitted(path, &[own], state), Admission::Ask, "it is no speculation");
        }
        let visit = visit("GET", "/a?gclid=1", &PREFETCH);
        assert_eq!(outgoing(&visit, &in_state(&[], state)), None);
    }
    for state in [State::default(), with(Feature::Deferral, Mode::Off), held_out()] {
        let refused = Admission::Refuse(Ineligible::Harmful);
        assert_eq!(admitted("/a", &[guess], state), refused);
    }
}

#[test]
fn in_shadow_it_is_told_what_would_be_refused() {
    let would = |path: &str, fields: &[(&str, &str)], state| {
        would_refuse(&visit("GET", path, fields), &in_state(&[], state), || None)
    };
    let shadow = State::all(Mode::Shadow);
    let unsafe_url = Some(Ineligible::UnsafeUrl { rule: "sign-out".to_owned() });
    assert_eq!(would("/logout", &PREFETCH, shadow), unsafe_url);
    assert_eq!(would("/logout", &PREFETCH, with(Feature::Deferral, Mode::Shadow)), unsafe_url);
    for (path, fields, state) in [
        ("/a", &PREFETCH[..], shadow),
        ("/logout", &[], shadow),
        ("/_headstart/unscripted", &PREFETCH, shadow),
        ("/logout", &PREFETCH, State::default()),
        ("/logout", &PREFETCH, State::all(Mode::Off)),
    ] {
        assert_eq!(would(path, fields, state), None, "{path} {state:?}");
    }
}

#[test]
fn what_pages_send_that_came_before_is_answered_without_harm() {
    let own = |method: &str, path: &str, state| {
        let config = in_state(&[], state);
        admit(
            &visit(method, path, &[("sec-fetch-site", "same-origin")]),
            &config,
            &rule_sets(&config, &[]),
            || None,
        )
    };
    let states = [State::all(Mode::Off), State::all(Mode::Shadow), with(Feature::Rules, Mode::Off)];
    for state in states {
        let signal = Admission::RuleSet { file: RulesFile::Signal, fresh: false };
        assert_eq!(own("GET", "/_headstart/rules/site.json", state), signal);
        assert_eq!(own("GET", "/_headstart/rules/next/1f/a", state), Admission::NotFound);
        assert_eq!(own("GET", "/_headstart/activate.js", state), Admission::ActivateScript);
        assert_eq!(
            own("POST", "/_headstart/erase", state),
            Admission::Erase { authorization: String::new() }
        );
        assert_eq!(
            own("POST", "/_headstart/switch", state),
            Admission::Switch { authorization: String::new() }
        );
    }
    assert_eq!(own("POST", "/_headstart/beacon", State::all(Mode::Off)), Admission::Ignored);
    assert_eq!(own("POST", "/_headstart/beacon", State::all(Mode::Shadow)), Admission::Beacon);
}

/// A page of which all is known, for a visitor who navigates or speculates.
fn planned(fields: &[(&str, &str)], head: &Head, state: State) -> Plan {
    let hints = hints();
    let resource = Resource::new("https://cdn.example/a.css".to_owned(), resource::Destination::Style);
    let preloads = [resource];
    let known = KnownHints { preloads: &preloads, ask: Some(0), ..KnownHints::new(&hints, Basis::Page) };
    let visit = visit("GET", "/a", &[fields, &DOCUMENT].concat());
    let samples = |what| matches!(what, Sampling::Beacon { .. });
    plan(&visit, head, Knowledge::Known(known), &in_state(&[], state), samples)
}

fn edit(plan: Plan) -> Edit {
    match plan {
        Plan::Edit(edit) => edit,
        Plan::Pass => Edit::default(),
        other => panic!("{other:?}"),
    }
}

const HINT: &str = "<https://cdn.example>; rel=preconnect";

#[test]
fn each_feature_is_sent_reported_or_neither() {
    let link = |edit: &Edit| -> Vec<String> {
        edit.append.iter().filter(|(name, _)| *name == "Link").map(|(_, value)| value.clone()).collect()
    };
    let has_rules = |edit: &Edit| edit.append.iter().any(|(name, _)| *name == "Speculation-Rules");
    let on = edit(planned(&[], &page(), State::default()));
    assert!(link(&on)[0].contains("rel=preload") && link(&on)[0].ends_with(HINT) && has_rules(&on));
    assert!(on.would.is_none() && on.html.len() == 1, "and it is asked how it went");
    for mode in [Mode::Shadow, Mode::Off] {
        let without = |feature| edit(planned(&[], &page(), with(feature, mode)));
        let [hints, preloads, rules] = [Feature::Hints, Feature::Preloads, Feature::Rules].map(without);
        assert!(!link(&hints)[0].contains("preconnect") && link(&hints)[0].contains("rel=preload"));
        assert_eq!(link(&preloads), [HINT]);
        assert!(!has_rules(&rules) && has_rules(&hints) && has_rules(&preloads));
        let reported = [&hints, &preloads, &rules]
            .map(|edit| edit.would.as_ref().map_or_else(Vec::new, |would| would.kinds()));
        let words = ["hints", "preloads", "rules"].map(|word| vec![word.to_owned()]);
        let expected = if mode == Mode::Shadow { words } else { [const { vec![] }; 3] };
        assert_eq!(reported, expected);
    }
}

#[test]
fn a_page_in_shadow_is_silent_and_one_that_is_held_out_is_asked() {
    let shadow = edit(planned(&[], &page(), State::all(Mode::Shadow)));
    assert!(shadow.is_silent(), "{shadow:?}");
    assert_eq!(shadow.would.as_ref().unwrap().kinds(), ["hints", "preloads", "rules"]);
    assert_eq!(planned(&[], &page(), State::all(Mode::Off)), Plan::Pass);
    let held_out = edit(planned(&[], &page(), held_out()));
    assert!(held_out.append.is_empty() && held_out.would.is_none() && !held_out.is_silent());
    assert!(
        matches!(held_out.html.as_slice(), [HtmlEdit::IntoHead(tag)] if tag.contains("/_headstart/held/hg/beacon.js"))
    );
}

#[test]
fn what_is_reported_is_counted_each_time_and_not_replayed() {
    let visit = visit("GET", "/a", &[]);
    let decide = |plan: &Plan| {
        let head = Head { media_type: Some("text/html".to_owned()), ..page() };
        replay::decide(&visit, &head, plan, &Circumstances::default(), |_| None)
    };
    let reports = Plan::Edit(Edit {
        would: Would { hurries_picture: true, ..Would::default() }.some(),
        ..Edit::default()
    });
    assert_eq!(decide(&reports), None);
    assert!(decide(&Plan::Pass).is_some());
}

#[test]
fn in_shadow_nothing_of_a_speculation_is_deferred_or_refused() {
    let fields = [&PREFETCH[..], &[("cookie", "_ga=1")]].concat();
    let sets = |line: &str| Head { set_cookies: vec![line.to_owned()], ..page() };
    let on = planned(&fields, &sets("_ga=2; Path=/"), State::default());
    assert!(edit(on).set_cookies.is_some());
    let shadow = edit(planned(&fields, &sets("_ga=2; Path=/"), State::all(Mode::Shadow)));
    assert!(shadow.is_silent() && shadow.would.as_ref().unwrap().defers, "{shadow:?}");
    let refused = Head { clears_site_data: true, ..page() };
    assert!(matches!(planned(&fields, &refused, State::default()), Plan::Refuse(_)));
    let shadow = edit(planned(&fields, &refused, State::all(Mode::Shadow)));
    assert!(shadow.is_silent());
    assert_eq!(
        shadow.would.as_ref().unwrap().refused.as_ref().map(Ineligible::as_str),
        Some("clear-site-data")
    );
    assert!(shadow.remembered.is_some(), "it is learned all the same");
    // Off, what would need deferral is refused, as without a key.
    let off = planned(&fields, &sets("_ga=2; Path=/"), with(Feature::Deferral, Mode::Off));
    assert!(matches!(off, Plan::Refuse(_)), "{off:?}");
}

#[test]
fn no_browser_is_had_forget_anything_in_shadow() {
    let fields = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    let of = |state| {
        let visit = visit("POST", "/sign-in", &fields);
        edit(plan(&visit, &page(), Knowledge::Unknown, &in_state(&[], state), |_| false))
    };
    assert!(of(State::default()).clears());
    let shadow = of(State::all(Mode::Shadow));
    assert!(shadow.is_silent() && shadow.would.as_ref().unwrap().clears);
}

#[test]
fn rules_name_only_pages_on_which_speculations_are_guarded() {
    let baseline = |record: &str, mode| {
        let switches = Switches::parse(record).unwrap();
        let config = config(&[]).with_unguarded(switches.unguarded("shop.example", mode));
        rule_sets(&config, &[]).get(RulesFile::Baseline).body.clone()
    };
    let json = |body: String| {
        serde_json::from_str::<serde_json::Value>(&body).unwrap()["prefetch"][0]["where"]["and"].clone()
    };
    let off = json(baseline(r#"{"paths":{"/checkout/*":"off"}}"#, Mode::On));
    assert_eq!(off[0]["href_matches"], "/*");
    assert_eq!(off[1]["not"]["href_matches"].as_array().unwrap().last().unwrap(), "/checkout/*");
    let canary = json(baseline(r#"{"paths":{"/try/*":"on"}}"#, Mode::Shadow));
    assert_eq!(canary[0]["href_matches"], serde_json::json!(["/try/*"]));
}
