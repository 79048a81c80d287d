//! Which cookies visitors were given anew, or had taken away, a short while ago, as far as one isolate sees it.
//!
//! A deferred cookie is compared with the cookies that come along with its ticket. But the answer that sets it comes later: the
//! ledger is asked before, and for a visit the origin. A script of the page may put something into a cart meanwhile, or sign the
//! visitor out, by a request with the very same cookies. What it is given is the newer. So each answer to a visitor notes which
//! cookies it changes, and what was deferred is held against that once more when it is set.
//!
//! A cookie is known by its site, its name, the value that was sent, if one was, and what tells one browser from another, since
//! many visitors have the same empty cart. Nothing of it is kept but a hash, for a minute. What other isolates see is not seen
//! here, nor is what scripts write themselves.

use super::cookie::{MAX_LINES, Sent, SetCookie, is_too_large};
use super::room::make_room;
use super::session_order::ON_THE_WAY_MS;
use crate::clock::{has_passed, is_ahead};
use crate::hash::{FNV1A, fnv1a_on};
use std::collections::HashMap;

/// How long a change is remembered, in milliseconds: longer than a ticket takes to be redeemed.
const LIFE_MS: u64 = 60_000;

/// The most changes that are remembered.
const MAX_CHANGES: usize = 5000;

/// See the module's description.
#[derive(Debug, Default)]
pub struct ChangedCookies {
    /// By the hash of what a cookie was before.
    changes: HashMap<u64, Change>,
}

/// What has become of a cookie.
#[derive(Clone, Copy, Debug)]
struct Change {
    /// When, in milliseconds since the epoch.
    at: u64,
    /// Whether it was taken away.
    is_deletion: bool,
}

/// Whose cookies they are, and what the request with them has sent.
#[derive(Clone, Copy, Debug)]
pub struct Owner<'a> {
    /// The site: host and port.
    pub site: &'a str,
    /// What tells one browser from another.
    pub browser: &'a [String],
    /// The `Cookie` field.
    pub cookies: &'a str,
}

impl Owner<'_> {
    /// What tells the visitor, whatever their cookies are.
    pub(super) fn hash(&self) -> u64 {
        let parts = std::iter::once(self.site).chain(self.browser.iter().map(String::as_str));
        parts.fold(FNV1A, |hash, part| fnv1a_on(fnv1a_on(hash, part.as_bytes()), b"\n"))
    }
}

impl ChangedCookies {
    /// Notes which cookies the `Set-Cookie` lines of an answer change.
    pub fn answered(&mut self, owner: Owner<'_>, set_cookies: &[String], now: u64) {
        // What the visitor has is not known where that is not read.
        if is_too_large(owner.cookies) {
            return;
        }
        let (sent, owner) = (Sent::read(owner.cookies), owner.hash());
        for line in set_cookies.iter().take(MAX_LINES) {
            let cookie = SetCookie::parse(line).at(now);
            let before = sent.value_of(cookie.name);
            let stays = match before {
                Some(before) => !cookie.is_deletion && before == cookie.value,
                // Many answers take away what nobody has.
                None => cookie.is_deletion,
            };
            if !stays && !cookie.is_ignored() {
                make_room(&mut self.changes, MAX_CHANGES, |change| !has_passed(LIFE_MS, change.at, now));
                let change = Change { at: now, is_deletion: cookie.is_deletion };
                self.changes.insert(key(owner, cookie.name, before), change);
            }
        }
    }

    /// Answers for each name of a cookie whether what was deferred of a page is older than what its visitor was given: the page
    /// was answered at `fetched_at`, and the ticket comes back by a request that began at `since`. What is the newest in any case
    /// (`is_newest`) is older than a deletion alone.
    pub fn outdated<'a>(
        &'a self,
        owner: Owner<'a>,
        fetched_at: u64,
        since: u64,
    ) -> impl Fn(&str, bool) -> bool + 'a {
        let (sent, owner) = (Sent::read(owner.cookies), owner.hash());
        move |name: &str, is_newest: bool| {
            let change = self.changes.get(&key(owner, name, sent.value_of(name)));
            // A clock that was ahead has noted it for no time that anybody would come back from.
            change.filter(|change| !is_ahead(change.at, since)).is_some_and(|change| {
                // The request may have been sent before the browser had what was given. But what a browser was given before the
                // page, and does not send, it does not keep.
                let was_on_the_way =
                    fetched_at < change.at && since <= change.at.saturating_add(ON_THE_WAY_MS);
                (since <= change.at || was_on_the_way) && (change.is_deletion || !is_newest)
            })
        }
    }
}

