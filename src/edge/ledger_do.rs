//! The ledger: a Durable Object that keeps what must reach the origin once, and sends it.
//!
//! # Why it exists
//!
//! A ticket may come back in any isolate of any place, and more than once: browsers repeat requests, and its URL stands on a
//! page. That its deferred request reaches the origin once needs one place that writes down that it was begun, and that goes
//! on when whoever asked is gone. Requests that a prerendering page sends are kept here until the page is activated.
//!
//! Each site has `LEDGER_SHARDS` of them, named `site/ledger/number`: a ticket's name, or the key of a prerendered page and
//! its visitor, leads to one ([`ledger::name_of`]). What each call does is written in [`crate::effects::ledger`]; here is
//! where the records lie, and how requests are sent.
//!
//! # What it stores
//!
//! It stores records in SQLite ([`sqlite_store`](super::sqlite_store)). Each is removed within a minute once it has ended, which is after
//! a quarter of an hour at the most; and with the last of them everything is, so that nothing is left of a ledger that nobody uses:
//!
//! | kind | key | value |
//! |---|---|---|
//! | `Ticket` | the ticket's name | a ticket, sealed, that is too long for a URL |
//! | `DeferredRequest` | a ticket's name; `page/number` for what was deferred for a page; `page!random` for what came late | the request, sealed since it contains cookies, and where it stands |
//! | `Rendered` | the key of a page and its visitor | `open`, or until when its last requests may still be under way |
//!
//! # Calls
//!
//! `POST`, any path; the body is one [`Message`] as JSON. Without the binding nothing is sealed, and nobody calls.
//!
//! | message | answer |
//! |---|---|
//! | `keep` | 200 `null`, 507 when there is no room |
//! | `ticket` | 200 with the ticket, or `null` |
//! | `redeem` | 200 `"first"`, `"known"` or `"full"` |
//! | `send` | 200 `{"now":[Set-Cookie lines]}`, `"known"` or `"full"`; 503 without a key |
//! | `open` | 200 `null`, 507 when there is no room |
//! | `hold` | 200 `"held"`, `"send"` or `"full"`; 503 without a key |
//! | `release` | 200 `null`, after what was deferred has been sent; what is not begun within 20 s, the alarm sends |
//! | what is none | 400; 413 when it is too large |
//!
//! What is answered is what is written. Should the alarm not be set after that, the answer is the same, and the work goes on.
//!
//! # Why it happens inside
//!
//! A request is written down without an `await` between looking and writing, so of a hundred that come at once one is the
//! first. The platform lets nothing leave the object before that is on disk; so whatever dies, the next one finds it. Were it
//! sent from outside, nobody would know of one that was begun and never ended. What is to be sent again, the alarm sends.

use super::isolate_state::{self, Settings};
use super::sqlite_store::SqliteStore;
use super::waits::within;
use super::{LEDGER, js, now, origin};
use crate::alarm;
use crate::effects::deferred_request::DeferredRequest;
use crate::effects::ledger::{self, Begun, Load, MAX_SENDING_MS, Outcome, RETRY_MS, Sent, TIMEOUT_MS};
use crate::effects::network;
use crate::effects::seal::Seal;
use crate::effects::ticket::Delivery;
use crate::fault::{Blame, Consequence, Fault};
use crate::json;
use crate::plan::holding::{Held, Late};
use crate::visit::Visit;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use worker::{Delay, DurableObject, Env, Request, Response, Result, State, durable_object};

/// What requests are sealed for. It must never change.
const PURPOSE: &str = "errand";

/// The largest message, in bytes.
const MAX_MESSAGE_BYTES: usize = 512 * 1024;

/// The status with which a ledger says that it has no room.
const FULL: u16 = 507;

/// What is said where a ledger does not answer.
const UNREACHED: &str = "a ledger of the site cannot be reached";

/// The field that says from which network a message comes, as a number; and the one by which a ledger says that it is nearly full.
const NETWORK: &str = "headstart-network";
const NEARLY_FULL: &str = "headstart-nearly-full";

