//! Networks as types: compile-time shapes inside, runtime shapes outside.
//!
//! Knows nothing of losses, datasets or files.
#![cfg_attr(
    test,
    expect(clippy::disallowed_methods, reason = "what tests compute is compared and not stored")
)]

pub mod adam;
mod batch;
mod composed;
mod cost;
pub mod device;
mod dyn_net;
mod fused;
mod init;
pub mod layer;
pub mod linear;
mod shapes;
pub mod tape;
#[cfg(test)]
mod tests;

pub use batch::{Batch, Shape};
pub use cost::multiply_adds;
pub use dyn_net::{Gradient, Net, NetError, Parameter, ParametersMut, SavedForBackward};
pub use init::{initial, std};
pub use shapes::{COMPILED, Compiled, Role, SIDE, compiled, layers, net};

use serde::{Deserialize, Serialize};

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

/// Whether nets of that size are compiled for such images.
#[must_use]
pub fn is_compiled(size: NetSize, channels: usize, height: usize, width: usize) -> bool {
    (height, width) == (SIDE, SIDE) && compiled(channels, size).is_some()
}

/// All compiled sizes, for people.
#[must_use]
pub fn compiled_sizes() -> Vec<String> {
    let row =
        |&Compiled { channels, size: NetSize { depth, latent, width }, purpose }: &Compiled| {
            format!(
                "{SIDE}×{SIDE}×{channels}: (depth: {depth}, latent: {latent}, width: {width})  {purpose}"
            )
        };
    COMPILED.iter().map(row).collect()
}
