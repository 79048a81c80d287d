//! Takes in beacons, in which a visitor's browser says what a page has loaded. A beacon is a small body from a page of the
//! same origin. It is not taken in twice, and an isolate does not take in too many.

use super::isolate_state::{self, Settings};
use super::{observe, own_responses};
use crate::learn::beacon::{self, MAX_BODY_BYTES};
use crate::learn::observation_buffer::Observed;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Request;
use worker::{Context, Env};

/// Answers a beacon of `site`: 204 when it is taken in, or was before.
pub(super) fn receive(
    request: &Request,
    site: String,
    env: &Env,
    context: Context,
    settings: &Rc<Settings>,
) -> Promise {
    let length = request.headers().get("content-length").ok().flatten();
    let length = length.and_then(|length| length.parse::<usize>().ok());
    // Not `Request.clone`, which would copy the body: another handle on the same one.
    let request: Request = Clone::clone(request);
    let (env, settings) = (env.clone(), Rc::clone(settings));
    future_to_promise(async move {
        let status = match length {
            // Browsers always say how long it is; without a length, nothing bounds what would be read.
            None => 411,
            Some(length) if length > MAX_BODY_BYTES => 413,
            Some(_) if !isolate_state::admits_beacon() => 429,
            Some(_) => take_in(&request, site, env, &context, settings).await,
        };
        own_responses::given(own_responses::status(status))
    })
}

async fn take_in(
    request: &Request,
    site: String,
    env: Env,
    context: &Context,
    settings: Rc<Settings>,
) -> u16 {
    let Ok(text) = request.text() else { return 400 };
    let Some(body) = JsFuture::from(text).await.ok().and_then(|body| body.as_string()) else { return 400 };
    let Some(confirmation) = beacon::read(&body) else { return 400 };
    if isolate_state::learning(|learning| learning.recent.is_new(&body)) {
        context.wait_until(async move {
            observe::gather(&site, |_| Observed::Confirmation(confirmation), false, &env, &settings).await;
        });
    }
    204
}
