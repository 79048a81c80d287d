//! Analytics do not count a prerendered page before it is activated, unless the site says so.

use crate::shelf::{ACTIVATE, activation_start, posted, rendered, start, until};
use crate::support::browser::{self, seen};
use crate::support::shop::Shop;
use serde_json::json;

/// What the statistics' host was asked for: whether by a page that is shown, in order.
fn statistics(shop: &Shop) -> Vec<bool> {
    let log = shop.counters()["thirdParties"]["statistics"]["requests"].clone();
    let asked = log.as_array().unwrap().iter().filter(|entry| entry["url"] == "/count.js");
    asked.map(|entry| entry["purpose"].is_null()).collect()
}

#[test]
fn analytics_of_a_prerendered_page_wait_until_it_is_activated() {
    let shop = start(&[("EAGERNESS", "moderate"), ("GATE_SCRIPTS", "127.0.0.1/count.js")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf")).await;
        rendered(&shop);
        seen("the page that is shown counts itself", || (statistics(&shop) == [true]).then_some(()));
        browser.click("#eager").await;
        assert!(activation_start(&browser).await > 0.0);
        until("the script has run", async || {
            (browser.run("return window.counted ?? 0").await == 1).then_some(())
        })
        .await;
        seen("what was deferred is done", || (posted(&shop, ACTIVATE, 204) == 1).then_some(()));
        assert_eq!(statistics(&shop), [true, true]);
        assert_eq!(browser.run("return window.counted").await, 1);

        // A page that is only fetched runs nothing before, so its script is left alone.
        browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/shelf"))).await;
        seen("the shelf counts itself", || (statistics(&shop).len() == 3).then_some(()));
        browser
            .hover_until("#shelf a[href='/shelf/7']", "a prefetch", || {
                (shop.answered("/shelf/7", 200) == 1).then_some(())
            })
            .await;
        browser.click("#shelf a[href='/shelf/7']").await;
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        until("the script has run", async || {
            (browser.run("return window.counted ?? 0").await == 1).then_some(())
        })
        .await;
        assert_eq!(statistics(&shop), [true; 4]);
        let types = "return [...document.scripts].filter((script) => script.src.endsWith('/count.js')).map((script) => script.type)";
        assert_eq!(browser.run(types).await, json!([""]));
    });
}

#[test]
fn analytics_that_are_not_deferred_count_what_is_not_activated() {
    let shop = start(&[("GATE_ANALYTICS", "off"), ("GATE_SCRIPTS", "127.0.0.1/count.js")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf")).await;
        rendered(&shop);
        seen("both pages count themselves", || {
            let mut asked = statistics(&shop);
            asked.sort_unstable();
            (asked == [false, true]).then_some(())
        });
    });
}
