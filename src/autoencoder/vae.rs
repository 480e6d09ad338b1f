//! The variational autoencoder with a Bernoulli decoder and a weight β.
//!
//! Knows nothing of other autoencoders or of particular regularizers.
//!
//! With e = E(x), flattened, two dense layers give μ and log σ²; z = μ + σ·ε;
//! the decoder gives logits l, images are 2·sigmoid(l) − 1, targets t = (x + 1)/2
//! (reference `vae.py`):
//!
//! L = Σ (softplus(l) − t·l) / B + β · ½ Σ (σ² + μ² − 1 − log σ²) / B

use super::{
    autoencode::{Autoencode, Encoded},
    named_parameter::{NamedParameter, ParameterVjp, UpdateRule, backward, dense},
    step::{
        Cotangents, Decoded, Gradients, Nets, Regularize, Step, StepContext, StepRng,
        mean_squared_error, plus, sum,
    },
};
use acai_net::{Batch, Net, NetError, Shape};
use acai_random::Stream;

const MEAN: &str = "bottleneck/mean";
const LOG_VARIANCE: &str = "bottleneck/log_variance";

/// The autoencoder's number.
pub(super) struct Vae {
    /// Weight β of the divergence from the prior.
    pub(super) beta: f64,
}

/// The posterior of a batch, and a draw from it.
struct Posterior {
    mean: Batch,
    log_variance: Batch,
    deviation: Batch,
    epsilon: Batch,
    sample: Batch,
}

impl Autoencode for Vae {
    fn multiply_adds(&self, code_len: usize) -> u64 {
        2 * (code_len * code_len) as u64
    }

    fn parts(&self, codes: Shape, seed: u64) -> Vec<NamedParameter> {
        let layer =
            |name| NamedParameter::dense(name, codes.len(), codes.len(), UpdateRule::Joint, seed);
        [layer(MEAN), layer(LOG_VARIANCE)].concat()
    }

    /// The probe sees e, as in the reference; samples are mixed, because
    /// evaluation interpolates between samples.
    fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<Step, NetError> {
        let (e, encoding) = nets.encoder.record(images.clone(), false)?;
        let epsilon = draws.stream("epsilon").normals(e.count * e.shape.len(), 1.0);
        let posterior = Posterior::new(&nets.parts, &e, Batch::from_rows(e.shape, &epsilon));
        let (divergence, d_mean, d_log_variance) = posterior.divergence(self.beta);

        let Decoded { images: logits, vjp } = nets.decode(posterior.sample.clone())?;
        let (surprise, d_logits) = surprise(&logits, images);
        let made = to_images(&logits);
        let (mse, _) = mean_squared_error(&made, images);
        let pass = StepContext {
            images,
            codes: &posterior.sample,
            reconstructions: &made,
            decode: &|codes| decode(nets, codes),
            weight: images.shape.len() as f64,
        };
        let added = pass.add(nets, regularizer, draws)?;
        let from_made = added.reconstructions.map(|d| to_logits(d, &made));
        let pulled = vjp(plus(d_logits, from_made.as_ref()))?;

        let d_sample = plus(pulled.codes, added.codes.as_ref());
        let mut parts = added.parts;
        let d_e =
            posterior.backward(&nets.parts, &e, &d_sample, (d_mean, d_log_variance), &mut parts);
        let mut terms = vec![("mse", mse), ("surprise", surprise), ("divergence", divergence)];
        terms.extend(added.terms);
        Ok(Step {
            mse,
            terms,
            encoder: nets.encoder.backward(encoding, d_e, None)?.parameters,
            decoder: sum(pulled.decoder, added.decoder),
            critic: added.critic,
            parts,
            probed: e,
        })
    }

    /// A sample of the posterior.
    fn encode(
        &self,
        encoder: &dyn Net,
        parts: &[NamedParameter],
        images: &Batch,
        noise: &dyn Fn(usize) -> Stream,
    ) -> Result<Encoded, NetError> {
        let e = encoder.forward(images)?;
        let epsilon: Vec<f32> =
            (0..e.count).flat_map(|i| noise(i).normals(e.shape.len(), 1.0)).collect();
        let posterior = Posterior::new(parts, &e, Batch::from_rows(e.shape, &epsilon));
        Ok(Encoded { codes: posterior.sample, probed: Some(e) })
    }

