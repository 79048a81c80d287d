//! Tests of `html.rs`.

use super::*;
use crate::csp::IntegrityPolicy;
use crate::hints::Origin;
use crate::hints::usage::Found;
use crate::learn::document::MAX_REFERENCES;
use crate::learn::document::resources::Named;
use crate::learn::observation::{MAX_ORIGINS, Observation};
use crate::picture_form::form;
use proptest::prelude::*;

mod encodings;
mod pictures;

fn observer(url: &str, head: &Head) -> Option<Observer> {
    Observer::new(&Url::parse(url).unwrap(), head, &InertParameters::default())
}

fn see(url: &str, charset: Option<&str>, csp: Option<&str>, pieces: &[&[u8]]) -> PageFindings {
    let owned = |text: Option<&str>| text.map(str::to_owned);
    let head = Head { charset: owned(charset), csp: owned(csp), ..Head::default() };
    let mut observer = observer(url, &head).unwrap();
    for piece in pieces {
        observer.write(piece);
    }
    observer.end()
}

fn observe(url: &str, charset: Option<&str>, pieces: &[&[u8]]) -> Observation {
    see(url, charset, None, pieces).observation
}

/// The uses of each origin as `c2!10 a1 b host`: two requests in the credentialed pool of which one is urgent, one in
/// the anonymous pool, rendering waits. `p` and `l` are the page's own preconnects and look-ups.
fn marks(observation: &Observation) -> Vec<String> {
    let demand = |mark: &str, demand: Demand| match demand {
        Demand { requests: 0, .. } => None,
        Demand { requests, urgent: 0 } => Some(format!("{mark}{requests}")),
        Demand { requests, urgent } => Some(format!("{mark}{requests}!{urgent}")),
    };
    let flag = |set: bool, mark: &str| set.then(|| mark.to_owned());
    let mark = |usage: Usage| {
        [
            demand("c", usage.credentialed),
            demand("a", usage.anonymous),
            flag(usage.blocks_rendering, "b"),
            flag(usage.preconnected.credentialed, "pc"),
            flag(usage.preconnected.anonymous, "pa"),
            flag(usage.looked_up, "l"),
        ]
    };
    observation
        .uses
        .iter()
        .map(|used| {
            let origin = Some(used.origin.host().to_owned());
            mark(used.usage).into_iter().flatten().chain(origin).collect::<Vec<_>>().join(" ")
        })
        .collect()
}

fn seen(html: &str) -> Vec<String> {
    marks(&observe("https://shop.example/dir/page?q=1", None, &[html.as_bytes()]))
}

#[test]
fn each_element_is_classed_by_the_request_it_makes() {
    for (html, expected) in [
        ("<script src=https://a.example/x.js></script>", "c1!10 b a.example"),
        ("<script async src=https://a.example/x.js></script>", "c1 a.example"),
        ("<script defer src=https://a.example/x.js></script>", "c1 a.example"),
        ("<script async fetchpriority=high src=https://a.example/x.js></script>", "c1!10 a.example"),
        ("<script fetchpriority=low src=https://a.example/x.js></script>", "c1 b a.example"),
        ("<img><script src=https://a.example/x.js></script>", "c1 a.example"),
        ("<script src=https://a.example/x.js crossorigin></script>", "a1!10 b a.example"),
        ("<script type=module src=https://a.example/x.js></script>", "a1 a.example"),
        ("<script type=module crossorigin=use-credentials src=https://a.example/></script>", "c1 a.example"),
        ("<script type=' Text/JavaScript ' src=https://a.example/></script>", "c1!10 b a.example"),
        ("<link rel=stylesheet href=//a.example/x.css>", "c1!10 b a.example"),
        ("<link rel='Preload StyleSheet' href=//a.example/x.css>", "c1!10 b a.example"),
        ("<link rel=stylesheet media=print href=//a.example/x.css>", "c1 a.example"),
        ("<link rel=stylesheet media='only x' href=//a.example/x.css>", "c1 a.example"),
        ("<link rel=stylesheet media='screen and (min-width: 1px)' href=//a.example/>", "c1!10 b a.example"),
        ("<img><link rel=stylesheet href=//a.example/x.css>", "c1 a.example"),
        ("<link rel=preload as=font crossorigin href=//a.example/x.woff2>", "a1!10 a.example"),
        ("<link rel=preload as=style href=//a.example/x.css>", "c1!10 a.example"),
        ("<link rel=preload as=image imagesrcset='//b.example/x 2x' href=//a.example/x>", "c1 b.example"),
        ("<link rel=preload as=image imageSrcSet='//b.example/x 2x'>", "c1 b.example"),
        ("<link rel=modulepreload href=//a.example/x.js>", "a1!10 a.example"),
        ("<link rel='shortcut icon' href=//a.example/x.ico>", "a.example"),
        ("<link rel=preconnect href=//a.example>", "pc l a.example"),
        ("<link rel=preconnect crossorigin href=//a.example>", "pa l a.example"),
        ("<link rel=dns-prefetch href=//a.example>", "l a.example"),
        ("<meta http-equiv=Refresh content='3; URL=\"https://a.example/x\"'>", "a.example"),
        ("<meta http-equiv=refresh content='0;https://a.example/'>", "a.example"),
        ("<img src=https://a.example/x.png>", "c1!10 a.example"),
        ("<img height=1500><img src=https://a.example/x.png>", "c1 a.example"),
        ("<img height=2><img loading=lazy src=https://a.example/x.png>", "c1!10 a.example"),
        ("<img height=2><img height=2><img loading=lazy src=https://a.example/x.png>", "a.example"),
        ("<img height=1499><img loading=lazy src=https://a.example/x.png>", "c1 a.example"),
        ("<img height=1500><img loading=lazy src=https://a.example/x.png>", "a.example"),
        (
            "<img height=1500><img loading=lazy fetchpriority=high src=https://a.example/x.png>",
            "c1!10 a.example",
        ),
        ("<img crossorigin=anonymous src=https://a.example/x.png>", "a1!10 a.example"),
        ("<img src=http://a.example/x.png>", "c1!10 a.example"),
        ("<img src=//b.example/x srcset='//a.example/1 1x, //a.example/2 2x'>", "c1!10 a.example"),
        ("<video poster=https://a.example/x.png></video>", "c1!10 a.example"),
        ("<video poster=http://a.example/x.png></video>", "c1!10 a.example"),
        ("<video crossorigin src=https://a.example/x.mp4></video>", "a1 a.example"),
        ("<input type=image src=https://a.example/x.png>", "c1!10 a.example"),
        ("<picture><source srcset='https://a.example/x.png 2x'><img></picture>", "c1!10 a.example"),
        (
            "<picture><source srcset=//a.example/1><img crossorigin src=//a.example/2></picture>",
            "a1!10 a.example",
        ),
        (
            "<img height=2><img height=2><picture><source srcset=//a.example/1><img loading=lazy></picture>",
            "a.example",
        ),
        ("<img height=9000><img fetchpriority=high src=//a.example/1>", "c1!10 a.example"),
        ("<img fetchpriority=low src=//a.example/1>", "c1 a.example"),
        ("<link rel=preload as=image fetchpriority=high href=//a.example/1>", "c1!10 a.example"),
        ("<link rel=stylesheet fetchpriority=low href=//a.example/1>", "c1 b a.example"),
        ("<video crossorigin><source src=//a.example/1></video>", "a1 a.example"),
        ("<video src=//a.example/1><source src=//b.example/1></video>", "c1 a.example"),
        ("<video><track src=//a.example/1></video>", "a.example"),
        ("<svg><image xlink:href=//a.example/1></svg>", "c1!10 a.example"),
        ("<body background=//a.example/1>", "c1!10 a.example"),
        ("<frameset><frame src=//a.example/1></frameset>", "a.example"),
        ("<link rel=manifest href=//a.example/1>", "a.example"),
        ("<iframe src=https://a.example/></iframe>", "a.example"),
        ("<object data=https://a.example/></object>", "a.example"),
        ("<p style='background: url(&quot;https://a.example/x.png&quot;)'>", "c1 a.example"),
        ("<body style='background: url(//a.example/x.png)'>", "c1!10 a.example"),
        ("<p style='mask-image: url(//a.example/x.svg)'>", "a1 a.example"),
        ("<style>@import '//a.example/x.css';</style>", "c1!10 b a.example"),
        ("<style>body { background: url(//a.example/x.png) }</style>", "c1!10 a.example"),
        ("<style>.hero { background: url(//a.example/x.png) }</style>", "a.example"),
        ("<style>.hero { background: url(//a.example/x.png) }</style><p class='x hero'>", "c1!10 a.example"),
        ("<style>#a .b { mask: url(//a.example/x.svg) }</style><p id=a><b class=b>", "a1!10 a.example"),
        ("<style>.b { mask: url(//a.example/x.svg) }</style><template><p class=b></template>", "a.example"),
        (
            "<style>@font-face { font-family: X; src: url(//a.example/x.woff2) } p { font: 1em X }</style>",
            "a1!10 a.example",
        ),
        ("<template shadowrootmode=open><img src=https://a.example/></template>", "c1!10 a.example"),
    ] {
        assert_eq!(seen(html), [expected], "{html}");
    }
}

