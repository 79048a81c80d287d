//! Pages that turned out ineligible for speculations: refused from then on before the origin is asked.
//!
//! An isolate remembers for an hour what it has met: for the visitor who has met it, and once visitors of several networks have,
//! for all who are like them, until a view shows otherwise ([`evidence`]). It also tells the site's next-page learner, which keeps
//! such pages out of all rules once several visitors have met the same, and publishes those that do harm ([`super::session`]).
//! What several pages of a route do, their siblings are taken to do as well, until one of them does it not ([`routes`]).

use super::cookie::value_of;
use super::room::make_room;
use crate::hash::fnv1a;
use crate::ineligible::shown::Shown;
use crate::ineligible::{Affected, Ineligible};
use crate::limits::MAX_PATH_BYTES;
use evidence::{Contradiction, Evidence, MAX_MARKS, Mark, MetBy, Viewer};
use routes::Routes;
pub use routes::SeenRoute;
use std::collections::HashMap;

pub mod evidence;
mod routes;

/// How long a page is remembered, in milliseconds.
const LIFE_MS: u64 = 3600 * 1000;

/// The longest name of a cookie that is remembered, in bytes.
const MAX_NAME_BYTES: usize = 256;

/// The most pages that are remembered, and the most sites whose sessions are.
const MAX_PAGES: usize = 2000;
/// The most pages to which one leads that are remembered.
const MAX_TARGETS: usize = 4;
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
    /// Whether it is asked for as a page, and not by a script or a link that keeps whatever is answered.
    pub is_for_page: bool,
    /// Whether its name is that of something that pages are made of, and it may be asked for as that.
    pub may_be_file: bool,
    /// What tells the page from which they ask, as [`Shown::LeadsBack`] has it.
    pub from: Option<u64>,
    /// What may tell them from others.
    pub marks: [Option<Mark>; MAX_MARKS],
    /// Their network ([`evidence::network_of`]), if they are counted.
    pub network: Option<u64>,
}

/// What tells one text from others: the path of a page to which another may lead back, as [`Shown::LeadsBack`] has it, or what is
/// known of a visitor.
#[must_use]
pub fn mark_of(text: &str) -> u64 {
    fnv1a(text.as_bytes())
}

/// What an answer that shows a page gave to its visitor besides, and what else it shows.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Given<'a> {
    /// The names of the cookies that it set.
    pub set: Vec<&'a str>,
    /// Whether it cleared what was stored for the site.
    pub clears: bool,
    /// Whether all sessions and carts of the visitor are what they were.
    pub keeps_sessions: bool,
    /// Whether one of these was given out lately, so that it is a session still.
    pub is_witness: bool,
    /// Whether the URL has an effect of its own that no ticket could defer.
    pub has_effect: bool,
    /// Whether nothing that stands in the head of the answer keeps the page from being prerendered.
    pub renders: bool,
}

impl Given<'_> {
    /// Whether what was remembered of the page for those whom it affects is not so for `asker`, who was given this. A session that
    /// had expired, or was made up, is lost on whatever page it comes to, or kept where it should be lost: only one that is known
    /// is sure to tell.
    fn contradicts(&self, affected: &Affected, asker: &Asker<'_>) -> Contradiction {
        let sets = |name: &String| self.set.contains(&name.as_str());
        let own = |name: &String| value_of(asker.cookies, name);
        let is_certain = match affected {
            Affected::Shown(Shown::LeavesSite { has_session }) => *has_session == asker.has_session,
            Affected::Shown(_) => true,
            Affected::WithCookie(name) => !sets(name) && own(name).is_some(),
            Affected::WithOtherValue { name, value } => {
                !sets(name) && own(name).is_some_and(|own| fnv1a(own.as_bytes()) != *value)
            }
            Affected::WithoutCookie(name) => !sets(name) && own(name).is_none(),
            Affected::WithoutTicket(affected) => return self.contradicts(affected, asker),
            Affected::Everybody if self.has_effect || self.clears => false,
            Affected::Everybody if self.set.is_empty() => true,
            // What is set may have been the reason.
            Affected::Everybody => return Contradiction::Likely,
            Affected::WithSession if self.keeps_sessions && asker.has_session => {
                return if self.is_witness { Contradiction::Certain } else { Contradiction::Likely };
            }
            // Its body was not looked at.
            Affected::Prerendering if self.renders => return Contradiction::Likely,
            Affected::WithSession | Affected::Prerendering => false,
        };
        if is_certain { Contradiction::Certain } else { Contradiction::None }
    }
}

