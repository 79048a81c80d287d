//! Route templates: paths in which some segments are `*` (`/product/*`, `/user/*/reviews`). What is learned of pages whose
//! paths look alike is published under their template.

use crate::sorting;
use crate::sorting::map::SortedSet;

/// The most templates that are looked at and published.
pub const MAX_ROUTES: usize = 200;

/// The most segments that may be `*`: the last ones of a path.
const MAX_WILDCARDS: usize = 4;

/// The templates that a path fits, the most specific first: few `*` before many, late ones before early ones. Empty
/// for the root.
#[must_use]
pub fn templates(path: &str) -> Vec<String> {
    let segments: Vec<&str> = path.trim_start_matches('/').split('/').collect();
    // The empty segment behind a last slash says that this is a folder; it is no name.
    let names = segments.len() - usize::from(segments.last().is_some_and(|last| last.is_empty()));
    let variable = names.min(MAX_WILDCARDS);
    let mut masks: Vec<u32> = (1..1_u32 << variable).collect();
    // Bit 0 is the last name.
    sorting::sort_by_key(&mut masks, |mask| (mask.count_ones(), *mask));
    masks
        .into_iter()
        .map(|mask| {
            let mut template = String::with_capacity(path.len());
            for (at, segment) in segments.iter().enumerate() {
                let from_end = names.checked_sub(at + 1);
                let is_variable = from_end.is_some_and(|bit| bit < variable && mask >> bit & 1 == 1);
                template.push('/');
                template.push_str(if is_variable { "*" } else { segment });
            }
            template
        })
        .collect()
}

/// The most segments of a template that may be `*`, where one page is blamed for what others do.
const MAX_BLAMED: usize = 2;

/// How many different names each `*` must have stood for.
const MIN_NAMES: usize = 3;

/// How many different pages a template needs to speak for others.
#[must_use]
pub fn min_pages(template: &str) -> usize {
    match wildcards(template) {
        1 => 3,
        2 => 6,
        _ => 10,
    }
}

/// How many segments of a template are `*`.
fn wildcards(template: &str) -> usize {
    path_of(template).split('/').filter(|segment| *segment == "*").count()
}

/// The path of what may have a `?` and names of parameters behind it.
fn path_of(shape: &str) -> &str {
    shape.split_once('?').map_or(shape, |(path, _)| path)
}

/// The templates for which a page may be blamed that others of them do: those with few `*` and a name that all have in
/// common, so that none is most of the site. `shape` is a path, and perhaps a `?` and names of parameters, which all have in
/// common.
#[must_use]
pub fn blamed(shape: &str) -> Vec<String> {
    let path = path_of(shape);
    let query = shape.get(path.len()..).unwrap_or_default();
    // In a template a `*` stands for anything.
    if shape.contains('*') {
        return Vec::new();
    }
    let has_name = |template: &str| template.split('/').any(|segment| !matches!(segment, "" | "*"));
    let few = templates(path).into_iter().filter(|template| wildcards(template) <= MAX_BLAMED);
    let named = few.filter(|template| has_name(template)).map(|template| format!("{template}{query}"));
    // A `*` stands for no empty name.
    named.filter(|template| names(template, shape).is_some()).collect()
}

/// The names for which the `*` of a template stand in a page of its own, or in a page and parameters; `None` for one that does
/// not fit it.
#[must_use]
pub fn names<'a>(template: &str, shape: &'a str) -> Option<Vec<&'a str>> {
    let (open, path) = (path_of(template), path_of(shape));
    if template.get(open.len()..) != shape.get(path.len()..) {
        return None;
    }
    let mut names = Vec::new();
    let mut segments = path.split('/');
    for expected in open.split('/') {
        let segment = segments.next()?;
        match expected {
            "*" if segment.is_empty() => return None,
            "*" => names.push(segment),
            _ if expected == segment => {}
            _ => return None,
        }
    }
    segments.next().is_none().then_some(names)
}

