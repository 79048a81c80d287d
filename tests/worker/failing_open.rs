//! Whatever fails in Headstart, a visitor gets what the origin answers, and nothing is sent twice. The wasm is had fail at each call
//! that it makes of JavaScript while it answers: before the origin is asked, when it has answered, and when the answer was changed
//! already. See `tests/data/failing_wasm.mjs`; nothing of it is in the Worker that is deployed.

use crate::support::http::{self, Response};
use crate::support::origin::{After, Origin, html, ok, write};
use crate::support::worker::{QUICK, Worker};

const PAGE: &str =
    "<!doctype html><html><head><title>x</title></head><body><p>the origin's bytes</body></html>";

const NAVIGATION: [(&str, &str); 3] =
    [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Cookie", "session=1")];

/// Each of the ways to fail: an exception that no Rust expects, a trap, and a panic.
const WAYS: [&str; 3] = ["throw", "trap", "panic"];

/// The most calls that one answer may take.
const MAX_CALLS: usize = 1000;

/// An origin with a page that gives a cookie, and that takes forms.
fn origin() -> Origin {
    let origin = Origin::start();
    origin.answer(|received, stream| {
        let page =
            "Content-Type: text/html; charset=utf-8\r\nX-Origin: yes\r\nSet-Cookie: visits=1; Path=/\r\n";
        let answer = match received.method() {
            "POST" => ok("Content-Type: text/plain\r\nX-Origin: yes\r\n", &received.body.0),
            _ => ok(page, PAGE.as_bytes()),
        };
        write(stream, &answer);
        After::Keep
    });
    origin
}

/// Headstart around which everything is changed that is: hints are learned from each page, and rules are put into it.
fn start(origin: &Origin, script: &'static str) -> Worker {
    let url = origin.url();
    let variables = [
        ("ORIGIN", url.as_str()),
        // The learners' calls are not those of the answer, though they may be in the same isolate: none comes meanwhile.
        ("BATCH_SECONDS", "60"),
        ("RULES_DELIVERY", "inline"),
        ("SEAL_KEY", "a key of the tests, forty characters long"),
    ];
    Worker::start_failing(&[&QUICK[..], &variables].concat(), script)
}

/// Headstart in front of an origin, which fails where it is told to.
fn failing() -> (Origin, Worker) {
    let origin = origin();
    let worker = start(&origin, "failing_headstart.mjs");
    expects_failures(&worker);
    (origin, worker)
}

/// A page without the rules that were put into it.
fn without_rules(page: &str) -> String {
    const START: &str = "<script type=\"speculationrules\">";
    match page.split_once(START).and_then(|(before, rest)| Some((before, rest.split_once("</script>")?.1))) {
        Some((before, after)) => format!("{before}{after}"),
        None => page.to_owned(),
    }
}

/// How many pages the origin was asked for since the last call.
fn pages_asked(origin: &Origin) -> usize {
    origin.take().iter().filter(|received| received.target().starts_with("/page/")).count()
}

/// Asks until no call is left at which wasm could fail, and gives each answer to `check`. Answers how often it has failed.
fn fail_everywhere(way: &str, mut ask: impl FnMut(usize, &str) -> Response) -> usize {
    for number in 1..MAX_CALLS {
        let answer = ask(number, &format!("{way} {number}"));
        if answer.get("x-failed").is_none() {
            return number - 1;
        }
    }
    panic!("an answer takes more than {MAX_CALLS} calls");
}

/// What an instance that ends leaves in the log. Its own promises call back or never do; none reaches into the next instance.
fn expects_failures(worker: &Worker) {
    worker.expects("Headstart: ");
    worker.expects("Reinitializing Wasm application");
    for leaving in [
        "unreachable",
        "panicked at",
        "Critical",
        "a start that a test refuses",
        "Module terminated",
        "previous WASM instance",
        "code had hung",
        "Promise will never complete",
    ] {
        worker.allows(leaving);
    }
}

#[test]
fn a_visitor_gets_the_origins_bytes_wherever_it_fails() {
    let (origin, worker) = failing();
    for way in WAYS {
        let failed = fail_everywhere(way, |number, fail| {
            let fields = [&NAVIGATION[..], &[("X-Fail", fail)]].concat();
            let answer = http::get(worker.port, &format!("/page/{way}/{number}"), &fields);
            let what = format!("{fail}: {answer:?}");
            assert_eq!((answer.status(), answer.get("x-origin").as_deref()), (200, Some("yes")), "{what}");
            assert!(answer.complete && without_rules(&answer.text()) == PAGE, "{what}");
            assert_eq!(answer.head.all("set-cookie"), ["visits=1; Path=/"], "{what}");
            answer
        });
        assert!(failed >= 20, "{way}: {failed}");
        assert_eq!(pages_asked(&origin), failed + 1, "{way}: each page is asked for once");
    }
}

#[test]
fn a_form_is_sent_once_wherever_it_fails() {
    let (origin, worker) = failing();
    for way in WAYS {
        let failed = fail_everywhere(way, |number, fail| {
            let fields = [
                ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "document"),
                ("Sec-Fetch-Site", "same-origin"),
                ("Cookie", "session=eyJ2aWV3cyI6MX0="),
                ("Content-Type", "application/x-www-form-urlencoded"),
                ("X-Fail", fail),
            ];
            let body = format!("order={number}");
            let answer = http::raw(worker.port, &http::request("POST", "/order", &fields, body.as_bytes()));
            assert_eq!((answer.status(), answer.text()), (200, body.clone()), "{fail}");
            let asked = origin.take();
            let bodies: Vec<String> = asked
                .iter()
                .filter(|received| received.method() == "POST")
                .map(|received| String::from_utf8_lossy(&received.body.0).into_owned())
                .collect();
            assert_eq!(bodies, [body], "{fail}");
            answer
        });
        assert!(failed >= 10, "{way}: {failed}");
    }
}

