//! The table of URL shapes: which of them the table of names tells, and which of those that do something the baseline names. Each
//! row says what is so today, so that whatever changes shows; and the whole has to be good enough.

use crate::support::rule_sets::{BASELINE, rule_sets};
use headstart::endpoints::RulesFile;
use headstart::urls::unsafe_urls::UnsafeUrls;
use speculation_rules::{Engine, parse_as};
use std::collections::HashSet;
use url::Url;

/// A row: the URL, what a person expects, what it does, of which product or language it is, and where we are wrong today.
struct Row {
    url: Url,
    text: &'static str,
    expected: &'static str,
    product: &'static str,
    today: &'static str,
}

fn rows() -> Vec<Row> {
    let base = Url::parse("https://shop.example").unwrap();
    let lines = include_str!("../data/unsafe_urls.tsv").lines().skip(1);
    lines
        .map(|line| {
            let mut cells = line.split('\t');
            let mut cell = || cells.next().unwrap_or_default();
            let (text, expected, _, product, today) = (cell(), cell(), cell(), cell(), cell());
            Row { url: base.join(text).unwrap(), text, expected, product, today }
        })
        .collect()
}

#[test]
fn each_shape_is_told_as_the_table_says() {
    let urls = UnsafeUrls::default();
    let base = Url::parse("https://shop.example").unwrap().join(BASELINE).unwrap();
    let baseline = parse_as(Engine::Chromium, &rule_sets(&[]).get(RulesFile::Baseline).body, &base).unwrap();
    let names = baseline.prefetch[0].predicate.as_ref().unwrap();
    let mut wrong = Vec::new();
    for Row { url, text, expected, today, .. } in &rows() {
        let is_refused = urls.rule_for(url).is_some() || urls.rule_for_editors(url).is_some();
        let is_named = names.matches(url, &|_| false);
        let now = match *expected {
            "unsafe" if !is_refused => "missed",
            "unsafe" if is_named => "named",
            "safe" if is_refused => "wrongly refused",
            _ => "",
        };
        if now != *today {
            wrong.push(format!("{text}: {now:?}, and not {today:?}"));
        }
    }
    assert!(wrong.is_empty(), "{} rows differ:\n{}", wrong.len(), wrong.join("\n"));
}

#[test]
fn the_shapes_are_many_and_most_are_told() {
    let rows = rows();
    let count = |expected: &str, today: &str| {
        let rows =
            rows.iter().filter(|row| row.expected == expected && (today.is_empty() || row.today == today));
        rows.count() as f64
    };
    assert!(rows.len() >= 1_000, "{}", rows.len());
    let products: HashSet<&str> = rows.iter().map(|row| row.product).collect();
    let languages = products.iter().filter(|product| product.starts_with("habit (")).count();
    assert!(products.len() - languages >= 60 && languages >= 20, "{} {languages}", products.len());
    let texts: HashSet<&str> = rows.iter().map(|row| row.text).collect();
    assert_eq!(texts.len(), rows.len());
    let recall = 1.0 - count("unsafe", "missed") / count("unsafe", "");
    let wrongly_refused = count("safe", "wrongly refused") / count("safe", "");
    let named = count("unsafe", "named") / count("unsafe", "");
    assert!(recall >= 0.92 && wrongly_refused <= 0.03 && named <= 0.08, "{recall} {wrongly_refused} {named}");
}
