//! What most views of a page send may count visits, and whoever runs the site is told of it once.

use crate::support::eventually;
use crate::support::http;
use crate::support::origin::{After, ok, write};
use crate::visitor::{all, start};
use std::time::Duration;

#[test]
fn a_picture_that_every_view_asks_for_is_proposed_as_one_that_counts() {
    let site = start(&[]);
    site.origin.answer(|received, stream| {
        let headers = match received.target().split('?').next().unwrap_or_default() {
            "/a" => "Content-Type: text/html\r\n",
            "/pixel.gif" => "Content-Type: image/gif\r\nCache-Control: no-store\r\n",
            // A cache keeps it, so that no server can count with it.
            _ => "Content-Type: image/png\r\nCache-Control: max-age=3600\r\n",
        };
        write(stream, &ok(headers, b"<!doctype html><title>A</title>"));
        After::Keep
    });
    let navigation =
        [("Sec-Fetch-Mode", "navigate"), ("Sec-Fetch-Dest", "document"), ("Sec-Fetch-Site", "none")];
    let picture = [
        ("Sec-Fetch-Mode", "no-cors"),
        ("Sec-Fetch-Dest", "image"),
        ("Sec-Fetch-Site", "same-origin"),
        ("Referer", "http://shop.test/a"),
    ];
    for number in 0..8 {
        http::get(site.worker.port, "/a", &all(&navigation, &[]));
        http::get(site.worker.port, &format!("/pixel.gif?now={number}"), &all(&picture, &[]));
        http::get(site.worker.port, "/logo.png", &all(&picture, &[]));
    }
    let told = |path: &str| {
        let output = site.worker.output();
        let line = format!("most views of a page load a picture that no cache keeps from {path};");
        output.iter().filter(|printed| printed.contains(&line)).count()
    };
    eventually("it is proposed", Duration::from_secs(10), || (told("/pixel.gif") > 0).then_some(()));
    assert_eq!((told("/pixel.gif"), told("/logo.png")), (1, 0));
}
