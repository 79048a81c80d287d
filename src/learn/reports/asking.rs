//! How many views of a page are asked: as many as its evidence still needs.
//!
//! A page that is new, or has changed, is asked some dozens of times a day. Each day on which nothing changes halves that, down to a
//! few, which tell whether what was learned is still so. Where browsers are asked and none tells, for days, a few a day are asked just
//! so that it shows when they can; and of a page that lets no browser tell, nobody is. The share of views is a power of two, which
//! follows from how often the page was viewed; once a day has brought enough reports, nobody else is asked.

use crate::learn::is_default;
use crate::learn::next::visitor::{DAY_MS, Day};
use serde::{Deserialize, Serialize};

/// How many reports a day are wanted of a page that is new or has changed.
const WANTED: f64 = 48.0;

/// How many are wanted at the least: of a page with preloads, which may be wasted, and of any other.
const LEAST_WITH_PRELOADS: f64 = 12.0;
const LEAST: f64 = 6.0;

/// For how many days in a row without any report fewer are asked each day: down to a few.
const MAX_SILENT: u8 = 5;

/// Down to which part of a day the views of its beginning are taken for those of a whole one.
const LEAST_PART: f64 = 0.25;

/// How many reports are wanted at once where a part has taken another one's place, which is told only where browsers have fetched it:
/// that many in ten minutes. And how often in a day that is so.
const WANTED_AT_ONCE: u8 = 12;
const TEN_MINUTES_A_DAY: f64 = 144.0;
const MOST_AT_ONCE: u8 = 6;

/// How often the share of views is halved at the most.
pub const MAX_HALVINGS: u8 = 20;

/// What was asked of a page, and heard.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default)]
pub(super) struct Asking {
    /// The day of these numbers.
    day: Day,
    /// The views that were served on it, and on the day before.
    served: f64,
    before: Option<f64>,
    /// The reports that have come.
    heard: u32,
    /// The days in a row on which nothing changed, and whether something has on this one.
    settled: u8,
    has_changed: bool,
    /// How many reports are still wanted at once, and how often that was so on this day.
    #[serde(skip_serializing_if = "is_default")]
    at_once: u8,
    #[serde(skip_serializing_if = "is_default")]
    times_at_once: u8,
    /// What was published last.
    halvings: Option<u8>,
    /// How many days in a row browsers were asked and none has told.
    #[serde(skip_serializing_if = "is_default")]
    silent: u8,
    /// Whether the page lets no browser tell, by the view that was read last.
    #[serde(skip_serializing_if = "is_default")]
    is_mute: bool,
}

impl Asking {
    /// Whether nothing was ever asked.
    pub(super) fn is_none(&self) -> bool {
        *self == Self::default()
    }

    /// Begins a day.
    fn turn(&mut self, day: Day) {
        if day <= self.day {
            return;
        }
        let is_next = self.day > 0 && day - self.day == 1;
        let settled = if self.has_changed || self.heard == 0 { 0 } else { self.settled.saturating_add(1) };
        let was_asked = self.halvings.is_some() && self.served > 0.0;
        let silent = if self.heard > 0 { 0 } else { self.silent + u8::from(was_asked) };
        *self = Self {
            silent: silent.min(MAX_SILENT),
            is_mute: self.is_mute,
            day,
            before: is_next.then_some(self.served),
            settled: if is_next { settled } else { 0 },
            halvings: self.halvings,
            ..Self::default()
        };
    }

    /// Counts views that were served. The one that was read says whether the page lets browsers tell.
    pub(super) fn serve(&mut self, served: u32, is_mute: bool, day: Day) {
        self.turn(day);
        self.served += f64::from(served.max(1));
        self.is_mute = is_mute;
    }

    /// How many views were served on the day before.
    pub(super) fn served_before(&self, today: Day) -> f64 {
        match today.checked_sub(self.day) {
            Some(0) => self.before.unwrap_or_default(),
            Some(1) => self.served,
            _ => 0.0,
        }
    }

    /// Counts a report.
    pub(super) fn hear(&mut self, day: Day) {
        self.turn(day);
        self.heard = self.heard.saturating_add(1);
        self.silent = 0;
        self.at_once = self.at_once.saturating_sub(1);
    }

