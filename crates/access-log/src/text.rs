//! A line of an access log in text: the common format, the combined one, and what servers make of them.
//!
//! ```text
//! address identity user [time] "method target protocol" status bytes "referer" "agent" …
//! host address identity user [time] …
//! address host identity user [time] …
//! ```
//!
//! In the place of the address may stand a list of them, as `X-Forwarded-For` has it, and both it and the proxy's address. Only the
//! fields that are asked for are looked at, and nothing is copied.

use super::{Request, address, target};
use memchr::{memchr, memchr_iter};

/// What a log in text has in its lines besides the common fields.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Text {
    /// Where the host stands.
    pub host: Host,
    /// Whether the referrer and the browser follow.
    pub is_combined: bool,
}

/// Where the host stands that was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Host {
    /// Nowhere.
    #[default]
    Nowhere,
    /// In front of the address, as Apache has it for virtual hosts.
    InFront,
    /// Behind the address, as lighttpd has it.
    Behind,
}

/// Reads a line. `None` for what is none of this form.
#[must_use]
pub fn parse(line: &[u8], text: Text) -> Option<Request<'_>> {
    let (before, time, rest) = around_time(line)?;
    let Front { host, address, user } = front(before, text.host)?;
    let (request, rest) = quoted(rest)?;
    let (method, target) = target::asked(request);
    let (named, target) = target::split(target);
    let rest = rest.strip_prefix(b" ")?;
    let [a @ b'1'..=b'5', b @ b'0'..=b'9', c @ b'0'..=b'9', b' ', ..] = *rest else { return None };
    let status = u16::from(a - b'0') * 100 + u16::from(b - b'0') * 10 + u16::from(c - b'0');
    let host = named.unwrap_or(host);
    let mut request = Request { address, user, time, method, host, target, status, ..Request::default() };
    if text.is_combined {
        let rest = rest.get(4..)?;
        let quote = memchr(b'"', rest)?;
        let (referer, rest) = quoted(rest.get(quote + 1..)?)?;
        let (agent, _) = quoted(rest.strip_prefix(b" \"")?)?;
        (request.referer, request.agent) = (referer, agent);
    }
    Some(request)
}

/// Whether the host stands where this format has it, which tells formats from each other that can read the same line.
#[must_use]
pub fn has_host_there(line: &[u8], host: Host) -> bool {
    let word = |host| around_time(line).and_then(|(before, ..)| front(before, host)).map(|front| front.host);
    // Whoever asks for an address, as scanners do, has it there in place of the name.
    let may_be = |word: &[u8]| !word.is_empty() && (says_nothing(word) || address::is_one(word));
    // An identity has no dots.
    let is_full_name = |word: &[u8]| is_name(word) && word.contains(&b'.');
    match host {
        Host::InFront => word(host).is_some_and(|word| may_be(word) || is_name(word)),
        Host::Behind => word(host).is_some_and(|word| may_be(word) || is_full_name(word)),
        Host::Nowhere => !word(Host::Behind).is_some_and(is_full_name),
    }
}

/// What stands before the time and its brackets, the time, and what follows the quotation mark behind them. Addresses have brackets,
/// too.
fn around_time(line: &[u8]) -> Option<(&[u8], &[u8], &[u8])> {
    memchr_iter(b'[', line).find_map(|at| {
        let rest = line.get(at + 1..)?;
        let (time, rest) = rest.split_at_checked(memchr(b']', rest)?)?;
        let is_time = time.first().is_some_and(u8::is_ascii_digit) && !address::is_one(time);
        Some((line.get(..at).filter(|_| is_time)?, time, rest.strip_prefix(b"] \"")?))
    })
}

/// What stands before the time.
struct Front<'a> {
    host: &'a [u8],
    address: &'a [u8],
    user: &'a [u8],
}

fn front(before: &[u8], place: Host) -> Option<Front<'_>> {
    let (mut host, mut rest) = (&b""[..], before);
    if place == Host::InFront {
        let (word, after) = word(before)?;
        let is_followed = || list(after).is_some_and(|(list, _)| address::first(list).is_some());
        // Lists have commas. An address may be the host that was asked for, if the visitor's follows.
        if !word.ends_with(b",") && (!address::is_one(word) || is_followed()) {
            (host, rest) = (word, after);
        }
    }
    let (address, mut rest) = visitor(rest)?;
    if place == Host::Behind {
        (host, rest) = word(rest)?;
    }
    Some(Front { host, address, user: user(rest) })
}

