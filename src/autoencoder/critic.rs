//! A critic's score of an image: the mean of the critic's output over channels,
//! rows and columns.
//!
//! Knows nothing of which losses the scores enter.

use acai_net::Batch;

/// The score of each example.
#[must_use]
pub fn scores(output: &Batch) -> Vec<f64> {
    let padded_batch = output.padded_batch();
    let mut sums = vec![0.0; output.count];
    for values in output.data.chunks_exact(padded_batch) {
        for (sum, &v) in sums.iter_mut().zip(values) {
            *sum += f64::from(v);
        }
    }
    sums.iter().map(|sum| sum / output.shape.len() as f64).collect()
}

/// Gradient of the critic's output, from the gradient of each example's score.
#[must_use]
pub fn output_gradient(output: &Batch, d_score: impl Fn(usize) -> f64) -> Batch {
    let n = output.shape.len() as f64;
    output.map(|_, example| (d_score(example) / n) as f32)
}

/// A factor for each example, as [`acai_net::Net::backward`] takes them: zeros
/// where the batch is padded.
#[must_use]
pub fn example_factors(batch: &Batch, factor: impl Fn(usize) -> f64) -> Vec<f32> {
    let mut factors = vec![0.0; batch.padded_batch()];
    for (example, value) in factors[..batch.count].iter_mut().enumerate() {
        *value = factor(example) as f32;
    }
    factors
}

/// The mean of some numbers, added up in order.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}
