//! Tests of `csp.rs`.

use super::*;
use proptest::prelude::*;

fn url(text: &str) -> Url {
    Url::parse(text).unwrap()
}

fn image(sources: &str, page: &str, target: &str) -> bool {
    Policies::parse(&format!("img-src {sources}")).allows(&url(page), &url(target), Destination::Image, None)
}

fn script(field: &str, target: &str, nonce: Option<&str>) -> bool {
    Policies::parse(field).allows(&url("https://shop.example/p"), &url(target), Destination::Script, nonce)
}

const PAGE: &str = "https://shop.example/p";

#[test]
fn a_policy_may_have_requests_upgraded_and_restrict_nothing() {
    for (field, expected) in [
        ("upgrade-insecure-requests", true),
        ("default-src 'self'; Upgrade-Insecure-Requests ;", true),
        ("img-src *, upgrade-insecure-requests 1", true),
        ("upgrade-insecure", false),
        ("img-src upgrade-insecure-requests", false),
        ("upgrade-insecure-requests\u{fc}", false),
        ("", false),
    ] {
        assert_eq!(Policies::parse(field).upgrades_insecure_requests(), expected, "{field}");
    }
    let mut policies = Policies::parse("img-src *");
    policies.add_meta("upgrade-insecure-requests");
    assert!(policies.upgrades_insecure_requests());
    assert!(script("upgrade-insecure-requests", "https://a.example/x", None));
}

#[test]
fn a_source_lets_through_what_it_matches() {
    for (sources, page, target) in [
        ("*", PAGE, "https://a.example/"),
        ("*", PAGE, "http://a.example/"),
        ("*", PAGE, "wss://a.example/"),
        ("*", "app://x/", "app://y/"),
        ("https:", PAGE, "https://a.example:8443/x"),
        ("HTTPS:", PAGE, "https://a.example/x"),
        ("http:", PAGE, "https://a.example/"),
        ("data:", PAGE, "data:image/gif;base64,R0"),
        ("ws:", PAGE, "wss://a.example/"),
        ("wss:", PAGE, "wss://a.example/"),
        ("a.example", PAGE, "https://a.example/x"),
        ("A.Example", PAGE, "https://a.example/x"),
        ("a.example", "http://shop.example/", "http://a.example/x"),
        ("a.example", "http://shop.example/", "https://a.example/x"),
        ("a.example", PAGE, "wss://a.example/x"),
        ("http://a.example", PAGE, "https://a.example/x"),
        ("http://a.example:80", PAGE, "https://a.example/x"),
        ("wss://a.example", PAGE, "wss://a.example/x"),
        ("https://a.example:443", PAGE, "https://a.example/x"),
        ("a.example:8443", PAGE, "https://a.example:8443/x"),
        ("a.example:*", PAGE, "https://a.example:8443/x"),
        ("*:8443", PAGE, "https://a.example:8443/x"),
        ("https://*", PAGE, "https://a.example/x"),
        ("*.a.example", PAGE, "https://b.a.example/x"),
        ("*.a.example", PAGE, "https://c.b.a.example/x"),
        ("https://*.a.example:*", PAGE, "https://b.a.example:81/x"),
        ("a.example/", PAGE, "https://a.example/x"),
        ("a.example/x/", PAGE, "https://a.example/x/"),
        ("a.example/x/", PAGE, "https://a.example/x/y/z?q"),
        ("a.example/x/y", PAGE, "https://a.example/x/y?q"),
        ("a.example/%78/y%2Fz", PAGE, "https://a.example/x/y%2fz"),
        ("a.example/x?q=1", PAGE, "https://a.example/x"),
        ("cdn_1.example", PAGE, "https://cdn_1.example/x"),
        ("127.0.0.1:8080", "http://127.0.0.1/", "http://127.0.0.1:8080/"),
        ("'self'", PAGE, "https://shop.example/x"),
        ("'SELF'", PAGE, "https://shop.example/x"),
        ("'self'", "http://shop.example/", "https://shop.example/x"),
        ("'self'", "http://shop.example/", "ws://shop.example/x"),
        ("'self'", PAGE, "wss://shop.example/x"),
        ("'self'", "http://shop.example:81/", "https://shop.example:81/x"),
        ("'none' a.example", PAGE, "https://a.example/x"),
        ("'unsafe-inline' 'report-sample' x@y a.example", PAGE, "https://a.example/x"),
    ] {
        assert!(image(sources, page, target), "{sources} {page} {target}");
    }
}

