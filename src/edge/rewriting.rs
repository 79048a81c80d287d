//! Sends a page through the [`Rewriter`] on its way to the visitor.
//!
//! JavaScript has the page's bytes come and go (`rewriting.js`), and calls the rewriter with them until that is over; the rest of the
//! page never enters wasm. Should the rewriter fail, JavaScript hands on what it has given and not got back, and the rest.

use super::{isolate_state, js};
use crate::head::Head;
use crate::plan::html_edits::{self, OF_EXACT_BYTES};
use crate::rewrite::edit::HtmlEdit;
use crate::rewrite::rewriter::{Rewriter, Written};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::closure::Closure;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, Response};
use worker::Context;

/// Begins to send a page with these edits. The page goes out as it is where that is not possible.
pub(super) fn begin(response: Response, edits: Vec<HtmlEdit>, head: &Head, context: &Context) -> Response {
    if response.body().is_none() {
        return response;
    }
    let mut rewriter = Rewriter::new(edits, head.charset.as_deref());
    let edit: Closure<dyn FnMut(Vec<u8>) -> JsValue> =
        Closure::new(move |bytes: Vec<u8>| answer(rewriter.write(&bytes)));
    let edited = js::rewrite(&response, &edit).and_then(|rewriting| {
        let edited = rewriting.response();
        let sent = rewriting.sent();
        context.wait_until(async move {
            let _ = JsFuture::from(sent).await;
            // Nobody calls the rewriter any more.
            drop(edit);
        });
        is_edited(&edited.headers()).map(|()| edited)
    });
    edited.unwrap_or_else(|error| {
        isolate_state::log_fault(&js::fault(&error).during("a page could not be edited"));
        response
    })
}

/// What `rewriting.js` is answered.
fn answer(written: Written) -> JsValue {
    match written {
        Written::Same => JsValue::UNDEFINED,
        Written::Some { bytes, held } => {
            #[allow(clippy::cast_precision_loss)] // below a megabyte
            let held = held as f64;
            Array::of2(&Uint8Array::from(bytes.as_slice()), &JsValue::from_f64(held)).into()
        }
        Written::Last(bytes) => Array::of1(&Uint8Array::from(bytes.as_slice())).into(),
    }
}

/// Takes back what is said of the very bytes of a page that is edited.
fn is_edited(headers: &Headers) -> Result<(), JsValue> {
    OF_EXACT_BYTES.iter().try_for_each(|name| headers.delete(name))?;
    let etag = headers.get("etag")?.and_then(|etag| html_edits::weakened(&etag));
    etag.map_or(Ok(()), |etag| headers.set("etag", &etag))
}