/// What a ledger is asked for. Two versions of Headstart may talk to each other while one takes the place of the other, so
/// the words stay.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Message {
    /// Keep a ticket under its name.
    Keep { name: String, ticket: String },
    /// Give the ticket of this name.
    Ticket { name: String },
    /// A ticket of this name is redeemed that has nothing to be sent.
    Redeem { name: String },
    /// Send this, unless it was. What was promised by a ticket finds room where others find none any more.
    Send {
        name: String,
        #[serde(rename = "times")]
        delivery: Delivery,
        #[serde(rename = "errand")]
        request: DeferredRequest,
        is_promised: bool,
    },
    /// Defer what this page sends from now on, and forget what was deferred before. It was answered at that time: by that it is released.
    Open { page: String, since: Option<u64> },
    /// Defer this until the page is activated. It came at that time, by the clock of whoever took it.
    Hold {
        page: String,
        at: Option<u64>,
        #[serde(rename = "times")]
        delivery: Delivery,
        #[serde(rename = "errand")]
        request: DeferredRequest,
    },
    /// The page that was answered then is activated.
    Release { page: String, since: u64 },
}

/// How long the ledger may take to answer, in milliseconds: where it only reads and writes, and a browser may wait for a page that it
/// has asked for ahead; where it asks the origin once at the most; and where it sends what was deferred for a page.
const PREPARED_MS: u64 = 3_000;
const ANSWERED_MS: u64 = 2 * TIMEOUT_MS;
const RELEASED_MS: u64 = MAX_SENDING_MS + TIMEOUT_MS + PREPARED_MS;

/// How long is waited before a ledger is asked again.
const AGAIN: [Duration; 2] = [Duration::from_millis(500), Duration::from_secs(2)];

impl Message {
    /// How long its answer is waited for, in milliseconds.
    fn within_ms(&self) -> u64 {
        match self {
            Self::Keep { .. } | Self::Open { .. } | Self::Ticket { .. } => PREPARED_MS,
            Self::Redeem { .. } | Self::Send { .. } | Self::Hold { .. } => ANSWERED_MS,
            Self::Release { .. } => RELEASED_MS,
        }
    }
}

/// See the module's description.
#[durable_object(alarm)]
pub struct Ledger {
    state: State,
    env: Env,
    settings: Rc<Settings>,
    records: SqliteStore,
    /// How many records there are, once that was needed.
    load: RefCell<Option<Load>>,
}

impl DurableObject for Ledger {
    fn new(state: State, env: Env) -> Self {
        let settings = isolate_state::settings(&env);
        let records = SqliteStore::new(&state);
        Self { state, env, settings, records, load: RefCell::new(None) }
    }

    /// Takes one message, as JSON, and answers with JSON.
    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let network = request.headers().get(NETWORK)?.and_then(|network| network.parse().ok());
        let body = request.text().await?;
        if body.len() > MAX_MESSAGE_BYTES {
            return Response::error("message too large", 413);
        }
        let message = match json::read(&body) {
            Ok(message) => message,
            Err(error) => return Response::error(format!("not a message: {error}"), 400),
        };
        let response = self.answer(message, network).await?;
        if self.load.borrow().as_ref().is_some_and(Load::is_nearly_full) {
            response.headers().set(NEARLY_FULL, "1")?;
        }
        Ok(response)
    }

    /// Sends what was lost, or failed, and may be sent again, and removes what has ended. Where that fails, it rings again: the platform
    /// would ring six times more, within two minutes, and then never.
    async fn alarm(&self) -> Result<Response> {
        if let Err(error) = self.sweep().await {
            isolate_state::log_failed(error, "what is due in a ledger could not be done, and is tried again");
            self.state.storage().set_alarm(RETRY_MS).await?;
        }
        Response::empty()
    }
}

impl Ledger {
    /// Does what is due, and sets the alarm for what will be.
    async fn sweep(&self) -> Result<()> {
        let names = self.write(None, |records, load| ledger::sweep(records, load, now()))?;
        self.send_all(&names).await?;
        if ledger::next_alarm(&self.records, now())?.is_none() {
            return self.records.remove_all(&self.state).await;
        }
        self.wake().await
    }

