//! Hosts that somebody makes up, where a wildcard leads all of them to the Worker: hardly any has learners made.

use crate::support;
use crate::support::http;
use crate::support::origin::html;
use crate::support::site::Site;
use std::time::Duration;

/// A view of a page of this host by a visitor.
fn view(site: &Site, host: &str, visitor: u32) {
    let address = format!("198.51.100.{visitor}");
    let request = http::request("GET", "/", &[("CF-Connecting-IP", address.as_str())], b"");
    let request = String::from_utf8(request).unwrap().replace("Host: shop.test", &format!("Host: {host}"));
    assert_eq!(http::raw(site.worker.port, request.as_bytes()).status(), 200, "it is served");
}

/// Whether learners of this host were made: each publishes as soon as it was sent anything.
fn has_learners(site: &Site, host: &str) -> bool {
    ["0", "next"].into_iter().any(|learner| site.worker.published(&format!("{host}/{learner}")).is_some())
}

#[test]
fn one_visitor_who_makes_hosts_up_has_few_learners_made_and_a_site_that_several_visit_has_its_own() {
    let site = Site::start(&[("MIN_VISITORS", "3")]);
    site.origin.say(&html("<img src=https://pictures.example/x.png>"));
    let made_up: Vec<String> = (0..40).map(|number| format!("h{number}.shop.test")).collect();
    let made = || made_up.iter().filter(|host| has_learners(&site, host)).count();
    support::eventually("some have learners", Duration::from_secs(30), || {
        made_up.iter().for_each(|host| view(&site, host, 1));
        (made() > 0).then_some(())
    });
    // What comes after them is sent after them.
    let number = std::cell::Cell::new(0);
    support::eventually("a site that several visit has learners", Duration::from_secs(30), || {
        number.set(number.get() % 200 + 2);
        view(&site, "late.shop.test", number.get());
        has_learners(&site, "late.shop.test").then_some(())
    });
    let made = made();
    assert!((1..=4).contains(&made), "{made} of 40");
}
