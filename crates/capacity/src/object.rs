//! The learners as objects: what `src/edge/learner_do.rs` does with a message and with its alarm, over records in memory and in
//! virtual time. Only the time that the code takes is real.

use crate::records::Records;
use headstart::config::Config;
use headstart::learn::learner::{self, Publication};
use headstart::learn::message::{self, Message};
use headstart::learn::next::next_page_learner::{self, NextPageLearner};
use headstart::learn::turns::{Turn, Turns};
use headstart::store::{Kind, Store};
use std::time::{Duration, Instant};

/// What an object has done.
#[derive(Clone, Copy, Debug, Default)]
pub struct Done {
    /// The batches that came.
    pub batches: u64,
    /// Their bytes.
    pub bytes: u64,
    /// The most bytes of one.
    pub most_bytes: u64,
    /// Those that it refused.
    pub refused: u64,
    /// Those that it did not take in, since too many came.
    pub too_many: u64,
    /// The records that they were said to change.
    pub records: u64,
    /// How often its alarm rang.
    pub alarms: u64,
    /// The rows that it has written, alarms that were set included, and those that it has read.
    pub written: u64,
    /// See [`written`](Self::written).
    pub read: u64,
    /// How long the batches have taken, and how long it took to choose what to publish; not a matter of the seed.
    pub taking: Duration,
    /// See [`taking`](Self::taking).
    pub choosing: Duration,
    /// The longest that one of either has taken.
    pub longest: Duration,
}

impl Done {
    /// What was done after a moment, at which so much had been.
    #[must_use]
    pub fn since(&self, before: &Self) -> Self {
        Self {
            batches: self.batches - before.batches,
            bytes: self.bytes - before.bytes,
            refused: self.refused - before.refused,
            too_many: self.too_many - before.too_many,
            records: self.records - before.records,
            alarms: self.alarms - before.alarms,
            written: self.written - before.written,
            read: self.read - before.read,
            taking: self.taking.saturating_sub(before.taking),
            choosing: self.choosing.saturating_sub(before.choosing),
            // Of all of the time.
            most_bytes: self.most_bytes,
            longest: self.longest,
        }
    }
}

/// What an object learns.
#[derive(Debug)]
enum Learns {
    Hints,
    NextPages(Box<NextPageLearner>),
}

/// See the module's description.
#[derive(Debug)]
pub struct Object {
    learns: Learns,
    /// Its records.
    pub records: Records,
    turns: Turns,
    takes_all: bool,
    /// When its alarm rings.
    pub alarm_at: Option<u64>,
    done: Done,
    alarms_set: u64,
    /// The wait that it has given out last, in milliseconds.
    pub wait_ms: u64,
}

impl Object {
    /// A hint learner of which nothing is known.
    #[must_use]
    pub fn of_hints() -> Self {
        Self::of(Learns::Hints)
    }

    /// The same of a next-page learner.
    #[must_use]
    pub fn of_next_pages() -> Self {
        Self::of(Learns::NextPages(Box::default()))
    }

    fn of(learns: Learns) -> Self {
        let records = Records::default();
        Self {
            learns,
            records,
            turns: Turns::default(),
            takes_all: false,
            alarm_at: None,
            done: Done::default(),
            alarms_set: 0,
            wait_ms: 0,
        }
    }

    /// The same, that takes in whatever comes.
    #[must_use]
    pub fn taking_all(self) -> Self {
        Self { takes_all: true, ..self }
    }

    /// What it has done until now.
    #[must_use]
    pub fn done(&self) -> Done {
        Done { written: self.records.written + self.alarms_set, read: self.records.read.get(), ..self.done }
    }

    /// Takes in what an isolate sends to a path, at `now`. Answers the turn that the isolate is given; `None` where it sent what no
    /// learner reads.
    pub fn take_in(&mut self, path: &str, body: &str, config: &Config, now: u64) -> Option<Turn> {
        let begun = Instant::now();
        let message = message::read(path, body).ok();
        let Some(records) = message.as_ref().and_then(Message::records) else {
            self.done.refused += 1;
            return None;
        };
        self.done.batches += 1;
        self.done.bytes += body.len() as u64;
        self.done.most_bytes = self.done.most_bytes.max(body.len() as u64);
        let turn = self.turns.next(records, now);
        self.wait_ms = turn.wait_ms;
        if !turn.is_taken && !self.takes_all {
            self.done.too_many += 1;
            self.done.taking += begun.elapsed();
            return Some(turn);
        }
        match (message, &mut self.learns) {
            (Some(Message::Observations(batch)), Learns::Hints) => {
                let Ok(()) = learner::merge(&mut self.records, &batch, &config.hints.preferences, now);
            }
            (Some(Message::Navigations(batch)), Learns::NextPages(learner)) => {
                learner.merge(&batch, now);
                let Ok(()) = learner.save(&mut self.records);
            }
            _ => self.done.refused += 1,
        }
        let took = begun.elapsed();
        self.done.taking += took;
        self.done.longest = self.done.longest.max(took);
        self.done.records += records as u64;
        self.wake_in(u64::from(config.learning.publish_seconds) * 1000, now);
        Some(Turn { is_taken: true, ..turn })
    }

