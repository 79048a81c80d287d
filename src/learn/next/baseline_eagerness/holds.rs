//! The pages and routes that stay conservative, since they waste far more than the budget allows: each for a [`Term`].

use super::super::hidden_pages::Fate;
use super::tally::Tally;
use super::term::Term;
use crate::published::baseline_eagerness::{Held, MAX_HELD};
use crate::sorting::map::SortedMap;
use crate::speculation::Pointer;
use crate::urls::route_templates;
use serde::{Deserialize, Serialize};

/// A page or a route that stays conservative.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub(super) struct Hold {
    name: String,
    is_touch: bool,
    /// The two numbers of its [`Term`].
    until: u64,
    times: u32,
    /// The speculations that decided.
    tally: Tally,
}

impl Hold {
    fn term(&self) -> Term {
        Term { until: self.until, times: self.times }
    }
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
        self.0.iter().any(|hold| hold.is_touch == is_touch && hold.term().lasts(now) && names(&hold.name))
    }

    /// Holds one page or route. Answers whether there was room.
    pub(super) fn add(&mut self, name: String, pointer: Pointer, tally: Tally, now: u64) -> bool {
        let is_touch = pointer == Pointer::Touch;
        let known = self.0.iter().position(|hold| hold.name == name && hold.is_touch == is_touch);
        let last = known.map_or_else(Term::default, |at| self.0.swap_remove(at).term());
        if self.0.len() >= MAX_HELD {
            let Some(over) = self.0.iter().position(|hold| !hold.term().lasts(now)) else { return false };
            self.0.swap_remove(over);
        }
        let Term { until, times } = last.again(now);
        self.0.push(Hold { name, is_touch, until, times, tally });
        true
    }

    /// Forgets those that were let go long ago.
    pub(super) fn expire(&mut self, now: u64) {
        self.0.retain(|hold| !hold.term().is_forgotten(now));
    }

    /// Lets each page have the name that it has now.
    pub(super) fn revise(&mut self, fate: &dyn Fn(&str) -> Fate) {
        self.0.retain(|hold| fate(&hold.name) == Fate::Kept);
    }

    /// Those that are published at `now`, each name once.
    pub(super) fn published(&self, now: u64) -> Vec<Held> {
        let mut held: SortedMap<&str, Held> = SortedMap::new();
        for hold in self.0.iter().filter(|hold| hold.term().lasts(now)) {
            let published = held.entry(&hold.name).or_default();
            published.name.clone_from(&hold.name);
            published.mask |= if hold.is_touch { 2 } else { 1 };
            published.until = hold.term().until_seconds().max(published.until);
            published.guesses = hold.tally.rounded();
        }
        held.into_values().take(MAX_HELD).collect()
    }
}
