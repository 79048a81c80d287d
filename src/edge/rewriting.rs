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
    pub fn end(self) {
        drop(self);
    }
}

/// What JavaScript calls with the bytes of a page into whose head it puts something by itself, as a decision says that is replayed.
/// Neither that nor the page's bytes have to come back from here.
#[wasm_bindgen]
pub struct HeadFinder {
    rewriter: Rewriter,
    /// Where the bytes stand in the page that are held, and those that come next.
    at: usize,
}

#[wasm_bindgen]
impl HeadFinder {
    /// Takes the next bytes. Answers how many of those that are held and of these stand before the place; or that it is not known yet,
    /// by a negative number: -1 - how many of the last ones are to be held; or that nothing is put in, by what is not a number.
    #[must_use]
    #[allow(clippy::needless_pass_by_value)] // as JavaScript gives them
    #[allow(clippy::cast_precision_loss)] // below a megabyte
    pub fn find(&mut self, bytes: Vec<u8>) -> f64 {
        let (written, held) = match self.rewriter.write(&bytes) {
            Written::Same => (bytes.len(), 0),
            Written::Some { bytes, held } => (bytes.len(), held),
            Written::Last(_) => {
                let place = self.rewriter.place().and_then(|place| place.checked_sub(self.at));
                return place.map_or(f64::NAN, |place| place as f64);
            }
        };
        self.at = self.at.saturating_add(written);
        -1.0 - held as f64
    }

    /// The same as [`PageEditor::end`].
    pub fn end(self) {
        drop(self);
    }
}

impl HeadFinder {
    /// One for a page with this charset label.
    pub(super) fn new(charset: Option<&str>) -> Self {
        Self { rewriter: Rewriter::new(Vec::new(), charset), at: 0 }
    }
}

/// Has a page be edited when it is answered with, which is then the last thing to be done with it. Should wasm fail before, it goes out
/// as it is.
pub(super) fn when_answered(response: &Response, edits: Vec<HtmlEdit>, head: &Head) {
    if response.body().is_some() {
        js::edit_later(response, editor(edits, head));
    }
}

/// Begins to send a page with these edits, for somebody who reads it as a whole. It goes out as it is where that is not possible.
pub(super) fn begin(response: Response, edits: Vec<HtmlEdit>, head: &Head, context: &Context) -> Response {
    if response.body().is_none() {
        return response;
    }
    match js::rewrite(&response, editor(edits, head)) {
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

fn editor(edits: Vec<HtmlEdit>, head: &Head) -> PageEditor {
    PageEditor { rewriter: Rewriter::new(edits, head.charset.as_deref()) }
}