    /// Does what a message from this network asks for.
    async fn answer(&self, message: Message, network: Option<u64>) -> Result<Response> {
        match message {
            Message::Keep { name, ticket } => {
                let is_kept = self.write(network, |records, load| {
                    ledger::keep_ticket(records, load, &name, &ticket, now())
                })?;
                self.tries_to_wake().await;
                if is_kept { Response::from_json(&()) } else { Response::error("full", FULL) }
            }
            Message::Ticket { name } => Response::from_json(&ledger::kept_ticket(&self.records, &name)?),
            Message::Send { name, delivery, request, is_promised } => {
                let Some(sealed) = self.sealed(&request) else { return Response::error("no key", 503) };
                let begun = self.write(network, |records, load| {
                    ledger::begin(records, load, &name, delivery, &sealed, is_promised, now())
                })?;
                match begun {
                    Begun::First => {}
                    Begun::Known => return Response::from_json(&Sent::Known),
                    Begun::Full => return Response::from_json(&Sent::Full),
                }
                // Should this be the last that is done here, the alarm goes on.
                let is_woken = self.tries_to_wake().await;
                let set_cookies = self.send(&name, &request).await;
                if !is_woken {
                    // It may have to be sent again.
                    self.tries_to_wake().await;
                }
                Response::from_json(&Sent::Now(set_cookies))
            }
            Message::Redeem { name } => {
                let begun =
                    self.write(network, |records, load| ledger::redeem(records, load, &name, now()))?;
                self.tries_to_wake().await;
                Response::from_json(&begun)
            }
            Message::Open { page, since } => {
                let is_open =
                    self.write(network, |records, load| ledger::open(records, load, &page, since, now()))?;
                self.tries_to_wake().await;
                if is_open { Response::from_json(&()) } else { Response::error("full", FULL) }
            }
            Message::Hold { page, at, delivery, request } => {
                let Some(sealed) = self.sealed(&request) else { return Response::error("no key", 503) };
                let held = self.write(network, |records, load| {
                    ledger::hold(records, load, &page, delivery, &sealed, at.unwrap_or(now()), now())
                })?;
                self.tries_to_wake().await;
                Response::from_json(&held)
            }
            Message::Release { page, since } => {
                let names =
                    self.write(network, |records, load| ledger::release(records, load, &page, since, now()))?;
                let is_woken = self.tries_to_wake().await;
                self.send_all(&names).await?;
                if !is_woken {
                    // Some may be left.
                    self.tries_to_wake().await;
                }
                Response::from_json(&())
            }
        }
    }

    /// Reads and writes records without an `await` in between: nothing else happens here meanwhile, and all of it is written, or
    /// nothing.
    fn write<T>(
        &self,
        network: Option<u64>,
        usage: impl FnOnce(&mut SqliteStore, &mut Load) -> Result<T>,
    ) -> Result<T> {
        let mut records = self.records.clone();
        let mut load = match self.load.take() {
            Some(load) => load,
            None => Load::of(&records)?,
        };
        load.asked_by(network);
        let used = self.records.together(|| usage(&mut records, &mut load))?;
        self.load.replace(Some(load));
        Ok(used)
    }

    /// Sends requests that were deferred or lost, one after the other, as long as there is time, and no more than one invocation may. The
    /// alarm rings for those that are left.
    async fn send_all(&self, names: &[String]) -> Result<()> {
        let (begun, mut sent) = (now(), 0);
        for name in names {
            if !ledger::sends_more(sent, begun, now()) {
                break;
            }
            let sealed = ledger::take(&mut self.records.clone(), name, now())?;
            if let Some(request) = sealed.and_then(|sealed| self.opened(&sealed)) {
                sent += 1;
                self.send(name, &request).await;
            }
        }
        Ok(())
    }

    /// Sends a request that was begun, notes what came of it, and answers with the `Set-Cookie` lines.
    /// What cannot be noted is as if the object had ended meanwhile: it is sent again where the site wants that.
    async fn send(&self, name: &str, request: &DeferredRequest) -> Vec<String> {
        let sent = run(request, &self.settings, &self.env).await;
        let (outcome, set_cookies) = match sent {
            Ok((status, set_cookies)) => {
                let outcome = Outcome::of_status(status);
                if outcome == Outcome::Failed {
                    let message = format!("the origin answered a deferred request with {status}");
                    isolate_state::log_fault(&Fault::new(Blame::Origin, message));
                }
                (outcome, set_cookies)
            }
            Err(fault) => {
                isolate_state::log_fault(&fault);
                (Outcome::Failed, Vec::new())
            }
        };
        let noted = ledger::finished(&mut self.records.clone(), name, outcome, now());
        if let Err(error) = noted {
            isolate_state::log_failed(error, "what came of a deferred request could not be noted");
        }
        set_cookies
    }

    /// Sets the alarm for what is to be done next, once that is written. What is written holds, whatever becomes of the alarm: so nobody
    /// is told of a failure, but the log. Each later message sets the alarm for all that is there. Answers whether it is set.
    async fn tries_to_wake(&self) -> bool {
        let failed = "the alarm of a ledger could not be set, and is set with what comes next";
        self.wake().await.map_err(|error| isolate_state::log_failed(error, failed)).is_ok()
    }

