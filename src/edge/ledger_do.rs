//! The ledger: a Durable Object that keeps what must reach the origin once, and sends it.
//!
//! Several for each site, `site/ledger/number`; a ticket's name, or the digest of a prerendered page and its visitor, says
//! which. What it does is written in [`crate::effects::ledger`]; here is where it keeps its records, and how errands are sent.
//!
//! # Once
//!
//! An errand is written down without an `await` between looking and writing, so of a hundred that come at once one is the
//! first. The platform lets nothing leave the object before that is on disk; so whatever dies, the next one finds it. What is
//! to be sent again, the alarm sends.
//!
//! Requests are sealed where they lie, since they hold cookies.

use super::isolate_state::{self, Settings};
use super::sqlite_store::SqliteStore;
use super::{LEDGER, js, now};
use crate::effects::deferred_request::DeferredRequest;
use crate::effects::ledger::{self, Begun, Hold, Load, Outcome, TIMEOUT_MS};
use crate::effects::seal::Seal;
use crate::effects::ticket::Delivery;
use crate::hash::fnv1a;
use crate::visit::Visit;
use base64::Engine;
use base64::engine::general_purpose::STANDARD_NO_PAD;
use js_sys::Uint8Array;
use serde::{Deserialize, Serialize};
use std::cell::Cell;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::JsFuture;
use worker::{
    DurableObject, Env, Method, Request, RequestInit, Response, Result, State, console_warn, durable_object,
};

/// What requests are sealed for.
const PURPOSE: &str = "errand";

/// The largest message, in bytes.
const MAX_MESSAGE_BYTES: usize = 512 * 1024;

/// How long held requests are sent while their page waits for the answer, in milliseconds. The alarm sends the rest.
const MAX_WAIT_MS: u64 = 20_000;

/// What a ledger is asked for.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
enum Message {
    /// Keep a ticket under its name.
    Keep { name: String, ticket: String },
    /// Give the ticket of this name.
    Ticket { name: String },
    /// A ticket of this name is redeemed that has nothing to be sent.
    Redeem { name: String },
    /// Send this, unless it was.
    Send {
        name: String,
        #[serde(rename = "times")]
        delivery: Delivery,
        errand: DeferredRequest,
        is_promised: bool,
    },
    /// Hold what is sent for this page from now on, and forget what was.
    Open { page: String },
    /// Hold this until somebody looks at the page.
    Hold {
        page: String,
        #[serde(rename = "times")]
        delivery: Delivery,
        errand: DeferredRequest,
    },
    /// Somebody looks at the page that was rendered then.
    Release { page: String, since: u64 },
}

/// See the module's description.
#[durable_object(alarm)]
pub struct Ledger {
    state: State,
    env: Env,
    settings: Rc<Settings>,
    /// How many records there are, once that was needed.
    load: Cell<Option<Load>>,
}

impl DurableObject for Ledger {
    fn new(state: State, env: Env) -> Self {
        let settings = isolate_state::settings(&env);
        Self { state, env, settings, load: Cell::new(None) }
    }

    /// Takes one message, as JSON, and answers with JSON.
    async fn fetch(&self, mut request: Request) -> Result<Response> {
        let body = request.text().await?;
        if body.len() > MAX_MESSAGE_BYTES {
            return Response::error("message too large", 413);
        }
        let message = match serde_json::from_str(&body) {
            Ok(message) => message,
            Err(error) => return Response::error(format!("not a message: {error}"), 400),
        };
        match message {
            Message::Keep { name, ticket } => {
                let is_kept =
                    self.write(|records, load| ledger::keep_ticket(records, load, &name, &ticket, now()))?;
                self.wake().await?;
                if is_kept { Response::from_json(&()) } else { Response::error("full", 507) }
            }
            Message::Ticket { name } => {
                Response::from_json(&ledger::kept_ticket(&SqliteStore::open(&self.state)?, &name)?)
            }
            Message::Send { name, delivery, errand, is_promised } => {
                let Some(request) = self.sealed(&errand) else { return Response::error("no key", 503) };
                let begun = self.write(|records, load| {
                    ledger::begin(records, load, &name, delivery, &request, is_promised, now())
                })?;
                match begun {
                    Begun::First => {}
                    Begun::Known => return Response::from_json(&Sent::Known),
                    Begun::Full => return Response::from_json(&Sent::Full),
                }
                // Should this be the last that is done here, the alarm goes on.
                self.wake().await?;
                Response::from_json(&Sent::Now(self.send(&name, &errand).await?))
            }
            Message::Redeem { name } => {
                let begun = self.write(|records, load| ledger::redeem(records, load, &name, now()))?;
                self.wake().await?;
                Response::from_json(&begun)
            }
            Message::Open { page } => {
                let is_open = self.write(|records, load| ledger::open(records, load, &page, now()))?;
                self.wake().await?;
                if is_open { Response::from_json(&()) } else { Response::error("full", 507) }
            }
            Message::Hold { page, delivery, errand } => {
                let Some(request) = self.sealed(&errand) else { return Response::error("no key", 503) };
                let held = self
                    .write(|records, load| ledger::hold(records, load, &page, delivery, &request, now()))?;
                self.wake().await?;
                Response::from_json(&held)
            }
            Message::Release { page, since } => {
                let names =
                    self.write(|records, load| ledger::release(records, load, &page, since, now()))?;
                self.wake().await?;
                self.send_all(&names).await?;
                Response::from_json(&())
            }
        }
    }

