//! Scripts that fetch ahead, as npm has them: what they ask for on a guess signs nobody out and fills no cart, and clicks work.

use crate::shelf::until;
use crate::support::browser::{self, Browser, seen};
use crate::support::origin::{After, Received, ok, write};
use crate::support::packages;
use crate::support::site::Site;
use serde_json::json;

/// A way in which pages have links fetched ahead.
struct Prefetcher {
    /// What brings it into a page.
    head: &'static str,
    /// The attributes that it reads.
    attributes: &'static str,
    /// Whether it waits for the mouse.
    follows_mouse: bool,
    /// The field by which it says what it does.
    mark: (&'static str, &'static str),
}

/// The path of a script whose name is that of a page with an effect.
const SCRIPT: &str = "/assets/logout/page-1.js";

const ADD_TO_CART: &str = "/cart/?add-to-cart=7";

/// The client of an Inertia application, without a framework: it draws what a page's props say, fetches links ahead as its
/// `Link` does, and visits them on a click.
const INERTIA: &str = "
    import { router } from '@inertiajs/core';
    const draw = (page) => {
        document.body.innerHTML = page.props.html;
        for (const link of document.querySelectorAll('a')) {
            link.addEventListener('mouseenter', () => router.prefetch(link.href, {}, { cacheFor: '30s' }));
            link.addEventListener('click', (event) => { event.preventDefault(); router.visit(link.href); });
        }
    };
    const initialPage = JSON.parse(document.getElementById('page').textContent);
    router.init({ initialPage, resolveComponent: (name) => name, swapComponent: async ({ page }) => draw(page) });
    draw(initialPage);";

/// Where it is.
const INERTIA_CLIENT: &str = "/inertia.js";

fn answer(prefetcher: &Prefetcher, received: &Received) -> Vec<u8> {
    let Prefetcher { head, attributes, .. } = prefetcher;
    let is_inertia = head.contains(INERTIA_CLIENT);
    let page = |title: &str, body: &str| {
        let props = json!({ "html": format!("<h1>{title}</h1>{body}") });
        let page = json!({ "component": "Page", "url": received.target(), "version": "1", "props": props });
        if received.head.get("x-inertia").is_some() {
            return page.to_string();
        }
        let data = format!("<script type=application/json id=page>{page}</script>");
        format!(
            "<!doctype html><head><title>{title}</title><link rel=icon href='data:,'>{}{head}</head>\
             <body {attributes}><h1>{title}</h1>{body}",
            if is_inertia { &data } else { "" }
        )
    };
    // What an Inertia application answers to its own client.
    let ok = |headers: &str, body: &[u8]| {
        if received.head.get("x-inertia").is_none() {
            return ok(headers, body);
        }
        let headers = headers.replace("text/html", "application/json");
        ok(&format!("X-Inertia: true\r\nVary: X-Inertia\r\n{headers}"), body)
    };
    match received.target() {
        "/login" => ok("Content-Type: text/html\r\nSet-Cookie: session=ada; Path=/\r\n", b"Signed in"),
        "/" => {
            let links = format!(
                "<p><a id=about href=/about>About</a><p><a id=add href='{ADD_TO_CART}'>Add to cart</a>\
                 <p><a id=logout href=/logout>Sign out</a>"
            );
            ok("Content-Type: text/html\r\n", page("Home", &links).as_bytes())
        }
        "/about" => ok(
            "Content-Type: text/html\r\nCache-Control: private, max-age=60\r\n",
            page("About", "").as_bytes(),
        ),
        "/logout" => {
            let gone = "Content-Type: text/html\r\nSet-Cookie: session=; Path=/; Max-Age=0\r\n";
            ok(gone, page("Signed out", "").as_bytes())
        }
        ADD_TO_CART => ok("Content-Type: text/html\r\nSet-Cookie: cart=7; Path=/\r\n", b"Cart"),
        SCRIPT => {
            ok("Content-Type: text/javascript\r\nCache-Control: max-age=60\r\n", b"// A page's script.")
        }
        INERTIA_CLIENT => packages::bundle(INERTIA),
        path => packages::file(path).unwrap_or_else(|| ok("", b"")),
    }
}

/// Has the links of a page fetched ahead, and signs out.
fn guesses_and_signs_out(prefetcher: &'static Prefetcher) {
    let site = Site::start(&[]);
    site.origin.answer(move |received, stream| {
        write(stream, &answer(prefetcher, received));
        After::Keep
    });
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
    let refused = |url: &str| {
        // Of what was asked for, its log tells the path alone.
        let path = url.split('?').next().unwrap();
        let lines = [503, 409].map(|status| format!("GET {path} {status}"));
        site.worker.output().iter().any(|printed| lines.iter().any(|line| printed.contains(line)))
    };
    let mut received = Vec::new();
    let mut reached = |path: &str| -> Vec<Received> {
        received.extend(site.origin.take());
        received.iter().filter(|received| received.target() == path).cloned().collect()
    };
    browser::with(|browser| async move {
        browser.goto(&url("/login")).await;
        browser.goto(&url("/")).await;
        let hover = async |selector: &str| {
            if prefetcher.follows_mouse {
                browser.hover(selector).await;
            }
        };
        hover("#about").await;
        let (name, value) = prefetcher.mark;
        let about = seen("the safe page is fetched ahead", || reached("/about").pop());
        assert_eq!(about.head.get(name).as_deref(), Some(value), "{:?}", about.head);
        for (selector, url) in [("#add", ADD_TO_CART), ("#logout", "/logout")] {
            hover(selector).await;
            seen("it is refused", || refused(url).then_some(()));
        }
        if prefetcher.head.contains(SCRIPT) {
            let script = seen("the script is fetched ahead", || reached(SCRIPT).pop());
            assert_eq!(script.head.get(name).as_deref(), Some(value));
        }
        assert_eq!(browser.cookie("session").await.as_deref(), Some("ada"));
        sign_out(&browser).await;
        assert_eq!(browser.cookie("session").await, None);
        assert_eq!(reached("/logout").len(), 1);
        assert_eq!(reached(ADD_TO_CART), []);
        assert_eq!(reached("/about").len(), 1);
    });
}