#[test]
fn a_source_blocks_what_it_does_not_match() {
    for (sources, page, target) in [
        ("", PAGE, "https://a.example/"),
        ("'none'", PAGE, "https://a.example/"),
        ("*", PAGE, "data:image/gif;base64,R0"),
        ("*", PAGE, "blob:https://shop.example/1"),
        ("https:", PAGE, "http://a.example/"),
        ("wss:", PAGE, "ws://a.example/"),
        ("https", PAGE, "https://a.example/"),
        ("a.example", PAGE, "http://a.example/x"),
        ("a.example", PAGE, "https://b.a.example/x"),
        ("a.example", PAGE, "https://a.example:8443/x"),
        ("a.example:81", PAGE, "https://a.example/x"),
        ("a.example:80", "http://shop.example/", "https://a.example:8443/x"),
        ("https://a.example", PAGE, "http://a.example/x"),
        ("*.a.example", PAGE, "https://a.example/x"),
        ("*.a.example", PAGE, "https://ba.example/x"),
        ("*a.example", PAGE, "https://ba.example/x"),
        ("a.*.example", PAGE, "https://a.b.example/x"),
        ("a.example/x", PAGE, "https://a.example/x/"),
        ("a.example/x", PAGE, "https://a.example/x/y"),
        ("a.example/x/", PAGE, "https://a.example/x"),
        ("a.example/X", PAGE, "https://a.example/x"),
        ("a.example/x/y", PAGE, "https://a.example/x"),
        ("a.example:99999", PAGE, "https://a.example/x"),
        ("a.example:+443", PAGE, "https://a.example/x"),
        ("a.example:", PAGE, "https://a.example/x"),
        ("a..example", PAGE, "https://a.example/x"),
        ("1://a.example", PAGE, "https://a.example/x"),
        ("'a.example'", PAGE, "https://a.example/x"),
        ("'self", PAGE, "https://shop.example/x"),
        ("'self'", PAGE, "https://a.example/x"),
        ("'self'", PAGE, "http://shop.example/x"),
        ("'self'", PAGE, "https://shop.example:8443/x"),
        ("'self'", "http://shop.example:81/", "https://shop.example/x"),
        ("'self'", PAGE, "blob:https://shop.example/1"),
        ("'self'", "data:text/html,x", "data:image/gif,x"),
        ("'nonce-abc'", PAGE, "https://a.example/"),
    ] {
        assert!(!image(sources, page, target), "{sources} {page} {target}");
    }
}

#[test]
fn each_destination_falls_back_along_its_list() {
    use Destination::{Connect, Font, Frame, Image, Manifest, Media, Object, Script, Style};
    let all = [Script, Style, Image, Font, Media, Frame, Object, Manifest, Connect];
    for (field, blocked) in [
        ("default-src 'none'", all.to_vec()),
        ("DEFAULT-SRC 'none'; Img-Src *", vec![Script, Style, Font, Media, Frame, Object, Manifest, Connect]),
        ("script-src 'none'", vec![Script]),
        ("script-src 'none'; script-src-elem *", vec![]),
        ("script-src *; script-src-elem 'none'", vec![Script]),
        ("script-src-attr 'none'; style-src-attr 'none'", vec![]),
        ("style-src 'none'", vec![Style]),
        ("style-src 'none'; style-src-elem *", vec![]),
        ("child-src 'none'", vec![Frame]),
        ("child-src 'none'; frame-src *", vec![]),
        (
            "default-src 'none'; child-src *",
            vec![Script, Style, Image, Font, Media, Object, Manifest, Connect],
        ),
        ("img-src 'none'; font-src 'none'; media-src 'none'", vec![Image, Font, Media]),
        ("object-src 'none'; manifest-src 'none'; connect-src 'none'", vec![Object, Manifest, Connect]),
        ("img-src *; img-src 'none'", vec![]),
        ("img-src *, font-src 'none', img-src 'none'", vec![Image, Font]),
        ("img-src 'none' \u{e9}; font-src\t'none'", vec![Font]),
        ("upgrade-insecure-requests; block-all-mixed-content; sandbox; frame-ancestors 'none'", vec![]),
        ("base-uri 'none'; form-action 'none'; report-uri /x; worker-src 'none'", vec![]),
        (";;, ,img-src;", vec![Image]),
        ("", vec![]),
    ] {
        let policies = Policies::parse(field);
        let (page, target) = (url(PAGE), url("https://a.example/x"));
        let seen: Vec<_> =
            all.into_iter().filter(|kind| !policies.allows(&page, &target, *kind, None)).collect();
        assert_eq!(seen, blocked, "{field}");
    }
}

