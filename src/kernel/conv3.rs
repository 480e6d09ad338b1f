//! 3×3 convolution, stride 1, zero padding, batch last: forward, and the
//! gradient of its input (a convolution with the weights flipped around).
//!
//! Knows nothing of tapes or of why it is called.
//!
//! A register tile holds 4 outputs × 4 pixels × one vector of examples (AVX-512;
//! half the outputs elsewhere). Each output element is
//! `bias + Σ over (input channel, row tap, column tap)`, added in that order
//! with fused multiply-add. Taps outside the image are left out.
#![expect(unsafe_code, reason = "vector loads and stores through raw pointers")]
#![expect(
    clippy::inline_always,
    reason = "kernels melt into the function that enables instructions"
)]

use super::{
    ConvShape,
    dispatch::{Kernel, run_at},
    level::Level,
    pack::{self, Packed},
    parallel::{Shared, for_each},
    simd::{Simd, unroll},
};

/// `(O, H, W, B)` from `x: (I, H, W, B)`, `weight: (O, I, 3, 3)`, `bias: (O)`;
/// with LeakyReLU on top if `leaky`.
pub(super) fn forward(
    level: Level,
    g: ConvShape,
    x: &[f32],
    weight: &[f32],
    bias: &[f32],
    leaky: bool,
) -> Vec<f32> {
    g.check(x, weight, 9);
    assert_eq!(bias.len(), g.outputs, "one bias for each output channel");
    let packed = pack::forward(weight, g.outputs, g.inputs, 9, pack::width(level));
    convolve(level, g, x, &packed, Some(bias), leaky)
}

/// `(I, H, W, B)`: the gradient of the input from that of the output.
pub(super) fn input_gradient(level: Level, g: ConvShape, dy: &[f32], weight: &[f32]) -> Vec<f32> {
    let flipped = ConvShape { inputs: g.outputs, outputs: g.inputs, ..g };
    flipped.check(dy, weight, 9);
    let packed = pack::flipped(weight, g.outputs, g.inputs, 9, pack::width(level));
    convolve(level, flipped, dy, &packed, None, false)
}

fn convolve(
    level: Level,
    g: ConvShape,
    x: &[f32],
    packed: &Packed,
    bias: Option<&[f32]>,
    leaky: bool,
) -> Vec<f32> {
    let n = g.outputs * g.plane();
    let mut out = Vec::with_capacity(n);
    let shared = Shared::of_capacity(&mut out);
    let tasks = tasks(g);
    for_each(tasks.len(), |index| {
        let (blocks, rows) = tasks[index].clone();
        let strip = Strip { g, x: x.as_ptr(), packed, bias, leaky, out: shared, blocks, rows };
        // SAFETY: `x`, weights and bias have the lengths that `check` demands;
        // `out` has room for every output, and each strip writes its own rows
        // and channels of it.
        unsafe { run_at(level, &strip) }
    });
    // SAFETY: the strips together have written all `n` elements.
    unsafe { out.set_len(n) };
    out
}

type Part = (std::ops::Range<usize>, std::ops::Range<usize>);

/// Cuts the work into strips of output channels × rows.
fn tasks(g: ConvShape) -> Vec<Part> {
    let rows_each = if g.height >= 8 { 1.max(g.height / 16) } else { g.height };
    let channels_each = if g.height >= 8 { g.outputs } else { 16 };
    (0..g.outputs)
        .step_by(channels_each)
        .flat_map(|o| {
            (0..g.height).step_by(rows_each).map(move |y| {
                (o..(o + channels_each).min(g.outputs), y..(y + rows_each).min(g.height))
            })
        })
        .collect()
}

struct Strip<'a> {
    g: ConvShape,
    x: *const f32,
    packed: &'a Packed,
    bias: Option<&'a [f32]>,
    leaky: bool,
    out: Shared,
    blocks: std::ops::Range<usize>,
    rows: std::ops::Range<usize>,
}

impl Kernel for Strip<'_> {
    #[inline(always)]
    unsafe fn run<S: Simd>(&self) {
        // SAFETY: as promised by the caller.
        unsafe {
            let mut o = self.blocks.start;
            while o < self.blocks.end {
                let wide = self.packed.width_at(o);
                for y in self.rows.clone() {
                    match wide {
                        4 => self.row::<S, 4>(o, y),
                        2 => self.row::<S, 2>(o, y),
                        _ => self.row::<S, 1>(o, y),
                    }
                }
                o += wide;
            }
        }
    }
}

impl Strip<'_> {
    #[inline(always)]
    unsafe fn row<S: Simd, const O: usize>(&self, o: usize, y: usize) {
        // SAFETY: as promised by the caller.
        unsafe {
            let width = self.g.width;
            let mut lane = 0;
            while lane < self.g.lanes {
                if width == 2 {
                    self.tile::<S, O, 2, true, true>(o, y, 0, lane);
                } else if width == 4 {
                    self.tile::<S, O, 4, true, true>(o, y, 0, lane);
                } else {
                    self.tile::<S, O, 4, true, false>(o, y, 0, lane);
                    let mut x = 4;
                    while x + 4 < width {
                        self.tile::<S, O, 4, false, false>(o, y, x, lane);
                        x += 4;
                    }
                    self.tile::<S, O, 4, false, true>(o, y, x, lane);
                }
                lane += S::LANES;
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
        lane: usize,
    ) {
        // SAFETY: all offsets stay inside `x`, the packed weights and `out`:
        // taps above, below, left and right of the image are left out.
        unsafe {
            let (g, lanes) = (self.g, self.g.lanes);
            let mut acc = [[S::splat(0.0); P]; O];
            if let Some(bias) = self.bias {
                unroll!(channel < O, {
                    acc[channel] = [S::splat(*bias.as_ptr().add(o + channel)); P];
                });
            }
            let (above, below) = (usize::from(y == 0), usize::from(y + 1 == g.height));
            let weights = self.packed.block(o, g.inputs, 9);
            for i in 0..g.inputs {
                for ky in above..3 - below {
                    let at = i * g.plane() + ((y + ky - 1) * g.width + x) * lanes + lane;
                    let w = weights.add((i * 9 + ky * 3) * O);
                    let mut window = [S::splat(0.0); 6];
                    unroll!(p < P + 2, {
                        if !(FIRST && p == 0 || LAST && p == P + 1) {
                            window[p] = S::load(self.x.add(at + p * lanes - lanes));
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
                let at = (o + channel) * g.plane() + (y * g.width + x) * lanes + lane;
                unroll!(p < P, {
                    let v = acc[channel][p];
                    let v = if self.leaky { super::leaky::<S>(v) } else { v };
                    S::store(self.out.start().add(at + p * lanes), v);
                });
            });
        }
    }
}
