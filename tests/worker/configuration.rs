//! The configuration as a real wrangler.toml gives it: lists in each of their forms, and mistakes in the Worker's log.

use crate::support;
use crate::support::http;
use crate::support::origin::{Origin, ok};
use crate::support::wrangler::{Config, Wrangler};
use std::time::Duration;

/// A Worker whose `[vars]` have these lines of TOML in place of the defaults.
fn start(origin: &Origin, lines: &[(&str, &str)]) -> Wrangler {
    origin.say(&ok("Content-Type: text/html\r\n", b"<p>x"));
    let url = origin.url();
    let replaced: Vec<(&str, &str)> = lines.iter().map(|(name, _)| (*name, "")).collect();
    let config = Config::headstart(&[&[("ORIGIN", url.as_str())], replaced.as_slice()].concat());
    Wrangler::start(&[config.edit(|text| {
        for (name, value) in lines {
            let empty = format!("{name} = \"\"\n");
            assert!(text.contains(&empty), "{text}");
            *text = text.replace(&empty, &format!("{name} = {value}\n"));
        }
    })])
}

/// Why a speculation on a path is refused.
fn refused(worker: &Wrangler, path: &str) -> Option<String> {
    http::get(worker.port, path, &[("Sec-Purpose", "prefetch")]).get("headstart-refused")
}

/// Panics unless each message comes once, and no other.
fn assert_logged_once(worker: &Wrangler, messages: &[&str]) {
    let all = || {
        let lines = worker.log().into_iter();
        let messages = lines
            .filter_map(|line| Some(line.split_once("Headstart: configuration: ")?.1.trim_end().to_owned()));
        messages.collect::<Vec<String>>()
    };
    support::eventually(messages.last().unwrap(), Duration::from_secs(20), || {
        (all().len() >= messages.len()).then_some(())
    });
    assert_eq!(all(), messages);
}

#[test]
fn lists_in_each_of_their_forms_work_and_mistakes_are_named_once() {
    let origin = Origin::start();
    let worker = start(
        &origin,
        &[
            ("UNSAFE_URLS", r#"["/array-a*", "/array-b/*"]"#),
            ("SAFE_URLS", r#""/commas-a/*, /commas-b/*,/commas-c/*""#),
            ("EFFECT_PATHS", r#""/blanks-a /blanks-b""#),
            ("UNSAFE_URL", r#""/checkout*""#),
            ("HINTS", r#"["on"]"#),
            ("MAX_PRECONNECT", "99"),
            ("MAX_DNS_PREFETCH", "{ most = 3 }"),
            ("EAGERNESS", r#""keen""#),
            ("INERT_COOKIES", r#"["*", 7]"#),
            ("LEARNER_SHARDS", "true"),
        ],
    );
    for _ in 0..3 {
        let response = http::get(worker.port, "/", &[]);
        assert_eq!((response.status(), response.text().as_str()), (200, "<p>x"));
        assert_eq!(response.get("speculation-rules").as_deref(), Some("\"/_headstart/rules/site.json\""));
    }
    for path in ["/array-a", "/array-b/x"] {
        assert_eq!(refused(&worker, path).as_deref(), Some("unsafe-url;rule=site"), "{path}");
    }
    assert_eq!(refused(&worker, "/logout").as_deref(), Some("unsafe-url;rule=sign-out"));
    for path in ["/commas-a/logout", "/commas-b/logout", "/commas-c/logout"] {
        assert_eq!(refused(&worker, path), None, "{path}");
    }
    for path in ["/blanks-a", "/blanks-b"] {
        assert!(refused(&worker, path).is_some(), "{path}");
    }
    assert_logged_once(
        &worker,
        &[
            "there is no variable UNSAFE_URL, so it does nothing; write UNSAFE_URLS.",
            "HINTS is an array; it must be \"on\" or \"off\". It is on.",
            "MAX_PRECONNECT is \"99\"; it must be a whole number from 0 to 10. It is 3.",
            "MAX_DNS_PREFETCH is an object; it must be a whole number from 0 to 20. It is 6.",
            "EAGERNESS is \"keen\"; it must be \"auto\", \"conservative\", \"moderate\", \"eager\" or \"immediate\". It is auto.",
            "INERT_COOKIES holds \"*\"; it would take every session for something else; name the cookies. It is left out, the \
             others count.",
            "INERT_COOKIES holds a number; it must hold names of cookies, each a text. It is left out, the others count.",
            "LEARNER_SHARDS is \"true\"; it must be a whole number from 1 to 256. It is 1.",
        ],
    );
}

#[test]
fn a_list_that_protects_and_cannot_be_read_stops_all_speculation() {
    let origin = Origin::start();
    let worker = start(&origin, &[("UNSAFE_URLS", r#"{ paths = "/checkout*" }"#)]);
    assert_eq!(http::get(worker.port, "/any", &[]).text(), "<p>x");
    for path in ["/", "/any"] {
        assert_eq!(refused(&worker, path).as_deref(), Some("unsafe-url;rule=site"), "{path}");
    }
    assert_logged_once(
        &worker,
        &[
            "UNSAFE_URLS is an object; it must hold URL patterns, in one text with blanks or commas between them or in an array \
           of texts. No page is speculated on until this is put right.",
        ],
    );
}
