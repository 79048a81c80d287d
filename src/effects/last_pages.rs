//! Which page of a site a session was shown last, and whether another one was fetched ahead since.
//!
//! Many applications keep one form token in a session and make a new one with each page. A form whose page was given before another one
//! then sends a token that is good no more. Where the other page was only pointed at, the speculation is to blame; where the visitor has
//! opened it, in another tab say, nobody is.
//!
//! Nothing of a session is kept but a hash, for an hour. A cookie that nobody knows counts as one where it may be a key. What other
//! isolates see is not seen here.

use super::class::CookieClasses;
use super::cookie::{MAX_LINES, SetCookie};
use super::room::make_room;
use super::session;
use super::session_order::hash;
use crate::clock::has_passed;
use crate::hash::{fnv1a, hash16};
use std::collections::HashMap;

/// How long it is remembered, in milliseconds: about as long as somebody fills a form in.
const LIFE_MS: u64 = 3_600_000;

/// The most sessions that are remembered.
const MAX_SESSIONS: usize = 2000;

/// The most sessions of one visitor that are looked at.
const MAX_OF_VISITOR: usize = 4;

/// See the module's description.
#[derive(Debug, Default)]
pub struct LastPages(HashMap<u64, Last>);

/// What a session was given last, by hashes.
#[derive(Debug)]
struct Last {
    /// The page that was shown.
    shown: Option<u64>,
    /// The page that was fetched ahead since.
    ahead: Option<u64>,
    /// When, in milliseconds since the epoch.
    at: u64,
}

impl Last {
    fn is_current(&self, now: u64) -> bool {
        !has_passed(LIFE_MS, self.at, now)
    }
}

/// A visitor who is given a page, or sends a form of it.
#[derive(Clone, Copy, Debug)]
pub struct Of<'a> {
    /// The site, as it is named in keys.
    pub site: &'a str,
    /// The `Cookie` field of the request.
    pub cookies: &'a str,
    /// The page's path and query.
    pub page: &'a str,
}

impl LastPages {
    /// Notes that a visitor was given a page at `now`, with these `Set-Cookie` lines. What is given ahead begins no session: its lines
    /// are [deferred](super::ticket).
    pub fn given(
        &mut self,
        to: Of<'_>,
        set_cookies: &[String],
        is_ahead: bool,
        classes: &CookieClasses,
        now: u64,
    ) {
        let page = fnv1a(to.page.as_bytes());
        let lines = set_cookies.iter().take(if is_ahead { 0 } else { MAX_LINES });
        let lines: Vec<SetCookie<'_>> = lines.map(|line| SetCookie::parse(line).at(now)).collect();
        let newer: Vec<&SetCookie<'_>> =
            lines.iter().filter(|cookie| session::may_be(classes.of(cookie), cookie.value)).collect();
        let older = session::possible(to.cookies, classes)
            .filter(|(name, _)| !newer.iter().any(|cookie| cookie.name == *name));
        let kept = newer.iter().filter(|cookie| !cookie.is_deletion);
        let kept = kept.map(|cookie| (cookie.name, cookie.value));
        for (name, value) in older.chain(kept).take(MAX_OF_VISITOR) {
            make_room(&mut self.0, MAX_SESSIONS, |last| last.is_current(now));
            let session = hash(to.site, name, value);
            let before = || self.0.get(&session).filter(|last| last.is_current(now))?.shown;
            let shown = if is_ahead { before() } else { Some(page) };
            self.0.insert(session, Last { shown, ahead: is_ahead.then_some(page), at: now });
        }
    }

    /// Whether another page was fetched ahead since that of which a visitor sends a form; `None` where that page is not known to be the
    /// one that they were shown last.
    #[must_use]
    pub fn is_followed_by_guess(&self, of: Of<'_>, classes: &CookieClasses, now: u64) -> Option<bool> {
        let page = Some(fnv1a(of.page.as_bytes()));
        let last = session::possible(of.cookies, classes)
            .take(MAX_OF_VISITOR)
            .filter_map(|(name, value)| self.0.get(&hash(of.site, name, value)))
            .filter(|last| last.is_current(now))
            .max_by_key(|last| last.at)?;
        if last.ahead == page {
            // It was fetched ahead, and is shown.
            return Some(false);
        }
        (last.shown == page).then_some(last.ahead.is_some())
    }
}

