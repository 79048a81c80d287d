//! Handles one request from start to end.
//!
//! What `fast_path.js` cannot replay comes here, in two parts: [`fetch`] before the origin is asked, [`finish`] after it has
//! answered. Neither is a Rust future, as `worker`'s macro would make it: the one thing awaited is the origin's
//! response, and the platform's own promise calls back for that at a fraction of the cost.

use super::isolate_state::{self, IsolateAmbient, Settings};
use super::places::Place;
use super::rewriting::HeadFinder;
use super::{
    Scope, beacon, decisions, erase, health, hold, js, keep, navigations, now, observe, origin,
    own_responses, places, redeem, report, respond, snapshot_cache, switching,
};
use crate::config::Config;
use crate::effects::posted;
use crate::endpoints::is_own;
use crate::fault::{Blame, Fault};
use crate::head::{Content, Head};
use crate::ineligible::Ineligible;
use crate::plan::events::Answered;
use crate::plan::exchange::{Exchange, depends_on_session};
use crate::plan::origin_route::unanswered;
use crate::plan::redemption::Way;
use crate::plan::replay::{self, Circumstances, Replay};
use crate::plan::routine::{self, Sent};
use crate::plan::{
    self, Admission, Edit, Learned, Plan, Sampling, Seen, counting, doing, forms, html_edits, keeping,
    own_answers, shown, suspicion, witness,
};
use crate::report::timing;
use crate::rules::served::RuleSets;
use crate::slots::Slots;
use crate::tally::{Counted, Deferred, Fate};
use crate::urls::path_and_query;
use crate::visit::Visit;
use crate::visit::fields::Field;
use js_sys::{Array, Promise};
use std::cell::RefCell;
use std::rc::Rc;
use url::Url;
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, Response};
use worker::{Context, Env, event};

/// Adds a readable place to a panic's log entry, and tells `host.js` whom to call.
#[event(start)]
fn start() {
    // `worker` has installed a hook by now, which makes the platform start the wasm anew; so the new hook calls it.
    let restart = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        console_error_panic_hook::hook(panic);
        restart(panic);
    }));
    let finish: Box<Finish> =
        Box::new(|request, response, error, env, context, took_ms, body, has_waited| {
            let context = Context::new(context.unchecked_into());
            finish(&request, response, &error, &env, &context, Asked { took_ms, body, has_waited })
        });
    let has_session: Box<HasSession> = Box::new(|cookies| isolate_state::has_session(&cookies));
    let finder: Box<Finder> = Box::new(|charset| HeadFinder::new(charset.as_deref()).into());
    let is_shown: Box<IsShown> = Box::new(|page| {
        isolate_state::learning(|learning| {
            page.parse().is_ok_and(|page| learning.first_cookies.is_shown(page))
        })
    });
    let switched: Box<Switched> = Box::new(|record| isolate_state::take_switches(record.as_deref()));
    js::install(
        Closure::wrap(finish).into_js_value().unchecked_ref(),
        Closure::wrap(has_session).into_js_value().unchecked_ref(),
        Closure::wrap(finder).into_js_value().unchecked_ref(),
        Closure::wrap(switched).into_js_value().unchecked_ref(),
        Closure::wrap(is_shown).into_js_value().unchecked_ref(),
    );
}

/// What `host.js` calls with a request, the origin's response or an error, the environment, the context, how long the origin
/// took in milliseconds, the request's body, where it was to be read, and whether it has waited as it was told.
type Finish = dyn Fn(
    Request,
    Option<Response>,
    JsValue,
    Env,
    JsValue,
    f64,
    Option<String>,
    bool,
) -> Result<JsValue, JsValue>;

/// How long the origin took, where nobody knows.
const UNKNOWN_MS: f64 = -1.0;

/// What is known of how the origin was asked.
struct Asked {
    /// How long it took, in milliseconds; negative ([`UNKNOWN_MS`]) where nobody knows: where `fast_path.js` has asked, and of an
    /// answer that was kept.
    took_ms: f64,
    /// The request's body, where it was to be read.
    body: Option<String>,
    /// Whether it was waited for the page that has loaded this to be shown.
    has_waited: bool,
}

