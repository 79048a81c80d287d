//! Pages come out of the Worker byte for byte as they went in, however they are cut into pieces, while they are being
//! learned from. The pages are odd ones of our own, and a folder of real saved pages where one lies beside the checkout.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod support;

use headstart::head::Head;
use headstart::learn::html::Observer;
use headstart::urls::inert_parameters::InertParameters;
use proptest::prelude::*;
use std::collections::BTreeMap;
use std::io::Write as _;
use std::sync::Arc;
use support::http;
use support::numbers::Numbers;
use support::origin::{After, Origin, write};
use support::wrangler::Workerd;
use url::Url;

/// Cuts bytes into pieces: many small ones at the start, where the markup is dense, larger ones later.
fn cut<'a>(numbers: &mut Numbers, bytes: &'a [u8]) -> Vec<&'a [u8]> {
    let mut pieces = Vec::new();
    let mut rest = bytes;
    while !rest.is_empty() {
        let most = if pieces.len() < 40 { 300 } else { 40_000 };
        let (piece, after) = rest.split_at((1 + numbers.below(most)).min(rest.len()));
        pieces.push(piece);
        rest = after;
    }
    pieces
}

/// Name and bytes of every page.
fn pages() -> BTreeMap<String, Vec<u8>> {
    let own = support::root().join("tests/data/pages");
    let folders = [Some(own), support::beside("corpus/pages")];
    let mut pages = BTreeMap::new();
    for folder in folders.into_iter().flatten() {
        for entry in std::fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap().to_owned();
            pages.insert(name, std::fs::read(path).unwrap());
        }
    }
    pages.insert("made-empty.html".to_owned(), Vec::new());
    pages.insert("made-binary.html".to_owned(), (0..=255).cycle().take(70_000).collect());
    pages.insert("made-nul.html".to_owned(), b"<img src=//a.example/\0x><p>\0".repeat(500));
    pages.insert("made-unclosed.html".to_owned(), format!("<p title=\"{}", "x".repeat(700_000)).into_bytes());
    pages.insert("made-deep.html".to_owned(), "<div>".repeat(20_000).into_bytes());
    pages
}

/// How many pages one isolate reads before its ration is used up, with a reserve.
const RATION: usize = 18;

#[test]
fn pages_come_out_as_they_went_in_for_any_chunking() {
    let pages = Arc::new(pages());
    let origin = Origin::start();
    let served = Arc::clone(&pages);
    origin.answer(move |received, stream| {
        let (seed, name) = received.target()[1..].split_once('/').unwrap();
        let mut numbers = Numbers(seed.parse().unwrap());
        write(stream, b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nTransfer-Encoding: chunked\r\n\r\n");
        for piece in cut(&mut numbers, &served[name]) {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            write(stream, &chunk);
        }
        write(stream, b"0\r\n\r\n");
        After::Keep
    });
    let names: Vec<&String> = pages.keys().collect();
    assert!(names.len() >= 10);
    for some in names.chunks(RATION) {
        // A new isolate, so that the first view of each page is one that is learned from; the ration ends in the second
        // round, and the third passes without being read.
        let workerd = Workerd::start(&origin.url(), &[("LEARN_SAMPLE", "0")]);
        for seed in 0..3 {
            for name in some {
                let response = http::get(workerd.headstart, &format!("/{seed}/{name}"), &[]);
                assert_eq!(response.status(), 200, "{name}");
                assert_eq!(
                    response.head.all("speculation-rules"),
                    ["\"/_headstart/rules/site.json\""],
                    "{name}"
                );
                let same = response.complete && response.body.0 == pages[*name];
                assert!(same, "{name}, seed {seed}: the body differs");
            }
        }
    }
    writeln!(std::io::stderr(), "{} pages, three cuts each", pages.len()).unwrap();
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(20))]

    #[test]
    fn what_is_learned_of_a_page_does_not_depend_on_its_cuts(seed in any::<u64>()) {
        let url = Url::parse("https://shop.example/").unwrap();
        for (name, bytes) in pages() {
            let observe = |pieces: &[&[u8]]| {
                let mut observer = Observer::new(&url, &Head::default(), &InertParameters::default()).unwrap();
                for piece in pieces {
                    observer.write(piece);
                }
                observer.end()
            };
            // The memory cap falls on another byte when a page is cut, so only pages far below it are compared.
            if bytes.len() < 200_000 {
                prop_assert_eq!(observe(&cut(&mut Numbers(seed), &bytes)), observe(&[&bytes]), "{}", name);
            }
        }
    }
}
