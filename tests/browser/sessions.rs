//! No visitor is shown a page of a session that is over, and no speculation loses a session or a form token.

use crate::shelf::{ACTIVATE, KEY, add_rule, posted, start, until};
use crate::support::browser::{self, Browser, seen};
use crate::support::http::Head;
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::shop::Shop;
use crate::support::site::Site;
use std::sync::{Arc, Mutex};

/// In another tab, and back.
async fn sign_out_elsewhere(shop: &Shop, browser: &Browser) {
    let here = browser.client.window().await.expect("this tab");
    let other = browser.client.new_window(true).await.expect("another tab").handle;
    browser.client.switch_to_window(other).await.expect("the other tab");
    browser.goto(&shop.url("/")).await;
    browser.click("#logout").await;
    assert_eq!(browser.text("#user").await, "Signed out.");
    assert_eq!(browser.cookie("session").await, None);
    browser.client.switch_to_window(here).await.expect("this tab again");
}

async fn sign_in(shop: &Shop, browser: &Browser) {
    browser.goto(&shop.url("/")).await;
    browser.click("#login").await;
    assert_eq!(browser.text("#user").await, "Signed in as Ada.");
    seen("the account is shown", || (shop.answered("/account", 200) == 1).then_some(()));
    browser.goto(&shop.url("/products")).await;
}

/// How often the account's page was asked for, in whatever way.
fn accounts(shop: &Shop) -> u64 {
    shop.requests("/account", "speculative") + shop.requests("/account", "real")
}

const ACCOUNT: &str = "nav a[href='/account']";

#[test]
fn after_sign_out_in_another_tab_a_page_prefetched_before_is_not_shown() {
    let shop = start(&[]);
    browser::with(|browser| async move {
        sign_in(&shop, &browser).await;
        let before = shop.answered("/account", 200);
        add_rule(&browser, "prefetch", "/account").await;
        seen("the account is fetched", || (shop.answered("/account", 200) == before + 1).then_some(()));
        assert_eq!(shop.requests("/account", "speculative"), 1);
        sign_out_elsewhere(&shop, &browser).await;
        let before = accounts(&shop);
        browser.click(ACCOUNT).await;
        assert_eq!(browser.text("#user").await, "Signed out.");
        assert_eq!(accounts(&shop), before + 1, "the shop was asked anew");
    });
}

/// Signs in, has the account prerendered, signs out in another tab, and goes to the account. Answers how often a page that was shown
/// had to find out that it is another visitor's.
fn sign_out_after_prerendering(clear: &str) -> usize {
    let shop = start(&[("CLEAR_SPECULATIONS", clear)]);
    let found_out = std::cell::Cell::new(0);
    let told = &found_out;
    browser::with(|browser| async move {
        sign_in(&shop, &browser).await;
        let before = shop.answered("/account", 200);
        add_rule(&browser, "prerender", "/account").await;
        seen("the account is fetched", || (shop.answered("/account", 200) == before + 1).then_some(()));
        // Its script is the last thing that it waits for.
        seen("it is rendered", || (shop.answered("/_headstart/activate.js", 200) == 1).then_some(()));
        assert_eq!(shop.requests("/account", "speculative"), 1);
        sign_out_elsewhere(&shop, &browser).await;
        browser.click(ACCOUNT).await;
        until("the page says so", async || (browser.text("#user").await == "Signed out.").then_some(()))
            .await;
        told.set(posted(&shop, ACTIVATE, 409));
    });
    found_out.get()
}

#[test]
fn after_sign_out_in_another_tab_the_browser_forgets_a_page_prerendered_before() {
    assert_eq!(sign_out_after_prerendering("on"), 0);
}

#[test]
fn after_sign_out_in_another_tab_a_page_prerendered_before_finds_out_by_itself() {
    // On a busy machine Chromium may fetch a page anew that it has rendered: then there is nothing to find out, and it is tried again.
    let mut found_out = std::iter::repeat_with(|| sign_out_after_prerendering("off")).take(4);
    assert_eq!(found_out.find(|times| *times > 0), Some(1));
}

/// How an origin keeps sessions, or checks forms.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Keeps {
    /// Each view gives the session another name, and no other is good.
    Rotated,
    /// Each view writes the same session in another way, and all are good.
    Rewritten,
    /// What a form sends must be what the cookie says, which each view renews.
    Token,
}

/// An origin that is particular about what it is sent.
struct Particular {
    keeps: Keeps,
    /// The number of the last session or token that was given.
    last: u64,
    rejected: Vec<String>,
}

