//! No answer to a guess undoes what the visitor has done since it was asked for.

use crate::support::http::{self, Response};
use crate::support::origin::{After, write};
use crate::support::site::Site;
use crate::visitor::{BODY, activating, all, page, prefetch, reached, start, ticketed};
use std::sync::mpsc::{Sender, channel};
use std::sync::{Arc, Mutex};
use std::time::Duration;

/// A session that an application keeps in its cookie: nothing noted, a filter, and what a slow page makes of the first.
const BEFORE: &str = "app_session=eyJmaWx0ZXIiOiIifQ==";
const FILTERED: &str = "app_session=eyJmaWx0ZXIiOiJvcGVuIn0=; Path=/; HttpOnly";
const SLOW: &str = "app_session=eyJmaWx0ZXIiOiIiLCJzZWVuIjoxfQ==; Path=/; HttpOnly";

const NAVIGATION: [(&str, &str); 3] =
    [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "same-origin")];

/// A site whose form sets a filter, and whose path `held` is answered only when the sender says so.
fn site(site: Site, held: &'static str) -> (Site, Sender<()>) {
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    site.origin.answer(move |received, stream| {
        if received.target() == held {
            // A test that has failed says nothing any more.
            let _ = wait.lock().unwrap().recv_timeout(Duration::from_secs(20));
        }
        let answer = if received.method() == "POST" {
            format!("HTTP/1.1 303 See Other\r\nLocation: /list\r\nSet-Cookie: {FILTERED}\r\nContent-Length: 0\r\n\r\n")
                .into_bytes()
        } else {
            page(&[SLOW], BODY)
        };
        write(stream, &answer);
        After::Keep
    });
    (site, go)
}

fn send_filter(site: &Site) -> Response {
    let request = http::request("POST", "/filter", &all(&NAVIGATION, &[("Cookie", BEFORE)]), b"status=open");
    http::raw(site.worker.port, &request)
}

/// Waits until the origin is asked for a path.
fn until_asked(site: &Site, path: &str) {
    crate::support::eventually(path, Duration::from_secs(20), || {
        reached(site).iter().any(|(_, target, _)| target == path).then_some(())
    });
}

fn refusal(response: &Response) -> (u16, Option<String>) {
    (response.status(), response.get("headstart-refused"))
}

#[test]
fn a_slow_guess_does_not_set_a_session_over_the_one_that_a_form_has_renewed() {
    for variables in [&[][..], &[("SEAL_KEY", crate::visitor::KEY)]] {
        let (site, go) = site(Site::start(variables), "/slow");
        let site = Arc::new(site);
        let asking = Arc::clone(&site);
        let guess = std::thread::spawn(move || prefetch(&asking, "/slow", &[("Cookie", BEFORE)]));
        until_asked(&site, "/slow");
        assert_eq!(send_filter(&site).head.all("set-cookie"), [FILTERED]);
        go.send(()).unwrap();
        let guess = guess.join().unwrap();
        assert!(guess.head.all("set-cookie").is_empty());
        let now = FILTERED.split(';').next().unwrap();
        if variables.is_empty() {
            assert_eq!(refusal(&guess), (503, Some("overtaken".to_owned())));
        } else {
            // Deferred, and compared when the page is shown.
            let rules = site.get(&ticketed(&guess), &activating("http://shop.test/slow", &[("Cookie", now)]));
            assert!(rules.head.all("set-cookie").is_empty());
        }
        // Another time it goes well: with the session that the visitor has by now.
        go.send(()).unwrap();
        assert_eq!(prefetch(&site, "/slow", &[("Cookie", now)]).status(), 200);
    }
}

#[test]
fn somebody_who_has_signed_out_meanwhile_is_not_signed_in_again() {
    let site = Site::start(&[]);
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    site.origin.answer(move |received, stream| {
        if received.target() == "/account" {
            let _ = wait.lock().unwrap().recv_timeout(Duration::from_secs(20));
            write(stream, &page(&["sessionid=renewed0123456789; Path=/; HttpOnly"], BODY));
        } else {
            write(stream, &page(&["sessionid=; Path=/; Max-Age=0"], BODY));
        }
        After::Keep
    });
    let site = Arc::new(site);
    let asking = Arc::clone(&site);
    let cookie = ("Cookie", "sessionid=0123456789abcdef");
    let guess = std::thread::spawn(move || prefetch(&asking, "/account", &[cookie]));
    until_asked(&site, "/account");
    assert_eq!(site.get("/logout", &all(&NAVIGATION, &[cookie])).status(), 200);
    go.send(()).unwrap();
    assert_eq!(refusal(&guess.join().unwrap()), (503, Some("overtaken".to_owned())));
}

