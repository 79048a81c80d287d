//! URLs to which pages send requests by themselves, again and again, so that a `POST` there says nothing of what the visitor does:
//! what asks for the cart's or the page's newest state, what says that somebody is still there, searches, and analytics.
//!
//! What is missing here is learned: see [`effects::routine`](crate::effects::routine). Some URLs are the same for whatever is
//! asked or done; there the body says it: see [`effects::posted`](crate::effects::posted).

use url::Url;

/// Words between the borders of names in paths and queries.
const WORDS: [&str; 12] = [
    "heartbeat",
    "analytics",
    "telemetry",
    "beacon",
    "beacons",
    "page_view",
    "page_views",
    "pageview",
    "pageviews",
    "autocomplete",
    "fragments",
    "get_refreshed_fragments",
];

/// Words that say so only at the end of a path: what stands behind them may be anything.
const LAST_WORDS: [&str; 7] = ["metrics", "collect", "tracking", "ping", "search", "suggest", "suggestions"];

/// What stands between words.
const BORDERS: [char; 8] = ['/', '.', '_', '?', '=', '&', ';', '-'];

/// Whether a `POST` to a URL is likely one of those.
#[must_use]
pub fn is_routine(url: &Url) -> bool {
    let said = format!("{}?{}", url.path(), url.query().unwrap_or_default()).to_ascii_lowercase();
    let behind_borders = said.match_indices(BORDERS).filter_map(|(at, border)| said.get(at + border.len()..));
    std::iter::once(said.as_str()).chain(behind_borders).any(|rest| {
        let behind = |word: &&str| rest.strip_prefix(*word);
        WORDS.iter().filter_map(behind).any(ends_word) || LAST_WORDS.iter().filter_map(behind).any(ends_path)
    })
}

/// Whether a word is over in front of this.
fn ends_word(rest: &str) -> bool {
    rest.is_empty() || rest.starts_with(BORDERS)
}

/// Whether nothing of a path comes any more but an extension and a slash.
fn ends_path(rest: &str) -> bool {
    let rest = rest.strip_prefix('.').map_or(rest, |extension| {
        let behind = extension.trim_start_matches(|letter: char| letter.is_ascii_lowercase());
        // A point alone is no extension.
        if behind.len() == extension.len() { rest } else { behind }
    });
    rest.strip_prefix('/').unwrap_or(rest).starts_with('?')
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
            "/a/page_views-7",
            "/t;beacon",
            "/suggest.php/?q=l",
            "/a?next=/search?q=l",
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
            "/search.?q=l",
            "/search.v2?q=l",
            "/pageviewer",
            "/",
        ] {
            assert!(!routine(path), "{path}");
        }
    }
}