impl Asker<'_> {
    fn viewer(&self) -> Viewer {
        Viewer { marks: self.marks, network: self.network, has_session: self.has_session }
    }

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
            Affected::Shown(_) if self.may_be_file => false,
            Affected::Shown(Shown::LeavesSite { has_session }) => self.has_session == *has_session,
            Affected::Shown(Shown::LeadsBack { from, .. }) => self.from == Some(*from),
            Affected::Shown(Shown::Download | Shown::NoPage) => self.is_for_page,
            Affected::WithoutTicket(affected) => !self.has_tickets && self.is_among(affected),
        }
    }
}

/// Something that was met of a page.
#[derive(Debug)]
struct Met {
    /// Whom it affects.
    affected: Affected,
    /// Who has met it.
    evidence: Evidence,
}

/// See the module's description. Pages are named by their path and the names of their parameters.
#[derive(Debug, Default)]
pub struct Quarantine {
    pages: HashMap<(String, String), Vec<Met>>,
    routes: Routes,
    /// The pages to which each of these leads wherever a visitor comes from, by what tells them apart, and since when.
    leading_on: HashMap<(String, String), Vec<(u64, u64)>>,
    /// When a plain view of each site was last seen to give a visitor another session: there every page does that.
    rotating: HashMap<String, u64>,
}

impl Quarantine {
    /// Remembers that a page was met to be ineligible at `now`, for whom, and by whom.
    pub fn add(&mut self, site: &str, path: &str, affected: Affected, by: &MetBy, now: u64) {
        if path.len() > MAX_PATH_BYTES || name_bytes(&affected) > MAX_NAME_BYTES {
            return;
        }
        if affected == Affected::WithSession && self.does_rotate(site, now) {
            return;
        }
        if self.does_lead_on(site, path, &affected, now) {
            return;
        }
        let key = (site.to_owned(), path.to_owned());
        if !self.pages.contains_key(&key) {
            make_room(&mut self.pages, MAX_PAGES, |known| is_any_alive(known, now));
        }
        let known = self.pages.entry(key).or_default();
        known.retain(|met| met.evidence.is_alive(now));
        let at = known.iter().position(|met| met.affected == affected);
        let mut met =
            at.map_or_else(|| Met { affected, evidence: Evidence::default() }, |at| known.remove(at));
        // One page gives few cookies, or the oldest is forgotten.
        if known.len() >= 8 {
            known.remove(0);
        }
        met.evidence.add(by, now);
        // Where each visitor is given a value of their own, several have met the same all the same.
        for other in known.iter_mut().filter(|other| are_values_of_one_cookie(&other.affected, &met.affected))
        {
            other.evidence.share(&mut met.evidence);
        }
        known.push(met);
    }

    /// Remembers the same for the routes of a page that was [added](Self::add), which nobody has named as one that does
    /// something.
    pub fn add_to_routes(&mut self, site: &str, path: &str, affected: &Affected, by: &MetBy, now: u64) {
        let is_short = path.len() <= MAX_PATH_BYTES && name_bytes(affected) <= MAX_NAME_BYTES;
        if is_short && !self.does_lead_on(site, path, affected, now) {
            self.routes.add(site, path, affected, by, now);
        }
    }

    /// Whether anything is remembered of a page itself.
    #[must_use]
    pub fn has(&self, site: &str, path: &str) -> bool {
        !self.pages.is_empty() && self.pages.contains_key(&(site.to_owned(), path.to_owned()))
    }

    /// Takes back what an answer that shows a page contradicts, of the page itself and for its route: for the visitor, and for those
    /// like them.
    pub fn take_back(&mut self, site: &str, path: &str, asker: &Asker<'_>, given: &Given<'_>, now: u64) {
        let viewer = asker.viewer();
        let key = (site.to_owned(), path.to_owned());
        if let Some(known) = self.pages.get_mut(&key) {
            for Met { affected, evidence } in &mut *known {
                let how = given.contradicts(affected, asker);
                // Their own session is the one of which it was said.
                if how == Contradiction::Likely && is_of_session(affected) {
                    evidence.contradict_own(&viewer);
                }
                evidence.contradict(&viewer, how, now);
            }
            known.retain(|met| met.evidence.is_alive(now));
            if known.is_empty() {
                self.pages.remove(&key);
            }
        }
        let is_certain = |affected: &Affected| given.contradicts(affected, asker) == Contradiction::Certain;
        self.routes.take_back(site, path, is_certain, &[asker.has_session], now);
    }

