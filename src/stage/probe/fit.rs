//! Training of a linear classifier on latents that stay as they are.
//!
//! Adam on softmax cross-entropy, batches of 64, each pass in a fresh order of all
//! latents, learning rate 10⁻⁴·0.1^(step/half): 10⁻⁶ at the end. It is what the
//! reference specifies for latents of a frozen encoder.
//!
//! Knows nothing of files or of other measures of latents.

use crate::latents::Latents;
use acai_common::events::Interrupted;
use acai_net::{
    adam::Adam,
    linear::{self, Linear},
};
use acai_random::RngStream;

/// Latents per step.
const BATCH: usize = 64;

/// Learning rate of the first step.
const RATE: f64 = 1e-4;

/// What is left of the learning rate after half of the steps.
const DECAY: f64 = 0.1;

/// Progress of the training, reported after every pass.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Epoch {
    /// Passes done.
    pub(super) done: usize,
    /// Mean loss of the pass.
    pub(super) loss: f64,
}

/// Trains a classifier of `classes` classes by `epochs` passes over `train`.
///
/// # Errors
/// What `watch`, called after every pass, returns.
pub(super) fn fit(
    train: &Latents,
    classes: usize,
    epochs: usize,
    seed: u64,
    watch: &mut dyn FnMut(Epoch) -> Result<(), Interrupted>,
) -> Result<Linear, Interrupted> {
    let mut head = Linear::new(train.width, classes, &mut RngStream::new(seed, "probe.init", 0));
    let mut adam = Adam::new(RATE, head.weight.len() + head.bias.len());
    let steps = epochs * train.len().div_ceil(BATCH);
    for epoch in 0..epochs {
        let order = RngStream::new(seed, "probe.order", epoch as u64).permutation(train.len());
        let mut total = 0.0;
        for rows in order.chunks(BATCH) {
            adam.lr = rate(adam.state.steps, steps);
            total += step(&mut head, &mut adam, train, rows) * rows.len() as f64;
        }
        watch(Epoch { done: epoch + 1, loss: total / train.len() as f64 })?;
    }
    Ok(head)
}

/// The class that `head` gives each latent.
pub(super) fn classify(head: &Linear, latents: &Latents) -> Vec<u8> {
    let rows: Vec<usize> = (0..latents.len()).collect();
    let batch = |rows: &[usize]| {
        let scores = head.forward(&columns(latents, rows), BATCH);
        linear::classify(&scores, BATCH, rows.len())
    };
    rows.chunks(BATCH).flat_map(batch).collect()
}

/// The learning rate of step `step` (from 0) of `steps`.
fn rate(step: u64, steps: usize) -> f64 {
    RATE * libm::pow(DECAY, step as f64 / (steps as f64 / 2.0))
}

/// One step on the latents `rows`; their loss before it.
fn step(head: &mut Linear, adam: &mut Adam, train: &Latents, rows: &[usize]) -> f64 {
    let input = columns(train, rows);
    let labels: Vec<u8> = rows.iter().map(|&row| train.labels[row]).collect();
    let loss = linear::cross_entropy(&head.forward(&input, BATCH), BATCH, &labels);
    let gradient = head.backward(&input, &loss, BATCH, rows.len());
    adam.step([(&mut head.weight[..], &gradient.weight[..]), (&mut head.bias, &gradient.bias)]);
    loss.mean
}

/// The latents `rows`, one per column: (d × 64), 0 where there is none.
fn columns(latents: &Latents, rows: &[usize]) -> Vec<f32> {
    let mut columns = vec![0.0; latents.width * BATCH];
    for (lane, &row) in rows.iter().enumerate() {
        for (value, column) in latents.row(row).iter().zip(columns.chunks_mut(BATCH)) {
            column[lane] = *value;
        }
    }
    columns
}

#[cfg(test)]
mod tests {
    use super::*;

    /// `count` latents in three classes, each around its own corner.
    fn blobs(count: usize, step: u64) -> Latents {
        let noise = RngStream::new(7, "probe.test", step).normals(4 * count, 0.3);
        let labels: Vec<u8> = (0..count).map(|i| (i % 3) as u8).collect();
        let mut rows = noise;
        for (row, &label) in rows.chunks_mut(4).zip(&labels) {
            row[usize::from(label)] += 30.0;
        }
        Latents { width: 4, rows, labels }
    }

    fn trained(epochs: usize, seed: u64) -> Linear {
        fit(&blobs(1_000, 0), 3, epochs, seed, &mut |_| Ok(())).unwrap()
    }

    #[test]
    fn separate_blobs_are_separated() {
        let test = blobs(101, 1);
        assert_eq!(classify(&trained(3_000, 0), &test), test.labels);
    }

    #[test]
    fn the_rate_falls_by_ten_per_half() {
        for (step, want) in [(0, 1e-4), (500, 1e-5), (1_000, 1e-6), (250, 3.162_277_66e-5)] {
            assert!((rate(step, 1_000) / want - 1.0).abs() < 1e-9, "{}", rate(step, 1_000));
        }
    }

    #[test]
    fn the_seed_decides_the_bits() {
        assert_eq!(trained(2, 5), trained(2, 5));
        assert_ne!(trained(2, 5).weight, trained(2, 6).weight);
    }

    #[test]
    fn loss_falls_and_interruption_ends_it() {
        let mut losses = Vec::new();
        let stopped = fit(&blobs(500, 0), 3, 9, 0, &mut |pass| {
            losses.push(pass.loss);
            if pass.done == 4 { Err(Interrupted) } else { Ok(()) }
        });
        assert!(stopped.is_err() && losses.len() == 4);
        assert!(losses[3] < losses[0], "{losses:?}");
    }
}
