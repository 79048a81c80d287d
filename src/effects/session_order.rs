//! In which order a visitor's sessions were renewed, as far as one isolate sees it.
//!
//! A speculation may be under way for long, and what it answers renews the session that its request carried. Where the visitor has
//! been given another one meanwhile, by what they did, that answer must not set it: a session that is kept in its cookie would
//! lose what was noted since, and somebody who has signed out would be signed in again. So each answer to a request that is no
//! speculation notes which sessions it has replaced; and while what a visitor does is under way with a session that is kept in
//! its cookie, no speculation is begun.
//!
//! Nothing of a session is kept but a hash, for a minute. What other isolates see is not seen here: there the comparison at the
//! redemption of a ticket decides.

use super::class::{Class, CookieClasses};
use super::cookie::{self, MAX_LINES, Sent, SetCookie};
use super::cookie_session;
use crate::clock::is_due;
use crate::hash::{FNV1A, fnv1a_on};
use std::collections::HashMap;

/// How long it is remembered that a session was replaced, in milliseconds: longer than an origin takes to answer a speculation.
const LIFE_MS: u64 = 60_000;

/// How long what a visitor does is taken to be under way, in milliseconds. Its answer ends it before, if one comes.
const UNDER_WAY_MS: u64 = 10_000;

/// How long a request may be on its way that was sent before the browser had the answer by which a session was replaced, in
/// milliseconds: it carries the session of before.
pub(super) const ON_THE_WAY_MS: u64 = 3_000;

/// The most sessions that are remembered of each kind.
const MAX_SESSIONS: usize = 2000;

/// The most sessions of one visitor that are looked at.
const MAX_OF_VISITOR: usize = 10;

/// See the module's description.
#[derive(Debug, Default)]
pub struct SessionOrder {
    /// When a session was replaced, by its hash.
    replaced: HashMap<u64, u64>,
    /// Until when something is under way with it, and how much.
    under_way: HashMap<u64, (u64, u32)>,
}

impl SessionOrder {
    /// Notes that a visitor with these cookies does something on a site: they go somewhere, or their page's script does it.
    pub fn begins(&mut self, site: &str, cookies: &str, by: By, classes: &CookieClasses, now: u64) {
        for session in kept_in_cookies(site, cookies, by, classes) {
            make_room(&mut self.under_way, |(until, _)| !is_due(*until, UNDER_WAY_MS, now));
            let (until, many) = self.under_way.entry(session).or_default();
            *many = if is_due(*until, UNDER_WAY_MS, now) { 1 } else { many.saturating_add(1) };
            *until = now.saturating_add(UNDER_WAY_MS);
        }
    }

    /// Notes that it was answered.
    pub fn ends(&mut self, site: &str, cookies: &str, by: By, classes: &CookieClasses) {
        for session in kept_in_cookies(site, cookies, by, classes) {
            if let Some((_, many)) = self.under_way.get_mut(&session) {
                *many = many.saturating_sub(1);
                if *many == 0 {
                    self.under_way.remove(&session);
                }
            }
        }
    }

    /// Notes which sessions the `Set-Cookie` lines of an answer replace that is given to a visitor with these cookies. Where they
    /// have not done anything (`is_doing`), a session that is kept in its cookie is merely written anew.
    pub fn replaces(
        &mut self,
        site: &str,
        cookies: &str,
        set_cookies: &[String],
        is_doing: bool,
        classes: &CookieClasses,
        now: u64,
    ) {
        let sent = Sent::read(cookies);
        for line in set_cookies.iter().take(MAX_LINES) {
            let cookie = SetCookie::parse(line).at(now);
            let Some(before) = sent.value_of(cookie.name) else { continue };
            let is_other =
                before != cookie.value && (is_doing || !cookie_session::holds_content(&cookie, set_cookies));
            if classes.of(&cookie) == Class::Session && (cookie.is_deletion || is_other) {
                make_room(&mut self.replaced, |at| now < at.saturating_add(LIFE_MS));
                self.replaced.insert(hash(site, cookie.name, before), now);
            }
        }
    }

