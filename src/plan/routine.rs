//! What a script's request is counted as, to tell what pages send by themselves: see
//! [`effects::routine`](crate::effects::routine).

use crate::urls::path_and_query;
use crate::visit::Visit;
use url::Url;

/// The site, the path of the page that sends a request which may change something, and where it is sent; `None` for
/// navigations, for what changes nothing, and where no page of this site is named.
#[must_use]
pub fn sent(visit: &Visit) -> Option<(String, String, String)> {
    if visit.is_safe || visit.mode() == Some("navigate") {
        return None;
    }
    let page = Url::parse(visit.referer()?).ok().filter(|page| page.origin() == visit.url.origin())?;
    Some((visit.site()?, page.path().to_owned(), path_and_query(&visit.url)))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::visit;

    #[test]
    fn only_what_a_script_of_this_site_sends_is_counted() {
        let fetch = [("sec-fetch-mode", "cors"), ("referer", "https://shop.example/a?b=1")];
        let counted = sent(&visit("POST", "/api/cart?x=1", &fetch)).unwrap();
        assert_eq!(counted, ("shop.example".to_owned(), "/a".to_owned(), "/api/cart?x=1".to_owned()));
        assert_eq!(sent(&visit("GET", "/api/cart", &fetch)), None);
        assert_eq!(sent(&visit("POST", "/form", &[("sec-fetch-mode", "navigate"), fetch[1]])), None);
        assert_eq!(sent(&visit("POST", "/form", &[fetch[0], ("referer", "https://other.example/")])), None);
        assert_eq!(sent(&visit("POST", "/form", &[fetch[0]])), None);
    }
}
