//! A request as plain data: what is asked for, by whom, and whether it is a speculation.
//!
//! A browser marks a speculative load with `Sec-Purpose` ([Prefetch], "The `Sec-Purpose` HTTP request header"). The
//! field is read as a structured list, since its order, spacing and extra parameters may change. A prerendering page
//! puts it on the requests of its images, frames and scripts as well, so only [`Visit::is_speculative_navigation`]
//! says that a whole page is being fetched ahead of a click.
//!
//! [Prefetch]: https://wicg.github.io/nav-speculation/prefetch.html

use crate::endpoints;
use crate::speculation::Speculation;
use crate::structured;
use crate::urls::inert_parameters::InertParameters;
use sfv::{BareItem, ListEntry};
use std::net::{IpAddr, Ipv6Addr};
use url::Url;

/// The request methods that Headstart tells apart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Method {
    /// The only method whose responses are worked on.
    Get,
    /// Answered for our own files, passed through otherwise.
    Head,
    /// Taken for our own beacon, passed through otherwise.
    Post,
    /// Everything else, known or not: passed through.
    Other,
}

impl Method {
    /// Reads a method. Methods are case-sensitive (RFC 9110, section 9.1).
    #[must_use]
    pub fn parse(method: &str) -> Self {
        match method {
            "GET" => Self::Get,
            "HEAD" => Self::Head,
            "POST" => Self::Post,
            _ => Self::Other,
        }
    }
}

/// Reads `Sec-Purpose`: `None` when the request is not speculative, or when the value is not a list.
#[must_use]
pub fn sec_purpose(value: &str) -> Option<Speculation> {
    let mut found = None;
    for member in structured::list(value)? {
        let ListEntry::Item(item) = member else { continue };
        if !matches!(&item.bare_item, BareItem::Token(token) if token.as_str() == "prefetch") {
            continue;
        }
        // `?0` means absent; any other value counts as true.
        let prerender = match item.params.get("prerender") {
            None | Some(BareItem::Boolean(false)) => false,
            Some(_) => true,
        };
        if prerender {
            return Some(Speculation::Prerender);
        }
        found = Some(Speculation::Prefetch);
    }
    found
}

/// Whether `Sec-Purpose` says that a proxy asks for the browser, so that nobody knows the visitor's address
/// (`anonymous-client-ip`).
#[must_use]
pub fn is_by_proxy(sec_purpose: &str) -> bool {
    structured::list(sec_purpose).unwrap_or_default().iter().any(|member| match member {
        ListEntry::Item(item) => {
            !matches!(item.params.get("anonymous-client-ip"), None | Some(BareItem::Boolean(false)))
        }
        ListEntry::InnerList(_) => false,
    })
}

/// The header fields of which one marks a speculation: `Sec-Purpose`, and in its absence those that came before it.
pub const SPECULATION_MARKS: [&str; 4] = ["sec-purpose", "purpose", "x-moz", "x-purpose"];

/// Reads a header that browsers sent before `Sec-Purpose`: `Purpose`, `X-Purpose` or `X-Moz`, with `prefetch` or
/// `preview`. None of them tells a prerender apart.
#[must_use]
pub fn legacy_purpose(value: &str) -> Option<Speculation> {
    let value = value.trim();
    let marked = value.eq_ignore_ascii_case("prefetch") || value.eq_ignore_ascii_case("preview");
    marked.then_some(Speculation::Prefetch)
}

/// A member of `Sec-Speculation-Tags`: which rule sets asked for this load.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Tag {
    /// A rule without a tag; the token `null` on the wire.
    Untagged,
    /// A tag that a rule set carries.
    Named(String),
}

