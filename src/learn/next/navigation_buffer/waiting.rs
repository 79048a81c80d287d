//! What waits to be sent, of each site by itself: one whose learner gives long turns is to take no other's room.

use super::{MAX_SITES, add_bucket};
use crate::learn::equal_parts;
use crate::learn::names::is_secret;
use crate::learn::next::navigation_batch::{
    NavigationBatch, OriginStats, Outline, PageStats, Spelled, SuspectStats, Transition,
};
use crate::learn::next::visitor::Salt;
use crate::sorting::map::SortedMap;
use crate::urls::robots;

/// The most pages that wait to be sent, and the most transitions, of all sites together. Each site has an equal part in any case: when
/// all is taken, one that holds less may hold that much. So there are twice as many at the very most.
pub const MAX_WAITING: usize = 1000;

/// The same of suspects.
pub const MAX_SUSPECTS: usize = 400;

/// The same of the bytes of paths in outlines: an isolate that waits long for its turn has read a thousand pages.
const MAX_OUTLINE_BYTES: usize = 1024 * 1024;

/// The most bytes of robots.txt that wait to be sent, of all sites together.
const MAX_ROBOTS_BYTES: usize = 2 * robots::MAX_BYTES;

/// What waits of one site.
#[derive(Debug, Default)]
struct Waiting {
    pages: SortedMap<String, PageStats>,
    transitions: SortedMap<(String, String), Transition>,
    suspects: Vec<SuspectStats>,
    /// The bytes of the outlines, those that others have taken the place of included.
    outline_bytes: usize,
    robots: Option<String>,
    /// What the baseline's eagerness depends on.
    origin: OriginStats,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct WaitingSites(SortedMap<String, Waiting>);

impl WaitingSites {
    /// What waits of a site; `None` where there are too many.
    fn of(&mut self, site: &str) -> Option<&mut Waiting> {
        if !self.0.contains_key(site) {
            if self.0.len() >= MAX_SITES {
                return None;
            }
            self.0.insert(site.to_owned(), Waiting::default());
        }
        self.0.get_mut(site)
    }

    /// Whether there is room for so much more of a site, by how much there is of each.
    fn has_room(&self, site: &str, more: usize, number: fn(&Waiting) -> usize, most: usize) -> bool {
        let held = || self.0.values().map(number).filter(|held| *held > 0);
        let own = self.0.get(site).map_or(0, number);
        let sites = held().count() + usize::from(own == 0);
        equal_parts::has_room(more, held().sum(), own, sites, most)
    }

    /// Changes what waits of a page, if there is room for it.
    pub fn page(&mut self, site: &str, path: &str, change: impl FnOnce(&mut PageStats)) {
        // What waits already is no secret.
        if (self.has_page(site, path)
            || (!is_secret(path) && self.has_room(site, 1, |waiting| waiting.pages.len(), MAX_WAITING)))
            && let Some(waiting) = self.of(site)
        {
            change(waiting.pages.entry(path.to_owned()).or_default());
        }
    }

    /// Whether something waits of a page.
    pub fn has_page(&self, site: &str, path: &str) -> bool {
        self.0.get(site).is_some_and(|waiting| waiting.pages.contains_key(path))
    }

    /// Changes what waits of a transition, if there is room for it. `bucket` is that of the visitor who has made it.
    pub fn transition(
        &mut self,
        site: &str,
        from: &str,
        to: &str,
        bucket: Option<u8>,
        change: impl FnOnce(&mut Transition),
    ) {
        let key = (from.to_owned(), to.to_owned());
        let is_known = self.0.get(site).is_some_and(|waiting| waiting.transitions.contains_key(&key));
        let is_secret = || is_secret(from) || is_secret(to);
        if !is_known
            && (is_secret() || !self.has_room(site, 1, |waiting| waiting.transitions.len(), MAX_WAITING))
        {
            return;
        }
        let Some(waiting) = self.of(site) else { return };
        let transition = waiting.transitions.entry(key).or_insert_with(|| Transition {
            from: from.to_owned(),
            to: to.to_owned(),
            ..Transition::default()
        });
        change(transition);
        if let Some(bucket) = bucket {
            add_bucket(&mut transition.visitors, bucket);
        }
    }

    /// Adds a visitor (their bucket) who took a transition by a link that spells its page so, if the transition waits.
    pub fn spelled(&mut self, site: &str, from: &str, to: &str, (at, bucket): (u8, u8)) {
        let key = (from.to_owned(), to.to_owned());
        let waiting = self.0.get_mut(site);
        let Some(transition) = waiting.and_then(|waiting| waiting.transitions.get_mut(&key)) else { return };
        match transition.spelled.iter_mut().find(|spelled| spelled.at == at) {
            Some(spelled) => add_bucket(&mut spelled.visitors, bucket),
            None => transition.spelled.push(Spelled { at, visitors: vec![bucket] }),
        }
    }

    /// Whether any transition of a site waits.
    pub fn has_transitions(&self, site: &str) -> bool {
        self.0.get(site).is_some_and(|waiting| !waiting.transitions.is_empty())
    }

