//! Tests of `analytics.rs`.

use super::*;
use std::collections::HashSet;

fn known() -> Analytics {
    Analytics::new(&[])
}

#[test]
fn every_line_of_the_list_can_be_read() {
    let mut analytics = known();
    for line in LIST.lines() {
        assert!(analytics.add(line), "{line}");
    }
    assert!(!analytics.add("gate src"));
    assert!(!analytics.add("gate src *"));
    assert!(!analytics.add("gate source a.example/"));
    assert!(!analytics.add("aware inline x("));
    let analytics = known();
    assert!(analytics.starters.iter().chain(&analytics.calls).all(|text| text.len() >= 3));
    let hosts: HashSet<String> = analytics.gated.iter().map(|prefix| format!("{:?}", prefix.host)).collect();
    assert!(hosts.len() >= 40, "{}", hosts.len());
}

#[test]
fn known_services_are_held_back_however_their_urls_are_written() {
    let analytics = known();
    for src in [
        "https://connect.facebook.net/en_US/fbevents.js",
        "//connect.facebook.net/de_DE/fbevents.js?v=1",
        "  HTTPS://Connect.Facebook.NET/en_US/fbevents.js\n",
        "http:\\\\connect.facebook.net\\en_US\\fbevents.js",
        "https://connect.facebook.net:443/en_US/fbevents.js",
        "https://connect.facebook.net:8443/en_US/fbevents.js",
        "https://stats.shop.example/matomo.js",
        "//js-eu1.hs-scripts.com/123.js",
        "https://cdn.segment.com/analytics.js/v1/KEY/analytics.min.js",
        "https://www.clarity.ms/tag/abc",
        "https://static.hotjar.com/c/hotjar-12.js?sv=6",
    ] {
        assert!(analytics.gates_src(src), "{src}");
    }
    for src in [
        "",
        "fbevents.js",
        "/en_US/fbevents.js",
        "/matomo.js",
        "matomo.js",
        "https://shop.example/js/matomo.js",
        "https://connect.facebook.net/en_US/sdk.js",
        "https://connect.facebook.net/fbevents.js",
        "https://notconnect.facebook.net/en_US/fbevents.js",
        "https://hs-scripts.com/1.js",
        "https://evilhs-scripts.com/1.js",
        "data:text/javascript,fbq('init')",
        "blob:https://www.clarity.ms/tag/abc",
        "https://",
        "http://[",
        "https://cdn.example/app.js?https://www.clarity.ms/tag/",
    ] {
        assert!(!analytics.gates_src(src), "{src}");
    }
    assert!(!analytics.gates_src(&format!("https://www.clarity.ms/tag/{}", "a".repeat(MAX_SRC_BYTES))));
}

#[test]
fn what_waits_by_itself_is_left_alone() {
    let analytics = known();
    for src in [
        "https://www.googletagmanager.com/gtag/js?id=G-1",
        "https://www.googletagmanager.com/gtm.js?id=GTM-1",
        "//www.google-analytics.com/analytics.js",
        "https://securepubads.g.doubleclick.net/tag/js/gpt.js",
        "https://pagead2.googlesyndication.com/pagead/js/adsbygoogle.js",
        "https://plausible.io/js/script.js",
        "https://eu.i.posthog.com/static/array.js",
        "//gc.zgo.at/count.js",
    ] {
        assert!(!analytics.gates_src(src), "{src}");
    }
    for text in [
        "(function(w,d,s,l,i){w[l]=w[l]||[];w[l].push({'gtm.start':new Date().getTime()})})(window)",
        "window.dataLayer = window.dataLayer || []; function gtag(){dataLayer.push(arguments);} gtag('config', 'G-1');",
        "googletag.cmd.push(function() { googletag.enableServices(); });",
    ] {
        assert!(!analytics.gates_inline(text), "{text}");
    }
}

#[test]
fn aware_wins_over_gate() {
    let mut analytics = known();
    assert!(analytics.gates_src("https://www.clarity.ms/tag/abc"));
    assert!(analytics.add("aware src www.clarity.ms/tag/"));
    assert!(!analytics.gates_src("https://www.clarity.ms/tag/abc"));
}

