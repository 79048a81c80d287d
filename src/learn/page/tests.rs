//! Tests of `page.rs`.

use super::*;
use crate::learn::document;
use crate::learn::observation::OriginUse;

fn origin(host: &str) -> Origin {
    Origin::parse(&format!("https://{host}.example")).unwrap()
}

fn view(uses: &[(&str, Usage)]) -> Observation {
    let uses = uses.iter().map(|(host, usage)| OriginUse { origin: origin(host), usage: *usage }).collect();
    Observation { path: "/".to_owned(), uses, ..Observation::default() }
}

fn plain() -> Usage {
    Usage::of(Pools::CREDENTIALED, Demand::ONE, Found::Body)
}

fn page(views: usize, uses: &[(&str, Usage)]) -> Page {
    let mut page = Page::default();
    for _ in 0..views {
        page.absorb(&view(uses), 1000);
    }
    page
}

/// What is known of an origin, if it is a candidate.
fn candidate(page: &Page, host: &str, sheets: &SortedMap<String, KnownSheet>) -> Option<Candidate> {
    page.candidates(sheets).into_iter().find(|candidate| candidate.origin == origin(host))
}

fn about(number: f64, expected: f64) {
    assert!((number - expected).abs() < 0.005, "{number} is not about {expected}");
}

const WEEK: u64 = 7 * 24 * 3600 * 1000;

#[test]
fn a_week_halves_what_was_seen_and_so_do_a_hundred_views() {
    let mut page = page(1, &[("a", plain())]);
    page.absorb(&view(&[]), 1000 + WEEK);
    about(page.views, 1.0 + 0.5 * 0.993);
    about(page.origins[0].views, 0.5 * 0.993);
    page.absorb(&view(&[]), 500);
    assert_eq!(page.at, 1000 + WEEK, "a clock that steps back");
    let before = page.origins[0].views;
    for _ in 0..100 {
        page.absorb(&view(&[]), 1000 + WEEK);
    }
    about(page.origins[0].views, before / 2.0);
}

#[test]
fn an_origin_that_is_missing_in_a_row_is_gone() {
    let none = SortedMap::new();
    let mut page = page(100, &[("a", plain())]);
    for _ in 0..3 {
        page.absorb(&view(&[]), 1000);
        assert!(candidate(&page, "a", &none).is_some(), "a few odd views tell little");
    }
    page.absorb(&view(&[]), 1000);
    assert!(candidate(&page, "a", &none).is_none());
    let mut young = self::page(5, &[("a", plain())]);
    for _ in 0..5 {
        young.absorb(&view(&[]), 1000);
    }
    assert!(candidate(&young, "a", &none).is_some(), "five views are little evidence");
    page.absorb(&view(&[("a", plain())]), 1000);
    assert!(candidate(&page, "a", &none).is_some(), "and back");
    assert!(is_gone(0.5, 20) && !is_gone(0.5, 19), "half of the views may be without it for long");
    assert!(is_gone(1.0, 4) && !is_gone(1.0, 3) && !is_gone(0.3, 38));
}

#[test]
fn what_is_asked_of_each_pool_is_an_average() {
    let none = SortedMap::new();
    let both = Usage {
        anonymous: Demand { requests: 3, urgent: 20 },
        blocks_rendering: true,
        ..Usage::of(Pools::CREDENTIALED, Demand::URGENT, Found::Head)
    };
    let mut page = Page::default();
    for n in 0..20 {
        page.absorb(&view(&[("a", if n % 2 == 0 { both } else { plain() })]), 1000);
    }
    let candidate = candidate(&page, "a", &none).unwrap();
    about(candidate.share, 1.0);
    assert!(
        (candidate.credentialed.share - 1.0).abs() < 0.01 && (candidate.anonymous.share - 0.5).abs() < 0.05
    );
    assert!((candidate.anonymous.urgent - 1.0).abs() < 0.1 && (candidate.blocking - 0.5).abs() < 0.05);
    assert_eq!(candidate.found, Found::Body, "the last view tells");
}