/// What tells forms apart that do different things: the path to which they are sent, without what looks like an identifier.
#[must_use]
pub fn kind_of(path: &str) -> u16 {
    let has_digit = |segment: &str| segment.bytes().any(|it| it.is_ascii_digit());
    let names = path.split('/').map(|segment| if has_digit(segment) { "*" } else { segment });
    hash16(names.collect::<Vec<_>>().join("/").as_bytes())
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn of<'a>(cookies: &'a str, page: &'a str) -> Of<'a> {
        Of { site: "shop.example", cookies, page }
    }

    /// What a form of `/form` is, which is sent with these cookies after these pages were given: whether ahead, with which cookies, and
    /// what they set.
    fn sent(given: &[(&str, bool, &str, &str)], cookies: &str) -> Option<bool> {
        let (mut last, classes) = (LastPages::default(), CookieClasses::default());
        for (at, (page, is_ahead, cookies, line)) in (0..).zip(given) {
            let lines: Vec<String> =
                [*line].into_iter().filter(|line| !line.is_empty()).map(str::to_owned).collect();
            last.given(of(cookies, page), &lines, *is_ahead, &classes, NOW + at);
        }
        last.is_followed_by_guess(of(cookies, "/form"), &classes, NOW + 100)
    }

    #[test]
    fn a_form_is_followed_by_a_guess_where_another_page_came_ahead_after_its_own() {
        const S: &str = "PHPSESSID=q3v8k1m0; theme=dark";
        for (given, expected) in [
            (&[][..], None),
            (&[("/form", false, S, "")][..], Some(false)),
            (&[("/form", false, S, ""), ("/a", true, S, "")], Some(true)),
            (&[("/a", true, S, ""), ("/form", false, S, "")], Some(false)),
            // Fetched ahead and then shown, as far as one can see.
            (&[("/home", false, S, ""), ("/form", true, S, "")], Some(false)),
            (&[("/form", true, S, "")], Some(false)),
            // It may have been shown after that, or not.
            (&[("/form", true, S, ""), ("/a", true, S, "")], None),
            // Opened by the visitor, in another tab.
            (&[("/form", false, S, ""), ("/a", false, S, "")], None),
            (&[("/form", false, S, ""), ("/a", false, S, ""), ("/b", true, S, "")], None),
            (&[("/form", false, S, ""), ("/a", true, "PHPSESSID=b7c1e09f", "")], Some(false)),
            (&[("/form", false, S, ""), ("/a", true, "theme=dark", "")], Some(false)),
        ] {
            assert_eq!(sent(given, S), expected, "{given:?}");
        }
        let given = |cookies| [("/form", false, cookies, ""), ("/a", true, cookies, "")];
        for (cookies, expected) in [("gw=5f0c1b7e9a3d4c28", Some(true)), ("theme=dark", None)] {
            assert_eq!(sent(&given(cookies), cookies), expected, "{cookies}");
        }
    }

    #[test]
    fn a_page_that_begins_a_session_is_the_first_of_it_and_one_that_is_ahead_begins_none() {
        const S: &str = "PHPSESSID=q3v8k1m0";
        const LINE: &str = "PHPSESSID=q3v8k1m0; Path=/; HttpOnly";
        for (given, expected) in [
            (&[("/form", false, "", LINE), ("/a", true, S, "")][..], Some(true)),
            (&[("/form", false, "PHPSESSID=old", LINE), ("/a", true, S, LINE)], Some(true)),
            (&[("/form", true, "", LINE)], None),
            (&[("/form", false, S, "PHPSESSID=x; Max-Age=0")], None),
        ] {
            assert_eq!(sent(given, S), expected, "{given:?}");
        }
    }

    #[test]
    fn forms_are_told_apart_by_where_they_are_sent() {
        assert_eq!(kind_of("/posts/5/like"), kind_of("/posts/17/like"));
        assert_ne!(kind_of("/posts/5/like"), kind_of("/posts/5/edit"));
    }

    #[test]
    fn it_is_remembered_for_an_hour_and_has_a_bound() {
        let (mut last, classes) = (LastPages::default(), CookieClasses::default());
        let form = of("PHPSESSID=q3v8k1m0", "/form");
        last.given(form, &[], false, &classes, NOW);
        assert_eq!(last.is_followed_by_guess(form, &classes, NOW + LIFE_MS - 1), Some(false));
        assert_eq!(last.is_followed_by_guess(form, &classes, NOW + LIFE_MS), None);
        for number in 0..3 * MAX_SESSIONS {
            last.given(of(&format!("PHPSESSID={number}"), "/form"), &[], false, &classes, NOW);
            assert!(last.0.len() <= MAX_SESSIONS);
        }
    }
}
