//! URLs to which pages send requests by themselves, again and again, so that a `POST` there says nothing of what the visitor does:
//! what asks for the cart's or the page's newest state, what says that somebody is still there, searches, and analytics.
//!
//! What is missing here is learned: see [`effects::routine`](crate::effects::routine). Some URLs are the same for whatever is
//! asked or done; there the body says it: see [`effects::posted`](crate::effects::posted).

use regex::Regex;
use std::sync::LazyLock;
use url::Url;

/// Words between the borders of names in paths and queries.
const WORDS: &str =
    "heartbeat|analytics|telemetry|beacons?|page_?views?|autocomplete|fragments|get_refreshed_fragments";

/// Words that say so only at the end of a path: what stands behind them may be anything.
const LAST_WORDS: &str = "metrics|collect|tracking|ping|search|suggest|suggestions";

/// Whether a `POST` to a URL is likely one of those.
#[must_use]
pub fn is_routine(url: &Url) -> bool {
    static ROUTINE: LazyLock<Option<Regex>> = LazyLock::new(|| {
        let border = "[/._?=&;-]";
        let ending = r"(?:\.[a-z]+)?/?\?";
        Regex::new(&format!("(?:^|{border})(?:(?:{WORDS})(?:$|{border})|(?:{LAST_WORDS}){ending})")).ok()
    });
    // The Worker's expressions know no upper and lower case: they come without the tables for that.
    let said = format!("{}?{}", url.path(), url.query().unwrap_or_default()).to_ascii_lowercase();
    ROUTINE.as_ref().is_some_and(|routine| routine.is_match(&said))
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
            "/wp-admin/admin-ajax.php?action=heartbeat",
            "/api/analytics/v2",
            "/matomo/collect",
            "/g/collect?v=2",
            "/search/suggest",
            "/Search.json?q=lamp",
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
            "/collect/7/buy",
            "/search/save",
            "/account?tab=tracking&add=1",
            "/shopping/list",
            "/researcher",
            "/",
        ] {
            assert!(!routine(path), "{path}");
        }
    }
}
