//! URLs to which pages send requests by themselves, again and again, so that a `POST` there says nothing of what the visitor does:
//! what asks for the cart's or the page's newest state, what says that somebody is still there, searches, and analytics.
//!
//! What is missing here is learned: see [`effects::routine`](crate::effects::routine).

use regex::Regex;
use std::sync::LazyLock;
use url::Url;

/// Words between the borders of names in paths and queries.
const WORDS: &str = "heartbeat|graphql|analytics|telemetry|metrics|collect|tracking|beacons?|ping|page_?views?|\
                     search|suggest|suggestions|autocomplete|fragments|get_refreshed_fragments";

/// Whether a `POST` to a URL is likely one of those. `WordPress`'s `admin-ajax.php` says in its body what it is about; what its URL
/// does not say is most often a heartbeat.
#[must_use]
pub fn is_routine(url: &Url) -> bool {
    static ROUTINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let border = "[/._?=&;-]";
        Regex::new(&format!("(?i)(?:^|{border})(?:{WORDS})(?:$|{border})")).ok()
    });
    let (path, query) = (url.path(), url.query().unwrap_or_default());
    let is_wordpress = path.ends_with("/admin-ajax.php") && !query.contains("action=");
    let said = format!("{path}?{query}");
    is_wordpress || ROUTINE.as_ref().is_some_and(|routine| routine.is_match(&said))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_pages_send_by_themselves_is_told_from_what_visitors_do() {
        let routine =
            |path: &str| is_routine(&Url::parse("https://shop.example").unwrap().join(path).unwrap());
        for path in [
            "/?wc-ajax=get_refreshed_fragments",
            "/wp-admin/admin-ajax.php",
            "/wp-admin/admin-ajax.php?action=heartbeat",
            "/graphql",
            "/api/GraphQL?operation=Product",
            "/api/analytics/v2",
            "/matomo/collect",
            "/search/suggest",
            "/pageview",
        ] {
            assert!(routine(path), "{path}");
        }
        for path in [
            "/?wc-ajax=add_to_cart",
            "/wp-admin/admin-ajax.php?action=add_to_wishlist",
            "/livewire/update",
            "/api/orders",
            "/collection/7",
            "/shopping/list",
            "/researcher",
            "/",
        ] {
            assert!(!routine(path), "{path}");
        }
    }
}
