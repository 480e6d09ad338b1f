//! An approximation to the second derivatives of a logistic regression whose inverse
//! is cheap, so that conjugate gradients need few steps.
//!
//! Where a row's classes have the probabilities p, its softmax cross-entropy is
//! curved by (diag(p) − p·pᵀ) ⊗ x·xᵀ. With c = Σ p·(1 − p) over its classes, divided
//! by how many they are, in the matrix's place, the mean of c·x·xᵀ plus the penalty is
//! one matrix for all classes. Its Cholesky factor serves to divide by it.
//!
//! Knows nothing of labels or of how something is minimised.

use rayon::prelude::*;

use super::objective::{LANES, Lanes, Objective};

/// Rows of the matrix summed by one task.
const ROWS: usize = 8;

/// The mean is over about so many rows, evenly apart: it need not be exact. Its
/// diagonal is over all of them, for some values may be rare.
const MOST_ROWS: usize = 8_192;

/// Rows whose squares are summed by one task.
const BLOCK: usize = 1_024;

/// What gradients are divided by.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Preconditioner {
    width: usize,
    /// The Cholesky factor, row by row, each up to the diagonal.
    lower: Vec<Vec<f64>>,
    /// The mean of c, for the biases.
    bias: f64,
}

impl Preconditioner {
    /// That of `objective` where its classes have these probabilities.
    pub(super) fn new(objective: &Objective<'_>, probabilities: &[Lanes]) -> Self {
        let Objective { rows, width, labels, classes, l2 } = *objective;
        let curvatures = curvatures(probabilities, classes, labels.len());
        let bias = curvatures.iter().sum::<f64>() / labels.len() as f64;
        let stride = labels.len().div_ceil(MOST_ROWS);
        let mut products = weighted_products(rows, width, &curvatures, stride);
        rescale(&mut products, &weighted_squares(rows, width, &curvatures));
        let lower = cholesky(&products, l2);
        Self { width, lower, bias: bias.max(f64::MIN_POSITIVE) }
    }

    /// A gradient divided by the matrix, class by class.
    pub(super) fn apply(&self, gradient: &[f64]) -> Vec<f64> {
        let mut divided = gradient.to_vec();
        let classes = gradient.len() / (self.width + 1);
        let (weights, biases) = divided.split_at_mut(classes * self.width);
        weights.par_chunks_mut(self.width).for_each(|values| self.divide(values));
        for bias in biases {
            *bias /= self.bias;
        }
        divided
    }

    /// L⁻ᵀ·L⁻¹ times the values of one class.
    fn divide(&self, values: &mut [f64]) {
        for i in 0..self.width {
            let (before, at) = values.split_at_mut(i);
            let inner: f64 = before.iter().zip(&self.lower[i]).map(|(a, b)| a * b).sum();
            at[0] = (at[0] - inner) / self.lower[i][i];
        }
        for i in (0..self.width).rev() {
            values[i] /= self.lower[i][i];
            let (before, at) = values.split_at_mut(i);
            for (value, factor) in before.iter_mut().zip(&self.lower[i]) {
                *value -= at[0] * factor;
            }
        }
    }
}

/// c of each row.
fn curvatures(probabilities: &[Lanes], classes: usize, count: usize) -> Vec<f64> {
    let of_row = |row: usize| {
        let group = &probabilities[row / LANES * classes..][..classes];
        let shares = group.iter().map(|probability| probability[row % LANES]);
        shares.map(|share| share * (1.0 - share)).sum::<f64>() / classes as f64
    };
    (0..count).map(of_row).collect()
}

/// The mean of c·x·xᵀ over every so-manieth row x: its lower triangle, row by row.
fn weighted_products(
    rows: &[f32],
    width: usize,
    curvatures: &[f64],
    stride: usize,
) -> Vec<Vec<f64>> {
    let count = curvatures.len().div_ceil(stride) as f64;
    let mut matrix: Vec<Vec<f64>> = (1..=width).map(|columns| vec![0.0; columns]).collect();
    matrix.par_chunks_mut(ROWS).enumerate().for_each(|(block, sums)| {
        let columns = block * ROWS + sums.len();
        let mut values = vec![0.0; columns];
        for (row, curvature) in rows.chunks(width).zip(curvatures).step_by(stride) {
            for (value, &x) in values.iter_mut().zip(row) {
                *value = f64::from(x);
            }
            for (sums, &x) in sums.iter_mut().zip(&values[block * ROWS..]) {
                let factor = curvature * x;
                for (sum, value) in sums.iter_mut().zip(&values) {
                    *sum += factor * value;
                }
            }
        }
        sums.iter_mut().flatten().for_each(|sum| *sum /= count);
    });
    matrix
}

/// The mean of c·x² over all rows, value by value.
fn weighted_squares(rows: &[f32], width: usize, curvatures: &[f64]) -> Vec<f64> {
    let blocks = rows.par_chunks(BLOCK * width).zip(curvatures.par_chunks(BLOCK));
    let blocks: Vec<Vec<f64>> = blocks
        .map(|(rows, curvatures)| {
            let mut sums = vec![0.0; width];
            for (row, curvature) in rows.chunks(width).zip(curvatures) {
                for (sum, &x) in sums.iter_mut().zip(row) {
                    *sum += curvature * f64::from(x) * f64::from(x);
                }
            }
            sums
        })
        .collect();
    let mut means = vec![0.0; width];
    for block in blocks {
        for (mean, sum) in means.iter_mut().zip(block) {
            *mean += sum / curvatures.len() as f64;
        }
    }
    means
}