impl Asked {
    /// Whether [`fetch`] has had the request before: what `fast_path.js` has asked for is finished here all the same.
    fn was_begun(&self) -> bool {
        self.took_ms >= 0.0
    }
}

/// What `host.js` calls with a `Cookie` field.
type HasSession = dyn Fn(String) -> bool;

/// What `host.js` calls with the charset label of a page, for a [`HeadFinder`].
type Finder = dyn Fn(Option<String>) -> JsValue;

/// What `host.js` calls with what a page is told by, to know whether that is shown.
type IsShown = dyn Fn(String) -> bool;

/// What `host.js` calls with a record of switches, or with none, and what answers whether it is understood.
type Switched = dyn Fn(Option<String>) -> bool;

/// Answers one request: a response, or the promise of one.
///
/// # Errors
/// When not even an error response could be built; the platform then answers 500.
#[wasm_bindgen]
pub fn fetch(request: &Request, env: &JsValue, context: &JsValue) -> Result<JsValue, JsValue> {
    let env: &Env = env.unchecked_ref();
    let (mut outgoing, mut copy) = (None, None);
    if let Some(visit) = read(request) {
        let settings = isolate_state::settings_of(&visit, env);
        let on = settings.config.switched;
        let rule_sets = snapshot_cache::rule_sets(&visit, &settings);
        let in_context = || Context::new(context.clone().unchecked_into());
        match plan::admit(&visit, &settings.config, &rule_sets, || met(&visit, &settings)) {
            Admission::Ask if !on.learns() => {}
            Admission::Ask => {
                snapshot_cache::ensure(&visit, env, &in_context(), &settings);
                if on.guards()
                    && let Some(kept) = keep::take(&visit, &settings)
                {
                    // By the one way of all answers: what is to become of it does, and should wasm fail, it is still there.
                    let asked = Promise::resolve(&JsValue::from(kept));
                    return js::settle(&asked, request, env, context, None, Some(UNKNOWN_MS)).map(Into::into);
                }
                isolate_state::learning(|learning| {
                    doing::begins(&visit, &settings.config, &mut learning.session_order, now());
                });
                outgoing = plan::outgoing(&visit, &settings.config);
                copy = routine::dialect(&visit, &settings.config)
                    .and_then(|_| copied_body(request, &in_context()));
            }
            Admission::RedeemByRulesFile { file, token } => {
                let context = in_context();
                activated(&visit, request, env, &context, &settings);
                let scope = Scope { request, env, context: &context, settings: &settings };
                return Ok(redeem::answer(visit, Way::RulesFile(file), Some(token), rule_sets, &scope).into());
            }
            Admission::RedeemByScript => {
                let context = in_context();
                let scope = Scope { request, env, context: &context, settings: &settings };
                navigations::shown(&visit, &scope);
                return Ok(redeem::answer(visit, Way::Script, None, rule_sets, &scope).into());
            }
            Admission::RedeemByRule { token } => {
                let context = in_context();
                let scope = Scope { request, env, context: &context, settings: &settings };
                navigations::shown(&visit, &scope);
                return Ok(redeem::answer(visit, Way::Rule, Some(token), rule_sets, &scope).into());
            }
            Admission::Hold { page, delivery } => {
                let deferred = || vec![(Counted::Deferred(Deferred::Request), 1)];
                isolate_state::count(visit.site().as_deref(), &settings.config, deferred);
                return Ok(
                    hold::receive(visit, page, delivery, request, env, &in_context(), &settings).into()
                );
            }
            Admission::Switch { authorization } => {
                let site = visit.site().unwrap_or_default();
                let switched = switching::receive(&site, &authorization, env, &settings);
                places::ends(&switched, &in_context());
                return Ok(switched.into());
            }
            Admission::Erase { authorization } => {
                let site = visit.site().unwrap_or_default();
                let erased = erase::receive(site, &visit.url, &authorization, env, &settings);
                places::ends(&erased, &in_context());
                return Ok(erased.into());
            }
            Admission::Report(file) => {
                let answered = report::answer(visit, file, request, env, &settings);
                places::ends(&answered, &in_context());
                return Ok(answered.into());
            }
            Admission::Beacon => {
                let taken = beacon::receive(request, &visit, env, in_context(), &settings);
                places::ends(&taken, &in_context());
                return Ok(taken.into());
            }
            Admission::Learned { hash, key } => {
                snapshot_cache::ensure(&visit, env, &in_context(), &settings);
                let learned = own_responses::learned(visit, hash, key, env.clone(), settings);
                places::ends(&learned, &in_context());
                return Ok(learned.into());
            }
            Admission::Health => {
                // What it tells is what the next one is told: whoever watches comes again.
                snapshot_cache::ensure(&visit, env, &in_context(), &settings);
                let answer = health::look(&visit, env, &settings).answer();
                return own_responses::build(&answer)
                    .map(JsValue::from)
                    .ok_or_else(|| JsValue::from_str("no answer could be built"));
            }
            ours => {
                let context = in_context();
                let scope = Scope { request, env, context: &context, settings: &settings };
                if let Some(response) = own(&ours, &visit, &rule_sets, &scope) {
                    return Ok(response.into());
                }
                let message = "our own answer could not be built, so the origin is asked";
                isolate_state::log_fault(&Fault::new(Blame::Platform, message));
            }
        }
    }
    match origin::ask(request, &isolate_state::settings(env).origin, outgoing.as_ref(), env) {
        Ok(asked) => js::settle(&asked, request, env, context, copy, None).map(Into::into),
        Err(error) => failed(&error).map(Into::into),
    }
}

