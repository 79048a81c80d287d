//! The whole loop in Chromium: the demo shop behind Headstart, hints that open sockets, rules that make prefetches,
//! prefetches that change nothing, and clicks that work.

use crate::support;
use crate::support::browser::{self, seen};
use crate::support::shop::Shop;
use serde_json::Value;
use std::time::Duration;

fn times(entries: &Value) -> Vec<u64> {
    entries.as_array().unwrap().iter().map(|entry| entry["at"].as_u64().unwrap()).collect()
}

#[test]
fn hints_open_sockets_before_the_html_asks_for_anything() {
    let shop = Shop::start(&[]);
    let (cdn, pictures) = (shop.host("cdn"), shop.host("pictures"));
    let link =
        shop.learn("/slow", &[format!("<{cdn}>; rel=preconnect"), format!("<{pictures}>; rel=preconnect")]);
    assert_eq!(link, format!("<{cdn}>; rel=preconnect, <{pictures}>; rel=preconnect"));
    shop.reset();
    browser::with(|browser| async move {
        browser.goto(&shop.url("/slow")).await;
        let counters = seen("both third parties are asked", || {
            let counters = shop.counters();
            let asked = ["cdn", "pictures"]
                .iter()
                .all(|host| !times(&counters["thirdParties"][*host]["requests"]).is_empty());
            asked.then_some(counters)
        });
        for host in ["cdn", "pictures"] {
            let connected = times(&counters["thirdParties"][host]["connections"])[0];
            let asked = times(&counters["thirdParties"][host]["requests"])[0];
            // The shop holds the part that names them back for 1500 ms.
            assert!(asked >= connected + 700, "{host}: connected {connected}, asked {asked}");
        }
        for host in ["fonts", "statistics", "videos"] {
            assert!(
                times(&counters["thirdParties"][host]["connections"]).is_empty()
                    || !times(&counters["thirdParties"][host]["requests"]).is_empty(),
                "{host}: a socket that nothing used"
            );
        }
    });
}

#[test]
fn each_hint_warms_the_pool_that_the_page_uses() {
    let shop = Shop::start(&[]);
    let (cdn, fonts, pictures, statistics) =
        (shop.host("cdn"), shop.host("fonts"), shop.host("pictures"), shop.host("statistics"));
    let link = shop.learn("/about", &[cdn.to_owned(), fonts.to_owned(), shop.host("videos").to_owned()]);
    // Equals stand in the order of their names, here of their ports, which are any.
    let mut entries: Vec<&str> = link.split(", ").collect();
    entries.sort_unstable();
    let mut expected = [
        format!("<{cdn}>; rel=preconnect"),
        format!("<{fonts}>; rel=preconnect; crossorigin"),
        format!("<{statistics}>; rel=preconnect"),
        format!("<{}>; rel=dns-prefetch", shop.host("videos")),
    ];
    expected.sort_unstable();
    assert_eq!(entries, expected);
    shop.learn("/products/1", &[pictures.to_owned()]);
    shop.reset();
    browser::with(|browser| async move {
        browser.goto(&shop.url("/about")).await;
        let counters = seen("the font is asked for", || {
            let counters = shop.counters();
            (!times(&counters["thirdParties"]["fonts"]["requests"]).is_empty()).then_some(counters)
        });
        // The font's own socket was the only one: a hint for the other pool would have opened a second.
        assert_eq!(times(&counters["thirdParties"]["fonts"]["connections"]).len(), 1);
    });
}

/// Visits a page, and answers how many sockets each third party was opened, once it was asked for something.
async fn sockets(shop: &Shop, browser: &browser::Browser, url: &str, host: &str, requests: usize) -> usize {
    shop.reset();
    browser.goto(url).await;
    let counters = seen("the third party is asked", || {
        let counters = shop.counters();
        (times(&counters["thirdParties"][host]["requests"]).len() >= requests).then_some(counters)
    });
    times(&counters["thirdParties"][host]["connections"]).len()
}

