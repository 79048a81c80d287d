//! The ways to the site's own responses, and what is wrong where one leads nowhere.

use crate::config::{OriginHost, OriginServer};
use crate::fault::{Blame, Consequence, Fault};
use crate::hints::Origin;
use serde::Serialize;

/// The binding of the service that is the origin, with `ORIGIN = "service"`.
const ORIGIN_SERVICE: &str = "ORIGIN_SERVICE";
/// The binding of the static assets that are the origin, with `ORIGIN = "assets"`.
const ASSETS: &str = "ASSETS";

/// Where the origin's responses come from.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum OriginRoute {
    /// The request as it stands: its zone leads to the origin.
    Zone,
    /// Another server.
    Server {
        /// Its scheme, host and port.
        server: String,
        /// Which `Host` it is asked for.
        host: OriginHost,
    },
    /// A binding.
    Binding {
        /// Its name.
        name: &'static str,
        /// The section of wrangler.toml to which it belongs.
        section: &'static str,
    },
}

/// The way as JavaScript takes it: a binding, a server, or neither.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
pub struct Parts {
    /// The name of the binding.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub binding: Option<&'static str>,
    /// The scheme, host and port of the server.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub server: Option<String>,
    /// Whether the server is asked for the public host.
    #[serde(skip_serializing_if = "std::ops::Not::not")]
    pub keeps_host: bool,
}

impl From<&OriginServer> for OriginRoute {
    fn from(server: &OriginServer) -> Self {
        match server {
            OriginServer::Zone => Self::Zone,
            OriginServer::Url { url, host } => {
                Self::Server { server: url.origin().ascii_serialization(), host: *host }
            }
            OriginServer::Service => Self::Binding { name: ORIGIN_SERVICE, section: "[[services]]" },
            OriginServer::Assets => Self::Binding { name: ASSETS, section: "[assets]" },
        }
    }
}

impl OriginRoute {
    /// What JavaScript has to know of it.
    #[must_use]
    pub fn parts(&self) -> Parts {
        match self {
            Self::Zone => Parts::default(),
            Self::Server { server, host } => Parts {
                server: Some(server.clone()),
                keeps_host: *host == OriginHost::Public,
                ..Parts::default()
            },
            Self::Binding { name, .. } => Parts { binding: Some(name), ..Parts::default() },
        }
    }

    /// Whether asking the origin for a URL may end where the request came in: without a zone, as on a development machine, or
    /// where `ORIGIN` names the very address that Headstart answers on. What comes back then is never replayed.
    #[must_use]
    pub fn may_echo(&self, url: &str) -> bool {
        const LOOPBACK: [&str; 4] =
            ["http://127.0.0.1", "http://localhost", "http://[::1]", "https://localhost"];
        match self {
            // Who asks another server for the public host on a development machine asks themselves: it knows no other way there.
            Self::Zone | Self::Server { host: OriginHost::Public, .. } => {
                LOOPBACK.iter().any(|start| url.starts_with(start))
            }
            Self::Server { server, .. } => {
                url.strip_prefix(server.as_str()).is_some_and(|rest| rest.starts_with('/'))
            }
            Self::Binding { .. } => false,
        }
    }

    /// The name of the binding that the origin is, if it is one.
    #[must_use]
    pub fn binding(&self) -> Option<&'static str> {
        match self {
            Self::Zone | Self::Server { .. } => None,
            Self::Binding { name, .. } => Some(name),
        }
    }

    fn is_binding(&self) -> bool {
        matches!(self, Self::Binding { .. })
    }

    /// What to say of a page at the public origin `here` that names the other server, if it does: whoever follows such a link
    /// leaves Headstart, and is signed in nowhere. `names` says whether the page names an origin.
    #[must_use]
    pub fn is_named_by(&self, names: impl Fn(&Origin) -> bool, here: &str) -> Option<String> {
        let Self::Server { server, .. } = self else { return None };
        let is_named = server != here && names(&Origin::parse(server)?);
        is_named.then(|| {
            format!(
                "pages link to the origin's own address {server}, past Headstart: have the application take {here} for its \
                 address (it is told X-Forwarded-Host and X-Forwarded-Proto), or see ORIGIN_HOST"
            )
        })
    }

    /// Why the origin cannot be asked for a URL, if it cannot. `is_by_worker` says whether a Worker has sent the request (the
    /// platform adds `CF-Worker` to what one fetches), `has_looped` whether it comes through Headstart again and again, and
    /// `has_binding` whether a binding of a name exists.
    #[must_use]
    pub fn fault(
        &self,
        url: &str,
        is_by_worker: impl Fn() -> bool,
        has_looped: impl Fn() -> bool,
        has_binding: impl Fn(&str) -> bool,
    ) -> Option<Fault> {
        let (status, message) = match self {
            _ if (self.may_echo(url) && is_by_worker()) || (!self.is_binding() && has_looped()) => (
                508,
                "the origin that is asked is Headstart itself (without a zone, as on a development machine, there is no other); \
                 set ORIGIN to the site's URL (make dev ORIGIN=https://www.example.org)"
                    .to_owned(),
            ),
            Self::Binding { name, section } if !has_binding(name) => (
                502,
                format!(
                    "ORIGIN asks for the binding {name}, which does not exist; add it to {section} in wrangler.toml"
                ),
            ),
            _ => return None,
        };
        Some(Fault::new(Blame::Configuration, message).leads_to(Consequence::Answered(status)))
    }
}