    /// Whether something is under way, done by whom, that will renew one of the visitor's sessions, perhaps.
    #[must_use]
    pub fn is_under_way(&self, site: &str, cookies: &str, by: By, classes: &CookieClasses, now: u64) -> bool {
        !self.under_way.is_empty()
            && kept_in_cookies(site, cookies, by, classes).any(|session| {
                self.under_way.get(&session).is_some_and(|(until, _)| !is_due(*until, UNDER_WAY_MS, now))
            })
    }

    /// Whether an answer to a request with these cookies, which began at `since`, comes too late to set one of its sessions: the
    /// visitor has been given another one meanwhile.
    #[must_use]
    pub fn is_overtaken(&self, site: &str, cookies: &str, set_cookies: &[String], since: u64) -> bool {
        if self.replaced.is_empty() || set_cookies.is_empty() {
            return false;
        }
        let sent = Sent::read(cookies);
        set_cookies.iter().take(MAX_LINES).any(|line| {
            let name = SetCookie::parse(line).name;
            let replaced = sent.value_of(name).and_then(|sent| self.replaced.get(&hash(site, name, sent)));
            replaced.is_some_and(|at| since <= at.saturating_add(ON_THE_WAY_MS))
        })
    }
}

/// Who does something that is under way.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum By {
    /// The visitor, who goes somewhere.
    Visitor,
    /// A script of the page that they look at.
    Script,
}

/// The hashes of a visitor's sessions whose content is kept in their cookies.
fn kept_in_cookies(site: &str, cookies: &str, by: By, classes: &CookieClasses) -> impl Iterator<Item = u64> {
    cookie::pairs(cookies)
        .filter(|(name, value)| {
            cookie_session::is_content(name, value)
                && matches!(classes.of_name(name), Class::Session | Class::Unknown)
        })
        .map(move |(name, value)| fnv1a_on(hash(site, name, value), &[u8::from(by == By::Script)]))
        .take(MAX_OF_VISITOR)
}

/// What tells a visitor's session, or another cookie of theirs, without keeping it.
pub(super) fn hash(site: &str, name: &str, value: &str) -> u64 {
    [site, name, value].iter().fold(FNV1A, |hash, part| fnv1a_on(fnv1a_on(hash, part.as_bytes()), b"\n"))
}

