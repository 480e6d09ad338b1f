//! Adversarially Constrained Autoencoder Interpolation (Berthelot, Raffel, Roy
//! and Goodfellow 2018, arXiv 1807.07543; reference `acai.py`).
//!
//! Knows nothing of which autoencoder it is added to.
//!
//! With codes z, α ~ ½ − |u − ½|, mixed codes α·z + (1−α)·reverse(z), mixed
//! images xₘ and a critic c, the mean over its output:
//!
//! - critic:      mean (c(xₘ) − α)² + mean c(γ·x + (1−γ)·x̂)²
//! - autoencoder: … + λ · mean c(xₘ)²
//!
//! Both losses see the critic on the mixed images through one number per
//! example, so its forward and backward pass are shared: one backward pass from
//! seed 1 gives J, the critic's weight gradients take J · 2(c − α)/B, the mixed
//! images J · 2λc/B.

use serde::{Deserialize, Serialize};

use super::{ForwardPasses, Regularizer, RegularizerInput, RegularizerOutput};
use crate::{
    critic::{example_factors, mean, output_gradient, scores},
    field_check::FieldCheck,
    step::{Decoded, StepRng, add_gradients},
};
use acai_net::{Batch, NetError};

/// Adversarially constrained interpolation.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Acai {
    /// Weight λ of the critic's score in the autoencoder's loss.
    pub lambda: f64,
    /// Share γ of the real image in the critic's second input.
    pub gamma: f64,
    /// The critic's depth; the net's if left out.
    pub depth: Option<usize>,
}

impl Default for Acai {
    fn default() -> Self {
        Self { lambda: 0.5, gamma: 0.2, depth: None }
    }
}

/// α = ½ − |u − ½|: from a uniform number on [0, 1) to a uniform one on [0, ½].
#[must_use]
pub fn mixing_coefficient(u: f64) -> f64 {
    0.5 - (u - 0.5).abs()
}

/// The example that example `i` of `count` is mixed with: from the batch's
/// other end. Its share is 1 − α, the larger one.
#[must_use]
pub fn partner(i: usize, count: usize) -> usize {
    count - 1 - i
}

impl Regularizer for Acai {
    fn field_checks(&self) -> Vec<FieldCheck> {
        let is_share = (0.0..=1.0).contains(&self.gamma);
        vec![
            FieldCheck::non_negative("lambda", self.lambda),
            FieldCheck::new("gamma", is_share, "must be between 0 and 1"),
        ]
    }

    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("critic_mixed", "of (c(x̂ₘ) − α)²: how well the critic reads α"),
            ("critic_blended", "of c(γx + (1−γ)x̂)²"),
            ("adversarial", "what the regularizer adds to the autoencoder's loss, before λ"),
        ]
    }

    fn batch_error(&self, batch: usize) -> Option<&'static str> {
        (!batch.is_multiple_of(2)).then_some(
            "must be even where there is ACAI: each image is mixed with its partner \
             from the batch's other end, and the middle one of an odd batch would be its own",
        )
    }

    fn resolve(&mut self, net_depth: usize) {
        self.depth = self.critic_depth(net_depth);
    }

    fn critic_depth(&self, net_depth: usize) -> Option<usize> {
        Some(self.depth.unwrap_or(net_depth))
    }

    /// The critic, forward and back, on two images, and one decoding, forward
    /// and back.
    fn multiply_adds(&self, passes: ForwardPasses) -> u64 {
        6 * passes.critic + 3 * passes.decode
    }

    fn step(
        &self,
        input: &RegularizerInput<'_, '_>,
        rng: StepRng,
    ) -> Result<RegularizerOutput, NetError> {
        let &RegularizerInput { images, codes, reconstructions, decode, weight, .. } = input;
        let critic = input.critic();
        let n = codes.count as f64;
        let mut stream = rng.stream("alpha");
        let alpha: Vec<f64> =
            (0..codes.count).map(|_| mixing_coefficient(stream.uniform())).collect();

        let Decoded { images: mixed, vjp } = decode(mix(codes, &alpha))?;
        let (output, saved) = critic.record(mixed, true)?;
        let score = scores(&output);
        let factors = example_factors(&output, |i| 2.0 * (score[i] - alpha[i]) / n);
        let gradient = critic.backward(saved, output_gradient(&output, |_| 1.0), Some(factors))?;
        let slope = gradient.input.expect("the mixed images' gradient was asked for");
        let d_mixed = slope.map(|v, i| v * (2.0 * (weight * self.lambda) * score[i] / n) as f32);
        let cotangents = vjp(d_mixed)?;

        let (output, saved) = critic.record(self.blend(images, reconstructions), false)?;
        let blended = scores(&output);
        let d_output = output_gradient(&output, |i| 2.0 * blended[i] / n);
        let on_blended = critic.backward(saved, d_output, None)?.parameters;

        let off_alpha = mean(score.iter().zip(&alpha).map(|(c, a)| (c - a) * (c - a)));
        Ok(RegularizerOutput {
            terms: vec![
                ("critic_mixed", off_alpha),
                ("critic_blended", mean(blended.iter().map(|c| c * c))),
                ("adversarial", mean(score.iter().map(|c| c * c))),
            ],
            codes: Some(unmix(&cotangents.codes, &alpha)),
            reconstructions: None,
            decoder: cotangents.decoder,
            extra: cotangents.extra,
            critic: add_gradients(gradient.parameters, on_blended),
        })
    }
}

impl Acai {
    /// γ·x + (1−γ)·x̂.
    fn blend(&self, images: &Batch, reconstructions: &Batch) -> Batch {
        let (real, decoded) = (self.gamma as f32, (1.0 - self.gamma) as f32);
        let mut blend = reconstructions.clone();
        blend.update(|v, at, _| real * images.data[at] + decoded * v);
        blend
    }
}

/// α·z + (1−α)·reverse(z).
fn mix(codes: &Batch, alpha: &[f64]) -> Batch {
    let mut mixed = codes.clone();
    mixed.update(|v, at, i| {
        let other = codes.data[at - i + partner(i, codes.count)];
        alpha[i] as f32 * v + (1.0 - alpha[i]) as f32 * other
    });
    mixed
}

/// The gradient of z from that of the mix: z enters its own mix with α and its
/// partner's with 1 minus the partner's α.
fn unmix(d_mix: &Batch, alpha: &[f64]) -> Batch {
    let mut d_codes = d_mix.clone();
    d_codes.update(|v, at, i| {
        let other = partner(i, d_mix.count);
        alpha[i] as f32 * v + (1.0 - alpha[other]) as f32 * d_mix.data[at - i + other]
    });
    d_codes
}

#[cfg(test)]
mod tests {
    use super::*;
    use acai_net::Shape;

    #[test]
    fn the_partner_has_the_larger_share_in_both_directions() {
        let codes = Batch::from_rows(Shape { channels: 1, side: 1 }, &[8.0, 16.0, 32.0, 64.0]);
        let alpha = [0.25, 0.5, 0.0, 0.125];
        assert_eq!(mix(&codes, &alpha).to_rows(), [50.0, 24.0, 16.0, 15.0]);
        // z₀ enters its own mix with ¼ and its partner's with 1 − ⅛; and so on.
        assert_eq!(unmix(&codes, &alpha).to_rows(), [58.0, 40.0, 8.0, 14.0]);
    }
}
