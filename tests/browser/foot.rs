//! The foot of the demo shop's pages, as `make dev` serves them: it says what Headstart did, and says the truth.

use crate::support::browser::{self, Browser};
use crate::support::folder::Folder;
use crate::support::process::Program;
use crate::support::{self, http};
use serde_json::Value;
use std::time::Duration;

/// `make dev`, and what it leaves behind. The program ends before its folder goes: it looks for its files there until then.
struct Dev {
    port: u16,
    _program: Program,
    _folder: Folder,
}

impl Dev {
    fn start() -> Self {
        let port = support::free_port();
        let environment =
            [("PORT", port.to_string()), ("EAGERNESS", "moderate".to_owned()), ("ORIGIN", String::new())];
        let environment: Vec<(&str, &str)> =
            environment.iter().map(|(name, value)| (*name, value.as_str())).collect();
        let mut program = Program::start_worker(&["node", "tools/dev.mjs"], &environment);
        program.line("the shop is ready", Duration::from_secs(120), |line| {
            line.starts_with("Headstart ready on")
        });
        Self { port, _program: program, _folder: Folder(support::root().join(format!(".dev/{port}"))) }
    }

    fn url(&self, path: &str) -> String {
        format!("http://127.0.0.1:{}{path}", self.port)
    }

    fn requests(&self, path: &str, kind: &str) -> u64 {
        let counters: Value =
            serde_json::from_str(&http::get(self.port, "/counters.json", &[]).text()).unwrap();
        counters["requests"][path][kind].as_u64().unwrap_or(0)
    }
}

/// What the foot of the page says once it has asked.
async fn foot(browser: &Browser) -> String {
    browser.find("#headstart[data-told]").await;
    browser.text("#headstart").await
}

#[test]
fn it_says_how_a_view_came_and_what_was_deferred_of_it() {
    let dev = Dev::start();
    browser::with(|browser| async move {
        browser.goto(&dev.url("/shelf")).await;
        let said = foot(&browser).await;
        assert!(said.contains("plain: it was asked for when you came"), "{said}");
        assert!(said.contains("any link when pointed at for a moment"), "{said}");
        assert!(said.contains("nothing: you asked yourself"), "{said}");

        browser
            .hover_until("a[href='/shelf/3']", "the lamp is prefetched", || {
                (dev.requests("/shelf/3", "speculative") == 1).then_some(())
            })
            .await;
        browser.click("a[href='/shelf/3']").await;
        let said = foot(&browser).await;
        assert!(said.contains("prefetched: it was asked for before you came"), "{said}");
        for deferred in ["the cookie seen_products", "the cookie sid", "the visit that is counted"] {
            assert!(said.contains(deferred), "{deferred}: {said}");
        }

        // Its own questions are no visits.
        browser.goto(&dev.url("/about")).await;
        foot(&browser).await;
        assert_eq!(dev.requests("/about", "real"), 1);
        assert_eq!(dev.requests("/foot.json", "real"), 0);

        // What the shop's headers say shows after some seconds.
        support::eventually("hints", Duration::from_secs(60), || {
            let told = http::get(dev.port, "/foot.json?path=/about", &[]).text();
            http::get(dev.port, "/about", &[]);
            let told: Value = serde_json::from_str(&told).unwrap();
            let hints = told["hints"].as_array().unwrap();
            hints.iter().any(|hint| hint["name"] == "cdn" && hint["rel"] == "preconnect").then_some(())
        });
        browser.goto(&dev.url("/about")).await;
        let said = foot(&browser).await;
        assert!(said.contains("connect to") && said.contains("cdn"), "{said}");
    });
}

#[test]
fn the_shop_can_be_made_slow_and_every_page_has_a_foot() {
    let dev = Dev::start();
    browser::with(|browser| async move {
        browser.goto(&dev.url("/products")).await;
        assert_eq!(browser.text("#pace").await, "Let the shop take 300 ms for each page");
        browser.click("#pace").await;
        assert_eq!(browser.text("#pace").await, "Let the shop answer at once (it takes 300 ms)");
        assert_eq!(browser.run("return location.pathname").await, "/products");
        let waited = browser.run("return performance.getEntriesByType('navigation')[0].responseStart").await;
        assert!(waited.as_f64().unwrap() > 300.0, "{waited}");
        browser.click("#pace").await;
        assert_eq!(browser.text("#pace").await, "Let the shop take 300 ms for each page");
        for path in ["/", "/headless", "/latin-1", "/slow", "/story", "/counters", "/nowhere"] {
            browser.goto(&dev.url(path)).await;
            assert!(foot(&browser).await.contains("plain"), "{path}");
        }
        assert_eq!(browser.run("return document.querySelector('#dashboard').pathname").await, "/_headstart/");
        browser.goto(&dev.url("/csp")).await;
        assert!(foot(&browser).await.contains("not known: the page's policy"));
        browser.goto(&dev.url("/strict-shelf")).await;
        assert!(browser.text("#headstart").await.contains("allows no scripts"));
    });
}
