//! One training step as a whole: one forward pass, gradients at the same
//! weights, simultaneous updates (reference `tf.group`).
//!
//! Knows nothing of files or of particular autoencoders.

use super::{
    AutoencoderSpec, RegularizerSpec,
    named_parameter::{NamedParameter, UpdateRule},
    step::{Gradients, Nets, StepContext, StepOutput, StepRng, Term},
};
use acai_net::{
    Batch, DeviceKind, Net, NetError, NetKind, NetSize, ParametersMut, SIDE, Shape,
    adam::{self, Adam},
    build_net, identity_net, initial_parameters,
    linear::{self, Linear},
};
use acai_random::RngStream;

/// What is trained.
#[derive(Clone, Copy, Debug)]
pub struct TrainerOptions<'a> {
    /// The autoencoder.
    pub autoencoder: &'a AutoencoderSpec,
    /// What is added to its loss.
    pub regularizer: Option<&'a RegularizerSpec>,
    /// The size of its nets.
    pub net: NetSize,
    /// Colour channels of the images.
    pub channels: usize,
    /// How many classes the probe tells apart.
    pub classes: usize,
    /// Adam's learning rate.
    pub lr: f64,
}

/// An autoencoder in training, with its optimizers and its linear probe.
pub struct Trainer {
    /// The nets.
    pub nets: Nets,
    /// A linear classifier on the codes; its loss does not train the encoder.
    pub probe: Linear,
    autoencoder: AutoencoderSpec,
    regularizer: Option<RegularizerSpec>,
    autoencoder_adam: Adam,
    critic_adam: Adam,
    own_adam: Adam,
    probe_adam: Adam,
}

/// What a step says of itself.
pub struct StepReport {
    /// Mean squared error per element.
    pub mse: f64,
    /// Every term of every loss, the probe's last.
    pub terms: Vec<Term>,
}

impl Trainer {
    /// Nets and probe with their initial weights of `seed`, before the first
    /// step.
    ///
    /// # Errors
    /// If the device fails.
    pub fn new(
        options: TrainerOptions<'_>,
        device: DeviceKind,
        seed: u64,
    ) -> Result<Self, NetError> {
        let TrainerOptions { autoencoder, regularizer, net: size, channels, classes, lr } = options;
        let build = |role, name, size| {
            build_net(device, role, channels, size, &mut initial_parameters(seed, name))
        };
        let critic_depth = regularizer.and_then(|added| added.critic_depth(size.depth));
        let critic_size = critic_depth.map(|depth| NetSize { depth, ..size });
        let (encoder, decoder) = if autoencoder.has_nets() {
            (build(NetKind::Encoder, "encoder", size)?, build(NetKind::Decoder, "decoder", size)?)
        } else {
            let images = Shape { channels, side: SIDE };
            (identity_net(images), identity_net(images))
        };
        let nets = Nets {
            decoder,
            critic: critic_size.map(|size| build(NetKind::Encoder, "critic", size)).transpose()?,
            extra: autoencoder.extra_parameters(encoder.output(), seed),
            encoder,
        };
        let mut stream = RngStream::new(seed, "probe.init", 0);
        let probe = Linear::new(nets.encoder.output().len(), classes, &mut stream);
        Ok(Self::with_weights(nets, probe, autoencoder.clone(), regularizer.cloned(), lr))
    }

    /// The same with other initial weights.
    #[must_use]
    pub fn with_weights(
        nets: Nets,
        probe: Linear,
        autoencoder: AutoencoderSpec,
        regularizer: Option<RegularizerSpec>,
        lr: f64,
    ) -> Self {
        let weights = |net: &dyn Net| -> usize {
            net.parameters().iter().map(|parameter| parameter.data.len()).sum()
        };
        let critic = nets.critic.as_deref().map_or(0, weights);
        let joint = elements_with(&nets.extra, |update| update == UpdateRule::Joint);
        let own = elements_with(&nets.extra, is_own);
        let own_lr = nets.extra.iter().find_map(|parameter| match parameter.update {
            UpdateRule::OwnOptimizer { lr } => Some(lr),
            UpdateRule::Joint | UpdateRule::Ema => None,
        });
        let autoencoder_weights = weights(&*nets.encoder) + weights(&*nets.decoder) + joint;
        Self {
            autoencoder_adam: Adam::new(lr, autoencoder_weights),
            own_adam: Adam::new(own_lr.unwrap_or(lr), own),
            critic_adam: Adam::new(lr, critic),
            probe_adam: Adam::new(lr, probe.weight.len() + probe.bias.len()),
            nets,
            probe,
            autoencoder,
            regularizer,
        }
    }

