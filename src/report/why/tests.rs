use super::*;
use crate::plan::rules_delivery;
use crate::switches::holdout::Arms;
use std::rc::Rc;

const HINTS: &str = r#"{"version":2,"pages":{"/a":[["https://cdn.example",1]]},"routes":{"/p/*":[]},"why":{"/a":[[97,310,2,100]]}}"#;
const NEXT: &str = r#"{"version":1,"pages":{"/a":{"next":[["/b",0.42,3,0,0,[12,5,1]]]}},"out":["/leave","/x/*"],"harmful":1,"why":[["cart-changed",1801209600]]}"#;
const KEY: (&str, &str) = ("SEAL_KEY", "0123456789abcdef0123456789abcdef");

fn config(variables: &[(&str, &str)]) -> Config {
    Config::read(variables.iter().copied()).0
}

fn asked(query: &str) -> Result<Asked, &'static str> {
    Asked::read(&Url::parse(&format!("https://shop.example/_headstart/why?{query}")).unwrap())
}

fn explained(query: &str, variables: &[(&str, &str)], met: Option<Ineligible>) -> Explanation {
    explained_by(query, &config(variables), met)
}

fn explained_by(query: &str, config: &Config, met: Option<Ineligible>) -> Explanation {
    let rule_sets = Rc::new(rules_delivery::rule_sets(config, &[]));
    let site_next = SiteNextPages::parse(NEXT, config, &rule_sets).unwrap();
    let hints = [Known::read(HINTS).unwrap()];
    let next =
        Next { snapshot: Some(crate::published::next_page_snapshot::NextPageSnapshot::parse(NEXT).unwrap()) };
    let context = Context {
        site: "shop.example",
        config,
        rule_sets: &site_next.rule_sets(),
        hints: &hints,
        next: &next,
        site_next: Some(&site_next),
        met,
        now: 1_800_000_000_000,
    };
    explain(&asked(query).unwrap(), &context)
}

fn says(explanation: &Explanation, part: &str) -> bool {
    explanation.said.iter().any(|said| said.text.contains(part))
}

fn decisive(explanation: &Explanation) -> Vec<&str> {
    explanation.said.iter().filter(|said| said.is_decisive).map(|said| said.text.as_str()).collect()
}

#[test]
fn where_something_is_written_a_visitor_with_a_session_gets_no_rules() {
    let editor = explained("url=/a%3Fdo=edit&cookie=PHPSESSID%3D1", &[], None);
    assert!(says(&editor, "The URL says that something is written there"), "{:#?}", editor.said);
    assert!(editor.lines.iter().all(|(name, _)| *name != "Speculation-Rules"), "{:?}", editor.lines);
}

#[test]
fn what_is_asked_is_a_page_of_this_site() {
    let read = asked("url=/a%3Fb=1%23c&speculate=1&cookie=x%3D1&set-cookie=y%3D1&set-cookie=").unwrap();
    assert_eq!(
        (read.url.as_str(), read.speculates, read.prerenders),
        ("https://shop.example/a?b=1", true, false)
    );
    assert_eq!((read.cookies.as_str(), read.set_cookies.as_slice()), ("x=1", &["y=1".to_owned()][..]));
    assert!(
        asked("url=https://shop.example/a&prerender=on")
            .is_ok_and(|asked| asked.speculates && asked.prerenders)
    );
    assert!(asked("url=/a&speculate=0").is_ok_and(|asked| !asked.speculates));
    for wrong in [
        "",
        "url=",
        "url=https://evil.example/",
        "url=//evil.example",
        "url=javascript:alert(1)",
        "url=/_headstart/",
    ] {
        assert!(asked(wrong).is_err(), "{wrong}");
    }
    assert!(asked(&format!("url=/{}", "a".repeat(MAX_BYTES))).is_err());
}

#[test]
fn a_page_is_explained_by_what_it_is_really_given() {
    let explanation = explained("url=/a", &[], None);
    let lines: Vec<&str> = explanation.lines.iter().map(|(name, _)| *name).collect();
    assert_eq!(lines, ["Link", "Speculation-Rules"]);
    assert_eq!(explanation.lines[0].1, "<https://cdn.example>; rel=preconnect");
    for part in [
        "https://cdn.example: preconnect, since 97 % of the views need it; it gains some 310 ms; named in the body; rendering waits for it.",
        "comes on the list when 50 % of the views need it, and leaves it below 30 %",
        "/b follows a view with a probability of 0.420, so it is prefetched (immediate); of such speculations 12 were used lately, 5 were not, and 1 are open.",
        "The baseline regulates its eagerness itself",
    ] {
        assert!(says(&explanation, part), "{part}: {:#?}", explanation.said);
    }
    assert_eq!(decisive(&explanation), [""; 0]);
    let off = explained("url=/a", &[("HINTS", "off"), ("RULES", "off")], None);
    assert!(off.lines.is_empty() && says(&off, "HINTS is off") && says(&off, "RULES is off"));
    let unknown = explained("url=/unknown", &[], None);
    assert!(
        says(&unknown, "Nothing is known of the page's third parties") && says(&unknown, "(MIN_VISITORS)")
    );
    let signed_in = explained("url=/a&cookie=PHPSESSID%3D1", &[], None);
    assert!(says(&signed_in, "so the baseline is all they get"));
    assert!(signed_in.lines.iter().all(|(_, value)| !value.contains("/next/")), "{:?}", signed_in.lines);
    assert!(says(
        &explained("url=/leave", &[], None),
        "/leave is left out (cart-changed); speculations on it are refused."
    ));
}

