//! Networks as types: compile-time shapes inside, runtime shapes outside.
//!
//! Knows nothing of losses, datasets or files.

mod batch;
mod bridge;
mod composed;
pub mod device;
mod fused;
mod init;
pub mod layer;
mod shapes;
pub mod tape;
#[cfg(test)]
mod tests;

pub use batch::{Batch, Extent};
pub use bridge::{Gradient, Net, NetError, Parameter, Recorded};
pub use init::{initial, std};
pub use shapes::{COMPILED, Compiled, Role, SIDE, compiled, net};

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

/// The sizes that are compiled: depth, latent, width, then channels of the
/// image; all images are 32×32.
const SIZES: &[(usize, usize, usize, usize)] =
    &[(16, 16, 2, 1), (16, 2, 4, 1), (16, 16, 4, 1), (64, 16, 4, 3), (2, 2, 8, 1)];

/// Whether nets of that size are compiled for such images.
#[must_use]
pub fn is_compiled(size: NetSize, channels: usize, height: usize, width: usize) -> bool {
    let row = (size.depth, size.latent, size.width, channels);
    (height, width) == (32, 32) && SIZES.contains(&row)
}

/// All compiled sizes, for people.
#[must_use]
pub fn compiled_sizes() -> Vec<String> {
    let row = |&(depth, latent, width, channels): &(usize, usize, usize, usize)| {
        format!("32×32×{channels}: (depth: {depth}, latent: {latent}, width: {width})")
    };
    SIZES.iter().map(row).collect()
}
