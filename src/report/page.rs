//! The report as a page: one that holds everything itself, needs no script, and is bounded in size.

use super::answers::begin;
use super::chart::{self, Series};
use super::health::{Check, Verdict};
use super::html::Html;
use super::model::{PAGES_AT_ONCE, Report};
use super::subjects::{LeftOut, Subject};
use super::words::{bytes, percent, span, time};
use crate::learn::report::NavigationKind;
use crate::published::baseline_eagerness::{BaselineEagerness, Held, OriginFigures, Reason, Rest, Step};
use std::fmt::Display;

mod controls;

/// What the parts of the page are called.
const PARTS: [(&str, &str); 10] = [
    ("state", "At a glance"),
    ("switches", "Switches"),
    ("gain", "Gained"),
    ("waste", "Wasted"),
    ("refused", "Refused and deferred"),
    ("time", "Over time"),
    ("pages", "Pages"),
    ("out", "Left out"),
    ("configuration", "Configuration"),
    ("model", "Model"),
];

/// The report. Its forms carry this mark ([`access::form_mark`](super::access::form_mark)).
#[must_use]
pub fn report(report: &Report, form_mark: &str) -> Html {
    let mut html = begin("Report");
    html.raw("<a class=skip href=\"#main\">To the report</a><header><form method=post action=\"/_headstart/sign-out\"><button>Sign out</button></form>");
    html.within("<h1>Headstart of ", &report.site, "</h1>");
    html.raw("<nav aria-label=\"Parts of the report\"><ul>");
    for (id, name) in PARTS {
        html.raw("<li><a href=\"#").raw(id).raw("\">").raw(name).raw("</a></li>");
    }
    html.raw("<li><a href=\"/_headstart/?format=json\">JSON</a></li><li><a href=\"/_headstart/metrics\">Metrics</a></li></ul></nav></header>");
    html.raw("<main id=main>");
    if report.is_of_one_page {
        // What was asked for stands first.
        pages(&mut html, report);
    }
    state(&mut html, report);
    controls::switches(&mut html, report, form_mark);
    gain(&mut html, report);
    waste(&mut html, report);
    refused(&mut html, report);
    over_time(&mut html, report);
    if !report.is_of_one_page {
        pages(&mut html, report);
    }
    out(&mut html, report);
    configuration(&mut html, report);
    model(&mut html, report);
    html.raw("</main><footer><p>As of ").text(&time(report.at / 1000));
    html.raw(" UTC. What was counted is that of the last four weeks, as far as it has come in: isolates send it with what they have \
              learned. Nothing of it tells one visitor from another.</p></footer></body></html>");
    html
}

/// Begins a part.
fn part(html: &mut Html, id: &'static str) {
    let name = PARTS.iter().find(|(known, _)| *known == id).map_or("", |(_, name)| name);
    html.raw("<section aria-labelledby=").raw(id).raw("><h2 id=").raw(id).raw(">").raw(name).raw("</h2>");
}

fn card(html: &mut Html, number: &dyn Display, name: &'static str) {
    html.within("<li><b>", number, "</b>").raw(name).raw("</li>");
}

fn state(html: &mut Html, report: &Report) {
    part(html, "state");
    html.raw("<ul class=cards>");
    card(html, &report.state, "Headstart");
    let views = report.all_views();
    card(html, &views, "views");
    let ahead = views.saturating_sub(report.views.get("plain").copied().unwrap_or_default());
    card(html, &percent(ahead, views), "of them were there ahead");
    let arrived: u64 = report.speculations.iter().map(|rule| rule.prefetches + rule.prerenders).sum();
    card(html, &arrived, "speculations");
    let refused: u64 = report.speculations.iter().map(|rule| rule.refused).sum();
    card(html, &refused, "of them refused");
    card(html, &report.pages_known, "pages and routes known");
    html.raw("</ul><h3>Is it working?</h3><ul class=checks>");
    for Check { verdict, text } in &report.checks {
        html.raw("<li>").raw(match verdict {
            Verdict::Good => "<span class=good>✓ Good:</span> ",
            Verdict::Open => "<span class=dim>○ Open:</span> ",
            Verdict::Bad => "<span class=bad>✗ In the way:</span> ",
        });
        html.text(text).raw("</li>");
    }
    html.raw("</ul>");
    if !report.would.is_empty() {
        html.raw("<h3>In shadow</h3><p class=dim>What it would have done where it is switched to shadow. Nothing of it was done.</p>");
        html.table("What it would have done", &["What", "#Times", "What it means"]);
        for would in &report.would {
            html.raw("<tr>").cell(&would.what).number(&would.times).cell(&would.meaning).raw("</tr>");
        }
        html.end_table();
    }
    let seen: u64 = report.engines.values().sum();
    if seen > 0 {
        html.raw(
            "<h3>Engines</h3><p class=dim>Of the views that were not answered by a repeated decision.</p>",
        );
        html.table("Engines", &["Engine", "#Views", "#Share"]);
        for (engine, number) in &report.engines {
            html.raw("<tr>").cell(engine).number(number).number(&percent(*number, seen)).raw("</tr>");
        }
        html.end_table();
    }
    html.raw("</section>");
}

