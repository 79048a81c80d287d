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
            let reload = "<!doctype html><meta name=turbo-visit-control content=reload>\
                          <meta http-equiv=refresh content=0><title>Loading</title>";
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

#[test]
fn a_page_on_which_something_is_written_is_refused_to_whoever_may_have_a_say() {
    let site = Site::start(&[("SAFE_URLS", "/drafts/new")]);
    site.origin.say(&html("<p>x"));
    let prefetch =
        [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    let by_editor = [&prefetch[..], &[("Cookie", "wordpress_logged_in_1=a")]].concat();
    for path in ["/wp-admin/post-new.php", "/issues/7/edit", "/projects/a/issues/new", "/wiki/A?action=edit"]
    {
        let refused = http::get(site.worker.port, path, &by_editor);
        assert_eq!(refused.get("headstart-refused").as_deref(), Some("unsafe-url;rule=editing"), "{path}");
        assert!(site.origin.take().is_empty(), "{path}");
        assert_eq!(
            http::get(site.worker.port, path, &prefetch).status(),
            200,
            "{path}: nobody in particular"
        );
        site.origin.take();
    }
    assert_eq!(http::get(site.worker.port, "/drafts/new", &by_editor).status(), 200, "SAFE_URLS");
}

#[test]
fn where_an_application_counts_guesses_no_page_is_asked_for_on_one_and_a_visit_counts_once() {
    let key = ("SEAL_KEY", "a key of the tests, forty characters long");
    let site = Site::start(&[("EFFECT_PATHS_REFUSED", "/wiki/*"), key]);
    site.origin.say(&html("<p>x"));
    let navigation = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    for purpose in ["prefetch", "prefetch;prerender"] {
        let guess = [&navigation[..], &[("Sec-Purpose", purpose)]].concat();
        let refused = http::get(site.worker.port, "/wiki/a", &guess);
        assert_eq!(refused.get("headstart-refused").as_deref(), Some("effect"), "{purpose}");
    }
    assert!(site.origin.take().is_empty());
    assert_eq!(http::get(site.worker.port, "/wiki/a", &navigation).text(), "<p>x");
    let asked = site.origin.take();
    assert_eq!(asked.iter().filter(|received| received.target() == "/wiki/a").count(), 1);
    let other = [&navigation[..], &[("Sec-Purpose", "prefetch")]].concat();
    assert_eq!(http::get(site.worker.port, "/other", &other).status(), 200);
}

#[test]
fn whoever_sends_more_cookies_than_are_read_is_refused_guesses_and_visits_as_before() {
    let site = Site::start(&[("SEAL_KEY", "a key of the tests, forty characters long")]);
    site.origin.say(&html("<p>x"));
    let many = format!("session=1; {}", vec!["a=1"; 100].join("; "));
    let long = format!("session=1; a={}", "x".repeat(16 * 1024));
    let document = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    let script = [("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "cors")];
    for cookies in [many.as_str(), &long] {
        for (kind, purpose) in
            [(&document, "prefetch"), (&document, "prefetch;prerender"), (&script, "prefetch")]
        {
            let guess = [&kind[..], &[("Sec-Purpose", purpose), ("Cookie", cookies)]].concat();
            let refused = http::get(site.worker.port, "/a", &guess);
            assert_eq!(refused.get("headstart-refused").as_deref(), Some("cookies"), "{purpose}");
            assert_eq!(refused.status(), 503);
        }
        assert!(site.origin.take().is_empty(), "the origin is not asked");
        let visit = [&document[..], &[("Cookie", cookies)]].concat();
        // The second one may be answered by the first one's decision.
        for _ in 0..2 {
            assert_eq!(http::get(site.worker.port, "/a", &visit).text(), "<p>x");
        }
        let received = site.origin.take();
        let visits: Vec<_> = received.iter().filter(|received| received.target() == "/a").collect();
        assert_eq!(visits.len(), 2);
        assert!(visits.iter().all(|visit| visit.head.all("cookie") == [cookies]), "as they were sent");
    }
    let one_less = vec!["a=1"; 100].join("; ");
    let guess = [&document[..], &[("Sec-Purpose", "prefetch"), ("Cookie", &one_less)]].concat();
    assert_eq!(http::get(site.worker.port, "/a", &guess).status(), 200);
}

#[test]
fn what_is_too_long_to_be_looked_at_is_refused_to_guesses_and_passes_for_visits() {
    let site = Site::start(&[]);
    site.origin.say(&html("<p>x"));
    let long = format!("/a?{}", "&".repeat(4096));
    let document = [("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    let guess = [&document[..], &[("Sec-Purpose", "prefetch")]].concat();
    let refused = http::get(site.worker.port, &long, &guess);
    assert_eq!((refused.status(), refused.get("headstart-refused").as_deref()), (503, Some("url-too-long")));
    assert!(site.origin.take().is_empty(), "the origin is not asked");
    for _ in 0..2 {
        let visit = http::get(site.worker.port, &long, &document);
        assert_eq!((visit.text().as_str(), visit.get("speculation-rules")), ("<p>x", None));
    }
    let received = site.origin.take();
    assert_eq!(received.iter().filter(|received| received.target() == long).count(), 2, "byte for byte");
    // What is Headstart's own is nobody else's, however long.
    let own = http::get(site.worker.port, &format!("/_headstart/{}", "a".repeat(5000)), &document);
    assert_eq!(own.status(), 404);
    // A field that no browser sends says that it is a guess.
    let purpose = vec!["prefetch;a=1"; 1000].join(", ");
    let guess = [&document[..], &[("Sec-Purpose", purpose.as_str())]].concat();
    let refused = http::get(site.worker.port, "/logout", &guess);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("unsafe-url;rule=sign-out"));
}
