use super::*;
use crate::config::Config;
use crate::hints::{Hint, HintAction, Origin, Pools};
use crate::ineligible::Ineligible;
use crate::plan::origin_route::OriginRoute;
use crate::plan::own_answers::{self, Body};
use crate::plan::rules_delivery::{Guidance, rule_sets};
use crate::plan::tests::Fixed;
use crate::plan::{Edit, HoldsFor, Learned, Plan, plan};
use crate::published::hint_snapshot::{Basis, Knowledge, KnownHints};
use crate::published::next_page_snapshot::Entry;
use crate::rules::learned;
use crate::sorting::map::SortedMap;
use regex::Regex;
use serde::Deserialize;
use serde_json::{Value, json};
use url::Url;

#[derive(Deserialize)]
struct Data {
    rules: Value,
    refusal: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
struct Case {
    name: String,
    #[serde(default)]
    variables: SortedMap<String, String>,
    next_pages: Option<NextPages>,
    #[serde(default)]
    is_read: bool,
    #[serde(default)]
    must_be_seen: bool,
    #[serde(default)]
    may_echo: bool,
    first: Exchange,
    decision: Option<Value>,
    later: Vec<Exchange>,
}

#[derive(Deserialize)]
struct NextPages {
    is_unvarying: bool,
}

#[derive(Deserialize)]
struct Exchange {
    #[serde(default)]
    replayed: bool,
    method: Option<String>,
    url: Option<String>,
    status: Option<u16>,
    #[serde(default)]
    request: SortedMap<String, String>,
    answer: SortedMap<String, String>,
}

fn data() -> Data {
    serde_json::from_str(include_str!("../../../tests/data/replay_cases.json")).unwrap()
}

/// What is decided about an exchange of a case.
fn decided(case: &Case, exchange: &Exchange) -> Option<Replay> {
    let config = Config::read(case.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()))).0;
    let path = exchange.url.as_deref().or(case.first.url.as_deref()).unwrap();
    let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
    let asked: Vec<_> =
        exchange.request.iter().map(|(name, value)| (name.as_str(), value.as_str())).collect();
    let visit = Visit::with(exchange.method.as_deref().unwrap_or("GET"), url, &asked);
    let answered = |name: &str| exchange.answer.get(name).cloned();
    let set_cookies = || exchange.answer.get("set-cookie").into_iter().cloned().collect();
    let head = Head::read(&visit, exchange.status.unwrap_or(200), answered, set_cookies);
    let origin = Origin::parse("https://cdn.example").unwrap();
    let hints = [Hint { origin, action: HintAction::Preconnect(Pools::CREDENTIALED) }];
    let entry = case.next_pages.as_ref().map(|known| Entry::new(Vec::new(), false, known.is_unvarying));
    let known = entry.as_ref().map(|entry| learned::Known { key: path, entry, rule_set: None });
    let learned = Learned {
        knowledge: Knowledge::Known(KnownHints::new(&hints, Basis::Page)),
        leads_to: None,
        guidance: Guidance { known, ..Guidance::default() },
        rule_sets: &rule_sets(&config, &[]),
        seen: crate::plan::Seen::default(),
        is_routine: false,
    };
    let plan = plan(&visit, &head, learned, &config, &mut Fixed(|_| case.is_read));
    let circumstances = Circumstances {
        must_be_seen: case.must_be_seen,
        may_echo: case.may_echo,
        depends_on_session: known.is_some(),
        edits_documents: html_edits::are_usual(&config),
        ..Circumstances::default()
    };
    decide(&visit, &head, &plan, &circumstances, answered)
}

/// A decision as the file writes it: what `No-Vary-Search` says follows from the built-in parameters, and the baseline from the built-in
/// URLs.
fn as_written(replay: &Replay) -> Value {
    let mut lines = replay.lines.clone();
    if let Some(at) = lines.iter().position(|line| line == "No-Vary-Search") {
        assert!(lines[at + 1].starts_with("params=(\"utm_source\""), "{lines:?}");
        "(as configured)".clone_into(&mut lines[at + 1]);
    }
    let mut into_head = replay.into_head.clone();
    for piece in into_head.iter_mut().flat_map(|into_head| &mut into_head.pieces) {
        if let (Some(start), Some(end)) = (piece.find(">{"), piece.find("}</script>")) {
            piece.replace_range(start + 1..=end, "(the baseline)");
        }
    }
    serde_json::to_value(Replay { lines, into_head, ..replay.clone() }).unwrap()
}

