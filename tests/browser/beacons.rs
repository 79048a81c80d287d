//! A browser that is asked tells from which third parties a page has loaded.

use crate::support::browser::{self, seen};
use crate::support::shop::Shop;

#[test]
fn a_browser_that_is_asked_tells_what_it_loaded() {
    let shop = Shop::start(&[("BEACON_SAMPLE", "1")]);
    shop.learn("/products", &[shop.host("cdn").to_owned()]);
    browser::with(|browser| async move {
        let told = || {
            let lines = shop.worker.output();
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