/// An answer of ours that needs nothing else; `None` where it cannot be built.
fn own(ours: &Admission, visit: &Visit, rule_sets: &RuleSets, scope: &Scope<'_>) -> Option<Response> {
    let Scope { request, env, context, settings } = scope;
    if matches!(ours, Admission::RuleSet { .. }) {
        activated(visit, request, env, context, settings);
    }
    if let Admission::Refuse(why) = ours
        && settings.config.switched.guards()
    {
        say_refused(why, settings);
        decisions::refused(visit, why);
        decisions::write_points(env);
        navigations::refused(visit, settings);
        isolate_state::count_refused(visit, why, false, &settings.config);
    }
    let answer = own_answers::of(visit, ours, rule_sets)?;
    own_responses::build(&answer.compressed_for(visit))
}

thread_local! {
    static COPIES: RefCell<Slots> = RefCell::new(Slots::new(MAX_COPIES, 2 * COPY_MS));
}

/// The most copies of requests' bodies that are read at once, and how long one may take, in milliseconds: whoever sends a body
/// slowly has it held in memory.
const MAX_COPIES: usize = 32;
const COPY_MS: u64 = 5_000;

/// The promise of a copy of a request's body; none where there is none, or as many are read as may be at once. It is then taken
/// for one of which nothing is known.
fn copied_body(request: &Request, context: &Context) -> Option<Promise> {
    let place = Place::take(&COPIES)?;
    let body = request.clone().ok()?.body()?;
    #[allow(clippy::cast_precision_loss)] // some seconds
    let copied = js::whole_text(&body, posted::MAX_BYTES, COPY_MS as f64);
    let ends = JsFuture::from(copied.clone());
    context.wait_until(async move {
        _ = ends.await;
        drop(place);
    });
    Some(copied)
}

/// Says why a speculation was refused where whoever runs the site can do something about it.
fn say_refused(why: &Ineligible, settings: &Settings) {
    if settings.config.effects.seal.is_none() && !settings.lacks_ledger && why.is_for_want_of_a_ticket() {
        isolate_state::log_once(
            "no key",
            "speculations are refused that a ticket would make safe, since there is no SEAL_KEY; set one with \
             npx wrangler secret put SEAL_KEY (openssl rand -base64 32)",
        );
    }
}