#[test]
fn what_may_be_loaded_by_its_type_counts_as_without_one() {
    for (html, expected) in [
        ("<link rel=stylesheet type=text/css href=//a.example/x.css>", "c1!10 b a.example"),
        ("<link rel=stylesheet type='' href=//a.example/x.css>", "c1!10 b a.example"),
        (
            "<link rel=stylesheet type=' Text/CSS ; charset=utf-8' href=//a.example/x.css>",
            "c1!10 b a.example",
        ),
        ("<link rel=preload as=style type=text/css href=//a.example/x.css>", "c1!10 a.example"),
        ("<link rel=preload as=font type=font/woff2 crossorigin href=//a.example/x>", "a1!10 a.example"),
        (
            "<link rel=preload as=font type=application/x-font-woff crossorigin href=//a.example/x>",
            "a1!10 a.example",
        ),
        ("<link rel=preload as=image type=image/avif href=//a.example/x>", "c1 a.example"),
        ("<link rel=preload as=script type=text/javascript href=//a.example/x>", "c1!10 a.example"),
        (
            "<link rel=preload as=fetch type=application/json crossorigin href=//a.example/x>",
            "a1!10 a.example",
        ),
        ("<video><source type='video/mp4; codecs=\"avc1\"' src=//a.example/1></video>", "c1 a.example"),
        ("<audio><source type=application/ogg src=//a.example/1></audio>", "c1 a.example"),
        (
            "<picture><source type=image/webp srcset=//a.example/1><img src=/own.jpg></picture>",
            "c1!10 a.example",
        ),
        ("<style type=''>@import '//a.example/x.css';</style>", "c1!10 b a.example"),
        ("<style type=Text/CSS>@import '//a.example/x.css';</style>", "c1!10 b a.example"),
    ] {
        assert_eq!(seen(html), [expected], "{html}");
    }
}

#[test]
fn what_no_browser_fetches_from_a_third_party_does_not_count() {
    for html in [
        "<link rel=prefetch as=image imagesrcset='//a.example/x 2x'>",
        "<a href=https://a.example/>x</a>",
        "<script>'<img src=https://a.example/>'</script>",
        "<noscript><img src=https://a.example/></noscript>",
        "<noscript><style>@import '//a.example';</style></noscript>",
        "<template><img src=https://a.example/><template></template><script src=//a.example></script></template>",
        "<template><style>@import '//a.example';</style></template>",
        "<script type=text/template src=https://a.example/></script>",
        "<script type=application/json src=https://a.example/></script>",
        "<script nomodule src=https://a.example/></script>",
        "<script src=http://a.example/x.js></script>",
        "<link rel='alternate stylesheet' href=https://a.example/>",
        "<link rel=stylesheet disabled href=https://a.example/>",
        "<link type=text/plain rel=stylesheet data-type=text/css href=https://a.example/>",
        "<link type=text/less rel=stylesheet href=https://a.example/><link type=css rel=stylesheet href=//a.example>",
        "<style type=text/tailwindcss>@import '//a.example/x.css';</style>",
        "<style type='text/css; charset=utf-8'>@import '//a.example/x.css';</style>",
        "<link rel=preload as=style type=text/plain href=//a.example/1>",
        "<link rel=preload as=font type=text/plain href=//a.example/1>",
        "<link rel=preload as=image type=text/plain href=//a.example/1>",
        "<link rel=preload as=script type=text/plain href=//a.example/1><link rel=preload as=script type=module href=//a.example>",
        "<picture><source type=text/plain srcset=//a.example/1><img src=/own.jpg></picture>",
        "<picture><source media=print srcset=//a.example/1><img src=/own.jpg></picture>",
        "<video><source type=text/plain src=//a.example/1><source media=print src=//a.example/2></video>",
        "<iframe data-src=https://a.example/></iframe><iframe src=about:blank data-src=https://a.example/></iframe>",
        "<link rel=preload href=https://a.example/><link rel=preload as=fish href=https://a.example/>",
        "<link rel=canonical href=https://a.example/><link rel=prefetch href=https://a.example/>",
        "<style media=print>@import '//a.example';</style>",
        "<style>/* url(//a.example) */ a::after { content: 'url(//a.example)' }</style>",
        "<meta http-equiv=refresh content='3'><meta http-equiv=refresh content='0; url=/own'>",
        "<meta name=refresh content='0; url=https://a.example/'>",
        "<video preload=none src=https://a.example/></video>",
        "<video crossorigin poster=https://a.example/x.png></video>",
        "<video crossorigin=use-credentials poster=https://a.example/x.png></video>",
        "<video preload=none><source src=https://a.example/></video>",
        "<picture><source srcset=https://a.example/></picture><source srcset=//a.example/1><source src=//a.example/2>",
        "<link rel=preload as=image media=print href=https://a.example/>",
        "<iframe srcdoc=x src=https://a.example/></iframe>",
        "<input src=https://a.example/>",
        "<img src='data:image/gif;base64,R0lGOD'><img src=javascript:0><img src=''><img src=' '>",
        "<img src=/x.png><img src=https://shop.example/x.png><img src=https://SHOP.example:443/x.png>",
        "<!-- <img src=https://a.example/> -->",
        "<script x=>'<img src=https://a.example/>'</script><title x=><img src=https://a.example/></title>",
        "<style media=>@import '//a.example';</style><img src=https://a.example/>",
        "<a href=/x><script async=>'<img src=https://a.example/>'</script></a>",
        "<textarea x= ><img src=https://a.example/></textarea><xmp x=><img src=https://a.example/></xmp>",
        "<img src='https://a b.example/'><img src='https://[::1'>",
    ] {
        assert_eq!(seen(html), Vec::<String>::new(), "{html}");
    }
}

