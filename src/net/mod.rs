//! Networks as types: compile-time shapes inside, runtime shapes outside.
//!
//! Knows nothing of losses, datasets or files.

use serde::{Deserialize, Serialize};

pub mod adam;
pub mod head;

/// The size of an autoencoder's nets, as the reference names it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct NetSize {
    /// Channels of the first layer.
    pub depth: usize,
    /// Channels of the latent.
    pub latent: usize,
    /// Rows and columns of the latent.
    pub width: usize,
}

/// Where nets run.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeviceKind {
    /// The processor, by the kernels of `kernel`.
    Cpu,
    /// An NVIDIA GPU, by dfdx's own operations.
    Cuda,
}
