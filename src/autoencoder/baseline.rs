//! The plain convolutional autoencoder: mean squared error, nothing else.
//!
//! Knows nothing of other autoencoders or of particular regularizers.

use serde::{Deserialize, Serialize};

use super::{
    Autoencoder,
    step::{StepContext, StepOutput},
};
use acai_net::NetError;

/// Plain convolutional autoencoder.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Baseline {}

impl Autoencoder for Baseline {
    /// L = mean((x − D(E(x)))²) (reference `baseline.py`).
    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        let nets = context.nets;
        let (codes, saved) = nets.encoder.record(context.images.clone(), false)?;
        let decode = |codes| nets.decode(codes);
        let loss = context.reconstruction_loss(decode(codes.clone())?, &codes, &decode)?;
        let encoder = nets.encoder.backward(saved, loss.d_codes(), None)?.parameters;
        Ok(loss.output(codes, encoder))
    }
}
