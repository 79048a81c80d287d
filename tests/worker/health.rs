//! What Headstart tells whoever watches it, and that no search engine shows what is not the site's.

use crate::support::http;
use crate::support::origin::{After, Origin, html, write};
use crate::support::site::Site;
use crate::support::worker::{QUICK, Worker};
use crate::support::{eventually, http::Response};
use serde_json::{Value, json};
use std::time::Duration;

const PATH: &str = "/_headstart/health";
const KEY: (&str, &str) = ("SEAL_KEY", "a key of the tests, forty characters long");

fn told(response: &Response) -> Value {
    assert_eq!(response.get("cache-control").as_deref(), Some("no-store"));
    assert_eq!(response.get("x-robots-tag").as_deref(), Some("noindex"));
    assert_eq!(response.get("content-type").as_deref(), Some("application/json"));
    serde_json::from_str(&response.text()).expect("JSON")
}

#[test]
fn it_is_well_where_all_is_there_and_tells_how_old_the_copies_are() {
    let site = Site::start(&[KEY]);
    let told = eventually("both copies were read", Duration::from_secs(20), || {
        let response = site.get(PATH, &[]);
        assert_eq!(response.status(), 200, "{}", response.text());
        let told = told(&response);
        (told["hints_age_seconds"].is_u64() && told["next_pages_age_seconds"].is_u64()).then_some(told)
    });
    assert_eq!(told["status"], "ok");
    assert_eq!(told["reasons"], json!([]));
    assert!(site.origin.take().is_empty(), "the origin is not asked");
    let form = http::raw(site.worker.port, &http::request("POST", PATH, &[], b""));
    assert_eq!((form.status(), form.get("allow").as_deref()), (405, Some("GET, HEAD")));
}

#[test]
fn it_says_what_is_wrong_by_class_and_no_more() {
    let site = Site::start(&[("EAGERNESS", "sometimes"), ("MAX_PRELOAD", "many")]);
    let response = site.get(PATH, &[]);
    assert_eq!(response.status(), 503);
    let told = told(&response);
    assert_eq!(told["status"], "degraded");
    assert_eq!(told["reasons"], json!(["deferral", "configuration"]));
    assert_eq!(told["mistakes"], 2);
    assert!(!response.text().contains("EAGERNESS") && !response.text().contains("sometimes"));
    let site = Site::start(&[KEY, ("ORIGIN", "service")]);
    let told = self::told(&site.get(PATH, &[]));
    assert_eq!(told["reasons"], json!(["binding"]), "the origin's own is missing");
}

#[test]
fn it_answers_where_wasm_does_not_start() {
    let origin = Origin::start();
    let url = origin.url();
    let worker =
        Worker::start_failing(&[&QUICK[..], &[("ORIGIN", url.as_str())]].concat(), "unstarted_headstart.mjs");
    worker.expects("a start that a test refuses");
    let response = http::get(worker.port, PATH, &[]);
    assert_eq!(response.status(), 503);
    assert_eq!(told(&response)["reasons"], json!(["not-started"]));
    assert!(origin.take().is_empty());
}

#[test]
fn nothing_of_ours_is_shown_by_search_engines_and_of_the_sites_own_it_is_the_site_that_says() {
    let site = Site::start(&[KEY]);
    site.origin.answer(|_, stream| {
        write(stream, &html("<main>a page</main>"));
        After::Keep
    });
    for path in [
        "/_headstart/rules/site.json",
        "/_headstart/activate.js",
        "/_headstart/nothing",
        "/_headstart/rules/next/1/a",
    ] {
        assert_eq!(site.get(path, &[]).get("x-robots-tag").as_deref(), Some("noindex"), "{path}");
    }
    for (path, headers) in [("/", &[][..]), ("/logout", &[("Sec-Purpose", "prefetch")])] {
        assert_eq!(site.get(path, headers).get("x-robots-tag"), None, "{path}");
    }
}
