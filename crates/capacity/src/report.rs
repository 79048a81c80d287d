//! What runs have shown, as a table, as limits with the load at which each is met, and as data.

use crate::bill::Prices;
use crate::limits::{self, Limit, Met, Use, met};
use crate::run::{Outcome, to_f64};
use headstart::config::Config;
use headstart::effects::ledger::{REDEEMED_MS, REMOVAL_MS};
use headstart::limits::MAX_CALLS;
use headstart::plan::rules_delivery::rule_sets;
use headstart::plan::snapshots::{SiteNextPages, bytes_of};
use headstart::published::hint_snapshot::HintSnapshot;
use headstart::published::snapshot_cache::MAX_BYTES;
use serde_json::{Value, json};
use std::fmt::Write;
use std::rc::Rc;
use std::time::{Duration, Instant};

/// How long a ledger keeps a record of a ticket, in seconds: half of them wait longer than half of the time between two removals.
#[allow(clippy::cast_precision_loss)] // some minutes
const RECORD_SECONDS: f64 = (REDEEMED_MS + REMOVAL_MS / 2) as f64 / 1000.0;

/// One load, and what came of it.
#[derive(Debug)]
pub struct Row {
    /// Requests a second.
    pub rate: f64,
    /// How many isolates there are.
    pub isolates: usize,
    /// What the run has shown.
    pub outcome: Outcome,
    /// How often a view calls a ledger.
    pub tickets: f64,
    /// How many ledgers there are.
    pub ledgers: u32,
    /// How long an isolate takes to read what is published: hints, next pages.
    pub reading: [Duration; 2],
}

impl Row {
    /// Of an outcome.
    #[must_use]
    pub fn new(rate: f64, isolates: usize, outcome: Outcome, tickets: f64, config: &Config) -> Self {
        let [hints, next_pages] = &outcome.values;
        let rule_sets = Rc::new(rule_sets(config, &[]));
        let reading = [
            took(|| drop(HintSnapshot::parse(hints))),
            took(|| drop(SiteNextPages::parse(next_pages, config, &rule_sets))),
        ];
        Self { rate, isolates, outcome, tickets, ledgers: config.effects.ledger_shards, reading }
    }

    /// What is taken of each limit.
    #[must_use]
    pub fn uses(&self, config: &Config) -> Vec<Use> {
        let steady = &self.outcome.steady;
        let ledger = steady.a_second(steady.views) * self.tickets / f64::from(self.ledgers);
        let writes = steady.a_second(steady.kv_writes) / f64::from(config.learning.shards + 1);
        let most_bytes = steady.next_pages.most_bytes.max(steady.hints.most_bytes);
        // Each learner, as far as one request calls them, the key, robots.txt, three reads of KV, and the page.
        let learners = (f64::from(config.learning.shards) + 1.0).min(to_f64(MAX_CALLS as u64));
        let subrequests = learners + 1.0 + 1.0 + 3.0 + 1.0;
        let of = |limit, taken| Use { limit, taken };
        vec![
            of(&limits::NEXT_CALLS, steady.a_second(steady.next_pages.batches)),
            of(&limits::NEXT_CPU, self.cpu_of_next_pages()),
            of(&limits::NEXT_MEMORY, self.outcome.memory.unwrap_or_default()),
            of(&limits::HINT_CALLS, steady.a_second(steady.hints.batches)),
            of(&limits::HINT_CPU, self.cpu_of_hints()),
            of(&limits::SALT_CALLS, to_f64(self.outcome.busiest[2])),
            of(&limits::LEDGER_CALLS, ledger),
            of(&limits::LEDGER_RECORDS, ledger * RECORD_SECONDS),
            of(&limits::COPIES, self.copies(config)),
            of(&limits::PUBLISHED, to_f64(self.outcome.longest_row as u64)),
            of(&limits::VALUE, to_f64(self.outcome.published.into_iter().max().unwrap_or_default() as u64)),
            of(&limits::KEY_WRITES, writes),
            of(&limits::MESSAGE, to_f64(most_bytes)),
            of(&limits::SUBREQUESTS, subrequests),
            of(&limits::FREE_SUBREQUESTS, subrequests),
            of(&limits::FREE_CPU, milliseconds(self.outcome.sending)),
        ]
    }

