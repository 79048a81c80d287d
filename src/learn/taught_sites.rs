//! Of which sites an isolate tells learners.
//!
//! Where a wildcard leads to the Worker, whoever asks may make hosts up, and each would have learners of its own for weeks. So an
//! isolate tells of a site of which nothing is published once several visitors came to it, on one day. There are [`FREE`] others at
//! a time: a site with few visitors need not wait, and whoever makes hosts up has no more than these.

use super::next::visitor::{Day, Visitor, day_of};
use crate::clock::is_due;
use std::collections::{HashMap, HashSet};

/// Of how many sites an isolate tells without waiting for several visitors, and in what time one more becomes free, in
/// milliseconds: one hour.
const FREE: u64 = 4;
const FREE_MS: u64 = 3600 * 1000;

/// The most new sites in a day, whoever comes to them.
const MAX_NEW: u32 = 100;

/// The most sites that are remembered, of each kind. When there are more, it begins anew.
const MAX_SITES: usize = 1000;

/// See the module's description.
#[derive(Debug, Default)]
pub struct TaughtSites {
    taught: HashSet<String>,
    /// The visitors of others, as many as are asked for.
    met: HashMap<String, Vec<Visitor>>,
    day: Day,
    new: u32,
    /// Until when the free ones are taken, in milliseconds since the epoch.
    taken_until: u64,
}

impl TaughtSites {
    /// Takes in that somebody has come to a site, of which something may be published. Answers whether learners are told of it.
    pub fn meets(
        &mut self,
        site: &str,
        visitor: impl FnOnce() -> Option<Visitor>,
        several: u32,
        is_published: impl FnOnce() -> bool,
        now: u64,
    ) -> bool {
        if self.taught.contains(site) {
            return true;
        }
        if is_published() {
            self.teach(site);
            return true;
        }
        if self.day != day_of(now) {
            (self.day, self.new) = (day_of(now), 0);
            self.met.clear();
        }
        let is_taught = self.new < MAX_NEW && (self.is_free(now) || self.has_several(site, visitor, several));
        if is_taught {
            self.new += 1;
            self.met.remove(site);
            self.teach(site);
        }
        is_taught
    }

    /// Whether learners are told of a site.
    #[must_use]
    pub fn has(&self, site: &str) -> bool {
        self.taught.contains(site)
    }

    fn teach(&mut self, site: &str) {
        if self.taught.len() >= MAX_SITES {
            self.taught.clear();
        }
        self.taught.insert(site.to_owned());
    }

    fn is_free(&mut self, now: u64) -> bool {
        let from = if is_due(self.taken_until, FREE * FREE_MS, now) { now } else { self.taken_until };
        let is_free = from.saturating_sub(now) <= (FREE - 1) * FREE_MS;
        if is_free {
            self.taken_until = from.saturating_add(FREE_MS);
        }
        is_free
    }

    fn has_several(&mut self, site: &str, visitor: impl FnOnce() -> Option<Visitor>, several: u32) -> bool {
        if several == 0 {
            return true;
        }
        let Some(visitor) = visitor() else { return false };
        if self.met.len() >= MAX_SITES && !self.met.contains_key(site) {
            self.met.clear();
        }
        let met = self.met.entry(site.to_owned()).or_default();
        if !met.contains(&visitor) {
            met.push(visitor);
        }
        u32::try_from(met.len()).unwrap_or(u32::MAX) >= several
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::next::visitor::Salt;

    const NOW: u64 = 1_800_000_000_000;

    fn visitor(host: u32) -> Option<Visitor> {
        Salt::new(7, 7).visitor(&format!("192.0.2.{host}"))
    }

    #[test]
    fn one_visitor_who_makes_hosts_up_has_a_few_taught() {
        let mut sites = TaughtSites::default();
        let taught = |sites: &mut TaughtSites, from: u32, now| {
            let asked = (from..from + 3000).map(|number| format!("h{number}.shop.example"));
            asked.filter(|site| sites.meets(site, || visitor(1), 3, || false, now)).count()
        };
        assert_eq!(taught(&mut sites, 0, NOW), 4);
        assert_eq!(taught(&mut sites, 10_000, NOW + 1), 0);
        assert_eq!(taught(&mut sites, 20_000, NOW + FREE_MS), 1);
        // A site of the owner's, on which somebody comes and goes meanwhile.
        let meets = |sites: &mut TaughtSites, host| {
            sites.meets("shop.example", || host, 3, || false, NOW + FREE_MS + 1)
        };
        let hosts = [None, visitor(2), visitor(2), visitor(3), None].map(|host| meets(&mut sites, host));
        assert_eq!(hosts, [false; 5]);
        assert!(!sites.has("shop.example") && meets(&mut sites, visitor(4)));
        assert!(sites.has("shop.example") && meets(&mut sites, None), "from then on whoever comes");
        assert!(sites.met.len() <= MAX_SITES && sites.taught.len() <= MAX_SITES);
    }

    #[test]
    fn a_clock_that_was_a_year_ahead_takes_no_free_one_for_a_year() {
        let mut sites = TaughtSites::default();
        assert!(sites.meets("a.example", || None, 3, || false, NOW + 365 * 24 * FREE_MS));
        let taught = ["b", "c", "d", "e", "f"].map(|site| sites.meets(site, || None, 3, || false, NOW));
        assert_eq!(taught, [true, true, true, true, false]);
    }

    #[test]
    fn what_is_known_is_taught_and_so_is_the_first_site_at_once() {
        let mut sites = TaughtSites::default();
        assert!(sites.meets("shop.example", || None, 3, || false, NOW));
        for number in 0..100 {
            assert!(sites.meets(&format!("h{number}.shop.example"), || None, 3, || true, NOW), "{number}");
        }
        for number in 100..200 {
            sites.meets(&format!("h{number}.shop.example"), || None, 0, || false, NOW);
        }
        assert!(
            sites.has("h198.shop.example") && !sites.has("h199.shop.example"),
            "a hundred new ones a day"
        );
        assert!(sites.meets("h199.shop.example", || visitor(1), 0, || false, NOW + 24 * 3600 * 1000));
    }
}
