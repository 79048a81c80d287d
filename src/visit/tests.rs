use super::*;

fn visit(method: &str, headers: &[(&str, &str)]) -> Visit {
    Visit::with(method, Url::parse("https://shop.example/a?b=1").unwrap(), headers)
}

#[test]
fn a_document_prefetch_is_a_speculative_navigation() {
    let visit = visit("GET", &[("sec-purpose", "prefetch"), ("sec-fetch-dest", "document")]);
    assert_eq!(visit.speculation, Some(Speculation::Prefetch));
    assert!(visit.is_speculative_navigation());
}

#[test]
fn what_a_prerendering_page_loads_is_not_a_navigation() {
    for destination in ["image", "empty", "script", "iframe"] {
        let visit = visit("GET", &[("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", destination)]);
        assert_eq!(visit.speculation, Some(Speculation::Prerender), "{destination}");
        assert!(!visit.is_speculative_navigation(), "{destination}");
    }
}

#[test]
fn tags_mark_a_navigation_and_so_does_silence() {
    let tagged = [("sec-purpose", "prefetch"), ("sec-fetch-dest", "empty"), ("sec-speculation-tags", "null")];
    assert!(visit("GET", &tagged).is_speculative_navigation());
    assert!(visit("GET", &[("sec-purpose", "prefetch")]).is_speculative_navigation());
    assert!(visit("GET", &[("x-moz", "prefetch")]).is_speculative_navigation());
}

#[test]
fn a_navigation_is_for_a_page_whatever_a_service_worker_makes_of_its_destination() {
    let navigation = |destination: &str| {
        let headers =
            [("sec-purpose", "prefetch"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", destination)];
        let visit = visit("GET", &headers);
        (visit.is_speculative_navigation(), visit.can_redeem(), visit.is_guess())
    };
    assert_eq!(navigation("document"), (true, true, true));
    assert_eq!(navigation("empty"), (true, true, true));
    for frame in FRAMES {
        assert_eq!(navigation(frame), (false, false, false), "{frame}");
    }
    let plain_http = |mark: &str| visit("GET", &[("purpose", "prefetch"), (mark, "1")]);
    assert!(!plain_http("x-inertia").is_speculative_navigation() && plain_http("x-inertia").is_guess());
    assert!(plain_http("accept").is_speculative_navigation());
}

#[test]
fn what_scripts_fetch_ahead_of_a_click_is_a_guess() {
    let fetch = [("sec-fetch-mode", "cors"), ("sec-fetch-dest", "empty")];
    let marked = |name: &str, value: &str| visit("GET", &[&[(name, value)], &fetch[..]].concat());
    for (name, value) in [
        ("sec-purpose", "prefetch"),
        ("purpose", "prefetch"),
        ("x-moz", "prefetch"),
        ("x-sec-purpose", "prefetch"),
        ("next-router-prefetch", "1"),
        ("next-router-segment-prefetch", "/_tree"),
        ("x-middleware-prefetch", "1"),
        ("hx-preloaded", "true"),
    ] {
        let visit = marked(name, value);
        assert!(visit.is_guess() && !visit.is_speculative_navigation(), "{name}");
    }
    for (name, value) in
        [("hx-preloaded", "false"), ("next-router-prefetch", "0"), ("purpose", "x"), ("hx-request", "true")]
    {
        assert_eq!(marked(name, value).speculation, None, "{name}: {value}");
    }
    for destination in ["script", "style", "font", "image", "manifest"] {
        let headers =
            [("sec-purpose", "prefetch"), ("sec-fetch-mode", "cors"), ("sec-fetch-dest", destination)];
        assert!(!visit("GET", &headers).is_guess(), "{destination}");
    }
    // Not even its server would look at one on a navigation, where only somebody else than a script can have put it.
    let navigation =
        [("hx-preloaded", "true"), ("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document")];
    assert_eq!(visit("GET", &navigation).speculation, None);
    assert!(!visit("POST", &[&[("x-sec-purpose", "prefetch")], &fetch[..]].concat()).is_guess());
}

#[test]
fn what_a_script_fetches_is_no_navigation() {
    let may_be = |headers: &[(&str, &str)]| visit("GET", headers).may_be_navigation();
    assert!(may_be(&[]) && may_be(&[("sec-fetch-mode", "navigate")]));
    // Some proxies and apps add fields to navigations.
    assert!(may_be(&[("sec-fetch-mode", "navigate"), ("x-requested-with", "com.example.app")]));
    for mode in ["cors", "same-origin", "no-cors"] {
        assert!(!may_be(&[("sec-fetch-mode", mode)]), "{mode}");
    }
    for mark in FRAGMENT_MARKS {
        assert!(!may_be(&[(mark.name(), "x")]), "{mark:?}");
    }
}

#[test]
fn what_a_service_worker_asks_for_with_a_navigation_may_be_a_part() {
    let preload = |said: &str| {
        let field = ("service-worker-navigation-preload", said);
        let navigation = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "document"), field];
        [visit("GET", &navigation), visit("GET", &[field])].map(|visit| visit.may_be_navigation())
    };
    assert_eq!((preload("true"), preload(" true ")), ([true, true], [true, true]));
    for said in ["fragment", "false", "True", "", "true, true"] {
        assert_eq!(preload(said), [false, false], "{said}");
    }
}

