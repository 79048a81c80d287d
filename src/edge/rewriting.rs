//! Sends a page through the [`Rewriter`] on its way to the visitor.
//!
//! JavaScript has the page's bytes come and go (`rewriting.js`), and calls a [`PageEditor`] with them until that is over; the rest of
//! the page never enters wasm. Should the editor fail, JavaScript hands on what it has given and not got back, and the rest.

use super::{isolate_state, js};
use crate::head::Head;
use crate::rewrite::edit::HtmlEdit;
use crate::rewrite::rewriter::{Rewriter, Written};
use js_sys::{Array, Uint8Array};
use wasm_bindgen::JsValue;
use wasm_bindgen::prelude::wasm_bindgen;
use wasm_bindgen_futures::JsFuture;
use web_sys::Response;
use worker::Context;

/// What JavaScript calls with the bytes of one page.
#[wasm_bindgen]
pub struct PageEditor {
    rewriter: Rewriter,
}

#[wasm_bindgen]
impl PageEditor {
    /// Takes the next bytes. Answers `undefined` to hand them on as they are; `[bytes, number]` to hand on others, so many of the
    /// last ones that were given not being among them yet; or `[bytes]` to hand these on, and the rest of the page as it is.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // as JavaScript gives them
    pub fn write(&mut self, bytes: Vec<u8>) -> JsValue {
        match self.rewriter.write(&bytes) {
            Written::Same => JsValue::UNDEFINED,
            Written::Some { bytes, held } => {
                #[allow(clippy::cast_precision_loss)] // below a megabyte
                let held = held as f64;
                Array::of2(&Uint8Array::from(bytes.as_slice()), &JsValue::from_f64(held)).into()
            }
            Written::Last(bytes) => Array::of1(&Uint8Array::from(bytes.as_slice())).into(),
        }
    }

    /// Frees its memory. Unlike `free`, which `wasm-bindgen` gives it, this does nothing to another instance of wasm.
    pub fn end(self) {}
}

impl PageEditor {
    /// One that puts this HTML into the head of a page with this charset label. It is ASCII, or nothing is put in.
    pub(super) fn into_head(html: Vec<u8>, charset: Option<&str>) -> Self {
        let edits = String::from_utf8(html).map(HtmlEdit::IntoHead);
        Self { rewriter: Rewriter::new(edits.into_iter().collect(), charset) }
    }
}

/// Begins to send a page with these edits. The page goes out as it is where that is not possible.
pub(super) fn begin(response: Response, edits: Vec<HtmlEdit>, head: &Head, context: &Context) -> Response {
    if response.body().is_none() {
        return response;
    }
    let editor = PageEditor { rewriter: Rewriter::new(edits, head.charset.as_deref()) };
    match js::rewrite(&response, editor) {
        Ok(rewriting) => {
            let sent = rewriting.sent();
            context.wait_until(async move {
                let _ = JsFuture::from(sent).await;
            });
            rewriting.response()
        }
        Err(error) => {
            isolate_state::log_fault(&js::fault(&error).during("a page could not be edited"));
            response
        }
    }
}
