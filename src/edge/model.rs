//! The isolate's copies of the learners' snapshots.
//!
//! The request path only ever looks at the copy. A copy that is missing or old is fetched from KV in `wait_until`,
//! while the origin is being asked; when the origin is faster, this view goes without hints and the next one has them.
//! However many learners a site has, an isolate refreshes one copy at a time: once each copy is there, KV is read once in
//! `REFRESH_SECONDS`.

use super::isolate::{self, Settings};
use super::{MODEL, now};
use crate::learn::snapshot::{Knowledge, Snapshot, learner_name, shard_of};
use crate::visit::{Method, Visit};
use std::cell::RefCell;
use std::collections::HashMap;
use worker::{Context, Env};

/// The most snapshots an isolate keeps: one site with as many learners as it may have, or many sites with few.
const MAX_COPIES: usize = 512;

/// How long a fetch from KV may take before another request tries again, in milliseconds.
const FETCH_TIMEOUT_MS: u64 = 10_000;

thread_local! {
    static COPIES: RefCell<Copies> = RefCell::new(Copies::default());
}

/// All copies of an isolate.
#[derive(Default)]
struct Copies {
    by_name: HashMap<String, Copy>,
    /// When a copy was last refreshed.
    refreshed: u64,
}

/// One learner's snapshot as this isolate has it.
#[derive(Default)]
struct Copy {
    snapshot: Option<Snapshot>,
    /// When it was last fetched; 0 before the first time.
    fetched: u64,
    /// When the fetch that is under way began.
    fetching_since: Option<u64>,
}

impl Copies {
    /// Whether it is time for another fetch of `name` from KV, which then counts as begun at `now`. The first one is
    /// always due, a refresh only when no copy was refreshed for as long.
    fn start_fetch(&mut self, name: &str, now: u64, refresh_seconds: u32) -> bool {
        let refresh_ms = u64::from(refresh_seconds) * 1000;
        if !self.by_name.contains_key(name) && self.by_name.len() >= MAX_COPIES {
            let age = |copy: &Copy| copy.fetched.max(copy.fetching_since.unwrap_or(0));
            let oldest = self.by_name.iter().min_by_key(|(_, copy)| age(copy)).map(|(name, _)| name.clone());
            oldest.and_then(|oldest| self.by_name.remove(&oldest));
        }
        let copy = self.by_name.entry(name.to_owned()).or_default();
        if copy.fetching_since.is_some_and(|since| now < since + FETCH_TIMEOUT_MS) {
            return false;
        }
        if copy.fetched > 0 {
            if now < copy.fetched + refresh_ms || now < self.refreshed + refresh_ms {
                return false;
            }
            self.refreshed = now;
        }
        copy.fetching_since = Some(now);
        true
    }
}

/// The name of the learner that a visit belongs to, or `None` where nothing is learned.
fn learner_of(visit: &Visit, settings: &Settings) -> Option<String> {
    if visit.method != Method::Get || !settings.config.hints {
        return None;
    }
    let shard = shard_of(visit.url.path(), settings.config.learner_shards);
    Some(learner_name(&visit.site()?, shard))
}

/// Sees to it that the copy for this visit is there and fresh enough, without waiting.
pub(super) fn ensure(visit: &Visit, env: &Env, context: &Context, settings: &Settings) {
    let Some(name) = learner_of(visit, settings) else { return };
    let refresh_seconds = settings.config.refresh_seconds;
    let is_due = COPIES.with_borrow_mut(|copies| copies.start_fetch(&name, now(), refresh_seconds));
    if is_due {
        let env = env.clone();
        context.wait_until(async move {
            let fetched = fetch(&env, &name).await;
            store(&name, fetched);
        });
    }
}

/// Calls `usage` with what is known of the page of a visit.
pub(super) fn with_known<T>(visit: &Visit, settings: &Settings, usage: impl FnOnce(Knowledge<'_>) -> T) -> T {
    let Some(name) = learner_of(visit, settings) else { return usage(Knowledge::Unknown) };
    COPIES.with_borrow(|copies| {
        let copy = copies.by_name.get(&name);
        let snapshot = copy.and_then(|copy| copy.snapshot.as_ref());
        usage(match snapshot.and_then(|snapshot| snapshot.known(visit.url.path())) {
            Some(known) => Knowledge::Known(known),
            None if copy.is_some_and(|copy| copy.fetched > 0) => Knowledge::Unknown,
            None => Knowledge::NotLoaded,
        })
    })
}

/// Reads a snapshot from KV. `Ok(None)` when none has been published.
async fn fetch(env: &Env, name: &str) -> Result<Option<Snapshot>, String> {
    let store = env.kv(MODEL).map_err(|_| {
        format!("the KV binding {MODEL} does not exist, so nothing is learned; add it to [[kv_namespaces]] in wrangler.toml")
    })?;
    let value = store.get(name).text().await.map_err(|error| format!("KV could not be read: {error}"))?;
    value.map(|value| Snapshot::parse(&value)).transpose()
}

/// Takes a fetched snapshot over. After a failure the old copy stays until the next try.
fn store(name: &str, fetched: Result<Option<Snapshot>, String>) {
    COPIES.with_borrow_mut(|copies| {
        let Some(copy) = copies.by_name.get_mut(name) else { return };
        copy.fetched = now();
        copy.fetching_since = None;
        match fetched {
            Ok(Some(snapshot)) => copy.snapshot = Some(snapshot),
            Ok(None) => copy.snapshot = None,
            Err(message) => isolate::log_once(&message),
        }
    });
}
