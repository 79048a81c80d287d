//! A guess chooses nothing in place of the visitor: what was chosen before stays, and what is under way goes on.

use crate::shelf::{KEY, add_rule, until};
use crate::support::browser::{self, seen};
use crate::support::origin::{After, Origin, Received, html, ok, write};
use crate::support::packages;
use crate::support::site::Site;
use std::sync::atomic::{AtomicUsize, Ordering};

fn page(title: &str, body: &str) -> String {
    format!("<!doctype html><title>{title}</title><link rel=icon href='data:,'><h1>{title}</h1>{body}")
}

fn redirect(location: &str, cookie: &str) -> Vec<u8> {
    format!(
        "HTTP/1.1 302 Found\r\nLocation: {location}\r\nSet-Cookie: {cookie}; Path=/\r\nContent-Length: 0\r\n\r\n"
    )
    .into_bytes()
}

fn cookie_of(received: &Received, name: &str) -> Option<String> {
    let cookies = received.head.get("cookie")?;
    let mut pairs = cookies.split("; ").filter_map(|pair| pair.split_once('='));
    pairs.find(|(other, _)| *other == name).map(|(_, value)| value.to_owned())
}

fn is_speculation(received: &Received) -> bool {
    received.head.get("sec-purpose").is_some()
}

/// Hovers over a link that switches the language, twice, and clicks it.
fn hover_over_a_language(variables: &[(&str, &str)]) {
    let site = Site::start(&[&[("EAGERNESS", "moderate")], variables].concat());
    site.origin.answer(|received, stream| {
        let answer = match received.target() {
            "/english" => redirect("/", "locale=en"),
            "/deutsch" => redirect("/", "locale=de"),
            _ => {
                let is_german = cookie_of(received, "locale").as_deref() == Some("de");
                let title = if is_german { "Willkommen" } else { "Welcome" };
                html(&page(title, "<a id=german href=/deutsch>Deutsch</a>"))
            }
        };
        write(stream, &answer);
        After::Keep
    });
    let (origin, worker) = (&site.origin, &site.worker);
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", worker.port);
    let refused = || worker.output().iter().filter(|printed| printed.contains("GET /deutsch 503")).count();
    browser::with(|browser| async move {
        browser::with_rules(worker, 1, browser.goto(&url("/english"))).await;
        origin.take();
        for times in 1..=2 {
            browser
                .hover_until("#german", "the switch is refused", || (refused() == times).then_some(()))
                .await;
            assert_eq!(browser.cookie("locale").await.as_deref(), Some("en"));
            browser::with_rules(worker, 1, browser.goto(&url("/"))).await;
            assert_eq!(browser.text("h1").await, "Welcome");
        }
        let asked = || -> Vec<bool> {
            let received = origin.take().into_iter();
            received.filter(|it| it.target() == "/deutsch").map(|it| is_speculation(&it)).collect()
        };
        assert_eq!(asked(), [true], "the second time it is known");
        browser.click("#german").await;
        assert_eq!(browser.text("h1").await, "Willkommen");
        assert_eq!(browser.cookie("locale").await.as_deref(), Some("de"));
        assert_eq!(asked(), [false]);
    });
}

#[test]
fn a_language_that_was_chosen_stays() {
    hover_over_a_language(&[]);
}

#[test]
fn a_language_that_was_chosen_stays_with_tickets() {
    hover_over_a_language(&[("SEAL_KEY", KEY)]);
}

/// A page that has a link fetched ahead which switches the language, and the click on it.
fn has_a_language_fetched_ahead(head: &'static str, follows_mouse: bool) {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    site.origin.answer(move |received, stream| {
        let answer = match received.target() {
            "/english" => redirect("/", "locale=en"),
            "/deutsch" => redirect("/", "locale=de"),
            "/" => {
                let is_german = cookie_of(received, "locale").as_deref() == Some("de");
                let title = if is_german { "Willkommen" } else { "Welcome" };
                let body = format!("{head}<p><a id=german href=/deutsch>Deutsch</a>");
                html(&page(title, &body))
            }
            path => packages::file(path).unwrap_or_else(|| ok("", b"")),
        };
        write(stream, &answer);
        After::Keep
    });
    let (origin, worker) = (&site.origin, &site.worker);
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", worker.port);
    let refused = || worker.output().iter().filter(|printed| printed.contains("GET /deutsch 503")).count();
    browser::with(|browser| async move {
        browser.goto(&url("/english")).await;
        for times in 1..=2 {
            if follows_mouse {
                browser.hover("#german").await;
            }
            seen("the switch is refused", || (refused() >= times).then_some(()));
            assert_eq!(browser.cookie("locale").await.as_deref(), Some("en"));
            browser.goto(&url("/")).await;
            assert_eq!(browser.text("h1").await, "Welcome");
        }
        let asked = || origin.take().iter().filter(|it| it.target() == "/deutsch").count();
        assert_eq!(asked(), 1, "the second time it is known");
        browser.find("#german").await.click().await.expect("a click");
        let says = "return document.querySelector('h1')?.textContent === 'Willkommen'";
        until("the page is German", async || (browser.run(says).await == true).then_some(())).await;
        assert_eq!(browser.cookie("locale").await.as_deref(), Some("de"));
        // The German page has the link fetched ahead as well, which changes nothing any more.
        let clicks = origin.take();
        let clicks = clicks.iter().filter(|it| it.target() == "/deutsch" && !is_speculation(it)).count();
        assert_eq!(clicks, 1);
    });
}