    /// Notes that what was learned has changed.
    pub(super) fn is_unsettled(&mut self) {
        self.has_changed = true;
        self.settled = 0;
    }

    /// Notes that a part has taken another one's place, of which browsers have to tell before it is named to others.
    pub(super) fn is_renewed(&mut self) {
        self.is_unsettled();
        if self.at_once == 0 && self.times_at_once < MOST_AT_ONCE {
            self.times_at_once += 1;
            self.at_once = WANTED_AT_ONCE;
        }
    }

    /// How often the share of the views that are asked is halved; `None` where enough has come today.
    pub(super) fn ask(&mut self, has_preloads: bool, today: Day, now: u64) -> Option<u8> {
        self.turn(today);
        let least = if has_preloads { LEAST_WITH_PRELOADS } else { LEAST };
        if self.is_mute {
            self.halvings = None;
            return None;
        }
        let wanted = if self.silent > 0 {
            WANTED / f64::from(1_u32 << self.silent.min(MAX_SILENT))
        } else {
            (WANTED / f64::from(1_u32 << self.settled.min(5))).max(least)
        };
        let left = wanted - f64::from(self.heard);
        // Milliseconds of a day.
        #[allow(clippy::cast_precision_loss)]
        let part = ((now % DAY_MS) as f64 / DAY_MS as f64).max(LEAST_PART);
        let a_day = (self.served / part).max(self.before.unwrap_or_default()).max(1.0);
        let is_at_once = self.at_once > 0 && self.silent == 0;
        let wanted_a_day = if is_at_once { f64::from(WANTED_AT_ONCE) * TEN_MINUTES_A_DAY } else { wanted };
        let halvings = (left > 0.0 || is_at_once).then(|| {
            let exact = (a_day / wanted_a_day).log2().floor().clamp(0.0, f64::from(MAX_HALVINGS));
            // A whole number in range.
            #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
            let exact = exact as u8;
            // As before, where that is nearly right.
            self.halvings.filter(|before| before.abs_diff(exact) <= 1).unwrap_or(exact)
        });
        self.halvings = halvings;
        halvings
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Day = 20_000;

    fn noon(day: Day) -> u64 {
        u64::from(day) * DAY_MS + DAY_MS / 2
    }

    #[test]
    fn a_busy_page_is_asked_some_dozens_of_times_and_fewer_each_day_it_stays_the_same() {
        let mut asking = Asking::default();
        let mut heard = Vec::new();
        for day in DAY..DAY + 6 {
            let mut of_day = 0;
            // A hundred thousand views, and whoever is asked answers.
            for _ in 0..1000 {
                asking.serve(100, false, day);
                if let Some(halvings) = asking.ask(false, day, noon(day)) {
                    for _ in 0..100_u32 >> halvings {
                        asking.hear(day);
                        of_day += 1;
                    }
                }
            }
            heard.push(of_day);
        }
        assert!(heard.is_sorted_by(|a, b| a >= b), "{heard:?}");
        assert!((40..150).contains(&heard[0]) && heard[5] <= 12, "{heard:?}");
        asking.is_unsettled();
        asking.serve(100_000, false, DAY + 6);
        assert!(asking.ask(false, DAY + 6, noon(DAY + 6)).is_some());
    }

    #[test]
    fn where_a_part_was_renamed_a_dozen_is_asked_within_minutes_a_few_times_a_day() {
        let mut asking = Asking::default();
        asking.serve(50_000, false, DAY);
        (0..48).for_each(|_| asking.hear(DAY));
        assert_eq!(asking.ask(true, DAY, noon(DAY)), None, "enough has come today");
        for _ in 0..MOST_AT_ONCE {
            asking.is_renewed();
            // Of 694 views in ten minutes every 32nd.
            assert_eq!(asking.ask(true, DAY, noon(DAY)), Some(5));
            (0..11).for_each(|_| asking.hear(DAY));
            asking.is_renewed();
            assert_eq!(asking.ask(true, DAY, noon(DAY)), Some(5));
            asking.hear(DAY);
            assert_eq!(asking.ask(true, DAY, noon(DAY)), None);
        }
        asking.is_renewed();
        assert_eq!(asking.ask(true, DAY, noon(DAY)), None, "whoever renames it each time is asked no more");
        asking.is_renewed();
        asking.serve(100, false, DAY + 1);
        asking.is_renewed();
        assert_eq!(asking.ask(true, DAY + 1, noon(DAY + 1)), Some(4), "another day");
    }

    #[test]
    fn every_view_of_a_quiet_page_is_asked_until_it_has_told_enough() {
        let mut asking = Asking::default();
        asking.serve(20, false, DAY);
        assert_eq!(asking.ask(false, DAY, noon(DAY)), Some(0));
        for _ in 0..48 {
            assert_eq!(asking.ask(false, DAY, noon(DAY)), Some(0));
            asking.hear(DAY);
        }
        assert_eq!(asking.ask(false, DAY, noon(DAY)), None);
        assert_eq!(asking.ask(false, DAY + 1, noon(DAY + 1)), Some(0));
        for _ in 0..24 {
            asking.hear(DAY + 1);
        }
        assert_eq!(asking.ask(false, DAY + 1, noon(DAY + 1)), None, "half as many");
    }

    #[test]
    fn a_page_with_preloads_goes_on_being_asked() {
        let mut asking = Asking::default();
        for day in DAY..DAY + 10 {
            asking.hear(day);
        }
        for _ in 0..7 {
            asking.hear(DAY + 9);
        }
        assert_eq!(asking.ask(false, DAY + 9, noon(DAY + 9)), None);
        assert_eq!(asking.ask(true, DAY + 9, noon(DAY + 9)), Some(0));
    }

    #[test]
    fn where_nobody_tells_fewer_are_asked_each_day_until_somebody_does() {
        let mut asking = Asking::default();
        let asked: Vec<Option<u8>> = (DAY..DAY + 8)
            .map(|day| {
                asking.serve(49_152, false, day);
                // It is stored in between.
                asking = serde_json::from_str(&serde_json::to_string(&asking).unwrap()).unwrap();
                asking.ask(true, day, u64::from(day + 1) * DAY_MS - 1)
            })
            .collect();
        // Of 49,152 views 48 are wanted on the first day, then 24, 12, 6, 3, and one or two; one halving more or less is let be.
        assert_eq!(asked, [10, 10, 12, 12, 14, 14, 14, 14].map(Some));
        asking.is_renewed();
        let evening = u64::from(DAY + 8) * DAY_MS - 1;
        assert_eq!(asking.ask(true, DAY + 7, evening), Some(14), "a new build makes nobody tell");
        asking.hear(DAY + 7);
        assert_eq!(asking.ask(true, DAY + 7, evening), Some(4), "of the new build at once");
        asking.serve(49_152, false, DAY + 8);
        assert_eq!(asking.ask(true, DAY + 8, u64::from(DAY + 9) * DAY_MS - 1), Some(10));
    }

    #[test]
    fn a_quiet_page_is_asked_whenever_it_is_viewed_however_long_nobody_has_told() {
        let mut asking = Asking::default();
        for day in DAY..DAY + 20 {
            asking.serve(1, false, day);
            assert_eq!(asking.ask(false, day, u64::from(day + 1) * DAY_MS - 1), Some(0));
        }
    }

    #[test]
    fn a_page_that_lets_no_browser_tell_is_not_asked_as_long_as_that_is_so() {
        let mut asking = Asking::default();
        asking.serve(100, false, DAY);
        assert_eq!(asking.ask(false, DAY, noon(DAY)), Some(2));
        asking.serve(100, true, DAY);
        assert_eq!(asking.ask(false, DAY, noon(DAY)), None);
        asking.is_renewed();
        asking.serve(100, true, DAY + 1);
        asking.is_renewed();
        assert_eq!(asking.ask(true, DAY + 1, noon(DAY + 1)), None);
        asking.serve(100, false, DAY + 2);
        assert_eq!(asking.ask(true, DAY + 2, noon(DAY + 2)), Some(2));
    }
}