#[test]
fn what_the_page_hints_itself_counts_when_most_views_do() {
    let none = SortedMap::new();
    let own = Usage { preconnected: Pools::ANONYMOUS, looked_up: true, ..Usage::LOOKUP };
    let candidate_of = |own_views: usize| {
        let mut page = page(own_views, &[("a", own)]);
        for _ in own_views..10 {
            page.absorb(&view(&[("a", plain())]), 1000);
        }
        candidate(&page, "a", &none).unwrap()
    };
    assert_eq!((candidate_of(6).preconnected, candidate_of(6).looked_up), (Pools::ANONYMOUS, true));
    assert_eq!((candidate_of(4).preconnected, candidate_of(4).looked_up), (Pools::default(), false));
}

#[test]
fn a_stylesheets_fonts_are_credited_to_the_pages_that_use_it() {
    let font = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
    let sheet = |uses: &[(&str, Usage)], imports: &[&str]| KnownSheet {
        at: 1,
        uses: view(uses).uses.into_iter().map(|used| (used, 1.0)).collect(),
        imports: imports.iter().map(|name| (*name).to_owned()).collect(),
        ..KnownSheet::default()
    };
    let sheets = SortedMap::from([
        ("/site.css".to_owned(), sheet(&[], &["/fonts.css", "/site.css"])),
        ("/fonts.css".to_owned(), sheet(&[("fonts", font)], &[])),
        ("/other.css".to_owned(), sheet(&[("other", font)], &[])),
    ]);
    let mut page = Page::default();
    let mut observation = view(&[("fonts", plain())]);
    observation.sheets = vec!["/site.css".to_owned(), "/unread.css".to_owned()];
    for _ in 0..5 {
        page.absorb(&observation, 1000);
    }
    let fonts = candidate(&page, "fonts", &sheets).unwrap();
    about(fonts.anonymous.share, 1.0);
    about(fonts.anonymous.urgent, 1.0);
    about(fonts.credentialed.share, 1.0);
    assert_eq!(fonts.found, Found::Body, "the earlier of the two");
    assert!(candidate(&page, "other", &sheets).is_none());
    for _ in 0..20 {
        page.absorb(&view(&[]), 1000);
    }
    assert!(candidate(&page, "fonts", &sheets).is_none(), "the page no longer uses it");
}

#[test]
fn a_click_counts_where_the_page_has_such_a_link() {
    let none = SortedMap::new();
    let linked = Usage { is_linked: true, ..Usage::LOOKUP };
    let mut page = Page::default();
    let seen = Observation { served: 20, ..view(&[("partner", linked)]) };
    for _ in 0..20 {
        page.absorb(&seen, 1000);
    }
    page.absorb_clicks(&origin("partner"), 60, 1000);
    page.absorb_clicks(&origin("evil"), 100_000, 1000);
    let partner = candidate(&page, "partner", &none).unwrap();
    about(partner.share, 0.0);
    assert!((partner.followed - 0.15).abs() < 0.02, "60 clicks in 400 views: {}", partner.followed);
    assert!(candidate(&page, "evil", &none).is_none());
}

