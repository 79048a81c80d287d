//! What it costs to decide about one URL by its name: `cargo bench --bench urls`.
//!
//! Prints the least time of many batches, which is what the work takes where nothing interrupts it, and ends with a line of JSON.
#![allow(clippy::expect_used, missing_docs)]

use headstart::urls::unsafe_urls::UnsafeUrls;
use std::hint::black_box;
use std::time::{Duration, Instant};
use url::Url;

const BATCHES: u32 = 200;
const BATCH: u32 = 50;

fn main() {
    let usual = "/products/blue-shirt".to_owned();
    let longest_usual = "/de/unser-angebot/wohnzimmer-und-esszimmer/lampen-und-leuchten/stehleuchten-mit-dimmer/\
                         stehleuchte-verstellbar-mit-lesearm-12345.html?color=schwarz&size=150&sort=price&dir=asc&page=3\
                         &utm_source=newsletter&utm_medium=mail&utm_campaign=fruehling&gclid=abcdef&view=grid&filter=led";
    // Names that hold many words of the table, as many of them and as long as are looked at.
    let name = "deleteaddremovetocartlistuseritempostfoo";
    let hostile = format!("/{}?{}", format!("{name}/").repeat(30), format!("{name}={name}&").repeat(64));
    let urls = UnsafeUrls::default();
    let mut figures = serde_json::Map::new();
    println!("{:<16}{:>8}{:>12}", "URL", "bytes", "µs");
    for (name, path) in [("usual", usual), ("longest_usual", longest_usual.to_owned()), ("hostile", hostile)]
    {
        let url = Url::parse("https://shop.example").and_then(|base| base.join(&path)).expect("a URL");
        // Reads the table.
        black_box(urls.verdict(&url));
        let batch = || {
            let start = Instant::now();
            for _ in 0..BATCH {
                black_box(urls.verdict(black_box(&url)));
            }
            start.elapsed()
        };
        let least = (0..BATCHES).map(|_| batch()).min().unwrap_or(Duration::ZERO);
        let micros = least.as_secs_f64() * 1e6 / f64::from(BATCH);
        println!("{name:<16}{:>8}{micros:>12.1}", url.as_str().len());
        figures.insert(name.to_owned(), serde_json::json!((micros * 10.0).round() / 10.0));
    }
    println!("{}", serde_json::Value::Object(figures));
}