/// Counts an activation, if the request for a rules file is the signal of one.
fn activated(visit: &Visit, request: &Request, env: &Env, context: &Context, settings: &Rc<Settings>) {
    snapshot_cache::ensure(visit, env, context, settings);
    let scope = Scope { request, env, context, settings };
    navigations::activation(visit, &scope);
}

/// The plan of a page in shadow, with the refusal that would have come before the origin was asked.
fn with_refusal(plan: Plan, visit: &Visit, settings: &Settings) -> Plan {
    let refused = plan::would_refuse(visit, &settings.config, || met(visit, settings));
    let plan = match (plan, refused) {
        (plan, None) => plan,
        (plan, refused) => {
            let mut edit = if let Plan::Edit(edit) = plan { edit } else { Edit::default() };
            edit.would.get_or_insert_default().refused = refused;
            Plan::Edit(edit)
        }
    };
    if let Plan::Edit(Edit { would: Some(would), .. }) = &plan {
        isolate_state::would(&visit.site().unwrap_or_default(), would, &settings.config);
    }
    plan
}

/// Why a page is ineligible for whoever asks, by what this isolate has met, or by what was published.
pub(super) fn met(visit: &Visit, settings: &Settings) -> Option<Ineligible> {
    let is_harmful = || snapshot_cache::is_harmful(visit, settings);
    isolate_state::learning(|learning| {
        if doing::is_under_way(visit, &settings.config, &learning.session_order, now()) {
            return Some(Ineligible::Overtaken);
        }
        let met = plan::met(visit, &settings.config, &learning.quarantine, is_harmful, now());
        met.or_else(|| {
            snapshot_cache::with_site(visit, settings, |site| {
                suspicion::against(visit, &settings.config, &learning.suspects, site, now())
            })
        })
    })
}

/// The request as data; `None` for one whose URL is none to us, or is too long to be looked at and has nothing that is refused.
fn read(request: &Request) -> Option<Visit> {
    let url = match Url::parse(&request.url()) {
        Ok(url) => url,
        Err(error) => {
            let message =
                format!("a request's URL cannot be read ({error}), so the origin is asked as it is");
            isolate_state::log_fault(&Fault::new(Blame::Visitor, message));
            return None;
        }
    };
    let (asked, headers) = (Clone::clone(request), request.headers());
    let look_up = move |name: &str| {
        // These two the platform may know better.
        if name == Field::VisitorAddress.name() {
            js::address_of(&asked)
        } else if name == Field::AcceptEncoding.name() {
            js::encodings_of(&asked)
        } else {
            headers.get(name).ok().flatten()
        }
    };
    let visit = Visit::read(&request.method(), url, look_up);
    let is_passed = visit.is_url_too_long()
        && !(visit.is_speculative_navigation() || visit.is_prefetch_by_page() || is_own(visit.url.path()));
    (!is_passed).then_some(visit)
}

/// Forgets what is kept for a visitor where an answer to them may have changed it.
fn forget_changed(visit: &Visit, head: &Head, plan: &Plan, settings: &Settings) {
    let clears = matches!(plan, Plan::Edit(edit) if edit.clears());
    if keeping::may_have_changed(visit, head, clears, &settings.config) {
        keep::forget(visit, settings);
    }
}

