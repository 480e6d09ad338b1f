//! The variational autoencoder with a Bernoulli decoder and a weight β.
//!
//! Knows nothing of other autoencoders or of particular regularizers.
//!
//! With e = E(x), flattened, two linear layers give μ and log σ²; z = μ + σ·ε;
//! the decoder gives logits l, images are 2·sigmoid(l) − 1, targets t = (x + 1)/2
//! (reference `vae.py`):
//!
//! L = Σ (softplus(l) − t·l) / B + β · ½ Σ (σ² + μ² − 1 − log σ²) / B

use serde::{Deserialize, Serialize};

use super::{
    Autoencoder, Encoded, Formulas, Reconstruction,
    field_check::FieldCheck,
    named_parameter::{LinearPass, NamedParameter, UpdateRule, linear, linear_backward},
    reconstruction::mean_squared_error,
    regularizer::RegularizerInput,
    step::{
        Cotangents, Decoded, Gradients, Nets, StepContext, StepOutput, add_gradients, add_optional,
    },
};
use acai_net::{Batch, Net, NetError, Shape};
use acai_random::RngStream;

const MEAN: &str = "bottleneck/mean";
const LOG_VARIANCE: &str = "bottleneck/log_variance";

/// Variational autoencoder with Bernoulli pixels.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Vae {
    /// Weight β of the divergence from the prior.
    pub beta: f64,
}

impl Default for Vae {
    fn default() -> Self {
        Self { beta: 1.0 }
    }
}

/// The posterior of a batch, and a sample of it.
struct Posterior {
    mean: Batch,
    log_variance: Batch,
    deviation: Batch,
    epsilon: Batch,
    sample: Batch,
}

impl Autoencoder for Vae {
    fn field_checks(&self) -> Vec<FieldCheck> {
        vec![FieldCheck::non_negative("beta", self.beta)]
    }

    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("nll", "negative log-likelihood −log p(x), in nats per image"),
            ("kl", "KL divergence of the posterior from N(0, I), in nats per image, before β"),
        ]
    }

    fn multiply_adds(&self, code_len: usize) -> u64 {
        2 * (code_len * code_len) as u64
    }

    fn extra_parameters(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let layer =
            |name| NamedParameter::linear(name, codes.len(), codes.len(), UpdateRule::Joint, seed);
        [layer(MEAN), layer(LOG_VARIANCE)].concat()
    }

    /// The probe is given e, as in the reference; the regularizer is given
    /// samples, because evaluation interpolates between samples.
    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        let StepContext { nets, images, rng, .. } = *context;
        let (e, saved) = nets.encoder.record(images.clone(), false)?;
        let epsilon = rng.stream("epsilon").normals(e.count * e.shape.len(), 1.0);
        let posterior = Posterior::new(&nets.extra, &e, Batch::from_rows(e.shape, &epsilon));
        let (kl, d_mean, d_log_variance) = posterior.kl(self.beta);

        let Decoded { images: logits, vjp } = nets.decode(posterior.sample.clone())?;
        let (nll, d_logits) = nll(&logits, images);
        let reconstructions = to_images(&logits);
        let (mse, _) = mean_squared_error(&reconstructions, images);
        let added = context.regularize(&RegularizerInput {
            critic: nets.critic.as_deref(),
            images,
            codes: &posterior.sample,
            reconstructions: &reconstructions,
            decode: &|codes| decode(nets, codes),
            weight: images.shape.len() as f64,
        })?;
        let d_added = added.reconstructions.map(|d| to_logits(d, &reconstructions));
        let cotangents = vjp(add_optional(d_logits, d_added.as_ref()))?;

        let d_sample = add_optional(cotangents.codes, added.codes.as_ref());
        let mut extra = added.extra;
        let d_e =
            posterior.backward(&nets.extra, &e, &d_sample, (d_mean, d_log_variance), &mut extra);
        let mut terms = vec![("mse", mse), ("nll", nll), ("kl", kl)];
        terms.extend(added.terms);
        Ok(StepOutput {
            mse,
            terms,
            encoder: nets.encoder.backward(saved, d_e, None)?.parameters,
            decoder: add_gradients(cotangents.decoder, added.decoder),
            critic: added.critic,
            extra,
            probe_input: e,
        })
    }

    /// A sample of the posterior.
    fn encode(
        &self,
        encoder: &dyn Net,
        extra: &[NamedParameter],
        images: &Batch,
        noise: &dyn Fn(usize) -> RngStream,
    ) -> Result<Encoded, NetError> {
        let e = encoder.forward(images)?;
        let epsilon: Vec<f32> =
            (0..e.count).flat_map(|i| noise(i).normals(e.shape.len(), 1.0)).collect();
        let posterior = Posterior::new(extra, &e, Batch::from_rows(e.shape, &epsilon));
        Ok(Encoded { codes: posterior.sample, probe_input: Some(e) })
    }

    fn decode(
        &self,
        decoder: &dyn Net,
        _: &[NamedParameter],
        codes: &Batch,
    ) -> Result<Batch, NetError> {
        Ok(to_images(&decoder.forward(codes)?))
    }

    /// The image of the posterior's mean.
    fn reconstruct(
        &self,
        (encoder, decoder): (&dyn Net, &dyn Net),
        extra: &[NamedParameter],
        images: &Batch,
    ) -> Result<Reconstruction, NetError> {
        let e = encoder.forward(images)?;
        let mean = linear(extra, MEAN).forward(&e.data, e.padded_batch());
        let codes = Batch::new(e.shape, e.count, mean);
        let images = self.decode(decoder, extra, &codes)?;
        Ok(Reconstruction { images, codebook_indices: Vec::new() })
    }

    fn formulas(&self) -> Formulas {
        Formulas {
            code: "mean(e) + exp(log_variance(e) / 2) * noise",
            image: "2 * sigmoid(decoder(code)) - 1",
        }
    }
}