fn kind(kind: NavigationKind) -> &'static str {
    match kind {
        NavigationKind::Plain => "plain",
        NavigationKind::Prefetched => "prefetched",
        NavigationKind::Prerendered => "prerendered",
        NavigationKind::BackForward => "back or forward",
        NavigationKind::Reloaded => "reloaded",
    }
}

fn gain(html: &mut Html, report: &Report) {
    part(html, "gain");
    compared(html, report);
    if report.speeds.is_empty() {
        html.raw("<p>No browser has told yet how fast a page was. Some views are asked once a page is known (BEACON).</p></section>");
        return;
    }
    html.raw("<p>How fast pages were, as browsers told: in milliseconds, layout shifts (cls) in thousandths. What visitors fetch ahead \
              differs from what they do not, so a difference is no proof.</p>");
    html.table("How fast pages were", &["Views", "Figure", "#Told", "#Median", "#75 %", "#95 %"]);
    for speed in &report.speeds {
        html.raw("<tr>")
            .cell(&kind(speed.views))
            .cell(&speed.figure)
            .number(&format_args!("{:.0}", speed.count));
        html.number(&speed.p50).number(&speed.p75).number(&speed.p95).raw("</tr>");
    }
    html.end_table();
    if !report.routes.is_empty() {
        html.raw("<h3>Largest contentful paint, route by route</h3>");
        html.table(
            "Largest contentful paint, route by route",
            &["Route", "Views", "#Told", "#Median", "#75 %", "#95 %"],
        );
        for summary in &report.routes {
            html.raw("<tr>");
            if summary.route.is_empty() {
                html.raw("<td class=dim>pages that few know</td>");
            } else {
                html.cell(&summary.route);
            }
            html.cell(&kind(summary.navigation)).number(&format_args!("{:.0}", summary.count));
            html.number(&summary.p50).number(&summary.p75).number(&summary.p95).raw("</tr>");
        }
        html.end_table();
    }
    html.raw("</section>");
}

/// What pages that are held out tell.
fn compared(html: &mut Html, report: &Report) {
    if report.comparisons.is_empty() {
        html.raw("<p>No page is held out to compare others with (HOLDOUT), or nothing was heard of such pages yet.</p>");
        return;
    }
    html.raw("<h3>Against pages that are held out</h3><p>What is given is worth this much, in the median of views, with an interval of 95 percent.</p>");
    html.table(
        "Against pages that are held out",
        &["What", "Figure", "#Given", "#Held out", "The median is smaller by"],
    );
    for comparison in &report.comparisons {
        html.raw("<tr>").cell(&comparison.of.in_words()).cell(&comparison.figure);
        html.number(&format_args!("{:.0}", comparison.given))
            .number(&format_args!("{:.0}", comparison.held_out));
        html.cell(&comparison.in_words()).raw("</tr>");
    }
    html.end_table();
    html.raw("<h3>By kind of navigation</h3>");
}

fn waste(html: &mut Html, report: &Report) {
    part(html, "waste");
    if report.speculations.is_empty() {
        html.raw("<p>No browser has fetched a page ahead yet.</p></section>");
        return;
    }
    html.raw("<p>Whether a page that was fetched ahead is used is told where its visitor has no session, and where it was prefetched. \
              Of the others nobody knows. Wasted bytes are what the answers said of their length, by the share of the unused.</p>");
    html.table(
        "Speculations by rule",
        &[
            "Rule",
            "Eagerness",
            "#Prefetches",
            "#Prerenders",
            "#Refused",
            "#Told",
            "#Used",
            "#Unused",
            "#Bytes",
            "#Wasted bytes",
        ],
    );
    for rule in &report.speculations {
        html.raw("<tr>").cell(&rule.rule).cell(&rule.eagerness);
        for number in [rule.prefetches, rule.prerenders, rule.refused, rule.told, rule.used] {
            html.number(&number);
        }
        html.number(&format_args!("{} ({})", rule.unused, percent(rule.unused, rule.told)));
        html.number(&bytes(rule.bytes)).number(&bytes(rule.wasted_bytes)).raw("</tr>");
    }
    html.end_table();
    if let Some(known) = &report.baseline {
        baseline(html, known);
    }
    html.raw("</section>");
}

