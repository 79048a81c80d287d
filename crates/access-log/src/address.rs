//! The addresses of visitors, as servers and proxies write them.

use std::net::IpAddr;

/// The first address of a list as `X-Forwarded-For` has it, which is the visitor's: without quotation marks and brackets, port and
/// zone. `None` where there is no address, as in `-`, `unknown` and names.
#[must_use]
pub fn first(list: &[u8]) -> Option<(&str, IpAddr)> {
    list.split(|byte| *byte == b',').find_map(one)
}

/// Whether this is an address, perhaps with a port, and nothing else.
#[must_use]
pub fn is_one(text: &[u8]) -> bool {
    one(text).is_some()
}

fn one(text: &[u8]) -> Option<(&str, IpAddr)> {
    // Names, `-` and `unknown` make most of what is no address.
    text.iter().find(|byte| byte.is_ascii_hexdigit() || **byte == b':')?;
    let text = std::str::from_utf8(text).ok()?.trim_matches([' ', '\t', '"', '(', ')']);
    let text = match text.strip_prefix('[').and_then(|rest| rest.split_once(']')) {
        Some((inside, after)) => (after.is_empty() || is_port(after.strip_prefix(':')?)).then_some(inside)?,
        None => match text.split_once(':') {
            Some((before, port)) if is_port(port) => before,
            _ => text,
        },
    };
    let text = text.split_once('%').map_or(text, |(address, _)| address);
    Some((text, text.parse().ok()?))
}

fn is_port(text: &str) -> bool {
    !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit())
}

/// Whether an address is of the server's own machine or network. Behind a proxy that is mostly the proxy's.
#[must_use]
pub fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let is_shared = matches!(address.octets(), [100, 64..=127, ..]);
            address.is_loopback() || address.is_private() || address.is_link_local() || is_shared
        }
        IpAddr::V6(address) => {
            address.is_loopback() || address.is_unique_local() || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_first_address_of_a_list_is_the_visitors() {
        for (list, expected) in [
            ("203.0.113.5", Some("203.0.113.5")),
            ("203.0.113.5, 198.51.100.1", Some("203.0.113.5")),
            ("203.0.113.5,198.51.100.1", Some("203.0.113.5")),
            ("unknown, 203.0.113.5", Some("203.0.113.5")),
            ("-, 203.0.113.5", Some("203.0.113.5")),
            ("10.0.0.5, 203.0.113.5", Some("10.0.0.5")),
            ("203.0.113.5:4711, 198.51.100.1:80", Some("203.0.113.5")),
            ("2001:db8::5, 198.51.100.1", Some("2001:db8::5")),
            ("[2001:db8::5]", Some("2001:db8::5")),
            ("[2001:db8::5]:4711", Some("2001:db8::5")),
            ("fe80::1%eth0", Some("fe80::1")),
            ("::ffff:203.0.113.5", Some("::ffff:203.0.113.5")),
            ("::1", Some("::1")),
            ("\"203.0.113.5\"", Some("203.0.113.5")),
            ("(203.0.113.5)", Some("203.0.113.5")),
            ("", None),
            ("-", None),
            ("unknown", None),
            ("_hidden, _SEVKISEK", None),
            ("203.0.113", None),
            ("203.0.113.5:http", None),
            ("[2001:db8::5]x", None),
            ("shop.example:443", None),
            ("unix:", None),
        ] {
            assert_eq!(first(list.as_bytes()).map(|(text, _)| text), expected, "{list}");
        }
        assert_eq!(first(b"\xff, 203.0.113.5").map(|(text, _)| text), Some("203.0.113.5"));
    }

    #[test]
    fn addresses_of_the_own_network_are_told() {
        for (address, expected) in [
            ("127.0.0.1", true),
            ("10.1.2.3", true),
            ("172.16.0.1", true),
            ("192.168.0.1", true),
            ("169.254.0.1", true),
            ("100.64.0.1", true),
            ("::1", true),
            ("fd00::1", true),
            ("fe80::1", true),
            ("::ffff:10.0.0.1", true),
            ("203.0.113.5", false),
            ("100.128.0.1", false),
            ("172.32.0.1", false),
            ("2001:db8::1", false),
        ] {
            assert_eq!(is_inside(address.parse().unwrap()), expected, "{address}");
        }
    }
}
