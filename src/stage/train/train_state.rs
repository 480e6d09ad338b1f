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
    nets::Tensor,
};
use crate::{Work, snapshots::Snapshots};
use acai_autoencoder::{Trainer, step::StepRng};
use acai_common::events::{Message, Progress};

/// A training under way: what goes into a checkpoint, and nothing else.
pub(super) struct TrainState {
    /// Nets, optimisers and probe.
    pub(super) trainer: Trainer,
    /// Loss terms so far.
    pub(super) history: History,
    /// The snapshots that are kept so far.
    pub(super) snapshots: VecDeque<Snapshot>,
    /// Steps taken.
    pub(super) step: u64,
}

/// Weights on the way.
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

    /// Takes every step that is left of `steps`.
    pub(super) fn go(
        &mut self,
        train: &TrainOne,
        steps: u64,
        ahead: &mut Prefetcher,
        checkpoint: &mut Checkpoint<'_>,
        work: &mut Work<'_>,
    ) -> anyhow::Result<()> {
        while self.step < steps {
            if let Err(interrupted) = work.check_stop() {
                checkpoint.save(self, work);
                return Err(interrupted.into());
            }
            self.take(train, steps, ahead, work.seed)?;
            if self.step.is_multiple_of(history::EVERY) || self.step == steps {
                self.tell(train.batch as u64, steps, work);
                if self.step < steps && checkpoint.is_due() {
                    checkpoint.save(self, work);
                }
            }
        }
        Ok(())
    }

    /// Takes one step.
    fn take(
        &mut self,
        train: &TrainOne,
        steps: u64,
        ahead: &mut Prefetcher,
        seed: u64,
    ) -> anyhow::Result<()> {
        let step = self.step + 1;
        let (images, labels) = ahead.next()?;
        let told = self.trainer.step(&images, &labels, StepRng { seed, step })?;
        ensure!(told.mse.is_finite(), "training diverged at step {step}; try a smaller `lr`");
        self.history.add(step, told.mse, &told.terms);
        self.step = step;
        if let Some(Snapshots { every, last }) = train.snapshots {
            let images = |steps: u64| steps * train.batch as u64;
            // A training shorter than `every` has one snapshot, its end.
            let end = (step == steps && self.snapshots.is_empty()).then_some(train.kimg as u32);
            if let Some(kimg) = due(images(step - 1), images(step), every).or(end) {
                self.keep(kimg, last);
            }
        }
        Ok(())
    }

    /// Keeps the weights as they are now, and of all that are kept the last so many.
    fn keep(&mut self, kimg: u32, last: usize) {
        self.snapshots.push_back(Snapshot { kimg, tensors: Tensor::evaluated(&self.trainer) });
        while self.snapshots.len() > last {
            self.snapshots.pop_front();
        }
    }

    fn tell(&self, batch: u64, steps: u64, work: &mut Work<'_>) {
        let (done, total) = (self.step * batch, steps * batch);
        let figures = self.history.latest();
        (work.tell)(Message::Progress(Progress { done, total, unit: "images", figures }));
    }
}

/// The kimg of the snapshot that falls due between `before` and `now`, both in
/// images.
fn due(before: u64, now: u64, every: u64) -> Option<u32> {
    let taken = |images: u64| images / (every * KIMG);
    (taken(now) > taken(before)).then(|| (taken(now) * every) as u32)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn snapshots_fall_due_after_so_many_kimg() {
        assert_eq!(due(0, 64, 1), None);
        assert_eq!(due(960, 1024, 1), Some(1));
        assert_eq!(due(1024, 1088, 1), None);
        assert_eq!(due(65_535, 65_600, 64), Some(64));
        assert_eq!(due(131_000, 131_100, 64), Some(128));
    }
}
