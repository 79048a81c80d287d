//! The figures for Prometheus, in its text format (version 0.0.4).
//!
//! Counters are of the current day (UTC) and begin anew with each, which Prometheus takes for a restart.

use super::model::{Inputs, Report};
use crate::learn::report::NavigationKind;
use crate::tally::{Counted, Deferred, Rule, Tally, View};
use std::fmt::{Display, Write as _};

/// The text.
#[must_use]
pub fn text(report: &Report, inputs: &Inputs<'_>) -> String {
    let today = Report::today(inputs);
    let mut text = String::new();
    let mut family = Family::begin(
        &mut text,
        "headstart_views_total",
        "counter",
        "Views of pages today, by how they came about.",
    );
    for view in View::ALL {
        family.sample(&[("views", view.as_str())], &today.of(Counted::View(view)));
    }
    speculations(&mut text, &today);
    let mut family = Family::begin(
        &mut text,
        "headstart_refusals_total",
        "counter",
        "Refused speculations today, by reason.",
    );
    for (why, times) in today.reasons() {
        family.sample(&[("reason", why)], &times);
    }
    let mut family = Family::begin(
        &mut text,
        "headstart_shadow_total",
        "counter",
        "What would have been done today where it is in shadow.",
    );
    for (what, times) in today.would() {
        family.sample(&[("what", what)], &times);
    }
    let mut family = Family::begin(
        &mut text,
        "headstart_deferred_total",
        "counter",
        "What was deferred to activation today.",
    );
    for what in Deferred::ALL {
        family.sample(&[("what", what.as_str())], &today.of(Counted::Deferred(what)));
    }
    let redeemed = today.of(Counted::Redeemed);
    Family::begin(&mut text, "headstart_redeemed_total", "counter", "Tickets that came back today.")
        .sample(&[], &redeemed);
    speeds(&mut text, report);
    let mut family = Family::begin(
        &mut text,
        "headstart_published_age_seconds",
        "gauge",
        "How long ago a learner has published.",
    );
    for learner in &report.learners {
        if let Some(age) = learner.age_ms {
            family.sample(&[("learner", &learner.name)], &(age / 1000));
        }
    }
    let mut family =
        Family::begin(&mut text, "headstart_published_bytes", "gauge", "How much a learner has published.");
    for learner in &report.learners {
        if let Some(bytes) = learner.published_bytes {
            family.sample(&[("learner", &learner.name)], &bytes);
        }
    }
    let number = report.pages_known;
    Family::begin(
        &mut text,
        "headstart_known_pages",
        "gauge",
        "Pages and routes of which something is published.",
    )
    .sample(&[], &number);
    let number = report.mistakes.len();
    Family::begin(&mut text, "headstart_configuration_mistakes", "gauge", "Mistakes in the configuration.")
        .sample(&[], &number);
    let is_on = u8::from(report.state == "on");
    Family::begin(&mut text, "headstart_on", "gauge", "Whether Headstart is on.").sample(&[], &is_on);
    text
}

fn speculations(text: &mut String, today: &Tally) {
    type Of = fn(&Tally, Rule) -> u64;
    let families: [(&str, &str, Of); 5] = [
        ("headstart_speculations_total", "Speculations that came in today.", Tally::arrived),
        ("headstart_speculations_refused_total", "Those that were refused.", |it, rule| {
            it.of(Counted::Refused(rule))
        }),
        (
            "headstart_speculations_told_total",
            "Those of which it is told whether they are used.",
            |it, rule| it.of(Counted::Told(rule)),
        ),
        ("headstart_speculations_used_total", "Those that were told to be used.", |it, rule| {
            it.of(Counted::Used(rule))
        }),
        (
            "headstart_speculations_bytes_total",
            "Bytes of their answers, as far as these say so.",
            |it, rule| it.of(Counted::Bytes(rule)),
        ),
    ];
    for (name, about, of) in families {
        let mut family = Family::begin(text, name, "counter", about);
        for rule in Rule::ALL {
            let (name, eagerness) = rule.words();
            family.sample(&[("rule", name), ("eagerness", eagerness)], &of(today, rule));
        }
    }
}

fn speeds(text: &mut String, report: &Report) {
    let about =
        "How fast pages were, by browsers' word: quantiles over some weeks, older ones counting less.";
    let mut family = Family::begin(text, "headstart_page_seconds", "gauge", about);
    for speed in report.speeds.iter().filter(|speed| speed.figure != "cls") {
        for (quantile, milliseconds) in [("0.5", speed.p50), ("0.75", speed.p75), ("0.95", speed.p95)] {
            let labels = [("figure", speed.figure), ("views", word(speed.views)), ("quantile", quantile)];
            family.sample(&labels, &(f64::from(milliseconds) / 1000.0));
        }
    }
    let mut family = Family::begin(
        text,
        "headstart_page_reports",
        "gauge",
        "How many browsers told that; those of a week ago count half.",
    );
    for speed in &report.speeds {
        let labels = [("figure", speed.figure), ("views", word(speed.views))];
        family.sample(&labels, &format_args!("{:.3}", speed.count));
    }
}

fn word(views: NavigationKind) -> &'static str {
    match views {
        NavigationKind::Plain => "plain",
        NavigationKind::Prefetched => "prefetched",
        NavigationKind::Prerendered => "prerendered",
        NavigationKind::BackForward => "back_forward",
        NavigationKind::Reloaded => "reloaded",
    }
}

/// Samples of one name.
struct Family<'a> {
    text: &'a mut String,
    name: &'a str,
}

impl<'a> Family<'a> {
    fn begin(text: &'a mut String, name: &'a str, kind: &str, about: &str) -> Self {
        // Writing to a string cannot fail.
        let _ = writeln!(text, "# HELP {name} {about}\n# TYPE {name} {kind}");
        Self { text, name }
    }

    fn sample(&mut self, labels: &[(&str, &str)], value: &dyn Display) {
        self.text.push_str(self.name);
        for (at, (name, value)) in labels.iter().enumerate() {
            let _ = write!(self.text, "{}{name}=\"", if at == 0 { "{" } else { "," });
            for char in value.chars() {
                match char {
                    '\\' => self.text.push_str("\\\\"),
                    '"' => self.text.push_str("\\\""),
                    '\n' => self.text.push_str("\\n"),
                    _ => self.text.push(char),
                }
            }
            self.text.push('"');
        }
        let _ = writeln!(self.text, "{} {value}", if labels.is_empty() { "" } else { "}" });
    }
}
