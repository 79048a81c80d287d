//! What it costs to edit a page: Headstart, which puts its rules and the beacon's script into the head, beside a JavaScript Worker that
//! makes the same edits with the platform's HTMLRewriter. CPU time of workerd for each request, side by side in one workerd run.
//! `make bench`.
//!
//! The pages are made here, each like a kind of page that there is: what stands in their heads, how large they are, and what most of
//! them consists of. Headstart does all that it does for a view besides, hints included; the other Worker does nothing else.
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

use load::{Page, Round, Times, each, measure, median, of};
use std::fmt::Write as _;
use std::time::Duration;
use support::http;
use support::wrangler::Workerd;

const TIMES: Times = Times {
    rounds: 5,
    connections: 2,
    warm_up: Duration::from_secs(1),
    slices: 10,
    slice: Duration::from_millis(200),
};

/// What stands in an edited page and in no other.
const BEACON: &str = "/_headstart/beacon.js\"></script>";

fn main() {
    let pages = [
        Page { path: "/landing", html: landing() },
        Page { path: "/article", html: article() },
        Page { path: "/shop", html: shop() },
        Page { path: "/docs", html: docs() },
        Page { path: "/news", html: news() },
        Page { path: "/app", html: app() },
    ];
    let url = format!("http://127.0.0.1:{}", load::serve(&pages));
    let variables = [
        ("RULES_DELIVERY", "inline"),
        ("BEACON", "auto"),
        ("BATCH_SECONDS", "1"),
        ("PUBLISH_SECONDS", "1"),
        ("REFRESH_SECONDS", "5"),
        ("VISITOR_ADDRESS", load::VISITOR),
    ];
    let into_head = into_head(&Workerd::start_uninspected(&url, &variables), &pages[0]);
    let workerd = Workerd::start_beside_rewriter(&url, &variables, &into_head);
    let theirs = workerd.rewriter.expect("the port of the other Worker");
    // An isolate reads a page that nobody knows every other second, and each is read for three visitors.
    let all = support::eventually("the pages are learned", Duration::from_secs(300), || {
        let all: Vec<Option<String>> = pages.iter().map(|page| edited(&workerd, page)).collect();
        all.into_iter().collect::<Option<Vec<String>>>()
    });
    for (page, edited) in pages.iter().zip(all) {
        let text = http::get(theirs, page.path, &[]).text();
        let place = text.find(&into_head).expect("the other Worker makes the same edit");
        assert_eq!(text.len() - into_head.len(), page.html.len());
        assert!(edited == text, "{}: both make the same page, edited at {place}", page.path);
    }
    println!("{TIMES}; {} bytes are put into each page\n", into_head.len());
    println!(
        "{:<10} {:>9} {:<14} {:>12} {:>16} {:>10}",
        "page", "bytes", "Worker", "requests/s", "CPU ms/request", "CPU ratio"
    );
    let mut figures = serde_json::Map::new();
    let rounded = |value: f64| serde_json::json!((value * 1000.0).round() / 1000.0);
    let mut ratios = Vec::new();
    for Page { path, html } in &pages {
        let [others, ours] =
            measure(workerd.pid, [theirs, workerd.headstart], path, &TIMES, |head, length| {
                assert!(head.starts_with("http/1.1 200"), "{head}");
                assert!(length > 0);
            });
        let ratio = median(&each(&ours, &others, |ours, others| ours.cpu_ms / others.cpu_ms));
        let name = &path[1..];
        let row = |worker: &str, rounds: &[Round], ratio: &str| {
            let (rate, cpu) = (of(rounds, |round| round.rate), of(rounds, |round| round.cpu_ms));
            println!("{name:<10} {:>9} {worker:<14} {rate:>12.0} {cpu:>16.3} {ratio}", html.len());
        };
        row("HTMLRewriter", &others, "");
        row("Headstart", &ours, &format!("{ratio:>10.3}"));
        figures.insert(format!("rewriting_cpu_ratio_{name}"), rounded(ratio));
        figures.insert(format!("rewriting_cpu_ms_{name}"), rounded(of(&ours, |round| round.cpu_ms)));
        ratios.push(ratio);
    }
    figures.insert("rewriting_cpu_ratio_median".to_owned(), rounded(median(&ratios)));
    figures
        .insert("rewriting_cpu_ratio_worst".to_owned(), rounded(ratios.iter().copied().fold(0.0, f64::max)));
    println!("\n{}", serde_json::Value::Object(figures));
}

/// A page as Headstart edits it, once it is learned.
fn edited(workerd: &Workerd, page: &Page) -> Option<String> {
    let text = http::get(workerd.headstart, page.path, &[(load::VISITOR, &load::address())]).text();
    text.contains(BEACON).then_some(text)
}

/// What Headstart puts into a page.
fn into_head(workerd: &Workerd, page: &Page) -> String {
    let text = support::eventually("the page is learned", Duration::from_secs(60), || edited(workerd, page));
    let start = text.find("<script type=\"speculationrules\">").expect("rules");
    text[start..text.find(BEACON).unwrap() + BEACON.len()].to_owned()
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
