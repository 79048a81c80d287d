//! Whom an answer teaches anything: what it holds may be there because of the one who asks.
//!
//! A page may repeat what its request says. What is learned from it for others must not come from there, so a view teaches only where
//! its request says nothing that pages are built from: no query ([`Visit::teaches`]), no other host
//! ([`Visit::names_another_host`]), and, where origins are learned, no cookie on which a page depends.

use crate::config::Config;
use crate::effects::class::Class;
use crate::effects::cookie::{is_too_large, pairs};
use crate::head::{Content, Head};
use crate::visit::Visit;

/// Whether an answer tells which origins others need. Whoever has a session, a cart or a cookie of which nothing is known may be
/// shown a page of their own; analytics and consent change none. What such a cookie names is left out all the same
/// ([`are_named_by`](crate::learn::observation::are_named_by)).
#[must_use]
pub fn of_hints(visit: &Visit, config: &Config) -> bool {
    let classes = &config.effects.cookies;
    !is_too_large(visit.cookies())
        && pairs(visit.cookies()).all(|(name, _)| classes.of_name(name) == Class::Inert)
}

/// Whether origins are learned from an answer that is read. Nearly every request for a stylesheet carries the visitor's cookies, and
/// hardly one depends on them.
#[must_use]
pub fn learns_hints(visit: &Visit, head: &Head, config: &Config) -> bool {
    config.hints.is_on && (head.content == Content::Sheet || of_hints(visit, config))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::plan::tests::{config, visit};

    #[test]
    fn whoever_has_a_cookie_on_which_pages_depend_tells_nothing_of_origins() {
        let teaches = |cookies: &str, variables: &[(&str, &str)]| {
            of_hints(&visit("GET", "/a", &[("cookie", cookies)]), &config(variables))
        };
        for cookies in ["", "_ga=GA1.2.3", "_ga=GA1.2.3; CookieConsent=yes; _fbp=1"] {
            assert!(teaches(cookies, &[]), "{cookies}");
        }
        for cookies in ["cdn=evil.example", "_ga=1; sessionid=7", "cart=1", "csrftoken=x", "=evil.example"] {
            assert!(!teaches(cookies, &[]), "{cookies}");
        }
        assert!(!teaches(&"_ga=1; ".repeat(101), &[]));
        assert!(teaches("shade=dark", &[("INERT_COOKIES", "shade")]));
    }
}
