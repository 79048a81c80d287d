//! `headstart generate`: the sessions of made-up visitors, for judging what predicts the next page.

use headstart_simulate::{SiteKind, sessions};
use std::io::Write as _;

/// The site of this name.
pub fn site(name: &str) -> Option<SiteKind> {
    SiteKind::ALL.into_iter().find(|kind| kind.name() == name)
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    kind: SiteKind,
    navigations: usize,
    seed: u64,
    overnight: Option<usize>,
}

impl Order {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let (name, mut flags) = arguments.split_first().ok_or("headstart generate: shop, news or docs?")?;
        let kind = site(name).ok_or_else(|| format!("headstart generate: no site is called {name}"))?;
        let mut order = Self { kind, navigations: 100_000, seed: 1, overnight: None };
        while let Some((flag, rest)) = flags.split_first() {
            let (value, rest) = rest.split_first().ok_or_else(|| format!("{flag}: a number is missing"))?;
            let failed = |error: std::num::ParseIntError| format!("{flag} {value}: {error}");
            match flag.as_str() {
                "--navigations" => order.navigations = value.parse().map_err(failed)?,
                "--seed" => order.seed = value.parse().map_err(failed)?,
                "--overnight" => order.overnight = Some(value.parse().map_err(failed)?),
                _ => return Err(format!("headstart generate: {flag} is not known")),
            }
            flags = rest;
        }
        Ok(order)
    }
}

/// Reads the arguments and prints the sessions.
pub fn run(arguments: &[String]) -> Result<(), String> {
    let Order { kind, navigations, seed, overnight } = Order::read(arguments)?;
    let mut out = std::io::BufWriter::new(std::io::stdout().lock());
    let mut print = || -> std::io::Result<()> {
        for session in sessions(kind, navigations, seed, overnight) {
            writeln!(out, "{}", session.join(" "))?;
        }
        out.flush()
    };
    match print() {
        // Somebody wanted the first lines only: `| head`.
        Err(error) if error.kind() == std::io::ErrorKind::BrokenPipe => Ok(()),
        outcome => outcome.map_err(|error| format!("headstart generate: {error}")),
    }
}
