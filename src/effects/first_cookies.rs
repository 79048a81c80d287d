//! Which cookies a page that was fetched ahead gives its visitor first, so that nothing the page itself fetches takes their place.
//!
//! A visitor who has no session yet is given one by the page that they open, and a form of it holds a token of that session. Of a page
//! that was fetched ahead the session is deferred, and comes with the page's ticket once the page is shown. What the page loads is under
//! way by then, without it, and an origin that begins a session with each answer begins another one: whichever comes last stays, and the
//! form is refused. So what a page loads by itself sets no cookie that the page gives its visitor first.
//!
//! That holds of a page that is shown, which the request with its ticket tells. A script that takes the clicks may have given the page that
//! it shows the URL of the one that was fetched ahead, and never shows that: what it asks for from there is its own, be it to sign in. So
//! an answer that would set such a cookie waits for the ticket a moment ([`FirstCookies::awaits`]). Where none comes, it sets what it sets,
//! and what follows no longer waits.
//!
//! What the origin has noted in that other session is lost: the word of a captcha, say. So where that was seen from several networks, no
//! page of the site is given on a guess, for a day, that would give its visitor a first session.
//!
//! Nothing is kept but hashes. What other isolates see is not seen here.

use super::changed_cookies::Owner;
use super::class::{Class, CookieClasses};
use super::cookie::{MAX_LINES, Sent, SetCookie, is_too_large};
use super::room::make_room;
use super::session_order::ON_THE_WAY_MS;
use super::ticket::LIFE_MS;
use crate::clock::{has_passed, is_due};
use crate::hash::{fnv1a, fnv1a_on};
use crate::limits::SEVERAL;
use std::collections::HashMap;

/// The most pages that are remembered.
const MAX_PAGES: usize = 2000;

/// The most sites that are remembered.
const MAX_SITES: usize = 100;

/// How long it is remembered that what a site's pages load begins sessions, in milliseconds.
const BEGINNING_MS: u64 = 24 * 60 * 60 * 1000;

/// See the module's description.
#[derive(Debug, Default)]
pub struct FirstCookies {
    /// By the hash of a page and its visitor.
    given: HashMap<u64, Given>,
    /// The sites whose pages load what begins sessions.
    beginning: HashMap<String, Beginning>,
}

/// Who has seen that what a site's pages load begins sessions.
#[derive(Debug, Default)]
struct Beginning {
    /// Until when that is remembered, in milliseconds since the epoch.
    until: u64,
    /// The networks, no more of them than it takes.
    networks: Vec<u64>,
}

/// What a page gives.
#[derive(Debug)]
struct Given {
    /// Until when this may not have reached the visitor, in milliseconds since the epoch.
    until: u64,
    /// The hashes of the names.
    names: Vec<u64>,
    /// When it began to be shown, in milliseconds since the epoch: a request with its ticket came.
    shown: Option<u64>,
    /// Whether that was waited for in vain.
    is_doubted: bool,
}

/// A page of a site that a visitor was given ahead, or is shown.
#[derive(Clone, Copy, Debug)]
pub struct Shown<'a> {
    /// The visitor, and the cookies that the request brings.
    pub owner: Owner<'a>,
    /// The page as a ticket names it.
    pub page: &'a str,
}

impl Shown<'_> {
    /// By what the page is told from others.
    #[must_use]
    pub fn key(&self) -> u64 {
        fnv1a_on(self.owner.hash(), self.page.as_bytes())
    }
}

impl FirstCookies {
    /// Notes that a visitor was given a page ahead, with a ticket for what it sets of what they did not have.
    pub fn given(&mut self, to: Shown<'_>, set_cookies: &[String], classes: &CookieClasses, now: u64) {
        let names: Vec<u64> = first(to.owner.cookies, set_cookies, classes, now)
            .map(|(_, cookie)| fnv1a(cookie.name.as_bytes()))
            .collect();
        if !names.is_empty() {
            make_room(&mut self.given, MAX_PAGES, |given| !is_due(given.until, LIFE_MS, now));
            // In another tab it may be shown just now.
            let before = self.given.get(&to.key()).and_then(|given| given.shown);
            let shown = before.filter(|at| !has_passed(ON_THE_WAY_MS, *at, now));
            let until = now.saturating_add(LIFE_MS);
            self.given.insert(to.key(), Given { until, names, shown, is_doubted: false });
        }
    }

    /// Whether what this page loads may be without what it gives first.
    #[must_use]
    pub fn is_waited_for(&self, of: Shown<'_>, now: u64) -> bool {
        self.waited_for(of, now).is_some()
    }

