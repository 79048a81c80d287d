use super::*;
use crate::fault::{Blame, Consequence};
use crate::ineligible::Affected;

const KEPT_OUT: (&str, &str) = ("Cache-Control", "no-store");
const PLAIN: (&str, &str) = ("Content-Type", "text/plain; charset=utf-8");
const LED_BACK: &str =
    "headstart-unscripted=6d33d05a0475256a; Path=/_headstart/unscripted; Max-Age=30; HttpOnly; SameSite=Lax";
const RULES_TYPE: (&str, &str) = ("Content-Type", "application/speculationrules+json");

fn asking(headers: &[(&str, &str)]) -> Visit {
    crate::plan::tests::visit("GET", "/a?b=1", headers)
}

fn rule_sets(activation_signal: bool) -> RuleSets {
    RuleSets::new(RuleSet::new(r#"{"prefetch":[]}"#.to_owned()), activation_signal)
}

fn answer<'a>(status: u16, lines: &[(&'static str, &'a str)], body: Option<&'a str>) -> OwnAnswer<'a> {
    let lines = lines.iter().map(|(name, value)| (*name, Cow::Borrowed(*value))).collect();
    OwnAnswer { status, lines, body: body.map_or(Body::None, |body| Body::Text(body.into())) }
}

/// An answer at a path of ours, which no search engine shows.
fn ours<'a>(status: u16, lines: &[(&'static str, &'a str)], body: Option<&'a str>) -> OwnAnswer<'a> {
    let mut answer = answer(status, lines, body);
    answer.lines.insert(1, ("X-Robots-Tag", "noindex".into()));
    answer
}

