//! Bad input from end to end, natively: whatever a page, an origin's `Link` or a browser says, Headstart emits a `Link`
//! that a strict reader takes, and that names only what the page uses.

use headstart::config::Config;
use headstart::effects::source_token::SourceKey;
use headstart::head::{Content, Head};
use headstart::hints::rank::HintPreferences;
use headstart::hints::{HintAction, Origin, Pools, link};
use headstart::learn::beacon;
use headstart::learn::html::Observer;
use headstart::learn::learner;
use headstart::learn::observation::Batch;
use headstart::plan::rules_delivery;
use headstart::plan::rules_delivery::Guidance;
use headstart::plan::{self, Ambient, Learned, MAX_LINK_BYTES, Plan, Sampling};
use headstart::published::hint_snapshot::{HintSnapshot, Knowledge};
use headstart::store::Memory;
use headstart::urls::inert_parameters::InertParameters;
use headstart::visit::Visit;
use proptest::prelude::*;
use std::collections::BTreeSet;
use url::Url;

fn page() -> Url {
    Url::parse("https://shop.example/a").unwrap()
}

/// The `Link` line of a page with this HTML, when the origin's own is `existing`, after three views and these beacons.
fn emitted(html: &str, csp: Option<&str>, existing: Option<&str>, beacons: &[String]) -> Option<String> {
    let head = Head { csp: csp.map(str::to_owned), ..Head::default() };
    let mut observer = Observer::new(&page(), &head, &InertParameters::default()).unwrap();
    observer.write(html.as_bytes());
    let observation = observer.end().observation;
    let batch = Batch {
        site: "shop.example".to_owned(),
        observations: vec![observation.clone(); 3],
        confirmations: beacons.iter().filter_map(|body| beacon::read(body, &page())).collect(),
        ..Batch::default()
    };
    let config = Config::default();
    // How many visitors there are is not what this is about.
    let preferences = HintPreferences { several: 0, ..config.hints.preferences.clone() };
    let mut store = Memory::default();
    // It travels as JSON.
    let batch: Batch = serde_json::from_str(&serde_json::to_string(&batch).unwrap()).unwrap();
    let Ok(()) = learner::merge(&mut store, &batch, &preferences, 1);
    // What was voted for is looked for in the views that come then.
    let later = Batch { observations: vec![observation; 3], confirmations: Vec::new(), ..batch };
    let Ok(()) = learner::merge(&mut store, &later, &preferences, 1);
    let Ok(publication) = learner::choose(&mut store, &preferences, 1);
    let snapshot = HintSnapshot::parse(&publication.unwrap().value).unwrap();
    let visit = Visit::with("GET", page(), &[]);
    let head = Head {
        status: 200,
        content: Content::Page,
        is_readable: true,
        link: existing.map(str::to_owned),
        csp: csp.map(str::to_owned),
        ..Head::default()
    };
    let knowledge = snapshot.known("/a").map_or(Knowledge::Unknown, Knowledge::Known);
    let rule_sets = rules_delivery::rule_sets(&config, &[]);
    let learned = Learned {
        knowledge,
        leads_to: None,
        guidance: Guidance::default(),
        rule_sets: &rule_sets,
        seen: headstart::plan::Seen::default(),
        is_routine: false,
    };
    match plan::plan(&visit, &head, learned, &config, &mut Never) {
        Plan::Edit(edit) => edit.append.into_iter().find(|(name, _)| *name == "Link").map(|(_, line)| line),
        other => panic!("{other:?}"),
    }
}

/// An ambient that samples nothing, whose clock stands still.
struct Never;

impl Ambient for Never {
    fn samples(&mut self, _: Sampling) -> bool {
        false
    }

    fn now(&self) -> u64 {
        0
    }

    fn nonce(&mut self) -> [u8; 24] {
        [0; 24]
    }

    fn source_key(&self) -> Option<SourceKey> {
        SourceKey::new(0)
    }
}

