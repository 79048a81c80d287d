//! Carries a plan out, and builds our own answers.

use super::isolate::Settings;
use super::{Scope, isolate, js, model, observe};
use crate::effects::Refusal;
use crate::head::Head;
use crate::learn::next::guide::Entry;
use crate::plan::{Admission, Plan};
use crate::rules::file::RuleSets;
use crate::rules::learned;
use crate::tail;
use crate::visit::Visit;
use js_sys::Promise;
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::{Headers, Response, ResponseInit};
use worker::{Context, Env};

/// The media type of rule sets (HTML, "Speculative loading").
const MEDIA_TYPE: &str = "application/speculationrules+json";

/// Answers without the origin; `None` when the answer could not be built, or is the origin's to give.
pub(super) fn own(admission: &Admission, rule_sets: &RuleSets) -> Option<Response> {
    match admission {
        Admission::Ask | Admission::Beacon | Admission::Learned { .. } => None,
        Admission::RuleSet { file, fresh } => {
            let rule_set = rule_sets.get(*file);
            let body = (!fresh).then_some(rule_set.body.as_str());
            let headers = [
                ("Content-Type", MEDIA_TYPE),
                ("Cache-Control", rule_sets.cache_control),
                ("ETag", &rule_set.etag),
            ];
            build(if *fresh { 304 } else { 200 }, &headers, body)
        }
        Admission::BeaconScript => {
            let headers = [
                ("Content-Type", "text/javascript; charset=utf-8"),
                ("Cache-Control", "public, max-age=3600"),
            ];
            build(200, &headers, Some(tail::SCRIPT))
        }
        Admission::Forbidden => text(403, "Only pages of this site may send this."),
        Admission::NotFound => text(404, "Headstart has nothing here."),
        Admission::MethodNotAllowed(methods) => {
            let headers = [("Allow", *methods), ("Cache-Control", "no-store")];
            build(405, &headers, None)
        }
        Admission::Refuse(refusal) => refuse(refusal),
    }
}

/// Answers with the learned rule set for the pages of a key: for ever under the name of what it says, for a short while
/// under an old one.
pub(super) fn learned(visit: Visit, hash: String, key: String, env: Env, settings: Rc<Settings>) -> Promise {
    future_to_promise(async move {
        let answer = model::with_key(&visit, &key, &env, &settings, |entry| {
            let Some(rule_set) = entry.and_then(Entry::rule_set) else {
                return text(404, "No next pages are known here.");
            };
            let cache_control =
                if learned::is_current(rule_set, &hash) { learned::IMMUTABLE } else { learned::SHORT_LIVED };
            let headers = [("Content-Type", MEDIA_TYPE), ("Cache-Control", cache_control)];
            build(200, &headers, Some(&rule_set.body))
        });
        answer.await.map(JsValue::from).ok_or_else(|| JsValue::from_str("no answer could be built"))
    })
}

/// A refusal: any status but 2xx makes the browser forget the speculation and do the real navigation later.
fn refuse(refusal: &Refusal) -> Option<Response> {
    let headers = [
        ("Cache-Control", "no-store"),
        ("Vary", "Sec-Purpose"),
        ("Headstart-Refused", refusal.reason.as_str()),
    ];
    build(503, &headers, None)
}

/// A short text of ours.
pub(super) fn text(status: u16, message: &str) -> Option<Response> {
    let headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", "no-store")];
    build(status, &headers, Some(&format!("{message}\n")))
}

/// An answer of ours without a body.
pub(super) fn status(status: u16) -> Option<Response> {
    build(status, &[("Cache-Control", "no-store")], None)
}

fn build(status: u16, lines: &[(&str, &str)], body: Option<&str>) -> Option<Response> {
    let headers = Headers::new().ok()?;
    for (name, value) in lines {
        headers.set(name, value).ok()?;
    }
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Response::new_with_opt_str_and_init(body, &init).ok()
}

/// Does what was planned with the origin's response. Whatever fails, the visitor gets the origin's bytes; only a
/// speculation whose cookies could not be withheld is refused. `served` is the number of views that one which is read
/// stands for.
///
/// # Errors
/// When not even a refusal could be built. The platform then answers 500, which a browser takes for one.
pub(super) fn carry_out(
    plan: Plan,
    response: Response,
    visit: &Visit,
    head: &Head,
    served: u32,
    scope: &Scope<'_>,
) -> worker::Result<Response> {
    let edit = match plan {
        Plan::Pass => return Ok(response),
        Plan::Refuse(refusal) => return give_up(&response, &refusal, scope.context),
        Plan::Edit(edit) => edit,
    };
    let edited = match js::with_lines(&response, &lines(&edit.append)) {
        Ok(edited) => edited,
        Err(error) => {
            isolate::log_once(&format!("a response could not be changed: {}", js::text(&error)));
            if edit.set_cookies.is_some() {
                return give_up(&response, &Refusal::set_cookie(""), scope.context);
            }
            return Ok(response);
        }
    };
    if let Some(kept) = &edit.set_cookies
        && let Err(error) = replace_set_cookies(&edited.headers(), kept)
    {
        isolate::log_once(&format!("cookies could not be withheld: {}", js::text(&error)));
        return give_up(&edited, &Refusal::set_cookie(""), scope.context);
    }
    let edited = match &edit.tail {
        Some(html) => js::with_tail(&edited, html).unwrap_or(edited),
        None => edited,
    };
    if let Some(reading) = edit.observe
        && let Some(copy) = edited.clone().ok().and_then(|copy| copy.body())
    {
        observe::read(copy, visit, head, reading, served, scope);
    }
    Ok(edited)
}

/// Header lines as `glue.js` takes them: names and values in turns, one each line.
pub(super) fn lines(append: &[(&str, String)]) -> String {
    append.iter().flat_map(|(name, value)| [name, "\n", value, "\n"]).collect()
}

fn replace_set_cookies(headers: &Headers, kept: &[String]) -> Result<(), JsValue> {
    headers.delete("set-cookie")?;
    kept.iter().try_for_each(|line| headers.append("set-cookie", line))
}

/// Throws a response of the origin away and refuses the speculation. The body is cancelled, since an unread one holds
/// its connection.
fn give_up(response: &Response, refusal: &Refusal, context: &Context) -> worker::Result<Response> {
    if let Some(body) = response.body() {
        let cancelled = body.cancel();
        context.wait_until(async move {
            // A body that has failed already needs no cancelling.
            let _ = JsFuture::from(cancelled).await;
        });
    }
    refuse(refusal).ok_or_else(|| worker::Error::RustError("no refusal could be built".to_owned()))
}