#[test]
fn a_base_is_governed_by_a_directive_of_its_own() {
    for (field, base, expected) in [
        ("", "https://a.example/", true),
        ("default-src 'none'; img-src 'none'", "https://a.example/", true),
        ("base-uri", "https://shop.example/", false),
        ("base-uri 'none'", "https://shop.example/dir/", false),
        ("Base-URI 'self'", "https://shop.example/dir/", true),
        ("base-uri 'self'", "https://a.example/", false),
        ("base-uri 'self' https://a.example", "https://a.example/dir/", true),
        ("base-uri https://a.example/dir/", "https://a.example/other/", false),
        ("base-uri *", "https://a.example/", true),
        ("base-uri 'nonce-abc' 'strict-dynamic'", "https://a.example/", false),
        ("base-uri *, base-uri 'self'", "https://a.example/", false),
    ] {
        let mut policies = Policies::parse(field);
        let set = if expected { base } else { PAGE };
        assert_eq!(policies.base(&url(PAGE), Some(base)), url(set), "{field} {base}");
        policies.add_meta("base-uri 'none'");
        assert_eq!(policies.base(&url(PAGE), Some(base)), url(PAGE), "{field} {base}");
    }
    let observed = Policies::of_answer(None, Some("base-uri 'none'"), IntegrityPolicy::default());
    let base = observed.base(&url(PAGE), Some("https://a.example/"));
    assert_eq!(base, url("https://a.example/"), "one that only reports");
    for href in [None, Some("data:text/html,a"), Some("javascript:1"), Some("https://[")] {
        assert_eq!(Policies::default().base(&url(PAGE), href), url(PAGE), "{href:?}");
    }
    assert_eq!(Policies::default().base(&url(PAGE), Some("/b/")), url(PAGE).join("/b/").unwrap());
    assert_eq!(
        Policies::parse("base-uri https://a.example; img-src b.example").host_sources(),
        ["b.example"]
    );
}

#[test]
fn a_nonce_lets_scripts_and_styles_through() {
    assert!(script("script-src 'nonce-aB+/-_1=='", "https://a.example/", Some("aB+/-_1==")));
    assert!(script("script-src 'NONCE-abc' 'none'", "https://a.example/", Some("abc")));
    assert!(script("default-src 'nonce-abc'", "https://a.example/", Some("abc")));
    assert!(!script("script-src 'nonce-abc'", "https://a.example/", Some("ABC")));
    assert!(!script("script-src 'nonce-abc'", "https://a.example/", None));
    assert!(!script("script-src 'nonce-'", "https://a.example/", Some("")));
    assert!(!script("script-src 'nonce-a=b'", "https://a.example/", Some("a=b")));
    assert!(!script("script-src 'nonce-abc===' 'sha256-abc'", "https://a.example/", Some("abc===")));
    assert!(!script("script-src 'nonce-a', script-src 'nonce-b'", "https://a.example/", Some("a")));
    let policies = Policies::parse("default-src 'nonce-a'");
    let allows = |kind| policies.allows(&url(PAGE), &url("https://a.example/"), kind, Some("a"));
    assert!(allows(Destination::Style));
    assert!(!allows(Destination::Image));
}

#[test]
fn strict_dynamic_leaves_scripts_only_their_nonce() {
    let field = "default-src 'self' 'strict-dynamic' 'nonce-a' https: a.example 'unsafe-inline'";
    assert!(!script(field, "https://a.example/", None));
    assert!(!script(field, "https://shop.example/", None));
    assert!(script(field, "https://a.example/", Some("a")));
    let policies = Policies::parse(field);
    assert!(policies.allows(&url(PAGE), &url("https://b.example/"), Destination::Style, None));
}