#[test]
fn a_page_that_is_credentialless_asks_without_credentials_for_what_it_does_not_ask_for_by_cors() {
    let html = "<script src=//a.example/x.js></script><link rel=stylesheet href=//b.example/x.css>\
                <style>@import '//c.example/x.css'; body { background: url(//d.example/x.png) }</style>\
                <link rel=preload as=script href=//e.example/x.js><link rel=preconnect href=//f.example>\
                <script crossorigin=use-credentials src=//g.example/x.js></script><script type=module src=//h.example/></script>\
                <body background=//i.example/x.png><p style='background: url(//j.example/x.png)'><img src=//k.example/x.png>\
                <video src=//l.example/x.mp4 poster=//m.example/x.png></video><input type=image src=//n.example/x.png>";
    let seen = |url: &str, is_credentialless| {
        let head = Head { is_credentialless, ..Head::default() };
        let mut observer = observer(url, &head).unwrap();
        observer.write(html.as_bytes());
        marks(&observer.end().observation)
    };
    let (secure, insecure) = ("https://shop.example/", "http://shop.example/");
    let expected = [
        "a1!10 b a.example",
        "a1!10 b b.example",
        "a1!10 b c.example",
        "a1!10 d.example",
        "a1!10 e.example",
        "pc l f.example",
        "c1!10 b g.example",
        "a1 h.example",
        "a1!10 i.example",
        "a1 j.example",
        "a1!10 k.example",
        "a1!9 m.example",
        "a1 l.example",
        "a1!9 n.example",
    ];
    assert_eq!(seen(secure, true), expected);
    let credentialed = expected.map(|mark| match mark.strip_prefix("a1") {
        Some(rest) if !mark.ends_with("h.example") => format!("c1{rest}"),
        _ => mark.to_owned(),
    });
    assert_eq!(seen(secure, false), credentialed);
    assert_eq!(seen(insecure, true), credentialed);
}

#[test]
fn what_a_policy_has_upgraded_is_asked_for_by_https() {
    let html = "<script src=http://a.example/x.js></script><link rel=stylesheet href=http://b.example:80/x.css>\
                <style>@import 'http://c.example/x.css'; \
                @font-face { font-family: F; src: url(http://d.example/f.woff2) }</style>\
                <iframe src=http://e.example/></iframe><img src=http://f.example:8080/x.jpg>\
                <link rel=preconnect href=http://g.example><a href=http://h.example/>x</a>";
    let seen = |csp: Option<&str>, html: &str| {
        let found = see("https://shop.example/", None, csp, &[html.as_bytes()]);
        let origins: Vec<String> =
            found.observation.uses.iter().map(|used| used.origin.as_str().to_owned()).collect();
        (origins.join(" "), found)
    };
    // No policy governs with what is connected to, nor what a click follows.
    let (origins, found) = seen(None, html);
    assert_eq!(origins, "https://f.example:8080 http://g.example");
    assert_eq!(found.linked.iter().map(Origin::as_str).collect::<Vec<_>>(), ["http://h.example"]);
    let upgraded = "https://a.example https://b.example https://c.example https://d.example https://e.example \
                    https://f.example:8080 http://g.example";
    for csp in ["upgrade-insecure-requests", "default-src https: 'unsafe-inline'; Upgrade-Insecure-Requests"]
    {
        let (origins, found) = seen(Some(csp), html);
        assert_eq!(origins, upgraded, "{csp}");
        assert_eq!(found.linked.iter().map(Origin::as_str).collect::<Vec<_>>(), ["http://h.example"]);
        assert_eq!(found.observation.sheets, ["https://b.example/x.css", "https://c.example/x.css"]);
        assert_eq!(
            named(html, Some(csp)),
            [
                "<https://a.example/x.js> script",
                "<https://b.example/x.css> style",
                "<https://c.example/x.css> style",
                "<https://d.example/f.woff2> font; crossorigin; type=\"font/woff2\"",
                "<https://f.example:8080/x.jpg> image; fetchpriority=high",
            ]
        );
    }
    // What stands before it is blocked.
    let meta = "<script src=http://x.example/x.js></script>\
                <meta http-equiv=Content-Security-Policy content=upgrade-insecure-requests>";
    assert_eq!(seen(None, &format!("{meta}{html}")).0, upgraded);
    let hidden = meta.replace("<meta", "<template><meta") + "</template>";
    assert_eq!(seen(None, &format!("{hidden}{html}")).0, "https://f.example:8080 http://g.example");
}

#[test]
fn what_a_script_is_to_show_may_come_from_its_origin() {
    for html in [
        "<img class=lazyload data-src=//cdn.example/hero.jpg src=data:image/gif;base64,x>",
        "<img data-lazy-src=https://cdn.example/hero.jpg>",
        "<img data-srcset='https://cdn.example/1.jpg 1x, https://cdn.example/2.jpg 2x' src=/tiny.jpg>",
        "<img referrerpolicy=no-referrer data-src=https://cdn.example/hero.jpg>",
        "<picture><source data-srcset=https://cdn.example/1.avif type=image/avif><img src=/tiny.jpg></picture>",
    ] {
        let found = see("https://shop.example/", None, None, &[html.as_bytes()]).observation;
        let seen: Vec<_> = found.uses.iter().map(|used| (used.origin.as_str(), used.usage)).collect();
        let [(origin, usage)] = seen[..] else { panic!("{html}: {seen:?}") };
        assert_eq!(
            (origin, usage),
            ("https://cdn.example", Usage { found: usage.found, ..Usage::LOOKUP }),
            "{html}"
        );
    }
}

/// Mixed Content, section 4.1: what `srcset` and `<picture>` have fetched is not upgraded, nor what is at an address.
#[test]
fn a_picture_that_is_chosen_and_named_by_http_is_blocked() {
    for (html, is_upgraded) in [
        ("<img src=http://a.example/1>", true),
        ("<img srcset=http://a.example/1>", false),
        ("<img src=http://a.example/1 srcset='http://a.example/2 2x'>", false),
        ("<img src=http://a.example/1 srcset>", false),
        ("<picture><img src=http://a.example/1></picture>", false),
        ("<picture><b><img src=http://a.example/1></b></picture>", true),
        ("<picture><source srcset=http://a.example/1><img></picture>", false),
        ("<img data-src=http://a.example/1 src=data:,x>", true),
        ("<img src=http://192.0.2.1/1>", false),
        ("<img src=http://[2001:db8::1]/1>", false),
        ("<video src=http://192.0.2.1/1></video>", false),
    ] {
        let seen = |csp: Option<&str>| {
            let found = see("https://shop.example/", None, csp, &[html.as_bytes()]).observation;
            let urls = found.resources.iter().map(|named| named.resource.link().unwrap());
            (
                found.uses.iter().all(|used| used.origin.as_str().starts_with("https:")),
                found.uses.len(),
                urls.count(),
            )
        };
        let (is_secure, uses, urls) = seen(None);
        assert!(is_secure, "{html}");
        assert_eq!(uses, usize::from(is_upgraded), "{html}");
        assert_eq!(urls, usize::from(is_upgraded), "{html}");
        assert_eq!(seen(Some("upgrade-insecure-requests")).1, 1, "{html}");
    }
    // One whose candidates are blocked shows nothing, whatever else it names; what it names by `https` is asked for.
    assert_eq!(
        seen("<picture><source srcset=http://a.example/1><img src=https://b.example/2></picture>"),
        ["b.example"]
    );
    assert_eq!(
        named(
            "<picture><source media='(min-width: 9px)' srcset=/1.jpg><img src=http://b.example/2></picture>",
            None
        ),
        ["<about:blank> image; fetchpriority=high; imagesrcset=\"/1.jpg\"; media=\"(min-width: 9px)\""]
    );
}

