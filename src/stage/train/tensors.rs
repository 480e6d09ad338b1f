//! The tensors of a model, as evaluation and training need them, and how a
//! model is written.
//!
//! Knows nothing of training steps.

use super::{
    TrainOne,
    train_state::{Snapshot, TrainState},
};
use crate::{Work, model, snapshots::Weights};
use acai_artifact::{Layout, Writer};
use acai_autoencoder::{Trainer, named_parameter::NamedParameter, step::Nets};
use acai_metric::score;
use acai_net::{Net, Parameter, linear::Linear};

impl TrainOne {
    /// Writes the model.
    pub(super) fn write(
        &self,
        state: &TrainState,
        channels: usize,
        work: &mut Work<'_>,
    ) -> anyhow::Result<()> {
        let TrainState { trainer, history, snapshots, .. } = state;
        let (seed, out) = (work.seed, &mut *work.out);
        model::write_size(out, channels, self.net)?;
        if !self.autoencoder.has_nets() {
            out.text_attribute("", "autoencoder", self.autoencoder.name())?;
        }
        for tensor in
            Tensor::for_evaluation(trainer).into_iter().chain(Tensor::for_training(trainer))
        {
            tensor.write(out, &tensor.name, Layout::Compressed)?;
        }
        for Snapshot { kimg, tensors } in snapshots {
            let weights = Weights::of_snapshot(*kimg);
            for tensor in tensors {
                tensor.write(out, &weights.path(&tensor.name), Layout::Compressed)?;
            }
        }
        model::write_bottleneck_attributes(
            out,
            self.autoencoder.name(),
            seed,
            &trainer.nets.extra,
        )?;
        history.write(out)?;
        out.score(score::MSE.name, history.mse())?;
        Ok(())
    }
}

/// A tensor of a model, and its path there.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Tensor {
    /// Such as `encoder/00/weight`.
    pub(super) name: String,
    /// Lengths of the axes.
    pub(super) shape: Vec<usize>,
    /// Its elements, row-major.
    pub(super) data: Vec<f32>,
}

impl Tensor {
    /// What evaluation reads.
    pub(super) fn for_evaluation(trainer: &Trainer) -> Vec<Self> {
        let Nets { encoder, decoder, extra, .. } = &trainer.nets;
        let Linear { inputs, weight, bias } = &trainer.probe;
        let probe = |name: &str, shape: &[usize], data: &[f32]| Self {
            name: format!("probe/{name}"),
            shape: shape.to_vec(),
            data: data.to_vec(),
        };
        let nets = Self::of_net("encoder", &**encoder).chain(Self::of_net("decoder", &**decoder));
        nets.chain(extra.iter().filter(|one| model::is_bottleneck(one)).map(Self::of_parameter))
            .chain([
                probe("weight", &[bias.len(), *inputs], weight),
                probe("bias", &[bias.len()], bias),
            ])
            .collect()
    }

    /// The rest: what only training needs.
    pub(super) fn for_training(trainer: &Trainer) -> Vec<Self> {
        let Nets { critic, extra, .. } = &trainer.nets;
        let critic = critic.iter().flat_map(|critic| Self::of_net("critic", &**critic));
        let extra = extra.iter().filter(|one| !model::is_bottleneck(one));
        critic.chain(extra.map(Self::of_parameter)).collect()
    }

    /// Writes it at `path`.
    pub(super) fn write(&self, out: &mut Writer, path: &str, layout: Layout) -> anyhow::Result<()> {
        Ok(out.write(path, &self.shape, &self.data, layout)?)
    }

    fn of_net<'a>(name: &'a str, net: &'a dyn Net) -> impl Iterator<Item = Self> + 'a {
        net.parameters().iter().map(move |Parameter { spec, data }| Self {
            name: format!("{name}/{}", spec.name),
            shape: spec.shape.clone(),
            data: data.clone(),
        })
    }

    fn of_parameter(one: &NamedParameter) -> Self {
        Self { name: one.name.clone(), shape: one.shape.clone(), data: one.data.clone() }
    }
}
