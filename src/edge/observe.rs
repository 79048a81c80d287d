//! Learns from a response after it has gone out: pages and stylesheets are read from a copy, redirects from their head. The
//! observations of an isolate go to the learners in batches.

use super::isolate_state::{self, Settings};
use super::js::{self, Pieces, Stub};
use super::waits::within;
use super::{LEARNER, Scope, navigations, now, robots, snapshot_cache};
use crate::fault::{Blame, Fault};
use crate::head::Head;
use crate::learn::body_reader::{BodyRead, BodyReader, Kept, Shelves};
use crate::learn::figures::Figures;
use crate::learn::message::{ERASE, Erasure, FIGURES, NAVIGATIONS, OBSERVATIONS, SALT, SHEET, WantedSheet};
use crate::learn::names::NameKey;
use crate::learn::next::visitor::{Salt, day_of};
use crate::learn::observation::SheetObservation;
use crate::learn::observation_buffer::Observed;
use crate::learn::readings;
use crate::learn::reports;
use crate::learn::turns;
use crate::plan::redirect::{self, Led, Redirect};
use crate::plan::{self, ObserveMode, teaching};
use crate::published::hint_snapshot::learner_name;
use crate::published::next_page_snapshot::next_page_learner_name;
use crate::visit::Visit;
use js_sys::{Array, Promise, Uint8Array};
use serde::Serialize;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{ReadableStream, Response};
use worker::{Delay, Env};

/// The name of the object that keeps the day's key, and nothing else.
const SALT_KEEPER: &str = "salt";

/// How long a learner may take to answer, in milliseconds: to be asked to forget a page, say, after which it publishes.
const ANSWER_MS: u64 = 10_000;

/// How much of a body is read at a time, in bytes: some two milliseconds of work, and of markup that was made to take long nine.
const SLICE_BYTES: u32 = 16 * 1024;

/// Reads `copy`, a page's or a stylesheet's, in `wait_until`. `served` is the number of views that it stands for.
pub(super) fn read(
    copy: ReadableStream,
    visit: &Visit,
    head: &Head,
    mode: ObserveMode,
    served: u32,
    scope: &Scope<'_>,
) {
    let reader = match mode {
        ObserveMode::Compared => Some(BodyReader::comparing(visit)),
        ObserveMode::New | ObserveMode::Known => {
            BodyReader::new(visit, head, &scope.settings.config.urls.inert_parameters)
        }
    };
    let is_compared = plan::is_compared_between_visitors(visit, head, &scope.settings.config);
    let reader = reader.map(|reader| if is_compared { reader.comparing_visitors() } else { reader });
    let site = visit.site();
    let here = visit.url.origin().ascii_serialization();
    let address = visit.visitor_address().map(str::to_owned);
    let cookies = visit.cookies().to_owned();
    let learns_hints = teaching::learns_hints(visit, head, &scope.settings.config);
    let (env, settings) = scope.owned();
    let is_new = mode == ObserveMode::New;
    let preloads = snapshot_cache::preloads(visit, &settings);
    scope.context.wait_until(async move {
        let (Some(reader), Some(site)) = (reader, site) else {
            // Unread, this branch would keep the other branch's bytes in memory.
            let _ = JsFuture::from(copy.cancel()).await;
            return;
        };
        let read = match read_body(&copy, reader).await {
            Ok(Some(read)) => read,
            Ok(None) => {
                let _ = JsFuture::from(copy.cancel()).await;
                return;
            }
            // The origin may have gone away. Half a page would teach that the other half is not there.
            Err(error) => {
                let fault = Fault::new(Blame::Origin, js::text(&error));
                isolate_state::log_fault(
                    &fault.during("a response could not be read to its end, so it teaches nothing"),
                );
                return;
            }
        };
        if let BodyRead::Page { findings, .. } = &read
            && let Some(told) = settings.origin.is_named_by(|origin| findings.names(origin), &here)
        {
            isolate_state::log_once(&told);
        }
        let config = &settings.config;
        let (kept, visitor) = isolate_state::learning(|learning| {
            for suspect in read.suspects() {
                learning.suspects.suspect(&site, &suspect.shape, suspect.rule, now());
            }
            let visitor = learning.navigations.visitor(address.as_deref());
            let shelves = Shelves {
                site_urls: &mut learning.site_urls,
                navigations: config.learns_next_pages().then_some(&mut learning.navigations),
                learns_hints,
                visitor,
                cookies: &cookies,
            };
            (read.keep(&site, served, shelves, now()), visitor)
        });
        match kept {
            Kept::All => {}
            Kept::Page => send_all_if_due(is_new, &env, &settings).await,
            Kept::Observation(observation) => {
                let is_news = is_new || reports::is_renewed(&preloads, &observation.resources);
                gather(&site, Observed::View(observation, visitor), is_news, &env, &settings).await;
            }
        }
    });
}

