//! What may be named in a hint: an HTTP(S) origin in its serialised form.

use serde::{Deserialize, Serialize};
use std::fmt;
use url::{Host, Url};

/// An HTTP(S) origin, `scheme://host` or `scheme://host:port`, as HTML serialises it. Always ASCII, without
/// userinfo, default port, path, or anything that could end a header value or a `<…>` in it.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(into = "String", try_from = "String")]
pub struct Origin(String);

/// The longest origin accepted, in bytes: `https://`, a full DNS name and a port.
pub const MAX_ORIGIN_BYTES: usize = 270;

impl Origin {
    /// The origin of `url`, if it is one that a browser can connect to: `http` or `https`, with a host that is a
    /// name, an IPv4 or an IPv6 address.
    #[must_use]
    pub fn of(url: &Url) -> Option<Self> {
        if !matches!(url.scheme(), "http" | "https") {
            return None;
        }
        match url.host()? {
            Host::Domain(name) if !is_name(name) => return None,
            _ => {}
        }
        let origin = url.origin().ascii_serialization();
        (origin.len() <= MAX_ORIGIN_BYTES).then_some(Self(origin))
    }

    /// Reads a serialised origin back. Anything that is not exactly what [`Origin::as_str`] gives is refused, so a
    /// damaged snapshot can put nothing else into a header.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if text.len() > MAX_ORIGIN_BYTES {
            return None;
        }
        let origin = Self::of(&Url::parse(text).ok()?)?;
        (origin.0 == text).then_some(origin)
    }

    /// The serialised origin.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }
}

impl Origin {
    /// The host: what stands between `://` and the port.
    #[must_use]
    pub fn host(&self) -> &str {
        let rest = self.0.split_once("://").map_or("", |(_, rest)| rest);
        match rest.rsplit_once(':') {
            // The colons inside an IPv6 address stand before its bracket.
            Some((host, port)) if !port.contains(']') => host,
            _ => rest,
        }
    }
}

impl From<Origin> for String {
    fn from(origin: Origin) -> Self {
        origin.0
    }
}

impl TryFrom<String> for Origin {
    type Error = String;

    fn try_from(text: String) -> Result<Self, String> {
        Self::parse(&text).ok_or_else(|| format!("not an origin: {text:?}"))
    }
}

impl fmt::Display for Origin {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

/// Whether `host`, which the URL parser has already lower-cased and converted to ASCII, is a name that can be looked
/// up. The URL standard lets more through (`https://a'b;c/` parses) than belongs in a header.
fn is_name(host: &str) -> bool {
    let host = host.strip_suffix('.').unwrap_or(host);
    !host.is_empty()
        && host.len() <= 253
        && host.split('.').all(|label| {
            !label.is_empty()
                && label.len() <= 63
                && label.bytes().all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_'))
        })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(url: &str) -> Option<String> {
        Origin::of(&Url::parse(url).ok()?).map(|origin| origin.as_str().to_owned())
    }

    #[test]
    fn an_origin_is_scheme_host_and_port() {
        for (url, origin) in [
            ("https://CDN.Example/x?y#z", "https://cdn.example"),
            ("https://user:secret@cdn.example/", "https://cdn.example"),
            ("https://cdn.example:443/", "https://cdn.example"),
            ("http://cdn.example:8080/", "http://cdn.example:8080"),
            ("https://[2001:DB8::1]:8443/", "https://[2001:db8::1]:8443"),
            ("https://bücher.example/", "https://xn--bcher-kva.example"),
            ("https://cdn.example./", "https://cdn.example."),
            ("https://127.1/", "https://127.0.0.1"),
        ] {
            assert_eq!(of(url).as_deref(), Some(origin), "{url}");
        }
    }

    #[test]
    fn what_nobody_can_connect_to_has_no_origin() {
        for url in [
            "data:text/html,hi",
            "javascript:alert(1)",
            "blob:https://a.example/1",
            "ftp://a.example/",
            "ws://a.example/",
            "file:///etc/passwd",
            "https://a'b.example/",
            "https://a;b.example/",
            "https://a,b.example/",
            "https://a..example/",
            "about:blank",
        ] {
            assert_eq!(of(url), None, "{url}");
        }
        assert_eq!(of(&format!("https://{}.example/", "a".repeat(64))), None);
    }

    #[test]
    fn the_host_is_what_the_port_follows() {
        for (url, host) in [
            ("https://cdn.example/", "cdn.example"),
            ("http://cdn.example:8080/", "cdn.example"),
            ("https://[2001:db8::1]/", "[2001:db8::1]"),
            ("https://[2001:db8::1]:8443/", "[2001:db8::1]"),
        ] {
            assert_eq!(Origin::of(&Url::parse(url).unwrap()).unwrap().host(), host);
        }
    }

    #[test]
    fn only_the_serialised_form_reads_back() {
        assert!(Origin::parse("https://cdn.example").is_some());
        for text in [
            "https://cdn.example/",
            "https://cdn.example:443",
            "https://CDN.example",
            "https://cdn.example>; rel=preload",
            " https://cdn.example",
            "cdn.example",
            "",
        ] {
            assert_eq!(Origin::parse(text), None, "{text}");
        }
    }
}
