//! Text in the syntax of the URL Pattern standard, as `href_matches` takes it.
//!
//! Always as a component of an object (`{"pathname": …}`), never in a whole-URL string: there a `:` would end a
//! scheme even where it is escaped.

/// The `pathname` that matches exactly this path, as it stands in a URL: percent-encoded already.
#[must_use]
pub fn pathname_pattern(path: &str) -> String {
    escape(path, |_| true)
}

/// The `pathname` for a path in which `*` stands for anything.
#[must_use]
pub fn pathname_glob(glob: &str) -> String {
    escape(glob, |character| character != '*')
}

/// Puts a backslash before each character that means something to a pattern ("escape a pattern string") and that
/// `is_literal` takes for itself.
fn escape(text: &str, is_literal: impl Fn(char) -> bool) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        let means_something = matches!(character, '+' | '*' | '?' | ':' | '{' | '}' | '(' | ')' | '\\');
        if means_something && is_literal(character) {
            pattern.push('\\');
        }
        pattern.push(character);
    }
    pattern
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;
    use serde_json::json;
    use speculation_rules::UrlPattern;
    use url::Url;

    #[test]
    fn everything_that_means_something_is_escaped() {
        assert_eq!(pathname_pattern("/a:b/(c)+{d}*?\\e"), "/a\\:b/\\(c\\)\\+\\{d\\}\\*\\?\\\\e");
        assert_eq!(pathname_glob("/a:b/*"), "/a\\:b/*");
        assert_eq!(pathname_pattern("/%C3%A9/~a.b-c"), "/%C3%A9/~a.b-c");
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn a_path_is_matched_by_its_own_pattern_and_by_no_other(
            path in "/[!-~]{0,12}", other in "/[!-~]{0,12}", at in 1_usize..12,
        ) {
            let base = Url::parse("https://shop.example/_headstart/rules/x.json").unwrap();
            let url = |path: &str| {
                let mut url = base.clone();
                url.set_path(path);
                url
            };
            let itself = url(&path);
            let pattern = UrlPattern::parse(&json!({ "pathname": pathname_pattern(itself.path()) }), &base);
            let pattern = pattern.expect("a pattern");
            let matches = |url: &Url| pattern.matches(url);
            prop_assert!(matches(&itself));
            let mut with_query = itself.clone();
            with_query.set_query(Some("a=b"));
            prop_assert!(matches(&with_query));
            // The same but for one character, one more, and quite another.
            let near: String =
                itself.path().chars().enumerate().map(|(index, own)| if index == at { 'x' } else { own }).collect();
            for other in [url(&near), url(&format!("{near}/")), url(&other)] {
                prop_assert_eq!(matches(&other), other.path() == itself.path(), "{}", other);
            }
        }
    }
}