#[test]
fn a_meta_policy_is_one_and_adds_up() {
    let mut policies = Policies::parse("img-src *");
    policies.add_meta("font-src 'none'; report-uri /x; frame-ancestors 'none'; sandbox");
    policies.add_meta("img-src https://b.example, style-src 'none'");
    let allows = |target, kind| policies.allows(&url(PAGE), &url(target), kind, None);
    assert!(!allows("https://a.example/", Destination::Font));
    assert!(!allows("https://a.example/", Destination::Image));
    assert!(allows("https://a.example/", Destination::Style));
    assert_eq!(Policies::parse("sandbox; report-to x,"), Policies::default());
}

#[test]
fn what_may_be_reached_is_asked_of_origins() {
    let reaches = |field: &str, target| Policies::parse(field).may_reach(&url(PAGE), &url(target));
    for field in [
        "default-src 'self'; script-src https://cdn.example/only/this/",
        "default-src 'self'; script-src 'strict-dynamic' 'sha256-abc='",
        "default-src 'self'; style-src 'nonce-a'",
        "default-src 'none'; font-src *.example, default-src 'none'; font-src https:",
        "sandbox",
    ] {
        assert!(reaches(field, "https://cdn.example"), "{field}");
    }
    for field in [
        "default-src 'self'",
        "default-src 'none'; img-src https://other.example",
        "default-src 'none'; font-src https:, default-src 'none'; img-src https:",
    ] {
        assert!(!reaches(field, "https://cdn.example"), "{field}");
    }
}

#[test]
fn only_a_host_source_names_an_origin() {
    for (field, target, named) in [
        ("img-src https://cdn.example/dir/", "https://cdn.example/x", true),
        ("connect-src cdn.example", "https://cdn.example/", true),
        ("worker-src *.example", "https://cdn.example/", false),
        ("img-src 'none', font-src cdn.example", "https://cdn.example/", true),
        ("img-src *.cdn.example", "https://cdn.example/", false),
        ("img-src cdn.example:8443", "https://cdn.example/", false),
        ("img-src * https: https://* *:* 'self'", "https://shop.example/", false),
        ("form-action cdn.example; frame-ancestors cdn.example", "https://cdn.example/", false),
        ("report-uri https://cdn.example/", "https://cdn.example/", false),
    ] {
        let stored = Policies::parse(field).host_sources();
        assert_eq!(
            stored.iter().any(|source| source_names(source, &url(PAGE), &url(target))),
            named,
            "{field}"
        );
    }
    for source in
        ["*", "*.example", "https:", "'self'", "'nonce-abc'", "", "https://*", "/", "://", "https://"]
    {
        assert!(!source_names(source, &url(PAGE), &url("https://shop.example/")), "{source}");
    }
}

#[test]
fn host_sources_are_normalised_and_bounded() {
    let field = "script-src 'self' HTTPS://CDN.example/Dir/x.js *.A.example:* b.example:8443 https: *; \
                 img-src https://cdn.example * data: https://*:444 b.example:443, font-src *.a.example:*";
    assert_eq!(
        Policies::parse(field).host_sources(),
        ["https://cdn.example", "b.example:8443", "b.example:443"]
    );
    let many = (0..100).map(|n| format!(" h{n}.example")).collect::<Vec<_>>().concat();
    assert_eq!(Policies::parse(&format!("img-src{many}")).host_sources().len(), MAX_STORED_SOURCES);
    let long = "x".repeat(MAX_STORED_SOURCE_BYTES + 1);
    assert_eq!(Policies::parse(&format!("img-src {long} a.example")).host_sources(), ["a.example"]);
}

