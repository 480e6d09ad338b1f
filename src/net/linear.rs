//! A linear layer with softmax cross-entropy: the probe that classifies latents, and
//! the layers of some autoencoders. Its shape is known at run time only.
//!
//! The batch is the last axis: column b of a (rows × `padded_batch`) array is example b, and
//! only the first `count` columns are examples. The others may hold anything.

use acai_random::RngStream;

/// Sums over the batch are kept in so many parts: the order is the same on every machine.
const PARTIAL_SUMS: usize = 16;

/// A linear layer: y = weight · x + bias.
#[derive(Clone, Debug, PartialEq)]
pub struct Linear {
    /// Length d of an input.
    pub inputs: usize,
    /// (classes × d), row-major.
    pub weight: Vec<f32>,
    /// One per class.
    pub bias: Vec<f32>,
}

/// The gradient of a loss with respect to a [`Linear`].
#[derive(Clone, Debug, PartialEq)]
pub struct Gradient {
    /// (classes × d), row-major.
    pub weight: Vec<f32>,
    /// One per class.
    pub bias: Vec<f32>,
}

/// A loss and its gradient with respect to the scores.
#[derive(Clone, Debug, PartialEq)]
pub struct Loss {
    /// The mean over the examples.
    pub mean: f64,
    /// Its gradient: (classes × `padded_batch`), 0 in the columns that are no examples.
    pub gradient: Vec<f32>,
}

impl Linear {
    /// Glorot-uniform weights, U(−l, l) with l = √(6 / (d + classes)), and biases of 0.
    #[must_use]
    pub fn new(inputs: usize, classes: usize, stream: &mut RngStream) -> Self {
        let limit = (6.0 / (inputs + classes) as f64).sqrt();
        let mut draw = || ((2.0 * stream.uniform() - 1.0) * limit) as f32;
        let weight = (0..classes * inputs).map(|_| draw()).collect();
        Self { inputs, weight, bias: vec![0.0; classes] }
    }

    /// How many outputs it has.
    #[must_use]
    pub fn classes(&self) -> usize {
        self.bias.len()
    }

    /// The class scores (classes × `padded_batch`) of `input` (d × `padded_batch`).
    ///
    /// # Panics
    /// If `input` has another size.
    #[must_use]
    pub fn forward(&self, input: &[f32], padded_batch: usize) -> Vec<f32> {
        assert_eq!(input.len(), self.inputs * padded_batch, "inputs are d × padded_batch");
        let mut scores = Vec::with_capacity(self.classes() * padded_batch);
        for (row, &bias) in self.weight.chunks(self.inputs).zip(&self.bias) {
            let start = scores.len();
            scores.resize(start + padded_batch, bias);
            for (&weight, column) in row.iter().zip(input.chunks(padded_batch)) {
                for (score, &x) in scores[start..].iter_mut().zip(column) {
                    *score += weight * x;
                }
            }
        }
        scores
    }

    /// The gradient with respect to weights and biases, given the loss's with respect
    /// to the scores (classes × `padded_batch`).
    #[must_use]
    pub fn backward(
        &self,
        input: &[f32],
        loss: &Loss,
        padded_batch: usize,
        count: usize,
    ) -> Gradient {
        self.gradient(input, &loss.gradient, padded_batch, count)
    }

    /// The gradient with respect to weights and biases, given `dy`, that of the
    /// output (classes × `padded_batch`).
    ///
    /// # Panics
    /// If `dy` has another size.
    #[must_use]
    pub fn gradient(
        &self,
        input: &[f32],
        dy: &[f32],
        padded_batch: usize,
        count: usize,
    ) -> Gradient {
        assert_eq!(dy.len(), self.classes() * padded_batch, "outputs are classes × padded_batch");
        let rows = || dy.chunks(padded_batch).map(|row| &row[..count]);
        let columns = || input.chunks(padded_batch).map(|column| &column[..count]);
        Gradient {
            weight: rows().flat_map(|row| columns().map(move |x| dot(row, x))).collect(),
            bias: rows().map(|row| row.iter().sum()).collect(),
        }
    }

    /// The gradient of the input (d × `padded_batch`), given `dy`, that of the output.
    #[must_use]
    pub fn input_gradient(&self, dy: &[f32], padded_batch: usize) -> Vec<f32> {
        let mut input = vec![0.0; self.inputs * padded_batch];
        for (row, dy) in self.weight.chunks(self.inputs).zip(dy.chunks(padded_batch)) {
            for (&weight, column) in row.iter().zip(input.chunks_mut(padded_batch)) {
                for (x, &dy) in column.iter_mut().zip(dy) {
                    *x += weight * dy;
                }
            }
        }
        input
    }
}

