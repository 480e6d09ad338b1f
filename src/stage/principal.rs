//! Principal axes: the directions that points spread along, most first.
//!
//! They are the eigenvectors of the d × d scatter matrix Σ (x − mean)(x − mean)ᵀ, in
//! `f64`; its eigenvalues are the squared singular values of the centred points.
//!
//! Knows nothing of what the points are, or of what they are turned for.

use rayon::prelude::*;

use super::eigen::{self, Axis};

/// Rows of the scatter matrix summed by one task.
const ROWS: usize = 8;

/// The principal axes of some points.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Principal {
    /// Mean point (d).
    pub(super) mean: Vec<f64>,
    /// All d axes; the value of each is the sum of squares along it.
    pub(super) axes: Vec<Axis>,
}

impl Principal {
    /// Those of points of `width` values each.
    pub(super) fn fit(rows: &[f32], width: usize) -> Self {
        let mean = mean(rows, width);
        let axes = eigen::axes(scatter(rows, &mean));
        Self { mean, axes }
    }
}

/// The mean of rows of `width` values.
pub(super) fn mean(rows: &[f32], width: usize) -> Vec<f64> {
    let mut sums = vec![0.0; width];
    for row in rows.chunks(width) {
        for (sum, &value) in sums.iter_mut().zip(row) {
            *sum += f64::from(value);
        }
    }
    let count = (rows.len() / width) as f64;
    sums.iter().map(|sum| sum / count).collect()
}

/// Σ (x − mean)(x − mean)ᵀ over all rows x, each element summed in their order.
pub(super) fn scatter(rows: &[f32], mean: &[f64]) -> Vec<Vec<f64>> {
    let width = mean.len();
    let mut matrix = vec![vec![0.0; width]; width];
    matrix.par_chunks_mut(ROWS).enumerate().for_each(|(block, sums)| {
        let mut centred = vec![0.0; width];
        for row in rows.chunks(width) {
            for ((centred, &value), mean) in centred.iter_mut().zip(row).zip(mean) {
                *centred = f64::from(value) - mean;
            }
            for (sums, &x) in sums.iter_mut().zip(&centred[block * ROWS..]) {
                for (sum, y) in sums.iter_mut().zip(&centred) {
                    *sum += x * y;
                }
            }
        }
    });
    matrix
}
