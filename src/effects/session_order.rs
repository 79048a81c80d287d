//! In which order a visitor's sessions were renewed, as far as one isolate sees it.
//!
//! A speculation may be under way for long, and what it answers renews the session that its request carried. Where the visitor has
//! been given a newer one meanwhile, that answer must not set it: a session that is kept in its cookie would lose what was noted
//! since, and somebody who has signed out would be signed in again. So each answer to a request that is no speculation notes
//! what becomes of the sessions that came with it:
//!
//! - They are *replaced* by what the visitor does, or taken away, by whatever request. The visitor may be somebody else now, or
//!   be shown something else: what the speculation has fetched is good for nothing.
//! - They are *renewed*, by what a page fetches by itself. Many applications sign a token anew with each answer, and the one before
//!   stays good: it is still the same visitor. The page is good, and only its older line is left out.
//!
//! What an answer to a guess renews, at once, is replaced as well: another guess that was under way with it would undo that.
//!
//! What only [goes with a session](Class::Sticky) changes with any answer, and is neither. While what a visitor does is under way
//! with a session that is kept in its cookie, no speculation is begun.
//!
//! Nothing of a session is kept but a hash, for a minute. What other isolates see is not seen here: there the comparison at the
//! redemption of a ticket decides.

use super::class::{Class, CookieClasses};
use super::cookie::{self, MAX_LINES, Sent, SetCookie};
use super::cookie_parts::CookieParts;
use super::cookie_session;
use super::room;
use crate::clock::is_due;
use crate::hash::{FNV1A, fnv1a_on};
use std::collections::HashMap;
use std::hash::Hash;

// A bit of an `u128` stands for each line.
const _: () = assert!(MAX_LINES < 128);

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

/// How often a session may have been renewed one after the other and still be followed: more often than in a minute.
const MAX_RENEWED: usize = 64;

/// How long it is remembered that pages of a site renew sessions by themselves, in milliseconds.
const RENEWING_MS: u64 = 24 * 60 * 60 * 1000;

/// The most sites of which that is remembered.
const MAX_SITES: usize = 100;

/// What became of the value of a session.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
enum End {
    /// The visitor was given another one for what they did, or it was taken away.
    Replaced,
    /// It was written anew.
    Renewed,
}

/// What has become, meanwhile, of the sessions with which a speculation was asked for.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Overtaken {
    /// Whether the answer sets one that was replaced.
    pub is_replaced: bool,
    /// Which of the answer's `Set-Cookie` lines set one that was renewed, so that the visitor has a newer one: a bit for each, the
    /// lowest for the first.
    older: u128,
}

impl Overtaken {
    /// The `Set-Cookie` lines that are left where none may set what is older than what the visitor has; `None` where all are.
    #[must_use]
    pub fn left(&self, set_cookies: &[String]) -> Option<Vec<String>> {
        let is_older = |at: usize| at < MAX_LINES && (self.older >> at) & 1 == 1;
        let left = set_cookies.iter().enumerate().filter(|(at, _)| !is_older(*at));
        (self.older != 0).then(|| left.map(|(_, line)| line.clone()).collect())
    }
}

/// How a session was ended.
#[derive(Clone, Copy, Debug)]
struct Ended {
    /// When, in milliseconds since the epoch.
    at: u64,
    /// The hash of what has taken its place.
    next: u64,
    /// When the guess was asked for that has done it; 0 for what was no guess. Only what was asked for after that may have found the
    /// session gone.
    asked_at: u64,
}

