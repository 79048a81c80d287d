//! Asks the origin, by the way that [`OriginRoute`] names. Where that is a URL, the request goes there, and says for which
//! public host (`origin.js`); nothing else of a visit is changed. A speculation says in a plain word that it is one, and its campaign parameters are left out.
//!
//! Redirects are never followed: an incoming request says `redirect: "manual"`, and what is derived from it keeps that.

use super::js;
use crate::fault::Fault;
use crate::plan::Outgoing;
use crate::plan::origin_route::{OriginRoute, unanswered};
use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;

/// Asks the origin, and answers with the promise of a response. `outgoing` says how a speculation is asked for.
pub(super) fn ask(
    request: &Request,
    origin: &OriginRoute,
    outgoing: Option<&Outgoing>,
    env: &Env,
) -> Result<Promise, Fault> {
    let is_by_worker = || request.headers().has("cf-worker").unwrap_or_default();
    let has_looped = || js::has_looped(&request.headers());
    if let Some(fault) = fault(origin, &request.url(), is_by_worker, has_looped, env) {
        return Err(fault);
    }
    let asked = match outgoing {
        Some(Outgoing { target, purpose, is_whole }) => {
            js::ask_speculatively(request, env, target.as_deref(), purpose, *is_whole)
        }
        None => js::ask(request, env),
    };
    asked.map_err(|error| unanswered(&js::text(&error), false))
}

/// Why the origin cannot be asked for a URL, if it cannot: see [`OriginRoute::fault`].
pub(super) fn fault(
    origin: &OriginRoute,
    url: &str,
    is_by_worker: impl Fn() -> bool,
    has_looped: impl Fn() -> bool,
    env: &Env,
) -> Option<Fault> {
    origin.fault(url, is_by_worker, has_looped, |name| has_binding(env, name))
}

fn has_binding(env: &Env, name: &str) -> bool {
    js_sys::Reflect::get(env, &JsValue::from_str(name)).is_ok_and(|binding| binding.is_object())
}
