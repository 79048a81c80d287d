//! Pages that turned out unfit for speculations: refused from then on before the origin is asked.
//!
//! What one isolate has seen it remembers for an hour. It is told to the site's navigator as well, which keeps such pages
//! out of all rules once several visitors have met the same, and publishes those that do harm ([`super::session`]).

use super::cookie::value_of;
use crate::limits::MAX_PATH_BYTES;
use std::collections::HashMap;

/// How long a page is remembered, in milliseconds.
const LIFE_MS: u64 = 3600 * 1000;

/// The longest name of a cookie that is remembered, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The most pages that are remembered, and the most sites whose sessions are.
const MAX_PAGES: usize = 2000;
const MAX_SITES: usize = 500;

/// Why a page is unfit.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Concern {
    /// It gives visitors another session, or takes theirs away: for those with a session.
    Session,
    /// It sets a cookie of this name that no ticket can hand over: for those who do not have it, or for those who do.
    Cookie {
        /// The cookie's name.
        name: String,
        /// Whether the visitor had it.
        was_sent: bool,
    },
    /// It does something on a guess that no ticket can put off: for everybody.
    Always,
    /// It cannot be changed as it would have to be, to be rendered on a guess: for prerenders.
    Unchangeable,
}

/// Who asks for a page on a guess.
#[derive(Clone, Copy, Debug)]
pub struct Asker<'a> {
    /// His cookies.
    pub cookies: &'a str,
    /// Whether he has a session.
    pub has_session: bool,
    /// Whether the page would be rendered.
    pub is_prerender: bool,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Quarantine {
    pages: HashMap<(String, String), Vec<(Concern, u64)>>,
    /// When a plain view of each site was last seen to give a visitor another session: there every page does that.
    rotating: HashMap<String, u64>,
}

impl Quarantine {
    /// Remembers that a page was unfit at `now`.
    pub fn add(&mut self, site: &str, path: &str, concern: Concern, now: u64) {
        let name_bytes = if let Concern::Cookie { name, .. } = &concern { name.len() } else { 0 };
        if path.len() > MAX_PATH_BYTES || name_bytes > MAX_NAME_BYTES {
            return;
        }
        if concern == Concern::Session && self.does_rotate(site, now) {
            return;
        }
        let key = (site.to_owned(), path.to_owned());
        if self.pages.len() >= MAX_PAGES && !self.pages.contains_key(&key) {
            self.pages.retain(|_, concerns| concerns.iter().any(|(_, since)| is_recent(*since, now)));
            if self.pages.len() >= MAX_PAGES {
                self.pages.clear();
            }
        }
        let concerns = self.pages.entry(key).or_default();
        concerns.retain(|(known, since)| *known != concern && is_recent(*since, now));
        // One page gives few cookies, or the oldest is forgotten.
        if concerns.len() >= 8 {
            concerns.remove(0);
        }
        concerns.push((concern, now));
    }

    /// Remembers that a plain view was given another session.
    pub fn rotates(&mut self, site: &str, now: u64) {
        if self.rotating.len() >= MAX_SITES && !self.rotating.contains_key(site) {
            self.rotating.clear();
        }
        self.rotating.insert(site.to_owned(), now);
        // What was taken for one page's doing is the site's way.
        self.pages.retain(|(other, _), concerns| {
            if other == site {
                concerns.retain(|(concern, _)| *concern != Concern::Session);
            }
            !concerns.is_empty()
        });
    }

    /// Whether plain views of a site have lately been given other sessions.
    #[must_use]
    pub fn does_rotate(&self, site: &str, now: u64) -> bool {
        self.rotating.get(site).is_some_and(|since| is_recent(*since, now))
    }

