//! A speculation on what turns out to be no page of the site is refused, its body is not pulled, and the next one, or one on a
//! sibling, does not reach the origin. The click does, unless it gets what the origin has done by then.

use crate::support;
use crate::support::http::Response;
use crate::support::origin::{After, html, ok, write};
use crate::support::site::Site;
use crate::visitor::{all, prefetch, prerender};
use std::io::Read as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

const PDF_BYTES: usize = 3 * 1024 * 1024;

const SESSION: (&str, &str) = ("Cookie", "session=0123456789abcdef0123456789abcdef");

fn redirect(to: &str) -> Vec<u8> {
    format!("HTTP/1.1 302 Found\r\nLocation: {to}\r\nContent-Length: 0\r\n\r\n").into_bytes()
}

/// A site with links that lead away, downloads, lamps that are switched on and lead back, and pages. The number says how often
/// the origin saw that somebody who began to read its PDF did not want the rest.
fn start(variables: &[(&str, &str)]) -> (Site, Arc<AtomicUsize>) {
    // What the names of URLs tell is tested elsewhere.
    let site = Site::start(&[&[("SAFE_URLS", "/*")], variables].concat());
    let cancelled = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&cancelled);
    site.origin.answer(move |received, stream| {
        let target = received.target();
        let answer = match target.trim_start_matches('/').split('/').collect::<Vec<_>>()[..] {
            ["see", "page"] | ["item", "page", _] => html("<p>a page"),
            ["see", _] => redirect("https://partner.example/?id=7"),
            ["www"] => redirect("http://www.shop.test/www"),
            ["item", id, "shine"] => redirect(&format!("/item/{id}")),
            ["item", id, "next"] => redirect(&format!("/item/{id}1")),
            ["sheet"] => {
                ok("Content-Type: text/html\r\nContent-Disposition: attachment; filename=a.html\r\n", b"<p>x")
            }
            ["slip"] => ok("Content-Type: text/csv\r\nContent-Disposition: attachment\r\n", b"a,b"),
            ["gone", _] => {
                b"HTTP/1.1 404 Not Found\r\nContent-Type: application/json\r\nContent-Length: 2\r\n\r\n{}"
                    .to_vec()
            }
            ["report"] => {
                let length = format!("Content-Length: {PDF_BYTES}");
                let head = format!("HTTP/1.1 200 OK\r\nContent-Type: application/pdf\r\n{length}\r\n\r\n");
                write(stream, head.as_bytes());
                let is_guess = received.head.get("headstart-purpose").is_some()
                    && received.head.get("sec-fetch-dest").as_deref() == Some("document");
                if !is_guess {
                    write(stream, &vec![b'%'; PDF_BYTES]);
                    return After::Keep;
                }
                write(stream, &[b'%'; 1024]);
                // Whoever has cancelled the rest closes the connection, and asks for nothing more on it.
                let left = stream.read(&mut [0]);
                counter.fetch_add(usize::from(matches!(left, Ok(0) | Err(_))), Ordering::SeqCst);
                return After::Close;
            }
            _ => html("<p>a page"),
        };
        write(stream, &answer);
        After::Keep
    });
    (site, cancelled)
}

fn click(site: &Site, path: &str, more: &[(&str, &str)]) -> Response {
    let navigation = [
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", "http://shop.test/"),
    ];
    site.get(path, &all(&navigation, more))
}

/// How often a target was asked for since this was called last, whatever else was.
fn asked(site: &Site, path: &str) -> usize {
    site.origin.take().iter().filter(|received| received.target() == path).count()
}

/// Expects that a speculation is refused for this.
fn refused(response: &Response, why: &str) {
    assert_eq!((response.status(), response.get("headstart-refused").as_deref()), (503, Some(why)));
    assert_eq!(response.get("location"), None);
    assert_eq!(response.get("cache-control").as_deref(), Some("no-store"));
}

