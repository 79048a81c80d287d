//! The learner: a Durable Object that gathers what isolates observe and publishes what follows from it.
//!
//! One object for each site and shard, named `site/shard`; the KV key of its snapshot has the same name.
//!
//! # Storage
//!
//! ```text
//! page    path TEXT PRIMARY KEY | record TEXT (learn::page::Page as JSON) | standing REAL
//! fact    name TEXT PRIMARY KEY | value TEXT     'key': its own name, 'published': the hash of the value published last
//! ```
//!
//! `standing` orders pages by their decayed views at any one time: with all weights halving each week, the logarithm of
//! the views plus the weeks since the epoch never changes its order. The lowest standing leaves when there are too
//! many pages.
//!
//! # Atomicity
//!
//! A batch is merged without an `await` between its statements, so they are one transaction, and no other request runs
//! in between. The alarm reads and marks all pages in the same way; only then does it write to KV. It may run twice:
//! the same pages give the same bytes.

use super::isolate::{self, Settings};
use super::{MODEL, now};
use crate::learn::observation::Batch;
use crate::learn::page::{HALF_LIFE_MS, Page};
use crate::learn::snapshot::{Snapshot, fnv1a, learner_name};
use serde::Deserialize;
use std::rc::Rc;
use worker::{
    DurableObject, Env, Request, Response, Result, SqlStorage, SqlStorageValue, State, durable_object,
};

/// The most pages that one learner remembers.
const MAX_PAGES: i32 = 2000;

/// The largest batch that is read, in bytes.
const MAX_BATCH_BYTES: usize = 1024 * 1024;

/// See the module's description.
#[durable_object(alarm)]
pub struct Learner {
    state: State,
    env: Env,
    settings: Rc<Settings>,
}

#[derive(Deserialize)]
struct PageRow {
    path: String,
    record: String,
}

#[derive(Deserialize)]
struct FactRow {
    value: String,
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
        self.merge(&batch)?;
        let storage = self.state.storage();
        if storage.get_alarm().await?.is_none() {
            storage.set_alarm(i64::from(self.settings.config.publish_seconds) * 1000).await?;
        }
        Ok(Response::empty()?.with_status(204))
    }

    /// Publishes. An error makes the platform run the alarm again later.
    async fn alarm(&self) -> Result<Response> {
        if let Some((key, value)) = self.choose()? {
            self.env.kv(MODEL)?.put(&key, value.as_str())?.execute().await?;
            remember(&self.sql()?, "published", &hash(&value))?;
        }
        Response::empty()
    }
}

impl Learner {
    fn sql(&self) -> Result<SqlStorage> {
        let sql = self.state.storage().sql();
        sql.exec(
            "CREATE TABLE IF NOT EXISTS page (path TEXT PRIMARY KEY, record TEXT NOT NULL, standing REAL NOT NULL)",
            None,
        )?;
        sql.exec("CREATE TABLE IF NOT EXISTS fact (name TEXT PRIMARY KEY, value TEXT NOT NULL)", None)?;
        Ok(sql)
    }

    /// Merges a batch into the pages. Not one `await`: one transaction.
    fn merge(&self, batch: &Batch) -> Result<()> {
        let sql = self.sql()?;
        let now = now();
        for observation in &batch.observations {
            let found = sql
                .exec("SELECT path, record FROM page WHERE path = ?", vec![observation.path.as_str().into()])?
                .to_array::<PageRow>()?;
            let mut page = found.first().map(|row| read(&row.record)).unwrap_or_default();
            page.absorb(observation, now);
            write(&sql, &observation.path, &page)?;
        }
        sql.exec(
            "DELETE FROM page WHERE path IN (SELECT path FROM page ORDER BY standing DESC LIMIT -1 OFFSET ?)",
            vec![MAX_PAGES.into()],
        )?;
        remember(&sql, "key", &learner_name(&batch.site, batch.shard))
    }

    /// Chooses the hints of all pages. Answers KV key and value, unless the same was published last. Not one `await`.
    fn choose(&self) -> Result<Option<(String, String)>> {
        let sql = self.sql()?;
        let Some(key) = recall(&sql, "key")? else { return Ok(None) };
        let rows = sql.exec("SELECT path, record FROM page", None)?.to_array::<PageRow>()?;
        let mut pages: Vec<(String, Page)> =
            rows.into_iter().map(|row| (row.path, read(&row.record))).collect();
        let before = pages.clone();
        let value = Snapshot::publish(&mut pages, self.settings.config.limits);
        let mut before: std::collections::HashMap<String, Page> = before.into_iter().collect();
        for (path, page) in &pages {
            if before.remove(path).as_ref() != Some(page) {
                write(&sql, path, page)?;
            }
        }
        let is_new = recall(&sql, "published")?.as_deref() != Some(hash(&value).as_str());
        Ok(is_new.then_some((key, value)))
    }
}

fn remember(sql: &SqlStorage, name: &str, value: &str) -> Result<()> {
    sql.exec(
        "INSERT INTO fact (name, value) VALUES (?, ?) ON CONFLICT (name) DO UPDATE SET value = excluded.value",
        vec![name.into(), value.into()],
    )?;
    Ok(())
}

fn recall(sql: &SqlStorage, name: &str) -> Result<Option<String>> {
    let rows = sql.exec("SELECT value FROM fact WHERE name = ?", vec![name.into()])?.to_array::<FactRow>()?;
    Ok(rows.into_iter().next().map(|row| row.value))
}

fn hash(value: &str) -> String {
    format!("{:016x}", fnv1a(value.as_bytes()))
}

/// Reads a page's record. One that cannot be read, of another version say, starts anew.
fn read(record: &str) -> Page {
    serde_json::from_str(record).unwrap_or_default()
}

fn write(sql: &SqlStorage, path: &str, page: &Page) -> Result<()> {
    let record = serde_json::to_string(page)?;
    // Milliseconds since the epoch fit the 52 bits of an f64.
    #[allow(clippy::cast_precision_loss)]
    let standing = page.views.max(f64::MIN_POSITIVE).log2() + page.at as f64 / HALF_LIFE_MS;
    sql.exec(
        "INSERT INTO page (path, record, standing) VALUES (?, ?, ?) \
         ON CONFLICT (path) DO UPDATE SET record = excluded.record, standing = excluded.standing",
        vec![path.into(), record.into(), SqlStorageValue::from(standing)],
    )?;
    Ok(())
}
