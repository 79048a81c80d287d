//! What it costs to edit a page: Headstart, which puts its rules into the head, beside a JavaScript Worker that makes the same edit with
//! the platform's HTMLRewriter, and one that only passes on. CPU time of workerd for each request, side by side in one workerd run.
//! `make bench`.
//!
//! Most of that time is what any Worker costs: connections, HTTP, headers. So two ratios are given: of all of it, and of what is
//! left when the Worker that only passes on is subtracted from both, which is what the edit costs. Headstart does all that it does for a
//! view besides, hints included; the other Workers do nothing else.
//!
//! The pages are made here, each like a kind of page that there is: what stands in their heads, how large they are, and what most of
//! them consists of. `PAGES=folder` takes saved pages, as far as both make the same of them: HTMLRewriter puts nothing into a page whose
//! `<head>` is not written. `LENGTH=unknown` has the origin send them in chunks, as one does that compresses or streams.
//!
//! Ends with one line of JSON.
#![allow(
    clippy::pedantic,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    missing_docs
)]

mod load;
#[path = "../tests/support/mod.rs"]
mod support;

use load::{Length, Page, Round, Times, measure, median, of};
use std::fmt::Write as _;
use std::time::{Duration, Instant};
use support::http;
use support::wrangler::Workerd;

/// Of each page that is made here.
const TIMES: Times = Times {
    rounds: 5,
    connections: 2,
    warm_up: Duration::from_secs(1),
    slices: 10,
    slice: Duration::from_millis(200),
};

/// Of each saved page, of which there are many.
const SHORT: Times = Times { rounds: 3, warm_up: Duration::from_millis(300), slices: 4, ..TIMES };

/// How the rules begin that are put into each page.
const RULES: &str = "<script type=\"speculationrules\">";

/// The longest that is waited until all pages are learned. Of a saved one there may be nothing to learn.
const LEARNING: Duration = Duration::from_secs(120);

fn main() {
    let folder = std::env::var("PAGES").ok();
    let pages = folder.as_deref().map_or_else(made, saved);
    let times = if folder.is_some() { &SHORT } else { &TIMES };
    let length = match std::env::var("LENGTH").as_deref() {
        Ok("unknown") => Length::Unknown,
        _ => Length::Said,
    };
    let url = format!("http://127.0.0.1:{}", load::serve(&pages, length));
    let variables = [
        ("RULES_DELIVERY", "inline"),
        ("BEACON", "off"),
        ("BATCH_SECONDS", "1"),
        ("PUBLISH_SECONDS", "1"),
        ("REFRESH_SECONDS", "5"),
        ("VISITOR_ADDRESS", load::VISITOR),
    ];
    let into_head = into_head(&Workerd::start_uninspected(&url, &variables), &pages[0]);
    let workerd = Workerd::start_beside_rewriter(&url, &variables, &into_head);
    let rewriter = workerd.rewriter.expect("the port of the other Worker");
    // An isolate reads a page that nobody knows every other second, and each is read for three visitors.
    let (begun, mut unlearned) = (Instant::now(), pages.iter().collect::<Vec<_>>());
    while begun.elapsed() < LEARNING && !unlearned.is_empty() {
        unlearned.retain(|page| get(workerd.headstart, page).get("link").is_none());
        std::thread::sleep(Duration::from_millis(100));
    }
    assert!(folder.is_some() || unlearned.is_empty(), "{} pages are not learned", unlearned.len());
    let is_same = |page: &&Page| {
        let (ours, theirs) = (get(workerd.headstart, page).body.0, get(rewriter, page).body.0);
        theirs.len() == page.html.len() + into_head.len() && ours == theirs
    };
    let alike: Vec<&Page> = pages.iter().filter(is_same).collect();
    assert!(folder.is_some() || alike.len() == pages.len(), "both make the same pages");
    println!(
        "{times}; {} bytes are put into each page; {} of {} pages are made the same, of {} nothing is learned\n",
        into_head.len(),
        alike.len(),
        pages.len(),
        unlearned.len()
    );
    println!(
        "{:<44} {:>9} {:>10} {:>14} {:>10} {:>8} {:>12}",
        "page, CPU ms for each request",
        "bytes",
        "passing on",
        "HTMLRewriter",
        "Headstart",
        "ratio",
        "of the edit"
    );
    let mut figures = serde_json::Map::new();
    let (mut all, mut edits) = (Vec::new(), Vec::new());
    for Page { path, html } in alike {
        let ports = [workerd.plain, rewriter, workerd.headstart];
        let rounds = measure(workerd.pid, ports, path, times, |head, length| {
            assert!(head.starts_with("http/1.1 200"), "{head}");
            assert!(length > 0);
        });
        let [plain, theirs, ours] = rounds.each_ref().map(|rounds| of(rounds, |round: &Round| round.cpu_ms));
        let (ratio, of_edit) = (ours / theirs, (ours - plain) / (theirs - plain));
        let name = &path[1..];
        println!(
            "{name:<44} {:>9} {plain:>10.3} {theirs:>14.3} {ours:>10.3} {ratio:>8.3} {of_edit:>12.3}",
            html.len()
        );
        if folder.is_none() {
            figures.insert(format!("rewriting_cpu_ratio_{name}"), rounded(ratio));
            figures.insert(format!("rewriting_edit_ratio_{name}"), rounded(of_edit));
            figures.insert(format!("rewriting_cpu_ms_{name}"), rounded(ours));
        }
        all.push(ratio);
        edits.push(of_edit);
    }
    for (name, ratios) in [("cpu", all), ("edit", edits)] {
        figures.insert(format!("rewriting_{name}_ratio_median"), rounded(median(&ratios)));
        let worst = ratios.iter().copied().fold(0.0, f64::max);
        figures.insert(format!("rewriting_{name}_ratio_worst"), rounded(worst));
    }
    println!("\n{}", serde_json::Value::Object(figures));
}

