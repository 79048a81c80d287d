//! The learner: a Durable Object that gathers what isolates observe and publishes what follows from it.
//!
//! One object for each site and shard, named `site/shard`; the KV key of its snapshot has the same name.
//!
//! What it does is written in [`crate::learn::learner`]; here is where it keeps its records, and when it acts.
//!
//! # Storage
//!
//! ```text
//! record  kind INTEGER, name TEXT, value TEXT, standing REAL    PRIMARY KEY (kind, name)
//! ```
//!
//! # Atomicity
//!
//! A batch is merged without an `await` between its statements, so they are one transaction, and no other request runs
//! in between. The alarm reads and marks all pages in the same way; only then does it write to KV. It may run twice:
//! the same pages give the same bytes.

use super::isolate::{self, Settings};
use super::{MODEL, now};
use crate::learn::learner::{self, Kind, Store};
use crate::learn::observation::Batch;
use serde::Deserialize;
use std::rc::Rc;
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State, durable_object,
};

/// The largest batch that is read, in bytes.
const MAX_BATCH_BYTES: usize = 4 * 1024 * 1024;

/// See the module's description.
#[durable_object(alarm)]
pub struct Learner {
    state: State,
    env: Env,
    settings: Rc<Settings>,
}

impl DurableObject for Learner {
    fn new(state: State, env: Env) -> Self {
        let settings = isolate::settings(&env);
        Self { state, env, settings }
    }

    /// Takes one batch in: `POST` with a [`Batch`] as JSON. 204 when it is stored, 400 when it is none.
    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.text().await?;
        if body.len() > MAX_BATCH_BYTES {
            return Response::error("batch too large", 413);
        }
        let batch: Batch = match serde_json::from_str(&body) {
            Ok(batch) => batch,
            Err(error) => return Response::error(format!("not a batch: {error}"), 400),
        };
        learner::merge(&mut self.records()?, &batch, now())?;
        let storage = self.state.storage();
        if storage.get_alarm().await?.is_none() {
            storage.set_alarm(i64::from(self.settings.config.publish_seconds) * 1000).await?;
        }
        Ok(Response::empty()?.with_status(204))
    }

    /// Publishes. An error makes the platform run the alarm again later.
    async fn alarm(&self) -> Result<Response> {
        let preferences = &self.settings.config.preferences;
        let mut records = self.records()?;
        if let Some(publication) = learner::choose(&mut records, preferences, now())? {
            self.env.kv(MODEL)?.put(&publication.key, publication.value.as_str())?.execute().await?;
            learner::published(&mut records, &publication.value)?;
        }
        Response::empty()
    }
}

impl Learner {
    fn records(&self) -> Result<Records> {
        let sql = self.state.storage().sql();
        sql.exec(
            "CREATE TABLE IF NOT EXISTS record (kind INTEGER NOT NULL, name TEXT NOT NULL, value TEXT NOT NULL, \
             standing REAL NOT NULL, PRIMARY KEY (kind, name)) WITHOUT ROWID",
            None,
        )?;
        sql.exec("CREATE INDEX IF NOT EXISTS record_by_standing ON record (kind, standing)", None)?;
        Ok(Records(sql))
    }
}

/// The object's records in SQLite.
struct Records(SqlStorage);

#[derive(Deserialize)]
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
    })
}

impl Records {
    fn rows(&self, query: &str, bindings: Vec<SqlStorageValue>) -> Result<Vec<Row>> {
        self.0.exec(query, bindings)?.to_array::<Row>()
    }
}

impl Store for Records {
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

    fn put(&mut self, kind: Kind, name: &str, value: &str, standing: f64) -> Result<()> {
        self.0.exec(
            "INSERT INTO record (kind, name, value, standing) VALUES (?, ?, ?, ?) \
             ON CONFLICT (kind, name) DO UPDATE SET value = excluded.value, standing = excluded.standing",
            vec![number(kind), name.into(), value.into(), SqlStorageValue::from(standing)],
        )?;
        Ok(())
    }

    fn keep(&mut self, kind: Kind, most: usize) -> Result<()> {
        let most = i32::try_from(most).unwrap_or(i32::MAX);
        self.0.exec(
            "DELETE FROM record WHERE kind = ?1 AND name IN \
             (SELECT name FROM record WHERE kind = ?1 ORDER BY standing DESC, name LIMIT -1 OFFSET ?2)",
            vec![number(kind), most.into()],
        )?;
        Ok(())
    }
}
