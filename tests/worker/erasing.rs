//! Erasing what was learned, by an order that is sealed with the site's key.

use crate::support;
use crate::support::http;
use crate::support::origin::html;
use crate::support::site::Site;
use headstart::effects::erasure::{Erased, LIFE_MS, Order};
use headstart::effects::seal::Seal;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The value of `Authorization` that has this erased.
fn order(erased: Erased, site: &str, key: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let order = Order { site: site.to_owned(), erased, until: now + LIFE_MS };
    order.seal(&Seal::new(key, None).unwrap(), [5; 24]).unwrap()
}

fn post(site: &Site, authorization: &str) -> u16 {
    let headers = [("Authorization", authorization)];
    let answers = http::raw(site.worker.port, &http::request("POST", "/_headstart/erase", &headers, b""));
    answers.status()
}

/// What is known of a path, asked for in a way that teaches nothing.
fn known(site: &Site, path: &str) -> Option<String> {
    site.link(&format!("{path}?a=1"), &[])
}

#[test]
fn a_page_and_a_site_are_erased_by_who_has_the_key() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    site.origin.say(&html("<img src=https://pictures.example/x.png>"));
    for path in ["/one", "/two/x"] {
        site.learned(path);
    }
    let path = || Erased::Path("/one".to_owned());
    for other in [
        order(path(), "shop.test", "0123456789abcdef0123456789abcdeX"),
        order(path(), "other.test", KEY),
        "Bearer x".to_owned(),
        String::new(),
    ] {
        assert_eq!(post(&site, &other), 401);
    }
    assert_eq!(site.get("/_headstart/erase", &[]).status(), 405);
    assert!(known(&site, "/one").is_some());
    assert!(site.origin.take().iter().all(|asked| !asked.target().starts_with("/_headstart/")));

    assert_eq!(post(&site, &order(path(), "shop.test", KEY)), 200);
    support::eventually("/one is erased", Duration::from_secs(20), || {
        known(&site, "/one").is_none().then_some(())
    });
    assert!(known(&site, "/two/x").is_some(), "the other page is not");

    assert_eq!(post(&site, &order(Erased::Site, "shop.test", KEY)), 200);
    support::eventually("all is erased", Duration::from_secs(20), || {
        known(&site, "/two/x").is_none().then_some(())
    });
    // And it is learned anew.
    site.learned("/two/x");
    assert_eq!(post(&site, &order(Erased::All, "shop.test", KEY)), 200);
    support::eventually("all is erased again", Duration::from_secs(20), || {
        known(&site, "/two/x").is_none().then_some(())
    });
}

#[test]
fn all_sites_are_erased_and_neither_the_switches_nor_what_the_owner_keeps_there() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    let others = [
        ("switches", r#"{"sites":{"other.test":{"mode":"off"}}}"#),
        ("user/42", r#"{"name":"Ada"}"#),
        ("import/user/42", "x"),
        ("other.test/ledger/3", r#"{"version":1}"#),
        // These are called like keys of learners, and are none.
        ("session:5/0", "x"),
        ("img.png/1", r#"{"version":3,"width":200}"#),
        ("order/1", r#"{"version":3,"pages":12}"#),
        ("order/next", "x"),
        ("user/0", r#"{"version":3}"#),
        ("import/shop.example/0", r#"{"version":1}"#),
        ("plain", "x"),
    ];
    let learned = ["user/43", "other.test/0", "other.test:8443/next", "gone.test/255"];
    for (key, value) in others {
        site.worker.store(key, Some(value));
    }
    for key in learned {
        site.worker.store(key, Some(r#"{"version":0,"pages":{"/a":[]}}"#));
    }
    site.worker.store("import/new.test/0", Some(r#"{"version":0,"records":[]}"#));
    assert_eq!(post(&site, &order(Erased::All, "shop.test", KEY)), 200);
    for key in learned {
        assert_eq!(site.worker.published(key), None, "{key}");
    }
    assert_eq!(site.worker.published("import/new.test/0"), None);
    for (key, value) in others {
        assert_eq!(site.worker.published(key).as_deref(), Some(value), "{key}");
    }
}

#[test]
fn an_origin_is_erased_and_the_others_stay() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    site.origin.say(&html("<img src=https://pictures.example/x.png><img src=https://other.example/y.png>"));
    site.learns(
        "/one",
        "<https://pictures.example>; rel=preconnect, <https://other.example>; rel=preconnect",
        || {},
    );
    let origin = |origin: &str| order(Erased::Origin(origin.to_owned()), "shop.test", KEY);
    assert_eq!(post(&site, &origin("no origin")), 502);
    assert_eq!(post(&site, &origin("https://pictures.example")), 200);
    support::eventually("the origin is erased", Duration::from_secs(20), || {
        (known(&site, "/one")? == "<https://other.example>; rel=preconnect").then_some(())
    });
    // And it is learned anew.
    support::eventually("it is there again", Duration::from_secs(30), || {
        site.link("/one", &[])?.contains("pictures.example").then_some(())
    });
}

#[test]
fn without_a_key_nobody_can_have_anything_erased() {
    let site = Site::start(&[]);
    site.origin.say(&html("<p>x"));
    assert_eq!(post(&site, &order(Erased::Site, "shop.test", KEY)), 404);
}