    /// Sends what was lost, or failed, and may be sent again, and removes what has ended.
    async fn alarm(&self) -> Result<Response> {
        let names = self.write(|records, load| ledger::sweep(records, load, now()))?;
        self.send_all(&names).await?;
        self.wake().await?;
        Response::empty()
    }
}

impl Ledger {
    /// Reads and writes records without an `await` in between: nothing else happens here meanwhile.
    fn write<T>(&self, usage: impl FnOnce(&mut SqliteStore, &mut Load) -> Result<T>) -> Result<T> {
        let mut records = SqliteStore::open(&self.state)?;
        let mut load = match self.load.get() {
            Some(load) => load,
            None => Load::of(&records)?,
        };
        let used = usage(&mut records, &mut load)?;
        self.load.set(Some(load));
        Ok(used)
    }

    /// Sends errands that are held or lost, one after the other, as long as there is time.
    async fn send_all(&self, names: &[String]) -> Result<()> {
        let begun = now();
        for name in names {
            if now().saturating_sub(begun) > MAX_WAIT_MS {
                break;
            }
            let request = ledger::take(&mut SqliteStore::open(&self.state)?, name, now())?;
            if let Some(errand) = request.and_then(|request| self.opened(&request)) {
                self.send(name, &errand).await?;
            }
        }
        Ok(())
    }

    /// Sends an errand that was begun, notes what came of it, and answers with the `Set-Cookie` lines.
    async fn send(&self, name: &str, errand: &DeferredRequest) -> Result<Vec<String>> {
        let sent = run(errand, &self.settings, &self.env).await;
        let (outcome, set_cookies) = match sent {
            Ok((status, set_cookies)) if status < 500 => (Outcome::Answered, set_cookies),
            Ok((status, set_cookies)) => {
                console_warn!("Headstart: the origin answered what was put off with {status}");
                (Outcome::Failed, set_cookies)
            }
            Err(error) => {
                console_warn!("Headstart: what was put off did not reach the origin: {error}");
                (Outcome::Failed, Vec::new())
            }
        };
        ledger::finished(&mut SqliteStore::open(&self.state)?, name, outcome, now())?;
        Ok(set_cookies)
    }

    /// Sets the alarm for what is to be done next.
    async fn wake(&self) -> Result<()> {
        if let Some(wait) = ledger::next(&SqliteStore::open(&self.state)?, now())? {
            // At once means soon: an alarm that rings while this runs would find nothing to do.
            let wait = i64::try_from(wait.max(100)).unwrap_or(i64::MAX);
            self.state.storage().set_alarm(wait).await?;
        }
        Ok(())
    }

    fn seal(&self) -> Option<&Seal> {
        self.settings.config.effects.seal.as_ref()
    }

    fn sealed(&self, errand: &DeferredRequest) -> Option<String> {
        let bytes = serde_json::to_vec(errand).ok()?;
        Some(STANDARD_NO_PAD.encode(self.seal()?.seal(&bytes, PURPOSE, js::nonce())?))
    }

    fn opened(&self, request: &str) -> Option<DeferredRequest> {
        let sealed = STANDARD_NO_PAD.decode(request).ok()?;
        serde_json::from_slice(&self.seal()?.open(&sealed, PURPOSE)?).ok()
    }
}

/// What came of having something sent.
#[derive(Debug, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub(super) enum Sent {
    /// It was, with these `Set-Cookie` lines of the origin.
    Now(Vec<String>),
    /// It has been before.
    Known,
    /// It was not, since there is no room to write it down.
    Full,
}

/// What whoever runs the site is told of that.
pub(super) const FULL: &str =
    "a ledger of the site is full, so nothing more can be put off; raise LEDGER_SHARDS";

