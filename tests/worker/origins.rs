//! The four ways to the site's own responses, and what happens when configuration or bindings are wrong.

use crate::support;
use crate::support::http::{self, Response};
use crate::support::origin::{After, Origin, html, ok, write};
use crate::support::worker::{QUICK, Worker};
use crate::support::wrangler::{Config, Wrangler};
use std::time::Duration;

use crate::visitor::KEY;

const RULES: &str = "\"/_headstart/rules/site.json\"";

fn assert_page(what: &str, response: &Response, body: &str) {
    assert_eq!((response.status(), response.text().as_str()), (200, body), "{what}");
    assert_eq!(response.get("speculation-rules").as_deref(), Some(RULES), "{what}");
}

/// Waits for a message in the Worker's log.
fn logged(log: impl Fn() -> Vec<String>, part: &str) -> String {
    support::eventually(part, Duration::from_secs(20), || log().into_iter().find(|line| line.contains(part)))
}

#[test]
fn the_zones_own_origin_gets_the_request_as_it_is() {
    let origin = Origin::start();
    origin.say(&html("<p>zone"));
    let host = format!("127.0.0.1:{}", origin.port);
    let worker = Wrangler::start_with(
        &[Config::headstart(&[])],
        &["--local-upstream", &host, "--upstream-protocol", "http"],
    );
    assert_page("zone", &http::get(worker.port, "/a?b=%20c", &[("X-A", "1")]), "<p>zone");
    let received = origin.take();
    assert_eq!(received.last().unwrap().target(), "/a?b=%20c");
    assert_eq!(received.last().unwrap().head.all("x-a"), ["1"]);
    assert_eq!(received.last().unwrap().head.all("host"), [host]);
}

/// Asks under the address that the Worker really has, several times: what is replayed must not loop either.
fn assert_told(port: u16) {
    let request = format!(
        "GET / HTTP/1.1\r\nHost: 127.0.0.1:{port}\r\nConnection: close\r\nAccept-Encoding: identity\r\n\r\n"
    );
    for _ in 0..3 {
        let response = http::raw(port, request.as_bytes());
        assert_eq!(response.status(), 508);
        assert!(response.text().contains("set ORIGIN to the site's URL"), "{}", response.text());
    }
}

#[test]
fn without_any_origin_a_development_machine_is_told_so_and_does_not_loop() {
    let worker = Wrangler::start(&[Config::headstart(&[])]);
    assert_told(worker.port);
    let lines = worker.program.output();
    let answers = lines.iter().filter(|line| line.contains("GET / 508")).count();
    assert!(answers <= 6, "each request comes back once: {answers} answers");
}

#[test]
fn an_origin_that_is_headstart_itself_does_not_loop() {
    let port = support::free_port();
    let own = format!("http://127.0.0.1:{port}");
    let worker = Wrangler::start_at(port, &[Config::headstart(&[("ORIGIN", &own)])], &[]);
    assert_told(worker.port);
}

