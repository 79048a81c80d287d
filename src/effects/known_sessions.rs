//! Which sessions and carts the origin has lately given out, as far as one isolate sees it.
//!
//! A session that has expired, or that somebody made up, is replaced or taken away by whatever page it is sent to. That says
//! nothing of the page. A session that the origin gave out a short while ago is another matter: what such a visitor loses, the page
//! has taken. So only what happens to sessions and carts that are known here is held against a page.
//!
//! Nothing of a session is kept but a hash, and that for as long as no origin lets an idle session expire.

use super::class::{Class, CookieClasses};
use super::cookie::{self, MAX_LINES, Sent, SetCookie};
use super::room::make_room;
use super::session_order::hash;
use std::collections::HashMap;

/// How long what was given out is known, in milliseconds.
const LIFE_MS: u64 = 20 * 60_000;

/// The most sessions and carts that are known.
const MAX_KNOWN: usize = 5000;

/// See the module's description.
#[derive(Debug, Default)]
pub struct KnownSessions {
    /// Since when each was given out, by its hash.
    given: HashMap<u64, u64>,
}

impl KnownSessions {
    /// Takes in the `Set-Cookie` lines of an answer to a request with these cookies: what they give out is known, and what they
    /// replace or take away is known no more.
    pub fn answered(
        &mut self,
        site: &str,
        cookies: &str,
        set_cookies: &[String],
        classes: &CookieClasses,
        now: u64,
    ) {
        let visitors = Sent::read(cookies);
        for line in set_cookies.iter().take(MAX_LINES) {
            let cookie = SetCookie::parse(line).at(now);
            if !is_watched(&cookie, classes) {
                continue;
            }
            if let Some(sent) = visitors.value_of(cookie.name).filter(|sent| is_changed(&cookie, sent)) {
                self.given.remove(&hash(site, cookie.name, sent));
            }
            if !cookie.is_deletion && !cookie.value.is_empty() {
                make_room(&mut self.given, MAX_KNOWN, |since| is_recent(*since, now));
                self.given.insert(hash(site, cookie.name, cookie.value), now);
            }
        }
    }

    /// Whether each session and cart of the request that an answer replaces or takes away is known: the visitor is a witness of
    /// what the page has done to them. One who had none has none to lose.
    #[must_use]
    pub fn witnesses(
        &self,
        site: &str,
        cookies: &str,
        set_cookies: &[String],
        classes: &CookieClasses,
        now: u64,
    ) -> bool {
        let visitors = Sent::read(cookies);
        set_cookies.iter().take(MAX_LINES).all(|line| {
            let cookie = SetCookie::parse(line).at(now);
            let sent = visitors.value_of(cookie.name).filter(|sent| is_changed(&cookie, sent));
            sent.is_none_or(|sent| !is_watched(&cookie, classes) || self.knows(site, cookie.name, sent, now))
        })
    }

    /// Whether any session or cart that a request carries is known.
    #[must_use]
    pub fn knows_any(&self, site: &str, cookies: &str, now: u64) -> bool {
        !self.given.is_empty()
            && cookie::pairs(cookies).any(|(name, value)| self.knows(site, name, value, now))
    }

    fn knows(&self, site: &str, name: &str, value: &str, now: u64) -> bool {
        self.given.get(&hash(site, name, value)).is_some_and(|since| is_recent(*since, now))
    }
}

fn is_watched(cookie: &SetCookie<'_>, classes: &CookieClasses) -> bool {
    matches!(classes.of_name(cookie.name), Class::Session | Class::Cart)
}

fn is_changed(cookie: &SetCookie<'_>, sent: &str) -> bool {
    cookie.is_deletion || cookie.value != sent
}

fn is_recent(since: u64, now: u64) -> bool {
    now.saturating_sub(since) < LIFE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "shop.example";
    const NOW: u64 = 1_800_000_000_000;

    fn lines(lines: &[&str]) -> Vec<String> {
        lines.iter().map(|line| (*line).to_owned()).collect()
    }

    fn given(cookies: &str, set_cookies: &[&str]) -> KnownSessions {
        let mut known = KnownSessions::default();
        known.answered(SITE, cookies, &lines(set_cookies), &CookieClasses::default(), NOW);
        known
    }

    fn witnesses(known: &KnownSessions, cookies: &str, set_cookies: &[&str], now: u64) -> bool {
        known.witnesses(SITE, cookies, &lines(set_cookies), &CookieClasses::default(), now)
    }

    #[test]
    fn whoever_was_given_a_session_a_short_while_ago_witnesses_what_becomes_of_it() {
        let known = given("", &["session=abc; HttpOnly", "cart=5", "theme=dark"]);
        for change in ["session=; Max-Age=0", "session=def; HttpOnly", "cart=6"] {
            assert!(
                witnesses(&known, "theme=dark; session=abc; cart=5", &[change], NOW + LIFE_MS - 1),
                "{change}"
            );
            assert!(
                !witnesses(&known, "session=abc; cart=5", &[change], NOW + LIFE_MS),
                "{change}: expired, perhaps"
            );
            assert!(!witnesses(&known, "session=made-up; cart=up", &[change], NOW), "{change}");
            assert!(!witnesses(&KnownSessions::default(), "session=abc; cart=5", &[change], NOW), "{change}");
        }
        assert!(!known.witnesses(
            "other.example",
            "session=abc",
            &lines(&["session=b"]),
            &CookieClasses::default(),
            NOW
        ));
        let both = ["session=def", "cart=6"];
        assert!(!witnesses(&known, "session=abc; cart=made-up", &both, NOW), "each of them");
        for nothing in ["session=abc; Max-Age=600", "theme=light", "cart=7"] {
            assert!(
                witnesses(&KnownSessions::default(), "session=abc; theme=dark", &[nothing], NOW),
                "{nothing}"
            );
        }
    }

    #[test]
    fn a_session_that_was_replaced_or_taken_away_is_known_no_more() {
        for (change, knows) in
            [("session=; Max-Age=0", false), ("session=def", false), ("session=abc", true), ("a=1", true)]
        {
            let mut known = given("", &["session=abc"]);
            known.answered(SITE, "session=abc", &lines(&[change]), &CookieClasses::default(), NOW + 1);
            assert_eq!(known.knows_any(SITE, "a=2; session=abc", NOW + 1), knows, "{change}");
        }
        let known = given("", &["theme=dark", "session="]);
        assert!(!known.knows_any(SITE, "theme=dark; session=", NOW), "neither is a session");
    }

    #[test]
    fn few_are_known() {
        let mut known = KnownSessions::default();
        for number in 0..3 * MAX_KNOWN {
            let line = format!("session={number}");
            known.answered(SITE, "", &[line], &CookieClasses::default(), NOW + number as u64);
            assert!(known.given.len() <= MAX_KNOWN);
        }
        let last = format!("session={}", 3 * MAX_KNOWN - 1);
        assert!(known.knows_any(SITE, &last, NOW + 3 * MAX_KNOWN as u64));
    }
}
