//! Looks at what [`crate::plan::health`] tells: the bindings, and the isolate's copies.

use super::isolate_state::Settings;
use super::{LEARNER, LEDGER, MODEL, snapshot_cache};
use crate::plan::health::Health;
use crate::visit::Visit;
use wasm_bindgen::JsValue;
use worker::Env;

/// The names of the bindings that every configuration asks for.
const BINDINGS: [&str; 3] = [MODEL, LEARNER, LEDGER];

/// How Headstart is, as far as this isolate knows. No Durable Object is asked: each of those would cost whoever pays for it.
pub(super) fn look(visit: &Visit, env: &Env, settings: &Settings) -> Health {
    let [hints, next_pages] = snapshot_cache::state(visit, settings);
    Health {
        missing_bindings: missing(env, settings).count(),
        can_defer: settings.config.effects.seal.is_some(),
        mistakes: settings.mistakes,
        hints,
        next_pages,
    }
}

/// The bindings that are missing.
pub(super) fn missing(env: &Env, settings: &Settings) -> impl Iterator<Item = &'static str> {
    let is_there =
        |name: &str| js_sys::Reflect::get(env, &JsValue::from_str(name)).is_ok_and(|value| value.is_object());
    BINDINGS.into_iter().chain(settings.origin.binding()).filter(move |name| !is_there(name))
}