/// By what an answer comes that sets sessions.
#[derive(Clone, Copy, Debug)]
enum How {
    /// By what the visitor does.
    Doing,
    /// By what a page does by itself.
    ByPage,
    /// By a guess, asked for at this time.
    Ahead { since: u64 },
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct SessionOrder {
    /// What became of a session, by its hash.
    ended: HashMap<(u64, End), Ended>,
    /// Until when something is under way with it, and how much.
    under_way: HashMap<u64, (u64, u32)>,
    /// When a page of each site was last seen to renew its visitor's session by itself.
    renewing: HashMap<String, u64>,
}

impl SessionOrder {
    /// Notes that a page of a site has renewed its visitor's session by itself, by what it fetches or shows in a frame.
    pub fn renews(&mut self, site: &str, now: u64) {
        if !self.renewing.contains_key(site) {
            room::make_room(&mut self.renewing, MAX_SITES, |at| is_renewing(*at, now));
        }
        self.renewing.insert(site.to_owned(), now);
    }

    /// Whether pages of a site have lately done that, so that another value of a session tells nothing of its visitor.
    #[must_use]
    pub fn do_pages_renew(&self, site: &str, now: u64) -> bool {
        self.renewing.get(site).is_some_and(|at| is_renewing(*at, now))
    }

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

    /// Notes what becomes of the sessions of a visitor with these cookies by the `Set-Cookie` lines of an answer to them. Where they
    /// have not done anything (`is_doing`), another value is the same session written anew.
    pub fn answered(
        &mut self,
        site: &str,
        cookies: &str,
        set_cookies: &[String],
        is_doing: bool,
        classes: &CookieClasses,
        now: u64,
    ) {
        let how = if is_doing { How::Doing } else { How::ByPage };
        self.note(site, cookies, set_cookies, how, classes, now);
    }

    /// The same of the lines of an answer to a guess, asked for at `since`, that reach them now. Where another guess was under way with
    /// the same key, the origin may not know it any more, and answers as to somebody who is not signed in.
    pub fn passed(
        &mut self,
        site: &str,
        cookies: &str,
        set_cookies: &[String],
        since: u64,
        classes: &CookieClasses,
        now: u64,
    ) {
        self.note(site, cookies, set_cookies, How::Ahead { since }, classes, now);
    }

