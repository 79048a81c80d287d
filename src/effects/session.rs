//! Whether a visitor has a session: whether he sends a cookie that looks like one.
//!
//! Such a visitor is given pages that may be his alone. So what he is given tells nobody that a page exists for others,
//! and he is not told what others do next. The same words are looked for in `Set-Cookie`: a plain `GET` that takes a
//! session away, or changes a cart, is nothing to do on a guess.
//!
//! Names are told by two regular expressions, which JavaScript understands as well: replayed decisions depend on them.

use super::set_cookie::{Class, SetCookieRules};
use regex::Regex;

/// Names of session cookies, in lower case; `*` stands for anything. A cookie that is inert ([`SetCookieRules`]) is none.
const SESSIONS: &[&str] = &[
    "*sess*",
    "*sid",
    "*sid_*",
    "*auth*",
    "*jwt*",
    "*login*",
    "*logged*in*",
    "*signed*in*",
    "*remember*",
    "*identity*",
    "*access*token*",
    "*refresh*token*",
    "*id*token*",
    "*user*token*",
    "token",
    "user",
    "userid",
    "user_id",
    "wp-postpass*",
    "sb-*-token*",
    "ory_kratos*",
    "account",
    "customer",
    "member",
];

/// Names of cookies that hold a cart.
const CARTS: &[&str] = &["*cart*", "*basket*", "*trolley*", "*bag_items*", "*wishlist*"];

/// The most names that a site may add.
pub const MAX_ADDED: usize = 100;

/// The longest name, in characters, and the most cookies that are looked at. Beyond that there is a session.
const MAX_NAME: usize = 64;
const MAX_COOKIES: usize = 100;

/// See the module's description.
#[derive(Clone, Debug)]
pub struct SessionCookies {
    sessions: Option<Regex>,
    carts: Option<Regex>,
    pattern: String,
}

/// What a `Set-Cookie` line of a plain `GET` does to a session or a cart.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Change {
    /// Takes a session away.
    DeletesSession,
    /// Gives a visitor another session in place of the one that he had.
    RotatesSession,
    /// Changes a cart.
    Cart,
}

impl SessionCookies {
    /// The built-in names and those that a site adds (`SESSION_COOKIES`), `*` at the end for any ending.
    #[must_use]
    pub fn new(added: &[String]) -> Self {
        let added = added.iter().take(MAX_ADDED).map(|name| name.to_lowercase());
        let names: Vec<String> = SESSIONS.iter().map(|name| (*name).to_owned()).chain(added).collect();
        let pattern = pattern(&names);
        let carts: Vec<String> = CARTS.iter().map(|name| (*name).to_owned()).collect();
        Self { sessions: Regex::new(&pattern).ok(), carts: Regex::new(&self::pattern(&carts)).ok(), pattern }
    }

    /// The regular expression that tells the lower-case name of a session cookie.
    #[must_use]
    pub fn pattern(&self) -> &str {
        &self.pattern
    }

    /// Whether a cookie of this name is a session.
    #[must_use]
    pub fn is_session(&self, name: &str, rules: &SetCookieRules) -> bool {
        // Without the expression everything is one: then nothing is published, and nothing is taught.
        self.sessions.as_ref().is_none_or(|sessions| sessions.is_match(&name.to_lowercase()))
            && rules.class(name) != Class::Inert
    }

    /// Whether a request's `Cookie` field holds a session.
    #[must_use]
    pub fn is_in(&self, cookies: &str, rules: &SetCookieRules) -> bool {
        // As `glue.js` does it, whose expressions take their time over long names.
        cookies.split(';').count() > MAX_COOKIES
            || cookies.split(';').any(|pair| {
                let (name, value) = pair.split_once('=').unwrap_or(("", pair));
                let name = name.trim();
                !value.trim().is_empty() && (name.chars().count() > MAX_NAME || self.is_session(name, rules))
            })
    }

    /// What the `Set-Cookie` lines of an answer to a plain `GET` do, given the request's `Cookie` field: the worst of it.
    #[must_use]
    pub fn change(&self, set_cookies: &[String], cookies: &str, rules: &SetCookieRules) -> Option<Change> {
        let mut change = None;
        for line in set_cookies {
            let pair = line.split(';').next().unwrap_or_default();
            let (name, value) = pair.split_once('=').unwrap_or(("", pair));
            let (name, value) = (name.trim(), value.trim());
            let sent = cookies.split(';').find_map(|pair| {
                let (sent, value) = pair.split_once('=')?;
                (sent.trim() == name).then(|| value.trim())
            });
            if self.is_session(name, rules) {
                if super::set_cookie::deletes(line) {
                    if sent.is_some() {
                        return Some(Change::DeletesSession);
                    }
                    continue;
                }
                if sent.is_some_and(|sent| sent != value) {
                    change = change.or(Some(Change::RotatesSession));
                }
            } else if self.carts.as_ref().is_some_and(|carts| carts.is_match(&name.to_lowercase()))
                && sent.unwrap_or_default() != value
            {
                change = Some(Change::Cart);
            }
        }
        change
    }
}

impl Default for SessionCookies {
    fn default() -> Self {
        Self::new(&[])
    }
}

/// The regular expression that tells the names of cookies that are no sessions whatever they look like, since they are
/// inert.
#[must_use]
pub fn inert_pattern(rules: &SetCookieRules) -> String {
    pattern(&rules.inert().map(str::to_owned).collect::<Vec<_>>())
}

/// A regular expression for names with `*`, in what Rust and JavaScript have in common.
fn pattern(names: &[String]) -> String {
    let names: Vec<String> =
        names.iter().map(|name| name.split('*').map(regex::escape).collect::<Vec<_>>().join(".*")).collect();
    format!("^(?:{})$", names.join("|"))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_in(cookies: &str) -> bool {
        SessionCookies::new(&["shop_customer_*".to_owned()]).is_in(cookies, &SetCookieRules::default())
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
    fn what_a_get_does_to_a_session_or_a_cart_is_seen() {
        let change = |lines: &[&str], cookies: &str| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            SessionCookies::default().change(&lines, cookies, &SetCookieRules::default())
        };
        assert_eq!(change(&["session=; Max-Age=0"], "session=1"), Some(Change::DeletesSession));
        assert_eq!(change(&["cart=1.2", "session=; Max-Age=0"], "session=1"), Some(Change::DeletesSession));
        assert_eq!(change(&["session=2; HttpOnly"], "session=1"), Some(Change::RotatesSession));
        assert_eq!(change(&["session=1; HttpOnly"], "session=1"), None, "the same, for longer");
        assert_eq!(change(&["session=1"], ""), None, "a first one takes nothing away");
        assert_eq!(change(&["cart=1.2"], "cart=1"), Some(Change::Cart));
        assert_eq!(change(&["cart=1"], ""), Some(Change::Cart));
        assert_eq!(change(&["cart=1", "theme=dark", "_ga=2"], "cart=1; _ga=1"), None);
    }
}
