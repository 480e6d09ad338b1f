//! What takes the time, on the CPU: the nets' convolutions, pooling and
//! upscaling, forward and backward, and the nearest centres of points.
//!
//! Knows nothing of tapes, nets, losses, clusterings or files. The only home of `unsafe`.
//!
//! Activations are `(channels, height, width, lanes)` with the batch last; the
//! number of lanes is a multiple of 16, and lanes beyond the batch hold zeros.
//! Whatever the processor, the number of threads or the place of an example in
//! its batch, the same bits come out: each element is added up in one fixed
//! order with fused multiply-add, sums over the batch go through 16 virtual
//! lanes and a fixed tree.
#![expect(clippy::cognitive_complexity, reason = "macros unroll the loops")]
#![expect(
    clippy::disallowed_methods,
    reason = "fused multiply-add has the same bits at every level"
)]

mod conv1;
mod conv3;
mod dispatch;
mod gradient;
mod level;
mod memory;
mod nearest;
mod pack;
mod parallel;
mod regroup;
mod resample;
mod simd;
#[cfg(test)]
mod tests;
mod view;

pub use level::{Level, choose_simd, level};
pub use nearest::Centres;
pub use parallel::with_threads;
pub use regroup::{Sums, UNASSIGNED};
pub use resample::{pool, pool_gradient, upscale, upscale_gradient};
pub use view::elements;

use simd::Simd;

/// Slope of LeakyReLU below zero.
pub const SLOPE: f32 = 0.2;

/// Lanes come in groups of so many.
pub const GROUP: usize = 16;

/// Points that are compared with centres come in tiles of so many.
pub const TILE: usize = 64;

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
    /// Examples, filled up to a multiple of [`GROUP`].
    pub lanes: usize,
}

/// Sizes of the window of a convolution.
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
    pub fn plane(self) -> usize {
        self.height * self.width * self.lanes
    }

    fn check(self, x: &[f32], weight: &[f32], taps: usize) {
        assert_eq!(self.lanes % GROUP, 0, "lanes come in groups of {GROUP}");
        assert!(
            taps == 1 || self.width == 2 || self.width.is_multiple_of(4),
            "width {}",
            self.width
        );
        assert_eq!(x.len(), self.inputs * self.plane(), "activations of {self:?}");
        assert_eq!(weight.len(), self.outputs * self.inputs * taps, "weights of {self:?}");
    }
}

/// Convolution, bias and (if `leaky`) LeakyReLU in one pass.
///
/// `x: (I, H, W, B)`, `weight: (O, I, k, k)`, `bias: (O)` → `(O, H, W, B)`.
///
/// # Panics
/// If a slice's length does not fit the geometry.
#[must_use]
pub fn convolution(
    window: KernelSize,
    g: ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    leaky: bool,
) -> Vec<f32> {
    match window {
        KernelSize::One => conv1::forward(level(), g, x, weight, bias, leaky),
        KernelSize::Three => conv3::forward(level(), g, x, weight, bias, leaky),
    }
}

/// Gradient of a convolution's input, `(I, H, W, B)`.
///
/// `dy: (O, H, W, B)` is the gradient before the activation, as
/// [`weight_gradient`] leaves it.
///
/// # Panics
/// If a slice's length does not fit the geometry.
#[must_use]
pub fn input_gradient(window: KernelSize, g: ConvShape, dy: &[f32], weight: &[f32]) -> Vec<f32> {
    match window {
        KernelSize::One => conv1::input_gradient(level(), g, dy, weight),
        KernelSize::Three => conv3::input_gradient(level(), g, dy, weight),
    }
}

/// Gradients of a convolution's weights and bias.
///
/// If the convolution ended in LeakyReLU, `activated` is its output, and `dy`
/// is flipped in place from the gradient after the activation into the one
/// before it. With `per_example` (one factor a lane) each example's share of
/// the weight gradients is multiplied by its factor; `dy` is not.
///
/// # Panics
/// If a slice's length does not fit the geometry.
#[must_use]
pub fn weight_gradient(
    window: KernelSize,
    g: ConvShape,
    x: &[f32],
    dy: &mut [f32],
    activated: Option<&[f32]>,
    per_example: Option<&[f32]>,
) -> WeightGradient {
    gradient::weights(level(), window, g, x, dy, activated, per_example)
}

/// LeakyReLU of a vector.
///
/// # Safety
/// As for [`Simd`].
#[inline(always)]
#[expect(unsafe_code, reason = "vector operations")]
#[expect(
    clippy::inline_always,
    reason = "kernels melt into the function that enables instructions"
)]
unsafe fn leaky<S: Simd>(v: S::V) -> S::V {
    // SAFETY: the caller's promise.
    unsafe { S::where_positive(v, v, S::mul(v, S::splat(SLOPE))) }
}