    /// The optimizers' states, by name. With these, the nets and the probe,
    /// training goes on as if it had not stopped.
    pub fn optimizers(&mut self) -> [(&'static str, &mut adam::AdamState); 4] {
        [
            ("autoencoder", &mut self.autoencoder_adam.state),
            ("critic", &mut self.critic_adam.state),
            ("own", &mut self.own_adam.state),
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
        rng: StepRng,
    ) -> Result<StepReport, NetError> {
        let output = self.autoencoder.step(&StepContext {
            nets: &self.nets,
            images,
            regularizer: self.regularizer.as_deref(),
            rng,
        })?;
        let probe_loss = self.step_probe(&output.probe_input, labels);
        let StepOutput { mse, mut terms, encoder, decoder, critic, extra, .. } = output;
        let nets = &mut self.nets;
        update(
            &mut self.autoencoder_adam,
            &mut [&mut *nets.encoder, &mut *nets.decoder],
            &[encoder, decoder],
            &mut updates(&mut nets.extra, &extra, |update| update == UpdateRule::Joint),
        );
        if let Some(net) = &mut nets.critic {
            update(&mut self.critic_adam, &mut [&mut **net], &[critic], &mut []);
        }
        let own = updates(&mut nets.extra, &extra, is_own);
        if !own.is_empty() {
            self.own_adam.step(own);
        }
        for (data, next) in updates(&mut nets.extra, &extra, |update| update == UpdateRule::Ema) {
            data.copy_from_slice(next);
        }
        terms.push(("probe", probe_loss));
        Ok(StepReport { mse, terms })
    }

    /// The probe's step; the gradient does not go on to the encoder.
    fn step_probe(&mut self, codes: &Batch, labels: &[u8]) -> f64 {
        let padded_batch = codes.padded_batch();
        let scores = self.probe.forward(&codes.data, padded_batch);
        let loss = linear::cross_entropy(&scores, padded_batch, labels);
        let gradient = self.probe.backward(&codes.data, &loss, padded_batch, codes.count);
        let Linear { weight, bias, .. } = &mut self.probe;
        self.probe_adam.step([(&mut weight[..], &gradient.weight[..]), (bias, &gradient.bias)]);
        loss.mean
    }
}

/// An extra parameter's elements, and their gradient or next value.
type Update<'a> = (&'a mut [f32], &'a [f32]);

fn is_own(update: UpdateRule) -> bool {
    matches!(update, UpdateRule::OwnOptimizer { .. })
}

/// Of the extra parameters those whose rule `matches`, each with what the step
/// computed for it.
fn updates<'a>(
    extra: &'a mut [NamedParameter],
    computed: &'a [Vec<f32>],
    matches: impl Fn(UpdateRule) -> bool,
) -> Vec<Update<'a>> {
    let pairs = extra.iter_mut().zip(computed).filter(|(parameter, _)| matches(parameter.update));
    pairs.map(|(parameter, computed)| (&mut parameter.data[..], &computed[..])).collect()
}

/// How many elements the parameters have whose rule `matches`.
fn elements_with(extra: &[NamedParameter], matches: impl Fn(UpdateRule) -> bool) -> usize {
    let parameters = extra.iter().filter(|parameter| matches(parameter.update));
    parameters.map(|parameter| parameter.data.len()).sum()
}

/// One optimizer's step on the parameters of some nets and on extra ones, in place.
fn update(
    adam: &mut Adam,
    nets: &mut [&mut dyn Net],
    gradients: &[Gradients],
    extra: &mut [Update<'_>],
) {
    let mut parameters: Vec<ParametersMut<'_>> =
        nets.iter_mut().map(|net| net.parameters_mut()).collect();
    let weights = parameters.iter_mut().flat_map(|parameters| parameters.iter_mut());
    let tensors = weights.zip(gradients.iter().flatten());
    let tensors = tensors.map(|(weights, gradient)| (&mut weights.data[..], &gradient[..]));
    adam.step(
        tensors.chain(extra.iter_mut().map(|(weights, gradient)| (&mut **weights, *gradient))),
    );
}
