//! `headstart doctor`, asked about the real Worker: green where nothing is wrong, and with the right advice where something is, be it
//! the site itself or what stands in front of the Worker.

use crate::support::http::{self, Bytes, Head, Response};
use crate::support::origin::{After, Origin, Received, html, ok, write};
use crate::support::shop::Shop;
use crate::support::site::Site;
use crate::support::told::Told;
use crate::support::{self, command_line};
use std::time::Duration;

const KEY: (&str, &str) = ("SEAL_KEY", "a key of the tests, forty characters long");

fn doctor(port: u16, path: &str) -> Told {
    let url = format!("http://127.0.0.1:{port}{path}");
    let output = command_line().args(["doctor", "--json", "--pages", "3", &url]).output().unwrap();
    Told::by(&output)
}

/// What stands in front of the Worker, and changes what goes through it: `change` is given a request and what forwards one.
fn in_front(
    site: &Site,
    change: impl Fn(&Received, &dyn Fn(&Received) -> Response) -> Response + Send + Sync + 'static,
) -> Origin {
    let port = site.worker.port;
    let front = Origin::start();
    front.answer(move |received, stream| {
        let answer = change(received, &|received| forward(port, received));
        write(stream, &bytes(&answer));
        After::Close
    });
    front
}

fn forward(port: u16, received: &Received) -> Response {
    let mut request = format!("{}\r\nConnection: close\r\n", received.head.start).into_bytes();
    for (name, value) in received.head.without(&["connection"]) {
        request.extend([name.as_bytes(), b": ", &value.0, b"\r\n"].concat());
    }
    request.extend(b"\r\n");
    http::raw(port, &request)
}

fn bytes(answer: &Response) -> Vec<u8> {
    let mut bytes = format!("{}\r\n", answer.head.start).into_bytes();
    for (name, value) in answer.head.without(&["connection", "transfer-encoding", "content-length"]) {
        bytes.extend([name.as_bytes(), b": ", &value.0, b"\r\n"].concat());
    }
    bytes.extend(format!("Content-Length: {}\r\n\r\n", answer.body.0.len()).as_bytes());
    bytes.extend(&answer.body.0);
    bytes
}

/// An answer with a field set.
fn with(mut answer: Response, name: &str, value: &str) -> Response {
    answer.head.lines = answer.head.without(&[name]);
    answer.head.lines.push((name.to_owned(), Bytes(value.as_bytes().to_vec())));
    answer
}

fn is_ahead(received: &Received) -> bool {
    received.head.get("sec-purpose").is_some()
}

/// A site of a few pages that link to each other.
fn site(fields: &str, body: &str) -> Site {
    let site = Site::start(&[KEY]);
    let nav = "<!doctype html><title>x</title><a href=/>a</a><a href=/b>b</a><a href=/c>c</a>";
    site.origin.say(&ok(
        &format!("Content-Type: text/html; charset=utf-8\r\n{fields}"),
        format!("{nav}{body}").as_bytes(),
    ));
    site
}

#[test]
fn it_is_green_on_the_demo_shop_before_and_after_it_has_learned() {
    let shop = Shop::start(&[KEY]);
    let told = doctor(shop.worker.port, "/");
    assert_eq!(told.wrong(), []);
    assert_eq!(told.json["pages"].as_array().unwrap().len(), 3);
    assert_eq!(told.of("in-front").0, "ok");
    assert_eq!(told.of("prefetch").0, "ok");
    assert_eq!(told.of("early-hints").0, "unknown", "nobody can tell without HTTP/2");
    support::eventually("a hint is learned", Duration::from_secs(30), || shop.link("/"));
    let told = doctor(shop.worker.port, "/");
    assert_eq!(told.wrong(), []);
    assert_eq!(told.of("hints-used").0, "ok", "{:#}", told.json);
    let told = doctor(shop.worker.port, "/visits");
    assert_eq!(told.wrong(), []);
    assert!(told.of("cookies").1.contains("wait in a ticket"), "{}", told.of("cookies").1);
    let told = doctor(shop.worker.port, "/products/1");
    let (verdict, says, _) = told.of("links");
    assert_eq!(verdict, "note");
    assert!(says.contains("/cart/add?id=1 (cart)"), "{says}");
}