#[test]
fn what_the_policies_block_does_not_count() {
    let seen = |csp: Option<&str>, html: &str| {
        marks(&see("https://shop.example/", None, csp, &[html.as_bytes()]).observation)
    };
    let html = "<script src=//a.example/x></script><script nonce=n src=//b.example/x></script>\
                <link rel=stylesheet href=//a.example/x><img src=//c.example/x><iframe src=//d.example/></iframe>\
                <style>@font-face { src: url(//e.example/x); font-family: E }</style>";
    assert_eq!(seen(None, html).len(), 5);
    let csp = "default-src 'none'; script-src 'nonce-n'; style-src https://a.example; font-src e.example";
    assert_eq!(seen(Some(csp), html), ["c1!10 b b.example", "c1!10 b a.example", "a1!10 e.example"]);
    let meta =
        format!("<img src=//x.example/x><meta http-equiv=Content-Security-Policy content=\"{csp}\">{html}");
    assert_eq!(
        seen(None, &meta),
        ["c1!10 x.example", "c1 b.example", "c1 a.example", "a1!10 e.example"],
        "it governs what follows"
    );
    let observation = see("https://shop.example/", None, Some(csp), &[]).observation;
    assert_eq!(observation.sources, ["https://a.example", "e.example"]);
}

#[test]
fn of_candidates_of_several_origins_only_the_first_is_sure() {
    assert_eq!(seen("<img srcset='//a.example/1 1x, //b.example/2 2x'>"), ["c1!10 a.example", "b.example"]);
    assert_eq!(
        seen("<picture><source srcset=//a.example/1><img src=//b.example/2></picture>"),
        ["c1!10 a.example", "b.example"]
    );
}

#[test]
fn where_an_origin_is_found_is_told() {
    let pad = " ".repeat(1100);
    let html = format!(
        "<script src=//start.example></script>{pad}<script src=//head.example></script><p style='x:(1)'>\
         <script src=//body.example></script><style>@font-face{{font-family:x;src:url(//css.example)}}</style>\
         <script src=//head.example></script><iframe src=//start.example></iframe>"
    );
    let uses = observe("https://shop.example/", None, &[html.as_bytes()]).uses;
    let found: Vec<(&str, Found)> = uses.iter().map(|used| (used.origin.host(), used.usage.found)).collect();
    assert_eq!(
        found,
        [
            ("start.example", Found::Start),
            ("head.example", Found::Head),
            ("body.example", Found::Body),
            ("css.example", Found::Css)
        ]
    );
}

#[test]
fn stylesheets_and_the_sites_own_urls_are_named() {
    let html = "<link rel=stylesheet href=a.css?v=1><link rel=stylesheet href=/dir/a.css?v=1>\
                <style>@import '/b.css';</style><link rel=stylesheet href=//cdn.example/c.css#x>\
                <link rel=preload as=style href=https://cdn.example/d.css?a=1&amp;b=2 onload=\"this.rel='stylesheet'\">\
                <link rel=stylesheet href=https://127.0.0.1/e.css>\
                <a href=/out?to=1></a><a href=//elsewhere.example/></a><img src=/x.png>";
    let seen = see("https://shop.example/dir/page", None, None, &[html.as_bytes()]);
    let third_partys = ["https://cdn.example/c.css", "https://cdn.example/d.css?a=1&b=2"];
    assert_eq!(seen.observation.sheets, ["/dir/a.css?v=1", "/b.css", third_partys[0], third_partys[1]]);
    let urls: Vec<(&str, bool)> =
        seen.own_urls.iter().map(|own| (own.name.as_str(), own.usage.is_some())).collect();
    assert_eq!(urls, [("/dir/a.css?v=1", true), ("/b.css", true), ("/out?to=1", false), ("/x.png", true)]);
}

/// Page builders have a stylesheet for each kind of widget, and that of the page itself behind them.
#[test]
fn of_many_stylesheets_forty_of_the_site_are_named_and_ten_of_third_parties() {
    let linked = |host: &str| {
        (0..50)
            .map(move |at| format!("<link rel=stylesheet href={host}/{at}.css>"))
            .collect::<Vec<_>>()
            .concat()
    };
    let html = linked("https://cdn.example") + &linked("");
    let seen = see("https://shop.example/", None, None, &[html.as_bytes()]);
    let (own, others): (Vec<&String>, Vec<&String>) =
        seen.observation.sheets.iter().partition(|name| name.starts_with('/'));
    assert_eq!((own.len(), own[39].as_str()), (40, "/39.css"));
    assert_eq!((others.len(), others[9].as_str()), (10, "https://cdn.example/9.css"));
}

#[test]
fn behind_a_base_that_is_too_long_nothing_is_looked_for() {
    let html = |base: &str| {
        format!(
            "<img src=//a.example><base href='{base}'>{}<img src=//b.example>",
            "<a href=b></a>".repeat(100)
        )
    };
    assert_eq!(seen(&html("/shelf/")), ["c1!10 a.example", "c1 b.example"]);
    assert_eq!(seen(&html(&format!("/{}/", "a".repeat(400_000)))), ["c1!10 a.example"]);
}

/// Where a style is cut, half a URL may name another host.
#[test]
fn of_a_long_style_whole_blocks_are_read_in_whatever_pieces_it_comes() {
    let whole = "@font-face{font-family:A;src:url(https://fonts.example/a.woff2)}p{font-family:A}";
    let filler = "/*".to_owned() + &"x".repeat(MAX_CSS_BYTES - whole.len() - 60) + "*/";
    let cut = "p{background:url(https://pictures.example.org/";
    let html = format!("<style>{whole}{filler}{cut}{}a.png)}}</style><p>a", "b/".repeat(40));
    let all = see("https://shop.example/", None, None, &[html.as_bytes()]).observation.uses;
    assert_eq!(all.iter().map(|used| used.origin.as_str()).collect::<Vec<_>>(), ["https://fonts.example"]);
    for bytes in [16_384, 1000, 77] {
        let pieces: Vec<&[u8]> = html.as_bytes().chunks(bytes).collect();
        assert_eq!(see("https://shop.example/", None, None, &pieces).observation.uses, all, "{bytes}");
    }
}

#[test]
fn a_template_ends_and_what_follows_counts() {
    let html = "<template><p><img src=https://a.example/></template><img src=https://b.example/>";
    assert_eq!(seen(html), ["c1!10 b.example"]);
}

#[test]
fn character_references_are_decoded_before_the_url_is_parsed() {
    assert_eq!(
        seen("<img src='https&#58;//a.exam&#x70;le/?x=1&amp;y=2'><img src=https:&sol;&sol;b.example>"),
        ["c1!10 a.example", "c1!9 b.example"]
    );
}

#[test]
fn the_first_base_counts_from_where_it_stands() {
    assert_eq!(
        seen(
            "<img src=x.png><base href=https://a.example/dir/><img src=x.png><base href=https://b.example/>\
             <img src=y.png><img src=//c.example/>"
        ),
        ["c2!17 a.example", "c1!8 c.example"]
    );
    assert_eq!(
        seen("<base href='javascript:0'><base href=https://b.example/><img src=x>"),
        Vec::<String>::new()
    );
    assert_eq!(
        seen("<template><base href=https://a.example/></template><base href=//b.example><img src=x>"),
        ["c1!10 b.example"]
    );
}

