//! The next page from end to end: clicks in, rule sets out, in workerd with its own KV and Durable Objects.

use crate::support;
use crate::support::http;
use crate::support::log::assert_said;
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;
use serde_json::Value;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

const LEARNED: &str = "/_headstart/rules/next/";

/// The headers of a browser's navigation; a click from `from`, if there is one.
fn navigation<'a>(from: Option<&'a str>, address: &'a str) -> Vec<(&'a str, &'a str)> {
    let mut headers = vec![
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-User", "?1"),
        ("Sec-Fetch-Site", if from.is_some() { "same-origin" } else { "none" }),
        ("CF-Connecting-IP", address),
    ];
    headers.extend(from.map(|from| ("Referer", from)));
    headers
}

/// The URLs in a page's `Speculation-Rules`.
fn rule_files(response: &http::Response) -> Vec<String> {
    let field = response.get("speculation-rules").unwrap_or_default();
    field.split(", ").map(|url| url.trim_matches('"').to_owned()).collect()
}

/// The paths that a learned rule set names, each with its eagerness.
fn named(rule_set: &str) -> Vec<(String, String)> {
    let set: Value = serde_json::from_str(rule_set).unwrap();
    let mut named = Vec::new();
    for rule in set["prefetch"].as_array().into_iter().chain(set["prerender"].as_array()).flatten() {
        for pattern in rule["where"]["and"][0]["href_matches"].as_array().unwrap() {
            let path = pattern.as_str().unwrap().to_owned();
            named.push((path, rule["eagerness"].as_str().unwrap().to_owned()));
        }
    }
    named
}

const A: &str = "http://shop.test/a";

/// How many tokens were given.
static TOKENS: AtomicU32 = AtomicU32::new(0);

/// Every page links to all others; robots are kept from `/c`, `/mine` greets each visitor by their address, and `/terms` says that
/// it is private as well, and is the same for all but for a token.
fn serve(site: &Site) {
    site.origin.answer(|request, stream| {
        let page = "<main><a href=/a>a</a> <a href=/b>b</a> <a href=/kb>kb</a> <a href=/c>c</a> <a href=/mine>mine</a></main>";
        match request.target() {
            "/robots.txt" => {
                write(stream, &ok("Content-Type: text/plain\r\n", b"User-agent: *\nDisallow: /c\n"))
            }
            "/mine" | "/terms" => {
                let address = request.head.get("x-forwarded-for").expect("an address");
                let token = TOKENS.fetch_add(1, Ordering::Relaxed);
                let greeting =
                    if request.target() == "/mine" { format!("<p>Hello {address}") } else { String::new() };
                let body =
                    format!("<meta name=csrf-token content=\"q1W2e3R4t5Y6u7I{token:04}\">{page}{greeting}");
                write(stream, &ok("Content-Type: text/html\r\nCache-Control: private\r\n", body.as_bytes()));
            }
            "/kb" => write(stream, b"HTTP/1.1 301 Moved\r\nLocation: /kb/\r\nContent-Length: 0\r\n\r\n"),
            // It counts who is fetched ahead.
            "/a" if request.head.get("sec-purpose").is_some() => {
                let counted = "Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n";
                write(stream, &ok(counted, page.as_bytes()));
            }
            _ => write(stream, &html(page)),
        }
        After::Keep
    });
}

/// Starts with the day's key in place: the first view asks for it. Nothing shows from outside that the isolate has it, since
/// what is counted with it is published of several visitors together.
fn start(variables: &[(&str, &str)]) -> Site {
    let site = Site::start(variables);
    serve(&site);
    site.get("/", &navigation(None, "192.0.2.200"));
    // Gives the isolate's one call for the key time.
    std::thread::sleep(Duration::from_millis(1500));
    site
}

/// Lets visitors visit `/a` and go on to another page.
fn visit(site: &Site, visitors: std::ops::Range<u8>, to: &str, cookies: Option<&str>) {
    for visitor in visitors {
        let address = format!("192.0.2.{visitor}");
        for (path, from) in [("/a", None), (to, Some(A))] {
            let mut headers = navigation(from, &address);
            headers.extend(cookies.map(|cookies| ("Cookie", cookies)));
            site.get(path, &headers);
        }
    }
}

