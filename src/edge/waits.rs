//! Waits for what the platform promises, and no longer than it may take: what hangs must hold nobody up, and leave nothing behind.

use super::js;
use crate::fault::{Blame, Fault};
use js_sys::{Array, Promise};
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;

/// What a promise that was asked for gives, or its error.
///
/// It is JavaScript that waits no longer, so that whoever waits here is told in any case: a [`JsFuture`] that is dropped is freed only
/// when its promise is settled, and that of one that hangs never is.
///
/// # Errors
/// When it takes longer than so many milliseconds.
pub(super) async fn within(
    asked: Result<Promise, JsValue>,
    milliseconds: u64,
) -> Result<Result<JsValue, JsValue>, Fault> {
    let asked = match asked {
        Ok(asked) => asked,
        Err(error) => return Ok(Err(error)),
    };
    #[allow(clippy::cast_precision_loss)] // some seconds
    let settled = JsFuture::from(js::in_time(&asked, milliseconds as f64)).await;
    match settled {
        Ok(given) => {
            let given = given.dyn_ref::<Array>().map(|given| Ok(given.get(0)));
            given.ok_or_else(|| late_fault(milliseconds))
        }
        Err(error) => Ok(Err(error)),
    }
}

fn late_fault(milliseconds: u64) -> Fault {
    Fault::new(Blame::Platform, format!("no answer within {} seconds", milliseconds / 1000))
}