/// Whether pages speak for all of their template: there are enough of them, and each `*` stands for several names. Of each page
/// this takes the names for which the `*` stand, each page once.
#[must_use]
pub fn are_enough<T: Ord>(template: &str, pages: &[Vec<T>]) -> bool {
    let does_vary = |at: usize| {
        let names: SortedSet<&T> = pages.iter().filter_map(|names| names.get(at)).collect();
        names.len() >= MIN_NAMES
    };
    pages.len() >= min_pages(template) && (0..wildcards(template)).all(does_vary)
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn templates_go_from_specific_to_general() {
        assert_eq!(templates("/"), Vec::<String>::new());
        assert_eq!(templates("/about"), ["/*"]);
        assert_eq!(templates("/blog/"), ["/*/"]);
        assert_eq!(
            templates("/user/ada/reviews"),
            [
                "/user/ada/*",
                "/user/*/reviews",
                "/*/ada/reviews",
                "/user/*/*",
                "/*/ada/*",
                "/*/*/reviews",
                "/*/*/*",
            ]
        );
        assert_eq!(templates("/a/b/c/d/e/f").len(), 15);
        assert!(templates("/a/b/c/d/e/f").iter().all(|template| template.starts_with("/a/b/")));
        for odd in ["", "//", "///"] {
            assert_eq!(templates(odd), Vec::<String>::new(), "{odd}");
        }
    }

    #[test]
    fn a_page_is_blamed_for_others_where_something_is_the_same_for_all_of_them() {
        assert_eq!(blamed("/go/hosting"), ["/go/*", "/*/hosting"]);
        assert_eq!(blamed("/a"), Vec::<String>::new(), "that would be most of the site");
        assert_eq!(blamed("/?vote"), Vec::<String>::new());
        assert_eq!(blamed("/a?vote"), Vec::<String>::new());
        assert_eq!(
            blamed("/item/5/vote?up"),
            ["/item/5/*?up", "/item/*/vote?up", "/*/5/vote?up", "/item/*/*?up", "/*/5/*?up", "/*/*/vote?up",]
        );
        assert_eq!(blamed("/go/*"), Vec::<String>::new(), "a name that is no template");
    }

    #[test]
    fn a_template_fits_pages_with_as_many_segments_and_the_same_parameters() {
        assert_eq!(names("/item/*/vote", "/item/5/vote"), Some(vec!["5"]));
        assert_eq!(names("/*/*/vote?up", "/item/5/vote?up"), Some(vec!["item", "5"]));
        assert_eq!(names("/go/*/", "/go/a/"), Some(vec!["a"]));
        for (template, shape) in [
            ("/item/*/vote", "/item/5/6/vote"),
            ("/item/*/vote", "/item/5/vote/"),
            ("/item/*/vote", "/item//vote"),
            ("/item/*/vote", "/item/5"),
            ("/item/*/vote", "/item/5/vote?up"),
            ("/item/*/vote?up", "/item/5/vote"),
            ("/item/*/vote?up", "/item/5/vote?down"),
            ("/go/*", "/go"),
            ("/go/*", "/"),
        ] {
            assert_eq!(names(template, shape), None, "{template} {shape}");
        }
    }

    #[test]
    fn pages_speak_for_others_when_there_are_several_and_each_star_stands_for_several_names() {
        let speak = |template: &str, pages: &[&str]| {
            are_enough(template, &pages.iter().filter_map(|page| names(template, page)).collect::<Vec<_>>())
        };
        assert!(!speak("/go/*", &["/go/a", "/go/b"]));
        assert!(speak("/go/*", &["/go/a", "/go/b", "/go/c"]));
        let buying: Vec<String> = (0..20).map(|number| format!("/item/{number}/buy")).collect();
        let buying: Vec<&str> = buying.iter().map(String::as_str).collect();
        assert!(speak("/item/*/buy", &buying));
        assert!(!speak("/item/*/*", &buying), "what `buy` does says nothing of `reviews`");
        let others = ["/x/1/a", "/x/2/b", "/x/3/c", "/x/1/b", "/x/2/c"];
        assert!(!speak("/x/*/*", &others) && speak("/x/*/*", &[&others[..], &["/x/3/a"]].concat()));
    }

    proptest! {
        #[test]
        fn a_page_fits_each_template_for_which_it_is_blamed_and_none_is_open_altogether(
            shape in "(/[a-c1-3]{0,2}){1,6}/?(\\?[a-c])?",
        ) {
            for template in blamed(&shape) {
                let stars = wildcards(&template);
                prop_assert_eq!(names(&template, &shape).map(|names| names.len()), Some(stars));
                prop_assert!((1..=2).contains(&stars));
                let literal = path_of(&template).replace(['*', '/'], "");
                prop_assert!(!literal.is_empty(), "{}", template);
            }
        }
    }
}
