//! Pages of which links say that they do something: suspects, which are not fetched on a guess before anybody has met them.
//!
//! An isolate suspects at once what it reads on a page ([`crate::learn::link_reader`]), and tells the site's next-page learner,
//! which publishes what enough visitors were shown. A suspicion ends when plain views of the page, by visitors with a session
//! and by others, have shown that nothing happens: a page that is called "Delete" may be an article. It comes back when a later
//! view shows that something does. A sign-out is never cleared ([`may_be_cleared`]).

use super::class::{Class, CookieClasses};
use super::cookie::{MAX_LINES, Sent, SetCookie, is_too_large};
use super::session;
use super::set_cookie::is_word;
use crate::ineligible::may_be_cleared;
use crate::limits::MAX_PATH_BYTES;
use std::collections::HashMap;

/// How long a suspicion lasts if no link is seen again that says so, in milliseconds: one day.
const LIFE_MS: u64 = 24 * 3600 * 1000;

/// The most suspects that are remembered.
const MAX_SUSPECTS: usize = 2000;

/// How many plain views in a row, by visitors with a session and by others, show that nothing happens.
const SEVERAL: u8 = 3;

/// The longest name of a rule, in bytes.
const MAX_RULE_BYTES: usize = 40;

/// What a plain view of a suspected page has shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Shown {
    /// A page, and nothing of the visitor's has changed.
    Nothing,
    /// Something happens there.
    Something,
}

/// What a plain view of a suspected page has shown, to whom.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct View {
    /// What it has shown.
    pub shown: Shown,
    /// Whether the visitor has a session, or a password.
    pub has_session: bool,
}

/// What is known of a suspected page.
#[derive(Clone, Debug)]
struct Suspect {
    rule: String,
    /// When a link was last seen that says so.
    since: u64,
    /// How many plain views in a row have shown that nothing happens, without a session and with one.
    plain: [u8; 2],
    /// Whether one has shown that something does.
    is_met: bool,
}

impl Suspect {
    fn new(rule: &str, now: u64) -> Self {
        Self { rule: rule.to_owned(), since: now, plain: [0; 2], is_met: false }
    }

    fn is_cleared(&self) -> bool {
        may_be_cleared(&self.rule) && self.plain.iter().all(|views| *views >= SEVERAL)
    }

    fn is_recent(&self, now: u64) -> bool {
        now.saturating_sub(self.since) < LIFE_MS
    }
}

/// What an isolate thinks of a page.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Suspicion<'a> {
    /// Links say that it does something.
    Suspected {
        /// The name of the rule: what they say.
        rule: &'a str,
        /// Whether a plain view has shown the same.
        is_met: bool,
    },
    /// Plain views have shown that nothing happens.
    Cleared,
    /// No link was seen that says anything.
    None,
}

/// See the module's description. Pages are named by their path and the names of their parameters.
#[derive(Debug, Default)]
pub struct Suspects {
    pages: HashMap<(String, String), Suspect>,
}

impl Suspects {
    /// Remembers that a link to a page says that it does something.
    pub fn suspect(&mut self, site: &str, page: &str, rule: &str, now: u64) {
        if page.len() > MAX_PATH_BYTES || rule.len() > MAX_RULE_BYTES {
            return;
        }
        let key = (site.to_owned(), page.to_owned());
        if let Some(known) = self.pages.get_mut(&key).filter(|known| known.is_recent(now)) {
            known.since = now;
            if !may_be_cleared(rule) {
                rule.clone_into(&mut known.rule);
            }
            return;
        }
        if self.pages.len() >= MAX_SUSPECTS {
            self.make_room(now);
        }
        self.pages.insert(key, Suspect::new(rule, now));
    }

    /// Forgets what was not seen for longer than is usual. What stands on every page, as a sign-out does, stays.
    fn make_room(&mut self, now: u64) {
        self.pages.retain(|_, suspect| suspect.is_recent(now));
        let number = self.pages.len().max(1) as u64;
        let ages = self.pages.values().map(|suspect| now.saturating_sub(suspect.since));
        let usual = ages.sum::<u64>() / number;
        self.pages.retain(|_, suspect| now.saturating_sub(suspect.since) <= usual);
        // All were seen at one time.
        if self.pages.len() >= MAX_SUSPECTS {
            self.pages.clear();
        }
    }

