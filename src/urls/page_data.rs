//! What a framework's router fetches in place of a page, and which page that is.
//!
//! To show a page without a navigation, or ahead of one, a router asks the server for the page's data. The server does then what it
//! does for the page: whoever asks for `/logout.data` is signed out. So what is known of a page holds for its data.

use std::borrow::Cow;
use url::Url;

/// Files that lie below their page: those of `SvelteKit` and Nuxt.
const BELOW: [&str; 3] = ["__data.json", "_payload.json", "_payload.js"];

/// Files that lie below a page whose path ends in `/`: those of React Router and Qwik. React Router has such a one for its first
/// page, too.
const BELOW_FOLDER: [&str; 5] = ["_.data", "_.rsc", "_root.data", "_root.rsc", "q-data.json"];

/// What follows the path of a page: `SvelteKit`, where that ends in `.html`, and React Router.
const BEHIND: [&str; 3] = ["__data.json", ".data", ".rsc"];

/// What stands before the path of a page, and behind it: Gatsby, and the pages of Next.js, which name the build besides.
const GATSBY: [&str; 2] = ["/page-data/", "/page-data.json"];
const NEXT: [&str; 2] = ["/_next/data/", ".json"];

/// What both call the first page.
const FIRST: &str = "index";

/// Parameters that say which part of a page is wanted, or that its data is: Next.js, React Router and Remix, `SvelteKit`, Fresh, pjax.
const PARAMETERS: [&str; 8] = [
    "_rsc",
    "__flight__",
    "_routes",
    "_data",
    "x-sveltekit-invalidated",
    "x-sveltekit-trailing-slash",
    "fresh-partial",
    "_pjax",
];

/// The URL of the page whose data, or a part of which, is at `url`; `None` where nothing says that it is any.
#[must_use]
pub fn page_of(url: &Url) -> Option<Url> {
    let path = page_path(url.path());
    let has_parameter = url.query().is_some_and(|query| query.split('&').any(is_for_router));
    if path.is_none() && !has_parameter {
        return None;
    }
    let mut page = url.clone();
    if let Some(path) = path {
        page.set_path(&path);
    }
    if let Some(query) = url.query().filter(|_| has_parameter) {
        let kept: Vec<&str> = query.split('&').filter(|piece| !is_for_router(piece)).collect();
        page.set_query(Some(kept.join("&")).as_deref().filter(|query| !query.is_empty()));
    }
    Some(page)
}

/// Whether data is a file, as it was built: to fetch it does nothing, whatever its page is called. Gatsby fetches it for each link that
/// is seen, and where one is refused, its router fetches nothing ahead any more on that page.
#[must_use]
pub fn is_file(url: &Url) -> bool {
    let [before, behind] = GATSBY;
    url.path().ends_with(behind) && url.path().contains(before)
}

/// The same, or the URL itself.
#[must_use]
pub fn page_or(url: &Url) -> Cow<'_, Url> {
    page_of(url).map_or(Cow::Borrowed(url), Cow::Owned)
}

fn is_for_router(parameter: &str) -> bool {
    PARAMETERS.contains(&parameter.split_once('=').map_or(parameter, |(name, _)| name))
}

/// How often a path is looked at again, since data could be that of data. Each time costs what the path is long.
const MAX_NESTED: usize = 16;

/// The path of the page whose data is at a path, so that nothing of the kind is left of it.
fn page_path(path: &str) -> Option<String> {
    let mut page = once(path)?;
    for _ in 1..MAX_NESTED {
        let Some(above) = once(&page) else { break };
        page = above;
    }
    Some(page)
}

