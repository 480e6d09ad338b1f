//! `rule: Reference(…)`: the linear classifier as the paper trains it, on latents that
//! stay as they are.
//!
//! Adam on softmax cross-entropy, batches of 64 in the order of a training of the same
//! seed, for so many kimg: the classifier that the reference trains beside the
//! autoencoder, which by then has come to rest. It stops before it has converged, and
//! the sooner the smaller the latents are: its accuracy measures the scale of latents
//! and the length of training as well as what is in them.
//!
//! With `decay: 0.1` it is the reference's classifier of frozen latents
//! (`classify_latent_ae.py`), and with `smoothing: 0.1` as well its classifier of
//! pixels (`classify_fc.py`), for latents of `Identity`.
//!
//! Knows nothing of files or of other measures of latents.

use serde::{Deserialize, Serialize};

use crate::{RangeError, latents::Latents};
use acai_common::events::Interrupted;
use acai_net::{
    adam::Adam,
    linear::{self, Linear},
};
use acai_random::RngStream;

/// Latents per step.
const BATCH: usize = 64;

/// Images of one unit of training length.
const KIMG: u64 = 1024;

/// Steps between two reports.
const STEPS_PER_REPORT: u64 = 256;

/// `Reference(kimg: 16384)`.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct ReferenceRule {
    /// Training length in units of 1,024 latents.
    pub kimg: u64,
    /// Adam's learning rate.
    pub lr: f64,
    /// What is left of the learning rate after half of the steps, and of that after
    /// the rest.
    pub decay: f64,
    /// Share of every label that is spread evenly over all classes.
    pub smoothing: f64,
}

impl Default for ReferenceRule {
    fn default() -> Self {
        Self { kimg: 16_384, lr: 1e-4, decay: 1.0, smoothing: 0.0 }
    }
}

/// Progress of the training.
#[derive(Clone, Copy, Debug, PartialEq)]
pub(super) struct Report {
    /// Steps done.
    pub(super) done: u64,
    /// Steps to do.
    pub(super) total: u64,
    /// Mean loss since the last report.
    pub(super) loss: f64,
}

impl ReferenceRule {
    pub(super) fn range_errors(&self) -> Vec<RangeError> {
        let is_positive = |value: f64| value.is_finite() && value > 0.0;
        [
            RangeError::less_than("rule.kimg", self.kimg, 1),
            RangeError::unless(is_positive(self.lr), "rule.lr", "must be a finite number above 0"),
            RangeError::unless(
                is_positive(self.decay) && self.decay <= 1.0,
                "rule.decay",
                "must be above 0 and at most 1",
            ),
            RangeError::unless(
                (0.0..1.0).contains(&self.smoothing),
                "rule.smoothing",
                "must be from 0 to below 1",
            ),
        ]
        .into_iter()
        .flatten()
        .collect()
    }

    /// Trains a classifier of `classes` classes on `train`.
    ///
    /// # Errors
    /// What `watch`, called every so many steps, returns.
    pub(super) fn fit(
        &self,
        train: &Latents,
        classes: usize,
        seed: u64,
        watch: &mut dyn FnMut(Report) -> Result<(), Interrupted>,
    ) -> Result<Linear, Interrupted> {
        let mut init = RngStream::new(seed, "probe.init", 0);
        let mut probe = Linear::new(train.width, classes, &mut init);
        let mut adam = Adam::new(self.lr, probe.weight.len() + probe.bias.len());
        let total = (self.kimg * KIMG).div_ceil(BATCH as u64);
        let mut stream = Stream::new(train.len(), seed);
        let mut loss = 0.0;
        for step in 0..total {
            adam.lr = self.rate(step, total);
            loss += self.step(&mut probe, &mut adam, train, &stream.rows(step));
            let (done, since) = (step + 1, step % STEPS_PER_REPORT + 1);
            if since == STEPS_PER_REPORT || done == total {
                watch(Report { done, total, loss: loss / since as f64 })?;
                loss = 0.0;
            }
        }
        Ok(probe)
    }

    /// The learning rate of step `step` (from 0) of `steps`.
    fn rate(&self, step: u64, steps: u64) -> f64 {
        self.lr * libm::pow(self.decay, step as f64 / (steps as f64 / 2.0))
    }

    /// One step on the latents `rows`; their loss before it.
    fn step(&self, probe: &mut Linear, adam: &mut Adam, train: &Latents, rows: &[usize]) -> f64 {
        let input = columns(train, rows);
        let labels: Vec<u8> = rows.iter().map(|&row| train.labels[row]).collect();
        let scores = probe.forward(&input, BATCH);
        let loss = linear::smoothed_cross_entropy(&scores, BATCH, &labels, self.smoothing);
        let gradient = probe.backward(&input, &loss, BATCH, rows.len());
        adam.step([
            (&mut probe.weight[..], &gradient.weight[..]),
            (&mut probe.bias, &gradient.bias),
        ]);
        loss.mean
    }
}

/// The latents of each step, in the order in which a training of the same seed sees
/// its images: every pass in another order.
struct Stream {
    count: usize,
    seed: u64,
    pass: u64,
    order: Vec<usize>,
}

impl Stream {
    fn new(count: usize, seed: u64) -> Self {
        Self { count, seed, pass: 0, order: shuffled(seed, 0, count) }
    }