/// How eager the baseline is, where it regulates itself.
fn baseline(html: &mut Html, BaselineEagerness { tracks, held, rest, origin, .. }: &BaselineEagerness) {
    html.raw("<h3>How eager the baseline is</h3>");
    html.table(
        "How eager the baseline is",
        &["Pointer", "Eagerness", "Why", "#Conservative: used", "#Moderate: used", "#Visitors on a day"],
    );
    for (pointer, track) in ["mouse", "touch"].into_iter().zip(tracks) {
        let step = match track.step {
            Step::Conservative => "conservative",
            Step::Trial => "moderate on trial",
            Step::Moderate => "moderate",
        };
        html.raw("<tr>").cell(&pointer).cell(&step).cell(&Reason::meaning(&track.why));
        for guesses in [track.pressed, track.moderate] {
            html.number(&format_args!("{} of {}", guesses.1, guesses.0));
        }
        html.number(&track.visitors).raw("</tr>");
    }
    html.end_table();
    if let Some(Rest { until, guesses }) = rest {
        html.raw("<p>It names nothing until ")
            .text(&time(*until))
            .raw(" (UTC): of ")
            .text(&guesses.0)
            .raw(" pages that were fetched as their links were pressed, ")
            .text(&guesses.1)
            .raw(" were shown.</p>");
    }
    let OriginFigures { asked, guessed, errors, withheld, forms, .. } = origin;
    let milliseconds =
        |time: &Option<u32>| time.map_or_else(|| "unknown".to_owned(), |time| format!("{time} ms"));
    html.raw("<p>The origin answers visits in ")
        .text(&milliseconds(asked))
        .raw(" and speculations in ")
        .text(&milliseconds(guessed));
    html.raw(" (medians); ")
        .text(&errors.0)
        .raw(" errors of ")
        .text(&errors.1)
        .raw(" answers; ")
        .text(&withheld.0)
        .raw(" of ");
    html.text(&withheld.1).raw(" speculations were refused or had something deferred.");
    let [alone, after_guess] = forms;
    if after_guess.0 > 0 {
        html.raw(" Of ").text(&after_guess.0).raw(" forms after whose page another one was fetched ahead ");
        html.text(&after_guess.1)
            .raw(" seemed to be refused; of ")
            .text(&alone.0)
            .raw(" others ")
            .text(&alone.1);
        html.raw(".");
    }
    html.raw("</p>");
    if !held.is_empty() {
        html.table("Where it stays conservative", &["Page or route", "For", "Until (UTC)", "#Used"]);
        for Held { name, mask, until, guesses } in held {
            let whom = match mask {
                1 => "a mouse",
                2 => "touch",
                _ => "both",
            };
            html.raw("<tr>").cell(name).cell(&whom).cell(&time(*until));
            html.number(&format_args!("{} of {}", guesses.1, guesses.0)).raw("</tr>");
        }
        html.end_table();
    }
}

fn refused(html: &mut Html, report: &Report) {
    part(html, "refused");
    if report.refused.is_empty() {
        html.raw("<p>Nothing was refused.</p>");
    } else {
        html.table("Why speculations were refused", &["Reason", "#Times", "What it means"]);
        for refused in &report.refused {
            html.raw("<tr>").cell(&refused.why).number(&refused.times).cell(&refused.meaning).raw("</tr>");
        }
        html.end_table();
    }
    html.raw("<h3>Deferred to activation</h3><ul>");
    for (what, number) in &report.deferred {
        html.raw("<li>").text(number).raw(" × ").text(what).raw("</li>");
    }
    html.raw("<li>").text(&report.redeemed).raw(" tickets came back</li></ul>");
    html.raw("<h3>Cookies that the site sets</h3>");
    if report.cookies.is_empty() {
        html.raw("<p>None has been met yet. A name is told once several visitors were given a cookie of that name.</p>");
    } else {
        html.table("Cookies", &["Name", "Taken for", "#Set by views", "#Passed", "#Deferred", "#Refused"]);
        for cookie in &report.cookies {
            html.raw("<tr>").cell(&cookie.name).cell(&cookie.class);
            for number in [cookie.set, cookie.passed, cookie.deferred, cookie.refused] {
                html.number(&number);
            }
            html.raw("</tr>");
        }
        html.end_table();
        html.raw("<p class=dim>Is one taken for something else than it is, name it in SESSION_COOKIES, INERT_COOKIES or CSRF_COOKIES.</p>");
    }
    html.raw("</section>");
}

