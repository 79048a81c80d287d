//! Routes of which several pages turned out ineligible: what these do, their siblings do.
//!
//! A route is blamed when so many of its pages were met to do the same ([`are_enough`]): for a visitor who has met them all, and
//! for those like the visitors of several networks who have. One page of the route that does it not, met after the first that did,
//! takes that back for those like its visitor, for as long as anything is remembered.

use super::evidence::{Mark, MetBy, Viewer};
use super::is_recent;
use crate::ineligible::Affected;
use crate::ineligible::shown::Shown;
use crate::limits::SEVERAL;
use crate::sorting::map::SortedSet;
use crate::urls::route_templates::{are_enough, blamed, names};
use std::cmp::Reverse;
use std::collections::HashMap;

/// The most routes that are looked at, the most different things that the pages of one do, and how many times it is remembered that
/// somebody has met each.
const MAX_ROUTES: usize = 1000;
const MAX_KINDS: usize = 4;
const MAX_MET: usize = 24;

/// See the module's description. Routes are named by their site and their template.
#[derive(Debug, Default)]
pub(super) struct Routes(HashMap<(String, String), Vec<Kind>>);

/// A route of which enough pages were met to do the same, for the report.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SeenRoute {
    /// Its template.
    pub template: String,
    /// Whom that affects.
    pub affected: Affected,
    /// How many of its pages were met to do it.
    pub pages: usize,
    /// From how many networks, as far as they are known: from three on, everybody like those visitors is refused.
    pub networks: usize,
}

/// Something that pages of a route were met to do.
#[derive(Debug)]
struct Kind {
    /// Whom it affects.
    affected: Affected,
    /// The pages that do it.
    met: Vec<Met>,
    /// When a page was seen that does it not, by visitors without a session and with one.
    cleared: [Option<u64>; 2],
}

/// A page of a route, as one visitor has met it.
#[derive(Debug)]
struct Met {
    /// The names for which the `*` of the template stand.
    names: Vec<String>,
    /// What tells the page to which it led back, if it did.
    back_to: Option<u64>,
    /// When it was met.
    at: u64,
    /// Who has met it.
    by: MetBy,
}

impl Kind {
    fn is_cleared(&self, has_session: bool, now: u64) -> bool {
        let [without, with] = self.cleared;
        if has_session { with } else { without }.is_some_and(|at| is_recent(at, now))
    }

    fn is_alive(&self, now: u64) -> bool {
        [false, true].into_iter().any(|has_session| self.is_cleared(has_session, now))
            || self.met.iter().any(|met| is_recent(met.at, now))
    }

    /// Makes room for one more. The network that has met the most gives way, so that nobody alone has forgotten what others met.
    fn make_room(&mut self) {
        if self.met.len() < MAX_MET {
            return;
        }
        let number = |of: &Met| self.met.iter().filter(|met| met.by.network == of.by.network).count();
        let oldest_of_most =
            (0..self.met.len()).max_by_key(|at| (self.met.get(*at).map(number), Reverse(*at)));
        if let Some(at) = oldest_of_most {
            self.met.remove(at);
        }
    }

    /// Whether the pages speak for all of the route to somebody.
    fn is_blamed(&self, template: &str, viewer: &Viewer, now: u64) -> bool {
        if self.is_cleared(viewer.has_session, now) {
            return false;
        }
        let recent = || self.met.iter().filter(|met| is_recent(met.at, now));
        let own = recent().filter(|met| viewer.is_one_of(met.by.marks.iter()));
        if self.is_route(template, own) {
            return true;
        }
        let others =
            || recent().filter(|met| met.by.network.is_some() && met.by.has_session == viewer.has_session);
        let networks: SortedSet<u64> = others().filter_map(|met| met.by.network).collect();
        networks.len() >= SEVERAL as usize && self.is_route(template, others())
    }

    /// Whether these pages are enough for the route.
    fn is_route<'a>(&self, template: &str, met: impl Iterator<Item = &'a Met>) -> bool {
        let met: Vec<&Met> = met.collect();
        // Pages that lead to the same page wherever a visitor comes from lead on.
        let leads_on = matches!(self.affected, Affected::Shown(Shown::LeadsBack { .. }))
            && met.iter().all(|it| Some(it.back_to) == met.first().map(|first| first.back_to));
        let names: SortedSet<Vec<&String>> = met.iter().map(|met| met.names.iter().collect()).collect();
        !leads_on && are_enough(template, &names.into_iter().collect::<Vec<_>>())
    }
}

/// What several pages may do alike, and what tells the page to which this one leads back. A value that a page sets tells
/// nothing of others, a session that is given anew is more often the site's way, and what stands against prerendering alone does
/// no harm.
fn alike(affected: &Affected) -> Option<(Affected, Option<u64>)> {
    match affected {
        Affected::Shown(Shown::LeadsBack { from, is_named: false }) => {
            Some((Affected::Shown(Shown::LeadsBack { from: 0, is_named: false }), Some(*from)))
        }
        Affected::Shown(Shown::LeadsBack { is_named: true, .. })
        | Affected::WithSession
        | Affected::WithOtherValue { .. }
        | Affected::Prerendering => None,
        Affected::Shown(_)
        | Affected::Everybody
        | Affected::WithCookie(_)
        | Affected::WithoutCookie(_)
        | Affected::WithoutTicket(_) => Some((affected.clone(), None)),
    }
}

