//! A browser that is asked tells how a view went; what many find late, they are then told early.

use crate::support::browser::{self, Browser, seen};
use crate::support::eventually;
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::shop::Shop;
use crate::support::site::Site;
use std::fmt::Write as _;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

#[test]
fn a_browser_that_is_asked_tells_what_it_loaded() {
    let shop = Shop::start(&[("BEACON", "auto")]);
    shop.learn("/products", &[shop.host("cdn").to_owned()]);
    browser::with(|browser| async move {
        let told = || {
            let lines = shop.worker.output();
            lines.iter().filter(|line| line.contains("POST /_headstart/beacon 204")).count()
        };
        let scripts = "return performance.getEntriesByType('resource')
            .filter(({ name }) => name.endsWith('/_headstart/beacon.js')).length";
        let left = "return [...document.scripts]
            .filter(({ src, text }) => src.endsWith('/_headstart/beacon.js') || text.includes('previousSibling')).length";
        // A page that was viewed often by now is asked now and then.
        for _ in 0..40 {
            browser.goto(&shop.url("/products")).await;
            assert_eq!(browser.text("h1").await, "Products");
            if browser.run(scripts).await == 1 {
                break;
            }
            tokio::time::sleep(Duration::from_millis(500)).await;
        }
        assert_eq!((browser.run(scripts).await, told()), (1.into(), 0), "it tells when it is left");
        assert_eq!(browser.run(left).await, 0, "nothing of it stays in the page");
        browser.goto(&shop.url("/cart")).await;
        seen("the page that was left has told", || (told() == 1).then_some(()));
    });
}

/// A picture that Chromium takes for content: with enough bytes for its size.
fn picture() -> String {
    let mut svg = "<svg xmlns='http://www.w3.org/2000/svg' viewBox='0 0 600 400'>".to_owned();
    for n in 0..200 {
        let (x, y, hue) = (n * 37 % 600, n * 91 % 400, n * 29 % 360);
        write!(svg, "<circle cx='{x}' cy='{y}' r='{}' fill='hsl({hue} 70% 50%)'/>", 20 + n % 40).unwrap();
    }
    svg + "</svg>"
}

/// A site whose largest picture stands in a stylesheet that takes its time; `is_used` says whether its rule matches.
fn styled(is_used: &Arc<AtomicBool>) -> Site {
    let site = Site::start(&[("BEACON", "auto")]);
    let (is_used, picture) = (Arc::clone(is_used), picture());
    site.origin.answer(move |received: &Received, stream| {
        let answer = match received.target() {
            "/" => html(
                "<!doctype html><title>Home</title><link rel=icon href='data:,'><link rel=stylesheet href=/site.css>\
                 <h1>Home</h1><div class=hero></div></body></html>",
            ),
            "/site.css" => {
                std::thread::sleep(Duration::from_millis(300));
                let width = if is_used.load(Ordering::Relaxed) { 1 } else { 9000 };
                let css = format!(
                    ".hero {{ width: 600px; height: 400px }} \
                     @media (min-width: {width}px) {{ .hero {{ background: url(/hero.svg) }} }}"
                );
                ok("Content-Type: text/css\r\nCache-Control: no-store\r\n", css.as_bytes())
            }
            "/hero.svg" => ok("Content-Type: image/svg+xml\r\nCache-Control: no-store\r\n", picture.as_bytes()),
            _ => html("<!doctype html><title>Away</title><link rel=icon href='data:,'><h1>Away</h1></body></html>"),
        };
        write(stream, &answer);
        After::Keep
    });
    site
}

/// Visits the page, stays, and leaves it.
async fn visit(browser: &Browser, site: &Site, stay: Duration) {
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
    browser.goto(&url("/")).await;
    tokio::time::sleep(stay).await;
    browser.goto(&url("/away")).await;
}

/// The `Link` of the page, as a browser asks for it.
fn link_of(site: &Site) -> String {
    let host = format!("127.0.0.1:{}", site.worker.port);
    let request =
        format!("GET / HTTP/1.1\r\nHost: {host}\r\nAccept-Encoding: identity\r\nConnection: close\r\n\r\n");
    crate::support::http::raw(site.worker.port, request.as_bytes()).get("link").unwrap_or_default()
}

/// Visits the page, and tells what of it was asked for, in this order, but for what is Headstart's own.
async fn asked(browser: &Browser, site: &Site) -> String {
    browser.goto(&format!("http://127.0.0.1:{}/", site.worker.port)).await;
    let script = "return performance.getEntriesByType('resource').sort((one, other) => one.startTime - other.startTime)
        .map(({ name }) => new URL(name).pathname).filter((path) => !path.startsWith('/_headstart/')).join(' ')";
    browser.run(script).await.as_str().unwrap().to_owned()
}

/// What was published of the site's preloads.
fn published(site: &Site) -> String {
    let value = site.worker.published(&format!("127.0.0.1:{}/0", site.worker.port)).unwrap_or_default();
    let value: serde_json::Value = serde_json::from_str(&value).unwrap_or_default();
    value["preloads"]["/"].to_string()
}

#[test]
fn the_largest_picture_is_asked_for_first_and_no_longer_when_browsers_do_not_use_it() {
    let is_used = Arc::new(AtomicBool::new(true));
    let site = styled(&is_used);
    browser::with(|browser| async move {
        // Nothing shows when the largest picture was painted but that it was: half a second is enough for that.
        for _ in 0..40 {
            visit(&browser, &site, Duration::from_millis(500)).await;
            if published(&site).contains("/hero.svg") {
                break;
            }
        }
        assert_eq!(published(&site), r#"[{"as":"image","u":"/hero.svg"}]"#);
        let link = "</hero.svg>; rel=preload; as=image; fetchpriority=high";
        eventually("it is preloaded", Duration::from_secs(20), || {
            std::thread::sleep(Duration::from_millis(300));
            (link_of(&site) == link).then_some(())
        });
        assert_eq!(
            asked(&browser, &site).await,
            "/hero.svg /site.css",
            "the picture is the first after the document"
        );
        // Its rule matches no more: it is named, and nothing uses it.
        is_used.store(false, Ordering::Relaxed);
        for _ in 0..12 {
            visit(&browser, &site, Duration::from_millis(3500)).await;
            if published(&site) == "null" {
                break;
            }
        }
        assert_eq!(published(&site), "null");
        eventually("it is withdrawn", Duration::from_secs(20), || {
            std::thread::sleep(Duration::from_millis(300));
            link_of(&site).is_empty().then_some(())
        });
        assert_eq!(asked(&browser, &site).await, "/site.css");
    });
}
