//! Networks as types: inside, the compiler checks shapes; for callers, shapes are values.
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
mod identity;
mod init;
pub mod layer;
pub mod linear;
mod parameter;
mod shapes;
pub mod tape;
#[cfg(test)]
mod tests;

pub use batch::{Batch, Shape};
pub use cost::multiply_adds;
pub use dyn_net::{Gradient, Net, NetError, SavedForBackward};
pub use identity::identity_net;
pub use init::{init_std, initial_parameters};
pub use parameter::{Parameter, ParametersMut};
pub use shapes::{
    COMPILED_SIZES, CompiledSize, NetKind, SIDE, build_net, describe_layers, find_compiled,
};

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
    /// The processor, by the kernels of `acai-kernel`.
    Cpu,
    /// An NVIDIA GPU, by dfdx's own operations.
    Cuda,
}

/// Whether nets of that size are compiled for such images.
#[must_use]
pub fn is_compiled(size: NetSize, channels: usize, height: usize, width: usize) -> bool {
    (height, width) == (SIDE, SIDE) && find_compiled(channels, size).is_some()
}

/// All compiled sizes, as text.
#[must_use]
pub fn compiled_sizes() -> Vec<String> {
    let row =
        |&CompiledSize { channels, size: NetSize { depth, latent, width }, purpose }: &CompiledSize| {
            format!(
                "{SIDE}×{SIDE}×{channels}: (depth: {depth}, latent: {latent}, width: {width})  {purpose}"
            )
        };
    COMPILED_SIZES.iter().map(row).collect()
}
