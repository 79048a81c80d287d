//! Going back shows a page as it was left, as it does without us.

use crate::shelf::{KEY, until};
use crate::support::browser::{self, Browser};
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;

/// Where the page that was left is shown again: `true` where it comes from the back/forward cache, and else why not.
const SHOWN_AGAIN: &str = "const entry = performance.getEntriesByType('navigation')[0]; \
     return document.readyState !== 'complete' || location.pathname !== '/page' ? null : \
         window.isRestored ?? JSON.stringify(entry.notRestoredReasons)";

/// Whether the page is loaded once more to go back to it.
const SHOWN_ANEW: &str = "return document.readyState === 'complete' && location.pathname === '/page' && \
     performance.getEntriesByType('navigation')[0].type === 'back_forward'";

const PAGE: &str = "<!doctype html><title>Page</title><link rel=icon href='data:,'><h1>Page</h1><a id=next href=/next>Next</a>\
     <script>addEventListener('pageshow', (event) => { if (event.persisted) window.isRestored = true; });</script>";

fn site() -> Site {
    let site = Site::start(&[("SEAL_KEY", KEY), ("EAGERNESS", "moderate")]);
    site.origin.answer(move |received, stream| {
        let title = |title: &str| {
            format!("<!doctype html><title>{title}</title><link rel=icon href='data:,'><h1>{title}</h1>")
        };
        let answer = match received.target() {
            "/" => html(&format!("{}<a id=page href=/page>Page</a>", title("Home"))),
            "/page" => ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", PAGE.as_bytes()),
            "/next" => html(&title("Next")),
            _ => ok("", b""),
        };
        write(stream, &answer);
        After::Keep
    });
    site
}

/// Leaves the page and goes back. Whether it was restored, or why not.
async fn leave_and_return(browser: &Browser) -> serde_json::Value {
    browser.click("#next").await;
    assert_eq!(browser.text("h1").await, "Next");
    browser.run("history.back()").await;
    until("the page is shown again", async || {
        let shown = browser.client.execute(SHOWN_AGAIN, Vec::new()).await.ok()?;
        (!shown.is_null()).then_some(shown)
    })
    .await
}

#[test]
fn a_page_that_was_prefetched_is_restored_as_one_of_the_origin_is() {
    let site = site();
    let without_us = format!("{}/", site.origin.url());
    browser::with(|browser| async move {
        browser.goto(&without_us).await;
        browser.click("#page").await;
        assert_eq!(leave_and_return(&browser).await, true);
    });
    let url = format!("http://127.0.0.1:{}/", site.worker.port);
    let worker = &site.worker;
    let printed = |line: &str| worker.output().iter().any(|printed| printed.contains(line));
    browser::with(|browser| async move {
        browser::with_rules(worker, 1, browser.goto(&url)).await;
        browser
            .hover_until("#page", "the page is prefetched", || printed("GET /page 200").then_some(()))
            .await;
        assert_eq!(browser.cookie("visits").await, None);
        browser.click("#page").await;
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        browser.holds("visits", "1").await;
        assert_eq!(leave_and_return(&browser).await, true);
    });
}

/// What was asked for of the page since the last call.
fn asked(site: &Site) -> usize {
    site.origin.take().iter().filter(|received| received.target() == "/page").count()
}

#[test]
fn a_page_that_was_prefetched_is_shown_again_from_the_browsers_cache_where_it_keeps_no_page() {
    let site = site();
    let url = format!("http://127.0.0.1:{}/", site.worker.port);
    browser::with_switches(&["--disable-features=BackForwardCache"], |browser| async move {
        browser::with_rules(&site.worker, 1, browser.goto(&url)).await;
        browser.hover_until("#page", "the page is prefetched", || (asked(&site) == 1).then_some(())).await;
        browser.click("#page").await;
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        browser.holds("visits", "1").await;
        browser.click("#next").await;
        assert_eq!(browser.text("h1").await, "Next");
        browser.run("history.back()").await;
        until("the page is shown again", async || {
            let shown = browser.client.execute(SHOWN_ANEW, Vec::new()).await.ok()?;
            (shown == true).then_some(())
        })
        .await;
        assert_eq!(browser.run("return performance.getEntriesByType('navigation')[0].transferSize").await, 0);
        assert_eq!(asked(&site), 0, "as without us");
    });
}