#[test]
fn a_base_that_the_policy_forbids_counts_as_none_and_ends_the_search() {
    let html = "<base href=https://a.example/><base href=https://b.example/><img src=x.png>";
    let seen = |csp: Option<&str>, html: &str| {
        let found = see("https://shop.example/dir/page", None, csp, &[html.as_bytes()]);
        let own: Vec<String> = found.own_urls.iter().map(|own| own.name.clone()).collect();
        (marks(&found.observation).join(" "), own.join(" "))
    };
    let [followed, refused] =
        [("c1!10 a.example", ""), ("", "/dir/x.png")].map(|(uses, own)| (uses.to_owned(), own.to_owned()));
    for (csp, expected) in [
        (None, &followed),
        (Some("base-uri a.example"), &followed),
        (Some("default-src 'self'; img-src *"), &followed),
        (Some("base-uri 'self'"), &refused),
        (Some("base-uri 'none'"), &refused),
        (Some("base-uri https://b.example"), &refused),
    ] {
        assert_eq!(seen(csp, html), *expected, "{csp:?}");
    }
    let meta = "<meta http-equiv=Content-Security-Policy content=\"base-uri 'self'\">";
    assert_eq!(seen(None, &format!("{meta}{html}")), refused);
    assert_eq!(
        seen(None, &html.replace("<base href=https://b", &format!("{meta}<base href=https://b"))),
        followed
    );
}

#[test]
fn uses_of_one_origin_add_up() {
    assert_eq!(
        seen(
            "<iframe src=//a.example></iframe><img src=//a.example/1><link rel=stylesheet crossorigin href=//a.example>"
        ),
        ["c1!10 a1 a.example"]
    );
}

#[test]
fn ten_thousand_hosts_stay_within_the_bound() {
    let html = (0..10_000).map(|n| format!("<img src=//h{n}.example/>")).collect::<Vec<_>>().concat();
    assert_eq!(seen(&html).len(), MAX_ORIGINS);
}

#[test]
fn markup_that_the_parser_gives_up_on_keeps_what_was_seen() {
    let ambiguous = "<img src=//a.example/><select><xmp><img src=//b.example/></xmp></select>";
    assert_eq!(seen(ambiguous).first().unwrap(), "c1!10 a.example");
    let endless = format!("<img src=//a.example/><img alt=\"{}", "x".repeat(2 * MAX_MEMORY_BYTES));
    assert_eq!(seen(&endless), ["c1!10 a.example"]);
    let binary: Vec<u8> = (0..=255).cycle().take(100_000).collect();
    assert!(
        observe("https://shop.example/", None, &[b"<img src=//a.example/>", &binary]).uses.len()
            <= MAX_ORIGINS
    );
}

#[test]
fn reading_ends_at_the_cap() {
    let mut observer = observer("https://shop.example/", &Head::default()).unwrap();
    let piece = vec![b' '; MAX_PAGE_BYTES - 1];
    assert!(observer.write(&piece));
    assert!(!observer.write(b"<img src=//a.example/>"));
    assert!(!observer.write(b"<img src=//a.example/>"));
    assert!(observer.end().observation.uses.is_empty());
}

#[test]
fn of_a_page_that_is_longer_than_what_is_read_of_it_the_beginning_counts() {
    let begin = "<img src=//a.example/>";
    for (most, expected) in
        [(100, vec!["https://a.example"]), (usize::MAX, vec!["https://a.example", "https://b.example"])]
    {
        let observer = observer("https://shop.example/", &Head::default()).unwrap();
        let mut observer = observer.reading_at_most(most);
        let page = format!("{begin}{}<img src=//b.example/>", " ".repeat(100 - begin.len()));
        assert_eq!(observer.write(page.as_bytes()), most > 100);
        let uses = observer.end().observation.uses;
        assert_eq!(uses.iter().map(|used| used.origin.as_str()).collect::<Vec<_>>(), expected);
    }
}

/// How often elements were looked at, and how many references were resolved, of a page that is this again and again as far as
/// pages are read. `number` stands for another number each time.
fn work(csp: Option<&str>, before: &str, again: &str, after: &str) -> (u32, u32) {
    let head = Head { csp: csp.map(str::to_owned), ..Head::default() };
    let mut observer = observer("https://shop.example/", &head).unwrap();
    let mut html = before.to_owned();
    let mut number = 0;
    while html.len() + again.len() + after.len() < MAX_PAGE_BYTES {
        html.push_str(&again.replace("number", &number.to_string()));
        number += 1;
    }
    for piece in (html + after).as_bytes().chunks(16 * 1024) {
        observer.write(piece);
    }
    let work = {
        let page = observer.page.borrow();
        (MAX_ELEMENTS - page.elements_left, page.document.references_resolved())
    };
    let findings = observer.end();
    assert!(findings.observation.uses.len() <= MAX_ORIGINS && findings.linked.len() <= MAX_ORIGINS);
    assert!(findings.own_urls.len() <= 400 && findings.suspects.len() <= 50);
    work
}

/// However many of something a page has: what is done for it is counted, and the most of it is compared with lists that are bounded.
#[test]
fn the_work_that_one_page_can_make_is_bounded() {
    let one = [
        ("<img srcset='", "https://hnumber.example/p 1x, ", "'>"),
        ("<picture><source srcset='", "//hnumber.example/p,\n", "'><img></picture>"),
        ("<link rel=preload as=image imagesrcset='", "//hnumber.example/p 2x,", "' href=/x>"),
        ("<p style='background:", "url(//hnumber.example/p),", "url(/x)'>"),
        ("<style>", "b{background:url(//hnumber.example/p)}", "</style>"),
        ("<style>", "@import '//hnumber.example/p';", "</style>"),
        ("<script type=speculationrules>{\"prefetch\":[{\"urls\":[", "\"/number\",", "\"/\"]}]}</script>"),
        ("<a href='/", "number", "'>"),
        ("<img src='data:image/png;base64,", "number", "'>"),
        ("<p ", "xnumber=y ", ">"),
    ];
    for (before, again, after) in one {
        let (elements, references) = work(None, before, again, after);
        assert!(elements < 10 && references <= 250, "{before}: {elements} {references}");
    }
    let many = [
        "<a href=/number>delete</a>",
        "<a href=//hnumber.example/>x</a>",
        "<img src=//hnumber.example/>",
        "<picture><source srcset='//hnumber.example/ 1x, //inumber.example/'><img srcset=/number></picture>",
        "<picture><source srcset=/number>",
        "<link rel=stylesheet href=/number>",
        "<link rel='next prev preconnect' href=//hnumber.example>",
        "<p style='background:url(//hnumber.example)'>",
        "<style>@import '//hnumber.example'</style>",
        "<script src=//hnumber.example></script>",
        "<base href=//hnumber.example>",
        "<meta http-equiv=content-security-policy content='img-src hnumber.example'>",
        "<meta name=robots content=number>",
        "<nav><article><main><aside>",
        "<template><p>",
        "<a href=/number><b aria-label=number><i hidden>",
        "<script type=speculationrules>{\"prefetch\":[{\"urls\":[\"/number\"]}]}</script>",
        "<form><input type=image src=/number>",
        "<video src=/number poster=//hnumber.example><source src=/number><track src=/number>",
    ];
    let sources = (0..300).map(|number| format!(" s{number}.example")).collect::<Vec<_>>().concat();
    for csp in [None, Some(format!("default-src{sources}"))] {
        for again in many {
            let (elements, references) = work(csp.as_deref(), "", again, "");
            assert!(elements <= MAX_ELEMENTS, "{again}: {elements}");
            assert!(references <= MAX_REFERENCES, "{again}: {references}");
        }
    }
}

