//! Answers what a prerendering page sends to a path with an effect, and has the ledger defer it until the page is activated.
//! It carries out what [`crate::plan::holding`] decides.

use super::isolate_state::{self, Settings};
use super::places::{self, Place};
use super::{decisions, js, ledger_do, own_responses};
use crate::effects::deferred_request::MAX_BODY_BYTES;
use crate::effects::ticket::Delivery;
use crate::fault::{Blame, Fault};
use crate::plan::holding::{Answer, Body, Holding, Outcome, Step};
use crate::plan::own_answers;
use crate::slots::Slots;
use crate::visit::Visit;
use js_sys::Promise;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen_futures::future_to_promise;
use web_sys::Request;
use worker::{Context, Env};

/// How long a page may take to send something, in milliseconds.
const READ_MS: f64 = 5_000.0;

/// The most requests that are taken in at once, each with a body of [`MAX_BODY_BYTES`], and how long one counts that nobody has
/// ended, in milliseconds: the ledger may have to ask the origin.
const MAX_AT_ONCE: usize = 64;
const LOST_MS: u64 = 30_000;

thread_local! {
    static TAKEN: RefCell<Slots> = RefCell::new(Slots::new(MAX_AT_ONCE, LOST_MS));
}

/// Answers the request, which is deferred or sent, whether or not the page waits for it.
pub(super) fn receive(
    visit: Visit,
    page: String,
    delivery: Delivery,
    request: &Request,
    env: &Env,
    context: &Context,
    settings: &Rc<Settings>,
) -> Promise {
    let (request, env, settings): (Request, _, _) = (Clone::clone(request), env.clone(), Rc::clone(settings));
    let held = future_to_promise(async move {
        let place = Place::take(&TAKEN);
        let body = if place.is_some() { body(&request).await } else { Body::TooLarge };
        let (url, method, headers) = (request.url(), request.method(), js::lines_of(&request.headers()));
        let holding = Holding {
            visit: &visit,
            page: &page,
            delivery,
            url: &url,
            method: &method,
            headers: &headers,
            config: &settings.config,
        };
        let outcome = hold(holding, body, &env, &settings).await;
        if let Some(fault) = &outcome.fault {
            isolate_state::log_fault(fault);
        }
        match &outcome.answer {
            Answer::Refused(why) => decisions::refused(&visit, why),
            Answer::Picture | Answer::Taken => decisions::deferred(&visit, "request"),
        }
        own_responses::given(own_responses::build(&own_answers::held(&outcome.answer)))
    });
    places::ends(&held, context);
    held
}

/// Takes the steps, and asks the ledger for what they need.
async fn hold(holding: Holding<'_>, body: Body, env: &Env, settings: &Settings) -> Outcome {
    let network = ledger_do::network(holding.visit, settings);
    let mut step = holding.begin(body);
    loop {
        step = match step {
            Step::Hold(held) => {
                let answer = ledger_do::hold(&held, network, env, settings).await;
                held.answered(answer, js::nonce)
            }
            Step::SendLate(late) => {
                let sent = ledger_do::send_late(&late, network, env, settings).await;
                late.answered(sent)
            }
            Step::Done(outcome) => return outcome,
        }
    }
}

async fn body(request: &Request) -> Body {
    let Some(body) = request.body() else { return Body::None };
    match js::whole(&body, MAX_BODY_BYTES, READ_MS).await {
        Ok(Some(bytes)) => Body::Bytes(bytes),
        Ok(None) => Body::TooLarge,
        Err(error) => {
            let message = format!("what a page sent could not be read: {}", js::text(&error));
            Body::Unread(Fault::new(Blame::Visitor, message))
        }
    }
}
