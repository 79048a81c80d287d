//! The pages and routes that stay conservative, since they waste far more than the budget allows: each for a day at first,
//! and for twice as long each time, up to four weeks.

use super::super::hidden_pages::Fate;
use super::super::visitor::DAY_MS;
use super::doubled;
use super::tally::Tally;
use crate::learn::names::LIFE_MS;
use crate::published::baseline_eagerness::{Held, MAX_HELD};
use crate::speculation::Pointer;
use crate::urls::route_templates;
use serde::{Deserialize, Serialize};
use std::collections::BTreeMap;

/// How long a page or a route is held at first, and at the most.
const HOLD_MS: u64 = DAY_MS;
const MOST_HOLD_MS: u64 = 28 * DAY_MS;

/// A page or a route that stays conservative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hold {
    name: String,
    is_touch: bool,
    /// Until when, in milliseconds since the epoch, and how often it was held.
    until: u64,
    times: u32,
    /// The speculations that decided.
    tally: Tally,
}

/// See the module's description. Of those that were let go it is remembered for four weeks how often they were held.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Holds(pub(super) Vec<Hold>);

impl Holds {
    /// Whether no page is held, nor any remembered.
    pub(super) fn are_none(&self) -> bool {
        self.0.is_empty()
    }

    /// Whether the page at a path is held, by itself or by its route.
    pub(super) fn has(&self, path: &str, pointer: Pointer, now: u64) -> bool {
        let is_touch = pointer == Pointer::Touch;
        let names =
            |name: &str| name == path || (name.contains('*') && route_templates::names(name, path).is_some());
        self.0.iter().any(|hold| hold.is_touch == is_touch && now < hold.until && names(&hold.name))
    }

    /// Holds one page or route. Answers whether there was room.
    pub(super) fn add(&mut self, name: String, pointer: Pointer, tally: Tally, now: u64) -> bool {
        let is_touch = pointer == Pointer::Touch;
        let known = self.0.iter().position(|hold| hold.name == name && hold.is_touch == is_touch);
        let times = known.map_or(0, |at| self.0.swap_remove(at).times).saturating_add(1);
        if self.0.len() >= MAX_HELD {
            let Some(over) = self.0.iter().position(|hold| hold.until <= now) else { return false };
            self.0.swap_remove(over);
        }
        let until = now.saturating_add(doubled(HOLD_MS, times, MOST_HOLD_MS));
        self.0.push(Hold { name, is_touch, until, times, tally });
        true
    }

    /// Forgets those that were let go long ago.
    pub(super) fn expire(&mut self, now: u64) {
        self.0.retain(|hold| now.saturating_sub(hold.until) < LIFE_MS);
    }

    /// Lets each page have the name that it has now.
    pub(super) fn revise(&mut self, fate: &dyn Fn(&str) -> Fate) {
        self.0.retain(|hold| fate(&hold.name) == Fate::Kept);
    }

    /// Those that are published at `now`, each name once.
    pub(super) fn published(&self, now: u64) -> Vec<Held> {
        let mut held: BTreeMap<&str, Held> = BTreeMap::new();
        for hold in self.0.iter().filter(|hold| now < hold.until) {
            let published = held.entry(&hold.name).or_default();
            published.name.clone_from(&hold.name);
            published.mask |= if hold.is_touch { 2 } else { 1 };
            published.until = (hold.until / 1000).max(published.until);
            published.guesses = hold.tally.rounded();
        }
        held.into_values().take(MAX_HELD).collect()
    }
}