fn over_time(html: &mut Html, report: &Report) {
    part(html, "time");
    let days: Vec<u32> = report.days.iter().map(|day| day.number).collect();
    if days.is_empty() {
        html.raw("<p>Nothing was counted yet.</p></section>");
        return;
    }
    let series = |name, of: fn(&super::model::OfDay) -> u64| Series {
        name,
        numbers: report.days.iter().map(of).collect(),
    };
    let views = [
        series("plain", |day| day.plain),
        series("prefetched", |day| day.prefetched),
        series("prerendered", |day| day.prerendered),
    ];
    chart::bars(html, "views", "Views", &days, &views);
    let speculations = [
        series("used", |day| day.used),
        series("refused", |day| day.refused),
        series("unused, or not told", |day| {
            day.speculations.saturating_sub(day.used).saturating_sub(day.refused)
        }),
    ];
    chart::bars(html, "speculations", "Speculations", &days, &speculations);
    html.raw("</section>");
}

fn pages(html: &mut Html, report: &Report) {
    part(html, "pages");
    html.raw("<form action=\"/_headstart/\"><label for=filter>Pages and routes whose names contain</label><input id=filter name=filter value=\"");
    html.text(&report.filter).raw("\"><button>Show</button></form>");
    if report.is_of_one_page {
        html.raw("<p><a href=\"/_headstart/\">All pages</a></p>");
    } else {
        let last = report.pages_from.saturating_add(report.pages.len());
        html.raw("<p>").text(&report.pages_known).raw(" known");
        if report.pages_known > report.pages.len() && last > 0 {
            html.raw(", of which these are ")
                .text(&report.pages_from.saturating_add(1))
                .raw(" to ")
                .text(&last);
        }
        html.raw(".</p>");
    }
    for one in &report.pages {
        subject(html, one);
    }
    let more = report.pages_from.saturating_add(PAGES_AT_ONCE);
    if !report.is_of_one_page && more < report.pages_known {
        html.raw("<p><a href=\"/_headstart/?from=")
            .text(&more)
            .raw("&amp;filter=")
            .parameter(&report.filter)
            .raw("#pages\">More pages</a></p>");
    }
    html.raw("</section>");
}

/// What is known of a page or a route.
pub(super) fn subject(html: &mut Html, one: &Subject) {
    html.within("<h3>", &one.name, "</h3><p>");
    if !one.name.contains('*') {
        html.raw("<a href=\"/_headstart/why?url=")
            .parameter(&one.name)
            .raw("\">Why this page is given this</a> · ");
        html.raw("<a href=\"/_headstart/why?speculate=1&amp;url=")
            .parameter(&one.name)
            .raw("\">What a speculation would get</a> · ");
    }
    html.raw("<a href=\"/_headstart/?page=").parameter(&one.name).raw("\">This one alone</a></p>");
    html.raw(match one.hints_by {
        None => "<p>Nothing is known of its third parties.</p>",
        Some("page") if one.hints.is_empty() => "<p>It needs no hints.</p>",
        Some("page") => "",
        Some("route") => "<p>Its hints are known by its route.</p>",
        Some(_) => "<p>Its hints are those that nearly all pages have.</p>",
    });
    if !one.hints.is_empty() {
        html.table("Hints", &["Hint", "For", "#Share of views", "#Gain", "Because"]);
        for hint in &one.hints {
            let share = hint.share.map_or_else(|| "–".to_owned(), |share| format!("{share} %"));
            let gain = hint.gain_ms.map_or_else(|| "unknown".to_owned(), |gain| format!("{gain} ms"));
            html.raw("<tr>")
                .cell(&hint.hint)
                .cell(&hint.action)
                .number(&share)
                .number(&gain)
                .cell(&hint.because)
                .raw("</tr>");
        }
        html.end_table();
    }
    if !one.next.is_empty() {
        html.table(
            "Next pages",
            &["Next page", "#Probability", "Eagerness", "Action", "#Used", "#Wasted", "#Open"],
        );
        for next in &one.next {
            html.raw("<tr>")
                .cell(&next.path)
                .number(&format_args!("{:.3}", next.probability))
                .cell(&next.eagerness);
            html.cell(&next.action).number(&next.used).number(&next.wasted).number(&next.open).raw("</tr>");
        }
        html.end_table();
    }
    if let Some(origin) = &one.redirects_to {
        html.within("<p>It always redirects to ", origin, ".</p>");
    }
    if let Some(picture) = &one.largest_picture {
        html.within("<p>Its largest picture is ", picture, ".</p>");
    }
    for left in &one.left_out {
        html.raw("<p class=bad>Left out: ").text(&left.path);
        if let Some(why) = &left.why {
            html.within(" (", why, ")");
        }
        html.raw("</p>");
    }
}

