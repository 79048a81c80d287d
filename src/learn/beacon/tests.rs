//! Tests of `beacon.rs`.

use super::*;
use proptest::prelude::*;

fn site() -> Url {
    Url::parse("https://shop.example/_headstart/beacon").unwrap()
}

/// What a browser tells of a page whose largest content is text.
const NO_PICTURE: &str = r#"["",null,null]"#;

/// A body with these in place of what a plain view of `/a` tells.
fn body(changes: &[(usize, &str)]) -> String {
    let mut parts =
        ["\"/a\"", "2", "\"navigate\"", "\"\"", "[0,80,120,300,null,12]", NO_PICTURE, "0", "[]", "[]", "[]"]
            .map(str::to_owned);
    for (at, part) in changes {
        parts[*at] = (*part).to_owned();
    }
    format!("[{}]", parts.join(","))
}

fn report(changes: &[(usize, &str)]) -> Report {
    read(&body(changes), &site()).unwrap().report.unwrap()
}

#[test]
fn what_the_script_sends_is_read() {
    let told = read(
        &body(&[(
            7,
            r#"[["https://a.example",1,12.6,0],["https://b.example",6,0,35],["https://f.example",4,0,35],["https://shop.example",1,0,0]]"#,
        )]),
        &site(),
    )
    .unwrap();
    let loaded = |origin: &str, pools, is_frame, start_ms, connect_ms| Loaded {
        origin: Origin::parse(origin).unwrap(),
        pools,
        is_frame,
        start_ms,
        connect_ms,
    };
    assert_eq!(
        told.origins,
        [
            loaded("https://a.example", 1, false, 12, 0),
            loaded("https://b.example", 2, false, 0, 35),
            loaded("https://f.example", 0, true, 0, 35)
        ]
    );
    let vitals = Vitals { ttfb: Some(80), fcp: Some(120), lcp: Some(300), inp: None, cls: Some(12) };
    let expected = Report { viewport: Viewport::Wide, vitals, are_all_faces: true, ..Report::default() };
    assert_eq!((told.path.as_str(), told.report), ("/a", Some(expected)));
}

