//! One training step as a whole: one forward pass, gradients at the same
//! parameters, simultaneous updates (reference `tf.group`).
//!
//! Knows nothing of files, and not which autoencoder it trains.

use super::{
    Autoencoder,
    autoencode::Autoencode,
    named_parameter::{NamedParameter, UpdateRule},
    step::{Gradients, Nets, Regularize, Step, StepRng},
};
use acai_net::{
    Batch, Net, NetError, ParametersMut,
    adam::{self, Adam},
    linear::{self, Linear},
};

/// An autoencoder under training, with its optimisers and its linear probe.
pub struct Trainer {
    /// The nets.
    pub nets: Nets,
    /// A linear classifier on the codes; the codes do not feel it.
    pub probe: Linear,
    autoencoder: Box<dyn Autoencode>,
    regularizer: Option<Box<dyn Regularize>>,
    autoencoder_adam: Adam,
    critic_adam: Adam,
    alone_adam: Adam,
    probe_adam: Adam,
}

/// What a step tells.
pub struct StepReport {
    /// Mean squared error per element.
    pub mse: f64,
    /// Every term of every loss, the probe's last.
    pub terms: Vec<(&'static str, f64)>,
}

impl Trainer {
    /// Prepares training with one learning rate for all optimisers but that of
    /// parts that learn alone.
    #[must_use]
    pub fn new(
        nets: Nets,
        probe: Linear,
        autoencoder: &Autoencoder,
        regularizer: Option<Box<dyn Regularize>>,
        lr: f64,
    ) -> Self {
        let weights = |net: &dyn Net| -> usize {
            net.parameters().iter().map(|parameter| parameter.data.len()).sum()
        };
        let critic = nets.critic.as_deref().map_or(0, weights);
        let along = parts_that(&nets.parts, |learns| learns == UpdateRule::Joint);
        let alone =
            parts_that(&nets.parts, |learns| matches!(learns, UpdateRule::OwnOptimizer { .. }));
        let alone_lr = nets.parts.iter().find_map(|part| match part.learns {
            UpdateRule::OwnOptimizer { lr } => Some(lr),
            UpdateRule::Joint | UpdateRule::Ema => None,
        });
        let autoencoder_weights = weights(&*nets.encoder) + weights(&*nets.decoder) + along;
        Self {
            autoencoder_adam: Adam::new(lr, autoencoder_weights),
            alone_adam: Adam::new(alone_lr.unwrap_or(lr), alone),
            critic_adam: Adam::new(lr, critic),
            probe_adam: Adam::new(lr, probe.weight.len() + probe.bias.len()),
            nets,
            probe,
            autoencoder: autoencoder.build(),
            regularizer,
        }
    }

    /// What the optimisers remember, by name. With this, the nets, their parts
    /// and the probe, training goes on as if it had not stopped.
    pub fn optimisers(&mut self) -> [(&'static str, &mut adam::State); 4] {
        [
            ("autoencoder", &mut self.autoencoder_adam.state),
            ("critic", &mut self.critic_adam.state),
            ("alone", &mut self.alone_adam.state),
            ("probe", &mut self.probe_adam.state),
        ]
    }

    /// One step on `images` and their classes.
    ///
    /// # Errors
    /// If the device fails.
    pub fn step(
        &mut self,
        images: &Batch,
        labels: &[u8],
        draws: StepRng,
    ) -> Result<StepReport, NetError> {
        let step = self.autoencoder.step(&self.nets, images, self.regularizer.as_deref(), draws)?;
        let probe_loss = self.step_probe(&step.probed, labels);
        let Step { mse, mut terms, encoder, decoder, critic, parts, .. } = step;
        let nets = &mut self.nets;
        update(
            &mut self.autoencoder_adam,
            &mut [&mut *nets.encoder, &mut *nets.decoder],
            &[encoder, decoder],
            &mut chosen(&mut nets.parts, &parts, |learns| learns == UpdateRule::Joint),
        );
        if let Some(net) = &mut nets.critic {
            update(&mut self.critic_adam, &mut [&mut **net], &[critic], &mut []);
        }
        let alone = chosen(&mut nets.parts, &parts, |learns| {
            matches!(learns, UpdateRule::OwnOptimizer { .. })
        });
        if !alone.is_empty() {
            self.alone_adam.step(alone);
        }
        for (part, value) in chosen(&mut nets.parts, &parts, |learns| learns == UpdateRule::Ema) {
            part.copy_from_slice(value);
        }
        terms.push(("probe", probe_loss));
        Ok(StepReport { mse, terms })
    }

    /// The probe's step; the codes' gradient is stopped here.
    fn step_probe(&mut self, codes: &Batch, labels: &[u8]) -> f64 {
        let lanes = codes.lanes();
        let scores = self.probe.forward(&codes.data, lanes);
        let loss = linear::cross_entropy(&scores, lanes, labels);
        let gradient = self.probe.backward(&codes.data, &loss, lanes, codes.count);
        let Linear { weight, bias, .. } = &mut self.probe;
        self.probe_adam.step([(&mut weight[..], &gradient.weight[..]), (bias, &gradient.bias)]);
        loss.mean
    }
}

/// A part's values, and what the step brought for it.
type Brought<'a> = (&'a mut [f32], &'a [f32]);

/// The parts that learn in some way.
fn chosen<'a>(
    parts: &'a mut [NamedParameter],
    brought: &'a [Vec<f32>],
    is_meant: impl Fn(UpdateRule) -> bool,
) -> Vec<Brought<'a>> {
    let parts = parts.iter_mut().zip(brought).filter(|(part, _)| is_meant(part.learns));
    parts.map(|(part, brought)| (&mut part.data[..], &brought[..])).collect()
}

/// How many weights they have.
fn parts_that(parts: &[NamedParameter], are_meant: impl Fn(UpdateRule) -> bool) -> usize {
    parts.iter().filter(|part| are_meant(part.learns)).map(|part| part.data.len()).sum()
}

/// One optimiser's step on the parameters of some nets and on some parts, in place.
fn update(
    adam: &mut Adam,
    nets: &mut [&mut dyn Net],
    gradients: &[Gradients],
    parts: &mut [Brought<'_>],
) {
    let mut parameters: Vec<ParametersMut<'_>> =
        nets.iter_mut().map(|net| net.parameters_mut()).collect();
    let weights = parameters.iter_mut().flat_map(|parameters| parameters.iter_mut());
    let tensors = weights.zip(gradients.iter().flatten());
    let tensors = tensors.map(|(weights, gradient)| (&mut weights.data[..], &gradient[..]));
    adam.step(
        tensors.chain(parts.iter_mut().map(|(weights, gradient)| (&mut **weights, *gradient))),
    );
}
