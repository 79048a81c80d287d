//! Hands over what was withheld from a page, now that somebody looks at it.
//!
//! Everything that is wrong with a ticket gets the same answer, and does nothing. What is right about it is done in this order:
//! the ledger notes that it is redeemed, and sends what must reach the origin once; then the cookies are set; and last goes
//! what was held for the page, for which nobody waits.

use super::isolate_state::{self, Settings};
use super::ledger_do::Sent;
use super::{Scope, js, ledger_do, now, own_responses};
use crate::effects::class::Class;
use crate::effects::cookie::SetCookie;
use crate::effects::deferred_request::{self, DeferredRequest};
use crate::effects::ledger::Begun;
use crate::effects::ticket::{Due, Redeemer, Ticket, Token};
use crate::endpoints::RulesFile;
use crate::ineligible::Affected;
use crate::plan::deferral::{CLEAR, states_of};
use crate::rules::served::RuleSets;
use crate::visit::{Method, Visit};
use js_sys::Promise;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Request, Response};
use worker::Env;

/// The longest body that may be a ticket, in bytes, and how long it may take, in milliseconds.
const MAX_TOKEN_BYTES: usize = 4096;
const READ_MS: f64 = 5_000.0;

/// What `activate.js` asks with on a page that was not rendered before somebody looked: the browser has given up what it
/// rendered, and shows the page as it was fetched, so that the page sends itself what it sends.
const NOT_RENDERED: &str = "fetched";

/// Answers the fetch of the rules file that a prefetched page names.
pub(super) fn by_rules(
    visit: Visit,
    file: RulesFile,
    token: String,
    rule_sets: Rc<RuleSets>,
    scope: &Scope<'_>,
) -> Promise {
    let request: Request = Clone::clone(scope.request);
    let (env, settings) = scope.owned();
    let answered = async move {
        let due = redeem(&visit, &token, &request, &env, &settings).await;
        own_responses::given(match due {
            Ok(due) if !due.is_stale => {
                with_cookies(own_responses::ticketed(rule_sets.get(file)), &due, &settings)
            }
            Ok(_) => refused(Failure::NotGood),
            Err(failure) => refused(failure),
        })
    };
    going_on(answered, Rc::default(), scope)
}

/// Answers the script of a prerendered page.
pub(super) fn by_script(visit: Visit, scope: &Scope<'_>) -> Promise {
    // Another handle on the same request, with its body.
    let request: Request = Clone::clone(scope.request);
    let (env, settings) = scope.owned();
    let shown = Shown::default();
    let is_shown = Rc::clone(&shown);
    let answered = async move {
        let due = match body(&request).await {
            Some(token) => redeem(&visit, &token, &request, &env, &settings).await,
            None => Err(Failure::NotGood),
        };
        let was_rendered = visit.url.query() != Some(NOT_RENDERED);
        handed_over(due, was_rendered.then_some(is_shown), &visit, &settings)
    };
    going_on(answered, shown, scope)
}

/// Answers what a page fetches by a rule that it follows now that somebody looks.
pub(super) fn by_rule(visit: Visit, token: String, scope: &Scope<'_>) -> Promise {
    let request: Request = Clone::clone(scope.request);
    let (env, settings) = scope.owned();
    let shown = Shown::default();
    let is_shown = Rc::clone(&shown);
    let answered = async move {
        let due = redeem(&visit, &token, &request, &env, &settings).await;
        handed_over(due, Some(is_shown), &visit, &settings)
    };
    going_on(answered, shown, scope)
}

/// The page for which something was held, once it is shown: its site, by what it is known there, and since when.
type Shown = Rc<RefCell<Option<(String, String, u64)>>>;

/// What a page gets that was rendered before somebody looked.
fn handed_over(
    due: Result<Due, Failure>,
    is_shown: Option<Shown>,
    visit: &Visit,
    settings: &Settings,
) -> Result<JsValue, JsValue> {
    if let (Some(since), Some(is_shown)) = (due.as_ref().ok().and_then(|due| due.holds_since), is_shown) {
        is_shown.replace(held_by(visit, settings).map(|(site, page)| (site, page, since)));
    }
    own_responses::given(match due {
        Ok(due) if due.is_stale => own_responses::status(409),
        Ok(due) => with_cookies(own_responses::status(204), &due, settings),
        Err(failure) => refused(failure),
    })
}

/// The promise of an answer that is worked on also when the visitor has gone on to another page meanwhile; then goes what was
/// held for the page, for which nobody waits.
fn going_on(
    answered: impl Future<Output = Result<JsValue, JsValue>> + 'static,
    shown: Shown,
    scope: &Scope<'_>,
) -> Promise {
    let promise = future_to_promise(answered);
    let same = promise.clone();
    let (env, settings) = scope.owned();
    scope.context.wait_until(async move {
        // Whoever waits for the answer is told of errors.
        let _ = JsFuture::from(same).await;
        if let Some((site, page, since)) = shown.take()
            && let Err(error) = ledger_do::release(&site, &page, since, &env, &settings).await
        {
            isolate_state::log_once(&error);
        }
    });
    promise
}

/// What everything gets that is wrong with a ticket, and what one gets of which nobody can say.
fn refused(failure: Failure) -> Option<Response> {
    match failure {
        Failure::NotGood => own_responses::text(403, "This ticket is not good."),
        Failure::Unknown => own_responses::text(503, "This ticket cannot be looked at now."),
    }
}

