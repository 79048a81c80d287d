//! Whether two URLs are of the same page in two spellings. A server leads from the one that a link has to its own: from `/kb/a`,
//! `/KB/a` or `/kb//a/index.html` to `/kb/a/`. Such a redirect shows nothing and does nothing: wherever it leads, that is what was
//! asked for.
//!
//! Only what many servers correct by themselves is another spelling; in doubt a redirect says what it always said. Both URLs are of
//! one origin, since no other one is known as the page from which something is asked for. And they have the same query, to the
//! letter: a redirect that drops a parameter may have done what it says (`/item/5?vote=1` leads to `/item/5`).

use percent_encoding::percent_decode_str;
use url::Url;

/// The endings of paths that servers leave out.
const ENDINGS: [&[u8]; 7] = [b".html", b".htm", b".xhtml", b".shtml", b".php", b".aspx", b".asp"];

/// Whether a redirect from `url` to `target` only changes the spelling of `url`. One to itself changes nothing of it, so that
/// something else must have changed: it set a cookie, say.
#[must_use]
pub fn respells(url: &Url, target: &Url) -> bool {
    // An empty query is none.
    let query = |url: &Url| url.query().filter(|query| !query.is_empty()).map(str::to_owned);
    let is_itself = url.path() == target.path() && url.query() == target.query();
    !is_itself
        && url.origin() == target.origin()
        && query(url) == query(target)
        && are_of_one_page(url.path(), target.path())
}

/// Whether two paths are the same but for their spelling: slashes at the end or doubled, letters in upper and lower case (of ASCII), the
/// percent-encoding of the same characters, the ending of a page's file, and the name of a folder's first page.
#[must_use]
pub fn are_of_one_page(one: &str, other: &str) -> bool {
    one == other || parts(one) == parts(other)
}

/// The most other spellings of a path.
pub const MAX_OTHERS: usize = 3;

/// How else links mostly spell a path that servers then correct: with the slash at the end or without it, with the ending of a page's file,
/// or with the name of a folder's first page. At most [`MAX_OTHERS`], always in the same order.
#[must_use]
pub fn others(path: &str) -> Vec<String> {
    let bare = path.trim_end_matches('/');
    if bare != path {
        let pages = ["index.html", "index.php"].map(|page| format!("{bare}/{page}"));
        let page = (!bare.is_empty()).then(|| bare.to_owned());
        return page.into_iter().chain(pages).collect();
    }
    let (folder, last) = path.rsplit_once('/').unwrap_or(("", path));
    let lower = last.to_ascii_lowercase();
    let ending =
        ENDINGS.iter().find(|ending| lower.len() > ending.len() && lower.as_bytes().ends_with(ending));
    match ending {
        Some(ending) if last.len() > ending.len() && lower.starts_with("index.") => {
            vec![format!("{folder}/")]
        }
        Some(ending) => {
            let stem = last.get(..last.len() - ending.len()).unwrap_or(last);
            vec![format!("{folder}/{stem}"), format!("{folder}/{stem}/")]
        }
        None => ["/", ".html", ".php"].map(|ending| format!("{path}{ending}")).into(),
    }
}

/// The names of which a path consists, each in one spelling.
fn parts(path: &str) -> Vec<Vec<u8>> {
    let spelled = |part: &str| percent_decode_str(part).map(|byte| byte.to_ascii_lowercase()).collect();
    let mut parts: Vec<Vec<u8>> = path.split('/').filter(|part| !part.is_empty()).map(spelled).collect();
    let Some(last) = parts.pop() else { return parts };
    let stem = ENDINGS.iter().find_map(|ending| last.strip_suffix(*ending)).filter(|stem| !stem.is_empty());
    // A folder may be called `default`; hardly one is called `index`.
    let is_first = stem == Some(b"default") || stem.unwrap_or(&last) == b"index";
    if !is_first {
        parts.push(stem.map_or_else(|| last.clone(), <[u8]>::to_vec));
    }
    parts
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    fn is_respelled(from: &str, to: &str) -> bool {
        let [from, to] = [from, to].map(|url| Url::parse("https://shop.example").unwrap().join(url).unwrap());
        assert_eq!(respells(&from, &to), respells(&to, &from), "{from} {to}");
        respells(&from, &to)
    }

    #[test]
    fn a_redirect_respells_what_servers_correct_by_themselves() {
        for (from, to) in [
            ("/kb/a", "/kb/a/"),
            ("/kb/a?q=1&p", "/kb/a/?q=1&p#top"),
            ("/KB/A", "/kb/a"),
            ("/kb//a", "/kb/a"),
            ("/kb/a/index.html", "/kb/a/"),
            ("/kb/a/index.php", "/kb/a"),
            ("/kb/a/index", "/kb/a/"),
            ("/Default.aspx", "/"),
            ("/index.htm", "/"),
            ("/kb/a.html", "/kb/a"),
            ("/kb/a.php", "/kb/a/"),
            ("/%6Bb/%C3%A9", "/kb/%c3%A9/"),
            ("/kb/a?", "/kb/a"),
        ] {
            assert!(is_respelled(from, to), "{from} {to}");
        }
    }

    #[test]
    fn the_other_spellings_of_a_path_are_those_that_links_mostly_have() {
        for (path, expected) in [
            ("/kb/a/", &["/kb/a", "/kb/a/index.html", "/kb/a/index.php"][..]),
            ("/", &["/index.html", "/index.php"]),
            ("/kb/a", &["/kb/a/", "/kb/a.html", "/kb/a.php"]),
            ("/kb/a.HTML", &["/kb/a", "/kb/a/"]),
            ("/kb/index.php", &["/kb/"]),
            ("/.html", &["/.html/", "/.html.html", "/.html.php"]),
        ] {
            let others = others(path);
            assert_eq!(others, expected, "{path}");
        }
    }

    proptest! {
        #[test]
        fn another_spelling_of_a_path_is_one(path in "/[!-~]{0,12}(/index|\\.html?|\\.PHP|/|//)?") {
            for other in others(&path) {
                prop_assert!(other != path && are_of_one_page(&other, &path), "{other} of {path}");
            }
        }
    }

    #[test]
    fn what_leads_to_another_page_or_may_have_done_something_is_no_other_spelling() {
        for (from, to) in [
            ("/item/5/vote", "/item/5"),
            ("/item/5/vote/", "/item/5/"),
            ("/item/5?vote=1", "/item/5"),
            ("/item/5?vote=1", "/item/5/"),
            ("/item/5?vote=1", "/item/5/?voted=1"),
            ("/item/5?a=1&b=2", "/item/5/?b=2&a=1"),
            ("/item/5?utm_source=x", "/item/5/"),
            ("/item/5", "/item/6"),
            ("/item/5", "/"),
            ("/item/5.pdf", "/item/5"),
            ("/item/default", "/item/"),
            ("/item/.html", "/item/"),
            ("/item%2F5", "/item/5"),
            ("/%C3%89", "/%C3%A9"),
            ("/kb/a", "/kb/a"),
            ("/kb/a?vote=1", "/kb/a?vote=1#top"),
            ("/kb/a", "https://www.shop.example/kb/a/"),
            ("/kb/a", "http://shop.example/kb/a/"),
            ("/kb/a", "mailto:/kb/a/"),
        ] {
            assert!(!is_respelled(from, to), "{from} {to}");
        }
    }
}
