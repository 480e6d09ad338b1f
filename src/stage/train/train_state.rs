//! The state of a training: its steps, and the snapshots it keeps on the way.
//!
//! Knows nothing of files.

use std::collections::VecDeque;

use anyhow::ensure;

use super::{
    KIMG, TrainOne,
    checkpoint::Checkpoint,
    data_loader::Prefetcher,
    history::{self, History},
    tensors::Tensor,
};
use crate::{Work, snapshots::Snapshots};
use acai_autoencoder::{Trainer, step::StepRng};
use acai_common::events::{Message, Progress};

/// What changes during a training: all of it, and nothing else, goes into a
/// checkpoint.
pub(super) struct TrainState {
    /// Nets, optimisers and probe.
    pub(super) trainer: Trainer,
    /// Loss terms so far.
    pub(super) history: History,
    /// The snapshots kept so far.
    pub(super) snapshots: VecDeque<Snapshot>,
    /// Steps taken.
    pub(super) step: u64,
}

/// Weights during a training.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Snapshot {
    /// After so many kimg.
    pub(super) kimg: u32,
    /// What evaluation reads of a model.
    pub(super) tensors: Vec<Tensor>,
}

impl TrainState {
    /// Before the first step.
    pub(super) fn start(trainer: Trainer) -> Self {
        Self { trainer, history: History::default(), snapshots: VecDeque::new(), step: 0 }
    }

    /// Takes the remaining steps up to `steps`.
    pub(super) fn run(
        &mut self,
        train: &TrainOne,
        steps: u64,
        prefetcher: &mut Prefetcher,
        checkpoint: &mut Checkpoint<'_>,
        work: &mut Work<'_>,
    ) -> anyhow::Result<()> {
        while self.step < steps {
            if let Err(interrupted) = work.check_stop() {
                checkpoint.save(self, work);
                return Err(interrupted.into());
            }
            self.take_step(train, steps, prefetcher, work.seed)?;
            if self.step.is_multiple_of(history::STEPS_PER_ENTRY) || self.step == steps {
                self.report_progress(train.batch as u64, steps, work);
                if self.step < steps && checkpoint.is_due() {
                    checkpoint.save(self, work);
                }
            }
        }
        Ok(())
    }

    /// Takes one step.
    fn take_step(
        &mut self,
        train: &TrainOne,
        steps: u64,
        prefetcher: &mut Prefetcher,
        seed: u64,
    ) -> anyhow::Result<()> {
        let step = self.step + 1;
        let (images, labels) = prefetcher.next()?;
        let report = self.trainer.step(&images, &labels, StepRng { seed, step })?;
        ensure!(report.mse.is_finite(), "training diverged at step {step}; try a smaller `lr`");
        self.history.add(step, report.mse, &report.terms);
        self.step = step;
        if let Some(Snapshots { every, last }) = train.snapshots {
            let images = |steps: u64| steps * train.batch as u64;
            // A training shorter than `every` has one snapshot, its end.
            let end = (step == steps && self.snapshots.is_empty()).then_some(train.kimg as u32);
            if let Some(kimg) = due_snapshot(images(step - 1), images(step), every).or(end) {
                self.take_snapshot(kimg, last);
            }
        }
        Ok(())
    }

    /// Adds a snapshot of the weights, and keeps the last so many snapshots.
    fn take_snapshot(&mut self, kimg: u32, last: usize) {
        self.snapshots.push_back(Snapshot { kimg, tensors: Tensor::for_evaluation(&self.trainer) });
        while self.snapshots.len() > last {
            self.snapshots.pop_front();
        }
    }

    fn report_progress(&self, batch: u64, steps: u64, work: &mut Work<'_>) {
        let (done, total) = (self.step * batch, steps * batch);
        let figures = self.history.latest();
        (work.tell)(Message::Progress(Progress { done, total, unit: "images", figures }));
    }
}

/// The kimg of the snapshot that is due between `before` and `now`, both in
/// images.
fn due_snapshot(before: u64, now: u64, every: u64) -> Option<u32> {
    let taken = |images: u64| images / (every * KIMG);
    (taken(now) > taken(before)).then(|| (taken(now) * every) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_snapshot_is_due_after_every_so_many_kimg() {
        assert_eq!(due_snapshot(0, 64, 1), None);
        assert_eq!(due_snapshot(960, 1024, 1), Some(1));
        assert_eq!(due_snapshot(1024, 1088, 1), None);
        assert_eq!(due_snapshot(65_535, 65_600, 64), Some(64));
        assert_eq!(due_snapshot(131_000, 131_100, 64), Some(128));
    }
}