#[test]
fn our_own_script_is_let_through_as_the_policies_have_it() {
    for (field, expected) in [
        ("", OwnScript::Allowed),
        ("img-src 'none'", OwnScript::Allowed),
        ("script-src 'self'", OwnScript::Allowed),
        ("script-src 'self' 'nonce-a'", OwnScript::Allowed),
        ("script-src 'nonce-a' https://a.example", OwnScript::WithNonce("a")),
        ("default-src 'nonce-a'; img-src *", OwnScript::WithNonce("a")),
        ("script-src 'nonce-a'; script-src-elem 'nonce-b'", OwnScript::WithNonce("b")),
        ("style-src 'nonce-a'; script-src 'sha256-abc='", OwnScript::Blocked),
        ("script-src 'self' 'nonce-a' 'strict-dynamic'", OwnScript::WithNonce("a")),
        ("script-src 'self', default-src 'nonce-b'", OwnScript::WithNonce("b")),
        ("script-src 'nonce-a', script-src 'nonce-b'", OwnScript::Blocked),
        ("script-src 'nonce-a' 'nonce-b', script-src 'nonce-b' 'nonce-c'", OwnScript::WithNonce("b")),
        ("script-src 'self' 'strict-dynamic' 'sha256-abc='", OwnScript::Blocked),
        ("script-src https://a.example", OwnScript::Blocked),
        ("script-src https://shop.example/_headstart/", OwnScript::Allowed),
        ("default-src 'none'", OwnScript::Blocked),
    ] {
        let policies = Policies::parse(field);
        let own = policies.own_script(&url(PAGE), &url("https://shop.example/_headstart/x.js"));
        assert_eq!(own, expected, "{field}");
    }
}

#[test]
fn our_own_fetches_are_blocked_where_an_integrity_policy_names_their_destination() {
    let with = |csp: &str, field: &str| {
        let integrity = IntegrityPolicy::read(|name| (name == "integrity-policy").then(|| field.to_owned()));
        Policies::of_answer(Some(csp), None, integrity)
    };
    let (page, file) = (url(PAGE), url("https://shop.example/_headstart/x.js"));
    for (csp, field, own, script, style) in [
        ("", "blocked-destinations=(script)", OwnScript::Blocked, false, true),
        ("", "blocked-destinations=(style)", OwnScript::Allowed, true, false),
        ("script-src 'nonce-a'", "blocked-destinations=(script)", OwnScript::Blocked, false, true),
        ("script-src 'nonce-a'", "blocked-destinations=(style)", OwnScript::WithNonce("a"), false, false),
        ("", "blocked-destinations=(script style), sources=()", OwnScript::Allowed, true, true),
        ("", "", OwnScript::Allowed, true, true),
    ] {
        let policies = with(csp, field);
        assert_eq!(policies.own_script(&page, &file), own, "{csp} {field}");
        let ours = |destination| policies.allows_ours(&page, &file, destination, None);
        let allowed = (ours(Destination::Script), ours(Destination::Style));
        assert_eq!(allowed, (script, style), "{csp} {field}");
        // The page's own fetches may have integrity metadata, and what is inline is not fetched.
        let without = Policies::parse(csp);
        for destination in [Destination::Script, Destination::Style, Destination::Image, Destination::Connect]
        {
            let by = |policies: &Policies| policies.allows(&page, &file, destination, None);
            assert_eq!(by(&policies), by(&without), "{csp} {field}");
        }
        assert_eq!(policies.inline_script(), without.inline_script(), "{csp} {field}");
        assert_eq!(policies.inline_rules(), without.inline_rules(), "{csp} {field}");
    }
}

#[test]
fn reading_is_bounded() {
    assert_eq!(Policies::parse(&"img-src 'none',".repeat(100)).enforced.len(), MAX_POLICIES);
    let mut policies = Policies::default();
    for _ in 0..100 {
        policies.add_meta(&"img-src a.example b.example;".repeat(10_000));
    }
    assert_eq!(policies.enforced.len(), MAX_POLICIES);
    assert!(policies.enforced.iter().all(|policy| policy.directives.len() == 1));
    let long = format!("img-src{}", " a.example".repeat(10_000));
    assert_eq!(Policies::parse(&long).enforced[0].directives[0].sources.len(), MAX_SOURCES);
    assert_eq!(Policies::parse(&long[..107]).enforced[0].directives[0].sources.len(), 10);
    // The source at the bound is left out rather than cut in half.
    let start = "img-src x.example;".to_owned() + &" ".repeat(MAX_FIELD_BYTES - 18 - 18);
    let cut = Policies::parse(&format!("{start}font-src a.example.com"));
    assert_eq!(cut.host_sources(), ["x.example"]);
    assert!(!cut.allows(&url(PAGE), &url("https://a.example/"), Destination::Font, None));
}

