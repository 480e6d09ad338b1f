//! Layers composed of dfdx's own operations: they run on any device dfdx has,
//! and on the CPU they are what the fused layers are tested against.
//!
//! A 3×3 convolution appends one row of zeros to the pixels, gathers the nine
//! neighbours of each pixel (zeros outside the image), and is one matrix
//! product for the whole batch.

use dfdx::{
    shapes::{Axes2, Axis, Const, HasShape},
    tensor::{NoneTape, PutTape, SplitTape, Tensor},
    tensor_ops::{
        BroadcastTo, GatherTo, MeanTo, ReshapeTo, TryAdd, TryConcatAlong, TryMatMul, TryPReLU,
    },
};

use super::{
    device::Backend,
    layer::{Activation, Bias, Weight},
    tape::TapeMode,
};
use acai_kernel::LEAKY_SLOPE;

pub(super) fn convolution<
    const I: usize,
    const O: usize,
    const S: usize,
    const K: usize,
    D: Backend,
    T: TapeMode<D>,
>(
    x: Activation<I, S, D, T>,
    weight: &Weight<O, I, K, D>,
    bias: &Bias<O, D>,
    leaky: bool,
) -> Result<Activation<O, S, D, T>, D::Err> {
    let padded_batch = x.shape().3;
    let columns = if K == 1 {
        x.try_reshape_like(&(I, S * S * padded_batch))?
    } else {
        neighbours(x)?.try_reshape_like(&(I * K * K, S * S * padded_batch))?
    };
    let (columns, tape) = columns.split_tape();
    let weight = weight.retaped::<T>().try_reshape_like(&(O, I * K * K))?;
    let product = weight.try_matmul(columns.put_tape(tape))?;
    let bias = bias.retaped::<T>().try_reshape_like(&(O,))?;
    let bias: Tensor<(usize, usize), f32, D, T> =
        bias.try_broadcast_like::<_, Axis<1>>(&(O, S * S * padded_batch))?;
    let y = product.try_add(bias)?;
    let y = if leaky { y.try_prelu(LEAKY_SLOPE)? } else { y };
    y.try_reshape_like(&(Const, Const, Const, padded_batch))
}

/// Three axes of lengths known at run time.
type Rank3<D, T> = Tensor<(usize, usize, usize), f32, D, T>;

/// `(I, 9·S·S, B)`: for each tap, the neighbour of each pixel.
fn neighbours<const I: usize, const S: usize, D: Backend, T: TapeMode<D>>(
    x: Activation<I, S, D, T>,
) -> Result<Rank3<D, T>, D::Err> {
    let padded_batch = x.shape().3;
    let (x, tape) = x.split_tape();
    let device = x.device().clone();
    let zeros: Tensor<(usize, usize, usize), f32, D, NoneTape> =
        device.try_zeros_like(&(I, 1, padded_batch))?;
    let pixels = x.put_tape(tape).try_reshape_like(&(I, S * S, padded_batch))?;
    let padded = (pixels, zeros).concat_along(Axis::<1>);
    let index: Vec<usize> = (0..I).flat_map(|_| taps(S)).collect();
    let index: Tensor<(usize, usize), usize, D> =
        device.try_tensor_from_vec(index, (I, 9 * S * S))?;
    padded.try_gather(index)
}

/// Indices of the neighbours: of all pixels for the first tap, then for the
/// second, …; `side²` stands for zero.
fn taps(side: usize) -> impl Iterator<Item = usize> {
    (0..9).flat_map(move |tap| {
        (0..side * side).map(move |pixel| {
            let (y, x) = (pixel / side + tap / 3, pixel % side + tap % 3);
            let inside = (1..=side).contains(&y) && (1..=side).contains(&x);
            if inside { (y - 1) * side + x - 1 } else { side * side }
        })
    })
}

pub(super) fn pool<
    const C: usize,
    const IN: usize,
    const OUT: usize,
    D: Backend,
    T: TapeMode<D>,
>(
    x: Activation<C, IN, D, T>,
) -> Result<Activation<C, OUT, D, T>, D::Err> {
    let padded_batch = x.shape().3;
    let split = x.try_reshape_like(&(C * OUT, 2, OUT, 2, padded_batch))?;
    let mean: Tensor<(usize, usize, usize), f32, D, T> = split.try_mean::<_, Axes2<1, 3>>()?;
    mean.try_reshape_like(&(Const, Const, Const, padded_batch))
}

pub(super) fn upscale<
    const C: usize,
    const IN: usize,
    const OUT: usize,
    D: Backend,
    T: TapeMode<D>,
>(
    x: Activation<C, IN, D, T>,
) -> Result<Activation<C, OUT, D, T>, D::Err> {
    let padded_batch = x.shape().3;
    let rows = x.try_reshape_like(&(C * IN, IN, padded_batch))?;
    let grown: Tensor<(usize, usize, usize, usize, usize), f32, D, T> =
        rows.try_broadcast_like::<_, Axes2<1, 3>>(&(C * IN, 2, IN, 2, padded_batch))?;
    grown.try_reshape_like(&(Const, Const, Const, padded_batch))
}