/// An application that takes its address from what a proxy tells it, refuses forms from anywhere else, and says its own
/// address wherever it has not been told otherwise.
fn application(origin: &Origin) {
    let own = origin.url();
    origin.answer(move |received, stream| {
        let host = received.head.get("x-forwarded-host").unwrap_or_default();
        let scheme = received.head.get("x-forwarded-proto").unwrap_or_default();
        let answer = match received.target() {
            "/form" if received.head.get("origin") == Some(format!("{scheme}://{host}")) => {
                ok("Content-Type: text/plain\r\n", b"taken")
            }
            "/form" => b"HTTP/1.1 403 Forbidden\r\nContent-Length: 0\r\n\r\n".to_vec(),
            "/sign-in" => format!(
                "HTTP/1.1 302 Found\r\nLocation: {own}/account?next={own}/\r\nSet-Cookie: a=1; Domain=127.0.0.1; \
                 HttpOnly\r\nContent-Length: 0\r\n\r\n"
            )
            .into_bytes(),
            "/ring" => {
                format!("HTTP/1.1 301 Moved Permanently\r\nLocation: {own}/ring\r\nContent-Length: 0\r\n\r\n").into_bytes()
            }
            "/links" => ok(
                &format!("Content-Type: text/html\r\nLink: <{own}/wp-json/>; rel=\"https://api.w.org/\"\r\nRefresh: 9; url={own}/b\r\n"),
                format!("<!doctype html><title>x</title><a href=\"{own}/next\">next</a>").as_bytes(),
            ),
            // As an older application says it, which knows no UTF-8.
            "/old" => {
                let start = format!("HTTP/1.1 302 Found\r\nContent-Length: 0\r\nLocation: {own}/stra");
                let rest = b"\xdfe\r\nSet-Cookie: a=1; Domain=127.0.0.1\r\nSet-Cookie: name=Jos\xe9\r\n\r\n";
                [start.as_bytes(), rest].concat()
            }
            _ => ok("Content-Type: text/plain\r\n", b"other"),
        };
        write(stream, &answer);
        After::Keep
    });
}

#[test]
fn another_server_is_told_the_public_host_and_its_own_address_is_turned_back() {
    let origin = Origin::start();
    application(&origin);
    let worker = Worker::start(&[&QUICK[..], &[("ORIGIN", origin.url().as_str())]].concat());
    let form =
        |from: &str| http::raw(worker.port, &http::request("POST", "/form", &[("Origin", from)], b"a=1"));
    assert_eq!(form("http://shop.test").text(), "taken");
    assert_eq!(form("http://other.test").status(), 403);

    // What the visitor claims is not believed, and where they come from is added.
    let claims = [
        ("X-Forwarded-Host", "evil.test"),
        ("Forwarded", "host=evil.test"),
        ("X-Forwarded-For", "192.0.2.1"),
    ];
    origin.take();
    http::get(worker.port, "/other", &[&claims[..], &[("CF-Connecting-IP", "192.0.2.9")]].concat());
    let received =
        origin.take().into_iter().find(|received| received.target() == "/other").expect("a request").head;
    assert_eq!(received.all("x-forwarded-host"), ["shop.test"]);
    assert_eq!(received.all("forwarded"), ["for=192.0.2.9;host=\"shop.test\";proto=http"]);
    assert_eq!(received.all("x-forwarded-for"), ["192.0.2.1, 192.0.2.9"]);

    let own = origin.url();
    let sign_in = http::get(worker.port, "/sign-in", &[]);
    assert_eq!(sign_in.get("location"), Some(format!("http://shop.test/account?next={own}/")));
    assert_eq!(sign_in.head.all("set-cookie"), ["a=1; Domain=shop.test; HttpOnly"]);
    // The second one is answered by a decision that is replayed.
    for _ in 0..3 {
        let links = http::get(worker.port, "/links", &[]);
        assert_eq!(
            links.get("link").as_deref(),
            Some("<http://shop.test/wp-json/>; rel=\"https://api.w.org/\"")
        );
        assert_eq!(links.get("refresh").as_deref(), Some("9; url=http://shop.test/b"));
        assert!(links.text().contains(&format!("{own}/next")), "a body stays as it is");
    }
    // What the platform cannot read as text it could only turn into something else.
    let old = http::get(worker.port, "/old", &[]);
    let bytes = |name: &str| -> Vec<Vec<u8>> {
        let lines = old.head.lines.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
        lines.map(|(_, value)| value.0.clone()).collect()
    };
    assert_eq!(bytes("location"), [[own.as_bytes(), b"/stra\xdfe"].concat()]);
    assert_eq!(bytes("set-cookie"), [&b"a=1; Domain=127.0.0.1"[..], b"name=Jos\xe9"]);

    let told = logged(|| worker.log(), "pages link to the origin's own address");
    assert!(told.contains(&own) && told.contains("http://shop.test"), "{told}");

    // Turned back, this would lead a visitor in a ring.
    assert_eq!(http::get(worker.port, "/ring", &[]).get("location"), Some(format!("{own}/ring")));
    logged(|| worker.log(), "redirects pages to its own address");
}