    /// The same of any site.
    pub fn has_any_transitions(&self) -> bool {
        self.0.values().any(|waiting| !waiting.transitions.is_empty())
    }

    /// Changes what waits of a suspect, if there is room for it.
    pub fn suspect(&mut self, site: &str, page: &str, change: impl FnOnce(&mut SuspectStats)) {
        let has_room = self.has_room(site, 1, |waiting| waiting.suspects.len(), MAX_SUSPECTS);
        let Some(waiting) = self.of(site) else { return };
        if let Some(known) = waiting.suspects.iter_mut().find(|known| known.page == page) {
            change(known);
        } else if has_room {
            let mut suspect = SuspectStats { page: page.to_owned(), ..SuspectStats::default() };
            change(&mut suspect);
            waiting.suspects.push(suspect);
        }
    }

    /// Adds what a page's HTML says, if there is room for it.
    pub fn outline(&mut self, site: &str, path: &str, outline: Outline) {
        let bytes = bytes_of(&outline);
        if !self.has_room(site, bytes, |waiting| waiting.outline_bytes, MAX_OUTLINE_BYTES) {
            return;
        }
        let mut is_held = false;
        self.page(site, path, |page| {
            page.outline = Some(outline);
            is_held = true;
        });
        if let Some(waiting) = self.0.get_mut(site).filter(|_| is_held) {
            waiting.outline_bytes = waiting.outline_bytes.saturating_add(bytes);
        }
    }

    /// Adds what a site's robots.txt says. Answers whether there was room for it.
    pub fn robots(&mut self, site: &str, text: String) -> bool {
        let bytes: usize =
            self.0.values().filter_map(|waiting| waiting.robots.as_ref()).map(String::len).sum();
        let has_room = bytes + text.len() <= MAX_ROBOTS_BYTES;
        match self.of(site) {
            Some(waiting) if has_room => {
                waiting.robots = Some(text);
                true
            }
            _ => false,
        }
    }

    /// How a site's origin has answered.
    pub fn origin(&mut self, site: &str) -> Option<&mut OriginStats> {
        self.of(site).map(|waiting| &mut waiting.origin)
    }

    /// Forgets which visitors were seen, and leaves what was counted.
    pub fn forget_visitors(&mut self) {
        for waiting in self.0.values_mut() {
            for page in waiting.pages.values_mut() {
                page.visitors.clear();
                page.ineligible.iter_mut().for_each(|concern| concern.by.clear());
                page.harmless.clear();
                page.undeferrable.clear();
                page.rendered.clear();
                page.shared.clear();
            }
            for suspect in &mut waiting.suspects {
                suspect.shown.clear();
                suspect.plain.iter_mut().for_each(Vec::clear);
            }
            waiting.origin.visitors.iter_mut().for_each(Vec::clear);
            waiting.origin.forms.refused_to.clear();
            for transition in waiting.transitions.values_mut() {
                transition.visitors.clear();
                transition.voters.clear();
            }
        }
    }

    /// Drops what waits of other sites than these.
    pub fn retain(&mut self, is_taught: impl Fn(&str) -> bool) {
        self.0.retain(|site, _| is_taught(site));
    }

    /// The sites of which something may wait.
    pub fn sites(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// What waits of the sites that are due, as a batch for each. By the day's key the batches say which visitors they are of.
    pub fn take(&mut self, salt: Option<Salt>, is_due: impl Fn(&str) -> bool) -> Vec<NavigationBatch> {
        let (day, names) = salt.map(|salt| (salt.day, salt.names)).unwrap_or_default();
        let (due, later) = std::mem::take(&mut self.0).into_iter().partition(|(site, _)| is_due(site));
        self.0 = later;
        let due: SortedMap<String, Waiting> = due;
        let batches = due.into_iter().map(|(site, waiting)| NavigationBatch {
            site,
            day,
            names,
            pages: waiting.pages,
            transitions: waiting.transitions.into_values().collect(),
            suspects: waiting.suspects,
            robots: waiting.robots,
            origin: waiting.origin,
            ..NavigationBatch::default()
        });
        batches.filter(|batch| !is_nothing(batch)).collect()
    }

    /// How many pages and transitions of each site wait.
    #[cfg(test)]
    pub fn lengths(&self) -> Vec<(&str, usize, usize)> {
        let lengths = |waiting: &Waiting| (waiting.pages.len(), waiting.transitions.len());
        let all = self.0.iter().map(|(site, waiting)| (site.as_str(), lengths(waiting)));
        all.map(|(site, (pages, transitions))| (site, pages, transitions)).collect()
    }
}

/// Whether a batch tells a learner nothing.
fn is_nothing(batch: &NavigationBatch) -> bool {
    batch.records() == 0 && batch.robots.is_none() && batch.origin.is_none()
}

/// How many bytes the paths of an outline take.
fn bytes_of(outline: &Outline) -> usize {
    outline.links.iter().map(|link| link.path.len()).chain(outline.ruled.iter().map(String::len)).sum()
}
