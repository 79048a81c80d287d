//! Pages that turned out ineligible for speculations: refused from then on before the origin is asked.
//!
//! An isolate remembers for an hour what it has met. It also tells the site's next-page learner, which keeps such pages out of
//! all rules once several visitors have met the same, and publishes those that do harm ([`super::session`]).

use super::cookie::value_of;
use crate::hash::fnv1a;
use crate::ineligible::{Affected, Ineligible};
use crate::limits::MAX_PATH_BYTES;
use std::collections::HashMap;

/// How long a page is remembered, in milliseconds.
const LIFE_MS: u64 = 3600 * 1000;

/// The longest name of a cookie that is remembered, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The most pages that are remembered, and the most sites whose sessions are.
const MAX_PAGES: usize = 2000;
const MAX_SITES: usize = 500;

/// The visitor for whom a page is speculated on.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// Their cookies.
    pub cookies: &'a str,
    /// Whether they have a session.
    pub has_session: bool,
    /// Whether the page would be rendered.
    pub is_prerender: bool,
    /// Whether the browser keeps what is set in a jar of its own, so that no cookie of theirs matters.
    pub is_isolated: bool,
    /// Whether a page may be given a ticket that they bring back.
    pub has_tickets: bool,
}

impl Asker<'_> {
    /// Whether they are among those whom something affects.
    fn is_among(&self, affected: &Affected) -> bool {
        match affected {
            Affected::WithSession
            | Affected::WithCookie(_)
            | Affected::WithOtherValue { .. }
            | Affected::WithoutCookie(_)
                if self.is_isolated =>
            {
                false
            }
            Affected::WithSession => self.has_session,
            Affected::WithCookie(name) => value_of(self.cookies, name).is_some(),
            Affected::WithOtherValue { name, value } => {
                value_of(self.cookies, name).is_some_and(|own| fnv1a(own.as_bytes()) != *value)
            }
            Affected::WithoutCookie(name) => value_of(self.cookies, name).is_none(),
            Affected::Everybody => true,
            Affected::Prerendering => self.is_prerender,
            Affected::WithoutTicket(affected) => !self.has_tickets && self.is_among(affected),
        }
    }
}

/// See the module's description. Pages are named by their path and the names of their parameters.
#[derive(Debug, Default)]
pub struct Quarantine {
    pages: HashMap<(String, String), Vec<(Affected, u64)>>,
    /// When a plain view of each site was last seen to give a visitor another session: there every page does that.
    rotating: HashMap<String, u64>,
}

impl Quarantine {
    /// Remembers that a page was met to be ineligible at `now`, and for whom.
    pub fn add(&mut self, site: &str, path: &str, affected: Affected, now: u64) {
        if path.len() > MAX_PATH_BYTES || name_bytes(&affected) > MAX_NAME_BYTES {
            return;
        }
        if affected == Affected::WithSession && self.does_rotate(site, now) {
            return;
        }
        let key = (site.to_owned(), path.to_owned());
        if self.pages.len() >= MAX_PAGES && !self.pages.contains_key(&key) {
            self.pages.retain(|_, known| known.iter().any(|(_, since)| is_recent(*since, now)));
            if self.pages.len() >= MAX_PAGES {
                self.pages.clear();
            }
        }
        let known = self.pages.entry(key).or_default();
        known.retain(|(other, since)| *other != affected && is_recent(*since, now));
        // One page gives few cookies, or the oldest is forgotten.
        if known.len() >= 8 {
            known.remove(0);
        }
        known.push((affected, now));
    }

    /// Remembers that a plain view was given another session.
    pub fn rotates(&mut self, site: &str, now: u64) {
        if self.rotating.len() >= MAX_SITES && !self.rotating.contains_key(site) {
            self.rotating.clear();
        }
        self.rotating.insert(site.to_owned(), now);
        // What was taken for one page's doing is the site's way.
        self.pages.retain(|(other, _), known| {
            if other == site {
                known.retain(|(affected, _)| *affected != Affected::WithSession);
            }
            !known.is_empty()
        });
    }

    /// Whether plain views of a site have lately been given other sessions.
    #[must_use]
    pub fn does_rotate(&self, site: &str, now: u64) -> bool {
        self.rotating.get(site).is_some_and(|since| is_recent(*since, now))
    }

    /// Why a page is ineligible for whoever asks, by what this isolate has met.
    #[must_use]
    pub fn against(&self, site: &str, path: &str, asker: &Asker<'_>, now: u64) -> Option<Ineligible> {
        if self.pages.is_empty() {
            return None;
        }
        let known = self.pages.get(&(site.to_owned(), path.to_owned()))?;
        let mut recent =
            known.iter().filter(|(_, since)| is_recent(*since, now)).map(|(affected, _)| affected);
        recent.find(|affected| asker.is_among(affected)).cloned().map(Ineligible::Quarantined)
    }
}

/// The length of the cookie's name that is kept.
fn name_bytes(affected: &Affected) -> usize {
    match affected {
        Affected::WithCookie(name)
        | Affected::WithOtherValue { name, .. }
        | Affected::WithoutCookie(name) => name.len(),
        Affected::WithoutTicket(affected) => name_bytes(affected),
        Affected::WithSession | Affected::Everybody | Affected::Prerendering => 0,
    }
}

