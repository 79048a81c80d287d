//! Which addresses are one network's: whoever has one of them has the others, and counts once.

use std::net::IpAddr;

/// What tells the network of an address: all of an IPv4 address, also where it is written as an IPv6 one, and the first 48 bits of
/// another IPv6 address. That is what one customer of a network has (RFC 6177), who has as many of the others as they like. `None`
/// for what is no address.
#[must_use]
pub fn of(address: &str) -> Option<Vec<u8>> {
    Some(match address.trim().parse::<IpAddr>().ok()?.to_canonical() {
        IpAddr::V4(address) => address.octets().to_vec(),
        IpAddr::V6(address) => address.octets().get(..6)?.to_vec(),
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_ipv4_address_is_a_network_and_so_are_48_bits_of_ipv6() {
        assert_eq!(of(" ::ffff:192.0.2.1 "), Some(vec![192, 0, 2, 1]));
        assert_eq!(of("2001:db8:1:2::3"), Some(vec![0x20, 0x01, 0x0d, 0xb8, 0, 1]));
        for address in ["", "unknown", "192.0.2", "192.0.2.1:80", "192.0.2.1, 192.0.2.2", "[::1]"] {
            assert_eq!(of(address), None, "{address}");
        }
    }
}
