//! The four ways to the site's own responses. Nothing of the request is changed but, with a URL, where it goes.
//!
//! Redirects are never followed: an incoming request says `redirect: "manual"`, and what is derived from it keeps that.

use super::{ASSETS, ORIGIN_SERVICE, js};
use crate::config::OriginServer;
use wasm_bindgen::{JsCast, JsValue};
use wasm_bindgen_futures::JsFuture;
use web_sys::{Request, Response};
use worker::Env;

/// Why there is no response of the origin at all.
pub(super) struct OriginError {
    /// The status for the visitor.
    pub(super) status: u16,
    /// What is wrong and what to do, for the log and the visitor.
    pub(super) message: String,
}

/// Asks the origin. `raw_url` is the request's URL as the platform gives it.
pub(super) async fn fetch(
    request: &Request,
    raw_url: &str,
    server: &OriginServer,
    env: &Env,
) -> Result<Response, OriginError> {
    let asked = match server {
        OriginServer::Zone if is_own_echo(request, raw_url) => {
            return Err(OriginError {
                status: 508,
                message: "on a development machine the zone has no origin but Headstart itself; \
                          set ORIGIN to the site's URL (make dev ORIGIN=https://www.example.org)"
                    .to_owned(),
            });
        }
        OriginServer::Zone => js::fetch(request),
        OriginServer::Url(url) => js::fetch_at(&at(url, raw_url), request),
        OriginServer::Service => binding(env, ORIGIN_SERVICE, "[[services]]")?.fetch(request),
        OriginServer::Assets => binding(env, ASSETS, "[assets]")?.fetch(request),
    };
    let unreachable = |error: JsValue| OriginError {
        status: 502,
        message: format!("the origin cannot be reached: {}", js::text(&error)),
    };
    let response = JsFuture::from(asked.map_err(unreachable)?).await.map_err(unreachable)?;
    Ok(response.unchecked_into())
}

/// The request's URL with another scheme, host and port; path and query stay byte for byte.
fn at(origin: &url::Url, raw_url: &str) -> String {
    let behind_authority = raw_url
        .split_once("://")
        .and_then(|(_, rest)| rest.find(['/', '?', '#']).and_then(|at| rest.get(at..)))
        .unwrap_or_default();
    format!("{}{behind_authority}", origin.origin().ascii_serialization())
}

fn binding(env: &Env, name: &str, section: &str) -> Result<js::Fetcher, OriginError> {
    js_sys::Reflect::get(env, &JsValue::from_str(name))
        .ok()
        .filter(JsValue::is_object)
        .map(JsValue::unchecked_into)
        .ok_or_else(|| OriginError {
            status: 502,
            message: format!("ORIGIN asks for the binding {name}, which does not exist; add it to {section} in wrangler.toml"),
        })
}

/// Whether this request is our own, come back: the local development server adds `CF-Worker` to what a Worker fetches,
/// and without a zone that fetch ends where it began.
fn is_own_echo(request: &Request, raw_url: &str) -> bool {
    const LOOPBACK: [&str; 4] = ["http://127.0.0.1", "http://localhost", "http://[::1]", "https://localhost"];
    LOOPBACK.iter().any(|start| raw_url.starts_with(start))
        && request.headers().has("cf-worker").unwrap_or_default()
}
