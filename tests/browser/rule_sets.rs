//! How Chromium reads our rule sets: each pattern, compared with the URL Pattern crate; whole rule sets; and which links it
//! then fetches ahead.

use crate::support::browser::{self, seen};
use crate::support::devtools::{self, DevTools};
use crate::support::origin::{html, ok};
use crate::support::rule_sets::{BASELINE, Table, predicate, rule_sets, table};
use crate::support::site::Site;
use headstart::config::Config;
use headstart::endpoints::RulesFile;
use headstart::plan::rules_delivery;
use headstart::published::next_page_snapshot::{Excluded, NextPage, Spellings, Tally};
use headstart::rules::learned;
use headstart::rules::served::RuleSet;
use headstart::speculation::Action;
use headstart::speculation::Eagerness;
use headstart::urls::inert_parameters::InertParameters;
use headstart::urls::pattern::path_pattern;
use serde_json::{Value, json};
use std::time::Duration;

const SIGNAL: &str = "/_headstart/rules/signal.json";

/// Whether a predicate holds for each of these links, in a browser.
const HOLDS: &str = r#"
    const [predicate, hrefs, base] = arguments;
    const compile = (pattern) =>
        typeof pattern === "string" ? new URLPattern(pattern, base) : new URLPattern({ ...pattern, baseURL: base });
    const build = (predicate) => {
        if (predicate.and) {
            const clauses = predicate.and.map(build);
            return (url) => clauses.every((clause) => clause(url));
        }
        if (predicate.or) {
            const clauses = predicate.or.map(build);
            return (url) => clauses.some((clause) => clause(url));
        }
        if (predicate.not) {
            const clause = build(predicate.not);
            return (url) => !clause(url);
        }
        if (predicate.href_matches) {
            const patterns = [predicate.href_matches].flat().map(compile);
            return (url) => patterns.some((pattern) => pattern.test(url));
        }
        if (predicate.selector_matches) return () => false;
        throw new Error(`unknown: ${JSON.stringify(predicate)}`);
    };
    const holds = build(predicate);
    return hrefs.map((href) => holds(new URL(href, base).href));
"#;

#[test]
fn chromium_reads_the_baseline_in_the_same_way() {
    let Table { variables, links } = table();
    let site = Site::start(&variables);
    site.origin.say(&html("<title>Home</title>"));
    browser::with(|browser| async move {
        let home = format!("http://127.0.0.1:{}/", site.worker.port);
        browser.goto(&home).await;
        let script = format!("return fetch('{BASELINE}').then((response) => response.text())");
        let text = browser.run(&script).await;
        let text = text.as_str().unwrap();
        assert_eq!(text, rule_sets(&variables).get(RulesFile::Baseline).body);
        let hrefs: Vec<&str> = links.iter().map(|(href, _)| *href).collect();
        let base = "https://shop.example".to_owned() + BASELINE;
        let found = browser
            .client
            .execute(HOLDS, vec![predicate(text), json!(hrefs), json!(base)])
            .await
            .expect("the patterns compile");
        for ((href, may), found) in links.iter().zip(found.as_array().unwrap()) {
            assert_eq!(found, may, "{href}");
        }
    });
}