#[test]
fn a_page_that_is_saved_is_a_navigation_without_a_destination() {
    let is_download = |fields: &[(&str, &str)]| visit("GET", fields).is_download();
    let (mode, none) = (("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "empty"));
    assert!(is_download(&[mode, none]));
    for shown in [("upgrade-insecure-requests", "1"), ("accept", "text/html,*/*;q=0.8")] {
        assert!(!is_download(&[mode, none, shown]), "a service worker passes it on");
    }
    for fields in [
        &[mode][..],
        &[none],
        &[mode, ("sec-fetch-dest", "document")],
        &[("sec-fetch-mode", "cors"), none],
        &[],
    ] {
        assert!(!is_download(fields), "{fields:?}");
    }
}

#[test]
fn what_is_shown_as_a_document_is_a_navigation_to_one() {
    let is_shown = |fields: &[(&str, &str)]| visit("GET", fields).is_shown_as_document();
    let (mode, html) = (("sec-fetch-mode", "navigate"), ("accept", "text/html,*/*;q=0.8"));
    let to = |destination| ("sec-fetch-dest", destination);
    assert!(is_shown(&[mode, to("document")]));
    for purpose in ["prefetch", "prefetch;prerender"] {
        assert!(is_shown(&[mode, to("document"), ("sec-purpose", purpose)]), "{purpose}");
    }
    assert!(is_shown(&[mode, to("empty"), html]), "a service worker passes it on");
    for fields in [
        // WebKit saves it, or a browser shows what is no secure context.
        &[html, ("upgrade-insecure-requests", "1")][..],
        // Chromium saves it.
        &[mode, to("empty")],
        &[mode, to("iframe"), html],
        &[mode, html],
        &[to("document"), html],
        &[("sec-fetch-mode", "cors"), to("empty"), html],
        &[],
    ] {
        assert!(!is_shown(fields), "{fields:?}");
    }
}

#[test]
fn a_browser_says_that_a_page_of_another_origin_asks() {
    let is_of_another = |site: &str| visit("GET", &[("sec-fetch-site", site)]).is_of_another_origin();
    assert_eq!(
        ["cross-site", "same-site", "same-origin", "none"].map(is_of_another),
        [true, true, false, false]
    );
    assert!(!visit("GET", &[]).is_of_another_origin());
}

#[test]
fn rules_are_asked_for_by_browsers_and_by_service_workers() {
    let is_for_rules = |site: &str, destination: &str| {
        visit("GET", &[("sec-fetch-site", site), ("sec-fetch-dest", destination)]).is_for_rules()
    };
    assert!(is_for_rules("same-origin", "speculationrules") && is_for_rules("same-origin", "empty"));
    assert!(!is_for_rules("cross-site", "empty") && !is_for_rules("same-origin", "image"));
    assert!(!visit("GET", &[("sec-fetch-site", "same-origin")]).is_for_rules());
}

#[test]
fn what_a_service_worker_rebuilds_names_no_page() {
    let is_rebuilt = |fields: &[(&str, &str)]| visit("GET", fields).is_rebuilt();
    let fetched = ("sec-fetch-dest", "empty");
    assert!(is_rebuilt(&[fetched]) && is_rebuilt(&[fetched, ("referer", "https://shop.example/sw.js?v=1")]));
    assert!(!is_rebuilt(&[fetched, ("referer", "https://shop.example/a")]));
    // What the browser itself asks for without a sender.
    assert!(!is_rebuilt(&[("sec-fetch-dest", "speculationrules")]) && !is_rebuilt(&[]));
}

#[test]
fn only_a_get_is_a_speculative_navigation() {
    let headers = [("sec-purpose", "prefetch"), ("sec-fetch-dest", "document")];
    assert!(!visit("POST", &headers).is_speculative_navigation());
    assert!(!visit("HEAD", &headers).is_speculative_navigation());
    assert!(!visit("get", &headers).is_speculative_navigation());
}

#[test]
fn who_asks_by_a_proxy_cannot_be_known_again() {
    for (purpose, can_redeem) in [
        ("prefetch", true),
        ("prefetch;prerender", true),
        ("prefetch;anonymous-client-ip", false),
        ("prefetch;anonymous-client-ip=?0", true),
        ("other, prefetch;prerender;anonymous-client-ip=1", false),
    ] {
        let visit = visit("GET", &[("sec-purpose", purpose), ("sec-fetch-dest", "document")]);
        assert_eq!(visit.can_redeem(), can_redeem, "{purpose}");
        assert!(visit.is_speculative_navigation());
    }
}

#[test]
fn what_another_site_has_fetched_ahead_is_kept_apart() {
    let is_isolated = |purpose: &str, site: &str| {
        let headers = [("sec-purpose", purpose), ("sec-fetch-dest", "document"), ("sec-fetch-site", site)];
        visit("GET", &headers).is_isolated()
    };
    assert!(is_isolated("prefetch;anonymous-client-ip", "cross-site"));
    assert!(is_isolated("prefetch;anonymous-client-ip", "none") && is_isolated("prefetch", "cross-site"));
    assert!(!is_isolated("prefetch", "none") && !is_isolated("prefetch", "same-origin"));
    assert!(!is_isolated("prefetch;prerender", "cross-site") && !is_isolated("", "cross-site"));
    let led_elsewhere = [
        ("sec-purpose", "prefetch"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", "cross-site"),
        ("cookie", "session=1"),
    ];
    assert!(!visit("GET", &led_elsewhere).is_isolated(), "the visitor's own jar");
}

#[test]
fn only_an_engine_that_was_seen_to_asks_for_its_rules_when_a_page_is_shown() {
    for (browser, can_redeem) in [
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/156.0.0.0 Safari/537.36",
            true,
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) HeadlessChrome/156.0.0.0",
            true,
        ),
        (
            "Mozilla/5.0 (Windows NT 10.0) AppleWebKit/537.36 Chrome/156.0.0.0 Safari/537.36 Edg/156.0.0.0",
            true,
        ),
        (
            "Mozilla/5.0 (Macintosh) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.2 Safari/605.1.15",
            false,
        ),
        ("Mozilla/5.0 (iPhone) AppleWebKit/605.1.15 (KHTML, like Gecko) CriOS/156.0 Mobile/15E148", false),
        ("Mozilla/5.0 (X11; Linux x86_64; rv:154.0) Gecko/20100101 Firefox/154.0", false),
        (
            "Mozilla/5.0 (Windows NT 6.1) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/109.0.0.0 Safari/537.36",
            false,
        ),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/120.0.0.0 Safari/537.36", false),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/121.0.0.0 Safari/537.36", true),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/99999999999 Safari/537.36", false),
        ("Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 Chrome/ Safari/537.36", false),
        ("a tool", true),
        ("", true),
    ] {
        let headers = [("sec-purpose", "prefetch"), ("sec-fetch-dest", "document"), ("user-agent", browser)];
        assert_eq!(visit("GET", &headers).can_redeem(), can_redeem, "{browser}");
    }
}

