//! Redeems the tickets that come back: carries out what [`crate::plan::redemption`] decides.

use super::isolate_state::{self, Settings};
use super::{Scope, js, ledger_do, now, own_responses, snapshot_cache};
use crate::plan::doing::{self, CLEAR};
use crate::plan::own_answers;
use crate::plan::redemption::{AffectedPage, Outcome, Redemption, Release, Step, Way};
use crate::rules::served::RuleSets;
use crate::tally::Counted;
use crate::visit::Visit;
use js_sys::Promise;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Request, Response};
use worker::Env;

/// The longest body that may be a ticket, in bytes, and how long it may take, in milliseconds.
const MAX_TOKEN_BYTES: usize = 4096;
const READ_MS: f64 = 5_000.0;

/// Answers a request that brings a ticket back: in its URL, or, by a script, in its body. The work goes on when the visitor
/// has left the page meanwhile. The requests that were deferred for the page are sent last, since nobody waits for them.
pub(super) fn answer(
    visit: Visit,
    way: Way,
    token: Option<String>,
    rule_sets: Rc<RuleSets>,
    scope: &Scope<'_>,
) -> Promise {
    let since = now();
    isolate_state::learning(|learning| {
        doing::shown(&visit, &scope.settings.config, &mut learning.first_cookies, since);
    });
    // Another handle on the same request, with its body.
    let request: Request = Clone::clone(scope.request);
    let (env, settings) = scope.owned();
    let released = Rc::new(RefCell::new(None::<Release>));
    let to_release = Rc::clone(&released);
    let promise = future_to_promise(async move {
        let token = match way {
            Way::Script => body(&request).await,
            Way::RulesFile(_) | Way::Rule => token,
        };
        let headers = js::lines_of(&request.headers());
        let outcome = redeem((&visit, way, &headers), token.as_deref(), &env, &settings).await;
        if let Some(fault) = &outcome.fault {
            isolate_state::log_fault(fault);
        }
        if let Some(name) = &outcome.redeemed {
            isolate_state::count(visit.site().as_deref(), &settings.config, || vec![(Counted::Redeemed, 1)]);
            isolate_state::learning(|learning| {
                learning.redeemed.add(name.clone(), now());
                doing::redeemed(&visit, &settings.config, &mut learning.first_cookies, now());
            });
        }
        if let Some(AffectedPage { site, page, affected, by }) = &outcome.affected {
            isolate_state::learning(|learning| {
                learning.quarantine.add(site, page, affected.clone(), by, now());
            });
        }
        // Nothing is waited for from here on, so that nothing newer comes in between.
        let outcome = isolate_state::learning(|learning| {
            outcome.without_outdated(&visit, &learning.changed_cookies, since)
        });
        let learned = snapshot_cache::learned_of_sender(&visit, &settings);
        let answer = own_answers::redeemed(outcome.answer, token.as_deref(), learned.as_deref(), &rule_sets);
        let answered = with_cookies(own_responses::build(&answer.compressed_for(&visit)), &outcome);
        released.replace(outcome.release);
        own_responses::given(answered)
    });
    let same = promise.clone();
    let (env, settings) = scope.owned();
    scope.context.wait_until(async move {
        // An error reaches whoever waits for the answer.
        let _ = JsFuture::from(same).await;
        if let Some(Release { site, page, since }) = to_release.take()
            && let Err(fault) = ledger_do::release(&site, &page, since, &env, &settings).await
        {
            isolate_state::log_fault(&fault);
        }
    });
    promise
}

/// Takes the steps of a redemption, and asks the ledger for what they need.
async fn redeem(
    (visit, way, headers): (&Visit, Way, &[(String, String)]),
    token: Option<&str>,
    env: &Env,
    settings: &Rc<Settings>,
) -> Outcome {
    let network = ledger_do::network(visit, settings);
    let config = &settings.config;
    let mut step = isolate_state::learning(|learning| {
        Redemption { visit, way, headers, config }.begin(token, &learning.redeemed, now())
    });
    loop {
        step = match step {
            Step::FindTicket(find) => {
                let found = ledger_do::ticket(find.site(), find.name(), env, settings).await;
                find.answered(found, now())
            }
            Step::NoteRedeemed(note) => {
                let noted = ledger_do::redeem(note.site(), note.name(), network, env, settings).await;
                note.answered(noted)
            }
            Step::SendVisit(send) => {
                let (delivery, request) = (send.delivery(), send.request().clone());
                let reply =
                    ledger_do::send(send.site(), send.name(), delivery, request, network, env, settings)
                        .await;
                send.answered(reply)
            }
            Step::Done(outcome) => return outcome,
        }
    }
}

async fn body(request: &Request) -> Option<String> {
    let bytes = js::whole(&request.body()?, MAX_TOKEN_BYTES, READ_MS).await.ok()??;
    String::from_utf8(bytes).ok()
}

/// The answer with the cookies that are due.
fn with_cookies(answer: Option<Response>, outcome: &Outcome) -> Option<Response> {
    let answer = answer?;
    let headers = answer.headers();
    let mut clears = false;
    for cookie in &outcome.cookies {
        if let Err(error) = headers.append("set-cookie", &cookie.line) {
            isolate_state::log_fault(&js::fault(&error).during("a cookie could not be handed over"));
            continue;
        }
        clears |= cookie.clears;
    }
    if clears {
        let _ = headers.set("clear-site-data", CLEAR);
    }
    Some(answer)
}
