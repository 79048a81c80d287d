//! The next page in Chromium: what teaches and what does not, and what the browser does with what was learned.

use crate::support::browser::{self, seen};
use crate::support::guesses::Visitor;
use crate::support::origin::{After, Received, html, write};
use crate::support::shop::Shop;
use crate::support::site::Site;
use std::time::Duration;

const LAMP: &str = "main a[href='/products/2'], .grid a[href='/products/2']";

#[test]
fn the_learned_next_page_is_fetched_on_its_own_and_the_click_is_served_from_it() {
    let shop = Shop::start(&[("MIN_VISITORS", "5")]);
    shop.teach("/products", "/products/2", 3);
    shop.reset();
    browser::with(|browser| async move {
        browser.goto(&shop.url("/products")).await;
        seen("the lamp is prefetched", || (shop.requests("/products/2", "speculative") == 1).then_some(()));
        browser.click(LAMP).await;
        assert_eq!(browser.text("h1").await, "Floor lamp");
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        assert_eq!(shop.requests("/products/2", "real"), 0, "the prefetch is the visit");
    });
}

#[test]
fn with_prerender_on_the_click_activates_the_page() {
    let shop = Shop::start(&[("MIN_VISITORS", "5"), ("PRERENDER", "on")]);
    shop.teach("/products", "/products/2", 3);
    seen("it is to be prerendered", || {
        shop.nexts("/products").iter().any(|next| next[0] == "/products/2" && next[3] == 1).then_some(())
    });
    browser::with(|browser| async move {
        browser.goto(&shop.url("/products")).await;
        seen("the lamp is prerendered", || (shop.requests("/products/2", "speculative") >= 1).then_some(()));
        // Its scripts and pictures follow; a click before they are there activates it all the same.
        browser.click(LAMP).await;
        assert_eq!(browser.text("h1").await, "Floor lamp");
        let start = browser.run("return performance.getEntriesByType('navigation')[0].activationStart").await;
        assert!(start.as_f64().unwrap() > 0.0, "{start}");
    });
}

/// Shows a page whose next page is to be prerendered up to its first script, and clicks. Gives whether the click activated a
/// prerendered page, and by what it was delivered.
fn next_page_up_to_its_first_script(switches: &'static [&'static str]) -> (bool, String) {
    let shop = Shop::start(&[("MIN_VISITORS", "5"), ("PRERENDER", "until-script")]);
    shop.teach("/products", "/products/2", 3);
    seen("it is to be prerendered", || {
        shop.nexts("/products").iter().any(|next| next[0] == "/products/2" && next[3] == 2).then_some(())
    });
    let found = std::rc::Rc::new(std::cell::RefCell::default());
    let told = std::rc::Rc::clone(&found);
    browser::with_switches(switches, |browser| async move {
        shop.reset();
        browser.goto(&shop.url("/products")).await;
        seen("the lamp is loaded ahead", || (shop.requests("/products/2", "speculative") >= 1).then_some(()));
        browser.click(LAMP).await;
        assert_eq!(browser.text("h1").await, "Floor lamp");
        let start = browser.run("return performance.getEntriesByType('navigation')[0].activationStart").await;
        *told.borrow_mut() = (start.as_f64().unwrap() > 0.0, browser.delivery().await);
        assert_eq!(shop.requests("/products/2", "real"), 0);
    });
    found.take()
}

#[test]
fn until_script_renders_the_next_page_up_to_its_first_script_where_the_browser_can() {
    let (is_activated, _) = next_page_up_to_its_first_script(&["--enable-features=PrerenderUntilScript"]);
    assert!(is_activated);
}

#[test]
fn until_script_fetches_the_next_page_where_the_browser_cannot() {
    assert_eq!(next_page_up_to_its_first_script(&[]), (false, "navigational-prefetch".to_owned()));
}