/// The address of the visitor, and what follows it and the proxy's. What a proxy says stands before or behind the address that it
/// has itself, which is mostly one of the server's network.
fn visitor(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let (first, mut rest) = list(text)?;
    let mut best = address::first(first);
    let may_go_on = best.is_some() || says_nothing(first) || first.contains(&b',');
    while may_go_on && let Some((next, after)) = list(rest) {
        let Some(next) = address::first(next) else { break };
        if best.is_none_or(|(_, best)| address::is_inside(best) && !address::is_inside(next.1)) {
            best = Some(next);
        }
        rest = after;
    }
    Some((best.map_or(first, |(address, _)| address.as_bytes()), rest))
}

/// Who has signed in, of what follows the address: the words behind the identity (RFC 1413), which nobody fills.
fn user(text: &[u8]) -> &[u8] {
    let mut rest = text.trim_ascii();
    let mut is_identity = true;
    while let Some((word, after)) = word(rest).filter(|(_, after)| !after.is_empty()) {
        if !is_identity && !says_nothing(word) && !address::is_one(word) {
            break;
        }
        (rest, is_identity) = (after, false);
    }
    rest
}

/// What stands before the next blank, and what follows the blanks.
fn word(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let (word, rest) = text.split_at_checked(memchr(b' ', text).unwrap_or(text.len()))?;
    (!word.is_empty()).then_some((word, rest.trim_ascii_start()))
}

/// The next word, with those that belong to it by their commas, and what follows.
fn list(text: &[u8]) -> Option<(&[u8], &[u8])> {
    let text = text.trim_ascii_start();
    let (mut last, mut rest) = word(text)?;
    while (last.ends_with(b",") || rest.starts_with(b","))
        && let Some((next, after)) = word(rest)
    {
        (last, rest) = (next, after);
    }
    Some((text.get(..text.len() - rest.len())?.trim_ascii_end(), rest))
}

fn says_nothing(word: &[u8]) -> bool {
    let bare = word.strip_prefix(b"\"").and_then(|word| word.strip_suffix(b"\"")).unwrap_or(word);
    matches!(bare, b"" | b"-" | b"_" | b"unknown")
}