#[test]
fn each_kind_of_use_gets_exactly_its_hints_and_its_sockets() {
    let shop = Shop::start(&[]);
    let host = |name: &str| shop.host(name).to_owned();
    let font_in_css = format!("<{}>; rel=preconnect; crossorigin", host("fonts"));
    let module = format!("<{}>; rel=preconnect; crossorigin", host("cdn"));
    let both = format!("<{0}>; rel=preconnect, <{0}>; rel=preconnect; crossorigin", host("pictures"));
    let frame = format!("<{}>; rel=dns-prefetch", host("videos"));
    for (path, link) in
        [("/story", &font_in_css), ("/planner", &module), ("/poster", &both), ("/film", &frame)]
    {
        support::eventually(path, Duration::from_secs(30), || {
            // A browser would ask for the stylesheet as well.
            assert_eq!(shop.link("/story.css?v=1"), None);
            (shop.link(path)? == *link).then_some(())
        });
    }
    for (path, name, requests, expected) in
        [("/story", "fonts", 1, 1), ("/planner", "cdn", 1, 1), ("/poster", "pictures", 2, 2)]
    {
        let count = |url: String| {
            let mut count = 0;
            // A browser of its own for each: a socket that is still open would be used again.
            browser::with(|browser| {
                let count = &mut count;
                let (shop, url) = (&shop, &url);
                async move { *count = sockets(shop, &browser, url, name, requests).await }
            });
            count
        };
        let hinted = count(shop.url(path));
        let bare = count(format!("http://127.0.0.1:{}{path}", shop.port));
        assert_eq!(hinted, bare, "{path}: with our hints as many as without");
        assert_eq!(hinted, expected, "{path}");
    }
    // A frame of another site opens sockets of its own, how many is Chromium's affair; a hint for one of the page's would
    // show here, where the page is there and the frame is not yet.
    browser::with(|browser| async move {
        shop.reset();
        browser.goto(&shop.url("/film?without=frame")).await;
        assert_eq!(browser.text("h1").await, "Film");
        assert!(times(&shop.counters()["thirdParties"]["videos"]["connections"]).is_empty());
    });
}

#[test]
fn hovering_prefetches_and_the_click_is_served_from_it() {
    let shop = Shop::start(&[("EAGERNESS", "moderate")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/")).await;
        seen("the rules file is fetched", || {
            (shop.answered("/_headstart/rules/site.json", 200) > 0).then_some(())
        });
        browser.hover("#first").await;
        seen("a prefetch reaches the shop", || {
            (shop.requests("/products/1", "speculative") == 1).then_some(())
        });
        browser.click("#first").await;
        assert_eq!(browser.text("h1").await, "Reading lamp");
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        assert_eq!(shop.requests("/products/1", "real"), 0, "the prefetch is the visit");
        // Add to cart is left out of our rules, so hovering does not even try it.
        browser.hover("#add").await;
        browser.hover("nav a[href='/about']").await;
        seen("the next prefetch", || (shop.requests("/about", "speculative") == 1).then_some(()));
        assert_eq!(shop.answered("/cart/add", 503), 0);
        assert_eq!(browser.cookie("cart").await, None);
    });
}

