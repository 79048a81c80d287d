//! A speculation changes nothing until somebody looks, in Chromium: what counts is counted once, cookies come once, and
//! nobody is shown, or may send, what is no longer so.

use crate::support::browser::{self, Browser, seen};
use crate::support::http::Head;
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::shop::Shop;
use crate::support::site::Site;
use serde_json::{Value, json};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

const KEY: &str = "a key of the tests, forty characters long";
const PATHS: &str = "/shelf/* /strict-shelf/* /pixel.gif /seen";
const ACTIVATE: &str = "/_headstart/activate";

fn start(variables: &[(&str, &str)]) -> Shop {
    let mut all = vec![("SEAL_KEY", KEY), ("EFFECT_PATHS", PATHS)];
    all.extend(variables);
    Shop::start(&all)
}

/// Waits for something that only the browser knows.
async fn until<T>(what: &str, mut probe: impl AsyncFnMut() -> Option<T>) -> T {
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
fn counted(shop: &Shop) -> [Value; 3] {
    let counters = shop.counters();
    ["views", "pixels", "beacons"].map(|kind| counters[kind].clone())
}

fn nothing() -> [Value; 3] {
    [json!({}), json!({}), json!({})]
}

/// The names of all cookies that the browser holds for the site, in order.
async fn cookie_names(browser: &Browser) -> Vec<String> {
    let cookies = browser.client.get_all_cookies().await.expect("the cookies");
    let mut names: Vec<String> = cookies.iter().map(|cookie| cookie.name().to_owned()).collect();
    names.sort();
    names
}

/// Waits until the page's cookies are there, and gives the session's value.
async fn sid_when_seen_is(browser: &Browser, count: &str) -> String {
    until("the cookies are set", async || {
        let is_there = browser.cookie("seen_products").await.as_deref() == Some(count);
        if is_there { browser.cookie("sid").await } else { None }
    })
    .await
}

/// How often the Worker answered a `POST` to a path with a status.
fn posted(shop: &Shop, path: &str, status: u16) -> usize {
    let line = format!("POST {path} {status}");
    shop.worker.program.output().iter().filter(|printed| printed.contains(&line)).count()
}

/// Waits until the page that is shown has its rules.
fn rules_are_there(shop: &Shop) {
    let file = "/_headstart/rules/site.json";
    seen("the rules file is fetched", || {
        (shop.answered(file, 200) + shop.answered(file, 304) > 0).then_some(())
    });
}

/// What else than the request a view of a shelf's page is counted by.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Counts {
    Both,
    Picture,
    Nothing,
}

impl Counts {
    /// What the shop has counted when each of these pages was looked at once.
    fn of(self, paths: &[&str]) -> [Value; 3] {
        let once: Value = paths.iter().map(|path| ((*path).to_owned(), json!(1))).collect();
        let picture = if self == Self::Nothing { json!({}) } else { once.clone() };
        let script = if self == Self::Both { once.clone() } else { json!({}) };
        [once, picture, script]
    }
}

/// Hovers over ten pages of a shelf, opens one, and then another.
async fn hover_over_ten_and_open_two(shop: &Shop, browser: &Browser, shelf: &str, counts: Counts) {
    browser.goto(&shop.url(shelf)).await;
    rules_are_there(shop);
    let link = |number: usize| format!("#shelf a[href='{shelf}/{number}']");
    for number in 1..=10 {
        browser.hover(&link(number)).await;
        let path = format!("{shelf}/{number}");
        seen(&format!("{path} is prefetched"), || (shop.answered(&path, 200) == 1).then_some(()));
        assert_eq!(shop.requests(&path, "speculative"), 1, "{path}");
    }
    assert_eq!(counted(shop), nothing());
    assert_eq!(cookie_names(browser).await, [""; 0]);

    let (first, second) = (format!("{shelf}/10"), format!("{shelf}/4"));
    browser.click(&link(10)).await;
    assert_eq!(browser.delivery().await, "navigational-prefetch");
    assert_eq!(browser.text("h1").await, "Uplight lamp");
    let sid = sid_when_seen_is(browser, "1").await;
    seen("the view is counted", || (counted(shop) == counts.of(&[&first])).then_some(()));
    assert_eq!(shop.counters()["requests"][&first], json!({ "real": 1, "speculative": 1 }));

    // With cookies of its own, the next one counts on.
    browser.goto(&shop.url(shelf)).await;
    browser.hover(&link(4)).await;
    seen("another prefetch", || (shop.requests(&second, "speculative") == 2).then_some(()));
    assert_eq!(browser.cookie("seen_products").await.as_deref(), Some("1"));
    browser.click(&link(4)).await;
    assert_eq!(browser.delivery().await, "navigational-prefetch");
    assert_eq!(sid_when_seen_is(browser, "2").await, sid, "the session stays");
    seen("both views are counted", || (counted(shop) == counts.of(&[&first, &second])).then_some(()));
    assert_eq!(cookie_names(browser).await, ["seen_products", "sid"]);
}