    /// What is thought of a page.
    #[must_use]
    pub fn of(&self, site: &str, page: &str, now: u64) -> Suspicion<'_> {
        if self.pages.is_empty() {
            return Suspicion::None;
        }
        let known = self.pages.get(&(site.to_owned(), page.to_owned()));
        match known.filter(|suspect| suspect.is_recent(now)) {
            Some(suspect) if suspect.is_cleared() => Suspicion::Cleared,
            Some(suspect) => Suspicion::Suspected { rule: &suspect.rule, is_met: suspect.is_met },
            None => Suspicion::None,
        }
    }

    /// Takes in what a plain view of a page has shown, to a visitor with a session or without. `published` is the rule by which
    /// the page is suspected elsewhere: links say so that this isolate has not read.
    pub fn viewed(&mut self, site: &str, page: &str, published: Option<&str>, view: View, now: u64) {
        if let (Suspicion::None, Some(rule)) = (self.of(site, page, now), published) {
            self.suspect(site, page, rule, now);
        }
        let known = self.pages.get_mut(&(site.to_owned(), page.to_owned()));
        let Some(known) = known.filter(|suspect| suspect.is_recent(now)) else { return };
        let View { shown, has_session } = view;
        match shown {
            Shown::Something => (known.plain, known.is_met) = ([0; 2], true),
            Shown::Nothing => {
                let [without, with] = &mut known.plain;
                let views = if has_session { with } else { without };
                *views = views.saturating_add(1);
            }
        }
    }
}

/// What the `Set-Cookie` lines of a page have done to its visitor, given the request's `Cookie` field and the time in
/// milliseconds since the epoch; `None` where they tell nothing. A session that is given anew counts as something, since that
/// is how a sign-out may look.
#[must_use]
pub fn shown_by_cookies(
    set_cookies: &[String],
    cookies: &str,
    classes: &CookieClasses,
    now: u64,
) -> Option<Shown> {
    if session::change(set_cookies, cookies, classes, now).is_some() {
        return Some(Shown::Something);
    }
    if is_too_large(cookies) {
        return None;
    }
    let (visitors, mut shown) = (Sent::read(cookies), Some(Shown::Nothing));
    for line in set_cookies.iter().take(MAX_LINES) {
        let cookie = SetCookie::parse(line).at(now);
        let sent = visitors.value_of(cookie.name);
        let differs = sent.is_some_and(|sent| cookie.is_deletion || sent != cookie.value);
        match classes.of(&cookie) {
            // A message says that something was done; to take one away is to have said it.
            Class::Flash if !cookie.is_deletion => return Some(Shown::Something),
            // Counters count on every page. A choice is a word: `lang=de`.
            Class::Inert if differs && is_word(cookie.value) => return Some(Shown::Something),
            Class::Unknown | Class::SignIn if differs => return Some(Shown::Something),
            // Whoever comes for the first time is given much, on whatever page that is.
            Class::Unknown | Class::SignIn if sent.is_none() => shown = None,
            _ => {}
        }
    }
    shown
}

#[cfg(test)]
mod tests {
    use super::*;

    const SITE: &str = "shop.example";

    fn suspected() -> Suspects {
        let mut suspects = Suspects::default();
        suspects.suspect(SITE, "/k/17", "sign-out", 0);
        suspects
    }

    fn view(suspects: &mut Suspects, shown: Shown, sessions: &[bool]) {
        for has_session in sessions {
            suspects.viewed(SITE, "/k/17", None, View { shown, has_session: *has_session }, 1);
        }
    }

    const SIGN_OUT: Suspicion<'_> = Suspicion::Suspected { rule: "sign-out", is_met: false };
    const DELETE: Suspicion<'_> = Suspicion::Suspected { rule: "delete", is_met: false };

    #[test]
    fn a_suspicion_ends_after_a_day_without_a_link_that_says_so() {
        let mut suspects = suspected();
        let rule = SIGN_OUT;
        assert_eq!(suspects.of(SITE, "/k/17", 1), rule);
        assert_eq!(suspects.of(SITE, "/k/18", 1), Suspicion::None);
        assert_eq!(suspects.of("other.example", "/k/17", 1), Suspicion::None);
        assert_eq!(suspects.of(SITE, "/k/17", LIFE_MS - 1), rule);
        assert_eq!(suspects.of(SITE, "/k/17", LIFE_MS), Suspicion::None);
        suspects.suspect(SITE, "/k/17", "cart", LIFE_MS - 1);
        assert_eq!(suspects.of(SITE, "/k/17", LIFE_MS), rule, "the words that came first");
    }

    #[test]
    fn plain_views_of_both_kinds_end_it_and_one_that_shows_something_brings_it_back() {
        let mut suspects = Suspects::default();
        suspects.suspect(SITE, "/k/17", "delete", 0);
        let rule = DELETE;
        view(&mut suspects, Shown::Nothing, &[false; 10]);
        assert_eq!(suspects.of(SITE, "/k/17", 1), rule, "whoever has no session may delete nothing");
        view(&mut suspects, Shown::Nothing, &[true; 2]);
        assert_eq!(suspects.of(SITE, "/k/17", 1), rule);
        view(&mut suspects, Shown::Nothing, &[true]);
        assert_eq!(suspects.of(SITE, "/k/17", 1), Suspicion::Cleared);
        suspects.suspect(SITE, "/k/17", "delete", 2);
        assert_eq!(suspects.of(SITE, "/k/17", 2), Suspicion::Cleared, "its link still says so");
        view(&mut suspects, Shown::Something, &[true]);
        let is_met = Suspicion::Suspected { rule: "delete", is_met: true };
        assert_eq!(suspects.of(SITE, "/k/17", 2), is_met);
        view(&mut suspects, Shown::Nothing, &[true, true, true, false, false]);
        assert_eq!(suspects.of(SITE, "/k/17", 2), is_met);
        view(&mut suspects, Shown::Nothing, &[false]);
        assert_eq!(suspects.of(SITE, "/k/17", 2), Suspicion::Cleared);
        suspects.suspect(SITE, "/k/17", "delete", 2 + LIFE_MS);
        assert_eq!(suspects.of(SITE, "/k/17", 2 + LIFE_MS), rule, "what was known is old");
    }

