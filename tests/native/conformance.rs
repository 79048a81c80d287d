//! The parsers give the expected output for each input of these tables: our own in tests/data, and a larger collection from public
//! test suites where one lies beside the checkout.

use headstart::config::Config;
use headstart::endpoints::RulesFile;
use headstart::hints::{Hint, HintAction, Origin, Pools, link};
use headstart::plan::rules_delivery;
use headstart::rules::header;
use headstart::speculation::Speculation;
use headstart::visit::{self, Tag};
use proptest::prelude::*;
use serde_json::{Value, json};
use speculation_rules::{Engine, parse_as};
use std::path::Path;
use url::Url;

fn read(path: &Path) -> Value {
    let text = std::fs::read_to_string(path).unwrap_or_else(|error| panic!("{}: {error}", path.display()));
    serde_json::from_str(&text).unwrap_or_else(|error| panic!("{}: {error}", path.display()))
}

/// The cases of a section: our own, then the public ones where they are. Our own must never be missing.
fn cases(section: &str) -> Vec<Value> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let mut cases =
        read(&root.join("tests/data/conformance.json"))[section].as_array().cloned().unwrap_or_default();
    assert!(!cases.is_empty(), "tests/data/conformance.json has no section {section}");
    let public = root.join("../shared/conformance/cases.json");
    if public.exists() {
        cases.extend(read(&public)[section].as_array().cloned().expect("the public cases have the section"));
    }
    cases
}

fn text<'a>(case: &'a Value, key: &str) -> &'a str {
    case[key].as_str().unwrap_or_else(|| panic!("no {key} in {case}"))
}

#[test]
fn sec_purpose() {
    for case in cases("sec_purpose") {
        let expected = match (&case["prefetch"], &case["prerender"]) {
            (Value::Bool(false), _) => None,
            (_, Value::Bool(true)) => Some(Speculation::Prerender),
            _ => Some(Speculation::Prefetch),
        };
        assert_eq!(visit::sec_purpose(text(&case, "value")), expected, "{case}");
    }
}

#[test]
fn legacy_purpose_headers() {
    for case in cases("legacy_purpose_headers") {
        let expected = (case["speculation"] != false).then_some(Speculation::Prefetch);
        assert_eq!(visit::legacy_purpose(text(&case, "value")), expected, "{case}");
    }
}

#[test]
fn sec_speculation_tags() {
    for case in cases("sec_speculation_tags") {
        let tags = visit::speculation_tags(text(&case, "value")).map(|tags| {
            let tags = tags.into_iter().map(|tag| match tag {
                Tag::Untagged => "token:null".to_owned(),
                Tag::Named(name) => format!("string:{name}"),
            });
            tags.collect::<Vec<_>>()
        });
        assert_eq!(json!(tags), case["tags"], "{case}");
    }
}

#[test]
fn speculation_rules_header() {
    for case in cases("speculation_rules_header") {
        let lines: Vec<&str> =
            case["field_lines"].as_array().unwrap().iter().map(|line| line.as_str().unwrap()).collect();
        let joined = lines.join(", ");
        assert_eq!(json!(header::parse(&joined)), case["rule_set_url_strings"], "{case}");
        // Whatever the origin sent: what we append survives, and so does what was there.
        if let Some(line) = header::append(Some(&joined), &[RulesFile::Baseline.path().to_owned()]) {
            let mut urls = header::parse(&joined).unwrap();
            urls.push(RulesFile::Baseline.path().to_owned());
            assert_eq!(header::parse(&format!("{joined}, {line}")), Some(urls), "{case}");
        }
    }
}

/// Links as the tables write them: target, relation type, and attributes with "" for a missing value.
fn as_table(field: &str) -> Value {
    link::parse(field)
        .into_iter()
        .map(|link| {
            let attributes: Vec<_> = link
                .attributes
                .into_iter()
                .map(|attribute| json!([attribute.name, attribute.value.unwrap_or_default()]))
                .collect();
            json!({ "target": link.target, "rel": link.rel, "attrs": attributes })
        })
        .collect()
}

/// Where we read more than appendix B.2 of RFC 8288 does: empty list members are passed over (RFC 9110, 5.6.1).
const EMPTY_MEMBERS: &str = ",,<https://x.test/>; rel=preconnect";

#[test]
fn link_fields() {
    for section in [
        "link_header_single",
        "link_header_crossorigin",
        "link_header_multi",
        "link_header_libraries",
        "link_header_wpt",
    ] {
        for case in cases(section) {
            let value = text(&case, "value");
            if value == EMPTY_MEMBERS {
                assert_eq!(
                    as_table(value),
                    json!([{ "target": "https://x.test/", "rel": "preconnect", "attrs": [] }])
                );
                continue;
            }
            assert_eq!(as_table(value), case["rfc8288_appendix_b"], "{case}");
        }
    }
}

