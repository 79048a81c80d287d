//! Erases what was learned, as [`Order`]s say: in the learners' objects and in KV. What isolates hold goes with them.

use super::isolate_state::{self, Settings};
use super::{MODEL, js, now, observe, own_responses};
use crate::effects::erasure::{Erased, Order};
use crate::fault::{Blame, Fault};
use crate::learn::message::Erasure;
use crate::plan::own_answers;
use crate::published::hint_snapshot::learner_name;
use crate::published::next_page_snapshot::next_page_learner_name;
use js_sys::Promise;
use std::collections::BTreeSet;
use std::rc::Rc;
use wasm_bindgen::JsCast;
use wasm_bindgen_futures::future_to_promise;
use worker::Env;

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
async fn carry_out(site: &str, erased: Erased, env: &Env, settings: &Settings) -> Result<usize, Fault> {
    // What waits here would bring it back.
    isolate_state::forget();
    let mut sites = BTreeSet::from([site.to_owned()]);
    let mut names: BTreeSet<String> = BTreeSet::new();
    if erased == Erased::All {
        names = published(env).await?;
        sites.extend(names.iter().filter_map(|name| Some(name.rsplit_once('/')?.0.to_owned())));
    }
    for site in &sites {
        names.extend((0..settings.config.learning.shards).map(|shard| learner_name(site, shard)));
        names.insert(next_page_learner_name(site));
    }
    let path = match erased {
        Erased::Path(path) => Some(path),
        Erased::Site | Erased::All => None,
    };
    let published = path.is_none().then(|| env.kv(MODEL)).transpose();
    let published = published.map_err(|error| unreached(&error.to_string()))?;
    let erasure = Erasure { path, names: observe::names(env).await? };
    for name in &names {
        observe::erase(name, &erasure, env).await?;
        if let Some(published) = &published {
            published.delete(name).await.map_err(|error| unreached(&error.to_string()))?;
        }
    }
    Ok(sites.len())
}

/// The names of all that is published: those of the learners.
async fn published(env: &Env) -> Result<BTreeSet<String>, Fault> {
    js::names_in(env.unchecked_ref(), MODEL).await.map_err(|error| unreached(&js::text(&error)))
}

fn unreached(error: &str) -> Fault {
    Fault::new(Blame::Platform, format!("KV could not be changed: {error}"))
}
