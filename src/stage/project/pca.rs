//! Principal component analysis, to two dimensions.
//!
//! x lies at ((x − mean) · v₁, (x − mean) · v₂), where v₁ and v₂ are the directions of
//! most variance. A direction and its opposite are as good; of the two, the one whose
//! largest component (by its size, the first of equals) is positive is taken.
//!
//! Knows nothing of where points come from.

use crate::principal::Principal;

/// The two axes of some points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Pca {
    /// Mean point (d).
    pub(super) mean: Vec<f64>,
    /// Two directions of length 1 (d each); zeros where the points have one value.
    pub(super) directions: [Vec<f64>; 2],
    /// Variance along each, with n − 1 in the denominator.
    pub(super) variance: [f64; 2],
    /// Their share of the whole variance; NaN if there is none.
    pub(super) explained: f64,
}

impl Pca {
    /// That of points of `width` values each.
    pub(super) fn fit(rows: &[f32], width: usize) -> Self {
        let Principal { mean, axes } = Principal::fit(rows, width);
        let degrees = (rows.len() / width).saturating_sub(1).max(1) as f64;
        let squares: Vec<f64> = axes.iter().map(|axis| axis.value.max(0.0)).collect();
        let along = |i: usize| squares.get(i).copied().unwrap_or(0.0);
        let direction =
            |i: usize| axes.get(i).map_or_else(|| vec![0.0; width], |axis| axis.direction.clone());
        Self {
            mean,
            directions: [direction(0), direction(1)],
            variance: [along(0) / degrees, along(1) / degrees],
            explained: (along(0) + along(1)) / squares.iter().sum::<f64>(),
        }
    }

    /// Where points lie on the two axes: (n × 2), by rows.
    pub(super) fn positions(&self, rows: &[f32]) -> Vec<f32> {
        let rows = rows.chunks(self.mean.len());
        rows.flat_map(|row| [self.along(0, row), self.along(1, row)]).collect()
    }

    fn along(&self, axis: usize, row: &[f32]) -> f32 {
        let values = row.iter().zip(&self.mean).zip(&self.directions[axis]);
        values.map(|((&x, mean), v)| (f64::from(x) - mean) * v).sum::<f64>() as f32
    }
}

#[cfg(test)]
mod tests {
    use super::{
        super::golden::{golden, near, points},
        *,
    };

    #[test]
    fn axes_are_scikit_learns() {
        let pca = Pca::fit(&points(), 4);
        near(pca.mean.iter().copied(), &golden("mean"), 1e-14);
        near(pca.variance, &golden("variance"), 1e-13);
        near([pca.explained], &golden("explained"), 1e-14);
        near(pca.directions.concat(), &golden("directions"), 1e-12);
    }

    #[test]
    fn positions_are_numpys() {
        let pca = Pca::fit(&points(), 4);
        let positions = pca.positions(&points());
        near(positions.into_iter().map(f64::from), &golden("positions"), 1e-6);
    }

    #[test]
    fn of_two_opposite_directions_the_one_with_the_largest_component_positive_is_taken() {
        let line: Vec<f32> = (0..5).flat_map(|i| [i as f32, -3.0 * i as f32]).collect();
        let direction = &Pca::fit(&line, 2).directions[0];
        assert!(direction[1] > 0.9 && direction[0] < 0.0, "{direction:?}");
    }

    #[test]
    fn points_without_spread_lie_in_the_middle() {
        let pca = Pca::fit(&[1.0, 2.0, 1.0, 2.0], 2);
        assert_eq!(pca.positions(&[1.0, 2.0]), [0.0, 0.0]);
        assert!(pca.variance.iter().all(|variance| variance.abs() < 1e-12));
        assert!(pca.explained.is_nan());
        let one = Pca::fit(&[1.0, 4.0], 1);
        assert_eq!((&one.directions, one.explained), (&[vec![1.0], vec![0.0]], 1.0));
        assert_eq!(one.positions(&[1.0, 4.0]), [-1.5, 0.0, 1.5, 0.0]);
    }
}