#[test]
fn the_pool_of_a_preconnect_in_a_header() {
    let page = Url::parse("https://page.test/").unwrap();
    for case in cases("link_header_crossorigin") {
        let hint = link::parse(text(&case, "value")).first().and_then(|link| link.as_hint(&page));
        let chromium = &case["chromium_first_link"];
        let pools = match (&chromium["valid"], chromium["crossorigin"].as_str()) {
            (Value::Bool(false), _) => None,
            (_, Some("" | "anonymous")) => Some(Pools::ANONYMOUS),
            _ => Some(Pools::CREDENTIALED),
        };
        let found = hint.map(|hint| match hint.action {
            HintAction::Preconnect(pools) => pools,
            HintAction::DnsPrefetch => panic!("a preconnect is read as a DNS prefetch: {case}"),
        });
        assert_eq!(found, pools, "{case}");
    }
}

fn origins() -> impl Strategy<Value = Origin> {
    let url = "(http|https)://([a-zA-Z0-9_-]{1,12}\\.){0,3}[a-z]{2,8}\\.?(:[1-9][0-9]{0,3})?/[ -~]{0,20}";
    url.prop_filter_map("an origin", |url| Origin::of(&Url::parse(&url).ok()?))
}

fn hints() -> impl Strategy<Value = Vec<Hint>> {
    let hint = (origins(), 0_u8..4).prop_map(|(origin, bits)| {
        let pools = Pools { credentialed: bits & 1 != 0, anonymous: bits & 2 != 0 };
        let action = if pools.is_empty() { HintAction::DnsPrefetch } else { HintAction::Preconnect(pools) };
        Hint { origin, action }
    });
    prop::collection::vec(hint, 0..12)
}

proptest! {
    #[test]
    fn whatever_is_emitted_reads_back(hints in hints(), most in 0_usize..2000) {
        let page = Url::parse("https://page.test/").unwrap();
        let line = link::serialise(&hints, most);
        prop_assert!(line.len() <= most);
        prop_assert!(line.bytes().all(|byte| (0x20..0x7f).contains(&byte)));
        let read: Vec<Hint> = link::parse(&line).iter().map(|link| link.as_hint(&page).expect("a hint")).collect();
        // A hint for both pools is two links; put them together again.
        let mut merged: Vec<Hint> = Vec::new();
        for hint in read {
            match (merged.last_mut().map(|last| (last.origin == hint.origin, &mut last.action)), hint.action) {
                (Some((true, HintAction::Preconnect(last))), HintAction::Preconnect(pools))
                    if *last == Pools::CREDENTIALED && pools == Pools::ANONYMOUS => *last = last.union(pools),
                _ => merged.push(hint),
            }
        }
        if most == 1999 {
            prop_assert!(merged.len() <= hints.len());
        }
        let mut expected = hints.into_iter();
        for hint in merged {
            prop_assert!(expected.any(|other| other == hint), "not emitted: {hint:?}");
        }
    }

    #[test]
    fn any_field_is_survived(value in "\\PC{0,200}") {
        let page = Url::parse("https://page.test/").unwrap();
        for link in link::parse(&value) {
            let _ = link.as_hint(&page);
        }
        let _ = visit::sec_purpose(&value);
        let _ = visit::speculation_tags(&value);
        let _ = header::append(Some(&value), &[RulesFile::Baseline.path().to_owned()]);
    }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(24))]

    #[test]
    fn every_baseline_is_taken_whole(
        eagerness in prop::sample::select(vec!["conservative", "moderate", "eager", "immediate"]),
        globs in prop::collection::vec("/[!-~\u{e4}]{0,30}", 0..6),
        asking in prop::collection::vec("/[a-z*:(]{0,5}\\?(utm_|[a-z*])[!-~]{0,10}", 0..3),
        parameters in prop::collection::vec("([A-Za-z0-9_.~-]{1,12}\\*?|[!-~]{0,12})", 0..8),
        signal in prop::sample::select(vec!["on", "off", ""]),
        links in prop::collection::vec("/[a-z:*(]{0,6}(logout|cart/|\\.pdf)?(\\?(utm_source=1|[!-~]{1,8}))?", 8),
    ) {
        let unsafe_urls = [globs, asking].concat().join(" ");
        let (config, _) = Config::read([
            ("EAGERNESS", eagerness),
            ("UNSAFE_URLS", &unsafe_urls),
            ("INERT_PARAMETERS", &parameters.join(" ")),
            ("ACTIVATION_SIGNAL", signal),
        ]);
        let sets = rules_delivery::rule_sets(&config, &[]);
        let base = Url::parse("https://shop.example/_headstart/rules/site.json").unwrap();
        let body = &sets.get(RulesFile::Baseline).body;
        let read = Engine::ALL.map(|engine| parse_as(engine, body, &base).expect("a rule set").prefetch);
        for rules in &read {
            prop_assert_eq!(rules.len(), 1, "{}", body);
            prop_assert_eq!(&rules[0].tags, &["headstart".to_owned()]);
            prop_assert_eq!(rules[0].eagerness.as_str(), eagerness);
        }
        // Each reads it in its own way, and they come to mean the same links.
        for link in links {
            let Ok(url) = base.join(&link) else { continue };
            let meant = read.each_ref().map(|rules| rules[0].predicate.as_ref().unwrap().matches(&url, &|_| false));
            prop_assert!(meant.iter().all(|is_meant| *is_meant == meant[0]), "{}: {:?}", url, meant);
        }
        let signal = speculation_rules::parse(&sets.get(RulesFile::Signal).body, &base);
        prop_assert_eq!(signal, Ok(speculation_rules::RuleSet::default()));
    }
}
