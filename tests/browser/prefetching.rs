//! Links are prefetched, prefetches change nothing, and every click works.

use crate::support::browser::{self, seen};
use crate::support::origin::{After, html, write};
use crate::support::shop::Shop;
use crate::support::site::Site;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

#[test]
fn hovering_prefetches_and_the_click_is_served_from_it() {
    let shop = Shop::start(&[("EAGERNESS", "moderate")]);
    browser::with(|browser| async move {
        browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/"))).await;
        browser
            .hover_until("#first", "a prefetch reaches the shop", || {
                (shop.requests("/products/1", "speculative") == 1).then_some(())
            })
            .await;
        browser::with_rules(&shop.worker, 1, browser.click("#first")).await;
        assert_eq!(browser.text("h1").await, "Reading lamp");
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        assert_eq!(shop.requests("/products/1", "real"), 0, "the prefetch is the visit");
        // Add to cart is left out of our rules, so hovering does not even try it.
        browser.hover("#add").await;
        browser
            .hover_until("nav a[href='/about']", "the next prefetch", || {
                (shop.requests("/about", "speculative") == 1).then_some(())
            })
            .await;
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
        browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/products"))).await;
        browser.click("a[href='/products/3']").await;
        assert_eq!(browser.text("h1").await, "Desk lamp");
        assert_eq!(shop.requests("/products/3", "real") + shop.requests("/products/3", "speculative"), 1);
        browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/headless"))).await;
        assert_eq!(browser.text("h1").await, "No head");
        browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/latin-1"))).await;
        assert_eq!(browser.text("h1").await, "Gr\u{fc}\u{df}e aus K\u{f6}ln");
        assert_eq!(browser.run("return document.characterSet").await, "windows-1252");
        // A browser that has much to do may have read the rules only after the press.
        let mut delivery = String::new();
        for _ in 0..5 {
            browser::with_rules(&shop.worker, 1, browser.goto(&shop.url("/csp"))).await;
            let [new, known] = [200, 304].map(|status| shop.answered("/_headstart/rules/site.json", status));
            assert!(new + known > 0);
            browser.click("nav a[href='/products']").await;
            assert_eq!(browser.text("h1").await, "Products");
            delivery = browser.delivery().await;
            if delivery == "navigational-prefetch" {
                break;
            }
        }
        assert_eq!(delivery, "navigational-prefetch", "a CSP does not keep the rules out");
    });
}

/// What it does has a name that no table knows, and its words have kept it from being fetched ahead, say.
#[test]
fn a_page_behind_a_link_that_does_something_is_shown_as_it_is_by_then() {
    let site = Site::start(&[("EAGERNESS", "moderate")]);
    let taken = Arc::new(AtomicBool::new(false));
    site.origin.answer(move |request, stream| {
        let page = |title: &str| {
            let links = "<a id=ticket href=/ticket>Ticket</a> <a id=act data-no-prefetch href=/k/17>Mine</a>";
            html(&format!("<link rel=icon href=data:,><h1>{title}</h1>{links}"))
        };
        let redirect = b"HTTP/1.1 302 Found\r\nLocation: /ticket\r\nContent-Length: 0\r\n\r\n";
        match request.target() {
            "/k/17" => {
                taken.store(true, Ordering::SeqCst);
                write(stream, redirect);
            }
            "/ticket" => {
                write(stream, &page(if taken.load(Ordering::SeqCst) { "Yours" } else { "Nobody's" }))
            }
            _ => write(stream, &page("Home")),
        }
        After::Keep
    });
    browser::with(|browser| async move {
        let home = format!("http://127.0.0.1:{}/", site.worker.port);
        browser::with_rules(&site.worker, 1, browser.goto(&home)).await;
        let ticket = || site.origin.take().iter().find(|received| received.target() == "/ticket").map(|_| ());
        browser.hover_until("#ticket", "the ticket is prefetched", ticket).await;
        browser.click("#act").await;
        assert_eq!(browser.run("return location.pathname").await, "/ticket");
        assert_eq!(browser.text("h1").await, "Yours");
        assert_eq!(browser.delivery().await, "");
    });
}
