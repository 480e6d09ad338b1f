//! 1×1 convolution, batch last: forward, and the gradient of its input. On a
//! 1×1 image this is a linear layer.
//!
//! Each output element is `bias + Σ over input channels`, added in that order
//! with fused multiply-add.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(clippy::inline_always, reason = "must inline into the `#[target_feature]` wrapper")]

use super::{
    ConvShape,
    dispatch::{Kernel, run_at},
    packed_weights::{self, PackedWeights},
    parallel::{SharedBuffer, parallel_for},
    simd::{Simd, unroll},
    simd_level::SimdLevel,
};

/// Elements of each channel that one task computes; a multiple of 16.
const CHUNK: usize = 2048;

/// `(O, H, W, B)` from `x: (I, H, W, B)`, `weight: (O, I, 1, 1)`, `bias: (O)`;
/// with LeakyReLU on top if `leaky`.
pub(super) fn forward(
    level: SimdLevel,
    shape: ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    leaky: bool,
) -> Vec<f32> {
    shape.check(x, weight, 1);
    assert_eq!(bias.len(), shape.outputs, "one bias for each output channel");
    let packed = packed_weights::forward(
        weight,
        shape.outputs,
        shape.inputs,
        1,
        packed_weights::channels_per_block(level),
    );
    convolve(level, shape, x, &packed, Some(bias), leaky)
}

/// `(I, H, W, B)`: the gradient of the input from that of the output.
pub(super) fn input_gradient(
    level: SimdLevel,
    shape: ConvShape,
    dy: &[f32],
    weight: &[f32],
) -> Vec<f32> {
    let flipped = ConvShape { inputs: shape.outputs, outputs: shape.inputs, ..shape };
    flipped.check(dy, weight, 1);
    let packed = packed_weights::flipped(
        weight,
        shape.outputs,
        shape.inputs,
        1,
        packed_weights::channels_per_block(level),
    );
    convolve(level, flipped, dy, &packed, None, false)
}

fn convolve(
    level: SimdLevel,
    shape: ConvShape,
    x: &[f32],
    packed: &PackedWeights,
    bias: Option<&[f32]>,
    leaky: bool,
) -> Vec<f32> {
    let n = shape.outputs * shape.channel_len();
    let mut out = Vec::with_capacity(n);
    let shared = SharedBuffer::uninitialized(&mut out);
    parallel_for(shape.channel_len().div_ceil(CHUNK), |number| {
        let from = number * CHUNK;
        let to = (from + CHUNK).min(shape.channel_len());
        let task = Conv1x1Task { shape, x: x.as_ptr(), packed, bias, leaky, out: shared, from, to };
        // SAFETY: `x`, weights and bias have the lengths that `check` demands;
        // `out` has room for every output, and each task writes its own
        // positions of it.
        unsafe { run_at(level, &task) }
    });
    // SAFETY: the tasks together have written all `n` elements.
    unsafe { out.set_len(n) };
    out
}

struct Conv1x1Task<'a> {
    shape: ConvShape,
    x: *const f32,
    packed: &'a PackedWeights,
    bias: Option<&'a [f32]>,
    leaky: bool,
    out: SharedBuffer,
    from: usize,
    to: usize,
}

impl Kernel for Conv1x1Task<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller; channels hold a multiple of 16 elements.
        unsafe {
            let mut o = 0;
            while o < self.shape.outputs {
                let block_channels = self.packed.channels_at(o);
                let mut at = self.from;
                while at < self.to {
                    match block_channels {
                        4 => self.tile::<S, 4>(o, at),
                        2 => self.tile::<S, 2>(o, at),
                        _ => self.tile::<S, 1>(o, at),
                    }
                    at += 16;
                }
                o += block_channels;
            }
        }
    }
}

impl Conv1x1Task<'_> {
    /// Computes O channels × 16 positions.
    #[inline(always)]
    unsafe fn tile<S: Simd, const O: usize>(&self, o: usize, at: usize) {
        // SAFETY: all offsets stay inside `x`, the packed weights and `out`.
        unsafe {
            let weights = self.packed.block(o, self.shape.inputs, 1);
            let mut offset = at;
            while offset < at + 16 {
                let mut acc = [S::splat(0.0); O];
                if let Some(bias) = self.bias {
                    unroll!(channel < O, {
                        acc[channel] = S::splat(*bias.as_ptr().add(o + channel));
                    });
                }
                for i in 0..self.shape.inputs {
                    let v = S::load(self.x.add(i * self.shape.channel_len() + offset));
                    unroll!(channel < O, {
                        let weight = S::splat(*weights.add(i * O + channel));
                        acc[channel] = S::fma(v, weight, acc[channel]);
                    });
                }
                unroll!(channel < O, {
                    let v = acc[channel];
                    let v = if self.leaky { super::leaky_relu::<S>(v) } else { v };
                    S::store(
                        self.out.as_ptr().add((o + channel) * self.shape.channel_len() + offset),
                        v,
                    );
                });
                offset += S::LANES;
            }
        }
    }
}
