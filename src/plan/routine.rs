//! What a script's request is counted as, to tell what pages send by themselves: see
//! [`effects::routine`](crate::effects::routine).

use crate::config::Config;
use crate::urls::path_and_query;
use crate::urls::private_path::looks_private;
use crate::visit::Visit;

/// The site, the path of the page that sends a request which may change something, and where it is sent; `None` for
/// navigations, for what changes nothing, and where no page of this site is named.
#[must_use]
pub fn sent(visit: &Visit) -> Option<(String, String, String)> {
    if visit.is_safe || visit.is_navigation() {
        return None;
    }
    let page = visit.sender_url()?;
    // Where everything is sent to one URL, its body says what is done: the page's own, and Livewire's.
    let path = visit.url.path();
    if path == page.path() || path.ends_with("/livewire/update") {
        return None;
    }
    Some((visit.site()?, page.path().to_owned(), path_and_query(&visit.url)))
}

/// What whoever runs the site is told of a request that most views of a page send: it may count them, and would be missing where
/// pages are fetched ahead. `None` where that is taken care of, and for paths that nobody else should read.
#[must_use]
pub fn proposal(visit: &Visit, config: &Config) -> Option<String> {
    let path = visit.url.path();
    let is_known = config.effects.paths.delivery_of(&visit.url).is_some() || looks_private(path);
    (!is_known).then(|| {
        format!(
            "most views of a page send something to {path}; if that counts visits, name it in EFFECT_PATHS, so that what is \
             fetched ahead counts once it is shown"
        )
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{config, visit};

    #[test]
    fn what_most_views_send_is_proposed_unless_it_is_named_already() {
        let proposal = |path: &str, paths: &str| {
            proposal(&visit("POST", path, &[]), &config(&[("EFFECT_PATHS", paths)]))
        };
        assert!(
            proposal("/count", "").unwrap().starts_with("most views of a page send something to /count; ")
        );
        assert_eq!(proposal("/count", "/count"), None);
        assert_eq!(proposal("/users/ada@shop.example/seen", ""), None);
    }

    #[test]
    fn only_what_a_script_of_this_site_sends_is_counted() {
        let fetch = [("sec-fetch-mode", "cors"), ("referer", "https://shop.example/a?b=1")];
        let counted = sent(&visit("POST", "/api/cart?x=1", &fetch)).unwrap();
        assert_eq!(counted, ("shop.example".to_owned(), "/a".to_owned(), "/api/cart?x=1".to_owned()));
        assert_eq!(sent(&visit("GET", "/api/cart", &fetch)), None);
        for path in ["/a", "/livewire/update"] {
            assert_eq!(sent(&visit("POST", path, &fetch)), None, "{path}");
        }
        assert_eq!(sent(&visit("POST", "/form", &[("sec-fetch-mode", "navigate"), fetch[1]])), None);
        assert_eq!(sent(&visit("POST", "/form", &[fetch[0], ("referer", "https://other.example/")])), None);
        assert_eq!(sent(&visit("POST", "/form", &[fetch[0]])), None);
    }
}
