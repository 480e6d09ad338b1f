//! The three computations of a convolution, each by the algorithm that its shape has.

use super::{
    BATCH_MULTIPLE, ConvShape, KernelSize, WeightGradient, conv1x1, conv3x3,
    simd_level::{SimdLevel, simd_level},
    weight_grad, winograd,
};

/// How a convolution is computed. It depends on the shape alone, so that all processors
/// give the same bits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Algorithm {
    /// Sums over channels and taps, as in the definition.
    Direct,
    /// Winograd's F(4×4, 3×3).
    Winograd,
}

impl Algorithm {
    /// The algorithm for a shape.
    #[must_use]
    pub fn of(kernel_size: KernelSize, shape: ConvShape) -> Self {
        if kernel_size == KernelSize::Three && winograd::applies(shape) {
            Self::Winograd
        } else {
            Self::Direct
        }
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
    convolution_at(simd_level(), kernel_size, shape, x, weight, bias, leaky)
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
    input_gradient_at(simd_level(), kernel_size, shape, dy, weight)
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
    weight_gradient_at(simd_level(), kernel_size, shape, x, dy, activated, example_weights)
}

pub(super) fn convolution_at(
    level: SimdLevel,
    kernel_size: KernelSize,
    shape: ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    leaky: bool,
) -> Vec<f32> {
    match (kernel_size, Algorithm::of(kernel_size, shape)) {
        (KernelSize::One, _) => conv1x1::forward(level, shape, x, weight, bias, leaky),
        (_, Algorithm::Direct) => conv3x3::forward(level, shape, x, weight, bias, leaky),
        (_, Algorithm::Winograd) => winograd::forward(level, shape, x, weight, bias, leaky),
    }
}

pub(super) fn input_gradient_at(
    level: SimdLevel,
    kernel_size: KernelSize,
    shape: ConvShape,
    dy: &[f32],
    weight: &[f32],
) -> Vec<f32> {
    match (kernel_size, Algorithm::of(kernel_size, shape)) {
        (KernelSize::One, _) => conv1x1::input_gradient(level, shape, dy, weight),
        (_, Algorithm::Direct) => conv3x3::input_gradient(level, shape, dy, weight),
        (_, Algorithm::Winograd) => winograd::input_gradient(level, shape, dy, weight),
    }
}

pub(super) fn weight_gradient_at(
    level: SimdLevel,
    kernel_size: KernelSize,
    shape: ConvShape,
    x: &[f32],
    dy: &mut [f32],
    activated: Option<&[f32]>,
    example_weights: Option<&[f32]>,
) -> WeightGradient {
    assert_eq!(x.len(), shape.inputs * shape.channel_len(), "input of {shape:?}");
    assert_eq!(dy.len(), shape.outputs * shape.channel_len(), "output gradient of {shape:?}");
    assert!(activated.is_none_or(|y| y.len() == dy.len()), "output of {shape:?}");
    assert!(
        example_weights.is_none_or(|f| f.len() == shape.padded_batch),
        "a factor for each example of {shape:?}"
    );
    assert!(
        shape.padded_batch.is_multiple_of(BATCH_MULTIPLE)
            && (kernel_size == KernelSize::One || shape.width >= 2),
        "{shape:?}"
    );
    match Algorithm::of(kernel_size, shape) {
        Algorithm::Direct => {
            weight_grad::weights(level, kernel_size, shape, x, dy, activated, example_weights)
        }
        Algorithm::Winograd => {
            winograd::weight_gradient(level, shape, x, dy, activated, example_weights)
        }
    }
}
