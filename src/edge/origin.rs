//! Asks the origin, by the way that [`OriginRoute`] names. Nothing of a request is changed but, with a URL, where it goes;
//! what is asked on a guess says so in a plain word, and leaves its campaign behind.
//!
//! Redirects are never followed: an incoming request says `redirect: "manual"`, and what is derived from it keeps that.

use super::js;
use crate::fault::Fault;
use crate::plan::Outgoing;
use crate::plan::origin_route::{OriginRoute, unreachable};
use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;

/// Asks the origin, for the promise of a response. `outgoing` says what is asked on a guess.
pub(super) fn ask(
    request: &Request,
    origin: &OriginRoute,
    outgoing: Option<&Outgoing>,
    env: &Env,
) -> Result<Promise, Fault> {
    let is_by_worker = || request.headers().has("cf-worker").unwrap_or_default();
    if let Some(fault) = origin.fault(&request.url(), is_by_worker, |name| has_binding(env, name)) {
        return Err(fault);
    }
    let (binding, server) = origin.parts();
    let asked = match outgoing {
        Some(Outgoing { target, purpose }) => {
            js::ask_on_a_guess(request, env, binding, server, target.as_deref(), purpose)
        }
        None => js::ask(request, env, binding, server),
    };
    asked.map_err(|error| unreachable(&js::text(&error)))
}

fn has_binding(env: &Env, name: &str) -> bool {
    js_sys::Reflect::get(env, &JsValue::from_str(name)).is_ok_and(|binding| binding.is_object())
}
