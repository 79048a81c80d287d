//! The parameters of a query. Most sites have `&` between them; some products have `;` (OTRS, gitweb), as HTML 4 advises
//! (appendix B.2.2).

use std::borrow::Cow;
use url::Url;
use url::form_urlencoded;

/// The parameters of a query, or of a pattern for one, as they are written, empty ones left out.
pub fn of_query(query: &str) -> impl Iterator<Item = &str> {
    query.split(['&', ';']).filter(|part| !part.is_empty())
}

/// The parameters of a URL as they are written.
pub fn written(url: &Url) -> impl Iterator<Item = &str> {
    of_query(url.query().unwrap_or_default())
}

/// The names and values of a URL's parameters, decoded.
pub fn pairs(url: &Url) -> impl Iterator<Item = (Cow<'_, str>, Cow<'_, str>)> {
    written(url).filter_map(|part| form_urlencoded::parse(part.as_bytes()).next())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn parameters_stand_between_ampersands_and_semicolons() {
        for (query, expected) in [
            ("", vec![]),
            ("?", vec![]),
            ("?&;&", vec![]),
            ("?a=1&b=%26;c=%3B+d&a", vec![("a", "1"), ("b", "&"), ("c", "; d"), ("a", "")]),
            ("?;=1;a=b=c", vec![("", "1"), ("a", "b=c")]),
        ] {
            let url = Url::parse(&format!("https://shop.example/{query}")).unwrap();
            let pairs: Vec<_> =
                pairs(&url).map(|(name, value)| (name.into_owned(), value.into_owned())).collect();
            let expected: Vec<_> =
                expected.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())).collect();
            assert_eq!(pairs, expected, "{query}");
        }
    }
}
