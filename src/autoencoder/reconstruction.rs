//! The loss that all autoencoders but the VAE share: the mean squared error of
//! the reconstructions, and what the regularizer adds to it.
//!
//! Knows nothing of particular autoencoders or regularizers.

use super::{
    regularizer::RegularizerInput,
    step::{
        Decode, Decoded, Gradients, StepContext, StepOutput, Term, add_gradients, add_optional,
    },
};
use acai_net::{Batch, NetError};

/// The loss's terms, and its gradients from the images back to the codes.
pub struct ReconstructionLoss {
    /// Mean squared error per element.
    pub mse: f64,
    /// The same, and the regularizer's terms.
    pub terms: Vec<Term>,
    /// Gradient of the codes that were decoded.
    pub d_decoded: Batch,
    /// Gradient of the codes that the regularizer was given, if it has one.
    pub d_regularized: Option<Batch>,
    /// Gradients of the decoder's parameters.
    pub decoder: Gradients,
    /// Gradients of the extra parameters; empty without.
    pub extra: Gradients,
    /// Gradients of the critic's loss.
    pub critic: Gradients,
}

impl StepContext<'_> {
    /// The loss of `decoded`, with the regularizer on `codes`, which `decode`
    /// decodes.
    ///
    /// # Errors
    /// If the device fails.
    pub fn reconstruction_loss(
        &self,
        decoded: Decoded<'_>,
        codes: &Batch,
        decode: &Decode<'_, '_>,
    ) -> Result<ReconstructionLoss, NetError> {
        let Decoded { images: reconstructions, vjp } = decoded;
        let (mse, d_reconstructions) = mean_squared_error(&reconstructions, self.images);
        let added = self.regularize(&RegularizerInput {
            critic: self.nets.critic.as_deref(),
            images: self.images,
            codes,
            reconstructions: &reconstructions,
            decode,
            weight: 1.0,
        })?;
        let cotangents = vjp(add_optional(d_reconstructions, added.reconstructions.as_ref()))?;
        let mut terms = vec![("mse", mse)];
        terms.extend(added.terms);
        Ok(ReconstructionLoss {
            mse,
            terms,
            d_decoded: cotangents.codes,
            d_regularized: added.codes,
            decoder: add_gradients(cotangents.decoder, added.decoder),
            extra: add_gradients(cotangents.extra, added.extra),
            critic: added.critic,
        })
    }
}

impl ReconstructionLoss {
    /// Gradient of the codes, where the codes that were decoded are those that
    /// the regularizer was given.
    #[must_use]
    pub fn d_codes(&self) -> Batch {
        add_optional(self.d_decoded.clone(), self.d_regularized.as_ref())
    }

    /// The step's output, given the probe's input and the encoder's gradients.
    #[must_use]
    pub fn output(self, probe_input: Batch, encoder: Gradients) -> StepOutput {
        let Self { mse, terms, decoder, extra, critic, .. } = self;
        StepOutput { probe_input, mse, terms, encoder, decoder, critic, extra }
    }
}

/// Mean squared error over all elements of the batch, and its gradient with
/// respect to `prediction`.
#[must_use]
pub fn mean_squared_error(prediction: &Batch, target: &Batch) -> (f64, Batch) {
    let n = (prediction.count * prediction.shape.len()) as f64;
    let mut gradient = prediction.clone();
    gradient.update(|v, at, _| v - target.data[at]);
    let total: f64 = gradient.data.iter().map(|&v| f64::from(v) * f64::from(v)).sum();
    let scale = (2.0 / n) as f32;
    gradient.update(|v, _, _| v * scale);
    (total / n, gradient)
}
