//! 3×3 convolution, stride 1, zero padding, batch last: forward, and the
//! gradient of its input (a convolution with the weights flipped around).
//!
//! The registers hold sums of 4 outputs × 4 pixels × one vector of examples
//! (AVX-512; half the outputs elsewhere). Each output element is
//! `bias + Σ over (input channel, row tap, column tap)`, added in that order
//! with fused multiply-add. Taps outside the image are left out.
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
    let packed = packed_weights::forward(
        weight,
        shape.outputs,
        shape.inputs,
        9,
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
    flipped.check(dy, weight, 9);
    let packed = packed_weights::flipped(
        weight,
        shape.outputs,
        shape.inputs,
        9,
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
    let tasks = tasks(shape);
    parallel_for(tasks.len(), |number| {
        let (outputs, rows) = tasks[number].clone();
        let task =
            Conv3x3Task { shape, x: x.as_ptr(), packed, bias, leaky, out: shared, outputs, rows };
        // SAFETY: `x`, weights and bias have the lengths that `check` demands;
        // `out` has room for every output, and each task writes its own rows
        // and channels of it.
        unsafe { run_at(level, &task) }
    });
    // SAFETY: the tasks together have written all `n` elements.
    unsafe { out.set_len(n) };
    out
}

/// Output channels and rows of one task.
type TaskRange = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Splits the output into tasks of some channels × rows.
fn tasks(shape: ConvShape) -> Vec<TaskRange> {
    let rows_each = if shape.height >= 8 { 1.max(shape.height / 16) } else { shape.height };
    let channels_each = if shape.height >= 8 { shape.outputs } else { 16 };
    (0..shape.outputs)
        .step_by(channels_each)
        .flat_map(|o| {
            (0..shape.height).step_by(rows_each).map(move |y| {
                (o..(o + channels_each).min(shape.outputs), y..(y + rows_each).min(shape.height))
            })
        })
        .collect()
}

struct Conv3x3Task<'a> {
    shape: ConvShape,
    x: *const f32,
    packed: &'a PackedWeights,
    bias: Option<&'a [f32]>,
    leaky: bool,
    out: SharedBuffer,
    outputs: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
}

impl Kernel for Conv3x3Task<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller.
        unsafe {
            let mut o = self.outputs.start;
            while o < self.outputs.end {
                let block_channels = self.packed.channels_at(o);
                for y in self.rows.clone() {
                    match block_channels {
                        4 => self.row::<S, 4>(o, y),
                        2 => self.row::<S, 2>(o, y),
                        _ => self.row::<S, 1>(o, y),
                    }
                }
                o += block_channels;
            }
        }
    }
}

impl Conv3x3Task<'_> {
    #[inline(always)]
    unsafe fn row<S: Simd, const O: usize>(&self, o: usize, y: usize) {
        // SAFETY: as promised by the caller.
        unsafe {
            let width = self.shape.width;
            let mut example = 0;
            while example < self.shape.padded_batch {
                if width == 2 {
                    self.tile::<S, O, 2, true, true>(o, y, 0, example);
                } else if width == 4 {
                    self.tile::<S, O, 4, true, true>(o, y, 0, example);
                } else {
                    self.tile::<S, O, 4, true, false>(o, y, 0, example);
                    let mut x = 4;
                    while x + 4 < width {
                        self.tile::<S, O, 4, false, false>(o, y, x, example);
                        x += 4;
                    }
                    self.tile::<S, O, 4, false, true>(o, y, x, example);
                }
                example += S::LANES;
            }
        }
    }

    /// Computes O channels × P pixels × one vector of examples.
    #[inline(always)]
    unsafe fn tile<S: Simd, const O: usize, const P: usize, const FIRST: bool, const LAST: bool>(
        &self,
        o: usize,
        y: usize,
        x: usize,
        example: usize,
    ) {
        // SAFETY: all offsets stay inside `x`, the packed weights and `out`:
        // taps above, below, left and right of the image are left out.
        unsafe {
            let (shape, padded_batch) = (self.shape, self.shape.padded_batch);
            let mut acc = [[S::splat(0.0); P]; O];
            if let Some(bias) = self.bias {
                unroll!(channel < O, {
                    acc[channel] = [S::splat(*bias.as_ptr().add(o + channel)); P];
                });
            }
            let (above, below) = (usize::from(y == 0), usize::from(y + 1 == shape.height));
            let weights = self.packed.block(o, shape.inputs, 9);
            for i in 0..shape.inputs {
                for ky in above..3 - below {
                    let at = i * shape.channel_len()
                        + ((y + ky - 1) * shape.width + x) * padded_batch
                        + example;
                    let w = weights.add((i * 9 + ky * 3) * O);
                    let mut window = [S::splat(0.0); 6];
                    unroll!(p < P + 2, {
                        if !(FIRST && p == 0 || LAST && p == P + 1) {
                            window[p] = S::load(self.x.add(at + p * padded_batch - padded_batch));
                        }
                    });
                    unroll!(kx < 3, {
                        unroll!(o < O, {
                            let weight = S::splat(*w.add(kx * O + o));
                            unroll!(p < P, {
                                if !(FIRST && p + kx == 0 || LAST && p + kx == P + 1) {
                                    acc[o][p] = S::fma(window[p + kx], weight, acc[o][p]);
                                }
                            });
                        });
                    });
                }
            }
            unroll!(channel < O, {
                let at = (o + channel) * shape.channel_len()
                    + (y * shape.width + x) * padded_batch
                    + example;
                unroll!(p < P, {
                    let v = acc[channel][p];
                    let v = if self.leaky { super::leaky_relu::<S>(v) } else { v };
                    S::store(self.out.as_ptr().add(at + p * padded_batch), v);
                });
            });
        }
    }
}
