//! Chromium, driven by ChromeDriver. Unlike other drivers it leaves prefetching, prerendering and preconnects on.

use super::process::Program;
use super::worker::Worker;
use super::{eventually, free_port};
use fantoccini::actions::{InputSource, MouseActions, PointerAction};
use fantoccini::elements::Element;
use fantoccini::{Client, ClientBuilder, Locator};
use serde_json::{Value, json};
use std::future::Future;
use std::path::PathBuf;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

pub struct Browser {
    pub client: Client,
    profile: PathBuf,
    // Last: the driver ends after the session.
    _driver: Program,
}

/// Runs a test in a browser with a fresh profile, and closes it whatever happens.
pub fn with<F: Future<Output = ()>>(test: impl FnOnce(std::rc::Rc<Browser>) -> F) {
    run(&[], &json!({}), test);
}

/// The same in a browser that is started with these switches as well.
pub fn with_switches<F: Future<Output = ()>>(
    switches: &[&str],
    test: impl FnOnce(std::rc::Rc<Browser>) -> F,
) {
    run(switches, &json!({}), test);
}

/// The same in a browser that runs no scripts of pages.
pub fn without_scripts<F: Future<Output = ()>>(test: impl FnOnce(std::rc::Rc<Browser>) -> F) {
    run(&[], &json!({ "profile.managed_default_content_settings.javascript": 2 }), test);
}

fn run<F: Future<Output = ()>>(
    switches: &[&str],
    preferences: &Value,
    test: impl FnOnce(std::rc::Rc<Browser>) -> F,
) {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    runtime.block_on(async {
        let browser = std::rc::Rc::new(Browser::start(switches, preferences).await);
        test(std::rc::Rc::clone(&browser)).await;
        browser.client.clone().close().await.expect("the browser closes");
    });
}

fn program(variable: &str) -> String {
    std::env::var(variable)
        .unwrap_or_else(|_| panic!("{variable} is not set; `make test` finds the browser and sets it"))
}

/// How long ChromeDriver may take to start. Where it was just installed, nothing of it is in memory yet.
const START: Duration = Duration::from_secs(180);

impl Browser {
    async fn start(switches: &[&str], preferences: &Value) -> Self {
        static NUMBER: AtomicU32 = AtomicU32::new(0);
        let number = NUMBER.fetch_add(1, Ordering::Relaxed);
        let profile = PathBuf::from(env!("CARGO_TARGET_TMPDIR"))
            .join(format!("profile-{}-{number}", std::process::id()));
        let port = free_port();
        let mut driver = Program::start(&[&program("CHROMEDRIVER"), &format!("--port={port}")], &[]);
        driver.line("ChromeDriver is ready", START, |line| line.contains("started successfully"));
        let profile_switch = format!("--user-data-dir={}", profile.display());
        let mut arguments = vec![
            "--headless",
            "--no-sandbox",
            "--disable-gpu",
            "--disable-quic",
            "--no-first-run",
            "--disable-background-networking",
            "--disable-component-update",
            "--disable-sync",
            "--window-size=1200,900",
            &profile_switch,
        ];
        arguments.extend(switches);
        let options = json!({ "binary": program("CHROME"), "args": arguments, "prefs": preferences });
        let capabilities = serde_json::Map::from_iter([("goog:chromeOptions".to_owned(), options)]);
        let client = ClientBuilder::new(hyper_util::client::legacy::connect::HttpConnector::new())
            .capabilities(capabilities)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .expect("a browser session");
        Self { client, profile, _driver: driver }
    }

    pub async fn goto(&self, url: &str) {
        self.client.goto(url).await.expect("the page loads");
    }

    pub async fn find(&self, selector: &str) -> Element {
        self.client
            .wait()
            .for_element(Locator::Css(selector))
            .await
            .unwrap_or_else(|error| panic!("{selector}: {error}"))
    }

    /// The text of an element.
    pub async fn text(&self, selector: &str) -> String {
        for _ in 0..20 {
            // A page that is just being replaced by another takes its elements along.
            if let Ok(text) = self.find(selector).await.text().await {
                return text;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no text of {selector}");
    }

    /// Clicks, and waits until the page that follows has loaded.
    pub async fn click(&self, selector: &str) {
        let before = self.run("return performance.timeOrigin").await;
        self.find(selector).await.click().await.expect("a click");
        for _ in 0..200 {
            let now =
                self.run("return document.readyState === 'complete' ? performance.timeOrigin : null").await;
            if !now.is_null() && now != before {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("no page follows the click on {selector}");
    }

    /// Moves the mouse onto an element, and leaves it there.
    pub async fn hover(&self, selector: &str) {
        let element = self.find(selector).await;
        let away = PointerAction::MoveTo { duration: Some(Duration::from_millis(20)), x: 5.0, y: 5.0 };
        let onto = PointerAction::MoveToElement {
            element,
            duration: Some(Duration::from_millis(50)),
            x: 0.0,
            y: 0.0,
        };
        let mouse = MouseActions::new("mouse".to_owned()).then(away).then(onto);
        self.client.perform_actions(mouse).await.expect("the mouse moves");
    }

    /// Points at a link, again and again, until `probe` gives something: a mouse that was over the link before the page had
    /// its rules has the link fetched by none of them.
    pub async fn hover_until<T>(
        &self,
        selector: &str,
        what: &str,
        mut probe: impl FnMut() -> Option<T>,
    ) -> T {
        for _ in 0..10 {
            self.hover(selector).await;
            for _ in 0..40 {
                if let Some(found) = probe() {
                    return found;
                }
                tokio::time::sleep(Duration::from_millis(50)).await;
            }
        }
        panic!("pointed at {selector} ten times, and not seen: {what}");
    }

    /// Runs a script and gives what it returns.
    pub async fn run(&self, script: &str) -> Value {
        self.client.execute(script, Vec::new()).await.expect("the script runs")
    }

    /// The value of a cookie as the browser holds it, `HttpOnly` ones included.
    pub async fn cookie(&self, name: &str) -> Option<String> {
        self.client.get_named_cookie(name).await.ok().map(|cookie| cookie.value().to_owned())
    }

    /// Waits until the browser holds a cookie with this value.
    pub async fn holds(&self, name: &str, value: &str) {
        for _ in 0..200 {
            if self.cookie(name).await.as_deref() == Some(value) {
                return;
            }
            tokio::time::sleep(Duration::from_millis(50)).await;
        }
        panic!("the cookie {name} is {:?}, not {value}", self.cookie(name).await);
    }

    /// How the current page was delivered: `navigational-prefetch`, `cache` or an empty string.
    pub async fn delivery(&self) -> String {
        let delivery = self.run("return performance.getEntriesByType('navigation')[0].deliveryType").await;
        delivery.as_str().expect("a delivery type").to_owned()
    }
}

impl Drop for Browser {
    fn drop(&mut self) {
        let profile = self.profile.clone();
        // The browser writes its profile to the last; a leftover lies in the target folder and harms nobody.
        let _ = std::fs::remove_dir_all(profile);
    }
}

/// Goes to another page, and waits until it has been given its rules files, of which there are so many: a mouse that is over
/// a link before the rules are there has the link fetched by none of them.
pub async fn with_rules(worker: &Worker, files: usize, go: impl Future<Output = ()>) {
    let before = worker.rules_asked();
    go.await;
    seen("the page has its rules", || (worker.rules_asked() >= before + files).then_some(()));
}

/// Waits, outside the browser, until `probe` gives something.
pub fn seen<T>(what: &str, probe: impl FnMut() -> Option<T>) -> T {
    eventually(what, Duration::from_secs(20), probe)
}