fn rounded(value: f64) -> serde_json::Value {
    serde_json::json!((value * 1000.0).round() / 1000.0)
}

fn get(port: u16, page: &Page) -> http::Response {
    let address = load::address();
    http::get(port, &page.path, &[&http::DOCUMENT[..], &[(load::VISITOR, address.as_str())]].concat())
}

/// What Headstart puts into a page.
fn into_head(workerd: &Workerd, page: &Page) -> String {
    let text = get(workerd.headstart, page).text();
    let start = text.find(RULES).expect("rules");
    let end = "</script>";
    text[start..start + text[start..].find(end).unwrap() + end.len()].to_owned()
}

/// The pages of a folder.
fn saved(folder: &str) -> Vec<Page> {
    let mut files: Vec<_> = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path()).collect();
    files.retain(|file| file.extension().is_some_and(|extension| extension == "html"));
    files.sort();
    let read = |file: std::path::PathBuf| {
        let html = String::from_utf8(std::fs::read(&file).ok()?).ok()?;
        Some(Page { path: format!("/{}", file.file_stem()?.to_str()?), html })
    };
    files.into_iter().filter_map(read).collect()
}

/// The pages that are made.
fn made() -> Vec<Page> {
    let pages = [
        ("/landing", landing()),
        ("/article", article()),
        ("/shop", shop()),
        ("/docs", docs()),
        ("/news", news()),
        ("/app", app()),
    ];
    pages.map(|(path, html)| Page { path: path.to_owned(), html }).into()
}

/// The start of a page: a head with as many lines of style and as many metas, with third parties in it.
fn head(title: &str, metas: usize, styles: usize) -> String {
    let mut html = format!(
        "<!doctype html>\n<html lang=\"en\">\n<head>\n<meta charset=\"utf-8\">\n<title>{title}</title>\n\
         <meta name=\"viewport\" content=\"width=device-width, initial-scale=1\">\n\
         <link rel=\"stylesheet\" href=\"https://cdn.example/site.css\">\n\
         <link rel=\"preload\" as=\"font\" type=\"font/woff2\" crossorigin href=\"https://fonts.example/text.woff2\">\n"
    );
    for number in 0..metas {
        writeln!(html, "<meta property=\"og:property-{number}\" content=\"Some words that tell others of this page, number {number}\">").unwrap();
    }
    html.push_str("<style>\n");
    for number in 0..styles {
        writeln!(
            html,
            ".block-{number} > .item {{ display: flex; margin: {number}px auto; color: #33{number:04x} }}"
        )
        .unwrap();
    }
    html.push_str("</style>\n<script defer src=\"https://cdn.example/site.js\"></script>\n</head>\n");
    html
}

fn paragraph(number: usize) -> String {
    format!(
        "<p>Paragraph {number} has <em>some emphasis</em>, a <a href=\"/topics/{number}\">link</a>, and then goes on for \
         as long as people write who have something to say about lamps, which throw their light further than \
         anybody had thought; &ldquo;a small thing&rdquo;, they say &mdash; and it is.</p>\n"
    )
}

