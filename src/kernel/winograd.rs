//! Winograd's F(4×4, 3×3): 3×3 convolutions with a quarter of the multiplications.
//!
//! An image is cut into tiles of 4×4 outputs. A tile of 6×6 inputs and a filter are
//! transformed to 36 elements each, multiplied element by element and added up over the
//! channels, and the sums are transformed back. Lavin and Gray, "Fast Algorithms for
//! Convolutional Neural Networks", 2015. With the points 0, ±3/4, ±3/2 and ∞ rounding
//! costs less than with the usual 0, ±1, ±2 and ∞; `docs/design/arithmetic.md` has
//! matrices, order and errors.

mod convolution;
mod filters;
mod strips;
mod tiles;
mod transforms;
mod weight_gradient;

use super::{ConvShape, WeightGradient, parallel::SharedBuffer, simd_level::SimdLevel};
use convolution::{Epilogue, convolve};
use filters::{Direction, Filters};
use weight_gradient::Operands;

/// Whether a 3×3 convolution of this shape is computed this way: the same on every
/// processor.
pub(super) fn applies(shape: ConvShape) -> bool {
    let channels = |count: usize| count >= 8 && count.is_multiple_of(4);
    channels(shape.inputs)
        && channels(shape.outputs)
        && shape.height.is_multiple_of(4)
        && shape.width.is_multiple_of(4)
}

/// `(O, H, W, B)` from `x: (I, H, W, B)`, `weight: (O, I, 3, 3)`, `bias: (O)`;
/// with LeakyReLU on top if `leaky`.
pub(super) fn forward(
    level: SimdLevel,
    shape: ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    leaky: bool,
) -> Vec<f32> {
    shape.check(x, weight, 9);
    assert_eq!(bias.len(), shape.outputs, "one bias for each output channel");
    let filters = Filters::new(level, Direction::Forward, weight, shape.inputs, shape.outputs);
    convolve(level, shape, x, &filters, Epilogue { bias: Some(bias), leaky })
}

/// `(I, H, W, B)`: the gradient of the input from that of the output.
pub(super) fn input_gradient(
    level: SimdLevel,
    shape: ConvShape,
    dy: &[f32],
    weight: &[f32],
) -> Vec<f32> {
    let flipped = ConvShape { inputs: shape.outputs, outputs: shape.inputs, ..shape };
    flipped.check(dy, weight, 9);
    let filters = Filters::new(level, Direction::Backward, weight, shape.outputs, shape.inputs);
    convolve(level, flipped, dy, &filters, Epilogue { bias: None, leaky: false })
}

/// See [`super::weight_gradient`], which has checked the lengths.
pub(super) fn weight_gradient(
    level: SimdLevel,
    shape: ConvShape,
    x: &[f32],
    dy: &mut [f32],
    activated: Option<&[f32]>,
    example_weights: Option<&[f32]>,
) -> WeightGradient {
    let dy = SharedBuffer::new(dy);
    weight_gradient::weights(level, &Operands { shape, x, dy, activated, example_weights })
}