#[test]
fn a_rules_file_comes_with_its_entity_tag_and_without_a_body_where_the_browser_has_it() {
    for (signal, cache_control) in [(true, "no-cache"), (false, "public, max-age=3600")] {
        let rule_sets = rule_sets(signal);
        let rule_set = rule_sets.get(RulesFile::Baseline);
        let etag = format!("W/{}", rule_set.etag);
        let lines =
            [("Cache-Control", cache_control), ("ETag", &etag), ("Vary", "Accept-Encoding"), RULES_TYPE];
        for (fresh, status) in [(false, 200), (true, 304)] {
            let admission = Admission::RuleSet { file: RulesFile::Baseline, fresh };
            let body = (!fresh).then_some(r#"{"prefetch":[]}"#);
            assert_eq!(of(&asking(&[]), &admission, &rule_sets), Some(ours(status, &lines, body)), "{fresh}");
        }
    }
}

#[test]
fn where_the_baseline_has_risen_an_answer_says_on_what_it_depends() {
    let eagerness = serde_json::from_str(r#"{"tracks":[{"step":2},{"step":0}]}"#).unwrap();
    let rule_sets = rule_sets(true).with_moderate(RuleSet::new("{}".to_owned()), eagerness);
    for (file, body) in [(RulesFile::Baseline, r#"{"prefetch":[]}"#), (RulesFile::Moderate, "{}")] {
        let etag = format!("W/{}", rule_sets.get(file).etag);
        let vary = ("Vary", "Accept-Encoding, Sec-CH-UA-Mobile");
        let lines = [("Cache-Control", "no-cache"), ("ETag", &etag), vary, RULES_TYPE];
        for (fresh, status, body) in [(false, 200, Some(body)), (true, 304, None)] {
            let admission = Admission::RuleSet { file, fresh };
            assert_eq!(of(&asking(&[]), &admission, &rule_sets), Some(ours(status, &lines, body)));
        }
    }
}

#[test]
fn each_path_of_ours_has_its_answer() {
    let rule_sets = rule_sets(true);
    let script =
        [("Cache-Control", "public, max-age=3600"), ("Content-Type", "text/javascript; charset=utf-8")];
    let page = "https://shop.example/a";
    for (admission, expected) in [
        (Admission::BeaconScript, ours(200, &script, Some(beacon_tag::SCRIPT))),
        (Admission::ActivateScript, ours(200, &script, Some(rendering::SCRIPT))),
        (
            Admission::ReturnToPage { url: page.to_owned() },
            ours(303, &[KEPT_OUT, ("Location", page), ("Set-Cookie", LED_BACK)], None),
        ),
        (
            Admission::Forbidden,
            ours(403, &[KEPT_OUT, PLAIN], Some("Only pages of this site may send this.\n")),
        ),
        (Admission::NotFound, ours(404, &[KEPT_OUT, PLAIN], Some("Headstart has nothing here.\n"))),
        (Admission::MethodNotAllowed("GET, HEAD"), ours(405, &[KEPT_OUT, ("Allow", "GET, HEAD")], None)),
        (
            Admission::Refuse(Ineligible::Failed),
            answer(
                503,
                &[
                    KEPT_OUT,
                    ("Vary", "Sec-Purpose"),
                    ("Content-Type", "text/html; charset=utf-8"),
                    ("Headstart-Refused", "failed"),
                ],
                Some(
                    "<!doctype html><meta name=turbo-visit-control content=reload><meta http-equiv=refresh content=0><title>Loading</title>",
                ),
            ),
        ),
    ] {
        assert_eq!(of(&asking(&[]), &admission, &rule_sets), Some(expected), "{admission:?}");
    }
}

#[test]
fn what_is_the_origins_to_say_or_follows_from_more_is_not_answered_so() {
    let (rule_sets, token) = (rule_sets(true), String::new);
    for admission in [
        Admission::Ask,
        Admission::Beacon,
        Admission::Learned { hash: String::new(), key: String::new() },
        Admission::RedeemByRulesFile { file: RulesFile::Baseline, token: token() },
        Admission::RedeemByScript,
        Admission::RedeemByRule { token: token() },
        Admission::Health,
    ] {
        assert_eq!(of(&asking(&[]), &admission, &rule_sets), None, "{admission:?}");
    }
}

#[test]
fn a_rule_that_brings_a_ticket_back_is_never_kept() {
    let rule_sets = rule_sets(false);
    let token = "token".to_owned();
    let with_rule = rule_sets.get(RulesFile::Signal).with_prefetch(&endpoints::activate_url("token"));
    let admission = Admission::DeferToActivation { file: RulesFile::Signal, token };
    let expected = ours(200, &[KEPT_OUT, RULES_TYPE], with_rule.as_deref());
    assert!(with_rule.is_some());
    assert_eq!(of(&asking(&[]), &admission, &rule_sets), Some(expected));
}

#[test]
fn inertia_is_told_in_its_own_words_to_leave_a_refused_page_to_the_browser() {
    let why = Ineligible::Effect(Affected::Everybody);
    let inertia = [("x-inertia", "true"), ("purpose", "prefetch"), ("referer", "https://shop.example/")];
    let told = refusal_of(&asking(&inertia), &why);
    assert_eq!(told.status, 409);
    assert!(told.lines.contains(&("X-Inertia-Location", "https://shop.example/a?b=1".into())), "{told:?}");
    assert!(told.lines.contains(&("Headstart-Refused", "effect".into())), "{told:?}");
    assert_eq!(refusal_of(&asking(&[]), &why), refusal(&why));
    let itself = [inertia[0], inertia[1], ("referer", "https://shop.example/a?b=1")];
    assert_eq!(refusal_of(&asking(&itself), &why), refusal(&why), "it would leave at once");
}

#[test]
fn a_learned_rule_set_is_kept_for_ever_only_under_the_name_of_what_it_says() {
    let rule_set = RuleSet::new("{}".to_owned());
    let current = rule_set.etag.trim_matches('"');
    let expected = |cache_control| {
        ours(200, &[("Cache-Control", cache_control), ("Vary", "Accept-Encoding"), RULES_TYPE], Some("{}"))
    };
    assert_eq!(learned(Some(&rule_set), current), expected("public, max-age=31536000, immutable"));
    for old in ["", "0", rule_set.etag.as_str()] {
        assert_eq!(learned(Some(&rule_set), old), expected("public, max-age=60"), "{old}");
    }
    let none = ours(404, &[KEPT_OUT, PLAIN], Some("No next pages are known here.\n"));
    assert_eq!(learned(None, current), none);
}

#[test]
fn no_answer_to_a_ticket_is_kept() {
    use redemption::Answer;
    let rule_sets = rule_sets(false);
    for (given, expected) in [
        (
            Answer::RulesFile(RulesFile::Baseline),
            ours(200, &[KEPT_OUT, RULES_TYPE], Some(r#"{"prefetch":[]}"#)),
        ),
        (
            Answer::RulesWithTicket(RulesFile::Baseline),
            ours(200, &[KEPT_OUT, RULES_TYPE], Some(r#"{"prefetch":[]}"#)),
        ),
        (Answer::Done, ours(204, &[KEPT_OUT], None)),
        (Answer::Stale, ours(409, &[KEPT_OUT], None)),
        (Answer::NotGood, ours(403, &[KEPT_OUT, PLAIN], Some("This ticket is not good.\n"))),
        (Answer::Unknown, ours(503, &[KEPT_OUT, PLAIN], Some("This ticket cannot be looked at now.\n"))),
    ] {
        assert_eq!(redeemed(given, None, None, &rule_sets), expected, "{expected:?}");
    }
    // What was learned comes with the cookies of the ticket, and never beside a rule that brings it.
    let learned = RuleSet::new(r#"{"tag":"headstart-next","prefetch":[{"urls":["/b"]}]}"#.to_owned());
    let with = r#"{"prefetch":[{"tag":"headstart-next","urls":["/b"]}]}"#;
    let given = |answer, token| redeemed(answer, token, Some(&learned), &rule_sets);
    assert_eq!(
        given(Answer::RulesFile(RulesFile::Baseline), Some("T")),
        ours(200, &[KEPT_OUT, RULES_TYPE], Some(with))
    );
    let beside = redeemed(Answer::RulesWithTicket(RulesFile::Baseline), Some("T"), None, &rule_sets);
    assert_eq!(given(Answer::RulesWithTicket(RulesFile::Baseline), Some("T")), beside);
}

#[test]
fn an_order_to_erase_is_sent_on_until_it_is_carried_out_or_says_from_where_it_goes_on() {
    let said = |answer: &OwnAnswer<'static>| {
        let Body::Text(text) = &answer.body else { panic!("{answer:?}") };
        let location = answer.lines.iter().find(|(name, _)| *name == "Location");
        (answer.status, location.map(|(_, value)| value.to_string()), text.to_string())
    };
    let fault = |blame| Some(Err(Fault::new(blame, "KV is away")));
    let location = "/_headstart/erase?from=abc".to_owned();
    let begun = Erasing::Begun { location: location.clone(), so_far: "20 of 257".to_owned() };
    for (done, from, status, text) in [
        (Some(Ok(Erasing::Done { others: 0 })), None, 200, "Erased."),
        (Some(Ok(Erasing::Done { others: 3 })), Some("abc"), 200, "Erased; values of other sites: 3."),
        (fault(Blame::Platform), None, 502, "Not all could be erased: KV is away. Give the order again."),
        (
            fault(Blame::Platform),
            Some("abc"),
            502,
            "Not all could be erased: KV is away. Give the order again, and with --from abc it goes on from there.",
        ),
        (fault(Blame::Visitor), None, 400, "KV is away"),
    ] {
        assert_eq!(said(&erased(done, from)), (status, None, format!("{text}\n")));
    }
    let (status, to, text) = said(&erased(Some(Ok(begun)), None));
    assert_eq!((status, to), (307, Some(location)));
    assert_eq!(text, "Erased so far: 20 of 257. Give the order once more, at /_headstart/erase?from=abc\n");
    assert!(said(&erased(None, Some("abc"))).2.ends_with(" with --from abc it goes on from there.\n"));
    assert_eq!((erased(None, None).status, said(&erased(None, None)).2.contains("--from")), (401, false));
}

#[test]
fn a_prerendering_page_is_given_what_it_asks_for() {
    let picture = held(&holding::Answer::Picture);
    let expected = answer(200, &[KEPT_OUT, ("Content-Type", "image/gif")], None);
    assert_eq!(picture, OwnAnswer { body: Body::Bytes(PIXEL), ..expected });
    assert_eq!(PIXEL.len(), 43);
    assert_eq!(held(&holding::Answer::Taken), answer(204, &[KEPT_OUT], None));
    let why = Ineligible::Effect(Affected::Everybody);
    assert_eq!(held(&holding::Answer::Refused(why.clone())), refusal(&why));
}

#[test]
fn proxies_are_told_which_share_of_prefetches_may_come() {
    let lines = [("Cache-Control", "max-age=3600"), ("Content-Type", "application/trafficadvice+json")];
    let expected = answer(
        200,
        &lines,
        Some(
            "[{\"fraction\":0.25,\"google_prefetch_proxy_eap\":{\"fraction\":0.25},\"user_agent\":\"prefetch-proxy\"}]",
        ),
    );
    assert_eq!(traffic_advice(0.25), expected);
}

#[test]
fn a_visitor_is_told_why_there_is_no_answer() {
    let fault = Fault::new(Blame::Origin, "it is gone");
    let expected = |status| answer(status, &[KEPT_OUT, PLAIN], Some("it is gone\n"));
    assert_eq!(failed(&fault), expected(502));
    assert_eq!(failed(&fault.leads_to(Consequence::Answered(508))), expected(508));
}

#[test]
fn a_long_rule_set_is_compressed_for_whoever_takes_gzip() {
    let long = "x".repeat(1024);
    let encoding_of = |media_type, text: &str, accepted: Option<&str>| {
        let headers: Vec<_> = accepted.into_iter().map(|accepted| ("accept-encoding", accepted)).collect();
        let answer = OwnAnswer::new(200, NOT_KEPT).saying(media_type, text.to_owned());
        let before = answer.clone();
        let mut answer = answer.compressed_for(&asking(&headers));
        let encoding = answer.lines.iter().position(|(name, _)| *name == "Content-Encoding");
        let encoding = encoding.map(|at| answer.lines.remove(at).1.into_owned());
        assert_eq!(answer, before, "nothing else changes");
        encoding
    };
    for (accepted, is_taken) in [
        ("gzip", true),
        ("br, gzip", true),
        ("deflate,GZip ; q=0.5", true),
        ("*", true),
        ("gzip;q=0", false),
        ("*, gzip; Q = 0.000", false),
        ("br", false),
        ("x-gzip", false),
        ("", false),
        ("*;q=0", false),
    ] {
        assert_eq!(
            encoding_of(RULES, &long, Some(accepted)),
            is_taken.then(|| "gzip".to_owned()),
            "{accepted}"
        );
    }
    assert_eq!(encoding_of(RULES, &long, None), None);
    assert_eq!(encoding_of(RULES, &long[1..], Some("gzip")), None);
    assert_eq!(encoding_of("text/plain", &long, Some("gzip")), None);
}