/// The same, of which another one may be the data. It is always shorter.
fn once(path: &str) -> Option<String> {
    // All of them are files.
    let (above, name) = path.rsplit_once('/').filter(|(_, name)| name.contains('.'))?;
    if BELOW.contains(&name) {
        return Some(if above.is_empty() { "/".to_owned() } else { above.to_owned() });
    }
    if BELOW_FOLDER.contains(&name) {
        return Some(format!("{above}/"));
    }
    // How it ends is asked first: what stands before the page is looked for in the whole path, however often something is cut off.
    let [before, behind] = GATSBY;
    if path.ends_with(behind)
        && let Some((above, rest)) = path.split_once(before)
        && let Some(page) = rest.strip_suffix(behind)
    {
        return Some(if page == FIRST { format!("{above}/") } else { format!("{above}/{page}/") });
    }
    let [before, behind] = NEXT;
    if path.ends_with(behind)
        && let Some((above, rest)) = path.split_once(before)
        && let Some((_, page)) = rest.split_once('/')
        && let Some(page) = page.strip_suffix(behind)
    {
        return Some(format!("{above}/{}", if page == FIRST { "" } else { page }));
    }
    let page = BEHIND.iter().find_map(|behind| name.strip_suffix(behind)).filter(|page| !page.is_empty())?;
    Some(format!("{above}/{page}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn url(target: &str) -> Url {
        Url::parse("https://shop.example").unwrap().join(target).unwrap()
    }

    #[test]
    fn data_is_that_of_its_page() {
        for (data, page) in [
            ("/logout.data", "/logout"),
            ("/_root.data", "/"),
            ("/shop/_root.data", "/shop/"),
            ("/orders/5/_.data?x=1", "/orders/5/?x=1"),
            ("/logout.data?_routes=routes%2Flogout", "/logout"),
            ("/logout.data?a=1&_routes=x&b", "/logout?a=1&b"),
            ("/logout.rsc", "/logout"),
            ("/logout?_data=routes%2Flogout", "/logout"),
            ("/logout/__data.json?x-sveltekit-invalidated=01", "/logout"),
            ("/__data.json", "/"),
            ("/logout.html__data.json", "/logout.html"),
            ("/logout/_payload.json?b7f2", "/logout?b7f2"),
            ("/_payload.js", "/"),
            ("/logout/q-data.json", "/logout/"),
            ("/page-data/account/logout/page-data.json", "/account/logout/"),
            ("/blog/page-data/index/page-data.json", "/blog/"),
            ("/_next/data/Xb1-9_/en/logout.json?slug=logout", "/en/logout?slug=logout"),
            ("/docs/_next/data/Xb1/index.json", "/docs/"),
            ("/logout?_rsc=1a2b3", "/logout"),
            ("/logout.data.data", "/logout"),
        ] {
            assert_eq!(page_of(&url(data)).as_ref(), Some(&url(page)), "{data}");
        }
    }

    #[test]
    fn anything_else_is_the_data_of_no_page() {
        for target in [
            "/logout",
            "/",
            "/.data",
            "/a.data/b",
            "/data",
            "/app-data/app-data.json",
            "/page-data/app-data.json",
            "/_next/data/index.json",
            "/_next/static/chunks/1.js",
            "/a.json",
            "/a?_rscs=1&data=_rsc",
        ] {
            assert_eq!(page_of(&url(target)), None, "{target}");
        }
    }

    #[test]
    fn what_is_the_data_of_data_without_end_is_looked_at_so_often_and_no_more() {
        let nested = |times: usize| url(&format!("/a{}", ".data".repeat(times)));
        assert_eq!(page_of(&nested(MAX_NESTED)), Some(nested(0)));
        assert_eq!(page_of(&nested(3000)), Some(nested(3000 - MAX_NESTED)));
    }

    proptest! {
        #[test]
        fn the_page_of_a_page_is_itself(path in "(/|_|\\.data|\\.rsc|__data\\.json|page-data|_next/data|\\.json|index|[a-z]){0,12}") {
            let mut data = url("/");
            data.set_path(&path);
            if let Some(page) = page_of(&data) {
                prop_assert_eq!(page_of(&page), None);
            }
        }
    }
}
