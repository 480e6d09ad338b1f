//! An autoencoder whose codes are pulled towards zero.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use crate::{
    autoencode::{Autoencode, squared},
    step::{Nets, Regularize, Step, StepRng, plus},
};
use acai_net::{Batch, NetError};

/// The autoencoder's number.
pub(super) struct Shrunk {
    /// Weight of the codes' mean square.
    pub(super) backward: f64,
}

impl Autoencode for Shrunk {
    /// L = mean((x − D(z))²) + backward · mean(z²), z = E(x).
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
        let n = (codes.count * codes.shape.len()) as f64;
        let pulled = codes.map(|z, _| (2.0 * self.backward / n) as f32 * z);
        let d_codes = plus(made.decoded.clone(), made.mixed.as_ref()).plus(&pulled);
        let encoder = nets.encoder.backward(encoding, d_codes, None)?.parameters;
        Ok(made.step(codes, encoder))
    }
}