#[test]
fn where_the_work_ends_what_was_seen_counts_however_the_page_is_cut() {
    let url = "https://shop.example/";
    let rest = "<p hidden>x</p><a href=/late>delete</a><style>b{background:url(//late.example)}</style>"
        .repeat(2000);
    let many = (0..MAX_REFERENCES).map(|number| format!("<img src=/{number}>")).collect::<Vec<_>>().concat();
    let html = format!("<img src=//early.example><a href=/early>x</a>{many}{rest}");
    let whole = see(url, None, None, &[html.as_bytes()]);
    assert_eq!(marks(&whole.observation), ["c1!10 early.example"]);
    assert_eq!(whole.outline.links.iter().map(|link| link.path.as_str()).collect::<Vec<_>>(), ["/early"]);
    for length in [7, 1000, 16 * 1024] {
        let pieces: Vec<&[u8]> = html.as_bytes().chunks(length).collect();
        assert_eq!(see(url, None, None, &pieces), whole, "{length}");
    }
}

#[test]
fn the_encoding_is_the_headers_then_the_pages() {
    let url = "https://shop.example/";
    let latin1 = b"<meta charset=utf-8><img src='https://b\xfccher.example/'>";
    let host = |observation: Observation| observation.uses.first().map(|used| used.origin.to_string());
    let expected = Some("https://xn--bcher-kva.example".to_owned());
    assert_eq!(host(observe(url, Some("iso-8859-1"), &[latin1])), expected);
    let declared = b"<meta charset=iso-8859-1><img src='https://b\xfccher.example/'>";
    assert_eq!(host(observe(url, None, &[declared])), expected);
    let utf16 = Head { charset: Some("utf-16le".to_owned()), ..Head::default() };
    assert!(observer(url, &utf16).is_none());
    assert!(observer(&format!("{url}{}", "x".repeat(600)), &Head::default()).is_none());
}

#[test]
fn a_byte_order_mark_goes_before_the_headers_label_and_one_that_nobody_knows_says_nothing() {
    let url = "https://shop.example/";
    let host = |charset: Option<&str>, html: &[u8]| {
        let [whole, cut] = [vec![html], html.chunks(1).collect()].map(|pieces| {
            let uses = observe(url, charset, &pieces).uses;
            uses.first().map(|used| used.origin.to_string())
        });
        assert_eq!(whole, cut);
        whole
    };
    let expected = Some("https://xn--bcher-kva.example".to_owned());
    let latin = b"<meta charset=iso-8859-1><img src='https://b\xfccher.example/'>";
    for charset in [None, Some(""), Some("latin1252"), Some("windows1251")] {
        assert_eq!(host(charset, latin), expected, "{charset:?}");
    }
    let marked = b"\xEF\xBB\xBF<meta charset=iso-8859-1><img src='https://b\xc3\xbccher.example/'>";
    for charset in [None, Some("iso-8859-1"), Some("windows1251")] {
        assert_eq!(host(charset, marked), expected, "{charset:?}");
    }
    let wide: Vec<u8> = "<img src=//a.example>".bytes().flat_map(|byte| [byte, 0]).collect();
    assert_eq!(host(Some("utf-8"), &[b"\xFF\xFE", wide.as_slice()].concat()), None);
    // Pages that have nothing.
    for html in [&b""[..], b"<", b"<p"] {
        assert_eq!(host(None, html), None);
    }
}

/// Behind the encoding, what we put into the head stands; a policy before that would govern it.
#[test]
fn a_policy_before_the_encoding_is_known_governs_what_is_put_in() {
    let meta = "<meta http-equiv=Content-Security-Policy content=\"script-src 'none'\"><meta charset=utf-8>";
    for (charset, mark, is_mute) in
        [(None, "", true), (Some("utf8mb4"), "", true), (Some("utf-8"), "", false), (None, "\u{feff}", false)]
    {
        let html = format!("{mark}{meta}");
        let found = observe("https://shop.example/", charset, &[html.as_bytes()]);
        assert_eq!(found.is_mute, is_mute, "{charset:?} {mark:?}");
    }
}

const SNIPPETS: [&str; 25] = [
    "<style>@import '//l.example/x.css'; body { background: url(//m.example/x) }</style>",
    "<p style='background:url(//n.example/x)'>",
    "<style>@font-face { font-family: Z; src: url(//o.example/\u{e9}) }",
    "<script src=https://a.example/x.js></script>",
    "<link rel=stylesheet href='//b.example/x.css'>",
    "<template><img src=//c.example/></template>",
    "<base href=https://d.example/>",
    "<img src=x.png srcset='https://e.example/1 1x, https://f.example/2 2x'>",
    "<noscript><img src=//g.example/></noscript>",
    "<iframe src=https://h.example/></iframe>",
    "<!-- <img src=//i.example/> -->",
    "<img alt='\u{e9}\u{4e2d}' src='https&colon;//j.example/'>",
    "<select><xmp>",
    "<svg><style><img src=//k.example/></style></svg>",
    "</head><body>",
    "<plaintext>",
    "text & more <",
    "<nav><a href=/\u{e9}?utm_id=1>x</a><h1>",
    "<main class=no-prefetch><a href=/a></main><a rel=next href=b>",
    "<footer data-no-prefetch><a href=/c></footer>",
    "<article><header><a href=d></article><a href=/e&sol;f>",
    "<div role=main><a rel=nofollow href=/g></div><aside><a href=h>",
    "<meta name=robots content='no&#105;ndex'>",
    "<script type=speculationrules>{\"prefetch\":[{\"urls\":[\"/\u{e9}\"]},{\"where\":{}}]}</script>",
    "<script type=speculationrules>{\"prefetch\":[{\"urls\":[\"/i\"]}]}",
];

proptest! {
    #[test]
    fn chunking_never_changes_what_is_seen(
        order in prop::collection::vec(0..SNIPPETS.len(), 0..12),
        cuts in prop::collection::vec(0_usize..600, 0..12),
    ) {
        let html: String = order.iter().map(|n| SNIPPETS[*n]).collect();
        let bytes = html.as_bytes();
        let mut cuts: Vec<usize> = cuts.into_iter().map(|cut| cut.min(bytes.len())).collect();
        cuts.extend([0, bytes.len()]);
        cuts.sort_unstable();
        let pieces: Vec<&[u8]> = cuts.windows(2).map(|cut| &bytes[cut[0]..cut[1]]).collect();
        let url = "https://shop.example/";
        prop_assert_eq!(see(url, None, None, &pieces), see(url, None, None, &[bytes]));
    }

    #[test]
    fn any_bytes_are_survived(bytes in prop::collection::vec(any::<u8>(), 0..2000)) {
        observe("https://shop.example/", None, &[&bytes]);
    }
}

/// What a page names that might be preloaded: the links that would be written, or `own` for what it preloads itself.
fn named(html: &str, csp: Option<&str>) -> Vec<String> {
    let seen = see("https://shop.example/a/", Some("utf-8"), csp, &[html.as_bytes()]);
    let resources = seen.observation.resources;
    let text = |named: &Named| {
        let link = named.resource.link().unwrap_or_else(|| panic!("{named:?}"));
        if named.is_preloaded {
            format!("own {}", named.resource.url)
        } else {
            link.replace("; rel=preload; as=", " ")
        }
    };
    resources.iter().map(text).collect()
}

