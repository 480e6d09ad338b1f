//! The autoencoder with dropout on its codes.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use super::{
    autoencode::{Autoencode, squared},
    step::{Nets, Regularize, Step, StepRng, plus},
};
use acai_net::{Batch, NetError};

/// The autoencoder's number.
pub(super) struct Dropout {
    /// Probability that an element of a code is kept, and divided by it.
    pub(super) keep: f64,
}

impl Autoencode for Dropout {
    /// L = mean((x − D(m · E(x)))²), m = 1/keep with probability keep, else 0
    /// (reference `dropout.py`).
    ///
    /// The probe sees the whole codes, and those are mixed, because they are
    /// what evaluation uses.
    fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: StepRng,
    ) -> Result<Step, NetError> {
        let (codes, encoding) = nets.encoder.record(images.clone(), false)?;
        let mut stream = draws.stream("dropout");
        let scale = (1.0 / self.keep) as f32;
        let rows = codes.count * codes.shape.len();
        let mask: Vec<f32> =
            (0..rows).map(|_| if stream.uniform() < self.keep { scale } else { 0.0 }).collect();
        let mask = Batch::from_rows(codes.shape, &mask);
        let decode = |codes| nets.decode(codes);
        let decoded = decode(times(codes.clone(), &mask))?;
        let made = squared(nets, images, decoded, &codes, &decode, regularizer, draws)?;
        let d_codes = plus(times(made.decoded.clone(), &mask), made.mixed.as_ref());
        let encoder = nets.encoder.backward(encoding, d_codes, None)?.parameters;
        Ok(made.step(codes, encoder))
    }
}

fn times(mut batch: Batch, mask: &Batch) -> Batch {
    batch.update(|v, at, _| v * mask.data[at]);
    batch
}
