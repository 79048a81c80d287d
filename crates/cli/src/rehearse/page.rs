//! A rehearsal as a page of its own: no script, nothing from elsewhere, charts as SVG, light and dark. Whatever comes from the log is
//! escaped.

use super::figures::{Figures, SHOWN, Setting, float, percent};
use super::prices;
use super::text::period;
use super::walk::Day;
use crate::log::time::{self, DAY_MS};
use htmlize::{escape_attribute, escape_text};
use std::fmt::Write as _;

/// The size of the charts, in user units.
const WIDTH: f64 = 720.0;
const HEIGHT: f64 = 180.0;
const FOOT: f64 = 18.0;

const STYLE: &str = "\
:root{color-scheme:light dark;--ink:#1b1b1f;--paper:#fff;--line:#c9c9d1;--used:#1a7f4b;--wasted:#c4501b;--sign:#3a6fd8}\
@media(prefers-color-scheme:dark){:root{--ink:#e9e9ee;--paper:#17171b;--line:#45454e;--used:#4cc38a;--wasted:#f0925f;--sign:#8fb2ff}}\
body{font:16px/1.5 system-ui,sans-serif;color:var(--ink);background:var(--paper);max-width:46rem;margin:2rem auto;padding:0 1rem}\
h1{font-size:1.5rem}h2{font-size:1.15rem;margin-top:2rem}\
dl{display:grid;grid-template-columns:repeat(auto-fit,minmax(10rem,1fr));gap:1rem}dl div{display:flex;flex-direction:column;justify-content:space-between}\
dt{font-size:.9rem}dd{margin:0;font-size:1.5rem;font-variant-numeric:tabular-nums}\
.scroll{overflow-x:auto}table{border-collapse:collapse;width:100%;font-variant-numeric:tabular-nums}\
th,td{text-align:right;padding:.25rem .5rem;border-bottom:1px solid var(--line)}\
th:first-child,td:first-child{text-align:left;overflow-wrap:anywhere;min-width:6.5rem}\
svg{width:100%;height:auto}svg text{font:11px system-ui,sans-serif;fill:var(--ink)}\
.used{fill:var(--used)}.wasted{fill:var(--wasted)}.sign{fill:var(--sign)}.axis{stroke:var(--line)}\
.key span{display:inline-block;width:.8rem;height:.8rem;margin:0 .3rem 0 .8rem}\
.key .used{background:var(--used)}.key .wasted{background:var(--wasted)}.key .sign{background:var(--sign)}";

/// All of it.
pub fn html(figures: &Figures) -> String {
    let Some(own) = figures.settings.first() else { return String::new() };
    let (first, last) = period(own);
    let host = escape_text(&figures.host);
    let mut page = format!(
        "<!doctype html>\n<html lang=en>\n<meta charset=utf-8>\n\
         <meta http-equiv=Content-Security-Policy content=\"default-src 'none'; style-src 'unsafe-inline'\">\n\
         <meta name=viewport content=\"width=device-width\">\n<meta name=robots content=noindex>\n\
         <title>Headstart on {host}, rehearsed</title>\n<style>{STYLE}</style>\n\
         <main>\n<h1>What Headstart would have done on {host}</h1>\n\
         <p>From {first} to {last}, by your access log. Each view was predicted by what had been learned before it.</p>\n"
    );
    page += &glance(own);
    for line in figures.advice() {
        let _ = writeln!(page, "<p>{}</p>", escape_text(&line));
    }
    page += &by_day(own);
    page += &by_setting(&figures.settings);
    if !own.pages.is_empty() {
        page += "<h2>Fetched ahead most often</h2>\n";
        let rows = own.pages.iter().map(|(path, fetched, used)| {
            vec![
                path.clone(),
                fetched.to_string(),
                used.to_string(),
                percent(Some(float(*used) / float(*fetched))),
            ]
        });
        page += &table(&["page", "times", "used", ""], rows);
    }
    page += &refused(figures);
    page += &costs(own);
    if !figures.remarks.is_empty() {
        page += "<h2>The log</h2>\n";
        for line in &figures.remarks {
            let _ = writeln!(page, "<p>{}</p>", escape_text(line));
        }
    }
    page + "</main>\n</html>\n"
}

fn glance(own: &Setting) -> String {
    let (dollars, _) = own.dollars();
    let numbers = [
        ("navigations whose page was fetched at once and is there", percent(own.ready_at_once())),
        ("whose page is fetched on a sign, such as a hover", percent(own.ready_on_a_sign())),
        ("of what is fetched at once is wasted", percent(own.waste())),
        ("more requests for each view", format!("{:.3}", own.extra())),
        ("for a million views", format!("${dollars:.2}")),
    ];
    let items =
        numbers.map(|(what, number)| format!("<div><dt>{what}</dt><dd>{number}</dd></div>\n")).concat();
    format!("<dl>\n{items}</dl>\n")
}

fn by_day(own: &Setting) -> String {
    let rows = own.days.iter().map(|(number, day)| {
        let numbers = [day.views, day.navigations, day.fetched, day.used, day.wasted, day.on_a_sign];
        std::iter::once(time::day(number * DAY_MS)).chain(numbers.map(|number| number.to_string())).collect()
    });
    let titles = ["day", "views", "navigations", "fetched at once", "used", "wasted", "ready on a sign"];
    format!(
        "<h2>By day</h2>\n{}<p class=key><span class=used></span>fetched at once and used<span class=wasted></span>wasted\
         <span class=sign></span>fetched on a sign of the visitor, such as a hover, and used</p>\n{}",
        chart(&own.days),
        table(&titles, rows)
    )
}

