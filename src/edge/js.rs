//! Platform calls that `worker` and `web-sys` do not bind, or bind in a way that throws through wasm.

use js_sys::{Array, Promise};
use wasm_bindgen::prelude::*;
use web_sys::{Headers, Request, Response};

#[wasm_bindgen]
extern "C" {
    /// `fetch(request)`.
    #[wasm_bindgen(js_name = fetch, catch)]
    pub(super) fn fetch(request: &Request) -> Result<Promise, JsValue>;

    /// `fetch(url, init)`: everything but the URL is taken from `init`, its method and manual redirects included.
    #[wasm_bindgen(js_name = fetch, catch)]
    pub(super) fn fetch_at(url: &str, init: &Request) -> Result<Promise, JsValue>;

    /// A service, static assets or Durable Object binding.
    pub(super) type Fetcher;

    /// `binding.fetch(request)`.
    #[wasm_bindgen(method, catch)]
    pub(super) fn fetch(this: &Fetcher, request: &Request) -> Result<Promise, JsValue>;

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
