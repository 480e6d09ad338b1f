//! What a logistic regression minimises, and its gradient, with the same bits
//! everywhere.
//!
//! For rows x with labels y, classes k, weights W and biases b:
//!
//! f(W, b) = (1/n) Σ −log softmax(W·x + b)ᵧ + (l2/2)·‖W‖²
//!
//! which is scikit-learn's `LogisticRegression` with C = 1/(l2·n), divided by C·n.
//! Sums run over blocks of 256 rows, in order within a block and block by block, in
//! `f64` without fused operations: neither threads nor the processor change a bit.
//!
//! Knows nothing of how it is minimised.

use rayon::prelude::*;

/// Rows summed by one task.
const BLOCK: usize = 256;

/// Rows that are worked on side by side.
pub(super) const LANES: usize = 16;

/// Values of those rows that are worked on for every class before the next are: as
/// many as a core's fastest memory holds.
const COLUMNS: usize = 64;

/// One value of each of the rows that are worked on side by side.
pub(super) type Lanes = [f64; LANES];

/// The regression of some labelled rows.
#[derive(Clone, Copy, Debug)]
pub(super) struct Objective<'a> {
    /// (n × d), by rows.
    pub(super) rows: &'a [f32],
    /// d.
    pub(super) width: usize,
    /// A class for each row.
    pub(super) labels: &'a [u8],
    /// How many classes.
    pub(super) classes: usize,
    /// How strongly weights are held to zero; biases are not.
    pub(super) l2: f64,
}

/// A value, its gradient, and what the second derivatives are made of.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Evaluation {
    /// f.
    pub(super) loss: f64,
    /// Its gradient, in the order of the parameters.
    pub(super) gradient: Vec<f64>,
    /// The probability of each class, for each group of rows; 0 where there is no row.
    pub(super) probabilities: Vec<Lanes>,
}

