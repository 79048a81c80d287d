//! The report in Chromium: what it says is what the shop and the browser have counted; it is accessible, needs no script, and cannot
//! be framed.

use crate::support::browser::{self, Browser, seen};
use crate::support::http;
use crate::support::origin::html;
use crate::support::shop::Shop;
use crate::support::{eventually, root};
use serde_json::{Value, json};
use std::time::Duration;

const TOKEN: &str = "a-token-of-the-tests-of-forty-characters";
const KEY: &str = "a key of the tests, forty characters long";

fn report(shop: &Shop) -> Value {
    let authorization = format!("Bearer {TOKEN}");
    let request = format!(
        "GET /_headstart/?format=json HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nAuthorization: {authorization}\r\nConnection: close\r\n\r\n",
        shop.worker.port
    );
    serde_json::from_str(&http::raw(shop.worker.port, request.as_bytes()).text()).unwrap()
}

async fn sign_in(browser: &Browser, shop: &Shop) {
    browser.goto(&shop.url("/_headstart/")).await;
    browser.find("#token").await.send_keys(TOKEN).await.unwrap();
    browser.find("main button").await.click().await.unwrap();
    browser.find("#state").await;
}

/// What axe-core finds on the page that is shown.
async fn violations(browser: &Browser) -> Vec<String> {
    let axe = std::fs::read_to_string(root().join("node_modules/axe-core/axe.min.js"))
        .expect("axe-core is installed");
    let script = format!(
        "{axe}; const done = arguments[arguments.length - 1]; axe.run().then(({{ violations }}) => done(violations.map(\
         ({{ id, nodes }}) => `${{id}}: ${{nodes.map(({{ html, failureSummary }}) => html + failureSummary).join(' ')}}`)), (error) => done([String(error)]))"
    );
    let found = browser.client.execute_async(&script, Vec::new()).await.expect("axe runs");
    serde_json::from_value(found).unwrap()
}

#[test]
fn the_figures_are_those_that_the_shop_and_a_browser_have_counted() {
    let shop = Shop::start(&[("EAGERNESS", "moderate"), ("SEAL_KEY", KEY), ("ADMIN_TOKEN", TOKEN)]);
    browser::with(|browser| async move {
        let shop = &shop;
        // The day's key tells visitors apart: it comes with the first page.
        browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/"))).await;
        let (mut views, mut clicks) = (1, 0);
        eventually("the first view is counted", Duration::from_secs(30), || {
            // Something has to be sent for what was counted to go with it.
            shop.get("/visits");
            (report(shop)["views"]["plain"] == views).then_some(())
        });
        // One is fetched ahead in vain, and two are used: the lamp's page makes the visitor one with a session, so it comes last.
        browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/products"))).await;
        views += 1;
        browser
            .hover_until("nav a[href='/about']", "a prefetch in vain", || {
                (shop.requests("/about", "speculative") == 1).then_some(())
            })
            .await;
        for (from, link, to) in [("/", "#first", "/products/1"), ("/shelf", "a[href='/shelf/3']", "/shelf/3")]
        {
            browser::with_rules(&shop.worker, 1, browser.goto(&shop.url(from))).await;
            views += 1;
            browser
                .hover_until(link, "a prefetch reaches the shop", || {
                    (shop.requests(to, "speculative") == 1).then_some(())
                })
                .await;
            browser::with_rules(&shop.worker, 1, browser.click(link)).await;
            assert_eq!(browser.delivery().await, "navigational-prefetch");
            clicks += 1;
        }
        let counted = shop.counters();
        let of_shop = |kind: &str| -> u64 {
            let requests = counted["requests"].as_object().unwrap();
            let pages = ["/", "/products", "/products/1", "/shelf", "/shelf/3", "/about"];
            pages.iter().filter_map(|page| requests.get(*page)?[kind].as_u64()).sum()
        };
        let told = eventually("the report has all of it", Duration::from_secs(60), || {
            shop.get("/visits");
            let report = report(shop);
            let arrived = report["speculations"][0]["prefetches"].as_u64().unwrap_or_default();
            (report["views"]["plain"] == views
                && report["views"]["prefetched"] == clicks
                && arrived == clicks + 1)
                .then_some(report)
        });
        let rule = &told["speculations"][0];
        assert_eq!((rule["rule"].as_str(), rule["eagerness"].as_str()), (Some("baseline"), Some("moderate")));
        assert_eq!(
            rule["prefetches"].as_u64(),
            Some(of_shop("speculative")),
            "what reached the shop: {counted}"
        );
        assert_eq!(
            (rule["used"].as_u64(), rule["told"].as_u64()),
            (Some(clicks), Some(clicks + 1)),
            "{rule}"
        );
        assert_eq!((rule["unused"].as_u64(), rule["refused"].as_u64()), (Some(1), Some(0)));
        assert_eq!(told["engines"]["Chromium"].as_u64().map(|seen| seen > 0), Some(true));
        let seen_cookie = told["cookies"]
            .as_array()
            .unwrap()
            .iter()
            .find(|it| it["name"] == "sid")
            .expect("the shelf's cookie");
        assert_eq!(seen_cookie["deferred"], 1, "{seen_cookie}");
        assert_eq!(told["deferred"]["cookie"], 2);
        assert_eq!(told["redeemed"], 1);
        assert_eq!(of_shop("real"), views, "each view that was not there ahead: {counted}");
    });
}

