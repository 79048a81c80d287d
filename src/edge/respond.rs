//! Carries a [`Plan`] out: changes the origin's response, or refuses the speculation.

use super::own_responses::{refuse, replace_set_cookies};
use super::{Scope, isolate_state, js, observe, render};
use crate::head::Head;
use crate::ineligible::{Affected, Ineligible};
use crate::plan::Plan;
use crate::plan::document_end::END_BYTES;
use crate::visit::Visit;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Headers, Response};
use worker::Context;

/// Does what was planned with the origin's response. Whatever fails, the visitor gets the origin's bytes; only a
/// speculation from which something could not be deferred is refused. `served` is the number of views that one which is
/// read stands for. Answers with the response, or, for a speculation, with the promise of one.
///
/// # Errors
/// When not even a refusal could be built. The platform then answers 500, which a browser takes for one.
pub(super) fn carry_out(
    plan: Plan,
    response: Response,
    visit: Visit,
    head: Head,
    served: u32,
    scope: &Scope<'_>,
) -> worker::Result<JsValue> {
    let edit = match plan {
        Plan::Pass => return Ok(response.into()),
        Plan::Refuse(refusal) => {
            isolate_state::quarantine(&visit, refusal.remembered());
            return give_up(&response, &refusal.why, scope.context);
        }
        Plan::Edit(edit) => edit,
    };
    isolate_state::quarantine(&visit, edit.remembered.and_then(|why| why.affects()));
    let edited = match js::with_lines(&response, &lines(&edit.append)) {
        Ok(edited) => edited,
        Err(error) => {
            isolate_state::log_once(&format!("a response could not be changed: {}", js::text(&error)));
            if edit.set_cookies.is_some() || edit.ticket.is_some() || edit.rendering.is_some() {
                return give_up(&response, &not_withheld(), scope.context);
            }
            return Ok(response.into());
        }
    };
    let kept = edit.set_cookies.as_deref();
    if let Err(error) = set(&edited.headers(), &edit.replace, kept) {
        isolate_state::log_once(&format!("cookies could not be withheld: {}", js::text(&error)));
        return give_up(&edited, &not_withheld(), scope.context);
    }
    // Before there is a tail: what teaches is what the origin says, and its stream is the platform's own.
    if let Some(reading) = edit.observe
        && let Some(copy) = edited.clone().ok().and_then(|copy| copy.body())
    {
        observe::read(copy, &visit, &head, reading, served, scope);
    }
    let edited = match &edit.tail {
        Some(html) => js::with_tail(&edited, html, END_BYTES).unwrap_or_else(|error| {
            isolate_state::log_once(&format!("a page could not be given a tail: {}", js::text(&error)));
            edited
        }),
        None => edited,
    };
    let (env, settings) = scope.owned();
    if let Some(rendering) = edit.rendering {
        let page = render::page(edited, rendering, visit, head, env, settings);
        return Ok(future_to_promise(page).into());
    }
    if let Some(ticket) = edit.ticket.filter(|ticket| ticket.kept.is_some()) {
        let answer = async move { render::if_kept(edited, &ticket, &visit, &env, &settings).await };
        return Ok(future_to_promise(answer).into());
    }
    Ok(edited.into())
}

/// Header lines as `host.js` takes them: names and values in turns, one each line.
pub(super) fn lines(append: &[(&str, String)]) -> String {
    append.iter().flat_map(|(name, value)| [name, "\n", value, "\n"]).collect()
}

/// Sets header lines in place of others, and the `Set-Cookie` lines that are left.
fn set(headers: &Headers, lines: &[(&str, String)], kept: Option<&[String]>) -> Result<(), JsValue> {
    lines.iter().try_for_each(|(name, value)| headers.set(name, value))?;
    kept.map_or(Ok(()), |kept| replace_set_cookies(headers, kept))
}

/// Why a speculation is refused whose cookies could not be taken out of its answer, whatever their names.
fn not_withheld() -> Ineligible {
    Ineligible::SetCookie { name: String::new(), affects: Affected::Everybody }
}

/// Throws a response of the origin away and refuses the speculation. The body is cancelled, since an unread one keeps
/// its connection busy.
fn give_up(response: &Response, why: &Ineligible, context: &Context) -> worker::Result<JsValue> {
    if let Some(body) = response.body() {
        let cancelled = body.cancel();
        context.wait_until(async move {
            // A body that has failed already needs no cancelling.
            let _ = JsFuture::from(cancelled).await;
        });
    }
    let refused = refuse(why).map(JsValue::from);
    refused.ok_or_else(|| worker::Error::RustError("no refusal could be built".to_owned()))
}
