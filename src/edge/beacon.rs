//! Takes in beacons, in which a visitor's browser says how a view went and what the page has loaded. A beacon is a small body from a page of the
//! same origin. It is not taken in twice, and an isolate does not take in too many.

use super::isolate_state::{self, Settings};
use super::{learners, own_responses};
use crate::endpoints;
use crate::learn::beacon::{self, Rejection, TAKEN_IN};
use crate::learn::observation_buffer::Observed;
use crate::plan::own_answers;
use crate::switches::holdout::Arms;
use crate::visit::Visit;
use js_sys::Promise;
use std::rc::Rc;
use url::Url;
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use web_sys::Request;
use worker::{Context, Env};

/// Answers a beacon: 204 when it is taken in, or was before.
pub(super) fn receive(
    request: &Request,
    visit: &Visit,
    env: &Env,
    context: Context,
    settings: &Rc<Settings>,
) -> Promise {
    let (site, url) = (visit.site().unwrap_or_default(), visit.url.clone());
    let arms = endpoints::arms_at(visit.url.path()).and_then(|(arms, _)| Arms::of(arms));
    let address = visit.visitor_address().map(str::to_owned);
    let length = request.headers().get("content-length").ok().flatten();
    // Not `Request.clone`, which would copy the body: another handle on the same one.
    let request: Request = Clone::clone(request);
    let (env, settings) = (env.clone(), Rc::clone(settings));
    future_to_promise(async move {
        let taken = match beacon::admit(length.as_deref(), isolate_state::admits_beacon) {
            Ok(()) => take_in(&request, (site, url, address, arms), env, &context, settings).await,
            Err(rejection) => Err(rejection),
        };
        let status = taken.map_or_else(Rejection::status, |()| TAKEN_IN);
        own_responses::given(own_responses::build(&own_answers::bare(status)))
    })
}

async fn take_in(
    request: &Request,
    (site, url, address, arms): (String, Url, Option<String>, Option<Arms>),
    env: Env,
    context: &Context,
    settings: Rc<Settings>,
) -> Result<(), Rejection> {
    let body = body(request).await;
    if let Some(mut confirmation) =
        isolate_state::learning(|learning| learning.recent.take_in(body.as_deref(), &url))?
    {
        if let Some(report) = &mut confirmation.report {
            report.arms = arms;
        }
        let visitor =
            isolate_state::learning(|learning| learning.outbox.navigations.visitor(address.as_deref()));
        let observed = Observed::Confirmation(confirmation, visitor);
        context.wait_until(async move {
            learners::gather(&site, observed, false, &env, &settings).await;
        });
    }
    Ok(())
}

async fn body(request: &Request) -> Option<String> {
    JsFuture::from(request.text().ok()?).await.ok()?.as_string()
}
