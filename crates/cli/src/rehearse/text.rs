//! A rehearsal for the terminal, with a line of JSON at the end.

use super::figures::{Figures, SHOWN, Setting, percent};
use super::prices;
use crate::log::time::{self, DAY_MS};
use crate::table::Table;

/// All of it.
pub fn text(figures: &Figures) -> String {
    let Some(own) = figures.settings.first() else { return String::new() };
    let mut parts = vec![summary(figures, own), by_setting(&figures.settings), by_day(own)];
    if !own.pages.is_empty() {
        parts.push(pages(own));
    }
    parts.push(refused(figures));
    parts.push(lines(&figures.advice()));
    format!("{}\n{}\n", parts.join("\n"), figures.json())
}

/// Each as a line.
fn lines(lines: &[String]) -> String {
    lines.iter().flat_map(|line| [line.as_str(), "\n"]).collect()
}

fn summary(figures: &Figures, own: &Setting) -> String {
    let (first, last) = period(own);
    let (dollars, of_waste) = own.dollars();
    let remarks = lines(&figures.remarks);
    format!(
        "{remarks}{}, {first} to {last}: of {} navigations within the site {} ({}) would have found their page ready \
         or on its way: {} fetched at once, {} on a sign of the visitor, such as a hover.\n\
         {} pages fetched ahead at once, of which {} wasted ({}); {:.3} more requests for each view.\n\
         ${dollars:.3} for a million views, ${of_waste:.3} of that wasted ({}, beyond what the plan includes, without CPU time); {} of a \
         day of the Free plan.\n",
        figures.host,
        own.all.navigations,
        own.all.ready(),
        percent(own.ready()),
        own.all.used,
        own.all.on_a_sign,
        own.all.fetched,
        own.all.wasted,
        percent(own.waste()),
        own.extra(),
        prices::AS_OF,
        percent(own.of_free_plan()),
    )
}

/// The first and the last day.
pub fn period(setting: &Setting) -> (String, String) {
    let day = |day: Option<&(u64, super::walk::Day)>| {
        day.map(|(number, _)| time::day(number * DAY_MS)).unwrap_or_default()
    };
    (day(setting.days.first()), day(setting.days.last()))
}

fn by_setting(settings: &[Setting]) -> String {
    let mut table = Table::new(&[
        "MIN_VISITORS",
        "first on",
        "ready",
        "fetched",
        "used",
        "wasted",
        "on a sign",
        "$ per million",
    ]);
    for setting in settings {
        table.add(vec![
            setting.min_visitors.to_string(),
            setting.first.map_or_else(|| "never".to_owned(), time::day),
            percent(setting.ready()),
            setting.all.fetched.to_string(),
            setting.all.used.to_string(),
            setting.all.wasted.to_string(),
            setting.all.on_a_sign.to_string(),
            format!("{:.3}", setting.dollars().0),
        ]);
    }
    table.text()
}

fn by_day(own: &Setting) -> String {
    let mut table = Table::new(&["day", "views", "navigations", "fetched", "used", "wasted", "on a sign"]);
    for (number, day) in &own.days {
        let numbers = [day.views, day.navigations, day.fetched, day.used, day.wasted, day.on_a_sign];
        let row = std::iter::once(time::day(number * DAY_MS)).chain(numbers.map(|number| number.to_string()));
        table.add(row.collect());
    }
    table.text()
}

fn pages(own: &Setting) -> String {
    let mut table = Table::new(&["fetched ahead most often", "times", "used"]);
    for (path, fetched, used) in &own.pages {
        table.add(vec![path.clone(), fetched.to_string(), used.to_string()]);
    }
    table.text()
}

fn refused(figures: &Figures) -> String {
    let (requests, refused) = figures.requests;
    let mut table = Table::new(&["refused to speculations", "times", "", ""]);
    for it in figures.refused.iter().take(SHOWN) {
        let by = if it.is_for_editors { "with a session".to_owned() } else { it.by.clone() };
        // What a client sent may do something to a terminal.
        let url = it.url.escape_debug().to_string();
        table.add(vec![url, it.times.to_string(), it.rule.to_owned(), by]);
    }
    let told = if figures.refused.is_empty() { String::new() } else { table.text() };
    format!("{told}{refused} of {requests} requests of browsers are for what is refused\n")
}
