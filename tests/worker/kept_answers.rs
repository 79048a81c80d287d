//! What the origin has done for a speculation that was refused then, it does not do again on the click.

use crate::support::http::Response;
use crate::support::origin::{After, ok, write};
use crate::support::site::Site;
use crate::visitor::{all, prefetch};

/// A page that counts visits in a cookie, and has a head, and more than is read of it before it goes out.
fn counted() -> String {
    let paragraphs: String = (0..2000).map(|number| format!("<p>{number}")).collect();
    format!("<!doctype html><html><head><title>a</title></head><body>{paragraphs}</body></html>")
}

/// A site without a key, whose page puts something into a cart, and whose other pages count visits in a cookie.
fn site() -> Site {
    site_with(&[])
}

/// The same with these variables.
fn site_with(variables: &[(&str, &str)]) -> Site {
    let site = Site::start(variables);
    site.origin.answer(|received, stream| {
        let answer = match received.target() {
            "/cart?lamp=7" => {
                b"HTTP/1.1 302 Found\r\nLocation: /\r\nSet-Cookie: cart=7; Path=/\r\nSet-Cookie: a=1\r\n\
                               Content-Length: 0\r\n\r\n"
                    .to_vec()
            }
            "/visits" => {
                ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", "G\u{fc}nter".as_bytes())
            }
            "/counted" => {
                let fields = "Content-Type: text/html; charset=utf-8\r\nSet-Cookie: visits=1; Path=/\r\n";
                ok(fields, counted().as_bytes())
            }
            "/old" => b"HTTP/1.1 302 Found\r\nLocation: /stra\xdfe\r\nSet-Cookie: visits=1\r\nContent-Length: 0\r\n\r\n".to_vec(),
            "/wish" => {
                b"HTTP/1.1 302 Found\r\nLocation: /list\r\nSet-Cookie: messages=Added; Path=/; HttpOnly\r\n\
                         Content-Length: 0\r\n\r\n"
                    .to_vec()
            }
            _ => ok("Content-Type: text/html\r\n", b"Home"),
        };
        write(stream, &answer);
        After::Keep
    });
    site
}

const SESSION: (&str, &str) = ("Cookie", "session=0123456789abcdef0123456789abcdef");

/// Where the speculation and the click come from.
const FROM: (&str, &str) = ("Referer", "http://shop.test/");

fn guess(site: &Site, path: &str) -> Response {
    prefetch(site, path, &[SESSION])
}

fn click(site: &Site, path: &str, more: &[(&str, &str)]) -> Response {
    let navigation = [
        ("Sec-Fetch-Mode", "navigate"),
        ("Sec-Fetch-Dest", "document"),
        ("Sec-Fetch-Site", "same-origin"),
        FROM,
        SESSION,
    ];
    site.get(path, &all(&navigation, more))
}

fn asked(site: &Site, path: &str) -> usize {
    site.origin.take().iter().filter(|received| received.target() == path).count()
}

#[test]
fn a_click_gets_the_answer_of_the_speculation_that_was_refused_once() {
    let site = site();
    assert_eq!(guess(&site, "/cart?lamp=7").status(), 503);
    assert_eq!(asked(&site, "/cart?lamp=7"), 1);
    let clicked = click(&site, "/cart?lamp=7", &[]);
    assert_eq!((clicked.status(), clicked.get("location").as_deref()), (302, Some("/")));
    assert_eq!(clicked.head.all("set-cookie"), ["cart=7; Path=/", "a=1"]);
    assert_eq!(asked(&site, "/cart?lamp=7"), 0, "it was done");
    assert_eq!(click(&site, "/cart?lamp=7", &[]).status(), 302);
    assert_eq!(asked(&site, "/cart?lamp=7"), 1, "another click does it again");
    // And the next speculation is refused before the origin is asked.
    assert_eq!(guess(&site, "/cart?lamp=7").status(), 503);
    assert_eq!(asked(&site, "/cart?lamp=7"), 0);
}