/// What tells a visitor's cookie, or that they have none of the name, without keeping it.
fn key(owner: u64, name: &str, before: Option<&str>) -> u64 {
    let hash = fnv1a_on(owner, name.as_bytes());
    before.map_or(hash, |before| fnv1a_on(fnv1a_on(hash, b"="), before.as_bytes()))
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;
    const BEFORE: &str = "a=1; cart=7; session=v1";

    /// Whether a cookie of a visitor with the cookies [`BEFORE`] is outdated, who asked at `since`, once an answer to a request
    /// with `cookies` has set a line.
    fn outdated(cookies: &str, line: &str, name: &str, since: u64) -> bool {
        let browser = ["Test/1".to_owned()];
        let owner = |cookies| Owner { site: "shop.example", browser: &browser, cookies };
        let mut changed = ChangedCookies::default();
        changed.answered(owner(cookies), &[line.to_owned()], NOW);
        changed.outdated(owner(BEFORE), NOW - 1000, since)(name, false)
    }

    #[test]
    fn what_a_clock_that_was_ahead_has_noted_takes_nothing_away_and_goes() {
        let browser = ["Test/1".to_owned()];
        let owner = Owner { site: "shop.example", browser: &browser, cookies: BEFORE };
        let mut changed = ChangedCookies::default();
        changed.answered(owner, &["a=2".to_owned()], NOW + 86_400_000);
        assert!(!changed.outdated(owner, NOW - 1000, NOW)("a", false));
        // Two clocks that are right may be some seconds apart.
        changed.answered(owner, &["a=2".to_owned()], NOW + 9_000);
        assert!(changed.outdated(owner, NOW - 1000, NOW)("a", false));
        let full = |changed: &ChangedCookies| changed.changes.len() == MAX_CHANGES;
        for number in 0..MAX_CHANGES {
            changed.answered(owner, &[format!("c{number}=2")], NOW + 86_400_000);
        }
        assert!(full(&changed));
        changed.answered(owner, &["b=2".to_owned()], NOW);
        assert_eq!(changed.changes.len(), 1, "they would fill it for a day");
    }

    #[test]
    fn what_was_changed_or_given_or_taken_away_since_is_newer_than_what_was_deferred() {
        for (line, name, expected) in [
            ("session=v2; Path=/; HttpOnly", "session", true),
            ("session=; Path=/; Max-Age=0", "session", true),
            ("session=v1; Path=/; Expires=Fri, 1 Jan 2027 00:00:00 GMT", "session", true),
            ("cart=8; Path=/", "cart", true),
            ("seen=1; Path=/", "seen", true),
            ("session=v1; Path=/; HttpOnly", "session", false),
            ("session=v2; Path=/; HttpOnly", "cart", false),
            ("seen=; Path=/; Max-Age=0", "seen", false),
            ("session=v2\u{0}", "session", false),
        ] {
            assert_eq!(outdated(BEFORE, line, name, NOW - 500), expected, "{line} {name}");
        }
    }

    #[test]
    fn an_answer_to_other_cookies_changes_none_of_these() {
        let line = "session=v2; Path=/";
        assert!(outdated("session=v1", line, "session", NOW - 500), "of this name alone");
        for cookies in ["session=v0", ""] {
            assert!(!outdated(cookies, line, "session", NOW - 500), "{cookies}");
        }
        assert!(!outdated("seen=0", "seen=1", "seen", NOW - 500), "they had none");
        assert!(!outdated(&"session=v1; ".repeat(200), line, "session", NOW - 500), "too many to be read");
    }

    #[test]
    fn a_request_that_began_when_the_browser_had_what_was_given_is_the_newer_one() {
        let line = "session=v2; Path=/";
        assert!(outdated(BEFORE, line, "session", NOW + ON_THE_WAY_MS));
        assert!(!outdated(BEFORE, line, "session", NOW + ON_THE_WAY_MS + 1));
    }

    #[test]
    fn what_a_browser_was_given_before_the_page_was_fetched_and_does_not_keep_is_not_newer() {
        let owner = Owner { site: "shop.example", browser: &[], cookies: "" };
        let mut changed = ChangedCookies::default();
        changed.answered(owner, &["session=v1".to_owned()], NOW);
        for (fetched_at, since, expected) in
            [(NOW - 1, NOW + 100, true), (NOW, NOW + 100, false), (NOW + 50, NOW + 100, false)]
        {
            assert_eq!(
                changed.outdated(owner, fetched_at, since)("session", false),
                expected,
                "{fetched_at}"
            );
        }
        // By the clock of another machine, which is ahead.
        assert!(changed.outdated(owner, NOW + 100, NOW - 1)("session", false));
    }

    #[test]
    fn other_sites_and_browsers_have_cookies_of_their_own() {
        let browsers = ["Test/1", "Test/2"].map(|browser| [browser.to_owned()]);
        let [browser, another] = &browsers;
        let owner = |site, browser| Owner { site, browser, cookies: "cart=0" };
        let mut changed = ChangedCookies::default();
        changed.answered(owner("shop.example", browser), &["cart=1".to_owned()], NOW);
        for (site, browser, expected) in
            [("shop.example", browser, true), ("shop.example", another, false), ("a.example", browser, false)]
        {
            assert_eq!(
                changed.outdated(owner(site, browser), NOW - 1, NOW)("cart", false),
                expected,
                "{site}"
            );
        }
    }

    #[test]
    fn what_is_the_newest_in_any_case_is_not_set_once_it_was_cleared() {
        for (line, expected) in [("seen=1-2", false), ("seen=; Max-Age=0", true)] {
            let owner = Owner { site: "shop.example", browser: &[], cookies: "seen=1" };
            let mut changed = ChangedCookies::default();
            changed.answered(owner, &[line.to_owned()], NOW);
            assert_eq!(changed.outdated(owner, NOW - 2, NOW - 1)("seen", true), expected, "{line}");
        }
    }

    #[test]
    fn what_is_remembered_has_a_bound() {
        let mut changed = ChangedCookies::default();
        for visitor in 0..3 * MAX_CHANGES {
            let cookies = format!("session={visitor}");
            let owner = Owner { site: "shop.example", browser: &[], cookies: &cookies };
            changed.answered(owner, &["session=new".to_owned()], NOW);
            assert!(changed.changes.len() <= MAX_CHANGES);
            assert!(changed.outdated(owner, NOW - 1, NOW)("session", false));
        }
    }
}
