//! How tests look at what is asked of a store.

use super::{Kind, Memory, Store};
use std::cell::Cell;

/// A store that counts what is asked of it.
#[derive(Default)]
pub struct Counting {
    store: Memory,
    /// How many records were read.
    pub reads: Cell<usize>,
    /// How often records were counted, which reads all of a kind.
    pub counts: Cell<usize>,
}

impl Store for Counting {
    type Error = std::convert::Infallible;

    fn get(&self, kind: Kind, name: &str) -> Result<Option<String>, Self::Error> {
        self.reads.set(self.reads.get() + 1);
        self.store.get(kind, name)
    }

    fn all(&self, kind: Kind) -> Result<Vec<(String, String)>, Self::Error> {
        let all = self.store.all(kind)?;
        self.reads.set(self.reads.get() + all.len());
        Ok(all)
    }

    fn below(&self, kind: Kind, start: &str) -> Result<Vec<(String, String)>, Self::Error> {
        let below = self.store.below(kind, start)?;
        self.reads.set(self.reads.get() + below.len());
        Ok(below)
    }

    fn put(&mut self, kind: Kind, name: &str, value: &str, sort_key: f64) -> Result<(), Self::Error> {
        self.store.put(kind, name, value, sort_key)
    }

    fn remove(&mut self, kind: Kind, name: &str) -> Result<(), Self::Error> {
        self.store.remove(kind, name)
    }

    fn count(&self, kind: Kind) -> Result<usize, Self::Error> {
        self.counts.set(self.counts.get() + 1);
        self.store.count(kind)
    }

    fn bytes(&self, kind: Kind) -> Result<usize, Self::Error> {
        self.store.bytes(kind)
    }

    fn due_before(&self, kind: Kind, sort_key: f64) -> Result<(Vec<String>, Option<f64>), Self::Error> {
        self.store.due_before(kind, sort_key)
    }

    fn truncate(&mut self, kind: Kind, most: usize) -> Result<(), Self::Error> {
        self.store.truncate(kind, most)
    }
}
