//! A link that is known only by its text is not fetched on a guess, in whatever language it is, and its click works.

use crate::support::browser::{self, seen};
use crate::support::http;
use crate::support::shop::Shop;

/// The shop's pages with a sign-out whose URL tells nothing: "Abmelden", "Se déconnecter", "Cerrar sesión".
const PAGES: [(&str, &str); 3] = [("/door/de", "/k/17"), ("/door/fr", "/k/18"), ("/door/es", "/k/19")];

#[test]
fn a_link_that_is_known_only_by_its_text_is_not_fetched_on_a_guess_and_its_click_works() {
    let shop = Shop::start(&[("EAGERNESS", "moderate")]);
    browser::with(|browser| async move {
        for (number, (path, out)) in (1..).zip(PAGES) {
            browser.goto(&shop.url("/login/ada")).await;
            browser::with_rules(&shop.worker, 1, browser.goto(&shop.url(path))).await;
            let navigation = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
            let prefetch = [&navigation[..], &[("Sec-Purpose", "prefetch")]].concat();
            // Of views, some are read.
            let view = [&navigation[..], &[("Cookie", "session=ada")]].concat();
            seen("the page has been read", || {
                http::get(shop.worker.port, path, &view);
                let refused = http::get(shop.worker.port, out, &prefetch).get("headstart-refused");
                (refused.as_deref() == Some("unsafe-url;rule=sign-out;by=link")).then_some(())
            });
            let asked = |shop: &Shop| {
                let counters = shop.counters();
                let kinds = counters["requests"][out].as_object().cloned().unwrap_or_default();
                kinds.values().filter_map(serde_json::Value::as_u64).sum::<u64>()
            };
            shop.reset();
            let refused = shop.answered(out, 503);
            browser
                .hover_until("#lamp", "another link is fetched ahead", || {
                    (shop.answered("/products/4", 200) >= number).then_some(())
                })
                .await;
            browser
                .hover_until("#out", "the sign-out is refused", || {
                    (shop.answered(out, 503) > refused).then_some(())
                })
                .await;
            assert_eq!(browser.cookie("session").await.as_deref(), Some("ada"), "{path}");
            assert_eq!(asked(&shop), 0, "{path}: the shop was not asked");

            browser.click("#out").await;
            seen("the shop is asked", || (asked(&shop) == 1).then_some(()));
            assert_eq!(browser.cookie("session").await, None, "{path}");
            assert_eq!(asked(&shop), 1, "{path}: once, by the click");
        }
    });
}