#[test]
fn ten_pages_hovered_over_count_nothing_and_one_that_is_opened_counts_once() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::with(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/shelf", Counts::Both).await;
    });
}

#[test]
fn the_same_with_scripts_switched_off() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::without_scripts(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/shelf", Counts::Picture).await;
    });
}

#[test]
fn the_same_on_pages_whose_policy_allows_nothing() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::with(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/strict-shelf", Counts::Nothing).await;
    });
}

#[test]
fn the_same_on_pages_whose_policy_allows_nothing_with_scripts_switched_off() {
    let shop = start(&[("EAGERNESS", "moderate")]);
    browser::without_scripts(|browser| async move {
        hover_over_ten_and_open_two(&shop, &browser, "/strict-shelf", Counts::Nothing).await;
    });
}

#[test]
fn without_speculations_a_page_counts_in_the_same_way() {
    let shop = start(&[("RULES", "off")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/shelf")).await;
        browser.click("#shelf a[href='/shelf/10']").await;
        assert_eq!(browser.delivery().await, "");
        let sid = sid_when_seen_is(&browser, "1").await;
        seen("the view is counted", || (counted(&shop) == Counts::Both.of(&["/shelf/10"])).then_some(()));
        browser.goto(&shop.url("/shelf")).await;
        browser.click("#shelf a[href='/shelf/4']").await;
        assert_eq!(sid_when_seen_is(&browser, "2").await, sid);
        seen("both are counted", || {
            (counted(&shop) == Counts::Both.of(&["/shelf/10", "/shelf/4"])).then_some(())
        });
        let requests = &shop.counters()["requests"];
        for path in ["/shelf/10", "/shelf/4"] {
            assert_eq!(requests[path], json!({ "real": 1, "speculative": 0 }), "{path}");
        }
    });
}

/// How long before the page that is shown was activated it had been begun; 0 where it was not prerendered.
async fn activation_start(browser: &Browser) -> f64 {
    let start = browser.run("return performance.getEntriesByType('navigation')[0].activationStart").await;
    start.as_f64().expect("a number")
}

/// Waits until a prerendering page of the shelf has had its picture and its script has told, as far as it can see.
fn rendered(shop: &Shop) {
    seen("the page is rendered", || {
        (shop.answered("/pixel.gif", 200) == 1 && posted(shop, "/seen", 204) == 1).then_some(())
    });
}

#[test]
fn a_page_that_is_rendered_ahead_counts_when_somebody_looks() {
    let shop = start(&[]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf")).await;
        rendered(&shop);
        assert_eq!(shop.requests("/shelf/3", "speculative"), 1);
        assert_eq!(counted(&shop), nothing());
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser.click("#eager").await;
        assert!(activation_start(&browser).await > 0.0);
        let sid = sid_when_seen_is(&browser, "1").await;
        seen("what was put off is done", || (posted(&shop, ACTIVATE, 204) == 1).then_some(()));
        seen("it is counted", || (counted(&shop) == Counts::Both.of(&["/shelf/3"])).then_some(()));
        let requests = &shop.counters()["requests"];
        assert_eq!(requests["/shelf/3"], json!({ "real": 1, "speculative": 1 }));
        assert_eq!(
            requests["/pixel.gif"],
            json!({ "real": 1, "speculative": 0 }),
            "as if nobody had guessed"
        );
        assert_eq!(requests["/seen"], json!({ "real": 1, "speculative": 0 }));

        // Once more, as who has been here. Where nobody looks, nothing comes of it.
        for rendered in 2..=3 {
            browser.goto(&shop.url("/eager-shelf")).await;
            seen("the page is rendered anew", || {
                (shop.answered("/pixel.gif", 200) == rendered && posted(&shop, "/seen", 204) == rendered)
                    .then_some(())
            });
            assert_eq!(counted(&shop), Counts::Both.of(&["/shelf/3"]));
            assert_eq!(browser.cookie("seen_products").await.as_deref(), Some("1"));
        }
        browser.click("#eager").await;
        assert!(activation_start(&browser).await > 0.0);
        assert_eq!(sid_when_seen_is(&browser, "2").await, sid);
        seen("what was put off is done", || (posted(&shop, ACTIVATE, 204) == 2).then_some(()));
        let twice = json!({ "/shelf/3": 2 });
        let twice = [twice.clone(), twice.clone(), twice];
        seen("it is counted again", || (counted(&shop) == twice).then_some(()));
    });
}