/// Decides about the origin's response and does what was decided. Answers with an array of one text where nothing is decided before the
/// page is shown that this text tells, or was waited for.
fn finish(
    request: &Request,
    response: Option<Response>,
    error: &JsValue,
    env: &Env,
    context: &Context,
    asked: Asked,
) -> Result<JsValue, JsValue> {
    let visit = read(request);
    let settings = match &visit {
        Some(visit) => isolate_state::settings_of(visit, env),
        None => isolate_state::settings(env),
    };
    let on = settings.config.switched;
    let lines = lines_of_part(visit.as_ref(), response.as_ref(), &settings.config)?;
    if let Some(page) = awaited(visit.as_ref(), lines.as_deref(), &asked, &settings.config) {
        return Ok(page);
    }
    if let Some(visit) = visit.as_ref().filter(|_| on.learns() && asked.was_begun()) {
        isolate_state::learning(|learning| {
            doing::ends(visit, &settings.config, &mut learning.session_order);
        });
    }
    let Some(response) = response else {
        if let Some(visit) = visit.as_ref().filter(|_| on.learns()) {
            navigations::unanswered(visit, &settings);
        }
        return failed(&unanswered(&js::text(error), request.body().is_some())).map(Into::into);
    };
    let Some(visit) = visit.filter(|_| on.learns()) else { return Ok(response.into()) };
    let header = |name: &str| response.headers().get(name).ok().flatten();
    // They could be read now, if they had to be.
    let set_cookies = || js::set_cookies(&response).unwrap_or_default();
    let (head, left) = head_of(&visit, &response, lines.as_deref(), &settings.config)?;
    let scope = Scope { request, env, context, settings: &settings };
    let is_page = head.content == Content::Page;
    if is_page {
        js::count_view();
    }
    observe::redirect(&visit, &head, &scope);
    let sheet = || Some((visit.site()?, path_and_query(&visit.url)));
    let samples = |what| {
        isolate_state::samples(what, &settings.config, sheet)
            && (matches!(what, Sampling::Beacon { .. }) || observe::teaches(&visit))
    };
    let exchange =
        Exchange::read(&visit, &head, &settings.config).told_by(navigations::may_tell(&settings.config));
    let rule_sets = snapshot_cache::rule_sets(&visit, &settings);
    let Asked { took_ms, body, .. } = asked;
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)] // milliseconds of a request
    let since = now().saturating_sub(took_ms.max(0.0) as u64);
    let is_routine = is_routine(&visit, &head, body.as_deref(), &settings.config);
    let policy = || header("referrer-policy");
    let Answer { seen, is_witness, is_watched } = take_in(&visit, &head, &settings.config, policy, since);
    let is_told = report::is_told(&visit, &settings.config);
    let (plan, by_session, holds_for) = snapshot_cache::with_next(&visit, &settings, |known| {
        let guidance = exchange.guidance(known);
        let (plan, holds_for) = snapshot_cache::with_known(&visit, &settings, |knowledge, leads_to| {
            let learned = Learned { knowledge, leads_to, guidance, rule_sets: &rule_sets, seen, is_routine };
            let plan = plan::plan(&visit, &head, learned, &settings.config, &mut IsolateAmbient(samples));
            let holds_for =
                plan::holds_for(&visit, knowledge.known(), exchange.has_session, &settings.config);
            if is_told {
                return (timing::told(plan, knowledge, exchange.has_session), holds_for);
            }
            (plan, holds_for)
        });
        (plan, depends_on_session(known.as_ref(), &settings.config), holds_for)
    });
    let plan = with_refusal(plan, &visit, &settings).with_set_cookies(left);
    was_planned(&exchange, &plan, &settings);
    isolate_state::learning(|learning| {
        let kept = (&mut learning.session_order, &mut learning.first_cookies);
        doing::given_ahead(&visit, &head, &plan, &settings.config, kept, (since, now()));
    });
    forget_changed(&visit, &head, &plan, &settings);
    let is_excluded = exchange.source.is_navigation
        && exchange.has_session
        && snapshot_cache::is_harmful(&visit, &settings);
    let is_refused = matches!(plan, Plan::Refuse(_));
    let is_deferred = matches!(&plan, Plan::Edit(edit) if edit.deferred().is_some());
    let how = Answered { is_refused, is_deferred, is_excluded, is_witness, took_ms, at: now() };
    let ineligible = navigations::record(&exchange, how, header, set_cookies, &scope);
    let is_suspected = navigations::suspected(&exchange, header, set_cookies, &settings);
    // Its rules go by cookies that no decision knows.
    let is_editor = is_page && settings.config.urls.unsafe_urls.is_editor(&visit.url);
    let must_be_seen =
        is_suspected || is_watched || is_editor || ineligible.is_some_and(|why| why.must_be_seen());
    let circumstances = Circumstances {
        must_be_seen: must_be_seen || is_told,
        may_echo: settings.origin.may_echo(visit.url.as_str()),
        depends_on_session: by_session,
        has_session: exchange.has_session,
        holds_for,
        edits_documents: html_edits::are_usual(&settings.config),
    };
    if let Some(replay) = replay::decide(&visit, &head, &plan, &circumstances, header)
        // Last, since it costs a look into long tables.
        && !replay::may_clear(&visit, &settings.config)
    {
        remember(&request.url(), &replay);
    }
    let served = if matches!(&plan, Plan::Edit(edit) if is_page && edit.observe.is_some()) {
        js::take_served(&request.url())
    } else {
        1
    };
    let asked = respond::Asked { served, since, is_witness };
    let answer = respond::carry_out(plan, response, visit, head, asked, &scope).map_err(Into::into);
    decisions::write_points(env);
    answer
}

