//! The DevTools protocol, beside ChromeDriver: it tells how Chromium reads a rule set, which WebDriver does not.
//!
//! A DevTools session on a page keeps that page from prerendering others; prefetches go on as ever.

use super::browser::Browser;
use super::http;
use super::origin::{After, Origin, html, ok, write};
use serde_json::{Value, json};
use std::collections::VecDeque;
use std::net::TcpStream;
use std::time::Duration;
use tungstenite::{Message, WebSocket};

/// The longest time that any one message may take.
const READ_TIMEOUT: Duration = Duration::from_secs(20);

/// A session on the page that a browser shows.
pub struct DevTools {
    socket: WebSocket<TcpStream>,
    calls: u64,
    events: VecDeque<Value>,
}

impl DevTools {
    pub fn connect(browser: &Browser) -> Self {
        let options = browser.client.capabilities().and_then(|all| all.get("goog:chromeOptions"));
        let address = options.and_then(|options| options["debuggerAddress"].as_str()).expect("an address");
        let port: u16 = address.rsplit(':').next().unwrap().parse().expect("a port");
        // Chromium answers only those who know it by its address.
        let request =
            format!("GET /json/list HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\n\r\n");
        let targets: Value =
            serde_json::from_str(&http::raw(port, request.as_bytes()).text()).expect("a list of targets");
        let page = targets.as_array().unwrap().iter().find(|target| target["type"] == "page");
        let page = page.expect("a page")["id"].as_str().unwrap().to_owned();
        let stream = TcpStream::connect(("127.0.0.1", port)).expect("Chromium accepts");
        stream.set_read_timeout(Some(READ_TIMEOUT)).unwrap();
        let url = format!("ws://127.0.0.1:{port}/devtools/page/{page}");
        let (socket, _) = tungstenite::client(url, stream).expect("an upgrade");
        Self { socket, calls: 0, events: VecDeque::new() }
    }

    /// Calls a method and gives its result.
    pub fn call(&mut self, method: &str, parameters: &Value) -> Value {
        self.calls += 1;
        let id = self.calls;
        let call = json!({ "id": id, "method": method, "params": parameters });
        self.socket.send(Message::text(call.to_string())).expect("Chromium reads");
        loop {
            let mut message = self.read(method);
            if message["id"] == id {
                assert!(message["error"].is_null(), "{method}: {}", message["error"]);
                return message["result"].take();
            }
            self.events.push_back(message);
        }
    }

    /// Waits for an event that `wanted` accepts, and gives what it says. Others that came before it are gone.
    pub fn event(&mut self, method: &str, wanted: impl Fn(&Value) -> bool) -> Value {
        loop {
            let mut message = self.events.pop_front().unwrap_or_else(|| self.read(method));
            if message["method"] == method && wanted(&message["params"]) {
                return message["params"].take();
            }
        }
    }

    fn read(&mut self, what: &str) -> Value {
        loop {
            let message = self.socket.read().unwrap_or_else(|error| panic!("{what}: {error}"));
            if let Message::Text(text) = message {
                return serde_json::from_str(text.as_str()).expect("a message");
            }
        }
    }
}

/// What Chromium holds against a rule set with this text, which a page names by header: nothing where it takes every
/// rule.
pub async fn rule_set_errors(browser: &Browser, rule_set: &str) -> Vec<String> {
    let origin = Origin::start();
    let rules = ok("Content-Type: application/speculationrules+json\r\n", rule_set.as_bytes());
    let page =
        ok("Content-Type: text/html\r\nSpeculation-Rules: \"/rules.json\"\r\n", b"<title>Rules</title>");
    origin.answer(move |received, stream| {
        let answer = match received.target() {
            "/" => page.clone(),
            "/rules.json" => rules.clone(),
            _ => html(""),
        };
        write(stream, &answer);
        After::Keep
    });
    errors_on(browser, &format!("{}/", origin.url()), &format!("{}/rules.json", origin.url())).await
}

/// Visits a page that names the rule set at this URL, and gives what Chromium holds against it.
pub async fn errors_on(browser: &Browser, page: &str, rule_set: &str) -> Vec<String> {
    let mut devtools = DevTools::connect(browser);
    devtools.call("Preload.enable", &json!({}));
    browser.goto(page).await;
    let updated =
        devtools.event("Preload.ruleSetUpdated", |parameters| parameters["ruleSet"]["url"] == rule_set);
    let set = &updated["ruleSet"];
    let error = set["errorType"].as_str();
    error
        .map(|kind| format!("{kind}: {}", set["errorMessage"].as_str().unwrap_or_default()))
        .into_iter()
        .collect()
}
