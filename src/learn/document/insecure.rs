//! Where a page's requests go for which it names an `http` URL (Fetch, "main fetch"): what Upgrade Insecure Requests and Mixed
//! Content make of them, before anything else looks at them.

use crate::csp::Destination;
use crate::urls::public_host::is_loopback;
use url::{Host, Url};

/// What has a request made (Fetch, "initiator"), as far as it decides whether it is upgraded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::learn) enum Initiator {
    /// `imageset`: an `<img>` that has a `srcset`, or stands in a `<picture>`, for its `src` as well (HTML, "update the image data").
    ImageSet,
    /// Anything else.
    Other,
}

impl Initiator {
    /// That of a picture whose element has a `srcset` or stands in a `<picture>`, or not.
    pub(in crate::learn) fn of_picture(is_of_set: bool) -> Self {
        if is_of_set { Self::ImageSet } else { Self::Other }
    }
}

/// The URL that is asked for on the page at `page` where `url` is named; `None` where nothing is. `upgrades` says whether a policy
/// of the page has its requests upgraded.
pub(super) fn requested(
    mut url: Url,
    page: &Url,
    upgrades: bool,
    destination: Destination,
    initiator: Initiator,
) -> Option<Url> {
    if url.scheme() != "http" {
        return Some(url);
    }
    let is_mixed = page.scheme() == "https";
    // Upgrade Insecure Requests, section 4.1: all but what is as trustworthy as it is.
    let is_upgraded = (upgrades && !is_loopback(&url))
        // Mixed Content, level 2: so are pictures and media, and everything else is not fetched at all.
        || (is_mixed && is_upgradeable(&url, destination, initiator));
    if is_upgraded {
        // A port that says nothing besides the scheme goes with it.
        return url.set_scheme("https").is_ok().then_some(url);
    }
    (!is_mixed).then_some(url)
}

/// Whether a secure page has a request upgraded by itself (Mixed Content, section 4.1): not where its host is an address, which hardly
/// ever has a certificate, nor where the browser chooses of several pictures: of these none ever was let through.
fn is_upgradeable(url: &Url, destination: Destination, initiator: Initiator) -> bool {
    matches!(destination, Destination::Image | Destination::Media)
        && initiator != Initiator::ImageSet
        && matches!(url.host(), Some(Host::Domain(_)))
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
            (secure, false, "http://192.0.2.1/x", Destination::Image, None),
            (secure, false, "http://[2001:db8::1]/x", Destination::Media, None),
            (secure, true, "http://192.0.2.1/x", Destination::Image, Some("https://192.0.2.1/x")),
            (insecure, false, "http://192.0.2.1/x", Destination::Image, Some("http://192.0.2.1/x")),
        ] {
            let [page, url] = [page, url].map(|url| Url::parse(url).unwrap());
            let asked =
                requested(url.clone(), &page, upgrades, destination, Initiator::Other).map(String::from);
            assert_eq!(asked.as_deref(), expected, "{page} {upgrades} {url} {destination:?}");
        }
    }

    #[test]
    fn of_what_is_chosen_only_a_policy_has_anything_upgraded() {
        let url = Url::parse("http://a.example/x").unwrap();
        for (page, upgrades, expected) in [
            ("https://shop.example/", false, None),
            ("https://shop.example/", true, Some("https://a.example/x")),
            ("http://shop.example/", false, Some("http://a.example/x")),
        ] {
            let page = Url::parse(page).unwrap();
            let asked = requested(url.clone(), &page, upgrades, Destination::Image, Initiator::ImageSet);
            assert_eq!(asked.map(String::from).as_deref(), expected, "{page} {upgrades}");
        }
    }
}