#[test]
fn hovering_teaches_nothing_and_a_click_does() {
    // With nothing to waste, nothing is fetched before a visitor gives a sign.
    let shop = Shop::start(&[("MIN_VISITORS", "5"), ("WASTE_BUDGET", "0")]);
    shop.teach("/", "/products/1", 2);
    let lamp = |shop: &Shop| {
        let nexts = shop.nexts("/");
        let found = nexts.iter().find(|next| next[0] == "/products/1").cloned();
        found.map(|next| (next[1].as_f64().unwrap(), next[5].clone()))
    };
    // What was counted without wasm waits in the isolate for a view of which wasm decides.
    shop.get("/shelf");
    // Gives all that was taught time to be published: where the rule set stays the same, that happens every tenth time, and
    // nothing tells of it.
    std::thread::sleep(Duration::from_secs(12));
    let (before, tally) = lamp(&shop).expect("the lamp is published");
    assert_eq!(tally, serde_json::json!([0, 0, 0]));
    browser::with(|browser| async move {
        // What is true of every page, and what was learned of this one.
        browser::with_rules(&shop.worker, 2, browser.goto(&shop.url("/"))).await;
        browser
            .hover_until("#first", "the hover fetches the lamp", || {
                (shop.requests("/products/1", "speculative") > 0).then_some(())
            })
            .await;
        // It is open: used when its rules file is asked for, wasted when that has not happened for ten minutes.
        let (after, _) = seen("the speculation is open", || {
            lamp(&shop).filter(|(_, tally)| *tally == serde_json::json!([0, 0, 1]))
        });
        assert!(after <= before, "{after} after {before}");
        browser.click("#first").await;
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        let (used, _) = seen("the click settles it", || {
            lamp(&shop).filter(|(_, tally)| *tally == serde_json::json!([1, 0, 0]))
        });
        assert!(used > after, "{used} after {after}");
    });
}

#[test]
fn clicks_teach_with_scripts_switched_off() {
    let shop = Shop::start(&[("MIN_VISITORS", "1")]);
    browser::without_scripts(|browser| async move {
        let learned =
            || shop.nexts("/").iter().any(|next| next[0] == "/products/1" && next[2].as_u64() >= Some(2));
        // Four clicks that are counted are enough. The first ones are not: until its object has answered, an isolate
        // has no key of the day to tell visitors by, which takes as long as the machine is busy.
        for round in (0..40).take_while(|_| !learned()) {
            browser.goto(&shop.url("/")).await;
            let before = shop.requests("/products/1", "real") + shop.requests("/products/1", "speculative");
            browser.find("#first").await.click().await.unwrap();
            seen("the lamp is asked for", || {
                let now = shop.requests("/products/1", "real") + shop.requests("/products/1", "speculative");
                (now > before).then_some(())
            });
            assert_eq!(browser.text("h1").await, "Reading lamp", "{round}");
        }
        seen("the way is learned", || learned().then_some(()));
    });
}

#[test]
fn a_page_is_fetched_by_the_url_of_its_link_which_a_redirect_only_respells() {
    let site = Site::start(&[("MIN_VISITORS", "5")]);
    site.origin.answer(|request, stream| {
        let page = "<link rel=icon href=data:,><h1>Page</h1><main><a id=kb href=/kb>kb</a></main>";
        let redirect = b"HTTP/1.1 301 Moved Permanently\r\nLocation: /kb/\r\nContent-Length: 0\r\n\r\n";
        match request.target() {
            "/kb" => write(stream, redirect),
            _ => write(stream, &html(page)),
        }
        After::Keep
    });
    let home = format!("http://127.0.0.1:{}/a", site.worker.port);
    let mut number = 0;
    seen("the link is named", || {
        number += 1;
        let visitor = Visitor::by_address(&site, number);
        let fields =
            [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-User", "?1")];
        let click = [&fields[..], &[("Sec-Fetch-Site", "same-origin"), ("Referer", home.as_str())]].concat();
        let named = visitor.get("/a", &fields).get("speculation-rules").unwrap_or_default();
        visitor.get("/kb", &click);
        visitor.get("/kb/", &click);
        std::thread::sleep(Duration::from_millis(100));
        let learned =
            named.split(", ").map(|file| file.trim_matches('"')).find(|file| file.contains("/next/"))?;
        let set = visitor.get(learned, &[]).text();
        (set.contains("\"/kb\"") && set.contains("\"immediate\"")).then_some(())
    });
    site.origin.take();
    browser::with(|browser| async move {
        browser.goto(&home).await;
        let mut fetched = Vec::new();
        seen("the page is fetched ahead", || {
            fetched.extend(site.origin.take());
            fetched.iter().any(|received| received.target() == "/kb/").then_some(())
        });
        let is_speculative = |received: &&Received| received.head.get("sec-purpose").is_some();
        let ahead: Vec<&str> = fetched.iter().filter(is_speculative).map(Received::target).collect();
        assert_eq!(ahead, ["/kb", "/kb/"]);
        browser.click("#kb").await;
        assert_eq!(browser.run("return location.pathname").await, "/kb/");
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        let targets: Vec<String> =
            site.origin.take().iter().map(|received| received.target().to_owned()).collect();
        assert!(!targets.iter().any(|target| target.starts_with("/kb")), "{targets:?}");
    });
}