#[test]
fn what_leads_to_another_site_is_asked_for_once_on_a_guess_and_by_each_click() {
    let (site, _) = start(&[]);
    refused(&prefetch(&site, "/see/hosting?from=a", &[]), "leaves-site");
    assert_eq!(asked(&site, "/see/hosting?from=a"), 1);
    for again in [prefetch(&site, "/see/hosting?from=b", &[]), prerender(&site, "/see/hosting?from=c", &[])] {
        refused(&again, "quarantine;why=leaves-site");
    }
    let by_page = [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "no-cors")];
    refused(&site.get("/see/hosting?from=d", &all(&by_page, &[])), "quarantine;why=leaves-site");
    assert!(site.origin.take().iter().all(|received| !received.target().starts_with("/see/")));
    for _ in 0..2 {
        let clicked = click(&site, "/see/hosting?from=a", &[]);
        assert_eq!(clicked.get("location").as_deref(), Some("https://partner.example/?id=7"));
        assert_eq!(asked(&site, "/see/hosting?from=a"), 1);
    }
    // The site's own other host is no other site.
    let www = prefetch(&site, "/www", &[]);
    assert_eq!((www.status(), www.get("location").as_deref()), (302, Some("http://www.shop.test/www")));
}

#[test]
fn a_click_gets_once_what_the_guess_was_answered_where_the_visitor_is_known() {
    let (site, _) = start(&[]);
    for (path, why, status) in [("/see/a", "leaves-site", 302), ("/slip", "download", 200)] {
        refused(&prefetch(&site, path, &[SESSION]), why);
        assert_eq!(asked(&site, path), 1, "{path}");
        let first = click(&site, path, &[SESSION]);
        assert_eq!((first.status(), asked(&site, path)), (status, 0), "{path}: it was done");
        let second = click(&site, path, &[SESSION]);
        assert_eq!((second.status(), asked(&site, path)), (status, 1), "{path}");
        assert_eq!(first.text(), second.text());
        refused(&prefetch(&site, path, &[SESSION]), &format!("quarantine;why={why}"));
        assert_eq!(asked(&site, path), 0, "{path}");
    }
}

#[test]
fn three_megabytes_of_pdf_are_not_pulled_on_a_guess() {
    let (site, cancelled) = start(&[]);
    refused(&prefetch(&site, "/report", &[SESSION]), "no-page");
    assert_eq!(asked(&site, "/report"), 1);
    support::eventually("the origin sees its stream cancelled", Duration::from_secs(20), || {
        (cancelled.load(Ordering::SeqCst) == 1).then_some(())
    });
    refused(&prefetch(&site, "/report", &[SESSION]), "quarantine;why=no-page");
    assert_eq!(asked(&site, "/report"), 0);
    // What the site's own page fetches ahead as a file it is given, and whoever clicks.
    let link = [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "empty"), ("Sec-Fetch-Mode", "no-cors")];
    for response in [site.get("/report", &all(&link, &[])), click(&site, "/report", &[SESSION])] {
        assert_eq!((response.status(), response.text().len()), (200, PDF_BYTES));
    }
}

#[test]
fn a_download_is_refused_and_an_error_in_its_place_says_nothing() {
    let (site, _) = start(&[]);
    refused(&prefetch(&site, "/sheet", &[]), "download");
    refused(&prefetch(&site, "/sheet", &[]), "quarantine;why=download");
    assert_eq!(asked(&site, "/sheet"), 1);
    for page in 0..4 {
        let path = format!("/gone/{page}");
        assert_eq!(prefetch(&site, &path, &[]).status(), 404);
        assert_eq!(prefetch(&site, &path, &[]).status(), 404, "{path}: it is asked for again");
    }
}

#[test]
fn what_leads_back_is_refused_from_there_and_once_it_has_led_back_to_two_pages_from_everywhere() {
    let (site, _) = start(&[]);
    let from = |referer: &'static str, path: &str| {
        let fields = [
            ("Sec-Purpose", "prefetch"),
            ("Sec-Fetch-Dest", "document"),
            ("Sec-Fetch-Mode", "navigate"),
            ("Referer", referer),
        ];
        site.get(path, &all(&fields, &[]))
    };
    refused(&from("http://shop.test/item/5?page=2", "/item/5/shine"), "redirects-back");
    refused(&from("http://shop.test/item/5", "/item/5/shine"), "quarantine;why=redirects-back");
    assert_eq!(asked(&site, "/item/5/shine"), 1);
    assert_eq!(from("http://shop.test/item/5", "/item/5/next").status(), 302);
    // Each leads back to its own page.
    for (page, path) in
        [("http://shop.test/item/6", "/item/6/shine"), ("http://shop.test/item/7", "/item/7/shine")]
    {
        refused(&from(page, path), "redirects-back");
    }
    refused(&from("http://shop.test/item/8", "/item/8/shine"), "quarantine;why=redirects-back;route");
    assert_eq!(asked(&site, "/item/8/shine"), 0);
    assert_eq!(from("http://shop.test/item/8", "/item/8/next").status(), 302, "another route");
}