/// Whether what is answered to a request may teach others.
pub(super) fn teaches(visit: &Visit) -> bool {
    let names_another_host = visit.names_another_host();
    if names_another_host {
        say_untrusted();
    }
    !names_another_host
}

/// Says why requests teach nothing that name another host than their URL does.
fn say_untrusted() {
    isolate_state::log_once(
        "a request names another host (X-Forwarded-Host and the like); such requests teach nothing",
    );
}

/// Learns where a URL of the site leads: to another origin, or no longer.
pub(super) fn redirect(visit: &Visit, head: &Head, scope: &Scope<'_>) {
    if !scope.settings.config.hints.is_on {
        return;
    }
    let is_known = || snapshot_cache::with_known(visit, scope.settings, |_, leads_to| leads_to.is_some());
    let is_watched = || {
        let site = visit.site().unwrap_or_default();
        isolate_state::learning(|learning| learning.observations.watches_redirects(&site, visit.url.path()))
    };
    if let Some(Led { site, to }) =
        redirect::led(visit, head, || is_watched() || is_known(), &scope.settings.config)
    {
        let address = visit.visitor_address();
        if isolate_state::teaches(&site, |navigations| navigations.visitor(address)) {
            isolate_state::learning(|learning| {
                let visitor = learning.navigations.visitor(address);
                learning.observations.add_redirect(&site, visit.url.path(), to, visitor);
            });
        }
    }
    let is_any_known = isolate_state::learning(|learning| learning.site_urls.has_redirects());
    match redirect::read(visit, head, is_any_known, &scope.settings.config) {
        None => {}
        Some(Redirect::Untrusted) => say_untrusted(),
        Some(Redirect::Leads { site, name, target, clicked_on }) => isolate_state::learning(|learning| {
            if let Some(name) = name {
                learning.site_urls.put_redirect(&site, &name, target.clone());
            }
            if let (Some(path), Some(target)) = (clicked_on, target) {
                learning.observations.add_click(&site, &path, target);
            }
        }),
    }
}

/// Adds an observation, and sends everything that this isolate has gathered when it is this request's turn.
pub(super) async fn gather(site: &str, observed: Observed, is_new: bool, env: &Env, settings: &Settings) {
    let pace = isolate_state::pace(&settings.config);
    if !isolate_state::teaches(site, |_| observed.visitor()) {
        return;
    }
    let is_sender = isolate_state::learning(|learning| {
        learning.observations.add(site, observed, is_new, pace, now(), views())
    });
    if is_sender {
        send_all(env, settings).await;
    }
}

/// Sends everything that this isolate has gathered when it is this request's turn. `is_new` says that something waits
/// that is worth an early call.
pub(super) fn send_if_due(is_new: bool, site: &str, scope: &Scope<'_>) {
    let pace = isolate_state::pace(&scope.settings.config);
    if !isolate_state::learning(|learning| learning.observations.is_turn(is_new, pace, now(), views())) {
        return;
    }
    let (env, settings) = scope.owned();
    let wants_robots = isolate_state::is_taught(site)
        && isolate_state::learning(|learning| learning.navigations.wants_robots(site, now()));
    let url = wants_robots.then(|| scope.request.url());
    let site = site.to_owned();
    scope.context.wait_until(async move {
        if let Some(url) = url
            && let Some(said) = robots::read(&url, &env, &settings).await
        {
            isolate_state::learning(|learning| learning.navigations.robots(&site, said));
        }
        send_all(&env, &settings).await;
    });
}

/// The same where there is no request at hand any more.
async fn send_all_if_due(is_new: bool, env: &Env, settings: &Settings) {
    let pace = isolate_state::pace(&settings.config);
    if isolate_state::learning(|learning| learning.observations.is_turn(is_new, pace, now(), views())) {
        send_all(env, settings).await;
    }
}

