//! Pages come out of the Worker byte for byte as they went in, however they are cut into pieces, while they are being
//! learned from.

use crate::support::http;
use crate::support::origin::Origin;
use crate::support::pages::{pages, serve_cut};
use crate::support::wrangler::Workerd;
use std::io::Write as _;
use std::sync::Arc;

/// How many pages one isolate reads before its token bucket is empty, with a reserve.
const TOKENS: usize = 18;

#[test]
fn pages_come_out_as_they_went_in_for_any_chunking() {
    let pages = Arc::new(pages());
    let origin = Origin::start();
    serve_cut(&origin, &pages, |_| "text/html");
    let names: Vec<&String> = pages.keys().collect();
    assert!(names.len() >= 10);
    for some in names.chunks(TOKENS) {
        // A new isolate, so that the first view of each page is one that is learned from; the token bucket is empty in the
        // second round, and the pages of the third pass without being read.
        let workerd = Workerd::start(&origin.url(), &[("LEARN_SAMPLE", "0"), ("BEACON", "off")]);
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
