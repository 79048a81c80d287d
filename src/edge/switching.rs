//! Shows and sets switches ([`crate::switches`]): the record in KV, from which each isolate takes them within a minute.

use super::isolate_state::{self, Settings};
use super::{model, now, own_responses};
use crate::effects::switch_order::{Asked, SwitchOrder};
use crate::fault::{Blame, Fault};
use crate::plan::own_answers;
use crate::switches::change::Change;
use crate::switches::{KEY, Switches};
use js_sys::Promise;
use std::rc::Rc;
use std::time::Duration;
use wasm_bindgen_futures::future_to_promise;
use worker::{Delay, Env, console_log};

/// How often a record is written that KV does not take, which takes one a second under each key, and how long is waited in between.
const TRIES: usize = 4;
const WAIT: Duration = Duration::from_millis(1100);

/// Answers an order to `site` that stands in `authorization`: with the record as it is in KV from now on.
pub(super) fn receive(site: &str, authorization: &str, env: &Env, settings: &Rc<Settings>) -> Promise {
    let seal = settings.config.effects.seal.as_ref();
    let order = seal.and_then(|seal| SwitchOrder::open(authorization, seal, site, now()));
    let env = env.clone();
    future_to_promise(async move {
        let record = match order.map(|order| order.asked) {
            None => None,
            Some(Asked::Show) => Some(read(&env).await),
            Some(Asked::Change(change)) => Some(set(&change, &env).await),
        };
        if let Some(Err(fault)) = record.as_ref().filter(|record| is_our_fault(record)) {
            isolate_state::log_fault(fault);
        }
        let record = record.map(|record| record.map(|switches| switches.to_json()));
        own_responses::given(own_responses::build(&own_answers::switched(record)))
    })
}

fn is_our_fault(record: &Result<Switches, Fault>) -> bool {
    record.as_ref().is_err_and(|fault| fault.blame != Blame::Visitor)
}

/// Makes a change, and answers the record after it. Of two changes that come at once the last one counts, and so it is
/// where the earlier one is not seen yet in the place of the other: KV may give what it was a minute ago.
///
/// A record that is not understood is somebody's, be it a newer Headstart's, so no change is written over it: but for the one that
/// switches everything off, which begins with the switches that hold.
///
/// # Errors
/// What is wrong with the change ([`Blame::Visitor`]), with the record ([`Blame::Configuration`]), or with KV.
pub(super) async fn set(change: &Change, env: &Env) -> Result<Switches, Fault> {
    let known = match read(env).await {
        Err(fault) if fault.blame == Blame::Configuration => {
            if !change.is_all_off() {
                let message = format!(
                    "nothing was changed: {}; correct it, or delete it, in KV, or switch everything off for all sites",
                    fault.message
                );
                return Err(Fault { message, ..fault });
            }
            (*isolate_state::switches()).clone()
        }
        known => known?,
    };
    let changed = known.changed(change).map_err(|why| Fault::new(Blame::Visitor, why))?;
    write(&changed, env).await?;
    let (site, path, feature, to) = (&change.site, &change.path, &change.feature, &change.to);
    let line =
        serde_json::json!({ "event": "switched", "site": site, "path": path, "feature": feature, "to": to });
    console_log!("{line}");
    Ok(changed)
}

/// The record as it stands in KV.
///
/// # Errors
/// When KV cannot be read, or when what stands there is not understood ([`Blame::Configuration`]).
pub(super) async fn read(env: &Env) -> Result<Switches, Fault> {
    // However long it is: an order may put another one in its place.
    let record = model::read(KEY, usize::MAX, env).await.map_err(of_switches)?;
    record.map_or_else(|| Ok(Switches::default()), |record| Switches::parse(&record))
}

async fn write(switches: &Switches, env: &Env) -> Result<(), Fault> {
    for left in (0..TRIES).rev() {
        let written = if switches.is_empty() {
            model::remove(KEY, env).await
        } else {
            model::write(KEY, &switches.to_json(), env).await
        };
        match written {
            Ok(()) => return Ok(()),
            Err(fault) if left == 0 => return Err(of_switches(fault)),
            Err(_) => Delay::from(WAIT).await,
        }
    }
    Ok(())
}

fn of_switches(fault: Fault) -> Fault {
    fault.during("the switches")
}