/// Sends an errand to the origin. Answers with the status and the `Set-Cookie` lines.
async fn run(
    errand: &DeferredRequest,
    settings: &Settings,
    env: &Env,
) -> std::result::Result<(u16, Vec<String>), String> {
    let lines: String =
        errand.headers.iter().flat_map(|(name, value)| [name.as_str(), "\n", value.as_str(), "\n"]).collect();
    let body = errand.body().map(|body| Uint8Array::from(body.as_slice()));
    let (binding, server) = settings.origin.parts();
    #[allow(clippy::cast_precision_loss)] // some seconds
    let within = TIMEOUT_MS as f64;
    let asked = js::send_deferred(&errand.url, &errand.method, &lines, body, env, binding, server, within);
    let answer = JsFuture::from(asked).await.map_err(|error| js::text(&error))?;
    let answer = answer.as_string().unwrap_or_default();
    let mut lines = answer.split('\n');
    let status = lines.next().and_then(|status| status.parse().ok()).ok_or("no status")?;
    Ok((status, lines.map(str::to_owned).collect()))
}

/// By what a page and its visitor are known, in the ledger: two who use the same browser behind one address,
/// and look at the same page within minutes, are taken for one.
pub(super) fn page_key(seal: &Seal, visit: &Visit, site: &str, page: &str) -> String {
    let parts: Vec<&str> = [site, page].into_iter().chain(visit.browser.iter().map(String::as_str)).collect();
    format!("{:016x}", seal.digest(&parts))
}

/// Has a ticket kept under its name.
pub(super) async fn keep(
    site: &str,
    name: &str,
    ticket: String,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<(), String> {
    let message = Message::Keep { name: name.to_owned(), ticket };
    call::<()>(site, name, &message, env, settings).await
}

/// The ticket of a name, if it is kept.
pub(super) async fn ticket(
    site: &str,
    name: &str,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Option<String>, String> {
    call(site, name, &Message::Ticket { name: name.to_owned() }, env, settings).await
}

/// Has it written down that a ticket is redeemed which has nothing to be sent.
pub(super) async fn redeem(
    site: &str,
    name: &str,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Begun, String> {
    call(site, name, &Message::Redeem { name: name.to_owned() }, env, settings).await
}

/// Has what is sent for a page held from now on, and what was before forgotten.
pub(super) async fn open(
    site: &str,
    page: &str,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<(), String> {
    call(site, page, &Message::Open { page: page.to_owned() }, env, settings).await
}

/// Has an errand sent by which a ticket is redeemed of this name.
pub(super) async fn send(
    site: &str,
    name: &str,
    delivery: Delivery,
    errand: DeferredRequest,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Sent, String> {
    let message = Message::Send { name: name.to_owned(), delivery, errand, is_promised: true };
    call(site, name, &message, env, settings).await
}

/// Has a request sent that comes when somebody looks at its page already. `name` begins with the page's key.
pub(super) async fn send_late(
    site: &str,
    page: &str,
    name: String,
    delivery: Delivery,
    errand: DeferredRequest,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Sent, String> {
    call(site, page, &Message::Send { name, delivery, errand, is_promised: false }, env, settings).await
}

/// Has a request of a prerendering page held. `page` is a digest of the page and its visitor.
pub(super) async fn hold(
    site: &str,
    page: &str,
    delivery: Delivery,
    errand: DeferredRequest,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<Hold, String> {
    call(site, page, &Message::Hold { page: page.to_owned(), delivery, errand }, env, settings).await
}

/// Has everything sent that is held for a page since it was rendered.
pub(super) async fn release(
    site: &str,
    page: &str,
    since: u64,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<(), String> {
    call(site, page, &Message::Release { page: page.to_owned(), since }, env, settings).await
}

/// Calls the ledger of a site to which `key` leads.
async fn call<T: for<'de> Deserialize<'de>>(
    site: &str,
    key: &str,
    message: &Message,
    env: &Env,
    settings: &Settings,
) -> std::result::Result<T, String> {
    let failed = |error: worker::Error| error.to_string();
    // Without the binding nothing is sealed, and nobody comes here.
    let ledgers = env.durable_object(LEDGER).map_err(failed)?;
    let shard = fnv1a(key.as_bytes()) % u64::from(settings.config.effects.ledger_shards.max(1));
    let ledger = ledgers.get_by_name(&format!("{site}/ledger/{shard}")).map_err(failed)?;
    let body = serde_json::to_string(message).map_err(|error| error.to_string())?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&body)));
    let request = Request::new_with_init("https://ledger/", &init).map_err(failed)?;
    let mut response = ledger.fetch_with_request(request).await.map_err(failed)?;
    match response.status_code() {
        200..=299 => response.json().await.map_err(failed),
        507 => Err(FULL.to_owned()),
        status => Err(format!("the ledger answered {status}")),
    }
}
