//! A line of an access log in text: the common format, the combined one, and what servers make of them.
//!
//! ```text
//! address identity user [time] "method target protocol" status bytes "referer" "agent" …
//! host address identity user [time] …
//! ```
//!
//! Only the fields that are asked for are looked at, and nothing is copied.

use super::Request;
use memchr::{memchr, memrchr};

/// How many bytes the time has: `17/May/2015:10:05:03 +0000`.
const TIME: usize = 26;

/// What a log in text has in its lines besides the common fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Whether the host stands in front of the address.
    pub has_host: bool,
    /// Whether the referrer and the browser follow.
    pub is_combined: bool,
}

/// Reads a line. `None` for what is none of this form.
#[must_use]
pub fn parse(line: &[u8], text: Text) -> Option<Request<'_>> {
    let bracket = memchr(b'[', line)?;
    let (before, rest) = line.split_at_checked(bracket)?;
    let (host, before) = if text.has_host { word(before)? } else { (&b""[..], before) };
    let (address, before) = word(before)?;
    let (_, user) = word(before)?;
    let (time, rest) = rest.get(1..)?.split_at_checked(TIME)?;
    let rest = rest.strip_prefix(b"] \"")?;
    let (request, rest) = quoted(rest)?;
    let (method, target) = asked(request);
    let rest = rest.strip_prefix(b" ")?;
    let [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', ..] = *rest else { return None };
    let status = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
    let mut request = Request {
        address,
        user: user.trim_ascii(),
        time,
        method,
        host,
        target,
        status,
        ..Request::default()
    };
    if text.is_combined {
        let rest = rest.get(4..)?;
        let quote = memchr(b'"', rest)?;
        let (referer, rest) = quoted(rest.get(quote + 1..)?)?;
        let (agent, _) = quoted(rest.strip_prefix(b" \"")?)?;
        (request.referer, request.agent) = (referer, agent);
    }
    Some(request)
}

/// What stands before the next blank, and what follows it.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let blank = memchr(b' ', text)?;
    let (word, rest) = text.split_at_checked(blank)?;
    (!word.is_empty()).then_some((word, rest.get(1..)?))
}

/// What stands before the next quotation mark, and what follows it. A mark behind a backslash is part of it.
fn quoted(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let mut from = 0;
    loop {
        let mark = from + memchr(b'"', text.get(from..)?)?;
        let (inside, rest) = text.split_at_checked(mark)?;
        let backslashes = inside.iter().rev().take_while(|byte| **byte == b'\\').count();
        if backslashes.is_multiple_of(2) {
            return Some((inside, rest.get(1..)?));
        }
        from = mark + 1;
    }
}

/// The method and the target of a request line. What a client sent that speaks no HTTP has neither.
fn asked(request: &[u8]) -> (&[u8], &[u8]) {
    let ends = memchr(b' ', request).zip(memrchr(b' ', request));
    let Some((first, last)) = ends else { return (b"", b"") };
    let method = request.get(..first).unwrap_or_default();
    // HTTP/0.9 has no protocol behind the target.
    let end = if last > first { last } else { request.len() };
    (method, request.get(first + 1..end).unwrap_or_default())
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMBINED: Text = Text { has_host: false, is_combined: true };
    const COMMON: Text = Text { has_host: false, is_combined: false };

    fn text(bytes: &[u8]) -> &str {
        std::str::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_combined_line_is_read_and_what_follows_it_is_passed_over() {
        let line = br#"192.0.2.7 - ada [17/May/2015:10:05:03 +0000] "GET /a?b=\"c HTTP/1.1" 200 512 "https://shop.example/" "Mozilla/5.0 \"X\\" "198.51.100.1" 0.012 0.010"#;
        let request = parse(line, COMBINED).unwrap();
        assert_eq!((text(request.address), text(request.user)), ("192.0.2.7", "ada"));
        assert_eq!((text(request.method), text(request.target)), ("GET", r#"/a?b=\"c"#));
        assert_eq!((text(request.time), request.status), ("17/May/2015:10:05:03 +0000", 200));
        assert_eq!(
            (text(request.referer), text(request.agent)),
            ("https://shop.example/", r#"Mozilla/5.0 \"X\\"#)
        );
        assert_eq!(parse(line, COMMON).unwrap().referer, b"");
    }

    #[test]
    fn a_host_may_stand_in_front() {
        let line = br#"shop.example:443 2001:db8::7 - - [17/May/2015:10:05:03 +0000] "GET / HTTP/2.0" 304 - "-" "-""#;
        let request = parse(line, Text { has_host: true, is_combined: true }).unwrap();
        assert_eq!((text(request.host), text(request.address)), ("shop.example:443", "2001:db8::7"));
        assert_eq!((text(request.user), text(request.referer), request.status), ("-", "-", 304));
    }

    #[test]
    fn a_request_that_is_none_is_a_line_all_the_same() {
        for (request, method, target) in [
            ("-", "", ""),
            ("", "", ""),
            (r"\x16\x03\x01", "", ""),
            ("GET /old", "GET", "/old"),
            ("GET /a b HTTP/1.1", "GET", "/a b"),
        ] {
            let line = format!(r#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "{request}" 400 0 "-" "-""#);
            let read = parse(line.as_bytes(), COMBINED).unwrap();
            assert_eq!((text(read.method), text(read.target)), (method, target), "{request}");
        }
    }

    #[test]
    fn a_line_that_is_cut_off_is_none() {
        let line = br#"192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512 "-" "Mozilla""#;
        assert!(parse(line, COMBINED).is_some());
        for end in 0..line.len() {
            assert_eq!(parse(&line[..end], COMBINED), None, "{}", text(&line[..end]));
        }
        for other in ["", "[", "a [", "#Fields: date time", "{}", "<34>Oct 11 22:14:15 host su: failed"] {
            assert_eq!(parse(other.as_bytes(), COMMON), None, "{other}");
        }
    }
}