#[test]
fn what_might_be_preloaded_is_named_as_the_page_asks_for_it() {
    let html = "<link rel=stylesheet href=b.css><link rel=stylesheet href=p.css media=print>
        <link rel=stylesheet href=w.css media='(min-width: 600px)'><link rel=stylesheet href=i.css integrity=sha256-x>
        <link rel=preload as=font href=/own.woff2 crossorigin>
        <style>@import '/c.css'; @font-face { font-family: A; src: url(/a.woff2) } body { font-family: A; background: url(bg.jpg) }</style>
        <script src=//cdn.example/b.js crossorigin></script><script src=d.js defer></script><script type=module src=m.js></script>
        <div style='background: url(/hero.jpg)'></div>";
    assert_eq!(
        named(html, None),
        [
            "</a/b.css> style",
            "</a/w.css> style; media=\"(min-width: 600px)\"",
            "own /own.woff2",
            "</c.css> style",
            "</a.woff2> font; crossorigin; type=\"font/woff2\"",
            "</a/bg.jpg> image; fetchpriority=high",
            "<https://cdn.example/b.js> script; crossorigin",
            "</hero.jpg> image; fetchpriority=high",
        ]
    );
    let held_back =
        "<link rel=stylesheet href=held.css type=text/plain><style type=text/x>@import 'x.css';</style>
        <link rel=preload as=font href=/held.woff2 type=text/plain crossorigin>";
    assert_eq!(named(held_back, None), [""; 0]);
    let csp = Some("default-src 'self'; img-src 'none'; style-src 'unsafe-inline' 'self'");
    assert_eq!(named(html, csp).len(), 5, "what the policy blocks is not named");
}

#[test]
fn a_picture_is_named_with_its_candidates_and_each_of_its_sources() {
    let html =
        "<base href=/b/><picture><source type=image/avif srcset='h-1.avif 480w, h-2.avif 960w' sizes=50vw>
        <source media='(max-width: 600px)' srcset=n.jpg>
        <img src=h.jpg srcset='h.jpg 1x, h@2x.jpg 2x' sizes=9px loading=lazy crossorigin></picture>
        <img data-src=late.jpg src=data:,x><img src=http://cdn.example/up.jpg fetchpriority=high>";
    assert_eq!(
        named(html, None),
        [
            "<about:blank> image; crossorigin; fetchpriority=high; imagesrcset=\"/b/h-1.avif 480w, /b/h-2.avif 960w\"; \
             imagesizes=\"50vw\"; type=\"image/avif\"",
            "<about:blank> image; crossorigin; fetchpriority=high; imagesrcset=\"/b/n.jpg\"; media=\"(max-width: 600px)\"",
            "<about:blank> image; crossorigin; fetchpriority=high; imagesrcset=\"/b/h.jpg 1x, /b/h@2x.jpg 2x\"; imagesizes=\"9px\"; \
             media=\"(min-width: 600.02px)\"",
            "</b/late.jpg> image; fetchpriority=high",
            "<https://cdn.example/up.jpg> image; fetchpriority=high",
        ]
    );
    let resources = see("https://shop.example/a/", None, None, &[html.as_bytes()]).observation.resources;
    let tags: Vec<Option<(bool, bool)>> =
        resources.iter().map(|named| named.tag.map(|tag| (tag.is_lazy, tag.is_high))).collect();
    let lazy = Some((true, false));
    assert_eq!(tags, [lazy, lazy, lazy, None, Some((false, true))]);
    assert!(resources[..3].iter().all(|named| named.form == form("h.jpg 1x, h@2x.jpg 2x", "9px")));
}

#[test]
fn a_poster_is_named_where_all_browsers_ask_for_it_alike() {
    for (attributes, expected) in [
        ("poster=/p.jpg", vec!["</p.jpg> image; fetchpriority=high"]),
        ("poster=http://cdn.example/p.jpg", vec!["<https://cdn.example/p.jpg> image; fetchpriority=high"]),
        ("crossorigin poster=/p.jpg", vec![]),
        ("crossorigin=use-credentials poster=https://cdn.example/p.jpg", vec![]),
    ] {
        assert_eq!(named(&format!("<video {attributes}></video>"), None), expected, "{attributes}");
    }
    assert_eq!(named("<video poster=/p.jpg></video>", Some("img-src 'none'")), [""; 0]);
}

#[test]
fn a_picture_of_css_is_named_with_the_type_that_it_says() {
    let html = "<style>body { background: image-set('b.avif' type('image/avif'), 'b.jpg' type('image/jpeg')) }</style>
        <p style='background: url(/hero.webp?v=1)'><p style='background: url(/c.png)'><video poster=/p.jxl></video>
        <p style='background: url(\"/d.png\" referrer-policy(no-referrer))'>";
    let image = |url: &str, media_type: &str| {
        let media_type = Some(media_type).filter(|text| !text.is_empty());
        let of_type = media_type.map(|text| format!("; type=\"{text}\"")).unwrap_or_default();
        format!("<{url}> image; fetchpriority=high{of_type}")
    };
    let expected = [
        image("/a/b.avif", "image/avif"),
        image("/a/b.jpg", "image/jpeg"),
        image("/hero.webp?v=1", ""),
        image("/c.png", ""),
        image("/p.jxl", ""),
    ];
    assert_eq!(named(html, None), expected);
    let css = "p { background: image-set('b.avif' type('image/avif'), 'b.jpg' type('image/jpeg')), \
               url(/hero.webp?v=1), url(/c.png), url(/p.jxl), url('/d.png' referrer-policy(no-referrer)) }";
    let sheet = crate::learn::document::sheet(&Url::parse("https://shop.example/a/x.css").unwrap(), css, 0);
    let links = sheet.resources.iter().map(|named| named.resource.link().unwrap());
    let links: Vec<String> = links.map(|link| link.replace("; rel=preload; as=", " ")).collect();
    assert_eq!(links, expected);
}

#[test]
fn a_picture_of_css_is_named_for_the_windows_and_densities_of_its_rule() {
    let css = ".hero { background: image-set('j.jpg' 1x, 'j@2x.jpg' 2x) }
        @media (max-width: 767px) { .hero { background: url(/m.jpg) } }
        .x { background: url(/x.jpg) } @media not all and (hover) { .x { background: url(/untold.jpg) } }";
    let link = |url: &str, media: &str| {
        format!("<about:blank> image; fetchpriority=high; imagesrcset=\"{url} 1x\"; media=\"{media}\"")
    };
    let expected = [
        link("/a/j.jpg", "(min-width: 767.02px) and (max-resolution: 1dppx)"),
        link("/a/j@2x.jpg", "(min-width: 767.02px) and (min-resolution: 1.001dppx)"),
        link("/m.jpg", "(max-width: 767px)"),
        link("/untold.jpg", "not all and (hover)"),
    ];
    let sheet = crate::learn::document::sheet(&Url::parse("https://shop.example/a/x.css").unwrap(), css, 0);
    let links = sheet.resources.iter().map(|named| named.resource.link().unwrap());
    let links: Vec<String> = links.map(|link| link.replace("; rel=preload; as=", " ")).collect();
    assert_eq!(links, expected);
    assert_eq!(named(&format!("<style>{css}</style>"), None), expected);
}

#[test]
fn each_font_of_a_style_is_named_whatever_script_it_is_of_and_gives_way_to_pictures() {
    let face = |range: &str, file: &str| {
        format!("@font-face {{ font-family: A; src: url(/{file}.woff2); unicode-range: {range} }}")
    };
    let style = format!(
        "<style>{}{}body {{ font-family: A }}</style>",
        face("U+0-FF", "latin"),
        face("U+400-45F", "cyrillic")
    );
    let font = |file: &str| format!("</{file}.woff2> font; crossorigin; type=\"font/woff2\"");
    assert_eq!(named(&style, None), [font("latin"), font("cyrillic")]);
    assert_eq!(named(&style, Some("font-src 'none'")), [""; 0]);
    // Dozens of fonts, and the candidates of three pictures that the page preloads itself.
    let fonts: String = (0..54).map(|number| face("U+0-FF", &format!("f{number}"))).collect();
    let candidates: Vec<String> = (0..16).map(|number| format!("/p{number}.jpg {}w", number + 1)).collect();
    let preloads = format!("<link rel=preload as=image imagesrcset='{}'>", candidates.join(", "));
    for before in [format!("<style>{fonts} body {{ font-family: A }}</style>"), preloads.repeat(3)] {
        let html = format!("{before}<img src=/hero.jpg>");
        let found = named(&html, None);
        assert!(found.contains(&"</hero.jpg> image; fetchpriority=high".to_owned()), "{found:?}");
    }
}