/// Softmax cross-entropy of `scores` (classes × `padded_batch`), mean over the examples,
/// whose classes are `labels`.
///
/// # Panics
/// If a label is no class, or there are more labels than columns.
#[must_use]
pub fn cross_entropy(scores: &[f32], padded_batch: usize, labels: &[u8]) -> Loss {
    smoothed_cross_entropy(scores, padded_batch, labels, 0.0)
}

/// As [`cross_entropy`], with the share `smoothing` of every label spread evenly over
/// all classes.
///
/// # Panics
/// As [`cross_entropy`].
#[must_use]
pub fn smoothed_cross_entropy(
    scores: &[f32],
    padded_batch: usize,
    labels: &[u8],
    smoothing: f64,
) -> Loss {
    let mut gradient = vec![0.0; scores.len()];
    let mut total = 0.0;
    let even = smoothing / (scores.len() / padded_batch) as f64;
    for (example, &label) in labels.iter().enumerate() {
        let column = column(scores, padded_batch, example);
        let label = usize::from(label);
        let top = column.clone().fold(f64::NEG_INFINITY, f64::max);
        let sum: f64 = column.clone().map(|score| libm::exp(score - top)).sum();
        let mut aimed_at = 0.0;
        for (class, score) in column.enumerate() {
            let target = if class == label { 1.0 - smoothing + even } else { even };
            let share = libm::exp(score - top) / sum - target;
            gradient[class * padded_batch + example] = (share / labels.len() as f64) as f32;
            aimed_at += target * score;
        }
        total += libm::log(sum) + top - aimed_at;
    }
    Loss { mean: total / labels.len() as f64, gradient }
}

/// The class with the highest score of each of the first `count` examples; the first
/// of equals.
#[must_use]
pub fn classify(scores: &[f32], padded_batch: usize, count: usize) -> Vec<u8> {
    let best = |example| {
        let mut best = (0, f64::NEG_INFINITY);
        for (class, score) in column(scores, padded_batch, example).enumerate() {
            if score > best.1 {
                best = (class as u8, score);
            }
        }
        best.0
    };
    (0..count).map(best).collect()
}

/// The scores of one example.
fn column(
    scores: &[f32],
    padded_batch: usize,
    example: usize,
) -> impl Iterator<Item = f64> + Clone {
    scores[example..].iter().step_by(padded_batch).map(|&score| f64::from(score))
}

/// Σ aᵢbᵢ in 16 partial sums, of which the second half is added to the first until one is left.
fn dot(a: &[f32], b: &[f32]) -> f32 {
    let mut sums = [0.0_f32; PARTIAL_SUMS];
    for (a, b) in a.chunks(PARTIAL_SUMS).zip(b.chunks(PARTIAL_SUMS)) {
        for ((sum, &a), &b) in sums.iter_mut().zip(a).zip(b) {
            *sum += a * b;
        }
    }
    for half in [8, 4, 2, 1] {
        for i in 0..half {
            sums[i] += sums[i + half];
        }
    }
    sums[0]
}

#[cfg(test)]
mod tests {
    use super::*;

    const PADDED_BATCH: usize = 24;
    const COUNT: usize = 21;
    const LABELS: [u8; COUNT] = [0, 1, 2, 2, 1, 0, 0, 1, 2, 0, 0, 1, 1, 2, 2, 0, 1, 2, 0, 1, 2];

    fn linear() -> Linear {
        let mut linear = Linear::new(5, 3, &mut RngStream::new(1, "head.test", 0));
        linear.bias = vec![0.1, -0.2, 0.3];
        linear
    }

    /// Latents (5 × 24) whose columns beyond the examples are not even numbers.
    fn input() -> Vec<f32> {
        let mut input = RngStream::new(2, "head.test", 0).normals(5 * PADDED_BATCH, 1.0);
        input.chunks_mut(PADDED_BATCH).for_each(|column| column[COUNT..].fill(f32::NAN));
        input
    }

    fn loss(linear: &Linear) -> Loss {
        cross_entropy(&linear.forward(&input(), PADDED_BATCH), PADDED_BATCH, &LABELS)
    }

