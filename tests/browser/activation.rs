//! A speculation changes nothing until it is activated: then what counts is counted, once, and cookies are set, once.

use crate::shelf::{
    ACTIVATE, Counts, KEY, activation_start, add_rule, cookie_names, counted, nothing, posted, rendered,
    rules_are_there, sid_when_seen_is, start, until,
};
use crate::support::browser::{self, Browser, seen};
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::shop::Shop;
use crate::support::site::Site;
use serde_json::json;

/// Hovers over ten pages of a shelf, opens one, and then another.
async fn hover_over_ten_and_open_two(shop: &Shop, browser: &Browser, shelf: &str, counts: Counts) {
    browser::with_rules(&shop.worker, 1, browser.goto(&shop.url(shelf))).await;
    let link = |number: usize| format!("#shelf a[href='{shelf}/{number}']");
    for number in 1..=10 {
        browser.hover(&link(number)).await;
        let path = format!("{shelf}/{number}");
        seen(&format!("{path} is prefetched"), || (shop.answered(&path, 200) == 1).then_some(()));
        assert_eq!(shop.requests(&path, "speculative"), 1, "{path}");
    }
    assert_eq!(counted(shop), nothing());
    assert_eq!(cookie_names(browser).await, [""; 0]);

    let (first, second) = (format!("{shelf}/10"), format!("{shelf}/4"));
    browser::with_rules(&shop.worker, 1, browser.click(&link(10))).await;
    assert_eq!(browser.delivery().await, "navigational-prefetch");
    assert_eq!(browser.text("h1").await, "Uplight lamp");
    let sid = sid_when_seen_is(browser, "1").await;
    seen("the view is counted", || (counted(shop) == counts.of(&[&first])).then_some(()));
    assert_eq!(shop.counters()["requests"][&first], json!({ "real": 1, "speculative": 1 }));

    // With cookies of its own, the next one counts on.
    browser::with_rules(&shop.worker, 1, browser.goto(&shop.url(shelf))).await;
    browser
        .hover_until(&link(4), "another prefetch", || {
            (shop.requests(&second, "speculative") == 2).then_some(())
        })
        .await;
    assert_eq!(browser.cookie("seen_products").await.as_deref(), Some("1"));
    browser.click(&link(4)).await;
    assert_eq!(browser.delivery().await, "navigational-prefetch");
    assert_eq!(sid_when_seen_is(browser, "2").await, sid, "the session stays");
    seen("both views are counted", || (counted(shop) == counts.of(&[&first, &second])).then_some(()));
    assert_eq!(cookie_names(browser).await, ["seen_products", "sid"]);
}

#[test]
fn ten_prefetched_pages_count_nothing_and_one_that_is_activated_counts_once() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::with(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/shelf", Counts::Both).await;
    });
}

#[test]
fn ten_prefetched_pages_count_nothing_with_scripts_switched_off() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::without_scripts(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/shelf", Counts::Picture).await;
    });
}

#[test]
fn ten_prefetched_pages_count_nothing_where_the_policy_allows_nothing() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::with(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/strict-shelf", Counts::Nothing).await;
    });
}

#[test]
fn ten_prefetched_pages_count_nothing_where_the_policy_allows_nothing_with_scripts_switched_off() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::without_scripts(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/strict-shelf", Counts::Nothing).await;
    });
}

#[test]
fn without_speculations_a_page_counts_in_the_same_way() {
    let shop = start(&[("RULES", "off")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/shelf")).await;
        browser.click("#shelf a[href='/shelf/10']").await;
        assert_eq!(browser.delivery().await, "");
        let sid = sid_when_seen_is(&browser, "1").await;
        seen("the view is counted", || (counted(&shop) == Counts::Both.of(&["/shelf/10"])).then_some(()));
        browser.goto(&shop.url("/shelf")).await;
        browser.click("#shelf a[href='/shelf/4']").await;
        assert_eq!(sid_when_seen_is(&browser, "2").await, sid);
        seen("both are counted", || {
            (counted(&shop) == Counts::Both.of(&["/shelf/10", "/shelf/4"])).then_some(())
        });
        let requests = &shop.counters()["requests"];
        for path in ["/shelf/10", "/shelf/4"] {
            assert_eq!(requests[path], json!({ "real": 1, "speculative": 0 }), "{path}");
        }
    });
}

