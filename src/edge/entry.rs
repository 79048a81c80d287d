//! One request from start to end.
//!
//! What `replay.js` cannot replay comes here, in two parts: [`fetch`] before the origin is asked, [`finish`] after it has
//! answered. Neither is a Rust future, as `worker`'s macro would make it: the one thing awaited is the origin's
//! response, and the platform's own promise calls back for that at a fraction of the cost.

use super::isolate::{self, Settings};
use super::navigations::Seen;
use super::origin::{self, OriginError};
use super::{Scope, beacon, js, model, navigations, observe, respond};
use crate::config::SessionRules;
use crate::head::{Content, Head};
use crate::learn::document::path_and_query;
use crate::learn::next::arrival::Arrival;
use crate::learn::next::travels::Unfit;
use crate::plan::{self, Admission, Draw, Plan};
use crate::rules::delivery::Guidance;
use crate::visit::Visit;
use std::rc::Rc;
use url::Url;
use wasm_bindgen::prelude::*;
use web_sys::{Request, Response};
use worker::{Context, Env, event};

/// Adds a readable place to a panic's log entry, and tells `glue.js` whom to call.
#[event(start)]
fn start() {
    // `worker` has installed a hook by now, which makes the platform start the wasm anew; so the new hook calls it.
    let restart = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        console_error_panic_hook::hook(panic);
        restart(panic);
    }));
    let finish: Box<Finish> = Box::new(|request, response, error, env, context, took_ms| {
        finish(&request, response, &error, &env, &Context::new(context.unchecked_into()), took_ms)
    });
    js::install(Closure::wrap(finish).into_js_value().unchecked_ref());
}

/// What `glue.js` calls with a request, the origin's response or an error, the environment, the context, and how long the
/// origin took in milliseconds.
type Finish = dyn Fn(Request, Option<Response>, JsValue, Env, JsValue, f64) -> Result<Response, JsValue>;

/// Answers one request: a response, or the promise of one.
///
/// # Errors
/// When not even an error response could be built; the platform then answers 500.
#[wasm_bindgen]
pub fn fetch(request: &Request, env: &JsValue, context: &JsValue) -> Result<JsValue, JsValue> {
    let env: &Env = env.unchecked_ref();
    let settings = isolate::settings(env);
    if let Some(visit) = read(request) {
        let rule_sets = model::rule_sets(&visit, &settings);
        let in_context = || Context::new(context.clone().unchecked_into());
        match plan::admit(&visit, &settings.config, &rule_sets) {
            Admission::Ask => model::ensure(&visit, env, &in_context(), &settings),
            Admission::Beacon => {
                let site = visit.site().unwrap_or_default();
                return Ok(beacon::receive(request, site, env, in_context(), &settings).into());
            }
            Admission::Learned { hash, key } => {
                model::ensure(&visit, env, &in_context(), &settings);
                return Ok(respond::learned(visit, hash, key, env.clone(), settings).into());
            }
            answer => {
                if matches!(answer, Admission::RuleSet { .. }) {
                    let context = in_context();
                    model::ensure(&visit, env, &context, &settings);
                    let scope = Scope { request, env, context: &context, settings: &settings };
                    navigations::activation(
                        &visit,
                        |name| request.headers().get(name).ok().flatten(),
                        &scope,
                    );
                }
                match respond::own(&answer, &rule_sets) {
                    Some(response) => return Ok(response.into()),
                    None => {
                        isolate::log_once("our own answer could not be built; the request is passed through");
                    }
                }
            }
        }
    }
    match origin::ask(request, &settings.origin, env) {
        Ok(asked) => js::settle(&asked, request, env, context).map(Into::into),
        Err(error) => failed(&error).map(Into::into),
    }
}

/// The request as data; `None` for one whose URL is none to us.
fn read(request: &Request) -> Option<Visit> {
    let url = match Url::parse(&request.url()) {
        Ok(url) => url,
        Err(error) => {
            isolate::log_once(&format!("a request's URL cannot be read ({error}); it is passed through"));
            return None;
        }
    };
    Some(Visit::read(&request.method(), url, |name| request.headers().get(name).ok().flatten()))
}