#[test]
fn it_says_in_sentences_that_nothing_is_wrong() {
    let site = site("", "");
    let output =
        command_line().args(["doctor", &format!("http://127.0.0.1:{}", site.worker.port)]).output().unwrap();
    let text = String::from_utf8(output.stdout).unwrap();
    assert_eq!(output.status.code(), Some(0), "{text}");
    assert!(text.starts_with(&format!("http://127.0.0.1:{}/, 3 pages\n\n", site.worker.port)), "{text}");
    assert!(text.contains("\nok        Headstart is in front"), "{text}");
    assert!(text.lines().last().unwrap().starts_with("Nothing is wrong: "), "{text}");
    assert!(text.lines().all(|line| line.chars().count() <= 100), "{text}");
}

#[test]
fn speed_brain_is_named_with_the_place_of_its_switch() {
    let site = site("", "");
    let front = in_front(&site, |received, forward| {
        if !is_ahead(received) {
            return forward(received);
        }
        // As Cloudflare's edge answers, without asking the Worker.
        let head = Head { start: "HTTP/1.1 503 Service Unavailable".to_owned(), lines: Vec::new() };
        let refusal = Response { head, body: Bytes(Vec::new()), complete: true };
        with(refusal, "cf-speculation-refused", "prefetch refused: disabled for worker requests")
    });
    let told = doctor(front.port, "/");
    assert_eq!(told.wrong(), [("prefetch", "problem")]);
    let (_, says, advice) = told.of("prefetch");
    assert!(says.contains("Speed Brain") && says.contains("disabled for worker requests"), "{says}");
    assert!(advice.contains("Speed, Settings, Content Optimization, Speed Brain"), "{advice}");
    assert!(advice.contains("/settings/speed_brain"), "{advice}");
}

#[test]
fn a_wrong_media_type_of_the_rules_is_told_from_who_can_mend_it() {
    let site = site("", "");
    let front = in_front(&site, |received, forward| {
        let answer = forward(received);
        if received.target().starts_with("/_headstart/rules/") {
            with(answer, "Content-Type", "application/json")
        } else {
            answer
        }
    });
    let told = doctor(front.port, "/");
    assert_eq!(told.wrong(), [("rules-files", "problem")]);
    let (_, says, advice) = told.of("rules-files");
    assert!(
        says.contains("as application/json") && says.contains("application/speculationrules+json"),
        "{says}"
    );
    assert!(advice.contains("Transform Rules"), "{advice}");
}

#[test]
fn what_a_policy_blocks_is_told_with_the_word_that_is_missing() {
    let rules = r#"<script type="speculationrules">{"prefetch":[{"urls":["/elsewhere"]}]}</script>"#;
    let site = site(
        "Content-Security-Policy: script-src 'self'; img-src 'none'\r\nLink: </hero.jpg>; rel=preload; as=image\r\n",
        &format!("{rules}<img src=/hero.jpg>"),
    );
    let told = doctor(site.worker.port, "/");
    assert_eq!(told.wrong(), [("policy-scripts", "problem"), ("policy-targets", "warning")]);
    let (_, says, advice) = told.of("policy-scripts");
    assert!(says.contains("blocks the rule set that stands in it"), "{says}");
    assert!(advice.contains("'inline-speculation-rules'"), "{advice}");
    assert!(told.of("policy-targets").1.contains("/hero.jpg"), "{}", told.of("policy-targets").1);
}

#[test]
fn a_policy_that_stops_nothing_in_chromium_is_only_noted() {
    let site = site("Content-Security-Policy: default-src 'none'\r\n", "");
    let told = doctor(site.worker.port, "/");
    assert_eq!(told.wrong(), []);
    let (verdict, says, _) = told.of("policy-targets");
    assert_eq!(verdict, "note");
    assert!(says.contains("keeps Safari from its rules"), "{says}");
    assert_eq!(told.of("policy-scripts").0, "note", "the beacon is left out, which harms nobody");
}

#[test]
fn a_header_that_cannot_be_read_is_shown_as_it_is() {
    let site = site("Speculation-Rules: /rules.json\r\nLink: https://cdn.example; rel=preconnect\r\n", "");
    let told = doctor(site.worker.port, "/");
    assert_eq!(told.wrong(), [("rules-header", "problem"), ("link-header", "problem")]);
    let (_, says, advice) = told.of("rules-header");
    assert!(says.contains("cannot be read: /rules.json"), "{says}");
    assert!(advice.contains("Speculation-Rules: \"/rules.json\""), "{advice}");
    assert!(told.of("link-header").2.contains("<URL>; rel=preconnect"), "{}", told.of("link-header").2);
}