#[test]
fn a_speculation_is_asked_for_in_the_same_way() {
    let origin = Origin::start();
    application(&origin);
    let worker = Worker::start(&[&QUICK[..], &[("ORIGIN", origin.url().as_str())]].concat());
    let prefetch =
        [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    let links = http::get(worker.port, "/links", &prefetch);
    assert!(links.get("link").expect("a link").starts_with("<http://shop.test/wp-json/>"));
    let received =
        origin.take().into_iter().find(|received| received.target() == "/links").expect("a request").head;
    assert_eq!(received.all("x-forwarded-host"), ["shop.test"]);
    assert_eq!(received.all("headstart-purpose"), ["prefetch"]);
}

#[test]
fn a_service_binding_is_an_origin() {
    let worker = start_with_service(&[]);
    let response = http::raw(worker.port, &http::request("POST", "/x?y", &[], b"sent"));
    assert_page_text(&response, 200, "POST /x?y sent");
    let redirect = http::get(worker.port, "/redirect", &[]);
    assert_eq!((redirect.status(), redirect.get("location").as_deref()), (302, Some("/elsewhere")));
    assert_page("service", &http::get(worker.port, "/", &[]), "<p>service");
}

/// Headstart in front of a site that is itself a Worker.
fn start_with_service(variables: &[(&str, &str)]) -> Wrangler {
    let script = support::root().join("tests/data/service.mjs");
    let variables = [variables, &[("ORIGIN", "service")]].concat();
    let headstart = Config::headstart(&variables).edit(|text| {
        text.push_str("[[services]]\nbinding = \"ORIGIN_SERVICE\"\nservice = \"site\"\n");
    });
    let site =
        Config::script("site", &script, &[]).edit(|text| *text = text.replace("\"headstart\"", "\"site\""));
    Wrangler::start(&[headstart, site])
}

#[test]
fn whatever_kind_of_body_a_worker_answers_with_is_handed_on_and_learned_if_it_is_whole() {
    // Rules are put into each page, so that its bytes are read.
    let worker = start_with_service(&[&QUICK[..], &[("RULES_DELIVERY", "inline")]].concat());
    let get = |path: &str| http::view(worker.port, path);
    let kinds = ["text", "buffer", "stream", "buffers", "bytes", "transformed", "blob", "gzip", "longer"];
    for kind in kinds {
        let page = get(&format!("/bodies/{kind}"));
        assert_eq!(page.status(), 200, "{kind}");
        assert!(
            page.complete
                && page.text().contains("<html><script type=")
                && page.text().ends_with("<p>a page</p></body></html>"),
            "{kind}: {page:?}"
        );
    }
    for (kind, status) in [("empty", 200), ("null", 200), ("none", 204)] {
        let response = get(&format!("/bodies/{kind}"));
        assert_eq!((response.status(), response.body.0.len()), (status, 0), "{kind}");
    }
    let head = http::raw(worker.port, &http::request("HEAD", "/bodies/text", &[], b""));
    assert_eq!(head.status(), 200);
    // That is the site's own error, as often as it is asked; ours would be others.
    worker.expects("the body breaks off");
    worker.expects("did not return bytes");
    for (kind, error) in [("broken", "the body breaks off"), ("strings", "did not return bytes")] {
        for times in 1..=2 {
            support::eventually(kind, Duration::from_secs(60), || {
                let page = http::get_broken(worker.port, &format!("/bodies/{kind}"));
                assert!(!String::from_utf8_lossy(&page).contains("</html>"), "{kind}");
                let said = worker.program.output().iter().filter(|line| line.contains(error)).count();
                (said >= times).then_some(())
            });
        }
    }
    for kind in kinds {
        let link = support::eventually(kind, Duration::from_secs(30), || {
            get(&format!("/bodies/{kind}")).get("link")
        });
        assert_eq!(link, "<https://cdn.example>; rel=preconnect", "{kind}");
    }
}

fn assert_page_text(response: &Response, status: u16, body: &str) {
    assert_eq!((response.status(), response.text().as_str()), (status, body));
}

#[test]
fn static_assets_are_an_origin() {
    let folder = support::root().join("tests/data/assets");
    let headstart = Config::headstart(&[("ORIGIN", "assets")]).edit(|text| {
        text.push_str(&format!(
            "[assets]\ndirectory = {folder:?}\nbinding = \"ASSETS\"\nrun_worker_first = true\n"
        ));
    });
    let worker = Wrangler::start(&[headstart]);
    assert_page("assets", &http::get(worker.port, "/", &[]), "<!doctype html><p>asset\n");
    let text = http::get(worker.port, "/note.txt", &[]);
    assert_page_text(&text, 200, "a note\n");
    assert_eq!(text.get("speculation-rules"), None);
    assert_eq!(http::get(worker.port, "/nothing", &[]).status(), 404);
    let refused = http::get(worker.port, "/logout", &[("Sec-Purpose", "prefetch")]);
    assert_eq!(refused.get("headstart-refused").as_deref(), Some("unsafe-url;rule=sign-out"));
}

#[test]
fn a_missing_origin_binding_is_named() {
    let worker = Worker::start(&[("ORIGIN", "service")]);
    let response = http::get(worker.port, "/", &[]);
    assert_eq!(response.status(), 502);
    assert!(response.text().contains("the binding ORIGIN_SERVICE"), "{}", response.text());
    logged(|| worker.log(), "add it to [[services]] in wrangler.toml");
}

#[test]
fn without_kv_and_durable_objects_the_site_is_served_and_the_log_says_what_is_missing() {
    let origin = Origin::start();
    origin.say(&html("<script src=https://cdn.example/x.js></script>"));
    let url = origin.url();
    let mut variables = QUICK.to_vec();
    variables.extend([("ORIGIN", url.as_str()), ("SEAL_KEY", KEY)]);
    let bare = Config::headstart(&variables).edit(|text| {
        let vars = text.find("[vars]").unwrap();
        let start = text.find("[[kv_namespaces]]").unwrap();
        text.replace_range(start..vars, "");
    });
    let worker = Wrangler::start(&[bare]);
    for _ in 0..5 {
        let response = http::get(worker.port, "/", &[]);
        assert_page("bare", &response, "<script src=https://cdn.example/x.js></script>");
        assert_eq!(response.get("link"), None);
    }
    let guess = [("Sec-Purpose", "prefetch"), ("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")];
    origin.say(&ok("Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n", b"<p>counted"));
    assert_eq!(http::get(worker.port, "/counted", &guess).status(), 503);
    logged(|| worker.log(), "the KV binding MODEL does not exist");
    logged(|| worker.log(), "the Durable Object binding LEARNER does not exist");
    logged(|| worker.log(), "the Durable Object binding LEDGER does not exist");
    let log = worker.log();
    assert!(!log.iter().any(|line| line.contains("no SEAL_KEY")), "there is one: {log:?}");
    assert_eq!(log.iter().filter(|line| line.contains("binding MODEL")).count(), 1, "{log:?}");
    assert_eq!(log.iter().filter(|line| line.contains("binding LEARNER")).count(), 1, "{log:?}");
}

#[test]
fn objects_without_sqlite_are_named_and_the_site_is_served() {
    let origin = Origin::start();
    origin.say(&html("<script src=https://cdn.example/x.js></script>"));
    let url = origin.url();
    let variables = [&QUICK[..], &[("ORIGIN", url.as_str())]].concat();
    let worker = Wrangler::start(&[Config::headstart(&variables).edit(|text| {
        assert!(text.contains("new_sqlite_classes"));
        *text = text.replace("new_sqlite_classes", "new_classes");
    })]);
    worker.expects("SQL is not enabled for this Durable Object class");
    for _ in 0..5 {
        let response = http::get(worker.port, "/", &[]);
        assert_page("without SQLite", &response, "<script src=https://cdn.example/x.js></script>");
        assert_eq!(response.get("link"), None);
    }
    for said in ["could not be sent to the learner", "SQL is not enabled"] {
        logged(|| worker.log(), said);
    }
    // The platform says it by itself, a little later.
    logged(|| worker.errors(), "SQL is not enabled");
}

#[test]
fn what_comes_again_and_again_is_not_asked_for_whatever_the_origin_is_called() {
    const BY_WORKER: (&str, &str) = ("CF-Worker", "shop.example");
    let origin = Origin::start();
    origin.say(&html("<p>x"));
    let worker = Worker::start(&[&QUICK[..], &[("ORIGIN", origin.url().as_str())]].concat());
    // The second one may be answered by the first one's decision.
    for _ in 0..3 {
        let told = |headers: &[(&str, &str)]| {
            origin.take();
            assert_page("x", &http::get(worker.port, "/a", headers), "<p>x");
            let received = origin.take();
            let asked = received.iter().find(|received| received.target() == "/a").expect("a request");
            asked.head.all("headstart-hops")
        };
        assert_eq!(told(&[]), [""; 0], "a visit");
        for (hops, next) in [("", "1"), ("x", "1"), ("-7", "1"), ("1", "2"), ("3", "4")] {
            assert_eq!(told(&[BY_WORKER, ("Headstart-Hops", hops)]), [next], "{hops}");
        }
        for hops in ["4", "900"] {
            let headers = [BY_WORKER, ("Headstart-Hops", hops)];
            assert_eq!(http::get(worker.port, "/a", &headers).status(), 508, "{hops}");
            let form = http::request("POST", "/a", &headers, b"x");
            assert_eq!(http::raw(worker.port, &form).status(), 508, "{hops}");
        }
        assert!(origin.take().iter().all(|received| received.target() != "/a"));
    }
}

#[test]
fn two_that_ask_each_other_come_to_an_end() {
    let (here, there) = (support::free_port(), support::free_port());
    let start = |port: u16, other: u16| {
        let origin = format!("http://127.0.0.1:{other}");
        Wrangler::start_at(port, &[Config::headstart(&[("ORIGIN", &origin)])], &[])
    };
    let (first, _second) = (start(here, there), start(there, here));
    for _ in 0..3 {
        assert_eq!(http::get(first.port, "/", &[]).status(), 508);
    }
    let asked = first.program.output().iter().filter(|line| line.contains("GET / 508")).count();
    assert!(asked <= 9, "each request comes back so many times: {asked} answers");
}

#[test]
fn the_origin_is_told_of_speculations_by_headstart_alone() {
    let origin = Origin::start();
    origin.say(&html("<p>x"));
    let worker = Worker::start(&[&QUICK[..], &[("ORIGIN", origin.url().as_str())]].concat());
    let told = |headers: &[(&str, &str)]| {
        origin.take();
        let headers = [&[("Headstart-Purpose", "prefetch")], headers].concat();
        assert_eq!(http::get(worker.port, "/a", &headers).text(), "<p>x");
        let received = origin.take();
        let asked = received.iter().find(|received| received.target() == "/a").expect("a request");
        asked.head.all("headstart-purpose")
    };
    for _ in 0..3 {
        assert_eq!(told(&[]), [""; 0]);
        assert_eq!(told(&[("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document")]), [""; 0]);
    }
    for (purpose, word) in
        [("prefetch;prerender", "prerender"), ("\u{e9}", "prefetch"), ("prefetch;", "prefetch")]
    {
        assert_eq!(told(&[("Sec-Purpose", purpose), ("Sec-Fetch-Dest", "image")]), [word], "{purpose}");
    }
}
