//! The autoencoder with dropout on its codes.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use serde::{Deserialize, Serialize};

use super::{
    Autoencoder,
    field_check::FieldCheck,
    step::{StepContext, StepOutput, add_optional},
};
use acai_net::{Batch, NetError};

/// Decodes codes of which elements are left out.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Dropout {
    /// Probability that an element of a code is kept, and divided by it.
    pub keep: f64,
}

impl Default for Dropout {
    fn default() -> Self {
        Self { keep: 0.5 }
    }
}

impl Autoencoder for Dropout {
    fn field_checks(&self) -> Vec<FieldCheck> {
        let is_met = self.keep > 0.0 && self.keep <= 1.0;
        vec![FieldCheck::new("keep", is_met, "must be above 0 and at most 1")]
    }

    /// L = mean((x − D(m · E(x)))²), m = 1/keep with probability keep, else 0
    /// (reference `dropout.py`).
    ///
    /// Probe and regularizer are given the whole codes, because evaluation uses
    /// those.
    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        let nets = context.nets;
        let (codes, saved) = nets.encoder.record(context.images.clone(), false)?;
        let mut stream = context.rng.stream("dropout");
        let scale = (1.0 / self.keep) as f32;
        let elements = codes.count * codes.shape.len();
        let mask: Vec<f32> =
            (0..elements).map(|_| if stream.uniform() < self.keep { scale } else { 0.0 }).collect();
        let mask = Batch::from_rows(codes.shape, &mask);
        let decode = |codes| nets.decode(codes);
        let decoded = decode(times(codes.clone(), &mask))?;
        let loss = context.reconstruction_loss(decoded, &codes, &decode)?;
        let d_codes =
            add_optional(times(loss.d_decoded.clone(), &mask), loss.d_regularized.as_ref());
        let encoder = nets.encoder.backward(saved, d_codes, None)?.parameters;
        Ok(loss.output(codes, encoder))
    }
}

fn times(mut batch: Batch, mask: &Batch) -> Batch {
    batch.update(|v, at, _| v * mask.data[at]);
    batch
}