#[test]
fn a_page_that_was_rendered_and_is_shown_as_it_was_fetched_counts_once() {
    let site = Site::start(&[("SEAL_KEY", KEY), ("EFFECT_PATHS", "/page /pixel.gif /seen")]);
    let home = "<!doctype html><title>Home</title><link rel=icon href='data:,'><a id=page href=/page>Page</a>\
         <script type=speculationrules>{\"prerender\":[{\"urls\":[\"/page\"],\"eagerness\":\"immediate\"}]}</script>";
    let page = "<!doctype html><title>Page</title><link rel=icon href='data:,'><h1>Page</h1><img src=/pixel.gif>\
         <script>navigator.sendBeacon('/seen')</script>";
    site.origin.answer(move |received, stream| {
        let answer = match received.target() {
            "/" => html(home),
            "/page" => ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", page.as_bytes()),
            // The browser gives up what it has rendered, as it does with the oldest of several, and keeps what it fetched.
            "/forget" => ok("Clear-Site-Data: \"prerenderCache\"\r\n", b""),
            _ => ok("", b""),
        };
        write(stream, &answer);
        After::Keep
    });
    let url = format!("http://127.0.0.1:{}/", site.worker.port);
    let printed =
        |line: &str| site.worker.program.output().iter().filter(|printed| printed.contains(line)).count();
    let mut reached = Vec::new();
    let mut reached = || {
        let is_counted = |received: &Received| ["/page", "/pixel.gif", "/seen"].contains(&received.target());
        for received in site.origin.take().into_iter().filter(is_counted) {
            let is_guess = received.head.get("sec-purpose").is_some();
            reached.push((received.target().to_owned(), is_guess));
        }
        reached.sort();
        reached.clone()
    };
    let guess = ("/page".to_owned(), true);
    let looks = ["/page", "/pixel.gif", "/seen"].map(|path| (path.to_owned(), false));
    browser::with(|browser| async move {
        browser.goto(&url).await;
        seen("the page is rendered", || {
            (printed("GET /pixel.gif 200") == 1 && printed("POST /seen 204") == 1).then_some(())
        });
        assert_eq!(reached(), std::slice::from_ref(&guess));
        browser.run("return fetch('/forget').then((answer) => answer.text())").await;
        browser.click("#page").await;
        assert_eq!(activation_start(&browser).await, 0.0);
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        until("the cookie is set", async || browser.cookie("visits").await).await;
        seen("what was put off is done", || (printed("POST /_headstart/activate 204") == 1).then_some(()));
        seen("the page sends what it sends", || {
            (printed("POST /seen") == 2 && printed("GET /pixel.gif") == 2).then_some(())
        });
        let mut expected = looks.to_vec();
        expected.push(guess);
        expected.sort();
        assert_eq!(reached(), expected);
    });
}

#[test]
fn where_no_script_can_run_a_page_that_counts_is_not_rendered_ahead() {
    let shop = start(&[]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf?strict")).await;
        seen("it is refused", || (shop.answered("/strict-shelf/3", 503) >= 1).then_some(()));
        assert_eq!(counted(&shop), nothing());
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser.click("#eager").await;
        assert_eq!(activation_start(&browser).await, 0.0);
        assert_eq!(browser.text("h1").await, "Candle lamp");
        sid_when_seen_is(&browser, "1").await;
        seen("the view is counted", || {
            (counted(&shop) == Counts::Nothing.of(&["/strict-shelf/3"])).then_some(())
        });
    });
}

/// Gives the page that is shown a rule of its own, which takes effect at once.
async fn add_rule(browser: &Browser, action: &str, path: &str) {
    let rules = json!({ action: [{ "urls": [path], "eagerness": "immediate" }] }).to_string();
    let script = format!(
        "const rules = document.createElement('script'); rules.type = 'speculationrules'; \
         rules.text = {}; document.head.append(rules);",
        json!(rules)
    );
    browser.run(&script).await;
}