#[test]
fn a_page_that_leads_to_us_is_told_from_what_else_asks() {
    let url = Url::parse("https://shop.example/_headstart/unscripted").unwrap();
    let full = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
    let leads =
        |method: &str, headers: &[(&str, &str)]| Visit::with(method, url.clone(), headers).is_led_by_page();
    assert!(leads("GET", &full));
    assert!(!leads("POST", &full));
    for (name, value) in [
        ("sec-fetch-site", "cross-site"),
        ("sec-fetch-site", "same-site"),
        ("sec-fetch-site", "none"),
        ("sec-fetch-mode", "no-cors"),
        ("sec-purpose", "prefetch;prerender"),
    ] {
        let changed: Vec<_> = [(name, value)].into_iter().chain(full).collect();
        assert!(!leads("GET", &changed), "{name}: {value}");
    }
}

#[test]
fn a_page_of_the_same_origin_is_told_from_others() {
    let read = |headers: &[(&str, &str)]| visit("POST", headers).is_same_origin();
    assert!(read(&[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]));
    assert!(read(&[("origin", "https://shop.example")]));
    assert!(!read(&[("sec-fetch-site", "same-site"), ("origin", "https://shop.example")]));
    assert!(!read(&[("origin", "https://shop.example.evil.example")]));
    assert!(!read(&[("origin", "null")]) && !read(&[]));
}