/// The origins that a line names; panics when a strict reader would not take all of it.
fn named(line: &str) -> BTreeSet<String> {
    assert!(line.len() <= MAX_LINK_BYTES && line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
    let links = link::parse(line);
    // Neither origins nor our parameters hold a comma, so the links can be counted by them.
    assert_eq!(links.len(), line.split(", ").count(), "{line}");
    links
        .iter()
        .map(|link| {
            let hint = link.as_hint(&page()).unwrap_or_else(|| panic!("no hint: {link:?} in {line}"));
            assert_eq!(hint.origin.as_str(), link.target, "{line}");
            hint.origin.as_str().to_owned()
        })
        .collect()
}

#[test]
fn odd_references_name_their_origin_or_nothing() {
    for (reference, origin) in [
        ("https://user:secret@CDN.Example:443/x", Some("https://cdn.example")),
        ("//b\u{fc}cher.example/", Some("https://xn--bcher-kva.example")),
        ("https://[2001:DB8:0::1]:8443/", Some("https://[2001:db8::1]:8443")),
        ("https://cdn.example./x", Some("https://cdn.example.")),
        ("https:\\\\cdn.example\\x", Some("https://cdn.example")),
        ("ht\ttps://cdn.exa\nmple/", Some("https://cdn.example")),
        ("https://cdn.example/a,b>; rel=preload;\"", Some("https://cdn.example")),
        ("https://cdn.example%2c.example/", None),
        ("https://cdn.example>; rel=preload/", None),
        ("https://a'b;c.example/", None),
        ("https://cdn .example/", None),
        ("data:text/javascript,1", None),
        ("javascript:alert(1)", None),
        ("blob:https://cdn.example/1", None),
        ("ws://cdn.example/", None),
        ("https://shop.example:443/x", None),
        ("https://\u{0}cdn.example/", None),
        ("https:///", None),
        ("https://:80/", None),
        ("//", None),
    ] {
        let html = format!("<script src='{}'></script>", reference.replace('\'', "&#39;"));
        let expected = origin.map(|origin| format!("<{origin}>; rel=preconnect"));
        assert_eq!(emitted(&html, None, None, &[]), expected, "{reference}");
    }
}

#[test]
fn an_odd_link_of_the_origin_takes_away_what_browsers_make_of_it() {
    let html = "<script src=//a.example></script>";
    let ours = Some("<https://a.example>; rel=preconnect".to_owned());
    for (existing, left) in [
        ("<https://a.example>; rel=preconnect", None),
        ("<//A.example:443/x,y>; REL=\"preload PreConnect\"", None),
        ("<https://b.example/\">; rel=x, <https://a.example>;rel=preconnect", None),
        ("<https://a.example>; rel=preconnect; crossorigin", ours.clone()),
        ("<https://a.example>; rel=preconnect; crossorigin=", ours.clone()),
        ("<https://a.example>; rel=preconnect; crossorigin=\"use-credentials\"", None),
        ("<https://a.example>; rel=preconnect; anchor=\"/x\"", ours.clone()),
        ("<https://a.example>; title=\"rel=preconnect\"", ours.clone()),
        ("<https://a.example; rel=preconnect", ours.clone()),
        ("\u{1}\u{2},,;;<>\"", ours.clone()),
    ] {
        assert_eq!(emitted(html, None, Some(existing), &[]), left, "{existing}");
    }
}

#[test]
fn ten_thousand_hosts_give_nine_hints() {
    let html: String = (0..10_000).map(|n| format!("<img src=https://host-number-{n}.example/>")).collect();
    let line = emitted(&html, None, None, &[]).unwrap();
    assert_eq!(named(&line).len(), 9);
}

/// What attackers and careless authors write.
const FRAGMENTS: [&str; 34] = [
    "https://",
    "http://",
    "//",
    "HTTPS:\\\\",
    "a.example",
    "B.Example",
    "b\u{fc}cher.example",
    "\u{7279}.example",
    "[::1]",
    "127.1",
    "user:pass@",
    ":443",
    ":80",
    ":8443",
    ":99999",
    ".",
    "..",
    "/",
    "?",
    "#",
    ",",
    ";",
    "<",
    ">",
    "\"",
    " ",
    "\t",
    "\n",
    "\u{0}",
    "data:",
    "javascript:",
    "%2c",
    "rel=preload",
    "shop.example",
];

fn reference() -> impl Strategy<Value = String> {
    prop::collection::vec(prop::sample::select(&FRAGMENTS[..]), 1..6).prop_map(|parts| parts.concat())
}

const PLACES: [(&str, &str); 9] = [
    ("<script src=\"", "\"></script>"),
    ("<script type=module src=\"", "\"></script>"),
    ("<link rel=stylesheet href=\"", "\">"),
    ("<link rel=preconnect href=\"", "\">"),
    ("<img srcset=\"", " 2x, https://a.example/x 1x\">"),
    ("<iframe src=\"", "\"></iframe>"),
    ("<p style=\"background: url('", "')\">"),
    ("<style>@import \"", "\";</style>"),
    ("<meta http-equiv=refresh content=\"0; url=", "\">"),
];

proptest! {
    #![proptest_config(ProptestConfig { cases: 500, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_stands_in_a_page_only_origins_that_it_names_are_hinted(
        references in prop::collection::vec((reference(), 0..PLACES.len()), 1..8),
        existing in prop::option::of("[<>;,\"= a-z:/.]{0,40}"),
    ) {
        let html: String = references
            .iter()
            .map(|(reference, place)| {
                let (before, after) = PLACES[*place];
                format!("{before}{}{after}", reference.replace('"', "&quot;"))
            })
            .collect();
        if let Some(line) = emitted(&html, None, existing.as_deref(), &[]) {
            // Each host is written somewhere in the page; the URL standard passes over tabs and line ends, and spells other
            // letters and addresses in its own way.
            let text = html.to_lowercase().replace(['\t', '\n'], "");
            for origin in named(&line) {
                let host = Origin::parse(&origin).unwrap().host().to_owned();
                let is_respelled = host.contains("xn--") || host.bytes().all(|byte| !byte.is_ascii_lowercase());
                prop_assert!(is_respelled || text.contains(&host), "{origin} of {html:?}");
            }
        }
    }

    #[test]
    fn whatever_browsers_say_only_what_the_site_names_is_hinted(
        told in prop::collection::vec(("[a-f]", 0_u8..9, -1_i32..700_000), 0..6),
        times in 0_usize..25,
    ) {
        let origins: Vec<String> =
            told.iter().map(|(host, bits, ms)| format!("[\"https://{host}.example\",{bits},{ms},{ms}]")).collect();
        let body = format!(
            r#"["/a",2,"navigate","",[0,80,120,300,null,0],["",null,null],0,[{}],[],[]]"#,
            origins.join(",")
        );
        let html = "<script src=//a.example></script><link rel=dns-prefetch href=//b.example>";
        let csp = "script-src https://a.example https://c.example";
        if let Some(line) = emitted(html, Some(csp), None, &vec![body; times]) {
            let allowed = BTreeSet::from(["a", "b", "c"].map(|host| format!("https://{host}.example")));
            prop_assert!(named(&line).is_subset(&allowed), "{line}");
        }
    }
}

