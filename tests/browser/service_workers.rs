//! What a service worker of the site makes of requests loses nothing that was deferred, and brings nothing of it early.

use crate::shelf::{KEY, activation_start, add_rule, cookie_names, until};
use crate::support::browser::{self, Browser, seen};
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::packages;
use crate::support::site::Site;

/// It takes over the pages that are open.
const CLAIMS: &str = "addEventListener('activate', (event) => event.waitUntil(clients.claim()));";

/// Service workers that people write, by what they do with requests.
const PRELOADS: &str = "
    addEventListener('activate', (event) => event.waitUntil(registration.navigationPreload.enable()));
    addEventListener('fetch', (event) =>
        event.respondWith((async () => (await event.preloadResponse) ?? fetch(event.request))()));";
const LEAVES_NAVIGATIONS: &str = "
    addEventListener('fetch', (event) => {
        if (event.request.mode !== 'navigate') event.respondWith(fetch(event.request));
    });";
const FETCHES_ALL: &str = "addEventListener('fetch', (event) => event.respondWith(fetch(event.request)));";
const FETCHES_PICTURES: &str = "
    addEventListener('fetch', (event) => {
        if (event.request.destination === 'image') event.respondWith(fetch(event.request));
    });";
const REBUILDS_ALL_BUT_NAVIGATIONS: &str = "
    addEventListener('fetch', (event) => {
        const { method, mode, url } = event.request;
        if (method === 'GET' && mode !== 'navigate') event.respondWith(fetch(url));
    });";
const WORKBOX: &str = "
    importScripts('/workbox-core/build/workbox-core.prod.js', '/workbox-routing/build/workbox-routing.prod.js',
        '/workbox-strategies/build/workbox-strategies.prod.js');
    workbox.routing.registerRoute(({ request }) => request.mode === 'navigate', new workbox.strategies.NetworkFirst());
    workbox.routing.setDefaultHandler(new workbox.strategies.NetworkFirst());";

/// The session and the form token of whoever is shown the page.
const SESSION: &str = "0123456789abcdef0123456789abcdef";
const TOKEN: &str = "fedcba9876543210fedcba9876543210";

/// An origin with a service worker, whose page starts a session, and which takes its form from nobody without the token.
fn site(service_worker: &'static str) -> Site {
    let site = Site::start(&[("SEAL_KEY", KEY), ("EAGERNESS", "moderate")]);
    site.origin.answer(move |received, stream| {
        write(stream, &answer(service_worker, received));
        After::Keep
    });
    site
}

fn answer(service_worker: &str, received: &Received) -> Vec<u8> {
    let page = |title: &str, body: &str| {
        format!("<!doctype html><title>{title}</title><link rel=icon href='data:,'><h1>{title}</h1>{body}")
    };
    match (received.method(), received.target()) {
        ("GET", "/") => html(&page("Home", "<a id=page href=/page>Page</a>")),
        ("GET", "/page") => {
            let cookies = format!(
                "Set-Cookie: sessionid={SESSION}; Path=/; HttpOnly\r\nSet-Cookie: csrftoken={TOKEN}; Path=/\r\n"
            );
            let form = format!(
                "<form method=post action=/send><input type=hidden name=token value={TOKEN}><button id=send>Send</button>\
                 </form><p><a id=next href=/next>Next</a><img src=/picture.png>"
            );
            ok(&format!("Content-Type: text/html\r\n{cookies}"), page("Page", &form).as_bytes())
        }
        ("GET", "/next") => html(&page("Next", "")),
        ("POST", "/send") => {
            let cookies = received.head.get("cookie").unwrap_or_default();
            let has = |cookie: String| cookies.split("; ").any(|other| other == cookie);
            let is_sent = received.body.0 == format!("token={TOKEN}").as_bytes();
            if is_sent && has(format!("csrftoken={TOKEN}")) && has(format!("sessionid={SESSION}")) {
                return html(&page("Accepted", ""));
            }
            let expired = page("Page expired", "");
            let mut answer = b"HTTP/1.1 419 Page Expired\r\nContent-Type: text/html\r\n".to_vec();
            answer
                .extend_from_slice(format!("Content-Length: {}\r\n\r\n{expired}", expired.len()).as_bytes());
            answer
        }
        ("GET", "/service-worker.js" | "/service-worker") => {
            ok("Content-Type: text/javascript\r\n", format!("{CLAIMS}{service_worker}").as_bytes())
        }
        (_, path) => packages::file(path).unwrap_or_else(|| ok("", b"")),
    }
}

/// Installs the service worker, and shows the page with the link as one that it controls.
async fn install(site: &Site, browser: &Browser) {
    install_at("/service-worker.js", site, browser).await;
}

/// The same, where its script is to be had at this path.
async fn install_at(path: &str, site: &Site, browser: &Browser) {
    let url = format!("http://127.0.0.1:{}/", site.worker.port);
    browser.goto(&url).await;
    let is_controlled = format!(
        "return navigator.serviceWorker.register('{path}') \
         .then(() => navigator.serviceWorker.ready).then(() => new Promise((resolve) => {{ \
             const look = () => navigator.serviceWorker.controller && resolve(true); \
             navigator.serviceWorker.addEventListener('controllerchange', look); look(); }}))"
    );
    assert_eq!(browser.run(&is_controlled).await, true);
    browser::with_rules(&site.worker, 1, browser.goto(&url)).await;
}