    /// The alarm rings: answers what to publish.
    pub fn ring(&mut self, config: &Config, now: u64) -> Option<Publication> {
        self.alarm_at = None;
        self.done.alarms += 1;
        let begun = Instant::now();
        let (publication, wait_ms) = match &mut self.learns {
            Learns::Hints => {
                let Ok(publication) = learner::choose(&mut self.records, &config.hints.preferences, now);
                if let Some(publication) = &publication {
                    let Ok(()) = learner::published(&mut self.records, &publication.value);
                }
                let Ok(wait_ms) = learner::wait_ms(&self.records);
                (publication, wait_ms)
            }
            Learns::NextPages(learner) => {
                let preferences = config.next_page_preferences();
                let publication = learner.choose(&preferences, now);
                let Ok(()) = learner.save(&mut self.records);
                if let Some(publication) = &publication {
                    let Ok(()) = next_page_learner::published(&mut self.records, &publication.value);
                }
                (publication, learner.wait_ms(&preferences))
            }
        };
        let took = begun.elapsed();
        self.done.choosing += took;
        self.done.longest = self.done.longest.max(took);
        if let Some(wait_ms) = wait_ms {
            self.wake_in(wait_ms, now);
        }
        publication
    }

    /// The bytes of memory that a next-page learner takes when it is read from these records, by the growth of this process;
    /// `None` where that cannot be told, and for a hint learner, which holds nothing.
    #[must_use]
    pub fn memory(&mut self) -> Option<f64> {
        const COPIES: u32 = 8;
        if matches!(self.learns, Learns::Hints) || self.records.count(Kind::Next) == Ok(0) {
            return None;
        }
        let before = resident()?;
        let copies: Vec<NextPageLearner> =
            (0..COPIES).filter_map(|_| NextPageLearner::load(&mut self.records).ok()).collect();
        let after = resident()?;
        Some((after - before).max(0.0) / f64::from(u32::try_from(copies.len()).unwrap_or(COPIES)))
    }

    /// Sets the alarm, unless it is to ring earlier. That writes a row.
    fn wake_in(&mut self, wait_ms: u64, now: u64) {
        let at = now.saturating_add(wait_ms);
        if self.alarm_at.is_none_or(|set| set > at) {
            self.alarm_at = Some(at);
            self.alarms_set += 1;
        }
    }
}

/// How many bytes of this process are in memory, where Linux says so.
fn resident() -> Option<f64> {
    let pages = std::fs::read_to_string("/proc/self/statm").ok()?;
    Some(pages.split(' ').nth(1)?.parse::<f64>().ok()? * 4096.0)
}

#[cfg(test)]
mod tests {
    use super::*;
    use headstart::learn::message::NAVIGATIONS;
    use headstart::learn::next::navigation_batch::{NavigationBatch, SuspectStats};

    #[test]
    fn an_object_takes_in_what_it_can_of_isolates_that_have_no_turn() {
        let (config, now) = (Config::default(), 1_800_000_000_000);
        let suspect = SuspectStats { page: "/a".to_owned(), ..SuspectStats::default() };
        let batch = NavigationBatch { suspects: vec![suspect; 1_980], ..NavigationBatch::default() };
        let body = serde_json::to_string(&batch).unwrap();
        // As many that begin at once, as after a deployment.
        let done = |object: Object, times: u64| {
            let mut object = object;
            (0..times).for_each(|_| _ = object.take_in(NAVIGATIONS, &body, &config, now));
            object.done()
        };
        let bounded = done(Object::of_next_pages(), 100);
        assert_eq!((bounded.batches, bounded.too_many, bounded.records), (100, 70, 30 * 1_980));
        let all = done(Object::of_next_pages().taking_all(), 100);
        assert_eq!((all.batches, all.too_many, all.records), (100, 0, 100 * 1_980));
    }
}