#[test]
fn fonts_of_one_stylesheet_are_weighed_by_the_rules_of_the_others() {
    let read = |text: &str| {
        let mut known = KnownSheet::default();
        known.absorb(&document::sheet(&Url::parse("https://shop.example/x.css").unwrap(), text, 1), true);
        known
    };
    let faces = "@font-face { font-family: Text; src: url(https://text.example/a) } \
                 @font-face { font-family: Slab; src: url(https://slab.example/a) }";
    let faces = read(faces);
    let share = |host: &str, sheets: &[KnownSheet]| {
        let names = (0..).map(|number| format!("/{number}.css"));
        let sheets: SortedMap<String, KnownSheet> = names.zip(sheets.iter().cloned()).collect();
        let mut page = Page::default();
        let observation = Observation { sheets: sheets.keys().cloned().collect(), ..view(&[]) };
        page.absorb(&observation, 1000);
        candidate(&page, host, &sheets).unwrap().anonymous.share
    };
    let rules = [
        ("", [1.0, 1.0]),
        ("body { font-family: Text } .magazine h2 { font-family: Slab }", [1.0, 0.0]),
        ("body { font-family: Text } .magazine h2, h3 { font-family: Slab }", [1.0, 1.0]),
        ("body { font-family: Text } h1 { font-family: Slab }", [1.0, 1.0]),
        // As with icons, of which all are for classes.
        (".x { font-family: Text }", [1.0, 1.0]),
        ("body { font-family: system-ui }", [1.0, 1.0]),
    ];
    for (rules, expected) in rules {
        let sheets = [read(rules), faces.clone()];
        for (host, expected) in ["text", "slab"].into_iter().zip(expected) {
            assert!((share(host, &sheets) - expected).abs() < 0.01, "{host}: {rules}");
        }
    }
    // Another sheet may name for all what one names for classes.
    let others = "body { font-family: Text } .x { font-family: Slab }";
    let sheets = [read(others), faces.clone(), read("h1 { font: 2rem Slab }")];
    about(share("slab", &sheets), 1.0);
    // A sheet that has rules itself, for icons say, knows best.
    let icons = read(
        "@font-face { font-family: Icons; src: url(https://icons.example/a) } .fa { font-family: Icons }",
    );
    about(
        share("icons", &[icons, faces, read("p { font-family: Text } .button { font-family: Icons }")]),
        1.0,
    );
}

#[test]
fn a_stylesheet_that_takes_anothers_place_keeps_its_fonts_hinted() {
    let font = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
    let sheet = || KnownSheet {
        at: 1,
        uses: vec![(view(&[("fonts", font)]).uses.remove(0), 1.0)],
        ..KnownSheet::default()
    };
    let sheets = SortedMap::from([("/1.css".to_owned(), sheet()), ("/2.css".to_owned(), sheet())]);
    let mut page = Page::default();
    let mut observation = view(&[]);
    for n in 0..200 {
        observation.sheets = vec![if n < 150 { "/1.css" } else { "/2.css" }.to_owned()];
        page.absorb(&observation, 1000);
        about(candidate(&page, "fonts", &sheets).unwrap().anonymous.share, 1.0);
    }
}

/// The greatest share of the views that use a sheet which names a font.
fn font_share(page: &Page, sheets: &SortedMap<String, KnownSheet>, now: u64) -> f64 {
    page.current_sheets(sheets, now).iter().map(|(share, _)| *share).fold(0.0, f64::max)
}

#[test]
fn what_a_renamed_stylesheet_names_is_that_of_most_views_from_the_first_on() {
    let names = |build: usize| format!("/site.{build:08x}.css");
    let sheets: SortedMap<String, KnownSheet> =
        (0..300).map(|build| (names(build), KnownSheet { at: 1, ..KnownSheet::default() })).collect();
    let mut page = Page::default();
    let mut read = |build: usize| {
        page.absorb(&Observation { sheets: vec![names(build)], ..view(&[]) }, 1000);
        font_share(&page, &sheets, 1000)
    };
    let before: Vec<f64> = (0..200).map(|_| read(0)).collect();
    assert!(before[3..].iter().all(|share| *share >= 0.75), "{before:?}");
    let renamed: Vec<f64> = (0..10).map(|_| read(1)).collect();
    assert!(
        renamed.iter().all(|share| *share >= 0.75),
        "the old one counts until the new one does: {renamed:?}"
    );
    // One that is another one for each visitor is never that of most views, once those before are gone.
    let of_each: Vec<f64> = (2..300).map(&mut read).collect();
    assert!(of_each[10..].iter().all(|share| *share <= 0.5), "{of_each:?}");
}

