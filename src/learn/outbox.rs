//! What an isolate has gathered for learners, and to whom it may send it when.
//!
//! Its requests put in what they see. Now and then one of them is the sender: it waits for more to come, and [takes](Outbox::take) what
//! is for learners that are due: not before the time that one has named, and nothing else for one that hangs ([`GivenTurns`]). What is
//! for the others waits, keeps nobody from sending, and takes nobody's room. A request may call so many and no more ([`MAX_CALLS`]):
//! where more are due, they are called one after the other, by name, from one sending to the next.

use super::given_turns::GivenTurns;
use super::next::navigation_batch::NavigationBatch;
use super::next::navigation_buffer::NavigationBuffer;
use super::next::visitor::{Salt, day_of};
use super::observation::Batch;
use super::observation_buffer::{ObservationBuffer, Observed, Pace};
use super::sending::Sending;
use super::site_url_cache::SiteUrlCache;
use super::tallies::TallyBuffer;
use super::turns::Turn;
use crate::limits::MAX_CALLS;
use crate::published::hint_snapshot::{learner_name, shard_of};
use crate::published::next_page_snapshot::next_page_learner_name;
use crate::sorting::map::SortedSet;

/// A moment of an isolate.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Moment {
    /// In milliseconds since the epoch.
    pub now: u64,
    /// How many page views the isolate has served.
    pub views: u64,
}

/// See the module's description.
#[derive(Debug, Default)]
pub struct Outbox {
    /// What pages and beacons have told.
    pub observations: ObservationBuffer,
    /// How visitors went on.
    pub navigations: NavigationBuffer,
    /// What was counted for the report.
    pub tallies: TallyBuffer,
    turns: GivenTurns,
    /// The learner that was called last, where not all that were due could be.
    called_last: Option<String>,
}

impl Outbox {
    /// Adds what was seen on a site with so many hint learners. `is_new` says that nothing was known of its page. Answers whether the
    /// caller is to be the sender: wait `pace.wait_ms`, then [`take`](Self::take).
    pub fn observe(
        &mut self,
        site: &str,
        observed: Observed,
        is_new: bool,
        shards: u32,
        pace: Pace,
        at: Moment,
    ) -> bool {
        let shard = shard_of(observed.path(), shards);
        self.observations.hold(site, observed);
        self.turns.is_due_for_hints(site, shard, at.now)
            && self.observations.is_turn(is_new, pace, at.now, at.views)
    }

    /// Whether the caller is to be the sender, since something waits for the next-page learner of a site. While that is not due, others
    /// are the senders, of what they have. `is_new` says that it is worth an early call.
    pub fn is_turn(&mut self, site: &str, is_new: bool, pace: Pace, at: Moment) -> bool {
        self.turns.is_due_for_next_pages(site, at.now)
            && self.observations.is_turn(is_new, pace, at.now, at.views)
    }

    /// Lets another request be the sender later: this one could not send.
    pub fn is_not_sent(&mut self) {
        self.observations.is_not_sent();
    }

    /// What waits for learners that are due, as one batch for each, of [`MAX_CALLS`] at the most: for hint learners, `shards` to a site,
    /// and for next-page learners. They have until a time in milliseconds since the epoch to [answer](Self::answered).
    pub fn take(
        &mut self,
        shards: u32,
        known_urls: &SiteUrlCache,
        salt: &Salt,
        pace: Pace,
        at: Moment,
        until: u64,
    ) -> (Vec<Batch>, Vec<NavigationBatch>) {
        let called = self.called(shards, at.now);
        let turns = &self.turns;
        let hints = |site: &str, shard| match &called {
            Some(called) => called.contains(&learner_name(site, shard)),
            None => turns.is_due_for_hints(site, shard, at.now),
        };
        let next_pages = |site: &str| match &called {
            Some(called) => called.contains(&next_page_learner_name(site)),
            None => turns.is_due_for_next_pages(site, at.now),
        };
        let mut batches = self.observations.take(shards, known_urls, salt, hints);
        let mut navigations = self.navigations.take(next_pages);
        self.tallies.join(&mut batches, &mut navigations);
        let learners = batches.iter().map(Sending::learner).chain(navigations.iter().map(Sending::learner));
        let mut calls = 0;
        for learner in learners {
            calls += 1;
            self.turns.asked(&learner, until, at.now);
        }
        self.observations.charge(calls, pace, at.now, at.views);
        (batches, navigations)
    }

    /// Which learners are called, by name: of those that are due, since something waits for them, those behind the one that was called
    /// last. `None` where all that are due may be, since they are few; then no name is put together.
    fn called(&mut self, shards: u32, now: u64) -> Option<SortedSet<String>> {
        let turns = &self.turns;
        let mut hints = self.observations.learners(shards);
        hints.retain(|(site, shard)| turns.is_due_for_hints(site, *shard, now));
        let next_pages = self.navigations.sites().filter(|site| turns.is_due_for_next_pages(site, now));
        let next_pages: Vec<&str> = next_pages.collect();
        if hints.len() + next_pages.len() <= MAX_CALLS {
            return None;
        }
        let hints = hints.into_iter().map(|(site, shard)| learner_name(site, shard));
        let next_pages = next_pages.into_iter().map(next_page_learner_name);
        let due: SortedSet<String> = hints.chain(next_pages).collect();
        let last = self.called_last.take().unwrap_or_default();
        let behind = due.iter().filter(|name| **name > last);
        let before = due.iter().filter(|name| **name <= last);
        let called: Vec<&String> = behind.chain(before).take(MAX_CALLS).collect();
        self.called_last = called.last().map(|name| (*name).clone());
        Some(called.into_iter().cloned().collect())
    }

    /// Takes in what a learner has answered to a batch; `None` where that was no answer.
    pub fn answered<T: Sending>(&mut self, batch: &T, turn: Option<Turn>, pace: Pace, now: u64) {
        let learner = batch.learner();
        match turn {
            Some(turn) => self.turns.answered(&learner, turn.wait_ms, now),
            None => self.turns.unanswered(&learner, pace.wait_ms, now),
        }
        if batch.has_robots() && !turn.is_some_and(|turn| turn.is_taken) {
            self.navigations.is_untold_of_robots(batch.site());
        }
        if let Some(Turn { is_taken: false, .. }) = turn {
            self.tallies.give_back(batch.site(), batch.tally());
        }
    }

    /// Takes the key of the day, if it is not there already: several requests may have asked for it at once.
    pub fn set_salt(&mut self, salt: Salt) {
        if self.navigations.salt(salt.day) != Some(salt) {
            self.navigations.set_salt(salt);
            self.observations.forget_visitors();
        }
    }

    /// Drops what waits of other sites than these.
    pub fn retain_sites(&mut self, is_taught: impl Fn(&str) -> bool) {
        self.observations.retain_sites(&is_taught);
        self.navigations.retain_sites(&is_taught);
        self.tallies.retain_sites(&is_taught);
    }

    /// Forgets what was gathered. The key of the day stays, and when learners are due.
    pub fn forget(&mut self, now: u64) {
        let salt = self.navigations.salt(day_of(now));
        *self = Self { turns: std::mem::take(&mut self.turns), ..Self::default() };
        if let Some(salt) = salt {
            self.set_salt(salt);
        }
    }
}

#[cfg(test)]
mod tests;