/// Waits until `/a` names a learned rule set that names these pages, and answers its path.
fn learned(site: &Site, expected: &[(&str, &str)]) -> String {
    let expected: Vec<(String, String)> =
        expected.iter().map(|(path, eagerness)| ((*path).to_owned(), (*eagerness).to_owned())).collect();
    let mut visitor = 100;
    support::eventually("the learned rule set", Duration::from_secs(40), || {
        // Not more often: each round has views that lead nowhere.
        std::thread::sleep(Duration::from_millis(300));
        // An isolate reads no more than a page a second for long, and what was not read is not published.
        for (page, _) in &expected {
            site.get(page, &[]);
        }
        // Of a busy page's visitors who come from elsewhere one in two seconds is counted.
        visitor += 1;
        let files = rule_files(&site.get("/a", &navigation(None, &format!("192.0.2.{visitor}"))));
        let path = files.into_iter().find(|file| file.starts_with(LEARNED))?;
        (named(&site.get(&path, &[]).text()) == expected).then_some(path)
    })
}

#[test]
fn what_visitors_do_next_is_published_under_the_name_of_what_it_says() {
    let site = start(&[("MIN_VISITORS", "5")]);
    visit(&site, 1..20, "/b", None);
    let path = learned(&site, &[("/b", "immediate")]);

    let file = site.get(&path, &[]);
    assert_eq!(file.status(), 200);
    assert_eq!(file.get("content-type").as_deref(), Some("application/speculationrules+json"));
    assert_eq!(file.get("cache-control").as_deref(), Some("public, max-age=31536000, immutable"));

    // An old name is answered with what is true now.
    let old = site.get(&format!("{LEARNED}0123456789abcdef/a"), &[]);
    assert_eq!((old.status(), old.text()), (200, file.text()));
    assert_eq!(old.get("cache-control").as_deref(), Some("public, max-age=60"));
    assert_eq!(site.get(&format!("{LEARNED}0123456789abcdef/nowhere"), &[]).status(), 404);
    assert_eq!(http::raw(site.worker.port, &http::request("POST", &path, &[], b"x")).status(), 405);

    // What the file says depends on its path alone.
    for headers in [
        &[("Cookie", "session=1")][..],
        &[("Referer", "http://shop.test/b"), ("User-Agent", "x"), ("Sec-Purpose", "prefetch")],
        &[("Authorization", "Basic YTpi")],
    ] {
        let other = site.get(&path, headers);
        assert_eq!((other.status(), other.text()), (200, file.text()), "{headers:?}");
    }

    // A visitor with a session is given the baseline alone, whether the answer is replayed or not.
    let session = [("Cookie", "theme=dark; PHPSESSID=1")];
    for _ in 0..3 {
        assert_eq!(rule_files(&site.get("/a", &session)), ["/_headstart/rules/site.json"]);
        assert_eq!(
            rule_files(&site.get("/a", &[])),
            ["/_headstart/rules/site.json".to_owned(), path.clone()]
        );
        assert_eq!(rule_files(&site.get("/a", &[("Cookie", "theme=dark")])).len(), 2);
    }
}

/// Visitors click `/kb`, and the site leads them to `/kb/`.
#[test]
fn a_link_that_a_redirect_only_respells_teaches_the_page_where_it_leads() {
    let site = start(&[("MIN_VISITORS", "5")]);
    for visitor in 1..20 {
        let address = format!("192.0.2.{visitor}");
        site.get("/a", &navigation(None, &address));
        assert_eq!(site.get("/kb", &navigation(Some(A), &address)).status(), 301);
        site.get("/kb/", &navigation(Some(A), &address));
    }
    learned(&site, &[("/kb/", "immediate"), ("/kb", "immediate")]);
}

/// The same, fetched ahead as they press the link.
#[test]
fn a_link_that_a_redirect_only_respells_teaches_its_page_where_that_was_fetched_ahead() {
    let site = start(&[("MIN_VISITORS", "5")]);
    for visitor in 1..20 {
        let address = format!("192.0.2.{visitor}");
        site.get("/a", &navigation(None, &address));
        let ahead = [("Sec-Purpose", "prefetch"), ("Sec-Speculation-Tags", "\"headstart\"")];
        let ahead = [&navigation(Some(A), &address)[..], &ahead].concat();
        assert_eq!(site.get("/kb", &ahead).status(), 301);
        // Its rules say that it is shown.
        let rules = rule_files(&site.get("/kb/", &ahead)).swap_remove(0);
        assert!(rules.starts_with("/_headstart/rules/site.json?s="), "{rules}");
        let shown = crate::visitor::activating("http://shop.test/kb/", &[("CF-Connecting-IP", &address)]);
        assert_eq!(site.get(&rules, &shown).status(), 200);
    }
    learned(&site, &[("/kb/", "immediate"), ("/kb", "immediate")]);
}