/// Reads `Sec-Speculation-Tags` (HTML, "The `Sec-Speculation-Tags` header"). Members of other types are passed over.
/// `None` when the value is not a list.
#[must_use]
pub fn speculation_tags(value: &str) -> Option<Vec<Tag>> {
    let tags = structured::list(value)?
        .into_iter()
        .filter_map(|member| match member {
            ListEntry::Item(item) => match item.bare_item {
                BareItem::String(tag) => Some(Tag::Named(tag.as_str().to_owned())),
                BareItem::Token(token) if token.as_str() == "null" => Some(Tag::Untagged),
                _ => None,
            },
            ListEntry::InnerList(_) => None,
        })
        .collect();
    Some(tags)
}

/// A request as plain data. The fields about a speculation are read only when there is one.
#[derive(Clone, Debug)]
pub struct Visit {
    /// The request method.
    pub method: Method,
    /// The URL that was asked for.
    pub url: Url,
    /// Whether it is a speculation, and of which kind.
    pub speculation: Option<Speculation>,
    /// Whether the request is for a whole page, as far as the browser says. See [`Visit::read`].
    navigation: bool,
    /// The `Cookie` field of a speculative navigation, and of what asks for our own paths; empty otherwise.
    pub cookies: String,
    /// What tells one browser from another, coarsely, of a speculation and of what asks for our own paths: fields that are
    /// the same in all requests of one browser, and the network from which they come.
    pub browser: Vec<String>,
    /// The visitor's address, as the platform gives it, of the same.
    pub address: Option<String>,
    /// `Referer` of a speculation, and of what asks for our own paths.
    pub referer: Option<String>,
    /// `Sec-Fetch-Dest` of a speculation, and of what asks for our own paths.
    pub destination: Option<String>,
    /// Whether `Sec-Purpose` itself says that it is a speculation, and whether a proxy asks for the browser.
    has_sec_purpose: bool,
    is_by_proxy: bool,
    /// `Sec-Speculation-Tags` of a speculation on our own paths.
    tags: Option<String>,
    /// `Sec-Fetch-Mode` of what is no speculation.
    pub mode: Option<String>,
    /// Whether the method is one that asks for nothing to be changed (RFC 9110, section 9.2.1).
    pub is_safe: bool,
    /// Whether a page of another site sends it without a visitor's navigating, of what is no speculation.
    is_foreign: bool,
    /// Whether it is a `GET` without `Authorization`: what is answered is not one visitor's by a password.
    pub is_public: bool,
    /// `If-None-Match`, read for our own files only.
    pub if_none_match: Option<String>,
    /// Whether a page of the same origin sends it, as far as the browser says. Read for speculations and our own paths.
    pub is_same_origin: bool,
}

impl Visit {
    /// Reads a request. `header` looks a field up by its lower-case name; it is called as seldom as possible, since
    /// each call crosses from wasm to JavaScript and back.
    ///
    /// A speculation is taken for a navigation when `Sec-Fetch-Dest` is `document`, when speculation tags are present
    /// (subresources never carry them), or when the browser sends no fetch metadata at all: refusing is always safe,
    /// letting an unsafe one through is not.
    pub fn read(method: &str, url: Url, header: impl Fn(&str) -> Option<String>) -> Self {
        let is_safe = matches!(method, "GET" | "HEAD" | "OPTIONS" | "TRACE");
        let method = Method::parse(method);
        let [sec_purpose_name, legacy_names @ ..] = SPECULATION_MARKS;
        let sec_purpose_field = header(sec_purpose_name);
        let has_sec_purpose = sec_purpose_field.is_some();
        let is_by_proxy = sec_purpose_field.as_deref().is_some_and(is_by_proxy);
        let speculation = match sec_purpose_field {
            Some(value) => sec_purpose(&value),
            None => {
                legacy_names.iter().find_map(|name| header(name)).and_then(|value| legacy_purpose(&value))
            }
        };
        let is_ours = endpoints::is_own(url.path());
        let is_looked_at = is_ours || speculation.is_some();
        let when = |is_meant: bool, name: &str| if is_meant { header(name) } else { None };
        let destination = when(is_looked_at, "sec-fetch-dest");
        let navigation = speculation.is_some()
            && match destination.as_deref() {
                None | Some("document") => true,
                Some(_) => header("sec-speculation-tags").is_some(),
            };
        let address = when(is_looked_at, "cf-connecting-ip");
        let browser = ["user-agent", "accept-language", "sec-ch-ua-platform"].iter();
        let browser = browser.filter(|_| is_looked_at).map(|name| header(name).unwrap_or_default());
        let mode = when(speculation.is_none(), "sec-fetch-mode");
        let is_foreign = mode.as_deref().is_some_and(|mode| mode != "navigate")
            && header("sec-fetch-site").is_some_and(|site| site == "cross-site");
        Self {
            cookies: when(is_ours || navigation, "cookie").unwrap_or_default(),
            browser: browser.chain(address.as_deref().map(network)).collect(),
            address,
            referer: when(is_looked_at, "referer"),
            if_none_match: when(is_ours, "if-none-match"),
            is_same_origin: is_looked_at && is_same_origin(&url, &header),
            is_public: method == Method::Get && header("authorization").is_none(),
            tags: when(is_ours && speculation.is_some(), "sec-speculation-tags"),
            mode,
            is_by_proxy,
            is_safe,
            is_foreign,
            method,
            url,
            speculation,
            navigation,
            destination,
            has_sec_purpose,
        }
    }