#[test]
fn a_page_that_was_fetched_and_is_then_rendered_counts_once() {
    // The browser renders what it has fetched, and asks for the rules that it names while nobody looks, and not again. A click
    // at once finds none of that done.
    for (shelf, counts, at_once) in [
        ("/shelf", Counts::Both, false),
        ("/shelf", Counts::Both, true),
        ("/strict-shelf", Counts::Nothing, false),
        ("/strict-shelf", Counts::Nothing, true),
    ] {
        let what = format!("{shelf}, at once: {at_once}");
        let shop = start(&[]);
        browser::with(|browser| async move {
            let (home, path) = ("/eager-shelf?none", format!("{shelf}/3"));
            browser
                .goto(&shop.url(&format!("{home}{}", if counts == Counts::Nothing { "&strict" } else { "" })))
                .await;
            rules_are_there(&shop);
            add_rule(&browser, "prefetch", &path).await;
            seen("it is fetched", || (shop.answered(&path, 200) == 1).then_some(()));
            let asked = || shop.answered("/_headstart/rules/site.json", 200);
            let before = asked();
            add_rule(&browser, "prerender", &path).await;
            if !at_once {
                seen("it is rendered", || (asked() == before + 1).then_some(()));
                if counts == Counts::Both {
                    rendered(&shop);
                }
                assert_eq!(counted(&shop), nothing(), "{what}");
                assert_eq!(cookie_names(&browser).await, [""; 0], "{what}");
            }
            browser.click("#eager").await;
            assert!(at_once || activation_start(&browser).await > 0.0, "{what}");
            assert_eq!(browser.text("h1").await, "Candle lamp");
            sid_when_seen_is(&browser, "1").await;
            seen(&what, || (counted(&shop) == counts.of(&[&path])).then_some(()));
            assert_eq!(shop.counters()["requests"][&path], json!({ "real": 1, "speculative": 1 }), "{what}");
        });
    }
}

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
    browser.goto(&shop.url("/products")).await;
}

/// How often the account's page was asked for, in whatever way.
fn accounts(shop: &Shop) -> u64 {
    shop.requests("/account", "speculative") + shop.requests("/account", "real")
}

const ACCOUNT: &str = "nav a[href='/account']";

#[test]
fn who_signed_out_in_another_tab_is_not_shown_what_was_fetched_before() {
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

#[test]
fn who_signed_out_in_another_tab_is_not_shown_what_was_rendered_before() {
    // Once the browser forgets it, once the page itself finds out.
    for clear in ["on", "off"] {
        let shop = start(&[("CLEAR_SPECULATIONS", clear)]);
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
            assert_eq!(posted(&shop, ACTIVATE, 409), usize::from(clear == "off"), "clear: {clear}");
        });
    }
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

