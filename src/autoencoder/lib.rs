//! The autoencoders, one file each, and what may be added to their losses.
//!
//! Knows nothing of files, datasets or how nets compute.

mod aae;
pub mod autoencode;
mod baseline;
mod codebook;
mod denoising;
mod dropout;
pub mod named_parameter;
pub mod regularizer;
pub mod step;
#[cfg(test)]
mod tests;
mod trainer;
mod vae;
mod vqvae;

pub use trainer::{StepReport, Trainer};
pub use vqvae::Counts;

use serde::{Deserialize, Serialize};

use self::{
    aae::Aae,
    autoencode::Autoencode,
    baseline::Baseline,
    denoising::Denoising,
    dropout::Dropout,
    regularizer::{Acai, Lsgan},
    step::Regularize,
    vae::Vae,
    vqvae::VqVae,
};

/// An autoencoder as written in a pipeline file.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Autoencoder {
    /// Plain convolutional autoencoder.
    Baseline {},
    /// Encodes noisy images, decodes to clean ones.
    Denoising {
        /// Standard deviation of the noise on [−1, 1] pixels.
        #[serde(default = "one")]
        noise: f64,
    },
    /// Decodes codes of which elements are left out.
    Dropout {
        /// Probability that an element is kept.
        #[serde(default = "half")]
        keep: f64,
    },
    /// Variational autoencoder with Bernoulli pixels.
    Vae {
        /// Weight β of the divergence from the prior.
        #[serde(default = "one")]
        beta: f64,
    },
    /// Adversarial autoencoder.
    Aae {
        /// Learning rate of the discriminator.
        #[serde(default = "default_lr")]
        lr: f64,
        /// Units of the discriminator's hidden layers.
        #[serde(default = "default_hidden")]
        hidden: Vec<usize>,
    },
    /// Autoencoder with a codebook.
    VqVae {
        /// Vectors in the codebook.
        #[serde(default = "default_codes")]
        codes: usize,
        /// Vectors that one image becomes.
        #[serde(default = "default_vectors")]
        vectors: usize,
        /// Weight β of the vectors' distance from the codebook.
        #[serde(default = "default_commitment")]
        beta: f64,
        /// How the counts of the codebook start.
        #[serde(default = "mended")]
        counts: Counts,
    },
}

impl Autoencoder {
    /// The autoencoder at work.
    #[must_use]
    pub fn build(&self) -> Box<dyn Autoencode> {
        match self.clone() {
            Self::Baseline {} => Box::new(Baseline),
            Self::Denoising { noise } => Box::new(Denoising { noise }),
            Self::Dropout { keep } => Box::new(Dropout { keep }),
            Self::Vae { beta } => Box::new(Vae { beta }),
            Self::Aae { lr, hidden } => Box::new(Aae { lr, hidden }),
            Self::VqVae { codes, vectors, beta, counts } => {
                Box::new(VqVae { codes, vectors, beta, counts })
            }
        }
    }

    /// Fields outside their range, with what is wanted of them.
    #[must_use]
    pub fn range_errors(&self) -> Vec<RangeError> {
        let from_zero = |field, value: f64| {
            (!(value.is_finite() && value >= 0.0)).then_some((field, FROM_ZERO))
        };
        let from_one = |field, value: usize| (value < 1).then_some((field, "must be at least 1"));
        let faults = match self {
            Self::Baseline {} => vec![],
            Self::Denoising { noise } => vec![from_zero("noise", *noise)],
            Self::Dropout { keep } => {
                let is_fine = *keep > 0.0 && *keep <= 1.0;
                vec![(!is_fine).then_some(("keep", "must be above 0 and at most 1"))]
            }
            Self::Vae { beta } => vec![from_zero("beta", *beta)],
            Self::Aae { lr, hidden } => vec![
                (!(lr.is_finite() && *lr > 0.0))
                    .then_some(("lr", "must be a finite number above 0")),
                hidden.contains(&0).then_some(("hidden", "must list numbers of at least 1")),
            ],
            Self::VqVae { codes, vectors, beta, .. } => vec![
                from_one("codes", *codes),
                from_one("vectors", *vectors),
                from_zero("beta", *beta),
            ],
        };
        faults.into_iter().flatten().collect()
    }
}

/// A field outside its range, and what is wanted of it.
pub type RangeError = (&'static str, &'static str);

const FROM_ZERO: &str = "must be a finite number from 0 on";

/// What is added to an autoencoder's loss.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub enum Regularizer {
    /// Adversarially constrained interpolation.
    Acai {
        /// Weight λ of the critic's term in the autoencoder's loss.
        #[serde(default = "half")]
        lambda: f64,
        /// Share γ of the real image in the critic's second input.
        #[serde(default = "default_gamma")]
        gamma: f64,
        /// The critic's depth; the net's if left out.
        depth: Option<usize>,
    },
    /// A least-squares adversary on plain reconstructions.
    Lsgan {
        /// Weight λ of the critic's term in the autoencoder's loss.
        #[serde(default = "half")]
        lambda: f64,
    },
}

impl Regularizer {
    /// The regularizer at work.
    #[must_use]
    pub fn build(&self) -> Box<dyn Regularize> {
        match *self {
            Self::Acai { lambda, gamma, .. } => Box::new(Acai { lambda, gamma }),
            Self::Lsgan { lambda } => Box::new(Lsgan { lambda }),
        }
    }

    /// With the depth of the critic filled in.
    #[must_use]
    pub fn resolved(self, net_depth: usize) -> Self {
        match self {
            Self::Acai { lambda, gamma, depth } => {
                Self::Acai { lambda, gamma, depth: depth.or(Some(net_depth)) }
            }
            Self::Lsgan { .. } => self,
        }
    }

    /// The depth of its critic, if that is written or was filled in.
    #[must_use]
    pub fn critic_depth(&self) -> Option<usize> {
        match self {
            Self::Acai { depth, .. } => *depth,
            Self::Lsgan { .. } => None,
        }
    }

    /// Fields outside their range, with what is wanted of them.
    #[must_use]
    pub fn range_errors(&self) -> Vec<RangeError> {
        let (Self::Acai { lambda, .. } | Self::Lsgan { lambda }) = self;
        let mut faults = Vec::new();
        if !(lambda.is_finite() && *lambda >= 0.0) {
            faults.push(("lambda", FROM_ZERO));
        }
        if matches!(self, Self::Acai { gamma, .. } if !(0.0..=1.0).contains(gamma)) {
            faults.push(("gamma", "must be between 0 and 1"));
        }
        faults
    }
}

fn one() -> f64 {
    1.0
}

fn half() -> f64 {
    0.5
}

fn default_gamma() -> f64 {
    0.2
}

fn default_lr() -> f64 {
    1e-4
}

fn default_hidden() -> Vec<usize> {
    vec![100, 100]
}

fn default_codes() -> usize {
    16_384
}

fn default_vectors() -> usize {
    10
}

fn default_commitment() -> f64 {
    10.0
}

fn mended() -> Counts {
    Counts::Mended
}