#[test]
fn what_leads_to_the_same_page_from_elsewhere_leads_on_and_is_refused_no_more() {
    let (site, _) = start(&[]);
    let fields =
        [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
    let from = |referer: &'static str, path: &str, skip: usize| {
        site.get(path, &[&all(&fields[skip..], &[])[..], &[("Referer", referer)]].concat())
    };
    let (here, elsewhere) = ("http://shop.test/item/5", "http://shop.test/");
    refused(&from(here, "/item/5/shine", 0), "redirects-back");
    refused(&from(here, "/item/5/shine", 0), "quarantine;why=redirects-back");
    // By a click.
    assert_eq!(from(elsewhere, "/item/5/shine", 1).status(), 302);
    let led_on = from(here, "/item/5/shine", 0);
    assert_eq!((led_on.status(), led_on.head.get("location").as_deref()), (302, Some("/item/5")));
    // What was never seen to lead back is known as well.
    assert_eq!(from(elsewhere, "/item/6/shine", 0).status(), 302);
    assert_eq!(from("http://shop.test/item/6", "/item/6/shine", 0).status(), 302);
}

#[test]
fn siblings_are_refused_after_three_and_one_that_is_a_page_takes_that_back() {
    let (site, _) = start(&[]);
    for path in ["/see/a", "/see/b", "/see/c"] {
        refused(&prefetch(&site, path, &[]), "leaves-site");
    }
    site.origin.take();
    for path in ["/see/d", "/see/page"] {
        refused(&prefetch(&site, path, &[]), "quarantine;why=leaves-site;route");
        assert_eq!(asked(&site, path), 0, "{path}");
    }
    assert_eq!(prefetch(&site, "/blog/a", &[]).status(), 200, "others are fetched ahead as before");
    // A visitor goes to one that is a page.
    assert_eq!(click(&site, "/see/page", &[]).text(), "<p>a page");
    assert_eq!(prefetch(&site, "/see/page", &[]).status(), 200);
    refused(&prefetch(&site, "/see/d", &[]), "leaves-site");
    refused(&prefetch(&site, "/see/a", &[]), "quarantine;why=leaves-site");
}

#[test]
fn where_clicks_lead_away_the_whole_route_is_kept_out_of_all_rules() {
    let (site, _) = start(&[("MIN_VISITORS", "5")]);
    let go = |visitor: u8, path: &str| {
        let navigation = [
            ("Sec-Fetch-Mode", "navigate"),
            ("Sec-Fetch-Dest", "document"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Sec-Fetch-User", "?1"),
            ("Referer", "http://shop.test/a"),
        ];
        let address = format!("192.0.2.{visitor}");
        site.get(path, &[&navigation[..], &[("CF-Connecting-IP", address.as_str())]].concat());
    };
    go(200, "/a");
    let mut visitor = 0;
    support::eventually("the route is kept out", Duration::from_secs(40), || {
        // Of whoever comes before the isolate has the day's key nothing is counted.
        for _ in 0..4 {
            visitor = (visitor + 1) % 190;
            for path in ["/a", "/see/a", "/see/b", "/see/c", "/b"] {
                go(visitor, path);
            }
        }
        site.get("/_headstart/rules/site.json", &[]).text().contains("\"/see/*\"").then_some(())
    });
    site.origin.take();
    refused(&prefetch(&site, "/see/never-seen", &[]), "quarantine;why=harmful");
    assert_eq!(asked(&site, "/see/never-seen"), 0);
}