/// Clicks, and waits until the page says that it has done that. Some of these scripts replace the page in place.
async fn sign_out(browser: &Browser) {
    browser.find("#logout").await.click().await.expect("a click");
    let says = "return document.querySelector('h1')?.textContent === 'Signed out' && location.pathname === '/logout'";
    until("the visitor is signed out", async || (browser.run(says).await == true).then_some(())).await;
}

#[test]
fn quicklink_signs_nobody_out() {
    guesses_and_signs_out(&Prefetcher {
        head: "<script src=/quicklink/dist/quicklink.umd.js></script>\
               <script>addEventListener('load', () => quicklink.listen());</script>",
        attributes: "",
        follows_mouse: false,
        mark: ("sec-purpose", "prefetch"),
    });
}

#[test]
fn instant_page_signs_nobody_out() {
    guesses_and_signs_out(&Prefetcher {
        head: "<script type=module src=/instant.page/instantpage.js></script>",
        attributes: "data-instant-allow-query-string",
        follows_mouse: true,
        mark: ("sec-purpose", "prefetch"),
    });
}

#[test]
fn turbo_signs_nobody_out() {
    guesses_and_signs_out(&Prefetcher {
        head: "<script src=/@hotwired/turbo/dist/turbo.es2017-umd.js></script>",
        attributes: "",
        follows_mouse: true,
        mark: ("x-sec-purpose", "prefetch"),
    });
}

/// The pages of an application with Turbo whose links stand in a frame, and lead into it.
fn framed(received: &Received) -> Vec<u8> {
    let page = |title: &str, in_frame: &str| {
        format!(
            "<!doctype html><head><title>{title}</title><link rel=icon href='data:,'>\
             <script src=/@hotwired/turbo/dist/turbo.es2017-umd.js></script></head>\
             <body><h1>{title}</h1><turbo-frame id=post_5>{in_frame}</turbo-frame>"
        )
    };
    let links =
        format!("<a id=edit href=/posts/5/edit>Edit</a> <a id=add href='{ADD_TO_CART}'>Add to cart</a>");
    match received.target() {
        "/login" => ok("Content-Type: text/html\r\nSet-Cookie: session=ada; Path=/\r\n", b"Signed in"),
        "/" => ok("Content-Type: text/html\r\n", page("Post", &links).as_bytes()),
        "/posts/5/edit" => {
            ok("Content-Type: text/html\r\n", page("Edit", "<form><input id=text></form>").as_bytes())
        }
        ADD_TO_CART => ok("Content-Type: text/html\r\n", page("Cart", "One lamp").as_bytes()),
        path => packages::file(path).unwrap_or_else(|| ok("", b"")),
    }
}

#[test]
fn a_click_in_a_frame_of_turbo_works_whatever_became_of_the_guess() {
    let site = Site::start(&[]);
    site.origin.answer(|received, stream| {
        write(stream, &framed(received));
        After::Keep
    });
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
    let answered = |line: &str| site.worker.output().iter().any(|printed| printed.contains(line));
    browser::with(|browser| async move {
        browser.goto(&url("/login")).await;
        browser.goto(&url("/")).await;
        // What was fetched ahead is shown in its frame.
        browser.hover("#edit").await;
        seen("it is fetched ahead", || answered("GET /posts/5/edit 200").then_some(()));
        browser.find("#edit").await.click().await.expect("a click");
        let is_edited = "return document.querySelector('turbo-frame #text') !== null";
        until("the form is in the frame", async || (browser.run(is_edited).await == true).then_some(()))
            .await;
        assert_eq!(browser.text("h1").await, "Post");
        // What was refused is shown as a page.
        browser.goto(&url("/")).await;
        browser.hover("#add").await;
        seen("it is refused", || answered("GET /cart/ 503").then_some(()));
        browser.find("#add").await.click().await.expect("a click");
        let is_in_cart = "return document.querySelector('turbo-frame')?.textContent === 'One lamp'";
        until("the cart is shown", async || (browser.run(is_in_cart).await == true).then_some(())).await;
        let asked = site.origin.take().iter().filter(|received| received.target() == ADD_TO_CART).count();
        assert_eq!(asked, 1);
    });
}

#[test]
fn htmx_signs_nobody_out() {
    guesses_and_signs_out(&Prefetcher {
        head: "<script src=/htmx.org/dist/htmx.js></script><script src=/htmx-ext-preload/dist/preload.js></script>",
        attributes: "hx-ext=preload hx-boost=true preload=mouseover",
        follows_mouse: true,
        mark: ("hx-preloaded", "true"),
    });
}

#[test]
fn inertia_signs_nobody_out() {
    guesses_and_signs_out(&Prefetcher {
        head: "<script defer src=/inertia.js></script>",
        attributes: "",
        follows_mouse: true,
        mark: ("purpose", "prefetch"),
    });
}

#[test]
fn links_that_prefetch_sign_nobody_out_and_fetch_scripts_of_any_name() {
    guesses_and_signs_out(&Prefetcher {
        head: "<link rel=prefetch href=/about><link rel=prefetch href=/logout>\
               <link rel=prefetch href='/cart/?add-to-cart=7'><link rel=prefetch href=/assets/logout/page-1.js>",
        attributes: "",
        follows_mouse: false,
        mark: ("sec-purpose", "prefetch"),
    });
}
