//! Answers whoever runs the site: gathers what the report follows from, when it is asked for, and hands it to
//! [`report`](crate::report).

use super::isolate_state::{self, Settings};
use super::{entry, erase, health, js, learners, model, now, own_responses, snapshot_cache, switching};
use crate::config::Config;
use crate::endpoints::ReportFile;
use crate::fault::{Blame, Fault};
use crate::limits::MAX_PUBLISHED_BYTES;
use crate::plan::own_answers::{Erasing, OwnAnswer};
use crate::plan::snapshots::SiteNextPages;
use crate::published::hint_snapshot::{learner_name, shard_of};
use crate::published::next_page_snapshot::{NextPageSnapshot, next_page_learner_name};
use crate::report::access::{self, Access, Attempts};
use crate::report::answers::{self, Closed};
use crate::report::controls;
use crate::report::model::{Inputs, Isolate, Known, Learner, Next, Query, Report};
use crate::report::why::{Asked, Context};
use crate::report::{metrics, page, why, why_page};
use crate::visit::Visit;
use js_sys::Promise;
use std::cell::RefCell;
use std::rc::Rc;
use wasm_bindgen_futures::future_to_promise;
use web_sys::Request;
use worker::Env;

/// The most learners of hints that are asked; what the others say is left out, and said to be.
const MAX_ASKED: u32 = 16;

thread_local! {
    static ATTEMPTS: RefCell<Attempts> = RefCell::new(Attempts::default());
}

/// Answers a request for a file of the report.
pub(super) fn answer(
    visit: Visit,
    file: ReportFile,
    request: &Request,
    env: &Env,
    settings: &Rc<Settings>,
) -> Promise {
    let (request, env, settings): (Request, _, _) = (Clone::clone(request), env.clone(), Rc::clone(settings));
    future_to_promise(async move {
        let answer = answered(&visit, file, &request, &env, &settings).await;
        own_responses::given(own_responses::build(&answer))
    })
}

/// Whether whoever asks for a page has sent the token, and is told what was decided.
pub(super) fn is_told(visit: &Visit, config: &Config) -> bool {
    config.report.as_ref().is_some_and(|seal| {
        ATTEMPTS.with_borrow_mut(|attempts| access::is_told(visit, seal, attempts, now()))
    })
}

async fn answered(
    visit: &Visit,
    file: ReportFile,
    request: &Request,
    env: &Env,
    settings: &Rc<Settings>,
) -> OwnAnswer<'static> {
    let Some(seal) = &settings.config.report else { return answers::turned_off() };
    let closed = |why| answers::closed(visit, file, why);
    match file {
        ReportFile::SignIn => {
            if !access::is_own_form(visit) {
                return closed(Closed::Foreign);
            }
            let form = form(request).await;
            let Some(token) = form.as_deref().and_then(access::token_in_form) else {
                return closed(Closed::Unread);
            };
            let access =
                ATTEMPTS.with_borrow_mut(|attempts| access::by_token(&token, visit, seal, attempts, now()));
            if !access.is_open() {
                return closed(refusal(access, visit));
            }
            access::sign_in(visit, seal, now(), js::nonce())
                .map_or_else(|| closed(Closed::Unread), answers::signed_in)
        }
        ReportFile::SignOut => {
            // Whoever has not signed in cannot be signed out, be it by another site.
            let is_own = access::is_own_form(visit) || access(visit, settings).is_open();
            if is_own { answers::signed_out(access::sign_out(visit)) } else { closed(Closed::Foreign) }
        }
        ReportFile::Switches | ReportFile::Forget => {
            let access = access(visit, settings);
            if !access.is_open() {
                return closed(refusal(access, visit));
            }
            // Others may have a browser send a cookie, but nobody a token.
            let is_by_token = access == Access::Token;
            if !is_by_token && !access::is_own_form(visit) {
                return closed(Closed::Foreign);
            }
            let Some(form) = form(request).await else { return closed(Closed::Unread) };
            if !is_by_token && !access::is_marked_form(&form, visit, seal, now()) {
                return closed(Closed::Unmarked);
            }
            match done(visit, file, &form, env, settings).await {
                Ok(Erasing::Done { .. }) => answers::done(),
                Ok(Erasing::Begun { location, .. }) => answers::sent_on(location),
                Err(fault) => answers::undone(&fault),
            }
        }
        ReportFile::Report | ReportFile::Why | ReportFile::Metrics => {
            let access = access(visit, settings);
            if access.is_open() {
                shown(visit, file, env, settings).await
            } else {
                closed(refusal(access, visit))
            }
        }
    }
}

