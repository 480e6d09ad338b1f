//! The adversarial autoencoder: a discriminator tells codes from draws of
//! N(0, I), and the encoder learns to pass for them.
//!
//! Knows nothing of other autoencoders or of particular regularizers.
//!
//! With a discriminator D̂ on flat codes, dense layers with LeakyReLU(0.2) that
//! end in one logit, and p ~ N(0, I) (reference `aae.py`):
//!
//! - discriminator: BCE(D̂(p), 1) + BCE(D̂(z), 0)
//! - autoencoder:   mean((x − D(z))²) + BCE(D̂(z), 1)

use super::{
    autoencode::{Autoencode, squared},
    named_parameter::{NamedParameter, ParameterVjp, UpdateRule, backward, dense},
    step::{Gradients, Nets, Regularize, Step, StepRng, plus, sum},
};
use acai_net::{Batch, NetError, Shape};

/// Slope of LeakyReLU below zero.
const SLOPE: f32 = 0.2;

/// The autoencoder's numbers.
pub(super) struct Aae {
    /// The discriminator's learning rate.
    pub(super) lr: f64,
    /// Units of its hidden layers.
    pub(super) hidden: Vec<usize>,
}

/// The discriminator's opinion on a batch of codes, and what led to it.
struct DiscriminatorPass {
    /// Inputs of the layers, one after the other, each (units × lanes).
    inputs: Vec<Vec<f32>>,
    /// A logit for each example.
    logits: Vec<f64>,
    lanes: usize,
}

impl Autoencode for Aae {
    /// The discriminator sees codes and draws.
    fn multiply_adds(&self, code_len: usize) -> u64 {
        let units = [&[code_len], &self.hidden[..], &[1]].concat();
        2 * units.windows(2).map(|pair| (pair[0] * pair[1]) as u64).sum::<u64>()
    }

    fn parts(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let mut units = vec![codes.len()];
        units.extend(&self.hidden);
        units.push(1);
        let learns = UpdateRule::OwnOptimizer { lr: self.lr };
        let layers = units.windows(2).enumerate();
        layers
            .flat_map(|(i, pair)| NamedParameter::dense(&layer(i), pair[0], pair[1], learns, seed))
            .collect()
    }

    fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<Step, NetError> {
        let (codes, encoding) = nets.encoder.record(images.clone(), false)?;
        let prior = draws.stream("prior").normals(codes.count * codes.shape.len(), 1.0);
        let prior = Batch::from_rows(codes.shape, &prior);
        let on_codes = DiscriminatorPass::new(&nets.parts, &codes);
        let on_prior = DiscriminatorPass::new(&nets.parts, &prior);
        let n = codes.count as f64;
        let toward = |logits: &[f64], wanted: f64| -> Vec<f64> {
            logits.iter().map(|&l| (1.0 / (1.0 + libm::exp(-l)) - wanted) / n).collect()
        };
        let mut parts = Gradients::new();
        on_codes.backward(&nets.parts, &toward(&on_codes.logits, 0.0), &mut parts);
        on_prior.backward(&nets.parts, &toward(&on_prior.logits, 1.0), &mut parts);
        // The discriminator's own gradients of this loss are nobody's.
        let mut unused = Gradients::new();
        let d = on_codes.backward(&nets.parts, &toward(&on_codes.logits, 1.0), &mut unused);
        let d_deception = Batch::new(codes.shape, codes.count, d);

        let decode = |codes| nets.decode(codes);
        let decoded = decode(codes.clone())?;
        let mut made = squared(nets, images, decoded, &codes, &decode, regularizer, draws)?;
        let own = [
            ("discriminator_codes", cross_entropy(&on_codes.logits, 0.0)),
            ("discriminator_prior", cross_entropy(&on_prior.logits, 1.0)),
            ("deception", cross_entropy(&on_codes.logits, 1.0)),
        ];
        made.terms.splice(1..1, own);
        made.parts = sum(parts, std::mem::take(&mut made.parts));
        let d_codes = plus(made.decoded.clone().plus(&d_deception), made.mixed.as_ref());
        let encoder = nets.encoder.backward(encoding, d_codes, None)?.parameters;
        Ok(made.step(codes, encoder))
    }
}

fn layer(number: usize) -> String {
    format!("discriminator/{number:02}")
}

impl DiscriminatorPass {
    fn new(parts: &[NamedParameter], codes: &Batch) -> Self {
        let (lanes, layers) = (codes.lanes(), parts.len() / 2);
        let mut inputs = vec![codes.data.clone()];
        for number in 0..layers {
            let mut y = dense(parts, &layer(number)).forward(&inputs[number], lanes);
            if number + 1 < layers {
                for v in &mut y {
                    *v = if *v > 0.0 { *v } else { SLOPE * *v };
                }
            }
            inputs.push(y);
        }
        let last = inputs.pop().expect("there is at least one layer");
        let logits = last[..codes.count].iter().map(|&l| f64::from(l)).collect();
        Self { inputs, logits, lanes }
    }

    /// From the logits' gradients to that of the codes and, into `to`, those
    /// of the layers.
    fn backward(&self, parts: &[NamedParameter], d_logits: &[f64], to: &mut Gradients) -> Vec<f32> {
        let (lanes, count) = (self.lanes, self.logits.len());
        let mut dy = vec![0.0; lanes];
        for (to, &d) in dy.iter_mut().zip(d_logits) {
            *to = d as f32;
        }
        for (number, input) in self.inputs.iter().enumerate().rev() {
            dy =
                backward(parts, &layer(number), to, &ParameterVjp { input, dy: &dy, lanes, count });
            if number > 0 {
                for (d, &activated) in dy.iter_mut().zip(input) {
                    *d *= if activated > 0.0 { 1.0 } else { SLOPE };
                }
            }
        }
        dy
    }
}

/// Mean cross-entropy of logits against one answer, 0 or 1, in nats.
fn cross_entropy(logits: &[f64], wanted: f64) -> f64 {
    let lost = |l: f64| l.max(0.0) - wanted * l + libm::log1p(libm::exp(-l.abs()));
    logits.iter().map(|&l| lost(l)).sum::<f64>() / logits.len() as f64
}
