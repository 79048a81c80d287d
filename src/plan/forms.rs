//! What becomes of the forms that visitors send, and whether a speculation may be to blame. See
//! [`effects::last_pages`](crate::effects::last_pages).

use crate::config::Config;
use crate::effects::last_pages::{LastPages, Of};
use crate::head::{Content, Head, is_overload, is_redirect, tells_page};
use crate::visit::{Method, Visit};
use url::Url;

/// Notes that a visitor is given a page at `now`, where that counts for the baseline's eagerness.
pub fn given(visit: &Visit, head: &Head, config: &Config, last: &mut LastPages, now: u64) {
    let is_ahead = visit.is_speculative_navigation();
    let is_meant = config.regulates_eagerness()
        && head.content == Content::Page
        // Otherwise no form would say of which page it is.
        && tells_page(head.referrer_policy.as_deref())
        && (is_ahead || (visit.is_navigation() && !visit.is_of_frame()));
    if let Some(site) = visit.site().filter(|_| is_meant) {
        let page = config.urls.inert_parameters.without(&visit.url);
        let to = Of { site: &site, cookies: visit.cookies(), page: &page };
        last.given(to, &head.set_cookies, is_ahead, &config.effects.cookies, now);
    }
}

/// Of a form that a visitor sends: whether another page was fetched ahead for them since its page was given. `None` for anything else, and
/// where nobody knows.
#[must_use]
pub fn is_followed_by_guess(visit: &Visit, config: &Config, last: &LastPages, now: u64) -> Option<bool> {
    if !config.regulates_eagerness() || visit.method != Method::Post || !visit.is_navigation() {
        return None;
    }
    let (site, page) = visit.site().zip(visit.sender(&config.urls.inert_parameters))?;
    let of = Of { site: &site, cookies: visit.cookies(), page: &page };
    last.is_followed_by_guess(of, &config.effects.cookies, now)
}

/// Whether an answer to a form looks as if the form was refused: an error, the form once more, or the way back to it. Forms that are
/// accepted may be answered in the same way, so a share tells something, and one answer nothing. `leads_to` is where it leads on this site;
/// `None` where the server could not answer at all.
#[must_use]
pub fn is_refused(visit: &Visit, head: &Head, leads_to: Option<&Url>, config: &Config) -> Option<bool> {
    if is_overload(head.status) && head.status != 500 {
        return None;
    }
    if is_redirect(head.status) {
        let inert = &config.urls.inert_parameters;
        let back = leads_to.map(|target| inert.without(target));
        return Some(back.is_some() && back == visit.sender(inert));
    }
    Some(head.status >= 400 || head.content == Content::Page)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{PREFETCH, config, page, visit};

    const NOW: u64 = 1_800_000_000_000;
    const SESSION: (&str, &str) = ("cookie", "PHPSESSID=q3v8k1m0");
    const NAVIGATION: [(&str, &str); 3] = [
        ("sec-fetch-mode", "navigate"),
        ("sec-fetch-dest", "document"),
        ("referer", "https://shop.example/form?utm_source=x"),
    ];

    /// What a form is that is sent so, after another page was fetched ahead.
    fn followed(method: &str, fields: &[(&str, &str)], variables: &[(&str, &str)]) -> Option<bool> {
        let (config, mut last) = (config(variables), LastPages::default());
        let cookies = &[SESSION][..];
        let form = visit("GET", "/form", &[cookies, &NAVIGATION[..2]].concat());
        given(&form, &page(), &config, &mut last, NOW);
        let ahead = visit("GET", "/a", &[cookies, &PREFETCH, &NAVIGATION].concat());
        given(&ahead, &page(), &config, &mut last, NOW + 1);
        let sent = visit(method, "/send", &[cookies, fields].concat());
        is_followed_by_guess(&sent, &config, &last, NOW + 2)
    }

    #[test]
    fn a_form_is_what_a_page_of_the_site_sends_by_a_navigation() {
        assert_eq!(followed("POST", &NAVIGATION, &[]), Some(true));
        let other = [NAVIGATION[0], NAVIGATION[1], ("referer", "https://other.example/form")];
        let script = [("sec-fetch-mode", "cors"), NAVIGATION[2]];
        for (method, fields) in
            [("GET", &NAVIGATION[..]), ("POST", &other), ("POST", &script), ("POST", &NAVIGATION[..2])]
        {
            assert_eq!(followed(method, fields, &[]), None, "{method} {fields:?}");
        }
        for variables in [("EAGERNESS", "moderate"), ("NEXT_PAGES", "off")] {
            assert_eq!(
                followed("POST", &NAVIGATION, &[variables]),
                None,
                "nothing regulates itself: {variables:?}"
            );
        }
    }

    #[test]
    fn what_is_no_page_of_its_own_is_none_that_was_given_last() {
        let (config, cookies) = (config(&[]), &[SESSION][..]);
        let other = Head { status: 200, content: Content::Other, ..Head::default() };
        let frame = [("sec-fetch-mode", "navigate"), ("sec-fetch-dest", "iframe")];
        let hiding = Head { referrer_policy: Some("origin".to_owned()), ..page() };
        for (method, fields, head) in [
            ("GET", &frame[..], &page()),
            ("GET", &NAVIGATION, &hiding),
            ("GET", &[("sec-fetch-mode", "cors")], &page()),
            ("GET", &NAVIGATION, &other),
        ] {
            let mut last = LastPages::default();
            given(&visit(method, "/form", &[cookies, fields].concat()), head, &config, &mut last, NOW);
            let sent = visit("POST", "/send", &[cookies, &NAVIGATION].concat());
            assert_eq!(is_followed_by_guess(&sent, &config, &last, NOW), None, "{method} {fields:?}");
        }
    }

    #[test]
    fn the_answer_to_a_form_is_a_page_that_is_shown() {
        let (config, mut last) = (config(&[]), LastPages::default());
        let again = visit("POST", "/form", &[&[SESSION][..], &NAVIGATION].concat());
        given(&again, &page(), &config, &mut last, NOW);
        assert_eq!(is_followed_by_guess(&again, &config, &last, NOW), Some(false));
    }

    #[test]
    fn a_form_that_is_shown_once_more_looks_refused() {
        let config = config(&[]);
        let sent = visit("POST", "/send", &NAVIGATION);
        let refused = |status, content, location: Option<&str>| {
            let leads_to = location.map(|location| sent.url.join(location).unwrap());
            is_refused(&sent, &Head { status, content, ..Head::default() }, leads_to.as_ref(), &config)
        };
        for status in [400, 403, 404, 409, 419, 422, 500] {
            assert_eq!(refused(status, Content::Other, None), Some(true), "{status}");
        }
        for status in [429, 502, 503, 504] {
            assert_eq!(refused(status, Content::Page, None), None, "{status}");
        }
        assert_eq!(refused(200, Content::Page, None), Some(true));
        assert_eq!(refused(303, Content::Other, Some("/form")), Some(true));
        assert_eq!(refused(303, Content::Other, Some("/form#error")), Some(true));
        assert_eq!(refused(303, Content::Other, Some("/form?error=1")), Some(false), "nobody knows");
        assert_eq!(refused(302, Content::Other, Some("/thanks")), Some(false));
        assert_eq!(refused(302, Content::Other, None), Some(false), "to another site");
        assert_eq!(refused(200, Content::Other, None), Some(false));
        assert_eq!(refused(204, Content::Other, None), Some(false));
    }
}
