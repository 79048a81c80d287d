//! Which sessions and carts the origin has lately given out, as far as one isolate sees it.
//!
//! A session that has expired, or that somebody made up, is replaced or taken away by whatever page it is sent to. That says
//! nothing of the page. A session that the origin gave out a short while ago is another matter: what such a visitor loses, the page
//! has taken. So only what happens to sessions and carts that are known here is held against a page.
//!
//! Nor is a session known that its visitor has just ended: many origins forget it and set no cookie, and what they are shown next gives
//! them another one, or takes the old one away. So whoever signs out is known no more. And whoever sends a form may have done so under
//! any name: they are no witness until a page has left their session as it was.
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
    /// By the hash of each.
    given: HashMap<u64, Given>,
}

/// What is known of a session or a cart.
#[derive(Debug)]
struct Given {
    /// When it was given out, in milliseconds since the epoch.
    at: u64,
    /// Whether its visitor may have ended it.
    is_in_doubt: bool,
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
                make_room(&mut self.given, MAX_KNOWN, |given| is_recent(given.at, now));
                let given = Given { at: now, is_in_doubt: false };
                self.given.insert(hash(site, cookie.name, cookie.value), given);
            }
        }
    }

    /// Forgets the sessions and carts of a visitor who signs out.
    pub fn signed_out(&mut self, site: &str, cookies: &str) {
        for (name, value) in cookie::pairs(cookies) {
            self.given.remove(&hash(site, name, value));
        }
    }

    /// Notes that a visitor has sent a form, by which their sessions may have ended.
    pub fn doubt(&mut self, site: &str, cookies: &str) {
        self.set_doubt(site, cookies, true);
    }

    /// Notes that a visitor is shown a page. Call this once what the page gives out and takes away is [taken in](Self::answered).
    pub fn shown(&mut self, site: &str, cookies: &str) {
        self.set_doubt(site, cookies, false);
    }

    fn set_doubt(&mut self, site: &str, cookies: &str, is_in_doubt: bool) {
        for (name, value) in cookie::pairs(cookies) {
            if let Some(given) = self.given.get_mut(&hash(site, name, value)) {
                given.is_in_doubt = is_in_doubt;
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

    /// Whether a request carries anything that was given out here.
    #[must_use]
    pub fn has_any(&self, site: &str, cookies: &str) -> bool {
        !self.given.is_empty()
            && cookie::pairs(cookies).any(|(name, value)| self.given.contains_key(&hash(site, name, value)))
    }

    /// Whether any session or cart that a request carries is known.
    #[must_use]
    pub fn knows_any(&self, site: &str, cookies: &str, now: u64) -> bool {
        !self.given.is_empty()
            && cookie::pairs(cookies).any(|(name, value)| self.knows(site, name, value, now))
    }

    fn knows(&self, site: &str, name: &str, value: &str, now: u64) -> bool {
        let given = self.given.get(&hash(site, name, value));
        given.is_some_and(|given| !given.is_in_doubt && is_recent(given.at, now))
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
    fn whoever_may_have_ended_their_session_is_no_witness_of_what_becomes_of_it() {
        let mut known = given("", &["session=abc; HttpOnly", "cart=5"]);
        let all = "session=abc; cart=5";
        known.doubt(SITE, "session=abc");
        assert!(!witnesses(&known, all, &["session=; Max-Age=0"], NOW));
        assert!(witnesses(&known, all, &["cart=6"], NOW), "it was not sent");
        known.shown(SITE, all);
        assert!(witnesses(&known, all, &["session=; Max-Age=0"], NOW), "a page has left it as it was");
        known.doubt("other.example", all);
        assert!(known.knows_any(SITE, "session=abc", NOW));
        known.signed_out(SITE, all);
        known.shown(SITE, all);
        assert!(!known.knows_any(SITE, all, NOW), "it has ended");
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