#[test]
fn a_report_names_all_that_was_loaded_where_it_is_late_enough_uncut_and_reaches_back() {
    let is_whole = |surplus: &str, origins: &str, times: &str| {
        read(&body(&[(6, surplus), (7, origins), (4, times)]), &site()).unwrap().is_whole
    };
    let times = "[0,80,120,300,null,12]";
    let early = r#"[["https://a.example",1,200,0],["https://shop.example",1,90,0]]"#;
    assert!(is_whole("0", early, times));
    assert!(!is_whole("null", early, times), "the page was left before");
    assert!(!is_whole("0", early, "[0,80,null,null,null,12]"), "nothing was painted");
    let late = early.replace(",90,", ",1500,");
    assert!(!is_whole("0", &late, times), "what came first was cleared");
    assert!(!is_whole("0", r#"[["https://a.example",1,20,0]]"#, times));
    // It was rendered ahead, and its parts long before it was shown.
    assert!(is_whole("0", early, "[900,80,120,1300,null,12]"));
    let many: Vec<String> =
        (1..MAX_ORIGINS).map(|number| format!(r#"["https://h{number}.example",1,0,0]"#)).collect();
    let cut = format!(r#"[["https://shop.example",1,0,0],{}]"#, many.join(","));
    assert!(!is_whole("0", &cut, times));
}

#[test]
fn each_kind_of_navigation_is_told_and_a_prerendered_page_counts_from_its_activation() {
    use NavigationKind::{BackForward, Plain, Prefetched, Prerendered, Reloaded};
    for (kind, delivery, activation, expected) in [
        ("navigate", "", "0", Plain),
        ("navigate", "cache", "0", Plain),
        ("navigate", "navigational-prefetch", "0", Prefetched),
        ("navigate", "navigational-prefetch", "900", Prerendered),
        ("back_forward", "", "0", BackForward),
        ("reload", "", "0", Reloaded),
    ] {
        let (kind, delivery) = (format!("{kind:?}"), format!("{delivery:?}"));
        let times = format!("[{activation},80,120,1300,24,0]");
        let report = report(&[(2, &kind), (3, &delivery), (4, &times)]);
        assert_eq!(report.navigation, expected, "{kind} {delivery}");
        let vitals = if activation == "0" { [80, 120, 1300, 24, 0] } else { [0, 0, 400, 24, 0] };
        assert_eq!(<[Option<u32>; 5]>::from(report.vitals), vitals.map(Some));
    }
    assert_eq!(
        report(&[(2, "null"), (3, "null"), (4, "[null,null,null,null,null,null]")]).vitals,
        Vitals::default()
    );
}

#[test]
fn the_largest_picture_is_named_by_hashes_alone() {
    let largest = |told: &str| report(&[(5, told)]).largest;
    let name = Name::of("/hero.jpg?w=1");
    let form = form("/hero.jpg 1x", "");
    let of_img = r#"["https://shop.example/hero.jpg?w=1#x","/hero.jpg 1x",""]"#;
    assert_eq!(largest(of_img), Some(Largest { name, form: Some(form) }));
    let of_css = r#"["https://cdn.example/hero.jpg",null,null]"#;
    assert_eq!(
        largest(of_css),
        Some(Largest { name: Name::of("https://cdn.example/hero.jpg"), form: Some(0) })
    );
    // Its element had left the page.
    let gone = largest(r#"["https://shop.example/hero.jpg?w=1",null,""]"#);
    assert_eq!(gone, Some(Largest { name, form: None }));
    for nothing in [
        "data:image/png;base64,AAAA",
        "blob:https://shop.example/1",
        &format!("https://shop.example/{}", "x".repeat(600)),
        "",
        "hero.jpg",
    ] {
        assert_eq!(largest(&format!("[{nothing:?},null,null]")), None, "{nothing}");
    }
    assert_eq!(largest("[null,null,null]"), None);
    assert_eq!(largest(r#"[null,null,""]"#), None);
}

#[test]
fn a_preload_is_wasted_that_nothing_uses_after_a_while() {
    let parts = r#"[["https://shop.example/a.woff2",5,0,9,1,1],["https://shop.example/a.css",5,2,8,1,0],["https://shop.example/b.css",9,0,9,1,1],["https://shop.example/c.css",200,0,201.5,0,0]]"#;
    let wasted = |surplus: &str| -> Vec<bool> {
        report(&[(6, surplus), (8, parts)]).loaded.iter().map(|loaded| loaded.is_wasted).collect()
    };
    assert_eq!(wasted("null"), [false; 4], "it was left before");
    assert_eq!(wasted("0"), [false, true, false, false]);
    assert_eq!(wasted("-1"), [false, true, false, false], "there are hidden fonts");
    assert_eq!(wasted("1"), [true, true, false, false]);
    let loaded = report(&[(8, parts)]).loaded;
    let expected = report::Loaded {
        start_ms: Some(5),
        end_ms: Some(8),
        connect_ms: 2,
        is_preloaded: true,
        is_wasted: true,
        ..report::Loaded::new(Name::of("/a.css"))
    };
    assert_eq!((loaded[1], loaded[3].end_ms), (expected, Some(201)));
}

#[test]
fn what_the_same_report_names_as_the_largest_was_not_wasted() {
    let parts =
        r#"[["https://shop.example/hero.jpg",5,0,9,1,0],["https://shop.example/other.jpg",5,0,9,1,0]]"#;
    let hero = r#"["https://shop.example/hero.jpg",null,null]"#;
    let wasted = |changes: &[(usize, &str)]| -> Vec<bool> {
        let report = report(&[&[(5, hero), (8, parts)], changes].concat());
        report.loaded.iter().map(|loaded| loaded.is_wasted).collect()
    };
    assert_eq!(wasted(&[]), [false, true]);
    // Nothing had been painted when the script looked.
    assert_eq!(wasted(&[(4, "[9000,80,9100,9200,null,12]")]), [false, true]);
    assert_eq!(wasted(&[(5, NO_PICTURE)]), [true, true]);
}

#[test]
fn what_a_browser_cannot_know_of_a_part_is_not_believed() {
    let parts = r#"[["https://shop.example/a.woff2",5,0,9,1,1],["https://shop.example/a.css",5,2,8,1,0],["https://shop.example/hero.jpg",9,0,9,1,1]]"#;
    let hero = r#"["https://shop.example/hero.jpg",null,null]"#;
    let names = |report: &Report| -> Vec<Name> { report.loaded.iter().map(|loaded| loaded.name).collect() };
    let [font, style, picture] = ["/a.woff2", "/a.css", "/hero.jpg"].map(Name::of);
    // As an older script has it, which does not say.
    let before = report(&[(5, hero), (8, parts)]);
    assert_eq!((names(&before), before.hides_blocking), (vec![font, style, picture], false));
    let with = |silent: &str, changes: &[(usize, &str)]| {
        let body = body(&[&[(5, hero), (8, parts)], changes].concat());
        read(&format!("{},{silent}]", body.strip_suffix(']').unwrap()), &site())
    };
    let tells = |silent: &str| with(silent, &[]).unwrap().report.unwrap();
    assert_eq!(tells("0"), before);
    assert_eq!((names(&tells("1")), tells("1").hides_blocking), (vec![font, picture], true));
    assert_eq!(with("2", &[]), None);
    assert_eq!(with("\"\"", &[]), None);
    assert_eq!(with("0,0", &[]), None);
    // Without a largest paint, nothing says that the picture of a stylesheet was used.
    let blind = report(&[(4, "[0,80,120,null,null,0]"), (8, parts)]);
    assert_eq!((names(&blind), blind.tells_largest()), (vec![font], false));
    assert!(report(&[]).tells_largest(), "it was text");
}

#[test]
fn of_a_font_whose_browser_does_not_know_whether_it_was_preloaded_no_time_and_no_preload_is_taken() {
    // As Firefox has it.
    let fonts = |ahead: u8| {
        let parts = format!(r#"[["https://shop.example/a.woff2",70,3,98,{ahead},1]]"#);
        report(&[(6, "1"), (8, &parts)]).loaded
    };
    let unknown = report::Loaded { connect_ms: 3, ..report::Loaded::new(Name::of("/a.woff2")) };
    assert_eq!(fonts(2), [unknown]);
    let found = report::Loaded { start_ms: Some(70), end_ms: Some(98), ..unknown };
    assert_eq!(fonts(0), [found]);
    assert_eq!(fonts(1), [report::Loaded { is_preloaded: true, is_wasted: true, ..found }]);
}

#[test]
fn what_ended_before_it_began_has_no_times() {
    let times = |start: u32, end: u32| {
        let parts = format!(r#"[["https://shop.example/a.css",{start},0,{end},0,1]]"#);
        let loaded = report(&[(8, &parts)]).loaded;
        loaded.iter().map(|loaded| (loaded.start_ms, loaded.end_ms)).collect::<Vec<_>>()
    };
    // Firefox's of what a 103 preloaded.
    assert_eq!(times(445, 138), [(None, None)]);
    assert_eq!(times(138, 138), [(Some(138), Some(138))]);
    assert_eq!(times(138, 445), [(Some(138), Some(445))]);
}

#[test]
fn faces_are_named_by_hashes_and_are_all_where_none_is_missing() {
    let faces = |surplus: &str, faces: &str| {
        let report = report(&[(6, surplus), (9, faces)]);
        (report.faces, report.are_all_faces)
    };
    let (inter, bold) = ("normal|400|normal|U+0-FF|Inter", "normal|bold|normal|U+0-FF|\"Inter\"");
    let names = [inter, bold].map(|face| face::told(face).unwrap()).to_vec();
    let both = format!("{:?}", [inter, bold]);
    assert_eq!(faces("0", &both), (names.clone(), true));
    assert_eq!(faces("null", &both), (names.clone(), false), "it was left before");
    assert_eq!(faces("0", &format!("{:?}", [inter, "?", bold])), (names, false), "one cannot be read");
    let many = format!("{:?}", vec![inter; MAX_FACES]);
    assert_eq!(faces("0", &many), (vec![face::told(inter).unwrap(); MAX_FACES], false), "there may be more");
}

#[test]
fn what_the_script_would_not_send_is_refused() {
    let many: Vec<String> = (0..=MAX_ORIGINS).map(|n| format!("[\"https://h{n}.example\",1,0,0]")).collect();
    let parts: Vec<String> =
        (0..=MAX_RESOURCES).map(|n| format!("[\"https://h.example/{n}\",1,0,2,0,0]")).collect();
    let long = format!("\"/{}\"", "x".repeat(600));
    for changes in [
        (0, "\"a\""),
        (0, "\"/?a=1\""),
        (0, "\"/\u{fc}\""),
        (0, "\"/\\n\""),
        (0, "7"),
        (0, &long),
        (1, "3"),
        (1, "-1"),
        (4, "[0]"),
        (4, "[-1,0,0,0,0,0]"),
        (4, "[1e9,0,0,0,0,0]"),
        (4, "[0,1e9,0,0,0,0]"),
        (4, "[0,0,-1,0,0,0]"),
        (5, "\"https://a.example/\""),
        (5, "null"),
        (6, "1.5"),
        (7, "null"),
        (7, r#"[["https://a.example/",1,0,0]]"#),
        (7, r#"[["https://a.example>; rel=preload",1,0,0]]"#),
        (7, r#"[["javascript:0",1,0,0]]"#),
        (7, r#"[["https://a.example",8,0,0]]"#),
        (7, r#"[["https://a.example",1,-1,0]]"#),
        (7, r#"[["https://a.example",1,0,1e9]]"#),
        (7, r#"[["https://a.example",1,0]]"#),
        (7, r#"[["https://a.example",1,0,0],["https://a.example",1,0,0]]"#),
        (7, &format!("[{}]", many.join(","))),
        (8, r#"[["https://a.example/x",-1,0,0,0,0]]"#),
        (8, r#"[["https://a.example/x",1,0,-1,0,0]]"#),
        (8, r#"[["https://a.example/x",1,0,0,3,0]]"#),
        (8, r#"[["https://a.example/x",1,0,0,0]]"#),
        (9, "null"),
        (9, "[7]"),
        (9, &format!("{:?}", vec!["normal|400|normal|U+0-FF|A"; MAX_FACES + 1])),
        (8, &format!("[{}]", parts.join(","))),
    ] {
        assert_eq!(read(&body(&[changes]), &site()), None, "{changes:?}");
    }
    let whole = body(&[]);
    for body in
        ["", "null", "[]", "{}", &whole.replace(",[],[]]", ",[],[],1,1]"), &" ".repeat(MAX_BODY_BYTES + 1)]
    {
        assert_eq!(read(body, &site()), None, "{body}");
    }
}

#[test]
fn only_a_body_of_a_known_small_length_is_read() {
    assert_eq!(admit(Some("0"), || true), Ok(()));
    assert_eq!(admit(Some("8192"), || true), Ok(()));
    assert_eq!(admit(Some("8192"), || false), Err(Rejection::TooMany));
    // Whether another one is taken in is not asked for what is refused anyway.
    for (length, expected) in [
        (None, Rejection::NoLength),
        (Some(""), Rejection::NoLength),
        (Some("-1"), Rejection::NoLength),
        (Some("12, 12"), Rejection::NoLength),
        (Some("8193"), Rejection::TooLarge),
        (Some("1000000000"), Rejection::TooLarge),
    ] {
        let admitted = admit(length, || unreachable!("{length:?} was counted"));
        assert_eq!(admitted, Err(expected), "{length:?}");
    }
}

#[test]
fn each_rejection_has_its_status() {
    use Rejection::{NoLength, TooLarge, TooMany, Unreadable};
    let statuses = [NoLength, TooLarge, TooMany, Unreadable].map(Rejection::status);
    assert_eq!(statuses, [411, 413, 429, 400]);
    assert_eq!(TAKEN_IN, 204);
}

#[test]
fn a_body_is_taken_in_once_and_what_cannot_be_read_never() {
    let mut recent = Recent::default();
    assert_eq!(recent.take_in(None, &site()), Err(Rejection::Unreadable));
    // What is no beacon is refused each time, and not known the second time.
    assert_eq!(recent.take_in(Some("{"), &site()), Err(Rejection::Unreadable));
    assert_eq!(recent.take_in(Some("{"), &site()), Err(Rejection::Unreadable));
    let body = body(&[]);
    assert_eq!(recent.take_in(Some(&body), &site()), Ok(read(&body, &site())));
    assert_eq!(recent.take_in(Some(&body), &site()), Ok(None));
}

#[test]
fn what_is_sent_again_is_known() {
    let mut recent = Recent::default();
    assert!(recent.is_new("a") && !recent.is_new("a") && recent.is_new("b"));
    for n in 0..5 * MAX_RECENT {
        recent.is_new(&n.to_string());
    }
    assert!(recent.0.len() <= MAX_RECENT);
}

proptest! {
    #[test]
    fn any_body_is_survived(body in "\\PC{0,200}") {
        let _ = read(&body, &site());
    }
}