    /// How much memory the copies of an isolate take that has served a page of each learner, in bytes.
    fn copies(&self, config: &Config) -> f64 {
        let [hints, next_pages] = &self.outcome.values;
        let pages = HintSnapshot::parse(hints).map_or(0, |read| read.len());
        let hints = bytes_of(hints.len(), pages).saturating_mul(config.learning.shards as usize);
        let rule_sets = Rc::new(rule_sets(config, &[]));
        let read = SiteNextPages::parse(next_pages, config, &rule_sets);
        let next_pages = read.map_or(0, |read| read.bytes(next_pages.len()));
        to_f64((hints.min(MAX_BYTES) + next_pages.min(MAX_BYTES)) as u64)
    }

    /// Milliseconds a second.
    fn cpu_of_next_pages(&self) -> f64 {
        let steady = &self.outcome.steady;
        milliseconds(steady.next_pages.taking + steady.next_pages.choosing) * 1000.0
            / to_f64(steady.passed_ms.max(1))
    }

    fn cpu_of_hints(&self) -> f64 {
        let steady = &self.outcome.steady;
        milliseconds(steady.hints.taking + steady.hints.choosing) * 1000.0 / to_f64(steady.passed_ms.max(1))
    }

    /// What a million views take, as they come in the second half of the time.
    fn dollars(&self, prices: &Prices) -> Vec<(&'static str, f64)> {
        let steady = &self.outcome.steady;
        let used = steady.used(self.tickets, self.ledgers).times(1e6 / to_f64(steady.views.max(1)));
        let each = used.things().into_iter().map(|(name, number)| (name, prices.price(name) * number / 1e6));
        each.chain([("total", prices.dollars(&used))]).collect()
    }