async fn body(request: &Request) -> Option<String> {
    let bytes = js::whole(&request.body()?, MAX_TOKEN_BYTES, READ_MS).await.ok()??;
    String::from_utf8(bytes).ok()
}

/// Why a ticket is not redeemed.
#[derive(Clone, Copy)]
enum Failure {
    /// Something is wrong with it, or it was redeemed before.
    NotGood,
    /// Perhaps what it stands for has been sent: nobody knows.
    Unknown,
}

/// What is due by a token, after what had to reach the origin has.
async fn redeem(
    visit: &Visit,
    token: &str,
    request: &Request,
    env: &Env,
    settings: &Rc<Settings>,
) -> Result<Due, Failure> {
    let config = &settings.config;
    let seal = config.effects.seal.as_ref().ok_or(Failure::NotGood)?;
    let site = visit.site().ok_or(Failure::NotGood)?;
    let page = visit.sender(&config.urls.inert_parameters).ok_or(Failure::NotGood)?;
    let kept;
    let ticket = match Token::parse(token, seal).ok_or(Failure::NotGood)? {
        Token::Ticket(ticket) => ticket,
        Token::Name(name) => {
            kept = match ledger_do::ticket(&site, name, env, settings).await {
                Ok(kept) => kept.ok_or(Failure::NotGood)?,
                Err(error) => {
                    // Nothing has been done, and so a page that can is loaded anew.
                    isolate_state::log_once(&error);
                    return Err(Failure::NotGood);
                }
            };
            &kept
        }
    };
    let redeemer =
        Redeemer { site: &site, page: &page, browser: &visit.browser, cookies: &visit.cookies, now: now() };
    let (ticket, name) = Ticket::open(ticket, seal, &redeemer).ok_or(Failure::NotGood)?;
    let mut due = ticket.due(seal, &redeemer, &states_of(&visit.cookies, config));
    let path = page.split('?').next().unwrap_or_default();
    if due.is_stale {
        // Perhaps one of his cookies is for part of the site, and then it is so each time.
        isolate_state::learning(|learning| {
            learning.quarantine.add(&site, path, Affected::Prerendering, now())
        });
        return Ok(due);
    }
    let withheld = std::mem::take(&mut due.set_cookies);
    due.set_cookies = if let (Some(delivery), Some(url)) = (due.effect, visit.referer.as_deref()) {
        // As the visitor writes it, with what his click brought along, and as who he is by what was withheld.
        let errand =
            DeferredRequest::visit(url, js::lines_of(request).into_iter(), ticket.referer.as_deref())
                .ok_or(Failure::NotGood)?;
        let errand = errand.with_cookies(deferred_request::identity(
            &visit.cookies,
            &withheld,
            &config.effects.cookies,
        ));
        match ledger_do::send(&site, &name, delivery, errand, env, settings).await {
            Ok(Sent::Now(answered)) => {
                deferred_request::newest(withheld, &answered, path, &config.effects.cookies)
            }
            Ok(Sent::Known) => return Err(Failure::NotGood),
            Ok(Sent::Full) => {
                isolate_state::log_once(ledger_do::FULL);
                // Nothing has been sent. A page that can is loaded anew, which counts; another one has its cookies at least.
                if visit.method == Method::Post {
                    return Err(Failure::NotGood);
                }
                withheld
            }
            Err(error) => {
                isolate_state::log_once(&error);
                return Err(Failure::Unknown);
            }
        }
    } else {
        match ledger_do::redeem(&site, &name, env, settings).await {
            Ok(Begun::Known) => return Err(Failure::NotGood),
            Ok(Begun::First) if due.lacks_visitor => {
                // Who asks by its ticket is not whom the page was for, perhaps each time.
                isolate_state::learning(|learning| {
                    learning.quarantine.add(&site, path, Affected::WithSession, now())
                });
            }
            Ok(Begun::First) => {}
            // Where nothing can be written down, each cookie is still held against the one that the visitor has.
            Ok(Begun::Full) => isolate_state::log_once(ledger_do::FULL),
            Err(error) => isolate_state::log_once(&error),
        }
        withheld
    };
    Ok(due)
}

/// The site, and by what the page that sends this and its visitor are known there.
fn held_by(visit: &Visit, settings: &Settings) -> Option<(String, String)> {
    let config = &settings.config;
    let (site, page) = (visit.site()?, visit.sender(&config.urls.inert_parameters)?);
    let key = ledger_do::page_key(config.effects.seal.as_ref()?, visit, &site, &page);
    Some((site, key))
}

/// The answer with the cookies that are due. Where they make the visitor another one, what else was fetched ahead was
/// fetched for who he was.
fn with_cookies(answer: Option<Response>, due: &Due, settings: &Settings) -> Option<Response> {
    let answer = answer?;
    let headers = answer.headers();
    let mut changes = false;
    for line in &due.set_cookies {
        if let Err(error) = headers.append("set-cookie", line) {
            isolate_state::log_once(&format!("a cookie could not be handed over: {}", js::text(&error)));
            continue;
        }
        changes |= matches!(
            settings.config.effects.cookies.of(&SetCookie::parse(line)),
            Class::Csrf | Class::Session | Class::Cart
        );
    }
    if changes && settings.config.effects.clear_speculations {
        let _ = headers.set("clear-site-data", CLEAR);
    }
    Some(answer)
}