#[test]
fn a_prerendered_page_counts_on_activation() {
    let shop = start(&[]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf")).await;
        rendered(&shop);
        assert_eq!(shop.requests("/shelf/3", "speculative"), 1);
        assert_eq!(counted(&shop), nothing());
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser.click("#eager").await;
        assert!(activation_start(&browser).await > 0.0);
        let sid = sid_when_seen_is(&browser, "1").await;
        seen("what was deferred is done", || (posted(&shop, ACTIVATE, 204) == 1).then_some(()));
        seen("it is counted", || (counted(&shop) == Counts::Both.of(&["/shelf/3"])).then_some(()));
        let requests = &shop.counters()["requests"];
        assert_eq!(requests["/shelf/3"], json!({ "real": 1, "speculative": 1 }));
        assert_eq!(
            requests["/pixel.gif"],
            json!({ "real": 1, "speculative": 0 }),
            "as if there had been no speculation"
        );
        assert_eq!(requests["/seen"], json!({ "real": 1, "speculative": 0 }));

        // Once more, with cookies of the first visit. Without an activation nothing comes of it.
        for rendered in 2..=3 {
            browser.goto(&shop.url("/eager-shelf")).await;
            seen("the page is rendered anew", || {
                (shop.answered("/pixel.gif", 200) == rendered && posted(&shop, "/seen", 204) == rendered)
                    .then_some(())
            });
            assert_eq!(counted(&shop), Counts::Both.of(&["/shelf/3"]));
            assert_eq!(browser.cookie("seen_products").await.as_deref(), Some("1"));
        }
        browser.click("#eager").await;
        assert!(activation_start(&browser).await > 0.0);
        assert_eq!(sid_when_seen_is(&browser, "2").await, sid);
        seen("what was deferred is done", || (posted(&shop, ACTIVATE, 204) == 2).then_some(()));
        let twice = json!({ "/shelf/3": 2 });
        let twice = [twice.clone(), twice.clone(), twice];
        seen("it is counted again", || (counted(&shop) == twice).then_some(()));
    });
}