impl Routes {
    /// Whether nothing is known of any route.
    pub(super) fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    #[cfg(test)]
    pub(super) fn len(&self) -> usize {
        self.0.len()
    }

    /// Remembers for the routes of a page that it was met to be ineligible at `now`.
    pub(super) fn add(&mut self, site: &str, page: &str, affected: &Affected, by: &MetBy, now: u64) {
        let Some((affected, back_to)) = alike(affected) else { return };
        for template in blamed(page) {
            let Some(names) = names(&template, page) else { continue };
            let names: Vec<String> = names.into_iter().map(str::to_owned).collect();
            let key = (site.to_owned(), template);
            self.make_room(&key, now);
            let kinds = self.0.entry(key).or_default();
            kinds.retain(|kind| kind.is_alive(now));
            let at = kinds.iter().position(|kind| kind.affected == affected).unwrap_or_else(|| {
                if kinds.len() >= MAX_KINDS {
                    kinds.remove(0);
                }
                kinds.push(Kind { affected: affected.clone(), met: Vec::new(), cleared: [None; 2] });
                kinds.len() - 1
            });
            let Some(kind) = kinds.get_mut(at) else { continue };
            let first = |by: &MetBy| -> Option<Mark> { by.marks.first().copied() };
            kind.met
                .retain(|met| is_recent(met.at, now) && (met.names != names || first(&met.by) != first(by)));
            kind.make_room();
            kind.met.push(Met { names, back_to, at: now, by: by.clone() });
        }
    }

    /// For whom the route of a page is blamed, as far as that holds for somebody, each of them; the most specific route first.
    pub(super) fn against(
        &self,
        site: &str,
        page: &str,
        viewer: &Viewer,
        now: u64,
    ) -> impl Iterator<Item = &Affected> {
        let templates = if self.0.is_empty() { Vec::new() } else { blamed(page) };
        let known = templates.into_iter().filter_map(|template| {
            let key = (site.to_owned(), template);
            self.0.get(&key).map(|kinds| {
                let blamed = kinds.iter().filter(|kind| kind.is_blamed(&key.1, viewer, now));
                blamed.map(|kind| &kind.affected).collect::<Vec<_>>()
            })
        });
        known.collect::<Vec<_>>().into_iter().flatten()
    }

    /// The routes of a site of which enough pages were met to do the same, whoever has met them.
    pub(super) fn seen(&self, site: &str, now: u64) -> Vec<SeenRoute> {
        let of_site = self.0.iter().filter(|((other, _), _)| other == site);
        let kinds = of_site.flat_map(|((_, template), kinds)| kinds.iter().map(move |kind| (template, kind)));
        let seen = kinds.filter_map(|(template, kind)| {
            let recent = || kind.met.iter().filter(|met| is_recent(met.at, now));
            let pages: SortedSet<&Vec<String>> = recent().map(|met| &met.names).collect();
            let networks: SortedSet<u64> = recent().filter_map(|met| met.by.network).collect();
            kind.is_route(template, recent()).then(|| SeenRoute {
                template: template.clone(),
                affected: kind.affected.clone(),
                pages: pages.len(),
                networks: networks.len(),
            })
        });
        let mut seen: Vec<SeenRoute> = seen.collect();
        seen.sort_by(|one, other| one.template.cmp(&other.template));
        seen
    }

    /// Takes back what the answer to a page contradicts, for visitors of these kinds: without a session (`false`), or with one.
    pub(super) fn take_back(
        &mut self,
        site: &str,
        page: &str,
        contradicts: impl Fn(&Affected) -> bool,
        kinds_of_visitors: &[bool],
        now: u64,
    ) {
        if self.0.is_empty() {
            return;
        }
        for template in blamed(page) {
            let kinds = self.0.get_mut(&(site.to_owned(), template)).into_iter().flatten();
            for kind in kinds.filter(|kind| contradicts(&kind.affected)) {
                let [without, with] = &mut kind.cleared;
                for has_session in kinds_of_visitors {
                    *(if *has_session { &mut *with } else { &mut *without }) = Some(now);
                }
                kind.met.retain(|met| !kinds_of_visitors.contains(&met.by.has_session));
            }
        }
    }

    fn make_room(&mut self, key: &(String, String), now: u64) {
        if self.0.len() < MAX_ROUTES || self.0.contains_key(key) {
            return;
        }
        self.0.retain(|_, kinds| kinds.iter().any(|kind| kind.is_alive(now)));
        if self.0.len() >= MAX_ROUTES {
            self.0.clear();
        }
    }
}
