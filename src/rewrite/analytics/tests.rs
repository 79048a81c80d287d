//! Tests of `analytics.rs`.

use super::*;
use std::collections::HashSet;

fn known() -> Analytics {
    Analytics::new(&[])
}

/// Whether a script is deferred whose tag has no other attributes.
fn gates_src(analytics: &Analytics, src: &str) -> bool {
    analytics.gates_script(src, |_| None)
}

/// Whether a script is deferred whose tag has these attributes: `src=/a.js data-a=b async`.
fn gates_tag(analytics: &Analytics, tag: &str) -> bool {
    let attributes = || tag.split_ascii_whitespace().map(|word| word.split_once('=').unwrap_or((word, "")));
    let value =
        |named: &str| attributes().find(|(name, _)| *name == named).map(|(_, value)| value.to_owned());
    analytics.gates_script(&value("src").unwrap(), value)
}

#[test]
fn every_line_of_the_list_can_be_read() {
    let mut analytics = Services::default();
    for line in LIST.lines() {
        assert!(analytics.add(line), "{line}");
    }
    assert!(!analytics.add("gate src"));
    assert!(!analytics.add("gate src *"));
    assert!(!analytics.add("gate source a.example/"));
    assert!(!analytics.add("aware inline x("));
    assert!(!analytics.add("gate file *"));
    assert!(!analytics.add("gate file /a.js"));
    assert!(!analytics.add("gate picture *"));
    assert!(!analytics.add("gate picture-file *"));
    let analytics = &**known().services;
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
        assert!(gates_src(&analytics, src), "{src}");
    }
    for src in [
        "",
        "fbevents.js",
        "/en_US/fbevents.js",
        "/matomo.js/app.js",
        "automatomo.js",
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
        assert!(!gates_src(&analytics, src), "{src}");
    }
    assert!(!gates_src(&analytics, &format!("https://www.clarity.ms/tag/{}", "a".repeat(MAX_SRC_BYTES))));
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
        assert!(!gates_src(&analytics, src), "{src}");
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
    static AWARE: LazyLock<Services> = LazyLock::new(|| {
        let mut services = Services::default();
        for line in LIST.lines().chain(["aware src www.clarity.ms/tag/"]) {
            services.add(line);
        }
        services
    });
    assert!(gates_src(&known(), "https://www.clarity.ms/tag/abc"));
    let analytics = Analytics { services: &AWARE, ..known() };
    assert!(!gates_src(&analytics, "https://www.clarity.ms/tag/abc"));
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
        assert!(gates_src(&analytics, src), "{src}");
    }
    for src in [
        "https://shop.example/assets/count.js",
        "http://localhost:8081/count.js",
        "http://localhost/count.js",
        "https://cdn.example/a/1/count.js",
        "https://eu.cdn.example/a/count.js",
        "/assets/other.js",
    ] {
        assert!(!gates_src(&analytics, src), "{src}");
    }
    assert_eq!(Analytics::new(&vec!["a.example/".to_owned(); 1000]).added.len(), MAX_ADDED);
}