    /// What this page gives first, where what it loads may be without that.
    fn waited_for(&self, of: Shown<'_>, now: u64) -> Option<&Given> {
        self.given.get(&of.key()).filter(|given| !is_due(given.until, LIFE_MS, now))
    }

    /// Whether nothing is remembered of any page.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.given.is_empty()
    }

    /// Notes that the page is shown: a request with its ticket has come.
    pub fn shown(&mut self, by: Shown<'_>, now: u64) {
        if let Some(given) = self.given.get_mut(&by.key()) {
            given.shown = Some(now);
            given.is_doubted = false;
        }
    }

    /// Whether it is known that the page of a [key](Shown::key) is shown.
    #[must_use]
    pub fn is_shown(&self, key: u64) -> bool {
        self.given.get(&key).is_some_and(|given| given.shown.is_some())
    }

    /// Whether an answer with these lines, to what a page has loaded by itself, waits until the page is known to be shown.
    #[must_use]
    pub fn awaits(&self, of: Shown<'_>, set_cookies: &[String], classes: &CookieClasses, now: u64) -> bool {
        self.waited_for(of, now).is_some_and(|given| given.shown.is_none() && !given.is_doubted)
            && !self.taken(of, set_cookies, classes, now).is_empty()
    }

    /// Notes that the page's ticket has been redeemed. What is on the way without its cookies is so for a short while.
    pub fn redeemed(&mut self, by: Shown<'_>, now: u64) {
        if let Some(given) = self.given.get_mut(&by.key()) {
            given.until = given.until.min(now.saturating_add(ON_THE_WAY_MS));
        }
    }

    /// The lines of an answer to what a page has loaded by itself without those that set what the page gives its visitor first; `None`
    /// where all are left. Notes that the site begins sessions so, as this network sees it, where one is a session.
    pub fn of_part(
        &mut self,
        of: Shown<'_>,
        set_cookies: &[String],
        classes: &CookieClasses,
        network: Option<u64>,
        now: u64,
    ) -> Option<Vec<String>> {
        let taken = self.taken(of, set_cookies, classes, now);
        if taken.is_empty() {
            return None;
        }
        let given = self.given.get_mut(&of.key())?;
        if given.shown.is_none() {
            given.is_doubted = true;
            return None;
        }
        let begins = taken.iter().any(|(_, cookie)| classes.of(cookie) == Class::Session);
        if let Some(network) = network.filter(|_| begins) {
            self.begins(of.owner.site, network, now);
        }
        let is_left = |at: usize| !taken.iter().any(|(taken, _)| *taken == at);
        let left = set_cookies.iter().enumerate().filter(|(at, _)| is_left(*at));
        Some(left.map(|(_, line)| line.clone()).collect())
    }

    /// The lines that set what the page gives its visitor first, each with its place.
    fn taken<'a>(
        &self,
        of: Shown<'a>,
        set_cookies: &'a [String],
        classes: &CookieClasses,
        now: u64,
    ) -> Vec<(usize, SetCookie<'a>)> {
        let Some(given) = self.waited_for(of, now) else { return Vec::new() };
        let first = first(of.owner.cookies, set_cookies, classes, now);
        first.filter(|(_, cookie)| given.names.contains(&fnv1a(cookie.name.as_bytes()))).collect()
    }

    fn begins(&mut self, site: &str, network: u64, now: u64) {
        if !self.beginning.contains_key(site) {
            make_room(&mut self.beginning, MAX_SITES, |it| !is_due(it.until, BEGINNING_MS, now));
        }
        let beginning = self.beginning.entry(site.to_owned()).or_default();
        if is_due(beginning.until, BEGINNING_MS, now) {
            beginning.networks.clear();
        }
        beginning.until = now.saturating_add(BEGINNING_MS);
        if beginning.networks.len() < SEVERAL as usize && !beginning.networks.contains(&network) {
            beginning.networks.push(network);
        }
    }

    /// Whether what the pages of a site load was seen to begin sessions lately, from several networks.
    #[must_use]
    pub fn do_parts_begin(&self, site: &str, now: u64) -> bool {
        self.beginning.get(site).is_some_and(|beginning| {
            !is_due(beginning.until, BEGINNING_MS, now) && beginning.networks.len() >= SEVERAL as usize
        })
    }
}

