//! Deferred requests: the ones that are sent to the origin after a page's activation.
//!
//! What a prerendering page sent is sent as it came, without the fields that call it speculative. The visit of a page with an
//! effect is made from the request that redeems its ticket: the visitor's cookies and languages, with the fields of a
//! navigation.

use super::class::{Class, CookieClasses};
use super::cookie::{self, MAX_LINES, SetCookie};
use super::set_cookie::with_path;
use crate::speculation::PURPOSE_FIELD;
use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde::{Deserialize, Serialize};

/// The largest body of a request that is deferred, in bytes: what a browser lets a page send while it is left.
pub const MAX_BODY_BYTES: usize = 64 * 1024;

/// The most header bytes of a request that is deferred.
const MAX_HEADER_BYTES: usize = 32 * 1024;

/// The fields that are left out: those that call a request speculative, those that ask for something other than the whole
/// answer, and those that belong to the connection or to the platform.
const LEFT_OUT: &[&str] = &[
    "sec-purpose",
    "purpose",
    "x-purpose",
    "x-moz",
    "sec-speculation-tags",
    PURPOSE_FIELD,
    "if-none-match",
    "if-modified-since",
    "if-match",
    "if-unmodified-since",
    "if-range",
    "range",
    "host",
    "connection",
    "keep-alive",
    "transfer-encoding",
    "te",
    "trailer",
    "upgrade",
    "content-length",
    "expect",
    "cf-worker",
    "cf-ew-via",
    "cdn-loop",
];

/// The field that tells the origin of a visit that it is one whose page was fetched ahead, and is shown now: a boolean of
/// structured fields. What a visitor writes into it does not reach the origin.
pub const ACTIVATED_FIELD: &str = "headstart-activated";

/// A request as it is stored.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct DeferredRequest {
    /// The URL, as visitors write it.
    pub url: String,
    /// The method.
    pub method: String,
    /// Names and values.
    pub headers: Vec<(String, String)>,
    /// The body in base64, if there is one.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    body: Option<String>,
}

impl DeferredRequest {
    /// What a prerendering page sent. `None` where it is too large to be deferred.
    #[must_use]
    pub fn held(
        url: &str,
        method: &str,
        headers: impl Iterator<Item = (String, String)>,
        body: Option<&[u8]>,
    ) -> Option<Self> {
        let headers: Vec<(String, String)> = headers.filter(|(name, _)| !is_left_out(name)).collect();
        let bytes: usize = headers.iter().map(|(name, value)| name.len() + value.len()).sum();
        if bytes > MAX_HEADER_BYTES || body.is_some_and(|body| body.len() > MAX_BODY_BYTES) {
            return None;
        }
        let body = body.filter(|body| !body.is_empty()).map(|body| STANDARD.encode(body));
        Some(Self { url: url.to_owned(), method: method.to_owned(), headers, body })
    }

    /// The visit of the page at `url` by whoever sends the request with these headers, coming from `referer`.
    #[must_use]
    pub fn visit(
        url: &str,
        headers: impl Iterator<Item = (String, String)>,
        referer: Option<&str>,
    ) -> Option<Self> {
        const NAVIGATION: [(&str, &str); 6] = [
            (
                "accept",
                "text/html,application/xhtml+xml,application/xml;q=0.9,image/avif,image/webp,*/*;q=0.8",
            ),
            ("sec-fetch-dest", "document"),
            ("sec-fetch-mode", "navigate"),
            ("sec-fetch-site", "same-origin"),
            ("sec-fetch-user", "?1"),
            ("upgrade-insecure-requests", "1"),
        ];
        let is_said_anew = |name: &str| {
            NAVIGATION.iter().any(|(known, _)| name.eq_ignore_ascii_case(known))
                || ["referer", "origin", "priority", "content-type", ACTIVATED_FIELD]
                    .iter()
                    .any(|known| name.eq_ignore_ascii_case(known))
        };
        let visitors = headers.filter(|(name, _)| !is_said_anew(name));
        let said = NAVIGATION.into_iter().chain([(ACTIVATED_FIELD, "?1")]);
        let said = said.chain(referer.map(|referer| ("referer", referer)));
        let said = said.map(|(name, value)| (name.to_owned(), value.to_owned()));
        Self::held(url, "GET", visitors.chain(said), None)
    }

    /// The same with these cookies.
    #[must_use]
    pub fn with_cookies(mut self, cookies: String) -> Self {
        self.headers.retain(|(name, _)| !name.eq_ignore_ascii_case("cookie"));
        if !cookies.is_empty() {
            self.headers.push(("cookie".to_owned(), cookies));
        }
        self
    }

    /// The body.
    #[must_use]
    pub fn body(&self) -> Option<Vec<u8>> {
        STANDARD.decode(self.body.as_ref()?).ok()
    }
}

fn is_left_out(name: &str) -> bool {
    LEFT_OUT.iter().any(|known| name.eq_ignore_ascii_case(known))
}

/// The cookies with which a page is asked for once more: the visitor's, and of the deferred ones those by which the page that
/// is shown knows the visitor, or their server. A deferred counter is not among them, since the origin would count on from it.
#[must_use]
pub fn identity(cookies: &str, withheld: &[String], classes: &CookieClasses) -> String {
    let is_identity = |line: &&String| {
        let class = classes.of(&SetCookie::parse(line));
        matches!(class, Class::Session | Class::Sticky | Class::Csrf | Class::SignIn)
    };
    cookie::after(cookies, withheld.iter().filter(is_identity).map(String::as_str))
}

