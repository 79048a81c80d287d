//! Where a page's requests go for which it names an `http` URL (Fetch, "main fetch"): what Upgrade Insecure Requests and Mixed
//! Content make of them, before anything else looks at them.

use crate::csp::Destination;
use crate::urls::public_host::is_loopback;
use url::Url;

/// The URL that is asked for on the page at `page` where `url` is named; `None` where nothing is. `upgrades` says whether a policy
/// of the page has its requests upgraded.
pub(super) fn requested(mut url: Url, page: &Url, upgrades: bool, destination: Destination) -> Option<Url> {
    if url.scheme() != "http" {
        return Some(url);
    }
    let is_mixed = page.scheme() == "https";
    // Upgrade Insecure Requests, section 4.1: all but what is as trustworthy as it is.
    let is_upgraded = (upgrades && !is_loopback(&url))
        // Mixed Content, level 2: pictures and media are upgraded, everything else is not fetched at all.
        || (is_mixed && matches!(destination, Destination::Image | Destination::Media));
    if is_upgraded {
        // A port that says nothing besides the scheme goes with it.
        return url.set_scheme("https").is_ok().then_some(url);
    }
    (!is_mixed).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_policy_has_all_upgraded_and_a_secure_page_its_pictures() {
        let [secure, insecure] = ["https://shop.example/", "http://shop.example/"];
        for (page, upgrades, url, destination, expected) in [
            (secure, true, "http://a.example:80/x", Destination::Script, Some("https://a.example/x")),
            (secure, true, "http://a.example:443/x", Destination::Font, Some("https://a.example/x")),
            (secure, true, "http://a.example:8080/x", Destination::Style, Some("https://a.example:8080/x")),
            (secure, true, "http://localhost/x", Destination::Script, None),
            (secure, true, "https://a.example/x", Destination::Script, Some("https://a.example/x")),
            (insecure, true, "http://a.example/x", Destination::Frame, Some("https://a.example/x")),
            (insecure, true, "http://localhost/x", Destination::Script, Some("http://localhost/x")),
            (insecure, false, "http://a.example/x", Destination::Image, Some("http://a.example/x")),
            (secure, false, "http://a.example/x", Destination::Image, Some("https://a.example/x")),
            (secure, false, "http://a.example/x", Destination::Media, Some("https://a.example/x")),
            (secure, false, "http://a.example/x", Destination::Font, None),
            (secure, true, "data:,x", Destination::Image, Some("data:,x")),
        ] {
            let [page, url] = [page, url].map(|url| Url::parse(url).unwrap());
            let asked = requested(url.clone(), &page, upgrades, destination).map(String::from);
            assert_eq!(asked.as_deref(), expected, "{page} {upgrades} {url} {destination:?}");
        }
    }
}