    /// Whether others who ask for this path may be taught by this view: it is public, and has no query, whose values a
    /// page may repeat.
    #[must_use]
    pub fn teaches(&self) -> bool {
        self.is_public && self.url.query().is_none_or(str::is_empty)
    }

    /// The site, as it is named in keys: host and port.
    #[must_use]
    pub fn site(&self) -> Option<String> {
        site_of(&self.url)
    }

    /// Whether the request asks for another host than its URL does, in one of the headers that origins build URLs from.
    /// What an origin answers may then hold whatever the visitor wrote.
    pub fn names_another_host(&self, header: impl Fn(&str) -> Option<String>) -> bool {
        let Some(own) = self.site() else { return true };
        let names_other = |name: &str| header(name).is_some_and(|host| !host.eq_ignore_ascii_case(&own));
        let forwarded = header("forwarded").unwrap_or_default().to_ascii_lowercase();
        let mut forwarded_hosts = forwarded.split("host=").skip(1).map(|host| host.trim_start_matches('"'));
        ["x-forwarded-host", "x-host", "x-original-host"].into_iter().any(names_other)
            || forwarded_hosts.any(|host| !host.starts_with(&own))
    }

    /// Whether a browser that speculates on this page will ask for the rules file that the page names on activation, and can
    /// then be recognised. Browsers with speculation rules ask for it, and say what they ask for; where a proxy asks for them
    /// now, they cannot be recognised.
    #[must_use]
    pub fn can_redeem(&self) -> bool {
        self.is_speculative_navigation()
            && self.has_sec_purpose
            && !self.is_by_proxy
            && self.destination.as_deref() == Some("document")
    }

    /// Whether this is a speculation on one of our own paths by a rule with this tag.
    #[must_use]
    pub fn is_by_rule(&self, tag: &str) -> bool {
        let tags = self.tags.as_deref().and_then(speculation_tags).unwrap_or_default();
        self.is_speculative_navigation()
            && tags.iter().any(|other| matches!(other, Tag::Named(other) if other == tag))
    }

    /// Whether an activated page of this site asks for one of our own paths as this destination. Browsers say that in every
    /// request, and no frame, no picture and no other site can.
    #[must_use]
    pub fn is_by_page_as(&self, destination: &str) -> bool {
        self.is_same_origin && !self.has_sec_purpose && self.destination.as_deref() == Some(destination)
    }

    /// Whether a prerendering page sends this, and it is no navigation.
    #[must_use]
    pub fn is_of_prerendering_page(&self) -> bool {
        self.speculation == Some(Speculation::Prerender) && !self.navigation
    }

