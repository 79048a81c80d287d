//! The forms that visitors send: whether those are refused more often after whose page another one was fetched ahead.
//!
//! Many applications keep one form token in a session, and make a new one with each page. There whatever is fetched ahead takes the token
//! of the page that is shown, so its form is refused. No answer says so for certain: what counts is how much more often forms seem to be
//! refused than forms of the same kind whose page was given last.

use super::super::navigation_batch::{FormCount, FormCounts, FormStats};
use super::super::visitor::{Day, Visitors};
use crate::sorting::map::SortedMap;
use serde::{Deserialize, Serialize};

/// How many refusals more than expected are no chance yet, and by how many standard deviations of what chance does.
const MORE: f64 = 2.0;
const DEVIATIONS: f64 = 3.5;

/// The most kinds of forms that are remembered.
const MAX_KINDS: usize = 32;

/// The least forms of a kind that are remembered, decayed.
const LEAST: f64 = 0.2;

/// Forms that were sent, and how many of them seemed to be refused, decayed.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Count(f64, f64);

impl Count {
    fn add(&mut self, FormCount(sent, refused): FormCount) {
        self.0 += f64::from(sent);
        self.1 += f64::from(refused.min(sent));
    }

    fn fade(&mut self, factor: f64) {
        self.0 *= factor;
        self.1 *= factor;
    }

    fn with(self, other: Self) -> Self {
        Self(self.0 + other.0, self.1 + other.1)
    }

    /// The figures as they are published: how many were sent, and how many seemed to be refused.
    fn rounded(self) -> (u32, u32) {
        // Decayed, they stay far below a u32.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let [sent, refused] = [self.0, self.1].map(|number| number.round() as u32);
        (sent, refused)
    }
}

/// Forms of one kind: alone, and after a guess.
#[derive(Clone, Copy, Debug, Default, PartialEq, Serialize, Deserialize)]
struct Counts {
    alone: Count,
    after_guess: Count,
}

impl Counts {
    fn sent(&self) -> f64 {
        self.alone.0 + self.after_guess.0
    }

    /// How many of those after a guess would be refused if the guess made no difference, and the variance of that: of so many draws of a
    /// share of which that of the others tells something (a beta-binomial distribution).
    fn expected(&self) -> (f64, f64) {
        let Count(sent, _) = self.after_guess;
        // With one of either kind more, since little evidence makes no share sure.
        let seen = self.alone.0 + 2.0;
        let share = (self.alone.1 + 1.0) / seen;
        (sent * share, sent * share * (1.0 - share) * (seen + sent) / (seen + 1.0))
    }
}

/// See the module's description.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub(super) struct Forms {
    kinds: SortedMap<u16, Counts>,
    refused_to: Visitors,
}

impl Forms {
    /// Whether there were none.
    pub(super) fn are_none(&self) -> bool {
        *self == Self::default()
    }

    /// Takes in what was counted on a day.
    pub(super) fn add(&mut self, stats: &FormStats, day: Day) {
        for (kind, FormCounts { alone, after_guess }) in &stats.kinds {
            let counts = self.kinds.entry(*kind).or_default();
            counts.alone.add(*alone);
            counts.after_guess.add(*after_guess);
        }
        while self.kinds.len() > MAX_KINDS {
            let least = self.kinds.iter().min_by(|(_, a), (_, b)| a.sent().total_cmp(&b.sent()));
            let Some(kind) = least.map(|(kind, _)| *kind) else { break };
            self.kinds.remove(&kind);
        }
        self.refused_to.add(day, &stats.refused_to);
    }

    /// Has all that was counted weigh less.
    pub(super) fn fade(&mut self, factor: f64) {
        for counts in self.kinds.values_mut() {
            counts.alone.fade(factor);
            counts.after_guess.fade(factor);
        }
        self.kinds.retain(|_, counts| counts.sent() >= LEAST);
    }