/// The lines of an answer that give a visitor with these cookies what they did not have, and that what a page shows may belong to: a
/// session, a form's token, or what may be either.
fn first<'a>(
    cookies: &str,
    set_cookies: &'a [String],
    classes: &CookieClasses,
    now: u64,
) -> impl Iterator<Item = (usize, SetCookie<'a>)> {
    let sent = Sent::read(cookies);
    // What they have is not known where that is not read.
    let most = if is_too_large(cookies) { 0 } else { MAX_LINES };
    let all = set_cookies.iter().take(most).enumerate();
    all.map(move |(at, line)| (at, SetCookie::parse(line).at(now))).filter(move |(_, cookie)| {
        let may_belong = match classes.of(cookie) {
            Class::Session | Class::Csrf => true,
            Class::Unknown => cookie.is_http_only,
            _ => false,
        };
        may_belong && !cookie.is_deletion && !cookie.is_ignored() && sent.value_of(cookie.name).is_none()
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOW: u64 = 1_800_000_000_000;

    fn lines(texts: &[&str]) -> Vec<String> {
        texts.iter().map(|text| (*text).to_owned()).collect()
    }

    fn shown<'a>(browser: &'a [String], cookies: &'a str, page: &'a str) -> Shown<'a> {
        Shown { owner: Owner { site: "shop.example", browser, cookies }, page }
    }

    /// What is left of the lines of a page's part that was asked for with these cookies, once the page was given ahead with `given`.
    fn left(given: &[&str], cookies: &str, part: &[&str], at: u64) -> Option<Vec<String>> {
        let (mut first, classes) = (FirstCookies::default(), CookieClasses::default());
        first.given(shown(&[], "a=1", "/contact"), &lines(given), &classes, NOW);
        first.shown(shown(&[], "a=1", "/contact"), NOW);
        let part_of = shown(&[], cookies, "/contact");
        let left = first.of_part(part_of, &lines(part), &classes, Some(1), at);
        assert!(left.is_none() || first.is_waited_for(part_of, at));
        left
    }

    #[test]
    fn what_a_page_gives_first_nothing_that_it_loads_sets() {
        const PAGE: &[&str] = &["PHPSESSID=page; path=/", "XSRF-TOKEN=page; path=/", "seen=1; path=/"];
        const PART: &[&str] = &["x=1", "PHPSESSID=part; path=/", "XSRF-TOKEN=part; path=/", "seen=2; path=/"];
        let others = Some(lines(&[PART[0], PART[3]]));
        assert_eq!(left(PAGE, "a=1", PART, NOW + 1), others);
        assert_eq!(left(PAGE, "a=1", PART, NOW + LIFE_MS - 1), others);
        assert_eq!(left(PAGE, "a=1", PART, NOW + LIFE_MS), None, "its ticket is not good any more");
        assert_eq!(left(PAGE, "PHPSESSID=page; XSRF-TOKEN=page", PART, NOW + 1), None, "they have it");
        let session = Some(lines(&["PHPSESSID=part"]));
        let both = ["PHPSESSID=part", "XSRF-TOKEN=part"];
        assert_eq!(left(PAGE, "PHPSESSID=page", &both, NOW + 1), session, "the token alone");
        assert_eq!(left(&["seen=1", "a=2; HttpOnly"], "a=1", PART, NOW + 1), None, "nothing is first");
        let house = |value: &str| format!("x={value}; HttpOnly; Max-Age=9");
        assert_eq!(left(&[&house("1")], "", &[&house("2")], NOW), Some(vec![]));
        assert_eq!(left(PAGE, "", &["PHPSESSID=; path=/; Max-Age=0"], NOW + 1), None, "what nobody has");
    }

    #[test]
    fn each_page_and_each_browser_has_its_own() {
        let (mut first, classes) = (FirstCookies::default(), CookieClasses::default());
        let browsers = ["Test/1", "Test/2"].map(|browser| [browser.to_owned()]);
        let line = lines(&["PHPSESSID=1"]);
        assert!(first.is_empty());
        first.given(shown(&browsers[0], "", "/contact"), &line, &classes, NOW);
        first.shown(shown(&browsers[0], "", "/contact"), NOW);
        assert!(!first.is_empty());
        for (browser, page, is_left) in [
            (&browsers[1], "/contact", true),
            (&browsers[0], "/other", true),
            (&browsers[0], "/contact", false),
        ] {
            let part = shown(browser, "", page);
            assert_eq!(first.is_waited_for(part, NOW), !is_left);
            assert_eq!(
                first.of_part(part, &line, &classes, None, NOW).is_none(),
                is_left,
                "{browser:?} {page}"
            );
        }
    }

    #[test]
    fn once_the_ticket_is_back_only_what_was_on_the_way_is_without_its_cookies() {
        let (mut first, classes) = (FirstCookies::default(), CookieClasses::default());
        let line = lines(&["PHPSESSID=1"]);
        let page = shown(&[], "", "/contact");
        first.redeemed(page, NOW);
        first.given(page, &line, &classes, NOW);
        first.shown(page, NOW);
        first.redeemed(page, NOW);
        assert_eq!(first.of_part(page, &line, &classes, None, NOW + ON_THE_WAY_MS - 1), Some(vec![]));
        assert_eq!(first.of_part(page, &line, &classes, None, NOW + ON_THE_WAY_MS), None);
        assert!(!first.is_waited_for(page, NOW + ON_THE_WAY_MS));
    }

    #[test]
    fn an_answer_waits_once_for_its_page_to_be_shown_if_it_sets_what_that_gives() {
        let (mut first, classes) = (FirstCookies::default(), CookieClasses::default());
        let (line, other) = (lines(&["PHPSESSID=1"]), lines(&["counter=1", "PHPSESSID=; Max-Age=0"]));
        let page = shown(&[], "", "/login");
        first.shown(page, NOW);
        assert!(!first.is_shown(page.key()) && !first.awaits(page, &line, &classes, NOW), "it was not given");
        first.given(page, &line, &classes, NOW);
        assert!(first.awaits(page, &line, &classes, NOW + LIFE_MS - 1));
        assert!(!first.awaits(page, &line, &classes, NOW + LIFE_MS));
        // What sets nothing of that ends nothing.
        assert!(!first.awaits(page, &other, &classes, NOW));
        assert_eq!(first.of_part(page, &other, &classes, Some(1), NOW), None);
        assert!(first.awaits(page, &line, &classes, NOW));
        // A script has taken the click.
        assert_eq!(first.of_part(page, &line, &classes, Some(1), NOW + 1), None);
        assert!(!first.awaits(page, &line, &classes, NOW + 2), "what follows no longer waits");
        assert_eq!(first.of_part(page, &line, &classes, Some(1), NOW + 2), None);
        // Or the ticket was late.
        first.shown(page, NOW + 3);
        assert!(first.is_shown(page.key()) && !first.awaits(page, &line, &classes, NOW + 3));
        assert_eq!(first.of_part(page, &line, &classes, Some(1), NOW + 3), Some(vec![]));
    }

    #[test]
    fn a_page_that_is_fetched_ahead_once_more_while_it_is_shown_is_shown() {
        let (mut first, classes) = (FirstCookies::default(), CookieClasses::default());
        let line = lines(&["PHPSESSID=1"]);
        let page = shown(&[], "", "/contact");
        first.given(page, &line, &classes, NOW);
        first.shown(page, NOW);
        first.given(page, &line, &classes, NOW + ON_THE_WAY_MS - 1);
        assert!(first.is_shown(page.key()));
        first.given(page, &line, &classes, NOW + ON_THE_WAY_MS);
        assert!(!first.is_shown(page.key()), "that was another view of it");
    }

    #[test]
    fn a_site_begins_sessions_by_parts_where_several_networks_have_seen_it_within_a_day() {
        let (mut first, classes) = (FirstCookies::default(), CookieClasses::default());
        let page = shown(&[], "", "/contact");
        let mut seen = |line: &str, network: Option<u64>, at: u64| {
            first.given(page, &lines(&[line]), &classes, at);
            first.shown(page, at);
            let _ = first.of_part(page, &lines(&[line]), &classes, network, at);
            first.do_parts_begin("shop.example", at)
        };
        let session = "PHPSESSID=1";
        for network in [Some(1), Some(1), None, Some(2), Some(2)] {
            assert!(!seen(session, network, NOW), "{network:?}");
        }
        assert!(!seen("XSRF-TOKEN=1", Some(3), NOW), "a form's token is no session");
        assert!(seen(session, Some(3), NOW));
        assert!(!first.do_parts_begin("other.example", NOW));
        assert!(first.do_parts_begin("shop.example", NOW + BEGINNING_MS - 1));
        assert!(!first.do_parts_begin("shop.example", NOW + BEGINNING_MS));
        first.begins("shop.example", 4, NOW + BEGINNING_MS);
        assert!(!first.do_parts_begin("shop.example", NOW + BEGINNING_MS), "it is counted anew");
    }

    #[test]
    fn what_is_remembered_has_a_bound_and_an_end() {
        let (mut first, classes) = (FirstCookies::default(), CookieClasses::default());
        let line = lines(&["PHPSESSID=1"]);
        for number in 0..2 * MAX_PAGES {
            let site = format!("{number}.example");
            let page = Shown { owner: Owner { site: &site, browser: &[], cookies: "" }, page: "/" };
            first.given(page, &line, &classes, NOW);
            first.shown(page, NOW);
            let _ = first.of_part(page, &line, &classes, Some(1), NOW);
            assert!(first.given.len() <= MAX_PAGES && first.beginning.len() <= MAX_SITES);
        }
        assert_eq!(left(&["PHPSESSID=1"], &"a=1; ".repeat(4000), &["PHPSESSID=2"], NOW), None);
    }
}
