//! `headstart rehearse`: what is said adds up, on the terminal and in the page, and nothing of a log does anything there.

use crate::headstart;
use crate::scratch::{self, BROWSER, Request, Scratch, combined, visits};
use serde_json::Value;

fn rehearse(arguments: &str) -> (bool, String, String) {
    let output = headstart("rehearse", arguments).output().unwrap();
    let text = |bytes: Vec<u8>| String::from_utf8(bytes).unwrap();
    (output.status.success(), text(output.stdout), text(output.stderr))
}

fn figures(text: &str) -> Value {
    serde_json::from_str(text.lines().last().unwrap()).unwrap()
}

#[test]
fn a_busy_site_gains_and_what_is_fetched_is_used_or_wasted() {
    let scratch = Scratch::new();
    let log = scratch.write("access.log", combined(&visits(140)));
    let page = scratch.path("rehearsal.html");
    let (is_well, text, said) = rehearse(&format!("--html {page} {log}"));
    assert!(is_well, "{said}");
    let figures = figures(&text);
    assert_eq!(figures["site"], "www.shop.example", "as its referrers say");
    let own = &figures["settings"][0];
    let number = |name: &str| own[name].as_u64().unwrap();
    assert_eq!((number("min_visitors"), number("views"), number("navigations")), (10, 420, 280));
    assert_eq!(number("fetched"), number("used") + number("wasted"));
    assert!(number("used") > 50, "{text}");
    assert_eq!((&figures["requests"], &figures["refused"]), (&Value::from(560), &Value::from(140)));
    assert!(text.contains("/logout") && text.contains("sign-out"), "{text}");
    let html = scratch::read(&page);
    assert!(
        html.contains("What Headstart would have done on www.shop.example") && html.contains("<svg "),
        "{html}"
    );
    assert!(html.contains("<td>/logout</td><td>140</td><td>sign-out</td>"), "{html}");
}

#[test]
fn that_one_visitor_was_turned_away_changes_nothing() {
    let fetched = |turned_away: u32| {
        let mut requests = visits(140);
        for visitor in 0..turned_away {
            let (target, from) = ("/lamps".to_owned(), String::new());
            requests.insert(0, Request { visitor: 200 + visitor, minute: 0, target, from, status: 403 });
        }
        let scratch = Scratch::new();
        let (is_well, text, said) = rehearse(&scratch.write("access.log", combined(&requests)));
        assert!(is_well, "{said}");
        figures(&text)["settings"][0]["used"].as_u64().unwrap()
    };
    // Visitors are told by keys that are drawn anew in each run, so two of them may be taken for one.
    assert!((240..=280).contains(&fetched(0)) && (240..=280).contains(&fetched(1)));
    assert!(fetched(50) < 150);
}

#[test]
fn a_small_site_is_told_what_to_set() {
    let scratch = Scratch::new();
    let log = scratch.write("access.log", combined(&visits(8)));
    let (is_well, text, said) = rehearse(&log);
    assert!(is_well, "{said}");
    assert!(text.contains("With MIN_VISITORS=10 no next page is ever named"), "{text}");
    assert!(text.contains("The page with the most had 8."), "{text}");
    let (_, other, _) = rehearse(&format!("--site https://other.example {log}"));
    assert!(
        other.contains("With MIN_VISITORS=10 no next page is ever named: no view came by a link of the site, since no Referer names a page of it;"),
        "{other}"
    );
    assert!(!other.contains("The page with the most"), "{other}");
    let figures = figures(&text);
    let visitors: Vec<u64> = figures["settings"]
        .as_array()
        .unwrap()
        .iter()
        .map(|it| it["min_visitors"].as_u64().unwrap())
        .collect();
    assert_eq!(visitors, [10, 5, 3]);
}

#[test]
fn what_is_of_a_day_that_is_over_is_rehearsed_as_nobodys() {
    let scratch = Scratch::new();
    let text = combined(&visits(160));
    let (first, second) =
        text.split_at(text.find("02/Jun").map(|at| text[..at].rfind('\n').unwrap() + 1).unwrap());
    let log = scratch.write("access.log", format!("{second}{first}"));
    let (is_well, text, said) = rehearse(&log);
    assert!(is_well, "{said}");
    let own = &figures(&text)["settings"][0];
    assert_eq!((own["views"].as_u64(), own["navigations"].as_u64()), (Some(48), Some(32)));
    assert!(text.contains(" 576 of a day that was over\n"), "{text}");
    assert!(text.contains("www.shop.example, 2026-06-02 to 2026-06-02: "), "{text}");
}

#[test]
fn hostile_paths_are_text() {
    let scratch = Scratch::new();
    let mut requests = visits(4);
    for target in [
        "/logout/<script>alert(1)</script>",
        "/logout?x=\\\"><img src=x onerror=alert(1)>",
        "/logout/%3Cscript%3E",
        "/logout/\u{202e}\u{1b}[31m",
        "/logout/'onmouseover='alert(1)",
    ] {
        requests.push(Request {
            visitor: 1,
            minute: 90,
            target: target.to_owned(),
            from: String::new(),
            status: 200,
        });
    }
    let log = scratch
        .write("access.log", combined(&requests).replace(BROWSER, "Mozilla/5.0 <script>alert(2)</script>"));
    let page = scratch.path("page.html");
    let (is_well, text, said) = rehearse(&format!("--html {page} --site https://www.shop.example {log}"));
    assert!(is_well, "{said}");
    assert!(!text.contains('\u{1b}'), "nothing does anything to a terminal");
    let html = scratch::read(&page);
    assert!(!html.contains("<script") && !html.contains("<img"), "{html}");
    assert!(html.contains("&lt;script&gt;alert(1)&lt;/script&gt;"), "{html}");
    assert!(html.contains("default-src 'none'"));
}

#[test]
fn what_cannot_be_rehearsed_is_said() {
    let scratch = Scratch::new();
    let common = scratch.write("common.log", scratch::common(&visits(4)));
    let (is_well, _, said) = rehearse(&common);
    assert!(!is_well && said.contains("no line names a host: say which site it is"), "{said}");
    let (is_well, _, said) = rehearse("-");
    assert!(!is_well && said.contains("of standard input it is not known which site it is"), "{said}");
    let other = scratch.write("other.log", "hello\n");
    let (is_well, _, said) = rehearse(&other);
    assert!(!is_well && said.contains("line 1: its format is not known: hello"), "{said}");
    let json = scratch.write("logpush.json", scratch::logpush(&visits(4)));
    let (is_well, _, said) = rehearse(&format!("--site https://other.example {json}"));
    assert!(!is_well && said.contains("there is no view of a page of other.example"), "{said}");
}
