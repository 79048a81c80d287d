//! What changes the pages that a visitor is shown has their browser forget what it fetched and rendered ahead.

use crate::support::http;
use crate::visitor::{BODY, all, page, start};

#[test]
fn forms_sign_out_and_cart_changes_clear_what_was_fetched_ahead() {
    let site = start(&[]);
    site.origin.say(&page(&[], BODY));
    let clear = "\"prefetchCache\", \"prerenderCache\"";
    let send = |method: &str, path: &str, mode: &str| {
        let headers = all(&[("Sec-Fetch-Mode", mode)], &[]);
        http::raw(site.worker.port, &http::request(method, path, &headers, b"")).get("clear-site-data")
    };
    assert_eq!(send("POST", "/form", "navigate").as_deref(), Some(clear));
    assert_eq!(send("POST", "/beacon", "no-cors"), None);
    assert_eq!(send("GET", "/logout", "navigate").as_deref(), Some(clear));
    assert_eq!(send("GET", "/a", "navigate"), None);
    // A decision that is replayed must not hide it.
    for _ in 0..3 {
        assert_eq!(send("GET", "/a", "navigate"), None);
    }
    site.origin.say(&page(&["session=1; Path=/"], BODY));
    assert_eq!(send("GET", "/a", "navigate").as_deref(), Some(clear), "signed in");
    assert_eq!(send("GET", "/a?action=add&id=1", "navigate").as_deref(), Some(clear));
}