/// Reads the head of an answer, and says which of its `Set-Cookie` lines are handed on, where not all are: `lines`, of what a page has loaded
/// by itself. What is not handed on is not in the head, either.
///
/// # Errors
/// Where these lines have to be read and cannot be.
fn head_of(
    visit: &Visit,
    response: &Response,
    lines: Option<&[String]>,
    config: &Config,
) -> Result<(Head, Option<Vec<String>>), JsValue> {
    let header = |name: &str| response.headers().get(name).ok().flatten();
    let mut unread = None;
    let set_cookies = || js::set_cookies(response).map_err(|error| unread = Some(error)).unwrap_or_default();
    let mut head = Head::read(visit, response.status(), header, set_cookies);
    if let Some(error) = unread {
        return Err(error);
    }
    let Some(lines) = lines else { return Ok((head, None)) };
    let left = isolate_state::learning(|learning| {
        doing::left_of_part(visit, lines, config, &mut learning.first_cookies, now())
    });
    if let Some(left) = left.as_ref().filter(|_| !head.set_cookies.is_empty()) {
        head.set_cookies.clone_from(left);
    }
    Ok((head, left))
}

/// By what the page is told that is to be shown before these lines of what it has loaded are decided about, as `host.js` takes it, where it
/// was not waited for.
fn awaited(
    visit: Option<&Visit>,
    lines: Option<&[String]>,
    asked: &Asked,
    config: &Config,
) -> Option<JsValue> {
    let (visit, lines) = visit.zip(lines).filter(|_| !asked.has_waited)?;
    let page = isolate_state::learning(|learning| {
        doing::awaited(visit, lines, config, &learning.first_cookies, now())
    })?;
    Some(Array::of1(&JsValue::from_str(&page.to_string())).into())
}

/// The `Set-Cookie` lines of an answer to what a page that was fetched ahead has loaded by itself; `None` for any other answer.
///
/// # Errors
/// Where they cannot be read.
fn lines_of_part(
    visit: Option<&Visit>,
    response: Option<&Response>,
    config: &Config,
) -> Result<Option<Vec<String>>, JsValue> {
    let asked = visit.zip(response).filter(|_| config.switched.learns());
    let Some((visit, response)) = asked else { return Ok(None) };
    // Whose page it is takes many fields to tell, and most of what pages load sets nothing.
    let is_any_given = isolate_state::learning(|learning| !learning.first_cookies.is_empty());
    let is_setting = || response.headers().get("set-cookie").ok().flatten().is_some();
    let may_be_taken = || {
        isolate_state::learning(|learning| doing::may_be_taken(visit, config, &learning.first_cookies, now()))
    };
    if !is_any_given || !is_setting() || !may_be_taken() {
        return Ok(None);
    }
    js::set_cookies(response).map(Some)
}

/// Says why a speculation is refused, where it is, and counts for the report what was decided, where there is one.
fn was_planned(exchange: &Exchange<'_>, plan: &Plan, settings: &Settings) {
    if let Plan::Refuse(refusal) = plan {
        say_refused(&refusal.why, settings);
    }
    if settings.config.report.is_some() {
        count(exchange, plan, settings);
    }
}

