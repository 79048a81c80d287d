//! How long it takes until the predictions are as good as before, when a site's navigation has changed overnight.
//!
//! What is looked at is recall, with the one threshold that gives ours as many speculations as Guess.js over the whole
//! history. It must come back to 95 percent of what it was in the 5,000 navigations before the change, or of what it is
//! in the last quarter of the history, whichever is less: the site may have become harder to predict, and what follows
//! from that is no slowness; and it may have become easier, but what was as good as before has recovered. Recovered is
//! whoever has reached that in a window of 500 navigations that all came after the change.
//!
//! A window of 500 is a small sample: the recall in it strays by some seven percent of itself. The first of many that
//! overlap to reach a mark reaches it a little early. So what came next is reported as well: the recall over the 5,000
//! navigations that begin 2,000 behind the change, which strays by two percent only, and must hold the same mark where
//! somebody claims that 2,000 are enough.

use std::ops::Range;

/// The navigations of a window.
const WINDOW: usize = 500;

/// How many navigations before the change are looked at, and how many after it has been got over.
const STRETCH: usize = 5_000;

/// How many navigations are enough for getting over a change.
const ENOUGH: usize = 2_000;

/// How much of the recall has to be back.
const SHARE: f64 = 0.95;

/// See the module's description.
#[derive(Debug, PartialEq)]
pub struct Recovery {
    /// How many navigations there were before the change.
    pub at: usize,
    /// The recall before it.
    pub before: Option<f64>,
    /// The recall in the window right behind it.
    pub first: Option<f64>,
    /// The recall once it should have been got over.
    pub next: Option<f64>,
    /// The recall at the end.
    pub after: Option<f64>,
    /// After how many navigations the recall was back.
    pub navigations: Option<usize>,
}

impl Recovery {
    /// Looks at navigations, each predicted or not, around a change.
    pub fn of(predicted: &[bool], at: usize) -> Self {
        let end = predicted.len();
        let recall = |range: Range<usize>| {
            let predicted = predicted.get(range)?;
            super::share(predicted.iter().filter(|predicted| **predicted).count(), predicted.len())
        };
        let before = recall(at.saturating_sub(STRETCH)..at);
        let after = recall(at.max(end - end / 4)..end);
        let mark = before.zip(after).map(|(before, after)| SHARE * before.min(after));
        let is_back = |start: &usize| recall(*start..start + WINDOW) >= mark;
        let back = mark.and_then(|_| (at..(end + 1).saturating_sub(WINDOW)).find(is_back));
        Self {
            at,
            before,
            first: recall(at..at + WINDOW),
            next: recall(at + ENOUGH..at + ENOUGH + STRETCH),
            after,
            navigations: back.map(|start| start + WINDOW - at),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// So many navigations, of which every `nth` is predicted.
    fn every(nth: usize, navigations: usize) -> Vec<bool> {
        (0..navigations).map(|number| number % nth == 0).collect()
    }

    #[test]
    fn who_never_fell_is_back_at_once() {
        let recovery = Recovery::of(&every(2, 20_000), 10_000);
        let half = Some(0.5);
        let expected = Recovery {
            at: 10_000,
            before: half,
            first: half,
            next: half,
            after: half,
            navigations: Some(500),
        };
        assert_eq!(recovery, expected);
    }

    #[test]
    fn who_fell_is_back_when_a_window_holds_enough_again() {
        let predicted = [every(2, 10_000), vec![false; 1_000], every(2, 9_000)].concat();
        let recovery = Recovery::of(&predicted, 10_000);
        assert_eq!((recovery.before, recovery.first, recovery.after), (Some(0.5), Some(0.0), Some(0.5)));
        // 0.475 of 500 are 237.5: 238 predicted, the last of which is the 475th behind the gap.
        assert_eq!(recovery.navigations, Some(1_475));
        let predicted = [every(2, 10_000), vec![false; 10_000]].concat();
        let recovery = Recovery::of(&predicted, 10_000);
        assert_eq!(recovery.navigations, Some(500), "nothing can be predicted any more: that is the site");
        // 150 of all and 350 of every fourth are 237.5, and the fourths begin with one that is predicted.
        let predicted = [every(2, 10_000), every(4, 9_000), every(1, 3_000)].concat();
        assert_eq!(Recovery::of(&predicted, 10_000).navigations, Some(9_151));
    }

    #[test]
    fn the_lesser_of_before_and_after_is_the_mark() {
        let predicted = [every(2, 10_000), vec![false; 700], every(4, 9_300)].concat();
        let recovery = Recovery::of(&predicted, 10_000);
        assert_eq!((recovery.before, recovery.next, recovery.after), (Some(0.5), Some(0.25), Some(0.25)));
        // 0.2375 of 500 are 118.75: 119 predicted.
        assert_eq!(recovery.navigations, Some(700 + 118 * 4 + 1));
        let predicted = [every(4, 10_000), vec![false; 700], every(2, 9_300)].concat();
        assert_eq!(Recovery::of(&predicted, 10_000).navigations, Some(700 + 118 * 2 + 1));
    }

    #[test]
    fn where_too_little_came_after_nothing_is_said() {
        let predicted = every(2, 1_000);
        assert_eq!(Recovery::of(&predicted, 501).navigations, None);
        assert_eq!(Recovery::of(&predicted, 500).navigations, Some(500));
        assert_eq!(Recovery::of(&predicted, 0).before, None);
        assert_eq!(Recovery::of(&predicted, 0).navigations, None);
        assert_eq!(Recovery::of(&predicted, 1_000).after, None);
        assert_eq!(Recovery::of(&[], 5).navigations, None);
    }
}
