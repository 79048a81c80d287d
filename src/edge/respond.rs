//! Carries a [`Plan`] out: changes the origin's response, or refuses the speculation.

use super::own_responses::{self, build, replace_set_cookies};
use super::prefetched::{PrefetchedPage, when_started};
use super::{Scope, decisions, isolate_state, js, keep, ledger_do, observe, places, render, rewriting};
use crate::head::Head;
use crate::ineligible::Ineligible;
use crate::plan::{Edit, Plan, keeping, own_answers, preparation};
use crate::visit::Visit;
use wasm_bindgen::JsValue;
use wasm_bindgen_futures::future_to_promise;
use web_sys::{Headers, Response};
use worker::Context;

/// What is known of how the origin was asked.
#[derive(Clone, Copy, Debug)]
pub(super) struct Asked {
    /// How many views one that is read stands for.
    pub(super) served: u32,
    /// When it was, in milliseconds since the epoch.
    pub(super) since: u64,
    /// Whether what becomes of the visitor's sessions and carts says something of the page: see [`crate::plan::witness`].
    pub(super) is_witness: bool,
}

/// Does what was planned with the origin's response. Whatever fails, the visitor gets the origin's bytes; only a
/// speculation from which something could not be deferred is refused. Answers with the response, or, for a speculation, with the
/// promise of one.
///
/// # Errors
/// When not even a refusal could be built. The platform then answers 500, which a browser takes for one.
pub(super) fn carry_out(
    plan: Plan,
    response: Response,
    visit: Visit,
    head: Head,
    asked: Asked,
    scope: &Scope<'_>,
) -> worker::Result<JsValue> {
    let Asked { served, since, is_witness } = asked;
    let edit = match plan {
        Plan::Pass => return Ok(response.into()),
        Plan::Refuse(refusal) => {
            let remembered = refusal.remembered();
            isolate_state::quarantine(&visit, &head, is_witness, remembered, &scope.settings.config);
            // What the origin has done by now, the click must not have it do again.
            if let Some(key) = keeping::to_keep(&visit, &head, &refusal, &scope.settings.config) {
                let refused = future_to_promise(keep::refused(
                    response,
                    visit,
                    (refusal.why, refusal.renewed),
                    key,
                    since,
                ));
                places::ends(&refused, scope.context);
                return Ok(refused.into());
            }
            return give_up(&response, &visit, (&refusal.why, &refusal.renewed), scope.context);
        }
        Plan::AdviseProxies { share } => {
            let advice = build(&own_answers::traffic_advice(share)).map(JsValue::from);
            // Last: should something fail before, the origin's answer is still there.
            scope.context.wait_until(js::cancel(&response));
            return advice.ok_or_else(|| worker::Error::RustError("no advice could be built".to_owned()));
        }
        Plan::Edit(edit) => edit,
    };
    if edit.ticket.is_some() && !ledger_do::may_promise(&visit, scope.settings) {
        return refuse_late(&response, &visit, (&preparation::UNPREPARED, &edit.renewed), scope);
    }
    let remembered = edit.remembered.as_ref().and_then(Ineligible::affects);
    isolate_state::quarantine(&visit, &head, is_witness, remembered, &scope.settings.config);
    if edit.is_silent() {
        if let Some(mode) = edit.observe
            && let Some(copy) = response.clone().ok().and_then(|copy| copy.body())
        {
            observe::read(copy, &visit, &head, mode, served, scope);
        }
        return Ok(response.into());
    }
    let edited = match js::with_lines(&response, &lines(&edit.append)) {
        Ok(edited) => edited,
        Err(error) => {
            isolate_state::log_fault(&js::fault(&error).during("a response could not be changed"));
            return match edit.if_unbuilt(&visit) {
                Ok(()) => Ok(response.into()),
                Err(why) => refuse_late(&response, &visit, (&why, &edit.renewed), scope),
            };
        }
    };
    let kept = edit.set_cookies.as_deref();
    if let Err(error) = set(&edited.headers(), &edit.replace, edit.remove, kept) {
        isolate_state::log_fault(&js::fault(&error).during("the header of an answer could not be changed"));
        return match edit.if_unbuilt(&visit) {
            Ok(()) => Ok(edited.into()),
            Err(why) => refuse_late(&edited, &visit, (&why, &edit.renewed), scope),
        };
    }
    if edit.rendering.is_none()
        && let Some(what) = edit.deferred()
    {
        decisions::deferred(&visit, what);
    }
    // Before the page is edited: what teaches is what the origin says.
    if let Some(mode) = edit.observe
        && let Some(copy) = edited.clone().ok().and_then(|copy| copy.body())
    {
        observe::read(copy, &visit, &head, mode, served, scope);
    }
    Ok(answered(edit, (edited, response), (visit, head), asked, scope))
}

