//! A page that leads on by itself is not given ahead where the next one would miss what it sets.

use crate::support::http::Response;
use crate::support::origin::{After, write};
use crate::support::site::Site;
use crate::visitor::{BODY, BROWSER, all, page, prefetch, prerender, reached, start, ticketed};

const NAVIGATION: [(&str, &str); 2] = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];

/// A site whose pages lead on in some way, each of which sets a cookie that the next one has to be asked for with.
fn leading_on() -> Site {
    let site = start(&[]);
    let form = "<form method=post action=https://pay.example/></form>";
    let by_refresh = String::from_utf8(page(&["flow=1; Path=/; HttpOnly"], BODY)).unwrap().replacen(
        "\r\n",
        "\r\nRefresh: 0; url=/next\r\n",
        1,
    );
    site.origin.answer(move |request, stream| {
        let says = |html: &str| page(&["flow=1; Path=/; HttpOnly"], html);
        let filler = "<p>x".repeat(5000);
        let answer = match request.target() {
            "/refresh" => by_refresh.clone().into_bytes(),
            "/meta" => says("<!doctype html><meta http-equiv=refresh content='0; url=/next'><p>Wait"),
            "/script" => says("<!doctype html><p>Wait<script>location.replace('/next')</script>"),
            "/form" => says(&format!("<!doctype html><body onload=document.forms[0].submit()>{form}")),
            "/long-meta" => says(&format!("<!doctype html><meta http-equiv=refresh content=1>{filler}")),
            "/long" => {
                says(&format!("<!doctype html><script>go = () => {{ location = '/b' }}</script>{filler}"))
            }
            "/in-file" => says("<!doctype html><script src=/go.js></script>"),
            "/robots.txt" => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
            _ => page(&[], BODY),
        };
        write(stream, &answer);
        After::Keep
    });
    site
}

fn why(response: &Response) -> Option<String> {
    response.get("headstart-refused")
}

#[test]
fn a_page_that_says_that_it_leads_on_is_refused_where_something_of_it_would_come_too_late() {
    let site = leading_on();
    let refused = (503, Some("set-cookie;name=\"flow\"".to_owned()), vec![]);
    for path in ["/refresh", "/meta", "/script", "/form", "/long-meta"] {
        for guess in [prefetch(&site, path, &[]), prerender(&site, path, &[])] {
            let answer = (guess.status(), why(&guess), guess.head.all("set-cookie"));
            // What was met is remembered by the second time.
            let is_met = answer.1.as_deref().is_some_and(|why| why.starts_with("quarantine;why="));
            assert!(answer == refused || is_met, "{path}: {answer:?}");
        }
        let shown = site.get(path, &BROWSER);
        assert_eq!(shown.head.all("set-cookie"), ["flow=1; Path=/; HttpOnly"], "{path}");
        // Who has the cookie misses nothing.
        let cookie = [("Cookie", "flow=1")];
        assert_eq!(prefetch(&site, path, &cookie).status(), 200, "{path}");
    }
    for path in ["/long", "/in-file"] {
        let fetched = prefetch(&site, path, &[]);
        assert_eq!((fetched.status(), fetched.head.all("set-cookie")), (200, vec![]), "{path}: {fetched:?}");
        ticketed(&fetched);
    }
    let nothing = prefetch(&site, "/elsewhere", &[]);
    assert_eq!((nothing.status(), nothing.body.0.as_slice()), (200, BODY.as_bytes()));
}

#[test]
fn the_click_is_given_what_the_refused_speculation_was_answered() {
    let site = leading_on();
    let session = [("Cookie", "PHPSESSID=8f3a2b1c9d7e6f5a4b3c2d1e")];
    assert_eq!(prefetch(&site, "/script", &session).status(), 503);
    reached(&site);
    let shown = site.get("/script", &all(&NAVIGATION, &[session[0], ("Referer", "http://shop.test/")]));
    assert_eq!(shown.head.all("set-cookie"), ["flow=1; Path=/; HttpOnly"]);
    assert!(shown.text().contains("location.replace('/next')"), "{}", shown.text());
    assert_eq!(reached(&site), [], "the origin was asked once");
}
