//! What an isolate keeps between requests: plain data only.
//!
//! A future or a JavaScript object of one request must never be kept for another: the platform cancels it. Everything
//! here is bounded, and no borrow is held across an `await`.

use super::now;
use super::origin::Origin;
use crate::config::Config;
use crate::learn::batch::Gathering;
use crate::learn::sample::Ration;
use crate::rules::baseline::{self, RuleSet};
use std::cell::RefCell;
use std::collections::HashSet;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use worker::{Env, console_warn};

/// The most different messages that an isolate logs.
const MAX_LOGGED: usize = 100;

thread_local! {
    static SETTINGS: RefCell<Option<Rc<Settings>>> = const { RefCell::new(None) };
    static LOGGED: RefCell<HashSet<String>> = RefCell::new(HashSet::new());
    static LEARNING: RefCell<Learning> = RefCell::new(Learning::default());
}

/// The configuration and what follows from it. A deployed version has one, so it is read once.
pub(super) struct Settings {
    pub(super) config: Config,
    pub(super) rule_set: RuleSet,
    pub(super) origin: Origin,
}

#[derive(Default)]
struct Learning {
    ration: Ration,
    gathering: Gathering,
}

/// The settings of this isolate; read from `env` by the first request, which also logs every mistake in them.
pub(super) fn settings(env: &Env) -> Rc<Settings> {
    if let Some(settings) = SETTINGS.with_borrow(Clone::clone) {
        return settings;
    }
    let (config, mistakes) = Config::read(|name| variable(env, name));
    for mistake in mistakes {
        log_once(&format!("configuration: {}", mistake.message));
    }
    let rule_set = baseline::rule_set(config.eagerness, &config.unsafe_urls);
    let origin = Origin::from(&config.origin);
    let settings = Rc::new(Settings { config, rule_set, origin });
    SETTINGS.set(Some(Rc::clone(&settings)));
    settings
}

/// A variable's text. In wrangler.toml it may also be written as a number or a boolean.
fn variable(env: &Env, name: &str) -> Option<String> {
    let value = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok()?;
    value
        .as_string()
        .or_else(|| value.as_f64().map(|number| number.to_string()))
        .or_else(|| value.as_bool().map(|switch| switch.to_string()))
}

/// Logs a message, once in the life of the isolate.
pub(super) fn log_once(message: &str) {
    let is_new =
        LOGGED.with_borrow_mut(|logged| logged.len() < MAX_LOGGED && logged.insert(message.to_owned()));
    if is_new {
        console_warn!("Headstart: {message}");
    }
}

/// Asks the isolate's ration whether a view is read.
pub(super) fn draw(known: bool, share: f64) -> bool {
    LEARNING.with_borrow_mut(|learning| learning.ration.draw(known, share, js_sys::Math::random(), now()))
}

/// Uses the isolate's gathered observations.
pub(super) fn gathering<T>(usage: impl FnOnce(&mut Gathering) -> T) -> T {
    LEARNING.with_borrow_mut(|learning| usage(&mut learning.gathering))
}
