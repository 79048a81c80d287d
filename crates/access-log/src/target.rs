//! What was asked for, as request lines say it.

use memchr::{memchr, memrchr};

/// The method and the target of a request line. What a client sent that speaks no HTTP has neither.
#[must_use]
pub fn asked(request: &[u8]) -> (&[u8], &[u8]) {
    let ends = memchr(b' ', request).zip(memrchr(b' ', request));
    let Some((first, last)) = ends else {
        // Some logs have the target alone there.
        return (b"", if request.starts_with(b"/") { request } else { b"" });
    };
    let method = request.get(..first).unwrap_or_default();
    // HTTP/0.9 has no protocol behind the target.
    let end = if last > first { last } else { request.len() };
    (method, request.get(first + 1..end).unwrap_or_default())
}

/// The host that a target in absolute form names, and its path with its query (RFC 9112, section 3.2.2): such a host takes the place of
/// any other. Varnish writes every target so, and Logpush may. Any other target names none, and is what it is.
#[must_use]
pub fn split(target: &[u8]) -> (Option<&[u8]>, &[u8]) {
    let Some(rest) = after_scheme(target) else { return (None, target) };
    let end = rest.iter().position(|byte| matches!(byte, b'/' | b'?' | b'#')).unwrap_or(rest.len());
    let Some((authority, path)) = rest.split_at_checked(end) else { return (None, target) };
    let host = memrchr(b'@', authority).and_then(|at| authority.get(at + 1..)).unwrap_or(authority);
    if host.is_empty() {
        return (None, target);
    }
    (Some(host), if path.is_empty() { b"/" } else { path })
}

fn after_scheme(target: &[u8]) -> Option<&[u8]> {
    [&b"http://"[..], b"https://"].into_iter().find_map(|scheme| {
        let (start, rest) = target.split_at_checked(scheme.len())?;
        start.eq_ignore_ascii_case(scheme).then_some(rest)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_absolute_target_names_its_host() {
        for (target, host, path) in [
            ("/a?b", None, "/a?b"),
            ("*", None, "*"),
            ("", None, ""),
            ("/to?url=https://x.example/", None, "/to?url=https://x.example/"),
            ("http://shop.example/a?b", Some("shop.example"), "/a?b"),
            ("HTTPS://shop.example:443/", Some("shop.example:443"), "/"),
            ("http://shop.example", Some("shop.example"), "/"),
            ("http://shop.example?b", Some("shop.example"), "?b"),
            ("http://ada@shop.example/a", Some("shop.example"), "/a"),
            ("http:///a", None, "http:///a"),
            ("ftp://shop.example/a", None, "ftp://shop.example/a"),
        ] {
            let expected = (host.map(str::as_bytes), path.as_bytes());
            assert_eq!(split(target.as_bytes()), expected, "{target}");
        }
    }
}
