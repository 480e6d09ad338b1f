//! The nets of a training: as it starts, and as they are kept.
//!
//! Knows nothing of steps or of what they are trained on.

use super::{
    TrainOne,
    train_state::{Snapshot, TrainState},
};
use crate::{Work, model, snapshots::Weights};
use acai_artifact::{Layout, Writer};
use acai_autoencoder::{Regularizer, Trainer, named_parameter::NamedParameter, step::Nets};
use acai_common::text::variant_and_fields;
use acai_net as net;
use acai_net::{Net, NetSize, Parameter, Role, initial, linear::Linear};
use acai_random::Stream;

impl TrainOne {
    /// Nets and probe with their initial weights, ready to be trained.
    pub(super) fn trainer(
        &self,
        channels: usize,
        classes: usize,
        work: &Work<'_>,
    ) -> anyhow::Result<Trainer> {
        let build = |role: Role, name: &str, size: NetSize| {
            net::net(work.device, role, channels, size, &mut initial(work.seed, name))
        };
        let critic_size = self.regularizer.as_ref().map(|regularizer| NetSize {
            depth: regularizer.critic_depth().unwrap_or(self.net.depth),
            ..self.net
        });
        let encoder = build(Role::Encoder, "encoder", self.net)?;
        let nets = Nets {
            decoder: build(Role::Decoder, "decoder", self.net)?,
            critic: critic_size.map(|size| build(Role::Encoder, "critic", size)).transpose()?,
            parts: self.autoencoder.build().parts(encoder.output(), work.seed),
            encoder,
        };
        let mut stream = Stream::new(work.seed, "probe.init", 0);
        let probe = Linear::new(nets.encoder.output().len(), classes, &mut stream);
        let regularizer = self.regularizer.as_ref().map(Regularizer::build);
        Ok(Trainer::new(nets, probe, &self.autoencoder, regularizer, self.lr))
    }

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
        for tensor in Tensor::evaluated(trainer).into_iter().chain(Tensor::others(trainer)) {
            tensor.write(out, &tensor.name, Layout::Compressed)?;
        }
        for Snapshot { kimg, tensors } in snapshots {
            let weights = Weights::of_snapshot(*kimg);
            for tensor in tensors {
                tensor.write(out, &weights.path(&tensor.name), Layout::Compressed)?;
            }
        }
        model::mark_bottleneck(
            out,
            &variant_and_fields(&self.autoencoder).0,
            seed,
            &trainer.nets.parts,
        )?;
        history.write(out)?;
        out.score("mse", history.mse())?;
        Ok(())
    }
}

/// A tensor of a model, and where it stands there.
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
    /// What evaluation reads of a model.
    pub(super) fn evaluated(trainer: &Trainer) -> Vec<Self> {
        let Nets { encoder, decoder, parts, .. } = &trainer.nets;
        let Linear { inputs, weight, bias } = &trainer.probe;
        let probe = |name: &str, shape: &[usize], data: &[f32]| Self {
            name: format!("probe/{name}"),
            shape: shape.to_vec(),
            data: data.to_vec(),
        };
        let nets = Self::of_net("encoder", &**encoder).chain(Self::of_net("decoder", &**decoder));
        nets.chain(parts.iter().filter(|part| model::is_bottleneck(part)).map(Self::of_part))
            .chain([
                probe("weight", &[bias.len(), *inputs], weight),
                probe("bias", &[bias.len()], bias),
            ])
            .collect()
    }

    /// The rest: what only training needs.
    pub(super) fn others(trainer: &Trainer) -> Vec<Self> {
        let Nets { critic, parts, .. } = &trainer.nets;
        let critic = critic.iter().flat_map(|critic| Self::of_net("critic", &**critic));
        let parts = parts.iter().filter(|part| !model::is_bottleneck(part));
        critic.chain(parts.map(Self::of_part)).collect()
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

    fn of_part(part: &NamedParameter) -> Self {
        Self { name: part.name.clone(), shape: part.shape.clone(), data: part.data.clone() }
    }
}
