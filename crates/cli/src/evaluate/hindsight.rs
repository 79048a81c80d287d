//! What ours would have been with one threshold for the whole history, chosen so that it speculates as often as another
//! policy did: the recalls of two policies say something only at the same number of speculations.
//!
//! All forecasts of all views are put in the order of their probability, and as many of the best are taken as the other
//! had speculations. That is a constant threshold; of forecasts as probable as the threshold itself, the earliest are
//! taken, so that the number is exactly the same. Only the threshold is known in hindsight: each probability was given
//! before what it is about.

use super::replay::{Outcome, Score};

/// A threshold's choice.
#[derive(Debug)]
pub struct Choice {
    /// What became of it.
    pub score: Score,
    /// Of each navigation in the order of time, whether it was predicted.
    pub predicted: Vec<bool>,
}

/// The places of all forecasts, the most probable first.
pub fn ranking(outcome: &Outcome) -> Vec<usize> {
    let mut places: Vec<(usize, f64)> =
        outcome.forecasts.iter().map(|forecast| forecast.probability).enumerate().collect();
    // Stable: the earlier of equals stays before the later.
    places.sort_by(|(_, one), (_, other)| other.total_cmp(one));
    places.into_iter().map(|(place, _)| place).collect()
}

/// Takes so many of the best; all, if there are fewer.
pub fn choose(outcome: &Outcome, ranking: &[usize], speculations: usize) -> Choice {
    let chosen = ranking.get(..speculations).unwrap_or(ranking);
    let mut is_chosen = vec![false; outcome.forecasts.len()];
    let mut used = 0;
    for place in chosen {
        if let (Some(is_chosen), Some(forecast)) = (is_chosen.get_mut(*place), outcome.forecasts.get(*place))
        {
            *is_chosen = true;
            used += usize::from(forecast.came > 0);
        }
    }
    let is_predicted =
        |by: &Option<usize>| by.and_then(|place| is_chosen.get(place)).copied().unwrap_or_default();
    let predicted: Vec<bool> = outcome.navigations.iter().map(is_predicted).collect();
    let score = Score {
        speculations: chosen.len(),
        used,
        predicted: predicted.iter().filter(|predicted| **predicted).count(),
    };
    Choice { score, predicted }
}

#[cfg(test)]
mod tests {
    use super::super::replay::Forecast;
    use super::*;
    use proptest::prelude::*;

    fn outcome(forecasts: &[(f64, usize)], navigations: Vec<Option<usize>>) -> Outcome {
        let forecast =
            |(probability, came): &(f64, usize)| Forecast { probability: *probability, rank: 0, came: *came };
        let forecasts = forecasts.iter().map(forecast).collect();
        Outcome { navigations, forecasts, ..Outcome::default() }
    }

    #[test]
    fn the_best_are_taken_and_of_equals_the_earliest() {
        let outcome = outcome(
            &[(0.1, 1), (0.5, 0), (0.3, 2), (0.3, 1), (0.9, 0)],
            vec![Some(0), None, Some(2), Some(3), Some(2)],
        );
        let ranking = ranking(&outcome);
        assert_eq!(ranking, [4, 1, 2, 3, 0]);
        let three = choose(&outcome, &ranking, 3);
        assert_eq!(three.score, Score { speculations: 3, used: 1, predicted: 2 });
        assert_eq!(three.predicted, [false, false, true, false, true]);
        assert_eq!(choose(&outcome, &ranking, 0).score, Score::default());
        let all = Score { speculations: 5, used: 3, predicted: 4 };
        assert_eq!(choose(&outcome, &ranking, 5).score, all);
        assert_eq!(choose(&outcome, &ranking, 6).score, all, "there are no more");
    }

    proptest! {
        #[test]
        fn it_is_exactly_as_many_and_no_more_tell_less(
            forecasts in prop::collection::vec((0.0..1.0_f64, 0_usize..3), 0..60),
            speculations in 0_usize..70,
        ) {
            let navigations: Vec<Option<usize>> = forecasts.iter().enumerate()
                .flat_map(|(place, (_, came))| vec![Some(place); *came]).chain([None]).collect();
            let outcome = outcome(&forecasts, navigations);
            let ranking = ranking(&outcome);
            let Choice { score, predicted } = choose(&outcome, &ranking, speculations);
            prop_assert_eq!(score.speculations, speculations.min(forecasts.len()));
            prop_assert_eq!(predicted.len(), outcome.navigations.len());
            prop_assert!(score.used <= score.speculations && score.used <= score.predicted);
            prop_assert!(score.predicted <= choose(&outcome, &ranking, speculations + 1).score.predicted);
        }
    }
}
