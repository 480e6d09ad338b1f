//! The hot loops, on the CPU: convolutions, pooling and upscaling, forward and
//! backward, the assignment of points to centroids, and the forces of t-SNE.
//!
//! Knows nothing of tapes, nets, losses, clusterings or files. The only crate
//! with `unsafe`.
//!
//! Activations are `(channels, height, width, padded_batch)`, batch last; the
//! batch is padded with zeros to a multiple of 16. The same bits come out whatever
//! the processor, the number of threads or the position of an example in its
//! batch: each element is added up in one fixed order with fused multiply-add,
//! and sums over the batch in 16 partial sums and a fixed tree.
#![expect(clippy::cognitive_complexity, reason = "macros unroll the loops")]
#![expect(
    clippy::disallowed_methods,
    reason = "fused multiply-add has the same bits at every level"
)]

mod allocator;
mod centroids;
mod cluster_sums;
mod conv1x1;
mod conv3x3;
mod dispatch;
mod map_forces;
mod packed_weights;
mod parallel;
mod resample;
mod simd;
mod simd_level;
mod tensor_slice;
#[cfg(test)]
mod tests;
mod weight_grad;

pub use centroids::PackedCentroids;
pub use cluster_sums::{ClusterSums, UNASSIGNED};
pub use map_forces::{MapForces, map_forces};
pub use parallel::with_threads;
pub use resample::{pool, pool_gradient, upscale, upscale_gradient};
pub use simd_level::{SimdLevel, select_simd, simd_level};
pub use tensor_slice::as_slice;

use simd::Simd;

/// Slope of LeakyReLU below zero.
pub const LEAKY_SLOPE: f32 = 0.2;

/// Batches are padded to a multiple of this.
pub const BATCH_MULTIPLE: usize = 16;

/// Points that are compared with centroids at a time.
pub const POINTS_PER_TILE: usize = 64;

/// Sizes of a convolution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct ConvShape {
    /// Input channels.
    pub inputs: usize,
    /// Output channels.
    pub outputs: usize,
    /// Rows.
    pub height: usize,
    /// Columns: 2 or a multiple of 4 for 3×3, any for 1×1.
    pub width: usize,
    /// Examples, padded to a multiple of [`BATCH_MULTIPLE`].
    pub padded_batch: usize,
}

/// Rows and columns of a convolution's kernel.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum KernelSize {
    /// 1×1.
    One,
    /// 3×3 with zero padding.
    Three,
}

/// Gradients of a convolution's weights and bias.
#[derive(Clone, Debug, PartialEq)]
pub struct WeightGradient {
    /// `(O, I, k, k)`.
    pub weight: Vec<f32>,
    /// `(O)`.
    pub bias: Vec<f32>,
}

impl ConvShape {
    /// Elements of one channel.
    #[must_use]
    pub fn channel_len(self) -> usize {
        self.height * self.width * self.padded_batch
    }

    fn check(self, x: &[f32], weight: &[f32], taps: usize) {
        assert_eq!(
            self.padded_batch % BATCH_MULTIPLE,
            0,
            "batches are padded to a multiple of {BATCH_MULTIPLE}"
        );
        assert!(
            taps == 1 || self.width == 2 || self.width.is_multiple_of(4),
            "width {}",
            self.width
        );
        assert_eq!(x.len(), self.inputs * self.channel_len(), "activations of {self:?}");
        assert_eq!(weight.len(), self.outputs * self.inputs * taps, "weights of {self:?}");
    }
}

/// Convolution, bias and (if `leaky`) LeakyReLU in one pass.
///
/// `x: (I, H, W, B)`, `weight: (O, I, k, k)`, `bias: (O)` → `(O, H, W, B)`.
///
/// # Panics
/// If a slice's length does not fit the shape.
#[must_use]
pub fn convolution(
    kernel_size: KernelSize,
    shape: ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    leaky: bool,
) -> Vec<f32> {
    match kernel_size {
        KernelSize::One => conv1x1::forward(simd_level(), shape, x, weight, bias, leaky),
        KernelSize::Three => conv3x3::forward(simd_level(), shape, x, weight, bias, leaky),
    }
}

/// Gradient of a convolution's input, `(I, H, W, B)`.
///
/// `dy: (O, H, W, B)` is the gradient before the activation, as
/// [`weight_gradient`] leaves it.
///
/// # Panics
/// If a slice's length does not fit the shape.
#[must_use]
pub fn input_gradient(
    kernel_size: KernelSize,
    shape: ConvShape,
    dy: &[f32],
    weight: &[f32],
) -> Vec<f32> {
    match kernel_size {
        KernelSize::One => conv1x1::input_gradient(simd_level(), shape, dy, weight),
        KernelSize::Three => conv3x3::input_gradient(simd_level(), shape, dy, weight),
    }
}

/// Gradients of a convolution's weights and bias.
///
/// If the convolution ended in LeakyReLU, `activated` is its output, and `dy`
/// is changed in place from the gradient after the activation into the one
/// before it. With `example_weights` (one for each of the padded batch) each
/// example's share of the gradients is multiplied by its weight; `dy` is not.
///
/// # Panics
/// If a slice's length does not fit the shape.
#[must_use]
pub fn weight_gradient(
    kernel_size: KernelSize,
    shape: ConvShape,
    x: &[f32],
    dy: &mut [f32],
    activated: Option<&[f32]>,
    example_weights: Option<&[f32]>,
) -> WeightGradient {
    weight_grad::weights(simd_level(), kernel_size, shape, x, dy, activated, example_weights)
}

/// LeakyReLU of a vector.
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
#[expect(unsafe_code, reason = "vector operations")]
#[expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]
unsafe fn leaky_relu<S: Simd>(v: S::V) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { S::select_positive(v, v, S::mul(v, S::splat(LEAKY_SLOPE))) }
}