    fn decode(
        &self,
        decoder: &dyn Net,
        _: &[NamedParameter],
        codes: &Batch,
    ) -> Result<Batch, NetError> {
        Ok(to_images(&decoder.forward(codes)?))
    }
}

impl Posterior {
    /// The posterior of the encoder's output, and μ + σ·ε.
    fn new(parts: &[NamedParameter], e: &Batch, epsilon: Batch) -> Self {
        let layer = |name| {
            let y = dense(parts, name).forward(&e.data, e.lanes());
            Batch::new(e.shape, e.count, y)
        };
        let (mean, log_variance) = (layer(MEAN), layer(LOG_VARIANCE));
        let deviation = log_variance.map(|v, _| libm::exp(0.5 * f64::from(v)) as f32);
        let mut sample = mean.clone();
        sample.update(|v, at, _| v + deviation.data[at] * epsilon.data[at]);
        Self { mean, log_variance, deviation, epsilon, sample }
    }

    /// ½ Σ (σ² + μ² − 1 − log σ²) / B in nats, and the gradients of β times it
    /// with respect to μ and log σ².
    fn divergence(&self, beta: f64) -> (f64, Batch, Batch) {
        let n = self.mean.count as f64;
        let squared = self.deviation.map(|v, _| v * v);
        let lanes = self.mean.lanes();
        let examples = (0..self.mean.data.len()).filter(|at| at % lanes < self.mean.count);
        let total: f64 = examples
            .map(|at| {
                let of = |batch: &Batch| f64::from(batch.data[at]);
                of(&squared) + of(&self.mean) * of(&self.mean) - 1.0 - of(&self.log_variance)
            })
            .sum();
        let d_mean = self.mean.map(|v, _| (beta / n * f64::from(v)) as f32);
        let d_log = squared.map(|v, _| (0.5 * beta / n * (f64::from(v) - 1.0)) as f32);
        (0.5 * total / n, d_mean, d_log)
    }

    /// From the gradients of the sample and of μ and log σ² to that of the
    /// encoder's output and, into `to`, those of the layers.
    fn backward(
        &self,
        parts: &[NamedParameter],
        e: &Batch,
        d_sample: &Batch,
        (d_mean, mut d_log): (Batch, Batch),
        to: &mut Gradients,
    ) -> Batch {
        d_log.update(|v, at, _| {
            v + d_sample.data[at] * self.epsilon.data[at] * self.deviation.data[at] * 0.5
        });
        let d_mean = d_mean.plus(d_sample);
        let mut vjp = |name, dy: &Batch| {
            let layer =
                ParameterVjp { input: &e.data, dy: &dy.data, lanes: e.lanes(), count: e.count };
            Batch::new(e.shape, e.count, backward(parts, name, to, &layer))
        };
        vjp(MEAN, &d_mean).plus(&vjp(LOG_VARIANCE, &d_log))
    }
}

/// −Σ log p(x) / B in nats, and its gradient with respect to the logits.
fn surprise(logits: &Batch, images: &Batch) -> (f64, Batch) {
    let n = images.count as f64;
    let target = |at: usize| 0.5 * (f64::from(images.data[at]) + 1.0);
    let mut lost = 0.0;
    let lanes = logits.lanes();
    for (at, &l) in logits.data.iter().enumerate().filter(|(at, _)| at % lanes < images.count) {
        let l = f64::from(l);
        lost += l.max(0.0) - target(at) * l + libm::log1p(libm::exp(-l.abs()));
    }
    let mut gradient = logits.clone();
    gradient.update(|l, at, _| ((sigmoid(f64::from(l)) - target(at)) / n) as f32);
    (lost / n, gradient)
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

/// Images from codes, and the way vjp.
fn decode(nets: &Nets, codes: Batch) -> Result<Decoded<'_>, NetError> {
    let Decoded { images: logits, vjp } = nets.decode(codes)?;
    let images = to_images(&logits);
    let seen = images.clone();
    let vjp = move |d_images| -> Result<Cotangents, NetError> { vjp(to_logits(d_images, &seen)) };
    Ok(Decoded { images, vjp: Box::new(vjp) })
}