    /// Sets the alarm for what is to be done next, unless it rings by then: each time that it is set is billed as a row.
    async fn wake(&self) -> Result<()> {
        let storage = self.state.storage();
        let set = storage.get_alarm().await?;
        // Only now: what has come in meanwhile, and set the alarm, counts as well.
        let next = ledger::next_alarm(&self.records, now())?;
        if let Some(wait) = next.and_then(|wait| alarm::earlier(set, now(), wait)) {
            storage.set_alarm(wait).await?;
        }
        Ok(())
    }

    fn seal(&self) -> Option<&Seal> {
        self.settings.config.effects.seal.as_ref()
    }

    fn sealed(&self, request: &DeferredRequest) -> Option<String> {
        let bytes = serde_json::to_vec(request).ok()?;
        Some(STANDARD_NO_PAD.encode(self.seal()?.seal(&bytes, PURPOSE, js::nonce())?))
    }

    fn opened(&self, sealed: &str) -> Option<DeferredRequest> {
        let sealed = STANDARD_NO_PAD.decode(sealed).ok()?;
        let opened = self.seal()?.open(&sealed, PURPOSE)?;
        json::read(str::from_utf8(&opened).ok()?).ok()
    }
}

/// Sends a request to the origin. Answers with the status and the `Set-Cookie` lines.
async fn run(
    request: &DeferredRequest,
    settings: &Settings,
    env: &Env,
) -> std::result::Result<(u16, Vec<String>), Fault> {
    const DURING: &str = "a deferred request did not reach the origin";
    // Which Worker may have sent it is not kept with it.
    if let Some(fault) = origin::fault(&settings.origin, &request.url, || false, || false, env) {
        return Err(fault.leads_to(Consequence::Unchanged).during(DURING));
    }
    let lines: String = request
        .headers
        .iter()
        .flat_map(|(name, value)| [name.as_str(), "\n", value.as_str(), "\n"])
        .collect();
    let body = request.body().map(|body| Uint8Array::from(body.as_slice()));
    #[allow(clippy::cast_precision_loss)] // some seconds
    let within = TIMEOUT_MS as f64;
    let asked = js::send_deferred(&request.url, &request.method, &lines, body, env, within);
    let unsent = |blame, error: String| Fault::new(blame, error).during(DURING);
    let answer = JsFuture::from(asked).await.map_err(|error| unsent(Blame::Origin, js::text(&error)))?;
    let answer = answer.as_string().unwrap_or_default();
    let mut lines = answer.split('\n');
    let status = lines.next().and_then(|status| status.parse().ok());
    let status = status.ok_or_else(|| unsent(Blame::Headstart, "no status".to_owned()))?;
    Ok((status, lines.map(str::to_owned).collect()))
}

/// What stands for the network of a visitor, of whom a ledger writes down no more than their share.
pub(super) fn network(visit: &Visit, settings: &Settings) -> Option<u64> {
    network::of(visit.visitor_address()?, settings.config.effects.seal.as_ref()?)
}

/// Whether a visitor may be given a ticket, which then counts as given: no ledger of the site has lately said that it is nearly full,
/// and their network has not had its share. A ticket takes room when it is redeemed, and then it is too late to refuse: its page is
/// shown already, without the cookies that the ticket has.
pub(super) fn may_promise(visit: &Visit, settings: &Settings) -> bool {
    let network = network(visit, settings);
    isolate_state::learning(|learning| {
        let is_full = visit.site().is_some_and(|site| learning.full_ledgers.is_full(&site, now()));
        !is_full && learning.promises.take_if_left(network, now())
    })
}

