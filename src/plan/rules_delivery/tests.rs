use super::*;
use crate::endpoints::{learned_rules_at, source_of};
use crate::head::Content;
use crate::plan::tests::{DOCUMENT, Fixed};
use crate::published::next_page_snapshot::{
    Entry, Excluded, NextPage, NextPageChoice, NextPageSnapshot, Spellings, Tally,
};
use crate::speculation::{Action, Eagerness};
use crate::urls::robots::Robots;
use proptest::prelude::*;
use serde_json::Value;
use speculation_rules::{Engine, parse_as};
use url::Url;

const BASELINE: &str = "\"/_headstart/rules/site.json\"";
const PREFETCH: &[(&str, &str)] = &[("sec-purpose", "prefetch"), ("sec-fetch-dest", "document")];
const PRERENDER: &[(&str, &str)] = &[("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "document")];

fn visit(headers: &[(&str, &str)]) -> Visit {
    Visit::with("GET", Url::parse("https://shop.example/a").unwrap(), headers)
}

fn config(variables: &[(&str, &str)]) -> Config {
    Config::read(variables.iter().copied()).0
}

fn page() -> Head {
    Head { status: 200, content: Content::Page, is_readable: true, ..Head::default() }
}

fn next(path: &str, eagerness: Eagerness) -> NextPage {
    let path = path.to_owned();
    NextPage {
        path,
        pr: 0.5,
        eagerness,
        action: Action::Prefetch,
        is_unvarying: false,
        spellings: Spellings::default(),
        tally: Tally::default(),
    }
}

fn entry() -> Entry {
    Entry::new(vec![next("/b", Eagerness::Immediate), next("/c", Eagerness::Moderate)], false, false)
}

fn with<'a>(key: &'a str, entry: &'a Entry) -> Guidance<'a> {
    let rule_set = learned::rule_set_of(entry).map(|rule_set| &*Box::leak(Box::new(rule_set)));
    Guidance { known: Some(Known { key, entry, rule_set }), ..Guidance::default() }
}

/// What a page is given.
fn delivered(
    headers: &[(&str, &str)],
    head: &Head,
    guidance: Guidance<'_>,
    variables: &[(&str, &str)],
) -> Delivered {
    let (visit, config) = (visit(headers), config(variables));
    let source = source(&visit, head, guidance, &config, &mut Fixed(|_| false));
    let guidance = Guidance { source: source.as_deref(), ..guidance };
    deliver(&visit, head, guidance, &rule_sets(&config, &[]), &config)
}

/// What is said of where it was asked for from by the first file that a line names, and the line without that.
fn sources(line: &str) -> (Option<(AskedBy, String)>, String) {
    let first = line.split('"').nth(1).unwrap();
    let url = Url::parse("https://shop.example").unwrap().join(first).unwrap();
    let Some(token) = source_of(&url) else { return (None, line.to_owned()) };
    let mut ambient = Fixed(|_: super::super::Sampling| false);
    let opened = ambient.source_key().unwrap().open(&token, ("shop.example", "/a"), ambient.now()).unwrap();
    _ = ambient.nonce();
    (Some((opened.by, opened.from)), line.replacen(&format!("?s={token}"), "", 1))
}

/// Its only header field, which is `Speculation-Rules`.
fn line(
    headers: &[(&str, &str)],
    head: &Head,
    guidance: Guidance<'_>,
    variables: &[(&str, &str)],
) -> Option<String> {
    let delivered = delivered(headers, head, guidance, variables);
    assert_eq!(delivered.into_head, None);
    let mut lines = delivered.lines.into_iter();
    let first = lines.next().map(|(name, value)| {
        assert_eq!(name, "Speculation-Rules");
        value
    });
    assert_eq!(lines.next(), None);
    first
}

/// The file of an entry, in quotes.
fn file(entry: &Entry, key: &str) -> String {
    let rule_set = learned::rule_set_of(entry).unwrap();
    let etag = rule_set.etag.trim_matches('"');
    assert_eq!(etag.len(), 16);
    format!("\"/_headstart/rules/next/{etag}{key}\"")
}

#[test]
fn a_page_names_the_baseline_and_what_was_learned_of_it() {
    let entry = entry();
    assert_eq!(line(&[], &page(), Guidance::default(), &[]).unwrap(), BASELINE);
    let both = format!("{BASELINE}, {}", file(&entry, "/a"));
    assert_eq!(line(&[], &page(), with("/a", &entry), &[]).unwrap(), both);
    let by_route = format!("{BASELINE}, {}", file(&entry, "/p/*"));
    assert_eq!(line(&[], &page(), with("/p/*", &entry), &[]).unwrap(), by_route);
    assert_eq!(line(&[], &page(), with("/a", &Entry::default()), &[]).unwrap(), BASELINE);
    assert_eq!(line(&[], &page(), with("/a\"b", &entry), &[]).unwrap(), BASELINE, "no string holds it");
    assert_eq!(line(&[], &page(), with("/a", &entry), &[("NEXT_PAGES", "off")]).unwrap(), BASELINE);
    assert_eq!(line(&[], &page(), with("/a", &entry), &[("RULES", "off")]), None);
}

#[test]
fn a_page_on_which_the_baseline_has_risen_names_the_moderate_one_by_its_path_alone() {
    let config = config(&[]);
    let eagerness = serde_json::from_str(
        r#"{"tracks":[{"step":2},{"step":2}],"held":[{"name":"/list/*","mask":1},{"name":"/own","mask":3}]}"#,
    );
    let rule_sets = regulated_rule_sets(&config, &[], &eagerness.unwrap());
    let entry = Entry::new(Vec::new(), true, false);
    for (path, guidance, file) in [
        ("/a", Guidance::default(), "moderate.json"),
        ("/list/7?x=1", Guidance::default(), "moderate-touch.json"),
        ("/own", Guidance::default(), "site.json"),
        ("/b", with("/b", &entry), "signal.json"),
        ("/a", Guidance { token: Some("T"), ..Guidance::default() }, "moderate.json?t=T"),
    ] {
        for headers in [&[][..], &[("sec-ch-ua-mobile", "?1"), ("cookie", "session=1")], PREFETCH] {
            let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
            let given = deliver(&Visit::with("GET", url, headers), &page(), guidance, &rule_sets, &config);
            assert_eq!(given.lines[0].1, format!("\"/_headstart/rules/{file}\""), "{path} {headers:?}");
        }
    }
}

#[test]
fn a_baseline_that_rests_names_nothing_in_the_file_that_all_pages_name() {
    let eagerness: BaselineEagerness =
        serde_json::from_str(r#"{"tracks":[{"step":0},{"step":0}],"rest":{"until":9}}"#).unwrap();
    for (regulates, text) in [("auto", Some(r#"{"tag":"headstart"}"#)), ("conservative", None)] {
        let config = config(&[("EAGERNESS", regulates)]);
        let rule_sets = regulated_rule_sets(&config, &[Excluded::of("/leave", true)], &eagerness);
        let given = deliver(&visit(&[]), &page(), Guidance::default(), &rule_sets, &config);
        assert_eq!(given.lines[0].1, BASELINE);
        let as_configured = super::rule_sets(&config, &[Excluded::of("/leave", true)]);
        let expected = text.unwrap_or(&as_configured.get(RulesFile::Baseline).body);
        assert_eq!(rule_sets.get(RulesFile::Baseline).body, expected, "{regulates}");
        assert_eq!(rule_sets.cache_control, "no-cache");
    }
}

#[test]
fn where_a_visitor_who_may_have_a_session_writes_something_no_rules_are_given() {
    let config = config(&[("UNSAFE_URLS", "/checkout*")]);
    let named = |path: &str, cookie: &str| {
        let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
        let visit = Visit::with("GET", url, &[("cookie", cookie)]);
        deliver(&visit, &page(), Guidance::default(), &rule_sets(&config, &[]), &config).lines.len()
    };
    for path in ["/start?do=edit", "/posts/5/edit", "/issues/new"] {
        for cookie in ["PHPSESSID=1", "gw=5f0c1b7e9a3d4c28"] {
            assert_eq!((named(path, cookie), named(path, "theme=dark")), (0, 1), "{path} {cookie}");
        }
    }
    for path in ["/start", "/checkout"] {
        assert_eq!(named(path, "PHPSESSID=1"), 1, "{path}");
    }
}

#[test]
fn what_the_baseline_alone_asked_for_is_told_by_its_tag() {
    let guessed = |tags: &str, more: &[(&str, &str)], variables: &[(&str, &str)]| {
        let fields = [PREFETCH, &[("sec-speculation-tags", tags)], more].concat();
        guess(&visit(&fields), &config(variables))
    };
    let by = |is_moderate, pointer| Some(Guess { is_moderate, pointer });
    let (mouse, touch) = (crate::speculation::Pointer::Mouse, crate::speculation::Pointer::Touch);
    assert_eq!(guessed("\"headstart\"", &[], &[]), by(false, mouse));
    assert_eq!(guessed("\"headstart-moderate\"", &[("sec-ch-ua-mobile", "?0")], &[]), by(true, mouse));
    assert_eq!(guessed("\"headstart-moderate\"", &[("sec-ch-ua-mobile", "?1")], &[]), by(true, touch));
    for tags in [
        "null",
        "",
        "\"headstart\", null",
        "\"headstart-moderate\", \"headstart-next\"",
        "\"headstart-next\"",
    ] {
        assert_eq!(guessed(tags, &[], &[]), None, "{tags}");
    }
    for fixed in
        [("EAGERNESS", "moderate"), ("ACTIVATION_SIGNAL", "off"), ("NEXT_PAGES", "off"), ("RULES", "off")]
    {
        assert_eq!(guessed("\"headstart\"", &[], &[fixed]), None, "{fixed:?}");
    }
    let fields = [("sec-speculation-tags", "\"headstart\"")];
    assert_eq!(guess(&visit(&fields), &config(&[])), None, "no speculation");
}

#[test]
fn the_next_page_is_not_asked_for_before_what_this_one_sets_is_there() {
    let entry = entry();
    let learned = file(&entry, "/a");
    let (plain, ticketed) = (with("/a", &entry), Guidance { token: Some("T"), ..with("/a", &entry) });
    let waiting = Guidance { waits: true, ..plain };
    assert_eq!(line(&[], &page(), plain, &[]).unwrap(), format!("{BASELINE}, {learned}"));
    // With the cookies come the learned rules, to who reads a tag in a rule.
    let asked = r#""/_headstart/rules/site.json?t=T&n""#;
    let bare = r#""/_headstart/rules/site.json?t=T""#;
    let tagged = [PREFETCH, &[("sec-speculation-tags", "\"headstart\"")]].concat();
    assert_eq!(line(&tagged, &page(), ticketed, &[]).unwrap(), asked);
    assert_eq!(line(PREFETCH, &page(), ticketed, &[]).unwrap(), bare);
    // A script brings them, and a file would be there before.
    assert_eq!(line(PRERENDER, &page(), waiting, &[]).unwrap(), BASELINE);
    // Nothing is asked for that nobody knows, or that is off.
    let unknown = Guidance { token: Some("T"), ..Guidance::default() };
    assert_eq!(line(&tagged, &page(), unknown, &[]).unwrap(), bare);
    let in_session = Guidance { has_session: true, ..ticketed };
    assert_eq!(line(&tagged, &page(), in_session, &[]).unwrap(), bare);
    // The same where rules stand in the page.
    let inline = [("RULES_DELIVERY", "inline")];
    let has_learned = |guidance: Guidance<'_>| {
        let shown = [&tagged[..], &[("sec-fetch-mode", "navigate")]].concat();
        let given = delivered(&shown, &page(), guidance, &inline);
        (given.into_head.unwrap().contains(r#""headstart-next""#), given.lines)
    };
    assert_eq!(has_learned(plain), (true, vec![]));
    assert_eq!(has_learned(waiting), (false, vec![]));
    let signal = r#""/_headstart/rules/signal.json?t=T&n""#.to_owned();
    assert_eq!(has_learned(ticketed), (false, vec![("Speculation-Rules", signal)]));
}

#[test]
fn a_page_that_was_fetched_ahead_says_from_where() {
    let entry = entry();
    let guidance = Guidance { from: Some("/caf%C3%A9/a&b=c"), ..with("/a", &entry) };
    let plain = format!("{BASELINE}, {}", file(&entry, "/a"));
    let guess = Guess::at(1);
    for (is_next, guess, by) in [
        (false, None, AskedBy::AnyRule),
        (true, None, AskedBy::LearnedRule),
        (false, guess, AskedBy::Baseline(guess.unwrap())),
    ] {
        let given = line(PREFETCH, &page(), Guidance { is_next, guess, ..guidance }, &[]).unwrap();
        assert_eq!(sources(&given), (Some((by, "/caf%C3%A9/a&b=c".to_owned())), plain.clone()));
        assert!(!given.contains("caf"), "{given}");
    }
    assert!(delivered(PREFETCH, &page(), guidance, &[]).names_source);
    assert!(!delivered(&[], &page(), guidance, &[]).names_source);
    assert_eq!(line(&[], &page(), guidance, &[]).unwrap(), plain, "no speculation");
    assert_eq!(line(PRERENDER, &page(), guidance, &[]).unwrap(), plain, "it asks before it is shown");
    assert_eq!(line(PREFETCH, &page(), guidance, &[("ACTIVATION_SIGNAL", "off")]).unwrap(), plain);
    // It would not say which page it is.
    let hidden = Head { referrer_policy: Some("no-referrer".to_owned()), ..page() };
    assert_eq!(line(PREFETCH, &hidden, guidance, &[]).unwrap(), plain);
    let frame = [("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "iframe")];
    assert_eq!(
        line(&frame, &page(), guidance, &[]).unwrap(),
        plain,
        "a frame of a page that is rendered ahead"
    );
}

#[test]
fn nothing_is_said_of_where_a_secret_is_or_of_who_has_a_password() {
    const RESET: &str = "/reset/9f86d081884c7d659a2feaa0c55ad015";
    let named = |path: &str, from: &str, more: &[(&str, &str)]| {
        let mut visit = visit(&[PREFETCH, more].concat());
        visit.url.set_path(path);
        names_source(&visit, &page(), from, false, &config(&[]))
    };
    assert!(named("/a", "/b", &[]));
    for (path, from, more) in [
        ("/a", RESET, &[][..]),
        (RESET, "/b", &[]),
        ("/a", "/u/ada@example.org", &[]),
        ("/a", "/b", &[("authorization", "Basic YTpi")]),
    ] {
        assert!(!named(path, from, more), "{path} from {from}");
    }
}

#[test]
fn who_has_a_session_gets_the_baseline_or_nothing() {
    let entry = entry();
    let guidance = Guidance { has_session: true, from: Some("/x"), ..with("/a", &entry) };
    assert_eq!(line(&[], &page(), guidance, &[]).unwrap(), BASELINE);
    assert_eq!(
        line(PREFETCH, &page(), guidance, &[]).unwrap(),
        BASELINE,
        "it says nothing of where they were"
    );
    for headers in [&[], PREFETCH] {
        assert_eq!(line(headers, &page(), guidance, &[("SESSION_RULES", "none")]), None);
    }
    let inline = delivered(&DOCUMENT, &page(), guidance, &[("RULES_DELIVERY", "inline")]).into_head.unwrap();
    assert_eq!(inline.matches("<script").count(), 1);
}

#[test]
fn what_a_visitor_with_a_session_presses_names_no_page() {
    let pressed = Guess::at(0);
    let guidance =
        Guidance { has_session: true, from: Some("/account/7"), guess: pressed, ..Guidance::default() };
    let by = |guess: Option<Guess>| AskedBy::PressedInSession(guess.unwrap().pointer);
    for guess in [pressed, Guess::at(2)] {
        let given = line(PREFETCH, &page(), Guidance { guess, ..guidance }, &[]).unwrap();
        assert_eq!(sources(&given), (Some((by(guess), String::new())), BASELINE.to_owned()));
    }
    assert!(delivered(PREFETCH, &page(), guidance, &[]).names_source, "it is this visitor's alone");
    let with_ticket = Guidance { token: Some("T"), ..guidance };
    let given = line(PREFETCH, &page(), with_ticket, &[]).unwrap();
    assert!(given.starts_with("\"/_headstart/rules/site.json?s=") && given.ends_with("&t=T\""), "{given}");
    // By the moderate rule, by another one as well, or by somebody who has said enough today.
    for guess in [Guess::at(1), Guess::at(3), None] {
        assert_eq!(line(PREFETCH, &page(), Guidance { guess, ..guidance }, &[]).unwrap(), BASELINE);
    }
    let learned = Guidance { guess: None, is_next: true, ..guidance };
    assert_eq!(line(PREFETCH, &page(), learned, &[]).unwrap(), BASELINE);
    let password = [PREFETCH, &[("authorization", "Basic YTpi")]].concat();
    assert_eq!(line(&password, &page(), guidance, &[]).unwrap(), BASELINE);
    assert_eq!(line(PRERENDER, &page(), guidance, &[]).unwrap(), BASELINE);
    assert_eq!(line(PREFETCH, &page(), guidance, &[("SESSION_RULES", "none")]), None);

    let told = |path: &str, has_session, variables: &[(&str, &str)]| {
        let mut visit = visit(&[PREFETCH, &[("cookie", "PHPSESSID=1")]].concat());
        visit.url.set_path(path);
        let config = config(variables);
        let names = names_source(&visit, &page(), "/b", has_session, &config);
        (names, tells_use(&visit, &page(), "/b", has_session, &config))
    };
    assert_eq!(told("/a", true, &[]), (false, true));
    assert_eq!(told("/a", false, &[]), (true, true));
    assert_eq!(told("/a", true, &[("SESSION_RULES", "none")]), (false, false));
    assert_eq!(told("/posts/5/edit", true, &[]), (false, false), "it is given no rules");
    assert_eq!(told("/posts/5/edit", false, &[]), (false, false));
}

#[test]
fn a_page_with_rules_of_its_own_names_a_file_without_any() {
    let own = Entry::new(vec![next("/b", Eagerness::Eager)], true, false);
    let signal = "\"/_headstart/rules/signal.json";
    assert_eq!(
        line(&[], &page(), with("/a", &own), &[]).unwrap(),
        format!("{signal}\", {}", file(&own, "/a"))
    );
    let guidance = Guidance { from: Some("/"), ..with("/a", &own) };
    let expected = (Some((AskedBy::AnyRule, "/".to_owned())), format!("{signal}\", {}", file(&own, "/a")));
    assert_eq!(sources(&line(PREFETCH, &page(), guidance, &[]).unwrap()), expected);
    let only_own = Entry::new(Vec::new(), true, false);
    assert_eq!(line(&[], &page(), with("/a", &only_own), &[]).unwrap(), format!("{signal}\""));
    let into_head = |entry: &Entry| {
        delivered(&DOCUMENT, &page(), with("/a", entry), &[("RULES_DELIVERY", "inline")]).into_head
    };
    assert_eq!(into_head(&own).unwrap().matches("<script").count(), 1);
    assert_eq!(into_head(&only_own), None);
}

#[test]
fn the_origins_own_field_stays_whole() {
    let entry = entry();
    let both = format!("{BASELINE}, {}", file(&entry, "/a"));
    for (own, expected) in [
        ("\"/own.json\"", Some(both.as_str())),
        (BASELINE, Some(file(&entry, "/a").as_str())),
        (both.as_str(), None),
        ("/own.json", None),
        ("\"/own.json\",", None),
        ("", None),
    ] {
        let head = Head { speculation_rules: Some(own.to_owned()), ..page() };
        assert_eq!(line(&[], &head, with("/a", &entry), &[]).as_deref(), expected, "{own}");
    }
}

#[test]
fn inline_rules_stand_in_scripts_that_the_policies_let_work() {
    let entry = entry();
    let inline =
        |head: &Head| delivered(&DOCUMENT, head, with("/a", &entry), &[("RULES_DELIVERY", "inline")]);
    let scripts = |nonce: &str| {
        let config = config(&[]);
        let rule_sets = super::rule_sets(&config, &[]);
        let learned = learned::rule_set_of(&entry).unwrap();
        let bodies = [rule_sets.get(RulesFile::Baseline), &learned];
        let body = |set: &RuleSet| set.in_page("https://shop.example").unwrap();
        bodies.map(|set| format!("<script type=\"speculationrules\"{nonce}>{}</script>", body(set))).concat()
    };
    for (csp, nonce) in [
        (None, Some("")),
        (Some("img-src 'none'"), Some("")),
        (Some("script-src 'self' 'inline-speculation-rules'"), Some("")),
        (Some("script-src 'nonce-aB3+/=' 'strict-dynamic'"), Some(" nonce=\"aB3+/=\"")),
        (Some("script-src 'self'"), None),
        (Some("default-src 'none'"), None),
    ] {
        let delivered = inline(&Head { csp: csp.map(str::to_owned), ..page() });
        assert_eq!(delivered.into_head, nonce.map(scripts), "{csp:?}");
        assert_eq!(delivered.lines, [], "{csp:?}");
    }
    assert_eq!(inline(&Head { no_transform: true, ..page() }), Delivered::default());
}

#[test]
fn inline_rules_mean_this_site_whatever_a_base_says() {
    let entry = entry();
    let into_head =
        delivered(&DOCUMENT, &page(), with("/a", &entry), &[("RULES_DELIVERY", "inline")]).into_head.unwrap();
    let url = |url: &str| Url::parse(url).unwrap();
    let scripts: Vec<&str> = into_head
        .split("<script type=\"speculationrules\">")
        .skip(1)
        .map(|rest| rest.strip_suffix("</script>").unwrap())
        .collect();
    assert_eq!(scripts.len(), 2);
    for script in scripts {
        let matched = |base: &str, link: &str| {
            let set = parse_as(Engine::Chromium, script, &url(base)).unwrap();
            let matches = |rule: &speculation_rules::Rule| {
                rule.predicate.as_ref().unwrap().matches(&url(link), &|_| false)
            };
            set.prefetch.iter().any(matches)
        };
        assert!(matched("https://shop.example/a", "https://shop.example/b"), "{script}");
        for base in ["https://cdn.example/", "https://cdn.example/x/y", "https://shop.example:8443/"] {
            let links =
                ["https://cdn.example/b", "https://shop.example:8443/b", "https://shop.example/logout"];
            assert_eq!(links.map(|link| matched(base, link)), [false; 3], "{base}");
        }
    }
}

#[test]
fn no_path_ends_the_script_that_it_stands_in() {
    let path = "/</script><!--<script>";
    let entry = Entry::new(vec![next(path, Eagerness::Eager)], false, false);
    let into_head =
        delivered(&DOCUMENT, &page(), with("/a", &entry), &[("RULES_DELIVERY", "inline")]).into_head.unwrap();
    let learned = into_head.rsplit_once("<script type=\"speculationrules\">").unwrap().1;
    let body = learned.strip_suffix("</script>").unwrap();
    assert!(!body.contains('<'), "{body}");
    let rules: Value = serde_json::from_str(body).unwrap();
    assert_eq!(rules["prefetch"][0]["where"]["and"][0]["href_matches"][0], path);
}

#[test]
fn a_page_that_does_not_vary_says_so_unless_it_says_something_itself() {
    let unvarying = Entry::new(Vec::new(), false, true);
    let field = |head: &Head, entry: &Entry, variables: &[(&str, &str)]| {
        let lines = delivered(&[], head, with("/a", entry), variables).lines;
        lines.into_iter().find(|(name, _)| *name == "No-Vary-Search").map(|(_, value)| value)
    };
    let inert = &[("INERT_PARAMETERS", "campaign")];
    let value = field(&page(), &unvarying, inert).unwrap();
    assert_eq!(value, config(inert).urls.inert_parameters.no_vary_search());
    assert!(value.starts_with("params=(\"utm_source\" ") && value.contains(" \"campaign\""), "{value}");
    assert_eq!(field(&Head { has_no_vary_search: true, ..page() }, &unvarying, &[]), None);
    assert_eq!(field(&page(), &unvarying, &[("NO_VARY_SEARCH", "off")]), None);
    assert_eq!(field(&page(), &entry(), &[]), None);
}

#[test]
fn a_page_that_a_sibling_renders_ahead_agrees() {
    let field = |headers: &[(&str, &str)], is_sibling| {
        let guidance = Guidance { is_sibling, ..Guidance::default() };
        let lines = delivered(headers, &page(), guidance, &[]).lines;
        lines.into_iter().find(|(name, _)| *name == "Supports-Loading-Mode").map(|(_, value)| value)
    };
    assert_eq!(field(PRERENDER, true).as_deref(), Some("credentialed-prerender"));
    assert_eq!(field(PRERENDER, false), None);
    assert_eq!(field(PREFETCH, true), None);
    assert_eq!(field(&[], true), None);
}

/// Paths as the URL standard writes them, with all that it leaves as it is.
fn path() -> impl Strategy<Value = String> {
    "/[!-~\u{e4}\u{1f600} ]{0,16}".prop_map(|path| {
        let mut url = Url::parse("https://shop.example").unwrap();
        url.set_path(&path);
        url.path().to_owned()
    })
}

fn any_entry() -> impl Strategy<Value = Entry> {
    let eagerness = prop::sample::select(vec![Eagerness::Moderate, Eagerness::Eager, Eagerness::Immediate]);
    let action =
        prop::sample::select(vec![Action::Prefetch, Action::Prerender, Action::PrerenderUntilScript]);
    let next =
        (path(), eagerness, action, any::<bool>()).prop_map(|(path, eagerness, action, is_unvarying)| {
            NextPage { action, is_unvarying, ..next(&path, eagerness) }
        });
    (prop::collection::vec(next, 0..5), any::<bool>(), any::<bool>())
        .prop_map(|(nexts, has_rules, is_unvarying)| Entry::new(nexts, has_rules, is_unvarying))
}

/// How many rules a rule set has; panics where a browser drops one.
fn rules(text: &str) -> usize {
    let base = Url::parse("https://shop.example/_headstart/rules/site.json").unwrap();
    let json: Value = serde_json::from_str(text).unwrap();
    let written = ["prefetch", "prerender", "prerender_until_script"]
        .map(|key| json.get(key).map_or(0, |rules| rules.as_array().unwrap().len()));
    let read = |engine| parse_as(engine, text, &base).unwrap();
    for engine in [Engine::Standard, Engine::Chromium] {
        let set = read(engine);
        let kept = [set.prefetch.len(), set.prerender.len(), set.prerender_until_script.len()];
        assert_eq!(kept, written, "{engine:?} {text}");
    }
    // It does not prerender. What it prefetches are the same links.
    let (here, there) = (read(Engine::Chromium).prefetch, read(Engine::WebKit).prefetch);
    assert_eq!(here, there, "{text}");
    written.iter().sum()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 10, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn no_rule_of_any_model_and_any_configuration_is_dropped(
        pages in prop::collection::btree_map(path(), any_entry(), 1..4),
        disallowed in prop::collection::vec("(/|\\*)[!-~\u{e4}]{0,12}\\$?", 0..4),
        harmful in prop::collection::vec(path(), 0..3),
        (eagerness, unsafe_urls) in (
            prop::sample::select(vec!["conservative", "moderate", "eager", "immediate"]), "(/[!-~]{0,9} ){0,3}",
        ),
        (safe_urls, inert) in ("(/[!-~]{0,9} ){0,2}", "([!-~]{1,8} ){0,3}"),
    ) {
        let robots = Robots::parse(&format!("User-agent: *\nDisallow: {}", disallowed.join("\nDisallow: ")));
        let choice = NextPageChoice {
            pages: pages.into_iter().collect(),
            excluded: harmful
                .into_iter()
                .map(|path| Excluded::of(&path, true))
                .chain(robots.globs().map(|path| Excluded::of(&path, false)))
                .collect(),
            ..NextPageChoice::default()
        };
        let snapshot = NextPageSnapshot::parse(&choice.to_value()).unwrap();
        let config = config(&[
            ("EAGERNESS", eagerness),
            ("UNSAFE_URLS", &unsafe_urls),
            ("SAFE_URLS", &safe_urls),
            ("INERT_PARAMETERS", &inert),
            ("RULES_DELIVERY", "inline"),
        ]);
        let rule_sets = super::rule_sets(&config, &snapshot.excluded);
        prop_assert_eq!(rules(&rule_sets.get(RulesFile::Baseline).body), 1);
        prop_assert_eq!(rules(&rule_sets.get(RulesFile::Signal).body), 0);
        prop_assert_eq!(snapshot.pages().len(), choice.pages.iter().filter(|(path, _)| snapshot.at(path).is_some()).count());
        for (key, entry) in snapshot.pages() {
            let own = learned::rule_set_of(entry);
            let learned = own.as_ref().map_or(0, |set| rules(&set.body));
            prop_assert_eq!(learned > 0, !entry.nexts.is_empty());
            // The same as a script, and as a field.
            let into_head = deliver(&visit(&DOCUMENT), &page(), with(key, entry), &rule_sets, &config).into_head.unwrap_or_default();
            let scripts = into_head.split("</script>").filter_map(|script| script.split_once('>'));
            let baseline = (!entry.has_rules).then(|| rule_sets.get(RulesFile::Baseline));
            let json = |text: &str| serde_json::from_str::<Value>(text).unwrap();
            let in_page: Vec<String> =
                baseline.into_iter().chain(own.as_ref()).map(|set| set.in_page("https://shop.example").unwrap()).collect();
            for (place, set) in baseline.into_iter().chain(own.as_ref()).enumerate() {
                prop_assert_eq!(rules(&in_page[place]), rules(&set.body));
            }
            let in_page: Vec<Value> = in_page.iter().map(|text| json(text)).collect();
            prop_assert_eq!(scripts.map(|(_, body)| json(body)).collect::<Vec<_>>(), in_page);
            let mut config = config.clone();
            config.rules.delivery = RulesDelivery::Header;
            let lines = deliver(&visit(&[]), &page(), with(key, entry), &rule_sets, &config).lines;
            let named = header::parse(&lines[0].1).unwrap();
            prop_assert!(named.len() <= 2);
            if let Some(url) = named.get(1) {
                // A browser asks for just that, and we know it again.
                let url = visit(&[]).url.join(url).unwrap();
                let (hash, found) = learned_rules_at(url.path()).unwrap();
                prop_assert!(learned::is_current(own.as_ref().unwrap(), hash));
                prop_assert_eq!(found, key);
            }
        }
    }
}

#[test]
fn a_speculation_is_by_the_learned_rules_if_it_names_no_other() {
    let is_ours = |purpose: &str, tags: Option<&str>| {
        let mut headers = vec![("sec-purpose", purpose), ("sec-fetch-dest", "document")];
        headers.extend(tags.map(|tags| ("sec-speculation-tags", tags)));
        is_by_learned_rules(&visit(&headers))
    };
    let ours = &*format!("\"{NEXT_TAG}\"");
    assert!(is_ours("prefetch", Some(ours)) && is_ours("prefetch;prerender", Some(ours)));
    assert!(!is_ours("", Some(ours)), "no speculation");
    let both = &*format!("{ours}, null");
    for tags in [None, Some(""), Some("null"), Some("\"other\""), Some(both), Some("\"broken")] {
        assert!(!is_ours("prefetch", tags), "{tags:?}");
    }
}

#[test]
fn a_sibling_is_known_by_the_origin_of_its_page() {
    let siblings = config(&[("PRERENDER_SIBLINGS", "https://blog.shop.example https://docs.example:8443")]);
    let is_sibling = |config: &Config, referer: Option<&str>| {
        let headers: Vec<_> = referer.map(|referer| ("referer", referer)).into_iter().collect();
        super::is_sibling(&visit(&headers), config)
    };
    for referer in ["https://blog.shop.example/a?b=1", "https://docs.example:8443/"] {
        assert!(is_sibling(&siblings, Some(referer)), "{referer}");
        assert!(!is_sibling(&config(&[]), Some(referer)), "{referer}");
    }
    for referer in [
        None,
        Some("http://blog.shop.example/"),
        Some("https://docs.example/"),
        Some("https://shop.example/"),
        Some("/a"),
    ] {
        assert!(!is_sibling(&siblings, referer), "{referer:?}");
    }
}
