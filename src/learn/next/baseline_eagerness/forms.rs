//! The forms that visitors send: whether those are refused more often after whose page another one was fetched ahead.
//!
//! Many applications keep one form token in a session, and make a new one with each page. There whatever is fetched ahead takes the token
//! of the page that is shown, so its form is refused. No answer says so for certain: what counts is how much more often the forms seem to
//! be refused than those of the page that was given last.

use super::super::navigation_batch::{FormCount, FormStats};
use super::super::visitor::{Day, Visitors};
use serde::{Deserialize, Serialize};

/// How many refusals more than expected are no chance yet, and by how many standard deviations of what chance does.
const MORE: f64 = 2.0;
const DEVIATIONS: f64 = 3.0;

/// Forms that were sent, and how many of them seemed to be refused, decayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Count {
    sent: f64,
    refused: f64,
}

impl Count {
    fn add(&mut self, FormCount(sent, refused): FormCount) {
        self.sent += f64::from(sent);
        self.refused += f64::from(refused.min(sent));
    }

    fn fade(&mut self, factor: f64) {
        self.sent *= factor;
        self.refused *= factor;
    }

    /// The figures as they are published: how many were sent, and how many seemed to be refused.
    fn rounded(self) -> (u32, u32) {
        // Decayed, they stay far below a u32.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let [sent, refused] = [self.sent, self.refused].map(|number| number.round() as u32);
        (sent, refused)
    }
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Forms {
    alone: Count,
    after_guess: Count,
    refused_to: Visitors,
}

impl Forms {
    /// Whether there were none.
    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in what was counted on a day.
    pub(super) fn add(&mut self, stats: &FormStats, day: Day) {
        self.alone.add(stats.alone);
        self.after_guess.add(stats.after_guess);
        self.refused_to.add(day, &stats.refused_to);
    }

    /// Has all that was counted weigh less.
    pub(super) fn fade(&mut self, factor: f64) {
        self.alone.fade(factor);
        self.after_guess.fade(factor);
    }

    /// Whether forms are refused more often after a guess, to `several` visitors at least.
    pub(super) fn are_refused(&self, several: u32, today: Day) -> bool {
        let Count { sent, refused } = self.after_guess;
        // With one of either kind more, since little evidence makes no share sure.
        let share = (self.alone.refused + 1.0) / (self.alone.sent + 2.0);
        let by_chance = sent * share + DEVIATIONS * (sent * share * (1.0 - share)).sqrt();
        refused > by_chance + MORE && self.refused_to.most(today) >= several
    }

    /// The figures as they are published: of forms alone, and after a guess.
    pub(super) fn rounded(&self) -> [(u32, u32); 2] {
        [self.alone.rounded(), self.after_guess.rounded()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Day = 20_833;

    /// Whether forms are refused, of which so many were sent and refused: alone, and after a guess to so many visitors.
    fn refused(alone: (u32, u32), after: (u32, u32), visitors: u8) -> bool {
        let mut forms = Forms::default();
        let stats = FormStats {
            alone: FormCount(alone.0, alone.1),
            after_guess: FormCount(after.0, after.1),
            refused_to: (0..visitors).collect(),
        };
        forms.add(&stats, DAY);
        forms.are_refused(3, DAY)
    }

    #[test]
    fn forms_are_refused_after_a_guess_where_that_is_no_chance_and_several_have_met_it() {
        for (alone, after, visitors, expected) in [
            ((40, 1), (6, 5), 3, true),
            ((40, 1), (6, 5), 2, false),
            ((40, 1), (5, 3), 3, false),
            // A page that makes a new token is fetched now and then.
            ((400, 20), (100, 14), 9, true),
            ((400, 20), (100, 12), 9, false),
            // What is accepted is shown by the form's own page.
            ((400, 400), (100, 100), 9, false),
            ((100, 60), (50, 35), 9, false),
            // Little is known of others.
            ((0, 0), (8, 8), 8, false),
            ((0, 0), (18, 18), 8, true),
            ((0, 0), (0, 0), 0, false),
        ] {
            assert_eq!(refused(alone, after, visitors), expected, "{alone:?} {after:?} {visitors}");
        }
    }

    #[test]
    fn what_was_counted_fades_and_is_published() {
        let mut forms = Forms::default();
        assert!(forms.are_none());
        let stats =
            FormStats { alone: FormCount(40, 1), after_guess: FormCount(12, 10), refused_to: vec![1, 2, 3] };
        forms.add(&stats, DAY);
        assert_eq!((forms.rounded(), forms.are_refused(3, DAY)), ([(40, 1), (12, 10)], true));
        forms.fade(0.25);
        assert_eq!((forms.rounded(), forms.are_refused(3, DAY)), ([(10, 0), (3, 3)], false));
        assert!(!forms.are_none());
    }
}