/// What the platform says of a connection that breaks off. LOST in src/edge/origin.js.
const LOST: &str = "Network connection lost";

/// What is wrong where the origin did not answer at all, for a reason in the platform's words. Where a body was on its way (`sends`), the
/// platform says the same of a visitor who has left in the middle of it as of the origin. That happens on every site, so it is not said
/// to be the origin, whose own failure shows in requests without a body.
#[must_use]
pub fn unanswered(error: &str, sends: bool) -> Fault {
    let (blame, message) = if sends && error.contains(LOST) {
        (Blame::Visitor, format!("a visitor, or the origin, broke off while a body was sent: {error}"))
    } else {
        (Blame::Origin, format!("the origin cannot be reached: {error}"))
    };
    Fault::new(blame, message).leads_to(Consequence::Answered(502))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::config;

    fn route(origin: &str) -> OriginRoute {
        OriginRoute::from(&config(&[("ORIGIN", origin)]).origin)
    }

    #[test]
    fn each_kind_of_origin_has_its_way() {
        let server = "https://origin.example:8443";
        let json = |route: OriginRoute| serde_json::to_string(&route.parts()).unwrap();
        assert_eq!(json(route("zone")), "{}");
        assert_eq!(json(route(&format!("{server}/"))), format!("{{\"server\":\"{server}\"}}"));
        assert_eq!(json(route("service")), "{\"binding\":\"ORIGIN_SERVICE\"}");
        assert_eq!(json(route("assets")), "{\"binding\":\"ASSETS\"}");
        let public = config(&[("ORIGIN", "https://origin.shop.example"), ("ORIGIN_HOST", "public")]).origin;
        assert_eq!(
            json(OriginRoute::from(&public)),
            "{\"server\":\"https://origin.shop.example\",\"keepsHost\":true}"
        );
    }

    #[test]
    fn who_would_ask_themselves_is_told_so() {
        let server = route("http://127.0.0.1:8787");
        let public = config(&[("ORIGIN", "https://origin.shop.example"), ("ORIGIN_HOST", "public")]).origin;
        for (route, url, may) in [
            (OriginRoute::from(&public), "http://localhost:8787/", true),
            (OriginRoute::from(&public), "https://shop.example/", false),
            (route("zone"), "http://127.0.0.1:8787/", true),
            (route("zone"), "http://localhost:8787/", true),
            (route("zone"), "http://[::1]:8787/", true),
            (route("zone"), "https://shop.example/", false),
            (server.clone(), "http://127.0.0.1:8787/a", true),
            (server.clone(), "http://127.0.0.1:87871/", false),
            (route("service"), "http://127.0.0.1:8787/", false),
        ] {
            assert_eq!(route.may_echo(url), may, "{route:?} {url}");
            let fault = route.fault(url, || true, || false, |_| true);
            assert_eq!(fault.and_then(|fault| fault.status()), may.then_some(508), "{route:?} {url}");
            assert_eq!(route.fault(url, || false, || false, |_| true), None, "a visitor asks");
            let again = route.fault(url, || false, || true, |_| true).and_then(|fault| fault.status());
            assert_eq!(again, (!route.is_binding()).then_some(508), "{route:?} {url}");
        }
    }

    #[test]
    fn a_binding_that_is_not_there_is_named_with_its_section() {
        for (origin, name, section) in
            [("service", "ORIGIN_SERVICE", "[[services]]"), ("assets", "ASSETS", "[assets]")]
        {
            let fault = route(origin)
                .fault("https://shop.example/", || false, || true, |asked| asked != name)
                .unwrap();
            assert_eq!((fault.blame, fault.status()), (Blame::Configuration, Some(502)));
            assert!(fault.message.contains(name) && fault.message.contains(section), "{fault}");
            let found =
                route(origin).fault("https://shop.example/", || false, || true, |asked| asked == name);
            assert_eq!(found, None);
        }
    }

    #[test]
    fn pages_that_name_the_other_server_are_told_of() {
        let server = route("http://127.0.0.1:9300");
        let linking = |to: &str| {
            let linked = Origin::parse(to).unwrap();
            move |origin: &Origin| *origin == linked
        };
        let told = server.is_named_by(linking("http://127.0.0.1:9300"), "https://shop.example").unwrap();
        assert!(told.contains("http://127.0.0.1:9300") && told.contains("https://shop.example"), "{told}");
        assert_eq!(server.is_named_by(linking("http://127.0.0.1:9301"), "https://shop.example"), None);
        assert_eq!(server.is_named_by(linking("http://127.0.0.1:9300"), "http://127.0.0.1:9300"), None);
        assert_eq!(route("zone").is_named_by(linking("http://127.0.0.1:9300"), "https://shop.example"), None);
    }

    #[test]
    fn an_origin_that_does_not_answer_is_to_blame_unless_its_visitor_may_have_left() {
        // tests/js/failing_open.test.mjs holds src/edge/failing_open.js to the same, which says it where wasm does not run.
        let rows: Vec<(String, bool, String)> =
            serde_json::from_str(include_str!("../../tests/data/unanswered_origin.json")).unwrap();
        for (error, sends, line) in &rows {
            let fault = unanswered(error, *sends);
            assert_eq!(fault.status(), Some(502), "{line}");
            assert_eq!(fault.log_line(), format!("{line} (visitors are answered 502)"));
        }
    }
}
