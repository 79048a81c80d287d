//! Pages come out of the Worker byte for byte as they went in, however they are cut into pieces, while they are being
//! learned from.

use crate::support::http;
use crate::support::numbers::Numbers;
use crate::support::origin::{After, Origin, write};
use crate::support::pages::{cut, pages};
use crate::support::wrangler::Workerd;
use std::io::Write as _;
use std::sync::Arc;

/// How many pages one isolate reads before its token bucket is empty, with a reserve.
const TOKENS: usize = 18;

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
    for some in names.chunks(TOKENS) {
        // A new isolate, so that the first view of each page is one that is learned from; the token bucket is empty in the
        // second round, and the pages of the third pass without being read.
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
