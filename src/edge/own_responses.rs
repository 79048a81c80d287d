//! Builds the answers that are Headstart's own: rule sets, scripts, refusals.

use super::isolate_state::Settings;
use super::snapshot_cache;
use crate::endpoints;
use crate::ineligible::Ineligible;
use crate::plan::{self, Admission, beacon_tag, deferral};
use crate::rules::learned;
use crate::rules::served::{RuleSet, RuleSets};
use crate::visit::Visit;
use js_sys::{Promise, Uint8Array};
use std::rc::Rc;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{Headers, Response, ResponseInit};
use worker::Env;

/// The media type of rule sets (HTML, "Speculative loading").
const MEDIA_TYPE: &str = "application/speculationrules+json";

/// The `Cache-Control` of what no cache keeps.
const NOT_KEPT: &str = "no-store";

/// Answers without the origin; `None` when the answer could not be built, or is the origin's to give.
pub(super) fn own(admission: &Admission, rule_sets: &RuleSets) -> Option<Response> {
    match admission {
        Admission::Ask
        | Admission::Beacon
        | Admission::Learned { .. }
        | Admission::RedeemByRulesFile { .. }
        | Admission::RedeemByScript
        | Admission::RedeemByRule { .. }
        | Admission::Hold { .. } => None,
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
        Admission::BeaconScript => script(beacon_tag::SCRIPT),
        Admission::ActivateScript => script(deferral::SCRIPT),
        Admission::DeferToActivation { file, token } => {
            rules(&rule_sets.get(*file).with_prefetch(&endpoints::activate_url(token))?, NOT_KEPT)
        }
        Admission::ReturnToPage { url } => {
            build(303, &[("Location", url), ("Cache-Control", NOT_KEPT)], None)
        }
        Admission::Forbidden => text(403, "Only pages of this site may send this."),
        Admission::NotFound => text(404, "Headstart has nothing here."),
        Admission::MethodNotAllowed(methods) => {
            let headers = [("Allow", *methods), ("Cache-Control", NOT_KEPT)];
            build(405, &headers, None)
        }
        Admission::Refuse(why) => refuse(why),
    }
}

/// A script of ours.
fn script(text: &str) -> Option<Response> {
    let headers =
        [("Content-Type", "text/javascript; charset=utf-8"), ("Cache-Control", "public, max-age=3600")];
    build(200, &headers, Some(text))
}

/// A rule set for a request that brought a ticket. The URL is good once, so no cache keeps it.
pub(super) fn ticketed(rule_set: &RuleSet) -> Option<Response> {
    rules(&rule_set.body, NOT_KEPT)
}

/// A rule set.
fn rules(body: &str, cache_control: &str) -> Option<Response> {
    build(200, &[("Content-Type", MEDIA_TYPE), ("Cache-Control", cache_control)], Some(body))
}

/// A picture, for whoever asks a collector for one.
pub(super) fn picture(bytes: &[u8]) -> Option<Response> {
    let headers = headers(&[("Content-Type", "image/gif"), ("Cache-Control", NOT_KEPT)])?;
    let init = ResponseInit::new();
    init.set_headers(&headers);
    Response::new_with_opt_js_u8_array_and_init(Some(&Uint8Array::from(bytes)), &init).ok()
}

/// Answers with the learned rule set for the pages of a key: for ever under the name of what it says, for a short while
/// under an old one.
pub(super) fn learned(visit: Visit, hash: String, key: String, env: Env, settings: Rc<Settings>) -> Promise {
    future_to_promise(async move {
        let answer = snapshot_cache::with_key(&visit, &key, &env, &settings, |rule_set| {
            let Some(rule_set) = rule_set else {
                return text(404, "No next pages are known here.");
            };
            let cache_control =
                if learned::is_current(rule_set, &hash) { learned::IMMUTABLE } else { learned::SHORT_LIVED };
            rules(&rule_set.body, cache_control)
        });
        given(answer.await)
    })
}

/// An answer as a promise settles with it.
///
/// # Errors
/// When it could not be built.
pub(super) fn given(answer: Option<Response>) -> Result<JsValue, JsValue> {
    answer.map(JsValue::from).ok_or_else(|| JsValue::from_str("no answer could be built"))
}

/// A refusal of a speculation.
pub(super) fn refuse(why: &Ineligible) -> Option<Response> {
    let lines = plan::refusal_lines(why);
    let lines: Vec<(&str, &str)> = lines.iter().map(|(name, value)| (*name, value.as_str())).collect();
    build(plan::REFUSED_STATUS, &lines, None)
}

/// A short text of ours.
pub(super) fn text(status: u16, message: &str) -> Option<Response> {
    let headers = [("Content-Type", "text/plain; charset=utf-8"), ("Cache-Control", NOT_KEPT)];
    build(status, &headers, Some(&format!("{message}\n")))
}

/// An answer of ours without a body.
pub(super) fn status(status: u16) -> Option<Response> {
    build(status, &[("Cache-Control", NOT_KEPT)], None)
}

fn headers(lines: &[(&str, &str)]) -> Option<Headers> {
    let headers = Headers::new().ok()?;
    for (name, value) in lines {
        headers.set(name, value).ok()?;
    }
    Some(headers)
}

/// An answer of ours.
fn build(status: u16, lines: &[(&str, &str)], body: Option<&str>) -> Option<Response> {
    let headers = headers(lines)?;
    let init = ResponseInit::new();
    init.set_status(status);
    init.set_headers(&headers);
    Response::new_with_opt_str_and_init(body, &init).ok()
}

/// Puts these `Set-Cookie` lines in the place of all.
pub(super) fn replace_set_cookies(headers: &Headers, kept: &[String]) -> Result<(), JsValue> {
    headers.delete("set-cookie")?;
    kept.iter().try_for_each(|line| headers.append("set-cookie", line))
}
