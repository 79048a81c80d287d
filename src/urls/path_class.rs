//! What kind of page a path leads to, without saying which: `/product/*`. For logs and charts, which many people read and which
//! are kept for long.

use super::private_path::{looks_private, names_a_person};

/// The longest name that is kept: a folder's, as in `/product/7`.
const MAX_NAME: usize = 24;

/// The most segments that may stand in front of the folder's name: `/en/shop/product/7`.
const MAX_FOLDERS: usize = 2;

/// The class of a path: the folders that it begins with, and `*` for what is in them. The last segment is never told: it may be
/// a product, a person or a number. Nor is a folder that is no plain word.
#[must_use]
pub fn path_class(path: &str) -> String {
    let segments: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
    let Some((_, folders)) = segments.split_last() else { return "/".to_owned() };
    let told = folders.iter().take(MAX_FOLDERS).take_while(|name| is_word(name));
    let mut class: String = told.flat_map(|name| ["/", name]).collect();
    class.push_str("/*");
    class
}

/// Whether a segment is a word, as folders are called.
fn is_word(segment: &str) -> bool {
    let is_plain = |byte: u8| byte.is_ascii_lowercase() || matches!(byte, b'-' | b'_');
    segment.len() <= MAX_NAME
        && segment.bytes().all(is_plain)
        && !names_a_person(segment)
        && !looks_private(&format!("/{segment}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_class_has_the_folders_and_not_what_is_in_them() {
        for (path, class) in [
            ("/", "/"),
            ("", "/"),
            ("/about", "/*"),
            ("/ada", "/*"),
            ("/product/7", "/product/*"),
            ("/product/7/", "/product/*"),
            ("/en/product/7", "/en/product/*"),
            ("/en/shop/product/7", "/en/shop/*"),
            ("/user/ada/reviews", "/user/ada/*"),
            ("/user/4711/reviews", "/user/*"),
            ("/Reset/x", "/*"),
            ("/reset/eyJhbGciOiJIUzI1NiJ9/now", "/reset/*"),
            ("/a@b.example/x", "/*"),
            ("/%41/x", "/*"),
            ("//x//y", "/x/*"),
        ] {
            assert_eq!(path_class(path), class, "{path}");
        }
    }

    proptest! {
        #[test]
        fn a_class_is_short_and_never_has_the_last_segment(path in "/[a-z/]{0,60}[0-9A-Z@%]{1,9}") {
            let class = path_class(&path);
            prop_assert!(class.len() <= 2 * (MAX_NAME + 1) + 2, "{class}");
            prop_assert!(class.bytes().all(|byte| byte.is_ascii_lowercase() || b"/*-_".contains(&byte)), "{class}");
        }
    }
}