    /// The rows of step `step` (from 0).
    fn rows(&mut self, step: u64) -> Vec<usize> {
        let first = step * BATCH as u64;
        (first..first + BATCH as u64).map(|at| self.row(at)).collect()
    }

    fn row(&mut self, at: u64) -> usize {
        let pass = at / self.count as u64;
        if pass != self.pass {
            self.order = shuffled(self.seed, pass, self.count);
            self.pass = pass;
        }
        self.order[(at % self.count as u64) as usize]
    }
}

fn shuffled(seed: u64, pass: u64, count: usize) -> Vec<usize> {
    RngStream::new(seed, "data.order", pass).permutation(count)
}

/// The class that `probe` gives each latent.
pub(super) fn classify(probe: &Linear, latents: &Latents) -> Vec<u8> {
    let classify = |scores: &[f32], count| linear::classify(scores, BATCH, count);
    batches(probe, latents).flat_map(|(scores, rows)| classify(&scores, rows.len())).collect()
}

/// The mean cross-entropy of the latents under `probe`.
pub(super) fn mean_cross_entropy(probe: &Linear, latents: &Latents) -> f64 {
    let total: f64 = batches(probe, latents)
        .map(|(scores, rows)| {
            let labels = &latents.labels[rows.clone()];
            linear::cross_entropy(&scores, BATCH, labels).mean * rows.len() as f64
        })
        .sum();
    total / latents.len() as f64
}

/// The scores of all latents, batch by batch, with the rows they are of.
fn batches(
    probe: &Linear,
    latents: &Latents,
) -> impl Iterator<Item = (Vec<f32>, std::ops::Range<usize>)> {
    (0..latents.len()).step_by(BATCH).map(|from| {
        let rows = from..(from + BATCH).min(latents.len());
        let batch = columns(latents, &rows.clone().collect::<Vec<_>>());
        (probe.forward(&batch, BATCH), rows)
    })
}

/// The latents `rows`, one per column: (d × 64), 0 where there is none.
fn columns(latents: &Latents, rows: &[usize]) -> Vec<f32> {
    let mut columns = vec![0.0; latents.width * BATCH];
    for (at, &row) in rows.iter().enumerate() {
        for (value, column) in latents.row(row).iter().zip(columns.chunks_mut(BATCH)) {
            column[at] = *value;
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

    fn trained(kimg: u64, seed: u64) -> Linear {
        let rule = ReferenceRule { kimg, ..ReferenceRule::default() };
        rule.fit(&blobs(1_000, 0), 3, seed, &mut |_| Ok(())).unwrap()
    }

    #[test]
    fn separate_blobs_are_separated() {
        let test = blobs(101, 1);
        let probe = trained(600, 0);
        assert_eq!(classify(&probe, &test), test.labels);
        assert!(mean_cross_entropy(&probe, &test) < 0.01);
    }

    #[test]
    fn small_latents_are_learnt_late() {
        let shrunk = |mut latents: Latents| {
            latents.rows.iter_mut().for_each(|value| *value /= 100.0);
            latents
        };
        let rule = ReferenceRule { kimg: 80, ..ReferenceRule::default() };
        let loss = |train: &Latents, test: &Latents| {
            let probe = rule.fit(train, 3, 0, &mut |_| Ok(())).unwrap();
            mean_cross_entropy(&probe, test)
        };
        let large = loss(&blobs(1_000, 0), &blobs(101, 1));
        let small = loss(&shrunk(blobs(1_000, 0)), &shrunk(blobs(101, 1)));
        assert!(small > 2.0 * large, "{small} {large}");
    }

    #[test]
    fn the_rate_falls_by_the_decay_per_half() {
        let rule = ReferenceRule { decay: 0.1, ..ReferenceRule::default() };
        for (step, want) in [(0, 1e-4), (500, 1e-5), (1_000, 1e-6), (250, 3.162_277_66e-5)] {
            assert!((rule.rate(step, 1_000) / want - 1.0).abs() < 1e-9);
        }
        assert_eq!(ReferenceRule::default().rate(700, 1_000).to_bits(), 1e-4_f64.to_bits());
    }

    #[test]
    fn latents_come_in_the_order_of_a_training_and_each_once_a_pass() {
        let mut stream = Stream::new(96, 3);
        let rows: Vec<usize> = (0..3).flat_map(|step| stream.rows(step)).collect();
        assert_eq!(rows[..96], shuffled(3, 0, 96));
        assert_eq!(rows[96..], shuffled(3, 1, 96));
    }

    #[test]
    fn the_seed_decides_the_bits() {
        assert_eq!(trained(2, 5), trained(2, 5));
        assert_ne!(trained(2, 5).weight, trained(2, 6).weight);
    }

    #[test]
    fn loss_falls_and_interruption_ends_it() {
        let mut losses = Vec::new();
        let rule = ReferenceRule { kimg: 96, ..ReferenceRule::default() };
        let stopped = rule.fit(&blobs(500, 0), 3, 0, &mut |report| {
            losses.push(report.loss);
            if report.done == 1_024 { Err(Interrupted) } else { Ok(()) }
        });
        assert!(stopped.is_err() && losses.len() == 4);
        assert!(losses[3] < losses[0], "{losses:?}");
    }
}
