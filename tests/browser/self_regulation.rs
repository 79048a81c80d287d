//! The baseline that has risen by itself, in Chromium: a hover fetches, and the browser says by which rule, and what its
//! visitor points with.

use crate::support::browser::{self, Browser};
use crate::support::guesses::{Visitor, raise, serve};
use crate::support::origin::Received;
use crate::support::site::Site;
use std::rc::Rc;

/// Hovers over the link to a page that nobody visits, and gives its prefetch.
async fn hovered(browser: Rc<Browser>, site: &Site) -> Received {
    browser.goto(&format!("http://127.0.0.1:{}/p/3", site.worker.port)).await;
    site.origin.take();
    let prefetch = || site.origin.take().into_iter().find(|received| received.target() == "/new");
    browser.hover_until("#new", "the link is prefetched", prefetch).await
}

#[test]
fn a_hover_fetches_by_the_moderate_rule_and_says_so() {
    let site = Site::start(&[("MIN_VISITORS", "5")]);
    serve(&site);
    raise(|number| Visitor::by_address(&site, number));
    browser::with(|browser| async move {
        let prefetch = hovered(Rc::clone(&browser), &site).await;
        let said = |name: &str| prefetch.head.get(name);
        assert_eq!(said("sec-purpose").as_deref(), Some("prefetch"));
        assert_eq!(said("sec-speculation-tags").as_deref(), Some("\"headstart-moderate\""));
        assert_eq!(said("sec-ch-ua-mobile").as_deref(), Some("?0"));
        browser.click("#new").await;
        assert_eq!(browser.delivery().await, "navigational-prefetch");
    });
}
