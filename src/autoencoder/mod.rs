//! The autoencoders, one file each, and what may be added to their losses.
//!
//! Knows nothing of files, datasets or how nets compute.

mod baseline;
pub mod regularizer;
pub mod step;
#[cfg(test)]
mod tests;
mod trainer;

pub use trainer::{Told, Trainer};

use serde::{Deserialize, Serialize};

use self::{
    regularizer::Acai,
    step::{Draws, Nets, Regularize, Step},
};
use crate::net::{Batch, NetError};

/// An autoencoder as written in a pipeline file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Autoencoder {
    /// Plain convolutional autoencoder.
    Baseline {},
}

impl Autoencoder {
    /// One training step on `images`, by the autoencoder's own loss and what
    /// the regularizer adds.
    ///
    /// # Errors
    /// If the device fails.
    pub fn step(
        &self,
        nets: &Nets,
        images: &Batch,
        regularizer: Option<&dyn Regularize>,
        draws: Draws,
    ) -> Result<Step, NetError> {
        match self {
            Self::Baseline {} => baseline::step(nets, images, regularizer, draws),
        }
    }
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

/// Words that are not built yet, and are refused as such.
pub const PLANNED: &[&str] = &["Denoising", "Dropout", "Vae", "Aae", "VqVae", "Lsgan"];

impl Regularizer {
    /// The regularizer at work.
    #[must_use]
    pub fn at_work(&self) -> Box<dyn Regularize> {
        match *self {
            Self::Acai { lambda, gamma, .. } => Box::new(Acai { lambda, gamma }),
        }
    }

    /// With the depth of the critic filled in.
    #[must_use]
    pub fn resolved(self, net_depth: usize) -> Self {
        match self {
            Self::Acai { lambda, gamma, depth } => {
                Self::Acai { lambda, gamma, depth: depth.or(Some(net_depth)) }
            }
        }
    }

    /// The depth of its critic, if that is written or was filled in.
    #[must_use]
    pub fn critic_depth(&self) -> Option<usize> {
        match self {
            Self::Acai { depth, .. } => *depth,
        }
    }

    /// Fields outside their range, with what is wanted of them.
    #[must_use]
    pub fn range_faults(&self) -> Vec<(&'static str, &'static str)> {
        let Self::Acai { lambda, gamma, .. } = self;
        let mut faults = Vec::new();
        if !(lambda.is_finite() && *lambda >= 0.0) {
            faults.push(("lambda", "must be a finite number from 0 on"));
        }
        if !(0.0..=1.0).contains(gamma) {
            faults.push(("gamma", "must be between 0 and 1"));
        }
        faults
    }
}

fn default_lambda() -> f64 {
    0.5
}

fn default_gamma() -> f64 {
    0.2
}