/// Where the site names parts of a page, of its own and of others.
const PARTS: [(&str, &str); 5] = [
    ("<link rel=stylesheet href=\"", "\">"),
    ("<script src=\"", "\"></script>"),
    ("<img src=\"", "\" loading=lazy>"),
    ("<img src=/x.jpg srcset=\"", " 2x\">"),
    ("<style>@font-face { font-family: A; src: url('", "') } p { font-family: A }</style>"),
];

/// What is told of a part: that it is somewhere, or what somebody with bad intentions makes of it.
fn part() -> impl Strategy<Value = String> {
    prop_oneof![
        "https://(shop|a|b)\\.example/[a-e]\\.(jpg|css|js|woff2)",
        "https://(shop|a)\\.example/hero\\.[0-9a-f]{8}\\.jpg",
        "https://evil\\.example/[a-e]\\.(jpg|css|js|woff2)",
        reference(),
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 300, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn whatever_browsers_say_of_a_view_only_what_the_site_names_is_preloaded(
        named in prop::collection::vec((part(), 0..PARTS.len()), 0..8),
        told in prop::collection::vec((part(), 0_u32..9000, 0_u8..2, 0_u8..2), 0..16),
        largest in part(),
        face in "normal\\|400\\|normal\\|U\\+0-10FFFF\\|[a-c]|\\PC{0,40}",
        times in 8_usize..20,
    ) {
        let text = |reference: &str| serde_json::to_string(reference).unwrap();
        let loaded: Vec<String> = told
            .iter()
            .map(|(url, start, ahead, used)| format!("[{},{start},0,{start},{ahead},{used}]", text(url)))
            .collect();
        let body = format!(
            r#"["/a",2,"navigate","",[0,80,120,300,null,0],[{},"",""],1,[],[{}],[{}]]"#,
            text(&largest),
            loaded.join(","),
            text(&face)
        );
        let html: String = named
            .iter()
            .map(|(reference, place)| {
                let (before, after) = PARTS[*place];
                format!("{before}{}{after}", reference.replace(['"', '\'', '<', '>'], ""))
            })
            .collect();
        let Some(line) = emitted(&html, None, None, &vec![body; times]) else { return Ok(()) };
        prop_assert!(line.len() <= MAX_LINK_BYTES && line.bytes().all(|byte| (0x20..0x7f).contains(&byte)), "{line}");
        let preloads: Vec<link::Link> =
            link::parse(&line).into_iter().filter(|link| link.rel == "preload").collect();
        prop_assert!(preloads.len() <= 2, "{line}");
        for preload in preloads {
            let url = page().join(&preload.target).unwrap();
            // The URL standard spells some characters in its own way; where a part stands at the end, its name tells.
            let name = url.path_segments().and_then(Iterator::last).unwrap_or_default().to_owned();
            let text = html.replace(['\t', '\n'], "");
            prop_assert!(name.contains('%') || text.contains(&name), "{line} of {html:?}");
            prop_assert!(!line.contains("evil") || html.contains("evil"), "{line} of {html:?}");
        }
    }
}

#[test]
fn a_preload_is_learned_of_what_the_site_names() {
    let body = r#"["/a",2,"navigate","",[0,80,120,900,null,0],["https://shop.example/hero.jpg","",""],0,[],[["https://shop.example/hero.jpg",800,0,950,0,1],["https://evil.example/x.js",900,0,950,0,1]],[]]"#;
    let told = vec![body.to_owned(); 10];
    let line = emitted("<img src=/hero.jpg loading=lazy>", None, None, &told);
    assert_eq!(line.as_deref(), Some("</hero.jpg>; rel=preload; as=image; fetchpriority=high"));
    assert_eq!(emitted("<img src=/other.jpg>", None, None, &told), None);
}

#[test]
fn a_pair_of_pools_is_two_links() {
    let html = "<img src=//a.example/x><script type=module src=//a.example/x></script>";
    let line = emitted(html, None, None, &[]).unwrap();
    assert_eq!(line, "<https://a.example>; rel=preconnect, <https://a.example>; rel=preconnect; crossorigin");
    let pools: Vec<HintAction> =
        link::parse(&line).iter().map(|link| link.as_hint(&page()).unwrap().action).collect();
    assert_eq!(pools, [Pools::CREDENTIALED, Pools::ANONYMOUS].map(HintAction::Preconnect));
}
