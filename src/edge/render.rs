//! Answers a prerender: the page's HTML is read as a whole, and our script is added if the page needs it.
//!
//! So its HTML is kept in memory until all of it is there, and [`rendering::render`] decides by its bytes. A page that needs no script
//! keeps its native stream. A visitor who clicks meanwhile waits for the rendering, and for a page that is streamed they would wait
//! longer than without any: such a page is refused, and prefetched the next time, in which it streams.

use super::isolate_state::{self, IsolateAmbient, Settings};
use super::places::Place;
use super::{decisions, js, ledger_do, now, own_responses};
use crate::config::Config;
use crate::head::Head;
use crate::ineligible::Ineligible;
use crate::plan::preparation::{self, Preparation, UNPREPARED};
use crate::plan::rendering::{self, Rendered, Rendering};
use crate::plan::speculation_headers::{ALTERED, TARGETED, not_shared};
use crate::rewrite::analytics::Analytics;
use crate::rewrite::prerender::{MAX_BYTES, PageReader, ParsedPage};
use crate::slots::Slots;
use crate::visit::Visit;
use js_sys::Uint8Array;
use std::cell::RefCell;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen::JsValue;
use web_sys::Response;
use worker::{Delay, Env};

/// The most pages that an isolate keeps in memory at once. Each may take some megabytes of the 128 that it has.
const MAX_AT_ONCE: usize = 4;

/// How long one counts that nobody has ended, in milliseconds: longer than it may be read.
const LOST_MS: u64 = 5_000;

thread_local! {
    static TAKEN: RefCell<Slots> = RefCell::new(Slots::new(MAX_AT_ONCE, LOST_MS));
}

/// How long a page may take from its head to its end, in milliseconds.
const READ_MS: u32 = 1_000;

/// How much of a page is parsed at a time, in bytes: a few milliseconds of work.
const STEP_BYTES: usize = 16 * 1024;

/// Answers with the page as it is to be rendered, or with a refusal. Its bytes are held as long as it is read and changed, and not
/// while the ledger is called.
///
/// # Errors
/// When not even a refusal could be built.
pub(super) async fn page(
    response: Response,
    (rendering, renewed): (Box<Rendering>, Vec<String>),
    visit: Visit,
    head: Head,
    is_witness: bool,
    (env, settings): (Env, Rc<Settings>),
) -> Result<JsValue, JsValue> {
    let config = &settings.config;
    let place = Place::take(&TAKEN);
    let read = match rendering::may_read(&head, place.is_some()) {
        Ok(()) => read(&response, &head, &settings).await,
        Err(why) => Err(why),
    };
    let page = read.as_ref().map(|(html, page)| (html.as_slice(), page));
    match rendering::render(&visit, &rendering, page, config, &mut IsolateAmbient(|_| false)) {
        Rendered::Unchanged(remembered) => {
            match remembered {
                Some(why) => isolate_state::quarantine(&visit, &head, is_witness, why.affects(), config),
                None => isolate_state::rendered(&visit, config),
            }
            Ok(response.into())
        }
        Rendered::Refused(refusal) => {
            isolate_state::quarantine(&visit, &head, is_witness, refusal.remembered(), config);
            refused(&response, (&refusal.why, &renewed), &visit, config).await
        }
        Rendered::Changed { tag, mark, ticket, if_unbuilt } => {
            let Ok((html, page)) = &read else {
                return refused(&response, (&Ineligible::Unread, &renewed), &visit, config).await;
            };
            // Only what is handed out takes room of a ledger later.
            if ticket.is_some() && !ledger_do::may_promise(&visit, &settings) {
                return refused(&response, (&UNPREPARED, &renewed), &visit, config).await;
            }
            let changed =
                change(&response, &page.edit(html, Some(&tag), &mark), &head, rendering.kept.as_deref());
            drop((read, place));
            isolate_state::rendered(&visit, config);
            for call in preparation::of_prerender(&rendering, ticket.as_ref(), &visit, config) {
                if !is_done(call, ledger_do::network(&visit, &settings), &env, &settings).await {
                    return refused(&response, (&UNPREPARED, &renewed), &visit, config).await;
                }
            }
            match changed {
                Ok(changed) => {
                    if let Some(what) = rendering.deferred() {
                        decisions::deferred(&visit, what);
                    }
                    js::cancel(&response).await;
                    Ok(changed.into())
                }
                Err(error) => {
                    isolate_state::log_fault(&js::fault(&error).during("a page could not be changed"));
                    match if_unbuilt {
                        Err(why) => refused(&response, (&why, &renewed), &visit, config).await,
                        Ok(()) => Ok(response.into()),
                    }
                }
            }
        }
    }
}

