//! Platform calls that `worker` and `web-sys` do not bind, and what our own JavaScript does.
//!
//! An exception that passes through a Rust frame leaves the stack of the wasm instance where it was, and every borrow in
//! place: after some of them the instance ends. So what can throw is declared `catch`. What is not declared so cannot throw:
//! it answers with a promise, or only reads and writes variables.

use super::prefetched::PrefetchedPage;
use super::rewriting::PageEditor;
use crate::effects::seal::NONCE_BYTES;
use crate::fault::{Blame, Fault};
use crate::plan::events::ReplayedNavigation;
use js_sys::{Array, Function, Promise, Uint8Array};
use wasm_bindgen::prelude::*;
use wasm_bindgen_futures::JsFuture;
use web_sys::{Headers, ReadableStream, Request, RequestInit, Response, ResponseInit};
use worker::{Env, ObjectNamespace};

#[wasm_bindgen(module = "/src/edge/fast_path.js")]
extern "C" {
    /// Answers a plain visit by a decision that still holds. Exported as it is, for `worker.mjs`.
    #[wasm_bindgen(reexport = "replay_decision")]
    fn replay(request: &Request, env: &JsValue, context: &JsValue) -> JsValue;
}

#[wasm_bindgen(module = "/src/edge/host.js")]
extern "C" {
    /// What is under way for a request. Exported as it is, for `worker.mjs`, which needs it where wasm has failed.
    #[wasm_bindgen(js_name = underWay, reexport = "under_way")]
    fn under_way(request: &Request) -> JsValue;

    /// Hands a record of switches to what was installed. Exported as it is, for `worker.mjs`, which reads the record.
    #[wasm_bindgen(js_name = takeSwitches, reexport = "take_switches")]
    fn take_switches(text: Option<String>) -> JsValue;
}

#[wasm_bindgen(module = "/src/edge/body.js")]
extern "C" {
    /// A body's bytes in large pieces.
    pub(super) type Pieces;

    /// Locks a body, whatever kind of stream it is. An error where it is locked already.
    #[wasm_bindgen(constructor, catch)]
    pub(super) fn of(body: &ReadableStream) -> Result<Pieces, JsValue>;

    /// The promise of the next piece, a `Uint8Array`, or of `undefined` at the end. A piece is good until the next is asked for.
    #[wasm_bindgen(method)]
    pub(super) fn next(this: &Pieces) -> Promise;

    /// Lets the body go before its end.
    #[wasm_bindgen(method)]
    pub(super) fn cancel(this: &Pieces);

    /// The promise of a body's bytes, or of `undefined` where it has more than `most`. It fails after `within` milliseconds.
    fn read_whole(body: &ReadableStream, most: u32, within: f64) -> Promise;

    /// The promise of a body's text, or of `undefined` where it has more than `most` bytes, or cannot be read within so many
    /// milliseconds.
    fn read_text(body: &ReadableStream, most: u32, within: f64) -> Promise;

    /// The promise of a body's first `most` bytes, after which the rest is let go. It fails after `within` milliseconds.
    fn read_start(body: &ReadableStream, most: u32, within: f64) -> Promise;
}

#[wasm_bindgen(module = "/src/edge/origin.js")]
extern "C" {
    /// Asks the origin, by the way that [`set_rules`] has named.
    #[wasm_bindgen(catch)]
    pub(super) fn ask(request: &Request, env: &JsValue) -> Result<Promise, JsValue>;

    /// Whether a request comes again and again.
    #[wasm_bindgen(js_name = hasLooped)]
    pub(super) fn has_looped(headers: &Headers) -> bool;

    /// Asks the origin for a speculation: for this path and query, if they are given, with `Headstart-Purpose`, and without the
    /// browser's validators if the answer must be whole.
    #[wasm_bindgen(catch)]
    pub(super) fn ask_speculatively(
        request: &Request,
        env: &JsValue,
        target: Option<&str>,
        purpose: &str,
        is_whole: bool,
    ) -> Result<Promise, JsValue>;

    /// Sends a request, its header lines as names and values in turns, one each line, and gives up after `within`
    /// milliseconds. The promise is of the status and the `Set-Cookie` lines, one each line.
    pub(super) fn send_deferred(
        url: &str,
        method: &str,
        text: &str,
        body: Option<Uint8Array>,
        env: &JsValue,
        within: f64,
    ) -> Promise;
}

