//! The state of a training: its steps, and the snapshots it keeps on the way.
//!
//! Knows nothing of files.

use std::collections::VecDeque;

use anyhow::bail;

use super::{
    KIMG, TrainOne,
    checkpoint::Checkpoint,
    data_loader::Prefetcher,
    history::{self, History},
    tensors::Tensor,
};
use crate::{Work, snapshots::Snapshots};
use acai_autoencoder::{StepReport, Trainer, step::StepRng};
use acai_common::{
    events::{Message, Progress},
    format::number,
};

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
            if checkpoint.is_requested() {
                checkpoint.save_on_request(self, steps, work);
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
        check_terms(step, &report, train.lr)?;
        self.history.add(step, report.mse, &report.terms);
        self.step = step;
        if let Some(Snapshots { every, last }) = train.snapshots {
            let images = |steps: u64| steps * train.batch as u64;
            // A training shorter than `every` has one snapshot, its end.
            let end = (step == steps && self.snapshots.is_empty()).then_some(train.kimg as u32);
            if let Some(kimg) = due_snapshot(images(step - 1), images(step), every).or(end) {
                self.check_weights(train.lr)?;
                self.take_snapshot(kimg, last);
            }
        }
        if step == steps {
            self.check_weights(train.lr)?;
        }
        Ok(())
    }

    /// Fails if a weight is no finite number. A net can be full of them while every
    /// loss is finite: no distance to NaN is less than another, so each is replaced by
    /// the codebook's first code.
    fn check_weights(&self, lr: f64) -> anyhow::Result<()> {
        let trainer = &self.trainer;
        let tensors = Tensor::for_evaluation(trainer).into_iter();
        for Tensor { name, data, .. } in tensors.chain(Tensor::for_training(trainer)) {
            if let Some(value) = data.iter().find(|value| !value.is_finite()) {
                let what = format!("`{name}` holds {}", number(f64::from(*value)));
                bail!(diverged(self.step, &what, lr));
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

/// Fails if a term of any loss is no finite number, or none as the history keeps it.
fn check_terms(step: u64, report: &StepReport, lr: f64) -> anyhow::Result<()> {
    let terms = [("mse", report.mse)].into_iter().chain(report.terms.iter().copied());
    for (name, value) in terms {
        if !(value as f32).is_finite() {
            let what = format!("the loss term `{name}` is {}", number(value));
            bail!(diverged(step, &what, lr));
        }
    }
    Ok(())
}

fn diverged(step: u64, what: &str, lr: f64) -> String {
    format!("training diverged at step {step}: {what}; try a smaller `lr`, which is {lr} here")
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
    use crate::train::tests::fresh_trainer;
    use acai_autoencoder::{AutoencoderSpec, RegularizerSpec};

    /// What is said where the tensor called `name` has one bad element.
    fn told(autoencoder: &str, regularizer: Option<&str>, name: &str, value: f32) -> String {
        let autoencoder = AutoencoderSpec::by_name(autoencoder).unwrap();
        let regularizer = regularizer.map(|name| RegularizerSpec::by_name(name).unwrap());
        let mut state = TrainState::start(fresh_trainer(&autoencoder, regularizer.as_ref()));
        assert!(state.check_weights(1.0).is_ok());
        let trainer = &mut state.trainer;
        let (net, inner) = name.split_once('/').unwrap();
        let of_net = match net {
            "encoder" => Some(&mut trainer.nets.encoder),
            "decoder" => Some(&mut trainer.nets.decoder),
            "critic" => trainer.nets.critic.as_mut(),
            _ => None,
        };
        let data = match of_net {
            Some(net) => {
                let mut all = net.parameters_mut();
                let found = all.iter_mut().find(|one| one.spec.name == inner);
                found.unwrap().data.last_mut().map(|last| *last = value)
            }
            None if net == "probe" => trainer.probe.bias.last_mut().map(|last| *last = value),
            None => {
                let found = trainer.nets.extra.iter_mut().find(|one| one.name == name);
                found.unwrap().data.last_mut().map(|last| *last = value)
            }
        };
        assert!(data.is_some());
        state.step = 7;
        state.check_weights(0.5).unwrap_err().to_string()
    }

    #[test]
    fn a_bad_weight_of_any_net_codebook_or_critic_is_told_with_its_name() {
        for (autoencoder, regularizer, name) in [
            ("Baseline", None, "encoder/00/weight"),
            ("Baseline", None, "decoder/05/bias"),
            ("Baseline", None, "probe/bias"),
            ("Baseline", Some("Acai"), "critic/00/weight"),
            ("Baseline", Some("Lsgan"), "critic/06/bias"),
            ("VqVae", None, "bottleneck/codebook"),
            ("VqVae", Some("Acai"), "bottleneck/vectors/weight"),
            ("Aae", None, "discriminator/00/weight"),
            ("Vae", None, "bottleneck/mean/weight"),
        ] {
            assert_eq!(
                told(autoencoder, regularizer, name, f32::NAN),
                format!(
                    "training diverged at step 7: `{name}` holds not a number; try a smaller \
                     `lr`, which is 0.5 here"
                )
            );
        }
        assert!(
            told("Baseline", None, "decoder/05/bias", f32::INFINITY).contains("holds infinite")
        );
    }

    #[test]
    fn a_bad_term_of_any_loss_is_told_with_its_name() {
        let told = |mse, term| {
            let terms = vec![("mse", mse), ("commitment", term)];
            check_terms(3, &StepReport { mse, terms }, 10.0).map_err(|error| error.to_string())
        };
        assert_eq!(told(1.0, 2.0), Ok(()));
        let tail = "; try a smaller `lr`, which is 10 here";
        for (mse, term, what) in [
            (f64::NAN, 1.0, "the loss term `mse` is not a number"),
            (1.0, f64::INFINITY, "the loss term `commitment` is infinite"),
            (1.0, 1e39, "the loss term `commitment` is 1.000e39"),
        ] {
            let expected = format!("training diverged at step 3: {what}{tail}");
            assert_eq!(told(mse, term), Err(expected));
        }
    }

    #[test]
    fn a_snapshot_is_due_after_every_so_many_kimg() {
        assert_eq!(due_snapshot(0, 64, 1), None);
        assert_eq!(due_snapshot(960, 1024, 1), Some(1));
        assert_eq!(due_snapshot(1024, 1088, 1), None);
        assert_eq!(due_snapshot(65_535, 65_600, 64), Some(64));
        assert_eq!(due_snapshot(131_000, 131_100, 64), Some(128));
    }
}