#[test]
fn rules_of_another_product_that_mean_the_same_links_are_told_with_how_to_turn_them_off() {
    let wordpress = r#"<script type="speculationrules">{"prefetch":[{"source":"document","where":{"and":[{"href_matches":"\/*"},{"not":{"href_matches":["\/wp-*.php","\/wp-admin\/*"]}}]},"eagerness":"conservative"}]}</script>"#;
    let site = site("", wordpress);
    let told = doctor(site.worker.port, "/");
    assert_eq!(told.wrong(), [("rules-overlap", "warning")]);
    let (_, says, advice) = told.of("rules-overlap");
    assert!(says.contains("Rules of WordPress") && says.contains("/b, /c"), "{says}");
    assert!(advice.contains("wp_speculation_rules_configuration"), "{advice}");
}

#[test]
fn the_rules_of_speed_brain_are_known_by_their_file() {
    let site = site("", "");
    let front = in_front(&site, |received, forward| {
        if received.target() == "/cdn-cgi/speculation" {
            let rules = r#"{"tag":"cf-speed-brain","prefetch":[{"source":"document","where":{"and":[{"href_matches":"/*","relative_to":"document"}]},"eagerness":"conservative"}]}"#;
            let mut answer = with(forward(received), "Content-Type", "application/speculationrules+json");
            answer.body.0 = rules.into();
            return answer;
        }
        let answer = forward(received);
        let Some(named) = answer.get("speculation-rules") else { return answer };
        with(answer, "Speculation-Rules", &format!("{named}, \"/cdn-cgi/speculation\""))
    });
    let told = doctor(front.port, "/");
    assert_eq!(told.wrong(), [("rules-overlap", "warning")]);
    assert!(told.of("rules-overlap").1.contains("Speed Brain"), "{}", told.of("rules-overlap").1);
}

#[test]
fn cookies_that_a_cache_gives_to_others_are_a_problem() {
    let cookie = "Set-Cookie: PHPSESSID=0123456789abcdef0123; Path=/; HttpOnly\r\n";
    let site = site(cookie, "");
    let front = in_front(&site, |received, forward| with(forward(received), "Age", "30"));
    let told = doctor(front.port, "/");
    assert_eq!(told.wrong(), [("caches", "problem")]);
    let (_, says, advice) = told.of("caches");
    assert!(says.contains("PHPSESSID (Age: 30)"), "{says}");
    assert!(advice.contains("Purge"), "{advice}");
    let told = doctor(site.worker.port, "/");
    assert_eq!(
        told.wrong(),
        [("caches", "problem")],
        "the same session to two newcomers tells it without a sign"
    );
    assert!(told.of("caches").1.contains("the same PHPSESSID"), "{}", told.of("caches").1);
}

#[test]
fn what_was_made_for_a_speculation_and_is_given_to_visits_is_a_problem() {
    let site = site("Set-Cookie: theme=dark\r\n", "");
    let front = in_front(&site, |received, forward| {
        let mut received = received.clone();
        if !received.target().starts_with("/_headstart/") && !is_ahead(&received) {
            received.head.lines.push(("Sec-Purpose".to_owned(), Bytes(b"prefetch".to_vec())));
        }
        forward(&received)
    });
    site.origin.say(&ok(
        "Content-Type: text/html\r\nSet-Cookie: visits=1; Path=/\r\n",
        b"<!doctype html><title>x</title>",
    ));
    let told = doctor(front.port, "/");
    assert!(told.wrong().contains(&("caches", "problem")), "{:#}", told.json);
    let (_, says, advice) = told.of("caches");
    assert!(says.contains("name a ticket"), "{says}");
    assert!(advice.contains("Vary: Sec-Purpose"), "{advice}");
}