/// Whether a word can be the name of a host, perhaps with a port.
fn is_name(word: &[u8]) -> bool {
    word.iter().any(u8::is_ascii_alphabetic)
        && word
            .iter()
            .all(|byte| byte.is_ascii_alphanumeric() || matches!(byte, b'.' | b'-' | b'_' | b':' | b'*'))
        && !address::is_one(word)
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

/// Whether nothing stands in a field.
#[must_use]
pub fn is_silent(field: &[u8]) -> bool {
    matches!(field, b"" | b"-")
}

#[cfg(test)]
mod tests {
    use super::*;

    const COMBINED: Text = Text { host: Host::Nowhere, is_combined: true };
    const COMMON: Text = Text { host: Host::Nowhere, is_combined: false };

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
        let request = parse(line, Text { host: Host::InFront, is_combined: true }).unwrap();
        assert_eq!((text(request.host), text(request.address)), ("shop.example:443", "2001:db8::7"));
        assert_eq!((text(request.user), text(request.referer), request.status), ("-", "-", 304));
    }

    #[test]
    fn a_list_in_front_is_the_visitors_and_no_host() {
        const SITE: &str = "www.shop.example";
        use Host::{Behind, InFront, Nowhere};
        for (front, place, host, address, user) in [
            ("203.0.113.5, 198.51.100.1 - -", Nowhere, "", "203.0.113.5", "-"),
            ("203.0.113.5, 198.51.100.1, 10.0.0.1 - ada", Nowhere, "", "203.0.113.5", "ada"),
            ("203.0.113.5,198.51.100.1 - -", Nowhere, "", "203.0.113.5", "-"),
            ("203.0.113.5 , 198.51.100.1 - -", Nowhere, "", "203.0.113.5", "-"),
            ("unknown, 203.0.113.5 - -", Nowhere, "", "203.0.113.5", "-"),
            ("-, 203.0.113.5 - -", Nowhere, "", "203.0.113.5", "-"),
            ("2001:db8::5, 198.51.100.1 - -", Nowhere, "", "2001:db8::5", "-"),
            ("[2001:db8::5]:4711, 198.51.100.1 - -", Nowhere, "", "2001:db8::5", "-"),
            ("203.0.113.5:4711, 198.51.100.1 - -", Nowhere, "", "203.0.113.5", "-"),
            ("\"203.0.113.5, 198.51.100.1\" 10.0.0.1 - -", Nowhere, "", "203.0.113.5", "-"),
            // With the proxy's address behind it, or in front.
            ("203.0.113.5, 198.51.100.1 10.0.0.1 - -", Nowhere, "", "203.0.113.5", "-"),
            ("203.0.113.5 10.0.0.1 - -", Nowhere, "", "203.0.113.5", "-"),
            ("10.0.0.1 203.0.113.5 - -", Nowhere, "", "203.0.113.5", "-"),
            ("10.0.0.1 (203.0.113.5, 10.0.0.2) - -", Nowhere, "", "203.0.113.5", "-"),
            ("172.16.0.9 172.16.0.129 - -", Nowhere, "", "172.16.0.9", "-"),
            ("- 10.0.0.1 - ada", Nowhere, "", "10.0.0.1", "ada"),
            ("unknown 10.0.0.1 - -", Nowhere, "", "10.0.0.1", "-"),
            ("- - -", Nowhere, "", "-", "-"),
            ("203.0.113.5 - [203.0.113.5] - ada", Nowhere, "", "203.0.113.5", "ada"),
            ("203.0.113.5 -  -", Nowhere, "", "203.0.113.5", "-"),
            ("203.0.113.5 - Ada Lovelace", Nowhere, "", "203.0.113.5", "Ada Lovelace"),
            // With the host.
            ("www.shop.example 203.0.113.5, 198.51.100.1 - -", InFront, SITE, "203.0.113.5", "-"),
            ("www.shop.example - 10.0.0.1 - -", InFront, SITE, "10.0.0.1", "-"),
            ("203.0.113.5, 198.51.100.1 - -", InFront, "", "203.0.113.5", "-"),
            ("203.0.113.5 - ada", InFront, "", "203.0.113.5", "ada"),
            ("192.0.2.1 203.0.113.5 - -", InFront, "192.0.2.1", "203.0.113.5", "-"),
            ("203.0.113.5 www.shop.example -", Behind, SITE, "203.0.113.5", "-"),
            ("203.0.113.5 www.shop.example ada", Behind, SITE, "203.0.113.5", "ada"),
            ("203.0.113.5, 10.0.0.1 www.shop.example - -", Behind, SITE, "203.0.113.5", "-"),
        ] {
            let line = format!(r#"{front} [17/May/2015:10:05:03 +0000] "GET /a HTTP/1.1" 200 512 "-" "-""#);
            let read = parse(line.as_bytes(), Text { host: place, is_combined: true }).unwrap();
            assert_eq!(text(read.host), host, "{front}");
            assert_eq!((text(read.address), text(read.user)), (address, user), "{front}");
        }
    }

    #[test]
    fn a_target_that_is_a_url_names_the_host() {
        let line = |front: &str| {
            format!(
                r#"{front}192.0.2.7 - - [17/May/2015:10:05:03 +0000] "GET http://shop.example:80/a?b HTTP/1.1" 200 5"#
            )
        };
        for (front, host) in [("", Host::Nowhere), ("other.example ", Host::InFront)] {
            let line = line(front);
            let read = parse(line.as_bytes(), Text { host, is_combined: false }).unwrap();
            assert_eq!((text(read.host), text(read.target)), ("shop.example:80", "/a?b"));
        }
    }

    #[test]
    fn the_time_is_what_stands_in_brackets_before_the_request() {
        for time in ["17/May/2015:10:05:03 +0000", "2015-05-17T10:05:03+00:00", "1431857103.250"] {
            let line = format!(r#"[::1] - [2001:db8::1] [x] [{time}] "GET /[a] HTTP/1.1" 200 512"#);
            let read = parse(line.as_bytes(), COMMON).unwrap();
            assert_eq!((text(read.time), text(read.address), text(read.target)), (time, "::1", "/[a]"));
        }
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
