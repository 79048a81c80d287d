//! Where Durable Objects keep their records: texts by kind and name, ordered by a sort key.
//!
//! What an object does is written once, over [`Store`]: `edge` keeps it in SQLite, the command line, the simulations and the
//! tests in [`Memory`].

use std::collections::BTreeMap;

#[cfg(test)]
pub(crate) mod testing;

/// What a record is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// A page, by its path: [`Page`](crate::learn::page::Page).
    Page,
    /// A stylesheet of the site, by its path and query.
    Sheet,
    /// How fast the pages of a route were, by its template: [`RouteVitals`](crate::learn::vitals::RouteVitals).
    Vitals,
    /// A single value, by its name.
    Fact,
    /// What follows a page, by its path: [`Record`](crate::learn::next::record::Record).
    Next,
    /// What follows the pages of a route, by its template.
    Route,
    /// A ticket that is kept for a browser, by its name.
    Ticket,
    /// What is to reach the origin once: [`ledger`](crate::effects::ledger).
    DeferredRequest,
    /// A page that is prerendered, and whether it has been activated by now.
    Rendered,
    /// A page of which links say that they do something, by its path and the names of its parameters.
    Suspect,
    /// A third party's stylesheet, by its URL.
    ThirdPartySheet,
    /// A URL of the site that redirects to another origin, by its path: [`Redirect`](crate::learn::redirects::Redirect).
    Redirect,
    /// What was counted for the report on a day, by its number: [`Tally`](crate::tally::Tally).
    Tally,
}

impl Kind {
    /// What learners keep, and what that is called.
    pub const OF_LEARNERS: [(Self, &'static str); 9] = [
        (Self::Page, "pages"),
        (Self::Sheet, "stylesheets"),
        (Self::ThirdPartySheet, "stylesheets of third parties"),
        (Self::Redirect, "redirects"),
        (Self::Vitals, "speeds of routes"),
        (Self::Next, "pages and what follows them"),
        (Self::Route, "routes and what follows them"),
        (Self::Suspect, "suspects"),
        (Self::Tally, "days of counts"),
    ];
}

/// Where a Durable Object keeps its records: texts by kind and name, ordered by a sort key.
pub trait Store {
    /// Why storing or reading has failed.
    type Error;

    /// The record of a name.
    ///
    /// # Errors
    /// The store's own.
    fn get(&self, kind: Kind, name: &str) -> Result<Option<String>, Self::Error>;

    /// All records of a kind, by name.
    ///
    /// # Errors
    /// The store's own.
    fn all(&self, kind: Kind) -> Result<Vec<(String, String)>, Self::Error>;

    /// The records of a kind whose names begin so, by name.
    ///
    /// # Errors
    /// The store's own.
    fn below(&self, kind: Kind, start: &str) -> Result<Vec<(String, String)>, Self::Error> {
        Ok(self.all(kind)?.into_iter().filter(|(name, _)| name.starts_with(start)).collect())
    }

    /// Writes a record, in place of an older one of the same name.
    ///
    /// # Errors
    /// The store's own.
    fn put(&mut self, kind: Kind, name: &str, value: &str, sort_key: f64) -> Result<(), Self::Error>;

    /// Removes a record, if there is one.
    ///
    /// # Errors
    /// The store's own.
    fn remove(&mut self, kind: Kind, name: &str) -> Result<(), Self::Error>;

    /// How many records of a kind there are.
    ///
    /// # Errors
    /// The store's own.
    fn count(&self, kind: Kind) -> Result<usize, Self::Error>;

    /// How many bytes the names and values of a kind's records have. No record is read for it.
    ///
    /// # Errors
    /// The store's own.
    fn bytes(&self, kind: Kind) -> Result<usize, Self::Error>;

    /// The names of the records of a kind whose sort key is at most this, and the lowest sort key of the others.
    ///
    /// # Errors
    /// The store's own.
    fn due_before(&self, kind: Kind, sort_key: f64) -> Result<(Vec<String>, Option<f64>), Self::Error>;

    /// Removes the records of the lowest sort keys until there are no more than `most`.
    ///
    /// # Errors
    /// The store's own.
    fn truncate(&mut self, kind: Kind, most: usize) -> Result<(), Self::Error>;
}

/// A store in memory.
#[derive(Clone, Debug, Default)]
pub struct Memory(BTreeMap<(Kind, String), (String, f64)>);

impl Memory {
    /// How many records there are, and how many bytes of names and values.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        let bytes = self.0.iter().map(|((_, name), (value, _))| name.len() + value.len()).sum();
        (self.0.len(), bytes)
    }

    /// The records of a kind, by name: each with its value and its sort key.
    pub fn records(&self, kind: Kind) -> impl Iterator<Item = (&str, &str, f64)> {
        let of_kind = self.0.iter().filter(move |((other, _), _)| *other == kind);
        of_kind.map(|((_, name), (value, sort_key))| (name.as_str(), value.as_str(), *sort_key))
    }
}

impl Store for Memory {
    type Error = std::convert::Infallible;

    fn get(&self, kind: Kind, name: &str) -> Result<Option<String>, Self::Error> {
        Ok(self.0.get(&(kind, name.to_owned())).map(|(value, _)| value.clone()))
    }

    fn all(&self, kind: Kind) -> Result<Vec<(String, String)>, Self::Error> {
        let of_kind = self.0.iter().filter(|((other, _), _)| *other == kind);
        Ok(of_kind.map(|((_, name), (value, _))| (name.clone(), value.clone())).collect())
    }

    fn put(&mut self, kind: Kind, name: &str, value: &str, sort_key: f64) -> Result<(), Self::Error> {
        self.0.insert((kind, name.to_owned()), (value.to_owned(), sort_key));
        Ok(())
    }

    fn remove(&mut self, kind: Kind, name: &str) -> Result<(), Self::Error> {
        self.0.remove(&(kind, name.to_owned()));
        Ok(())
    }

    fn count(&self, kind: Kind) -> Result<usize, Self::Error> {
        Ok(self.0.keys().filter(|(other, _)| *other == kind).count())
    }

    fn bytes(&self, kind: Kind) -> Result<usize, Self::Error> {
        let of_kind = self.0.iter().filter(|((other, _), _)| *other == kind);
        Ok(of_kind.map(|((_, name), (value, _))| name.len() + value.len()).sum())
    }

    fn due_before(&self, kind: Kind, sort_key: f64) -> Result<(Vec<String>, Option<f64>), Self::Error> {
        let (mut due, mut next) = (Vec::new(), None);
        for ((other, name), (_, its)) in &self.0 {
            if *other != kind {
                continue;
            }
            if *its <= sort_key {
                due.push(name.clone());
            } else {
                next = Some(next.map_or(*its, |next: f64| next.min(*its)));
            }
        }
        Ok((due, next))
    }

    fn truncate(&mut self, kind: Kind, most: usize) -> Result<(), Self::Error> {
        let mut sort_keys: Vec<(f64, String)> = self
            .0
            .iter()
            .filter(|((other, _), _)| *other == kind)
            .map(|((_, name), (_, sort_key))| (*sort_key, name.clone()))
            .collect();
        sort_keys.sort_unstable_by(|a, b| b.0.total_cmp(&a.0).then_with(|| a.1.cmp(&b.1)));
        for (_, name) in sort_keys.into_iter().skip(most) {
            self.0.remove(&(kind, name));
        }
        Ok(())
    }
}
