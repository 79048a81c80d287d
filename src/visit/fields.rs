//! The header fields of a request that Headstart reads, and what the platform says of it besides: see
//! [`Field::VisitorAddress`].
//!
//! Each look-up crosses from wasm to JavaScript and back. So a field is looked up when a decision first asks for it, and then
//! it is kept with the request.

use std::cell::OnceCell;
use std::fmt;

macro_rules! fields {
    ($($(#[$about:meta])* $field:ident => $name:literal,)*) => {
        /// A header field of a request.
        #[derive(Clone, Copy, Debug, PartialEq, Eq)]
        pub enum Field {
            $($(#[$about])* #[doc = concat!("`", $name, "`")] $field,)*
        }

        impl Field {
            /// Every field that is read.
            pub const ALL: &[Self] = &[$(Self::$field,)*];

            /// Its name, in lower case.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self {
                    $(Self::$field => $name,)*
                }
            }
        }
    };
}

fields! {
    Accept => "accept",
    /// Which codings the visitor's browser takes. On Cloudflare the field itself says what Cloudflare takes: `encodingsOf` in
    /// `edge/notes.js` tells it.
    AcceptEncoding => "accept-encoding",
    AcceptLanguage => "accept-language",
    Authorization => "authorization",
    CacheControl => "cache-control",
    CfConnectingIp => "cf-connecting-ip",
    ContentLength => "content-length",
    Cookie => "cookie",
    Forwarded => "forwarded",
    HeadstartToken => "headstart-token",
    HxPreloaded => "hx-preloaded",
    HxRequest => "hx-request",
    IfNoneMatch => "if-none-match",
    NextRouterPrefetch => "next-router-prefetch",
    NextRouterSegmentPrefetch => "next-router-segment-prefetch",
    Origin => "origin",
    Purpose => "purpose",
    Referer => "referer",
    Rsc => "rsc",
    SecChUaMobile => "sec-ch-ua-mobile",
    SecChUaPlatform => "sec-ch-ua-platform",
    SecFetchDest => "sec-fetch-dest",
    SecFetchMode => "sec-fetch-mode",
    SecFetchSite => "sec-fetch-site",
    SecFetchUser => "sec-fetch-user",
    SecPurpose => "sec-purpose",
    SecSpeculationTags => "sec-speculation-tags",
    ServiceWorkerNavigationPreload => "service-worker-navigation-preload",
    TurboFrame => "turbo-frame",
    UpgradeInsecureRequests => "upgrade-insecure-requests",
    UserAgent => "user-agent",
    /// The address of the visitor, as far as it is to be believed: the platform's word, or that of the proxy that the owner
    /// names (`VISITOR_ADDRESS`). No request has a field of this name: `addressOf` in `edge/notes.js` tells it.
    VisitorAddress => ":visitor-address",
    XBarba => "x-barba",
    XForwardedHost => "x-forwarded-host",
    XForwardedPort => "x-forwarded-port",
    XForwardedPrefix => "x-forwarded-prefix",
    XForwardedProto => "x-forwarded-proto",
    XForwardedScheme => "x-forwarded-scheme",
    XHost => "x-host",
    XInertia => "x-inertia",
    XLivewireNavigate => "x-livewire-navigate",
    XMiddlewarePrefetch => "x-middleware-prefetch",
    XMoz => "x-moz",
    XOriginalHost => "x-original-host",
    XOriginalUrl => "x-original-url",
    XPjax => "x-pjax",
    XPurpose => "x-purpose",
    XRewriteUrl => "x-rewrite-url",
    XRequestedWith => "x-requested-with",
    XSecPurpose => "x-sec-purpose",
    XUpTarget => "x-up-target",
    XUpVersion => "x-up-version",
}

/// Finds a header field by its lower-case name.
type LookUp = dyn Fn(&str) -> Option<String>;

/// The header fields of one request.
pub struct Fields {
    look_up: Box<LookUp>,
    known: [OnceCell<Option<String>>; Field::ALL.len()],
}

impl Fields {
    /// The fields of a request in which `look_up` finds one by its lower-case name.
    pub fn new(look_up: impl Fn(&str) -> Option<String> + 'static) -> Self {
        Self { look_up: Box::new(look_up), known: [const { OnceCell::new() }; Field::ALL.len()] }
    }

    /// The value of a field; `None` where the request has none of this name.
    #[must_use]
    pub fn get(&self, field: Field) -> Option<&str> {
        self.known.get(field as usize)?.get_or_init(|| (self.look_up)(field.name())).as_deref()
    }
}

/// The names of the fields that were found. Their values are the visitor's, and belong into no log.
impl fmt::Debug for Fields {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let is_found = |field: &&Field| {
            self.known.get(**field as usize).and_then(OnceCell::get).is_some_and(Option::is_some)
        };
        formatter.debug_set().entries(Field::ALL.iter().filter(is_found).map(|field| field.name())).finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::cell::RefCell;
    use std::rc::Rc;

    #[test]
    fn a_field_is_looked_up_once_and_only_when_it_is_asked_for() {
        let looked_up = Rc::new(RefCell::new(Vec::new()));
        let log = Rc::clone(&looked_up);
        let fields = Fields::new(move |name| {
            log.borrow_mut().push(name.to_owned());
            (name == "cookie").then(|| "a=1".to_owned())
        });
        assert_eq!(fields.get(Field::Cookie), Some("a=1"));
        assert_eq!(fields.get(Field::Referer), None);
        assert_eq!((fields.get(Field::Cookie), fields.get(Field::Referer)), (Some("a=1"), None));
        assert_eq!(*looked_up.borrow(), ["cookie", "referer"]);
    }

    #[test]
    fn each_field_has_a_name_and_a_place_of_its_own() {
        let fields = Fields::new(|name| Some(name.to_owned()));
        for field in Field::ALL {
            assert_eq!(fields.get(*field), Some(field.name()));
            assert_eq!(field.name(), field.name().to_ascii_lowercase());
        }
    }

    #[test]
    fn values_are_not_printed() {
        let fields = Fields::new(|name| (name == "cookie").then(|| "secret".to_owned()));
        let _ = (fields.get(Field::Cookie), fields.get(Field::Referer));
        assert_eq!(format!("{fields:?}"), "{\"cookie\"}");
    }
}