#[wasm_bindgen(module = "/src/edge/host.js")]
extern "C" {
    /// Gives `host.js` what it calls when the origin has answered, to tell whether a `Cookie` field holds a session, for a
    /// [`HeadFinder`](super::rewriting::HeadFinder), for the switches, and to tell whether a page is shown; and makes it forget all
    /// decisions.
    pub(super) fn install(
        finish: &Function,
        has_session: &Function,
        finder: &Function,
        switched: &Function,
        is_shown: &Function,
    );

    /// The record of switches that an instance before this one has understood last.
    #[wasm_bindgen(js_name = switchesSaid)]
    pub(super) fn switches_said() -> Option<String>;

    /// Has the next request, or the next call of a Durable Object, start the wasm anew.
    pub(super) fn start_anew();

    /// Calls what was installed when the origin has answered. `body` is the promise of the request's body, where it is to be read, and
    /// `took` how long the origin took, in milliseconds, where that is not what is waited for now; negative where nobody knows.
    #[wasm_bindgen(catch)]
    pub(super) fn settle(
        asked: &Promise,
        request: &Request,
        env: &JsValue,
        context: &JsValue,
        body: Option<Promise>,
        took: Option<f64>,
    ) -> Result<Promise, JsValue>;

    /// The response, its body untouched, with header lines appended, names and values in turns, one each line.
    ///
    /// An error where the platform refuses to build it, with a status of 999 say. The response is then unused.
    #[wasm_bindgen(catch)]
    pub(super) fn with_lines(response: &Response, text: &str) -> Result<Response, JsValue>;
}

#[wasm_bindgen(module = "/src/edge/kept_decisions.js")]
extern "C" {
    /// Sets by which way the origin is asked, and what holds for every decision that is replayed: [`Rules`](crate::plan::replay::Rules) as JSON.
    #[wasm_bindgen(catch)]
    pub(super) fn set_rules(json: &str) -> Result<JsValue, JsValue>;

    /// How many views of this page the isolate has served since it was last asked, this one included.
    pub(super) fn take_served(url: &str) -> u32;

    /// Keeps a decision for a short while: a [`Replay`](crate::plan::replay::Replay) as JSON.
    #[wasm_bindgen(catch)]
    pub(super) fn remember(url: &str, json: &str) -> Result<(), JsValue>;

    /// Has wasm see the plain views of a URL for so many milliseconds, whatever decisions there are.
    pub(super) fn hold_back(url: &str, within: f64);
}

#[wasm_bindgen(module = "/src/edge/notes.js")]
extern "C" {
    /// The visitor's address, as far as it is to be believed.
    #[wasm_bindgen(js_name = addressOf)]
    pub(super) fn address_of(request: &Request) -> Option<String>;

    /// The codings that the visitor's browser takes.
    #[wasm_bindgen(js_name = encodingsOf)]
    pub(super) fn encodings_of(request: &Request) -> Option<String>;

    /// The navigations that replayed decisions have answered since the last call.
    fn take_replayed_navigations() -> Vec<Navigation>;

    /// How often replayed decisions have shown a page since the last call.
    fn take_replayed_views() -> Vec<Views>;

    /// Counts a page view.
    pub(super) fn count_view();

    /// How many page views this isolate has served, replayed ones included.
    pub(super) fn served_views() -> f64;
}