    /// The lines of the table: what is said, and the figure.
    fn figures(&self, prices: &Prices) -> Vec<(String, String)> {
        let Outcome { steady, all, lag, .. } = &self.outcome;
        let next = &steady.next_pages;
        let hints = &steady.hints;
        let [hint_lag, next_lag] = lag;
        let mean = |sum: f64, number: u64| if number == 0 { 0.0 } else { sum / to_f64(number) };
        let mut lines = vec![
            ("views a second".to_owned(), number(steady.a_second(steady.views))),
            ("pages of the site".to_owned(), number(to_f64(self.outcome.pages as u64))),
            ("isolates".to_owned(), number(to_f64(self.isolates as u64))),
            ("of which one that is simulated stands for".to_owned(), number(to_f64(self.outcome.scale))),
            ("seconds".to_owned(), number(to_f64(all.passed_ms) / 1000.0)),
            (
                "learned speculations, of 1,000 views".to_owned(),
                number(mean(1000.0 * to_f64(steady.speculations), steady.views)),
            ),
            (
                "  of which used, in percent".to_owned(),
                number(mean(100.0 * to_f64(steady.used), steady.speculations)),
            ),
            ("next-page learner: calls a second".to_owned(), number(steady.a_second(next.batches))),
            ("  in its busiest second".to_owned(), number(to_f64(self.outcome.busiest[0]))),
            (
                "  batches that it does not take in, of all".to_owned(),
                number(to_f64(all.next_pages.too_many)),
            ),
            ("  kB of a batch".to_owned(), number(mean(to_f64(next.bytes) / 1000.0, next.batches))),
            ("  records a second".to_owned(), number(steady.a_second(next.records))),
            ("  ms of CPU for a batch".to_owned(), number(mean(milliseconds(next.taking), next.batches))),
            ("  ms of CPU to choose".to_owned(), number(mean(milliseconds(next.choosing), next.alarms))),
            ("  CPU, in percent of a core".to_owned(), number(self.cpu_of_next_pages() / 10.0)),
            ("  rows written a second".to_owned(), number(steady.a_second(next.written))),
            ("  turn that it gives, in seconds".to_owned(), number(to_f64(self.outcome.wait_ms) / 1000.0)),
            ("  its records".to_owned(), number(to_f64(self.outcome.records.0 as u64))),
            ("  MB of records".to_owned(), number(to_f64(self.outcome.records.1 as u64) / 1e6)),
            (
                "  MB of memory".to_owned(),
                self.outcome.memory.map_or_else(String::new, |bytes| number(bytes / 1e6)),
            ),
            ("first hint learner: calls a second".to_owned(), number(steady.a_second(hints.batches))),
            ("  kB of a batch".to_owned(), number(mean(to_f64(hints.bytes) / 1000.0, hints.batches))),
            ("  ms of CPU for a batch".to_owned(), number(mean(milliseconds(hints.taking), hints.batches))),
            ("  ms of CPU to choose".to_owned(), number(mean(milliseconds(hints.choosing), hints.alarms))),
            ("  CPU, in percent of a core".to_owned(), number(self.cpu_of_hints() / 10.0)),
            ("  rows written a second".to_owned(), number(steady.a_second(hints.written))),
            (
                "calls for the day's key in a second, at the start".to_owned(),
                number(to_f64(self.outcome.busiest[2])),
            ),
            ("  the same at midnight".to_owned(), number(to_f64(self.outcome.salt_at_midnight))),
            ("reads of KV a second".to_owned(), number(steady.a_second(steady.kv_reads))),
            ("writes to KV an hour".to_owned(), number(steady.a_second(steady.kv_writes) * 3600.0)),
            ("kB published: hints".to_owned(), number(to_f64(self.outcome.published[0] as u64) / 1000.0)),
            ("  next pages".to_owned(), number(to_f64(self.outcome.published[1] as u64) / 1000.0)),
            ("ms to read them: hints".to_owned(), number(milliseconds(self.reading[0]))),
            ("  next pages".to_owned(), number(milliseconds(self.reading[1]))),
            ("a new page has hints after s".to_owned(), seconds(hint_lag.published)),
            ("  in half of the isolates".to_owned(), seconds(hint_lag.known)),
            ("a new page has next pages after s".to_owned(), seconds(next_lag.published)),
            ("  in half of the isolates".to_owned(), seconds(next_lag.known)),
        ];
        let dollars = self.dollars(prices).into_iter();
        lines.extend(
            dollars
                .map(|(name, dollars)| (format!("$ for a million views: {name}"), format!("{dollars:.3}"))),
        );
        lines
    }

    /// The same as data.
    #[must_use]
    pub fn json(&self, config: &Config, prices: &Prices) -> Value {
        let uses = self.uses(config);
        let crossed: Vec<&str> = uses.iter().filter(|it| it.is_crossed()).map(|it| it.limit.name).collect();
        let figures: serde_json::Map<String, Value> = uses
            .iter()
            .map(|it| {
                (it.limit.name.to_owned(), json!({ "taken": rounded(it.taken), "most": it.limit.most }))
            })
            .collect();
        let Outcome { steady, lag, .. } = &self.outcome;
        json!({
            "requests_per_second": self.rate,
            "views_per_second": rounded(steady.a_second(steady.views)),
            "pages": self.outcome.pages,
            "isolates": self.isolates,
            "scale": self.outcome.scale,
            "limits": figures,
            "crossed": crossed,
            "hint_lag_s": lag[0].published.map(rounded),
            "next_page_lag_s": lag[1].published.map(rounded),
            "kv_reads_per_second": rounded(steady.a_second(steady.kv_reads)),
            "published_bytes": self.outcome.published,
            "dollars_per_million_views": self.dollars(prices).last().map(|(_, dollars)| rounded(*dollars)),
        })
    }
}

