//! What is remembered of one page: where its visitors go, whether others may know of it, and how speculations on its next
//! pages have gone.

use super::departures::Departures;
use super::travels::{Link, MAX_LINKS, Outline, Place, Sighting, Unfit};
use super::trips::Trips;
use super::visitor::{Day, Visitors};
use serde::{Deserialize, Serialize};

/// The most next pages that are remembered of one page.
pub const MAX_NEXTS: usize = 24;

/// How long a page that was private or harmful once stays out, in milliseconds: two weeks.
const UNFIT_MS: u64 = 14 * 24 * 3600 * 1000;

/// How many comparisons in a row must show that inert parameters change nothing.
const MIN_SAME: u8 = 3;

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Record {
    /// Where its visitors go.
    #[serde(default)]
    pub departures: Departures,
    /// Who was given it without a session.
    #[serde(default)]
    visitors: Visitors,
    /// Why it is nothing to speculate on, and when that was last seen.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    unfit: Option<(Unfit, u64)>,
    /// What its HTML says, since it was read.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    outline: Option<Outline>,
    /// How many comparisons in a row have shown that inert parameters change nothing.
    #[serde(default)]
    same: u8,
    /// What became of speculations on its next pages.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    trips: Vec<Trips>,
}

impl Record {
    /// Takes in what was seen of the page, but its views.
    pub fn absorb(&mut self, sighting: &Sighting, day: Day, now: u64) {
        self.visitors.add(day, &sighting.visitors);
        if let Some(unfit) = sighting.unfit {
            self.unfit = Some((unfit, now));
        }
        if let Some(outline) = &sighting.outline {
            let mut outline = outline.clone();
            outline.links.truncate(MAX_LINKS);
            outline.ruled.truncate(MAX_LINKS);
            self.outline = Some(outline);
        }
        match sighting.varies {
            Some(true) => self.same = 0,
            Some(false) => self.same = self.same.saturating_add(1).min(MIN_SAME),
            None => {}
        }
    }

    /// Why the page is nothing to speculate on, as far as it was seen lately.
    #[must_use]
    pub fn unfit(&self, now: u64) -> Option<Unfit> {
        self.unfit.filter(|(_, seen)| now.saturating_sub(*seen) < UNFIT_MS).map(|(unfit, _)| unfit)
    }

    /// Whether so many different visitors without a session were given the page on one day, and it was read and does not
    /// hide from search engines.
    #[must_use]
    pub fn is_public(&self, min_visitors: u32) -> bool {
        self.visitors.most() >= min_visitors.max(1)
            && self.outline.as_ref().is_some_and(|outline| !outline.noindex)
    }

    /// Whether inert parameters are known to change nothing.
    #[must_use]
    pub fn is_unvarying(&self) -> bool {
        self.same >= MIN_SAME
    }

    /// Whether it brings document rules of its own.
    #[must_use]
    pub fn has_rules(&self) -> bool {
        self.outline.as_ref().is_some_and(|outline| outline.has_rules)
    }

    /// Whether its own rules speculate on a path already.
    #[must_use]
    pub fn rules_on(&self, path: &str) -> bool {
        self.outline.as_ref().is_some_and(|outline| outline.ruled.iter().any(|ruled| ruled == path))
    }

    /// Its links, if it was read.
    #[must_use]
    pub fn links(&self) -> Option<&[Link]> {
        self.outline.as_ref().map(|outline| outline.links.as_slice())
    }

    /// Where the link to a path stands.
    #[must_use]
    pub fn place(&self, path: &str) -> Option<Place> {
        self.links()?.iter().find(|link| link.path == path).map(|link| link.place)
    }

    /// What became of speculations on a next page, if there were any.
    #[must_use]
    pub fn trips(&self, to: &str) -> Option<&Trips> {
        self.trips.iter().find(|trips| trips.to == to)
    }

    /// The same, to be changed; begun where there were none.
    pub fn trips_mut(&mut self, to: &str) -> &mut Trips {
        let at = self.trips.iter().position(|trips| trips.to == to).unwrap_or_else(|| {
            if self.trips.len() >= MAX_NEXTS {
                let least = self
                    .trips
                    .iter()
                    .enumerate()
                    .min_by(|(_, a), (_, b)| a.standing().total_cmp(&b.standing()));
                if let Some((at, _)) = least {
                    self.trips.swap_remove(at);
                }
            }
            self.trips.push(Trips::to(to));
            self.trips.len() - 1
        });
        // The place was found, or made, just now.
        #[allow(clippy::indexing_slicing)]
        &mut self.trips[at]
    }

    /// Whether any speculation is open.
    #[must_use]
    pub fn has_open(&self) -> bool {
        self.trips.iter().any(Trips::has_open)
    }

    /// Whether the time of any open speculation is over.
    #[must_use]
    pub fn has_due(&self, now: u64) -> bool {
        self.trips.iter().any(|trips| trips.has_due(now))
    }

    /// All ways that speculations were seen on.
    pub fn all_trips_mut(&mut self) -> impl Iterator<Item = &mut Trips> {
        self.trips.iter_mut()
    }
}
