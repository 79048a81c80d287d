//! The `Speculation-Rules` response header field (HTML, "The `Speculation-Rules` header"): a list of strings, each the
//! URL of a rule set.

use crate::structured;

/// The URLs in a field value, all its lines joined by commas. `None` when a syntax error voids the field.
#[must_use]
pub fn parse(value: &str) -> Option<Vec<String>> {
    structured::list(value).map(|list| structured::strings(&list))
}

/// The line to append so that the page names the rule sets at these URLs, given the origin's own value. They must be fit
/// for a string: printable ASCII, without quotes and backslashes.
///
/// `None` where nothing must be appended: all are named already; or the origin's value is empty or malformed, and would
/// void ours with it.
#[must_use]
pub fn append(existing: Option<&str>, urls: &[String]) -> Option<String> {
    let named = named(existing)?;
    let missing: Vec<String> =
        urls.iter().filter(|url| !named.contains(url)).map(|url| format!("\"{url}\"")).collect();
    (!missing.is_empty()).then(|| missing.join(", "))
}

/// Whether a URL can be appended to the origin's value.
#[must_use]
pub fn takes_more(existing: Option<&str>) -> bool {
    named(existing).is_some()
}

/// The URLs that are named already; `None` where no more can be.
fn named(existing: Option<&str>) -> Option<Vec<String>> {
    match existing {
        Some(existing) if existing.trim().is_empty() => None,
        Some(existing) => parse(existing),
        None => Some(Vec::new()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ours_is_appended_only_where_it_survives() {
        let ours = &["/_headstart/rules/site.json".to_owned()][..];
        let line = Some("\"/_headstart/rules/site.json\"".to_owned());
        let both = ["/_headstart/rules/site.json".to_owned(), "/b.json".to_owned()];
        assert_eq!(append(None, &both).unwrap(), "\"/_headstart/rules/site.json\", \"/b.json\"");
        assert_eq!(append(line.as_deref(), &both).unwrap(), "\"/b.json\"");
        assert_eq!(append(None, ours), line);
        assert_eq!(append(Some("\"/theirs.json\""), ours), line);
        assert_eq!(append(Some("token, 5"), ours), line);
        for existing in
            ["", " ", "/theirs.json", "\"/a.json\",", "\"/theirs.json", "\"/_headstart/rules/site.json\""]
        {
            assert_eq!(append(Some(existing), ours), None, "{existing}");
        }
    }

    #[test]
    fn what_is_appended_parses_together_with_what_was_there() {
        for existing in ["\"/a.json\"", "\"/a.json\", tok, 5, \"/b.json\"", "(\"/inner.json\")", "\"a\";p=1"]
        {
            let line = append(Some(existing), &["/x.json".to_owned()]).unwrap();
            let joined = parse(&format!("{existing}, {line}")).unwrap();
            assert_eq!(joined.last().unwrap(), "/x.json");
        }
    }
}
