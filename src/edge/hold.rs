//! Answers what a prerendering page sends to a path with an effect, and has it held until somebody looks at the page.

use super::isolate_state::{self, Settings};
use super::ledger_do::Sent;
use super::{js, ledger_do, own_responses};
use crate::effects::deferred_request::{DeferredRequest, MAX_BODY_BYTES};
use crate::effects::ledger::Hold;
use crate::effects::ticket::Delivery;
use crate::ineligible::{Affected, Ineligible};
use crate::visit::Visit;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{Request, Response};
use worker::Env;

/// How long a page may take to send something, in milliseconds.
const READ_MS: f64 = 5_000.0;

/// A transparent picture of one pixel.
const PIXEL: &[u8] =
    b"GIF89a\x01\0\x01\0\x80\0\0\0\0\0\0\0\0!\xf9\x04\x01\0\0\0\0,\0\0\0\0\x01\0\x01\0\0\x02\x02D\x01\0;";

/// Answers the request, held or sent.
pub(super) fn receive(
    visit: Visit,
    page: String,
    delivery: Delivery,
    request: &Request,
    env: &Env,
    settings: &Rc<Settings>,
) -> Promise {
    let (request, env, settings): (Request, _, _) = (Clone::clone(request), env.clone(), Rc::clone(settings));
    future_to_promise(async move {
        let held = hold(&visit, &page, delivery, &request, &env, &settings).await;
        own_responses::given(match held {
            Ok(true) => taken(&visit),
            Ok(false) => own_responses::refuse(&Ineligible::TooMuch),
            Err(error) => {
                isolate_state::log_once(&error);
                own_responses::refuse(&Ineligible::Effect(Affected::Everybody))
            }
        })
    })
}

/// Whether the request was held, or sent since somebody looks at the page by now; `false` where there is too much of it.
async fn hold(
    visit: &Visit,
    page: &str,
    delivery: Delivery,
    request: &Request,
    env: &Env,
    settings: &Settings,
) -> Result<bool, String> {
    let Some((seal, site)) = settings.config.effects.seal.as_ref().zip(visit.site()) else {
        return Ok(false);
    };
    let body = match request.body() {
        Some(body) => match js::whole(&body, MAX_BODY_BYTES, READ_MS).await {
            Ok(Some(bytes)) => Some(bytes),
            Ok(None) => return Ok(false),
            Err(error) => return Err(format!("what a page sent could not be read: {}", js::text(&error))),
        },
        None => None,
    };
    let headers = js::lines_of(request).into_iter();
    let Some(errand) = DeferredRequest::held(&request.url(), &request.method(), headers, body.as_deref())
    else {
        return Ok(false);
    };
    let key = ledger_do::page_key(seal, visit, &site, page);
    Ok(match ledger_do::hold(&site, &key, delivery, errand.clone(), env, settings).await? {
        Hold::Held => true,
        Hold::Full => false,
        Hold::Send => {
            // It is written down like the others, under a name that nothing else has.
            let nonce = js::nonce().first_chunk().copied().unwrap_or_default();
            let name = format!("{key}!{:x}", u128::from_le_bytes(nonce));
            match ledger_do::send_late(&site, &key, name, delivery, errand, env, settings).await? {
                Sent::Now(_) | Sent::Known => true,
                Sent::Full => false,
            }
        }
    })
}

/// What a collector answers: nothing, or a picture where one was asked for.
fn taken(visit: &Visit) -> Option<Response> {
    if visit.destination.as_deref() == Some("image") {
        own_responses::picture(PIXEL)
    } else {
        own_responses::status(204)
    }
}
