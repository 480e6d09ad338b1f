//! Standardization: every value of the latents at mean 0 and deviation 1 over the
//! training latents, so that a classifier cannot see on which scale they lie.
//!
//! Knows nothing of classifiers.

use crate::{latents::Latents, principal::mean};

/// Where the training latents lie, value by value.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Standardization {
    /// Means (d).
    pub(super) mean: Vec<f64>,
    /// Standard deviations over all training latents (d), 1 where all are alike.
    pub(super) deviation: Vec<f64>,
}

impl Standardization {
    /// That of the training latents.
    pub(super) fn fit(latents: &Latents) -> Self {
        let mean = mean(&latents.rows, latents.width);
        let mut squares = vec![0.0; latents.width];
        for row in latents.rows.chunks(latents.width) {
            for ((sum, &value), mean) in squares.iter_mut().zip(row).zip(&mean) {
                let centred = f64::from(value) - mean;
                *sum += centred * centred;
            }
        }
        let deviation = |sum: f64| match (sum / latents.len() as f64).sqrt() {
            deviation if deviation > 0.0 => deviation,
            _ => 1.0,
        };
        Self { mean, deviation: squares.into_iter().map(deviation).collect() }
    }

    /// Latents, standardized.
    pub(super) fn apply(&self, latents: &Latents) -> Latents {
        let mut rows = latents.rows.clone();
        for row in rows.chunks_mut(latents.width) {
            for ((value, mean), deviation) in row.iter_mut().zip(&self.mean).zip(&self.deviation) {
                *value = ((f64::from(*value) - mean) / deviation) as f32;
            }
        }
        Latents { rows, ..latents.clone() }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn values_lie_at_mean_zero_and_deviation_one_and_equal_ones_at_zero() {
        let rows = vec![1.0, 7.0, 3.0, 7.0, 5.0, 7.0, 7.0, 7.0];
        let latents = Latents { width: 2, rows, labels: vec![0, 1, 0, 1] };
        let standardization = Standardization::fit(&latents);
        assert_eq!(standardization.mean, [4.0, 7.0]);
        assert_eq!(standardization.deviation, [5.0_f64.sqrt(), 1.0]);
        let found = standardization.apply(&latents);
        let wanted = [-3.0, -1.0, 1.0, 3.0].map(|value: f64| (value / 5.0_f64.sqrt()) as f32);
        for (row, wanted) in found.rows.chunks(2).zip(wanted) {
            assert_eq!(row, [wanted, 0.0]);
        }
        assert_eq!(found.labels, latents.labels);
    }
}