    /// Why a page is nothing to speculate on for who asks, as a word for the refusal.
    #[must_use]
    pub fn concern(&self, site: &str, path: &str, asker: &Asker<'_>, now: u64) -> Option<&'static str> {
        if self.pages.is_empty() {
            return None;
        }
        let concerns = self.pages.get(&(site.to_owned(), path.to_owned()))?;
        concerns.iter().filter(|(_, since)| is_recent(*since, now)).find_map(|(concern, _)| match concern {
            Concern::Session => asker.has_session.then_some("session"),
            Concern::Cookie { name, was_sent } => {
                (value_of(asker.cookies, name).is_some() == *was_sent).then_some("set-cookie")
            }
            Concern::Always => Some("effect"),
            Concern::Unchangeable => asker.is_prerender.then_some("prerender"),
        })
    }
}

fn is_recent(since: u64, now: u64) -> bool {
    now.saturating_sub(since) < LIFE_MS
}

#[cfg(test)]
mod tests {
    use super::*;

    const ADA: Asker<'_> = Asker { cookies: "session=1", has_session: true, is_prerender: false };
    const NOBODY: Asker<'_> = Asker { cookies: "", has_session: false, is_prerender: false };

    fn lacking(name: &str) -> Concern {
        Concern::Cookie { name: name.to_owned(), was_sent: false }
    }

    #[test]
    fn a_concern_is_about_those_whom_it_concerns() {
        let mut quarantine = Quarantine::default();
        quarantine.add("shop", "/a", Concern::Session, 0);
        quarantine.add("shop", "/b", lacking("token"), 0);
        quarantine.add("shop", "/c", Concern::Unchangeable, 0);
        let concern = |path: &str, asker: &Asker<'_>| quarantine.concern("shop", path, asker, 1);
        assert_eq!((concern("/a", &ADA), concern("/a", &NOBODY)), (Some("session"), None));
        assert_eq!(concern("/b", &NOBODY), Some("set-cookie"));
        assert_eq!(concern("/b", &Asker { cookies: "x=1; token=2", ..NOBODY }), None);
        quarantine.add("shop", "/d", Concern::Cookie { name: "token".to_owned(), was_sent: true }, 0);
        assert_eq!(quarantine.concern("shop", "/d", &NOBODY, 1), None);
        assert_eq!(
            quarantine.concern("shop", "/d", &Asker { cookies: "token=2", ..NOBODY }, 1),
            Some("set-cookie")
        );
        quarantine.add("shop", "/e", Concern::Always, 0);
        assert_eq!(quarantine.concern("shop", "/e", &NOBODY, 1), Some("effect"));
        let concern = |path: &str, asker: &Asker<'_>| quarantine.concern("shop", path, asker, 1);
        assert_eq!(concern("/c", &NOBODY), None);
        assert_eq!(concern("/c", &Asker { is_prerender: true, ..NOBODY }), Some("prerender"));
        assert_eq!(quarantine.concern("other", "/a", &ADA, 1), None);
        assert_eq!(quarantine.concern("shop", "/a", &ADA, LIFE_MS), None, "after an hour");
    }

    #[test]
    fn where_every_view_renews_the_session_no_page_is_to_blame() {
        let mut quarantine = Quarantine::default();
        quarantine.add("shop", "/a", Concern::Session, 0);
        quarantine.rotates("shop", 1);
        assert_eq!(quarantine.concern("shop", "/a", &ADA, 2), None);
        quarantine.add("shop", "/a", Concern::Session, 3);
        assert_eq!(quarantine.concern("shop", "/a", &ADA, 4), None);
        quarantine.add("other", "/a", Concern::Session, 3);
        assert_eq!(quarantine.concern("other", "/a", &ADA, 4), Some("session"));
    }

    #[test]
    fn what_is_remembered_is_bounded() {
        let mut quarantine = Quarantine::default();
        for number in 0..3 * MAX_PAGES {
            quarantine.add("shop", &format!("/{number}"), Concern::Unchangeable, 0);
            quarantine.add("shop", &format!("/{}", "x".repeat(600)), Concern::Unchangeable, 0);
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
