//! What Headstart takes of the platform at which load, which limit is met first, and what it costs. `make simulate`.
//!
//! All that decides is the Worker's own code: what isolates count, read and send, when they do, what the learners make of it and
//! publish. It runs natively, in virtual time, over records in memory. What is not simulated is said where it is told: requests for
//! files beside pages, how long KV takes to spread a value, and what SQLite takes.
//!
//! - `site`: the site and its visitors.
//! - `isolate`, `object`, `records`: what there is of each of them.
//! - `run`: one load.
//! - `limits`, `bill`: what the platform has, and what it asks for it.
//! - `free`: how many views a day the Free plan has room for.
//! - `report`: tables and data.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod bill;
mod free;
mod isolate;
mod limits;
mod object;
mod records;
mod report;
mod run;
mod site;
mod totals;
mod twins;

use bill::Prices;
use clap::Parser;
use headstart::config::{Config, Mistake};
use report::{Row, number};
use run::{Load, Plan};
use serde_json::json;
use std::process::ExitCode;

/// What Headstart takes of the platform at which load, and which limit is met first
#[derive(Debug, Parser)]
#[command(name = "simulate")]
struct Arguments {
    /// Requests a second, one run for each
    #[arg(long, value_delimiter = ',', default_value = "10,1000,100000")]
    rates: Vec<f64>,
    /// The most pages of the site; a slow one has a thousand for each request a second
    #[arg(long, default_value_t = 1_000_000)]
    paths: usize,
    /// The most isolates; a slow site has three for each request a second
    #[arg(long, default_value_t = 1_000)]
    isolates: usize,
    /// Virtual seconds; by default two hours for slow sites, and a quarter of an hour for the fastest
    #[arg(long)]
    seconds: Option<u64>,
    /// How long an isolate lives, in virtual seconds
    #[arg(long, default_value_t = run::LIFE_SECONDS)]
    life: u64,
    /// What chance follows from
    #[arg(long, default_value_t = 1)]
    seed: u64,
    /// How often a view calls a ledger: 0.7 for a shop whose every product sets a cookie, nearly 0 for a newspaper
    #[arg(long, default_value_t = 0.7)]
    tickets: f64,
    /// A variable of the Worker, as NAME=VALUE
    #[arg(long = "var", value_parser = variable)]
    variables: Vec<(String, String)>,
    /// Isolates come when they like, whatever learners tell them: what there would be without turns
    #[arg(long)]
    without_turns: bool,
    /// How many views a day the Free plan has room for, in place of everything else
    #[arg(long)]
    free: bool,
}

fn variable(said: &str) -> Result<(String, String), String> {
    let (name, value) = said.split_once('=').ok_or("it is written NAME=VALUE")?;
    Ok((name.to_owned(), value.to_owned()))
}

fn main() -> ExitCode {
    let arguments = Arguments::parse();
    let variables = arguments.variables.iter().map(|(name, value)| (name.as_str(), value.as_str()));
    let (config, mistakes) = Config::read(variables);
    if !mistakes.is_empty() {
        for Mistake { message, .. } in mistakes {
            eprintln!("{message}");
        }
        return ExitCode::from(2);
    }
    let prices = Prices::read();
    if arguments.free {
        print_free(&config, &prices, arguments.seed);
    } else {
        print_loads(&arguments, &config, &prices);
    }
    ExitCode::SUCCESS
}

/// How long a run is for so many requests a second: a slow site needs long to show anything.
fn seconds_of(rate: f64) -> u64 {
    match rate {
        rate if rate < 100.0 => 7_200,
        rate if rate < 10_000.0 => 2_400,
        _ => 900,
    }
}

/// So many, of a slow site as many for each request a second as `each`.
fn of_rate(rate: f64, each: f64, most: usize) -> usize {
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // not above `most`
    let number = (rate * each).clamp(1.0, run::to_f64(most as u64)) as usize;
    number
}

fn print_loads(arguments: &Arguments, config: &Config, prices: &Prices) {
    let mut rows = Vec::new();
    for rate in &arguments.rates {
        let isolates = of_rate(*rate, 3.0, arguments.isolates);
        let plan = Plan {
            load: Load::Requests(*rate),
            paths: of_rate(*rate, 1000.0, arguments.paths),
            isolates,
            seconds: arguments.seconds.unwrap_or_else(|| seconds_of(*rate)),
            life_seconds: arguments.life,
            seed: arguments.seed,
            heeds_turns: !arguments.without_turns,
        };
        rows.push(Row::new(*rate, isolates, run::run(&plan, config), arguments.tickets, config));
    }
    println!("{}\n{}", report::table(&rows, prices), report::limits(&rows, config));
    println!("prices of {}; CPU is that of this machine, natively", prices.read_on());
    let rows: Vec<_> = rows.iter().map(|row| row.json(config, prices)).collect();
    println!("{}", json!({ "rows": rows }));
}