#[test]
fn while_a_form_is_under_way_no_guess_is_begun_for_its_visitor() {
    let (site, go) = site(start(&[]), "/filter");
    let site = Arc::new(site);
    let sending = Arc::clone(&site);
    let form = std::thread::spawn(move || send_filter(&sending));
    until_asked(&site, "/filter");
    assert_eq!(
        refusal(&prefetch(&site, "/list", &[("Cookie", BEFORE)])),
        (503, Some("overtaken".to_owned()))
    );
    assert!(reached(&site).is_empty(), "the origin is not asked");
    assert_eq!(
        prefetch(&site, "/list", &[("Cookie", "app_session=eyJmaWx0ZXIiOiJteSJ9")]).status(),
        200,
        "another visitor"
    );
    go.send(()).unwrap();
    assert_eq!(form.join().unwrap().status(), 303);
    let now = FILTERED.split(';').next().unwrap();
    assert_eq!(prefetch(&site, "/list", &[("Cookie", now)]).status(), 200);
}

#[test]
fn a_session_that_is_kept_in_its_cookie_is_set_on_activation_if_it_is_still_the_one_that_was_sent() {
    let (site, _) = site(start(&[]), "/never");
    let shown = "http://shop.test/list";
    for (cookies, expected) in
        [(BEFORE, vec![SLOW]), (FILTERED.split(';').next().unwrap(), vec![]), ("", vec![])]
    {
        let fetched = prefetch(&site, "/list", &[("Cookie", BEFORE)]);
        assert_eq!((fetched.status(), fetched.head.all("set-cookie")), (200, vec![]));
        let rules = site.get(&ticketed(&fetched), &activating(shown, &[("Cookie", cookies)]));
        assert_eq!(rules.head.all("set-cookie"), expected, "{cookies}");
    }
    // Where no ticket can come back, it passes: nothing was done meanwhile.
    let safari = [("User-Agent", "Mozilla/5.0 Safari/605.1.15"), ("Cookie", BEFORE)];
    let other = [
        &[("Sec-Purpose", "prefetch"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Mode", "navigate")][..],
        &safari,
    ];
    assert_eq!(site.get("/list", &other.concat()).head.all("set-cookie"), [SLOW]);
}

#[test]
fn what_a_script_is_given_while_a_ticket_is_redeemed_stays() {
    const GIVEN: [&str; 2] = [FILTERED, "cart=8; Path=/"];
    // The ticket's answer waits for the visit of its page, and this one until the test says so.
    let site = start(&[("EFFECT_PATHS", "/list")]);
    let (go, wait) = channel::<()>();
    let wait = Mutex::new(wait);
    site.origin.answer(move |received, stream| {
        let is_guess = received.head.get("sec-purpose").is_some();
        let answer = if received.method() == "POST" {
            page(&GIVEN, "")
        } else if received.target() == "/list" && !is_guess {
            let _ = wait.lock().unwrap().recv_timeout(Duration::from_secs(20));
            page(&[], BODY)
        } else {
            page(&[SLOW, "cart=7; Path=/", "theme=dark; Path=/"], BODY)
        };
        write(stream, &answer);
        After::Keep
    });
    let site = Arc::new(site);
    for cookies in [BEFORE, ""] {
        let file = ticketed(&prefetch(&site, "/list", &[("Cookie", cookies)]));
        reached(&site);
        let redeeming = Arc::clone(&site);
        let redeemed = std::thread::spawn(move || {
            redeeming.get(&file, &activating("http://shop.test/list", &[("Cookie", cookies)]))
        });
        until_asked(&site, "/list");
        let script = [
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Cookie", cookies),
        ];
        let request = http::request("POST", "/cart/add", &all(&script, &[]), b"{}");
        assert_eq!(http::raw(site.worker.port, &request).head.all("set-cookie"), GIVEN);
        go.send(()).unwrap();
        let rules = redeemed.join().unwrap();
        assert_eq!(
            (rules.status(), rules.head.all("set-cookie")),
            (200, vec!["theme=dark; Path=/".to_owned()])
        );
    }
}

#[test]
fn what_was_only_hovered_over_is_on_no_list_and_what_was_looked_at_last_is() {
    let site = start(&[]);
    let history = |ids: &str| format!("oscar_history=\"[{ids}]\"; Path=/; HttpOnly");
    let looked_at = |ids: &str| format!("oscar_history=\"[{ids}]\"");
    let before = looked_at("71");
    let cookie = ("Cookie", before.as_str());
    let hover = |id: u32| {
        site.origin.say(&page(&[&history(&format!("71\\054 {id}"))], BODY));
        prefetch(&site, &format!("/catalogue/{id}"), &[cookie])
    };
    let (first, second, third) = (hover(181), hover(182), hover(183));
    for fetched in [&first, &second, &third] {
        assert_eq!((fetched.status(), fetched.head.all("set-cookie")), (200, vec![]));
    }
    let show = |fetched: &Response, page: &str, cookies: &str| {
        let cookie = [("Cookie", cookies)];
        site.get(&ticketed(fetched), &activating(page, &cookie)).head.all("set-cookie")
    };
    assert_eq!(show(&first, "http://shop.test/catalogue/181", &before), [history("71\\054 181")]);
    // The second was fetched with the list of before the first was shown.
    assert_eq!(
        show(&second, "http://shop.test/catalogue/182", &looked_at("71\\054 181")),
        [history("71\\054 182")]
    );
}

#[test]
fn what_scripts_send_stands_in_the_way_only_where_no_ticket_can_compare() {
    for (variables, status) in [(&[("SEAL_KEY", crate::visitor::KEY)][..], 200), (&[][..], 503)] {
        let (site, go) = site(Site::start(variables), "/graphql");
        let site = Arc::new(site);
        let sending = Arc::clone(&site);
        let script = [
            ("Sec-Fetch-Mode", "cors"),
            ("Sec-Fetch-Dest", "empty"),
            ("Sec-Fetch-Site", "same-origin"),
            ("Cookie", BEFORE),
        ];
        let request = http::request("POST", "/graphql", &all(&script, &[]), b"{}");
        let sent = std::thread::spawn(move || http::raw(sending.worker.port, &request));
        until_asked(&site, "/graphql");
        assert_eq!(prefetch(&site, "/list", &[("Cookie", BEFORE)]).status(), status);
        go.send(()).unwrap();
        sent.join().unwrap();
    }
}

#[test]
fn a_prerendered_page_is_not_stale_for_what_was_noted_in_a_session_meanwhile() {
    let (site, _) = site(start(&[]), "/never");
    let rendered = crate::visitor::prerender(&site, "/list", &[("Cookie", BEFORE)]);
    let ticket = crate::visitor::ticket_of(&rendered);
    let noted = [("Cookie", "app_session=eyJmaWx0ZXIiOiIiLCJwb2xsIjo5fQ==")];
    let shown = crate::visitor::activate(&site, "http://shop.test/list", &ticket, &noted);
    assert_eq!((shown.status(), shown.head.all("set-cookie")), (204, vec![]), "what was noted stays");
    let rendered = crate::visitor::prerender(&site, "/list", &[("Cookie", BEFORE)]);
    let signed_out =
        crate::visitor::activate(&site, "http://shop.test/list", &crate::visitor::ticket_of(&rendered), &[]);
    assert_eq!(signed_out.status(), 409);
}

/// A remembered sign-in by a key that is good once: who brings it is given another one, and a session that no redirect may give on a
/// guess.
#[test]
fn a_sign_in_that_the_origin_has_renewed_reaches_the_visitor_with_the_refusal() {
    const RENEWED: &str = "remember_me=9f8e7d6c5b4a39281706; Path=/; HttpOnly";
    let site = start(&[]);
    site.origin.answer(|received, stream| {
        let answer = if received.head.get("cookie").is_some_and(|cookies| cookies.contains("remember_me")) {
            format!("HTTP/1.1 302 Found\r\nLocation: /about\r\nSet-Cookie: {RENEWED}\r\nSet-Cookie: app_session=1; Path=/\r\nContent-Length: 0\r\n\r\n")
        } else {
            "HTTP/1.1 302 Found\r\nLocation: /about\r\nSet-Cookie: app_session=1; Path=/\r\nContent-Length: 0\r\n\r\n".to_owned()
        };
        write(stream, answer.as_bytes());
        After::Keep
    });
    let had = ("Cookie", "remember_me=0123456789abcdef0123");
    let refused = prefetch(&site, "/login?to=about", &[had]);
    assert_eq!(refused.status(), 503);
    assert_eq!(refused.head.all("set-cookie"), [RENEWED]);
    let stranger = prefetch(&site, "/login?to=shop", &[]);
    assert_eq!((stranger.status(), stranger.head.all("set-cookie")), (503, vec![]));
}