fn reached(site: &Site, path: &str) -> Option<Received> {
    site.origin.take().into_iter().find(|received| received.target() == path)
}

/// Waits until the page that is shown has its cookies, follows its rules, and has its form taken.
async fn works_as_without_us(site: &Site, browser: &Browser) {
    assert_eq!(browser.text("h1").await, "Page");
    until("the session is there", async || browser.cookie("sessionid").await).await;
    assert_eq!(cookie_names(browser).await, ["csrftoken", "sessionid"]);
    let next = browser.hover_until("#next", "the page has its rules", || reached(site, "/next")).await;
    assert_eq!(next.head.get("sec-purpose").as_deref(), Some("prefetch"));
    browser.click("#send").await;
    assert_eq!(browser.text("h1").await, "Accepted");
}

/// Hovers over a link, clicks it, and sends the form of the page.
fn prefetch_and_send(service_worker: &'static str) {
    prefetch_and_send_by("/service-worker.js", service_worker);
}

fn prefetch_and_send_by(path: &'static str, service_worker: &'static str) {
    let site = site(service_worker);
    browser::with(|browser| async move {
        install_at(path, &site, &browser).await;
        let prefetch =
            browser.hover_until("#page", "the page is prefetched", || reached(&site, "/page")).await;
        assert_eq!(prefetch.head.get("sec-purpose").as_deref(), Some("prefetch"));
        seen("it is answered", || printed(&site, "GET /page 200").then_some(()));
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser::with_rules(&site.worker, 1, browser.click("#page")).await;
        assert_eq!(browser.delivery().await, "navigational-prefetch");
        works_as_without_us(&site, &browser).await;
    });
}

fn printed(site: &Site, line: &str) -> bool {
    site.worker.output().iter().any(|printed| printed.contains(line))
}

#[test]
fn a_form_is_taken_where_a_service_worker_preloads_navigations() {
    prefetch_and_send(PRELOADS);
}

#[test]
fn a_form_is_taken_where_a_service_worker_leaves_navigations_alone() {
    prefetch_and_send(LEAVES_NAVIGATIONS);
}

#[test]
fn a_form_is_taken_where_a_service_worker_fetches_all() {
    prefetch_and_send(FETCHES_ALL);
}

#[test]
fn a_form_is_taken_where_a_service_worker_fetches_pictures() {
    prefetch_and_send(FETCHES_PICTURES);
}

#[test]
fn a_form_is_taken_where_workbox_asks_the_network_first() {
    prefetch_and_send(WORKBOX);
}

#[test]
fn a_form_is_taken_where_a_service_worker_rebuilds_all_but_navigations() {
    prefetch_and_send(REBUILDS_ALL_BUT_NAVIGATIONS);
}

#[test]
fn a_form_is_taken_where_the_script_of_one_that_rebuilds_requests_has_the_name_of_a_page() {
    prefetch_and_send_by("/service-worker", REBUILDS_ALL_BUT_NAVIGATIONS);
}

/// Has the page rendered by a rule of the site's own, after a prefetch or at once, and clicks when its picture is there.
fn prerender_and_send(service_worker: &'static str, prefetches: bool) {
    let site = site(service_worker);
    browser::with(|browser| async move {
        install(&site, &browser).await;
        if prefetches {
            add_rule(&browser, "prefetch", "/page").await;
            seen("it is fetched", || printed(&site, "GET /page 200").then_some(()));
        }
        let rules = site.worker.rules_asked();
        add_rule(&browser, "prerender", "/page").await;
        let picture = seen("it is rendered", || reached(&site, "/picture.png"));
        let mark = (service_worker == FETCHES_ALL).then_some("prefetch;prerender");
        assert_eq!(picture.head.get("sec-purpose").as_deref(), mark);
        seen("it has asked for its rules", || (site.worker.rules_asked() > rules).then_some(()));
        assert_eq!(cookie_names(&browser).await, [""; 0]);
        browser.click("#page").await;
        assert!(activation_start(&browser).await > 0.0);
        works_as_without_us(&site, &browser).await;
    });
}

#[test]
fn behind_a_service_worker_a_prerendered_page_gets_its_cookies_when_it_is_shown() {
    prerender_and_send(FETCHES_ALL, false);
}

#[test]
fn behind_a_service_worker_a_page_that_was_prefetched_and_is_then_prerendered_gets_its_cookies_when_it_is_shown()
 {
    prerender_and_send(FETCHES_ALL, true);
}

#[test]
fn behind_a_service_worker_that_rebuilds_requests_a_prerendered_page_gets_its_cookies_when_it_is_shown() {
    prerender_and_send(REBUILDS_ALL_BUT_NAVIGATIONS, false);
}

#[test]
fn behind_one_that_rebuilds_requests_a_page_that_was_prefetched_and_is_then_prerendered_gets_them_then_as_well()
 {
    prerender_and_send(REBUILDS_ALL_BUT_NAVIGATIONS, true);
}