#[test]
fn chromium_takes_each_rule_set_whole() {
    let Table { variables, .. } = table();
    assert_eq!(Config::read(variables.iter().copied()).1, []);
    let nasty = [
        (
            "UNSAFE_URLS",
            "/:a/:b /x(y /x)y /{z /z} /+* /a\\b /%zz /[x-y]+ /^$ /\"q\" /\u{e4}/* /*?*=* /a//b /. /../x /#",
        ),
        ("INERT_PARAMETERS", "a.b ~ - -- _* .* a-b~c 0"),
        ("EAGERNESS", "eager"),
    ];
    let sets = [&[][..], &variables, &nasty].map(rule_sets);
    let mut texts: Vec<&str> = sets.iter().map(|sets| sets.get(RulesFile::Baseline).body.as_str()).collect();
    let excluded = ["/c*", "/a(b):c/*"].map(|path| Excluded::of(path, false));
    let kept_out = rules_delivery::rule_sets(&Config::default(), &excluded);
    texts.push(&kept_out.get(RulesFile::Baseline).body);
    let learned: Vec<RuleSet> = learned_sets();
    texts.extend(learned.iter().map(|set| set.body.as_str()));
    texts.push(&sets[0].get(RulesFile::Signal).body);
    let site = Site::start(&nasty);
    site.origin.say(&html("<title>Home</title>"));
    browser::with(|browser| async move {
        for text in texts {
            assert_eq!(devtools::rule_set_errors(&browser, text).await, [""; 0], "{text}");
        }
        let at = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
        assert_eq!(devtools::errors_on(&browser, &at("/"), &at(BASELINE)).await, [""; 0], "from the Worker");
        // That there is nothing to hear of them means something only where there is of others.
        let rule = |predicate: Value| json!({ "prefetch": [{ "where": predicate }] }).to_string();
        for (text, kind) in [
            ("{".to_owned(), "SourceIsNotJsonObject"),
            (r#"{"tag":null}"#.to_owned(), "InvalidRulesetLevelTag"),
            (rule(json!({ "href_matches": "/scope:0" })), "InvalidRulesSkipped"),
            (rule(json!({ "href_matches": { "pathname": "/*", "search": "(\\-)" } })), "InvalidRulesSkipped"),
            (rule(json!({ "selector_matches": "a[" })), "InvalidRulesSkipped"),
            (rule(json!({ "href_matches": "/*", "unknown": 1 })), "InvalidRulesSkipped"),
        ] {
            let errors = devtools::rule_set_errors(&browser, &text).await;
            assert!(errors.len() == 1 && errors[0].starts_with(kind), "{text}: {errors:?}");
        }
    });
}

/// Learned rule sets with each eagerness and action, for plain and for odd paths.
fn learned_sets() -> Vec<RuleSet> {
    let paths = ["/b", "/a:b/(c)+{d}*", "/%C3%A9/%22", "/'!$&,;=@"];
    let mut sets = Vec::new();
    for eagerness in [Eagerness::Moderate, Eagerness::Eager, Eagerness::Immediate] {
        for action in [Action::Prefetch, Action::Prerender, Action::PrerenderUntilScript] {
            let nexts = paths.iter().enumerate().map(|(at, path)| NextPage {
                path: (*path).to_owned(),
                pr: 0.5,
                eagerness,
                action,
                is_unvarying: at % 2 == 1,
                spellings: Spellings::of([at % 3 == 1; 3]),
                tally: Tally::default(),
            });
            sets.push(learned::rule_set(&nexts.collect::<Vec<_>>()));
        }
    }
    sets
}

#[test]
fn a_pattern_for_a_path_matches_it_alone_in_chromium() {
    let paths =
        ["/", "/a:b", "/a(b)", "/a*", "/a+", "/%7Bx%7D", "/%C3%A9", "/a//b", "/a.b~c", "/'!$&,;=@", "/[1]|^"];
    let near = ["/x", "/a:bc", "/ab", "/a:", "/aa", "/%7bx%7d", "/%c3%A9", "/a/b", "/aXb~c", "/a", "/1"];
    let site = Site::start(&[]);
    // An icon is named, lest the browser ask for one while the origin goes.
    site.origin.say(&html("<link rel=icon href=data:,><title>Home</title>"));
    browser::with(|browser| async move {
        browser.goto(&format!("http://127.0.0.1:{}/", site.worker.port)).await;
        let hrefs: Vec<&str> = paths.into_iter().chain(near).collect();
        for path in paths {
            let pattern = json!({ "href_matches": path_pattern(path) });
            let arguments = vec![pattern, json!(hrefs), json!("https://shop.example/x.json")];
            let found = browser.client.execute(HOLDS, arguments).await.expect("the pattern compiles");
            for (href, found) in hrefs.iter().zip(found.as_array().unwrap()) {
                assert_eq!(*found, *href == path, "{path} and {href}");
            }
        }
    });
}

/// A page with these links, by their targets, each with attributes and with attributes of an element around it. It
/// names an icon, lest the browser ask for one.
fn page_of(links: &[(&str, &str, &str)]) -> String {
    let mut page = String::from("<link rel=icon href=data:,><title>Links</title>");
    for (index, (href, own, around)) in links.iter().enumerate() {
        page.push_str(&format!("<p {around}><a id=link-{index} href=\"{href}\" {own}>{href}</a></p>"));
    }
    page
}

/// What speculations asked the site for since the last call.
fn speculations(site: &Site) -> Vec<String> {
    let received = site.origin.take();
    let speculative = received.iter().filter(|received| received.head.get("sec-purpose").is_some());
    speculative.map(|received| received.target().to_owned()).collect()
}

#[test]
fn hovering_fetches_a_link_whose_query_changes_nothing_and_no_other() {
    let site = Site::start(&[("EAGERNESS", "moderate"), ("INERT_PARAMETERS", "ref_*")]);
    let inert = "/c?utm_source=x&ref_mail=1";
    let links = ["/a?id=1", "/b?utm_source=x&id=1", inert, "/d"].map(|href| (href, "", ""));
    site.origin.say(&html(&page_of(&links)));
    browser::with(|browser| async move {
        browser.goto(&format!("http://127.0.0.1:{}/", site.worker.port)).await;
        seen("the rules file is fetched", || {
            let lines = site.worker.output();
            lines.iter().any(|line| line.contains(&format!("GET {BASELINE} 200"))).then_some(())
        });
        for number in [0, 1] {
            browser.hover(&format!("#link-{number}")).await;
            // Gives the browser time to fetch what it must not: longer than it waits before it acts on a hover.
            tokio::time::sleep(Duration::from_millis(700)).await;
        }
        let mut fetched = Vec::new();
        // For a speculation the origin is asked without what changes nothing.
        for (number, target) in [(2, "/c"), (3, "/d")] {
            browser.hover(&format!("#link-{number}")).await;
            seen(target, || {
                fetched.extend(speculations(&site));
                fetched.iter().any(|fetched| fetched == target).then_some(())
            });
        }
        assert_eq!(fetched, ["/c", "/d"]);
        browser.click("#link-2").await;
        assert_eq!(browser.run("return location.search").await, "?utm_source=x&ref_mail=1");
        assert_eq!(browser.delivery().await, "navigational-prefetch");
    });
}

#[test]
fn links_that_their_author_marked_and_files_are_left_alone() {
    let site = Site::start(&[("EAGERNESS", "immediate")]);
    site.origin.say(&html(&page_of(&[
        ("/a", "rel=\"me NoFollow\"", ""),
        ("/b", "download", ""),
        ("/c", "class=\"x no-prefetch\"", ""),
        ("/d", "", "class=no-prefetch"),
        ("/e", "data-no-prefetch", ""),
        ("/f", "", "data-no-prefetch"),
        ("/g.PDF", "", ""),
        ("/logout", "", ""),
        ("/yes-1", "class=no-prerender rel=\"noopener\"", ""),
        ("/yes-2", "", "data-x class=prefetch"),
    ])));
    browser::with(|browser| async move {
        browser.goto(&format!("http://127.0.0.1:{}/", site.worker.port)).await;
        let mut fetched = Vec::new();
        seen("both that may be fetched", || {
            fetched.extend(speculations(&site));
            (fetched.len() >= 2).then_some(())
        });
        // Gives the browser time to fetch what it must not: it fetches all links of a page at once.
        tokio::time::sleep(Duration::from_secs(1)).await;
        fetched.extend(speculations(&site));
        fetched.sort_unstable();
        assert_eq!(fetched, ["/yes-1", "/yes-2"]);
        let refused = site.worker.output().iter().any(|line| line.contains("GET /logout"));
        assert!(!refused, "the Worker was not even asked");
    });
}

#[test]
fn no_vary_search_has_a_prefetched_page_shown_for_its_inert_variants() {
    let site = Site::start(&[("EAGERNESS", "immediate")]);
    let value = InertParameters::new(&["campaign.id".to_owned()]).no_vary_search();
    let headers = format!("Content-Type: text/html\r\nNo-Vary-Search: {value}\r\n");
    site.origin.say(&ok(&headers, page_of(&[("/n", "", "")]).as_bytes()));
    browser::with(|browser| async move {
        let at = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
        for (variant, delivery) in [
            ("/n?gclid=1&utm_campaign=a%20b&campaign.id=2", "navigational-prefetch"),
            ("/n?gclid=1&page=2", ""),
        ] {
            let mut devtools = DevTools::connect(&browser);
            browser.goto(&at("/")).await;
            devtools.call("Preload.enable", &json!({}));
            seen("the page is prefetched", || speculations(&site).contains(&"/n".to_owned()).then_some(()));
            // The answer has to be there before a variant of its URL can be told from another page.
            devtools.event("Preload.prefetchStatusUpdated", |told| {
                told["prefetchUrl"] == at("/n")
                    && ["Ready", "Success"].iter().any(|status| told["status"] == *status)
            });
            browser.run(&format!("setTimeout(() => location.assign('{variant}'))")).await;
            let script = "return document.readyState === 'complete' && location.pathname + location.search";
            for _ in 0..100 {
                tokio::time::sleep(Duration::from_millis(50)).await;
                if browser.run(script).await == variant {
                    break;
                }
            }
            assert_eq!(browser.run(script).await, variant);
            assert_eq!(browser.delivery().await, delivery, "{variant}");
        }
    });
}

/// Fetches both rules files, and visits two pages in a browser.
fn visit_two_pages(signal: &str, cache_control: &str) {
    let asked = |site: &Site| {
        let lines = site.worker.output();
        lines.iter().filter(|line| line.contains(&format!("GET {BASELINE} "))).count()
    };
    let site = Site::start(&[("ACTIVATION_SIGNAL", signal)]);
    site.origin.say(&html("<title>Home</title>"));
    for path in [BASELINE, SIGNAL] {
        let full = site.get(path, &[]);
        assert_eq!((full.status(), full.get("cache-control").as_deref()), (200, Some(cache_control)));
        assert_eq!(full.get("content-type").as_deref(), Some("application/speculationrules+json"));
        let etag = full.get("etag").unwrap();
        let same = site.get(path, &[("If-None-Match", &etag)]);
        assert_eq!((same.status(), same.text().as_str()), (304, ""));
        assert_eq!(same.get("etag"), Some(etag));
        assert_eq!(same.get("cache-control").as_deref(), Some(cache_control));
    }
    assert_eq!(site.get(SIGNAL, &[]).text(), "{\"tag\":\"headstart\"}");
    browser::with(|browser| {
        let site = &site;
        async move {
            let before = asked(site);
            browser.goto(&format!("http://127.0.0.1:{}/a", site.worker.port)).await;
            seen("the rules file is fetched", || (asked(site) == before + 1).then_some(()));
            browser.goto(&format!("http://127.0.0.1:{}/b", site.worker.port)).await;
            if signal == "on" {
                seen("and asked for again", || (asked(site) == before + 2).then_some(()));
            } else {
                // Gives the browser time to ask for what it must not: it asks as soon as it has the page's header.
                tokio::time::sleep(Duration::from_secs(1)).await;
                assert_eq!(asked(site), before + 1);
            }
        }
    });
}

#[test]
fn the_rules_files_are_asked_for_anew_with_each_page() {
    visit_two_pages("on", "no-cache");
}

#[test]
fn the_rules_files_are_kept_where_no_signal_is_wanted() {
    visit_two_pages("off", "public, max-age=3600");
}
