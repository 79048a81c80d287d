//! Calls learners, and the keeper of the day's key: an isolate sends what it has gathered in batches, and asks for what it needs.

use super::isolate_state::{self, Settings};
use super::js::{self, Stub};
use super::waits::within;
use super::{LEARNER, Scope, navigations, now, robots};
use crate::fault::{Blame, Fault};
use crate::json;
use crate::learn::figures::Figures;
use crate::learn::message::{ERASE, Erasure, FIGURES, SALT, SHEET, WantedSheet};
use crate::learn::names::NameKey;
use crate::learn::next::visitor::{Salt, day_of};
use crate::learn::observation::SheetObservation;
use crate::learn::observation_buffer::{Observed, Pace};
use crate::learn::outbox::Moment;
use crate::learn::sending::{self, Sending};
use crate::learn::turns::{self, Turn};
use crate::published::hint_snapshot::learner_name;
use js_sys::{Array, Promise};
use serde::Serialize;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Response;
use worker::{Delay, Env};

/// The name of the object that keeps the day's key, and nothing else.
const SALT_KEEPER: &str = "salt";

/// How long a learner may take to answer, in milliseconds: to be asked to forget a page, say, after which it publishes.
const ANSWER_MS: u64 = 10_000;

/// How long a request may take to gather what waits and to send it, in milliseconds: the platform lets it go on for half a minute.
const SENDING_MS: u64 = 29_000;

/// How much of that must be left for learners to answer, in milliseconds. Otherwise it is sent later.
const LEAST_MS: u64 = 3_000;

/// Adds an observation, and sends everything that this isolate has gathered when it is this request's turn.
pub(super) async fn gather(site: &str, observed: Observed, is_new: bool, env: &Env, settings: &Settings) {
    if !isolate_state::teaches(site, |_| observed.visitor()) {
        return;
    }
    let (pace, shards) = (isolate_state::pace(&settings.config), settings.config.learning.shards);
    let is_sender = isolate_state::learning(|learning| {
        learning.outbox.observe(site, observed, is_new, shards, pace, moment())
    });
    if is_sender {
        send_all(env, settings).await;
    }
}

/// Sends everything that this isolate has gathered when it is this request's turn. `is_new` says that something waits
/// that is worth an early call.
pub(super) fn send_if_due(is_new: bool, site: &str, scope: &Scope<'_>) {
    if !is_turn(is_new, site, scope.settings) {
        return;
    }
    let wants_robots = isolate_state::is_taught(site)
        && isolate_state::learning(|learning| learning.outbox.navigations.wants_robots(site, now()));
    if wants_robots {
        // Beside what follows, which has little time to spare.
        let ((env, settings), site, url) = (scope.owned(), site.to_owned(), scope.request.url());
        scope.context.wait_until(async move {
            if let Some(said) = robots::read(&url, &env, &settings).await {
                isolate_state::learning(|learning| learning.outbox.navigations.robots(&site, said));
            }
        });
    }
    let (env, settings) = scope.owned();
    scope.context.wait_until(async move { send_all(&env, &settings).await });
}

/// The same where there is no request at hand any more.
pub(super) async fn send_all_if_due(is_new: bool, site: &str, env: &Env, settings: &Settings) {
    if is_turn(is_new, site, settings) {
        send_all(env, settings).await;
    }
}

/// Whether this request is to send, since something waits for the next-page learner of a site.
fn is_turn(is_new: bool, site: &str, settings: &Settings) -> bool {
    let pace = isolate_state::pace(&settings.config);
    isolate_state::learning(|learning| learning.outbox.is_turn(site, is_new, pace, moment()))
}

/// Waits for more to come, and sends what waits for learners that are due.
async fn send_all(env: &Env, settings: &Settings) {
    let pace = isolate_state::pace(&settings.config);
    let until = now().saturating_add(SENDING_MS);
    Delay::from(Duration::from_millis(pace.wait_ms)).await;
    let shards = settings.config.learning.shards;
    // Without the keys nothing that is sent could be hidden.
    let salt = match todays_salt(env).await {
        Ok(salt) => salt,
        Err(fault) => {
            isolate_state::learning(|learning| learning.outbox.is_not_sent());
            return failed(fault);
        }
    };
    if now().saturating_add(LEAST_MS) > until {
        // The key took so long that no learner could answer in time.
        isolate_state::learning(|learning| learning.outbox.is_not_sent());
        return;
    }
    if settings.config.report.is_some() {
        // Views that replayed decisions have answered are counted by their notes.
        navigations::take_replayed(settings);
    }
    isolate_state::drop_untaught();
    let (batches, navigations) = isolate_state::learning(|learning| {
        learning.outbox.take(shards, &learning.site_urls, &salt, pace, moment(), until)
    });
    // At once: a request may go on for half a minute, and one learner that hangs is not to cost what is for the others.
    let sent = Array::new();
    for batch in batches {
        sent.push(&sending(batch, pace, until, env));
    }
    for batch in navigations {
        sent.push(&sending(batch, pace, until, env));
    }
    // None of them fails.
    let _ = JsFuture::from(Promise::all(&sent)).await;
}

/// Sends a batch to its learner, and heeds when that wants to be called again. It has until a time in milliseconds since the epoch. What
/// becomes of it stands in the log.
fn sending<T: Sending + 'static>(mut batch: T, pace: Pace, until: u64, env: &Env) -> Promise {
    let env = env.clone();
    future_to_promise(async move {
        let sent = send_batch(&mut batch, until, &env).await;
        let turn = sent.as_ref().ok().copied();
        isolate_state::learning(|learning| learning.outbox.answered(&batch, turn, pace, now()));
        sent.err().into_iter().for_each(failed);
        Ok(JsValue::UNDEFINED)
    })
}