#[test]
fn quicklink_chooses_no_language() {
    let listens = "<script src=/quicklink/dist/quicklink.umd.js></script>\
                   <script>addEventListener('load', () => quicklink.listen());</script>";
    has_a_language_fetched_ahead(listens, false);
}

#[test]
fn instant_page_chooses_no_language() {
    has_a_language_fetched_ahead("<script type=module src=/instant.page/instantpage.js></script>", true);
}

#[test]
fn turbo_chooses_no_language() {
    has_a_language_fetched_ahead("<script src=/@hotwired/turbo/dist/turbo.es2017-umd.js></script>", true);
}

#[test]
fn a_link_that_prefetches_chooses_no_language() {
    has_a_language_fetched_ahead("<link rel=prefetch href=/deutsch>", false);
}

/// A provider that shows who signs in the way back.
fn provider() -> Origin {
    let provider = Origin::start();
    provider.answer(|received, stream| {
        let query = received.target().split_once('?').map_or("", |(_, query)| query);
        let back = query.split('&').find_map(|pair| pair.strip_prefix("back=")).unwrap_or_default();
        let state = query.split('&').find(|pair| pair.starts_with("state=")).unwrap_or_default();
        write(
            stream,
            &html(&page("Provider", &format!("<a id=back href='{back}/callback?{state}'>Back</a>"))),
        );
        After::Keep
    });
    provider
}

#[test]
fn a_sign_in_that_is_under_way_in_another_tab_keeps_its_state() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    let provider = provider();
    let (authorize, back) =
        (format!("{}/authorize", provider.url()), format!("http://127.0.0.1:{}", site.worker.port));
    let states = AtomicUsize::new(0);
    let returns = back.clone();
    site.origin.answer(move |received, stream| {
        let answer = match received.target() {
            "/login/provider" => {
                let state = ["a", "b", "c", "d"][states.fetch_add(1, Ordering::Relaxed)];
                redirect(
                    &format!("{authorize}?back={returns}&state={state}"),
                    &format!("oauth_state={state}"),
                )
            }
            callback if callback.starts_with("/callback?state=") => {
                let is_own = cookie_of(received, "oauth_state").as_deref() == callback.split('=').nth(1);
                html(&page(if is_own { "Signed in" } else { "Another sign-in" }, ""))
            }
            "/" => html(&page("Home", "<a id=sign-in href=/login/provider>Sign in</a>")),
            _ => ok("", b""),
        };
        write(stream, &answer);
        After::Keep
    });
    let refused = || site.worker.output().iter().any(|printed| printed.contains("GET /login/provider 503"));
    browser::with(|browser| async move {
        browser.goto(&format!("{back}/")).await;
        browser.click("#sign-in").await;
        assert_eq!(browser.text("h1").await, "Provider");
        until("the state is there", async || browser.cookie("oauth_state").await).await;
        site.origin.take();
        provider.take();

        let here = browser.client.window().await.expect("this tab");
        let other = browser.client.new_window(true).await.expect("another tab").handle;
        browser.client.switch_to_window(other).await.expect("the other tab");
        browser.goto(&format!("{back}/")).await;
        add_rule(&browser, "prefetch", "/login/provider").await;
        seen("it is refused", || refused().then_some(()));
        let asked = site.origin.take();
        assert!(asked.iter().any(|it| it.target() == "/login/provider" && is_speculation(it)));
        assert_eq!(provider.take(), []);
        assert_eq!(browser.cookie("oauth_state").await.as_deref(), Some("a"));

        browser.client.switch_to_window(here).await.expect("this tab again");
        browser.click("#back").await;
        assert_eq!(browser.text("h1").await, "Signed in");
    });
}
