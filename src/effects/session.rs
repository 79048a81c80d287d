//! Whether a visitor has a session: whether they send a cookie that looks like one.
//!
//! Such a visitor is given pages that may be theirs alone. So what they are given tells nobody that a page exists for others,
//! and they are not told what others do next. The same names are looked for in `Set-Cookie`: a page whose plain `GET` takes a
//! session away, or changes a cart, is not eligible for speculation.

use super::class::{Class, CookieClasses};
use super::cookie::{self, MAX_LINES, Sent, SetCookie, is_too_large};
use super::cookie_parts::CookieParts;
use super::cookie_session;
use super::set_cookie::may_be_key;
use crate::ineligible::Ineligible;

/// The longest name that is looked at, in characters. Beyond that there is a session.
const MAX_NAME: usize = 64;

/// Whether a request's `Cookie` field holds a session. One that is not read is taken to.
#[must_use]
pub fn is_in(cookies: &str, classes: &CookieClasses) -> bool {
    is_too_large(cookies)
        || cookie::pairs(cookies).any(|(name, value)| {
            !value.is_empty() && (name.chars().count() > MAX_NAME || classes.of_name(name) == Class::Session)
        })
}

/// The same, where a cookie that nobody knows counts as well whose value may be a key: an application of somebody's own calls its
/// session as it likes.
#[must_use]
pub fn may_be_in(cookies: &str, classes: &CookieClasses) -> bool {
    is_in(cookies, classes) || possible(cookies, classes).any(|(_, value)| !value.is_empty())
}

/// The cookies of a request that may be sessions, each with its value.
pub(super) fn possible<'a>(
    cookies: &'a str,
    classes: &CookieClasses,
) -> impl Iterator<Item = (&'a str, &'a str)> {
    cookie::pairs(cookies).filter(|(name, value)| may_be(classes.of_name(name), value))
}

/// Whether a cookie of a class may be a session by its value.
pub(super) fn may_be(class: Class, value: &str) -> bool {
    class == Class::Session || (class == Class::Unknown && may_be_key(value))
}