/// Calls the ledger. Answers whether it has done what it was to do, and says so in the log where it has not.
async fn is_done(call: Preparation, network: Option<u64>, env: &Env, settings: &Settings) -> bool {
    let done = match call {
        Preparation::Open { site, page, since } => {
            ledger_do::open(&site, &page, since, network, env, settings).await
        }
        Preparation::Keep { site, name, ticket } => {
            ledger_do::keep(&site, &name, ticket, network, env, settings).await
        }
    };
    done.inspect_err(isolate_state::log_fault).is_ok()
}

/// Answers with a prefetched page once its ticket is kept.
///
/// # Errors
/// When not even a refusal could be built.
pub(super) async fn prepared(
    response: Response,
    (preparation, renewed): (Preparation, Vec<String>),
    visit: Visit,
    (env, settings): (Env, Rc<Settings>),
) -> Result<JsValue, JsValue> {
    if is_done(preparation, ledger_do::network(&visit, &settings), &env, &settings).await {
        return Ok(response.into());
    }
    refused(&response, (&UNPREPARED, &renewed), &visit, &settings.config).await
}

async fn refused(
    response: &Response,
    (why, renewed): (&Ineligible, &[String]),
    visit: &Visit,
    config: &Config,
) -> Result<JsValue, JsValue> {
    js::cancel(response).await;
    refusal((why, renewed), visit, config)
}

/// Refuses a speculation that was counted as answered.
///
/// # Errors
/// When no refusal could be built.
pub(super) fn refusal(
    (why, renewed): (&Ineligible, &[String]),
    visit: &Visit,
    config: &Config,
) -> Result<JsValue, JsValue> {
    decisions::refused(visit, why);
    isolate_state::count_refused(visit, why, true, config);
    own_responses::given(own_responses::refused(visit, why, renewed))
}

/// The response with another body, and without the cookies that are deferred.
fn change(
    response: &Response,
    html: &[u8],
    head: &Head,
    kept: Option<&[String]>,
) -> Result<Response, JsValue> {
    let changed = js::with_body(response, &Uint8Array::from(html))?;
    let headers = changed.headers();
    headers.append(ALTERED.0, ALTERED.1)?;
    TARGETED.iter().try_for_each(|name| headers.delete(name))?;
    not_shared(head).iter().try_for_each(|(name, value)| headers.set(name, value))?;
    if let Some(kept) = kept {
        own_responses::replace_set_cookies(&headers, kept)?;
    }
    Ok(changed)
}

/// Reads a copy of the page. The original stays as it is.
async fn read(
    response: &Response,
    head: &Head,
    settings: &Settings,
) -> Result<(Vec<u8>, ParsedPage), Ineligible> {
    let copy = response.clone().ok().and_then(|copy| copy.body()).ok_or(Ineligible::Unread)?;
    let begun = now();
    let is_late = || now().saturating_sub(begun) >= u64::from(READ_MS);
    let why = |_| if is_late() { Ineligible::Slow } else { Ineligible::Unread };
    let html = js::whole(&copy, MAX_BYTES, f64::from(READ_MS)).await.map_err(why)?;
    let html = html.ok_or(Ineligible::TooLarge)?;
    let none = Analytics::none();
    let analytics = settings.config.effects.analytics.as_ref().unwrap_or(&none);
    let page = {
        let mut reader = PageReader::new(&html, head.charset.as_deref(), analytics)?;
        // Others have their turn meanwhile.
        while reader.advance(STEP_BYTES)? {
            Delay::from(Duration::ZERO).await;
        }
        reader.finish()?
    };
    Ok((html, page))
}
