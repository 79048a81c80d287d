//! Text in the syntax of the URL Pattern standard, as `href_matches` takes it.
//!
//! Patterns are whole-URL strings, which every engine with speculation rules reads; `WebKit` reads no objects there, and drops a
//! rule that has one. In such a string a `:` would end a scheme, and a `?` or `#` a path, even where it is escaped; but not
//! within braces.

/// The pattern that matches exactly this path, as it stands in a URL: percent-encoded already. Any query matches.
#[must_use]
pub fn path_pattern(path: &str) -> String {
    literal(path)
}

/// The pattern for a path in which `*` stands for anything. Any query matches.
#[must_use]
pub fn path_glob(glob: &str) -> String {
    let mut pattern = String::with_capacity(glob.len());
    for (index, text) in glob.split('*').enumerate() {
        if index > 0 && !pattern.ends_with(['*', ')']) {
            // Behind braces a star would repeat them.
            pattern.push_str(if pattern.ends_with('}') { "(.*)" } else { "*" });
        }
        pattern.push_str(&literal(text));
    }
    pattern
}

/// The same with a query, which is this regular expression: a group.
#[must_use]
pub fn with_query(pattern: &str, query: &str) -> String {
    format!("{pattern}\\?{query}")
}

/// Text that means itself.
fn literal(text: &str) -> String {
    let escaped = escape(text);
    if text.contains([':', '?', '#']) { format!("{{{escaped}}}") } else { escaped }
}

/// Puts a backslash before each character that means something to a pattern ("escape a pattern string").
fn escape(text: &str) -> String {
    let mut pattern = String::with_capacity(text.len());
    for character in text.chars() {
        if matches!(character, '+' | '*' | '?' | ':' | '{' | '}' | '(' | ')' | '\\') {
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
        assert_eq!(path_pattern("/a/(c)+{d}*\\e"), "/a/\\(c\\)\\+\\{d\\}\\*\\\\e");
        assert_eq!(path_pattern("/a:b"), "{/a\\:b}");
        assert_eq!(path_pattern("/%C3%A9/~a.b-c"), "/%C3%A9/~a.b-c");
        assert_eq!(path_glob("/a:b/*"), "{/a\\:b/}(.*)");
        assert_eq!(path_glob("/a:*:b*/c**d"), "{/a\\:}(.*){\\:b}(.*)/c*d");
        assert_eq!(path_glob("*"), "*");
        assert_eq!(with_query("/a", "(.+)"), "/a\\?(.+)");
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
            let pattern = UrlPattern::parse(&json!(path_pattern(itself.path())), &base);
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
