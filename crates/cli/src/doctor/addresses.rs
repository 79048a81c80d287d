//! Which addresses are of this machine or of its network, so that no site of the internet has them asked.

use std::net::IpAddr;
use url::{Host, Url};

/// Whether a host at this address may be asked on behalf of the site that was given: what a site of the internet names must not have
/// this machine ask its own network.
pub fn may_be_asked(home: &Url, host: &str, address: IpAddr) -> bool {
    let is_home = home.host_str().is_some_and(|home| home.trim_matches(['[', ']']) == host);
    is_home || is_inside_host(home) || !is_inside(address)
}

/// Whether a URL's host is written as an address of this machine or of its network, or as a name of this machine.
fn is_inside_host(url: &Url) -> bool {
    match url.host() {
        Some(Host::Ipv4(address)) => is_inside(IpAddr::V4(address)),
        Some(Host::Ipv6(address)) => is_inside(IpAddr::V6(address)),
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        None => false,
    }
}

fn is_inside(address: IpAddr) -> bool {
    match address.to_canonical() {
        IpAddr::V4(address) => {
            let [first, second, ..] = address.octets();
            address.is_loopback()
                || address.is_private()
                || address.is_link_local()
                || address.is_unspecified()
                || address.is_broadcast()
                // Shared between a provider and its customers (RFC 6598).
                || (first == 100 && (64..128).contains(&second))
        }
        IpAddr::V6(address) => {
            address.is_loopback()
                || address.is_unspecified()
                || address.is_unique_local()
                || address.is_unicast_link_local()
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn addresses_inside_are_told_from_those_of_the_internet() {
        for inside in [
            "http://127.0.0.1:8787/",
            "http://[::1]/",
            "http://10.0.0.1/",
            "http://192.168.1.1/",
            "http://172.16.0.1/",
            "http://169.254.169.254/latest/meta-data",
            "http://100.64.0.1/",
            "http://[fd00::1]/",
            "http://[fe80::1]/",
            "http://[::ffff:10.0.0.1]/",
            "http://0.0.0.0/",
            "http://localhost:1/",
        ] {
            assert!(is_inside_host(&Url::parse(inside).unwrap()), "{inside}");
        }
        for outside in
            ["http://1.1.1.1/", "http://[2606:4700::1111]/", "http://a.example/", "http://100.128.0.1/"]
        {
            assert!(!is_inside_host(&Url::parse(outside).unwrap()), "{outside}");
        }
    }

    #[test]
    fn a_site_of_the_internet_has_nothing_asked_on_this_network() {
        let (router, public) = ("192.168.1.1".parse().unwrap(), "203.0.113.7".parse().unwrap());
        let may = |home: &str, host: &str, address| may_be_asked(&Url::parse(home).unwrap(), host, address);
        assert!(!may("https://shop.example/", "router.example", router));
        assert!(!may("https://shop.example/", "127.0.0.1", "127.0.0.1".parse().unwrap()));
        assert!(may("https://shop.example/", "cdn.example", public));
        assert!(may("https://shop.example/", "shop.example", router), "a site of one's own network");
        assert!(may("http://127.0.0.1:8787/", "localhost", "127.0.0.1".parse().unwrap()));
        assert!(may("http://[::1]:8787/", "::1", "::1".parse().unwrap()));
    }
}