#[wasm_bindgen(module = "/src/edge/platform.js")]
extern "C" {
    /// What the SQLite of a Durable Object answers: an array of rows, each an array of its columns.
    ///
    /// An error where SQLite refuses, or where the object's class was not declared to have one.
    #[wasm_bindgen(catch)]
    pub(super) fn run_sql(state: &JsValue, query: &str, bindings: &Array) -> Result<Array, JsValue>;

    /// Has all that `work` writes to the SQLite of a Durable Object stand together.
    ///
    /// An error where `work` gives one; then nothing is written.
    #[wasm_bindgen(catch)]
    pub(super) fn in_transaction(
        state: &JsValue,
        work: &mut dyn FnMut() -> Result<(), JsValue>,
    ) -> Result<(), JsValue>;

    /// The same promise, or one of `undefined` after so many milliseconds.
    fn within(promise: &Promise, milliseconds: f64) -> Promise;

    /// The promise of an array of what a promise gives, or of `undefined` after so many milliseconds: see
    /// [`within`](super::waits::within).
    pub(super) fn in_time(promise: &Promise, milliseconds: f64) -> Promise;

    /// The promise of a value of KV, which the platform may keep for so many seconds; of `true` where it has more than so many bytes.
    #[wasm_bindgen(catch)]
    pub(super) fn kv_value(store: &JsValue, key: &str, seconds: u32, most: u32) -> Result<Promise, JsValue>;

    /// Writes a value into KV.
    #[wasm_bindgen(catch)]
    pub(super) fn kv_put(store: &JsValue, key: &str, value: &str) -> Result<Promise, JsValue>;

    /// Removes a value from KV.
    #[wasm_bindgen(catch)]
    pub(super) fn kv_remove(store: &JsValue, key: &str) -> Result<Promise, JsValue>;

    /// The promise of names of values in a KV namespace that begin so, a thousand at the most from a cursor on, and of the cursor from
    /// which the list goes on, if it does.
    pub(super) fn kv_names(store: &JsValue, prefix: &str, cursor: Option<&str>) -> Promise;

    /// So many random bytes.
    fn random_bytes(length: u32) -> Uint8Array;

    /// The response with another body, and without what was said of the bytes of the old one.
    ///
    /// An error where the platform refuses to build it. The response is then unused.
    #[wasm_bindgen(catch)]
    pub(super) fn with_body(response: &Response, body: &Uint8Array) -> Result<Response, JsValue>;

    /// Writes data points, as a JSON array of them, to a dataset of Analytics Engine.
    #[wasm_bindgen(catch)]
    pub(super) fn write_points(dataset: &JsValue, json: &str) -> Result<(), JsValue>;

    /// A response with these bytes as its body, which comes as a stream.
    #[wasm_bindgen(catch)]
    pub(super) fn streamed(bytes: Uint8Array, init: &ResponseInit) -> Result<Response, JsValue>;
}

#[wasm_bindgen(module = "/src/edge/prefetched.js")]
extern "C" {
    /// Has a page be answered with once the start of a copy of its body has been read: its first `most` bytes, or none where these take
    /// longer than `within` milliseconds.
    #[wasm_bindgen(js_name = readFirst)]
    pub(super) fn read_first(
        response: &JsValue,
        copy: &ReadableStream,
        most: u32,
        within: f64,
        page: PrefetchedPage,
    );
}

#[wasm_bindgen(module = "/src/edge/rewriting.js")]
extern "C" {
    /// A page that goes to its visitor through wasm.
    pub(super) type Rewriting;

    /// Has a page, which must have a body, go through an editor once it is answered with, on its way to its visitor.
    #[wasm_bindgen(js_name = editLater)]
    pub(super) fn edit_later(response: &Response, editor: PageEditor);

    /// Begins to send a page, which must have a body, through an editor at once.
    ///
    /// An error where the platform refuses to build the response. The page is then unused.
    #[wasm_bindgen(catch)]
    pub(super) fn rewrite(response: &Response, editor: PageEditor) -> Result<Rewriting, JsValue>;

    /// The page's response with its new body.
    #[wasm_bindgen(method, getter)]
    pub(super) fn response(this: &Rewriting) -> Response;

    /// A promise that is kept when all of the body is sent, or nobody wants it any more.
    #[wasm_bindgen(method, getter)]
    pub(super) fn sent(this: &Rewriting) -> Promise;
}

