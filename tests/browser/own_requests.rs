//! What a page sends by itself leaves alone what was fetched ahead; what its visitor does has the browser forget it.

use crate::support::browser::{self, seen};
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::site::Site;

fn page(title: &str, body: &str) -> Vec<u8> {
    html(&format!("<!doctype html><title>{title}</title><link rel=icon href='data:,'><h1>{title}</h1>{body}"))
}

/// Sends a form or JSON by `POST`, and waits for the answer.
fn post(url: &str, media_type: &str, body: &str) -> String {
    let body = serde_json::json!(body);
    format!(
        "return fetch('{url}', {{ method: 'POST', headers: {{ 'Content-Type': '{media_type}' }}, body: {body} }}).then(() => true)"
    )
}

const FORM: &str = "application/x-www-form-urlencoded";
const JSON: &str = "application/json";

/// Has the next page fetched ahead, lets scripts of the page send these, and clicks. Gives how often the next page was asked for.
fn hover_send_and_click(sent: &'static [(&'static str, &'static str, &'static str)]) -> usize {
    let site = Site::start(&[("EAGERNESS", "moderate")]);
    site.origin.answer(|received: &Received, stream| {
        let answer = match (received.method(), received.target()) {
            ("GET", "/") => page("Home", "<a id=next href=/next>Next</a>"),
            ("GET", "/next") => page("Next", ""),
            _ => ok("Content-Type: application/json\r\n", b"{}"),
        };
        write(stream, &answer);
        After::Keep
    });
    let asked = std::rc::Rc::new(std::cell::Cell::new(0));
    let told = std::rc::Rc::clone(&asked);
    browser::with(|browser| async move {
        let url = format!("http://127.0.0.1:{}/", site.worker.port);
        let count = |received: Vec<Received>| received.iter().filter(|it| it.target() == "/next").count();
        browser::with_rules(&site.worker, 1, browser.goto(&url)).await;
        browser.hover("#next").await;
        let is_answered = || site.worker.output().iter().any(|printed| printed.contains("GET /next 200"));
        seen("the next page is fetched ahead", || is_answered().then_some(()));
        for (url, media_type, body) in sent {
            assert_eq!(browser.run(&post(url, media_type, body)).await, true);
        }
        browser.click("#next").await;
        assert_eq!(browser.text("h1").await, "Next");
        told.set(count(site.origin.take()));
    });
    asked.get()
}

#[test]
fn one_prefetch_serves_one_click_whatever_the_page_sends_by_itself() {
    let asked = hover_send_and_click(&[
        ("/?wc-ajax=get_refreshed_fragments", FORM, "time=1"),
        ("/wp-admin/admin-ajax.php", FORM, "action=heartbeat&interval=15"),
        ("/graphql", JSON, r#"{"query":"query Cart { cart { id } }"}"#),
        ("/matomo/collect", FORM, "page=1"),
        ("/livewire/update", JSON, r#"{"components":[{"updates":{},"calls":[{"method":"$refresh"}]}]}"#),
    ]);
    assert_eq!(asked, 1);
}

#[test]
fn what_a_script_does_for_the_visitor_has_the_page_fetched_anew() {
    assert_eq!(hover_send_and_click(&[("/?wc-ajax=add_to_cart", FORM, "product_id=7")]), 2);
    assert_eq!(
        hover_send_and_click(&[("/graphql", JSON, r#"{"query":"mutation { add(id: 7) { id } }"}"#)]),
        2
    );
}