/// Waits for more to come, and sends everything.
async fn send_all(env: &Env, settings: &Settings) {
    let pace = isolate_state::pace(&settings.config);
    Delay::from(Duration::from_millis(pace.wait_ms)).await;
    let shards = settings.config.learning.shards;
    // Without the keys nothing that is sent could be hidden.
    let salt = match todays_salt(env).await {
        Ok(salt) => salt,
        Err(fault) => {
            isolate_state::learning(|learning| learning.observations.is_not_sent());
            return failed(fault);
        }
    };
    if settings.config.report.is_some() {
        // Views that replayed decisions have answered are counted by their notes.
        navigations::take_replayed(settings);
    }
    isolate_state::drop_untaught();
    let (batches, navigations) = isolate_state::learning(|learning| {
        let mut batches = learning.observations.take(shards, &learning.site_urls, &salt);
        let mut navigations = learning.navigations.take();
        learning.tallies.join(&mut batches, &mut navigations);
        let calls = batches.len() + navigations.len();
        learning.observations.charge(calls as u64, pace, now(), views());
        (batches, navigations)
    });
    // At once: a request may go on for half a minute, and one learner that hangs is not to cost what is for the others.
    let sent = Array::new();
    for batch in batches {
        sent.push(&sending(learner_name(&batch.site, batch.shard), OBSERVATIONS, batch, env));
    }
    for batch in navigations {
        sent.push(&sending(next_page_learner_name(&batch.site), NAVIGATIONS, batch, env));
    }
    // None of them fails.
    let _ = JsFuture::from(Promise::all(&sent)).await;
}

/// Sends a batch to the learner of this name. What becomes of it stands in the log.
fn sending<T: Serialize + 'static>(name: String, path: &'static str, batch: T, env: &Env) -> Promise {
    let env = env.clone();
    future_to_promise(async move {
        if let Err(fault) = send(&name, path, &batch, &env).await {
            failed(fault);
        }
        Ok(JsValue::UNDEFINED)
    })
}

/// Logs that a learner or the keeper of the day's key could not be reached. The message is the same for all of them, so that
/// it is logged once.
pub(super) fn failed(fault: Fault) {
    isolate_state::log_fault(&fault.during("what was seen could not be sent to the learner"));
}

/// Today's key for telling visitors apart, from the object that keeps it.
async fn salt(env: &Env) -> Result<Salt, Fault> {
    let text = text(&call(SALT_KEEPER, SALT, None, env).await?).await?;
    serde_json::from_str(&text).map_err(|error| Fault::new(Blame::Headstart, error.to_string()))
}

/// The key by which paths are hidden that few visitors know. It comes with today's key.
pub(super) async fn names(env: &Env) -> Result<NameKey, Fault> {
    Ok(todays_salt(env).await?.names)
}

/// Today's key, which this isolate keeps from then on.
pub(super) async fn todays_salt(env: &Env) -> Result<Salt, Fault> {
    let known = isolate_state::learning(|learning| learning.navigations.salt(day_of(now())));
    if let Some(salt) = known {
        return Ok(salt);
    }
    let salt = salt(env).await?;
    isolate_state::learning(|learning| learning.navigations.set_salt(salt));
    Ok(salt)
}

/// How many views of pages this isolate has served.
pub(super) fn views() -> u64 {
    // A positive whole number, far below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let views = js::served_views() as u64;
    views
}

/// Reads a body, to its end or as far as it is wanted. `None` where there is no room to hold it.
///
/// The copy and the visitor's own branch come from one stream, and wasm holds the one thread of both. So what takes time is read
/// only when the copy is there as a whole, and then in slices between which everything else goes on.
async fn read_body(copy: &ReadableStream, mut reader: BodyReader) -> Result<Option<BodyRead>, JsValue> {
    let Some(most) = reader.held_bytes() else { return read_as_it_comes(copy, reader).await.map(Some) };
    let room = isolate_state::learning(|learning| learning.readings.begin(most, now()));
    let Some(room) = room else { return Ok(None) };
    // A few seconds.
    #[allow(clippy::cast_precision_loss)]
    let held = js::start(copy, most, readings::WITHIN_MS as f64).await;
    let mut left = held.inspect_err(|_| give_back(room))?;
    let mut slice = Vec::new();
    while left.length() > 0 {
        Delay::from(Duration::ZERO).await;
        let length = left.length().min(SLICE_BYTES);
        slice.resize(length as usize, 0);
        left.subarray(0, length).copy_to(&mut slice);
        if !reader.write(&slice) {
            break;
        }
        left = left.subarray(length, left.length());
    }
    give_back(room);
    Ok(Some(reader.end(now())))
}

