//! Builds the answers that are Headstart's own, as [`own_answers`] has them.

use super::isolate_state::Settings;
use super::snapshot_cache;
use crate::ineligible::Ineligible;
use crate::plan::own_answers::{self, Body, OwnAnswer};
use crate::visit::Visit;
use js_sys::{Promise, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{Headers, Response, ResponseInit};
use worker::Env;

/// Answers with the learned rule set for the pages of a key.
pub(super) fn learned(visit: Visit, hash: String, key: String, env: Env, settings: Rc<Settings>) -> Promise {
    future_to_promise(async move {
        let answer = snapshot_cache::with_key(&visit, &key, &env, &settings, |rule_set| {
            build(&own_answers::learned(rule_set, &hash).compressed_for(&visit))
        });
        given(answer.await)
    })
}

/// An answer as a promise settles with it.
///
/// # Errors
/// When it could not be built.
pub(super) fn given(answer: Option<Response>) -> Result<JsValue, JsValue> {
    answer.map(JsValue::from).ok_or_else(|| JsValue::from_str("no answer could be built"))
}

/// An answer of ours; `None` when it could not be built.
pub(super) fn build(answer: &OwnAnswer<'_>) -> Option<Response> {
    let headers = Headers::new().ok()?;
    for (name, value) in &answer.lines {
        headers.set(name, value).ok()?;
    }
    let init = ResponseInit::new();
    init.set_status(answer.status);
    init.set_headers(&headers);
    let response = match &answer.body {
        Body::None => Response::new_with_opt_str_and_init(None, &init),
        Body::Text(text) => Response::new_with_opt_str_and_init(Some(text), &init),
        Body::Bytes(bytes) => {
            Response::new_with_opt_js_u8_array_and_init(Some(&Uint8Array::from(*bytes)), &init)
        }
    };
    response.ok()
}

/// A refusal of a visit with these `Set-Cookie` lines; `None` when it could not be built.
pub(super) fn refused(visit: &Visit, why: &Ineligible, renewed: &[String]) -> Option<Response> {
    let refused = build(&own_answers::refusal_of(visit, why))?;
    replace_set_cookies(&refused.headers(), renewed).ok()?;
    Some(refused)
}

/// Puts these `Set-Cookie` lines in the place of all.
pub(super) fn replace_set_cookies(headers: &Headers, kept: &[String]) -> Result<(), JsValue> {
    headers.delete("set-cookie")?;
    kept.iter().try_for_each(|line| headers.append("set-cookie", line))
}