#[test]
fn of_each_build_the_stylesheet_is_gone_after_as_few_views_without_it() {
    let names = |build: usize| format!("/site.{build:08x}.css");
    let sheets: SortedMap<String, KnownSheet> =
        (0..5).map(|build| (names(build), KnownSheet { at: 1, ..KnownSheet::default() })).collect();
    let mut page = Page::default();
    for build in 0..5 {
        let current: Vec<usize> = (0..10)
            .map(|_| {
                page.absorb(&Observation { sheets: vec![names(build)], ..view(&[]) }, 1000);
                assert!(page.named_sheets(&sheets).contains_key(names(build).as_str()), "{build}");
                page.named_sheets(&sheets).len()
            })
            .collect();
        let expected = if build == 0 { [1; 10] } else { [2, 2, 2, 2, 2, 1, 1, 1, 1, 1] };
        assert_eq!(current, expected, "{build}");
    }
    // One of a build by turns is as seldom missed in a row as before.
    let mut page = Page::default();
    for number in 0..60 {
        let name = names(if number < 20 { 0 } else { 1 + number % 2 });
        page.absorb(&Observation { sheets: vec![name], ..view(&[]) }, 1000);
        let current = page.named_sheets(&sheets).into_keys().map(str::to_owned).collect::<Vec<_>>();
        assert!(number < 30 || current == [names(1), names(2)], "{number}: {current:?}");
    }
}

#[test]
fn the_sheets_of_the_latest_view_and_what_they_import_are_of_one_build() {
    let sheet = |at: u64, names: &[&str]| KnownSheet {
        at,
        imports: names.iter().map(|name| (*name).to_owned()).collect(),
        ..KnownSheet::default()
    };
    let sheets = SortedMap::from(
        [
            ("/old.css", 1, &["/fonts-1.css"][..]),
            ("/new.css", 2, &["/fonts-2.css"]),
            ("/theme.css", 3, &[]),
            ("/fonts-1.css", 4, &[]),
            ("/fonts-2.css", 5, &[]),
        ]
        .map(|(name, at, imported)| (name.to_owned(), sheet(at, imported))),
    );
    let mut page = Page::default();
    for names in [&["/old.css", "/theme.css"], &["/new.css", "/theme.css"]] {
        let names = names.iter().map(|name| (*name).to_owned()).collect();
        page.absorb(&Observation { sheets: names, ..view(&[]) }, 1000);
    }
    let of_latest_view = |name: &str| {
        let of_builds = page.sheets_of_builds(&sheets);
        let found = of_builds.iter().find(|of_build| of_build.sheet.at == sheets[name].at);
        found.map(|of_build| of_build.is_of_latest_view)
    };
    for (name, expected) in [
        ("/old.css", false),
        ("/fonts-1.css", false),
        ("/new.css", true),
        ("/fonts-2.css", true),
        ("/theme.css", true),
    ] {
        assert_eq!(of_latest_view(name), Some(expected), "{name}");
    }
}

#[test]
fn a_sheet_of_an_older_version_is_gone_by_all_views_of_the_page() {
    let sheet = SheetRecord { name: "/a.css".to_owned(), views: 14.0, of: None, missed: 16 };
    let is_in_use = |of| {
        let page = Page { views: 44.0, sheets: vec![SheetRecord { of, ..sheet.clone() }], ..Page::default() };
        page.has_sheet_in_use(&page.sheets[0])
    };
    assert!(is_in_use(None) && !is_in_use(Some(30.0)));
}

#[test]
fn a_third_partys_sheet_that_was_renamed_is_asked_for_after_its_first_view() {
    let none = SortedMap::new();
    let [old, new] = ["https://fonts.example/css2?family=A", "https://fonts.example/css2?family=A&family=B"];
    let mut page = Page::default();
    let mut read = |name: &str| {
        page.absorb(&Observation { sheets: vec![name.to_owned()], ..view(&[]) }, 1000);
        page.third_partys_sheets(&none).into_keys().collect::<Vec<_>>()
    };
    for _ in 0..100 {
        assert_eq!(read(old), [old]);
    }
    assert_eq!(read(new), [old, new]);
    // One that a tenth of the views use is asked for by nobody, however new it is.
    let rare = "https://fonts.example/rare.css";
    let mut wanted = Vec::new();
    for view in 0..100 {
        wanted = read(if view % 10 == 0 { rare } else { new });
    }
    assert_eq!(wanted, [new]);
}

