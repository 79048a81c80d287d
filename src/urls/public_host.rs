//! Whether a URL leads to a server that anybody on the internet may ask: what Headstart asks by itself, because a page names it,
//! must not be a way into somebody's own network.
//!
//! A host counts by its name alone, since nothing looks names up before the platform connects. So a public name that leads to a
//! private address passes here. It meets TLS: only a server that has a certificate for the name answers.

use url::{Host, Url};

/// The last labels of names that are for one network, one machine or nobody (RFC 6761, 6762, 7686, 8375, 9476; ICANN's `internal`;
/// and those that routers and companies use, which the root of the DNS leaves to them).
const NOT_PUBLIC: [&str; 19] = [
    "alt",
    "arpa",
    "corp",
    "domain",
    "home",
    "internal",
    "intranet",
    "invalid",
    "lan",
    "local",
    "localdomain",
    "localhost",
    "localnet",
    "mail",
    "onion",
    "private",
    "router",
    "test",
    "workgroup",
];

/// Names below which any name leads to the address that it has in it, or to one's own machine.
const NAMED_ADDRESSES: [&str; 6] = ["localtest.me", "lvh.me", "nip.io", "sslip.io", "vcap.me", "xip.io"];

/// Whether a URL is `https` at its usual port, without anybody's name and password, at a host with a public name: never an address,
/// however it is written.
#[must_use]
pub fn is_public(url: &Url) -> bool {
    url.scheme() == "https"
        && url.port().is_none()
        && url.username().is_empty()
        && url.password().is_none()
        && matches!(url.host(), Some(Host::Domain(name)) if is_public_name(name))
}

/// Whether a URL leads to this machine, by what it says.
#[must_use]
pub fn is_loopback(url: &Url) -> bool {
    match url.host() {
        Some(Host::Domain(name)) => name == "localhost" || name.ends_with(".localhost"),
        Some(Host::Ipv4(address)) => address.is_loopback(),
        Some(Host::Ipv6(address)) => address.is_loopback(),
        None => false,
    }
}

/// Whether a name, in lower case as the URL standard serialises it, may be one of the public DNS.
fn is_public_name(name: &str) -> bool {
    // A dot at the end says that the name is whole.
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_label = |label: &str| {
        let of_hosts = |byte: u8| byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'_');
        (1..=63).contains(&label.len()) && label.bytes().all(of_hosts)
    };
    let Some((_, last)) = name.rsplit_once('.') else { return false };
    let is_below =
        |other: &&str| name.strip_suffix(other).is_some_and(|start| start.is_empty() || start.ends_with('.'));
    name.len() <= 253
        && name.split('.').all(is_label)
        // No top-level domain has digits, but for those in Punycode.
        && (last.bytes().all(|byte| byte.is_ascii_alphabetic()) || last.starts_with("xn--"))
        && !NOT_PUBLIC.contains(&last)
        && !NAMED_ADDRESSES.iter().any(is_below)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is(url: &str) -> bool {
        Url::parse(url).is_ok_and(|url| is_public(&url))
    }

    #[test]
    fn a_name_of_the_public_dns_is_public() {
        for url in [
            "https://fonts.googleapis.com/css2?family=Inter:wght@400;700&display=swap",
            "https://use.typekit.net/abc1def.css",
            "https://CDN.JSDELIVR.net:443/npm/bootstrap@5/dist/css/bootstrap.min.css#top",
            "https://a_b.example/x.css",
            "https://bücher.example/x.css",
            "https://名がドメイン.みんな/x.css",
            "https://local.example/x.css",
            "https://localhost.example/x.css",
            "https://nip.io.example/x.css",
            "https://notnip.io/x.css",
            "https://cdn.example./x.css",
        ] {
            assert!(is(url), "{url}");
        }
    }

    #[test]
    fn this_machine_is_told_by_its_names_and_addresses() {
        let is = |url: &str| is_loopback(&Url::parse(url).unwrap());
        for url in [
            "http://localhost:8787/",
            "http://LOCALHOST/",
            "https://a.localhost/",
            "http://127.0.0.1/",
            "http://127.1/",
            "http://[::1]/",
        ] {
            assert!(is(url), "{url}");
        }
        for url in [
            "http://10.0.0.1/",
            "http://notlocalhost/",
            "http://localhost.example/",
            "http://[::2]/",
            "data:,",
        ] {
            assert!(!is(url), "{url}");
        }
    }

    #[test]
    fn an_address_is_not_however_it_is_written() {
        for url in [
            "https://127.0.0.1/x.css",
            "https://169.254.169.254/latest/meta-data/",
            "https://10.0.0.1/",
            "https://2852039166/",
            "https://0xa9fea9fe/",
            "https://0251.0376.0251.0376/",
            "https://0xa9.0xfe.0xa9.0xfe/",
            "https://169.254.43518/",
            "https://127.1/",
            "https://0/",
            "https://127.0.0.1./",
            "https://１２７.0.0.1/",
            "https://⑯⑨.254.169.254/",
            "https://[::1]/",
            "https://[::ffff:169.254.169.254]/",
            "https://[fd00:ec2::254]/",
            "https://[64:ff9b::a9fe:a9fe]/",
            "https://%31%32%37.0.0.1/",
            "https://127.0.0.1.nip.io/",
            "https://a9fea9fe.nip.io/",
            "https://169-254-169-254.sslip.io/",
            "https://www.localtest.me/",
        ] {
            assert!(!is(url), "{url}");
        }
    }

    #[test]
    fn neither_is_the_name_of_a_network_of_ones_own() {
        for url in [
            "https://localhost/",
            "https://LOCALHOST./",
            "https://a.localhost/",
            "https://printer.local/",
            "https://metadata.google.internal/",
            "https://intranet/x.css",
            "https://wiki.corp/",
            "https://nas.lan/",
            "https://router.home.arpa/",
            "https://1.0.0.127.in-addr.arpa/",
            "https://kubernetes.default.svc.cluster.local/",
            "https://a.test/",
            "https://a.onion/",
            "https://com/x.css",
            "https://com./x.css",
            "https://a..example/",
            "https://.example/",
            "https://a'b.example/",
        ] {
            assert!(!is(url), "{url}");
        }
    }

    #[test]
    fn neither_is_another_scheme_port_or_somebodys_password() {
        for url in [
            "http://cdn.example/x.css",
            "https://cdn.example:8443/x.css",
            "https://cdn.example:80/x.css",
            "https://user@cdn.example/x.css",
            "https://user:secret@cdn.example/x.css",
            "https://:secret@cdn.example/x.css",
            "ftp://cdn.example/x.css",
            "data:text/css,",
            "blob:https://cdn.example/1",
            "file:///etc/passwd",
        ] {
            assert!(!is(url), "{url}");
        }
    }

    proptest! {
        #[test]
        fn no_number_is_a_public_name(parts in prop::collection::vec("(0x[0-9a-f]{1,8}|0[0-7]{1,8}|[0-9]{1,10})", 1..5)) {
            let url = format!("https://{}/", parts.join("."));
            prop_assert!(!is(&url), "{}", url);
        }

        #[test]
        fn whatever_is_public_is_a_name_with_a_dot(host in "\\PC{1,40}") {
            if let Ok(url) = Url::parse(&format!("https://{host}/")) && is_public(&url) {
                let name = url.host_str().unwrap_or_default();
                prop_assert!(name.trim_end_matches('.').contains('.'));
                prop_assert!(matches!(url.host(), Some(Host::Domain(_))));
            }
        }
    }
}
