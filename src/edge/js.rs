//! Platform calls that `worker` and `web-sys` do not bind, and what `glue.js` and `replay.js` do.

use js_sys::{Array, Function, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, Request, Response};

#[wasm_bindgen(module = "/src/edge/replay.js")]
extern "C" {
    /// Answers a plain visit by a decision that still holds. Exported as it is, for `worker.mjs`.
    #[wasm_bindgen(reexport = "replay_decision")]
    fn replay(request: &Request, env: &JsValue, context: &JsValue) -> JsValue;
}

#[wasm_bindgen(module = "/src/edge/glue.js")]
extern "C" {
    /// Gives `glue.js` what it calls when the origin has answered, and makes it forget all decisions.
    pub(super) fn install(finish: &Function);

    /// Asks the origin: by a binding's name, by another server's scheme, host and port, or as the request stands.
    #[wasm_bindgen(catch)]
    pub(super) fn ask(
        request: &Request,
        env: &JsValue,
        binding: Option<&str>,
        server: Option<&str>,
    ) -> Result<Promise, JsValue>;

    /// Calls what was installed when the origin has answered.
    #[wasm_bindgen(catch)]
    pub(super) fn settle(
        asked: &Promise,
        request: &Request,
        env: &JsValue,
        context: &JsValue,
    ) -> Result<Promise, JsValue>;

    /// Sets how the lower-case names of session cookies are told, and the names of cookies that are none (`except`).
    pub(super) fn set_sessions(pattern: &str, except: &str);

    /// The navigations that replayed decisions have answered since the last call: URL, whether the visitor has a session,
    /// the answer's `Cache-Control`, `Referer`, `Sec-Fetch-Dest`, `Sec-Fetch-Site`, `Sec-Fetch-User`, `Cache-Control` and
    /// `CF-Connecting-IP` of each, one each line.
    pub(super) fn take_notes() -> Array;

    /// How often replayed decisions have given somebody a page since the last call: URL and number in turns.
    pub(super) fn take_looks() -> Array;

    /// Counts a page view.
    pub(super) fn count_view();

    /// How many views of this page the isolate has served since it was last asked, this one included.
    pub(super) fn take_served(url: &str) -> u32;

    /// How many page views this isolate has served, replayed ones included.
    pub(super) fn served_views() -> f64;

    /// Keeps a decision for a short while, for visitors with or without a session only where it depends on that.
    #[allow(clippy::too_many_arguments)] // a JavaScript object would cost more than it tells
    pub(super) fn remember(
        url: &str,
        media_type: &str,
        text: &str,
        csp: Option<&str>,
        is_page: bool,
        by_session: bool,
        has_session: bool,
        binding: Option<&str>,
        server: Option<&str>,
    );

    /// The response, its body untouched, with header lines appended, names and values in turns, one each line.
    ///
    /// An error where the platform refuses to build it, with a status of 999 say. The response is then unused.
    #[wasm_bindgen(catch)]
    pub(super) fn with_lines(response: &Response, text: &str) -> Result<Response, JsValue>;

    /// The response with this HTML behind its body, if the body ends as a document does.
    ///
    /// An error where the platform refuses to build it.
    #[wasm_bindgen(catch)]
    pub(super) fn with_tail(response: &Response, html: &str) -> Result<Response, JsValue>;
}

#[wasm_bindgen]
extern "C" {
    /// 122 random bits, as a UUID.
    #[wasm_bindgen(js_namespace = crypto, js_name = randomUUID)]
    pub(super) fn random_uuid() -> String;

    /// Headers, for the one method that `web-sys` lacks.
    type CookieHeaders;

    #[wasm_bindgen(method, js_name = getSetCookie, catch)]
    fn get_set_cookie(this: &CookieHeaders) -> Result<Array, JsValue>;
}

/// The `Set-Cookie` lines of a response, one by one.
pub(super) fn set_cookies(response: &Response) -> Vec<String> {
    let headers: Headers = response.headers();
    let lines = headers.unchecked_ref::<CookieHeaders>().get_set_cookie();
    lines.map(|lines| lines.iter().filter_map(|line| line.as_string()).collect()).unwrap_or_default()
}

/// The text of a JavaScript error, for the log.
pub(super) fn text(error: &JsValue) -> String {
    match error.dyn_ref::<js_sys::Error>() {
        Some(error) => String::from(error.message()),
        None => format!("{error:?}"),
    }
}
