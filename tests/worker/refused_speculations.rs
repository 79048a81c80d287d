//! A speculation on an unsafe URL is refused before the origin is asked; a visit of it is not.

use crate::support::http;
use crate::support::origin::html;
use crate::support::site::Site;

#[test]
fn an_unsafe_url_is_refused_to_a_speculation_before_the_origin_is_asked_and_not_to_a_visit() {
    let site = Site::start(&[("UNSAFE_URLS", "/poll/*/answer"), ("SAFE_URLS", "/help/*")]);
    site.origin.say(&html("<p>x"));
    let prefetch =
        [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    let prerender = [("Sec-Purpose", "prefetch;prerender"), ("Sec-Fetch-Dest", "document")];
    for (path, rule) in [
        ("/logout", "sign-out"),
        ("/cart/add?id=7", "cart"),
        ("/login/send-code", "one-time-password"),
        ("/set-language/de", "language"),
        ("/poll/7/answer", "site"),
    ] {
        for headers in [&prefetch[..], &prerender[..]] {
            let response = http::get(site.worker.port, path, headers);
            assert_eq!(response.status(), 503, "{path}");
            assert_eq!(response.get("headstart-refused"), Some(format!("unsafe-url;rule={rule}")), "{path}");
            assert_eq!(response.get("cache-control").as_deref(), Some("no-store"));
            assert_eq!(response.get("vary").as_deref(), Some("Sec-Purpose"));
            assert_eq!(response.get("content-type").as_deref(), Some("text/html; charset=utf-8"));
            let reload = "<!doctype html><meta http-equiv=refresh content=0><title>Loading</title>";
            assert_eq!(response.text(), reload, "who is shown it after all comes to the page");
        }
        assert!(site.origin.take().is_empty(), "{path}: the origin is not asked");
        assert_eq!(http::get(site.worker.port, path, &[]).text(), "<p>x", "{path}: the click works");
        let image = [("Sec-Purpose", "prefetch;prerender"), ("Sec-Fetch-Dest", "image")];
        assert_eq!(http::get(site.worker.port, path, &image).status(), 200, "{path}: no navigation");
        assert_eq!(site.origin.take().len(), 2, "{path}");
    }
    assert_eq!(http::get(site.worker.port, "/help/logout", &prefetch).status(), 200);
    let received = site.origin.take();
    assert_eq!(received[0].head.all("sec-purpose"), ["prefetch"], "the origin may know");
}