/// What the `Set-Cookie` lines of an answer to a plain `GET` do to a session or a cart, given the request's `Cookie` field and the
/// time in milliseconds since the epoch: the worst of it. Nothing is said of a visitor whose field is not read.
#[must_use]
pub fn change(
    set_cookies: &[String],
    cookies: &str,
    classes: &CookieClasses,
    now: u64,
) -> Option<Ineligible> {
    let mut change = None;
    if set_cookies.is_empty() || is_too_large(cookies) {
        return change;
    }
    let visitors = Sent::read(cookies);
    let lines = set_cookies.iter().take(MAX_LINES);
    let all: Vec<SetCookie<'_>> = lines.map(|line| SetCookie::parse(line).at(now)).collect();
    let parts = CookieParts::read(&visitors, &all);
    for cookie in &all {
        let sent = visitors.value_of(cookie.name);
        match classes.of_name(cookie.name) {
            Class::Session if cookie.is_deletion => {
                if sent.is_some() && !parts.is_set_anew(cookie.name) {
                    return Some(Ineligible::SessionDeleted);
                }
            }
            Class::Session => {
                // What is kept in the cookie itself may differ each time, and is still the same session.
                let is_content = || cookie_session::holds_content(cookie, set_cookies);
                if sent.is_some_and(|sent| sent != cookie.value) && !is_content() {
                    change = change.or(Some(Ineligible::SessionRotated));
                }
            }
            Class::Cart => {
                if sent.unwrap_or_default() != cookie.value {
                    change = Some(Ineligible::CartChanged);
                }
            }
            Class::Sticky
            | Class::Csrf
            | Class::SignIn
            | Class::Flash
            | Class::History
            | Class::Inert
            | Class::Unknown => {}
        }
    }
    change
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(cookies: &str) -> bool {
        super::is_in(cookies, &CookieClasses::new(&["shop_customer_*".to_owned()], &[], &[]))
    }

    #[test]
    fn a_session_that_is_kept_in_its_cookie_stays_the_same_whatever_is_noted_in_it() {
        let change = |line: &str, cookies: &str| {
            super::change(&[line.to_owned()], cookies, &CookieClasses::default(), 1_800_000_000_000)
        };
        let before = "app_session=eyJmaWx0ZXIiOiIifQ==";
        assert_eq!(change("app_session=eyJmaWx0ZXIiOiJvcGVuIn0=; Path=/", before), None);
        assert_eq!(change("app_session=8f3a2b1c; Path=/", before), Some(Ineligible::SessionRotated));
        assert_eq!(change("app_session=; Path=/; Max-Age=0", before), Some(Ineligible::SessionDeleted));
    }

    #[test]
    fn sessions_are_told_by_their_names() {
        for cookies in [
            "session=1",
            "a=1; PHPSESSID=abc",
            "connect.sid=s%3A1",
            "JSESSIONID=1",
            "ASP.NET_SessionId=1",
            "laravel_session=x",
            "wordpress_logged_in_0123=ada",
            "remember_me=1",
            "__Host-auth=1",
            "access_token=x",
            ".AspNetCore.Identity.Application=x",
            "shop_customer_7=x",
        ] {
            assert!(is_in(cookies), "{cookies}");
        }
        for cookies in [
            "",
            "_ga=1",
            "theme=dark",
            "session=",
            "_hjSession_1=x",
            "visits=3",
            "lang=en; currency=EUR",
            "cart=1",
        ] {
            assert!(!is_in(cookies), "{cookies}");
        }
    }

    #[test]
    fn what_nobody_knows_may_be_a_session_where_it_may_be_a_key() {
        let classes = CookieClasses::default();
        for (cookies, expected) in [
            ("gw=5f0c1b7e9a3d4c28", true),
            ("theme=dark; gw=5f0c1b7e9a3d4c28", true),
            ("session=1", true),
            ("gw=5f0c1b7e9a3d4c2", false),
            ("_ga=GA1.2.1234567890.1700000000", false),
            ("csrftoken=5f0c1b7e9a3d4c285f0c1b7e9a3d4c28", false),
            ("theme=dark", false),
            ("", false),
        ] {
            assert_eq!(may_be_in(cookies, &classes), expected, "{cookies}");
        }
    }

    #[test]
    fn what_a_get_does_to_a_session_or_a_cart_is_seen() {
        let change = |lines: &[&str], cookies: &str| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            super::change(&lines, cookies, &CookieClasses::default(), 1_800_000_000_000)
        };
        assert_eq!(change(&["session=; Max-Age=0"], "session=1"), Some(Ineligible::SessionDeleted));
        let yesterday = "session=1; Expires=Thu, 14 Jan 2027 08:00:00 GMT";
        assert_eq!(change(&[yesterday], "session=1"), Some(Ineligible::SessionDeleted));
        assert_eq!(
            change(&["cart=1.2", "session=; Max-Age=0"], "session=1"),
            Some(Ineligible::SessionDeleted)
        );
        assert_eq!(change(&["session=2; HttpOnly"], "session=1"), Some(Ineligible::SessionRotated));
        let moved = ["session=; Max-Age=0; Domain=shop.example", "session=2; HttpOnly"];
        assert_eq!(change(&moved, "session=1"), Some(Ineligible::SessionRotated), "for another host");
        let shorter = ["session.1=; Max-Age=0", "session.0=2"];
        let parts = "session.0=a; session.1=b";
        assert_eq!(change(&shorter, parts), Some(Ineligible::SessionRotated), "in fewer parts");
        assert_eq!(change(&shorter[..1], parts), Some(Ineligible::SessionDeleted));
        let slid = ["session=1; Max-Age=3600", "session=deleted; Max-Age=0"];
        assert_eq!(change(&slid, "session=1"), Some(Ineligible::SessionDeleted), "the last line counts");
        assert_eq!(change(&["session=1; HttpOnly"], "session=1"), None, "the same, for longer");
        assert_eq!(change(&["session=1"], ""), None, "a first one takes nothing away");
        assert_eq!(change(&["cart=1.2"], "cart=1"), Some(Ineligible::CartChanged));
        assert_eq!(change(&["cart=1"], ""), Some(Ineligible::CartChanged));
        assert_eq!(change(&["cart=1", "theme=dark", "_ga=2"], "cart=1; _ga=1"), None);
    }
}