impl Objective<'_> {
    /// How many parameters: the weights (classes × d), then the biases.
    pub(super) fn parameters(&self) -> usize {
        self.classes * (self.width + 1)
    }

    /// f and its gradient.
    pub(super) fn evaluate(&self, parameters: &[f64]) -> Evaluation {
        let blocks = self.blocks(|rows, labels| self.evaluate_block(parameters, rows, labels));
        let mut sum = Evaluation { loss: 0.0, ..self.nothing() };
        for block in blocks {
            sum.loss += block.loss;
            add(&mut sum.gradient, &block.gradient);
            sum.probabilities.extend(block.probabilities);
        }
        sum.loss = sum.loss / self.count() + 0.5 * self.l2 * self.squares(parameters);
        self.finish(&mut sum.gradient, parameters);
        sum
    }

    /// The second derivatives at the point of an evaluation times a direction.
    pub(super) fn hessian_times(&self, probabilities: &[Lanes], direction: &[f64]) -> Vec<f64> {
        let groups_per_block = BLOCK / LANES * self.classes;
        let probabilities = probabilities.par_chunks(groups_per_block);
        let blocks: Vec<Vec<f64>> = self
            .par_blocks()
            .zip(probabilities)
            .map(|((rows, labels), probabilities)| {
                self.hessian_times_of_block(probabilities, direction, rows, labels)
            })
            .collect();
        let mut sum = vec![0.0; self.parameters()];
        for block in &blocks {
            add(&mut sum, block);
        }
        self.finish(&mut sum, direction);
        sum
    }

    /// The mean cross-entropy alone.
    pub(super) fn cross_entropy(&self, parameters: &[f64]) -> f64 {
        let blocks = self.blocks(|rows, labels| self.evaluate_block(parameters, rows, labels).loss);
        blocks.into_iter().sum::<f64>() / self.count()
    }

    /// The class with the highest score of each row, the first of equals.
    pub(super) fn classify(&self, parameters: &[f64]) -> Vec<u8> {
        let mut columns = vec![[0.0; LANES]; self.width];
        let mut scores = vec![[0.0; LANES]; self.classes];
        let mut found = Vec::with_capacity(self.labels.len());
        for (rows, labels) in self.groups(self.rows, self.labels) {
            self.score(parameters, rows, &mut columns, &mut scores);
            found.extend((0..labels.len()).map(|lane| best(&scores, lane)));
        }
        found
    }

    fn count(&self) -> f64 {
        self.labels.len() as f64
    }

    /// ‖W‖².
    fn squares(&self, parameters: &[f64]) -> f64 {
        parameters[..self.classes * self.width].iter().map(|weight| weight * weight).sum()
    }

    /// Makes a mean of a sum over rows, and adds the penalty's share for `parameters`.
    fn finish(&self, sum: &mut [f64], parameters: &[f64]) {
        for value in sum.iter_mut() {
            *value /= self.count();
        }
        let (weights, _) = sum.split_at_mut(self.classes * self.width);
        for (value, weight) in weights.iter_mut().zip(parameters) {
            *value += self.l2 * weight;
        }
    }

    fn nothing(&self) -> Evaluation {
        let gradient = vec![0.0; self.parameters()];
        Evaluation { loss: 0.0, gradient, probabilities: Vec::new() }
    }

    fn par_blocks(&self) -> impl IndexedParallelIterator<Item = (&[f32], &[u8])> {
        self.rows.par_chunks(BLOCK * self.width).zip(self.labels.par_chunks(BLOCK))
    }

    /// What `f` makes of each block, in their order.
    fn blocks<T: Send>(&self, f: impl Fn(&[f32], &[u8]) -> T + Sync) -> Vec<T> {
        self.par_blocks().map(|(rows, labels)| f(rows, labels)).collect()
    }

    fn evaluate_block(&self, parameters: &[f64], rows: &[f32], labels: &[u8]) -> Evaluation {
        let mut sum = self.nothing();
        let mut columns = vec![[0.0; LANES]; self.width];
        let mut scores = vec![[0.0; LANES]; self.classes];
        for (rows, labels) in self.groups(rows, labels) {
            self.score(parameters, rows, &mut columns, &mut scores);
            sum.loss += softmax(&mut scores, labels);
            sum.probabilities.extend_from_slice(&scores);
            for (lane, &label) in labels.iter().enumerate() {
                scores[usize::from(label)][lane] -= 1.0;
            }
            self.add_products(&mut sum.gradient, &scores, &columns);
        }
        sum
    }

    fn hessian_times_of_block(
        &self,
        probabilities: &[Lanes],
        direction: &[f64],
        rows: &[f32],
        labels: &[u8],
    ) -> Vec<f64> {
        let mut sum = vec![0.0; self.parameters()];
        let mut columns = vec![[0.0; LANES]; self.width];
        let mut slopes = vec![[0.0; LANES]; self.classes];
        let groups = self.groups(rows, labels).zip(probabilities.chunks(self.classes));
        for ((rows, _), probabilities) in groups {
            self.score(direction, rows, &mut columns, &mut slopes);
            let mut means = [0.0; LANES];
            for (slope, probability) in slopes.iter().zip(probabilities) {
                for lane in 0..LANES {
                    means[lane] += probability[lane] * slope[lane];
                }
            }
            for (slope, probability) in slopes.iter_mut().zip(probabilities) {
                for lane in 0..LANES {
                    slope[lane] = probability[lane] * (slope[lane] - means[lane]);
                }
            }
            self.add_products(&mut sum, &slopes, &columns);
        }
        sum
    }

    /// Adds to weights and biases the products of a value for each class with the
    /// rows, and with 1.
    fn add_products(&self, sum: &mut [f64], values: &[Lanes], columns: &[Lanes]) {
        let (weights, biases) = sum.split_at_mut(self.classes * self.width);
        for (place, columns) in columns.chunks(COLUMNS).enumerate() {
            for (sums, values) in weights.chunks_mut(self.width).zip(values) {
                for (sum, column) in sums[place * COLUMNS..].iter_mut().zip(columns) {
                    *sum += sum_of_products(values, column);
                }
            }
        }
        for (sum, values) in biases.iter_mut().zip(values) {
            *sum += sum_of_products(values, &[1.0; LANES]);
        }
    }

    /// The rows that are worked on side by side, with their labels.
    fn groups<'r>(
        &self,
        rows: &'r [f32],
        labels: &'r [u8],
    ) -> impl Iterator<Item = (&'r [f32], &'r [u8])> {
        rows.chunks(LANES * self.width).zip(labels.chunks(LANES))
    }

    /// The score of every class for some rows; leaves these in `columns`, value by
    /// value, zeros where there is no row.
    fn score(&self, parameters: &[f64], rows: &[f32], columns: &mut [Lanes], scores: &mut [Lanes]) {
        if rows.len() < LANES * self.width {
            columns.fill([0.0; LANES]);
        }
        for (lane, row) in rows.chunks(self.width).enumerate() {
            for (column, &value) in columns.iter_mut().zip(row) {
                column[lane] = f64::from(value);
            }
        }
        let (weights, biases) = parameters.split_at(self.classes * self.width);
        for (score, &bias) in scores.iter_mut().zip(biases) {
            *score = [bias; LANES];
        }
        for (place, columns) in columns.chunks(COLUMNS).enumerate() {
            for (score, weights) in scores.iter_mut().zip(weights.chunks(self.width)) {
                let mut sums = *score;
                for (weight, column) in weights[place * COLUMNS..].iter().zip(columns) {
                    for (sum, value) in sums.iter_mut().zip(column) {
                        *sum += weight * value;
                    }
                }
                *score = sums;
            }
        }
    }
}