/// A page that is itself fetched ahead says from where, in a way that nobody else can read, and is its visitor's alone.
#[test]
fn the_next_page_is_named_with_what_this_one_sets_and_not_before() {
    let site = start(&[("MIN_VISITORS", "5"), ("SEAL_KEY", crate::visitor::KEY)]);
    visit(&site, 1..20, "/b", None);
    let learned = learned(&site, &[("/b", "immediate")]);
    let page = crate::visitor::prefetch(&site, "/a", &[("Sec-Speculation-Tags", "\"headstart\"")]);
    let named = rule_files(&page);
    assert!(named.iter().all(|file| !file.starts_with(LEARNED)), "{named:?}");
    let rules = site.get(&crate::visitor::ticketed(&page), &crate::visitor::activating(A, &[]));
    assert_eq!(rules.head.all("set-cookie"), ["visits=1; Path=/"]);
    let text = rules.text();
    assert!(text.contains(r#""tag":"headstart-next""#) && text.contains(r#""tag":"headstart""#), "{text}");
    let of_file: Value = serde_json::from_str(&site.get(&learned, &[]).text()).unwrap();
    let together: Value = serde_json::from_str(&text).unwrap();
    assert_eq!(together["prefetch"][0]["where"], of_file["prefetch"][0]["where"]);
    assert_eq!(together["prefetch"][0]["eagerness"], "immediate");
}

#[test]
fn where_a_visitor_was_stands_in_no_answer_that_others_could_be_given() {
    let site = start(&[]);
    site.origin.answer(|request, stream| {
        let caching =
            if request.target() == "/kept" { "no-store" } else { "public, max-age=600, s-maxage=600" };
        let headers = format!("Content-Type: text/html\r\nCache-Control: {caching}\r\n");
        write(stream, &ok(&headers, b"<main><a href=/a>a</a></main>"));
        After::Keep
    });
    let prefetch = |path: &str, from: &str, more: &[(&str, &str)]| {
        let from = format!("http://shop.test{from}");
        let mut headers = navigation(Some(&from), "192.0.2.99");
        headers.push(("Sec-Purpose", "prefetch"));
        headers.extend(more);
        site.get(path, &headers)
    };
    let sealed = "/_headstart/rules/site.json?s=";
    let answer = support::eventually("the day's key", Duration::from_secs(20), || {
        Some(prefetch("/b", "/diseases/x", &[])).filter(|answer| rule_files(answer)[0].starts_with(sealed))
    });
    let text = format!("{:?}", answer.head.lines);
    assert!(!text.contains("diseases"), "{text}");
    assert_eq!(answer.get("cache-control").as_deref(), Some("private, max-age=600"));
    let other = rule_files(&prefetch("/b", "/x", &[]))[0].clone();
    assert_eq!(other.len(), rule_files(&answer)[0].len(), "not even how long the path was");
    assert_eq!(prefetch("/kept", "/x", &[]).get("cache-control").as_deref(), Some("no-store"));

    // Nothing is said of visitors with a session or a password, nor of secrets; and such answers stay as the origin has them.
    for (path, from, more) in [
        ("/b", "/x", &[("Cookie", "session=1")][..]),
        ("/b", "/x", &[("Authorization", "Basic YTpi")]),
        ("/b", "/reset/9f86d081884c7d659a2feaa0c55ad015", &[]),
        ("/u/9f86d081884c7d659a2feaa0c55ad015", "/x", &[]),
    ] {
        let answer = prefetch(path, from, more);
        assert_eq!(rule_files(&answer), ["/_headstart/rules/site.json"], "{path} from {from} {more:?}");
        assert_eq!(answer.get("cache-control").as_deref(), Some("public, max-age=600, s-maxage=600"));
    }
}

#[test]
fn what_is_not_for_everybody_is_not_published() {
    let site = start(&[("MIN_VISITORS", "5")]);
    // A page behind a session, a private one, one that robots are kept from, a token, and one that few have seen.
    visit(&site, 1..20, "/members", Some("session=1"));
    visit(&site, 20..40, "/mine", None);
    visit(&site, 40..60, "/c", None);
    visit(&site, 60..80, "/share/0f8fad5b-d9cb-469f-a165-70867728950e", None);
    visit(&site, 80..83, "/few", None);
    visit(&site, 83..100, "/b", None);
    let path = learned(&site, &[("/b", "moderate")]);
    let text = site.get(&path, &[]).text();
    for secret in ["members", "mine", "share", "few", "\"/c"] {
        assert!(!text.contains(secret), "{secret}: {text}");
    }
    // And the baseline keeps clear of what robots are kept from.
    support::eventually("the baseline without /c", Duration::from_secs(20), || {
        let text = site.get("/_headstart/rules/site.json", &[]).text();
        text.contains("\"/c*\"").then_some(())
    });
}

#[test]
fn a_page_that_says_private_is_published_if_it_is_the_same_for_all_who_have_no_session() {
    let site = start(&[("MIN_VISITORS", "5")]);
    let mut visitor = 0;
    support::eventually("the page that is the same for all is named", Duration::from_secs(60), || {
        visitor += 1;
        visit(&site, visitor..visitor + 1, "/terms", None);
        visit(&site, visitor + 100..visitor + 101, "/mine", None);
        // An isolate reads no more than a page a second for long.
        std::thread::sleep(Duration::from_millis(500));
        let files = rule_files(&site.get("/a", &navigation(None, "192.0.2.250")));
        let path = files.into_iter().find(|file| file.starts_with(LEARNED))?;
        let text = site.get(&path, &[]).text();
        assert!(!text.contains("/mine"), "{text}");
        text.contains("/terms").then_some(())
    });
}

#[test]
fn a_get_that_ends_the_session_or_changes_the_cart_keeps_a_page_out_of_all_rules() {
    let site = start(&[("MIN_VISITORS", "5")]);
    site.origin.answer(|request, stream| {
        let target = request.target();
        let extra = match target {
            "/in" => "Set-Cookie: session=given\r\n",
            "/bye" | "/news" => "Set-Cookie: session=; Max-Age=0\r\n",
            "/pick" => "Set-Cookie: cart=1.2\r\n",
            _ => "",
        };
        let headers = format!("Content-Type: text/html\r\n{extra}");
        write(stream, &ok(&headers, b"<main><a href=/bye>x</a><a href=/pick>y</a></main>"));
        After::Keep
    });
    // What takes away sessions that were made up, or have expired, is any page.
    visit(&site, 1..20, "/news", Some("session=made-up"));
    for visitor in 1..20 {
        visit(&site, visitor..visitor + 1, "/in", None);
        visit(&site, visitor..visitor + 1, "/bye", Some("session=given"));
    }
    visit(&site, 20..40, "/pick", None);
    let globs = ["\"/bye\"", "\"/pick\""];
    support::eventually("both are kept out", Duration::from_secs(30), || {
        let text = site.get("/_headstart/rules/site.json", &[]).text();
        globs.iter().all(|glob| text.contains(glob)).then_some(())
    });
    assert!(!site.get("/_headstart/rules/site.json", &[]).text().contains("/news"));
    assert!(rule_files(&site.get("/a", &[])).iter().all(|file| !file.starts_with(LEARNED)));
    for (path, why) in [("/bye", "session-deleted"), ("/pick", "cart-changed")] {
        let line = format!(
            "speculations on shop.test{path} are refused for two weeks, since it does something when it is fetched ({why});"
        );
        assert_said(site.worker.printed(), &line, 1);
    }
}

#[test]
fn a_page_that_inert_parameters_do_not_change_says_so() {
    let site = start(&[("MIN_VISITORS", "3")]);
    site.origin.answer(|request, stream| {
        // One page repeats what it was asked for.
        let echo = if request.target().starts_with("/echo") { request.target() } else { "" };
        write(stream, &html(&format!("<main><a href=/a>a</a> <a href=/echo>echo</a>{echo}</main>")));
        After::Keep
    });
    let mut round = 0;
    support::eventually("/a says how it varies", Duration::from_secs(60), || {
        round += 1;
        for path in ["/a", "/echo"] {
            site.get(path, &navigation(None, &format!("192.0.2.{round}")));
            // Gives the isolate time to read the first view, with which it compares the next; nothing shows that it has.
            std::thread::sleep(Duration::from_millis(300));
            site.get(&format!("{path}?utm_source={round}&gclid=x"), &[]);
        }
        // A decision holds for two seconds; then wasm decides about the next view again. Asking more often would change nothing
        // but how many views the isolate may still read.
        std::thread::sleep(Duration::from_millis(1000));
        site.get("/a", &[]).get("no-vary-search")
    });
    let field = site.get("/a", &[]).get("no-vary-search").unwrap();
    assert!(field.starts_with("params=(\"utm_source\" \"utm_medium\" "), "{field}");
    assert_eq!(site.get("/echo", &[]).get("no-vary-search"), None);
}
