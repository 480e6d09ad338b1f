//! The autoencoders, one file each, and what may be added to their losses.
//!
//! Knows nothing of files, datasets or how nets compute.

use serde::{Deserialize, Serialize};

/// An autoencoder as written in a pipeline file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Autoencoder {
    /// Plain convolutional autoencoder.
    Baseline {},
}

/// What is added to an autoencoder's loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Regularizer {
    /// Adversarially constrained interpolation.
    Acai {
        /// Weight λ of the critic's term in the autoencoder's loss.
        #[serde(default = "default_lambda")]
        lambda: f64,
        /// Share γ of the real image in the critic's second input.
        #[serde(default = "default_gamma")]
        gamma: f64,
        /// The critic's depth; the net's if left out.
        depth: Option<usize>,
    },
}

fn default_lambda() -> f64 {
    0.5
}

fn default_gamma() -> f64 {
    0.2
}