/// A bar for each day: what was used, what was wasted, and what was ready on a sign.
fn chart(days: &[(u64, Day)]) -> String {
    let sum = |day: &Day| day.used + day.wasted + day.on_a_sign;
    let most = days.iter().map(|(_, day)| sum(day)).max().unwrap_or_default().max(1);
    let step = WIDTH / float(days.len().max(1) as u64);
    let room = HEIGHT - FOOT;
    let mut bars = String::new();
    for (at, (number, day)) in (0_u64..).zip(days) {
        let (x, name) = (float(at) * step, time::day(number * DAY_MS));
        let mut y = room;
        let said = format!("{name}: {} used, {} wasted, {} on a sign", day.used, day.wasted, day.on_a_sign);
        let _ = write!(bars, "<g><title>{}</title>", escape_text(&said));
        for (class, part) in [("used", day.used), ("wasted", day.wasted), ("sign", day.on_a_sign)] {
            let height = float(part) / float(most) * (room - 12.0);
            y -= height;
            let width = (step - 2.0).max(0.5);
            let _ =
                write!(bars, "<rect class={class} x={x:.1} y={y:.1} width={width:.1} height={height:.1} />");
        }
        bars += "</g>";
        // As many names as have room.
        let every = (70.0 / step).ceil().max(1.0);
        if (float(at) % every) < 0.5 {
            let _ = write!(
                bars,
                "<text x={x:.1} y={:.1}>{}</text>",
                HEIGHT - 4.0,
                name.get(5..).unwrap_or(&name)
            );
        }
    }
    format!(
        "<svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=img aria-label=\"Pages fetched ahead by day; the table below has the numbers\">\
         <line class=axis x1=0 x2={WIDTH} y1={room} y2={room} /><text x=0 y=10>{most}</text>{bars}</svg>\n"
    )
}

fn by_setting(settings: &[Setting]) -> String {
    let rows = settings.iter().map(|setting| {
        vec![
            setting.min_visitors.to_string(),
            setting.first.map_or_else(|| "never".to_owned(), time::day),
            percent(setting.ready()),
            percent(setting.waste()),
            format!("${:.3}", setting.dollars().0),
        ]
    });
    let titles = ["MIN_VISITORS", "first next pages on", "ready", "wasted", "per million views"];
    format!("<h2>From how many visitors on</h2>\n{}", table(&titles, rows))
}

fn refused(figures: &Figures) -> String {
    let (requests, refused) = figures.requests;
    let rows = figures.refused.iter().take(SHOWN).map(|it| {
        let by = if it.is_for_editors { "with a session".to_owned() } else { it.by.clone() };
        vec![it.url.clone(), it.times.to_string(), it.rule.to_owned(), by]
    });
    let list =
        if figures.refused.is_empty() { String::new() } else { table(&["URL", "times", "rule", "by"], rows) };
    format!(
        "<h2>Refused to speculations</h2>\n<p>{refused} of {requests} requests of browsers are for URLs that say that they do \
         something. A click on them is as before. Exempt what does nothing by SAFE_URLS, and add what is missing by UNSAFE_URLS.</p>\n\
         {list}"
    )
}

fn costs(own: &Setting) -> String {
    let (dollars, wasted) = own.dollars();
    format!(
        "<h2>What it costs</h2>\n<p>${dollars:.3} for a million views: each view is a request, and one for the rules file; \
         ${wasted:.3} of that is for pages that nobody looked at, and calls of learners are in it. At Cloudflare's prices of {}, \
         beyond what the plan includes, without CPU time. On a day of the mean this takes {} of the requests of the Free plan.</p>\n",
        prices::AS_OF,
        percent(own.of_free_plan())
    )
}

fn table(titles: &[&str], rows: impl Iterator<Item = Vec<String>>) -> String {
    let head = titles
        .iter()
        .map(|title| format!("<th scope=col>{}</th>", escape_text(*title)))
        .collect::<Vec<_>>()
        .concat();
    let row = |row: Vec<String>| {
        let cells =
            row.iter().map(|cell| format!("<td>{}</td>", escape_text(cell))).collect::<Vec<_>>().concat();
        format!("<tr>{cells}</tr>\n")
    };
    let name = escape_attribute(titles.first().copied().unwrap_or_default());
    let rows = rows.map(row).collect::<Vec<_>>().concat();
    format!(
        "<div class=scroll tabindex=0 role=region aria-label=\"{name}\"><table>\n<thead><tr>{head}</tr></thead>\n\
         <tbody>\n{rows}</tbody>\n</table></div>\n"
    )
}

#[cfg(test)]
mod tests {
    use super::super::refused::Refused;
    use super::*;

    #[test]
    fn what_a_log_says_is_text_and_no_markup() {
        let hostile = "/\"><script>alert(1)</script><img src=x onerror=alert(1)>&lt;'";
        let all = Day { views: 9, navigations: 5, fetched: 3, used: 2, wasted: 1, on_a_sign: 1 };
        let setting = Setting {
            min_visitors: 10,
            days: vec![(20_000, all)],
            all,
            first: Some(1),
            pages: vec![(hostile.to_owned(), 3, 2)],
        };
        let refused = Refused {
            url: hostile.to_owned(),
            times: 1,
            rule: "sign-out",
            by: hostile.to_owned(),
            is_for_editors: false,
        };
        let figures = Figures {
            host: hostile.to_owned(),
            settings: vec![setting],
            refused: vec![refused],
            requests: (9, 1),
            most_visitors: 1,
            told: 0,
            remarks: vec![hostile.to_owned()],
        };
        let page = html(&figures);
        assert!(!page.contains("<script") && !page.contains("<img"), "{page}");
        assert_eq!(page.matches("&lt;script&gt;").count(), 6, "{page}");
        assert!(page.contains("<td>60.0 %</td>") && page.contains("2 used, 1 wasted, 1 on a sign"), "{page}");
    }
}