fn out(html: &mut Html, report: &Report) {
    part(html, "out");
    if report.left_out.is_empty() {
        html.raw(
            "<p>No path is kept out of the rules by what was learned. What UNSAFE_URLS and the built-in list name is kept out in \
             any case.</p>",
        );
    } else {
        published_out(html, &report.left_out);
    }
    quarantined(html, report);
    html.raw("</section>");
}

fn published_out(html: &mut Html, left_out: &[LeftOut]) {
    html.raw(
        "<p>No rule names these paths. Some are refused to speculations as well: several visitors have met what they do, or \
         their links say it (suspects).</p>",
    );
    html.table("Left out", &["Path", "Why", "What it means", "Refused", "Until (UTC)"]);
    for LeftOut { path, why, meaning, until, is_refused, is_suspect } in left_out {
        html.raw("<tr>").cell(path).cell(&why.as_deref().unwrap_or("–"));
        html.cell(&if *is_suspect { "Its links say so." } else { meaning.unwrap_or("–") });
        html.cell(&match (is_refused, is_suspect) {
            (true, true) => "yes, suspected",
            (true, false) => "yes",
            (false, _) => "no",
        });
        html.cell(&until.map_or_else(|| "–".to_owned(), time)).raw("</tr>");
    }
    html.end_table();
}

/// What the isolate that answers remembers.
fn quarantined(html: &mut Html, report: &Report) {
    html.raw("<h3>Quarantined by the isolate that answers</h3><p>");
    html.text(&report.isolate.quarantined_pages);
    html.raw(
        " pages are remembered to be ineligible for somebody. Others are refused, too, whose route is here; for a visitor like \
         those of three networks.</p>",
    );
    if report.isolate.quarantined_routes.is_empty() {
        return;
    }
    html.table("Quarantined routes", &["Route", "Why", "Whom", "#Pages met", "#Networks"]);
    for route in &report.isolate.quarantined_routes {
        html.raw("<tr>").cell(&route.route).cell(&route.why).cell(&route.whom);
        html.number(&route.pages).number(&route.networks).raw("</tr>");
    }
    html.end_table();
}

fn configuration(html: &mut Html, report: &Report) {
    part(html, "configuration");
    if !report.mistakes.is_empty() {
        html.raw("<ul>");
        for mistake in &report.mistakes {
            html.within("<li class=bad>", mistake, "</li>");
        }
        html.raw("</ul>");
    }
    html.table("Variables", &["Variable", "Value"]);
    for variable in &report.variables {
        html.raw("<tr>").cell(&variable.name);
        match &variable.value {
            Some(value) => html.cell(value),
            None => html.raw("<td class=dim>default</td>"),
        };
        html.raw("</tr>");
    }
    html.end_table().raw("</section>");
}

fn model(html: &mut Html, report: &Report) {
    part(html, "model");
    html.table("Learners", &["Learner", "Published", "#Bytes published", "What it keeps"]);
    for learner in &report.learners {
        html.raw("<tr>").cell(&learner.name);
        html.cell(&learner.age_ms.map_or_else(|| "–".to_owned(), |age| format!("{} ago", span(age))));
        html.number(&learner.published_bytes.map_or_else(|| "–".to_owned(), |number| bytes(number as u64)));
        html.raw("<td>");
        for (at, kept) in learner.kept.iter().enumerate() {
            html.raw(if at > 0 { "; " } else { "" });
            html.text(&kept.records)
                .raw(" ")
                .text(&kept.kind)
                .raw(" (")
                .text(&bytes(kept.bytes as u64))
                .raw(")");
        }
        html.raw("</td></tr>");
    }
    html.end_table();
    html.raw(
        "<p class=dim>At most 1000 pages and 1.9 MB are published by each learner. This isolate has served ",
    );
    html.text(&report.isolate.views).raw(" views.</p></section>");
}

#[cfg(test)]
mod tests;