#[test]
fn a_speculation_that_fails_gives_nothing_away_that_was_to_be_deferred() {
    let (origin, worker) = failing();
    for way in WAYS {
        let failed = fail_everywhere(way, |number, fail| {
            let fields = [
                ("Sec-Fetch-Mode", "navigate"),
                ("Sec-Fetch-Dest", "document"),
                ("Sec-Purpose", "prefetch"),
                ("User-Agent", "Mozilla/5.0 Chrome/156"),
                ("X-Fail", fail),
            ];
            let answer = http::get(worker.port, &format!("/page/{way}/{number}"), &fields);
            assert!(matches!(answer.status(), 200 | 503), "{fail}: {answer:?}");
            assert!(answer.head.all("set-cookie").is_empty(), "{fail}: {answer:?}");
            answer
        });
        assert!(failed >= 20, "{way}: {failed}");
        assert!(pages_asked(&origin) <= failed + 1, "{way}: asked once, or not at all");
    }
}

#[test]
fn cookies_that_cannot_be_read_are_not_taken_for_none() {
    let origin = origin();
    let worker = start(&origin, "failing_headstart.mjs");
    worker.expects("a failure that a test wants");
    let fail = ("X-Fail", "throw getSetCookie");
    let guess = [&NAVIGATION[..2], &[("Sec-Purpose", "prefetch"), fail]].concat();
    let answer = http::get(worker.port, "/page/a", &guess);
    assert_eq!((answer.status(), answer.get("x-failed").as_deref()), (503, Some("throw")));
    assert!(answer.head.all("set-cookie").is_empty(), "{answer:?}");
    let answer = http::get(worker.port, "/page/a", &[&NAVIGATION[..], &[fail]].concat());
    assert_eq!((answer.status(), answer.get("x-failed").as_deref()), (200, Some("throw")));
    assert_eq!(
        (answer.text().as_str(), answer.head.all("set-cookie").join("")),
        (PAGE, "visits=1; Path=/".to_owned())
    );
    assert_eq!(pages_asked(&origin), 2);
}

#[test]
fn what_cannot_start_anew_is_started_by_a_later_request() {
    let (origin, worker) = failing();
    let get = |fail: &str| http::get(worker.port, "/a", &[&NAVIGATION[..], &[("X-Fail", fail)]].concat());
    assert!(get("").text().len() > PAGE.len(), "rules stand in it");
    assert_eq!(get("trap 3").text(), PAGE);
    for _ in 0..3 {
        let answer = get("start");
        assert_eq!((answer.status(), answer.text().as_str()), (200, PAGE));
        let form = http::raw(worker.port, &http::request("POST", "/b", &[("X-Fail", "start")], b"once"));
        assert_eq!((form.status(), form.text().as_str()), (200, "once"));
    }
    assert!(get("").text().len() > PAGE.len(), "it has started");
    let posts = origin.take().iter().filter(|received| received.method() == "POST").count();
    assert_eq!(posts, 3);
}

#[test]
fn a_site_is_served_whose_headstart_does_not_start() {
    let origin = origin();
    let worker = start(&origin, "unstarted_headstart.mjs");
    worker.expects("a start that a test refuses");
    for _ in 0..2 {
        let page = http::get(worker.port, "/a?b=%20c", &NAVIGATION);
        assert_eq!((page.status(), page.text().as_str()), (200, PAGE));
        assert_eq!(page.head.all("set-cookie"), ["visits=1; Path=/"]);
        let form = http::raw(worker.port, &http::request("POST", "/b", &[], b"once"));
        assert_eq!((form.status(), form.text().as_str()), (200, "once"));
    }
    let received = origin.take();
    let targets: Vec<&str> = received.iter().map(|received| received.target()).collect();
    assert_eq!(targets, ["/a?b=%20c", "/b", "/a?b=%20c", "/b"]);
    assert_eq!(received[0].head.all("x-forwarded-host"), ["shop.test"], "told as it always is");
    for purpose in ["Sec-Purpose", "Purpose"] {
        let guess = http::get(worker.port, "/a", &[&NAVIGATION[..], &[(purpose, "prefetch")]].concat());
        assert_eq!((guess.status(), guess.get("cache-control").as_deref()), (503, Some("no-store")));
    }
    assert_eq!(http::get(worker.port, "/_headstart/rules/baseline.json", &[]).status(), 503);
    assert!(origin.take().is_empty());
}

#[test]
fn the_worker_that_is_deployed_cannot_be_had_fail() {
    let origin = origin();
    origin.say(&html(PAGE));
    let url = origin.url();
    let worker = Worker::start(&[&QUICK[..], &[("ORIGIN", url.as_str())]].concat());
    for way in WAYS {
        for number in 1..5 {
            let fail = format!("{way} {number}");
            let answer = http::get(worker.port, "/a", &[&NAVIGATION[..], &[("X-Fail", &fail)]].concat());
            assert_eq!((answer.status(), answer.get("x-failed")), (200, None));
        }
    }
}
