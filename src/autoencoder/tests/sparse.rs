//! An autoencoder whose codes have few elements far from zero.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use serde::{Deserialize, Serialize};

use crate::{
    Autoencoder,
    field_check::FieldCheck,
    step::{StepContext, StepOutput},
};
use acai_net::NetError;

/// Autoencoder with an L1 penalty on its codes.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Sparse {
    /// Weight of the codes' mean absolute value.
    pub l1: f64,
}

impl Default for Sparse {
    fn default() -> Self {
        Self { l1: 0.01 }
    }
}

impl Autoencoder for Sparse {
    fn field_checks(&self) -> Vec<FieldCheck> {
        vec![FieldCheck::non_negative("l1", self.l1)]
    }

    /// L = mean((x − D(z))²) + l1 · mean(|z|), z = E(x).
    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        let nets = context.nets;
        let (codes, saved) = nets.encoder.record(context.images.clone(), false)?;
        let decode = |codes| nets.decode(codes);
        let loss = context.reconstruction_loss(decode(codes.clone())?, &codes, &decode)?;
        let n = (codes.count * codes.shape.len()) as f64;
        let d_l1 = codes.map(|z, _| (self.l1 / n) as f32 * z.signum());
        let encoder = nets.encoder.backward(saved, loss.d_codes().plus(&d_l1), None)?.parameters;
        Ok(loss.output(codes, encoder))
    }
}
