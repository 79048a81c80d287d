//! Charts as SVG: a bar for each day, with the same numbers as a table.

use super::html::Html;
use super::words;
use crate::learn::next::visitor::Day;

/// The size of a chart, and what is left for its axes.
const WIDTH: u64 = 720;
const HEIGHT: u64 = 200;
const LEFT: u64 = 48;
const BOTTOM: u64 = 20;
const TOP: u64 = 8;

/// One series of numbers: its name, and a number for each day.
pub struct Series {
    /// What it is called.
    pub name: &'static str,
    /// The numbers.
    pub numbers: Vec<u64>,
}

/// Writes a chart of these series, one upon the other. `id` tells it from others of the page.
pub fn bars(html: &mut Html, id: &'static str, title: &'static str, days: &[Day], series: &[Series]) {
    let sum = |at: usize| series.iter().filter_map(|one| one.numbers.get(at)).sum::<u64>();
    let sums: Vec<u64> = (0..days.len()).map(sum).collect();
    let most = sums.iter().copied().max().unwrap_or_default().max(1);
    html.raw("<figure><figcaption id=")
        .raw(id)
        .raw(">")
        .raw(title)
        .raw("</figcaption><div class=wide role=group tabindex=0 aria-labelledby=")
        .raw(id)
        .raw("><svg role=img aria-label=\"");
    html.raw(title)
        .raw(", ")
        .text(&days.len())
        .raw(" days, at most ")
        .text(&most)
        .raw(" on a day\" viewBox=\"0 0 ");
    html.text(&WIDTH).raw(" ").text(&HEIGHT).raw("\">");
    let height = HEIGHT - BOTTOM - TOP;
    let base = HEIGHT - BOTTOM;
    for (value, y) in [(most, TOP), (0, base)] {
        html.raw("<line class=axis x1=")
            .text(&LEFT)
            .raw(" x2=")
            .text(&WIDTH)
            .raw(" y1=")
            .text(&y)
            .raw(" y2=")
            .text(&y);
        html.raw(" /><text text-anchor=end x=")
            .text(&(LEFT - 6))
            .raw(" y=")
            .text(&(y + 8).min(base))
            .raw(">");
        html.text(&value).raw("</text>");
    }
    let step = (WIDTH - LEFT) / (days.len() as u64).max(1);
    for (at, day) in days.iter().enumerate() {
        let x = LEFT + at as u64 * step + 2;
        let mut top = base;
        for (number, one) in series.iter().enumerate() {
            // No less than is seen, where there is any.
            let value = one.numbers.get(at).copied().unwrap_or_default();
            let tall =
                u64::try_from(u128::from(value) * u128::from(height) / u128::from(most)).unwrap_or(height);
            let tall = if value > 0 { tall.max(1) } else { 0 }.min(top.saturating_sub(TOP));
            if tall == 0 {
                continue;
            }
            top -= tall;
            html.raw("<rect class=s").text(&number).raw(" x=").text(&x).raw(" y=").text(&top).raw(" width=");
            html.text(&step.saturating_sub(4).clamp(2, 60)).raw(" height=").text(&tall).raw(" />");
        }
        let is_named = at == 0 || at + 1 == days.len() || at % 7 == 0 && at + 4 < days.len();
        if is_named {
            let date = words::date(*day);
            html.raw("<text x=").text(&x).raw(" y=").text(&(HEIGHT - 5));
            html.raw(if at > 0 && at + 1 == days.len() { " text-anchor=end dx=20>" } else { ">" });
            html.text(&date.get(5..).unwrap_or_default()).raw("</text>");
        }
    }
    html.raw("</svg></div><ul class=key>");
    for (number, one) in series.iter().enumerate() {
        html.raw("<li><svg viewBox=\"0 0 8 8\" aria-hidden=true><rect class=s").text(&number);
        html.raw(" width=8 height=8 /></svg>").raw(one.name).raw("</li>");
    }
    html.raw("</ul><details><summary>").raw(title).raw(" as a table</summary>");
    html.raw("<div class=wide role=group tabindex=0 aria-labelledby=")
        .raw(id)
        .raw("><table><thead><tr><th scope=col>Day</th>");
    for one in series {
        html.raw("<th scope=col class=n>").raw(one.name).raw("</th>");
    }
    html.raw("</tr></thead><tbody>");
    for (at, day) in days.iter().enumerate() {
        html.within("<tr><th scope=row>", &words::date(*day), "</th>");
        for one in series {
            html.number(&one.numbers.get(at).copied().unwrap_or_default());
        }
        html.raw("</tr>");
    }
    html.end_table().raw("</details></figure>");
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_day_has_a_bar_and_the_numbers_stand_beside_it() {
        let series = [
            Series { name: "one", numbers: vec![10, 0, u64::MAX / 4] },
            Series { name: "other", numbers: vec![0, 5] },
        ];
        let mut html = Html::default();
        bars(&mut html, "c", "Views", &[20_000, 20_001, 20_002], &series);
        let html = html.into_string();
        assert_eq!(html.matches("<rect class=s0 x=").count(), 2, "{html}");
        assert_eq!(html.matches("<rect class=s1 x=").count(), 1);
        assert!(
            html.contains("<tr><th scope=row>2024-10-05</th><td class=n>0</td><td class=n>5</td></tr>"),
            "{html}"
        );
        let mut none = Html::default();
        bars(&mut none, "c", "Views", &[], &[]);
        assert!(none.into_string().contains("0 days"));
    }
}
