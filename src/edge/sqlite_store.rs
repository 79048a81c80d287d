//! The records of a Durable Object in its SQLite: what learners and ledgers write over [`Store`]. The sort key is the column
//! `standing`.
//!
//! ```text
//! record  kind INTEGER, name TEXT, value TEXT, standing REAL    PRIMARY KEY (kind, name)
//! ```
//!
//! The table is made with the first record. To read makes nothing: an object that was asked for what it does not have, or that has
//! removed everything, keeps no database, for which the platform would bill as long as its name is known. Whether the table is there
//! is asked once for as long as the object runs: each look is billed as rows that are read.

use super::js;
use crate::store::{Kind, Store};
use js_sys::Array;
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use worker::{Result, SqlStorageValue, State};

/// The object's records. A copy is another handle on the same ones.
#[derive(Clone)]
pub(super) struct SqliteStore {
    /// The object's state, whose SQLite holds them.
    state: JsValue,
    /// Whether the table is known to be there, to all handles.
    is_made: Rc<Cell<bool>>,
}

struct Row {
    name: String,
    value: String,
}

/// The number of a kind in the table. It must never change.
fn number(kind: Kind) -> SqlStorageValue {
    SqlStorageValue::from(match kind {
        Kind::Page => 0,
        Kind::Sheet => 1,
        Kind::Fact => 2,
        Kind::Next => 3,
        Kind::Route => 4,
        Kind::Ticket => 5,
        Kind::DeferredRequest => 6,
        Kind::Rendered => 7,
        Kind::Suspect => 8,
        Kind::ThirdPartySheet => 9,
        Kind::Redirect => 10,
        Kind::Vitals => 11,
        Kind::Tally => 12,
    })
}

impl SqliteStore {
    /// The records of an object.
    pub(super) fn new(state: &State) -> Self {
        Self { state: AsRef::<JsValue>::as_ref(state.as_raw()).clone(), is_made: Rc::default() }
    }

    /// Has all that `work` writes to the records stand together, or nothing of it where it fails.
    ///
    /// # Errors
    /// Those of `work`, and the platform's own.
    pub(super) fn together<T>(&self, work: impl FnOnce() -> Result<T>) -> Result<T> {
        let (mut work, mut given) = (Some(work), None);
        let mut run = || {
            if let Some(work) = work.take() {
                given = Some(work().map_err(JsValue::from)?);
            }
            Ok(())
        };
        let ran = js::in_transaction(&self.state, &mut run);
        if ran.is_err() {
            // The table may have been made in there.
            self.is_made.set(false);
        }
        ran?;
        given.ok_or_else(|| worker::Error::RustError("a transaction was not begun".to_owned()))
    }

    /// Removes everything that the object stores, and the database with it.
    ///
    /// # Errors
    /// The platform's own.
    pub(super) async fn remove_all(&self, state: &State) -> Result<()> {
        self.is_made.set(false);
        let removed = state.storage().delete_all().await;
        // What came meanwhile may have found the table before it went.
        self.is_made.set(false);
        removed
    }

    /// Makes the table where there is none.
    fn make(&self) -> Result<()> {
        if !self.is_made.get() {
            self.run(
                "CREATE TABLE IF NOT EXISTS record (kind INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, \
                 standing REAL NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID",
                Vec::new(),
            )?;
            self.run("CREATE INDEX IF NOT EXISTS record_by_standing ON record (kind, standing)", Vec::new())?;
            self.is_made.set(true);
        }
        Ok(())
    }

    /// Whether there is a table.
    fn is_made(&self) -> Result<bool> {
        if !self.is_made.get() {
            let found = self.run("SELECT name FROM sqlite_master WHERE name = 'record'", Vec::new())?;
            self.is_made.set(found.length() > 0);
        }
        Ok(self.is_made.get())
    }

    fn run(&self, query: &str, bindings: Vec<SqlStorageValue>) -> Result<Array> {
        let bindings: Array = bindings.into_iter().map(JsValue::from).collect();
        Ok(js::run_sql(&self.state, query, &bindings)?)
    }

    /// The one number that a query of a kind's records gives, in place of a name.
    fn sum(&self, query: &str, kind: Kind) -> Result<usize> {
        let rows = self.rows(query, vec![number(kind)])?;
        Ok(rows.into_iter().next().and_then(|row| row.name.parse().ok()).unwrap_or_default())
    }