impl Posterior {
    /// The posterior of the encoder's output, and μ + σ·ε.
    fn new(parameters: &[NamedParameter], e: &Batch, epsilon: Batch) -> Self {
        let layer = |name| {
            let y = linear(parameters, name).forward(&e.data, e.padded_batch());
            Batch::new(e.shape, e.count, y)
        };
        let (mean, log_variance) = (layer(MEAN), layer(LOG_VARIANCE));
        let deviation = log_variance.map(|v, _| libm::exp(0.5 * f64::from(v)) as f32);
        let mut sample = mean.clone();
        sample.update(|v, at, _| v + deviation.data[at] * epsilon.data[at]);
        Self { mean, log_variance, deviation, epsilon, sample }
    }

    /// The divergence from the prior, ½ Σ (σ² + μ² − 1 − log σ²) / B in nats,
    /// and the gradients of β times it with respect to μ and log σ².
    fn kl(&self, beta: f64) -> (f64, Batch, Batch) {
        let n = self.mean.count as f64;
        let variance = self.deviation.map(|v, _| v * v);
        let padded_batch = self.mean.padded_batch();
        let examples = (0..self.mean.data.len()).filter(|at| at % padded_batch < self.mean.count);
        let total: f64 = examples
            .map(|at| {
                let of = |batch: &Batch| f64::from(batch.data[at]);
                of(&variance) + of(&self.mean) * of(&self.mean) - 1.0 - of(&self.log_variance)
            })
            .sum();
        let d_mean = self.mean.map(|v, _| (beta / n * f64::from(v)) as f32);
        let d_log = variance.map(|v, _| (0.5 * beta / n * (f64::from(v) - 1.0)) as f32);
        (0.5 * total / n, d_mean, d_log)
    }

    /// From the gradients of the sample and of μ and log σ² to that of the
    /// encoder's output; adds those of the layers to `gradients`.
    fn backward(
        &self,
        parameters: &[NamedParameter],
        e: &Batch,
        d_sample: &Batch,
        (d_mean, mut d_log): (Batch, Batch),
        gradients: &mut Gradients,
    ) -> Batch {
        d_log.update(|v, at, _| {
            v + d_sample.data[at] * self.epsilon.data[at] * self.deviation.data[at] * 0.5
        });
        let d_mean = d_mean.plus(d_sample);
        let mut vjp = |name, dy: &Batch| {
            let pass = LinearPass {
                input: &e.data,
                dy: &dy.data,
                padded_batch: e.padded_batch(),
                count: e.count,
            };
            Batch::new(e.shape, e.count, linear_backward(parameters, name, gradients, &pass))
        };
        vjp(MEAN, &d_mean).plus(&vjp(LOG_VARIANCE, &d_log))
    }
}

/// Negative log-likelihood −Σ log p(x) / B in nats, and its gradient with
/// respect to the logits.
fn nll(logits: &Batch, images: &Batch) -> (f64, Batch) {
    let n = images.count as f64;
    let target = |at: usize| 0.5 * (f64::from(images.data[at]) + 1.0);
    let mut total = 0.0;
    let padded_batch = logits.padded_batch();
    for (at, &l) in
        logits.data.iter().enumerate().filter(|(at, _)| at % padded_batch < images.count)
    {
        let l = f64::from(l);
        total += l.max(0.0) - target(at) * l + libm::log1p(libm::exp(-l.abs()));
    }
    let mut gradient = logits.clone();
    gradient.update(|l, at, _| ((sigmoid(f64::from(l)) - target(at)) / n) as f32);
    (total / n, gradient)
}

fn sigmoid(l: f64) -> f64 {
    1.0 / (1.0 + libm::exp(-l))
}

/// 2·sigmoid(l) − 1.
fn to_images(logits: &Batch) -> Batch {
    logits.map(|l, _| (2.0 * sigmoid(f64::from(l)) - 1.0) as f32)
}

/// The logits' gradient from that of the images y: 2·s·(1 − s) = (1 − y²)/2.
fn to_logits(mut d_images: Batch, images: &Batch) -> Batch {
    d_images.update(|v, at, _| v * 0.5 * (1.0 - images.data[at] * images.data[at]));
    d_images
}

/// Images from codes, and the backward pass.
fn decode(nets: &Nets, codes: Batch) -> Result<Decoded<'_>, NetError> {
    let Decoded { images: logits, vjp } = nets.decode(codes)?;
    let images = to_images(&logits);
    let decoded = images.clone();
    let vjp =
        move |d_images| -> Result<Cotangents, NetError> { vjp(to_logits(d_images, &decoded)) };
    Ok(Decoded { images, vjp: Box::new(vjp) })
}
