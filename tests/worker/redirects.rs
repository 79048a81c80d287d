//! Redirects to another origin of the same site: where they always lead, they name it, whoever asks and whatever the query.

use crate::support;
use crate::support::origin::{After, html, write};
use crate::support::site::Site;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const NAVIGATION: [(&str, &str); 2] = [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
const LINK: &str = "<https://id.shop.test>; rel=preconnect";

/// A site of which these paths lead to another origin; `/moves` to another one in each stage.
fn start(variables: &[(&str, &str)]) -> (Site, Arc<AtomicUsize>) {
    let site = Site::start(&[&[("MIN_VISITORS", "3")], variables].concat());
    let stage = Arc::new(AtomicUsize::new(0));
    let now = Arc::clone(&stage);
    site.origin.answer(move |received, stream| {
        let (path, query) = received.target().split_once('?').unwrap_or((received.target(), ""));
        let has_session = received.head.get("cookie").is_some_and(|line| line.contains("sessionid"));
        let to = match (path, query) {
            ("/enter" | "/chosen", "") => "https://id.shop.test/start",
            ("/enter", _) => "https://id.shop.test/start?again",
            ("/chosen", _) => "https://pay.shop.test/",
            ("/mine", _) if !has_session => "https://id.shop.test/start",
            ("/out", _) => "https://partner.test/",
            ("/moves", _) => ["https://id.shop.test/", "https://pay.shop.test/"][now.load(Ordering::Relaxed)],
            _ => "",
        };
        let redirect = format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n");
        write(stream, &if to.is_empty() { html("<p>x") } else { redirect.into_bytes() });
        After::Keep
    });
    (site, stage)
}

/// A visitor of this number goes somewhere; then somebody views a page, with which everything is sent.
fn go(site: &Site, path: &str, visitor: usize, more: &[(&str, &str)]) -> Option<String> {
    let address = format!("198.51.100.{}", visitor % 250);
    let link = site.link(path, &[&NAVIGATION[..], &[("CF-Connecting-IP", &address)], more].concat());
    site.get("/", &[("CF-Connecting-IP", &address)]);
    link
}

#[test]
fn a_redirect_names_where_it_always_leads_by_its_path_alone() {
    let (site, _) = start(&[]);
    let mut visitor = 0;
    let link = support::eventually("/enter", Duration::from_secs(40), || {
        visitor += 1;
        for path in ["/chosen", "/chosen?to=pay", "/mine", "/out"] {
            assert_eq!(go(&site, path, visitor, &[]), None, "{path}");
        }
        assert_eq!(go(&site, "/mine", visitor + 100, &[("Cookie", "sessionid=7")]), None);
        go(&site, "/enter", visitor, &[])
    });
    assert_eq!(link, LINK);
    for path in ["/enter?", "/enter?next=/cart"] {
        for header in [("Cookie", "sessionid=1"), ("Authorization", "Basic YTpi"), ("Accept-Language", "de")]
        {
            assert_eq!(go(&site, path, 1, &[header]).as_deref(), Some(LINK), "{path} {header:?}");
        }
    }
    assert_eq!(go(&site, "/enter", 1, &[("Sec-Purpose", "prefetch")]), None, "nobody has clicked");
    assert_eq!(site.link("/enter", &[("Sec-Fetch-Mode", "no-cors"), ("Sec-Fetch-Dest", "image")]), None);
    let published = site.worker.published("shop.test/0").unwrap();
    assert!(published.contains(r#""redirects":{"/enter":"https://id.shop.test"}"#), "{published}");
}

#[test]
fn one_visitor_alone_teaches_nothing_and_what_leads_elsewhere_is_withdrawn() {
    let (site, stage) = start(&[]);
    let mut visitor = 0;
    let learned = |path: &str, visitor: &mut usize, wanted: Option<&str>| {
        support::eventually(path, Duration::from_secs(40), || {
            *visitor += 1;
            (go(&site, path, *visitor, &[]).as_deref() == wanted).then_some(())
        });
    };
    for _ in 0..10 {
        assert_eq!(go(&site, "/enter", 7, &[]), None);
    }
    learned("/moves", &mut visitor, Some(LINK));
    assert_eq!(go(&site, "/enter", 7, &[]), None, "as often as they like");
    stage.store(1, Ordering::Relaxed);
    assert_eq!(go(&site, "/moves", 1, &[]), None, "it leads elsewhere now");
    support::eventually("it is withdrawn", Duration::from_secs(40), || {
        visitor += 1;
        assert_eq!(go(&site, "/moves", visitor, &[]), None);
        (!site.worker.published("shop.test/0")?.contains("/moves")).then_some(())
    });
}

#[test]
fn the_owner_may_have_all_of_them_named_or_none() {
    for (setting, expected) in [("all", Some("<https://partner.test>; rel=preconnect")), ("off", None)] {
        let (site, _) = start(&[("HINT_REDIRECTS", setting)]);
        let mut visitor = 0;
        support::eventually(setting, Duration::from_secs(40), || {
            visitor += 1;
            let link = go(&site, "/out", visitor, &[]);
            // Views enough for anything to be learned.
            (link.as_deref() == expected && (expected.is_some() || visitor > 40)).then_some(())
        });
    }
}
