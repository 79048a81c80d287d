//! Answers a prefetch with a page that must not [lead on](crate::rewrite::going_on): once its start is there.
//!
//! JavaScript reads the start (`prefetched.js`), and calls a [`PrefetchedPage`] with it, so that it can refuse the page should wasm fail then:
//! what wasm itself waits for never comes to an end where it fails.

use super::isolate_state::{self, Settings};
use super::{js, keep, render};
use crate::head::Head;
use crate::ineligible::{Ineligible, Memory, Refusal};
use crate::plan::keeping;
use crate::plan::preparation::Preparation;
use crate::rewrite::going_on::{SHORT_BYTES, goes_on};
use crate::visit::Visit;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{ReadableStream, Response};
use worker::Env;

/// How long the start of a page may take, in milliseconds. A page that leads on is short, and comes with its head; whoever clicks on
/// another one may wait for it.
const START_MS: f64 = 100.0;

/// A prefetched page whose start is read before it is answered.
#[wasm_bindgen]
pub struct PrefetchedPage {
    /// The page as it is answered.
    pub(super) response: Response,
    /// The origin's response, of which only the header is left.
    pub(super) origins: Response,
    /// Why the page is refused where it leads on, and what reaches the visitor then.
    pub(super) refused: (Ineligible, Vec<String>),
    /// What is to be done before it is answered.
    pub(super) preparation: Option<Preparation>,
    /// The visit, and the head of the origin's answer to it.
    pub(super) asked: (Visit, Head),
    /// When the origin was asked, in milliseconds since the epoch.
    pub(super) since: u64,
    /// What outlives the answer.
    pub(super) owned: (Env, Rc<Settings>),
}

#[wasm_bindgen]
impl PrefetchedPage {
    /// Takes the start of the page, or nothing where that could not be read. Answers what the visitor is given: `undefined` for the page,
    /// a refusal, or the promise of either.
    ///
    /// # Errors
    /// When not even a refusal could be built.
    pub fn started(self, start: Option<Vec<u8>>) -> Result<JsValue, JsValue> {
        let Self { response, origins, refused: (why, renewed), preparation, asked, since, owned } = self;
        let (visit, head) = asked;
        let Some(html) = start.filter(|start| goes_on(start)) else {
            return Ok(preparation.map_or(JsValue::UNDEFINED, |preparation| {
                future_to_promise(render::prepared(response, (preparation, renewed), visit, owned)).into()
            }));
        };
        let config = &owned.1.config;
        // For this visitor alone: its script may only do so at a click.
        isolate_state::quarantine(&visit, &head, false, why.affects(), config);
        let refusal = Refusal { renewed, ..Refusal::new(why, Memory::Page) };
        // What the origin has done by now, the click must not have it do again.
        if html.len() <= SHORT_BYTES
            && let Some(key) = keeping::to_keep(&visit, &head, &refusal, config)
        {
            keep::keep(&origins, html, &visit, key, since);
        }
        render::refusal((&refusal.why, &refusal.renewed), &visit, config)
    }
}

/// Has a page be answered with once its start has been read. Should wasm fail before, nothing has been done to it.
pub(super) fn when_started(copy: &ReadableStream, page: PrefetchedPage) -> JsValue {
    let response = JsValue::from(&page.response);
    let most = u32::try_from(SHORT_BYTES + 1).unwrap_or(u32::MAX);
    js::read_first(&response, copy, most, START_MS, page);
    response
}
