//! Erases what was learned, as [`Order`]s say: in the learners' objects and in KV, by the [`Way`] of an erasure, a portion at a time.
//! What isolates hold goes with them.
//!
//! Whoever gives an order is led on from portion to portion: a 307 has them give it once more, from where the last one has ended.

use super::isolate_state::{self, Settings};
use super::waits::within;
use super::{MODEL, js, learners, model, now, own_responses};
use crate::effects::erasure::{Erased, Order};
use crate::endpoints::{ERASE, ERASE_FROM};
use crate::fault::{Blame, Fault};
use crate::hints::Origin;
use crate::learn::erasing::{Extent, Position, Step, Way};
use crate::learn::import;
use crate::learn::message::Erasure;
use crate::plan::own_answers::{self, Erasing};
use js_sys::{Array, Promise};
use std::rc::Rc;
use url::Url;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::{JsFuture, future_to_promise};
use worker::Env;

/// How long KV may take to list a thousand names, in milliseconds.
const LIST_MS: u64 = 20_000;

/// Answers an order to `site` that stands in `authorization`, to be carried out from where `url` says.
pub(super) fn receive(
    site: String,
    url: &Url,
    authorization: &str,
    env: &Env,
    settings: &Rc<Settings>,
) -> Promise {
    let seal = settings.config.effects.seal.as_ref();
    let order = seal.and_then(|seal| Order::open(authorization, seal, &site, now()));
    let (env, settings) = (env.clone(), Rc::clone(settings));
    let from = from(url);
    future_to_promise(async move {
        let is_begun = from.as_ref().ok().filter(|from| !from.is_start()).map(Position::token);
        let done = match (order, from) {
            (None, _) => None,
            (Some(_), Err(fault)) => Some(Err(fault)),
            (Some(order), Ok(from)) => {
                Some(carry_out(&site, order.erased, from, ERASE, &env, &settings).await)
            }
        };
        if let Some(Err(fault)) = &done {
            isolate_state::log_fault(fault);
        }
        own_responses::given(own_responses::build(&own_answers::erased(done, is_begun.as_deref())))
    })
}

/// From where an order is to be carried out that was sent to `url`.
///
/// # Errors
/// What is no position.
pub(super) fn from(url: &Url) -> Result<Position, Fault> {
    let token = url.query_pairs().find(|(name, _)| name == ERASE_FROM).map(|(_, token)| token);
    token.map_or_else(
        || Ok(Position::default()),
        |token| {
            Position::read(&token).ok_or_else(|| {
                Fault::new(Blame::Visitor, "no erasure has come to where this one is to go on")
            })
        },
    )
}

/// Carries out a portion of an order that was sent to `path`.
///
/// # Errors
/// What is wrong with the order ([`Blame::Visitor`]), or what could not be erased. Then the same portion may be tried again.
pub(super) async fn carry_out(
    site: &str,
    erased: Erased,
    from: Position,
    path: &str,
    env: &Env,
    settings: &Settings,
) -> Result<Erasing, Fault> {
    let from = from.of(&format!("{site} {erased:?}")).ok_or_else(|| {
        Fault::new(Blame::Visitor, "another order has come to this place; all but --from has to be as it was")
    })?;
    let (page, origin, extent) = match erased {
        Erased::Path(page) => (Some(page), None, Extent::Part),
        Erased::Origin(origin) => (Some(String::new()), Some(named(&origin)?), Extent::Part),
        Erased::Site => (None, None, Extent::Site),
        Erased::All => (None, None, Extent::All),
    };
    // What waits here would bring it back.
    isolate_state::forget();
    let names = learners::names(env).await?;
    let erasure = Rc::new(Erasure { path: page, origin, names, ..Erasure::default() });
    let mut way = Way::new(site, settings.config.learning.shards, extent, from);
    loop {
        match way.next_step() {
            Step::Forget { learners, removes } => {
                let (erasure, env) = (Rc::clone(&erasure), env.clone());
                all(learners.into_iter().map(|name| forget(name, removes, Rc::clone(&erasure), env.clone())))
                    .await?;
            }
            Step::List { prefix, cursor } => {
                let (keys, next) = list(&prefix, cursor.as_deref(), env).await?;
                way.listed(keys, next);
            }
            Step::Read(keys) => {
                // One after the other: each may be as long as an import, and an isolate has 128 MB.
                for key in keys {
                    let is_ours = model::is_ours(&key, env).await?;
                    way.read(key, is_ours);
                }
            }
            Step::Remove { learner, key } => {
                if let Some(name) = learner {
                    forget(name, false, Rc::clone(&erasure), env.clone()).await?;
                }
                model::remove(&key, env).await?;
            }
            Step::Pause(position) => {
                let location = format!("{path}?{ERASE_FROM}={}", position.token());
                return Ok(Erasing::Begun { location, so_far: position.said() });
            }
            Step::End(others) => return Ok(Erasing::Done { others }),
        }
    }
}

/// Does all of these at once.
async fn all(
    works: impl Iterator<Item = impl Future<Output = Result<(), Fault>> + 'static>,
) -> Result<(), Fault> {
    let begun = works.map(|work| {
        future_to_promise(async move {
            work.await.map(|()| JsValue::NULL).map_err(|fault| JsValue::from(fault.message))
        })
    });
    let done = JsFuture::from(Promise::all(&begun.collect::<Array>())).await;
    done.map(drop).map_err(|error| Fault::new(Blame::Platform, js::text(&error)))
}

/// Has a learner forget. Where it `removes`, what is imported for it goes before, lest it be taken up again, and what it has published
/// after: by their names, since the learner itself removes what it finds imported, and one that was written just now may not be found.
async fn forget(name: String, removes: bool, erasure: Rc<Erasure>, env: Env) -> Result<(), Fault> {
    if removes {
        model::remove(&import::name(&name), &env).await?;
    }
    let erasure = Erasure { learner: name.clone(), ..(*erasure).clone() };
    learners::erase(&name, &erasure, &env).await?;
    if removes {
        model::remove(&name, &env).await?;
    }
    Ok(())
}

/// Keys of the namespace with this prefix from a cursor on, of which some are nobody's but the owner's, and from where the list goes on.
async fn list(prefix: &str, cursor: Option<&str>, env: &Env) -> Result<(Vec<String>, Option<String>), Fault> {
    let store = js::binding(env.unchecked_ref(), MODEL).ok_or_else(|| unreached("there is no binding"))?;
    let names = within(Ok(js::kv_names(&store, prefix, cursor)), LIST_MS).await?;
    names.map(|names| js::names(&names)).map_err(|error| unreached(&js::text(&error)))
}

/// The origin that an order names.
fn named(origin: &str) -> Result<Origin, Fault> {
    Origin::parse(origin).ok_or_else(|| Fault::new(Blame::Visitor, format!("{origin:?} is no origin")))
}

fn unreached(error: &str) -> Fault {
    Fault::new(Blame::Platform, format!("KV could not be changed: {error}"))
}
