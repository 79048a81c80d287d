use super::*;
use crate::csp::IntegrityPolicy;
use crate::effects::quarantine::Quarantine;
use crate::effects::ticket::Delivery;
use crate::endpoints::{self, ReportFile, RulesFile};
use crate::hash::fnv1a;
use crate::hints::resource::{self, Resource};
use crate::hints::{Hint, HintAction, Pools};
use crate::ineligible::Memory;
use crate::plan::replay::Circumstances;
use crate::plan::rules_delivery::rule_sets;
use crate::published::hint_snapshot::{Img, KnownHints};
use proptest::prelude::*;
use url::Url;

/// Decides where nothing is known of next pages.
fn plan(
    visit: &Visit,
    head: &Head,
    knowledge: Knowledge<'_>,
    config: &Config,
    samples: impl FnMut(Sampling) -> bool,
) -> Plan {
    plan_with(visit, head, knowledge, Guidance::default(), config, samples)
}

/// Decides where sessions do not rotate, nothing was learned of routine requests, and no body was read.
pub(super) fn plan_with(
    visit: &Visit,
    head: &Head,
    knowledge: Knowledge<'_>,
    guidance: Guidance<'_>,
    config: &Config,
    samples: impl FnMut(Sampling) -> bool,
) -> Plan {
    let rule_sets = rule_sets(config, &[]);
    let is_routine = routine::is_routine(visit, None, false);
    let (leads_to, seen) = (None, Seen::default());
    let learned = Learned { knowledge, leads_to, guidance, rule_sets: &rule_sets, seen, is_routine };
    super::plan(visit, head, learned, config, &mut Fixed(samples))
}

/// Decides where nothing was learned and nothing is sampled, after this was seen.
pub(super) fn plan_seen(visit: &Visit, head: &Head, seen: Seen, config: &Config) -> Plan {
    let rule_sets = rule_sets(config, &[]);
    let (knowledge, guidance) = (Knowledge::Unknown, Guidance::default());
    let learned =
        Learned { knowledge, leads_to: None, guidance, rule_sets: &rule_sets, seen, is_routine: false };
    super::plan(visit, head, learned, config, &mut Fixed(|_| false))
}

/// Sampling by the test, a clock that stands still, and numbers that are the same each time.
pub(super) struct Fixed<F>(pub(super) F);

impl<F: FnMut(Sampling) -> bool> Ambient for Fixed<F> {
    fn samples(&mut self, what: Sampling) -> bool {
        (self.0)(what)
    }

    fn now(&self) -> u64 {
        1_800_000_000_000
    }

    fn nonce(&mut self) -> [u8; NONCE_BYTES] {
        [7; NONCE_BYTES]
    }

    fn source_key(&self) -> Option<SourceKey> {
        SourceKey::new(7)
    }
}

pub(super) fn visit(method: &str, path: &str, headers: &[(&str, &str)]) -> Visit {
    let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
    Visit::with(method, url, headers)
}

pub(super) fn config(variables: &[(&str, &str)]) -> Config {
    Config::read(variables.iter().copied()).0
}

pub(super) const PREFETCH: [(&str, &str); 2] = [("sec-purpose", "prefetch"), ("sec-fetch-dest", "document")];

/// What a browser says of a navigation to what it shows as a document.
pub(super) const DOCUMENT: [(&str, &str); 2] =
    [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];

pub(super) fn page() -> Head {
    Head { status: 200, content: Content::Page, is_readable: true, ..Head::default() }
}

fn hints() -> Vec<Hint> {
    vec![Hint {
        origin: Origin::parse("https://cdn.example").unwrap(),
        action: HintAction::Preconnect(Pools::CREDENTIALED),
    }]
}

fn known(hints: &[Hint]) -> Knowledge<'_> {
    Knowledge::Known(KnownHints::new(hints, Basis::Page))
}

#[test]
fn what_a_moderate_rules_file_says_depends_on_what_the_visitor_points_with() {
    let config = config(&[("SEAL_KEY", "a secret of thirty-two characters")]);
    let eagerness = serde_json::from_str(r#"{"tracks":[{"step":2},{"step":1}]}"#).unwrap();
    let rule_sets = super::rules_delivery::regulated_rule_sets(&config, &[], &eagerness);
    let file = |path: &str, mobile: &'static str| {
        let visit = visit("GET", path, &[("sec-ch-ua-mobile", mobile)]);
        match admit(&visit, &config, &rule_sets, || None) {
            Admission::RuleSet { file, .. } => file,
            other => panic!("{other:?}"),
        }
    };
    let (plain, moderate) = (RulesFile::Baseline, RulesFile::Moderate);
    for (path, mouse, touch) in [
        ("/_headstart/rules/site.json", plain, plain),
        ("/_headstart/rules/moderate.json?s=1", moderate, moderate),
        ("/_headstart/rules/moderate-mouse.json", moderate, plain),
        ("/_headstart/rules/moderate-touch.json", plain, moderate),
        ("/_headstart/rules/signal.json", RulesFile::Signal, RulesFile::Signal),
    ] {
        assert_eq!([file(path, "?0"), file(path, "?1")], [mouse, touch], "{path}");
    }
    // What a browser has of the one is not the other.
    let etag = rule_sets.get(plain).etag.clone();
    let mouse = [("if-none-match", etag.as_str())];
    let touch = [mouse[0], ("sec-ch-ua-mobile", "?1")];
    let fresh = |headers: &[(&str, &str)]| {
        let visit = visit("GET", "/_headstart/rules/moderate-mouse.json", headers);
        admit(&visit, &config, &rule_sets, || None)
    };
    assert_eq!(fresh(&mouse), Admission::RuleSet { file: moderate, fresh: false });
    assert_eq!(fresh(&touch), Admission::RuleSet { file: plain, fresh: true });
}

#[test]
fn our_own_paths_never_reach_the_origin() {
    let config = config(&[]);
    let rule_sets = super::rules_delivery::rule_sets(&config, &[]);
    let admit = |method, path, headers: &[(&str, &str)]| {
        admit(&visit(method, path, headers), &config, &rule_sets, || None)
    };
    for (path, file) in [
        ("/_headstart/rules/site.json?s=1", RulesFile::Baseline),
        ("/_headstart/rules/signal.json", RulesFile::Signal),
    ] {
        let current = [("if-none-match", rule_sets.get(file).etag.as_str())];
        let old = [("if-none-match", "\"0123456789abcdef\"")];
        assert_eq!(admit("GET", path, &[]), Admission::RuleSet { file, fresh: false });
        assert_eq!(admit("GET", path, &current), Admission::RuleSet { file, fresh: true });
        assert_eq!(admit("GET", path, &old), Admission::RuleSet { file, fresh: false });
        assert_eq!(admit("HEAD", path, &PREFETCH), Admission::RuleSet { file, fresh: false });
        assert_eq!(admit("POST", path, &[]), Admission::MethodNotAllowed("GET, HEAD"));
    }
    assert_eq!(admit("GET", "/_headstart/other", &[]), Admission::NotFound);
    assert_eq!(admit("GET", "/_headstart/x/../../", &[]), Admission::Ask);
    assert_eq!(admit("GET", "/_headstart", &[]), Admission::Ask);
}