    /// Whether a page or a visitor of a browser does this, and no script merely tells something on the side: what is sent
    /// without waiting for the answer (`no-cors`: beacons, pixels) changes nothing that the visitor sees.
    #[must_use]
    pub fn is_browsing(&self) -> bool {
        self.mode.as_deref().is_some_and(|mode| mode != "no-cors") && !self.is_foreign
    }

    /// The page of this site that sends this, as a ticket names it: path and query without what is inert.
    #[must_use]
    pub fn sender(&self, inert: &InertParameters) -> Option<String> {
        let referer = Url::parse(self.referer.as_deref()?).ok()?;
        (referer.origin() == self.url.origin()).then(|| inert.without(&referer))
    }

    /// Whether a page of this site that is shown navigates here.
    #[must_use]
    pub fn is_led_by_page(&self) -> bool {
        self.method == Method::Get && self.mode.as_deref() == Some("navigate") && self.is_same_origin
    }

    /// Whether this loads a whole page ahead of a navigation that may never come.
    #[must_use]
    pub fn is_speculative_navigation(&self) -> bool {
        self.method == Method::Get && self.speculation.is_some() && self.navigation
    }
}

/// The network of an address, as a text: of an IPv6 address the first 64 bits, since a browser may change the others at any
/// time. What is no address is taken as it is.
fn network(address: &str) -> String {
    match address.trim().parse() {
        Ok(IpAddr::V6(address)) => match address.to_ipv4_mapped() {
            Some(address) => address.to_string(),
            None => Ipv6Addr::from(u128::from(address) >> 64 << 64).to_string(),
        },
        _ => address.trim().to_owned(),
    }
}

/// The site of a URL, as [`Visit::site`] names it.
#[must_use]
pub fn site_of(url: &Url) -> Option<String> {
    let host = url.host_str()?;
    Some(url.port().map_or_else(|| host.to_owned(), |port| format!("{host}:{port}")))
}

