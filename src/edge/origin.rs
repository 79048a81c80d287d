//! The four ways to the site's own responses. Nothing of a request is changed but, with a URL, where it goes; what is asked
//! on a guess says so in a plain word, and leaves its campaign behind.
//!
//! Redirects are never followed: an incoming request says `redirect: "manual"`, and what is derived from it keeps that.

use super::{ASSETS, ORIGIN_SERVICE, js};
use crate::config::OriginServer;
use crate::plan::Outgoing;
use js_sys::Promise;
use wasm_bindgen::JsValue;
use web_sys::Request;
use worker::Env;

/// Where responses come from, in the words of `host.js`.
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

/// Asks the origin, for the promise of a response. `outgoing` says what is asked on a guess.
pub(super) fn ask(
    request: &Request,
    origin: &Origin,
    outgoing: Option<&Outgoing>,
    env: &Env,
) -> Result<Promise, OriginError> {
    match origin {
        _ if is_own_echo(request, origin) => {
            return Err(OriginError {
                status: 508,
                message: "the origin that is asked is Headstart itself (on a development machine the zone has no other); \
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
    let asked = match outgoing {
        Some(Outgoing { target, purpose }) => {
            js::ask_on_a_guess(request, env, binding, server, target.as_deref(), purpose)
        }
        None => js::ask(request, env, binding, server),
    };
    asked.map_err(|error| OriginError::unreachable(&error))
}

fn has_binding(env: &Env, name: &str) -> bool {
    js_sys::Reflect::get(env, &JsValue::from_str(name)).is_ok_and(|binding| binding.is_object())
}

/// Whether asking the origin may end where the request came in: without a zone, as on a development machine, or where
/// `ORIGIN` names the very address that Headstart answers on. What comes back then is never replayed.
pub(super) fn may_echo(url: &str, origin: &Origin) -> bool {
    const LOOPBACK: [&str; 4] = ["http://127.0.0.1", "http://localhost", "http://[::1]", "https://localhost"];
    match origin {
        Origin::Zone => LOOPBACK.iter().any(|start| url.starts_with(start)),
        Origin::Server(server) => url.strip_prefix(server.as_str()).is_some_and(|rest| rest.starts_with('/')),
        Origin::Binding(..) => false,
    }
}

/// Whether this request is our own, come back: the platform adds `CF-Worker` to what a Worker fetches.
fn is_own_echo(request: &Request, origin: &Origin) -> bool {
    may_echo(&request.url(), origin) && request.headers().has("cf-worker").unwrap_or_default()
}