#[test]
fn a_page_that_was_prerendered_and_is_shown_as_it_was_fetched_counts_once() {
    let site = Site::start(&[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/page /pixel.gif /seen")]);
    let home = "<!doctype html><title>Home</title><link rel=icon href='data:,'><a id=page href=/page>Page</a>\
         <script type=speculationrules>{\"prerender\":[{\"urls\":[\"/page\"],\"eagerness\":\"immediate\"}]}</script>";
    let page = "<!doctype html><title>Page</title><link rel=icon href='data:,'><h1>Page</h1><img src=/pixel.gif>\
         <script>navigator.sendBeacon('/seen')</script>";
    site.origin.answer(move |received, stream| {
        let answer = match received.target() {
            "/" => html(home),
            "/page" => ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", page.as_bytes()),
            // The browser gives up what it has rendered, as it does with the oldest of several, and keeps what it fetched.
            "/forget" => ok("Clear-Site-Data: \"prerenderCache\"\r\n", b""),
            _ => ok("", b""),
        };
        write(stream, &answer);
        After::Keep
    });
    let url = format!("http://127.0.0.1:{}/", site.worker.port);
    let printed = |line: &str| site.worker.output().iter().filter(|printed| printed.contains(line)).count();
    let mut reached = Vec::new();
    let mut reached = || {
        let is_counted = |received: &Received| ["/page", "/pixel.gif", "/seen"].contains(&received.target());
        for received in site.origin.take().into_iter().filter(is_counted) {
            let is_speculation = received.head.get("sec-purpose").is_some();
            reached.push((received.target().to_owned(), is_speculation));
        }
        reached.sort();
        reached.clone()
    };
    let speculation = ("/page".to_owned(), true);
    let visits = ["/page", "/pixel.gif", "/seen"].map(|path| (path.to_owned(), false));
    browser::with(|browser| async move {
        browser.goto(&url).await;
        seen("the page is rendered", || {
            (printed("GET /pixel.gif 200") == 1 && printed("POST /seen 204") == 1).then_some(())
        });
        assert_eq!(reached(), std::slice::from_ref(&speculation));
        browser.run("return fetch('/forget').then((answer) => answer.text())").await;
        browser.click("#page").await;
        assert_eq!(activation_start(&browser).await, 0.0);
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        until("the cookie is set", async || browser.cookie("visits").await).await;
        seen("what was deferred is done", || (printed("POST /_headstart/activate 204") == 1).then_some(()));
        seen("the page sends what it sends", || {
            (printed("POST /seen") == 2 && printed("GET /pixel.gif") == 2).then_some(())
        });
        let mut expected = visits.to_vec();
        expected.push(speculation);
        expected.sort();
        assert_eq!(reached(), expected);
    });
}

#[test]
fn where_no_script_can_run_a_page_that_counts_is_not_prerendered() {
    let shop = start(&[]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf?strict")).await;
        seen("it is refused", || (shop.answered("/strict-shelf/3", 503) >= 1).then_some(()));
        assert_eq!(counted(&shop), nothing());
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser.click("#eager").await;
        assert_eq!(activation_start(&browser).await, 0.0);
        assert_eq!(browser.text("h1").await, "Candle lamp");
        sid_when_seen_is(&browser, "1").await;
        seen("the view is counted", || {
            (counted(&shop) == Counts::Nothing.of(&["/strict-shelf/3"])).then_some(())
        });
    });
}

/// Prefetches a page of a shelf, has it prerendered, and clicks: at once, or when it is rendered.
fn prefetch_and_prerender(shelf: &str, counts: Counts, at_once: bool) {
    let what = format!("{shelf}, at once: {at_once}");
    let shop = start(&[]);
    browser::with(|browser| async move {
        let (home, path) = ("/eager-shelf?none", format!("{shelf}/3"));
        browser
            .goto(&shop.url(&format!("{home}{}", if counts == Counts::Nothing { "&strict" } else { "" })))
            .await;
        rules_are_there(&shop);
        add_rule(&browser, "prefetch", &path).await;
        seen("it is fetched", || (shop.answered(&path, 200) == 1).then_some(()));
        let asked = || shop.answered("/_headstart/rules/site.json", 200);
        let before = asked();
        add_rule(&browser, "prerender", &path).await;
        if !at_once {
            seen("it is rendered", || (asked() == before + 1).then_some(()));
            if counts == Counts::Both {
                rendered(&shop);
            }
            assert_eq!(counted(&shop), nothing(), "{what}");
            assert_eq!(cookie_names(&browser).await, [""; 0], "{what}");
        }
        browser.click("#eager").await;
        assert!(at_once || activation_start(&browser).await > 0.0, "{what}");
        assert_eq!(browser.text("h1").await, "Candle lamp");
        sid_when_seen_is(&browser, "1").await;
        seen(&what, || (counted(&shop) == counts.of(&[&path])).then_some(()));
        assert_eq!(shop.counters()["requests"][&path], json!({ "real": 1, "speculative": 1 }), "{what}");
    });
}

// The browser renders what it has fetched, and asks for the rules that it names before the activation, and not again. A
// click at once finds none of that done.

#[test]
fn a_page_that_was_prefetched_and_is_then_prerendered_counts_once() {
    prefetch_and_prerender("/shelf", Counts::Both, false);
}

#[test]
fn a_page_that_was_prefetched_and_is_just_being_prerendered_counts_once() {
    prefetch_and_prerender("/shelf", Counts::Both, true);
}

#[test]
fn a_page_that_was_prefetched_and_is_then_prerendered_counts_once_where_the_policy_allows_nothing() {
    prefetch_and_prerender("/strict-shelf", Counts::Nothing, false);
}

#[test]
fn a_page_that_was_prefetched_and_is_just_being_prerendered_counts_once_where_the_policy_allows_nothing() {
    prefetch_and_prerender("/strict-shelf", Counts::Nothing, true);
}

#[test]
fn in_a_browser_that_runs_no_scripts_a_page_with_deferred_cookies_is_not_prerendered() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    let link = "<link rel=icon href='data:,'><a id=page href='/page?a=1&amp;b=%2F'>Page</a>";
    let home = format!("<!doctype html><title>Home</title>{link}");
    let page = "<!doctype html><meta name=referrer content=no-referrer><title>Page</title><link rel=icon href='data:,'>\
         <h1>Page</h1>";
    let rules = br#"{"prerender":[{"urls":["/page?a=1&b=%2F"],"eagerness":"immediate"}]}"#;
    site.origin.answer(move |received, stream| {
        let rules_field = "Content-Type: text/html\r\nSpeculation-Rules: \"/mine.json\"\r\n";
        let answer = match received.target() {
            "/" => ok(rules_field, home.as_bytes()),
            "/mine.json" => ok("Content-Type: application/speculationrules+json\r\n", rules),
            "/page?a=1&b=%2F" => {
                ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", page.as_bytes())
            }
            _ => ok("", b""),
        };
        write(stream, &answer);
        After::Keep
    });
    let url = format!("http://127.0.0.1:{}/", site.worker.port);
    let printed = |line: &str| site.worker.output().iter().filter(|printed| printed.contains(line)).count();
    browser::without_scripts(|browser| async move {
        browser.goto(&url).await;
        seen("it is given up", || (printed("GET /_headstart/unscripted 503") == 1).then_some(()));
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser.click("#page").await;
        // The browser still has what it fetched for that, and it leads back to the page.
        until("the cookie is set", async || browser.cookie("visits").await).await;
        until("the page is there", async || {
            let url = browser.client.current_url().await.ok()?;
            (url.path() == "/page" && url.query() == Some("a=1&b=%2F")).then_some(())
        })
        .await;
        assert_eq!(browser.text("h1").await, "Page");
    });
}
