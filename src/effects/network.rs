//! The network ([`crate::network`]) that a request comes from, as far as it is counted.

use super::seal::Seal;
use crate::network;

/// What stands for the network of an address, for a day and longer the same; `None` for what is no address.
#[must_use]
pub fn of(address: &str, seal: &Seal) -> Option<u64> {
    let network = network::of(address)?;
    Some(seal.digest(&["network", &format!("{network:x?}")]))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_of_one_network_are_one() {
        let seal = Seal::new("0123456789abcdef0123456789abcdef", None).unwrap();
        let of = |address| of(address, &seal);
        assert_eq!(of("2001:db8:1:2::3"), of("2001:db8:1:ffff:1:2:3:4"));
        assert_eq!(of("192.0.2.1"), of("::ffff:192.0.2.1"));
        for other in ["2001:db8:2::3", "192.0.2.2", "::c000:201"] {
            assert!(of(other).is_some() && of(other) != of("192.0.2.1") && of(other) != of("2001:db8:1::"));
        }
        assert_eq!([of(""), of("unknown"), of("192.0.2.1:80")], [None; 3]);
    }
}