    /// Whether forms are refused more often after a guess, to `several` visitors at least.
    pub(super) fn are_refused(&self, several: u32, today: Day) -> bool {
        let expected = self.kinds.values().map(Counts::expected);
        let (by_chance, variance) =
            expected.fold((0.0, 0.0), |(all, spread), (of_kind, of_it)| (all + of_kind, spread + of_it));
        let refused: f64 = self.kinds.values().map(|counts| counts.after_guess.1).sum();
        refused > by_chance + DEVIATIONS * variance.sqrt() + MORE && self.refused_to.most(today) >= several
    }

    /// The figures as they are published: of forms alone, and after a guess.
    pub(super) fn rounded(&self) -> [(u32, u32); 2] {
        let none = Counts::default();
        let all = self.kinds.values().fold(none, |all, of_kind| Counts {
            alone: all.alone.with(of_kind.alone),
            after_guess: all.after_guess.with(of_kind.after_guess),
        });
        [all.alone.rounded(), all.after_guess.rounded()]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const DAY: Day = 20_833;

    type Kind = ((u32, u32), (u32, u32));

    fn stats(kinds: &[Kind], visitors: u8) -> FormStats {
        let counts = |((sent, refused), (sent_after, refused_after)): &Kind| FormCounts {
            alone: FormCount(*sent, *refused),
            after_guess: FormCount(*sent_after, *refused_after),
        };
        let kinds = (0..).zip(kinds.iter().map(counts)).collect();
        FormStats { kinds, refused_to: (0..visitors).collect() }
    }

    /// Whether forms are refused, of whose kinds so many were sent and refused: alone, and after a guess, to so many visitors.
    fn refused(kinds: &[Kind], visitors: u8) -> bool {
        let mut forms = Forms::default();
        forms.add(&stats(kinds, visitors), DAY);
        forms.are_refused(3, DAY)
    }

    #[test]
    fn forms_are_refused_after_a_guess_where_that_is_no_chance_and_several_have_met_it() {
        for (kinds, visitors, expected) in [
            (&[((40, 1), (6, 5))][..], 3, true),
            (&[((40, 1), (6, 5))], 2, false),
            (&[((40, 1), (5, 3))], 3, false),
            // A page that makes a new token is fetched now and then.
            (&[((400, 20), (100, 17))], 9, true),
            (&[((400, 20), (100, 13))], 9, false),
            // What is accepted is shown by the form's own page.
            (&[((400, 400), (100, 100))], 9, false),
            (&[((100, 60), (50, 35))], 9, false),
            // Little is known of others.
            (&[((0, 0), (80, 80))], 8, false),
            (&[((5, 5), (200, 200))], 8, false),
            (&[((0, 0), (0, 0))], 0, false),
            // Forms of one kind are sent from pages full of links, and their answer is the way back; of another kind from others.
            (&[((40, 1), (1, 0)), ((3, 3), (12, 12))], 9, false),
            (&[((40, 1), (8, 6)), ((30, 28), (12, 12))], 9, true),
        ] {
            assert_eq!(refused(kinds, visitors), expected, "{kinds:?} {visitors}");
        }
    }

    #[test]
    fn what_was_counted_fades_and_is_published_and_has_a_bound() {
        let mut forms = Forms::default();
        assert!(forms.are_none());
        forms.add(&stats(&[((40, 1), (12, 10)), ((4, 4), (0, 0))], 3), DAY);
        assert_eq!((forms.rounded(), forms.are_refused(3, DAY)), ([(44, 5), (12, 10)], true));
        forms.fade(0.25);
        assert_eq!((forms.rounded(), forms.are_refused(3, DAY)), ([(11, 1), (3, 3)], false));
        let many: Vec<Kind> = (0..100).map(|_| ((1, 0), (0, 0))).collect();
        forms.add(&stats(&many, 0), DAY);
        assert_eq!(forms.kinds.len(), MAX_KINDS);
        assert!(forms.kinds.contains_key(&0), "what is sent most stays");
        forms.fade(0.05);
        assert_eq!(forms.kinds.len(), 1, "what was sent long ago is forgotten");
    }
}
