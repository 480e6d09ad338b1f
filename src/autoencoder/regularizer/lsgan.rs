//! A least-squares adversary on plain reconstructions, without interpolation
//! (the authors' own ablation; `lrae.py` of anonymous-iclr-2019/acai-iclr-2019).
//!
//! Knows nothing of which autoencoder it is added to.
//!
//! With reconstructions x̂ and a critic c, the mean over its output:
//!
//! - critic:      mean (c(x)² + (c(x̂) − 1)²)
//! - autoencoder: … + λ · mean c(x̂)²
//!
//! Both losses see the critic on the reconstructions through one number per
//! example, so its forward and backward pass are shared, as in `acai.rs`.

use serde::{Deserialize, Serialize};

use super::{ForwardPasses, Regularizer, RegularizerInput, RegularizerOutput};
use crate::{
    critic::{example_factors, mean, output_gradient, scores},
    field_check::FieldCheck,
    step::{StepRng, add_gradients},
};
use acai_net::NetError;

/// A least-squares adversary on plain reconstructions.
#[derive(Clone, Copy, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Lsgan {
    /// Weight λ of the critic's score in the autoencoder's loss.
    pub lambda: f64,
}

impl Default for Lsgan {
    fn default() -> Self {
        Self { lambda: 0.5 }
    }
}

impl Regularizer for Lsgan {
    fn field_checks(&self) -> Vec<FieldCheck> {
        vec![FieldCheck::non_negative("lambda", self.lambda)]
    }

    fn term_meanings(&self) -> &'static [(&'static str, &'static str)] {
        &[
            ("critic_real", "of c(x)²"),
            ("critic_reconstructed", "of (c(x̂) − 1)²"),
            ("adversarial", "what the regularizer adds to the autoencoder's loss, before λ"),
        ]
    }

    fn critic_depth(&self, net_depth: usize) -> Option<usize> {
        Some(net_depth)
    }

    /// The critic, forward and back, on two images.
    fn multiply_adds(&self, passes: ForwardPasses) -> u64 {
        6 * passes.critic
    }

    fn step(
        &self,
        input: &RegularizerInput<'_, '_>,
        _: StepRng,
    ) -> Result<RegularizerOutput, NetError> {
        let (critic, n) = (input.critic(), input.images.count as f64);
        let (output, saved) = critic.record(input.reconstructions.clone(), true)?;
        let reconstructed = scores(&output);
        let factors = example_factors(&output, |i| 2.0 * (reconstructed[i] - 1.0) / n);
        let gradient = critic.backward(saved, output_gradient(&output, |_| 1.0), Some(factors))?;
        let slope = gradient.input.expect("the reconstructions' gradient was asked for");
        let lambda = input.weight * self.lambda;
        let d_reconstructions = slope.map(|v, i| v * (2.0 * lambda * reconstructed[i] / n) as f32);

        let (output, saved) = critic.record(input.images.clone(), false)?;
        let real = scores(&output);
        let d_output = output_gradient(&output, |i| 2.0 * real[i] / n);
        let on_images = critic.backward(saved, d_output, None)?.parameters;

        Ok(RegularizerOutput {
            terms: vec![
                ("critic_real", mean(real.iter().map(|c| c * c))),
                ("critic_reconstructed", mean(reconstructed.iter().map(|c| (c - 1.0) * (c - 1.0)))),
                ("adversarial", mean(reconstructed.iter().map(|c| c * c))),
            ],
            reconstructions: Some(d_reconstructions),
            critic: add_gradients(gradient.parameters, on_images),
            ..RegularizerOutput::default()
        })
    }
}