#[test]
fn what_nobody_else_may_be_told_and_what_is_too_long_is_not_named() {
    for html in [
        "<img src='data:image/png;base64,AAAA'>".to_owned(),
        "<img src='blob:https://shop.example/1'>".to_owned(),
        "<img src='/hero.jpg?X-Amz-Signature=abc'>".to_owned(),
        "<img src='/hero.jpg?token=abc'>".to_owned(),
        "<img src='/ada@example.org/hero.jpg'>".to_owned(),
        "<img src='https://ada:secret@cdn.example/hero.jpg'>".to_owned(),
        format!("<img src='/{}.jpg'>", "x".repeat(8000)),
        format!(
            "<img src=/a.jpg srcset='{}'>",
            (0..1000).map(|n| format!("/{n}.jpg {n}w")).collect::<Vec<_>>().join(", ")
        ),
        "<img src=/a.jpg srcset='/a.jpg 1x, /b.jpg?sig=1 2x'>".to_owned(),
        "<img src=/a.jpg srcset='/a.jpg 1x \"evil'>".to_owned(),
        "<img>".to_owned(),
        "<noscript><img src=/a.jpg></noscript><template><img src=/a.jpg></template>".to_owned(),
    ] {
        assert_eq!(named(&html, None), [""; 0], "{}", &html[..html.len().min(100)]);
    }
    let many: String = (0..500).map(|n| format!("<img src=/{n}.jpg>")).collect::<Vec<_>>().concat();
    assert_eq!(named(&many, None).len(), 48);
}

#[test]
fn a_picture_of_a_service_is_named_also_where_the_site_resizes_it() {
    let resized = |url: &str| named(&format!("<img src='/_next/image?url={url}&w=1200&q=75'>"), None).len();
    let folders = "yadj1kx9rmg0%2FwtrHxeu3zEoEce2MokCSi%2Fhero.jpg";
    assert_eq!(resized(&format!("https%3A%2F%2Fimages.ctfassets.net%2F{folders}")), 1);
    assert_eq!(resized(&format!("https%3A%2F%2Fcdn.shop.example%2F{folders}")), 0, "a host of the site's");
    assert_eq!(resized(&format!("%2F{folders}")), 0, "the site itself");
}

#[test]
fn what_the_first_bytes_name_is_marked() {
    let html = format!(
        "<link rel=stylesheet href=/a.css><!--{}--><link rel=stylesheet href=/b.css><script src=/c.js></script>",
        "-".repeat(1024)
    );
    let resources =
        see("https://shop.example/a/", Some("utf-8"), None, &[html.as_bytes()]).observation.resources;
    let marks: Vec<(&str, bool)> =
        resources.iter().map(|named| (named.resource.url.as_str(), named.is_at_start)).collect();
    assert_eq!(marks, [("/a.css", true), ("/b.css", false), ("/c.js", false)]);
}

#[test]
fn what_stands_in_a_shadow_root_is_not_named_since_no_browser_tells_whether_it_is_used() {
    let named = |html: &str| {
        let named = observe("https://shop.example/", Some("utf-8"), &[html.as_bytes()]).resources;
        named.into_iter().map(|named| named.resource.url).collect::<Vec<_>>()
    };
    let parts =
        "<link rel=stylesheet href=/a.css><script src=/a.js></script><style>@import '/b.css';</style>";
    assert_eq!(named(parts), ["/a.css", "/a.js", "/b.css"]);
    for mode in ["open", "CLOSED"] {
        let html = format!(
            "<x-a><template shadowrootmode={mode}>{parts}</template></x-a><link rel=stylesheet href=/c.css>"
        );
        assert_eq!(named(&html), ["/c.css"]);
    }
    let nested = "<template shadowrootmode=open><x-b><template shadowrootmode=open></template></x-b><link rel=stylesheet href=/a.css>\
                  </template><template><link rel=stylesheet href=/b.css></template>";
    assert_eq!(named(nested), [""; 0]);
    // But it is loaded.
    let html = "<template shadowrootmode=open><link rel=stylesheet href=https://a.example/x.css></template>";
    assert_eq!(seen(html), ["c1!10 b a.example"]);
    let observation = observe(
        "https://shop.example/",
        None,
        &[format!("<template shadowrootmode=open>{parts}").as_bytes()],
    );
    assert_eq!(observation.sheets, ["/a.css", "/b.css"]);
}

#[test]
fn a_page_lets_no_browser_tell_whose_policy_forbids_that_or_which_is_not_edited() {
    let is_mute = |charset: Option<&str>, csp: Option<&str>, html: &str| {
        see("https://shop.example/", charset, csp, &[html.as_bytes()]).observation.is_mute
    };
    let meta = |policy: &str| format!("<meta http-equiv=Content-Security-Policy content=\"{policy}\">");
    for policy in
        ["default-src 'none'", "connect-src https://api.example", "default-src https:; connect-src 'none'"]
    {
        for charset in [None, Some("utf-8")] {
            assert!(is_mute(charset, None, &format!("<meta charset=utf-8>{}", meta(policy))), "{policy}");
            assert!(is_mute(charset, Some(policy), "<p>"), "{policy}");
        }
    }
    for policy in ["default-src 'self'", "connect-src https://shop.example", "img-src 'none'", ""] {
        assert!(!is_mute(None, None, &meta(policy)), "{policy}");
    }
    // The script stands before it, unless what says the encoding comes later.
    let policy = meta("script-src https://cdn.example");
    assert!(!is_mute(Some("utf-8"), None, &policy));
    assert!(!is_mute(None, None, &format!("<meta charset=utf-8>{policy}")));
    assert!(is_mute(None, None, &format!("{policy}<meta charset=utf-8>")));
    assert!(!is_mute(None, None, &format!("{}<meta charset=utf-8>", meta("script-src 'nonce-a'"))));
    for (field, expected) in
        [("blocked-destinations=(script), endpoints=(x)", true), ("blocked-destinations=(style)", false)]
    {
        let integrity = IntegrityPolicy::read(|_| Some(field.to_owned()));
        let mut observer = observer("https://shop.example/", &Head { integrity, ..Head::default() }).unwrap();
        observer.write(b"<p>");
        assert_eq!(observer.end().observation.is_mute, expected, "{field}");
    }
    for (field, expected) in [
        ("script-src https://cdn.example", true),
        ("connect-src https://api.example", true),
        ("script-src 'nonce-a' 'strict-dynamic'", false),
        ("img-src 'none'", false),
    ] {
        let head = Head { csp_report_only: Some(field.to_owned()), ..Head::default() };
        let mut observer = observer("https://shop.example/", &head).unwrap();
        observer.write(b"<p>");
        assert_eq!(observer.end().observation.is_mute, expected, "{field}");
    }
    for html in ["<html amp>", "<!doctype html><html lang=en \u{26a1}><head>", "<html amp4ads>"] {
        assert!(is_mute(None, None, html), "{html}");
    }
    assert!(!is_mute(
        None,
        None,
        "<!doctype html><html lang=en><template><meta http-equiv=Content-Security-Policy content=\"default-src 'none'\"></template>"
    ));
}
