//! The plain convolutional autoencoder: mean squared error, nothing else.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use super::{
    autoencode::{Autoencode, squared},
    step::{Nets, Regularize, Step, StepRng, plus},
};
use acai_net::{Batch, NetError};

/// Nothing is to be chosen.
pub(super) struct Baseline;

impl Autoencode for Baseline {
    /// L = mean((x − D(E(x)))²) (reference `baseline.py`).
    fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<Step, NetError> {
        let (codes, encoding) = nets.encoder.record(images.clone(), false)?;
        let decode = |codes| nets.decode(codes);
        let decoded = decode(codes.clone())?;
        let made = squared(nets, images, decoded, &codes, &decode, regularizer, draws)?;
        let d_codes = plus(made.decoded.clone(), made.mixed.as_ref());
        let encoder = nets.encoder.backward(encoding, d_codes, None)?.parameters;
        Ok(made.step(codes, encoder))
    }
}
