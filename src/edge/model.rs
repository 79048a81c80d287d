//! The values in KV, in the namespace of the binding `MODEL`: what is published, imported and switched. KV is waited for no longer than
//! [`WITHIN_MS`].

use super::waits::within;
use super::{MODEL, js};
use crate::fault::{Blame, Fault};
use worker::Env;
use worker::kv::{KvError, KvStore};

/// How long KV may take, in milliseconds.
const WITHIN_MS: u64 = 5_000;

/// For how long the platform may keep in a place what it has read there, in seconds: the least that it takes.
const CACHE_SECONDS: u64 = 30;

/// The value of a key. `Ok(None)` where there is none.
///
/// # Errors
/// When there is no binding, or KV does not answer.
pub(super) async fn read(key: &str, env: &Env) -> Result<Option<String>, Fault> {
    let read = within(store(env)?.get(key).cache_ttl(CACHE_SECONDS).text(), WITHIN_MS).await;
    given(read).map_err(|fault| fault.during("KV could not be read"))
}

/// Writes a value under a key.
///
/// # Errors
/// When there is no binding, or KV does not take it. Perhaps it has, where it did not say so in time.
pub(super) async fn write(key: &str, value: &str, env: &Env) -> Result<(), Fault> {
    let written = match store(env)?.put(key, value) {
        Ok(put) => given(within(put.execute(), WITHIN_MS).await),
        Err(error) => Err(platform(&error)),
    };
    written.map_err(|fault| fault.during("KV could not be written"))
}

/// Removes what is there under a key, if anything is.
///
/// # Errors
/// When there is no binding, or KV does not do it. Perhaps it has, where it did not say so in time.
pub(super) async fn remove(key: &str, env: &Env) -> Result<(), Fault> {
    let removed = within(store(env)?.delete(key), WITHIN_MS).await;
    given(removed).map_err(|fault| fault.during("KV could not be changed"))
}

fn store(env: &Env) -> Result<KvStore, Fault> {
    env.kv(MODEL).map_err(|_| {
        let message = format!(
            "the KV binding {MODEL} does not exist, so nothing is learned; add it to [[kv_namespaces]] in wrangler.toml"
        );
        Fault::new(Blame::Configuration, message)
    })
}

/// What KV gave, if it gave anything in time.
fn given<T>(answered: Result<Result<T, KvError>, Fault>) -> Result<T, Fault> {
    answered?.map_err(|error| platform(&error))
}

fn platform(error: &KvError) -> Fault {
    match error {
        // Without its stack, which would make several lines of one.
        KvError::JavaScript(error) => js::fault(error),
        error => Fault::new(Blame::Platform, error.to_string()),
    }
}
