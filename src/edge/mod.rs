//! The platform side: the only Rust that touches JavaScript objects. It carries out what other modules decide.
//!
//! Raw `web_sys` requests and responses throughout, because the wrappers of `worker` lose things (unknown methods,
//! status text, odd statuses), and because a body that is only handed on must stay a native stream.
//!
//! - [`entry`]: handles one request from start to end, and what happens when Headstart itself fails.
//! - [`origin`]: asks the site's own server.
//! - [`own_responses`]: builds the answers that are Headstart's own.
//! - [`respond`]: carries a plan out.
//! - [`observe`]: reads the copy of a page or stylesheet after the response, and sends what was seen.
//! - [`navigations`]: counts navigations and speculations.
//! - [`redeem`]: redeems tickets when their pages are activated.
//! - [`hold`]: defers what prerendering pages send.
//! - [`render`]: answers prerenders, whose HTML is read as a whole.
//! - [`rewriting`]: sends a page through the rewriter.
//! - [`places`]: bounds what is held in memory at once, and has it come to its end.
//! - [`ledger_do`]: the Durable Object that keeps what must reach the origin once, and sends it.
//! - [`beacon`]: takes in what visitors' browsers say that they have loaded.
//! - [`erase`]: erases what was learned.
//! - [`switching`]: shows and sets switches.
//! - [`decisions`]: tells whoever runs the site of decisions.
//! - [`health`]: looks at what there is of what Headstart needs.
//! - [`report`]: answers whoever runs the site.
//! - [`snapshot_cache`]: the isolate's copies of what was published.
//! - [`robots`]: reads the site's robots.txt.
//! - [`third_party`]: reads third parties' stylesheets.
//! - [`learner_do`]: the Durable Object that gathers observations and publishes.
//! - [`sqlite_store`]: the records of both.
//! - [`model`]: the values in KV.
//! - [`waits`]: waits for no promise longer than it may take.
//! - [`isolate_state`]: what an isolate keeps between requests.
//! - [`js`]: platform calls that `worker` and `web-sys` do not bind.

mod beacon;
mod decisions;
mod entry;
mod erase;
mod health;
mod hold;
mod isolate_state;
mod js;
mod keep;
mod learner_do;
mod learners;
mod ledger_do;
mod model;
mod navigations;
mod observe;
mod origin;
mod own_responses;
mod places;
mod prefetched;
mod redeem;
mod render;
mod report;
mod respond;
mod rewriting;
mod robots;
mod snapshot_cache;
mod sqlite_store;
mod switching;
mod third_party;
mod waits;

use isolate_state::Settings;
use std::rc::Rc;
use web_sys::Request;
use worker::{Context, Env};

/// The binding of the KV namespace that holds the snapshots.
const MODEL: &str = "MODEL";
/// The binding of the Durable Object namespace of the learners.
const LEARNER: &str = "LEARNER";
/// The binding of the Durable Object namespace of the ledgers.
const LEDGER: &str = "LEDGER";

/// What a request is answered with: the bindings, what may go on after the answer, and what the site has configured.
struct Scope<'a> {
    request: &'a Request,
    env: &'a Env,
    context: &'a Context,
    settings: &'a Rc<Settings>,
}

impl Scope<'_> {
    /// What outlives the answer.
    fn owned(&self) -> (Env, Rc<Settings>) {
        (self.env.clone(), Rc::clone(self.settings))
    }
}

/// The time, in milliseconds since the epoch.
fn now() -> u64 {
    // The clock's value is a positive whole number well below 2^53.
    #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
    let now = js_sys::Date::now() as u64;
    now
}
