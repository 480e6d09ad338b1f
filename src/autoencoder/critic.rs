//! A critic's score of an image: the mean of the critic's output over channels,
//! rows and columns.
//!
//! Knows nothing of which losses the scores enter.

use acai_net::Batch;

/// The score of each example.
#[must_use]
pub fn scores(output: &Batch) -> Vec<f64> {
    let lanes = output.padded_batch();
    let mut sums = vec![0.0; output.count];
    for values in output.data.chunks_exact(lanes) {
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
    output.map(|_, lane| (d_score(lane) / n) as f32)
}

/// A factor for each example, as [`acai_net::Net::backward`] takes them: zeros
/// for the lanes that pad the batch.
#[must_use]
pub fn lane_factors(batch: &Batch, factor: impl Fn(usize) -> f64) -> Vec<f32> {
    let mut lanes = vec![0.0; batch.padded_batch()];
    for (i, lane) in lanes[..batch.count].iter_mut().enumerate() {
        *lane = factor(i) as f32;
    }
    lanes
}

/// The mean of some numbers, added up in order.
pub fn mean(values: impl ExactSizeIterator<Item = f64>) -> f64 {
    let n = values.len() as f64;
    values.sum::<f64>() / n
}
