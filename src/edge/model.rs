//! The values in KV, in the namespace of the binding `MODEL`: what is published, imported and switched. KV is waited for no longer than
//! [`WITHIN_MS`].

use super::waits::within;
use super::{MODEL, js};
use crate::fault::{Blame, Fault};
use crate::learn::import;
use crate::published::names::is_published;
use wasm_bindgen::{JsCast, JsValue};
use worker::Env;

/// How long KV may take, in milliseconds.
const WITHIN_MS: u64 = 5_000;

/// For how long the platform may keep in a place what it has read there, in seconds: the least that it takes.
const CACHE_SECONDS: u32 = 30;

/// The value of a key, of which at most so many bytes are read. `Ok(None)` where there is none.
///
/// # Errors
/// When there is no binding, KV does not answer, or the value has more than that ([`Blame::Headstart`]: nobody else writes there).
pub(super) async fn read(key: &str, most: usize, env: &Env) -> Result<Option<String>, Fault> {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let read = within(js::kv_value(&store(env)?, key, CACHE_SECONDS, most), WITHIN_MS).await;
    let value = given(read).map_err(|fault| fault.during("KV could not be read"))?;
    if value == JsValue::TRUE {
        let message = format!("it has more than the {most} bytes allowed");
        return Err(Fault::new(Blame::Headstart, message));
    }
    Ok(value.as_string())
}

/// Whether Headstart has written what is there under a key, as a learner publishes or an import has it.
///
/// # Errors
/// When there is no binding, or KV does not answer.
pub(super) async fn is_ours(key: &str, env: &Env) -> Result<bool, Fault> {
    match read(key, import::MAX_BYTES, env).await {
        Ok(value) => Ok(value.is_some_and(|value| is_published(&value))),
        // It is longer than what Headstart writes.
        Err(fault) if fault.blame == Blame::Headstart => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// Writes a value under a key.
///
/// # Errors
/// When there is no binding, or KV does not take it. Perhaps it has, where it did not say so in time.
pub(super) async fn write(key: &str, value: &str, env: &Env) -> Result<(), Fault> {
    let written = within(js::kv_put(&store(env)?, key, value), WITHIN_MS).await;
    given(written).map(drop).map_err(|fault| fault.during("KV could not be written"))
}

/// Removes what is there under a key, if anything is.
///
/// # Errors
/// When there is no binding, or KV does not do it. Perhaps it has, where it did not say so in time.
pub(super) async fn remove(key: &str, env: &Env) -> Result<(), Fault> {
    let removed = within(js::kv_remove(&store(env)?, key), WITHIN_MS).await;
    given(removed).map(drop).map_err(|fault| fault.during("KV could not be changed"))
}

fn store(env: &Env) -> Result<JsValue, Fault> {
    // A variable may have its name.
    js::binding(env.unchecked_ref(), MODEL).filter(js::is_store).ok_or_else(|| {
        let message = format!(
            "the KV binding {MODEL} does not exist, so nothing is learned; add it to [[kv_namespaces]] in wrangler.toml"
        );
        Fault::new(Blame::Configuration, message)
    })
}

/// What KV gave, if it gave anything in time.
fn given(answered: Result<Result<JsValue, JsValue>, Fault>) -> Result<JsValue, Fault> {
    answered?.map_err(|error| js::fault(&error))
}
