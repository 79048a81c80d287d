//! Erases what was learned, as [`Order`]s say: in the learners' objects and in KV. What isolates hold goes with them.

use super::isolate_state::{self, Settings};
use super::waits::within;
use super::{MODEL, js, learners, model, now, own_responses};
use crate::effects::erasure::{Erased, Order};
use crate::fault::{Blame, Fault};
use crate::hints::Origin;
use crate::learn::import;
use crate::learn::message::Erasure;
use crate::plan::own_answers;
use crate::published::hint_snapshot::{learner_name, learner_names};
use crate::published::names::{is_published, site_of_learner};
use crate::published::next_page_snapshot::next_page_learner_name;
use js_sys::{Array, Promise};
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use worker::Env;

/// How long KV may take to list all names, in milliseconds: a thousand at a time.
const LIST_MS: u64 = 20_000;

/// How many learners are called at once.
const AT_ONCE: usize = 32;

/// Answers an order to `site` that stands in `authorization`.
pub(super) fn receive(site: String, authorization: &str, env: &Env, settings: &Rc<Settings>) -> Promise {
    let seal = settings.config.effects.seal.as_ref();
    let order = seal.and_then(|seal| Order::open(authorization, seal, &site, now()));
    let (env, settings) = (env.clone(), Rc::clone(settings));
    future_to_promise(async move {
        let sites = match order {
            None => None,
            Some(order) => Some(carry_out(&site, order.erased, &env, &settings).await),
        };
        if let Some(Err(fault)) = &sites {
            isolate_state::log_fault(fault);
        }
        own_responses::given(own_responses::build(&own_answers::erased(sites)))
    })
}

/// Erases, and answers of how many sites.
pub(super) async fn carry_out(
    site: &str,
    erased: Erased,
    env: &Env,
    settings: &Settings,
) -> Result<usize, Fault> {
    // What waits here would bring it back.
    isolate_state::forget();
    let mut sites = BTreeSet::from([site.to_owned()]);
    // The number of learners may have been another one once.
    let mut names: BTreeSet<String> = learner_names(site).collect();
    // Keys that are called like those of learners, and hold something else.
    let mut foreign = BTreeSet::new();
    if erased == Erased::All {
        let listed = listed(env).await?.into_iter();
        let of_others = listed.filter(|key| of_learner(key).is_some_and(|(_, of)| of != site));
        let of_env = env.clone();
        let read = each(of_others.collect(), move |key| is_ours(key, of_env.clone())).await?;
        for (key, is_ours) in read {
            if let Some((name, site)) = of_learner(&key).filter(|_| is_ours) {
                sites.insert(site.to_owned());
                names.insert(name.to_owned());
            } else {
                foreign.insert(key);
            }
        }
    }
    for site in &sites {
        names.extend((0..settings.config.learning.shards).map(|shard| learner_name(site, shard)));
        names.insert(next_page_learner_name(site));
    }
    let (path, origin) = match erased {
        Erased::Path(path) => (Some(path), None),
        Erased::Origin(origin) => (Some(String::new()), Some(named(&origin)?)),
        Erased::Site | Erased::All => (None, None),
    };
    let is_all_of_it = path.is_none();
    let erasure = Rc::new(Erasure { path, origin, names: learners::names(env).await?, ..Erasure::default() });
    let env = env.clone();
    each(names.into_iter().collect(), move |name| {
        let is_removed = is_all_of_it && !foreign.contains(&name);
        erase(name, Rc::clone(&erasure), is_removed, env.clone())
    })
    .await?;
    Ok(sites.len())
}

/// The learner of whose a key of KV would be, by its name: where it would publish, or find an import; with its site.
fn of_learner(key: &str) -> Option<(&str, &str)> {
    let name = import::learner(key).unwrap_or(key);
    site_of_learner(name).map(|site| (name, site))
}

/// Does something with each of these, [`AT_ONCE`] at a time, and answers what came of it.
async fn each<F>(names: Vec<String>, work: impl Fn(String) -> F) -> Result<Vec<(String, bool)>, Fault>
where
    F: Future<Output = Result<bool, Fault>> + 'static,
{
    let mut done = Vec::new();
    for chunk in names.chunks(AT_ONCE) {
        let begun = chunk.iter().map(|name| {
            let work = work(name.clone());
            future_to_promise(async move {
                work.await.map(JsValue::from).map_err(|fault| JsValue::from(fault.message))
            })
        });
        let all = JsFuture::from(Promise::all(&begun.collect::<Array>())).await;
        let all = all.map_err(|error| Fault::new(Blame::Platform, js::text(&error)))?;
        let all = Array::from(&all).iter().map(|one| one.is_truthy()).collect::<Vec<_>>();
        done.extend(chunk.iter().cloned().zip(all));
    }
    Ok(done)
}

/// Has one learner forget, and removes what it has published where that is all that it knows. Answers whether it does that.
async fn erase(name: String, erasure: Rc<Erasure>, is_removed: bool, env: Env) -> Result<bool, Fault> {
    let erasure = Erasure { learner: name.clone(), ..(*erasure).clone() };
    learners::erase(&name, &erasure, &env).await?;
    if is_removed {
        model::remove(&name, &env).await?;
    }
    Ok(is_removed)
}

/// Whether Headstart has written what is there under a key.
async fn is_ours(key: String, env: Env) -> Result<bool, Fault> {
    match model::read(&key, import::MAX_BYTES, &env).await {
        Ok(value) => Ok(value.is_some_and(|value| is_published(&value))),
        // It is longer than what Headstart writes.
        Err(fault) if fault.blame == Blame::Headstart => Ok(false),
        Err(fault) => Err(fault),
    }
}

/// All keys of the namespace, of which some are nobody's but the owner's.
async fn listed(env: &Env) -> Result<BTreeSet<String>, Fault> {
    let store = js::binding(env.unchecked_ref(), MODEL).ok_or_else(|| unreached("there is no binding"))?;
    let names = within(Ok(js::kv_names(&store)), LIST_MS).await?;
    names.map(|names| js::names(&names)).map_err(|error| unreached(&js::text(&error)))
}

/// The origin that an order names.
fn named(origin: &str) -> Result<Origin, Fault> {
    Origin::parse(origin).ok_or_else(|| Fault::new(Blame::Visitor, format!("{origin:?} is no origin")))
}

fn unreached(error: &str) -> Fault {
    Fault::new(Blame::Platform, format!("KV could not be changed: {error}"))
}
