//! Made-up websites and the navigations of their visitors, for judging what predicts the next page.
//!
//! ```
//! use headstart_simulate::{SiteKind, sessions};
//!
//! let seed = 1;
//! let visits = sessions(SiteKind::Shop, 1_000, seed, None);
//! let navigations: usize = visits.iter().map(|session| session.len() - 1).sum();
//! assert!(navigations >= 1_000);
//! assert!(visits.iter().flatten().all(|path| path.starts_with('/')));
//! assert_eq!(visits, sessions(SiteKind::Shop, 1_000, seed, None), "the same seed gives the same sessions");
//! ```
//!
//! A session is the paths that one visitor asked for, one link after the other. So every pair of neighbours is a link
//! that was followed, and the end of a session is a page from which no link was.
//!
//! - Going back is no request. A session therefore ends where a visitor goes back, and the next one begins with the page
//!   gone back to, if a link is followed from there. (The breadcrumb link to the same list is a request, and stays
//!   within the session.)
//! - The results of the site's search are queries and left out. A session ends where a visitor searches, and the next one
//!   begins with the page found.
//! - Nobody reloads: neighbours differ.
//!
//! Everything follows from the seed, with nothing but the four basic operations and square roots of floating-point
//! numbers, so that every machine writes the same.
//!
//! - `draw`: chance, from a seed.
//! - `walk`: what all visitors of all sites have in common: they follow, go back, search and leave. Pages have
//!   characters: one is left more readily than another of its kind.
//! - `shop`, `news`, `docs`: the sites, and what their visitors come for. There are new articles every day, and
//!   releases of the documentation.
//!
//! What is left out: the hours of day and night, visitors who come again and remember, robots.
#![cfg_attr(test, allow(clippy::unwrap_used, clippy::expect_used, clippy::panic, clippy::indexing_slicing))]

mod docs;
pub mod draw;
mod news;
mod shop;
mod walk;

/// How many navigations are a day, on every site.
pub const DAY: usize = 5_000;

/// The sites that there are.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum SiteKind {
    /// A shop with 1,200 products on 48 shelves.
    Shop,
    /// A newspaper with 40 articles a day.
    News,
    /// A project's documentation: six books and an API reference.
    Docs,
}

impl SiteKind {
    /// All of them.
    pub const ALL: [Self; 3] = [Self::Shop, Self::News, Self::Docs];

    /// Its name, in one word.
    #[must_use]
    pub fn name(self) -> &'static str {
        match self {
            Self::Shop => "shop",
            Self::News => "news",
            Self::Docs => "docs",
        }
    }

    /// What it is, in a few words.
    #[must_use]
    pub fn description(self) -> &'static str {
        match self {
            Self::Shop => "1,200 products on 48 shelves",
            Self::News => "a newspaper with 40 articles a day",
            Self::Docs => "a project's documentation: six books and an API reference",
        }
    }
}

/// Sessions in the order of time, up to the end of the one with which `navigations` is reached. After `overnight`
/// navigations the site is another: the same pages (but for a few), linked in another way.
///
/// Fewer navigations give the beginning of the same sessions, and everything before `overnight` is as without it.
#[must_use]
pub fn sessions(kind: SiteKind, navigations: usize, seed: u64, overnight: Option<usize>) -> Vec<Vec<String>> {
    match kind {
        SiteKind::Shop => walk::sessions(shop::Shop::new(seed), navigations, seed, overnight),
        SiteKind::News => walk::sessions(news::News::new(seed), navigations, seed, overnight),
        SiteKind::Docs => walk::sessions(docs::Docs::new(seed), navigations, seed, overnight),
    }
}

#[cfg(test)]
mod tests;
