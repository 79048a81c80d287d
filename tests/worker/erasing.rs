//! Erasing what was learned, by an order that is sealed with the site's key.

use crate::support;
use crate::support::http;
use crate::support::origin::html;
use crate::support::site::Site;
use headstart::effects::erasure::{Erased, LIFE_MS, Order};
use headstart::effects::seal::Seal;
use std::collections::BTreeSet;
use std::time::{Duration, SystemTime, UNIX_EPOCH};

const KEY: &str = "0123456789abcdef0123456789abcdef";

/// The value of `Authorization` that has this erased.
pub fn order(erased: Erased, site: &str, key: &str) -> String {
    let now = SystemTime::now().duration_since(UNIX_EPOCH).unwrap().as_millis() as u64;
    let order = Order { site: site.to_owned(), erased, until: now + LIFE_MS };
    order.seal(&Seal::new(key, None).unwrap(), [5; 24]).unwrap()
}

/// Gives an order to the Worker at a port, and once more wherever it is sent on to. Answers the status, and where it was sent.
pub fn given(port: u16, authorization: &str) -> (u16, Vec<String>) {
    let mut places = vec!["/_headstart/erase".to_owned()];
    loop {
        let answer = portion(port, authorization, places.last().unwrap());
        if answer.status() != 307 {
            return (answer.status(), places);
        }
        assert!(answer.text().starts_with("Erased so far: "), "{}", answer.text());
        places.push(answer.get("location").unwrap());
    }
}

fn post(site: &Site, authorization: &str) -> u16 {
    given(site.worker.port, authorization).0
}

/// What is answered to the order at a place.
fn portion(port: u16, authorization: &str, place: &str) -> http::Response {
    http::raw(port, &http::request("POST", place, &[("Authorization", authorization)], b""))
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
        // No value of Headstart's is as long.
        ("user/1", &format!(r#"{{"version":1,"records":[]{}}}"#, " ".repeat(9_000_000))),
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
        assert!(site.worker.published(key).as_deref() == Some(value), "{key}");
    }
}

#[test]
fn what_former_learners_have_left_goes_with_the_site_and_what_nobody_knows_any_more_with_a_page() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    let published = r#"{"version":0,"pages":{"/a":[]}}"#;
    let imported = r#"{"version":0,"records":[]}"#;
    let ours = [
        ("shop.test/0", published),
        ("shop.test/next", published),
        ("shop.test/200", published),
        ("import/shop.test/0", imported),
        ("import/shop.test/90", imported),
    ];
    let others = [("shop.test/201", "x"), ("shop.test/basket", published), ("other.test/0", published)];
    for (key, value) in ours.into_iter().chain(others) {
        site.worker.store(key, Some(value));
    }
    // Who could publish without the page has nothing left to say.
    let page = Erased::Path("/a".to_owned());
    assert_eq!(post(&site, &order(page, "shop.test", KEY)), 200);
    for (key, _) in ours {
        assert_eq!(site.worker.published(key), None, "{key}");
    }
    for (key, value) in ours {
        site.worker.store(key, Some(value));
    }
    assert_eq!(post(&site, &order(Erased::Site, "shop.test", KEY)), 200);
    for (key, _) in ours {
        assert_eq!(site.worker.published(key), None, "{key}");
    }
    for (key, value) in others {
        assert_eq!(site.worker.published(key).as_deref(), Some(value), "{key}");
    }
}

#[test]
fn an_order_is_carried_out_in_portions_however_many_keys_have_to_be_read() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    let published = r#"{"version":0,"pages":{"/a":[]}}"#;
    for number in 0..60 {
        site.worker.store(&format!("user/{number}"), Some(r#"{"name":"Ada"}"#));
    }
    for key in ["user/7", "user/next", "zone.test/0"] {
        site.worker.store(key, Some(published));
    }
    let all = order(Erased::All, "shop.test", KEY);
    let (status, places) = given(site.worker.port, &all);
    assert_eq!(status, 200);
    // Seven for the site's own 257 learners, and at least two for so many keys.
    assert!(places.len() >= 9, "{places:?}");
    assert_eq!(places.iter().collect::<BTreeSet<_>>().len(), places.len(), "each goes on from another place");
    for key in ["user/7", "user/next", "zone.test/0"] {
        assert_eq!(site.worker.published(key), None, "{key}");
    }
    for key in ["user/0", "user/8", "user/59"] {
        assert!(site.worker.published(key).is_some(), "{key}");
    }
    // It may be given again from anywhere, and nobody without the key is sent on.
    let again = portion(site.worker.port, &all, &places[places.len() - 2]);
    assert!([200, 307].contains(&again.status()));
    assert_eq!(portion(site.worker.port, &all, "/_headstart/erase?from=x").status(), 400);
    let unsigned = http::raw(site.worker.port, &http::request("POST", &places[1], &[], b""));
    assert_eq!(unsigned.status(), 401);
    let advice = places[1].replace("/_headstart/erase?from=", "--from ");
    assert!(unsigned.text().contains(&advice), "{}", unsigned.text());
}

#[test]
fn what_another_site_would_find_imported_goes_with_what_its_learners_know() {
    let site = Site::start(&[("SEAL_KEY", KEY)]);
    site.worker.store("blog.test/0", Some(r#"{"version":0,"pages":{"/a":[]}}"#));
    site.worker.store("import/blog.test/0", Some(r#"{"version":0,"records":[]}"#));
    for number in 0..60 {
        site.worker.store(&format!("customer/{number}"), Some("x"));
    }
    // Were it there until the list comes to it, portions later, a visitor's view would bring it back.
    let all = order(Erased::All, "shop.test", KEY);
    let mut place = "/_headstart/erase".to_owned();
    while site.worker.published("blog.test/0").is_some() {
        place = portion(site.worker.port, &all, &place).get("location").expect("more is to be erased");
    }
    assert_eq!(site.worker.published("import/blog.test/0"), None);
    assert_eq!(
        portion(site.worker.port, &all, &place).status(),
        307,
        "the list has not come to the import yet"
    );
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
    assert_eq!(post(&site, &origin("no origin")), 400);
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
