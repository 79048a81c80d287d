//! Keeps answers to speculations that were refused, and gives them to the click: see
//! [`plan::keeping`](crate::plan::keeping).

use super::isolate_state::{self, Settings};
use super::places::Place;
use super::{decisions, js, now, own_responses};
use crate::effects::kept_answer::{KeptAnswer, LIFE_MS, MAX_BODY_BYTES};
use crate::head::is_redirect;
use crate::ineligible::Ineligible;
use crate::plan::keeping;
use crate::slots::Slots;
use crate::visit::Visit;
use js_sys::Uint8Array;
use std::cell::RefCell;
use wasm_bindgen::JsValue;
use web_sys::{Headers, Response, ResponseInit};

/// The most bodies that are read at once, and how long one counts that nobody has ended, in milliseconds.
const MAX_AT_ONCE: usize = 16;
const LOST_MS: u64 = 10_000;

thread_local! {
    static READING: RefCell<Slots> = RefCell::new(Slots::new(MAX_AT_ONCE, LOST_MS));
}

/// How long a body may take, in milliseconds. Nobody waits for a speculation, but the click that may follow.
const READ_MS: f64 = 5000.0;

/// Keeps the origin's response under a key, and refuses the speculation with what it has renewed of the visitor's session. The click may
/// come as soon as the refusal is there. `since` is when the origin was asked, in milliseconds since the epoch.
///
/// # Errors
/// When not even a refusal could be built.
pub(super) async fn refused(
    response: Response,
    visit: Visit,
    (why, renewed): (Ineligible, Vec<String>),
    key: String,
    since: u64,
) -> Result<JsValue, JsValue> {
    let place = Place::take(&READING);
    let body = match response.body() {
        _ if place.is_none() => None,
        // Nobody is shown the body of a redirect.
        Some(body) if !is_redirect(response.status()) => {
            js::whole(&body, MAX_BODY_BYTES, READ_MS).await.ok().flatten()
        }
        _ => Some(Vec::new()),
    };
    drop(place);
    if body.as_ref().is_none_or(Vec::is_empty) {
        js::cancel(&response).await;
    }
    if let Some(body) = body {
        keep(&response, body, &visit, key, since);
    }
    decisions::refused(&visit, &why);
    own_responses::given(own_responses::refused(&visit, &why, &renewed))
}

/// Keeps the origin's response with this body, which is all of it, under a key.
pub(super) fn keep(response: &Response, body: Vec<u8>, visit: &Visit, key: String, since: u64) {
    let is_line = |(name, _): &(String, String)| keeping::is_kept(name) && name != "set-cookie";
    let mut lines: Vec<_> = js::lines_of(&response.headers()).into_iter().filter(is_line).collect();
    let Ok(set_cookies) = js::set_cookies(response) else { return };
    lines.extend(set_cookies.into_iter().map(|line| ("set-cookie".to_owned(), line)));
    let answer = KeptAnswer { status: response.status(), lines, body };
    if answer.is_as_it_came()
        && isolate_state::learning(|learning| learning.kept_answers.keep(key, answer, since, now()))
    {
        #[allow(clippy::cast_precision_loss)] // half a minute
        js::hold_back(visit.url.as_str(), LIFE_MS as f64);
    }
}

/// Forgets what is kept for a visitor whose session, cart or anything else has changed: it shows what is no longer so.
pub(super) fn forget(visit: &Visit, settings: &Settings) {
    if let Some(who) = keeping::who(visit, &settings.config) {
        isolate_state::learning(|learning| learning.kept_answers.forget(&who, now()));
    }
}

/// The answer that is kept for a request, if there is one.
pub(super) fn take(visit: &Visit, settings: &Settings) -> Option<Response> {
    if isolate_state::learning(|learning| learning.kept_answers.is_empty()) {
        return None;
    }
    let key = keeping::to_take(visit, &settings.config)?;
    let answer = isolate_state::learning(|learning| learning.kept_answers.take(&key, now()))?;
    let headers = Headers::new().ok()?;
    for (name, value) in &answer.lines {
        headers.append(name, value).ok()?;
    }
    let init = ResponseInit::new();
    init.set_status(answer.status);
    init.set_headers(&headers);
    let body = (!answer.body.is_empty()).then(|| Uint8Array::from(answer.body.as_slice()));
    match body {
        Some(body) => js::streamed(body, &init).ok(),
        None => Response::new_with_opt_str_and_init(None, &init).ok(),
    }
}