/// Makes room for one more: what is past goes, and where nothing is, everything.
fn make_room<T>(kept: &mut HashMap<u64, T>, is_current: impl Fn(&T) -> bool) {
    if kept.len() >= MAX_SESSIONS {
        kept.retain(|_, it| is_current(it));
        if kept.len() >= MAX_SESSIONS {
            kept.clear();
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "shop.example";
    const NOW: u64 = 1_800_000_000_000;
    /// Sessions that are kept in their cookies.
    const BEFORE: &str = "a=1; session=eyJ2aWV3cyI6MX0=";
    const AFTER: &str = "session=eyJ2aWV3cyI6Mn0=; Path=/; HttpOnly";

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn classes() -> CookieClasses {
        CookieClasses::default()
    }

    #[test]
    fn an_answer_must_not_set_a_session_that_was_replaced_since_it_was_asked_for() {
        let mut order = SessionOrder::default();
        order.replaces(SITE, BEFORE, &lines(&[AFTER]), true, &classes(), NOW);
        let late = lines(&["session=eyJ2aWV3cyI6M30=; Path=/"]);
        assert!(order.is_overtaken(SITE, BEFORE, &late, NOW - 500));
        assert!(
            order.is_overtaken(SITE, BEFORE, &late, NOW + ON_THE_WAY_MS),
            "sent before the browser had the new one"
        );
        assert!(!order.is_overtaken(SITE, BEFORE, &late, NOW + ON_THE_WAY_MS + 1));
        assert!(!order.is_overtaken("other.example", BEFORE, &late, NOW - 500));
        assert!(
            !order.is_overtaken(SITE, "session=eyJ2aWV3cyI6Mn0=", &late, NOW - 500),
            "it carries the new one"
        );
        assert!(!order.is_overtaken(SITE, BEFORE, &lines(&["a=2"]), NOW - 500), "it sets no session");
    }

    #[test]
    fn a_session_of_any_kind_that_is_taken_away_or_exchanged_counts_and_one_that_stays_does_not() {
        let late = lines(&["PHPSESSID=q3v8k1m0; Path=/"]);
        for (line, counts) in [
            ("PHPSESSID=deleted; Path=/; Max-Age=0", true),
            ("PHPSESSID=b7c1e09f; Path=/", true),
            ("PHPSESSID=q3v8k1m0; Path=/", false),
            ("theme=dark; Path=/", false),
        ] {
            let mut order = SessionOrder::default();
            order.replaces(SITE, "PHPSESSID=q3v8k1m0; theme=light", &lines(&[line]), false, &classes(), NOW);
            assert_eq!(order.is_overtaken(SITE, "PHPSESSID=q3v8k1m0", &late, NOW - 1), counts, "{line}");
        }
    }

    #[test]
    fn nothing_is_begun_while_something_is_under_way_until_all_of_it_is_answered_or_its_time_is_over() {
        let mut order = SessionOrder::default();
        let is_under_way =
            |order: &SessionOrder, at| order.is_under_way(SITE, BEFORE, By::Visitor, &classes(), at);
        order.begins(SITE, BEFORE, By::Visitor, &classes(), NOW);
        order.begins(SITE, BEFORE, By::Visitor, &classes(), NOW + 1);
        assert!(is_under_way(&order, NOW + 2));
        assert!(
            !order.is_under_way(SITE, "session=eyJ2aWV3cyI6Mn0=", By::Visitor, &classes(), NOW + 2),
            "another visitor"
        );
        order.ends(SITE, BEFORE, By::Visitor, &classes());
        assert!(is_under_way(&order, NOW + 3));
        order.ends(SITE, BEFORE, By::Visitor, &classes());
        assert!(!is_under_way(&order, NOW + 4));
        order.begins(SITE, BEFORE, By::Visitor, &classes(), NOW + 5);
        assert!(!is_under_way(&order, NOW + 5 + UNDER_WAY_MS), "its answer never came");
        // A key to what the origin keeps is renewed by the origin in its own order.
        order.begins(SITE, "PHPSESSID=q3v8k1m0", By::Visitor, &classes(), NOW);
        assert!(!order.is_under_way(SITE, "PHPSESSID=q3v8k1m0", By::Visitor, &classes(), NOW + 1));
    }

    #[test]
    fn what_scripts_do_is_told_from_what_the_visitor_does() {
        let mut order = SessionOrder::default();
        order.begins(SITE, BEFORE, By::Script, &classes(), NOW);
        assert!(order.is_under_way(SITE, BEFORE, By::Script, &classes(), NOW));
        assert!(!order.is_under_way(SITE, BEFORE, By::Visitor, &classes(), NOW));
        // A poll whose answer writes the session anew.
        order.replaces(SITE, BEFORE, &lines(&[AFTER]), false, &classes(), NOW);
        assert!(!order.is_overtaken(SITE, BEFORE, &lines(&[AFTER]), NOW - 1));
        order.replaces(SITE, BEFORE, &lines(&["session=; Max-Age=0"]), false, &classes(), NOW);
        assert!(order.is_overtaken(SITE, BEFORE, &lines(&[AFTER]), NOW - 1), "taken away all the same");
        // By the form of its value alone: the name tells nothing.
        let nameless = "Redmine=TmpFNE1UUXpOVEV5--b5f4c6f4b9d9d2f1f8b9c2d3e4f5a6b7c8d9e0f1";
        order.begins(SITE, nameless, By::Visitor, &classes(), NOW);
        assert!(order.is_under_way(SITE, nameless, By::Visitor, &classes(), NOW));
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut order = SessionOrder::default();
        for visitor in 0..3 * MAX_SESSIONS as u64 {
            let cookies = format!("session=eyJ2aWV3cyI6MX0={visitor}");
            order.begins(SITE, &cookies, By::Visitor, &classes(), NOW);
            order.replaces(SITE, &cookies, &lines(&[AFTER]), true, &classes(), NOW);
            order.begins(SITE, &cookies, By::Visitor, &classes(), NOW);
            assert!(order.replaced.len() <= MAX_SESSIONS && order.under_way.len() <= MAX_SESSIONS);
        }
    }
}
