//! A link that is known only by its text is not fetched on a guess, in whatever language it is, and its click works.

use crate::support::browser::{self, seen};
use crate::support::http;
use crate::support::origin::{After, Received, html, ok, write};
use crate::support::site::Site;

/// A page in some language: its path, where its sign-out is, and what that is called.
const PAGES: [(&str, &str, &str); 3] = [
    ("/de", "/k/17", "Abmelden"),
    ("/fr", "/k/18", "Se d&eacute;connecter"),
    ("/es", "/k/19", "Cerrar sesi&oacute;n"),
];

fn answer(received: &Received) -> Vec<u8> {
    let page = |title: &str, body: &str| {
        format!(
            "<!doctype html><title>{title}</title><link rel=icon href='data:,'><h1>{title}</h1>{body}\
             <p style='margin-top: 200px'>"
        )
    };
    let target = received.target();
    if let Some((path, out, words)) = PAGES.iter().find(|(path, ..)| *path == target) {
        let links = format!("<p><a id=lamp href={path}/lamp>Lamp</a><p><a id=out href={out}>{words}</a>");
        return html(&page(path, &links));
    }
    match target {
        "/login" => {
            ok("Content-Type: text/html\r\nSet-Cookie: session=ada; Path=/\r\n", b"<h1>Signed in</h1>")
        }
        out if out.starts_with("/k/") => {
            let gone = "Content-Type: text/html\r\nSet-Cookie: session=; Path=/; Max-Age=0\r\n";
            ok(gone, page("Signed out", "").as_bytes())
        }
        _ => html(&page("Page", "")),
    }
}

#[test]
fn a_link_that_is_known_only_by_its_text_is_not_fetched_on_a_guess_and_its_click_works() {
    let site = Site::start(&[("EAGERNESS", "moderate")]);
    site.origin.answer(|received, stream| {
        write(stream, &answer(received));
        After::Keep
    });
    let url = |path: &str| format!("http://127.0.0.1:{}{path}", site.worker.port);
    let (worker, origin) = (&site.worker, &site.origin);
    let answered = |line: &str| worker.output().iter().filter(|printed| printed.contains(line)).count();
    browser::with(|browser| async move {
        for (path, out, _) in PAGES {
            browser.goto(&url("/login")).await;
            browser::with_rules(worker, 1, browser.goto(&url(path))).await;
            let prefetch =
                [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")];
            seen("the page has been read", || {
                (http::get(worker.port, out, &prefetch).status() == 503).then_some(())
            });
            origin.take();

            let refused = answered(&format!("GET {out} 503"));
            browser.hover("#lamp").await;
            seen("another link is fetched ahead", || {
                (answered(&format!("GET {path}/lamp 200")) == 1).then_some(())
            });
            browser.hover("#out").await;
            seen("the sign-out is refused", || (answered(&format!("GET {out} 503")) > refused).then_some(()));
            assert_eq!(browser.cookie("session").await.as_deref(), Some("ada"), "{path}");
            let reached =
                |taken: &[Received]| taken.iter().filter(|received| received.target() == out).count();
            assert_eq!(reached(&origin.take()), 0, "{path}: the origin was not asked");

            browser.click("#out").await;
            assert_eq!(browser.text("h1").await, "Signed out", "{path}");
            assert_eq!(browser.cookie("session").await, None, "{path}");
            assert_eq!(reached(&origin.take()), 1, "{path}: once, by the click");
        }
    });
}