/// Gives a matrix, of which the lower triangle is there, that diagonal, and scales its
/// rows and columns with it. What has no spread in the matrix is related to nothing.
fn rescale(matrix: &mut [Vec<f64>], diagonal: &[f64]) {
    let factors: Vec<f64> = diagonal
        .iter()
        .enumerate()
        .map(|(i, wanted)| if matrix[i][i] > 0.0 { (wanted / matrix[i][i]).sqrt() } else { 0.0 })
        .collect();
    for (i, row) in matrix.iter_mut().enumerate() {
        for (value, factor) in row.iter_mut().zip(&factors) {
            *value *= factors[i] * factor;
        }
        row[i] = diagonal[i];
    }
}

/// The Cholesky factor of a matrix, given by its lower triangle, plus `l2` on the
/// diagonal.
fn cholesky(matrix: &[Vec<f64>], l2: f64) -> Vec<Vec<f64>> {
    let mut lower: Vec<Vec<f64>> = Vec::with_capacity(matrix.len());
    for (i, row) in matrix.iter().enumerate() {
        let mut next: Vec<f64> = Vec::with_capacity(i + 1);
        for (j, above) in lower.iter().enumerate() {
            let inner: f64 = next.iter().zip(above).map(|(a, b)| a * b).sum();
            next.push((row[j] - inner) / above[j]);
        }
        let squares: f64 = next.iter().map(|value| value * value).sum();
        // Rounding must not take away what the penalty adds.
        next.push((row[i] + l2 - squares).max(l2).sqrt());
        lower.push(next);
    }
    lower
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    #[test]
    fn products_are_weighted_means() {
        let rows = [1.0, 2.0, -3.0, 0.5];
        let found = weighted_products(&rows, 2, &[0.5, 0.25], 1);
        assert_eq!(found, [vec![1.375], vec![0.3125, 1.03125]]);
        assert_eq!(weighted_products(&rows, 2, &[0.5, 0.25], 2), [vec![0.5], vec![1.0, 2.0]]);
    }

    #[test]
    fn rare_values_keep_their_squares() {
        let rows = [1.0, 0.0, 3.0, 2.0, 1.0, 0.0, 3.0, 4.0];
        let curvatures = [0.5; 4];
        let mut products = weighted_products(&rows, 2, &curvatures, 2);
        assert_eq!(products, [vec![0.5], vec![0.0, 0.0]]);
        let squares = weighted_squares(&rows, 2, &curvatures);
        assert_eq!(squares, [2.5, 2.5]);
        rescale(&mut products, &squares);
        assert_eq!(products, [vec![2.5], vec![0.0, 2.5]]);
        let mut products = vec![vec![4.0], vec![2.0, 1.0]];
        rescale(&mut products, &[1.0, 4.0]);
        assert_eq!(products, [vec![1.0], vec![2.0, 4.0]]);
    }

    #[test]
    fn what_is_divided_and_multiplied_again_comes_back() {
        let (width, l2) = (5, 0.125);
        let rows = RngStream::new(5, "preconditioner", 0).normals(48 * width, 2.0);
        let labels = [0; 48];
        let objective = Objective { rows: &rows, width, labels: &labels, classes: 2, l2 };
        let probabilities = [[[0.25; LANES], [0.75; LANES]]; 3].concat();
        let preconditioner = Preconditioner::new(&objective, &probabilities);
        // c is (0.1875 + 0.1875) / 2.
        assert!((preconditioner.bias - 0.1875).abs() < 1e-15);
        let products = weighted_products(&rows, width, &[0.1875; 48], 1);
        let gradient: Vec<f64> = (0..2 * (width + 1)).map(|i| f64::from(i as u8) - 4.0).collect();
        let found = preconditioner.apply(&gradient);
        let element = |i: usize, j: usize| {
            let product = if i > j { products[i][j] } else { products[j][i] };
            product + if i == j { l2 } else { 0.0 }
        };
        for class in 0..2 {
            for i in 0..width {
                let row = (0..width).map(|j| element(i, j) * found[class * width + j]);
                let back: f64 = row.sum();
                assert!((back - gradient[class * width + i]).abs() < 1e-10, "{class}, {i}: {back}");
            }
            let bias = 2 * width + class;
            assert!((found[bias] * 0.1875 - gradient[bias]).abs() < 1e-12);
        }
    }

    #[test]
    fn directions_without_spread_are_held_by_the_penalty() {
        let rows: Vec<f32> = (0..40).flat_map(|i| [i as f32, 2.0 * i as f32, 0.0]).collect();
        let found = cholesky(&weighted_products(&rows, 3, &[0.5; 40], 1), 1e-9);
        assert!(found.iter().flatten().all(|value| value.is_finite()));
        assert!(found[2][2] > 0.0 && found[1][1] > 0.0);
    }
}