#[test]
fn a_service_worker_that_makes_requests_of_its_own_is_told_with_the_line_that_mends_it() {
    let site = Site::start(&[KEY]);
    site.origin.answer(|received, stream| {
        let script = b"addEventListener('fetch', (event) => event.respondWith(fetch(event.request.url)))";
        let answer = match received.target() {
            "/worker/sw.js" => ok("Content-Type: text/javascript\r\n", script),
            "/" => html("<!doctype html><title>x</title><script>navigator.serviceWorker.register('/worker/sw.js')</script>"),
            _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        };
        write(stream, &answer);
        After::Keep
    });
    let told = doctor(site.worker.port, "/");
    assert_eq!(told.wrong(), [("service-worker", "warning")]);
    let (_, says, advice) = told.of("service-worker");
    assert!(says.contains("/worker/sw.js") && says.contains("requests of its own"), "{says}");
    assert!(advice.contains("event.request.mode === 'navigate'"), "{advice}");
}

#[test]
fn a_hint_that_nothing_on_the_page_names_is_told_and_one_that_a_script_names_is_not() {
    let site = Site::start(&[KEY]);
    site.origin.answer(|received, stream| {
        let link = "Link: <https://unused.example>; rel=preconnect, <https://api.example>; rel=preconnect, </f.woff2>; rel=preload; as=font; \
                    crossorigin, <https://img.example>; rel=dns-prefetch\r\nContent-Type: text/html\r\n";
        let page = b"<!doctype html><title>x</title><link rel=stylesheet href=/s.css><script src=/a.js></script>";
        let answer = match received.target() {
            "/a.js" => ok("Content-Type: text/javascript\r\n", b"fetch('https://api.example/v1')"),
            "/s.css" => ok(
                "Content-Type: text/css\r\n",
                b"@font-face { font-family: F; src: url(f.woff2) } body { font-family: F; background: url(//img.example/i.png) }",
            ),
            "/" => ok(link, page),
            _ => b"HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\n\r\n".to_vec(),
        };
        write(stream, &answer);
        After::Keep
    });
    let told = doctor(site.worker.port, "/");
    assert_eq!(told.wrong(), [("hints-used", "warning")]);
    let (_, says, advice) = told.of("hints-used");
    assert!(says.contains("https://unused.example/. "), "{says}");
    assert!(
        !says.contains("api.example") && !says.contains("img.example") && !says.contains("woff2"),
        "{says}"
    );
    assert!(advice.contains("DENY_HOSTS"), "{advice}");
}

#[test]
fn a_mark_that_is_taken_away_on_the_way_is_a_problem() {
    let site = site("", "");
    let front = in_front(&site, |received, forward| {
        let mut received = received.clone();
        received.head.lines = received.head.without(&["sec-purpose"]);
        forward(&received)
    });
    let told = doctor(front.port, "/");
    assert_eq!(told.wrong(), [("prefetch", "problem")]);
    assert!(told.of("prefetch").1.contains("Sec-Purpose is taken away"), "{}", told.of("prefetch").1);
}

#[test]
fn a_missing_key_is_told_by_what_it_has_refused() {
    let site = Site::start(&[]);
    site.worker.allows("SEAL_KEY");
    site.origin.say(&ok(
        "Content-Type: text/html\r\nSet-Cookie: PHPSESSID=a; Path=/; HttpOnly\r\n",
        b"<!doctype html><title>x</title>",
    ));
    let told = doctor(site.worker.port, "/");
    assert_eq!(told.wrong(), [("prefetch", "warning"), ("health", "warning")]);
    let (_, says, advice) = told.of("prefetch");
    assert!(says.contains("set-cookie;name=\"PHPSESSID\""), "{says}");
    assert!(advice.contains("wrangler secret put SEAL_KEY"), "{advice}");
}

#[test]
fn a_page_without_headstart_beside_one_with_it_is_told() {
    let site = site("", "");
    let front = in_front(&site, |received, forward| {
        let answer = forward(received);
        if received.target() != "/b" {
            return answer;
        }
        let mut answer = answer;
        answer.head.lines = answer.head.without(&["speculation-rules"]);
        answer
    });
    let told = doctor(front.port, "/");
    assert_eq!(told.wrong(), [("in-front", "warning")]);
    let (_, says, advice) = told.of("in-front");
    assert!(says.contains("1 of 3 pages carry nothing of it") && says.contains("/b, for one"), "{says}");
    assert!(advice.contains("route"), "{advice}");
}
