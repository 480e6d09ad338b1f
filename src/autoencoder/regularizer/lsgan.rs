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

use crate::step::{
    Regularize, RegularizerOutput, StepContext, StepRng, answers, from_answers, mean, per_lane, sum,
};
use acai_net::{Net, NetError};

/// The regularizer's number.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Lsgan {
    /// Weight λ of the critic's answer in the autoencoder's loss.
    pub lambda: f64,
}

impl Regularize for Lsgan {
    fn add(
        &self,
        critic: &dyn Net,
        pass: &StepContext<'_, '_>,
        _: StepRng,
    ) -> Result<RegularizerOutput, NetError> {
        let n = pass.images.count as f64;
        let (output, judging) = critic.record(pass.reconstructions.clone(), true)?;
        let made = answers(&output);
        let factors = per_lane(&output, |i| 2.0 * (made[i] - 1.0) / n);
        let judged = critic.backward(judging, from_answers(&output, |_| 1.0), Some(factors))?;
        let slope = judged.input.expect("the reconstructions' gradient was asked for");
        let lambda = pass.weight * self.lambda;

        let (output, judging) = critic.record(pass.images.clone(), false)?;
        let real = answers(&output);
        let seed = from_answers(&output, |i| 2.0 * real[i] / n);
        let on_images = critic.backward(judging, seed, None)?.parameters;

        Ok(RegularizerOutput {
            terms: vec![
                ("critic_real", mean(real.iter().map(|c| c * c))),
                ("critic_made", mean(made.iter().map(|c| (c - 1.0) * (c - 1.0)))),
                ("adversarial", mean(made.iter().map(|c| c * c))),
            ],
            reconstructions: Some(slope.map(|v, i| v * (2.0 * lambda * made[i] / n) as f32)),
            critic: sum(judged.parameters, on_images),
            ..RegularizerOutput::default()
        })
    }
}