#[test]
fn a_page_that_was_refused_is_shown_as_it_came() {
    let site = site();
    assert_eq!(guess(&site, "/visits").status(), 503);
    let clicked = click(&site, "/visits", &[]);
    assert_eq!((clicked.status(), clicked.text().as_str()), (200, "G\u{fc}nter"));
    assert_eq!(clicked.get("set-cookie").as_deref(), Some("visits=1; Path=/"));
    assert_eq!(clicked.get("content-type").as_deref(), Some("text/html"));
    assert_eq!(asked(&site, "/visits"), 1);
}

#[test]
fn what_could_not_be_given_as_it_came_is_asked_for_again() {
    let site = site();
    assert_eq!(guess(&site, "/old").status(), 503);
    let clicked = click(&site, "/old", &[]);
    let location = clicked.head.lines.iter().find(|(name, _)| name.eq_ignore_ascii_case("location"));
    assert_eq!(location.unwrap().1.0, b"/stra\xdfe", "no text by which the platform would say it");
    assert_eq!(asked(&site, "/old"), 2);
}

#[test]
fn a_page_that_was_kept_is_edited_like_any_other() {
    let site = site_with(&[("RULES_DELIVERY", "inline")]);
    assert_eq!(guess(&site, "/counted").status(), 503);
    let clicked = click(&site, "/counted", &[]);
    assert_eq!(asked(&site, "/counted"), 1);
    assert_eq!((clicked.status(), clicked.complete), (200, true));
    assert_eq!(clicked.get("set-cookie").as_deref(), Some("visits=1; Path=/"));
    let page = clicked.text();
    let (before, rest) =
        page.split_once("<script type=\"speculationrules\">").expect("rules are in the page");
    let (_, behind) = rest.split_once("</script>").expect("rules end");
    assert_eq!(before, "<!doctype html><html><head>");
    assert_eq!(format!("{before}{behind}"), counted());
    // As the next one is, which the origin answers.
    assert_eq!(click(&site, "/counted", &[]).text(), page);
    assert_eq!(asked(&site, "/counted"), 1);
}

#[test]
fn nobody_else_gets_it_nor_does_a_visitor_for_whom_something_has_changed() {
    let site = site();
    guess(&site, "/visits");
    asked(&site, "/visits");
    for other in [
        ("User-Agent", "Test/2"),
        ("CF-Connecting-IP", "192.0.2.8"),
        ("Cookie", "session=1"),
        ("Referer", "http://shop.test/b"),
    ] {
        let own = all(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), FROM, SESSION], &[]);
        let fields: Vec<_> =
            own.into_iter().filter(|(name, _)| *name != other.0).chain(std::iter::once(other)).collect();
        assert_eq!(site.get("/visits", &fields).status(), 200);
        assert_eq!(asked(&site, "/visits"), 1, "{other:?}");
    }
    let posts = all(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), SESSION], &[]);
    let form = crate::support::http::request("POST", "/form", &posts, b"x=1");
    assert!(crate::support::http::raw(site.worker.port, &form).get("clear-site-data").is_some());
    click(&site, "/visits", &[]);
    assert_eq!(asked(&site, "/visits"), 1, "a form was sent");
}

#[test]
fn nothing_is_kept_for_a_visitor_without_a_session() {
    let site = site();
    assert_eq!(prefetch(&site, "/visits", &[]).status(), 503);
    asked(&site, "/visits");
    let anonymous = all(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), FROM], &[]);
    assert_eq!(site.get("/visits", &anonymous).status(), 200);
    assert_eq!(asked(&site, "/visits"), 1, "it may be somebody else in the same office");
}

#[test]
fn a_message_of_what_was_done_reaches_the_visitor_with_the_redirect() {
    let site = site();
    let fetched = guess(&site, "/wish");
    assert_eq!((fetched.status(), fetched.get("location").as_deref()), (302, Some("/list")));
    assert_eq!(fetched.get("set-cookie").as_deref(), Some("messages=Added; Path=/; HttpOnly"));
}
