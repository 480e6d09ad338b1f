//! The denoising autoencoder: codes of noisy images must give the clean ones.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use serde::{Deserialize, Serialize};

use super::{
    Autoencoder,
    field_check::FieldCheck,
    step::{StepContext, StepOutput, add_gradients},
};
use acai_net::{Batch, NetError};

/// Encodes noisy images, decodes to clean ones.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Denoising {
    /// Standard deviation of the noise on [−1, 1] pixels.
    pub noise: f64,
}

impl Default for Denoising {
    fn default() -> Self {
        Self { noise: 1.0 }
    }
}

impl Autoencoder for Denoising {
    fn field_checks(&self) -> Vec<FieldCheck> {
        vec![FieldCheck::non_negative("noise", self.noise)]
    }

    /// L = mean((x − D(E(x + n)))²), n ~ N(0, noise²) (reference `denoising.py`).
    ///
    /// Probe and regularizer are given the codes of the clean images, because
    /// evaluation uses those.
    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        let StepContext { nets, images, rng, .. } = *context;
        let noise = rng.stream("noise").normals(images.count * images.shape.len(), self.noise);
        let noisy = images.clone().plus(&Batch::from_rows(images.shape, &noise));
        let (codes, saved) = nets.encoder.record(noisy, false)?;
        let (clean, clean_saved) = match context.regularizer {
            Some(_) => {
                let (clean, saved) = nets.encoder.record(images.clone(), false)?;
                (clean, Some(saved))
            }
            None => (nets.encoder.forward(images)?, None),
        };
        let decode = |codes| nets.decode(codes);
        let mut loss = context.reconstruction_loss(decode(codes)?, &clean, &decode)?;
        let d_decoded = std::mem::replace(&mut loss.d_decoded, Batch::zeros(clean.shape, 0));
        let mut encoder = nets.encoder.backward(saved, d_decoded, None)?.parameters;
        if let (Some(saved), Some(d_clean)) = (clean_saved, loss.d_regularized.take()) {
            let more = nets.encoder.backward(saved, d_clean, None)?.parameters;
            encoder = add_gradients(encoder, more);
        }
        Ok(loss.output(clean, encoder))
    }
}