/// Counts an answer for the report.
fn count(exchange: &Exchange<'_>, plan: &Plan, settings: &Settings) {
    let (visit, config) = (exchange.visit, &settings.config);
    let from = exchange.source.from.as_deref().filter(|_| exchange.is_next);
    let learned = from.and_then(|from| snapshot_cache::eagerness(visit, from, visit.url.path(), settings));
    isolate_state::count(visit.site().as_deref(), config, || {
        let mut counted = counting::of_answer(exchange, plan, learned, config);
        if let Plan::Refuse(refusal) = plan {
            counted.push((counting::of_reason(&refusal.why), 1));
        }
        counted
    });
    let cookies = counting::cookies(exchange, plan, config, now());
    let deferred = cookies.iter().filter(|(_, _, fate)| *fate == Fate::Deferred).count();
    let deferred = vec![(Counted::Deferred(Deferred::Cookie), deferred as u64)];
    isolate_state::count(visit.site().as_deref(), config, || deferred);
    isolate_state::count_cookies(visit, cookies, config);
}

/// What this isolate makes of an answer.
struct Answer {
    seen: Seen,
    /// Whether its visitor may tell what a page does.
    is_witness: bool,
    /// Whether it is of a page of which that is to be told.
    is_watched: bool,
}

/// Has this isolate take in what the origin has answered to a request that it was asked at `since`.
fn take_in(
    visit: &Visit,
    head: &Head,
    config: &Config,
    policy: impl Fn() -> Option<String>,
    since: u64,
) -> Answer {
    let rotates = visit.is_speculative_navigation() && isolate_state::does_rotate(visit);
    isolate_state::learning(|learning| {
        let (known, at) = (&mut learning.known_sessions, now());
        let is_witness = witness::is_witness(visit, head, config, known, at);
        doing::answered(visit, head, is_witness, config, &mut learning.session_order, at);
        doing::changes(visit, head, config, &mut learning.changed_cookies, at);
        forms::given(visit, head, config, &mut learning.last_pages, at);
        shown::take_back(visit, head, known, config, &mut learning.quarantine, policy, at);
        witness::answered(visit, head, config, known, at);
        let seen = Seen {
            rotates,
            overtaken: doing::overtaken(visit, head, &learning.session_order, since),
            parts_begin: doing::do_parts_begin(visit, &learning.first_cookies, at),
            leads_on: shown::leads_on(visit, head, config, &learning.quarantine, at),
        };
        let is_page = head.content == Content::Page;
        Answer {
            seen,
            is_witness,
            is_watched: is_page && shown::is_watched(visit, config, &learning.quarantine),
        }
    })
}

/// Whether pages send a request by themselves, and says so where it may count visits.
fn is_routine(visit: &Visit, head: &Head, body: Option<&str>, config: &Config) -> bool {
    let posted = body.and_then(|body| routine::dialect(visit, config)?.read(body));
    let is_learned =
        routine::sent(visit, head, posted.as_ref(), config).is_some_and(|Sent { site, page, target }| {
            isolate_state::learning(|learning| learning.routine.sent(&site, &page, &target))
        });
    if is_learned && let Some(proposal) = routine::proposal(visit, posted.as_ref(), config) {
        isolate_state::log_once("proposals", &proposal);
    }
    routine::is_routine(visit, posted.as_ref(), is_learned)
}

/// Leaves a decision with `fast_path.js`.
fn remember(url: &str, replay: &Replay) {
    let kept = serde_json::to_string(replay)
        .map_err(|error| Fault::new(Blame::Headstart, error.to_string()))
        .and_then(|json| js::remember(url, &json).map_err(|error| js::fault(&error)));
    if let Err(fault) = kept {
        isolate_state::log_fault(&fault.during("a decision cannot be replayed"));
    }
}

/// Tells the visitor why there is no response of the origin.
fn failed(fault: &Fault) -> Result<Response, JsValue> {
    isolate_state::log_fault(fault);
    let answer = own_responses::build(&own_answers::failed(fault));
    answer.ok_or_else(|| JsValue::from_str(&fault.message))
}