/// The table of all figures: a line for each, a column for each load.
#[must_use]
pub fn table(rows: &[Row], prices: &Prices) -> String {
    let columns: Vec<Vec<(String, String)>> = rows.iter().map(|row| row.figures(prices)).collect();
    let mut text = String::new();
    let heads = rows.iter().map(|row| number(row.rate));
    line(&mut text, "requests a second", heads);
    for (at, (name, _)) in columns.first().into_iter().flatten().enumerate() {
        let cells =
            columns.iter().map(|column| column.get(at).map_or_else(String::new, |(_, cell)| cell.clone()));
        line(&mut text, name, cells);
    }
    text
}

/// The table of limits: what is taken at each load, and at which load each is met.
#[must_use]
pub fn limits(rows: &[Row], config: &Config) -> String {
    let uses: Vec<Vec<Use>> = rows.iter().map(|row| row.uses(config)).collect();
    let mut text = String::new();
    let heads = rows.iter().map(|row| format!("at {}", number(row.rate)));
    line(&mut text, "limit", ["there is".to_owned()].into_iter().chain(heads).chain(["met at".to_owned()]));
    for (at, first) in uses.first().into_iter().flatten().enumerate() {
        let of: Vec<&Use> = uses.iter().filter_map(|uses| uses.get(at)).collect();
        let taken: Vec<(f64, f64)> = rows.iter().zip(&of).map(|(row, it)| (row.rate, it.taken)).collect();
        let cells =
            of.iter().map(|it| format!("{}{}", if it.is_crossed() { "! " } else { "" }, number(it.taken)));
        let Limit { name, most, unit, moved_by, .. } = first.limit;
        let met = match met(&taken, *most) {
            Met::At(load) => number(load),
            Met::Never => "no load".to_owned(),
        };
        line(&mut text, name, [format!("{} {unit}", number(*most))].into_iter().chain(cells).chain([met]));
        _ = writeln!(text, "    {moved_by}");
    }
    text
}

fn line(text: &mut String, name: &str, cells: impl Iterator<Item = String>) {
    _ = write!(text, "{name:<62}");
    for cell in cells {
        _ = write!(text, " {cell:>20}");
    }
    text.push('\n');
}

/// A number, with as many places as matter, and its thousands apart.
#[must_use]
pub fn number(number: f64) -> String {
    let text = match number.abs() {
        small if small < 0.0005 => return "0".to_owned(),
        small if small < 1.0 => return format!("{number:.3}"),
        small if small < 10.0 => return format!("{number:.1}"),
        _ => format!("{number:.0}"),
    };
    let mut apart = String::new();
    for (at, digit) in text.chars().enumerate() {
        if at > 0 && (text.len() - at).is_multiple_of(3) && !apart.ends_with('-') {
            apart.push(',');
        }
        apart.push(digit);
    }
    apart
}

fn seconds(seconds: Option<f64>) -> String {
    seconds.map_or_else(|| "not yet".to_owned(), |seconds| format!("{seconds:.0}"))
}

fn rounded(number: f64) -> f64 {
    (number * 1000.0).round() / 1000.0
}

fn milliseconds(duration: Duration) -> f64 {
    duration.as_secs_f64() * 1000.0
}

/// How long something takes, at the least of a few times.
fn took(mut it: impl FnMut()) -> Duration {
    let once = |()| {
        let begun = Instant::now();
        it();
        begun.elapsed()
    };
    [(); 5].map(once).into_iter().min().unwrap_or_default()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn numbers_are_written_with_as_many_places_as_matter() {
        let cases = [
            (0.0, "0"),
            (0.0001, "0"),
            (0.0126, "0.013"),
            (1.25, "1.2"),
            (9.96, "10.0"),
            (10.4, "10"),
            (999.4, "999"),
            (1000.0, "1,000"),
            (1_234_567.8, "1,234,568"),
            (-1234.0, "-1,234"),
            (100_000.0, "100,000"),
        ];
        for (it, expected) in cases {
            assert_eq!(number(it), expected);
        }
    }
}