#[test]
fn a_speculation_is_explained_by_what_refuses_it() {
    let sign_out = explained("url=/logout&speculate=1", &[KEY], None);
    assert!(sign_out.outcome.contains("Headstart-Refused: unsafe-url;rule=sign-out"), "{}", sign_out.outcome);
    assert_eq!(decisive(&sign_out).len(), 1);
    assert!(decisive(&sign_out)[0].starts_with("The rule sign-out says by "), "{:?}", decisive(&sign_out));
    let by_site = explained("url=/poll/7&speculate=1", &[KEY, ("UNSAFE_URLS", "/poll/*")], None);
    assert!(decisive(&by_site)[0].contains("the pattern /poll/* of UNSAFE_URLS"), "{:?}", decisive(&by_site));
    let safe = explained("url=/logout&speculate=1", &[KEY, ("SAFE_URLS", "/logout")], None);
    assert!(says(&safe, "SAFE_URLS says that the URL does nothing") && decisive(&safe).is_empty());
    assert!(safe.outcome.contains("would reach the origin"));
    let met = explained(
        "url=/a&speculate=1",
        &[KEY],
        Some(Ineligible::Quarantined(crate::ineligible::Affected::WithSession)),
    );
    assert_eq!(
        decisive(&met),
        ["This isolate has met the page to be ineligible (session), for visitors with a session."]
    );
    let suspected = Ineligible::Suspected { rule: "sign-out".to_owned() };
    assert!(
        decisive(&explained("url=/a&speculate=1", &[KEY], Some(suspected)))[0]
            .starts_with("Links to it say by the rule sign-out")
    );
}

#[test]
fn cookies_decide_as_they_do_for_a_visitor() {
    let ask = |query: &str, variables: &[(&str, &str)]| {
        explained(&format!("url=/a&speculate=1&{query}"), variables, None)
    };
    let deferred = ask("set-cookie=seen%3D1;Path%3D/", &[KEY]);
    assert!(
        says(&deferred, "The cookie seen that is set is taken for:")
            && says(&deferred, "it is deferred to activation")
    );
    assert!(says(&deferred, "given a ticket") && decisive(&deferred).is_empty());
    let keyless = ask("set-cookie=seen%3D1;Path%3D/", &[]);
    assert!(keyless.outcome.contains("set-cookie;name=\"seen\""), "{}", keyless.outcome);
    assert!(decisive(&keyless).iter().any(|text| text.contains("The cookie seen")), "{:?}", keyless.said);
    let signs_out = ask("cookie=PHPSESSID%3D1&set-cookie=PHPSESSID%3D;Path%3D/;Max-Age%3D0", &[KEY]);
    assert!(signs_out.outcome.contains("set-cookie;name=\"PHPSESSID\""), "{}", signs_out.outcome);
    assert_eq!(decisive(&signs_out).len(), 1);
    assert!(says(&signs_out, "The visitor's cookie PHPSESSID is taken for: session"));
    let counts = ask("", &[("EFFECT_PATHS", "/a")]);
    assert!(counts.outcome.contains("Headstart-Refused: effect"), "{}", counts.outcome);
    assert_eq!(decisive(&counts).len(), 2, "the path, and that there is no key: {:?}", counts.said);
}

#[test]
fn what_is_switched_for_the_page_is_said_first() {
    let in_state = |query: &str, state: State| explained_by(query, &config(&[KEY]).in_state(state), None);
    let first =
        |explanation: &Explanation| (explanation.said[0].is_decisive, explanation.said[0].text.clone());
    for (state, said) in [
        (State::all(Mode::Off), "It is off for this page"),
        (State::all(Mode::Shadow), "It is in shadow for this page"),
        (
            State::default().with(Feature::Hints, Mode::Off),
            "Of the features, hints is switched to off for this page.",
        ),
        (State::default().compared(Arms { is_held_out: true, source: None }), "The page is held out today"),
    ] {
        let explanation = in_state("url=/a", state);
        let (is_decisive, text) = first(&explanation);
        assert!(is_decisive && text.starts_with(said), "{text}");
        assert!(
            explanation.outcome.contains("would be given, were all of it on, 1 hints"),
            "{}",
            explanation.outcome
        );
        assert!(explanation.lines.iter().all(|(name, _)| *name != "Link"), "{said}: {:?}", explanation.lines);
    }
    let on = in_state("url=/a", State::default());
    assert!(!first(&on).0 && on.outcome.contains("is given 1 hints"), "{on:?}");
    let unguarded = in_state("url=/a&speculate=1", State::all(Mode::Shadow));
    assert!(unguarded.outcome.contains("as if Headstart were not there"), "{}", unguarded.outcome);
}