    #[test]
    fn no_view_shows_that_a_sign_out_does_nothing() {
        let views = [true, false, true, false, true, false];
        let mut suspects = suspected();
        view(&mut suspects, Shown::Nothing, &views);
        assert_eq!(suspects.of(SITE, "/k/17", 1), SIGN_OUT, "it signs out at the origin, perhaps");
        // Whatever other links say of it, and what views have shown meanwhile.
        let mut suspects = Suspects::default();
        suspects.suspect(SITE, "/k/17", "confirm", 0);
        view(&mut suspects, Shown::Nothing, &views);
        assert_eq!(suspects.of(SITE, "/k/17", 1), Suspicion::Cleared);
        for rule in ["sign-out", "confirm"] {
            suspects.suspect(SITE, "/k/17", rule, 1);
            assert_eq!(suspects.of(SITE, "/k/17", 1), SIGN_OUT, "{rule}");
        }
    }

    #[test]
    fn of_a_page_that_is_no_suspect_no_view_is_remembered() {
        let mut suspects = Suspects::default();
        view(&mut suspects, Shown::Nothing, &[true, false, true, false, true, false]);
        assert!(suspects.pages.is_empty());
        let seen = View { shown: Shown::Nothing, has_session: true };
        suspects.viewed(SITE, "/k/18", Some("delete"), seen, 1);
        assert_eq!(suspects.of(SITE, "/k/18", 1), DELETE, "what others suspect is");
        suspects.suspect(SITE, "/k/17", "sign-out", 0);
        assert_eq!(suspects.of(SITE, "/k/17", 1), SIGN_OUT);
    }

    #[test]
    fn what_is_remembered_is_bounded_and_what_is_seen_again_and_again_stays() {
        let mut suspects = suspected();
        for number in 1..=3 * MAX_SUSPECTS as u64 {
            suspects.suspect(SITE, &format!("/x/{number}"), "delete", number);
            suspects.suspect(SITE, "/k/17", "sign-out", number);
            assert!(suspects.pages.len() <= MAX_SUSPECTS);
        }
        let now = 3 * MAX_SUSPECTS as u64;
        assert_eq!(suspects.of(SITE, "/k/17", now), SIGN_OUT);
        assert_eq!(suspects.of(SITE, &format!("/x/{now}"), now), DELETE);
        assert_eq!(suspects.of(SITE, "/x/1", now), Suspicion::None);
        for number in 0..3 * MAX_SUSPECTS {
            suspects.suspect(SITE, &format!("/y/{number}"), "delete", now);
            assert!(suspects.pages.len() <= MAX_SUSPECTS, "all at one time");
        }
        suspects.suspect(SITE, &"x".repeat(MAX_PATH_BYTES + 1), "delete", now);
        suspects.suspect(SITE, "/long", &"x".repeat(MAX_RULE_BYTES + 1), now);
        assert_eq!(suspects.of(SITE, "/long", now), Suspicion::None);
    }

    #[test]
    fn cookies_tell_whether_anything_has_happened() {
        let shown = |lines: &[&str], cookies: &str| {
            let lines: Vec<String> = lines.iter().map(|line| (*line).to_owned()).collect();
            shown_by_cookies(&lines, cookies, &CookieClasses::default(), 1_800_000_000_000)
        };
        let (nothing, something) = (Some(Shown::Nothing), Some(Shown::Something));
        for (lines, cookies, expected) in [
            (&[][..], "session=1", nothing),
            (&["session=1"], "session=1", nothing),
            (&["session=2"], "", nothing),
            (&["_ga=GA1.2.3"], "_ga=GA1.2.2", nothing),
            (&["visits=8"], "visits=7", nothing),
            (&["csrftoken=b"], "csrftoken=a", nothing),
            (&["session=2"], "session=1", something),
            (&["session=; Max-Age=0"], "session=1", something),
            (&["cart=7"], "", something),
            (&["cart=7"], "cart=", something),
            (&["lang=de"], "lang=en", something),
            (&["pick=2"], "pick=1", something),
            (&["pick=; Max-Age=0"], "pick=1", something),
            (&["messages=Done"], "", something),
            (&["messages=; Max-Age=0"], "messages=Done", nothing),
            (&["pick=2"], "", None),
            (&["pick=2", "session=2"], "session=1", something),
        ] {
            assert_eq!(shown(lines, cookies), expected, "{lines:?} {cookies}");
        }
    }
}