fn print_free(config: &Config, prices: &Prices, seed: u64) {
    let profile = Config::read(free::PROFILE).0;
    let mut rows = Vec::new();
    for (name, config) in [("as configured", config), ("the profile of examples/free", &profile)] {
        let Some(room) = free::room(config, prices, seed) else {
            println!("{name}: not even a thousand views a day");
            continue;
        };
        println!("{name}: {} views a day; then {} runs out", number(run::to_f64(room.views)), room.limit);
        for (thing, used, most) in prices.free(&room.used) {
            println!("    {thing:<20} {:>12} of {:>12}", number(used), number(most));
        }
        rows.push(json!({ "variables": name, "views_per_day": room.views, "then": room.limit }));
    }
    println!("{}", json!({ "rows": rows }));
}

#[cfg(test)]
mod tests {
    use super::*;
    use run::Outcome;

    const PLAN: Plan = Plan {
        load: Load::Requests(1.0),
        paths: 1,
        isolates: 1,
        seconds: 1,
        life_seconds: run::LIFE_SECONDS,
        seed: 1,
        heeds_turns: true,
    };

    fn small(seed: u64) -> Outcome {
        let load = Load::Requests(600.0);
        let plan = Plan { load, paths: 50_000, isolates: 60, seconds: 90, seed, ..PLAN };
        run::run(&plan, &Config::read([("PUBLISH_SECONDS", "15"), ("REFRESH_SECONDS", "10")]).0)
    }

    /// All that is no matter of how fast this machine is.
    fn counted(outcome: &Outcome) -> impl PartialEq + std::fmt::Debug + use<> {
        let totals = &outcome.all;
        let next = &totals.next_pages;
        (
            (
                totals.views,
                totals.requests,
                totals.kv_reads,
                totals.kv_writes,
                totals.salt_calls,
                totals.all_hints,
            ),
            (next.batches, next.bytes, next.records, next.written, next.read),
            (outcome.values.clone(), outcome.lag, outcome.busiest),
        )
    }

    #[test]
    fn the_same_seed_gives_the_same_and_another_one_something_else() {
        let once = counted(&small(1));
        assert_eq!(once, counted(&small(1)));
        assert_ne!(once, counted(&small(2)));
    }

    #[test]
    fn what_comes_is_what_was_asked_for_and_hints_and_next_pages_are_published() {
        let outcome = small(1);
        let rate = outcome.all.a_second(outcome.all.requests);
        assert!((595.0..=605.0).contains(&rate), "{rate} requests a second");
        assert_eq!(outcome.scale, 1);
        // One for each isolate and day; a few isolates end.
        assert!((120..=135).contains(&outcome.all.salt_calls), "{}", outcome.all.salt_calls);
        assert!(outcome.published.iter().all(|bytes| *bytes > 0), "{:?}", outcome.published);
        assert_eq!(outcome.all.next_pages.refused + outcome.all.hints.refused, 0);
    }

    #[test]
    fn turns_keep_calls_few_and_without_them_there_are_many() {
        // However few views have passed.
        let eager = [("BATCH_VIEWS", "0"), ("BATCH_SECONDS", "1")];
        let plan = |heeds_turns| {
            let load = Load::Requests(1_500.0);
            Plan { load, paths: 50_000, isolates: 30, seconds: 120, heeds_turns, ..PLAN }
        };
        let called = |heeds_turns| {
            let outcome = run::run(&plan(heeds_turns), &Config::read(eager).0);
            outcome.steady.a_second(outcome.steady.next_pages.batches)
        };
        let (with, without) = (called(true), called(false));
        assert!(with < 5.0 && without > 20.0, "{with} calls a second with turns, {without} without");
    }

    #[test]
    fn a_slow_site_has_few_isolates_and_is_looked_at_for_long() {
        assert_eq!([10.0, 1_000.0, 100_000.0].map(|rate| of_rate(rate, 3.0, 1_000)), [30, 1_000, 1_000]);
        assert_eq!(of_rate(0.1, 3.0, 1_000), 1);
        assert_eq!([10.0, 1_000.0, 100_000.0].map(seconds_of), [7_200, 2_400, 900]);
    }
}
