//! How quickly the origin answers lately, what is usual, and how often it fails to: histograms of times, decayed.

use super::super::navigation_batch::{Answers, TIME_SLOTS};
use serde::{Deserialize, Serialize};

/// After how many answers what was lately seen has halved, and what is usual.
const RECENT: f64 = 60.0;
const USUAL: f64 = 2000.0;

/// In how many milliseconds what was lately seen halves, and what is usual, however little comes in.
const RECENT_MS: f64 = 3600.0 * 1000.0;
const USUAL_MS: f64 = 3.0 * 24.0 * 3600.0 * 1000.0;

/// How many times it takes to tell anything.
const LEAST: f64 = 10.0;

/// By which factor, and by how many milliseconds, more is slower.
const SLOWER: f64 = 1.75;
const SLOWER_MS: f64 = 50.0;

/// A median that is too slow whatever it is compared with, in milliseconds.
const TOO_SLOW_MS: f64 = 2000.0;

/// The share of errors that is too much.
const MOST_ERRORS: f64 = 0.05;

/// How many answers took how long, decayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Times([f64; TIME_SLOTS]);

impl Times {
    fn fade(&mut self, fade: f64) {
        self.0.iter_mut().for_each(|slot| *slot *= fade);
    }

    fn add(&mut self, times: &[u32; TIME_SLOTS]) {
        self.0.iter_mut().zip(times).for_each(|(slot, number)| *slot += f64::from(*number));
    }

    fn number(&self) -> f64 {
        self.0.iter().sum()
    }

    /// The median in milliseconds, when so many of the slowest are left out; `None` where too few are left.
    pub(super) fn median(&self, left_out: f64) -> Option<f64> {
        let number = self.number() - left_out;
        if number < LEAST {
            return None;
        }
        let (mut below, mut from) = (0.0, 0.0);
        let mut to = 16.0;
        for slot in self.0 {
            if below + slot >= number / 2.0 && slot > 0.0 {
                return Some(from + (to - from) * (number / 2.0 - below) / slot);
            }
            below += slot;
            (from, to) = (to, 2.0 * to);
        }
        Some(from)
    }
}

/// Answers of one kind, as they were lately.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Recent {
    pub(super) times: Times,
    pub(super) all: f64,
    pub(super) errors: f64,
}

impl Recent {
    fn add(&mut self, answers: &Answers) {
        let fade = (-f64::from(answers.all) / RECENT).exp2();
        self.fade(fade);
        self.times.add(&answers.times);
        self.all += f64::from(answers.all);
        self.errors += f64::from(answers.errors.min(answers.all));
    }

    fn fade(&mut self, fade: f64) {
        self.times.fade(fade);
        self.all *= fade;
        self.errors *= fade;
    }

    /// The share of errors, when so many answers are left out, all of them errors.
    fn errors(&self, left_out: f64) -> f64 {
        let all = self.all - left_out;
        if all < LEAST { 0.0 } else { (self.errors - left_out).max(0.0) / all }
    }
}

/// How the origin answers.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct OriginAnswers {
    /// What visitors asked for.
    pub(super) asked: Recent,
    /// What the moderate rule asked for.
    pub(super) guessed: Recent,
    /// What is usual for what visitors asked for.
    pub(super) usual: Times,
}

impl OriginAnswers {
    /// Lets time pass.
    pub(super) fn pass(&mut self, milliseconds: f64) {
        self.asked.fade((-milliseconds / RECENT_MS).exp2());
        self.guessed.fade((-milliseconds / RECENT_MS).exp2());
        self.usual.fade((-milliseconds / USUAL_MS).exp2());
    }

    /// Takes in answers. What comes while the origin `is_slow` is not usual; where that lasts for weeks, what was usual is
    /// forgotten.
    pub(super) fn add(&mut self, asked: &Answers, guessed: &Answers, is_slow: bool) {
        self.asked.add(asked);
        self.guessed.add(guessed);
        if !is_slow || self.usual.number() < LEAST {
            let number: f64 = asked.times.iter().map(|slot| f64::from(*slot)).sum();
            self.usual.fade((-number / USUAL).exp2());
            self.usual.add(&asked.times);
        }
    }

    /// Whether it is known what is usual.
    pub(super) fn is_known(&self) -> bool {
        self.usual.number() >= 2.0 * LEAST
    }