#[test]
fn a_reload_passes_caches_over() {
    let is_reload = |value: &str| visit("GET", &[("cache-control", value)]).is_reload();
    assert!(is_reload("max-age=0") && is_reload("No-Cache") && is_reload("no-transform, max-age=0"));
    assert!(!is_reload("max-age=00") && !is_reload("only-if-cached") && !is_reload(""));
    assert!(!visit("GET", &[]).is_reload());
}

#[test]
fn a_request_may_name_its_own_host_in_every_header() {
    let names_another = |name: &str, value: &str| visit("GET", &[(name, value)]).names_another_host();
    for (name, value) in [
        ("x-forwarded-host", "Shop.example"),
        ("forwarded", "for=192.0.2.1;host=\"shop.example\""),
        ("forwarded", "for=192.0.2.1"),
        ("forwarded", "by=a; HOST = Shop.example ;proto=https"),
        ("x-forwarded-proto", "https"),
        ("x-forwarded-proto", "https, http"),
        ("x-forwarded-port", "443"),
        ("x-other", "evil.example"),
    ] {
        assert!(!names_another(name, value), "{name}: {value}");
    }
    for (name, value) in [
        ("x-forwarded-host", "evil.example"),
        ("x-host", "shop.example, evil.example"),
        ("x-original-host", "shop.example:8443"),
        ("forwarded", "host=shop.example, Host=evil.example"),
        ("forwarded", "host=shop.example.evil.example"),
        ("forwarded", "host=\"shop.example:443@evil.example\""),
        ("forwarded", "proto=https://evil.example/;host=shop.example"),
        ("x-forwarded-proto", "https://evil.example/?"),
        ("x-forwarded-scheme", "javascript:"),
        ("x-forwarded-port", "443@evil.example"),
    ] {
        assert!(names_another(name, value), "{name}: {value}");
    }
}

#[test]
fn a_malformed_sec_purpose_counts_as_a_speculation() {
    use Speculation::{Prefetch, Prerender};
    for (value, speculation) in [
        ("prefetch ;prerender", Some(Prerender)),
        ("PREFETCH;=Prerender", Some(Prerender)),
        ("prefetch,", Some(Prefetch)),
        ("prefetch;", Some(Prefetch)),
        ("\"prefetch", Some(Prefetch)),
        ("pr\u{e9}fetch", Some(Prefetch)),
        ("(", Some(Prefetch)),
        // Lists that say something else.
        ("", None),
        ("other", None),
        ("\"prefetch\"", None),
    ] {
        let visit = visit("GET", &[("sec-purpose", value), ("sec-fetch-dest", "document")]);
        assert_eq!(visit.speculation, speculation, "{value}");
        assert_eq!(visit.is_speculative_navigation(), speculation.is_some(), "{value}");
    }
}