#[wasm_bindgen]
extern "C" {
    /// 122 random bits, as a UUID.
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    pub(super) fn random_uuid() -> String;

    /// Asks whoever a request is for. The platform's own function: this module has one of that name.
    #[wasm_bindgen(js_namespace = globalThis, catch)]
    pub(super) fn fetch(request: &Request) -> Result<Promise, JsValue>;

    /// A navigation, as `note` in `notes.js` writes it down.
    type Navigation;
    #[wasm_bindgen(method, getter)]
    fn address(this: &Navigation) -> Option<String>;
    #[wasm_bindgen(method, getter)]
    fn url(this: &Navigation) -> String;
    #[wasm_bindgen(method, getter, js_name = hasSession)]
    fn has_session(this: &Navigation) -> bool;
    #[wasm_bindgen(method, getter, js_name = hasPassword)]
    fn has_password(this: &Navigation) -> bool;
    #[wasm_bindgen(method, getter)]
    fn asked(this: &Navigation) -> Array;
    #[wasm_bindgen(method, getter)]
    fn answered(this: &Navigation) -> Array;

    /// How often a page was shown.
    type Views;
    #[wasm_bindgen(method, getter)]
    fn address(this: &Views) -> Option<String>;
    #[wasm_bindgen(method, getter, js_name = url)]
    fn page(this: &Views) -> String;
    #[wasm_bindgen(method, getter)]
    fn number(this: &Views) -> u32;

    /// What stands for a Durable Object.
    pub(super) type Stub;
    #[wasm_bindgen(method, catch, js_name = fetch)]
    pub(super) fn ask(this: &Stub, request: &Request) -> Result<Promise, JsValue>;

    /// Headers, for the one method that `web-sys` lacks.
    type CookieHeaders;

    #[wasm_bindgen(method, js_name = getSetCookie, catch)]
    fn get_set_cookie(this: &CookieHeaders) -> Result<Array, JsValue>;
}

/// The navigations that replayed decisions have answered since the last call.
pub(super) fn replayed_navigations() -> impl Iterator<Item = ReplayedNavigation> {
    take_replayed_navigations().into_iter().map(|noted| ReplayedNavigation {
        url: noted.url(),
        address: noted.address(),
        has_session: noted.has_session(),
        has_password: noted.has_password(),
        asked: texts(&noted.asked()),
        answered: texts(&noted.answered()),
    })
}

/// The texts of an array; what is none is left out.
fn texts<const NUMBER: usize>(array: &Array) -> [Option<String>; NUMBER] {
    let mut values = array.iter().map(|value| value.as_string());
    std::array::from_fn(|_| values.next().flatten())
}

/// The pages, by URL, that replayed decisions have shown since the last call, to whom, and how often.
pub(super) fn replayed_views() -> impl Iterator<Item = (String, Option<String>, u32)> {
    take_replayed_views().into_iter().map(|views| (views.page(), views.address(), views.number()))
}

/// The `Set-Cookie` lines of a response, one by one.
///
/// # Errors
/// When they cannot be read. Whoever withholds cookies must not take that for none.
pub(super) fn set_cookies(response: &Response) -> Result<Vec<String>, JsValue> {
    let headers: Headers = response.headers();
    let lines = headers.unchecked_ref::<CookieHeaders>().get_set_cookie()?;
    Ok(lines.iter().filter_map(|line| line.as_string()).collect())
}

/// The bytes of a body; `None` where it has more than `most`.
///
/// # Errors
/// When it could not be read, or not within so many milliseconds.
pub(super) async fn whole(
    body: &ReadableStream,
    most: usize,
    within: f64,
) -> Result<Option<Vec<u8>>, JsValue> {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let read = JsFuture::from(read_whole(body, most, within)).await?;
    Ok(read.dyn_ref::<Uint8Array>().map(Uint8Array::to_vec))
}

/// The promise of a body's text, or of `undefined` where it has more than `most` bytes, or cannot be read within so many
/// milliseconds.
pub(super) fn whole_text(body: &ReadableStream, most: usize, within: f64) -> Promise {
    read_text(body, u32::try_from(most).unwrap_or(u32::MAX), within)
}

