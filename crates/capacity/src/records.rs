//! An object's records in memory, with what SQLite would be billed for.

use headstart::store::{Kind, Memory, Store};
use std::cell::Cell;
use std::convert::Infallible;

/// See the module's description. Rows are counted as the table of `src/edge/sqlite_store.rs` has them: a record is a row, and its
/// place in the index by sort key is another one, written where the sort key changes.
#[derive(Debug, Default)]
pub struct Records {
    memory: Memory,
    /// The rows that were written.
    pub written: u64,
    /// The rows that were read.
    pub read: Cell<u64>,
    /// The sort keys, to tell whether one changes.
    sort_keys: std::collections::BTreeMap<(Kind, String), f64>,
}

impl Records {
    /// How many records there are, and how many bytes of names and values.
    #[must_use]
    pub fn size(&self) -> (usize, usize) {
        self.memory.size()
    }

    /// The longest value, in bytes.
    #[must_use]
    pub fn longest(&self) -> usize {
        let longest =
            |kind: Kind| self.memory.records(kind).map(|(name, value, _)| name.len() + value.len()).max();
        [Kind::Page, Kind::Fact, Kind::Next, Kind::Route]
            .into_iter()
            .filter_map(longest)
            .max()
            .unwrap_or_default()
    }

    fn reads(&self, rows: usize) {
        self.read.set(self.read.get() + rows as u64);
    }
}

impl Store for Records {
    type Error = Infallible;

    fn get(&self, kind: Kind, name: &str) -> Result<Option<String>, Infallible> {
        let found = self.memory.get(kind, name)?;
        self.reads(usize::from(found.is_some()));
        Ok(found)
    }

    fn all(&self, kind: Kind) -> Result<Vec<(String, String)>, Infallible> {
        let all = self.memory.all(kind)?;
        self.reads(all.len());
        Ok(all)
    }

    fn put(&mut self, kind: Kind, name: &str, value: &str, sort_key: f64) -> Result<(), Infallible> {
        let before = self.sort_keys.insert((kind, name.to_owned()), sort_key);
        let is_moved = before.is_none_or(|before| before.total_cmp(&sort_key).is_ne());
        self.written += 1 + u64::from(is_moved);
        self.memory.put(kind, name, value, sort_key)
    }

    fn remove(&mut self, kind: Kind, name: &str) -> Result<(), Infallible> {
        if self.sort_keys.remove(&(kind, name.to_owned())).is_some() {
            self.written += 2;
        }
        self.memory.remove(kind, name)
    }

    fn count(&self, kind: Kind) -> Result<usize, Infallible> {
        let count = self.memory.count(kind)?;
        self.reads(count);
        Ok(count)
    }

    fn bytes(&self, kind: Kind) -> Result<usize, Infallible> {
        self.reads(self.memory.count(kind)?);
        self.memory.bytes(kind)
    }

    fn due_before(&self, kind: Kind, sort_key: f64) -> Result<(Vec<String>, Option<f64>), Infallible> {
        let (due, next) = self.memory.due_before(kind, sort_key)?;
        self.reads(due.len() + 1);
        Ok((due, next))
    }

    fn truncate(&mut self, kind: Kind, most: usize) -> Result<(), Infallible> {
        let before = self.memory.count(kind)?;
        self.reads(before);
        if before <= most {
            return Ok(());
        }
        self.memory.truncate(kind, most)?;
        let left: std::collections::BTreeSet<String> =
            self.memory.records(kind).map(|(name, ..)| name.to_owned()).collect();
        self.sort_keys.retain(|(other, name), _| *other != kind || left.contains(name));
        self.written += 2 * (before.saturating_sub(left.len())) as u64;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_record_is_a_row_and_its_place_in_the_index_another_one() {
        let mut records = Records::default();
        let mut put = |name: &str, value: &str, sort_key| {
            let Ok(()) = records.put(Kind::Page, name, value, sort_key);
            records.written
        };
        assert_eq!(put("a", "1", 0.0), 2, "a new one");
        assert_eq!(put("a", "2", 0.0), 3, "it stays where it was");
        assert_eq!(put("a", "2", 1.0), 5, "it moves");
        assert_eq!(put("b", "2", 1.0), 7);
        let Ok(()) = records.remove(Kind::Page, "none");
        assert_eq!(records.written, 7);
        let Ok(()) = records.truncate(Kind::Page, 1);
        assert_eq!((records.written, records.size().0), (9, 1));
        let Ok(()) = records.remove(Kind::Page, "a");
        assert_eq!((records.written, records.size()), (11, (0, 0)));
    }

    #[test]
    fn what_is_read_is_what_there_is() {
        let mut records = Records::default();
        for name in ["a", "b", "c"] {
            let Ok(()) = records.put(Kind::Next, name, "value", 0.0);
        }
        _ = (records.get(Kind::Next, "a"), records.get(Kind::Next, "none"));
        assert_eq!(records.read.get(), 1);
        _ = records.all(Kind::Next);
        assert_eq!(records.read.get(), 4);
        assert_eq!(records.longest(), 6);
    }
}