#[test]
fn its_pages_are_accessible_and_look_like_something() {
    let shop = Shop::start(&[("ADMIN_TOKEN", TOKEN), ("SEAL_KEY", KEY)]);
    // Two pages, so that nothing of one has the name of something of the other.
    for page in ["/products", "/"] {
        shop.learn(page, &[shop.host("cdn").to_owned()]);
    }
    for path in ["/products", "/logout"] {
        let guess =
            [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
        let fields: String = guess.iter().map(|(name, value)| format!("{name}: {value}\r\n")).collect();
        let request = format!(
            "GET {path} HTTP/1.1\r\nHost: 127.0.0.1:{}\r\nConnection: close\r\n{fields}\r\n",
            shop.worker.port
        );
        http::raw(shop.worker.port, request.as_bytes());
    }
    eventually("there is something to show", Duration::from_secs(30), || {
        shop.get("/products");
        (report(&shop)["refused"] != json!([])).then_some(())
    });
    browser::with(|browser| async move {
        browser.goto(&shop.url("/_headstart/")).await;
        assert_eq!(violations(&browser).await, [""; 0], "the page to sign in");
        browser.find("#token").await.send_keys("wrong").await.unwrap();
        browser.click("main button").await;
        assert_eq!(browser.text("[role=alert]").await, "That is not the token.");
        assert_eq!(violations(&browser).await, [""; 0], "the page after a wrong token");
        sign_in(&browser, &shop).await;
        for path in [
            "/_headstart/",
            "/_headstart/?page=/products",
            "/_headstart/why?url=/products",
            "/_headstart/why?url=/logout&speculate=1",
        ] {
            browser.goto(&shop.url(path)).await;
            browser.run("document.querySelectorAll('details').forEach((one) => (one.open = true))").await;
            assert_eq!(violations(&browser).await, [""; 0], "{path}");
            let is_narrow =
                "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
            assert_eq!(browser.run(is_narrow).await, true, "{path} is no wider than its window");
            assert_eq!(browser.run("return document.scripts.length").await, 0);
        }
        browser.click("header a").await;
        browser.click("header button").await;
        browser.find("#token").await;
        browser.goto(&shop.url("/_headstart/")).await;
        browser.find("#token").await;
    });
}

#[test]
fn it_works_without_scripts_and_in_a_narrow_window() {
    let shop = Shop::start(&[("ADMIN_TOKEN", TOKEN), ("SEAL_KEY", KEY)]);
    shop.learn("/products", &[shop.host("cdn").to_owned()]);
    browser::without_scripts(|browser| async move {
        browser.client.set_window_size(500, 800).await.unwrap();
        sign_in(&browser, &shop).await;
        let is_narrow = "return document.documentElement.scrollWidth <= document.documentElement.clientWidth";
        assert_eq!(browser.run(is_narrow).await, true);
        assert!(browser.text("h1").await.starts_with("Headstart of 127.0.0.1"));
        browser.goto(&shop.url("/_headstart/why?url=/products")).await;
        assert!(browser.text("main p b").await.contains("is given"));
        browser.find("input[name=url]").await.clear().await.unwrap();
        browser.find("input[name=url]").await.send_keys("/logout").await.unwrap();
        browser.find("button[name=speculate]").await.click().await.unwrap();
        seen("the answer", || {
            shop.worker.output().iter().any(|line| line.contains("GET /_headstart/why 200")).then_some(())
        });
        assert!(browser.text(".bad").await.contains("This refuses it"));
    });
}

#[test]
fn no_other_page_frames_it_or_sends_its_form() {
    let shop = Shop::start(&[("ADMIN_TOKEN", TOKEN)]);
    let evil = crate::support::origin::Origin::start();
    let target = shop.url("/_headstart/");
    evil.say(&html(&format!(
        "<iframe src='{target}'></iframe><form id=f method=post action='{target}sign-in'><input name=token value='{TOKEN}'><button>x</button></form>"
    )));
    browser::with(|browser| async move {
        sign_in(&browser, &shop).await;
        browser.client.delete_all_cookies().await.unwrap();
        // Another site: its name is another one.
        browser.goto(&evil.url().replace("127.0.0.1", "localhost")).await;
        let framed = "try { return document.querySelector('iframe').contentDocument?.title ?? 'other' } catch { return 'other' }";
        assert_eq!(browser.run(framed).await, "other");
        browser.click("#f button").await;
        assert_eq!(
            browser.text("[role=alert]").await,
            "Only the forms of these pages themselves may send this."
        );
        assert_eq!(browser.cookie("headstart-report").await, None);
    });
}