#[test]
fn a_site_adds_its_own() {
    let added = [
        "stats.shop.example/js/",
        "https://Other.example/t.js",
        "/assets/count.js",
        "localhost:8080/count.js",
        "*.cdn.example/a/*/count.js",
        "www.googletagmanager.com/gtm.js",
        "/",
        "",
        "*",
        "*/",
        "a b/c",
    ]
    .map(str::to_owned);
    let analytics = Analytics::new(&added);
    assert_eq!(analytics.added.len(), 6);
    for src in [
        "https://stats.shop.example/js/x.js",
        "//other.example/t.js?1",
        "/assets/count.js?v=2",
        "/x/../assets/count.js",
        "http://localhost:8080/count.js",
        "https://eu.cdn.example/a/1/count.js",
        "https://www.googletagmanager.com/gtm.js?id=GTM-1",
    ] {
        assert!(analytics.gates_src(src), "{src}");
    }
    for src in [
        "https://shop.example/assets/count.js",
        "http://localhost:8081/count.js",
        "http://localhost/count.js",
        "https://cdn.example/a/1/count.js",
        "https://eu.cdn.example/a/count.js",
        "/assets/other.js",
    ] {
        assert!(!analytics.gates_src(src), "{src}");
    }
    assert_eq!(Analytics::new(&vec!["a.example/".to_owned(); 1000]).added.len(), MAX_ADDED);
}

#[test]
fn our_own_scripts_are_never_held_back() {
    let analytics = Analytics::new(&["/_headstart/".to_owned(), "shop.example/".to_owned()]);
    assert!(!analytics.gates_src("/_headstart/prerender.js"));
    assert!(!analytics.gates_src("https://shop.example/_headstart/prerender.js"));
    assert!(analytics.gates_src("https://shop.example/prerender.js"));
}

#[test]
fn inline_starters_are_held_back() {
    let analytics = known();
    for text in [
        "!function(f,b,e,v,n,t,s){}(window,document);\nfbq( \"init\" , '1');fbq('track','PageView');",
        "var _paq = window._paq = window._paq || []; _paq.push(['trackPageView']);",
        "(function(h,o,t,j,a,r){h._hjSettings={hjid:1,hjsv:6};})(window,document)",
        "(function(c,l,a,r,i,t,y){t.src=\"https://www.clarity.ms/tag/\"+i;})(window)",
        "ttq.load('C1');ttq.page();",
        "_linkedin_partner_id = \"1\";",
        "twq('config','o1');",
        "mixpanel.init('x')",
        "heap.load(\"1\");",
        "analytics.load(`KEY`);analytics.page();",
        "(function(m,e,t,r,i,k,a){})(window,document,'script','https://mc.yandex.ru/metrika/tag.js','ym');",
    ] {
        assert!(analytics.gates_inline(text), "{text}");
    }
}

#[test]
fn calls_are_held_back_only_where_a_script_begins_with_them() {
    let analytics = known();
    for text in [
        "fbq('track', 'ViewContent');",
        "\n  // the product\n /* more */ window.fbq('track', 'ViewContent');",
        "<!--\nfbq('track')\n//-->",
        ";lintrk('track', {})",
    ] {
        assert!(analytics.gates_inline(text), "{text}");
    }
    for text in [
        "document.addEventListener('DOMContentLoaded', () => { menu(); b.onclick = () => fbq('track', 'Lead'); });",
        "/* fbq('track')",
        "// fbq('track')",
        "",
        "alert(1)",
    ] {
        assert!(!analytics.gates_inline(text), "{text}");
    }
}

#[test]
fn a_long_inline_script_is_the_pages_own() {
    let analytics = known();
    let mut text = "fbq('init', '1');".to_owned();
    assert!(analytics.gates_inline(&text));
    text.push_str(&" ".repeat(MAX_INLINE_BYTES));
    assert!(!analytics.gates_inline(&text));
}