    fn note(
        &mut self,
        site: &str,
        cookies: &str,
        set_cookies: &[String],
        how: How,
        classes: &CookieClasses,
        now: u64,
    ) {
        let sent = Sent::read(cookies);
        let all = read(set_cookies, now);
        let parts = CookieParts::read(&sent, &all);
        for cookie in &all {
            let Some(before) = sent.value_of(cookie.name) else { continue };
            let is_changed = cookie.is_deletion || before != cookie.value;
            if !is_changed || classes.of(cookie) != Class::Session {
                continue;
            }
            // A part that is not needed any more, say.
            let is_taken = cookie.is_deletion && !parts.is_set_anew(cookie.name);
            // What tells by itself whose it is stays good beside a newer value.
            let stays_good = || {
                let mut whole = all.iter().filter(|other| parts.are_one(other.name, cookie.name));
                whole.any(|other| cookie_session::is_token(other.value))
                    || cookie_session::holds_content(cookie, set_cookies)
            };
            let (is_replaced, asked_at) = match how {
                How::Doing => (true, 0),
                How::ByPage => (is_taken, 0),
                How::Ahead { since } => (is_taken || !stays_good(), since),
            };
            let end = if is_replaced { End::Replaced } else { End::Renewed };
            make_room(&mut self.ended, |ended| now < ended.at.saturating_add(LIFE_MS));
            let next = hash(site, cookie.name, cookie.value);
            self.ended.insert((hash(site, cookie.name, before), end), Ended { at: now, next, asked_at });
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

    /// Which sessions an answer to a request with these cookies, which began at `since`, comes too late to set: the visitor has been
    /// given others meanwhile.
    #[must_use]
    pub fn overtaken(&self, site: &str, cookies: &str, set_cookies: &[String], since: u64) -> Overtaken {
        let mut overtaken = Overtaken::default();
        if self.ended.is_empty() || set_cookies.is_empty() {
            return overtaken;
        }
        let sent = Sent::read(cookies);
        let all = read(set_cookies, since);
        let parts = CookieParts::read(&sent, &all);
        let mut renewed = Vec::new();
        for cookie in &all {
            let Some(before) = sent.value_of(cookie.name) else { continue };
            let ended = |hash, end| {
                let ended = self.ended.get(&(hash, end))?;
                let may_be_late = ended.asked_at..=ended.at.saturating_add(ON_THE_WAY_MS);
                may_be_late.contains(&since).then_some(ended.next)
            };
            let first = hash(site, cookie.name, before);
            // What was renewed may have been replaced after that.
            let followed = std::iter::successors(Some(first), |hash| ended(*hash, End::Renewed));
            overtaken.is_replaced |=
                followed.take(MAX_RENEWED).any(|hash| ended(hash, End::Replaced).is_some());
            // What takes a session away is no older one.
            if ended(first, End::Renewed).is_some() && parts.is_set_anew(cookie.name) {
                renewed.push(parts.whole(cookie.name));
            }
        }
        // All parts of a session that is cut up, also those that are new.
        for (at, cookie) in all.iter().enumerate() {
            overtaken.older |= u128::from(renewed.contains(&parts.whole(cookie.name))) << at;
        }
        overtaken
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

/// The lines of an answer, as far as they are looked at.
fn read(set_cookies: &[String], now: u64) -> Vec<SetCookie<'_>> {
    set_cookies.iter().take(MAX_LINES).map(|line| SetCookie::parse(line).at(now)).collect()
}

/// Whether what a site's pages were last seen to renew at `at` counts at `now`.
fn is_renewing(at: u64, now: u64) -> bool {
    now < at.saturating_add(RENEWING_MS)
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
fn make_room<K: Eq + Hash, T>(kept: &mut HashMap<K, T>, is_current: impl Fn(&T) -> bool) {
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
        order.answered(SITE, BEFORE, &lines(&[AFTER]), true, &classes(), NOW);
        let late = lines(&["session=eyJ2aWV3cyI6M30=; Path=/"]);
        let is_replaced = |site: &str, cookies: &str, lines: &[String], since: u64| {
            order.overtaken(site, cookies, lines, since).is_replaced
        };
        assert!(is_replaced(SITE, BEFORE, &late, NOW - 500));
        assert!(
            is_replaced(SITE, BEFORE, &late, NOW + ON_THE_WAY_MS),
            "sent before the browser had the new one"
        );
        assert!(!is_replaced(SITE, BEFORE, &late, NOW + ON_THE_WAY_MS + 1));
        assert!(!is_replaced("other.example", BEFORE, &late, NOW - 500));
        assert!(!is_replaced(SITE, "session=eyJ2aWV3cyI6Mn0=", &late, NOW - 500), "it carries the new one");
        assert!(!is_replaced(SITE, BEFORE, &lines(&["a=2"]), NOW - 500), "it sets no session");
    }

    /// What a guess that answers with a line is told, once an answer to a request with the same cookies has set these.
    fn overtaken(cookies: &str, set: &[&str], is_doing: bool, late: &[&str]) -> Overtaken {
        let mut order = SessionOrder::default();
        order.answered(SITE, cookies, &lines(set), is_doing, &classes(), NOW);
        order.overtaken(SITE, cookies, &lines(late), NOW - 1)
    }

    #[test]
    fn what_a_visitor_does_replaces_a_session_and_what_a_page_fetches_renews_it() {
        for (line, by_doing, by_page) in [
            ("PHPSESSID=deleted; Path=/; Max-Age=0", (true, 0), (true, 0)),
            ("PHPSESSID=b7c1e09f; Path=/", (true, 0), (false, 1)),
            ("PHPSESSID=q3v8k1m0; Path=/", (false, 0), (false, 0)),
            ("theme=dark; Path=/", (false, 0), (false, 0)),
        ] {
            for (is_doing, (is_replaced, older)) in [(true, by_doing), (false, by_page)] {
                let cookies = "PHPSESSID=q3v8k1m0; theme=light";
                let told = overtaken(cookies, &[line], is_doing, &["PHPSESSID=q3v8k1m0; Path=/"]);
                assert_eq!(told, Overtaken { is_replaced, older }, "{line} {is_doing}");
            }
        }
    }

    #[test]
    fn of_two_guesses_with_one_key_the_later_answer_is_of_a_session_that_is_gone() {
        const PART: &str = "eyJhbGciOiJkaXIifQ..a1b2c3d4";
        let replaced = Overtaken { is_replaced: true, older: 0 };
        let renewed = |older: u128| Overtaken { is_replaced: false, older };
        let in_parts = format!("s.0={PART}.old; s.1=e5f6");
        let newer = [format!("s.0={PART}.new; HttpOnly"), "s.1=a7b8; HttpOnly".to_owned()];
        let newer: Vec<&str> = newer.iter().map(String::as_str).collect();
        for (before, after, late, expected) in [
            ("PHPSESSID=q3v8k1m0", &["PHPSESSID=b7c1e09f"][..], "PHPSESSID=0c4d9a2e", replaced),
            (
                &*format!("session={PART}.old.x"),
                &[&*format!("session={PART}.new.x")],
                "session=x",
                renewed(1),
            ),
            (&in_parts, &newer, "s.1=x; HttpOnly", renewed(1)),
            (
                "laravel_session=eyJpdiI6IjF4In0%3D",
                &["laravel_session=eyJpdiI6IjJ4In0%3D"],
                "laravel_session=x",
                renewed(1),
            ),
            (
                ".AspNetCore.Cookies=CfDJ8a",
                &[".AspNetCore.Cookies=CfDJ8b"],
                ".AspNetCore.Cookies=CfDJ8c",
                renewed(1),
            ),
        ] {
            let mut order = SessionOrder::default();
            order.passed(SITE, before, &lines(after), NOW - 200, &classes(), NOW);
            let late = lines(&[late]);
            assert_eq!(order.overtaken(SITE, before, &late, NOW - 100), expected, "{before}");
            // It was asked for before, so it cannot have found the session gone.
            assert_eq!(order.overtaken(SITE, before, &late, NOW - 201), Overtaken::default(), "{before}");
            let has_newer =
                after.iter().map(|line| line.split(';').next().unwrap()).collect::<Vec<_>>().join("; ");
            assert_eq!(order.overtaken(SITE, &has_newer, &late, NOW + 1), Overtaken::default(), "{before}");
        }
    }

    /// Auth.js encrypts its token anew with each answer, in parts where it is long; others have names that tell nothing.
    #[test]
    fn a_session_that_is_written_anew_is_older_as_a_whole_and_what_a_balancer_sets_never_is() {
        for (cookies, set, late, older) in [
            (
                "authjs.session-token=a..b",
                &["authjs.session-token=a..c; HttpOnly"][..],
                &["seen=1", "authjs.session-token=a..d; HttpOnly", "lang=en"][..],
                0b010,
            ),
            (
                "s.0=a; s.1=b",
                &["s.0=c; HttpOnly", "s.1=; HttpOnly; Max-Age=0"][..],
                &["s.0=d; HttpOnly", "s.1=e; HttpOnly", "s.2=f; HttpOnly", "s2=1"][..],
                0b0111,
            ),
            ("x=1", &["x=2; HttpOnly"][..], &["x=3; HttpOnly"][..], 1),
            ("session=1", &["session=2"][..], &["session=1; Max-Age=3600"][..], 1),
            ("session=1", &["session=2"][..], &["session=1; Max-Age=3600", "session=; Max-Age=0"][..], 0),
            ("session=1", &["session=2"][..], &["session=; Max-Age=0"][..], 0),
            ("session=1", &["session=2"][..], &["other=1; HttpOnly"][..], 0),
            (
                "AWSALB=1; TS01a2b3c4=1",
                &["AWSALB=2; Path=/", "TS01a2b3c4=2; HttpOnly"][..],
                &["AWSALB=3; Path=/", "TS01a2b3c4=3; HttpOnly"][..],
                0,
            ),
        ] {
            let expected = Overtaken { is_replaced: false, older };
            assert_eq!(overtaken(cookies, set, false, late), expected, "{late:?}");
        }
        for line in ["AWSALB=2", "AWSALB=; Max-Age=0"] {
            let told = overtaken("AWSALB=1", &[line], true, &["AWSALB=3"]);
            assert_eq!(told, Overtaken::default(), "nor by a form: {line}");
        }
    }

    #[test]
    fn what_was_renewed_is_replaced_by_what_the_visitor_does_with_the_newer_one() {
        let of = |number: u32| format!("authjs.session-token={number}");
        let set = |number: u32| lines(&[&format!("authjs.session-token={number}; Path=/; HttpOnly")]);
        let mut order = SessionOrder::default();
        // Pages renew it one after the other.
        for number in 0..3 {
            order.answered(SITE, &of(number), &set(number + 1), false, &classes(), NOW);
        }
        let late = |order: &SessionOrder| order.overtaken(SITE, &of(0), &set(9), NOW - 500);
        assert_eq!(late(&order), Overtaken { is_replaced: false, older: 1 });
        order.answered(SITE, &of(3), &set(4), true, &classes(), NOW);
        assert!(late(&order).is_replaced);
        // A ring has an end.
        order.answered(SITE, &of(4), &set(0), false, &classes(), NOW);
        assert!(late(&order).is_replaced);
    }

    #[test]
    fn of_an_answer_what_is_older_is_left_out_with_all_its_parts() {
        let cookies = "session.0=a; session.1=b";
        let answer = ["session.0=c", "theme=dark", "session.1=; Max-Age=0", "session2=1", "session=b"];
        let left = |set: &[&str], is_doing| overtaken(cookies, set, is_doing, &answer).left(&lines(&answer));
        assert_eq!(left(&["session.0=d"], false), Some(lines(&["theme=dark", "session2=1"])));
        assert_eq!(left(&["session.0=d"], true), None, "then all of it is good for nothing");
        let many: Vec<String> = (0..200).map(|at| format!("c{at}=1")).collect();
        let all = Overtaken { older: u128::MAX, ..Overtaken::default() };
        assert_eq!(all.left(&many).as_deref(), many.get(MAX_LINES..));
    }

    #[test]
    fn what_was_replaced_stays_so_though_a_page_renews_it_after_that() {
        let mut order = SessionOrder::default();
        for (is_doing, at) in [(true, NOW), (false, NOW + 1)] {
            order.answered(SITE, BEFORE, &lines(&[AFTER]), is_doing, &classes(), at);
        }
        assert!(order.overtaken(SITE, BEFORE, &lines(&[AFTER]), NOW).is_replaced);
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
        order.answered(SITE, BEFORE, &lines(&[AFTER]), false, &classes(), NOW);
        let late = |order: &SessionOrder| order.overtaken(SITE, BEFORE, &lines(&[AFTER]), NOW - 1);
        assert_eq!(late(&order), Overtaken { is_replaced: false, older: 1 });
        order.answered(SITE, BEFORE, &lines(&["session=; Max-Age=0"]), false, &classes(), NOW);
        assert!(late(&order).is_replaced, "taken away all the same");
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
            order.answered(SITE, &cookies, &lines(&[AFTER]), true, &classes(), NOW);
            order.begins(SITE, &cookies, By::Visitor, &classes(), NOW);
            assert!(order.ended.len() <= MAX_SESSIONS && order.under_way.len() <= MAX_SESSIONS);
        }
    }
}