/// What is answered with a response whose header is as it was planned (`edited`), and its body still the origin's: that, or the promise
/// of one, where more of it has to be known or done before.
fn answered(
    edit: Edit,
    (edited, origins): (Response, Response),
    (visit, head): (Visit, Head),
    asked: Asked,
    scope: &Scope<'_>,
) -> JsValue {
    let preparation = edit.ticket.and_then(|ticket| preparation::of_prefetch(&ticket, &visit));
    let start = edit.if_it_goes_on.filter(|_| head.is_readable).and_then(|why| {
        let copy = edited.clone().ok().and_then(|copy| copy.body())?;
        Some((copy, why))
    });
    if edit.rendering.is_none() && preparation.is_none() && start.is_none() {
        if !edit.html.is_empty() {
            rewriting::when_answered(&edited, edit.html, &head);
        }
        return edited.into();
    }
    let response =
        if edit.html.is_empty() { edited } else { rewriting::begin(edited, edit.html, &head, scope.context) };
    let (owned, renewed) = (scope.owned(), edit.renewed);
    let begun = if let Some(rendering) = edit.rendering {
        let rendering = (rendering, renewed);
        future_to_promise(render::page(response, rendering, visit, head, asked.is_witness, owned))
    } else if let Some((copy, why)) = start {
        let (refused, since, asked) = ((why, renewed), asked.since, (visit, head));
        let page = PrefetchedPage { response, origins, refused, preparation, asked, since, owned };
        return when_started(&copy, page);
    } else if let Some(preparation) = preparation {
        future_to_promise(render::prepared(response, (preparation, renewed), visit, owned))
    } else {
        return response.into();
    };
    places::ends(&begun, scope.context);
    begun.into()
}

/// Header lines as `host.js` takes them: names and values in turns, one each line.
pub(super) fn lines(append: &[(&str, String)]) -> String {
    append.iter().flat_map(|(name, value)| [name, "\n", value, "\n"]).collect()
}

/// Sets header lines in place of others, takes some away, and sets the `Set-Cookie` lines that are left.
fn set(
    headers: &Headers,
    lines: &[(&str, String)],
    gone: &[&str],
    kept: Option<&[String]>,
) -> Result<(), JsValue> {
    gone.iter().try_for_each(|name| headers.delete(name))?;
    lines.iter().try_for_each(|(name, value)| headers.set(name, value))?;
    kept.map_or(Ok(()), |kept| replace_set_cookies(headers, kept))
}

/// Refuses a speculation that was counted as answered.
fn refuse_late(
    response: &Response,
    visit: &Visit,
    (why, renewed): (&Ineligible, &[String]),
    scope: &Scope<'_>,
) -> worker::Result<JsValue> {
    isolate_state::count_refused(visit, why, true, &scope.settings.config);
    give_up(response, visit, (why, renewed), scope.context)
}

/// Throws a response of the origin away and refuses the speculation, with what it has renewed of the visitor's session.
fn give_up(
    response: &Response,
    visit: &Visit,
    (why, renewed): (&Ineligible, &[String]),
    context: &Context,
) -> worker::Result<JsValue> {
    context.wait_until(js::cancel(response));
    decisions::refused(visit, why);
    let refused = own_responses::refused(visit, why, renewed).map(JsValue::from);
    refused.ok_or_else(|| worker::Error::RustError("no refusal could be built".to_owned()))
}