/// Whether a request says that it comes from a page of the origin that it is for: `Sec-Fetch-Site`, and `Origin` in
/// browsers that do not send that. What is no browser may say anything.
fn is_same_origin(url: &Url, header: impl Fn(&str) -> Option<String>) -> bool {
    match header("sec-fetch-site") {
        Some(site) => site == "same-origin",
        None => header("origin").is_some_and(|origin| origin == url.origin().ascii_serialization()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn visit(method: &str, headers: &[(&str, &str)]) -> Visit {
        let url = Url::parse("https://shop.example/a?b=1").unwrap();
        Visit::read(method, url, |name| {
            headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
        })
    }

    #[test]
    fn a_document_prefetch_is_a_speculative_navigation() {
        let visit =
            visit("GET", &[("sec-purpose", "prefetch"), ("sec-fetch-dest", "document"), ("cookie", "a=1")]);
        assert_eq!(visit.speculation, Some(Speculation::Prefetch));
        assert!(visit.is_speculative_navigation());
        assert_eq!(visit.cookies, "a=1");
    }

    #[test]
    fn what_a_prerendering_page_loads_is_not_a_navigation() {
        for destination in ["image", "empty", "script", "iframe"] {
            let visit = visit(
                "GET",
                &[("sec-purpose", "prefetch;prerender"), ("sec-fetch-dest", destination), ("cookie", "a=1")],
            );
            assert_eq!(visit.speculation, Some(Speculation::Prerender), "{destination}");
            assert!(!visit.is_speculative_navigation(), "{destination}");
            assert_eq!(visit.cookies, "", "{destination}");
        }
    }

    #[test]
    fn tags_mark_a_navigation_and_so_does_silence() {
        let tagged =
            [("sec-purpose", "prefetch"), ("sec-fetch-dest", "empty"), ("sec-speculation-tags", "null")];
        assert!(visit("GET", &tagged).is_speculative_navigation());
        assert!(visit("GET", &[("sec-purpose", "prefetch")]).is_speculative_navigation());
        assert!(visit("GET", &[("x-moz", "prefetch")]).is_speculative_navigation());
    }

    #[test]
    fn only_a_get_is_a_speculative_navigation() {
        let headers = [("sec-purpose", "prefetch"), ("sec-fetch-dest", "document")];
        assert!(!visit("POST", &headers).is_speculative_navigation());
        assert!(!visit("HEAD", &headers).is_speculative_navigation());
        assert!(!visit("get", &headers).is_speculative_navigation());
    }

    #[test]
    fn who_asks_by_a_proxy_cannot_be_known_again() {
        for (purpose, can_redeem) in [
            ("prefetch", true),
            ("prefetch;prerender", true),
            ("prefetch;anonymous-client-ip", false),
            ("prefetch;anonymous-client-ip=?0", true),
            ("other, prefetch;prerender;anonymous-client-ip=1", false),
        ] {
            let visit = visit("GET", &[("sec-purpose", purpose), ("sec-fetch-dest", "document")]);
            assert_eq!(visit.can_redeem(), can_redeem, "{purpose}");
            assert!(visit.is_speculative_navigation());
        }
    }

    #[test]
    fn a_page_that_leads_to_us_is_told_from_what_else_asks() {
        let url = Url::parse("https://shop.example/_headstart/unscripted").unwrap();
        let full = [("sec-fetch-site", "same-origin"), ("sec-fetch-mode", "navigate")];
        let leads = |method: &str, headers: &[(&str, &str)]| {
            let header = |name: &str| {
                headers.iter().rev().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            };
            Visit::read(method, url.clone(), header).is_led_by_page()
        };
        assert!(leads("GET", &full));
        assert!(!leads("POST", &full));
        for (name, value) in [
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "same-site"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-mode", "no-cors"),
            ("sec-purpose", "prefetch;prerender"),
        ] {
            let changed: Vec<_> = full.iter().copied().chain([(name, value)]).collect();
            assert!(!leads("GET", &changed), "{name}: {value}");
        }
    }

    #[test]
    fn our_own_paths_are_told_who_sends_and_others_are_not_asked() {
        let read = |path: &str, headers: &[(&str, &str)]| {
            let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
            Visit::read("POST", url, |name| {
                headers.iter().find(|(key, _)| *key == name).map(|(_, value)| (*value).to_owned())
            })
            .is_same_origin
        };
        let ours = "/_headstart/beacon";
        assert!(read(ours, &[("sec-fetch-site", "same-origin"), ("origin", "https://evil.example")]));
        assert!(read(ours, &[("origin", "https://shop.example")]));
        assert!(!read(ours, &[("sec-fetch-site", "same-site"), ("origin", "https://shop.example")]));
        assert!(!read(ours, &[("origin", "https://shop.example.evil.example")]));
        assert!(!read(ours, &[("origin", "null")]) && !read(ours, &[]));
        assert!(!read("/other", &[("sec-fetch-site", "same-origin")]));
    }

    #[test]
    fn a_request_may_name_its_own_host_in_every_header() {
        let names_another = |name: &str, value: &str| {
            visit("GET", &[]).names_another_host(|asked| (asked == name).then(|| value.to_owned()))
        };
        for (name, value) in [
            ("x-forwarded-host", "Shop.example"),
            ("forwarded", "for=192.0.2.1;host=\"shop.example\""),
            ("forwarded", "for=192.0.2.1"),
            ("x-other", "evil.example"),
        ] {
            assert!(!names_another(name, value), "{name}: {value}");
        }
        for (name, value) in [
            ("x-forwarded-host", "evil.example"),
            ("x-host", "shop.example, evil.example"),
            ("x-original-host", "shop.example:8443"),
            ("forwarded", "host=shop.example, Host=evil.example"),
        ] {
            assert!(names_another(name, value), "{name}: {value}");
        }
    }

    #[test]
    fn a_malformed_sec_purpose_hides_the_legacy_headers_and_counts_as_a_plain_visit() {
        let visit = visit("GET", &[("sec-purpose", "prefetch ;prerender"), ("purpose", "prefetch")]);
        assert_eq!(visit.speculation, None);
        assert!(!visit.is_speculative_navigation());
    }
}
