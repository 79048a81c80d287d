//! What a request for a page says of where its visitor comes from.
//!
//! A navigation is counted when a browser says all of this: `Sec-Fetch-Mode: navigate` to a document, from the same
//! origin (`Sec-Fetch-Site`), because the visitor clicked (`Sec-Fetch-User`), with the page that was left as `Referer`. A
//! reload asks caches to be passed over, and is none. A speculation says only where it comes from.
//!
//! Where a site's pages say by their `Referrer-Policy` that no more than their origin be told, each of them seems to be the site's
//! root. So what comes from there is taken for its word only by answers that have no such policy ([`NavigationSource::told_under`]).

use crate::endpoints;
use crate::urls::inert_parameters::InertParameters;
use crate::visit::Visit;
use crate::visit::fields::Field;
use url::Url;

/// The fields that tell a browser's navigation to a document, and what they say.
pub const NAVIGATION: [(Field, &str); 2] =
    [(Field::SecFetchMode, "navigate"), (Field::SecFetchDest, "document")];

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct NavigationSource {
    /// The path of the page of this origin from which it is asked for, if that is a page by itself: without a query
    /// that could change it.
    pub from: Option<String>,
    /// Whether a browser asks for a document, to show it or to keep it for a navigation that may come.
    pub is_navigation: bool,
    /// Whether the visitor clicked on a page of this origin.
    pub is_click: bool,
    /// Whether it is asked for from the root of a site, or from a page that says no more than its origin.
    pub is_from_root: bool,
    /// The visitor's address, as the platform gives it.
    pub address: Option<String>,
}

impl NavigationSource {
    /// Reads a request.
    #[must_use]
    pub fn read(visit: &Visit, inert: &InertParameters) -> Self {
        let is_navigation = NAVIGATION.iter().all(|(field, value)| visit.field(*field) == Some(value))
            && !visit.is_for_part();
        if !is_navigation {
            return Self::default();
        }
        let from = visit.referer().and_then(|referer| page(referer, &visit.url, inert));
        let is_click = from.is_some()
            && visit.speculation.is_none()
            && visit.is_same_origin()
            && visit.is_by_visitor()
            && !visit.is_reload();
        let from = from.filter(|from| from != visit.url.path());
        Self {
            is_click: is_click && from.is_some(),
            from,
            is_navigation,
            is_from_root: visit.is_from_root(),
            address: visit.visitor_address().map(str::to_owned),
        }
    }

    /// The same without a page that may be any page of the site: its root, where pages hide their paths from it. `tells_page` says
    /// that the one which was answered does not ([`tells_page`](crate::head::tells_page)).
    #[must_use]
    pub fn told_under(self, tells_page: bool) -> Self {
        if self.is_from_root && !tells_page { Self { from: None, is_click: false, ..self } } else { self }
    }
}

/// The path of a page of the same origin as `url`, if `referer` names one that nothing but its path makes.
#[must_use]
pub fn page(referer: &str, url: &Url, inert: &InertParameters) -> Option<String> {
    let referer = Url::parse(referer).ok()?;
    let is_of_site = referer.origin() == url.origin() && !endpoints::is_own(referer.path());
    (is_of_site && is_page(&referer, inert)).then(|| referer.path().to_owned())
}

/// Whether a URL is a page's by its path alone, and short enough to be learned.
#[must_use]
pub fn is_page(url: &Url, inert: &InertParameters) -> bool {
    url.path().len() <= crate::limits::MAX_PATH_BYTES && inert.are_all_inert(url)
}

/// A URL with this path, whatever its host; `None` for what is no path as the URL standard writes it.
#[must_use]
pub fn url_at(path: &str) -> Option<Url> {
    let url = Url::parse("https://site.invalid").and_then(|base| base.join(path)).ok()?;
    (url.path() == path).then_some(url)
}

#[cfg(test)]
mod tests {
    use super::*;

    const CLICK: [(&str, &str); 5] = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("sec-fetch-site", "same-origin"),
        ("sec-fetch-user", "?1"),
        ("referer", "https://shop.example/a?utm_source=x"),
    ];

    fn source(changes: &[(&str, &str)]) -> NavigationSource {
        let url = Url::parse("https://shop.example/b").unwrap();
        let kept = CLICK.iter().filter(|(name, _)| !changes.iter().any(|(other, _)| other == name));
        let headers: Vec<_> =
            changes.iter().filter(|(_, value)| !value.is_empty()).chain(kept).copied().collect();
        NavigationSource::read(&Visit::with("GET", url, &headers), &InertParameters::default())
    }

    #[test]
    fn a_click_is_what_a_browser_says_in_all_its_fields() {
        let click = source(&[(":visitor-address", "192.0.2.1")]);
        assert!(click.is_click && click.is_navigation);
        assert_eq!((click.from.as_deref(), click.address.as_deref()), (Some("/a"), Some("192.0.2.1")));
        for (name, value) in [
            ("sec-fetch-mode", "cors"),
            ("sec-fetch-mode", ""),
            ("sec-fetch-dest", "iframe"),
            ("sec-fetch-site", "cross-site"),
            ("sec-fetch-site", "none"),
            ("sec-fetch-user", ""),
            ("sec-purpose", "prefetch"),
            ("service-worker-navigation-preload", "fragment"),
            ("cache-control", "max-age=0"),
            ("cache-control", "No-Cache"),
            ("referer", ""),
            ("referer", "https://other.example/a"),
            ("referer", "https://shop.example:8443/a"),
            ("referer", "https://shop.example/a?q=1"),
            ("referer", "https://shop.example/b"),
            ("referer", "https://shop.example/_headstart/rules/site.json"),
            ("referer", "/a"),
        ] {
            assert!(!source(&[(name, value)]).is_click, "{name}: {value}");
        }
    }

    #[test]
    fn a_speculation_tells_where_it_comes_from() {
        let speculation = [("sec-purpose", "prefetch"), ("sec-fetch-site", "none"), ("sec-fetch-user", "")];
        let source = source(&speculation);
        assert_eq!((source.from.as_deref(), source.is_click), (Some("/a"), false));
        assert!(source.is_navigation);
    }

    #[test]
    fn the_root_is_no_page_where_every_page_tells_its_origin_alone() {
        let from = |referer: &str, tells_page: bool| {
            let NavigationSource { from, is_click, is_navigation, .. } =
                source(&[("referer", referer)]).told_under(tells_page);
            assert!(is_navigation);
            (from, is_click)
        };
        let root = "https://shop.example/";
        assert_eq!(from(root, false), (None, false));
        assert_eq!(from(root, true), (Some("/".to_owned()), true));
        // Another page has another policy, and so has the root with a query.
        assert_eq!(from("https://shop.example/a", false), (Some("/a".to_owned()), true));
        assert_eq!(from("https://shop.example/?utm_source=x", false), (Some("/".to_owned()), true));
    }

    #[test]
    fn a_path_too_long_is_no_page() {
        let referer = format!("https://shop.example/{}", "x".repeat(512));
        assert_eq!(source(&[("referer", &referer)]).from, None);
    }
}
