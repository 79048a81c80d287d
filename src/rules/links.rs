//! Links that no rule of ours may have a browser follow on a guess. Every document rule of ours has the clauses of
//! [`may_be_fetched`] in its `and`, and says with others which of the remaining links it means.
//!
//! Left out are URLs that do something, as far as their path tells; URLs with a query, unless it changes nothing about
//! the page; files to keep rather than pages to look at; what is ours; and links that their author marked.
//!
//! Only keys that every engine with speculation rules knows may stand here: one unknown key, one pattern or selector
//! that does not parse, and a browser drops the rule.

use super::inert::InertParameters;
use crate::effects::unsafe_url::{RULE_SET_EXCLUSIONS, UnsafeUrls};
use crate::visit::Speculation;
use serde_json::{Value, json};

/// A URL pattern's `search` for every query. With `*` an absent one would match as well.
const ANY_QUERY: &str = "(.+)";

/// The endings of files that are no pages. Pictures are among them: who links to one shows it by script.
const FILE_ENDINGS: &[&str] = &[
    // archives and programs
    "zip gz tgz bz2 xz zst 7z rar tar iso img dmg pkg exe msi apk deb rpm jar bin torrent",
    // documents and data
    "pdf ps epub mobi doc docx xls xlsx ppt pptx odt ods odp rtf csv tsv json xml rss atom ics vcf",
    // sound and film
    "mp3 m4a aac wav ogg oga flac mp4 m4v mov avi mkv webm ogv wmv mpg",
    // pictures
    "jpg jpeg png gif webp avif svg bmp tif tiff heic psd",
];

/// The clauses of a predicate that together say which links may be fetched ahead at all: members for an `and`.
#[must_use]
pub fn may_be_fetched(
    speculation: Speculation,
    unsafe_urls: &UnsafeUrls,
    inert: &InertParameters,
) -> Vec<Value> {
    vec![
        json!({ "href_matches": same_pages(inert) }),
        json!({ "not": { "href_matches": exclusions(unsafe_urls, inert) } }),
        json!({ "not": { "selector_matches": marked_links(speculation) } }),
    ]
}

/// Patterns for the site's own URLs that are those of a page without its query.
#[must_use]
pub fn same_pages(inert: &InertParameters) -> Vec<Value> {
    vec![
        json!({ "pathname": "/*", "search": "" }),
        json!({ "pathname": "/*", "search": inert.search_pattern() }),
    ]
}

/// Patterns for the URLs that [`same_pages`] names and that must not be fetched all the same.
#[must_use]
pub fn exclusions(unsafe_urls: &UnsafeUrls, inert: &InertParameters) -> Vec<Value> {
    let mut excluded = vec![json!(format!("{}*", crate::OWN_PREFIX)), json!({ "pathname": files() })];
    excluded.extend(RULE_SET_EXCLUSIONS.iter().map(|pattern| json!(pattern)));
    excluded.extend(unsafe_urls.added().iter().filter_map(|glob| {
        let names = glob.parameter_names();
        let pathname = glob.pathname_pattern();
        if names.is_empty() {
            return Some(json!({ "pathname": pathname }));
        }
        // Links with other parameters are not named in the first place.
        let may_be_inert = names.iter().all(|(start, goes_on)| inert.may_mean(start, *goes_on));
        may_be_inert.then(|| json!({ "pathname": pathname, "search": ANY_QUERY }))
    }));
    excluded
}

/// Selectors of the links that their author keeps from being fetched ahead, by themselves or by an ancestor.
#[must_use]
pub fn marked_links(speculation: Speculation) -> Vec<&'static str> {
    let mut selectors = vec![
        "a[rel~=\"nofollow\"], area[rel~=\"nofollow\"]",
        "a[download], area[download]",
        ".no-prefetch, .no-prefetch a, .no-prefetch area",
        "[data-no-prefetch], [data-no-prefetch] a, [data-no-prefetch] area",
    ];
    if speculation == Speculation::Prerender {
        // To prerender is to fetch and more, so what keeps from the first keeps from the second.
        selectors.push(".no-prerender, .no-prerender a, .no-prerender area");
        selectors.push("[data-no-prerender], [data-no-prerender] a, [data-no-prerender] area");
    }
    selectors
}