const TOKENS: [&str; 22] = [
    "img-src",
    "script-src",
    "default-src",
    "frame-src",
    ";",
    ",",
    " ",
    "*",
    "'self'",
    "'none'",
    "https:",
    "https://",
    "a.example",
    "*.",
    ":443",
    ":*",
    "/x/",
    "%2",
    "'nonce-",
    "'",
    "'strict-dynamic'",
    "\u{e9}",
];

proptest! {
    #[test]
    fn any_string_is_survived(field in any::<String>(), page in 0..4_usize) {
        survive(&field, page);
    }

    #[test]
    fn anything_like_a_policy_is_survived(
        tokens in prop::collection::vec((0..TOKENS.len(), any::<bool>()), 0..60),
        page in 0..4_usize,
    ) {
        let field: String = tokens.iter().flat_map(|(n, gap)| [TOKENS[*n], if *gap { " " } else { "" }]).collect();
        survive(&field, page);
    }

    #[test]
    fn a_stored_source_reads_back_as_itself(tokens in prop::collection::vec(0..TOKENS.len(), 0..60)) {
        let field: String = tokens.iter().map(|n| TOKENS[*n]).collect();
        for source in Policies::parse(&field).host_sources() {
            let again = HostSource::parse(&source).map(|source| source.to_string());
            prop_assert_eq!(again.as_ref(), Some(&source));
        }
    }
}

fn survive(field: &str, page: usize) {
    let page =
        url(["https://a.example/", "http://a.example:81/x", "data:text/html,x", "blob:https://a.example/1"]
            [page]);
    let mut policies = Policies::parse(field);
    policies.add_meta(field);
    for target in ["https://a.example/x/y", "wss://b.a.example:444/", "data:,x", "mailto:x", "file:///x"] {
        let target = url(target);
        for kind in [Destination::Script, Destination::Image, Destination::Frame] {
            let _ = policies.allows(&page, &target, kind, Some(field));
        }
        let _ = policies.may_reach(&page, &target);
        let _ = policies.own_script(&page, &target);
        let _ = source_names(field, &page, &target);
    }
    assert!(policies.host_sources().iter().all(|source| source.is_ascii()));
}

#[test]
fn inline_rules_are_let_through_as_the_policies_have_it() {
    for (field, expected) in [
        ("", OwnScript::Allowed),
        ("img-src 'none'; style-src 'none'", OwnScript::Allowed),
        ("script-src 'unsafe-inline'", OwnScript::Allowed),
        ("default-src 'Unsafe-Inline'", OwnScript::Allowed),
        ("script-src 'inline-speculation-rules'", OwnScript::Allowed),
        ("script-src 'self' 'strict-dynamic' 'nonce-a' 'Inline-Speculation-Rules'", OwnScript::Allowed),
        ("script-src 'unsafe-inline', script-src 'inline-speculation-rules'", OwnScript::Allowed),
        ("script-src 'unsafe-inline' 'nonce-a'", OwnScript::WithNonce("a")),
        ("script-src 'nonce-a' 'nonce-b', script-src 'nonce-b'", OwnScript::WithNonce("b")),
        ("script-src 'unsafe-inline', script-src 'nonce-a'", OwnScript::WithNonce("a")),
        ("script-src 'none'; script-src-elem 'nonce-a'", OwnScript::WithNonce("a")),
        ("script-src 'nonce-a'; script-src-elem 'self'", OwnScript::Blocked),
        ("script-src 'unsafe-inline' 'sha256-R0'", OwnScript::Blocked),
        ("script-src 'unsafe-inline' 'SHA384-R0'", OwnScript::Blocked),
        ("script-src 'unsafe-inline' 'strict-dynamic'", OwnScript::Blocked),
        ("script-src 'self' https: *", OwnScript::Blocked),
        ("script-src", OwnScript::Blocked),
        ("default-src 'none'", OwnScript::Blocked),
        ("script-src 'inline-speculation-rules', script-src 'self'", OwnScript::Blocked),
        ("script-src 'nonce-a', script-src 'nonce-b'", OwnScript::Blocked),
    ] {
        assert_eq!(Policies::parse(field).inline_rules(), expected, "{field}");
    }
}

