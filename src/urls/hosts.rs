//! Whether two URLs are of one site: hosts below the same name that somebody can register (HTML, "same site"), whatever their
//! ports and schemes.
//!
//! Which names nobody can register is a list of ten thousand lines that changes each week. This knows those that sites are
//! often below. What it does not know it takes for one site, so that an answer is taken as it always was.

use url::{Host, Url};

/// What stands before the name of a country and is nobody's own: `co.uk`, `com.au`.
const SECOND_LEVELS: [&str; 17] = [
    "ac", "co", "com", "edu", "go", "gob", "gouv", "gov", "govt", "gv", "id", "ltd", "ne", "net", "nom",
    "or", "org",
];

/// Below which many sites of different owners stand.
const SHARED: [&str; 26] = [
    "amazonaws.com",
    "appspot.com",
    "azurewebsites.net",
    "azurestaticapps.net",
    "blogspot.com",
    "cloudfront.net",
    "deno.dev",
    "firebaseapp.com",
    "fly.dev",
    "github.io",
    "gitlab.io",
    "glitch.me",
    "herokuapp.com",
    "myshopify.com",
    "netlify.app",
    "ngrok.app",
    "ngrok.io",
    "onrender.com",
    "pages.dev",
    "r2.dev",
    "run.app",
    "surge.sh",
    "vercel.app",
    "web.app",
    "wordpress.com",
    "workers.dev",
];

/// Whether two URLs are of one site.
#[must_use]
pub fn are_of_one_site(one: &Url, other: &Url) -> bool {
    let is_web = |url: &Url| matches!(url.scheme(), "http" | "https");
    is_web(one)
        && is_web(other)
        && match (one.host(), other.host()) {
            (Some(Host::Domain(one)), Some(Host::Domain(other))) => {
                one == other || owned(one) == owned(other)
            }
            (one, other) => one == other,
        }
}

/// The part of a host's name that somebody can register.
fn owned(host: &str) -> &str {
    let host = host.trim_end_matches('.');
    // The places of the last dots, from the end.
    let mut dots = host.rmatch_indices('.').map(|(at, _)| at);
    let (Some(last), Some(second)) = (dots.next(), dots.next()) else { return host };
    let behind = |dot: usize| host.get(dot + 1..).unwrap_or(host);
    let two = behind(second);
    let is_country = behind(last).len() == 2;
    let second_level = two.split('.').next().unwrap_or_default();
    let is_nobodys = SHARED.contains(&two) || (is_country && SECOND_LEVELS.contains(&second_level));
    if is_nobodys { dots.next().map_or(host, behind) } else { two }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn hosts_below_a_name_that_somebody_owns_are_of_one_site() {
        let is_one = |one: &str, other: &str| {
            let [one, other] = [one, other].map(|url| Url::parse(url).unwrap());
            assert_eq!(are_of_one_site(&one, &other), are_of_one_site(&other, &one));
            are_of_one_site(&one, &other)
        };
        for (one, other) in [
            ("https://shop.example/a", "https://www.shop.example/b"),
            ("http://shop.example", "https://shop.example:8443"),
            ("https://pay.shop.example", "https://id.shop.example"),
            ("https://www.shop.co.uk", "https://shop.co.uk"),
            ("https://ada.github.io", "https://ada.github.io/b"),
            ("https://a.ada.github.io", "https://ada.github.io"),
            ("http://127.0.0.1:1", "http://127.0.0.1:2"),
            ("http://localhost:1", "http://localhost:2"),
            ("https://co.uk", "https://co.uk"),
            ("https://shop.example.", "https://www.shop.example"),
        ] {
            assert!(is_one(one, other), "{one} {other}");
        }
        for (one, other) in [
            ("https://shop.example", "https://other.example"),
            ("https://shop.example", "https://shop.example.org"),
            ("https://shop.example", "https://notshop.example"),
            ("https://shop.co.uk", "https://other.co.uk"),
            ("https://shop.com.au", "https://other.com.au"),
            ("https://ada.github.io", "https://bob.github.io"),
            ("https://ada.github.io", "https://github.io"),
            ("http://127.0.0.1", "http://127.0.0.2"),
            ("http://127.0.0.1", "http://localhost"),
            ("https://shop.example", "mailto:a@shop.example"),
            ("https://shop.example", "intent://shop.example/a"),
        ] {
            assert!(!is_one(one, other), "{one} {other}");
        }
    }
}