#[test]
fn a_decision_says_under_which_conditions_it_is_replayed() {
    for case in data().cases {
        let decision = decided(&case, &case.first);
        assert_eq!(decision.as_ref().map(as_written), case.decision, "{}", case.name);
    }
}

#[test]
fn what_is_said_of_pictures_is_replayed_for_those_of_whom_it_was_said() {
    let replayed = |path: &str, has_session: bool, holds_for: HoldsFor| {
        let visit = Visit::with("GET", Url::parse("https://shop.example").unwrap().join(path).unwrap(), &[]);
        let answered = |name: &str| (name == "content-type").then(|| "text/html".to_owned());
        let head = Head::read(&visit, 200, answered, Vec::new);
        let append = vec![("Link", "</a>; rel=preload".to_owned())];
        let plan = Plan::Edit(Edit { append, ..Edit::default() });
        let circumstances = Circumstances { has_session, holds_for, ..Circumstances::default() };
        decide(&visit, &head, &plan, &circumstances, answered)
            .map(|replay| (replay.is_bare, replay.has_session))
    };
    for (path, has_session, holds_for, expected) in [
        ("/?p=1", true, HoldsFor::Everybody, Some((false, None))),
        ("/", false, HoldsFor::BareViews, Some((true, Some(false)))),
        ("/", true, HoldsFor::Others, Some((false, Some(true)))),
        ("/?p=1", true, HoldsFor::Others, Some((false, Some(true)))),
        ("/?p=1", false, HoldsFor::Others, None),
    ] {
        assert_eq!(replayed(path, has_session, holds_for), expected, "{path} {has_session} {holds_for:?}");
    }
}

#[test]
fn what_is_replayed_is_what_would_be_decided_anew() {
    let mut replayed = 0;
    for case in data().cases {
        let first = decided(&case, &case.first);
        for later in case.later.iter().filter(|later| later.replayed) {
            let (first, anew) = (first.as_ref().unwrap(), decided(&case, later));
            // A cookie that is not seen, and an answer that nobody learns from, may make the decision one that is not kept.
            if let Some(anew) = anew {
                let both = |replay: &Replay| (replay.lines.clone(), replay.into_head.clone());
                assert_eq!(both(&anew), both(first), "{}: {:?} {:?}", case.name, later.url, later.answer);
            }
            replayed += 1;
        }
    }
    assert!(replayed >= 10, "{replayed}");
}

/// Rules in the head are most of it.
#[test]
fn a_decision_about_a_page_that_is_edited_is_no_longer_than_what_javascript_keeps() {
    let javascript = include_str!("../../edge/kept_decisions.js");
    let most = javascript.split("const MAX_DECISION = ").nth(1).unwrap().split(';').next().unwrap();
    let most: usize = most.replace('_', "").parse().unwrap();
    let inline = |case: &&Case| case.variables.get("RULES_DELIVERY").is_some_and(|value| value == "inline");
    let cases = data();
    let decisions: Vec<Replay> =
        cases.cases.iter().filter(inline).filter_map(|case| decided(case, &case.first)).collect();
    assert!(!decisions.is_empty());
    for decision in decisions {
        let length = serde_json::to_string(&decision).unwrap().len();
        // A site may have had some hundred paths left out.
        assert!(length > 12_000 && length * 3 < most, "{length} of {most}");
    }
}

#[test]
fn a_refusal_is_the_same_where_wasm_cannot_say_it() {
    let refusal = own_answers::refusal(&Ineligible::Failed);
    let Body::Text(body) = &refusal.body else { panic!("{refusal:?}") };
    let said = json!({ "status": refusal.status, "headers": refusal.lines, "body": body });
    assert_eq!(said, data().refusal);
}