fn give_back(room: (u64, usize)) {
    isolate_state::learning(|learning| learning.readings.end(room));
}

/// Reads a body of which nothing is held.
async fn read_as_it_comes(copy: &ReadableStream, mut reader: BodyReader) -> Result<BodyRead, JsValue> {
    let pieces = Pieces::of(copy)?;
    let mut piece = Vec::new();
    loop {
        let next = JsFuture::from(pieces.next()).await?;
        let Some(view) = next.dyn_ref::<Uint8Array>() else { break };
        piece.resize(view.length() as usize, 0);
        view.copy_to(&mut piece);
        if !reader.write(&piece) {
            pieces.cancel();
            break;
        }
    }
    Ok(reader.end(now()))
}

/// What a third party's stylesheet has a browser fetch, by the learner of the site that asks third parties; `None` where that does not
/// know.
pub(super) async fn sheet(wanted: &WantedSheet, env: &Env) -> Option<SheetObservation> {
    let body = serde_json::to_string(wanted).ok()?;
    let answered = call(&learner_name(&wanted.site, 0), SHEET, Some(&body), env).await;
    let answered = match answered {
        Ok(response) => text(&response).await,
        Err(fault) => Err(fault),
    };
    match answered {
        Ok(text) => serde_json::from_str(&text).ok()?,
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
    let text = text(&call(name, FIGURES, None, env).await?).await?;
    serde_json::from_str(&text).map_err(|error| Fault::new(Blame::Headstart, error.to_string()))
}

/// Has the learner of this name forget something.
pub(super) async fn erase(name: &str, erasure: &Erasure, env: &Env) -> Result<(), Fault> {
    send(name, ERASE, erasure, env).await
}

async fn send<T: Serialize>(name: &str, path: &str, message: &T, env: &Env) -> Result<(), Fault> {
    let body =
        serde_json::to_string(message).map_err(|error| Fault::new(Blame::Headstart, error.to_string()))?;
    let response = call(name, path, Some(&body), env).await?;
    let turn = response.headers().get(turns::FIELD).ok().flatten().and_then(|wait| wait.parse().ok());
    if let Some(wait_ms) = turn {
        let turn_at = now().saturating_add(turns::LONGEST_MS.min(wait_ms));
        isolate_state::learning(|learning| learning.observations.wait_until(turn_at));
    }
    Ok(())
}

/// Calls the learner or keeper of this name.
async fn call(name: &str, path: &str, body: Option<&str>, env: &Env) -> Result<Response, Fault> {
    let learners = env.durable_object(LEARNER).map_err(|_| {
        let message = format!(
            "the Durable Object binding {LEARNER} does not exist; add it to [durable_objects] in wrangler.toml"
        );
        Fault::new(Blame::Configuration, message)
    })?;
    let learner = learners.get_by_name(name).map_err(|error| unsent(&error))?.into_rpc::<Stub>();
    let request = js::post(&format!("https://learner{path}"), body).map_err(|error| unsent(&error.into()))?;
    let answered = within(learner.ask(&request), ANSWER_MS).await?;
    let response: Response = answered.and_then(JsValue::dyn_into).map_err(|error| unsent(&error.into()))?;
    match response.status() {
        200..=299 => Ok(response),
        status => Err(Fault::new(Blame::Headstart, format!("it answered {status}"))),
    }
}

/// The text of an answer.
async fn text(response: &Response) -> Result<String, Fault> {
    let text = within(response.text(), ANSWER_MS).await?;
    text.map(|text| text.as_string().unwrap_or_default()).map_err(|error| unsent(&error.into()))
}

fn unsent(error: &worker::Error) -> Fault {
    Fault::new(Blame::Platform, error.to_string())
}