#[test]
fn only_a_speculation_is_kept_from_an_unsafe_url() {
    let config = config(&[("UNSAFE_URLS", "/poll"), ("SAFE_URLS", "/help/logout")]);
    let rule_sets = super::rules_delivery::rule_sets(&config, &[]);
    let admit =
        |path, headers: &[(&str, &str)]| admit(&visit("GET", path, headers), &config, &rule_sets, || None);
    assert_eq!(
        admit("/logout", &PREFETCH),
        Admission::Refuse(Ineligible::UnsafeUrl { rule: "sign-out".to_owned() })
    );
    assert_eq!(
        admit("/poll", &PREFETCH),
        Admission::Refuse(Ineligible::UnsafeUrl { rule: "site".to_owned() })
    );
    assert_eq!(admit("/help/logout", &PREFETCH), Admission::Ask);
    assert_eq!(admit("/logout", &[]), Admission::Ask);
    let image = [("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "image")];
    assert_eq!(admit("/logout", &image), Admission::Ask);
}

#[test]
fn a_page_gets_its_hints_and_its_rules() {
    let visit = visit("GET", "/", &[]);
    let Plan::Edit(edit) = plan(&visit, &page(), known(&hints()), &config(&[]), |what| {
        assert_eq!(what, Sampling::Page { known: true, has_preloads: false });
        false
    }) else {
        panic!("a page is edited")
    };
    assert_eq!(
        edit,
        Edit {
            append: vec![
                ("Link", "<https://cdn.example>; rel=preconnect".to_owned()),
                ("Speculation-Rules", "\"/_headstart/rules/site.json\"".to_owned()),
            ],
            ..Edit::default()
        }
    );
}

#[test]
fn a_view_with_a_query_or_a_password_teaches_nobody() {
    let reads = |path, headers: &[(&str, &str)]| {
        let plan = plan(&visit("GET", path, headers), &page(), Knowledge::Unknown, &config(&[]), |_| true);
        matches!(plan, Plan::Edit(Edit { observe: Some(ObserveMode::New), .. }))
    };
    assert!(reads("/", &[]) && reads("/?", &[("cookie", "session=1")]));
    assert!(!reads("/?img=https://evil.example/x.png", &[]));
    assert!(!reads("/", &[("authorization", "Basic YTpi")]));
}

#[test]
fn a_page_is_not_told_to_connect_to_its_own_origin() {
    let mut all = hints();
    all.push(Hint {
        origin: Origin::parse("https://shop.example").unwrap(),
        action: HintAction::DnsPrefetch,
    });
    let Plan::Edit(edit) = plan(&visit("GET", "/", &[]), &page(), known(&all), &config(&[]), |_| false)
    else {
        panic!("a page is edited")
    };
    assert_eq!(edit.append[0].1, "<https://cdn.example>; rel=preconnect");
}

#[test]
fn what_is_no_page_passes_untouched() {
    let samples = |_| -> bool { panic!("nothing to read") };
    for head in
        [Head::default(), Head { status: 206, ..Head::default() }, Head { status: 304, ..Head::default() }]
    {
        assert_eq!(plan(&visit("GET", "/", &[]), &head, known(&hints()), &config(&[]), samples), Plan::Pass);
    }
    let off = config(&[("HINTS", "off"), ("RULES", "off")]);
    assert_eq!(plan(&visit("GET", "/", &[]), &page(), known(&hints()), &off, samples), Plan::Pass);
}

#[test]
fn what_cannot_be_read_is_not_observed() {
    let head = Head { is_readable: false, ..page() };
    let Plan::Edit(edit) = plan(&visit("GET", "/", &[]), &head, Knowledge::Unknown, &config(&[]), |_| true)
    else {
        panic!("the rules are still named")
    };
    assert_eq!(edit.observe, None);
}

#[test]
fn what_the_pages_policy_blocks_or_the_site_denies_is_not_hinted() {
    let all: Vec<Hint> = ["https://cdn.example", "https://ads.example", "https://blocked.example"]
        .map(|origin| Hint { origin: Origin::parse(origin).unwrap(), action: HintAction::DnsPrefetch })
        .to_vec();
    let line = |csp: Option<&str>, config: &Config| {
        let head = Head { csp: csp.map(str::to_owned), ..page() };
        match plan(&visit("GET", "/", &[]), &head, known(&all), config, |_| false) {
            Plan::Edit(edit) => edit.append[0].1.clone(),
            other => panic!("{other:?}"),
        }
    };
    let csp = Some("default-src 'self'; img-src https://cdn.example https://ads.example");
    assert_eq!(
        line(csp, &config(&[])),
        "<https://cdn.example>; rel=dns-prefetch, <https://ads.example>; rel=dns-prefetch"
    );
    assert_eq!(
        line(None, &config(&[("DENY_HOSTS", "*.example cdn.example ads.example")])),
        "\"/_headstart/rules/site.json\"",
        "no Link line is left"
    );
}

/// The `Link` line of a page that is known to preload these.
fn preloading(preloads: &[Resource], hints: &[Hint], head: &Head, variables: &[(&str, &str)]) -> String {
    let known = Knowledge::Known(KnownHints { preloads, ..KnownHints::new(hints, Basis::Page) });
    match plan(&visit("GET", "/", &[]), head, known, &config(variables), |_| false) {
        Plan::Edit(edit) => edit.append.into_iter().find(|(name, _)| *name == "Link").map(|(_, line)| line),
        _ => None,
    }
    .unwrap_or_default()
}

#[test]
fn what_is_preloaded_comes_first_and_only_where_this_answer_can_use_it() {
    let font = Resource::font("https://fonts.example/a.woff2".to_owned()).unwrap();
    let picture = Resource::new("/hero.jpg".to_owned(), resource::Destination::Image);
    let preloads = [font, picture];
    let hint = Hint {
        origin: Origin::parse("https://cdn.example").unwrap(),
        action: HintAction::Preconnect(Pools::CREDENTIALED),
    };
    let of_font = "<https://fonts.example/a.woff2>; rel=preload; as=font; crossorigin; type=\"font/woff2\"";
    let of_picture = "</hero.jpg>; rel=preload; as=image; fetchpriority=high";
    let of_hint = "<https://cdn.example>; rel=preconnect";
    let line = |head: &Head, variables: &[(&str, &str)]| {
        preloading(&preloads, std::slice::from_ref(&hint), head, variables)
    };
    assert_eq!(line(&page(), &[]), format!("{of_font}, {of_picture}, {of_hint}"));
    assert_eq!(line(&page(), &[("MAX_PRELOAD", "1")]), format!("{of_font}, {of_hint}"));
    assert_eq!(line(&page(), &[("MAX_PRELOAD", "0")]), of_hint);
    assert_eq!(line(&page(), &[("BEACON", "off")]), of_hint);
    assert_eq!(line(&page(), &[("DENY_HOSTS", "fonts.example")]), format!("{of_picture}, {of_hint}"));
    let csp = |csp: &str| Head { csp: Some(csp.to_owned()), ..page() };
    assert_eq!(line(&csp("font-src 'self'"), &[]), format!("{of_picture}, {of_hint}"));
    assert_eq!(line(&csp("img-src https://cdn.example"), &[]), format!("{of_font}, {of_hint}"));
    let asking = |hints: &str| Head { accept_ch: Some(hints.to_owned()), ..page() };
    assert_eq!(line(&asking("Sec-CH-DPR, Sec-CH-Width"), &[]), format!("{of_font}, {of_hint}"));
    assert_eq!(line(&asking("Sec-CH-DPR"), &[]), format!("{of_font}, {of_picture}, {of_hint}"));
    let of_latin = Head { charset: Some("iso-8859-1".to_owned()), ..page() };
    assert_eq!(line(&of_latin, &[]), format!("{of_font}, {of_picture}, {of_hint}"), "they have no encoding");
    let with = |field: &str| Head { link: Some(field.to_owned()), ..page() };
    assert_eq!(line(&with("<hero.jpg>; as=image; rel=preload"), &[]), format!("{of_font}, {of_hint}"));
    let candidates = "<about:blank>; rel=preload; as=image; imagesrcset=\"/small.jpg 480w, /hero.jpg 960w\"";
    assert_eq!(line(&with(candidates), &[]), format!("{of_font}, {of_hint}"));
    assert_eq!(line(&with("</hero.jpg>; rel=prefetch"), &[]), format!("{of_font}, {of_picture}, {of_hint}"));
}

#[test]
fn pictures_are_preloaded_where_views_tell_whether_they_are_wasted() {
    let font = Resource::font("https://fonts.example/a.woff2".to_owned()).unwrap();
    let picture = Resource::new("/hero.jpg".to_owned(), resource::Destination::Image);
    let preloads = [font, picture];
    let given = |path: &str, has_session: bool, preloads: &[Resource], variables: &[(&str, &str)]| {
        let known = KnownHints { preloads, ..KnownHints::new(&[], Basis::Page) };
        let (visit, config) = (visit("GET", path, &[]), config(variables));
        let guidance = Guidance { has_session, ..Guidance::default() };
        let Plan::Edit(edit) =
            plan_with(&visit, &page(), Knowledge::Known(known), guidance, &config, |_| false)
        else {
            panic!("the page is given its rules")
        };
        let link = edit.append.iter().find(|(name, _)| *name == "Link").map_or("", |(_, line)| line);
        let holds_for = holds_for(&visit, Some(known), has_session, &config);
        (link.contains("as=font"), link.contains("as=image"), holds_for)
    };
    let (both, font) = ((true, true, HoldsFor::BareViews), (true, false, HoldsFor::Others));
    assert_eq!(given("/", false, &preloads, &[]), both);
    assert_eq!(given("/?utm_source=x&gclid=7", false, &preloads, &[]), both);
    assert_eq!(given("/?p=123", false, &preloads, &[]), font, "an article in place of the list");
    assert_eq!(given("/", true, &preloads, &[]), font, "a page of the visitor's own");
    let early = [("EARLY_HINTS", "on")];
    assert_eq!(given("/?p=123", true, &preloads, &early), (true, true, HoldsFor::Everybody));
    assert_eq!(given("/?p=123", true, &preloads[..1], &[]), (true, false, HoldsFor::Everybody));
    let off = [("MAX_PRELOAD", "0")];
    assert_eq!(given("/?p=123", true, &preloads, &off), (false, false, HoldsFor::Everybody));
}

#[test]
fn what_an_integrity_policy_names_is_not_preloaded() {
    let preloads = [
        Resource::new("/app.js".to_owned(), resource::Destination::Script),
        Resource::new("/app.css".to_owned(), resource::Destination::Style),
        Resource::new("/hero.jpg".to_owned(), resource::Destination::Image),
    ];
    let of_script = "</app.js>; rel=preload; as=script";
    let of_style = "</app.css>; rel=preload; as=style";
    let of_picture = "</hero.jpg>; rel=preload; as=image; fetchpriority=high";
    for (field, expected) in [
        ("", &[of_script, of_style, of_picture][..]),
        ("blocked-destinations=(script)", &[of_style, of_picture]),
        ("blocked-destinations=(style), sources=(inline)", &[of_script, of_picture]),
        ("blocked-destinations=(script style), endpoints=(x)", &[of_picture]),
        ("blocked-destinations=(script style), sources=(other)", &[of_script, of_style, of_picture]),
    ] {
        for name in ["integrity-policy", "integrity-policy-report-only"] {
            let integrity = IntegrityPolicy::read(|asked| (asked == name).then(|| field.to_owned()));
            let head = Head { integrity, ..page() };
            let line = preloading(&preloads, &[], &head, &[("MAX_PRELOAD", "6")]);
            assert_eq!(line, expected.join(", "), "{name}: {field}");
        }
    }
}

#[test]
fn a_page_that_says_another_encoding_is_given_no_script_and_no_stylesheet() {
    let preloads = [
        Resource::new("/app.js".to_owned(), resource::Destination::Script),
        Resource::new("/app.css".to_owned(), resource::Destination::Style),
    ];
    let count = |charset: Option<&str>, basis: Basis| {
        let known = KnownHints { preloads: &preloads, ..KnownHints::new(&[], basis) };
        let head = Head { charset: charset.map(str::to_owned), ..page() };
        let config = config(&[("MAX_PRELOAD", "6")]);
        match plan(&visit("GET", "/", &[]), &head, Knowledge::Known(known), &config, |_| false) {
            Plan::Edit(edit) => {
                let line = edit.append.into_iter().find(|(name, _)| *name == "Link");
                line.map_or(0, |(_, line)| line.matches("rel=preload").count())
            }
            _ => 0,
        }
    };
    for basis in [Basis::Page, Basis::Route] {
        for charset in [None, Some("utf-8"), Some("UTF8"), Some("unknown")] {
            assert_eq!(count(charset, basis), 2, "{charset:?}");
        }
        for charset in ["Shift_JIS", "ISO-8859-1", "windows-1251"] {
            assert_eq!(count(Some(charset), basis), 0, "{charset}");
        }
    }
}

#[test]
fn preloads_take_no_more_room_than_they_may() {
    let long: Vec<Resource> = (0..6)
        .map(|n| Resource::new(format!("/{n}{}.jpg", "x".repeat(490)), resource::Destination::Image))
        .collect();
    let hints: Vec<Hint> = (0..9)
        .map(|n| Hint {
            origin: Origin::parse(&format!("https://{n}{}.example", "a".repeat(60))).unwrap(),
            action: HintAction::DnsPrefetch,
        })
        .collect();
    let line = preloading(&long, &hints, &page(), &[("MAX_PRELOAD", "6")]);
    assert_eq!((line.matches("rel=preload").count(), line.matches("rel=dns-prefetch").count()), (2, 9));
    assert!(line.len() <= MAX_LINK_BYTES);
}

#[test]
fn the_tag_of_the_largest_picture_is_changed_where_the_site_wants_it() {
    let hero = Img { src: "/hero.jpg?v=1".to_owned(), form: 5 };
    let known = KnownHints { largest: Some(&hero), ..KnownHints::new(&[], Basis::Page) };
    let largest = |head: &Head, variables: &[(&str, &str)]| {
        let known = Knowledge::Known(known);
        match plan(&visit("GET", "/a/b", &DOCUMENT), head, known, &config(variables), |_| false) {
            Plan::Edit(edit) => match edit.html.as_slice() {
                [HtmlEdit::HurryPicture(picture)] => {
                    Some((picture.page.to_string(), picture.src.to_string(), picture.form))
                }
                edits => {
                    assert_eq!(edits, []);
                    None
                }
            },
            _ => None,
        }
    };
    let on = [("LARGEST_PICTURE", "on")];
    let [of, src] = ["https://shop.example/a/b", "https://shop.example/hero.jpg?v=1"].map(str::to_owned);
    assert_eq!(largest(&page(), &on), Some((of, src, 5)));
    assert_eq!(largest(&page(), &[]), None, "by default no page's bytes are touched for that");
    assert_eq!(largest(&Head { no_transform: true, ..page() }, &on), None);
}

#[test]
fn views_of_known_pages_are_asked_how_they_went_where_the_learner_wants_to_know() {
    let config = config(&[]);
    let is_beacon = |what| matches!(what, Sampling::Beacon { halvings: 3 });
    let is_asked = |headers: &[(&str, &str)], head: &Head, basis: Option<(Basis, Option<u8>)>| {
        let known = basis.map_or(Knowledge::Unknown, |(basis, ask)| {
            Knowledge::Known(KnownHints { ask, ..KnownHints::new(&[], basis) })
        });
        // Those that are named come first.
        let visit = visit("GET", "/", &[headers, &DOCUMENT].concat());
        match plan(&visit, head, known, &config, is_beacon) {
            Plan::Edit(edit) => !edit.html.is_empty(),
            _ => false,
        }
    };
    let asked = Some((Basis::Page, Some(3)));
    assert!(is_asked(&[], &page(), asked) && is_asked(&PREFETCH, &page(), asked));
    assert!(!is_asked(&[], &page(), Some((Basis::Page, None))) && !is_asked(&[], &page(), None));
    assert!(!is_asked(&[("cookie", "sessionid=1")], &page(), asked));
    assert!(!is_asked(&[("sec-fetch-dest", "iframe"), ("sec-fetch-mode", "navigate")], &page(), asked));
    assert!(!is_asked(&[("sec-fetch-mode", "cors")], &page(), asked));
    assert!(!is_asked(&[], &Head { no_transform: true, ..page() }, asked));
    assert!(!is_asked(&[], &Head { is_readable: false, ..page() }, asked));
    let strict = Head { csp: Some("script-src 'none'".to_owned()), ..page() };
    assert!(!is_asked(&[], &strict, asked));
    let integrity =
        IntegrityPolicy::read(|_| Some("blocked-destinations=(script), endpoints=(x)".to_owned()));
    assert!(!is_asked(&[], &Head { integrity, ..page() }, asked));
    let known = Knowledge::Known(KnownHints { ask: Some(3), ..KnownHints::new(&[], Basis::Page) });
    let mut sampled = Vec::new();
    let plan = plan(&visit("GET", "/", &DOCUMENT), &page(), known, &config, |what| {
        sampled.push(what);
        true
    });
    // What the browser tells is held against what this view names, so it is read as if it were new.
    let expected = [Sampling::Beacon { halvings: 3 }, Sampling::Page { known: false, has_preloads: false }];
    assert_eq!(sampled, expected);
    let answered = Head { media_type: Some("text/html".to_owned()), ..page() };
    assert_eq!(
        replay::decide(&visit("GET", "/", &DOCUMENT), &answered, &plan, &Circumstances::default(), |_| None),
        None
    );
}

#[test]
fn the_beacon_is_there_only_where_the_site_asks_for_it() {
    let on = config(&[]);
    let same = [("sec-fetch-site", "same-origin")];
    let admit = |config: &Config, method, path, headers: &[(&str, &str)]| {
        admit(&visit(method, path, headers), config, &rule_sets(config, &[]), || None)
    };
    let (script, beacon) = ("/_headstart/beacon.js", "/_headstart/beacon");
    assert_eq!(admit(&on, "GET", script, &[]), Admission::BeaconScript);
    assert_eq!(admit(&on, "GET", script, &same), Admission::BeaconScript);
    for site in ["cross-site", "same-site"] {
        let saved = [("sec-fetch-site", site), ("sec-fetch-dest", "script")];
        assert_eq!(admit(&on, "GET", script, &saved), Admission::Forbidden, "a copy of a page");
    }
    assert_eq!(admit(&on, "POST", script, &same), Admission::MethodNotAllowed("GET, HEAD"));
    assert_eq!(admit(&on, "POST", beacon, &same), Admission::Beacon);
    assert_eq!(admit(&on, "POST", beacon, &[]), Admission::Forbidden);
    assert_eq!(admit(&on, "GET", beacon, &same), Admission::MethodNotAllowed("POST"));
    for (method, path) in [("GET", script), ("POST", beacon)] {
        for variable in [("BEACON", "off"), ("HINTS", "off")] {
            assert_eq!(admit(&config(&[variable]), method, path, &same), Admission::NotFound);
        }
    }
}

#[test]
fn a_page_is_new_only_to_an_isolate_that_would_know() {
    let asked = |knowledge| {
        let mut sampled = None;
        let plan = plan(&visit("GET", "/", &[]), &page(), knowledge, &config(&[]), |what| {
            sampled = Some(what);
            true
        });
        let Plan::Edit(edit) = plan else { panic!("a page is edited") };
        (sampled, edit.observe)
    };
    let known = Some(Sampling::Page { known: true, has_preloads: false });
    assert_eq!(asked(Knowledge::NotLoaded), (known, Some(ObserveMode::Known)));
    assert_eq!(asked(self::known(&[])), (known, Some(ObserveMode::Known)));
    assert_eq!(
        asked(Knowledge::Unknown),
        (Some(Sampling::Page { known: false, has_preloads: false }), Some(ObserveMode::New))
    );
}

#[test]
fn a_stylesheet_is_read_and_else_passes() {
    let sheet = Head { status: 200, content: Content::Sheet, is_readable: true, ..Head::default() };
    let plan = |path, headers: &[(&str, &str)], is_sampled: bool| {
        plan(&visit("GET", path, headers), &sheet, Knowledge::Unknown, &config(&[]), |what| {
            assert_eq!(what, Sampling::Sheet);
            is_sampled
        })
    };
    let read = Plan::Edit(Edit { observe: Some(ObserveMode::Known), ..Edit::default() });
    assert_eq!(plan("/a.css?v=1", &[], true), read);
    assert_eq!(plan("/a.css?v=1", &[], false), Plan::Pass);
    assert_eq!(plan("/a.css", &[("authorization", "Basic YTpi")], true), Plan::Pass);
    let holds = |plan: &Plan| {
        let answered = Head { media_type: Some("text/css".to_owned()), ..sheet.clone() };
        replay::decide(&visit("GET", "/a.css", &[]), &answered, plan, &Circumstances::default(), |_| None)
            .is_some()
    };
    assert!(holds(&Plan::Pass) && !holds(&read));
}

#[test]
fn whatever_guesses_is_kept_from_urls_that_do_something_and_given_what_pages_are_made_of() {
    let config = config(&[("UNSAFE_URLS", "/api/*.js")]);
    let admit = |path: &str, headers: &[(&str, &str)]| {
        admit(&visit("GET", path, headers), &config, &rule_sets(&config, &[]), || None)
    };
    let fetch = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty"), ("sec-fetch-site", "same-origin")];
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("x-sec-purpose", "prefetch"),
        ("next-router-prefetch", "1"),
        ("purpose", "prefetch"),
        ("hx-preloaded", "true"),
    ] {
        let guess = [&[(name, value)], &fetch[..]].concat();
        for path in [
            "/logout",
            "/cart/?add-to-cart=7",
            "/logout?_rsc=1a2b",
            "/logout.data",
            "/logout.json",
            "/_next/data/Xb1/logout.json",
            "/api/count.js",
            "/api/count.js.data",
        ] {
            let refused = matches!(admit(path, &guess), Admission::Refuse(Ineligible::UnsafeUrl { .. }));
            assert!(refused, "{name} {path}");
        }
        for path in
            ["/_next/static/chunks/app/logout/page-1a2b.js", "/about?_rsc=1a2b", "/logout.css", "/about"]
        {
            assert_eq!(admit(path, &guess), Admission::Ask, "{name} {path}");
        }
    }
    // What a prerendering page embeds, and what is no guess.
    for destination in ["script", "style", "font", "image"] {
        let part = [("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", destination)];
        assert_eq!(admit("/logout", &part), Admission::Ask, "{destination}");
    }
    assert_eq!(admit("/logout", &fetch), Admission::Ask);
    // What a prerendering page asks for is for itself: only a path tells that it does something.
    let own = [("sec-purpose", "prefetch;prerender"), fetch[0], fetch[1]];
    assert!(matches!(admit("/logout", &own), Admission::Refuse(_)));
    for path in ["/api/products?currency=EUR&lang=de", "/api/items?code=1", "/about"] {
        assert_eq!(admit(path, &own), Admission::Ask, "{path}");
    }
    // Texts are called like the page that shows them. A page's data is what its router asks for, and the site knows its own.
    for path in ["/locales/en/logout.json", "/i18n/de/cart/add.XML", "/logout.txt"] {
        assert_eq!(admit(path, &own), Admission::Ask, "{path}");
    }
    for path in ["/_next/data/Xb1/logout.json", "/logout/__data.json", "/logout.html", "/api/count.js"] {
        assert!(matches!(admit(path, &own), Admission::Refuse(_)), "{path}");
    }
    let frame =
        [("sec-purpose", "prefetch;prerender"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
    for path in ["/widget?lang=de", "/about"] {
        assert_eq!(admit(path, &frame), Admission::Ask, "{path}");
    }
}

#[test]
fn what_a_script_fetches_is_given_and_teaches_nothing() {
    let config = config(&[]);
    let plan = |headers: &[(&str, &str)]| {
        let visit = visit("GET", "/a", headers);
        let html = |name: &str| (name == "content-type").then(|| "text/html".to_owned());
        let head = Head::read(&visit, 200, html, Vec::new);
        plan(&visit, &head, Knowledge::Unknown, &config, |_| true)
    };
    for headers in [
        &[("hx-request", "true"), ("sec-fetch-mode", "cors")][..],
        &[("sec-fetch-mode", "cors")],
        &[("x-requested-with", "XMLHttpRequest")],
        &[("turbo-frame", "a")],
    ] {
        assert_eq!(plan(headers), Plan::Pass, "{headers:?}");
    }
    assert!(matches!(plan(&[("sec-fetch-mode", "navigate")]), Plan::Edit(edit) if edit.observe.is_some()));
}

#[test]
fn what_another_site_has_fetched_ahead_sets_its_cookies_and_still_does_nothing() {
    let config = config(&[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/count"), ("PREFETCH_PROXY_SHARE", "0.3")]);
    let google = [
        ("sec-purpose", "prefetch;anonymous-client-ip"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", "cross-site"),
    ];
    let lines = vec!["session=1; Path=/; HttpOnly".to_owned(), "visits=1; Path=/".to_owned()];
    let head = Head { set_cookies: lines, ..page() };
    let planned = |path: &str| {
        super::tests::plan(&visit("GET", path, &google), &head, Knowledge::Unknown, &config, |_| false)
    };
    let Plan::Edit(edit) = planned("/landing?gclid=1") else { panic!() };
    assert_eq!((edit.set_cookies, edit.ticket, edit.remembered), (None, None, None), "they pass");
    assert!(edit.append.iter().all(|(name, _)| *name != "Vary"), "{:?}", edit.append);
    assert!(matches!(planned("/count"), Plan::Refuse(_)), "it would be counted");
    // What was met by the site's own speculations says nothing of it.
    let mut quarantine = Quarantine::default();
    quarantine.add_for_all("shop.example", "/landing", Affected::WithoutCookie("visits".to_owned()), 0);
    let met = |path: &str, headers: &[(&str, &str)], quarantine: &Quarantine| {
        met(&visit("GET", path, headers), &config, quarantine, || false, 1)
    };
    assert!(met("/landing", &PREFETCH, &quarantine).is_some());
    assert_eq!(met("/landing", &google, &quarantine), None);
    quarantine.add_for_all("shop.example", "/landing", Affected::Everybody, 0);
    assert!(met("/landing", &google, &quarantine).is_some());
    let refused = admit(&visit("GET", "/logout", &google), &config, &rule_sets(&config, &[]), || None);
    assert!(matches!(refused, Admission::Refuse(Ineligible::UnsafeUrl { .. })));
    let sent = outgoing(&visit("GET", "/landing?gclid=1", &google), &config).unwrap();
    assert_eq!(sent.target.as_deref(), Some("/landing"));
}

#[test]
fn pages_send_the_trial_tokens_of_what_they_use() {
    let tokens = |prerender: &str| {
        let config = config(&[("PRERENDER", prerender), ("PRERENDER_TRIAL", "A1b2C3d4== E5f6G7h8==")]);
        let planned = plan(&visit("GET", "/a", &[]), &page(), Knowledge::Unknown, &config, |_| false);
        let Plan::Edit(edit) = planned else { panic!() };
        let sent = edit.append.into_iter().filter(|(name, _)| *name == "Origin-Trial");
        sent.map(|(_, value)| value).collect::<Vec<_>>()
    };
    assert_eq!(tokens("until-script"), ["A1b2C3d4==", "E5f6G7h8=="]);
    assert!(tokens("on").is_empty() && tokens("off").is_empty());
}

#[test]
fn proxies_are_given_advice_where_the_origin_has_none() {
    let config = config(&[("PREFETCH_PROXY_SHARE", "0.3")]);
    let planned = |method, path: &str, status| {
        let head = Head { status, content: Content::Other, ..Head::default() };
        plan(&visit(method, path, &[]), &head, Knowledge::Unknown, &config, |_| false)
    };
    let advice = "/.well-known/traffic-advice";
    for status in [404, 410] {
        assert_eq!(planned("GET", advice, status), Plan::AdviseProxies { share: 0.3 });
    }
    for (method, path, status) in [
        ("GET", advice, 200),
        ("GET", advice, 500),
        ("POST", advice, 404),
        ("GET", "/.well-known/other", 404),
    ] {
        assert_eq!(planned(method, path, status), Plan::Pass, "{method} {path} {status}");
    }
}

#[test]
fn a_guess_starts_no_sign_in_elsewhere() {
    let config = config(&[("SEAL_KEY", KEY)]);
    let plan = |location: &str, headers: &[(&str, &str)]| {
        let (location, set_cookies) = (Some(location.to_owned()), vec!["session=2; Path=/".to_owned()]);
        let head = Head { status: 302, location, set_cookies, ..Head::default() };
        let headers = [headers, &[("cookie", "session=1")]].concat();
        super::tests::plan(
            &visit("GET", "/login/google", &headers),
            &head,
            Knowledge::Unknown,
            &config,
            |_| false,
        )
    };
    let why = Ineligible::Effect(Affected::Everybody);
    // What is renewed of a session is not lost with it.
    let renewed = vec!["session=2; Path=/".to_owned()];
    let refused = Plan::Refuse(Refusal { renewed, ..Refusal::new(why, Memory::Page) });
    for location in [
        "https://accounts.example/o/oauth2/auth?client_id=1&state=x",
        "https://idp.example/sso?SAMLRequest=fVLL&RelayState=%2F",
        "https://login.example/authorize?nonce=n",
        "//login.example/authorize?code_challenge=c",
        "https://sts.example/adfs/ls/?wa=wsignin1.0&wctx=x",
        "https://api.example/oauth/authenticate?oauth_token=t",
        "https://id.example/login?openid.return_to=%2F",
        "/realms/shop/protocol/openid-connect/auth?client_id=shop&state=x",
    ] {
        assert_eq!(plan(location, &PREFETCH), refused, "{location}");
        assert!(!matches!(plan(location, &[]), Plan::Refuse(_)), "a click does");
    }
    for location in ["/account?state=x", "https://shop.example/?state=x", "https://other.example/?stateful=1"]
    {
        assert!(!matches!(plan(location, &PREFETCH), Plan::Refuse(_)), "{location}");
    }
}

#[test]
fn a_speculation_is_refused_or_stripped_by_its_cookies() {
    let config = config(&[]);
    let plan = |head: Head, headers: &[(&str, &str)]| {
        plan(&visit("GET", "/", headers), &head, Knowledge::Unknown, &config, |_| false)
    };
    let setting = |cookie: &str| Head { set_cookies: vec![cookie.to_owned()], ..Head::default() };
    let with_session = [PREFETCH[0], PREFETCH[1], ("cookie", "session=1")];
    assert_eq!(
        plan(setting("session=2"), &PREFETCH),
        Plan::Refuse(Refusal::new(Ineligible::cookie("session", false), Memory::Page))
    );
    let rotated = Edit { remembered: Some(Ineligible::SessionRotated), ..Edit::default() };
    assert_eq!(plan(setting("session=2"), &with_session), Plan::Edit(rotated), "noted, and passed");
    assert_eq!(plan(setting("session=1"), &with_session), Plan::Pass);
    assert_eq!(plan(setting("session=2"), &[]), Plan::Pass);
    assert_eq!(
        plan(setting("_ga=2"), &PREFETCH),
        Plan::Refuse(Refusal::new(Ineligible::cookie("_ga", false), Memory::Page))
    );
    assert_eq!(
        plan(Head { clears_site_data: true, ..Head::default() }, &PREFETCH),
        Plan::Refuse(Refusal::new(Ineligible::ClearsSiteData, Memory::Page))
    );
}

#[test]
fn a_plan_holds_for_others_only_where_nothing_else_decides() {
    let config = config(&[]);
    let off = self::config(&[("HINTS", "off"), ("RULES", "off")]);
    let holds = |visit: &Visit, head: &Head, config: &Config, is_sampled: bool| {
        let answered = Head { media_type: Some("text/html".to_owned()), ..head.clone() };
        let plan = plan(visit, head, known(&hints()), config, |_| is_sampled);
        replay::decide(visit, &answered, &plan, &Circumstances::default(), |_| None).is_some()
    };
    let plain = visit("GET", "/", &[]);
    let html = Head { content: Content::Html, status: 404, ..Head::default() };
    let linked = Head { link: Some("<a>; rel=b".to_owned()), ..page() };
    let ruled = Head { speculation_rules: Some("\"/a\"".to_owned()), ..page() };
    assert!(holds(&plain, &page(), &config, false));
    assert!(holds(&plain, &page(), &off, false));
    assert!(holds(&plain, &Head::default(), &config, false));
    let redirect = Head { status: 302, location: Some("/x".to_owned()), ..Head::default() };
    for head in [&html, &linked, &ruled, &redirect] {
        assert!(!holds(&plain, head, &config, false), "{head:?}");
        assert!(!holds(&plain, head, &off, false), "{head:?}");
    }
    assert!(!holds(&plain, &page(), &config, true), "a view that is read");
    assert!(!holds(&visit("GET", "/", &PREFETCH), &page(), &config, false));
    assert!(!holds(&visit("GET", "/", &[("x-moz", "prefetch")]), &page(), &config, false));
    assert!(!holds(&visit("HEAD", "/", &[]), &page(), &config, false));
}

proptest! {
    #[test]
    fn no_header_of_a_real_visit_changes_the_link_line(
        query in "[a-z=&%]{0,20}",
        cookie in "[ -~]{0,40}",
        accept in "[ -~]{0,40}",
    ) {
        let bare = visit("GET", "/", &[]);
        let mut other = visit("GET", "/", &[("cookie", &cookie), ("accept", &accept), ("referer", &accept)]);
        other.url.set_query(Some(&query));
        let config = config(&[]);
        prop_assert_eq!(
            plan(&bare, &page(), known(&hints()), &config, |_| false),
            plan(&other, &page(), known(&hints()), &config, |_| false)
        );
    }
}

#[test]
fn what_brings_a_ticket_back_is_told_from_everything_that_must_not() {
    let keyed = config(&[("SEAL_KEY", KEY)]);
    let admit = |config: &Config, method, path, headers: &[(&str, &str)]| {
        admit(&visit(method, path, headers), config, &rule_sets(config, &[]), || None)
    };
    let rules = "/_headstart/rules/site.json?s=SOURCE&t=TOKEN";
    let asked = [("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "speculationrules")];
    let redeem = Admission::RedeemByRulesFile { file: RulesFile::Baseline, token: "TOKEN".to_owned() };
    // Whoever asks for rules gets rules.
    let without = Admission::RuleSet { file: RulesFile::Baseline, fresh: false };
    assert_eq!(admit(&keyed, "GET", rules, &asked), redeem);
    let signal = "/_headstart/rules/signal.json?t=TOKEN";
    assert!(matches!(
        admit(&keyed, "GET", signal, &asked),
        Admission::RedeemByRulesFile { file: RulesFile::Signal, .. }
    ));
    for headers in [
        vec![],
        vec![("sec-fetch-site", "cross-site"), asked[1]],
        vec![("sec-fetch-site", "same-site"), asked[1]],
        vec![("sec-fetch-site", "none"), asked[1]],
        vec![asked[0]],
        vec![asked[0], ("sec-fetch-dest", "image")],
        vec![asked[0], ("sec-fetch-dest", "document")],
        vec![asked[0], ("sec-fetch-dest", "iframe")],
        vec![asked[0], asked[1], ("sec-purpose", "prefetch")],
        vec![asked[0], asked[1], ("sec-purpose", "broken,")],
    ] {
        assert_eq!(admit(&keyed, "GET", rules, &headers), without, "{headers:?}");
    }
    // A service worker asks in the page's name.
    let by_service_worker = [asked[0], ("sec-fetch-dest", "empty"), ("sec-fetch-mode", "cors")];
    let named = [&by_service_worker[..], &[("referer", "https://shop.example/a")]].concat();
    assert_eq!(admit(&keyed, "GET", rules, &named), redeem);
    // While a page is rendered that was fetched: what looks like a ticket is brought back later.
    let rendering = [asked[0], asked[1], ("sec-purpose", "prefetch;prerender")];
    let later = Admission::DeferToActivation { file: RulesFile::Baseline, token: "TOKEN".to_owned() };
    assert_eq!(admit(&keyed, "GET", rules, &rendering), later);
    // And where one leaves out the page's name.
    assert_eq!(admit(&keyed, "GET", rules, &by_service_worker), later);
    let own_name = [&by_service_worker[..], &[("referer", "https://shop.example/sw.js")]].concat();
    assert_eq!(admit(&keyed, "GET", rules, &own_name), later);
    for path in ["/_headstart/rules/site.json?t=%22%2F", "/_headstart/rules/site.json?t=~made-up"] {
        assert_eq!(admit(&keyed, "GET", path, &rendering), without, "{path}");
    }
    let elsewhere = [("sec-fetch-site", "same-site"), asked[1], rendering[2]];
    assert_eq!(admit(&keyed, "GET", rules, &elsewhere), without);
    let followed = format!("{}?t=TOKEN", endpoints::ACTIVATE);
    let follow = Admission::RedeemByRule { token: "TOKEN".to_owned() };
    let tagged = [PREFETCH[0], PREFETCH[1], ("sec-speculation-tags", "\"headstart\", \"headstart-ticket\"")];
    assert_eq!(admit(&keyed, "GET", &followed, &tagged), follow);
    for tags in ["null", "\"headstart\"", "headstart-ticket", ""] {
        let planted = [PREFETCH[0], PREFETCH[1], ("sec-speculation-tags", tags)];
        assert_eq!(admit(&keyed, "GET", &followed, &planted), Admission::MethodNotAllowed("POST"), "{tags}");
    }
    assert_eq!(admit(&keyed, "GET", &followed, &[PREFETCH[1]]), Admission::MethodNotAllowed("POST"));
    assert_eq!(admit(&keyed, "GET", &followed, &rendering), Admission::MethodNotAllowed("POST"));
    assert_eq!(admit(&keyed, "HEAD", rules, &asked), without);
    let sent = [("sec-fetch-site", "same-origin"), ("sec-fetch-dest", "empty")];
    let redeem_path = endpoints::ACTIVATE;
    assert_eq!(admit(&keyed, "POST", redeem_path, &sent), Admission::RedeemByScript);
    assert_eq!(admit(&keyed, "GET", redeem_path, &sent), Admission::MethodNotAllowed("POST"));
    assert_eq!(admit(&keyed, "POST", redeem_path, &asked), Admission::Forbidden);
    assert_eq!(admit(&keyed, "POST", redeem_path, &[sent[1]]), Admission::Forbidden);
    let early = [sent[0], sent[1], ("sec-purpose", "prefetch;prerender")];
    assert_eq!(admit(&keyed, "POST", redeem_path, &early), Admission::Forbidden);
    assert_eq!(admit(&config(&[]), "POST", redeem_path, &sent), Admission::NotFound, "without a key");
    assert_eq!(admit(&keyed, "GET", endpoints::ACTIVATE_SCRIPT, &[]), Admission::ActivateScript);
}

#[test]
fn where_no_script_runs_a_rendered_page_is_given_up_and_a_shown_one_is_loaded_anew() {
    let keyed = config(&[("SEAL_KEY", KEY)]);
    let asked = |config: &Config, query: &str, headers: &[(&str, &str)]| {
        let visit = visit("GET", &format!("{}{query}", endpoints::UNSCRIPTED), headers);
        admit(&visit, config, &rule_sets(config, &[]), || None)
    };
    let shown = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
    let rendering = [shown[0], ("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", "document")];
    let given_up = Admission::Refuse(Ineligible::Unscripted);
    let query = "?page=%2Fa%3Fb%3D1%26c%3D%252F";
    assert_eq!(asked(&keyed, query, &rendering), given_up);
    let back = Admission::ReturnToPage { url: "https://shop.example/a?b=1&c=%2F".to_owned() };
    assert_eq!(asked(&keyed, query, &shown), back);
    // A cache may give the same page again, which would lead here for ever.
    let (name, value) = crate::effects::cookie::led_back("https://shop.example/a?b=1&c=%2F");
    for (value, expected) in [(value.as_str(), &Admission::Ignored), ("0123456789abcdef", &back)] {
        let cookie = format!("a=1; {name}={value}");
        let led_back = [&shown[..], &[("cookie", cookie.as_str())]].concat();
        assert_eq!(asked(&keyed, query, &led_back), *expected);
    }
    for elsewhere in ["", "?page=%2F%2Fother.example%2F", "?page=%5C%5Cother.example", "?page=javascript:a"] {
        assert_eq!(asked(&keyed, elsewhere, &shown), Admission::NotFound, "{elsewhere}");
    }
    assert_eq!(asked(&keyed, "?page=%2F_headstart%2Funscripted", &shown), Admission::NotFound, "no loop");
    assert_eq!(asked(&keyed, query, &shown[..1]), Admission::NotFound);
    assert_eq!(asked(&config(&[]), query, &shown), Admission::NotFound, "without a key");
}

pub(super) const KEY: &str = "0123456789abcdef0123456789abcdef";

#[test]
fn what_prerendering_pages_send_to_counters_is_deferred_and_nothing_else_of_theirs() {
    let config =
        config(&[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/pixel.gif"), ("EFFECT_PATHS_AT_LEAST_ONCE", "/paid")]);
    let admit = |config: &Config, method, path, headers: &[(&str, &str)]| {
        admit(&visit(method, path, headers), config, &rule_sets(config, &[]), || None)
    };
    let sent = [
        ("sec-purpose", "prefetch;prerender"),
        ("sec-fetch-dest", "image"),
        ("sec-fetch-site", "same-origin"),
        ("referer", "https://shop.example/a?utm_source=x&q=1"),
    ];
    let page = "/a?q=1".to_owned();
    let hold = |delivery| Admission::Hold { page: page.clone(), delivery };
    assert_eq!(admit(&config, "GET", "/pixel.gif?n=1", &sent), hold(Delivery::AtMostOnce));
    assert_eq!(admit(&config, "POST", "/paid", &sent), hold(Delivery::AtLeastOnce));
    assert_eq!(admit(&config, "GET", "/api", &sent), Admission::Ask);
    assert_eq!(admit(&config, "TRACE", "/paid", &sent), Admission::Ask);
    let frame = [sent[0], ("sec-fetch-dest", "iframe"), sent[2], sent[3]];
    assert_eq!(admit(&config, "GET", "/pixel.gif", &frame), Admission::Ask, "a frame would stay blank");
    assert_eq!(admit(&config, "GET", "/pixel.gif", &sent[1..]), Admission::Ask, "it is shown");
    let foreign = [sent[0], sent[1], ("sec-fetch-site", "cross-site"), sent[3]];
    assert_eq!(admit(&config, "GET", "/pixel.gif", &foreign), Admission::Ask, "another site's affair");
    for referer in ["https://other.example/a", "x", ""] {
        let hidden = [sent[0], sent[1], sent[2], ("referer", referer)];
        let refused = Admission::Refuse(Ineligible::Effect(Affected::Everybody));
        assert_eq!(admit(&config, "GET", "/pixel.gif", &hidden), refused, "{referer}");
    }
    let keyless = self::config(&[("EFFECT_PATHS", "/pixel.gif /metered/*")]);
    assert_eq!(
        admit(&keyless, "GET", "/pixel.gif", &sent),
        Admission::Refuse(Ineligible::Effect(Affected::Everybody))
    );
    assert_eq!(
        admit(&keyless, "GET", "/metered/1", &PREFETCH),
        Admission::Refuse(Ineligible::Effect(Affected::Everybody))
    );
    assert_eq!(admit(&keyless, "GET", "/metered/1", &[]), Admission::Ask);
}

#[test]
fn a_page_that_was_ineligible_is_refused_before_the_origin_is_asked() {
    let config = config(&[]);
    let rule_sets = super::rules_delivery::rule_sets(&config, &[]);
    let met = || Some(Ineligible::Quarantined(Affected::WithSession));
    let refused = Admission::Refuse(Ineligible::Quarantined(Affected::WithSession));
    assert_eq!(admit(&visit("GET", "/a", &PREFETCH), &config, &rule_sets, met), refused);
    assert_eq!(admit(&visit("GET", "/a", &[]), &config, &rule_sets, met), Admission::Ask);
}

#[test]
fn what_this_isolate_has_met_comes_before_what_was_published() {
    let config = config(&[]);
    let mut quarantine = Quarantine::default();
    quarantine.add_for_all("shop.example", "/a", Affected::WithSession, 0);
    quarantine.add_for_all("shop.example", "/b", Affected::Prerendering, 0);
    let met = |path: &str, purpose, cookies, is_harmful: bool| {
        let headers = [("sec-purpose", purpose), ("sec-fetch-dest", "document"), ("cookie", cookies)];
        super::met(&visit("GET", path, &headers), &config, &quarantine, || is_harmful, 1)
    };
    let met_before = |affected| Some(Ineligible::Quarantined(affected));
    assert_eq!(met("/a?utm_id=1", "prefetch", "session=1", true), met_before(Affected::WithSession));
    assert_eq!(met("/a?b=1", "prefetch", "session=1", false), None, "another query may do nothing");
    assert_eq!(met("/a", "prefetch", "theme=dark", false), None, "for visitors with a session alone");
    assert_eq!(met("/a", "prefetch", "theme=dark", true), Some(Ineligible::Harmful));
    assert_eq!(met("/b", "prefetch;prerender", "", false), met_before(Affected::Prerendering));
    assert_eq!(met("/b", "prefetch", "", false), None);
}

#[test]
fn the_origin_is_told_in_a_plain_word_and_asked_without_campaigns() {
    let (config, off) = (config(&[]), config(&[("STRIP_PARAMETERS", "off")]));
    let out = |config: &Config, path: &str, purpose: &str, destination: &str| {
        let headers = [("sec-purpose", purpose), ("sec-fetch-dest", destination)];
        outgoing(&visit("GET", path, &headers), config).map(|outgoing| (outgoing.target, outgoing.purpose))
    };
    let target = |target: &str| Some(target.to_owned());
    assert_eq!(
        out(&config, "/a?q=1&gclid=x&b=%20", "prefetch", "document"),
        Some((target("/a?q=1&b=%20"), "prefetch"))
    );
    assert_eq!(
        out(&config, "/a?utm_source=x", "prefetch;prerender", "document"),
        Some((target("/a"), "prerender"))
    );
    assert_eq!(out(&config, "/a?q=1", "prefetch", "document"), Some((None, "prefetch")), "as it was written");
    assert_eq!(out(&off, "/a?gclid=x", "prefetch", "document"), Some((None, "prefetch")));
    assert_eq!(out(&config, "/api?gclid=x", "prefetch;prerender", "empty"), Some((None, "prerender")));
    assert_eq!(outgoing(&visit("GET", "/a?gclid=x", &[]), &config), None);
}

#[test]
fn a_speculation_asks_for_the_whole_page_where_a_ticket_or_a_script_may_have_to_come_with_it() {
    const PRERENDER: &str = "prefetch;prerender";
    let is_whole = |variables: &[(&str, &str)], path: &str, fields: &[(&str, &str)]| {
        outgoing(&visit("GET", path, fields), &config(variables)).unwrap().is_whole
    };
    let key = [("SEAL_KEY", KEY), ("GATE_ANALYTICS", "off")];
    let counting = [&key[..], &[("EFFECT_PATHS", "/count")]].concat();
    let document = ("sec-fetch-dest", "document");
    for (variables, path, purpose, cookies, expected) in [
        (&key[..], "/a", "prefetch", "", false),
        (&key, "/a", "prefetch", "_ga=GA1.1.2; theme=dark", false),
        (&key, "/a", "prefetch", "_ga=GA1.1.2; sessionid=1", true),
        (&key, "/a", "prefetch", "cart=1", true),
        (&key, "/a", "prefetch", "visits=7", true),
        (&key, "/a", "prefetch", "it_may_be_anything=1", true),
        (&[("GATE_ANALYTICS", "off")], "/a", "prefetch", "sessionid=1", false),
        (&counting, "/count", "prefetch", "", true),
        (&counting, "/a", "prefetch", "", false),
        // What it sends to counters is deferred by a script.
        (&counting, "/a", PRERENDER, "", true),
        (&key, "/a", PRERENDER, "", false),
        (&key, "/a", PRERENDER, "sessionid=1", true),
        // Its analytics are kept from running, with a key or without.
        (&[], "/a", PRERENDER, "", true),
        (&[], "/a", "prefetch", "", false),
    ] {
        let fields = [("sec-purpose", purpose), document, ("cookie", cookies)];
        assert_eq!(is_whole(variables, path, &fields), expected, "{variables:?} {path} {purpose} {cookies}");
    }
    let of_page = [("sec-purpose", PRERENDER), ("sec-fetch-dest", "empty"), ("cookie", "sessionid=1")];
    assert!(!is_whole(&key, "/api", &of_page), "no page");
    assert!(!is_whole(&key, "/a", &BY_LINK), "what no ticket can be given");
}

/// What a script says that fetches ahead of a click.
const BY_SCRIPT: [(&str, &str); 3] =
    [("x-sec-purpose", "prefetch"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];

/// What a `<link rel=prefetch>` says, which quicklink makes.
const BY_LINK: [(&str, &str); 3] =
    [("sec-purpose", "prefetch"), ("sec-fetch-mode", "no-cors"), ("sec-fetch-dest", "empty")];

#[test]
fn what_a_script_fetches_ahead_changes_nothing_that_the_visitor_has() {
    let config = config(&[("SEAL_KEY", KEY)]);
    let planned = |cookie: &str, had: &str, headers: &[(&str, &str)]| {
        let set_cookies = vec![format!("{cookie}; Path=/")];
        let head = Head { status: 200, content: Content::Html, set_cookies, ..Head::default() };
        let headers = [headers, &[("cookie", had)]].concat();
        super::tests::plan(&visit("GET", "/lang/de", &headers), &head, Knowledge::Unknown, &config, |_| false)
    };
    let refused = |name: &str| {
        let why = Ineligible::cookie(name, false);
        Plan::Refuse(Refusal::new(why, Memory::WithoutTicket))
    };
    for headers in [BY_SCRIPT, BY_LINK] {
        let changed = |name: &str, value: &str| {
            let why = Ineligible::changed_cookie(name, fnv1a(value.as_bytes()));
            Plan::Refuse(Refusal::new(why, Memory::WithoutTicket))
        };
        assert_eq!(planned("locale=de", "locale=en", &headers), changed("locale", "de"));
        assert_eq!(planned("locale=de", "", &headers), refused("locale"));
        assert_eq!(planned("oauth_state=b", "oauth_state=a", &headers), changed("oauth_state", "b"));
        assert_eq!(planned("cart=2", "cart=1", &headers), changed("cart", "2"));
        assert_eq!(planned("session=2", "", &headers), refused("session"));
        assert_eq!(planned("csrftoken=2", "", &headers), refused("csrftoken"));
        for (cookie, had) in
            [("locale=en", "locale=en"), ("session=2", "session=1"), ("XSRF-TOKEN=2", "XSRF-TOKEN=1")]
        {
            assert_eq!(planned(cookie, had, &headers), Plan::Pass, "{cookie}");
        }
    }
    let set_cookies = vec!["locale=de; Path=/".to_owned()];
    let redirect = Head { status: 302, location: Some("/".to_owned()), set_cookies, ..Head::default() };
    let refused = Plan::Refuse(Refusal::new(Ineligible::cookie("locale", false), Memory::Page));
    let led =
        super::tests::plan(&visit("GET", "/a", &BY_LINK), &redirect, Knowledge::Unknown, &config, |_| false);
    assert_eq!(led, refused, "no ticket goes with a redirect");
    // What a prerendered page or a page that is shown asks for is its own.
    let own = [("sec-purpose", "prefetch;prerender"), BY_LINK[1], BY_LINK[2]];
    for headers in [&own[..], &BY_SCRIPT[1..]] {
        assert_eq!(planned("locale=de", "locale=en", headers), Plan::Pass, "{headers:?}");
    }
}

#[test]
fn a_script_is_given_to_whoever_fetches_it_ahead_whatever_it_sets() {
    let config = config(&[]);
    let planned = |path: &str, media_type: &str| {
        let (media_type, set_cookies) = (Some(media_type.to_owned()), vec!["visits=1".to_owned()]);
        let head = Head { status: 200, media_type, set_cookies, ..Head::default() };
        super::tests::plan(&visit("GET", path, &BY_LINK), &head, Knowledge::Unknown, &config, |_| false)
    };
    assert_eq!(planned("/a.js", "text/plain"), Plan::Pass);
    for media_type in ["image/webp", "text/css; charset=utf-8", "Font/woff2", "text/javascript"] {
        assert_eq!(planned("/a", media_type), Plan::Pass, "{media_type}");
    }
    assert!(matches!(planned("/a", "application/json"), Plan::Refuse(_)));
}

#[test]
fn what_has_an_effect_or_was_met_is_refused_to_scripts_before_the_origin_is_asked() {
    let config = config(&[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/count")]);
    let admitted = |path: &str, met: Option<Ineligible>, headers: &[(&str, &str)]| {
        admit(&visit("GET", path, headers), &config, &rule_sets(&config, &[]), || met)
    };
    for headers in [BY_SCRIPT, BY_LINK] {
        let why = Ineligible::Effect(Affected::Everybody);
        assert_eq!(admitted("/count", None, &headers), Admission::Refuse(why));
        let why = Ineligible::Quarantined(Affected::Everybody);
        assert_eq!(admitted("/a", Some(why.clone()), &headers), Admission::Refuse(why));
        assert_eq!(admitted("/a", None, &headers), Admission::Ask);
    }
    assert_eq!(admitted("/count", None, &BY_SCRIPT[1..]), Admission::Ask);
    assert_eq!(admitted("/count", None, &PREFETCH), Admission::Ask, "a ticket defers it");
}

#[test]
fn what_is_said_of_a_page_is_said_of_the_data_that_a_router_fetches_in_its_place() {
    let counted = [("EFFECT_PATHS", "/count"), ("EFFECT_PATHS_REFUSED", "/wiki"), ("SAFE_URLS", "/log/out")];
    let config = config(&[&counted[..], &[("SEAL_KEY", KEY), ("UNSAFE_URLS", "/poll/close")]].concat());
    let mut quarantine = Quarantine::default();
    quarantine.add_for_all("shop.example", "/k/17", Affected::Everybody, 0);
    let refused = |path: &str, headers: &[(&str, &str)]| {
        let visit = visit("GET", path, headers);
        let met = || super::met(&visit, &config, &quarantine, || false, 1);
        match admit(&visit, &config, &rule_sets(&config, &[]), met) {
            Admission::Refuse(why) => why.refusal().unwrap_or_default(),
            _ => String::new(),
        }
    };
    for (page, why) in [
        ("/count", "effect"),
        ("/wiki", "effect"),
        ("/poll/close", "unsafe-url;rule=site"),
        ("/k/17", "quarantine;why=effect"),
        ("/log/out", ""),
        ("/about", ""),
    ] {
        for data in ["", ".data", "?_rsc=1a2b", "/__data.json", "/_payload.json"] {
            for headers in [BY_SCRIPT, BY_LINK] {
                assert_eq!(refused(&format!("{page}{data}"), &headers), why, "{page}{data}");
            }
        }
    }
}

#[test]
fn a_router_is_given_what_only_may_be_edited() {
    let config = config(&[]);
    let refused = |path: &str, headers: &[&[(&str, &str)]]| {
        let headers = [&headers.concat()[..], &[("cookie", "session=1")]].concat();
        matches!(
            admit(&visit("GET", path, &headers), &config, &rule_sets(&config, &[]), || None),
            Admission::Refuse(_)
        )
    };
    let turbo: &[(&str, &str)] = &[("x-sec-purpose", "prefetch"), ("turbo-frame", "post_5")];
    let next: &[(&str, &str)] = &[("next-router-prefetch", "1"), ("rsc", "1")];
    let fetch: &[(&str, &str)] = &[("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    for path in ["/posts/5/edit", "/admin/users"] {
        for router in [turbo, next] {
            assert!(!refused(path, &[router, fetch]), "{path}: it would load it as a whole page");
        }
        assert!(refused(path, &[&BY_LINK]), "{path}: a link loses nothing");
        assert!(refused(path, &[&PREFETCH]), "{path}: nor does a browser");
        let view: &[(&str, &str)] = &[("x-requested-with", "org.example.app")];
        let fields: &[(&str, &str)] = &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
        assert!(refused(path, &[&PREFETCH[..1], fields, view]), "{path}: nor within an app of Android");
        let library: &[(&str, &str)] = &[("purpose", "prefetch"), ("x-requested-with", "XMLHttpRequest")];
        assert!(refused(path, &[library, fetch]), "{path}: nor does a script that only fetches");
    }
    assert!(refused("/logout", &[turbo, fetch]) && refused("/logout", &[next, fetch]));
}

#[test]
fn while_somebody_writes_nothing_is_fetched_ahead_for_them() {
    let config = config(&[("UNSAFE_URLS", "/checkout*"), ("SAFE_URLS", "/admin/help*")]);
    let refused = |from: &str, cookie: &str| {
        let referer = format!("https://shop.example{from}");
        let headers = [&PREFETCH[..], &[("referer", &*referer), ("cookie", cookie)]].concat();
        match admit(&visit("GET", "/start", &headers), &config, &rule_sets(&config, &[]), || None) {
            Admission::Refuse(why) => why.refusal(),
            _ => None,
        }
    };
    let editing = Some("unsafe-url;rule=from-editor".to_owned());
    for from in ["/start?do=edit", "/posts/5/edit", "/admin/pages"] {
        assert_eq!(refused(from, "session=1"), editing, "{from}");
        assert_eq!(refused(from, "gw=5f0c1b7e9a3d4c28"), editing, "{from}: perhaps they may");
        assert_eq!(refused(from, "theme=dark"), None, "{from}: nobody may edit there");
    }
    for from in ["/start", "/start?do=index", "/checkout", "/admin/help"] {
        assert_eq!(refused(from, "session=1"), None, "{from}");
    }
}

#[test]
fn what_is_saved_stays_as_it_is() {
    let saved: &[(&str, &str)] = &[("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "empty")];
    let passed_on = [saved, &[("upgrade-insecure-requests", "1")]].concat();
    for variables in [&[][..], &[("RULES_DELIVERY", "inline")]] {
        let planned = |headers: &[(&str, &str)]| {
            plan(&visit("GET", "/a", headers), &page(), known(&[]), &config(variables), |_| true)
        };
        assert_eq!(planned(saved), Plan::Pass, "{variables:?}");
        assert!(matches!(planned(&passed_on), Plan::Edit(_)), "a service worker passes it on: {variables:?}");
    }
    // WebKit, curl and others say nothing by which a download is told from a view: their HTML stays as it is.
    let hero = Img { src: "/hero.jpg".to_owned(), form: 5 };
    let known = KnownHints { ask: Some(0), largest: Some(&hero), ..KnownHints::new(&[], Basis::Page) };
    let variables = [("RULES_DELIVERY", "inline"), ("LARGEST_PICTURE", "on")];
    let edits = |headers: &[(&str, &str)]| {
        let visit = visit("GET", "/a", headers);
        match plan(&visit, &page(), Knowledge::Known(known), &config(&variables), |_| true) {
            Plan::Edit(edit) => (edit.html.len(), edit.observe.is_some()),
            other => panic!("{other:?}"),
        }
    };
    assert_eq!(edits(&DOCUMENT), (3, true), "the largest picture, rules, and the script that asks");
    for accept in ["text/html,application/xhtml+xml,application/xml;q=0.9,*/*;q=0.8", "*/*"] {
        assert_eq!(edits(&[("accept", accept)]), (0, true), "{accept}");
    }
    assert_eq!(edits(&[DOCUMENT[0], ("sec-fetch-dest", "iframe")]), (0, true), "a frame");
}

#[test]
fn what_is_answered_in_place_of_a_page_says_nothing_of_it() {
    let planned = |status: u16, headers: &[(&str, &str)]| {
        let set_cookies = vec!["visits=1; Path=/".to_owned()];
        let head = Head { status, set_cookies, ..Head::default() };
        super::tests::plan(
            &visit("GET", "/a", headers),
            &head,
            Knowledge::Unknown,
            &config(&[("SEAL_KEY", KEY)]),
            |_| false,
        )
    };
    for headers in [&PREFETCH[..], &BY_LINK] {
        for status in [304, 429, 500, 503] {
            let refused = Plan::Refuse(Refusal::once(Ineligible::cookie("visits", false)));
            assert_eq!(planned(status, headers), refused, "{status}");
        }
        assert!(matches!(planned(302, headers), Plan::Refuse(Refusal { memory: Memory::Page, .. })));
    }
}

#[test]
fn a_page_is_no_script_whatever_its_path_ends_in() {
    let planned = |content: Content, status: u16| {
        let set_cookies = vec!["locale=de; Path=/".to_owned()];
        let head = Head { status, content, set_cookies, ..Head::default() };
        super::tests::plan(
            &visit("GET", "/tags/node.js", &BY_LINK),
            &head,
            Knowledge::Unknown,
            &config(&[]),
            |_| false,
        )
    };
    assert!(matches!(planned(Content::Html, 200), Plan::Refuse(_)));
    assert!(matches!(planned(Content::Other, 302), Plan::Refuse(_)));
    assert_eq!(planned(Content::Other, 200), Plan::Pass);
}

#[test]
fn proxies_are_advised_where_the_origin_has_no_advice() {
    let is_ours = |status: u16, content: Content| {
        let head = Head { status, content, ..Head::default() };
        let asked = visit("GET", TRAFFIC_ADVICE, &[]);
        let planned = super::tests::plan(&asked, &head, Knowledge::Unknown, &config(&[]), |_| false);
        matches!(planned, Plan::AdviseProxies { .. })
    };
    for (status, content) in [
        (404, Content::Other),
        (410, Content::Html),
        (200, Content::Page),
        (403, Content::Html),
        (302, Content::Other),
    ] {
        assert!(is_ours(status, content), "{status} {content:?}");
    }
    assert!(!is_ours(200, Content::Other) && !is_ours(500, Content::Other));
}

#[test]
fn a_private_page_is_compared_where_nobody_in_particular_was_given_it() {
    let is_compared = |is_private, fields: &[(&str, &str)]| {
        let head = Head { is_private, ..Head::default() };
        is_compared_between_visitors(&visit("GET", "/a", fields), &head, &config(&[]))
    };
    assert!(is_compared(true, &[("cookie", "theme=dark")]));
    assert!(!is_compared(false, &[]), "it says nothing of the kind");
    assert!(!is_compared(true, &[("cookie", "session=1")]));
    assert!(!is_compared(true, &[("authorization", "Basic YQ==")]));
}

#[test]
fn the_report_is_read_by_get_and_sent_to_by_post_and_never_on_a_guess() {
    let open = config(&[("ADMIN_TOKEN", "0123456789abcdef0123456789abcdef")]);
    let admitted = |method: &str, path: &str, fields: &[(&str, &str)], config: &Config| {
        admit(&visit(method, path, fields), config, &rule_sets(config, &[]), || None)
    };
    for (path, file) in [
        ("/_headstart/", ReportFile::Report),
        ("/_headstart/?format=json", ReportFile::Report),
        ("/_headstart/why?url=/", ReportFile::Why),
        ("/_headstart/metrics", ReportFile::Metrics),
    ] {
        assert_eq!(admitted("GET", path, &[], &open), Admission::Report(file));
        assert_eq!(admitted("HEAD", path, &[], &open), Admission::Report(file));
        assert_eq!(admitted("POST", path, &[], &open), Admission::MethodNotAllowed("GET, HEAD"));
        let refused = Admission::Refuse(Ineligible::UnsafeUrl { rule: "report".to_owned() });
        assert_eq!(admitted("GET", path, &[("sec-purpose", "prefetch")], &open), refused);
    }
    for (path, file) in
        [("/_headstart/sign-in", ReportFile::SignIn), ("/_headstart/sign-out", ReportFile::SignOut)]
    {
        assert_eq!(admitted("POST", path, &[], &open), Admission::Report(file));
        assert_eq!(admitted("GET", path, &[], &open), Admission::MethodNotAllowed("POST"));
    }
    // Without a token there is nothing but the page that says how there is a report.
    let closed = config(&[]);
    assert_eq!(admitted("GET", "/_headstart/", &[], &closed), Admission::Report(ReportFile::Report));
    assert_eq!(admitted("GET", "/_headstart/metrics", &[], &closed), Admission::NotFound);
    assert_eq!(admitted("POST", "/_headstart/sign-in", &[], &closed), Admission::NotFound);
}

mod switched;