/// A small page, most of it its head.
fn landing() -> String {
    let mut html = head("Lamps", 12, 30) + "<body>\n<header><nav>";
    for number in 0..8 {
        write!(html, "<a href=\"/{number}\">Page {number}</a> ").unwrap();
    }
    html.push_str("</nav></header>\n<main><img src=\"https://pictures.example/hero.jpg\" alt=\"\" width=1200 height=600>\n");
    (0..8).for_each(|number| html.push_str(&paragraph(number)));
    html + "</main>\n</body>\n</html>\n"
}

/// A long text.
fn article() -> String {
    let mut html = head("How far light goes", 8, 60) + "<body>\n<article>\n<h1>How far light goes</h1>\n";
    (0..150).for_each(|number| html.push_str(&paragraph(number)));
    html + "</article>\n</body>\n</html>\n"
}

/// Cards with pictures, each with icons.
fn shop() -> String {
    let mut html = head("All lamps", 20, 200) + "<body>\n<main class=\"grid\">\n";
    for number in 0..120 {
        writeln!(
            html,
            "<div class=\"card\" data-id=\"{number}\" data-price=\"{number}.90\"><a href=\"/lamps/{number}?from=list&amp;at={number}\">\
             <img loading=\"lazy\" src=\"https://pictures.example/{number}-400.jpg\" srcset=\"https://pictures.example/{number}-400.jpg \
             1x, https://pictures.example/{number}-800.jpg 2x\" width=\"400\" height=\"400\" alt=\"Lamp {number}\"></a>\
             <svg viewBox=\"0 0 24 24\"><path d=\"M12 21.35l-1.45-1.32C5.4 15.36 2 12.28 2 8.5 2 5.42 4.42 3 7.5 3c1.74 0 3.41.81\
             4.5 2.09C13.09 3.81 14.76 3 16.5 3 19.58 3 22 5.42 22 8.5c0 3.78-3.4 6.86-8.55 11.54L12 21.35z\"/></svg>\
             <h3>Lamp {number}</h3><p class=\"price\">{number},90&nbsp;€</p><form action=\"/cart\" method=\"post\">\
             <input type=\"hidden\" name=\"id\" value=\"{number}\"><button>Add to cart</button></form></div>"
        )
        .unwrap();
    }
    html + "</main>\n</body>\n</html>\n"
}

/// Code, which is mostly short spans.
fn docs() -> String {
    let mut html = head("Reference", 6, 100) + "<body>\n<nav><ul>\n";
    for number in 0..400 {
        writeln!(html, "<li><a href=\"#entry-{number}\">entry_{number}</a></li>").unwrap();
    }
    html.push_str("</ul></nav>\n<main>\n");
    for number in 0..400 {
        writeln!(
            html,
            "<section id=\"entry-{number}\"><h2><code>entry_{number}</code></h2><pre><code><span class=\"k\">pub fn</span> \
             <span class=\"n\">entry_{number}</span>(<span class=\"n\">value</span>: <span class=\"t\">u32</span>) -&gt; \
             <span class=\"t\">Option</span>&lt;<span class=\"t\">u32</span>&gt;</code></pre>{}</section>",
            paragraph(number)
        )
        .unwrap();
    }
    html + "</main>\n</body>\n</html>\n"
}

/// Teasers, with the data of a program behind them.
fn news() -> String {
    let mut html = head("The Lamp", 40, 400) + "<body>\n<main>\n";
    for number in 0..250 {
        writeln!(
            html,
            "<article class=\"teaser teaser--{}\"><a href=\"/news/{number}/what-has-happened-now\"><picture><source \
             srcset=\"https://pictures.example/{number}.avif\" type=\"image/avif\"><img loading=\"lazy\" \
             src=\"https://pictures.example/{number}.jpg\" alt=\"\"></picture><h2>What has happened now, {number}</h2></a>{}</article>",
            number % 7,
            paragraph(number)
        )
        .unwrap();
    }
    html.push_str("</main>\n<script id=\"data\" type=\"application/json\">[");
    for number in 0..4000 {
        write!(
            html,
            "{{\"id\":{number},\"title\":\"What has happened now\",\"tags\":[\"light\",\"dark\"]}},"
        )
        .unwrap();
    }
    html + "0]</script>\n</body>\n</html>\n"
}

/// The shell of an application: a script and its data, and nearly no element.
fn app() -> String {
    let mut html = head("Lamps", 10, 20) + "<body>\n<div id=\"root\"></div>\n<script>window.state={";
    for number in 0..3000 {
        write!(html, "\"key{number}\":\"value {number} of the state, <b>not an element</b>\",").unwrap();
    }
    html + "\"end\":0}</script>\n<script type=\"module\" src=\"https://cdn.example/app.js\"></script>\n</body>\n</html>\n"
}
