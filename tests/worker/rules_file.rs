//! The rules file is served and revalidated.

use crate::support::http;
use crate::support::site::Site;
use std::io::Read;

#[test]
fn the_rules_file_is_served_and_revalidated() {
    let site = Site::start(&[("EAGERNESS", "moderate")]);
    let path = "/_headstart/rules/site.json";
    let rules = http::get(site.worker.port, path, &[]);
    assert_eq!(rules.status(), 200);
    assert_eq!(rules.get("content-type").as_deref(), Some("application/speculationrules+json"));
    assert_eq!(rules.get("cache-control").as_deref(), Some("no-cache"));
    let base = url::Url::parse("https://shop.example/_headstart/rules/site.json").unwrap();
    let set = speculation_rules::parse(&rules.text(), &base).expect("a browser takes it");
    assert_eq!(set.prefetch.len(), 1);
    assert_eq!(
        (set.prefetch[0].eagerness.as_str(), set.prefetch[0].tags.as_slice()),
        ("moderate", &["headstart".to_owned()][..])
    );
    let etag = rules.get("etag").unwrap();
    let fresh = http::get(site.worker.port, path, &[("If-None-Match", &etag)]);
    assert_eq!((fresh.status(), fresh.body.0.len(), fresh.get("etag")), (304, 0, Some(etag)));
    let head = http::raw(site.worker.port, &http::request("HEAD", path, &[], b""));
    assert_eq!((head.status(), head.get("content-type")), (200, rules.get("content-type")));
    let post = http::raw(site.worker.port, &http::request("POST", path, &[], b"x"));
    assert_eq!((post.status(), post.get("allow").as_deref()), (405, Some("GET, HEAD")));
    assert_eq!(http::get(site.worker.port, "/_headstart/other", &[]).status(), 404);
    assert!(site.origin.take().is_empty(), "none of this is the origin's business");
}

#[test]
fn a_rules_file_is_compressed_for_whoever_takes_gzip() {
    let site = Site::start(&[]);
    let path = "/_headstart/rules/site.json";
    let plain = http::get(site.worker.port, path, &[]);
    assert_eq!(plain.get("content-encoding"), None);
    let compressed = http::get(site.worker.port, path, &[("Accept-Encoding", "br, gzip")]);
    assert_eq!((compressed.status(), compressed.get("content-encoding").as_deref()), (200, Some("gzip")));
    let mut text = String::new();
    flate2::read::GzDecoder::new(&compressed.body.0[..]).read_to_string(&mut text).unwrap();
    assert_eq!(text, plain.text());
    let [long, short] = [&plain, &compressed].map(|rules| rules.body.0.len());
    assert!(2 * short < long, "{short} of {long} bytes");
    for name in ["etag", "vary", "content-type", "cache-control"] {
        assert_eq!(compressed.get(name), plain.get(name), "{name}");
    }
    assert_eq!(plain.get("vary").as_deref(), Some("Accept-Encoding"));
}
