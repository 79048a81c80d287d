//! Reads the copy of a page after its response has gone out, and sends what was seen to the learner.

use super::isolate::{self, Settings};
use super::{LEARNER, model, now};
use crate::head::Head;
use crate::learn::html::Observer;
use crate::learn::observation::{Batch, Observation};
use crate::learn::snapshot::learner_name;
use crate::visit::Visit;
use js_sys::{Reflect, Uint8Array};
use std::time::Duration;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{
    ReadableStream, ReadableStreamByobReader, ReadableStreamGetReaderOptions, ReadableStreamReaderMode,
};
use worker::{Context, Delay, Env, Method, Request, RequestInit};

/// The most bytes that cross into wasm at a time. Few large pieces cost far less than many small ones; but to ask for at
/// least so many would hold the visitor's bytes back, since both branches of a copied stream are read together.
const PIECE_BYTES: u32 = 64 * 1024;

/// Reads `copy` in `wait_until`, and sends everything that this isolate has gathered when it is this visit's turn.
pub(super) fn read(
    copy: ReadableStream,
    visit: &Visit,
    head: &Head,
    env: &Env,
    context: &Context,
    settings: &Settings,
) {
    let observer = Observer::new(&visit.url, head.charset.as_deref());
    let site = model::site_of(visit);
    let (env, shards) = (env.clone(), settings.config.learner_shards);
    let wait_ms = u64::from(settings.config.batch_seconds) * 1000;
    context.wait_until(async move {
        let (Some(observer), Some(site)) = (observer, site) else {
            // Unread, it would hold the other branch's bytes in memory.
            let _ = JsFuture::from(copy.cancel()).await;
            return;
        };
        // The origin may have gone away. Half a page would teach that the other half is not there.
        let Ok(observation) = read_page(&copy, observer).await else { return };
        if isolate::gathering(|gathering| gathering.add(&site, observation, now(), wait_ms)) {
            Delay::from(Duration::from_millis(wait_ms)).await;
            for batch in isolate::gathering(|gathering| gathering.take(shards)) {
                if let Err(error) = send(&batch, &env).await {
                    isolate::log_once(&format!("what was seen could not be sent to the learner: {error}"));
                }
            }
        }
    });
}

async fn read_page(copy: &ReadableStream, mut observer: Observer) -> Result<Observation, JsValue> {
    let options = ReadableStreamGetReaderOptions::new();
    options.set_mode(ReadableStreamReaderMode::Byob);
    let reader: ReadableStreamByobReader = copy.get_reader_with_options(&options).unchecked_into();
    let mut buffer = Uint8Array::new_with_length(PIECE_BYTES);
    let mut piece = Vec::new();
    loop {
        let result = JsFuture::from(reader.read_with_array_buffer_view(&buffer)).await?;
        let value = Reflect::get(&result, &JsValue::from_str("value"))?;
        let Some(view) = value.dyn_ref::<Uint8Array>() else { break };
        let length = view.length() as usize;
        piece.resize(length, 0);
        view.copy_to(&mut piece);
        if length > 0 && !observer.write(&piece) {
            let _ = JsFuture::from(reader.cancel()).await;
            break;
        }
        if Reflect::get(&result, &JsValue::from_str("done"))?.is_truthy() {
            break;
        }
        // The read took the buffer away; its memory comes back with the result.
        buffer = Uint8Array::new(&view.buffer());
    }
    Ok(observer.end())
}

async fn send(batch: &Batch, env: &Env) -> Result<(), String> {
    let learners = env.durable_object(LEARNER).map_err(|_| {
        format!("the Durable Object binding {LEARNER} does not exist; add it to [durable_objects] in wrangler.toml")
    })?;
    let failed = |error: worker::Error| error.to_string();
    let learner = learners.get_by_name(&learner_name(&batch.site, batch.shard)).map_err(failed)?;
    let body = serde_json::to_string(batch).map_err(|error| error.to_string())?;
    let mut init = RequestInit::new();
    init.with_method(Method::Post).with_body(Some(JsValue::from_str(&body)));
    let request = Request::new_with_init("https://learner/observations", &init).map_err(failed)?;
    let response = learner.fetch_with_request(request).await.map_err(failed)?;
    match response.status_code() {
        204 => Ok(()),
        status => Err(format!("it answered {status}")),
    }
}
