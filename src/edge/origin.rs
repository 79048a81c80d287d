//! The four ways to the site's own responses. Nothing of the request is changed but, with a URL, where it goes.
//!
//! Redirects are never followed: an incoming request says `redirect: "manual"`, and what is derived from it keeps that.

use super::{ASSETS, ORIGIN_SERVICE, js};
use crate::config::OriginServer;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;

/// Where responses come from, in the words of `glue.js`.
pub(super) enum Origin {
    /// The request as it stands.
    Zone,
    /// The scheme, host and port of another server.
    Server(String),
    /// A binding's name, and the section of wrangler.toml that it belongs to.
    Binding(&'static str, &'static str),
}

impl From<&OriginServer> for Origin {
    fn from(server: &OriginServer) -> Self {
        match server {
            OriginServer::Zone => Self::Zone,
            OriginServer::Url(url) => Self::Server(url.origin().ascii_serialization()),
            OriginServer::Service => Self::Binding(ORIGIN_SERVICE, "[[services]]"),
            OriginServer::Assets => Self::Binding(ASSETS, "[assets]"),
        }
    }
}

impl Origin {
    /// Binding and server, of which at most one is set.
    pub(super) fn parts(&self) -> (Option<&str>, Option<&str>) {
        match self {
            Self::Zone => (None, None),
            Self::Server(server) => (None, Some(server)),
            Self::Binding(binding, _) => (Some(binding), None),
        }
    }
}

/// Why there is no response of the origin at all.
pub(super) struct OriginError {
    /// The status for the visitor.
    pub(super) status: u16,
    /// What is wrong and what to do, for the log and the visitor.
    pub(super) message: String,
}

impl OriginError {
    /// The origin did not answer at all.
    pub(super) fn unreachable(error: &JsValue) -> Self {
        Self { status: 502, message: format!("the origin cannot be reached: {}", js::text(error)) }
    }
}

/// Asks the origin, for the promise of a response.
pub(super) fn ask(request: &Request, origin: &Origin, env: &Env) -> Result<Promise, OriginError> {
    match origin {
        Origin::Zone if is_own_echo(request) => {
            return Err(OriginError {
                status: 508,
                message: "on a development machine the zone has no origin but Headstart itself; \
                          set ORIGIN to the site's URL (make dev ORIGIN=https://www.example.org)"
                    .to_owned(),
            });
        }
        Origin::Binding(name, section) if !has_binding(env, name) => {
            return Err(OriginError {
                status: 502,
                message: format!(
                    "ORIGIN asks for the binding {name}, which does not exist; add it to {section} in wrangler.toml"
                ),
            });
        }
        _ => {}
    }
    let (binding, server) = origin.parts();
    js::ask(request, env, binding, server).map_err(|error| OriginError::unreachable(&error))
}

fn has_binding(env: &Env, name: &str) -> bool {
    js_sys::Reflect::get(env, &JsValue::from_str(name)).is_ok_and(|binding| binding.is_object())
}

/// Whether this request is our own, come back: the local development server adds `CF-Worker` to what a Worker fetches,
/// and without a zone that fetch ends where it began.
fn is_own_echo(request: &Request) -> bool {
    const LOOPBACK: [&str; 4] = ["http://127.0.0.1", "http://localhost", "http://[::1]", "https://localhost"];
    let url = request.url();
    LOOPBACK.iter().any(|start| url.starts_with(start))
        && request.headers().has("cf-worker").unwrap_or_default()
}
