//! No autoencoder at all: the code of an image is the image.
//!
//! What it scores is the floor for all others: classes found in raw pixels, and the
//! cross-fade between two images. Nothing but the probe beside it is trained.
//!
//! Knows nothing of other autoencoders.

use serde::{Deserialize, Serialize};

use super::{
    Autoencoder, Formulas,
    step::{StepContext, StepOutput},
};
use acai_net::NetError;

/// Codes that are the images themselves.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Identity {}

impl Autoencoder for Identity {
    fn has_nets(&self) -> bool {
        false
    }

    fn step(&self, context: &StepContext<'_>) -> Result<StepOutput, NetError> {
        Ok(StepOutput {
            probe_input: context.images.clone(),
            mse: 0.0,
            terms: vec![("mse", 0.0)],
            encoder: Vec::new(),
            decoder: Vec::new(),
            critic: Vec::new(),
            extra: Vec::new(),
        })
    }

    fn formulas(&self) -> Formulas {
        Formulas { code: "x", image: "code" }
    }
}