#[test]
fn inline_scripts_are_let_through_as_the_policies_have_it() {
    for (field, expected) in [
        ("", OwnScript::Allowed),
        ("img-src 'none'; require-trusted-types-for 'script'", OwnScript::Allowed),
        ("default-src 'self' 'unsafe-inline'", OwnScript::Allowed),
        ("script-src 'unsafe-inline' 'nonce-a'", OwnScript::WithNonce("a")),
        ("script-src 'strict-dynamic' 'nonce-a' 'unsafe-inline' https:", OwnScript::WithNonce("a")),
        ("script-src 'self'; script-src-elem 'nonce-a'", OwnScript::WithNonce("a")),
        ("script-src 'inline-speculation-rules'", OwnScript::Blocked),
        ("script-src 'self' https: *", OwnScript::Blocked),
        ("script-src 'unsafe-inline' 'sha256-R0'", OwnScript::Blocked),
        ("script-src 'unsafe-inline', default-src 'self'", OwnScript::Blocked),
        ("default-src 'none'", OwnScript::Blocked),
    ] {
        assert_eq!(Policies::parse(field).inline_script(), expected, "{field}");
    }
}

#[test]
fn what_is_ours_is_not_reported_and_what_is_the_pages_is_let_through() {
    let of = |enforced: &str, observed: &str| {
        let policies = Policies::of_answer(Some(enforced), Some(observed), IntegrityPolicy::default());
        let [page, script, beacon] = ["/a", "/_headstart/beacon.js", "/_headstart/beacon"]
            .map(|path| url("https://shop.example").join(path).unwrap());
        let own = match policies.own_script(&page, &script) {
            OwnScript::Allowed => "as it is".to_owned(),
            OwnScript::WithNonce(nonce) => nonce.to_owned(),
            OwnScript::Blocked => "blocked".to_owned(),
        };
        let sends = policies.allows_ours(&page, &beacon, Destination::Connect, None);
        assert!(policies.allows(&page, &beacon, Destination::Connect, None));
        assert!(!policies.upgrades_insecure_requests());
        (own, sends)
    };
    for (enforced, observed, own, sends) in [
        ("", "script-src 'self'; upgrade-insecure-requests", "as it is", true),
        // How a strict policy is tried out.
        ("", "script-src 'nonce-a' 'strict-dynamic'", "a", true),
        ("script-src 'self' 'nonce-a'", "script-src 'nonce-a' 'strict-dynamic'", "a", true),
        ("script-src 'self' 'nonce-a'", "script-src 'nonce-b' 'strict-dynamic'", "blocked", true),
        ("script-src 'self'", "default-src 'none'", "blocked", false),
        ("", "connect-src https://api.example", "as it is", false),
    ] {
        assert_eq!(of(enforced, observed), (own.to_owned(), sends), "{enforced:?} {observed:?}");
    }
}

#[test]
fn an_inline_script_is_not_reported_where_those_that_report_would_let_it_through() {
    for (enforced, observed, expected) in [
        ("", "", OwnScript::Allowed),
        ("", "img-src 'none'", OwnScript::Allowed),
        ("", "default-src 'self' 'unsafe-inline'", OwnScript::Allowed),
        ("", "default-src 'self'", OwnScript::Blocked),
        ("", "script-src 'nonce-a'", OwnScript::WithNonce("a")),
        ("script-src 'nonce-a'", "", OwnScript::WithNonce("a")),
        ("script-src 'nonce-a'", "script-src 'strict-dynamic' 'nonce-a'", OwnScript::WithNonce("a")),
        (
            "script-src 'self' 'unsafe-inline'",
            "script-src 'strict-dynamic' 'nonce-a'",
            OwnScript::WithNonce("a"),
        ),
        ("script-src 'nonce-a'", "script-src 'nonce-b'", OwnScript::Blocked),
        ("script-src 'nonce-a'", "script-src 'nonce-a', default-src 'self'", OwnScript::Blocked),
        ("script-src 'self'", "script-src 'unsafe-inline'", OwnScript::Blocked),
    ] {
        let policies = Policies::of_answer(Some(enforced), Some(observed), IntegrityPolicy::default());
        assert_eq!(policies.inline_script(), expected, "{enforced:?} {observed:?}");
    }
}
