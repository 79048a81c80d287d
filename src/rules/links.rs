//! Links that no rule of ours may have a browser fetch on speculation. Every document rule of ours has the clauses of
//! [`may_be_fetched`] in its `and`, and says with others which of the remaining links it means.
//!
//! Left out are URLs that do something, as far as their path tells; URLs with a query, unless it changes nothing about
//! the page; files to keep rather than pages to look at; what is ours; and links that their author marked.
//!
//! Only keys that every engine with speculation rules knows may stand here: one unknown key, one pattern or selector
//! that does not parse, and a browser drops the rule. Patterns are strings, since `WebKit` reads no objects.

use crate::endpoints::OWN_PREFIX;
use crate::speculation::Speculation;
use crate::urls::files;
use crate::urls::inert_parameters::InertParameters;
use crate::urls::pattern::with_query;
use crate::urls::unsafe_urls::{self, UnsafeUrls, UrlGlob};
use serde_json::{Value, json};

/// A regular expression for every query. With `*` an absent one would match as well.
const ANY_QUERY: &str = "(.+)";

/// The pattern of the site's own URLs.
const OWN_URLS: &str = "/*";

/// The clauses of a predicate that together say which links may be fetched ahead at all: members for an `and`.
#[must_use]
pub fn may_be_fetched(
    speculation: Speculation,
    unsafe_urls: &UnsafeUrls,
    inert: &InertParameters,
) -> Vec<Value> {
    // Where only some pages are guarded, only those.
    let urls = match unsafe_urls.guarded() {
        None => json!(OWN_URLS),
        Some(guarded) => guarded.iter().map(UrlGlob::path_pattern).collect(),
    };
    vec![
        json!({ "href_matches": urls }),
        json!({ "not": { "href_matches": exclusions(unsafe_urls, inert) } }),
        json!({ "not": { "selector_matches": left_out(speculation) } }),
        json!({ "or": [without_query(), json!({ "href_matches": with_query(OWN_URLS, &inert.search_pattern()) })] }),
    ]
}

/// The clause for URLs without a query.
#[must_use]
pub fn without_query() -> Value {
    json!({ "not": { "href_matches": with_query(OWN_URLS, ANY_QUERY) } })
}

/// Patterns for the site's own URLs that must not be fetched, though they have no query or one that changes nothing about the
/// page.
#[must_use]
pub fn exclusions(site: &UnsafeUrls, inert: &InertParameters) -> Vec<Value> {
    let mut excluded = vec![json!(format!("{OWN_PREFIX}*")), json!(files::pattern())];
    excluded.extend(unsafe_urls::exclusions().map(|pattern| json!(pattern)));
    excluded.extend(site.added().filter_map(|glob| {
        let names = glob.parameter_names();
        let path = glob.path_pattern();
        if names.is_empty() {
            return Some(json!(path));
        }
        // Links with other parameters are not named in the first place.
        let may_be_inert = names.iter().all(|(start, goes_on)| inert.may_mean(start, *goes_on));
        may_be_inert.then(|| json!(with_query(&path, ANY_QUERY)))
    }));
    excluded
}

/// Selectors of links that are not what a `GET` of theirs is: a script asks before it follows them, or sends something else. Where they
/// lead, [`learn`](crate::learn) remembers once it has read a page with them, and any page may have one.
const DOING: [&str; 3] = [
    "[data-confirm], [data-turbo-confirm], [hx-confirm], [data-hx-confirm], [onclick*=\"confirm(\"]",
    "[data-method]:not([data-method=\"get\" i]), [data-turbo-method]:not([data-turbo-method=\"get\" i])",
    "[hx-post], [hx-put], [hx-patch], [hx-delete], [data-hx-post], [data-hx-put], [data-hx-patch], [data-hx-delete]",
];

/// Selectors of the links that no rule names: those that their author keeps from being fetched ahead, and those that do something.
#[must_use]
pub fn left_out(speculation: Speculation) -> Vec<&'static str> {
    marked_links(speculation).into_iter().chain(DOING).collect()
}

/// Selectors of the links that their author keeps from being fetched ahead, by themselves or by an ancestor. What other prefetchers take
/// as that counts on the link alone: for a whole page it may stand there because Headstart does the same.
#[must_use]
pub fn marked_links(speculation: Speculation) -> Vec<&'static str> {
    let mut selectors = vec![
        "a[rel~=\"nofollow\"], area[rel~=\"nofollow\"]",
        "a[download], area[download]",
        ".no-prefetch, .no-prefetch a, .no-prefetch area",
        "[data-no-prefetch], [data-no-prefetch] a, [data-no-prefetch] area",
        "a[data-no-instant], area[data-no-instant], a[data-turbo-prefetch=\"false\"], a[data-astro-prefetch=\"false\"]",
        "a[data-sveltekit-preload-data=\"off\"], a[data-sveltekit-preload-data=\"false\"]",
    ];
    if speculation == Speculation::Prerender {
        // To prerender is to fetch and more, so what keeps from the first keeps from the second.
        selectors.push(".no-prerender, .no-prerender a, .no-prerender area");
        selectors.push("[data-no-prerender], [data-no-prerender] a, [data-no-prerender] area");
    }
    selectors
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::urls::unsafe_urls::UrlGlob;

    #[test]
    fn a_sites_own_patterns_are_excluded_where_they_can_matter() {
        let excluded = |globs: &[&str], inert: &str| {
            let added = globs.iter().map(|glob| UrlGlob::parse(glob).unwrap()).collect();
            let inert = InertParameters::new(&[inert.to_owned()]);
            let mut all = exclusions(&UnsafeUrls::new(added, Vec::new()), &inert);
            all.split_off(2 + unsafe_urls::exclusions().count())
        };
        assert!(excluded(&[], "").is_empty());
        assert_eq!(
            excluded(&["/poll:*", "/*?action=rate*", "/x?vote=1&utm_id=2", "/y?*=rate", "/z?Vote=*"], "vote"),
            [json!("{/poll\\:}(.*)"), json!("/x\\?(.+)"), json!("/y\\?(.+)"), json!("/z\\?(.+)"),]
        );
        assert_eq!(excluded(&["/x?vote=1&utm_id=2"], ""), Vec::<Value>::new());
    }

    #[test]
    fn links_that_do_something_are_left_out_of_rules_and_are_read_all_the_same() {
        let (marked, left_out) = (marked_links(Speculation::Prefetch), left_out(Speculation::Prefetch));
        assert_eq!(left_out.len(), marked.len() + DOING.len());
        let rule = may_be_fetched(Speculation::Prefetch, &UnsafeUrls::default(), &InertParameters::default());
        let rule = serde_json::to_string(&rule).unwrap();
        for selector in ["[data-confirm]", "[onclick*=\\\"confirm(\\\"]", "[hx-delete]", "a[data-no-instant]"]
        {
            assert!(rule.contains(selector), "{selector}");
        }
        // What such a link does, learners are told: so it is not taken for one that its author only keeps back.
        assert!(!marked.iter().any(|selector| selector.contains("confirm") || selector.contains("hx-")));
        assert!(marked.iter().any(|selector| selector.contains("a[data-turbo-prefetch=\"false\"]")));
    }

    #[test]
    fn a_prerender_rule_leaves_out_what_a_prefetch_rule_does_and_more() {
        let prefetch = marked_links(Speculation::Prefetch);
        let prerender = marked_links(Speculation::Prerender);
        assert!(prerender.starts_with(&prefetch));
        assert!(!prefetch.iter().any(|selector| selector.contains("no-prerender")));
        assert!(prerender.contains(&".no-prerender, .no-prerender a, .no-prerender area"));
    }
}
