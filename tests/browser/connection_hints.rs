//! Hints open the sockets that the page uses, each in its own pool, and no others.

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
    let pages = [("/story", &font_in_css), ("/planner", &module), ("/poster", &both), ("/film", &frame)];
    // All are on their way to be learned before one is waited for.
    for (path, _) in pages {
        shop.get(path);
    }
    for (path, link) in pages {
        support::eventually(path, Duration::from_secs(60), || {
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