/// Decides about the origin's response and does what was decided.
fn finish(
    request: &Request,
    response: Option<Response>,
    error: &JsValue,
    env: &Env,
    context: &Context,
    took_ms: f64,
) -> Result<Response, JsValue> {
    let Some(response) = response else { return failed(&OriginError::unreachable(error)) };
    let Some(visit) = read(request) else { return Ok(response) };
    let settings = isolate::settings(env);
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let head = Head::read(&visit, response.status(), header, || js::set_cookies(&response));
    let scope = Scope { request, env, context, settings: &settings };
    let is_page = head.content == Content::Page;
    if is_page {
        js::count_view();
    }
    let asked = |name: &str| request.headers().get(name).ok().flatten();
    observe::redirect(&visit, &head, asked, &scope);
    let sheet = || Some((visit.site()?, path_and_query(&visit.url)));
    let draw = |draw| {
        isolate::draw(draw, &settings.config, sheet)
            && (draw == Draw::Beacon || observe::teaches(&visit, asked))
    };
    let learns = settings.config.learns_next_pages();
    let arrival = if learns {
        Arrival::read(&visit, &settings.config.inert_parameters, asked)
    } else {
        Arrival::default()
    };
    // Only who is given a page, or does something, is asked for his cookies.
    let cookies =
        if is_page || arrival.is_navigation { asked("cookie").unwrap_or_default() } else { String::new() };
    let has_session = settings.config.session_cookies.is_in(&cookies, &settings.config.set_cookie);
    let rule_sets = model::rule_sets(&visit, &settings);
    let is_next = learns && navigations::is_next(&visit, asked);
    // Then answers differ between browsers as well.
    let mut is_linked = false;
    let (plan, by_session) = model::with_next(&visit, &settings, |known| {
        let guidance = Guidance {
            known,
            has_session,
            from: arrival.from.as_deref(),
            is_next,
            lacks_rules: is_page && settings.config.prefetch_link && lacks_rules(asked),
            is_sibling: is_page && navigations::is_sibling(&settings, asked),
        };
        is_linked = settings.config.prefetch_link && known.is_some_and(|(_, entry)| !entry.nexts.is_empty());
        let by_session = known.is_some() || settings.config.session_rules == SessionRules::None;
        let plan = model::with_known(&visit, &settings, |knowledge| {
            plan::plan(&visit, &head, knowledge, guidance, &rule_sets, &settings.config, draw)
        });
        (plan, by_session)
    });
    let unfit = if learns {
        let is_refused = matches!(plan, Plan::Refuse(_));
        let seen = Seen { arrival: &arrival, cookies: &cookies, has_session, is_next, is_refused, took_ms };
        navigations::record(&visit, &head, &seen, asked, header, || js::set_cookies(&response), &scope)
    } else {
        None
    };
    // What does harm must be seen each time; but where sessions are given anew, every page does that.
    let must_be_seen = unfit.is_some_and(|unfit| unfit.is_harmful() && unfit != Unfit::SessionRotated);
    if !must_be_seen
        && !is_linked
        && let Some(media_type) = header("content-type")
        && plan::holds_for_others(&visit, &head, &plan)
        && !origin::may_echo(&request.url(), &settings.origin)
    {
        let sessions = (by_session, has_session);
        remember(&request.url(), &media_type, &plan, &head, sessions, &settings);
    }
    let served = if matches!(&plan, Plan::Edit(edit) if is_page && edit.observe.is_some()) {
        js::take_served(&request.url())
    } else {
        1
    };
    respond::carry_out(plan, response, &visit, &head, served, &scope).map_err(Into::into)
}

/// Whether a browser is one that follows `<link rel=prefetch>` and has no speculation rules, as far as it says.
fn lacks_rules(asked: impl Fn(&str) -> Option<String>) -> bool {
    asked("sec-ch-ua").is_none() && asked("user-agent").is_some_and(|agent| agent.contains("Firefox/"))
}

/// `sessions` says whether the plan depends on whether the visitor has a session, and whether he has one.
fn remember(
    url: &str,
    media_type: &str,
    plan: &Plan,
    head: &Head,
    sessions: (bool, bool),
    settings: &Rc<Settings>,
) {
    let text = match plan {
        Plan::Pass => String::new(),
        Plan::Edit(edit) => respond::lines(&edit.append),
        Plan::Refuse(_) => return,
    };
    let (binding, server) = settings.origin.parts();
    let is_page = head.content == Content::Page;
    let (by_session, has_session) = sessions;
    let csp = head.csp.as_deref();
    js::remember(url, media_type, &text, csp, is_page, by_session, has_session, binding, server);
}

/// Tells the visitor why there is no response of the origin.
fn failed(error: &OriginError) -> Result<Response, JsValue> {
    isolate::log_once(&error.message);
    respond::text(error.status, &error.message).ok_or_else(|| JsValue::from_str(&error.message))
}
