//! Whether what is said to have a probability of 30 percent comes 30 times of a hundred.
//!
//! Looked at are the two likeliest pages of each view. They are put into ten bins of equal width by their probability; in
//! each, the mean of the probabilities is held against the share that came. The calibration error is the mean of the
//! bins' differences, each weighing as much as it has forecasts (expected calibration error, Naeini and others 2015).

use super::replay::Forecast;

/// How many bins there are.
const BINS: usize = 10;

/// How many of each view's forecasts are looked at.
const RANKS: usize = 2;

/// Forecasts of about the same probability.
#[derive(Clone, Copy, Debug, Default, PartialEq)]
pub struct Bin {
    /// How many there are.
    pub forecasts: usize,
    /// The sum of their probabilities.
    said: f64,
    /// How many came true.
    came: usize,
}

impl Bin {
    /// The mean of the probabilities; nothing of an empty bin.
    pub fn said(&self) -> Option<f64> {
        (self.forecasts > 0).then(|| self.said / super::float(self.forecasts))
    }

    /// The share that came true.
    pub fn came(&self) -> Option<f64> {
        super::share(self.came, self.forecasts)
    }
}

/// Puts forecasts into bins, those with the lowest probabilities first.
pub fn bins(forecasts: &[Forecast]) -> [Bin; BINS] {
    let mut bins = [Bin::default(); BINS];
    for forecast in forecasts.iter().filter(|forecast| forecast.rank < RANKS) {
        // A probability, so at most the number of bins; a certainty belongs into the last.
        #[allow(clippy::cast_possible_truncation, clippy::cast_sign_loss)]
        let at = ((forecast.probability * super::float(BINS)) as usize).min(BINS - 1);
        if let Some(bin) = bins.get_mut(at) {
            bin.forecasts += 1;
            bin.said += forecast.probability;
            bin.came += usize::from(forecast.came > 0);
        }
    }
    bins
}

/// The calibration error; nothing where nothing was said.
pub fn error(bins: &[Bin]) -> Option<f64> {
    let all: usize = bins.iter().map(|bin| bin.forecasts).sum();
    // Each bin's difference times its number.
    let differences: f64 = bins.iter().map(|bin| (bin.said - super::float(bin.came)).abs()).sum();
    (all > 0).then(|| differences / super::float(all))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn forecasts(said: &[(f64, usize, usize)]) -> Vec<Forecast> {
        said.iter()
            .map(|(probability, rank, came)| Forecast { probability: *probability, rank: *rank, came: *came })
            .collect()
    }

    #[test]
    fn forecasts_belong_into_bins_of_equal_width() {
        let bins = bins(&forecasts(&[
            (0.0, 0, 0),
            (0.099, 1, 1),
            (0.1, 0, 2),
            (0.95, 0, 1),
            (1.0, 1, 1),
            (0.5, 2, 1),
        ]));
        let numbers = bins.map(|bin| bin.forecasts);
        assert_eq!(numbers, [2, 1, 0, 0, 0, 0, 0, 0, 0, 2], "the third likeliest is not looked at");
        assert_eq!(
            (bins[1].said(), bins[1].came()),
            (Some(0.1), Some(1.0)),
            "two navigations are one forecast"
        );
        assert_eq!((bins[9].said(), bins[9].came()), (Some(0.975), Some(1.0)));
        assert_eq!((bins[5].said(), bins[5].came()), (None, None));
    }

    #[test]
    fn the_error_weighs_each_bin_by_its_number() {
        // Four times 0.25, of which one comes: no error. Once 0.75, which does not: 0.75 of five.
        let bins = bins(&forecasts(&[(0.25, 0, 1), (0.25, 0, 0), (0.25, 0, 0), (0.25, 0, 0), (0.75, 0, 0)]));
        assert_eq!(error(&bins), Some(0.15));
        assert_eq!(error(&super::bins(&[])), None);
    }
}