fn is_recent(since: u64, now: u64) -> bool {
    now.saturating_sub(since) < LIFE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const NOBODY: Asker<'_> = Asker {
        cookies: "",
        has_session: false,
        is_prerender: false,
        is_isolated: false,
        has_tickets: false,
    };
    const ADA: Asker<'_> = Asker { cookies: "session=1", has_session: true, ..NOBODY };

    fn lacking(name: &str) -> Affected {
        Affected::by_cookie(name, false)
    }

    #[allow(clippy::unnecessary_wraps)] // as it is answered
    fn met(affected: Affected) -> Option<Ineligible> {
        Some(Ineligible::Quarantined(affected))
    }

    #[test]
    fn a_page_is_ineligible_for_those_whom_it_affects() {
        let mut quarantine = Quarantine::default();
        quarantine.add("shop", "/a", Affected::WithSession, 0);
        quarantine.add("shop", "/b", lacking("token"), 0);
        quarantine.add("shop", "/c", Affected::Prerendering, 0);
        let against = |path: &str, asker: &Asker<'_>| quarantine.against("shop", path, asker, 1);
        assert_eq!((against("/a", &ADA), against("/a", &NOBODY)), (met(Affected::WithSession), None));
        assert_eq!(against("/b", &NOBODY), met(lacking("token")));
        assert_eq!(against("/b", &Asker { cookies: "x=1; token=2", ..NOBODY }), None);
        quarantine.add("shop", "/d", Affected::by_cookie("token", true), 0);
        assert_eq!(quarantine.against("shop", "/d", &NOBODY, 1), None);
        assert_eq!(
            quarantine.against("shop", "/d", &Asker { cookies: "token=2", ..NOBODY }, 1),
            met(Affected::by_cookie("token", true))
        );
        quarantine.add("shop", "/e", Affected::Everybody, 0);
        assert_eq!(quarantine.against("shop", "/e", &NOBODY, 1), met(Affected::Everybody));
        let against = |path: &str, asker: &Asker<'_>| quarantine.against("shop", path, asker, 1);
        assert_eq!(against("/c", &NOBODY), None);
        assert_eq!(against("/c", &Asker { is_prerender: true, ..NOBODY }), met(Affected::Prerendering));
        let other = Affected::WithOtherValue { name: "token".to_owned(), value: fnv1a(b"2") };
        quarantine.add("shop", "/f", other.clone(), 0);
        let against = |cookies| quarantine.against("shop", "/f", &Asker { cookies, ..NOBODY }, 1);
        assert_eq!((against("token=1"), against("token=2"), against("")), (met(other), None, None));
        assert_eq!(quarantine.against("other", "/a", &ADA, 1), None);
        assert_eq!(quarantine.against("shop", "/a", &ADA, LIFE_MS), None, "after an hour");
    }

    #[test]
    fn what_a_ticket_could_defer_is_refused_to_those_alone_who_bring_none_back() {
        let mut quarantine = Quarantine::default();
        let without = Affected::WithoutTicket(Box::new(lacking("token")));
        quarantine.add("shop", "/a", without.clone(), 0);
        let against = |asker: &Asker<'_>| quarantine.against("shop", "/a", asker, 1);
        assert_eq!(against(&NOBODY), met(without));
        assert_eq!(against(&Asker { has_tickets: true, ..NOBODY }), None);
        assert_eq!(against(&Asker { cookies: "token=1", ..NOBODY }), None);
    }

    #[test]
    fn where_every_view_renews_the_session_no_page_is_to_blame() {
        let mut quarantine = Quarantine::default();
        quarantine.add("shop", "/a", Affected::WithSession, 0);
        quarantine.rotates("shop", 1);
        assert_eq!(quarantine.against("shop", "/a", &ADA, 2), None);
        quarantine.add("shop", "/a", Affected::WithSession, 3);
        assert_eq!(quarantine.against("shop", "/a", &ADA, 4), None);
        quarantine.add("other", "/a", Affected::WithSession, 3);
        assert_eq!(quarantine.against("other", "/a", &ADA, 4), met(Affected::WithSession));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut quarantine = Quarantine::default();
        for number in 0..3 * MAX_PAGES {
            quarantine.add("shop", &format!("/{number}"), Affected::Prerendering, 0);
            quarantine.add("shop", &format!("/{}", "x".repeat(600)), Affected::Prerendering, 0);
            quarantine.add("shop", "/long", lacking(&"x".repeat(300)), 0);
            quarantine.add("shop", "/many", lacking(&number.to_string()), 0);
        }
        assert!(quarantine.pages.len() <= MAX_PAGES);
        assert!(!quarantine.pages.keys().any(|(_, path)| path.len() > 600 || path == "/long"));
        assert!(quarantine.pages.values().all(|concerns| concerns.len() <= 8));
        for number in 0..3 * MAX_SITES {
            quarantine.rotates(&number.to_string(), 0);
        }
        assert!(quarantine.rotating.len() <= MAX_SITES);
    }
}