    /// Remembers that a page led to another one, which is not the one that the visitor came from: from there, too, it leads on. Its
    /// route leads on as well.
    pub fn leads_on(&mut self, site: &str, path: &str, target: u64, now: u64) {
        if path.len() > MAX_PATH_BYTES {
            return;
        }
        let key = (site.to_owned(), path.to_owned());
        if let Some(known) = self.pages.get_mut(&key) {
            known.retain(|met| {
                !matches!(met.affected, Affected::Shown(Shown::LeadsBack { from, .. }) if from == target)
            });
        }
        self.routes.take_back(
            site,
            path,
            |affected| matches!(affected, Affected::Shown(Shown::LeadsBack { .. })),
            &[false, true],
            now,
        );
        if !self.leading_on.contains_key(&key) {
            make_room(&mut self.leading_on, MAX_PAGES, |known| is_any_recent(known, now));
        }
        let known = self.leading_on.entry(key).or_default();
        known.retain(|(other, since)| *other != target && is_recent(*since, now));
        if known.len() >= MAX_TARGETS {
            known.remove(0);
        }
        known.push((target, now));
    }

    /// Whether an answer that seems to lead back leads on: to a page to which it led from another one, too.
    #[must_use]
    pub fn does_lead_on(&self, site: &str, path: &str, affected: &Affected, now: u64) -> bool {
        let Affected::Shown(Shown::LeadsBack { from, .. }) = affected else { return false };
        if self.leading_on.is_empty() {
            return false;
        }
        let known = self.leading_on.get(&(site.to_owned(), path.to_owned()));
        known.into_iter().flatten().any(|(target, since)| target == from && is_recent(*since, now))
    }

    /// The routes of a site that are remembered, with what speaks against them.
    #[must_use]
    pub fn seen_routes(&self, site: &str, now: u64) -> Vec<SeenRoute> {
        self.routes.seen(site, now)
    }

    /// Of how many pages of a site something is remembered at `now`.
    #[must_use]
    pub fn number_of_pages(&self, site: &str, now: u64) -> usize {
        self.pages.iter().filter(|((other, _), known)| other == site && is_any_alive(known, now)).count()
    }

    /// Whether nothing is remembered.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.pages.is_empty() && self.routes.is_empty()
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
                known.retain(|met| met.affected != Affected::WithSession);
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
        if self.is_empty() {
            return None;
        }
        let viewer = asker.viewer();
        let known = self.pages.get(&(site.to_owned(), path.to_owned()));
        let met = || {
            let known = known.into_iter().flatten();
            known.filter(|met| met.evidence.holds_for(&viewer, now)).map(|met| &met.affected)
        };
        let mut affecting = met().filter(|affected| asker.is_among(affected));
        if let Some(affected) = affecting.next() {
            return Some(Ineligible::Quarantined(affected.clone()));
        }
        // One that has led back to several pages does so wherever a visitor comes from.
        let leads_back = |affected: &&Affected| {
            matches!(affected, Affected::Shown(Shown::LeadsBack { is_named: false, .. }))
        };
        if !asker.may_be_file && met().filter(leads_back).count() >= 2 {
            return met().find(leads_back).cloned().map(Ineligible::Quarantined);
        }
        let is_among =
            |affected: &Affected| asker.is_among(affected) || (leads_back(&affected) && !asker.may_be_file);
        let blamed = self.routes.against(site, path, &viewer, now).find(|affected| is_among(affected));
        blamed.cloned().map(Ineligible::QuarantinedRoute)
    }
}

/// Whether both are said of one cookie, which is given different values.
fn are_values_of_one_cookie(one: &Affected, other: &Affected) -> bool {
    match (one, other) {
        (Affected::WithoutTicket(one), Affected::WithoutTicket(other)) => {
            are_values_of_one_cookie(one, other)
        }
        (Affected::WithOtherValue { name: one, .. }, Affected::WithOtherValue { name: other, .. }) => {
            one == other
        }
        _ => false,
    }
}

/// Whether it is said of sessions, by whomever.
fn is_of_session(affected: &Affected) -> bool {
    match affected {
        Affected::WithoutTicket(affected) => is_of_session(affected),
        affected => *affected == Affected::WithSession,
    }
}

/// The length of the cookie's name that is kept.
fn name_bytes(affected: &Affected) -> usize {
    match affected {
        Affected::WithCookie(name)
        | Affected::WithOtherValue { name, .. }
        | Affected::WithoutCookie(name) => name.len(),
        Affected::WithoutTicket(affected) => name_bytes(affected),
        Affected::WithSession | Affected::Everybody | Affected::Prerendering | Affected::Shown(_) => 0,
    }
}

/// Whether anything that was met of a page is remembered still.
fn is_any_alive(known: &[Met], now: u64) -> bool {
    known.iter().any(|met| met.evidence.is_alive(now))
}

/// Whether anything that was remembered with its time is recent.
fn is_any_recent<T>(known: &[(T, u64)], now: u64) -> bool {
    known.iter().any(|(_, since)| is_recent(*since, now))
}

fn is_recent(since: u64, now: u64) -> bool {
    now.saturating_sub(since) < LIFE_MS
}

#[cfg(test)]
mod tests;
