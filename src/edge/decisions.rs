//! Tells whoever runs the site of decisions, as [`crate::plan::decision_log`] says: lines of JSON in the log, and data points.

use super::{js, now};
use crate::fault::Fault;
use crate::hash::fnv1a;
use crate::ineligible::Ineligible;
use crate::network;
use crate::plan::decision_log::{DecisionLog, Kind};
use crate::visit::Visit;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use worker::{Env, console_log};

/// The binding of Analytics Engine that takes data points, where there is one.
const ANALYTICS: &str = "ANALYTICS";

thread_local! {
    static LOG: RefCell<DecisionLog> = RefCell::new(DecisionLog::default());
}

/// Looks whether data points are wanted.
pub(super) fn begin(env: &Env) {
    if dataset(env).is_some() {
        LOG.with_borrow_mut(DecisionLog::measure);
    }
}

/// A speculation is refused.
pub(super) fn refused(visit: &Visit, why: &Ineligible) {
    take(Kind::refused(visit, why), Some(visit));
}

/// Something of a speculation is deferred.
pub(super) fn deferred(visit: &Visit, what: &str) {
    take(Kind::deferred(visit, what), Some(visit));
}

/// A page is remembered as ineligible.
pub(super) fn quarantined(visit: &Visit, why: &str) {
    take(Kind::quarantined(visit, why), Some(visit));
}

/// A variable has a mistake.
pub(super) fn mistaken(variable: &str) {
    take(Kind::configuration(variable), None);
}

/// Something went wrong.
pub(super) fn failed(fault: &Fault) {
    take(Kind::fault(fault), None);
}

fn take(kind: Kind, visit: Option<&Visit>) {
    let network = visit.and_then(Visit::visitor_address).and_then(network::of).map(|bytes| fnv1a(&bytes));
    if let Some(line) = LOG.with_borrow_mut(|log| log.take(kind, network, now())) {
        console_log!("{line}");
    }
}

/// Writes the data points that wait, if any do.
pub(super) fn write_points(env: &Env) {
    let points = LOG.with_borrow_mut(DecisionLog::take_points);
    if points.is_empty() {
        return;
    }
    // Whatever goes wrong with a chart is no reason to say more.
    if let (Some(dataset), Ok(json)) = (dataset(env), serde_json::to_string(&points)) {
        let _ = js::write_points(&dataset, &json);
    }
}

fn dataset(env: &Env) -> Option<JsValue> {
    js_sys::Reflect::get(env, &JsValue::from_str(ANALYTICS)).ok().filter(JsValue::is_object)
}