    /// The rows of a query for a name and a value.
    fn rows(&self, query: &str, bindings: Vec<SqlStorageValue>) -> Result<Vec<Row>> {
        if !self.is_made()? {
            return Ok(Vec::new());
        }
        let read = |row: JsValue| {
            let row: Array = row.dyn_into().ok()?;
            Some(Row { name: row.get(0).as_string()?, value: row.get(1).as_string()? })
        };
        let rows = self.run(query, bindings)?;
        let rows: Option<Vec<Row>> = rows.iter().map(read).collect();
        rows.ok_or_else(|| worker::Error::RustError("a record is not made of two texts".to_owned()))
    }
}

impl Store for SqliteStore {
    type Error = worker::Error;

    fn get(&self, kind: Kind, name: &str) -> Result<Option<String>> {
        let query = "SELECT name, value FROM record WHERE kind = ? AND name = ?";
        let rows = self.rows(query, vec![number(kind), name.into()])?;
        Ok(rows.into_iter().next().map(|row| row.value))
    }

    fn all(&self, kind: Kind) -> Result<Vec<(String, String)>> {
        let rows =
            self.rows("SELECT name, value FROM record WHERE kind = ? ORDER BY name", vec![number(kind)])?;
        Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
    }

    fn below(&self, kind: Kind, start: &str) -> Result<Vec<(String, String)>> {
        let query = "SELECT name, value FROM record WHERE kind = ? AND name >= ? AND name < ? ORDER BY name";
        let end = format!("{start}{}", char::MAX);
        let rows = self.rows(query, vec![number(kind), start.into(), end.into()])?;
        Ok(rows.into_iter().map(|row| (row.name, row.value)).collect())
    }

    fn count(&self, kind: Kind) -> Result<usize> {
        self.sum("SELECT CAST(COUNT(*) AS TEXT) AS name, '' AS value FROM record WHERE kind = ?", kind)
    }

    fn bytes(&self, kind: Kind) -> Result<usize> {
        let query = "SELECT CAST(COALESCE(SUM(LENGTH(CAST(name AS BLOB)) + LENGTH(CAST(value AS BLOB))), 0) AS TEXT) AS name, \
                     '' AS value FROM record WHERE kind = ?";
        self.sum(query, kind)
    }

    fn due_before(&self, kind: Kind, sort_key: f64) -> Result<(Vec<String>, Option<f64>)> {
        let bindings = || vec![number(kind), SqlStorageValue::from(sort_key)];
        // The value may be long, and is not needed.
        let due = "SELECT name, '' AS value FROM record WHERE kind = ? AND standing <= ?";
        let due = self.rows(due, bindings())?.into_iter().map(|row| row.name).collect();
        let next = "SELECT CAST(MIN(standing) AS TEXT) AS name, '' AS value FROM record WHERE kind = ? AND standing > ? \
                    HAVING MIN(standing) IS NOT NULL";
        let next = self.rows(next, bindings())?.into_iter().next().and_then(|row| row.name.parse().ok());
        Ok((due, next))
    }

    fn put(&mut self, kind: Kind, name: &str, value: &str, sort_key: f64) -> Result<()> {
        self.make()?;
        self.run(
            "INSERT INTO record (kind, name, value, standing) VALUES (?, ?, ?, ?) \
             ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, standing = excluded.standing",
            vec![number(kind), name.into(), value.into(), SqlStorageValue::from(sort_key)],
        )?;
        Ok(())
    }

    fn remove(&mut self, kind: Kind, name: &str) -> Result<()> {
        if self.is_made()? {
            self.run("DELETE FROM record WHERE kind = ? AND name = ?", vec![number(kind), name.into()])?;
        }
        Ok(())
    }

    fn truncate(&mut self, kind: Kind, most: usize) -> Result<()> {
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        if self.is_made()? {
            self.run(
                "DELETE FROM record WHERE kind = ?1 AND name IN \
                 (SELECT name FROM record WHERE kind = ?1 ORDER BY standing DESC, name LIMIT -1 OFFSET ?2)",
                vec![number(kind), most.into()],
            )?;
        }
        Ok(())
    }
}