/// Looks at page A while B is fetched ahead, posts A's form or not, and goes on to B and posts its form.
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
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
    let printed = |line: &str| site.worker.program.output().iter().any(|printed| printed.contains(line));
    let reached = |wanted: &dyn Fn(&Received) -> bool| site.origin.take().iter().any(wanted);
    let is_prefetch =
        |received: &Received| received.target() == "/b" && received.head.get("sec-purpose").is_some();
    let rejected = || particular.lock().unwrap().rejected.clone();
    let last = || format!("ada-{}", particular.lock().unwrap().last);
    let name = particular.lock().unwrap().cookie();
    browser::with(|browser| async move {
        browser.goto(&url("/login")).await;
        browser.goto(&url("/a")).await;
        let on_a = last();
        assert_eq!(browser.cookie(name).await.as_deref(), Some(on_a.as_str()), "{what}");
        seen("the rules file is fetched", || printed("GET /_headstart/rules/site.json 200").then_some(()));
        browser.hover("#next").await;
        seen("B is prefetched", || reached(&is_prefetch).then_some(()));
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
fn a_session_that_each_view_gives_another_name_is_not_lost() {
    go_from_a_to_b(Keeps::Rotated, true);
    go_from_a_to_b(Keeps::Rotated, false);
}

#[test]
fn a_session_that_each_view_writes_anew_is_not_lost() {
    go_from_a_to_b(Keeps::Rewritten, true);
    go_from_a_to_b(Keeps::Rewritten, false);
}

#[test]
fn a_form_and_the_cookie_that_it_is_held_against_stay_together() {
    go_from_a_to_b(Keeps::Token, true);
    go_from_a_to_b(Keeps::Token, false);
}

/// What the statistics' host was asked for: whether somebody looked, in order.
fn statistics(shop: &Shop) -> Vec<bool> {
    let log = shop.counters()["thirdParties"]["statistics"]["requests"].clone();
    let asked = log.as_array().unwrap().iter().filter(|entry| entry["url"] == "/count.js");
    asked.map(|entry| entry["purpose"].is_null()).collect()
}

#[test]
fn statistics_of_a_rendered_page_wait_until_somebody_looks() {
    let shop = start(&[("EAGERNESS", "moderate"), ("GATE_SCRIPTS", "127.0.0.1/count.js")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf")).await;
        rendered(&shop);
        seen("the page that is shown counts itself", || (statistics(&shop) == [true]).then_some(()));
        browser.click("#eager").await;
        assert!(activation_start(&browser).await > 0.0);
        until("the script has run", async || {
            (browser.run("return window.counted ?? 0").await == 1).then_some(())
        })
        .await;
        seen("what was put off is done", || (posted(&shop, ACTIVATE, 204) == 1).then_some(()));
        assert_eq!(statistics(&shop), [true, true]);
        assert_eq!(browser.run("return window.counted").await, 1);

        // A page that is only fetched runs nothing before, so its script is left alone.
        browser.goto(&shop.url("/shelf")).await;
        seen("the shelf counts itself", || (statistics(&shop).len() == 3).then_some(()));
        browser.hover("#shelf a[href='/shelf/7']").await;
        seen("a prefetch", || (shop.answered("/shelf/7", 200) == 1).then_some(()));
        browser.click("#shelf a[href='/shelf/7']").await;
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        until("the script has run", async || {
            (browser.run("return window.counted ?? 0").await == 1).then_some(())
        })
        .await;
        assert_eq!(statistics(&shop), [true; 4]);
        let types = "return [...document.scripts].filter((script) => script.src.endsWith('/count.js')).map((script) => script.type)";
        assert_eq!(browser.run(types).await, json!([""]));
    });
}

#[test]
fn statistics_that_are_not_held_back_count_who_does_not_look() {
    let shop = start(&[("GATE_ANALYTICS", "off"), ("GATE_SCRIPTS", "127.0.0.1/count.js")]);
    browser::with(|browser| async move {
        browser.goto(&shop.url("/eager-shelf")).await;
        rendered(&shop);
        seen("both pages count themselves", || {
            let mut asked = statistics(&shop);
            asked.sort_unstable();
            (asked == [false, true]).then_some(())
        });
    });
}

#[test]
fn in_a_browser_that_runs_no_scripts_a_page_with_something_withheld_is_not_rendered_ahead() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    let link = "<link rel=icon href='data:,'><a id=page href='/page?a=1&amp;b=%2F'>Page</a>";
    let home = format!("<!doctype html><title>Home</title>{link}");
    let page = "<!doctype html><meta name=referrer content=no-referrer><title>Page</title><link rel=icon href='data:,'>\
         <h1>Page</h1>";
    let rules = br#"{"prerender":[{"urls":["/page?a=1&b=%2F"],"eagerness":"immediate"}]}"#;
    site.origin.answer(move |received, stream| {
        let rules_field = "Content-Type: text/html\r\nSpeculation-Rules: \"/mine.json\"\r\n";
        let answer = match received.target() {
            "/" => ok(rules_field, home.as_bytes()),
            "/mine.json" => ok("Content-Type: application/speculationrules+json\r\n", rules),
            "/page?a=1&b=%2F" => {
                ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", page.as_bytes())
            }
            _ => ok("", b""),
        };
        write(stream, &answer);
        After::Keep
    });
    let url = format!("http://127.0.0.1:{}/", site.worker.port);
    let printed =
        |line: &str| site.worker.program.output().iter().filter(|printed| printed.contains(line)).count();
    browser::without_scripts(|browser| async move {
        browser.goto(&url).await;
        seen("it is given up", || (printed("GET /_headstart/unscripted 503") == 1).then_some(()));
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser.click("#page").await;
        // The browser still has what it fetched for that, and it leads back to the page.
        until("the cookie is set", async || browser.cookie("visits").await).await;
        until("the page is there", async || {
            let url = browser.client.current_url().await.ok()?;
            (url.path() == "/page" && url.query() == Some("a=1&b=%2F")).then_some(())
        })
        .await;
        assert_eq!(browser.text("h1").await, "Page");
    });
}