#[test]
fn a_careless_page_does_no_harm_and_every_click_works() {
    let shop = Shop::start(&[("SEAL_KEY", "a key of the tests, forty characters long")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/")).await;
        browser.click("#login").await;
        assert_eq!(browser.text("#user").await, "Signed in as Ada.");

        // The page wants sign-out, add to cart, the visit counter and a lamp at once.
        browser.goto(&shop.url("/careless")).await;
        for path in ["/logout", "/cart/add"] {
            seen(path, || (shop.answered(path, 503) > 0).then_some(()));
        }
        seen("the counter is prefetched", || (shop.requests("/visits", "speculative") == 1).then_some(()));
        seen("the lamp is prefetched", || (shop.requests("/products/2", "speculative") == 1).then_some(()));
        assert_eq!(shop.requests("/logout", "speculative"), 0, "refused before the shop was asked");
        assert_eq!(shop.requests("/cart/add", "speculative"), 0, "refused before the shop was asked");
        assert_eq!(browser.cookie("session").await.as_deref(), Some("ada"));
        assert_eq!(browser.cookie("cart").await, None);
        assert_eq!(browser.cookie("visits").await, None, "the counter has not moved");

        // And each click does what it says. The cookie follows as soon as the page is shown.
        browser.click("#careless-visits").await;
        assert_eq!(browser.text("#visits").await, "1");
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        browser.holds("visits", "1").await;
        browser.goto(&shop.url("/careless")).await;
        seen("another prefetch", || (shop.requests("/visits", "speculative") == 2).then_some(()));
        assert_eq!(browser.cookie("visits").await.as_deref(), Some("1"), "still not");
        browser.click("#careless-visits").await;
        assert_eq!(browser.text("#visits").await, "2", "the click counts, once");
        browser.holds("visits", "2").await;

        browser.goto(&shop.url("/careless")).await;
        browser.click("#careless-add").await;
        assert_eq!(browser.text("#cart").await, "Floor lamp");
        browser.goto(&shop.url("/careless")).await;
        browser.click("#careless-product").await;
        assert_eq!(browser.text("h1").await, "Floor lamp");
        browser.goto(&shop.url("/careless")).await;
        browser.click("#careless-logout").await;
        assert_eq!(browser.text("#user").await, "Signed out.");
        assert_eq!(browser.cookie("session").await, None);
    });
}

#[test]
fn by_default_the_press_of_the_link_is_the_prefetch_and_pages_of_all_kinds_show() {
    let shop = Shop::start(&[]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/products")).await;
        seen("the rules file is fetched", || {
            (shop.answered("/_headstart/rules/site.json", 200) > 0).then_some(())
        });
        browser.click("a[href='/products/3']").await;
        assert_eq!(browser.text("h1").await, "Desk lamp");
        assert_eq!(shop.requests("/products/3", "real") + shop.requests("/products/3", "speculative"), 1);
        browser.goto(&shop.url("/headless")).await;
        assert_eq!(browser.text("h1").await, "No head");
        browser.goto(&shop.url("/latin-1")).await;
        assert_eq!(browser.text("h1").await, "Gr\u{fc}\u{df}e aus K\u{f6}ln");
        assert_eq!(browser.run("return document.characterSet").await, "windows-1252");
        browser.goto(&shop.url("/csp")).await;
        let before = shop.answered("/_headstart/rules/site.json", 304)
            + shop.answered("/_headstart/rules/site.json", 200);
        assert!(before > 0);
        browser.click("nav a[href='/products']").await;
        assert_eq!(browser.text("h1").await, "Products");
        assert_eq!(browser.delivery().await, "navigational-prefetch", "a CSP does not keep the rules out");
    });
}

#[test]
fn a_browser_that_is_asked_tells_what_it_loaded() {
    let shop = Shop::start(&[("BEACON_SAMPLE", "1")]);
    shop.learn("/products", &[shop.host("cdn").to_owned()]);
    browser::with(|browser| async move {
        let told = || {
            let lines = shop.worker.program.output();
            lines.iter().filter(|line| line.contains("POST /_headstart/beacon 204")).count()
        };
        browser.goto(&shop.url("/products")).await;
        assert_eq!(browser.text("h1").await, "Products");
        seen("the page tells after a while", || (told() == 1).then_some(()));
        let scripts = "return document.querySelectorAll('script[src=\"/_headstart/beacon.js\"]').length";
        assert_eq!(browser.run(scripts).await, 1);
        // Whoever leaves at once tells on the way out.
        browser.goto(&shop.url("/products")).await;
        browser.goto(&shop.url("/cart")).await;
        seen("the page that was left has told", || (told() >= 2).then_some(()));
    });
}