/// Whether a path is that of a file that is no page.
#[must_use]
pub fn is_file(path: &str) -> bool {
    let ending = path.rsplit_once('.').map_or("", |(_, ending)| ending);
    file_endings().any(|known| known.eq_ignore_ascii_case(ending))
}

fn file_endings() -> impl Iterator<Item = &'static str> {
    FILE_ENDINGS.iter().flat_map(|line| line.split(' '))
}

/// The `pathname` of files that are no pages. Patterns tell `.pdf` from `.PDF`, people do not.
fn files() -> String {
    let either_case = |ending: &str| {
        let letters = ending.chars().map(|letter| {
            if letter.is_ascii_digit() {
                letter.to_string()
            } else {
                format!("[{}{letter}]", letter.to_ascii_uppercase())
            }
        });
        letters.collect::<String>()
    };
    format!("/*.({})", file_endings().map(either_case).collect::<Vec<_>>().join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::effects::unsafe_url::UrlGlob;
    use crate::rules::parse::url_pattern;
    use url::Url;
    use urlpattern::UrlPatternMatchInput;

    #[test]
    fn a_sites_own_patterns_are_excluded_where_they_can_matter() {
        let excluded = |globs: &[&str], inert: &str| {
            let added = globs.iter().map(|glob| UrlGlob::parse(glob).unwrap()).collect();
            let inert = InertParameters::new(&[inert.to_owned()]);
            let mut all = exclusions(&UnsafeUrls::new(added, Vec::new()), &inert);
            all.split_off(2 + RULE_SET_EXCLUSIONS.len())
        };
        assert!(excluded(&[], "").is_empty());
        assert_eq!(
            excluded(&["/poll:*", "/*?action=rate*", "/x?vote=1&utm_id=2", "/y?*=rate", "/z?Vote=*"], "vote"),
            [
                json!({ "pathname": "/poll\\:*" }),
                json!({ "pathname": "/x", "search": "(.+)" }),
                json!({ "pathname": "/y", "search": "(.+)" }),
                json!({ "pathname": "/z", "search": "(.+)" }),
            ]
        );
        assert_eq!(excluded(&["/x?vote=1&utm_id=2"], ""), Vec::<Value>::new());
    }

    #[test]
    fn a_prerender_rule_leaves_out_what_a_prefetch_rule_does_and_more() {
        let prefetch = marked_links(Speculation::Prefetch);
        let prerender = marked_links(Speculation::Prerender);
        assert!(prerender.starts_with(&prefetch));
        assert!(!prefetch.iter().any(|selector| selector.contains("no-prerender")));
        assert!(prerender.contains(&".no-prerender, .no-prerender a, .no-prerender area"));
    }

    #[test]
    fn endings_of_files_are_taken_in_either_case() {
        let pattern = files();
        assert!(pattern.starts_with("/*.([Zz][Ii][Pp]|[Gg][Zz]|"), "{pattern}");
        assert!(pattern.contains("|7[Zz]|") && pattern.contains("|[Mm][Pp]4|"), "{pattern}");
        let base = Url::parse("https://shop.example/").unwrap();
        let pattern = url_pattern(&json!({ "pathname": pattern }), &base).unwrap();
        for (path, expected) in [
            ("/a.pdf", true),
            ("/a/b.c.PdF", true),
            ("/.zip", true),
            ("/a.7z", true),
            ("/a.pdf/", false),
            ("/a.pdf/b", false),
            ("/pdf", false),
            ("/a.pdfx", false),
            ("/a.html", false),
            ("/", false),
        ] {
            assert_eq!(is_file(path), expected, "{path}");
            let url = Url::parse("https://shop.example").unwrap().join(path).unwrap();
            assert_eq!(pattern.test(UrlPatternMatchInput::Url(url)).unwrap(), expected, "{path}");
        }
    }
}
