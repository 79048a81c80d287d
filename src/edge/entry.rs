//! One request from start to end.

use super::isolate::{self, Settings};
use super::{js, model, origin, respond};
use crate::head::Head;
use crate::plan::{self, Admission, Plan};
use crate::visit::Visit;
use std::rc::Rc;
use url::Url;
use web_sys::{Request, Response};
use worker::{Context, Env, event};

/// Adds a readable place to a panic's log entry. `worker` has installed a hook of its own by now, which makes the
/// platform start the wasm anew, so the new hook calls it.
#[event(start)]
fn start() {
    let restart = std::panic::take_hook();
    std::panic::set_hook(Box::new(move |panic| {
        console_error_panic_hook::hook(panic);
        restart(panic);
    }));
}

/// Answers one request. An error means that even the origin could not be asked.
#[event(fetch)]
async fn fetch(request: Request, env: Env, context: Context) -> worker::Result<Response> {
    let settings = isolate::settings(&env);
    let raw_url = request.url();
    let visit = match Url::parse(&raw_url) {
        Ok(url) => Visit::read(&request.method(), url, |name| request.headers().get(name).ok().flatten()),
        Err(error) => {
            isolate::log_once(&format!("a request's URL cannot be read ({error}); it is passed through"));
            return ask(&request, &raw_url, &settings, &env).await;
        }
    };
    match plan::admit(&visit, &settings.config, &settings.rule_set.etag) {
        Admission::Ask => {}
        answer => match respond::own(&answer, &settings.rule_set) {
            Some(response) => return Ok(response),
            None => isolate::log_once("our own answer could not be built; the request is passed through"),
        },
    }
    let learned = settings.config.hints.then(|| model::ensure(&visit, &env, &context, &settings)).flatten();
    let response = ask(&request, &raw_url, &settings, &env).await?;
    let head = Head::read(
        &visit,
        response.status(),
        |name| response.headers().get(name).ok().flatten(),
        || js::set_cookies(&response),
    );
    let plan = learned.as_ref().map_or_else(
        || decide(&visit, &head, None, &settings),
        |site| model::with_hints(site, visit.url.path(), |hints| decide(&visit, &head, hints, &settings)),
    );
    respond::carry_out(plan, response, &visit, &head, &env, &context, &settings)
}

fn decide(visit: &Visit, head: &Head, hints: Option<&[crate::hints::Hint]>, settings: &Settings) -> Plan {
    plan::plan(visit, head, hints, &settings.config, |known| {
        isolate::draw(known, settings.config.learn_sample)
    })
}

/// Asks the origin; when it cannot be reached at all, the visitor is told so in our words.
async fn ask(
    request: &Request,
    raw_url: &str,
    settings: &Rc<Settings>,
    env: &Env,
) -> worker::Result<Response> {
    match origin::fetch(request, raw_url, &settings.config.origin, env).await {
        Ok(response) => Ok(response),
        Err(error) => {
            isolate::log_once(&error.message);
            respond::text(error.status, &error.message)
                .ok_or_else(|| worker::Error::RustError("no response could be built".to_owned()))
        }
    }
}