    /// By hand: scores 1 and −1 of two classes, a tenth of the label spread evenly.
    #[test]
    fn smoothing_spreads_a_share_of_the_label() {
        let mut scores = vec![0.0; 2 * PADDED_BATCH];
        (scores[0], scores[PADDED_BATCH]) = (1.0, -1.0);
        let found = smoothed_cross_entropy(&scores, PADDED_BATCH, &[0], 0.1);
        let share = 1.0 / (1.0 + (-2.0_f64).exp());
        assert!((found.mean - ((-2.0_f64).exp().ln_1p() + 0.1)).abs() < 1e-12);
        assert!((f64::from(found.gradient[0]) - (share - 0.95)).abs() < 1e-7);
        assert!((f64::from(found.gradient[PADDED_BATCH]) - (0.95 - share)).abs() < 1e-7);
        let plain = smoothed_cross_entropy(&scores, PADDED_BATCH, &[0], 0.0);
        assert_eq!(plain, cross_entropy(&scores, PADDED_BATCH, &[0]));
    }

    #[test]
    fn scores_and_loss_of_a_known_layer() {
        let linear = Linear { inputs: 2, weight: vec![1.0, 2.0, -1.0, 0.5], bias: vec![0.5, 0.0] };
        // Examples (1, 2) and (3, −1).
        let scores = linear.forward(&[1.0, 3.0, 2.0, -1.0], 2);
        assert_eq!(scores, [5.5, 1.5, 0.0, -3.5]);
        let loss = cross_entropy(&scores, 2, &[0, 1]);
        // (ln(1 + e^−5.5) + ln(1 + e^5)) / 2
        assert!((loss.mean - 2.505_396_895_88).abs() < 1e-9, "{}", loss.mean);
        assert_eq!(classify(&scores, 2, 2), [0, 0]);
    }

    #[test]
    fn equal_scores_of_ten_classes_have_a_loss_of_ln_ten() {
        let loss = cross_entropy(&[0.7; 10 * 4], 4, &[3, 1, 9]);
        assert!((loss.mean - std::f64::consts::LN_10).abs() < 1e-12);
        assert_eq!(classify(&[0.7; 10 * 4], 4, 1), [0]);
    }

    #[test]
    fn scores_too_large_for_exp_give_the_right_loss() {
        let loss = cross_entropy(&[2_000.0, 1_000.0], 1, &[1]);
        assert!((loss.mean - 1_000.0).abs() < 1e-9);
        assert_eq!(loss.gradient, [1.0, -1.0]);
    }

    #[test]
    fn gradients_agree_with_finite_differences() {
        let linear = linear();
        let gradient = linear.backward(&input(), &loss(&linear), PADDED_BATCH, COUNT);
        let slope = |change: &dyn Fn(&mut Linear, f32)| {
            let (mut up, mut down) = (linear.clone(), linear.clone());
            change(&mut up, 1e-2);
            change(&mut down, -1e-2);
            (loss(&up).mean - loss(&down).mean) / 2e-2
        };
        for (i, &got) in gradient.weight.iter().enumerate() {
            let want = slope(&|linear, by| linear.weight[i] += by);
            assert!((f64::from(got) - want).abs() < 1e-4, "weight {i}: {got} is not {want}");
        }
        for (i, &got) in gradient.bias.iter().enumerate() {
            let want = slope(&|linear, by| linear.bias[i] += by);
            assert!((f64::from(got) - want).abs() < 1e-4, "bias {i}: {got} is not {want}");
        }
    }

    #[test]
    fn the_inputs_gradient_is_the_transposed_product() {
        let linear = Linear { inputs: 2, weight: vec![1.0, 2.0, -1.0, 0.5], bias: vec![0.5, 0.0] };
        // Two examples with the gradients (1, 4) and (2, −2).
        assert_eq!(linear.input_gradient(&[1.0, 2.0, 4.0, -2.0], 2), [-3.0, 4.0, 4.0, 3.0]);
    }

    #[test]
    fn weights_start_within_glorots_limit() {
        let linear = Linear::new(64, 10, &mut RngStream::new(0, "probe.init", 0));
        let limit = (6.0_f32 / 74.0).sqrt();
        assert!(linear.weight.iter().all(|w| w.abs() <= limit));
        let square: f32 = linear.weight.iter().map(|w| w * w).sum::<f32>() / 640.0;
        assert!((square / (limit * limit / 3.0) - 1.0).abs() < 0.1, "variance {square}");
        assert!(linear.bias.iter().all(|&b| b.to_bits() == 0));
    }
}