/// The first `most` bytes of a body, which stay where JavaScript has them; the rest is not read.
///
/// # Errors
/// When they could not be read, or not within so many milliseconds.
pub(super) async fn start(body: &ReadableStream, most: usize, within: f64) -> Result<Uint8Array, JsValue> {
    let most = u32::try_from(most).unwrap_or(u32::MAX);
    let read = JsFuture::from(read_start(body, most, within)).await?;
    read.dyn_into()
}

/// A `POST` to a Durable Object, with a text. Not by the requests of `worker`: they bring all that may be said of a fetch, whether it is or not.
pub(super) fn post(url: &str, text: Option<&str>) -> Result<Request, JsValue> {
    let init = RequestInit::new();
    init.set_method("POST");
    if let Some(text) = text {
        init.set_body(&JsValue::from_str(text));
    }
    Request::new_with_str_and_init(url, &init)
}

/// The response of a promise; `None` where there is none within so many milliseconds.
pub(super) async fn response(asked: &Promise, milliseconds: f64) -> Option<Response> {
    JsFuture::from(within(asked, milliseconds)).await.ok()?.dyn_into().ok()
}

/// Cancels a body that nobody is given, since an unread one keeps its connection busy. One that has failed already needs no
/// cancelling. It is cancelled at once; what is answered ends when it is done.
pub(super) fn cancel(response: &Response) -> impl Future<Output = ()> + use<> {
    let cancelled = response.body().map(|body| body.cancel());
    async move {
        if let Some(cancelled) = cancelled {
            let _ = JsFuture::from(cancelled).await;
        }
    }
}

/// A random nonce.
pub(super) fn nonce() -> [u8; NONCE_BYTES] {
    let mut nonce = [0; NONCE_BYTES];
    #[allow(clippy::cast_possible_truncation)] // two dozen
    random_bytes(NONCE_BYTES as u32).copy_to(&mut nonce);
    nonce
}

/// Header lines, names and values.
pub(super) fn lines_of(headers: &Headers) -> Vec<(String, String)> {
    let Ok(Some(lines)) = js_sys::try_iter(headers) else { return Vec::new() };
    lines
        .filter_map(|line| {
            let line: Array = line.ok()?.dyn_into().ok()?;
            Some((line.get(0).as_string()?, line.get(1).as_string()?))
        })
        .collect()
}

impl From<worker::Error> for Fault {
    fn from(error: worker::Error) -> Self {
        Self::new(Blame::Platform, error.to_string())
    }
}

impl From<Fault> for worker::Error {
    fn from(fault: Fault) -> Self {
        Self::RustError(fault.message)
    }
}

/// An error of the platform as a fault.
pub(super) fn fault(error: &JsValue) -> Fault {
    Fault::new(Blame::Platform, text(error))
}

/// The text of a JavaScript error, for the log.
pub(super) fn text(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{error:?}"),
    }
}

/// A binding as it is; `None` where there is none of this name.
pub(super) fn binding(env: &JsValue, name: &str) -> Option<JsValue> {
    let binding = js_sys::Reflect::get(env, &JsValue::from_str(name)).ok();
    binding.filter(|binding| !binding.is_undefined() && !binding.is_null())
}

/// Whether a binding is a namespace of KV.
pub(super) fn is_store(binding: &JsValue) -> bool {
    binding.is_object()
        && js_sys::Reflect::get(binding, &"getWithMetadata".into()).is_ok_and(|method| method.is_function())
}

/// The namespace of Durable Objects of this name; `None` where there is none. A binding may also be `null`, at which `worker` throws.
pub(super) fn objects(env: &Env, name: &str) -> Option<ObjectNamespace> {
    binding(env.unchecked_ref(), name)?;
    env.durable_object(name).ok()
}

/// What [`kv_names`] gives: the names, and from where the list goes on.
pub(super) fn names(given: &JsValue) -> (Vec<String>, Option<String>) {
    let parts = given.dyn_ref::<Array>();
    let names = parts.and_then(|parts| parts.get(0).dyn_into::<Array>().ok());
    let names = names.iter().flat_map(Array::iter).filter_map(|name| name.as_string()).collect();
    (names, parts.and_then(|parts| parts.get(1).as_string()))
}