/// Has a ticket kept under its name.
pub(super) async fn keep(
    site: &str,
    name: &str,
    ticket: String,
    network: Option<u64>,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<(), Fault> {
    let message = Message::Keep { name: name.to_owned(), ticket };
    let kept = call::<()>(site, name, message, network, env, settings).await;
    kept.map_err(|fault| fault.leads_to(Consequence::Refused))
}

/// The ticket of a name, if it is kept.
pub(super) async fn ticket(
    site: &str,
    name: &str,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Option<String>, Fault> {
    let ask = || call(site, name, Message::Ticket { name: name.to_owned() }, None, env, settings);
    patiently(ask).await
}

/// Has it written down that a ticket is redeemed which has nothing to be sent.
pub(super) async fn redeem(
    site: &str,
    name: &str,
    network: Option<u64>,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Begun, Fault> {
    call(site, name, Message::Redeem { name: name.to_owned() }, network, env, settings).await
}

/// Has what a page sends deferred from now on that was answered at `since`, and what was deferred before forgotten.
pub(super) async fn open(
    site: &str,
    page: &str,
    since: u64,
    network: Option<u64>,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<(), Fault> {
    let message = Message::Open { page: page.to_owned(), since: Some(since) };
    let opened = call::<()>(site, page, message, network, env, settings).await;
    opened.map_err(|fault| fault.leads_to(Consequence::Refused))
}

/// Has a visit sent by which a ticket is redeemed of this name.
pub(super) async fn send(
    site: &str,
    name: &str,
    delivery: Delivery,
    request: DeferredRequest,
    network: Option<u64>,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Sent, Fault> {
    let message = Message::Send { name: name.to_owned(), delivery, request, is_promised: true };
    call(site, name, message, network, env, settings).await
}

/// Has a request sent that comes when its page is activated already.
pub(super) async fn send_late(
    late: &Late,
    network: Option<u64>,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Sent, Fault> {
    let Held { site, page, delivery, request, .. } = &late.held;
    let (name, request) = (late.name.clone(), request.clone());
    let message = Message::Send { name, delivery: *delivery, request, is_promised: false };
    call(site, page, message, network, env, settings).await
}

/// Has a request of a prerendering page deferred.
pub(super) async fn hold(
    held: &Held,
    network: Option<u64>,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<ledger::Hold, Fault> {
    let Held { site, page, delivery, request, .. } = held;
    let (page_key, delivery, request) = (page.clone(), *delivery, request.clone());
    let message = Message::Hold { page: page_key, at: Some(now()), delivery, request };
    call(site, page, message, network, env, settings).await
}

/// Has everything sent that was deferred for a page since it was rendered. Its senders were told that it was taken in.
pub(super) async fn release(
    site: &str,
    page: &str,
    since: u64,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<(), Fault> {
    let ask = || call(site, page, Message::Release { page: page.to_owned(), since }, None, env, settings);
    patiently(ask).await
}

/// Asks again, and once more, where a ledger does not answer: for what may be asked as often as one likes. With each deploy, objects
/// start anew, and whoever asks at that moment gets an error.
async fn patiently<T, F: Future<Output = std::result::Result<T, Fault>>>(
    ask: impl Fn() -> F,
) -> std::result::Result<T, Fault> {
    for wait in AGAIN {
        if let Ok(answered) = ask().await {
            return Ok(answered);
        }
        Delay::from(wait).await;
    }
    ask().await
}

/// Calls the ledger of a site to which `key` leads. Of the message nothing is held while the answer is waited for.
async fn call<T: for<'de> Deserialize<'de>>(
    site: &str,
    key: &str,
    message: Message,
    network: Option<u64>,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<T, Fault> {
    let failed = |error: worker::Error| Fault::new(Blame::Platform, error.to_string()).during(UNREACHED);
    // Without the binding nothing is sealed, and nobody comes here.
    let ledgers =
        js::objects(env, LEDGER).ok_or_else(|| Fault::new(Blame::Configuration, "there is no ledger"))?;
    let name = ledger::name_of(site, key, settings.config.effects.ledger_shards);
    let ledger = ledgers.get_by_name(&name).map_err(failed)?.into_rpc::<js::Stub>();
    let within_ms = message.within_ms();
    let request = {
        let body = serde_json::to_string(&message)
            .map_err(|error| Fault::new(Blame::Headstart, error.to_string()))?;
        drop(message);
        let request = js::post("https://ledger/", Some(&body)).map_err(|error| failed(error.into()))?;
        if let Some(network) = network {
            request.headers().set(NETWORK, &network.to_string()).map_err(|error| failed(error.into()))?;
        }
        request
    };
    let late = |fault: Fault| fault.during(UNREACHED);
    let answered = within(ledger.ask(&request), within_ms).await.map_err(late)?;
    let response: web_sys::Response =
        answered.and_then(JsValue::dyn_into).map_err(|error| failed(error.into()))?;
    if response.headers().has(NEARLY_FULL).unwrap_or_default() {
        isolate_state::learning(|learning| learning.full_ledgers.note(site, now()));
    }
    match response.status() {
        200..=299 => {
            let text = within(response.text(), within_ms).await.map_err(late)?;
            let text = text.map_err(|error| failed(error.into()))?.as_string().unwrap_or_default();
            json::read(&text).map_err(|error| failed(error.into()))
        }
        FULL => Err(ledger::full()),
        status => Err(Fault::new(Blame::Headstart, format!("the ledger answered {status}"))),
    }
}