impl Particular {
    const fn cookie(&self) -> &'static str {
        match self.keeps {
            Keeps::Rotated | Keeps::Rewritten => "session",
            Keeps::Token => "csrftoken",
        }
    }

    fn is_good(&self, cookie: Option<&str>) -> bool {
        match self.keeps {
            Keeps::Rotated => cookie == Some(&format!("ada-{}", self.last)),
            Keeps::Rewritten => cookie.is_some_and(|value| value.starts_with("ada-")),
            // One that is absent is given.
            Keeps::Token => true,
        }
    }

    fn answer(&mut self, received: &Received) -> Vec<u8> {
        let cookie = cookie_of(&received.head, self.cookie());
        let path = received.target();
        let is_good = path == "/login" || self.is_good(cookie.as_deref());
        match (received.method(), path) {
            ("GET", "/login" | "/a" | "/b") => {
                if !is_good {
                    self.rejected.push(format!("{path} with {cookie:?}, last is {}", self.last));
                    return html("<h1>Signed out</h1>");
                }
                self.last += 1;
                let (name, value) = (self.cookie(), format!("ada-{}", self.last));
                let http_only = if self.keeps == Keeps::Token { "" } else { "; HttpOnly" };
                let headers = format!(
                    "Content-Type: text/html\r\nCache-Control: no-store\r\nSet-Cookie: {name}={value}; Path=/{http_only}\r\n"
                );
                let page = format!(
                    "<!doctype html><title>Page</title><link rel=icon href='data:,'><h1>Ada on {path}</h1>\
                     <p><a id=next href=/b>B</a> \
                     <form method=post action=/send><input type=hidden name=token value={value}><button id=send>Send</button></form>"
                );
                ok(&headers, page.as_bytes())
            }
            ("POST", "/send") => {
                let sent = String::from_utf8_lossy(&received.body.0).into_owned();
                let matches = sent == format!("token={}", cookie.clone().unwrap_or_default());
                if !is_good || (self.keeps == Keeps::Token && !matches) {
                    self.rejected.push(format!("{sent} with {cookie:?}, last is {}", self.last));
                    return html("<h1>Rejected</h1>");
                }
                html("<!doctype html><link rel=icon href='data:,'><h1>Accepted</h1>")
            }
            _ => ok("", b""),
        }
    }
}

fn cookie_of(head: &Head, name: &str) -> Option<String> {
    let cookies = head.get("cookie")?;
    let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.find(|(other, _)| *other == name).map(|(_, value)| value.to_owned())
}

/// Posts the form of the page that is shown, which stays.
const POST: &str = "const form = document.querySelector('form'); \
     return fetch(form.action, { method: 'POST', body: new URLSearchParams(new FormData(form)) }).then((answer) => answer.text())";

/// Views page A while B is fetched ahead, posts A's form or not, and goes on to B and posts its form.
fn go_from_a_to_b(keeps: Keeps, posts_on_a: bool) {
    let site = Site::start(&[("SEAL_KEY", KEY), ("EAGERNESS", "moderate")]);
    let particular = Arc::new(Mutex::new(Particular { keeps, last: 0, rejected: Vec::new() }));
    let answering = Arc::clone(&particular);
    site.origin.answer(move |received, stream| {
        let answer = answering.lock().unwrap().answer(received);
        write(stream, &answer);
        After::Keep
    });
    let what = format!("{keeps:?}, posts on A: {posts_on_a}");
    let worker = &site.worker;
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", worker.port);
    let printed = |line: &str| worker.output().iter().any(|printed| printed.contains(line));
    let reached = |wanted: &dyn Fn(&Received) -> bool| site.origin.take().iter().any(wanted);
    let is_prefetch =
        |received: &Received| received.target() == "/b" && received.head.get("sec-purpose").is_some();
    let rejected = || particular.lock().unwrap().rejected.clone();
    let last = || format!("ada-{}", particular.lock().unwrap().last);
    let name = particular.lock().unwrap().cookie();
    browser::with(|browser| async move {
        for path in ["/login", "/a"] {
            browser::with_rules(worker, 1, browser.goto(&url(path))).await;
        }
        let on_a = last();
        assert_eq!(browser.cookie(name).await.as_deref(), Some(on_a.as_str()), "{what}");
        browser.hover_until("#next", "B is prefetched", || reached(&is_prefetch).then_some(())).await;
        seen("B is answered", || printed("GET /b 200").then_some(()));
        let on_b = last();
        assert_ne!(on_a, on_b);
        // The session is the new one at once; the token is still that of the page that is shown.
        let expected = if keeps == Keeps::Token { &on_a } else { &on_b };
        until("the answer is there", async || {
            (browser.cookie(name).await.as_ref() == Some(expected)).then_some(())
        })
        .await;
        if posts_on_a {
            let answer = browser.run(POST).await;
            assert!(answer.as_str().unwrap().contains("Accepted"), "{what}: {answer}, {:?}", rejected());
        }
        browser.click("#next").await;
        assert_eq!(browser.text("h1").await, "Ada on /b", "{what}: {:?}", rejected());
        if !posts_on_a {
            assert_eq!(browser.delivery().await, "navigational-prefetch", "{what}");
        }
        let token = browser.run("return document.querySelector('[name=token]').value").await;
        until("the page's cookie is there", async || {
            (browser.cookie(name).await.as_deref() == token.as_str()).then_some(())
        })
        .await;
        browser.click("#send").await;
        assert_eq!(browser.text("h1").await, "Accepted", "{what}: {:?}", rejected());
        browser.goto(&url("/a")).await;
        assert_eq!(browser.text("h1").await, "Ada on /a", "{what}");
        assert_eq!(rejected(), [""; 0], "{what}");
    });
}

#[test]
fn a_session_that_each_view_renames_is_not_lost() {
    go_from_a_to_b(Keeps::Rotated, false);
}

#[test]
fn a_session_that_each_view_renames_is_not_lost_when_a_form_is_sent_meanwhile() {
    go_from_a_to_b(Keeps::Rotated, true);
}

#[test]
fn a_session_that_each_view_rewrites_is_not_lost() {
    go_from_a_to_b(Keeps::Rewritten, false);
}

#[test]
fn a_session_that_each_view_rewrites_is_not_lost_when_a_form_is_sent_meanwhile() {
    go_from_a_to_b(Keeps::Rewritten, true);
}

#[test]
fn a_form_token_and_its_cookie_stay_together() {
    go_from_a_to_b(Keeps::Token, false);
}

#[test]
fn a_form_token_and_its_cookie_stay_together_when_a_form_is_sent_meanwhile() {
    go_from_a_to_b(Keeps::Token, true);
}
