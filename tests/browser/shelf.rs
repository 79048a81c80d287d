//! The demo shop's shelves, whose pages count their views: by a request, by a picture, and by a script. The tests of activation
//! share this file.

use crate::support::browser::{Browser, seen};
use crate::support::shop::Shop;
use serde_json::{Value, json};
use std::time::{Duration, Instant};

pub const KEY: &str = "a key of the tests, forty characters long";

pub const PATHS: &str = "/shelf/* /strict-shelf/* /pixel.gif /seen";

pub const ACTIVATE: &str = "/_headstart/activate";

pub fn start(variables: &[(&str, &str)]) -> Shop {
    let mut all = vec![("SEAL_KEY", KEY), ("EFFECT_PATHS", PATHS)];
    all.extend(variables);
    Shop::start(&all)
}

/// Waits for something that only the browser knows.
pub async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
    let start = Instant::now();
    loop {
        if let Some(found) = probe().await {
            return found;
        }
        assert!(start.elapsed() < Duration::from_secs(20), "not within 20 s: {what}");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// What the shop has counted: views by requests, pictures, and scripts that told.
pub fn counted(shop: &Shop) -> [Value; 3] {
    let counters = shop.counters();
    ["views", "pixels", "beacons"].map(|kind| counters[kind].clone())
}

pub fn nothing() -> [Value; 3] {
    [json!({}), json!({}), json!({})]
}

/// The names of all cookies that the browser holds for the site, in order.
pub async fn cookie_names(browser: &Browser) -> Vec<String> {
    let cookies = browser.client.get_all_cookies().await.expect("the cookies");
    let mut names: Vec<String> = cookies.iter().map(|cookie| cookie.name().to_owned()).collect();
    names.sort();
    names
}

/// Waits until the page's cookies are there, and gives the session's value.
pub async fn sid_when_seen_is(browser: &Browser, count: &str) -> String {
    until("the cookies are set", async || {
        let is_there = browser.cookie("seen_products").await.as_deref() == Some(count);
        if is_there { browser.cookie("sid").await } else { None }
    })
    .await
}

/// How often the Worker answered a `POST` to a path with a status.
pub fn posted(shop: &Shop, path: &str, status: u16) -> usize {
    let line = format!("POST {path} {status}");
    shop.worker.output().iter().filter(|printed| printed.contains(&line)).count()
}

/// Waits until the page that is shown has its rules.
pub fn rules_are_there(shop: &Shop) {
    let file = "/_headstart/rules/site.json";
    seen("the rules file is fetched", || {
        (shop.answered(file, 200) + shop.answered(file, 304) > 0).then_some(())
    });
}

/// What else than the request a view of a shelf's page is counted by.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Counts {
    Both,
    Picture,
    Nothing,
}

impl Counts {
    /// What the shop has counted when each of these pages was viewed once.
    pub fn of(self, paths: &[&str]) -> [Value; 3] {
        let once: Value = paths.iter().map(|path| ((*path).to_owned(), json!(1))).collect();
        let picture = if self == Self::Nothing { json!({}) } else { once.clone() };
        let script = if self == Self::Both { once.clone() } else { json!({}) };
        [once, picture, script]
    }
}

/// How long before the page that is shown was activated it had been begun; 0 where it was not prerendered.
pub async fn activation_start(browser: &Browser) -> f64 {
    let start = browser.run("return performance.getEntriesByType('navigation')[0].activationStart").await;
    start.as_f64().expect("a number")
}

/// Waits until a prerendering page of the shelf has had its picture and its script has told, as far as it can see.
pub fn rendered(shop: &Shop) {
    seen("the page is rendered", || {
        (shop.answered("/pixel.gif", 200) == 1 && posted(shop, "/seen", 204) == 1).then_some(())
    });
}

/// Gives the page that is shown a rule of its own, which takes effect at once.
pub async fn add_rule(browser: &Browser, action: &str, path: &str) {
    let rules = json!({ action: [{ "urls": [path], "eagerness": "immediate" }] }).to_string();
    let script = format!(
        "const rules = document.createElement('script'); rules.type = 'speculationrules'; \
         rules.text = {}; document.head.append(rules);",
        json!(rules)
    );
    browser.run(&script).await;
}