#[test]
fn a_sheet_that_an_older_version_has_seen_is_that_of_as_many_views_as_before() {
    let sheets = SortedMap::from([("/a.css".to_owned(), KnownSheet { at: 1, ..KnownSheet::default() })]);
    let sheet = SheetRecord { name: "/a.css".to_owned(), views: 50.0, of: None, missed: 0 };
    let record =
        serde_json::to_string(&Page { views: 100.0, sheets: vec![sheet], ..Page::default() }).unwrap();
    assert!(record.contains(r#"[{"name":"/a.css","views":50.0,"missed":0}]"#), "{record}");
    let mut page: Page = serde_json::from_str(&record).unwrap();
    about(font_share(&page, &sheets, 0), 0.5);
    for _ in 0..50 {
        page.absorb(&Observation { sheets: vec!["/a.css".to_owned()], ..view(&[]) }, 0);
    }
    assert!(font_share(&page, &sheets, 0) > 0.6);
}

#[test]
fn what_a_third_partys_sheet_names_holds_as_long_as_it_is_read_each_day() {
    const HOUR: u64 = 3600 * 1000;
    let name = "https://fonts.example/css2?family=A";
    let sheets = SortedMap::from([
        (name.to_owned(), KnownSheet { at: 1000, ..KnownSheet::default() }),
        (
            "/a.css".to_owned(),
            KnownSheet { at: 1000, imports: vec![name.to_owned()], ..KnownSheet::default() },
        ),
    ]);
    let mut page = Page::default();
    page.absorb(&Observation { sheets: vec![name.to_owned(), "/a.css".to_owned()], ..view(&[]) }, 1000);
    let current = |hours: u64| page.current_sheets(&sheets, 1000 + hours * HOUR).len();
    assert_eq!((current(35), current(36)), (3, 1), "the site's own, which its visitors bring");
    assert_eq!(page.current_sheets(&sheets, 0).len(), 3, "a clock that goes back");
}

#[test]
fn what_has_moved_from_the_html_into_a_script_is_told_by_browsers() {
    let url = Url::parse("https://shop.example/").unwrap();
    let none = SortedMap::new();
    let mut page = page(50, &[("tags", plain())]);
    let mut observation = view(&[]);
    observation.sources = vec!["https://tags.example".to_owned()];
    for _ in 0..60 {
        page.absorb(&observation, 1000);
        page.absorb_confirmation(&told(&[("tags", 1, 0)]), &url, &none, 1000);
    }
    let tags = candidate(&page, "tags", &none).unwrap();
    about(tags.share, 1.0);
    assert!(tags.credentialed.share > 0.8, "{}", tags.credentialed.share);
    assert_eq!(tags.found, Found::Script);
}

fn told(origins: &[(&str, u8, u32)]) -> Confirmation {
    let loaded = |(host, pools, connect_ms): &(&str, u8, u32)| Loaded {
        origin: origin(host),
        pools: pools & 3,
        is_frame: pools & 4 != 0,
        start_ms: 10,
        connect_ms: *connect_ms,
    };
    Confirmation {
        path: "/".to_owned(),
        origins: origins.iter().map(loaded).collect(),
        is_whole: true,
        ..Confirmation::default()
    }
}

#[test]
fn browsers_confirm_and_rank_what_the_site_names_and_introduce_nothing() {
    let url = Url::parse("https://shop.example/").unwrap();
    let font = Usage::of(Pools::ANONYMOUS, Demand::URGENT, Found::Css);
    let uses = vec![(view(&[("sheet", font)]).uses.remove(0), 1.0)];
    let sheets =
        SortedMap::from([("/s.css".to_owned(), KnownSheet { at: 1, uses, ..KnownSheet::default() })]);
    let mut page = Page::default();
    let mut observation = view(&[("html", plain())]);
    observation.sources = vec!["https://policy.example".to_owned()];
    observation.sheets = vec!["/s.css".to_owned()];
    for _ in 0..5 {
        page.absorb(&observation, 1000);
    }
    let confirmation = told(&[
        ("html", 3, 80),
        ("policy", 2, 0),
        ("sheet", 2, 300),
        ("evil", 3, 0),
        ("shop", 1, 0),
        ("frame", 4, 0),
    ]);
    for _ in 0..20 {
        // A few words count for nothing yet.
        about(candidate(&page, "policy", &sheets).map_or(0.0, |candidate| candidate.share), 0.0);
        page.absorb_confirmation(&confirmation, &url, &sheets, 1000);
    }
    let html = candidate(&page, "html", &sheets).unwrap();
    about(html.credentialed.share, 1.0);
    about(html.anonymous.share, 1.0);
    about(html.connect_ms, 80.0);
    let policy = candidate(&page, "policy", &sheets).unwrap();
    about(policy.anonymous.share, 1.0);
    about(policy.credentialed.share, 0.0);
    assert_eq!(policy.found, Found::Script);
    about(candidate(&page, "sheet", &sheets).unwrap().connect_ms, 300.0);
    for host in ["evil", "shop", "frame"] {
        assert!(candidate(&page, host, &sheets).is_none(), "{host}");
    }
}

#[test]
fn what_the_html_names_and_browsers_do_not_load_is_used_by_as_many_views_as_they_say() {
    let url = Url::parse("https://shop.example/").unwrap();
    let none = SortedMap::new();
    let report = |page: &mut Page, origins: &[(&str, u8, u32)], times: usize| {
        for _ in 0..times {
            page.absorb_confirmation(&told(origins), &url, &none, 1000);
        }
    };
    let share =
        |page: &Page, host: &str| candidate(page, host, &none).map_or(0.0, |candidate| candidate.share);
    let uses = [("cdn", plain()), ("consent", plain())];
    let mut known = page(30, &uses);
    report(&mut known, &[("cdn", 1, 0)], 15);
    about(share(&known, "consent"), 1.0);
    // Where one visitor in five agrees.
    for _ in 0..10 {
        report(&mut known, &[("cdn", 1, 0)], 4);
        report(&mut known, &[("cdn", 1, 0), ("consent", 1, 0)], 1);
    }
    about(share(&known, "cdn"), 1.0);
    let consent = candidate(&known, "consent", &none).unwrap();
    assert!((0.1..0.25).contains(&consent.share), "{}", consent.share);
    about(consent.credentialed.share, consent.share);
    // What is new in the HTML is not held against by reports of before.
    known.absorb(&view(&[uses.as_slice(), &[("new", plain())]].concat()), 1000);
    for _ in 0..30 {
        known.absorb(&view(&[uses.as_slice(), &[("new", plain())]].concat()), 1000);
    }
    assert!(share(&known, "new") > 0.2, "{}", share(&known, "new"));
    report(&mut known, &[("cdn", 1, 0), ("new", 1, 0)], 30);
    assert!(share(&known, "new") > 0.2);
    // Whoever names nothing of the HTML, or leaves before all is there, tells nothing of what they do not name.
    let mut cleared = page(30, &uses);
    report(&mut cleared, &[], 40);
    report(&mut cleared, &[("shop", 1, 0)], 40);
    for _ in 0..40 {
        let early = Confirmation { is_whole: false, ..told(&[("cdn", 1, 0)]) };
        cleared.absorb_confirmation(&early, &url, &none, 1000);
    }
    about(share(&cleared, "consent"), 1.0);
}

#[test]
fn the_markup_decides_about_cookies_where_it_can() {
    let url = Url::parse("https://shop.example/").unwrap();
    let module = Usage::of(Pools::ANONYMOUS, Demand::ONE, Found::Head);
    let mut page = page(5, &[("cdn", module)]);
    for _ in 0..30 {
        page.absorb_confirmation(&told(&[("cdn", 1, 0)]), &url, &SortedMap::new(), 1000);
    }
    about(candidate(&page, "cdn", &SortedMap::new()).unwrap().credentialed.share, 0.0);
}

#[test]
fn a_page_remembers_a_bounded_number_of_origins_and_keeps_the_most_used() {
    let mut page = Page::default();
    for n in 0..1000 {
        let strays: Vec<String> = (0..30).map(|stray| format!("s{n}-{stray}")).collect();
        let mut uses: Vec<(&str, Usage)> = strays.iter().map(|host| (host.as_str(), plain())).collect();
        uses.push(("steady", plain()));
        let mut observation = view(&uses);
        observation.sheets = (0..30).map(|sheet| format!("/{n}-{sheet}.css")).collect();
        page.absorb(&observation, 1000);
    }
    assert_eq!((page.origins.len(), page.sheets.len()), (MAX_RECORDS, MAX_SHEETS));
    assert!(page.origins.iter().any(|record| record.origin == origin("steady")));
}

/// The hosts of the origins that a page remembers and that begin so.
fn hosts(page: &Page, start: &str) -> Vec<String> {
    let hosts = page.origins.iter().map(|record| record.origin.host().trim_end_matches(".example"));
    let mut hosts: Vec<String> = hosts.filter(|host| host.starts_with(start)).map(str::to_owned).collect();
    hosts.sort();
    hosts
}

#[test]
fn a_full_page_remembers_an_origin_that_all_its_views_have_from_now_on() {
    let halves = [0, 1].map(|half| (0..20).map(|at| format!("{half}-{at:02}")).collect::<Vec<_>>());
    let mut page = Page::default();
    let see = |page: &mut Page, number: usize, others: &[&str]| {
        let hosts = halves[number % 2].iter().map(String::as_str).chain(others.iter().copied());
        page.absorb(&view(&hosts.map(|host| (host, plain())).collect::<Vec<_>>()), 1000);
    };
    for number in 0..20 {
        see(&mut page, number, &[]);
    }
    assert!(page.origins.len() == MAX_RECORDS && page.origins.iter().all(|record| record.weight() > 8.0));
    for number in 0..4 {
        see(&mut page, number, &["new", &format!("stray-{number}")]);
        assert_eq!((page.origins.len(), hosts(&page, "new").len()), (MAX_RECORDS, 1), "{number}");
    }
    let new = page.origins.iter().find(|record| record.origin == origin("new")).unwrap();
    about(new.views, (0..4).map(|views| (-f64::from(views) / 100.0).exp2()).sum());
    // Each time the stray of the view before made room for the next one.
    assert_eq!(hosts(&page, "stray"), ["stray-3"]);
    assert_eq!(hosts(&page, "1-").len() + hosts(&page, "0-").len(), 38);
}

#[test]
fn of_a_full_page_those_origins_leave_first_that_are_gone() {
    let stale: Vec<String> = (0..38).map(|at| format!("stale-{at:02}")).collect();
    let mut uses: Vec<(&str, Usage)> = stale.iter().map(|host| (host.as_str(), plain())).collect();
    uses.push(("steady", plain()));
    let mut page = page(20, &uses);
    for _ in 0..10 {
        page.absorb(&view(&[("steady", plain()), ("late", plain())]), 1000);
    }
    assert_eq!(page.origins.len(), MAX_RECORDS);
    let sources = vec!["tags.example".to_owned()];
    page.absorb(&Observation { sources, ..view(&[("steady", plain()), ("new", plain())]) }, 1000);
    assert_eq!(
        (hosts(&page, "stale").len(), hosts(&page, "late").len(), hosts(&page, "new").len()),
        (37, 1, 1)
    );
    let url = Url::parse("https://shop.example/").unwrap();
    page.absorb_confirmation(&told(&[("tags", 1, 0)]), &url, &SortedMap::new(), 1000);
    assert_eq!((hosts(&page, "stale").len(), hosts(&page, "tags").len()), (36, 1));
}

#[test]
fn a_record_reads_back_as_it_was_written() {
    let mut page = page(3, &[("a", plain()), ("b", Usage::LOOKUP)]);
    page.absorb_confirmation(
        &told(&[("a", 3, 7)]),
        &Url::parse("https://shop.example/").unwrap(),
        &SortedMap::new(),
        1000,
    );
    let json = serde_json::to_string(&page).unwrap();
    assert_eq!(serde_json::from_str::<Page>(&json).unwrap(), page);
}