fn access(visit: &Visit, settings: &Settings) -> Access {
    settings.config.report.as_ref().map_or(Access::None, |seal| {
        ATTEMPTS.with_borrow_mut(|attempts| access::of(visit, seal, attempts, now()))
    })
}

fn refusal(access: Access, visit: &Visit) -> Closed {
    match access {
        Access::Wrong => Closed::Wrong,
        Access::TooMany => Closed::TooMany,
        _ if visit.url.query() == Some("signed-in") => Closed::NoCookie,
        _ => Closed::SignIn,
    }
}

/// What a form has sent.
async fn form(request: &Request) -> Option<String> {
    let bytes = js::whole(&request.body()?, access::MAX_FORM_BYTES, access::FORM_MS).await.ok()??;
    String::from_utf8(bytes).ok()
}

/// Does what a form asks for, or a portion of it.
async fn done(
    visit: &Visit,
    file: ReportFile,
    form: &str,
    env: &Env,
    settings: &Settings,
) -> Result<Erasing, Fault> {
    let mistaken = |mistake: &str| Fault::new(Blame::Visitor, mistake);
    let site = visit.site().unwrap_or_default();
    if file == ReportFile::Forget {
        let forgotten = controls::forgotten(form).map_err(mistaken)?;
        let from = erase::from(&visit.url)?;
        return erase::carry_out(&site, forgotten, from, file.path(), env, settings).await;
    }
    let change = controls::change(form, &site).map_err(mistaken)?;
    // This isolate, too, takes it from KV, so that what it holds is what JavaScript has read.
    switching::set(&change, env).await.map(|_| Erasing::Done { others: 0 })
}

/// What whoever runs the site is shown.
async fn shown(visit: &Visit, file: ReportFile, env: &Env, settings: &Rc<Settings>) -> OwnAnswer<'static> {
    let parameter = |wanted: &str| {
        visit.url.query_pairs().find(|(name, _)| name == wanted).map(|(_, value)| value.into_owned())
    };
    let is_json = parameter("format").as_deref() == Some("json");
    if file == ReportFile::Why {
        return match Asked::read(&visit.url) {
            Ok(asked) => explained(visit, &asked, is_json, env).await,
            Err(mistake) => answers::mistaken(mistake),
        };
    }
    let query = Query {
        page: parameter("page").filter(|page| page.starts_with('/')),
        filter: parameter("filter").unwrap_or_default(),
        from: parameter("from").and_then(|from| from.parse().ok()).unwrap_or_default(),
    };
    let site = visit.site().unwrap_or_default();
    let shards: Vec<u32> = (0..settings.config.learning.shards.min(MAX_ASKED)).collect();
    let (mut learners, mut hints) = (Vec::new(), Vec::new());
    for shard in shards {
        let name = learner_name(&site, shard);
        let mut learner = learner(&name, env).await;
        hints.extend(published(&mut learner, env, Known::read).await);
        learners.push(learner);
    }
    if let Some(last) = learners.last_mut().filter(|_| settings.config.learning.shards > MAX_ASKED) {
        let all = settings.config.learning.shards;
        last.faults.push(format!("Of {all} learners of hints the first {MAX_ASKED} are asked."));
    }
    let mut next = learner(&next_page_learner_name(&site), env).await;
    let snapshot =
        published(&mut next, env, |value| NextPageSnapshot::parse(value).map_err(|fault| fault.message))
            .await;
    learners.push(next);
    let (variables, mistakes) = isolate_state::configured(env);
    let switches = switching::read(env).await.ok();
    let inputs = Inputs {
        site: &site,
        now: now(),
        config: &settings.config,
        switches,
        variables,
        mistakes,
        missing: health::missing(env, settings).collect(),
        hints,
        next: Next { snapshot },
        learners,
        isolate: isolate(&site),
        query,
    };
    let report = Report::of(&inputs);
    match file {
        ReportFile::Metrics => answers::metrics(metrics::text(&report, &inputs)),
        _ if is_json => answers::json(serde_json::to_string(&report).unwrap_or_default()),
        _ => {
            let seal = settings.config.report.as_ref();
            let mark = seal.and_then(|seal| access::form_mark(visit, seal, now(), js::nonce()));
            answers::page(page::report(&report, &mark.unwrap_or_default()))
        }
    }
}