#[test]
fn our_own_scripts_are_never_held_back() {
    let analytics = Analytics::new(&["/_headstart/".to_owned(), "shop.example/".to_owned()]);
    assert!(!gates_src(&analytics, "/_headstart/prerender.js"));
    assert!(!gates_src(&analytics, "https://shop.example/_headstart/prerender.js"));
    assert!(gates_src(&analytics, "https://shop.example/prerender.js"));
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

#[test]
fn what_a_site_serves_itself_is_told_by_its_file_and_attributes() {
    let analytics = known();
    for tag in [
        // Umami
        "defer src=https://umami.shop.example/script.js data-website-id=94db1cb1-74f4-4a40-ad6c-962362670409",
        "src=/u.js data-website-id=94db1cb1-74f4-4a40-ad6c-962362670409 data-host-url=/u",
        // Plausible
        "defer src=/js/script.js data-domain=shop.example",
        "defer src=https://stats.shop.example/js/script.outbound-links.js data-domain=shop.example",
        "src=/x/abc123.js data-domain=shop.example data-api=/x/event",
        "src=https://stats.shop.example/js/plausible.js data-domain=shop.example",
        // Matomo
        "src=/matomo/matomo.js async",
        "src=matomo.js",
        "src=//shop.example/piwik/piwik.js",
        "src=../stats/piwik.php",
        "src=https://stats.shop.example/js/container_FPWGTxF7.js",
        "src=/matomo/js/container_a1b2c3d4.js",
        "src=/js/container_FPWGTxF7_dev_1a2b3c4d5e.js",
        "src=/stats/ppms.js",
        // Others
        "src=https://violet.shop.example/script.js data-site=ABCDEFG defer",
        "src=/lib/f.js data-site=ABCDEFGH",
        "src=/count.js data-goatcounter=https://stats.shop.example/count async",
        "src=https://ackee.shop.example/tracker.js data-ackee-server=https://ackee.shop.example data-ackee-domain-id=1",
        "src=/swetrix.js defer",
        "src=/owa/modules/base/dist/owa.tracker.js",
        "src=/owa/modules/base/js/owa.tracker-combined-min.js",
        "src=/p/pa.js id=pianjs data-code=ZJn4CAIUmKxkxVjWzrRwt68NsXziBQf9",
        "src=/p/a.js id=pirschextendedjs data-code=ZJn4CAIUmKxkxVjWzrRwt68NsXziBQf9",
        "src=/c.js data-id=0224d9d4-058c-4bc0-82ce-99c4c977385d data-utcoffset=1",
        "src=https://rybbit.shop.example/api/script.js data-site-id=1",
        "src=/mtc.js",
        "src=/lib.js data-key=a data-tracking-host=https://t.shop.example",
        "src=/_vercel/insights/script.js defer",
        "src=/blog/wp-content/plugins/wp-statistics/assets/js/tracker.js?ver=14",
        "src=https://stats.wp.com/e-202648.js defer",
        // Adobe and auctions
        "src=/js/AppMeasurement.js",
        "src=/js/appmeasurement-2.22.min.js",
        "src=/alloy.min.js async",
        "src=https://cdn1.adoberesources.net/alloy/2.19.0/alloy.min.js",
        "src=/prebid9.12.0.js async",
        "src=https://cdn.jsdelivr.net/npm/prebid.js@latest/dist/not-for-prod/prebid.js",
    ] {
        assert!(gates_tag(&analytics, tag), "{tag}");
    }
}

#[test]
fn what_only_resembles_them_is_left_alone() {
    let analytics = known();
    for tag in [
        "src=/js/script.js",
        "src=/js/script.js data-site=main",
        "src=/js/script.js data-id=1",
        "src=/js/app.js data-domain=shop.example",
        "src=/js/app.js data-site=storefront",
        "src=/js/app.js data-site=de-DE",
        "src=/js/app.js data-code=ZJn4CAIUmKxkxVjWzrRwt68NsXziBQf9",
        "src=/js/app.js data-api=/api",
        "src=/js/app.js data-key=1 data-host=a",
        "src=/js/analytics.js",
        "src=/js/tracker.js",
        "src=/js/count.js",
        "src=/js/pa.js",
        "src=/assets/container_main.js",
        "src=/assets/container_settings.js",
        "src=/assets/container_overview.js",
        "src=/assets/container.js",
        "src=/assets/container_FPWGTxF7.mjs",
        "src=/assets/container_FPWGTxF71.js",
        "src=/matomo/index.js",
        "src=/matomo.js/app.js",
        "src=/js/alloy-wheels.js",
        "src=/js/measurement.js",
        "src=/js/s_codes.js",
        "src=/js/e-202648.js",
        "src=/wp-content/plugins/woocommerce/assets/js/tracker.js",
        "src=/wp-content/plugins/koko-analytics/assets/dist/js/script.js",
        "src=https://shynet.shop.example/ingress/94db1cb1-74f4-4a40-ad6c-962362670409/script.js",
        "src=https://assets.adobedtm.com/1/2/launch-3.min.js",
        "src=/ingest/static/array.js",
        // They wait by themselves, whatever their tags say.
        "src=https://plausible.io/js/script.js data-domain=shop.example",
        "src=https://plausible.io/js/plausible.js data-domain=shop.example data-api=/api/event",
        "src=//gc.zgo.at/count.js data-goatcounter=https://shop.goatcounter.com/count",
        "src=data:text/javascript,1 data-website-id=1",
        "src=/_headstart/activate.js data-website-id=1",
    ] {
        assert!(!gates_tag(&analytics, tag), "{tag}");
    }
    let long = "a".repeat(MAX_VALUE_BYTES);
    assert!(!gates_tag(&analytics, &format!("src=/p.js id=pirsch{long}js")));
}

#[test]
fn pictures_that_count_are_held_back() {
    let analytics = known();
    for src in [
        "https://www.facebook.com/tr?id=1&ev=PageView&noscript=1",
        "//www.facebook.com/tr/?id=1",
        "https://bat.bing.com/action/0?ti=1&Ver=2",
        "https://px.ads.linkedin.com/collect/?pid=1&fmt=gif",
        "https://stats.shop.example/matomo.php?idsite=1&rec=1",
        "/matomo/matomo.php?idsite=1&rec=1",
        "piwik.php?idsite=1",
        "https://pixel.wp.com/g.gif?v=ext",
        "https://ct.pinterest.com/v3/?event=init&tid=1&noscript=1",
        "https://analytics.twitter.com/i/adsct?txn_id=1",
        "https://t.co/i/adsct?txn_id=1",
        "https://t.co/1/i/adsct?txn_id=1",
        "https://www.google-analytics.com/collect?v=1&t=pageview",
        "https://www.google-analytics.com/g/collect?v=2",
        "https://mc.yandex.ru/watch/123",
        "https://counter.yadro.ru/hit;shop?r",
        "https://sb.scorecardresearch.com/p?c1=2",
        "https://c.statcounter.com/1/0/abc/1/",
        "https://smetrics.shop.example/b/ss/rsid/1/H.27/0",
        "https://vg01.met.vgwort.de/na/0123",
        "https://mautic.shop.example/mtracking.gif?page_url=x",
        "https://shynet.shop.example/ingress/94db1cb1-74f4-4a40-ad6c-962362670409/pixel.gif",
    ] {
        assert!(analytics.gates_picture(src), "{src}");
    }
    for src in [
        "",
        "/hero.jpg",
        "hero.jpg?https://www.facebook.com/tr",
        "/tr",
        "https://shop.example/tr?id=1",
        "https://www.facebook.com/trees.png",
        "https://www.facebook.com/images/tr",
        "https://notfacebook.com/tr",
        "https://bat.bing.com/actions.png",
        "https://shop.example/collect",
        "https://t.co/logo.png",
        "https://www.linkedin.com/collect.png",
        "https://i0.wp.com/shop.example/g.gif",
        "/matomo.png",
        "/b/ss/1.png",
        "data:image/gif;base64,R0lGODlhAQABAAAAACw=",
        "http://[",
    ] {
        assert!(!analytics.gates_picture(src), "{src}");
    }
    assert!(!Analytics::none().gates_picture("https://www.facebook.com/tr"));
}

#[test]
fn calls_of_what_a_site_serves_itself_are_held_back() {
    let analytics = known();
    for text in [
        "alloy(\"configure\", { edgeConfigId: \"1\" });",
        "alloy('sendEvent', {});",
        "!function(n,o){o.forEach(function(o){n[o]||0})}(window,['alloy']); alloy('configure', {});",
        "var s = s_gi('rsid'); s.trackingServer = 'a';",
        "s.pageName='a'; s.channel='b';\nvar s_code=s.t();if(s_code)document.write(s_code)",
        "s.t();",
        "pbjs.que.push(function() { pbjs.setConfig({}); });",
        "var pbjs = pbjs || {}; pbjs.que = pbjs.que || []; pbjs.que.push(function() { pbjs.requestBids({}); });",
        "_stq = window._stq || [];\n_stq.push([ \"view\", {v:'ext'} ]);",
        "_stq.push([ 'clickTrackerInit', '1', '0' ]);",
        "var _mtm = window._mtm = window._mtm || []; _mtm.push({'mtm.startTime': (new Date().getTime()), 'event': 'mtm.Start'});",
        "document.addEventListener('DOMContentLoaded', function () { swetrix.init('1'); swetrix.trackViews() })",
        "piAId = '1'; piCId = '2'; (function() { function async_load() { var s = document.createElement('script'); s.src = \
         ('https:' == document.location.protocol ? 'https://pi' : 'http://cdn') + '.pardot.com/pd.js'; } })();",
        "piAId='1'; piHostname='go.shop.example'; s.src=('https:'==document.location.protocol?'https://':'http://')+piHostname+'/pd.js';",
        "var _kmq = _kmq || []; function _kms(u){} _kms('//i.kissmetrics.com/i.js'); _kms('//scripts.kissmetrics.io/a.2.js');",
        "window.__lo_site_id = 1; wa.src = 'https://d10lpsik1i8c69.cloudfront.net/w.js';",
        "var owa_baseUrl = 'https://owa.shop.example/'; var owa_cmds = owa_cmds || []; owa_cmds.push(['trackPageView']);",
        "fathom('set', 'siteId', 'A'); fathom('trackPageview');",
        "ackeeTracker.create('https://ackee.shop.example').record('1')",
        "plausible('Signup')",
        "window.umami.track('view')",
        "mt('send', 'pageview');",
    ] {
        assert!(analytics.gates_inline(text), "{text}");
    }
    for text in [
        "var s = app.settings(); this.t(); i18ns.t()",
        "menu(); b.onclick = function () { pbjs.que.push(refresh); s.t(); };",
        "window.plausible = window.plausible || function() { (window.plausible.q = window.plausible.q || []).push(arguments) }",
        "export const alloys = ['steel']; show(alloys)",
        "posthog.init('phc_1', { api_host: '/ingest' })",
    ] {
        assert!(!analytics.gates_inline(text), "{text}");
    }
}

#[test]
fn what_writes_into_the_document_is_left_alone() {
    let analytics = known();
    let counter = "new Image().src = '//counter.yadro.ru/hit?r';";
    assert!(analytics.gates_inline(counter));
    assert!(!analytics.gates_inline(&format!("{counter} document.write('<a>');")));
    assert!(!analytics.gates_inline("document . writeln(\"<img src='//counter.yadro.ru/hit?r'>\")"));
}

#[test]
fn shapes_are_words_with_gaps() {
    for (shape, words, others) in [
        ("a.js", &["a.js", "A.JS"][..], &["", "a.jsx", "ba.js", "aXjs"][..]),
        ("a*", &["a", "ab"], &["", "ba"]),
        ("*a", &["a", "ba"], &["", "ab"]),
        ("a*b*c", &["abc", "axbxc", "abbc", "abcbc"], &["ac", "acb", "abcb", "bc"]),
        ("a**c", &["ac", "abc"], &["a", "c"]),
        ("ab*ba", &["abba"], &["aba"]),
        ("?", &["a", "Z", "1"], &["", "-", "aa"]),
        ("x??", &["xa1", "xAb", "x12"], &["xab", "xa", "xa-"]),
        ("^^", &["AB"], &["Ab", "A1", "ABC"]),
        ("*b?*", &["b1", "abbb", "ab12"], &["b", "ab-"]),
        ("\u{E9}*", &["\u{E9}", "\u{E9}a"], &["e", "\u{E8}"]),
    ] {
        for word in words {
            assert!(Shape::new(shape).matches(word), "{shape} {word}");
        }
        for word in others {
            assert!(!Shape::new(shape).matches(word), "{shape} {word}");
        }
    }
}