/// The lines to set when a ticket's are due and the page at `path` was asked for once more: of one name the newer one of
/// that answer, but for form tokens, which must fit the page that is shown.
#[must_use]
pub fn newest(
    deferred: Vec<String>,
    answered: &[String],
    path: &str,
    classes: &CookieClasses,
) -> Vec<String> {
    let fitting: Vec<String> = answered
        .iter()
        .take(MAX_LINES)
        .filter(|line| classes.of(&SetCookie::parse(line)) != Class::Csrf)
        .map(|line| with_path(line, path))
        .collect();
    let names: Vec<&str> = fitting.iter().map(|line| SetCookie::parse(line).name).collect();
    let is_anew = |line: &String| names.contains(&SetCookie::parse(line).name);
    deferred.into_iter().filter(|line| !is_anew(line)).chain(fitting.iter().cloned()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn headers(lines: &[(&str, &str)]) -> impl Iterator<Item = (String, String)> {
        lines
            .iter()
            .map(|(name, value)| ((*name).to_owned(), (*value).to_owned()))
            .collect::<Vec<_>>()
            .into_iter()
    }

    #[test]
    fn a_deferred_request_is_not_called_speculative_any_more() {
        let sent = [
            ("Sec-Purpose", "prefetch;prerender"),
            ("cookie", "a=1"),
            ("Host", "shop.example"),
            ("content-type", "text/plain"),
            ("referer", "https://shop.example/a"),
        ];
        let request =
            DeferredRequest::held("https://shop.example/c", "POST", headers(&sent), Some(b"\x00x")).unwrap();
        let names: Vec<&str> = request.headers.iter().map(|(name, _)| name.as_str()).collect();
        assert_eq!(names, ["cookie", "content-type", "referer"]);
        assert_eq!((request.method.as_str(), request.body()), ("POST", Some(b"\x00x".to_vec())));
        let back: DeferredRequest = serde_json::from_str(&serde_json::to_string(&request).unwrap()).unwrap();
        assert_eq!(back, request);
        assert_eq!(DeferredRequest::held("/c", "GET", headers(&[]), Some(b"")).unwrap().body(), None);
    }

    #[test]
    fn what_is_too_large_is_not_deferred() {
        let long = "x".repeat(MAX_HEADER_BYTES);
        assert_eq!(DeferredRequest::held("/c", "GET", headers(&[("x", &long)]), None), None);
        assert_eq!(
            DeferredRequest::held("/c", "POST", headers(&[]), Some(&vec![0; MAX_BODY_BYTES + 1])),
            None
        );
        assert!(DeferredRequest::held("/c", "POST", headers(&[]), Some(&vec![0; MAX_BODY_BYTES])).is_some());
    }

    #[test]
    fn a_visit_says_what_a_navigation_says() {
        let redeemed = [
            ("accept", "*/*"),
            ("Sec-Fetch-Dest", "speculationrules"),
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-site", "same-origin"),
            ("referer", "https://shop.example/b"),
            ("cookie", "a=1"),
            ("user-agent", "x"),
            ("if-none-match", "\"1\""),
            ("Headstart-Activated", "?0"),
        ];
        let visit = DeferredRequest::visit(
            "https://shop.example/b",
            headers(&redeemed),
            Some("https://shop.example/a"),
        )
        .unwrap();
        let get = |name: &str| {
            let mut all = visit.headers.iter().filter(|(other, _)| other.eq_ignore_ascii_case(name));
            let first = all.next().map(|(_, value)| value.as_str());
            assert!(all.next().is_none(), "{name} once");
            first
        };
        assert_eq!((get("sec-fetch-dest"), get("sec-fetch-mode")), (Some("document"), Some("navigate")));
        assert_eq!((get("sec-fetch-user"), get("cookie")), (Some("?1"), Some("a=1")));
        assert_eq!((get("referer"), get("if-none-match")), (Some("https://shop.example/a"), None));
        assert!(get("accept").unwrap().starts_with("text/html"));
        assert_eq!(get("headstart-activated"), Some("?1"), "whatever the visitor says");
    }

    #[test]
    fn a_page_is_asked_for_again_as_who_it_was_for() {
        let withheld =
            ["sid=1; Path=/; HttpOnly", "csrftoken=2; Path=/", "visits=4; Path=/", "cart=5; Path=/"];
        let withheld = withheld.map(str::to_owned);
        let identity = |cookies: &str| super::identity(cookies, &withheld, &CookieClasses::default());
        assert_eq!(identity("visits=3; a=1"), "visits=3; a=1; sid=1; csrftoken=2");
        assert_eq!(identity(""), "sid=1; csrftoken=2");
    }

    #[test]
    fn the_newer_cookie_of_a_name_counts_unless_the_page_depends_on_it() {
        let lines = |lines: &[&str]| lines.iter().map(|line| (*line).to_owned()).collect::<Vec<_>>();
        let deferred = lines(&["a=1; Path=/", "b=1; Path=/", "csrftoken=shown; Path=/"]);
        let answered = lines(&["b=2", "c=1; Path=/", "csrftoken=other", "xsrf-token=other"]);
        assert_eq!(
            newest(deferred, &answered, "/shop/item", &CookieClasses::default()),
            lines(&["a=1; Path=/", "csrftoken=shown; Path=/", "b=2; Path=/shop", "c=1; Path=/"])
        );
    }
}