#[test]
fn what_holds_for_every_decision_is_said_once() {
    assert_eq!(serde_json::to_value(rules(true, None, &OriginRoute::Zone)).unwrap(), data().rules);
    let silent = rules(false, None, &OriginRoute::Zone);
    assert_eq!((silent.requests.len(), silent.exchanges.len()), (2, 1));
    assert!(
        silent.requests.iter().all(|exclusion| !exclusion.has_query),
        "of what may loop, and of what is saved"
    );
    assert_eq!(silent.marks, SPECULATION_MARKS.map(Field::name));
    let reported = serde_json::to_value(silent.clone().with_report()).unwrap();
    assert_eq!(reported["requests"][2]["request"], serde_json::json!([["headstart-token", null]]));
    let cookies = ["__Host-headstart-report", "headstart-report"];
    assert_eq!(reported["hidden"], serde_json::json!({ "field": "headstart-token", "cookies": cookies }));
}

#[test]
fn no_decision_is_left_about_a_url_that_does_something_whoever_asks() {
    let asked = |path: &str, headers: &[(&str, &str)], variables: &[(&str, &str)]| {
        let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
        may_clear(&Visit::with("GET", url, headers), &crate::plan::tests::config(variables))
    };
    for headers in [&[][..], &[("sec-fetch-mode", "cors")], &[("sec-fetch-mode", "navigate")]] {
        for path in ["/logout", "/logout?from=a", "/a?logout", "/a?lang=de"] {
            assert!(asked(path, headers, &[]), "{path}");
        }
        assert!(!asked("/a", headers, &[]) && !asked("/a?page=2", headers, &[]));
    }
    assert!(!asked("/logout", &[], &[("CLEAR_SPECULATIONS", "off")]));
}

#[test]
fn the_nonces_of_a_policy_are_where_javascript_finds_them_too() {
    let expression = Regex::new(NONCE).unwrap();
    for (csp, without) in [
        ("", ""),
        ("script-src 'self'", "script-src 'self'"),
        ("script-src 'nonce-a+/=' 'self' 'NONCE-b'", "script-src 'nonce' 'self' 'nonce'"),
        ("script-src 'nonce-'; é 'Nonce-é'", "script-src 'nonce'; é 'nonce'"),
        ("script-src 'nonce-a", "script-src 'nonce-a"),
        ("script-src 'nonce-a 'nonce-b' 'nonce-c'", "script-src 'nonce'nonce-b' 'nonce'"),
    ] {
        assert_eq!(without_nonces(csp), without, "{csp}");
        assert_eq!(expression.replace_all(csp, NO_NONCE), without, "{csp}");
    }
}

#[test]
fn html_is_cut_where_the_nonce_stands() {
    let html = |nonce: &str| format!("<script{nonce}>{{\"nonce\":\"a\"}}</script><script{nonce}>a</script>");
    let (bare, with_nonce) = (html(""), html(" nonce=\"a\""));
    let cut_by = |html: &str, csp: &str, observed: &str| {
        without_nonce(html, [&Some(csp.to_owned()), &Some(observed.to_owned())])
    };
    let cut_at = |html: &str, csp: &str| cut_by(html, csp, "");
    assert_eq!(cut_by(&with_nonce, "script-src 'self'", "script-src 'nonce-a'").unwrap().len(), 3);
    assert_eq!(cut_by(&with_nonce, "script-src 'nonce-a'", "script-src 'nonce-b'"), None);
    assert_eq!(cut_at(&bare, "script-src 'unsafe-inline' 'nonce-b'"), Some(vec![bare.clone()]));
    let cut = cut_at(&with_nonce, "script-src 'NONCE-a' 'nonce-a'");
    assert_eq!(cut, None, "one of them could be written in another way in a later answer");
    let cut = cut_at(&with_nonce, "script-src 'nonce-a'; style-src 'nonce-a'").unwrap();
    assert_eq!(cut.len(), 3);
    assert_eq!(cut.join("a"), with_nonce);
    assert_eq!(cut.join("Zm9v"), html(" nonce=\"Zm9v\""));
    for csp in ["", "script-src 'nonce-a' 'nonce-b'", "script-src 'nonce-b'"] {
        assert_eq!(cut_at(&with_nonce, csp), None, "{csp}");
    }
}

proptest::proptest! {
    #[test]
    fn a_nonce_that_is_put_into_replayed_pages_may_be_put_into_any(value in "[-a-zA-Z0-9+/_=\"'<>& é\n]{0,4}") {
        let is_one = Regex::new(NONCE_VALUE).unwrap().is_match(&value);
        let script = crate::csp::OwnScript::WithNonce(&value);
        proptest::prop_assert_eq!(is_one, crate::plan::beacon_tag::nonce(script).is_some());
    }
}