/// The cross-entropies of some rows, added up. The scores become probabilities, 0 where
/// there is no row.
fn softmax(scores: &mut [Lanes], labels: &[u8]) -> f64 {
    let mut loss = 0.0;
    for lane in 0..LANES {
        let Some(&label) = labels.get(lane) else {
            for score in scores.iter_mut() {
                score[lane] = 0.0;
            }
            continue;
        };
        let top = scores.iter().map(|score| score[lane]).fold(f64::NEG_INFINITY, f64::max);
        let own = scores[usize::from(label)][lane];
        let mut sum = 0.0;
        for score in scores.iter_mut() {
            score[lane] = libm::exp(score[lane] - top);
            sum += score[lane];
        }
        for score in scores.iter_mut() {
            score[lane] /= sum;
        }
        loss += libm::log(sum) + (top - own);
    }
    loss
}

fn add(sum: &mut [f64], values: &[f64]) {
    for (sum, value) in sum.iter_mut().zip(values) {
        *sum += value;
    }
}

fn best(scores: &[Lanes], lane: usize) -> u8 {
    let mut best = 0;
    for (class, score) in scores.iter().enumerate() {
        if score[lane] > scores[best][lane] {
            best = class;
        }
    }
    best as u8
}

/// Σ aᵢ·bᵢ, the second half of the products added to the first until one is left.
fn sum_of_products(a: &Lanes, b: &Lanes) -> f64 {
    let mut products = [0.0; LANES];
    for (product, (a, b)) in products.iter_mut().zip(a.iter().zip(b)) {
        *product = a * b;
    }
    for half in [8, 4, 2, 1] {
        let (first, second) = products.split_at_mut(half);
        for (a, b) in first.iter_mut().zip(second) {
            *a += *b;
        }
    }
    products[0]
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_random::RngStream;

    const COUNT: usize = 600;
    const WIDTH: usize = 5;

    fn rows() -> (Vec<f32>, Vec<u8>) {
        let rows = RngStream::new(1, "objective", 0).normals(COUNT * WIDTH, 1.0);
        (rows, (0..COUNT).map(|i| (i % 3) as u8).collect())
    }

    fn parameters() -> Vec<f64> {
        (0..18).map(|i| f64::from(i % 7) * 0.3 - 0.9).collect()
    }

    #[test]
    fn the_gradient_is_that_of_the_loss() {
        let (rows, labels) = rows();
        let objective =
            Objective { rows: &rows, width: WIDTH, labels: &labels, classes: 3, l2: 0.25 };
        let at = parameters();
        let found = objective.evaluate(&at).gradient;
        for (i, found) in found.into_iter().enumerate() {
            let moved = |step: f64| {
                let mut moved = at.clone();
                moved[i] += step;
                objective.evaluate(&moved).loss
            };
            let wanted = (moved(1e-5) - moved(-1e-5)) / 2e-5;
            assert!((found - wanted).abs() < 1e-8, "{i}: {found} instead of {wanted}");
        }
    }

    #[test]
    fn second_derivatives_are_those_of_the_gradient() {
        let (rows, labels) = rows();
        let objective =
            Objective { rows: &rows, width: WIDTH, labels: &labels, classes: 3, l2: 0.25 };
        let at = parameters();
        let direction: Vec<f64> = (0..18).map(|i| f64::from(i % 5) - 1.7).collect();
        let found = objective.hessian_times(&objective.evaluate(&at).probabilities, &direction);
        let moved = |step: f64| {
            let moved: Vec<f64> = at.iter().zip(&direction).map(|(a, d)| a + step * d).collect();
            objective.evaluate(&moved).gradient
        };
        for ((found, more), less) in found.iter().zip(moved(1e-5)).zip(moved(-1e-5)) {
            let wanted = (more - less) / 2e-5;
            assert!((found - wanted).abs() < 1e-7, "{found} instead of {wanted}");
        }
    }

    #[test]
    fn the_loss_is_the_mean_cross_entropy_and_half_the_squares() {
        let rows = [1.0_f32, -2.0];
        let objective = Objective { rows: &rows, width: 1, labels: &[0, 1], classes: 2, l2: 0.5 };
        // Scores 2x + 1 and −x: (3, −1) and (−3, 2).
        let at = [2.0, -1.0, 1.0, 0.0];
        let wanted = f64::midpoint((-4.0_f64).exp().ln_1p(), (-5.0_f64).exp().ln_1p());
        assert!((objective.cross_entropy(&at) - wanted).abs() < 1e-15);
        assert!((objective.evaluate(&at).loss - wanted - 0.25 * 5.0).abs() < 1e-15);
        assert_eq!(objective.classify(&at), [0, 1]);
        assert_eq!(objective.classify(&[0.0; 4]), [0, 0], "the first of equals");
    }

    #[test]
    fn threads_do_not_change_the_bits() {
        let (rows, labels) = rows();
        let objective =
            Objective { rows: &rows, width: WIDTH, labels: &labels, classes: 3, l2: 0.25 };
        let of = |threads| {
            acai_kernel::with_threads(threads, || objective.evaluate(&parameters())).unwrap()
        };
        assert_eq!(of(1), of(3));
    }
}
