//! The denoising autoencoder: codes of noisy images must give the clean ones.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use super::{
    autoencode::{Autoencode, squared},
    step::{Nets, Regularize, Step, StepRng, sum},
};
use acai_net::{Batch, NetError};

/// The autoencoder's number.
pub(super) struct Denoising {
    /// Standard deviation of the noise, on [−1, 1] pixels.
    pub(super) noise: f64,
}

impl Autoencode for Denoising {
    /// L = mean((x − D(E(x + n)))²), n ~ N(0, noise²) (reference `denoising.py`).
    ///
    /// The probe sees the clean codes, and those are mixed, because they are
    /// what evaluation uses.
    fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<Step, NetError> {
        let values = draws.stream("noise").normals(images.count * images.shape.len(), self.noise);
        let noisy = images.clone().plus(&Batch::from_rows(images.shape, &values));
        let (codes, encoding) = nets.encoder.record(noisy, false)?;
        let (clean, clean_encoding) = match regularizer {
            Some(_) => {
                let (clean, encoding) = nets.encoder.record(images.clone(), false)?;
                (clean, Some(encoding))
            }
            None => (nets.encoder.forward(images)?, None),
        };
        let decode = |codes| nets.decode(codes);
        let mut made = squared(nets, images, decode(codes)?, &clean, &decode, regularizer, draws)?;
        let decoded = std::mem::replace(&mut made.decoded, Batch::zeros(clean.shape, 0));
        let mut encoder = nets.encoder.backward(encoding, decoded, None)?.parameters;
        if let (Some(encoding), Some(mixed)) = (clean_encoding, made.mixed.take()) {
            encoder = sum(encoder, nets.encoder.backward(encoding, mixed, None)?.parameters);
        }
        Ok(made.step(clean, encoder))
    }
}