async fn explained(visit: &Visit, asked: &Asked, is_json: bool, env: &Env) -> OwnAnswer<'static> {
    let site = visit.site().unwrap_or_default();
    let asking = asked.visit();
    // What is switched for the page, and not for the report of it.
    let settings = &isolate_state::settings_of(&asking, env);
    let config = &settings.config;
    let mut of_hints = Learner {
        name: learner_name(&site, shard_of(asked.url.path(), config.learning.shards)),
        ..Learner::default()
    };
    let hints: Vec<Known> = published(&mut of_hints, env, Known::read).await.into_iter().collect();
    let mut of_next = Learner { name: next_page_learner_name(&site), ..Learner::default() };
    let site_next = published(&mut of_next, env, |value| {
        let site = SiteNextPages::parse(value, config, &settings.rule_sets).map_err(|fault| fault.message)?;
        let next = NextPageSnapshot::parse(value).map_err(|fault| fault.message)?;
        Ok((site, next))
    });
    let (site_next, snapshot) = site_next.await.unzip();
    let next = Next { snapshot };
    let rule_sets = snapshot_cache::rule_sets(&asking, settings);
    let context = Context {
        site: &site,
        config,
        rule_sets: &rule_sets,
        hints: &hints,
        next: &next,
        site_next: site_next.as_ref(),
        met: if asked.speculates { entry::met(&asking, settings) } else { None },
        now: now(),
    };
    let explanation = why::explain(asked, &context);
    if is_json {
        return answers::json(serde_json::to_string(&explanation).unwrap_or_default());
    }
    answers::page(why_page::page(&explanation, &site, &asked.cookies, &asked.set_cookies))
}

/// What this isolate says.
fn isolate(site: &str) -> Isolate {
    isolate_state::learning(|learning| Isolate {
        views: learners::views(),
        quarantined_pages: learning.quarantine.number_of_pages(site, now()),
        quarantined_routes: learning.quarantine.seen_routes(site, now()).iter().map(Into::into).collect(),
    })
}

/// What a learner says.
async fn learner(name: &str, env: &Env) -> Learner {
    let mut learner = Learner { name: name.to_owned(), ..Learner::default() };
    match learners::figures(name, env).await {
        Ok(figures) => learner.figures = figures,
        Err(Fault { message, .. }) => {
            learner.faults.push(format!("The learner {name} cannot be asked: {message}."));
        }
    }
    learner
}

/// What a learner has published, as far as there is anything, and it can be read.
async fn published<T>(
    learner: &mut Learner,
    env: &Env,
    read: impl FnOnce(&str) -> Result<T, String>,
) -> Option<T> {
    match model::read(&learner.name, MAX_PUBLISHED_BYTES, env).await {
        Ok(Some(value)) => {
            learner.published_bytes = Some(value.len());
            match read(&value) {
                Ok(read) => return Some(read),
                Err(message) => {
                    learner
                        .faults
                        .push(format!("What {} has published cannot be used: {message}.", learner.name));
                }
            }
        }
        Ok(None) => {}
        Err(Fault { message, .. }) => learner.faults.push(message),
    }
    None
}