    /// Whether the origin answers guesses more slowly than visits, or everything more slowly than usual, when so many of the
    /// slowest answers are left out.
    pub(super) fn is_slow(&self, left_out: f64) -> bool {
        let [asked, guessed] = [&self.asked, &self.guessed].map(|recent| recent.times.median(left_out));
        let usual = self.usual.median(0.0);
        let is_slower = |time: Option<f64>, than: Option<f64>| {
            time.zip(than).is_some_and(|(time, than)| time > SLOWER * than && time > than + SLOWER_MS)
        };
        is_slower(guessed, self.asked.times.median(0.0))
            || is_slower(guessed, usual)
            || is_slower(asked, usual)
            || [asked, guessed].into_iter().flatten().any(|time| time > TOO_SLOW_MS)
    }

    /// Whether the origin fails, at guesses or at anything, when so many errors are left out.
    pub(super) fn is_failing(&self, left_out: f64) -> bool {
        self.guessed.errors(left_out) > MOST_ERRORS || self.asked.errors(left_out) > MOST_ERRORS
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::learn::next::navigation_batch::slot_of;

    fn answers(all: &[(u32, u32)]) -> Answers {
        let mut answers = Answers::default();
        for (milliseconds, number) in all {
            answers.times[slot_of(*milliseconds)] += number;
            answers.all += number;
        }
        answers
    }

    fn seen(batches: &[[&[(u32, u32)]; 2]]) -> OriginAnswers {
        let mut origin = OriginAnswers::default();
        for [asked, guessed] in batches {
            origin.add(&answers(asked), &answers(guessed), origin.is_slow(18.0));
        }
        origin
    }

    #[test]
    fn the_median_lies_within_its_slot() {
        let mut times = Times::default();
        assert_eq!(times.median(0.0), None);
        times.add(&answers(&[(20, 10), (100, 10)]).times);
        assert_eq!(times.median(0.0), Some(32.0));
        assert_eq!(times.median(8.0), Some(25.6), "without the slowest");
        assert_eq!(times.median(11.0), None);
        times.add(&answers(&[(1_000_000, 100)]).times);
        assert!(times.median(0.0).unwrap() >= 16_384.0);
    }

    #[test]
    fn guesses_that_are_answered_more_slowly_than_visits_are_told_from_as_fast_ones() {
        assert!(!seen(&[[&[(100, 100)], &[(100, 60)]]]).is_slow(18.0));
        assert!(seen(&[[&[(100, 100)], &[(600, 60)]]]).is_slow(18.0));
        assert!(!seen(&[[&[(100, 100)], &[(600, 18), (100, 42)]]]).is_slow(18.0), "a few visitors'");
        assert!(!seen(&[[&[(4, 100)], &[(40, 60)]]]).is_slow(18.0), "nobody notices that");
        assert!(seen(&[[&[(2600, 100)], &[(2600, 60)]]]).is_slow(18.0), "that is too slow for anything");
    }

    #[test]
    fn an_origin_that_slows_down_is_told_soon_and_that_does_not_become_usual() {
        let quick: [&[(u32, u32)]; 2] = [&[(100, 20)], &[(100, 20)]];
        let slow: [&[(u32, u32)]; 2] = [&[(700, 20)], &[(700, 20)]];
        let mut batches = vec![quick; 15];
        assert!(!seen(&batches).is_slow(18.0));
        batches.extend([slow; 4]);
        let mut origin = seen(&batches);
        assert!(origin.is_slow(18.0), "after eighty of three hundred");
        for _ in 0..200 {
            origin.add(&answers(slow[0]), &answers(slow[1]), origin.is_slow(18.0));
        }
        assert!(origin.is_slow(18.0));
        for _ in 0..8 {
            origin.add(&answers(quick[0]), &answers(quick[1]), origin.is_slow(18.0));
        }
        assert!(!origin.is_slow(18.0), "it has recovered");
        // Three weeks later another time is usual.
        origin.pass(21.0 * 24.0 * 3600.0 * 1000.0);
        for _ in 0..20 {
            origin.add(&answers(slow[0]), &answers(slow[1]), origin.is_slow(18.0));
        }
        assert!(!origin.is_slow(18.0));
    }

    #[test]
    fn errors_of_a_few_visitors_are_left_out() {
        let failing = |errors| {
            let mut origin = OriginAnswers::default();
            origin.add(&Answers { errors, ..answers(&[(100, 60)]) }, &Answers::default(), false);
            origin.is_failing(18.0)
        };
        assert_eq!([0, 18, 20, 21, 60].map(failing), [false, false, false, true, true]);
    }
}