/// Sends a batch to its learner. Answers whether it was taken in, and when the next one may be sent.
async fn send_batch<T: Sending>(batch: &mut T, until: u64, env: &Env) -> Result<Turn, Fault> {
    let body = sending::body(batch).map_err(|error| Fault::new(Blame::Headstart, error.to_string()))?;
    let response = ask(&batch.learner(), T::PATH, Some(&body), until.saturating_sub(now()), env).await?;
    let said = response.headers().get(turns::FIELD).ok().flatten().and_then(|wait| wait.parse().ok());
    let wait_ms: u64 = said.unwrap_or_default();
    if response.status() == turns::TOO_MANY {
        // It gives a turn; should it not, isolates gather for a while all the same.
        return Ok(Turn { is_taken: false, wait_ms: wait_ms.max(turns::SHORTEST_MS) });
    }
    succeeded(&response)?;
    Ok(Turn { is_taken: true, wait_ms })
}

/// Logs that a learner or the keeper of the day's key could not be reached. The message is the same for all of them, so that
/// it is logged once.
pub(super) fn failed(fault: Fault) {
    isolate_state::log_fault(&fault.during("what was seen could not be sent to the learner"));
}

/// Today's key for telling visitors apart, from the object that keeps it.
async fn salt(env: &Env) -> Result<Salt, Fault> {
    let text = told(SALT_KEEPER, SALT, None, env).await?;
    json::read(&text).map_err(|error| Fault::new(Blame::Headstart, error.to_string()))
}

/// The key by which paths are hidden that few visitors know. It comes with today's key.
pub(super) async fn names(env: &Env) -> Result<NameKey, Fault> {
    Ok(todays_salt(env).await?.names)
}

/// Today's key, which this isolate keeps from then on.
pub(super) async fn todays_salt(env: &Env) -> Result<Salt, Fault> {
    let known = isolate_state::learning(|learning| learning.outbox.navigations.salt(day_of(now())));
    if let Some(salt) = known {
        return Ok(salt);
    }
    let salt = salt(env).await?;
    isolate_state::learning(|learning| learning.outbox.set_salt(salt));
    Ok(salt)
}

/// How many views of pages this isolate has served.
pub(super) fn views() -> u64 {
    // A positive whole number, far below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let views = js::served_views() as u64;
    views
}

/// This moment of the isolate.
fn moment() -> Moment {
    Moment { now: now(), views: views() }
}

/// What a third party's stylesheet has a browser fetch, by the learner of the site that asks third parties; `None` where that does not
/// know.
pub(super) async fn sheet(wanted: &WantedSheet, env: &Env) -> Option<SheetObservation> {
    let body = serde_json::to_string(wanted).ok()?;
    match told(&learner_name(&wanted.site, 0), SHEET, Some(&body), env).await {
        Ok(text) => json::read(&text).ok()?,
        Err(fault) => {
            isolate_state::log_fault(
                &fault.during("the site's first learner could not be asked for a stylesheet"),
            );
            None
        }
    }
}

/// What the learner of this name says for the report.
pub(super) async fn figures(name: &str, env: &Env) -> Result<Figures, Fault> {
    let text = told(name, FIGURES, None, env).await?;
    json::read(&text).map_err(|error| Fault::new(Blame::Headstart, error.to_string()))
}

/// Has the learner of this name forget something.
pub(super) async fn erase(name: &str, erasure: &Erasure, env: &Env) -> Result<(), Fault> {
    send(name, ERASE, erasure, env).await
}

async fn send<T: Serialize>(name: &str, path: &str, message: &T, env: &Env) -> Result<(), Fault> {
    let body =
        serde_json::to_string(message).map_err(|error| Fault::new(Blame::Headstart, error.to_string()))?;
    call(name, path, Some(&body), env).await.map(drop)
}

/// Calls the learner or keeper of this name, which is to succeed.
async fn call(name: &str, path: &str, body: Option<&str>, env: &Env) -> Result<Response, Fault> {
    let response = ask(name, path, body, ANSWER_MS, env).await?;
    succeeded(&response)?;
    Ok(response)
}

/// Calls the learner or keeper of this name, whatever it answers, within so many milliseconds.
async fn ask(
    name: &str,
    path: &str,
    body: Option<&str>,
    within_ms: u64,
    env: &Env,
) -> Result<Response, Fault> {
    let learners = js::objects(env, LEARNER).ok_or_else(|| {
        let message = format!(
            "the Durable Object binding {LEARNER} does not exist; add it to [durable_objects] in wrangler.toml"
        );
        Fault::new(Blame::Configuration, message)
    })?;
    let learner = learners.get_by_name(name).map_err(Fault::from)?.into_rpc::<Stub>();
    let request = js::post(&format!("https://learner{path}"), body)
        .map_err(|error| Fault::from(worker::Error::from(error)))?;
    let answered = within(learner.ask(&request), within_ms.min(ANSWER_MS)).await?;
    answered.and_then(JsValue::dyn_into).map_err(|error| Fault::from(worker::Error::from(error)))
}

fn succeeded(response: &Response) -> Result<(), Fault> {
    match response.status() {
        200..=299 => Ok(()),
        status => Err(Fault::new(Blame::Headstart, format!("it answered {status}"))),
    }
}

/// What the learner or keeper of this name answers, as a text. Its head and its body have the same time together.
async fn told(name: &str, path: &str, body: Option<&str>, env: &Env) -> Result<String, Fault> {
    let since = now();
    let response = call(name, path, body, env).await?;
    let left = ANSWER_MS.saturating_sub(now().saturating_sub(since)).max(1);
    let text = within(response.text(), left).await?;
    text.map(|text| text.as_string().unwrap_or_default())
        .map_err(|error| Fault::from(worker::Error::from(error)))
}
