//! The adversarial autoencoder: a discriminator tells codes from samples of
//! N(0, I), and the encoder learns codes that it takes for such samples.
//!
//! Knows nothing of other autoencoders or of particular regularizers.
//!
//! With a discriminator D̂ on flat codes, linear layers with LeakyReLU(0.2) that
//! end in one logit, and p ~ N(0, I) (reference `aae.py`):
//!
//! - discriminator: BCE(D̂(p), 1) + BCE(D̂(z), 0)
//! - autoencoder:   mean((x − D(z))²) + BCE(D̂(z), 1)

use serde::{Deserialize, Serialize};

use super::{
    Autoencoder,
    field_check::FieldCheck,
    named_parameter::{LinearPass, NamedParameter, UpdateRule, linear, linear_backward},
    step::{Gradients, StepContext, StepOutput, add_gradients, add_optional},
};
use acai_net::{Batch, NetError, Shape};

/// Slope of LeakyReLU below zero.
const SLOPE: f32 = 0.2;

/// Adversarial autoencoder.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Aae {
    /// Learning rate of the discriminator.
    pub lr: f64,
    /// Units of the discriminator's hidden layers.
    pub hidden: Vec<usize>,
}

impl Default for Aae {
    fn default() -> Self {
        Self { lr: 1e-4, hidden: vec![100, 100] }
    }
}

/// The discriminator's forward pass on a batch of codes.
struct DiscriminatorPass {
    /// Inputs of the layers, first to last, each (units × `padded_batch`).
    inputs: Vec<Vec<f32>>,
    /// A logit for each example.
    logits: Vec<f64>,
    padded_batch: usize,
}

impl Autoencoder for Aae {
    fn field_checks(&self) -> Vec<FieldCheck> {
        let is_met = self.hidden.len() <= 64
            && self.hidden.iter().all(|units| (1..=1 << 16).contains(units));
        vec![
            FieldCheck::positive("lr", self.lr),
            FieldCheck::new("hidden", is_met, "must list numbers from 1 to 65,536, 64 at most"),
        ]
    }

    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("discriminator_codes", "the discriminator's cross-entropy on codes"),
            ("discriminator_prior", "the same on samples of N(0, I)"),
            ("generator_loss", "the cross-entropy that the encoder minimizes"),
        ]
    }

    /// The discriminator, on a code and on a sample of the prior.
    fn multiply_adds(&self, code_len: usize) -> u64 {
        2 * self.units(code_len).windows(2).map(|pair| (pair[0] * pair[1]) as u64).sum::<u64>()
    }

    fn extra_parameters(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let update = UpdateRule::OwnOptimizer { lr: self.lr };
        let units = self.units(codes.len());
        let layers = units.windows(2).enumerate();
        layers
            .flat_map(|(i, pair)| NamedParameter::linear(&layer(i), pair[0], pair[1], update, seed))
            .collect()
    }

    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        let nets = context.nets;
        let (codes, saved) = nets.encoder.record(context.images.clone(), false)?;
        let prior = context.rng.stream("prior").normals(codes.count * codes.shape.len(), 1.0);
        let prior = Batch::from_rows(codes.shape, &prior);
        let on_codes = DiscriminatorPass::new(&nets.extra, &codes);
        let on_prior = DiscriminatorPass::new(&nets.extra, &prior);
        let mut discriminator = Gradients::new();
        on_codes.backward(&nets.extra, &on_codes.d_logits(0.0), &mut discriminator);
        on_prior.backward(&nets.extra, &on_prior.d_logits(1.0), &mut discriminator);
        // The encoder's adversarial loss does not train the discriminator.
        let mut unused = Gradients::new();
        let d = on_codes.backward(&nets.extra, &on_codes.d_logits(1.0), &mut unused);
        let d_generator = Batch::new(codes.shape, codes.count, d);

        let decode = |codes| nets.decode(codes);
        let mut loss = context.reconstruction_loss(decode(codes.clone())?, &codes, &decode)?;
        let terms = [
            ("discriminator_codes", cross_entropy(&on_codes.logits, 0.0)),
            ("discriminator_prior", cross_entropy(&on_prior.logits, 1.0)),
            ("generator_loss", cross_entropy(&on_codes.logits, 1.0)),
        ];
        loss.terms.splice(1..1, terms);
        loss.extra = add_gradients(discriminator, std::mem::take(&mut loss.extra));
        let d_decoded = loss.d_decoded.clone().plus(&d_generator);
        let d_codes = add_optional(d_decoded, loss.d_regularized.as_ref());
        let encoder = nets.encoder.backward(saved, d_codes, None)?.parameters;
        Ok(loss.output(codes, encoder))
    }
}

impl Aae {
    /// Inputs of the discriminator's first layer, then the outputs of each.
    fn units(&self, code_len: usize) -> Vec<usize> {
        [&[code_len], &self.hidden[..], &[1]].concat()
    }
}

/// The name of a layer of the discriminator.
fn layer(number: usize) -> String {
    format!("discriminator/{number:02}")
}

impl DiscriminatorPass {
    fn new(parameters: &[NamedParameter], codes: &Batch) -> Self {
        let (padded_batch, layers) = (codes.padded_batch(), parameters.len() / 2);
        let mut inputs = vec![codes.data.clone()];
        for number in 0..layers {
            let mut y = linear(parameters, &layer(number)).forward(&inputs[number], padded_batch);
            if number + 1 < layers {
                for v in &mut y {
                    *v = if *v > 0.0 { *v } else { SLOPE * *v };
                }
            }
            inputs.push(y);
        }
        let last = inputs.pop().expect("there is at least one layer");
        let logits = last[..codes.count].iter().map(|&l| f64::from(l)).collect();
        Self { inputs, logits, padded_batch }
    }

    /// Gradient of the logits' mean cross-entropy against `target`.
    fn d_logits(&self, target: f64) -> Vec<f64> {
        let n = self.logits.len() as f64;
        self.logits.iter().map(|&l| (1.0 / (1.0 + libm::exp(-l)) - target) / n).collect()
    }

    /// From the logits' gradients to that of the codes; adds those of the
    /// layers to `gradients`.
    fn backward(
        &self,
        parameters: &[NamedParameter],
        d_logits: &[f64],
        gradients: &mut Gradients,
    ) -> Vec<f32> {
        let (padded_batch, count) = (self.padded_batch, self.logits.len());
        let mut dy = vec![0.0; padded_batch];
        for (to, &d) in dy.iter_mut().zip(d_logits) {
            *to = d as f32;
        }
        for (number, input) in self.inputs.iter().enumerate().rev() {
            let pass = LinearPass { input, dy: &dy, padded_batch, count };
            dy = linear_backward(parameters, &layer(number), gradients, &pass);
            if number > 0 {
                for (d, &activated) in dy.iter_mut().zip(input) {
                    *d *= if activated > 0.0 { 1.0 } else { SLOPE };
                }
            }
        }
        dy
    }
}

/// Mean cross-entropy of logits against one target, 0 or 1, in nats.
fn cross_entropy(logits: &[f64], target: f64) -> f64 {
    let loss = |l: f64| l.max(0.0) - target * l + libm::log1p(libm::exp(-l.abs()));
    logits.iter().map(|&l| loss(l)).sum::<f64>() / logits.len() as f64
}
