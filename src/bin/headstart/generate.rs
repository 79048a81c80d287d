//! `headstart generate`: the navigations of made-up visitors, for judging what guesses the next page.
//!
//! A line is a session: the paths that one visitor asked for, one link after the other. So every pair of neighbours
//! is a link that was followed, and the end of a line is a page from which no link was.
//!
//! - Going back is no request. A line therefore ends where a visitor goes back, and the next one begins with the page
//!   gone back to, if a link is followed from there. (The breadcrumb link to the same list is a request, and stays
//!   within the line.)
//! - The results of the site's search are queries and left out. A line ends where somebody searches, and the next one
//!   begins with the page found.
//! - Nobody reloads: neighbours differ.
//!
//! Everything follows from the seed, with nothing but the four basic operations and square roots of floating-point
//! numbers, so that every machine writes the same.
//!
//! - [`draw`]: chance, from a seed.
//! - [`walk`]: what all visitors of all sites have in common: they follow, go back, search and leave. Pages have
//!   characters: one is left more readily than another of its kind.
//! - [`shop`], [`news`], [`docs`]: the sites, and what their visitors come for. There are new articles every day, and
//!   releases of the documentation.
//!
//! What is left out: the hours of day and night, visitors who come again and remember, robots.

mod docs;
mod draw;
mod news;
mod shop;
mod walk;

use std::io::Write as _;

/// How many navigations are a day, on every site.
pub const DAY: usize = 5_000;

/// The sites that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Kind {
    /// A shop with 1,200 products on 48 shelves.
    Shop,
    /// A newspaper with 40 articles a day.
    News,
    /// A project's documentation: six books and an API reference.
    Docs,
}

impl Kind {
    /// Reads its name.
    pub fn parse(name: &str) -> Option<Self> {
        match name {
            "shop" => Some(Self::Shop),
            "news" => Some(Self::News),
            "docs" => Some(Self::Docs),
            _ => None,
        }
    }
}

/// Sessions in the order of time, up to the end of the one with which `navigations` is reached. After `overnight`
/// navigations the site is another: the same pages (but for a few), linked in another way.
///
/// Fewer navigations give the beginning of the same sessions, and everything before `overnight` is as without it.
pub fn sessions(kind: Kind, navigations: usize, seed: u64, overnight: Option<usize>) -> Vec<Vec<String>> {
    match kind {
        Kind::Shop => walk::sessions(shop::Shop::new(seed), navigations, seed, overnight),
        Kind::News => walk::sessions(news::News::new(seed), navigations, seed, overnight),
        Kind::Docs => walk::sessions(docs::Docs::new(seed), navigations, seed, overnight),
    }
}

/// What was asked for.
#[derive(Debug, PartialEq, Eq)]
struct Order {
    kind: Kind,
    navigations: usize,
    seed: u64,
    overnight: Option<usize>,
}

impl Order {
    fn read(arguments: &[String]) -> Result<Self, String> {
        let (name, mut flags) = arguments.split_first().ok_or("headstart generate: shop, news or docs?")?;
        let kind =
            Kind::parse(name).ok_or_else(|| format!("headstart generate: no site is called {name}"))?;
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

#[cfg(test)]
mod tests;
