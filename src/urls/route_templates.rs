//! Route templates: paths in which some segments are `*` (`/product/*`, `/user/*/reviews`). What is learned of pages whose
//! paths look alike is published under their template.

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
    masks.sort_unstable_by_key(|mask| (mask.count_ones(), *mask));
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

#[cfg(test)]
mod tests {
    use super::*;

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
}
